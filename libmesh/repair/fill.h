/* SPDX-License-Identifier: GPL-3.0-or-later */
/* fill.h: triangles between the vertices of a loop of open edges.
 *
 * Of all triangulations of a loop the one with the smallest largest angle between neighbours (those across the loop's edges too) is
 * taken, among these the one of least area, among these the one with the shortest edges: dynamic programming, O(n^3) (Barequet and
 * Sharir, Filling gaps in the boundary of a polyhedron, Computer Aided Geometric Design 12, 1995; Liepa, Filling holes in meshes,
 * Symposium on Geometry Processing 2003). One that meets the mesh or itself is thrown away; then area alone decides; then triangles
 * that meet the mesh may not be used. A loop too long for that is seen against its mean normal and filled as an outline
 * (outline.h); where it is none it is parted along chords that are short for what they cut off, and its pieces are filled, each as
 * what it is. No edge is drawn that is there already. */
#ifndef LM_REPAIR_FILL_H
#define LM_REPAIR_FILL_H

#include "surface/bvh.h"
#include "surface/topo.h"

enum { LM_FILL_EDGES = 300 }; /* of a loop for the table */

typedef struct {
    const lm_mesh *m;
    const lm_topo_corners *c; /* of all its triangles */
    const lm_bvh *tree;       /* over those with area */
} lm_fill_on;

/* The loop v[0], v[1], ... runs with the patch's triangles; side[i] is the unit normal of the mesh at the edge from v[i] on. tri:
 * *nt triangles, the caller's; 0: there is none that meets nothing. */
LM_CHECKED lm_status lm_fill_make(const lm_fill_on *on, const uint32_t *v, const double (*side)[3], size_t n, uint32_t **tri,
                                  size_t *nt, lm_err *err);
/* The same where every patch meets something: the one of least area, whatever it meets. */
LM_CHECKED lm_status lm_fill_any(const lm_fill_on *on, const uint32_t *v, const double (*side)[3], size_t n, uint32_t **tri,
                                 size_t *nt, lm_err *err);
/* Several loops that bound one patch, as in lm_outline_fill, seen against the mean normal of the first. */
LM_CHECKED lm_status lm_fill_rings(const lm_fill_on *on, const uint32_t *v, const size_t *start, size_t loops, uint32_t **tri,
                                   size_t *nt, lm_err *err);

#endif
