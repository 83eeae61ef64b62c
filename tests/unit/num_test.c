/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/num.h"
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static double parse(const char *s)
{
    double v = NAN;
    return lm_num_all(s, &v) ? v : NAN;
}

static void parses_what_strtod_parses(void **state)
{
    static const char *good[] = {"0",
                                 "-0",
                                 "1",
                                 "+1.5",
                                 ".5",
                                 "1.",
                                 "1e3",
                                 "1E-3",
                                 "123456789012345678901234567890",
                                 "0.1",
                                 "2.2250738585072014e-308",
                                 "1.7976931348623157e308",
                                 "9007199254740993",
                                 "1e-22",
                                 "3.14159265358979"};
    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) assert_true(parse(good[i]) == strtod(good[i], NULL));
}

static void refuses_what_is_no_number(void **state)
{
    static const char *bad[] = {"", "-", ".", "e5", "inf", "nan", "0x10", "1e999", "1,5", " 1", "1 ", "--1", "1e"};
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) assert_true(isnan(parse(bad[i])));
}

/* Every exponent of a float, many mantissas: the text reads back as the same float. */
static void float_text_round_trips(void **state)
{
    (void)state;
    uint32_t rng = 12345;
    for (uint32_t e = 0; e < 255; e++)
        for (int k = 0; k < 2000; k++) {
            rng = rng * 1664525u + 1013904223u;
            uint32_t bits = (rng & 0x80000000u) | e << 23 |
                            (k < 4   ? (uint32_t)k
                             : k < 8 ? 0x7fffffu - (uint32_t)(k - 4)
                                     : rng >> 9);
            float f;
            memcpy(&f, &bits, 4);
            char text[LM_NUM_TEXT];
            size_t n = lm_num_f32(f, text);
            assert_int_equal(n, strlen(text));
            if (strtof(text, NULL) != f) fail_msg("%a -> '%s' (seed 12345, exponent %u)", (double)f, text, e);
            size_t digits = 0;
            bool lead = true;
            for (const char *c = text; *c && *c != 'e'; c++)
                if (*c >= '1' && *c <= '9') lead = false, digits++;
                else if (*c == '0' && !lead) digits++;
            assert_true(digits <= 9 || strlen(text) <= 11);
        }
}

static void quantities_carry_units(void **state)
{
    static const struct {
        const char *s;
        lm_unit bare, unit;
        double value, ulp;
    } t[] = {
        {"1.5mm", LM_UNIT_MM, LM_UNIT_MM, 1.5, 0.05},
        {"1731ml", LM_UNIT_MM3, LM_UNIT_MM3, 1731e3, 500},
        {"2%", LM_UNIT_MM, LM_UNIT_PERCENT, 2, 0.5},
        {"300HU", LM_UNIT_HU, LM_UNIT_HU, 300, 0.5},
        {"-1024", LM_UNIT_HU, LM_UNIT_HU, -1024, 0.5},
        {"12.50", LM_UNIT_MM, LM_UNIT_MM, 12.5, 0.005},
        {"33.5824mL", LM_UNIT_MM3, LM_UNIT_MM3, 33582.4, 0.05},
        {"1.5e2um", LM_UNIT_MM, LM_UNIT_MM, 0.15, 0.005},
    };
    (void)state;
    for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
        lm_quantity q;
        lm_err err = LM_ERR_INIT;
        assert_int_equal(lm_num_quantity(t[i].s, t[i].bare, &q, &err), LM_OK);
        assert_int_equal(q.unit, t[i].unit);
        assert_true(fabs(q.value - t[i].value) <= 1e-12 * fabs(t[i].value));
        assert_true(fabs(q.ulp - t[i].ulp) <= 1e-9 * t[i].ulp);
    }
    lm_quantity q;
    lm_err err = LM_ERR_INIT;
    assert_int_equal(lm_num_quantity("5 mm", LM_UNIT_MM, &q, &err), LM_EUSAGE);
    assert_int_equal(lm_num_quantity("5ft", LM_UNIT_MM, &q, &err), LM_EUSAGE);
    assert_int_equal(lm_num_quantity("mm", LM_UNIT_MM, &q, &err), LM_EUSAGE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parses_what_strtod_parses),
        cmocka_unit_test(refuses_what_is_no_number),
        cmocka_unit_test(float_text_round_trips),
        cmocka_unit_test(quantities_carry_units),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
