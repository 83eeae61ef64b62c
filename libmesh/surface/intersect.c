/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "surface/intersect.h"
#include "base/mem.h"
#include "base/pool.h"
#include "surface/predicates.h"

#include <stdlib.h>
#include <string.h>

enum { INTERSECT_TASKS = 1024 }; /* the walk is cut into at least this many parts where the tree is large enough */

typedef struct {
    uint32_t a, b; /* nodes; a == b: all pairs below a */
} intersect_part;

typedef struct {
    size_t pairs, cap;
    uint64_t least; /* a << 32 | b */
    uint64_t *list;
} intersect_found;

typedef struct {
    const lm_mesh *m;
    const lm_bvh *b;
    const uint32_t *point;
    bool list;
    intersect_part *part;
    intersect_found *found; /* one per part */
} intersect_walk;

static lm_status intersect_add(intersect_found *f, bool list, uint32_t s, uint32_t t, lm_err *err)
{
    uint64_t key = s < t ? (uint64_t)s << 32 | t : (uint64_t)t << 32 | s;
    if (!f->pairs || key < f->least) f->least = key;
    if (list) {
        lm_status rc = lm_mem_grow(&f->list, &f->cap, f->pairs + 1, sizeof *f->list, err);
        if (rc) return rc;
        f->list[f->pairs] = key;
    }
    f->pairs++;
    return LM_OK;
}

typedef struct {
    uint32_t t;
    float lo[3], hi[3];
    lm_predicates_tri tri;
} intersect_tri;

/* Leaves meet those around them, one after the other: the triangles of the last ones stay at hand. */
enum { INTERSECT_LEAVES = 32 };
typedef struct {
    uint32_t node[INTERSECT_LEAVES]; /* whose triangles lie there; UINT32_MAX: none */
    intersect_tri tri[INTERSECT_LEAVES][LM_BVH_LEAF];
} intersect_cache;

static const intersect_tri *intersect_load(const intersect_walk *w, intersect_cache *cache, uint32_t node)
{
    const lm_bvh_node *leaf = &w->b->node[node];
    intersect_tri *x = cache->tri[node % INTERSECT_LEAVES];
    if (cache->node[node % INTERSECT_LEAVES] == node) return x;
    cache->node[node % INTERSECT_LEAVES] = node;
    for (uint32_t i = 0; i < leaf->n; i++) {
        const float *p[3];
        uint32_t id[3];
        x[i].t = w->b->item[leaf->at + i];
        for (int k = 0; k < 3; k++) {
            uint32_t v = w->m->tri[3 * (size_t)x[i].t + (size_t)k];
            id[k] = w->point ? w->point[v] : v;
            p[k] = w->m->pos + 3 * (size_t)v;
        }
        lm_predicates_tri_of(p, id, &x[i].tri);
        lm_bvh_tri_box(w->m, x[i].t, x[i].lo, x[i].hi);
    }
    return x;
}

static lm_status intersect_leaves(const intersect_walk *w, intersect_cache *cache, intersect_part p, intersect_found *f,
                                  lm_err *err)
{
    const lm_bvh_node *a = &w->b->node[p.a], *b = &w->b->node[p.b];
    intersect_tri copy[LM_BVH_LEAF];
    const intersect_tri *ta = intersect_load(w, cache, p.a), *tb = ta;
    if (p.a != p.b) {
        if (p.a % INTERSECT_LEAVES == p.b % INTERSECT_LEAVES) ta = memcpy(copy, ta, sizeof copy); /* its place is taken */
        tb = intersect_load(w, cache, p.b);
    }
    for (uint32_t i = 0; i < a->n; i++) {
        const intersect_tri *x = &ta[i];
        if (p.a != p.b && !lm_bvh_overlap(x->lo, x->hi, b->lo, b->hi)) continue;
        for (uint32_t j = p.a == p.b ? i + 1 : 0; j < b->n; j++) {
            const intersect_tri *y = &tb[j];
            if (!lm_bvh_overlap(x->lo, x->hi, y->lo, y->hi) || !lm_predicates_meet(&x->tri, &y->tri)) continue;
            lm_status rc = intersect_add(f, w->list, x->t, y->t, err);
            if (rc) return rc;
        }
    }
    return LM_OK;
}

/* The parts of a part that may hold pairs, at most 3; 0 when nothing is left or the part is one of leaves (*leaf). */
static int intersect_cut(const lm_bvh *t, intersect_part p, intersect_part sub[3], bool *leaf)
{
    const lm_bvh_node *a = &t->node[p.a], *b = &t->node[p.b];
    *leaf = false;
    if (p.a == p.b) {
        if ((*leaf = a->n > 0)) return 0;
        sub[0] = (intersect_part){p.a + 1, p.a + 1};
        sub[1] = (intersect_part){a->at, a->at};
        sub[2] = (intersect_part){p.a + 1, a->at};
        return 3;
    }
    if (!lm_bvh_overlap(a->lo, a->hi, b->lo, b->hi)) return 0;
    if ((*leaf = a->n && b->n)) return 0;
    /* the trees are balanced: taking turns keeps the two boxes alike in size */
    if (b->n || (!a->n && a->hi[0] - a->lo[0] + a->hi[1] - a->lo[1] + a->hi[2] - a->lo[2] >=
                              b->hi[0] - b->lo[0] + b->hi[1] - b->lo[1] + b->hi[2] - b->lo[2])) {
        sub[0] = (intersect_part){p.a + 1, p.b};
        sub[1] = (intersect_part){a->at, p.b};
    } else {
        sub[0] = (intersect_part){p.a, p.b + 1};
        sub[1] = (intersect_part){p.a, b->at};
    }
    return 2;
}

static lm_status intersect_task(void *ctx, size_t task, int worker, lm_err *err)
{
    (void)worker;
    intersect_walk *w = ctx;
    intersect_part stack[4 * LM_BVH_DEPTH], sub[3];
    intersect_cache cache;
    int n = 1;
    memset(cache.node, 0xff, sizeof cache.node);
    stack[0] = w->part[task];
    while (n) {
        bool leaf;
        intersect_part p = stack[--n];
        int k = intersect_cut(w->b, p, sub, &leaf);
        if (leaf) {
            lm_status rc = intersect_leaves(w, &cache, p, &w->found[task], err);
            if (rc) return rc;
        }
        while (k) stack[n++] = sub[--k];
    }
    return LM_OK;
}

/* Cut the walk level by level into parts; leaves and what has no overlap end here. */
static lm_status intersect_parts(const lm_bvh *b, intersect_part **ret, size_t *n, lm_err *err)
{
    size_t cap = 0, have = 1;
    intersect_part *part = NULL;
    lm_status rc = lm_mem_grow(&part, &cap, 4 * INTERSECT_TASKS, sizeof *part, err);
    if (rc) return rc;
    part[0] = (intersect_part){0, 0};
    for (bool more = true; more && have < INTERSECT_TASKS;) {
        intersect_part next[4 * INTERSECT_TASKS], sub[3];
        size_t k = 0;
        more = false;
        for (size_t i = 0; i < have; i++) {
            bool leaf;
            int ns = intersect_cut(b, part[i], sub, &leaf);
            if (leaf) next[k++] = part[i];
            for (int j = 0; j < ns; j++) next[k++] = sub[j];
            more |= ns > 0;
        }
        memcpy(part, next, k * sizeof *part);
        have = k;
    }
    *ret = part;
    *n = have;
    return LM_OK;
}

static int intersect_cmp(const void *a, const void *b)
{
    const uint64_t *x = a, *y = b;
    return (*x > *y) - (*x < *y);
}

lm_status lm_intersect_run(const lm_mesh *m, const lm_bvh *b, const uint32_t *point, bool list, int threads, lm_intersect *out,
                           lm_err *err)
{
    intersect_walk w = {.m = m, .b = b, .point = point, .list = list};
    size_t n = 0, at = 0;
    uint64_t least = UINT64_MAX, *all = NULL;
    lm_intersect_release(out);
    if (!b->nodes) return LM_OK;
    lm_status rc = intersect_parts(b, &w.part, &n, err);
    if (rc) return rc;
    if (!(w.found = lm_mem_calloc(n, sizeof *w.found, err))) {
        free(w.part);
        return LM_ENOMEM;
    }
    if ((rc = lm_pool_run(lm_pool_threads(threads), n, intersect_task, &w, err))) goto done;
    for (size_t i = 0; i < n; i++) {
        out->pairs += w.found[i].pairs;
        if (w.found[i].pairs && w.found[i].least < least) least = w.found[i].least;
    }
    out->first[0] = (uint32_t)(least >> 32);
    out->first[1] = (uint32_t)least;
    if (!list) goto done;
    if (!(all = lm_mem_alloc(out->pairs, sizeof *all, err)) || !(out->list = lm_mem_alloc(out->pairs, sizeof *out->list, err))) {
        rc = LM_ENOMEM;
        goto done;
    }
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < w.found[i].pairs; k++) all[at++] = w.found[i].list[k];
    qsort(all, at, sizeof *all, intersect_cmp);
    for (size_t k = 0; k < at; k++) {
        out->list[k][0] = (uint32_t)(all[k] >> 32);
        out->list[k][1] = (uint32_t)all[k];
    }
done:
    for (size_t i = 0; i < n; i++) free(w.found[i].list);
    free(w.found);
    free(w.part);
    free(all);
    if (rc) lm_intersect_release(out);
    return rc;
}

void lm_intersect_release(lm_intersect *x)
{
    free(x->list);
    *x = (lm_intersect)LM_INTERSECT_INIT;
}
