/* SPDX-License-Identifier: GPL-3.0-or-later */
/* arrange_cut.h: the first half of arrange.h: all triangles as faces that meet in common vertices and edges only. */
#ifndef LM_REPAIR_ARRANGE_CUT_H
#define LM_REPAIR_ARRANGE_CUT_H

#include "repair/implicit.h"
#include "repair/spots.h"
#include "surface/bvh.h"

typedef struct {
    uint32_t v[3]; /* vertices of the mesh, or its number of vertices + a point */
    uint32_t from; /* a triangle of the mesh in whose plane it lies */
    int32_t times; /* triangles of the mesh that face as it does, less those that face the other way; not 0 */
} lm_arrange_face;

typedef struct {
    lm_mesh *m;          /* borrowed; positions and triangles become those on the grid */
    double unit, mid[3]; /* of the grid, mm */
    int64_t (*grid)[3];  /* the vertices on it */
    lm_implicit points;
    uint32_t *place; /* per vertex its point, or LM_IMPLICIT_NONE */
    uint32_t *owner; /* per point its lowest vertex, or LM_IMPLICIT_NONE */
    size_t owner_cap;
    lm_arrange_face *face;
    size_t faces, face_cap;
    size_t pairs, cut; /* of triangles that meet; triangles that were cut */
    lm_spots where;    /* the first of the former */
} lm_arrange_faces;

/* f: m set, the rest 0. Positions are rounded to the grid, so that what meets by them meets on the grid. Vertices at one place of
 * the grid become one in m->tri, triangles that name one twice then go. */
LM_CHECKED lm_status lm_arrange_grid(lm_arrange_faces *f, lm_err *err);
/* tree: over all triangles of f->m that have area. *good false: nothing meets (unless always), or the grid is too coarse. */
LM_CHECKED lm_status lm_arrange_faces_make(lm_arrange_faces *f, const lm_bvh *tree, bool always, int threads, bool *good,
                                           lm_err *err);
void lm_arrange_faces_release(lm_arrange_faces *f);
LM_CHECKED lm_status lm_arrange_vertex(lm_arrange_faces *f, uint32_t v, uint32_t *point, lm_err *err);
/* The point of a face's v. */
LM_CHECKED lm_status lm_arrange_point(lm_arrange_faces *f, uint32_t v, uint32_t *point, lm_err *err);
lm_implicit_plane lm_arrange_plane(const lm_arrange_faces *f, uint32_t t);
int lm_arrange_axis(const lm_implicit_plane *p); /* of the largest component of n */
double lm_arrange_mm(const lm_arrange_faces *f, uint32_t point, int c);
double lm_arrange_area(const lm_arrange_faces *f, uint32_t face); /* about */

#endif
