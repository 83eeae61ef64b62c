/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "repair/holes.h"
#include "base/mem.h"
#include "base/pool.h"
#include "repair/clash.h"
#include "repair/fill.h"
#include "repair/rings.h"
#include "repair/vec.h"

#include <stdlib.h>
#include <string.h>

enum { HOLES_ROUNDS = 8 }; /* a patch that an earlier one of the round got in the way of waits for the next round */

const char *lm_holes_why(lm_hole_why why)
{
    return why == LM_HOLE_UNTRACED ? "the triangles around it face opposite ways" : "every patch would meet the mesh";
}

/* ---- the loops ---- */

typedef struct {
    uint32_t from, to, half; /* edge of the patch; the open half-edge runs the other way, to -> from */
} holes_edge;

typedef struct {
    uint32_t at, n;   /* its edges in holes_work.loop_edge */
    bool done, waits; /* tried (filled or not); in the way of an earlier patch */
    bool filled;      /* by its own patch, or by that of another loop, `with` */
    uint32_t with;
    lm_hole_why why;
    uint32_t *tri; /* 3*nt, owned */
    size_t nt;
} holes_loop;

typedef struct {
    lm_mesh *m;
    bool any; /* patches may meet what they like */
    lm_topo_corners c;
    lm_bvh tree;
    uint32_t *mate;
    holes_edge *edge; /* open edges by from */
    size_t edges;
    uint32_t *loop_edge; /* indices into edge, loop by loop */
    holes_loop *loop;
    size_t loops, loop_cap;
    uint32_t *vertex;       /* as loop_edge: where each begins */
    uint32_t *inner, *next; /* first of the loops that belong to each (rings.h); the next one of the same; LM_RINGS_NONE: no more */
} holes_work;

static int holes_by_from(const void *p, const void *q)
{
    const holes_edge *a = p, *b = q;
    if (a->from != b->from) return a->from < b->from ? -1 : 1;
    return (a->half > b->half) - (a->half < b->half);
}

static lm_status holes_edges(holes_work *w, lm_err *err)
{
    const uint32_t *tri = w->m->tri;
    size_t n = 0;
    for (size_t h = 0; h < 3 * w->m->nt; h++) w->edges += w->mate[h] == LM_TOPO_NONE;
    if (!(w->edge = lm_mem_alloc(w->edges, sizeof *w->edge, err))) return LM_ENOMEM;
    for (uint32_t h = 0; h < 3 * w->m->nt; h++)
        if (w->mate[h] == LM_TOPO_NONE) w->edge[n++] = (holes_edge){tri[h - h % 3 + (h + 1) % 3], tri[h], h};
    qsort(w->edge, n, sizeof *w->edge, holes_by_from);
    return LM_OK;
}

/* First open edge that starts at v. */
static size_t holes_first(const holes_work *w, uint32_t v)
{
    size_t lo = 0, hi = w->edges;
    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;
        if (w->edge[mid].from < v) lo = mid + 1;
        else hi = mid;
    }
    return lo;
}

/* Normal at v from the triangles there, weighted as Max (Weights for computing vertex normals from facet normals, Journal
 * of Graphics Tools 4, 1999). */
static void holes_vertex_normal(const holes_work *w, uint32_t v, double n[3])
{
    n[0] = n[1] = n[2] = 0;
    for (uint32_t i = w->c.start[v]; i < w->c.start[v + 1]; i++) {
        uint32_t t = w->c.corner[i] / 3, k = w->c.corner[i] % 3;
        double a[3], b[3], x[3], d;
        lm_vec_sub(lm_vec_at(w->m, w->m->tri[3 * (size_t)t + (k + 1) % 3]), lm_vec_at(w->m, v), a);
        lm_vec_sub(lm_vec_at(w->m, w->m->tri[3 * (size_t)t + (k + 2) % 3]), lm_vec_at(w->m, v), b);
        lm_vec_cross(a, b, x);
        d = lm_vec_dot(a, a) * lm_vec_dot(b, b);
        for (int j = 0; j < 3 && d > 0; j++) n[j] += x[j] / d;
    }
}

/* A number that grows with the angle of (x, y), counter-clockwise from the x axis, 0 to 4. */
static double holes_turn(double x, double y)
{
    double s = fabs(x) + fabs(y), r;
    if (s == 0) return 0;
    r = y / s;
    return x < 0 ? 2 - r : y < 0 ? 4 + r : r;
}

/* Of the unused edges from v, the one that edge `in` (which ends there) goes on with: the fan of triangles at `in` runs
 * counter-clockwise from it, so the gap ends with the first one clockwise. SIZE_MAX: there is none. */
static size_t holes_next(const holes_work *w, const unsigned char *used, size_t in, uint32_t v)
{
    size_t best = SIZE_MAX, n = 0, at = holes_first(w, v);
    double most = -1, up[3], x[3], y[3], d[3];
    for (size_t i = at; i < w->edges && w->edge[i].from == v; i++)
        if (!used[i]) {
            if (!n++) best = i;
        }
    if (n < 2) return best;
    holes_vertex_normal(w, v, up);
    lm_vec_sub(lm_vec_at(w->m, w->edge[in].from), lm_vec_at(w->m, v), x);
    double uu = lm_vec_dot(up, up), f = uu > 0 ? lm_vec_dot(x, up) / uu : 0;
    for (int k = 0; k < 3; k++) x[k] -= f * up[k];
    lm_vec_cross(up, x, y);
    double len = sqrt(uu); /* y as long as x */
    for (int k = 0; k < 3 && len > 0; k++) y[k] /= len;
    for (size_t i = at; i < w->edges && w->edge[i].from == v; i++) {
        if (used[i]) continue;
        lm_vec_sub(lm_vec_at(w->m, w->edge[i].to), lm_vec_at(w->m, v), d);
        double turn = holes_turn(lm_vec_dot(d, x), lm_vec_dot(d, y));
        if (turn == 0) turn = 4;
        if (turn > most) most = turn, best = i; /* the largest counter-clockwise is the first clockwise */
    }
    return best;
}

static lm_status holes_emit(holes_work *w, size_t *end, const uint32_t *path, size_t n, bool closed, lm_err *err)
{
    lm_status rc = lm_mem_grow(&w->loop, &w->loop_cap, w->loops + 1, sizeof *w->loop, err);
    if (rc) return rc;
    memcpy(w->loop_edge + *end, path, n * sizeof *path);
    holes_loop *l = &w->loop[w->loops++];
    *l = (holes_loop){.at = (uint32_t)*end,
                      .n = (uint32_t)n,
                      .with = LM_RINGS_NONE,
                      .why = closed && n > 2 ? LM_HOLE_NO_PATCH : LM_HOLE_UNTRACED};
    l->done = l->why != LM_HOLE_NO_PATCH;
    *end += n;
    return LM_OK;
}

/* Cut the open edges into simple loops. */
static lm_status holes_trace(holes_work *w, lm_err *err)
{
    uint32_t *path = NULL, *on = NULL; /* edges walked; per vertex 1 + the place in the path of the edge that leaves it */
    unsigned char *used = NULL;
    size_t end = 0;
    lm_status rc = LM_ENOMEM;
    if (!(w->loop_edge = lm_mem_alloc(w->edges, sizeof *w->loop_edge, err)) ||
        !(path = lm_mem_alloc(w->edges, sizeof *path, err)) || !(on = lm_mem_calloc(w->m->nv, sizeof *on, err)) ||
        !(used = lm_mem_calloc(w->edges, 1, err)))
        goto done;
    rc = LM_OK;
    for (size_t s = 0; s < w->edges && !rc; s++) {
        size_t n = 0, e = s;
        while (!rc && e != SIZE_MAX && !used[e]) {
            used[e] = 1;
            path[n++] = (uint32_t)e;
            on[w->edge[e].from] = (uint32_t)n;
            uint32_t v = w->edge[e].to;
            if (on[v]) { /* a loop is complete */
                size_t first = on[v] - 1;
                for (size_t i = first; i < n; i++) on[w->edge[path[i]].from] = 0;
                rc = holes_emit(w, &end, path + first, n - first, true, err);
                n = first;
                if (!n) break;
            }
            e = holes_next(w, used, e, v);
        }
        for (size_t i = 0; i < n; i++) on[w->edge[path[i]].from] = 0;
        if (n && !rc) rc = holes_emit(w, &end, path, n, false, err);
    }
done:
    free(path);
    free(on);
    free(used);
    return rc;
}

/* ---- patches ---- */

/* Loops that bound one hole together; what makes no loop belongs to none. */
static lm_status holes_rings(holes_work *w, lm_err *err)
{
    lm_status rc = LM_ENOMEM;
    size_t *start = lm_mem_alloc(w->loops + 1, sizeof *start, err), n = 0;
    uint32_t *which = lm_mem_alloc(w->loops, sizeof *which, err), *v = NULL, *outer = NULL;
    if (!start || !which || !(w->inner = lm_mem_alloc(w->loops, sizeof *w->inner, err)) ||
        !(w->next = lm_mem_alloc(w->loops, sizeof *w->next, err)) ||
        !(w->vertex = lm_mem_alloc(w->edges, sizeof *w->vertex, err)) || !(v = lm_mem_alloc(w->edges, sizeof *v, err)) ||
        !(outer = lm_mem_alloc(w->loops, sizeof *outer, err)))
        goto done;
    start[0] = 0;
    for (uint32_t i = 0; i < w->loops; i++) {
        const holes_loop *l = &w->loop[i];
        w->inner[i] = w->next[i] = LM_RINGS_NONE;
        for (size_t k = 0; k < l->n; k++) w->vertex[l->at + k] = w->edge[w->loop_edge[l->at + k]].from;
        if (l->done) continue;
        memcpy(v + start[n], w->vertex + l->at, l->n * sizeof *v);
        which[n++] = i;
        start[n] = start[n - 1] + l->n;
    }
    rc = lm_rings_nest(w->m, v, start, n, outer, err);
    for (size_t i = n; i-- && !rc;) {
        if (outer[i] == LM_RINGS_NONE) continue;
        w->next[which[i]] = w->inner[which[outer[i]]];
        w->inner[which[outer[i]]] = which[i];
    }
done:
    free(start);
    free(which);
    free(v);
    free(outer);
    return rc;
}

/* A loop together with those that belong to it. */
static lm_status holes_ring_task(void *ctx, size_t task, int worker, lm_err *err)
{
    holes_work *w = ctx;
    holes_loop *l = &w->loop[task];
    lm_fill_on on = {w->m, &w->c, &w->tree};
    size_t loops = 1, n = l->n, *start = NULL;
    uint32_t *v = NULL;
    lm_status rc = LM_ENOMEM;
    (void)worker;
    if (w->inner[task] == LM_RINGS_NONE) return LM_OK;
    for (uint32_t i = w->inner[task]; i != LM_RINGS_NONE; i = w->next[i]) loops++, n += w->loop[i].n;
    if (!(start = lm_mem_alloc(loops + 1, sizeof *start, err)) || !(v = lm_mem_alloc(n, sizeof *v, err))) goto done;
    memcpy(v, w->vertex + l->at, l->n * sizeof *v);
    start[0] = 0;
    start[1] = l->n;
    loops = 1;
    for (uint32_t i = w->inner[task]; i != LM_RINGS_NONE; i = w->next[i], loops++) {
        memcpy(v + start[loops], w->vertex + w->loop[i].at, w->loop[i].n * sizeof *v);
        start[loops + 1] = start[loops] + w->loop[i].n;
    }
    if ((rc = lm_fill_rings(&on, v, start, loops, &l->tri, &l->nt, err)) || !l->nt) goto done;
    l->filled = l->done = true;
    for (uint32_t i = w->inner[task]; i != LM_RINGS_NONE; i = w->next[i])
        w->loop[i].filled = w->loop[i].done = true, w->loop[i].with = (uint32_t)task;
done:
    if (!l->filled) {
        free(l->tri);
        l->tri = NULL;
    }
    free(start);
    free(v);
    return rc;
}

static lm_status holes_task(void *ctx, size_t task, int worker, lm_err *err)
{
    (void)worker;
    holes_work *w = ctx;
    holes_loop *l = &w->loop[task];
    lm_fill_on on = {w->m, &w->c, &w->tree};
    if (l->done) return LM_OK;
    double(*side)[3] = lm_mem_alloc(l->n, sizeof *side, err);
    if (!side) return LM_ENOMEM;
    for (size_t i = 0; i < l->n; i++) {
        const uint32_t *v = w->m->tri + 3 * (size_t)(w->edge[w->loop_edge[l->at + i]].half / 3);
        lm_vec_normal(lm_vec_at(w->m, v[0]), lm_vec_at(w->m, v[1]), lm_vec_at(w->m, v[2]), side[i]);
    }
    lm_status rc =
        (w->any ? lm_fill_any : lm_fill_make)(&on, w->vertex + l->at, (const double(*)[3])side, l->n, &l->tri, &l->nt, err);
    l->filled = l->nt > 0;
    l->done = true;
    free(side);
    return rc;
}

/* ---- all patches ---- */

typedef struct {
    const lm_mesh *m; /* the patches' triangles, m's vertices */
    const holes_loop *loop;
    const uint32_t *owner;
    uint32_t own, t;
} holes_meet;

/* Does triangle t of a patch meet an earlier patch that stays, or have two vertices in common with it? */
static bool holes_meets(void *ctx, uint32_t u)
{
    const holes_meet *x = ctx;
    const uint32_t *a = x->m->tri + 3 * (size_t)x->t, *b = x->m->tri + 3 * (size_t)u;
    int common = 0;
    if (x->owner[u] >= x->own || x->loop[x->owner[u]].waits) return false;
    for (int i = 0; i < 3; i++) common += a[i] == b[0] || a[i] == b[1] || a[i] == b[2];
    return common > 1 || lm_clash_pair(x->m, a, b, NULL);
}

/* Patches that meet an earlier one of the round wait. */
static lm_status holes_sift(holes_work *w, int threads, lm_err *err)
{
    lm_mesh all = {.nv = w->m->nv, .pos = w->m->pos};
    lm_bvh tree = LM_BVH_INIT;
    uint32_t *owner = NULL;
    size_t n = 0;
    lm_status rc = LM_ENOMEM;
    for (size_t i = 0; i < w->loops; i++) all.nt += w->loop[i].nt;
    if (!(all.tri = lm_mem_alloc(all.nt, 3 * sizeof *all.tri, err)) || !(owner = lm_mem_alloc(all.nt, sizeof *owner, err)))
        goto done;
    for (size_t i = 0; i < w->loops; i++)
        for (size_t t = 0; t < w->loop[i].nt; t++) {
            memcpy(all.tri + 3 * n, w->loop[i].tri + 3 * t, 3 * sizeof *all.tri);
            owner[n++] = (uint32_t)i;
        }
    if ((rc = lm_bvh_build(&all, NULL, threads, &tree, err))) goto done;
    for (uint32_t t = 0; t < n; t++) {
        holes_meet x = {&all, w->loop, owner, owner[t], t};
        float lo[3], hi[3];
        lm_bvh_tri_box(&all, t, lo, hi);
        if (!w->loop[owner[t]].waits) w->loop[owner[t]].waits = lm_clash_walk(&tree, lo, hi, holes_meets, &x);
    }
    for (size_t i = 0; i < w->loops; i++)
        if (w->loop[i].with != LM_RINGS_NONE) w->loop[i].waits = w->loop[w->loop[i].with].waits;
done:
    lm_bvh_release(&tree);
    free(all.tri);
    free(owner);
    return rc;
}

static lm_status holes_append(holes_work *w, lm_holes *out, lm_spots *where, lm_err *err)
{
    lm_mesh *m = w->m;
    size_t more = 0, cap = 3 * m->nt;
    for (size_t i = 0; i < w->loops; i++) more += w->loop[i].waits ? 0 : w->loop[i].nt;
    if (!more) return LM_OK;
    if (m->nt + more > UINT32_MAX / 3)
        return lm_err_set(err, LM_ERANGE, NULL, "%zu triangles: the limit is %u", m->nt + more, UINT32_MAX / 3);
    lm_status rc = lm_mem_grow(&m->tri, &cap, 3 * (m->nt + more), sizeof *m->tri, err);
    if (rc) return rc;
    for (size_t i = 0; i < w->loops; i++) {
        const holes_loop *l = &w->loop[i];
        if (!l->filled || l->waits) continue;
        for (size_t t = 0; t < l->nt; t++) {
            const uint32_t *v = l->tri + 3 * t;
            double normal[3];
            out->area_mm2 += lm_vec_normal(lm_vec_at(m, v[0]), lm_vec_at(m, v[1]), lm_vec_at(m, v[2]), normal);
            memcpy(m->tri + 3 * m->nt++, v, 3 * sizeof *v);
        }
        out->filled++;
        lm_spots_add(where, lm_vec_at(m, w->edge[w->loop_edge[l->at]].from));
        out->triangles += l->nt;
    }
    return LM_OK;
}

static lm_status holes_list(const holes_work *w, lm_holes *out, lm_err *err)
{
    size_t n = 0;
    for (size_t i = 0; i < w->loops; i++) n += !w->loop[i].filled || w->loop[i].waits;
    if (!(out->list = lm_mem_alloc(n, sizeof *out->list, err))) return LM_ENOMEM;
    for (size_t i = 0; i < w->loops; i++) {
        const holes_loop *l = &w->loop[i];
        if (l->filled && !l->waits) continue;
        lm_hole *h = &out->list[out->left++];
        *h = (lm_hole){.why = l->why, .edges = l->n};
        memcpy(h->at, lm_vec_at(w->m, w->edge[w->loop_edge[l->at]].from), sizeof h->at);
    }
    return LM_OK;
}

static lm_status holes_tree(holes_work *w, int threads, lm_err *err)
{
    unsigned char *flat = lm_mem_alloc(w->m->nt, 1, err);
    if (!flat) return LM_ENOMEM;
    for (size_t t = 0; t < w->m->nt; t++) flat[t] = lm_clash_flat(w->m, w->m->tri + 3 * t);
    lm_status rc = lm_bvh_build(w->m, flat, threads, &w->tree, err);
    free(flat);
    return rc;
}

/* One round; *again: there are patches that waited and others that did not. */
static lm_status holes_round(lm_mesh *m, bool any, int threads, lm_holes *out, bool *again, lm_spots *where, lm_err *err)
{
    holes_work w = {.m = m, .any = any, .c = LM_TOPO_CORNERS_INIT, .tree = LM_BVH_INIT};
    lm_status rc = lm_topo_corners_make(m, NULL, &w.c, err);
    size_t filled = out->filled, waiting = 0;
    *again = false;
    if (rc) return rc;
    if (!(w.mate = lm_mem_alloc(3 * m->nt, sizeof *w.mate, err))) rc = LM_ENOMEM;
    if (rc || (rc = lm_topo_mates(m, &w.c, w.mate, err)) || (rc = holes_edges(&w, err)) || !w.edges) goto done;
    if ((rc = holes_trace(&w, err)) || (rc = holes_rings(&w, err)) ||
        (!any && ((rc = holes_tree(&w, threads, err)) || (rc = lm_pool_run(threads, w.loops, holes_ring_task, &w, err)))) ||
        (rc = lm_pool_run(threads, w.loops, holes_task, &w, err)) || (!any && (rc = holes_sift(&w, threads, err))) ||
        (rc = holes_append(&w, out, where, err)))
        goto done;
    for (size_t i = 0; i < w.loops; i++) waiting += w.loop[i].waits;
    *again = waiting && out->filled > filled;
    free(out->list);
    out->list = NULL;
    out->left = 0;
    rc = holes_list(&w, out, err);
done:
    for (size_t i = 0; i < w.loops; i++) free(w.loop[i].tri);
    lm_topo_corners_release(&w.c);
    lm_bvh_release(&w.tree);
    free(w.mate);
    free(w.edge);
    free(w.loop_edge);
    free(w.vertex);
    free(w.inner);
    free(w.next);
    free(w.loop);
    return rc;
}

lm_status lm_holes_fill(lm_mesh *m, int threads, lm_holes *out, lm_spots *where, lm_err *err)
{
    bool again = true;
    lm_status rc = LM_OK;
    *out = (lm_holes)LM_HOLES_INIT;
    threads = lm_pool_threads(threads);
    for (int round = 0; round < HOLES_ROUNDS && again && !rc; round++) rc = holes_round(m, false, threads, out, &again, where, err);
    if (rc) lm_holes_release(out);
    return rc;
}

lm_status lm_holes_any(lm_mesh *m, int threads, lm_holes *out, lm_spots *where, lm_err *err)
{
    bool again;
    *out = (lm_holes)LM_HOLES_INIT;
    lm_status rc = holes_round(m, true, lm_pool_threads(threads), out, &again, where, err);
    if (rc) lm_holes_release(out);
    return rc;
}

void lm_holes_release(lm_holes *h)
{
    free(h->list);
    *h = (lm_holes)LM_HOLES_INIT;
}
