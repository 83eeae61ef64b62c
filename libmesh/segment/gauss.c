/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "segment/gauss.h"
#include "base/arith.h"
#include "base/mem.h"
#include "base/pool.h"
#include "segment/floats.h"
#include "segment/grid.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { GAUSS_WIDE = 256 }; /* columns that are worked on together */

typedef struct {
    const lm_vol *v;
    float *x; /* n[0] n[1] n[2] samples, in place from axis to axis */
    size_t reach;
    float w[LM_GAUSS_MOST + 1];
    size_t stride, length; /* of a column */
    void *scratch;         /* of all workers */
    size_t bytes;          /* of one */
} gauss_job;

static void gauss_weights(gauss_job *job, double sigma) /* in samples */
{
    double w[LM_GAUSS_MOST + 1], sum = 1;
    w[0] = 1;
    for (size_t i = 1; i <= job->reach; i++) sum += 2 * (w[i] = lm_arith_exp(-0.5 * (double)i * (double)i / (sigma * sigma)));
    for (size_t i = 0; i <= job->reach; i++) job->w[i] = (float)(w[i] / sum);
}

/* y[c] = sum of w times rows around; in holds the length rows of `wide` columns, reach more at both ends. */
static void gauss_sum(const gauss_job *job, const float *mid, size_t wide, float *y)
{
    for (size_t c = 0; c < wide; c++) y[c] = job->w[0] * mid[c];
    for (size_t d = 1; d <= job->reach; d++) {
        const float w = job->w[d], *a = mid - d * GAUSS_WIDE, *b = mid + d * GAUSS_WIDE;
        for (size_t c = 0; c < wide; c++) y[c] += w * (a[c] + b[c]);
    }
}

/* Rows: the sums run along the row. */
static lm_status gauss_rows(void *ctx, size_t k, int worker, lm_err *err)
{
    const gauss_job *job = ctx;
    const size_t n = job->v->n[0], r = job->reach;
    (void)err;
    float *in = (float *)(void *)((char *)job->scratch + (size_t)worker * job->bytes);
    for (size_t j = 0; j < job->v->n[1]; j++) {
        float *row = job->x + (k * job->v->n[1] + j) * n;
        memcpy(in + r, row, n * sizeof *row);
        for (size_t i = 0; i < r; i++) {
            in[i] = row[0];
            in[r + n + i] = row[n - 1];
        }
        for (size_t i = 0; i < n; i++) row[i] = job->w[0] * in[r + i];
        for (size_t d = 1; d <= r; d++) {
            const float w = job->w[d], *a = in + r - d, *b = in + r + d;
            for (size_t i = 0; i < n; i++) row[i] += w * (a[i] + b[i]);
        }
    }
    return LM_OK;
}

/* Columns along j (a task is a slice) or k (a task is a row of columns). */
static lm_status gauss_columns(void *ctx, size_t task, int worker, lm_err *err)
{
    const gauss_job *job = ctx;
    const size_t n = job->length, r = job->reach, width = job->v->n[0];
    (void)err;
    float *in = (float *)(void *)((char *)job->scratch + (size_t)worker * job->bytes);
    float *base = job->x + task * (job->stride == width ? width * job->v->n[1] : width);
    for (size_t at = 0; at < width; at += GAUSS_WIDE) {
        const size_t wide = width - at < GAUSS_WIDE ? width - at : GAUSS_WIDE;
        for (size_t q = 0; q < n + 2 * r; q++) {
            const size_t from = q < r ? 0 : q - r < n ? q - r : n - 1;
            memcpy(in + q * GAUSS_WIDE, base + from * job->stride + at, wide * sizeof *in);
        }
        for (size_t q = 0; q < n; q++) gauss_sum(job, in + (q + r) * GAUSS_WIDE, wide, base + q * job->stride + at);
    }
    return LM_OK;
}

static lm_status gauss_axis(gauss_job *job, int axis, double sigma, int threads, lm_err *err)
{
    const size_t *n = job->v->n;
    job->reach = (size_t)ceil(4 * sigma);
    job->length = n[axis];
    job->stride = axis == 1 ? n[0] : n[0] * n[1];
    gauss_weights(job, sigma);
    job->bytes = (n[axis] + 2 * job->reach) * sizeof(float) * (axis ? GAUSS_WIDE : 1);
    if (!(job->scratch = lm_mem_alloc((size_t)threads, job->bytes, err))) return LM_ENOMEM;
    lm_status rc = lm_pool_run(threads, axis == 2 ? n[1] : n[2], axis ? gauss_columns : gauss_rows, job, err);
    free(job->scratch);
    return rc;
}

lm_status lm_gauss(lm_vol *v, double sigma_mm, int threads, lm_err *err)
{
    double step[3];
    gauss_job job = {.v = v};
    lm_status rc = lm_grid_steps(v, step, err);
    if (rc) return rc;
    for (int a = 0; a < 3; a++)
        if (!(sigma_mm > 0) || !(4 * sigma_mm / step[a] <= LM_GAUSS_MOST))
            return lm_err_set(err, LM_EUSAGE, NULL, "a sigma of %g mm on steps of %g mm: above 0, and at most %d samples", sigma_mm,
                              step[a], (int)LM_GAUSS_MOST / 4);
    threads = lm_pool_threads(threads);
    if ((rc = lm_floats(v, threads, &job.x, err))) return rc;
    for (int a = 0; a < 3 && !rc; a++)
        if (v->n[a] > 1) rc = gauss_axis(&job, a, sigma_mm / step[a], threads, err);
    if (rc) free(job.x);
    else lm_vol_replace(v, LM_F32, job.x);
    return rc;
}
