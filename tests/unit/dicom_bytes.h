/* SPDX-License-Identifier: GPL-3.0-or-later */
/* dicom_bytes.h: DICOM data sets byte by byte, as they come and as they should not, for the tests of readers. */
#ifndef TESTS_DICOM_BYTES_H
#define TESTS_DICOM_BYTES_H

#include "base/bytes.h"
#include <stdbool.h>
#include <string.h>

enum { DICOM_BYTES = 1 << 18, UNDEFINED = 0xffffffff };
typedef struct {
    unsigned char p[DICOM_BYTES];
    size_t n;
    bool implicit;
} dicom_bytes;

static inline void db_raw(dicom_bytes *b, const void *p, size_t n)
{
    if (n) memcpy(b->p + b->n, p, n);
    b->n += n;
}
static inline void db_head(dicom_bytes *b, uint32_t tag, const char *vr, uint32_t length)
{
    unsigned char h[12] = {0};
    size_t n = 8;
    lm_put16(h, (uint16_t)(tag >> 16));
    lm_put16(h + 2, (uint16_t)tag);
    if (b->implicit || tag >> 16 == 0xfffe) lm_put32(h + 4, length);
    else {
        memcpy(h + 4, vr, 2);
        if (strstr("OB OW OF OD SQ UN UT UC", vr)) {
            lm_put32(h + 8, length);
            n = 12;
        } else lm_put16(h + 6, (uint16_t)length);
    }
    db_raw(b, h, n);
}
static inline void db_value(dicom_bytes *b, uint32_t tag, const char *vr, const void *p, size_t n)
{
    db_head(b, tag, vr, (uint32_t)(n + (n & 1)));
    db_raw(b, p, n);
    if (n & 1) db_raw(b, strcmp(vr, "UI") && strcmp(vr, "OB") ? " " : "\0", 1);
}
static inline void db_text(dicom_bytes *b, uint32_t tag, const char *vr, const char *s)
{
    db_value(b, tag, vr, s, strlen(s));
}
static inline void db_us(dicom_bytes *b, uint32_t tag, unsigned v)
{
    unsigned char h[2];
    lm_put16(h, (uint16_t)v);
    db_value(b, tag, "US", h, 2);
}
static inline void db_item(dicom_bytes *b, uint32_t length)
{
    db_head(b, 0xfffee000, "", length);
}
static inline void db_item_end(dicom_bytes *b)
{
    db_head(b, 0xfffee00d, "", 0);
}
static inline void db_sequence(dicom_bytes *b, uint32_t tag)
{
    db_head(b, tag, "SQ", UNDEFINED);
}
static inline void db_sequence_end(dicom_bytes *b)
{
    db_head(b, 0xfffee0dd, "", 0);
}
/* Preamble and file meta information; the data set follows. */
static inline void db_begin(dicom_bytes *b, const char *sop_class, const char *transfer)
{
    static const unsigned char preamble[128];
    unsigned char length[4];
    bool implicit = !strcmp(transfer, "1.2.840.10008.1.2");
    memset(b, 0, sizeof *b);
    db_raw(b, preamble, sizeof preamble);
    db_raw(b, "DICM", 4);
    lm_put32(length, 0);
    db_value(b, 0x00020000, "UL", length, 4);
    size_t from = b->n;
    db_value(b, 0x00020001, "OB", "\0\1", 2);
    db_text(b, 0x00020002, "UI", sop_class);
    db_text(b, 0x00020003, "UI", "2.25.1");
    db_text(b, 0x00020010, "UI", transfer);
    lm_put32(b->p + from - 4, (uint32_t)(b->n - from));
    b->implicit = implicit;
}

#endif
