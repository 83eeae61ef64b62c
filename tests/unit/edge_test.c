/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Edges of fields, masks and meshes against planes and balls by formula. */
#include "measure/edge.h"
#include "measure_shapes.h"
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

/* n . x - offset in steps of 100, inside where positive: linear, so that the trilinear field is exact. */
static lm_vol plane(lm_type type, const double n[3], double offset)
{
    lm_vol v = LM_VOL_INIT;
    if (lm_vol_alloc(&v, (size_t[]){20, 18, 16}, type, NULL)) fail();
    v.dir[0][0] = 0.7;
    v.dir[1][1] = 0.9;
    v.dir[2][2] = 1.5;
    v.dir[2][0] = 0.1; /* sheared */
    v.origin[0] = -300;
    v.iso = 50;
    v.has_iso = true;
    for (size_t i = 0; i < lm_vol_count(&v); i++) {
        double p[3];
        const double ijk[3] = {(double)(i % 20), (double)(i / 20 % 18), (double)(i / 360)};
        lm_vol_to_world(&v, ijk, p);
        double f = 50 + 100 * (n[0] * (p[0] + 300) + n[1] * p[1] + n[2] * p[2] - offset);
        if (type == LM_F64) ((double *)v.data)[i] = f;
        else ((int16_t *)v.data)[i] = (int16_t)floor(f + 0.5);
    }
    return v;
}

static void a_plane_in_a_sheared_field(void **state)
{
    (void)state;
    const double n[3] = {0.48, 0.64, 0.6}, start[3] = {-294, 6, 10};
    const double truth = 12 - (0.48 * 6 + 0.64 * 6 + 0.6 * 10); /* along n */
    lm_vol v = plane(LM_F64, n, 12);
    lm_edge e = lm_edge_field(&v, false);
    double t, u, q[3];
    bool found;
    lm_err err = LM_ERR_INIT;
    assert_true(lm_edge_along(&e, start, n, 5, &t, &u) && fabs(t - truth) < 1e-9 && u == 0);
    assert_true(lm_edge_along(&e, start, (double[]){1, 0, 0}, 5, &t, &u) && fabs(t - truth / 0.48) < 1e-9);
    assert_true(lm_edge_along(&e, start, (double[]){-1, 0, 0}, 5, &t, &u) && fabs(t + truth / 0.48) < 1e-9); /* behind it */
    assert_false(lm_edge_along(&e, start, n, fabs(truth) - 1e-6, &t, &u));
    assert_int_equal(lm_edge_nearest(&e, start, 5, &found, q, &u, &err), LM_OK);
    assert_true(found);
    for (int c = 0; c < 3; c++) assert_true(fabs(q[c] - start[c] - truth * n[c]) < 1e-5);
    assert_int_equal(lm_edge_nearest(&e, start, 0.5 * fabs(truth), &found, q, &u, &err), LM_OK);
    assert_false(found);
    /* the border is a surface half a voxel outside, and beyond there is nothing */
    const double in[3] = {-300 + 0.7 * 18, 9, 13};
    assert_true(lm_edge_along(&e, in, (double[]){1, 0, 0}, 5, &t, &u));
    const double sheared = -300 + 0.1 * 13 / 1.5 + 0.7 * 19.5;
    assert_true(fabs(in[0] + t - sheared) < 1e-9);
    assert_false(lm_edge_along(&e, (double[]){0, 0, 0}, n, 5, &t, &u));
    assert_int_equal(lm_edge_nearest(&e, (double[]){0, 0, 0}, 5, &found, q, &u, &err), LM_OK);
    assert_false(found);
    lm_vol_release(&v);
    /* whole numbers: rounding by half of one at 100 per mm, 1 / sqrt(12) of it one standard deviation */
    v = plane(LM_I16, n, 12);
    e = lm_edge_field(&v, false);
    assert_true(lm_edge_along(&e, start, n, 5, &t, &u) && fabs(t - truth) < 0.006 && fabs(u - 0.01 / sqrt(12)) < 1e-4);
    /* the mask: at half a step between the samples on either side */
    e = lm_edge_field(&v, true);
    assert_true(lm_edge_along(&e, start, n, 5, &t, &u) && fabs(t - truth) < 0.8 && u > 0.2 && u < 0.5);
    lm_vol_release(&v);
}

static void the_crossing_that_is_nearest(void **state)
{
    (void)state;
    lm_mesh m = LM_MESH_INIT;
    lm_edge e;
    lm_err err = LM_ERR_INIT;
    double t, u, q[3];
    bool found;
    shape_box(&m, (double[]){0, 0, 0}, (double[]){10, 10, 10}, false);
    shape_box(&m, (double[]){3, 3, 3}, (double[]){7, 7, 7}, true);
    assert_int_equal(lm_edge_mesh(&m, 1, &e, &err), LM_OK);
    const double x[3] = {1, 0, 0};
    const struct {
        double at, t;
    } k[] = {{-2, 2}, {0, 0}, {0.5, -0.5}, {1.4, -1.4}, {1.6, 1.4}, {3, 0}, {4.9, -1.9}, {5.1, 1.9}, {12, -2}};
    for (size_t i = 0; i < sizeof k / sizeof *k; i++) {
        const double p[3] = {k[i].at, 5, 5.5};
        assert_true(lm_edge_along(&e, p, x, 5, &t, &u));
        assert_true(fabs(t - k[i].t) < 1e-12);
        assert_int_equal(lm_edge_nearest(&e, p, 5, &found, q, &u, &err), LM_OK);
        assert_true(found);
    }
    assert_false(lm_edge_along(&e, (double[]){-6, 5, 5}, x, 5, &t, &u));
    assert_int_equal(lm_edge_nearest(&e, (double[]){-6, 5, 5}, 5, &found, q, &u, &err), LM_OK);
    assert_false(found);
    assert_int_equal(lm_edge_nearest(&e, (double[]){4, -3, 5}, 5, &found, q, &u, &err), LM_OK);
    assert_true(found && q[0] == 4 && q[1] == 0 && q[2] == 5);
    lm_edge_release(&e);
    lm_mesh_release(&m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_plane_in_a_sheared_field),
        cmocka_unit_test(the_crossing_that_is_nearest),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
