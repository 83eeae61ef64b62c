/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "dicom/decode.h"
#include "base/hash.h"

#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { DECODE_BLOCK = 2048 };

/* A block of stored samples as numbers: bits above High Bit (old overlays) are masked off, signed ones extended. */
#define DECODE_EXPAND(T) \
    { \
        const T *s = (const T *)stored + from; \
        for (size_t i = 0; i < n; i++) { \
            uint32_t u = ((uint32_t)s[i] >> shift) & mask; \
            v[i] = (double)((int64_t)(u ^ sign) - (int64_t)sign); \
        } \
        break; \
    }

static void decode_expand(const lm_dicom_file *f, const void *stored, size_t from, size_t n, double *v)
{
    unsigned shift = f->high_bit + 1 - f->bits_stored;
    uint32_t mask = f->bits_stored >= 32 ? UINT32_MAX : (1u << f->bits_stored) - 1;
    uint32_t sign = f->is_signed ? 1u << (f->bits_stored - 1) : 0;
    switch (f->bits_allocated) {
    case 8: DECODE_EXPAND(uint8_t)
    case 16: DECODE_EXPAND(uint16_t)
    default: DECODE_EXPAND(uint32_t)
    }
}

static bool decode_whole(double x)
{
    return x > -1e9 && x < 1e9 && x == (double)(long)x;
}

bool lm_decode_whole(const lm_dicom_file *f)
{
    return decode_whole(f->slope) && decode_whole(f->intercept);
}

int16_t lm_decode_padding(const lm_dicom_file *f)
{
    double v = f->slope * (double)f->padding[0] + f->intercept;
    return v < INT16_MIN ? INT16_MIN : v > INT16_MAX ? INT16_MAX : (int16_t)v;
}

/* The usual slice: 16 bits, slope 1, a whole intercept, to int16. All in integers, which is several times faster. */
static bool decode_plain(const lm_dicom_file *f, lm_type type)
{
    return type == LM_I16 && f->bits_allocated == 16 && f->slope == 1 && fabs(f->intercept) < 1e6 && lm_decode_whole(f);
}

static void decode_plain_samples(const lm_dicom_file *f, const uint16_t *s, size_t n, int16_t *o, lm_decode_slice *r)
{
    unsigned shift = f->high_bit + 1 - f->bits_stored, mask = (1u << f->bits_stored) - 1;
    int sign = f->is_signed ? 1 << (f->bits_stored - 1) : 0, add = (int)f->intercept, lo = INT_MAX, hi = INT_MIN;
    /* as stored values: none when there is no padding */
    long from = f->has_padding ? f->padding[0] : INT_MAX, to = f->has_padding ? f->padding[1] : INT_MIN;
    int pad_lo = (int)(from > INT_MAX ? INT_MAX : from), pad_hi = (int)(to < INT_MIN ? INT_MIN : to);
    int pad16 = f->has_padding ? lm_decode_padding(f) : 0;
    int padded = 0, clash = 0;
    for (size_t i = 0; i < n; i++) { /* masks of all bits, which compilers turn into vectors */
        int v = (int)((((unsigned)s[i] >> shift) & mask) ^ (unsigned)sign) - sign, x = v + add;
        int pad = -(v >= pad_lo) & -(v <= pad_hi), low = (x & ~pad) | (INT_MAX & pad), high = (x & ~pad) | (INT_MIN & pad);
        lo = low < lo ? low : lo;
        hi = high > hi ? high : hi;
        padded -= pad;
        clash -= ~pad & -(x == pad16);
        o[i] = (int16_t)((x & ~pad) | (pad16 & pad));
    }
    bool any = (size_t)padded < n;
    r->lo = any ? lo : INFINITY;
    r->hi = any ? hi : -INFINITY;
    r->padded = (size_t)padded;
    r->fits = (!any || (lo >= INT16_MIN && hi <= INT16_MAX)) && !(padded && clash);
}

void lm_decode_samples(const lm_dicom_file *f, const void *stored, size_t n, lm_type type, void *out, lm_decode_slice *r)
{
    double v[DECODE_BLOCK], lo = INFINITY, hi = -INFINITY;
    double pad_lo = f->has_padding ? (double)f->padding[0] : INFINITY, pad_hi = f->has_padding ? (double)f->padding[1] : -INFINITY;
    int16_t pad16 = f->has_padding ? lm_decode_padding(f) : 0;
    size_t padded = 0, clash = 0;
    lm_hash_sha256 sha;
    lm_hash_sha256_init(&sha);
    lm_hash_sha256_update(&sha, stored, n * (f->bits_allocated / 8));
    sha256_digest(&sha, sizeof r->sha256, r->sha256);
    if (out && n < INT_MAX && decode_plain(f, type)) {
        decode_plain_samples(f, stored, n, out, r);
        return;
    }
    for (size_t from = 0; from < n; from += DECODE_BLOCK) {
        size_t k = n - from < DECODE_BLOCK ? n - from : DECODE_BLOCK;
        decode_expand(f, stored, from, k, v);
        for (size_t i = 0; i < k; i++) {
            bool pad = v[i] >= pad_lo && v[i] <= pad_hi;
            double x = f->slope * v[i] + f->intercept;
            padded += pad;
            lo = !pad && x < lo ? x : lo;
            hi = !pad && x > hi ? x : hi;
            clash += !pad && x == pad16;
            v[i] = pad ? NAN : x;
        }
        if (out && type == LM_I16) {
            int16_t *o = (int16_t *)out + from;
            for (size_t i = 0; i < k; i++) o[i] = v[i] != v[i] ? pad16 : v[i] >= INT16_MIN && v[i] <= INT16_MAX ? (int16_t)v[i] : 0;
        } else if (out) {
            float *o = (float *)out + from;
            for (size_t i = 0; i < k; i++) o[i] = (float)v[i];
        }
    }
    r->lo = lo;
    r->hi = hi;
    r->padded = padded;
    r->fits = lm_decode_whole(f) && (padded == n || (lo >= INT16_MIN && hi <= INT16_MAX)) && !(padded && clash);
}

void lm_decode_forget(lm_decode_reader *keep)
{
    lm_gdcm_close(keep->object);
    free(keep->stored);
    *keep = (lm_decode_reader){.object = NULL};
}

/* The stored samples of a frame into keep->stored: a code of gdcm_shim.h. */
static int decode_stored(lm_decode_reader *keep, const lm_gdcm_file *from, const lm_dicom_file *f, size_t frame, size_t *got)
{
    size_t want = lm_decode_bytes(f);
    int rc = LM_GDCM_OK;
    if (keep->stored_bytes < want) {
        free(keep->stored);
        keep->stored_bytes = (keep->stored = malloc(want)) ? want : 0;
        if (!keep->stored) return LM_GDCM_MEMORY;
    }
    bool same = keep->object && keep->from.path == from->path && keep->from.p == from->p && keep->from.n == from->n;
    if (!same) {
        lm_gdcm_close(keep->object);
        keep->object = NULL;
        keep->from = *from;
        if ((rc = lm_gdcm_open(from, f->frames, want, &keep->object, got))) return rc;
    }
    rc = lm_gdcm_frame(keep->object, frame, keep->stored, got);
    if (f->frames > 1 && !rc) return rc;
    lm_gdcm_close(keep->object);
    keep->object = NULL;
    return rc;
}

int lm_decode_file(lm_decode_reader *keep, const lm_gdcm_file *from, const lm_dicom_file *f, size_t frame, lm_type type, void *out,
                   lm_decode_slice *r)
{
    static const int status[] = {
        [LM_GDCM_OK] = LM_DECODE_OK,         [LM_GDCM_UNREADABLE] = LM_DECODE_UNREADABLE,
        [LM_GDCM_MEMORY] = LM_DECODE_MEMORY, [LM_GDCM_NO_PIXELS] = LM_DECODE_NO_PIXELS,
        [LM_GDCM_LENGTH] = LM_DECODE_LENGTH, [LM_GDCM_CODEC] = LM_DECODE_CODEC,
    };
    memset(r, 0, sizeof *r);
    r->status = status[decode_stored(keep, from, f, frame, &r->got)];
    if (!r->status) lm_decode_samples(f, keep->stored, (size_t)f->rows * f->columns, type, out, r);
    return r->status;
}
