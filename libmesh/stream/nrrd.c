/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Contents: 1 payload, 2 reading, 3 writing */
#include "stream/nrrd.h"
#include "base/bytes.h"
#include "base/gzip.h"
#include "base/hash.h"
#include "base/mem.h"
#include "base/num.h"
#include "base/version.h"
#include "stream/nrrd_head.h"
#include "stream/payload.h"
#include "stream/segnrrd.h"

#include <ctype.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* ---- 1 payload ---- */

/* One number as a sample. Integers must be whole and in range; NaN and infinity are numbers of float and double. */
static bool nrrd_number(const char *s, const char *end, lm_type t, unsigned char *o)
{
    static const double lo[] = {
        [LM_I8] = INT8_MIN, [LM_U8] = 0, [LM_I16] = INT16_MIN, [LM_U16] = 0, [LM_I32] = INT32_MIN, [LM_U32] = 0};
    static const double hi[] = {[LM_I8] = INT8_MAX,    [LM_U8] = UINT8_MAX,  [LM_I16] = INT16_MAX,
                                [LM_U16] = UINT16_MAX, [LM_I32] = INT32_MAX, [LM_U32] = UINT32_MAX};
    double v;
    if (lm_num_parse(s, end, &v) != end) {
        bool neg = *s == '-';
        if (*s == '-' || *s == '+') s++;
        size_t n = (size_t)(end - s);
        if ((n == 3 && !strncasecmp(s, "inf", 3)) || (n == 8 && !strncasecmp(s, "infinity", 8))) v = neg ? -INFINITY : INFINITY;
        else if (n == 3 && !strncasecmp(s, "nan", 3)) v = NAN;
        else return false;
    }
    if (t == LM_F64) memcpy(o, &v, 8);
    else if (t == LM_F32) lm_putf32(o, (float)v);
    else {
        if (!(v >= lo[t] && v <= hi[t]) || v != floor(v)) return false;
        int64_t i = (int64_t)v; /* two's complement, little-endian: the low bytes are the sample */
        memcpy(o, &i, lm_vol_type_size(t));
    }
    return true;
}

static lm_status nrrd_read_text(lm_in *in, lm_payload *s, lm_type type, lm_err *err)
{
    enum { PEEK = 65536, TOKEN = 400 };
    size_t width = lm_vol_type_size(type), room, got, gone;
    char sink[PEEK];
    lm_status rc;
    for (;;) {
        const unsigned char *p;
        if ((rc = lm_io_peek(in, PEEK, &p, &got, err))) return rc;
        const char *c = (const char *)p, *end = c + got, *start = c;
        bool last = got < PEEK;
        while (c < end) {
            if (isspace((unsigned char)*c)) {
                c++;
                continue;
            }
            const char *e = c;
            while (e < end && !isspace((unsigned char)*e)) e++;
            if (e == end && !last) break; /* the number goes on in the next block */
            if (s->used == s->total)
                return lm_err_set(err, LM_EFORMAT, NULL, "NRRD payload: text after the %zu numbers that 'sizes' need",
                                  s->total / width);
            if ((rc = lm_payload_room(s, &room, err))) return rc;
            if (!nrrd_number(c, e, type, s->p + s->used))
                return lm_err_set(err, LM_EFORMAT, NULL, "NRRD payload: sample %zu, '%.*s', is no %s", s->used / width,
                                  (int)(e - c > 40 ? 40 : e - c), c, lm_vol_type_name(type));
            s->used += width;
            c = e;
        }
        gone = (size_t)(c - start);
        if (end - c > TOKEN) return lm_err_set(err, LM_EFORMAT, NULL, "NRRD payload: sample %zu is no number", s->used / width);
        if (!got) return s->used == s->total ? LM_OK : lm_payload_short(s, s->used, err);
        if ((rc = lm_io_read(in, sink, gone, err))) return rc;
    }
}

/* Of a file it is known beforehand how much there is. */
static lm_status nrrd_enough(const lm_in *in, const lm_nrrd_head *h, const lm_payload *s, lm_err *err)
{
    uint64_t left = lm_io_size(in) == UINT64_MAX ? UINT64_MAX : lm_io_size(in) - lm_io_tell(in);
    return h->encoding == LM_NRRD_RAW && left < h->bytes ? lm_payload_short(s, (size_t)left, err) : LM_OK;
}

static lm_status nrrd_samples(lm_in *in, const lm_nrrd_head *h, lm_payload *s, uint32_t *crc, lm_err *err)
{
    size_t width = lm_nrrd_head_width(h);
    lm_status rc = nrrd_enough(in, h, s, err);
    if (rc) return rc;
    rc = h->encoding == LM_NRRD_TEXT ? nrrd_read_text(in, s, h->vol.type, err)
                                     : lm_payload_read(in, s, h->big ? width : 1, crc, err);
    if (rc || (rc = lm_payload_end(in, s, err))) return rc;
    if (h->encoding == LM_NRRD_TEXT) *crc = lm_hash_crc32(0, s->p, s->total);
    return LM_OK;
}

lm_status lm_nrrd_payload(lm_in *in, const lm_nrrd_head *h, lm_type *type, void **data, uint32_t *crc, lm_err *err)
{
    lm_payload s = {.total = h->bytes, .what = "NRRD"};
    lm_in *packed = NULL;
    *crc = 0;
    *type = h->vol.type;
    lm_status rc = h->encoding == LM_NRRD_GZIP ? lm_gzip_open(in, &packed, err) : LM_OK;
    if (!rc) rc = nrrd_samples(packed ? packed : in, h, &s, crc, err);
    lm_io_close(packed);
    if (!rc) rc = lm_record_payload_check(&h->said, "NRRD", *crc, h->bytes, err);
    if (!rc && h->wide && h->encoding != LM_NRRD_TEXT) rc = lm_payload_narrow(&s, h->wide == 1, type, err);
    if (rc) free(s.p);
    else *data = s.p;
    return rc;
}

/* ---- 2 reading ---- */

static lm_status nrrd_parts(const lm_nrrd_head *h, lm_parts *parts, lm_err *err)
{
    lm_segnrrd seg;
    lm_status rc = lm_segnrrd_parse(h, &seg, err);
    for (size_t i = 0; i < seg.n && !rc; i++) rc = lm_parts_add(parts, &seg.item[i].region.part, err);
    lm_segnrrd_release(&seg);
    return rc;
}

struct lm_nrrd {
    lm_in *in, *packed;
    lm_nrrd_head h;
    lm_payload pay; /* of slices: how many bytes have come */
    uint32_t crc;
    lm_records *rec;
};

lm_status lm_nrrd_open(lm_in *in, lm_nrrd **ret, lm_vol *grid, lm_records *rec, lm_err *err)
{
    lm_vol_release(grid);
    lm_record_release(rec);
    *ret = NULL;
    lm_nrrd *n = lm_mem_calloc(1, sizeof *n, err);
    if (!n) return LM_ENOMEM;
    *n = (lm_nrrd){.in = in, .h = LM_NRRD_HEAD_INIT, .rec = rec};
    memset(rec->item, 0, sizeof rec->item);
    lm_status rc = lm_nrrd_head_read(in, &n->h, rec, err);
    if (!rc && n->h.layers > 1)
        rc =
            lm_err_set(err, LM_ERULE, NULL,
                       "the file holds %zu layers of segments that may overlap: choose from them with dcmseg --label", n->h.layers);
    if (!rc) {
        *grid = n->h.vol;
        rc = nrrd_parts(&n->h, &grid->parts, err);
    }
    if (rc) {
        rec->n = LM_RECORDS_MAX; /* with gaps, when the header was cut: json_decref takes NULL */
        lm_record_release(rec);
        lm_vol_release(grid);
        lm_nrrd_close(n);
        return rc;
    }
    n->pay = (lm_payload){.total = n->h.bytes, .what = "NRRD"};
    if (n->h.said.has_bytes && n->h.said.has_crc) lm_record_check(rec, n->h.said.crc, n->h.said.bytes);
    *ret = n;
    return LM_OK;
}

bool lm_nrrd_sliced(const lm_nrrd *n)
{
    return n->h.encoding != LM_NRRD_TEXT && !n->h.wide;
}

lm_status lm_nrrd_slices(void *ctx, void *to, size_t slices, lm_err *err)
{
    lm_nrrd *n = ctx;
    const size_t width = lm_nrrd_head_width(&n->h), bytes = slices * n->h.vol.n[0] * n->h.vol.n[1] * width;
    lm_status rc = n->pay.used ? LM_OK : nrrd_enough(n->in, &n->h, &n->pay, err);
    if (!rc && n->h.encoding == LM_NRRD_GZIP && !n->packed) rc = lm_gzip_open(n->in, &n->packed, err);
    lm_in *from = n->packed ? n->packed : n->in;
    if (!rc) rc = lm_payload_next(from, &n->pay, to, bytes, n->h.big ? width : 1, &n->crc, err);
    if (rc || n->pay.used < n->pay.total) return rc;
    if ((rc = lm_payload_end(from, &n->pay, err)) || (rc = lm_record_payload_check(&n->h.said, "NRRD", n->crc, n->h.bytes, err)))
        return rc;
    lm_record_check(n->rec, n->crc, n->h.bytes);
    return LM_OK;
}

lm_status lm_nrrd_samples(lm_nrrd *n, lm_vol *vol, lm_err *err)
{
    lm_status rc = lm_nrrd_payload(n->in, &n->h, &vol->type, &vol->data, &n->crc, err);
    if (!rc) lm_record_check(n->rec, n->crc, n->h.bytes);
    return rc;
}

void lm_nrrd_close(lm_nrrd *n)
{
    if (!n) return;
    lm_io_close(n->packed);
    lm_nrrd_head_release(&n->h);
    free(n);
}

lm_status lm_nrrd_read(lm_in *in, lm_vol *vol, lm_records *rec, lm_err *err)
{
    lm_nrrd *n;
    lm_status rc = lm_nrrd_open(in, &n, vol, rec, err);
    if (rc) return rc;
    if ((rc = lm_nrrd_samples(n, vol, err))) {
        lm_record_release(rec);
        lm_vol_release(vol);
    }
    lm_nrrd_close(n);
    return rc;
}

/* ---- 3 writing ---- */

static void nrrd_put_vector(lm_out *out, const double v[3])
{
    char t[3][LM_NUM_TEXT];
    for (int c = 0; c < 3; c++) lm_num_f64(v[c], t[c]);
    lm_io_printf(out, "(%s,%s,%s)", t[0], t[1], t[2]);
}

static lm_status nrrd_put_records(lm_out *out, const lm_records *rec, lm_err *err)
{
    for (size_t i = 0; i < rec->n; i++) {
        char *text = lm_record_text(rec->item[i], err);
        if (!text) return err ? err->code : LM_ENOMEM;
        lm_io_printf(out, "meshqa_record_%zu:=", i + 1);
        for (const char *s = text; *s;) {
            size_t n = strcspn(s, "\\");
            lm_io_write(out, s, n);
            s += n;
            if (*s) {
                lm_io_write(out, "\\\\", 2);
                s++;
            }
        }
        lm_io_write(out, "\n", 1);
        free(text);
    }
    return LM_OK;
}

static void nrrd_put_volume(lm_out *out, const lm_vol *vol)
{
    lm_io_printf(out, "NRRD0005\ntype: %s\ndimension: 3\nspace: left-posterior-superior\nsizes: %zu %zu %zu\nspace directions:",
                 lm_vol_type_name(vol->type), vol->n[0], vol->n[1], vol->n[2]);
    for (int a = 0; a < 3; a++) {
        lm_io_write(out, " ", 1);
        nrrd_put_vector(out, vol->dir[a]);
    }
    lm_io_printf(out, "\nkinds: domain domain domain\n%sencoding: raw\nspace units: \"mm\" \"mm\" \"mm\"\nspace origin: ",
                 lm_vol_type_size(vol->type) > 1 ? "endian: little\n" : "");
    nrrd_put_vector(out, vol->origin);
}

static void nrrd_put_image(lm_out *out, const lm_vol *vol)
{
    char x[LM_NUM_TEXT], y[LM_NUM_TEXT];
    lm_num_f64(vol->dir[0][0], x);
    lm_num_f64(vol->dir[1][1], y);
    lm_io_printf(out, "NRRD0005\ntype: %s\ndimension: 2\nsizes: %zu %zu\n", lm_vol_type_name(vol->type), vol->n[0], vol->n[1]);
    if (!vol->unscaled) lm_io_printf(out, "spacings: %s %s\nunits: \"mm\" \"mm\"\n", x, y);
    lm_io_printf(out, "kinds: domain domain\n%sencoding: raw\nmeshqa_kind:=image",
                 lm_vol_type_size(vol->type) > 1 ? "endian: little\n" : "");
}

lm_status lm_nrrd_write_labels(lm_out *out, const lm_vol *vol, const lm_regions *terms, lm_records *rec, lm_err *err)
{
    size_t width = lm_vol_type_size(vol->type), bytes = lm_vol_count(vol) * width;
    char num[LM_NUM_TEXT];
    lm_status rc = lm_vol_check(vol, err);
    if (rc) return rc;
    uint32_t crc = lm_hash_crc32(0, vol->data, bytes);
    if ((rc = lm_record_seal(rec, crc, bytes, err))) return rc;
    if (vol->image) nrrd_put_image(out, vol);
    else nrrd_put_volume(out, vol);
    lm_io_printf(out, "\nmeshqa_schema:=%d\nmeshqa_bytes:=%zu\nmeshqa_crc32:=%08" PRIx32 "\n", LM_SCHEMA, bytes, crc);
    if (vol->has_iso) {
        lm_num_f64(vol->iso, num);
        lm_io_printf(out, "meshqa_iso:=%s\n", num);
    }
    if (vol->parts.n) lm_segnrrd_put(out, vol->n, &vol->parts, terms);
    if ((rc = nrrd_put_records(out, rec, err))) return rc;
    lm_io_write(out, "\n", 1);
    lm_io_write(out, vol->data, bytes);
    return LM_OK;
}

lm_status lm_nrrd_write(lm_out *out, const lm_vol *vol, lm_records *rec, lm_err *err)
{
    return lm_nrrd_write_labels(out, vol, NULL, rec, err);
}
