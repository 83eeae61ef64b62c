/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "measure/jacobi.h"

#include <math.h>

enum { JACOBI_TURNS = 60 };

void lm_jacobi_run(double a[3][3], double v[3][3])
{
    for (int i = 0; i < 3; i++)
        for (int k = 0; k < 3; k++) v[i][k] = i == k;
    for (int sweep = 0; sweep < JACOBI_TURNS; sweep++) {
        int p = sweep % 3, q = (p + 1) % 3;
        if (a[p][q] == 0) {
            if (a[q][(q + 1) % 3] == 0 && a[p][(q + 1) % 3] == 0) break;
            continue;
        }
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
