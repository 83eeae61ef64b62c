/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Contents: is a point beyond a facet - first simplex - the horizon - new facets - result */
#include "surface/hull.h"
#include "base/mem.h"
#include "surface/predicates.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define HULL_NONE UINT32_MAX

typedef struct {
    uint32_t v[3], next[3]; /* corners; neighbour across v[k] v[k+1] */
    uint32_t points, far;   /* what lies beyond: a list, and the farthest of it */
    double normal[3], size, most;
    bool dead;
} hull_facet;

typedef struct {
    const float *pos;
    const uint32_t *which;
    size_t n;
    uint32_t *link; /* of the lists, by place in which */
    hull_facet *facet;
    size_t facets, cap;
    uint32_t *spare, *seen, *rim, *fresh; /* facets that are free; visible; horizon (facet, edge); new */
    size_t n_spare, spare_cap, n_seen, seen_cap, n_rim, rim_cap, n_fresh, fresh_cap;
    uint32_t *open; /* facets that may have points */
    size_t n_open, open_cap;
} hull_job;

static uint32_t hull_id(const hull_job *j, size_t i)
{
    return j->which ? j->which[i] : (uint32_t)i;
}

static const float *hull_at(const hull_job *j, uint32_t i)
{
    return j->pos + 3 * (size_t)hull_id(j, i);
}

/* ---- is a point beyond a facet ---- */

/* Corners are places in which. */
static void hull_plane(const hull_job *j, hull_facet *f)
{
    const float *a = hull_at(j, f->v[0]), *b = hull_at(j, f->v[1]), *c = hull_at(j, f->v[2]);
    f->size = 0;
    for (int k = 0; k < 3; k++) {
        int p = (k + 1) % 3, q = (k + 2) % 3;
        double l = ((double)b[p] - a[p]) * ((double)c[q] - a[q]), r = ((double)b[q] - a[q]) * ((double)c[p] - a[p]);
        f->normal[k] = l - r;
        double s = fabs(l) + fabs(r);
        f->size = s > f->size ? s : f->size;
    }
}

/* How far beyond, times twice the area of the facet; 0 or less: not beyond. The filter: each of the three products is off by at
 * most 6 roundings of what it adds up without signs, the sum by 2 more. */
static double hull_beyond(const hull_job *j, const hull_facet *f, uint32_t i)
{
    const float *a = hull_at(j, f->v[0]), *p = hull_at(j, i);
    double sum = 0, size = 0;
    for (int k = 0; k < 3; k++) {
        double d = (double)p[k] - a[k];
        sum += f->normal[k] * d;
        size += fabs(d);
    }
    double bound = 16 * 0x1p-53 * f->size * size;
    if (sum > bound || sum < -bound) return sum;
    int sign = lm_predicates_orient3d(a, hull_at(j, f->v[1]), hull_at(j, f->v[2]), p);
    return sign > 0 ? (sum > 0 ? sum : 0x1p-1000) : -1;
}

/* Point i goes to f if it lies beyond. */
static bool hull_take(const hull_job *j, hull_facet *f, uint32_t i)
{
    double d = hull_beyond(j, f, i);
    if (!(d > 0)) return false;
    if (d > f->most) f->most = d, f->far = i;
    j->link[i] = f->points;
    f->points = i;
    return true;
}

/* ---- first simplex ---- */

static double hull_square(const double d[3])
{
    return d[0] * d[0] + d[1] * d[1] + d[2] * d[2];
}

/* The point farthest from the line through a and b, or HULL_NONE: all lie on it. */
static uint32_t hull_off_line(const hull_job *j, uint32_t ia, uint32_t ib)
{
    const float *a = hull_at(j, ia), *b = hull_at(j, ib);
    uint32_t far = ia;
    double most = -1;
    for (uint32_t i = 0; i < j->n; i++) {
        const float *p = hull_at(j, i);
        double u[3], v[3], w[3];
        for (int k = 0; k < 3; k++) {
            u[k] = (double)b[k] - a[k];
            v[k] = (double)p[k] - a[k];
        }
        for (int k = 0; k < 3; k++) w[k] = u[(k + 1) % 3] * v[(k + 2) % 3] - u[(k + 2) % 3] * v[(k + 1) % 3];
        if (hull_square(w) > most) most = hull_square(w), far = i;
    }
    if (!lm_predicates_collinear(a, b, hull_at(j, far))) return far;
    for (uint32_t i = 0; i < j->n; i++) /* rounding may have hidden it */
        if (!lm_predicates_collinear(a, b, hull_at(j, i))) return i;
    return HULL_NONE;
}

static uint32_t hull_off_plane(const hull_job *j, const hull_facet *f)
{
    const float *a = hull_at(j, f->v[0]), *b = hull_at(j, f->v[1]), *c = hull_at(j, f->v[2]);
    uint32_t far = f->v[0];
    double most = -1;
    for (uint32_t i = 0; i < j->n; i++) {
        double sum = 0;
        for (int k = 0; k < 3; k++) sum += f->normal[k] * ((double)hull_at(j, i)[k] - a[k]);
        if (fabs(sum) > most) most = fabs(sum), far = i;
    }
    if (lm_predicates_orient3d(a, b, c, hull_at(j, far))) return far;
    for (uint32_t i = 0; i < j->n; i++)
        if (lm_predicates_orient3d(a, b, c, hull_at(j, i))) return i;
    return HULL_NONE;
}

/* The dimension of the points; with 3 the corners of a first tetrahedron, counter-clockwise from outside. */
static int hull_simplex(const hull_job *j, uint32_t s[4])
{
    s[0] = s[1] = 0;
    for (uint32_t i = 1; i < j->n; i++) { /* lowest and highest, in the order of x, y, z */
        for (int end = 0; end < 2; end++) {
            const float *p = hull_at(j, end ? s[1] : i), *q = hull_at(j, end ? i : s[0]);
            int k = 0;
            while (k < 2 && p[k] == q[k]) k++;
            if (p[k] < q[k]) s[end] = i;
        }
    }
    if (s[0] == s[1]) return 0;
    if ((s[2] = hull_off_line(j, s[0], s[1])) == HULL_NONE) return 1;
    hull_facet f = {.v = {s[0], s[1], s[2]}};
    hull_plane(j, &f);
    if ((s[3] = hull_off_plane(j, &f)) == HULL_NONE) return 2;
    if (lm_predicates_orient3d(hull_at(j, s[0]), hull_at(j, s[1]), hull_at(j, s[2]), hull_at(j, s[3])) > 0) {
        uint32_t t = s[1];
        s[1] = s[2];
        s[2] = t;
    }
    return 3;
}

/* ---- facets ---- */

static lm_status hull_new(hull_job *j, uint32_t a, uint32_t b, uint32_t c, uint32_t *ret, lm_err *err)
{
    lm_status rc = LM_OK;
    if (j->n_spare) *ret = j->spare[--j->n_spare];
    else if (!(rc = lm_mem_grow(&j->facet, &j->cap, j->facets + 1, sizeof *j->facet, err))) *ret = (uint32_t)j->facets++;
    if (rc) return rc;
    j->facet[*ret] = (hull_facet){.v = {a, b, c}, .next = {HULL_NONE, HULL_NONE, HULL_NONE}, .points = HULL_NONE, .far = HULL_NONE};
    hull_plane(j, &j->facet[*ret]);
    return LM_OK;
}

static lm_status hull_push(uint32_t **list, size_t *n, size_t *cap, uint32_t v, lm_err *err)
{
    lm_status rc = lm_mem_grow(list, cap, *n + 1, sizeof **list, err);
    if (!rc) (*list)[(*n)++] = v;
    return rc;
}

static lm_status hull_begin(hull_job *j, const uint32_t s[4], lm_err *err)
{
    static const int corner[4][3] = {{0, 1, 2}, {0, 3, 1}, {1, 3, 2}, {2, 3, 0}};
    static const uint32_t next[4][3] = {{1, 2, 3}, {3, 2, 0}, {1, 3, 0}, {2, 1, 0}};
    lm_status rc = LM_OK;
    for (int f = 0; f < 4 && !rc; f++) {
        uint32_t at;
        if (!(rc = hull_new(j, s[corner[f][0]], s[corner[f][1]], s[corner[f][2]], &at, err)) &&
            !(rc = hull_push(&j->open, &j->n_open, &j->open_cap, at, err)))
            memcpy(j->facet[at].next, next[f], sizeof next[f]);
    }
    for (uint32_t i = 0; i < j->n && !rc; i++)
        for (int f = 0; f < 4; f++)
            if (hull_take(j, &j->facet[f], i)) break;
    return rc;
}

/* Facets that p lies beyond, from one of them on; the edges where they end, each as facet and side of what stays. */
static lm_status hull_horizon(hull_job *j, uint32_t first, uint32_t p, lm_err *err)
{
    j->n_seen = j->n_rim = 0;
    lm_status rc = hull_push(&j->seen, &j->n_seen, &j->seen_cap, first, err);
    j->facet[first].dead = true;
    for (size_t at = 0; at < j->n_seen && !rc; at++)
        for (int k = 0; k < 3 && !rc; k++) {
            uint32_t f = j->seen[at], g = j->facet[f].next[k];
            if (j->facet[g].dead) continue;
            if (hull_beyond(j, &j->facet[g], p) > 0) {
                j->facet[g].dead = true;
                rc = hull_push(&j->seen, &j->n_seen, &j->seen_cap, g, err);
                continue;
            }
            int side = 0;
            while (j->facet[g].v[side] != j->facet[f].v[(k + 1) % 3]) side++;
            if (!(rc = hull_push(&j->rim, &j->n_rim, &j->rim_cap, g, err)))
                rc = hull_push(&j->rim, &j->n_rim, &j->rim_cap, (uint32_t)side, err);
        }
    return rc;
}

/* The facets from the horizon to p. */
static lm_status hull_cone(hull_job *j, uint32_t p, uint32_t *start, lm_err *err)
{
    lm_status rc = LM_OK;
    j->n_fresh = 0;
    for (size_t i = 0; i < j->n_rim && !rc; i += 2) {
        uint32_t g = j->rim[i], side = j->rim[i + 1], a = j->facet[g].v[(side + 1) % 3], b = j->facet[g].v[side], at;
        if ((rc = hull_new(j, a, b, p, &at, err)) || (rc = hull_push(&j->fresh, &j->n_fresh, &j->fresh_cap, at, err))) break;
        j->facet[at].next[0] = g;
        j->facet[g].next[side] = at;
        start[a] = at;
    }
    for (size_t i = 0; i < j->n_fresh && !rc; i++) { /* the horizon is one ring: each corner begins one facet */
        uint32_t f = j->fresh[i], g = start[j->facet[f].v[1]];
        j->facet[f].next[1] = g;
        j->facet[g].next[2] = f;
    }
    return rc;
}

/* Points beyond the facets that went lie beyond a new one, or inside. */
static lm_status hull_deal(hull_job *j, uint32_t p, lm_err *err)
{
    lm_status rc = LM_OK;
    for (size_t s = 0; s < j->n_seen; s++)
        for (uint32_t i = j->facet[j->seen[s]].points, after; i != HULL_NONE; i = after) {
            after = j->link[i];
            for (size_t k = 0; k < j->n_fresh && i != p; k++)
                if (hull_take(j, &j->facet[j->fresh[k]], i)) break;
        }
    for (size_t s = 0; s < j->n_seen && !rc; s++) {
        j->facet[j->seen[s]].points = HULL_NONE;
        rc = hull_push(&j->spare, &j->n_spare, &j->spare_cap, j->seen[s], err);
    }
    for (size_t k = 0; k < j->n_fresh && !rc; k++)
        if (j->facet[j->fresh[k]].points != HULL_NONE) rc = hull_push(&j->open, &j->n_open, &j->open_cap, j->fresh[k], err);
    return rc;
}

static lm_status hull_run(hull_job *j, lm_err *err)
{
    lm_status rc = LM_OK;
    uint32_t *start = lm_mem_alloc(j->n, sizeof *start, err);
    if (!start) return LM_ENOMEM;
    while (j->n_open && !rc) {
        uint32_t f = j->open[--j->n_open];
        if (j->facet[f].dead || j->facet[f].points == HULL_NONE) continue; /* it went, or went and came again */
        uint32_t p = j->facet[f].far;
        if (!(rc = hull_horizon(j, f, p, err)) && !(rc = hull_cone(j, p, start, err))) rc = hull_deal(j, p, err);
    }
    free(start);
    return rc;
}

/* ---- result ---- */

static lm_status hull_result(const hull_job *j, lm_hull *out, lm_err *err)
{
    uint8_t *used = lm_mem_calloc(j->n, 1, err);
    size_t live = 0;
    for (size_t f = 0; f < j->facets; f++) live += !j->facet[f].dead;
    if (!used || !(out->tri = lm_mem_alloc(3 * live, sizeof *out->tri, err))) {
        free(used);
        return LM_ENOMEM;
    }
    for (size_t f = 0; f < j->facets; f++)
        for (int k = 0; k < 3 && !j->facet[f].dead; k++) {
            uint32_t i = j->facet[f].v[k];
            out->tri[3 * out->nt + (size_t)k] = hull_id(j, i);
            out->nv += !used[i];
            used[i] = 1;
            out->nt += k == 2;
        }
    if ((out->vertex = lm_mem_alloc(out->nv, sizeof *out->vertex, err))) {
        size_t at = 0;
        for (size_t i = 0; i < j->n; i++)
            if (used[i]) out->vertex[at++] = hull_id(j, i);
    }
    free(used);
    return out->vertex ? LM_OK : LM_ENOMEM;
}

/* All points are on a line or in a plane. */
static lm_status hull_flat(const hull_job *j, const uint32_t s[4], lm_hull *out, lm_err *err)
{
    out->nv = out->dimension == 2 ? j->n : (size_t)out->dimension + 1;
    if (!(out->vertex = lm_mem_alloc(out->nv, sizeof *out->vertex, err))) return LM_ENOMEM;
    for (size_t i = 0; i < out->nv; i++) out->vertex[i] = hull_id(j, out->dimension == 2 ? i : s[i]);
    if (out->dimension == 1 && out->vertex[0] > out->vertex[1]) {
        uint32_t t = out->vertex[0];
        out->vertex[0] = out->vertex[1];
        out->vertex[1] = t;
    }
    return LM_OK;
}

lm_status lm_hull_make(const float *pos, const uint32_t *which, size_t n, lm_hull *out, lm_err *err)
{
    hull_job j = {.pos = pos, .which = which, .n = n};
    uint32_t s[4];
    lm_status rc = LM_OK;
    lm_hull_release(out);
    if (n == 0) return LM_OK;
    if (n >= HULL_NONE / 2) return lm_err_set(err, LM_ERANGE, NULL, "%zu points are too many for a convex hull", n);
    out->dimension = hull_simplex(&j, s);
    if (out->dimension < 3) rc = hull_flat(&j, s, out, err);
    else if (!(j.link = lm_mem_alloc(n, sizeof *j.link, err))) rc = LM_ENOMEM;
    else if (!(rc = hull_begin(&j, s, err)) && !(rc = hull_run(&j, err))) rc = hull_result(&j, out, err);
    free(j.link);
    free(j.facet);
    free(j.spare);
    free(j.seen);
    free(j.rim);
    free(j.fresh);
    free(j.open);
    if (rc) lm_hull_release(out);
    return rc;
}

void lm_hull_release(lm_hull *h)
{
    free(h->vertex);
    free(h->tri);
    *h = (lm_hull)LM_HULL_INIT;
}
