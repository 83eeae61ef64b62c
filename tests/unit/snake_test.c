/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Active contours from a small ball inside an ellipsoid with noise: they end at the ellipsoid, for any number of threads. */
#include "segment/snake.h"
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static const size_t size[3] = {70, 36, 30};

static bool inside(size_t i, size_t j, size_t k, double a, double b)
{
    const double x = ((double)i - 35) / a, y = ((double)j - 18) / b, z = ((double)k - 15) / b;
    return x * x + y * y + z * z <= 1;
}

static void ellipsoid(lm_vol *v, lm_bits *b)
{
    uint32_t seed = 5;
    assert_int_equal(lm_vol_alloc(v, size, LM_I16, NULL), LM_OK);
    assert_int_equal(lm_bits_alloc(b, size, NULL), LM_OK);
    for (size_t k = 0; k < size[2]; k++)
        for (size_t j = 0; j < size[1]; j++)
            for (size_t i = 0; i < size[0]; i++) {
                seed = seed * 1664525U + 1013904223U;
                ((int16_t *)v->data)[(k * size[1] + j) * size[0] + i] =
                    (int16_t)((inside(i, j, k, 20, 11) ? 100 : 0) + (int)(seed >> 24) / 16);
                if (inside(i, j, k, 6, 6)) lm_bits_set(lm_bits_row(b, j, k), i, i + 1, true);
            }
}

/* Dice's coefficient with the ellipsoid. */
static double dice(const lm_bits *b)
{
    size_t want = 0, both = 0;
    for (size_t k = 0; k < size[2]; k++)
        for (size_t j = 0; j < size[1]; j++)
            for (size_t i = 0; i < size[0]; i++) {
                const bool in = inside(i, j, k, 20, 11);
                want += in;
                both += in && lm_bits_get(b, i, j, k);
            }
    return 2 * (double)both / (double)(want + lm_bits_count(b));
}

static void reached(bool edges, const lm_snake_opt *opt)
{
    lm_bits one = LM_BITS_INIT;
    for (int threads = 1; threads <= 3; threads += 2) {
        lm_vol v = LM_VOL_INIT;
        lm_bits b = LM_BITS_INIT;
        lm_snake found;
        ellipsoid(&v, &b);
        assert_int_equal((edges ? lm_snake_edges : lm_snake_regions)(&b, &v, opt, threads, &found, NULL), LM_OK);
        assert_true(dice(&b) > 0.97);
        if (threads == 1) assert_int_equal(lm_bits_copy(&b, &one, NULL), LM_OK);
        else assert_memory_equal(b.row, one.row, size[2] * size[1] * b.words * sizeof *b.row);
        lm_bits_release(&b);
        lm_vol_release(&v);
    }
    lm_bits_release(&one);
}

static void regions(void **state)
{
    (void)state;
    reached(false, &(lm_snake_opt){.iterations = 30, .smoothing = 1, .lambda1 = 1, .lambda2 = 1});
}

static void edges(void **state)
{
    (void)state;
    reached(true, &(lm_snake_opt){.iterations = 30, .smoothing = 1, .balloon = 1, .threshold = 0.5, .sigma_mm = 1, .alpha = 1});
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(regions), cmocka_unit_test(edges)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
