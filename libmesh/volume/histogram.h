/* SPDX-License-Identifier: GPL-3.0-or-later */
/* histogram.h: range of samples and how they spread over it, in one pass. Steps are a power of two wide, begin at multiples of
 * their width, and are as narrow as lets at most LM_HISTOGRAM_STEPS of them cover the range: two of them join exactly to one of
 * the next width. So the result depends on the samples only, not on their order or on how they were put together. */
#ifndef LM_VOLUME_HISTOGRAM_H
#define LM_VOLUME_HISTOGRAM_H

#include "volume/volume.h"
#include <math.h>

enum { LM_HISTOGRAM_STEPS = 8 };

typedef struct {
    double lo, hi; /* least and greatest value, infinite ones too; lo > hi: none yet */
    int exponent;  /* steps are 2^exponent wide */
    double start;  /* the first begins at start * 2^exponent */
    uint64_t n[LM_HISTOGRAM_STEPS];
} lm_histogram;
#define LM_HISTOGRAM_INIT \
    { \
        .lo = INFINITY, .hi = -INFINITY \
    }

/* Samples index .. index+n-1 of v, none of which is NaN. */
void lm_histogram_add(lm_histogram *h, const lm_vol *v, size_t index, size_t n);
void lm_histogram_join(lm_histogram *h, const lm_histogram *more);
/* "from 1 to 9, in steps of 2 from 0: 1 2 2 2 2"; only the range where it is a single value or not finite. */
void lm_histogram_text(const lm_histogram *h, char *buf, size_t cap);

#endif
