/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Scripts of edits: their text, what is wrong with bad ones and where, volumes by formula, and the same bits for any threads. */
#include "segment/edits.h"
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static lm_status read_text(const char *text, lm_edits *e, lm_err *err)
{
    lm_in *in = NULL;
    assert_int_equal(lm_io_open_mem(text, strlen(text), &in, NULL), LM_OK);
    lm_status rc = lm_edits_read(in, e, err);
    lm_io_close(in);
    return rc;
}

static void texts(void **state)
{
    (void)state;
    static const struct {
        const char *line, *canonical;
    } good[] = {{"add ball 1,2,3 4", "add ball 1,2,3 4"},
                {"  erase\tball -1.50,2e1,0 0.5cm   # a comment", "erase ball -1.5,20,0 5"},
                {"add box 1,1,1 -1,-1,-1", "add box 1,1,1 -1,-1,-1"},
                {"erase capsule 0,0,0 0,0,9 2mm", "erase capsule 0,0,0 0,0,9 2"},
                {"add polygon 2 0,0,0 4,0,0 4,4,0.05", "add polygon 2 0,0,0 4,0,0 4,4,0.05"},
                {"cut 0,0,5 0,0,2", "cut 0,0,5 0,0,1"},
                {"keep 1,2,3", "keep 1,2,3"},
                {"fill", "fill"},
                {"fill 1ml", "fill 1000mm3"}};
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        lm_edits e = LM_EDITS_INIT;
        char text[LM_EDITS_LINE];
        assert_int_equal(read_text(good[i].line, &e, NULL), LM_OK);
        assert_int_equal(e.n, 1);
        lm_edits_text(&e.item[0], text);
        assert_string_equal(text, good[i].canonical);
        lm_edits_release(&e);
    }
    lm_edits a = LM_EDITS_INIT, b = LM_EDITS_INIT;
    char sum_a[LM_SHA256_HEX], sum_b[LM_SHA256_HEX];
    assert_int_equal(read_text("# why\n\nadd ball 1,2,3 4mm\r\nfill\n", &a, NULL), LM_OK);
    assert_int_equal(read_text("add ball 1.0,2,3 0.4cm # other words\nfill", &b, NULL), LM_OK);
    lm_edits_sum(&a, sum_a);
    lm_edits_sum(&b, sum_b);
    assert_string_equal(sum_a, sum_b); /* printf 'add ball 1,2,3 4\nfill\n' | sha256sum */
    assert_string_equal(sum_a, "9d88a1cfe2af7f4bbaf9c0370e5916519e43ea0d9a9dabea9947f6906734bad0");
    assert_int_equal(a.item[0].line, 3);
    lm_edits_release(&a);
    lm_edits_release(&b);
}

static void refused(void **state)
{
    (void)state;
    static const struct {
        const char *text, *why;
    } bad[] = {{"# nothing\n\n", "there is no edit"},
               {"paint ball 0,0,0 1", "line 1, column 1: a verb is expected"},
               {"fill\n  Add ball 0,0,0 1", "line 2, column 3: a verb is expected"},
               {"add cone 0,0,0 1", "line 1, column 5: a shape is expected"},
               {"add", "line 1, column 4: a shape is expected"},
               {"add ball 0,0 1", "line 1, column 13: a point is three numbers"},
               {"add ball 0,0,0,0 1", "line 1, column 15: a point is three numbers"},
               {"add ball 0,nan,0 1", "line 1, column 12: a number is expected"},
               {"add ball 0,0,inf 1", "line 1, column 14: a number is expected"},
               {"add ball 0,0,1e7 1", "line 1, column 14: more than a kilometre"},
               {"add ball 0,0,0", "line 1, column 15: a length above 0"},
               {"add ball 0,0,0 -1", "line 1, column 16: a length above 0"},
               {"add ball 0,0,0 0", "line 1, column 16: a length above 0"},
               {"add ball 0,0,0 3ml", "line 1, column 16: a length above 0"},
               {"add ball 0,0,0 1 2", "line 1, column 18: nothing more is expected"},
               {"add box 0,0,0 1,1,0", "the box has no extent along an axis"},
               {"add box 0,0,0", "line 1, column 14: a point is expected"},
               {"add polygon 1 0,0,0 1,0,0", "line 1, column 26: a point is expected"},
               {"add polygon 1 0,0,0 1,0,0 2,0,0", "span an area"},
               {"add polygon 1 0,0,0 9,0,0 9,9,0 0,9,3", "within 0.1 mm of a plane"},
               {"cut 0,0,0 0,0,0", "the normal of a cut has a length"},
               {"cut 0,0,0", "line 1, column 10: a point is expected"},
               {"fill 0mm3", "line 1, column 6: a volume above 0"},
               {"fill 2mm", "line 1, column 6: a volume above 0"},
               {"keep 1;2;3", "line 1, column 7: a point is three numbers"}};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        lm_edits e = LM_EDITS_INIT;
        lm_err err = LM_ERR_INIT;
        char line[1024];
        assert_int_equal(read_text(bad[i].text, &e, &err), LM_EFORMAT);
        lm_err_line(&err, line, sizeof line);
        if (!strstr(line, bad[i].why)) fail_msg("'%s': %s", bad[i].text, line);
        assert_int_equal(e.n, 0);
    }
}

/* A grid of steps of h mm, turned in its plane and sheared, around the origin; nothing inside. */
static lm_vol grid(double h)
{
    const size_t n = (size_t)(40 / h);
    const double m = (double)(n - 1) / 2;
    lm_vol v = {.n = {n, n, n}, .dir = {{0.8 * h, 0.6 * h, 0}, {-0.6 * h, 0.8 * h, 0}, {0, 0.2 * h, -h}}};
    for (int c = 0; c < 3; c++) v.origin[c] = -m * (v.dir[0][c] + v.dir[1][c] + v.dir[2][c]);
    return v;
}

static double volume(const char *script, double h, lm_bits *out)
{
    const lm_vol v = grid(h);
    lm_edits e = LM_EDITS_INIT;
    lm_bits b = LM_BITS_INIT, other = LM_BITS_INIT;
    assert_int_equal(read_text(script, &e, NULL), LM_OK);
    for (int threads = 1; threads <= 3; threads += 2) {
        lm_bits *to = threads == 1 ? &b : &other;
        assert_int_equal(lm_bits_alloc(to, v.n, NULL), LM_OK);
        assert_int_equal(lm_edits_run(&e, to, &v, threads, NULL), LM_OK);
    }
    assert_memory_equal(b.row, other.row, b.words * b.n[1] * b.n[2] * sizeof *b.row);
    const double mm3 = (double)lm_bits_count(&b) * h * h * h;
    lm_edits_release(&e);
    lm_bits_release(&other);
    if (out) *out = b;
    else lm_bits_release(&b);
    return mm3;
}

/* The error of counting centres is at most what lies within half a diagonal of the surface: it falls with h; here it is far less.
 */
static void formulas(void **state)
{
    (void)state;
    const double pi = 3.14159265358979;
    static const char *const script[] = {"add ball 0.3,0.1,-0.2 9",
                                         "add box -7,-5,-3.3 6,4,5",
                                         "add capsule -5,-4,-3 4,5,2 4",
                                         "add polygon 5 0,0,0.2 9,0,0.2 9,4,0.2 5,4,0.2 5,8,0.2 0,8,0.2",
                                         "add polygon 6 0,0,0 8,0,6 8,5,6 0,5,0",
                                         "add ball 0,0,0 9\ncut 0,0,3 0,0,1",
                                         "add ball 0,0,0 9\nerase ball 0,0,0 6"};
    const double axis = sqrt(9 * 9 + 9 * 9 + 5 * 5);
    const double mm3[] = {4 * pi * 729 / 3,        13.0 * 9 * 8.3, pi * 16 * axis + 4 * pi * 64 / 3,
                          5.0 * (9 * 8 - 4 * 4),   6.0 * 10 * 5,   4 * pi * 729 / 3 - pi * 36 * (27 - 6) / 3,
                          4 * pi * (729 - 216) / 3};
    for (size_t i = 0; i < sizeof script / sizeof *script; i++) {
        const double coarse = fabs(volume(script[i], 1, NULL) / mm3[i] - 1),
                     fine = fabs(volume(script[i], 0.25, NULL) / mm3[i] - 1);
        if (!(coarse < 0.08 && fine < 0.01)) fail_msg("'%s': %g, %g", script[i], coarse, fine);
    }
}

static void order(void **state)
{
    (void)state;
    lm_bits b;
    const double two = volume("add ball -9,0,0 5\nadd ball 9,0,0 4", 0.5, NULL);
    const double one = volume("add ball -9,0,0 5\nadd ball 9,0,0 4\nkeep -9,0,0", 0.5, &b);
    assert_true(one < two && fabs(one - volume("add ball -9,0,0 5", 0.5, NULL)) < 1e-9);
    lm_bits_release(&b);
    const double full = volume("add ball 0,0,0 9", 0.5, NULL), hollow = volume("add ball 0,0,0 9\nerase ball 0,0,0 3", 0.5, NULL);
    assert_true(volume("add ball 0,0,0 9\nerase ball 0,0,0 3\nfill", 0.5, NULL) == full);
    assert_true(volume("add ball 0,0,0 9\nerase ball 0,0,0 3\nfill 50mm3", 0.5, NULL) == hollow);
    assert_true(volume("add ball 0,0,0 9\nerase ball 0,0,0 3\nfill 1ml", 0.5, NULL) == full);
    assert_true(volume("add ball 500,0,0 9", 0.5, NULL) == 0);
}

static void no_piece(void **state)
{
    (void)state;
    const lm_vol v = grid(1);
    lm_edits e = LM_EDITS_INIT;
    lm_bits b = LM_BITS_INIT;
    lm_err err = LM_ERR_INIT;
    char line[1024];
    assert_int_equal(read_text("add ball 0,0,0 3\n\nkeep 9,0,0", &e, NULL), LM_OK);
    assert_int_equal(lm_bits_alloc(&b, v.n, NULL), LM_OK);
    assert_int_equal(lm_edits_run(&e, &b, &v, 1, &err), LM_EUSAGE);
    lm_err_line(&err, line, sizeof line);
    assert_non_null(strstr(line, "line 3"));
    assert_true(e.item[0].changed > 90 && e.item[0].changed < 140);
    lm_edits_release(&e);
    lm_bits_release(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(texts), cmocka_unit_test(refused), cmocka_unit_test(formulas),
                                       cmocka_unit_test(order), cmocka_unit_test(no_piece)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
