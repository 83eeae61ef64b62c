/* SPDX-License-Identifier: GPL-3.0-or-later */
/* fans.h: the triangles around each vertex of a valid mesh, as lists, and what kind of place the vertex is.
 *
 * Of several parts, walls are sheets between seams, the edges where other labels meet. A vertex lies within a wall; or on a seam,
 * with each wall between the same two neighbours; or it is an end, a branching, a place where sheets touch: it should stay. */
#ifndef LM_REPAIR_FANS_H
#define LM_REPAIR_FANS_H

#include "surface/mesh.h"

enum { LM_FANS_NONE = 0xffffffff };
typedef enum { LM_FANS_WALL, LM_FANS_SEAM, LM_FANS_STAYS } lm_fans_kind;

typedef struct {
    const lm_mesh *m; /* borrowed; users keep lists and mesh in step */
    uint32_t *head,
        *next;           /* corners (3 t + k) at each vertex: head[v], next[corner], LM_FANS_NONE at the end; owned, as all here */
    uint32_t *component; /* per vertex: the lowest vertex of those joined to it by edges */
    unsigned char *kind; /* per vertex: lm_fans_kind; without labels all are LM_FANS_WALL */
} lm_fans;
#define LM_FANS_INIT \
    { \
        .m = NULL \
    }

/* Of walls between parts the lower label is put behind, turning triangles, so that neighbours in a wall run as neighbours in a
 * surface do. m must be valid, each part of it. 17 bytes per vertex and 12 per triangle. LM_ERANGE over 2^32 corners. On error f is
 * empty. */
LM_CHECKED lm_status lm_fans_make(lm_mesh *m, int threads, lm_fans *f, lm_err *err);
void lm_fans_release(lm_fans *f);
/* Is edge u v a seam: do other labels meet there, or has it not two triangles that agree? */
bool lm_fans_seam(const lm_fans *f, uint32_t u, uint32_t v);

/* The vertex after corner c in its triangle, and the one before. */
static inline uint32_t lm_fans_after(const lm_mesh *m, uint32_t corner)
{
    return m->tri[corner % 3 == 2 ? corner - 2 : corner + 1];
}
static inline uint32_t lm_fans_before(const lm_mesh *m, uint32_t corner)
{
    return m->tri[corner % 3 == 0 ? corner + 2 : corner - 1];
}

#endif
