/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Distances on a grid against all pairs of samples, for sparse, dense, empty and full grids of any shape. */
#include "volume/edt.h"
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static uint64_t seed;
static uint64_t rnd(uint64_t below)
{
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    return (seed >> 33) % below;
}

static double nearest(const uint8_t *f, const size_t n[3], const double step[3], size_t at)
{
    const double p[3] = {(double)(at % n[0]), (double)(at / n[0] % n[1]), (double)(at / n[0] / n[1])};
    double best = INFINITY;
    for (size_t i = 0; i < n[0] * n[1] * n[2]; i++) {
        const double q[3] = {(double)(i % n[0]), (double)(i / n[0] % n[1]), (double)(i / n[0] / n[1])};
        double d2 = 0;
        if (!f[i]) continue;
        for (int a = 0; a < 3; a++) d2 += (p[a] - q[a]) * (p[a] - q[a]) * step[a] * step[a];
        best = fmin(best, d2);
    }
    return best;
}

static void brute_force(void **state)
{
    (void)state;
    static const size_t size[][3] = {{1, 1, 1},  {7, 1, 1}, {1, 9, 1},   {1, 1, 8},  {17, 5, 1},
                                     {1, 6, 19}, {9, 1, 4}, {33, 11, 7}, {6, 18, 20}};
    static const double steps[][3] = {{1, 1, 1}, {0.7, 0.7, 2.5}, {3, 0.25, 1e-3}};
    seed = 20261121;
    print_message("# seed %llu\n", (unsigned long long)seed);
    for (size_t s = 0; s < sizeof size / sizeof *size; s++)
        for (size_t t = 0; t < 3; t++)
            for (uint64_t sparse = 1; sparse < 1000; sparse *= 9) { /* all of them, one in 9, in 81, in 729 */
                const size_t *n = size[s], count = n[0] * n[1] * n[2];
                uint8_t *f = malloc(count);
                float *d = malloc(count * sizeof *d), *e = malloc(count * sizeof *e);
                for (size_t i = 0; i < count; i++) f[i] = rnd(sparse) == 0;
                assert_int_equal(lm_edt_squared(f, n, steps[t], 1, d, NULL), LM_OK);
                for (size_t i = 0; i < count; i++) {
                    double want = nearest(f, n, steps[t], i);
                    if (isinf(want)) assert_true(isinf(d[i]));
                    else assert_true(fabs((double)d[i] - want) <= 2e-7 * want);
                }
                for (int threads = 2; threads < 5; threads++) {
                    assert_int_equal(lm_edt_squared(f, n, steps[t], threads, e, NULL), LM_OK);
                    assert_memory_equal(d, e, count * sizeof *d);
                }
                free(f);
                free(d);
                free(e);
            }
}

static void nothing(void **state)
{
    (void)state;
    const uint8_t f[24] = {0};
    float d[24];
    assert_int_equal(lm_edt_squared(f, (const size_t[3]){2, 3, 4}, (const double[3]){1, 1, 1}, 2, d, NULL), LM_OK);
    for (int i = 0; i < 24; i++) assert_true(isinf(d[i]));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(brute_force), cmocka_unit_test(nothing)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
