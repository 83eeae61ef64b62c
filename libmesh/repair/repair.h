/* SPDX-License-Identifier: GPL-3.0-or-later */
/* repair.h: the repairs in their order, with what each did: weld, weld near; then, until nothing changes, triangles without
 * area, seams, duplicates, orientation, cutting, holes, flaps; then facing; then intersections, and the
 * others again; where that is not enough faulty triangles are taken out with what is around them and the holes filled (refill.h),
 * if what comes is valid; then the regions of faults are rebuilt as solids (rework.h), on the same terms; then the whole surface,
 * when asked for, if that loses nothing (rebuild.h; never a surface with one side only); then shells that are not to be kept, and
 * vertices left over. What is not repaired stays for the audit to name. Doing it twice changes nothing more. */
#ifndef LM_REPAIR_REPAIR_H
#define LM_REPAIR_REPAIR_H

#include "repair/holes.h"
#include "repair/keep.h"
#include "repair/rebuild.h"
#include "repair/rework.h"
#include "repair/spots.h"
#include "surface/mesh.h"

typedef struct {
    double weld_mm; /* 0: exact only; of seams: within rounding */
    lm_keep_opt keep;
    double nearby_mm;  /* above 0: libadmesh first matches triangles that nearly meet */
    unsigned skip;     /* bits 1 << lm_repair_kind: steps to leave out */
    double rebuild_mm; /* grid step of the last resort; 0: none */
    int threads;
} lm_repair_opt;
#define LM_REPAIR_OPT_INIT \
    { \
        .weld_mm = 0 \
    }

typedef enum {
    LM_REPAIR_NEARBY, /* corners of triangles; only when asked for */
    LM_REPAIR_WELD,
    LM_REPAIR_WELD_NEAR,  /* vertices */
    LM_REPAIR_DEGENERATE, /* triangles */
    LM_REPAIR_SEAM,       /* vertices */
    LM_REPAIR_DUPLICATE,
    LM_REPAIR_ORIENT,       /* triangles */
    LM_REPAIR_CUT,          /* copies of vertices */
    LM_REPAIR_HOLES,        /* holes filled */
    LM_REPAIR_FAIR,         /* vertices put into patches */
    LM_REPAIR_FLAPS,        /* triangles */
    LM_REPAIR_OUTWARD,      /* pieces */
    LM_REPAIR_INTERSECT,    /* pairs of triangles; and corners joined because rounding left them meeting others */
    LM_REPAIR_REFILL,       /* patches taken out and filled */
    LM_REPAIR_REWORK,       /* regions rebuilt */
    LM_REPAIR_REBUILD,      /* 1: the whole surface */
    LM_REPAIR_KEEP,         /* shells dropped */
    LM_REPAIR_UNREFERENCED, /* vertices */
    LM_REPAIR_STEPS
} lm_repair_kind;

typedef struct {
    size_t count;             /* of what the kind says */
    double max_move_mm;       /* of the vertices that stayed, and of copies */
    double volume_change_mm3; /* of the signed volume, which means something where the mesh is closed */
    lm_spots where;           /* the first places; none of rebuild, which is everywhere */
} lm_repair_step;

typedef struct {
    lm_repair_step step[LM_REPAIR_STEPS]; /* all rounds together; count 0: without effect */
    double hole_area_mm2;                 /* drawn over holes */
    size_t hole_triangles;
    size_t nonorientable; /* pieces with one side only, and the lowest triangle of the first */
    uint32_t nonorientable_first;
    float nonorientable_at[3]; /* its first corner */
    size_t holes_left;         /* holes not filled */
    lm_hole *hole;             /* they; owned */
    lm_rework rework;          /* why no region was rebuilt, where that was tried */
    lm_rebuild rebuild;        /* what rebuilding did or would have done; step_mm 0: it was not tried */
} lm_repair;
#define LM_REPAIR_INIT \
    { \
        .holes_left = 0 \
    }

const char *lm_repair_name(lm_repair_kind k); /* "weld", "weld_near", "degenerate", ...: keys of the record */
/* Names, separated by commas, as bits; LM_EUSAGE names one that is none, and those there are. */
LM_CHECKED lm_status lm_repair_kinds(const char *names, unsigned *bits, lm_err *err);
/* m must pass lm_mesh_validate. Where weld or degenerate are left out and there is something for them to do, all that rests on them
 * is left out, too: of the steps only keep and unreferenced remain. Without orient there is no
 * outward. A mesh that is valid already is only asked for its shells (keep). On error m is still a
 * mesh, somewhere between, and out is empty. */
LM_CHECKED lm_status lm_repair_run(lm_mesh *m, bool valid, const lm_repair_opt *opt, lm_repair *out, lm_err *err);
void lm_repair_release(lm_repair *r);

#endif
