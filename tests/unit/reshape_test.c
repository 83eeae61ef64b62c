/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Objects on other grids by their shape: volume kept, place and shape by formula, any number of threads. */
#include "segment/reshape.h"
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

/* An ellipsoid of half axes 14, 10, 12 mm off the middle of a grid of 40 mm. */
static bool inside(const lm_vol *v, size_t i, size_t j, size_t k)
{
    double p[3];
    lm_vol_to_world(v, (const double[3]){(double)i, (double)j, (double)k}, p);
    const double x = (p[0] - 20.3) / 14, y = (p[1] - 19.6) / 10, z = (p[2] - 20.1) / 12;
    return x * x + y * y + z * z <= 1;
}

static lm_vol grid(const double h[3])
{
    lm_vol v = LM_VOL_INIT;
    for (int a = 0; a < 3; a++) {
        v.dir[a][a] = h[a];
        v.n[a] = (size_t)floor(40 / h[a] + 1e-9) + 1;
    }
    return v;
}

static void draw(const lm_vol *v, lm_bits *b)
{
    assert_int_equal(lm_bits_alloc(b, v->n, NULL), LM_OK);
    for (size_t k = 0; k < v->n[2]; k++)
        for (size_t j = 0; j < v->n[1]; j++)
            for (size_t i = 0; i < v->n[0]; i++)
                if (inside(v, i, j, k)) lm_bits_set(lm_bits_row(b, j, k), i, i + 1, true);
}

static double dice(const lm_bits *a, const lm_bits *b)
{
    lm_bits both = LM_BITS_INIT;
    assert_int_equal(lm_bits_copy(a, &both, NULL), LM_OK);
    lm_bits_combine(&both, b, LM_BITS_AND);
    const double d = 2 * (double)lm_bits_count(&both) / (double)(lm_bits_count(a) + lm_bits_count(b));
    lm_bits_release(&both);
    return d;
}

/* What each sample's nearest one has. */
static void nearest(const lm_vol *v, const lm_bits *from, const lm_vol *to, lm_bits *b)
{
    assert_int_equal(lm_bits_alloc(b, to->n, NULL), LM_OK);
    for (size_t k = 0; k < to->n[2]; k++)
        for (size_t j = 0; j < to->n[1]; j++)
            for (size_t i = 0; i < to->n[0]; i++) {
                const size_t n[3] = {i, j, k};
                size_t at[3];
                for (int a = 0; a < 3; a++) {
                    at[a] = (size_t)floor((double)n[a] * to->dir[a][a] / v->dir[a][a] + 0.5);
                    if (at[a] >= v->n[a]) at[a] = v->n[a] - 1;
                }
                if (lm_bits_get(from, at[0], at[1], at[2])) lm_bits_set(lm_bits_row(b, j, k), i, i + 1, true);
            }
}

static void ellipsoid(void **state)
{
    (void)state;
    static const double h[][2][3] = {{{1, 1, 1}, {0.5, 0.5, 0.5}},
                                     {{0.8, 0.8, 4}, {1, 1, 1}},
                                     {{1, 1, 3}, {1, 1, 1}},
                                     {{0.5, 0.5, 0.5}, {1, 1, 1}},
                                     {{0.7, 0.9, 2}, {0.7, 0.7, 0.7}}};
    for (size_t t = 0; t < sizeof h / sizeof *h; t++) {
        const lm_vol v = grid(h[t][0]);
        lm_vol to = grid(h[t][1]);
        lm_bits b[2] = {LM_BITS_INIT, LM_BITS_INIT}, truth = LM_BITS_INIT, plain = LM_BITS_INIT;
        lm_reshape_facts f = {.level_mm = 0};
        double was = 0;
        for (int i = 0; i < 2; i++) {
            draw(&v, &b[i]);
            was = (double)lm_bits_count(&b[i]) * lm_vol_det(&v);
            assert_int_equal(lm_reshape(&b[i], &v, h[t][1], 1 + 2 * i, &f, NULL), LM_OK);
        }
        memcpy(to.n, b[0].n, sizeof to.n); /* as far as the last slice reaches */
        draw(&v, &truth);
        nearest(&v, &truth, &to, &plain);
        assert_memory_equal(b[0].row, b[1].row, b[0].words * b[0].n[1] * b[0].n[2] * sizeof *b[0].row);
        const double now = (double)lm_bits_count(&b[0]) * lm_vol_det(&to), change = 100 * (now / was - 1);
        draw(&to, &truth);
        /* between slices the shape is better than the nearest sample; where steps are even it is as good */
        const double good = dice(&b[0], &truth), before = dice(&plain, &truth);
        if (!(fabs(change) < 0.2 && fabs(change - f.change_percent) < 1e-9 && fabs(f.level_mm) < 0.5 &&
              good > before - (h[t][0][2] > h[t][0][0] ? 0 : 0.005)))
            fail_msg("%zu: %g %%, level %g mm, Dice %g, of the nearest sample %g", t, change, f.level_mm, good, before);
        for (int i = 0; i < 2; i++) lm_bits_release(&b[i]);
        lm_bits_release(&truth);
        lm_bits_release(&plain);
    }
}

/* An object that the volume cuts: its border inside stays where it was. */
static void cut_by_the_border(void **state)
{
    (void)state;
    const lm_vol v = {.n = {40, 40, 5}, .dir = {{1, 0, 0}, {0, 1, 0}, {0, 0, 3}}};
    lm_bits b = LM_BITS_INIT;
    lm_reshape_facts f;
    assert_int_equal(lm_bits_alloc(&b, v.n, NULL), LM_OK);
    for (size_t k = 0; k < 5; k++)
        for (size_t j = 0; j < 40; j++)
            for (size_t i = 0; i < 40; i++)
                if ((i - 20.2) * (i - 20.2) + (j - 19.7) * (j - 19.7) <= 144) lm_bits_set(lm_bits_row(&b, j, k), i, i + 1, true);
    assert_int_equal(lm_reshape(&b, &v, (const double[3]){1, 1, 1}, 1, &f, NULL), LM_OK);
    if (!(fabs(f.level_mm) < 0.02 && fabs(f.change_percent) < 0.2)) fail_msg("level %g mm, %g %%", f.level_mm, f.change_percent);
    lm_bits_release(&b);
}

static void same_and_refused(void **state)
{
    (void)state;
    const double h[3] = {1, 1, 2};
    lm_vol v = grid(h);
    lm_bits b = LM_BITS_INIT, was = LM_BITS_INIT;
    lm_reshape_facts f;
    draw(&v, &b);
    assert_int_equal(lm_bits_copy(&b, &was, NULL), LM_OK);
    assert_int_equal(lm_reshape(&b, &v, h, 1, &f, NULL), LM_OK); /* nothing to do: nothing is done */
    assert_memory_equal(b.row, was.row, b.words * b.n[1] * b.n[2] * sizeof *b.row);
    assert_int_equal(lm_reshape(&b, &v, (const double[3]){1, 0, 1}, 1, &f, NULL), LM_EUSAGE);
    lm_vol lean = v;
    lean.dir[2][0] = 0.5;
    assert_int_equal(lm_reshape(&b, &lean, h, 1, &f, NULL), LM_ERULE);
    lm_bits_set(lm_bits_row(&b, 0, 0), 0, 1, true); /* everything: no other side */
    lm_bits_combine(&b, &b, LM_BITS_WITHOUT);
    assert_int_equal(lm_reshape(&b, &v, h, 1, &f, NULL), LM_ENO);
    lm_bits_invert(&b);
    assert_int_equal(lm_reshape(&b, &v, (const double[3]){2, 2, 2}, 1, &f, NULL), LM_OK);
    assert_int_equal(lm_bits_count(&b), b.n[0] * b.n[1] * b.n[2]);
    lm_bits_release(&b);
    lm_bits_release(&was);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(ellipsoid), cmocka_unit_test(cut_by_the_border),
                                       cmocka_unit_test(same_and_refused)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
