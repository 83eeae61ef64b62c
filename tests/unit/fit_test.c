/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Fits of surfaces with known truth: whole, in part, with noise from a seed, far away; and what they cannot tell. */
#include "measure/expect.h"
#include "measure/fit.h"
#include "measure_shapes.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <cmocka.h>

static uint32_t seed;
static double chance(void) /* variance 1, nearly normal */
{
    double s = -6;
    for (int i = 0; i < 12; i++) {
        seed = seed * 1664525u + 1013904223u;
        s += (double)(seed >> 8) / (1 << 24);
    }
    return s;
}

/* A grid of nu x nv points on a surface: sphere (angles), cylinder about 1 2 2 / 3 (angle, height), plane square to it. */
static const double axis[3][3] = {{1. / 3, 2. / 3, 2. / 3}, {2. / 3, 1. / 3, -2. / 3}, {2. / 3, -2. / 3, 1. / 3}};

static void patch(lm_mesh *m, lm_fit_kind kind, double r, double wide, double high, double noise, const double at[3])
{
    enum { U = 40, V = 24 };
    static double p[3 * U * V];
    static uint32_t t[6 * (U - 1) * (V - 1)];
    size_t nt = 0;
    for (uint32_t v = 0; v < V; v++)
        for (uint32_t u = 0; u < U; u++) {
            double a = wide * ((double)u / (U - 1) - 0.5), h = high * ((double)v / (V - 1) - 0.5), q[3],
                   e = noise > 0 ? noise * chance() : 0;
            if (kind == LM_FIT_PLANE) q[0] = e, q[1] = a, q[2] = h;
            else if (kind == LM_FIT_CYLINDER) q[0] = h, q[1] = (r + e) * cos(a), q[2] = (r + e) * sin(a);
            else q[0] = (r + e) * sin(h), q[1] = (r + e) * cos(h) * cos(a), q[2] = (r + e) * cos(h) * sin(a);
            for (uint32_t c = 0; c < 3; c++)
                p[3 * (v * U + u) + c] = at[c] + q[0] * axis[0][c] + q[1] * axis[1][c] + q[2] * axis[2][c];
        }
    for (uint32_t v = 0; v + 1 < V; v++)
        for (uint32_t u = 0; u + 1 < U; u++) {
            uint32_t o = v * U + u, quad[6] = {o, o + 1, o + U, o + 1, o + U + 1, o + U};
            memcpy(t + 3 * nt, quad, sizeof quad);
            nt += 2;
        }
    shape_append(m, p, U * V, t, nt);
}

static lm_fit fitted(const lm_mesh *m, const char *text)
{
    lm_fit_ask ask;
    lm_fit f;
    lm_err err = LM_ERR_INIT;
    if (lm_fit_parse(text, &ask, &err) || lm_fit_run(m, &ask, &f, &err)) fail_msg("%s: %s", text, err.text[0]);
    return f;
}

static double apart(const double a[3], const double b[3])
{
    return sqrt((a[0] - b[0]) * (a[0] - b[0]) + (a[1] - b[1]) * (a[1] - b[1]) + (a[2] - b[2]) * (a[2] - b[2]));
}

static void exact_surfaces_give_their_numbers(void **state)
{
    (void)state;
    static const double at[3] = {12, -30, 101};
    static const double cap[][2] = {{6.283, 3}, {1.5, 1.2}, {0.5, 0.4}}; /* nearly all, a cap, a small cap */
    for (int i = 0; i < 3; i++) {
        lm_mesh s = LM_MESH_INIT, c = LM_MESH_INIT, p = LM_MESH_INIT;
        patch(&s, LM_FIT_SPHERE, 24, cap[i][0], cap[i][1], 0, at);
        lm_fit f = fitted(&s, "sphere");
        if (!f.determined) fail_msg("%s", f.note);
        assert_true(fabs(f.diameter_mm - 48) < 5e-4 && fabs(f.diameter_mm - 48) <= f.u_diameter_mm &&
                    apart(f.centre_mm, at) < 5e-4);
        assert_true(f.rms_mm < 1e-5 && f.max_mm < 2e-5 && f.vertices == 960);
        patch(&c, LM_FIT_CYLINDER, 7, cap[i][0], 30, 0, at);
        f = fitted(&c, "cylinder");
        if (!f.determined) fail_msg("%s", f.note);
        assert_true(fabs(f.diameter_mm - 14) < 5e-4 && fabs(f.diameter_mm - 14) <= f.u_diameter_mm);
        assert_true(apart(f.direction, axis[0]) < 1e-5 && fabs(f.length_mm - 30) < 1e-4 && f.rms_mm < 1e-5);
        double off[3], along = 0;
        for (int k = 0; k < 3; k++) along += (f.centre_mm[k] - at[k]) * axis[0][k];
        for (int k = 0; k < 3; k++) off[k] = f.centre_mm[k] - along * axis[0][k];
        assert_true(apart(off, at) < 5e-4);
        patch(&p, LM_FIT_PLANE, 0, 50, 20, 0, at);
        f = fitted(&p, "plane");
        assert_true(f.determined && apart(f.direction, axis[0]) < 1e-6 && apart(f.centre_mm, at) < 1e-4 && f.max_mm < 1e-5);
        assert_true(fabs(f.area_mm2 - 1000) < 1e-2);
        lm_mesh_release(&p);
        lm_mesh_release(&c);
        lm_mesh_release(&s);
    }
}

/* u is two standard errors: the truth lies within it 19 times of 20. */
static void noise_stays_within_what_is_told(void **state)
{
    (void)state;
    static const double at[3] = {-40, 70, 15};
    int held[4] = {0, 0, 0, 0}, rounds = 60;
    for (int i = 0; i < rounds; i++) {
        lm_mesh m[3] = {LM_MESH_INIT, LM_MESH_INIT, LM_MESH_INIT};
        seed = 1000 + (uint32_t)i;
        patch(&m[0], LM_FIT_SPHERE, 24, 1.6, 1.2, 0.1, at);
        patch(&m[1], LM_FIT_CYLINDER, 7, 2, 40, 0.1, at);
        patch(&m[2], LM_FIT_PLANE, 0, 50, 20, 0.1, at);
        lm_fit s = fitted(&m[0], "sphere"), c = fitted(&m[1], "cylinder"), p = fitted(&m[2], "plane");
        assert_true(s.determined && c.determined && p.determined);
        assert_true(fabs(s.rms_mm - 0.1) < 0.012 && fabs(c.rms_mm - 0.1) < 0.012 && fabs(p.rms_mm - 0.1) < 0.012);
        assert_true(s.u_diameter_mm < 1 && c.u_diameter_mm < 0.5 && p.u_degree < 0.2);
        held[0] += fabs(s.diameter_mm - 48) <= s.u_diameter_mm;
        held[1] += fabs(c.diameter_mm - 14) <= c.u_diameter_mm;
        held[2] += apart(s.centre_mm, at) <= s.u_centre_mm;
        held[3] += apart(p.direction, axis[0]) * 180 / M_PI <= p.u_degree;
        for (int k = 0; k < 3; k++) lm_mesh_release(&m[k]);
    }
    for (int k = 0; k < 4; k++)
        if (held[k] < 0.85 * rounds) fail_msg("%d: %d of %d", k, held[k], rounds);
}

/* An offset that float32 represents exactly changes nothing but the place. */
static void an_offset_of_a_kilometre_changes_nothing(void **state)
{
    (void)state;
    static const char *const what[] = {"plane", "sphere", "cylinder"};
    for (int k = 0; k < 3; k++) {
        lm_mesh m = LM_MESH_INIT;
        seed = 7;
        patch(&m, (lm_fit_kind)k, 60, k ? 1.5 : 60, k == 1 ? 1.2 : 60, 0.1, (double[]){0, 0, 0});
        for (size_t i = 0; i < 3 * m.nv; i++) m.pos[i] = (float)(floor((double)m.pos[i] * 8) / 8);
        lm_fit a = fitted(&m, what[k]);
        for (size_t i = 0; i < 3 * m.nv; i++) m.pos[i] += i % 3 == 1 ? -1048576.f : 1048576.f;
        lm_fit b = fitted(&m, what[k]);
        assert_true(a.determined && b.determined);
        assert_true(a.diameter_mm == b.diameter_mm && a.rms_mm == b.rms_mm && a.max_mm == b.max_mm && a.length_mm == b.length_mm);
        for (int c = 0; c < 3; c++) {
            assert_true(a.direction[c] == b.direction[c]);
            assert_true(fabs(b.centre_mm[c] - (c == 1 ? -1048576 : 1048576) - a.centre_mm[c]) < 1e-9);
        }
        lm_mesh_release(&m);
    }
}

static void what_a_region_does_not_tell_is_said(void **state)
{
    (void)state;
    lm_mesh flat = LM_MESH_INIT, ball = LM_MESH_INIT, box = LM_MESH_INIT, tri = LM_MESH_INIT;
    lm_err err = LM_ERR_INIT;
    lm_fit_ask ask;
    lm_fit f;
    patch(&flat, LM_FIT_PLANE, 0, 50, 20, 0, (double[]){0, 0, 0});
    assert_true(!fitted(&flat, "sphere").determined && strstr(fitted(&flat, "sphere").note, "flat"));
    assert_false(fitted(&flat, "cylinder").determined);
    shape_sphere(&ball, (double[]){5, 6, 7}, 10, 60, 40);
    f = fitted(&ball, "cylinder");
    assert_true(!f.determined && strstr(f.note, "axis"));
    f = fitted(&ball, "plane");
    assert_true(!f.determined && strstr(f.note, "thick"));
    f = fitted(&ball, "sphere:ball=5,6,17,6"); /* the pole alone */
    assert_true(f.determined && fabs(f.diameter_mm - 20) < 1e-4 && f.vertices < ball.nv / 4);
    f = fitted(&ball, "sphere:box=-99,-99,7.5,99,99,99");
    assert_true(f.determined && f.area_mm2 < 2.1 * M_PI * 100 && apart(f.centre_mm, (double[]){5, 6, 7}) < 1e-4);
    shape_box(&box, (double[]){0, 0, 0}, (double[]){32, 16, 8}, false); /* sides in one plane */
    f = fitted(&box, "plane:box=-1,-1,7,99,99,9");
    assert_true(f.determined && f.max_mm == 0 && f.direction[2] == 1 && f.centre_mm[2] == 8 && f.area_mm2 == 512);
    assert_int_equal(lm_fit_parse("plane:ball=99,99,99,1", &ask, &err), LM_OK);
    assert_int_equal(lm_fit_run(&box, &ask, &f, &err), LM_ERULE);
    assert_int_equal(lm_fit_parse("plane:part=2", &ask, &err), LM_OK);
    assert_int_equal(lm_fit_run(&box, &ask, &f, &err), LM_ERULE);
    shape_append(&tri, (double[]){0, 0, 0, 1, 0, 0, 0, 1, 0}, 3, (uint32_t[]){0, 1, 2}, 1);
    assert_true(fitted(&tri, "plane").determined && !fitted(&tri, "sphere").determined && !fitted(&tri, "cylinder").determined);
    lm_mesh_release(&tri);
    lm_mesh_release(&box);
    lm_mesh_release(&ball);
    lm_mesh_release(&flat);
}

static void texts_and_names(void **state)
{
    (void)state;
    static const char *const bad[] = {"",
                                      "ball",
                                      "sphere:",
                                      "sphere:ball=1,2,3",
                                      "sphere:ball=1,2,3,0",
                                      "sphere:ball=1,2,3,4,5",
                                      "sphere:ball=1,2,nan,4",
                                      "plane:box=0,0,0,1,1,0",
                                      "plane:box=0,0,0,1,1,1ml",
                                      "plane:part=0",
                                      "plane:part=x",
                                      "spheres"};
    static const char *const names[] = {"fit-diameter=3mm", "fit0-diameter=3mm", "fit01-rms=3mm", "fit1-volume=3ml",
                                        "fit1diameter=3mm"};
    lm_fit_ask ask;
    lm_expect e;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        lm_err err = LM_ERR_INIT;
        if (lm_fit_parse(bad[i], &ask, &err) != LM_EUSAGE) fail_msg("'%s' was taken", bad[i]);
    }
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        lm_err err = LM_ERR_INIT;
        if (lm_expect_parse(names[i], &e, &err) != LM_EUSAGE) fail_msg("'%s' was taken", names[i]);
    }
    lm_err err = LM_ERR_INIT;
    char name[LM_VERDICT_NAME];
    assert_int_equal(lm_fit_parse("sphere:ball=1cm,2,3,4", &ask, &err), LM_OK);
    assert_true(ask.at[0] == 10 && ask.at[3] == 4 && ask.region == LM_FIT_BALL);
    assert_int_equal(lm_expect_parse("fit12-centre-x=3mm,tol=1mm", &e, &err), LM_OK);
    lm_expect_full_name(&e, name);
    assert_true(e.fit == 12 && !strcmp(name, "fit12-centre-x") && !strcmp(lm_expect_name(&e), "fit-centre-x"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(exact_surfaces_give_their_numbers),
        cmocka_unit_test(noise_stays_within_what_is_told),
        cmocka_unit_test(an_offset_of_a_kilometre_changes_nothing),
        cmocka_unit_test(what_a_region_does_not_tell_is_said),
        cmocka_unit_test(texts_and_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
