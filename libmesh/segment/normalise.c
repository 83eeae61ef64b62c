/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Contents: 1 mean and deviation, 2 percentiles, 3 all */
#include "segment/normalise.h"
#include "base/mem.h"
#include "base/pool.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { NORMALISE_BLOCK = 1024, NORMALISE_BINS = 65536, NORMALISE_RANKS = 4 };

typedef struct {
    double a, b;        /* where the slice begins and ends, as normalise.h says */
    double sum, square; /* of the samples; of their distances from the mean */
    size_t n;           /* samples that count */
} normalise_slice;

typedef struct {
    const lm_vol *v;
    lm_normalise_what what;
    double above;
    normalise_slice *slice; /* n[2] */
    double a, b;            /* of the whole volume */
    uint64_t *counts;       /* of all workers */
    float *x;
} normalise_job;

/* ---- 1 mean and deviation ---- */

static void normalise_moments(const lm_vol *v, size_t k, double above, normalise_slice *s)
{
    const size_t n = v->n[0] * v->n[1];
    double x[NORMALISE_BLOCK], mean = 0, lo = INFINITY, hi = -INFINITY;
    s->sum = s->square = 0;
    for (int pass = 0; pass < 2; pass++) {
        s->n = 0;
        for (size_t at = 0; at < n; at += NORMALISE_BLOCK) {
            const size_t m = n - at < NORMALISE_BLOCK ? n - at : NORMALISE_BLOCK;
            double part = 0;
            lm_vol_row_f64(v, k * n + at, m, x);
            for (size_t i = 0; i < m; i++) {
                if (x[i] < above) continue;
                s->n++;
                part += pass ? (x[i] - mean) * (x[i] - mean) : x[i];
                lo = x[i] < lo ? x[i] : lo;
                hi = x[i] > hi ? x[i] : hi;
            }
            *(pass ? &s->square : &s->sum) += part;
        }
        mean = s->n ? s->sum / (double)s->n : 0;
    }
    s->a = mean;
    s->b = lo < hi ? mean + sqrt(s->square / (double)s->n) : mean; /* the mean of equal samples may be rounded */
}

static void normalise_whole(normalise_job *job)
{
    const size_t slices = job->v->n[2];
    size_t all = 0;
    double sum = 0, square = 0;
    for (size_t k = 0; k < slices; k++) sum += job->slice[k].sum, all += job->slice[k].n;
    job->a = sum / (double)all;
    for (size_t k = 0; k < slices; k++) {
        const double far = job->slice[k].a - job->a;
        square += job->slice[k].square + (double)job->slice[k].n * far * far;
    }
    job->b = job->a + sqrt(square / (double)all);
}

/* ---- 2 percentiles ---- */

/* A double as an integer of the same order, and back. */
static uint64_t normalise_key(double x)
{
    uint64_t u;
    memcpy(&u, &x, sizeof u);
    return u >> 63 ? ~u : u | (uint64_t)1 << 63;
}

static double normalise_value(uint64_t key)
{
    double x;
    key = key >> 63 ? key & ~((uint64_t)1 << 63) : ~key;
    memcpy(&x, &key, sizeof x);
    return x;
}

/* The samples of four ranks among n from `from` on: 16 bits of their keys are found in a pass. counts: as many bins for each rank.
 */
static void normalise_ranks(const lm_vol *v, size_t from, size_t n, double least, uint64_t *counts, size_t rank[], double out[])
{
    double x[NORMALISE_BLOCK];
    uint64_t found[NORMALISE_RANKS] = {0};
    for (int shift = 48; shift >= 0; shift -= 16) {
        const uint64_t above = shift == 48 ? 0 : ~(uint64_t)0 << (shift + 16);
        memset(counts, 0, NORMALISE_RANKS * NORMALISE_BINS * sizeof *counts);
        for (size_t at = 0; at < n; at += NORMALISE_BLOCK) {
            const size_t m = n - at < NORMALISE_BLOCK ? n - at : NORMALISE_BLOCK;
            lm_vol_row_f64(v, from + at, m, x);
            for (size_t i = 0; i < m; i++) {
                if (x[i] < least) continue;
                const uint64_t key = normalise_key(x[i]);
                for (size_t r = 0; r < NORMALISE_RANKS; r++)
                    if ((key & above) == found[r]) counts[r * NORMALISE_BINS + (key >> shift) % NORMALISE_BINS]++;
            }
        }
        for (size_t r = 0; r < NORMALISE_RANKS; r++) {
            const uint64_t *c = counts + r * NORMALISE_BINS;
            uint64_t bin = 0;
            for (; rank[r] >= c[bin]; bin++) rank[r] -= c[bin];
            found[r] |= bin << shift;
        }
    }
    for (size_t r = 0; r < NORMALISE_RANKS; r++) out[r] = normalise_value(found[r]);
}

/* How many of n samples from `from` on count. */
static size_t normalise_count(const lm_vol *v, size_t from, size_t n, double least)
{
    double x[NORMALISE_BLOCK];
    size_t found = 0;
    if (isinf(least)) return n;
    for (size_t at = 0; at < n; at += NORMALISE_BLOCK) {
        const size_t m = n - at < NORMALISE_BLOCK ? n - at : NORMALISE_BLOCK;
        lm_vol_row_f64(v, from + at, m, x);
        for (size_t i = 0; i < m; i++) found += x[i] >= least;
    }
    return found;
}

static void normalise_percentiles(const lm_vol *v, size_t from, size_t samples, double least, uint64_t *counts, double *a,
                                  double *b)
{
    const size_t n = normalise_count(v, from, samples, least);
    *a = *b = 0;
    if (!n) return;
    /* hundredths of n - 1 in whole numbers: no rounding decides on a rank */
    const size_t lo = (n - 1) / 100, lo_part = (n - 1) % 100, hi = lo * 99 + lo_part * 99 / 100, hi_part = lo_part * 99 % 100;
    size_t rank[NORMALISE_RANKS] = {lo, lo_part ? lo + 1 : lo, hi, hi_part ? hi + 1 : hi};
    double x[NORMALISE_RANKS];
    normalise_ranks(v, from, samples, least, counts, rank, x);
    *a = x[0] + (x[1] - x[0]) * ((double)lo_part / 100);
    *b = x[2] + (x[3] - x[2]) * ((double)hi_part / 100);
}

/* ---- 3 all ---- */

static lm_status normalise_measure(void *ctx, size_t k, int worker, lm_err *err)
{
    const normalise_job *job = ctx;
    const size_t n = job->v->n[0] * job->v->n[1];
    normalise_slice *s = &job->slice[k];
    (void)err;
    if (job->what == LM_NORMALISE_Z) normalise_moments(job->v, k, job->above, s);
    else
        normalise_percentiles(job->v, k * n, n, job->above, job->counts + (size_t)worker * NORMALISE_RANKS * NORMALISE_BINS, &s->a,
                              &s->b);
    return LM_OK;
}

static lm_status normalise_apply(void *ctx, size_t k, int worker, lm_err *err)
{
    const normalise_job *job = ctx;
    const normalise_slice *s = &job->slice[k];
    const size_t n = job->v->n[0] * job->v->n[1];
    const double scale = s->a < s->b ? (job->b - job->a) / (s->b - s->a) : 1, from = s->a, to = s->a < s->b ? job->a : s->a;
    double x[NORMALISE_BLOCK], most = 0;
    (void)worker;
    for (size_t at = 0; at < n; at += NORMALISE_BLOCK) {
        const size_t m = n - at < NORMALISE_BLOCK ? n - at : NORMALISE_BLOCK;
        lm_vol_row_f64(job->v, k * n + at, m, x);
        for (size_t i = 0; i < m; i++) {
            const double y = (x[i] - from) * scale + to, size = fabs(y);
            job->x[k * n + at + i] = size <= FLT_MAX ? (float)y : 0;
            most = size <= most ? most : size; /* keeps NaN */
        }
    }
    if (most <= FLT_MAX) return LM_OK;
    return lm_err_set(err, LM_ERULE, NULL, "slice %zu, from %g to %g, becomes too bright for float32: leave the step out", k, s->a,
                      s->b);
}

lm_status lm_normalise(lm_vol *v, lm_normalise_what what, double above, int threads, lm_normalised *out, lm_err *err)
{
    normalise_job job = {.v = v, .what = what, .above = above};
    double lo, hi;
    threads = lm_pool_threads(threads);
    const size_t bins = NORMALISE_RANKS * NORMALISE_BINS;
    *out = (lm_normalised){0};
    lm_status rc = lm_vol_range(v, &lo, &hi, err);
    if (!rc && hi < above) rc = lm_err_set(err, LM_EUSAGE, NULL, "no sample reaches %g: the greatest value is %g", above, hi);
    if (rc) return rc;
    job.slice = lm_mem_alloc(v->n[2], sizeof *job.slice, err);
    job.x = job.slice ? lm_mem_alloc(lm_vol_count(v), sizeof *job.x, err) : NULL;
    if (job.x && what == LM_NORMALISE_PERCENTILE) job.counts = lm_mem_alloc((size_t)threads * bins, sizeof *job.counts, err);
    if (!job.x || (what == LM_NORMALISE_PERCENTILE && !job.counts)) rc = LM_ENOMEM;
    if (!rc) rc = lm_pool_run(threads, v->n[2], normalise_measure, &job, err);
    if (!rc && what == LM_NORMALISE_Z) normalise_whole(&job);
    if (!rc && what == LM_NORMALISE_PERCENTILE) normalise_percentiles(v, 0, lm_vol_count(v), above, job.counts, &job.a, &job.b);
    if (!rc) rc = lm_pool_run(threads, v->n[2], normalise_apply, &job, err);
    for (size_t k = 0; k < v->n[2] && !rc; k++) out->constant += !(job.slice[k].a < job.slice[k].b);
    out->a = job.a;
    out->b = job.b;
    free(job.slice);
    free(job.counts);
    if (rc) free(job.x);
    else lm_vol_replace(v, LM_F32, job.x);
    return rc;
}
