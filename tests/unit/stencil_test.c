/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A mask on grey values: what is inside is the mask, in every type; where values and mask agree nothing moves, elsewhere the
 * surface crosses at half a voxel. */
#include "volume/stencil.h"
#include "volume/mask.h"
#include "volume/regions.h"
#include "volume/segment.h"
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static uint64_t seed = 9;
static double rnd(void) /* [0,1) */
{
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    return (double)(seed >> 11) * 0x1p-53;
}

static lm_vol grid(size_t x, size_t y, size_t z, lm_type type)
{
    lm_vol v = LM_VOL_INIT;
    lm_err err = LM_ERR_INIT;
    assert_int_equal(lm_vol_alloc(&v, (size_t[3]){x, y, z}, type, &err), LM_OK);
    return v;
}

static void set(lm_vol *v, size_t i, double x)
{
    int64_t n = (int64_t)x;
    float f = (float)x;
    memcpy((char *)v->data + i * lm_vol_type_size(v->type),
           v->type == LM_F64   ? (void *)&x
           : v->type == LM_F32 ? (void *)&f
                               : (void *)&n,
           lm_vol_type_size(v->type));
}

static bool bit(const lm_vol *v, const uint64_t *m, size_t i)
{
    return m[i / v->n[0] * lm_mask_words(v->n[0]) + i % v->n[0] / 64] >> i % v->n[0] % 64 & 1;
}

static void inside_is_the_mask(void **state)
{
    (void)state;
    lm_err err = LM_ERR_INIT;
    for (lm_type t = LM_I8; t <= LM_F64; t++)
        for (int round = 0; round < 4; round++) {
            lm_vol v = grid(70, 9, 21, t);
            size_t words = lm_mask_words(70), n = lm_vol_count(&v), pushed, filled, want[2] = {0};
            uint64_t *m = calloc(words * 9 * 21, sizeof *m);
            double *was = malloc(n * sizeof *was), level = round & 1 ? 50 : 50.5;
            for (size_t i = 0; i < n; i++) {
                set(&v, i, floor(rnd() * 101));
                was[i] = lm_vol_at(&v, i);
                if (rnd() < 0.3 + 0.2 * round) m[i / 70 * words + i % 70 / 64] |= (uint64_t)1 << i % 70 % 64;
                want[0] += was[i] >= level && !bit(&v, m, i);
                want[1] += was[i] < level && bit(&v, m, i);
            }
            assert_int_equal(lm_stencil(&v, m, level, 0, 1 + round % 2 * 3, &pushed, &filled, &err), LM_OK);
            assert_int_equal(pushed, want[0]);
            assert_int_equal(filled, want[1]);
            for (size_t i = 0; i < n; i++) {
                bool in = bit(&v, m, i);
                assert_true((lm_vol_at(&v, i) >= level) == in);
                if ((was[i] >= level) == in) assert_true(lm_vol_at(&v, i) == was[i]);
            }
            free(m);
            free(was);
            lm_vol_release(&v);
        }
}

/* A row of samples; '#': in the mask. Where does the surface cross between samples i and i+1? */
static void crossings(lm_type t, const double *was, const char *mask, double level, const double *want, size_t n)
{
    lm_err err = LM_ERR_INIT;
    size_t pushed, filled;
    lm_vol v = grid(n, 1, 1, t);
    uint64_t m[2] = {0};
    for (size_t i = 0; i < n; i++) {
        set(&v, i, was[i]);
        m[0] |= (uint64_t)(mask[i] == '#') << i;
    }
    assert_int_equal(lm_stencil(&v, m, level, -1000, 1, &pushed, &filled, &err), LM_OK);
    for (size_t i = 0; i + 1 < n; i++) {
        double a = lm_vol_at(&v, i) - level, b = lm_vol_at(&v, i + 1) - level;
        assert_true((a >= 0) != (b >= 0) ? want[i] >= 0 : want[i] < 0);
        if (want[i] >= 0) assert_true(fabs(a / (a - b) - want[i]) < 1e-6);
    }
    lm_vol_release(&v);
}

static void where_the_surface_crosses(void **state)
{
    (void)state;
    static const lm_type types[] = {LM_I16, LM_F32, LM_F64};
    for (size_t t = 0; t < 3; t++) {
        /* as the values have it, a quarter of the way; and cut at half */
        crossings(types[t], (double[]){-100, 300, 300, 300, -300}, "_###_", 0, (double[]){0.25, -1, -1, 0.5}, 5);
        crossings(types[t], (double[]){-100, 300, 300, 280, 300}, "_##__", 0, (double[]){0.25, -1, 0.5, -1}, 5);
        /* a hole that was filled, at the border of the object and within it */
        crossings(types[t], (double[]){-100, -60, 300, -50, 300, -300}, "_####_", 0, (double[]){0.5, -1, -1, -1, 0.5}, 6);
        /* neither neighbour agrees: both sides are changed */
        crossings(types[t], (double[]){-70, -60, 200, 300}, "##__", 0, (double[]){-1, 0.5, -1}, 4);
    }
}

/* Through lm_segment: a ball of grey values cut in half by a mask has half its volume, and the plane lies half a voxel beyond. */
static void a_cut_ball(void **state)
{
    (void)state;
    enum { N = 41 };
    lm_err err = LM_ERR_INIT;
    lm_vol v = grid(N, N, N, LM_F32);
    lm_regions r = LM_REGIONS_INIT;
    lm_region *g = NULL;
    lm_part part = {.label = 1};
    lm_segment_opt opt = LM_SEGMENT_OPT_INIT;
    lm_segment_facts f;
    uint64_t *bits = NULL;
    for (size_t k = 0, i = 0; k < N; k++)
        for (size_t y = 0; y < N; y++)
            for (size_t x = 0; x < N; x++, i++) {
                double d = sqrt((double)((x - 20) * (x - 20) + (y - 20) * (y - 20) + (k - 20) * (k - 20)));
                set(&v, i, 12.3 - d);
            }
    lm_regions_on(&r, &v);
    assert_int_equal(lm_regions_add(&r, &part, &g, &err), LM_OK);
    for (size_t i = 0; i < lm_vol_count(&v); i++) /* all of the ball with z <= 20 */
        if (((float *)v.data)[i] >= 0 && i / (N * N) <= 20) assert_int_equal(lm_regions_run(&r, g, i, 1, &err), LM_OK);
    assert_int_equal(lm_regions_bits(&r, NULL, &bits, &err), LM_OK);
    opt.lo = 0;
    opt.mask = bits;
    opt.threads = 2;
    assert_int_equal(lm_segment(&v, &opt, &f, &err), LM_OK);
    assert_int_equal(f.voxel_count, g->voxels);
    assert_true(f.mask_pushed > 1000 && f.mask_filled == 0);
    double pi = 3.14159265358979, whole = 4.0 / 3 * pi * 12.3 * 12.3 * 12.3, slab = 0.5 * pi * 12.3 * 12.3;
    assert_true(fabs(f.at_level_mm3 - (whole / 2 + slab)) < 0.01 * whole);
    assert_true(fabs(f.hi_mm[2] - 20.5) < 0.01 && fabs(f.lo_mm[2] - (20 - 12.3)) < 0.01);
    free(bits);
    lm_regions_release(&r);
    lm_vol_release(&v);
}

static void types_without_room_are_refused(void **state)
{
    (void)state;
    lm_err err = LM_ERR_INIT;
    size_t pushed, filled;
    lm_vol v = grid(3, 1, 1, LM_U8);
    for (size_t i = 0; i < 3; i++) set(&v, i, 7);
    assert_int_equal(lm_stencil(&v, (uint64_t[]){1}, 0, 0, 1, &pushed, &filled, &err), LM_ERULE);
    assert_int_equal(lm_stencil(&v, (uint64_t[]){1}, 300, 0, 1, &pushed, &filled, &err), LM_ERULE);
    lm_vol_release(&v);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(inside_is_the_mask),
        cmocka_unit_test(where_the_surface_crosses),
        cmocka_unit_test(a_cut_ball),
        cmocka_unit_test(types_without_room_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
