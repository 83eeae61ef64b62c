/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Structured reports: which numbers are measurements, what they are of, and their units. */
#include "dicom/sr.h"
#include "fixtures/gen/dicom_bytes.h"
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

static dicom_bytes b;

static void code(uint32_t sequence, const char *value, const char *scheme)
{
    db_sequence(&b, sequence);
    db_item(&b, UNDEFINED);
    db_text(&b, 0x00080100, "SH", value);
    db_text(&b, 0x00080102, "SH", scheme);
    db_text(&b, 0x00080104, "LO", value);
    db_item_end(&b);
    db_sequence_end(&b);
}

static void open_item(const char *relation, const char *type, const char *value, const char *scheme)
{
    db_item(&b, UNDEFINED);
    db_text(&b, 0x0040a010, "CS", relation);
    db_text(&b, 0x0040a040, "CS", type);
    code(0x0040a043, value, scheme);
}

static void measured(const char *number, const char *unit, const char *scheme)
{
    db_sequence(&b, 0x0040a300);
    db_item(&b, UNDEFINED);
    code(0x004008ea, unit, scheme);
    db_text(&b, 0x0040a30a, "DS", number);
    db_item_end(&b);
    db_sequence_end(&b);
}

static void num(const char *value, const char *scheme, const char *number, const char *unit)
{
    open_item("CONTAINS", "NUM", value, scheme);
    measured(number, unit, "UCUM");
    db_item_end(&b);
}

static void begin(void)
{
    db_begin(&b, "1.2.840.10008.5.1.4.1.1.88.22", "1.2.840.10008.1.2.1");
    db_text(&b, 0x0040a040, "CS", "CONTAINER");
    db_text(&b, 0x0040a493, "CS", "VERIFIED");
    db_sequence(&b, 0x0040a730);
}

static lm_status read(lm_sr *out)
{
    lm_tree_file file = {.at = {.p = b.p, .n = b.n}, .name = "it"};
    lm_tree *t = NULL;
    lm_err err = LM_ERR_INIT;
    if (lm_tree_read(&file, 1, NULL, &t, &err)) fail_msg("%s", err.text[0]);
    lm_status rc = lm_sr_read(t, out, &err);
    lm_tree_release(t);
    return rc;
}

static void numbers_have_their_group_and_kind(void **state)
{
    (void)state;
    static const struct {
        const char *code, *scheme;
        lm_sr_kind kind;
    } t[] = {{"118565006", "SCT", LM_SR_VOLUME}, {"G-D705", "SRT", LM_SR_VOLUME},   {"G-D705", "SNM3", LM_SR_VOLUME},
             {"YEKZ", "IBSI", LM_SR_VOXELS},     {"RNU0", "IBSI", LM_SR_MESH},      {"C0JK", "IBSI", LM_SR_AREA},
             {"L0JK", "IBSI", LM_SR_DIAMETER},   {"121206", "DCM", LM_SR_DISTANCE}, {"118565006", "99X", LM_SR_OTHER},
             {"126401", "DCM", LM_SR_OTHER}};
    enum { N = sizeof t / sizeof *t };
    lm_sr s = LM_SR_INIT;
    begin();
    num("118565006", "SCT", "7", "ml"); /* in no group */
    open_item("CONTAINS", "CONTAINER", "126010", "DCM");
    db_sequence(&b, 0x0040a730);
    for (int g = 0; g < 2; g++) {
        open_item("CONTAINS", "CONTAINER", "125007", "DCM");
        db_sequence(&b, 0x0040a730);
        open_item("HAS OBS CONTEXT", "TEXT", "112039", "DCM");
        db_text(&b, 0x0040a160, "UT", g ? "second" : "first");
        db_item_end(&b);
        open_item("CONTAINS", "CODE", "121071", "DCM");
        code(0x0040a168, g ? "Liver" : "Spleen", "SCT");
        db_item_end(&b);
        for (size_t i = 0; g && i < N; i++) num(t[i].code, t[i].scheme, "1", "mm3");
        if (!g) {
            open_item("CONTAINS", "NUM", "118565006", "SCT");
            measured("33.5824", "ml", "UCUM");
            db_sequence(&b, 0x0040a730);
            open_item("HAS CONCEPT MOD", "CODE", "370129005", "SCT");
            code(0x0040a168, "126030", "DCM"); /* sum of segmented voxels */
            db_item_end(&b);
            open_item("HAS CONCEPT MOD", "CODE", "121401", "DCM");
            code(0x0040a168, "Maximum", "SCT");
            db_item_end(&b);
            open_item("INFERRED FROM", "NUM", "118565006", "SCT"); /* what it was worked out of is no measurement */
            measured("5", "ml", "UCUM");
            db_item_end(&b);
            db_sequence_end(&b);
            db_item_end(&b);
            open_item("HAS ACQ CONTEXT", "NUM", "118565006", "SCT");
            measured("6", "ml", "UCUM");
            db_item_end(&b);
        }
        db_sequence_end(&b);
        db_item_end(&b);
    }
    db_sequence_end(&b);
    db_item_end(&b);
    db_sequence_end(&b);
    assert_int_equal(read(&s), LM_OK);
    assert_int_equal(s.n, 2 + N);
    assert_true(s.groups == 2 && s.verified && !s.complete);
    assert_true(s.item[0].group == 0 && !s.item[0].tracking[0]);
    assert_int_equal(s.item[1].kind, LM_SR_VOXELS);
    assert_string_equal(s.item[1].tracking, "first");
    assert_string_equal(s.item[1].finding, "Spleen");
    assert_string_equal(s.item[1].derivation, "Maximum");
    for (size_t i = 0; i < N; i++) {
        assert_int_equal(s.item[2 + i].kind, t[i].kind);
        assert_string_equal(s.item[2 + i].tracking, "second");
        assert_true(s.item[2 + i].group == 2);
    }
    lm_sr_release(&s);
}

static void units_are_those_of_ucum(void **state)
{
    (void)state;
    static const struct {
        const char *number, *unit, *scheme;
        double mm3, u; /* NAN: refused */
    } t[] = {{"33.5824", "ml", "UCUM", 33582.4, 0.05},
             {"1731", "cm3", "UCUM", 1731000, 500},
             {"1731", "mL", "UCUM", 1731000, 500},
             {"1.7310", "l", "UCUM", 1731000, 50},
             {"+12", "mm3", "UCUM", 12, 0.5},
             {"2e3", "um3", "UCUM", 2e-6, 5e-7},
             {"1.5", "dm3", "UCUM", 1.5e6, 5e4},
             {"12", "1", "UCUM", NAN, 0},
             {"12", "{ratio}", "UCUM", NAN, 0},
             {"12", "mm^3", "UCUM", NAN, 0},
             {"12", "cc", "UCUM", NAN, 0},
             {"12", "ml", "99LOCAL", NAN, 0},
             {"12", "mm", "UCUM", NAN, 0},
             {"12", "", "", NAN, 0},
             {"-3", "ml", "UCUM", NAN, 0},
             {"3\\4", "ml", "UCUM", NAN, 0},
             {"", "ml", "UCUM", NAN, 0},
             {"nan", "ml", "UCUM", NAN, 0},
             {"1ml", "ml", "UCUM", NAN, 0}};
    for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
        lm_sr s = LM_SR_INIT;
        lm_err err = LM_ERR_INIT;
        lm_quantity q;
        begin();
        open_item("CONTAINS", "NUM", "118565006", "SCT");
        measured(t[i].number, t[i].unit, t[i].scheme);
        db_item_end(&b);
        db_sequence_end(&b);
        assert_int_equal(read(&s), LM_OK);
        assert_int_equal(s.n, 1);
        lm_status rc = lm_sr_value(&s.item[0], &q, &err);
        if (isnan(t[i].mm3)) assert_int_equal(rc, LM_ERULE);
        else {
            assert_int_equal(rc, LM_OK);
            assert_true(fabs(q.value / t[i].mm3 - 1) < 1e-12 && fabs(q.ulp / t[i].u - 1) < 1e-9);
        }
        lm_sr_release(&s);
    }
}

static void what_is_no_report_is_refused(void **state)
{
    (void)state;
    lm_sr s = LM_SR_INIT;
    begin();
    db_sequence_end(&b);
    assert_int_equal(read(&s), LM_EFORMAT);
    assert_true(lm_sr_is("1.2.840.10008.5.1.4.1.1.88.33") && !lm_sr_is("1.2.840.10008.5.1.4.1.1.88.59"));
    assert_false(lm_sr_is("1.2.840.10008.5.1.4.1.1.2"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_have_their_group_and_kind),
        cmocka_unit_test(units_are_those_of_ucum),
        cmocka_unit_test(what_is_no_report_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
