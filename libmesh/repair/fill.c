/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "repair/fill.h"
#include "base/mem.h"
#include "repair/clash.h"
#include "repair/outline.h"
#include "repair/vec.h"

#include <stdlib.h>
#include <string.h>

/* ---- is a patch good? ---- */

typedef struct {
    const lm_mesh *all; /* the patch, with the mesh's vertices */
    uint32_t t;
} fill_self;

static bool fill_meets(void *ctx, uint32_t u)
{
    const fill_self *x = ctx;
    return u < x->t && lm_clash_pair(x->all, x->all->tri + 3 * (size_t)x->t, x->all->tri + 3 * (size_t)u, NULL);
}

typedef struct {
    uint32_t lo, hi;
} fill_edge;

static int fill_by_ends(const void *p, const void *q)
{
    const fill_edge *a = p, *b = q;
    if (a->lo != b->lo) return a->lo < b->lo ? -1 : 1;
    return (a->hi > b->hi) - (a->hi < b->hi);
}

/* Triangles of the mesh at that edge. */
static size_t fill_at_edge(const lm_fill_on *on, uint32_t a, uint32_t b)
{
    size_t n = 0;
    for (uint32_t i = on->c->start[a]; i < on->c->start[a + 1]; i++) {
        const uint32_t *v = on->m->tri + 3 * (size_t)(on->c->corner[i] / 3);
        n += v[0] == b || v[1] == b || v[2] == b;
    }
    return n;
}

/* Inner edges have two triangles and are new, the others close one that was open. */
static lm_status fill_edges(const lm_fill_on *on, const uint32_t *tri, size_t nt, bool *good, lm_err *err)
{
    fill_edge *e = lm_mem_alloc(3 * nt, sizeof *e, err);
    if (!e) return LM_ENOMEM;
    for (size_t h = 0; h < 3 * nt; h++) {
        uint32_t a = tri[h], b = tri[h - h % 3 + (h + 1) % 3];
        e[h] = a < b ? (fill_edge){a, b} : (fill_edge){b, a};
    }
    qsort(e, 3 * nt, sizeof *e, fill_by_ends);
    for (size_t i = 0, k; i < 3 * nt && *good; i += k) {
        for (k = 1; i + k < 3 * nt && !fill_by_ends(&e[i], &e[i + k]);) k++;
        *good = k < 3 && fill_at_edge(on, e[i].lo, e[i].hi) == 2 - k;
    }
    free(e);
    return LM_OK;
}

/* No triangle of the patch is flat, or meets the mesh or another one of the patch; no edge was there before. */
static lm_status fill_clear(const lm_fill_on *on, uint32_t *tri, size_t nt, bool *good, lm_err *err)
{
    lm_mesh all = {.nv = on->m->nv, .pos = on->m->pos, .nt = nt, .tri = tri};
    lm_bvh tree = LM_BVH_INIT;
    *good = nt > 0;
    for (size_t t = 0; t < nt && *good; t++) *good = !lm_clash_flat(on->m, tri + 3 * t);
    if (!*good) return LM_OK;
    lm_status rc = fill_edges(on, tri, nt, good, err);
    if (rc || !*good) return rc;
    for (size_t t = 0; t < nt && *good; t++) *good = !lm_clash_any(on->m, on->tree, tri + 3 * t);
    if (!*good || (rc = lm_bvh_build(&all, NULL, 1, &tree, err))) return rc;
    for (uint32_t t = 0; t < nt && *good; t++) {
        fill_self x = {&all, t};
        float lo[3], hi[3];
        lm_bvh_tri_box(&all, t, lo, hi);
        *good = !lm_clash_walk(&tree, lo, hi, fill_meets, &x);
    }
    lm_bvh_release(&tree);
    return rc;
}

/* ---- the table ---- */

typedef struct {
    double angle, area, length; /* worst 1 - cos between neighbours; sums */
} fill_cost;

typedef struct {
    const lm_fill_on *on;
    uint32_t n;
    uint32_t v[LM_FILL_EDGES];
    double side[LM_FILL_EDGES][3]; /* normal of the mesh's triangle at edge v[i], v[i+1] */
    fill_cost *cost;               /* n*n: best of the polygon i .. k; angle infinite: none */
    double (*normal)[3];           /* of the triangle it has on i, k */
    uint16_t *by;                  /* that triangle's third corner */
    unsigned char *taken;          /* i, k: the mesh has that edge */
} fill_table;

enum { FILL_ANGLE, FILL_AREA, FILL_FREE, FILL_LEVELS }; /* how a patch is looked for, in turn */

/* Is x better than y? Rounding decides nothing. */
static bool fill_better(const fill_cost *x, const fill_cost *y, int level)
{
    const double rel = 1e-9;
    if (isinf(y->angle)) return true;
    if (level == FILL_ANGLE) {
        if (x->angle < y->angle - rel) return true;
        if (x->angle > y->angle + rel) return false;
    }
    if (x->area < y->area * (1 - rel)) return true;
    if (x->area > y->area * (1 + rel)) return false;
    return x->length < y->length * (1 - rel);
}

static double fill_fold(const double a[3], const double b[3])
{
    double aa = lm_vec_dot(a, a), bb = lm_vec_dot(b, b);
    return aa > 0 && bb > 0 ? 1 - lm_vec_dot(a, b) : 0; /* a flat one of the mesh fits everywhere */
}

/* Best triangle on i, k. */
static void fill_best(fill_table *p, uint32_t i, uint32_t k, int level)
{
    const lm_mesh *m = p->on->m;
    size_t n = p->n, ik = i * n + k;
    bool last = i == 0 && k == n - 1;
    const float *a = lm_vec_at(m, p->v[i]), *c = lm_vec_at(m, p->v[k]);
    double d[3];
    p->cost[ik] = (fill_cost){INFINITY, INFINITY, INFINITY};
    if (p->taken[ik] && !last) return;
    lm_vec_sub(c, a, d);
    double length = last ? 0 : lm_vec_dot(d, d);
    for (uint32_t j = i + 1; j < k; j++) {
        const fill_cost *x = &p->cost[i * n + j], *y = &p->cost[j * n + k];
        fill_cost z;
        double normal[3];
        uint32_t v[3] = {p->v[i], p->v[j], p->v[k]};
        if (isinf(x->angle) || isinf(y->angle)) continue;
        z.length = x->length + y->length + length;
        z.angle = x->angle > y->angle ? x->angle : y->angle;
        z.area = x->area + y->area;
        if (!fill_better(&z, &p->cost[ik], level)) continue;
        z.area += lm_vec_normal(a, lm_vec_at(m, p->v[j]), c, normal);
        const double *side[3] = {p->normal[i * n + j], p->normal[j * n + k], last ? p->side[n - 1] : NULL};
        for (int s = 0; s < 3; s++)
            if (side[s]) {
                double f = fill_fold(normal, side[s]);
                if (f > z.angle) z.angle = f;
            }
        if (!fill_better(&z, &p->cost[ik], level)) continue;
        if (lm_clash_flat(m, v)) continue;
        if (level == FILL_FREE && lm_clash_any(m, p->on->tree, v)) continue;
        p->cost[ik] = z;
        p->by[ik] = (uint16_t)j;
        memcpy(p->normal[ik], normal, sizeof normal);
    }
}

/* Fill the table; false when there is no triangulation. */
static bool fill_solve(fill_table *p, int level)
{
    size_t n = p->n;
    for (size_t i = 0; i + 1 < n; i++) {
        p->cost[i * n + i + 1] = (fill_cost){0, 0, 0};
        memcpy(p->normal[i * n + i + 1], p->side[i], sizeof p->side[i]);
    }
    for (uint32_t span = 2; span < n; span++)
        for (uint32_t i = 0; i + span < n; i++) fill_best(p, i, i + span, level);
    return !isinf(p->cost[n - 1].angle);
}

/* Write the triangles down from the table. */
static void fill_read(const fill_table *p, uint32_t *tri)
{
    uint16_t stack[2 * LM_FILL_EDGES];
    size_t n = 0, at = 0;
    stack[n++] = 0;
    stack[n++] = (uint16_t)(p->n - 1);
    while (n) {
        uint16_t k = stack[--n], i = stack[--n];
        if (k - i < 2) continue;
        uint16_t j = p->by[i * (size_t)p->n + k];
        tri[at++] = p->v[i], tri[at++] = p->v[j], tri[at++] = p->v[k];
        stack[n++] = j, stack[n++] = k;
        stack[n++] = i, stack[n++] = j;
    }
}

/* Mark the edges the mesh has between vertices that are no neighbours in the loop; false when the loop is a triangle that
 * is there. */
static bool fill_taken(fill_table *p)
{
    const lm_fill_on *on = p->on;
    size_t n = p->n;
    for (uint32_t i = 0; i < n; i++)
        for (uint32_t q = on->c->start[p->v[i]]; q < on->c->start[p->v[i] + 1]; q++) {
            const uint32_t *v = on->m->tri + 3 * (size_t)(on->c->corner[q] / 3);
            int common = 0;
            for (int e = 0; e < 3; e++)
                for (uint32_t k = 0; k < n; k++) {
                    if (p->v[k] != v[e]) continue;
                    common++;
                    if (k > i + 1 && !(i == 0 && k == n - 1)) p->taken[i * n + k] = 1;
                    if (i > k + 1 && !(k == 0 && i == n - 1)) p->taken[k * n + i] = 1;
                }
            if (n == 3 && common == 3) return false;
        }
    return true;
}

static void fill_table_release(fill_table *p)
{
    if (!p) return;
    free(p->cost);
    free(p->normal);
    free(p->by);
    free(p->taken);
    free(p);
}

/* A loop for the table; NULL: no memory. */
static fill_table *fill_table_new(const lm_fill_on *on, const uint32_t *v, const double (*side)[3], size_t n, lm_err *err)
{
    fill_table *p = lm_mem_calloc(1, sizeof *p, err);
    if (!p) return NULL;
    p->on = on;
    p->n = (uint32_t)n;
    memcpy(p->v, v, n * sizeof *v);
    memcpy(p->side, side, n * sizeof *side);
    if ((p->cost = lm_mem_alloc(n * n, sizeof *p->cost, err)) && (p->normal = lm_mem_alloc(n * n, sizeof *p->normal, err)) &&
        (p->by = lm_mem_alloc(n * n, sizeof *p->by, err)) && (p->taken = lm_mem_calloc(n * n, 1, err)))
        return p;
    fill_table_release(p);
    return NULL;
}

/* A short loop, whole; *nt stays 0 when there is no patch. */
static lm_status fill_short(const lm_fill_on *on, const uint32_t *v, const double (*side)[3], size_t n, uint32_t **tri, size_t *nt,
                            lm_err *err)
{
    fill_table *p = fill_table_new(on, v, side, n, err);
    lm_status rc = p && (*tri = lm_mem_alloc(n, 3 * sizeof **tri, err)) ? LM_OK : LM_ENOMEM;
    bool some = !rc && fill_taken(p), good = false;
    for (int level = 0; some && !good && !rc && level < FILL_LEVELS; level++) {
        if (!fill_solve(p, level)) continue;
        fill_read(p, *tri);
        rc = fill_clear(on, *tri, n - 2, &good, err);
    }
    if (good) *nt = n - 2;
    fill_table_release(p);
    return rc;
}

/* The same, of least area and whatever it meets; an edge that is there is drawn again only where nothing else is left. */
static lm_status fill_short_any(const lm_fill_on *on, const uint32_t *v, const double (*side)[3], size_t n, uint32_t **tri,
                                size_t *nt, lm_err *err)
{
    fill_table *p = fill_table_new(on, v, side, n, err);
    lm_status rc = p && (*tri = lm_mem_alloc(n, 3 * sizeof **tri, err)) ? LM_OK : LM_ENOMEM;
    if (!rc && fill_taken(p)) {
        bool good = fill_solve(p, FILL_AREA);
        if (!good) {
            memset(p->taken, 0, n * n);
            good = fill_solve(p, FILL_AREA);
        }
        if (good) fill_read(p, *tri), *nt = n - 2;
    }
    fill_table_release(p);
    return rc;
}

/* ---- long loops ---- */

enum { FILL_PIECE = 48, FILL_SAMPLES = 128 }; /* edges of a piece that is not parted any more; corners looked at for a chord */

typedef struct {
    const lm_fill_on *on;
    uint32_t *v; /* the loop; pieces lie one behind the other */
    double (*side)[3];
    size_t cap_v, cap_side;
    size_t (*piece)[2]; /* from, count */
    size_t pieces, cap_piece;
    uint32_t *tri; /* what was drawn */
    size_t nt, cap_tri;
} fill_long;

/* The chord of a loop that is shortest for the shorter way round between its ends. */
static void fill_chord(const fill_long *l, const uint32_t *v, size_t n, size_t *a, size_t *b)
{
    size_t m = n < FILL_SAMPLES ? n : FILL_SAMPLES, at[FILL_SAMPLES];
    double along[FILL_SAMPLES + 1], d[3], total = 0, best = INFINITY;
    for (size_t i = 0, s = 0; i < n; i++) {
        if (s < m && i == s * n / m) along[s] = total, at[s++] = i;
        lm_vec_sub(lm_vec_at(l->on->m, v[(i + 1) % n]), lm_vec_at(l->on->m, v[i]), d);
        total += sqrt(lm_vec_dot(d, d));
    }
    *a = 0;
    *b = n / 2;
    for (size_t i = 0; i < m; i++)
        for (size_t k = i + 1; k < m; k++) {
            size_t apart = at[k] - at[i];
            if (8 * apart < n || 8 * (n - apart) < n) continue;
            if (fill_at_edge(l->on, v[at[i]], v[at[k]])) continue;
            double way = along[k] - along[i];
            if (total - way < way) way = total - way;
            lm_vec_sub(lm_vec_at(l->on->m, v[at[i]]), lm_vec_at(l->on->m, v[at[k]]), d);
            if (lm_vec_dot(d, d) >= best * way * way) continue;
            best = lm_vec_dot(d, d) / (way * way);
            *a = at[i];
            *b = at[k];
        }
}

/* A piece from corner a to corner b of another one, and the chord back. */
static lm_status fill_part(fill_long *l, size_t piece, size_t a, size_t b, lm_err *err)
{
    size_t from = l->piece[piece][0], n = l->piece[piece][1], end = 0, count = (b + n - a) % n + 1;
    lm_status rc = lm_mem_grow(&l->piece, &l->cap_piece, l->pieces + 1, sizeof *l->piece, err);
    if (rc) return rc;
    for (size_t i = 0; i < l->pieces; i++) end = l->piece[i][0] + l->piece[i][1] > end ? l->piece[i][0] + l->piece[i][1] : end;
    if ((rc = lm_mem_grow(&l->v, &l->cap_v, end + count, sizeof *l->v, err)) ||
        (rc = lm_mem_grow(&l->side, &l->cap_side, end + count, sizeof *l->side, err)))
        return rc;
    for (size_t i = 0; i < count; i++) {
        l->v[end + i] = l->v[from + (a + i) % n];
        memcpy(l->side[end + i], l->side[from + (a + i) % n], sizeof *l->side);
    }
    memset(l->side[end + count - 1], 0, sizeof *l->side); /* the chord: nothing is known of what lies across */
    l->piece[l->pieces][0] = end;
    l->piece[l->pieces++][1] = count;
    return LM_OK;
}

static lm_status fill_draw(fill_long *l, const uint32_t *tri, size_t nt, lm_err *err)
{
    lm_status rc = lm_mem_grow(&l->tri, &l->cap_tri, 3 * (l->nt + nt), sizeof *l->tri, err);
    if (rc) return rc;
    memcpy(l->tri + 3 * l->nt, tri, 3 * nt * sizeof *tri);
    l->nt += nt;
    return LM_OK;
}

static lm_status fill_flat(const lm_mesh *m, const uint32_t *v, size_t n, uint32_t **tri, size_t *nt, lm_err *err)
{
    const size_t start[2] = {0, n};
    double normal[3];
    bool flat;
    lm_outline_normal(m->pos, v, n, normal);
    lm_vec_unit(normal);
    return lm_outline_fill(m->pos, v, start, 1, normal, tri, nt, &flat, err);
}

/* The last piece is filled, or parted in two. outlines: also pieces too long for the table are, where they are outlines. */
static lm_status fill_step(fill_long *l, bool outlines, bool *fails, lm_err *err)
{
    size_t piece = l->pieces - 1, from = l->piece[piece][0], n = l->piece[piece][1], a, b, nt = 0;
    uint32_t *tri = NULL;
    lm_status rc = LM_OK;
    if (n <= FILL_PIECE) {
        fill_table *p = fill_table_new(l->on, l->v + from, (const double(*)[3])(l->side + from), n, err);
        if (!p || !(tri = lm_mem_alloc(n, 3 * sizeof *tri, err))) rc = LM_ENOMEM;
        if (!rc && fill_taken(p) && fill_solve(p, FILL_ANGLE)) fill_read(p, tri), nt = n - 2;
        fill_table_release(p);
        *fails = nt == 0;
    } else if (outlines) rc = fill_flat(l->on->m, l->v + from, n, &tri, &nt, err);
    if (!rc && (nt || *fails)) {
        rc = fill_draw(l, tri, nt, err);
        l->pieces--;
    } else if (!rc) {
        fill_chord(l, l->v + from, n, &a, &b);
        if (!(rc = fill_part(l, piece, a, b, err)) && !(rc = fill_part(l, piece, b, a, err))) {
            memmove(l->piece[piece], l->piece[piece + 1], 2 * sizeof *l->piece); /* they take its place */
            l->pieces--;
        }
    }
    free(tri);
    return rc;
}

/* any: whatever it meets. */
static lm_status fill_parted(const lm_fill_on *on, const uint32_t *v, const double (*side)[3], size_t n, bool outlines, bool any,
                             uint32_t **tri, size_t *nt, lm_err *err)
{
    fill_long l = {.on = on};
    bool fails = false, good = any;
    lm_status rc = lm_mem_grow(&l.v, &l.cap_v, n, sizeof *l.v, err);
    if (!rc) rc = lm_mem_grow(&l.side, &l.cap_side, n, sizeof *l.side, err);
    if (!rc) rc = lm_mem_grow(&l.piece, &l.cap_piece, 1, sizeof *l.piece, err);
    if (!rc) {
        memcpy(l.v, v, n * sizeof *v);
        memcpy(l.side, side, n * sizeof *side);
        l.piece[0][0] = 0;
        l.piece[0][1] = n;
        l.pieces = 1;
    }
    for (bool first = true; !rc && l.pieces && !fails; first = false) rc = fill_step(&l, outlines && !first, &fails, err);
    if (!rc && !fails && !any) rc = fill_clear(on, l.tri, l.nt, &good, err);
    free(l.v);
    free(l.side);
    free(l.piece);
    if (rc || fails || !good) free(l.tri);
    else *tri = l.tri, *nt = l.nt;
    return rc;
}

lm_status lm_fill_make(const lm_fill_on *on, const uint32_t *v, const double (*side)[3], size_t n, uint32_t **tri, size_t *nt,
                       lm_err *err)
{
    *tri = NULL;
    *nt = 0;
    if (n <= LM_FILL_EDGES) return fill_short(on, v, side, n, tri, nt, err);
    bool good = false;
    lm_status rc = fill_flat(on->m, v, n, tri, nt, err);
    if (!rc && *nt) rc = fill_clear(on, *tri, *nt, &good, err);
    if (good || rc) return rc;
    free(*tri);
    *tri = NULL;
    *nt = 0;
    rc = fill_parted(on, v, side, n, true, false, tri, nt, err);
    return rc || *nt ? rc : fill_parted(on, v, side, n, false, false, tri, nt, err);
}

lm_status lm_fill_any(const lm_fill_on *on, const uint32_t *v, const double (*side)[3], size_t n, uint32_t **tri, size_t *nt,
                      lm_err *err)
{
    *tri = NULL;
    *nt = 0;
    return n <= LM_FILL_EDGES ? fill_short_any(on, v, side, n, tri, nt, err)
                              : fill_parted(on, v, side, n, true, true, tri, nt, err);
}

lm_status lm_fill_rings(const lm_fill_on *on, const uint32_t *v, const size_t *start, size_t loops, uint32_t **tri, size_t *nt,
                        lm_err *err)
{
    double normal[3];
    bool good = false;
    lm_outline_normal(on->m->pos, v, start[1], normal);
    lm_vec_unit(normal);
    lm_status rc = lm_outline_fill(on->m->pos, v, start, loops, normal, tri, nt, &good, err);
    if (!rc && *nt) rc = fill_clear(on, *tri, *nt, &good, err);
    if (!good) *nt = 0;
    return rc;
}
