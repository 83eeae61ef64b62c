/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Contents: 1 where, 2 which way, 3 out, 4 lifts, 5 back, 6 a pass, 7 all */
#include "shell/thicken.h"
#include "base/mem.h"
#include "base/pool.h"
#include "shell/faults.h"
#include "shell/ray.h"
#include "shell/refine.h"
#include "surface/nest.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    THICKEN_BLOCK = 512,
    THICKEN_PASSES = 3,
    THICKEN_LIFTS = 6,   /* rounds of lifting facets that cut into balls */
    THICKEN_ROUNDS = 24, /* of lifting, and of taking back what intersects */
    THICKEN_SPREAD = 4,  /* rounds of taking back after which neighbours go back too */
    THICKEN_SMOOTH = 4,  /* rounds of averaging directions */
    THICKEN_EVEN = 3,    /* rounds of evening out */
    THICKEN_FIXED = 2    /* hold[]: 1 gone back half way, 2 for good */
};
#define THICKEN_EDGE 0.25  /* part of T: edges where the surface moves */
#define THICKEN_LACK 2e-4  /* part of T: what a facet may cut into a ball */
#define THICKEN_MORE 1.1   /* lifting a facet by what it lacks is not quite enough where its vertices go different ways */
#define THICKEN_LIFT 0.3   /* part of T: the most that a vertex is lifted so */
#define THICKEN_NEAR 1e-3  /* part of T: neighbours nearer than this count as this near */
#define THICKEN_SLOPE 0.5  /* how much farther one vertex may go than the next, parts of what they are apart */
#define THICKEN_CLOSE 0.1  /* of vertices that are no farther apart than this part of T */
#define THICKEN_AGAIN 0.35 /* part of T: the most that a vertex goes after the first pass, which leaves little to do */
#define THICKEN_TIGHT 0.02 /* part of T: less room before a facet than this is none */
#define THICKEN_GAP 2e-3   /* part of a gap that rounding may take */
#define THICKEN_OFF 1e-3   /* part of T: rays begin so far off the surface */

typedef struct {
    const lm_thicken_opt *opt;
    double wall;
    int threads;
    lm_mesh *m;      /* as it stands */
    float *thick;    /* thickness of its vertices when the pass began, */
    size_t known;    /* so many */
    uint8_t *thin;   /* per triangle: it can be thin */
    float *base;     /* per vertex: its place before this pass */
    lm_nearest near; /* over the solid before this pass, in the pieces of section 1 */
    lm_medial medial;
    float *dir;       /* per vertex, length 1 */
    float *ahead;     /* per triangle: how far the surface before it is; INFINITY: far, or nobody asks */
    float *go, *most; /* per vertex: how far it went along dir, and how far it may */
    double *add;      /* scratch: more asked for in this round */
    uint8_t *zone;    /* per vertex: a ball comes near */
    uint8_t *hold, *untried;
    lm_mesh part;   /* facets of the zone as they stand; its vertices are those of m */
    lm_nearest now; /* over part */
    lm_thicken_facts *facts;
} thicken_job;

static void thicken_progress(const thicken_job *job, const char *what, double fraction)
{
    if (job->opt->progress) job->opt->progress(job->opt->progress_ctx, what, fraction);
}

static double thicken_dot(const double a[3], const double b[3])
{
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}

/* ---- 1 where ---- */

/* Is any sample of the facet thin? Large ones are cut first: nobody asks a hundred times along one edge. */
static bool thicken_thin(void *ctx, double p[3][3])
{
    const lm_balls *b = ctx;
    double k = lm_balls_cuts(p, 0.5 * b->wall), x[3];
    if (k <= 2) return true; /* its like was thin: pieces are looked at one by one (medial.h) */
    if (k > 4) {
        k = 4;
        for (int i = 0; i < 3; i++)
            if (lm_balls_thickness(b, p[i], NULL) < b->wall - b->tol) return true;
    }
    for (size_t i = 0; i < (size_t)(k * k); i++) {
        lm_balls_point(p, (size_t)k, i, x);
        if (lm_balls_thickness(b, x, NULL) < b->wall - b->tol) return true;
    }
    return false;
}

/* Does a ball come out of the facet, or nearly? */
static bool thicken_reached(void *ctx, double p[3][3])
{
    const lm_medial *medial = ctx;
    const double half = 0.5 * medial->cell; /* its cells are as wide as the wall */
    double k = lm_balls_cuts(p, 0.5 * half), x[3];
    for (size_t i = 0; i < (size_t)(k * k); i++) {
        lm_balls_point(p, (size_t)k, i, x);
        if (lm_medial_distance(medial, x, 0.25 * half) < 0.25 * half) return true;
    }
    return false;
}

/* cavity[t]: triangle t bounds a cavity. NULL where nobody asks. */
static lm_status thicken_cavities(const thicken_job *job, uint8_t **cavity, lm_err *err)
{
    lm_topo topo = LM_TOPO_INIT;
    lm_nest nest = LM_NEST_INIT;
    *cavity = NULL;
    if (job->opt->side == LM_MEDIAL_BOTH) return LM_OK;
    lm_status rc = lm_topo_make(job->m, NULL, job->threads, &topo, err);
    if (!rc && !(*cavity = lm_mem_alloc(job->m->nt, 1, err))) rc = LM_ENOMEM;
    if (!rc) rc = lm_nest_make(job->m, &job->near.bvh, &topo, job->threads, &nest, err);
    for (size_t t = 0; t < job->m->nt && !rc; t++) (*cavity)[t] = nest.facing[topo.comp[t]] < 0;
    lm_nest_release(&nest);
    lm_topo_release(&topo);
    return rc;
}

/* The balls to make room for, from pieces of the thin part; then pieces wherever they reach. */
static lm_status thicken_where(thicken_job *job, lm_mesh *pieces, float **before, lm_err *err)
{
    lm_balls balls = LM_BALLS_INIT;
    lm_mesh was = LM_MESH_INIT;
    uint8_t *cavity = NULL, *reached = NULL;
    lm_medial_opt mopt = {.wall_mm = job->wall,
                          .min_gap_mm = job->opt->min_gap_mm,
                          .side = job->opt->side,
                          .threads = job->threads,
                          .rough = job->facts->passes > 0,
                          .thick = job->thick,
                          .known = job->known};
    lm_status rc = lm_mesh_copy(job->m, &was, err);
    if (rc) return rc;
    if (!(rc = lm_balls_build(&was, job->wall, job->threads, &balls, err)) &&
        !(rc = lm_refine_run(job->m, &job->thin, before, THICKEN_EDGE * job->wall, thicken_thin, &balls, job->threads, err)) &&
        !(rc = lm_mesh_copy(job->m, pieces, err)) && !(rc = lm_nearest_build(pieces, job->threads, &job->near, err)) &&
        !(rc = thicken_cavities(job, &cavity, err))) {
        mopt.cavity = cavity;
        mopt.ask = job->thin;
        rc = lm_medial_build(pieces, &job->near, &balls, &mopt, &job->medial, err);
    }
    if (!rc && job->medial.n)
        rc = lm_refine_run(job->m, &reached, before, THICKEN_EDGE * job->wall, thicken_reached, &job->medial, job->threads, err);
    free(cavity);
    free(reached);
    lm_balls_release(&balls);
    lm_mesh_release(&was);
    return rc;
}

/* ---- 2 which way ---- */

/* Each facet's normal by its area to its corners. */
static void thicken_normals(const lm_mesh *m, double *sum)
{
    double p[3][3], n[3];
    memset(sum, 0, 3 * m->nv * sizeof *sum);
    for (size_t t = 0; t < m->nt; t++) {
        lm_balls_corners(m, t, p);
        double area = lm_balls_normal(p, n);
        for (size_t k = 0; k < 3; k++)
            for (size_t c = 0; c < 3; c++) sum[3 * (size_t)m->tri[3 * t + k] + c] += area * n[c];
    }
}

static void thicken_unit(float *dir, const double *sum, size_t nv)
{
    for (size_t v = 0; v < nv; v++) {
        double length = sqrt(thicken_dot(sum + 3 * v, sum + 3 * v));
        for (size_t c = 0; c < 3; c++) dir[3 * v + c] = length > 0 ? (float)(sum[3 * v + c] / length) : 0;
    }
}

/* A direction that has some facet of the vertex behind it would fold it: there the vertex keeps its own normal. */
static void thicken_visible(const lm_mesh *m, const float *own, float *dir)
{
    double p[3][3], n[3];
    for (size_t t = 0; t < m->nt; t++) {
        lm_balls_corners(m, t, p);
        lm_balls_normal(p, n);
        for (size_t k = 0; k < 3; k++) {
            size_t v = 3 * (size_t)m->tri[3 * t + k];
            if (n[0] * (double)dir[v] + n[1] * (double)dir[v + 1] + n[2] * (double)dir[v + 2] < 0.2)
                memcpy(dir + v, own + v, 3 * sizeof *dir);
        }
    }
}

/* Half of it from the neighbours, the nearer the more: vertices close together must not cross on their ways. */
static void thicken_average(const thicken_job *job, double *sum)
{
    const lm_mesh *m = job->m;
    const double least = THICKEN_NEAR * job->wall;
    memset(sum, 0, 3 * m->nv * sizeof *sum);
    for (size_t h = 0; h < 3 * m->nt; h++) { /* each neighbour once: from the triangle before it */
        const size_t a = 3 * (size_t)m->tri[h], b = 3 * (size_t)m->tri[h / 3 * 3 + (h + 1) % 3];
        double d2 = least * least;
        for (size_t c = 0; c < 3; c++) d2 += ((double)m->pos[a + c] - m->pos[b + c]) * ((double)m->pos[a + c] - m->pos[b + c]);
        for (size_t c = 0; c < 3; c++) sum[a + c] += ((double)job->dir[a + c] + job->dir[b + c]) / d2;
    }
}

/* Is x on a triangle that looks against n? The side of a crease does not. */
static bool thicken_faces(const lm_nearest *near, const double x[3], const double n[3])
{
    double p[3][3], m[3];
    lm_nearest_hit hit;
    lm_nearest_find(near, x, 1e-6, LM_NEAREST_NONE, &hit);
    if (hit.tri == LM_NEAREST_NONE) return false;
    lm_balls_corners(near->mesh, hit.tri, p);
    lm_balls_normal(p, m);
    return thicken_dot(m, n) < -0.5;
}

/* How far the surface before facet t is that faces it; other, where not NULL, counts too. n gets the facet's normal. */
static double thicken_ahead(const thicken_job *job, const lm_nearest *other, size_t t, double n[3])
{
    const double off = THICKEN_OFF * job->wall, far = 2 * job->wall + job->opt->min_gap_mm;
    double p[3][3], x[3];
    lm_balls_corners(job->m, t, p);
    lm_balls_normal(p, n);
    for (int c = 0; c < 3; c++) x[c] = (p[0][c] + p[1][c] + p[2][c]) / 3 + off * n[c];
    double gap = lm_ray_shoot(&job->near, x, n, LM_NEAREST_NONE, far);
    if (other) gap = lm_ray_shoot(other, x, n, LM_NEAREST_NONE, gap);
    if (gap >= far) return INFINITY;
    for (int c = 0; c < 3; c++) x[c] += gap * n[c];
    return thicken_faces(&job->near, x, n) || (other && thicken_faces(other, x, n)) ? gap + off : INFINITY;
}

static bool thicken_zone(const thicken_job *job, size_t t)
{
    const uint32_t *v = job->m->tri + 3 * t;
    return job->zone[v[0]] | job->zone[v[1]] | job->zone[v[2]];
}

static lm_status thicken_ahead_task(void *ctx, size_t task, int worker, lm_err *err)
{
    thicken_job *job = ctx;
    double n[3];
    (void)worker;
    (void)err;
    for (size_t t = task * THICKEN_BLOCK; t < job->m->nt && t < (task + 1) * THICKEN_BLOCK; t++)
        job->ahead[t] = thicken_zone(job, t) ? (float)thicken_ahead(job, NULL, t, n) : INFINITY;
    return LM_OK;
}

/* Room before a facet. */
static double thicken_free(const thicken_job *job, size_t t)
{
    double room = 0.5 * ((double)job->ahead[t] - job->opt->min_gap_mm);
    return room > 0 ? room : 0;
}

/* Along facets with no room before them vertices may slide only. */
static void thicken_slide(thicken_job *job)
{
    double p[3][3], n[3];
    for (int round = 0; round < 2; round++)
        for (size_t t = 0; t < job->m->nt; t++) {
            if (thicken_free(job, t) > THICKEN_TIGHT * job->wall) continue;
            lm_balls_corners(job->m, t, p);
            lm_balls_normal(p, n);
            for (size_t k = 0; k < 3; k++) {
                float *d = job->dir + 3 * (size_t)job->m->tri[3 * t + k];
                double into = (double)d[0] * n[0] + (double)d[1] * n[1] + (double)d[2] * n[2];
                for (size_t c = 0; c < 3 && into > 0; c++) d[c] = (float)((double)d[c] - into * n[c]);
            }
        }
    for (size_t v = 0; v < job->m->nv; v++) {
        double d[3] = {job->dir[3 * v], job->dir[3 * v + 1], job->dir[3 * v + 2]}, length = sqrt(thicken_dot(d, d));
        for (size_t c = 0; c < 3; c++) job->dir[3 * v + c] = length > 0.3 ? (float)(d[c] / length) : 0;
    }
}

/* No vertex goes farther than the facets at it may. */
static void thicken_limit(thicken_job *job)
{
    double p[3][3], n[3];
    for (size_t t = 0; t < job->m->nt; t++) {
        double room = thicken_free(job, t);
        if (!(room < job->wall)) continue;
        lm_balls_corners(job->m, t, p);
        lm_balls_normal(p, n);
        for (size_t k = 0; k < 3; k++) {
            const size_t v = job->m->tri[3 * t + k];
            const float *d = job->dir + 3 * v;
            double into = (double)d[0] * n[0] + (double)d[1] * n[1] + (double)d[2] * n[2];
            if (into > 0.01 && room / into < (double)job->most[v]) job->most[v] = (float)(room / into);
        }
    }
}

static lm_status thicken_directions(thicken_job *job, lm_err *err)
{
    const lm_mesh *m = job->m;
    double *sum = lm_mem_alloc(m->nv, 3 * sizeof *sum, err);
    float *own = lm_mem_alloc(m->nv, 3 * sizeof *own, err);
    lm_status rc = sum && own ? LM_OK : LM_ENOMEM;
    if (!rc) {
        thicken_normals(m, sum);
        thicken_unit(job->dir, sum, m->nv);
        thicken_slide(job); /* first: else the neighbours lean where these may not go */
        memcpy(own, job->dir, m->nv * 3 * sizeof *own);
        for (int round = 0; round < THICKEN_SMOOTH; round++) {
            thicken_average(job, sum);
            thicken_unit(job->dir, sum, m->nv);
        }
        thicken_visible(m, own, job->dir);
        thicken_slide(job);
    }
    free(sum);
    free(own);
    return rc;
}

/* ---- 3 out ---- */

static void thicken_at(const thicken_job *job, size_t v, double p[3], double d[3])
{
    for (size_t c = 0; c < 3; c++) {
        p[c] = job->base[3 * v + c];
        d[c] = job->dir[3 * v + c];
    }
}

static void thicken_place(thicken_job *job, size_t v)
{
    for (size_t c = 0; c < 3; c++)
        job->m->pos[3 * v + c] = job->go[v] > 0
                                     ? (float)((double)job->base[3 * v + c] + (double)job->go[v] * (double)job->dir[3 * v + c])
                                     : job->base[3 * v + c];
    job->untried[v] = 1;
}

static lm_status thicken_zone_task(void *ctx, size_t task, int worker, lm_err *err)
{
    thicken_job *job = ctx;
    (void)worker;
    (void)err;
    for (size_t v = task * THICKEN_BLOCK; v < job->m->nv && v < (task + 1) * THICKEN_BLOCK; v++) {
        double p[3], d[3];
        thicken_at(job, v, p, d);
        job->zone[v] = lm_medial_distance(&job->medial, p, 0.5 * job->wall) < 0.5 * job->wall;
    }
    return LM_OK;
}

static lm_status thicken_most_task(void *ctx, size_t task, int worker, lm_err *err)
{
    thicken_job *job = ctx;
    (void)worker;
    (void)err;
    for (size_t v = task * THICKEN_BLOCK; v < job->m->nv && v < (task + 1) * THICKEN_BLOCK; v++) {
        double p[3], d[3];
        thicken_at(job, v, p, d);
        job->go[v] = job->most[v] = 0;
        if (job->zone[v] && thicken_dot(d, d) > 0)
            job->most[v] = (float)lm_medial_room(&job->near, p, d, job->opt->min_gap_mm, job->wall);
    }
    return LM_OK;
}

static lm_status thicken_out_task(void *ctx, size_t task, int worker, lm_err *err)
{
    thicken_job *job = ctx;
    (void)worker;
    (void)err;
    for (size_t v = task * THICKEN_BLOCK; v < job->m->nv && v < (task + 1) * THICKEN_BLOCK; v++) {
        double p[3], d[3];
        if (!(job->most[v] > 0)) continue;
        thicken_at(job, v, p, d);
        double go =
            lm_medial_distance(&job->medial, p, 0.5 * job->wall) < 0 ? lm_medial_exit(&job->medial, p, d, (double)job->most[v]) : 0;
        if (go + THICKEN_LIFT * job->wall < (double)job->most[v]) job->most[v] = (float)(go + THICKEN_LIFT * job->wall);
        job->go[v] = (float)go;
        if (go > 0) thicken_place(job, v);
    }
    return LM_OK;
}

static lm_status thicken_each(thicken_job *job, size_t n, lm_pool_fn fn, lm_err *err)
{
    return lm_pool_run(job->threads, (n + THICKEN_BLOCK - 1) / THICKEN_BLOCK, fn, job, err);
}

/* Vertices of a side that shall not move stay. */
static lm_status thicken_sides(thicken_job *job, lm_err *err)
{
    uint8_t *cavity;
    lm_status rc = thicken_cavities(job, &cavity, err);
    for (size_t h = 0; cavity && h < 3 * job->m->nt && !rc; h++)
        if (cavity[h / 3] ? job->opt->side == LM_MEDIAL_OUTSIDE : job->opt->side == LM_MEDIAL_INSIDE) job->most[job->m->tri[h]] = 0;
    free(cavity);
    return rc;
}

/* The zone, the room in it, the way, and as far as the balls reach. */
static lm_status thicken_out(thicken_job *job, lm_err *err)
{
    lm_status rc = thicken_each(job, job->m->nv, thicken_zone_task, err);
    if (rc || (rc = thicken_each(job, job->m->nt, thicken_ahead_task, err)) || (rc = thicken_directions(job, err))) return rc;
    if ((rc = thicken_each(job, job->m->nv, thicken_most_task, err))) return rc;
    thicken_limit(job);
    if ((rc = thicken_sides(job, err))) return rc;
    return thicken_each(job, job->m->nv, thicken_out_task, err);
}

/* ---- 4 lifts ---- */

static lm_status thicken_part(thicken_job *job, lm_err *err)
{
    const lm_mesh *m = job->m;
    size_t n = 0;
    for (size_t t = 0; t < m->nt; t++) n += thicken_zone(job, t);
    job->part = (lm_mesh){.nv = m->nv, .pos = m->pos, .nt = n};
    if (!(job->part.tri = lm_mem_alloc(n, 3 * sizeof *job->part.tri, err))) return LM_ENOMEM;
    n = 0;
    for (size_t t = 0; t < m->nt; t++)
        if (thicken_zone(job, t)) memcpy(job->part.tri + 3 * n++, m->tri + 3 * t, 3 * sizeof *m->tri);
    return LM_OK;
}

static lm_status thicken_now(thicken_job *job, lm_err *err)
{
    lm_nearest_release(&job->now);
    return lm_nearest_build(&job->part, job->threads, &job->now, err);
}

/* Vertices that move follow their neighbours: no steps, however close together they are. *lifted grows by how many were raised. */
static void thicken_even(thicken_job *job, size_t *lifted)
{
    const lm_mesh *m = &job->part;
    for (int round = 0; round < THICKEN_EVEN; round++)
        for (size_t h = 0; h < 3 * m->nt; h++) {
            const uint32_t a = m->tri[h], b = m->tri[h / 3 * 3 + (h + 1) % 3];
            if (!(job->go[a] > 0) || !(job->go[b] > 0) || job->hold[a] || job->hold[b]) continue;
            double d2 = 0;
            for (size_t c = 0; c < 3; c++) {
                double d = (double)job->base[3 * (size_t)a + c] - job->base[3 * (size_t)b + c];
                d2 += d * d;
            }
            if (d2 > THICKEN_CLOSE * THICKEN_CLOSE * job->wall * job->wall) continue;
            const uint32_t low = job->go[a] < job->go[b] ? a : b, high = low == a ? b : a;
            float want = (float)((double)job->go[high] - THICKEN_SLOPE * sqrt(d2) - THICKEN_LACK * job->wall);
            if (want > job->most[low]) want = job->most[low];
            if (want <= job->go[low]) continue;
            job->go[low] = want;
            thicken_place(job, low);
            ++*lifted;
        }
}

static lm_status thicken_lift(thicken_job *job, size_t *lifted, lm_err *err)
{
    const lm_medial *x = &job->medial;
    double *p = lm_mem_alloc(x->n, 3 * sizeof *p, err);
    lm_nearest_hit *hit = p ? lm_mem_alloc(x->n, sizeof *hit, err) : NULL;
    lm_status rc = hit ? thicken_now(job, err) : LM_ENOMEM;
    *lifted = 0;
    for (size_t i = 0; i < x->n && !rc; i++) memcpy(p + 3 * i, x->ball[i].c, 3 * sizeof *p);
    if (!rc) rc = lm_nearest_batch(&job->now, p, x->n, 0.25 * job->wall * job->wall, job->threads, hit, err);
    memset(job->add, 0, job->m->nv * sizeof *job->add);
    for (size_t i = 0; i < x->n && !rc; i++) {
        double lack = hit[i].tri == LM_NEAREST_NONE ? 0 : x->ball[i].r - sqrt(hit[i].d2);
        if (!(lack > THICKEN_LACK * job->wall)) continue;
        for (size_t k = 0; k < 3; k++) {
            uint32_t v = job->part.tri[3 * (size_t)hit[i].tri + k];
            if (THICKEN_MORE * lack > job->add[v]) job->add[v] = THICKEN_MORE * lack;
        }
    }
    for (size_t v = 0; v < job->m->nv && !rc; v++) {
        double now = (double)job->go[v], most = (double)job->most[v];
        if (!(job->add[v] > 0) || job->hold[v] || now >= most) continue;
        job->go[v] = (float)(now + job->add[v] < most ? now + job->add[v] : most);
        thicken_place(job, v);
        ++*lifted;
    }
    if (!rc) thicken_even(job, lifted);
    free(p);
    free(hit);
    return rc;
}

/* ---- 5 back ---- */

/* bad[t]: what lies before a facet that moved is nearer than the gap that shall stay, or that there was. */
typedef struct {
    thicken_job *job;
    double reach; /* surfaces farther apart than this cannot have come so near */
    uint8_t *bad;
} thicken_gap;

static lm_status thicken_gap_task(void *ctx, size_t task, int worker, lm_err *err)
{
    const thicken_gap *g = ctx;
    thicken_job *job = g->job;
    (void)worker;
    (void)err;
    for (size_t t = task * THICKEN_BLOCK; t < job->m->nt && t < (task + 1) * THICKEN_BLOCK; t++) {
        const uint32_t *v = job->m->tri + 3 * t;
        double least = job->opt->min_gap_mm < (double)job->ahead[t] ? job->opt->min_gap_mm : (double)job->ahead[t], n[3];
        g->bad[t] = (double)job->ahead[t] < g->reach && (job->go[v[0]] > 0 || job->go[v[1]] > 0 || job->go[v[2]] > 0) &&
                    thicken_ahead(job, &job->now, t, n) < least * (1 - THICKEN_GAP);
    }
    return LM_OK;
}

static lm_status thicken_gaps(thicken_job *job, uint8_t *mark, size_t *faults, lm_err *err)
{
    const lm_mesh *m = job->m;
    thicken_gap g = {.job = job, .bad = lm_mem_alloc(m->nt, 1, err)};
    float most = 0;
    for (size_t v = 0; v < m->nv; v++) most = job->go[v] > most ? job->go[v] : most;
    g.reach = job->opt->min_gap_mm + 2 * (double)most;
    lm_status rc = g.bad ? thicken_now(job, err) : LM_ENOMEM;
    if (!rc) rc = lm_pool_run(job->threads, (m->nt + THICKEN_BLOCK - 1) / THICKEN_BLOCK, thicken_gap_task, &g, err);
    for (size_t t = 0; t < m->nt && !rc; t++) {
        if (!g.bad[t]) continue;
        mark[m->tri[3 * t]] = mark[m->tri[3 * t + 1]] = mark[m->tri[3 * t + 2]] = 1;
        ++*faults;
    }
    free(g.bad);
    return rc;
}

/* Marked vertices go back: half way the first time, wholly the next; later their neighbours as well. */
static void thicken_back(thicken_job *job, uint8_t *mark, int round)
{
    lm_faults_spread(job->m, mark, round < THICKEN_SPREAD ? 0 : (round - THICKEN_SPREAD) / 2 + 1);
    for (size_t v = 0; v < job->m->nv; v++) {
        if (!mark[v] || !(job->go[v] > 0)) continue;
        job->hold[v] = job->hold[v] || round >= THICKEN_SPREAD ? THICKEN_FIXED : 1;
        job->go[v] = job->hold[v] == THICKEN_FIXED ? 0 : 0.5f * job->go[v];
        thicken_place(job, v);
    }
}

static lm_status thicken_settle(thicken_job *job, lm_err *err)
{
    uint8_t *mark = lm_mem_alloc(job->m->nv, 1, err);
    int backs = 0;
    lm_status rc = mark ? LM_OK : LM_ENOMEM;
    for (int round = 0; round < THICKEN_ROUNDS && !rc; round++) {
        size_t lifted = 1, faults = 0;
        for (int i = 0; i < THICKEN_LIFTS && lifted && !rc; i++) rc = thicken_lift(job, &lifted, err);
        if (rc || (rc = lm_faults_mark(job->m, job->untried, THICKEN_EDGE * job->wall, job->threads, mark, &faults, err)) ||
            (rc = thicken_gaps(job, mark, &faults, err)))
            break;
        if (!faults && !lifted) break;
        if (!faults) continue;
        thicken_back(job, mark, backs++);
    }
    free(mark);
    return rc;
}

/* ---- 6 a pass ---- */

static lm_status thicken_take(thicken_job *job, lm_err *err)
{
    size_t nv = job->m->nv;
    if (!(job->base = lm_mem_alloc(nv, 3 * sizeof *job->base, err)) || !(job->dir = lm_mem_alloc(nv, 3 * sizeof *job->dir, err)) ||
        !(job->ahead = lm_mem_alloc(job->m->nt, sizeof *job->ahead, err)) || !(job->go = lm_mem_alloc(nv, sizeof *job->go, err)) ||
        !(job->most = lm_mem_alloc(nv, sizeof *job->most, err)) || !(job->add = lm_mem_alloc(nv, sizeof *job->add, err)) ||
        !(job->zone = lm_mem_alloc(nv, 1, err)) || !(job->hold = lm_mem_calloc(nv, 1, err)) ||
        !(job->untried = lm_mem_calloc(nv, 1, err)))
        return LM_ENOMEM;
    memcpy(job->base, job->m->pos, nv * 3 * sizeof *job->base);
    return LM_OK;
}

static void thicken_drop(thicken_job *job)
{
    lm_nearest_release(&job->near);
    lm_nearest_release(&job->now);
    lm_medial_release(&job->medial);
    free(job->part.tri);
    free(job->thick);
    free(job->thin);
    free(job->base);
    free(job->dir);
    free(job->ahead);
    free(job->go);
    free(job->most);
    free(job->add);
    free(job->zone);
    free(job->hold);
    free(job->untried);
}

/* *moved: vertices that went anywhere. */
static lm_status thicken_pass(const lm_thicken_opt *opt, lm_mesh *m, uint8_t *thin, float **before, lm_thicken_facts *facts,
                              size_t *moved, lm_err *err)
{
    thicken_job job = {.opt = opt,
                       .wall = opt->wall_mm,
                       .threads = lm_pool_threads(opt->threads),
                       .m = m,
                       .thick = m->quality,
                       .known = m->nv,
                       .thin = thin, /* taken */
                       .facts = facts};
    lm_mesh pieces = LM_MESH_INIT;
    m->quality = NULL; /* taken */
    *moved = 0;
    thicken_progress(&job, "thin places", 0.1);
    lm_status rc = thicken_where(&job, &pieces, before, err);
    if (rc || !job.medial.n || (rc = thicken_take(&job, err))) goto done;
    thicken_progress(&job, "adding", 0.4);
    if ((rc = thicken_out(&job, err)) || (rc = thicken_part(&job, err)) || (rc = thicken_settle(&job, err))) goto done;
    facts->held = facts->tight = 0;
    for (size_t v = 0; v < m->nv; v++) {
        *moved += job.go[v] > 0;
        facts->held += job.hold[v] != 0;
    }
    for (size_t i = 0; i < job.medial.n; i++) facts->tight += job.medial.held[i];
done:
    thicken_drop(&job);
    lm_mesh_release(&pieces);
    return rc;
}

/* ---- 7 all ---- */

static void thicken_sum(const lm_mesh *solid, const lm_mesh *m, const float *before, lm_thicken_facts *f)
{
    f->own_vertices = solid->nv;
    f->added = m->nv - solid->nv;
    for (size_t v = 0; v < m->nv; v++) {
        double d2 = 0;
        for (size_t c = 0; c < 3; c++) {
            double d = (double)m->pos[3 * v + c] - before[3 * v + c];
            d2 += d * d;
        }
        f->moved += v < solid->nv && d2 > 0;
        f->max_move_mm = sqrt(d2) > f->max_move_mm ? sqrt(d2) : f->max_move_mm;
    }
    for (size_t t = 0; t < m->nt; t++) {
        double p[3][3], n[3];
        bool touched = false;
        for (size_t k = 0; k < 3; k++) {
            const size_t v = 3 * (size_t)m->tri[3 * t + k];
            for (size_t c = 0; c < 3; c++) p[k][c] = before[v + c];
            touched |= memcmp(before + v, m->pos + v, 3 * sizeof *before) != 0;
        }
        if (touched) f->touched_mm2 += 0.5 * lm_balls_normal(p, n);
    }
    f->before_mm3 = lm_mesh_volume(solid);
    f->after_mm3 = lm_mesh_volume(m);
}

typedef struct { /* the best so far */
    lm_mesh mesh;
    float *before;
    lm_thicken_facts facts;
    lm_wall_facts check;
} thicken_best;

static void thicken_swap(thicken_best *b, lm_mesh *out, float **before, lm_thicken_facts *facts, lm_wall_facts *check)
{
    const thicken_best now = {*out, *before, *facts, *check};
    *out = b->mesh;
    *before = b->before;
    *facts = b->facts;
    *check = b->check;
    *b = now;
}

static lm_status thicken_keep(thicken_best *b, const lm_mesh *out, const float *before, const lm_thicken_facts *facts,
                              const lm_wall_facts *check, lm_err *err)
{
    lm_status rc = lm_mesh_copy(out, &b->mesh, err);
    free(b->before);
    if (rc || !(b->before = lm_mem_alloc(out->nv, 3 * sizeof *before, err))) return LM_ENOMEM;
    memcpy(b->before, before, out->nv * 3 * sizeof *before);
    b->facts = *facts;
    b->check = *check;
    return LM_OK;
}

/* Pass after pass while there is less that is thin; the last that gained stays. */
static lm_status thicken_passes(const lm_thicken_opt *opt, lm_mesh *out, float **before, lm_thicken_facts *facts,
                                lm_wall_facts *check, lm_err *err)
{
    thicken_best best = {.mesh = LM_MESH_INIT};
    lm_status rc;
    for (;;) {
        lm_wall_opt wopt = {.wall_mm = opt->wall_mm, .threads = opt->threads};
        size_t moved;
        if (!(wopt.thin = lm_mem_alloc(out->nt, 1, err))) {
            rc = LM_ENOMEM;
            break;
        }
        if (opt->progress) opt->progress(opt->progress_ctx, "check", 0.8);
        rc = lm_wall_check(out, &wopt, true, check, err);
        bool worse = !rc && facts->passes && check->thin_samples >= best.check.thin_samples;
        if (worse) thicken_swap(&best, out, before, facts, check);
        if (rc || worse || !check->thin_samples || facts->passes == THICKEN_PASSES ||
            (rc = thicken_keep(&best, out, *before, facts, check, err))) {
            free(wopt.thin);
            break;
        }
        rc = thicken_pass(opt, out, wopt.thin, before, facts, &moved, err);
        if (!rc && !moved) thicken_swap(&best, out, before, facts, check); /* cut into pieces for nothing */
        if (rc || !moved) break;
        facts->passes++;
    }
    lm_mesh_release(&best.mesh);
    free(best.before);
    return rc;
}

/* The solid as it was goes with the mesh. */
static lm_status thicken_carry(const lm_mesh *solid, lm_mesh *out, lm_err *err)
{
    lm_mesh was = *solid; /* borrowed */
    was.quality = NULL;
    was.label = NULL;
    if (!(out->before = lm_mem_calloc(1, sizeof *out->before, err))) return LM_ENOMEM;
    return lm_mesh_copy(&was, out->before, err);
}

lm_status lm_thicken(const lm_mesh *solid, const lm_thicken_opt *opt, lm_mesh *out, float **before, lm_thicken_facts *facts,
                     lm_wall_facts *check, lm_err *err)
{
    *facts = (lm_thicken_facts){.wall_mm = opt->wall_mm, .min_gap_mm = opt->min_gap_mm};
    *before = NULL;
    if (!(opt->wall_mm > 0) || !isfinite(opt->wall_mm))
        return lm_err_set(err, LM_EUSAGE, NULL, "a wall of %g mm: a length above 0 is needed", opt->wall_mm);
    if (!(opt->min_gap_mm >= 0) || !isfinite(opt->min_gap_mm))
        return lm_err_set(err, LM_EUSAGE, NULL, "a gap of %g mm: 0 or more is needed", opt->min_gap_mm);
    lm_status rc = lm_mesh_copy(solid, out, err);
    if (rc) return rc;
    free(out->quality);
    out->quality = NULL;
    if (!(*before = lm_mem_alloc(solid->nv, 3 * sizeof **before, err))) rc = LM_ENOMEM;
    else {
        memcpy(*before, solid->pos, solid->nv * 3 * sizeof **before);
        rc = thicken_passes(opt, out, before, facts, check, err);
    }
    free(out->quality);
    out->quality = NULL;
    if (!rc && facts->passes && !solid->before) rc = thicken_carry(solid, out, err);
    if (!rc) thicken_sum(solid, out, *before, facts);
    else {
        free(*before);
        *before = NULL;
        lm_mesh_release(out);
    }
    return rc;
}
