/* SPDX-License-Identifier: GPL-3.0-or-later */
/* diffuse.h: anisotropic diffusion: noise is smoothed, edges stay (Perona and Malik, IEEE PAMI 12, 1990), in three dimensions. */
#ifndef LM_SEGMENT_DIFFUSE_H
#define LM_SEGMENT_DIFFUSE_H

#include "volume/volume.h"

enum { LM_DIFFUSE_MOST = 1000 };

typedef struct {
    size_t rounds;   /* 1 to LM_DIFFUSE_MOST */
    double k_per_mm; /* change of the value in a millimetre at which half as much flows */
    double step_mm2; /* of time; 0: half the longest stable one, with which no wave of the grid changes its sign */
} lm_diffuse_opt;

/* Explicit steps of du/dt = div(c grad u) over the faces of the samples, c = 1 / (1 + (g / K)^2), their second kind, g the
 * difference of the two samples of a face in a millimetre. Nothing flows over the edge of the volume, so that the mean stays. v
 * becomes float32; step_mm2: the step that was taken. LM_ERULE G-5: the grid is sheared; LM_ERULE: NaN, or values that float32
 * cannot hold; LM_EUSAGE: rounds or K are out of range, or the step is longer than 1 / (2 sum of 1/h^2), h the steps of the grid.
 * Memory: 8 bytes per sample beside v. */
LM_CHECKED lm_status lm_diffuse(lm_vol *v, const lm_diffuse_opt *opt, int threads, double *step_mm2, lm_err *err);

#endif
