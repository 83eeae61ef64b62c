/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Contents: 1 samples, 2 least ways */
#include "measure/ways.h"
#include "base/mem.h"
#include "base/pool.h"
#include "surface/voxelize.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { WAYS_BLOCK = 4096 };
#define WAYS_CELLS 2e9 /* samples of the whole grid, inside or not */

/* ---- 1 samples ---- */

void lm_ways_point(const lm_ways *job, uint32_t v, double p[3])
{
    for (int c = 0; c < 3; c++) p[c] = job->lo[c] + job->step * (double)job->ijk[v][c];
}

double lm_ways_apart(const lm_ways *job, uint32_t a, uint32_t b)
{
    double s = 0;
    for (int c = 0; c < 3; c++) {
        double d = (double)job->ijk[a][c] - (double)job->ijk[b][c];
        s += d * d;
    }
    return job->step * sqrt(s);
}

static lm_status ways_count_row(void *ctx, size_t slab, size_t j, size_t k, const int32_t *turns, lm_err *err)
{
    lm_ways *job = ctx;
    size_t n = 0;
    (void)slab;
    (void)err;
    for (size_t i = 0; i < job->dim[0]; i++) n += turns[i] > 0;
    job->row[j + k * job->dim[1] + 1] = n;
    return LM_OK;
}

static lm_status ways_fill_row(void *ctx, size_t slab, size_t j, size_t k, const int32_t *turns, lm_err *err)
{
    lm_ways *job = ctx;
    size_t at = job->row[j + k * job->dim[1]];
    (void)slab;
    (void)err;
    for (size_t i = 0; i < job->dim[0]; i++)
        if (turns[i] > 0) {
            uint32_t *o = job->ijk[at++];
            o[0] = (uint32_t)i, o[1] = (uint32_t)j, o[2] = (uint32_t)k;
        }
    return LM_OK;
}

static lm_status ways_depth_task(void *ctx, size_t task, int worker, lm_err *err)
{
    lm_ways *job = ctx;
    uint32_t hint = LM_NEAREST_NONE;
    (void)worker;
    (void)err;
    for (size_t v = task * WAYS_BLOCK; v < job->n && v < (task + 1) * WAYS_BLOCK; v++) {
        lm_nearest_hit hit;
        double p[3];
        lm_ways_point(job, (uint32_t)v, p);
        lm_nearest_find(job->near, p, INFINITY, hint, &hit);
        hint = hit.tri;
        job->r[v] = sqrt(hit.d2);
    }
    return LM_OK;
}

/* The step, and a grid over the box, a little aside of its middle: with samples on both sides of an axis, all as near, ways side by
 * side would never join. */
static lm_status ways_grid(lm_ways *job, double volume_mm3, double area_mm2, lm_vol *grid, lm_err *err)
{
    static const double aside[3] = {0.17, 0.31, 0.23};
    double lo[3], hi[3], cells = INFINITY, step = 0.25 * volume_mm3 / area_mm2;
    lm_mesh_box(job->m, lo, hi);
    while (volume_mm3 > LM_WAYS_SAMPLES * step * step * step) step *= 1.02;
    for (; cells > WAYS_CELLS; step *= 1.02) {
        cells = 1;
        for (int c = 0; c < 3; c++) cells *= floor((hi[c] - lo[c]) / step) + 1;
        job->step = step;
    }
    *grid = (lm_vol)LM_VOL_INIT;
    for (int c = 0; c < 3; c++) {
        job->dim[c] = grid->n[c] = (size_t)((hi[c] - lo[c]) / job->step) + 2;
        job->lo[c] = grid->origin[c] = 0.5 * (lo[c] + hi[c]) - job->step * (0.5 * (double)(job->dim[c] - 1) - aside[c]);
        grid->dir[c][c] = job->step;
    }
    size_t rows = job->dim[1] * job->dim[2];
    return (job->row = lm_mem_calloc(rows + 1, sizeof *job->row, err)) ? LM_OK : LM_ENOMEM;
}

lm_status lm_ways_make(lm_ways *job, const lm_mesh *m, const lm_nearest *near, double volume_mm3, double area_mm2, int asked,
                       lm_err *err)
{
    lm_vol grid;
    int threads = lm_pool_threads(asked);
    *job = (lm_ways){.m = m, .near = near};
    lm_status rc = ways_grid(job, volume_mm3, area_mm2, &grid, err);
    if (!rc) rc = lm_voxelize(job->m, &grid, threads, ways_count_row, job, err);
    if (rc) return rc;
    for (size_t i = 0; i < job->dim[1] * job->dim[2]; i++) job->row[i + 1] += job->row[i];
    job->n = job->row[job->dim[1] * job->dim[2]];
    if (!job->n) return lm_err_set(err, LM_ERULE, NULL, "no tube: it is thinner than any grid of %.3g mm sees", job->step);
    if (job->n >= LM_WAYS_NONE) return lm_err_set(err, LM_ERANGE, NULL, "%zu samples are too many", job->n);
    if (!(job->ijk = lm_mem_alloc(job->n, sizeof *job->ijk, err)) || !(job->r = lm_mem_alloc(job->n, sizeof *job->r, err)) ||
        !(job->cost = lm_mem_alloc(job->n, sizeof *job->cost, err)) || !(job->way = lm_mem_alloc(job->n, sizeof *job->way, err)) ||
        !(job->from = lm_mem_alloc(job->n, sizeof *job->from, err)))
        return LM_ENOMEM;
    if ((rc = lm_voxelize(job->m, &grid, threads, ways_fill_row, job, err))) return rc;
    return lm_pool_run(threads, (job->n + WAYS_BLOCK - 1) / WAYS_BLOCK, ways_depth_task, job, err);
}

size_t lm_ways_beside(const lm_ways *job, uint32_t v, uint32_t out[26])
{
    const uint32_t *at = job->ijk[v];
    size_t n = 0;
    for (size_t k = at[2] ? at[2] - 1 : 0; k <= at[2] + 1 && k < job->dim[2]; k++)
        for (size_t j = at[1] ? at[1] - 1 : 0; j <= at[1] + 1 && j < job->dim[1]; j++) {
            size_t lo = job->row[j + k * job->dim[1]], end = job->row[j + k * job->dim[1] + 1], hi = end;
            while (lo < hi) { /* the first with i >= at[0] - 1 */
                size_t mid = lo + (hi - lo) / 2;
                if (job->ijk[mid][0] + 1 < at[0]) lo = mid + 1;
                else hi = mid;
            }
            for (; lo < end && job->ijk[lo][0] <= at[0] + 1; lo++)
                if (lo != v) out[n++] = (uint32_t)lo;
        }
    return n;
}

/* ---- 2 least ways ---- */

typedef struct {
    double cost;
    uint32_t v;
} ways_item;
typedef struct {
    size_t n, cap;
    ways_item *item;
} ways_heap;

static bool ways_before(ways_item a, ways_item b)
{
    return a.cost < b.cost || (a.cost == b.cost && a.v < b.v);
}

static lm_status ways_push(ways_heap *h, ways_item x, lm_err *err)
{
    lm_status rc = lm_mem_grow(&h->item, &h->cap, h->n + 1, sizeof *h->item, err);
    if (rc) return rc;
    size_t i = h->n++;
    for (; i && ways_before(x, h->item[(i - 1) / 2]); i = (i - 1) / 2) h->item[i] = h->item[(i - 1) / 2];
    h->item[i] = x;
    return LM_OK;
}

static ways_item ways_pop(ways_heap *h)
{
    ways_item top = h->item[0], x = h->item[--h->n];
    size_t i = 0;
    for (size_t c = 1; c < h->n; i = c, c = 2 * i + 1) {
        if (c + 1 < h->n && ways_before(h->item[c + 1], h->item[c])) c++;
        if (!ways_before(h->item[c], x)) break;
        h->item[i] = h->item[c];
    }
    h->item[i] = x;
    return top;
}

/* What a step from v costs per mm: radii below half a step are the grid's, not the tube's. */
static double ways_weight(const lm_ways *job, uint32_t v)
{
    double r = job->r[v] > 0.5 * job->step ? job->r[v] : 0.5 * job->step;
    return 1 / (r * r * r * r);
}

/* The tree of least ways from root to all it is joined with, cost and way of which are INFINITY; *far: the end of the longest. */
static lm_status ways_tree(lm_ways *job, uint32_t root, uint32_t *far, lm_err *err)
{
    ways_heap heap = {0};
    lm_status rc;
    *far = root;
    job->cost[root] = job->way[root] = 0;
    job->from[root] = LM_WAYS_NONE;
    rc = ways_push(&heap, (ways_item){0, root}, err);
    while (!rc && heap.n) {
        ways_item x = ways_pop(&heap);
        uint32_t beside[26];
        if (x.cost > job->cost[x.v]) continue;
        if (job->way[x.v] > job->way[*far]) *far = x.v;
        const double w = ways_weight(job, x.v);
        for (size_t i = 0, n = lm_ways_beside(job, x.v, beside); i < n && !rc; i++) {
            uint32_t u = beside[i];
            double d = lm_ways_apart(job, x.v, u), cost = x.cost + 0.5 * d * (w + ways_weight(job, u));
            if (!(cost < job->cost[u])) continue;
            job->cost[u] = cost;
            job->way[u] = job->way[x.v] + d;
            job->from[u] = x.v;
            rc = ways_push(&heap, (ways_item){cost, u}, err);
        }
    }
    free(heap.item);
    return rc;
}

lm_status lm_ways_snap(const lm_ways *job, const double p[3], const char *what, uint32_t *out, lm_err *err)
{
    double best = INFINITY;
    for (size_t v = 0; v < job->n; v++) {
        double q[3], d2 = 0;
        lm_ways_point(job, (uint32_t)v, q);
        for (int c = 0; c < 3; c++) d2 += (q[c] - p[c]) * (q[c] - p[c]);
        if (d2 < best) best = d2, *out = (uint32_t)v;
    }
    if (sqrt(best) <= LM_WAYS_SNAP + job->step) return LM_OK;
    return lm_err_set(err, LM_ERULE, NULL, "%s is %.3g mm from the inside of the solid, more than %g mm", what, sqrt(best),
                      LM_WAYS_SNAP);
}

/* The piece that v is in, as if it had not been reached. */
static void ways_forget(lm_ways *job, uint32_t v, uint32_t *queue)
{
    size_t head = 0, tail = 0;
    uint32_t beside[26];
    queue[tail++] = v;
    job->cost[v] = INFINITY;
    while (head < tail) {
        uint32_t u = queue[head++];
        for (size_t i = 0, n = lm_ways_beside(job, u, beside); i < n; i++)
            if (job->cost[beside[i]] < INFINITY) job->cost[beside[i]] = INFINITY, queue[tail++] = beside[i];
    }
}

lm_status lm_ways_roots(lm_ways *job, uint32_t asked, lm_err *err)
{
    lm_status rc = LM_OK;
    uint32_t far, *queue;
    for (size_t v = 0; v < job->n; v++) job->cost[v] = job->way[v] = INFINITY;
    if (asked != LM_WAYS_NONE) return ways_tree(job, asked, &far, err);
    if (!(queue = lm_mem_alloc(job->n, sizeof *queue, err))) return LM_ENOMEM;
    for (size_t v = 0; v < job->n && !rc; v++) {
        uint32_t root;
        if (job->cost[v] < INFINITY) continue;
        if ((rc = ways_tree(job, (uint32_t)v, &root, err))) break;
        ways_forget(job, (uint32_t)v, queue);
        rc = ways_tree(job, root, &far, err);
    }
    free(queue);
    return rc;
}

double lm_ways_along(const lm_ways *job, uint32_t a, uint32_t b)
{
    double s = job->way[a] + job->way[b];
    while (a != b) {
        if (job->way[a] < job->way[b]) {
            uint32_t x = a;
            a = b;
            b = x;
        }
        if (job->from[a] == LM_WAYS_NONE) return INFINITY;
        a = job->from[a];
    }
    return s - 2 * job->way[a];
}

uint32_t lm_ways_back(const lm_ways *job, uint32_t v, double by)
{
    const double to = job->way[v] - by;
    while (job->from[v] != LM_WAYS_NONE && job->way[v] > to) v = job->from[v];
    return v;
}

void lm_ways_release(lm_ways *job)
{
    free(job->row);
    free(job->ijk);
    free(job->r);
    free(job->cost);
    free(job->way);
    free(job->from);
    *job = (lm_ways)LM_WAYS_INIT;
}
