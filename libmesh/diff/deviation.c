/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "diff/deviation.h"
#include "base/mem.h"
#include "base/pool.h"
#include "diff/tricell.h"
#include "surface/side.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    DEVIATION_BLOCK = 512,     /* triangles per task */
    DEVIATION_POINTS = 1024,   /* vertices per task */
    DEVIATION_FIRST = 1 << 16, /* for the maximum alone: about so many corners are measured first */
    DEVIATION_PIECES = 4,      /* for the maximum alone: a triangle is cut so often before its corners are measured */
    DEVIATION_DEPTH = 48,      /* cuts between a triangle and its smallest cell */
    DEVIATION_BATCH = 256,     /* cells cut at a time: fixed, so that threads change nothing */
    DEVIATION_CUTS = 4 * 1024 * 1024
};

typedef struct {
    lm_tricell *open; /* may hold the maximum */
    size_t n_open, cap_open, points;
    double closed; /* greatest upper bound of all others */
    lm_tricell_corner best;
    double far[2]; /* greatest d inside and outside */
    uint64_t random;
} deviation_block;

typedef struct {
    const lm_mesh *m;
    const lm_nearest *to, *own;         /* trees over the other mesh, and over m */
    const lm_side *side;                /* NULL: the other mesh has no inside */
    double precision, area, big, start; /* cells with area * edge above big are cut; greatest d of the vertices */
    double *d;                          /* of each vertex */
    uint32_t *t;
    signed char *s;
    double *block_area;
    deviation_block *block;
    lm_samples *samples; /* of each block */
    size_t blocks, cells;
    bool maximum; /* alone */
} deviation_work;

static double deviation_area(const double a[3], const double b[3], const double c[3])
{
    double u[3], v[3];
    for (int k = 0; k < 3; k++) u[k] = b[k] - a[k], v[k] = c[k] - a[k];
    double x = u[1] * v[2] - u[2] * v[1], y = u[2] * v[0] - u[0] * v[2], z = u[0] * v[1] - u[1] * v[0];
    return 0.5 * sqrt(x * x + y * y + z * z);
}

static void deviation_point(const lm_mesh *m, uint32_t v, double p[3])
{
    for (int k = 0; k < 3; k++) p[k] = m->pos[3 * (size_t)v + (size_t)k];
}

/* The distance of c->p, and its side where that is wanted and known, else 0. */
static int deviation_find(const deviation_work *w, lm_tricell_corner *c, uint32_t hint, bool side)
{
    lm_nearest_hit h;
    lm_nearest_find(w->to, c->p, INFINITY, hint, &h);
    c->d = sqrt(h.d2);
    c->t = h.tri;
    return side && w->side ? lm_side_of(w->side, c->p, &h) : 0;
}

/* ---- cells ---- */

/* A point of the cell, each as likely as any other. */
static void deviation_draw(deviation_block *b, const lm_tricell *x, double p[3])
{
    uint64_t r = b->random += 0x9e3779b97f4a7c15u; /* splitmix64 (Steele, Lea and Flood 2014) */
    r = (r ^ r >> 30) * 0xbf58476d1ce4e5b9u;
    r = (r ^ r >> 27) * 0x94d049bb133111ebu;
    r ^= r >> 31;
    double u = (double)(r >> 32) * 0x1p-32, v = (double)(r & 0xffffffffu) * 0x1p-32;
    if (u + v > 1) u = 1 - u, v = 1 - v;
    for (int k = 0; k < 3; k++) p[k] = x->c[0].p[k] + u * (x->c[1].p[k] - x->c[0].p[k]) + v * (x->c[2].p[k] - x->c[0].p[k]);
}

static void deviation_best(lm_tricell_corner *best, const lm_tricell_corner *c)
{
    if (c->d > best->d) *best = *c;
}

/* far: inside, outside. */
static void deviation_note(double far[2], int side, double d)
{
    if (side) far[side > 0] = fmax(far[side > 0], d);
}

/* Whether the cell may hold the maximum. */
static lm_status deviation_keep(const deviation_work *w, deviation_block *b, lm_tricell *x, lm_err *err)
{
    if (x->hi <= w->start + w->precision) {
        b->closed = fmax(b->closed, x->hi);
        return LM_OK;
    }
    lm_status rc = lm_mem_grow(&b->open, &b->cap_open, b->n_open + 1, sizeof *b->open, err);
    if (rc) return rc;
    x->depth = 0;
    b->open[b->n_open++] = *x;
    return LM_OK;
}

/* One cell: its share of the integrals, its sample, and whether it may hold the maximum. */
static lm_status deviation_leaf(const deviation_work *w, deviation_block *b, lm_tricell *x, double area, double edges2, lm_err *err)
{
    double lo = 0, r2 = 0, longest2 = 0, off2 = 0, d[3];
    int side = 0;
    lm_tricell_corner c = {.d = 0};
    bool zero = x->hi == 0;
    for (int i = 0; i < 3; i++) d[i] = x->c[i].d;
    if (!zero) {
        double middle[3];
        for (int k = 0; k < 3; k++) middle[k] = (x->c[0].p[k] + x->c[1].p[k] + x->c[2].p[k]) / 3;
        deviation_draw(b, x, c.p);
        off2 = lm_tricell_dist2(c.p, middle);
        side = deviation_find(w, &c, x->c[0].t, true);
        b->points++;
        deviation_note(b->far, side, c.d);
        deviation_best(&b->best, &c);
        for (int i = 0; i < 3; i++) {
            double far2 = fmax(lm_tricell_dist2(x->c[i].p, x->c[(i + 1) % 3].p), lm_tricell_dist2(x->c[i].p, x->c[(i + 2) % 3].p));
            lo = fmax(lo, d[i] - sqrt(far2));
            longest2 = fmax(longest2, far2);
            r2 = fmax(r2, lm_tricell_dist2(x->c[i].p, c.p));
        }
        double least = fmin(d[0], fmin(d[1], d[2]));
        lo = fmax(lo, sqrt(fmax(0, least * least - longest2 / 3)));
        lo = fmax(lo, c.d - sqrt(r2));
        x->hi = fmin(x->hi, c.d + sqrt(r2));
        lm_tricell_bound(w->to, x, w->start);
        x->hi = fmax(x->hi, c.d);
    }
    double most = fmax(c.d - lo, x->hi - c.d), move2 = fmin(edges2 / 36 + off2, most * most); /* mean squared distance from c */
    lm_status rc = lm_samples_add(&w->samples[b - w->block], area, c.d, side, lo, x->hi, move2, err);
    return rc ? rc : deviation_keep(w, b, x, err);
}

/* Two halves of x, cut at p on the side that begins at corner i. */
static void deviation_halves(const lm_tricell *x, int i, const lm_tricell_corner *p, lm_tricell half[2])
{
    half[0] = half[1] = *x;
    half[0].c[(i + 1) % 3] = *p;
    half[1].c[i] = *p;
    half[0].depth = half[1].depth = x->depth + 1;
}

static int deviation_longest(const lm_tricell *x, double e2[3])
{
    for (int i = 0; i < 3; i++) e2[i] = lm_tricell_dist2(x->c[i].p, x->c[(i + 1) % 3].p);
    return e2[0] >= e2[1] && e2[0] >= e2[2] ? 0 : e2[1] >= e2[2] ? 1 : 2;
}

static lm_status deviation_cells(const deviation_work *w, deviation_block *b, lm_tricell *x, lm_err *err)
{
    double e2[3], area = deviation_area(x->c[0].p, x->c[1].p, x->c[2].p);
    int i = deviation_longest(x, e2);
    if (x->hi == 0 || x->depth == DEVIATION_DEPTH || !(area * sqrt(e2[i]) > w->big))
        return deviation_leaf(w, b, x, area, e2[0] + e2[1] + e2[2], err);
    lm_tricell_corner p;
    lm_tricell half[2];
    for (int k = 0; k < 3; k++) p.p[k] = 0.5 * (x->c[i].p[k] + x->c[(i + 1) % 3].p[k]);
    deviation_find(w, &p, x->c[i].t, false);
    b->points++;
    deviation_best(&b->best, &p);
    deviation_halves(x, i, &p, half);
    lm_status rc = deviation_cells(w, b, &half[0], err);
    return rc ? rc : deviation_cells(w, b, &half[1], err);
}

static lm_status deviation_block_task(void *ctx, size_t task, int worker, lm_err *err)
{
    (void)worker;
    const deviation_work *w = ctx;
    deviation_block *b = &w->block[task];
    b->best.d = -1;
    b->random = task;
    for (size_t t = task * DEVIATION_BLOCK; t < w->m->nt && t < (task + 1) * DEVIATION_BLOCK; t++) {
        lm_tricell x = {.hi = INFINITY};
        for (int i = 0; i < 3; i++) {
            uint32_t v = w->m->tri[3 * t + (size_t)i];
            deviation_point(w->m, v, x.c[i].p);
            x.c[i].d = w->d[v];
            x.c[i].t = w->t[v];
            deviation_best(&b->best, &x.c[i]);
        }
        if (x.c[0].d == 0 && x.c[1].d == 0 && x.c[2].d == 0) lm_tricell_bound(w->to, &x, 0); /* lies it in the other surface? */
        lm_status rc = deviation_cells(w, b, &x, err);
        if (rc) return rc;
    }
    return LM_OK;
}

/* The maximum alone, first: a distance that is reached somewhere. */
static lm_status deviation_first_task(void *ctx, size_t task, int worker, lm_err *err)
{
    (void)worker;
    (void)err;
    const deviation_work *w = ctx;
    deviation_block *b = &w->block[task];
    lm_tricell_corner c = {.t = LM_NEAREST_NONE};
    const size_t step = w->m->nt / DEVIATION_FIRST + 1;
    b->best.d = -1;
    for (size_t k = task * DEVIATION_BLOCK; k < w->m->nt && k < (task + 1) * DEVIATION_BLOCK; k += step) {
        deviation_point(w->m, w->m->tri[3 * (size_t)w->own->bvh.item[k]], c.p);
        deviation_find(w, &c, c.t, false);
        b->points++;
        deviation_best(&b->best, &c);
    }
    return LM_OK;
}

/* Then: of most triangles it is enough that no corner is farther from one triangle of the other surface than that, mostly the one
 * found before (the tree's order keeps triangles together that are near each other); large ones are cut first. */
static lm_status deviation_piece(const deviation_work *w, deviation_block *b, lm_tricell *x, uint32_t *near, lm_err *err)
{
    double e2[3];
    if (lm_tricell_within(w->to, x, w->start, near)) {
        b->closed = fmax(b->closed, x->hi);
        return LM_OK;
    }
    const int side = deviation_longest(x, e2);
    if (x->depth < DEVIATION_PIECES && e2[side] > w->start * w->start) {
        lm_tricell_corner p = {.t = LM_NEAREST_NONE};
        lm_tricell half[2];
        for (int k = 0; k < 3; k++) p.p[k] = 0.5 * (x->c[side].p[k] + x->c[(side + 1) % 3].p[k]);
        deviation_halves(x, side, &p, half);
        lm_status rc = deviation_piece(w, b, &half[0], near, err);
        return rc ? rc : deviation_piece(w, b, &half[1], near, err);
    }
    for (int i = 0; i < 3; i++) {
        deviation_find(w, &x->c[i], *near, false);
        *near = x->c[i].t;
        b->points++;
        deviation_best(&b->best, &x->c[i]);
    }
    lm_tricell_bound(w->to, x, w->start + w->precision);
    return deviation_keep(w, b, x, err);
}

static lm_status deviation_maximum_task(void *ctx, size_t task, int worker, lm_err *err)
{
    (void)worker;
    const deviation_work *w = ctx;
    uint32_t near = LM_NEAREST_NONE;
    for (size_t k = task * DEVIATION_BLOCK; k < w->m->nt && k < (task + 1) * DEVIATION_BLOCK; k++) {
        lm_tricell x = {.hi = INFINITY};
        for (size_t i = 0; i < 3; i++) deviation_point(w->m, w->m->tri[3 * (size_t)w->own->bvh.item[k] + i], x.c[i].p);
        lm_status rc = deviation_piece(w, &w->block[task], &x, &near, err);
        if (rc) return rc;
    }
    return LM_OK;
}

static lm_status deviation_vertex_task(void *ctx, size_t task, int worker, lm_err *err)
{
    (void)worker;
    (void)err;
    const deviation_work *w = ctx;
    lm_tricell_corner c = {.t = LM_NEAREST_NONE};
    for (size_t i = task * DEVIATION_POINTS; i < w->m->nv && i < (task + 1) * DEVIATION_POINTS; i++) {
        deviation_point(w->m, (uint32_t)i, c.p);
        w->s[i] = (signed char)deviation_find(w, &c, c.t, true);
        w->d[i] = c.d;
        w->t[i] = c.t;
    }
    return LM_OK;
}

static lm_status deviation_area_task(void *ctx, size_t task, int worker, lm_err *err)
{
    (void)worker;
    (void)err;
    const deviation_work *w = ctx;
    for (size_t t = task * DEVIATION_BLOCK; t < w->m->nt && t < (task + 1) * DEVIATION_BLOCK; t++) {
        double p[3][3];
        for (size_t i = 0; i < 3; i++) deviation_point(w->m, w->m->tri[3 * t + i], p[i]);
        w->block_area[task] += deviation_area(p[0], p[1], p[2]);
    }
    return LM_OK;
}

/* ---- the maximum: greatest upper bound first ---- */

typedef struct {
    lm_tricell *cell; /* a heap by hi; of equal ones any, in a fixed way */
    size_t n, cap;
} deviation_heap;

static lm_status deviation_push(deviation_heap *h, const lm_tricell *x, lm_err *err)
{
    lm_status rc = lm_mem_grow(&h->cell, &h->cap, h->n + 1, sizeof *h->cell, err);
    if (rc) return rc;
    size_t i = h->n++;
    for (; i && h->cell[(i - 1) / 2].hi < x->hi; i = (i - 1) / 2) h->cell[i] = h->cell[(i - 1) / 2];
    h->cell[i] = *x;
    return LM_OK;
}

static void deviation_pop(deviation_heap *h, lm_tricell *x)
{
    *x = h->cell[0];
    const lm_tricell last = h->cell[--h->n];
    size_t i = 0;
    for (size_t k; (k = 2 * i + 1) < h->n; i = k) {
        if (k + 1 < h->n && h->cell[k + 1].hi > h->cell[k].hi) k++;
        if (h->cell[k].hi <= last.hi) break;
        h->cell[i] = h->cell[k];
    }
    if (h->n) h->cell[i] = last;
}

typedef struct {
    const deviation_work *w;
    double enough;
    lm_tricell in[DEVIATION_BATCH], half[DEVIATION_BATCH][2];
    lm_tricell_corner cut[DEVIATION_BATCH];
} deviation_batch;

/* Where on the side from corner i does the nearest triangle change? NAN when the ends agree. */
static double deviation_change(const deviation_work *w, const lm_tricell *x, int i, double tiny, double p[3])
{
    const lm_tricell_corner *a = &x->c[i], *b = &x->c[(i + 1) % 3];
    double lo = 0, hi = 1;
    if (a->t == b->t || sqrt(lm_tricell_from(w->to, b->t, a->p)) <= a->d + tiny ||
        sqrt(lm_tricell_from(w->to, a->t, b->p)) <= b->d + tiny)
        return NAN;
    for (int k = 0; k < 48; k++) {
        double s = 0.5 * (lo + hi);
        for (int c = 0; c < 3; c++) p[c] = a->p[c] + s * (b->p[c] - a->p[c]);
        if (lm_tricell_from(w->to, a->t, p) <= lm_tricell_from(w->to, b->t, p)) lo = s;
        else hi = s;
    }
    return lo;
}

static lm_status deviation_cut_task(void *ctx, size_t task, int worker, lm_err *err)
{
    (void)worker;
    (void)err;
    deviation_batch *b = ctx;
    const deviation_work *w = b->w;
    lm_tricell *x = &b->in[task];
    lm_tricell_corner *p = &b->cut[task];
    double e2[3], best = 0;
    int side = deviation_longest(x, e2), middle = side;
    if (x->depth % 3 != 2) /* every third cut halves, so that cells shrink whatever the surfaces do */
        for (int i = 0; i < 3; i++) {
            double q[3], s = e2[i] > best ? deviation_change(w, x, i, w->precision / 16, q) : NAN;
            if (!(s > 0 && s < 1)) continue;
            memcpy(p->p, q, sizeof q);
            best = e2[i];
            side = i;
        }
    if (best == 0)
        for (int k = 0; k < 3; k++) p->p[k] = 0.5 * (x->c[middle].p[k] + x->c[(middle + 1) % 3].p[k]);
    deviation_find(w, p, x->c[side].t, false);
    deviation_halves(x, side, p, b->half[task]);
    for (int i = 0; i < 2; i++) lm_tricell_bound(w->to, &b->half[task][i], b->enough);
    return LM_OK;
}

static lm_status deviation_refine(const deviation_work *w, int threads, lm_tricell_corner *best, lm_deviation_side *out,
                                  lm_err *err)
{
    deviation_heap heap = {.n = 0};
    lm_status rc = LM_OK;
    double closed = 0;
    deviation_batch *b = lm_mem_alloc(1, sizeof *b, err);
    if (!b) return LM_ENOMEM;
    b->w = w;
    for (size_t k = 0; k < w->blocks && !rc; k++) {
        deviation_block *o = &w->block[k];
        closed = fmax(closed, o->closed);
        for (size_t i = 0; i < o->n_open && !rc; i++) {
            if (o->open[i].hi <= best->d + w->precision) closed = fmax(closed, o->open[i].hi);
            else rc = deviation_push(&heap, &o->open[i], err);
        }
        free(o->open);
        o->open = NULL;
    }
    size_t cuts = 0;
    while (!rc && heap.n && heap.cell[0].hi > best->d + w->precision && cuts < DEVIATION_CUTS) {
        size_t n = 0;
        while (n < DEVIATION_BATCH && heap.n && heap.cell[0].hi > best->d + w->precision) deviation_pop(&heap, &b->in[n++]);
        b->enough = best->d;
        if ((rc = lm_pool_run(n < 16 ? 1 : threads, n, deviation_cut_task, b, err))) break;
        cuts += n;
        for (size_t i = 0; i < n; i++) deviation_best(best, &b->cut[i]);
        for (size_t i = 0; i < 2 * n && !rc; i++) {
            const lm_tricell *x = &b->half[i / 2][i % 2];
            if (x->hi <= best->d + w->precision) closed = fmax(closed, x->hi);
            else rc = deviation_push(&heap, x, err);
        }
    }
    out->samples += cuts;
    out->lower = best->d;
    out->upper = fmax(best->d, fmax(closed, heap.n ? heap.cell[0].hi : 0));
    out->wide = out->upper - out->lower > w->precision;
    free(heap.cell);
    free(b);
    return rc;
}

/* ---- both directions ---- */

/* What can be said when all points are measured, but for what needs the other surface too. */
static lm_status deviation_sum(const deviation_work *w, double within_mm, const lm_tricell_corner *best, lm_deviation_side *out,
                               lm_err *err)
{
    const lm_samples_all all = {w->samples, w->blocks};
    double far[2] = {0, 0};
    lm_nearest_hit h;
    lm_nearest_find(w->to, best->p, INFINITY, best->t, &h);
    memcpy(out->at, best->p, sizeof out->at);
    memcpy(out->to, h.q, sizeof out->to);
    if (w->side) deviation_note(far, lm_side_of(w->side, best->p, &h), best->d);
    for (size_t i = 0; i < w->blocks; i++) {
        deviation_note(far, 1, w->block[i].far[1]);
        deviation_note(far, -1, w->block[i].far[0]);
    }
    for (size_t i = 0; !w->maximum && i < 3 * w->m->nt; i++) deviation_note(far, w->s[w->m->tri[i]], w->d[w->m->tri[i]]);
    out->inside_mm = far[0];
    out->outside_mm = far[1];
    out->has_sign = w->side != NULL;
    out->area_mm2 = w->area;
    lm_samples_integrals(&all, 1, &out->mean, &out->rms, &out->bias);
    if (!w->side) out->bias = (lm_samples_value){NAN, NAN, NAN};
    if (within_mm >= 0) out->within = lm_samples_within(&all, 1, within_mm);
    return lm_samples_percentiles(&all, 1, out->percentile, err);
}

/* All points, for all that is asked; w->start: the greatest distance of a vertex. */
static lm_status deviation_measure(deviation_work *w, int threads, float *quality, lm_err *err)
{
    const lm_mesh *m = w->m;
    lm_status rc;
    if (w->maximum) {
        if ((rc = lm_pool_run(threads, w->blocks, deviation_first_task, w, err))) return rc;
        for (size_t i = 0; i < w->blocks; i++) w->start = fmax(w->start, w->block[i].best.d);
        return lm_pool_run(threads, w->blocks, deviation_maximum_task, w, err);
    }
    if (!(w->d = lm_mem_alloc(m->nv, sizeof *w->d, err)) || !(w->t = lm_mem_alloc(m->nv, sizeof *w->t, err)) ||
        !(w->s = lm_mem_alloc(m->nv, sizeof *w->s, err)) || !(w->block_area = lm_mem_calloc(w->blocks, sizeof *w->block_area, err)))
        return LM_ENOMEM;
    if ((rc = lm_pool_run(threads, w->blocks, deviation_area_task, w, err)) ||
        (rc = lm_pool_run(threads, (m->nv - 1) / DEVIATION_POINTS + 1, deviation_vertex_task, w, err)))
        return rc;
    for (size_t i = 0; i < w->blocks; i++) w->area += w->block_area[i];
    for (size_t i = 0; i < 3 * m->nt; i++) w->start = fmax(w->start, w->d[m->tri[i]]);
    for (size_t i = 0; i < m->nv && quality; i++) quality[i] = (float)(w->s[i] < 0 ? -w->d[i] : w->d[i]);
    double cell = w->area / (double)w->cells;
    w->big = 2 * cell * sqrt(cell * 2.31); /* twice area times edge of an equilateral triangle of that area */
    return lm_pool_run(threads, w->blocks, deviation_block_task, w, err);
}

static lm_status deviation_side(deviation_work *w, const lm_deviation_opt *opt, float *quality, lm_deviation_side *out, lm_err *err)
{
    const int threads = lm_pool_threads(opt->threads);
    lm_tricell_corner best = {.d = -1};
    w->blocks = (w->m->nt - 1) / DEVIATION_BLOCK + 1;
    if (!(w->block = lm_mem_calloc(w->blocks, sizeof *w->block, err)) ||
        !(w->samples = lm_mem_calloc(w->blocks, sizeof *w->samples, err)))
        return LM_ENOMEM;
    lm_status rc = deviation_measure(w, threads, quality, err);
    if (rc) return rc;
    out->samples = w->maximum ? 0 : w->m->nv;
    for (size_t i = 0; i < w->blocks; i++) {
        deviation_best(&best, &w->block[i].best);
        out->samples += w->block[i].points;
    }
    rc = deviation_refine(w, threads, &best, out, err);
    return rc ? rc : deviation_sum(w, opt->within_mm, &best, out, err);
}

/* x rounded up to 1, 2 or 5 times a power of ten; 0 stays. */
static double deviation_round(double x)
{
    static const double step[] = {1, 2, 5};
    double at = 1e-9;
    for (size_t i = 0; x > 0 && at * step[i % 3] < x; i++)
        if (i % 3 == 2) at *= 10;
    for (size_t i = 0; x > 0 && i < 3; i++)
        if (at * step[i] >= x) return at * step[i];
    return 0;
}

/* What is said of both surfaces. */
static lm_status deviation_both(const deviation_work w[2], const lm_deviation_opt *opt, lm_deviation *out, lm_err *err)
{
    const lm_samples_all all[2] = {{w[0].samples, w[0].blocks}, {w[1].samples, w[1].blocks}};
    lm_deviation_side *s = out->side;
    lm_samples_value bias;
    out->lower = fmax(s[0].lower, s[1].lower);
    out->upper = fmax(s[0].upper, s[1].upper);
    out->range_mm = opt->range_mm > 0 ? opt->range_mm : deviation_round(out->upper);
    lm_samples_integrals(all, 2, &out->mean, &out->rms, &bias);
    if (opt->within_mm >= 0) out->within = lm_samples_within(all, 2, opt->within_mm);
    for (int i = 0; i < 2; i++) lm_samples_histogram(&all[i], 1, out->range_mm, s[i].share);
    for (int p = 0; p < LM_SAMPLES_PERCENTILES; p++) {
        const lm_samples_value *x = &s[0].percentile[p], *y = &s[1].percentile[p];
        out->larger[p] = (lm_samples_value){fmax(x->value, y->value), fmax(x->lower, y->lower), fmax(x->upper, y->upper)};
    }
    return lm_samples_percentiles(all, 2, out->pooled, err);
}

static void deviation_release(deviation_work *w)
{
    for (size_t i = 0; w->block && i < w->blocks; i++) {
        if (w->samples) lm_samples_release(&w->samples[i]);
        free(w->block[i].open);
    }
    free(w->samples);
    free(w->s);
    free(w->block);
    free(w->block_area);
    free(w->d);
    free(w->t);
}

lm_status lm_deviation_run(const lm_mesh *a, const lm_mesh *b, const lm_deviation_opt *opt, float *quality, lm_deviation *out,
                           lm_err *err)
{
    const lm_mesh *m[2] = {a, b};
    lm_nearest tree[2] = {LM_NEAREST_INIT, LM_NEAREST_INIT};
    lm_side side[2] = {LM_SIDE_INIT, LM_SIDE_INIT};
    deviation_work w[2] = {{.start = 0}, {.start = 0}};
    lm_status rc = LM_OK;
    *out = (lm_deviation){.maximum = opt->maximum};
    for (int i = 0; i < 2; i++)
        if (!m[i]->nt)
            return lm_err_set(err, LM_ERULE, NULL, "the %s mesh has no triangles: there is nothing to measure",
                              i ? "second" : "first");
    if (a->space != b->space && a->space != LM_SPACE_UNKNOWN && b->space != LM_SPACE_UNKNOWN)
        return lm_err_set(err, LM_ERULE, NULL, "the first mesh is in %s coordinates, the second in %s: bring both into one frame",
                          a->space == LM_SPACE_LPS ? "LPS" : "RAS", b->space == LM_SPACE_LPS ? "LPS" : "RAS");
    for (int i = 0; i < 2 && !rc; i++)
        if (!(rc = lm_nearest_build(m[i], opt->threads, &tree[i], err)) && opt->signed_by[i])
            rc = lm_side_make(m[i], &side[i], err);
    for (int i = 0; i < 2 && !rc; i++) {
        w[i].m = m[i];
        w[i].to = &tree[1 - i];
        w[i].own = &tree[i];
        w[i].side = opt->signed_by[1 - i] ? &side[1 - i] : NULL;
        w[i].precision = opt->precision_mm;
        w[i].maximum = opt->maximum;
        w[i].cells = opt->cells ? opt->cells : LM_DEVIATION_CELLS;
        rc = deviation_side(&w[i], opt, i ? NULL : quality, &out->side[i], err);
    }
    if (!rc) rc = deviation_both(w, opt, out, err);
    for (int i = 0; i < 2; i++) {
        deviation_release(&w[i]);
        lm_nearest_release(&tree[i]);
        lm_side_release(&side[i]);
    }
    return rc;
}

lm_verdict lm_deviation_judge(const lm_deviation *d, double tol_mm)
{
    return d->upper <= tol_mm ? LM_VERDICT_PASS : d->lower > tol_mm ? LM_VERDICT_FAIL : LM_VERDICT_UNDECIDED;
}
