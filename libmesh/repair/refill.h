/* SPDX-License-Identifier: GPL-3.0-or-later */
/* refill.h: faulty triangles taken out with what is around them, and the holes filled.
 *
 * For what other repairs leave: triangles that meet, open edges that no patch fits into, edges and vertices of several sheets,
 * triangles without area. These go with rings of triangles around them, more rings from round to round, until what is left has
 * simple outlines whose patches (holes.h, fair.h) meet nothing: the loop of Attene, A lightweight approach to repairing digitized
 * polygon meshes, The Visual Computer 26, 2010. Unlike there nothing is thrown away: a component of which more than
 * LM_REFILL_SHARE would go is left alone, and a round counts only when there are fewer faults after it. All else keeps its bits. */
#ifndef LM_REPAIR_REFILL_H
#define LM_REPAIR_REFILL_H

#include "repair/spots.h"

#define LM_REFILL_SHARE 0.5 /* of a component's area */
#define LM_REFILL_ALL 0.05  /* of the area of all; where more would go, faults are no small matter */

typedef struct {
    size_t regions;     /* patches taken out, of all rounds; 0: m is as it was */
    size_t removed;     /* triangles */
    double area_mm2;    /* of these */
    lm_spots where;     /* the first of the patches */
    double max_move_mm; /* the farthest that a corner or the middle of one of them lies from the surface now */
} lm_refill;

/* m: lm_mesh_validate, no labels, no triangle repeats a vertex, no two vertices coincide, neighbours agree (orient.h). About 200
 * bytes per triangle. On error m is as it was. */
LM_CHECKED lm_status lm_refill_run(lm_mesh *m, int threads, lm_refill *out, lm_err *err);

#endif
