/* SPDX-License-Identifier: GPL-3.0-or-later */
/* edge.h: where the surface of a body lies near a point: on a line through it, or nearest to it. The body is a field at its level,
 * the mask that this makes, or a mesh.
 *
 * A field is the trilinear interpolant of its samples, closed half a voxel outside its border as mcubes closes it; a mask is that
 * of 1 inside and 0 outside at 0.5. On a line crossings are looked for in steps of 1/16 of the smallest grid step, from the point
 * outwards, and halved to the last digit. The nearest point is that of the marching cubes of what is near, moved along the line to
 * it until it lies on the interpolant. */
#ifndef LM_MEASURE_EDGE_H
#define LM_MEASURE_EDGE_H

#include "surface/nearest.h"
#include "volume/volume.h"

typedef struct {
    const lm_vol *vol; /* borrowed; with its level; NULL: a mesh */
    bool mask;
    double inv[3][3];
    lm_nearest near; /* of a mesh */
    double u_mm;     /* of a mesh: rounding of its coordinates, a bound */
} lm_edge;

lm_edge lm_edge_field(const lm_vol *vol, bool mask);
/* m is borrowed. Memory: 56 bytes per triangle. */
LM_CHECKED lm_status lm_edge_mesh(const lm_mesh *m, int threads, lm_edge *out, lm_err *err);
void lm_edge_release(lm_edge *e);
/* *t: of the crossings of the line p + t d (d of length 1) with |t| <= most that with the least |t|; false: there is none. *u: one
 * standard deviation of it: of a mask a grid step along d, anywhere; of whole numbers their rounding over the slope; else 0. */
bool lm_edge_along(const lm_edge *e, const double p[3], const double d[3], double most, double *t, double *u);
/* *q: the point of the surface nearest to p, no farther than most; *found. LM_ENOMEM. u as above, along the line to it. */
LM_CHECKED lm_status lm_edge_nearest(const lm_edge *e, const double p[3], double most, bool *found, double q[3], double *u,
                                     lm_err *err);

#endif
