/* SPDX-License-Identifier: GPL-3.0-or-later */
/* smooth.h: a valid mesh made smooth, with its volumes kept and no vertex moved farther than allowed.
 *
 * Each pass moves every vertex towards the middle of its neighbours, and a little farther back (Taubin, A signal processing
 * approach to fair surface design, SIGGRAPH 1995): noise goes, shape stays. Then each component, of several parts each part, gets
 * back the volume it had: walls move along their normals by pressures, for which the volumes are linear. No vertex ends up farther
 * from its place than the bound. Where triangles lose their area or meet, by exact predicates on the coordinates as rounded to
 * float32, or where a component comes to lie inside or outside of another (passed.h), the vertices go back, half the way at a time.
 * Of several parts a shared wall moves once; vertices on seams (fans.h) move along these, their ends and branchings stay. */
#ifndef LM_REPAIR_SMOOTH_H
#define LM_REPAIR_SMOOTH_H

#include "surface/mesh.h"

#define LM_SMOOTH_VOLUME 0.1 /* percent of the volume of a component or part that may be off */
#define LM_SMOOTH_SMALL 0.01 /* of all volume: smaller components that cannot keep theirs are put back in place */
enum { LM_SMOOTH_PASSES_MAX = 1000 };

typedef struct {
    unsigned passes;    /* 1 .. LM_SMOOTH_PASSES_MAX */
    double max_move_mm; /* below 0: no bound */
    int threads;
} lm_smooth_opt;
#define LM_SMOOTH_OPT_INIT \
    { \
        .passes = 10, .max_move_mm = -1 \
    }

typedef struct {
    size_t moved, held, bound; /* vertices: that moved; that went back, all the way or half of it or more; that are at the bound */
    size_t in_place;           /* small components put back in place */
    double max_move_mm;        /* no point of the surface is farther from where it was */
    float far_at[3];           /* the vertex that went so far, as it is now */
    double volume_mm3;         /* change, of all together */
    double volume_percent;     /* change of the component or part where it is greatest */
    bool conflict;             /* that is above LM_SMOOTH_VOLUME: bound and volume cannot both be kept */
} lm_smooth;

/* m must be valid, each part of it (audit_parts.h). Triangles between parts may be turned, with their labels (fans.h). About 150
 * bytes per vertex. On error m is as it was, but for that. */
LM_CHECKED lm_status lm_smooth_run(lm_mesh *m, const lm_smooth_opt *opt, lm_smooth *out, lm_err *err);

#endif
