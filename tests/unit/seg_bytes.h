/* SPDX-License-Identifier: GPL-3.0-or-later */
/* seg_bytes.h: segmentation objects in memory, in the encodings and with the faults that the tests ask for. */
#ifndef TESTS_SEG_BYTES_H
#define TESTS_SEG_BYTES_H

#include "fixtures/gen/dicom_bytes.h"
#include <stdio.h>

enum { SEG_FRAMES = 40, SEG_PIXELS = 1024 };
typedef enum { SEG_AS_NATIVE, SEG_AS_RLE, SEG_AS_DEFLATED } seg_as;
typedef struct {
    const char *type, *fraction; /* Segmentation Type; Fractional Type or NULL */
    unsigned bits, maximum, padding, segments, first_segment;
    unsigned rows, columns, frames;
    double between; /* Spacing Between Slices; 0: not written */
    seg_as as;
    struct {
        unsigned segment;
        double position[3], orientation[6];
        uint16_t v[SEG_PIXELS];
    } frame[SEG_FRAMES];
} seg_spec;

static inline void sb_numbers(dicom_bytes *b, uint32_t tag, const double *v, int n)
{
    char text[200];
    size_t at = 0;
    for (int i = 0; i < n; i++) at += (size_t)snprintf(text + at, sizeof text - at, "%s%.10g", i ? "\\" : "", v[i]);
    db_text(b, tag, "DS", text);
}
static inline void sb_macro(dicom_bytes *b, uint32_t tag, uint32_t value, const double *v, int n)
{
    db_sequence(b, tag);
    db_item(b, UNDEFINED);
    sb_numbers(b, value, v, n);
    db_item_end(b);
    db_sequence_end(b);
}
static inline void sb_segments(dicom_bytes *b, const seg_spec *s)
{
    db_sequence(b, 0x00620002);
    for (unsigned i = 0; i < s->segments; i++) {
        db_item(b, UNDEFINED);
        db_us(b, 0x00620004, s->first_segment + i);
        db_text(b, 0x00620005, "LO", i ? "other" : "Liver");
        db_value(b, 0x0062000d, "US", "\xff\xff\x80\x80\x80\x80", 6); /* white */
        db_sequence(b, 0x0062000f);
        db_item(b, UNDEFINED);
        db_text(b, 0x00080100, "SH", "10200004");
        db_text(b, 0x00080102, "SH", "SCT");
        db_text(b, 0x00080104, "LO", "Liver");
        db_item_end(b);
        db_sequence_end(b);
        db_item_end(b);
    }
    db_sequence_end(b);
}
/* One frame's samples as they are packed; returns the bytes. */
static inline size_t sb_pack(const seg_spec *s, unsigned f, unsigned char *out)
{
    size_t n = (size_t)s->rows * s->columns;
    if (s->bits == 1) {
        memset(out, 0, (n + 7) / 8);
        for (size_t i = 0; i < n; i++) out[i / 8] |= (unsigned char)((s->frame[f].v[i] != 0) << i % 8);
        return (n + 7) / 8;
    }
    for (size_t i = 0; i < n; i++) {
        if (s->bits == 8) out[i] = (unsigned char)s->frame[f].v[i];
        else lm_put16(out + 2 * i, s->frame[f].v[i]);
    }
    return n * s->bits / 8;
}
static inline size_t sb_literal(unsigned char *out, const unsigned char *p, size_t n)
{
    size_t at = 0;
    for (size_t i = 0; i < n;) {
        size_t same = 1, k;
        while (i + same < n && same < 128 && p[i + same] == p[i]) same++;
        if (same > 2) {
            out[at++] = (unsigned char)(257 - same);
            out[at++] = p[i];
            i += same;
            continue;
        }
        k = n - i < 5 ? n - i : 5;
        out[at++] = (unsigned char)(k - 1);
        memcpy(out + at, p + i, k);
        at += k;
        i += k;
    }
    if (at & 1) out[at++] = 0x80;
    return at;
}
/* RLE by PS3.5 annex G, or one stored block of deflate. */
static inline void sb_fragment(dicom_bytes *b, const seg_spec *s, const unsigned char *p, size_t n)
{
    static unsigned char out[8 * SEG_PIXELS], plane[SEG_PIXELS];
    size_t at = 64;
    if (s->as == SEG_AS_RLE) {
        unsigned planes = s->bits == 16 ? 2 : 1;
        memset(out, 0, 64);
        lm_put32(out, planes);
        for (unsigned k = 0; k < planes; k++) {
            lm_put32(out + 4 + 4 * k, (uint32_t)at);
            for (size_t i = 0; i < n / planes; i++) plane[i] = p[planes * i + planes - 1 - k];
            at += sb_literal(out + at, plane, n / planes);
        }
    } else {
        out[0] = 1;
        lm_put16(out + 1, (uint16_t)n);
        lm_put16(out + 3, (uint16_t)~n);
        memcpy(out + 5, p, n);
        at = n + 5;
        if (at & 1) out[at++] = 0;
    }
    db_item(b, (uint32_t)at);
    db_raw(b, out, at);
}
static inline void sb_pixels(dicom_bytes *b, const seg_spec *s)
{
    static unsigned char all[SEG_FRAMES * SEG_PIXELS * 2], one[2 * SEG_PIXELS];
    size_t n = (size_t)s->rows * s->columns, total = (s->frames * n * s->bits + 7) / 8;
    if (s->as == SEG_AS_RLE || s->as == SEG_AS_DEFLATED) {
        db_head(b, 0x7fe00010, "OB", UNDEFINED);
        db_item(b, 0);
        for (unsigned f = 0; f < s->frames; f++) sb_fragment(b, s, one, sb_pack(s, f, one));
        db_sequence_end(b);
        return;
    }
    memset(all, 0, total + 1);
    for (unsigned f = 0; f < s->frames; f++)
        for (size_t i = 0; i < n; i++) {
            size_t k = f * n + i;
            if (s->bits == 1) all[k / 8] |= (unsigned char)((s->frame[f].v[i] != 0) << k % 8);
            else if (s->bits == 8) all[k] = (unsigned char)s->frame[f].v[i];
            else lm_put16(all + 2 * k, s->frame[f].v[i]);
        }
    db_value(b, 0x7fe00010, s->bits == 16 ? "OW" : "OB", all, total);
}
static inline void sb_object(dicom_bytes *b, const seg_spec *s)
{
    static const char *const syntax[] = {"1.2.840.10008.1.2.1", "1.2.840.10008.1.2.5", "1.2.840.10008.1.2.8.1"};
    char count[12];
    double spacing[] = {0.75, 0.5};
    db_begin(b, "1.2.840.10008.5.1.4.1.1.66.4", syntax[s->as]);
    db_text(b, 0x00080060, "CS", "SEG");
    db_text(b, 0x00200052, "UI", "2.25.3");
    db_us(b, 0x00280002, 1);
    db_text(b, 0x00280004, "CS", "MONOCHROME2");
    snprintf(count, sizeof count, "%u", s->frames);
    db_text(b, 0x00280008, "IS", count);
    db_us(b, 0x00280010, s->rows);
    db_us(b, 0x00280011, s->columns);
    db_us(b, 0x00280100, s->bits);
    db_us(b, 0x00280101, s->bits);
    db_us(b, 0x00280102, s->bits - 1);
    db_us(b, 0x00280103, 0);
    if (s->padding) db_us(b, 0x00280120, s->padding);
    db_text(b, 0x00620001, "CS", s->type);
    sb_segments(b, s);
    if (s->maximum) db_us(b, 0x0062000e, s->maximum);
    if (s->fraction) db_text(b, 0x00620010, "CS", s->fraction);
    db_sequence(b, 0x52009229);
    db_item(b, UNDEFINED);
    db_sequence(b, 0x00289110);
    db_item(b, UNDEFINED);
    db_text(b, 0x00180050, "DS", "2");
    if (s->between > 0) sb_numbers(b, 0x00180088, &s->between, 1);
    sb_numbers(b, 0x00280030, spacing, 2);
    db_item_end(b);
    db_sequence_end(b);
    db_item_end(b);
    db_sequence_end(b);
    db_sequence(b, 0x52009230);
    for (unsigned f = 0; f < s->frames; f++) {
        db_item(b, UNDEFINED);
        sb_macro(b, 0x00209113, 0x00200032, s->frame[f].position, 3);
        sb_macro(b, 0x00209116, 0x00200037, s->frame[f].orientation, 6);
        if (s->frame[f].segment) {
            db_sequence(b, 0x0062000a);
            db_item(b, UNDEFINED);
            db_us(b, 0x0062000b, s->frame[f].segment);
            db_item_end(b);
            db_sequence_end(b);
        }
        db_item_end(b);
    }
    db_sequence_end(b);
    sb_pixels(b, s);
}
/* An empty object of 2 mm steps along z: rows, columns, frames, first frame at (10, 20, 30). */
static inline void sb_plain(seg_spec *s, const char *type, unsigned bits, unsigned rows, unsigned columns, unsigned frames)
{
    memset(s, 0, sizeof *s);
    *s = (seg_spec){
        .type = type, .bits = bits, .rows = rows, .columns = columns, .frames = frames, .segments = 1, .first_segment = 1};
    for (unsigned f = 0; f < frames; f++) {
        double o[] = {1, 0, 0, 0, 1, 0}, p[] = {10, 20, 30 + 2.0 * f};
        s->frame[f].segment = strcmp(type, "LABELMAP") != 0;
        memcpy(s->frame[f].orientation, o, sizeof o);
        memcpy(s->frame[f].position, p, sizeof p);
    }
}

#endif
