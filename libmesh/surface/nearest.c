/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "surface/nearest.h"
#include "base/mem.h"
#include "base/pool.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { NEAREST_BLOCK = 1024, NEAREST_COPY = 16384 };
/* A triangle's distance is computed to this part of the largest coordinate difference: nodes that are farther by less are
 * looked into, so that the lowest of equally near triangles is found on any way through the tree. */
#define NEAREST_SLACK 0x1p-48
/* Below this squared sine of the angle between two sides the normal may be noise. */
#define NEAREST_SLIVER 1e-12

static inline double nearest_dot(const double a[3], const double b[3])
{
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}

static inline void nearest_cross(const double a[3], const double b[3], double n[3])
{
    n[0] = a[1] * b[2] - a[2] * b[1];
    n[1] = a[2] * b[0] - a[0] * b[2];
    n[2] = a[0] * b[1] - a[1] * b[0];
}

/* p given from the start of the segment: from + e*t. */
static double nearest_segment(const double e[3], const double p[3], double *t)
{
    double ee = nearest_dot(e, e), s = nearest_dot(p, e), d[3];
    s = s <= 0 || ee == 0 ? 0 : s >= ee ? 1 : s / ee;
    for (int k = 0; k < 3; k++) d[k] = p[k] - s * e[k];
    *t = s;
    return nearest_dot(d, d);
}

double lm_nearest_triangle(const float a[3], const float b[3], const float c[3], const double p[3], double q[3])
{
    const float *const corner[3] = {a, b, c};
    double e[3][3], v[3][3], n[3], x[3], s[3], vv[3], d2 = INFINITY; /* side k runs from corner k to the next */
    for (int k = 0; k < 3; k++) {
        e[0][k] = (double)b[k] - a[k];
        e[1][k] = (double)c[k] - b[k];
        e[2][k] = (double)a[k] - c[k];
        for (int i = 0; i < 3; i++) v[i][k] = p[k] - corner[i][k];
    }
    nearest_cross(e[0], e[1], n);
    double nn = nearest_dot(n, n);
    for (int i = 0; i < 3; i++) {
        nearest_cross(e[i], v[i], x);
        s[i] = nearest_dot(n, x); /* >= 0: p is not beyond side i */
        vv[i] = nearest_dot(v[i], v[i]);
    }
    if (nn > 0 && s[0] >= 0 && s[1] >= 0 && s[2] >= 0) {
        int i = vv[0] <= vv[1] && vv[0] <= vv[2] ? 0 : vv[1] <= vv[2] ? 1 : 2; /* from the nearest corner: least rounding */
        if (nn > NEAREST_SLIVER * nearest_dot(e[0], e[0]) * nearest_dot(e[1], e[1])) {
            double h = nearest_dot(n, v[i]);
            if (q)
                for (int k = 0; k < 3; k++) q[k] = p[k] - n[k] * (h / nn);
            return h * h / nn;
        }
        /* a sliver: its plane is not sure, but a mean of its corners lies on it */
        int l = (i + 2) % 3;
        double sum = s[0] + s[1] + s[2], wj = sum > 0 ? s[l] / sum : 0, wl = sum > 0 ? s[i] / sum : 0;
        for (int k = 0; k < 3; k++) {
            double to = wj * e[i][k] - wl * e[l][k];
            x[k] = v[i][k] - to;
            if (q) q[k] = corner[i][k] + to;
        }
        d2 = nearest_dot(x, x);
        s[0] = s[1] = s[2] = -1; /* look at the sides as well */
    }
    for (int i = 0; i < 3; i++) {
        double t, d;
        if (nn > 0 && s[i] >= 0) continue; /* the nearest point lies on a side that p is beyond */
        if ((d = nearest_segment(e[i], v[i], &t)) >= d2) continue;
        d2 = d;
        if (q)
            for (int k = 0; k < 3; k++) q[k] = t == 1 ? corner[(i + 1) % 3][k] : corner[i][k] + t * e[i][k];
    }
    return d2;
}

typedef struct {
    const lm_nearest *n;
    const double *p;
    double slack, limit; /* nodes farther than limit are of no use */
    lm_nearest_hit *hit;
} nearest_walk;

static void nearest_limit(nearest_walk *w)
{
    double r = sqrt(w->hit->d2) + w->slack;
    w->limit = r * r;
}

static void nearest_try(nearest_walk *w, const float *a, const float *b, const float *c, uint32_t t)
{
    lm_nearest_hit *h = w->hit;
    double q[3], d2 = lm_nearest_triangle(a, b, c, w->p, q);
    if (d2 > h->d2 || (d2 == h->d2 && t >= h->tri)) return;
    memcpy(h->q, q, sizeof q);
    h->tri = t;
    if (d2 == h->d2) return;
    h->d2 = d2;
    nearest_limit(w);
}

/* Squared distance of p from the box of a triangle: most in a leaf are out of reach, and this is cheaper than looking. */
static inline double nearest_box_of(const float c[9], const double p[3])
{
    float lo[3], hi[3];
    for (int k = 0; k < 3; k++) {
        const float l = c[k] < c[3 + k] ? c[k] : c[3 + k], h = c[k] < c[3 + k] ? c[3 + k] : c[k];
        lo[k] = c[6 + k] < l ? c[6 + k] : l;
        hi[k] = c[6 + k] > h ? c[6 + k] : h;
    }
    return lm_nearest_box(lo, hi, p);
}

void lm_nearest_find(const lm_nearest *n, const double p[3], double max_d2, uint32_t hint, lm_nearest_hit *hit)
{
    struct {
        double d2;
        uint32_t node;
    } stack[LM_BVH_DEPTH];
    int top = 0;
    nearest_walk w = {.n = n, .p = p, .hit = hit};
    double far = 0;
    for (int k = 0; k < 3; k++) far = fmax(far, fmax(fabs(p[k] - n->lo[k]), fabs(p[k] - n->hi[k])));
    w.slack = NEAREST_SLACK * far;
    *hit = (lm_nearest_hit){.d2 = max_d2, .tri = LM_NEAREST_NONE};
    nearest_limit(&w);
    if (hint < (n->mesh ? n->mesh->nt : 0)) {
        const float *pos = n->mesh->pos;
        const uint32_t *t = n->mesh->tri + 3 * (size_t)hint;
        nearest_try(&w, pos + 3 * (size_t)t[0], pos + 3 * (size_t)t[1], pos + 3 * (size_t)t[2], hint);
    }
    const lm_bvh_node *node = n->bvh.node;
    for (uint32_t at = 0; n->bvh.nodes;) {
        const lm_bvh_node *b = node + at;
        if (b->n) {
            for (uint32_t i = b->at; i < b->at + b->n; i++) {
                const float *c = n->corner[i];
                if (nearest_box_of(c, p) > w.limit) continue;
                nearest_try(&w, c, c + 3, c + 6, n->bvh.item[i]);
            }
        } else {
            uint32_t near = at + 1, other = b->at;
            double dn = lm_nearest_box(node[near].lo, node[near].hi, p), df = lm_nearest_box(node[other].lo, node[other].hi, p);
            if (df < dn) {
                uint32_t x = near;
                double d = dn;
                near = other, other = x;
                dn = df, df = d;
            }
            if (df <= w.limit) stack[top].d2 = df, stack[top++].node = other;
            if (dn <= w.limit) {
                at = near;
                continue;
            }
        }
        while (top && stack[top - 1].d2 > w.limit) top--;
        if (!top) break;
        at = stack[--top].node;
    }
    if (hit->tri == LM_NEAREST_NONE) hit->d2 = INFINITY;
}

typedef struct {
    const lm_nearest *n;
    const double *p;
    size_t count;
    double max_d2;
    lm_nearest_hit *hits;
} nearest_job;

static lm_status nearest_task(void *ctx, size_t task, int worker, lm_err *err)
{
    (void)worker;
    (void)err;
    const nearest_job *j = ctx;
    uint32_t hint = LM_NEAREST_NONE; /* neighbours in the row are mostly neighbours in space */
    for (size_t i = task * NEAREST_BLOCK; i < j->count && i < (task + 1) * NEAREST_BLOCK; i++) {
        lm_nearest_find(j->n, j->p + 3 * i, j->max_d2, hint, &j->hits[i]);
        hint = j->hits[i].tri;
    }
    return LM_OK;
}

lm_status lm_nearest_batch(const lm_nearest *n, const double *points, size_t count, double max_d2, int threads,
                           lm_nearest_hit *hits, lm_err *err)
{
    nearest_job j = {n, points, count, max_d2, hits};
    return count ? lm_pool_run(lm_pool_threads(threads), (count - 1) / NEAREST_BLOCK + 1, nearest_task, &j, err) : LM_OK;
}

static lm_status nearest_copy_task(void *ctx, size_t task, int worker, lm_err *err)
{
    (void)worker;
    (void)err;
    lm_nearest *n = ctx;
    for (size_t i = task * NEAREST_COPY; i < n->bvh.items && i < (task + 1) * NEAREST_COPY; i++)
        for (size_t k = 0; k < 3; k++)
            memcpy(n->corner[i] + 3 * k, n->mesh->pos + 3 * (size_t)n->mesh->tri[3 * (size_t)n->bvh.item[i] + k],
                   3 * sizeof(float));
    return LM_OK;
}

lm_status lm_nearest_build(const lm_mesh *m, int threads, lm_nearest *out, lm_err *err)
{
    lm_nearest_release(out);
    threads = lm_pool_threads(threads);
    lm_status rc = lm_bvh_build(m, NULL, threads, &out->bvh, err);
    if (rc || !out->bvh.items) return rc;
    out->mesh = m;
    if (!(out->corner = lm_mem_alloc(out->bvh.items, sizeof *out->corner, err))) rc = LM_ENOMEM;
    else rc = lm_pool_run(threads, (out->bvh.items - 1) / NEAREST_COPY + 1, nearest_copy_task, out, err);
    for (int k = 0; k < 3; k++) out->lo[k] = out->bvh.node[0].lo[k], out->hi[k] = out->bvh.node[0].hi[k];
    if (rc) lm_nearest_release(out);
    return rc;
}

void lm_nearest_release(lm_nearest *n)
{
    lm_bvh_release(&n->bvh);
    free(n->corner);
    *n = (lm_nearest)LM_NEAREST_INIT;
}
