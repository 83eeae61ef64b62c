/* SPDX-License-Identifier: GPL-3.0-or-later */
/* bvh.h: a tree of boxes over the triangles of a mesh, flat in one array, the same for any number of threads.
 *
 * Built top-down by object median along the longest axis of the box centres: always balanced, whatever outliers or
 * coincidences the input has (depth at most 32). Nodes lie in depth-first order: the left child follows its parent. */
#ifndef LM_SURFACE_BVH_H
#define LM_SURFACE_BVH_H

#include "surface/mesh.h"

enum { LM_BVH_LEAF = 4, LM_BVH_DEPTH = 40 }; /* triangles per leaf; entries a traversal stack needs */

typedef struct {
    float lo[3];
    uint32_t at; /* inner node: index of the right child (the left one is next); leaf: first of its items */
    float hi[3];
    uint32_t n; /* items of a leaf, 1..LM_BVH_LEAF; 0: inner node */
} lm_bvh_node;

typedef struct {
    size_t nodes, items;
    lm_bvh_node *node; /* owned; node 0 is the root; none when there are no items */
    uint32_t *item;    /* triangle indices, each leaf's in a row; owned */
} lm_bvh;
#define LM_BVH_INIT \
    { \
        .nodes = 0 \
    }

/* Over the triangles t with skip[t] == 0 (skip NULL: all). Those must have indices in range and finite corners.
 * Memory: 20 bytes per triangle, 36 while building. On error out is empty. */
LM_CHECKED lm_status lm_bvh_build(const lm_mesh *m, const unsigned char *skip, int threads, lm_bvh *out, lm_err *err);
void lm_bvh_release(lm_bvh *b);
/* The box of triangle t. */
static inline void lm_bvh_tri_box(const lm_mesh *m, uint32_t t, float lo[3], float hi[3])
{
    const float *a = m->pos + 3 * (size_t)m->tri[3 * (size_t)t], *b = m->pos + 3 * (size_t)m->tri[3 * (size_t)t + 1],
                *c = m->pos + 3 * (size_t)m->tri[3 * (size_t)t + 2];
    for (int k = 0; k < 3; k++) {
        float l = a[k] < b[k] ? a[k] : b[k], h = a[k] < b[k] ? b[k] : a[k];
        lo[k] = c[k] < l ? c[k] : l;
        hi[k] = c[k] > h ? c[k] : h;
    }
}
static inline bool lm_bvh_overlap(const float alo[3], const float ahi[3], const float blo[3], const float bhi[3])
{
    return alo[0] <= bhi[0] && blo[0] <= ahi[0] && alo[1] <= bhi[1] && blo[1] <= ahi[1] && alo[2] <= bhi[2] && blo[2] <= ahi[2];
}

#endif
