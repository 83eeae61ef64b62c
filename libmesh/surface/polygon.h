/* SPDX-License-Identifier: GPL-3.0-or-later */
/* polygon.h: a polygon of a mesh cut into triangles that keep its corners and its direction.
 *
 * Seen along the largest component of its normal (Newell's sum) the corners are judged by exact predicates. A fan about the
 * first corner where all its triangles turn the right way; else ears are clipped (Meisters, Polygons have ears, American
 * Mathematical Monthly 82, 1975; time n^2, as only the neighbours of a clipped ear change). Where no ear is left the
 * polygon crosses itself or has no area: it becomes a fan, and the caller is told. Same input, same triangles. */
#ifndef LM_SURFACE_POLYGON_H
#define LM_SURFACE_POLYGON_H

#include "base/err.h"
#include <stdbool.h>
#include <stdint.h>

enum { LM_POLYGON_MAX = 1 << 16 }; /* corners of a polygon that needs ears */

/* pos holds the positions (3 floats each) that the n >= 3 corners v[] name; tri takes 3 * (n - 2) of v's indices.
 * *simple: false when the cut could not be made without crossing or without area. LM_ERANGE over LM_POLYGON_MAX. */
LM_CHECKED lm_status lm_polygon_cut(const float *pos, const uint32_t *v, size_t n, uint32_t *tri, bool *simple, lm_err *err);

/* A mesh that was read with its polygons as fans: poly holds pairs of a polygon's first triangle and its number of
 * corners. Their triangles are cut anew in place; *crossed counts those that are not simple. */
LM_CHECKED lm_status lm_polygon_recut(const float *pos, uint32_t *tri, const uint32_t *poly, size_t pairs, size_t *crossed,
                                      lm_err *err);

#endif
