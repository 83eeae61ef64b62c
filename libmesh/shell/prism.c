/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "shell/prism.h"
#include "repair/boolean.h"

#include <math.h>

void lm_prism_circle(size_t n, double (*unit)[2])
{
    static const double quarter[4][2] = {{1, 0}, {0, 1}, {-1, 0}, {0, -1}};
    for (size_t i = 0; i < 4; i++)
        for (size_t c = 0; c < 2; c++) unit[i * n / 4][c] = quarter[i][c];
    for (size_t step = n / 4; step > 1; step /= 2)
        for (size_t i = 0; i < n; i += step) {
            double x = unit[i][0] + unit[(i + step) % n][0], y = unit[i][1] + unit[(i + step) % n][1], len = sqrt(x * x + y * y);
            unit[i + step / 2][0] = x / len;
            unit[i + step / 2][1] = y / len;
        }
}

void lm_prism_frame(const double w[3], double u[3], double v[3])
{
    int least = 0;
    double len = 0;
    for (int c = 1; c < 3; c++)
        if (fabs(w[c]) < fabs(w[least])) least = c;
    for (int c = 0; c < 3; c++) {
        u[c] = (c == least) - w[least] * w[c];
        len += u[c] * u[c];
    }
    for (int c = 0; c < 3; c++) u[c] /= sqrt(len);
    for (int c = 0; c < 3; c++) v[c] = w[(c + 1) % 3] * u[(c + 2) % 3] - w[(c + 2) % 3] * u[(c + 1) % 3];
}

void lm_prism_make(lm_prism *x, const double axis[3], double diameter, int turn)
{
    double t = turn / 37.0, c = (1 - t * t) / (1 + t * t), s = 2 * t / (1 + t * t);
    for (int k = 0; k < 3; k++) x->axis[k] = axis[k];
    lm_prism_frame(axis, x->side[0], x->side[1]);
    lm_prism_circle(LM_PRISM_SIDES, x->unit);
    double mx = 0.5 * (x->unit[0][0] + x->unit[1][0]), my = 0.5 * (x->unit[0][1] + x->unit[1][1]);
    x->radius = diameter / 2 / sqrt(mx * mx + my * my) * (1 + 1e-6); /* over the cosine of half a side's angle */
    for (int i = 0; i < LM_PRISM_SIDES; i++) {
        double a = x->unit[i][0], b = x->unit[i][1];
        x->unit[i][0] = c * a - s * b;
        x->unit[i][1] = s * a + c * b;
    }
}

void lm_prism_within(lm_prism *x, double diameter)
{
    x->radius = diameter / 2;
}

void lm_prism_spoke(const lm_prism *x, int i, double d[3])
{
    for (int c = 0; c < 3; c++) d[c] = x->radius * (x->unit[i][0] * x->side[0][c] + x->unit[i][1] * x->side[1][c]);
}

lm_status lm_prism_append(const lm_prism *x, const double from[3], const double to[3], lm_mesh *m, lm_err *err)
{
    enum { N = LM_PRISM_SIDES };
    float pos[3 * (2 * N + 2)];
    uint32_t tri[12 * N], *t = tri;
    lm_mesh own = {.nv = 2 * N + 2, .nt = 4 * N, .pos = pos, .tri = tri};
    for (int c = 0; c < 3; c++) {
        pos[6 * N + c] = (float)from[c];
        pos[6 * N + 3 + c] = (float)to[c];
    }
    for (uint32_t i = 0; i < N; i++) {
        const uint32_t j = (i + 1) % N, face[12] = {i, j, N + j, i, N + j, N + i, 2 * N, j, i, 2 * N + 1, N + i, N + j};
        double d[3];
        lm_prism_spoke(x, (int)i, d);
        for (uint32_t c = 0; c < 3; c++) {
            pos[3 * i + c] = (float)(from[c] + d[c]);
            pos[3 * (N + i) + c] = (float)(to[c] + d[c]);
        }
        for (int k = 0; k < 12; k++) *t++ = face[k];
    }
    lm_mesh all = LM_MESH_INIT;
    lm_status rc = lm_boolean_append(m, &own, false, &all, err);
    if (rc) return rc;
    lm_mesh_release(m);
    *m = all;
    return LM_OK;
}
