/* SPDX-License-Identifier: GPL-3.0-or-later */
/* predicates.h: exact signs of geometric questions about float32 points.
 *
 * A floating-point filter answers nearly always; else the sign is computed exactly, in 128-bit integers where the
 * coordinate differences fit a common grid, else by expansions (Shewchuk, Adaptive precision floating-point arithmetic and
 * fast robust geometric predicates, Discrete & Computational Geometry 18, 1997). Coordinates are any finite float32, from
 * denormals to 3.4e38: differences of two floats are kept as two doubles where one does not hold them, and no product can
 * overflow or underflow a double (2^-447 to 2^390).
 * Triangles meet by the interval test of Guigue and Devillers (Fast and robust triangle-triangle overlap test using
 * orientation predicates, Journal of Graphics Tools 8, 2003). All sets are closed: touching is meeting. */
#ifndef LM_SURFACE_PREDICATES_H
#define LM_SURFACE_PREDICATES_H

#include <stdbool.h>
#include <stdint.h>

/* Sign of det(b-a, c-a): +1 when a, b, c turn left, 0 when collinear. */
int lm_predicates_orient2d(const float a[2], const float b[2], const float c[2]);
/* Sign of det(b-a, c-a, d-a): +1 when a, b, c turn left seen from d, 0 when coplanar. */
int lm_predicates_orient3d(const float a[3], const float b[3], const float c[3], const float d[3]);
/* The three points lie on one line (two equal points do). */
bool lm_predicates_collinear(const float a[3], const float b[3], const float c[3]);
/* Do two triangles share more than what they share by name? Corners with equal ids are the same point.
 *   no common corner   any common point
 *   one                a common point beside that corner: the opposite edge of one meets the other
 *   two                folded onto each other: coplanar, on the same side of the common edge
 *   three              never (they are duplicates, not intersections)
 * Both triangles must have area; points with different ids must differ. */
bool lm_predicates_pair(const float *const a[3], const uint32_t ia[3], const float *const b[3], const uint32_t ib[3]);
/* The same of triangles that are asked about several times: their planes are at hand. p must stay. */
typedef struct {
    const float *p[3];
    uint32_t id[3];
    double normal[3], size[3]; /* (p1-p0) x (p2-p0), rounded; and what its terms add up to without their signs */
} lm_predicates_tri;
void lm_predicates_tri_of(const float *const p[3], const uint32_t id[3], lm_predicates_tri *out);
bool lm_predicates_meet(const lm_predicates_tri *a, const lm_predicates_tri *b);
/* Does the ray from p in direction +x cross triangle t? Answered for p moved by (0, e*e, e) with e > 0 below any other
 * number, so that each closed surface is crossed an exact number of times whatever edges and corners the ray meets. A
 * triangle through p itself is not crossed. */
bool lm_predicates_ray_x(const float p[3], const float *const t[3]);

#endif
