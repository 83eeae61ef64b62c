/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Data sets with sequences in every way to write them, and in ways nobody should. */
#include "dicom/tree.h"
#include "fixtures/gen/dicom_bytes.h"
#include "tests/lib/sanitizer.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>

#define EXPLICIT "1.2.840.10008.1.2.1"
#define IMPLICIT "1.2.840.10008.1.2"
#define SEG "1.2.840.10008.5.1.4.1.1.66.4"
static dicom_bytes b;

static lm_status read(lm_tree **t, const lm_tree_opt *opt, lm_err *err)
{
    lm_tree_file f = {.at = {.p = b.p, .n = b.n}, .name = "it"};
    *err = (lm_err)LM_ERR_INIT;
    lm_status rc = lm_tree_read(&f, 1, opt, t, err);
    assert_int_equal(rc, err->code);
    assert_true(!rc == (*t != NULL));
    return rc;
}

/* What stands behind group 0008 in all files below. */
static void expect(const lm_tree_item *r)
{
    double x[6];
    int64_t number = 0;
    char text[65];
    assert_int_equal(lm_tree_items(r, 0x00620002), 2);
    const lm_tree_item *one = lm_tree_at(r, 0x00620002, 0), *two = lm_tree_at(r, 0x00620002, 1);
    assert_null(lm_tree_at(r, 0x00620002, 2));
    assert_true(lm_tree_whole(one, 0x00620004, &number) && number == 1);
    assert_true(lm_tree_whole(two, 0x00620004, &number) && number == 2);
    assert_true(lm_tree_text(one, 0x00620005, text, sizeof text));
    assert_string_equal(text, "Liver");
    assert_int_equal(lm_tree_items(one, 0x0062000f), 1);
    assert_true(lm_tree_code(lm_tree_at(one, 0x0062000f, 0), 0x00080100, 0, text, sizeof text));
    assert_string_equal(text, "10200004");
    assert_int_equal(lm_tree_items(two, 0x0062000f), 0);
    assert_int_equal(lm_tree_numbers(one, 0x0062000d, x, 3), 3);
    assert_true(x[0] == 1 && x[1] == 65535 && x[2] == 300);
    const lm_tree_item *plane = lm_tree_at(lm_tree_at(r, 0x52009229, 0), 0x00209116, 0);
    assert_int_equal(lm_tree_numbers(plane, 0x00200037, x, 6), 6);
    assert_true(x[0] == 1 && x[1] == -0.5 && x[5] == 2.5e-3);
    assert_int_equal(lm_tree_numbers(plane, 0x00200037, x, 2), 6);
    assert_int_equal(lm_tree_numbers(lm_tree_at(NULL, 1, 0), 0x00200037, x, 2), 0);
}

static void segment(const char *number, bool full)
{
    unsigned char lab[6] = {1, 0, 255, 255, 44, 1};
    db_us(&b, 0x00620004, (unsigned)(number[0] - '0'));
    if (!full) return;
    db_text(&b, 0x00620005, "LO", "Liver ");
    db_value(&b, 0x0062000d, "US", lab, 6);
    db_sequence(&b, 0x0062000f);
    db_item(&b, UNDEFINED);
    db_text(&b, 0x00080100, "SH", "10200004");
    db_item_end(&b);
    db_sequence_end(&b);
}

/* Lengths stated, by writing first and patching: where the length stands, and what is counted. */
static void patch(size_t at)
{
    lm_put32(b.p + at - 4, (uint32_t)(b.n - at));
}

static void content(bool undefined)
{
    size_t sequence, item;
    db_text(&b, 0x00080016, "UI", SEG);
    db_sequence(&b, 0x00620002);
    sequence = b.n;
    db_item(&b, UNDEFINED);
    item = b.n;
    segment("1", true);
    if (undefined) db_item_end(&b);
    else patch(item);
    db_item(&b, UNDEFINED);
    item = b.n;
    segment("2", false);
    if (undefined) db_item_end(&b);
    else patch(item);
    if (undefined) db_sequence_end(&b);
    else patch(sequence);
    db_sequence(&b, 0x52009229);
    sequence = b.n;
    db_item(&b, UNDEFINED);
    item = b.n;
    db_sequence(&b, 0x00209116);
    db_item(&b, UNDEFINED);
    db_text(&b, 0x00200037, "DS", "1 \\-0.5\\0\\ +1\\0\\2.5e-3");
    db_item_end(&b);
    db_sequence_end(&b);
    if (undefined) db_item_end(&b);
    else patch(item);
    if (undefined) db_sequence_end(&b);
    else patch(sequence);
}

static void sequences_are_read_however_they_are_written(void **state)
{
    (void)state;
    lm_err err;
    lm_tree *t;
    char uid[65];
    for (int how = 0; how < 4; how++) {
        const char *syntax = how & 1 ? IMPLICIT : EXPLICIT;
        db_begin(&b, SEG, syntax);
        content(how & 2);
        assert_int_equal(read(&t, NULL, &err), LM_OK);
        expect(lm_tree_root(t));
        assert_true(lm_tree_code(lm_tree_root(t), 0x00020010, 0, uid, sizeof uid));
        assert_string_equal(uid, syntax);
        assert_string_equal(lm_tree_vr(lm_tree_root(t), 0x00620002), "SQ");
        assert_false(lm_tree_has(lm_tree_root(t), 0x00620003));
        lm_tree_release(t);
    }
    memset(&b, 0, sizeof b); /* neither preamble nor meta information */
    b.implicit = true;
    content(true);
    assert_int_equal(read(&t, NULL, &err), LM_OK);
    expect(lm_tree_root(t));
    lm_tree_release(t);
}

static void private_sequences_of_unknown_vr_are_taken_apart(void **state)
{
    (void)state;
    lm_err err;
    lm_tree *t;
    double x[2];
    for (int how = 0; how < 2; how++) {
        db_begin(&b, SEG, EXPLICIT);
        db_text(&b, 0x00091001, "UN", "\xfe\xff\0\xe0 no items");
        db_head(&b, 0x00091002, "UN", UNDEFINED);
        size_t from = b.n;
        b.implicit = true; /* PS3.5 6.2.2: whatever the transfer syntax */
        for (int i = 0; i < 2; i++) {
            db_item(&b, UNDEFINED);
            size_t at = b.n;
            db_text(&b, 0x00200032, "DS", i ? "3\\4" : "1\\2");
            db_head(&b, 0x00209116, "SQ", UNDEFINED);
            db_item(&b, 0);
            db_sequence_end(&b);
            if (how) db_item_end(&b);
            else patch(at);
        }
        b.implicit = false;
        if (how) db_sequence_end(&b);
        else patch(from);
        db_us(&b, 0x00280010, 7);
        assert_int_equal(read(&t, NULL, &err), LM_OK);
        const lm_tree_item *r = lm_tree_root(t);
        assert_int_equal(lm_tree_items(r, 0x00091002), 2);
        assert_int_equal(lm_tree_numbers(lm_tree_at(r, 0x00091002, 1), 0x00200032, x, 2), 2);
        assert_true(x[0] == 3 && x[1] == 4);
        assert_int_equal(lm_tree_items(lm_tree_at(r, 0x00091002, 1), 0x00209116), 1);
        assert_int_equal(lm_tree_items(r, 0x00091001), 0);
        assert_true(lm_tree_numbers(r, 0x00280010, x, 1) == 1 && x[0] == 7);
        lm_tree_release(t);
    }
}

static void long_values_and_pixels_come_when_asked_for(void **state)
{
    (void)state;
    enum { LONG = 70000 };
    static unsigned char many[LONG];
    lm_err err;
    lm_tree *t;
    size_t n;
    db_begin(&b, SEG, EXPLICIT);
    db_value(&b, 0x00091001, "OB", many, LONG);
    db_value(&b, 0x7fe00010, "OB", many, 100);
    assert_int_equal(read(&t, NULL, &err), LM_OK);
    assert_true(!lm_tree_bytes(lm_tree_root(t), 0x00091001, &n) && n == LONG);
    assert_false(lm_tree_has(lm_tree_root(t), 0x7fe00010));
    lm_tree_release(t);
    assert_int_equal(read(&t, &(lm_tree_opt){.pixels = true, .max_value = 10}, &err), LM_OK);
    assert_true(!lm_tree_bytes(lm_tree_root(t), 0x00091001, &n) && n == LONG);
    assert_true(lm_tree_bytes(lm_tree_root(t), 0x7fe00010, &n) && n == 100);
    lm_tree_release(t);
    assert_int_equal(read(&t, &(lm_tree_opt){.max_value = SIZE_MAX}, &err), LM_OK);
    assert_true(lm_tree_bytes(lm_tree_root(t), 0x00091001, &n) && n == LONG);
    lm_tree_release(t);
    assert_int_equal(read(&t, &(lm_tree_opt){.max_value = SIZE_MAX, .max_bytes = LONG}, &err), LM_ERANGE);
    assert_non_null(strstr(err.text[0], "'it'"));
}

static void fragments_are_kept_apart(void **state)
{
    (void)state;
    lm_err err;
    lm_tree *t;
    size_t n;
    db_begin(&b, SEG, "1.2.840.10008.1.2.5");
    db_head(&b, 0x7fe00010, "OB", UNDEFINED);
    db_item(&b, 0);
    db_item(&b, 4);
    db_raw(&b, "abcd", 4);
    db_item(&b, 2);
    db_raw(&b, "ef", 2);
    db_sequence_end(&b);
    assert_int_equal(read(&t, &(lm_tree_opt){.pixels = true}, &err), LM_OK);
    assert_int_equal(lm_tree_fragments(lm_tree_root(t), 0x7fe00010), 3);
    assert_null(lm_tree_fragment(lm_tree_root(t), 0x7fe00010, 0, &n));
    assert_memory_equal(lm_tree_fragment(lm_tree_root(t), 0x7fe00010, 1, &n), "abcd", 4);
    assert_memory_equal(lm_tree_fragment(lm_tree_root(t), 0x7fe00010, 2, &n), "ef", 2);
    assert_int_equal(n, 2);
    assert_null(lm_tree_fragment(lm_tree_root(t), 0x7fe00010, 3, &n));
    lm_tree_release(t);
}

static void numbers_that_are_none_are_none(void **state)
{
    (void)state;
    static const char *const bad[] = {"1\\x", "1\\\\2", "", "1e999", "nan", "0x10", "1 2"};
    lm_err err;
    lm_tree *t;
    double x[3];
    int64_t whole;
    char code[4];
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        db_begin(&b, SEG, EXPLICIT);
        db_text(&b, 0x00200032, "DS", bad[i]);
        db_text(&b, 0x00200037, "DS", "2.5");
        db_text(&b, 0x00280004, "CS", "A\\LONG");
        assert_int_equal(read(&t, NULL, &err), LM_OK);
        assert_int_equal(lm_tree_numbers(lm_tree_root(t), 0x00200032, x, 3), 0);
        assert_true(lm_tree_has(lm_tree_root(t), 0x00200032));
        assert_false(lm_tree_whole(lm_tree_root(t), 0x00200037, &whole));
        assert_true(lm_tree_code(lm_tree_root(t), 0x00280004, 0, code, sizeof code));
        assert_false(lm_tree_code(lm_tree_root(t), 0x00280004, 1, code, sizeof code)); /* does not fit */
        assert_false(lm_tree_code(lm_tree_root(t), 0x00280004, 2, code, sizeof code));
        lm_tree_release(t);
    }
}

static void hostile_lengths_and_depths_end_in_one_error(void **state)
{
    (void)state;
    lm_err err;
    lm_tree *t;
    db_begin(&b, SEG, EXPLICIT);
    db_sequence(&b, 0x00620002);
    db_item(&b, 0xfffffff0); /* 4 GB in an item */
    db_us(&b, 0x00620004, 1);
    assert_int_not_equal(read(&t, NULL, &err), LM_OK);
    db_begin(&b, SEG, EXPLICIT);
    db_head(&b, 0x00620002, "SQ", 0xfffffff0); /* and in a sequence */
    db_item(&b, UNDEFINED);
    assert_int_not_equal(read(&t, NULL, &err), LM_OK);
    for (int depth = 20; depth <= 2000; depth *= 10) {
        db_begin(&b, SEG, EXPLICIT);
        for (int i = 0; i < depth; i++) {
            db_sequence(&b, 0x00620002);
            db_item(&b, UNDEFINED);
        }
        for (int i = 0; i < depth; i++) {
            db_item_end(&b);
            db_sequence_end(&b);
        }
        lm_status rc = read(&t, NULL, &err);
        assert_true(depth > LM_TREE_DEPTH ? rc != LM_OK : rc == LM_OK);
        lm_tree_release(t);
    }
    db_begin(&b, SEG, EXPLICIT);
    content(true);
    size_t whole = b.n;
    for (b.n = 140; b.n < whole; b.n += 17)
        if (!read(&t, NULL, &err)) lm_tree_release(t);
}

/* Data set of two elements in the flat form of gdcm_shim.h: a sequence with an empty item, and a value. */
static size_t flat(unsigned char *p)
{
    size_t n = 0;
    static const unsigned char two[] = {2, 0, 0, 0, 2, 0,  98, 0,   'S', 'Q', 2, 0, 1, 0, 0, 0, 0, 0, 0, 0,   0,
                                        0, 0, 0, 3, 0, 98, 0,  'C', 'S', 0,   0, 2, 0, 0, 0, 0, 0, 0, 0, 'A', 'B'};
    memcpy(p, two, n = sizeof two);
    return n;
}

static void what_a_child_says_is_checked(void **state)
{
    (void)state;
    unsigned char p[64];
    lm_err err = LM_ERR_INIT;
    lm_tree *t;
    size_t n = flat(p);
    assert_int_equal(lm_tree_rebuild(p, n, &t, &err), LM_OK);
    assert_int_equal(lm_tree_items(lm_tree_root(t), 0x00620002), 1);
    lm_tree_release(t);
    for (size_t cut = 0; cut < n; cut++) assert_int_equal(lm_tree_rebuild(p, cut, &t, &err), LM_EFORMAT);
    static const struct {
        size_t at;
        unsigned char v;
    } bad[] = {{0, 1}, {0, 3}, {3, 255}, {12, 2}, {19, 255}, {19, 127}, {20, 9}, {24, 1}, {30, 9}, {32, 3}, {39, 128}};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        flat(p);
        p[bad[i].at] = bad[i].v;
        assert_int_equal(lm_tree_rebuild(p, n, &t, &err), LM_EFORMAT);
    }
}

static void many_at_once(void **state)
{
    (void)state;
    enum { MANY = 40 };
    lm_tree_file f[MANY];
    lm_tree *t[MANY];
    lm_err err = LM_ERR_INIT;
    db_begin(&b, SEG, EXPLICIT);
    content(true);
    for (int i = 0; i < MANY; i++) f[i] = (lm_tree_file){.at = {.p = b.p, .n = b.n}, .name = "good"};
    assert_int_equal(lm_tree_read(f, MANY, NULL, t, &err), LM_OK);
    for (int i = 0; i < MANY; i++) {
        expect(lm_tree_root(t[i]));
        lm_tree_release(t[i]);
    }
    f[20] = (lm_tree_file){.at = {.p = b.p, .n = b.n / 2}, .name = "bad"};
    assert_int_not_equal(lm_tree_read(f, MANY, NULL, t, &err), LM_OK);
    assert_non_null(strstr(err.text[0], "'bad'"));
    for (int i = 0; i < MANY; i++) assert_null(t[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sequences_are_read_however_they_are_written),
        cmocka_unit_test(private_sequences_of_unknown_vr_are_taken_apart),
        cmocka_unit_test(long_values_and_pixels_come_when_asked_for),
        cmocka_unit_test(fragments_are_kept_apart),
        cmocka_unit_test(numbers_that_are_none_are_none),
        cmocka_unit_test(hostile_lengths_and_depths_end_in_one_error),
        cmocka_unit_test(what_a_child_says_is_checked),
        cmocka_unit_test(many_at_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
