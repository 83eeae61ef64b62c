/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Contents: 1 points, 2 balls, 3 rays, 4 cells of balls, 5 the answer */
#include "shell/wall.h"
#include "base/mem.h"
#include "base/pool.h"
#include "surface/nearest.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { WALL_BLOCK = 512, WALL_SHRINK = 64, WALL_STUCK = 4, WALL_CELLS = 1 << 26 };
#define WALL_POINTS 200000000.0
/* A ball is done when its centre is so nearly as far from the surface as from its point (parts of the radius): what is thinner than
 * this part of T is not seen. */
#define WALL_TOUCH 1e-9
/* One that did not get there and is farther off than this stands for nothing. */
#define WALL_LOST 1e-3

typedef struct {
    double c[3], r; /* r: exact distance of c from the surface; 0: none */
} wall_ball;

typedef struct {
    const lm_mesh *m;
    lm_nearest near;
    double wall, tol, cap; /* balls are not grown beyond radius cap, */
    double widest;         /* nor beyond this: half of the box's least side, which no ball inside can exceed */
    size_t *first;         /* per triangle its first point; nt+1 */
    wall_ball *ball;       /* per point */
    float *ray;            /* per point: length, at most 2 cap */
    float *thick;          /* per point, then per vertex */
    double lo[3], cell;
    size_t n[3], *start; /* balls of cell i: item[start[i]] .. item[start[i+1]] */
    uint32_t *item;
} wall_job;

/* ---- 1 points ---- */

static void wall_corners(const lm_mesh *m, size_t t, double p[3][3])
{
    for (size_t k = 0; k < 3; k++)
        for (size_t c = 0; c < 3; c++) p[k][c] = m->pos[3 * (size_t)m->tri[3 * t + k] + c];
}

static double wall_dot(const double a[3], const double b[3])
{
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}

/* Twice the area as a vector, outward. */
static void wall_normal(double p[3][3], double n[3])
{
    double u[3], v[3];
    for (int c = 0; c < 3; c++) {
        u[c] = p[1][c] - p[0][c];
        v[c] = p[2][c] - p[0][c];
    }
    for (int c = 0; c < 3; c++) n[c] = u[(c + 1) % 3] * v[(c + 2) % 3] - u[(c + 2) % 3] * v[(c + 1) % 3];
}

/* Each triangle is cut into k*k like itself, none with an edge above T/2; their centres are the points. */
static double wall_cuts(const wall_job *job, size_t t)
{
    double p[3][3], most = 0;
    wall_corners(job->m, t, p);
    for (int k = 0; k < 3; k++) {
        double d2 = 0;
        for (int c = 0; c < 3; c++) d2 += (p[k][c] - p[(k + 1) % 3][c]) * (p[k][c] - p[(k + 1) % 3][c]);
        most = d2 > most ? d2 : most;
    }
    double k = ceil(sqrt(most) / (0.5 * job->wall));
    return k < 1 ? 1 : k;
}

static lm_status wall_count(wall_job *job, lm_err *err)
{
    double sum = 0;
    if (!(job->first = lm_mem_alloc(job->m->nt + 1, sizeof *job->first, err))) return LM_ENOMEM;
    for (size_t t = 0; t < job->m->nt; t++) {
        double k = wall_cuts(job, t);
        job->first[t] = (size_t)sum;
        if ((sum += k * k) > WALL_POINTS)
            return lm_err_set(
                err, LM_ERANGE, NULL,
                "a wall of %g mm is too small to be checked on so large a part: it takes more than %.0f points; are the "
                "units right?",
                job->wall, WALL_POINTS);
    }
    job->first[job->m->nt] = (size_t)sum;
    return LM_OK;
}

/* Centre of piece i of a triangle cut into k*k: row by row from corner 0, pieces that stand as it does and turned ones. */
static void wall_point(double p[3][3], size_t k, size_t i, double x[3])
{
    size_t row = 0;
    while (i >= 2 * row + 1) i -= 2 * row++ + 1;
    size_t col = i / 2;
    double turned = (double)(i & 1), r = (double)row, q = (double)col, n = 3 * (double)k;
    double w2 = (3 * q + 1 + turned) / n, w0 = (3 * ((double)k - r) - 2 + turned) / n, w1 = 1 - w0 - w2;
    for (int c = 0; c < 3; c++) x[c] = w0 * p[0][c] + w1 * p[1][c] + w2 * p[2][c];
}

/* ---- 2 balls ---- */

/* The largest ball up to radius cap that touches p from inside and no other triangle; n outward, of length 1. */
static wall_ball wall_grow(const wall_job *job, const double p[3], const double n[3], uint32_t t)
{
    wall_ball b = {.r = 0};
    double r = job->widest < job->cap ? job->widest : job->cap;
    for (int i = 0; i < WALL_SHRINK; i++) {
        lm_nearest_hit hit;
        double v[3];
        for (int c = 0; c < 3; c++) b.c[c] = p[c] - r * n[c];
        lm_nearest_find(&job->near, b.c, INFINITY, t, &hit);
        double d = sqrt(hit.d2);
        b.r = d >= r * (1 - WALL_LOST) ? d : 0;
        if (d >= r * (1 - WALL_TOUCH)) break;
        for (int c = 0; c < 3; c++) v[c] = p[c] - hit.q[c];
        double down = 2 * wall_dot(v, n), next = down > 0 ? wall_dot(v, v) / down : 0;
        if (!(next < r) || next <= 0) break;
        r = next;
    }
    return b;
}

/* ---- 3 rays ---- */

/* Where the ray p + s d, s in (0, most), first meets a triangle other than `own`; most if nowhere. */
static bool wall_box_hit(const lm_bvh_node *b, const double p[3], const double d[3], double most)
{
    double from = 0, to = most;
    for (int c = 0; c < 3; c++) {
        double lo = (double)b->lo[c] - p[c], hi = (double)b->hi[c] - p[c];
        if (d[c] == 0) {
            if (lo > 0 || hi < 0) return false;
            continue;
        }
        double s = lo / d[c], e = hi / d[c], slack = 1e-9 * (fabs(s) + fabs(e));
        if (s > e) {
            double x = s;
            s = e;
            e = x;
        }
        from = s - slack > from ? s - slack : from;
        to = e + slack < to ? e + slack : to;
    }
    return from <= to;
}

/* Moeller, Trumbore: Fast, minimum storage ray/triangle intersection, JGT 1997; edges belong to both sides. */
static double wall_tri_hit(double q[3][3], const double p[3], const double d[3])
{
    const double edge = 1e-9;
    double u[3], v[3], w[3], h[3], g[3];
    for (int c = 0; c < 3; c++) {
        u[c] = q[1][c] - q[0][c];
        v[c] = q[2][c] - q[0][c];
        w[c] = p[c] - q[0][c];
    }
    for (int c = 0; c < 3; c++) h[c] = d[(c + 1) % 3] * v[(c + 2) % 3] - d[(c + 2) % 3] * v[(c + 1) % 3];
    double det = wall_dot(u, h);
    if (det == 0) return -1;
    double a = wall_dot(w, h) / det;
    for (int c = 0; c < 3; c++) g[c] = w[(c + 1) % 3] * u[(c + 2) % 3] - w[(c + 2) % 3] * u[(c + 1) % 3];
    double b = wall_dot(d, g) / det;
    return a >= -edge && b >= -edge && a + b <= 1 + edge ? wall_dot(v, g) / det : -1;
}

static double wall_shoot(const wall_job *job, const double p[3], const double d[3], uint32_t own, double most)
{
    const lm_bvh *tree = &job->near.bvh;
    uint32_t stack[LM_BVH_DEPTH];
    int n = 1;
    stack[0] = 0;
    while (n) {
        uint32_t i = stack[--n];
        const lm_bvh_node *b = &tree->node[i];
        if (!wall_box_hit(b, p, d, most)) continue;
        if (!b->n) {
            stack[n++] = b->at;
            stack[n++] = i + 1;
            continue;
        }
        for (uint32_t k = b->at; k < b->at + b->n; k++) {
            double q[3][3], s;
            if (tree->item[k] == own) continue;
            wall_corners(job->m, tree->item[k], q);
            s = wall_tri_hit(q, p, d);
            if (s > 0 && s < most) most = s;
        }
    }
    return most;
}

static lm_status wall_points_task(void *ctx, size_t task, int worker, lm_err *err)
{
    wall_job *job = ctx;
    (void)worker;
    (void)err;
    for (size_t t = task * WALL_BLOCK; t < job->m->nt && t < (task + 1) * WALL_BLOCK; t++) {
        double p[3][3], n[3], in[3];
        size_t k = (size_t)wall_cuts(job, t);
        wall_corners(job->m, t, p);
        wall_normal(p, n);
        double length = sqrt(wall_dot(n, n));
        for (int c = 0; c < 3; c++) {
            n[c] /= length;
            in[c] = -n[c];
        }
        for (size_t i = 0; i < k * k; i++) {
            double x[3];
            wall_point(p, k, i, x);
            job->ball[job->first[t] + i] = wall_grow(job, x, n, (uint32_t)t);
            job->ray[job->first[t] + i] = (float)wall_shoot(job, x, in, (uint32_t)t, 2 * job->cap);
        }
    }
    return LM_OK;
}

/* ---- 4 cells of balls ---- */

static size_t wall_cell(const wall_job *job, const double p[3], size_t at[3])
{
    for (int c = 0; c < 3; c++) {
        double i = floor((p[c] - job->lo[c]) / job->cell);
        at[c] = i < 0 ? 0 : i > (double)(job->n[c] - 1) ? job->n[c] - 1 : (size_t)i;
    }
    return (at[2] * job->n[1] + at[1]) * job->n[0] + at[0];
}

/* A ball that comes within T/2 of a point has its centre within cap + T/2: in the point's cell or one beside it. */
static lm_status wall_cells(wall_job *job, lm_err *err)
{
    double hi[3], cells;
    size_t points = job->first[job->m->nt], at[3];
    lm_mesh_box(job->m, job->lo, hi);
    job->cell = job->cap + 0.5 * job->wall;
    do {
        cells = 1;
        for (int c = 0; c < 3; c++) cells *= floor((hi[c] - job->lo[c]) / job->cell) + 1;
        if (cells > WALL_CELLS) job->cell *= 2;
    } while (cells > WALL_CELLS);
    for (int c = 0; c < 3; c++) job->n[c] = (size_t)((hi[c] - job->lo[c]) / job->cell) + 1;
    size_t n = job->n[0] * job->n[1] * job->n[2];
    if (!(job->start = lm_mem_calloc(n + 2, sizeof *job->start, err)) ||
        !(job->item = lm_mem_alloc(points, sizeof *job->item, err)))
        return LM_ENOMEM;
    for (size_t i = 0; i < points; i++)
        if (job->ball[i].r > 0) job->start[wall_cell(job, job->ball[i].c, at) + 2]++;
    for (size_t i = 1; i < n; i++) job->start[i + 1] += job->start[i];
    for (size_t i = 0; i < points; i++)
        if (job->ball[i].r > 0) job->item[job->start[wall_cell(job, job->ball[i].c, at) + 1]++] = (uint32_t)i;
    return LM_OK;
}

/* ---- 5 the answer ---- */

/* Move a ball away from what it touches until it is thick enough, never farther than it reaches (so it stays inside), as
 * alternating projections onto the half spaces it must keep clear of. The largest radius on the way within reach of p. */
static double wall_push(const wall_job *job, const double p[3], const wall_ball *from, double enough, double reach)
{
    double c[3] = {from->c[0], from->c[1], from->c[2]}, most = 0, high = 0;
    uint32_t hint = LM_NEAREST_NONE;
    for (int i = 0, stuck = 0; i < WALL_SHRINK && stuck < WALL_STUCK; i++) {
        lm_nearest_hit hit;
        lm_nearest_find(&job->near, c, INFINITY, hint, &hit);
        double d = sqrt(hit.d2), v[3] = {p[0] - c[0], p[1] - c[1], p[2] - c[2]};
        hint = hit.tri;
        stuck = d > 1.001 * high ? 0 : stuck + 1;
        high = d > high ? d : high;
        if (d > most && wall_dot(v, v) <= (d + reach) * (d + reach)) most = d;
        if (d >= enough || d == 0) break;
        double step = (0.5 * job->wall - d < 0.9 * d ? 0.5 * job->wall - d : 0.9 * d) / d;
        for (int k = 0; k < 3; k++) c[k] += (c[k] - hit.q[k]) * step;
    }
    return most;
}

/* Diameter of the largest ball within T/2 of p; of the first one found that is thick enough. */
static double wall_thickness(const wall_job *job, const double p[3])
{
    double enough = 0.5 * (job->wall - job->tol), reach = 0.5 * (job->wall + job->tol);
    const wall_ball none = {.r = 0}, *most = &none;
    size_t at[3], lo[3], hi[3];
    wall_cell(job, p, at);
    for (int c = 0; c < 3; c++) {
        lo[c] = at[c] ? at[c] - 1 : 0;
        hi[c] = at[c] + 1 < job->n[c] ? at[c] + 1 : at[c];
    }
    for (size_t k = lo[2]; k <= hi[2]; k++)
        for (size_t j = lo[1]; j <= hi[1]; j++)
            for (size_t i = lo[0]; i <= hi[0]; i++) {
                size_t cell = (k * job->n[1] + j) * job->n[0] + i;
                for (size_t q = job->start[cell]; q < job->start[cell + 1]; q++) {
                    const wall_ball *b = &job->ball[job->item[q]];
                    double d[3] = {p[0] - b->c[0], p[1] - b->c[1], p[2] - b->c[2]};
                    if (b->r <= most->r || wall_dot(d, d) > (b->r + reach) * (b->r + reach)) continue;
                    most = b;
                    if (b->r >= enough) return 2 * b->r;
                }
            }
    if (most == &none) return 0;
    double pushed = wall_push(job, p, most, enough, reach);
    return 2 * (pushed > most->r ? pushed : most->r);
}

static lm_status wall_thick_task(void *ctx, size_t task, int worker, lm_err *err)
{
    wall_job *job = ctx;
    (void)worker;
    (void)err;
    for (size_t t = task * WALL_BLOCK; t < job->m->nt && t < (task + 1) * WALL_BLOCK; t++) {
        double p[3][3];
        size_t k = (size_t)wall_cuts(job, t);
        wall_corners(job->m, t, p);
        for (size_t i = 0; i < k * k; i++) {
            const wall_ball *b = &job->ball[job->first[t] + i];
            double x[3];
            wall_point(p, k, i, x);
            job->thick[job->first[t] + i] = (float)(2 * b->r >= job->wall - job->tol ? 2 * b->r : wall_thickness(job, x));
        }
    }
    return LM_OK;
}

static lm_status wall_vertex_task(void *ctx, size_t task, int worker, lm_err *err)
{
    wall_job *job = ctx;
    float *thick = job->thick + job->first[job->m->nt];
    (void)worker;
    (void)err;
    for (size_t v = task * WALL_BLOCK; v < job->m->nv && v < (task + 1) * WALL_BLOCK; v++) {
        double p[3] = {job->m->pos[3 * v], job->m->pos[3 * v + 1], job->m->pos[3 * v + 2]};
        thick[v] = (float)wall_thickness(job, p);
    }
    return LM_OK;
}

static void wall_least(double value, const double p[3], double *least, double at[3])
{
    if (value >= *least) return;
    *least = value;
    memcpy(at, p, 3 * sizeof *at);
}

static void wall_sum(const wall_job *job, lm_wall_facts *f)
{
    const double bin = 2 * job->wall / LM_WALL_BINS, enough = job->wall - job->tol;
    const float *vertex = job->thick + job->first[job->m->nt];
    *f = (lm_wall_facts){.wall_mm = job->wall,
                         .tol_mm = job->tol,
                         .samples = job->first[job->m->nt] + job->m->nv,
                         .min_ball_mm = INFINITY,
                         .min_ray_mm = INFINITY};
    for (size_t t = 0; t < job->m->nt; t++) {
        double p[3][3], n[3], x[3];
        size_t k = (size_t)wall_cuts(job, t);
        wall_corners(job->m, t, p);
        wall_normal(p, n);
        double area = 0.5 * sqrt(wall_dot(n, n)) / (double)(k * k);
        for (size_t i = 0; i < k * k; i++) {
            double ball = (double)job->thick[job->first[t] + i], ray = (double)job->ray[job->first[t] + i];
            int b = (int)(ball / bin), r = (int)(ray / bin);
            wall_point(p, k, i, x);
            f->area_mm2 += area;
            f->ball_mm2[b < LM_WALL_BINS ? b : LM_WALL_BINS - 1] += area;
            f->ray_mm2[r < LM_WALL_BINS ? r : LM_WALL_BINS - 1] += area;
            wall_least(ball, x, &f->min_ball_mm, f->ball_at);
            wall_least(ray, x, &f->min_ray_mm, f->ray_at);
            if (ball >= enough) continue;
            f->thin_samples++;
            f->thin_mm2 += area;
        }
    }
    for (size_t v = 0; v < job->m->nv; v++) {
        double p[3] = {job->m->pos[3 * v], job->m->pos[3 * v + 1], job->m->pos[3 * v + 2]};
        wall_least((double)vertex[v], p, &f->min_ball_mm, f->ball_at);
        f->thin_samples += (double)vertex[v] < enough;
    }
}

static lm_status wall_quality(const wall_job *job, lm_mesh *m, lm_err *err)
{
    if (!m->quality && !(m->quality = lm_mem_alloc(m->nv, sizeof *m->quality, err))) return LM_ENOMEM;
    memcpy(m->quality, job->thick + job->first[m->nt], m->nv * sizeof *m->quality);
    return LM_OK;
}

static lm_status wall_run(wall_job *job, const lm_wall_opt *opt, lm_err *err)
{
    const int threads = lm_pool_threads(opt->threads);
    const size_t tasks = (job->m->nt + WALL_BLOCK - 1) / WALL_BLOCK;
    lm_status rc = wall_count(job, err);
    if (rc) return rc;
    size_t points = job->first[job->m->nt];
    if (!(job->ball = lm_mem_alloc(points, sizeof *job->ball, err)) || !(job->ray = lm_mem_alloc(points, sizeof *job->ray, err)) ||
        !(job->thick = lm_mem_alloc(points + job->m->nv, sizeof *job->thick, err)))
        return LM_ENOMEM;
    if (opt->progress) opt->progress(opt->progress_ctx, "balls and rays", 0.2);
    if ((rc = lm_nearest_build(job->m, threads, &job->near, err)) || (rc = lm_pool_run(threads, tasks, wall_points_task, job, err)))
        return rc;
    if (opt->progress) opt->progress(opt->progress_ctx, "thickness", 0.7);
    if ((rc = wall_cells(job, err)) || (rc = lm_pool_run(threads, tasks, wall_thick_task, job, err))) return rc;
    return lm_pool_run(threads, (job->m->nv + WALL_BLOCK - 1) / WALL_BLOCK, wall_vertex_task, job, err);
}

lm_status lm_wall_check(lm_mesh *m, const lm_wall_opt *opt, bool quality, lm_wall_facts *facts, lm_err *err)
{
    double lo[3], hi[3], far = 0;
    wall_job job = {.m = m, .near = LM_NEAREST_INIT, .wall = opt->wall_mm, .cap = opt->wall_mm, .widest = INFINITY};
    *facts = (lm_wall_facts){.wall_mm = opt->wall_mm};
    if (!(opt->wall_mm > 0) || !isfinite(opt->wall_mm))
        return lm_err_set(err, LM_EUSAGE, NULL, "a wall of %g mm: a length above 0 is needed", opt->wall_mm);
    lm_mesh_box(m, lo, hi);
    for (int c = 0; c < 3; c++) {
        far = fabs(lo[c]) > far ? fabs(lo[c]) : far;
        far = fabs(hi[c]) > far ? fabs(hi[c]) : far;
        job.widest = 0.5 * (hi[c] - lo[c]) < job.widest ? 0.5 * (hi[c] - lo[c]) : job.widest;
    }
    job.tol = LM_WALL_TOL * job.wall + far * 0x1p-22; /* two units in the last place */
    lm_status rc = wall_run(&job, opt, err);
    if (!rc) wall_sum(&job, facts);
    if (!rc && quality) rc = wall_quality(&job, m, err);
    lm_nearest_release(&job.near);
    free(job.first);
    free(job.ball);
    free(job.ray);
    free(job.thick);
    free(job.start);
    free(job.item);
    return rc;
}
