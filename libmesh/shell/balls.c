/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Contents: 1 points, 2 balls, 3 cells of balls, 4 thickness, 5 second look */
#include "shell/balls.h"
#include "base/mem.h"
#include "base/pool.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { BALLS_BLOCK = 512, BALLS_SHRINK = 64, BALLS_STUCK = 4, BALLS_CELLS = 1 << 26, BALLS_SEEN = 64 };
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

uint32_t lm_balls_onto(const lm_nearest *near, double x[3], double n[3])
{
    lm_nearest_hit hit;
    double p[3][3];
    lm_nearest_find(near, x, INFINITY, LM_NEAREST_NONE, &hit);
    memcpy(x, hit.q, sizeof hit.q);
    lm_balls_corners(near->mesh, hit.tri, p);
    lm_balls_normal(p, n);
    return hit.tri;
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

static double balls_most(const lm_balls *b)
{
    return b->widest < b->cap ? b->widest : b->cap;
}

bool lm_balls_enough(const lm_balls *b, double diameter)
{
    return diameter >= b->wall - b->tol;
}

/* As lm_balls_grow; none when it would be smaller than `least`. */
static lm_ball balls_grow_to(const lm_nearest *near, const double p[3], const double n[3], uint32_t t, double least, double most,
                             double q[3])
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
        if (next < least) return (lm_ball){.r = 0};
        r = next;
        if (q) memcpy(q, hit.q, sizeof hit.q);
    }
    return b;
}

lm_ball lm_balls_grow(const lm_nearest *near, const double p[3], const double n[3], uint32_t t, double most, double q[3])
{
    return balls_grow_to(near, p, n, t, 0, most, q);
}

/* Is p within T/2 of the ball? */
static bool balls_reach(const lm_balls *b, const lm_ball *ball, const double p[3])
{
    const double d[3] = {p[0] - ball->c[0], p[1] - ball->c[1], p[2] - ball->c[2]}, r = ball->r + 0.5 * (b->wall + b->tol);
    return balls_dot(d, d) <= r * r;
}

/* A ball that is thick enough for the point and was found not long before, or its own. seen: a ring of those found. */
static void balls_point_grow(lm_balls *b, uint32_t t, size_t i, const double x[3], const double n[3], uint32_t *seen, size_t *found)
{
    const size_t first = *found > BALLS_SEEN ? *found - BALLS_SEEN : 0;
    for (size_t k = *found; k-- > first;) {
        const uint32_t which = seen[k % BALLS_SEEN];
        if (!balls_reach(b, &b->ball[which], x)) continue;
        b->stand[i] = which;
        b->ball[i].r = 0;
        return;
    }
    b->ball[i] = balls_grow_to(&b->near, x, n, t, 0.5 * (b->wall - b->tol), balls_most(b), NULL);
    b->stand[i] = (uint32_t)i;
    if (lm_balls_enough(b, 2 * b->ball[i].r)) seen[(*found)++ % BALLS_SEEN] = (uint32_t)i;
}

/* Blocks are triangles that lie together in space. */
static lm_status balls_grow_task(void *ctx, size_t task, int worker, lm_err *err)
{
    lm_balls *b = ctx;
    uint32_t seen[BALLS_SEEN];
    size_t found = 0;
    (void)worker;
    (void)err;
    for (size_t q = task * BALLS_BLOCK; q < b->mesh->nt && q < (task + 1) * BALLS_BLOCK; q++) {
        const uint32_t t = b->near.bvh.item[q];
        double p[3][3], n[3], x[3];
        lm_balls_corners(b->mesh, t, p);
        lm_balls_normal(p, n);
        size_t k = (size_t)lm_balls_cuts(p, 0.5 * b->wall);
        for (size_t i = 0; i < k * k; i++) {
            lm_balls_point(p, k, i, x);
            balls_point_grow(b, t, b->first[t] + i, x, n, seen, &found);
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

/* Over the mesh. A ball that comes within T/2 of a point has its centre within cap + T/2: in the point's cell or one beside it. */
static void balls_grid(lm_balls *job)
{
    double hi[3], cells;
    lm_mesh_box(job->mesh, job->lo, hi);
    job->cell = job->cap + 0.5 * job->wall;
    do {
        cells = 1;
        for (int c = 0; c < 3; c++) cells *= floor((hi[c] - job->lo[c]) / job->cell) + 1;
        if (cells > BALLS_CELLS) job->cell *= 2;
    } while (cells > BALLS_CELLS);
    for (int c = 0; c < 3; c++) job->n[c] = (size_t)((hi[c] - job->lo[c]) / job->cell) + 1;
}

/* Those that are any, by the cell of their centre. */
static lm_status balls_sort(const lm_balls *job, const lm_ball *ball, size_t points, size_t **start, uint32_t **item, lm_err *err)
{
    const size_t n = job->n[0] * job->n[1] * job->n[2];
    size_t at[3];
    free(*start);
    free(*item);
    *item = NULL;
    if (!(*start = lm_mem_calloc(n + 2, sizeof **start, err)) || !(*item = lm_mem_alloc(points, sizeof **item, err)))
        return LM_ENOMEM;
    for (size_t i = 0; i < points; i++)
        if (ball[i].r > 0) (*start)[balls_cell(job, ball[i].c, at) + 2]++;
    for (size_t i = 1; i < n; i++) (*start)[i + 1] += (*start)[i];
    for (size_t i = 0; i < points; i++)
        if (ball[i].r > 0) (*item)[(*start)[balls_cell(job, ball[i].c, at) + 1]++] = (uint32_t)i;
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

/* Cells within `ring` of that of p. */
static void balls_around(const lm_balls *job, const double p[3], size_t ring, size_t lo[3], size_t hi[3])
{
    size_t at[3];
    balls_cell(job, p, at);
    for (int c = 0; c < 3; c++) {
        lo[c] = at[c] > ring ? at[c] - ring : 0;
        hi[c] = at[c] + ring < job->n[c] ? at[c] + ring : job->n[c] - 1;
    }
}

/* The largest ball within T/2 of p, or the first one that is thick enough; NULL: none. */
static const lm_ball *balls_largest(const lm_balls *job, const double p[3])
{
    const lm_ball *most = NULL;
    size_t lo[3], hi[3];
    balls_around(job, p, 1, lo, hi);
    for (size_t k = lo[2]; k <= hi[2]; k++)
        for (size_t j = lo[1]; j <= hi[1]; j++)
            for (size_t i = lo[0]; i <= hi[0]; i++) {
                size_t cell = (k * job->n[1] + j) * job->n[0] + i;
                for (size_t q = job->start[cell]; q < job->start[cell + 1]; q++) {
                    const lm_ball *b = &job->ball[job->item[q]];
                    if ((most && b->r <= most->r) || !balls_reach(job, b, p)) continue;
                    most = b;
                    if (lm_balls_enough(job, 2 * b->r)) return b;
                }
            }
    return most;
}

double lm_balls_found(const lm_balls *b, const double p[3])
{
    const lm_ball *most = balls_largest(b, p);
    return most ? 2 * most->r : 0;
}

double lm_balls_thickness(const lm_balls *job, const double p[3], lm_ball *which)
{
    const double enough = 0.5 * (job->wall - job->tol), reach = 0.5 * (job->wall + job->tol);
    const lm_ball *most = balls_largest(job, p);
    if (!most) return 0; /* which: untouched */
    if (which) *which = *most;
    if (lm_balls_enough(job, 2 * most->r)) return 2 * most->r;
    lm_ball pushed = *most;
    pushed.r = balls_push(job, p, most, enough, reach, pushed.c);
    if (pushed.r <= most->r) return 2 * most->r;
    if (which) *which = pushed;
    return 2 * pushed.r;
}

/* ---- 5 second look ---- */

/* Points that no ball so far is thick enough for. What they have under them is pushed to where it has room; where that finds
 * nothing either, one of those that were not grown near them may be what they lack: there all are. */
typedef struct {
    lm_balls *b;
    lm_ball *push;  /* per point: what was found by pushing; r 0: nothing */
    lm_ball *doubt; /* per point and vertex: c the place, r above 0 where in doubt */
    size_t *start;
    uint32_t *item;
} balls_second;

static lm_status balls_doubt_task(void *ctx, size_t task, int worker, lm_err *err)
{
    const balls_second *job = ctx;
    lm_balls *b = job->b;
    (void)worker;
    (void)err;
    for (size_t t = task * BALLS_BLOCK; t < b->mesh->nt && t < (task + 1) * BALLS_BLOCK; t++) {
        double p[3][3], n[3];
        lm_balls_corners(b->mesh, t, p);
        lm_balls_normal(p, n);
        size_t k = (size_t)lm_balls_cuts(p, 0.5 * b->wall);
        for (size_t i = b->first[t]; i < b->first[t + 1]; i++) {
            lm_ball *doubt = &job->doubt[i];
            if (b->stand[i] != i || b->ball[i].r > 0) continue;
            lm_balls_point(p, k, i - b->first[t], doubt->c);
            if (lm_balls_enough(b, lm_balls_found(b, doubt->c))) continue;
            b->ball[i] = lm_balls_grow(&b->near, doubt->c, n, (uint32_t)t, balls_most(b), NULL); /* in nobody's list as yet */
            lm_ball *push = &job->push[i]; /* beside it: what is thin has to be known by its own */
            push->r = balls_push(b, doubt->c, &b->ball[i], 0.5 * (b->wall - b->tol), 0.5 * (b->wall + b->tol), push->c);
            if (!lm_balls_enough(b, 2 * push->r)) push->r = 0;
            doubt->r = !(push->r > 0) && !lm_balls_enough(b, 2 * b->ball[i].r);
        }
    }
    return LM_OK;
}

static lm_status balls_vertex_task(void *ctx, size_t task, int worker, lm_err *err)
{
    const balls_second *job = ctx;
    const lm_mesh *m = job->b->mesh;
    (void)worker;
    (void)err;
    for (size_t v = task * BALLS_BLOCK; v < m->nv && v < (task + 1) * BALLS_BLOCK; v++) {
        lm_ball *doubt = &job->doubt[job->b->first[m->nt] + v];
        for (size_t c = 0; c < 3; c++) doubt->c[c] = m->pos[3 * v + c];
        doubt->r = !lm_balls_enough(job->b, lm_balls_thickness(job->b, doubt->c, NULL));
    }
    return LM_OK;
}

/* A ball that touches q and comes within T/2 of x: the two are no farther apart than both diameters' halves and T/2. */
static bool balls_doubted(const balls_second *job, const double q[3])
{
    const lm_balls *b = job->b;
    const double far = 2 * b->cap + 0.5 * (b->wall + b->tol);
    size_t lo[3], hi[3];
    balls_around(b, q, 2, lo, hi);
    for (size_t k = lo[2]; k <= hi[2]; k++)
        for (size_t j = lo[1]; j <= hi[1]; j++) {
            const size_t row = (k * b->n[1] + j) * b->n[0];
            for (size_t i = job->start[row + lo[0]]; i < job->start[row + hi[0] + 1]; i++) {
                const double *x = job->doubt[job->item[i]].c, d[3] = {q[0] - x[0], q[1] - x[1], q[2] - x[2]};
                if (balls_dot(d, d) <= far * far) return true;
            }
        }
    return false;
}

static lm_status balls_again_task(void *ctx, size_t task, int worker, lm_err *err)
{
    const balls_second *job = ctx;
    lm_balls *b = job->b;
    (void)worker;
    (void)err;
    for (size_t t = task * BALLS_BLOCK; t < b->mesh->nt && t < (task + 1) * BALLS_BLOCK; t++) {
        double p[3][3], n[3], x[3];
        lm_balls_corners(b->mesh, t, p);
        lm_balls_normal(p, n);
        size_t k = (size_t)lm_balls_cuts(p, 0.5 * b->wall);
        for (size_t i = b->first[t]; i < b->first[t + 1]; i++) {
            if (b->ball[i].r > 0) continue;
            lm_balls_point(p, k, i - b->first[t], x);
            if (balls_doubted(job, x)) b->ball[i] = lm_balls_grow(&b->near, x, n, (uint32_t)t, balls_most(b), NULL);
        }
    }
    return LM_OK;
}

/* What was pushed, behind the others. */
static lm_status balls_take(lm_balls *b, const lm_ball *push, size_t points, lm_err *err)
{
    size_t cap = points;
    b->balls = points;
    for (size_t i = 0; i < points; i++) {
        if (!(push[i].r > 0)) continue;
        if (b->balls == cap && lm_mem_grow(&b->ball, &cap, b->balls + 1, sizeof *b->ball, err)) return LM_ENOMEM;
        b->stand[i] = (uint32_t)b->balls;
        b->ball[b->balls++] = push[i];
    }
    return balls_sort(b, b->ball, b->balls, &b->start, &b->item, err);
}

static lm_status balls_look_again(lm_balls *b, int threads, lm_err *err)
{
    const lm_mesh *m = b->mesh;
    const size_t own = b->first[m->nt], all = own + m->nv, facets = (m->nt + BALLS_BLOCK - 1) / BALLS_BLOCK;
    balls_second job = {
        .b = b, .doubt = lm_mem_calloc(all, sizeof *job.doubt, err), .push = lm_mem_calloc(own, sizeof *job.push, err)};
    lm_status rc = job.doubt && job.push ? lm_pool_run(threads, facets, balls_doubt_task, &job, err) : LM_ENOMEM;
    if (!rc && !(rc = balls_take(b, job.push, own, err)) &&
        !(rc = lm_pool_run(threads, (m->nv + BALLS_BLOCK - 1) / BALLS_BLOCK, balls_vertex_task, &job, err)) &&
        !(rc = balls_sort(b, job.doubt, all, &job.start, &job.item, err)))
        rc = lm_pool_run(threads, facets, balls_again_task, &job, err);
    free(job.doubt);
    free(job.push);
    free(job.start);
    free(job.item);
    return rc ? rc : balls_sort(b, b->ball, b->balls, &b->start, &b->item, err);
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
    if (!rc && (!(out->ball = lm_mem_alloc(out->first[m->nt], sizeof *out->ball, err)) ||
                !(out->stand = lm_mem_alloc(out->first[m->nt], sizeof *out->stand, err))))
        rc = LM_ENOMEM;
    if (!rc && !(rc = lm_nearest_build(m, threads, &out->near, err)) &&
        !(rc = lm_pool_run(threads, (m->nt + BALLS_BLOCK - 1) / BALLS_BLOCK, balls_grow_task, out, err))) {
        balls_grid(out);
        if (!(rc = balls_sort(out, out->ball, out->first[m->nt], &out->start, &out->item, err)))
            rc = balls_look_again(out, threads, err);
    }
    if (rc) lm_balls_release(out);
    return rc;
}

void lm_balls_release(lm_balls *b)
{
    lm_nearest_release(&b->near);
    free(b->first);
    free(b->ball);
    free(b->stand);
    free(b->start);
    free(b->item);
    *b = (lm_balls)LM_BALLS_INIT;
}
