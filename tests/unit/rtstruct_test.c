/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Structure sets: which contours belong to whom, and what is said about them. The geometry is contours_test's. */
#include "dicom/rtstruct.h"
#include "fixtures/gen/dicom_bytes.h"
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>

static dicom_bytes b;
static const lm_vol image = {.n = {12, 10, 8}, .dir = {{1, 0, 0}, {0, 2, 0}, {0, 0, 3}}, .origin = {100, 200, 300}};

typedef struct {
    const char *number, *name, *frame, *volume; /* NULL: not written */
} roi_spec;

static void begin(const roi_spec *roi, size_t n)
{
    db_begin(&b, "1.2.840.10008.5.1.4.1.1.481.3", "1.2.840.10008.1.2");
    db_text(&b, 0x00080060, "CS", "RTSTRUCT");
    db_sequence(&b, 0x30060010);
    db_item(&b, UNDEFINED);
    db_text(&b, 0x00200052, "UI", "2.25.3");
    db_sequence(&b, 0x30060012);
    db_item(&b, UNDEFINED);
    db_sequence(&b, 0x30060014);
    db_item(&b, UNDEFINED);
    db_text(&b, 0x0020000e, "UI", "2.25.77");
    for (int i = 0; i < 3; i++) {
        db_item_end(&b);
        db_sequence_end(&b);
    }
    db_sequence(&b, 0x30060020);
    for (size_t i = 0; i < n; i++) {
        db_item(&b, UNDEFINED);
        db_text(&b, 0x30060022, "IS", roi[i].number);
        if (roi[i].frame) db_text(&b, 0x30060024, "UI", roi[i].frame);
        db_text(&b, 0x30060026, "LO", roi[i].name);
        if (roi[i].volume) db_text(&b, 0x3006002c, "DS", roi[i].volume);
        db_item_end(&b);
    }
    db_sequence_end(&b);
    db_sequence(&b, 0x30060039);
}

static void contours_of(const char *number, const char *const *type, const char *const *data, size_t n)
{
    db_item(&b, UNDEFINED);
    db_text(&b, 0x3006002a, "IS", "255\\128\\0");
    db_sequence(&b, 0x30060040);
    for (size_t i = 0; i < n; i++) {
        db_item(&b, UNDEFINED);
        db_text(&b, 0x30060042, "CS", type[i]);
        db_text(&b, 0x30060050, "DS", data[i]);
        db_item_end(&b);
    }
    db_sequence_end(&b);
    db_text(&b, 0x30060084, "IS", number);
    db_item_end(&b);
}

static lm_status read(lm_regions *r, lm_rtstruct_facts *f, lm_err *err)
{
    lm_tree_file file = {.at = {.p = b.p, .n = b.n}, .name = "it"};
    lm_tree *t;
    char series[LM_UID], frame[LM_UID];
    *err = (lm_err)LM_ERR_INIT;
    assert_int_equal(lm_tree_read(&file, 1, &(lm_tree_opt){.max_value = SIZE_MAX}, &t, err), LM_OK);
    (void)lm_rtstruct_reference(t, series, frame);
    assert_string_equal(series, "2.25.77");
    assert_true(frame[0]);
    lm_status rc = lm_rtstruct_read(t, &image, "2.25.3", r, f, err);
    assert_true(!rc || (!r->item && !f->roi));
    lm_tree_release(t);
    return rc;
}

static bool warned(const lm_rtstruct_facts *f, const char *text)
{
    for (int i = 0; i < f->n_warnings; i++)
        if (strstr(f->warning[i].text, text)) return true;
    return false;
}

#define SQUARE(z) "101.5\\201\\" z "\\105.5\\201\\" z "\\105.5\\207\\" z "\\101.5\\207\\" z
#define HOLE(z) "102.5\\203\\" z "\\104.5\\203\\" z "\\104.5\\205\\" z "\\102.5\\205\\" z
static const char *const closed[] = {"CLOSED_PLANAR", "CLOSED_PLANAR", "CLOSEDPLANAR_XOR", "POINT"};

static void regions_have_their_contours_and_colours(void **state)
{
    (void)state;
    lm_regions r;
    lm_rtstruct_facts f;
    lm_err err;
    const roi_spec roi[] = {{"7", "Liver", "2.25.3", "0.198"}, {"3", "empty", "2.25.3", NULL}};
    begin(roi, 2);
    const char *data[] = {SQUARE("303"), SQUARE("306"), HOLE("306"), "1\\2\\3"};
    contours_of("7", closed, data, 4);
    db_sequence_end(&b);
    assert_int_equal(read(&r, &f, &err), LM_OK);
    assert_int_equal(r.count, 2);
    assert_true(r.item[0].part.label == 3 && r.item[1].part.label == 7 && f.n == 2);
    assert_string_equal(r.item[1].part.name, "Liver");
    assert_true(r.item[1].part.has_rgb && r.item[1].part.rgb[1] == 128 && !r.item[0].part.has_rgb);
    assert_int_equal(r.item[1].voxels, 12 + 12 - 2);
    assert_true(fabs(f.roi[1].contours.contour_mm3 - 3 * (24 + 20)) < 1e-9 && fabs(f.roi[1].stated_mm3 - 198) < 1e-9);
    assert_true(isnan(f.roi[0].stated_mm3) && r.item[0].voxels == 0);
    assert_true(warned(&f, "region 3 has no closed contour") && warned(&f, "region 7: 1 points") &&
                warned(&f, "stated in the file"));
    lm_regions_release(&r);
    lm_rtstruct_facts_release(&f);
}

static void numbers_that_are_no_labels_are_counted_anew(void **state)
{
    (void)state;
    lm_regions r;
    lm_rtstruct_facts f;
    lm_err err;
    const roi_spec roi[] = {{"0", "first", NULL, NULL}, {"5", "second", NULL, NULL}};
    begin(roi, 2);
    const char *data[] = {SQUARE("303")};
    contours_of("5", closed, data, 1);
    contours_of("0", closed, data, 1);
    db_sequence_end(&b);
    assert_int_equal(read(&r, &f, &err), LM_OK);
    assert_true(r.count == 2 && r.item[0].part.label == 1 && r.item[1].part.label == 2 && r.item[1].voxels == 12);
    assert_string_equal(r.item[0].part.name, "first");
    assert_true(warned(&f, "counted from 1"));
    lm_regions_release(&r);
    lm_rtstruct_facts_release(&f);
}

static void what_cannot_be_placed_is_refused(void **state)
{
    (void)state;
    lm_regions r;
    lm_rtstruct_facts f;
    lm_err err;
    roi_spec roi = {"1", "Name^Of^Patient", "2.25.4", NULL};
    const char *data[] = {SQUARE("303")}, *bad[] = {"1\\2\\3\\4\\5\\6\\7", "1\\2\\x", "1\\2\\3\\4\\5\\6"};
    begin(&roi, 1);
    contours_of("1", closed, data, 1);
    db_sequence_end(&b);
    assert_int_equal(read(&r, &f, &err), LM_ERULE);
    assert_string_equal(err.rule, "G-3");
    assert_null(strstr(err.text[0], "Name"));
    roi.frame = "2.25.3";
    for (size_t i = 0; i < 3; i++) {
        begin(&roi, 1);
        contours_of("1", closed, &bad[i], 1);
        db_sequence_end(&b);
        assert_int_equal(read(&r, &f, &err), LM_EFORMAT);
    }
    begin(&roi, 0);
    db_sequence_end(&b);
    assert_int_equal(read(&r, &f, &err), LM_ERULE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(regions_have_their_contours_and_colours),
        cmocka_unit_test(numbers_that_are_no_labels_are_counted_anew),
        cmocka_unit_test(what_cannot_be_placed_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
