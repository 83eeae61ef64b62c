/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "diff/solids.h"
#include "base/mem.h"
#include "base/pool.h"
#include "surface/bvh.h"
#include "surface/places.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { SOLIDS_BLOCK = 256, SOLIDS_CORNERS = 8 }; /* triangles per task; a triangle cut by three lines and one more: 7 */
/* A polygon's corners are computed from at most 12 operations on differences that are right to half an ulp; the area that can be on
 * the wrong side of its (at most 4) cuts, of the fan that sums it and of the planes above it is below 300 times 2^-53 of the
 * product of both extents. */
#define SOLIDS_EPS 0x1p-43
static const double solids_ray[2] = {0.3125, 0.1875};

typedef struct {
    double s, c;
} solids_sum;

static void solids_add(solids_sum *x, double v)
{
    double t = x->s + v;
    x->c += fabs(x->s) >= fabs(v) ? (x->s - t) + v : (v - t) + x->s;
    x->s = t;
}

typedef struct {
    double p[3][3];      /* seen along the ray, and x: on the plane x = 0 y and z, then x */
    double lo[3], hi[3]; /* its box */
    double extent;       /* the longer side of the box seen along the ray */
    double normal[3];    /* [2]: twice the area seen along the ray, above 0 where the ray leaves */
} solids_tri;

typedef struct {
    const lm_mesh *m;
    lm_mesh seen; /* along the ray, rounded; its triangles are m's */
    lm_bvh tree;  /* over seen */
} solids_mesh;

typedef struct {
    solids_sum own, both;
    double u_own, u_both;
} solids_block;

typedef struct {
    const solids_mesh *mesh; /* both */
    int own;                 /* whose triangles are gone through */
    double top, size, slack; /* X; the greatest coordinate seen along the ray; what rounding it to float may do */
    solids_block *block;
    struct {
        uint32_t *item;
        size_t n, cap;
    } * scratch; /* per worker */
} solids_work;

static void solids_corner(const float p[3], double q[3])
{
    q[0] = p[1] - solids_ray[0] * p[0];
    q[1] = p[2] - solids_ray[1] * p[0];
    q[2] = p[0];
}

static void solids_take(const lm_mesh *m, size_t t, solids_tri *o)
{
    double e[2][3];
    /* cppcheck-suppress uninitvar; it is filled here */
    for (size_t i = 0; i < 3; i++) solids_corner(m->pos + 3 * (size_t)m->tri[3 * t + i], o->p[i]);
    for (int k = 0; k < 3; k++) {
        o->lo[k] = fmin(o->p[0][k], fmin(o->p[1][k], o->p[2][k]));
        o->hi[k] = fmax(o->p[0][k], fmax(o->p[1][k], o->p[2][k]));
        for (int i = 0; i < 2; i++) e[i][k] = o->p[i + 1][k] - o->p[0][k];
    }
    o->extent = fmax(o->hi[0] - o->lo[0], o->hi[1] - o->lo[1]);
    for (int k = 0; k < 3; k++) o->normal[k] = e[0][(k + 1) % 3] * e[1][(k + 2) % 3] - e[0][(k + 2) % 3] * e[1][(k + 1) % 3];
}

/* ---- what lies over a triangle ---- */

/* Triangles of the other mesh over the rectangle of t whose x reaches from below `to` to `from` or above it, and that end below
 * `under`. */
static lm_status solids_query(const solids_work *w, const solids_tri *t, double from, double to, double under, int worker,
                              lm_err *err)
{
    const solids_mesh *o = &w->mesh[1 - w->own];
    const lm_bvh_node *node = o->tree.node;
    uint32_t stack[LM_BVH_DEPTH];
    int top = 0;
    const double lo[2] = {t->lo[0] - w->slack, t->lo[1] - w->slack}, hi[2] = {t->hi[0] + w->slack, t->hi[1] + w->slack};
    for (stack[top++] = 0; top;) {
        const uint32_t at = stack[--top];
        const lm_bvh_node *b = node + at;
        if (b->lo[0] > hi[0] || b->hi[0] < lo[0] || b->lo[1] > hi[1] || b->hi[1] < lo[1] || b->lo[2] > to || b->hi[2] < from)
            continue;
        if (!b->n) {
            stack[top++] = b->at;
            stack[top++] = at + 1;
            continue;
        }
        for (uint32_t i = b->at; i < b->at + b->n; i++) {
            float l[3], h[3];
            lm_bvh_tri_box(&o->seen, o->tree.item[i], l, h);
            if (l[0] > hi[0] || h[0] < lo[0] || l[1] > hi[1] || h[1] < lo[1] || l[2] > to || h[2] < from || h[2] >= under) continue;
            lm_status rc =
                lm_mem_grow(&w->scratch[worker].item, &w->scratch[worker].cap, w->scratch[worker].n + 1, sizeof(uint32_t), err);
            if (rc) return rc;
            w->scratch[worker].item[w->scratch[worker].n++] = o->tree.item[i];
        }
    }
    return LM_OK;
}

/* All that reaches from under t's highest point down to a gap; *gap: no triangle over t's rectangle has a point at this x or a
 * little below. */
static lm_status solids_gather(const solids_work *w, const solids_tri *t, int worker, double *gap, lm_err *err)
{
    const lm_mesh *seen = &w->mesh[1 - w->own].seen;
    double under = INFINITY, from = t->lo[2];
    size_t done = 0;
    for (w->scratch[worker].n = 0;;) {
        lm_status rc = solids_query(w, t, from, t->hi[2], under, worker, err);
        if (rc) return rc;
        under = from;
        for (; done < w->scratch[worker].n; done++) {
            float l[3], h[3];
            lm_bvh_tri_box(seen, w->scratch[worker].item[done], l, h);
            from = fmin(from, l[2]);
        }
        if (from == under) break;
    }
    *gap = from;
    return LM_OK;
}

/* How often the other mesh winds around the point p on the plane x = gap: what lies below it counts by a ray along the first
 * coordinate. An edge's place is computed from its lower end whichever triangle asks, so that none is lost or counted twice. */
static int solids_winding(const solids_work *w, const double p[2], double gap)
{
    const solids_mesh *o = &w->mesh[1 - w->own];
    const lm_bvh_node *node = o->tree.node;
    uint32_t stack[LM_BVH_DEPTH];
    int top = 0, sum = 0;
    for (stack[top++] = 0; top;) {
        const uint32_t at = stack[--top];
        const lm_bvh_node *b = node + at;
        if (b->lo[0] > p[0] + w->slack || b->hi[0] < p[0] - w->slack || b->lo[1] > p[1] + w->slack || b->hi[1] < p[1] - w->slack ||
            b->lo[2] >= gap)
            continue;
        if (!b->n) {
            stack[top++] = b->at;
            stack[top++] = at + 1;
            continue;
        }
        for (uint32_t k = b->at; k < b->at + b->n; k++) {
            solids_tri t;
            solids_take(o->m, o->tree.item[k], &t);
            if (t.hi[2] >= gap) continue;
            for (int i = 0; i < 3; i++) {
                const double *a = t.p[i], *c = t.p[(i + 1) % 3];
                const bool up = a[1] <= p[1];
                if (up == (c[1] <= p[1])) continue;
                if (!up) {
                    const double *x = a;
                    a = c, c = x;
                }
                const double y = a[0] + (c[0] - a[0]) * ((p[1] - a[1]) / (c[1] - a[1]));
                if (y > p[0]) sum += up ? -1 : 1; /* to the left of it going up: seen from above it turns left, the ray leaves */
            }
        }
    }
    return sum;
}

/* ---- a pair ---- */

typedef struct {
    double p[2], x[2]; /* local; x on either triangle */
} solids_point;

/* x of t's plane at q, both as seen from origin; never beyond t. */
static double solids_height(const solids_tri *t, const double origin[2], const double q[2])
{
    double y = t->p[0][0] - origin[0], z = t->p[0][1] - origin[1];
    double x = t->p[0][2] - (t->normal[0] * (q[0] - y) + t->normal[1] * (q[1] - z)) / t->normal[2];
    return x < t->lo[2] ? t->lo[2] : x > t->hi[2] ? t->hi[2] : x;
}

/* Keep what has d > 0 (all: or = 0). */
static int solids_clip(const solids_point *in, int n, const double *d, bool all, solids_point *out)
{
    int m = 0;
    for (int i = 0; i < n; i++) {
        const int j = (i + 1) % n;
        const bool a = all ? d[i] >= 0 : d[i] > 0, b = all ? d[j] >= 0 : d[j] > 0;
        if (a) out[m++] = in[i];
        if (a == b) continue;
        const double s = d[i] / (d[i] - d[j]);
        for (int k = 0; k < 2; k++) {
            out[m].p[k] = in[i].p[k] + s * (in[j].p[k] - in[i].p[k]);
            out[m].x[k] = in[i].x[k] + s * (in[j].x[k] - in[i].x[k]);
        }
        m++;
    }
    return m;
}

/* What triangles a of mesh 0 and b of mesh 1 have in common, seen along the ray, as a polygon that turns left; n corners. The same
 * bits whoever asks. */
static int solids_common(const solids_tri *a, const solids_tri *b, solids_point poly[SOLIDS_CORNERS])
{
    const solids_tri *small = a->extent <= b->extent ? a : b, *large = small == a ? b : a;
    const double *origin = small->p[0];
    solids_point next[SOLIDS_CORNERS];
    double e[SOLIDS_CORNERS];
    int n = 3;
    for (int i = 0; i < 3; i++) {
        const int from = small->normal[2] > 0 ? i : 2 - i;
        for (int k = 0; k < 2; k++) poly[i].p[k] = small->p[from][k] - origin[k], poly[i].x[k] = 0;
    }
    for (int s = 0; s < 3 && n; s++) {
        const double *p = large->p[s], *q = large->p[(s + 1) % 3];
        if (large->normal[2] < 0) {
            const double *x = p;
            p = q, q = x;
        }
        const double y = p[0] - origin[0], z = p[1] - origin[1], dy = q[0] - p[0], dz = q[1] - p[1];
        bool cut = false;
        for (int i = 0; i < n; i++) {
            e[i] = dy * (poly[i].p[1] - z) - dz * (poly[i].p[0] - y);
            cut |= e[i] < 0;
        }
        if (!cut) continue;
        n = solids_clip(poly, n, e, true, next);
        memcpy(poly, next, (size_t)n * sizeof *poly);
    }
    for (int i = 0; i < n; i++) {
        poly[i].x[0] = solids_height(a, origin, poly[i].p);
        poly[i].x[1] = solids_height(b, origin, poly[i].p);
    }
    return n;
}

/* The part of the pair where the own triangle is the farther one (a tie is b's). */
static double solids_pair(const solids_work *w, const solids_tri *a, const solids_tri *b)
{
    solids_point poly[SOLIDS_CORNERS], kept[SOLIDS_CORNERS];
    double d[SOLIDS_CORNERS], sum = 0;
    int n = solids_common(a, b, poly);
    for (int i = 0; i < n; i++) d[i] = w->own ? poly[i].x[1] - poly[i].x[0] : poly[i].x[0] - poly[i].x[1];
    n = solids_clip(poly, n, d, w->own, kept);
    for (int i = 1; i + 1 < n; i++) {
        const double *o = kept[0].p, *p = kept[i].p, *q = kept[i + 1].p;
        const double area = 0.5 * ((p[0] - o[0]) * (q[1] - o[1]) - (p[1] - o[1]) * (q[0] - o[0]));
        const double x = (kept[0].x[w->own] + kept[i].x[w->own] + kept[i + 1].x[w->own]) / 3;
        sum += area * (w->top - x);
    }
    return (a->normal[2] > 0) == (b->normal[2] > 0) ? sum : -sum;
}

static double solids_way(const solids_work *w, const solids_tri *t)
{
    return fmax(fabs(w->top - t->lo[2]), fabs(w->top - t->hi[2]));
}

static lm_status solids_task(void *ctx, size_t task, int worker, lm_err *err)
{
    const solids_work *w = ctx;
    const solids_mesh *own = &w->mesh[w->own], *other = &w->mesh[1 - w->own];
    solids_block *o = &w->block[task];
    for (size_t k = task * SOLIDS_BLOCK; k < own->m->nt && k < (task + 1) * SOLIDS_BLOCK; k++) {
        solids_tri t, x;
        double gap;
        solids_take(own->m, k, &t);
        const double way = solids_way(w, &t), prism = -0.5 * t.normal[2] * (w->top - (t.p[0][2] + t.p[1][2] + t.p[2][2]) / 3),
                     u = SOLIDS_EPS * t.extent * t.extent * (way + t.extent);
        solids_add(&o->own, prism);
        o->u_own += u;
        if (t.normal[2] == 0) continue;
        lm_status rc = solids_gather(w, &t, worker, &gap, err);
        if (rc) return rc;
        const int turns = solids_winding(w, (const double[2]){0.5 * (t.lo[0] + t.hi[0]), 0.5 * (t.lo[1] + t.hi[1])}, gap);
        solids_add(&o->both, turns * prism);
        if (turns) o->u_both += u;
        for (size_t i = 0; i < w->scratch[worker].n; i++) {
            solids_take(other->m, w->scratch[worker].item[i], &x);
            if (x.normal[2] == 0 || x.lo[0] > t.hi[0] || x.hi[0] < t.lo[0] || x.lo[1] > t.hi[1] || x.hi[1] < t.lo[1]) continue;
            solids_add(&o->both, w->own ? solids_pair(w, &x, &t) : solids_pair(w, &t, &x));
            o->u_both += SOLIDS_EPS * t.extent * x.extent * (fmax(way, solids_way(w, &x)) + fmax(t.extent, x.extent));
        }
    }
    return LM_OK;
}

/* ---- all together ---- */

static lm_status solids_see(const lm_mesh *m, int threads, solids_mesh *out, lm_err *err)
{
    out->m = m;
    out->seen = (lm_mesh){.nv = m->nv, .nt = m->nt, .tri = m->tri};
    if (!(out->seen.pos = lm_mem_alloc(3 * m->nv, sizeof(float), err))) return LM_ENOMEM;
    for (size_t v = 0; v < m->nv; v++) {
        double q[3];
        solids_corner(m->pos + 3 * v, q);
        for (size_t k = 0; k < 3; k++) out->seen.pos[3 * v + k] = (float)q[k];
    }
    return lm_bvh_build(&out->seen, NULL, threads, &out->tree, err);
}

static lm_samples_value solids_bounds(double value, double lower, double upper, double most)
{
    const double hi = fmin(fmax(upper, 0), most), lo = fmin(fmax(lower, 0), hi);
    return (lm_samples_value){fmin(fmax(value, lo), hi), lo, hi};
}

/* a + s b, s 1 or -1; not below 0. */
static lm_samples_value solids_plus(const lm_samples_value *a, int s, const lm_samples_value *b)
{
    const double lower = a->lower + s * (s > 0 ? b->lower : b->upper), upper = a->upper + s * (s > 0 ? b->upper : b->lower);
    const double u = 4 * DBL_EPSILON * (a->upper + b->upper);
    return solids_bounds(a->value + s * b->value, lower - u, upper + u, INFINITY);
}

static void solids_ratios(lm_solids *o)
{
    const lm_samples_value sum = solids_plus(&o->volume[0], 1, &o->volume[1]), *v = &o->both;
    const double u = 4 * DBL_EPSILON;
    o->either = solids_plus(&sum, -1, v);
    for (int i = 0; i < 2; i++) o->only[i] = solids_plus(&o->volume[i], -1, v);
    o->dice = solids_bounds(2 * v->value / sum.value, 2 * v->lower / sum.upper - u, 2 * v->upper / sum.lower + u, 1);
    o->jaccard = solids_bounds(v->value / (sum.value - v->value), v->lower / (sum.upper - v->lower) - u,
                               v->upper / fmax(sum.lower - v->upper, 0) + u, 1);
}

static lm_status solids_all(solids_work *w, int threads, lm_solids *out, lm_err *err)
{
    solids_sum both = {0, 0};
    double u_both = 0, u[2];
    for (w->own = 0; w->own < 2; w->own++) {
        const lm_mesh *m = w->mesh[w->own].m;
        const size_t blocks = (m->nt - 1) / SOLIDS_BLOCK + 1;
        solids_sum own = {0, 0};
        if (!(w->block = lm_mem_calloc(blocks, sizeof *w->block, err))) return LM_ENOMEM;
        lm_status rc = lm_pool_run(threads, blocks, solids_task, w, err);
        u[w->own] = 4 * DBL_EPSILON * w->size * lm_mesh_area(m); /* corners seen along the ray are rounded */
        for (size_t i = 0; i < blocks; i++) {
            const solids_block *b = &w->block[i];
            solids_add(&own, b->own.s);
            solids_add(&own, b->own.c);
            solids_add(&both, b->both.s);
            solids_add(&both, b->both.c);
            u_both += b->u_both;
            u[w->own] += b->u_own;
        }
        free(w->block);
        if (rc) return rc;
        const double v = own.s + own.c;
        out->volume[w->own] = solids_bounds(v, v - u[w->own], v + u[w->own], INFINITY);
    }
    u_both += u[0] + u[1];
    const double v = both.s + both.c;
    out->both = solids_bounds(v, v - u_both, v + u_both, fmin(out->volume[0].upper, out->volume[1].upper));
    solids_ratios(out);
    return LM_OK;
}

lm_status lm_solids_run(const lm_mesh *a, const lm_mesh *b, int threads, lm_solids *out, lm_err *err)
{
    solids_mesh mesh[2] = {{.m = a, .seen = LM_MESH_INIT, .tree = LM_BVH_INIT},
                           {.m = b, .seen = LM_MESH_INIT, .tree = LM_BVH_INIT}};
    solids_work w = {.mesh = mesh};
    lm_status rc = LM_OK;
    double lo = INFINITY, hi = -INFINITY;
    threads = lm_pool_threads(threads);
    *out = (lm_solids){.dice = {0, 0, 0}};
    if (!a->nt || !b->nt)
        return lm_err_set(err, LM_ERULE, NULL, "the %s mesh has no triangles: it is no solid", a->nt ? "second" : "first");
    for (int i = 0; i < 2 && !rc; i++) {
        rc = solids_see(mesh[i].m, threads, &mesh[i], err);
        if (rc) break;
        const lm_bvh_node *root = mesh[i].tree.node;
        for (int k = 0; k < 3; k++) w.size = fmax(w.size, fmax(fabs((double)root->lo[k]), fabs((double)root->hi[k])));
        lo = fmin(lo, root->lo[2]);
        hi = fmax(hi, root->hi[2]);
    }
    w.top = 0.5 * (lo + hi);
    w.slack = 0x1p-22 * w.size;
    if (!rc && !(w.scratch = lm_mem_calloc((size_t)threads, sizeof *w.scratch, err))) rc = LM_ENOMEM;
    if (!rc) rc = solids_all(&w, threads, out, err);
    for (int i = 0; w.scratch && i < threads; i++) free(w.scratch[i].item);
    free(w.scratch);
    for (int i = 0; i < 2; i++) {
        free(mesh[i].seen.pos);
        lm_bvh_release(&mesh[i].tree);
    }
    return rc;
}

lm_status lm_solids_need(const lm_mesh *m, const lm_audit *audit, const char *name, int threads, lm_err *err)
{
    lm_places places = LM_PLACES_INIT;
    char line[300];
    if (audit->valid) return LM_OK;
    lm_status rc = lm_places_add(&places, m, audit, NULL, threads, err);
    lm_audit_line(audit, line, sizeof line);
    const lm_place *at = places.n ? places.list : NULL;
    for (size_t i = 0; i < places.n && at->fault != LM_FAULT_OPEN_EDGE; i++) /* a gap says most */
        if (places.list[i].fault == LM_FAULT_OPEN_EDGE) at = &places.list[i];
    if (!rc && at)
        rc = lm_err_set(err, LM_ERULE, NULL, "%s is no solid, it has no inside: %s; %s at %.9g %.9g %.9g; mend it with meshfix",
                        name, line, at->fault == LM_FAULT_OPEN_EDGE ? "the first gap" : "the first fault", (double)at->at[0],
                        (double)at->at[1], (double)at->at[2]);
    else if (!rc) rc = lm_err_set(err, LM_ERULE, NULL, "%s is no solid, it has no inside: %s; mend it with meshfix", name, line);
    lm_places_release(&places);
    return rc;
}

/* ---- for people and programs ---- */

static json_t *solids_value(const lm_samples_value *v)
{
    return json_pack("{s:f, s:f, s:f}", "value", v->value, "lower", v->lower, "upper", v->upper);
}

json_t *lm_solids_json(const lm_solids *s, lm_err *err)
{
    json_t *o = json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "a_mm3", solids_value(&s->volume[0]), "b_mm3",
                          solids_value(&s->volume[1]), "both_mm3", solids_value(&s->both), "a_only_mm3", solids_value(&s->only[0]),
                          "b_only_mm3", solids_value(&s->only[1]), "either_mm3", solids_value(&s->either), "dice",
                          solids_value(&s->dice), "jaccard", solids_value(&s->jaccard));
    if (!o) lm_err_nomem(err, sizeof(json_t));
    return o;
}

void lm_solids_table(const lm_solids *s, lm_out *out)
{
    const struct {
        const char *what;
        const lm_samples_value *v;
    } row[] = {{"solid A, mm3", &s->volume[0]},      {"solid B, mm3", &s->volume[1]},          {"in both, mm3", &s->both},
               {"in A only, mm3", &s->only[0]},      {"in B only, mm3", &s->only[1]},          {"in A or B, mm3", &s->either},
               {"Dice, 2 both / (A + B)", &s->dice}, {"Jaccard, both / (A or B)", &s->jaccard}};
    for (size_t i = 0; i < sizeof row / sizeof *row; i++)
        lm_io_printf(out, "%-32s %20.9f   %.9f to %.9f\n", row[i].what, row[i].v->value, row[i].v->lower, row[i].v->upper);
}
