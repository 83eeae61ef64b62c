/* SPDX-License-Identifier: GPL-3.0-or-later */
/* obb.h: a small oriented box round a mesh (IBSI: oriented minimum bounding box).
 *
 * The least box of all has two neighbouring sides that each hold an edge of the convex hull (O'Rourke: Finding minimal enclosing
 * boxes, Int. J. Comput. Inf. Sci. 14, 1985), which takes the cube of the hull's size. Here: a box is looked for on each of the
 * largest faces of the hull and square to each pair of its longest edges, always the least rectangle of the shadow (planehull.h);
 * the best of them, the box along the given axes and that along x, y, z are turned about one of their own axes after the other as
 * long as that makes them smaller (Chang, Gorissen, Melchior: Fast oriented bounding box optimization on the rotation group, ACM
 * TOG 30, 2011, without their random start). Guaranteed: all vertices are inside up to rounding; no larger than either of those
 * two; no turn about a single axis of its own makes it smaller, as far as the corners that were looked at say: all of the hull up
 * to LM_OBB_CORNERS, else the outermost in each of 40 x 40 columns along x, y and z. Not guaranteed: that no other box is smaller.
 */
#ifndef LM_MEASURE_OBB_H
#define LM_MEASURE_OBB_H

#include "surface/hull.h"

enum { LM_OBB_CORNERS = 4096 };

typedef struct {
    double size_mm[3];   /* longest first */
    double axis[3][3];   /* unit vectors, right-handed; the largest component of the first two is positive */
    double centre_mm[3]; /* in the coordinates of the points */
    double volume_mm3;
} lm_obb;

/* pos as the hull was made of; hull of dimension 0 and more. axes: three unit vectors to try as well, or NULL. */
LM_CHECKED lm_status lm_obb_of(const float *pos, const lm_hull *hull, const double axes[3][3], lm_obb *out, lm_err *err);

#endif
