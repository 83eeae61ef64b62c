/* SPDX-License-Identifier: GPL-3.0-or-later */
/* rework.h: the neighbourhood of faults that nothing else could repair, rebuilt as a solid and joined to the untouched rest
 * exactly.
 *
 * As Bischoff and Kobbelt do (Structure preserving CAD model repair, Computer Graphics Forum 24, 2005), only where something is
 * wrong is the surface sampled and contoured; all else is kept. A region is a box around faults that lie near each other. Inside is
 * where the generalised winding number (winding.h; Jacobson, Kavan, Sorkine-Hornung 2013) is at least a half; it is sampled on a
 * grid over the box and contoured as rebuild.h does. The mesh less the boxes, and what was contoured within them, are cut exactly
 * along the boxes' faces (arrange.h), where both have caps in the same planes, and become one: caps that face each other
 * go. A point outside the boxes does not move, its vertex keeps its bits.
 * Nothing is guessed: where the winding number on the faces of a box, away from the surface, is not near a whole number, nobody
 * can say what is inside; such a mesh is left as it is. So is one of which too much would be sampled, or thin parts be lost. */
#ifndef LM_REPAIR_REWORK_H
#define LM_REPAIR_REWORK_H

#include "repair/spots.h"

typedef enum {
    LM_REWORK_DONE,
    LM_REWORK_NONE,      /* no faults that lie anywhere, or too many of them */
    LM_REWORK_LARGE,     /* regions hold more than LM_REWORK_SHARE of the surface */
    LM_REWORK_AMBIGUOUS, /* the winding number at `at` is no whole number, or neighbours face opposite ways there */
    LM_REWORK_LOST,      /* the surface at `at` would be lost, or one be made where there was none */
    LM_REWORK_UNCUT      /* the arrangement found no way */
} lm_rework_why;

typedef struct {
    lm_rework_why why; /* other than DONE: m is as it was */
    float at[3];       /* of a refusal */
    size_t regions;
    double max_move_mm; /* the farthest that a point of the old surface lies from the new one, of those not within the new body */
    lm_spots where;     /* the middles of the first boxes */
} lm_rework;

#define LM_REWORK_SHARE 0.1 /* of the area */

/* m: lm_mesh_validate, no labels, no triangle repeats a vertex, no two vertices coincide. Points on the cut are rounded to float32:
 * the caller resolves and audits what that makes. On error m is as it was. */
LM_CHECKED lm_status lm_rework_run(lm_mesh *m, int threads, lm_rework *out, lm_err *err);

#endif
