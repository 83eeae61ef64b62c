/* SPDX-License-Identifier: GPL-3.0-or-later */
/* repair_parts.h: a mesh of several parts repaired part by part (repair.h), labels kept.
 *
 * By itself, because what the repairs rest on (two triangles at an edge, one fan at a vertex, an inside and an outside) holds for
 * the surface of one part and not where walls meet. Parts that are valid keep their triangles; then walls that fit are shared
 * again (share.h), and walls.h tells whether all of them still are. */
#ifndef LM_REPAIR_REPAIR_PARTS_H
#define LM_REPAIR_REPAIR_PARTS_H

#include "repair/repair.h"
#include "repair/walls.h"
#include "surface/audit_parts.h"

typedef struct {
    size_t n;                             /* parts; a mesh without labels is one */
    uint32_t *label;                      /* owned */
    lm_repair *part;                      /* what was done to each; owned */
    lm_repair_step step[LM_REPAIR_STEPS]; /* of all parts together */
    double hole_area_mm2;
    size_t hole_triangles, holes_left;
    bool touched;   /* not all parts are as they were */
    lm_walls walls; /* lost > 0: the parts no longer fit each other */
} lm_repair_parts;
#define LM_REPAIR_PARTS_INIT \
    { \
        .n = 0 \
    }

/* before: the audit of m. Valid parts are only asked for their shells (opt->keep, of each part). Untouched m keeps its bytes. On
 * error m is some mesh, and out is empty. */
LM_CHECKED lm_status lm_repair_parts_run(lm_mesh *m, const lm_audit_parts *before, const lm_repair_opt *opt, lm_repair_parts *out,
                                         lm_err *err);
/* The parts one behind the other, with these labels, in place of m, whose space and names they take over. Parts are released on the
 * way. */
LM_CHECKED lm_status lm_repair_parts_assemble(lm_mesh *part, const uint32_t *label, size_t n, lm_mesh *m, lm_err *err);
void lm_repair_parts_release(lm_repair_parts *r);

#endif
