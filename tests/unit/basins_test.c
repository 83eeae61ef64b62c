/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Balls that overlap are cut apart in the plane where they meet. */
#include "segment/basins.h"
#include "segment/islands.h"
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static const double step[3] = {0.5, 0.5, 0.8};

/* Two balls of radius 8 mm around x = -6 and 6: they meet in a disc of radius sqrt(28) = 5.3 mm. Samples are at odd multiples of
 * half a step, so that the plane between the balls, x = 0, holds none. */
static lm_vol balls(lm_bits *b)
{
    lm_vol v = LM_VOL_INIT;
    assert_int_equal(lm_vol_alloc(&v, (const size_t[3]){60, 36, 24}, LM_U8, NULL), LM_OK);
    assert_int_equal(lm_bits_alloc(b, v.n, NULL), LM_OK);
    for (int a = 0; a < 3; a++) {
        v.dir[a][a] = step[a];
        v.origin[a] = -(double)(v.n[a] - 1) / 2 * step[a];
    }
    for (size_t k = 0; k < v.n[2]; k++)
        for (size_t j = 0; j < v.n[1]; j++)
            for (size_t i = 0; i < v.n[0]; i++) {
                double p[3];
                lm_vol_to_world(&v, (const double[3]){(double)i, (double)j, (double)k}, p);
                if ((fabs(p[0]) - 6) * (fabs(p[0]) - 6) + p[1] * p[1] + p[2] * p[2] <= 64)
                    lm_bits_set(lm_bits_row(b, j, k), i, i + 1, true);
            }
    return v;
}

/* Of a ball around x = 6, what lies beyond x. */
static double beyond(double x)
{
    const double pi = 3.14159265358979, h = x + 2;
    return pi * (4. / 3 * 512 - h * h * (24 - h) / 3);
}

static void touching(void **state)
{
    (void)state;
    lm_bits b = LM_BITS_INIT, one = LM_BITS_INIT;
    lm_vol v = balls(&b);
    lm_basins found;
    lm_islands i;
    assert_int_equal(lm_basins_split(&b, &v, 6.5, 2, &found, NULL), LM_OK);
    assert_int_equal(found.found, 2);
    const double cut = (double)found.cut * 0.2;
    assert_true(fabs(cut - (beyond(0) - beyond(0.5))) < 0.06 * cut); /* one layer of samples */
    assert_int_equal(lm_bits_copy(&b, &one, NULL), LM_OK);
    assert_int_equal(lm_islands_largest(&one, 1, LM_LABEL_CORNERS, 1, &i, NULL), LM_OK);
    assert_int_equal(i.found, 2); /* not even a corner is shared */
    const double left = (double)lm_bits_count(&one) * 0.2, right = (double)lm_bits_count(&b) * 0.2 - left;
    assert_true(fabs(left - beyond(0)) < 0.01 * left);
    assert_true(fabs(right - beyond(0.5)) < 0.01 * right);
    lm_bits_release(&one);
    lm_bits_release(&b);
    lm_vol_release(&v);
}

/* A ball that passes the neck leaves one piece: nothing is cut; one that fits nowhere leaves none. */
static void whole(void **state)
{
    (void)state;
    static const double radius[] = {5, 9};
    for (size_t r = 0; r < 2; r++) {
        lm_bits b = LM_BITS_INIT;
        lm_vol v = balls(&b);
        lm_basins found;
        const uint64_t before = lm_bits_count(&b);
        assert_int_equal(lm_basins_split(&b, &v, radius[r], 1, &found, NULL), LM_OK);
        assert_int_equal(found.found, 1 - r);
        assert_true(!found.cut && lm_bits_count(&b) == before);
        lm_bits_release(&b);
        lm_vol_release(&v);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(touching), cmocka_unit_test(whole)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
