/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Contents: 1 what the object is, 2 its segments, 3 its frames, 4 reading */
#include "dicom/seg.h"
#include "base/mem.h"
#include "dicom/cielab.h"
#include "dicom/palette.h"
#include "dicom/segframes.h"
#include "dicom/segpixels.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    T_PHOTOMETRIC = 0x00280004,
    T_SAMPLES = 0x00280002,
    T_ALLOCATED = 0x00280100,
    T_STORED = 0x00280101,
    T_SIGNED = 0x00280103,
    T_PADDING = 0x00280120,
    T_LOSSY = 0x00282110,
    T_TRANSFER = 0x00020010,
    T_TYPE = 0x00620001,
    T_SEGMENTS = 0x00620002,
    T_NUMBER = 0x00620004,
    T_LABEL = 0x00620005,
    T_LAB = 0x0062000d,
    T_MAXIMUM = 0x0062000e,
    T_PROPERTY = 0x0062000f,
    T_FRACTIONAL = 0x00620010,
    T_CODE = 0x00080100,
    T_SCHEME = 0x00080102,
    T_MEANING = 0x00080104,
    T_SERIES = 0x0020000e,
    T_REFERENCED = 0x00081115,
    VALUES = 65536
};

/* One object while it is read. */
typedef struct {
    const lm_tree_item *root;
    const lm_seg_opt *opt;
    lm_seg_facts *facts;
    lm_segframes place;
    unsigned bits, padding; /* padding: a label map's background beside 0 */
    lm_segpixels *pixels;
} seg_job;

static void seg_warn(lm_seg_facts *f, const char *rule, const char *text)
{
    if (f->n_warnings == LM_SEG_WARNINGS) return;
    lm_series_warning *w = &f->warning[f->n_warnings++];
    snprintf(w->rule, sizeof w->rule, "%s", rule);
    snprintf(w->text, sizeof w->text, "%s", text);
}

void lm_seg_facts_release(lm_seg_facts *f)
{
    free(f->sum);
    *f = (lm_seg_facts)LM_SEG_FACTS_INIT;
}

/* ---- 1 what the object is ---- */

static lm_status seg_type(seg_job *j, lm_err *err)
{
    char type[17], part[17];
    lm_seg_facts *f = j->facts;
    int64_t maximum = 0;
    lm_tree_code(j->root, T_TYPE, 0, type, sizeof type);
    lm_tree_code(j->root, T_FRACTIONAL, 0, part, sizeof part);
    if (!strcmp(type, "BINARY")) f->type = LM_SEG_BINARY;
    else if (!strcmp(type, "LABELMAP")) f->type = LM_SEG_LABELMAP;
    else if (!strcmp(type, "FRACTIONAL") && (!strcmp(part, "PROBABILITY") || !strcmp(part, "OCCUPANCY"))) {
        f->type = part[0] == 'P' ? LM_SEG_PROBABILITY : LM_SEG_OCCUPANCY;
        if (!lm_tree_whole(j->root, T_MAXIMUM, &maximum) || maximum < 1 || maximum > 255)
            return lm_err_set(err, LM_ERULE, NULL, "Maximum Fractional Value (0062,000E) is not 1 to 255");
        f->maximum = (unsigned)maximum;
        f->level = j->opt->level > 0 ? j->opt->level : 0.5;
    } else
        return lm_err_set(
            err, LM_ERULE, NULL,
            "Segmentation Type (0062,0001) and Fractional Type (0062,0010) are none of BINARY, FRACTIONAL PROBABILITY, "
            "FRACTIONAL OCCUPANCY, LABELMAP");
    return LM_OK;
}

/* The pixels must be what the type demands (PS3.3 C.8.20.2). */
static lm_status seg_format(seg_job *j, lm_err *err)
{
    int64_t allocated = 0, stored = 0, samples = 1, is_signed = 0, padding = 0;
    char photometric[17];
    lm_tree_whole(j->root, T_ALLOCATED, &allocated);
    if (!lm_tree_whole(j->root, T_STORED, &stored)) stored = allocated;
    lm_tree_whole(j->root, T_SAMPLES, &samples);
    lm_tree_whole(j->root, T_SIGNED, &is_signed);
    lm_tree_code(j->root, T_PHOTOMETRIC, 0, photometric, sizeof photometric);
    bool map = j->facts->type == LM_SEG_LABELMAP, binary = j->facts->type == LM_SEG_BINARY;
    bool bits = binary ? allocated == 1 : allocated == 8 || (map && allocated == 16);
    if (!bits || stored != allocated || samples != 1 || is_signed)
        return lm_err_set(err, LM_ERULE, NULL,
                          "pixels of %lld sample(s), %lld of %lld bits%s are not those of this type of segmentation",
                          (long long)samples, (long long)stored, (long long)allocated, is_signed ? ", signed," : "");
    if (strcmp(photometric, "MONOCHROME2") && !(map && !strcmp(photometric, "PALETTE COLOR")))
        return lm_err_set(err, LM_ERULE, NULL, "photometric interpretation '%s' is not that of this type of segmentation",
                          photometric);
    j->bits = (unsigned)allocated;
    if (map && lm_tree_whole(j->root, T_PADDING, &padding) && padding > 0 && padding < VALUES) j->padding = (unsigned)padding;
    return LM_OK;
}

static void seg_notes(seg_job *j)
{
    char text[17];
    lm_seg_facts *f = j->facts;
    f->frames = j->place.frames;
    f->thickness_mm = j->place.thickness_mm;
    snprintf(f->frame_uid, sizeof f->frame_uid, "%s", j->place.frame_uid);
    lm_tree_code(j->root, T_TRANSFER, 0, f->transfer, sizeof f->transfer);
    lm_tree_code(lm_tree_at(j->root, T_REFERENCED, 0), T_SERIES, 0, f->reference, sizeof f->reference);
    f->lossy = lm_tree_code(j->root, T_LOSSY, 0, text, sizeof text) && !strcmp(text, "01");
    if (f->lossy) seg_warn(f, "G-8", "the segmentation went through lossy compression");
    if (j->place.no_neighbours)
        seg_warn(f, "G-4", "no two of its slices are one step apart: the step is stated only, and what lies between is empty");
    if (!f->frame_uid[0]) seg_warn(f, "G-3", "no Frame of Reference is stated: that it belongs to an image is not known");
}

/* ---- 2 its segments ---- */

static bool seg_is_background(const lm_tree_item *segment)
{
    char code[17], scheme[17];
    const lm_tree_item *type = lm_tree_at(segment, T_PROPERTY, 0);
    return lm_tree_code(type, T_CODE, 0, code, sizeof code) && lm_tree_code(type, T_SCHEME, 0, scheme, sizeof scheme) &&
           !strcmp(code, "125040") && !strcmp(scheme, "DCM");
}

/* One segment as a region without samples. */
static lm_status seg_describe(const lm_tree_item *root, const lm_tree_item *s, int64_t number, lm_regions *out, lm_err *err)
{
    lm_part part = {.label = (uint32_t)number};
    char text[256];
    double lab[3];
    lm_region *g;
    if (lm_tree_text(s, T_LABEL, text, sizeof text)) lm_parts_clean(text, strlen(text), part.name);
    if (lm_tree_numbers(s, T_LAB, lab, 3) == 3 && lab[0] <= 65535 && lab[1] <= 65535 && lab[2] <= 65535) {
        uint16_t v[3] = {(uint16_t)lab[0], (uint16_t)lab[1], (uint16_t)lab[2]};
        part.has_rgb = true;
        lm_cielab_rgb(v, part.rgb);
    } else part.has_rgb = lm_palette_rgb(root, part.label, part.rgb);
    lm_status rc = lm_regions_add(out, &part, &g, err);
    if (rc) return rc;
    const lm_tree_item *type = lm_tree_at(s, T_PROPERTY, 0);
    lm_tree_code(type, T_CODE, 0, g->code, sizeof g->code);
    lm_tree_code(type, T_SCHEME, 0, g->scheme, sizeof g->scheme);
    lm_tree_text(type, T_MEANING, g->meaning, sizeof g->meaning);
    return LM_OK;
}

static lm_status seg_describe_all(seg_job *j, lm_regions *out, lm_err *err)
{
    size_t n = lm_tree_items(j->root, T_SEGMENTS);
    bool map = j->facts->type == LM_SEG_LABELMAP;
    lm_status rc = LM_OK;
    for (size_t i = 0; i < n && !rc; i++) {
        const lm_tree_item *s = lm_tree_at(j->root, T_SEGMENTS, i);
        int64_t number = -1;
        if (!lm_tree_whole(s, T_NUMBER, &number) || number < !map || number >= VALUES)
            return lm_err_set(err, LM_ERULE, NULL, "item %zu of the Segment Sequence has no usable Segment Number", i + 1);
        if (number) rc = seg_describe(j->root, s, number, out, err);
        else if (!seg_is_background(s))
            seg_warn(j->facts, "", "segment 0 is described as something; it counts as background, which 0 is in a label map");
    }
    if (!rc && !out->count) rc = lm_err_set(err, LM_ERULE, NULL, "no segment is described (0062,0002)");
    return rc;
}

/* Index of each segment number in the regions, or -1. */
static int32_t *seg_index(const lm_regions *r, lm_err *err)
{
    int32_t *at = lm_mem_alloc(VALUES, sizeof *at, err);
    for (size_t i = 0; at && i < VALUES; i++) at[i] = -1;
    for (size_t i = 0; at && i < r->count; i++) at[r->item[i].part.label] = (int32_t)i;
    return at;
}

/* ---- 3 its frames ---- */

/* First sample of row j of a frame on the grid. */
static uint64_t seg_row(const lm_segframes *s, const lm_segframe *f, size_t j)
{
    return ((uint64_t)f->at[2] * s->n[1] + f->at[1] + j) * s->n[0] + f->at[0];
}

/* Bytes of at least `least` are inside. */
static lm_status seg_runs(const seg_job *j, const lm_segframe *f, const unsigned char *v, unsigned least, const lm_regions *r,
                          lm_region *g, lm_err *err)
{
    size_t columns = j->place.columns;
    lm_status rc = LM_OK;
    if (j->facts->type == LM_SEG_BINARY && !memchr(v, 1, j->place.rows * columns)) return LM_OK;
    for (size_t row = 0; row < j->place.rows; row++, v += columns) {
        if (j->facts->type == LM_SEG_BINARY && !memchr(v, 1, columns)) continue;
        for (size_t i = 0, from; i < columns && !rc;) {
            while (i < columns && v[i] < least) i++;
            for (from = i; i < columns && v[i] >= least;) i++;
            if (i > from) rc = lm_regions_run(r, g, seg_row(&j->place, f, row) + from, i - from, err);
        }
    }
    return rc;
}

static lm_status seg_map_runs(const seg_job *j, const lm_segframe *f, const void *samples, const int32_t *index, lm_regions *r,
                              lm_err *err)
{
    size_t columns = j->place.columns;
    const unsigned char *v8 = samples;
    const uint16_t *v16 = samples;
    for (size_t row = 0; row < j->place.rows; row++) {
        for (size_t i = 0, from; i < columns;) {
            size_t at = row * columns;
            unsigned v = j->bits == 8 ? v8[at + i] : v16[at + i];
            for (from = i++; i < columns && (j->bits == 8 ? v8[at + i] : v16[at + i]) == v;) i++;
            if (!v || (j->padding && v == j->padding)) continue;
            if (index[v] < 0)
                return lm_err_set(err, LM_ERULE, NULL, "frame %zu holds the value %u, and no segment has that number",
                                  (size_t)(f - j->place.frame) + 1, v);
            lm_status rc = lm_regions_run(r, &r->item[index[v]], seg_row(&j->place, f, row) + from, i - from, err);
            if (rc) return rc;
        }
    }
    return LM_OK;
}

/* Least stored value that is inside: exact, as level times maximum is compared in double. */
static unsigned seg_least(const lm_seg_facts *f)
{
    unsigned least = 1;
    if (!f->maximum) return 1;
    while (least < f->maximum && (double)least < f->level * f->maximum) least++;
    return least;
}

static lm_status seg_fractions(const seg_job *j, const lm_segframe *f, const unsigned char *v, uint64_t *sum, lm_err *err)
{
    for (size_t i = 0; i < j->place.rows * j->place.columns; i++) {
        *sum += v[i];
        if (v[i] > j->facts->maximum)
            return lm_err_set(err, LM_ERULE, NULL, "frame %zu holds the value %u, more than the Maximum Fractional Value of %u",
                              (size_t)(f - j->place.frame) + 1, v[i], j->facts->maximum);
    }
    return LM_OK;
}

static lm_status seg_frame(seg_job *j, const lm_segframe *f, const void *v, const int32_t *index, lm_regions *r, lm_err *err)
{
    if (j->facts->type == LM_SEG_LABELMAP) return seg_map_runs(j, f, v, index, r, err);
    int32_t at = index[f->segment];
    if (at < 0)
        return lm_err_set(err, LM_ERULE, NULL, "frame %zu belongs to segment %u, which is not described",
                          (size_t)(f - j->place.frame) + 1, (unsigned)f->segment);
    lm_status rc = j->facts->maximum ? seg_fractions(j, f, v, &j->facts->sum[at], err) : LM_OK;
    return rc ? rc : seg_runs(j, f, v, seg_least(j->facts), r, &r->item[at], err);
}

static lm_status seg_frames(seg_job *j, lm_regions *r, lm_err *err)
{
    lm_hash_sha256 all, one;
    size_t bytes = j->place.rows * j->place.columns * (j->bits > 8 ? 2 : 1);
    int32_t *index = seg_index(r, err);
    lm_status rc = index ? LM_OK : LM_ENOMEM;
    lm_hash_sha256_init(&all);
    for (size_t i = 0; i < j->place.frames && !rc; i++) {
        const void *v;
        unsigned char digest[32];
        if ((rc = lm_segpixels_next(j->pixels, &v, err))) break;
        lm_hash_sha256_init(&one);
        lm_hash_sha256_update(&one, v, bytes);
        sha256_digest(&one, sizeof digest, digest);
        lm_hash_sha256_update(&all, digest, sizeof digest);
        rc = seg_frame(j, &j->place.frame[j->place.order[i]], v, index, r, err);
    }
    lm_hash_sha256_hex(&all, j->facts->sha256);
    free(index);
    return rc;
}

/* ---- 4 reading ---- */

static lm_status seg_open(seg_job *j, lm_err *err)
{
    lm_status rc = seg_type(j, err);
    if (!rc) rc = seg_format(j, err);
    if (!rc) rc = lm_segframes_read(j->root, j->facts->type == LM_SEG_LABELMAP, &j->place, err);
    if (rc) return rc;
    seg_notes(j);
    lm_segpixels_format f = {.pixels = j->place.rows * j->place.columns,
                             .frames = j->place.frames,
                             .columns = (unsigned)j->place.columns,
                             .rows = (unsigned)j->place.rows,
                             .bits = j->bits,
                             .threads = j->opt->threads};
    return lm_segpixels_open(j->root, &f, j->place.order, &j->pixels, err);
}

static void seg_close(seg_job *j)
{
    lm_segpixels_close(j->pixels);
    lm_segframes_release(&j->place);
}

static lm_status seg_on_grid(const seg_job *j, lm_vol *v, lm_err *err)
{
    size_t count;
    memcpy(v->n, j->place.n, sizeof v->n);
    memcpy(v->dir, j->place.dir, sizeof v->dir);
    memcpy(v->origin, j->place.origin, sizeof v->origin);
    if (!lm_mem_mul(v->n[0] * v->n[1], v->n[2], &count))
        return lm_err_set(err, LM_ERANGE, NULL, "a grid of %zu x %zu x %zu is too large", v->n[0], v->n[1], v->n[2]);
    return lm_vol_check(v, err);
}

lm_status lm_seg_read(const lm_tree *t, const lm_seg_opt *opt, lm_regions *out, lm_seg_facts *facts, lm_err *err)
{
    static const lm_seg_opt plain = {.level = 0};
    seg_job j = {.root = lm_tree_root(t), .opt = opt ? opt : &plain, .facts = facts, .place = LM_SEGFRAMES_INIT};
    lm_vol grid = LM_VOL_INIT;
    *facts = (lm_seg_facts)LM_SEG_FACTS_INIT;
    *out = (lm_regions)LM_REGIONS_INIT;
    lm_status rc = seg_open(&j, err);
    if (!rc && !(rc = seg_on_grid(&j, &grid, err))) {
        lm_regions_on(out, &grid);
        rc = seg_describe_all(&j, out, err);
    }
    if (!rc && !(facts->sum = lm_mem_calloc(out->count, sizeof *facts->sum, err))) rc = LM_ENOMEM;
    if (!rc) rc = seg_frames(&j, out, err);
    seg_close(&j);
    if (rc) {
        lm_regions_release(out);
        lm_seg_facts_release(facts);
    }
    return rc;
}

static lm_status seg_grey_frames(seg_job *j, uint32_t segment, lm_vol *out, lm_err *err)
{
    const lm_segframes *s = &j->place;
    size_t found = 0;
    lm_status rc = LM_OK;
    memset(out->data, 0, lm_vol_count(out));
    for (size_t i = 0; i < s->frames && !rc; i++) {
        const lm_segframe *f = &s->frame[s->order[i]];
        const void *v;
        if ((rc = lm_segpixels_next(j->pixels, &v, err)) || f->segment != segment) continue;
        found++;
        for (size_t row = 0; row < s->rows; row++)
            memcpy((unsigned char *)out->data + seg_row(s, f, row), (const unsigned char *)v + row * s->columns, s->columns);
    }
    if (!rc && !found) rc = lm_err_set(err, LM_EUSAGE, NULL, "segment %u has no frames", (unsigned)segment);
    return rc;
}

lm_status lm_seg_grey(const lm_tree *t, uint32_t segment, const lm_seg_opt *opt, lm_vol *out, lm_err *err)
{
    static const lm_seg_opt plain = {.level = 0};
    lm_seg_facts facts = LM_SEG_FACTS_INIT;
    seg_job j = {.root = lm_tree_root(t), .opt = opt ? opt : &plain, .facts = &facts, .place = LM_SEGFRAMES_INIT};
    lm_vol grid = LM_VOL_INIT;
    lm_status rc = seg_open(&j, err);
    if (!rc && !facts.maximum) rc = lm_err_set(err, LM_EUSAGE, NULL, "the segmentation is not fractional: it has no grey values");
    if (!rc && !(rc = seg_on_grid(&j, &grid, err))) {
        lm_vol_release(out);
        rc = lm_vol_alloc(out, grid.n, LM_U8, err);
    }
    if (!rc) {
        memcpy(out->dir, grid.dir, sizeof out->dir);
        memcpy(out->origin, grid.origin, sizeof out->origin);
        out->has_iso = true;
        out->iso = facts.level * facts.maximum;
        rc = seg_grey_frames(&j, segment, out, err);
    }
    seg_close(&j);
    if (rc) lm_vol_release(out);
    return rc;
}
