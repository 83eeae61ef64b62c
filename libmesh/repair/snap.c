/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "repair/snap.h"
#include "base/mem.h"
#include "repair/clash.h"
#include "repair/vec.h"
#include "repair/weld.h"
#include "surface/intersect.h"
#include "surface/topo.h"

#include <stdlib.h>
#include <string.h>

enum { SNAP_PASSES = 12 };
#define SNAP_ALIKE 0.99999 /* cosine of the angle between planes */

typedef struct {
    uint32_t a, b, v; /* a < b: v goes between them */
} snap_edge;

typedef struct {
    uint32_t e[4]; /* edges e[0] < e[1] and e[2] < e[3], in order */
    float at[3];
} snap_cross;

typedef struct {
    lm_mesh *m;
    double tol2, far2;
    uint32_t *up;   /* vertices that become one, as a forest: the lowest stays */
    uint32_t *face; /* per triangle what goes into it, or UINT32_MAX */
    snap_edge *edge;
    snap_cross *cross;
    size_t crossings, cross_cap, needles, edges, edge_cap, merged, faces, pairs;
} snap_work;

static uint32_t snap_root(uint32_t *up, uint32_t i)
{
    while (up[i] != i) i = up[i] = up[up[i]];
    return i;
}

static double snap_far2(const double a[3], const double b[3])
{
    double d[3] = {a[0] - b[0], a[1] - b[1], a[2] - b[2]};
    return lm_vec_dot(d, d);
}

/* Squared distance of x from the segment p, q, all relative to one point. */
static double snap_segment2(const double x[3], const double p[3], const double q[3])
{
    double d[3], e[3], foot[3];
    for (int k = 0; k < 3; k++) d[k] = q[k] - p[k], e[k] = x[k] - p[k];
    double dd = lm_vec_dot(d, d), at = dd > 0 ? lm_vec_dot(d, e) / dd : 0;
    at = at < 0 ? 0 : at > 1 ? 1 : at;
    for (int k = 0; k < 3; k++) foot[k] = p[k] + at * d[k];
    return snap_far2(x, foot);
}

/* Distance of x from the plane of p if it lies over its inside, else infinite. */
static double snap_plane2(const double x[3], double p[3][3])
{
    double u[3], v[3], n[3], e[3], s[3];
    for (int k = 0; k < 3; k++) u[k] = p[1][k] - p[0][k], v[k] = p[2][k] - p[0][k];
    lm_vec_cross(u, v, n);
    if (!(lm_vec_unit(n) > 0)) return INFINITY;
    for (int i = 0; i < 3; i++) {
        for (int k = 0; k < 3; k++) u[k] = p[(i + 1) % 3][k] - p[i][k], e[k] = x[k] - p[i][k];
        lm_vec_cross(u, e, s);
        if (!(lm_vec_dot(s, n) > 0)) return INFINITY;
    }
    double far = lm_vec_dot(e, n);
    return far * far;
}

static void snap_far(snap_work *w, double far2)
{
    if (far2 > w->far2) w->far2 = far2;
}

static void snap_join(snap_work *w, uint32_t x, uint32_t y, double far2)
{
    uint32_t a = snap_root(w->up, x), b = snap_root(w->up, y);
    w->merged += a != b;
    if (a < b) w->up[b] = a;
    else w->up[a] = b;
    snap_far(w, far2);
}

static lm_status snap_put_on(snap_work *w, uint32_t a, uint32_t b, uint32_t v, lm_err *err)
{
    lm_status rc = lm_mem_grow(&w->edge, &w->edge_cap, w->edges + 1, sizeof *w->edge, err);
    if (!rc) w->edge[w->edges++] = (snap_edge){a < b ? a : b, a < b ? b : a, v};
    return rc;
}

/* Where in triangle t vertex x goes, if it is near. */
static lm_status snap_vertex(snap_work *w, uint32_t x, uint32_t t, lm_err *err)
{
    const uint32_t *v = w->m->tri + 3 * (size_t)t;
    const double at[3] = {0};
    double p[3][3], best = INFINITY, far2;
    uint32_t side = 0;
    if (x == v[0] || x == v[1] || x == v[2]) return LM_OK;
    for (int i = 0; i < 3; i++) lm_vec_sub(lm_vec_at(w->m, v[i]), lm_vec_at(w->m, x), p[i]);
    for (uint32_t i = 0; i < 3; i++)
        if ((far2 = lm_vec_dot(p[i], p[i])) < best) best = far2, side = i;
    if (best <= w->tol2) {
        snap_join(w, x, v[side], best);
        return LM_OK;
    }
    best = INFINITY;
    for (uint32_t i = 0; i < 3; i++)
        if ((far2 = snap_segment2(at, p[i], p[(i + 1) % 3])) < best) best = far2, side = i;
    if (best <= w->tol2) {
        snap_far(w, best);
        return snap_put_on(w, v[side], v[(side + 1) % 3], x, err);
    }
    if ((far2 = snap_plane2(at, p)) > w->tol2) return LM_OK;
    w->faces += w->face[t] == UINT32_MAX;
    if (x < w->face[t]) w->face[t] = x;
    snap_far(w, far2);
    return LM_OK;
}

/* Edges a, b and c, d: do they pass each other near by, away from their ends? */
static lm_status snap_edges(snap_work *w, uint32_t a, uint32_t b, uint32_t c, uint32_t d, lm_err *err)
{
    double u[3], v[3], e[3], gap[3], uu, uv, vv, ue, ve, den;
    if (a == c || a == d || b == c || b == d) return LM_OK;
    lm_vec_sub(lm_vec_at(w->m, b), lm_vec_at(w->m, a), u);
    lm_vec_sub(lm_vec_at(w->m, d), lm_vec_at(w->m, c), v);
    lm_vec_sub(lm_vec_at(w->m, c), lm_vec_at(w->m, a), e);
    uu = lm_vec_dot(u, u), uv = lm_vec_dot(u, v), vv = lm_vec_dot(v, v), ue = lm_vec_dot(u, e), ve = lm_vec_dot(v, e);
    den = uu * vv - uv * uv;
    double s = ue * vv - ve * uv, t = ue * uv - ve * uu;
    if (!(den > 0 && s > 0 && s < den && t > 0 && t < den)) return LM_OK;
    for (int k = 0; k < 3; k++) gap[k] = e[k] + t / den * v[k] - s / den * u[k];
    if (lm_vec_dot(gap, gap) > w->tol2) return LM_OK;
    bool first = a < b ? (c < d ? (a < c || (a == c && b < d)) : a < d) : (c < d ? b < c : b < d);
    snap_cross x = {.e = {a < b ? a : b, a < b ? b : a, c < d ? c : d, c < d ? d : c}};
    if (!first) x = (snap_cross){.e = {x.e[2], x.e[3], x.e[0], x.e[1]}};
    for (int k = 0; k < 3; k++) x.at[k] = (float)(lm_vec_at(w->m, a)[k] + s / den * u[k] + gap[k] / 2);
    lm_status rc = lm_mem_grow(&w->cross, &w->cross_cap, w->crossings + 1, sizeof *w->cross, err);
    if (!rc) w->cross[w->crossings++] = x;
    snap_far(w, w->tol2);
    return rc;
}

/* A triangle as thin as the tolerance, but no shorter: its long edge goes through the corner between. */
static lm_status snap_needle(snap_work *w, uint32_t t, lm_err *err)
{
    const uint32_t *v = w->m->tri + 3 * (size_t)t;
    const double at[3] = {0};
    double p[2][3], best = INFINITY;
    uint32_t tip = 0;
    for (uint32_t i = 0; i < 3; i++) {
        for (uint32_t k = 0; k < 2; k++) lm_vec_sub(lm_vec_at(w->m, v[(i + 1 + k) % 3]), lm_vec_at(w->m, v[i]), p[k]);
        double far2 = snap_segment2(at, p[0], p[1]);
        if (lm_vec_dot(p[0], p[0]) <= w->tol2) {
            snap_join(w, v[i], v[(i + 1) % 3], lm_vec_dot(p[0], p[0]));
            return LM_OK;
        }
        if (far2 < best) best = far2, tip = i;
    }
    if (best > w->tol2) return LM_OK;
    w->needles++;
    return snap_put_on(w, v[(tip + 1) % 3], v[(tip + 2) % 3], v[tip], err);
}

/* Do two triangles lie nearly in one plane? Where they do not, what meets is cut well by arrange.h. */
static bool snap_flat(const snap_work *w, const uint32_t a[3], const uint32_t b[3])
{
    const lm_mesh *m = w->m;
    double n[2][3];
    lm_vec_normal(lm_vec_at(m, a[0]), lm_vec_at(m, a[1]), lm_vec_at(m, a[2]), n[0]);
    lm_vec_normal(lm_vec_at(m, b[0]), lm_vec_at(m, b[1]), lm_vec_at(m, b[2]), n[1]);
    return fabs(lm_vec_dot(n[0], n[1])) > SNAP_ALIKE;
}

static lm_status snap_pair(snap_work *w, uint32_t t, uint32_t u, lm_err *err)
{
    const uint32_t *a = w->m->tri + 3 * (size_t)t, *b = w->m->tri + 3 * (size_t)u;
    lm_status rc = LM_OK;
    if ((rc = snap_needle(w, t, err)) || (rc = snap_needle(w, u, err))) return rc;
    for (size_t k = 0; k < 3 && !rc && !w->needles; k++)
        if (!(rc = snap_vertex(w, a[k], u, err))) rc = snap_vertex(w, b[k], t, err);
    for (size_t k = 0; k < 9 && !rc && !w->merged && !w->edges && !w->faces && (k || snap_flat(w, a, b)); k++)
        rc = snap_edges(w, a[k / 3], a[(k / 3 + 1) % 3], b[k % 3], b[(k % 3 + 1) % 3], err);
    return rc;
}

static lm_status snap_find(snap_work *w, int threads, lm_err *err)
{
    const lm_mesh *m = w->m;
    lm_bvh tree = LM_BVH_INIT;
    lm_intersect x = LM_INTERSECT_INIT;
    unsigned char *flat = lm_mem_alloc(m->nt, 1, err);
    if (!flat) return LM_ENOMEM;
    for (size_t t = 0; t < m->nt; t++) flat[t] = lm_clash_flat(m, m->tri + 3 * t);
    lm_status rc = lm_bvh_build(m, flat, threads, &tree, err);
    if (!rc) rc = lm_intersect_run(m, &tree, NULL, true, threads, &x, err);
    for (size_t i = 0; i < x.pairs && !rc; i++) rc = snap_pair(w, x.list[i][0], x.list[i][1], err);
    w->pairs = x.pairs;
    lm_intersect_release(&x);
    lm_bvh_release(&tree);
    free(flat);
    return rc;
}

static bool snap_repeats(const uint32_t v[3])
{
    return v[0] == v[1] || v[1] == v[2] || v[2] == v[0];
}

static void snap_merge(snap_work *w)
{
    lm_mesh *m = w->m;
    size_t nt = 0;
    for (size_t t = 0; t < m->nt; t++) {
        uint32_t v[3];
        for (size_t k = 0; k < 3; k++) v[k] = snap_root(w->up, m->tri[3 * t + k]);
        if (!snap_repeats(v)) memcpy(m->tri + 3 * nt++, v, sizeof v);
    }
    m->nt = nt;
}

/* ---- splitting ---- */

static int snap_by_cross(const void *p, const void *q)
{
    const snap_cross *x = p, *y = q;
    for (int k = 0; k < 4; k++)
        if (x->e[k] != y->e[k]) return x->e[k] < y->e[k] ? -1 : 1;
    return 0;
}

/* A vertex where two edges pass each other, for both. */
static lm_status snap_meet(snap_work *w, lm_err *err)
{
    lm_mesh *m = w->m;
    size_t cap = 3 * m->nv;
    lm_status rc = lm_mem_grow(&m->pos, &cap, 3 * (m->nv + w->crossings), sizeof *m->pos, err);
    if (rc || (rc = lm_mem_grow(&w->edge, &w->edge_cap, 2 * w->crossings, sizeof *w->edge, err))) return rc;
    qsort(w->cross, w->crossings, sizeof *w->cross, snap_by_cross);
    for (size_t i = 0; i < w->crossings; i++) {
        const snap_cross *x = &w->cross[i];
        if (i && !snap_by_cross(x - 1, x)) continue;
        memcpy(m->pos + 3 * m->nv, x->at, sizeof x->at);
        for (int k = 0; k < 4; k += 2) w->edge[w->edges++] = (snap_edge){x->e[k], x->e[k + 1], (uint32_t)m->nv};
        m->nv++;
    }
    free(m->quality); /* nobody measured them */
    m->quality = NULL;
    return LM_OK;
}

static int snap_by_edge(const void *p, const void *q)
{
    const snap_edge *x = p, *y = q;
    if (x->a != y->a) return x->a < y->a ? -1 : 1;
    if (x->b != y->b) return x->b < y->b ? -1 : 1;
    return (x->v > y->v) - (x->v < y->v);
}

/* Per half-edge what goes into it; of an edge's points one at a time. */
static lm_status snap_halves(snap_work *w, uint32_t *on, lm_err *err)
{
    lm_topo_corners c = LM_TOPO_CORNERS_INIT;
    lm_status rc = lm_topo_corners_make(w->m, NULL, &c, err);
    if (rc) return rc;
    memset(on, 0xff, 3 * w->m->nt * sizeof *on);
    if (w->edges) qsort(w->edge, w->edges, sizeof *w->edge, snap_by_edge);
    for (size_t i = 0; i < w->edges; i++) {
        const snap_edge *e = &w->edge[i];
        if (i && e[-1].a == e->a && e[-1].b == e->b) continue;
        for (uint32_t q = c.start[e->a]; q < c.start[e->a + 1]; q++) {
            uint32_t t = c.corner[q] / 3, k = c.corner[q] % 3;
            const uint32_t *v = w->m->tri + 3 * (size_t)t;
            if (v[(k + 1) % 3] == e->b) on[3 * (size_t)t + k] = e->v;
            if (v[(k + 2) % 3] == e->b) on[3 * (size_t)t + (k + 2) % 3] = e->v;
        }
    }
    lm_topo_corners_release(&c);
    return LM_OK;
}

static size_t snap_put(uint32_t *tri, size_t nt, uint32_t a, uint32_t b, uint32_t c)
{
    const uint32_t v[3] = {a, b, c};
    if (snap_repeats(v)) return nt;
    memcpy(tri + 3 * nt, v, sizeof v);
    return nt + 1;
}

/* Triangle v with points on its edges, or one within, as triangles: at most four. */
static size_t snap_pieces(const uint32_t v[3], const uint32_t on[3], uint32_t face, uint32_t *tri, size_t nt)
{
    uint32_t n = 0, k = 0;
    for (uint32_t i = 0; i < 3; i++) n += on[i] != UINT32_MAX;
    if (n == 0 && face == UINT32_MAX) return snap_put(tri, nt, v[0], v[1], v[2]);
    if (n == 0) {
        for (uint32_t i = 0; i < 3; i++) nt = snap_put(tri, nt, v[i], v[(i + 1) % 3], face);
        return nt;
    }
    if (n == 3) {
        for (uint32_t i = 0; i < 3; i++) nt = snap_put(tri, nt, on[i], v[(i + 1) % 3], on[(i + 1) % 3]);
        return snap_put(tri, nt, on[0], on[1], on[2]);
    }
    while (on[k] == UINT32_MAX || (n == 2 && on[(k + 1) % 3] == UINT32_MAX)) k++;
    uint32_t a = v[k], b = v[(k + 1) % 3], c = v[(k + 2) % 3], p = on[k], q = on[(k + 1) % 3];
    if (n == 1) {
        nt = snap_put(tri, nt, a, p, c);
        return snap_put(tri, nt, p, b, c);
    }
    nt = snap_put(tri, nt, p, b, q);
    nt = snap_put(tri, nt, a, p, q);
    return snap_put(tri, nt, a, q, c);
}

static lm_status snap_split(snap_work *w, lm_err *err)
{
    lm_mesh *m = w->m;
    uint32_t *on = lm_mem_alloc(m->nt, 3 * sizeof *on, err), *tri = NULL;
    size_t nt = 0;
    lm_status rc = on ? snap_halves(w, on, err) : LM_ENOMEM;
    if (!rc && !(tri = lm_mem_alloc(m->nt, 12 * sizeof *tri, err))) rc = LM_ENOMEM;
    for (size_t t = 0; t < m->nt && !rc; t++) nt = snap_pieces(m->tri + 3 * t, on + 3 * t, w->face[t], tri, nt);
    free(on);
    if (rc) {
        free(tri);
        return rc;
    }
    free(m->tri);
    m->tri = tri;
    m->nt = nt;
    return LM_OK;
}

/* ---- triangles on each other ---- */

typedef struct {
    uint32_t v[3], t; /* corners, ascending */
    int way;
} snap_tri;

static int snap_by_tri(const void *p, const void *q)
{
    const snap_tri *x = p, *y = q;
    for (int k = 0; k < 3; k++)
        if (x->v[k] != y->v[k]) return x->v[k] < y->v[k] ? -1 : 1;
    return (x->t > y->t) - (x->t < y->t);
}

/* Of triangles with the same corners those that face one way go with as many that face the other. */
static lm_status snap_cancel(lm_mesh *m, lm_err *err)
{
    snap_tri *s = lm_mem_alloc(m->nt, sizeof *s, err);
    if (!s) return LM_ENOMEM;
    for (uint32_t t = 0; t < m->nt; t++) {
        const uint32_t *v = m->tri + 3 * (size_t)t;
        uint32_t k = v[0] < v[1] ? (v[0] < v[2] ? 0 : 2) : (v[1] < v[2] ? 1 : 2), b = v[(k + 1) % 3], c = v[(k + 2) % 3];
        s[t] = (snap_tri){{v[k], b < c ? b : c, b < c ? c : b}, t, b < c ? 1 : -1};
    }
    qsort(s, m->nt, sizeof *s, snap_by_tri);
    for (size_t i = 0, k; i < m->nt; i = k) {
        int sum = 0;
        for (k = i; k < m->nt && !memcmp(s[k].v, s[i].v, sizeof s[i].v); k++) sum += s[k].way;
        for (size_t j = i; j < k; j++) {
            bool stays = (s[j].way > 0 && sum > 0) || (s[j].way < 0 && sum < 0);
            if (stays) sum -= s[j].way;
            else m->tri[3 * (size_t)s[j].t] = m->tri[3 * (size_t)s[j].t + 1];
        }
    }
    size_t nt = 0;
    for (size_t t = 0; t < m->nt; t++)
        if (!snap_repeats(m->tri + 3 * t)) memmove(m->tri + 3 * nt++, m->tri + 3 * t, 3 * sizeof *m->tri);
    m->nt = nt;
    free(s);
    return LM_OK;
}

/* One pass. *n: what was joined. */
static lm_status snap_pass(lm_mesh *m, double tol, int threads, size_t *n, lm_snap *out, lm_err *err)
{
    snap_work w = {.m = m, .tol2 = tol * tol};
    lm_status rc = LM_ENOMEM;
    size_t same;
    *n = 0;
    if ((w.up = lm_mem_alloc(m->nv, sizeof *w.up, err)) && (w.face = lm_mem_alloc(m->nt, sizeof *w.face, err))) {
        for (uint32_t v = 0; v < m->nv; v++) w.up[v] = v;
        memset(w.face, 0xff, m->nt * sizeof *w.face);
        rc = snap_find(&w, threads, err);
    }
    if (!rc) {
        if (!w.merged && !w.edges && !w.faces && w.crossings) rc = snap_meet(&w, err);
        *n = w.merged ? w.merged : w.edges + w.faces;
        out->pairs = w.pairs;
        if (w.far2 > out->max_move_mm * out->max_move_mm) out->max_move_mm = sqrt(w.far2);
        if (w.merged) snap_merge(&w);
        else if (*n && !rc) rc = snap_split(&w, err);
        if (!rc && w.crossings) rc = lm_weld_exact(m, &same, NULL, err);
    }
    if (!rc && *n) rc = snap_cancel(m, err);
    free(w.up);
    free(w.face);
    free(w.edge);
    free(w.cross);
    return rc;
}

lm_status lm_snap_run(lm_mesh *m, double tol_mm, int threads, lm_snap *out, lm_err *err)
{
    size_t n = 1;
    lm_status rc = LM_OK;
    *out = (lm_snap){.joined = 0};
    for (int pass = 0; pass < SNAP_PASSES && n && m->nt && !rc; pass++) {
        rc = snap_pass(m, tol_mm, threads, &n, out, err);
        out->joined += n;
    }
    return rc;
}
