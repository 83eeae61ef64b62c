/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "dicom/segpixels.h"
#include "base/bytes.h"
#include "base/child.h"
#include "base/inflate.h"
#include "base/mem.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

enum { T_PIXELS = 0x7fe00010, T_TRANSFER = 0x00020010, SEG_BATCH = 64 << 20 };

typedef enum { SEG_NATIVE, SEG_RLE, SEG_DEFLATE, SEG_CODEC } seg_coding;

/* Fragments of a frame, first and behind the last. */
typedef struct {
    size_t from, to;
} seg_range;

struct lm_segpixels {
    const lm_tree_item *root;
    lm_segpixels_format f;
    const size_t *order;
    size_t next, samples; /* samples: bytes of one frame as handed out */
    seg_coding coding;
    char transfer[65];
    const unsigned char *native;
    seg_range *range;      /* of each frame, when not native */
    unsigned char *frame;  /* one frame; the compressed bytes of one where they are in several fragments */
    unsigned char *packed; /* what decoding needs on the way */
    size_t packed_cap;
    unsigned char *batch; /* shared with children: frames from..to of order */
    size_t batch_bytes, batch_from, batch_to, per_batch;
};

void lm_segpixels_close(lm_segpixels *p)
{
    if (!p) return;
    if (p->batch) munmap(p->batch, p->batch_bytes);
    free(p->range);
    free(p->frame);
    free(p->packed);
    free(p);
}

void lm_segpixels_bits(const unsigned char *p, size_t from, size_t n, unsigned char *out)
{
    size_t i = 0, shift = from % 8;
    for (const unsigned char *q = p + from / 8; n - i > 8; i += 8, q++) { /* bit k to byte k of a word */
        uint64_t v = (uint64_t)(q[0] >> shift | q[1] << (8 - shift)) & 0xff;
        v = v * 0x0101010101010101u & 0x8040201008040201u;
        v = (v + 0x7f7f7f7f7f7f7f7fu) >> 7 & 0x0101010101010101u;
        memcpy(out + i, &v, sizeof v);
    }
    for (; i < n; i++) out[i] = (unsigned char)(p[(from + i) / 8] >> ((from + i) % 8) & 1);
}

/* PackBits (PS3.5 G.3.2): `want` bytes, and at most one on either side to make a length even. */
static bool seg_packbits(const unsigned char *p, const unsigned char *end, unsigned char *out, size_t want)
{
    for (size_t n = 0; n < want;) {
        if (p == end) return false;
        int c = (signed char)*p++;
        if (c == -128) continue;
        size_t k = c < 0 ? (size_t)(1 - c) : (size_t)c + 1, need = c < 0 ? 1 : k;
        if ((size_t)(end - p) < need) return false;
        if (k > want - n + 1) return false;
        if (k > want - n) k = want - n;
        if (c < 0) memset(out + n, *p, k);
        else memcpy(out + n, p, k);
        p += need;
        n += k;
    }
    return end - p <= 1;
}

lm_status lm_segpixels_rle(const unsigned char *p, size_t n, unsigned segments, unsigned char *out, size_t want, lm_err *err)
{
    enum { HEAD = 64, MOST = 15 };
    if (n < HEAD || lm_get32(p) != segments || segments > MOST)
        return lm_err_set(err, LM_EFORMAT, NULL, "RLE data are cut off, or have another number of segments than %u", segments);
    for (unsigned s = 0; s < segments; s++) {
        size_t from = lm_get32(p + 4 + 4 * s), to = s + 1 < segments ? lm_get32(p + 8 + 4 * s) : n;
        if (from < HEAD || from > to || to > n || !seg_packbits(p + from, p + to, out + s * want, want))
            return lm_err_set(err, LM_EFORMAT, NULL, "RLE segment %u is damaged or cut off", s + 1);
    }
    return LM_OK;
}

/* ---- which fragments are which frame ---- */

/* One fragment each, or as the offset table says (PS3.5 A.4). */
static lm_status seg_ranges(lm_segpixels *p, lm_err *err)
{
    size_t fragments = lm_tree_fragments(p->root, T_PIXELS), n, last = 1;
    if (fragments < 2) return lm_err_set(err, LM_EFORMAT, NULL, "there are no pixel data");
    if (!(p->range = lm_mem_calloc(p->f.frames, sizeof *p->range, err))) return LM_ENOMEM;
    if (p->f.frames == 1) p->range[0] = (seg_range){1, fragments};
    if (p->f.frames == 1) return LM_OK;
    for (size_t i = 0; i < p->f.frames && fragments - 1 == p->f.frames; i++) p->range[i] = (seg_range){i + 1, i + 2};
    if (fragments - 1 == p->f.frames) return LM_OK;
    const unsigned char *table = lm_tree_fragment(p->root, T_PIXELS, 0, &n);
    if (!table || n != 4 * p->f.frames)
        return lm_err_set(err, LM_EFORMAT, NULL, "%zu fragments for %zu frames, and no offset table", fragments - 1, p->f.frames);
    uint64_t at = 0;
    for (size_t i = 0; i < p->f.frames; i++) {
        for (; last < fragments && at < lm_get32(table + 4 * i); last++) {
            lm_tree_fragment(p->root, T_PIXELS, last, &n);
            at += n + 8;
        }
        if (at != lm_get32(table + 4 * i) || last == fragments)
            return lm_err_set(err, LM_EFORMAT, NULL, "the offset table does not fit the fragments of frame %zu", i + 1);
        if (i) p->range[i - 1].to = last;
        p->range[i].from = last;
    }
    p->range[p->f.frames - 1].to = fragments;
    return LM_OK;
}

/* The compressed bytes of a frame: in place where one fragment holds them, else copied together into p->packed. */
static lm_status seg_compressed(lm_segpixels *p, size_t frame, const unsigned char **bytes, size_t *n, lm_err *err)
{
    const seg_range r = p->range[frame];
    size_t k, total = 0;
    *n = 0;
    *bytes = r.to - r.from == 1 ? lm_tree_fragment(p->root, T_PIXELS, r.from, n) : NULL;
    if (*bytes) return LM_OK;
    for (size_t i = r.from; i < r.to; i++) {
        lm_tree_fragment(p->root, T_PIXELS, i, &k);
        total += k;
    }
    if (!total) return lm_err_set(err, LM_EFORMAT, NULL, "frame %zu has no pixel data", frame + 1);
    lm_status rc = lm_mem_grow(&p->packed, &p->packed_cap, total, 1, err);
    if (rc) return rc;
    for (size_t i = r.from; i < r.to; i++) {
        const void *part = lm_tree_fragment(p->root, T_PIXELS, i, &k);
        if (part) memcpy(p->packed + *n, part, k);
        *n += k;
    }
    *bytes = p->packed;
    return LM_OK;
}

/* ---- the codings ---- */

/* GDCM's codecs, in a child: item is a place in the batch. */
static int seg_codec_one(void *ctx, size_t item)
{
    lm_segpixels *p = ctx;
    size_t frame = p->order[p->batch_from + item], n;
    const unsigned char *bytes;
    lm_gdcm_format f = {p->f.columns, p->f.rows, p->f.bits > 8 ? 2 : 1};
    if (seg_compressed(p, frame, &bytes, &n, NULL)) return LM_GDCM_CODEC;
    return lm_gdcm_codec(p->transfer, bytes, n, &f, p->batch + item * p->samples);
}

static lm_status seg_codec_batch(lm_segpixels *p, lm_err *err)
{
    size_t left = p->f.frames - p->next;
    p->batch_from = p->next;
    p->batch_to = p->next + (left < p->per_batch ? left : p->per_batch);
    lm_child_job job = {.n = p->batch_to - p->batch_from,
                        .children = p->f.threads,
                        .max_memory = ((size_t)256 << 20) + 32 * p->samples,
                        .fn = seg_codec_one,
                        .ctx = p,
                        .what = "decoding"};
    lm_child_end end;
    lm_status rc = lm_child_run(&job, &end, err);
    if (rc || end.why == LM_CHILD_DONE) return rc;
    size_t frame = p->order[p->batch_from + end.item] + 1;
    if (end.why == LM_CHILD_FAILED && end.code == LM_GDCM_LENGTH)
        return lm_err_set(err, LM_EFORMAT, NULL, "frame %zu has another size or depth than is stated", frame);
    return lm_err_set(err, LM_EFORMAT, NULL, "frame %zu cannot be decoded: damaged, or transfer syntax %s is not supported", frame,
                      p->transfer);
}

/* A frame of packed bits to bytes; other frames are bytes already. The length says which: with one pad byte at most. */
static lm_status seg_spread(lm_segpixels *p, size_t got, lm_err *err)
{
    size_t packed = (p->f.pixels + 7) / 8;
    if (got == p->samples || got == p->samples + 1) return LM_OK;
    if (p->f.bits != 1 || (got != packed && got != packed + 1))
        return lm_err_set(err, LM_EFORMAT, NULL, "%zu bytes, where %zu pixels of %u bits are stated", got, p->f.pixels, p->f.bits);
    for (size_t i = p->f.pixels; i-- > 0;) p->frame[i] = p->frame[i / 8] >> (i % 8) & 1; /* from behind: in place */
    return LM_OK;
}

static lm_status seg_rle(lm_segpixels *p, const unsigned char *bytes, size_t n, lm_err *err)
{
    if (p->f.bits == 1) { /* bytes or, as they should be, bits: only one of the lengths can be right */
        size_t packed = (p->f.pixels + 7) / 8;
        if (!lm_segpixels_rle(bytes, n, 1, p->frame, p->f.pixels, NULL)) return LM_OK;
        lm_status rc = lm_segpixels_rle(bytes, n, 1, p->frame, packed, err);
        return rc ? rc : seg_spread(p, packed, err);
    }
    if (p->f.bits == 8) return lm_segpixels_rle(bytes, n, 1, p->frame, p->f.pixels, err);
    unsigned char *planes = lm_mem_alloc(p->f.pixels, 2, err);
    if (!planes) return LM_ENOMEM;
    lm_status rc = lm_segpixels_rle(bytes, n, 2, planes, p->f.pixels, err);
    for (size_t i = 0; i < p->f.pixels && !rc; i++) {
        p->frame[2 * i] = planes[p->f.pixels + i];
        p->frame[2 * i + 1] = planes[i];
    }
    free(planes);
    return rc;
}

static lm_status seg_deflated(lm_segpixels *p, const unsigned char *bytes, size_t n, lm_err *err)
{
    size_t got;
    lm_status rc = lm_inflate(bytes, n, p->frame, p->samples + 1, &got, err);
    return rc ? rc : seg_spread(p, got, err);
}

lm_status lm_segpixels_next(lm_segpixels *p, const void **samples, lm_err *err)
{
    const unsigned char *bytes;
    size_t n, frame = p->order[p->next];
    lm_status rc = LM_OK;
    *samples = p->frame;
    if (p->coding == SEG_CODEC) {
        if (p->next >= p->batch_to && (rc = seg_codec_batch(p, err))) return rc;
        *samples = p->batch + (p->next - p->batch_from) * p->samples;
    } else if (p->coding != SEG_NATIVE) {
        if ((rc = seg_compressed(p, frame, &bytes, &n, err))) return rc;
        rc = p->coding == SEG_RLE ? seg_rle(p, bytes, n, err) : seg_deflated(p, bytes, n, err);
        if (rc) return lm_err_frame(err, "frame %zu", frame + 1);
    } else if (p->f.bits == 1) lm_segpixels_bits(p->native, frame * p->f.pixels, p->f.pixels, p->frame);
    else memcpy(p->frame, p->native + frame * p->samples, p->samples);
    p->next++;
    return LM_OK;
}

/* ---- opening ---- */

static seg_coding seg_coding_of(const char *uid)
{
    return !strcmp(uid, "1.2.840.10008.1.2.5") ? SEG_RLE : !strcmp(uid, "1.2.840.10008.1.2.8.1") ? SEG_DEFLATE : SEG_CODEC;
}

static lm_status seg_native(lm_segpixels *p, lm_err *err)
{
    size_t n, bits = 0, want;
    p->coding = SEG_NATIVE;
    p->native = lm_tree_bytes(p->root, T_PIXELS, &n);
    if (!p->native) return lm_err_set(err, LM_EFORMAT, NULL, "there are no pixel data");
    if (!lm_mem_mul(p->f.pixels, p->f.frames, &bits) || !lm_mem_mul(bits, p->f.bits, &bits))
        return lm_err_set(err, LM_EFORMAT, NULL, "%zu frames of %zu pixels are too many", p->f.frames, p->f.pixels);
    want = bits / 8 + (bits % 8 != 0); /* bits run on from frame to frame; one pad byte at the very end */
    if (n == want || n == want + (want & 1)) return LM_OK;
    return lm_err_set(err, LM_EFORMAT, NULL, "pixel data of %zu bytes where %zu frames of %u x %u pixels of %u bit%s need %zu", n,
                      p->f.frames, p->f.columns, p->f.rows, p->f.bits, p->f.bits == 1 ? "" : "s", want);
}

static lm_status seg_open(lm_segpixels *p, lm_err *err)
{
    lm_status rc = LM_OK;
    lm_tree_code(p->root, T_TRANSFER, 0, p->transfer, sizeof p->transfer);
    if (!lm_tree_fragments(p->root, T_PIXELS)) rc = seg_native(p, err);
    else {
        p->coding = seg_coding_of(p->transfer);
        rc = seg_ranges(p, err);
    }
    if (!rc && !(p->frame = lm_mem_alloc(p->samples + 2, 1, err))) rc = LM_ENOMEM;
    if (rc || p->coding != SEG_CODEC) return rc;
    p->per_batch = SEG_BATCH / p->samples ? SEG_BATCH / p->samples : 1;
    if (p->per_batch > p->f.frames) p->per_batch = p->f.frames;
    p->batch = lm_child_map(p->per_batch, p->samples, &p->batch_bytes, err);
    return p->batch ? LM_OK : LM_ENOMEM;
}

lm_status lm_segpixels_open(const lm_tree_item *root, const lm_segpixels_format *f, const size_t *order, lm_segpixels **ret,
                            lm_err *err)
{
    lm_segpixels *p = lm_mem_calloc(1, sizeof *p, err);
    if (!p) return LM_ENOMEM;
    p->root = root;
    p->f = *f;
    p->order = order;
    p->samples = f->pixels * (f->bits > 8 ? 2 : 1);
    lm_status rc = seg_open(p, err);
    if (rc) lm_segpixels_close(p);
    else *ret = p;
    return rc;
}
