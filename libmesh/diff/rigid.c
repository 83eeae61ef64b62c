/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "diff/rigid.h"
#include "dicom/geometry.h"

#include <math.h>
#include <string.h>

typedef double rigid_matrix[LM_RIGID_EIGEN][LM_RIGID_EIGEN];

static void rigid_turn(int n, rigid_matrix a, rigid_matrix v, int p, int q)
{
    const double theta = (a[q][q] - a[p][p]) / (2 * a[p][q]);
    const double t = (theta < 0 ? -1 : 1) / (fabs(theta) + sqrt(theta * theta + 1)), c = 1 / sqrt(t * t + 1), s = t * c;
    for (int k = 0; k < n; k++) {
        const double x = a[k][p], y = a[k][q];
        a[k][p] = c * x - s * y;
        a[k][q] = s * x + c * y;
    }
    for (int k = 0; k < n; k++) {
        const double x = a[p][k], y = a[q][k], f = v[p][k], g = v[q][k];
        a[p][k] = c * x - s * y;
        a[q][k] = s * x + c * y;
        v[p][k] = c * f - s * g;
        v[q][k] = s * f + c * g;
    }
}

void lm_rigid_eigen(int n, rigid_matrix a, double w[LM_RIGID_EIGEN], rigid_matrix v)
{
    double size = 0;
    for (int i = 0; i < n; i++)
        for (int j = 0; j < n; j++) {
            v[i][j] = i == j;
            size = fmax(size, fabs(a[i][j]));
        }
    for (int sweep = 0; sweep < 60; sweep++) {
        bool done = true;
        for (int p = 0; p < n; p++)
            for (int q = p + 1; q < n; q++) {
                if (fabs(a[p][q]) <= 0x1p-60 * size) continue;
                done = false;
                rigid_turn(n, a, v, p, q);
            }
        if (done) break;
    }
    for (int i = 0; i < n; i++) w[i] = a[i][i];
    for (int i = 0; i < n; i++)
        for (int j = i + 1; j < n; j++) {
            if (!(w[j] > w[i])) continue;
            const double x = w[i];
            double row[LM_RIGID_EIGEN];
            w[i] = w[j], w[j] = x;
            memcpy(row, v[i], sizeof row);
            memcpy(v[i], v[j], sizeof row);
            memcpy(v[j], row, sizeof row);
        }
}

void lm_rigid_rotation(const double in[4], double r[3][3])
{
    const double n = sqrt(in[0] * in[0] + in[1] * in[1] + in[2] * in[2] + in[3] * in[3]);
    const double w = in[0] / n, x = in[1] / n, y = in[2] / n, z = in[3] / n;
    const double m[3][3] = {{1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y)},
                            {2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x)},
                            {2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)}};
    memcpy(r, m, sizeof m);
}

/* A quaternion of a rotation, the largest of its parts positive (Shepperd 1978). */
static void rigid_quaternion(const double r[3][3], double q[4])
{
    const double trace = r[0][0] + r[1][1] + r[2][2];
    double best = trace;
    int k = -1;
    for (int i = 0; i < 3; i++)
        if (r[i][i] > best) best = r[i][i], k = i;
    if (k < 0) {
        const double s = sqrt(fmax(0, 1 + trace));
        q[0] = 0.5 * s;
        for (int i = 0; i < 3; i++) q[i + 1] = (r[(i + 2) % 3][(i + 1) % 3] - r[(i + 1) % 3][(i + 2) % 3]) / (2 * s);
        return;
    }
    const int l = (k + 1) % 3, m = (k + 2) % 3;
    const double s = sqrt(fmax(0, 1 + r[k][k] - r[l][l] - r[m][m]));
    q[k + 1] = 0.5 * s;
    q[0] = (r[m][l] - r[l][m]) / (2 * s);
    q[l + 1] = (r[l][k] + r[k][l]) / (2 * s);
    q[m + 1] = (r[m][k] + r[k][m]) / (2 * s);
}

void lm_rigid_apply(const lm_rigid *m, const double p[3], double out[3])
{
    for (int i = 0; i < 3; i++) out[i] = m->r[i][0] * p[0] + m->r[i][1] * p[1] + m->r[i][2] * p[2] + m->t[i];
}

void lm_rigid_then(const lm_rigid *m, const double c[3], const double turn[3], const double shift[3], lm_rigid *out)
{
    double d[3][3], q[4];
    lm_rigid o;
    lm_rigid_rotation((const double[4]){1, turn[0] / 2, turn[1] / 2, turn[2] / 2}, d);
    for (int i = 0; i < 3; i++) {
        o.t[i] = c[i] + shift[i];
        for (int j = 0; j < 3; j++) {
            o.r[i][j] = d[i][0] * m->r[0][j] + d[i][1] * m->r[1][j] + d[i][2] * m->r[2][j];
            o.t[i] += d[i][j] * (m->t[j] - c[j]);
        }
    }
    rigid_quaternion(o.r, q); /* so that many of them stay a rotation */
    lm_rigid_rotation(q, o.r);
    *out = o;
}

void lm_rigid_fit(const double *p, const double *q, const size_t *which, size_t n, lm_rigid *out)
{
    double c[2][3] = {{0, 0, 0}, {0, 0, 0}}, s[3][3] = {{0, 0, 0}, {0, 0, 0}, {0, 0, 0}}, w[LM_RIGID_EIGEN];
    rigid_matrix a, v;
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < 3; k++) c[0][k] += p[3 * which[i] + k] / (double)n, c[1][k] += q[3 * which[i] + k] / (double)n;
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < 3; k++)
            for (size_t l = 0; l < 3; l++) s[k][l] += (p[3 * which[i] + k] - c[0][k]) * (q[3 * which[i] + l] - c[1][l]);
    a[0][0] = s[0][0] + s[1][1] + s[2][2];
    for (int k = 0; k < 3; k++) {
        const int l = (k + 1) % 3, m = (k + 2) % 3;
        a[0][k + 1] = a[k + 1][0] = s[l][m] - s[m][l];
        a[k + 1][k + 1] = s[k][k] - s[l][l] - s[m][m];
        a[k + 1][l + 1] = a[l + 1][k + 1] = s[k][l] + s[l][k];
    }
    lm_rigid_eigen(4, a, w, v);
    lm_rigid_rotation(v[0], out->r);
    for (int i = 0; i < 3; i++) out->t[i] = c[1][i] - (out->r[i][0] * c[0][0] + out->r[i][1] * c[0][1] + out->r[i][2] * c[0][2]);
}

double lm_rigid_angle(const lm_rigid *m, double axis[3])
{
    double q[4];
    rigid_quaternion(m->r, q);
    const double s = sqrt(q[1] * q[1] + q[2] * q[2] + q[3] * q[3]), turn = q[0] < 0 ? -1 : 1;
    for (int k = 0; k < 3; k++) axis[k] = s > 0 ? turn * q[k + 1] / s : k == 2;
    return q[0] == 0 ? 180 : 2 * lm_geometry_atan_deg(s / fabs(q[0]));
}
