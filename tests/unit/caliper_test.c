/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Landmark files, good and bad; distances on a box and a ball by formula. */
#include "measure/caliper_judge.h"
#include "measure_shapes.h"
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

static lm_status read(const char *text, lm_calipers *out, lm_err *err)
{
    lm_in *in = NULL;
    *err = (lm_err)LM_ERR_INIT;
    lm_status rc = lm_io_open_mem(text, strlen(text), &in, err);
    if (!rc) rc = lm_caliper_read(in, out, err);
    lm_io_close(in);
    return rc;
}

/* On the mesh alone. */
static lm_status judge(const lm_calipers *c, const lm_mesh *m, const lm_tol *tol, bool keep_names, lm_verdict_list *l, lm_err *err)
{
    lm_edge e;
    lm_status rc = lm_edge_mesh(m, 1, &e, err);
    const lm_caliper_on on = {"", &e};
    if (!rc) rc = lm_caliper_judge(c, &on, 1, tol, keep_names, l, err);
    lm_edge_release(&e);
    return rc;
}

static const lm_measurement *named(const lm_verdict_list *l, const char *name)
{
    for (size_t i = 0; i < l->n; i++)
        if (!strcmp(l->item[i].name, name)) return &l->item[i];
    fail_msg("no '%s'", name);
    return NULL;
}

static void distances_are_taken_where_the_line_crosses_the_surface(void **state)
{
    (void)state;
    lm_mesh m = LM_MESH_INIT;
    lm_calipers c = LM_CALIPERS_INIT;
    lm_verdict_list l = LM_VERDICT_LIST_INIT;
    lm_tol tol = LM_TOL_INIT;
    lm_err err;
    shape_box(&m, (double[]){0, 0, 0}, (double[]){52.5, 20, 10}, false);
    shape_box(&m, (double[]){20, 5, 2}, (double[]){30, 15, 8}, true); /* a hollow between the landmarks */
    const char *text = "# a box\r\n"
                       "point A -0.4 10 5\npoint B 53 10 5 # outside\n"
                       "point C 0.3 0.3 0.3\npoint D 52.2 19.7 9.7\npoint E 200 10 5\n\n"
                       "distance liver A B 52.5mm print=52.3mm\n"
                       "distance John A B 51.0mm tol=0.5mm\n"
                       "distance third A B 5.25cm tol=1%\n"
                       "distance bare B A\n"
                       "distance diagonal C D 57.05mm tol=0.2mm\n"
                       "distance far A E 200mm\n";
    if (read(text, &c, &err)) fail_msg("%s %s", err.text[0], err.text[1]);
    assert_true(c.n == 6 && c.n_points == 5);
    if (judge(&c, &m, &tol, false, &l, &err)) fail_msg("%s", err.text[0]);
    assert_int_equal(l.n, 7);
    const lm_measurement *one = named(&l, "distance liver");
    assert_true(fabs(one->value - 52.5) < 1e-9 && one->u_reference == 0.05 && one->tol == 1 && one->verdict == LM_VERDICT_PASS);
    one = named(&l, "print liver");
    assert_true(one->value == 52.3 && fabs(one->reference - 52.5) < 1e-9 && one->u_value >= 0.05 && one->u_value < 0.0501 &&
                one->u_reference == 0 && /* its last digit, and the rounding of the mesh */
                one->verdict == LM_VERDICT_PASS);
    one = named(&l, "distance 2"); /* a person's name stays in */
    assert_true(one->tol == 0.5 && one->verdict == LM_VERDICT_FAIL);
    one = named(&l, "distance 3");
    assert_true(fabs(one->tol - 0.525) < 1e-12 && one->reference == 52.5 && one->u_reference == 0.05);
    one = named(&l, "distance 4"); /* against the landmarks themselves, 53.4 mm apart */
    assert_true(fabs(one->reference - 53.4) < 1e-9 && fabs(one->value - 52.5) < 1e-9 && one->verdict == LM_VERDICT_PASS);
    /* through C and D: from the plane x = 0 or y = 0 ... to the one that is left first */
    double d[3] = {51.9, 19.4, 9.4}, in = fmax(fmax(-0.3 / d[0], -0.3 / d[1]), -0.3 / d[2]),
           out = fmin(fmin(52.2 / d[0], 19.7 / d[1]), 9.7 / d[2]), length = sqrt(d[0] * d[0] + d[1] * d[1] + d[2] * d[2]);
    assert_true(fabs(named(&l, "distance 5")->value - (out - in) * length) < 1e-6);
    one = named(&l, "distance 6");
    assert_true(isnan(one->value) && one->verdict == LM_VERDICT_UNDECIDED && strstr(one->note, "no surface within 5 mm"));
    lm_verdict_list_release(&l);
    m.space = LM_SPACE_RAS;
    assert_int_equal(judge(&c, &m, &tol, false, &l, &err), LM_ERULE);
    lm_verdict_list_release(&l);
    lm_caliper_release(&c);
    lm_mesh_release(&m);
}

static void markups_are_turned_to_lps(void **state)
{
    (void)state;
    lm_mesh m = LM_MESH_INIT;
    lm_calipers c = LM_CALIPERS_INIT;
    lm_verdict_list l = LM_VERDICT_LIST_INIT;
    lm_tol tol = LM_TOL_INIT;
    lm_err err;
    shape_sphere(&m, (double[]){30, -20, 5}, 10, 80, 59);
    const char *text =
        "{\"markups\":[{\"type\":\"Line\",\"coordinateSystem\":\"RAS\",\"coordinateUnits\":\"mm\",\"controlPoints\":["
        "{\"label\":\"Mr X\",\"position\":[-41,20,5]},{\"position\":[-19,20,5]}]},{\"type\":\"Fiducial\","
        "\"coordinateSystem\":\"LPS\",\"controlPoints\":[]}]}";
    if (read(text, &c, &err)) fail_msg("%s %s", err.text[0], err.text[1]);
    if (judge(&c, &m, &tol, true, &l, &err)) fail_msg("%s", err.text[0]);
    assert_true(l.n == 1 && l.item[0].reference == 22 && fabs(l.item[0].value - 20) < 1e-5);
    lm_verdict_list_release(&l);
    lm_caliper_release(&c);
    lm_mesh_release(&m);
}

static void bad_files_are_refused_with_their_line(void **state)
{
    (void)state;
    static const struct {
        const char *text, *says;
    } t[] = {
        {"point A 1 2\n", "line 1"},
        {"point A 1 2 3\npoint A 3 4 5\n", "line 2"},
        {"point A 1 2 nan\n", "line 1"},
        {"point A 1 2 1e30\n", "10 km"},
        {"point A 1 2 3\ndistance d A B 3mm\n", "second name"},
        {"point A 1 2 3\npoint B 1 2 3\ndistance d A B 3mm\n", "one place"},
        {"point A 1 2 3\npoint B 2 2 3\ndistance d A B 3ml\n", "no length"},
        {"point A 1 2 3\npoint B 2 2 3\ndistance d A B 3mm 4mm\n", "one already"},
        {"point A 1 2 3\npoint B 2 2 3\ndistance d A B tol=-1mm\n", "no length"},
        {"point A 1 2 3\npoint B 2 2 3\ndistance d A B\ndistance d B A\n", "line 4"},
        {"point A 1 2 3\n", "no distance"},
        {"length A B\n", "neither"},
        {"a b c d e f g h i j k l m n o p q r s t u v w x y z a b c d e f g h i j k l\n", "too many"},
        {"point A 1 2 3\npoint B 2 2 3\nangle a A B\n", "write: angle"},
        {"point A 1 2 3\npoint B 2 2 3\nangle a A B C 3deg\n", "third name"},
        {"point A 1 2 3\npoint B 2 2 3\npoint C 2 3 3\nangle a A B C 3mm\n", "no angle"},
        {"point A 1 2 3\npoint B 2 2 3\npoint C 2 3 3\ndiameter a A B C B 3mm\n", "one place"},
        {"point A 1 2 3\npoint B 2 2 3\npoint C 2 3 3\ndiameter a A B C D\n", "'D'"},
        {"{\"markups\":[{\"type\":\"Angle\",\"coordinateSystem\":\"LPS\",\"controlPoints\":[]}]}", "0 points, not 3"},
        {"{\"markups\":[{\"type\":\"ClosedCurve\",\"coordinateSystem\":\"LPS\",\"controlPoints\":[]}]}", "not 3 to 32"},
        {"{\"markups\":1}", "no list"},
        {"{", "no JSON"},
        {"{\"markups\":[{\"type\":\"Plane\"}]}", "'Plane'"},
        {"{\"markups\":[{\"type\":\"Line\",\"coordinateSystem\":\"LAS\"}]}", "neither LPS nor RAS"},
        {"{\"markups\":[{\"type\":\"Line\",\"coordinateSystem\":\"LPS\",\"controlPoints\":[{\"position\":[1,2,3]}]}]}", "1 points"},
        {"{\"markups\":[{\"type\":\"Line\",\"coordinateSystem\":\"LPS\",\"controlPoints\":[{\"position\":[1,2]}]}]}", "three"},
        {"{\"markups\":[{\"type\":\"Line\",\"coordinateSystem\":\"LPS\",\"coordinateUnits\":\"um\"}]}", "not mm"}};
    for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
        lm_calipers c = LM_CALIPERS_INIT;
        lm_err err;
        char line[1000];
        assert_int_not_equal(read(t[i].text, &c, &err), LM_OK);
        lm_err_line(&err, line, sizeof line);
        if (!strstr(line, t[i].says)) fail_msg("%zu: %s", i, line);
        assert_null(c.point);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(distances_are_taken_where_the_line_crosses_the_surface),
        cmocka_unit_test(markups_are_turned_to_lps),
        cmocka_unit_test(bad_files_are_refused_with_their_line),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
