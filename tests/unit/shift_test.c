/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Moved slices in a phantom that is drawn where they are to be: no resampling stands between the shift and the truth. */
#include "volume/unshift.h"
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

enum { W = 96, H = 80, N = 24 };
static lm_vol vol;
static lm_err err;
static uint32_t rng;

static double noise(void) /* mean 0, variance 1 */
{
    double s = 0;
    for (int i = 0; i < 12; i++) s += (double)((rng = rng * 1664525u + 1013904223u) >> 8) / 16777216.0;
    return s - 6;
}

static double soft(double d) /* from 1 inside to 0 outside, two samples wide */
{
    return d < -1 ? 1 : d > 1 ? 0 : 0.5 - 0.5 * d;
}

/* A trunk, an oblique vessel and a bone that changes its size; `lean`: how far all of it moves from slice to slice. */
static double scene(double x, double y, double z, double lean)
{
    double a = x - 47 - lean * z, b = y - 40 + 0.3 * lean * z;
    double body = sqrt(a * a + 1.7 * b * b) - 30, vessel = sqrt((a + 8) * (a + 8) + (b - 6) * (b - 6)) - 4,
           bone = sqrt((a - 12) * (a - 12) + (b + 4) * (b + 4)) - (5 + 0.2 * z);
    return 1000 * soft(body) + 300 * soft(vessel) + 900 * soft(bone);
}

/* Slices from..to-1 lie off by (dx, dy) */
static void draw(double lean, double sigma, int from, int to, double dx, double dy)
{
    lm_vol_release(&vol);
    assert_int_equal(lm_vol_alloc(&vol, (size_t[]){W, H, N}, LM_I16, &err), LM_OK);
    vol.dir[0][0] = 0.5;
    vol.dir[1][1] = 0.75;
    rng = 7;
    int16_t *p = vol.data;
    for (int k = 0; k < N; k++)
        for (int j = 0; j < H; j++)
            for (int i = 0; i < W; i++) {
                bool off = k >= from && k < to;
                *p++ = (int16_t)(scene(i - (off ? dx : 0), j - (off ? dy : 0), k, lean) + sigma * noise());
            }
}

static lm_shift found(int threads)
{
    lm_shift s;
    assert_int_equal(lm_shift_find(&vol, N, threads, &s, &err), LM_OK);
    return s;
}

static void near(double got, double want, double tol)
{
    if (!(fabs(got - want) <= tol)) fail_msg("%g, expected %g within %g", got, want, tol);
}

static void one_slice_is_named_with_its_shift(void **state)
{
    (void)state;
    static const double shift[][2] = {{2, 0}, {0, 1.3}, {-1.3, 0}, {1.2, -1.6}, {-3, 4}};
    for (size_t i = 0; i < sizeof shift / sizeof *shift; i++)
        for (int lean = 0; lean < 2; lean++) {
            int k = 5 + 3 * (int)i;
            draw(0.7 * lean, 15, k, k + 1, shift[i][0], shift[i][1]);
            lm_shift s = found(2);
            assert_int_equal(s.n, 1);
            assert_int_equal(s.item[0].slice, k);
            assert_false(s.item[0].rest);
            near(s.item[0].px[0], shift[i][0], 0.1);
            near(s.item[0].px[1], shift[i][1], 0.1);
            near(s.item[0].mm, sqrt(0.25 * shift[i][0] * shift[i][0] + 0.5625 * shift[i][1] * shift[i][1]), 0.08);
        }
}

static void a_move_that_stays_is_named_where_it_begins(void **state)
{
    (void)state;
    draw(0, 15, 11, N, 2, -1);
    lm_shift s = found(1);
    assert_int_equal(s.n, 1);
    assert_int_equal(s.item[0].slice, 11);
    assert_true(s.item[0].rest);
    near(s.item[0].px[0], 2, 0.25);
    near(s.item[0].px[1], -1, 0.25);
}

static void anatomy_is_no_motion(void **state)
{
    (void)state;
    draw(0, 15, 0, 0, 0, 0);
    assert_int_equal(found(1).n, 0);
    draw(1.5, 15, 0, 0, 0, 0); /* oblique: every slice lies off the one before */
    assert_int_equal(found(1).n, 0);
    draw(0.7, 400, 0, 0, 0, 0); /* noise rules */
    assert_int_equal(found(1).n, 0);
    draw(0, 0, 0, 0, 0, 0); /* a change from one slice to the next: half the trunk ends */
    int16_t *p = vol.data;
    for (size_t k = 12; k < N; k++)
        for (size_t i = 0; i < (size_t)W * H; i++)
            if (i % W > W / 2) p[k * W * H + i] = 0;
    assert_int_equal(found(1).n, 0);
    memset(vol.data, 0, lm_vol_count(&vol) * 2);
    assert_int_equal(found(1).n, 0);
}

/* What grows and shrinks evenly, about a centre that may lean: its rim can be laid on the rim before it anywhere. */
static void growing_is_no_motion(void **state)
{
    (void)state;
    for (int lean = 0; lean < 4; lean++)
        for (int radius = 12; radius <= 36; radius += 3)
            for (int sigma = 0; sigma <= 15; sigma += 15) {
                draw(0, 0, 0, 0, 0, 0);
                rng = 7;
                int16_t *p = vol.data;
                for (int k = 0; k < N; k++)
                    for (int j = 0; j < H; j++)
                        for (int i = 0; i < W; i++) {
                            double z = (k - 11.6) * 3, x = i - 47.2 - 0.4 * lean * (k - 11.6), y = (j - 39.7) * 1.2;
                            *p++ = (int16_t)(1000 * soft(sqrt(x * x + y * y + z * z) - radius) + sigma * noise());
                        }
                if (found(1).n) fail_msg("a sphere of radius %d, lean %d, noise %d", radius, lean, sigma);
            }
}

static void any_number_of_threads_and_type_finds_the_same(void **state)
{
    (void)state;
    draw(0.4, 20, 9, 10, 1.5, 0.5);
    lm_shift a = found(1), b = found(3);
    assert_memory_equal(&a.item[0], &b.item[0], sizeof a.item[0]);
    lm_vol f = LM_VOL_INIT;
    assert_int_equal(lm_vol_alloc(&f, vol.n, LM_F32, &err), LM_OK);
    memcpy(f.dir, vol.dir, sizeof f.dir);
    for (size_t i = 0; i < lm_vol_count(&f); i++) ((float *)f.data)[i] = (float)lm_vol_at(&vol, i);
    assert_int_equal(lm_shift_find(&f, N, 2, &b, &err), LM_OK);
    lm_vol_release(&f);
    assert_true(b.n == 1 && b.item[0].slice == 9 && b.item[0].px[0] == a.item[0].px[0] && b.item[0].px[1] == a.item[0].px[1]);
    assert_int_equal(lm_shift_find(&vol, LM_SHIFT_SLICES - 1, 1, &b, &err), LM_OK); /* too few to say */
    assert_int_equal(b.n, 0);
}

/* Root of the mean squared difference of slices from .. to-1 from those of the still scene, away from the edge. */
static double differ(const int16_t *still, int from, int to)
{
    const int16_t *p = vol.data;
    double sum = 0;
    size_t n = 0;
    for (int k = from; k < to; k++)
        for (int j = 8; j < H - 8; j++)
            for (int i = 8; i < W - 8; i++, n++) {
                const double d = p[(k * H + j) * W + i] - still[(k * H + j) * W + i];
                sum += d * d;
            }
    return sqrt(sum / (double)n);
}

/* Slices that are moved back show the still scene: the shift of one slice is known to a tenth of a pixel, that of a row of slices,
 * from one pair alone, to a quarter; so much of the error is left. */
static void moved_back(void **state)
{
    (void)state;
    static const double shift[][2] = {{2, 0}, {0, 1.3}, {-1.3, 0}, {1.2, -1.6}, {-3, 4}};
    static const int range[][2] = {{11, 12}, {14, N}};
    draw(0.3, 0, 0, 0, 0, 0);
    int16_t *still = malloc(lm_vol_count(&vol) * sizeof *still), *once = malloc(lm_vol_count(&vol) * sizeof *once);
    assert_true(still && once);
    memcpy(still, vol.data, lm_vol_count(&vol) * sizeof *still);
    for (size_t r = 0; r < 2; r++)
        for (size_t t = 0; t < sizeof shift / sizeof *shift; t++)
            for (int threads = 1; threads <= 3; threads += 2) {
                draw(0.3, 0, range[r][0], range[r][1], shift[t][0], shift[t][1]);
                const lm_shift s = found(threads);
                assert_int_equal(s.n, 1);
                assert_int_equal(s.item[0].rest, range[r][1] == N);
                const double part = r ? 0.25 : 0.1, before = differ(still, range[r][0], range[r][1]);
                assert_int_equal(lm_unshift(&vol, N, &s, threads, &err), LM_OK);
                const double after = differ(still, range[r][0], range[r][1]);
                for (int a = 0; a < 2; a++)
                    if (!(fabs(s.item[0].px[a] - shift[t][a]) < part)) fail_msg("%zu %zu: %g", r, t, s.item[0].px[a] - shift[t][a]);
                if (!(after < part * before)) fail_msg("%zu %zu: %g of %g", r, t, after, before);
                assert_true(differ(still, 0, range[r][0]) == 0);
                assert_int_equal(found(1).n, 0);
                if (threads == 1) memcpy(once, vol.data, lm_vol_count(&vol) * sizeof *once);
                else assert_memory_equal(once, vol.data, lm_vol_count(&vol) * sizeof *once);
            }
    free(still);
    free(once);
}

static void too_much(void **state)
{
    (void)state;
    const lm_shift s = {.n = LM_SHIFT_MAX + 1};
    draw(0, 0, 0, 0, 0, 0);
    assert_int_equal(lm_unshift(&vol, N, &s, 1, &err), LM_ERULE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(one_slice_is_named_with_its_shift),
                                       cmocka_unit_test(a_move_that_stays_is_named_where_it_begins),
                                       cmocka_unit_test(anatomy_is_no_motion),
                                       cmocka_unit_test(growing_is_no_motion),
                                       cmocka_unit_test(any_number_of_threads_and_type_finds_the_same),
                                       cmocka_unit_test(moved_back),
                                       cmocka_unit_test(too_much)};
    int rc = cmocka_run_group_tests(tests, NULL, NULL);
    lm_vol_release(&vol);
    return rc;
}
