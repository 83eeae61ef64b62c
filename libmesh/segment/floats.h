/* SPDX-License-Identifier: GPL-3.0-or-later */
/* floats.h: the samples of a volume as float32, for filters. */
#ifndef LM_SEGMENT_FLOATS_H
#define LM_SEGMENT_FLOATS_H

#include "volume/volume.h"

/* *out: lm_vol_count(v) samples, to be freed. LM_ERULE: a sample is NaN, or float32 cannot hold the difference of two. */
LM_CHECKED lm_status lm_floats(const lm_vol *v, int threads, float **out, lm_err *err);

#endif
