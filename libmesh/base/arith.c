/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/arith.h"

#include <math.h>

/* ln 2 in two parts: products of the first with whole numbers below 2^20 are exact. */
static const double arith_ln2_hi = 0x1.62e42fee00000p-1, arith_ln2_lo = 0x1.a39ef35793c76p-33;

double lm_arith_exp(double x)
{
    if (x > 709) return INFINITY;
    if (x < -745) return 0;
    const double k = floor(x / 0.6931471805599453 + 0.5), r = (x - k * arith_ln2_hi) - k * arith_ln2_lo; /* |r| <= 0.35 */
    double sum = 1;
    for (int i = 14; i; i--) sum = 1 + r * sum / i; /* Taylor, innermost term first: r^15/15! is below 2e-19 */
    return ldexp(sum, (int)k);
}

double lm_arith_log(double x)
{
    int e;
    double m = frexp(x, &e);
    if (m < 0.7071067811865476) {
        m *= 2;
        e--;
    }
    const double s = (m - 1) / (m + 1), s2 = s * s; /* log m = 2 atanh s, |s| <= 0.172 */
    double sum = 0;
    for (int i = 23; i > 0; i -= 2) sum = sum * s2 + 1.0 / i;
    return (double)e * arith_ln2_hi + (2 * s * sum + (double)e * arith_ln2_lo);
}
