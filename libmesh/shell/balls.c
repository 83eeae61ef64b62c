/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Contents: 1 points, 2 balls, 3 cells of balls, 4 thickness */
#include "shell/balls.h"
#include "base/mem.h"
#include "base/pool.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { BALLS_BLOCK = 512, BALLS_SHRINK = 64, BALLS_STUCK = 4, BALLS_CELLS = 1 << 26 };
#define BALLS_POINTS 200000000.0
/* A ball is done when its centre is so nearly as far from the surface as from its point (parts of the radius): what is thinner than
 * this part of T is not seen. */
#define BALLS_TOUCH 1e-9
/* One that did not get there and is farther off than this stands for nothing. */
#define BALLS_LOST 1e-3

/* ---- 1 points ---- */

void lm_balls_corners(const lm_mesh *m, size_t t, double p[3][3])
{
    for (size_t k = 0; k < 3; k++)
        for (size_t c = 0; c < 3; c++) p[k][c] = m->pos[3 * (size_t)m->tri[3 * t + k] + c];
}

static double balls_dot(const double a[3], const double b[3])
{
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}

double lm_balls_normal(double p[3][3], double n[3])
{
    double u[3], v[3];
    for (int c = 0; c < 3; c++) {
        u[c] = p[1][c] - p[0][c];
        v[c] = p[2][c] - p[0][c];
    }
    for (int c = 0; c < 3; c++) n[c] = u[(c + 1) % 3] * v[(c + 2) % 3] - u[(c + 2) % 3] * v[(c + 1) % 3];
    double length = sqrt(balls_dot(n, n));
    for (int c = 0; c < 3; c++) n[c] /= length;
    return length;
}

double lm_balls_cuts(double p[3][3], double width)
{
    double most = 0;
    for (int k = 0; k < 3; k++) {
        double d2 = 0;
        for (int c = 0; c < 3; c++) d2 += (p[k][c] - p[(k + 1) % 3][c]) * (p[k][c] - p[(k + 1) % 3][c]);
        most = d2 > most ? d2 : most;
    }
    double k = ceil(sqrt(most) / width);
    return k < 1 ? 1 : k;
}

static lm_status balls_count(lm_balls *b, lm_err *err)
{
    double sum = 0, p[3][3];
    if (!(b->first = lm_mem_alloc(b->mesh->nt + 1, sizeof *b->first, err))) return LM_ENOMEM;
    for (size_t t = 0; t < b->mesh->nt; t++) {
        lm_balls_corners(b->mesh, t, p);
        double k = lm_balls_cuts(p, 0.5 * b->wall);
        b->first[t] = (size_t)sum;
        if ((sum += k * k) > BALLS_POINTS)
            return lm_err_set(
                err, LM_ERANGE, NULL,
                "a wall of %g mm is too small to be checked on so large a part: it takes more than %.0f points; are the "
                "units right?",
                b->wall, BALLS_POINTS);
    }
    b->first[b->mesh->nt] = (size_t)sum;
    return LM_OK;
}

/* Row by row from corner 0, pieces that stand as the triangle does and turned ones. */
void lm_balls_point(double p[3][3], size_t k, size_t i, double x[3])
{
    size_t row = 0;
    while (i >= 2 * row + 1) i -= 2 * row++ + 1;
    size_t col = i / 2;
    double turned = (double)(i & 1), r = (double)row, q = (double)col, n = 3 * (double)k;
    double w2 = (3 * q + 1 + turned) / n, w0 = (3 * ((double)k - r) - 2 + turned) / n, w1 = 1 - w0 - w2;
    for (int c = 0; c < 3; c++) x[c] = w0 * p[0][c] + w1 * p[1][c] + w2 * p[2][c];
}

/* ---- 2 balls ---- */

lm_ball lm_balls_grow(const lm_nearest *near, const double p[3], const double n[3], uint32_t t, double most, double q[3])
{
    lm_ball b = {.r = 0};
    double r = most;
    for (int c = 0; c < 3 && q; c++) q[c] = p[c];
    for (int i = 0; i < BALLS_SHRINK; i++) {
        lm_nearest_hit hit;
        double v[3];
        for (int c = 0; c < 3; c++) b.c[c] = p[c] - r * n[c];
        lm_nearest_find(near, b.c, INFINITY, t, &hit);
        double d = sqrt(hit.d2);
        b.r = d >= r * (1 - BALLS_LOST) ? d : 0;
        if (d >= r * (1 - BALLS_TOUCH)) break;
        for (int c = 0; c < 3; c++) v[c] = p[c] - hit.q[c];
        double down = 2 * balls_dot(v, n), next = down > 0 ? balls_dot(v, v) / down : 0;
        if (!(next < r) || next <= 0) break;
        r = next;
        if (q) memcpy(q, hit.q, sizeof hit.q);
    }
    return b;
}

static lm_status balls_grow_task(void *ctx, size_t task, int worker, lm_err *err)
{
    lm_balls *b = ctx;
    const double most = b->widest < b->cap ? b->widest : b->cap;
    (void)worker;
    (void)err;
    for (size_t t = task * BALLS_BLOCK; t < b->mesh->nt && t < (task + 1) * BALLS_BLOCK; t++) {
        double p[3][3], n[3];
        lm_balls_corners(b->mesh, t, p);
        lm_balls_normal(p, n);
        size_t k = (size_t)lm_balls_cuts(p, 0.5 * b->wall);
        for (size_t i = 0; i < k * k; i++) {
            double x[3];
            lm_balls_point(p, k, i, x);
            b->ball[b->first[t] + i] = lm_balls_grow(&b->near, x, n, (uint32_t)t, most, NULL);
        }
    }
    return LM_OK;
}

/* ---- 3 cells of balls ---- */

static size_t balls_cell(const lm_balls *job, const double p[3], size_t at[3])
{
    for (int c = 0; c < 3; c++) {
        double i = floor((p[c] - job->lo[c]) / job->cell);
        at[c] = i < 0 ? 0 : i > (double)(job->n[c] - 1) ? job->n[c] - 1 : (size_t)i;
    }
    return (at[2] * job->n[1] + at[1]) * job->n[0] + at[0];
}

/* A ball that comes within T/2 of a point has its centre within cap + T/2: in the point's cell or one beside it. */
static lm_status balls_cells(lm_balls *job, lm_err *err)
{
    double hi[3], cells;
    size_t points = job->first[job->mesh->nt], at[3];
    lm_mesh_box(job->mesh, job->lo, hi);
    job->cell = job->cap + 0.5 * job->wall;
    do {
        cells = 1;
        for (int c = 0; c < 3; c++) cells *= floor((hi[c] - job->lo[c]) / job->cell) + 1;
        if (cells > BALLS_CELLS) job->cell *= 2;
    } while (cells > BALLS_CELLS);
    for (int c = 0; c < 3; c++) job->n[c] = (size_t)((hi[c] - job->lo[c]) / job->cell) + 1;
    size_t n = job->n[0] * job->n[1] * job->n[2];
    if (!(job->start = lm_mem_calloc(n + 2, sizeof *job->start, err)) ||
        !(job->item = lm_mem_alloc(points, sizeof *job->item, err)))
        return LM_ENOMEM;
    for (size_t i = 0; i < points; i++)
        if (job->ball[i].r > 0) job->start[balls_cell(job, job->ball[i].c, at) + 2]++;
    for (size_t i = 1; i < n; i++) job->start[i + 1] += job->start[i];
    for (size_t i = 0; i < points; i++)
        if (job->ball[i].r > 0) job->item[job->start[balls_cell(job, job->ball[i].c, at) + 1]++] = (uint32_t)i;
    return LM_OK;
}

/* ---- 4 thickness ---- */

/* Move a ball away from what it touches until it is thick enough, never farther than it reaches (so it stays inside), as
 * alternating projections onto the half spaces it must keep clear of. The largest radius on the way within reach of p. */
static double balls_push(const lm_balls *job, const double p[3], const lm_ball *from, double enough, double reach, double at[3])
{
    double c[3] = {from->c[0], from->c[1], from->c[2]}, most = 0, high = 0;
    uint32_t hint = LM_NEAREST_NONE;
    for (int i = 0, stuck = 0; i < BALLS_SHRINK && stuck < BALLS_STUCK; i++) {
        lm_nearest_hit hit;
        lm_nearest_find(&job->near, c, INFINITY, hint, &hit);
        double d = sqrt(hit.d2), v[3] = {p[0] - c[0], p[1] - c[1], p[2] - c[2]};
        hint = hit.tri;
        stuck = d > 1.001 * high ? 0 : stuck + 1;
        high = d > high ? d : high;
        if (d > most && balls_dot(v, v) <= (d + reach) * (d + reach)) {
            most = d;
            memcpy(at, c, sizeof c);
        }
        if (d >= enough || d == 0) break;
        double step = (0.5 * job->wall - d < 0.9 * d ? 0.5 * job->wall - d : 0.9 * d) / d;
        for (int k = 0; k < 3; k++) c[k] += (c[k] - hit.q[k]) * step;
    }
    return most;
}

double lm_balls_thickness(const lm_balls *job, const double p[3], lm_ball *which)
{
    double enough = 0.5 * (job->wall - job->tol), reach = 0.5 * (job->wall + job->tol);
    const lm_ball none = {.r = 0}, *most = &none;
    size_t at[3], lo[3], hi[3];
    balls_cell(job, p, at);
    for (int c = 0; c < 3; c++) {
        lo[c] = at[c] ? at[c] - 1 : 0;
        hi[c] = at[c] + 1 < job->n[c] ? at[c] + 1 : at[c];
    }
    for (size_t k = lo[2]; k <= hi[2]; k++)
        for (size_t j = lo[1]; j <= hi[1]; j++)
            for (size_t i = lo[0]; i <= hi[0]; i++) {
                size_t cell = (k * job->n[1] + j) * job->n[0] + i;
                for (size_t q = job->start[cell]; q < job->start[cell + 1]; q++) {
                    const lm_ball *b = &job->ball[job->item[q]];
                    double d[3] = {p[0] - b->c[0], p[1] - b->c[1], p[2] - b->c[2]};
                    if (b->r <= most->r || balls_dot(d, d) > (b->r + reach) * (b->r + reach)) continue;
                    most = b;
                    if (which) *which = *b;
                    if (b->r >= enough) return 2 * b->r;
                }
            }
    if (most == &none) return 0; /* which: untouched */
    lm_ball pushed = *most;
    pushed.r = balls_push(job, p, most, enough, reach, pushed.c);
    if (pushed.r <= most->r) return 2 * most->r;
    if (which) *which = pushed;
    return 2 * pushed.r;
}

lm_status lm_balls_build(const lm_mesh *m, double wall_mm, int threads, lm_balls *out, lm_err *err)
{
    double lo[3], hi[3], far = 0;
    *out = (lm_balls){.mesh = m, .near = LM_NEAREST_INIT, .wall = wall_mm, .cap = 0.625 * wall_mm, .widest = INFINITY};
    lm_mesh_box(m, lo, hi);
    for (int c = 0; c < 3; c++) {
        far = fabs(lo[c]) > far ? fabs(lo[c]) : far;
        far = fabs(hi[c]) > far ? fabs(hi[c]) : far;
        out->widest = 0.5 * (hi[c] - lo[c]) < out->widest ? 0.5 * (hi[c] - lo[c]) : out->widest;
    }
    out->tol = LM_BALLS_TOL * wall_mm + far * 0x1p-22; /* two units in the last place */
    lm_status rc = balls_count(out, err);
    if (!rc && !(out->ball = lm_mem_alloc(out->first[m->nt], sizeof *out->ball, err))) rc = LM_ENOMEM;
    if (!rc && !(rc = lm_nearest_build(m, threads, &out->near, err)) &&
        !(rc = lm_pool_run(threads, (m->nt + BALLS_BLOCK - 1) / BALLS_BLOCK, balls_grow_task, out, err)))
        rc = balls_cells(out, err);
    if (rc) lm_balls_release(out);
    return rc;
}

void lm_balls_release(lm_balls *b)
{
    lm_nearest_release(&b->near);
    free(b->first);
    free(b->ball);
    free(b->start);
    free(b->item);
    *b = (lm_balls)LM_BALLS_INIT;
}
