/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "repair/decimate.h"
#include "base/mem.h"
#include "base/pool.h"
#include "repair/collapse.h"
#include "repair/tether.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    DECIMATE_SHIFT = 49, /* of the bits of a double: leaves sign, exponent and the first 3 bits */
    DECIMATE_QUEUES = 1 << (63 - DECIMATE_SHIFT),
    DECIMATE_BATCH = 1024, /* edges judged at a time, at most and at least */
    DECIMATE_BATCH_LEAST = 16,
    DECIMATE_SHARE = 256, /* and this part of the vertices */
    DECIMATE_AGAIN = 8,   /* queues after which edges that might not be are looked at again */
    DECIMATE_CHUNK = 16,
    DECIMATE_GAIN = 200,   /* part of the vertices that makes another round worth while */
    DECIMATE_PATIENCE = 2, /* queues by which a cost may have grown before the edge goes back */
    DECIMATE_BLOCK = 4096
};

typedef struct {
    uint32_t u, v, version;
} decimate_entry;

typedef struct {
    decimate_entry *e;
    size_t n, cap, at;
} decimate_queue;

typedef enum { DECIMATE_NO, DECIMATE_LATER, DECIMATE_YES } decimate_verdict;

typedef struct {
    lm_collapse_edge edge;
    uint32_t queue, version, near;
    decimate_verdict verdict;
} decimate_task;

typedef struct {
    uint32_t u, v;
    double cost;
} decimate_cost;

typedef struct {
    lm_collapse c;
    lm_tether tether; /* was: NULL: none */
    decimate_queue *queue;
    size_t low;                  /* no queue below holds anything */
    decimate_entry *no;          /* edges that might not be */
    size_t n_no, cap_no, looked; /* the queue at which they were last looked at */
    decimate_task *task;
    size_t n, vertices;
    uint32_t *moved;               /* per vertex: the batch in which it moved or went */
    uint32_t batch;                /* number of this one */
    uint32_t done[DECIMATE_BATCH]; /* tasks of this batch that were done */
    size_t n_done;
    uint32_t *seen; /* per vertex: the batch in which it was put into `ring` */
    uint32_t *ring; /* vertices whose triangles changed */
    size_t n_ring, cap_ring;
    decimate_cost *cost; /* edges whose cost is wanted */
    size_t n_cost, cap_cost;
} decimate_work;

static uint32_t decimate_key(double cost)
{
    uint64_t bits;
    memcpy(&bits, &cost, sizeof bits);
    return (uint32_t)(bits >> DECIMATE_SHIFT);
}

static lm_status decimate_push(decimate_work *w, uint32_t queue, uint32_t u, uint32_t v, lm_err *err)
{
    decimate_queue *q = &w->queue[queue];
    lm_status rc = q->n < q->cap ? LM_OK : lm_mem_grow(&q->e, &q->cap, q->n + 1, sizeof *q->e, err);
    if (rc) return rc;
    q->e[q->n++] = (decimate_entry){u, v, w->c.version[u] + w->c.version[v]};
    if (queue < w->low) w->low = queue;
    return LM_OK;
}

/* ---- costs ---- */

static lm_status decimate_cost_task(void *ctx, size_t task, int worker, lm_err *err)
{
    (void)worker;
    (void)err;
    decimate_work *w = ctx;
    for (size_t i = task * DECIMATE_CHUNK; i < w->n_cost && i < (task + 1) * DECIMATE_CHUNK; i++)
        w->cost[i].cost = lm_collapse_guess(&w->c, w->cost[i].u, w->cost[i].v);
    return LM_OK;
}

static lm_status decimate_costs(decimate_work *w, lm_err *err)
{
    size_t tasks = (w->n_cost + DECIMATE_CHUNK - 1) / DECIMATE_CHUNK;
    lm_status rc = lm_pool_run(tasks < 4 ? 1 : w->c.threads, tasks, decimate_cost_task, w, err);
    for (size_t i = 0; i < w->n_cost && !rc; i++)
        if (isfinite(w->cost[i].cost)) rc = decimate_push(w, decimate_key(w->cost[i].cost), w->cost[i].u, w->cost[i].v, err);
    w->n_cost = 0;
    return rc;
}

static lm_status decimate_want(decimate_work *w, uint32_t u, uint32_t v, lm_err *err)
{
    lm_status rc = w->n_cost < w->cap_cost ? LM_OK : lm_mem_grow(&w->cost, &w->cap_cost, w->n_cost + 1, sizeof *w->cost, err);
    if (!rc) w->cost[w->n_cost++] = (decimate_cost){.u = u < v ? u : v, .v = u < v ? v : u};
    return rc;
}

/* All edges, far ones one after the other, so that what is judged at a time lies apart. */
static lm_status decimate_seed(decimate_work *w, lm_err *err)
{
    const lm_mesh *m = &w->c.m;
    lm_status rc = LM_OK;
    size_t stride = (size_t)(0.6180339887498949 * (double)m->nt) | 1, t = 0;
    for (size_t a = stride, b = m->nt; b;) { /* no common divisor, so that each comes once */
        size_t r = a % b;
        a = b;
        b = r;
        if (!b && a > 1) {
            stride += 2;
            a = stride;
            b = m->nt;
        }
    }
    for (size_t i = 0; i < m->nt && !rc; i++, t = (t + stride) % m->nt) {
        if (w->c.gone[t]) continue;
        for (size_t k = 0; k < 3 && !rc; k++) {
            uint32_t u = m->tri[3 * t + k], v = m->tri[3 * t + (k + 1) % 3];
            if (u < v) rc = decimate_want(w, u, v, err);
        }
    }
    return rc ? rc : decimate_costs(w, err);
}

/* ---- one batch ---- */

static bool decimate_again(const decimate_work *w)
{
    return w->n_no && w->low > w->looked + DECIMATE_AGAIN;
}

/* Before anything dearer is done: edges that might not be go back where the triangles around have changed. */
static lm_status decimate_retry(decimate_work *w, lm_err *err)
{
    size_t n = 0;
    lm_status rc = LM_OK;
    w->looked = w->low;
    for (size_t i = 0; i < w->n_no && !rc; i++) {
        const decimate_entry *e = &w->no[i];
        if (w->c.f.head[e->u] == UINT32_MAX || w->c.f.head[e->v] == UINT32_MAX) continue;
        if (e->version == w->c.version[e->u] + w->c.version[e->v]) w->no[n++] = *e;
        else rc = decimate_want(w, e->u, e->v, err);
    }
    w->n_no = n;
    return rc ? rc : decimate_costs(w, err);
}

static lm_status decimate_refuse(decimate_work *w, const decimate_task *t, lm_err *err)
{
    uint32_t u = t->edge.u, v = t->edge.v;
    lm_status rc = w->n_no < w->cap_no ? LM_OK : lm_mem_grow(&w->no, &w->cap_no, w->n_no + 1, sizeof *w->no, err);
    if (!rc) w->no[w->n_no++] = (decimate_entry){u, v, w->c.version[u] + w->c.version[v]};
    return rc;
}

static void decimate_pick(decimate_work *w)
{
    size_t most = w->vertices / DECIMATE_SHARE;
    if (most > DECIMATE_BATCH) most = DECIMATE_BATCH;
    if (most < DECIMATE_BATCH_LEAST) most = DECIMATE_BATCH_LEAST;
    for (w->n = 0; w->n < most && w->low < DECIMATE_QUEUES && !decimate_again(w);) {
        decimate_queue *q = &w->queue[w->low];
        if (q->at == q->n) {
            q->at = q->n = 0;
            w->low++;
            continue;
        }
        const decimate_entry *e = &q->e[q->at++];
        if (w->c.f.head[e->u] == UINT32_MAX || w->c.f.head[e->v] == UINT32_MAX) continue;
        decimate_task *t = &w->task[w->n++];
        t->edge.u = e->u;
        t->edge.v = e->v;
        t->queue = (uint32_t)w->low;
        t->version = e->version;
    }
}

static lm_status decimate_judge(void *ctx, size_t task, int worker, lm_err *err)
{
    (void)worker;
    (void)err;
    decimate_work *w = ctx;
    for (size_t i = task * DECIMATE_CHUNK; i < w->n && i < (task + 1) * DECIMATE_CHUNK; i++) {
        decimate_task *t = &w->task[i];
        t->verdict = DECIMATE_NO;
        if (t->version != w->c.version[t->edge.u] + w->c.version[t->edge.v]) {
            double cost = lm_collapse_guess(&w->c, t->edge.u, t->edge.v);
            uint32_t key = decimate_key(cost);
            if (isfinite(cost) && key > t->queue + DECIMATE_PATIENCE) {
                t->queue = key;
                t->verdict = DECIMATE_LATER;
                continue;
            }
        }
        if (lm_collapse_may(&w->c, &t->edge) && (!w->tether.was || lm_tether_may(&w->tether, &w->c, &t->edge, &t->near)) &&
            lm_collapse_clear(&w->c, &t->edge))
            t->verdict = DECIMATE_YES;
    }
    return LM_OK;
}

/* Has what the judgement rests on changed since? */
static bool decimate_changed(const decimate_work *w, const decimate_task *t)
{
    const lm_collapse_edge *e = &t->edge;
    if (w->moved[e->u] == w->batch || w->moved[e->v] == w->batch) return true;
    for (uint32_t i = 0; i < e->n; i++)
        if (w->moved[lm_collapse_after(&w->c, e->corner[i])] == w->batch ||
            w->moved[lm_collapse_before(&w->c, e->corner[i])] == w->batch)
            return true;
    for (size_t i = 0; i < w->n_done; i++) {
        const lm_collapse_edge *d = &w->task[w->done[i]].edge;
        if (lm_bvh_overlap(e->lo, e->hi, d->lo, d->hi) && lm_collapse_meets(&w->c, e, d->u)) return true;
    }
    return false;
}

static lm_status decimate_touch(decimate_work *w, uint32_t v, lm_err *err)
{
    if (w->seen[v] == w->batch) return LM_OK;
    lm_status rc = w->n_ring < w->cap_ring ? LM_OK : lm_mem_grow(&w->ring, &w->cap_ring, w->n_ring + 1, sizeof *w->ring, err);
    if (rc) return rc;
    w->seen[v] = w->batch;
    w->ring[w->n_ring++] = v;
    return LM_OK;
}

static lm_status decimate_do(decimate_work *w, size_t i, lm_err *err)
{
    const lm_collapse_edge *e = &w->task[i].edge;
    lm_collapse_do(&w->c, e);
    w->vertices--;
    w->moved[e->u] = w->moved[e->v] = w->batch;
    w->done[w->n_done++] = (uint32_t)i;
    lm_status rc = decimate_touch(w, e->u, err);
    for (uint32_t k = w->c.f.head[e->u]; k != UINT32_MAX && !rc; k = w->c.f.next[k])
        if (!(rc = decimate_touch(w, lm_collapse_after(&w->c, k), err))) rc = decimate_touch(w, lm_collapse_before(&w->c, k), err);
    return rc;
}

static lm_status decimate_renew_task(void *ctx, size_t task, int worker, lm_err *err)
{
    (void)worker;
    (void)err;
    decimate_work *w = ctx;
    for (size_t i = task * DECIMATE_CHUNK; i < w->n_ring && i < (task + 1) * DECIMATE_CHUNK; i++)
        lm_collapse_renew(&w->c, w->ring[i]);
    return LM_OK;
}

static lm_status decimate_tether_task(void *ctx, size_t i, int worker, lm_err *err)
{
    (void)worker;
    (void)err;
    decimate_work *w = ctx;
    const decimate_task *t = &w->task[w->done[i]];
    lm_tether_do(&w->tether, &w->c, &t->edge, t->near);
    return LM_OK;
}

/* New quadrics around what was done, and new costs of the edges at it. */
static lm_status decimate_renew(decimate_work *w, lm_err *err)
{
    size_t tasks = (w->n_ring + DECIMATE_CHUNK - 1) / DECIMATE_CHUNK;
    lm_status rc = lm_pool_run(tasks < 4 ? 1 : w->c.threads, tasks, decimate_renew_task, w, err);
    if (!rc && w->tether.was) rc = lm_pool_run(w->n_done < 4 ? 1 : w->c.threads, w->n_done, decimate_tether_task, w, err);
    for (size_t i = 0; i < w->n_done && !rc; i++) {
        uint32_t u = w->task[w->done[i]].edge.u;
        for (uint32_t k = w->c.f.head[u]; k != UINT32_MAX && !rc; k = w->c.f.next[k]) {
            uint32_t after = lm_collapse_after(&w->c, k);
            /* each neighbour is after u in one triangle; at a seam in several, which does no harm */
            if (w->moved[after] != w->batch || u < after) rc = decimate_want(w, u, after, err);
        }
    }
    w->n_ring = 0;
    return rc ? rc : decimate_costs(w, err);
}

static lm_status decimate_batch(decimate_work *w, size_t target, lm_decimate *out, lm_err *err)
{
    size_t tasks = (w->n + DECIMATE_CHUNK - 1) / DECIMATE_CHUNK;
    lm_status rc = lm_pool_run(w->c.threads, tasks, decimate_judge, w, err);
    w->batch++;
    w->n_done = 0;
    for (size_t i = 0; i < w->n && !rc && w->c.live > target; i++) {
        decimate_task *t = &w->task[i];
        if (t->verdict == DECIMATE_YES && decimate_changed(w, t)) t->verdict = DECIMATE_LATER;
        if (t->verdict == DECIMATE_YES) {
            rc = decimate_do(w, i, err);
            out->collapses++;
        } else if (t->verdict == DECIMATE_LATER) rc = decimate_push(w, t->queue, t->edge.u, t->edge.v, err);
        else rc = decimate_refuse(w, t, err);
    }
    if (rc || (rc = decimate_renew(w, err))) return rc;
    return lm_collapse_tree(&w->c, err);
}

static void decimate_release(decimate_work *w)
{
    lm_collapse_release(&w->c);
    lm_tether_release(&w->tether);
    for (size_t i = 0; w->queue && i < DECIMATE_QUEUES; i++) free(w->queue[i].e);
    free(w->queue);
    free(w->task);
    free(w->moved);
    free(w->seen);
    free(w->ring);
    free(w->cost);
    free(w->no);
}

lm_status lm_decimate_run(lm_mesh *m, const lm_decimate_opt *opt, lm_decimate *out, lm_err *err)
{
    decimate_work w = {.vertices = m->nv, .low = DECIMATE_QUEUES};
    *out = (lm_decimate){.before = m->nt, .after = m->nt};
    size_t since = SIZE_MAX;
    lm_status rc = lm_collapse_make(m, opt->threads, &w.c, err);
    if (!rc && opt->limit_mm > 0) rc = lm_tether_make(&w.c, opt->was, opt->limit_mm, opt->own, &w.tether, err);
    if (!rc &&
        (!(w.queue = lm_mem_calloc(DECIMATE_QUEUES, sizeof *w.queue, err)) ||
         !(w.task = lm_mem_alloc(DECIMATE_BATCH, sizeof *w.task, err)) ||
         !(w.moved = lm_mem_calloc(w.c.m.nv, sizeof *w.moved, err)) || !(w.seen = lm_mem_calloc(w.c.m.nv, sizeof *w.seen, err))))
        rc = LM_ENOMEM;
    while (!rc && w.c.live > opt->triangles) {
        decimate_pick(&w);
        if (w.n) rc = decimate_batch(&w, opt->triangles, out, err);
        else if (decimate_again(&w)) rc = decimate_retry(&w, err);
        else if (since != SIZE_MAX && out->collapses - since <= (opt->triangles ? 0 : w.vertices / DECIMATE_GAIN))
            break; /* all edges were looked at, and hardly one could be drawn together */
        else {
            since = out->collapses;
            w.n_no = 0;
            rc = decimate_seed(&w, err);
            w.looked = w.low;
        }
    }
    if (!rc) rc = lm_collapse_finish(&w.c, m, err);
    out->after = m->nt;
    decimate_release(&w);
    return rc;
}
