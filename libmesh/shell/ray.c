/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "shell/ray.h"

#include <math.h>

static double ray_dot(const double a[3], const double b[3])
{
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}

/* Does p + s d, s in 0 .. most, meet the box? */
static bool ray_box(const lm_bvh_node *b, const double p[3], const double d[3], double most)
{
    double from = 0, to = most;
    for (int c = 0; c < 3; c++) {
        double lo = (double)b->lo[c] - p[c], hi = (double)b->hi[c] - p[c];
        if (d[c] == 0) {
            if (lo > 0 || hi < 0) return false;
            continue;
        }
        double s = lo / d[c], e = hi / d[c], slack = 1e-9 * (fabs(s) + fabs(e));
        if (s > e) {
            double x = s;
            s = e;
            e = x;
        }
        from = s - slack > from ? s - slack : from;
        to = e + slack < to ? e + slack : to;
    }
    return from <= to;
}

/* Moeller, Trumbore: Fast, minimum storage ray/triangle intersection, JGT 1997; edges belong to both sides. */
static double ray_triangle(double q[3][3], const double p[3], const double d[3])
{
    const double edge = 1e-9;
    double u[3], v[3], w[3], h[3], g[3];
    for (int c = 0; c < 3; c++) {
        u[c] = q[1][c] - q[0][c];
        v[c] = q[2][c] - q[0][c];
        w[c] = p[c] - q[0][c];
    }
    for (int c = 0; c < 3; c++) h[c] = d[(c + 1) % 3] * v[(c + 2) % 3] - d[(c + 2) % 3] * v[(c + 1) % 3];
    double det = ray_dot(u, h);
    if (det == 0) return -1;
    double a = ray_dot(w, h) / det;
    for (int c = 0; c < 3; c++) g[c] = w[(c + 1) % 3] * u[(c + 2) % 3] - w[(c + 2) % 3] * u[(c + 1) % 3];
    double b = ray_dot(d, g) / det;
    return a >= -edge && b >= -edge && a + b <= 1 + edge ? ray_dot(v, g) / det : -1;
}

double lm_ray_shoot(const lm_nearest *near, const double p[3], const double d[3], uint32_t own, double most)
{
    const lm_bvh *tree = &near->bvh;
    uint32_t stack[LM_BVH_DEPTH];
    int n = 1;
    stack[0] = 0;
    while (n) {
        uint32_t i = stack[--n];
        const lm_bvh_node *b = &tree->node[i];
        if (!ray_box(b, p, d, most)) continue;
        if (!b->n) {
            stack[n++] = b->at;
            stack[n++] = i + 1;
            continue;
        }
        for (uint32_t k = b->at; k < b->at + b->n; k++) {
            double q[3][3], s;
            if (tree->item[k] == own) continue;
            for (size_t e = 0; e < 9; e++) q[e / 3][e % 3] = near->corner[k][e];
            s = ray_triangle(q, p, d);
            if (s > 0 && s < most) most = s;
        }
    }
    return most;
}
