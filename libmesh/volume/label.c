/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "volume/label.h"
#include "base/mem.h"
#include "base/pool.h"
#include "volume/mask.h"

#include <stdlib.h>
#include <string.h>

enum { LABEL_SLAB = 8 }; /* slices per task */

typedef struct {
    const lm_vol *v;
    double level;
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

/* Join the runs of two neighbouring rows that touch. The lower root wins, so a root is its component's first run. */
static void label_join(lm_label *l, size_t row_a, size_t row_b)
{
    size_t a = l->row[row_a], b = l->row[row_b], end_a = l->row[row_a + 1], end_b = l->row[row_b + 1];
    while (a < end_a && b < end_b) {
        if (l->start[a] < l->end[b] && l->start[b] < l->end[a]) {
            uint32_t x = label_root(l->comp, (uint32_t)a), y = label_root(l->comp, (uint32_t)b);
            if (x < y) l->comp[y] = x;
            else l->comp[x] = y;
        }
        if (l->end[a] < l->end[b]) a++;
        else b++;
    }
}

static lm_status label_slab(void *ctx, size_t task, int worker, lm_err *err)
{
    label_job *job = ctx;
    const lm_vol *v = job->v;
    lm_label *l = job->l;
    (void)worker;
    size_t words = lm_mask_words(v->n[0]), first = task * LABEL_SLAB * v->n[1], rows = v->n[1] * v->n[2],
           last = first + LABEL_SLAB * v->n[1] < rows ? first + LABEL_SLAB * v->n[1] : rows;
    uint64_t *bits = lm_mem_alloc(words, sizeof *bits, err);
    if (!bits) return LM_ENOMEM;
    for (size_t r = first; r < last; r++) {
        if (job->fill && l->row[r + 1] == l->row[r]) continue;
        lm_mask_row(v, job->level, r * v->n[0], bits);
        if (!job->fill) {
            l->row[r + 1] = label_runs(bits, words, NULL, NULL);
            continue;
        }
        size_t at = l->row[r];
        label_runs(bits, words, l->start + at, l->end + at);
        for (size_t i = at; i < l->row[r + 1]; i++) l->comp[i] = (uint32_t)i;
        if (r % v->n[1]) label_join(l, r - 1, r);
        if (r >= first + v->n[1]) label_join(l, r - v->n[1], r);
    }
    free(bits);
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

lm_status lm_label_components(const lm_vol *v, double level, int threads, lm_label *out, lm_err *err)
{
    size_t rows = v->n[1] * v->n[2], slabs = (v->n[2] + LABEL_SLAB - 1) / LABEL_SLAB, most = 0;
    label_job job = {v, level, out, false};
    lm_status rc = LM_OK;
    lm_label_release(out);
    if (v->n[0] >= UINT32_MAX) return lm_err_set(err, LM_ERANGE, NULL, "%zu samples in a row are too many", v->n[0]);
    threads = lm_pool_threads(threads);
    if (!(out->row = lm_mem_calloc(rows + 1, sizeof *out->row, err))) return LM_ENOMEM;
    if ((rc = lm_pool_run(threads, slabs, label_slab, &job, err))) goto fail;
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
    job.fill = true;
    if ((rc = lm_pool_run(threads, slabs, label_slab, &job, err))) goto fail;
    for (size_t k = LABEL_SLAB; k < v->n[2]; k += LABEL_SLAB)
        for (size_t r = k * v->n[1]; r < (k + 1) * v->n[1]; r++) label_join(out, r - v->n[1], r);
    if (!(rc = label_number(out, most, err))) return LM_OK;
fail:
    lm_label_release(out);
    return rc;
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

/* Join the groups of runs of two rows whose samples are neighbours, corners included. */
static void label_near(const lm_label *l, size_t row_a, size_t row_b, uint32_t *group)
{
    size_t a = l->row[row_a], b = l->row[row_b], end_a = l->row[row_a + 1], end_b = l->row[row_b + 1];
    while (a < end_a && b < end_b) {
        if (l->start[a] <= l->end[b] && l->start[b] <= l->end[a]) {
            uint32_t x = label_root(group, l->comp[a]), y = label_root(group, l->comp[b]);
            if (x < y) group[y] = x;
            else group[x] = y;
        }
        if (l->end[a] < l->end[b]) a++;
        else b++;
    }
}

size_t lm_label_groups(const lm_label *l, const size_t n[3], uint32_t *group)
{
    size_t count = 0;
    for (size_t c = 0; c < l->comps; c++) group[c] = (uint32_t)c;
    for (size_t k = 0; k < n[2]; k++)
        for (size_t j = 0; j < n[1]; j++) {
            size_t r = k * n[1] + j;
            if (j) label_near(l, r - 1, r, group);
            for (size_t d = 0; d < 3 && k; d++)
                if (j + d >= 1 && j + d - 1 < n[1]) label_near(l, r - n[1] + d - 1, r, group);
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
