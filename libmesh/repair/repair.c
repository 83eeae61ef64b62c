/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "repair/repair.h"
#include "base/mem.h"
#include "repair/arrange.h"
#include "repair/admesh.h"
#include "repair/alone.h"
#include "repair/clean.h"
#include "repair/close.h"
#include "repair/cut.h"
#include "repair/fair.h"
#include "repair/orient.h"
#include "repair/reason.h"
#include "repair/refill.h"
#include "repair/seam.h"
#include "repair/snap.h"
#include "repair/weld.h"
#include "surface/audit.h"
#include "surface/topo.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { REPAIR_FAN = 64 };                       /* edges of a hole */
enum { REPAIR_RESOLVES = 8, REPAIR_AGAIN = 3 }; /* rounding makes new intersections, mostly fewer from round to round */
enum { REPAIR_FEW = 1000 };                     /* triangles that cutting may always add */
enum { REPAIR_ROUNDS = 6 }; /* filling joins fans that are cut in the next round; more than three were never needed */

const char *lm_repair_name(lm_repair_kind k)
{
    static const char *const name[LM_REPAIR_STEPS] = {
        [LM_REPAIR_NEARBY] = "nearby",
        [LM_REPAIR_WELD] = "weld",
        [LM_REPAIR_WELD_NEAR] = "weld_near",
        [LM_REPAIR_DEGENERATE] = "degenerate",
        [LM_REPAIR_SEAM] = "seam",
        [LM_REPAIR_DUPLICATE] = "duplicate",
        [LM_REPAIR_ORIENT] = "orient",
        [LM_REPAIR_OUTWARD] = "outward",
        [LM_REPAIR_CUT] = "cut",
        [LM_REPAIR_HOLES] = "holes",
        [LM_REPAIR_FAIR] = "fair",
        [LM_REPAIR_FLAPS] = "flaps",
        [LM_REPAIR_INTERSECT] = "intersections",
        [LM_REPAIR_REFILL] = "refill",
        [LM_REPAIR_REWORK] = "region",
        [LM_REPAIR_REBUILD] = "rebuild",
        [LM_REPAIR_KEEP] = "keep",
        [LM_REPAIR_UNREFERENCED] = "unreferenced",
    };
    return name[k];
}

lm_status lm_repair_kinds(const char *names, unsigned *bits, lm_err *err)
{
    char known[LM_ERR_TEXT] = "";
    *bits = 0;
    for (const char *p = names;; p++) {
        size_t n = strcspn(p, ",");
        int k = 0;
        while (k < LM_REPAIR_STEPS && (strncmp(p, lm_repair_name((lm_repair_kind)k), n) || lm_repair_name((lm_repair_kind)k)[n]))
            k++;
        if (k == LM_REPAIR_STEPS) {
            for (k = 0; k < LM_REPAIR_STEPS; k++) {
                size_t at = strlen(known);
                snprintf(known + at, sizeof known - at, "%s%s", k ? ", " : "", lm_repair_name((lm_repair_kind)k));
            }
            return lm_err_set(err, LM_EUSAGE, NULL, "'%.*s' is no step; there are %s", n < 40 ? (int)n : 40, p, known);
        }
        *bits |= 1U << k;
        p += n;
        if (!*p) return LM_OK;
    }
}

static bool repair_does(const lm_repair_opt *opt, lm_repair_kind k)
{
    return !(opt->skip >> k & 1);
}

/* Is what the steps rest on there, when those that see to it are left out: no two vertices at one place, no triangle that names one
 * twice? */
static lm_status repair_ground(const lm_mesh *m, const lm_repair_opt *opt, bool *firm, lm_err *err)
{
    lm_mesh copy = LM_MESH_INIT;
    size_t n = 0;
    lm_status rc = LM_OK;
    *firm = true;
    if (!repair_does(opt, LM_REPAIR_DEGENERATE))
        for (size_t t = 0; t < m->nt && *firm; t++) {
            const uint32_t *v = m->tri + 3 * t;
            *firm = v[0] != v[1] && v[1] != v[2] && v[2] != v[0];
        }
    if (repair_does(opt, LM_REPAIR_WELD) || !*firm) return LM_OK;
    if (!(rc = lm_mesh_copy(m, &copy, err))) rc = lm_weld_exact(&copy, &n, NULL, err);
    *firm = n == 0;
    lm_mesh_release(&copy);
    return rc;
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

static lm_status repair_holes(lm_mesh *m, const lm_repair_opt *opt, lm_repair *r, double *volume, size_t *changed, lm_err *err)
{
    lm_holes h = LM_HOLES_INIT;
    lm_fair fair;
    size_t first = m->nt;
    lm_status rc = lm_holes_fill(m, opt->threads, &h, &r->step[LM_REPAIR_HOLES].where, err);
    if (rc) return rc;
    *changed += repair_note(r, LM_REPAIR_HOLES, h.filled, 0, volume, h.filled ? lm_mesh_volume(m) : *volume);
    r->hole_triangles += h.triangles;
    r->hole_area_mm2 += h.area_mm2;
    free(r->hole);
    r->hole = h.list; /* handed over */
    r->holes_left = h.left;
    if (!h.filled || !repair_does(opt, LM_REPAIR_FAIR)) return LM_OK;
    if (!(rc = lm_fair_run(m, first, opt->threads, &fair, &r->step[LM_REPAIR_FAIR].where, err)))
        repair_note(r, LM_REPAIR_FAIR, fair.vertices, 0, volume, lm_mesh_volume(m));
    return rc;
}

/* Neighbours turned to agree. */
static lm_status repair_orient(lm_mesh *m, const lm_repair_opt *opt, lm_repair *r, double *volume, size_t *changed, lm_err *err)
{
    lm_orient orient;
    if (!repair_does(opt, LM_REPAIR_ORIENT)) return LM_OK;
    lm_status rc = lm_orient_run(m, LM_ORIENT_AGREE, opt->threads, &orient, &r->step[LM_REPAIR_ORIENT].where, err);
    if (!rc) *changed += repair_note(r, LM_REPAIR_ORIENT, orient.turned, 0, volume, lm_mesh_volume(m));
    return rc;
}

/* One round of what can give each other work. */
static lm_status repair_round(lm_mesh *m, const lm_repair_opt *opt, lm_repair *r, double *volume, size_t *changed, lm_err *err)
{
    int threads = opt->threads;
    size_t n = 0;
    double move = 0;
    lm_cut cut;
    lm_status rc;
    *changed = 0;
    if (repair_does(opt, LM_REPAIR_DEGENERATE)) {
        if ((rc = lm_clean_degenerate(m, &n, &r->step[LM_REPAIR_DEGENERATE].where, err))) return rc;
        *changed += repair_note(r, LM_REPAIR_DEGENERATE, n, 0, volume, lm_mesh_volume(m));
    }
    if (repair_does(opt, LM_REPAIR_SEAM)) {
        if ((rc = lm_seam_run(m, opt->weld_mm, threads, &n, &move, &r->step[LM_REPAIR_SEAM].where, err))) return rc;
        *changed += repair_note(r, LM_REPAIR_SEAM, n, move, volume, lm_mesh_volume(m));
    }
    /* which of two equal triangles faces the right way the piece must tell; without the others pieces are joined */
    if ((rc = repair_orient(m, opt, r, volume, changed, err))) return rc;
    if (repair_does(opt, LM_REPAIR_DUPLICATE)) {
        if ((rc = lm_clean_duplicates(m, &n, &r->step[LM_REPAIR_DUPLICATE].where, err))) return rc;
        *changed += repair_note(r, LM_REPAIR_DUPLICATE, n, 0, volume, lm_mesh_volume(m));
        if (n && (rc = repair_orient(m, opt, r, volume, changed, err))) return rc;
    }
    if (repair_does(opt, LM_REPAIR_CUT)) {
        if ((rc = lm_cut_run(m, threads, &cut, &r->step[LM_REPAIR_CUT].where, err))) return rc;
        *changed += repair_note(r, LM_REPAIR_CUT, cut.copies, cut.max_move_mm, volume, lm_mesh_volume(m));
    }
    if (!repair_does(opt, LM_REPAIR_HOLES)) return LM_OK;
    if ((rc = repair_holes(m, opt, r, volume, changed, err)) || *changed || !r->holes_left) return rc;
    if (!repair_does(opt, LM_REPAIR_FLAPS)) return LM_OK;
    if ((rc = lm_clean_flaps(m, threads, &n, &r->step[LM_REPAIR_FLAPS].where, err))) return rc;
    if (!n && (rc = lm_clean_scraps(m, threads, &n, &r->step[LM_REPAIR_FLAPS].where, err))) return rc;
    *changed += repair_note(r, LM_REPAIR_FLAPS, n, 0, volume, lm_mesh_volume(m));
    return LM_OK;
}

/* Pieces turned outward, where no hole is left: inside a piece that is open still nobody can tell a cavity. */
static lm_status repair_outward(lm_mesh *m, const lm_repair_opt *opt, lm_repair *r, double *volume, lm_err *err)
{
    const lm_orient_how how = r->holes_left ? LM_ORIENT_AGREE : LM_ORIENT_OUTWARD;
    lm_orient orient;
    lm_status rc;
    if (!repair_does(opt, LM_REPAIR_ORIENT) || !repair_does(opt, LM_REPAIR_OUTWARD)) return LM_OK;
    if ((rc = lm_orient_run(m, how, opt->threads, &orient, &r->step[LM_REPAIR_OUTWARD].where, err))) return rc;
    repair_note(r, LM_REPAIR_OUTWARD, orient.outward, 0, volume, lm_mesh_volume(m)); /* all agree already: turned is 0 */
    r->nonorientable = orient.nonorientable;
    r->nonorientable_first = orient.nonorientable_first;
    if (orient.nonorientable)
        memcpy(r->nonorientable_at, m->pos + 3 * (size_t)m->tri[3 * (size_t)orient.nonorientable_first],
               sizeof r->nonorientable_at);
    return LM_OK;
}

static lm_status repair_rounds(lm_mesh *m, const lm_repair_opt *opt, lm_repair *r, double *volume, lm_err *err)
{
    size_t changed = 1;
    bool firm;
    lm_status rc = repair_ground(m, opt, &firm, err);
    if (!firm) return rc;
    for (int round = 0; round < REPAIR_ROUNDS && changed && !rc; round++) rc = repair_round(m, opt, r, volume, &changed, err);
    return rc ? rc : repair_outward(m, opt, r, volume, err);
}

static lm_status repair_all(lm_mesh *m, const lm_repair_opt *opt, lm_repair *r, double *volume, lm_err *err)
{
    size_t n;
    double move = 0;
    lm_status rc;
    if (opt->nearby_mm > 0 && repair_does(opt, LM_REPAIR_NEARBY)) {
        if ((rc = lm_admesh_nearby(m, opt->nearby_mm, &n, &move, &r->step[LM_REPAIR_NEARBY].where, err))) return rc;
        repair_note(r, LM_REPAIR_NEARBY, n, move, volume, lm_mesh_volume(m));
    }
    if (repair_does(opt, LM_REPAIR_WELD)) {
        if ((rc = lm_weld_exact(m, &n, &r->step[LM_REPAIR_WELD].where, err))) return rc;
        repair_note(r, LM_REPAIR_WELD, n, 0, volume, lm_mesh_volume(m));
    }
    if (opt->weld_mm > 0 && repair_does(opt, LM_REPAIR_WELD_NEAR)) {
        if ((rc = lm_weld_near(m, opt->weld_mm, &n, &move, &r->step[LM_REPAIR_WELD_NEAR].where, err))) return rc;
        repair_note(r, LM_REPAIR_WELD_NEAR, n, move, volume, lm_mesh_volume(m));
    }
    return repair_rounds(m, opt, r, volume, err);
}

/* The unit in the last place of the largest coordinate. */
static double repair_ulp(const lm_mesh *m)
{
    double lo[3], hi[3], most = 0;
    lm_mesh_box(m, lo, hi);
    for (int k = 0; k < 3; k++) most = fmax(most, fmax(fabs(lo[k]), fabs(hi[k])));
    return most > 0 ? ldexp(1, ilogb(most) - FLT_MANT_DIG + 1) : FLT_MIN;
}

/* Points that rounding brought together, and what they leave without area. */
static lm_status repair_tidy(lm_mesh *m, const lm_repair_opt *opt, lm_repair *r, double *volume, lm_err *err)
{
    size_t n;
    lm_status rc = lm_weld_exact(m, &n, NULL, err);
    if (rc || !repair_does(opt, LM_REPAIR_DEGENERATE)) return rc;
    if (!(rc = lm_clean_degenerate(m, &n, &r->step[LM_REPAIR_DEGENERATE].where, err)))
        repair_note(r, LM_REPAIR_DEGENERATE, n, 0, volume, lm_mesh_volume(m));
    return rc;
}

/* What rounding left meeting by a hair, joined; *joined grows by how many. *some: there are still triangles that meet. */
static lm_status repair_snap(lm_mesh *m, int ulps, const lm_repair_opt *opt, lm_repair *r, double *volume, size_t *joined,
                             bool *some, lm_err *err)
{
    lm_snap snap;
    lm_arrange sorted;
    lm_status rc = lm_snap_run(m, ulps * repair_ulp(m), opt->threads, &snap, err);
    *some = snap.pairs > 0;
    *joined += snap.joined;
    if (rc || !snap.joined) return rc;
    if ((rc = repair_tidy(m, opt, r, volume, err))) return rc;
    if (!*some) rc = lm_arrange_sort(m, opt->threads, &sorted, err);
    repair_note(r, LM_REPAIR_INTERSECT, snap.joined, snap.max_move_mm, volume, lm_mesh_volume(m));
    return rc;
}

/* Holes where every patch would meet the mesh, closed all the same: what meets is cut next. *n: holes closed. */
static lm_status repair_close(lm_mesh *m, const lm_repair_opt *opt, lm_repair *r, double *volume, size_t *n, lm_err *err)
{
    lm_close did = {.closed = 0};
    *n = 0;
    if (!r->holes_left || !repair_does(opt, LM_REPAIR_HOLES)) return LM_OK;
    bool fans = true;
    for (size_t i = 0; i < r->holes_left; i++) fans = fans && r->hole[i].why == LM_HOLE_NO_PATCH && r->hole[i].edges <= REPAIR_FAN;
    lm_status rc = lm_close_run(m, fans, opt->threads, &did, &r->step[LM_REPAIR_HOLES].where, err);
    if (rc || !did.closed) return rc;
    *n = did.closed;
    repair_note(r, LM_REPAIR_HOLES, *n, 0, volume, lm_mesh_volume(m));
    r->hole_triangles += did.triangles;
    r->hole_area_mm2 += did.area_mm2;
    r->holes_left = 0;
    free(r->hole);
    r->hole = NULL;
    return repair_outward(m, opt, r, volume, err);
}

/* What a repair that may come to nothing is taken back to. */
typedef struct {
    lm_mesh was;
    lm_repair had;
    double volume;
} repair_before;

static lm_status repair_remember(const lm_mesh *m, lm_repair *r, double volume, repair_before *b, lm_err *err)
{
    lm_hole *copy = lm_mem_alloc(r->holes_left, sizeof *copy, err);
    *b = (repair_before){.was = LM_MESH_INIT, .had = *r, .volume = volume};
    if (!copy) return LM_ENOMEM;
    lm_status rc = lm_mesh_copy(m, &b->was, err);
    if (rc) {
        free(copy);
        return rc;
    }
    if (r->holes_left) memcpy(copy, r->hole, r->holes_left * sizeof *copy);
    r->hole = copy;
    return LM_OK;
}

/* back: m and all else as they were. */
static void repair_settle(lm_mesh *m, lm_repair *r, double *volume, repair_before *b, bool back)
{
    if (back) {
        lm_mesh_release(m);
        *m = b->was;
        free(r->hole);
        *r = b->had;
        *volume = b->volume;
    } else {
        lm_mesh_release(&b->was);
        free(b->had.hole);
    }
}

/* Cut along each other what intersects, and what rounding makes of it, round after round; before the first what is nearer than
 * `coarse` units in the last place is joined. *stuck: no end was found, and m is what had the fewest pairs. */
static lm_status repair_cut_with(lm_mesh *m, int coarse, const lm_repair_opt *opt, lm_repair *r, double *volume, size_t *pairs,
                                 bool *stuck, lm_err *err)
{
    lm_status rc = LM_OK;
    lm_mesh best = LM_MESH_INIT;
    const size_t most = 8 * m->nt + REPAIR_FEW; /* where cutting goes on and on it finds no end */
    size_t fewest = SIZE_MAX;
    bool some = true;
    *pairs = 0;
    *stuck = false;
    for (int round = 0; round < REPAIR_RESOLVES && !rc; round++) {
        lm_arrange a;
        lm_mesh was = LM_MESH_INIT;
        const int ulps = round ? 1 << (round + 1) / 2 : coarse;
        *stuck = round > 0;
        if (m->nt > most || (ulps && ((rc = repair_snap(m, ulps, opt, r, volume, pairs, &some, err)) || !some))) break;
        if ((rc = lm_mesh_copy(m, &was, err)) || (rc = lm_arrange_run(m, opt->threads, &a, err)) || !a.done ||
            a.pairs > 2 * fewest) {
            lm_mesh_release(&was);
            break;
        }
        if (a.pairs < fewest) {
            lm_mesh swap = best;
            best = was;
            was = swap;
            fewest = a.pairs;
        }
        lm_mesh_release(&was);
        *pairs += a.pairs;
        repair_note(r, LM_REPAIR_INTERSECT, a.pairs, a.max_move_mm, volume, lm_mesh_volume(m));
        lm_spots_merge(&r->step[LM_REPAIR_INTERSECT].where, &a.where);
        rc = repair_tidy(m, opt, r, volume, err);
    }
    *stuck = *stuck && some && !rc;
    if (*stuck) {
        lm_mesh swap = *m;
        *m = best;
        best = swap;
        *volume = lm_mesh_volume(m);
    }
    lm_mesh_release(&best);
    return rc;
}

/* The same, where it finds no end again with more joined first: surfaces that nearly coincide. */
static lm_status repair_arrange(lm_mesh *m, const lm_repair_opt *opt, lm_repair *r, double *volume, size_t *pairs, bool *stuck,
                                lm_err *err)
{
    static const int coarse[] = {0, 8, 64};
    const size_t ways = sizeof coarse / sizeof *coarse;
    lm_status rc = LM_OK;
    *stuck = true;
    for (size_t i = 0; i < ways && *stuck && !rc; i++) {
        repair_before before;
        if ((rc = repair_remember(m, r, *volume, &before, err))) break;
        rc = repair_cut_with(m, coarse[i], opt, r, volume, pairs, stuck, err);
        repair_settle(m, r, volume, &before, !rc && *stuck && i + 1 < ways);
    }
    return rc;
}

/* Holes that only other components are in the way of: closed, all of them or none; what meets is cut next. *n: holes closed. */
static lm_status repair_alone(lm_mesh *m, const lm_repair_opt *opt, lm_repair *r, double *volume, size_t *n, lm_err *err)
{
    lm_alone did = {.filled = 0};
    repair_before before;
    *n = 0;
    if (!r->holes_left || !repair_does(opt, LM_REPAIR_HOLES)) return LM_OK;
    lm_status rc = repair_remember(m, r, *volume, &before, err);
    if (rc) return rc;
    if (!(rc = lm_alone_fill(m, opt->threads, &did, &r->step[LM_REPAIR_HOLES].where, err)) && did.filled && !did.left) {
        *n = did.filled;
        repair_note(r, LM_REPAIR_HOLES, *n, 0, volume, lm_mesh_volume(m));
        repair_note(r, LM_REPAIR_FAIR, did.vertices, 0, volume, *volume);
        r->hole_triangles += did.triangles;
        r->hole_area_mm2 += did.area_mm2;
        r->holes_left = 0;
        rc = repair_rounds(m, opt, r, volume, err); /* closed now: which of them face outward? */
    }
    repair_settle(m, r, volume, &before, !*n);
    return rc;
}

/* Intersections, and what the other steps make of the result. */
static lm_status repair_resolve(lm_mesh *m, const lm_repair_opt *opt, lm_repair *r, double *volume, lm_err *err)
{
    size_t pairs = 1, closed = 0, any = 0;
    bool stuck = false;
    if (!repair_does(opt, LM_REPAIR_INTERSECT)) return LM_OK;
    lm_status rc = repair_alone(m, opt, r, volume, &closed, err);
    if (!rc && !closed) rc = repair_close(m, opt, r, volume, &any, err);
    for (int round = 0; round < REPAIR_AGAIN && pairs && !stuck && !rc; round++)
        if (!(rc = repair_arrange(m, opt, r, volume, &pairs, &stuck, err)) && pairs) rc = repair_rounds(m, opt, r, volume, err);
    return rc;
}

/* Is there still something wrong with m? */
static lm_status repair_ails(const lm_mesh *m, const lm_repair_opt *opt, bool *ails, lm_err *err)
{
    lm_audit_opt look = {.threads = opt->threads};
    lm_audit a;
    lm_status rc = lm_audit_run(m, &look, &a, err);
    *ails = !rc && !a.valid;
    return rc;
}

/* The same; but where all that is left is pieces facing the wrong way in a mesh whose triangles did so here and there, these are
 * turned: what lies directly inside another piece is a cavity then. */
static lm_status repair_done(lm_mesh *m, const lm_repair_opt *opt, lm_repair *r, double *volume, bool *ails, lm_err *err)
{
    lm_audit_opt look = {.threads = opt->threads};
    lm_audit a;
    lm_orient orient;
    lm_status rc = lm_audit_run(m, &look, &a, err);
    *ails = !rc && !a.valid;
    if (rc || !*ails || !r->step[LM_REPAIR_ORIENT].count || !repair_does(opt, LM_REPAIR_OUTWARD)) return rc;
    for (int f = 0; f < LM_FAULTS; f++)
        if (f != LM_FAULT_INVERTED && a.count[f]) return LM_OK;
    if ((rc = lm_orient_run(m, LM_ORIENT_CAVITIES, opt->threads, &orient, &r->step[LM_REPAIR_OUTWARD].where, err))) return rc;
    repair_note(r, LM_REPAIR_OUTWARD, orient.outward, 0, volume, lm_mesh_volume(m));
    return repair_ails(m, opt, ails, err);
}

/* Faulty places taken out and filled; then the other steps. */
static lm_status repair_refill(lm_mesh *m, const lm_repair_opt *opt, lm_repair *r, double *volume, bool *ails, lm_err *err)
{
    lm_refill did;
    bool firm;
    lm_status rc;
    if (!repair_does(opt, LM_REPAIR_REFILL) || !repair_does(opt, LM_REPAIR_HOLES)) return LM_OK;
    if ((rc = repair_ground(m, opt, &firm, err)) || !firm || (rc = lm_refill_run(m, opt->threads, &did, err)) || !did.regions)
        return rc;
    repair_note(r, LM_REPAIR_REFILL, did.regions, did.max_move_mm, volume, lm_mesh_volume(m));
    lm_spots_merge(&r->step[LM_REPAIR_REFILL].where, &did.where);
    if ((rc = repair_rounds(m, opt, r, volume, err)) || (rc = repair_resolve(m, opt, r, volume, err))) return rc;
    return repair_done(m, opt, r, volume, ails, err);
}

/* What the steps so far left: intersections are resolved, what that leaves (or without it all) is taken out and filled. Only what
 * is valid then counts; else all is as it was. */
static lm_status repair_rest(lm_mesh *m, const lm_repair_opt *opt, lm_repair *r, double *volume, lm_err *err)
{
    bool ails, firm, cut = true;
    lm_status rc = repair_ground(m, opt, &firm, err);
    if (rc || !firm || r->nonorientable || !m->nt || (rc = repair_done(m, opt, r, volume, &ails, err))) return rc;
    for (int way = 0; way < 2 && ails && cut && !rc; way++) {
        repair_before before;
        if ((rc = repair_remember(m, r, *volume, &before, err))) return rc;
        if (way || (!(rc = repair_resolve(m, opt, r, volume, err)) && !(rc = repair_done(m, opt, r, volume, &ails, err)) && ails))
            rc = repair_refill(m, opt, r, volume, &ails, err);
        cut = r->step[LM_REPAIR_INTERSECT].count > before.had.step[LM_REPAIR_INTERSECT].count; /* else the other way is the same */
        repair_settle(m, r, volume, &before, !rc && ails);
    }
    return rc;
}

/* Are there as many triangles each way at every edge, some of them twice, once vertices at one place are one? */
static lm_status repair_is_doubled(const lm_mesh *m, const lm_repair_opt *opt, bool *doubled, lm_err *err)
{
    lm_mesh copy = LM_MESH_INIT;
    lm_topo topo = LM_TOPO_INIT;
    size_t n;
    *doubled = false;
    if (!repair_does(opt, LM_REPAIR_DUPLICATE) || !repair_does(opt, LM_REPAIR_INTERSECT) || !repair_does(opt, LM_REPAIR_WELD) ||
        !repair_does(opt, LM_REPAIR_DEGENERATE))
        return LM_OK;
    lm_status rc = lm_mesh_copy(m, &copy, err);
    if (!rc && !(rc = lm_weld_exact(&copy, &n, NULL, err)) && !(rc = lm_clean_degenerate(&copy, &n, NULL, err)) &&
        !(rc = lm_topo_make(&copy, NULL, opt->threads, &topo, err)))
        *doubled = !topo.open && !topo.unbalanced && topo.duplicates;
    lm_topo_release(&topo);
    lm_mesh_release(&copy);
    return rc;
}

/* Bodies that share a face, facing alike, have it twice: without one of them both are open. Where the repairs came to nothing they
 * are done again on `was`, m as it was, with all doubles, so that it can be cut along itself. */
static lm_status repair_doubled(lm_mesh *m, lm_mesh *was, const lm_repair_opt *opt, lm_repair *r, double *volume, lm_err *err)
{
    lm_repair_opt keeps = *opt;
    lm_repair again = LM_REPAIR_INIT;
    double whole = lm_mesh_volume(was);
    bool ails;
    keeps.skip |= 1U << LM_REPAIR_DUPLICATE | 1U << LM_REPAIR_CUT; /* a doubled sheet must not be cut into a body */
    lm_status rc = repair_ails(m, opt, &ails, err);
    if (rc || !ails) return rc;
    if (!(rc = repair_all(was, &keeps, &again, &whole, err)) && !(rc = repair_rest(was, opt, &again, &whole, err)))
        rc = repair_ails(was, opt, &ails, err);
    if (rc || ails) {
        lm_repair_release(&again);
        return rc;
    }
    lm_mesh swap = *m;
    *m = *was;
    *was = swap;
    lm_repair_release(r);
    *r = again;
    *volume = whole;
    return LM_OK;
}

/* Are faults of bodies all that is wrong? Pieces that enclose nothing, or face the wrong way, a winding number would drop. */
static lm_status repair_solid(const lm_mesh *m, const lm_repair_opt *opt, bool *ails, bool *solid, lm_err *err)
{
    lm_audit_opt look = {.threads = opt->threads};
    lm_audit a;
    lm_reason why;
    lm_status rc = lm_audit_run(m, &look, &a, err);
    *ails = !rc && !a.valid;
    if (rc || !*ails || (rc = lm_reason_find(m, m->nt, opt->threads, &why, err))) return rc;
    *solid = why.kind == LM_REASON_FAULTS && !why.pieces && !a.count[LM_FAULT_INVERTED];
    return LM_OK;
}

/* The solid around the faults built anew, and what that leaves repaired. Only what is valid then counts; else all is as it was. */
static lm_status repair_rework(lm_mesh *m, const lm_repair_opt *opt, lm_repair *r, double *volume, lm_err *err)
{
    bool ails, firm, solid = false;
    repair_before before;
    lm_rework did;
    const unsigned before_it = (1U << LM_REPAIR_REBUILD) - 1; /* what was to be left out must not be done this way */
    if (opt->skip & before_it || !m->nt || r->nonorientable) return LM_OK;
    lm_status rc = repair_solid(m, opt, &ails, &solid, err);
    if (rc || !ails || !solid || (rc = repair_ground(m, opt, &firm, err)) || !firm ||
        (rc = repair_remember(m, r, *volume, &before, err)))
        return rc;
    if (!(rc = lm_rework_run(m, opt->threads, &did, err)) && did.why == LM_REWORK_DONE) {
        repair_note(r, LM_REPAIR_REWORK, did.regions, did.max_move_mm, volume, lm_mesh_volume(m));
        lm_spots_merge(&r->step[LM_REPAIR_REWORK].where, &did.where);
        if (!(rc = repair_tidy(m, opt, r, volume, err)) && !(rc = repair_resolve(m, opt, r, volume, err)) &&
            !(rc = repair_rounds(m, opt, r, volume, err)))
            rc = repair_done(m, opt, r, volume, &ails, err);
        if (!rc && ails) did.why = LM_REWORK_UNCUT;
    }
    repair_settle(m, r, volume, &before, !rc && ails);
    r->rework = did;
    return rc;
}

/* The last resort. Nothing is lost, or the mesh stays as it is. */
static lm_status repair_rebuild(lm_mesh *m, const lm_repair_opt *opt, lm_repair *r, double *volume, lm_err *err)
{
    lm_rebuild_opt how = {.step_mm = opt->rebuild_mm, .threads = opt->threads};
    bool ails;
    lm_mesh fresh = LM_MESH_INIT;
    lm_err why = LM_ERR_INIT;
    if (opt->rebuild_mm == 0 || !repair_does(opt, LM_REPAIR_REBUILD) || !m->nt || r->nonorientable) return LM_OK;
    lm_status rc = repair_ails(m, opt, &ails, err);
    if (rc || !ails) return rc;
    rc = lm_rebuild_run(m, &how, &fresh, &r->rebuild, &why);
    if (rc == LM_ENO) { /* no body; the audit says what is wrong */
        r->rebuild = (lm_rebuild){.step_mm = 0};
        return LM_OK;
    }
    if (rc) {
        *err = why;
        return rc;
    }
    if (r->rebuild.lost) {
        lm_mesh_release(&fresh);
        return LM_OK;
    }
    fresh.parts = m->parts;
    m->parts = (lm_parts)LM_PARTS_INIT;
    lm_mesh_release(m);
    *m = fresh;
    repair_note(r, LM_REPAIR_REBUILD, 1, r->rebuild.max_move_mm, volume, r->rebuild.volume_mm3);
    free(r->hole); /* closed */
    r->hole = NULL;
    r->holes_left = 0;
    return LM_OK;
}

static lm_status repair_body(lm_mesh *m, const lm_repair_opt *opt, lm_repair *r, double *volume, lm_err *err)
{
    lm_mesh was = LM_MESH_INIT;
    bool doubled;
    lm_status rc = repair_is_doubled(m, opt, &doubled, err);
    if (!rc && doubled) rc = lm_mesh_copy(m, &was, err);
    if (!rc && !(rc = repair_all(m, opt, r, volume, err)) && !(rc = repair_rest(m, opt, r, volume, err)) && doubled)
        rc = repair_doubled(m, &was, opt, r, volume, err);
    if (!rc) rc = repair_rework(m, opt, r, volume, err);
    if (!rc) rc = repair_rebuild(m, opt, r, volume, err);
    lm_mesh_release(&was);
    return rc;
}

lm_status lm_repair_run(lm_mesh *m, bool valid, const lm_repair_opt *opt, lm_repair *out, lm_err *err)
{
    size_t n;
    double volume = lm_mesh_volume(m);
    lm_keep keep;
    lm_status rc = LM_OK;
    *out = (lm_repair)LM_REPAIR_INIT;
    if (!valid && (rc = repair_body(m, opt, out, &volume, err))) goto done;
    if ((opt->keep.most || opt->keep.min_mm3 > 0) && repair_does(opt, LM_REPAIR_KEEP)) {
        if ((rc = lm_keep_run(m, &opt->keep, opt->threads, &keep, &out->step[LM_REPAIR_KEEP].where, err))) goto done;
        repair_note(out, LM_REPAIR_KEEP, keep.dropped, 0, &volume, lm_mesh_volume(m));
        /* which of the holes that are left have gone; what debris kept from being repaired */
        if (keep.dropped && !valid &&
            ((rc = repair_rounds(m, opt, out, &volume, err)) || (rc = repair_rest(m, opt, out, &volume, err))))
            goto done;
    }
    if ((!valid || out->step[LM_REPAIR_KEEP].count) && repair_does(opt, LM_REPAIR_UNREFERENCED)) {
        if ((rc = lm_clean_unreferenced(m, &n, &out->step[LM_REPAIR_UNREFERENCED].where, err))) goto done;
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
