/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "diff/contain.h"
#include "base/mem.h"
#include "base/pool.h"
#include "surface/predicates.h"
#include "surface/side.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CONTAIN_BLOCK = 512 };

typedef struct {
    double d2;
    double at[3], to[3]; /* on b, on a */
    uint32_t tri;        /* of b; LM_NEAREST_NONE: nothing yet */
} contain_pair;

typedef struct {
    contain_pair least;
    uint32_t meets; /* lowest triangle of b that meets a, or LM_NEAREST_NONE */
    double out;     /* greatest distance outside */
    size_t out_at;
    bool apart; /* a corner is on the wrong side */
} contain_block;

typedef struct {
    const lm_mesh *m[2];
    const lm_nearest *tree; /* of both */
    const lm_side *side;
    int own;
    bool *used[2]; /* of each vertex: a triangle names it */
    double *d;     /* of each corner of b from a */
    double most2;
    contain_block *block;
} contain_work;

/* ---- corners ---- */

static lm_status contain_corner_task(void *ctx, size_t task, int worker, lm_err *err)
{
    (void)worker;
    (void)err;
    const contain_work *w = ctx;
    const lm_mesh *m = w->m[w->own];
    contain_block *b = &w->block[task];
    uint32_t hint = LM_NEAREST_NONE;
    b->least = (contain_pair){.d2 = INFINITY, .tri = LM_NEAREST_NONE};
    for (size_t v = task * CONTAIN_BLOCK; v < m->nv && v < (task + 1) * CONTAIN_BLOCK; v++) {
        const double p[3] = {m->pos[3 * v], m->pos[3 * v + 1], m->pos[3 * v + 2]};
        lm_nearest_hit h;
        if (!w->used[w->own][v]) continue;
        lm_nearest_find(&w->tree[1 - w->own], p, INFINITY, hint, &h);
        hint = h.tri;
        const int side = lm_side_of(&w->side[1 - w->own], p, &h);
        if (side != (w->own ? -1 : 1)) b->apart = true;
        if (w->own) w->d[v] = sqrt(h.d2);
        if (w->own && side > 0 && h.d2 > b->out * b->out) b->out = sqrt(h.d2), b->out_at = v;
        if (!(h.d2 < b->least.d2)) continue;
        b->least.d2 = h.d2;
        b->least.tri = (uint32_t)v;
        memcpy(w->own ? b->least.at : b->least.to, p, sizeof p);
        memcpy(w->own ? b->least.to : b->least.at, h.q, sizeof h.q);
    }
    return LM_OK;
}

/* ---- triangles ---- */

/* The nearest points of two segments p0 p1, q0 q1. */
static double contain_segments(const double p0[3], const double p1[3], const double q0[3], const double q1[3], double x[3],
                               double y[3])
{
    double a = 0, b = 0, c = 0, e = 0, f = 0, d2 = 0;
    for (int k = 0; k < 3; k++) {
        const double u = p1[k] - p0[k], v = q1[k] - q0[k], r = p0[k] - q0[k];
        a += u * u, b += u * v, e += v * v, c += u * r, f += v * r;
    }
    const double det = a * e - b * b;
    double s = det > 0 ? (b * f - c * e) / det : 0;
    s = s < 0 ? 0 : s > 1 ? 1 : s;
    double t = (b * s + f) / e;
    if (t < 0) t = 0, s = -c / a;
    else if (t > 1) t = 1, s = (b - c) / a;
    s = s < 0 ? 0 : s > 1 ? 1 : s;
    for (int k = 0; k < 3; k++) {
        x[k] = p0[k] + s * (p1[k] - p0[k]);
        y[k] = q0[k] + t * (q1[k] - q0[k]);
        d2 += (x[k] - y[k]) * (x[k] - y[k]);
    }
    return d2;
}

static void contain_better(contain_pair *l, double d2, const double at[3], const double to[3], uint32_t tri)
{
    if (!(d2 < l->d2)) return;
    l->d2 = d2;
    l->tri = tri;
    memcpy(l->at, at, sizeof l->at);
    memcpy(l->to, to, sizeof l->to);
}

/* Triangles that do not meet; corners against triangles are done already. */
static void contain_sides(const float *const b[3], const float *const a[3], uint32_t t, contain_pair *l)
{
    double p[3][3], q[3][3], x[3], y[3];
    for (int i = 0; i < 3; i++)
        for (int k = 0; k < 3; k++) p[i][k] = b[i][k], q[i][k] = a[i][k];
    for (int i = 0; i < 9; i++) {
        const double d2 = contain_segments(p[i / 3], p[(i / 3 + 1) % 3], q[i % 3], q[(i % 3 + 1) % 3], x, y);
        contain_better(l, d2, x, y, t);
    }
}

static bool contain_meet(const float *const b[3], const float *const a[3])
{
    for (int i = 0; i < 9; i++)
        if (!memcmp(b[i / 3], a[i % 3], 3 * sizeof(float))) return true;
    return lm_predicates_pair(b, (const uint32_t[3]){0, 1, 2}, a, (const uint32_t[3]){3, 4, 5});
}

static void contain_corners(const lm_mesh *m, size_t t, const float *p[3])
{
    for (size_t i = 0; i < 3; i++) p[i] = m->pos + 3 * (size_t)m->tri[3 * t + i];
}

/* Triangle t of b against all of a that may be as near as the best so far. */
static void contain_triangle(const contain_work *w, uint32_t t, contain_block *o)
{
    const lm_bvh *tree = &w->tree[0].bvh;
    const float *b[3], *a[3];
    float lo[3], hi[3];
    uint32_t stack[LM_BVH_DEPTH];
    int top = 0;
    lm_bvh_tri_box(w->m[1], t, lo, hi);
    contain_corners(w->m[1], t, b);
    for (stack[top++] = 0; top;) {
        const uint32_t at = stack[--top];
        const lm_bvh_node *n = tree->node + at;
        double d2 = 0;
        for (int k = 0; k < 3; k++) {
            const double below = (double)lo[k] - n->hi[k], above = (double)n->lo[k] - hi[k], d = fmax(0, fmax(below, above));
            d2 += d * d;
        }
        if (d2 * (1 - 0x1p-40) > o->least.d2) continue;
        if (!n->n) {
            stack[top++] = n->at;
            stack[top++] = at + 1;
            continue;
        }
        for (uint32_t i = n->at; i < n->at + n->n; i++) {
            contain_corners(w->m[0], tree->item[i], a);
            if (d2 == 0 && o->meets == LM_NEAREST_NONE && contain_meet(b, a)) o->meets = t;
            contain_sides(b, a, t, &o->least);
        }
    }
}

static lm_status contain_triangle_task(void *ctx, size_t task, int worker, lm_err *err)
{
    (void)worker;
    (void)err;
    const contain_work *w = ctx;
    const lm_mesh *m = w->m[1];
    contain_block *o = &w->block[task];
    o->meets = LM_NEAREST_NONE;
    o->least = (contain_pair){.d2 = w->most2, .tri = LM_NEAREST_NONE};
    for (size_t t = task * CONTAIN_BLOCK; t < m->nt && t < (task + 1) * CONTAIN_BLOCK && o->meets == LM_NEAREST_NONE; t++) {
        double least = 0; /* no point of the triangle is nearer: the distance changes by no more than the way from a corner */
        for (size_t i = 0; i < 3; i++) {
            double far2 = 0;
            const float *p = m->pos + 3 * (size_t)m->tri[3 * t + i];
            for (size_t j = 1; j < 3; j++) {
                const float *q = m->pos + 3 * (size_t)m->tri[3 * t + (i + j) % 3];
                double d2 = 0;
                for (int k = 0; k < 3; k++) d2 += ((double)p[k] - q[k]) * ((double)p[k] - q[k]);
                far2 = fmax(far2, d2);
            }
            least = fmax(least, w->d[m->tri[3 * t + i]] - sqrt(far2));
        }
        if (least <= 0 || least * least * (1 - 0x1p-40) <= o->least.d2) contain_triangle(w, (uint32_t)t, o);
    }
    return LM_OK;
}

/* ---- all together ---- */

static lm_status contain_corners_all(contain_work *w, int threads, contain_pair *least, lm_contain *out, lm_err *err)
{
    out->inside = true;
    for (w->own = 1; w->own >= 0; w->own--) {
        const size_t blocks = (w->m[w->own]->nv - 1) / CONTAIN_BLOCK + 1;
        if (!(w->block = lm_mem_calloc(blocks, sizeof *w->block, err))) return LM_ENOMEM;
        lm_status rc = lm_pool_run(threads, blocks, contain_corner_task, w, err);
        for (size_t i = 0; i < blocks && !rc; i++) {
            const contain_block *b = &w->block[i];
            contain_better(least, b->least.d2, b->least.at, b->least.to, LM_NEAREST_NONE);
            if (b->apart) out->inside = false;
            if (!(b->out > out->out)) continue;
            out->out = b->out;
            for (size_t k = 0; k < 3; k++) out->out_at[k] = w->m[1]->pos[3 * b->out_at + k];
        }
        free(w->block);
        w->block = NULL;
        if (rc) return rc;
    }
    return LM_OK;
}

static lm_status contain_triangles_all(contain_work *w, int threads, contain_pair *least, lm_contain *out, lm_err *err)
{
    const size_t blocks = (w->m[1]->nt - 1) / CONTAIN_BLOCK + 1;
    uint32_t meets = LM_NEAREST_NONE;
    w->most2 = least->d2;
    if (!(w->block = lm_mem_calloc(blocks, sizeof *w->block, err))) return LM_ENOMEM;
    lm_status rc = lm_pool_run(threads, blocks, contain_triangle_task, w, err);
    for (size_t i = 0; i < blocks && !rc; i++) {
        const contain_block *b = &w->block[i];
        contain_better(least, b->least.d2, b->least.at, b->least.to, b->least.tri);
        if (meets == LM_NEAREST_NONE) meets = b->meets;
    }
    free(w->block);
    if (rc) return rc;
    memcpy(out->at, least->at, sizeof out->at);
    memcpy(out->to, least->to, sizeof out->to);
    out->meet = meets != LM_NEAREST_NONE;
    if (out->meet) {
        const float *p[3];
        contain_corners(w->m[1], meets, p);
        for (int k = 0; k < 3; k++) out->at[k] = out->to[k] = ((double)p[0][k] + p[1][k] + p[2][k]) / 3;
        out->inside = false;
        return LM_OK;
    }
    const lm_nearest *n = w->tree;
    double extent = 0;
    for (int i = 0; i < 2; i++)
        for (int k = 0; k < 3; k++) extent = fmax(extent, fmax(fabs(n[i].lo[k]), fabs(n[i].hi[k])));
    const double d = sqrt(least->d2), u = 1e-12 * d + 0x1p-46 * extent;
    out->lower = fmax(0, d - u);
    out->upper = d + u;
    return LM_OK;
}

lm_status lm_contain_run(const lm_mesh *a, const lm_mesh *b, int threads, lm_contain *out, lm_err *err)
{
    lm_nearest tree[2] = {LM_NEAREST_INIT, LM_NEAREST_INIT};
    lm_side side[2] = {LM_SIDE_INIT, LM_SIDE_INIT};
    contain_work w = {.m = {a, b}, .tree = tree, .side = side};
    contain_pair least = {.d2 = INFINITY};
    lm_status rc = LM_OK;
    threads = lm_pool_threads(threads);
    *out = (lm_contain){.lower = 0};
    if (!a->nt || !b->nt)
        return lm_err_set(err, LM_ERULE, NULL, "the %s mesh has no triangles: it is no solid", a->nt ? "second" : "first");
    for (int i = 0; i < 2 && !rc; i++)
        if (!(rc = lm_nearest_build(w.m[i], threads, &tree[i], err))) rc = lm_side_make(w.m[i], &side[i], err);
    for (int i = 0; i < 2 && !rc; i++) {
        if (!(w.used[i] = lm_mem_calloc(w.m[i]->nv, sizeof(bool), err))) rc = LM_ENOMEM;
        for (size_t c = 0; c < 3 * w.m[i]->nt && !rc; c++) w.used[i][w.m[i]->tri[c]] = true;
    }
    if (!rc && !(w.d = lm_mem_alloc(b->nv, sizeof *w.d, err))) rc = LM_ENOMEM;
    if (!rc) rc = contain_corners_all(&w, threads, &least, out, err);
    if (!rc) rc = contain_triangles_all(&w, threads, &least, out, err);
    free(w.d);
    for (int i = 0; i < 2; i++) {
        free(w.used[i]);
        lm_nearest_release(&tree[i]);
        lm_side_release(&side[i]);
    }
    return rc;
}

lm_verdict lm_contain_judge(const lm_contain *c, double margin_mm)
{
    return c->inside && c->upper >= margin_mm ? LM_VERDICT_PASS : LM_VERDICT_FAIL;
}

json_t *lm_contain_json(const lm_contain *c, double margin_mm, lm_err *err)
{
    const double *p = c->at, *q = c->to, *o = c->out_at;
    json_t *r = json_pack("{s:f, s:b, s:b, s:f, s:f, s:[f,f,f], s:[f,f,f]}", "margin_mm", margin_mm, "inside", c->inside, "meet",
                          c->meet, "distance_lower_mm", c->lower, "distance_upper_mm", c->upper, "at_mm", p[0], p[1], p[2],
                          "nearest_mm", q[0], q[1], q[2]);
    if (r && c->out > 0)
        json_object_update_new(r, json_pack("{s:f, s:[f,f,f]}", "outside_at_least_mm", c->out, "outside_at_mm", o[0], o[1], o[2]));
    if (!r) lm_err_nomem(err, sizeof(json_t));
    return r;
}

void lm_contain_line(const lm_contain *c, double margin_mm, char *buf, size_t cap)
{
    const double *p = c->out > 0 ? c->out_at : c->at, *q = c->to;
    if (c->out > 0)
        snprintf(buf, cap, "B does not lie inside A: at %.6f %.6f %.6f it is %.6f mm outside%s", p[0], p[1], p[2], c->out,
                 c->meet ? ", and the surfaces meet" : "");
    else if (c->meet) snprintf(buf, cap, "B does not lie inside A: the surfaces meet at about %.6f %.6f %.6f", p[0], p[1], p[2]);
    else if (!c->inside) snprintf(buf, cap, "B does not lie inside A: there is surface of A inside B, as that of a cavity");
    else
        snprintf(buf, cap,
                 "B lies inside A; least distance %.6f mm, %g mm asked for, between %.6f %.6f %.6f of B and %.6f %.6f %.6f of A",
                 0.5 * (c->lower + c->upper), margin_mm, p[0], p[1], p[2], q[0], q[1], q[2]);
}
