/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "stream/payload.h"
#include "base/bytes.h"
#include "base/hash.h"

#include <inttypes.h>
#include <stdlib.h>

enum { PAYLOAD_BLOCK = 1 << 20, PAYLOAD_ROOM = 16 << 20 };

lm_status lm_payload_room(lm_payload *s, size_t *n, lm_err *err)
{
    if (s->used == s->cap && s->cap < s->total) {
        size_t cap = s->cap < PAYLOAD_ROOM ? PAYLOAD_ROOM : s->cap > s->total / 2 ? s->total : 2 * s->cap;
        if (cap > s->total) cap = s->total;
        unsigned char *q = realloc(s->p, cap);
        if (!q) return lm_err_nomem(err, cap);
        s->p = q;
        s->cap = cap;
    }
    *n = s->cap - s->used;
    return LM_OK;
}

lm_status lm_payload_short(const lm_payload *s, size_t got, lm_err *err)
{
    return lm_err_set(err, LM_EFORMAT, NULL, "%s payload: %zu of %zu bytes, input cut off", s->what, got, s->total);
}

lm_status lm_payload_next(lm_in *in, lm_payload *s, void *to, size_t n, size_t swap, uint32_t *crc, lm_err *err)
{
    for (unsigned char *p = to; n;) {
        size_t want = n < PAYLOAD_BLOCK ? n : PAYLOAD_BLOCK, got; /* the checksum finds the block in the cache */
        lm_status rc = lm_io_read_some(in, p, want, &got, err);
        if (rc) return lm_err_frame(err, "%s payload", s->what);
        if (got < want) return lm_payload_short(s, s->used + got, err);
        if (swap > 1) lm_bytes_swap(p, got / swap, swap);
        *crc = lm_hash_crc32(*crc, p, got);
        s->used += got;
        p += got;
        n -= got;
    }
    return LM_OK;
}

lm_status lm_payload_read(lm_in *in, lm_payload *s, size_t swap, uint32_t *crc, lm_err *err)
{
    lm_status rc = LM_OK;
    while (s->used < s->total && !rc) {
        size_t room = 0;
        if (!(rc = lm_payload_room(s, &room, err))) rc = lm_payload_next(in, s, s->p + s->used, room, swap, crc, err);
    }
    return rc;
}

lm_status lm_payload_end(lm_in *in, const lm_payload *s, lm_err *err)
{
    const unsigned char *p;
    size_t got;
    lm_status rc = lm_io_peek(in, 1, &p, &got, err);
    if (rc) return lm_err_frame(err, "%s payload", s->what);
    return got ? lm_err_set(err, LM_EFORMAT, NULL,
                            "%s payload: more than the %zu bytes that the header states: wrong header or two streams joined",
                            s->what, s->total)
               : LM_OK;
}

lm_status lm_payload_narrow(lm_payload *s, bool is_signed, lm_type *type, lm_err *err)
{
    size_t n = s->used / 8;
    int64_t lo = INT64_MAX, hi = INT64_MIN;
    for (size_t i = 0; i < n; i++) {
        int64_t v;
        memcpy(&v, s->p + 8 * i, 8);
        if (!is_signed && v < 0) v = INT64_MAX; /* too much, whatever it is */
        if (v < lo) lo = v;
        if (v > hi) hi = v;
    }
    bool i32 = lo >= INT32_MIN && hi <= INT32_MAX;
    if (!i32 && (lo < 0 || hi > UINT32_MAX))
        return lm_err_set(err, LM_ERULE, NULL, "%s payload: 64-bit integers beyond what 32 bits hold: convert to double", s->what);
    for (size_t i = 0; i < n; i++) memmove(s->p + 4 * i, s->p + 8 * i, 4); /* the low half comes first */
    *type = i32 ? LM_I32 : LM_U32;
    s->used = s->total = 4 * n;
    unsigned char *q = realloc(s->p, s->used ? s->used : 1);
    if (q) s->p = q, s->cap = s->used;
    return LM_OK;
}
