/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Contents: pairs of labels - measure - solve - move. Sums run over segments of triangles of one pair, in order. */
#include "surface/pressure.h"
#include "base/mem.h"
#include "base/pool.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { PRESSURE_SEGMENT = 4096, PRESSURE_STEPS = 300 };
#define PRESSURE_EXACT 1e-10 /* residual, relative, at which the solver ends */

typedef struct lm_pressure_pair {
    uint32_t label, back; /* values, back 0 for background */
    size_t in, out;       /* places in net->label; out: SIZE_MAX for background */
    size_t triangles;
    double volume, area; /* between the origin and the wall, voxels; voxels per mm of moving */
} pressure_pair;

typedef struct lm_pressure_segment {
    uint32_t pair;
    size_t begin, end; /* in order */
    double volume, area;
} pressure_segment;

/* ---- pairs of labels ---- */

static int pressure_order(const void *a, const void *b)
{
    const pressure_pair *x = a, *y = b;
    if (x->label != y->label) return x->label < y->label ? -1 : 1;
    return (x->back > y->back) - (x->back < y->back);
}

static size_t pressure_label(const lm_nets *net, uint32_t label)
{
    size_t lo = 0, hi = net->n_labels;
    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;
        if (net->label[mid] < label) lo = mid + 1;
        else hi = mid;
    }
    return lo;
}

static size_t pressure_unique(pressure_pair *pair, size_t n)
{
    size_t m = 0;
    if (n) qsort(pair, n, sizeof *pair, pressure_order);
    for (size_t i = 0; i < n; i++)
        if (!m || pressure_order(&pair[m - 1], &pair[i])) pair[m++] = pair[i];
    return m;
}

static lm_status pressure_collect(lm_pressure *p, lm_err *err)
{
    const lm_mesh *m = &p->net->mesh;
    size_t cap = 0, n = 0;
    for (size_t t = 0; t < m->nt; t++) {
        pressure_pair now = {.label = m->label[t], .back = m->label_back[t]};
        if (n && !pressure_order(&p->pair[n - 1], &now)) continue;
        if (n == cap) {
            n = pressure_unique(p->pair, n);
            lm_status rc = 2 * n >= cap ? lm_mem_grow(&p->pair, &cap, 2 * cap + 256, sizeof *p->pair, err) : LM_OK;
            if (rc) return rc;
        }
        p->pair[n++] = now;
    }
    p->pairs = pressure_unique(p->pair, n);
    for (size_t i = 0; i < p->pairs; i++) {
        pressure_pair *q = &p->pair[i];
        q->in = pressure_label(p->net, q->label);
        q->out = q->back ? pressure_label(p->net, q->back) : SIZE_MAX;
    }
    return LM_OK;
}

static void pressure_assign(lm_pressure *p)
{
    const lm_mesh *m = &p->net->mesh;
    size_t last = 0;
    for (size_t t = 0; t < m->nt; t++) {
        pressure_pair now = {.label = m->label[t], .back = m->label_back[t]};
        if (pressure_order(&p->pair[last], &now)) {
            const pressure_pair *found = bsearch(&now, p->pair, p->pairs, sizeof now, pressure_order);
            last = (size_t)(found - p->pair);
        }
        p->of[t] = (uint32_t)last;
        p->pair[last].triangles++;
    }
}

static lm_status pressure_segments(lm_pressure *p, lm_err *err)
{
    const lm_mesh *m = &p->net->mesh;
    size_t *at = lm_mem_alloc(p->pairs, sizeof *at, err), sum = 0;
    if (!at) return LM_ENOMEM;
    for (size_t i = 0; i < p->pairs; i++) {
        at[i] = sum;
        sum += p->pair[i].triangles;
        p->segments += p->pair[i].triangles / PRESSURE_SEGMENT + 1;
    }
    for (size_t t = 0; t < m->nt; t++) p->order[at[p->of[t]]++] = (uint32_t)t;
    free(at);
    if (!(p->segment = lm_mem_calloc(p->segments, sizeof *p->segment, err))) return LM_ENOMEM;
    p->segments = sum = 0;
    for (size_t i = 0; i < p->pairs; i++)
        for (size_t end = sum + p->pair[i].triangles; sum < end;) {
            pressure_segment *s = &p->segment[p->segments++];
            s->pair = (uint32_t)i;
            s->begin = sum;
            s->end = sum = end - sum < PRESSURE_SEGMENT ? end : sum + PRESSURE_SEGMENT;
        }
    return LM_OK;
}

lm_status lm_pressure_make(const lm_nets *net, const lm_vol *grid, int threads, lm_pressure *p, lm_err *err)
{
    double inv[3][3];
    lm_status rc = LM_ENOMEM;
    *p = (lm_pressure){.net = net, .threads = threads};
    lm_vol_inverse(grid, inv);
    for (int a = 0; a < 3; a++)
        for (int b = 0; b < 3; b++) p->metric[a][b] = inv[a][0] * inv[b][0] + inv[a][1] * inv[b][1] + inv[a][2] * inv[b][2];
    if (!(p->of = lm_mem_alloc(net->mesh.nt, sizeof *p->of, err)) ||
        !(p->order = lm_mem_alloc(net->mesh.nt, sizeof *p->order, err)) ||
        !(p->volume = lm_mem_calloc(net->n_labels, sizeof *p->volume, err)) ||
        !(p->u = lm_mem_calloc(net->n_labels, sizeof *p->u, err)) || (rc = pressure_collect(p, err)))
        goto fail;
    pressure_assign(p);
    if ((rc = pressure_segments(p, err)) || (rc = lm_topo_corners_make(&net->mesh, NULL, &p->corners, err))) goto fail;
    return LM_OK;
fail:
    lm_pressure_release(p);
    return rc;
}

void lm_pressure_release(lm_pressure *p)
{
    free(p->pair);
    free(p->of);
    free(p->order);
    free(p->segment);
    free(p->volume);
    free(p->u);
    lm_topo_corners_release(&p->corners);
    *p = (lm_pressure)LM_PRESSURE_INIT;
}

/* ---- measure ---- */

/* Twice the triangle's area as a vector. */
static void pressure_normal(const lm_mesh *m, size_t t, double n[3])
{
    const float *a = m->pos + 3 * (size_t)m->tri[3 * t], *b = m->pos + 3 * (size_t)m->tri[3 * t + 1],
                *c = m->pos + 3 * (size_t)m->tri[3 * t + 2];
    double u[3], v[3];
    for (int k = 0; k < 3; k++) {
        u[k] = (double)b[k] - a[k];
        v[k] = (double)c[k] - a[k];
    }
    n[0] = u[1] * v[2] - u[2] * v[1];
    n[1] = u[2] * v[0] - u[0] * v[2];
    n[2] = u[0] * v[1] - u[1] * v[0];
}

static double pressure_length(const lm_pressure *p, const double n[3])
{
    double s = 0;
    for (int a = 0; a < 3; a++)
        for (int b = 0; b < 3; b++) s += n[a] * p->metric[a][b] * n[b];
    return sqrt(s > 0 ? s : 0);
}

static lm_status pressure_measure_task(void *ctx, size_t task, int worker, lm_err *err)
{
    (void)worker;
    (void)err;
    lm_pressure *p = ctx;
    pressure_segment *s = &p->segment[task];
    const lm_mesh *m = &p->net->mesh;
    double n[3];
    s->volume = s->area = 0;
    for (size_t i = s->begin; i < s->end; i++) {
        const float *a = m->pos + 3 * (size_t)m->tri[3 * (size_t)p->order[i]];
        pressure_normal(m, p->order[i], n);
        s->volume += (a[0] * n[0] + a[1] * n[1] + a[2] * n[2]) / 6;
        s->area += pressure_length(p, n) / 2;
    }
    return LM_OK;
}

lm_status lm_pressure_measure(lm_pressure *p, lm_err *err)
{
    lm_status rc = lm_pool_run(p->threads, p->segments, pressure_measure_task, p, err);
    if (rc) return rc;
    for (size_t i = 0; i < p->pairs; i++) p->pair[i].volume = p->pair[i].area = 0;
    for (size_t i = 0; i < p->segments; i++) {
        p->pair[p->segment[i].pair].volume += p->segment[i].volume;
        p->pair[p->segment[i].pair].area += p->segment[i].area;
    }
    memset(p->volume, 0, p->net->n_labels * sizeof *p->volume);
    for (size_t i = 0; i < p->pairs; i++) {
        p->volume[p->pair[i].in] += p->pair[i].volume;
        if (p->pair[i].out != SIZE_MAX) p->volume[p->pair[i].out] -= p->pair[i].volume;
    }
    return LM_OK;
}

/* ---- solve ---- */

static void pressure_apply(const lm_pressure *p, const double *x, double *y)
{
    memset(y, 0, p->net->n_labels * sizeof *y);
    for (size_t i = 0; i < p->pairs; i++) {
        const pressure_pair *q = &p->pair[i];
        double flow = q->area * (x[q->in] - (q->out != SIZE_MAX ? x[q->out] : 0));
        y[q->in] += flow;
        if (q->out != SIZE_MAX) y[q->out] -= flow;
    }
}

static double pressure_dot(const double *a, const double *b, size_t n)
{
    double s = 0;
    for (size_t i = 0; i < n; i++) s += a[i] * b[i];
    return s;
}

lm_status lm_pressure_solve(lm_pressure *p, lm_err *err)
{
    size_t n = p->net->n_labels;
    double *r = lm_mem_alloc(n, 4 * sizeof *r, err);
    if (!r) return LM_ENOMEM;
    double *z = r + n, *d = z + n, *q = d + n, *u = p->u;
    memset(q, 0, n * sizeof *q);
    for (size_t i = 0; i < p->pairs; i++) { /* q: the diagonal, which scales */
        q[p->pair[i].in] += p->pair[i].area;
        if (p->pair[i].out != SIZE_MAX) q[p->pair[i].out] += p->pair[i].area;
    }
    double *diagonal = lm_mem_alloc(n, sizeof *diagonal, err);
    if (!diagonal) {
        free(r);
        return LM_ENOMEM;
    }
    for (size_t i = 0; i < n; i++) {
        diagonal[i] = q[i] > 0 ? q[i] : 1;
        u[i] = 0;
        r[i] = (double)p->net->voxels[i] - p->volume[i];
        d[i] = z[i] = r[i] / diagonal[i];
    }
    double rz = pressure_dot(r, z, n), goal = rz * PRESSURE_EXACT * PRESSURE_EXACT;
    for (int step = 0; step < PRESSURE_STEPS && rz > goal; step++) {
        pressure_apply(p, d, q);
        double alpha = rz / pressure_dot(d, q, n);
        for (size_t i = 0; i < n; i++) {
            u[i] += alpha * d[i];
            r[i] -= alpha * q[i];
            z[i] = r[i] / diagonal[i];
        }
        double next = pressure_dot(r, z, n), beta = next / rz;
        rz = next;
        for (size_t i = 0; i < n; i++) d[i] = z[i] + beta * d[i];
    }
    free(diagonal);
    free(r);
    return LM_OK;
}

/* ---- move ---- */

void lm_pressure_move(const lm_pressure *p, size_t v, double d[3])
{
    double sum[3] = {0}, weight = 0;
    for (uint32_t i = p->corners.start[v]; i < p->corners.start[v + 1]; i++) {
        size_t t = p->corners.corner[i] / 3;
        const pressure_pair *q = &p->pair[p->of[t]];
        double n[3], h = p->u[q->in] - (q->out != SIZE_MAX ? p->u[q->out] : 0);
        pressure_normal(&p->net->mesh, t, n);
        weight += pressure_length(p, n);
        for (int c = 0; c < 3; c++) sum[c] += h * n[c];
    }
    for (int c = 0; c < 3; c++)
        d[c] = weight > 0 ? (p->metric[c][0] * sum[0] + p->metric[c][1] * sum[1] + p->metric[c][2] * sum[2]) / weight : 0;
}
