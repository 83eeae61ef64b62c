/* SPDX-License-Identifier: GPL-3.0-or-later */
/* level.h: sample values that lie on a wanted side of a level, in every sample type. */
#ifndef LM_VOLUME_LEVEL_H
#define LM_VOLUME_LEVEL_H

#include "volume/volume.h"

/* The nearest value to x that is below level, or at level or above, and that the type holds; NAN when it holds none. */
double lm_level_below(lm_type t, double x, double level);
double lm_level_above(lm_type t, double x, double level);
/* Set one sample to a value that its type holds. */
void lm_level_set(lm_vol *v, size_t index, double x);

#endif
