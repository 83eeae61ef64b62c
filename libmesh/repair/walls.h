/* SPDX-License-Identifier: GPL-3.0-or-later */
/* walls.h: do two parts still share their walls after each was repaired by itself?
 *
 * Kept is a wall when each of its triangles that has area bounds both parts as before, and when what was drawn at edges that
 * both parts had open (a hole in the wall) is a wall of both, too. Else there may be a gap between the parts, or an overlap. Walls
 * of parts that are gone altogether are not missed. */
#ifndef LM_REPAIR_WALLS_H
#define LM_REPAIR_WALLS_H

#include "surface/mesh.h"

typedef struct {
    size_t walls;        /* triangles with label_back before */
    size_t lost;         /* triangles that are no longer what they should be */
    uint32_t between[2]; /* the parts of the first of them */
    float at[3];         /* a corner of it */
} lm_walls;

/* old as it was, now as lm_share_run left it. */
LM_CHECKED lm_status lm_walls_check(const lm_mesh *old, const lm_mesh *now, lm_walls *out, lm_err *err);

#endif
