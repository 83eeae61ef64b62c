/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Segmentation objects with known content in every type and encoding, and with faults. */
#include "dicom/seg.h"
#include "dicom/cielab.h"
#include "dicom/palette.h"
#include "dicom/segpixels.h"
#include "seg_bytes.h"
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>

static dicom_bytes b;
static seg_spec s;

static lm_status read(lm_regions *r, lm_seg_facts *f, const lm_seg_opt *opt, lm_err *err)
{
    lm_tree_file file = {.at = {.p = b.p, .n = b.n}, .name = "it"};
    lm_tree *t;
    *err = (lm_err)LM_ERR_INIT;
    assert_int_equal(lm_tree_read(&file, 1, &(lm_tree_opt){.pixels = true}, &t, err), LM_OK);
    lm_status rc = lm_seg_read(t, opt, r, f, err);
    assert_int_equal(rc, err->code);
    if (rc) assert_true(!r->item && !f->sum);
    lm_tree_release(t);
    return rc;
}

static void good(lm_regions *r, lm_seg_facts *f)
{
    lm_err err;
    sb_object(&b, &s);
    lm_status rc = read(r, f, NULL, &err);
    if (rc) print_error("%s\n", err.text[0]);
    assert_int_equal(rc, LM_OK);
}

static void refused(lm_status want, const char *rule, const char *text)
{
    lm_regions r;
    lm_seg_facts f;
    lm_err err;
    sb_object(&b, &s);
    assert_int_equal(read(&r, &f, NULL, &err), want);
    assert_string_equal(err.rule, rule);
    assert_non_null(strstr(err.text[0], text));
}

static void done(lm_regions *r, lm_seg_facts *f)
{
    lm_regions_release(r);
    lm_seg_facts_release(f);
}

/* Is sample (i, j, k) in region g? */
static bool in(const lm_regions *r, const lm_region *g, size_t i, size_t j, size_t k)
{
    uint64_t at = (k * r->n[1] + j) * r->n[0] + i;
    for (size_t n = 0; n < g->n_runs; n++)
        if (at >= g->run[n].start && at - g->run[n].start < g->run[n].n) return true;
    return false;
}

static bool ball(int i, int j, int k)
{
    return (i - 11) * (i - 11) + (j - 10) * (j - 10) + (k - 9) * (k - 9) <= 64;
}

/* A ball on 24 x 21 x 20 samples, frames shuffled, those without a set pixel left out. */
static void make_ball(unsigned bits, unsigned value)
{
    unsigned n = 0;
    sb_plain(&s, bits == 1 ? "BINARY" : "LABELMAP", bits, 21, 24, SEG_FRAMES);
    for (int m = 0; m < 20; m++) {
        int k = 7 * m % 20, any = 0;
        for (int j = 0; j < 21; j++)
            for (int i = 0; i < 24; i++) {
                any |= ball(i, j, k);
                s.frame[n].v[j * 24 + i] = (uint16_t)(ball(i, j, k) ? value : 0);
            }
        s.frame[n].position[2] = 30 + 2 * k;
        if (any) n++;
    }
    s.frames = n;
    s.first_segment = value;
}

static void ball_is_there(const lm_regions *r)
{
    uint64_t voxels = 0;
    size_t first = 1; /* the ball's first slice is the grid's */
    assert_true(r->n[0] == 24 && r->n[1] == 21 && r->n[2] == 17 && r->count == 1);
    assert_true(r->dir[0][0] == 0.5 && r->dir[1][1] == 0.75 && fabs(r->dir[2][2] - 2) < 1e-12);
    assert_true(r->origin[0] == 10 && r->origin[1] == 20 && r->origin[2] == 32);
    for (int k = 0; k < 17; k++)
        for (int j = 0; j < 21; j++)
            for (int i = 0; i < 24; i++) {
                bool want = ball(i, j, k + (int)first);
                voxels += want;
                assert_int_equal(in(r, r->item, (size_t)i, (size_t)j, (size_t)k), want);
            }
    assert_int_equal(r->item->voxels, voxels);
}

static void a_ball_comes_back_from_every_encoding(void **state)
{
    (void)state;
    lm_regions r;
    lm_seg_facts f;
    for (unsigned bits = 1; bits <= 16; bits = bits == 1 ? 8 : 2 * bits) {
        char sha[LM_SHA256_HEX] = "";
        for (int as = SEG_AS_NATIVE; as <= SEG_AS_DEFLATED; as++) {
            make_ball(bits, bits == 1 ? 1 : bits == 8 ? 200 : 40000);
            s.as = (seg_as)as;
            good(&r, &f);
            ball_is_there(&r);
            assert_true(!sha[0] || !strcmp(sha, f.sha256));
            strcpy(sha, f.sha256);
            assert_string_equal(f.frame_uid, "2.25.3");
            assert_int_equal(f.frames, 17);
            assert_int_equal(f.n_warnings, 0);
            done(&r, &f);
        }
    }
}

static void bits_run_on_across_frames(void **state)
{
    (void)state;
    lm_regions r;
    lm_seg_facts f;
    for (int as = SEG_AS_NATIVE; as <= SEG_AS_DEFLATED; as++) {
        sb_plain(&s, "BINARY", 1, 5, 5, 7);
        s.as = (seg_as)as;
        for (unsigned k = 0; k < 7; k++)
            for (unsigned i = 0; i < 25; i++) s.frame[k].v[i] = (i * i + k * k + i * k) % 7 < 3;
        good(&r, &f);
        for (size_t k = 0; k < 7; k++)
            for (size_t i = 0; i < 25; i++) assert_int_equal(in(&r, r.item, i % 5, i / 5, k), (i * i + k * k + i * k) % 7 < 3);
        assert_string_equal(r.item->part.name, "Liver");
        assert_string_equal(r.item->code, "10200004");
        assert_true(r.item->part.has_rgb && r.item->part.rgb[0] > 250 && r.item->part.rgb[2] > 250);
        done(&r, &f);
    }
}

static void probability_and_occupancy_are_not_the_same(void **state)
{
    (void)state;
    lm_regions r;
    lm_seg_facts f;
    lm_err err;
    static const struct {
        const char *type;
        double level;
        uint64_t voxels;
    } want[] = {
        {"PROBABILITY", 0, 6}, {"PROBABILITY", 0.7, 4}, {"OCCUPANCY", 0.5, 6}, {"OCCUPANCY", 1, 1}, {"OCCUPANCY", 0.01, 10}};
    for (size_t w = 0; w < sizeof want / sizeof *want; w++) {
        sb_plain(&s, "FRACTIONAL", 8, 1, 11, 1);
        s.fraction = want[w].type;
        s.maximum = 10; /* need not be 255 */
        for (unsigned i = 0; i <= 10; i++) s.frame[0].v[i] = (uint16_t)i;
        sb_object(&b, &s);
        assert_int_equal(read(&r, &f, &(lm_seg_opt){.level = want[w].level}, &err), LM_OK);
        assert_int_equal(f.type, want[w].type[0] == 'P' ? LM_SEG_PROBABILITY : LM_SEG_OCCUPANCY);
        assert_int_equal(r.item->voxels, want[w].voxels);
        assert_true(f.maximum == 10 && f.sum[0] == 55 && f.level == (want[w].level > 0 ? want[w].level : 0.5));
        done(&r, &f);
    }
    s.frame[0].v[3] = 11;
    refused(LM_ERULE, "", "more than the Maximum Fractional Value of 10");
    s.fraction = "GUESS";
    refused(LM_ERULE, "", "Fractional Type");
    s.fraction = "OCCUPANCY";
    s.maximum = 0;
    refused(LM_ERULE, "", "Maximum Fractional Value");
}

static void fractions_come_as_grey_values_too(void **state)
{
    (void)state;
    lm_err err = LM_ERR_INIT;
    lm_vol v = LM_VOL_INIT;
    lm_tree *t;
    lm_tree_file file = {.name = "it"};
    sb_plain(&s, "FRACTIONAL", 8, 2, 3, 2);
    s.fraction = "PROBABILITY";
    s.maximum = 200;
    s.between = 2;
    s.frame[1].position[2] = 36; /* two slices are missing between */
    for (unsigned i = 0; i < 6; i++) s.frame[1].v[i] = (uint16_t)(10 * i);
    sb_object(&b, &s);
    file.at = (lm_gdcm_file){.p = b.p, .n = b.n};
    assert_int_equal(lm_tree_read(&file, 1, &(lm_tree_opt){.pixels = true}, &t, &err), LM_OK);
    assert_int_equal(lm_seg_grey(t, 1, &(lm_seg_opt){.level = 0.25}, &v, &err), LM_OK);
    assert_true(v.n[2] == 4 && v.has_iso && v.iso == 50 && v.type == LM_U8);
    for (size_t i = 0; i < 24; i++) assert_true(lm_vol_at(&v, i) == (i < 18 ? 0 : 10.0 * (double)(i - 18)));
    lm_vol_release(&v);
    assert_int_equal(lm_seg_grey(t, 2, NULL, &v, &err), LM_EUSAGE);
    lm_tree_release(t);
}

static void segments_may_overlap(void **state)
{
    (void)state;
    lm_regions r;
    lm_seg_facts f;
    sb_plain(&s, "BINARY", 1, 5, 5, 3);
    s.segments = 3; /* the third has no frame */
    for (unsigned i = 0; i < 25; i++) s.frame[0].v[i] = s.frame[1].v[i] = i < 10;
    for (unsigned i = 0; i < 25; i++) s.frame[2].v[i] = i >= 5;
    s.frame[0].segment = 2;
    s.frame[1].position[2] = 32;
    s.frame[2].position[2] = 30;
    good(&r, &f);
    size_t a, c;
    uint64_t voxels;
    lm_err err = LM_ERR_INIT;
    assert_int_equal(r.count, 3);
    assert_true(r.item[0].voxels == 30 && r.item[1].voxels == 10 && r.item[2].voxels == 0);
    assert_int_equal(lm_regions_overlap(&r, &a, &c, &voxels, &err), LM_OK);
    assert_true(a == 0 && c == 1 && voxels == 5);
    done(&r, &f);
}

static void label_maps_have_a_background_and_described_values(void **state)
{
    (void)state;
    lm_regions r;
    lm_seg_facts f;
    sb_plain(&s, "LABELMAP", 8, 2, 2, 2);
    s.padding = 5;
    s.segments = 2;
    s.frame[0].v[0] = 1, s.frame[0].v[1] = 2, s.frame[0].v[2] = 5;
    good(&r, &f);
    assert_true(r.count == 2 && r.item[0].voxels == 1 && r.item[1].voxels == 1);
    done(&r, &f);
    s.frame[1].v[3] = 7;
    refused(LM_ERULE, "", "frame 2 holds the value 7");
}

static void geometry_is_measured_not_assumed(void **state)
{
    (void)state;
    lm_regions r;
    lm_seg_facts f;
    make_ball(1, 1);
    for (unsigned k = 0; k < s.frames; k++) s.frame[k].position[1] += 0.3 * (s.frame[k].position[2] - 30); /* a tilt */
    good(&r, &f);
    assert_true(fabs(r.dir[2][1] - 0.6) < 1e-9 && fabs(r.dir[2][2] - 2) < 1e-9 && fabs(r.origin[1] - 20.6) < 1e-9);
    done(&r, &f);
    sb_plain(&s, "BINARY", 1, 3, 3, 3); /* whole pixels in the plane: one larger grid */
    for (unsigned k = 0; k < 3; k++) {
        s.frame[k].v[0] = 1;
        s.frame[k].position[0] = k == 1 ? 13 : 10;
        s.frame[k].position[1] = k == 2 ? 17 : 20;
    }
    good(&r, &f);
    assert_true(r.n[0] == 9 && r.n[1] == 7 && r.origin[0] == 10 && r.origin[1] == 17);
    assert_true(in(&r, r.item, 0, 4, 0) && in(&r, r.item, 6, 4, 1) && in(&r, r.item, 0, 0, 2));
    done(&r, &f);
    s.frame[1].position[0] = 13.2;
    refused(LM_ERULE, "G-4", "shifted in its plane");
    sb_plain(&s, "BINARY", 1, 3, 3, 3); /* the middle one is missing: known by Spacing Between Slices only */
    s.frame[1].position[2] = 34;
    s.frame[2].position[2] = 38;
    good(&r, &f);
    assert_true(r.n[2] == 3 && r.dir[2][2] == 4);
    done(&r, &f);
    s.between = 2;
    good(&r, &f);
    assert_true(r.n[2] == 5 && r.dir[2][2] == 2 && f.n_warnings == 1);
    done(&r, &f);
    s.between = 0;
    s.frame[2].position[2] = 37;
    refused(LM_ERULE, "G-4", "variable spacing");
    sb_plain(&s, "BINARY", 1, 3, 3, 3);
    s.frame[2].position[2] = 30;
    refused(LM_ERULE, "G-4", "frames 1 and 3 are the same slice");
    sb_plain(&s, "BINARY", 1, 3, 3, 2);
    double turned[] = {0, 1, 0, 0, 0, -1}, bent[] = {1, 0, 0, 0.5, 1, 0};
    memcpy(s.frame[1].orientation, turned, sizeof turned);
    refused(LM_ERULE, "G-3", "oriented unlike");
    memcpy(s.frame[1].orientation, bent, sizeof bent);
    refused(LM_ERULE, "G-2", "frame 2");
    sb_plain(&s, "BINARY", 1, 3, 3, 1); /* one slice: by its thickness */
    good(&r, &f);
    assert_true(r.n[2] == 1 && r.dir[2][2] == 2);
    done(&r, &f);
    s.frame[0].segment = 2;
    refused(LM_ERULE, "", "segment 2, which is not described");
    s.segments = 0;
    refused(LM_ERULE, "", "no segment is described");
}

/* The bytes of Pixel Data are cut to n, whose length stands before them. */
static void pixel_data_must_be_all_there(void **state)
{
    (void)state;
    lm_regions r;
    lm_seg_facts f;
    lm_err err;
    sb_plain(&s, "BINARY", 1, 5, 5, 7);
    sb_object(&b, &s);
    unsigned char *at = b.p + b.n - 22 - 4; /* 175 bits are 22 bytes */
    assert_int_equal(lm_get32(at), 22);
    lm_put32(at, 20);
    b.n -= 2;
    assert_int_equal(read(&r, &f, NULL, &err), LM_EFORMAT);
    assert_non_null(strstr(err.text[0], "20 bytes where 7 frames of 5 x 5 pixels of 1 bit need 22"));
    s.as = SEG_AS_RLE;
    sb_object(&b, &s);
    b.n -= 8; /* the end mark */
    db_item(&b, 2);
    db_raw(&b, "ab", 2);
    db_sequence_end(&b);
    assert_int_equal(read(&r, &f, NULL, &err), LM_EFORMAT);
    assert_non_null(strstr(err.text[0], "8 fragments for 7 frames"));
    s.bits = 8;
    refused(LM_ERULE, "", "8 of 8 bits are not those");
}

static void run_lengths_are_checked(void **state)
{
    (void)state;
    unsigned char out[8], p[80] = {1, 0, 0, 0, 64};
    lm_err err = LM_ERR_INIT;
    memcpy(p + 64,
           "\1ab\xfd"
           "c\x80",
           6);
    assert_int_equal(lm_segpixels_rle(p, 70, 1, out, 6, &err), LM_OK);
    assert_memory_equal(out, "abcccc", 6);
    assert_int_equal(lm_segpixels_rle(p, 70, 1, out, 5, &err), LM_OK); /* one byte too many makes it even */
    assert_int_equal(lm_segpixels_rle(p, 70, 1, out, 4, &err), LM_EFORMAT);
    assert_int_equal(lm_segpixels_rle(p, 70, 1, out, 7, &err), LM_EFORMAT);
    assert_int_equal(lm_segpixels_rle(p, 68, 1, out, 6, &err), LM_EFORMAT);
    assert_int_equal(lm_segpixels_rle(p, 70, 2, out, 3, &err), LM_EFORMAT);
    p[4] = 71;
    assert_int_equal(lm_segpixels_rle(p, 70, 1, out, 6, &err), LM_EFORMAT);
    p[4] = 8;
    assert_int_equal(lm_segpixels_rle(p, 70, 1, out, 6, &err), LM_EFORMAT);
    lm_segpixels_bits((const unsigned char[]){0x81, 0x02}, 7, 3, out);
    assert_memory_equal(out, "\1\0\1", 3);
}

static void colours_are_those_of_the_standard(void **state)
{
    (void)state;
    /* CSS Color 4, 10.4: sRGB red is lab(54.29 80.81 69.89); greys have a = b = 0, here level 128 is L 53.585 */
    static const struct {
        uint16_t lab[3];
        int rgb[3];
    } want[] = {{{0, 32896, 32896}, {0, 0, 0}},
                {{65535, 32896, 32896}, {255, 255, 255}},
                {{35117, 32896, 32896}, {128, 128, 128}},
                {{35581, 53648, 50869}, {255, 0, 0}}};
    for (size_t i = 0; i < sizeof want / sizeof *want; i++) {
        uint8_t rgb[3];
        lm_cielab_rgb(want[i].lab, rgb);
        for (int c = 0; c < 3; c++) assert_true(abs(rgb[c] - want[i].rgb[c]) <= 1);
    }
}

static void palettes_give_colours_too(void **state)
{
    (void)state;
    uint8_t rgb[3];
    lm_err err = LM_ERR_INIT;
    lm_tree *t;
    for (int words = 0; words < 2; words++) {
        db_begin(&b, "1.2.840.10008.5.1.4.1.1.66.7", "1.2.840.10008.1.2.1");
        for (unsigned c = 0; c < 3; c++)
            db_value(&b, 0x00281101 + c, "US", (const uint16_t[]){4, 1, words ? 16 : 8}, 6); /* for values 1 to 4 */
        for (unsigned c = 0; c < 3; c++) {
            uint16_t w[4];
            unsigned char bytes[4];
            for (unsigned i = 0; i < 4; i++) w[i] = (uint16_t)((10 * c + i) << 8 | 0x7f), bytes[i] = (unsigned char)(10 * c + i);
            if (words) db_value(&b, 0x00281201 + c, "OW", w, 8);
            else db_value(&b, 0x00281201 + c, "OW", bytes, 4);
        }
        lm_tree_file file = {.at = {.p = b.p, .n = b.n}, .name = "it"};
        assert_int_equal(lm_tree_read(&file, 1, NULL, &t, &err), LM_OK);
        assert_true(lm_palette_rgb(lm_tree_root(t), 3, rgb) && rgb[0] == 2 && rgb[1] == 12 && rgb[2] == 22);
        assert_true(lm_palette_rgb(lm_tree_root(t), 0, rgb) && rgb[0] == 0 && lm_palette_rgb(lm_tree_root(t), 9, rgb) &&
                    rgb[0] == 3);
        lm_tree_release(t);
    }
    sb_plain(&s, "LABELMAP", 8, 2, 2, 2);
    sb_object(&b, &s);
    lm_tree_file file = {.at = {.p = b.p, .n = b.n}, .name = "it"};
    assert_int_equal(lm_tree_read(&file, 1, NULL, &t, &err), LM_OK);
    assert_false(lm_palette_rgb(lm_tree_root(t), 1, rgb));
    lm_tree_release(t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_ball_comes_back_from_every_encoding),
        cmocka_unit_test(bits_run_on_across_frames),
        cmocka_unit_test(probability_and_occupancy_are_not_the_same),
        cmocka_unit_test(fractions_come_as_grey_values_too),
        cmocka_unit_test(segments_may_overlap),
        cmocka_unit_test(label_maps_have_a_background_and_described_values),
        cmocka_unit_test(geometry_is_measured_not_assumed),
        cmocka_unit_test(pixel_data_must_be_all_there),
        cmocka_unit_test(run_lengths_are_checked),
        cmocka_unit_test(colours_are_those_of_the_standard),
        cmocka_unit_test(palettes_give_colours_too),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
