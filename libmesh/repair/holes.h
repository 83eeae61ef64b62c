/* SPDX-License-Identifier: GPL-3.0-or-later */
/* holes.h: boundary loops closed by a triangulation of their own vertices.
 *
 * Open edges are followed against their triangles; where several loops meet in a vertex the next edge is the first across
 * the gap, and a loop that comes back to a vertex is split there, so that only simple loops are filled. Of all
 * triangulations of a loop the one with the smallest largest angle between neighbours (those across the loop's edges too)
 * is taken, among these the one of least area, among these the one with the shortest edges: dynamic programming, O(n^3)
 * (Barequet and Sharir, Filling gaps in the boundary of a polyhedron, Computer Aided Geometric Design 12, 1995; Liepa,
 * Filling holes in meshes, Symposium on Geometry Processing 2003). No edge is drawn that is there already.
 * A patch that meets the mesh, itself or an earlier patch is thrown away; then area alone decides; then triangles that meet
 * the mesh may not be used. What still fails is left open and listed. */
#ifndef LM_REPAIR_HOLES_H
#define LM_REPAIR_HOLES_H

#include "surface/mesh.h"

enum { LM_HOLES_EDGES = 300 }; /* edges of a loop that is filled */

typedef enum {
    LM_HOLE_LARGE,    /* more than LM_HOLES_EDGES edges */
    LM_HOLE_UNTRACED, /* its edges make no loop: triangles around it face opposite ways */
    LM_HOLE_NO_PATCH  /* every patch meets the mesh, or draws an edge that is there */
} lm_hole_why;

typedef struct {
    lm_hole_why why;
    uint32_t edges;
    float at[3]; /* one of its vertices */
} lm_hole;

typedef struct {
    size_t filled, triangles; /* loops closed, triangles drawn */
    double area_mm2;          /* of these triangles */
    size_t left;              /* loops still open */
    lm_hole *list;            /* they; owned */
} lm_holes;
#define LM_HOLES_INIT \
    { \
        .filled = 0 \
    }

/* m must pass lm_mesh_validate, without triangles that repeat a vertex and without two vertices at one position. Patches
 * come after the triangles there are, loops in the order of their lowest vertex. Nothing moves. On error m is still a
 * mesh, with some holes filled, and out is empty. */
LM_CHECKED lm_status lm_holes_fill(lm_mesh *m, int threads, lm_holes *out, lm_err *err);
void lm_holes_release(lm_holes *h);
const char *lm_holes_why(lm_hole_why why); /* for people */

#endif
