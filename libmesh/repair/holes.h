/* SPDX-License-Identifier: GPL-3.0-or-later */
/* holes.h: boundary loops closed by triangles between their own vertices.
 *
 * Open edges are followed against their triangles; where several loops meet in a vertex the next edge is the first across
 * the gap, and a loop that comes back to a vertex is split there, so that only simple loops are filled. Loops that bound one hole
 * together (rings.h) are filled as one, and by themselves where that fails; patches are made by fill.h, for any number of edges.
 * A patch that meets the mesh, itself or an earlier patch is thrown away. What still fails is left open and listed. */
#ifndef LM_REPAIR_HOLES_H
#define LM_REPAIR_HOLES_H

#include "repair/spots.h"

typedef enum {
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
LM_CHECKED lm_status lm_holes_fill(lm_mesh *m, int threads, lm_holes *out, lm_spots *where, lm_err *err);
/* The same, but that a patch may meet the mesh and other patches (fill.h): what meets is to be cut next (arrange.h). */
LM_CHECKED lm_status lm_holes_any(lm_mesh *m, int threads, lm_holes *out, lm_spots *where, lm_err *err);
void lm_holes_release(lm_holes *h);
const char *lm_holes_why(lm_hole_why why); /* for people */

#endif
