/* SPDX-License-Identifier: GPL-3.0-or-later */
/* vec.h: vectors between vertices, in double. */
#ifndef LM_REPAIR_VEC_H
#define LM_REPAIR_VEC_H

#include "surface/mesh.h"
#include <math.h>

static inline const float *lm_vec_at(const lm_mesh *m, uint32_t v)
{
    return m->pos + 3 * (size_t)v;
}

static inline double lm_vec_dot(const double a[3], const double b[3])
{
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}

static inline void lm_vec_sub(const float *a, const float *b, double d[3])
{
    for (int k = 0; k < 3; k++) d[k] = (double)a[k] - b[k];
}

static inline void lm_vec_cross(const double u[3], const double v[3], double w[3])
{
    w[0] = u[1] * v[2] - u[2] * v[1];
    w[1] = u[2] * v[0] - u[0] * v[2];
    w[2] = u[0] * v[1] - u[1] * v[0];
}

/* Length 1, or 0 where there is none; returns what it was. */
static inline double lm_vec_unit(double v[3])
{
    double len = sqrt(lm_vec_dot(v, v));
    for (int k = 0; k < 3; k++) v[k] = len > 0 ? v[k] / len : 0;
    return len;
}

/* Unit normal (zero without area); returns the area. */
static inline double lm_vec_normal(const float *a, const float *b, const float *c, double n[3])
{
    double u[3], v[3];
    lm_vec_sub(b, a, u);
    lm_vec_sub(c, a, v);
    lm_vec_cross(u, v, n);
    return lm_vec_unit(n) / 2;
}

#endif
