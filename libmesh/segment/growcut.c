/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "segment/growcut.h"
#include "base/mem.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

typedef struct {
    float strength;
    uint32_t at;
} growcut_item;

typedef struct {
    const lm_markers *m;
    float *x, *theta; /* values and strengths of the box */
    uint8_t *inside;
    float range;
    growcut_item *heap;
    size_t held, cap;
} growcut_job;

static bool growcut_before(const growcut_item *a, const growcut_item *b)
{
    return a->strength > b->strength || (a->strength == b->strength && a->at < b->at);
}

static lm_status growcut_push(growcut_job *g, size_t at, lm_err *err)
{
    if (g->held == g->cap) {
        lm_status rc = lm_mem_grow(&g->heap, &g->cap, g->held + 1, sizeof *g->heap, err);
        if (rc) return rc;
    }
    const growcut_item item = {g->theta[at], (uint32_t)at};
    size_t i = g->held++;
    for (; i && growcut_before(&item, &g->heap[(i - 1) / 2]); i = (i - 1) / 2) g->heap[i] = g->heap[(i - 1) / 2];
    g->heap[i] = item;
    return LM_OK;
}

static growcut_item growcut_pop(growcut_job *g)
{
    const growcut_item first = g->heap[0], last = g->heap[--g->held];
    size_t i = 0;
    for (size_t c; (c = 2 * i + 1) < g->held; i = c) {
        if (c + 1 < g->held && growcut_before(&g->heap[c + 1], &g->heap[c])) c++;
        if (!growcut_before(&g->heap[c], &last)) break;
        g->heap[i] = g->heap[c];
    }
    g->heap[i] = last;
    return first;
}

/* Places beside `at` that ways lead to. */
static size_t growcut_beside(const lm_markers *m, size_t at, size_t to[6])
{
    const size_t place[3] = {at % m->n[0], at / m->n[0] % m->n[1], at / m->n[0] / m->n[1]},
                 stride[3] = {1, m->n[0], m->n[0] * m->n[1]};
    size_t n = 0;
    for (int a = 0; a < 3; a++) {
        if (place[a] && m->of[at - stride[a]] != LM_MARKERS_NONE) to[n++] = at - stride[a];
        if (place[a] + 1 < m->n[a] && m->of[at + stride[a]] != LM_MARKERS_NONE) to[n++] = at + stride[a];
    }
    return n;
}

/* The values; and the range of those that matter. */
static lm_status growcut_values(growcut_job *g, const lm_vol *v, lm_err *err)
{
    const lm_markers *m = g->m;
    float lo = INFINITY, hi = -INFINITY;
    size_t to[6];
    double *row = lm_mem_alloc(m->n[0], sizeof *row, err);
    if (!row) return LM_ENOMEM;
    for (size_t k = 0, at = 0; k < m->n[2]; k++)
        for (size_t j = 0; j < m->n[1]; j++) {
            lm_vol_row_f64(v, ((m->lo[2] + k) * v->n[1] + m->lo[1] + j) * v->n[0] + m->lo[0], m->n[0], row);
            for (size_t i = 0; i < m->n[0]; i++) g->x[at++] = (float)row[i];
        }
    free(row);
    for (size_t at = 0; at < m->n[0] * m->n[1] * m->n[2]; at++) {
        bool matters = m->of[at] == LM_MARKERS_OPEN;
        if (m->of[at] == LM_MARKERS_NONE) continue;
        for (size_t n = growcut_beside(m, at, to); n-- && !matters;) matters = m->of[to[n]] == LM_MARKERS_OPEN;
        if (!matters) continue;
        lo = g->x[at] < lo ? g->x[at] : lo;
        hi = g->x[at] > hi ? g->x[at] : hi;
    }
    g->range = hi - lo;
    return LM_OK;
}

/* Attack all that lies beside. */
static lm_status growcut_attack(growcut_job *g, size_t at, lm_err *err)
{
    size_t to[6];
    lm_status rc = LM_OK;
    for (size_t n = growcut_beside(g->m, at, to), i = 0; i < n && !rc; i++) {
        const float far = fabsf(g->x[to[i]] - g->x[at]);
        const float alike = g->range > 0 ? 1 - far / g->range : 1, force = g->theta[at] * alike;
        if (!(force > g->theta[to[i]])) continue;
        g->theta[to[i]] = force;
        g->inside[to[i]] = g->inside[at];
        rc = growcut_push(g, to[i], err);
    }
    return rc;
}

lm_status lm_growcut_run(const lm_vol *v, const lm_markers *m, uint8_t *inside, float *strength, lm_growcut *out, lm_err *err)
{
    growcut_job g = {.m = m, .inside = inside, .theta = strength};
    const size_t all = m->n[0] * m->n[1] * m->n[2];
    double lo, hi;
    *out = (lm_growcut){.range = 0};
    lm_status rc = v->type >= LM_F32 ? lm_vol_range(v, &lo, &hi, err) : LM_OK;
    if (rc) return rc;
    g.x = lm_mem_alloc(all, sizeof *g.x, err);
    if (g.x && !strength) g.theta = lm_mem_alloc(all, sizeof *g.theta, err);
    rc = g.x && g.theta ? growcut_values(&g, v, err) : LM_ENOMEM;
    for (size_t at = 0; at < all && !rc; at++) {
        g.theta[at] = m->of[at] == LM_MARKERS_IN || m->of[at] == LM_MARKERS_OUT;
        inside[at] = m->of[at] == LM_MARKERS_IN;
    }
    for (size_t at = 0; at < all && !rc; at++)
        if (m->of[at] == LM_MARKERS_IN || m->of[at] == LM_MARKERS_OUT) rc = growcut_attack(&g, at, err);
    while (g.held && !rc) {
        const growcut_item next = growcut_pop(&g);
        if (next.strength == g.theta[next.at]) rc = growcut_attack(&g, next.at, err); /* else a stronger attack came since */
    }
    out->range = (double)g.range;
    for (size_t at = 0; at < all && !rc; at++) out->unreached += m->of[at] == LM_MARKERS_OPEN && !(g.theta[at] > 0);
    free(g.x);
    free(g.heap);
    if (!strength) free(g.theta);
    return rc;
}
