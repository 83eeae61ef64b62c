/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "measure/edge.h"
#include "shell/ray.h"
#include "surface/mcubes.h"

#include <math.h>
#include <string.h>

#define EDGE_PART 0.0625 /* of the smallest grid step */

lm_edge lm_edge_field(const lm_vol *vol, bool mask)
{
    lm_edge e = {.vol = vol, .mask = mask, .near = LM_NEAREST_INIT};
    lm_vol_inverse(vol, e.inv);
    return e;
}

lm_status lm_edge_mesh(const lm_mesh *m, int threads, lm_edge *out, lm_err *err)
{
    double most = 0;
    *out = (lm_edge){.near = LM_NEAREST_INIT};
    for (size_t i = 0; i < 3 * m->nv; i++) most = fabs((double)m->pos[i]) > most ? fabs((double)m->pos[i]) : most;
    out->u_mm = 2 * most * 0x1p-24;
    return lm_nearest_build(m, threads, &out->near, err);
}

void lm_edge_release(lm_edge *e)
{
    lm_nearest_release(&e->near);
    *e = (lm_edge){.near = LM_NEAREST_INIT};
}

/* ---- fields ---- */

/* The value less the level; far below it more than half a voxel outside. */
static double edge_value(const lm_edge *e, const double p[3])
{
    const lm_vol *v = e->vol;
    size_t at[3], next[3];
    double w[3], sum = 0;
    for (int a = 0; a < 3; a++) {
        double x = 0, last = (double)(v->n[a] - 1);
        for (int c = 0; c < 3; c++) x += e->inv[a][c] * (p[c] - v->origin[c]);
        if (!(x >= -0.5 && x <= last + 0.5)) return -INFINITY;
        x = x < 0 ? 0 : x > last ? last : x;
        at[a] = (size_t)x;
        next[a] = at[a] + 1 < v->n[a] ? at[a] + 1 : at[a];
        w[a] = x - (double)at[a];
    }
    for (int c = 0; c < 8; c++) {
        const size_t i = c & 1 ? next[0] : at[0], j = c & 2 ? next[1] : at[1], k = c & 4 ? next[2] : at[2];
        double f = lm_vol_at(v, (k * v->n[1] + j) * v->n[0] + i), weight = 1;
        if (e->mask) f = f >= v->iso ? 0.5 : -0.5;
        else f -= v->iso;
        for (int a = 0; a < 3; a++) weight *= c >> a & 1 ? w[a] : 1 - w[a];
        if (weight > 0) sum += weight * f;
    }
    return sum;
}

static double edge_on_line(const lm_edge *e, const double p[3], const double d[3], double t)
{
    const double q[3] = {p[0] + t * d[0], p[1] + t * d[1], p[2] + t * d[2]};
    return edge_value(e, q);
}

/* Between from and to, one inside and one not. */
static double edge_halve(const lm_edge *e, const double p[3], const double d[3], double from, double to)
{
    bool inside = edge_on_line(e, p, d, from) >= 0;
    for (int i = 0; i < 60; i++) {
        double mid = 0.5 * (from + to);
        if ((edge_on_line(e, p, d, mid) >= 0) == inside) from = mid;
        else to = mid;
    }
    return 0.5 * (from + to);
}

static double edge_u(const lm_edge *e, const double p[3], const double d[3], double t)
{
    double fastest = 0, step = EDGE_PART * lm_vol_min_spacing(e->vol);
    for (int a = 0; a < 3; a++) fastest = fmax(fastest, fabs(e->inv[a][0] * d[0] + e->inv[a][1] * d[1] + e->inv[a][2] * d[2]));
    if (e->mask) return 1 / fastest / sqrt(12);
    if (e->vol->type == LM_F32 || e->vol->type == LM_F64) return 0;
    double slope = fabs(edge_on_line(e, p, d, t + step) - edge_on_line(e, p, d, t - step)) / (2 * step);
    return slope > 0 && isfinite(slope) ? fmin(1 / slope, 1 / fastest) / sqrt(12) : 1 / fastest / sqrt(12);
}

static bool edge_along_field(const lm_edge *e, const double p[3], const double d[3], double most, double *t)
{
    const double h = EDGE_PART * lm_vol_min_spacing(e->vol);
    bool was[2], now;
    was[0] = was[1] = edge_on_line(e, p, d, 0) >= 0;
    for (size_t i = 1; (double)(i - 1) * h < most; i++) {
        double best = INFINITY, to = fmin((double)i * h, most);
        for (int side = 0; side < 2; side++, was[side - 1] = now) {
            double sign = side ? -1 : 1;
            now = edge_on_line(e, p, d, sign * to) >= 0;
            if (now == was[side]) continue;
            double x = edge_halve(e, p, d, sign * (double)(i - 1) * h, sign * to);
            if (fabs(x) < fabs(best)) best = x;
        }
        if (isfinite(best)) return *t = best, true;
    }
    return false;
}

bool lm_edge_along(const lm_edge *e, const double p[3], const double d[3], double most, double *t, double *u)
{
    const double back[3] = {-d[0], -d[1], -d[2]};
    if (e->vol) {
        bool found = edge_along_field(e, p, d, most, t);
        *u = found ? edge_u(e, p, d, *t) : 0;
        return found;
    }
    lm_nearest_hit hit;
    lm_nearest_find(&e->near, p, 0, LM_NEAREST_NONE, &hit);
    *t = *u = 0;
    if (hit.tri != LM_NEAREST_NONE) return true; /* p lies on it, where a ray does not see it */
    const double reach = most * (1 + 1e-12), a = lm_ray_shoot(&e->near, p, d, LM_NEAREST_NONE, reach),
                 b = lm_ray_shoot(&e->near, p, back, LM_NEAREST_NONE, reach);
    *t = b < a ? -b : a;
    return fmin(a, b) < reach;
}

/* ---- the nearest point ---- */

/* What is near p as a field of its own, two samples beyond `most` each way; false: nothing of the volume is. */
static lm_status edge_window(const lm_edge *e, const double p[3], double most, lm_vol *out, bool *any, lm_err *err)
{
    const lm_vol *v = e->vol;
    size_t lo[3], n[3], first[3];
    double ijk[3];
    for (int a = 0; a < 3; a++) {
        double x = 0, row = 0, last = (double)(v->n[a] - 1);
        for (int c = 0; c < 3; c++) x += e->inv[a][c] * (p[c] - v->origin[c]), row += e->inv[a][c] * e->inv[a][c];
        double reach = most * sqrt(row) + 2, from = floor(x - reach), to = ceil(x + reach);
        *any = to >= 0 && from <= last;
        if (!*any) return LM_OK;
        lo[a] = from > 0 ? (size_t)from : 0;
        n[a] = (size_t)fmin(to, last) - lo[a] + 1;
        first[a] = lo[a];
        ijk[a] = (double)lo[a];
    }
    lm_status rc = lm_vol_alloc(out, n, LM_F64, err);
    if (rc) return rc;
    memcpy(out->dir, v->dir, sizeof out->dir);
    lm_vol_to_world(v, ijk, out->origin);
    double *f = out->data;
    for (size_t k = 0; k < n[2]; k++)
        for (size_t j = 0; j < n[1]; j++, f += n[0]) {
            lm_vol_row_f64(v, ((first[2] + k) * v->n[1] + first[1] + j) * v->n[0] + first[0], n[0], f);
            for (size_t i = 0; i < n[0]; i++) f[i] = !e->mask ? f[i] - v->iso : f[i] >= v->iso ? 0.5 : -0.5;
        }
    return LM_OK;
}

static lm_status edge_nearest_field(const lm_edge *e, const double p[3], double most, bool *found, double q[3], double *u,
                                    lm_err *err)
{
    lm_vol v = LM_VOL_INIT;
    lm_mesh m = LM_MESH_INIT;
    lm_mcubes_opt opt = LM_MCUBES_OPT_INIT;
    bool any;
    double best = INFINITY, d[3], t;
    opt.iso = 0;
    opt.threads = 1;
    lm_status rc = edge_window(e, p, most, &v, &any, err);
    *found = false;
    if (!rc && any) rc = lm_mcubes(&v, &opt, &m, err);
    if (rc == LM_ENO) rc = LM_OK; /* no surface there */
    for (size_t i = 0; i < m.nt && !rc; i++) {
        double at[3];
        const float *c[3];
        for (size_t k = 0; k < 3; k++) c[k] = m.pos + 3 * (size_t)m.tri[3 * i + k];
        double d2 = lm_nearest_triangle(c[0], c[1], c[2], p, at);
        if (d2 < best) best = d2, memcpy(q, at, sizeof at);
    }
    lm_mesh_release(&m);
    lm_vol_release(&v);
    if (rc || !(best <= most * most)) return rc;
    *found = true;
    *u = 0;
    double l = sqrt(best);
    for (int c = 0; c < 3; c++) d[c] = l > 1e-6 ? (q[c] - p[c]) / l : 0;
    if (l > 1e-6 && lm_edge_along(e, q, d, lm_vol_min_spacing(e->vol), &t, u))
        for (int c = 0; c < 3; c++) q[c] += t * d[c];
    return LM_OK;
}

lm_status lm_edge_nearest(const lm_edge *e, const double p[3], double most, bool *found, double q[3], double *u, lm_err *err)
{
    lm_nearest_hit hit;
    if (e->vol) return edge_nearest_field(e, p, most, found, q, u, err);
    lm_nearest_find(&e->near, p, most * most, LM_NEAREST_NONE, &hit);
    *found = hit.tri != LM_NEAREST_NONE;
    *u = 0;
    if (*found) memcpy(q, hit.q, sizeof hit.q);
    return LM_OK;
}
