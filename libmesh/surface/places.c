/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "surface/places.h"
#include "base/mem.h"
#include "surface/intersect.h"
#include "surface/join.h"
#include "surface/predicates.h"
#include "surface/topo.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const double PLACES_SLIVER = 0.01, PLACES_SHORT_MM = 0.01;

typedef struct {
    lm_places *p;
    const lm_mesh *m;
    const uint32_t *number;
    unsigned char *dead, *flat; /* repeats a vertex; no area */
    lm_err *err;
} places_work;

const char *lm_place_kind_name(lm_place_kind k)
{
    static const char *const name[LM_PLACE_KINDS] = {"plain", "touching", "crossing", "overlapping"};
    return name[k];
}

static const float *places_at(const lm_mesh *m, size_t corner)
{
    return m->pos + 3 * (size_t)m->tri[corner];
}

/* n corners of the mesh in the middle of which the fault is. */
static lm_status places_put(const places_work *w, lm_fault f, lm_place_kind kind, size_t t, size_t other, const size_t *corner,
                            int n)
{
    lm_status rc = lm_mem_grow(&w->p->list, &w->p->cap, w->p->n + 1, sizeof *w->p->list, w->err);
    if (rc) return rc;
    lm_place *x = &w->p->list[w->p->n++];
    *x = (lm_place){f, kind, w->number ? w->number[t] : (uint32_t)t, w->number ? w->number[other] : (uint32_t)other, {0}};
    for (int k = 0; k < 3; k++) {
        double sum = 0;
        for (int i = 0; i < n; i++) sum += places_at(w->m, corner[i])[k];
        x->at[k] = (float)(sum / n);
    }
    w->p->kind[kind]++;
    return LM_OK;
}

static lm_status places_triangle(const places_work *w, lm_fault f, size_t t)
{
    return places_put(w, f, LM_PLACE_PLAIN, t, t, (const size_t[3]){3 * t, 3 * t + 1, 3 * t + 2}, 3);
}

/* ---- triangles by themselves ---- */

static lm_status places_shapes(places_work *w, bool degenerate)
{
    lm_status rc = LM_OK;
    for (size_t t = 0; t < w->m->nt && !rc; t++) {
        const uint32_t *v = w->m->tri + 3 * t;
        const float *c[3] = {places_at(w->m, 3 * t), places_at(w->m, 3 * t + 1), places_at(w->m, 3 * t + 2)};
        double e[3][3], len[3], n[3], most = 0;
        for (int i = 0; i < 3; i++) {
            for (int k = 0; k < 3; k++) e[i][k] = (double)c[(i + 1) % 3][k] - c[i][k];
            len[i] = sqrt(e[i][0] * e[i][0] + e[i][1] * e[i][1] + e[i][2] * e[i][2]);
            if (len[i] > most) most = len[i];
            w->p->short_edges += len[i] < PLACES_SHORT_MM;
        }
        for (int k = 0; k < 3; k++) n[k] = e[0][(k + 1) % 3] * e[1][(k + 2) % 3] - e[0][(k + 2) % 3] * e[1][(k + 1) % 3];
        double twice = sqrt(n[0] * n[0] + n[1] * n[1] + n[2] * n[2]);
        w->p->slivers += twice < PLACES_SLIVER * most * most;
        if (!degenerate) continue;
        w->dead[t] = v[0] == v[1] || v[1] == v[2] || v[2] == v[0];
        w->flat[t] = lm_predicates_collinear(c[0], c[1], c[2]);
        if (w->flat[t]) rc = places_triangle(w, LM_FAULT_DEGENERATE, t);
    }
    return rc;
}

typedef struct {
    uint32_t v[3], t;
} places_triple;

static int places_by_corners(const void *p, const void *q)
{
    const places_triple *a = p, *b = q;
    for (int k = 0; k < 3; k++)
        if (a->v[k] != b->v[k]) return a->v[k] < b->v[k] ? -1 : 1;
    return (a->t > b->t) - (a->t < b->t);
}

static lm_status places_duplicates(const places_work *w)
{
    size_t n = 0;
    places_triple *x = lm_mem_alloc(w->m->nt, sizeof *x, w->err);
    lm_status rc = x ? LM_OK : LM_ENOMEM;
    for (uint32_t t = 0; t < w->m->nt && !rc; t++) {
        uint32_t a = w->m->tri[3 * (size_t)t], b = w->m->tri[3 * (size_t)t + 1], c = w->m->tri[3 * (size_t)t + 2], swap;
        if (w->dead[t]) continue;
        if (a > b) swap = a, a = b, b = swap;
        if (b > c) swap = b, b = c, c = swap;
        if (a > b) swap = a, a = b, b = swap;
        x[n++] = (places_triple){{a, b, c}, t};
    }
    if (!rc && n) qsort(x, n, sizeof *x, places_by_corners);
    for (size_t i = 1; i < n && !rc; i++)
        if (!memcmp(x[i].v, x[i - 1].v, sizeof x[i].v)) rc = places_triangle(w, LM_FAULT_DUPLICATE, x[i].t);
    free(x);
    return rc;
}

/* Vertices at the place of an earlier one, each by the first of its triangles. */
static lm_status places_coincident(const places_work *w, const uint32_t *point)
{
    unsigned char *done = lm_mem_calloc(w->m->nv, 1, w->err);
    uint32_t seen = 0;
    lm_status rc = done ? LM_OK : LM_ENOMEM;
    for (uint32_t v = 0; v < w->m->nv && !rc; v++) {
        done[v] = point[v] == seen; /* the first at its place */
        seen += done[v];
    }
    for (size_t c = 0; c < 3 * w->m->nt && !rc; c++) {
        uint32_t v = w->m->tri[c];
        if (done[v]) continue;
        done[v] = 1;
        rc = places_put(w, LM_FAULT_COINCIDENT, LM_PLACE_PLAIN, c / 3, c / 3, &c, 1);
    }
    for (size_t v = 0; v < w->m->nv && !rc; v++) { /* those of no triangle */
        if (done[v] || (rc = lm_mem_grow(&w->p->list, &w->p->cap, w->p->n + 1, sizeof *w->p->list, w->err))) continue;
        lm_place *x = &w->p->list[w->p->n++];
        *x = (lm_place){LM_FAULT_COINCIDENT, LM_PLACE_PLAIN, LM_PLACE_NONE, LM_PLACE_NONE, {0}};
        memcpy(x->at, w->m->pos + 3 * v, sizeof x->at);
    }
    free(done);
    return rc;
}

/* ---- edges and vertices ---- */

typedef struct {
    uint32_t a, b, half;
} places_edge;

static int places_by_ends(const void *p, const void *q)
{
    const places_edge *x = p, *y = q;
    if (x->a != y->a) return x->a < y->a ? -1 : 1;
    if (x->b != y->b) return x->b < y->b ? -1 : 1;
    return (x->half > y->half) - (x->half < y->half);
}

static lm_status places_edge_put(const places_work *w, lm_fault f, size_t h)
{
    return places_put(w, f, LM_PLACE_PLAIN, h / 3, h / 3, (const size_t[2]){h, h - h % 3 + (h + 1) % 3}, 2);
}

static lm_status places_edges(const places_work *w, const uint32_t *mate)
{
    places_edge *many = NULL;
    size_t n = 0, cap = 0;
    lm_status rc = LM_OK;
    for (uint32_t h = 0; h < 3 * w->m->nt && !rc; h++) {
        uint32_t a = w->m->tri[h], b = w->m->tri[h - h % 3 + (h + 1) % 3];
        if (w->dead[h / 3]) continue;
        if (mate[h] == LM_TOPO_NONE) rc = places_edge_put(w, LM_FAULT_OPEN_EDGE, h);
        else if (mate[h] != LM_TOPO_MANY) {
            if (h < mate[h] && w->m->tri[mate[h]] == a) rc = places_edge_put(w, LM_FAULT_FLIPPED, h);
        } else if (!(rc = lm_mem_grow(&many, &cap, n + 1, sizeof *many, w->err)))
            many[n++] = a < b ? (places_edge){a, b, h} : (places_edge){b, a, h};
    }
    if (!rc && n) qsort(many, n, sizeof *many, places_by_ends);
    for (size_t i = 0; i < n && !rc; i++)
        if (!i || many[i].a != many[i - 1].a || many[i].b != many[i - 1].b)
            rc = places_edge_put(w, LM_FAULT_NONMANIFOLD_EDGE, many[i].half);
    free(many);
    return rc;
}

static uint32_t places_root(uint32_t *up, uint32_t i)
{
    while (up[i] != i) i = up[i] = up[up[i]];
    return i;
}

/* Vertices whose triangles, joined where they have an edge in common, are more than one fan. */
static lm_status places_fans(const places_work *w, const lm_topo_corners *c)
{
    places_edge *e = NULL; /* other end, 0, corner of the list */
    uint32_t *up = NULL;
    size_t cap_e = 0, cap_up = 0;
    lm_status rc = LM_OK;
    for (size_t v = 0; v < w->m->nv && !rc; v++) {
        const uint32_t *corner = c->corner + c->start[v];
        size_t d = c->start[v + 1] - c->start[v], fans = d;
        if (d < 2) continue;
        if ((rc = lm_mem_grow(&e, &cap_e, 2 * d, sizeof *e, w->err)) || (rc = lm_mem_grow(&up, &cap_up, d, sizeof *up, w->err)))
            break;
        for (uint32_t i = 0; i < d; i++) {
            uint32_t t = corner[i] / 3, k = corner[i] % 3;
            up[i] = i;
            for (uint32_t j = 1; j < 3; j++) e[2 * i + j - 1] = (places_edge){w->m->tri[3 * (size_t)t + (k + j) % 3], 0, i};
        }
        qsort(e, 2 * d, sizeof *e, places_by_ends);
        for (size_t i = 1; i < 2 * d; i++) {
            uint32_t p = places_root(up, e[i].half), q = places_root(up, e[i - 1].half);
            if (e[i].a != e[i - 1].a || p == q) continue;
            up[p] = q;
            fans--;
        }
        size_t first = corner[0];
        if (fans > 1) rc = places_put(w, LM_FAULT_NONMANIFOLD_VERTEX, LM_PLACE_PLAIN, first / 3, first / 3, &first, 1);
    }
    free(e);
    free(up);
    return rc;
}

/* ---- pairs ---- */

/* Does the edge p, q run through the inside of triangle t? */
static bool places_pierces(const float *p, const float *q, const float *const t[3])
{
    int a = lm_predicates_orient3d(t[0], t[1], t[2], p), b = lm_predicates_orient3d(t[0], t[1], t[2], q);
    if (a * b >= 0) return false;
    int s = lm_predicates_orient3d(p, q, t[0], t[1]);
    return s != 0 && lm_predicates_orient3d(p, q, t[1], t[2]) == s && lm_predicates_orient3d(p, q, t[2], t[0]) == s;
}

/* Two triangles of one plane have area in common: no edge of either parts them. */
static bool places_overlap(const float *const a[3], const float *const b[3], int drop)
{
    const int x = (drop + 1) % 3, y = (drop + 2) % 3;
    const float *const *s[2] = {a, b};
    float p[2][3][2];
    for (int i = 0; i < 2; i++)
        for (int k = 0; k < 3; k++) p[i][k][0] = s[i][k][x], p[i][k][1] = s[i][k][y];
    for (int i = 0; i < 2; i++) {
        int turn = lm_predicates_orient2d(p[i][0], p[i][1], p[i][2]);
        for (int k = 0; k < 3; k++) {
            bool beyond = true;
            for (int j = 0; j < 3; j++)
                beyond = beyond && lm_predicates_orient2d(p[i][k], p[i][(k + 1) % 3], p[1 - i][j]) * turn <= 0;
            if (beyond) return false;
        }
    }
    return true;
}

static lm_place_kind places_kind(const lm_mesh *m, uint32_t t, uint32_t u)
{
    const float *a[3], *b[3];
    bool flat = true;
    for (size_t k = 0; k < 3; k++) a[k] = places_at(m, 3 * (size_t)t + k), b[k] = places_at(m, 3 * (size_t)u + k);
    for (int k = 0; k < 3; k++) flat = flat && lm_predicates_orient3d(a[0], a[1], a[2], b[k]) == 0;
    for (int drop = 0; flat && drop < 3; drop++) {
        float p[3][2];
        for (int k = 0; k < 3; k++) p[k][0] = a[k][(drop + 1) % 3], p[k][1] = a[k][(drop + 2) % 3];
        if (lm_predicates_orient2d(p[0], p[1], p[2])) return places_overlap(a, b, drop) ? LM_PLACE_OVERLAPS : LM_PLACE_TOUCHES;
    }
    for (int k = 0; k < 3; k++)
        if (places_pierces(a[k], a[(k + 1) % 3], b) || places_pierces(b[k], b[(k + 1) % 3], a)) return LM_PLACE_CROSSES;
    return LM_PLACE_TOUCHES;
}

static lm_status places_pairs(const places_work *w, const uint32_t *point, int threads)
{
    lm_bvh tree = LM_BVH_INIT;
    lm_intersect hit = LM_INTERSECT_INIT;
    lm_status rc = lm_bvh_build(w->m, w->flat, threads, &tree, w->err);
    if (!rc) rc = lm_intersect_run(w->m, &tree, point, true, threads, &hit, w->err);
    for (size_t i = 0; i < hit.pairs && !rc; i++) {
        size_t t = hit.list[i][0], u = hit.list[i][1];
        rc = places_put(w, LM_FAULT_SELF_INTERSECT, places_kind(w->m, hit.list[i][0], hit.list[i][1]), t, u,
                        (const size_t[3]){3 * t, 3 * t + 1, 3 * t + 2}, 3);
    }
    lm_intersect_release(&hit);
    lm_bvh_release(&tree);
    return rc;
}

static lm_status places_joined(const places_work *w, const lm_audit *a, int threads)
{
    lm_join join = LM_JOIN_INIT;
    uint32_t *point = lm_mem_alloc(w->m->nv, sizeof *point, w->err);
    lm_status rc = point ? lm_join_add(&join, w->m->pos, w->m->nv, point, w->err) : LM_ENOMEM;
    if (!rc && a->count[LM_FAULT_COINCIDENT]) rc = places_coincident(w, point);
    if (!rc && a->count[LM_FAULT_SELF_INTERSECT]) rc = places_pairs(w, point, threads);
    lm_join_release(&join);
    free(point);
    return rc;
}

static lm_status places_topology(const places_work *w)
{
    lm_topo_corners c = LM_TOPO_CORNERS_INIT;
    uint32_t *mate = lm_mem_alloc(3 * w->m->nt, sizeof *mate, w->err);
    lm_status rc = mate ? lm_topo_corners_make(w->m, w->dead, &c, w->err) : LM_ENOMEM;
    if (!rc && !(rc = lm_topo_mates(w->m, &c, mate, w->err)) && !(rc = places_edges(w, mate))) rc = places_fans(w, &c);
    lm_topo_corners_release(&c);
    free(mate);
    return rc;
}

static int places_by_fault(const void *p, const void *q)
{
    const lm_place *a = p, *b = q;
    if (a->fault != b->fault) return a->fault < b->fault ? -1 : 1;
    if (a->triangle != b->triangle) return a->triangle < b->triangle ? -1 : 1;
    if (a->other != b->other) return a->other < b->other ? -1 : 1;
    for (int k = 0; k < 3; k++)
        if (a->at[k] != b->at[k]) return a->at[k] < b->at[k] ? -1 : 1;
    return 0;
}

lm_status lm_places_add(lm_places *p, const lm_mesh *m, const lm_audit *a, const uint32_t *number, int threads, lm_err *err)
{
    places_work w = {.p = p, .m = m, .number = number, .err = err};
    size_t faults = 0;
    lm_status rc = LM_ENOMEM;
    for (int f = 0; f < LM_FAULTS; f++) faults += a->count[f];
    if (!(w.dead = lm_mem_calloc(m->nt, 1, err)) || !(w.flat = lm_mem_calloc(m->nt, 1, err)) ||
        (rc = places_shapes(&w, faults > 0)) || !faults)
        goto done;
    if (a->count[LM_FAULT_DUPLICATE] && (rc = places_duplicates(&w))) goto done;
    if (a->count[LM_FAULT_OPEN_EDGE] || a->count[LM_FAULT_NONMANIFOLD_EDGE] || a->count[LM_FAULT_NONMANIFOLD_VERTEX] ||
        a->count[LM_FAULT_FLIPPED])
        if ((rc = places_topology(&w))) goto done;
    if ((a->count[LM_FAULT_COINCIDENT] || a->count[LM_FAULT_SELF_INTERSECT]) && (rc = places_joined(&w, a, threads))) goto done;
    if (a->count[LM_FAULT_INVERTED]) {
        size_t t = 0;
        while (t < m->nt && (number ? number[t] : t) != a->first[LM_FAULT_INVERTED]) t++;
        if (t < m->nt) rc = places_triangle(&w, LM_FAULT_INVERTED, t);
    }
    if (!rc && p->n) qsort(p->list, p->n, sizeof *p->list, places_by_fault);
done:
    free(w.dead);
    free(w.flat);
    return rc;
}

void lm_places_release(lm_places *p)
{
    free(p->list);
    *p = (lm_places)LM_PLACES_INIT;
}
