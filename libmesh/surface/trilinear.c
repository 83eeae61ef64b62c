/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Contents: 1 in doubles, with error bounds, 2 exactly, 3 the answers */
#include "surface/trilinear.h"
#include "base/bigint.h"

#include <float.h>
#include <math.h>

static const double ULP = DBL_EPSILON / 2;

enum { TRILINEAR_UNSURE = 2 };

/* Edges along x: 0 P, 1 R, 2 T, 3 S; q[i] the coefficient of x^i in Q = PS - RT. */

/* ---- 1 in doubles ---- */

static int trilinear_sure(double x, double bound)
{
    return x > bound ? 1 : x < -bound ? -1 : TRILINEAR_UNSURE;
}

/* v - iso without error and in so few bits that products have none either: the usual case, v integers. */
static bool trilinear_short(const double v[4], double iso, double g[4])
{
    bool good = true;
    for (int c = 0; c < 4; c++) {
        g[c] = v[c] - iso;
        double back = g[c] - v[c]; /* -iso, and the rest as it should be: no rounding (Knuth's two-sum) */
        good &= (double)(float)g[c] == g[c] && (v[c] - (g[c] - back)) + (-iso - back) == 0 && fabs(g[c]) < 1e38;
    }
    return good;
}

/* v - iso, scaled to at most 1: then each is off by less than ULP. False where that cannot be had. */
static bool trilinear_scaled(const double *v, int n, double iso, double *g)
{
    double largest = 0;
    int exponent;
    for (int c = 0; c < n; c++) {
        g[c] = v[c] - iso;
        largest = fabs(g[c]) > largest ? fabs(g[c]) : largest;
    }
    if (!(largest >= 1e-200 && largest <= 1e200)) return false;
    frexp(largest, &exponent);
    const double scale = ldexp(1, -exponent);
    for (int c = 0; c < n; c++) g[c] *= scale;
    return true;
}

/* The bounds below follow from |g| <= 1 with error ULP each, sums and products rounded once: each is at least the sum of the
 * errors in the comment, underflow (below 1e-300) included. */
static int trilinear_filter(const double *g, int sign)
{
    double d[4], q[3];
    for (int e = 0; e < 4; e++) d[e] = g[2 * e + 1] - g[2 * e];   /* <= 2, off by 4 ULP */
    q[2] = d[0] * d[3] - d[1] * d[2];                             /* <= 8, off by 48 ULP */
    q[1] = g[0] * d[3] + g[6] * d[0] - g[2] * d[2] - g[4] * d[1]; /* <= 8, off by 56 ULP */
    q[0] = g[0] * g[6] - g[2] * g[4];                             /* <= 2, off by 8 ULP */
    const double B0 = 16 * ULP, B1 = 64 * ULP;
    int open = trilinear_sure(q[2], B1), all = 1;
    if (open == TRILINEAR_UNSURE) return open;
    const struct {
        double x, bound;
    } more[] = {
        {q[1] * q[1] - 4 * q[2] * q[0], 2048 * ULP}, /* terms <= 64, off by 1088 and 832 ULP */
        {-q[1] * open, B1},
        {(q[1] + 2 * q[2]) * open, 256 * ULP},
        {q[0] * open, B0},
        {(q[0] + q[1] + q[2]) * open, 256 * ULP},
    };
    for (int k = 0; k < 5; k++) {
        int s = trilinear_sure(more[k].x, more[k].bound);
        if (s < 0) return 0;
        if (s == TRILINEAR_UNSURE) all = s;
    }
    for (int e = 0; e < 4; e++) {
        const int want = (e == 0 || e == 3) != sign ? 1 : -1;
        const double a = g[2 * e], b = g[2 * e + 1];
        const int sa = trilinear_sure(a, B0), sb = trilinear_sure(b, B0);
        if (sa == TRILINEAR_UNSURE || sb == TRILINEAR_UNSURE) return TRILINEAR_UNSURE;
        if (sa == sb) continue;
        int value = e == 0 || e == 3 ? -1 : 1; /* of Q where edge e is 0: -RT or PS */
        for (int k = 0; k < 2; k++) {
            const int f = e == 0 || e == 3 ? 1 + k : 3 * k, s = trilinear_sure(a * g[2 * f + 1] - b * g[2 * f], B0);
            value = s == TRILINEAR_UNSURE || value == TRILINEAR_UNSURE ? TRILINEAR_UNSURE : value * s;
        }
        const int side = trilinear_sure(2 * q[2] * a - q[1] * d[e], 512 * ULP); /* terms <= 16, off by 176 and 160 ULP */
        if (value == -open) return 0;
        if (value == TRILINEAR_UNSURE || side == TRILINEAR_UNSURE) all = TRILINEAR_UNSURE;
        else if (side * open * (sa > 0 ? 1 : -1) != (sa == want ? 1 : -1)) return 0;
    }
    return all;
}

/* ---- 2 exactly ---- */

/* The values as integers G = 2^s (2^k (v - iso)) + 1: level iso - e with e = 2^-s in units of the first bracket. A
 * polynomial of degree 4 in these values with the coefficients below is c0 + c1 e + ..., each an integer below 2^(4b+8) for
 * b bits in the bracket: with s = 4b + 12 its sign is that of the first that is not 0. */
static void trilinear_integers(const double *v, int n, double iso, lm_bigint *g)
{
    enum { FAR = 1025 };
    int low = 1, high = -1100; /* lowest and highest exponent */
    for (int c = 0; c <= n; c++) {
        const double x = c < n ? v[c] : iso;
        int exponent = FAR + 1;
        if (x == 0) continue;
        if (!isinf(x)) {
            double m = frexp(x, &exponent);
            int bits = 53;
            for (uint64_t u = (uint64_t)ldexp(fabs(m), 53); !(u & 1); u >>= 1) bits--;
            if (exponent - bits < low) low = exponent - bits;
        }
        if (exponent > high) high = exponent;
    }
    const int b = high - low + 2 > 1 ? high - low + 2 : 1, s = 4 * b + 12;
    lm_bigint level, one;
    lm_bigint_set(&level, iso, -low);
    lm_bigint_set(&one, 1, 0);
    for (int c = 0; c < n; c++) {
        if (isinf(v[c])) {
            lm_bigint_shift(&g[c], &one, FAR - low);
            g[c].sign = v[c] > 0 ? 1 : -1;
        } else lm_bigint_set(&g[c], v[c], -low);
        lm_bigint_sub(&g[c], &g[c], &level);
        lm_bigint_shift(&g[c], &g[c], s);
        lm_bigint_add(&g[c], &g[c], &one);
    }
}

/* r = a*b - c*d */
static void trilinear_minor(lm_bigint *r, const lm_bigint *a, const lm_bigint *b, const lm_bigint *c, const lm_bigint *d)
{
    lm_bigint t;
    lm_bigint_mul(&t, c, d);
    lm_bigint_mul(r, a, b);
    lm_bigint_sub(r, r, &t);
}

typedef struct {
    lm_bigint g[8], d[4], q[3];
} trilinear_exact;

static void trilinear_quadratic(trilinear_exact *x)
{
    lm_bigint t;
    for (int e = 0; e < 4; e++) lm_bigint_sub(&x->d[e], &x->g[2 * e + 1], &x->g[2 * e]);
    trilinear_minor(&x->q[2], &x->d[0], &x->d[3], &x->d[1], &x->d[2]);
    trilinear_minor(&x->q[1], &x->g[0], &x->d[3], &x->g[2], &x->d[2]);
    trilinear_minor(&t, &x->g[6], &x->d[0], &x->g[4], &x->d[1]);
    lm_bigint_add(&x->q[1], &x->q[1], &t);
    trilinear_minor(&x->q[0], &x->g[0], &x->g[6], &x->g[2], &x->g[4]);
}

/* Two different roots between 0 and 1? */
static bool trilinear_two_roots(const trilinear_exact *x)
{
    const int open = x->q[2].sign;
    lm_bigint t, u;
    if (!open || x->q[1].sign != -open || x->q[0].sign != open) return false;
    lm_bigint_add(&t, &x->q[1], &x->q[2]);
    lm_bigint_add(&u, &t, &x->q[0]);
    lm_bigint_add(&t, &t, &x->q[2]);
    if (t.sign != open || u.sign != open) return false;
    lm_bigint_shift(&t, &x->q[2], 2);
    trilinear_minor(&u, &x->q[1], &x->q[1], &t, &x->q[0]);
    return u.sign > 0;
}

/* Both roots on the side where edge e has the sign it should have: Q opens away from 0 at the edge's zero t, and t lies on
 * the other side of the vertex of Q. */
static bool trilinear_beyond(const trilinear_exact *x, int e, int want)
{
    const lm_bigint *a = &x->g[2 * e], *b = &x->g[2 * e + 1];
    const bool outer = e == 0 || e == 3;
    int value = outer ? -1 : 1;
    lm_bigint t, u;
    if (a->sign == b->sign) return true;
    for (int k = 0; k < 2; k++) {
        const int f = outer ? 1 + k : 3 * k;
        trilinear_minor(&t, a, &x->g[2 * f + 1], b, &x->g[2 * f]);
        value *= t.sign;
    }
    if (value != x->q[2].sign) return false;
    lm_bigint_shift(&u, &x->q[2], 1);
    trilinear_minor(&t, &u, a, &x->q[1], &x->d[e]); /* (2 q2 t + q1) times (a - b), which has the sign of a */
    return t.sign * a->sign * x->q[2].sign == (a->sign == want ? 1 : -1);
}

static bool trilinear_exactly(const double *v, double iso, int sign)
{
    trilinear_exact x;
    trilinear_integers(v, 8, iso, x.g);
    trilinear_quadratic(&x);
    if (!trilinear_two_roots(&x)) return false;
    for (int e = 0; e < 4; e++)
        if (!trilinear_beyond(&x, e, (e == 0 || e == 3) != sign ? 1 : -1)) return false;
    return true;
}

/* ---- 3 the answers ---- */

bool lm_trilinear_joined(const double v[4], double iso)
{
    double g[4];
    if (trilinear_short(v, iso, g)) return g[0] * g[2] >= g[1] * g[3]; /* v[0] and v[2] inside: e decides a tie for them */
    if (trilinear_scaled(v, 4, iso, g)) {
        int s = trilinear_sure(g[0] * g[2] - g[1] * g[3], 16 * ULP);
        if (s != TRILINEAR_UNSURE) return s > 0;
    }
    lm_bigint x[4], d;
    trilinear_integers(v, 4, iso, x);
    trilinear_minor(&d, &x[0], &x[2], &x[1], &x[3]);
    return d.sign > 0;
}

bool lm_trilinear_tunnel(const double v[8], double iso, int sign)
{
    double g[8];
    for (int e = 0; e < 4; e++) {
        const bool want = (e == 0 || e == 3) != sign;
        if ((v[2 * e] >= iso) != want && (v[2 * e + 1] >= iso) != want) return false;
    }
    if (trilinear_scaled(v, 8, iso, g)) {
        int s = trilinear_filter(g, sign);
        if (s != TRILINEAR_UNSURE) return s > 0;
    }
    return trilinear_exactly(v, iso, sign);
}
