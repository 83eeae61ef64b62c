/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/io.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

static void tap_sees_what_is_written(void **state)
{
    (void)state;
    lm_out *out = NULL;
    lm_err err = LM_ERR_INIT;
    lm_hash_sha256 sha;
    uint64_t bytes;
    char hex[LM_SHA256_HEX];
    unsigned char *p;
    size_t n;
    assert_int_equal(lm_io_create_mem(&out, &err), LM_OK);
    lm_io_tap(out, &sha, &bytes);
    lm_io_write(out, "ab", 2);
    lm_io_printf(out, "%c", 'c');
    lm_hash_sha256_hex(&sha, hex);
    assert_string_equal(hex, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"); /* FIPS 180-2, "abc" */
    assert_int_equal(bytes, 3);
    assert_int_equal(lm_io_take(out, &p, &n, &err), LM_OK);
    assert_int_equal(n, 3);
    free(p);
}

static void flushed_file_is_not_there_before_commit(void **state)
{
    (void)state;
    char path[] = "/tmp/lm_io_XXXXXX";
    lm_out *out = NULL;
    lm_err err = LM_ERR_INIT;
    assert_non_null(mkdtemp(path));
    char file[64];
    snprintf(file, sizeof file, "%s/x", path);
    for (int commit = 0; commit < 2; commit++) {
        assert_int_equal(lm_io_create(file, false, &out, &err), LM_OK);
        lm_io_write(out, "abc", 3);
        assert_int_equal(lm_io_flush(out, &err), LM_OK);
        assert_int_equal(access(file, F_OK), -1);
        if (commit) assert_int_equal(lm_io_commit(out, &err), LM_OK);
        else lm_io_abort(out);
    }
    assert_int_equal(access(file, F_OK), 0);
    assert_int_equal(unlink(file), 0);
    assert_int_equal(rmdir(path), 0); /* and no temporary is left */
}

static void flush_reports_a_full_disk(void **state)
{
    (void)state;
    lm_out *out = NULL;
    lm_err err = LM_ERR_INIT;
    if (access("/dev/full", W_OK)) skip();
    assert_int_equal(lm_io_create("/dev/full", false, &out, &err), LM_OK);
    lm_io_write(out, "abc", 3);
    assert_int_equal(lm_io_flush(out, &err), LM_EIO);
    assert_non_null(strstr(err.text[0], "No space left"));
    lm_io_abort(out);
}

/* Several files go into place together; when one cannot, the new ones go again and an old one stays what it was. */
static void a_row_of_files_is_all_or_none(void **state)
{
    (void)state;
    char path[] = "/tmp/lm_io_XXXXXX", file[3][64];
    lm_err err = LM_ERR_INIT;
    assert_non_null(mkdtemp(path));
    for (int how = 0; how < 3; how++) { /* commit, abort, the second name is taken by a folder that comes too late to be seen */
        lm_out *out[3];
        for (int i = 0; i < 3; i++) {
            snprintf(file[i], sizeof file[i], "%s/%d", path, i);
            assert_int_equal(lm_io_create(file[i], false, &out[i], &err), LM_OK);
            lm_io_write(out[i], "abc", 3);
            if (i) lm_io_follow(out[0], out[i]);
        }
        assert_int_equal(lm_io_flush(out[0], &err), LM_OK);
        for (int i = 0; i < 3; i++) assert_int_equal(access(file[i], F_OK), -1);
        if (how == 2) assert_int_equal(mkdir(file[1], 0777), 0);
        if (how == 1) lm_io_abort(out[0]);
        else assert_int_equal(lm_io_commit(out[0], &err), how ? LM_EIO : LM_OK);
        for (int i = 0; i < 3; i++)
            assert_int_equal(how ? rmdir(file[i]) == 0 : unlink(file[i]) == 0, how == 0 || (how == 2 && i == 1));
    }
    assert_int_equal(rmdir(path), 0); /* and no temporary is left */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tap_sees_what_is_written),
        cmocka_unit_test(flushed_file_is_not_there_before_commit),
        cmocka_unit_test(a_row_of_files_is_all_or_none),
        cmocka_unit_test(flush_reports_a_full_disk),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
