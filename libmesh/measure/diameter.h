/* SPDX-License-Identifier: GPL-3.0-or-later */
/* diameter.h: the two vertices of a mesh that are farthest apart (largest diameter; IBSI L0JK), exactly.
 *
 * Har-Peled: A practical approach for computing the diameter of a point set, SoCG 2001: pairs of boxes of a fair-split tree, those
 * that cannot hold a larger distance than is known already are dropped; points that are too near the middle are dropped before. The
 * farthest points of a solid are always vertices. On round bodies many pairs are nearly farthest: some seconds for 10^6 vertices on
 * a sphere, far less on anything else. */
#ifndef LM_MEASURE_DIAMETER_H
#define LM_MEASURE_DIAMETER_H

#include "surface/mesh.h"

typedef struct {
    double mm;         /* 0: fewer than two vertices are used */
    uint32_t point[2]; /* vertices */
} lm_diameter;

/* Vertices that triangles name. Of equal distances the first in the order of the search, which the mesh fixes. Memory: 12 bytes per
 * vertex. */
LM_CHECKED lm_status lm_diameter_of(const lm_mesh *m, lm_diameter *out, lm_err *err);

#endif
