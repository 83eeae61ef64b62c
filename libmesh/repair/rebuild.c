/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "repair/rebuild.h"
#include "base/mem.h"
#include "base/pool.h"
#include "repair/lids.h"
#include "repair/winding.h"
#include "surface/mcubes.h"
#include "surface/nearest.h"
#include "surface/voxelize.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    REBUILD_CUBE = 16,
    REBUILD_PARTS = 64,
    REBUILD_LOST = 100
};                         /* samples along a cube of the walk; a triangle is measured at most so finely; so
                                     many lost points are looked for */
#define REBUILD_BAND 2.0   /* steps to both sides of the surface that are measured */
#define REBUILD_MARGIN 2.5 /* steps around the box */
#define REBUILD_SURE 0.2   /* a cube away from the surface is settled when no winding number is nearer to a half */

typedef struct {
    lm_nearest near;
    lm_mesh lids;       /* what closes the mesh: vertices are the mesh's */
    lm_winding winding; /* of the lids */
    double step, band, sign, lo[3];
    lm_vol vol; /* first the winding numbers of mesh and lids together, then the field */
    size_t cubes[3];
} rebuild_job;

typedef struct {
    size_t at[3], to[3]; /* samples at <= i < to */
} rebuild_box;

static void rebuild_point(const rebuild_job *job, const size_t i[3], double p[3])
{
    for (int c = 0; c < 3; c++) p[c] = job->lo[c] + (double)i[c] * job->step;
}

static size_t rebuild_index(const rebuild_job *job, const size_t i[3])
{
    return (i[2] * job->vol.n[1] + i[1]) * job->vol.n[0] + i[0];
}

/* Winding number above a half, at sample i. */
static double rebuild_above(const rebuild_job *job, const size_t i[3])
{
    double p[3], turns = ((const float *)job->vol.data)[rebuild_index(job, i)];
    rebuild_point(job, i, p);
    return job->sign * (turns - lm_winding_at(&job->winding, p)) - 0.5;
}

/* Does one side hold all the box, away from the surface? *side: +1 inside. */
static bool rebuild_settled(const rebuild_job *job, const rebuild_box *b, int *side)
{
    *side = 0;
    for (unsigned q = 0; q < 8; q++) {
        size_t i[3];
        for (unsigned c = 0; c < 3; c++) i[c] = q >> c & 1 ? b->to[c] - 1 : b->at[c];
        double above = rebuild_above(job, i);
        int s = above > REBUILD_SURE ? 1 : above < -REBUILD_SURE ? -1 : 0;
        if (!s || (*side && s != *side)) return false;
        *side = s;
    }
    return true;
}

static void rebuild_fill(const rebuild_job *job, const rebuild_box *b, float value)
{
    float *f = job->vol.data;
    for (size_t k = b->at[2]; k < b->to[2]; k++)
        for (size_t j = b->at[1]; j < b->to[1]; j++)
            for (size_t i = b->at[0]; i < b->to[0]; i++) f[(k * job->vol.n[1] + j) * job->vol.n[0] + i] = value;
}

static void rebuild_sample(const rebuild_job *job, const size_t i[3], double distance)
{
    double above = rebuild_above(job, i), far = fabs(above) * 2 * job->band;
    if (far < distance) distance = far;
    if (distance > job->band) distance = job->band;
    ((float *)job->vol.data)[rebuild_index(job, i)] = (float)(above >= 0 ? distance : -distance);
}

static void rebuild_walk(const rebuild_job *job, const rebuild_box *b, uint32_t hint)
{
    size_t mid[3];
    double p[3], r2 = 0;
    int side;
    lm_nearest_hit hit;
    for (int c = 0; c < 3; c++) {
        mid[c] = b->at[c] + (b->to[c] - b->at[c]) / 2;
        double way = (double)(mid[c] - b->at[c]) * job->step;
        r2 += way * way;
    }
    double reach = sqrt(r2) + job->band;
    rebuild_point(job, mid, p);
    lm_nearest_find(&job->near, p, reach * reach, hint, &hit);
    if (r2 == 0) {
        rebuild_sample(job, mid, hit.tri == LM_NEAREST_NONE ? reach : sqrt(hit.d2));
        return;
    }
    if (hit.tri == LM_NEAREST_NONE && rebuild_settled(job, b, &side)) {
        rebuild_fill(job, b, (float)(side * job->band));
        return;
    }
    for (unsigned q = 0; q < 8; q++) {
        rebuild_box child;
        bool some = true;
        for (unsigned c = 0; c < 3; c++) {
            child.at[c] = q >> c & 1 ? mid[c] : b->at[c];
            child.to[c] = q >> c & 1 ? b->to[c] : mid[c];
            some = some && child.at[c] < child.to[c];
        }
        if (some) rebuild_walk(job, &child, hit.tri != LM_NEAREST_NONE ? hit.tri : hint);
    }
}

static lm_status rebuild_task(void *ctx, size_t task, int worker, lm_err *err)
{
    const rebuild_job *job = ctx;
    size_t c[3] = {task % job->cubes[0], task / job->cubes[0] % job->cubes[1], task / (job->cubes[0] * job->cubes[1])};
    rebuild_box b;
    (void)worker;
    (void)err;
    for (int k = 0; k < 3; k++) {
        b.at[k] = c[k] * REBUILD_CUBE;
        b.to[k] = b.at[k] + REBUILD_CUBE < job->vol.n[k] ? b.at[k] + REBUILD_CUBE : job->vol.n[k];
    }
    rebuild_walk(job, &b, LM_NEAREST_NONE);
    return LM_OK;
}

static lm_status rebuild_grid(rebuild_job *job, const lm_mesh *m, double step, lm_err *err)
{
    double lo[3], hi[3], longest = 0, all = 1;
    size_t n[3];
    lm_mesh_box(m, lo, hi);
    for (int c = 0; c < 3; c++)
        if (hi[c] - lo[c] > longest) longest = hi[c] - lo[c];
    if (!(longest > 0)) return lm_err_set(err, LM_ENO, NULL, "the mesh has no extent: there is nothing to rebuild");
    if (!(step > 0) || !isfinite(step))
        return lm_err_set(err, LM_EUSAGE, NULL, "a grid step of %g mm: a length above 0 is needed", step);
    job->step = step;
    job->band = REBUILD_BAND * job->step;
    for (int c = 0; c < 3; c++) {
        double count = ceil((hi[c] - lo[c]) / job->step + 2 * REBUILD_MARGIN) + 1;
        all *= count;
        n[c] = count < 0x1p31 ? (size_t)count : 0;
        /* the box in the middle: both sides are cut alike */
        job->lo[c] = 0.5 * (lo[c] + hi[c]) - 0.5 * (count - 1) * job->step;
    }
    if (!(all < 0x1p31))
        return lm_err_set(err, LM_ERANGE, NULL, "a grid step of %g mm makes %.3g samples: the limit is 2^31", job->step, all);
    lm_status rc = lm_vol_alloc(&job->vol, n, LM_F32, err);
    if (rc) return rc;
    for (int c = 0; c < 3; c++) {
        job->vol.dir[c][c] = job->step;
        job->vol.origin[c] = job->lo[c];
        job->cubes[c] = (n[c] - 1) / REBUILD_CUBE + 1;
    }
    return LM_OK;
}

/* ---- winding numbers ---- */

static lm_status rebuild_turns_row(void *ctx, size_t slab, size_t j, size_t k, const int32_t *turns, lm_err *err)
{
    const rebuild_job *job = ctx;
    float *f = (float *)job->vol.data + (k * job->vol.n[1] + j) * job->vol.n[0];
    (void)slab;
    (void)err;
    for (size_t i = 0; i < job->vol.n[0]; i++) f[i] += (float)turns[i];
    return LM_OK;
}

/* Winding numbers of mesh and lids together. */
static lm_status rebuild_turns(rebuild_job *job, const lm_mesh *m, int threads, lm_err *err)
{
    memset(job->vol.data, 0, lm_vol_count(&job->vol) * sizeof(float));
    lm_status rc = lm_voxelize(m, &job->vol, threads, rebuild_turns_row, job, err);
    return rc || !job->lids.nt ? rc : lm_voxelize(&job->lids, &job->vol, threads, rebuild_turns_row, job, err);
}

/* ---- what became of the old surface ---- */

typedef struct {
    const lm_mesh *old;
    lm_nearest near;    /* of the new surface */
    lm_winding winding; /* of the new body */
    double step;
    lm_rebuild *part; /* one per block */
} rebuild_look;

enum { REBUILD_BLOCK = 4096 };

static void rebuild_look_at(const rebuild_look *l, const double p[3], uint32_t *hint, lm_rebuild *f)
{
    const double reach = LM_REBUILD_REACH * l->step;
    lm_nearest_hit hit;
    lm_nearest_find(&l->near, p, reach * reach, *hint, &hit);
    double d = sqrt(hit.d2);
    if (hit.tri != LM_NEAREST_NONE) *hint = hit.tri;
    if (d <= f->max_move_mm) return;
    if (d > 0.25 * l->step && lm_winding_at(&l->winding, p) > 0.5) return; /* inside the body: an inner sheet */
    if (hit.tri == LM_NEAREST_NONE) {
        f->lost++;
        lm_nearest_find(&l->near, p, INFINITY, *hint, &hit);
        d = sqrt(hit.d2);
        if (d > f->max_move_mm)
            for (int k = 0; k < 3; k++) f->lost_at[k] = (float)p[k];
    }
    if (d > f->max_move_mm) f->max_move_mm = d;
}

/* Points spread over each triangle, about a step apart. */
static lm_status rebuild_look_task(void *ctx, size_t task, int worker, lm_err *err)
{
    const rebuild_look *l = ctx;
    lm_rebuild *f = &l->part[task];
    uint32_t hint = LM_NEAREST_NONE;
    (void)worker;
    (void)err;
    for (size_t t = task * REBUILD_BLOCK; t < l->old->nt && t < (task + 1) * REBUILD_BLOCK && f->lost < REBUILD_LOST; t++) {
        const float *v[3];
        double e2 = 0;
        for (int i = 0; i < 3; i++) v[i] = l->old->pos + 3 * (size_t)l->old->tri[3 * t + (size_t)i];
        for (int i = 0; i < 3; i++) {
            double s = 0;
            for (int k = 0; k < 3; k++) s += ((double)v[i][k] - v[(i + 1) % 3][k]) * ((double)v[i][k] - v[(i + 1) % 3][k]);
            if (s > e2) e2 = s;
        }
        double want = sqrt(e2) / l->step;
        int n = want < 2 ? 2 : want < REBUILD_PARTS ? (int)want + 1 : REBUILD_PARTS;
        for (int i = 0; i <= n && f->lost < REBUILD_LOST; i++)
            for (int j = 0; i + j <= n; j++) {
                double p[3];
                for (int k = 0; k < 3; k++) p[k] = ((double)v[0][k] * i + (double)v[1][k] * j + (double)v[2][k] * (n - i - j)) / n;
                rebuild_look_at(l, p, &hint, f);
            }
    }
    return LM_OK;
}

static lm_status rebuild_judge(const rebuild_job *job, const lm_mesh *old, const lm_mesh *now, int threads, lm_rebuild *facts,
                               lm_err *err)
{
    rebuild_look l = {.old = old, .near = LM_NEAREST_INIT, .winding = LM_WINDING_INIT, .step = job->step};
    size_t blocks = old->nt / REBUILD_BLOCK + 1;
    lm_nearest_hit *hit = NULL;
    double *p = NULL;
    lm_status rc = LM_ENOMEM;
    if (!(l.part = lm_mem_calloc(blocks, sizeof *l.part, err)) || !(hit = lm_mem_alloc(now->nv, sizeof *hit, err)) ||
        !(p = lm_mem_alloc(now->nv, 3 * sizeof *p, err)))
        goto done;
    if ((rc = lm_nearest_build(now, threads, &l.near, err)) || (rc = lm_winding_build(now, threads, &l.winding, err)) ||
        (rc = lm_pool_run(threads, blocks, rebuild_look_task, &l, err)))
        goto done;
    for (size_t i = 0; i < blocks; i++) {
        facts->lost += l.part[i].lost;
        if (l.part[i].max_move_mm <= facts->max_move_mm) continue;
        facts->max_move_mm = l.part[i].max_move_mm;
        memcpy(facts->lost_at, l.part[i].lost_at, sizeof facts->lost_at);
    }
    for (size_t i = 0; i < 3 * now->nv; i++) p[i] = now->pos[i];
    if ((rc = lm_nearest_batch(&job->near, p, now->nv, INFINITY, threads, hit, err))) goto done;
    for (size_t i = 0; i < now->nv; i++)
        if (hit[i].d2 > facts->max_bridge_mm * facts->max_bridge_mm) facts->max_bridge_mm = sqrt(hit[i].d2);
    facts->volume_mm3 = lm_mesh_volume(now);
done:
    lm_nearest_release(&l.near);
    lm_winding_release(&l.winding);
    free(l.part);
    free(hit);
    free(p);
    return rc;
}

lm_status lm_rebuild_run(const lm_mesh *m, const lm_rebuild_opt *opt, lm_mesh *out, lm_rebuild *facts, lm_err *err)
{
    rebuild_job job = {.near = LM_NEAREST_INIT, .winding = LM_WINDING_INIT, .vol = LM_VOL_INIT};
    lm_mcubes_opt cubes = {.iso = 0, .threads = opt->threads};
    int threads = lm_pool_threads(opt->threads);
    job.lids.nv = m->nv;
    job.lids.pos = m->pos;
    lm_status rc = lm_lids_make(m, &job.lids, err);
    if (!rc) rc = rebuild_grid(&job, m, opt->step_mm, err);
    *facts = (lm_rebuild){.step_mm = job.step};
    lm_mesh_release(out);
    if (rc || (rc = lm_nearest_build(m, threads, &job.near, err)) ||
        (rc = lm_winding_build(&job.lids, threads, &job.winding, err)) || (rc = rebuild_turns(&job, m, threads, err)))
        goto done;
    job.sign = lm_mesh_volume(m) < 0 ? -1 : 1; /* a surface with holes may be inside out as a whole */
    if ((rc = lm_pool_run(threads, job.cubes[0] * job.cubes[1] * job.cubes[2], rebuild_task, &job, err))) goto done;
    if ((rc = lm_mcubes(&job.vol, &cubes, out, err))) goto done;
    lm_vol_release(&job.vol);
    out->space = m->space;
    rc = rebuild_judge(&job, m, out, threads, facts, err);
done:
    lm_nearest_release(&job.near);
    lm_winding_release(&job.winding);
    free(job.lids.tri);
    lm_vol_release(&job.vol);
    if (rc) lm_mesh_release(out);
    return rc;
}
