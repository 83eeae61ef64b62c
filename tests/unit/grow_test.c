/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Region growing on two balls that a neck joins, behind a ramp and a wall. */
#include "segment/grow.h"
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

/* Balls of radius 8 mm at x = -12 and 12, joined by a rod of radius 2; samples 1 x 1 x 2 mm; value 100 inside, in the right ball
 * 160. */
static bool left_of(const double p[3])
{
    return (p[0] + 12) * (p[0] + 12) + p[1] * p[1] + p[2] * p[2] <= 64;
}
static bool right_of(const double p[3])
{
    return (p[0] - 12) * (p[0] - 12) + p[1] * p[1] + p[2] * p[2] <= 64;
}
static lm_vol dumbbell(lm_bits *b)
{
    lm_vol v = LM_VOL_INIT;
    assert_int_equal(lm_vol_alloc(&v, (const size_t[3]){45, 21, 11}, LM_I16, NULL), LM_OK);
    v.dir[2][2] = 2;
    v.origin[0] = -22;
    v.origin[1] = v.origin[2] = -10;
    assert_int_equal(lm_bits_alloc(b, v.n, NULL), LM_OK);
    for (size_t k = 0; k < 11; k++)
        for (size_t j = 0; j < 21; j++)
            for (size_t i = 0; i < 45; i++) {
                double p[3];
                lm_vol_to_world(&v, (const double[3]){(double)i, (double)j, (double)k}, p);
                const bool rod = fabs(p[0]) <= 12 && p[1] * p[1] + p[2] * p[2] <= 4, right = right_of(p);
                ((int16_t *)v.data)[(k * 21 + j) * 45 + i] = right ? 160 : left_of(p) || rod ? 100 : 0;
                if (left_of(p) || right || rod) lm_bits_set(lm_bits_row(b, j, k), i, i + 1, true);
            }
    return v;
}

/* Are all samples of the left ball in the region, and how many of the right one? */
static size_t reached(const lm_vol *v, const lm_bits *b, bool *left)
{
    size_t right = 0;
    *left = true;
    for (size_t k = 0; k < 11; k++)
        for (size_t j = 0; j < 21; j++)
            for (size_t i = 0; i < 45; i++) {
                double p[3];
                lm_vol_to_world(v, (const double[3]){(double)i, (double)j, (double)k}, p);
                if (left_of(p) && !lm_bits_get(b, i, j, k)) *left = false;
                right += right_of(p) && lm_bits_get(b, i, j, k);
            }
    return right;
}

static size_t grown(const lm_grow_opt *opt, bool *left)
{
    lm_bits b = LM_BITS_INIT;
    lm_vol v = dumbbell(&b);
    assert_int_equal(lm_grow(&b, &v, opt, 2, NULL), LM_OK);
    const size_t right = reached(&v, &b, left);
    lm_bits_release(&b);
    lm_vol_release(&v);
    return right;
}

static void leaks(void **state)
{
    (void)state;
    bool left;
    lm_grow_opt opt = {.n = 1, .seed = {{.at = {-12, 0, 0}}}, .gradient = INFINITY};
    assert_true(grown(&opt, &left) > 500 && left); /* it leaks */
    opt.neck_mm = 2.5;
    assert_true(grown(&opt, &left) == 0); /* the rod is too thin for the ball */
    opt.neck_mm = 0;
    opt.gradient = 20; /* 60 from sample to sample at the right ball, 50 at the surface */
    assert_true(grown(&opt, &left) == 0 && !left);
    opt = (lm_grow_opt){
        .n = 2, .seed = {{.at = {-12, 0, 0}}, {.at = {34, 10, 5}, .voxel = true}}, .gradient = INFINITY, .neck_mm = 2.5};
    assert_true(grown(&opt, &left) > 500); /* a seed in each */
}

static void refused(void **state)
{
    (void)state;
    static const lm_grow_opt bad[] = {
        {.n = 1, .seed = {{.at = {50, 0, 0}}}, .gradient = INFINITY},
        {.n = 1, .seed = {{.at = {45, 0, 0}, .voxel = true}}, .gradient = INFINITY},
        {.n = 1, .seed = {{.at = {NAN, 0, 0}}}, .gradient = INFINITY},
        {.n = 2, .seed = {{.at = {-12, 0, 0}}, {.at = {0, 9, 0}}}, .gradient = INFINITY},
        {.n = 1, .seed = {{.at = {0, 0, 0}}}, .gradient = INFINITY, .neck_mm = 3},
        {.n = 1, .seed = {{.at = {4, 0, 0}}}, .gradient = 1},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        lm_bits b = LM_BITS_INIT;
        lm_vol v = dumbbell(&b);
        lm_err err = LM_ERR_INIT;
        assert_int_equal(lm_grow(&b, &v, &bad[i], 1, &err), LM_EUSAGE);
        lm_bits_release(&b);
        lm_vol_release(&v);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(leaks), cmocka_unit_test(refused)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
