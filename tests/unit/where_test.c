/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "dicom/where.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

/* A header to ask. */
static const struct {
    uint32_t tag;
    char vr[3]; /* "": implicit */
    const char *bytes;
    int length; /* -1: strlen */
} header[] = {
    {0x00020010, "UI", "1.2.840.10008.1.2.1", -1},
    {0x00080005, "CS", "ISO_IR 100", -1},
    {0x00080008, "CS", "ORIGINAL\\PRIMARY\\AXIAL ", -1},
    {0x0008103e, "LO",
     "Sch\xe4"
     "del bone 1.5 ",
     -1},
    {0x00080060, "", "CT", -1},
    {0x00090010, "LO", "VENDOR", -1},
    {0x00091001, "DS", "7.5", -1},
    {0x00091002, "UN", "text", -1},
    {0x00180050, "DS", "1.50", -1},
    {0x00180088, "DS", "abc", -1},
    {0x00180010, "LO", "  ", -1},
    {0x00200013, "", "12 ", -1},
    {0x00280010, "", "\x00\x02", 2}, /* implicit US: by the dictionary 512 */
    {0x00280030, "DS", "0.7\\0.9", -1},
    {0x00280106, "SS", "\xfe\xff", 2},                         /* US or SS: the file says -2 */
    {0x00189087, "FD", "\x00\x00\x00\x00\x00\x40\x8f\x40", 8}, /* 1000 */
};

static lm_status ask(const char *text, bool *hit, lm_err *err)
{
    static lm_gdcm_value value[LM_WHERE_TAGS];
    lm_where *w = NULL;
    size_t n;
    lm_status rc = lm_where_new(text, &w, err);
    if (rc) return rc;
    const uint32_t *tag = lm_where_tags(w, &n);
    for (size_t i = 0; i < n; i++) {
        value[i] = (lm_gdcm_value){.length = -1};
        for (size_t k = 0; k < sizeof header / sizeof *header; k++) {
            if (header[k].tag != tag[i]) continue;
            value[i].length = header[k].length < 0 ? (int)strlen(header[k].bytes) : header[k].length;
            memcpy(value[i].bytes, header[k].bytes, (size_t)value[i].length);
            memcpy(value[i].vr, header[k].vr, 2);
        }
    }
    rc = lm_where_match(w, value, hit, err);
    lm_where_release(w);
    return rc;
}

static void conditions_that_hold(void **state)
{
    (void)state;
    static const char *const yes[] = {
        "SeriesDescription~bone && SliceThickness<=1.5",
        "SeriesDescription ~ \"^Sch\xc3\xa4"
        "del\"",
        "(0008,103E)~bone",
        "(0008,103e)~bone&&(0018,0050)=1.5",
        "((Modality=CT))",
        "Modality=MR||Modality=CT",
        "Modality=CT || Modality=MR && Modality=PT", /* and binds closer */
        "!(Modality=MR) && !Modality=MR",
        "!!Modality=CT",
        "SliceThickness = 1.500 && SliceThickness != 2 && SliceThickness < 1.51 && SliceThickness > 1.4 && SliceThickness >= 1.5",
        "SliceThickness = '1.50' && SliceThickness != '1.5'",
        "PixelSpacing = 0.7 && PixelSpacing[2] = 0.9 && PixelSpacing[ 2]!=0.7",
        "ImageType[3] = AXIAL && ImageType ~ 'PRIMARY\\\\AXIAL' && ImageType[1]~^O && ImageType = ORIGINAL",
        "Rows = 512 && Rows >= 512 && Rows ~ ^512$",
        "SmallestImagePixelValue = -2",
        "DiffusionBValue > 999.5",
        "InstanceNumber = 12 && InstanceNumber < 100",
        "exists Modality && !exists PatientID && exists(0009,0010)",
        "!exists ContrastBolusAgent", /* two blanks are no value */
        "(0009,1001) > 7 && (0009,1002) = text",
        "TransferSyntaxUID ~ '\\.1$'",
        "Modality != \"it's\" && Modality != 'say \"no\"' && Modality != 'it\\'s'",
        "Modality < MR && Modality >= CT",
    };
    for (size_t i = 0; i < sizeof yes / sizeof *yes; i++) {
        bool hit = false;
        lm_err err = LM_ERR_INIT;
        if (ask(yes[i], &hit, &err) || !hit) fail_msg("does not hold: %s (%s)", yes[i], err.text[0]);
    }
}

static void conditions_that_do_not(void **state)
{
    (void)state;
    static const char *const no[] = {
        "Modality=MR",
        "Modality=ct",
        "PatientID = x",
        "PatientID != x",
        "PatientID !~ x", /* what is not there is never true */
        "PatientID < 5 || PatientID >= 5",
        "SpacingBetweenSlices < 5 || SpacingBetweenSlices > 5 || SpacingBetweenSlices != 5", /* no number */
        "ContrastBolusAgent ~ .",
        "PixelSpacing[3] > 0",
        "ImageType[4] ~ .",
        "ImageType[2] = ORIGINAL",
        "Rows[2] > 0",
        "SliceThickness = 1.5 && Modality = MR",
    };
    for (size_t i = 0; i < sizeof no / sizeof *no; i++) {
        bool hit = true;
        lm_err err = LM_ERR_INIT;
        if (ask(no[i], &hit, &err) || hit) fail_msg("holds: %s (%s)", no[i], err.text[0]);
    }
}

static void what_is_no_condition_is_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {"",
                                      " ",
                                      "Modality",
                                      "Modality=",
                                      "Modality==CT",
                                      "Modality=CT &&",
                                      "&& Modality=CT",
                                      "Modality=CT & Modality=CT",
                                      "(Modality=CT",
                                      "Modality=CT)",
                                      "Modality='CT",
                                      "Modality=CT MR",
                                      "modality=CT",
                                      "exists",
                                      "exists(Modality)",
                                      "exists Modality = CT",
                                      "Modality[0]=CT",
                                      "Modality[1001]=CT",
                                      "Modality[1=CT",
                                      "Modality[-1]=CT",
                                      "Modality ~ '('",
                                      "(0008,006)=CT",
                                      "(7fe0,0010)=1",
                                      "PixelData=1",
                                      "ReferencedImageSequence~x",
                                      "Modality \xff CT"};
    bool hit;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        lm_err err = LM_ERR_INIT;
        if (ask(bad[i], &hit, &err) != LM_EUSAGE) fail_msg("taken: %s", bad[i]);
        assert_string_not_equal(err.text[0], "");
    }
}

static void limits(void **state)
{
    (void)state;
    bool hit = false;
    lm_err err = LM_ERR_INIT;
    char text[2 * LM_WHERE_TEXT] = "";
    for (int i = 0; i < 40; i++) strcat(text, "(");
    strcat(text, "Modality=CT");
    assert_int_equal(ask(text, &hit, &err), LM_EUSAGE);
    memset(text, '!', 40), text[40] = 0;
    strcat(text, "Modality=CT");
    assert_int_equal(ask(text, &hit, &err), LM_EUSAGE);
    strcpy(text, "Modality=CT"); /* long, but flat */
    for (int i = 0; i < 200; i++) strcat(text, "&&Modality=CT");
    assert_int_equal(ask(text, &hit, &err), LM_OK);
    assert_true(hit);
    strcpy(text, "(0009,1001)=1"); /* more elements than may be asked for */
    for (int i = 0; i < 80; i++) sprintf(text + strlen(text), "||(0009,%04x)=1", 0x2000 + i);
    assert_int_equal(ask(text, &hit, &err), LM_EUSAGE);
    memset(text, ' ', LM_WHERE_TEXT + 1), text[LM_WHERE_TEXT + 1] = 0;
    assert_int_equal(ask(text, &hit, &err), LM_EUSAGE);
    assert_int_equal(ask("SeriesDescription ~ '(.+)*\\1x(.+)+$'", &hit, &err), LM_OK); /* short enough a text */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(conditions_that_hold),
        cmocka_unit_test(conditions_that_do_not),
        cmocka_unit_test(what_is_no_condition_is_refused),
        cmocka_unit_test(limits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
