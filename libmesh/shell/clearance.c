/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "shell/clearance.h"
#include "base/mem.h"
#include "base/pool.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { CLEARANCE_BLOCK = 512, CLEARANCE_SEEN = 64 };
#define CLEARANCE_APART -0.64 /* cosine of 130 degrees */
#define CLEARANCE_FAR 0.75    /* part of the wall: what is added seldom goes farther */
#define CLEARANCE_SPACING 0.3 /* of the gap that stays: how far points are apart; */
#define CLEARANCE_BESIDE 0.15 /* points that are beside where a ball touches by less need none of their own; */
#define CLEARANCE_RADIUS 0.54 /* so that this reaches half of it between them, too */

typedef struct {
    const lm_mesh *m;
    const lm_nearest *near;
    const lm_medial *added;
    double wall, gap, width;
    size_t *first; /* per triangle its first point */
    lm_ball *ball; /* per point */
} clearance_job;

static double clearance_cos(const double c[3], const double p[3], const double q[3])
{
    double uv = 0, uu = 0, vv = 0;
    for (int k = 0; k < 3; k++) {
        uv += (p[k] - c[k]) * (q[k] - c[k]);
        uu += (p[k] - c[k]) * (p[k] - c[k]);
        vv += (q[k] - c[k]) * (q[k] - c[k]);
    }
    return uu > 0 && vv > 0 ? uv / sqrt(uu * vv) : 1;
}

typedef struct {
    double c[3], r2;
} clearance_seen;

static bool clearance_covered(const clearance_seen *seen, size_t found, const double x[3])
{
    for (size_t k = found; k-- > (found > CLEARANCE_SEEN ? found - CLEARANCE_SEEN : 0);) {
        const double *c = seen[k % CLEARANCE_SEEN].c, d[3] = {x[0] - c[0], x[1] - c[1], x[2] - c[2]};
        if (d[0] * d[0] + d[1] * d[1] + d[2] * d[2] <= seen[k % CLEARANCE_SEEN].r2) return true;
    }
    return false;
}

/* The ball outside at x; false: it is not in the middle of a gap. */
static bool clearance_grow(const clearance_job *job, const double from[3], lm_ball *b)
{
    const double most = CLEARANCE_FAR * job->wall + 0.5 * job->gap;
    double x[3] = {from[0], from[1], from[2]}, n[3], q[3];
    const uint32_t t = lm_balls_onto(job->near, x, n);
    for (int c = 0; c < 3; c++) n[c] = -n[c];
    *b = lm_balls_grow(job->near, x, n, t, most, q);
    return b->r > 0 && b->r < most * (1 - 1e-6) && clearance_cos(b->c, x, q) <= CLEARANCE_APART;
}

/* Blocks are pieces that follow each other: mostly of triangles that lie together. */
static lm_status clearance_task(void *ctx, size_t task, int worker, lm_err *err)
{
    const clearance_job *job = ctx;
    const double half = 0.5 * job->wall, beside = CLEARANCE_BESIDE * job->gap;
    clearance_seen seen[CLEARANCE_SEEN];
    size_t found = 0;
    (void)worker;
    (void)err;
    for (size_t j = task * CLEARANCE_BLOCK; j < job->m->nt && j < (task + 1) * CLEARANCE_BLOCK; j++) {
        const size_t t = j;
        double p[3][3], x[3];
        lm_ball b;
        for (size_t i = job->first[t]; i < job->first[t + 1]; i++) job->ball[i].r = 0;
        lm_balls_corners(job->m, t, p);
        lm_balls_point(p, 1, 0, x);
        /* most facets look into the open, or at the other side of a dent: one look is enough */
        if (!(lm_medial_distance(job->added, x, half) < half) || !clearance_grow(job, x, &b)) continue;
        size_t k = (size_t)lm_balls_cuts(p, job->width);
        for (size_t i = job->first[t]; i < job->first[t + 1]; i++) {
            lm_balls_point(p, k, i - job->first[t], x);
            if (clearance_covered(seen, found, x) || !clearance_grow(job, x, &b)) continue;
            clearance_seen *now = &seen[found++ % CLEARANCE_SEEN];
            memcpy(now->c, b.c, sizeof now->c);
            now->r2 = b.r * b.r + beside * beside;
            b.r = CLEARANCE_RADIUS * job->gap;
            job->ball[i] = b;
        }
    }
    return LM_OK;
}

lm_status lm_clearance_find(const lm_mesh *m, const lm_nearest *near, const lm_medial *added, double wall_mm, double min_gap_mm,
                            int threads, lm_ball **out, size_t *n, lm_err *err)
{
    clearance_job job = {.m = m, .near = near, .added = added, .wall = wall_mm, .gap = min_gap_mm};
    const double least = 0.1 * wall_mm;
    double p[3][3];
    size_t points = 0;
    *out = NULL;
    *n = 0;
    if (!(min_gap_mm > 0)) return LM_OK;
    job.width = CLEARANCE_SPACING * min_gap_mm > least ? CLEARANCE_SPACING * min_gap_mm : least;
    if (!(job.first = lm_mem_alloc(m->nt + 1, sizeof *job.first, err))) return LM_ENOMEM;
    for (size_t t = 0; t < m->nt; t++) {
        lm_balls_corners(m, t, p);
        const double k = lm_balls_cuts(p, job.width);
        job.first[t] = points;
        points += (size_t)(k * k);
    }
    job.first[m->nt] = points;
    lm_status rc = LM_ENOMEM;
    if ((job.ball = lm_mem_alloc(points, sizeof *job.ball, err)))
        rc = lm_pool_run(lm_pool_threads(threads), (m->nt + CLEARANCE_BLOCK - 1) / CLEARANCE_BLOCK, clearance_task, &job, err);
    for (size_t i = 0; i < points && !rc; i++)
        if (job.ball[i].r > 0) job.ball[(*n)++] = job.ball[i];
    free(job.first);
    if (rc) free(job.ball);
    else *out = job.ball;
    return rc;
}

typedef struct {
    lm_medial *added, free; /* free: larger by half a wall: where no centre may be */
    double half;
} clearance_yield;

static lm_status clearance_yield_task(void *ctx, size_t task, int worker, lm_err *err)
{
    clearance_yield *job = ctx;
    (void)worker;
    (void)err;
    for (size_t i = task * CLEARANCE_BLOCK; i < job->added->n && i < (task + 1) * CLEARANCE_BLOCK; i++) {
        lm_ball *b = &job->added->ball[i];
        lm_medial_leave(&job->free, b->r < job->half ? job->half - b->r : 0, job->half, b->c);
    }
    return LM_OK;
}

lm_status lm_clearance_yield(lm_medial *added, const lm_ball *clear, size_t n, double wall_mm, int threads, lm_err *err)
{
    clearance_yield job = {.added = added, .free = LM_MEDIAL_INIT, .half = 0.5 * wall_mm};
    if (!n) return LM_OK;
    lm_ball *wide = lm_mem_alloc(n, sizeof *wide, err);
    if (!wide) return LM_ENOMEM;
    for (size_t i = 0; i < n; i++) {
        wide[i] = clear[i];
        wide[i].r += job.half;
    }
    lm_status rc = lm_medial_of(wide, n, &job.free, err);
    if (!rc)
        rc = lm_pool_run(lm_pool_threads(threads), (added->n + CLEARANCE_BLOCK - 1) / CLEARANCE_BLOCK, clearance_yield_task, &job,
                         err);
    lm_medial_release(&job.free);
    free(wide);
    return rc;
}
