/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The body without its table: a torso with an ear, on a table top, with an arm beside it. The range of values around a place. */
#include "segment/body.h"
#include "segment/near.h"
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

enum { NX = 80, NY = 70, NZ = 12 };
static bool torso(double x, double y)
{
    return x * x / 625 + y * y / 400 <= 1; /* 25 x 20 mm */
}
static bool lung(double x, double y)
{
    return (x - 8) * (x - 8) + y * y <= 36;
}
static bool ear(double x, double y)
{
    return fabs(x) < 1.5 && y < 0 && y > -26;
}
static bool table(double x, double y)
{
    (void)x;
    return y > 20.5 && y < 23.5; /* touches the torso within a sample */
}
static bool arm(double x, double y)
{
    return (x + 34) * (x + 34) + y * y <= 16;
}

/* Samples 1 x 1 x 2 mm; the torso goes through all slices. */
static lm_vol scan(lm_type type)
{
    lm_vol v = LM_VOL_INIT;
    assert_int_equal(lm_vol_alloc(&v, (const size_t[3]){NX, NY, NZ}, type, NULL), LM_OK);
    v.dir[2][2] = 2;
    for (size_t p = 0; p < lm_vol_count(&v); p++) {
        const double x = (double)(p % NX) - 40, y = (double)(p / NX % NY) - 30;
        const double hu = torso(x, y) ? lung(x, y) ? -850 : 40 : ear(x, y) || arm(x, y) ? 30 : table(x, y) ? 100 : -1000;
        if (type == LM_I16) ((int16_t *)v.data)[p] = (int16_t)hu;
        else ((float *)v.data)[p] = (float)hu;
    }
    return v;
}

static void table_goes(void **state)
{
    (void)state;
    for (int round = 0; round < 2; round++) {
        lm_vol v = scan(round ? LM_F32 : LM_I16);
        lm_body b;
        assert_int_equal(lm_body_alone(&v, -300, 1 + 2 * round, &b, NULL), LM_OK);
        size_t left = 0, removed = 0;
        for (size_t p = 0; p < lm_vol_count(&v); p++) {
            const double x = (double)(p % NX) - 40, y = (double)(p / NX % NY) - 30, now = lm_vol_at(&v, p);
            if (torso(x, y)) assert_true(now == (lung(x, y) ? -850 : 40));
            else if (ear(x, y)) assert_true(now == 30);
            else if (arm(x, y)) assert_true(now == -1000);
            else if (table(x, y)) {
                left += now == 100;
                removed += now == -1000;
                assert_true(now == -1000 || fabs(x) < 14); /* a rim where it lies on the table */
            } else assert_true(now == -1000);
        }
        assert_true(removed > 3 * left);
        assert_true(b.removed > removed && b.inside > 0);
        lm_vol_release(&v);
    }
}

static void no_body(void **state)
{
    (void)state;
    lm_vol v = scan(LM_I16);
    lm_body b;
    lm_err err = LM_ERR_INIT;
    assert_int_equal(lm_body_alone(&v, 2000, 2, &b, &err), LM_ENO);
    err = (lm_err)LM_ERR_INIT;
    assert_int_equal(lm_body_alone(&v, 90, 2, &b, &err), LM_ENO); /* the table top alone: no ball fits in */
    err = (lm_err)LM_ERR_INIT;
    v.dir[2][1] = 0.5;
    assert_int_equal(lm_body_alone(&v, -300, 2, &b, &err), LM_ERULE);
    lm_vol_release(&v);
}

static void range_near(void **state)
{
    (void)state;
    lm_vol v = LM_VOL_INIT;
    uint64_t seed = 20261131;
    print_message("# seed %llu\n", (unsigned long long)seed);
    assert_int_equal(lm_vol_alloc(&v, (const size_t[3]){40, 40, 40}, LM_F32, NULL), LM_OK);
    for (size_t p = 0; p < lm_vol_count(&v); p++) { /* twelve evens less six: a Gaussian but for its far ends, deviation 1 */
        double sum = -6;
        for (int i = 0; i < 12; i++) {
            seed = seed * 6364136223846793005u + 1442695040888963407u;
            sum += (double)(seed >> 40) / 16777216.;
        }
        seed = seed * 6364136223846793005u + 1442695040888963407u;
        ((float *)v.data)[p] = (seed >> 33) % 10 ? (float)(100 + 12 * sum) : (float)((seed >> 40) % 300); /* a tenth: anything */
    }
    lm_grow_opt at = {.n = 1, .seed = {{.at = {20, 20, 20}, .voxel = true}}};
    lm_near m;
    lm_err err = LM_ERR_INIT;
    assert_int_equal(lm_near_fit(&v, &at, 12, &m, &err), LM_OK);
    assert_true(m.samples > 7000 && m.samples < 7400); /* 4/3 pi 12^3 = 7238 */
    assert_true(fabs(m.mean - 100) < 0.7 && fabs(m.deviation - 12) < 0.6 && fabs(m.share - 0.9) < 0.02);
    assert_int_equal(lm_near_fit(&v, &at, 1, &m, &err), LM_EUSAGE); /* 7 samples */
    err = (lm_err)LM_ERR_INIT;
    at.seed[0].at[2] = 40;
    assert_int_equal(lm_near_fit(&v, &at, 12, &m, &err), LM_EUSAGE);
    err = (lm_err)LM_ERR_INIT;
    at.seed[0].at[2] = 20;
    ((float *)v.data)[20 * 1600 + 20 * 40 + 21] = NAN;
    assert_int_equal(lm_near_fit(&v, &at, 12, &m, &err), LM_ERULE);
    err = (lm_err)LM_ERR_INIT;
    for (size_t p = 0; p < lm_vol_count(&v); p++) ((float *)v.data)[p] = 5;
    assert_int_equal(lm_near_fit(&v, &at, 12, &m, &err), LM_ENO);
    lm_vol_release(&v);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(table_goes), cmocka_unit_test(no_body), cmocka_unit_test(range_near)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
