/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "diff/beyond.h"
#include "base/pool.h"
#include "diff/tricell.h"

#include <math.h>

enum { BEYOND_BLOCK = 512, BEYOND_DEPTH = 40 };

typedef struct {
    const lm_mesh *a;
    const lm_nearest *b;
    double limit;
    unsigned char *mark;
} beyond_work;

static bool beyond_point(const beyond_work *w, const double p[3], uint32_t *near)
{
    lm_nearest_hit hit;
    lm_nearest_find(w->b, p, w->limit * w->limit, *near, &hit);
    if (hit.tri != LM_NEAREST_NONE) *near = hit.tri;
    return hit.tri == LM_NEAREST_NONE;
}

/* The longest edge of a cell, squared, and where it begins. */
static double beyond_longest(const lm_tricell *x, int *side)
{
    double longest = 0;
    *side = 0;
    for (int k = 0; k < 3; k++) {
        double e2 = lm_tricell_dist2(x->c[k].p, x->c[(k + 1) % 3].p);
        if (e2 > longest) longest = e2, *side = k;
    }
    return longest;
}

/* Is triangle t, and so probably those around it, too small for both ends of an edge that long, squared, to be near it? */
static bool beyond_small(const beyond_work *w, uint32_t t, double edge2)
{
    double most = 0;
    if (t == LM_NEAREST_NONE) return false;
    const uint32_t *v = w->b->mesh->tri + 3 * (size_t)t;
    for (int i = 0; i < 3; i++) {
        const float *p = w->b->mesh->pos + 3 * (size_t)v[i], *q = w->b->mesh->pos + 3 * (size_t)v[(i + 1) % 3];
        double d2 = 0;
        for (int k = 0; k < 3; k++) d2 += ((double)q[k] - p[k]) * ((double)q[k] - p[k]);
        if (d2 > most) most = d2;
    }
    const double reach = sqrt(most) + 2 * w->limit;
    return edge2 > reach * reach;
}

/* Is all of x near enough to one triangle? */
static bool beyond_within(const beyond_work *w, lm_tricell *x, double longest, uint32_t *near)
{
    return !beyond_small(w, *near, longest) && lm_tricell_within(w->b, x, w->limit, near);
}

/* x, whose corners are not beyond, is near enough to no one triangle: is it somewhere beyond, as far as can be told? */
static bool beyond_cell(const beyond_work *w, const lm_tricell *x, double longest, int side, uint32_t near)
{
    if (x->depth == BEYOND_DEPTH || longest < LM_BEYOND_PRECISION * LM_BEYOND_PRECISION * w->limit * w->limit) return true;
    const int to = (side + 1) % 3;
    lm_tricell half[2] = {*x, *x};
    lm_tricell_corner mid = {.t = LM_NEAREST_NONE};
    for (int k = 0; k < 3; k++) mid.p[k] = 0.5 * (x->c[side].p[k] + x->c[to].p[k]);
    if (beyond_point(w, mid.p, &near)) return true;
    half[0].c[to] = half[1].c[side] = mid;
    half[0].depth = half[1].depth = x->depth + 1;
    for (int i = 0; i < 2; i++) {
        longest = beyond_longest(&half[i], &side);
        if (!beyond_within(w, &half[i], longest, &near) && beyond_cell(w, &half[i], longest, side, near)) return true;
    }
    return false;
}

static lm_status beyond_task(void *ctx, size_t task, int worker, lm_err *err)
{
    const beyond_work *w = ctx;
    uint32_t near = LM_NEAREST_NONE;
    (void)worker;
    (void)err;
    for (size_t t = task * BEYOND_BLOCK; t < w->a->nt && t < (task + 1) * BEYOND_BLOCK; t++) {
        lm_tricell x = {.hi = INFINITY};
        bool far = false;
        int side;
        for (size_t i = 0; i < 3; i++) {
            x.c[i].t = LM_NEAREST_NONE;
            for (size_t k = 0; k < 3; k++) x.c[i].p[k] = w->a->pos[3 * (size_t)w->a->tri[3 * t + i] + k];
        }
        const double longest = beyond_longest(&x, &side);
        if (beyond_within(w, &x, longest, &near)) continue;
        for (int i = 0; i < 3 && !far; i++) far = beyond_point(w, x.c[i].p, &near);
        if (far || beyond_cell(w, &x, longest, side, near)) w->mark[t] = 1;
    }
    return LM_OK;
}

lm_status lm_beyond_run(const lm_mesh *a, const lm_nearest *b, double limit_mm, int threads, unsigned char *mark, size_t *n,
                        lm_err *err)
{
    beyond_work w = {.a = a, .b = b, .limit = limit_mm, .mark = mark};
    lm_status rc = lm_pool_run(lm_pool_threads(threads), a->nt / BEYOND_BLOCK + 1, beyond_task, &w, err);
    *n = 0;
    for (size_t t = 0; t < a->nt; t++) *n += mark[t];
    return rc;
}
