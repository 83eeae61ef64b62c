/* SPDX-License-Identifier: GPL-3.0-or-later */
/* orient.h: triangles turned so that neighbours agree, then closed pieces so that they face outward.
 *
 * A piece is what is joined by edges of exactly two triangles: across other edges nobody can say who is whose neighbour.
 * Within a piece the side that more triangles show wins. A closed piece is judged by its signed volume and by how many
 * others lie around it (nest.h): free-standing ones are turned outward; one that lies directly inside another keeps its
 * side, so that cavities stay cavities (material inside material is named by the audit, not guessed away). */
#ifndef LM_REPAIR_ORIENT_H
#define LM_REPAIR_ORIENT_H

#include "repair/spots.h"

typedef struct {
    size_t turned;                /* triangles turned to agree with their piece */
    size_t outward;               /* closed pieces turned */
    size_t nonorientable;         /* pieces with one side only (a Moebius strip is in them): left as they are */
    uint32_t nonorientable_first; /* lowest triangle of the first of them */
} lm_orient;

/* Closed pieces are to be turned when holes are filled only, as what lies inside a piece with a hole looks free-standing; to be
 * made cavities only where nothing intersects, and where the facing is known to be wrong here and there. */
typedef enum {
    LM_ORIENT_AGREE,   /* neighbours only */
    LM_ORIENT_OUTWARD, /* and free-standing pieces outward */
    LM_ORIENT_CAVITIES /* and what lies directly inside another piece inward */
} lm_orient_how;

LM_CHECKED lm_status lm_orient_run(lm_mesh *m, lm_orient_how how, int threads, lm_orient *out, lm_spots *where, lm_err *err);

#endif
