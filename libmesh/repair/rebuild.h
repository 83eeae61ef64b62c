/* SPDX-License-Identifier: GPL-3.0-or-later */
/* rebuild.h: the last resort: the surface of all that a mesh goes around, contoured anew.
 *
 * Inside is where the generalised winding number (winding.h) is at least a half. The field is the distance to the nearest triangle,
 * positive inside; where the surface has a hole the winding number passes through a half without being near any triangle, and the
 * field follows it there, so that the hole is closed by the level surface of the winding number (as Barill et al. 2018 do). It is
 * taken as the whole number of the surface with its open edges joined to one of their vertices (voxelize.h), less that of these
 * triangles. Only a band around the surface is measured, by an octree walk (compare Frisken et al., Adaptively Sampled Distance
 * Fields, SIGGRAPH 2000). Contoured by marching cubes, which is valid for any field. Overlaps become one body, cavities stay; edges
 * are cut off by up to a step of the grid, and what is thinner than a step may be lost: facts tell. */
#ifndef LM_REPAIR_REBUILD_H
#define LM_REPAIR_REBUILD_H

#include "surface/mesh.h"

typedef struct {
    double step_mm; /* of the grid, above 0 */
    int threads;
} lm_rebuild_opt;

typedef struct {
    double step_mm;
    double max_move_mm;   /* farthest that a point of the old surface lies from the new one, of those that are not inside the new
                             body:   corners, and others about a step apart on the triangles */
    double max_bridge_mm; /* farthest that a vertex of the new surface lies from the old one: over holes */
    size_t lost;          /* such points farther away than LM_REBUILD_REACH steps: something thin is gone; counting may
                             stop early */
    float lost_at[3];     /* the farthest of them */
    double volume_mm3;
} lm_rebuild;

#define LM_REBUILD_REACH 1.5

/* m must pass lm_mesh_validate; it stays as it is. out: initialised by the caller, replaced; space is m's.
 * LM_ENO when nothing is inside; LM_ERANGE for a step that makes over 2^31 samples or that float32 cannot carry; LM_EUSAGE for a
 * step that is not above 0. On error out is empty. */
LM_CHECKED lm_status lm_rebuild_run(const lm_mesh *m, const lm_rebuild_opt *opt, lm_mesh *out, lm_rebuild *facts, lm_err *err);

#endif
