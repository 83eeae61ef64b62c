/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "dicom/phase.h"
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>

static void choices(void **state)
{
    (void)state;
    lm_err err = LM_ERR_INIT;
    lm_phase_choice c;
    assert_int_equal(lm_phase_parse("2", &c, &err), LM_OK);
    assert_true(lm_phase_match(&c, 2, "echo 7") && !lm_phase_match(&c, 1, "echo 2"));
    assert_int_equal(lm_phase_parse("Echo=2", &c, &err), LM_OK);
    assert_true(lm_phase_match(&c, 9, "echo 2"));
    assert_true(lm_phase_match(&c, 9, "temporal position 1, echo 2"));
    assert_false(lm_phase_match(&c, 2, "echo 20"));
    assert_false(lm_phase_match(&c, 2, "no echo"));
    assert_false(lm_phase_match(&c, 2, ""));
    assert_int_equal(lm_phase_parse("b-value 1000", &c, &err), LM_OK);
    assert_true(lm_phase_match(&c, 1, "b-value 1000"));
    static const char *const bad[] = {"", "0", "echo", "-1", "1.5"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) assert_int_equal(lm_phase_parse(bad[i], &c, &err), LM_EUSAGE);
}

static void values_that_are_not_stated_come_last(void **state)
{
    (void)state;
    lm_dicom_file a = {.echo = 1}, b = {.echo = 2}, none = {.echo = NAN};
    int key = 0;
    char text[64];
    while (strcmp(lm_phase_name(key), "echo")) key++;
    assert_true(lm_phase_cmp(&a, &b, key) < 0 && lm_phase_cmp(&b, &a, key) > 0 && !lm_phase_cmp(&a, &a, key));
    assert_true(lm_phase_cmp(&b, &none, key) < 0 && !lm_phase_cmp(&none, &none, key));
    lm_phase_text(&b, key, text, sizeof text);
    assert_string_equal(text, "echo 2");
    lm_phase_text(&none, key, text, sizeof text);
    assert_string_equal(text, "no echo");
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(choices), cmocka_unit_test(values_that_are_not_stated_come_last)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
