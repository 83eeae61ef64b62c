/* SPDX-License-Identifier: GPL-3.0-or-later */
/* resample.h: grey values on a grid of other steps along the same axes, from the same first sample.
 *
 * Axis by axis with an interpolating kernel: linear; cubic (Keys, IEEE ASSP 29, 1981, a = -1/2: exact for parabolas); Lanczos of
 * three lobes, made to sum to 1. Where steps grow the kernel is as much wider, so that no detail finer than the new steps is folded
 * over. Beyond the edge of the volume the sample at the edge counts again. A sheared grid keeps its shear. */
#ifndef LM_SEGMENT_RESAMPLE_H
#define LM_SEGMENT_RESAMPLE_H

#include "volume/volume.h"

typedef enum { LM_RESAMPLE_LINEAR, LM_RESAMPLE_CUBIC, LM_RESAMPLE_LANCZOS } lm_resample_kernel;

/* v becomes float32 with these steps in mm, none of its samples is NaN. An axis of one sample stays. LM_EUSAGE: a step is not above
 * 0, or gives more than 2^32 samples in all; or the kernel would reach over more than 4096. Memory: the new volume, and the largest
 * between. */
LM_CHECKED lm_status lm_resample(lm_vol *v, const double step_mm[3], lm_resample_kernel kernel, int threads, lm_err *err);

#endif
