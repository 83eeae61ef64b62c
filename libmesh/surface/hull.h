/* SPDX-License-Identifier: GPL-3.0-or-later */
/* hull.h: convex hull of points in space, exactly.
 *
 * Quickhull (Barber, Dobkin, Huhdanpaa: The Quickhull algorithm for convex hulls, ACM TOMS 22, 1996): each facet keeps the points
 * beyond it, the farthest is added next. Whether a point is beyond a facet is an exact sign (predicates.h) behind a filter, so that
 * nothing is merged, thickened or jogged: a point on the plane of a facet is not beyond it, and then no new facet can be without
 * area and none is lost. Coplanar facets stay triangles; vertices may lie within a flat side or a straight edge of the hull, never
 * inside it. */
#ifndef LM_SURFACE_HULL_H
#define LM_SURFACE_HULL_H

#include "base/err.h"
#include <stdint.h>

typedef struct {
    int dimension; /* 3: a solid; 2, 1, 0: all points in one plane, on one line, in one place; -1: no points */
    size_t nv, nt;
    uint32_t *vertex; /* numbers of points, ascending; all that are extreme (dimension 2 and less: maybe all points); owned */
    uint32_t *tri;    /* 3 * nt numbers of points, counter-clockwise from outside; none but in dimension 3; owned */
} lm_hull;
#define LM_HULL_INIT \
    { \
        .dimension = -1 \
    }

/* pos: x y z of each point, finite; which: numbers of n of them, borrowed, or NULL for the first n. Equal points are allowed. out
 * is initialised by the caller; empty on error. Scratch: 8 bytes per point and 72 per facet. */
LM_CHECKED lm_status lm_hull_make(const float *pos, const uint32_t *which, size_t n, lm_hull *out, lm_err *err);
void lm_hull_release(lm_hull *h); /* accepts a zeroed struct; leaves LM_HULL_INIT */

#endif
