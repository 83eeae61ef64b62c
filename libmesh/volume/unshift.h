/* SPDX-License-Identifier: GPL-3.0-or-later */
/* unshift.h: slices that moved within their plane (shift.h) moved back: each is sampled anew at its places plus the shift, by cubic
 * convolution (Keys, IEEE ASSP 29, 1981, a = -1/2) along rows, then columns. Beyond the edge of the slice the sample at the edge
 * counts again. */
#ifndef LM_VOLUME_UNSHIFT_H
#define LM_VOLUME_UNSHIFT_H

#include "volume/shift.h"

/* v, int16 or float32, of whose first `slices` slices s was found. Integers are rounded, halves up. LM_ERULE: more than
 * LM_SHIFT_MAX places, or another type. The same for any number of threads. */
LM_CHECKED lm_status lm_unshift(lm_vol *v, size_t slices, const lm_shift *s, int threads, lm_err *err);

#endif
