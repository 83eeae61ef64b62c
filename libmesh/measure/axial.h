/* SPDX-License-Identifier: GPL-3.0-or-later */
/* axial.h: long and short axis of a body as they are read on axial slices.
 *
 * Long axis: the largest distance of two points of the section with an axial plane (z is constant), in that plane where it is
 * largest. Short axis: in the same plane the longest chord at right angles to it (of the convex hull, as a caliper lies). Planes
 * are one step apart, as slices are, the first half a step above the lowest point; what lies between planes is known to a quarter
 * of the fall to the farther neighbour, which holds for a parabola. */
#ifndef LM_MEASURE_AXIAL_H
#define LM_MEASURE_AXIAL_H

#include "measure/section.h"

#define LM_AXIAL_STEP 1.0 /* mm, where no slice step is known */
enum { LM_AXIAL_PLANES = 2000 };

typedef struct {
    double long_mm, short_mm, u_long_mm, u_short_mm; /* NAN: the mesh meets no plane */
    double z_mm, step_mm;                            /* where; of the planes */
} lm_axial;

/* m without labels. step_mm: NAN: LM_AXIAL_STEP. It is made wider where the body is higher than LM_AXIAL_PLANES steps. */
LM_CHECKED lm_status lm_axial_of(const lm_mesh *m, double step_mm, lm_axial *out, lm_err *err);

#endif
