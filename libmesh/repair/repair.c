/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "repair/repair.h"
#include "repair/clean.h"
#include "repair/cut.h"
#include "repair/orient.h"
#include "repair/seam.h"
#include "repair/weld.h"

#include <stdlib.h>

enum { REPAIR_ROUNDS = 6 }; /* filling joins fans that are cut in the next round; more than three were never needed */

const char *lm_repair_name(lm_repair_kind k)
{
    static const char *const name[LM_REPAIR_STEPS] = {
        [LM_REPAIR_WELD] = "weld",
        [LM_REPAIR_WELD_NEAR] = "weld_near",
        [LM_REPAIR_DEGENERATE] = "degenerate",
        [LM_REPAIR_SEAM] = "seam",
        [LM_REPAIR_DUPLICATE] = "duplicate",
        [LM_REPAIR_ORIENT] = "orient",
        [LM_REPAIR_OUTWARD] = "outward",
        [LM_REPAIR_CUT] = "cut",
        [LM_REPAIR_HOLES] = "holes",
        [LM_REPAIR_FLAPS] = "flaps",
        [LM_REPAIR_KEEP] = "keep",
        [LM_REPAIR_UNREFERENCED] = "unreferenced",
    };
    return name[k];
}

/* Note what a step did; *volume is what the mesh had before it. Returns count. */
static size_t repair_note(lm_repair *r, lm_repair_kind k, size_t count, double move, double *volume, double now)
{
    lm_repair_step *s = &r->step[k];
    s->count += count;
    if (move > s->max_move_mm) s->max_move_mm = move;
    if (count) s->volume_change_mm3 += now - *volume;
    *volume = now;
    return count;
}

static lm_status repair_holes(lm_mesh *m, int threads, lm_repair *r, double *volume, size_t *changed, lm_err *err)
{
    lm_holes h = LM_HOLES_INIT;
    lm_status rc = lm_holes_fill(m, threads, &h, err);
    if (rc) return rc;
    *changed += repair_note(r, LM_REPAIR_HOLES, h.filled, 0, volume, h.filled ? lm_mesh_volume(m) : *volume);
    r->hole_triangles += h.triangles;
    r->hole_area_mm2 += h.area_mm2;
    free(r->hole);
    r->hole = h.list; /* handed over */
    r->holes_left = h.left;
    return LM_OK;
}

/* One round of what can give each other work. */
static lm_status repair_round(lm_mesh *m, const lm_repair_opt *opt, lm_repair *r, double *volume, size_t *changed, lm_err *err)
{
    int threads = opt->threads;
    size_t n;
    double move = 0;
    lm_orient orient;
    lm_cut cut;
    lm_status rc;
    *changed = 0;
    if ((rc = lm_clean_degenerate(m, &n, err))) return rc;
    *changed += repair_note(r, LM_REPAIR_DEGENERATE, n, 0, volume, lm_mesh_volume(m));
    if ((rc = lm_seam_run(m, opt->weld_mm, threads, &n, &move, err))) return rc;
    *changed += repair_note(r, LM_REPAIR_SEAM, n, move, volume, lm_mesh_volume(m));
    /* which of two equal triangles faces the right way the piece must tell; without the others pieces are joined */
    if ((rc = lm_orient_run(m, false, threads, &orient, err))) return rc;
    *changed += repair_note(r, LM_REPAIR_ORIENT, orient.turned, 0, volume, lm_mesh_volume(m));
    if ((rc = lm_clean_duplicates(m, &n, err))) return rc;
    *changed += repair_note(r, LM_REPAIR_DUPLICATE, n, 0, volume, lm_mesh_volume(m));
    if (n && (rc = lm_orient_run(m, false, threads, &orient, err))) return rc;
    *changed += repair_note(r, LM_REPAIR_ORIENT, n ? orient.turned : 0, 0, volume, lm_mesh_volume(m));
    if ((rc = lm_cut_run(m, threads, &cut, err))) return rc;
    *changed += repair_note(r, LM_REPAIR_CUT, cut.copies, cut.max_move_mm, volume, lm_mesh_volume(m));
    if ((rc = repair_holes(m, threads, r, volume, changed, err)) || *changed || !r->holes_left) return rc;
    if ((rc = lm_clean_flaps(m, threads, &n, err))) return rc;
    *changed += repair_note(r, LM_REPAIR_FLAPS, n, 0, volume, lm_mesh_volume(m));
    return LM_OK;
}

static lm_status repair_rounds(lm_mesh *m, const lm_repair_opt *opt, lm_repair *r, double *volume, lm_err *err)
{
    size_t changed = 1;
    lm_orient orient;
    lm_status rc = LM_OK;
    for (int round = 0; round < REPAIR_ROUNDS && changed && !rc; round++) rc = repair_round(m, opt, r, volume, &changed, err);
    if (rc || (rc = lm_orient_run(m, true, opt->threads, &orient, err))) return rc;
    repair_note(r, LM_REPAIR_OUTWARD, orient.outward, 0, volume, lm_mesh_volume(m)); /* all agree already: turned is 0 */
    r->nonorientable = orient.nonorientable;
    r->nonorientable_first = orient.nonorientable_first;
    return LM_OK;
}

static lm_status repair_all(lm_mesh *m, const lm_repair_opt *opt, lm_repair *r, double *volume, lm_err *err)
{
    size_t n;
    double move = 0;
    lm_status rc = lm_weld_exact(m, &n, err);
    if (rc) return rc;
    repair_note(r, LM_REPAIR_WELD, n, 0, volume, lm_mesh_volume(m));
    if (opt->weld_mm > 0) {
        if ((rc = lm_weld_near(m, opt->weld_mm, &n, &move, err))) return rc;
        repair_note(r, LM_REPAIR_WELD_NEAR, n, move, volume, lm_mesh_volume(m));
    }
    return repair_rounds(m, opt, r, volume, err);
}

lm_status lm_repair_run(lm_mesh *m, bool valid, const lm_repair_opt *opt, lm_repair *out, lm_err *err)
{
    size_t n;
    double volume = lm_mesh_volume(m);
    lm_keep keep;
    lm_status rc = LM_OK;
    *out = (lm_repair)LM_REPAIR_INIT;
    if (!valid && (rc = repair_all(m, opt, out, &volume, err))) goto done;
    if (opt->keep.most || opt->keep.min_mm3 > 0) {
        if ((rc = lm_keep_run(m, &opt->keep, opt->threads, &keep, err))) goto done;
        repair_note(out, LM_REPAIR_KEEP, keep.dropped, 0, &volume, lm_mesh_volume(m));
        /* which of the holes that are left have gone; what debris kept from being repaired */
        if (keep.dropped && !valid && (rc = repair_rounds(m, opt, out, &volume, err))) goto done;
    }
    if (!valid || out->step[LM_REPAIR_KEEP].count) {
        if ((rc = lm_clean_unreferenced(m, &n, err))) goto done;
        repair_note(out, LM_REPAIR_UNREFERENCED, n, 0, &volume, lm_mesh_volume(m));
    }
done:
    if (rc) lm_repair_release(out);
    return rc;
}

void lm_repair_release(lm_repair *r)
{
    free(r->hole);
    *r = (lm_repair)LM_REPAIR_INIT;
}
