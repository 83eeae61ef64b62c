/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "segment/review.h"
#include "base/mem.h"
#include "base/pool.h"
#include "volume/label.h"

#include <stdlib.h>

typedef struct {
    lm_bits *b;
    const lm_vol *p;
    double limit;
} review_job;

/* Take off what reaches the limit. */
static lm_status review_slice(void *ctx, size_t k, int worker, lm_err *err)
{
    const review_job *job = ctx;
    const lm_bits *b = job->b;
    (void)worker;
    uint64_t *sure = lm_mem_alloc(b->words, sizeof *sure, err);
    if (!sure) return LM_ENOMEM;
    for (size_t j = 0; j < b->n[1]; j++) {
        uint64_t *row = lm_bits_row(b, j, k);
        lm_mask_row(job->p, job->limit, (k * b->n[1] + j) * b->n[0], sure);
        for (size_t w = 0; w < b->words; w++) row[w] &= ~sure[w];
    }
    free(sure);
    return LM_OK;
}

typedef struct {
    double at[3], p; /* sums; whole numbers below 2^53 are exact */
} review_sum;

static void review_run(const lm_vol *p, const lm_label *l, size_t run, size_t row, lm_review_region *g, review_sum *s)
{
    const size_t j = row % p->n[1], k = row / p->n[1];
    if (!g->voxels) *g = (lm_review_region){.first = k, .least = 2};
    g->last = k;
    for (size_t i = l->start[run]; i < l->end[run]; i++) {
        const double x = lm_vol_at(p, row * p->n[0] + i);
        g->least = x < g->least ? x : g->least;
        g->voxels++;
        s->p += x;
        s->at[0] += (double)i;
        s->at[1] += (double)j;
        s->at[2] += (double)k;
    }
}

/* rank: of each component its place in the list, or beyond it. */
static lm_status review_measure(const lm_vol *p, const lm_label *l, const uint32_t *rank, lm_review *out, lm_err *err)
{
    review_sum *sum = lm_mem_calloc(LM_REVIEW_REGIONS, sizeof *sum, err);
    if (!sum) return LM_ENOMEM;
    for (size_t row = 0; row < p->n[1] * p->n[2]; row++)
        for (size_t r = l->row[row]; r < l->row[row + 1]; r++) {
            const uint32_t at = rank[l->comp[r]];
            if (at < out->n) review_run(p, l, r, row, &out->region[at], &sum[at]);
            else out->rest += l->end[r] - l->start[r];
        }
    for (size_t i = 0; i < out->n; i++) {
        lm_review_region *g = &out->region[i];
        const double n = (double)g->voxels;
        lm_vol_to_world(p, (double[3]){sum[i].at[0] / n, sum[i].at[1] / n, sum[i].at[2] / n}, g->centre_mm);
        g->mean = sum[i].p / n;
    }
    free(sum);
    return LM_OK;
}

lm_status lm_review_find(const lm_bits *object, const lm_vol *probability, double limit, int threads, lm_review *out, lm_err *err)
{
    lm_bits low = LM_BITS_INIT;
    lm_label l = LM_LABEL_INIT;
    size_t *order = NULL;
    uint32_t *rank = NULL;
    *out = (lm_review){.limit = limit, .object = lm_bits_count(object)};
    threads = lm_pool_threads(threads);
    lm_status rc = lm_bits_copy(object, &low, err);
    review_job job = {.b = &low, .p = probability, .limit = limit};
    if (!rc) rc = lm_pool_run(threads, low.n[2], review_slice, &job, err);
    if (!rc) rc = lm_label_bits(low.row, low.n, LM_LABEL_CORNERS, threads, &l, err);
    if (!rc) {
        out->voxels = lm_bits_count(&low);
        out->found = l.comps;
        out->n = l.comps < LM_REVIEW_REGIONS ? l.comps : LM_REVIEW_REGIONS;
    }
    if (!rc && l.comps) {
        order = lm_mem_alloc(l.comps, sizeof *order, err);
        rank = order ? lm_mem_alloc(l.comps, sizeof *rank, err) : NULL;
        rc = rank ? lm_label_order(&l, order, err) : LM_ENOMEM;
        for (size_t i = 0; i < l.comps && !rc; i++) rank[order[i]] = (uint32_t)i;
        if (!rc) rc = review_measure(probability, &l, rank, out, err);
    }
    free(order);
    free(rank);
    lm_label_release(&l);
    lm_bits_release(&low);
    return rc;
}
