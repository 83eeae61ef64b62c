/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "surface/triangulate.h"
#include "base/mem.h"
#include "surface/predicates.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define TRIANGULATE_NONE UINT32_MAX

typedef struct {
    uint32_t v[3], to[3];   /* corners, counter-clockwise; the triangle across the edge from corner i to the next */
    unsigned char fixed[3]; /* that edge is a segment: 1 as it runs here, 2 the other way */
} triangulate_tri;

typedef struct {
    float (*p)[2];
    uint32_t n, nt, *at; /* at: a triangle of each point */
    triangulate_tri *t;
    uint32_t *stack;
    size_t depth, cap;
    lm_err *err;
} triangulate_work;

static int triangulate_turn(const triangulate_work *w, uint32_t a, uint32_t b, uint32_t c)
{
    return lm_predicates_orient2d(w->p[a], w->p[b], w->p[c]);
}

/* Corner of t that is v. */
static int triangulate_corner(const triangulate_work *w, uint32_t t, uint32_t v)
{
    return w->t[t].v[0] == v ? 0 : w->t[t].v[1] == v ? 1 : 2;
}

/* Edge of t across which u lies. */
static int triangulate_edge(const triangulate_work *w, uint32_t t, uint32_t u)
{
    return w->t[t].to[0] == u ? 0 : w->t[t].to[1] == u ? 1 : 2;
}

static void triangulate_relink(triangulate_work *w, uint32_t t, uint32_t from, uint32_t to)
{
    if (t != TRIANGULATE_NONE) w->t[t].to[triangulate_edge(w, t, from)] = to;
}

static lm_status triangulate_push(triangulate_work *w, uint32_t t)
{
    lm_status rc = lm_mem_grow(&w->stack, &w->cap, w->depth + 1, sizeof *w->stack, w->err);
    if (!rc) w->stack[w->depth++] = t;
    return rc;
}

/* d lies within the circle through a, b, c by more than rounding. */
static bool triangulate_within(const triangulate_work *w, uint32_t a, uint32_t b, uint32_t c, uint32_t d)
{
    const uint32_t v[3] = {a, b, c};
    double x[3], y[3], s[3], det = 0, size = 0;
    for (int i = 0; i < 3; i++) {
        x[i] = (double)w->p[v[i]][0] - w->p[d][0];
        y[i] = (double)w->p[v[i]][1] - w->p[d][1];
        s[i] = x[i] * x[i] + y[i] * y[i];
    }
    for (int i = 0; i < 3; i++) {
        int j = (i + 1) % 3, k = (i + 2) % 3;
        det += s[i] * (x[j] * y[k] - x[k] * y[j]);
        size += s[i] * (fabs(x[j] * y[k]) + fabs(x[k] * y[j]));
    }
    return det > 1e-12 * size;
}

/* The edge i of t and the triangle across it form a quadrangle whose other diagonal lies inside. */
static bool triangulate_convex(const triangulate_work *w, uint32_t t, int i)
{
    const triangulate_tri *x = &w->t[t], *y = &w->t[x->to[i]];
    uint32_t a = x->v[i], b = x->v[(i + 1) % 3], c = x->v[(i + 2) % 3], d = y->v[(triangulate_edge(w, x->to[i], t) + 2) % 3];
    return triangulate_turn(w, a, d, c) > 0 && triangulate_turn(w, d, b, c) > 0;
}

/* Exchange the diagonal: t keeps the first corner of the edge. */
static void triangulate_flip(triangulate_work *w, uint32_t t, int i)
{
    uint32_t u = w->t[t].to[i];
    int j = triangulate_edge(w, u, t);
    triangulate_tri x = w->t[t], y = w->t[u];
    int i1 = (i + 1) % 3, i2 = (i + 2) % 3, j1 = (j + 1) % 3, j2 = (j + 2) % 3;
    uint32_t a = x.v[i], b = x.v[i1], c = x.v[i2], d = y.v[j2];
    w->t[t] = (triangulate_tri){{a, d, c}, {y.to[j1], u, x.to[i2]}, {y.fixed[j1], 0, x.fixed[i2]}};
    w->t[u] = (triangulate_tri){{d, b, c}, {y.to[j2], x.to[i1], t}, {y.fixed[j2], x.fixed[i1], 0}};
    triangulate_relink(w, y.to[j1], u, t);
    triangulate_relink(w, x.to[i1], t, u);
    w->at[a] = w->at[d] = w->at[c] = t;
    w->at[b] = u;
}

/* Flip until the triangles on the stack and those around them are Delaunay, segments kept. */
static lm_status triangulate_settle(triangulate_work *w)
{
    lm_status rc = LM_OK;
    while (w->depth && !rc) {
        uint32_t t = w->stack[--w->depth];
        for (int i = 0; i < 3 && !rc; i++) {
            const triangulate_tri *x = &w->t[t];
            uint32_t u = x->to[i];
            if (u == TRIANGULATE_NONE || x->fixed[i]) continue;
            uint32_t d = w->t[u].v[(triangulate_edge(w, u, t) + 2) % 3];
            if (!triangulate_within(w, x->v[0], x->v[1], x->v[2], d) || !triangulate_convex(w, t, i)) continue;
            triangulate_flip(w, t, i);
            if (!(rc = triangulate_push(w, t))) rc = triangulate_push(w, u);
            break;
        }
    }
    return rc;
}

/* The triangle that holds p (turn: the sides of its edges, 0 on one), walking from t. */
static uint32_t triangulate_find(const triangulate_work *w, uint32_t t, uint32_t p, int turn[3])
{
    for (size_t steps = 0; steps < 2 * (size_t)w->nt + 16; steps++) {
        const triangulate_tri *x = &w->t[t];
        int go = -1;
        for (int i = 0; i < 3; i++) {
            int k = (int)((i + steps) % 3); /* another first edge each time: no walk in circles */
            turn[k] = triangulate_turn(w, x->v[k], x->v[(k + 1) % 3], p);
            if (turn[k] < 0 && go < 0) go = k;
        }
        if (go < 0) return t;
        t = x->to[go];
        if (t == TRIANGULATE_NONE) return t;
    }
    return TRIANGULATE_NONE;
}

/* Put p into triangle t. */
static lm_status triangulate_split(triangulate_work *w, uint32_t t, uint32_t p)
{
    triangulate_tri x = w->t[t];
    uint32_t u = w->nt, v = w->nt + 1;
    w->nt += 2;
    w->t[t] = (triangulate_tri){{x.v[0], x.v[1], p}, {x.to[0], u, v}, {0}};
    w->t[u] = (triangulate_tri){{x.v[1], x.v[2], p}, {x.to[1], v, t}, {0}};
    w->t[v] = (triangulate_tri){{x.v[2], x.v[0], p}, {x.to[2], t, u}, {0}};
    triangulate_relink(w, x.to[1], t, u);
    triangulate_relink(w, x.to[2], t, v);
    w->at[x.v[0]] = w->at[x.v[1]] = w->at[p] = t;
    w->at[x.v[2]] = u;
    lm_status rc = triangulate_push(w, t);
    if (!rc) rc = triangulate_push(w, u);
    return rc ? rc : triangulate_push(w, v);
}

/* Put p on the edge i of t. */
static lm_status triangulate_split_edge(triangulate_work *w, uint32_t t, int i, uint32_t p)
{
    uint32_t u = w->t[t].to[i], s = w->nt, r = w->nt + 1;
    int j = triangulate_edge(w, u, t);
    triangulate_tri x = w->t[t], y = w->t[u];
    int i1 = (i + 1) % 3, i2 = (i + 2) % 3, j1 = (j + 1) % 3, j2 = (j + 2) % 3;
    uint32_t a = x.v[i], b = x.v[i1], c = x.v[i2], d = y.v[j2];
    w->nt += 2;
    w->t[t] = (triangulate_tri){{a, p, c}, {r, s, x.to[i2]}, {0}};
    w->t[s] = (triangulate_tri){{p, b, c}, {u, x.to[i1], t}, {0}};
    w->t[u] = (triangulate_tri){{b, p, d}, {s, r, y.to[j2]}, {0}};
    w->t[r] = (triangulate_tri){{p, a, d}, {t, y.to[j1], u}, {0}};
    triangulate_relink(w, x.to[i1], t, s);
    triangulate_relink(w, y.to[j1], u, r);
    w->at[a] = w->at[p] = w->at[c] = t;
    w->at[b] = w->at[d] = u;
    lm_status rc = triangulate_push(w, t);
    if (!rc) rc = triangulate_push(w, s);
    if (!rc) rc = triangulate_push(w, u);
    return rc ? rc : triangulate_push(w, r);
}

static lm_status triangulate_put(triangulate_work *w, uint32_t start, uint32_t p, bool *simple)
{
    int turn[3], on = -1, zeros = 0;
    uint32_t t = triangulate_find(w, start, p, turn);
    for (int i = 0; i < 3 && t != TRIANGULATE_NONE; i++)
        if (turn[i] == 0) on = i, zeros++;
    *simple = t != TRIANGULATE_NONE && zeros < 2 && (on < 0 || w->t[t].to[on] != TRIANGULATE_NONE);
    if (!*simple) return LM_OK;
    lm_status rc = on < 0 ? triangulate_split(w, t, p) : triangulate_split_edge(w, t, on, p);
    return rc ? rc : triangulate_settle(w);
}

/* The edge of a triangle at a that ends in b: *t and its number, or -1. Else *t, *e: the triangle at a whose far edge the way to b
 * crosses; TRIANGULATE_NONE when it runs through a point. */
static int triangulate_way(const triangulate_work *w, uint32_t a, uint32_t b, uint32_t *t, int *e)
{
    uint32_t first = w->at[a], u = first;
    *t = TRIANGULATE_NONE;
    do {
        const triangulate_tri *x = &w->t[u];
        int k = triangulate_corner(w, u, a);
        uint32_t p = x->v[(k + 1) % 3], q = x->v[(k + 2) % 3];
        if (p == b) {
            *t = u;
            return k;
        }
        if (triangulate_turn(w, a, b, p) < 0 && triangulate_turn(w, a, b, q) > 0) *t = u, *e = (k + 1) % 3;
        u = x->to[(k + 2) % 3]; /* counter-clockwise */
    } while (u != first && u != TRIANGULATE_NONE);
    return -1;
}

/* The half of edge p, q that runs from p to q: its triangle; *e its number. The edge must be there, and not both of them lie far
 * out. */
static uint32_t triangulate_half(const triangulate_work *w, uint32_t p, uint32_t q, int *e)
{
    bool far = p >= w->n; /* round such a point there is no way */
    uint32_t from = far ? q : p, to = far ? p : q, u = w->at[from];
    while (w->t[u].v[((*e = triangulate_corner(w, u, from)) + 1) % 3] != to) u = w->t[u].to[(*e + 2) % 3];
    if (!far) return u;
    uint32_t over = w->t[u].to[*e];
    *e = triangulate_edge(w, over, u);
    return over;
}

/* The edges that the way from a to b crosses, as pairs of points right and left of it, on the stack. */
static lm_status triangulate_crossed(triangulate_work *w, uint32_t a, uint32_t b, uint32_t t, int e, bool *simple)
{
    lm_status rc = LM_OK;
    w->depth = 0;
    for (*simple = true;;) {
        uint32_t p = w->t[t].v[e], q = w->t[t].v[(e + 1) % 3], u = w->t[t].to[e];
        *simple = !w->t[t].fixed[e] && u != TRIANGULATE_NONE;
        if (!*simple || (rc = triangulate_push(w, p)) || (rc = triangulate_push(w, q))) return rc;
        int k = triangulate_edge(w, u, t);
        uint32_t d = w->t[u].v[(k + 2) % 3];
        if (d == b) return rc;
        int side = triangulate_turn(w, a, b, d);
        *simple = side != 0;
        if (!side) return rc;
        t = u;
        e = side > 0 ? (k + 1) % 3 : (k + 2) % 3; /* the edge of d whose other end lies on the other side */
    }
}

/* Flip the edges between away until a and b are joined. */
static lm_status triangulate_join(triangulate_work *w, uint32_t a, uint32_t b, uint32_t t, int e, bool *simple)
{
    lm_status rc = triangulate_crossed(w, a, b, t, e, simple);
    size_t rest = w->depth / 2, limit = rest * rest + 64;
    for (size_t i = 0; i < w->depth && *simple && !rc; i += 2) {
        uint32_t p = w->stack[i], q = w->stack[i + 1];
        t = triangulate_half(w, p, q, &e);
        if (i > 2 * limit) *simple = false;
        else if (!triangulate_convex(w, t, e)) {
            if (!(rc = triangulate_push(w, p))) rc = triangulate_push(w, q);
        } else {
            uint32_t c = w->t[t].v[(e + 2) % 3], u = w->t[t].to[e], d = w->t[u].v[(triangulate_edge(w, u, t) + 2) % 3];
            triangulate_flip(w, t, e);
            if (c == a || c == b || d == a || d == b || triangulate_turn(w, a, b, c) == triangulate_turn(w, a, b, d)) continue;
            bool right = triangulate_turn(w, a, b, c) < 0;
            if (!(rc = triangulate_push(w, right ? c : d))) rc = triangulate_push(w, right ? d : c);
        }
    }
    w->depth = 0;
    return rc;
}

static lm_status triangulate_segment(triangulate_work *w, uint32_t a, uint32_t b, bool *simple)
{
    uint32_t t;
    int e = 0, k = triangulate_way(w, a, b, &t, &e);
    *simple = a != b && (k >= 0 || t != TRIANGULATE_NONE);
    if (!*simple) return LM_OK;
    if (k < 0) {
        lm_status rc = triangulate_join(w, a, b, t, e, simple);
        if (rc || !*simple) return rc;
        k = triangulate_way(w, a, b, &t, &e);
        *simple = k >= 0;
        if (!*simple) return LM_OK;
    }
    uint32_t u = w->t[t].to[k];
    *simple = !w->t[t].fixed[k] && u != TRIANGULATE_NONE;
    if (!*simple) return LM_OK;
    w->t[t].fixed[k] = 1;
    w->t[u].fixed[triangulate_edge(w, u, t)] = 2;
    return LM_OK;
}

static lm_status triangulate_make(triangulate_work *w, const uint32_t (*segment)[2], size_t ns, bool *simple)
{
    lm_status rc = LM_OK;
    size_t top = 1;
    w->t[0] = (triangulate_tri){{w->n, w->n + 1, w->n + 2}, {TRIANGULATE_NONE, TRIANGULATE_NONE, TRIANGULATE_NONE}, {0}};
    w->nt = 1;
    for (int i = 0; i < 3; i++) w->at[w->n + (uint32_t)i] = 0;
    while (top < w->n) top *= 2;
    *simple = true;
    if (w->n) rc = triangulate_put(w, 0, 0, simple);
    for (size_t step = top / 2; step && !rc && *simple; step /= 2)
        for (size_t i = step; i < w->n && !rc && *simple; i += 2 * step)
            rc = triangulate_put(w, w->at[i - step], (uint32_t)i, simple);
    for (size_t i = 0; i < ns && !rc && *simple; i++) rc = triangulate_segment(w, segment[i][0], segment[i][1], simple);
    for (uint32_t t = 0; t < w->nt && !rc && *simple; t++) rc = triangulate_push(w, t);
    return rc ? rc : triangulate_settle(w);
}

/* in[t]: an odd number of segments lies between t and infinity. False when that contradicts itself or the segments' direction. */
static bool triangulate_inside(triangulate_work *w, unsigned char *in)
{
    uint32_t *queue = w->stack;
    size_t head = 0, tail = 0;
    memset(in, 2, w->nt);
    queue[tail++] = w->at[w->n];
    in[w->at[w->n]] = 0;
    while (head < tail) {
        uint32_t t = queue[head++];
        for (int i = 0; i < 3; i++) {
            uint32_t u = w->t[t].to[i];
            if (u == TRIANGULATE_NONE) continue;
            unsigned char side = (unsigned char)(in[t] ^ (w->t[t].fixed[i] != 0));
            if (w->t[t].fixed[i] && (w->t[t].fixed[i] == 1) != (in[t] == 1)) return false;
            if (in[u] == 2) {
                in[u] = side;
                queue[tail++] = u;
            } else if (in[u] != side) return false;
        }
    }
    for (uint32_t t = 0; t < w->nt; t++)
        if (in[t] && (w->t[t].v[0] >= w->n || w->t[t].v[1] >= w->n || w->t[t].v[2] >= w->n)) return false;
    return true;
}

/* Three points around all others; false when numbers end there. */
static bool triangulate_around(triangulate_work *w, const float (*xy)[2], size_t n)
{
    float lo[2] = {INFINITY, INFINITY}, hi[2] = {-INFINITY, -INFINITY};
    for (size_t i = 0; i < n; i++)
        for (int k = 0; k < 2; k++) {
            if (xy[i][k] < lo[k]) lo[k] = xy[i][k];
            if (xy[i][k] > hi[k]) hi[k] = xy[i][k];
        }
    float far = hi[0] - lo[0] > hi[1] - lo[1] ? hi[0] - lo[0] : hi[1] - lo[1];
    memcpy(w->p, xy, n * sizeof *xy);
    const float at[3][2] = {{lo[0] - 20 * far, lo[1] - 10 * far}, {hi[0] + 20 * far, lo[1] - 10 * far}, {lo[0], hi[1] + 20 * far}};
    memcpy(w->p[n], at, sizeof at);
    return far > 0 && isfinite(at[0][0]) && isfinite(at[1][0]) && isfinite(at[0][1]) && isfinite(at[2][1]) && at[0][0] < lo[0] &&
           at[1][0] > hi[0];
}

lm_status lm_triangulate_outlines(const float (*xy)[2], size_t n, const uint32_t (*segment)[2], size_t ns, uint32_t **tri,
                                  size_t *nt, bool *simple, lm_err *err)
{
    triangulate_work w = {.n = (uint32_t)n, .err = err};
    unsigned char *in = NULL;
    lm_status rc = LM_ENOMEM;
    *tri = NULL;
    *nt = 0;
    *simple = false;
    if (n > UINT32_MAX / 16) return lm_err_set(err, LM_ERANGE, NULL, "an outline of %zu points", n);
    if (!(w.p = lm_mem_alloc(n + 3, sizeof *w.p, err)) || !(w.at = lm_mem_alloc(n + 3, sizeof *w.at, err)) ||
        !(w.t = lm_mem_alloc(2 * n + 8, sizeof *w.t, err)))
        goto done;
    if (n < 3 || !triangulate_around(&w, xy, n)) {
        rc = LM_OK;
        goto done;
    }
    if ((rc = triangulate_make(&w, segment, ns, simple)) || !*simple) goto done;
    if ((rc = lm_mem_grow(&w.stack, &w.cap, w.nt, sizeof *w.stack, err))) goto done;
    if (!(in = lm_mem_alloc(w.nt, 1, err))) {
        rc = LM_ENOMEM;
        goto done;
    }
    *simple = triangulate_inside(&w, in);
    if (!*simple) goto done;
    for (uint32_t t = 0; t < w.nt; t++) *nt += in[t];
    if (!(*tri = lm_mem_alloc(*nt, 3 * sizeof **tri, err))) rc = LM_ENOMEM;
    for (uint32_t t = 0, at = 0; t < w.nt && !rc; t++)
        if (in[t]) memcpy(*tri + 3 * (size_t)at++, w.t[t].v, sizeof w.t[t].v);
done:
    free(w.p);
    free(w.at);
    free(w.t);
    free(w.stack);
    free(in);
    return rc;
}
