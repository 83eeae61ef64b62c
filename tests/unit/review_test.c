/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Regions below a limit, counted by hand and, at random, against flooding; maps on turned grids. */
#include "segment/review.h"
#include "stream/probmap.h"
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static lm_vol map_of(size_t x, size_t y, size_t z)
{
    lm_vol v = LM_VOL_INIT;
    assert_int_equal(lm_vol_alloc(&v, (size_t[3]){x, y, z}, LM_F32, NULL), LM_OK);
    v.dir[0][0] = 0.5;
    v.dir[2][2] = 2;
    v.origin[0] = -10;
    return v;
}

static void regions_by_hand(void **state)
{
    (void)state;
    lm_vol p = map_of(70, 4, 5);
    float *x = p.data;
    lm_bits b = LM_BITS_INIT;
    lm_review r;
    assert_int_equal(lm_bits_alloc(&b, p.n, NULL), LM_OK);
    for (size_t i = 0; i < lm_vol_count(&p); i++) x[i] = 0.85F; /* as float32 it is above the limit */
    for (size_t k = 0; k < 5; k++)
        for (size_t j = 0; j < 4; j++) lm_bits_set(lm_bits_row(&b, j, k), 1, 69, true);
    x[0] = 0.1F;                                                                                /* not of the object */
    x[66] = x[67] = 0.5F;                                                                       /* a row of two */
    x[(2 * 4 + 1) * 70 + 5] = 0.25F, x[(3 * 4 + 2) * 70 + 6] = x[(3 * 4 + 2) * 70 + 7] = 0.75F; /* by a corner */
    assert_int_equal(lm_review_find(&b, &p, 0.85, 2, &r, NULL), LM_OK);
    assert_true(r.object == 68 * 20 && r.voxels == 5 && r.found == 2 && r.n == 2 && r.rest == 0);
    const lm_review_region *g = r.region;
    assert_true(g[0].voxels == 3 && g[0].first == 2 && g[0].last == 3 && g[0].least == 0.25 && g[0].mean == 1.75 / 3);
    assert_true(fabs(g[0].centre_mm[0] - (-10 + 0.5 * 6)) < 1e-12 && fabs(g[0].centre_mm[1] - 5.0 / 3) < 1e-12 &&
                fabs(g[0].centre_mm[2] - 2 * 8.0 / 3) < 1e-12);
    assert_true(g[1].voxels == 2 && g[1].first == 0 && g[1].last == 0 && g[1].centre_mm[0] == -10 + 0.5 * 66.5);
    assert_int_equal(lm_review_find(&b, &p, 0.1, 1, &r, NULL), LM_OK);
    assert_true(!r.found && !r.n && !r.voxels);
    lm_bits_release(&b);
    lm_vol_release(&p);
}

/* More regions than are listed: one sample in two is unsure, none touches another. */
static void rest_is_told(void **state)
{
    (void)state;
    lm_vol p = map_of(99, 3, 5);
    float *x = p.data;
    lm_bits b = LM_BITS_INIT;
    lm_review r;
    size_t all = 0;
    assert_int_equal(lm_bits_alloc(&b, p.n, NULL), LM_OK);
    lm_bits_invert(&b);
    for (size_t i = 0; i < lm_vol_count(&p); i++) x[i] = 1;
    for (size_t k = 0; k < 5; k += 2)
        for (size_t j = 0; j < 3; j += 2)
            for (size_t i = 0; i < 99; i += 2, all++) x[(k * 3 + j) * 99 + i] = 0;
    assert_int_equal(lm_review_find(&b, &p, 0.5, 3, &r, NULL), LM_OK);
    assert_true(all == 300 && r.found == all && r.n == LM_REVIEW_REGIONS && r.rest == all - r.n && r.voxels == all);
    assert_true(r.region[1].centre_mm[0] == -10 + 0.5 * 2); /* equal ones in the order of the samples */
    lm_bits_release(&b);
    lm_vol_release(&p);
}

static void turned_maps_fit(void **state)
{
    (void)state;
    lm_vol to = map_of(3, 4, 5), v = LM_VOL_INIT;
    lm_err err = LM_ERR_INIT;
    assert_int_equal(lm_vol_alloc(&v, (size_t[3]){5, 3, 4}, LM_F32, NULL), LM_OK);
    memset(v.dir, 0, sizeof v.dir);
    v.dir[0][2] = 2; /* k of the other, forwards; i backwards; j */
    v.dir[1][0] = -0.5;
    v.dir[2][1] = 1;
    v.origin[0] = -9;
    for (size_t i = 0; i < 60; i++) ((float *)v.data)[i] = (float)i / 60;
    assert_int_equal(lm_probmap_place(&v, &to, &err), LM_OK);
    for (size_t k = 0; k < 5; k++)
        for (size_t j = 0; j < 4; j++)
            for (size_t i = 0; i < 3; i++)
                assert_true(((float *)v.data)[(k * 4 + j) * 3 + i] == (float)((j * 3 + 2 - i) * 5 + k) / 60);
    assert_true(v.n[0] == 3 && v.origin[0] == -10 && v.dir[2][2] == 2);
    v.origin[0] += 0.01; /* a fiftieth of a voxel */
    assert_int_equal(lm_probmap_place(&v, &to, &err), LM_ERULE);
    v.origin[0] -= 0.01;
    ((float *)v.data)[7] = 1.5F;
    assert_int_equal(lm_probmap_check(&v, &err), LM_ERULE);
    ((float *)v.data)[7] = NAN;
    assert_int_equal(lm_probmap_check(&v, &err), LM_ERULE);
    ((float *)v.data)[7] = 1;
    assert_int_equal(lm_probmap_check(&v, &err), LM_OK);
    lm_vol_release(&v);
    lm_vol_release(&to);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(regions_by_hand), cmocka_unit_test(rest_is_told),
                                       cmocka_unit_test(turned_maps_fit)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
