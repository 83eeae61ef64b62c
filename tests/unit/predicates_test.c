/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Signs against integers that hold every product of three differences of floats (wide), and constructed cases. */
#include "surface/predicates.h"
#include <float.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

/* ---- sign and magnitude integers of 960 bits; a float is taken in units of 2^-149 ---- */
enum { LIMBS = 30 };
typedef struct {
    int sign;
    uint32_t d[LIMBS];
} wide;

static int wide_cmp(const wide *a, const wide *b)
{
    for (int i = LIMBS; i--;)
        if (a->d[i] != b->d[i]) return a->d[i] < b->d[i] ? -1 : 1;
    return 0;
}

static wide wide_of(float f)
{
    wide w = {0};
    int e;
    double m = frexp(fabsf(f), &e); /* f = m * 2^e, 24 bits in m */
    uint64_t bits = (uint64_t)ldexp(m, 24);
    int shift = e - 24 + 149;
    if (f == 0) return w;
    if (shift < 0) bits >>= -shift, shift = 0;
    w.sign = f < 0 ? -1 : 1;
    __uint128_t v = (__uint128_t)bits << (shift % 32);
    for (int i = 0; i < 3; i++) w.d[shift / 32 + i] = (uint32_t)(v >> 32 * i);
    return w;
}

static wide wide_add(wide a, wide b)
{
    wide r = {0};
    if (!a.sign) return b;
    if (!b.sign) return a;
    int c = wide_cmp(&a, &b);
    if (a.sign != b.sign && !c) return r;
    if (a.sign != b.sign && c < 0) r = a, a = b, b = r;
    int64_t carry = 0;
    r.sign = a.sign;
    for (int i = 0; i < LIMBS; i++) {
        carry += a.sign == b.sign ? (int64_t)a.d[i] + b.d[i] : (int64_t)a.d[i] - b.d[i];
        r.d[i] = (uint32_t)carry;
        carry >>= 32;
    }
    return r;
}

static wide wide_neg(wide a)
{
    a.sign = -a.sign;
    return a;
}

static wide wide_mul(const wide *a, const wide *b)
{
    wide r = {.sign = a->sign * b->sign};
    for (int i = 0; i < LIMBS; i++) {
        uint64_t carry = 0;
        for (int j = 0; i + j < LIMBS; j++) {
            carry += (uint64_t)a->d[i] * b->d[j] + r.d[i + j];
            r.d[i + j] = (uint32_t)carry;
            carry >>= 32;
        }
    }
    return r;
}

static wide wide_minor(wide m[3][3], int r, int s, int k, int l)
{
    return wide_add(wide_mul(&m[r][k], &m[s][l]), wide_neg(wide_mul(&m[r][l], &m[s][k])));
}

static void wide_rows(const float *const p[4], int n, wide m[3][3])
{
    for (int i = 0; i < n; i++)
        for (int k = 0; k < n; k++) m[i][k] = wide_add(wide_of(p[i + 1][k]), wide_neg(wide_of(p[0][k])));
}

static int wide_orient3d(const float *const p[4])
{
    wide m[3][3], sum = {0};
    wide_rows(p, 3, m);
    for (int i = 0; i < 3; i++) {
        wide q = wide_minor(m, (i + 1) % 3, (i + 2) % 3, 1, 2);
        sum = wide_add(sum, wide_mul(&m[i][0], &q));
    }
    return sum.sign;
}

static int wide_orient2d(const float *const p[4])
{
    wide m[3][3];
    wide_rows(p, 2, m);
    return wide_minor(m, 0, 1, 0, 1).sign;
}

/* ---- random points ---- */
static uint64_t rng = 20261121;
static uint32_t next32(void)
{
    rng = rng * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(rng >> 32);
}

static float any_float(void) /* any finite bits */
{
    uint32_t u;
    float f;
    do {
        u = next32();
        memcpy(&f, &u, 4);
    } while (!isfinite(f));
    return f;
}

static float step(float f, int ulps)
{
    while (ulps > 0) f = nextafterf(f, INFINITY), ulps--;
    while (ulps < 0) f = nextafterf(f, -INFINITY), ulps++;
    return isfinite(f) ? f : 0;
}

enum { KINDS = 5 };
/* 0: like a scan; 1: any floats at all; 2: small grid; 3: nearly coplanar; 4: coplanar and mixed with denormals */
static void draw(int kind, float p[4][3])
{
    for (int i = 0; i < 4; i++)
        for (int k = 0; k < 3; k++) {
            uint32_t r = next32();
            p[i][k] = kind == 0   ? (float)(r % 500000u) * 1e-3f - 250
                      : kind == 1 ? any_float()
                      : kind == 2 ? (float)(r % 4)
                                  : (float)(r % 2000) * 0.037f - 30;
        }
    if (kind < 3) return;
    float s = (float)(next32() % 1000) / 997, t = (float)(next32() % 1000) / 991;
    for (int k = 0; k < 3; k++) {
        p[3][k] = p[0][k] + s * (p[1][k] - p[0][k]) + t * (p[2][k] - p[0][k]);
        if (kind == 3) p[3][k] = step(p[3][k], (int)(next32() % 5) - 2);
        else if (next32() % 2) p[3][k] = ldexpf((float)(next32() % 16) - 8, -149 + (int)(next32() % 140));
    }
}

static void signs_are_exact(void **state)
{
    (void)state;
    size_t zero = 0, n = 0;
    for (int kind = 0; kind < KINDS; kind++)
        for (int i = 0; i < 3000; i++, n++) {
            float p[4][3];
            uint64_t seed = rng;
            draw(kind, p);
            const float *q[4] = {p[0], p[1], p[2], p[3]};
            int want = wide_orient3d(q), got = lm_predicates_orient3d(q[0], q[1], q[2], q[3]);
            if (got != want) fail_msg("orient3d %d, exactly %d (kind %d, seed %llu)", got, want, kind, (unsigned long long)seed);
            assert_int_equal(lm_predicates_orient3d(q[1], q[0], q[2], q[3]), -want);
            assert_int_equal(lm_predicates_orient3d(q[3], q[2], q[1], q[0]), want);
            zero += want == 0;
            q[2] = q[3];
            want = wide_orient2d(q);
            got = lm_predicates_orient2d(q[0], q[1], q[2]);
            if (got != want) fail_msg("orient2d %d, exactly %d (kind %d, seed %llu)", got, want, kind, (unsigned long long)seed);
            assert_int_equal(lm_predicates_orient2d(q[1], q[0], q[2]), -want);
        }
    assert_true(zero > 100 && zero < n / 2); /* the hard cases were really drawn */
}

static void extreme_coordinates(void **state)
{
    (void)state;
    const float big = FLT_MAX, small = FLT_TRUE_MIN;
    float a[3] = {-big, -big, 0}, b[3] = {big, -big, 0}, c[3] = {0, big, 0}, d[3] = {1, 2, small};
    assert_int_equal(lm_predicates_orient3d(a, b, c, d), 1);
    d[2] = -small;
    assert_int_equal(lm_predicates_orient3d(a, b, c, d), -1);
    d[2] = -0.0f;
    assert_int_equal(lm_predicates_orient3d(a, b, c, d), 0);
    float e[3] = {0, 0, 0}, f[3] = {1e30f, 1e30f, 1e30f}, g[3] = {1e-30f, 1e-30f, 1e-30f};
    assert_true(lm_predicates_collinear(e, f, g));
    g[1] = nextafterf(g[1], 1);
    assert_false(lm_predicates_collinear(e, f, g));
    assert_true(lm_predicates_collinear(f, f, g));
}

/* The ray through a corner, along an edge, and through faces of an octahedron crosses it once from inside, and an even
 * number of times from outside. */
static void ray_counts_are_exact(void **state)
{
    (void)state;
    static const float v[6][3] = {{1, 0, 0}, {-1, 0, 0}, {0, 1, 0}, {0, -1, 0}, {0, 0, 1}, {0, 0, -1}};
    static const int f[8][3] = {{0, 2, 4}, {2, 1, 4}, {1, 3, 4}, {3, 0, 4}, {2, 0, 5}, {1, 2, 5}, {3, 1, 5}, {0, 3, 5}};
    static const float in[][3] = {{0, 0, 0}, {-0.5f, 0, 0}, {0.25f, 0.25f, 0}, {-0.25f, 0, 0.5f}, {0, 0.125f, 0.125f}},
                       out[][3] = {{-2, 0, 0}, {-3, 0.5f, 0}, {-1, 1, 0}, {-1, 0, 1}, {-2, 0, -1}, {2, 0, 0}, {-5, 0.25f, 0.25f}};
    for (size_t i = 0; i < sizeof in / sizeof *in + sizeof out / sizeof *out; i++) {
        bool inside = i < sizeof in / sizeof *in;
        const float *p = inside ? in[i] : out[i - sizeof in / sizeof *in];
        int n = 0;
        for (int t = 0; t < 8; t++) {
            const float *q[3] = {v[f[t][0]], v[f[t][1]], v[f[t][2]]};
            n += lm_predicates_ray_x(p, q);
        }
        assert_int_equal(n & 1, inside);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(signs_are_exact),
        cmocka_unit_test(extreme_coordinates),
        cmocka_unit_test(ray_counts_are_exact),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
