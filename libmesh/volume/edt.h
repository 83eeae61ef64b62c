/* SPDX-License-Identifier: GPL-3.0-or-later */
/* edt.h: exact Euclidean distance transform on a grid with perpendicular axes and any steps.
 *
 * Axis by axis: along i by two sweeps, along j and k as the lower envelope of parabolas (Felzenszwalb and Huttenlocher, Distance
 * transforms of sampled functions, Theory of Computing 8, 2012). Exact but for rounding: what passes from axis to axis is
 * float32, so that a squared distance is right to 1e-7 of itself. */
#ifndef LM_VOLUME_EDT_H
#define LM_VOLUME_EDT_H

#include "base/err.h"
#include <stddef.h>
#include <stdint.h>

/* d2[i]: squared distance in mm2 of sample i from the nearest sample with feature[] not 0; INFINITY when there is none. n samples
 * along i (fastest), j, k, each >= 1, step_mm > 0 apart. The same for any number of threads. Memory: one column per thread. */
LM_CHECKED lm_status lm_edt_squared(const uint8_t *feature, const size_t n[3], const double step_mm[3], int threads, float *d2,
                                    lm_err *err);

#endif
