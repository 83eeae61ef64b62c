/* SPDX-License-Identifier: GPL-3.0-or-later */
/* pieces.h: the connected pieces of an object as regions, the largest first, and their partial volumes. */
#ifndef LM_VOLUME_PIECES_H
#define LM_VOLUME_PIECES_H

#include "volume/partial.h"

enum { LM_PIECES_MAX = 20 };

typedef struct {
    lm_partial whole;     /* of the object as one */
    size_t found;         /* pieces there are */
    lm_regions piece;     /* the largest of them, at most LM_PIECES_MAX, numbered from 1 by size; none when there is only one */
    lm_partial *of_piece; /* of each; owned */
} lm_pieces;
#define LM_PIECES_INIT \
    { \
        .found = 0 \
    }

/* Of {v >= level}, which v was segmented to; was as in lm_partial_of (NULL: v is as it was). out is replaced. */
LM_CHECKED lm_status lm_pieces_of(const lm_vol *v, double level, const uint64_t *was, const lm_partial_opt *opt, lm_pieces *out,
                                  lm_err *err);
void lm_pieces_release(lm_pieces *p);

#endif
