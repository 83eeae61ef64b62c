/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "surface/topo.h"
#include "base/mem.h"
#include "base/pool.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

/* ---- corners at each vertex ---- */

lm_status lm_topo_corners_make(const lm_mesh *m, const unsigned char *skip, lm_topo_corners *out, lm_err *err)
{
    size_t n = 0;
    lm_topo_corners_release(out);
    for (size_t t = 0; t < m->nt; t++) n += !skip || !skip[t];
    if (3 * m->nt > UINT32_MAX) return lm_err_set(err, LM_ERANGE, NULL, "%zu triangles: the limit is %u", m->nt, UINT32_MAX / 3);
    if (!(out->start = lm_mem_calloc(m->nv + 2, sizeof *out->start, err)) ||
        !(out->corner = lm_mem_alloc(3 * n, sizeof *out->corner, err))) {
        lm_topo_corners_release(out);
        return LM_ENOMEM;
    }
    uint32_t *at = out->start + 1; /* shifted by one: while filling, at[v] runs from the first of v to the first of v+1 */
    for (size_t t = 0; t < m->nt; t++)
        if (!skip || !skip[t])
            for (size_t k = 0; k < 3; k++) at[m->tri[3 * t + k] + 1]++;
    for (size_t v = 0; v < m->nv; v++) at[v + 1] += at[v];
    for (size_t t = 0; t < m->nt; t++)
        if (!skip || !skip[t])
            for (size_t k = 0; k < 3; k++) out->corner[at[m->tri[3 * t + k]]++] = (uint32_t)(3 * t + k);
    return LM_OK;
}

void lm_topo_corners_release(lm_topo_corners *c)
{
    free(c->start);
    free(c->corner);
    *c = (lm_topo_corners)LM_TOPO_CORNERS_INIT;
}

/* ---- edges, fans, components ---- */

enum { TOPO_BLOCK = 4096 }; /* vertices per task */

typedef struct {
    uint32_t w, corner; /* the edge's other end; local number of the corner << 1 | (the triangle runs v -> w) */
} topo_spoke;

typedef struct {
    uint32_t a, b, t;
} topo_pair;

typedef struct { /* per worker */
    topo_spoke *spoke;
    topo_pair *pair;
    uint32_t *fan;
    size_t spokes, pairs, fans; /* capacity */
} topo_scratch;

typedef struct { /* per task */
    size_t used, edges, open, nonmanifold, flipped, unbalanced, vertices, duplicates;
    size_t first_open, first_nonmanifold, first_flipped, first_vertex, first_duplicate;
    uint32_t (*rim)[2], *leak; /* open edges; a triangle of each edge that is open or unbalanced */
    size_t rims, leaks, rim_cap, leak_cap;
} topo_part;

typedef struct {
    const lm_mesh *m;
    lm_topo_corners c;
    _Atomic uint32_t *up; /* union-find over triangles; roots are the lowest of their set whatever the order of joins */
    topo_scratch *scratch;
    topo_part *part;
} topo_build;

static uint32_t topo_find(_Atomic uint32_t *up, uint32_t t)
{
    for (;;) {
        uint32_t p = atomic_load_explicit(&up[t], memory_order_relaxed);
        if (p == t) return t;
        uint32_t g = atomic_load_explicit(&up[p], memory_order_relaxed);
        if (g != p) atomic_store_explicit(&up[t], g, memory_order_relaxed); /* an ancestor of t whoever else writes */
        t = p;
    }
}

static void topo_union(_Atomic uint32_t *up, uint32_t a, uint32_t b)
{
    for (;;) {
        a = topo_find(up, a);
        b = topo_find(up, b);
        if (a == b) return;
        uint32_t hi = a > b ? a : b, lo = a > b ? b : a;
        if (atomic_compare_exchange_strong_explicit(&up[hi], &hi, lo, memory_order_relaxed, memory_order_relaxed)) return;
    }
}

static int topo_spoke_cmp(const void *p, const void *q)
{
    const topo_spoke *a = p, *b = q;
    if (a->w != b->w) return a->w < b->w ? -1 : 1;
    return (a->corner > b->corner) - (a->corner < b->corner);
}

static int topo_pair_cmp(const void *p, const void *q)
{
    const topo_pair *a = p, *b = q;
    if (a->a != b->a) return a->a < b->a ? -1 : 1;
    if (a->b != b->b) return a->b < b->b ? -1 : 1;
    return (a->t > b->t) - (a->t < b->t);
}

/* Few elements, nearly always: insertion. */
#define TOPO_SORT(x, n, cmp) \
    do { \
        if ((n) > 48) qsort(x, n, sizeof *(x), cmp); \
        else \
            for (size_t i_ = 1; i_ < (n); i_++) { \
                __typeof__(*(x)) y_ = (x)[i_]; \
                size_t j_ = i_; \
                for (; j_ && cmp(&y_, &(x)[j_ - 1]) < 0; j_--) (x)[j_] = (x)[j_ - 1]; \
                (x)[j_] = y_; \
            } \
    } while (0)

static void topo_least(size_t *first, size_t t)
{
    if (t < *first) *first = t;
}

static uint32_t topo_root(uint32_t *fan, uint32_t i)
{
    while (fan[i] != i) i = fan[i] = fan[fan[i]];
    return i;
}

/* One edge v-w with n triangles, fw of them running v -> w. */
static lm_status topo_edge(topo_part *p, uint32_t v, const uint32_t *corner, const topo_spoke *e, size_t n, size_t fw, lm_err *err)
{
    size_t low = SIZE_MAX;
    lm_status rc;
    for (size_t i = 0; i < n; i++) topo_least(&low, corner[e[i].corner >> 1] / 3);
    p->edges++;
    if (n == 1) {
        p->open++;
        topo_least(&p->first_open, low);
        if ((rc = lm_mem_grow(&p->rim, &p->rim_cap, p->rims + 1, sizeof *p->rim, err))) return rc;
        p->rim[p->rims][0] = v;
        p->rim[p->rims++][1] = e->w;
    } else if (n > 2) {
        p->nonmanifold++;
        topo_least(&p->first_nonmanifold, low);
    } else if (fw != 1) {
        p->flipped++;
        topo_least(&p->first_flipped, low);
    }
    if (2 * fw == n) return LM_OK;
    p->unbalanced += n > 1;
    if ((rc = lm_mem_grow(&p->leak, &p->leak_cap, p->leaks + 1, sizeof *p->leak, err))) return rc;
    p->leak[p->leaks++] = (uint32_t)low;
    return LM_OK;
}

static lm_status topo_vertex(topo_build *s, topo_scratch *x, topo_part *p, uint32_t v, lm_err *err)
{
    const uint32_t *tri = s->m->tri, *corner = s->c.corner + s->c.start[v];
    size_t d = s->c.start[v + 1] - s->c.start[v], pairs = 0, fans = d;
    lm_status rc;
    if (!d) return LM_OK;
    p->used++;
    if ((rc = lm_mem_grow(&x->spoke, &x->spokes, 2 * d, sizeof *x->spoke, err)) ||
        (rc = lm_mem_grow(&x->pair, &x->pairs, d, sizeof *x->pair, err)) ||
        (rc = lm_mem_grow(&x->fan, &x->fans, d, sizeof *x->fan, err)))
        return rc;
    topo_spoke *e = x->spoke;
    for (size_t i = 0; i < d; i++) {
        uint32_t t = corner[i] / 3, k = corner[i] - 3 * t;
        uint32_t next = tri[3 * (size_t)t + (k + 1) % 3], prev = tri[3 * (size_t)t + (k + 2) % 3];
        e[2 * i] = (topo_spoke){next, (uint32_t)(i << 1 | 1)};
        e[2 * i + 1] = (topo_spoke){prev, (uint32_t)(i << 1)};
        x->fan[i] = (uint32_t)i;
        if (v < next && v < prev) x->pair[pairs++] = (topo_pair){next < prev ? next : prev, next < prev ? prev : next, t};
    }
    TOPO_SORT(e, 2 * d, topo_spoke_cmp);
    for (size_t i = 0, j; i < 2 * d; i = j) {
        size_t fw = 0;
        uint32_t r = topo_root(x->fan, e[i].corner >> 1);
        for (j = i; j < 2 * d && e[j].w == e[i].w; j++) {
            uint32_t q = topo_root(x->fan, e[j].corner >> 1);
            fw += e[j].corner & 1;
            if (q == r) continue;
            x->fan[q] = r;
            fans--;
        }
        if (e[i].w < v) continue; /* the edge is counted at its lower end */
        for (size_t k = i + 1; k < j; k++) topo_union(s->up, corner[e[i].corner >> 1] / 3, corner[e[k].corner >> 1] / 3);
        if ((rc = topo_edge(p, v, corner, e + i, j - i, fw, err))) return rc;
    }
    if (fans > 1) {
        p->vertices++;
        topo_least(&p->first_vertex, v);
    }
    topo_pair *q = x->pair;
    TOPO_SORT(q, pairs, topo_pair_cmp);
    for (size_t i = 1; i < pairs; i++)
        if (q[i].a == q[i - 1].a && q[i].b == q[i - 1].b) {
            p->duplicates++;
            topo_least(&p->first_duplicate, q[i].t);
        }
    return LM_OK;
}

lm_status lm_topo_mates(const lm_mesh *m, const lm_topo_corners *c, uint32_t *mate, lm_err *err)
{
    topo_spoke *e = NULL; /* corner: the half-edge */
    size_t cap = 0;
    memset(mate, 0xff, 3 * m->nt * sizeof *mate);
    for (uint32_t v = 0; v < m->nv; v++) {
        size_t n = 0, d = c->start[v + 1] - c->start[v];
        lm_status rc = lm_mem_grow(&e, &cap, 2 * d, sizeof *e, err);
        if (rc) {
            free(e);
            return rc;
        }
        for (const uint32_t *x = c->corner + c->start[v]; x < c->corner + c->start[v + 1]; x++) {
            uint32_t t = *x / 3, k = *x - 3 * t, next = 3 * t + (k + 1) % 3, prev = 3 * t + (k + 2) % 3;
            if (m->tri[next] > v) e[n++] = (topo_spoke){m->tri[next], *x};
            if (m->tri[prev] > v) e[n++] = (topo_spoke){m->tri[prev], prev};
        }
        TOPO_SORT(e, n, topo_spoke_cmp);
        for (size_t i = 0, j; i < n; i = j) {
            for (j = i + 1; j < n && e[j].w == e[i].w; j++) continue;
            for (size_t k = i; k < j && j - i > 1; k++) mate[e[k].corner] = j - i > 2 ? LM_TOPO_MANY : e[i + j - 1 - k].corner;
        }
    }
    free(e);
    return LM_OK;
}

static lm_status topo_task(void *ctx, size_t task, int worker, lm_err *err)
{
    topo_build *s = ctx;
    topo_part *p = &s->part[task];
    p->first_open = p->first_nonmanifold = p->first_flipped = p->first_vertex = p->first_duplicate = SIZE_MAX;
    for (size_t v = task * TOPO_BLOCK; v < s->m->nv && v < (task + 1) * TOPO_BLOCK; v++) {
        lm_status rc = topo_vertex(s, &s->scratch[worker], p, (uint32_t)v, err);
        if (rc) return rc;
    }
    return LM_OK;
}

/* Boundary loops: open edges joined at common vertices. */
static lm_status topo_holes(const topo_build *s, size_t parts, lm_topo *out, lm_err *err)
{
    if (!out->open) return LM_OK;
    uint32_t *up = lm_mem_alloc(s->m->nv, sizeof *up, err);
    if (!up) return LM_ENOMEM;
    memset(up, 0xff, s->m->nv * sizeof *up);
    for (size_t i = 0; i < parts; i++)
        for (size_t k = 0; k < s->part[i].rims; k++)
            for (int e = 0; e < 2; e++) {
                uint32_t v = s->part[i].rim[k][e];
                if (up[v] != UINT32_MAX) continue;
                up[v] = v;
                out->holes++;
            }
    for (size_t i = 0; i < parts; i++)
        for (size_t k = 0; k < s->part[i].rims; k++) {
            uint32_t a = topo_root(up, s->part[i].rim[k][0]), b = topo_root(up, s->part[i].rim[k][1]);
            if (a == b) continue;
            up[a > b ? a : b] = a > b ? b : a;
            out->holes--;
        }
    free(up);
    return LM_OK;
}

static lm_status topo_components(topo_build *s, const unsigned char *skip, size_t parts, lm_topo *out, lm_err *err)
{
    size_t nt = s->m->nt, n = 0;
    if (!(out->comp = lm_mem_alloc(nt, sizeof *out->comp, err))) return LM_ENOMEM;
    for (size_t t = 0; t < nt; t++) {
        if (skip && skip[t]) {
            out->comp[t] = LM_TOPO_NONE;
            continue;
        }
        uint32_t r = topo_find(s->up, (uint32_t)t); /* at most t, so that its number is known */
        out->comp[t] = r == t ? (uint32_t)n++ : out->comp[r];
    }
    out->components = out->closed_components = n;
    if (!(out->closed = lm_mem_alloc(n, sizeof *out->closed, err))) return LM_ENOMEM;
    memset(out->closed, 1, n * sizeof *out->closed);
    for (size_t i = 0; i < parts; i++)
        for (size_t k = 0; k < s->part[i].leaks; k++) {
            bool *closed = &out->closed[out->comp[s->part[i].leak[k]]];
            out->closed_components -= *closed;
            *closed = false;
        }
    return LM_OK;
}

lm_status lm_topo_make(const lm_mesh *m, const unsigned char *skip, int threads, lm_topo *out, lm_err *err)
{
    topo_build s = {.m = m, .c = LM_TOPO_CORNERS_INIT};
    size_t parts = m->nv ? (m->nv - 1) / TOPO_BLOCK + 1 : 0;
    lm_status rc;
    threads = lm_pool_threads(threads);
    lm_topo_release(out);
    out->first_open = out->first_nonmanifold = out->first_flipped = out->first_vertex = out->first_duplicate = SIZE_MAX;
    if ((rc = lm_topo_corners_make(m, skip, &s.c, err))) goto done;
    if (!(s.up = lm_mem_alloc(m->nt, sizeof *s.up, err)) || !(s.scratch = lm_mem_calloc((size_t)threads, sizeof *s.scratch, err)) ||
        !(s.part = lm_mem_calloc(parts, sizeof *s.part, err))) {
        rc = LM_ENOMEM;
        goto done;
    }
    for (size_t t = 0; t < m->nt; t++) atomic_init(&s.up[t], (uint32_t)t);
    if ((rc = lm_pool_run(threads, parts, topo_task, &s, err))) goto done;
    for (size_t i = 0; i < parts; i++) {
        const topo_part *p = &s.part[i];
        out->used += p->used;
        out->edges += p->edges;
        out->open += p->open;
        out->nonmanifold += p->nonmanifold;
        out->flipped += p->flipped;
        out->unbalanced += p->unbalanced;
        out->nonmanifold_vertices += p->vertices;
        out->duplicates += p->duplicates;
        topo_least(&out->first_open, p->first_open);
        topo_least(&out->first_nonmanifold, p->first_nonmanifold);
        topo_least(&out->first_flipped, p->first_flipped);
        topo_least(&out->first_vertex, p->first_vertex);
        topo_least(&out->first_duplicate, p->first_duplicate);
    }
    if (!(rc = topo_holes(&s, parts, out, err))) rc = topo_components(&s, skip, parts, out, err);
done:
    for (size_t i = 0; s.part && i < parts; i++) {
        free(s.part[i].rim);
        free(s.part[i].leak);
    }
    for (int i = 0; s.scratch && i < threads; i++) {
        free(s.scratch[i].spoke);
        free(s.scratch[i].pair);
        free(s.scratch[i].fan);
    }
    free(s.part);
    free(s.scratch);
    free(s.up);
    lm_topo_corners_release(&s.c);
    if (rc) lm_topo_release(out);
    return rc;
}

void lm_topo_release(lm_topo *t)
{
    free(t->comp);
    free(t->closed);
    *t = (lm_topo)LM_TOPO_INIT;
}
