/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "volume/label.h"
#include "base/mem.h"
#include "base/pool.h"
#include "volume/mask.h"

#include <stdlib.h>
#include <string.h>

enum { LABEL_SLAB = 8 }; /* slices per task */

typedef struct {
    const lm_vol *v; /* what is inside: samples from level on, */
    double level;
    const uint64_t *bits; /* or, where v is NULL, these */
    const size_t *n;
    lm_label_touch touch;
    lm_label *l;
    bool fill; /* first runs are only counted, then written and joined within the slab */
} label_job;

/* Bits that differ from the one before: starts and ends of runs in turn. There is a zero bit behind the last sample, so
 * that every run ends. Returns how many; start and end may be NULL. */
static size_t label_runs(const uint64_t *bits, size_t words, uint32_t *start, uint32_t *end)
{
    size_t n = 0;
    uint64_t carry = 0;
    for (size_t w = 0; w < words; w++) {
        uint64_t t = bits[w] ^ (bits[w] << 1 | carry);
        carry = bits[w] >> 63;
        if (!start) n += (size_t)__builtin_popcountll(t);
        else
            for (; t; t &= t - 1, n++) (n & 1 ? end : start)[n / 2] = (uint32_t)(w * 64 + (size_t)__builtin_ctzll(t));
    }
    return n / 2;
}

static uint32_t label_root(uint32_t *parent, uint32_t r)
{
    while (parent[r] != r) r = parent[r] = parent[parent[r]];
    return r;
}

/* Join those of parent[] whose runs, in two neighbouring rows, touch: of[run], or the run itself. reach: 1 when samples that are
 * one apart along the row touch too. The lower root wins, so a root is its component's first run. */
static void label_join(const lm_label *l, size_t row_a, size_t row_b, uint32_t reach, const uint32_t *of, uint32_t *parent)
{
    size_t a = l->row[row_a], b = l->row[row_b], end_a = l->row[row_a + 1], end_b = l->row[row_b + 1];
    while (a < end_a && b < end_b) {
        if (l->start[a] < l->end[b] + reach && l->start[b] < l->end[a] + reach) {
            uint32_t x = label_root(parent, of ? of[a] : (uint32_t)a), y = label_root(parent, of ? of[b] : (uint32_t)b);
            if (x < y) parent[y] = x;
            else parent[x] = y;
        }
        if (l->end[a] < l->end[b]) a++;
        else b++;
    }
}

/* Join row j of slice k with those before it: in its slice, and in the slice below when that is wanted. */
static void label_join_back(const label_job *job, size_t j, size_t k, bool beside, bool below)
{
    lm_label *l = job->l;
    const size_t r = k * job->n[1] + j, down = r - job->n[1];
    const uint32_t straight = job->touch > LM_LABEL_FACES, across = job->touch == LM_LABEL_CORNERS;
    if (beside && j) label_join(l, r - 1, r, straight, NULL, l->comp);
    if (!below) return;
    label_join(l, down, r, straight, NULL, l->comp);
    if (!straight) return;
    if (j) label_join(l, down - 1, r, across, NULL, l->comp);
    if (j + 1 < job->n[1]) label_join(l, down + 1, r, across, NULL, l->comp);
}

static lm_status label_slab(void *ctx, size_t task, int worker, lm_err *err)
{
    const label_job *job = ctx;
    lm_label *l = job->l;
    (void)worker;
    const size_t words = lm_mask_words(job->n[0]), first = task * LABEL_SLAB,
                 last = first + LABEL_SLAB < job->n[2] ? first + LABEL_SLAB : job->n[2];
    uint64_t *room = lm_mem_alloc(words, sizeof *room, err);
    if (!room) return LM_ENOMEM;
    for (size_t k = first; k < last; k++)
        for (size_t j = 0; j < job->n[1]; j++) {
            const size_t r = k * job->n[1] + j, at = l->row[r];
            if (job->fill && l->row[r + 1] == at) continue;
            if (job->v) lm_mask_row(job->v, job->level, r * job->n[0], room);
            const uint64_t *bits = job->v ? room : job->bits + r * words;
            if (!job->fill) {
                l->row[r + 1] = label_runs(bits, words, NULL, NULL);
                continue;
            }
            label_runs(bits, words, l->start + at, l->end + at);
            for (size_t i = at; i < l->row[r + 1]; i++) l->comp[i] = (uint32_t)i;
            label_join_back(job, j, k, true, k > first);
        }
    free(room);
    return LM_OK;
}

/* From roots to components, numbered by their first run; a run's parent stands before it and is done already. */
static lm_status label_number(lm_label *l, size_t runs, lm_err *err)
{
    size_t cap = 0;
    for (size_t i = 0; i < runs; i++) {
        if (l->comp[i] != i) l->comp[i] = l->comp[l->comp[i]];
        else {
            lm_status rc = lm_mem_grow(&l->size, &cap, l->comps + 1, sizeof *l->size, err);
            if (rc) return rc;
            l->size[l->comps] = 0;
            l->comp[i] = (uint32_t)l->comps++;
        }
        l->size[l->comp[i]] += l->end[i] - l->start[i];
    }
    return LM_OK;
}

static lm_status label_find(label_job *job, int threads, lm_err *err)
{
    lm_label *out = job->l;
    const size_t *n = job->n;
    size_t rows = n[1] * n[2], slabs = (n[2] + LABEL_SLAB - 1) / LABEL_SLAB, most = 0;
    lm_status rc = LM_OK;
    lm_label_release(out);
    if (n[0] >= UINT32_MAX) return lm_err_set(err, LM_ERANGE, NULL, "%zu samples in a row are too many", n[0]);
    threads = lm_pool_threads(threads);
    if (!(out->row = lm_mem_calloc(rows + 1, sizeof *out->row, err))) return LM_ENOMEM;
    if ((rc = lm_pool_run(threads, slabs, label_slab, job, err))) goto fail;
    for (size_t r = 0; r < rows; r++) most = out->row[r + 1] += out->row[r];
    if (most > UINT32_MAX) {
        rc = lm_err_set(err, LM_ERANGE, NULL, "more than 4294967295 runs of samples inside: is the threshold in the noise?");
        goto fail;
    }
    if (!(out->start = lm_mem_alloc(most, sizeof *out->start, err)) || !(out->end = lm_mem_alloc(most, sizeof *out->end, err)) ||
        !(out->comp = lm_mem_alloc(most, sizeof *out->comp, err))) {
        rc = LM_ENOMEM;
        goto fail;
    }
    job->fill = true;
    if ((rc = lm_pool_run(threads, slabs, label_slab, job, err))) goto fail;
    for (size_t k = LABEL_SLAB; k < n[2]; k += LABEL_SLAB)
        for (size_t j = 0; j < n[1]; j++) label_join_back(job, j, k, false, true);
    if (!(rc = label_number(out, most, err))) return LM_OK;
fail:
    lm_label_release(out);
    return rc;
}

lm_status lm_label_components(const lm_vol *v, double level, int threads, lm_label *out, lm_err *err)
{
    label_job job = {.v = v, .level = level, .n = v->n, .touch = LM_LABEL_FACES, .l = out};
    return label_find(&job, threads, err);
}

lm_status lm_label_bits(const uint64_t *bits, const size_t n[3], lm_label_touch touch, int threads, lm_label *out, lm_err *err)
{
    label_job job = {.bits = bits, .n = n, .touch = touch, .l = out};
    return label_find(&job, threads, err);
}

void lm_label_release(lm_label *l)
{
    free(l->row);
    free(l->start);
    free(l->end);
    free(l->comp);
    free(l->size);
    *l = (lm_label)LM_LABEL_INIT;
}

size_t lm_label_groups(const lm_label *l, const size_t n[3], uint32_t *group)
{
    size_t count = 0;
    for (size_t c = 0; c < l->comps; c++) group[c] = (uint32_t)c;
    for (size_t k = 0; k < n[2]; k++)
        for (size_t j = 0; j < n[1]; j++) {
            size_t r = k * n[1] + j;
            if (j) label_join(l, r - 1, r, 1, l->comp, group);
            for (size_t d = 0; d < 3 && k; d++)
                if (j + d >= 1 && j + d - 1 < n[1]) label_join(l, r - n[1] + d - 1, r, 1, l->comp, group);
        }
    for (size_t c = 0; c < l->comps; c++) group[c] = group[c] == c ? (uint32_t)count++ : group[group[c]];
    return count;
}

uint32_t lm_label_at(const lm_label *l, size_t row, size_t i)
{
    size_t lo = l->row[row], hi = l->row[row + 1];
    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;
        if (l->end[mid] <= i) lo = mid + 1;
        else hi = mid;
    }
    return lo < l->row[row + 1] && l->start[lo] <= i ? l->comp[lo] : UINT32_MAX;
}

typedef struct {
    uint64_t size;
    size_t comp;
} label_rank;

static int label_larger(const void *a, const void *b)
{
    const label_rank *x = a, *y = b;
    if (x->size != y->size) return x->size > y->size ? -1 : 1;
    return x->comp < y->comp ? -1 : 1;
}

lm_status lm_label_order(const lm_label *l, size_t *order, lm_err *err)
{
    label_rank *rank = lm_mem_alloc(l->comps, sizeof *rank, err);
    if (!rank) return LM_ENOMEM;
    for (size_t c = 0; c < l->comps; c++) rank[c] = (label_rank){l->size[c], c};
    qsort(rank, l->comps, sizeof *rank, label_larger);
    for (size_t c = 0; c < l->comps; c++) order[c] = rank[c].comp;
    free(rank);
    return LM_OK;
}

lm_status lm_label_largest(const lm_label *l, size_t keep, bool *kept, size_t *n, lm_err *err)
{
    *n = keep && keep < l->comps ? keep : l->comps;
    memset(kept, *n == l->comps, l->comps);
    if (*n == l->comps) return LM_OK;
    size_t *order = lm_mem_alloc(l->comps, sizeof *order, err);
    lm_status rc = order ? lm_label_order(l, order, err) : LM_ENOMEM;
    for (size_t c = 0; c < *n && !rc; c++) kept[order[c]] = true;
    free(order);
    return rc;
}
