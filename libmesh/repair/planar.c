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

/* What a segment crosses on its way: the triangles, and the corners on its left and on its right, in order. */
typedef struct {
    int32_t *gone;
    lm_planar_tri *old; /* they as they were */
    uint32_t *left, *right;
    size_t n, lefts, rights, made;
    size_t gone_cap, old_cap, left_cap, right_cap;
} planar_way;

static void planar_way_release(planar_way *w)
{
    free(w->gone);
    free(w->old);
    free(w->left);
    free(w->right);
}

static lm_status planar_way_put(const lm_planar *p, planar_way *w, int32_t t, lm_err *err)
{
    lm_status rc = lm_mem_grow(&w->gone, &w->gone_cap, w->n + 1, sizeof *w->gone, err);
    if (rc || (rc = lm_mem_grow(&w->old, &w->old_cap, w->n + 1, sizeof *w->old, err))) return rc;
    w->gone[w->n] = t;
    w->old[w->n++] = p->tri[t];
    return LM_OK;
}

static lm_status planar_corner(planar_way *w, bool left, uint32_t v, lm_err *err)
{
    lm_status rc = left ? lm_mem_grow(&w->left, &w->left_cap, w->lefts + 1, sizeof *w->left, err)
                        : lm_mem_grow(&w->right, &w->right_cap, w->rights + 1, sizeof *w->right, err);
    if (rc) return rc;
    if (left) w->left[w->lefts++] = v;
    else w->right[w->rights++] = v;
    return LM_OK;
}

/* From a towards *b, over edge e of t first. A corner on the way becomes the new *b. */
static lm_status planar_walk(const lm_planar *p, uint32_t a, uint32_t *b, int32_t t, int e, planar_way *w, lm_err *err)
{
    lm_status rc = planar_way_put(p, w, t, err);
    if (rc || (rc = planar_corner(w, false, p->tri[t].v[e], err)) || (rc = planar_corner(w, true, p->tri[t].v[(e + 1) % 3], err)))
        return rc;
    for (;;) {
        int32_t u = p->tri[t].next[e];
        if (p->tri[t].fixed[e] || u < 0 || w->n > p->n) return planar_broken(err);
        int f = planar_edge(&p->tri[u], p->tri[t].v[(e + 1) % 3]);
        uint32_t d = p->tri[u].v[(f + 2) % 3];
        int side = d == *b ? 0 : planar_turn(p, a, *b, d);
        if ((rc = planar_way_put(p, w, u, err))) return rc;
        if (!side) {
            *b = d;
            return LM_OK;
        }
        if ((rc = planar_corner(w, side > 0, d, err))) return rc;
        t = u; /* out between the corner d and the end of the edge on the other side */
        e = side > 0 ? (f + 1) % 3 : (f + 2) % 3;
    }
}

/* Triangles between the edge from a to b and the corners on its left, into the places of those that go. The corner for that edge is
 * one whose triangle holds no other; nothing else crosses it, as all corners are seen from the segment. */
static void planar_side(lm_planar *p, planar_way *w, uint32_t a, uint32_t b, const uint32_t *chain, size_t n)
{
    size_t c = 0;
    if (!n) return;
    for (size_t i = 1; i < n; i++)
        if (chain[i] != chain[c] && planar_turn(p, b, chain[c], chain[i]) >= 0 && planar_turn(p, chain[c], a, chain[i]) >= 0) c = i;
    p->tri[w->gone[w->made++]] = (lm_planar_tri){.v = {a, b, chain[c]}, .next = {-1, -1, -1}};
    planar_side(p, w, a, chain[c], chain, c);
    planar_side(p, w, chain[c], b, chain + c + 1, n - c - 1);
}

/* Of the triangles t[0 .. n) the one with an edge from a to b, and which edge that is; false: none. */
static bool planar_along(const lm_planar_tri *all, const int32_t *t, size_t n, uint32_t a, uint32_t b, size_t *i, int *k)
{
    for (*i = 0; *i < n; ++*i) {
        const lm_planar_tri *x = &all[t ? t[*i] : (int32_t)*i];
        *k = planar_edge(x, a);
        if (*k >= 0 && x->v[(*k + 1) % 3] == b) return true;
    }
    return false;
}

/* Neighbours and fixed edges of the new triangles: from each other, and from those that went. */
static void planar_link(lm_planar *p, const planar_way *w)
{
    for (size_t i = 0; i < w->n; i++)
        for (int k = 0; k < 3; k++) {
            lm_planar_tri *x = &p->tri[w->gone[i]];
            uint32_t a = x->v[k], b = x->v[(k + 1) % 3];
            size_t j, o;
            int f, g;
            bool was = planar_along(w->old, NULL, w->n, a, b, &o, &f);
            x->fixed[k] = was && w->old[o].fixed[f];
            if (planar_along(p->tri, w->gone, w->n, b, a, &j, &g)) x->next[k] = w->gone[j];
            else if (was) {
                x->next[k] = w->old[o].next[f];
                planar_relink(p, x->next[k], w->gone[o], w->gone[i], a);
            }
        }
}

/* The triangles that the way from a to *b crosses, made anew with an edge along it (Anglada, An improved incremental algorithm for
 * constructing restricted Delaunay triangulations, Computers & Graphics 21, 1997). */
static lm_status planar_across(lm_planar *p, uint32_t a, uint32_t *b, int32_t t, int e, lm_err *err)
{
    planar_way w = {.n = 0};
    lm_status rc = planar_walk(p, a, b, t, e, &w, err);
    if (!rc) {
        for (size_t i = 0; i < w.rights / 2; i++) {
            uint32_t x = w.right[i];
            w.right[i] = w.right[w.rights - 1 - i];
            w.right[w.rights - 1 - i] = x;
        }
        planar_side(p, &w, a, *b, w.left, w.lefts);
        planar_side(p, &w, *b, a, w.right, w.rights);
        planar_link(p, &w);
    }
    planar_way_release(&w);
    return rc;
}

lm_status lm_planar_segment(lm_planar *p, uint32_t a, uint32_t b, lm_err *err)
{
    for (size_t steps = 0; a != b; steps++) {
        int32_t t;
        int e;
        bool fixed;
        uint32_t to = b;
        lm_status rc;
        if (steps > 2 * p->n || !planar_leave(p, &a, b, &t, &e, &fixed)) return planar_broken(err);
        if (!fixed && (rc = planar_across(p, a, &to, t, e, err))) return rc;
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
