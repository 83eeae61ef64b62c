/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "repair/repair.h"
#include "repair/clean.h"
#include "repair/orient.h"
#include "repair/weld.h"

/* Note a step; *volume is what the mesh had before it. */
static void repair_note(lm_repair *r, const char *name, size_t count, double move, double *volume, double now)
{
    r->step[r->n++] = (lm_repair_step){name, count, move, count ? now - *volume : 0};
    *volume = now;
}

lm_status lm_repair_run(lm_mesh *m, const lm_repair_opt *opt, lm_repair *out, lm_err *err)
{
    size_t n;
    double volume = lm_mesh_volume(m), move = 0, agreed = 0;
    lm_orient orient;
    lm_status rc;
    *out = (lm_repair){.n = 0};
    if ((rc = lm_weld_exact(m, &n, err))) return rc;
    repair_note(out, "weld", n, 0, &volume, lm_mesh_volume(m));
    if (opt->weld_mm > 0) {
        if ((rc = lm_weld_near(m, opt->weld_mm, &n, &move, err))) return rc;
        repair_note(out, "weld_near", n, move, &volume, lm_mesh_volume(m));
    }
    if ((rc = lm_clean_degenerate(m, &n, err))) return rc;
    repair_note(out, "degenerate", n, 0, &volume, lm_mesh_volume(m));
    if ((rc = lm_clean_duplicates(m, &n, err))) return rc;
    repair_note(out, "duplicate", n, 0, &volume, lm_mesh_volume(m));
    if ((rc = lm_orient_run(m, opt->threads, &orient, &agreed, err))) return rc;
    repair_note(out, "orient", orient.turned, 0, &volume, agreed);
    repair_note(out, "outward", orient.outward, 0, &volume, lm_mesh_volume(m));
    out->nonorientable = orient.nonorientable;
    out->nonorientable_first = orient.nonorientable_first;
    if ((rc = lm_clean_unreferenced(m, &n, err))) return rc;
    repair_note(out, "unreferenced", n, 0, &volume, lm_mesh_volume(m));
    return LM_OK;
}
