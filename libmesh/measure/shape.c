/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "measure/shape.h"

#include <math.h>
#include <string.h>

#define SHAPE_PI 3.14159265358979323846
enum { SHAPE_BLOCK = 4096, SHAPE_SWEEPS = 60 };

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

/* Jacobi: a becomes diagonal, the rows of v its eigenvectors. */
static void shape_jacobi(double a[3][3], double v[3][3])
{
    for (int i = 0; i < 3; i++)
        for (int k = 0; k < 3; k++) v[i][k] = i == k;
    for (int sweep = 0; sweep < SHAPE_SWEEPS; sweep++) {
        int p = sweep % 3, q = (p + 1) % 3;
        if (a[p][q] == 0) continue;
        double theta = (a[q][q] - a[p][p]) / (2 * a[p][q]);
        double t = (theta < 0 ? -1 : 1) / (fabs(theta) + sqrt(theta * theta + 1)), c = 1 / sqrt(t * t + 1), s = t * c;
        for (int k = 0; k < 3; k++) {
            double x = a[k][p], y = a[k][q];
            a[k][p] = c * x - s * y;
            a[k][q] = s * x + c * y;
        }
        for (int k = 0; k < 3; k++) {
            double x = a[p][k], y = a[q][k], u = v[p][k], w = v[q][k];
            a[p][k] = c * x - s * y;
            a[q][k] = s * x + c * y;
            v[p][k] = c * u - s * w;
            v[q][k] = s * u + c * w;
        }
    }
}

static void shape_axes(double cov[3][3], lm_shape *out)
{
    double v[3][3];
    int order[3] = {0, 1, 2};
    shape_jacobi(cov, v);
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

static void shape_box(const lm_mesh *m, const double mid[3], lm_shape *out)
{
    double lo[3] = {INFINITY, INFINITY, INFINITY}, hi[3] = {-INFINITY, -INFINITY, -INFINITY};
    for (size_t i = 0; i < 3 * m->nt; i++)
        for (int a = 0; a < 3; a++) {
            double x = 0;
            for (size_t c = 0; c < 3; c++) x += out->axis[a][c] * ((double)m->pos[3 * (size_t)m->tri[i] + c] - mid[c]);
            lo[a] = x < lo[a] ? x : lo[a];
            hi[a] = x > hi[a] ? x : hi[a];
        }
    for (int c = 0; c < 3; c++) {
        out->box_mm[c] = hi[c] - lo[c];
        out->box_centre_mm[c] = mid[c];
        for (int a = 0; a < 3; a++) out->box_centre_mm[c] += out->axis[a][c] * 0.5 * (lo[a] + hi[a]);
    }
}

lm_status lm_shape_of(const lm_mesh *m, const lm_mass *mass, lm_shape *out, lm_err *err)
{
    double mid[3], cov[3][3], v = mass->volume_mm3, a = mass->area_mm2;
    *out = (lm_shape){.has_axes = false};
    lm_status rc = lm_diameter_of(m, &out->diameter, err);
    if (rc) return rc;
    for (size_t i = 0; i < mass->parts; i++)
        if (mass->part[i].volume_mm3 < 0) out->cavity_mm3 -= mass->part[i].volume_mm3;
    for (int c = 0; c < 3; c++) mid[c] = 0.5 * (mass->lo_mm[c] + mass->hi_mm[c]);
    if (!mass->has_volume || !(v > mass->u_volume_mm3)) return LM_OK;
    out->has_axes = true;
    shape_covariance(m, mid, cov);
    shape_axes(cov, out);
    shape_box(m, mid, out);
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
