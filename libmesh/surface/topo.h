/* SPDX-License-Identifier: GPL-3.0-or-later */
/* topo.h: what a triangle list says about edges, fans and components, whatever the list holds.
 *
 * All is read off one table: for every vertex the corners at it. Memory linear; the same for any number of threads. */
#ifndef LM_SURFACE_TOPO_H
#define LM_SURFACE_TOPO_H

#include "surface/mesh.h"

/* Corners c = 3*t+k at each vertex v: corner[start[v] .. start[v+1]), ascending. */
typedef struct {
    uint32_t *start;  /* nv+1; owned */
    uint32_t *corner; /* owned */
} lm_topo_corners;
#define LM_TOPO_CORNERS_INIT \
    { \
        .start = NULL \
    }

/* Over the triangles t with skip[t] == 0 (skip NULL: all); those must have indices in range. LM_ERANGE over 2^32-1
 * corners. */
LM_CHECKED lm_status lm_topo_corners_make(const lm_mesh *m, const unsigned char *skip, lm_topo_corners *out, lm_err *err);
void lm_topo_corners_release(lm_topo_corners *c);

#define LM_TOPO_NONE UINT32_MAX
#define LM_TOPO_MANY (UINT32_MAX - 1)

/* Half-edge h = 3*t+k runs from corner k of t to the next. mate[h], for 3*nt half-edges: the half-edge of the other
 * triangle at that edge (either way round); LM_TOPO_NONE at an open edge and for triangles left out, LM_TOPO_MANY where
 * three or more meet. c: corners over the triangles that count; none of them repeats an index. */
LM_CHECKED lm_status lm_topo_mates(const lm_mesh *m, const lm_topo_corners *c, uint32_t *mate, lm_err *err);

typedef struct {
    size_t used;                                          /* vertices with at least one triangle */
    size_t edges, open, nonmanifold, flipped, unbalanced; /* edges; unbalanced: two or more triangles, but not as many each way */
    size_t nonmanifold_vertices, duplicates, holes;
    /* lowest triangle at an open, non-manifold, flipped edge; lowest non-manifold vertex; lowest triangle that repeats an
       earlier one; SIZE_MAX when there is none */
    size_t first_open, first_nonmanifold, first_flipped, first_vertex, first_duplicate;
    size_t components, closed_components; /* joined by edges; numbered by their lowest triangle */
    uint32_t *comp;                       /* per triangle its component, LM_TOPO_NONE for those left out; owned */
    bool *closed;                         /* per component: as many triangles each way at every edge; owned */
} lm_topo;
#define LM_TOPO_INIT \
    { \
        .used = 0 \
    }

/* skip as above; triangles with a repeated index must be left out. */
LM_CHECKED lm_status lm_topo_make(const lm_mesh *m, const unsigned char *skip, int threads, lm_topo *out, lm_err *err);
void lm_topo_release(lm_topo *t);

#endif
