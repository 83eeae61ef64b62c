/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Exponential and logarithm beside those of libm. */
#include "base/arith.h"
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

static void beside_libm(void **state)
{
    (void)state;
    for (int i = -70800; i <= 70800; i++) {
        const double x = (double)i / 100 + (double)i * 1e-7, want = exp(x), got = lm_arith_exp(x);
        if (!(fabs(got - want) <= 2e-15 * want)) fail_msg("exp(%.17g) = %.17g, not %.17g", x, got, want);
    }
    for (int i = -3000; i <= 3000; i++) {
        const double x = ldexp(1 + (double)((unsigned)i * 2654435761u % 1000003) / 1000003, i / 3), want = log(x),
                     got = lm_arith_log(x);
        if (!(fabs(got - want) <= 2e-15 * fmax(1, fabs(want)))) fail_msg("log(%.17g) = %.17g, not %.17g", x, got, want);
    }
    assert_true(lm_arith_exp(0) == 1 && lm_arith_exp(-800) == 0 && isinf(lm_arith_exp(800)) && lm_arith_log(1) == 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(beside_libm)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
