/* SPDX-License-Identifier: GPL-3.0-or-later */
/* bytes.h: byte order of what is read and written. */
#ifndef LM_BASE_BYTES_H
#define LM_BASE_BYTES_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "payloads are little-endian and used in place");

static inline uint16_t lm_get16(const void *p)
{
    uint16_t v;
    memcpy(&v, p, 2);
    return v;
}
static inline uint32_t lm_get32(const void *p)
{
    uint32_t v;
    memcpy(&v, p, 4);
    return v;
}
static inline float lm_getf32(const void *p)
{
    float v;
    memcpy(&v, p, 4);
    return v;
}
static inline void lm_put16(void *p, uint16_t v)
{
    memcpy(p, &v, 2);
}
static inline void lm_put32(void *p, uint32_t v)
{
    memcpy(p, &v, 4);
}
static inline void lm_putf32(void *p, float v)
{
    memcpy(p, &v, 4);
}
/* Reverse the bytes of each of n elements of width 2, 4 or 8, in place. */
void lm_bytes_swap(void *p, size_t n, size_t width);

#endif
