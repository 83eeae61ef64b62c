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

/* The same header's sequences, in the flat form of gdcm_shim.h. */
static unsigned char flat[4096], *put = flat;

static void put_bytes(const void *p, size_t n)
{
    memcpy(put, p, n);
    put += n;
}

static void put_set(uint32_t elements)
{
    put_bytes(&elements, sizeof elements);
}

static void put_element(uint32_t tag, const char *vr, uint16_t kind, uint64_t n, const void *value)
{
    put_bytes(&tag, 4);
    put_bytes(vr, 2);
    put_bytes(&kind, 2);
    put_bytes(&n, 8);
    if (value) put_bytes(value, n);
}

static void put_text(uint32_t tag, const char *vr, const char *text)
{
    put_element(tag, vr, LM_GDCM_TREE_VALUE, strlen(text), text);
}

static void put_sequence(uint32_t tag, uint64_t items)
{
    put_element(tag, "SQ", LM_GDCM_TREE_SEQUENCE, items, NULL);
}

/* Three segments, the second without a name, the third in a character set of its own; two frames; a private sequence. */
static lm_tree *sequences(void)
{
    static const unsigned char numbers[4][2] = {{0}, {1}, {2}, {3}};
    lm_tree *t = NULL;
    lm_err err = LM_ERR_INIT;
    put = flat;
    put_set(5);
    put_text(0x00080060, "CS", "CT");
    put_sequence(0x00291010, 1);
    put_set(1);
    put_text(0x00291001, "DS", "7.5");
    put_sequence(0x00620002, 3);
    put_set(2);
    put_element(0x00620004, "US", LM_GDCM_TREE_VALUE, 2, numbers[1]);
    put_text(0x00620005, "LO", "Liver");
    put_set(1);
    put_element(0x00620004, "US", LM_GDCM_TREE_VALUE, 2, numbers[2]);
    put_set(3);
    put_text(0x00080005, "CS", "ISO_IR 144");
    put_element(0x00620004, "US", LM_GDCM_TREE_VALUE, 2, numbers[3]);
    put_text(0x00620005, "LO", "\xdb\xd5\xd3"); /* lung in Russian, the first letters */
    put_sequence(0x52009229, 1);
    put_set(1);
    put_sequence(0x00289110, 1);
    put_set(2);
    put_text(0x00180050, "DS", "1.25");
    put_text(0x00280030, "DS", "0.7\\0.9");
    put_sequence(0x52009230, 2);
    for (int i = 0; i < 2; i++) {
        put_set(2);
        put_sequence(0x00209113, 1);
        put_set(1);
        put_text(0x00200032, "DS", i ? "0\\0\\12.5" : "0\\0\\10");
        put_sequence(0x00209116, 0);
    }
    if (lm_tree_rebuild(flat, (size_t)(put - flat), &t, &err)) fail_msg("%s", err.text[0]);
    return t;
}

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
    lm_tree *t = lm_where_nested(w) ? sequences() : NULL;
    rc = lm_where_match(w, value, t ? lm_tree_root(t) : NULL, hit, err);
    lm_tree_release(t);
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
        "SharedFunctionalGroupsSequence.PixelMeasuresSequence.SliceThickness<=1.5",
        "(5200,9229).(0028,9110).(0018,0050) = 1.25 && (5200,9229)[1] . PixelMeasuresSequence[1].PixelSpacing[2] = 0.9",
        "SegmentSequence.SegmentLabel = Liver && SegmentSequence.SegmentLabel != Liver", /* any item */
        "SegmentSequence[1].SegmentLabel ~ ^L && !SegmentSequence[2].SegmentLabel ~ . && SegmentSequence.SegmentNumber = 3",
        "SegmentSequence[3].SegmentLabel ~ '^\xd0\xbb\xd0\xb5\xd0\xb3$'", /* its own character set */
        "PerFrameFunctionalGroupsSequence.PlanePositionSequence.ImagePositionPatient[3] > 12",
        "PerFrameFunctionalGroupsSequence[1].PlanePositionSequence.ImagePositionPatient[3] = 10",
        "exists SegmentSequence && exists SegmentSequence[3] && !exists SegmentSequence[4]",
        "exists SegmentSequence.SegmentLabel && !exists SegmentSequence[2].SegmentLabel",
        "(0029,1010).(0029,1001) = 7.5 && Modality = CT && exists (0029,1010)[1].(0029,1001)",
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
        "SharedFunctionalGroupsSequence.PixelMeasuresSequence.SliceThickness > 1.5",
        "SharedFunctionalGroupsSequence[2].PixelMeasuresSequence.SliceThickness = 1.25",
        "SharedFunctionalGroupsSequence.SliceThickness = 1.25", /* not at that depth */
        "!SegmentSequence.SegmentLabel = Liver",
        "SegmentSequence.SegmentNumber > 3 || SegmentSequence[2].SegmentLabel != x || SegmentSequence[4].SegmentNumber != 9",
        "PerFrameFunctionalGroupsSequence[1].PlanePositionSequence.ImagePositionPatient[3] > 12",
        "exists PerFrameFunctionalGroupsSequence.PlaneOrientationSequence || exists ReferencedImageSequence", /* empty, absent */
        "(0029,1011).(0029,1001) = 7.5",
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
                                      "Modality[65537]=CT",
                                      "Modality[1=CT",
                                      "Modality[-1]=CT",
                                      "Modality ~ '('",
                                      "(0008,006)=CT",
                                      "(7fe0,0010)=1",
                                      "PixelData=1",
                                      "ReferencedImageSequence~x",
                                      "SegmentSequence.ReferencedImageSequence = 1",
                                      "SegmentSequence.",
                                      "SegmentSequence.SegmentLabel.x = 1",
                                      "Modality.SegmentLabel = 1",
                                      "SegmentSequence[0].SegmentLabel = 1",
                                      "SegmentSequence[65537].SegmentLabel = 1",
                                      "SegmentSequence.(7fe0,0010) = 1",
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
    text[0] = 0; /* sequences within each other */
    for (int i = 0; i < LM_WHERE_PATH; i++) strcat(text, "SegmentSequence.");
    strcpy(strchr(text, 0), "SegmentNumber=1");
    assert_int_equal(ask(text, &hit, &err), LM_OK);
    assert_false(hit);
    memmove(text + 16, text, strlen(text) + 1);
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
