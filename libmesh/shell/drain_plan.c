/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Contents: 1 what is asked, 2 hollows, 3 does a hole fit, 4 places, 5 all */
#include "shell/drain_plan.h"
#include "base/mem.h"
#include "base/num.h"
#include "shell/ray.h"
#include "surface/nest.h"
#include "surface/side.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    DRAIN_TRIES = 200, /* places that are tried for one hole */
    DRAIN_DEPTHS = 64  /* depths in the hollow at which the hole's width is tried */
};

typedef struct {
    const lm_mesh *part;
    const lm_drain_opt *opt;
    lm_drain_facts *facts;
    double up[3], far;
    lm_topo topo;
    lm_nest nest;
    lm_nearest near;      /* the part */
    lm_mesh outer, inner; /* its free-standing surfaces; its hollows: own triangles, borrowed vertices */
    lm_nearest outside, hollow;
    uint32_t *of; /* per triangle of inner: which hollow */
} drain_job;

static double drain_dot(const double a[3], const double b[3])
{
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}

static double drain_height(const drain_job *job, const float *p)
{
    return job->up[0] * p[0] + job->up[1] * p[1] + job->up[2] * p[2];
}

/* ---- 1 what is asked ---- */

bool lm_drain_point(const char *text, double out[3])
{
    const char *end = text + strlen(text), *p = text;
    for (int c = 0; c < 3; c++) {
        p = lm_num_parse(p, end, &out[c]);
        if (!p || *p != (c < 2 ? ',' : 0)) return false;
        p++;
    }
    return true;
}

lm_status lm_drain_parse(const char *text, lm_drain_ask *out, lm_err *err)
{
    char size[64];
    const char *at = strchr(text, '@');
    size_t n = at ? (size_t)(at - text) : strlen(text);
    lm_quantity q;
    *out = (lm_drain_ask){.placed = at != NULL};
    if (n >= sizeof size) return lm_err_set(err, LM_EUSAGE, NULL, "'%.40s': D or D@x,y,z is needed", text);
    memcpy(size, text, n);
    size[n] = 0;
    lm_status rc = lm_num_quantity(size, LM_UNIT_MM, &q, err);
    if (rc) return rc;
    if (q.unit != LM_UNIT_MM || !(q.value > 0))
        return lm_err_set(err, LM_EUSAGE, NULL, "'%.40s': a diameter above 0 is needed", text);
    out->diameter_mm = q.value;
    if (!at || lm_drain_point(at + 1, out->at)) return LM_OK;
    return lm_err_set(err, LM_EUSAGE, NULL, "'%.60s': coordinates are three numbers in mm, as in 3mm@10,-20,5", text);
}

/* ---- 2 hollows ---- */

static size_t drain_none(const drain_job *job)
{
    return job->topo.components;
}

/* Triangles of the part whose component is chosen, on its vertices. */
static lm_status drain_view(const drain_job *job, const size_t *pick, lm_mesh *out, uint32_t **of, lm_err *err)
{
    const lm_mesh *m = job->part;
    size_t n = 0;
    for (size_t t = 0; t < m->nt; t++) n += pick[job->topo.comp[t]] != drain_none(job);
    *out = (lm_mesh){.nv = m->nv, .nt = n, .pos = m->pos};
    if (!(out->tri = lm_mem_alloc(n, 3 * sizeof *out->tri, err))) return LM_ENOMEM;
    if (of && !(*of = lm_mem_alloc(n, sizeof **of, err))) return LM_ENOMEM;
    n = 0;
    for (size_t t = 0; t < m->nt; t++) {
        size_t p = pick[job->topo.comp[t]];
        if (p == drain_none(job)) continue;
        memcpy(out->tri + 3 * n, m->tri + 3 * t, 3 * sizeof *out->tri);
        if (of) (*of)[n] = (uint32_t)p;
        n++;
    }
    return LM_OK;
}

/* Lowest point, height and volume of each cavity; those in no other come first. */
static lm_status drain_hollows(drain_job *job, size_t *cavity, lm_err *err)
{
    lm_drain_facts *f = job->facts;
    const lm_mesh *m = job->part;
    size_t all = 0;
    for (int deep = 0; deep < 2; deep++)
        for (size_t c = 0; c < job->topo.components; c++) {
            uint32_t d = job->nest.depth[c];
            if (d % 2 == 0 || (d > 1) != deep) continue;
            cavity[c] = all++;
            if (!deep) f->hollows = all;
        }
    f->closed = f->cavities = all; /* holes take from closed */
    if (!(f->hollow = lm_mem_calloc(all, sizeof *f->hollow, err))) return LM_ENOMEM;
    for (size_t i = 0; i < all; i++) {
        f->hollow[i].height_mm = -INFINITY;
        f->hollow[i].why = i < f->hollows ? NULL : "it lies in a piece that hangs loose in another";
    }
    for (size_t t = 0; t < m->nt; t++) {
        size_t i = cavity[job->topo.comp[t]];
        if (i == drain_none(job)) continue;
        lm_drain_hollow *h = &f->hollow[i];
        const float *p[3];
        double x[3][3];
        for (size_t k = 0; k < 3; k++) {
            p[k] = m->pos + 3 * (size_t)m->tri[3 * t + k];
            double at = drain_height(job, p[k]);
            if (h->height_mm == -INFINITY || at < drain_dot(job->up, h->lowest))
                for (size_t c = 0; c < 3; c++) h->lowest[c] = p[k][c];
            h->height_mm = at > h->height_mm ? at : h->height_mm;
            for (size_t c = 0; c < 3; c++) x[k][c] = p[k][c] - h->lowest[c];
        }
        for (size_t c = 0; c < 3; c++)
            h->volume_mm3 -= x[0][c] * (x[1][(c + 1) % 3] * x[2][(c + 2) % 3] - x[1][(c + 2) % 3] * x[2][(c + 1) % 3]) / 6;
    }
    for (size_t i = 0; i < all; i++) f->hollow[i].height_mm -= drain_dot(job->up, f->hollow[i].lowest);
    return LM_OK;
}

static lm_status drain_survey(drain_job *job, lm_err *err)
{
    size_t *cavity = NULL, *free_standing = NULL;
    lm_status rc = lm_topo_make(job->part, NULL, job->opt->threads, &job->topo, err);
    if (rc || (rc = lm_nearest_build(job->part, job->opt->threads, &job->near, err)) ||
        (rc = lm_nest_make(job->part, &job->near.bvh, &job->topo, job->opt->threads, &job->nest, err)))
        return rc;
    cavity = lm_mem_alloc(job->topo.components, sizeof *cavity, err);
    free_standing = lm_mem_alloc(job->topo.components, sizeof *free_standing, err);
    rc = cavity && free_standing ? LM_OK : LM_ENOMEM;
    for (size_t c = 0; c < job->topo.components && !rc; c++) {
        cavity[c] = drain_none(job);
        free_standing[c] = job->nest.depth[c] ? drain_none(job) : 0;
    }
    if (!rc) rc = drain_hollows(job, cavity, err);
    for (size_t c = 0; c < job->topo.components && !rc; c++)
        if (cavity[c] != drain_none(job) && cavity[c] >= job->facts->hollows) cavity[c] = drain_none(job);
    if (!rc && !job->facts->hollows) rc = lm_err_set(err, LM_ENO, NULL, "the part has no hollow to drain");
    if (!rc && !(rc = drain_view(job, free_standing, &job->outer, NULL, err)) &&
        !(rc = drain_view(job, cavity, &job->inner, &job->of, err)) &&
        !(rc = lm_nearest_build(&job->outer, job->opt->threads, &job->outside, err)))
        rc = lm_nearest_build(&job->inner, job->opt->threads, &job->hollow, err);
    free(cavity);
    free(free_standing);
    return rc;
}

/* ---- 3 does a hole fit ---- */

/* The next three surfaces on the way along the axis: into the wall, out of it, into what follows. */
static void drain_cross(const drain_job *job, const double p[3], const double d[3], double skip, double hit[3])
{
    double s = 0, q[3];
    for (int i = 0; i < 3; i++) {
        for (int c = 0; c < 3; c++) q[c] = p[c] + s * d[c];
        hit[i] = s + lm_ray_shoot(&job->near, q, d, LM_NEAREST_NONE, job->far);
        s = hit[i] + skip;
    }
}

/* Is there room for the hole's width around p, which lies in the hollow? */
static bool drain_room(const drain_job *job, const lm_prism *x, const double p[3])
{
    for (int i = 0; i < LM_DRAIN_FACETS; i++) {
        double d[3];
        lm_prism_spoke(x, i, d);
        if (lm_ray_shoot(&job->near, p, d, LM_NEAREST_NONE, 1.01) < 1.01) return false; /* d is as long as the spoke */
    }
    return true;
}

/* Both ends of the prism, from its rays; the hole has at, out, wall_mm and diameter. NULL, or why not. */
static const char *drain_fit(const drain_job *job, lm_drain_hole *h)
{
    const double d = h->diameter_mm, skip = 1e-6 * d, in[3] = {-h->out[0], -h->out[1], -h->out[2]};
    double c[3], start[3], leave = 0, next = job->far, low = INFINITY;
    lm_prism x;
    lm_prism_make(&x, h->out, d, 0);
    for (int k = 0; k < 3; k++) start[k] = h->at[k] + in[k] * (h->wall_mm + 1e-3 * d);
    double span = 1e-3 * d + lm_ray_shoot(&job->near, start, in, LM_NEAREST_NONE, job->far), depth = 1e-3 * d;
    for (int i = 0; i < DRAIN_DEPTHS; i++, depth += d / 16) {
        if (depth >= span || i + 1 == DRAIN_DEPTHS) return "it is wider than the hollow there";
        for (int k = 0; k < 3; k++) c[k] = h->at[k] + in[k] * (h->wall_mm + depth);
        if (drain_room(job, &x, c)) break;
    }
    for (int ring = 0; ring < 3; ring++)
        for (int i = 0; i < (ring ? LM_DRAIN_FACETS : 1); i++) {
            double s[3], p[3], hit[3];
            lm_prism_spoke(&x, i, s);
            for (int k = 0; k < 3; k++) p[k] = c[k] + 0.5 * ring * s[k];
            drain_cross(job, p, h->out, skip, hit);
            if (hit[1] >= job->far) return "it does not lead out of the part";
            double at = drain_dot(job->up, p) + hit[0] * drain_dot(job->up, h->out);
            low = at < low ? at : low;
            leave = hit[1] > leave ? hit[1] : leave;
            next = hit[2] < next ? hit[2] : next;
        }
    if (next < leave + 0.05 * d) return "another wall of the part is in its way";
    h->inner_mm = h->wall_mm + depth;
    h->outer_mm = leave + (next - leave < 0.5 * d ? 0.5 * (next - leave) : 0.25 * d) - h->inner_mm;
    low -= drain_dot(job->up, job->facts->hollow[h->hollow].lowest);
    h->left_mm = h->why == LM_DRAIN_HIGHEST ? NAN : low > 0 ? low : 0;
    return NULL;
}

/* Its axis from q, in the hollow's surface, to p on the outer one. */
static void drain_axis(lm_drain_hole *h, const double p[3], const double q[3])
{
    double len2 = 0;
    for (int c = 0; c < 3; c++) len2 += (p[c] - q[c]) * (p[c] - q[c]);
    h->wall_mm = sqrt(len2);
    for (int c = 0; c < 3; c++) {
        h->at[c] = p[c];
        h->out[c] = (p[c] - q[c]) / h->wall_mm;
    }
}

static lm_status drain_take(drain_job *job, const lm_drain_hole *h, lm_err *err)
{
    lm_drain_facts *f = job->facts;
    if (f->n == LM_DRAIN_MAX) return lm_err_set(err, LM_ERANGE, NULL, "more than %d holes", (int)LM_DRAIN_MAX);
    f->hole[f->n++] = *h;
    f->closed -= f->hollow[h->hollow].holes++ == 0;
    return LM_OK;
}

/* ---- 4 places ---- */

static lm_status drain_place(drain_job *job, const lm_drain_ask *ask, lm_err *err)
{
    lm_drain_hole h = {.why = LM_DRAIN_ASKED, .diameter_mm = ask->diameter_mm};
    const double *a = ask->at;
    lm_nearest_hit p, q;
    lm_side side = LM_SIDE_INIT;
    lm_status rc = lm_side_make(&job->outer, &side, err);
    if (rc) return rc;
    lm_nearest_find(&job->outside, a, INFINITY, LM_NEAREST_NONE, &p);
    if (lm_side_of(&side, a, &p) > 0 && sqrt(p.d2) > ask->diameter_mm)
        rc = lm_err_set(err, LM_ENO, NULL, "a hole at (%.6g, %.6g, %.6g) would be outside: the part is %.4g mm away", a[0], a[1],
                        a[2], sqrt(p.d2));
    lm_side_release(&side);
    if (rc) return rc;
    lm_nearest_find(&job->hollow, p.q, INFINITY, LM_NEAREST_NONE, &q);
    if (sqrt(q.d2) > LM_DRAIN_WALLS * job->opt->wall_mm)
        return lm_err_set(err, LM_ENO, NULL,
                          "a hole at (%.6g, %.6g, %.6g): no hollow is behind the wall there, the nearest is %.4g mm away", a[0],
                          a[1], a[2], sqrt(q.d2));
    h.hollow = job->of[q.tri];
    drain_axis(&h, p.q, q.q);
    const char *why = drain_fit(job, &h);
    if (why)
        return lm_err_set(err, LM_ENO, NULL, "a hole of %.6g mm at (%.6g, %.6g, %.6g) does not fit: %s", h.diameter_mm, a[0], a[1],
                          a[2], why);
    return drain_take(job, &h, err);
}

typedef struct {
    double p[3], band, off2; /* band: height in eighths of the diameter; off: from the middle of the lowest ones */
    size_t order;
} drain_spot;

static int drain_order(const void *pa, const void *pb)
{
    const drain_spot *a = pa, *b = pb;
    if (a->band != b->band) return a->band < b->band ? -1 : 1;
    if (a->off2 != b->off2) return a->off2 < b->off2 ? -1 : 1;
    return a->order < b->order ? -1 : a->order > b->order;
}

/* Corners of a hollow's surface, and the middles of its large facets. */
static lm_status drain_points(const drain_job *job, size_t hollow, double d, drain_spot **ret, size_t *n, lm_err *err)
{
    const lm_mesh *m = &job->inner;
    uint8_t *seen = lm_mem_calloc(m->nv, 1, err);
    size_t cap = 0;
    lm_status rc = seen ? LM_OK : LM_ENOMEM;
    for (size_t t = 0; t < m->nt && !rc; t++) {
        const uint32_t *v = m->tri + 3 * t;
        double mid[3] = {0, 0, 0}, longest = 0;
        if (job->of[t] != hollow || (rc = lm_mem_grow(ret, &cap, *n + 4, sizeof **ret, err))) continue;
        for (size_t k = 0; k < 3; k++) {
            const float *p = m->pos + 3 * (size_t)v[k], *q = m->pos + 3 * (size_t)v[(k + 1) % 3];
            double len2 = 0;
            for (int c = 0; c < 3; c++) {
                mid[c] += p[c] / 3.0;
                len2 += ((double)q[c] - p[c]) * ((double)q[c] - p[c]);
            }
            longest = len2 > longest ? len2 : longest;
            if (seen[v[k]]++) {
                seen[v[k]] = 1;
                continue;
            }
            (*ret)[*n] = (drain_spot){.p = {p[0], p[1], p[2]}, .order = *n};
            ++*n;
        }
        if (longest <= d * d) continue;
        (*ret)[*n] = (drain_spot){.p = {mid[0], mid[1], mid[2]}, .order = *n};
        ++*n;
    }
    free(seen);
    return rc;
}

/* These, best place first; down: the lowest, else the highest. */
static lm_status drain_spots(const drain_job *job, size_t hollow, double d, bool down, drain_spot **ret, size_t *n, lm_err *err)
{
    double low = INFINITY, mid[3] = {0, 0, 0}, lowest = 0;
    lm_status rc = drain_points(job, hollow, d, ret, n, err);
    drain_spot *s = *ret;
    for (size_t i = 0; i < *n && !rc; i++) {
        s[i].band = (down ? 1 : -1) * drain_dot(job->up, s[i].p);
        low = s[i].band < low ? s[i].band : low;
    }
    for (size_t i = 0; i < *n && !rc; i++) {
        s[i].band = floor((s[i].band - low) * 8 / d);
        lowest += s[i].band == 0;
        for (size_t c = 0; c < 3 && s[i].band == 0; c++) mid[c] += s[i].p[c];
    }
    for (size_t i = 0; i < *n && !rc; i++)
        for (size_t c = 0; c < 3; c++) {
            double e = s[i].p[c] - mid[c] / lowest;
            s[i].off2 += e * e;
        }
    if (!rc) qsort(s, *n, sizeof *s, drain_order);
    return rc;
}

static double drain_apart2(const double *a, const double *b)
{
    double d[3] = {a[0] - b[0], a[1] - b[1], a[2] - b[2]};
    return drain_dot(d, d);
}

/* Too near to a hole that is there. */
static bool drain_beside(const drain_job *job, const double p[3], double d)
{
    for (size_t i = 0; i < job->facts->n; i++)
        if (drain_apart2(job->facts->hole[i].at, p) < 2.25 * d * d) return true;
    return false;
}

/* One hole for a hollow at its lowest or highest point; *why, when there is none. */
static lm_status drain_find(drain_job *job, size_t hollow, double d, lm_drain_why kind, const char **why, lm_err *err)
{
    double tried[DRAIN_TRIES][3];
    drain_spot *s = NULL;
    size_t n = 0, tries = 0;
    bool found = false;
    lm_status rc = drain_spots(job, hollow, d, kind == LM_DRAIN_LOWEST, &s, &n, err);
    *why = "it has no place for a hole of that width";
    for (size_t i = 0; i < n && !rc && !found && tries < DRAIN_TRIES; i++) {
        lm_drain_hole h = {.why = kind, .hollow = hollow, .diameter_mm = d};
        lm_nearest_hit p;
        const double *q = s[i].p;
        bool near = false;
        for (size_t k = 0; k < tries && !near; k++) near = drain_apart2(tried[k], q) < d * d / 16;
        if (near) continue;
        memcpy(tried[tries++], q, sizeof s[i].p);
        lm_nearest_find(&job->outside, q, INFINITY, LM_NEAREST_NONE, &p);
        if (drain_beside(job, p.q, d)) continue;
        drain_axis(&h, p.q, q);
        const char *unfit = drain_fit(job, &h);
        if (unfit && tries == 1) *why = unfit;
        if (unfit) continue;
        found = true;
        rc = drain_take(job, &h, err);
    }
    if (found) *why = NULL;
    free(s);
    return rc;
}

static lm_status drain_all(drain_job *job, lm_err *err)
{
    const lm_drain_opt *opt = job->opt;
    lm_drain_facts *f = job->facts;
    double d = 0;
    lm_status rc = LM_OK;
    for (size_t i = 0; i < opt->n && !rc; i++) {
        if (opt->ask[i].placed) rc = drain_place(job, &opt->ask[i], err);
        else d = opt->ask[i].diameter_mm;
    }
    for (size_t i = 0; i < f->hollows && !rc && d > 0; i++) {
        const char *air = NULL;
        if (f->hollow[i].holes) continue;
        if ((rc = drain_find(job, i, d, LM_DRAIN_LOWEST, &f->hollow[i].why, err)) || f->hollow[i].why) continue;
        if (f->hollow[i].height_mm > LM_DRAIN_VENT * d && !(rc = drain_find(job, i, d, LM_DRAIN_HIGHEST, &air, err)) && air)
            f->hollow[i].why = "no second hole for the air fits at its highest point";
    }
    if (!rc && !f->n)
        rc = lm_err_set(err, LM_ENO, NULL, "no hole of %.6g mm fits: of the hollow at (%.6g, %.6g, %.6g), %s", d,
                        f->hollow[0].lowest[0], f->hollow[0].lowest[1], f->hollow[0].lowest[2], f->hollow[0].why);
    return rc;
}

/* ---- 5 all ---- */

static lm_status drain_options(drain_job *job, lm_err *err)
{
    const lm_drain_opt *opt = job->opt;
    double len = sqrt(drain_dot(opt->up, opt->up)), lo[3], hi[3], least = INFINITY;
    lm_mesh_box(job->part, lo, hi);
    for (int c = 0; c < 3; c++) {
        job->up[c] = opt->up[c] / len;
        job->far += hi[c] - lo[c];
        least = hi[c] - lo[c] < least ? hi[c] - lo[c] : least;
    }
    if (!(len > 0) || !isfinite(len)) return lm_err_set(err, LM_EUSAGE, NULL, "the direction up has no length");
    for (size_t i = 0; i < opt->n; i++) {
        double d = opt->ask[i].diameter_mm;
        if (!(d > 0) || !isfinite(d))
            return lm_err_set(err, LM_EUSAGE, NULL, "a drain hole of %g mm: a diameter above 0 is needed", d);
        if (d >= least) return lm_err_set(err, LM_ENO, NULL, "a drain hole of %.6g mm is as wide as the part, %.4g mm", d, least);
        if (opt->plug_gap_mm > 0 && !(2 * opt->plug_gap_mm < d))
            return lm_err_set(err, LM_EUSAGE, NULL, "a gap of %.6g mm on both sides leaves nothing of a plug for a hole of %.6g mm",
                              opt->plug_gap_mm, d);
    }
    return LM_OK;
}

lm_status lm_drain_plan(const lm_mesh *part, const lm_drain_opt *opt, lm_drain_facts *facts, lm_err *err)
{
    drain_job job = {.part = part, .opt = opt, .facts = facts};
    lm_status rc = drain_options(&job, err);
    if (!rc && !(facts->hole = lm_mem_calloc(LM_DRAIN_MAX, sizeof *facts->hole, err))) rc = LM_ENOMEM;
    if (!rc && !(rc = drain_survey(&job, err))) rc = drain_all(&job, err);
    lm_topo_release(&job.topo);
    lm_nest_release(&job.nest);
    lm_nearest_release(&job.near);
    lm_nearest_release(&job.outside);
    lm_nearest_release(&job.hollow);
    free(job.outer.tri);
    free(job.inner.tri);
    free(job.of);
    return rc;
}
