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

static void text_becomes_utf8(void **state)
{
    (void)state;
    char out[64];
    lm_select_utf8("K\xc3\xb6rper", out, sizeof out);
    assert_string_equal(out, "K\xc3\xb6rper");
    lm_select_utf8("K\xf6rper", out, sizeof out);
    assert_string_equal(out, "K\xc3\xb6rper");
    lm_select_utf8("\x1b[31mred\xc2\x9b"
                   "1m",
                   out, sizeof out);
    assert_string_equal(out, " [31mred  1m");
    lm_select_utf8("\xed\xa0\x80", out, sizeof out); /* a surrogate is no UTF-8: three Latin-1 letters, one a control */
    assert_string_equal(out, "\xc3\xad\xc2\xa0  ");
    lm_select_utf8("abcdef", out, 4);
    assert_string_equal(out, "abc");
    lm_select_utf8("ab\xf6\xf6", out, 6);
    assert_string_equal(out, "ab\xc3\xb6");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(patterns_match_anywhere),
        cmocka_unit_test(bad_and_hostile_patterns_end),
        cmocka_unit_test(text_becomes_utf8),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
