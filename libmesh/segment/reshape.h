/* SPDX-License-Identifier: GPL-3.0-or-later */
/* reshape.h: an object on a grid of other steps, by its shape (Raya and Udupa, Shape-based interpolation of multidimensional
 * objects, IEEE TMI 9, 1990; Herman, Zheng, Bucholtz, IEEE CG&A 12, 1992): the signed distance from its border, exact with any
 * steps (volume/edt.h), is interpolated, and cut at the level that keeps the volume.
 * Samples at the same distance are told apart by the shape around them; flat faces along the grid still move as a whole. */
#ifndef LM_SEGMENT_RESHAPE_H
#define LM_SEGMENT_RESHAPE_H

#include "segment/bits.h"

typedef struct {
    double level_mm;       /* of the distance, inside positive: 0 is half way between samples */
    double change_percent; /* of the voxel volume, as far as the new grid reaches: samples at the same distance stay together */
} lm_reshape_facts;

/* b, on the grid of v (whose samples are not looked at), becomes the object with these steps in mm, on the grid that lm_resample
 * makes of v. LM_EUSAGE, as lm_resample; LM_ERULE G-5: sheared grid; LM_ENO: nothing is inside. Memory: 9 bytes per sample of the
 * old grid, then 8 of the new one, which may be more. */
LM_CHECKED lm_status lm_reshape(lm_bits *b, const lm_vol *v, const double step_mm[3], int threads, lm_reshape_facts *out,
                                lm_err *err);

#endif
