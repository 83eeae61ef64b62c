/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "dicom/select.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>

static lm_status try(const char *regex, const char *text, bool *hit)
{
    lm_err err = LM_ERR_INIT;
    lm_select *s = NULL;
    lm_status rc = lm_select_new(regex, &s, &err);
    if (!rc) rc = lm_select_match(s, text, hit, &err);
    lm_select_release(s);
    return rc;
}

static void patterns_match_anywhere(void **state)
{
    (void)state;
    bool hit;
    assert_int_equal(try("THORAX|Abdomen", "CT Abdomen 1.25", &hit), LM_OK);
    assert_true(hit);
    assert_int_equal(try("^3$", "3.1", &hit), LM_OK);
    assert_false(hit);
    assert_int_equal(try("^Sch.del$",
                         "Sch\xc3\xa4"
                         "del",
                         &hit),
                     LM_OK); /* one character, two bytes */
    assert_true(hit);
}

static void bad_and_hostile_patterns_end(void **state)
{
    (void)state;
    bool hit;
    assert_int_equal(try("(", "x", &hit), LM_EUSAGE);
    assert_int_equal(try("(a+)+$", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab", &hit), LM_EUSAGE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(patterns_match_anywhere),
        cmocka_unit_test(bad_and_hostile_patterns_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
