/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Contents: 1 centres, 2 room, 3 cells, 4 questions */
#include "shell/medial.h"
#include "base/mem.h"
#include "base/pool.h"
#include "shell/ray.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MEDIAL_BLOCK = 512, MEDIAL_SEEN = 64, MEDIAL_CLIMB = 64, MEDIAL_SETTLE = 6, MEDIAL_LEAVE = 24, MEDIAL_CELLS = 1 << 24 };
#define MEDIAL_APART -0.64 /* cosine of the angle that keeps a ball: 130 degrees */
#define MEDIAL_BESIDE 0.05 /* part of T: samples that are beside where a ball touches by less need no ball of their own; */
#define MEDIAL_DIP 2.5e-3  /* part of T: so deep are the dips between balls about centres that far apart, which are larger by it */
#define MEDIAL_OFF 1e-3    /* part of T: rays begin so far off the surface they belong to */
#define MEDIAL_BUMP 2.5    /* the largest ball near a sample may be so many times larger than its own */
#define MEDIAL_IN 0.05     /* part of T: how far from a thin corner its sample is taken */
#define MEDIAL_REACH 1.9   /* part of T/2: how far a centre may be from its sample; at 2 the sample begins to be thin again */

typedef struct {
    const lm_mesh *m;       /* the pieces */
    const lm_nearest *near; /* over the solid */
    const lm_balls *balls;
    const lm_medial_opt *opt;
    lm_ball *ball; /* per triangle; r 0: none */
    bool *held;
} medial_job;

typedef struct { /* a ball and the two points it sits between */
    lm_ball b;
    double p[3], q[3];
    uint32_t tp, tq; /* their triangles */
} medial_seat;

static double medial_dot(const double a[3], const double b[3])
{
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}

/* Direction from a to b, of length 1; the distance. */
static double medial_way(const double a[3], const double b[3], double d[3])
{
    for (int c = 0; c < 3; c++) d[c] = b[c] - a[c];
    double length = sqrt(medial_dot(d, d));
    for (int c = 0; c < 3; c++) d[c] /= length;
    return length;
}

/* ---- 1 centres ---- */

/* Away from what is nearest, until that changes to a point on the other side; then nearer and nearer to the middle. */
static void medial_climb(const medial_job *job, medial_seat *s)
{
    double was[3], now[3], step = 0.9;
    uint32_t hint = s->tp;
    medial_way(s->b.c, s->p, was);
    for (int i = 0, settled = 0; i < MEDIAL_CLIMB && settled < MEDIAL_SETTLE; i++) {
        lm_nearest_hit hit;
        lm_nearest_find(job->near, s->b.c, INFINITY, hint, &hit);
        hint = hit.tri;
        s->b.r = medial_way(s->b.c, hit.q, now);
        if (!(s->b.r > 0) || s->b.r >= 0.5 * job->opt->wall_mm) return;
        if (medial_dot(was, now) <= MEDIAL_APART) {
            memcpy(s->q, s->p, sizeof s->q);
            s->tq = s->tp;
            settled++;
            step *= 0.5;
        }
        memcpy(s->p, hit.q, sizeof s->p);
        s->tp = hit.tri;
        memcpy(was, now, sizeof was);
        for (int c = 0; c < 3; c++) s->b.c[c] -= now[c] * step * s->b.r;
    }
    lm_nearest_hit hit;
    lm_nearest_find(job->near, s->b.c, INFINITY, hint, &hit);
    s->b.r = sqrt(hit.d2);
}

/* Is c on the inner side of what is nearest to it? At edges that is not certain; nothing worse than a ball less comes of it. */
static bool medial_inside(const medial_job *job, const double c[3], const lm_nearest_hit *hit)
{
    double p[3][3], n[3], v[3];
    lm_balls_corners(job->near->mesh, hit->tri, p);
    lm_balls_normal(p, n);
    return medial_way(c, hit->q, v) > 0 && medial_dot(v, n) > 0;
}

/* As deep towards c as leaves p thick enough. */
static bool medial_towards(const medial_job *job, const double p[3], const double c[3], uint32_t t, medial_seat *s)
{
    const double half = 0.5 * job->opt->wall_mm;
    double u[3], far = medial_way(p, c, u);
    lm_nearest_hit hit;
    if (far > MEDIAL_REACH * half) far = MEDIAL_REACH * half;
    for (int k = 0; k < 3; k++) s->b.c[k] = p[k] + far * u[k];
    lm_nearest_find(job->near, s->b.c, INFINITY, t, &hit);
    s->b.r = sqrt(hit.d2) < half ? sqrt(hit.d2) : half;
    memcpy(s->p, p, sizeof s->p);
    memcpy(s->q, hit.q, sizeof s->q);
    s->tp = t;
    s->tq = hit.tri;
    return far > 0 && medial_inside(job, s->b.c, &hit);
}

/* The seat for the sample p: false where the solid is thick enough right below p after all. */
static bool medial_find(const medial_job *job, const double p[3], const double n[3], uint32_t t, medial_seat *s)
{
    const double half = 0.5 * job->opt->wall_mm, most = job->balls->widest < half ? job->balls->widest : half;
    double u[3], v[3];
    lm_nearest_hit hit;
    lm_ball largest = {.r = 0};
    *s = (medial_seat){.tp = t};
    memcpy(s->p, p, sizeof s->p);
    s->b = lm_balls_grow(job->near, p, n, t, most, s->q);
    if (!(s->b.r > 0) || s->b.r >= half * (1 - LM_BALLS_TOL)) return false;
    /* in a bump or a crease: the place to thicken is below it */
    if (job->opt->rough && lm_balls_thickness(job->balls, p, &largest) > MEDIAL_BUMP * 2 * s->b.r && largest.r > 0)
        return medial_towards(job, p, largest.c, t, s);
    lm_nearest_find(job->near, s->q, INFINITY, t, &hit);
    s->tq = hit.tri;
    medial_way(s->b.c, s->p, u);
    if (memcmp(s->p, s->q, sizeof s->p)) {
        medial_way(s->b.c, s->q, v);
        if (medial_dot(u, v) <= MEDIAL_APART) return true;
    }
    medial_climb(job, s);
    if (medial_way(p, s->b.c, u) <= MEDIAL_REACH * half) return s->b.r < half;
    const double c[3] = {s->b.c[0], s->b.c[1], s->b.c[2]};
    return medial_towards(job, p, c, t, s);
}

/* ---- 2 room ---- */

/* How far the surface may go from p along d (length 1) until half of what is more than min_gap of the gap is used up; at most
 * `most`. p is on the surface. */
static double medial_room(const lm_nearest *near, const double p[3], const double d[3], double min_gap, double most)
{
    const double off = MEDIAL_OFF * most;
    double x[3];
    for (int c = 0; c < 3; c++) x[c] = p[c] + off * d[c];
    double far = 2 * most + min_gap, gap = lm_ray_shoot(near, x, d, LM_NEAREST_NONE, far) + off;
    double room = gap > far ? most : 0.5 * (gap - min_gap);
    return room < 0 ? 0 : room > most ? most : room;
}

static double medial_allowed(const medial_job *job, const medial_seat *s, bool second)
{
    const double *p = second ? s->q : s->p;
    uint32_t t = second ? s->tq : s->tp;
    double d[3];
    bool cavity = job->opt->cavity && job->opt->cavity[t];
    if (cavity ? job->opt->side == LM_MEDIAL_OUTSIDE : job->opt->side == LM_MEDIAL_INSIDE) return 0;
    if (!(medial_way(s->b.c, p, d) > 0)) return 0;
    return medial_room(job->near, p, d, job->opt->min_gap_mm, job->opt->wall_mm);
}

/* What is asked for at this seat. */
static void medial_ask(const medial_job *job, const medial_seat *s, lm_ball *ball, bool *held)
{
    const double r = s->b.r, grow = job->opt->wall_mm - 2 * r;
    double p = medial_allowed(job, s, false), q = medial_allowed(job, s, true), u[3];
    double gp = p < 0.5 * grow ? p : 0.5 * grow, gq = q < grow - gp ? q : grow - gp;
    gp = p < grow - gq ? p : grow - gq;
    *held = gp + gq < grow * (1 - 1e-9);
    *ball = s->b;
    ball->r = r + 0.5 * (gp + gq) + (*held ? 0 : MEDIAL_DIP * job->opt->wall_mm);
    if (gp == gq || !(medial_way(s->p, s->q, u) > 0)) return;
    for (int c = 0; c < 3; c++) ball->c[c] += 0.5 * (gq - gp) * u[c];
}

static bool medial_thin(const medial_job *job, double thickness)
{
    return thickness < job->balls->wall - job->balls->tol;
}

/* Where facet t is thin: in its middle, else near a corner that is known to be. */
static bool medial_sample(const medial_job *job, size_t t, double p[3][3], double x[3])
{
    lm_balls_point(p, 1, 0, x);
    if (lm_balls_cuts(p, 0.5 * job->opt->wall_mm) <= 1 && medial_thin(job, lm_balls_found(job->balls, x))) return true;
    for (size_t k = 0; k < 3; k++) {
        const uint32_t v = job->m->tri[3 * t + k];
        if (v >= job->opt->known || !medial_thin(job, (double)job->opt->thick[v])) continue;
        double way[3], length = medial_way(p[k], x, way), in = MEDIAL_IN * job->opt->wall_mm;
        for (int c = 0; c < 3; c++) x[c] = p[k][c] + (in < length ? in : length) * way[c];
        return true;
    }
    return false;
}

/* Seats not long before: a ring of those found. */
typedef struct {
    double c[3], r2; /* the inscribed ball's centre, and how far from it samples need no seat of their own */
} medial_seen;

static bool medial_covered(const medial_seen *seen, size_t found, const double x[3])
{
    for (size_t k = found; k-- > (found > MEDIAL_SEEN ? found - MEDIAL_SEEN : 0);) {
        const double *c = seen[k % MEDIAL_SEEN].c, d[3] = {x[0] - c[0], x[1] - c[1], x[2] - c[2]};
        if (medial_dot(d, d) <= seen[k % MEDIAL_SEEN].r2) return true;
    }
    return false;
}

/* Blocks are pieces that follow each other: mostly of triangles that lie together. */
static lm_status medial_task(void *ctx, size_t task, int worker, lm_err *err)
{
    medial_job *job = ctx;
    medial_seen seen[MEDIAL_SEEN];
    const double beside = MEDIAL_BESIDE * job->opt->wall_mm;
    size_t found = 0;
    (void)worker;
    (void)err;
    for (size_t i = task * MEDIAL_BLOCK; i < job->m->nt && i < (task + 1) * MEDIAL_BLOCK; i++) {
        double p[3][3], n[3], x[3];
        medial_seat s;
        job->ball[i].r = 0;
        if (!job->opt->ask[i]) continue;
        lm_balls_corners(job->m, i, p);
        lm_balls_point(p, 1, 0, x);
        if (medial_covered(seen, found, x) || !medial_sample(job, i, p, x)) continue;
        const uint32_t t = lm_balls_onto(job->near, x, n);
        if (!medial_find(job, x, n, t, &s)) continue;
        medial_seen *now = &seen[found++ % MEDIAL_SEEN];
        memcpy(now->c, s.b.c, sizeof now->c);
        now->r2 = s.b.r * s.b.r + beside * beside;
        medial_ask(job, &s, &job->ball[i], &job->held[i]);
    }
    return LM_OK;
}

/* ---- 3 cells ---- */

static size_t medial_cell(const lm_medial *x, const double p[3], size_t at[3])
{
    for (int c = 0; c < 3; c++) {
        double i = floor((p[c] - x->lo[c]) / x->cell);
        at[c] = i < 0 ? 0 : i > (double)(x->grid[c] - 1) ? x->grid[c] - 1 : (size_t)i;
    }
    return (at[2] * x->grid[1] + at[1]) * x->grid[0] + at[0];
}

static lm_status medial_cells(lm_medial *x, double cell, lm_err *err)
{
    double hi[3], cells;
    size_t at[3];
    for (int c = 0; c < 3; c++) {
        x->lo[c] = INFINITY;
        hi[c] = -INFINITY;
        for (size_t i = 0; i < x->n; i++) {
            if (x->ball[i].c[c] < x->lo[c]) x->lo[c] = x->ball[i].c[c];
            if (x->ball[i].c[c] > hi[c]) hi[c] = x->ball[i].c[c];
        }
    }
    for (x->cell = cell;; x->cell *= 2) {
        cells = 1;
        for (int c = 0; c < 3; c++) cells *= floor((hi[c] - x->lo[c]) / x->cell) + 1;
        if (cells <= MEDIAL_CELLS) break;
    }
    for (int c = 0; c < 3; c++) x->grid[c] = (size_t)((hi[c] - x->lo[c]) / x->cell) + 1;
    size_t n = x->grid[0] * x->grid[1] * x->grid[2];
    if (!(x->start = lm_mem_calloc(n + 2, sizeof *x->start, err)) || !(x->item = lm_mem_alloc(x->n, sizeof *x->item, err)))
        return LM_ENOMEM;
    for (size_t i = 0; i < x->n; i++) x->start[medial_cell(x, x->ball[i].c, at) + 2]++;
    for (size_t i = 1; i < n; i++) x->start[i + 1] += x->start[i];
    for (size_t i = 0; i < x->n; i++) x->item[x->start[medial_cell(x, x->ball[i].c, at) + 1]++] = (uint32_t)i;
    return LM_OK;
}

lm_status lm_medial_build(const lm_mesh *m, const lm_balls *balls, const lm_medial_opt *opt, lm_medial *out, lm_err *err)
{
    medial_job job = {.m = m, .near = &balls->near, .balls = balls, .opt = opt};
    lm_status rc = LM_ENOMEM;
    *out = (lm_medial)LM_MEDIAL_INIT;
    if ((job.ball = lm_mem_alloc(m->nt, sizeof *job.ball, err)) && (job.held = lm_mem_calloc(m->nt, sizeof *job.held, err)))
        rc = lm_pool_run(lm_pool_threads(opt->threads), (m->nt + MEDIAL_BLOCK - 1) / MEDIAL_BLOCK, medial_task, &job, err);
    out->ball = job.ball;
    out->held = job.held;
    for (size_t t = 0; t < m->nt && !rc; t++) {
        if (!(job.ball[t].r > 0)) continue;
        out->held[out->n] = job.held[t];
        out->ball[out->n++] = job.ball[t];
    }
    if (!rc && out->n) rc = medial_cells(out, opt->wall_mm, err);
    if (rc) lm_medial_release(out);
    return rc;
}

void lm_medial_release(lm_medial *x)
{
    free(x->ball);
    free(x->held);
    free(x->start);
    free(x->item);
    *x = (lm_medial)LM_MEDIAL_INIT;
}

/* ---- 4 questions ---- */

/* Balls in the cell of p and beside it: all that come within T/2 of it. */
typedef bool (*medial_fn)(void *ctx, const lm_ball *b);

static bool medial_walk(const lm_medial *x, const double p[3], medial_fn fn, void *ctx)
{
    size_t lo[3], hi[3];
    if (!x->n) return false;
    for (int c = 0; c < 3; c++) {
        double i = floor((p[c] - x->lo[c]) / x->cell);
        if (i < -1 || i > (double)x->grid[c]) return false;
        lo[c] = i > 0 ? (size_t)i - 1 : 0;
        hi[c] = i + 1 < (double)x->grid[c] ? (size_t)(i + 1) : x->grid[c] - 1;
    }
    for (size_t k = lo[2]; k <= hi[2]; k++)
        for (size_t j = lo[1]; j <= hi[1]; j++)
            for (size_t i = lo[0]; i <= hi[0]; i++) {
                size_t cell = (k * x->grid[1] + j) * x->grid[0] + i;
                for (size_t q = x->start[cell]; q < x->start[cell + 1]; q++)
                    if (fn(ctx, &x->ball[x->item[q]])) return true;
            }
    return false;
}

typedef struct {
    const double *p;
    double best;
} medial_ask_at;

static bool medial_nearer(void *ctx, const lm_ball *b)
{
    medial_ask_at *a = ctx;
    double v[3] = {a->p[0] - b->c[0], a->p[1] - b->c[1], a->p[2] - b->c[2]}, reach = a->best + b->r;
    double d2 = medial_dot(v, v);
    if (d2 < reach * reach) a->best = sqrt(d2) - b->r;
    return a->best <= 0;
}

double lm_medial_distance(const lm_medial *x, const double p[3], double far)
{
    medial_ask_at a = {.p = p, .best = far};
    medial_walk(x, p, medial_nearer, &a);
    return a.best;
}

static bool medial_deeper(void *ctx, const lm_ball *b)
{
    medial_ask_at *a = ctx;
    double v[3] = {a->p[0] - b->c[0], a->p[1] - b->c[1], a->p[2] - b->c[2]}, room = b->r - a->best, d2 = medial_dot(v, v);
    if (room > 0 && d2 < room * room) a->best = b->r - sqrt(d2);
    return false;
}

double lm_medial_depth(const lm_medial *x, const double p[3])
{
    medial_ask_at a = {.p = p, .best = -x->cell};
    medial_walk(x, p, medial_deeper, &a);
    return a.best > -x->cell ? a.best : -INFINITY;
}

typedef struct {
    const double *p;
    double most;
    const lm_ball *which;
} medial_ask_which;

static bool medial_deepest(void *ctx, const lm_ball *b)
{
    medial_ask_which *a = ctx;
    double v[3] = {a->p[0] - b->c[0], a->p[1] - b->c[1], a->p[2] - b->c[2]}, room = b->r - a->most, d2 = medial_dot(v, v);
    if (room > 0 && d2 < room * room) {
        a->most = b->r - sqrt(d2);
        a->which = b;
    }
    return false;
}

void lm_medial_leave(const lm_medial *x, double less, double most, double p[3])
{
    double moved = 0;
    for (int i = 0; i < MEDIAL_LEAVE; i++) {
        medial_ask_which a = {.p = p, .most = less};
        double d[3];
        medial_walk(x, p, medial_deepest, &a);
        if (!a.which || !(medial_way(a.which->c, p, d) > 0)) return;
        double step = a.most - less + 1e-3 * most;
        if ((moved += step) > most) return;
        for (int c = 0; c < 3; c++) p[c] += step * d[c];
    }
}

lm_status lm_medial_of(const lm_ball *ball, size_t n, lm_medial *out, lm_err *err)
{
    double most = 0;
    *out = (lm_medial)LM_MEDIAL_INIT;
    if (!n) return LM_OK;
    if (!(out->ball = lm_mem_alloc(n, sizeof *ball, err))) return LM_ENOMEM;
    memcpy(out->ball, ball, n * sizeof *ball);
    out->n = n;
    for (size_t i = 0; i < n; i++) most = ball[i].r > most ? ball[i].r : most;
    lm_status rc = medial_cells(out, 1.25 * most, err);
    if (rc) lm_medial_release(out);
    return rc;
}
