/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "repair/collapse.h"
#include "base/mem.h"
#include "base/pool.h"
#include "surface/predicates.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { COLLAPSE_NONE = 0xffffffff, COLLAPSE_BLOCK = 4096 };
/* Where the planes leave a direction open, the middle of the edge is as good as any. */
#define COLLAPSE_MIDDLE 1e-6
/* Where all is flat, short edges go first. */
#define COLLAPSE_SHORT 1e-6
/* Cosine of the angle that a triangle may turn by. */
#define COLLAPSE_TURN 0.1
/* Least roundness of a triangle (1: equilateral, 0: no area), unless there was a worse one. */
#define COLLAPSE_ROUND 0.02
/* Rounding of a 3x3 determinant of differences of floats, as part of the sum of its terms without their signs; generous. */
#define COLLAPSE_ROUNDING 1e-14

static inline const float *collapse_at(const lm_collapse *c, uint32_t v)
{
    return c->m.pos + 3 * (size_t)v;
}

static inline void collapse_cross(const double a[3], const double b[3], double n[3])
{
    n[0] = a[1] * b[2] - a[2] * b[1];
    n[1] = a[2] * b[0] - a[0] * b[2];
    n[2] = a[0] * b[1] - a[1] * b[0];
}

static inline double collapse_dot(const double a[3], const double b[3])
{
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}

static inline void collapse_normal(const float *p, const float *a, const float *b, double n[3])
{
    double u[3], v[3];
    for (int k = 0; k < 3; k++) u[k] = (double)a[k] - p[k], v[k] = (double)b[k] - p[k];
    collapse_cross(u, v, n);
}

/* ---- the mesh in tables ---- */

static void collapse_face(lm_collapse *c, uint32_t t)
{
    const uint32_t *v = c->m.tri + 3 * (size_t)t;
    collapse_normal(collapse_at(c, v[0]), collapse_at(c, v[1]), collapse_at(c, v[2]), c->face[t]);
}

/* Each triangle at a seam counts the seam's line: more where more walls meet. */
static void collapse_line(const lm_collapse *c, uint32_t v, uint32_t w, double *q)
{
    double d[3];
    for (int i = 0; i < 3; i++) d[i] = (double)collapse_at(c, w)[i] - collapse_at(c, v)[i];
    double d2 = collapse_dot(d, d);
    for (int i = 0, at = 0; i < 3; i++)
        for (int j = i; j < 3; j++) q[at++] += d2 * ((i == j ? d2 : 0) - d[i] * d[j]);
}

void lm_collapse_renew(lm_collapse *c, uint32_t v)
{
    double q[6] = {0}, sum[3] = {0};
    for (uint32_t k = c->f.head[v]; k != COLLAPSE_NONE; k = c->f.next[k]) {
        const double *n = c->face[k / 3];
        for (int i = 0; i < 3; i++) sum[i] += n[i];
        q[0] += n[0] * n[0];
        q[1] += n[0] * n[1];
        q[2] += n[0] * n[2];
        q[3] += n[1] * n[1];
        q[4] += n[1] * n[2];
        q[5] += n[2] * n[2];
        if (c->f.kind[v] != 1) continue;
        const uint32_t w[2] = {lm_collapse_after(c, k), lm_collapse_before(c, k)};
        for (int s = 0; s < 2; s++)
            if (lm_fans_seam(&c->f, v, w[s])) collapse_line(c, v, w[s], q);
    }
    memcpy(c->quadric[v], q, sizeof q);
    memcpy(c->normal[v], sum, sizeof sum);
}

static lm_status collapse_face_task(void *ctx, size_t task, int worker, lm_err *err)
{
    (void)worker;
    (void)err;
    lm_collapse *c = ctx;
    for (size_t t = task * COLLAPSE_BLOCK; t < c->m.nt && t < (task + 1) * COLLAPSE_BLOCK; t++) collapse_face(c, (uint32_t)t);
    return LM_OK;
}

static lm_status collapse_renew_task(void *ctx, size_t task, int worker, lm_err *err)
{
    (void)worker;
    (void)err;
    lm_collapse *c = ctx;
    for (size_t v = task * COLLAPSE_BLOCK; v < c->m.nv && v < (task + 1) * COLLAPSE_BLOCK; v++) lm_collapse_renew(c, (uint32_t)v);
    return LM_OK;
}

lm_status lm_collapse_tree(lm_collapse *c, lm_err *err)
{
    if (c->tree.nodes && 2 * c->live > c->built) return LM_OK;
    lm_bvh_release(&c->tree);
    free(c->parent);
    c->parent = NULL;
    lm_status rc = lm_bvh_build(&c->m, c->gone, c->threads, &c->tree, err);
    if (rc) return rc;
    if (!(c->parent = lm_mem_alloc(c->tree.nodes, sizeof *c->parent, err))) return LM_ENOMEM;
    c->built = c->live;
    if (c->tree.nodes) c->parent[0] = COLLAPSE_NONE;
    for (uint32_t i = 0; i < c->tree.nodes; i++) {
        const lm_bvh_node *b = &c->tree.node[i];
        if (!b->n) c->parent[i + 1] = c->parent[b->at] = i;
        for (uint32_t k = 0; k < b->n; k++) c->leaf[c->tree.item[b->at + k]] = i;
    }
    return LM_OK;
}

lm_status lm_collapse_make(lm_mesh *m, int threads, lm_collapse *c, lm_err *err)
{
    *c = (lm_collapse){.m = *m, .threads = lm_pool_threads(threads), .live = m->nt};
    *m = (lm_mesh)LM_MESH_INIT;
    size_t nv = c->m.nv, nt = c->m.nt;
    lm_status rc = LM_OK;
    if (!(c->gone = lm_mem_calloc(nt, 1, err)) || !(c->version = lm_mem_calloc(nv, sizeof *c->version, err)) ||
        !(c->quadric = lm_mem_alloc(nv, sizeof *c->quadric, err)) || !(c->normal = lm_mem_alloc(nv, sizeof *c->normal, err)) ||
        !(c->leaf = lm_mem_alloc(nt, sizeof *c->leaf, err)) || !(c->face = lm_mem_alloc(nt, sizeof *c->face, err)))
        rc = LM_ENOMEM;
    if (rc) {
        lm_collapse_release(c);
        return rc;
    }
    size_t tasks = nv / COLLAPSE_BLOCK + 1;
    if ((rc = lm_fans_make(&c->m, c->threads, &c->f, err)) ||
        (rc = lm_pool_run(c->threads, nt / COLLAPSE_BLOCK + 1, collapse_face_task, c, err)) ||
        (rc = lm_pool_run(c->threads, tasks, collapse_renew_task, c, err)) || (rc = lm_collapse_tree(c, err)))
        lm_collapse_release(c);
    return rc;
}

void lm_collapse_release(lm_collapse *c)
{
    lm_mesh_release(&c->m);
    lm_bvh_release(&c->tree);
    lm_fans_release(&c->f);
    free(c->gone);
    free(c->version);
    free(c->quadric);
    free(c->normal);
    free(c->face);
    free(c->leaf);
    free(c->parent);
    *c = (lm_collapse)LM_COLLAPSE_INIT;
}

/* ---- where to, and at what cost ---- */

static double collapse_form(const double q[6], const double x[3])
{
    return q[0] * x[0] * x[0] + q[3] * x[1] * x[1] + q[5] * x[2] * x[2] +
           2 * (q[1] * x[0] * x[1] + q[2] * x[0] * x[2] + q[4] * x[1] * x[2]);
}

static void collapse_times(const double q[6], const double x[3], double y[3])
{
    y[0] = q[0] * x[0] + q[1] * x[1] + q[2] * x[2];
    y[1] = q[1] * x[0] + q[3] * x[1] + q[4] * x[2];
    y[2] = q[2] * x[0] + q[4] * x[1] + q[5] * x[2];
}

/* The inverse of a positive definite q; false when it is none. */
static bool collapse_inverse(const double q[6], double r[6])
{
    r[0] = q[3] * q[5] - q[4] * q[4];
    r[1] = q[2] * q[4] - q[1] * q[5];
    r[2] = q[1] * q[4] - q[2] * q[3];
    double det = q[0] * r[0] + q[1] * r[1] + q[2] * r[2];
    if (!(det > 0)) return false;
    r[3] = q[0] * q[5] - q[2] * q[2];
    r[4] = q[1] * q[2] - q[0] * q[4];
    r[5] = q[0] * q[3] - q[1] * q[1];
    for (int i = 0; i < 6; i++) r[i] /= det;
    return true;
}

/* x (from u) of least q with the volume kept: g x = h. q is the sum, b its linear part, d the edge. */
static bool collapse_place(const double q[6], const double b[3], const double d[3], const double g[3], double h, double x[3])
{
    double trace = q[0] + q[3] + q[5], p[6], r[6], y[3], z[3], w = COLLAPSE_MIDDLE * trace;
    if (!(trace > 0)) return false;
    for (int i = 0; i < 6; i++) p[i] = q[i];
    p[0] += w;
    p[3] += w;
    p[5] += w;
    for (int i = 0; i < 3; i++) y[i] = b[i] + w * 0.5 * d[i];
    if (!collapse_inverse(p, r)) return false;
    collapse_times(r, y, x);
    collapse_times(r, g, z);
    double gz = collapse_dot(g, z), reach = collapse_dot(d, d), e[3];
    if (gz > 0) {
        double by = (h - collapse_dot(g, x)) / gz;
        for (int i = 0; i < 3; i++) x[i] += by * z[i];
    }
    for (int i = 0; i < 3; i++) e[i] = x[i] - 0.5 * d[i];
    return collapse_dot(e, e) <= 4 * reach;
}

/* e->x and the cost. lost: sum and quadric of the edge's triangles, which both ends count; NULL: not known. INFINITY: no. */
static double collapse_cost(const lm_collapse *c, lm_collapse_edge *e, const double *lost_sum, const double *lost_quadric)
{
    const float *u = collapse_at(c, e->u), *v = collapse_at(c, e->v);
    const double *qv = c->quadric[e->v], *nv = c->normal[e->v];
    double q[6], b[3], d[3], g[3], x[3], to_u[3], to_v[3], mid[3];
    int ku = c->f.kind[e->u], kv = c->f.kind[e->v];
    if (ku && kv && (ku + kv == 4 || !lm_fans_seam(&c->f, e->u, e->v))) return INFINITY;
    for (int i = 0; i < 6; i++) q[i] = c->quadric[e->u][i] - (lost_quadric ? lost_quadric[i] : 0);
    for (int i = 0; i < 3; i++) d[i] = (double)v[i] - u[i];
    if (ku != kv) {
        memcpy(e->x, ku > kv ? u : v, sizeof e->x);
    } else {
        double sum[6], h = collapse_dot(nv, d);
        for (int i = 0; i < 6; i++) sum[i] = q[i] + qv[i];
        collapse_times(qv, d, b);
        for (int i = 0; i < 3; i++) g[i] = c->normal[e->u][i] + nv[i] - (lost_sum ? lost_sum[i] : 0);
        if (ku) g[0] = g[1] = g[2] = h = 0; /* of several parts at once the volume cannot be kept */
        if (!collapse_place(sum, b, d, g, h, x)) return INFINITY;
        for (int i = 0; i < 3; i++) {
            e->x[i] = (float)(u[i] + x[i]);
            if (e->x[i] == 0) e->x[i] = 0; /* no -0 */
        }
    }
    for (int i = 0; i < 3; i++) {
        to_u[i] = (double)e->x[i] - u[i];
        to_v[i] = (double)e->x[i] - v[i];
        mid[i] = to_u[i] - 0.5 * d[i];
    }
    double w = q[0] + q[3] + q[5] + qv[0] + qv[3] + qv[5], cost = fmax(collapse_form(q, to_u) + collapse_form(qv, to_v), 0);
    cost += COLLAPSE_SHORT * w * (collapse_dot(mid, mid) + collapse_dot(d, d));
    return isfinite(cost) ? cost : INFINITY;
}

double lm_collapse_guess(const lm_collapse *c, uint32_t u, uint32_t v)
{
    lm_collapse_edge e;
    e.u = u;
    e.v = v;
    return collapse_cost(c, &e, NULL, NULL);
}

/* ---- whether it may be ---- */

/* The triangles around the edge; false when there are too many. */
static bool collapse_star(const lm_collapse *c, lm_collapse_edge *e)
{
    e->n = e->n_u = e->n_gone = 0;
    for (int end = 0; end < 2; end++) {
        uint32_t other = end ? e->u : e->v;
        for (uint32_t k = c->f.head[end ? e->v : e->u]; k != COLLAPSE_NONE; k = c->f.next[k]) {
            bool lost = lm_collapse_after(c, k) == other || lm_collapse_before(c, k) == other;
            if (lost && end) continue;
            if (e->n == LM_COLLAPSE_STAR || e->n_gone == LM_COLLAPSE_STAR) return false;
            if (lost) e->lost[e->n_gone++] = k / 3;
            else e->corner[e->n++] = k;
        }
        if (!end) e->n_u = e->n;
    }
    return true;
}

static bool collapse_tip(const lm_collapse *c, const lm_collapse_edge *e, uint32_t w)
{
    for (uint32_t i = 0; i < e->n_gone; i++)
        for (size_t k = 0; k < 3; k++)
            if (c->m.tri[3 * (size_t)e->lost[i] + k] == w) return true;
    return false;
}

/* Common neighbours of u and v are those of the edge's triangles, and of these no two have an edge with both. */
static bool collapse_link(const lm_collapse *c, const lm_collapse_edge *e)
{
    for (uint32_t i = 0; i < e->n_u; i++) {
        const uint32_t w[2] = {lm_collapse_after(c, e->corner[i]), lm_collapse_before(c, e->corner[i])};
        const bool tip[2] = {collapse_tip(c, e, w[0]), collapse_tip(c, e, w[1])};
        for (uint32_t j = e->n_u; j < e->n; j++) {
            const uint32_t y[2] = {lm_collapse_after(c, e->corner[j]), lm_collapse_before(c, e->corner[j])};
            const bool same[2] = {w[0] == y[0] || w[0] == y[1], w[1] == y[0] || w[1] == y[1]};
            if ((same[0] && !tip[0]) || (same[1] && !tip[1]) || (same[0] && same[1])) return false;
        }
    }
    if (c->f.kind[e->u] == 0 || c->f.kind[e->v] == 0) return true;
    for (uint32_t i = 0; i < e->n_gone; i++) /* two seams must not become one */
        for (size_t k = 0; k < 3; k++) {
            uint32_t w = c->m.tri[3 * (size_t)e->lost[i] + k];
            if (w != e->u && w != e->v && lm_fans_seam(&c->f, e->u, w) && lm_fans_seam(&c->f, e->v, w)) return false;
        }
    return true;
}

static double collapse_round(const float *p, const float *a, const float *b, double n2)
{
    double sum = 0;
    for (int k = 0; k < 3; k++) {
        double x = (double)a[k] - p[k], y = (double)b[k] - p[k], z = (double)b[k] - a[k];
        sum += x * x + y * y + z * z;
    }
    return sum > 0 ? 12 * n2 / (sum * sum) : 0; /* squared */
}

/* No triangle turns over or becomes a sliver. Fills the box; the new normals and their sum. */
static bool collapse_shape(const lm_collapse *c, lm_collapse_edge *e, double face[][3], double around[3])
{
    double worst = COLLAPSE_ROUND * COLLAPSE_ROUND, least = INFINITY;
    for (int k = 0; k < 3; k++) e->lo[k] = e->hi[k] = e->x[k];
    for (uint32_t i = 0; i < e->n; i++) {
        const float *p = collapse_at(c, i < e->n_u ? e->u : e->v), *a = collapse_at(c, lm_collapse_after(c, e->corner[i])),
                    *b = collapse_at(c, lm_collapse_before(c, e->corner[i]));
        double *is = face[i];
        const double *was = c->face[e->corner[i] / 3];
        for (int k = 0; k < 3; k++) {
            float lo = a[k] < b[k] ? a[k] : b[k], hi = a[k] < b[k] ? b[k] : a[k];
            if (lo < e->lo[k]) e->lo[k] = lo;
            if (hi > e->hi[k]) e->hi[k] = hi;
        }
        collapse_normal(e->x, a, b, is);
        for (int k = 0; k < 3; k++) around[k] += is[k];
        double cos = collapse_dot(was, is), was2 = collapse_dot(was, was), is2 = collapse_dot(is, is);
        if (!(cos > 0 && cos * cos > COLLAPSE_TURN * COLLAPSE_TURN * was2 * is2)) return false;
        least = fmin(least, collapse_round(e->x, a, b, is2));
        worst = fmin(worst, collapse_round(p, a, b, was2));
        if (is2 < 1e-12 * was2 && lm_predicates_collinear(e->x, a, b)) return false;
    }
    return least >= worst;
}

/* Seen along their sum all triangles turn left, by far, and go round once: they do not meet each other. */
static bool collapse_simple(const lm_collapse *c, const lm_collapse_edge *e, double face[][3], const double d[3])
{
    /* a direction across d, not 0: d[k] along i1, -d[i1] along k */
    int k = fabs(d[0]) > fabs(d[1]) ? (fabs(d[0]) > fabs(d[2]) ? 0 : 2) : (fabs(d[1]) > fabs(d[2]) ? 1 : 2), i1 = (k + 1) % 3,
        up = 0;
    double dd = collapse_dot(d, d);
    if (c->m.label) return false; /* more than one fan */
    for (uint32_t i = 0; i < e->n; i++) {
        double cos = collapse_dot(face[i], d);
        if (!(cos > 0 && cos * cos > 1e-4 * dd * collapse_dot(face[i], face[i]))) return false;
        const float *a = collapse_at(c, lm_collapse_after(c, e->corner[i])),
                    *b = collapse_at(c, lm_collapse_before(c, e->corner[i]));
        double sa = ((double)a[i1] - e->x[i1]) * d[k] - ((double)a[k] - e->x[k]) * d[i1];
        double sb = ((double)b[i1] - e->x[i1]) * d[k] - ((double)b[k] - e->x[k]) * d[i1];
        up += sa < 0 && sb >= 0;
    }
    return up == 1;
}

typedef struct {
    const float *p[3];
    uint32_t id[3];
    float lo[3], hi[3];
} collapse_tri;

static void collapse_box(collapse_tri *t)
{
    for (int k = 0; k < 3; k++) {
        float a = t->p[0][k], b = t->p[1][k], d = t->p[2][k], lo = a < b ? a : b, hi = a < b ? b : a;
        t->lo[k] = d < lo ? d : lo;
        t->hi[k] = d > hi ? d : hi;
    }
}

/* Triangle i of the edge as it will be. */
static void collapse_later(const lm_collapse *c, const lm_collapse_edge *e, uint32_t i, collapse_tri *t)
{
    t->id[0] = e->u;
    t->id[1] = lm_collapse_after(c, e->corner[i]);
    t->id[2] = lm_collapse_before(c, e->corner[i]);
    t->p[0] = e->x;
    for (int k = 1; k < 3; k++) t->p[k] = collapse_at(c, t->id[k]);
    collapse_box(t);
}

static void collapse_now(const lm_collapse *c, uint32_t t, collapse_tri *x)
{
    for (size_t k = 0; k < 3; k++) {
        x->id[k] = c->m.tri[3 * (size_t)t + k];
        x->p[k] = collapse_at(c, x->id[k]);
    }
    collapse_box(x);
}

static bool collapse_pair(const collapse_tri *a, const collapse_tri *b)
{
    return lm_bvh_overlap(a->lo, a->hi, b->lo, b->hi) && lm_predicates_pair(a->p, a->id, b->p, b->id);
}

/* Does p lie between the surface around the edge as it is and as it will be? */
static bool collapse_passed(const lm_collapse *c, const lm_collapse_edge *e, const collapse_tri *later, const float *p)
{
    bool inside = false;
    for (uint32_t i = 0; i < e->n + e->n_gone; i++) {
        collapse_tri now;
        collapse_now(c, i < e->n ? e->corner[i] / 3 : e->lost[i - e->n], &now);
        if (lm_predicates_ray_x(p, now.p)) inside = !inside;
        if (i < e->n && lm_predicates_ray_x(p, later[i].p)) inside = !inside;
    }
    return inside;
}

static bool collapse_links(const lm_collapse *c, const lm_collapse_edge *e, uint32_t v)
{
    for (uint32_t i = 0; i < e->n; i++)
        if (lm_collapse_after(c, e->corner[i]) == v || lm_collapse_before(c, e->corner[i]) == v) return true;
    return false;
}

/* Would triangle x come to lie on the other side of the surface? Of one part, only another component can; of several also what is
 * joined to the surface around the edge, as there volumes are not kept. */
static bool collapse_across(const lm_collapse *c, const lm_collapse_edge *e, const collapse_tri *later, const collapse_tri *x)
{
    float middle[3];
    if (c->f.component[x->id[0]] != c->f.component[e->u]) return collapse_passed(c, e, later, x->p[0]);
    if (!c->m.label) return false;
    for (int k = 0; k < 3; k++)
        if (!collapse_links(c, e, x->id[k])) return collapse_passed(c, e, later, x->p[k]);
    for (int k = 0; k < 3; k++) middle[k] = (x->p[0][k] + x->p[1][k] + x->p[2][k]) / 3;
    return collapse_passed(c, e, later, middle);
}

/* Are the triangles of the edge, as they will be, all on one side of the plane of x, but for corners they share with it? Then they
 * do not meet x. By more than the rounding of a determinant (Shewchuk, Adaptive precision floating-point arithmetic, 1997); false
 * says nothing. */
static bool collapse_beside(const lm_collapse *c, const lm_collapse_edge *e, const collapse_tri *later, const collapse_tri *x)
{
    double u[3], v[3], n[3], most[3];
    bool above = false, below = false;
    if (c->m.label) return false; /* the ring is then not that of one fan */
    for (int k = 0; k < 3; k++) u[k] = (double)x->p[1][k] - x->p[0][k], v[k] = (double)x->p[2][k] - x->p[0][k];
    collapse_cross(u, v, n);
    for (int k = 0; k < 3; k++) most[k] = fabs(u[(k + 1) % 3] * v[(k + 2) % 3]) + fabs(u[(k + 2) % 3] * v[(k + 1) % 3]);
    for (uint32_t i = 0; i <= e->n; i++) { /* where the edge goes, then the vertices around, each after u in one triangle */
        const float *p = i ? later[i - 1].p[1] : e->x;
        if (i && (later[i - 1].id[1] == x->id[0] || later[i - 1].id[1] == x->id[1] || later[i - 1].id[1] == x->id[2])) continue;
        double side = 0, bound = 0;
        for (int k = 0; k < 3; k++) {
            const double d = (double)p[k] - x->p[0][k];
            side += n[k] * d;
            bound += most[k] * fabs(d);
        }
        bound *= COLLAPSE_ROUNDING;
        above |= side > bound;
        below |= side < -bound;
        if ((above && below) || (side <= bound && side >= -bound)) return false;
    }
    return true;
}

/* Is triangle t in the way? lo, hi: all that the edge passes. */
static bool collapse_blocks(const lm_collapse *c, const lm_collapse_edge *e, const collapse_tri *later, const float lo[3],
                            const float hi[3], uint32_t t)
{
    collapse_tri x;
    const uint32_t *id = c->m.tri + 3 * (size_t)t;
    if (c->gone[t]) return false;
    for (int k = 0; k < 3; k++)
        if (id[k] == e->u || id[k] == e->v) return false;
    collapse_now(c, t, &x);
    if (!lm_bvh_overlap(x.lo, x.hi, lo, hi)) return false;
    if (collapse_across(c, e, later, &x)) return true;
    if (collapse_beside(c, e, later, &x)) return false;
    for (uint32_t i = 0; i < e->n; i++)
        if (collapse_pair(&later[i], &x)) return true;
    return false;
}

/* Do the triangles of the edge, as they will be, meet each other? */
static bool collapse_folded(const lm_collapse *c, const lm_collapse_edge *e)
{
    collapse_tri later[LM_COLLAPSE_STAR];
    for (uint32_t i = 0; i < e->n; i++) {
        collapse_later(c, e, i, &later[i]);
        for (uint32_t j = 0; j < i; j++)
            if (collapse_pair(&later[i], &later[j])) return true;
    }
    return false;
}

/* Does nothing else come into the way? */
bool lm_collapse_clear(const lm_collapse *c, const lm_collapse_edge *e)
{
    collapse_tri later[LM_COLLAPSE_STAR];
    float lo[3], hi[3];
    const float *p[2] = {collapse_at(c, e->u), collapse_at(c, e->v)};
    for (uint32_t i = 0; i < e->n; i++) collapse_later(c, e, i, &later[i]);
    for (int k = 0; k < 3; k++) {
        lo[k] = fminf(e->lo[k], fminf(p[0][k], p[1][k]));
        hi[k] = fmaxf(e->hi[k], fmaxf(p[0][k], p[1][k]));
    }
    uint32_t stack[LM_BVH_DEPTH];
    int n = c->tree.nodes > 0;
    stack[0] = 0;
    while (n) {
        uint32_t at = stack[--n];
        const lm_bvh_node *b = &c->tree.node[at];
        if (!lm_bvh_overlap(b->lo, b->hi, lo, hi)) continue;
        if (!b->n) {
            stack[n++] = b->at;
            stack[n++] = at + 1;
            continue;
        }
        for (uint32_t i = 0; i < b->n; i++)
            if (collapse_blocks(c, e, later, lo, hi, c->tree.item[b->at + i])) return false;
    }
    return true;
}

/* Where the edge goes: what its triangles count at both ends is taken off once, so that the volume is exact. */
static bool collapse_target(const lm_collapse *c, lm_collapse_edge *e)
{
    double sum[3] = {0}, q[6] = {0};
    for (uint32_t i = 0; i < e->n_gone; i++) {
        const double *n = c->face[e->lost[i]];
        for (int k = 0, at = 0; k < 3; k++) {
            sum[k] += n[k];
            for (int j = k; j < 3; j++) q[at++] += n[k] * n[j];
        }
    }
    return e->n_gone && collapse_cost(c, e, sum, q) < INFINITY;
}

bool lm_collapse_may(const lm_collapse *c, lm_collapse_edge *e)
{
    double face[LM_COLLAPSE_STAR][3], around[3] = {0};
    return collapse_star(c, e) && collapse_target(c, e) && collapse_link(c, e) && collapse_shape(c, e, face, around) &&
           (collapse_simple(c, e, face, around) || !collapse_folded(c, e));
}

bool lm_collapse_meets(const lm_collapse *c, const lm_collapse_edge *e, uint32_t other)
{
    for (uint32_t i = 0; i < e->n; i++) {
        collapse_tri a, b;
        collapse_later(c, e, i, &a);
        for (uint32_t k = c->f.head[other]; k != COLLAPSE_NONE; k = c->f.next[k]) {
            collapse_now(c, k / 3, &b);
            if (collapse_pair(&a, &b)) return true;
        }
    }
    return false;
}

/* ---- doing it ---- */

static void collapse_grow(lm_collapse *c, uint32_t t)
{
    float lo[3], hi[3];
    lm_bvh_tri_box(&c->m, t, lo, hi);
    for (uint32_t i = c->leaf[t]; i != COLLAPSE_NONE; i = c->parent[i]) {
        lm_bvh_node *b = &c->tree.node[i];
        bool grown = false;
        for (int k = 0; k < 3; k++) {
            if (lo[k] < b->lo[k]) b->lo[k] = lo[k], grown = true;
            if (hi[k] > b->hi[k]) b->hi[k] = hi[k], grown = true;
        }
        if (!grown) return;
    }
}

static void collapse_unlink(lm_collapse *c, uint32_t v, uint32_t corner)
{
    uint32_t *at = &c->f.head[v];
    while (*at != corner) at = &c->f.next[*at];
    *at = c->f.next[corner];
}

void lm_collapse_do(lm_collapse *c, const lm_collapse_edge *e)
{
    for (uint32_t i = 0; i < e->n_gone; i++) {
        uint32_t t = e->lost[i];
        c->gone[t] = 1;
        for (uint32_t k = 3 * t; k < 3 * t + 3; k++) {
            uint32_t w = c->m.tri[k];
            if (w != e->u && w != e->v) collapse_unlink(c, w, k);
        }
    }
    c->live -= e->n_gone;
    if (c->m.quality) {
        double d[2] = {0, 0};
        for (int k = 0; k < 3; k++) {
            double a = (double)e->x[k] - collapse_at(c, e->u)[k], b = (double)e->x[k] - collapse_at(c, e->v)[k];
            d[0] += a * a;
            d[1] += b * b;
        }
        if (d[1] < d[0]) c->m.quality[e->u] = c->m.quality[e->v];
    }
    memcpy(c->m.pos + 3 * (size_t)e->u, e->x, sizeof e->x);
    if (c->f.kind[e->v] > c->f.kind[e->u]) c->f.kind[e->u] = c->f.kind[e->v];
    c->f.head[e->v] = COLLAPSE_NONE;
    uint32_t *at = &c->f.head[e->u];
    for (uint32_t i = 0; i < e->n; i++) {
        uint32_t k = e->corner[i];
        c->m.tri[k] = e->u;
        *at = k;
        at = &c->f.next[k];
        c->version[lm_collapse_after(c, k)]++;
        c->version[lm_collapse_before(c, k)]++;
        collapse_face(c, k / 3);
        collapse_grow(c, k / 3);
    }
    *at = COLLAPSE_NONE;
    c->version[e->u]++;
}

lm_status lm_collapse_finish(lm_collapse *c, lm_mesh *m, lm_err *err)
{
    uint32_t *now = lm_mem_alloc(c->m.nv, sizeof *now, err);
    size_t nv = 0, nt = 0;
    if (!now) return LM_ENOMEM;
    for (size_t v = 0; v < c->m.nv; v++) {
        if (c->f.head[v] == COLLAPSE_NONE) continue;
        memmove(c->m.pos + 3 * nv, c->m.pos + 3 * v, 3 * sizeof(float));
        if (c->m.quality) c->m.quality[nv] = c->m.quality[v];
        now[v] = (uint32_t)nv++;
    }
    for (size_t t = 0; t < c->m.nt; t++) {
        if (c->gone[t]) continue;
        for (size_t k = 0; k < 3; k++) c->m.tri[3 * nt + k] = now[c->m.tri[3 * t + k]];
        if (c->m.label) c->m.label[nt] = c->m.label[t];
        if (c->m.label_back) c->m.label_back[nt] = c->m.label_back[t];
        nt++;
    }
    free(now);
    c->m.nv = nv;
    c->m.nt = nt;
    *m = c->m;
    c->m = (lm_mesh)LM_MESH_INIT;
    return LM_OK;
}
