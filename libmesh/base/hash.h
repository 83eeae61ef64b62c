/* SPDX-License-Identifier: GPL-3.0-or-later */
/* hash.h: checksums. CRC-32 (zlib polynomial, by libdeflate) guards streams between tools, SHA-256 (by nettle) names
 * sources and final files. */
#ifndef LM_BASE_HASH_H
#define LM_BASE_HASH_H

#include <nettle/sha2.h>
#include <stddef.h>
#include <stdint.h>

/* Continue a CRC-32; start with 0. */
uint32_t lm_hash_crc32(uint32_t crc, const void *p, size_t n);

enum { LM_SHA256_HEX = 65 };
typedef struct sha256_ctx lm_hash_sha256;
void lm_hash_sha256_init(lm_hash_sha256 *s);
void lm_hash_sha256_update(lm_hash_sha256 *s, const void *p, size_t n);
/* Lower-case hex, terminated. */
void lm_hash_sha256_hex(lm_hash_sha256 *s, char hex[LM_SHA256_HEX]);
void lm_hash_sha256_of(const void *p, size_t n, char hex[LM_SHA256_HEX]);
/* n bytes as 2n digits, lower-case, terminated. */
void lm_hash_hex(const unsigned char *p, size_t n, char *hex);

#endif
