/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "stream/record.h"
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static lm_err err;

static lm_status parse(const char *s)
{
    json_t *j = NULL;
    lm_status rc = lm_record_parse(s, strlen(s), &j, &err);
    if (!rc) json_decref(j);
    return rc;
}

static void text_is_compact_ordered_and_reads_back(void **state)
{
    (void)state;
    lm_records r = LM_RECORDS_INIT;
    json_t *a = lm_record_new(NULL, "dcmseg", &err);
    assert_non_null(a);
    json_object_set_new(json_object_get(a, "options"), "threshold", json_real(0.1));
    assert_int_equal(lm_record_finding(a, "warning", "G-8",
                                       "gr\xc3\xb6\xc3\x9f"
                                       "er\nthan",
                                       &err),
                     LM_OK);
    assert_int_equal(lm_record_ledger(a, "change", "volume_at_level", 200, "mesh", 201, -1, &err), LM_OK);
    assert_int_equal(lm_record_append(&r, a, &err), LM_OK);
    assert_int_equal(lm_record_seal(&r, 0x00abcdefu, 4096, &err), LM_OK);
    char *t = lm_record_text(a, &err);
    /* written by hand from the header's description */
    assert_string_equal(t, "{\"schema\":1,\"tool\":\"dcmseg\",\"version\":\"0.1.0\",\"libraries\":{},"
                           "\"options\":{\"threshold\":0.10000000000000001},"
                           "\"ledger\":[{\"kind\":\"change\",\"from\":\"volume_at_level\",\"to\":\"mesh\",\"before_mm3\":200.0,"
                           "\"after_mm3\":201.0,\"change_mm3\":1.0,\"change_percent\":0.5}],"
                           "\"findings\":[{\"level\":\"warning\",\"rule\":\"G-8\",\"text\":\"gr\\u00F6\\u00DFer\\nthan\"}],"
                           "\"out\":{\"crc32\":\"00abcdef\",\"bytes\":4096}}");
    json_t *back = NULL;
    assert_int_equal(lm_record_parse(t, strlen(t), &back, &err), LM_OK);
    assert_true(json_equal(a, back));
    json_decref(back);
    free(t);
    lm_record_check(&r, 0x00abcdefu, 4096);
    assert_true(r.belong);
    lm_record_check(&r, 0x00abcdeeu, 4096);
    assert_false(r.belong);
    lm_record_check(&r, 0x00abcdefu, 4095);
    assert_false(r.belong);
    /* the next tool's "in" is the payload that was read */
    json_t *b = lm_record_new(&r, "mcubes", &err);
    assert_string_equal(json_string_value(json_object_get(json_object_get(b, "in"), "crc32")), "00abcdef");
    assert_int_equal(json_integer_value(json_object_get(json_object_get(b, "in"), "bytes")), 4095);
    assert_int_equal(lm_record_append(&r, b, &err), LM_OK);
    assert_ptr_equal(lm_record_last(&r, "mcubes"), b);
    assert_ptr_equal(lm_record_last(&r, "dcmseg"), a);
    assert_null(lm_record_last(&r, "meshfix"));
    lm_record_check(&r, 0x00abcdefu, 4096);
    assert_false(r.belong); /* the newest has no "out" */
    lm_record_release(&r);
    assert_int_equal(r.n, 0);
}

static void ledger_knows_nothing_and_not_finite(void **state)
{
    (void)state;
    json_t *a = lm_record_new(NULL, "meshfix", &err);
    assert_int_equal(lm_record_ledger(a, "intended", "mesh", 0, "mesh", 5, 0.25, &err), LM_OK);
    json_t *e = json_array_get(json_object_get(a, "ledger"), 0);
    assert_null(json_object_get(e, "change_percent"));
    assert_true(json_real_value(json_object_get(e, "moved_mm")) == 0.25);
    assert_int_equal(lm_record_ledger(a, "change", "mesh", NAN, "mesh", 5, 0, &err), LM_ERULE);
    assert_int_equal(lm_record_ledger(a, "change", "mesh", 1, "mesh", INFINITY, 0, &err), LM_ERULE);
    assert_int_equal(json_array_size(json_object_get(a, "ledger")), 1);
    json_decref(a);
}

static void hostile_records_are_refused(void **state)
{
    (void)state;
    char line[1000];
    assert_int_equal(parse("{\"schema\":1,\"tool\":\"x\"}"), LM_OK);
    static const char *bad[] = {"",
                                "[]",
                                "{",
                                "{\"schema\":1}",
                                "{\"tool\":\"x\"}",
                                "{\"schema\":\"1\",\"tool\":\"x\"}",
                                "{\"schema\":1,\"tool\":7}",
                                "{\"schema\":0,\"tool\":\"x\"}",
                                "{\"schema\":1,\"schema\":1,\"tool\":\"x\"}",
                                "{\"schema\":1,\"tool\":\"x\"} {}",
                                "{\"schema\":1,\"tool\":\"x\",\"v\":1e999}",
                                "{\"schema\":1,\"tool\":\"x\",\"v\":NaN}"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        if (parse(bad[i]) != LM_EFORMAT) fail_msg("taken: %s", bad[i]);
    assert_int_equal(parse("{\"schema\":7,\"tool\":\"x\",\"new\":1}"), LM_EFORMAT);
    lm_err_line(&err, line, sizeof line);
    assert_non_null(strstr(line, "schema 7"));
    size_t n = LM_RECORD_BYTES + 1;
    char *big = malloc(n + 1);
    memset(big, ' ', n);
    memcpy(big, "{\"schema\":1,\"tool\":\"x\"}", 23);
    big[n] = 0;
    assert_int_equal(parse(big), LM_ERANGE);
    big[n - 1] = 0;
    assert_int_equal(parse(big), LM_OK);
    memset(big, '[', n - 1);
    assert_int_equal(parse(big), LM_EFORMAT);
    free(big);
}

static void too_many_and_too_long(void **state)
{
    (void)state;
    lm_records r = LM_RECORDS_INIT;
    for (int i = 0; i < LM_RECORDS_MAX; i++) assert_int_equal(lm_record_append(&r, json_object(), &err), LM_OK);
    assert_int_equal(lm_record_append(&r, json_object(), &err), LM_ERANGE);
    lm_record_release(&r);
    json_t *a = lm_record_new(NULL, "x", &err);
    char *s = malloc(LM_RECORD_BYTES + 1);
    memset(s, 'a', LM_RECORD_BYTES);
    s[LM_RECORD_BYTES] = 0;
    json_object_set_new(a, "s", json_string(s));
    assert_null(lm_record_text(a, &err));
    assert_int_equal(err.code, LM_ERANGE);
    free(s);
    json_decref(a);
}

static void checksum_text(void **state)
{
    (void)state;
    uint32_t v = 1;
    assert_true(lm_record_crc_parse("0123abCD", &v) && v == 0x0123abcdu);
    static const char *bad[] = {"", "0123abc", "0123abcde", "0123abcg", " 123abcd", "0x123abc"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) assert_false(lm_record_crc_parse(bad[i], &v));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text_is_compact_ordered_and_reads_back),
        cmocka_unit_test(ledger_knows_nothing_and_not_finite),
        cmocka_unit_test(hostile_records_are_refused),
        cmocka_unit_test(too_many_and_too_long),
        cmocka_unit_test(checksum_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
