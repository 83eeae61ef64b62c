/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "volume/preset.h"
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>

static lm_status read_text(const char *text, lm_preset *p, lm_err *err)
{
    lm_in *in = NULL;
    assert_int_equal(lm_io_open_mem(text, strlen(text), &in, err), LM_OK);
    lm_status rc = lm_preset_read(in, p, err);
    lm_io_close(in);
    return rc;
}

static void files(void **state)
{
    (void)state;
    lm_preset p;
    lm_err err = LM_ERR_INIT;
    assert_int_equal(
        read_text("# a comment\n\nthreshold = 200HU:1500 \t # why\nnote = one\n keep = largest\nnote = two\n", &p, &err), LM_OK);
    assert_int_equal(p.n, 2);
    assert_string_equal(p.step[0].name, "threshold");
    assert_string_equal(p.step[0].args, "200HU:1500");
    assert_string_equal(p.step[1].name, "keep");
    assert_string_equal(p.step[1].args, "largest");
    assert_int_equal(p.step[1].line, 5);
    assert_string_equal(p.note, "one two");
    static const char *const bad[] = {"note = nothing\n", "threshold 5\n", "threshold = 5\nfoo: 1\n", "threshold =\n"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        if (read_text(bad[i], &p, &err) != LM_EFORMAT) fail_msg("taken: %s", bad[i]);
    assert_non_null(strstr((read_text(bad[2], &p, &err), err.text[0]), "line 2"));
}

static void thresholds_and_pieces(void **state)
{
    (void)state;
    lm_err err = LM_ERR_INIT;
    lm_segment_opt seg = LM_SEGMENT_OPT_INIT;
    bool hu = false;
    assert_int_equal(lm_preset_threshold("-200", &seg, &hu, &err), LM_OK);
    assert_true(seg.lo == -200 && isinf(seg.hi) && !hu);
    assert_int_equal(lm_preset_threshold("1e2:150.5HU", &seg, &hu, &err), LM_OK);
    assert_true(seg.lo == 100 && seg.hi == 150.5 && hu);
    static const char *const bad[] = {"", "x", "5mm", "5:", ":5", "5:5", "6:5", "nan", "1:2:3"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        if (lm_preset_threshold(bad[i], &seg, &hu, &err) != LM_EUSAGE) fail_msg("taken: %s", bad[i]);
    assert_int_equal(lm_preset_keep("largest", &seg, &err), LM_OK);
    assert_int_equal(seg.keep, 1);
    assert_int_equal(lm_preset_keep("12", &seg, &err), LM_OK);
    assert_int_equal(seg.keep, 12);
    assert_int_equal(lm_preset_keep("0", &seg, &err), LM_EUSAGE);
    assert_int_equal(lm_preset_keep("some", &seg, &err), LM_EUSAGE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(files),
        cmocka_unit_test(thresholds_and_pieces),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
