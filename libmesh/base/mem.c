/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/mem.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

enum { MEM_PAGE = 2 << 20, MEM_LARGE = 8 << 20 };

/* A large array is written from end to end: pages of 2 MB where the kernel gives them save a fault per 4 kB. No matter when
 * it does not. */
static void mem_large_pages(void *p, size_t bytes)
{
    char *first = (char *)p + (MEM_PAGE - (uintptr_t)p % MEM_PAGE) % MEM_PAGE, *end = (char *)p + bytes;
    madvise(first, (size_t)(end - first) / MEM_PAGE * MEM_PAGE, MADV_HUGEPAGE);
}

void *lm_mem_alloc(size_t n, size_t size, lm_err *err)
{
    size_t bytes;
    if (!lm_mem_mul(n, size, &bytes)) {
        lm_err_set(err, LM_ERANGE, NULL, "size overflows: %zu elements of %zu bytes", n, size);
        return NULL;
    }
    void *p = malloc(bytes ? bytes : 1);
    if (!p) lm_err_nomem(err, bytes);
    else if (bytes >= MEM_LARGE) mem_large_pages(p, bytes);
    return p;
}

void *lm_mem_calloc(size_t n, size_t size, lm_err *err)
{
    size_t bytes;
    if (!lm_mem_mul(n, size, &bytes)) {
        lm_err_set(err, LM_ERANGE, NULL, "size overflows: %zu elements of %zu bytes", n, size);
        return NULL;
    }
    void *p = calloc(bytes ? bytes : 1, 1);
    if (!p) lm_err_nomem(err, bytes);
    return p;
}

lm_status lm_mem_grow(void *p, size_t *cap, size_t need, size_t size, lm_err *err)
{
    if (need <= *cap) return LM_OK;
    size_t want = *cap < 16 ? 16 : *cap, bytes;
    while (want < need)
        if (!lm_mem_mul(want, 2, &want)) return lm_err_set(err, LM_ERANGE, NULL, "size overflows: %zu elements", need);
    if (!lm_mem_mul(want, size, &bytes)) return lm_err_set(err, LM_ERANGE, NULL, "size overflows: %zu elements", need);
    void *old, *now;
    memcpy(&old, p, sizeof old);
    now = realloc(old, bytes);
    if (!now) return lm_err_nomem(err, bytes);
    memcpy(p, &now, sizeof now);
    *cap = want;
    return LM_OK;
}

enum { ARENA_ALIGN = 64, ARENA_MIN = 1 << 20 };

struct lm_arena_block {
    lm_arena_block *next;
    size_t size; /* bytes behind the header */
};

void *lm_arena_alloc(lm_arena *a, size_t n, size_t size, lm_err *err)
{
    size_t bytes;
    if (!lm_mem_mul(n, size, &bytes) || !lm_mem_add(bytes, ARENA_ALIGN - 1, &bytes)) {
        lm_err_set(err, LM_ERANGE, NULL, "size overflows: %zu elements of %zu bytes", n, size);
        return NULL;
    }
    bytes &= ~(size_t)(ARENA_ALIGN - 1);
    if (!a->head || a->head->size - a->used < bytes) {
        size_t room = bytes > ARENA_MIN ? bytes : ARENA_MIN, total;
        lm_arena_block *b = lm_mem_add(room, ARENA_ALIGN, &total) ? aligned_alloc(ARENA_ALIGN, total) : NULL;
        if (!b) {
            lm_err_nomem(err, room);
            return NULL;
        }
        b->next = a->head;
        b->size = room;
        a->head = b;
        a->used = 0;
    }
    char *p = (char *)a->head + ARENA_ALIGN + a->used;
    a->used += bytes;
    return p;
}

void lm_arena_release(lm_arena *a)
{
    while (a->head) {
        lm_arena_block *next = a->head->next;
        free(a->head);
        a->head = next;
    }
    a->used = 0;
}
