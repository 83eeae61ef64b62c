/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "shell/ballbody.h"
#include "base/mem.h"
#include "base/pool.h"
#include "surface/mcubes.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Balls by the layer of slices that their centre is in. */
typedef struct {
    const lm_ball *ball;
    size_t *start;
    uint32_t *item;
} ballbody_sort;

typedef struct {
    const lm_ballbody_opt *opt;
    lm_vol grid;
    double reach, layer; /* samples that a ball can matter to are no farther from its centre; height of a layer */
    size_t layers, next;
    ballbody_sort fill, clear;
    float *to;
} ballbody_job;

static size_t ballbody_layer(const ballbody_job *job, const lm_ball *b)
{
    double i = (b->c[2] - job->grid.origin[2]) / job->layer;
    return i < 0 ? 0 : i > (double)(job->layers - 1) ? job->layers - 1 : (size_t)i;
}

static lm_status ballbody_sort_balls(const ballbody_job *job, const lm_ball *ball, size_t n, ballbody_sort *s, lm_err *err)
{
    s->ball = ball;
    if (!(s->start = lm_mem_calloc(job->layers + 2, sizeof *s->start, err)) || !(s->item = lm_mem_alloc(n, sizeof *s->item, err)))
        return LM_ENOMEM;
    for (size_t i = 0; i < n; i++) s->start[ballbody_layer(job, &ball[i]) + 2]++;
    for (size_t i = 1; i < job->layers; i++) s->start[i + 1] += s->start[i];
    for (size_t i = 0; i < n; i++) s->item[s->start[ballbody_layer(job, &ball[i]) + 1]++] = (uint32_t)i;
    return LM_OK;
}

/* The samples of one slice that a ball can matter to: the larger of what is there and its depth, or the lesser of the negative. */
static void ballbody_draw(const ballbody_job *job, const lm_ball *b, double z, bool clear, float *slice)
{
    const double step = job->opt->step_mm, r = b->r, reach = r + step, dz = z - b->c[2];
    double h2 = reach * reach - dz * dz;
    size_t lo[2], hi[2];
    if (!(h2 > 0)) return;
    const double half = sqrt(h2);
    for (int c = 0; c < 2; c++) {
        double a = ceil((b->c[c] - half - job->grid.origin[c]) / step), e = floor((b->c[c] + half - job->grid.origin[c]) / step);
        if (e < 0 || a > (double)(job->grid.n[c] - 1)) return;
        lo[c] = a > 0 ? (size_t)a : 0;
        hi[c] = e < (double)(job->grid.n[c] - 1) ? (size_t)e : job->grid.n[c] - 1;
    }
    for (size_t j = lo[1]; j <= hi[1]; j++) {
        const double dy = job->grid.origin[1] + (double)j * step - b->c[1];
        for (size_t i = lo[0]; i <= hi[0]; i++) {
            const double dx = job->grid.origin[0] + (double)i * step - b->c[0];
            float *at = slice + j * job->grid.n[0] + i, depth = (float)(r - sqrt(dx * dx + dy * dy + dz * dz));
            if (clear ? -depth < *at : depth > *at) *at = clear ? -depth : depth;
        }
    }
}

static void ballbody_draw_all(const ballbody_job *job, const ballbody_sort *s, size_t k, bool clear, float *slice)
{
    const double z = job->grid.origin[2] + (double)k * job->opt->step_mm, at = (z - job->grid.origin[2]) / job->layer;
    size_t lo = at > 1 ? (size_t)at - 1 : 0, hi = (size_t)at + 1 < job->layers ? (size_t)at + 1 : job->layers - 1;
    for (size_t q = s->start[lo]; q < s->start[hi + 1]; q++) ballbody_draw(job, &s->ball[s->item[q]], z, clear, slice);
}

static lm_status ballbody_slice(void *ctx, size_t task, int worker, lm_err *err)
{
    const ballbody_job *job = ctx;
    const size_t n = job->grid.n[0] * job->grid.n[1];
    float *slice = job->to + task * n;
    (void)worker;
    (void)err;
    for (size_t i = 0; i < n; i++) slice[i] = (float)-job->opt->step_mm;
    ballbody_draw_all(job, &job->fill, job->next + task, false, slice);
    ballbody_draw_all(job, &job->clear, job->next + task, true, slice);
    return LM_OK;
}

static lm_status ballbody_read(void *ctx, void *to, size_t slices, lm_err *err)
{
    ballbody_job *job = ctx;
    job->to = to;
    lm_status rc = lm_pool_run(job->opt->threads, slices, ballbody_slice, job, err);
    job->next += slices;
    return rc;
}

static lm_status ballbody_grid(ballbody_job *job, lm_err *err)
{
    const lm_ballbody_opt *o = job->opt;
    double lo[3] = {INFINITY, INFINITY, INFINITY}, hi[3] = {-INFINITY, -INFINITY, -INFINITY}, most = 0;
    for (size_t i = 0; i < o->n + o->clears; i++) {
        const lm_ball *b = i < o->n ? &o->ball[i] : &o->clear[i - o->n];
        most = b->r > most ? b->r : most;
        for (int c = 0; c < 3 && i < o->n; c++) {
            lo[c] = b->c[c] - b->r < lo[c] ? b->c[c] - b->r : lo[c];
            hi[c] = b->c[c] + b->r > hi[c] ? b->c[c] + b->r : hi[c];
        }
    }
    job->layer = most + 2 * o->step_mm;
    job->grid.type = LM_F32;
    for (int c = 0; c < 3; c++) {
        /* planes of the grid are where they are whatever the balls: passes fit together */
        const double first = floor(lo[c] / o->step_mm) - 2, n = ceil(hi[c] / o->step_mm) + 3 - first;
        if (!(n < 1e6))
            return lm_err_set(err, LM_ERANGE, NULL, "a wall of %g mm is too small for so large a part; are the units right?",
                              2 * most);
        job->grid.n[c] = (size_t)n;
        job->grid.dir[c][c] = o->step_mm;
        job->grid.origin[c] = first * o->step_mm + o->shift_mm;
    }
    job->layers = (size_t)((double)job->grid.n[2] * o->step_mm / job->layer) + 1;
    return LM_OK;
}

/* ---- lifts ---- */

enum { BALLBODY_LIFTS = 2, BALLBODY_BLOCK = 512 };
#define BALLBODY_LACK 2e-4 /* part of the step: what may stay in a ball */
#define BALLBODY_ADD 1.1   /* lifting by what a facet lacks is not quite enough where its corners go different ways */

typedef struct {
    const lm_medial *fill, *clear;
    const lm_mesh *m;
    double least;
    float *lack; /* per triangle: by how much it cuts into a ball, at its corners, its middle, the middles of its edges */
} ballbody_lift;

static lm_status ballbody_lack_task(void *ctx, size_t task, int worker, lm_err *err)
{
    static const double weight[7][3] = {
        {1, 0, 0}, {0, 1, 0}, {0, 0, 1}, {.5, .5, 0}, {0, .5, .5}, {.5, 0, .5}, {1. / 3, 1. / 3, 1. / 3}};
    const ballbody_lift *l = ctx;
    (void)worker;
    (void)err;
    for (size_t t = task * BALLBODY_BLOCK; t < l->m->nt && t < (task + 1) * BALLBODY_BLOCK; t++) {
        double p[3][3], most = 0;
        if (!(l->lack[t] > (float)l->least)) continue; /* all moves are outward */
        lm_balls_corners(l->m, t, p);
        for (int i = 0; i < 7; i++) {
            double x[3], depth;
            for (int c = 0; c < 3; c++) x[c] = weight[i][0] * p[0][c] + weight[i][1] * p[1][c] + weight[i][2] * p[2][c];
            if ((depth = lm_medial_depth(l->fill, x)) > most && !(lm_medial_depth(l->clear, x) > -l->least)) most = depth;
        }
        l->lack[t] = (float)most;
    }
    return LM_OK;
}

/* *lifted: vertices that were moved. */
static void ballbody_move(const ballbody_lift *l, lm_mesh *m, double *normal, double *add, size_t *lifted)
{
    memset(normal, 0, 3 * m->nv * sizeof *normal);
    memset(add, 0, m->nv * sizeof *add);
    *lifted = 0;
    for (size_t t = 0; t < m->nt; t++) {
        double p[3][3], n[3];
        lm_balls_corners(m, t, p);
        const double area = lm_balls_normal(p, n);
        for (size_t k = 0; k < 3; k++) {
            const size_t v = m->tri[3 * t + k];
            for (size_t c = 0; c < 3 && area > 0; c++) normal[3 * v + c] += area * n[c];
            if ((double)l->lack[t] > l->least && BALLBODY_ADD * (double)l->lack[t] > add[v])
                add[v] = BALLBODY_ADD * (double)l->lack[t];
        }
    }
    for (size_t v = 0; v < m->nv; v++) {
        const double *n = normal + 3 * v, length = sqrt(n[0] * n[0] + n[1] * n[1] + n[2] * n[2]);
        if (!(add[v] > 0) || !(length > 0)) continue;
        for (size_t c = 0; c < 3; c++) m->pos[3 * v + c] = (float)((double)m->pos[3 * v + c] + add[v] * n[c] / length);
        ++*lifted;
    }
}

static lm_status ballbody_lift_all(const lm_ballbody_opt *o, lm_mesh *m, lm_err *err)
{
    lm_medial fill = LM_MEDIAL_INIT, clear = LM_MEDIAL_INIT;
    ballbody_lift l = {.fill = &fill, .clear = &clear, .m = m, .least = BALLBODY_LACK * o->step_mm};
    double *normal = lm_mem_alloc(m->nv, 3 * sizeof *normal, err), *add = normal ? lm_mem_alloc(m->nv, sizeof *add, err) : NULL;
    lm_status rc = add ? lm_medial_of(o->ball, o->n, &fill, err) : LM_ENOMEM;
    size_t lifted = 1;
    if (!rc && !(rc = lm_medial_of(o->clear, o->clears, &clear, err)) && !(l.lack = lm_mem_alloc(m->nt, sizeof *l.lack, err)))
        rc = LM_ENOMEM;
    for (size_t t = 0; t < m->nt && !rc; t++) l.lack[t] = INFINITY; /* not looked at yet */
    for (int i = 0; i < BALLBODY_LIFTS && lifted && !rc; i++) {
        rc = lm_pool_run(o->threads, (m->nt + BALLBODY_BLOCK - 1) / BALLBODY_BLOCK, ballbody_lack_task, &l, err);
        if (!rc) ballbody_move(&l, m, normal, add, &lifted);
    }
    lm_medial_release(&fill);
    lm_medial_release(&clear);
    free(l.lack);
    free(normal);
    free(add);
    return rc;
}

lm_status lm_ballbody_make(const lm_ballbody_opt *opt, lm_mesh *out, lm_err *err)
{
    ballbody_job job = {.opt = opt, .grid = LM_VOL_INIT};
    const lm_mcubes_opt mopt = {.iso = 0, .threads = opt->threads};
    if (!opt->n) return LM_OK;
    lm_status rc = ballbody_grid(&job, err);
    if (!rc && !(rc = ballbody_sort_balls(&job, opt->ball, opt->n, &job.fill, err)) &&
        !(rc = ballbody_sort_balls(&job, opt->clear, opt->clears, &job.clear, err))) {
        lm_slices in = lm_slices_of(&job.grid, ballbody_read, &job);
        rc = lm_mcubes_slices(&in, &mopt, out, err);
        lm_slices_release(&in);
    }
    if (rc == LM_ENO) { /* all of it is to be left free */
        if (err) *err = (lm_err)LM_ERR_INIT;
        rc = LM_OK;
    }
    if (!rc && out->nt) rc = ballbody_lift_all(opt, out, err);
    free(job.fill.start);
    free(job.fill.item);
    free(job.clear.start);
    free(job.clear.item);
    return rc;
}
