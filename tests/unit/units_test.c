/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "measure/units.h"
#include "measure/verdict.h"
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>

static lm_units asked(const char *text)
{
    lm_units u;
    lm_err err = LM_ERR_INIT;
    if (lm_units_parse(text, &u, &err)) fail_msg("%s: %s", text, err.text[0]);
    return u;
}

static const char *shown(const char *units, double value, lm_unit unit)
{
    static char buf[64];
    lm_units u = units ? asked(units) : (lm_units){.length = {NULL, 1}};
    lm_units_text(&u, value, unit, buf, sizeof buf);
    return buf;
}

/* The decimal point moves and no digit changes: written out by hand. */
static void each_kind_in_the_unit_asked(void **state)
{
    (void)state;
    static const struct {
        const char *units;
        double value;
        lm_unit unit;
        const char *want;
    } t[] = {
        {"cm", 12.345, LM_UNIT_MM, "1.2345 cm"},
        {"cm", 12.345, LM_UNIT_MM2, "0.1235 cm2"},
        {"cm", 12345.6, LM_UNIT_MM3, "12.346 cm3"},
        {"mm", 12345.6, LM_UNIT_MM3, "12345.600 mm3"},
        {"ml", 12.5, LM_UNIT_MM3, "0.013 ml"},
        {"ml", 12.345, LM_UNIT_MM, "12.345 mm"},
        {"m,l", 1234.5678, LM_UNIT_MM, "1.234568 m"},
        {"m,l", 1730590, LM_UNIT_MM3, "1.730590 l"},
        {"um", 0.0125, LM_UNIT_MM, "12.500 um"},
        {"cm2,mm", 250, LM_UNIT_MM2, "2.5000 cm2"},
        {"cm,ml", 0.0004, LM_UNIT_MM3, "4.0e-07 ml"},
        {"cm,mm2,ml", 2.5, LM_UNIT_MM2, "2.500 mm2"},
        {NULL, 1730590, LM_UNIT_MM3, "1730.590 ml"},
        {NULL, 999.9, LM_UNIT_MM3, "999.900 mm3"},
        {"cm", 41.3, LM_UNIT_DEG, "41.300 deg"},
        {"cm,ml", 1.15, LM_UNIT_G, "1.150 g"},
        {"cm", 7, LM_UNIT_NONE, "7"},
    };
    for (size_t i = 0; i < sizeof t / sizeof *t; i++) assert_string_equal(shown(t[i].units, t[i].value, t[i].unit), t[i].want);
    lm_units u = asked("cm,ml");
    char buf[64];
    lm_units_lengths(&u, (const double[]){-12.345, 0, 7}, 3, " x ", buf, sizeof buf);
    assert_string_equal(buf, "-1.2345 x 0.0000 x 0.7000 cm");
    json_t *j = lm_units_json(&u);
    assert_string_equal(json_string_value(json_object_get(j, "area")), "cm2");
    json_decref(j);
    u = (lm_units){.length = {NULL, 1}};
    assert_null(lm_units_json(&u));
}

static void zero_has_no_sign(void **state)
{
    static const double v[] = {-0.0, -0.0004, -1e-12, 0, 0.0004};
    char buf[64];
    (void)state;
    lm_units u = asked("mm");
    for (size_t i = 0; i < sizeof v / sizeof *v; i++) {
        lm_units_lengths(&u, &v[i], 1, " ", buf, sizeof buf);
        assert_string_equal(buf, "0.000 mm");
        lm_num_fixed(v[i], 2, buf, sizeof buf);
        assert_string_equal(buf, "0.00");
    }
    assert_string_equal(shown(NULL, -0.0, LM_UNIT_MM), "0.000 mm");
    assert_string_equal(shown("cm", -0.0, LM_UNIT_MM), "0.0000 cm");
    assert_string_equal(shown(NULL, -0.0, LM_UNIT_NONE), "0");
    assert_string_equal(shown(NULL, -0.0004, LM_UNIT_MM), "-4.0e-04 mm"); /* it is not nothing */
    assert_string_equal(shown(NULL, -0.002, LM_UNIT_MM), "-0.002 mm");
}

static void what_is_no_unit_is_refused(void **state)
{
    static const char *const bad[] = {"",        "cm,", ",cm", "inch", "cm,mm", "ml,cm3",
                                      "mm2,cm2", "HU",  "%",   "g",    "cm ml", "millimetres"};
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        lm_units u;
        lm_err err = LM_ERR_INIT;
        assert_int_equal(lm_units_parse(bad[i], &u, &err), LM_EUSAGE);
    }
}

/* The verdict does not depend on how it is shown; a sentence of another kind is left alone. */
static void a_measurement_and_its_note(void **state)
{
    (void)state;
    lm_units u = asked("cm");
    lm_measurement m = {.name = "width", .unit = LM_UNIT_MM, .value = 101, .reference = 100, .tol = 2, .reference_is = "expected"};
    lm_verdict_measurement(&m);
    lm_verdict_show_in(&m, &u);
    assert_int_equal(m.verdict, LM_VERDICT_PASS);
    assert_string_equal(m.note, "differs by 0.1000 cm, known to 0.0000 cm, allowed 0.2000 cm");
    lm_measurement own = {.name = "bed", .unit = LM_UNIT_MM, .verdict = LM_VERDICT_FAIL, .note = "too wide"};
    lm_verdict_show_in(&own, &u);
    assert_string_equal(own.note, "too wide");
    assert_int_equal(own.verdict, LM_VERDICT_FAIL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_kind_in_the_unit_asked),
        cmocka_unit_test(zero_has_no_sign),
        cmocka_unit_test(what_is_no_unit_is_refused),
        cmocka_unit_test(a_measurement_and_its_note),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
