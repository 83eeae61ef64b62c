/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/bigint.h"
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>

static uint64_t rng = 1;
static uint64_t rnd(void)
{
    rng = rng * 6364136223846793005u + 1442695040888963407u;
    return rng >> 33;
}

static void assert_same(const lm_bigint *a, const lm_bigint *b)
{
    assert_int_equal(a->sign, b->sign);
    assert_int_equal(a->n, b->n);
    assert_memory_equal(a->limb, b->limb, (size_t)a->n * sizeof a->limb[0]);
}

/* Against the compiler's own 128 bits. */
static void small_numbers_are_as_in_int128(void **state)
{
    (void)state;
    for (int k = 0; k < 20000; k++) {
        int64_t x = (int64_t)(rnd() * rnd()) >> (rnd() % 62), y = (int64_t)(rnd() * rnd()) >> (rnd() % 62);
        x = (rnd() % 2 ? x : -x) / 512, y = (rnd() % 2 ? y : -y) / 512; /* 53 bits */
        const __int128 want[3] = {(__int128)x + y, (__int128)x - y, (__int128)x * y};
        lm_bigint a, b, r[3];
        lm_bigint_set(&a, (double)x, 0);
        lm_bigint_set(&b, (double)y, 0);
        lm_bigint_add(&r[0], &a, &b);
        lm_bigint_sub(&r[1], &a, &b);
        lm_bigint_mul(&r[2], &a, &b);
        for (int q = 0; q < 3; q++) {
            unsigned __int128 m = want[q] < 0 ? -(unsigned __int128)want[q] : (unsigned __int128)want[q], got = 0;
            for (int i = r[q].n - 1; i >= 0; i--) got = got << 64 | r[q].limb[i];
            assert_int_equal(r[q].sign, want[q] > 0 ? 1 : want[q] < 0 ? -1 : 0);
            assert_true(got == m && (r[q].n == 0 || r[q].limb[r[q].n - 1]));
        }
    }
}

/* (a + b)(a - b) = a^2 - b^2, from the smallest double to the largest, results in the place of operands. */
static void identities_hold_over_the_whole_range(void **state)
{
    (void)state;
    for (int k = 0; k < 300; k++) {
        double x = ldexp((double)(1 + rnd()), (int)(rnd() % 2000) - 1074),
               y = ldexp((double)(1 + rnd()), (int)(rnd() % 2000) - 1074);
        lm_bigint a, b, s, d;
        lm_bigint_set(&a, rnd() % 2 ? x : -x, 1074);
        lm_bigint_set(&b, rnd() % 9 ? y : 0, 1074);
        lm_bigint_shift(&a, &a, (int)(rnd() % 200));
        lm_bigint_add(&s, &a, &b);
        lm_bigint_sub(&d, &a, &b);
        lm_bigint_mul(&s, &s, &d);
        lm_bigint_mul(&a, &a, &a);
        lm_bigint_mul(&b, &b, &b);
        lm_bigint_sub(&a, &a, &b);
        assert_same(&a, &s);
        lm_bigint_sub(&s, &s, &a);
        assert_true(s.sign == 0 && s.n == 0);
    }
}

static void a_shift_multiplies_by_a_power_of_two(void **state)
{
    (void)state;
    for (int left = 0; left < 700; left += 7) {
        lm_bigint a, b;
        lm_bigint_set(&a, -3.25, 2);
        lm_bigint_shift(&a, &a, left);
        lm_bigint_set(&b, -3.25, 2 + left);
        assert_same(&a, &b);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(small_numbers_are_as_in_int128),
        cmocka_unit_test(identities_hold_over_the_whole_range),
        cmocka_unit_test(a_shift_multiplies_by_a_power_of_two),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
