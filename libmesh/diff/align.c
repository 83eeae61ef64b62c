/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "diff/align.h"
#include "base/mem.h"
#include "base/pool.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    ALIGN_BLOCK = 512,
    ALIGN_COARSE = 240, /* points for each start */
    ALIGN_POINTS = 7200,
    ALIGN_STARTS = 25,
    ALIGN_FOLLOW = 5, /* of them are followed to the end */
    ALIGN_FIRST = 16, /* steps of each start */
    ALIGN_MIDDLE = 20,
    ALIGN_LAST = 40,
    ALIGN_HALVES = 3
};
/* Of the size: distances below are as good as none, so that of a perfect fit all is kept. */
#define ALIGN_FLOOR 1e-4

typedef struct {
    double d2;
    size_t i;
} align_rank;

/* Points of a, where they go, and how well they fit. Scratch of one worker. */
typedef struct {
    const lm_nearest *to;
    const double *p;
    size_t n;
    int threads;
    double size;
    lm_rigid at;
    double *moved, *near; /* 3 n */
    lm_nearest_hit *hit;
    align_rank *rank;
    size_t *which;
} align_points;

typedef struct {
    lm_rigid at;
    size_t kept;
    double measure, kept2, all2; /* mean d^2 / f^3; mean d^2 of those kept; of all */
} align_fit;

/* ---- points ---- */

/* n points spread over the area: one in each of n equal pieces of the area summed in the order of the triangles, at random in it by
 * a fixed generator. */
static lm_status align_spread(const lm_mesh *m, bool mirrored, size_t n, double *out, lm_err *err)
{
    double total = 0, sum = 0;
    size_t at = 0;
    uint64_t seed = 0;
    for (int pass = 0; pass < 2; pass++) {
        for (size_t t = 0; t < m->nt && (!pass || at < n); t++) {
            const float *p[3];
            double u[3], v[3], x[3];
            for (size_t i = 0; i < 3; i++) p[i] = m->pos + 3 * (size_t)m->tri[3 * t + i];
            for (int k = 0; k < 3; k++) u[k] = (double)p[1][k] - p[0][k], v[k] = (double)p[2][k] - p[0][k];
            for (int k = 0; k < 3; k++) x[k] = u[(k + 1) % 3] * v[(k + 2) % 3] - u[(k + 2) % 3] * v[(k + 1) % 3];
            const double area = sqrt(x[0] * x[0] + x[1] * x[1] + x[2] * x[2]);
            if (!pass) total += area;
            else sum += area;
            for (; pass && at < n && sum >= total * (((double)at + 0.5) / (double)n); at++) {
                uint64_t r = seed += 0x9e3779b97f4a7c15u; /* splitmix64 (Steele, Lea and Flood 2014) */
                r = (r ^ r >> 30) * 0xbf58476d1ce4e5b9u;
                r = (r ^ r >> 27) * 0x94d049bb133111ebu;
                r ^= r >> 31;
                double a = (double)(r >> 32) * 0x1p-32, b = (double)(r & 0xffffffffu) * 0x1p-32;
                if (a + b > 1) a = 1 - a, b = 1 - b;
                for (int k = 0; k < 3; k++) out[3 * at + (size_t)k] = p[0][k] + a * u[k] + b * v[k];
                if (mirrored) out[3 * at] = -out[3 * at];
            }
        }
        if (!(total > 0)) return lm_err_set(err, LM_ERULE, NULL, "a surface without area cannot be aligned");
    }
    for (; at < n; at++) memcpy(out + 3 * at, out + 3 * (at - 1), 3 * sizeof *out); /* rounding of the sum */
    return LM_OK;
}

/* Centre and axes, as rows, right-handed; size: root mean square distance from the centre. */
static void align_frame(const double *p, size_t n, double c[3], double axes[3][3], double *size)
{
    double a[LM_RIGID_EIGEN][LM_RIGID_EIGEN] = {{0}}, v[LM_RIGID_EIGEN][LM_RIGID_EIGEN], w[LM_RIGID_EIGEN];
    for (int k = 0; k < 3; k++) c[k] = 0;
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < 3; k++) c[k] += (p[3 * i + k] - p[k]) / (double)n;
    for (int k = 0; k < 3; k++) c[k] += p[k];
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < 3; k++)
            for (size_t l = 0; l < 3; l++) a[k][l] += (p[3 * i + k] - c[k]) * (p[3 * i + l] - c[l]) / (double)n;
    *size = sqrt(a[0][0] + a[1][1] + a[2][2]);
    lm_rigid_eigen(3, a, w, v);
    for (int k = 0; k < 3; k++) {
        axes[0][k] = v[0][k];
        axes[1][k] = v[1][k];
        axes[2][k] = v[0][(k + 1) % 3] * v[1][(k + 2) % 3] - v[0][(k + 2) % 3] * v[1][(k + 1) % 3];
    }
}

static void align_points_release(align_points *w)
{
    free(w->moved);
    free(w->near);
    free(w->hit);
    free(w->rank);
    free(w->which);
}

static lm_status align_points_make(const lm_nearest *to, const double *p, size_t n, double size, int threads, align_points *w,
                                   lm_err *err)
{
    *w = (align_points){.to = to, .p = p, .n = n, .size = size, .threads = threads};
    if ((w->moved = lm_mem_alloc(3 * n, sizeof *w->moved, err)) && (w->near = lm_mem_alloc(3 * n, sizeof *w->near, err)) &&
        (w->hit = lm_mem_alloc(n, sizeof *w->hit, err)) && (w->rank = lm_mem_alloc(n, sizeof *w->rank, err)) &&
        (w->which = lm_mem_alloc(n, sizeof *w->which, err))) {
        for (size_t i = 0; i < n; i++) w->hit[i].tri = LM_NEAREST_NONE;
        return LM_OK;
    }
    align_points_release(w);
    *w = (align_points){.n = 0};
    return LM_ENOMEM;
}

/* ---- one fit ---- */

static int align_rank_cmp(const void *x, const void *y)
{
    const align_rank *a = x, *b = y;
    return a->d2 < b->d2 ? -1 : a->d2 > b->d2 ? 1 : a->i < b->i ? -1 : a->i > b->i;
}

/* From where each point was nearest to last: it has moved little. */
static lm_status align_nearest_task(void *ctx, size_t task, int worker, lm_err *err)
{
    (void)worker;
    (void)err;
    const align_points *w = ctx;
    for (size_t i = task * ALIGN_BLOCK; i < w->n && i < (task + 1) * ALIGN_BLOCK; i++) {
        lm_rigid_apply(&w->at, w->p + 3 * i, w->moved + 3 * i);
        lm_nearest_find(w->to, w->moved + 3 * i, INFINITY, w->hit[i].tri, &w->hit[i]);
        w->rank[i] = (align_rank){w->hit[i].d2, i};
        memcpy(w->near + 3 * i, w->hit[i].q, 3 * sizeof *w->near);
    }
    return LM_OK;
}

/* How well the points fit at o->at: nearest points, the share that counts, the measure. Leaves which and near. */
static lm_status align_measure(align_points *w, align_fit *o, lm_err *err)
{
    w->at = o->at;
    lm_status rc = lm_pool_run(w->threads, (w->n - 1) / ALIGN_BLOCK + 1, align_nearest_task, w, err);
    if (rc) return rc;
    qsort(w->rank, w->n, sizeof *w->rank, align_rank_cmp);
    double sum = 0, floor2 = ALIGN_FLOOR * w->size * (ALIGN_FLOOR * w->size);
    o->measure = INFINITY;
    for (size_t i = 0; i < w->n; i++) {
        const double f = (double)(i + 1) / (double)w->n;
        sum += w->rank[i].d2;
        w->which[i] = w->rank[i].i;
        const double measure = (sum / (double)(i + 1) + floor2) / (f * f * f);
        if (2 * (i + 1) < w->n || measure > o->measure) continue;
        o->measure = measure;
        o->kept2 = sum / (double)(i + 1);
        o->kept = i + 1;
    }
    o->all2 = sum / (double)w->n;
    return LM_OK;
}

/* Unit normal of the triangle a point is nearest to. */
static void align_normal(const lm_mesh *m, uint32_t t, double n[3])
{
    const float *p[3];
    double u[3], v[3];
    for (size_t i = 0; i < 3; i++) p[i] = m->pos + 3 * (size_t)m->tri[3 * (size_t)t + i];
    for (int k = 0; k < 3; k++) u[k] = (double)p[1][k] - p[0][k], v[k] = (double)p[2][k] - p[0][k];
    for (int k = 0; k < 3; k++) n[k] = u[(k + 1) % 3] * v[(k + 2) % 3] - u[(k + 2) % 3] * v[(k + 1) % 3];
    const double l = sqrt(n[0] * n[0] + n[1] * n[1] + n[2] * n[2]);
    for (int k = 0; k < 3; k++) n[k] = l > 0 ? n[k] / l : 0;
}

/* How the distances along the normals change with the six ways to move: turning about c, at 1 mm per size, and shifting.
 * Eigenvalues and vectors of the mean of the products; g: of the products with the distance. */
static void align_normals(const align_points *w, const align_fit *o, const double c[3], double eigen[LM_RIGID_EIGEN],
                          double v[LM_RIGID_EIGEN][LM_RIGID_EIGEN], double g[6])
{
    double h[LM_RIGID_EIGEN][LM_RIGID_EIGEN] = {{0}};
    for (int k = 0; k < 6; k++) g[k] = 0;
    for (size_t j = 0; j < o->kept; j++) {
        const size_t i = w->which[j];
        const double *p = w->moved + 3 * i, *q = w->near + 3 * i;
        double n[3], row[6], d = 0;
        align_normal(w->to->mesh, w->hit[i].tri, n);
        for (int k = 0; k < 3; k++) {
            const int l = (k + 1) % 3, m = (k + 2) % 3;
            row[k] = ((p[l] - c[l]) * n[m] - (p[m] - c[m]) * n[l]) / w->size;
            row[k + 3] = n[k];
            d += n[k] * (p[k] - q[k]);
        }
        for (int k = 0; k < 6; k++) {
            g[k] += row[k] * d / (double)o->kept;
            for (int l = 0; l < 6; l++) h[k][l] += row[k] * row[l] / (double)o->kept;
        }
    }
    lm_rigid_eigen(6, h, eigen, v);
}

/* A step along the normals, halved until it helps. *moved false: it does not. */
static lm_status align_step_normals(align_points *w, align_fit *o, const double c[3], bool *moved, lm_err *err)
{
    double eigen[LM_RIGID_EIGEN], v[LM_RIGID_EIGEN][LM_RIGID_EIGEN], g[6], x[6] = {0};
    align_normals(w, o, c, eigen, v, g);
    for (int i = 0; i < 6; i++) {
        double s = 0;
        if (!(eigen[i] > 1e-6)) continue; /* nothing shows in this direction: stay */
        for (int k = 0; k < 6; k++) s -= v[i][k] * g[k] / eigen[i];
        for (int k = 0; k < 6; k++) x[k] += s * v[i][k];
    }
    *moved = false;
    for (int half = 0; half < ALIGN_HALVES && !*moved; half++) {
        align_fit try = *o;
        double turn[3], shift[3];
        for (int k = 0; k < 3; k++) turn[k] = x[k] / w->size, shift[k] = x[k + 3];
        lm_rigid_then(&o->at, c, turn, shift, &try.at);
        lm_status rc = align_measure(w, &try, err);
        if (rc) return rc;
        if (try.measure < o->measure) *o = try, *moved = true;
        for (int k = 0; k < 6; k++) x[k] /= 4;
    }
    return LM_OK;
}

static lm_status align_step_points(align_points *w, align_fit *o, bool *moved, lm_err *err)
{
    align_fit try = *o;
    lm_rigid d;
    lm_rigid_fit(w->moved, w->near, w->which, o->kept, &d);
    for (int i = 0; i < 3; i++) {
        try.at.t[i] = d.t[i];
        for (int j = 0; j < 3; j++) {
            try.at.r[i][j] = d.r[i][0] * o->at.r[0][j] + d.r[i][1] * o->at.r[1][j] + d.r[i][2] * o->at.r[2][j];
            try.at.t[i] += d.r[i][j] * o->at.t[j];
        }
    }
    lm_status rc = align_measure(w, &try, err);
    *moved = !rc && try.measure < o->measure;
    if (*moved) *o = try;
    return rc;
}

/* Follow one start: steps by points first, then along normals, until the measure falls by less than this share. */
static lm_status align_follow(align_points *w, align_fit *o, int steps, double enough, lm_err *err)
{
    lm_status rc = align_measure(w, o, err);
    for (int step = 0; !rc && step < steps && o->measure > 0; step++) {
        const double was = o->measure;
        bool moved = false;
        double c[3] = {0, 0, 0};
        for (size_t i = 0; i < w->n; i++)
            for (size_t k = 0; k < 3; k++) c[k] += (w->p[3 * i + k] - w->p[k]) / (double)w->n;
        for (int k = 0; k < 3; k++) c[k] += w->p[k];
        lm_rigid_apply(&o->at, (const double[3]){c[0], c[1], c[2]}, c);
        if (step >= 4) rc = align_step_normals(w, o, c, &moved, err);
        if (!rc && !moved) {
            if (step >= 4) rc = align_measure(w, o, err); /* what was tried last has left its own points */
            if (!rc) rc = align_step_points(w, o, &moved, err);
        }
        if (!moved || was - o->measure < enough * was) break;
    }
    return rc ? rc : align_measure(w, o, err);
}

/* ---- starts ---- */

typedef struct {
    const lm_nearest *to;
    const double *p;
    double size;
    align_fit fit[ALIGN_STARTS];
} align_starts;

static lm_status align_start_task(void *ctx, size_t task, int worker, lm_err *err)
{
    (void)worker;
    align_starts *s = ctx;
    align_points w;
    lm_status rc = align_points_make(s->to, s->p, ALIGN_COARSE, s->size, 1, &w, err);
    if (!rc) rc = align_follow(&w, &s->fit[task], ALIGN_FIRST, 1e-2, err);
    align_points_release(&w);
    return rc;
}

/* a's axes laid on b's: turned by rotation k of the 24 that take a cube to itself. */
static void align_start(int k, const double c[2][3], const double axes[2][3][3], lm_rigid *out)
{
    static const int order[6][3] = {{0, 1, 2}, {1, 2, 0}, {2, 0, 1}, {0, 2, 1}, {2, 1, 0}, {1, 0, 2}};
    const int *o = order[k / 4], odd = k / 4 < 3 ? 1 : -1, s0 = k % 4 & 1 ? -1 : 1, s1 = k % 4 & 2 ? -1 : 1;
    const int sign[3] = {s0, s1, odd * s0 * s1};
    for (int i = 0; i < 3; i++) {
        out->t[i] = c[1][i];
        for (int j = 0; j < 3; j++) {
            out->r[i][j] = 0;
            for (int m = 0; m < 3; m++) out->r[i][j] += axes[1][m][i] * sign[m] * axes[0][o[m]][j];
            out->t[i] -= out->r[i][j] * c[0][j];
        }
    }
}

static void align_directions(const align_points *w, const align_fit *o, lm_align *out)
{
    double eigen[LM_RIGID_EIGEN], v[LM_RIGID_EIGEN][LM_RIGID_EIGEN], g[6], c[3], axes[3][3], s;
    align_frame(w->moved, w->n, c, axes, &s);
    align_normals(w, o, c, eigen, v, g);
    for (int i = 5; i >= 0; i--) {
        const double shows = sqrt(fmax(0, eigen[i]));
        if (shows >= LM_ALIGN_SHOWS) break;
        double turn = 0, glide = 0;
        for (int k = 0; k < 3; k++) turn += v[i][k] * v[i][k], glide += v[i][k + 3] * v[i][k + 3];
        lm_align_direction *d = &out->direction[out->undetermined++];
        d->shift = glide > turn;
        d->shows = shows;
        for (int k = 0; k < 3; k++) d->axis[k] = v[i][k + (d->shift ? 3 : 0)] / sqrt(fmax(glide, turn));
    }
}

/* How far apart two motions put the points: root mean square. */
static double align_apart(const align_points *w, const lm_rigid *a, const lm_rigid *b)
{
    double sum = 0;
    for (size_t i = 0; i < w->n; i++) {
        double x[3], y[3];
        lm_rigid_apply(a, w->p + 3 * i, x);
        lm_rigid_apply(b, w->p + 3 * i, y);
        for (int k = 0; k < 3; k++) sum += (x[k] - y[k]) * (x[k] - y[k]);
    }
    return sqrt(sum / (double)w->n);
}

/* The best starts that lead to different places are followed; the best of them, and how many others are nearly as good. */
static lm_status align_few(align_starts *s, align_points *w, align_fit *best, lm_align *out, lm_err *err)
{
    align_fit at[ALIGN_FOLLOW];
    bool done[ALIGN_STARTS] = {false};
    int n = 0;
    for (int tries = 0; tries < ALIGN_STARTS && n < ALIGN_FOLLOW; tries++) {
        int k = -1;
        bool known = false;
        for (int i = 0; i < ALIGN_STARTS; i++)
            if (!done[i] && (k < 0 || s->fit[i].measure < s->fit[k].measure)) k = i;
        done[k] = true;
        for (int i = 0; i < n && !known; i++) known = align_apart(w, &at[i].at, &s->fit[k].at) < LM_ALIGN_OTHER * s->size;
        if (known) continue;
        at[n] = s->fit[k];
        lm_status rc = align_follow(w, &at[n], ALIGN_MIDDLE, 1e-2, err);
        if (rc) return rc;
        if (at[n].measure < best->measure || (at[n].measure == best->measure && k < out->start)) *best = at[n], out->start = k;
        n++;
    }
    for (int i = 0; i < n; i++)
        if (at[i].measure <= 1.21 * best->measure + 1e-6 * s->size * s->size &&
            align_apart(w, &at[i].at, &best->at) >= LM_ALIGN_OTHER * s->size)
            out->others++;
    return LM_OK;
}

static lm_status align_best(align_starts *s, const double *fine, int threads, lm_align *out, lm_err *err)
{
    align_points w;
    align_fit best = {.measure = INFINITY};
    lm_status rc = align_points_make(s->to, fine, ALIGN_POINTS, s->size, threads, &w, err);
    w.n = rc ? 0 : ALIGN_POINTS / 8; /* every eighth point */
    double *few = rc ? NULL : lm_mem_alloc(3 * w.n, sizeof *few, err);
    if (!rc && !few) rc = LM_ENOMEM;
    for (size_t i = 0; !rc && i < w.n; i++) memcpy(few + 3 * i, fine + 24 * i, 3 * sizeof *few);
    w.p = few;
    if (!rc) rc = align_few(s, &w, &best, out, err);
    w.p = fine;
    w.n = ALIGN_POINTS;
    if (!rc) rc = align_follow(&w, &best, ALIGN_LAST, 1e-5, err);
    if (!rc) {
        out->move = best.at;
        out->after_mm = sqrt(best.all2);
        out->kept = (double)best.kept / ALIGN_POINTS;
        out->kept_mm = sqrt(best.kept2);
        out->measure_mm = sqrt(best.measure);
        align_directions(&w, &best, out);
        align_fit lay = {.at = {.r = {{1, 0, 0}, {0, 1, 0}, {0, 0, 1}}}};
        rc = align_measure(&w, &lay, err);
        out->before_mm = sqrt(lay.all2);
    }
    free(few);
    align_points_release(&w);
    return rc;
}

lm_status lm_align_run(const lm_mesh *a, const lm_mesh *b, bool mirrored, int threads, lm_align *out, lm_err *err)
{
    lm_nearest to = LM_NEAREST_INIT;
    align_starts s = {.to = &to};
    double c[2][3], axes[2][3][3], size;
    *out = (lm_align){.before_mm = 0};
    threads = lm_pool_threads(threads);
    double *fine = lm_mem_alloc(3 * 2 * ALIGN_POINTS, sizeof *fine, err), *target = fine ? fine + 3 * ALIGN_POINTS : NULL;
    double *coarse = lm_mem_alloc(3 * ALIGN_COARSE, sizeof *coarse, err);
    lm_status rc = fine && coarse ? LM_OK : LM_ENOMEM;
    if (!rc) rc = align_spread(a, mirrored, ALIGN_POINTS, fine, err);
    if (!rc) rc = align_spread(b, false, ALIGN_POINTS, target, err);
    if (!rc) rc = lm_nearest_build(b, threads, &to, err);
    for (size_t i = 0; !rc && i < ALIGN_COARSE; i++)
        memcpy(coarse + 3 * i, fine + 3 * (i * (ALIGN_POINTS / ALIGN_COARSE)), 3 * sizeof *coarse);
    if (!rc) {
        align_frame(fine, ALIGN_POINTS, c[0], axes[0], &s.size);
        align_frame(target, ALIGN_POINTS, c[1], axes[1], &size);
        s.p = coarse;
        out->size_mm = s.size;
        s.fit[0].at = (lm_rigid){.r = {{1, 0, 0}, {0, 1, 0}, {0, 0, 1}}};
        for (int i = 1; i < ALIGN_STARTS; i++) align_start(i - 1, c, axes, &s.fit[i].at);
        rc = lm_pool_run(threads, ALIGN_STARTS, align_start_task, &s, err);
    }
    if (!rc) rc = align_best(&s, fine, threads, out, err);
    if (!rc) {
        double to_mm[3];
        lm_rigid_apply(&out->move, c[0], to_mm);
        for (int k = 0; k < 3; k++) out->shift_mm[k] = to_mm[k] - c[0][k];
        out->angle_deg = lm_rigid_angle(&out->move, out->axis);
    }
    lm_nearest_release(&to);
    free(fine);
    free(coarse);
    return rc;
}

void lm_align_apply(const lm_align *al, lm_mesh *m)
{
    for (size_t v = 0; v < m->nv; v++) {
        double q[3];
        lm_rigid_apply(&al->move, (const double[3]){m->pos[3 * v], m->pos[3 * v + 1], m->pos[3 * v + 2]}, q);
        for (size_t k = 0; k < 3; k++) m->pos[3 * v + k] = (float)q[k];
    }
}

lm_status lm_align_side(const lm_mesh *a, const lm_mesh *b, int threads, lm_align_mirror *out, lm_err *err)
{
    lm_status rc = lm_align_run(a, b, false, threads, &out->same, err);
    if (!rc) rc = lm_align_run(a, b, true, threads, &out->mirrored, err);
    if (rc) return rc;
    const double x = out->same.measure_mm, y = out->mirrored.measure_mm, least = LM_ALIGN_LEAST * out->same.size_mm;
    const bool clear = fmax(x, y) >= LM_ALIGN_RATIO * fmin(x, y) && fabs(x - y) >= least;
    out->verdict = !clear ? LM_VERDICT_UNDECIDED : x < y ? LM_VERDICT_PASS : LM_VERDICT_FAIL;
    return LM_OK;
}

/* ---- for people and programs ---- */

static json_t *align_vector(const double v[3])
{
    return json_pack("[f,f,f]", v[0], v[1], v[2]);
}

json_t *lm_align_json(const lm_align *al, lm_err *err)
{
    const lm_rigid *m = &al->move;
    json_t *list = json_array(), *rows = json_array();
    for (int i = 0; i < 3; i++) json_array_append_new(rows, json_pack("[f,f,f,f]", m->r[i][0], m->r[i][1], m->r[i][2], m->t[i]));
    for (size_t i = 0; i < al->undetermined; i++) {
        const lm_align_direction *d = &al->direction[i];
        json_array_append_new(list, json_pack("{s:s, s:o, s:f}", "kind", d->shift ? "shift" : "turn", "axis", align_vector(d->axis),
                                              "shows", d->shows));
    }
    json_t *o =
        json_pack("{s:o, s:f, s:o, s:o, s:f, s:f, s:f, s:f, s:f, s:f, s:i, s:i, s:o}", "matrix", rows, "turn_deg", al->angle_deg,
                  "turn_axis", align_vector(al->axis), "shift_mm", align_vector(al->shift_mm), "rms_before_mm", al->before_mm,
                  "rms_after_mm", al->after_mm, "kept", al->kept, "rms_kept_mm", al->kept_mm, "measure_mm", al->measure_mm,
                  "size_mm", al->size_mm, "start", al->start, "others", al->others, "undetermined", list);
    if (!o) lm_err_nomem(err, sizeof(json_t));
    return o;
}

void lm_align_table(const lm_align *al, lm_out *out)
{
    const double *s = al->shift_mm;
    lm_io_printf(
        out, "A was aligned with B: turned by %.6f degrees about %.6f %.6f %.6f, its centre shifted by %.6f %.6f %.6f mm (%.6f)\n",
        al->angle_deg, al->axis[0], al->axis[1], al->axis[2], s[0], s[1], s[2], sqrt(s[0] * s[0] + s[1] * s[1] + s[2] * s[2]));
    for (int i = 0; i < 3; i++)
        lm_io_printf(out, "    %13.9f %13.9f %13.9f %15.6f\n", al->move.r[i][0], al->move.r[i][1], al->move.r[i][2], al->move.t[i]);
    lm_io_printf(out, "root mean square distance %.6f mm before, %.6f after; %.1f %% of the area counted, with %.6f\n",
                 al->before_mm, al->after_mm, 100 * al->kept, al->kept_mm);
    if (al->others)
        lm_io_printf(out, "%d or more other placements fit within 10 %% as well: the shape does not tell which is meant\n",
                     al->others);
    for (size_t i = 0; i < al->undetermined; i++) {
        const lm_align_direction *d = &al->direction[i];
        lm_io_printf(out, "not determined: %s %.4f %.4f %.4f (of 1 mm %.4f mm show)\n",
                     d->shift ? "the shift along" : "the turn about", d->axis[0], d->axis[1], d->axis[2], d->shows);
    }
}

json_t *lm_align_side_json(const lm_align_mirror *m, lm_err *err)
{
    json_t *same = lm_align_json(&m->same, err), *mirrored = same ? lm_align_json(&m->mirrored, err) : NULL;
    json_t *o = json_pack("{s:s, s:f, s:f, s:o, s:o}", "side",
                          m->verdict == LM_VERDICT_PASS   ? "same"
                          : m->verdict == LM_VERDICT_FAIL ? "mirrored"
                                                          : "undecided",
                          "least_ratio", LM_ALIGN_RATIO, "least_difference_mm", LM_ALIGN_LEAST * m->same.size_mm, "as_it_is", same,
                          "mirrored", mirrored);
    if (!o) lm_err_nomem(err, sizeof(json_t));
    return o;
}

void lm_align_side_line(const lm_align_mirror *m, char *buf, size_t cap)
{
    snprintf(buf, cap,
             "%s: A fits B to %.6f mm as it is, to %.6f mm mirrored; decided from a factor of %g and %.6f mm between them",
             m->verdict == LM_VERDICT_PASS   ? "the same side"
             : m->verdict == LM_VERDICT_FAIL ? "A is a mirror image of B"
                                             : "cannot be decided whether A is a mirror image of B",
             m->same.measure_mm, m->mirrored.measure_mm, LM_ALIGN_RATIO, LM_ALIGN_LEAST * m->same.size_mm);
}
