/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "repair/planar.h"
#include "base/mem.h"

#include <stdlib.h>

enum { PLANAR_SWEEPS = 8 };

static int planar_turn(const lm_planar *p, uint32_t a, uint32_t b, uint32_t c)
{
    int t = lm_implicit_turn(p->s, a, b, c, p->axis);
    return p->flip ? -t : t;
}

static lm_status planar_broken(lm_err *err)
{
    return lm_err_set(err, LM_ERANGE, NULL, "points of a facet that do not fit together");
}

lm_status lm_planar_begin(lm_planar *p, const uint32_t v[3], lm_err *err)
{
    lm_status rc = lm_mem_grow(&p->tri, &p->cap, 1, sizeof *p->tri, err);
    if (rc) return rc;
    int turn = lm_implicit_turn(p->s, v[0], v[1], v[2], p->axis);
    if (!turn) return planar_broken(err);
    p->flip = turn < 0;
    p->tri[0] = (lm_planar_tri){.v = {v[0], v[1], v[2]}, .next = {-1, -1, -1}};
    p->n = 1;
    return LM_OK;
}

void lm_planar_release(lm_planar *p)
{
    free(p->tri);
    p->tri = NULL;
    p->n = p->cap = 0;
}

/* The neighbour across an edge was `from`, now is `to`. */
static void planar_relink(lm_planar *p, int32_t t, int32_t from, int32_t to, uint32_t a)
{
    if (t < 0) return;
    for (int k = 0; k < 3; k++)
        if (p->tri[t].next[k] == from && p->tri[t].v[(k + 1) % 3] == a) p->tri[t].next[k] = to;
}

/* Which edge of t begins at v; -1: none. */
static int planar_edge(const lm_planar_tri *t, uint32_t v)
{
    return t->v[0] == v ? 0 : t->v[1] == v ? 1 : t->v[2] == v ? 2 : -1;
}

/* Triangle t has q on or inside its edges: on[k] tells which edges it is on. */
static bool planar_holds(const lm_planar *p, const lm_planar_tri *t, uint32_t q, bool on[3], int *out)
{
    for (int k = 0; k < 3; k++) {
        int s = planar_turn(p, t->v[k], t->v[(k + 1) % 3], q);
        if (s < 0) {
            *out = k;
            return false;
        }
        on[k] = s == 0;
    }
    return true;
}

/* The triangle that has q: a walk from the newest one, then all of them. */
static int32_t planar_find(const lm_planar *p, uint32_t q, bool on[3])
{
    int32_t t = (int32_t)p->n - 1;
    int out;
    for (size_t steps = 0; steps < p->n && t >= 0; steps++) {
        if (planar_holds(p, &p->tri[t], q, on, &out)) return t;
        t = p->tri[t].next[out];
    }
    for (t = 0; t < (int32_t)p->n; t++)
        if (planar_holds(p, &p->tri[t], q, on, &out)) return t;
    return -1;
}

static void planar_split_face(lm_planar *p, int32_t t, uint32_t q)
{
    lm_planar_tri old = p->tri[t];
    int32_t part[3] = {t, (int32_t)p->n, (int32_t)p->n + 1};
    for (int k = 0; k < 3; k++) {
        p->tri[part[k]] = (lm_planar_tri){.v = {old.v[k], old.v[(k + 1) % 3], q},
                                          .next = {old.next[k], part[(k + 1) % 3], part[(k + 2) % 3]},
                                          .fixed = {old.fixed[k], false, false}};
        if (k) planar_relink(p, old.next[k], t, part[k], old.v[k]);
    }
    p->n += 2;
}

/* Edge e of t, and the triangle beyond, get q in the middle. */
static void planar_split_edge(lm_planar *p, int32_t t, int e, uint32_t q)
{
    lm_planar_tri x = p->tri[t];
    uint32_t a = x.v[e], b = x.v[(e + 1) % 3], c = x.v[(e + 2) % 3];
    int32_t u = x.next[e], nt = (int32_t)p->n++, nu = -1;
    bool fixed = x.fixed[e];
    if (u >= 0) {
        lm_planar_tri y = p->tri[u];
        int f = planar_edge(&y, b);
        uint32_t d = y.v[(f + 2) % 3];
        nu = (int32_t)p->n++;
        p->tri[u] =
            (lm_planar_tri){.v = {b, q, d}, .next = {nt, nu, y.next[(f + 2) % 3]}, .fixed = {fixed, false, y.fixed[(f + 2) % 3]}};
        p->tri[nu] =
            (lm_planar_tri){.v = {q, a, d}, .next = {t, y.next[(f + 1) % 3], u}, .fixed = {fixed, y.fixed[(f + 1) % 3], false}};
        planar_relink(p, y.next[(f + 1) % 3], u, nu, a);
    }
    p->tri[t] =
        (lm_planar_tri){.v = {a, q, c}, .next = {nu, nt, x.next[(e + 2) % 3]}, .fixed = {fixed, false, x.fixed[(e + 2) % 3]}};
    p->tri[nt] =
        (lm_planar_tri){.v = {q, b, c}, .next = {u, x.next[(e + 1) % 3], t}, .fixed = {fixed, x.fixed[(e + 1) % 3], false}};
    planar_relink(p, x.next[(e + 1) % 3], t, nt, b);
}

lm_status lm_planar_point(lm_planar *p, uint32_t q, lm_err *err)
{
    bool on[3];
    lm_status rc = lm_mem_grow(&p->tri, &p->cap, p->n + 2, sizeof *p->tri, err);
    if (rc) return rc;
    int32_t t = planar_find(p, q, on);
    if (t < 0) return planar_broken(err);
    int ons = on[0] + on[1] + on[2];
    if (ons == 0) planar_split_face(p, t, q);
    if (ons == 1) planar_split_edge(p, t, on[0] ? 0 : on[1] ? 1 : 2, q);
    return ons < 3 ? LM_OK : planar_broken(err); /* at two edges: it is their corner */
}

/* Swap the diagonal of t and its neighbour across e, when they form a convex quadrilateral. */
static bool planar_flip(lm_planar *p, int32_t t, int e)
{
    lm_planar_tri x = p->tri[t], y;
    int32_t u = x.next[e];
    uint32_t a = x.v[e], b = x.v[(e + 1) % 3], c = x.v[(e + 2) % 3];
    if (u < 0 || x.fixed[e]) return false;
    y = p->tri[u];
    int f = planar_edge(&y, b);
    uint32_t d = y.v[(f + 2) % 3];
    if (planar_turn(p, c, a, d) <= 0 || planar_turn(p, d, b, c) <= 0) return false;
    int cx = (e + 2) % 3, bx = (e + 1) % 3, ay = (f + 1) % 3, dy = (f + 2) % 3; /* edges c-a, b-c; a-d, d-b */
    p->tri[t] = (lm_planar_tri){.v = {c, a, d}, .next = {x.next[cx], y.next[ay], u}, .fixed = {x.fixed[cx], y.fixed[ay], false}};
    p->tri[u] = (lm_planar_tri){.v = {d, b, c}, .next = {y.next[dy], x.next[bx], t}, .fixed = {y.fixed[dy], x.fixed[bx], false}};
    planar_relink(p, y.next[ay], u, t, a);
    planar_relink(p, x.next[bx], t, u, b);
    return true;
}

static void planar_fix(lm_planar *p, int32_t t, int e)
{
    int32_t u = p->tri[t].next[e];
    p->tri[t].fixed[e] = true;
    if (u >= 0) p->tri[u].fixed[planar_edge(&p->tri[u], p->tri[t].v[(e + 1) % 3])] = true;
}

/* From a towards b: an edge of a that ends on the way is fixed, its end is the new *a; else the edge across the way, found in a
 * triangle of a, is *t, *e. False: neither. */
static bool planar_leave(lm_planar *p, uint32_t *a, uint32_t b, int32_t *t, int *e, bool *fixed)
{
    *fixed = false;
    for (int32_t i = 0; i < (int32_t)p->n; i++) {
        int k = planar_edge(&p->tri[i], *a);
        if (k < 0) continue;
        uint32_t r = p->tri[i].v[(k + 1) % 3], l = p->tri[i].v[(k + 2) % 3];
        int sr = r == b ? 0 : planar_turn(p, *a, b, r), sl = l == b ? 0 : planar_turn(p, *a, b, l);
        if (sr == 0 && sl > 0) { /* along a-r, ahead: with l on the left the triangle turns left */
            planar_fix(p, i, k);
            *a = r;
            *fixed = true;
            return true;
        }
        if (sl == 0 && sr < 0) {
            planar_fix(p, i, (k + 2) % 3);
            *a = l;
            *fixed = true;
            return true;
        }
        if (sr < 0 && sl > 0 && planar_turn(p, r, l, *a) > 0 && planar_turn(p, r, l, b) < 0) {
            *t = i;
            *e = (k + 1) % 3;
            return true;
        }
    }
    return false;
}

/* What the way from a to *b crosses, from edge e of t on: flip the first edge whose flip makes the crossings fewer, or (any) the
 * first from the `from`th on that can be flipped. A corner on the way becomes the new *b. */
static bool planar_clear(lm_planar *p, uint32_t a, uint32_t *b, int32_t t, int e, bool any, size_t from)
{
    int near = 0; /* side of the corner behind: 0 for a */
    for (size_t i = 0; i <= p->n; i++) {
        int32_t u = p->tri[t].next[e];
        if (p->tri[t].fixed[e] || u < 0) return false;
        int f = planar_edge(&p->tri[u], p->tri[t].v[(e + 1) % 3]);
        uint32_t d = p->tri[u].v[(f + 2) % 3];
        int far = d == *b ? 0 : planar_turn(p, a, *b, d);
        if ((any ? i >= from : !near || !far || near == far) && planar_flip(p, t, e)) return true;
        if (!far) {
            bool early = d != *b;
            *b = d;
            return early;
        }
        t = u; /* out between the corner d and the end of the edge on the other side; the third corner stays behind */
        e = far > 0 ? (f + 1) % 3 : (f + 2) % 3;
        near = far;
    }
    return false;
}

lm_status lm_planar_segment(lm_planar *p, uint32_t a, uint32_t b, lm_err *err)
{
    size_t limit = 8 * p->n + 64;
    for (uint32_t to = b; a != b; to = a == to ? b : to) {
        int32_t t;
        int e;
        bool fixed;
        if (!limit-- || !planar_leave(p, &a, to, &t, &e, &fixed)) return planar_broken(err);
        if (fixed || planar_clear(p, a, &to, t, e, false, 0)) continue;
        if (!planar_clear(p, a, &to, t, e, true, limit % 7) && !planar_clear(p, a, &to, t, e, true, 0)) return planar_broken(err);
    }
    return LM_OK;
}

/* Is d inside the circle of a, b, c? With rounding: only beauty hangs on it. */
static bool planar_inside(const lm_planar *p, uint32_t a, uint32_t b, uint32_t c, uint32_t d)
{
    const uint32_t v[3] = {a, b, c};
    const int64_t *o = p->s->point[d].key;
    double m[3][4];
    for (int i = 0; i < 3; i++) {
        const int64_t *q = p->s->point[v[i]].key;
        m[i][3] = 0;
        for (int k = 0; k < 3; k++) {
            m[i][k] = (double)(q[(p->axis + k) % 3] - o[(p->axis + k) % 3]);
            m[i][3] += m[i][k] * m[i][k];
        }
    }
    double det = 0, size = 0;
    for (int i = 0; i < 3; i++) {
        const double *x = m[(i + 1) % 3], *y = m[(i + 2) % 3];
        double part = m[i][3] * (x[1] * y[2] - x[2] * y[1]);
        det += part;
        size += part > 0 ? part : -part;
    }
    return (p->flip ? -det : det) > 1e-6 * size;
}

void lm_planar_round(lm_planar *p)
{
    bool some = true;
    for (int sweep = 0; sweep < PLANAR_SWEEPS && some; sweep++) {
        some = false;
        for (int32_t t = 0; t < (int32_t)p->n; t++)
            for (int e = 0; e < 3; e++) {
                const lm_planar_tri *x = &p->tri[t];
                int32_t u = x->next[e];
                if (u < 0 || x->fixed[e]) continue;
                int f = planar_edge(&p->tri[u], x->v[(e + 1) % 3]);
                if (planar_inside(p, x->v[0], x->v[1], x->v[2], p->tri[u].v[(f + 2) % 3])) some |= planar_flip(p, t, e);
            }
    }
}
