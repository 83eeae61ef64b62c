/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "repair/smooth.h"
#include "base/mem.h"
#include "base/pool.h"
#include "repair/fans.h"
#include "repair/passed.h"
#include "surface/bvh.h"
#include "surface/intersect.h"
#include "surface/join.h"
#include "surface/predicates.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    SMOOTH_BLOCK = 4096,
    SMOOTH_ROUNDS = 40,  /* of going back */
    SMOOTH_RESTORES = 4, /* of them with volumes restored */
    SMOOTH_STEPS = 8,    /* of restoring */
    SMOOTH_SWEEPS = 100, /* of solving for pressures */
    SMOOTH_HALVES = 3    /* then a vertex goes back all the way */
};
#define SMOOTH_LAMBDA 0.5
#define SMOOTH_MU (-1 / 1.9) /* waves of 0.1 (of 2) and less stay */
#define SMOOTH_ENOUGH 1e-8   /* of a volume */
#define SMOOTH_NONE UINT32_MAX

typedef struct {
    uint32_t in, out; /* bodies; SMOOTH_NONE: none */
    double was, area; /* as it was; as it is, but no less: what shrank must not shoot out */
} smooth_wall;

typedef struct {
    lm_mesh *m;
    lm_fans f;
    int threads;
    double bound;
    double (*was)[3], (*x)[3], (*y)[3]; /* where vertices were, where they want to be, where they are */
    uint32_t (*seam)[2];                /* neighbours along the seam; NULL without labels */
    unsigned char *halves;              /* how often it went back */
    uint32_t *wall;                     /* per triangle */
    smooth_wall *walls;
    size_t n_walls, bodies;
    double *volume, *now, *u, *num, *den; /* per body: as it was, as it is, pressure */
    double step, origin[3];               /* of Taubin's steps; about which volumes are taken */
    size_t held, bound_n;
    lm_passed passed; /* of one part */
} smooth_work;

static void smooth_cross(const double *p, const double *a, const double *b, double n[3])
{
    double u[3], v[3];
    for (int k = 0; k < 3; k++) u[k] = a[k] - p[k], v[k] = b[k] - p[k];
    for (int k = 0; k < 3; k++) n[k] = u[(k + 1) % 3] * v[(k + 2) % 3] - u[(k + 2) % 3] * v[(k + 1) % 3];
}

/* ---- bodies and walls ---- */

static int smooth_cmp(const void *a, const void *b)
{
    const uint64_t *x = a, *y = b;
    return (*x > *y) - (*x < *y);
}

static size_t smooth_find(const uint64_t *key, size_t n, uint64_t k)
{
    size_t lo = 0;
    while (n > 1) {
        size_t half = n / 2;
        if (key[lo + half] <= k) lo += half, n -= half;
        else n = half;
    }
    return lo;
}

static size_t smooth_unique(uint64_t *key, size_t n)
{
    size_t k = 0;
    qsort(key, n, sizeof *key, smooth_cmp);
    for (size_t i = 0; i < n; i++)
        if (!i || key[i] != key[k - 1]) key[k++] = key[i];
    return k;
}

/* What lies behind a triangle and before it: parts, or of one part components. 0: nothing. */
static uint64_t smooth_sides(const smooth_work *w, size_t t)
{
    const lm_mesh *m = w->m;
    if (!m->label) return (uint64_t)(w->f.component[m->tri[3 * t]] + 1);
    return (uint64_t)(m->label_back ? m->label_back[t] : 0) << 32 | m->label[t];
}

static lm_status smooth_walls(smooth_work *w, lm_err *err)
{
    size_t nt = w->m->nt, n = 0, nb = 0;
    uint64_t *key = lm_mem_alloc(nt, sizeof *key, err), *body = NULL;
    lm_status rc = key && (w->wall = lm_mem_alloc(nt, sizeof *w->wall, err)) ? LM_OK : LM_ENOMEM;
    if (!rc) {
        for (size_t t = 0; t < nt; t++) key[t] = smooth_sides(w, t);
        n = smooth_unique(key, nt);
        if (!(body = lm_mem_alloc(2 * n, sizeof *body, err)) || !(w->walls = lm_mem_calloc(n, sizeof *w->walls, err)))
            rc = LM_ENOMEM;
    }
    if (!rc) {
        for (size_t i = 0; i < n; i++) {
            body[nb++] = key[i] & 0xffffffff;
            if (key[i] >> 32) body[nb++] = key[i] >> 32;
        }
        w->bodies = smooth_unique(body, nb);
        w->n_walls = n;
        for (size_t i = 0; i < n; i++) {
            w->walls[i].in = (uint32_t)smooth_find(body, w->bodies, key[i] & 0xffffffff);
            w->walls[i].out = key[i] >> 32 ? (uint32_t)smooth_find(body, w->bodies, key[i] >> 32) : SMOOTH_NONE;
        }
        for (size_t t = 0; t < nt; t++) w->wall[t] = (uint32_t)smooth_find(key, n, smooth_sides(w, t));
        if (!(w->volume = lm_mem_calloc(w->bodies, 5 * sizeof *w->volume, err))) rc = LM_ENOMEM;
        else {
            w->now = w->volume + w->bodies;
            w->u = w->now + w->bodies;
            w->num = w->u + w->bodies;
            w->den = w->num + w->bodies;
        }
    }
    free(key);
    free(body);
    return rc;
}

/* Volumes of all bodies and areas of all walls, vertices at p. */
static void smooth_measure(smooth_work *w, double (*p)[3], double *volume)
{
    for (size_t i = 0; i < w->bodies; i++) volume[i] = 0;
    for (size_t i = 0; i < w->n_walls; i++) w->walls[i].area = 0;
    for (size_t t = 0; t < w->m->nt; t++) {
        const uint32_t *v = w->m->tri + 3 * t;
        smooth_wall *wall = &w->walls[w->wall[t]];
        double n[3], h = 0;
        smooth_cross(p[v[0]], p[v[1]], p[v[2]], n);
        for (int k = 0; k < 3; k++) h += n[k] * (p[v[0]][k] - w->origin[k]);
        wall->area += 0.5 * sqrt(n[0] * n[0] + n[1] * n[1] + n[2] * n[2]);
        volume[wall->in] += h / 6;
        if (wall->out != SMOOTH_NONE) volume[wall->out] -= h / 6;
    }
    for (size_t i = 0; i < w->n_walls; i++) w->walls[i].area = fmax(w->walls[i].area, w->walls[i].was);
}

/* Pressures that would give every body the volume it had. True when there is anything to be done. */
static bool smooth_pressures(smooth_work *w)
{
    bool any = false;
    for (size_t i = 0; i < w->bodies; i++) {
        any |= fabs(w->volume[i] - w->now[i]) > SMOOTH_ENOUGH * fabs(w->volume[i]);
        w->u[i] = 0;
    }
    for (int sweep = 0; any && sweep < SMOOTH_SWEEPS; sweep++) {
        for (size_t i = 0; i < w->bodies; i++) w->num[i] = w->volume[i] - w->now[i], w->den[i] = 0;
        for (size_t i = 0; i < w->n_walls; i++) {
            const smooth_wall *a = &w->walls[i];
            w->den[a->in] += a->area;
            if (a->out == SMOOTH_NONE) continue;
            w->den[a->out] += a->area;
            w->num[a->in] += a->area * w->u[a->out];
            w->num[a->out] += a->area * w->u[a->in];
        }
        for (size_t i = 0; i < w->bodies; i++) w->u[i] = w->den[i] > 0 ? w->num[i] / w->den[i] : 0;
    }
    return any;
}

/* ---- vertices ---- */

static lm_status smooth_seams(smooth_work *w, lm_err *err)
{
    if (!w->m->label) return LM_OK;
    if (!(w->seam = lm_mem_alloc(w->m->nv, sizeof *w->seam, err))) return LM_ENOMEM;
    for (uint32_t v = 0; v < w->m->nv; v++) {
        int n = 0;
        if (w->f.kind[v] != LM_FANS_SEAM) continue;
        for (uint32_t k = w->f.head[v]; k != LM_FANS_NONE && n < 2; k = w->f.next[k]) {
            const uint32_t near[2] = {lm_fans_after(w->m, k), lm_fans_before(w->m, k)};
            for (int i = 0; i < 2 && n < 2; i++)
                if ((n == 0 || w->seam[v][0] != near[i]) && lm_fans_seam(&w->f, v, near[i])) w->seam[v][n++] = near[i];
        }
    }
    return LM_OK;
}

/* x from y: a step towards the middle of the neighbours, or away. */
static lm_status smooth_step_task(void *ctx, size_t task, int worker, lm_err *err)
{
    (void)worker;
    (void)err;
    smooth_work *w = ctx;
    for (size_t v = task * SMOOTH_BLOCK; v < w->m->nv && v < (task + 1) * SMOOTH_BLOCK; v++) {
        double mid[3] = {0}, n = 0;
        memcpy(w->x[v], w->y[v], sizeof *w->x);
        if (w->f.kind[v] == LM_FANS_SEAM) {
            n = 2;
            for (int k = 0; k < 3; k++) mid[k] = w->y[w->seam[v][0]][k] + w->y[w->seam[v][1]][k];
        } else if (w->f.kind[v] == LM_FANS_WALL)
            for (uint32_t c = w->f.head[v]; c != LM_FANS_NONE; c = w->f.next[c], n++)
                for (int k = 0; k < 3; k++) mid[k] += w->y[lm_fans_after(w->m, c)][k];
        for (int k = 0; k < 3 && n > 0; k++) w->x[v][k] += w->step * (mid[k] / n - w->y[v][k]);
    }
    return LM_OK;
}

/* x moves by the pressures, vertices at y. */
static lm_status smooth_press_task(void *ctx, size_t task, int worker, lm_err *err)
{
    (void)worker;
    (void)err;
    smooth_work *w = ctx;
    for (size_t v = task * SMOOTH_BLOCK; v < w->m->nv && v < (task + 1) * SMOOTH_BLOCK; v++) {
        double d[3] = {0}, area = 0, n[3];
        if (w->f.kind[v] == LM_FANS_STAYS) continue;
        for (uint32_t c = w->f.head[v]; c != LM_FANS_NONE; c = w->f.next[c]) {
            const smooth_wall *wall = &w->walls[w->wall[c / 3]];
            double by = w->u[wall->in] - (wall->out == SMOOTH_NONE ? 0 : w->u[wall->out]);
            smooth_cross(w->y[v], w->y[lm_fans_after(w->m, c)], w->y[lm_fans_before(w->m, c)], n);
            for (int k = 0; k < 3; k++) d[k] += by * n[k];
            area += sqrt(n[0] * n[0] + n[1] * n[1] + n[2] * n[2]);
        }
        for (int k = 0; k < 3 && area > 0; k++) w->x[v][k] += d[k] / area;
    }
    return LM_OK;
}

/* y: x, no farther away than the bound, and back as often as was found necessary. */
static void smooth_place(smooth_work *w)
{
    w->held = w->bound_n = 0;
    for (size_t v = 0; v < w->m->nv; v++) {
        double d[3], d2 = 0, part = w->halves[v] > SMOOTH_HALVES ? 0 : 1.0 / (1 << w->halves[v]);
        for (int k = 0; k < 3; k++) {
            d[k] = w->x[v][k] - w->was[v][k];
            d2 += d[k] * d[k];
        }
        w->held += w->halves[v] > 0;
        if (w->bound >= 0 && d2 > w->bound * w->bound) {
            part *= w->bound / sqrt(d2);
            w->bound_n++;
        }
        for (int k = 0; k < 3; k++) w->y[v][k] = w->was[v][k] + part * d[k];
    }
}

static lm_status smooth_restore(smooth_work *w, lm_err *err)
{
    lm_status rc = LM_OK;
    for (int step = 0; step < SMOOTH_STEPS && !rc; step++) {
        smooth_place(w);
        smooth_measure(w, w->y, w->now);
        if (!smooth_pressures(w)) break;
        rc = lm_pool_run(w->threads, w->m->nv / SMOOTH_BLOCK + 1, smooth_press_task, w, err);
    }
    return rc;
}

/* ---- what may not be ---- */

static void smooth_back(smooth_work *w, unsigned char *seen, uint32_t v)
{
    seen[v] |= w->halves[v] <= SMOOTH_HALVES;
}

static void smooth_back_triangle(smooth_work *w, unsigned char *seen, size_t t)
{
    for (size_t k = 0; k < 3; k++) smooth_back(w, seen, w->m->tri[3 * t + k]);
}

/* Marks vertices of triangles without area, and those at one place. */
static lm_status smooth_flat(smooth_work *w, unsigned char *skip, unsigned char *seen, uint32_t *point, bool *doubled, lm_err *err)
{
    lm_join join = LM_JOIN_INIT;
    const lm_mesh *m = w->m;
    for (size_t t = 0; t < m->nt; t++) {
        const uint32_t *v = m->tri + 3 * t;
        skip[t] = lm_predicates_collinear(m->pos + 3 * (size_t)v[0], m->pos + 3 * (size_t)v[1], m->pos + 3 * (size_t)v[2]);
        if (skip[t]) smooth_back_triangle(w, seen, t);
    }
    lm_status rc = lm_join_add(&join, m->pos, m->nv, point, err);
    if (!rc) {
        *doubled = join.n < m->nv;
        size_t fresh = 0;
        for (uint32_t v = 0; v < m->nv; v++) {
            if (point[v] == fresh) fresh++;
            else smooth_back(w, seen, v);
        }
    }
    lm_join_release(&join);
    return rc;
}

/* Marks vertices of what passed through another component. hit: zeros. */
static lm_status smooth_passed(smooth_work *w, const lm_bvh *tree, unsigned char *hit, unsigned char *seen, lm_err *err)
{
    bool any;
    lm_status rc = lm_passed_find(&w->passed, w->m, tree, (const double(*)[3])w->was, w->threads, hit, &any, err);
    for (size_t t = 0; t < w->m->nt && !rc && any; t++)
        if (hit[t]) smooth_back_triangle(w, seen, t);
    return rc;
}

/* Send back what is in the way. *any: something was. */
static lm_status smooth_check(smooth_work *w, bool *any, lm_err *err)
{
    lm_bvh tree = LM_BVH_INIT;
    lm_intersect hit = LM_INTERSECT_INIT;
    bool doubled = false;
    unsigned char *skip = lm_mem_alloc(w->m->nt, 1, err), *seen = lm_mem_calloc(w->m->nv, 1, err);
    uint32_t *point = lm_mem_alloc(w->m->nv, sizeof *point, err);
    lm_status rc = skip && seen && point ? smooth_flat(w, skip, seen, point, &doubled, err) : LM_ENOMEM;
    if (!rc && !(rc = lm_bvh_build(w->m, skip, w->threads, &tree, err)))
        rc = lm_intersect_run(w->m, &tree, doubled ? point : NULL, true, w->threads, &hit, err);
    *any = false;
    if (!rc && !hit.pairs && !memchr(seen, 1, w->m->nv)) rc = smooth_passed(w, &tree, skip, seen, err);
    if (!rc) {
        for (size_t i = 0; i < hit.pairs; i++)
            for (int k = 0; k < 2; k++) smooth_back_triangle(w, seen, hit.list[i][k]);
        for (size_t v = 0; v < w->m->nv; v++) {
            w->halves[v] = (unsigned char)(w->halves[v] + seen[v]);
            *any |= seen[v];
        }
    }
    lm_intersect_release(&hit);
    lm_bvh_release(&tree);
    free(skip);
    free(seen);
    free(point);
    return rc;
}

/* Small components that cannot keep their volumes go back in place. *any: there were such. */
static void smooth_in_place(smooth_work *w, bool *any, lm_smooth *out)
{
    double all = 0;
    *any = false;
    if (w->m->label) return;
    for (size_t i = 0; i < w->bodies; i++) all += fabs(w->volume[i]);
    for (size_t i = 0; i < w->bodies; i++) {
        bool back = fabs(w->volume[i]) < LM_SMOOTH_SMALL * all &&
                    !(fabs(w->now[i] - w->volume[i]) <= LM_SMOOTH_VOLUME / 100 * fabs(w->volume[i]));
        w->u[i] = back;
        *any |= back;
        out->in_place += back;
    }
    for (size_t k = 0; *any && k < 3 * w->m->nt; k++)
        if (w->u[w->walls[w->wall[k / 3]].in] != 0) w->halves[w->m->tri[k]] = SMOOTH_HALVES + 1;
}

/* ---- all of it ---- */

static void smooth_write(smooth_work *w)
{
    smooth_place(w);
    for (size_t v = 0; v < w->m->nv; v++)
        for (int k = 0; k < 3; k++) {
            float x = (float)w->y[v][k];
            w->m->pos[3 * v + (size_t)k] = x == 0 ? 0 : x;
            w->y[v][k] = x;
        }
}

static void smooth_result(smooth_work *w, lm_smooth *out)
{
    double move2 = 0;
    for (size_t v = 0; v < w->m->nv; v++) {
        double d2 = 0;
        for (int k = 0; k < 3; k++) d2 += (w->y[v][k] - w->was[v][k]) * (w->y[v][k] - w->was[v][k]);
        out->moved += d2 > 0;
        if (d2 <= move2) continue;
        move2 = d2;
        memcpy(out->far_at, w->m->pos + 3 * v, sizeof out->far_at);
    }
    out->max_move_mm = sqrt(move2);
    out->held = w->held;
    out->bound = w->bound_n;
    for (size_t i = 0; i < w->bodies; i++) {
        double change = w->now[i] - w->volume[i], percent = w->volume[i] != 0 ? 100 * change / fabs(w->volume[i]) : 0;
        out->volume_mm3 += change;
        if (fabs(percent) > fabs(out->volume_percent)) out->volume_percent = percent;
    }
    out->conflict = fabs(out->volume_percent) > LM_SMOOTH_VOLUME;
}

static lm_status smooth_make(smooth_work *w, lm_err *err)
{
    lm_mesh *m = w->m;
    lm_status rc = lm_fans_make(m, w->threads, &w->f, err);
    if (!rc && (!(w->was = lm_mem_alloc(m->nv, sizeof *w->was, err)) || !(w->x = lm_mem_alloc(m->nv, sizeof *w->x, err)) ||
                !(w->y = lm_mem_alloc(m->nv, sizeof *w->y, err)) || !(w->halves = lm_mem_calloc(m->nv, 1, err))))
        rc = LM_ENOMEM;
    if (rc || (rc = smooth_walls(w, err)) || (rc = smooth_seams(w, err)) ||
        (!m->label && (rc = lm_passed_make(m, w->threads, &w->passed, err))))
        return rc;
    double lo[3], hi[3], far = 0;
    lm_mesh_box(m, lo, hi);
    for (int k = 0; k < 3; k++) {
        w->origin[k] = 0.5 * (lo[k] + hi[k]);
        far = fmax(far, fmax(fabs(lo[k]), fabs(hi[k])));
    }
    for (size_t v = 0; v < m->nv; v++)
        for (size_t k = 0; k < 3; k++) w->was[v][k] = w->y[v][k] = m->pos[3 * v + k];
    /* coordinates are rounded to 2^-24 of themselves */
    if (w->bound >= 0) w->bound = fmax(0, w->bound - far * 0x1p-23);
    smooth_measure(w, w->was, w->volume);
    for (size_t i = 0; i < w->n_walls; i++) w->walls[i].was = w->walls[i].area;
    return LM_OK;
}

static void smooth_release(smooth_work *w)
{
    lm_fans_release(&w->f);
    lm_passed_release(&w->passed);
    free(w->was);
    free(w->x);
    free(w->y);
    free(w->seam);
    free(w->halves);
    free(w->wall);
    free(w->walls);
    free(w->volume);
}

static lm_status smooth_passes(smooth_work *w, unsigned passes, lm_err *err)
{
    lm_status rc = LM_OK;
    for (unsigned i = 0; i < 2 * passes && !rc; i++) {
        w->step = i % 2 ? SMOOTH_MU : SMOOTH_LAMBDA;
        rc = lm_pool_run(w->threads, w->m->nv / SMOOTH_BLOCK + 1, smooth_step_task, w, err);
        double(*swap)[3] = w->x;
        w->x = w->y;
        w->y = swap;
    }
    memcpy(w->x, w->y, w->m->nv * sizeof *w->x);
    return rc;
}

lm_status lm_smooth_run(lm_mesh *m, const lm_smooth_opt *opt, lm_smooth *out, lm_err *err)
{
    smooth_work w = {.m = m, .threads = lm_pool_threads(opt->threads), .bound = opt->max_move_mm};
    bool any = true, placed = false;
    *out = (lm_smooth){.moved = 0};
    lm_status rc = smooth_make(&w, err);
    if (!rc) rc = smooth_passes(&w, opt->passes, err);
    for (int round = 0; !rc && any && round < SMOOTH_ROUNDS; round++) {
        if (round < SMOOTH_RESTORES) rc = smooth_restore(&w, err);
        if (rc) break;
        smooth_write(&w);
        if ((rc = smooth_check(&w, &any, err)) || any || placed) continue;
        smooth_measure(&w, w.y, w.now);
        smooth_in_place(&w, &any, out);
        placed = true;
    }
    if (!rc) {
        smooth_measure(&w, w.y, w.now);
        smooth_result(&w, out);
    } else if (w.was)
        for (size_t v = 0; v < m->nv; v++)
            for (size_t k = 0; k < 3; k++) m->pos[3 * v + k] = (float)w.was[v][k];
    smooth_release(&w);
    return rc;
}
