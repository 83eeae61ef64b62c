/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Files of folders and lists, in the order of their names, each folder once; and those that a DICOMDIR names, below it only. */
#include "dicom/dicomdir.h"
#include "fixtures/gen/dicom_bytes.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

static dicom_bytes b;
static lm_err err;

static void put(const char *path)
{
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    fputs(path, f);
    assert_int_equal(fclose(f), 0);
}

static int setup(void **state)
{
    static char dir[] = "/tmp/files_test.XXXXXX";
    *state = dir;
    if (!mkdtemp(dir) || chdir(dir) || mkdir("in", 0700) || mkdir("in/ser2", 0700) || mkdir("in/ser1", 0700)) return 1;
    put("in/ser2/IM2.dcm");
    put("in/ser2/IM1.dcm");
    put("in/ser1/Doe John.dcm");
    put("in/a.txt");
    put("out");
    return symlink("..", "in/ser1/up") || symlink("../out", "in/link");
}

static int teardown(void **state)
{
    static const char *const all[] = {
        "in/ser2/IM2.dcm", "in/ser2/IM1.dcm", "in/ser1/Doe John.dcm", "in/ser1/up", "in/a.txt", "in/link", "list", "out"};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) unlink(all[i]);
    return rmdir("in/ser1") || rmdir("in/ser2") || rmdir("in") || chdir("/") || rmdir(*state);
}

static void a_folder_by_names_and_each_once(void **state)
{
    (void)state;
    static const char *const want[] = {"in/a.txt", "in/link", "in/ser1/Doe John.dcm", "in/ser2/IM1.dcm", "in/ser2/IM2.dcm"};
    lm_files f = LM_FILES_INIT;
    assert_int_equal(lm_files_add(&f, "in", &err), LM_OK); /* the link back up ends here */
    assert_int_equal(f.n, 5);
    for (size_t i = 0; i < f.n; i++) {
        assert_string_equal(f.item[i].path, want[i]);
        assert_false(f.item[i].asked);
    }
    assert_null(strstr(f.item[2].name, "Doe")); /* may be a patient */
    assert_non_null(strstr(f.item[3].name, "IM1.dcm"));
    assert_int_equal(lm_files_add(&f, "in/a.txt", &err), LM_OK);
    assert_true(f.n == 6 && f.item[5].asked);
    assert_int_equal(lm_files_add(&f, "nowhere", &err), LM_EIO);
    lm_files_release(&f);
    assert_true(lm_files_plain("IM00012.dcm") && !lm_files_plain("Doe.dcm"));
}

static void lists_by_line_and_by_nul(void **state)
{
    (void)state;
    static const char lines[] = "in/ser2/IM2.dcm\nin/a.txt\n", nul[] = "in/a.txt\0in/ser1/Doe John.dcm\0";
    for (int how = 0; how < 3; how++) {
        lm_files f = LM_FILES_INIT;
        FILE *list = fopen("list", "w");
        assert_non_null(list);
        if (how < 2) fwrite(how ? nul : lines, 1, how ? sizeof nul - 1 : sizeof lines - 1, list);
        else fputs("\n\n", list);
        fclose(list);
        assert_int_equal(lm_files_add_list(&f, "list", &err), how < 2 ? LM_OK : LM_EUSAGE);
        assert_int_equal(f.n, how < 2 ? 2 : 0);
        if (how < 2) assert_string_equal(f.item[1].path, how ? "in/ser1/Doe John.dcm" : "in/a.txt");
        lm_files_release(&f);
    }
}

/* A DICOMDIR beside `in` with one record, in use or not. */
static lm_status named(const char *id, unsigned in_use, lm_files *f)
{
    lm_tree *t;
    db_begin(&b, LM_DICOMDIR_CLASS, "1.2.840.10008.1.2.1");
    db_sequence(&b, 0x00041220);
    db_item(&b, UNDEFINED);
    db_us(&b, 0x00041410, in_use);
    db_text(&b, 0x00041500, "CS", id);
    db_item_end(&b);
    db_sequence_end(&b);
    const lm_tree_file from = {.at = {.p = b.p, .n = b.n}, .name = "it"};
    assert_int_equal(lm_tree_read(&from, 1, NULL, &t, &err), LM_OK);
    lm_status rc = lm_dicomdir_add(t, "in/DICOMDIR", f, &err);
    lm_tree_release(t);
    return rc;
}

static void a_dicomdir_names_files_below_it(void **state)
{
    (void)state;
    static const struct {
        const char *id;
        unsigned in_use;
        lm_status rc;
    } all[] = {
        {"ser2\\IM1.dcm", 0xffff, LM_OK}, {"SER2\\IM1.DCM", 0xffff, LM_OK}, {"ser2\\IM9.dcm", 0xffff, LM_EIO},
        {"..\\out ", 0xffff, LM_ERULE},   {"link", 0xffff, LM_ERULE},       {"/etc\\passwd ", 0xffff, LM_ERULE},
        {"ser2\\IM1.dcm", 0, LM_EFORMAT},
    };
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        lm_files f = LM_FILES_INIT;
        lm_status rc = named(all[i].id, all[i].in_use, &f);
        if (rc != all[i].rc) fail_msg("%s: %d, not %d", all[i].id, (int)rc, (int)all[i].rc);
        if (!rc) assert_true(f.n == 1 && !strcmp(f.item[0].path, "in/ser2/IM1.dcm"));
        lm_files_release(&f);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_folder_by_names_and_each_once),
        cmocka_unit_test(lists_by_line_and_by_nul),
        cmocka_unit_test(a_dicomdir_names_files_below_it),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
