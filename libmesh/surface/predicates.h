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
/* Does the ray from p in direction +x cross triangle t? Answered for p moved by (0, e*e, e) with e > 0 below any other
 * number, so that each closed surface is crossed an exact number of times whatever edges and corners the ray meets. A
 * triangle through p itself is not crossed. */
bool lm_predicates_ray_x(const float p[3], const float *const t[3]);

#endif
