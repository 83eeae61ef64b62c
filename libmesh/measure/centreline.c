/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Contents: 1 lines, 2 local parabolas, 3 across, 4 ends, 5 forks, 6 branches */
#include "measure/centreline.h"
#include "base/mem.h"
#include "base/pool.h"
#include "shell/ray.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { CENTRELINE_ROUNDS = 3, CENTRELINE_BLOCK = 16, CENTRELINE_LEAST = 5, CENTRELINE_MOST = 200000 };
#define CENTRELINE_STEP 0.25  /* radii from point to point */
#define CENTRELINE_SMOOTH 1.0 /* radii that a parabola reaches to each side */
#define CENTRELINE_SIDE 0.5   /* a ball goes no farther across than so many radii in one round */
#define CENTRELINE_FINE 2e-4  /* radii: the last step of the search across */
#define CENTRELINE_ROUGH 0.01 /* ... before the last round */
#define CENTRELINE_ONE 0.5    /* forks nearer than so many radii are one */
#define CENTRELINE_BACK 4.0   /* radii that a branch is drawn back */

typedef struct {
    double at[3], along[3], ball[3], s, r;
} line_point;

typedef struct {
    size_t n, cap;
    line_point *p; /* owned */
    bool closed;
    double length; /* of a closed line, round */
    double beyond[2];
    size_t balls[2];  /* points with a ball: balls[0] .. balls[1] - 1 */
    double fork_s[2]; /* of an end that sits on another line: where there; else NAN */
    size_t fork_on[2];
} line;

typedef struct {
    const lm_nearest *near;
    line *l;
    double most, fine; /* the first and the last step across, in radii */
} line_job;

/* ---- 1 lines ---- */

static double line_dot(const double a[3], const double b[3])
{
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}

static double line_apart(const double a[3], const double b[3])
{
    double d[3] = {a[0] - b[0], a[1] - b[1], a[2] - b[2]};
    return sqrt(line_dot(d, d));
}

static bool line_unit(double v[3])
{
    double length = sqrt(line_dot(v, v));
    for (int c = 0; c < 3 && length > 0; c++) v[c] /= length;
    return length > 0;
}

static lm_status line_add(line *l, const double at[3], double r, lm_err *err)
{
    lm_status rc = lm_mem_grow(&l->p, &l->cap, l->n + 1, sizeof *l->p, err);
    if (rc) return rc;
    line_point *p = &l->p[l->n++];
    *p = (line_point){.r = r};
    memcpy(p->at, at, sizeof p->at);
    memcpy(p->ball, at, sizeof p->ball);
    return LM_OK;
}

static void line_measure(line *l)
{
    for (size_t i = 0; i < l->n; i++) l->p[i].s = i ? l->p[i - 1].s + line_apart(l->p[i].at, l->p[i - 1].at) : 0;
    l->length = l->n ? l->p[l->n - 1].s + (l->closed ? line_apart(l->p[l->n - 1].at, l->p[0].at) : 0) : 0;
}

/* New points a step apart, which is a part of the radius where they are. */
static lm_status line_resample(line *l, double least, lm_err *err)
{
    line out = *l;
    out.p = NULL, out.n = out.cap = 0;
    lm_status rc = LM_OK;
    line_measure(l);
    double s = 0;
    size_t i = 0;
    while (!rc && out.n < CENTRELINE_MOST) {
        while (i + 1 < l->n && l->p[i + 1].s <= s) i++;
        const line_point *a = &l->p[i], *b = i + 1 < l->n ? a + 1 : l->closed ? l->p : a;
        double to = i + 1 < l->n ? b->s : l->length, t = to > a->s ? (s - a->s) / (to - a->s) : 0, at[3];
        for (int c = 0; c < 3; c++) at[c] = a->at[c] + t * (b->at[c] - a->at[c]);
        double r = a->r + t * (b->r - a->r), step = CENTRELINE_STEP * r > least ? CENTRELINE_STEP * r : least;
        rc = line_add(&out, at, r, err);
        if (s >= l->length) break;
        double left = l->length - s;
        if (l->closed && left <= 1.5 * step) break;
        s = left <= 1.5 * step ? l->length : s + step;
    }
    free(l->p);
    *l = out;
    line_measure(l);
    return rc;
}

/* ---- 2 local parabolas ---- */

/* Point k of the line, which goes on round when it is closed; s: its arc length there. */
static const line_point *line_at(const line *l, long k, double *s)
{
    long n = (long)l->n, turn = 0;
    while (k < 0) k += n, turn--;
    while (k >= n) k -= n, turn++;
    *s = l->p[k].s + (double)turn * l->length;
    return &l->p[k];
}

/* a + b u + c u^2, u = (s - s0) / w, by least squares over the balls' centres near point i; false: they do not tell. */
static bool line_fit(const line *l, size_t i, double at[3], double along[3])
{
    const double s0 = l->p[i].s;
    double w = CENTRELINE_SMOOTH * l->p[i].r, m[5] = {0}, y[3][3] = {{0}}, s;
    long lo = (long)i, hi = (long)i, n = (long)l->n;
    for (;; w *= 1.25) {
        while ((l->closed ? hi - lo < n - 1 : lo > 0) && (line_at(l, lo - 1, &s), s0 - s < w)) lo--;
        while ((l->closed ? hi - lo < n - 1 : hi < n - 1) && (line_at(l, hi + 1, &s), s - s0 < w)) hi++;
        if (hi - lo + 1 >= CENTRELINE_LEAST || hi - lo + 1 >= n) break;
    }
    for (long k = lo; k <= hi; k++) {
        const line_point *p = line_at(l, k, &s);
        double u = (s - s0) / w, q = 1 - u * u, weight = q > 0 ? q * q : 0;
        double pow = weight;
        for (int e = 0; e < 5; e++, pow *= u) {
            m[e] += pow;
            for (int c = 0; c < 3 && e < 3; c++) y[e][c] += pow * (p->ball[c] - l->p[i].ball[c]);
        }
    }
    double d0 = m[2] * m[4] - m[3] * m[3], d1 = m[1] * m[4] - m[2] * m[3], d2 = m[1] * m[3] - m[2] * m[2];
    double det = m[0] * d0 - m[1] * d1 + m[2] * d2;
    if (!(det > 1e-9 * m[0] * m[0] * m[0])) return false;
    for (int c = 0; c < 3; c++) { /* Cramer */
        double e0 = y[1][c] * m[4] - y[2][c] * m[3], e1 = y[1][c] * m[3] - y[2][c] * m[2];
        at[c] = l->p[i].ball[c] + (y[0][c] * d0 - m[1] * e0 + m[2] * e1) / det;
        double f1 = m[1] * y[2][c] - m[2] * y[1][c];
        along[c] = (m[0] * e0 - y[0][c] * d1 + m[2] * f1) / det;
    }
    return line_unit(along);
}

static void line_smooth(line *l, double (*at)[3])
{
    double along[3];
    for (size_t i = 0; i < l->n; i++) {
        if (!line_fit(l, i, at[i], along)) {
            memcpy(at[i], l->p[i].ball, sizeof at[i]);
            const double *a = l->p[i ? i - 1 : 0].ball, *b = l->p[i + 1 < l->n ? i + 1 : i].ball;
            for (int c = 0; c < 3; c++) along[c] = b[c] - a[c];
            if (!line_unit(along)) along[0] = 1, along[1] = along[2] = 0;
        }
        memcpy(l->p[i].along, along, sizeof along);
    }
    for (size_t i = 0; i < l->n; i++) memcpy(l->p[i].at, at[i], sizeof at[i]);
}

/* ---- 3 across ---- */

/* Triangles that were nearest before: most places are told to be too near to one of them, without a walk through the tree. */
enum { LINE_KNOWN = 16 };
typedef struct {
    const lm_nearest *near;
    size_t n, next;
    uint32_t tri[LINE_KNOWN];
} line_known;

/* Squared distance of x from the surface, or any number that is not above `best` where that is not. */
static double line_clear(line_known *k, const double x[3], double best)
{
    const lm_mesh *m = k->near->mesh;
    lm_nearest_hit hit;
    for (size_t i = 0; i < k->n; i++) {
        const uint32_t *t = m->tri + 3 * (size_t)k->tri[i];
        double d2 = lm_nearest_triangle(m->pos + 3 * (size_t)t[0], m->pos + 3 * (size_t)t[1], m->pos + 3 * (size_t)t[2], x, NULL);
        if (d2 <= best) return d2;
    }
    lm_nearest_find(k->near, x, INFINITY, k->n ? k->tri[(k->next + LINE_KNOWN - 1) % LINE_KNOWN] : LM_NEAREST_NONE, &hit);
    k->tri[k->next] = hit.tri;
    k->next = (k->next + 1) % LINE_KNOWN;
    k->n += k->n < LINE_KNOWN;
    return hit.d2;
}

/* From p across `along` to where the distance from the surface is greatest; c gets the place, its radius is returned. */
static double line_widest(const lm_nearest *near, const double p[3], const double along[3], double first, double fine, double c[3])
{
    static const double way[8][2] = {{1, 0}, {0.8, 0.6}, {0, 1}, {-0.6, 0.8}, {-1, 0}, {-0.8, -0.6}, {0, -1}, {0.6, -0.8}};
    double u[3] = {0, 0, 0}, v[3];
    line_known known = {.near = near};
    int least = 0;
    for (int k = 1; k < 3; k++)
        if (fabs(along[k]) < fabs(along[least])) least = k;
    u[least] = 1;
    double d = line_dot(u, along);
    for (int k = 0; k < 3; k++) u[k] -= d * along[k];
    line_unit(u);
    for (int k = 0; k < 3; k++) v[k] = along[(k + 1) % 3] * u[(k + 2) % 3] - along[(k + 2) % 3] * u[(k + 1) % 3];
    double best = line_clear(&known, p, -1), start = sqrt(best), limit = CENTRELINE_SIDE * start;
    memcpy(c, p, 3 * sizeof *c);
    for (double step = first * start; step > fine * start;) {
        double to[3], moved2 = 0, found = best;
        for (int k = 0; k < 8; k++) {
            double x[3];
            moved2 = 0;
            for (int e = 0; e < 3; e++) {
                x[e] = c[e] + step * (way[k][0] * u[e] + way[k][1] * v[e]);
                moved2 += (x[e] - p[e]) * (x[e] - p[e]);
            }
            if (moved2 > limit * limit) continue;
            double d2 = line_clear(&known, x, found);
            if (d2 <= found) continue;
            found = d2;
            memcpy(to, x, sizeof to);
        }
        if (found > best) {
            best = found;
            memcpy(c, to, sizeof to);
            continue;
        }
        step *= 0.5;
        for (int e = 0; e < 3; e++) { /* turned, lest a ridge lies between all ways */
            double x = 12.0 / 13 * u[e] + 5.0 / 13 * v[e];
            v[e] = 12.0 / 13 * v[e] - 5.0 / 13 * u[e];
            u[e] = x;
        }
    }
    return sqrt(best);
}

static lm_status line_task(void *ctx, size_t task, int worker, lm_err *err)
{
    line_job *job = ctx;
    (void)worker;
    (void)err;
    for (size_t i = task * CENTRELINE_BLOCK; i < job->l->n && i < (task + 1) * CENTRELINE_BLOCK; i++) {
        line_point *p = &job->l->p[i];
        p->r = line_widest(job->near, p->at, p->along, job->most, job->fine, p->ball);
    }
    return LM_OK;
}

/* The rough samples of a path to balls and a smooth axis. */
static lm_status line_refine(line *l, const lm_nearest *near, double least, int threads, lm_err *err)
{
    lm_status rc = LM_OK;
    for (int round = 1; round <= CENTRELINE_ROUNDS && !rc; round++) {
        if ((rc = line_resample(l, least, err))) return rc;
        for (size_t i = 0; i < l->n; i++) memcpy(l->p[i].ball, l->p[i].at, sizeof l->p[i].at);
        double(*at)[3] = lm_mem_alloc(l->n, sizeof *at, err);
        if (!at) return LM_ENOMEM;
        line_smooth(l, at);
        line_job job = {near, l, round > 1 ? 0.05 : 0.2, round < CENTRELINE_ROUNDS ? CENTRELINE_ROUGH : CENTRELINE_FINE};
        rc = lm_pool_run(threads, (l->n + CENTRELINE_BLOCK - 1) / CENTRELINE_BLOCK, line_task, &job, err);
        if (!rc) line_smooth(l, at);
        free(at);
    }
    line_measure(l);
    l->balls[0] = 0, l->balls[1] = l->n;
    return rc;
}

/* ---- 4 ends ---- */

static void line_turn(line *l)
{
    for (size_t i = 0; i < l->n / 2; i++) {
        line_point x = l->p[i];
        l->p[i] = l->p[l->n - 1 - i];
        l->p[l->n - 1 - i] = x;
    }
    for (size_t i = 0; i < l->n; i++)
        for (int c = 0; c < 3; c++) l->p[i].along[c] = -l->p[i].along[c];
}

/* Go on at the last point: with balls as long as they do not touch the end (at `asked`, where not NULL), then to it. */
static lm_status line_extend(line *l, const lm_nearest *near, const double *asked, double *beyond, lm_err *err)
{
    lm_status rc = LM_OK;
    double far, gone = 0;
    for (int guard = 0; !rc && guard < 64; guard++) {
        const line_point last = l->p[l->n - 1];
        double at[3], ball[3], way[3] = {0}, step = CENTRELINE_STEP * last.r;
        far = lm_ray_shoot(near, last.at, last.along, LM_NEAREST_NONE, 1e3 * last.r);
        for (int c = 0; c < 3 && asked; c++) way[c] = asked[c] - last.at[c];
        if (asked && line_dot(way, last.along) < far) far = line_dot(way, last.along);
        if (far < step + (asked ? 0 : last.r)) break;
        for (int c = 0; c < 3; c++) at[c] = last.at[c] + step * last.along[c];
        double r = line_widest(near, at, last.along, 0.05, CENTRELINE_FINE, ball);
        if (r < 0.5 * last.r || r > 2 * last.r || (!asked && far - step < 1.02 * r)) break;
        for (int c = 0; c < 3; c++) at[c] += 0.5 * (ball[c] - at[c]);
        if ((rc = line_add(l, at, r, err))) break;
        line_point *p = &l->p[l->n - 1];
        memcpy(p->ball, ball, sizeof ball);
        size_t back = l->n > 5 ? l->n - 6 : 0;
        for (int c = 0; c < 3; c++) p->along[c] = at[c] - l->p[back].at[c];
        line_unit(p->along);
    }
    const line_point last = l->p[l->n - 1];
    if (rc || !(far > 0)) return rc;
    double at[3];
    for (int c = 0; c < 3; c++) at[c] = last.at[c] + far * last.along[c];
    gone = far;
    l->balls[1] = l->n;
    if ((rc = line_add(l, at, NAN, err))) return rc;
    memcpy(l->p[l->n - 1].along, last.along, sizeof last.along);
    *beyond = gone;
    return LM_OK;
}

static lm_status line_ends(line *l, const lm_lumen_path *path, const lm_nearest *near, const lm_lumen_opt *opt, lm_err *err)
{
    const double *asked[2] = {opt->from ? opt->from : opt->to, opt->from && opt->to ? opt->to : NULL};
    lm_status rc = LM_OK;
    size_t first = 0;
    for (int e = 1; e >= 0 && !rc && !l->closed; e--) {
        l->fork_s[e] = NAN;
        if (!path->end[e].free) continue;
        if (!e) line_turn(l);
        l->balls[1] = l->n;
        rc = line_extend(l, near, asked[e], &l->beyond[e], err);
        if (!e) {
            first = l->n - l->balls[1];
            line_turn(l);
        }
    }
    l->balls[0] = first;
    for (l->balls[1] = l->n; l->balls[1] > first && isnan(l->p[l->balls[1] - 1].r);) l->balls[1]--;
    line_measure(l);
    return rc;
}

/* ---- 5 forks ---- */

/* How many samples at end e lie within the balls of the path that they come from. */
static size_t line_within(const lm_lumen_path *path, int e, const lm_lumen_path *of)
{
    size_t i = 0;
    for (; i + 3 < path->n; i++) {
        const double *p = path->at[e ? path->n - 1 - i : i];
        bool in = false;
        for (size_t k = 0; k < of->n && !in; k++) in = of != path ? line_apart(p, of->at[k]) <= of->r[k] : k == 0;
        if (!in) break;
    }
    return i;
}

/* The point of the segment from a to b that is nearest to the ray from p along d, no farther than `most` along it. */
static double line_meet(const double p[3], const double d[3], double most, const double a[3], const double b[3], double *t)
{
    double e[3], w[3], x[3];
    for (int c = 0; c < 3; c++) {
        e[c] = b[c] - a[c];
        w[c] = p[c] - a[c];
    }
    double ee = line_dot(e, e), de = line_dot(d, e), den = ee - de * de, tau;
    *t = den > 1e-9 * ee ? (line_dot(w, e) - line_dot(w, d) * de) / den : 0;
    *t = *t < 0 ? 0 : *t > 1 ? 1 : *t;
    for (int c = 0; c < 3; c++) x[c] = a[c] + *t * e[c];
    for (int c = 0; c < 3; c++) w[c] = x[c] - p[c];
    tau = line_dot(w, d);
    tau = tau < 0 ? 0 : tau > most ? most : tau;
    for (int c = 0; c < 3; c++) w[c] -= tau * d[c];
    return sqrt(line_dot(w, w));
}

/* Where end e of line l sits on line `of`. */
static void line_fork(line *l, int e, const line *of, size_t number)
{
    const line_point *end = &l->p[e ? l->n - 1 : 0], *from = end;
    double d[3], best = INFINITY, r = end->r;
    for (size_t k = 0; k < l->n && fabs(from->s - end->s) < r; k++) from = &l->p[e ? l->n - 1 - k : k];
    for (int c = 0; c < 3; c++) d[c] = e ? from->along[c] : -from->along[c];
    for (size_t i = of->balls[0]; i + (of->closed ? 0 : 1) < of->balls[1]; i++) {
        const line_point *a = &of->p[i], *b = &of->p[(i + 1) % of->n];
        double t, off, span = (i + 1 == of->n ? of->length : b->s) - a->s;
        if (of == l && fabs(a->s - end->s) < 4 * r) continue;
        off = line_meet(end->at, d, CENTRELINE_BACK * a->r, a->at, b->at, &t);
        if (off >= best) continue;
        best = off;
        l->fork_s[e] = a->s + t * span;
        l->fork_on[e] = number;
    }
}

/* ---- 6 branches ---- */

/* Place and radius of line l at arc length s. */
static void line_place(const line *l, double s, double at[3], double along[3], double *r)
{
    size_t i = 0;
    while (i + 1 < l->n && l->p[i + 1].s <= s) i++;
    const line_point *a = &l->p[i], *b = i + 1 < l->n ? a + 1 : l->closed ? l->p : a;
    double to = i + 1 < l->n ? b->s : l->length, t = to > a->s ? (s - a->s) / (to - a->s) : 0;
    for (int c = 0; c < 3; c++) {
        at[c] = a->at[c] + t * (b->at[c] - a->at[c]);
        along[c] = a->along[c] + t * (b->along[c] - a->along[c]);
    }
    line_unit(along);
    *r = isnan(a->r) ? b->r : isnan(b->r) ? a->r : a->r + t * (b->r - a->r);
}

typedef struct {
    double s;
    size_t line, end; /* whose end sits here; line: its own when it is the end itself */
    size_t node;
} line_cut;

typedef struct {
    size_t n;
    line *l;
    size_t cuts, cuts_cap;
    line_cut *cut; /* on each line, in order of line and s */
    size_t *on;    /* line of each cut */
    lm_centreline *out;
} line_graph;

static lm_status line_node(lm_centreline *out, const double at[3], double r, size_t *number, lm_err *err)
{
    lm_status rc = lm_mem_grow(&out->node, &out->nodes_cap, out->n_nodes + 1, sizeof *out->node, err);
    if (rc) return rc;
    *number = out->n_nodes++;
    out->node[*number] = (lm_centreline_node){.radius_mm = r};
    memcpy(out->node[*number].at, at, sizeof out->node[*number].at);
    return LM_OK;
}

static lm_status line_put(lm_centreline_branch *b, size_t *cap, const line_point *p, lm_err *err)
{
    lm_status rc = lm_mem_grow(&b->point, cap, b->n + 1, sizeof *b->point, err);
    if (rc) return rc;
    lm_centreline_point *q = &b->point[b->n++];
    *q = (lm_centreline_point){.radius_mm = p->r};
    memcpy(q->at, p->at, sizeof q->at);
    memcpy(q->along, p->along, sizeof q->along);
    memcpy(q->ball, p->ball, sizeof q->ball);
    return LM_OK;
}

/* A node as a point of the branch: it has a ball of its own only in the middle of a line. */
static lm_status line_put_node(const line_graph *g, lm_centreline_branch *b, size_t *cap, size_t node, lm_err *err)
{
    line_point p = {.r = NAN};
    memcpy(p.at, g->out->node[node].at, sizeof p.at);
    memcpy(p.ball, p.at, sizeof p.at);
    return line_put(b, cap, &p, err);
}

static void line_finish(const line_graph *g, lm_centreline_branch *b)
{
    for (size_t i = 0; i < b->n; i++) {
        lm_centreline_point *p = &b->point[i];
        p->s_mm = i ? p[-1].s_mm + line_apart(p->at, p[-1].at) : 0;
        if (line_dot(p->along, p->along) == 0) { /* a node's */
            const lm_centreline_point *q = i ? p - 1 : p, *r = i + 1 < b->n ? p + 1 : p;
            for (int c = 0; c < 3; c++) p->along[c] = r->at[c] - q->at[c];
            line_unit(p->along);
        }
        for (int e = 0; e < 2 && !b->closed; e++) {
            const lm_centreline_node *n = &g->out->node[b->node[e]];
            p->fork = p->fork || (n->degree > 1 && line_apart(p->at, n->at) < LM_CENTRELINE_FORK * n->radius_mm);
        }
        double off = isnan(p->radius_mm) ? 0 : line_apart(p->at, p->ball);
        g->out->off_mm = off > g->out->off_mm ? off : g->out->off_mm;
    }
}

/* The points of line l between two places on it, with nodes at both. */
static lm_status line_branch(line_graph *g, const line *l, double from, size_t a, double to, size_t b, lm_err *err)
{
    lm_status rc = lm_mem_grow(&g->out->branch, &g->out->cap, g->out->n + 1, sizeof *g->out->branch, err);
    size_t cap = 0;
    if (rc) return rc;
    lm_centreline_branch *x = &g->out->branch[g->out->n++];
    *x = (lm_centreline_branch){.node = {a, b}};
    rc = line_put_node(g, x, &cap, a, err);
    for (int turn = 0; turn < 2; turn++)
        for (size_t i = 0; i < l->n && !rc; i++) {
            double s = l->p[i].s + turn * l->length;
            if ((turn && !l->closed) || s <= from || s >= to) continue;
            rc = line_put(x, &cap, &l->p[i], err);
        }
    if (!rc) rc = line_put_node(g, x, &cap, b, err);
    g->out->node[a].degree++;
    g->out->node[b].degree++;
    return rc;
}

static int line_cut_order(const void *a, const void *b)
{
    const line_cut *p = a, *q = b;
    if (p->s != q->s) return p->s < q->s ? -1 : 1;
    if (p->line != q->line) return p->line < q->line ? -1 : 1;
    return p->end < q->end ? -1 : p->end > q->end;
}

/* Forks on line i become nodes, those close together one; node_of[2 j + e]: of end e of line j. */
static lm_status line_forks(line_graph *g, size_t i, size_t *node_of, line_cut *cut, size_t *n, lm_err *err)
{
    const line *l = &g->l[i];
    lm_status rc = LM_OK;
    size_t all = 0, kept = 0;
    for (size_t j = 0; j < g->n; j++)
        for (size_t e = 0; e < 2 && !g->l[j].closed; e++)
            if (!isnan(g->l[j].fork_s[e]) && g->l[j].fork_on[e] == i)
                cut[all++] = (line_cut){.s = g->l[j].fork_s[e], .line = j, .end = e};
    qsort(cut, all, sizeof *cut, line_cut_order);
    for (size_t k = 0, to; k < all && !rc; k = to) {
        double at[3], along[3], r, sum = 0;
        size_t node;
        line_place(l, cut[k].s, at, along, &r);
        for (to = k; to < all && cut[to].s - cut[k].s <= CENTRELINE_ONE * r; to++) sum += cut[to].s;
        line_place(l, sum / (double)(to - k), at, along, &r);
        if ((rc = line_node(g->out, at, r, &node, err))) break;
        for (size_t q = k; q < to; q++) node_of[2 * cut[q].line + cut[q].end] = node;
        cut[kept++] = (line_cut){.s = sum / (double)(to - k), .node = node};
    }
    *n = kept;
    return rc;
}

/* A ring that nothing leaves. */
static lm_status line_ring(line_graph *g, const line *l, lm_err *err)
{
    lm_status rc = lm_mem_grow(&g->out->branch, &g->out->cap, g->out->n + 1, sizeof *g->out->branch, err);
    size_t cap = 0;
    if (rc) return rc;
    lm_centreline_branch *x = &g->out->branch[g->out->n++];
    *x = (lm_centreline_branch){.closed = true};
    for (size_t i = 0; i <= l->n && !rc; i++) rc = line_put(x, &cap, &l->p[i % l->n], err);
    return rc;
}

static lm_status line_branches(line_graph *g, const size_t *node_of, const line_cut *cut, size_t n, size_t i, lm_err *err)
{
    const line *l = &g->l[i];
    lm_status rc = LM_OK;
    if (l->closed && !n) return line_ring(g, l, err);
    if (l->closed) {
        for (size_t k = 0; k < n && !rc; k++)
            rc = line_branch(g, l, cut[k].s, cut[k].node, k + 1 < n ? cut[k + 1].s : cut[0].s + l->length,
                             cut[k + 1 < n ? k + 1 : 0].node, err);
        return rc;
    }
    double s = isnan(l->fork_s[0]) ? 0 : -1; /* a free end is a node, that of a branch is not */
    size_t node = node_of[2 * i];
    for (size_t k = 0; k <= n && !rc; k++) {
        double to = k < n ? cut[k].s : isnan(l->fork_s[1]) ? l->length : l->length + 1;
        size_t end = k < n ? cut[k].node : node_of[2 * i + 1];
        size_t was = g->out->n;
        rc = line_branch(g, l, s, node, to, end, err);
        if (!rc && k == 0) g->out->branch[was].beyond_mm[0] = l->beyond[0];
        if (!rc && k == n) g->out->branch[was].beyond_mm[1] = l->beyond[1];
        s = to, node = end;
    }
    return rc;
}

static lm_status line_graph_make(line_graph *g, lm_err *err)
{
    size_t *node_of = lm_mem_calloc(2 * g->n, sizeof *node_of, err), most = 2 * g->n, *cuts = NULL;
    line_cut *cut = NULL;
    lm_status rc = LM_ENOMEM;
    if (!node_of || !(cuts = lm_mem_calloc(g->n, sizeof *cuts, err)) || !(cut = lm_mem_alloc(most, sizeof *cut, err))) goto done;
    line_cut *all = NULL;
    if (!(all = lm_mem_alloc(most, sizeof *all, err))) goto done;
    rc = LM_OK;
    size_t total = 0;
    for (size_t i = 0; i < g->n && !rc; i++) {
        rc = line_forks(g, i, node_of, cut, &cuts[i], err);
        memcpy(all + total, cut, cuts[i] * sizeof *cut);
        total += cuts[i];
    }
    for (size_t i = 0; i < g->n && !rc; i++)
        for (size_t e = 0; e < 2 && !g->l[i].closed && !rc; e++) {
            const line *l = &g->l[i];
            if (!isnan(l->fork_s[e])) continue;
            const line_point *p = &l->p[e ? l->n - 1 : 0], *b = &l->p[e ? l->balls[1] - 1 : l->balls[0]];
            rc = line_node(g->out, p->at, b->r, &node_of[2 * i + e], err);
        }
    total = 0;
    for (size_t i = 0; i < g->n && !rc; i++) {
        rc = line_branches(g, node_of, all + total, cuts[i], i, err);
        total += cuts[i];
    }
    for (size_t i = 0; i < g->out->n && !rc; i++) line_finish(g, &g->out->branch[i]);
    free(all);
done:
    free(cut);
    free(cuts);
    free(node_of);
    return rc;
}

static lm_status line_lines(const lm_lumen *lumen, line *l, const lm_nearest *near, const lm_lumen_opt *opt, lm_err *err)
{
    lm_status rc = LM_OK;
    int threads = lm_pool_threads(opt->threads);
    for (size_t i = 0; i < lumen->n && !rc; i++) {
        const lm_lumen_path *p = &lumen->path[i];
        size_t off[2] = {0, 0};
        for (int e = 0; e < 2; e++)
            if (!p->closed && !p->end[e].free) off[e] = line_within(p, e, &lumen->path[p->end[e].path]);
        if (off[0] + off[1] + 3 > p->n) off[1] = 0, off[0] = off[0] + 3 > p->n ? 0 : off[0];
        l[i].closed = p->closed;
        l[i].fork_s[0] = l[i].fork_s[1] = NAN;
        for (size_t k = off[0]; k + off[1] < p->n && !rc; k++) rc = line_add(&l[i], p->at[k], p->r[k], err);
        if (!rc) rc = line_refine(&l[i], near, 0.5 * lumen->step_mm, threads, err);
        if (!rc) rc = line_ends(&l[i], p, near, opt, err);
    }
    for (size_t i = 0; i < lumen->n && !rc; i++)
        for (int e = 0; e < 2 && !lumen->path[i].closed; e++)
            if (!lumen->path[i].end[e].free) {
                size_t of = lumen->path[i].end[e].path;
                line_fork(&l[i], e, &l[of], of);
            }
    return rc;
}

lm_status lm_centreline_find(const lm_mesh *m, const lm_nearest *near, const lm_lumen_opt *opt, lm_centreline *out, lm_err *err)
{
    lm_lumen lumen;
    *out = (lm_centreline)LM_CENTRELINE_INIT;
    lm_status rc = lm_lumen_find(m, near, opt, &lumen, err);
    if (rc) return rc;
    line_graph g = {.n = lumen.n, .out = out};
    if (!(g.l = lm_mem_calloc(lumen.n, sizeof *g.l, err))) rc = LM_ENOMEM;
    if (!rc) rc = line_lines(&lumen, g.l, near, opt, err);
    if (!rc) rc = line_graph_make(&g, err);
    for (size_t i = 0; g.l && i < g.n; i++) free(g.l[i].p);
    free(g.l);
    lm_lumen_release(&lumen);
    if (rc) lm_centreline_release(out);
    return rc;
}

void lm_centreline_release(lm_centreline *c)
{
    for (size_t i = 0; i < c->n; i++) free(c->branch[i].point);
    free(c->branch);
    free(c->node);
    *c = (lm_centreline)LM_CENTRELINE_INIT;
}
