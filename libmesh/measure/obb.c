/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Contents: which corners - one direction - candidates - turning - result */
#include "measure/obb.h"
#include "base/mem.h"
#include "measure/planehull.h"
#include "repair/vec.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { OBB_GRID = 40, OBB_STEPS = 8, OBB_FACES = 600, OBB_EDGES = 36, OBB_BEST = 6, OBB_TURNS = 60 };

typedef struct {
    double axis[3][3], volume;
} obb_box;

typedef struct {
    double (*p)[3]; /* corners, from origin */
    size_t n;
} obb_points;

typedef struct {
    const float *pos;
    const lm_hull *full, *hull; /* of all points; of what is looked at */
    double origin[3];
    obb_points all, coarse; /* to judge by; to look among */
    lm_planehull_point *plane, *ring;
    obb_box best[OBB_BEST];
    size_t n_best;
} obb_job;

/* ---- which corners ---- */

static void obb_corner(const obb_job *j, uint32_t v, double p[3])
{
    for (size_t c = 0; c < 3; c++) p[c] = (double)j->pos[3 * (size_t)v + c] - j->origin[c];
}

/* Of corners without number: the highest and the lowest in each column of a grid, along x, y and z. */
static lm_status obb_columns(const obb_job *j, lm_hull *out, lm_err *err)
{
    size_t nv = j->full->nv, n = 0;
    double lo[3], hi[3];
    uint32_t *keep = NULL, (*end)[2] = lm_mem_alloc((size_t)OBB_GRID * OBB_GRID, sizeof *end, err);
    uint8_t *used = end ? lm_mem_calloc(nv, 1, err) : NULL;
    lm_status rc = used && (keep = lm_mem_alloc(6 * (size_t)OBB_GRID * OBB_GRID, sizeof *keep, err)) ? LM_OK : LM_ENOMEM;
    for (int c = 0; c < 3 && !rc; c++) {
        lo[c] = INFINITY, hi[c] = -INFINITY;
        for (size_t i = 0; i < nv; i++) {
            double x = j->pos[3 * (size_t)j->full->vertex[i] + (size_t)c];
            lo[c] = x < lo[c] ? x : lo[c];
            hi[c] = x > hi[c] ? x : hi[c];
        }
    }
    for (int axis = 0; axis < 3 && !rc; axis++) {
        memset(end, 0xff, (size_t)OBB_GRID * OBB_GRID * sizeof *end);
        for (size_t i = 0; i < nv; i++) {
            const float *p = j->pos + 3 * (size_t)j->full->vertex[i];
            size_t cell = 0;
            for (int k = 1; k < 3; k++) {
                int c = (axis + k) % 3;
                size_t at = hi[c] > lo[c] ? (size_t)(((double)p[c] - lo[c]) / (hi[c] - lo[c]) * OBB_GRID) : 0;
                cell = cell * OBB_GRID + (at < OBB_GRID ? at : OBB_GRID - 1);
            }
            for (int k = 0; k < 2; k++) {
                uint32_t *e = &end[cell][k];
                float x = *e == UINT32_MAX ? 0 : j->pos[3 * (size_t)j->full->vertex[*e] + (size_t)axis];
                if (*e == UINT32_MAX || (k ? p[axis] > x : p[axis] < x)) *e = (uint32_t)i;
            }
        }
        for (size_t i = 0; i < 2 * (size_t)OBB_GRID * OBB_GRID; i++)
            if (end[i / 2][i % 2] != UINT32_MAX) used[end[i / 2][i % 2]] = 1;
    }
    for (size_t i = 0; i < nv && !rc; i++)
        if (used[i]) keep[n++] = j->full->vertex[i];
    if (!rc) rc = lm_hull_make(j->pos, keep, n, out, err);
    free(keep);
    free(used);
    free(end);
    return rc;
}

/* Corners that are extreme in the directions of a grid on the surface of a cube, each once. */
static lm_status obb_extremes(const obb_job *j, obb_points *out, lm_err *err)
{
    const obb_points *all = &j->all;
    uint8_t *used = lm_mem_calloc(all->n, 1, err);
    if (!used) return LM_ENOMEM;
    for (int i = 0; i < 3 * OBB_STEPS * OBB_STEPS; i++) {
        double d[3], most = -INFINITY, least = INFINITY;
        size_t hi = 0, lo = 0;
        int axis = i % 3, a = i / 3 % OBB_STEPS, b = i / 3 / OBB_STEPS;
        d[axis] = 1;
        d[(axis + 1) % 3] = (2 * a + 1.0) / OBB_STEPS - 1;
        d[(axis + 2) % 3] = (2 * b + 1.0) / OBB_STEPS - 1;
        for (size_t k = 0; k < all->n; k++) {
            double x = lm_vec_dot(d, all->p[k]);
            if (x > most) most = x, hi = k;
            if (x < least) least = x, lo = k;
        }
        used[hi] = used[lo] = 1;
    }
    out->n = 0;
    for (size_t k = 0; k < all->n; k++) out->n += used[k];
    if ((out->p = lm_mem_alloc(out->n, sizeof *out->p, err)))
        for (size_t k = 0, at = 0; k < all->n; k++)
            if (used[k]) memcpy(out->p[at++], all->p[k], sizeof *out->p);
    free(used);
    return out->p ? LM_OK : LM_ENOMEM;
}

static lm_status obb_points_of(obb_job *j, lm_err *err)
{
    size_t n = j->all.n = j->hull->nv;
    if (!(j->all.p = lm_mem_alloc(n, sizeof *j->all.p, err))) return LM_ENOMEM;
    for (size_t i = 0; i < n; i++) obb_corner(j, j->hull->vertex[i], j->all.p[i]);
    lm_status rc = obb_extremes(j, &j->coarse, err);
    if (rc) return rc;
    j->plane = lm_mem_alloc(n, sizeof *j->plane, err);
    j->ring = j->plane ? lm_mem_alloc(2 * n + 1, sizeof *j->ring, err) : NULL;
    return j->ring ? LM_OK : LM_ENOMEM;
}

/* ---- one direction ---- */

/* The least box with a side square to n (length 1). */
static obb_box obb_on(obb_job *j, const obb_points *of, const double n[3])
{
    obb_box box;
    lm_planehull_point along;
    double u[3], v[3], e[3] = {0, 0, 0}, lo = INFINITY, hi = -INFINITY, area;
    int least = 0;
    for (int c = 1; c < 3; c++)
        if (fabs(n[c]) < fabs(n[least])) least = c;
    e[least] = 1;
    lm_vec_cross(n, e, u);
    lm_vec_unit(u);
    lm_vec_cross(n, u, v);
    for (size_t i = 0; i < of->n; i++) {
        double h = lm_vec_dot(n, of->p[i]);
        lo = h < lo ? h : lo;
        hi = h > hi ? h : hi;
        j->plane[i] = (lm_planehull_point){lm_vec_dot(u, of->p[i]), lm_vec_dot(v, of->p[i])};
    }
    size_t ring = lm_planehull_make(j->plane, of->n, j->ring);
    lm_planehull_rectangle(j->ring, ring, &along, &area);
    for (int c = 0; c < 3; c++) {
        box.axis[0][c] = n[c];
        box.axis[1][c] = along.x * u[c] + along.y * v[c];
    }
    lm_vec_unit(box.axis[1]);
    lm_vec_cross(box.axis[0], box.axis[1], box.axis[2]);
    box.volume = area * (hi - lo);
    return box;
}

/* ---- candidates ---- */

/* Keep the best, in order; of equal ones the first. */
static void obb_keep(obb_job *j, const obb_box *b)
{
    size_t at = j->n_best;
    while (at > 0 && b->volume < j->best[at - 1].volume) at--;
    if (at == OBB_BEST) return;
    if (j->n_best < OBB_BEST) j->n_best++;
    for (size_t i = j->n_best - 1; i > at; i--) j->best[i] = j->best[i - 1];
    j->best[at] = *b;
}

typedef struct {
    double size, d[3]; /* a face's normal, an edge's direction */
    size_t at;
} obb_side;

static int obb_larger(const void *a, const void *b)
{
    const obb_side *x = a, *y = b;
    if (x->size != y->size) return x->size > y->size ? -1 : 1;
    return (x->at > y->at) - (x->at < y->at);
}

/* Faces by area, edges by length; those that are parallel to a larger one are left out. */
static lm_status obb_sides(const obb_job *j, bool edges, size_t want, obb_side **ret, size_t *n, lm_err *err)
{
    const lm_hull *h = j->hull;
    obb_side *s = lm_mem_alloc(edges ? 3 * h->nt : h->nt, sizeof *s, err);
    size_t all = 0, kept = 0;
    if (!s) return LM_ENOMEM;
    for (size_t t = 0; t < h->nt; t++) {
        const uint32_t *v = h->tri + 3 * t;
        const float *a = j->pos + 3 * (size_t)v[0], *b = j->pos + 3 * (size_t)v[1], *c = j->pos + 3 * (size_t)v[2];
        if (!edges) {
            s[all] = (obb_side){.at = t};
            s[all].size = lm_vec_normal(a, b, c, s[all].d);
            all++;
            continue;
        }
        for (size_t k = 0; k < 3; k++) {
            if (v[k] > v[(k + 1) % 3]) continue;
            s[all] = (obb_side){.at = 3 * t + k};
            lm_vec_sub(j->pos + 3 * (size_t)v[(k + 1) % 3], j->pos + 3 * (size_t)v[k], s[all].d);
            s[all].size = lm_vec_unit(s[all].d);
            all++;
        }
    }
    qsort(s, all, sizeof *s, obb_larger);
    for (size_t i = 0; i < all && kept < want; i++) {
        bool known = !(s[i].size > 0);
        for (size_t k = 0; k < kept && !known; k++) known = 1 - fabs(lm_vec_dot(s[i].d, s[k].d)) < 1e-9;
        if (!known) s[kept++] = s[i];
    }
    *ret = s;
    *n = kept;
    return LM_OK;
}

static lm_status obb_search(obb_job *j, lm_err *err)
{
    obb_side *s = NULL;
    size_t n = 0;
    lm_status rc = obb_sides(j, false, OBB_FACES, &s, &n, err);
    for (size_t i = 0; i < n && !rc; i++) {
        obb_box b = obb_on(j, &j->coarse, s[i].d);
        obb_keep(j, &b);
    }
    free(s);
    s = NULL;
    if (rc || (rc = obb_sides(j, true, OBB_EDGES, &s, &n, err))) return rc;
    for (size_t i = 0; i < n; i++)
        for (size_t k = i + 1; k < n; k++) {
            double d[3];
            lm_vec_cross(s[i].d, s[k].d, d);
            if (!(lm_vec_unit(d) > 1e-6)) continue;
            obb_box b = obb_on(j, &j->coarse, d);
            obb_keep(j, &b);
        }
    free(s);
    return LM_OK;
}

/* ---- turning ---- */

static obb_box obb_turn(obb_job *j, const double axis[3][3])
{
    obb_box best = {.volume = INFINITY};
    memcpy(best.axis, axis, sizeof best.axis);
    for (int turn = 0, still = 0; turn < OBB_TURNS && still < 3; turn++) {
        obb_box b = obb_on(j, &j->all, best.axis[turn % 3]);
        still++;
        if (!(b.volume < best.volume * (1 - 1e-12))) continue;
        if (b.volume < best.volume * (1 - 1e-9)) still = 1;
        /* keep the axes in their places, so that the next turn is about another one */
        for (int a = 0; a < 3; a++) memcpy(best.axis[(turn + a) % 3], b.axis[a], sizeof b.axis[a]);
        best.volume = b.volume;
    }
    return best;
}

/* ---- result ---- */

/* Extents of all vertices of the hull along the axes. */
static void obb_measure(const obb_job *j, const double axis[3][3], lm_obb *out)
{
    double lo[3] = {INFINITY, INFINITY, INFINITY}, hi[3] = {-INFINITY, -INFINITY, -INFINITY}, size[3], p[3];
    int order[3] = {0, 1, 2};
    for (size_t i = 0; i < j->full->nv; i++) {
        obb_corner(j, j->full->vertex[i], p);
        for (int a = 0; a < 3; a++) {
            double x = lm_vec_dot(axis[a], p);
            lo[a] = x < lo[a] ? x : lo[a];
            hi[a] = x > hi[a] ? x : hi[a];
        }
    }
    for (int a = 0; a < 3; a++) size[a] = hi[a] - lo[a];
    for (int pass = 0; pass < 2; pass++)
        for (int i = 0; i < 2; i++)
            if (size[order[i]] < size[order[i + 1]]) {
                int t = order[i];
                order[i] = order[i + 1];
                order[i + 1] = t;
            }
    out->volume_mm3 = size[0] * size[1] * size[2];
    for (int c = 0; c < 3; c++) out->centre_mm[c] = j->origin[c];
    for (int a = 0; a < 3; a++) {
        int from = order[a], big = 0;
        for (int c = 1; c < 3; c++)
            if (fabs(axis[from][c]) > fabs(axis[from][big])) big = c;
        out->size_mm[a] = size[from];
        for (int c = 0; c < 3; c++) {
            out->axis[a][c] = axis[from][big] < 0 ? -axis[from][c] : axis[from][c];
            out->centre_mm[c] += 0.5 * (lo[from] + hi[from]) * axis[from][c];
        }
    }
    lm_vec_cross(out->axis[0], out->axis[1], out->axis[2]); /* right-handed */
}

/* Of a flat thing, whose volume is nothing, the least area counts, and so on: the sides of what is left when its own are gone. */
static bool obb_less(const lm_obb *a, const lm_obb *b)
{
    if (a->volume_mm3 != b->volume_mm3) return a->volume_mm3 < b->volume_mm3 * (1 - 1e-12);
    return a->size_mm[0] * a->size_mm[1] < b->size_mm[0] * b->size_mm[1];
}

static void obb_try(const obb_job *j, const double axis[3][3], lm_obb *out)
{
    lm_obb b;
    obb_measure(j, axis, &b);
    if (obb_less(&b, out)) *out = b;
}

/* A plane or a line has no faces: the direction square to it, by the farthest point and the farthest from that line. */
static void obb_flat(obb_job *j, lm_obb *out)
{
    const obb_points *all = &j->all;
    double u[3] = {1, 0, 0}, n[3] = {0, 0, 0}, most = 0;
    for (size_t i = 1; i < all->n; i++) {
        double d[3];
        for (int c = 0; c < 3; c++) d[c] = all->p[i][c] - all->p[0][c];
        if (lm_vec_dot(d, d) > most) most = lm_vec_dot(d, d), memcpy(u, d, sizeof u);
    }
    lm_vec_unit(u);
    most = 0;
    for (size_t i = 1; i < all->n; i++) {
        double d[3], w[3];
        for (int c = 0; c < 3; c++) d[c] = all->p[i][c] - all->p[0][c];
        lm_vec_cross(u, d, w);
        if (lm_vec_dot(w, w) > most) most = lm_vec_dot(w, w), memcpy(n, w, sizeof n);
    }
    if (!(lm_vec_unit(n) > 0)) { /* a line: any direction square to it */
        int least = 0;
        double e[3] = {0, 0, 0};
        for (int c = 1; c < 3; c++)
            if (fabs(u[c]) < fabs(u[least])) least = c;
        e[least] = 1;
        lm_vec_cross(u, e, n);
        lm_vec_unit(n);
    }
    obb_box b = obb_on(j, all, n);
    obb_measure(j, b.axis, out);
}

lm_status lm_obb_of(const float *pos, const lm_hull *hull, const double axes[3][3], lm_obb *out, lm_err *err)
{
    static const double upright[3][3] = {{1, 0, 0}, {0, 1, 0}, {0, 0, 1}};
    obb_job j = {.pos = pos, .full = hull, .hull = hull};
    lm_hull columns = LM_HULL_INIT;
    lm_status rc = LM_OK;
    for (size_t c = 0; c < 3; c++) j.origin[c] = pos[3 * (size_t)hull->vertex[0] + c];
    obb_measure(&j, upright, out);
    if (hull->nv > LM_OBB_CORNERS && !(rc = obb_columns(&j, &columns, err))) j.hull = &columns;
    if (!rc) rc = obb_points_of(&j, err);
    if (!rc && j.hull->dimension < 3) obb_flat(&j, out);
    else if (!rc && !(rc = obb_search(&j, err))) {
        for (size_t i = 0; i < j.n_best; i++) {
            obb_box b = obb_turn(&j, (const double(*)[3])j.best[i].axis);
            obb_try(&j, (const double(*)[3])b.axis, out);
        }
        for (int own = 0; own < (axes ? 2 : 1); own++) {
            obb_box b = obb_turn(&j, own ? axes : upright);
            obb_try(&j, (const double(*)[3])b.axis, out);
        }
        if (axes) obb_try(&j, axes, out);
    }
    lm_hull_release(&columns);
    free(j.all.p);
    free(j.coarse.p);
    free(j.plane);
    free(j.ring);
    return rc;
}
