/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Contents: 1 sampling, 2 cut ends, 3 cuts at the border of the mesh, 4 points */
#include "measure/vessel_limits.h"
#include "base/mem.h"
#include "surface/nearest.h"
#include "surface/topo.h"

#include <math.h>
#include <stdlib.h>

#define LIMITS_PI 3.14159265358979323846
#define LIMITS_PLANE 1e-3  /* of a voxel: what is so near to a plane lies in it */
#define LIMITS_FLAT 0.02   /* of the radius: what is so near to a plane lies in it */
#define LIMITS_REACH 2.0   /* radii round the end that are looked at */
#define LIMITS_SHARE 0.5   /* of the area of the section that must lie in the plane */
#define LIMITS_ACROSS 0.25 /* least cosine between its normal and the axis: sides of a tube have about none */
#define LIMITS_WIDE 1.5    /* radii: width of a cut along the axis; a facet of a tube of six sides has 1.15 */
#define LIMITS_TRIES 256   /* planes that are tried */

/* ---- 1 sampling ---- */

typedef struct {
    double edge, area;
} limits_edge;

static int limits_order(const void *a, const void *b)
{
    double p = ((const limits_edge *)a)->edge, q = ((const limits_edge *)b)->edge;
    return p < q ? -1 : p > q;
}

/* Area vector of a triangle, of twice its length; returns the area. */
static double limits_normal(const lm_mesh *m, size_t t, double n[3])
{
    const float *a = &m->pos[3 * (size_t)m->tri[3 * t]], *b = &m->pos[3 * (size_t)m->tri[3 * t + 1]],
                *c = &m->pos[3 * (size_t)m->tri[3 * t + 2]];
    double u[3], v[3];
    for (int k = 0; k < 3; k++) u[k] = (double)b[k] - a[k], v[k] = (double)c[k] - a[k];
    n[0] = u[1] * v[2] - u[2] * v[1];
    n[1] = u[2] * v[0] - u[0] * v[2];
    n[2] = u[0] * v[1] - u[1] * v[0];
    return 0.5 * sqrt(n[0] * n[0] + n[1] * n[1] + n[2] * n[2]);
}

static double limits_off(const float *a, const float *on, const double normal[3])
{
    double off = 0;
    for (int c = 0; c < 3; c++) off += ((double)a[c] - on[c]) * normal[c];
    return off;
}

static double limits_distance2(const float *a, const double p[3])
{
    double s = 0;
    for (int k = 0; k < 3; k++) s += ((double)a[k] - p[k]) * ((double)a[k] - p[k]);
    return s;
}

/* The median, by area, of the shortest edges of triangles. */
static lm_status limits_edges(const lm_mesh *m, double *median, lm_err *err)
{
    limits_edge *e = lm_mem_alloc(m->nt, sizeof *e, err);
    double all = 0, half = 0, n[3];
    if (!e) return LM_ENOMEM;
    for (size_t t = 0; t < m->nt; t++) {
        double least = INFINITY;
        for (size_t k = 0; k < 3; k++) {
            const float *b = &m->pos[3 * (size_t)m->tri[3 * t + (k + 1) % 3]];
            const double q[3] = {b[0], b[1], b[2]};
            least = fmin(least, limits_distance2(&m->pos[3 * (size_t)m->tri[3 * t + k]], q));
        }
        e[t] = (limits_edge){sqrt(least), limits_normal(m, t, n)};
        all += e[t].area;
    }
    qsort(e, m->nt, sizeof *e, limits_order);
    *median = 0;
    for (size_t t = 0; t < m->nt && half < 0.5 * all; t++) half += e[t].area, *median = e[t].edge;
    free(e);
    return LM_OK;
}

/* ---- 2 cut ends ---- */

static bool limits_within(const lm_mesh *m, size_t t, const double p[3], double reach)
{
    for (size_t k = 0; k < 3; k++)
        if (limits_distance2(&m->pos[3 * (size_t)m->tri[3 * t + k]], p) > reach * reach) return false;
    return true;
}

/* Area of those of the n triangles that lie in the plane of triangle t. */
static double limits_flat(const lm_mesh *m, const uint32_t *tri, size_t n, size_t t, double near)
{
    double normal[3], other[3], flat = 0, area = limits_normal(m, t, normal);
    const float *on = &m->pos[3 * (size_t)m->tri[3 * t]];
    for (size_t i = 0; i < n; i++) {
        bool in = true;
        for (size_t k = 0; k < 3 && in; k++) {
            const float *a = &m->pos[3 * (size_t)m->tri[3 * (size_t)tri[i] + k]];
            double off = 0;
            for (int c = 0; c < 3; c++) off += ((double)a[c] - on[c]) * normal[c];
            in = fabs(off) <= near * 2 * area;
        }
        if (in) flat += limits_normal(m, tri[i], other);
    }
    return flat;
}

/* Does a plane across the axis hold the end? Planes are those of triangles there; room: for the triangles of the mesh. */
static bool limits_cut(const lm_mesh *m, const double at[3], const double along[3], double radius, uint32_t *room)
{
    size_t n = 0;
    for (size_t t = 0; t < m->nt; t++)
        if (limits_within(m, t, at, LIMITS_REACH * radius)) room[n++] = (uint32_t)t;
    for (size_t i = 0; i < n; i += n / LIMITS_TRIES + 1) {
        double v[3], area = limits_normal(m, room[i], v);
        const double across = fabs(v[0] * along[0] + v[1] * along[1] + v[2] * along[2]);
        if (!(area > 0) || across < LIMITS_ACROSS * 2 * area) continue;
        if (limits_flat(m, room, n, room[i], LIMITS_FLAT * radius) >= LIMITS_SHARE * LIMITS_PI * radius * radius) return true;
    }
    return false;
}

static lm_status limits_ends(const lm_mesh *m, const lm_centreline *line, lm_vessel_limits *out, lm_err *err)
{
    uint32_t *room = lm_mem_alloc(m->nt, sizeof *room, err);
    if (!room) return LM_ENOMEM;
    for (size_t b = 0; b < line->n; b++) {
        const lm_centreline_branch *x = &line->branch[b];
        for (size_t side = 0; side < 2 && !x->closed; side++) {
            const lm_centreline_node *node = &line->node[x->node[side]];
            const lm_centreline_point *p = &x->point[side ? x->n - 1 : 0];
            if (node->degree != 1 || !(node->radius_mm > 0)) continue;
            out->cut[x->node[side]] = limits_cut(m, p->at, p->along, node->radius_mm, room);
            out->cut_ends += out->cut[x->node[side]];
        }
    }
    free(room);
    return LM_OK;
}

/* ---- 3 cuts at the border of the mesh ---- */

typedef struct {
    const lm_mesh *m;
    const uint32_t *mate;
    uint32_t *tri; /* of the piece */
    size_t n;
    uint8_t *seen;
} limits_piece;

/* What hangs together with t and lies in its plane; returns the area. */
static double limits_grow(limits_piece *p, size_t t, const double unit[3], double near)
{
    const float *on = &p->m->pos[3 * (size_t)p->m->tri[3 * t]];
    double area = 0, n[3];
    p->n = 0;
    p->tri[p->n++] = (uint32_t)t;
    p->seen[t] = 1;
    for (size_t i = 0; i < p->n; i++) {
        area += limits_normal(p->m, p->tri[i], n);
        for (size_t k = 0; k < 3; k++) {
            const uint32_t h = p->mate[3 * (size_t)p->tri[i] + k], other = h / 3;
            if (h >= LM_TOPO_MANY || p->seen[other]) continue;
            bool in = true;
            for (size_t c = 0; c < 3 && in; c++)
                in = fabs(limits_off(&p->m->pos[3 * (size_t)p->m->tri[3 * (size_t)other + c]], on, unit)) <= near;
            if (!in) continue;
            p->seen[other] = 1;
            p->tri[p->n++] = other;
        }
    }
    return area;
}

static bool limits_outermost(const lm_mesh *m, const float *on, const double unit[3], double near)
{
    for (size_t v = 0; v < m->nv; v++)
        if (limits_off(&m->pos[3 * v], on, unit) > near) return false;
    return true;
}

/* Distance of a point from the piece; beyond `most` any number above it. */
static double limits_apart(const limits_piece *p, const double at[3], double most)
{
    double least = most * most * 1.01;
    for (size_t i = 0; i < p->n; i++) {
        const uint32_t *v = &p->m->tri[3 * (size_t)p->tri[i]];
        const double d2 =
            lm_nearest_triangle(&p->m->pos[3 * (size_t)v[0]], &p->m->pos[3 * (size_t)v[1]], &p->m->pos[3 * (size_t)v[2]], at, NULL);
        if (d2 < least) least = d2;
    }
    return sqrt(least);
}

/* Its area over the diagonal of its box. */
static double limits_width(const limits_piece *p, double area)
{
    double lo[3] = {INFINITY, INFINITY, INFINITY}, hi[3] = {-INFINITY, -INFINITY, -INFINITY}, d2 = 0;
    for (size_t i = 0; i < 3 * p->n; i++)
        for (size_t c = 0; c < 3; c++) {
            const double x = p->m->pos[3 * (size_t)p->m->tri[3 * (size_t)p->tri[i / 3] + i % 3] + c];
            lo[c] = fmin(lo[c], x), hi[c] = fmax(hi[c], x);
        }
    for (int c = 0; c < 3; c++) d2 += (hi[c] - lo[c]) * (hi[c] - lo[c]);
    return area / sqrt(d2);
}

/* Flag what is near to the piece; false: it is too small to be a cut. One along the axis must be wider than a facet of a tube. */
static bool limits_flag(const limits_piece *p, const double unit[3], double area, const lm_centreline *line, lm_vessel_limits *out)
{
    const double width = limits_width(p, area);
    bool any = false;
    for (size_t b = 0; b < line->n; b++)
        for (size_t i = 0; i < line->branch[b].n; i++) {
            const lm_centreline_point *x = &line->branch[b].point[i];
            const double r = x->radius_mm, most = LM_VESSEL_NEAR_CUT * 2 * r;
            const double across = fabs(unit[0] * x->along[0] + unit[1] * x->along[1] + unit[2] * x->along[2]);
            if (across < LIMITS_ACROSS && width < LIMITS_WIDE * r) continue;
            if (!(r > 0) || area < LIMITS_SHARE * LIMITS_PI * r * r || limits_apart(p, x->ball, most) > most) continue;
            out->flag[b][i] |= LM_VESSEL_CUT;
            any = true;
        }
    return any;
}

static lm_status limits_border(const lm_mesh *m, const lm_centreline *line, lm_vessel_limits *out, lm_err *err)
{
    lm_topo_corners corners = LM_TOPO_CORNERS_INIT;
    uint32_t *mate = lm_mem_alloc(3 * m->nt, sizeof *mate, err);
    limits_piece p = {.m = m, .mate = mate, .tri = lm_mem_alloc(m->nt, sizeof *p.tri, err), .seen = lm_mem_calloc(m->nt, 1, err)};
    const double near = LIMITS_PLANE * out->voxel_mm;
    double least = INFINITY;
    lm_status rc = mate && p.tri && p.seen ? lm_topo_corners_make(m, NULL, &corners, err) : LM_ENOMEM;
    if (!rc) rc = lm_topo_mates(m, &corners, mate, err);
    for (size_t b = 0; b < line->n; b++)
        for (size_t i = 0; i < line->branch[b].n; i++) least = fmin(least, line->branch[b].point[i].radius_mm); /* NAN loses */
    for (size_t t = 0; t < m->nt && !rc; t++) {
        double n[3], area = limits_normal(m, t, n);
        if (p.seen[t] || !(area > 0)) continue;
        for (int k = 0; k < 3; k++) n[k] /= 2 * area;
        area = limits_grow(&p, t, n, near);
        if (area < LIMITS_SHARE * LIMITS_PI * least * least) continue;
        if (limits_outermost(m, &m->pos[3 * (size_t)m->tri[3 * t]], n, near)) out->cuts += limits_flag(&p, n, area, line, out);
    }
    lm_topo_corners_release(&corners);
    free(mate);
    free(p.tri);
    free(p.seen);
    return rc;
}

/* ---- 4 points ---- */

static void limits_points(const lm_centreline *line, size_t b, lm_vessel_limits *out)
{
    const lm_centreline_branch *x = &line->branch[b];
    for (size_t i = 0; i < x->n; i++) {
        const lm_centreline_point *p = &x->point[i];
        if (2 * p->radius_mm < LM_VESSEL_RESOLVED * out->voxel_mm) out->flag[b][i] |= LM_VESSEL_THIN;
        for (size_t side = 0; side < 2 && !x->closed; side++) {
            const double from = side ? x->point[x->n - 1].s_mm - p->s_mm : p->s_mm;
            if (out->cut[x->node[side]] && from <= LM_VESSEL_NEAR_CUT * 2 * line->node[x->node[side]].radius_mm)
                out->flag[b][i] |= LM_VESSEL_CUT;
        }
    }
}

lm_status lm_vessel_limits_find(const lm_mesh *m, const lm_centreline *line, double voxel_mm, lm_vessel_limits *out, lm_err *err)
{
    double edge = 0;
    *out = (lm_vessel_limits){.voxel_mm = voxel_mm, .of_records = voxel_mm > 0};
    lm_status rc = out->of_records ? LM_OK : limits_edges(m, &edge, err);
    if (!out->of_records) out->voxel_mm = edge;
    if (!rc && (!(out->cut = lm_mem_calloc(line->n_nodes + 1, sizeof *out->cut, err)) ||
                !(out->flag = lm_mem_calloc(line->n + 1, sizeof *out->flag, err))))
        rc = LM_ENOMEM;
    for (size_t b = 0; b < line->n && !rc; b++)
        if (!(out->flag[b] = lm_mem_calloc(line->branch[b].n + 1, 1, err))) rc = LM_ENOMEM;
    if (!rc) rc = limits_ends(m, line, out, err);
    for (size_t b = 0; b < line->n && !rc; b++) limits_points(line, b, out);
    if (!rc) rc = limits_border(m, line, out, err);
    if (rc) lm_vessel_limits_release(out, line);
    return rc;
}

void lm_vessel_limits_release(lm_vessel_limits *l, const lm_centreline *line)
{
    for (size_t b = 0; l->flag && b < line->n; b++) free(l->flag[b]);
    free(l->flag);
    free(l->cut);
    *l = (lm_vessel_limits){.voxel_mm = 0};
}

const char *lm_vessel_limits_text(int flag)
{
    return flag & LM_VESSEL_CUT ? "near a cut" : flag & LM_VESSEL_THIN ? "not resolved" : NULL;
}
