/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "repair/clash.h"
#include "surface/predicates.h"

#include <math.h>

typedef struct {
    double at[3], n[3];
} clash_plane;

/* The box lies clear of the plane, rounding allowed for. */
static bool clash_beside(const lm_bvh_node *node, const clash_plane *p)
{
    const double margin = 1e-9;
    double far = 0, reach = 0, size = 0;
    for (int k = 0; k < 3; k++) {
        double mid = 0.5 * ((double)node->lo[k] + node->hi[k]) - p->at[k], half = 0.5 * ((double)node->hi[k] - node->lo[k]);
        far += p->n[k] * mid;
        reach += fabs(p->n[k]) * half;
        size += fabs(p->n[k] * mid);
    }
    return fabs(far) > reach + margin * (reach + size);
}

/* plane: NULL, or boxes beside it are left out. */
static bool clash_walk(const lm_bvh *b, const float lo[3], const float hi[3], const clash_plane *plane, lm_clash_fn fn, void *ctx)
{
    uint32_t stack[LM_BVH_DEPTH];
    int n = b->nodes > 0;
    stack[0] = 0;
    while (n) {
        uint32_t i = stack[--n];
        const lm_bvh_node *node = &b->node[i];
        if (!lm_bvh_overlap(lo, hi, node->lo, node->hi) || (plane && clash_beside(node, plane))) continue;
        if (!node->n) {
            stack[n++] = node->at;
            stack[n++] = i + 1;
            continue;
        }
        for (uint32_t k = 0; k < node->n; k++)
            if (fn(ctx, b->item[node->at + k])) return true;
    }
    return false;
}

bool lm_clash_walk(const lm_bvh *b, const float lo[3], const float hi[3], lm_clash_fn fn, void *ctx)
{
    return clash_walk(b, lo, hi, NULL, fn, ctx);
}

static const float *clash_at(const lm_mesh *m, uint32_t v)
{
    return m->pos + 3 * (size_t)v;
}

bool lm_clash_pair(const lm_mesh *m, const uint32_t a[3], const uint32_t b[3], const uint32_t *id)
{
    const float *p[3] = {clash_at(m, a[0]), clash_at(m, a[1]), clash_at(m, a[2])};
    const float *q[3] = {clash_at(m, b[0]), clash_at(m, b[1]), clash_at(m, b[2])};
    for (int k = 0; k < 3; k++) {
        float pl = p[0][k] < p[1][k] ? p[0][k] : p[1][k], ph = p[0][k] < p[1][k] ? p[1][k] : p[0][k];
        float ql = q[0][k] < q[1][k] ? q[0][k] : q[1][k], qh = q[0][k] < q[1][k] ? q[1][k] : q[0][k];
        if (p[2][k] < pl) pl = p[2][k];
        if (p[2][k] > ph) ph = p[2][k];
        if (q[2][k] < ql) ql = q[2][k];
        if (q[2][k] > qh) qh = q[2][k];
        if (pl > qh || ql > ph) return false;
    }
    if (!id) return lm_predicates_pair(p, a, q, b);
    uint32_t ia[3] = {id[a[0]], id[a[1]], id[a[2]]}, ib[3] = {id[b[0]], id[b[1]], id[b[2]]};
    return lm_predicates_pair(p, ia, q, ib);
}

bool lm_clash_flat(const lm_mesh *m, const uint32_t v[3])
{
    return lm_predicates_collinear(clash_at(m, v[0]), clash_at(m, v[1]), clash_at(m, v[2]));
}

typedef struct {
    const lm_mesh *m;
    const uint32_t *v;
} clash_one;

static bool clash_meets(void *ctx, uint32_t t)
{
    const clash_one *c = ctx;
    return lm_clash_pair(c->m, c->v, c->m->tri + 3 * (size_t)t, NULL);
}

bool lm_clash_any(const lm_mesh *m, const lm_bvh *b, const uint32_t v[3])
{
    clash_one c = {m, v};
    float lo[3], hi[3];
    const float *p = clash_at(m, v[0]);
    for (int k = 0; k < 3; k++) lo[k] = hi[k] = p[k];
    for (int i = 1; i < 3; i++)
        for (int k = 0; k < 3; k++) {
            float x = clash_at(m, v[i])[k];
            if (x < lo[k]) lo[k] = x;
            if (x > hi[k]) hi[k] = x;
        }
    clash_plane plane;
    double e[2][3];
    for (int k = 0; k < 3; k++) {
        plane.at[k] = p[k];
        for (int i = 0; i < 2; i++) e[i][k] = (double)clash_at(m, v[i + 1])[k] - p[k];
    }
    for (int k = 0; k < 3; k++) plane.n[k] = e[0][(k + 1) % 3] * e[1][(k + 2) % 3] - e[0][(k + 2) % 3] * e[1][(k + 1) % 3];
    double sharp = 0, long0 = 0, long1 = 0; /* a sliver's normal is rounding */
    for (int k = 0; k < 3; k++) {
        sharp += plane.n[k] * plane.n[k];
        long0 += e[0][k] * e[0][k];
        long1 += e[1][k] * e[1][k];
    }
    return clash_walk(b, lo, hi, sharp > 1e-12 * long0 * long1 ? &plane : NULL, clash_meets, &c);
}
