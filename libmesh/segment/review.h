/* SPDX-License-Identifier: GPL-3.0-or-later */
/* review.h: where a segmentation is not sure of itself: regions of the object in which a probability map stays below a limit. */
#ifndef LM_SEGMENT_REVIEW_H
#define LM_SEGMENT_REVIEW_H

#include "segment/bits.h"

enum { LM_REVIEW_REGIONS = 100 };

typedef struct {
    uint64_t voxels;
    double centre_mm[3]; /* mean of its samples' centres, patient mm */
    size_t first, last;  /* slices (k) it reaches, counted from 0 */
    double least, mean;  /* probability in it */
} lm_review_region;

typedef struct {
    double limit;
    uint64_t object, voxels; /* samples of the object; of these below the limit */
    size_t found, n;         /* regions; those that are listed, the largest first (ties: whose first sample comes first) */
    lm_review_region region[LM_REVIEW_REGIONS];
    uint64_t rest; /* samples of the regions that are not */
} lm_review;

/* Samples of the object with a probability below limit, in regions that touch by a corner at least. probability: on the object's
 * grid, no NaN. Memory: a bit per sample, and that of lm_label_bits. */
LM_CHECKED lm_status lm_review_find(const lm_bits *object, const lm_vol *probability, double limit, int threads, lm_review *out,
                                    lm_err *err);

#endif
