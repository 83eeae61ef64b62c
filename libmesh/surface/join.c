/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "surface/join.h"
#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

enum { JOIN_BATCH = 16, JOIN_SLOTS = 1 << 10 };

struct lm_join_slot {
    uint32_t tag;   /* upper half of the hash: most strangers are told apart without touching pos */
    uint32_t index; /* number + 1, 0: free */
};

static uint64_t join_hash(const uint32_t k[3])
{
    /* Two rounds of multiply and fold: grid coordinates differ in a few high bits only. */
    uint64_t h = ((uint64_t)k[0] | (uint64_t)k[1] << 32) * 0x9e3779b97f4a7c15u;
    h = (h ^ h >> 32 ^ k[2]) * 0xd6e8feb86659fd93u;
    h = (h ^ h >> 29) * 0xbf58476d1ce4e5b9u;
    return h ^ h >> 32;
}

static void join_key(const float *p, uint32_t k[3])
{
    memcpy(k, p, 3 * sizeof *k);
    for (int c = 0; c < 3; c++)
        if (k[c] == 0x80000000u) k[c] = 0;
}

/* Room for `more` new positions: never over half full. */
static lm_status join_grow(lm_join *j, size_t more, lm_err *err)
{
    lm_status rc = lm_mem_grow(&j->pos, &j->cap, j->n + more, 3 * sizeof *j->pos, err);
    if (rc) return rc;
    if (2 * (j->n + more) <= j->slots) return LM_OK;
    size_t slots = j->slots ? j->slots * 4 : JOIN_SLOTS;
    struct lm_join_slot *now = lm_mem_calloc(slots, sizeof *now, err);
    if (!now) return LM_ENOMEM;
    for (size_t i = 0; i < j->n; i++) {
        uint32_t k[3];
        memcpy(k, j->pos + 3 * i, sizeof k);
        uint64_t h = join_hash(k);
        size_t at = (size_t)h & (slots - 1);
        while (now[at].index) at = (at + 1) & (slots - 1);
        now[at] = (struct lm_join_slot){(uint32_t)(h >> 32), (uint32_t)i + 1};
    }
    free(j->slot);
    j->slot = now;
    j->slots = slots;
    return LM_OK;
}

static uint32_t join_one(lm_join *j, const uint32_t k[3], uint64_t h)
{
    uint32_t tag = (uint32_t)(h >> 32);
    size_t at = (size_t)h & (j->slots - 1);
    for (; j->slot[at].index; at = (at + 1) & (j->slots - 1))
        if (j->slot[at].tag == tag && !memcmp(j->pos + 3 * (size_t)(j->slot[at].index - 1), k, 3 * sizeof *k))
            return j->slot[at].index - 1;
    memcpy(j->pos + 3 * j->n, k, 3 * sizeof *k);
    j->slot[at] = (struct lm_join_slot){tag, (uint32_t)++j->n};
    return (uint32_t)(j->n - 1);
}

lm_status lm_join_add(lm_join *j, const float *pos, size_t n, uint32_t *index, lm_err *err)
{
    for (size_t at = 0; at < n; at += JOIN_BATCH) {
        uint32_t k[JOIN_BATCH][3];
        uint64_t h[JOIN_BATCH];
        size_t m = n - at < JOIN_BATCH ? n - at : JOIN_BATCH;
        if (j->n > UINT32_MAX - 1 - JOIN_BATCH) return lm_err_set(err, LM_ERANGE, NULL, "more than %zu distinct positions", j->n);
        lm_status rc = join_grow(j, JOIN_BATCH, err);
        if (rc) return rc;
        for (size_t i = 0; i < m; i++) {
            join_key(pos + 3 * (at + i), k[i]);
            h[i] = join_hash(k[i]);
            __builtin_prefetch(&j->slot[h[i] & (j->slots - 1)]);
        }
        for (size_t i = 0; i < m; i++) index[at + i] = join_one(j, k[i], h[i]);
    }
    return LM_OK;
}

void lm_join_release(lm_join *j)
{
    free(j->pos);
    free(j->slot);
    *j = (lm_join)LM_JOIN_INIT;
}
