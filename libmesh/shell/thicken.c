/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Contents: 1 where, 2 a pass, 3 what changed, 4 all */
#include "shell/thicken.h"
#include "base/mem.h"
#include "base/pool.h"
#include "shell/ballbody.h"
#include "shell/clearance.h"
#include "shell/refine.h"
#include "shell/stitch.h"
#include "surface/join.h"
#include "surface/nest.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { THICKEN_PASSES = 5, THICKEN_TRIES = 4 };
#define THICKEN_EDGE 0.25  /* part of T: size of pieces that balls are looked for under */
#define THICKEN_STEP 0.25  /* part of T: of the grid, */
#define THICKEN_FINE 0.2   /* after the first pass, which leaves little to do */
#define THICKEN_SHIFT 0.31 /* parts of a step that the grid is moved by for another try */
#define THICKEN_GAIN 1e-3  /* part of T: a ball that is larger than the room by less adds nothing */

typedef struct {
    const lm_thicken_opt *opt;
    double wall;
    int threads, passes;
    const lm_mesh *solid; /* before this pass */
    lm_mesh pieces;       /* the same, cut where it is thin */
    uint8_t *thin;        /* per triangle of pieces: it can be thin */
    lm_balls balls;       /* in the solid */
    lm_medial medial;
    lm_ball *clear;
    size_t clears;
    lm_thicken_facts *facts;
} thicken_job;

static void thicken_progress(const thicken_job *job, const char *what, double fraction)
{
    if (job->opt->progress) job->opt->progress(job->opt->progress_ctx, what, fraction);
}

/* ---- 1 where ---- */

/* Is any sample of the facet thin? Large ones are cut first: nobody asks a hundred times along one edge. */
static bool thicken_thin(void *ctx, double p[3][3])
{
    const lm_balls *b = ctx;
    double k = lm_balls_cuts(p, 0.5 * b->wall), x[3];
    if (k <= 2) return true; /* its like was thin: pieces are looked at one by one (medial.h) */
    if (k > 4) {
        k = 4;
        for (int i = 0; i < 3; i++)
            if (!lm_balls_enough(b, lm_balls_thickness(b, p[i], NULL))) return true;
    }
    for (size_t i = 0; i < (size_t)(k * k); i++) {
        lm_balls_point(p, (size_t)k, i, x);
        if (!lm_balls_enough(b, lm_balls_thickness(b, x, NULL))) return true;
    }
    return false;
}

/* cavity[t]: triangle t of the solid bounds a cavity. NULL where nobody asks. */
static lm_status thicken_cavities(const thicken_job *job, uint8_t **cavity, lm_err *err)
{
    lm_topo topo = LM_TOPO_INIT;
    lm_nest nest = LM_NEST_INIT;
    *cavity = NULL;
    if (job->opt->side == LM_MEDIAL_BOTH) return LM_OK;
    lm_status rc = lm_topo_make(job->solid, NULL, job->threads, &topo, err);
    if (!rc && !(*cavity = lm_mem_alloc(job->solid->nt, 1, err))) rc = LM_ENOMEM;
    if (!rc) rc = lm_nest_make(job->solid, &job->balls.near.bvh, &topo, job->threads, &nest, err);
    for (size_t t = 0; t < job->solid->nt && !rc; t++) (*cavity)[t] = nest.facing[topo.comp[t]] < 0;
    lm_nest_release(&nest);
    lm_topo_release(&topo);
    return rc;
}

/* Balls that the solid has room for already add nothing. */
static lm_status thicken_drop_idle(thicken_job *job, lm_err *err)
{
    lm_medial *x = &job->medial;
    double *p = lm_mem_alloc(x->n, 3 * sizeof *p, err);
    lm_nearest_hit *hit = p ? lm_mem_alloc(x->n, sizeof *hit, err) : NULL;
    size_t n = 0;
    lm_status rc = hit ? LM_OK : LM_ENOMEM;
    for (size_t i = 0; i < x->n && !rc; i++) memcpy(p + 3 * i, x->ball[i].c, 3 * sizeof *p);
    if (!rc) rc = lm_nearest_batch(&job->balls.near, p, x->n, 0.25 * job->wall * job->wall, job->threads, hit, err);
    for (size_t i = 0; i < x->n && !rc; i++) {
        job->facts->tight += x->held[i];
        if (hit[i].tri != LM_NEAREST_NONE && sqrt(hit[i].d2) < x->ball[i].r - THICKEN_GAIN * job->wall) x->ball[n++] = x->ball[i];
    }
    if (!rc) x->n = n;
    free(p);
    free(hit);
    return rc;
}

/* The balls to make room for, from pieces of the thin part; and what must stay free. thick: of the solid's vertices. */
static lm_status thicken_where(thicken_job *job, const float *thick, lm_err *err)
{
    uint8_t *cavity = NULL;
    lm_medial_opt mopt = {.wall_mm = job->wall,
                          .min_gap_mm = job->opt->min_gap_mm,
                          .side = job->opt->side,
                          .threads = job->threads,
                          .rough = job->passes > 0,
                          .thick = thick,
                          .known = job->solid->nv};
    lm_status rc = lm_mesh_copy(job->solid, &job->pieces, err);
    if (rc) return rc;
    free(job->pieces.quality);
    job->pieces.quality = NULL;
    if (!(rc = lm_refine_run(&job->pieces, &job->thin, NULL, THICKEN_EDGE * job->wall, thicken_thin, &job->balls, job->threads,
                             err)) &&
        !(rc = thicken_cavities(job, &cavity, err))) {
        mopt.cavity = cavity;
        mopt.ask = job->thin;
        rc = lm_medial_build(&job->pieces, &job->balls, &mopt, &job->medial, err);
    }
    if (!rc && job->medial.n)
        rc = lm_clearance_find(&job->pieces, &job->balls.near, &job->medial, job->wall, job->opt->min_gap_mm, job->threads,
                               &job->clear, &job->clears, err);
    if (!rc) rc = lm_clearance_yield(&job->medial, job->clear, job->clears, job->wall, job->threads, err);
    free(cavity);
    return rc || !job->medial.n ? rc : thicken_drop_idle(job, err);
}

/* ---- 2 a pass ---- */

static void thicken_release(thicken_job *job)
{
    lm_balls_release(&job->balls);
    lm_medial_release(&job->medial);
    lm_mesh_release(&job->pieces);
    free(job->clear);
    free(job->thin);
}

/* out: the solid and what is added; empty when nothing is, or no valid mesh comes of it. */
static lm_status thicken_add(thicken_job *job, lm_mesh *out, lm_err *err)
{
    const double step = (job->passes ? THICKEN_FINE : THICKEN_STEP) * job->wall, r = 0.5 * job->wall;
    const lm_stitch_opt sopt = {.side = job->opt->side, .fill_mm3 = 4 * r * r * r, .threads = job->threads};
    lm_ballbody_opt bopt = {.ball = job->medial.ball,
                            .n = job->medial.n,
                            .clear = job->clear,
                            .clears = job->clears,
                            .step_mm = step,
                            .threads = job->threads};
    bool done = false;
    lm_status rc = LM_OK;
    for (int i = 0; i < THICKEN_TRIES && !rc && !done; i++) {
        lm_mesh body = LM_MESH_INIT;
        bopt.shift_mm = i * THICKEN_SHIFT * step;
        job->facts->again += i > 0;
        if (!(rc = lm_ballbody_make(&bopt, &body, err)) && body.nt) rc = lm_stitch(job->solid, &body, &sopt, out, &done, err);
        else done = true;
        lm_mesh_release(&body);
    }
    return rc;
}

/* solid has the thickness of its vertices as quality; thin: per triangle; that and the balls are taken. */
static lm_status thicken_pass(const lm_thicken_opt *opt, const lm_mesh *solid, uint8_t *thin, lm_balls *balls, int passes,
                              lm_mesh *out, lm_thicken_facts *facts, lm_err *err)
{
    thicken_job job = {.opt = opt,
                       .wall = opt->wall_mm,
                       .threads = lm_pool_threads(opt->threads),
                       .passes = passes,
                       .solid = solid,
                       .thin = thin,
                       .balls = *balls,
                       .facts = facts};
    *balls = (lm_balls)LM_BALLS_INIT;
    facts->tight = 0;
    thicken_progress(&job, "thin places", 0.1);
    lm_status rc = thicken_where(&job, solid->quality, err);
    thicken_progress(&job, "adding", 0.5);
    if (!rc && job.medial.n) rc = thicken_add(&job, out, err);
    thicken_release(&job);
    return rc;
}

/* ---- 3 what changed ---- */

/* Three numbers each, of the places of the corners, the least first: facets that are the same are equal. */
static int thicken_facet_order(const void *a, const void *b)
{
    return memcmp(a, b, 3 * sizeof(uint32_t));
}

static void thicken_facet(const lm_mesh *m, const uint32_t *place, size_t t, uint32_t key[3])
{
    uint32_t v[3];
    size_t least = 0;
    for (size_t k = 0; k < 3; k++) v[k] = place[m->tri[3 * t + k]];
    for (size_t k = 1; k < 3; k++) least = v[k] < v[least] ? k : least;
    for (size_t k = 0; k < 3; k++) key[k] = v[(least + k) % 3];
}

/* Area of facets of the solid that the result has not. */
static lm_status thicken_touched(const lm_mesh *solid, const lm_mesh *m, const uint32_t *was, const uint32_t *now,
                                 lm_thicken_facts *f, lm_err *err)
{
    uint32_t(*key)[3] = lm_mem_alloc(m->nt, sizeof *key, err), one[3];
    double p[3][3], n[3];
    if (!key) return LM_ENOMEM;
    for (size_t t = 0; t < m->nt; t++) thicken_facet(m, now, t, key[t]);
    qsort(key, m->nt, sizeof *key, thicken_facet_order);
    for (size_t t = 0; t < solid->nt; t++) {
        thicken_facet(solid, was, t, one);
        if (bsearch(one, key, m->nt, sizeof *key, thicken_facet_order)) continue;
        lm_balls_corners(solid, t, p);
        f->touched_mm2 += 0.5 * lm_balls_normal(p, n);
    }
    free(key);
    return LM_OK;
}

static lm_status thicken_moved(const lm_mesh *solid, const lm_mesh *m, const uint32_t *now, int threads, lm_thicken_facts *f,
                               lm_err *err)
{
    lm_nearest near = LM_NEAREST_INIT;
    double *p = lm_mem_alloc(m->nv, 3 * sizeof *p, err);
    lm_nearest_hit *hit = p ? lm_mem_alloc(m->nv, sizeof *hit, err) : NULL;
    size_t n = 0;
    lm_status rc = hit ? lm_nearest_build(solid, threads, &near, err) : LM_ENOMEM;
    for (size_t v = 0; v < m->nv && !rc; v++) {
        if (now[v] < solid->nv) continue; /* one of its own */
        for (size_t c = 0; c < 3; c++) p[3 * n + c] = m->pos[3 * v + c];
        n++;
    }
    f->own_vertices = m->nv - n;
    f->covered = solid->nv - f->own_vertices;
    f->added = n;
    if (!rc) rc = lm_nearest_batch(&near, p, n, INFINITY, threads, hit, err);
    for (size_t i = 0; i < n && !rc; i++) f->max_move_mm = sqrt(hit[i].d2) > f->max_move_mm ? sqrt(hit[i].d2) : f->max_move_mm;
    lm_nearest_release(&near);
    free(p);
    free(hit);
    return rc;
}

static lm_status thicken_sum(const lm_mesh *solid, const lm_mesh *m, int threads, lm_thicken_facts *f, lm_err *err)
{
    lm_join join = LM_JOIN_INIT;
    uint32_t *was = lm_mem_alloc(solid->nv, sizeof *was, err), *now = was ? lm_mem_alloc(m->nv, sizeof *now, err) : NULL;
    lm_status rc = now ? lm_join_add(&join, solid->pos, solid->nv, was, err) : LM_ENOMEM;
    f->before_mm3 = lm_mesh_volume(solid);
    f->after_mm3 = lm_mesh_volume(m);
    f->own_vertices = solid->nv;
    if (!rc && f->passes && !(rc = lm_join_add(&join, m->pos, m->nv, now, err)) &&
        !(rc = thicken_moved(solid, m, now, threads, f, err)))
        rc = thicken_touched(solid, m, was, now, f, err);
    lm_join_release(&join);
    free(was);
    free(now);
    return rc;
}

/* ---- 4 all ---- */

static bool thicken_better(const lm_wall_facts *now, const lm_wall_facts *best)
{
    return now->thin_mm2 < best->thin_mm2 || (now->thin_mm2 == best->thin_mm2 && now->thin_samples < best->thin_samples);
}

/* Pass after pass while there is less that is thin; the last that gained stays. */
static lm_status thicken_passes(const lm_thicken_opt *opt, lm_mesh *out, lm_thicken_facts *facts, lm_wall_facts *check, lm_err *err)
{
    lm_mesh now = LM_MESH_INIT; /* what the last pass made of out */
    lm_balls balls = LM_BALLS_INIT;
    uint8_t *thin = NULL;
    lm_status rc = LM_OK;
    for (int pass = 0; !rc && pass <= THICKEN_PASSES; pass++) {
        lm_wall_opt wopt = {.wall_mm = opt->wall_mm, .threads = opt->threads, .balls = &balls};
        lm_mesh *m = pass ? &now : out;
        lm_wall_facts found;
        if (!(wopt.thin = lm_mem_alloc(m->nt, 1, err))) rc = LM_ENOMEM;
        if (opt->progress) opt->progress(opt->progress_ctx, "check", 0.8);
        if (!rc) rc = lm_wall_check(m, &wopt, true, &found, err);
        thin = wopt.thin;
        if (rc || (pass && !thicken_better(&found, check))) break;
        *check = found;
        if (pass) {
            lm_mesh_release(out);
            *out = now;
            now = (lm_mesh)LM_MESH_INIT;
            facts->passes = pass;
            balls.mesh = balls.near.mesh = out;
        }
        if (!found.thin_samples || pass == THICKEN_PASSES) break;
        thin = NULL; /* taken */
        rc = thicken_pass(opt, out, wopt.thin, &balls, pass, &now, facts, err);
        if (!now.nt) break;
    }
    free(thin);
    lm_balls_release(&balls);
    lm_mesh_release(&now);
    return rc;
}

/* The solid as it was goes with the mesh. */
static lm_status thicken_carry(const lm_mesh *solid, lm_mesh *out, lm_err *err)
{
    lm_mesh was = *solid; /* borrowed */
    was.quality = NULL;
    was.label = NULL;
    if (!(out->before = lm_mem_calloc(1, sizeof *out->before, err))) return LM_ENOMEM;
    return lm_mesh_copy(&was, out->before, err);
}

lm_status lm_thicken(const lm_mesh *solid, const lm_thicken_opt *opt, lm_mesh *out, lm_thicken_facts *facts, lm_wall_facts *check,
                     lm_err *err)
{
    *facts = (lm_thicken_facts){.wall_mm = opt->wall_mm, .min_gap_mm = opt->min_gap_mm};
    if (!(opt->wall_mm > 0) || !isfinite(opt->wall_mm))
        return lm_err_set(err, LM_EUSAGE, NULL, "a wall of %g mm: a length above 0 is needed", opt->wall_mm);
    if (!(opt->min_gap_mm >= 0) || !isfinite(opt->min_gap_mm))
        return lm_err_set(err, LM_EUSAGE, NULL, "a gap of %g mm: 0 or more is needed", opt->min_gap_mm);
    lm_status rc = lm_mesh_copy(solid, out, err);
    if (rc) return rc;
    free(out->quality);
    out->quality = NULL;
    rc = thicken_passes(opt, out, facts, check, err);
    free(out->quality);
    out->quality = NULL;
    if (!rc) rc = thicken_sum(solid, out, lm_pool_threads(opt->threads), facts, err);
    if (!rc && facts->passes && !solid->before) rc = thicken_carry(solid, out, err);
    if (rc) lm_mesh_release(out);
    return rc;
}
