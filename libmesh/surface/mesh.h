/* SPDX-License-Identifier: GPL-3.0-or-later */
/* mesh.h: a triangle mesh as plain arrays. float32 millimetres: what is judged is what is written (promise 2). */
#ifndef LM_SURFACE_MESH_H
#define LM_SURFACE_MESH_H

#include "volume/parts.h"
#include <stdbool.h>
#include <stdint.h>

typedef enum { LM_SPACE_UNKNOWN, LM_SPACE_LPS, LM_SPACE_RAS } lm_space;

typedef struct lm_mesh lm_mesh;
struct lm_mesh {
    size_t nv, nt;
    float *pos;           /* 3*nv: x y z, owned */
    uint32_t *tri;        /* 3*nt: vertex indices, counter-clockwise seen from outside, owned */
    float *quality;       /* nv values, or NULL; owned */
    double quality_range; /* > 0: PLY also carries the quality as colours, from -range (blue) over 0 (white) to range (red) */
    /* Several parts: which part lies behind each triangle (its inside), 1 and up, and which before it, 0: none, the outside; nt
       values each, owned. label NULL: one part. label_back NULL: no part borders on another. A wall between two parts stands
       there once, and bounds the part of label_back turned round. */
    uint32_t *label, *label_back;
    lm_space space; /* what the file said; meshes made from DICOM are LPS */
    lm_parts parts; /* names and colours of the labels, as far as they are known */
    /* NULL, or the solid as it was, bit by bit, before material was added to it. Owned; without labels and without such a mesh of
       its own. PLY carries it, so that a verdict can judge it; copies of a mesh do not. */
    lm_mesh *before;
};
#define LM_MESH_INIT \
    { \
        .nv = 0 \
    }

/* A mesh has at most so many vertices and triangles: the three corners of all triangles are numbered with 32 bits (topo.h), and
 * every tool audits what it makes. */
#define LM_MESH_MAX_VERTICES ((size_t)UINT32_MAX)
#define LM_MESH_MAX_TRIANGLES ((size_t)UINT32_MAX / 3)
/* Memory for nv vertices and nt triangles, not zeroed; LM_ERANGE above those limits. */
LM_CHECKED lm_status lm_mesh_alloc(lm_mesh *m, size_t nv, size_t nt, lm_err *err);
void lm_mesh_release(lm_mesh *m); /* accepts a zeroed or half-built struct; leaves LM_MESH_INIT */
/* The mesh before is of no use any more: the vertices are others, or elsewhere. */
void lm_mesh_forget(lm_mesh *m);
LM_CHECKED lm_status lm_mesh_copy(const lm_mesh *from, lm_mesh *to, lm_err *err);
enum { LM_MESH_PARTS = LM_PARTS_MAX };
/* The labels that occur, on either side, ascending; free() them. None: *n 0. LM_ERANGE over LM_MESH_PARTS. */
LM_CHECKED lm_status lm_mesh_labels(const lm_mesh *m, uint32_t **ret, size_t *n, lm_err *err);
/* Every index < nv, every coordinate finite, every label above 0 and another than label_back, no label_back without label; LM_ERULE
 * names the first that is not. Readers call this; the library's functions rely on it unless they say otherwise (the audit takes
 * anything). */
LM_CHECKED lm_status lm_mesh_validate(const lm_mesh *m, lm_err *err);
/* Axis-aligned box of all vertices; lo > hi when there are none. */
void lm_mesh_box(const lm_mesh *m, double lo[3], double hi[3]);
/* Signed volume (divergence theorem about the box centre, sums in fixed blocks), mm3. Meaningful when closed. */
double lm_mesh_volume(const lm_mesh *m);
double lm_mesh_area(const lm_mesh *m); /* mm2 */

#endif
