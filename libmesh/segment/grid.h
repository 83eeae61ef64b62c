/* SPDX-License-Identifier: GPL-3.0-or-later */
/* grid.h: grids on which distances run along the axes. */
#ifndef LM_SEGMENT_GRID_H
#define LM_SEGMENT_GRID_H

#include "volume/volume.h"

/* Steps in mm along i, j, k. LM_ERULE G-5: the axes are not perpendicular (gantry tilt), to a millionth. */
LM_CHECKED lm_status lm_grid_steps(const lm_vol *v, double step_mm[3], lm_err *err);

#endif
