/* SPDX-License-Identifier: GPL-3.0-or-later */
/* tether.h: how far a surface being decimated has come from what it was, kept edge by edge.
 *
 * Every vertex of the surface as it was, and the middle of every triangle, hangs on the triangle that is nearest to it of those
 * that took the place of its own, and none may hang farther than the limit (Klein, Liebich and Strasser, Mesh reduction with error
 * control, IEEE Visualization 1996); a limit of its own where there is one. New vertices and the middles of new edges and triangles
 * must be as near to the surface as it was. What lies between these points is not looked at: the distance of the whole is measured
 * afterwards. */
#ifndef LM_REPAIR_TETHER_H
#define LM_REPAIR_TETHER_H

#include "repair/collapse.h"
#include "surface/nearest.h"

typedef struct {
    const lm_nearest *was; /* borrowed */
    double limit2;
    const float *own;      /* NULL, or of each vertex and then each triangle of `was` what part of limit2 is its own; borrowed */
    uint32_t *head, *next; /* per triangle, per point as it was: those that hang there, UINT32_MAX at the end */
    uint32_t *near;        /* per vertex: a triangle it is near to in what was */
} lm_tether;
#define LM_TETHER_INIT \
    { \
        .was = NULL \
    }

/* c as lm_collapse_make left it, of the mesh in `was`. limit_mm > 0; own: as above. 14 bytes per triangle. On error t is empty. */
LM_CHECKED lm_status lm_tether_make(const lm_collapse *c, const lm_nearest *was, double limit_mm, const float *own, lm_tether *t,
                                    lm_err *err);
void lm_tether_release(lm_tether *t);
/* e may be, says lm_collapse_may: may it, by distance? *near: for lm_tether_do. */
bool lm_tether_may(const lm_tether *t, const lm_collapse *c, const lm_collapse_edge *e, uint32_t *near);
/* After lm_collapse_do(e). Of edges whose triangles are others it may be called at the same time. */
void lm_tether_do(lm_tether *t, const lm_collapse *c, const lm_collapse_edge *e, uint32_t near);

#endif
