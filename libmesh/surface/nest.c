/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "surface/nest.h"
#include "base/mem.h"
#include "base/pool.h"
#include "surface/predicates.h"

#include <math.h>
#include <stdlib.h>

enum { NEST_BLOCK = 64 }; /* components per task */

typedef struct {
    uint32_t *comp;
    size_t cap;
} nest_scratch;

typedef struct {
    const lm_mesh *m;
    const lm_bvh *b;
    const lm_topo *topo;
    uint32_t *start; /* per component: its rightmost vertex */
    uint32_t *depth, *around;
    bool again; /* all depths are known: look for the deepest around */
    nest_scratch *scratch;
} nest_work;

static int nest_cmp(const void *a, const void *b)
{
    const uint32_t *x = a, *y = b;
    return (*x > *y) - (*x < *y);
}

/* How many other closed components the ray from p crosses an odd number of times; in the second pass, which of these is
 * the deepest. */
static lm_status nest_ray(const nest_work *w, nest_scratch *s, uint32_t own, const float *p, lm_err *err)
{
    uint32_t stack[LM_BVH_DEPTH], depth = 0, *around = &w->around[own];
    size_t hits = 0;
    int n = 1;
    stack[0] = 0;
    while (n) {
        uint32_t i = stack[--n];
        const lm_bvh_node *node = &w->b->node[i];
        if (node->hi[0] < p[0] || node->lo[1] > p[1] || node->hi[1] < p[1] || node->lo[2] > p[2] || node->hi[2] < p[2]) continue;
        if (!node->n) {
            stack[n++] = node->at;
            stack[n++] = i + 1;
            continue;
        }
        for (uint32_t k = 0; k < node->n; k++) {
            uint32_t t = w->b->item[node->at + k], c = w->topo->comp[t];
            const float *q[3];
            if (c == own || !w->topo->closed[c]) continue;
            for (size_t j = 0; j < 3; j++) q[j] = w->m->pos + 3 * (size_t)w->m->tri[3 * (size_t)t + j];
            if (!lm_predicates_ray_x(p, q)) continue;
            lm_status rc = lm_mem_grow(&s->comp, &s->cap, hits + 1, sizeof *s->comp, err);
            if (rc) return rc;
            s->comp[hits++] = c;
        }
    }
    if (hits > 1) qsort(s->comp, hits, sizeof *s->comp, nest_cmp);
    for (size_t i = 0, j; i < hits; i = j) {
        for (j = i; j < hits && s->comp[j] == s->comp[i]; j++) continue;
        if (!((j - i) & 1)) continue;
        depth++;
        if (w->again && (*around == LM_TOPO_NONE || w->depth[s->comp[i]] > w->depth[*around])) *around = s->comp[i];
    }
    if (!w->again) w->depth[own] = depth;
    return LM_OK;
}

static lm_status nest_task(void *ctx, size_t task, int worker, lm_err *err)
{
    nest_work *w = ctx;
    for (size_t c = task * NEST_BLOCK; c < w->topo->components && c < (task + 1) * NEST_BLOCK; c++) {
        if (!w->topo->closed[c] || (w->again && !w->depth[c])) continue;
        lm_status rc = nest_ray(w, &w->scratch[worker], (uint32_t)c, w->m->pos + 3 * (size_t)w->start[c], err);
        if (rc) return rc;
    }
    return LM_OK;
}

/* Signs of the enclosed volumes, each measured from a corner of its own so that few digits cancel. */
static lm_status nest_facing(const lm_mesh *m, const lm_topo *topo, lm_nest *n, lm_err *err)
{
    const double rounding = 1e-12;
    double *sum = lm_mem_calloc(topo->components, 2 * sizeof *sum, err); /* volume, and what it is the difference of */
    if (!sum) return LM_ENOMEM;
    for (size_t c = 0; c < topo->components; c++) n->low[c] = LM_TOPO_NONE;
    for (size_t t = 0; t < m->nt; t++) {
        uint32_t c = topo->comp[t];
        double p[3][3];
        if (c == LM_TOPO_NONE) continue;
        if (n->low[c] == LM_TOPO_NONE) n->low[c] = (uint32_t)t;
        const float *o = m->pos + 3 * (size_t)m->tri[3 * (size_t)n->low[c]];
        for (size_t k = 0; k < 3; k++)
            for (size_t d = 0; d < 3; d++) p[k][d] = (double)m->pos[3 * (size_t)m->tri[3 * t + k] + d] - o[d];
        for (int d = 0; d < 3; d++) {
            double a = p[0][d] * p[1][(d + 1) % 3] * p[2][(d + 2) % 3], b = p[0][d] * p[1][(d + 2) % 3] * p[2][(d + 1) % 3];
            sum[2 * (size_t)c] += a - b;
            sum[2 * (size_t)c + 1] += fabs(a) + fabs(b);
        }
    }
    for (size_t c = 0; c < topo->components; c++) {
        double v = sum[2 * c], bound = rounding * sum[2 * c + 1];
        n->facing[c] = !topo->closed[c] ? 0 : v > bound ? 1 : v < -bound ? -1 : 0;
    }
    free(sum);
    return LM_OK;
}

static void nest_rightmost(const lm_mesh *m, const lm_topo *topo, uint32_t *start)
{
    for (size_t c = 0; c < topo->components; c++) start[c] = UINT32_MAX;
    for (size_t t = 0; t < m->nt; t++) {
        uint32_t c = topo->comp[t];
        if (c == LM_TOPO_NONE) continue;
        for (size_t k = 0; k < 3; k++) {
            uint32_t v = m->tri[3 * t + k], *s = &start[c];
            float x = m->pos[3 * (size_t)v];
            if (*s == UINT32_MAX || x > m->pos[3 * (size_t)*s] || (x == m->pos[3 * (size_t)*s] && v < *s)) *s = v;
        }
    }
}

lm_status lm_nest_make(const lm_mesh *m, const lm_bvh *b, const lm_topo *topo, int threads, lm_nest *out, lm_err *err)
{
    nest_work w = {.m = m, .b = b, .topo = topo};
    size_t n = topo->components;
    lm_status rc = LM_ENOMEM;
    threads = lm_pool_threads(threads);
    lm_nest_release(out);
    if (!(w.depth = out->depth = lm_mem_calloc(n, sizeof *out->depth, err)) || !(out->facing = lm_mem_alloc(n, 1, err)) ||
        !(out->low = lm_mem_alloc(n, sizeof *out->low, err)) ||
        !(w.around = out->around = lm_mem_alloc(n, sizeof *out->around, err)) || (rc = nest_facing(m, topo, out, err)))
        goto done;
    for (size_t c = 0; c < n; c++) out->around[c] = LM_TOPO_NONE;
    if (topo->closed_components < 2 || !b->nodes) goto done;
    if (!(w.start = lm_mem_alloc(n, sizeof *w.start, err)) ||
        !(w.scratch = lm_mem_calloc((size_t)threads, sizeof *w.scratch, err))) {
        rc = LM_ENOMEM;
        goto done;
    }
    nest_rightmost(m, topo, w.start);
    rc = lm_pool_run(threads, (n - 1) / NEST_BLOCK + 1, nest_task, &w, err);
    w.again = true;
    if (!rc) rc = lm_pool_run(threads, (n - 1) / NEST_BLOCK + 1, nest_task, &w, err);
done:
    for (int i = 0; w.scratch && i < threads; i++) free(w.scratch[i].comp);
    free(w.scratch);
    free(w.start);
    if (rc) lm_nest_release(out);
    return rc;
}

void lm_nest_release(lm_nest *n)
{
    free(n->depth);
    free(n->facing);
    free(n->low);
    free(n->around);
    *n = (lm_nest)LM_NEST_INIT;
}
