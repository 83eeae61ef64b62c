/* SPDX-License-Identifier: GPL-3.0-or-later */
/* winding.h: how often a surface, closed or not, goes around a point.
 *
 * The generalised winding number: the solid angles of all triangles over 4 pi (Jacobson, Kavan, Sorkine-Hornung, Robust
 * inside-outside segmentation using generalized winding numbers, TOG 32, 2013). Triangles near the point by their exact solid angle
 * (van Oosterom and Strackee, IEEE Transactions on Biomedical Engineering 30, 1983), far groups of them by the dipole of their
 * summed area vectors (Barill et al., Fast winding numbers for soups and clouds, TOG 37, 2018). On a closed surface it is right to
 * about 0.02: enough to tell whole numbers apart. */
#ifndef LM_REPAIR_WINDING_H
#define LM_REPAIR_WINDING_H

#include "surface/bvh.h"

typedef struct lm_winding_group lm_winding_group;

typedef struct {
    const lm_mesh *mesh;     /* borrowed: must stay as it is */
    lm_bvh bvh;              /* owned */
    lm_winding_group *group; /* one per node; owned */
} lm_winding;
#define LM_WINDING_INIT \
    { \
        .mesh = NULL \
    }

/* m must pass lm_mesh_validate. On error out is empty. */
LM_CHECKED lm_status lm_winding_build(const lm_mesh *m, int threads, lm_winding *out, lm_err *err);
void lm_winding_release(lm_winding *w);
/* At p: 1 inside a closed surface that faces outward, 0 outside; in the mouth of a hole between. On the surface: any number near
 * those of its sides. */
double lm_winding_at(const lm_winding *w, const double p[3]);

#endif
