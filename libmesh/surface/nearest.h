/* SPDX-License-Identifier: GPL-3.0-or-later */
/* nearest.h: the point of a mesh that is nearest to a given point.
 *
 * Per triangle the region test of Ericson (Real-Time Collision Detection, 2005, 5.1.5), decided by the signs of the edge
 * functions, so that triangles without area count as the segments and points they are. The tree is walked depth first, the
 * nearer child first. Distances are right to 1e-12 of their value or 1e-14 of the farthest coordinate difference, whichever
 * is greater; a point that equals a corner has distance 0 exactly. */
#ifndef LM_SURFACE_NEAREST_H
#define LM_SURFACE_NEAREST_H

#include "surface/bvh.h"

#define LM_NEAREST_NONE UINT32_MAX

typedef struct {
    const lm_mesh *mesh; /* borrowed: must stay as it is */
    lm_bvh bvh;
    float (*corner)[9]; /* the corners of each triangle in the order of bvh.item; owned */
    double lo[3], hi[3];
} lm_nearest;
#define LM_NEAREST_INIT \
    { \
        .mesh = NULL \
    }

typedef struct {
    double d2;    /* squared distance, mm2; INFINITY when nothing was found */
    double q[3];  /* the nearest point; undefined when nothing was found */
    uint32_t tri; /* its triangle, of those at the same distance the lowest; LM_NEAREST_NONE: nothing found */
} lm_nearest_hit;

/* m must be valid in the sense of lm_mesh_validate. Memory: 56 bytes per triangle. On error out is empty. */
LM_CHECKED lm_status lm_nearest_build(const lm_mesh *m, int threads, lm_nearest *out, lm_err *err);
void lm_nearest_release(lm_nearest *n);
/* The nearest point to p (finite) among those with squared distance <= max_d2 (INFINITY: all). hint: a triangle that may be
 * near, or LM_NEAREST_NONE; it changes the time only. */
void lm_nearest_find(const lm_nearest *n, const double p[3], double max_d2, uint32_t hint, lm_nearest_hit *hit);
/* For each of count points (x y z in a row) as lm_nearest_find; the result does not depend on the threads. */
LM_CHECKED lm_status lm_nearest_batch(const lm_nearest *n, const double *points, size_t count, double max_d2, int threads,
                                      lm_nearest_hit *hits, lm_err *err);
/* Squared distance of p from the triangle abc; q, where not NULL, gets the nearest point. */
double lm_nearest_triangle(const float a[3], const float b[3], const float c[3], const double p[3], double q[3]);
/* Squared distance of p from a box given by floats, 0 inside; rounded by at most 4 ulp. */
static inline double lm_nearest_box(const float lo[3], const float hi[3], const double p[3])
{
    double s = 0;
    for (int k = 0; k < 3; k++) {
        double l = lo[k] - p[k], h = p[k] - hi[k], d = l > h ? l : h;
        d = d > 0 ? d : 0;
        s += d * d;
    }
    return s;
}

#endif
