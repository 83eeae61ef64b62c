/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Regions of interest: text, points against formulas, and where the surface crosses after a cut. */
#include "volume/roi.h"
#include "volume/segment.h"
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static uint64_t seed = 77;
static double rnd(void) /* [0,1) */
{
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    return (double)(seed >> 11) * 0x1p-53;
}

static lm_roi region(const char *a, const char *b)
{
    lm_roi r = LM_ROI_INIT;
    lm_err err = LM_ERR_INIT;
    assert_int_equal(lm_roi_add(&r, a, &err), LM_OK);
    if (b) assert_int_equal(lm_roi_add(&r, b, &err), LM_OK);
    return r;
}

static void text_goes_in_and_out(void **state)
{
    static const char *const good[] = {"box:-1,2,3,4,5.5,6e1", "sphere:0.1,-20,300,1e-3", "cylinder:1,2,3,1,2,4,0.1"};
    static const char *const bad[] = {"",
                                      "box",
                                      "box:",
                                      "box:1,2,3,4,5",
                                      "box:1,2,3,4,5,6,7",
                                      "box:1,2,3,1,5,6",
                                      "sphere:1,2,3,0",
                                      "sphere:1,2,3,-1",
                                      "sphere:1,2,3",
                                      "sphere:1,2,x,3",
                                      "ball:1,2,3,4",
                                      "cylinder:1,2,3,1,2,3,4",
                                      "cylinder:0,0,0,1,0,0,-2",
                                      "sphere:nan,0,0,1",
                                      "sphere:1e9,0,0,1",
                                      "sphere:0,0,0,1 ",
                                      ":1,2,3,4",
                                      "sphere 1,2,3,4",
                                      "box:0,0,0,inf,1,1"};
    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        char text[LM_ROI_TEXT], again[LM_ROI_TEXT];
        lm_roi r = region(good[i], NULL);
        lm_roi_text(&r.shape[0], text);
        lm_roi r2 = region(text, NULL);
        lm_roi_text(&r2.shape[0], again);
        assert_string_equal(text, again);
        assert_memory_equal(r.shape[0].v, r2.shape[0].v, sizeof r.shape[0].v);
    }
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        lm_roi r = LM_ROI_INIT;
        lm_err err = LM_ERR_INIT;
        assert_int_equal(lm_roi_add(&r, bad[i], &err), LM_EUSAGE);
        assert_int_equal(r.n, 0);
    }
    lm_roi full = LM_ROI_INIT;
    for (int i = 0; i < LM_ROI_MAX; i++) assert_int_equal(lm_roi_add(&full, "sphere:0,0,0,1", NULL), LM_OK);
    assert_int_equal(lm_roi_add(&full, "sphere:0,0,0,1", NULL), LM_EUSAGE);
}

static void points_by_formula(void **state)
{
    (void)state;
    lm_roi box = region("box:5,2,3,-1,-2,-3", NULL), ball = region("sphere:1,1,1,2", NULL),
           rod = region("cylinder:0,0,0,0,0,10,2", NULL);
    lm_roi both = region("sphere:1,1,1,2", "cylinder:0,0,0,0,0,10,2"), none = LM_ROI_INIT;
    for (int i = 0; i < 20000; i++) {
        double p[3] = {24 * rnd() - 12, 24 * rnd() - 12, 24 * rnd() - 12};
        bool b = p[0] >= -1 && p[0] <= 5 && fabs(p[1]) <= 2 && fabs(p[2]) <= 3;
        bool s = (p[0] - 1) * (p[0] - 1) + (p[1] - 1) * (p[1] - 1) + (p[2] - 1) * (p[2] - 1) <= 4;
        bool c = p[2] >= 0 && p[2] <= 10 && p[0] * p[0] + p[1] * p[1] <= 4;
        assert_true(lm_roi_inside(&box, p) == b && lm_roi_inside(&ball, p) == s && lm_roi_inside(&rod, p) == c);
        assert_true(lm_roi_inside(&both, p) == (s || c) && lm_roi_inside(&none, p));
    }
    assert_true(lm_roi_inside(&box, (double[3]){5, 2, 3})); /* the boundary belongs to it */
    assert_true(lm_roi_inside(&rod, (double[3]){2, 0, 10}));
}

/* Along every grid edge that a plane cuts the crossing lies in the middle; what is below the level stays as it was. */
static void a_plane_cuts_at_half_a_voxel(void **state)
{
    static const lm_type types[] = {LM_I16, LM_F32, LM_F64, LM_I32, LM_U16};
    (void)state;
    enum { N = 12 };
    for (size_t t = 0; t < sizeof types / sizeof *types; t++) {
        lm_vol v = LM_VOL_INIT, was = LM_VOL_INIT;
        lm_err err = LM_ERR_INIT;
        size_t cut, want = 0;
        bool unsigned_type = types[t] == LM_U16;
        double level = unsigned_type ? 3000 : 226, one = types[t] == LM_F32 || types[t] == LM_F64 ? 0.25 : 1;
        lm_roi r = region("box:-100,-100,-100,100,100,6.3", NULL);
        assert_int_equal(lm_vol_alloc(&v, (size_t[3]){N, N, N}, types[t], &err), LM_OK);
        assert_int_equal(lm_vol_alloc(&was, (size_t[3]){N, N, N}, types[t], &err), LM_OK);
        v.origin[0] = -3.5;
        for (size_t i = 0; i < N * N * N; i++) {
            double x = level + one * floor(4000 * (rnd() - 0.4));
            if (unsigned_type) x = fmax(0, x);
            switch (types[t]) {
            case LM_I16: ((int16_t *)v.data)[i] = (int16_t)x; break;
            case LM_I32: ((int32_t *)v.data)[i] = (int32_t)x; break;
            case LM_U16: ((uint16_t *)v.data)[i] = (uint16_t)x; break;
            case LM_F32: ((float *)v.data)[i] = (float)x; break;
            default: ((double *)v.data)[i] = x; break;
            }
            want += i / (N * N) > 6 && x >= level;
        }
        memcpy(was.data, v.data, N * N * N * lm_vol_type_size(types[t]));
        assert_int_equal(lm_roi_cut(&r, &v, level, -5000, 3, &cut, &err), LM_OK);
        assert_int_equal(cut, want);
        for (size_t i = 0; i < N * N * N; i++) {
            double a = lm_vol_at(&was, i), b = lm_vol_at(&v, i);
            if (i / (N * N) <= 6 || a < level) assert_true(a == b);
            else assert_true(b < level);
            if (i / (N * N) != 7 || a < level) continue;
            double kept = lm_vol_at(&v, i - N * N);
            if (kept > level)
                assert_true((kept - level) / (kept - b) == 0.5); /* else the neighbour is background, or on the level */
        }
        lm_vol_release(&v);
        lm_vol_release(&was);
    }
}

/* Any field, any shapes: samples inside never change, nothing outside stays above, the threads do not matter. */
static void cuts_hold_for_any_field(void **state)
{
    (void)state;
    enum { N = 18, COUNT = N * N * N };
    for (int trial = 0; trial < 40; trial++) {
        lm_vol v[2] = {LM_VOL_INIT, LM_VOL_INIT};
        static int16_t was[COUNT];
        lm_err err = LM_ERR_INIT;
        char text[2][200];
        size_t cut[2];
        snprintf(text[0], sizeof text[0], "sphere:%g,%g,%g,%g", 18 * rnd(), 18 * rnd(), 18 * rnd(), 1 + 8 * rnd());
        snprintf(text[1], sizeof text[1], "cylinder:%g,%g,%g,%g,%g,%g,%g", 18 * rnd(), 18 * rnd(), 18 * rnd(), 18 * rnd(),
                 18 * rnd(), 18 * rnd(), 1 + 3 * rnd());
        lm_roi r = region(text[0], text[1]);
        for (int i = 0; i < COUNT; i++) was[i] = (int16_t)(60000 * (rnd() - 0.5));
        for (int k = 0; k < 2; k++) {
            assert_int_equal(lm_vol_alloc(&v[k], (size_t[3]){N, N, N}, LM_I16, &err), LM_OK);
            v[k].dir[2][1] = 0.25; /* leaning */
            memcpy(v[k].data, was, sizeof was);
            if (lm_roi_cut(&r, &v[k], 100.5, -30000, k ? 4 : 1, &cut[k], &err)) fail_msg("trial %d: %s", trial, err.text[0]);
        }
        assert_memory_equal(v[0].data, v[1].data, sizeof was);
        assert_int_equal(cut[0], cut[1]);
        for (size_t i = 0; i < COUNT; i++) {
            double at[3] = {(double)(i % N), (double)(i / N % N), (double)(i / N / N)}, p[3];
            lm_vol_to_world(&v[0], at, p);
            int16_t x = ((int16_t *)v[0].data)[i];
            if (lm_roi_inside(&r, p) || was[i] < 100.5) assert_int_equal(x, was[i]);
            else assert_true(x < 100.5);
        }
        lm_vol_release(&v[0]);
        lm_vol_release(&v[1]);
    }
}

static void regions_that_cannot_be(void **state)
{
    (void)state;
    lm_vol v = LM_VOL_INIT;
    lm_err err = LM_ERR_INIT;
    lm_segment_facts f;
    size_t cut;
    lm_roi away = region("sphere:500,0,0,10", NULL), here = region("sphere:0,0,0,2", NULL);
    assert_int_equal(lm_vol_alloc(&v, (size_t[3]){8, 8, 8}, LM_U8, &err), LM_OK);
    memset(v.data, 9, 512);
    assert_int_equal(lm_roi_cut(&away, &v, 5, 9, 1, &cut, &err), LM_EUSAGE);
    assert_non_null(strstr(err.text[0], "from 0, 0, 0 to 7, 7, 7 mm"));
    assert_int_equal(lm_roi_cut(&here, &v, 0, 9, 1, &cut, &err), LM_ERULE); /* no unsigned value lies below 0 */
    memset(v.data, 9, 512);
    ((uint8_t *)v.data)[0] = 1;
    lm_segment_opt opt = LM_SEGMENT_OPT_INIT;
    opt.lo = 5;
    opt.roi = region("sphere:0,0,0,0.5", NULL); /* meets the background only */
    assert_int_equal(lm_segment(&v, &opt, &f, &err), LM_ENO);
    assert_non_null(strstr(err.text[0], "outside the region"));
    memset(v.data, 9, 512); /* no background at all: the cut makes it */
    opt.roi = here;
    assert_int_equal(lm_segment(&v, &opt, &f, &err), LM_OK);
    assert_true(f.voxel_count == 11 && f.roi_cut_voxels == 512 - 11 && f.components_found == 1);
    lm_vol_release(&v);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text_goes_in_and_out),         cmocka_unit_test(points_by_formula),
        cmocka_unit_test(a_plane_cuts_at_half_a_voxel), cmocka_unit_test(cuts_hold_for_any_field),
        cmocka_unit_test(regions_that_cannot_be),
    };
    print_message("seed %llu\n", (unsigned long long)seed);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
