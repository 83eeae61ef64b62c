/* SPDX-License-Identifier: GPL-3.0-or-later */
/* triangulate.h: the inside of closed outlines in the plane, with holes and islands in them, as triangles.
 *
 * Constrained Delaunay triangulation: points are put in one by one, coarse to fine along the outline, with Lawson's flips (Software
 * for C1 surface interpolation, Mathematical Software III, 1977); then the segments, by flips of the edges they cross (Sloan, A
 * fast algorithm for generating constrained Delaunay triangulations, Computers and Structures 47, 1993). All that decides what is
 * valid is exact (lm_predicates_orient2d); only which of two valid diagonals is the better one is rounded. About n log n for
 * outlines whose points lie in order. Same input, same triangles. */
#ifndef LM_SURFACE_TRIANGULATE_H
#define LM_SURFACE_TRIANGULATE_H

#include "base/err.h"
#include <stdbool.h>
#include <stdint.h>

/* n points xy, outline by outline; ns directed segments between them with the inside on their left. *tri: 3 * *nt point numbers,
 * counter-clockwise, all with area, no points beside the n; owned by the caller. Inside is what an odd number of segments parts
 * from infinity. *simple false, and no triangles: two points at one place, segments that meet beside their ends, an outline that is
 * not closed, or one with the inside on its right. */
LM_CHECKED lm_status lm_triangulate_outlines(const float (*xy)[2], size_t n, const uint32_t (*segment)[2], size_t ns,
                                             uint32_t **tri, size_t *nt, bool *simple, lm_err *err);

#endif
