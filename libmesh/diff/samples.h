/* SPDX-License-Identifier: GPL-3.0-or-later */
/* samples.h: what is said of a distance over an area: mean, root mean square, percentiles, share within a limit, histogram.
 *
 * A sample stands for a piece of area: the distance at one of its points, the side that this point lies on, and bounds that hold
 * everywhere on the piece. Sums are kept by block and added in order: the same bits for any number of threads. Where the sign of
 * the distance is known it is 1-Lipschitz as the distance is, so that the bounds of the mean hold for both. */
#ifndef LM_DIFF_SAMPLES_H
#define LM_DIFF_SAMPLES_H

#include "base/err.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { LM_SAMPLES_PERCENTILES = 4, LM_SAMPLES_BINS = 20 };      /* bins from -range to range */
extern const double lm_samples_percent[LM_SAMPLES_PERCENTILES]; /* 50, 90, 95, 99 */

typedef struct {
    double value, lower, upper; /* the truth lies in [lower, upper]; NAN where there is no area */
} lm_samples_value;

typedef struct {
    float value, lo, hi, area; /* distance >= 0, its bounds on the piece, mm2 */
    int32_t side;              /* -1 inside the other solid, 1 outside, 0: on it, or not known */
} lm_sample;

typedef struct {
    lm_sample *item; /* owned */
    size_t n, cap;
    double area, sum, sum2, signed_sum; /* of 1, d, d^2 and the signed d, by area */
    double move, move2;                 /* by area: how far d may be off on the piece, and its square */
} lm_samples;
/* All blocks of a surface. */
typedef struct {
    const lm_samples *block;
    size_t blocks;
} lm_samples_all;

/* One more piece: area_mm2, d at its point, side, bounds lo <= d <= hi, and the mean square of the way from the point. */
LM_CHECKED lm_status lm_samples_add(lm_samples *s, double area_mm2, double d, int side, double lo, double hi, double move2,
                                    lm_err *err);
void lm_samples_release(lm_samples *s);

/* All below: n surfaces pooled, by area. */
void lm_samples_integrals(const lm_samples_all *s, size_t n, lm_samples_value *mean, lm_samples_value *rms, lm_samples_value *bias);
/* p % of the area has d no greater than this: value from the points, lower and upper from the bounds of each piece. */
LM_CHECKED lm_status lm_samples_percentiles(const lm_samples_all *s, size_t n, lm_samples_value out[LM_SAMPLES_PERCENTILES],
                                            lm_err *err);
/* The share of the area where d <= limit. */
lm_samples_value lm_samples_within(const lm_samples_all *s, size_t n, double limit_mm);
/* The share of the area by signed d in bins of equal width from -range_mm to range_mm; the outermost take all beyond. What lies on
 * the other surface, and what has no sign, counts as outside. */
void lm_samples_histogram(const lm_samples_all *s, size_t n, double range_mm, double share[LM_SAMPLES_BINS]);

#endif
