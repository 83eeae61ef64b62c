/* SPDX-License-Identifier: GPL-3.0-or-later */
/* deflate.h: raw deflate (RFC 1951): a text as a whole, or in pieces that several threads pack apart and that are put together
 * into one stream. The bytes depend on the pieces and on libdeflate's version, not on the threads.
 *
 * A piece is packed as a stream of its own; then its last block is marked as one of many, and an empty stored block behind it
 * fills the byte, as zlib's sync flush leaves it (cf. gzjoin.c in zlib's examples). What follows may refer to nothing
 * before it: pieces of some hundred kB lose less than 0.1 %. */
#ifndef LM_FORMAT_DEFLATE_H
#define LM_FORMAT_DEFLATE_H

#include "base/err.h"
#include <stddef.h>
#include <stdint.h>

typedef struct {
    unsigned char *p; /* n bytes, owned */
    size_t n;
    size_t size;  /* unpacked */
    uint32_t crc; /* of the unpacked text */
} lm_deflated;

/* Small texts, packed well. */
LM_CHECKED lm_status lm_deflate_all(const void *text, size_t n, lm_deflated *out, lm_err *err);

/* What one thread needs to pack pieces; large texts, packed fast. */
typedef struct lm_deflate lm_deflate;
LM_CHECKED lm_status lm_deflate_new(lm_deflate **ret, lm_err *err);
void lm_deflate_free(lm_deflate *d); /* NULL is fine */
LM_CHECKED lm_status lm_deflate_piece(lm_deflate *d, const void *text, size_t n, lm_deflated *out, lm_err *err);
/* One stream of n pieces, in order; the pieces stay the caller's. */
LM_CHECKED lm_status lm_deflate_join(const lm_deflated *piece, size_t n, lm_deflated *out, lm_err *err);

#endif
