/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "format/deflate.h"
#include "base/hash.h"
#include "base/mem.h"

#include <libdeflate.h>
#include <limits.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

/* 184 MB of model XML, one thread: libdeflate 1 0.6 s, 27.1 MB; 2 1.0 s, 26.6 MB; 4 1.6 s, 26.3 MB; 5 2.1 s, 23.3 MB; 6 3.0 s,
 * 23.0 MB. zlib 1 1.4 s, 32.8 MB; 6 5.0 s, 25.3 MB. */
enum { DEFLATE_WELL = 5, DEFLATE_FAST = 1 };
enum { DEFLATE_SEAL = 5 }; /* most bytes of an empty stored block */

lm_status lm_deflate_all(const void *text, size_t n, lm_deflated *out, lm_err *err)
{
    struct libdeflate_compressor *c = libdeflate_alloc_compressor(DEFLATE_WELL);
    if (!c) return lm_err_nomem(err, 1 << 20);
    size_t cap = libdeflate_deflate_compress_bound(c, n);
    if ((out->p = lm_mem_alloc(cap, 1, err))) out->n = libdeflate_deflate_compress(c, text, n, out->p, cap);
    libdeflate_free_compressor(c);
    if (!out->p) return LM_ENOMEM;
    out->size = n;
    out->crc = lm_hash_crc32(0, text, n);
    return LM_OK;
}

struct lm_deflate {
    struct libdeflate_compressor *c;
    z_stream z;
    bool inflating;
    unsigned char *packed, *text; /* what was packed; room to unpack it */
    size_t packed_cap, text_cap;
};

lm_status lm_deflate_new(lm_deflate **ret, lm_err *err)
{
    lm_deflate *d = lm_mem_calloc(1, sizeof *d, err);
    if (!d) return LM_ENOMEM;
    d->c = libdeflate_alloc_compressor(DEFLATE_FAST);
    d->inflating = d->c && inflateInit2(&d->z, -MAX_WBITS) == Z_OK;
    if (!d->inflating) {
        lm_deflate_free(d);
        return lm_err_nomem(err, 1 << 17);
    }
    *ret = d;
    return LM_OK;
}

void lm_deflate_free(lm_deflate *d)
{
    if (!d) return;
    if (d->inflating) inflateEnd(&d->z);
    libdeflate_free_compressor(d->c);
    free(d->packed);
    free(d->text);
    free(d);
}

static lm_status deflate_room(unsigned char **p, size_t *cap, size_t n, lm_err *err)
{
    if (*cap >= n) return LM_OK;
    free(*p);
    *cap = 0;
    if (!(*p = lm_mem_alloc(n, 1, err))) return LM_ENOMEM;
    *cap = n;
    return LM_OK;
}

/* Walk over the blocks of the stream of n bytes; clear the mark of the last one. Returns the bit behind its end, 0 when the
 * stream is no stream of `size` bytes. */
static size_t deflate_unmark(lm_deflate *d, size_t n, size_t size)
{
    size_t bit = 0;
    if (inflateReset(&d->z) != Z_OK) return 0;
    d->z.next_in = d->packed;
    d->z.avail_in = (uInt)n;
    d->z.next_out = d->text;
    d->z.avail_out = (uInt)size;
    for (bool last = false; !last;) {
        unsigned char *at = d->packed + bit / 8, mark = (unsigned char)(1u << bit % 8);
        if (bit / 8 >= n) return 0;
        last = *at & mark; /* the first bit of a block; zlib may hold a copy of it already, which does no harm */
        *at &= (unsigned char)~mark;
        int is = inflate(&d->z, Z_BLOCK);
        if (is != Z_OK || !(d->z.data_type & 128)) return 0;
        bit = 8 * (n - d->z.avail_in) - (size_t)(d->z.data_type & 7);
    }
    return d->z.avail_out || d->z.avail_in ? 0 : bit;
}

lm_status lm_deflate_piece(lm_deflate *d, const void *text, size_t n, lm_deflated *out, lm_err *err)
{
    if (n > UINT_MAX / 2) return lm_err_set(err, LM_ERANGE, NULL, "a piece of %zu bytes to be packed at once", n);
    size_t cap = libdeflate_deflate_compress_bound(d->c, n) + DEFLATE_SEAL;
    lm_status rc = deflate_room(&d->packed, &d->packed_cap, cap, err);
    if (rc || (rc = deflate_room(&d->text, &d->text_cap, n + 1, err))) return rc;
    size_t used = libdeflate_deflate_compress(d->c, text, n, d->packed, cap - DEFLATE_SEAL), bit = deflate_unmark(d, used, n);
    if (!bit) return lm_err_set(err, LM_EFORMAT, NULL, "libdeflate and zlib do not agree about the packed data");
    static const unsigned char seal[4] = {0, 0, 0xff,
                                          0xff}; /* length 0 and its complement, after three bits 0 and the rest of the byte */
    size_t end = (bit + 3 + 7) / 8;
    if (bit % 8) d->packed[bit / 8] &= (unsigned char)((1u << bit % 8) - 1);
    for (size_t i = (bit + 7) / 8; i < end; i++) d->packed[i] = 0;
    memcpy(d->packed + end, seal, sizeof seal);
    *out = (lm_deflated){.n = end + sizeof seal, .size = n, .crc = lm_hash_crc32(0, text, n)};
    if (!(out->p = lm_mem_alloc(out->n, 1, err))) return LM_ENOMEM;
    memcpy(out->p, d->packed, out->n);
    return LM_OK;
}

lm_status lm_deflate_join(const lm_deflated *piece, size_t n, lm_deflated *out, lm_err *err)
{
    static const unsigned char last[2] = {3, 0}; /* an empty block with fixed codes, marked as the last */
    *out = (lm_deflated){.n = sizeof last};
    for (size_t i = 0; i < n; i++) {
        out->n += piece[i].n;
        out->size += piece[i].size;
        out->crc = (uint32_t)crc32_combine(out->crc, piece[i].crc, (z_off_t)piece[i].size);
    }
    if (!(out->p = lm_mem_alloc(out->n, 1, err))) return LM_ENOMEM;
    unsigned char *o = out->p;
    for (size_t i = 0; i < n; i++) {
        memcpy(o, piece[i].p, piece[i].n);
        o += piece[i].n;
    }
    memcpy(o, last, sizeof last);
    return LM_OK;
}
