/* SPDX-License-Identifier: GPL-3.0-or-later */
/* ray.h: where a ray first meets a mesh. Triangles by Moeller and Trumbore (Fast, minimum storage ray/triangle intersection,
 * JGT 1997); edges belong to both sides. */
#ifndef LM_SHELL_RAY_H
#define LM_SHELL_RAY_H

#include "surface/nearest.h"

/* The least s in (0, most) for which p + s d lies on a triangle other than `own` (LM_NEAREST_NONE: any); most if none. */
double lm_ray_shoot(const lm_nearest *near, const double p[3], const double d[3], uint32_t own, double most);

#endif
