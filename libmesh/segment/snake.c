/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "segment/snake.h"
#include "base/mem.h"
#include "base/pool.h"
#include "segment/curvature.h"
#include "segment/gauss.h"
#include "segment/grid.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

typedef struct {
    const lm_vol *v;
    const lm_snake_opt *opt;
    int threads;
    lm_bits *now, next;
    bool inf_sup_first; /* of the next curvature operator */
    double *sum;        /* of slices: all values, then those inside */
    double in, out;     /* means */
    float *edge;        /* edge image; NULL: Chan-Vese */
    double per2[3];     /* 1 / step^2, in mm */
    double balloon;     /* the edge image must be above it */
    lm_snake *found;
} snake_job;

static void snake_swap(snake_job *job)
{
    const lm_bits was = *job->now;
    *job->now = job->next;
    job->next = was;
}

/* Samples of a word whose central difference along some axis is not 0; the sample at the edge of the volume counts again beyond. */
static uint64_t snake_border(const lm_bits *b, size_t w, size_t j, size_t k)
{
    const uint64_t *row = lm_bits_row(b, j, k), mid = row[w];
    const size_t last = b->n[0] - 1, j0 = j ? j - 1 : 0, k0 = k ? k - 1 : 0;
    const size_t j1 = j + 1 < b->n[1] ? j + 1 : j, k1 = k + 1 < b->n[2] ? k + 1 : k;
    const uint64_t before = mid << 1 | (w ? row[w - 1] >> 63 : mid & 1);
    uint64_t after = mid >> 1 | (w + 1 < b->words ? row[w + 1] << 63 : 0);
    if (last / 64 == w) after |= mid & (uint64_t)1 << last % 64;
    const uint64_t any = (before ^ after) | (lm_bits_row(b, j0, k)[w] ^ lm_bits_row(b, j1, k)[w]) |
                         (lm_bits_row(b, j, k0)[w] ^ lm_bits_row(b, j, k1)[w]);
    return last / 64 == w && last % 64 < 63 ? any & (((uint64_t)2 << last % 64) - 1) : any;
}

/* What pulls a sample: negative into the object, positive out of it. */
static double snake_pull_region(const snake_job *job, const size_t at[3])
{
    const double x = lm_vol_at(job->v, (at[2] * job->v->n[1] + at[1]) * job->v->n[0] + at[0]);
    return job->opt->lambda1 * (x - job->in) * (x - job->in) - job->opt->lambda2 * (x - job->out) * (x - job->out);
}

static double snake_pull_edge(const snake_job *job, const size_t at[3])
{
    const size_t *n = job->v->n, stride[3] = {1, n[0], n[0] * n[1]}, p = at[2] * stride[2] + at[1] * stride[1] + at[0];
    double pull = 0;
    for (int a = 0; a < 3; a++) {
        const size_t up = at[a] + 1 < n[a], down = at[a] > 0;
        if (!(up + down)) continue;
        size_t hi[3] = {at[0], at[1], at[2]}, lo[3] = {at[0], at[1], at[2]};
        hi[a] += up;
        lo[a] -= down;
        const int side = (int)lm_bits_get(job->now, hi[0], hi[1], hi[2]) - (int)lm_bits_get(job->now, lo[0], lo[1], lo[2]);
        const double steps = (double)(up + down),
                     slope = (double)job->edge[p + up * stride[a]] - (double)job->edge[p - down * stride[a]];
        pull -= slope / steps * ((double)side / steps) * job->per2[a];
    }
    return pull;
}

static lm_status snake_move_slice(void *ctx, size_t k, int worker, lm_err *err)
{
    const snake_job *job = ctx;
    (void)worker, (void)err;
    for (size_t j = 0; j < job->now->n[1]; j++) {
        const uint64_t *from = lm_bits_row(job->now, j, k);
        uint64_t *to = lm_bits_row(&job->next, j, k);
        for (size_t w = 0; w < job->now->words; w++) {
            to[w] = from[w];
            for (uint64_t left = snake_border(job->now, w, j, k); left; left &= left - 1) {
                const size_t at[3] = {w * 64 + (size_t)__builtin_ctzll(left), j, k};
                const double pull = job->edge ? snake_pull_edge(job, at) : snake_pull_region(job, at);
                if (pull < 0) to[w] |= left & (~left + 1);
                else if (pull > 0) to[w] &= ~(left & (~left + 1));
            }
        }
    }
    return LM_OK;
}

/* ---- means ---- */

static lm_status snake_sum_slice(void *ctx, size_t k, int worker, lm_err *err)
{
    const snake_job *job = ctx;
    const lm_vol *v = job->v;
    double in = 0, all = 0;
    (void)worker;
    double *x = lm_mem_alloc(v->n[0], sizeof *x, err);
    if (!x) return LM_ENOMEM;
    for (size_t j = 0; j < v->n[1]; j++) {
        const uint64_t *row = lm_bits_row(job->now, j, k);
        lm_vol_row_f64(v, (k * v->n[1] + j) * v->n[0], v->n[0], x);
        for (size_t i = 0; i < v->n[0]; i++) {
            all += x[i];
            if (row[i / 64] >> i % 64 & 1) in += x[i];
        }
    }
    job->sum[k] = all;
    job->sum[v->n[2] + k] = in;
    free(x);
    return LM_OK;
}

/* Means of both sides; *both: neither is empty. */
static lm_status snake_means(snake_job *job, bool *both, lm_err *err)
{
    const size_t slices = job->v->n[2];
    const uint64_t all = lm_vol_count(job->v), inside = lm_bits_count(job->now);
    double sum = 0, in = 0;
    *both = inside && inside < all;
    if (!*both) return LM_OK;
    lm_status rc = lm_pool_run(job->threads, slices, snake_sum_slice, job, err);
    for (size_t k = 0; k < slices && !rc; k++) {
        sum += job->sum[k];
        in += job->sum[slices + k];
    }
    job->found->inside = job->in = in / (double)inside;
    job->found->outside = job->out = (sum - in) / (double)(all - inside);
    return rc;
}

/* ---- edge image ---- */

static lm_status snake_copy_slice(void *ctx, size_t k, int worker, lm_err *err)
{
    const snake_job *job = ctx;
    const lm_vol *v = job->v;
    (void)worker;
    double *x = lm_mem_alloc(v->n[0], sizeof *x, err);
    for (size_t j = 0; j < v->n[1] && x; j++) {
        const size_t first = (k * v->n[1] + j) * v->n[0];
        lm_vol_row_f64(v, first, v->n[0], x);
        for (size_t i = 0; i < v->n[0]; i++) job->edge[first + i] = (float)x[i];
    }
    free(x);
    return x ? LM_OK : LM_ENOMEM;
}

typedef struct {
    const lm_vol *smooth;
    const snake_job *job;
} snake_slope;

static lm_status snake_slope_slice(void *ctx, size_t k, int worker, lm_err *err)
{
    const snake_slope *s = ctx;
    const size_t *n = s->smooth->n, stride[3] = {1, n[0], n[0] * n[1]};
    const float *x = s->smooth->data;
    (void)worker, (void)err;
    for (size_t j = 0; j < n[1]; j++)
        for (size_t i = 0; i < n[0]; i++) {
            const size_t at[3] = {i, j, k}, p = k * stride[2] + j * stride[1] + i;
            double square = 0;
            for (int a = 0; a < 3; a++) {
                const size_t up = at[a] + 1 < n[a], down = at[a] > 0;
                if (!(up + down)) continue;
                const double d = ((double)x[p + up * stride[a]] - (double)x[p - down * stride[a]]) / (double)(up + down);
                square += d * d * s->job->per2[a];
            }
            s->job->edge[p] = (float)(1 / sqrt(1 + s->job->opt->alpha * sqrt(square)));
        }
    return LM_OK;
}

/* The value that 40 % of the edge image lie below: by the upper and then the lower half of the bits, since floats above 0 are
 * ordered as their bits are. */
static lm_status snake_percentile(const float *x, size_t n, double *out, lm_err *err)
{
    size_t *count = lm_mem_alloc(65536, sizeof *count, err), rank = (n - 1) / 5 * 2 + (n - 1) % 5 * 2 / 5;
    uint32_t upper = 0, value = 0;
    if (!count) return LM_ENOMEM;
    for (int half = 0; half < 2; half++) {
        memset(count, 0, 65536 * sizeof *count);
        for (size_t i = 0; i < n; i++) {
            uint32_t bits;
            memcpy(&bits, &x[i], sizeof bits);
            if (!half) count[bits >> 16]++;
            else if (bits >> 16 == upper) count[bits & 65535]++;
        }
        uint32_t c = 0;
        for (; rank >= count[c]; c++) rank -= count[c];
        if (!half) upper = c;
        else value = upper << 16 | c;
    }
    float f;
    memcpy(&f, &value, sizeof f);
    *out = (double)f;
    free(count);
    return LM_OK;
}

static lm_status snake_edge_image(snake_job *job, lm_err *err)
{
    const lm_vol *v = job->v;
    lm_vol smooth = LM_VOL_INIT;
    snake_slope s = {.smooth = &smooth, .job = job};
    double step[3];
    lm_status rc = lm_grid_steps(v, step, err);
    if (!rc) rc = lm_vol_alloc(&smooth, v->n, LM_F32, err);
    if (rc) return rc;
    memcpy(smooth.dir, v->dir, sizeof smooth.dir);
    for (int a = 0; a < 3; a++) job->per2[a] = 1 / (step[a] * step[a]);
    job->edge = smooth.data;
    rc = lm_pool_run(job->threads, v->n[2], snake_copy_slice, job, err);
    job->edge = NULL;
    if (!rc) rc = lm_gauss(&smooth, job->opt->sigma_mm, job->threads, err);
    if (!rc && !(job->edge = lm_mem_alloc(lm_vol_count(v), sizeof *job->edge, err))) rc = LM_ENOMEM;
    if (!rc) rc = lm_pool_run(job->threads, v->n[2], snake_slope_slice, &s, err);
    lm_vol_release(&smooth);
    if (rc || job->opt->balloon == 0) return rc;
    double threshold = job->opt->threshold;
    if (isnan(threshold)) rc = snake_percentile(job->edge, lm_vol_count(v), &threshold, err);
    job->found->threshold = threshold;
    job->balloon = threshold / fabs(job->opt->balloon);
    return rc;
}

/* next has what the cube makes of now; where the edge image is low, it stays as it was. */
static lm_status snake_balloon_slice(void *ctx, size_t k, int worker, lm_err *err)
{
    const snake_job *job = ctx;
    (void)worker, (void)err;
    for (size_t j = 0; j < job->now->n[1]; j++) {
        const uint64_t *was = lm_bits_row(job->now, j, k);
        uint64_t *row = lm_bits_row(&job->next, j, k);
        const float *edge = job->edge + (k * job->now->n[1] + j) * job->now->n[0];
        for (size_t w = 0; w < job->now->words; w++)
            for (uint64_t left = was[w] ^ row[w]; left; left &= left - 1)
                if (!((double)edge[w * 64 + (size_t)__builtin_ctzll(left)] > job->balloon)) row[w] ^= left & (~left + 1);
    }
    return LM_OK;
}

/* ---- flow ---- */

static lm_status snake_smooth(snake_job *job, lm_err *err)
{
    lm_status rc = LM_OK;
    for (size_t s = 0; s < job->opt->smoothing && !rc; s++) {
        for (int half = 0; half < 2 && !rc; half++) {
            const bool inf_sup = job->inf_sup_first == !half;
            rc = lm_curvature(job->now, &job->next, inf_sup ? LM_CURVATURE_INF_SUP : LM_CURVATURE_SUP_INF, job->threads, err);
            snake_swap(job);
        }
        job->inf_sup_first = !job->inf_sup_first;
    }
    return rc;
}

static lm_status snake_iterate(snake_job *job, lm_err *err)
{
    lm_status rc = LM_OK;
    const double balloon = job->opt->balloon;
    if (job->edge && balloon != 0) {
        rc = lm_curvature(job->now, &job->next, balloon > 0 ? LM_CURVATURE_DILATE : LM_CURVATURE_ERODE, job->threads, err);
        if (!rc) rc = lm_pool_run(job->threads, job->v->n[2], snake_balloon_slice, job, err);
        snake_swap(job);
    }
    if (!rc) rc = lm_pool_run(job->threads, job->v->n[2], snake_move_slice, job, err);
    snake_swap(job);
    return rc ? rc : snake_smooth(job, err);
}

static lm_status snake_run(snake_job *job, lm_err *err)
{
    lm_bits was = LM_BITS_INIT;
    bool both = true;
    lm_status rc = lm_bits_alloc(&job->next, job->v->n, err);
    job->inf_sup_first = true;
    for (size_t i = 0; i < job->opt->iterations && both && !rc; i++) {
        if (!job->edge) rc = snake_means(job, &both, err);
        if (!rc && i + 1 == job->opt->iterations) rc = lm_bits_copy(job->now, &was, err);
        if (!rc && both) rc = snake_iterate(job, err);
    }
    if (!rc && was.row) {
        const uint64_t sum = lm_bits_count(&was) + lm_bits_count(job->now);
        lm_bits_combine(&was, job->now, LM_BITS_AND);
        job->found->moved = sum - 2 * lm_bits_count(&was);
    }
    lm_bits_release(&was);
    lm_bits_release(&job->next);
    return rc;
}

lm_status lm_snake_regions(lm_bits *b, const lm_vol *v, const lm_snake_opt *opt, int threads, lm_snake *out, lm_err *err)
{
    snake_job job = {.v = v, .opt = opt, .threads = lm_pool_threads(threads), .now = b, .found = out};
    *out = (lm_snake){.moved = 0};
    if (!(job.sum = lm_mem_alloc(v->n[2], 2 * sizeof *job.sum, err))) return LM_ENOMEM;
    lm_status rc = snake_run(&job, err);
    free(job.sum);
    return rc;
}

lm_status lm_snake_edges(lm_bits *b, const lm_vol *v, const lm_snake_opt *opt, int threads, lm_snake *out, lm_err *err)
{
    snake_job job = {.v = v, .opt = opt, .threads = lm_pool_threads(threads), .now = b, .found = out};
    *out = (lm_snake){.moved = 0};
    lm_status rc = snake_edge_image(&job, err);
    if (!rc) rc = snake_run(&job, err);
    free(job.edge);
    return rc;
}
