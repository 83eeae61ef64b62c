/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "shell/wall.h"
#include "base/mem.h"
#include "base/pool.h"
#include "shell/balls.h"
#include "shell/ray.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { WALL_BLOCK = 512 };

typedef struct {
    lm_balls balls;
    float *ray;   /* per point: length, at most 2 T */
    float *thick; /* per point, then per vertex */
    bool wide;    /* how thick, too, where it is thick enough */
} wall_job;

static lm_status wall_ray_task(void *ctx, size_t task, int worker, lm_err *err)
{
    wall_job *job = ctx;
    const lm_balls *b = &job->balls;
    (void)worker;
    (void)err;
    for (size_t t = task * WALL_BLOCK; t < b->mesh->nt && t < (task + 1) * WALL_BLOCK; t++) {
        double p[3][3], n[3], in[3], x[3];
        lm_balls_corners(b->mesh, t, p);
        lm_balls_normal(p, n);
        for (int c = 0; c < 3; c++) in[c] = -n[c];
        size_t k = (size_t)lm_balls_cuts(p, 0.5 * b->wall);
        for (size_t i = 0; i < k * k; i++) {
            lm_balls_point(p, k, i, x);
            job->ray[b->first[t] + i] = (float)lm_ray_shoot(&b->near, x, in, (uint32_t)t, 2 * b->wall);
        }
    }
    return LM_OK;
}

static lm_status wall_thick_task(void *ctx, size_t task, int worker, lm_err *err)
{
    wall_job *job = ctx;
    const lm_balls *b = &job->balls;
    const double most = b->widest < b->wall ? b->widest : b->wall;
    (void)worker;
    (void)err;
    for (size_t t = task * WALL_BLOCK; t < b->mesh->nt && t < (task + 1) * WALL_BLOCK; t++) {
        double p[3][3], n[3], x[3];
        lm_balls_corners(b->mesh, t, p);
        lm_balls_normal(p, n);
        size_t k = (size_t)lm_balls_cuts(p, 0.5 * b->wall);
        for (size_t i = 0; i < k * k; i++) {
            double own = 2 * b->ball[b->stand[b->first[t] + i]].r, more = 0;
            lm_balls_point(p, k, i, x);
            if (!lm_balls_enough(b, own)) own = lm_balls_thickness(b, x, NULL);
            else if (job->wide) more = 2 * lm_balls_grow(&b->near, x, n, (uint32_t)t, most, NULL).r;
            job->thick[b->first[t] + i] = (float)(more > own ? more : own);
        }
    }
    return LM_OK;
}

static void wall_vertex(const lm_mesh *m, size_t v, double p[3])
{
    for (size_t c = 0; c < 3; c++) p[c] = m->pos[3 * v + c];
}

static lm_status wall_vertex_task(void *ctx, size_t task, int worker, lm_err *err)
{
    wall_job *job = ctx;
    const lm_mesh *m = job->balls.mesh;
    float *thick = job->thick + job->balls.first[m->nt];
    (void)worker;
    (void)err;
    for (size_t v = task * WALL_BLOCK; v < m->nv && v < (task + 1) * WALL_BLOCK; v++) {
        double p[3];
        wall_vertex(m, v, p);
        thick[v] = (float)lm_balls_thickness(&job->balls, p, NULL);
    }
    return LM_OK;
}

/* Thin samples near each other are one spot; the first of them is where it is, the least of them how thin. */
static void wall_spot(lm_wall_facts *f, const double p[3], double thick, double area)
{
    size_t i = 0;
    for (; i < f->spots; i++) {
        double d[3] = {p[0] - f->spot[i].at[0], p[1] - f->spot[i].at[1], p[2] - f->spot[i].at[2]};
        if (d[0] * d[0] + d[1] * d[1] + d[2] * d[2] <= 4 * f->wall_mm * f->wall_mm) break;
    }
    if (i == LM_WALL_SPOTS) {
        f->spots_over++;
        return;
    }
    if (i == f->spots) {
        f->spots++;
        f->spot[i] = (lm_wall_spot){.least_mm = INFINITY};
        memcpy(f->spot[i].at, p, sizeof f->spot[i].at);
    }
    f->spot[i].area_mm2 += area;
    f->spot[i].least_mm = thick < f->spot[i].least_mm ? thick : f->spot[i].least_mm;
}

static void wall_least(double value, const double p[3], double *least, double at[3])
{
    if (value >= *least) return;
    *least = value;
    memcpy(at, p, 3 * sizeof *at);
}

static void wall_sum(const wall_job *job, lm_wall_facts *f)
{
    const lm_balls *b = &job->balls;
    const lm_mesh *m = b->mesh;
    const double bin = 2 * b->wall / LM_WALL_BINS, enough = b->wall - b->tol;
    const float *vertex = job->thick + b->first[m->nt];
    double p[3][3], n[3], x[3];
    *f = (lm_wall_facts){
        .wall_mm = b->wall, .tol_mm = b->tol, .samples = b->first[m->nt] + m->nv, .min_ball_mm = INFINITY, .min_ray_mm = INFINITY};
    for (size_t t = 0; t < m->nt; t++) {
        lm_balls_corners(m, t, p);
        size_t k = (size_t)lm_balls_cuts(p, 0.5 * b->wall);
        double area = 0.5 * lm_balls_normal(p, n) / (double)(k * k);
        for (size_t i = 0; i < k * k; i++) {
            double ball = (double)job->thick[b->first[t] + i], ray = (double)job->ray[b->first[t] + i];
            int at = (int)((ball < b->wall && ball >= enough ? b->wall : ball) / bin), r = (int)(ray / bin);
            lm_balls_point(p, k, i, x);
            f->area_mm2 += area;
            f->ball_mm2[at < LM_WALL_BINS ? at : LM_WALL_BINS - 1] += area;
            f->ray_mm2[r < LM_WALL_BINS ? r : LM_WALL_BINS - 1] += area;
            wall_least(ball, x, &f->min_ball_mm, f->ball_at);
            wall_least(ray, x, &f->min_ray_mm, f->ray_at);
            if (ball >= enough) continue;
            f->thin_samples++;
            f->thin_mm2 += area;
            wall_spot(f, x, ball, area);
        }
    }
    for (size_t v = 0; v < m->nv; v++) {
        wall_vertex(m, v, x);
        wall_least((double)vertex[v], x, &f->min_ball_mm, f->ball_at);
        if ((double)vertex[v] >= enough) continue;
        f->thin_samples++;
        wall_spot(f, x, (double)vertex[v], 0);
    }
}

static lm_status wall_quality(const wall_job *job, lm_mesh *m, lm_err *err)
{
    if (!m->quality && !(m->quality = lm_mem_alloc(m->nv, sizeof *m->quality, err))) return LM_ENOMEM;
    memcpy(m->quality, job->thick + job->balls.first[m->nt], m->nv * sizeof *m->quality);
    return LM_OK;
}

static void wall_thin(const wall_job *job, uint8_t *thin)
{
    const lm_balls *b = &job->balls;
    const double enough = b->wall - b->tol;
    const float *vertex = job->thick + b->first[b->mesh->nt];
    for (size_t t = 0; t < b->mesh->nt; t++) {
        thin[t] = 0;
        for (size_t k = 0; k < 3; k++) thin[t] |= (double)vertex[b->mesh->tri[3 * t + k]] < enough;
        for (size_t i = b->first[t]; i < b->first[t + 1] && !thin[t]; i++) thin[t] = (double)job->thick[i] < enough;
    }
}

static lm_status wall_run(wall_job *job, const lm_mesh *m, const lm_wall_opt *opt, lm_err *err)
{
    const int threads = lm_pool_threads(opt->threads);
    const size_t tasks = (m->nt + WALL_BLOCK - 1) / WALL_BLOCK;
    if (opt->progress) opt->progress(opt->progress_ctx, "balls", 0.2);
    lm_status rc = lm_balls_build(m, opt->wall_mm, threads, &job->balls, err);
    if (rc) return rc;
    size_t points = job->balls.first[m->nt];
    if (!(job->ray = lm_mem_alloc(points, sizeof *job->ray, err)) ||
        !(job->thick = lm_mem_alloc(points + m->nv, sizeof *job->thick, err)))
        return LM_ENOMEM;
    if (opt->progress) opt->progress(opt->progress_ctx, "rays", 0.6);
    if ((rc = lm_pool_run(threads, tasks, wall_ray_task, job, err))) return rc;
    if (opt->progress) opt->progress(opt->progress_ctx, "thickness", 0.7);
    if ((rc = lm_pool_run(threads, tasks, wall_thick_task, job, err))) return rc;
    return lm_pool_run(threads, (m->nv + WALL_BLOCK - 1) / WALL_BLOCK, wall_vertex_task, job, err);
}

lm_status lm_wall_check(lm_mesh *m, const lm_wall_opt *opt, bool quality, lm_wall_facts *facts, lm_err *err)
{
    wall_job job = {.balls = LM_BALLS_INIT, .wide = opt->wide};
    *facts = (lm_wall_facts){.wall_mm = opt->wall_mm};
    if (!(opt->wall_mm > 0) || !isfinite(opt->wall_mm))
        return lm_err_set(err, LM_EUSAGE, NULL, "a wall of %g mm: a length above 0 is needed", opt->wall_mm);
    lm_status rc = wall_run(&job, m, opt, err);
    if (!rc) wall_sum(&job, facts);
    if (!rc && opt->thin) wall_thin(&job, opt->thin);
    if (!rc && quality) rc = wall_quality(&job, m, err);
    if (!rc && opt->balls) *opt->balls = job.balls;
    else lm_balls_release(&job.balls);
    free(job.ray);
    free(job.thick);
    return rc;
}
