/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "repair/fair.h"
#include "base/mem.h"
#include "base/pool.h"
#include "repair/clash.h"
#include "repair/vec.h"
#include "surface/topo.h"

#include <stdlib.h>
#include <string.h>

enum { FAIR_VERTICES = 200000, FAIR_PASSES = 40, FAIR_STEPS = 3000 }; /* put into one patch; of refining; of the solver */
static const double FAIR_GROWTH = 0.25, FAIR_CREASE = 0.5;            /* 1 - cos 60 degrees */

#define FAIR_NONE UINT32_MAX

typedef struct {
    uint32_t v[3], to[3]; /* corners, in the patch's own numbers; the triangle across the edge from corner i on */
} fair_tri;

typedef struct {
    uint32_t id;    /* in the mesh; FAIR_NONE: put in */
    double p[3], s; /* place; the edge wanted there */
    uint32_t at;    /* a triangle */
} fair_vertex;

typedef enum { FAIR_SMOOTH, FAIR_FINE, FAIR_AS_IT_WAS } fair_level;

typedef struct {
    size_t first, n; /* its triangles, in fair_work.order */
    fair_tri *t;
    size_t nt, cap_t;
    fair_vertex *v;
    size_t border, nv, cap_v;
    float *smooth; /* places of the vertices put in, smooth and not */
    float *fine;
    fair_level level;
} fair_patch;

typedef struct {
    const lm_mesh *m;
    size_t first; /* triangle of patches */
    const lm_topo_corners *c;
    const uint32_t *mate;
    uint32_t *order; /* triangles of the patches, patch by patch */
    fair_patch *patch;
    size_t patches, cap;
} fair_work;

/* ---- the patches ---- */

static lm_status fair_gather(fair_work *w, lm_err *err)
{
    const lm_mesh *m = w->m;
    size_t n = m->nt - w->first, end = 0;
    unsigned char *seen = lm_mem_calloc(n, 1, err);
    lm_status rc = seen && (w->order = lm_mem_alloc(n, sizeof *w->order, err)) ? LM_OK : LM_ENOMEM;
    for (size_t s = 0; s < n && !rc; s++) {
        if (seen[s]) continue;
        if ((rc = lm_mem_grow(&w->patch, &w->cap, w->patches + 1, sizeof *w->patch, err))) break;
        fair_patch *p = &w->patch[w->patches++];
        *p = (fair_patch){.first = end, .level = FAIR_AS_IT_WAS};
        seen[s] = 1;
        w->order[end++] = (uint32_t)(w->first + s);
        for (size_t i = p->first; i < end; i++)
            for (int k = 0; k < 3; k++) {
                uint32_t h = w->mate[3 * (size_t)w->order[i] + k];
                if (h >= LM_TOPO_MANY || h / 3 < w->first || seen[h / 3 - w->first]) continue;
                seen[h / 3 - w->first] = 1;
                w->order[end++] = h / 3;
            }
        p->n = end - p->first;
    }
    free(seen);
    return rc;
}

/* Own number of vertex `id` of the mesh. */
static uint32_t fair_own(const fair_patch *p, uint32_t id)
{
    size_t lo = 0, hi = p->border;
    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;
        if (p->v[mid].id < id) lo = mid + 1;
        else hi = mid;
    }
    return (uint32_t)lo;
}

static int fair_by_id(const void *a, const void *b)
{
    const fair_vertex *p = a, *q = b;
    return (p->id > q->id) - (p->id < q->id);
}

/* Mean length of the mesh's edges at v, without the patches'. */
static double fair_edge(const fair_work *w, uint32_t v)
{
    double sum = 0, d[3];
    size_t n = 0;
    for (uint32_t i = w->c->start[v]; i < w->c->start[v + 1]; i++) {
        uint32_t t = w->c->corner[i] / 3, k = w->c->corner[i] % 3;
        if (t >= w->first) continue;
        for (uint32_t j = 1; j < 3; j++, n++) {
            lm_vec_sub(lm_vec_at(w->m, w->m->tri[3 * (size_t)t + (k + j) % 3]), lm_vec_at(w->m, v), d);
            sum += sqrt(lm_vec_dot(d, d));
        }
    }
    return n ? sum / (double)n : 0;
}

static lm_status fair_begin(const fair_work *w, fair_patch *p, lm_err *err)
{
    const uint32_t *order = w->order + p->first;
    lm_status rc = lm_mem_grow(&p->v, &p->cap_v, 3 * p->n, sizeof *p->v, err);
    if (!rc) rc = lm_mem_grow(&p->t, &p->cap_t, p->n, sizeof *p->t, err);
    if (rc) return rc;
    for (size_t i = 0; i < 3 * p->n; i++) p->v[i] = (fair_vertex){.id = w->m->tri[3 * (size_t)order[i / 3] + i % 3]};
    qsort(p->v, 3 * p->n, sizeof *p->v, fair_by_id);
    for (size_t i = 0; i < 3 * p->n; i++)
        if (!i || p->v[i].id != p->v[p->nv - 1].id) p->v[p->nv++] = p->v[i];
    p->border = p->nv;
    for (size_t i = 0; i < p->nv; i++) {
        for (int k = 0; k < 3; k++) p->v[i].p[k] = lm_vec_at(w->m, p->v[i].id)[k];
        p->v[i].s = fair_edge(w, p->v[i].id);
    }
    for (size_t i = 0; i < p->n; i++)
        for (uint32_t k = 0; k < 3; k++) {
            p->t[i].v[k] = fair_own(p, w->m->tri[3 * (size_t)order[i] + k]);
            p->v[p->t[i].v[k]].at = (uint32_t)i;
            p->t[i].to[k] = FAIR_NONE;
        }
    p->nt = p->n;
    return LM_OK;
}

/* Who is whose neighbour: the patch's triangles are few or in a tree-like order, so half-edges are sorted. */
typedef struct {
    uint32_t lo, hi, half;
} fair_half;

static int fair_by_ends(const void *a, const void *b)
{
    const fair_half *p = a, *q = b;
    if (p->lo != q->lo) return p->lo < q->lo ? -1 : 1;
    if (p->hi != q->hi) return p->hi < q->hi ? -1 : 1;
    return (p->half > q->half) - (p->half < q->half);
}

static lm_status fair_link(fair_patch *p, lm_err *err)
{
    fair_half *h = lm_mem_alloc(3 * p->nt, sizeof *h, err);
    if (!h) return LM_ENOMEM;
    for (uint32_t i = 0; i < 3 * p->nt; i++) {
        uint32_t a = p->t[i / 3].v[i % 3], b = p->t[i / 3].v[(i + 1) % 3];
        h[i] = a < b ? (fair_half){a, b, i} : (fair_half){b, a, i};
    }
    qsort(h, 3 * p->nt, sizeof *h, fair_by_ends);
    for (size_t i = 0; i + 1 < 3 * p->nt; i++) {
        if (h[i].lo != h[i + 1].lo || h[i].hi != h[i + 1].hi) continue;
        p->t[h[i].half / 3].to[h[i].half % 3] = h[i + 1].half / 3;
        p->t[h[i + 1].half / 3].to[h[i + 1].half % 3] = h[i].half / 3;
    }
    free(h);
    return LM_OK;
}

/* Does the patch meet its border at an angle, in the mean over its length? */
static bool fair_creased(const fair_work *w, const fair_patch *p)
{
    double sum = 0, length = 0, n[2][3], d[3];
    for (size_t i = 0; i < p->n; i++) {
        uint32_t t = w->order[p->first + i];
        const uint32_t *v = w->m->tri + 3 * (size_t)t;
        lm_vec_normal(lm_vec_at(w->m, v[0]), lm_vec_at(w->m, v[1]), lm_vec_at(w->m, v[2]), n[0]);
        for (int k = 0; k < 3; k++) {
            uint32_t h = w->mate[3 * (size_t)t + k];
            if (h >= LM_TOPO_MANY || h / 3 >= w->first) continue;
            const uint32_t *u = w->m->tri + 3 * (size_t)(h / 3);
            lm_vec_normal(lm_vec_at(w->m, u[0]), lm_vec_at(w->m, u[1]), lm_vec_at(w->m, u[2]), n[1]);
            lm_vec_sub(lm_vec_at(w->m, v[k]), lm_vec_at(w->m, v[(k + 1) % 3]), d);
            double len = sqrt(lm_vec_dot(d, d));
            sum += len * (1 - lm_vec_dot(n[0], n[1]));
            length += len;
        }
    }
    return sum >= FAIR_CREASE * length;
}

/* ---- finer ---- */

static void fair_cross(const fair_patch *p, uint32_t a, uint32_t b, uint32_t c, double n[3])
{
    double u[3], v[3];
    for (int k = 0; k < 3; k++) u[k] = p->v[b].p[k] - p->v[a].p[k], v[k] = p->v[c].p[k] - p->v[a].p[k];
    lm_vec_cross(u, v, n);
}

static int fair_side(const fair_patch *p, uint32_t t, uint32_t u)
{
    return p->t[t].to[0] == u ? 0 : p->t[t].to[1] == u ? 1 : 2;
}

static void fair_relink(fair_patch *p, uint32_t t, uint32_t from, uint32_t to)
{
    if (t != FAIR_NONE) p->t[t].to[fair_side(p, t, from)] = to;
}

/* Twice the cosine and the sine, times both sides, of the angle at a. */
static void fair_angle(const fair_patch *p, uint32_t a, uint32_t b, uint32_t c, double *cosine, double *sine)
{
    double u[3], v[3], n[3];
    for (int k = 0; k < 3; k++) u[k] = p->v[b].p[k] - p->v[a].p[k], v[k] = p->v[c].p[k] - p->v[a].p[k];
    lm_vec_cross(u, v, n);
    *cosine = lm_vec_dot(u, v);
    *sine = sqrt(lm_vec_dot(n, n));
}

/* Is there an edge from c to d in the patch? c lies inside. */
static bool fair_joined(const fair_patch *p, uint32_t c, uint32_t d)
{
    uint32_t t = p->v[c].at, first = t;
    do {
        int k = p->t[t].v[0] == c ? 0 : p->t[t].v[1] == c ? 1 : 2;
        if (p->t[t].v[(k + 1) % 3] == d) return true;
        t = p->t[t].to[(k + 2) % 3];
    } while (t != first && t != FAIR_NONE);
    return t == FAIR_NONE;
}

/* Exchange the diagonal over edge i of t when the angles opposite to it make more than 180 degrees and nothing folds. */
static bool fair_flip(fair_patch *p, uint32_t t, int i)
{
    uint32_t u = p->t[t].to[i];
    if (u == FAIR_NONE) return false;
    int j = fair_side(p, u, t), i1 = (i + 1) % 3, i2 = (i + 2) % 3, j1 = (j + 1) % 3, j2 = (j + 2) % 3;
    fair_tri x = p->t[t], y = p->t[u];
    uint32_t a = x.v[i], b = x.v[i1], c = x.v[i2], d = y.v[j2];
    double cc, sc, cd, sd, n[4][3], sum[3];
    fair_angle(p, c, a, b, &cc, &sc);
    fair_angle(p, d, a, b, &cd, &sd);
    if (cc * sd + sc * cd >= -1e-9 * (fabs(cc * sd) + fabs(sc * cd))) return false;
    if (c < p->border && d < p->border) return false; /* the mesh may have that edge */
    if (c >= p->border ? fair_joined(p, c, d) : fair_joined(p, d, c)) return false;
    fair_cross(p, a, b, c, n[0]);
    fair_cross(p, b, a, d, n[1]);
    fair_cross(p, a, d, c, n[2]);
    fair_cross(p, d, b, c, n[3]);
    for (int k = 0; k < 3; k++) sum[k] = n[0][k] + n[1][k];
    if (lm_vec_dot(n[2], sum) <= 0 || lm_vec_dot(n[3], sum) <= 0) return false;
    p->t[t] = (fair_tri){{a, d, c}, {y.to[j1], u, x.to[i2]}};
    p->t[u] = (fair_tri){{d, b, c}, {y.to[j2], x.to[i1], t}};
    fair_relink(p, y.to[j1], u, t);
    fair_relink(p, x.to[i1], t, u);
    p->v[a].at = p->v[d].at = p->v[c].at = t;
    p->v[b].at = u;
    return true;
}

/* Split t at its middle when that is far from its corners for the edges wanted there. */
static lm_status fair_split(fair_patch *p, uint32_t t, bool *split, lm_err *err)
{
    fair_tri x = p->t[t];
    fair_vertex c = {.id = FAIR_NONE, .s = INFINITY};
    double far[3], d[3];
    *split = false;
    for (int i = 0; i < 3; i++)
        for (int k = 0; k < 3; k++) c.p[k] += p->v[x.v[i]].p[k] / 3;
    for (int i = 0; i < 3; i++) {
        for (int k = 0; k < 3; k++) d[k] = p->v[x.v[i]].p[k] - c.p[k];
        far[i] = sqrt(lm_vec_dot(d, d));
        double s = p->v[x.v[i]].s + FAIR_GROWTH * far[i];
        if (s < c.s) c.s = s;
    }
    const double root2 = 1.4142135623730951;
    for (int i = 0; i < 3; i++)
        if (root2 * far[i] <= c.s || root2 * far[i] <= p->v[x.v[i]].s) return LM_OK;
    if (p->nv - p->border >= FAIR_VERTICES) return LM_OK;
    lm_status rc = lm_mem_grow(&p->v, &p->cap_v, p->nv + 1, sizeof *p->v, err);
    if (rc || (rc = lm_mem_grow(&p->t, &p->cap_t, p->nt + 2, sizeof *p->t, err))) return rc;
    uint32_t v = (uint32_t)p->nv++, u = (uint32_t)p->nt, r = u + 1;
    p->nt += 2;
    c.at = t;
    p->v[v] = c;
    p->t[t] = (fair_tri){{x.v[0], x.v[1], v}, {x.to[0], u, r}};
    p->t[u] = (fair_tri){{x.v[1], x.v[2], v}, {x.to[1], r, t}};
    p->t[r] = (fair_tri){{x.v[2], x.v[0], v}, {x.to[2], t, u}};
    fair_relink(p, x.to[1], t, u);
    fair_relink(p, x.to[2], t, r);
    p->v[x.v[0]].at = p->v[x.v[1]].at = t;
    p->v[x.v[2]].at = u;
    *split = true;
    return LM_OK;
}

static lm_status fair_refine(fair_patch *p, lm_err *err)
{
    bool some = true, split;
    lm_status rc = LM_OK;
    for (int pass = 0; pass < FAIR_PASSES && some && !rc; pass++) {
        some = false;
        for (uint32_t t = 0, n = (uint32_t)p->nt; t < n && !rc; t++) {
            rc = fair_split(p, t, &split, err);
            some |= split;
        }
        bool flipped = true;
        for (int turn = 0; turn < FAIR_PASSES && flipped; turn++) {
            flipped = false;
            for (uint32_t t = 0; t < p->nt; t++)
                for (int i = 0; i < 3; i++) flipped |= fair_flip(p, t, i);
        }
    }
    return rc;
}

/* ---- smoother ---- */

/* Rows of the Laplacian, one for each vertex of the patch: sum of weight * (place of vertex - own place), by 1 / (mean edge)^2. */
typedef struct {
    size_t n; /* rows */
    size_t *start;
    uint32_t *vertex; /* places of them: below n those of the patch, else of `known` */
    double *weight, *scale;
    size_t terms, cap_vertex, cap_weight;
    double (*known)[3];
    size_t nk, cap_known;
} fair_rows;

static lm_status fair_term(fair_rows *r, uint32_t vertex, double weight, lm_err *err)
{
    lm_status rc = lm_mem_grow(&r->vertex, &r->cap_vertex, r->terms + 1, sizeof *r->vertex, err);
    if (rc || (rc = lm_mem_grow(&r->weight, &r->cap_weight, r->terms + 1, sizeof *r->weight, err))) return rc;
    r->vertex[r->terms] = vertex;
    r->weight[r->terms++] = weight;
    return LM_OK;
}

/* The triangle with corner i at p[0] adds its two other corners to the row. */
static lm_status fair_corner(fair_rows *r, const double *const p[3], const uint32_t v[2], double *edge, lm_err *err)
{
    double u[2][3], n[3], len[2];
    for (int j = 0; j < 2; j++) {
        for (int k = 0; k < 3; k++) u[j][k] = p[j + 1][k] - p[0][k];
        len[j] = sqrt(lm_vec_dot(u[j], u[j]));
    }
    lm_vec_cross(u[0], u[1], n);
    double sine = sqrt(lm_vec_dot(n, n)), below = len[0] * len[1] + lm_vec_dot(u[0], u[1]);
    double half = below > 1e-6 * len[0] * len[1] ? sine / below : 0; /* tangent of half the angle; none of a flat corner */
    lm_status rc = LM_OK;
    for (int j = 0; j < 2 && !rc; j++) {
        if (len[j] > 0) rc = fair_term(r, v[j], half / len[j], err);
        *edge += half * len[j];
    }
    return rc;
}

static lm_status fair_row(const fair_work *w, const fair_patch *p, fair_rows *r, const size_t *around, const uint32_t *corner,
                          uint32_t i, lm_err *err)
{
    lm_status rc = LM_OK;
    double edge = 0, sum = 0, out[2][3];
    r->start[i] = r->terms;
    for (size_t q = around[i]; q < around[i + 1] && !rc; q++) {
        const uint32_t *v = p->t[corner[q] / 3].v;
        uint32_t k = corner[q] % 3, o[2] = {v[(k + 1) % 3], v[(k + 2) % 3]};
        rc = fair_corner(r, (const double *const[3]){p->v[i].p, p->v[o[0]].p, p->v[o[1]].p}, o, &edge, err);
    }
    for (uint32_t q = i < p->border ? w->c->start[p->v[i].id] : 0; i < p->border && q < w->c->start[p->v[i].id + 1] && !rc; q++) {
        uint32_t t = w->c->corner[q] / 3, k = w->c->corner[q] % 3, o[2];
        if (t >= w->first) continue;
        if ((rc = lm_mem_grow(&r->known, &r->cap_known, r->nk + 2, sizeof *r->known, err))) return rc;
        for (uint32_t j = 0; j < 2; j++) {
            const float *at = lm_vec_at(w->m, w->m->tri[3 * (size_t)t + (k + j + 1) % 3]);
            for (int x = 0; x < 3; x++) r->known[r->nk][x] = out[j][x] = at[x];
            o[j] = (uint32_t)(r->n + r->nk++);
        }
        rc = fair_corner(r, (const double *const[3]){p->v[i].p, out[0], out[1]}, o, &edge, err);
    }
    for (size_t q = r->start[i]; q < r->terms; q++) sum += r->weight[q];
    for (size_t q = r->start[i]; q < r->terms && sum > 0; q++) r->weight[q] /= sum;
    r->scale[i] = sum > 0 && edge > 0 ? sum / edge : 0;
    return rc;
}

/* y = the gradient, of vertices put in, of half the sum of squares at x (all coordinates of one axis); row: scratch. */
static void fair_apply(const fair_rows *r, size_t border, const double *x, const double (*known)[3], int axis, double *row,
                       double *y)
{
    for (size_t i = 0; i < r->n; i++) {
        double u = -x[i];
        for (size_t q = r->start[i]; q < r->start[i + 1]; q++)
            u += r->weight[q] * (r->vertex[q] < r->n ? x[r->vertex[q]] : known ? known[r->vertex[q] - r->n][axis] : 0);
        row[i] = r->start[i + 1] > r->start[i] ? u * r->scale[i] : 0;
    }
    memset(y, 0, r->n * sizeof *y);
    for (size_t i = 0; i < r->n; i++) {
        y[i] -= row[i];
        for (size_t q = r->start[i]; q < r->start[i + 1]; q++)
            if (r->vertex[q] < r->n) y[r->vertex[q]] += r->weight[q] * row[i];
    }
    memset(y, 0, border * sizeof *y);
}

/* One axis by conjugate gradients (Hestenes and Stiefel 1952) with the diagonal for a preconditioner. s: 7 * n doubles. */
static void fair_solve(const fair_rows *r, fair_patch *p, int axis, double *s)
{
    size_t n = r->n;
    double *x = s, *g = s + n, *d = s + 2 * n, *y = s + 3 * n, *row = s + 4 * n, *diag = s + 5 * n, *z = s + 6 * n;
    memset(diag, 0, n * sizeof *diag);
    for (size_t i = 0; i < n; i++) {
        x[i] = p->v[i].p[axis];
        diag[i] += r->scale[i];
        for (size_t q = r->start[i]; q < r->start[i + 1]; q++)
            if (r->vertex[q] < n) diag[r->vertex[q]] += r->weight[q] * r->weight[q] * r->scale[i];
    }
    fair_apply(r, p->border, x, (const double(*)[3])r->known, axis, row, g);
    double rz = 0, stop;
    for (size_t i = p->border; i < n; i++) z[i] = diag[i] > 0 ? g[i] / diag[i] : 0, d[i] = -z[i], rz += g[i] * z[i];
    memset(d, 0, p->border * sizeof *d);
    stop = 1e-14 * rz;
    for (int step = 0; step < FAIR_STEPS && rz > stop; step++) {
        double dy = 0, next = 0;
        fair_apply(r, p->border, d, NULL, axis, row, y);
        for (size_t i = p->border; i < n; i++) dy += d[i] * y[i];
        if (!(dy > 0)) break;
        double a = rz / dy;
        for (size_t i = p->border; i < n; i++) {
            x[i] += a * d[i];
            g[i] += a * y[i];
            z[i] = diag[i] > 0 ? g[i] / diag[i] : 0;
            next += g[i] * z[i];
        }
        for (size_t i = p->border; i < n; i++) d[i] = -z[i] + next / rz * d[i];
        rz = next;
    }
    for (size_t i = p->border; i < n; i++) p->smooth[3 * (i - p->border) + (size_t)axis] = (float)x[i];
}

static lm_status fair_smooth(const fair_work *w, fair_patch *p, lm_err *err)
{
    fair_rows r = {.n = p->nv};
    size_t *around = lm_mem_calloc(p->nv + 2, sizeof *around, err);
    uint32_t *corner = lm_mem_alloc(3 * p->nt, sizeof *corner, err);
    double *scratch = lm_mem_alloc(7 * p->nv, sizeof *scratch, err);
    lm_status rc = LM_ENOMEM;
    if (!around || !corner || !scratch || !(r.start = lm_mem_alloc(p->nv + 1, sizeof *r.start, err)) ||
        !(r.scale = lm_mem_alloc(p->nv, sizeof *r.scale, err)))
        goto done;
    rc = LM_OK;
    for (size_t i = 0; i < 3 * p->nt; i++) around[p->t[i / 3].v[i % 3] + 2]++;
    for (size_t i = 2; i < p->nv + 2; i++) around[i] += around[i - 1];
    for (uint32_t i = 0; i < 3 * p->nt; i++) corner[around[p->t[i / 3].v[i % 3] + 1]++] = i;
    for (uint32_t i = 0; i < p->nv && !rc; i++) rc = fair_row(w, p, &r, around, corner, i, err);
    r.start[p->nv] = r.terms;
    for (int axis = 0; axis < 3 && !rc; axis++) fair_solve(&r, p, axis, scratch);
done:
    free(around);
    free(corner);
    free(scratch);
    free(r.start);
    free(r.vertex);
    free(r.weight);
    free(r.scale);
    free(r.known);
    return rc;
}

static lm_status fair_task(void *ctx, size_t task, int worker, lm_err *err)
{
    fair_work *w = ctx;
    fair_patch *p = &w->patch[task];
    (void)worker;
    if (fair_creased(w, p)) return LM_OK;
    lm_status rc = fair_begin(w, p, err);
    if (rc || (rc = fair_link(p, err)) || (rc = fair_refine(p, err)) || p->nv == p->border) return rc;
    size_t n = p->nv - p->border;
    if (!(p->smooth = lm_mem_alloc(n, 3 * sizeof *p->smooth, err)) || !(p->fine = lm_mem_alloc(n, 3 * sizeof *p->fine, err)))
        return LM_ENOMEM;
    for (size_t i = 0; i < 3 * n; i++) p->fine[i] = (float)p->v[p->border + i / 3].p[i % 3];
    if ((rc = fair_smooth(w, p, err))) return rc;
    p->level = FAIR_SMOOTH;
    for (size_t i = 0; i < 3 * n; i++)
        if (!isfinite(p->smooth[i])) p->level = FAIR_FINE;
    return LM_OK;
}

/* ---- all together ---- */

/* The mesh with the patches as they are now; owner: of each triangle from w->first on. */
static lm_status fair_assemble(const fair_work *w, lm_mesh *out, uint32_t *owner, lm_err *err)
{
    size_t nv = w->m->nv, nt = w->first;
    for (size_t i = 0; i < w->patches; i++) {
        const fair_patch *p = &w->patch[i];
        bool was = p->level == FAIR_AS_IT_WAS;
        nv += was ? 0 : p->nv - p->border;
        nt += was ? p->n : p->nt;
    }
    lm_status rc = lm_mesh_alloc(out, nv, nt, err);
    if (rc) return rc;
    memcpy(out->pos, w->m->pos, 3 * w->m->nv * sizeof *out->pos);
    memcpy(out->tri, w->m->tri, 3 * w->first * sizeof *out->tri);
    nv = w->m->nv;
    nt = w->first;
    for (size_t i = 0; i < w->patches; i++) {
        const fair_patch *p = &w->patch[i];
        if (p->level == FAIR_AS_IT_WAS) {
            for (size_t t = 0; t < p->n; t++, nt++) {
                memcpy(out->tri + 3 * nt, w->m->tri + 3 * (size_t)w->order[p->first + t], 3 * sizeof *out->tri);
                owner[nt - w->first] = (uint32_t)i;
            }
            continue;
        }
        for (size_t t = 0; t < p->nt; t++, nt++) {
            for (int k = 0; k < 3; k++) {
                uint32_t v = p->t[t].v[k];
                out->tri[3 * nt + (size_t)k] = v < p->border ? p->v[v].id : (uint32_t)(nv + v - p->border);
            }
            owner[nt - w->first] = (uint32_t)i;
        }
        size_t n = p->nv - p->border;
        memcpy(out->pos + 3 * nv, p->level == FAIR_SMOOTH ? p->smooth : p->fine, 3 * n * sizeof *out->pos);
        nv += n;
    }
    return LM_OK;
}

typedef struct {
    const lm_mesh *all;
    size_t first;
    uint32_t t, other; /* other: what it meets */
} fair_meet;

static bool fair_meets(void *ctx, uint32_t u)
{
    fair_meet *x = ctx;
    if (u == x->t || (u >= x->first && u > x->t)) return false;
    x->other = u;
    return lm_clash_pair(x->all, x->all->tri + 3 * (size_t)x->t, x->all->tri + 3 * (size_t)u, NULL);
}

/* Patches that meet something step back; *again: some did. */
static lm_status fair_judge(fair_work *w, const lm_mesh *all, const uint32_t *owner, int threads, bool *again, lm_err *err)
{
    unsigned char *flat = lm_mem_alloc(all->nt, 1, err);
    lm_bvh tree = LM_BVH_INIT;
    *again = false;
    if (!flat) return LM_ENOMEM;
    for (size_t t = 0; t < all->nt; t++) flat[t] = lm_clash_flat(all, all->tri + 3 * t);
    lm_status rc = lm_bvh_build(all, flat, threads, &tree, err);
    for (uint32_t t = (uint32_t)w->first; t < all->nt && !rc; t++) {
        fair_patch *p = &w->patch[owner[t - w->first]];
        fair_meet x = {all, w->first, t, t};
        float lo[3], hi[3];
        lm_bvh_tri_box(all, t, lo, hi);
        if (!flat[t] && !lm_clash_walk(&tree, lo, hi, fair_meets, &x)) continue;
        if (p->level == FAIR_AS_IT_WAS) { /* the other one has to */
            if (x.other < w->first) continue;
            p = &w->patch[owner[x.other - w->first]];
            if (p->level == FAIR_AS_IT_WAS) continue;
        }
        p->level++;
        *again = true;
        while (t + 1 < all->nt && owner[t + 1 - w->first] == owner[t - w->first]) t++;
    }
    lm_bvh_release(&tree);
    free(flat);
    return rc;
}

/* What is known of the border's vertices goes to those put in, as a mean. */
static lm_status fair_quality(const fair_work *w, lm_mesh *m, size_t nv, lm_err *err)
{
    size_t at = m->nv, cap = at;
    if (!m->quality) return LM_OK;
    lm_status rc = lm_mem_grow(&m->quality, &cap, nv, sizeof *m->quality, err);
    for (size_t i = 0; i < w->patches && !rc; i++) {
        const fair_patch *p = &w->patch[i];
        double sum = 0;
        if (p->level == FAIR_AS_IT_WAS) continue;
        for (size_t v = 0; v < p->border; v++) sum += m->quality[p->v[v].id];
        for (size_t v = p->border; v < p->nv; v++) m->quality[at++] = (float)(sum / (double)p->border);
    }
    return rc;
}

static lm_status fair_settle(fair_work *w, lm_mesh *m, int threads, lm_fair *out, lm_spots *where, lm_err *err)
{
    size_t most = 1;
    for (size_t i = 0; i < w->patches; i++) most += w->patch[i].nt > w->patch[i].n ? w->patch[i].nt : w->patch[i].n;
    uint32_t *owner = lm_mem_alloc(most, sizeof *owner, err);
    lm_mesh all = LM_MESH_INIT;
    bool again = true;
    lm_status rc = owner ? LM_OK : LM_ENOMEM;
    while (again && !rc) {
        lm_mesh_release(&all);
        if (!(rc = fair_assemble(w, &all, owner, err))) rc = fair_judge(w, &all, owner, threads, &again, err);
    }
    free(owner);
    if (!rc) {
        size_t at = m->nv;
        for (size_t i = 0; i < w->patches; i++) {
            const fair_patch *p = &w->patch[i];
            if (p->level == FAIR_AS_IT_WAS) continue;
            out->patches++;
            if (p->nv > p->border) lm_spots_add(where, all.pos + 3 * at);
            at += p->nv - p->border;
        }
        out->vertices = all.nv - m->nv;
    }
    if (rc || !out->patches || (rc = fair_quality(w, m, all.nv, err))) {
        lm_mesh_release(&all);
        return rc;
    }
    free(m->pos);
    free(m->tri);
    m->pos = all.pos;
    m->tri = all.tri;
    m->nv = all.nv;
    m->nt = all.nt;
    return LM_OK;
}

lm_status lm_fair_run(lm_mesh *m, size_t first, int threads, lm_fair *out, lm_spots *where, lm_err *err)
{
    lm_topo_corners c = LM_TOPO_CORNERS_INIT;
    fair_work w = {.m = m, .first = first, .c = &c};
    uint32_t *mate = NULL;
    *out = (lm_fair){.patches = 0};
    if (first == m->nt) return LM_OK;
    threads = lm_pool_threads(threads);
    lm_status rc = lm_topo_corners_make(m, NULL, &c, err);
    if (!rc && !(mate = lm_mem_alloc(3 * m->nt, sizeof *mate, err))) rc = LM_ENOMEM;
    w.mate = mate;
    bool some = false;
    if (!rc && !(rc = lm_topo_mates(m, &c, mate, err)) && !(rc = fair_gather(&w, err)))
        rc = lm_pool_run(threads, w.patches, fair_task, &w, err);
    for (size_t i = 0; i < w.patches; i++) some |= w.patch[i].level != FAIR_AS_IT_WAS;
    if (!rc && some) rc = fair_settle(&w, m, threads, out, where, err);
    for (size_t i = 0; i < w.patches; i++) {
        free(w.patch[i].t);
        free(w.patch[i].v);
        free(w.patch[i].smooth);
        free(w.patch[i].fine);
    }
    free(w.patch);
    free(w.order);
    free(mate);
    lm_topo_corners_release(&c);
    return rc;
}
