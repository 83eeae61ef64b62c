/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "repair/weld.h"
#include "base/mem.h"
#include "surface/join.h"
#include "surface/topo.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Vertex v becomes to[v] (to[v] <= v or any vertex that keeps its place); those that keep it move up, order kept. */
static lm_status weld_apply(lm_mesh *m, const uint32_t *to, lm_err *err)
{
    uint32_t *now = lm_mem_alloc(m->nv, sizeof *now, err);
    size_t n = 0;
    if (!now) return LM_ENOMEM;
    for (size_t v = 0; v < m->nv; v++) {
        if (to[v] != v) continue;
        memmove(m->pos + 3 * n, m->pos + 3 * v, 3 * sizeof *m->pos);
        if (m->quality) m->quality[n] = m->quality[v];
        now[v] = (uint32_t)n++;
    }
    for (size_t i = 0; i < 3 * m->nt; i++) m->tri[i] = now[to[m->tri[i]]];
    m->nv = n;
    free(now);
    return LM_OK;
}

lm_status lm_weld_exact(lm_mesh *m, size_t *merged, lm_spots *where, lm_err *err)
{
    lm_join join = LM_JOIN_INIT;
    uint32_t *index = lm_mem_alloc(m->nv, sizeof *index, err), *first = NULL;
    lm_status rc = LM_ENOMEM;
    *merged = 0;
    if (!index || (rc = lm_join_add(&join, m->pos, m->nv, index, err))) goto done;
    if (join.n == m->nv) goto done;
    if (!(first = lm_mem_alloc(join.n, sizeof *first, err))) {
        rc = LM_ENOMEM;
        goto done;
    }
    for (size_t v = m->nv; v--;) first[index[v]] = (uint32_t)v;
    for (size_t v = 0; v < m->nv; v++) {
        index[v] = first[index[v]];
        if (index[v] != v) lm_spots_add(where, m->pos + 3 * v);
    }
    *merged = m->nv - join.n;
    rc = weld_apply(m, index, err);
done:
    lm_join_release(&join);
    free(index);
    free(first);
    return rc;
}

/* ---- near ---- */

typedef struct {
    int64_t cell[3];
    float p[3];
    uint32_t v;
} weld_point;

typedef struct {
    double d2;
    uint32_t a, b; /* ranks by position, a < b */
} weld_pair;

static int weld_by_position(const void *p, const void *q)
{
    const weld_point *a = p, *b = q;
    for (int k = 0; k < 3; k++)
        if (a->p[k] != b->p[k]) return a->p[k] < b->p[k] ? -1 : 1;
    return (a->v > b->v) - (a->v < b->v);
}

typedef struct {
    int64_t cell[3];
    uint32_t rank;
} weld_cell;

static int weld_by_cell(const void *p, const void *q)
{
    const weld_cell *a = p, *b = q;
    for (int k = 0; k < 3; k++)
        if (a->cell[k] != b->cell[k]) return a->cell[k] < b->cell[k] ? -1 : 1;
    return (a->rank > b->rank) - (a->rank < b->rank);
}

static int weld_by_distance(const void *p, const void *q)
{
    const weld_pair *a = p, *b = q;
    if (a->d2 != b->d2) return a->d2 < b->d2 ? -1 : 1;
    if (a->a != b->a) return a->a < b->a ? -1 : 1;
    return (a->b > b->b) - (a->b < b->b);
}

/* Vertices on open edges, sorted by position. */
static lm_status weld_rim(const lm_mesh *m, double tol, weld_point **ret, size_t *n, lm_err *err)
{
    lm_topo_corners c = LM_TOPO_CORNERS_INIT;
    lm_status rc = LM_ENOMEM;
    uint32_t *mate = NULL;
    unsigned char *rim = NULL, *skip = lm_mem_calloc(m->nt, 1, err);
    weld_point *p = NULL;
    *n = 0;
    if (!skip) return LM_ENOMEM;
    for (size_t t = 0; t < m->nt; t++) {
        const uint32_t *v = m->tri + 3 * t;
        skip[t] = v[0] == v[1] || v[1] == v[2] || v[2] == v[0];
    }
    if ((rc = lm_topo_corners_make(m, skip, &c, err))) goto done;
    rc = LM_ENOMEM;
    if (!(mate = lm_mem_alloc(3 * m->nt, sizeof *mate, err)) || !(rim = lm_mem_calloc(m->nv, 1, err)) ||
        (rc = lm_topo_mates(m, &c, mate, err)))
        goto done;
    for (size_t t = 0; t < m->nt; t++)
        for (size_t k = 0; k < 3 && !skip[t]; k++)
            if (mate[3 * t + k] == LM_TOPO_NONE) rim[m->tri[3 * t + k]] = rim[m->tri[3 * t + (k + 1) % 3]] = 1;
    for (size_t v = 0; v < m->nv; v++) *n += rim[v];
    if (!(p = lm_mem_alloc(*n, sizeof *p, err))) {
        rc = LM_ENOMEM;
        goto done;
    }
    size_t at = 0;
    for (size_t v = 0; v < m->nv; v++) {
        if (!rim[v]) continue;
        p[at].v = (uint32_t)v;
        for (size_t k = 0; k < 3; k++) {
            double x = floor(m->pos[3 * v + k] / tol);
            p[at].p[k] = m->pos[3 * v + k];
            p[at].cell[k] = x > 9e15 ? (int64_t)9e15 : x < -9e15 ? (int64_t)-9e15 : (int64_t)x;
        }
        at++;
    }
    qsort(p, *n, sizeof *p, weld_by_position);
    *ret = p;
done:
    lm_topo_corners_release(&c);
    free(skip);
    free(mate);
    free(rim);
    return rc;
}

static double weld_dist2(const float *a, const float *b)
{
    double x = (double)a[0] - b[0], y = (double)a[1] - b[1], z = (double)a[2] - b[2];
    return x * x + y * y + z * z;
}

/* First of the cells not before key. */
static size_t weld_find(const weld_cell *c, size_t n, const weld_cell *key)
{
    size_t lo = 0, hi = n;
    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;
        if (weld_by_cell(&c[mid], key) < 0) lo = mid + 1;
        else hi = mid;
    }
    return lo;
}

/* All pairs within tol, nearest first. */
static lm_status weld_pairs(const weld_point *p, size_t n, double tol, weld_pair **ret, size_t *n_ret, lm_err *err)
{
    enum { NEIGHBOURS = 100, FREE = 10000 };
    size_t cap = 0, k = 0;
    weld_pair *pair = NULL;
    lm_status rc = LM_OK;
    weld_cell *c = lm_mem_alloc(n, sizeof *c, err);
    if (!c) return LM_ENOMEM;
    for (size_t i = 0; i < n; i++) {
        memcpy(c[i].cell, p[i].cell, sizeof c[i].cell);
        c[i].rank = (uint32_t)i;
    }
    qsort(c, n, sizeof *c, weld_by_cell);
    for (size_t i = 0; i < n && !rc; i++)
        for (int s = 0; s < 9 && !rc; s++) { /* three cells in a row along z are one run */
            weld_cell lo = {{p[i].cell[0] + s / 3 - 1, p[i].cell[1] + s % 3 - 1, p[i].cell[2] - 1}, 0}, hi = lo;
            hi.cell[2] += 3;
            for (size_t j = weld_find(c, n, &lo); j < n && weld_by_cell(&c[j], &hi) < 0 && !rc; j++) {
                double d2 = weld_dist2(p[i].p, p[c[j].rank].p);
                if (c[j].rank <= i || d2 > tol * tol) continue;
                if (k == NEIGHBOURS * n + FREE)
                    rc = lm_err_set(err, LM_ERANGE, NULL,
                                    "welding within %g mm joins too many vertices: take a tolerance below the edge length", tol);
                else if (!(rc = lm_mem_grow(&pair, &cap, k + 1, sizeof *pair, err)))
                    pair[k++] = (weld_pair){d2, (uint32_t)i, c[j].rank};
            }
        }
    free(c);
    if (rc) free(pair);
    else {
        if (k) qsort(pair, k, sizeof *pair, weld_by_distance);
        *ret = pair;
        *n_ret = k;
    }
    return rc;
}

lm_status lm_weld_near(lm_mesh *m, double tol, size_t *merged, double *max_move_mm, lm_spots *where, lm_err *err)
{
    weld_point *p = NULL;
    weld_pair *pair = NULL;
    uint32_t *to = NULL, *head = NULL, *next = NULL;
    size_t n = 0, pairs = 0;
    double most = 0;
    *merged = 0;
    *max_move_mm = 0;
    lm_status rc = weld_rim(m, tol, &p, &n, err);
    if (rc || (rc = weld_pairs(p, n, tol, &pair, &pairs, err)) || !pairs) goto done;
    if (!(to = lm_mem_alloc(m->nv, sizeof *to, err)) || !(head = lm_mem_alloc(n, sizeof *head, err)) ||
        !(next = lm_mem_alloc(n, sizeof *next, err))) {
        rc = LM_ENOMEM;
        goto done;
    }
    for (uint32_t i = 0; i < n; i++) head[i] = i, next[i] = LM_TOPO_NONE; /* groups as lists from their lowest rank */
    for (size_t i = 0; i < pairs; i++) {
        uint32_t a = head[pair[i].a], b = head[pair[i].b], last = a;
        if (a == b) continue;
        if (a > b) a = b, b = last;
        bool near = true;
        for (uint32_t q = b; q != LM_TOPO_NONE && near; q = next[q]) near = weld_dist2(p[a].p, p[q].p) <= tol * tol;
        if (!near) continue;
        for (uint32_t q = b; q != LM_TOPO_NONE; q = next[q]) head[q] = a;
        for (last = a; next[last] != LM_TOPO_NONE; last = next[last]) continue;
        next[last] = b;
    }
    for (size_t v = 0; v < m->nv; v++) to[v] = (uint32_t)v;
    for (size_t i = 0; i < n; i++) {
        double d2 = weld_dist2(p[head[i]].p, p[i].p);
        to[p[i].v] = p[head[i]].v;
        if (head[i] != i) {
            ++*merged;
            lm_spots_add(where, p[i].p);
        }
        if (d2 > most) most = d2;
    }
    *max_move_mm = sqrt(most);
    rc = weld_apply(m, to, err);
done:
    free(p);
    free(pair);
    free(to);
    free(head);
    free(next);
    return rc;
}
