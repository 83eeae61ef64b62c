/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Contents: 1 the graph, 2 the equations, 3 their solution */
#include "segment/walker.h"
#include "base/arith.h"
#include "base/mem.h"
#include "base/pool.h"
#include "segment/grid.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { WALKER_BLOCK = 65536, WALKER_ROUNDS = 10000 };
#define WALKER_NONE UINT32_MAX
#define WALKER_TOLERANCE 1e-7
#define WALKER_FLOOR 1e-5
#define WALKER_MODIFIED 0.97 /* part of what is dropped that goes to the diagonal */

typedef struct {
    const lm_markers *m;
    double step2[3]; /* squared ratio of the steps to the least one */
    double beta, sigma;
    int threads;
    float *x;     /* values of the box */
    uint32_t *id; /* of the open samples of the box, or WALKER_NONE */
    size_t n, blocks;
    uint32_t *at;                                  /* [n] place in the box */
    uint32_t (*to)[6];                             /* [n] id of the neighbours, -i +i -j +j -k +k */
    float (*weight)[6];                            /* [n] 0: no way */
    double *diag, *factor, *b, *p, *r, *z, *q, *d; /* [n]: solution p, residual r, preconditioned z, direction d, product q */
    double *part;                                  /* [blocks] sums */
    double alpha, gain;
} walker_job;

static void walker_release(walker_job *w)
{
    free(w->x), free(w->id), free(w->at), free(w->to), free(w->weight);
    free(w->diag), free(w->factor), free(w->b), free(w->p), free(w->r), free(w->z), free(w->q), free(w->d), free(w->part);
}

/* ---- 1 the graph ---- */

static lm_status walker_values(void *ctx, size_t k, int worker, lm_err *err)
{
    const walker_job *w = ((void **)ctx)[0];
    const lm_vol *v = ((void **)ctx)[1];
    const lm_markers *m = w->m;
    (void)worker;
    double *row = lm_mem_alloc(m->n[0], sizeof *row, err);
    if (!row) return LM_ENOMEM;
    for (size_t j = 0; j < m->n[1]; j++) {
        float *x = w->x + (k * m->n[1] + j) * m->n[0];
        lm_vol_row_f64(v, ((m->lo[2] + k) * v->n[1] + m->lo[1] + j) * v->n[0] + m->lo[0], m->n[0], row);
        for (size_t i = 0; i < m->n[0]; i++) x[i] = (float)row[i];
    }
    free(row);
    return LM_OK;
}

/* The place beside `at` in direction 0..5; WALKER_NONE: beyond the box, or no way leads there. */
static uint32_t walker_beside(const lm_markers *m, size_t at, int direction)
{
    const size_t stride[3] = {1, m->n[0], m->n[0] * m->n[1]};
    const size_t place[3] = {at % m->n[0], at / m->n[0] % m->n[1], at / m->n[0] / m->n[1]};
    const int axis = direction / 2;
    if (direction % 2 ? place[axis] + 1 == m->n[axis] : !place[axis]) return WALKER_NONE;
    const size_t to = direction % 2 ? at + stride[axis] : at - stride[axis];
    return m->of[to] == LM_MARKERS_NONE ? WALKER_NONE : (uint32_t)to;
}

/* Number the open samples that a marker can be reached from, in the order of the box; those that none can are told. */
static lm_status walker_number(walker_job *w, size_t *apart, lm_err *err)
{
    const lm_markers *m = w->m;
    const size_t all = m->n[0] * m->n[1] * m->n[2];
    size_t held = 0;
    uint32_t *stack = lm_mem_alloc(m->open, sizeof *stack, err);
    if (!stack) return LM_ENOMEM;
    memset(w->id, 0xff, all * sizeof *w->id);
    for (size_t at = 0; at < all; at++) {
        bool near = false;
        if (m->of[at] != LM_MARKERS_OPEN || w->id[at] != WALKER_NONE) continue;
        for (int d = 0; d < 6 && !near; d++) {
            const uint32_t to = walker_beside(m, at, d);
            near = to != WALKER_NONE && m->of[to] != LM_MARKERS_OPEN;
        }
        if (!near) continue;
        w->id[at] = 0;
        stack[held++] = (uint32_t)at;
        while (held) {
            const uint32_t from = stack[--held];
            for (int d = 0; d < 6; d++) {
                const uint32_t to = walker_beside(m, from, d);
                if (to == WALKER_NONE || m->of[to] != LM_MARKERS_OPEN || w->id[to] != WALKER_NONE) continue;
                w->id[to] = 0;
                stack[held++] = to;
            }
        }
    }
    free(stack);
    for (size_t at = 0; at < all; at++)
        if (w->id[at] != WALKER_NONE) w->id[at] = (uint32_t)w->n++;
    *apart = m->open - w->n;
    return LM_OK;
}

static lm_status walker_alloc(walker_job *w, lm_err *err)
{
    double **const vector[] = {&w->diag, &w->factor, &w->b, &w->p, &w->r, &w->z, &w->q, &w->d};
    w->blocks = (w->n + WALKER_BLOCK - 1) / WALKER_BLOCK;
    for (size_t i = 0; i < sizeof vector / sizeof *vector; i++)
        if (!(*vector[i] = lm_mem_calloc(w->n, sizeof **vector[i], err))) return LM_ENOMEM;
    if (!(w->at = lm_mem_alloc(w->n, sizeof *w->at, err)) || !(w->to = lm_mem_alloc(w->n, sizeof *w->to, err)) ||
        !(w->weight = lm_mem_alloc(w->n, sizeof *w->weight, err)))
        return LM_ENOMEM;
    return (w->part = lm_mem_calloc(w->blocks, sizeof *w->part, err)) ? LM_OK : LM_ENOMEM;
}

static size_t walker_end(const walker_job *w, size_t block)
{
    return (block + 1) * WALKER_BLOCK < w->n ? (block + 1) * WALKER_BLOCK : w->n;
}

static double walker_sum(const walker_job *w)
{
    double sum = 0;
    for (size_t i = 0; i < w->blocks; i++) sum += w->part[i];
    return sum;
}

static lm_status walker_deviation(void *ctx, size_t block, int worker, lm_err *err)
{
    walker_job *w = ctx;
    double sum = 0;
    (void)worker, (void)err;
    for (size_t u = block * WALKER_BLOCK; u < walker_end(w, block); u++) {
        const double x = (double)w->x[w->at[u]];
        sum += w->gain > 0 ? (x - w->alpha) * (x - w->alpha) : x;
    }
    w->part[block] = sum;
    return LM_OK;
}

static lm_status walker_sigma(walker_job *w, lm_err *err)
{
    w->gain = 0;
    lm_status rc = lm_pool_run(w->threads, w->blocks, walker_deviation, w, err);
    w->alpha = walker_sum(w) / (double)w->n; /* the mean */
    w->gain = 1;
    if (!rc) rc = lm_pool_run(w->threads, w->blocks, walker_deviation, w, err);
    w->sigma = sqrt(walker_sum(w) / (double)w->n);
    return rc;
}

/* ---- 2 the equations ---- */

static lm_status walker_rows(void *ctx, size_t block, int worker, lm_err *err)
{
    walker_job *w = ctx;
    (void)worker, (void)err;
    for (size_t u = block * WALKER_BLOCK; u < walker_end(w, block); u++)
        for (int d = 0; d < 6; d++) {
            const uint32_t to = walker_beside(w->m, w->at[u], d);
            w->to[u][d] = WALKER_NONE;
            w->weight[u][d] = 0;
            if (to == WALKER_NONE) continue;
            const double g = (double)w->x[to] - (double)w->x[w->at[u]], s2 = w->sigma * w->sigma * w->step2[d / 2];
            w->weight[u][d] = (float)((g != 0 && s2 > 0 ? lm_arith_exp(-w->beta * (g * g / s2)) : 1) + WALKER_FLOOR);
            w->to[u][d] = w->id[to];
            w->diag[u] += (double)w->weight[u][d];
            if (w->m->of[to] == LM_MARKERS_IN) w->b[u] += (double)w->weight[u][d];
        }
    return LM_OK;
}

static bool walker_within(const walker_job *w, size_t u, int d)
{
    return w->to[u][d] != WALKER_NONE && w->to[u][d] / WALKER_BLOCK == u / WALKER_BLOCK;
}

/* The diagonal of the factors; neighbours come before (even directions) or after. */
static lm_status walker_factor(void *ctx, size_t block, int worker, lm_err *err)
{
    walker_job *w = ctx;
    (void)worker, (void)err;
    for (size_t u = block * WALKER_BLOCK; u < walker_end(w, block); u++) {
        double f = w->diag[u];
        for (int d = 0; d < 6; d += 2) {
            if (!walker_within(w, u, d)) continue;
            const size_t j = w->to[u][d];
            const double a = (double)w->weight[u][d];
            double rest = 0;
            for (int e = 1; e < 6; e += 2)
                if (e != d + 1 && walker_within(w, j, e)) rest += (double)w->weight[j][e];
            f -= a * (a + WALKER_MODIFIED * rest) / w->factor[j];
        }
        w->factor[u] = f > 0.25 * w->diag[u] ? f : w->diag[u];
    }
    return LM_OK;
}

/* ---- 3 their solution ---- */

/* z: r after the factors, forwards and back; part: r z. */
static lm_status walker_precondition(void *ctx, size_t block, int worker, lm_err *err)
{
    walker_job *w = ctx;
    const size_t first = block * WALKER_BLOCK, end = walker_end(w, block);
    double sum = 0;
    (void)worker, (void)err;
    for (size_t u = first; u < end; u++) {
        double x = w->r[u];
        for (int d = 0; d < 6; d += 2)
            if (walker_within(w, u, d)) x += (double)w->weight[u][d] * w->z[w->to[u][d]];
        w->z[u] = x / w->factor[u];
    }
    for (size_t u = end; u-- > first;) {
        double x = 0;
        for (int d = 1; d < 6; d += 2)
            if (walker_within(w, u, d)) x += (double)w->weight[u][d] * w->z[w->to[u][d]];
        w->z[u] += x / w->factor[u];
        sum += w->r[u] * w->z[u];
    }
    w->part[block] = sum;
    return LM_OK;
}

static lm_status walker_direct(void *ctx, size_t block, int worker, lm_err *err)
{
    walker_job *w = ctx;
    (void)worker, (void)err;
    for (size_t u = block * WALKER_BLOCK; u < walker_end(w, block); u++) w->d[u] = w->z[u] + w->gain * w->d[u];
    return LM_OK;
}

static double walker_times(const walker_job *w, const double *x, size_t u)
{
    double sum = w->diag[u] * x[u];
    for (int d = 0; d < 6; d++)
        if (w->to[u][d] != WALKER_NONE) sum -= (double)w->weight[u][d] * x[w->to[u][d]];
    return sum;
}

/* q: the matrix times d; part: d q. */
static lm_status walker_product(void *ctx, size_t block, int worker, lm_err *err)
{
    walker_job *w = ctx;
    double sum = 0;
    (void)worker, (void)err;
    for (size_t u = block * WALKER_BLOCK; u < walker_end(w, block); u++) {
        w->q[u] = walker_times(w, w->d, u);
        sum += w->d[u] * w->q[u];
    }
    w->part[block] = sum;
    return LM_OK;
}

/* Along d; part: the residual. */
static lm_status walker_advance(void *ctx, size_t block, int worker, lm_err *err)
{
    walker_job *w = ctx;
    double sum = 0;
    (void)worker, (void)err;
    for (size_t u = block * WALKER_BLOCK; u < walker_end(w, block); u++) {
        w->p[u] += w->alpha * w->d[u];
        w->r[u] -= w->alpha * w->q[u];
        sum += w->r[u] * w->r[u] / w->diag[u];
    }
    w->part[block] = sum;
    return LM_OK;
}

/* The residual by its definition; z: the defect. */
static lm_status walker_residual(void *ctx, size_t block, int worker, lm_err *err)
{
    walker_job *w = ctx;
    double sum = 0;
    (void)worker, (void)err;
    for (size_t u = block * WALKER_BLOCK; u < walker_end(w, block); u++) {
        w->r[u] = w->b[u] - walker_times(w, w->p, u);
        w->z[u] = fabs(w->r[u]) / w->diag[u];
        sum += w->r[u] * w->r[u] / w->diag[u];
    }
    w->part[block] = sum;
    return LM_OK;
}

static lm_status walker_iterate(walker_job *w, lm_walker *out, lm_err *err)
{
    double rz = 0, right = 0, rest = 0;
    lm_status rc = lm_pool_run(w->threads, w->blocks, walker_residual, w, err); /* p is 0: the right side */
    right = walker_sum(w);
    rest = right;
    while (!rc && rest > WALKER_TOLERANCE * WALKER_TOLERANCE * right) {
        if (++out->rounds > WALKER_ROUNDS)
            return lm_err_set(err, LM_ERULE, NULL,
                              "the equations of the random walks were not solved in %d rounds; residual %.3g, "
                              "%.3g is needed: give a smaller beta",
                              (int)WALKER_ROUNDS, sqrt(rest / right), WALKER_TOLERANCE);
        if ((rc = lm_pool_run(w->threads, w->blocks, walker_precondition, w, err))) break;
        const double was = rz;
        rz = walker_sum(w);
        w->gain = out->rounds > 1 ? rz / was : 0;
        if ((rc = lm_pool_run(w->threads, w->blocks, walker_direct, w, err))) break;
        if ((rc = lm_pool_run(w->threads, w->blocks, walker_product, w, err))) break;
        w->alpha = rz / walker_sum(w);
        rc = lm_pool_run(w->threads, w->blocks, walker_advance, w, err);
        rest = walker_sum(w);
    }
    if (!rc) rc = lm_pool_run(w->threads, w->blocks, walker_residual, w, err);
    out->residual = right > 0 ? sqrt(walker_sum(w) / right) : 0;
    for (size_t u = 0; u < w->n && !rc; u++) out->defect = w->z[u] > out->defect ? w->z[u] : out->defect;
    return rc;
}

static lm_status walker_build(walker_job *w, const lm_vol *v, lm_walker *out, lm_err *err)
{
    const lm_markers *m = w->m;
    const size_t all = m->n[0] * m->n[1] * m->n[2];
    void *ctx[2] = {w, (void *)v};
    if (!(w->x = lm_mem_alloc(all, sizeof *w->x, err)) || !(w->id = lm_mem_alloc(all, sizeof *w->id, err))) return LM_ENOMEM;
    lm_status rc = lm_pool_run(w->threads, m->n[2], walker_values, ctx, err);
    if (!rc) rc = walker_number(w, &out->apart, err);
    if (rc || !w->n) return rc;
    if ((rc = walker_alloc(w, err))) return rc;
    for (size_t at = 0; at < all; at++)
        if (w->id[at] != WALKER_NONE) w->at[w->id[at]] = (uint32_t)at;
    rc = walker_sigma(w, err);
    out->sigma = w->sigma;
    if (!rc) rc = lm_pool_run(w->threads, w->blocks, walker_rows, w, err);
    return rc ? rc : lm_pool_run(w->threads, w->blocks, walker_factor, w, err);
}

lm_status lm_walker_solve(const lm_vol *v, const lm_markers *m, const lm_walker_opt *opt, float *p, lm_walker *out, lm_err *err)
{
    walker_job w = {.m = m, .beta = opt->beta, .threads = lm_pool_threads(opt->threads)};
    double step[3], least, lo, hi;
    *out = (lm_walker){.sigma = 0};
    if (m->open > LM_WALKER_OPEN)
        return lm_err_set(
            err, LM_ERANGE, NULL,
            "%zu samples are open, and %d can be (108 bytes each): give a narrower band, or a smaller region with --roi", m->open,
            (int)LM_WALKER_OPEN);
    lm_status rc = lm_grid_steps(v, step, err);
    if (!rc && v->type >= LM_F32) rc = lm_vol_range(v, &lo, &hi, err);
    if (rc) return rc;
    least = fmin(step[0], fmin(step[1], step[2]));
    for (int a = 0; a < 3; a++) w.step2[a] = step[a] / least * (step[a] / least);
    rc = walker_build(&w, v, out, err);
    if (!rc && w.n) rc = walker_iterate(&w, out, err);
    for (size_t at = 0; at < m->n[0] * m->n[1] * m->n[2] && !rc; at++) {
        const bool solved = w.id[at] != WALKER_NONE;
        const double x = solved ? w.p[w.id[at]] : m->of[at] == LM_MARKERS_IN;
        p[at] = x > 1 ? 1 : x > 0 ? (float)x : 0;
    }
    walker_release(&w);
    return rc;
}
