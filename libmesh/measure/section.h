/* SPDX-License-Identifier: GPL-3.0-or-later */
/* section.h: a planar section of a mesh: area, perimeter, largest and least diameter.
 *
 * A vertex on the plane counts as above it. Each triangle with corners on both sides gives a segment; area and perimeter are sums
 * over the segments, which close where the mesh does (Green's theorem). Diameters are those of the convex hull (planehull.h): the
 * largest distance of two points, and the least of two parallel lines round it all; and the longest chord across that largest
 * distance.
 *
 * One loop, around a point, is walked from triangle to triangle. */
#ifndef LM_MEASURE_SECTION_H
#define LM_MEASURE_SECTION_H

#include "repair/trim.h"
#include "surface/bvh.h"

typedef struct {
    lm_trim_plane plane;
    size_t segments;
    double area_mm2; /* NAN where the mesh is open there or beyond */
    double perimeter_mm, max_mm, min_mm;
    double across_mm; /* of equal largest distances of the first along the hull */
} lm_section;

/* closed: area has a meaning (mass.h, has_volume). No segment: all is 0. Memory: 40 bytes per segment. */
LM_CHECKED lm_status lm_section_of(const lm_mesh *m, const lm_trim_plane *plane, bool closed, lm_section *out, lm_err *err);
/* Only the loop around p, which lies inside, in the plane through p; plane gives the direction, its offset is set. tree: over all
 * of m, mate: as of lm_topo_mates. No such loop, or the mesh is open there: segments is 0, area NAN. */
LM_CHECKED lm_status lm_section_around(const lm_mesh *m, const lm_bvh *tree, const uint32_t *mate, const double p[3],
                                       const double normal[3], lm_section *out, lm_err *err);

#endif
