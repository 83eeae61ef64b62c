/* SPDX-License-Identifier: GPL-3.0-or-later */
/* reason.h: why a mesh could not be made a valid body, and what its owner can do about it, for people. */
#ifndef LM_REPAIR_REASON_H
#define LM_REPAIR_REASON_H

#include "surface/mesh.h"

typedef enum {
    LM_REASON_FAULTS,  /* of a body: the audit names them */
    LM_REASON_POINTS,  /* there never were triangles */
    LM_REASON_NOTHING, /* all triangles had no area or were there facing both ways */
    LM_REASON_SHEET,   /* open, and nothing is enclosed */
    LM_REASON_SOUP,    /* triangles that share no edges */
    LM_REASON_STRAY    /* beside bodies there are pieces that enclose nothing */
} lm_reason_kind;

#define LM_REASON_FLAT 1e-6 /* a piece encloses nothing: its volume, seen from one of its vertices, is below this by area^1.5 */

typedef struct {
    lm_reason_kind kind;
    size_t pieces, triangles; /* that enclose nothing, or are a soup */
    size_t bodies;            /* closed components that are not cavities */
    float at[3];              /* a vertex of the first such piece */
} lm_reason;

/* m as repairs left it, of any parts; had: its triangles before them. */
LM_CHECKED lm_status lm_reason_find(const lm_mesh *m, size_t had, int threads, lm_reason *out, lm_err *err);
/* One clause: what is wrong and what to do; "" for LM_REASON_FAULTS. */
void lm_reason_text(const lm_reason *r, char *buf, size_t cap);

#endif
