/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "segment/grid.h"

#include <math.h>

static const double grid_square = 1e-6; /* cosine between axes that still counts as a right angle */

lm_status lm_grid_steps(const lm_vol *v, double step[3], lm_err *err)
{
    for (int a = 0; a < 3; a++) step[a] = lm_vol_spacing(v, a);
    for (int a = 0; a < 3; a++) {
        const double *p = v->dir[a], *q = v->dir[(a + 1) % 3];
        const double dot = p[0] * q[0] + p[1] * q[1] + p[2] * q[2];
        if (fabs(dot) > grid_square * step[a] * step[(a + 1) % 3])
            return lm_err_set(
                err, LM_ERULE, "G-5",
                "the slices are sheared against each other (gantry tilt): distances in mm need a grid with right angles");
    }
    return LM_OK;
}
