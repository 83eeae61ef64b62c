/* SPDX-License-Identifier: GPL-3.0-or-later */
/* replay.h: what dcmseg made, made again from its record and the source: the field with its level, or the labels that went out.
 *
 * The series is found among the given paths by the keyed hash of its UID, a volume of another program and a mask by their SHA-256;
 * pixels, contours and every number of the segmentation must be the recorded ones. */
#ifndef LM_MEASURE_REPLAY_H
#define LM_MEASURE_REPLAY_H

#include "dicom/masks.h"
#include "dicom/source.h"
#include "volume/pieces.h"
#include "volume/segment.h"

typedef struct {
    bool partial; /* measure the partial volumes again */
    int threads;
    lm_status (*seen)(void *ctx, const lm_vol *source,
                      lm_err *err); /* the images as they were read, before any step; may be NULL */
    void *seen_ctx;
    void (*progress)(void *ctx, const char *what, double fraction); /* may be NULL */
    void *progress_ctx;
} lm_replay_opt;

typedef struct {
    bool of_labels;         /* labels went out: labels is filled in, vol and facts are not */
    bool grey;              /* vol has grey values, or fractions: it is finer than in or out */
    lm_vol vol;             /* the field, with its level */
    lm_segment_facts facts; /* of it */
    lm_pieces pieces;       /* if wanted: its partial volumes, where dcmseg measures them */
    lm_regions labels;
} lm_replay;
#define LM_REPLAY_INIT \
    { \
        .of_labels = false \
    }

/* paths: files, folders and archives with the series, the mask, or both. out is initialised by the caller; empty on error.
 * LM_ERULE: what the record names is not there, is not what was read then, gives other numbers, or the record does not say enough.
 */
LM_CHECKED lm_status lm_replay_run(const char *const *paths, size_t n, const json_t *dcmseg, const lm_replay_opt *opt,
                                   lm_replay *out, lm_err *err);
/* Labels as a field of 0 and 1 at 0.5: all, or one. LM_ERULE: there is no such label. */
LM_CHECKED lm_status lm_replay_mask(const lm_replay *r, uint32_t label, lm_vol *out, lm_err *err);
void lm_replay_release(lm_replay *r); /* accepts a zeroed struct; leaves LM_REPLAY_INIT */

#endif
