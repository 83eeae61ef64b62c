/* SPDX-License-Identifier: GPL-3.0-or-later */
/* pieces.h: the connected pieces of an object as regions, the largest first, with their volumes at level and partial volumes. */
#ifndef LM_VOLUME_PIECES_H
#define LM_VOLUME_PIECES_H

#include "volume/partial.h"

enum { LM_PIECES_MAX = 20 };

typedef struct {
    bool partial;                    /* partial volumes were asked for */
    lm_partial whole;                /* of the object as one */
    size_t found;                    /* pieces there are */
    lm_regions piece;                /* the largest of them, at most LM_PIECES_MAX, numbered from 1 by size */
    double level_mm3[LM_PIECES_MAX]; /* volume at level of each (lm_moments_part): those of all pieces add up to the whole */
    lm_partial *of_piece;            /* of each, where asked for; owned */
} lm_pieces;
#define LM_PIECES_INIT \
    { \
        .found = 0 \
    }

/* Of {v >= level}, which v was segmented to. out is replaced. */
LM_CHECKED lm_status lm_pieces_of(const lm_vol *v, double level, int threads, lm_pieces *out, lm_err *err);
/* Partial volumes of the object and its pieces, from samples between which and the object's rim the share can be told; was as in
 * lm_partial_of (NULL: v is as it was). */
LM_CHECKED lm_status lm_pieces_partial(lm_pieces *p, const lm_vol *v, double level, const uint64_t *was, const lm_partial_opt *opt,
                                       lm_err *err);
/* The same of labels. */
typedef struct {
    double level_mm3;   /* of the field that is 1 in the label and 0 elsewhere, at 0.5; NAN: not stated */
    lm_partial partial; /* not stated without grey values */
} lm_label_volumes;
/* Of the `most` regions with the most samples (of equal ones the first), out[r->count]; of the others nothing is stated. grey: on
 * the same grid, or NULL. */
LM_CHECKED lm_status lm_pieces_labels(const lm_regions *r, const lm_vol *grey, const lm_partial_opt *opt, size_t most,
                                      lm_label_volumes *out, lm_err *err);
void lm_pieces_release(lm_pieces *p);

#endif
