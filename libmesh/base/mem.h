/* SPDX-License-Identifier: GPL-3.0-or-later */
/* mem.h: checked sizes, checked allocation, and an arena for scratch.
 *
 * Every count that comes from a file passes lm_mem_mul/lm_mem_add and a limit before memory is taken. Results never live in
 * an arena; scratch does, one arena per call (per worker when threaded), released at the end of the call. */
#ifndef LM_BASE_MEM_H
#define LM_BASE_MEM_H

#include "base/err.h"
#include <stdbool.h>
#include <stdint.h>

/* *out = a*b, a+b. False on overflow (out untouched). */
static inline bool lm_mem_mul(size_t a, size_t b, size_t *out)
{
    return !__builtin_mul_overflow(a, b, out);
}
static inline bool lm_mem_add(size_t a, size_t b, size_t *out)
{
    return !__builtin_add_overflow(a, b, out);
}

/* n elements of size bytes each, not zeroed / zeroed; n = 0 gives a valid pointer. NULL and err on overflow or no memory.
 * Free with free(). */
LM_CHECKED void *lm_mem_alloc(size_t n, size_t size, lm_err *err);
LM_CHECKED void *lm_mem_calloc(size_t n, size_t size, lm_err *err);
/* Grow *p so that it holds at least need elements, doubling *cap; contents kept. On error *p and *cap are as before. */
LM_CHECKED lm_status lm_mem_grow(void *p, size_t *cap, size_t need, size_t size, lm_err *err);

typedef struct lm_arena_block lm_arena_block;
typedef struct {
    lm_arena_block *head; /* newest block */
    size_t used;          /* bytes used in head */
} lm_arena;
#define LM_ARENA_INIT \
    { \
        0 \
    }
/* 64-byte aligned, not zeroed; lives until lm_arena_release. */
LM_CHECKED void *lm_arena_alloc(lm_arena *a, size_t n, size_t size, lm_err *err);
void lm_arena_release(lm_arena *a);

#endif
