/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "volume/mask.h"
#include <float.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static uint64_t rng = 1;
static uint64_t rnd(void)
{
    rng = rng * 6364136223846793005u + 1442695040888963407u;
    return rng >> 31;
}

/* A row of any bytes, in every type; floats without NaN. */
static lm_vol row(lm_type type, size_t n)
{
    lm_vol v = LM_VOL_INIT;
    const size_t size[3] = {n, 1, 1};
    assert_int_equal(lm_vol_alloc(&v, size, type, NULL), LM_OK);
    for (size_t i = 0; i < n * lm_vol_type_size(type); i++) ((uint8_t *)v.data)[i] = (uint8_t)rnd();
    for (size_t i = 0; i < n; i++) {
        if (type == LM_F32 && (isnan(((float *)v.data)[i]) || rnd() % 2)) ((float *)v.data)[i] = (float)(rnd() % 5) - 2;
        if (type == LM_F64 && (isnan(((double *)v.data)[i]) || rnd() % 2)) ((double *)v.data)[i] = (double)(rnd() % 5) - 2;
    }
    return v;
}

/* As v >= level says in doubles, for levels at, between and beyond the values, whatever the length. */
static void a_bit_says_that_the_sample_is_not_below_the_level(void **state)
{
    (void)state;
    for (int type = LM_I8; type <= LM_F64; type++)
        for (size_t n = 1; n < 330; n += 1 + n / 8) {
            lm_vol v = row((lm_type)type, n);
            uint64_t bits[8];
            const double at = lm_vol_at(&v, rnd() % n);
            const double level[] = {at,    at + 0.5, at - 0.25, nextafter(at, INFINITY), nextafter(at, -INFINITY), -1e300,
                                    1e300, 0,        -DBL_MAX};
            for (int q = 0; q < 9; q++) {
                memset(bits, 0xa5, sizeof bits);
                assert_false(lm_mask_row(&v, level[q], 0, bits));
                for (size_t i = 0; i < lm_mask_words(n) * 64; i++)
                    assert_int_equal(bits[i / 64] >> i % 64 & 1, i < n && lm_vol_at(&v, i) >= level[q]);
            }
            lm_vol_release(&v);
        }
}

static void the_vector_loop_agrees_with_the_plain_one(void **state)
{
    (void)state;
    if (!lm_mask_has_avx2()) skip();
    for (int type = LM_I8; type <= LM_F64; type++)
        for (int k = 0; k < 200; k++) {
            lm_vol v = row((lm_type)type, 64 * 7 + 1);
            const size_t size = lm_vol_type_size((lm_type)type);
            const char *s = (char *)v.data + size; /* not aligned */
            const char *limit = k % 4 ? s + rnd() % 448 * size : k % 8 ? "\x80\0\0\0\0\0\0" : "\xff\xff\xff\x7f\0\0\0";
            double l = 0; /* aligned */
            memcpy(&l, limit, size);
            uint64_t a[7], b[7];
            assert_false(lm_mask_full_scalar((lm_type)type, s, &l, 7, a));
            assert_false(lm_mask_full_avx2((lm_type)type, s, &l, 7, b));
            assert_memory_equal(a, b, sizeof a);
            lm_vol_release(&v);
        }
}

static void a_nan_is_told_wherever_it_stands(void **state)
{
    (void)state;
    for (int type = LM_F32; type <= LM_F64; type++)
        for (size_t i = 0; i < 200; i++) {
            lm_vol v = row((lm_type)type, 200);
            uint64_t bits[4];
            if (type == LM_F32) ((float *)v.data)[i] = NAN;
            else ((double *)v.data)[i] = -(double)NAN;
            assert_true(lm_mask_row(&v, 0, 0, bits));
            assert_int_equal(bits[i / 64] >> i % 64 & 1, 0);
            double zero = 0;
            if (i < 192) assert_true(lm_mask_full_scalar((lm_type)type, v.data, &zero, 3, bits));
            lm_vol_release(&v);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_bit_says_that_the_sample_is_not_below_the_level),
        cmocka_unit_test(the_vector_loop_agrees_with_the_plain_one),
        cmocka_unit_test(a_nan_is_told_wherever_it_stands),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
