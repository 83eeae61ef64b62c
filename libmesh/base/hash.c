/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/hash.h"

#include <libdeflate.h>
#include <stdio.h>

uint32_t lm_hash_crc32(uint32_t crc, const void *p, size_t n)
{
    return libdeflate_crc32(crc, p, n);
}

void lm_hash_sha256_init(lm_hash_sha256 *s)
{
    sha256_init(s);
}

void lm_hash_sha256_update(lm_hash_sha256 *s, const void *p, size_t n)
{
    sha256_update(s, n, p);
}

void lm_hash_hex(const unsigned char *p, size_t n, char *hex)
{
    for (size_t i = 0; i < n; i++) snprintf(hex + 2 * i, 3, "%02x", p[i]);
}

void lm_hash_sha256_hex(lm_hash_sha256 *s, char hex[LM_SHA256_HEX])
{
    uint8_t d[SHA256_DIGEST_SIZE];
    sha256_digest(s, sizeof d, d);
    lm_hash_hex(d, sizeof d, hex);
}

void lm_hash_sha256_of(const void *p, size_t n, char hex[LM_SHA256_HEX])
{
    lm_hash_sha256 s;
    lm_hash_sha256_init(&s);
    lm_hash_sha256_update(&s, p, n);
    lm_hash_sha256_hex(&s, hex);
}
