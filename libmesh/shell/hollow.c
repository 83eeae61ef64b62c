/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Contents: 1 the inner wall from the grid, 2 places, 3 facets too near, 4 facets that intersect, 5 the wall measured, 6 all */
#include "shell/hollow.h"
#include "base/mem.h"
#include "base/pool.h"
#include "shell/faults.h"
#include "shell/field.h"
#include "surface/mcubes.h"
#include "surface/predicates.h"
#include "surface/topo.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    HOLLOW_BLOCK = 1024, /* vertices or facets per task */
    HOLLOW_LIFTS = 6,    /* rounds of lifting facets that are too near */
    HOLLOW_ROUNDS = 24,  /* of lifting, and of holding facets that intersect */
    HOLLOW_SPREAD = 4,   /* rounds of holding after which their neighbours are held too */
    HOLLOW_FIXED = 2     /* hold[]: 1 half way back, 2 back for good */
};

typedef struct {
    const lm_mesh *solid;
    const lm_nearest *near;
    const lm_hollow_opt *opt;
    double wall, step, tol;
    int threads;
    lm_mesh in;    /* the inner wall, outward from the hollow until it is appended */
    float *base;   /* per vertex: where marching cubes had it */
    double *foot;  /* its nearest point on the solid's surface */
    double *depth; /* its distance to that */
    double *want;  /* the depth it shall have */
    double *add;   /* scratch: more depth asked for in this round */
    uint8_t *hold;
    uint8_t *moved;   /* since its facets were last looked at */
    uint8_t *untried; /* moved since facets were last tried for intersections */
    uint8_t *ridge;   /* per triangle of the solid, bit k: its edge from corner k points into the solid (named by one side only) */
    float *room;      /* per facet: distance of its edges from the solid's ridges; INFINITY: enough, or the neighbour's edge */
    lm_hollow_facts *facts;
} hollow_job;

static lm_status hollow_each(hollow_job *job, size_t n, lm_pool_fn fn, lm_err *err)
{
    return lm_pool_run(job->threads, (n + HOLLOW_BLOCK - 1) / HOLLOW_BLOCK, fn, job, err);
}

static void hollow_progress(const hollow_job *job, const char *what, double fraction)
{
    if (job->opt->progress) job->opt->progress(job->opt->progress_ctx, what, fraction);
}

/* ---- 1 the inner wall from the grid ---- */

/* Volume of each component of the inner wall. */
static void hollow_volumes(const lm_mesh *m, const lm_topo *topo, double *volume)
{
    double lo[3], hi[3];
    lm_mesh_box(m, lo, hi);
    for (size_t c = 0; c < topo->components; c++) volume[c] = 0;
    for (size_t t = 0; t < m->nt; t++) {
        double p[3][3];
        for (size_t k = 0; k < 3; k++)
            for (size_t c = 0; c < 3; c++) p[k][c] = m->pos[3 * (size_t)m->tri[3 * t + k] + c] - lo[c];
        for (int c = 0; c < 3; c++)
            volume[topo->comp[t]] += p[0][c] * (p[1][(c + 1) % 3] * p[2][(c + 2) % 3] - p[1][(c + 2) % 3] * p[2][(c + 1) % 3]) / 6;
    }
}

/* Keep the triangles with keep[component], and the vertices they name, in their order. */
static lm_status hollow_compact(lm_mesh *m, const lm_topo *topo, const bool *keep, lm_err *err)
{
    uint32_t *at = lm_mem_calloc(m->nv, sizeof *at, err);
    size_t nv = 0, nt = 0;
    if (!at) return LM_ENOMEM;
    for (size_t t = 0; t < m->nt; t++)
        for (size_t k = 0; k < 3 && keep[topo->comp[t]]; k++) at[m->tri[3 * t + k]] = 1;
    for (size_t v = 0; v < m->nv; v++)
        if (at[v]) {
            memmove(m->pos + 3 * nv, m->pos + 3 * v, 3 * sizeof *m->pos);
            at[v] = (uint32_t)nv++;
        }
    for (size_t t = 0; t < m->nt; t++)
        if (keep[topo->comp[t]]) {
            for (size_t k = 0; k < 3; k++) m->tri[3 * nt + k] = at[m->tri[3 * t + k]];
            nt++;
        }
    m->nv = nv;
    m->nt = nt;
    free(at);
    return LM_OK;
}

/* Leave pockets solid that a ball as wide as the wall has no room in. What lies inside such a pocket would have a wall of
 * its own around it, so nothing does. */
static lm_status hollow_pockets(hollow_job *job, lm_err *err)
{
    const double least = 0.52359877559829887 * job->wall * job->wall * job->wall;
    lm_topo topo = LM_TOPO_INIT;
    double *volume = NULL;
    bool *keep = NULL;
    lm_status rc = lm_topo_make(&job->in, NULL, job->threads, &topo, err);
    if (rc) return rc;
    if (!(volume = lm_mem_alloc(topo.components, sizeof *volume, err)) ||
        !(keep = lm_mem_alloc(topo.components, sizeof *keep, err))) {
        rc = LM_ENOMEM;
        goto done;
    }
    hollow_volumes(&job->in, &topo, volume);
    for (size_t c = 0; c < topo.components; c++) {
        keep[c] = volume[c] < 0 || volume[c] >= least;
        if (!keep[c]) job->facts->too_small++;
        else if (volume[c] < 0) job->facts->loose++;
        else job->facts->pockets++;
    }
    if (job->facts->too_small) rc = hollow_compact(&job->in, &topo, keep, err);
done:
    free(volume);
    free(keep);
    lm_topo_release(&topo);
    return rc;
}

static lm_status hollow_nothing(const hollow_job *job, const lm_field_opt *fopt, lm_err *err)
{
    double deepest;
    lm_status rc = lm_field_deepest(job->solid, job->near, fopt, &deepest, err);
    if (rc && rc != LM_ENO) return rc;
    return lm_err_set(err, LM_ENO, NULL,
                      "no room to hollow with a wall of %.6g mm: the largest ball found inside has a radius of %.4g mm", job->wall,
                      rc ? 0 : deepest);
}

static lm_status hollow_contour(hollow_job *job, lm_err *err)
{
    lm_field_opt fopt = {
        .depth_mm = job->wall + 0.5 * job->step, .step_mm = job->step, .max_memory = job->opt->max_memory, .threads = job->threads};
    lm_mcubes_opt mopt = {.iso = LM_FIELD_ISO, .threads = job->threads};
    lm_field field = LM_FIELD_INIT;
    hollow_progress(job, "distance", 0.1);
    lm_status rc = lm_field_make(job->solid, job->near, &fopt, &field, err);
    hollow_progress(job, "contour", 0.4);
    if (!rc) {
        lm_slices in = lm_field_slices(&field);
        rc = lm_mcubes_slices(&in, &mopt, &job->in, err);
        lm_slices_release(&in);
    }
    lm_field_release(&field);
    if (!rc) rc = hollow_pockets(job, err);
    return rc == LM_ENO || (!rc && !job->facts->pockets) ? hollow_nothing(job, &fopt, err) : rc;
}

/* ---- 2 places ---- */

static lm_status hollow_foot_task(void *ctx, size_t task, int worker, lm_err *err)
{
    hollow_job *job = ctx;
    uint32_t hint = LM_NEAREST_NONE;
    (void)worker;
    (void)err;
    for (size_t v = task * HOLLOW_BLOCK; v < job->in.nv && v < (task + 1) * HOLLOW_BLOCK; v++) {
        lm_nearest_hit hit;
        double p[3];
        for (size_t c = 0; c < 3; c++) p[c] = job->base[3 * v + c];
        lm_nearest_find(job->near, p, INFINITY, hint, &hit);
        hint = hit.tri;
        for (size_t c = 0; c < 3; c++) job->foot[3 * v + c] = hit.q[c];
        job->depth[v] = sqrt(hit.d2);
        job->want[v] = job->wall;
    }
    return LM_OK;
}

/* On the line from its foot, at the depth that is wanted. */
static void hollow_place(hollow_job *job, size_t v)
{
    double s = job->want[v] / job->depth[v];
    for (size_t c = 0; c < 3; c++) {
        double b = job->base[3 * v + c], f = job->foot[3 * v + c];
        job->in.pos[3 * v + c] = job->want[v] == job->depth[v] ? job->base[3 * v + c] : (float)(f + (b - f) * s);
    }
    job->moved[v] = job->untried[v] = 1;
}

/* ---- 3 facets too near ---- */

/* The distance of two surfaces is found between a corner of one and a point of the other, or between two edges. From
 * inside the solid the nearest point on an edge where it is convex lies on a side of that edge instead. So corners and
 * these ridges give the least wall exactly. */
static lm_status hollow_ridges(hollow_job *job, lm_err *err)
{
    const lm_mesh *m = job->solid;
    lm_topo_corners corners = LM_TOPO_CORNERS_INIT;
    uint32_t *mate = lm_mem_alloc(m->nt, 3 * sizeof *mate, err);
    lm_status rc = mate ? LM_OK : LM_ENOMEM;
    if (!rc) rc = lm_topo_corners_make(m, NULL, &corners, err);
    if (!rc) rc = lm_topo_mates(m, &corners, mate, err);
    if (!rc && !(job->ridge = lm_mem_calloc(m->nt, 1, err))) rc = LM_ENOMEM;
    for (size_t h = 0; h < 3 * m->nt && !rc; h++) {
        const uint32_t *v = m->tri + h / 3 * 3, o = mate[h];
        if (o == LM_TOPO_NONE || o == LM_TOPO_MANY || o < h) continue;
        const float *d = m->pos + 3 * (size_t)m->tri[o / 3 * 3 + (o % 3 + 2) % 3];
        if (lm_predicates_orient3d(m->pos + 3 * (size_t)v[0], m->pos + 3 * (size_t)v[1], m->pos + 3 * (size_t)v[2], d) > 0)
            job->ridge[h / 3] |= (uint8_t)(1u << h % 3);
    }
    lm_topo_corners_release(&corners);
    free(mate);
    return rc;
}

static double hollow_dot(const double a[3], const double b[3])
{
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}

static double hollow_clamp(double x)
{
    return x < 0 ? 0 : x > 1 ? 1 : x;
}

/* Squared distance of the segments p + s u and q + t v (Ericson, Real-Time Collision Detection, 5.1.9), s and t in 0..1;
 * nearly parallel ones are tried from both ends of the first. */
static double hollow_segments(const float p0[3], const float p1[3], const float q0[3], const float q1[3])
{
    double u[3], v[3], w[3], least = INFINITY;
    for (int c = 0; c < 3; c++) {
        u[c] = (double)p1[c] - p0[c];
        v[c] = (double)q1[c] - q0[c];
        w[c] = (double)p0[c] - q0[c];
    }
    double a = hollow_dot(u, u), e = hollow_dot(v, v), f = hollow_dot(v, w), c = hollow_dot(u, w), b = hollow_dot(u, v),
           den = a * e - b * b;
    const double start[3] = {den > 0 ? hollow_clamp((b * f - c * e) / den) : 0, 0, 1};
    for (int k = 0; k < (den > 1e-6 * a * e ? 1 : 3); k++) {
        double s = start[k], t = hollow_clamp((b * s + f) / e), d2 = 0;
        s = hollow_clamp((b * t - c) / a);
        for (int i = 0; i < 3; i++) {
            double d = w[i] + s * u[i] - t * v[i];
            d2 += d * d;
        }
        if (d2 < least) least = d2;
    }
    return least;
}

static double hollow_gap2(const lm_bvh_node *n, const float lo[3], const float hi[3])
{
    double s = 0;
    for (int c = 0; c < 3; c++) {
        double d = lo[c] > n->hi[c] ? (double)lo[c] - n->hi[c] : hi[c] < n->lo[c] ? (double)n->lo[c] - hi[c] : 0;
        s += d * d;
    }
    return s;
}

/* Squared distance of segment ab from the ridges, if below `least`. */
static double hollow_edge_room(const hollow_job *job, const float *a, const float *b, double least)
{
    const lm_mesh *m = job->solid;
    const lm_bvh *tree = &job->near->bvh;
    uint32_t stack[LM_BVH_DEPTH];
    float lo[3], hi[3];
    int n = 1;
    for (int c = 0; c < 3; c++) {
        lo[c] = a[c] < b[c] ? a[c] : b[c];
        hi[c] = a[c] < b[c] ? b[c] : a[c];
    }
    stack[0] = 0;
    while (n) {
        uint32_t i = stack[--n];
        const lm_bvh_node *node = &tree->node[i];
        if (hollow_gap2(node, lo, hi) >= least) continue;
        if (!node->n) {
            stack[n++] = node->at;
            stack[n++] = i + 1;
            continue;
        }
        for (uint32_t k = node->at; k < node->at + node->n; k++) {
            uint32_t t = tree->item[k];
            for (unsigned e = 0; e < 3; e++) {
                if (!(job->ridge[t] >> e & 1)) continue;
                double d2 = hollow_segments(a, b, m->pos + 3 * (size_t)m->tri[3 * (size_t)t + e],
                                            m->pos + 3 * (size_t)m->tri[3 * (size_t)t + (e + 1) % 3]);
                if (d2 < least) least = d2;
            }
        }
    }
    return least;
}

static lm_status hollow_room_task(void *ctx, size_t task, int worker, lm_err *err)
{
    hollow_job *job = ctx;
    const double enough = job->wall * job->wall;
    (void)worker;
    (void)err;
    for (size_t t = task * HOLLOW_BLOCK; t < job->in.nt && t < (task + 1) * HOLLOW_BLOCK; t++) {
        const uint32_t *v = job->in.tri + 3 * t;
        for (size_t k = 0; k < 3; k++) {
            uint32_t a = v[k], b = v[(k + 1) % 3];
            if (a < b && !(job->moved[a] | job->moved[b])) continue;
            double d2 = a < b ? hollow_edge_room(job, job->in.pos + 3 * (size_t)a, job->in.pos + 3 * (size_t)b, enough) : enough;
            job->room[3 * t + k] = d2 < enough ? (float)sqrt(d2) : INFINITY;
        }
    }
    return LM_OK;
}

/* Lifting a facet by what it lacks is not quite enough where its vertices go different ways. */
#define HOLLOW_MORE 1.1

static void hollow_ask(hollow_job *job, uint32_t v, double more)
{
    if (more > job->add[v]) job->add[v] = more;
}

/* Put the vertices that were asked for deeper; *lifted: how many went. */
static void hollow_raise(hollow_job *job, size_t *lifted)
{
    for (size_t v = 0; v < job->in.nv; v++) {
        double most = job->depth[v] + 0.5 * job->step, now = job->want[v];
        if (!(job->add[v] > 0) || job->hold[v] == HOLLOW_FIXED) continue;
        job->want[v] = now + job->add[v] < most ? now + job->add[v] : most;
        if (job->want[v] <= now) continue;
        hollow_place(job, v);
        ++*lifted;
    }
}

/* By edges that moved. */
static lm_status hollow_lift(hollow_job *job, size_t *lifted, lm_err *err)
{
    lm_status rc = hollow_each(job, job->in.nt, hollow_room_task, err);
    if (rc) return rc;
    memset(job->moved, 0, job->in.nv);
    memset(job->add, 0, job->in.nv * sizeof *job->add);
    *lifted = 0;
    for (size_t h = 0; h < 3 * job->in.nt; h++) {
        double lack = job->wall - (double)job->room[h];
        if (!(lack > 0.25 * job->tol)) continue;
        hollow_ask(job, job->in.tri[h], HOLLOW_MORE * lack);
        hollow_ask(job, job->in.tri[h / 3 * 3 + (h + 1) % 3], HOLLOW_MORE * lack);
    }
    hollow_raise(job, lifted);
    return LM_OK;
}

/* By the corners of the solid, which can point at the middle of a facet. */
static lm_status hollow_lift_corners(hollow_job *job, size_t *lifted, lm_err *err)
{
    const lm_mesh *m = job->solid;
    lm_nearest inner = LM_NEAREST_INIT;
    double *p = lm_mem_alloc(m->nv, 3 * sizeof *p, err);
    lm_nearest_hit *hit = p ? lm_mem_alloc(m->nv, sizeof *hit, err) : NULL;
    lm_status rc = hit ? lm_nearest_build(&job->in, job->threads, &inner, err) : LM_ENOMEM;
    *lifted = 0;
    for (size_t i = 0; i < 3 * m->nv && !rc; i++) p[i] = m->pos[i];
    if (!rc) rc = lm_nearest_batch(&inner, p, m->nv, job->wall * job->wall, job->threads, hit, err);
    memset(job->add, 0, job->in.nv * sizeof *job->add);
    for (size_t i = 0; i < m->nv && !rc; i++) {
        double lack = hit[i].tri == LM_NEAREST_NONE ? 0 : job->wall - sqrt(hit[i].d2);
        if (!(lack > 0.25 * job->tol)) continue;
        for (size_t k = 0; k < 3; k++) hollow_ask(job, job->in.tri[3 * (size_t)hit[i].tri + k], HOLLOW_MORE * lack);
    }
    if (!rc) hollow_raise(job, lifted);
    lm_nearest_release(&inner);
    free(p);
    free(hit);
    return rc;
}

/* ---- 4 facets that intersect ---- */

/* Marked vertices go back: half way the first time, wholly the next; later their neighbours as well. */
static void hollow_back(hollow_job *job, uint8_t *mark, int round)
{
    lm_faults_spread(&job->in, mark, round < HOLLOW_SPREAD ? 0 : (round - HOLLOW_SPREAD) / 2 + 1);
    for (size_t v = 0; v < job->in.nv; v++) {
        if (!mark[v] || (job->hold[v] == HOLLOW_FIXED && job->want[v] == job->depth[v])) continue;
        job->hold[v] = job->hold[v] || round >= HOLLOW_SPREAD ? HOLLOW_FIXED : 1;
        job->want[v] = job->hold[v] == HOLLOW_FIXED ? job->depth[v] : 0.5 * (job->want[v] + job->depth[v]);
        hollow_place(job, v);
    }
}

static lm_status hollow_settle(hollow_job *job, lm_err *err)
{
    uint8_t *mark = lm_mem_alloc(job->in.nv, 1, err);
    size_t faults = 1;
    int backs = 0;
    lm_status rc = mark ? LM_OK : LM_ENOMEM;
    for (int round = 0; round < HOLLOW_ROUNDS && !rc; round++) {
        size_t lifted = 1;
        hollow_progress(job, "inner wall", 0.5 + 0.3 * round / HOLLOW_ROUNDS);
        for (int i = 0; i < HOLLOW_LIFTS && lifted && !rc; i++) rc = hollow_lift(job, &lifted, err);
        if (rc || (rc = lm_faults_mark(&job->in, job->untried, 2 * job->step, job->threads, mark, &faults, err))) break;
        if (faults) hollow_back(job, mark, backs++);
        else if ((rc = hollow_lift_corners(job, &lifted, err)) || !lifted) break;
    }
    free(mark);
    for (size_t v = 0; v < job->in.nv && !rc; v++) {
        job->facts->held += job->hold[v] != 0;
        job->facts->deeper += !job->hold[v] && job->want[v] > job->wall;
    }
    return rc;
}

/* ---- 5 the wall measured ---- */

typedef struct {
    double least, most, sum;
    size_t n;
    double at[3];
} hollow_wall;

typedef struct {
    const hollow_job *job;
    const lm_nearest *near; /* to what */
    const float *pos;       /* from where */
    size_t n;
    double most2; /* what is farther, squared, does not count */
    hollow_wall *block;
} hollow_measure;

static void hollow_wall_add(hollow_wall *w, double d, const double p[3])
{
    if (d < w->least) {
        w->least = d;
        memcpy(w->at, p, sizeof w->at);
    }
    if (d > w->most) w->most = d;
    w->sum += d;
    w->n++;
}

static lm_status hollow_measure_task(void *ctx, size_t task, int worker, lm_err *err)
{
    const hollow_measure *m = ctx;
    hollow_wall w = {.least = INFINITY};
    uint32_t hint = LM_NEAREST_NONE;
    (void)worker;
    (void)err;
    for (size_t v = task * HOLLOW_BLOCK; v < m->n && v < (task + 1) * HOLLOW_BLOCK; v++) {
        double p[3];
        lm_nearest_hit hit;
        for (size_t c = 0; c < 3; c++) p[c] = m->pos[3 * v + c];
        lm_nearest_find(m->near, p, m->most2, hint, &hit);
        if (hit.tri == LM_NEAREST_NONE) continue;
        hint = hit.tri;
        hollow_wall_add(&w, sqrt(hit.d2), p);
    }
    m->block[task] = w;
    return LM_OK;
}

/* From all points to a surface; blocks joined in order. */
static lm_status hollow_measure_all(hollow_measure *m, hollow_wall *out, lm_err *err)
{
    size_t blocks = (m->n + HOLLOW_BLOCK - 1) / HOLLOW_BLOCK;
    *out = (hollow_wall){.least = INFINITY};
    if (!(m->block = lm_mem_alloc(blocks, sizeof *m->block, err))) return LM_ENOMEM;
    lm_status rc = lm_pool_run(m->job->threads, blocks, hollow_measure_task, m, err);
    for (size_t i = 0; i < blocks && !rc; i++) {
        const hollow_wall *w = &m->block[i];
        if (w->least < out->least) {
            out->least = w->least;
            memcpy(out->at, w->at, sizeof out->at);
        }
        if (w->most > out->most) out->most = w->most;
        out->sum += w->sum;
        out->n += w->n;
    }
    free(m->block);
    return rc;
}

static lm_status hollow_check(hollow_job *job, lm_err *err)
{
    lm_hollow_facts *f = job->facts;
    hollow_measure m = {.job = job, .near = job->near, .pos = job->in.pos, .n = job->in.nv, .most2 = INFINITY};
    lm_nearest inner = LM_NEAREST_INIT;
    hollow_wall w;
    hollow_progress(job, "measuring the wall", 0.8);
    lm_status rc = hollow_each(job, job->in.nt, hollow_room_task, err);
    if (rc || (rc = hollow_measure_all(&m, &w, err))) return rc;
    f->mean_mm = w.sum / (double)w.n;
    f->max_mm = w.most;
    f->min_mm = w.least;
    memcpy(f->min_at, w.at, sizeof f->min_at);
    for (size_t h = 0; h < 3 * job->in.nt; h++)
        if ((double)job->room[h] < f->min_mm) {
            f->min_mm = (double)job->room[h];
            for (size_t c = 0; c < 3; c++) f->min_at[c] = job->in.pos[3 * (size_t)job->in.tri[h] + c];
        }
    if ((rc = lm_nearest_build(&job->in, job->threads, &inner, err))) return rc;
    m.near = &inner;
    m.pos = job->solid->pos;
    m.n = job->solid->nv;
    m.most2 = f->min_mm * f->min_mm; /* only the least is asked for */
    if (!(rc = hollow_measure_all(&m, &w, err)) && w.least < f->min_mm) {
        f->min_mm = w.least;
        memcpy(f->min_at, w.at, sizeof f->min_at);
    }
    lm_nearest_release(&inner);
    return rc;
}

/* ---- 6 all ---- */

static lm_status hollow_options(hollow_job *job, lm_err *err)
{
    double most = job->wall / LM_HOLLOW_STEPS;
    if (!(job->wall > 0) || !isfinite(job->wall))
        return lm_err_set(err, LM_EUSAGE, NULL, "a wall of %g mm: a length above 0 is needed", job->wall);
    job->step = job->opt->step_mm == 0 ? most : job->opt->step_mm;
    if (job->step > 0 && job->step <= most * (1 + 1e-9)) return LM_OK;
    return lm_err_set(err, LM_EUSAGE, NULL,
                      "a grid step of %.6g mm: for a wall of %.6g mm it may be at most a third of that, %.6g mm", job->step,
                      job->wall, most);
}

static lm_status hollow_take(hollow_job *job, lm_err *err)
{
    size_t nv = job->in.nv;
    if (!(job->base = lm_mem_alloc(nv, 3 * sizeof *job->base, err)) ||
        !(job->foot = lm_mem_alloc(nv, 3 * sizeof *job->foot, err)) || !(job->depth = lm_mem_alloc(nv, sizeof *job->depth, err)) ||
        !(job->want = lm_mem_alloc(nv, sizeof *job->want, err)) || !(job->add = lm_mem_alloc(nv, sizeof *job->add, err)) ||
        !(job->hold = lm_mem_calloc(nv, 1, err)) || !(job->moved = lm_mem_alloc(nv, 1, err)) ||
        !(job->untried = lm_mem_alloc(nv, 1, err)) || !(job->room = lm_mem_alloc(job->in.nt, 3 * sizeof *job->room, err)))
        return LM_ENOMEM;
    memcpy(job->base, job->in.pos, nv * 3 * sizeof *job->base);
    return LM_OK;
}

static lm_status hollow_append(const hollow_job *job, lm_mesh *out, lm_err *err)
{
    const lm_mesh *a = job->solid, *b = &job->in;
    lm_status rc = lm_mesh_alloc(out, a->nv + b->nv, a->nt + b->nt, err);
    if (rc) return rc;
    out->space = a->space;
    memcpy(out->pos, a->pos, a->nv * 3 * sizeof *out->pos);
    memcpy(out->pos + 3 * a->nv, b->pos, b->nv * 3 * sizeof *out->pos);
    memcpy(out->tri, a->tri, a->nt * 3 * sizeof *out->tri);
    for (size_t t = 0; t < b->nt; t++) /* a cavity faces inward */
        for (size_t k = 0; k < 3; k++) out->tri[3 * (a->nt + t) + k] = b->tri[3 * t + (3 - k) % 3] + (uint32_t)a->nv;
    return LM_OK;
}

lm_status lm_hollow(const lm_mesh *solid, const lm_hollow_opt *opt, lm_mesh *out, lm_hollow_facts *facts, lm_err *err)
{
    lm_nearest near = LM_NEAREST_INIT;
    hollow_job job = {
        .solid = solid, .near = &near, .opt = opt, .wall = opt->wall_mm, .threads = lm_pool_threads(opt->threads), .facts = facts};
    double lo[3], hi[3], far = 0;
    lm_status rc = hollow_options(&job, err);
    *facts = (lm_hollow_facts)LM_HOLLOW_FACTS_INIT;
    lm_mesh_release(out);
    if (rc) return rc;
    lm_mesh_box(solid, lo, hi);
    for (int c = 0; c < 3; c++) {
        far = fabs(lo[c]) > far ? fabs(lo[c]) : far;
        far = fabs(hi[c]) > far ? fabs(hi[c]) : far;
    }
    job.tol = LM_HOLLOW_TOL * job.wall + far * 0x1p-22; /* two units in the last place */
    *facts = (lm_hollow_facts){.outer_vertices = solid->nv,
                               .outer_triangles = solid->nt,
                               .wall_mm = job.wall,
                               .step_mm = job.step,
                               .tol_mm = job.tol,
                               .outer_mm3 = lm_mesh_volume(solid)};
    if ((rc = lm_nearest_build(solid, job.threads, &near, err)) || (rc = hollow_contour(&job, err)) ||
        (rc = hollow_take(&job, err)) || (rc = hollow_ridges(&job, err)) ||
        (rc = hollow_each(&job, job.in.nv, hollow_foot_task, err)))
        goto done;
    for (size_t v = 0; v < job.in.nv; v++) hollow_place(&job, v);
    if ((rc = hollow_settle(&job, err)) || (rc = hollow_check(&job, err)) || (rc = hollow_append(&job, out, err))) goto done;
    facts->cavity_mm3 = lm_mesh_volume(&job.in);
done:
    lm_mesh_release(&job.in);
    lm_nearest_release(&near);
    free(job.base);
    free(job.foot);
    free(job.depth);
    free(job.want);
    free(job.add);
    free(job.hold);
    free(job.moved);
    free(job.untried);
    free(job.room);
    free(job.ridge);
    if (rc) lm_mesh_release(out);
    return rc;
}
