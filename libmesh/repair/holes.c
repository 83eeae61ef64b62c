/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "repair/holes.h"
#include "base/mem.h"
#include "base/pool.h"
#include "repair/clash.h"
#include "surface/topo.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { HOLES_ROUNDS = 8 }; /* a patch that an earlier one of the round got in the way of waits for the next round */

const char *lm_holes_why(lm_hole_why why)
{
    return why == LM_HOLE_LARGE      ? "more edges than are filled"
           : why == LM_HOLE_UNTRACED ? "the triangles around it face opposite ways"
                                     : "every patch would meet the mesh";
}

/* ---- vectors ---- */

static const float *holes_at(const lm_mesh *m, uint32_t v)
{
    return m->pos + 3 * (size_t)v;
}

static double holes_dot(const double a[3], const double b[3])
{
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}

static void holes_sub(const float *a, const float *b, double d[3])
{
    for (int k = 0; k < 3; k++) d[k] = (double)a[k] - b[k];
}

static void holes_cross(const double u[3], const double v[3], double w[3])
{
    w[0] = u[1] * v[2] - u[2] * v[1];
    w[1] = u[2] * v[0] - u[0] * v[2];
    w[2] = u[0] * v[1] - u[1] * v[0];
}

/* Unit normal (zero without area); returns the area. */
static double holes_normal(const float *a, const float *b, const float *c, double n[3])
{
    double u[3], v[3], len;
    holes_sub(b, a, u);
    holes_sub(c, a, v);
    holes_cross(u, v, n);
    len = sqrt(holes_dot(n, n));
    for (int k = 0; k < 3; k++) n[k] = len > 0 ? n[k] / len : 0;
    return len / 2;
}

/* ---- the loops ---- */

typedef struct {
    uint32_t from, to, half; /* edge of the patch; the open half-edge runs the other way, to -> from */
} holes_edge;

typedef struct {
    uint32_t at, n;   /* its edges in holes_work.loop_edge */
    bool done, waits; /* tried (filled or not); in the way of an earlier patch */
    lm_status rc;
    bool filled;
    lm_hole_why why;
    uint32_t *tri; /* 3*(n-2), owned */
} holes_loop;

typedef struct {
    lm_mesh *m;
    lm_topo_corners c;
    lm_bvh tree;
    uint32_t *mate;
    holes_edge *edge; /* open edges by from */
    size_t edges;
    uint32_t *loop_edge; /* indices into edge, loop by loop */
    holes_loop *loop;
    size_t loops, loop_cap;
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
        holes_sub(holes_at(w->m, w->m->tri[3 * (size_t)t + (k + 1) % 3]), holes_at(w->m, v), a);
        holes_sub(holes_at(w->m, w->m->tri[3 * (size_t)t + (k + 2) % 3]), holes_at(w->m, v), b);
        holes_cross(a, b, x);
        d = holes_dot(a, a) * holes_dot(b, b);
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
    holes_sub(holes_at(w->m, w->edge[in].from), holes_at(w->m, v), x);
    double uu = holes_dot(up, up), f = uu > 0 ? holes_dot(x, up) / uu : 0;
    for (int k = 0; k < 3; k++) x[k] -= f * up[k];
    holes_cross(up, x, y);
    double len = sqrt(uu); /* y as long as x */
    for (int k = 0; k < 3 && len > 0; k++) y[k] /= len;
    for (size_t i = at; i < w->edges && w->edge[i].from == v; i++) {
        if (used[i]) continue;
        holes_sub(holes_at(w->m, w->edge[i].to), holes_at(w->m, v), d);
        double turn = holes_turn(holes_dot(d, x), holes_dot(d, y));
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
    *l = (holes_loop){.at = (uint32_t)*end, .n = (uint32_t)n, .why = closed && n > 2 ? LM_HOLE_NO_PATCH : LM_HOLE_UNTRACED};
    if (closed && n > LM_HOLES_EDGES) l->why = LM_HOLE_LARGE;
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

/* ---- one patch ---- */

typedef struct {
    double angle, area, length; /* worst 1 - cos between neighbours; sums */
} holes_cost;

typedef struct {
    const holes_work *w;
    uint32_t n;
    uint32_t v[LM_HOLES_EDGES];
    double side[LM_HOLES_EDGES][3]; /* normal of the mesh's triangle at edge v[i], v[i+1] */
    holes_cost *cost;               /* n*n: best of the polygon i .. k; angle infinite: none */
    double (*normal)[3];            /* of the triangle it has on i, k */
    uint16_t *by;                   /* that triangle's third corner */
    unsigned char *taken;           /* i, k: the mesh has that edge */
} holes_patch;

enum { HOLES_ANGLE, HOLES_AREA, HOLES_FREE, HOLES_LEVELS }; /* how a patch is looked for, in turn */

/* Is x better than y? Rounding decides nothing. */
static bool holes_better(const holes_cost *x, const holes_cost *y, int level)
{
    const double rel = 1e-9;
    if (isinf(y->angle)) return true;
    if (level == HOLES_ANGLE) {
        if (x->angle < y->angle - rel) return true;
        if (x->angle > y->angle + rel) return false;
    }
    if (x->area < y->area * (1 - rel)) return true;
    if (x->area > y->area * (1 + rel)) return false;
    return x->length < y->length * (1 - rel);
}

static double holes_fold(const double a[3], const double b[3])
{
    double aa = holes_dot(a, a), bb = holes_dot(b, b);
    return aa > 0 && bb > 0 ? 1 - holes_dot(a, b) : 0; /* a flat one of the mesh fits everywhere */
}

/* Best triangle on i, k. */
static void holes_best(holes_patch *p, uint32_t i, uint32_t k, int level)
{
    const lm_mesh *m = p->w->m;
    size_t n = p->n, ik = i * n + k;
    bool last = i == 0 && k == n - 1;
    const float *a = holes_at(m, p->v[i]), *c = holes_at(m, p->v[k]);
    double d[3];
    p->cost[ik] = (holes_cost){INFINITY, INFINITY, INFINITY};
    if (p->taken[ik] && !last) return;
    holes_sub(c, a, d);
    double length = last ? 0 : holes_dot(d, d);
    for (uint32_t j = i + 1; j < k; j++) {
        const holes_cost *x = &p->cost[i * n + j], *y = &p->cost[j * n + k];
        holes_cost z;
        double normal[3];
        uint32_t v[3] = {p->v[i], p->v[j], p->v[k]};
        if (isinf(x->angle) || isinf(y->angle)) continue;
        z.length = x->length + y->length + length;
        z.angle = x->angle > y->angle ? x->angle : y->angle;
        z.area = x->area + y->area;
        if (!holes_better(&z, &p->cost[ik], level)) continue;
        z.area += holes_normal(a, holes_at(m, p->v[j]), c, normal);
        const double *side[3] = {p->normal[i * n + j], p->normal[j * n + k], last ? p->side[n - 1] : NULL};
        for (int s = 0; s < 3; s++)
            if (side[s]) {
                double f = holes_fold(normal, side[s]);
                if (f > z.angle) z.angle = f;
            }
        if (!holes_better(&z, &p->cost[ik], level)) continue;
        if (lm_clash_flat(m, v)) continue;
        if (level == HOLES_FREE && lm_clash_any(m, &p->w->tree, v)) continue;
        p->cost[ik] = z;
        p->by[ik] = (uint16_t)j;
        memcpy(p->normal[ik], normal, sizeof normal);
    }
}

/* Fill the table; false when there is no triangulation. */
static bool holes_solve(holes_patch *p, int level)
{
    size_t n = p->n;
    for (size_t i = 0; i + 1 < n; i++) {
        p->cost[i * n + i + 1] = (holes_cost){0, 0, 0};
        memcpy(p->normal[i * n + i + 1], p->side[i], sizeof p->side[i]);
    }
    for (uint32_t span = 2; span < n; span++)
        for (uint32_t i = 0; i + span < n; i++) holes_best(p, i, i + span, level);
    return !isinf(p->cost[n - 1].angle);
}

/* Write the triangles down from the table. */
static void holes_read(const holes_patch *p, uint32_t *tri)
{
    uint16_t stack[2 * LM_HOLES_EDGES];
    size_t n = 0, at = 0;
    stack[n++] = 0;
    stack[n++] = (uint16_t)(p->n - 1);
    while (n) {
        uint16_t k = stack[--n], i = stack[--n];
        if (k - i < 2) continue;
        uint16_t j = p->by[i * (size_t)p->n + k];
        tri[at++] = p->v[i], tri[at++] = p->v[j], tri[at++] = p->v[k];
        stack[n++] = j, stack[n++] = k;
        stack[n++] = i, stack[n++] = j;
    }
}

/* No triangle of the patch meets the mesh or another one of the patch. */
static bool holes_clear(const holes_patch *p, const uint32_t *tri)
{
    const lm_mesh *m = p->w->m;
    for (size_t s = 0; s + 2 < p->n; s++) {
        if (lm_clash_any(m, &p->w->tree, tri + 3 * s)) return false;
        for (size_t t = 0; t < s; t++)
            if (lm_clash_pair(m, tri + 3 * s, tri + 3 * t, NULL)) return false;
    }
    return true;
}

/* Mark the edges the mesh has between vertices that are no neighbours in the loop; false when the loop is a triangle that
 * is there. */
static bool holes_taken(holes_patch *p)
{
    const holes_work *w = p->w;
    size_t n = p->n;
    for (uint32_t i = 0; i < n; i++)
        for (uint32_t q = w->c.start[p->v[i]]; q < w->c.start[p->v[i] + 1]; q++) {
            const uint32_t *v = w->m->tri + 3 * (size_t)(w->c.corner[q] / 3);
            int common = 0;
            for (int e = 0; e < 3; e++)
                for (uint32_t k = 0; k < n; k++) {
                    if (p->v[k] != v[e]) continue;
                    common++;
                    if (k > i + 1 && !(i == 0 && k == n - 1)) p->taken[i * n + k] = 1;
                    if (i > k + 1 && !(k == 0 && i == n - 1)) p->taken[k * n + i] = 1;
                }
            if (n == 3 && common == 3) return false;
        }
    return true;
}

static lm_status holes_task(void *ctx, size_t task, int worker, lm_err *err)
{
    (void)worker;
    holes_work *w = ctx;
    holes_loop *l = &w->loop[task];
    if (l->done) return LM_OK;
    size_t n = l->n;
    lm_status rc = LM_ENOMEM;
    holes_patch *p = lm_mem_calloc(1, sizeof *p, err);
    if (!p) return rc;
    if (!(p->cost = lm_mem_alloc(n * n, sizeof *p->cost, err)) || !(p->normal = lm_mem_alloc(n * n, sizeof *p->normal, err)) ||
        !(p->by = lm_mem_alloc(n * n, sizeof *p->by, err)) || !(p->taken = lm_mem_calloc(n * n, 1, err)) ||
        !(l->tri = lm_mem_alloc(n, 3 * sizeof *l->tri, err)))
        goto done;
    p->w = w;
    p->n = l->n;
    for (size_t i = 0; i < n; i++) {
        const holes_edge *e = &w->edge[w->loop_edge[l->at + i]];
        const uint32_t *v = w->m->tri + 3 * (size_t)(e->half / 3);
        p->v[i] = e->from;
        holes_normal(holes_at(w->m, v[0]), holes_at(w->m, v[1]), holes_at(w->m, v[2]), p->side[i]);
    }
    bool some = holes_taken(p);
    for (int level = 0; some && !l->filled && level < HOLES_LEVELS; level++) {
        if (!holes_solve(p, level)) continue;
        holes_read(p, l->tri);
        l->filled = holes_clear(p, l->tri);
    }
    l->done = true;
    rc = LM_OK;
done:
    free(p->cost);
    free(p->normal);
    free(p->by);
    free(p->taken);
    free(p);
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
    for (size_t i = 0; i < w->loops; i++) all.nt += w->loop[i].filled ? w->loop[i].n - 2 : 0;
    if (!(all.tri = lm_mem_alloc(all.nt, 3 * sizeof *all.tri, err)) || !(owner = lm_mem_alloc(all.nt, sizeof *owner, err)))
        goto done;
    for (size_t i = 0; i < w->loops; i++)
        for (size_t t = 0; w->loop[i].filled && t + 2 < w->loop[i].n; t++) {
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
done:
    lm_bvh_release(&tree);
    free(all.tri);
    free(owner);
    return rc;
}

static lm_status holes_append(holes_work *w, lm_holes *out, lm_err *err)
{
    lm_mesh *m = w->m;
    size_t more = 0, cap = 3 * m->nt;
    for (size_t i = 0; i < w->loops; i++) more += w->loop[i].filled && !w->loop[i].waits ? w->loop[i].n - 2 : 0;
    if (!more) return LM_OK;
    if (m->nt + more > UINT32_MAX / 3)
        return lm_err_set(err, LM_ERANGE, NULL, "%zu triangles: the limit is %u", m->nt + more, UINT32_MAX / 3);
    lm_status rc = lm_mem_grow(&m->tri, &cap, 3 * (m->nt + more), sizeof *m->tri, err);
    if (rc) return rc;
    for (size_t i = 0; i < w->loops; i++) {
        const holes_loop *l = &w->loop[i];
        if (!l->filled || l->waits) continue;
        for (size_t t = 0; t + 2 < l->n; t++) {
            const uint32_t *v = l->tri + 3 * t;
            double normal[3];
            out->area_mm2 += holes_normal(holes_at(m, v[0]), holes_at(m, v[1]), holes_at(m, v[2]), normal);
            memcpy(m->tri + 3 * m->nt++, v, 3 * sizeof *v);
        }
        out->filled++;
        out->triangles += l->n - 2;
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
        memcpy(h->at, holes_at(w->m, w->edge[w->loop_edge[l->at]].from), sizeof h->at);
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
static lm_status holes_round(lm_mesh *m, int threads, lm_holes *out, bool *again, lm_err *err)
{
    holes_work w = {.m = m, .c = LM_TOPO_CORNERS_INIT, .tree = LM_BVH_INIT};
    lm_status rc = lm_topo_corners_make(m, NULL, &w.c, err);
    size_t filled = out->filled, waiting = 0;
    *again = false;
    if (rc) return rc;
    if (!(w.mate = lm_mem_alloc(3 * m->nt, sizeof *w.mate, err))) rc = LM_ENOMEM;
    if (rc || (rc = lm_topo_mates(m, &w.c, w.mate, err)) || (rc = holes_edges(&w, err)) || !w.edges) goto done;
    if ((rc = holes_trace(&w, err)) || (rc = holes_tree(&w, threads, err)) ||
        (rc = lm_pool_run(threads, w.loops, holes_task, &w, err)) || (rc = holes_sift(&w, threads, err)) ||
        (rc = holes_append(&w, out, err)))
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
    free(w.loop);
    return rc;
}

lm_status lm_holes_fill(lm_mesh *m, int threads, lm_holes *out, lm_err *err)
{
    bool again = true;
    lm_status rc = LM_OK;
    *out = (lm_holes)LM_HOLES_INIT;
    threads = lm_pool_threads(threads);
    for (int round = 0; round < HOLES_ROUNDS && again && !rc; round++) rc = holes_round(m, threads, out, &again, err);
    if (rc) lm_holes_release(out);
    return rc;
}

void lm_holes_release(lm_holes *h)
{
    free(h->list);
    *h = (lm_holes)LM_HOLES_INIT;
}
