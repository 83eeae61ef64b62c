/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "segment/watershed.h"
#include "base/mem.h"

#include <stdlib.h>

typedef struct {
    float height;
    uint32_t at;
    uint64_t age; /* how many came before */
} watershed_item;

typedef struct {
    const float *height;
    const uint8_t *wall;
    const size_t *n;
    uint32_t *label;
    watershed_item *heap;
    size_t held, cap;
    uint64_t age;
} watershed_flood;

static bool watershed_before(const watershed_item *a, const watershed_item *b)
{
    return a->height < b->height || (a->height == b->height && a->age < b->age);
}

static lm_status watershed_push(watershed_flood *f, size_t at, lm_err *err)
{
    if (f->held == f->cap) {
        lm_status rc = lm_mem_grow(&f->heap, &f->cap, f->held + 1, sizeof *f->heap, err);
        if (rc) return rc;
    }
    const watershed_item item = {f->height[at], (uint32_t)at, f->age++};
    size_t i = f->held++;
    for (; i && watershed_before(&item, &f->heap[(i - 1) / 2]); i = (i - 1) / 2) f->heap[i] = f->heap[(i - 1) / 2];
    f->heap[i] = item;
    return LM_OK;
}

static size_t watershed_pop(watershed_flood *f)
{
    const size_t first = f->heap[0].at;
    const watershed_item last = f->heap[--f->held];
    size_t i = 0;
    for (size_t c; (c = 2 * i + 1) < f->held; i = c) {
        if (c + 1 < f->held && watershed_before(&f->heap[c + 1], &f->heap[c])) c++;
        if (!watershed_before(&f->heap[c], &last)) break;
        f->heap[i] = f->heap[c];
    }
    f->heap[i] = last;
    return first;
}

/* Samples beside `at` that are still free, into to[6]. */
static size_t watershed_free(const watershed_flood *f, size_t at, size_t to[6])
{
    const size_t *n = f->n, place[3] = {at % n[0], at / n[0] % n[1], at / n[0] / n[1]}, stride[3] = {1, n[0], n[0] * n[1]};
    size_t found = 0;
    for (int a = 0; a < 3; a++) {
        if (place[a]) to[found++] = at - stride[a];
        if (place[a] + 1 < n[a]) to[found++] = at + stride[a];
    }
    size_t kept = 0;
    for (size_t i = 0; i < found; i++)
        if (!f->wall[to[i]] && !f->label[to[i]]) to[kept++] = to[i];
    return kept;
}

lm_status lm_watershed(const float *height, const uint8_t *wall, const size_t n[3], uint32_t *label, lm_err *err)
{
    watershed_flood f = {.height = height, .wall = wall, .n = n, .label = label};
    const size_t all = n[0] * n[1] * n[2];
    size_t to[6];
    lm_status rc = LM_OK;
    if (all > UINT32_MAX) return lm_err_set(err, LM_ERANGE, NULL, "a watershed of %zu samples; at most 4294967295 can be", all);
    for (size_t at = 0; at < all && !rc; at++)
        if (label[at] && watershed_free(&f, at, to)) rc = watershed_push(&f, at, err);
    while (f.held && !rc) {
        const size_t at = watershed_pop(&f), beside = watershed_free(&f, at, to);
        for (size_t i = 0; i < beside && !rc; i++) {
            label[to[i]] = label[at];
            rc = watershed_push(&f, to[i], err);
        }
    }
    free(f.heap);
    return rc;
}
