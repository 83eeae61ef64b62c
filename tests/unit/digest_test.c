/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "dicom/digest.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static void files_are_hashed(void **state)
{
    (void)state;
    /* FIPS 180-4: "abc" and the empty message */
    static const unsigned char abc[4] = {0xba, 0x78, 0x16, 0xbf}, none[4] = {0xe3, 0xb0, 0xc4, 0x42};
    const lm_gdcm_file file[] = {{NULL, "abc", 3}, {"/dev/null", NULL, 0}};
    const lm_gdcm_file gone[] = {{"/dev/null", NULL, 0}, {"/nonexistent", NULL, 0}};
    unsigned char sha[2][32];
    size_t bad = 9;
    lm_err err = LM_ERR_INIT;
    assert_int_equal(lm_digest_files(file, 2, 2, sha, &bad, &err), LM_OK);
    assert_memory_equal(sha[0], abc, 4);
    assert_memory_equal(sha[1], none, 4);
    assert_int_equal(lm_digest_files(gone, 2, 2, sha, &bad, &err), LM_EIO);
    assert_int_equal(bad, 1);
}

static void there_and_back(void **state)
{
    (void)state;
    lm_digest in[4] = {
        {0, true, 7, {1, 2}, {3}}, {1, true, -3, {4}, {5}}, {1, false, 0, {4}, {6}}, {2, true, 2147483647, {8}, {9}}};
    lm_digest *out = NULL;
    size_t n = 0;
    lm_err err = LM_ERR_INIT;
    json_t *j = lm_digest_json(in, 4);
    assert_string_equal(json_string_value(json_array_get(j, 0)), "7 0102000000000000 03000000");
    assert_string_equal(json_string_value(json_array_get(j, 2)), "=- 0400000000000000 06000000");
    assert_int_equal(lm_digest_parse(j, &out, &n, &err), LM_OK);
    assert_int_equal(n, 4);
    assert_memory_equal(out, in, sizeof in);
    free(out);
    json_decref(j);
}

static void the_total_forgets_order_and_copies(void **state)
{
    (void)state;
    lm_digest a[3] = {{.file = {9}}, {.file = {1}}, {.file = {5}}},
              b[4] = {{.file = {1}}, {.file = {5}}, {.file = {9}}, {.file = {5}}};
    char x[LM_SHA256_HEX], y[LM_SHA256_HEX], z[LM_SHA256_HEX];
    assert_int_equal(lm_digest_total(a, 3, x, NULL), LM_OK);
    assert_int_equal(lm_digest_total(b, 4, y, NULL), LM_OK);
    assert_int_equal(lm_digest_total(a, 2, z, NULL), LM_OK);
    assert_string_equal(x, y);
    assert_string_not_equal(x, z);
}

static void what_is_no_digest_is_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {"",
                                      "7",
                                      "7 0102000000000000",
                                      "7 0102000000000000 0300000",
                                      "7 0102000000000000 030000000",
                                      "7 0102000000000000x03000000",
                                      "7 010200000000000G 03000000",
                                      "7.5 0102000000000000 03000000",
                                      "x 0102000000000000 03000000",
                                      "=7 0102000000000000 03000000", /* nothing before it */
                                      " 0102000000000000 03000000"};
    lm_digest *d = NULL;
    size_t n;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        json_t *j = json_pack("[s]", bad[i]);
        if (lm_digest_parse(j, &d, &n, NULL) != LM_EFORMAT) fail_msg("taken: %s", bad[i]);
        json_decref(j);
    }
    assert_int_equal(lm_digest_parse(NULL, &d, &n, NULL), LM_EFORMAT);
    json_t *j = json_pack("[i]", 1);
    assert_int_equal(lm_digest_parse(j, &d, &n, NULL), LM_EFORMAT);
    json_decref(j);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(files_are_hashed),
        cmocka_unit_test(there_and_back),
        cmocka_unit_test(the_total_forgets_order_and_copies),
        cmocka_unit_test(what_is_no_digest_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
