/* SPDX-License-Identifier: GPL-3.0-or-later */
/* drain, refbody and boolean on boxes, whose holes, plugs and volumes have formulas. */
#include "shell/drain.h"
#include "measure_shapes.h"
#include "repair/boolean.h"
#include "shell/extras.h"
#include "shell/hollow.h"
#include "surface/nearest.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <cmocka.h>

static void must_be_valid(const lm_mesh *m)
{
    lm_audit x;
    lm_err err = LM_ERR_INIT;
    char line[300];
    assert_int_equal(lm_audit_run(m, &(lm_audit_opt)LM_AUDIT_OPT_INIT, &x, &err), LM_OK);
    lm_audit_line(&x, line, sizeof line);
    if (!x.valid) fail_msg("%s", line);
}

/* A box of 20 x 20 x high at the origin, hollow but for a wall of 2. */
static void box(lm_mesh *m, double high)
{
    shape_box(m, (double[]){0, 0, 0}, (double[]){20, 20, high}, false);
    shape_box(m, (double[]){2, 2, 2}, (double[]){18, 18, high - 2}, true);
}

static lm_status drain(const lm_mesh *m, const char *text, const double up[3], double gap, lm_mesh *out, lm_mesh *plugs,
                       lm_drain_facts *f, lm_err *err)
{
    lm_drain_ask ask;
    lm_drain_opt opt = {.n = 1, .ask = &ask, .wall_mm = 2, .plug_gap_mm = gap, .threads = 2};
    memcpy(opt.up, up ? up : (double[]){0, 0, 1}, sizeof opt.up);
    lm_status rc = lm_drain_parse(text, &ask, err);
    *f = (lm_drain_facts)LM_DRAIN_FACTS_INIT;
    return rc ? rc : lm_drain(m, 12, &opt, out, plugs, f, err);
}

/* Of a circumscribed and an inscribed polygon. */
static double around(double d)
{
    return LM_DRAIN_FACETS * d * d / 4 * tan(M_PI / LM_DRAIN_FACETS);
}
static double within(double d)
{
    return LM_DRAIN_FACETS / 2.0 * d * d / 4 * sin(2 * M_PI / LM_DRAIN_FACETS);
}

static void test_hole(void **state)
{
    (void)state;
    lm_mesh m = LM_MESH_INIT, out = LM_MESH_INIT;
    lm_drain_facts f;
    lm_err err = LM_ERR_INIT;
    size_t rim = 0;
    box(&m, 14);
    if (drain(&m, "3mm@8,9,0", NULL, 0, &out, NULL, &f, &err)) fail_msg("%s", err.text[0]);
    must_be_valid(&out);
    assert_int_equal(f.n, 1);
    assert_int_equal(f.hole[0].why, LM_DRAIN_ASKED);
    assert_true(fabs(f.hole[0].wall_mm - 2) < 1e-6 && f.hole[0].out[2] < -0.999999 && f.hole[0].left_mm < 1e-6);
    assert_true(fabs(lm_mesh_volume(&m) - lm_mesh_volume(&out) - 2 * around(3)) < 1e-3);
    assert_memory_equal(out.pos, m.pos, m.nv * 3 * sizeof *m.pos); /* no corner of the boxes was touched */
    for (size_t v = m.nv; v < out.nv; v++) {                       /* nothing reaches into the circle of 3 mm */
        const float *p = out.pos + 3 * v;
        assert_true(hypot(p[0] - 8.0, p[1] - 9.0) > 1.5 - 1e-5);
        rim += p[2] == 0;
    }
    assert_true(rim >= LM_DRAIN_FACETS);
    assert_true(fabs(f.filled_mm3 - 20 * 20 * 14) < 1e-6);
    lm_drain_release(&f);
    lm_mesh_release(&m);
    lm_mesh_release(&out);
}

/* At the lowest point for a direction, one more at the top where the hollow is higher than four holes are wide. */
static void test_places(void **state)
{
    (void)state;
    const struct {
        const char *text;
        double up[3];
        size_t n;
    } t[] = {{"2mm", {0, 0, 1}, 2}, {"3mm", {0, 0, 1}, 1}, {"2mm", {-3, 0, 0}, 2}};
    for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
        lm_mesh m = LM_MESH_INIT, out = LM_MESH_INIT;
        lm_drain_facts f;
        lm_err err = LM_ERR_INIT;
        double len = sqrt(t[i].up[0] * t[i].up[0] + t[i].up[1] * t[i].up[1] + t[i].up[2] * t[i].up[2]);
        lm_hollow_facts hf;
        lm_mesh hollow = LM_MESH_INIT;
        shape_box(&m, (double[]){0, 0, 0}, (double[]){20, 20, 14}, false);
        assert_int_equal(lm_hollow(&m, &(lm_hollow_opt){.wall_mm = 2, .threads = 2}, &hollow, &hf, &err), LM_OK);
        if (drain(&hollow, t[i].text, t[i].up, 0, &out, NULL, &f, &err)) fail_msg("%s", err.text[0]);
        must_be_valid(&out);
        assert_int_equal(f.n, t[i].n);
        assert_int_equal(f.closed, 0);
        assert_true(f.hole[0].left_mm < 1e-5);
        for (size_t k = 0; k < f.n; k++)
            for (int c = 0; c < 3; c++) assert_true(fabs(f.hole[k].out[c] + (k ? -1 : 1) * t[i].up[c] / len) < 1e-5);
        lm_drain_release(&f);
        lm_mesh_release(&m);
        lm_mesh_release(&hollow);
        lm_mesh_release(&out);
    }
}

static void test_plug(void **state)
{
    (void)state;
    lm_mesh m = LM_MESH_INIT, out = LM_MESH_INIT, plugs = LM_MESH_INIT;
    lm_drain_facts f;
    lm_err err = LM_ERR_INIT;
    lm_nearest near = LM_NEAREST_INIT;
    double least = INFINITY, lo[3], hi[3];
    box(&m, 14);
    if (drain(&m, "3mm@8,9,0", NULL, 0.25, &out, &plugs, &f, &err)) fail_msg("%s", err.text[0]);
    must_be_valid(&plugs);
    assert_true(fabs(lm_mesh_volume(&plugs) - 2 * within(2.5)) < 1e-3);
    assert_true(fabs(f.plugs_mm3 - lm_mesh_volume(&plugs)) < 1e-9);
    lm_mesh_box(&plugs, lo, hi);
    assert_true(lo[2] == 0 && hi[2] == 2); /* flush with both surfaces */
    assert_int_equal(lm_nearest_build(&out, 1, &near, &err), LM_OK);
    for (size_t v = 0; v < plugs.nv; v++) {
        lm_nearest_hit hit;
        double p[3] = {plugs.pos[3 * v], plugs.pos[3 * v + 1], plugs.pos[3 * v + 2]};
        lm_nearest_find(&near, p, INFINITY, LM_NEAREST_NONE, &hit);
        least = sqrt(hit.d2) < least ? sqrt(hit.d2) : least;
    }
    assert_true(least >= 0.25 - 1e-5 && least < 0.26);
    for (size_t t = 0; t < plugs.nt; t++) assert_int_equal(plugs.label[t], 1);
    lm_nearest_release(&near);
    lm_drain_release(&f);
    lm_mesh_release(&m);
    lm_mesh_release(&out);
    lm_mesh_release(&plugs);
}

/* Two boxes side by side, one with a box within its hollow that has a cavity: that one can not be reached and is named. */
static void test_hollows(void **state)
{
    (void)state;
    lm_mesh m = LM_MESH_INIT, out = LM_MESH_INIT, again = LM_MESH_INIT;
    lm_drain_facts f;
    lm_err err = LM_ERR_INIT;
    box(&m, 20);
    shape_box(&m, (double[]){7, 7, 7}, (double[]){13, 13, 13}, false);
    shape_box(&m, (double[]){9, 9, 9}, (double[]){11, 11, 11}, true);
    shape_box(&m, (double[]){40, 0, 0}, (double[]){60, 20, 14}, false);
    shape_box(&m, (double[]){42, 2, 2}, (double[]){58, 18, 12}, true);
    if (drain(&m, "5mm", NULL, 0, &out, NULL, &f, &err)) fail_msg("%s", err.text[0]);
    must_be_valid(&out);
    assert_int_equal(f.hollows, 2);
    assert_int_equal(f.cavities, 3);
    assert_int_equal(f.closed, 1);
    assert_int_equal(f.n, 2);
    assert_true(fabs(f.hollow[2].volume_mm3 - 8) < 1e-9 && f.hollow[2].why && f.hollow[2].lowest[2] == 9);
    assert_true(fabs(f.hollow[0].volume_mm3 - 16 * 16 * 16) < 1e-6 && !f.hollow[0].why);
    lm_drain_release(&f);
    for (int threads = 1; threads < 9; threads += 7) {
        lm_drain_ask ask = {.diameter_mm = 5};
        lm_drain_opt opt = {.n = 1, .ask = &ask, .up = {0, 0, 1}, .wall_mm = 2, .threads = threads};
        assert_int_equal(lm_drain(&m, 12, &opt, &again, NULL, &f, &err), LM_OK);
        assert_int_equal(again.nt, out.nt);
        assert_memory_equal(again.pos, out.pos, out.nv * 3 * sizeof *out.pos);
        assert_memory_equal(again.tri, out.tri, out.nt * 3 * sizeof *out.tri);
        lm_drain_release(&f);
    }
    lm_mesh_release(&m);
    lm_mesh_release(&out);
    lm_mesh_release(&again);
}

static void test_refusals(void **state)
{
    (void)state;
    const struct {
        const char *text, *says;
        lm_status rc;
    } t[] = {{"0", "above 0", LM_EUSAGE},
             {"-1mm", "above 0", LM_EUSAGE},
             {"3%", "above 0", LM_EUSAGE},
             {"3mm@1,2", "three numbers", LM_EUSAGE},
             {"3mm@1,2,3,4", "three numbers", LM_EUSAGE},
             {"3mm@", "three numbers", LM_EUSAGE},
             {"x", "", LM_EUSAGE},
             {"3mm@8,9,-30", "outside", LM_ENO},
             {"14mm", "as wide as the part", LM_ENO},
             {"13mm@10,10,0", "fit", LM_ENO},
             {"13.5mm", "no hole of 13.5 mm fits", LM_ENO},
             {"3mm@0,0,0", "no hollow is behind", LM_ENO}};
    for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
        lm_mesh m = LM_MESH_INIT, out = LM_MESH_INIT;
        lm_drain_facts f;
        lm_err err = LM_ERR_INIT;
        shape_box(&m, (double[]){0, 0, 0}, (double[]){20, 20, 14}, false);
        shape_box(&m, (double[]){4, 4, 2}, (double[]){16, 16, 12}, true);
        lm_status rc = drain(&m, t[i].text, NULL, 0, &out, NULL, &f, &err);
        if (rc != t[i].rc || !strstr(err.text[0], t[i].says)) fail_msg("%s: %d %s", t[i].text, rc, err.text[0]);
        assert_int_equal(out.nt, 0);
        lm_drain_release(&f);
        lm_mesh_release(&m);
    }
    lm_mesh m = LM_MESH_INIT, out = LM_MESH_INIT;
    lm_drain_facts f;
    lm_err err = LM_ERR_INIT;
    shape_box(&m, (double[]){0, 0, 0}, (double[]){20, 20, 14}, false);
    assert_int_equal(drain(&m, "3mm", NULL, 0, &out, NULL, &f, &err), LM_ENO);
    assert_non_null(strstr(err.text[0], "no hollow to drain"));
    lm_drain_release(&f);
    box(&m, 14);
    assert_int_equal(drain(&m, "3mm", (double[]){0, 0, 0}, 0, &out, NULL, &f, &err), LM_EUSAGE);
    lm_drain_release(&f);
    lm_mesh_release(&m);
}

static void test_boolean(void **state)
{
    (void)state;
    lm_mesh a = LM_MESH_INIT, b = LM_MESH_INIT, out = LM_MESH_INIT;
    lm_err err = LM_ERR_INIT;
    uint32_t *from = NULL;
    shape_box(&a, (double[]){0, 0, 0}, (double[]){10, 10, 10}, false);
    shape_box(&b, (double[]){6, 5, -3}, (double[]){13, 7, 30}, false);
    assert_int_equal(lm_boolean_minus(&a, &b, 1, &out, &from, &err), LM_OK);
    must_be_valid(&out);
    assert_true(fabs(lm_mesh_volume(&out) - (1000 - 4 * 2 * 10)) < 1e-6);
    assert_memory_equal(out.pos, a.pos, a.nv * 3 * sizeof *a.pos);
    for (size_t t = 0; t < out.nt; t++) /* pieces of b stand where b has its sides */
        for (size_t k = 0; k < 3 && from[t] >= a.nt; k++) {
            const float *p = out.pos + 3 * (size_t)out.tri[3 * t + k];
            assert_true(p[0] >= 6 && p[1] >= 5 && p[1] <= 7);
        }
    free(from);
    assert_int_equal(lm_boolean_common(&a, &b, 1, &out, NULL, &err), LM_OK);
    must_be_valid(&out);
    assert_true(fabs(lm_mesh_volume(&out) - 4 * 2 * 10) < 1e-6);
    lm_mesh_release(&b);
    shape_box(&b, (double[]){60, 5, -3}, (double[]){61, 7, 30}, false);
    assert_int_equal(lm_boolean_minus(&a, &b, 1, &out, NULL, &err), LM_ENO);
    lm_mesh_release(&a);
    lm_mesh_release(&b);
    lm_mesh_release(&out);
}

/* Truth of the bodies beside a part, and that they touch nothing; their books. */
static void test_reference(void **state)
{
    (void)state;
    const double ups[][3] = {{0, 0, 1}, {1, 2, -2}};
    for (size_t i = 0; i < 2; i++) {
        lm_mesh m = LM_MESH_INIT, cube = LM_MESH_INIT, bar = LM_MESH_INIT;
        lm_err err = LM_ERR_INIT;
        const double *up = ups[i], len = i ? 3 : 1;
        double low[3] = {INFINITY, INFINITY, INFINITY};
        shape_sphere(&m, (double[]){100, -50, 20}, 12, 40, 20);
        assert_int_equal(lm_refbody_make(&m, &(lm_refbody_opt){10, 8, 40}, up, &cube, &bar, &err), LM_OK);
        const lm_mesh *all[3] = {&m, &cube, &bar};
        lm_mesh both = LM_MESH_INIT;
        for (int k = 0; k < 3; k++) {
            must_be_valid(all[k]);
            for (size_t v = 0; v < all[k]->nv; v++) {
                const float *p = all[k]->pos + 3 * v;
                low[k] = fmin(low[k], (p[0] * up[0] + p[1] * up[1] + p[2] * up[2]) / len);
            }
        }
        assert_true(fabs(low[1] - low[0]) < 1e-4 && fabs(low[2] - low[0]) < 1e-4); /* all on the bed */
        assert_true(fabs(lm_mesh_volume(&cube) - 1000) < 0.02);
        double ball = 4.0 / 3 * M_PI * 64, neck = 4 * 0.47, bar_mm3 = M_PI * neck * neck * (40 - 2 * 3.5);
        assert_true(fabs(lm_mesh_volume(&bar) / (2 * ball + bar_mm3) - 1) < 0.02);
        for (size_t v = 0; v < bar.nv; v++) /* the farthest apart are the outer poles */
            for (size_t w = 0; w < v; w++) {
                double d2 = 0;
                for (size_t c = 0; c < 3; c++) d2 += pow((double)bar.pos[3 * v + c] - bar.pos[3 * w + c], 2);
                assert_true(sqrt(d2) <= 48 + 1e-4);
            }
        assert_int_equal(lm_boolean_append(&m, &cube, false, &both, &err), LM_OK);
        assert_int_equal(lm_boolean_append(&both, &bar, false, &both, &err), LM_OK);
        must_be_valid(&both);
        lm_mesh_release(&m);
        lm_mesh_release(&cube);
        lm_mesh_release(&bar);
        lm_mesh_release(&both);
    }
    double d, l;
    const char *bad[] = {"8", "8,", "8mm,8mm", "0,40", "-8,40", "8%,40", "8,40,2", "40,8"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) assert_int_equal(lm_refbody_parse(bad[i], &d, &l, NULL), LM_EUSAGE);
    assert_int_equal(lm_refbody_parse("8mm,4cm", &d, &l, NULL), LM_OK);
    assert_true(d == 8 && l == 40);
    assert_true(lm_refbody_name("plug-12") && lm_refbody_name("qa-cube") && lm_refbody_name("qa-ball-bar"));
    assert_true(!lm_refbody_name("plug-") && !lm_refbody_name("plug-a") && !lm_refbody_name("qa") && !lm_refbody_name(""));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_boolean),   cmocka_unit_test(test_hole),    cmocka_unit_test(test_places),
        cmocka_unit_test(test_plug),      cmocka_unit_test(test_hollows), cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_reference),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
