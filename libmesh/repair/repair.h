/* SPDX-License-Identifier: GPL-3.0-or-later */
/* repair.h: the plain repairs in their order, with what each did: weld, weld near, triangles without area, duplicates,
 * orientation, facing, vertices left over. What needs more (holes, non-manifold edges, intersections) stays for the audit to
 * name. Doing it twice changes nothing more. */
#ifndef LM_REPAIR_REPAIR_H
#define LM_REPAIR_REPAIR_H

#include "surface/mesh.h"

typedef struct {
    double weld_mm; /* 0: exact only */
    int threads;
} lm_repair_opt;
#define LM_REPAIR_OPT_INIT {.weld_mm = 0}

typedef struct {
    const char *name;          /* "weld", "weld_near", "degenerate", "duplicate", "orient", "outward", "unreferenced" */
    size_t count;              /* vertices, triangles, or pieces for "outward" */
    double max_move_mm;        /* of the vertices that stayed */
    double volume_change_mm3;  /* of the signed volume, which means something where the mesh is closed */
} lm_repair_step;

enum { LM_REPAIR_STEPS = 7 };
typedef struct {
    size_t n; /* steps done, those without effect too */
    lm_repair_step step[LM_REPAIR_STEPS];
    size_t nonorientable;         /* pieces with one side only, and the lowest triangle of the first */
    uint32_t nonorientable_first;
} lm_repair;

/* m must pass lm_mesh_validate. On error m is still a mesh, somewhere between. */
LM_CHECKED lm_status lm_repair_run(lm_mesh *m, const lm_repair_opt *opt, lm_repair *out, lm_err *err);

#endif
