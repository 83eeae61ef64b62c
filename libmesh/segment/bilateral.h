/* SPDX-License-Identifier: GPL-3.0-or-later */
/* bilateral.h: a mean of near samples of like values: smooths noise, keeps edges (Tomasi and Manduchi, ICCV 1998). */
#ifndef LM_SEGMENT_BILATERAL_H
#define LM_SEGMENT_BILATERAL_H

#include "volume/volume.h"

enum { LM_BILATERAL_MOST = 32 }; /* samples that the window reaches to one side */

/* Each sample becomes the mean of those in a ball of 2.5 sigma_mm around it, within the volume, with the weights exp(-r^2 / (2
 * sigma_mm^2)) exp(-d^2 / (2 sigma_value^2)), r the distance and d the difference of values: all of them, no grid or table in
 * between, in float32. v becomes float32. LM_ERULE G-5: the grid is sheared; LM_ERULE: see floats.h; LM_EUSAGE: a sigma is not
 * above 0, or the ball reaches farther than LM_BILATERAL_MOST samples. Memory: 8 bytes per sample beside v. */
LM_CHECKED lm_status lm_bilateral(lm_vol *v, double sigma_mm, double sigma_value, int threads, lm_err *err);

#endif
