/* SPDX-License-Identifier: GPL-3.0-or-later */
/* split.h: a mesh of several parts taken apart: which triangles bound which part, each part as a mesh of its own, all parts
 * as one body.
 *
 * The boundary of part L is the triangles with label L as they stand and those with label_back L turned round (mesh.h). All
 * parts together cost time and memory of the mesh, however many they are. */
#ifndef LM_SURFACE_SPLIT_H
#define LM_SURFACE_SPLIT_H

#include "surface/mesh.h"

typedef struct {
    size_t n;        /* parts */
    uint32_t *label; /* ascending; owned */
    size_t *at;      /* n + 1; owned */
    uint32_t *tri;   /* triangles of part i: tri[at[i]] .. tri[at[i + 1] - 1], ascending; owned */
} lm_split;
#define LM_SPLIT_INIT \
    { \
        .n = 0 \
    }

/* m as lm_mesh_validate accepts it. A mesh without labels is one part with label 1. LM_ERANGE over LM_MESH_PARTS. */
LM_CHECKED lm_status lm_split_make(const lm_mesh *m, lm_split *out, lm_err *err);
void lm_split_release(lm_split *s);
/* Part i as a mesh without labels: its triangles in their order, the vertices they name in theirs, quality too. vertex, when not
 * NULL, takes each vertex's number in m (free() it). scratch: m->nv numbers, all UINT32_MAX, left so; NULL: own. */
LM_CHECKED lm_status lm_split_part(const lm_mesh *m, const lm_split *s, size_t i, uint32_t *scratch, lm_mesh *out,
                                   uint32_t **vertex, lm_err *err);
/* All numbers UINT32_MAX, for lm_split_part. */
LM_CHECKED uint32_t *lm_split_scratch(const lm_mesh *m, lm_err *err);
/* The parts one behind the other, each with its own vertices, without labels: walls between parts stand there twice. */
LM_CHECKED lm_status lm_split_expand(const lm_mesh *m, lm_mesh *out, lm_err *err);
/* The parts as one body, in place: labels and names go, and so do the walls between parts (*walls triangles) and the vertices
 * that only they named. */
LM_CHECKED lm_status lm_split_join(lm_mesh *m, size_t *walls, lm_err *err);

#endif
