/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "dicom/identity.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

static char path[] = "/tmp/meshqa-key-XXXXXX";

static int make_file(void **state)
{
    (void)state;
    int fd = mkstemp(path);
    return fd < 0 || close(fd) ? -1 : setenv("MESHQA_KEY_FILE", path, 1);
}

static int remove_file(void **state)
{
    (void)state;
    return unlink(path);
}

static lm_status load(const void *p, size_t n, lm_identity *id, lm_err *err)
{
    FILE *f = fopen(path, "wb");
    assert_non_null(f);
    assert_int_equal(fwrite(p, 1, n, f), n);
    fclose(f);
    return lm_identity_load(id, err);
}

/* The figures come from `printf %s UID | openssl dgst -sha256 -hmac KEY`. */
static void uids_are_hashed_under_the_key(void **state)
{
    (void)state;
    static lm_identity id;
    lm_err err = LM_ERR_INIT;
    char out[LM_IDENTITY_TEXT], name[LM_IDENTITY_HASH];
    lm_identity_uid(NULL, "1.2.840.113619.2.55", out);
    assert_string_equal(out, "057021f7a245cf42");
    lm_identity_key_name(&id, name);
    assert_string_equal(name, "built-in");
    assert_int_equal(load("0123456789abcdef\r\n", 18, &id, &err), LM_OK);
    lm_identity_uid(&id, "1.2.840.113619.2.55", out);
    assert_string_equal(out, "4d7806250ff75115");
    lm_identity_key_name(&id, name);
    assert_string_equal(name, "lab-939ec241");
    id.show = true;
    lm_identity_uid(&id, "1.2.840.113619.2.55", out);
    assert_string_equal(out, "1.2.840.113619.2.55");
    id.show = false;
    assert_int_equal(unsetenv("MESHQA_KEY_FILE"), 0);
    assert_int_equal(lm_identity_load(&id, &err), LM_OK);
    lm_identity_uid(&id, "1.2.840.113619.2.55", out);
    assert_string_equal(out, "057021f7a245cf42");
    assert_int_equal(setenv("MESHQA_KEY_FILE", path, 1), 0);
}

static void keys_that_are_none_are_refused(void **state)
{
    (void)state;
    static lm_identity id;
    static char large[5000];
    lm_err err = LM_ERR_INIT;
    memset(large, 'k', sizeof large);
    assert_int_equal(load("short secret\n", 13, &id, &err), LM_EUSAGE);
    assert_null(strstr(err.text[0], "secret"));
    assert_int_equal(load("", 0, &id, &err), LM_EFORMAT);
    assert_int_equal(load(large, 4096, &id, &err), LM_OK);
    assert_int_equal(load(large, 4097, &id, &err), LM_EUSAGE);
    assert_int_equal(load(large, 5000, &id, &err), LM_EUSAGE);
    assert_int_equal(setenv("MESHQA_KEY_FILE", "/nonexistent/key", 1), 0);
    assert_int_equal(lm_identity_load(&id, &err), LM_EIO);
    assert_int_equal(setenv("MESHQA_KEY_FILE", "-", 1), 0);
    assert_int_equal(lm_identity_load(&id, &err), LM_EUSAGE);
    assert_int_equal(setenv("MESHQA_KEY_FILE", path, 1), 0);
}

static void names_pass_the_terms_or_the_option(void **state)
{
    (void)state;
    static lm_identity id;
    char out[64];
    lm_identity_name(&id, "Left kidney", 2, out, sizeof out);
    assert_string_equal(out, "Left kidney");
    lm_identity_name(&id, "Smith", 2, out, sizeof out);
    assert_string_equal(out, "part-2");
    id.keep_names = true;
    lm_identity_name(&id, "Smith", 2, out, sizeof out);
    assert_string_equal(out, "Smith");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(uids_are_hashed_under_the_key),
        cmocka_unit_test(keys_that_are_none_are_refused),
        cmocka_unit_test(names_pass_the_terms_or_the_option),
    };
    return cmocka_run_group_tests(tests, make_file, remove_file);
}
