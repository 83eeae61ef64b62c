/* SPDX-License-Identifier: GPL-3.0-or-later */
/* gauss.h: smoothing of grey values by a Gaussian given in millimetres. */
#ifndef LM_SEGMENT_GAUSS_H
#define LM_SEGMENT_GAUSS_H

#include "volume/volume.h"

enum { LM_GAUSS_MOST = 512 }; /* samples that the kernel reaches to one side */

/* Axis by axis with the Gaussian sampled up to 4 sigma and made to sum to 1; beyond the edge of the volume the sample at the edge
 * counts again. v becomes float32. LM_ERULE G-5: the grid is sheared; LM_ERULE: see floats.h; LM_EUSAGE: sigma is not above 0,
 * or reaches farther than LM_GAUSS_MOST samples. Memory: 4 bytes per sample beside v. */
LM_CHECKED lm_status lm_gauss(lm_vol *v, double sigma_mm, int threads, lm_err *err);

#endif
