/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "surface/bvh.h"
#include "base/mem.h"
#include "base/pool.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

typedef struct {
    float c[3]; /* centre of the triangle's box */
    uint32_t t;
} bvh_ref;

typedef struct {
    uint32_t node, at, n; /* node to be built over refs at .. at+n-1 */
} bvh_job;

enum { BVH_JOBS = 256, BVH_BLOCK = 8192 };

typedef struct {
    const lm_mesh *m;
    bvh_ref *ref;
    lm_bvh *b;
    bvh_job job[BVH_JOBS];
    size_t jobs;
} bvh_build;

/* Refs in order of (c[k], t), as whole numbers: floats without their sign bits count up as integers do. */
static inline uint64_t bvh_key(const bvh_ref *r, int k)
{
    uint32_t u;
    memcpy(&u, &r->c[k], sizeof u);
    u ^= u >> 31 ? 0xffffffffu : 0x80000000u;
    return (uint64_t)u << 32 | r->t;
}

static int bvh_cmp(const bvh_ref *a, const bvh_ref *b, int k)
{
    return bvh_key(a, k) < bvh_key(b, k) ? -1 : 1;
}
static int bvh_cmp0(const void *a, const void *b)
{
    return bvh_cmp(a, b, 0);
}
static int bvh_cmp1(const void *a, const void *b)
{
    return bvh_cmp(a, b, 1);
}
static int bvh_cmp2(const void *a, const void *b)
{
    return bvh_cmp(a, b, 2);
}

/* Those below the pivot to the front, at least one, and how many; without branches, of which half would be guessed wrong. */
static size_t bvh_part(bvh_ref *r, size_t n, int k, uint64_t pivot)
{
    size_t below = 0;
    for (size_t i = 0; i < n; i++) {
        const bvh_ref x = r[i];
        r[i] = r[below];
        r[below] = x;
        below += bvh_key(&x, k) < pivot;
    }
    if (below) return below;
    for (size_t i = 0; i < n; i++) /* the pivot is the least: keys differ */
        if (bvh_key(&r[i], k) == pivot) {
            const bvh_ref x = r[0];
            r[0] = r[i];
            r[i] = x;
            break;
        }
    return 1;
}

/* Put the `left` smallest of r[0..n) by (c[k], t) in front: quickselect, and a sort when the pivots keep failing. */
static void bvh_select(bvh_ref *r, size_t n, size_t left, int k)
{
    static int (*const cmp[3])(const void *, const void *) = {bvh_cmp0, bvh_cmp1, bvh_cmp2};
    size_t lo = 0, hi = n; /* the border lies within [lo, hi] */
    for (int tries = 0; hi - lo > 1 && left > lo && left < hi; tries++) {
        if (tries == 64) {
            qsort(r + lo, hi - lo, sizeof *r, cmp[k]);
            return;
        }
        uint64_t a = bvh_key(&r[lo], k), b = bvh_key(&r[lo + (hi - lo) / 2], k), c = bvh_key(&r[hi - 1], k);
        const uint64_t least = a < b ? a : b, most = a < b ? b : a;
        const size_t cut = lo + bvh_part(r + lo, hi - lo, k, c < least ? least : c > most ? most : c);
        if (left < cut) hi = cut;
        else lo = cut;
    }
}

static void bvh_bounds(const bvh_build *s, const bvh_job *j, lm_bvh_node *node)
{
    for (int k = 0; k < 3; k++) node->lo[k] = INFINITY, node->hi[k] = -INFINITY;
    for (uint32_t i = j->at; i < j->at + j->n; i++) {
        float lo[3], hi[3];
        lm_bvh_tri_box(s->m, s->ref[i].t, lo, hi);
        for (int k = 0; k < 3; k++) {
            if (lo[k] < node->lo[k]) node->lo[k] = lo[k];
            if (hi[k] > node->hi[k]) node->hi[k] = hi[k];
        }
    }
}

/* Split job j in two; false for a leaf, which is then complete. Boxes of inner nodes follow later. */
static bool bvh_split(bvh_build *s, const bvh_job *j, bvh_job child[2])
{
    lm_bvh_node *node = &s->b->node[j->node];
    if (j->n <= LM_BVH_LEAF) {
        bvh_bounds(s, j, node);
        node->at = j->at;
        node->n = j->n;
        for (uint32_t i = j->at; i < j->at + j->n; i++) s->b->item[i] = s->ref[i].t;
        return false;
    }
    float lo[3] = {INFINITY, INFINITY, INFINITY}, hi[3] = {-INFINITY, -INFINITY, -INFINITY};
    for (uint32_t i = j->at; i < j->at + j->n; i++)
        for (int k = 0; k < 3; k++) {
            float c = s->ref[i].c[k];
            if (c < lo[k]) lo[k] = c;
            if (c > hi[k]) hi[k] = c;
        }
    int axis = 0;
    for (int k = 1; k < 3; k++)
        if ((double)hi[k] - lo[k] > (double)hi[axis] - lo[axis]) axis = k;
    /* whole leaves on the left, so that the number of nodes below follows from the number of triangles */
    uint32_t leaves = (j->n - 1) / LM_BVH_LEAF + 1, left = leaves / 2 + leaves % 2;
    bvh_select(s->ref + j->at, j->n, (size_t)left * LM_BVH_LEAF, axis);
    node->at = j->node + 2 * left;
    node->n = 0;
    child[0] = (bvh_job){j->node + 1, j->at, left * LM_BVH_LEAF};
    child[1] = (bvh_job){node->at, j->at + left * LM_BVH_LEAF, j->n - left * LM_BVH_LEAF};
    return true;
}

static void bvh_join(lm_bvh *b, uint32_t i)
{
    lm_bvh_node *p = &b->node[i], *l = p + 1, *r = &b->node[p->at];
    for (int k = 0; k < 3; k++) {
        p->lo[k] = l->lo[k] < r->lo[k] ? l->lo[k] : r->lo[k];
        p->hi[k] = l->hi[k] > r->hi[k] ? l->hi[k] : r->hi[k];
    }
}

static void bvh_subtree(bvh_build *s, const bvh_job *j)
{
    bvh_job child[2];
    if (!bvh_split(s, j, child)) return;
    bvh_subtree(s, &child[0]);
    bvh_subtree(s, &child[1]);
    bvh_join(s->b, j->node);
}

static lm_status bvh_refs_task(void *ctx, size_t task, int worker, lm_err *err)
{
    (void)worker;
    (void)err;
    bvh_build *s = ctx;
    for (size_t i = task * BVH_BLOCK; i < s->b->items && i < (task + 1) * BVH_BLOCK; i++) {
        float lo[3], hi[3];
        lm_bvh_tri_box(s->m, s->ref[i].t, lo, hi);
        for (int k = 0; k < 3; k++) s->ref[i].c[k] = 0.5f * lo[k] + 0.5f * hi[k];
    }
    return LM_OK;
}

typedef struct {
    bvh_build *s;
    bvh_job child[BVH_JOBS][2];
    bool split[BVH_JOBS];
} bvh_level;

static lm_status bvh_level_task(void *ctx, size_t task, int worker, lm_err *err)
{
    (void)worker;
    (void)err;
    bvh_level *l = ctx;
    l->split[task] = bvh_split(l->s, &l->s->job[task], l->child[task]);
    return LM_OK;
}

static lm_status bvh_subtree_task(void *ctx, size_t task, int worker, lm_err *err)
{
    (void)worker;
    (void)err;
    bvh_build *s = ctx;
    bvh_subtree(s, &s->job[task]);
    return LM_OK;
}

lm_status lm_bvh_build(const lm_mesh *m, const unsigned char *skip, int threads, lm_bvh *out, lm_err *err)
{
    lm_status rc = LM_OK;
    bvh_build s = {.m = m, .b = out, .jobs = 1};
    bvh_level level = {.s = &s};
    uint32_t inner[BVH_JOBS]; /* nodes split level by level, their boxes joined at the end */
    size_t n_inner = 0, n = 0;
    lm_bvh_release(out);
    for (size_t t = 0; t < m->nt; t++) n += !skip || !skip[t];
    if (n == 0) return LM_OK;
    threads = lm_pool_threads(threads);
    out->items = n;
    out->nodes = 2 * ((n - 1) / LM_BVH_LEAF + 1) - 1;
    if (!(s.ref = lm_mem_alloc(n, sizeof *s.ref, err)) || !(out->item = lm_mem_alloc(n, sizeof *out->item, err)) ||
        !(out->node = lm_mem_alloc(out->nodes, sizeof *out->node, err))) {
        rc = LM_ENOMEM;
        goto done;
    }
    size_t at = 0;
    for (size_t t = 0; t < m->nt; t++)
        if (!skip || !skip[t]) s.ref[at++].t = (uint32_t)t;
    if ((rc = lm_pool_run(threads, (n - 1) / BVH_BLOCK + 1, bvh_refs_task, &s, err))) goto done;
    s.job[0] = (bvh_job){0, 0, (uint32_t)n};
    while (s.jobs && 2 * s.jobs <= BVH_JOBS / 2) {
        if ((rc = lm_pool_run(threads, s.jobs, bvh_level_task, &level, err))) goto done;
        size_t now = 0;
        bvh_job next[BVH_JOBS];
        for (size_t i = 0; i < s.jobs; i++) {
            if (!level.split[i]) continue;
            inner[n_inner++] = s.job[i].node;
            next[now++] = level.child[i][0];
            next[now++] = level.child[i][1];
        }
        for (size_t i = 0; i < now; i++) s.job[i] = next[i];
        s.jobs = now;
    }
    if ((rc = lm_pool_run(threads, s.jobs, bvh_subtree_task, &s, err))) goto done;
    while (n_inner) bvh_join(out, inner[--n_inner]);
done:
    free(s.ref);
    if (rc) lm_bvh_release(out);
    return rc;
}

void lm_bvh_release(lm_bvh *b)
{
    free(b->node);
    free(b->item);
    *b = (lm_bvh)LM_BVH_INIT;
}
