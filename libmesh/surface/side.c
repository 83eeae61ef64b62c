/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "surface/side.h"

#include <math.h>

#define SIDE_PI 3.14159265358979323846

lm_status lm_side_make(const lm_mesh *m, lm_side *out, lm_err *err)
{
    *out = (lm_side){.mesh = m};
    return lm_topo_corners_make(m, NULL, &out->corners, err);
}

void lm_side_release(lm_side *s)
{
    lm_topo_corners_release(&s->corners);
    s->mesh = NULL;
}

static double side_dot(const double a[3], const double b[3])
{
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}

static void side_cross(const double a[3], const double b[3], double n[3])
{
    n[0] = a[1] * b[2] - a[2] * b[1];
    n[1] = a[2] * b[0] - a[0] * b[2];
    n[2] = a[0] * b[1] - a[1] * b[0];
}

/* From corner k of triangle t to the next (next 1) or the one before (next 2). */
static void side_edge(const lm_mesh *m, size_t t, size_t k, size_t next, double e[3])
{
    const float *a = m->pos + 3 * (size_t)m->tri[3 * t + k], *b = m->pos + 3 * (size_t)m->tri[3 * t + (k + next) % 3];
    for (int c = 0; c < 3; c++) e[c] = (double)b[c] - (double)a[c];
}

/* The angle between u and v, to 1e-13, by + - * / and sqrt alone: twice the arc tangent of its half's, halved three times more, as
 * a series. */
static double side_angle(const double u[3], const double v[3], double sine)
{
    double cosine = side_dot(u, v), x = sine / (sqrt(side_dot(u, u) * side_dot(v, v)) + fabs(cosine)), sum = 0;
    for (int i = 0; i < 3; i++) x /= 1 + sqrt(1 + x * x);
    for (int k = 13; k > 0; k -= 2) sum = 1.0 / k - x * x * sum;
    double angle = 16 * x * sum; /* of u and v, or of u and -v */
    return cosine >= 0 ? angle : SIDE_PI - angle;
}

/* Add the unit normal of triangle t, times the angle at corner k where by_angle is set. */
static void side_add(const lm_mesh *m, size_t t, size_t k, bool by_angle, double n[3])
{
    double u[3], v[3], x[3];
    side_edge(m, t, k, 1, u);
    side_edge(m, t, k, 2, v);
    side_cross(u, v, x);
    double len = sqrt(side_dot(x, x)), w = by_angle ? side_angle(u, v, len) : 1;
    for (int c = 0; c < 3 && len > 0; c++) n[c] += w * x[c] / len;
}

static void side_vertex(const lm_side *s, uint32_t v, double n[3])
{
    for (uint32_t i = s->corners.start[v]; i < s->corners.start[v + 1]; i++)
        side_add(s->mesh, s->corners.corner[i] / 3, s->corners.corner[i] % 3, true, n);
}

static void side_of_edge(const lm_side *s, uint32_t v, uint32_t w, double n[3])
{
    for (uint32_t i = s->corners.start[v]; i < s->corners.start[v + 1]; i++) {
        size_t t = s->corners.corner[i] / 3;
        const uint32_t *c = s->mesh->tri + 3 * t;
        if (c[0] == w || c[1] == w || c[2] == w) side_add(s->mesh, t, s->corners.corner[i] % 3, false, n);
    }
}

/* Does p project into the triangle? Then its own normal decides; on the border that of the border says the same. */
static bool side_inner(const lm_mesh *m, size_t t, const double p[3])
{
    double n[3] = {0}, e[3], v[3], x[3];
    side_add(m, t, 0, false, n);
    if (side_dot(n, n) == 0) return false;
    for (size_t k = 0; k < 3; k++) {
        const float *a = m->pos + 3 * (size_t)m->tri[3 * t + k];
        side_edge(m, t, k, 1, e);
        for (int c = 0; c < 3; c++) v[c] = p[c] - (double)a[c];
        side_cross(e, v, x);
        if (side_dot(n, x) < 0) return false;
    }
    return true;
}

/* The corner of the triangle that q is, or 3. */
static size_t side_corner(const lm_mesh *m, size_t t, const double q[3])
{
    for (size_t k = 0; k < 3; k++) {
        const float *a = m->pos + 3 * (size_t)m->tri[3 * t + k];
        if ((double)a[0] == q[0] && (double)a[1] == q[1] && (double)a[2] == q[2]) return k;
    }
    return 3;
}

/* The side of the triangle that q lies on, as far as rounding lets it. */
static size_t side_nearest(const lm_mesh *m, size_t t, const double q[3])
{
    size_t best = 0;
    double least = INFINITY;
    for (size_t k = 0; k < 3; k++) {
        double e[3], v[3];
        const float *a = m->pos + 3 * (size_t)m->tri[3 * t + k];
        side_edge(m, t, k, 1, e);
        for (int c = 0; c < 3; c++) v[c] = q[c] - (double)a[c];
        double ee = side_dot(e, e), s = ee > 0 ? fmin(1, fmax(0, side_dot(v, e) / ee)) : 0, d2 = 0;
        for (int c = 0; c < 3; c++) d2 += (v[c] - s * e[c]) * (v[c] - s * e[c]);
        if (d2 < least) least = d2, best = k;
    }
    return best;
}

int lm_side_of(const lm_side *s, const double p[3], const lm_nearest_hit *hit)
{
    const lm_mesh *m = s->mesh;
    const size_t t = hit->tri;
    double n[3] = {0}, d[3];
    for (int c = 0; c < 3; c++) d[c] = p[c] - hit->q[c];
    size_t k = side_corner(m, t, hit->q);
    if (k < 3) side_vertex(s, m->tri[3 * t + k], n);
    else if (side_inner(m, t, p)) side_add(m, t, 0, false, n);
    else {
        k = side_nearest(m, t, hit->q);
        side_of_edge(s, m->tri[3 * t + k], m->tri[3 * t + (k + 1) % 3], n);
    }
    double h = side_dot(n, d);
    return h > 0 ? 1 : h < 0 ? -1 : 0;
}
