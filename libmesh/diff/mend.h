/* SPDX-License-Identifier: GPL-3.0-or-later */
/* mend.h: a mesh judged; repaired; smoothed and decimated, if it is valid then; judged again; and cut: all that meshfix does to a
 * mesh between reading and writing, with what was found and done. */
#ifndef LM_DIFF_MEND_H
#define LM_DIFF_MEND_H

#include "diff/finish.h"
#include "repair/admesh.h"
#include "repair/limits.h"
#include "repair/repair_parts.h"
#include "repair/trim.h"
#include "surface/places.h"

typedef struct {
    bool check; /* judge and find places, change nothing */
    lm_repair_opt repair;
    unsigned passes; /* of smoothing; 0: none */
    bool decimate;   /* to target; bytes are turned into triangles by fits */
    lm_reduce_target target;
    lm_limits limits;
    const char *move_text, *volume_text; /* limits as the user gave them, for messages; NULL: none */
    const lm_trim_plane *plane;          /* cut last; NULL: not */
    bool off;                            /* keep what is cut off */
    bool failed;                         /* written also when it is not good: said in the record */
    int threads;
    lm_status (*fits)(void *ctx, double bytes, size_t *triangles, lm_err *err); /* of the mesh as it is then */
    void (*progress)(void *ctx, const char *what, double fraction);             /* may be NULL */
    void *ctx;                                                                  /* of both */
} lm_mend_opt;

typedef struct {
    const lm_mend_opt *opt; /* borrowed, as mesh is */
    lm_mesh *mesh;
    lm_audit_parts before, later;
    const lm_audit_parts *after; /* one of them */
    lm_limits_result change;
    lm_repair_parts repair;
    lm_finish finish;
    lm_places places; /* with check */
    lm_admesh_result second;
    bool asked; /* libadmesh, and it had an answer */
    lm_trim trim;
    bool trimmed;
    lm_err untrimmed; /* why not */
    lm_mesh off;      /* what was cut off */
    lm_audit_parts off_audit;
    bool within;      /* the limits */
    bool good;        /* valid, and within them, and all parts are there and fit each other */
    double volume[2]; /* before, after (and before the cut): of the mesh as a whole, closed or not */
} lm_mend;

/* On error m is some mesh; release out all the same. */
LM_CHECKED lm_status lm_mend_run(lm_mesh *m, const lm_mend_opt *opt, lm_mend *out, lm_err *err);
void lm_mend_release(lm_mend *s);
/* Parts that are there no more, though no shell was to go. */
size_t lm_mend_gone(const lm_mend *s);

#endif
