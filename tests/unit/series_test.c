/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Geometry of series from plain numbers. Expected values come from the construction of each stack. */
#include "dicom/series.h"
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

enum { MAX = 64 };
static lm_dicom_file file[MAX];
static lm_series_list list;
static lm_gaps_choice gaps;

static lm_dicom_file slice_at(double x, double y, double z)
{
    lm_dicom_file f = {.state = LM_SCAN_DICOM,
                       .kind = LM_DICOM_SLICE,
                       .rows = 20,
                       .columns = 30,
                       .samples = 1,
                       .frames = 1,
                       .bits_allocated = 16,
                       .bits_stored = 12,
                       .high_bit = 11,
                       .has_position = true,
                       .has_orientation = true,
                       .has_spacing = true,
                       .position = {x, y, z},
                       .orientation = {1, 0, 0, 0, 1, 0},
                       .spacing = {0.7, 0.5},
                       .thickness = 1,
                       .slope = 1,
                       .has_rescale = true,
                       .temporal = NAN,
                       .echo = NAN,
                       .phase = NAN,
                       .trigger = NAN,
                       .b_value = NAN,
                       .acquisition = NAN};
    strcpy(f.modality, "CT");
    strcpy(f.photometric, "MONOCHROME2");
    strcpy(f.series, "1.2.3");
    return f;
}

static void straight(int n, double step)
{
    for (int i = 0; i < n; i++) file[i] = slice_at(-10, -20, 100 + i * step);
}

static void permute(int n, unsigned seed)
{
    for (int i = n - 1; i > 0; i--) {
        seed = seed * 1664525u + 1013904223u;
        int j = (int)((seed >> 8) % (unsigned)(i + 1));
        lm_dicom_file t = file[i];
        file[i] = file[j];
        file[j] = t;
    }
}

static const lm_series *group(int n, size_t parts)
{
    lm_err err = LM_ERR_INIT;
    lm_series_release(&list);
    assert_int_equal(lm_series_group(file, (size_t)n, gaps, &list, &err), LM_OK);
    assert_int_equal(list.n, parts);
    return &list.item[0];
}

static void is_close(double a, double b)
{
    if (!(fabs(a - b) <= 1e-9 * fmax(1, fabs(b)))) fail_msg("%.17g, expected %.17g", a, b);
}

static void is_refused(const lm_series *s, const char *rule, const char *words)
{
    assert_int_equal(s->refusal.code, LM_ERULE);
    assert_string_equal(s->refusal.rule, rule);
    if (!strstr(s->refusal.text[0], words)) fail_msg("'%s' lacks '%s'", s->refusal.text[0], words);
}

static void is_warned(const lm_series *s, const char *rule, const char *words)
{
    assert_int_equal(s->refusal.code, LM_OK);
    for (int i = 0; i < s->n_warnings; i++)
        if (!strcmp(s->warning[i].rule, rule) && strstr(s->warning[i].text, words)) return;
    fail_msg("no warning %s with '%s'", rule, words);
}

static void any_file_order_gives_one_geometry(void **state)
{
    (void)state;
    for (unsigned seed = 1; seed < 40; seed++) {
        straight(17, 1.25);
        permute(17, seed);
        const lm_series *s = group(17, 1);
        assert_int_equal(s->refusal.code, LM_OK);
        assert_int_equal(s->slices, 17);
        is_close(s->dir[0][0], 0.5); /* the second of Pixel Spacing goes with the row direction */
        is_close(s->dir[1][1], 0.7);
        is_close(s->dir[2][2], 1.25);
        is_close(s->origin[2], 100);
        is_close(s->step_mm, 1.25);
        assert_true(s->tilt_deg == 0);
        for (size_t i = 0; i < 17; i++) is_close(file[s->member[i]].position[2], 100 + 1.25 * (double)i);
    }
}

static void order_follows_the_normal(void **state)
{
    (void)state;
    straight(5, 2);
    for (int i = 0; i < 5; i++) file[i].orientation[4] = -1; /* rows run towards anterior: the normal points down */
    const lm_series *s = group(5, 1);
    is_close(s->origin[2], 108);
    is_close(s->dir[2][2], -2);
    is_close(s->dir[1][1], -0.7);
}

static void oblique_planes_keep_their_axes(void **state)
{
    (void)state;
    const double c = 0.8, d = 0.6; /* 3-4-5: exact */
    for (int i = 0; i < 6; i++) {
        file[i] = slice_at(3, 5 - 4 * d * i, 7 + 4 * c * i);
        const double o[6] = {1, 0, 0, 0, c, d};
        memcpy(file[i].orientation, o, sizeof o);
    }
    const lm_series *s = group(6, 1);
    assert_int_equal(s->refusal.code, LM_OK);
    is_close(s->step_mm, 4);
    assert_true(s->tilt_deg == 0);
    is_close(s->dir[1][2], 0.7 * d);
    is_close(s->dir[2][1], -4 * d);
}

static void tilt_is_kept_as_shear(void **state)
{
    (void)state;
    for (int i = 0; i < 9; i++) file[i] = slice_at(0, 0.75 * 2 * i, 2 * i);
    permute(9, 7);
    const lm_series *s = group(9, 1);
    assert_int_equal(s->refusal.code, LM_OK);
    is_close(s->step_mm, 2);
    is_close(s->dir[2][1], 1.5);
    is_close(s->tilt_deg, 36.86989764584402); /* atan(3/4) */
    for (int i = 0; i < 9; i++) file[i] = slice_at(0, 0.002 * i, 2 * i);
    is_close(group(9, 1)->tilt_deg, 0); /* 1e-3: still straight */
    is_close(list.item[0].dir[2][1], 0.002);
}

static void gaps_are_named(void **state)
{
    (void)state;
    straight(7, 5);
    file[3] = file[6];
    is_refused(group(6, 1), "G-4", "10 mm between slices 3 and 4, where the other steps are 5 mm (1 slice missing)");
    for (int i = 0; i < 4; i++) file[i] = slice_at(0, 0, (double[]){0, 5, 15, 20}[i]);
    is_refused(group(4, 1), "G-4", "10 mm between slices 2 and 3");
    for (int i = 0; i < 6; i++) file[i] = slice_at(0, 0, (double[]){0, 4, 8, 9, 16, 23}[i]);
    is_refused(group(6, 1), "G-4", "4 mm from slice 1 to 3, 1 mm from slice 3 to 4, 7 mm from slice 4 to 6");
}

static void tolerance_of_steps(void **state)
{
    (void)state;
    straight(10, 3.27);
    for (int i = 0; i < 10; i++) file[i].position[2] += (i & 1 ? 1 : -1) * 0.004; /* written with few digits */
    assert_int_equal(group(10, 1)->refusal.code, LM_OK);
    straight(10, 1);
    file[4].position[2] += 0.02;
    is_refused(group(10, 1), "G-4", "vary");
    straight(40, 1); /* each step within 1 %, but the stack drifts */
    for (int i = 0; i < 40; i++) file[i].position[2] = 100 + (i < 20 ? i * 1.0 : 19 + (i - 19) * 1.009);
    is_refused(group(40, 1), "G-4", "off the even line");
    straight(10, 1);
    file[5].position[0] += 0.3; /* sideways */
    is_refused(group(10, 1), "G-4", "slice 6 of 10 lies");
}

static void duplicates_share_a_slice(void **state)
{
    (void)state;
    straight(6, 1);
    file[6] = file[2];
    file[7] = file[2];
    permute(8, 3);
    const lm_series *s = group(8, 1);
    assert_int_equal(s->refusal.code, LM_OK);
    assert_int_equal(s->slices, 6);
    assert_int_equal(s->duplicates, 2);
    assert_int_equal(s->slice[2], 2);
    assert_int_equal(s->slice[4], 2);
    assert_int_equal(s->slice[5], 3);
    straight(6, 1);
    file[6] = file[2];
    file[6].position[0] += 40;
    is_refused(group(7, 1), "G-4", "twice");
    for (int i = 0; i < 3; i++) file[i] = slice_at(0, 0, 0);
    is_refused(group(3, 1), "G-4", "all 3 slices lie in one place");
}

static void mixed_series_fall_apart(void **state)
{
    (void)state;
    straight(8, 1);
    for (int i = 4; i < 8; i++) file[i].columns = 31;
    group(8, 2);
    assert_string_equal(list.item[1].differs, "31 x 20 pixels");
    straight(8, 1);
    for (int i = 4; i < 8; i++) memcpy(file[i].orientation, (double[]){0, 1, 0, 0, 0, -1}, 6 * sizeof(double));
    permute(8, 5);
    group(8, 2);
    assert_non_null(strstr(list.item[1].differs, "rows along 0.000\\1.000"));
    straight(8, 1);
    strcpy(file[3].image_type3, "LOCALIZER");
    group(8, 2);
    straight(8, 1);
    strcpy(file[3].frame, "1.9");
    group(8, 2);
    straight(8, 1); /* below a hundredth of a degree is the same orientation */
    file[3].orientation[1] = 1e-4;
    group(8, 1);
}

static void times_split_only_what_shares_places(void **state)
{
    (void)state;
    for (int i = 0; i < 12; i++) {
        file[i] = slice_at(0, 0, i % 6);
        file[i].acquisition = 1 + i / 6;
    }
    permute(12, 11);
    const lm_series *s = group(12, 2);
    assert_string_equal(s[0].differs, "acquisition 1");
    assert_string_equal(s[1].differs, "acquisition 2");
    assert_int_equal(s[1].refusal.code, LM_OK);
    assert_int_equal(s[1].part, 2);
    for (int i = 0; i < 24; i++) {
        file[i] = slice_at(0, 0, i % 6);
        file[i].echo = 1 + i / 6 % 2;
        file[i].temporal = 1 + i / 12;
    }
    permute(24, 13);
    group(24, 4);
    assert_string_equal(list.item[3].differs, "temporal position 2, echo 2");
    straight(12, 1); /* one acquisition per rotation, no place shared: one volume */
    for (int i = 0; i < 12; i++) file[i].acquisition = i;
    assert_int_equal(group(12, 1)->n_warnings, 0);
    for (int i = 0; i < 12; i++) file[i].acquisition = i < 6;
    is_warned(group(12, 1), "G-3", "acquisition");
}

/* Nothing but numbers tells the volumes apart: 2 x 4 slices, then 3 in each place, then a place that lacks one. */
static void repetitions_by_instance_number(void **state)
{
    (void)state;
    for (int i = 0; i < 12; i++) {
        file[i] = slice_at(0, 0, 2 * (i % 4));
        file[i].has_instance = true;
        file[i].instance = 1 + i % 4 + 75 * (i / 4);
        snprintf(file[i].sop, sizeof file[i].sop, "1.2.3.%d", i);
    }
    permute(12, 17);
    const lm_series *s = group(12, 3);
    for (int r = 0; r < 3; r++) {
        char text[32];
        snprintf(text, sizeof text, "repetition %d", r + 1);
        assert_string_equal(s[r].differs, text);
        assert_true(s[r].phase == r + 1 && s[r].phases == 3 && s[r].slices == 4);
        for (size_t k = 0; k < 4; k++) assert_int_equal(file[s[r].member[k]].instance, 1 + (long)k + 75 * r);
    }
    s = group(11, 1); /* not as many in each place: no volume is guessed */
    assert_int_equal(s->duplicates, 7);
    for (int i = 0; i < 12; i++) strcpy(file[i].sop, "1.2.3"); /* the same object several times: duplicates */
    assert_int_equal(group(12, 1)->duplicates, 8);
}

static void uneven_steps_by_choice(void **state)
{
    (void)state;
    straight(7, 5);
    file[3] = file[6];
    permute(6, 3);
    gaps = LM_GAPS_INTERPOLATE;
    const lm_series *s = group(6, 1);
    is_warned(s, "G-4", "1 of 7 slices were made by linear interpolation: 10 mm between slices 3 and 4");
    assert_int_equal(s->slices, 7);
    is_close(s->dir[2][2], 5);
    /* tilted and uneven: the shear stays; the narrowest step, a little less so that the last slice is met */
    gaps = LM_GAPS_RESAMPLE;
    for (int i = 0; i < 6; i++) {
        double z = (double[]){0, 4, 8, 9, 16, 23.5}[i];
        file[i] = slice_at(0, 0.75 * z, z);
    }
    permute(6, 9);
    s = group(6, 1);
    assert_int_equal(s->slices, 25);
    is_close(s->step_mm, 23.5 / 24);
    is_close(s->dir[2][1], 0.75 * 23.5 / 24);
    is_close(s->tilt_deg, 36.86989764584402); /* atan(3/4) */
    file[2].position[0] += 0.3;               /* sideways is no uneven step */
    is_refused(group(6, 1), "G-4", "off the even line");
    gaps = LM_GAPS_FAIL;
}

static void orientation_must_be_a_frame(void **state)
{
    (void)state;
    straight(4, 1);
    for (int i = 0; i < 4; i++) file[i].orientation[4] = 0.998;
    const lm_series *s = group(4, 1);
    is_warned(s, "G-2", "made exact");
    is_close(s->dir[1][1], 0.7);
    for (int i = 0; i < 4; i++) file[i].orientation[3] = 0.02;
    is_refused(group(4, 1), "G-2", "right angle");
    for (int i = 0; i < 4; i++) memset(file[i].orientation, 0, sizeof file[i].orientation);
    is_refused(group(4, 1), "G-2", "unit length");
}

static void absent_geometry_is_refused(void **state)
{
    (void)state;
    straight(4, 1);
    for (int i = 0; i < 4; i++) file[i].has_position = false;
    is_refused(group(4, 1), "G-1", "Image Position");
    straight(4, 1);
    for (int i = 0; i < 4; i++) file[i].has_spacing = false;
    is_refused(group(4, 1), "G-1", "Pixel Spacing");
    straight(4, 1);
    for (int i = 0; i < 4; i++) file[i].spacing[0] = 0;
    is_refused(group(4, 1), "G-1", "not usable");
    straight(1, 1);
    is_refused(group(1, 1), "G-2", "one slice");
    straight(2, 1);
    file[0].kind = file[1].kind = LM_DICOM_PROJECTION;
    is_refused(group(2, 1), "G-7", "projections");
    straight(2, 1);
    file[0].samples = file[1].samples = 3;
    is_refused(group(2, 1), "", "3 samples");
    straight(2, 1);
    file[1].slope = 0;
    is_refused(group(2, 1), "", "Slope");
}

static void quality_is_warned_of(void **state)
{
    (void)state;
    straight(4, 1);
    for (int i = 0; i < 4; i++) file[i].thickness = 1.01;
    is_warned(group(4, 1), "G-8", "1.01 mm thick");
    straight(4, 1);
    file[2].lossy = true;
    is_warned(group(4, 1), "G-8", "1 of 4 images went through lossy");
}

/* Random numbers in every field that geometry reads: an answer, finite, or a refusal; never a crash (run under ASan). */
static void random_geometry_ends_in_an_answer(void **state)
{
    (void)state;
    uint32_t rng = 20240611;
    for (int round = 0; round < 3000; round++) {
        int n = 1 + (int)(rng >> 8) % 12;
        for (int i = 0; i < n; i++) {
            file[i] = slice_at(0, 0, i);
            for (int k = 0; k < 3; k++) {
                rng = rng * 1664525u + 1013904223u;
                static const double odd[] = {0, 1, -1, 1e300, -1e300, 1e-300, 0.5, 3};
                double v = odd[(rng >> 8) % 8];
                switch ((rng >> 16) % 4) {
                case 0: file[i].position[(rng >> 20) % 3] = v; break;
                case 1: file[i].orientation[(rng >> 20) % 6] = v; break;
                case 2: file[i].spacing[(rng >> 20) % 2] = v; break;
                default: file[i].echo = v;
                }
            }
        }
        lm_err err = LM_ERR_INIT;
        lm_series_release(&list);
        assert_int_equal(lm_series_group(file, (size_t)n, gaps, &list, &err), LM_OK);
        size_t members = 0;
        for (size_t i = 0; i < list.n; i++) {
            members += list.item[i].n;
            if (!list.item[i].refusal.code && !isfinite(list.item[i].step_mm))
                fail_msg("seed 20240611, round %d: not finite", round);
        }
        assert_int_equal(members, n);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(any_file_order_gives_one_geometry),
        cmocka_unit_test(order_follows_the_normal),
        cmocka_unit_test(oblique_planes_keep_their_axes),
        cmocka_unit_test(tilt_is_kept_as_shear),
        cmocka_unit_test(gaps_are_named),
        cmocka_unit_test(tolerance_of_steps),
        cmocka_unit_test(duplicates_share_a_slice),
        cmocka_unit_test(mixed_series_fall_apart),
        cmocka_unit_test(times_split_only_what_shares_places),
        cmocka_unit_test(repetitions_by_instance_number),
        cmocka_unit_test(uneven_steps_by_choice),
        cmocka_unit_test(orientation_must_be_a_frame),
        cmocka_unit_test(absent_geometry_is_refused),
        cmocka_unit_test(quality_is_warned_of),
        cmocka_unit_test(random_geometry_ends_in_an_answer),
    };
    int rc = cmocka_run_group_tests(tests, NULL, NULL);
    lm_series_release(&list);
    return rc;
}
