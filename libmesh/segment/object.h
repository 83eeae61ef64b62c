/* SPDX-License-Identifier: GPL-3.0-or-later */
/* object.h: an object, cut out of a grey volume and measured: what dcmseg does, and what a replay of its record does again. */
#ifndef LM_SEGMENT_OBJECT_H
#define LM_SEGMENT_OBJECT_H

#include "segment/steps.h"
#include "volume/pieces.h"
#include "volume/segment.h"

typedef struct {
    lm_segment_opt seg;    /* threshold, pieces to keep, region, and the bits of a mask; lo, hi and keep come from the steps where
                              there    are any */
    const lm_steps *steps; /* NULL: none but a threshold and a choice of the largest pieces */
    lm_channels *channels; /* NULL: none but v; steps may change them */
    bool occupancy;        /* no threshold: inside is what reaches seg.lo, an object from the beginning */
    bool measure;          /* the pieces too */
    const lm_partial_opt
        *partial;               /* with measure: also partial volumes, where one threshold alone tells what a sample's share is */
    lm_vol *map;                /* for the probability of random walks (step.h); NULL: not wanted */
    lm_steps_progress progress; /* may be NULL */
    void *ctx;
} lm_object_opt;

typedef struct {
    lm_segment_facts facts;
    lm_pieces pieces;                 /* with measure */
    lm_step_facts step[LM_STEPS_MAX]; /* of each step */
    double lo, hi;                    /* the threshold */
} lm_object;

/* Leaves in v the field with its level: where steps made an object without a threshold 1 and 0,
 * level 0.5; out is filled in, release its pieces. LM_ENO: nothing is inside. Errors of lm_segment and
 * lm_steps_run. */
LM_CHECKED lm_status lm_object_cut(lm_vol *v, const lm_object_opt *opt, lm_object *out, lm_err *err);

#endif
