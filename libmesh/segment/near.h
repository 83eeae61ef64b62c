/* SPDX-License-Identifier: GPL-3.0-or-later */
/* near.h: the range of values of one tissue, from samples around a place in it.
 *
 * Values within a radius are taken for a mixture of one Gaussian, the tissue, and of what else lies there (vessels, spots), evenly
 * spread over the range that was found; the mixture is fitted by expectation and maximisation (Dempster, Laird, Rubin, JRSS B 39,
 * 1977), from median and median deviation on. */
#ifndef LM_SEGMENT_NEAR_H
#define LM_SEGMENT_NEAR_H

#include "segment/grow.h"

enum { LM_NEAR_ROUNDS = 100, LM_NEAR_LEAST = 30 };

typedef struct {
    double mean, deviation; /* of the Gaussian */
    double share;           /* of the samples that are its own */
    size_t samples;
} lm_near;

/* seed: as for region growing, the first one. LM_EUSAGE: it lies outside the volume, or fewer than LM_NEAR_LEAST samples are within
 * radius_mm of it; LM_ERULE for NaN among them; LM_ENO: they all have one value. */
LM_CHECKED lm_status lm_near_fit(const lm_vol *v, const lm_grow_opt *seed, double radius_mm, lm_near *out, lm_err *err);

#endif
