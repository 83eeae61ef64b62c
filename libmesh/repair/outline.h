/* SPDX-License-Identifier: GPL-3.0-or-later */
/* outline.h: loops of vertices that can be seen as outlines in a plane, filled with triangles between those vertices. */
#ifndef LM_REPAIR_OUTLINE_H
#define LM_REPAIR_OUTLINE_H

#include "surface/mesh.h"

/* Twice the area vector of a loop (Newell's sum), about its first vertex. */
void lm_outline_normal(const float *pos, const uint32_t *v, size_t n, double normal[3]);
/* Coordinates of p in the plane through `at` with that unit normal: with a coordinate axis for a normal two of its coordinates as
 * they are, so that nothing is rounded. */
void lm_outline_project(const double normal[3], const double at[3], const float p[3], float xy[2]);
/* Loop i are the vertices v[start[i] .. start[i + 1]), its inside on the left seen against the normal; a vertex may be in several
 * loops. Holes and islands as in triangulate.h, by which the triangles are made. They are a graph over the plane: none meets
 * another one, but for rounding. *flat false, no triangles: seen along the normal the loops cross. tri is the caller's. */
LM_CHECKED lm_status lm_outline_fill(const float *pos, const uint32_t *v, const size_t *start, size_t loops, const double normal[3],
                                     uint32_t **tri, size_t *nt, bool *flat, lm_err *err);

#endif
