/* SPDX-License-Identifier: GPL-3.0-or-later */
/* arrange.h: triangles that intersect cut along each other, and the outside of what they enclose kept.
 *
 * Mesh arrangements (Zhou, Grinspun, Zorin, Jacobson, Mesh arrangements for solid geometry, TOG 35, 2016) with exact points
 * (implicit.h): every pair of triangles that meet gives the segment they have in common; each triangle, or each group of
 * triangles that overlap in a plane, is triangulated with the segments in it (planar.h); what hangs together over edges of two
 * triangles is a patch, and one exact ray from the middle of its largest triangle tells the winding number on both its sides.
 * Patches between a number of 1 or more and one of 0 or less stay and face the latter: bodies that overlap become one,
 * cavities and shells in cavities stay, what was enclosed twice is inside once.
 * Triangles that meet nothing keep their vertices. Where bodies touch, edges with four triangles remain (cut.h). The new points are
 * rounded to float32 last; that may make triangles meet anew: audit, join what is nearer than rounding (snap.h), and do it again.
 * It is no promise: the audit decides. */
#ifndef LM_REPAIR_ARRANGE_H
#define LM_REPAIR_ARRANGE_H

#include "repair/spots.h"

typedef struct {
    bool done;      /* false: the mesh is as it was: nothing meets, or not every edge has as many triangles each way, or coordinates
                       are too far apart (2^40) for the grid */
    size_t pairs;   /* of triangles that met */
    size_t cut;     /* triangles that were cut */
    size_t points;  /* vertices added */
    size_t removed; /* triangles, cut or not, that were inside */
    double max_move_mm; /* of a point by rounding */
    lm_spots where;     /* the first triangles that met others */
} lm_arrange;

/* m: lm_mesh_validate, no triangle repeats a vertex, no two vertices coincide. On error m is as it was. */
LM_CHECKED lm_status lm_arrange_run(lm_mesh *m, int threads, lm_arrange *out, lm_err *err);
/* The same also where nothing meets: shells inside others that face alike go, as they do where something meets. For what is left
 * when those that met were joined (snap.h). */
LM_CHECKED lm_status lm_arrange_sort(lm_mesh *m, int threads, lm_arrange *out, lm_err *err);
/* As lm_arrange_run; *from, when done, takes for each triangle of the result one of the triangles of m as it was in whose plane it
 * lies (free() it). LM_ERANGE when vertices that share an edge are one on the grid. */
LM_CHECKED lm_status lm_arrange_trace(lm_mesh *m, int threads, lm_arrange *out, uint32_t **from, lm_err *err);

#endif
