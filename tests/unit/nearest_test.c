/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Nearest points: each region of a triangle by hand, the tree against all triangles by brute force in long double. */
#include "surface/nearest.h"
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static uint64_t seed;

static double rnd(void) /* [0, 1), 24 bits */
{
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    return (double)(seed >> 40) / 16777216.0;
}

typedef long double real;

static real seg(const float a[3], const float b[3], const double p[3])
{
    real ee = 0, s = 0, d = 0;
    for (int k = 0; k < 3; k++) {
        real e = (real)b[k] - a[k];
        ee += e * e;
        s += e * ((real)p[k] - a[k]);
    }
    s = ee > 0 ? s / ee : 0;
    s = s < 0 ? 0 : s > 1 ? 1 : s;
    for (int k = 0; k < 3; k++) {
        real x = (real)p[k] - (a[k] + s * ((real)b[k] - a[k]));
        d += x * x;
    }
    return d;
}

/* Independent: sides always, the face when the foot of p has barycentric coordinates from 0 to 1. */
static real slow(const float a[3], const float b[3], const float c[3], const double p[3])
{
    real u[3], v[3], w[3], uu = 0, uv = 0, vv = 0, wu = 0, wv = 0, d = fminl(seg(a, b, p), fminl(seg(b, c, p), seg(c, a, p)));
    for (int k = 0; k < 3; k++) {
        u[k] = (real)b[k] - a[k];
        v[k] = (real)c[k] - a[k];
        w[k] = (real)p[k] - a[k];
        uu += u[k] * u[k], uv += u[k] * v[k], vv += v[k] * v[k], wu += w[k] * u[k], wv += w[k] * v[k];
    }
    real det = uu * vv - uv * uv;
    if (det <= 0) return d;
    real s = (vv * wu - uv * wv) / det, t = (uu * wv - uv * wu) / det, f = 0;
    if (s < 0 || t < 0 || s + t > 1) return d;
    for (int k = 0; k < 3; k++) {
        real x = w[k] - s * u[k] - t * v[k];
        f += x * x;
    }
    return fminl(d, f);
}

static void regions(void **state)
{
    (void)state;
    const float a[3] = {0, 0, 0}, b[3] = {4, 0, 0}, c[3] = {0, 4, 0};
    const struct {
        double p[3], d2, q[3];
    } t[] = {
        {{1, 1, 3}, 9, {1, 1, 0}},   {{1, 1, -3}, 9, {1, 1, 0}},  {{1, 1, 0}, 0, {1, 1, 0}}, /* face */
        {{2, -3, 4}, 25, {2, 0, 0}}, {{-3, 1, 4}, 25, {0, 1, 0}}, {{4, 4, 0}, 8, {2, 2, 0}}, /* sides */
        {{-1, -2, 2}, 9, {0, 0, 0}}, {{6, 1, 2}, 9, {4, 0, 0}},   {{1, 6, 2}, 9, {0, 4, 0}}, /* corners */
        {{0, 0, 0}, 0, {0, 0, 0}},   {{4, 0, 0}, 0, {4, 0, 0}},   {{0, 4, 0}, 0, {0, 4, 0}}, {{2, 2, 0}, 0, {2, 2, 0}},
    };
    for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
        double q[3];
        assert_true(lm_nearest_triangle(a, b, c, t[i].p, q) == t[i].d2);
        assert_true(lm_nearest_triangle(b, c, a, t[i].p, NULL) == t[i].d2);
        assert_true(lm_nearest_triangle(c, b, a, t[i].p, NULL) == t[i].d2);
        assert_memory_equal(q, t[i].q, sizeof q);
    }
}

/* Without area: two equal corners, all equal, collinear with the third between and outside. */
static void degenerate(void **state)
{
    (void)state;
    const float o[3] = {0, 0, 0}, x[3] = {4, 0, 0}, m[3] = {1, 0, 0};
    const double p[3] = {2, 3, 0}, far[3] = {7, 4, 0};
    assert_true(lm_nearest_triangle(o, o, o, p, NULL) == 13);
    assert_true(lm_nearest_triangle(o, o, x, p, NULL) == 9 && lm_nearest_triangle(o, x, x, p, NULL) == 9 &&
                lm_nearest_triangle(x, o, x, p, NULL) == 9);
    assert_true(lm_nearest_triangle(o, m, x, p, NULL) == 9 && lm_nearest_triangle(m, o, x, p, NULL) == 9 &&
                lm_nearest_triangle(o, x, m, p, NULL) == 9);
    assert_true(lm_nearest_triangle(o, m, x, far, NULL) == 25);
    /* from the smallest denormals to the largest floats */
    const float s[3][3] = {{0, 0, 0}, {0x1p-149f, 0, 0}, {0, 0x1p-149f, 0}},
                l[3][3] = {{0, 0, 0}, {0x1p127f, 0, 0}, {0, 0x1p127f, 0}};
    assert_true(lm_nearest_triangle(s[0], s[1], s[2], (double[3]){0x1p-151, 0x1p-151, 3}, NULL) == 9);
    assert_true(lm_nearest_triangle(l[0], l[1], l[2], (double[3]){0x1p120, 0x1p120, 0x1p127}, NULL) == 0x1p254);
}

static void one_triangle(void **state)
{
    (void)state;
    seed = 20260321;
    print_message("# seed %llu\n", (unsigned long long)seed);
    for (int i = 0; i < 200000; i++) {
        float t[3][3];
        double p[3], q[3], size = 0, off = i % 3 ? 0 : 1000 * rnd(), thin = i % 4 ? 1 : i % 8 ? 1e-4 : 1e-7;
        for (int k = 0; k < 3; k++) {
            t[0][k] = (float)(rnd() + off);
            t[1][k] = (float)(rnd() + off);
            t[2][k] = (float)(thin == 1 ? rnd() + off : t[0][k] + 0.3 * ((double)t[1][k] - t[0][k]) + thin * rnd()); /* a sliver */
            p[k] = (i % 5 ? 3 * rnd() - 1 : t[i % 3][k] + 1e-3 * (rnd() - 0.5)) + (i % 5 ? off : 0);
            size = fmax(size, fmax(fabs(p[k] - t[0][k]), fmax(fabs(p[k] - t[1][k]), fabs(p[k] - t[2][k]))));
        }
        double d = sqrt(lm_nearest_triangle(t[0], t[1], t[2], p, q)), truth = (double)sqrtl(slow(t[0], t[1], t[2], p)), at = 0;
        if (fabs(d - truth) > 1e-12 * truth + 1e-14 * size)
            fail_msg("triangle %d: %.17g, truth %.17g (%g)", i, d, truth, d - truth);
        for (int k = 0; k < 3; k++) at += (p[k] - q[k]) * (p[k] - q[k]);
        if (fabs(sqrt(at) - d) > 1e-12 * d + 1e-12 * (size + off))
            fail_msg("triangle %d: point at %.17g, distance %.17g", i, sqrt(at), d);
    }
}

/* A soup with doubles and degenerate triangles on a coarse lattice, so that ties abound. */
static void soup(lm_mesh *m, size_t nt)
{
    assert_int_equal(lm_mesh_alloc(m, 3 * nt, nt, NULL), LM_OK);
    for (size_t t = 0; t < nt; t++) {
        double at[3] = {floor(30 * rnd()), floor(30 * rnd()), floor(6 * rnd())};
        for (size_t i = 0; i < 9; i++) m->pos[9 * t + i] = (float)(at[i % 3] + floor(4 * rnd()));
        if (t % 7 == 3) memcpy(m->pos + 9 * t, m->pos + 9 * (size_t)(t * rnd()), 9 * sizeof(float));
    }
    for (size_t i = 0; i < 3 * nt; i++) m->tri[i] = (uint32_t)i;
}

static void tree(void **state)
{
    (void)state;
    enum { NT = 400, NP = 1500 };
    static lm_nearest_hit hits[4][NP];
    static double p[3 * NP];
    lm_mesh m = LM_MESH_INIT;
    lm_nearest n = LM_NEAREST_INIT;
    lm_err err = LM_ERR_INIT;
    seed = 4711;
    print_message("# seed %llu\n", (unsigned long long)seed);
    soup(&m, NT);
    for (size_t i = 0; i < 3 * NP; i++) p[i] = i % 2 ? 40 * rnd() - 5 : floor(80 * rnd()) / 2 - 4;
    for (int j = 0; j < 4; j++) {
        const int threads[] = {1, 2, 3, 8};
        assert_int_equal(lm_nearest_build(&m, threads[j], &n, &err), LM_OK);
        assert_int_equal(lm_nearest_batch(&n, p, NP, INFINITY, threads[j], hits[j], &err), LM_OK);
        assert_memory_equal(hits[j], hits[0], sizeof hits[0]);
    }
    for (size_t i = 0; i < NP; i++) {
        double best = INFINITY;
        uint32_t at = 0;
        for (uint32_t t = 0; t < NT; t++) {
            const float *c = m.pos + 9 * (size_t)t;
            double d = lm_nearest_triangle(c, c + 3, c + 6, p + 3 * i, NULL);
            if (d < best) best = d, at = t;
        }
        assert_true(hits[0][i].d2 == best);
        assert_int_equal(hits[0][i].tri, at);
        lm_nearest_hit h;
        lm_nearest_find(&n, p + 3 * i, INFINITY, (uint32_t)(NT * rnd()), &h); /* a hint changes nothing */
        assert_memory_equal(&h.q, &hits[0][i].q, sizeof h.q);
        assert_int_equal(h.tri, at);
        lm_nearest_find(&n, p + 3 * i, best, (uint32_t)(NT * rnd()), &h); /* what lies at the limit is found */
        assert_int_equal(h.tri, at);
        lm_nearest_find(&n, p + 3 * i, best * 0.999 - 1e-9, at, &h);
        assert_true(h.tri == LM_NEAREST_NONE && h.d2 == INFINITY);
    }
    lm_nearest_release(&n);
    lm_mesh_release(&m);
}

static void empty(void **state)
{
    (void)state;
    lm_mesh m = LM_MESH_INIT;
    lm_nearest n = LM_NEAREST_INIT;
    lm_nearest_hit h;
    assert_int_equal(lm_nearest_build(&m, 1, &n, NULL), LM_OK);
    lm_nearest_find(&n, (double[3]){1, 2, 3}, INFINITY, 5, &h);
    assert_true(h.tri == LM_NEAREST_NONE && h.d2 == INFINITY);
    lm_nearest_release(&n);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(regions), cmocka_unit_test(degenerate), cmocka_unit_test(one_triangle),
        cmocka_unit_test(tree),    cmocka_unit_test(empty),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
