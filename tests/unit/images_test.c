/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Differences of images that a file cannot easily hold: NaN, infinities; and the same for any number of threads. */
#include "diff/images.h"
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

static void make(lm_vol *v, const size_t n[3])
{
    assert_int_equal(lm_vol_alloc(v, n, LM_F32, NULL), LM_OK);
    for (size_t i = 0; i < lm_vol_count(v); i++) ((float *)v->data)[i] = (float)(i % 17);
}

static void not_numbers(void **state)
{
    (void)state;
    const size_t n[3] = {5, 4, 3};
    lm_vol a = LM_VOL_INIT, b = LM_VOL_INIT;
    lm_images d;
    make(&a, n);
    make(&b, n);
    float *x = a.data, *y = b.data;
    x[7] = y[7] = NAN;
    x[8] = y[8] = INFINITY;
    assert_int_equal(lm_images_compare(&a, &b, &(lm_images_opt){.threads = 1}, &d, NULL), LM_OK);
    assert_true(d.same_grid && d.compared == 60 && d.differ == 0 && d.mean == 0 && d.rms == 0);
    x[9] = NAN;
    x[10] = INFINITY;
    y[11] = x[11] - 2;
    assert_int_equal(lm_images_compare(&a, &b, &(lm_images_opt){.allowed = 1.5, .threads = 1}, &d, NULL), LM_OK);
    assert_true(d.differ == 3 && d.nan == 1 && d.first.ijk[0] == 4 && d.first.ijk[1] == 1 && d.first.ijk[2] == 0);
    assert_true(d.least.value[0] == INFINITY && d.greatest.value[1] - d.greatest.value[0] == -2);
    assert_true(fabs(d.mean - -2.0 / 57) < 1e-15); /* all but NaN and what is infinite in one only */
    lm_vol_release(&a);
    lm_vol_release(&b);
}

static void threads(void **state)
{
    (void)state;
    const size_t n[3] = {31, 17, 23};
    lm_vol a = LM_VOL_INIT, b = LM_VOL_INIT;
    lm_images d[3];
    memset(d, 0, sizeof d);
    make(&a, n);
    make(&b, n);
    for (size_t i = 5; i < lm_vol_count(&b); i += 101) ((float *)b.data)[i] += 0.1f * (float)(i % 7) - 0.3f;
    for (int t = 0; t < 3; t++) {
        assert_int_equal(lm_images_compare(&a, &b, &(lm_images_opt){.border = 1, .threads = 1 << t}, &d[t], NULL), LM_OK);
        assert_memory_equal(&d[t], &d[0], sizeof d[0]);
    }
    assert_true(d[0].differ > 50 && d[0].lo[0] >= 1 && d[0].hi[2] <= 21);
    lm_vol_release(&a);
    lm_vol_release(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(not_numbers), cmocka_unit_test(threads)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
