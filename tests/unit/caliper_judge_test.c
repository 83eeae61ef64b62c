/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Circles through points, angles and diameters on a ball, by formula. */
#include "measure/caliper_judge.h"
#include "measure_shapes.h"
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

static void circles_through_points(void **state)
{
    (void)state;
    double d, c[3], u[3], v[3];
    const double right[3][3] = {{1e5, 0, 7}, {1e5 + 6, 0, 7}, {1e5, 0, 7 + 8}}; /* the hypotenuse is the diameter */
    assert_true(lm_caliper_circle(right, 3, &d, c, u, v));
    assert_true(fabs(d - 10) < 1e-8 && fabs(c[0] - 1e5 - 3) < 1e-8 && fabs(c[1]) < 1e-8 && fabs(c[2] - 11) < 1e-8);
    /* on a circle of 44 in a plane along no axis, in any order and on one side only */
    const double x[3] = {0.8, -0.6, 0}, y[3] = {0.48, 0.64, -0.6},
                 at[5][2] = {{1, 0}, {0.28, 0.96}, {0.96, -0.28}, {0.6, 0.8}, {0.8, 0.6}};
    double p[6][3];
    for (int i = 0; i < 5; i++)
        for (int k = 0; k < 3; k++) p[i][k] = 5 * (k + 1) + 22 * (at[i][0] * x[k] + at[i][1] * y[k]);
    assert_true(lm_caliper_circle((const double(*)[3])p, 5, &d, c, u, v));
    assert_true(fabs(d - 44) < 1e-8 && fabs(c[0] - 5) < 1e-8 && fabs(c[1] - 10) < 1e-8 && fabs(c[2] - 15) < 1e-8);
    /* four on axes, one of them 4 too far: radii 10 10 10 14; least squares by distance moves the centre by 2 and gives 11 */
    const double cross[4][3] = {{14, 0, 0}, {-10, 0, 0}, {0, 10, 0}, {0, -10, 0}};
    double best = INFINITY, where = 0;
    for (double a = 0; a < 4; a += 1e-4) {
        double s = sqrt(100 + a * a), r = (14 - a + 10 + a + 2 * s) / 4,
               sum = (14 - a - r) * (14 - a - r) + (10 + a - r) * (10 + a - r) + 2 * (s - r) * (s - r);
        if (sum < best) best = sum, where = r;
    }
    assert_true(lm_caliper_circle(cross, 4, &d, c, u, v) && fabs(d - 2 * where) < 1e-3);
    const double line[3][3] = {{0, 0, 0}, {1, 1, 1}, {3, 3, 3}};
    assert_false(lm_caliper_circle(line, 3, &d, c, u, v));
}

static lm_status read(const char *text, lm_calipers *out, lm_err *err)
{
    lm_in *in = NULL;
    *err = (lm_err)LM_ERR_INIT;
    lm_status rc = lm_io_open_mem(text, strlen(text), &in, err);
    if (!rc) rc = lm_caliper_read(in, out, err);
    lm_io_close(in);
    return rc;
}

static const lm_measurement *named(const lm_verdict_list *l, const char *name)
{
    for (size_t i = 0; i < l->n; i++)
        if (!strcmp(l->item[i].name, name)) return &l->item[i];
    fail_msg("no '%s'", name);
    return NULL;
}

/* A ball of 20 as field (its distance), as mask, as mesh. */
static lm_vol ball(void)
{
    lm_vol v = LM_VOL_INIT;
    if (lm_vol_alloc(&v, (size_t[]){50, 50, 50}, LM_F32, NULL)) fail();
    for (int c = 0; c < 3; c++) v.dir[c][c] = 1, v.origin[c] = -24.7;
    for (size_t i = 0; i < lm_vol_count(&v); i++) {
        double x = -24.7 + (double)(i % 50), y = -24.7 + (double)(i / 50 % 50), z = -24.7 + (double)(i / 2500);
        ((float *)v.data)[i] = (float)(20 - sqrt(x * x + y * y + z * z));
    }
    v.has_iso = true;
    return v;
}

static void on_everything_there_is(void **state)
{
    (void)state;
    lm_mesh m = LM_MESH_INIT;
    lm_vol v = ball();
    lm_calipers c = LM_CALIPERS_INIT;
    lm_verdict_list l = LM_VERDICT_LIST_INIT;
    lm_tol tol = LM_TOL_INIT;
    lm_err err = LM_ERR_INIT;
    lm_edge e[3];
    shape_sphere(&m, (double[]){0, 0, 0}, 20, 400, 299);
    assert_int_equal(lm_edge_mesh(&m, 1, &e[0], &err), LM_OK);
    e[1] = lm_edge_field(&v, false);
    e[2] = lm_edge_field(&v, true);
    const lm_caliper_on on[3] = {{"", &e[0]}, {"volume", &e[1]}, {"mask", &e[2]}};
    /* at the equator 18 and 23 mm out; a section at z = 12 has a diameter of 32 */
    const char *text = "point A 23 0 0\npoint B 0 18 0\npoint C -21 0 0\n"
                       "point P 17.5 0 12\npoint Q 0 15 12\npoint R -16 0 12\npoint S 0 -14.2 12\n"
                       "point far 300 0 0\n"
                       "distance width A C 40.0mm print=40.1mm\n"
                       "angle liver A B C 90.0deg tol=1deg print=91deg\nangle half A B C 88.5deg\n"
                       "diameter ring P Q R S 32.0mm\ndiameter three P Q R 30.0mm tol=5%\n"
                       "angle lost far B C\ndiameter lost P Q far\n";
    if (read(text, &c, &err)) fail_msg("%s %s", err.text[0], err.text[1]);
    if (lm_caliper_judge(&c, on, 3, &tol, true, &l, &err)) fail_msg("%s", err.text[0]);
    assert_int_equal(l.n, 3 * 7 + 2);
    /* linear between samples h = 1 apart, across the line: at most h^2 / 8R too low along each of two axes, at each end */
    assert_true(fabs(named(&l, "distance width")->value - 40) < 0.01 &&
                fabs(named(&l, "distance width, volume")->value - 40) < 4.0 / 160);
    assert_true(fabs(named(&l, "distance width, mask")->value - 40) < 1 && named(&l, "distance width, mask")->u_value > 0.7);
    const lm_measurement *a = named(&l, "angle liver");
    assert_true(a->unit == LM_UNIT_DEG && fabs(a->value - 90) < 0.05 && a->verdict == LM_VERDICT_PASS && a->tol == 1);
    /* facets lean by h / 2R: seen from 3 mm away their nearest point is 3 / 40 mm aside, at the end of arms of 28 mm */
    assert_true(fabs(named(&l, "angle liver, volume")->value - 90) < 2 * 0.15);
    assert_true(fabs(named(&l, "angle liver, mask")->value - 90) < 3);
    a = named(&l, "angle half"); /* arms of 28 mm: 1 mm at their end is 2 degrees */
    assert_true(a->tol > 1.9 && a->tol < 2.5 && strstr(a->tol_is, "shorter arm"));
    assert_true(fabs(named(&l, "print liver")->reference - 90) < 0.05);
    /* 3 h^2 / 8R at most along the normal, which leans by 12 / 20 out of the plane */
    assert_true(fabs(named(&l, "diameter ring")->value - 32) < 0.02 &&
                fabs(named(&l, "diameter ring, volume")->value - 32) < 2 * 3.0 / 160 / 0.8);
    assert_true(fabs(named(&l, "diameter ring, mask")->value - 32) < 1);
    assert_true(fabs(named(&l, "diameter three")->value - 32) < 0.3 && named(&l, "diameter three")->verdict == LM_VERDICT_FAIL);
    assert_true(isnan(named(&l, "angle lost")->value) && named(&l, "angle lost")->verdict == LM_VERDICT_UNDECIDED);
    assert_true(strstr(named(&l, "diameter lost, volume")->note, "no surface within 5 mm") != NULL);
    lm_verdict_list_release(&l);
    lm_caliper_release(&c);
    lm_edge_release(&e[0]);
    lm_vol_release(&v);
    lm_mesh_release(&m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(circles_through_points),
        cmocka_unit_test(on_everything_there_is),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
