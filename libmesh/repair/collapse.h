/* SPDX-License-Identifier: GPL-3.0-or-later */
/* collapse.h: one edge of a mesh drawn together into a point: where that point goes, what it costs, and whether it may be.
 *
 * The point is where the volume stays what it is and the sum of the squared volumes between it and the planes of the triangles
 * around is least; the planes are those of the mesh as it is now (Lindstrom and Turk, Fast and memory efficient polygonal
 * simplification, IEEE Visualization 1998), kept as quadrics (Garland and Heckbert, SIGGRAPH 1997) about each vertex, where
 * they have neither a linear nor a constant term.
 * It may be when the topology stays (link condition: Dey, Edelsbrunner, Guha and Nekhayev, Topology preserving edge contraction,
 * Publications de l'Institut Mathematique 66, 1999), no triangle turns over or loses its area, and the triangles around meet
 * no other, which is asked with exact predicates of the point as rounded to float32; and no other component would come to lie on
 * the other side of the surface.
 * Of several parts, seams (fans.h) are drawn together only along themselves, their ends and branchings stay in place, and what is
 * beside a seam is drawn on to it. */
#ifndef LM_REPAIR_COLLAPSE_H
#define LM_REPAIR_COLLAPSE_H

#include "repair/fans.h"
#include "surface/bvh.h"

enum { LM_COLLAPSE_STAR = 96 }; /* triangles around an edge; with more it is left alone */

typedef struct {
    lm_mesh m;               /* owned; of a wall the lower label is behind */
    unsigned char *gone;     /* per triangle: no longer there */
    lm_fans f;               /* of m */
    uint32_t *version;       /* per vertex: how often its triangles changed */
    double (*quadric)[6];    /* per vertex: xx xy xz yy yz zz */
    double (*normal)[3];     /* per vertex: sum of its triangles' */
    double (*face)[3];       /* per triangle: normal, twice the area long */
    lm_bvh tree;             /* over the triangles; boxes grow */
    uint32_t *leaf, *parent; /* per triangle, per node */
    size_t live, built;      /* triangles now, and when the tree was built */
    int threads;
} lm_collapse;
#define LM_COLLAPSE_INIT \
    { \
        .live = 0 \
    }

typedef struct {
    uint32_t u, v; /* u stays, v goes */
    float x[3];    /* where u goes */
    uint32_t n, n_u, n_gone;
    uint32_t corner[LM_COLLAPSE_STAR]; /* of u and v in the triangles that stay; first n_u of u */
    uint32_t lost[LM_COLLAPSE_STAR];   /* triangles that go */
    float lo[3], hi[3];                /* of what stays, with u at x */
} lm_collapse_edge;

/* m must be valid, each part of it (audit_parts.h). Empties m into c. On error both are empty. About 170 bytes per triangle. */
LM_CHECKED lm_status lm_collapse_make(lm_mesh *m, int threads, lm_collapse *c, lm_err *err);
void lm_collapse_release(lm_collapse *c);
/* The tree anew, when half of it is gone. */
LM_CHECKED lm_status lm_collapse_tree(lm_collapse *c, lm_err *err);
/* What the edge u v, which must be there, costs about (its two triangles counted twice): to put edges in order. */
double lm_collapse_guess(const lm_collapse *c, uint32_t u, uint32_t v);
/* May edge u v be drawn together, as far as the triangles around it tell? Fills in all the rest of e. */
bool lm_collapse_may(const lm_collapse *c, lm_collapse_edge *e);
/* Then: does nothing else come into the way? The dearer question. */
bool lm_collapse_clear(const lm_collapse *c, const lm_collapse_edge *e);
/* Would the triangles of e, as they will be, meet those around vertex `other`? */
bool lm_collapse_meets(const lm_collapse *c, const lm_collapse_edge *e, uint32_t other);
void lm_collapse_do(lm_collapse *c, const lm_collapse_edge *e);
/* The quadric of vertex v anew. */
void lm_collapse_renew(lm_collapse *c, uint32_t v);
/* What is left, in the order it was. c is used up. */
LM_CHECKED lm_status lm_collapse_finish(lm_collapse *c, lm_mesh *m, lm_err *err);

/* The vertex after corner c in its triangle, and the one before. */
static inline uint32_t lm_collapse_after(const lm_collapse *c, uint32_t corner)
{
    return lm_fans_after(&c->m, corner);
}
static inline uint32_t lm_collapse_before(const lm_collapse *c, uint32_t corner)
{
    return lm_fans_before(&c->m, corner);
}

#endif
