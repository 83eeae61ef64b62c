/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "surface/audit.h"
#include "base/mem.h"
#include "base/pool.h"
#include "surface/bvh.h"
#include "surface/intersect.h"
#include "surface/join.h"
#include "surface/nest.h"
#include "surface/predicates.h"
#include "surface/topo.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct {
    const char *name, *text, *one;
} AUDIT_FAULT[LM_FAULTS] = {
    [LM_FAULT_NONFINITE] = {"nonfinite_vertices", "vertices that are no finite numbers", "vertex that is no finite number"},
    [LM_FAULT_BAD_INDEX] = {"bad_index_triangles", "triangles with a vertex that is not there",
                            "triangle with a vertex that is not there"},
    [LM_FAULT_DEGENERATE] = {"degenerate_triangles", "triangles without area", "triangle without area"},
    [LM_FAULT_DUPLICATE] = {"duplicate_triangles", "duplicate triangles", "duplicate triangle"},
    [LM_FAULT_COINCIDENT] = {"coincident_vertices", "vertices at the place of another", "vertex at the place of another"},
    [LM_FAULT_OPEN_EDGE] = {"open_edges", "open edges", "open edge"},
    [LM_FAULT_NONMANIFOLD_EDGE] = {"nonmanifold_edges", "non-manifold edges", "non-manifold edge"},
    [LM_FAULT_NONMANIFOLD_VERTEX] = {"nonmanifold_vertices", "non-manifold vertices", "non-manifold vertex"},
    [LM_FAULT_FLIPPED] = {"flipped_edges", "edges between triangles of opposite facing",
                          "edge between triangles of opposite facing"},
    [LM_FAULT_INVERTED] = {"inverted_components", "components facing the wrong way", "component facing the wrong way"},
    [LM_FAULT_SELF_INTERSECT] = {"selfintersecting_pairs", "pairs of intersecting triangles", "pair of intersecting triangles"},
};

const char *lm_audit_fault_name(lm_fault f)
{
    return AUDIT_FAULT[f].name;
}

const char *lm_audit_fault_text(lm_fault f)
{
    return AUDIT_FAULT[f].text;
}

/* ---- each triangle by itself ---- */

enum { AUDIT_BAD = 1, AUDIT_DEAD = 2, AUDIT_FLAT = 4 }; /* names no usable point; repeats an index; has no area */
enum { AUDIT_BLOCK = 4096 };                            /* as lm_mesh_volume and lm_mesh_area sum */

typedef struct {
    size_t bad_index, degenerate, first_bad, first_degenerate, dropped, dead;
    double volume, area, edge2_min, edge2_max, lo[3], hi[3];
} audit_part;

typedef struct {
    const lm_mesh *m;
    unsigned char *flag;
    audit_part *part;
    double mid[3];
} audit_work;

static const float *audit_corner(const lm_mesh *m, size_t t, size_t k)
{
    return m->pos + 3 * (size_t)m->tri[3 * t + k];
}

static bool audit_finite(const float *p)
{
    return isfinite(p[0]) && isfinite(p[1]) && isfinite(p[2]);
}

static lm_status audit_look_task(void *ctx, size_t task, int worker, lm_err *err)
{
    (void)worker;
    (void)err;
    audit_work *w = ctx;
    const lm_mesh *m = w->m;
    audit_part *p = &w->part[task];
    p->first_bad = p->first_degenerate = SIZE_MAX;
    for (int c = 0; c < 3; c++) p->lo[c] = INFINITY, p->hi[c] = -INFINITY;
    for (size_t t = task * AUDIT_BLOCK; t < m->nt && t < (task + 1) * AUDIT_BLOCK; t++) {
        const uint32_t *v = m->tri + 3 * t;
        w->flag[t] = 0;
        if (v[0] >= m->nv || v[1] >= m->nv || v[2] >= m->nv) {
            w->flag[t] = AUDIT_BAD;
            if (!p->bad_index++) p->first_bad = t;
            p->dropped++;
            continue;
        }
        const float *q[3] = {audit_corner(m, t, 0), audit_corner(m, t, 1), audit_corner(m, t, 2)};
        if (!audit_finite(q[0]) || !audit_finite(q[1]) || !audit_finite(q[2])) {
            w->flag[t] = AUDIT_BAD;
            p->dropped++;
            continue;
        }
        if (v[0] == v[1] || v[1] == v[2] || v[2] == v[0]) {
            w->flag[t] = AUDIT_DEAD;
            p->dead++;
        }
        if ((w->flag[t] || lm_predicates_collinear(q[0], q[1], q[2])) && !p->degenerate++) p->first_degenerate = t;
        for (int k = 0; k < 3; k++)
            for (int c = 0; c < 3; c++) {
                if (q[k][c] < p->lo[c]) p->lo[c] = q[k][c];
                if (q[k][c] > p->hi[c]) p->hi[c] = q[k][c];
            }
    }
    return LM_OK;
}

static double audit_dist2(const float *a, const float *b)
{
    double x = (double)b[0] - a[0], y = (double)b[1] - a[1], z = (double)b[2] - a[2];
    return x * x + y * y + z * z;
}

static void audit_cross(const double u[3], const double v[3], double w[3])
{
    w[0] = u[1] * v[2] - u[2] * v[1];
    w[1] = u[2] * v[0] - u[0] * v[2];
    w[2] = u[0] * v[1] - u[1] * v[0];
}

static lm_status audit_measure_task(void *ctx, size_t task, int worker, lm_err *err)
{
    (void)worker;
    (void)err;
    audit_work *w = ctx;
    audit_part *p = &w->part[task];
    p->edge2_min = INFINITY;
    for (size_t t = task * AUDIT_BLOCK; t < w->m->nt && t < (task + 1) * AUDIT_BLOCK; t++) {
        if (w->flag[t] & AUDIT_BAD) continue;
        const float *q[3] = {audit_corner(w->m, t, 0), audit_corner(w->m, t, 1), audit_corner(w->m, t, 2)};
        double u[3], v[3], x[3], r[3][3];
        for (int k = 0; k < 3; k++) {
            double d = audit_dist2(q[k], q[(k + 1) % 3]);
            if (d < p->edge2_min) p->edge2_min = d;
            if (d > p->edge2_max) p->edge2_max = d;
            u[k] = (double)q[1][k] - q[0][k];
            v[k] = (double)q[2][k] - q[0][k];
            for (int c = 0; c < 3; c++) r[k][c] = q[k][c] - w->mid[c];
        }
        audit_cross(u, v, x);
        p->area += sqrt(x[0] * x[0] + x[1] * x[1] + x[2] * x[2]);
        audit_cross(r[1], r[2], x);
        p->volume += r[0][0] * x[0] + r[0][1] * x[1] + r[0][2] * x[2];
    }
    return LM_OK;
}

static void audit_least(size_t *first, size_t at)
{
    if (at < *first) *first = at;
}

/* Box, area, volume, edge lengths, bad and degenerate triangles; sets w->flag and *dead. */
static lm_status audit_triangles(audit_work *w, int threads, lm_audit *a, size_t *dropped, size_t *dead, lm_err *err)
{
    size_t n = w->m->nt ? (w->m->nt - 1) / AUDIT_BLOCK + 1 : 0;
    double edge2[2] = {INFINITY, 0};
    lm_status rc = lm_pool_run(threads, n, audit_look_task, w, err);
    *dropped = *dead = 0;
    if (rc) return rc;
    for (size_t i = 0; i < n; i++) {
        const audit_part *p = &w->part[i];
        a->count[LM_FAULT_BAD_INDEX] += p->bad_index;
        a->count[LM_FAULT_DEGENERATE] += p->degenerate;
        audit_least(&a->first[LM_FAULT_BAD_INDEX], p->first_bad);
        audit_least(&a->first[LM_FAULT_DEGENERATE], p->first_degenerate);
        *dropped += p->dropped;
        *dead += p->dead;
        for (int c = 0; c < 3; c++) {
            if (p->lo[c] < a->lo[c]) a->lo[c] = p->lo[c];
            if (p->hi[c] > a->hi[c]) a->hi[c] = p->hi[c];
        }
    }
    if (*dropped == w->m->nt) return LM_OK;
    for (int c = 0; c < 3; c++) w->mid[c] = 0.5 * (a->lo[c] + a->hi[c]);
    if ((rc = lm_pool_run(threads, n, audit_measure_task, w, err))) return rc;
    for (size_t i = 0; i < n; i++) {
        a->volume_mm3 += w->part[i].volume;
        a->area_mm2 += w->part[i].area;
        if (w->part[i].edge2_min < edge2[0]) edge2[0] = w->part[i].edge2_min;
        if (w->part[i].edge2_max > edge2[1]) edge2[1] = w->part[i].edge2_max;
    }
    a->volume_mm3 /= 6;
    a->area_mm2 /= 2;
    a->min_edge_mm = sqrt(edge2[0]);
    a->max_edge_mm = sqrt(edge2[1]);
    return LM_OK;
}

/* ---- components inside out ---- */

static lm_status audit_components(const lm_mesh *m, const lm_topo *topo, const lm_bvh *b, int threads, lm_audit *a, lm_err *err)
{
    lm_nest nest = LM_NEST_INIT;
    lm_status rc = lm_nest_make(m, b, topo, threads, &nest, err);
    for (size_t c = 0; !rc && c < topo->components; c++) {
        bool inward = nest.facing[c] < 0, inside = nest.depth[c] & 1;
        if (!nest.facing[c]) continue;
        a->cavities += inward && inside;
        /* material inside material is a fault of facing only where parts do not cut each other: there it is one of overlap */
        if (inward ? inside : !inside || !a->intersect_tested || a->count[LM_FAULT_SELF_INTERSECT]) continue;
        a->count[LM_FAULT_INVERTED]++;
        audit_least(&a->first[LM_FAULT_INVERTED], nest.low[c]);
    }
    lm_nest_release(&nest);
    return rc;
}

/* Vertices that only triangles with a repeated index name. */
static lm_status audit_dead_vertices(const audit_work *w, size_t *n, lm_err *err)
{
    unsigned char *seen = lm_mem_calloc(w->m->nv, 1, err);
    *n = 0;
    if (!seen) return LM_ENOMEM;
    for (size_t t = 0; t < w->m->nt; t++)
        if (!(w->flag[t] & (AUDIT_BAD | AUDIT_DEAD)))
            for (size_t k = 0; k < 3; k++) seen[w->m->tri[3 * t + k]] = 1;
    for (size_t t = 0; t < w->m->nt; t++)
        if (w->flag[t] & AUDIT_DEAD)
            for (size_t k = 0; k < 3; k++) {
                unsigned char *s = &seen[w->m->tri[3 * t + k]];
                *n += !*s;
                *s = 1;
            }
    free(seen);
    return LM_OK;
}

/* Number the positions and count the vertices at a position that was there before. */
static lm_status audit_points(const lm_mesh *m, uint32_t *point, lm_audit *a, lm_err *err)
{
    lm_join join = LM_JOIN_INIT;
    lm_status rc = lm_join_add(&join, m->pos, m->nv, point, err);
    if (!rc && (a->count[LM_FAULT_COINCIDENT] = m->nv - join.n)) {
        size_t v = 0; /* numbers go up one by one until the first repeat */
        while (point[v] == v) v++;
        a->first[LM_FAULT_COINCIDENT] = v;
    }
    lm_join_release(&join);
    return rc;
}

static void audit_take_topo(const lm_topo *t, lm_audit *a)
{
    a->edges = t->edges;
    a->holes = t->holes;
    a->components = t->components;
    a->count[LM_FAULT_OPEN_EDGE] = t->open;
    a->count[LM_FAULT_NONMANIFOLD_EDGE] = t->nonmanifold;
    a->count[LM_FAULT_NONMANIFOLD_VERTEX] = t->nonmanifold_vertices;
    a->count[LM_FAULT_FLIPPED] = t->flipped;
    a->count[LM_FAULT_DUPLICATE] = t->duplicates;
    a->first[LM_FAULT_OPEN_EDGE] = t->first_open;
    a->first[LM_FAULT_NONMANIFOLD_EDGE] = t->first_nonmanifold;
    a->first[LM_FAULT_NONMANIFOLD_VERTEX] = t->first_vertex;
    a->first[LM_FAULT_FLIPPED] = t->first_flipped;
    a->first[LM_FAULT_DUPLICATE] = t->first_duplicate;
}

lm_status lm_audit_run(const lm_mesh *m, const lm_audit_opt *opt, lm_audit *out, lm_err *err)
{
    lm_audit a = {
        .triangles = m->nt, .vertices = m->nv, .lo = {INFINITY, INFINITY, INFINITY}, .hi = {-INFINITY, -INFINITY, -INFINITY}};
    audit_work w = {.m = m};
    lm_topo topo = LM_TOPO_INIT;
    lm_bvh tree = LM_BVH_INIT;
    lm_intersect hit = LM_INTERSECT_INIT;
    uint32_t *point = NULL;
    size_t dropped, dead, dead_only = 0;
    int threads = lm_pool_threads(opt->threads);
    lm_status rc;

    for (int f = 0; f < LM_FAULTS; f++) a.first[f] = SIZE_MAX;
    a.second = SIZE_MAX;
    for (size_t v = 0; v < m->nv; v++)
        if (!audit_finite(m->pos + 3 * v) && !a.count[LM_FAULT_NONFINITE]++) a.first[LM_FAULT_NONFINITE] = v;

    if (!(w.flag = lm_mem_alloc(m->nt, 1, err)) || !(w.part = lm_mem_calloc(m->nt / AUDIT_BLOCK + 1, sizeof *w.part, err)) ||
        !(point = lm_mem_alloc(m->nv, sizeof *point, err))) {
        rc = LM_ENOMEM;
        goto done;
    }
    if ((rc = audit_triangles(&w, threads, &a, &dropped, &dead, err)) || (rc = audit_points(m, point, &a, err))) goto done;
    if (!a.count[LM_FAULT_COINCIDENT]) {
        free(point);
        point = NULL;
    }

    /* for edges and fans a triangle without area is as good as any (flag 0 so far); one that names a vertex twice is none */
    if ((rc = lm_topo_make(m, w.flag, threads, &topo, err)) || (dead && (rc = audit_dead_vertices(&w, &dead_only, err)))) goto done;
    audit_take_topo(&topo, &a);
    a.unreferenced = m->nv - topo.used - dead_only;
    size_t live = m->nt - dropped - dead;
    a.euler = (long)topo.used - (long)topo.edges + (long)live;
    a.closed = m->nt > dropped && !topo.open && !topo.flipped && !topo.unbalanced;
    a.manifold = m->nt > dropped && !topo.nonmanifold && !topo.nonmanifold_vertices;
    a.oriented = !topo.flipped && !topo.unbalanced;
    a.has_genus = a.manifold && a.oriented && !topo.open;
    if (a.has_genus) a.genus = (2 * (long)topo.components - a.euler) / 2;

    if (topo.closed_components > 1 || !opt->no_intersect) {
        if (a.count[LM_FAULT_DEGENERATE] > dead)
            for (size_t t = 0; t < m->nt; t++)
                if (!w.flag[t] && lm_predicates_collinear(audit_corner(m, t, 0), audit_corner(m, t, 1), audit_corner(m, t, 2)))
                    w.flag[t] = AUDIT_FLAT;
        if ((rc = lm_bvh_build(m, w.flag, threads, &tree, err))) goto done;
    }
    if (!opt->no_intersect) {
        if ((rc = lm_intersect_run(m, &tree, point, false, threads, &hit, err))) goto done;
        a.intersect_tested = true;
        if ((a.count[LM_FAULT_SELF_INTERSECT] = hit.pairs)) {
            a.first[LM_FAULT_SELF_INTERSECT] = hit.first[0];
            a.second = hit.first[1];
        }
    }
    if (topo.components && (rc = audit_components(m, &topo, &tree, threads, &a, err))) goto done;
    a.valid = a.closed && a.manifold && a.oriented && a.volume_mm3 > 0 && a.intersect_tested;
    for (int f = 0; f < LM_FAULTS; f++) a.valid &= !a.count[f];
    *out = a;
done:
    free(w.flag);
    free(w.part);
    free(point);
    lm_topo_release(&topo);
    lm_bvh_release(&tree);
    lm_intersect_release(&hit);
    return rc;
}

void lm_audit_line(const lm_audit *a, char *buf, size_t cap)
{
    size_t at = 0;
    if (!cap) return;
    buf[0] = 0;
    if (a->valid) {
        snprintf(buf, cap, "valid");
        return;
    }
    for (int f = 0; f < LM_FAULTS && at < cap; f++)
        if (a->count[f])
            at += (size_t)snprintf(buf + at, cap - at, "%s%zu %s", at ? ", " : "", a->count[f],
                                   a->count[f] == 1 ? AUDIT_FAULT[f].one : AUDIT_FAULT[f].text);
    if (at) return;
    if (!a->triangles) snprintf(buf, cap, "no triangles");
    else if (!a->intersect_tested) snprintf(buf, cap, "self-intersections not tested");
    else snprintf(buf, cap, "no volume");
}
