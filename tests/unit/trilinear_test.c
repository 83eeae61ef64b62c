/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The decisions themselves: exactness and symmetry. That they are the right ones is topology_test.c's matter. */
#include "surface/trilinear.h"
#include <float.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

static uint64_t rng = 1;
static uint64_t rnd(void)
{
    rng = rng * 6364136223846793005u + 1442695040888963407u;
    return rng >> 33;
}

static bool joined(double a, double b, double c, double d, double iso)
{
    const double v[4] = {a, b, c, d};
    return lm_trilinear_joined(v, iso);
}

static void a_face_is_joined_where_its_saddle_is_not_below_the_level(void **state)
{
    (void)state;
    assert_true(joined(2, -1, 2, -1, 0) && !joined(1, -2, 1, -2, 0));
    assert_true(joined(1, -1, 1, -1, 0)); /* a saddle at the level is inside, as a sample is */
    assert_false(joined(0, -1, 0, -1, 0));
    assert_true(joined(0, -1, 3, -DBL_TRUE_MIN, 0) == false && joined(5, -0.5, 0.5, -5, 0));
    assert_true(joined(0.3, -0.1, 0.1, -0.1, 0.1) == false);
}

static void faces_are_decided_where_doubles_would_round(void **state)
{
    (void)state;
    const double e = ldexp(1, -52), big = ldexp(1, 60);
    assert_false(joined(1 + e, -1, 1 - e, -1, 0)); /* 1 - 2^-104 against 1 */
    assert_true(joined(1, -1 - e, 1, -1 + e, 0));
    assert_false(joined(big, -big, big, -big, 1)); /* big - 1 and -big - 1 round to +-big */
    assert_true(joined(big, -big, big, -big, -1) && joined(big, -big, big, -big, 0));
    assert_true(joined(1e300, -1e300, 1e300, -1e299, 0) && !joined(1e300, -1e301, 1e300, -1e300, 0)); /* products overflow */
    assert_true(joined(3e-320, -1e-320, 3e-320, -1e-320, 0) && !joined(1e-320, -3e-320, 1e-320, -3e-320, 0)); /* or vanish */
    assert_true(joined(INFINITY, -1, 1, -1, 0) && joined(INFINITY, -INFINITY, INFINITY, -1, 0));
    assert_false(joined(INFINITY, -INFINITY, 1, -2, 0)); /* twice W against once */
    assert_false(joined(0, -1, INFINITY, -1, 0));
    assert_true(joined(INFINITY, -1, 1.7e308, -INFINITY, -1.7e308));
}

/* Corners of v with the axes renamed: axis a of the result is axis (a + turn) % 3 of v. */
static void turned(const double v[8], int turn, double w[8])
{
    for (int c = 0; c < 8; c++) {
        int from = 0;
        for (int a = 0; a < 3; a++) from |= (c >> a & 1) << (a + turn) % 3;
        w[c] = v[from];
    }
}

static int tunnels(const double v[8], double iso)
{
    return lm_trilinear_tunnel(v, iso, 0) + lm_trilinear_tunnel(v, iso, 1);
}

static void mirrored(const double v[8], int bit, double w[8])
{
    for (int c = 0; c < 8; c++) w[c] = v[c ^ bit];
}

static double any_value(int kind)
{
    switch (kind) {
    case 0: return (double)(rnd() % 3) - 1;
    case 1: return (double)(rnd() % 7) - 3;
    case 2: return (double)(rnd() % 2001) - 1000;
    case 3: return ((double)rnd() - 1073741824.0) * ldexp(1, (int)(rnd() % 5));
    case 4: return ldexp((double)rnd() - 1073741824.0, (int)(rnd() % 200 * (rnd() % 512 ? 1 : 10)) - 1000);
    default: return rnd() % 4 ? (double)(rnd() % 5) - 2 : rnd() % 2 ? INFINITY : -INFINITY;
    }
}

/* A tunnel is one seen along any axis and from any side; there is never more than one. Level iso - e breaks the symmetry of f
 * and -f, but not this one. */
static void a_tunnel_is_one_seen_from_anywhere(void **state)
{
    (void)state;
    int found[6] = {0};
    for (int k = 0; k < 9000; k++) {
        double v[8], w[8];
        const int kind = k % 6;
        const double iso = kind == 4 ? 0 : any_value(kind == 5 ? 1 : kind);
        for (int c = 0; c < 8; c++) { /* corners 0 and 7 against the rest: where tunnels are not rare */
            v[c] = any_value(kind);
            if (k % 4) v[c] = c == 0 || c == 7 ? fabs(v[c]) : -fabs(v[c]) / 2;
            if (kind != 5 && k % 4) v[c] += iso;
        }
        const int n = tunnels(v, iso);
        found[kind] += n;
        assert_true(n < 2);
        for (int turn = 1; turn < 3; turn++) {
            turned(v, turn, w);
            assert_int_equal(tunnels(w, iso), n);
        }
        for (int bit = 1; bit < 8; bit++) {
            mirrored(v, bit, w);
            assert_int_equal(tunnels(w, iso), n);
        }
    }
    for (int kind = 0; kind < 6; kind++) assert_true(found[kind] > 10);
}

/* Powers of two change nothing, down to denormals and up to the largest: the filter's answers and the exact ones are one. */
static void scale_does_not_matter(void **state)
{
    (void)state;
    int found = 0;
    for (int k = 0; k < 2000; k++) {
        double v[8], w[8];
        static const int exponents[] = {-1074, -1000, -500, 1, 300, 980};
        for (int c = 0; c < 8; c++) v[c] = (c == 0 || c == 7 ? 3 : -1) * (double)(rnd() % (k % 2 ? 9 : 5000));
        const int n = tunnels(v, 0);
        found += n;
        for (int s = 0; s < 6; s++) {
            for (int c = 0; c < 8; c++) w[c] = ldexp(v[c], exponents[s]);
            assert_int_equal(tunnels(w, 0), n);
        }
        for (int c = 0; c < 8; c++) w[c] = v[c] + 4194304.5;
        assert_int_equal(tunnels(w, 4194304.5), n);
    }
    assert_true(found > 100);
}

/* 0 and 7 inside, value p; the six others outside, value -q: f at the centre of the cell is (2p - 6q) / 8, and there is the
 * saddle, by symmetry. The tunnel opens where it reaches the level. */
static void the_tunnel_opens_at_the_saddle(void **state)
{
    (void)state;
    for (int k = -3; k <= 3; k++) {
        double v[8];
        for (int c = 0; c < 8; c++) v[c] = c == 0 || c == 7 ? 3 + k * ldexp(1, -51) : -1;
        assert_int_equal(tunnels(v, 0), k >= 0); /* at the level is inside */
        for (int c = 0; c < 8; c++) v[c] = -v[c];
        assert_int_equal(tunnels(v, 0), k > 0); /* the outside joins only above it */
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_face_is_joined_where_its_saddle_is_not_below_the_level),
        cmocka_unit_test(faces_are_decided_where_doubles_would_round),
        cmocka_unit_test(a_tunnel_is_one_seen_from_anywhere),
        cmocka_unit_test(scale_does_not_matter),
        cmocka_unit_test(the_tunnel_opens_at_the_saddle),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
