/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "measure/shape.h"
#include "base/mem.h"
#include "measure/jacobi.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define SHAPE_PI 3.14159265358979323846
enum { SHAPE_BLOCK = 4096 };

/* Cube root of x > 0 with + - * / alone: Newton from a power of two. */
static double shape_cbrt(double x)
{
    int e = 0;
    double y = 1;
    for (; x >= 8; e++) x /= 8;
    for (; x < 1; e--) x *= 8;
    for (int i = 0; i < 60; i++) y = (2 * y + x / (y * y)) / 3;
    for (; e > 0; e--) y *= 2;
    for (; e < 0; e++) y /= 2;
    return y;
}

/* ---- moments ---- */

typedef struct {
    double six_v, first[3], second[6]; /* xx yy zz xy yz zx */
} shape_sum;

static void shape_add(shape_sum *a, const shape_sum *b)
{
    a->six_v += b->six_v;
    for (int c = 0; c < 3; c++) a->first[c] += b->first[c];
    for (int c = 0; c < 6; c++) a->second[c] += b->second[c];
}

static shape_sum shape_triangle(const lm_mesh *m, size_t t, const double mid[3])
{
    shape_sum s = {0};
    double p[3][3], all[3] = {0, 0, 0};
    for (size_t k = 0; k < 3; k++)
        for (size_t c = 0; c < 3; c++) {
            p[k][c] = (double)m->pos[3 * (size_t)m->tri[3 * t + k] + c] - mid[c];
            all[c] += p[k][c];
        }
    for (int c = 0; c < 3; c++) {
        int a = (c + 1) % 3, b = (c + 2) % 3;
        s.six_v += p[0][c] * (p[1][a] * p[2][b] - p[1][b] * p[2][a]);
    }
    for (int c = 0; c < 3; c++) {
        int d = (c + 1) % 3;
        double same = all[c] * all[c], cross = all[c] * all[d];
        for (int k = 0; k < 3; k++) {
            same += p[k][c] * p[k][c];
            cross += p[k][c] * p[k][d];
        }
        s.first[c] = s.six_v * all[c];
        s.second[c] = s.six_v * same;
        s.second[3 + c] = s.six_v * cross;
    }
    return s;
}

/* Covariance matrix of the solid. */
static void shape_covariance(const lm_mesh *m, const double mid[3], double cov[3][3])
{
    shape_sum all = {0}, block = {0};
    for (size_t t = 0; t < m->nt; t++) {
        shape_sum s = shape_triangle(m, t, mid);
        shape_add(&block, &s);
        if (t % SHAPE_BLOCK != SHAPE_BLOCK - 1 && t + 1 != m->nt) continue;
        shape_add(&all, &block);
        block = (shape_sum){0};
    }
    double mean[3];
    for (int c = 0; c < 3; c++) mean[c] = all.first[c] / (4 * all.six_v);
    for (int c = 0; c < 3; c++) {
        int d = (c + 1) % 3;
        cov[c][c] = all.second[c] / (20 * all.six_v) - mean[c] * mean[c];
        cov[c][d] = cov[d][c] = all.second[3 + c] / (20 * all.six_v) - mean[c] * mean[d];
    }
}

/* ---- axes ---- */

static void shape_axes(double cov[3][3], lm_shape *out)
{
    double v[3][3];
    int order[3] = {0, 1, 2};
    lm_jacobi_run(cov, v);
    for (int pass = 0; pass < 2; pass++)
        for (int i = 0; i < 2; i++)
            if (cov[order[i]][order[i]] < cov[order[i + 1]][order[i + 1]]) {
                int t = order[i];
                order[i] = order[i + 1];
                order[i + 1] = t;
            }
    for (int i = 0; i < 3; i++) {
        double l = cov[order[i]][order[i]];
        out->covariance[i] = l > 0 ? l : 0;
        out->length_mm[i] = 4 * sqrt(out->covariance[i]);
        int big = 0;
        for (int c = 1; c < 3; c++)
            if (fabs(v[order[i]][c]) > fabs(v[order[i]][big])) big = c;
        for (int c = 0; c < 3; c++) out->axis[i][c] = v[order[i]][big] < 0 ? -v[order[i]][c] : v[order[i]][c];
    }
    for (int c = 0; c < 3; c++) /* right-handed */
        out->axis[2][c] =
            out->axis[0][(c + 1) % 3] * out->axis[1][(c + 2) % 3] - out->axis[0][(c + 2) % 3] * out->axis[1][(c + 1) % 3];
}

/* The vertices that triangles name. */
static uint32_t *shape_vertices(const lm_mesh *m, size_t *n, lm_err *err)
{
    uint8_t *used = lm_mem_calloc(m->nv, 1, err);
    uint32_t *which = used ? lm_mem_alloc(m->nv, sizeof *which, err) : NULL;
    *n = 0;
    for (size_t i = 0; i < 3 * m->nt && which; i++) used[m->tri[i]] = 1;
    for (size_t v = 0; v < m->nv && which; v++)
        if (used[v]) which[(*n)++] = (uint32_t)v;
    free(used);
    return which;
}

static void shape_convex(const lm_mesh *m, const double mid[3], const lm_hull *hull, lm_shape *out)
{
    const lm_mesh solid = {.nv = m->nv, .nt = hull->nt, .pos = m->pos, .tri = hull->tri}; /* borrowed */
    double block = 0;
    for (size_t t = 0; t < hull->nt; t++) {
        block += shape_triangle(&solid, t, mid).six_v / 6;
        if (t % SHAPE_BLOCK != SHAPE_BLOCK - 1 && t + 1 != hull->nt) continue;
        out->convex_mm3 += block;
        block = 0;
    }
    out->convex_mm2 = lm_mesh_area(&solid);
}

/* What the vertices alone say. */
static lm_status shape_points(const lm_mesh *m, const double mid[3], lm_shape *out, lm_err *err)
{
    lm_hull hull = LM_HULL_INIT;
    size_t n;
    uint32_t *which = shape_vertices(m, &n, err);
    lm_status rc = which ? lm_hull_make(m->pos, which, n, &hull, err) : LM_ENOMEM;
    if (!rc && !(rc = lm_diameter_of(m->pos, hull.vertex, hull.nv, &out->diameter, err)) && hull.nv)
        rc = lm_obb_of(m->pos, &hull, out->has_axes ? (const double(*)[3])out->axis : NULL, &out->box, err);
    if (!rc && hull.dimension == 3) shape_convex(m, mid, &hull, out);
    lm_hull_release(&hull);
    free(which);
    return rc;
}

lm_status lm_shape_of(const lm_mesh *m, const lm_mass *mass, lm_shape *out, lm_err *err)
{
    double mid[3], cov[3][3], v = mass->volume_mm3, a = mass->area_mm2;
    *out = (lm_shape){.has_axes = false};
    for (size_t i = 0; i < mass->parts; i++)
        if (mass->part[i].volume_mm3 < 0) out->cavity_mm3 -= mass->part[i].volume_mm3;
    for (int c = 0; c < 3; c++) mid[c] = 0.5 * (mass->lo_mm[c] + mass->hi_mm[c]);
    out->has_axes = mass->has_volume && v > mass->u_volume_mm3;
    if (out->has_axes) {
        shape_covariance(m, mid, cov);
        shape_axes(cov, out);
    }
    lm_status rc = shape_points(m, mid, out, err);
    if (rc || !out->has_axes) return rc;
    double upright = 1;
    for (int c = 0; c < 3; c++) upright *= mass->hi_mm[c] - mass->lo_mm[c];
    out->density_box = v / upright;
    out->density_obb = v / out->box.volume_mm3;
    out->density_convex = v / out->convex_mm3;
    double root = shape_cbrt(36 * SHAPE_PI * v * v);
    out->sphericity = root / a;
    out->disproportion = a / root;
    out->compactness2 = 36 * SHAPE_PI * v * v / (a * a * a);
    out->compactness1 = v / (sqrt(SHAPE_PI) * a * sqrt(a));
    out->asphericity = a / root - 1; /* cbrt(a^3 / (36 pi v^2)) - 1 */
    out->surface_to_volume = a / v;
    out->elongation = sqrt(out->covariance[1] / out->covariance[0]);
    out->flatness = sqrt(out->covariance[2] / out->covariance[0]);
    return LM_OK;
}
