/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Mass by density and the bed: by hand; parts one by one as if they were alone. */
#include "measure/perpart.h"
#include "measure/print.h"
#include "measure_shapes.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <cmocka.h>

static void densities_are_numbers_with_unit_and_source(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        double value, u;
        const char *source;
    } good[] = {{"1.15g/cm3", 1.15, 0.005, ""},
                {"1150kg/m3:ISO 1183", 1.15, 0.0005, "ISO 1183"},
                {"1.2g/ml:a:b", 1.2, 0.05, "a:b"},
                {"1.200kg/l", 1.2, 0.0005, ""}};
    static const char *const bad[] = {"",         "1.15",       "g/cm3", "1.15g/cm",  "0g/cm3",    "-1g/cm3",
                                      "101g/cm3", "1e999g/cm3", "nan",   "1g/cm3:\n", "1g/cm3: x", "1.15 g/cm3"};
    lm_density d;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        lm_err err = LM_ERR_INIT;
        assert_int_equal(lm_print_density(good[i].text, &d, &err), LM_OK);
        assert_true(fabs(d.g_per_cm3 - good[i].value) < 1e-15 && fabs(d.u_g_per_cm3 - good[i].u) < 1e-15);
        assert_string_equal(d.source, good[i].source);
    }
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        lm_err err = LM_ERR_INIT;
        if (lm_print_density(bad[i], &d, &err) != LM_EUSAGE) fail_msg("'%s' was taken", bad[i]);
    }
}

static lm_print printed(const lm_mesh *m, const char *density, const char *bed)
{
    lm_err err = LM_ERR_INIT;
    lm_mass mass = LM_MASS_INIT;
    lm_shape s;
    lm_density d;
    lm_bed b;
    lm_print p;
    if (lm_print_density(density, &d, &err) || lm_print_bed(bed, &b, &err) || lm_mass_measure(m, &mass, &err) ||
        lm_shape_of(m, &mass, &s, &err))
        fail_msg("%s", err.text[0]);
    lm_print_of(&mass, &s, &d, &b, &p);
    lm_mass_release(&mass);
    return p;
}

static void mass_and_bed_of_a_box(void **state)
{
    (void)state;
    lm_mesh m = LM_MESH_INIT, open = LM_MESH_INIT;
    lm_err err = LM_ERR_INIT;
    lm_measurement v;
    lm_bed bed;
    shape_box(&m, (double[]){1e6, -1e6, 1e6}, (double[]){1e6 + 32, -1e6 + 16, 1e6 + 8}, false);
    lm_print p = printed(&m, "1.25g/cm3", "32,16,8");
    assert_true(p.has_mass && p.volume_mm3 == 4096 && fabs(p.mass_g - 5.12) < 1e-12);
    assert_true(p.u_mass_g >= 0.005 * 4.096 && p.u_mass_g > 1.25 * p.u_volume_mm3 / 1000);
    assert_true(p.fits && p.fits_turned && p.beyond_mm[0] == 0);
    p = printed(&m, "1.25g/cm3", "31.5,16,8");
    assert_true(!p.fits && !p.fits_turned && p.beyond_mm[0] == 0.5);
    p = printed(&m, "1.25g/cm3", "9,33,17"); /* only turned: longest to longest */
    assert_true(!p.fits && p.fits_turned && fabs(p.turned_mm[0] - 8) < 1e-9 && fabs(p.turned_mm[1] - 32) < 1e-9);
    assert_int_equal(lm_print_bed("9,33,17", &bed, &err), LM_OK);
    lm_print_judge(&p, &bed, &v);
    assert_true(v.verdict == LM_VERDICT_FAIL && v.value == 23 && strstr(v.note, "it would ("));
    shape_box(&open, (double[]){0, 0, 0}, (double[]){3, 4, 12}, false);
    open.nt--;
    p = printed(&open, "1.25g/cm3", "12,12,12");
    assert_true(!p.has_mass && isnan(p.mass_g) && p.fits);
    lm_mesh_release(&open);
    lm_mesh_release(&m);
}

static void each_part_is_measured_as_if_alone(void **state)
{
    (void)state;
    lm_mesh m = LM_MESH_INIT;
    lm_err err = LM_ERR_INIT;
    lm_perpart each = LM_PERPART_INIT;
    shape_box(&m, (double[]){0, 0, 0}, (double[]){2, 4, 8}, false);
    shape_box(&m, (double[]){100, 0, 0}, (double[]){103, 4, 12}, false);
    shape_box(&m, (double[]){101, 1, 1}, (double[]){102, 2, 2}, true); /* a hollow of the second */
    m.label = calloc(m.nt, sizeof *m.label);
    for (size_t t = 0; t < m.nt; t++) m.label[t] = t < 12 ? 7 : 3;
    assert_int_equal(lm_perpart_run(&m, &each, &err), LM_OK);
    assert_int_equal(each.n, 2);
    assert_true(each.item[0].label == 3 && each.item[0].mass.volume_mm3 == 143 && each.item[0].mass.cavities == 1);
    assert_true(each.item[0].shape.diameter.mm == 13 && each.item[0].shape.cavity_mm3 == 1);
    assert_true(each.item[1].label == 7 && each.item[1].mass.volume_mm3 == 64 && each.item[1].mass.centroid_mm[2] == 4);
    assert_true(fabs(each.item[1].shape.length_mm[0] - 4 * 8 / sqrt(12)) < 1e-12);
    lm_perpart_release(&each);
    lm_mesh_release(&m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(densities_are_numbers_with_unit_and_source),
        cmocka_unit_test(mass_and_bed_of_a_box),
        cmocka_unit_test(each_part_is_measured_as_if_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
