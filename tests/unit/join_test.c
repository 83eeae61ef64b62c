/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "surface/join.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static uint32_t rng = 20261121;
static uint32_t next(void)
{
    rng = rng * 1664525u + 1013904223u;
    return rng >> 8;
}

static bool same(const float *a, const float *b)
{
    return a[0] == b[0] && a[1] == b[1] && a[2] == b[2];
}

/* Against the quadratic definition, in pieces of any size: the number of a point is that of the first equal one. */
static void numbers_follow_first_appearance(void **state)
{
    (void)state;
    enum { N = 3000 };
    static float p[3 * N];
    static uint32_t got[N];
    for (int round = 0; round < 4; round++) {
        uint32_t seed = rng;
        for (size_t i = 0; i < 3 * N; i++) { /* a grid of 9^3 about zero: many equals, both zeros */
            p[i] = (float)(int)(next() % 9 - 4) * (round & 1 ? 1e-30f : 0.7f);
            if (p[i] == 0 && next() % 2) p[i] = -0.0f;
        }
        lm_join j = LM_JOIN_INIT;
        for (size_t at = 0; at < N;) {
            size_t m = next() % 100;
            if (m > N - at) m = N - at;
            assert_int_equal(lm_join_add(&j, p + 3 * at, m, got + at, NULL), LM_OK);
            at += m;
        }
        size_t distinct = 0;
        for (size_t i = 0; i < N; i++) {
            size_t k = 0;
            while (!same(p + 3 * k, p + 3 * i)) k++;
            if (k == i ? got[i] != distinct++ : got[i] != got[k]) fail_msg("point %zu: %u (seed %u)", i, got[i], seed);
            static const float zero;
            for (int c = 0; c < 3; c++)
                if (p[3 * i + (size_t)c] == 0) assert_memory_equal(j.pos + 3 * got[i] + c, &zero, 4);
        }
        assert_int_equal(j.n, distinct);
        lm_join_release(&j);
    }
}

static void close_is_not_equal(void **state)
{
    (void)state;
    float p[] = {1, 2, 3, 1.0000001f, 2, 3, 1, 2, 3, 3, 2, 1};
    uint32_t got[4], want[] = {0, 1, 0, 2};
    lm_join j = LM_JOIN_INIT;
    assert_int_equal(lm_join_add(&j, p, 4, got, NULL), LM_OK);
    assert_memory_equal(got, want, sizeof want);
    lm_join_release(&j);
}

/* 1.3 million points of a half-millimetre grid: the table grows several times and the hash spreads them. */
static void large_grids_are_quick(void **state)
{
    (void)state;
    enum { N = 110 };
    size_t n = (size_t)N * N * N, i = 0;
    float *p = malloc(n * 12);
    uint32_t *a = malloc(n * 4), *b = malloc(n * 4);
    assert_true(p && a && b);
    for (int z = 0; z < N; z++)
        for (int y = 0; y < N; y++)
            for (int x = 0; x < N; x++, i++) {
                p[3 * i] = (float)x * 0.5f;
                p[3 * i + 1] = (float)y * 0.5f;
                p[3 * i + 2] = (float)z * 0.5f;
            }
    lm_join j = LM_JOIN_INIT;
    assert_int_equal(lm_join_add(&j, p, n, a, NULL), LM_OK);
    assert_int_equal(j.n, n);
    assert_int_equal(lm_join_add(&j, p, n, b, NULL), LM_OK);
    assert_int_equal(j.n, n);
    for (i = 0; i < n; i++)
        if (a[i] != i || b[i] != i) fail_msg("point %zu: %u %u", i, a[i], b[i]);
    assert_memory_equal(j.pos, p, n * 12);
    lm_join_release(&j);
    free(p);
    free(a);
    free(b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_follow_first_appearance),
        cmocka_unit_test(close_is_not_equal),
        cmocka_unit_test(large_grids_are_quick),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
