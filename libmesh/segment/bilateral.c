/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "segment/bilateral.h"
#include "base/arith.h"
#include "base/mem.h"
#include "base/pool.h"
#include "segment/floats.h"
#include "segment/grid.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { BILATERAL_WIDE = 256 }; /* columns that are worked on together */
static const double bilateral_reach = 2.5;

typedef struct {
    int by[3];
    float weight;
} bilateral_place;

typedef struct {
    size_t n[3];
    const float *x;
    float *y;
    float bend; /* the weight of a difference d is 2^(-bend d^2) */
    size_t places;
    bilateral_place *place;
} bilateral_job;

/* Add to the sums of the samples at x those at b. 2^t is made from t's whole part, as the exponent, and the series of the rest,
 * right to 3e-7 of itself; below 2^-80 it is 0. */
static void bilateral_add(const float *x, const float *b, size_t n, float weight, float bend, float *restrict sum,
                          float *restrict weights)
{
    static const float whole = 12582912;     /* 1.5 * 2^23: adding it rounds to whole numbers, which are then the low bits */
    static const int32_t limit = 0x42a00000; /* 80 */
    for (size_t i = 0; i < n; i++) {
        const float d = b[i] - x[i], v = bend * d * d;
        int32_t small, bits;
        float t, power;
        memcpy(&small, &v, sizeof small); /* in the order of the values, as none is negative: compilers know minima of integers */
        const int32_t seen = small < limit ? small : limit;
        memcpy(&t, &seen, sizeof t);
        const float r = whole - t, f = r - whole + t; /* 2^-t = 2^(r - whole) / 2^f */
        memcpy(&bits, &r, sizeof bits);
        bits = small < limit ? (bits - 0x4b400000 + 127) * (1 << 23) : 0;
        memcpy(&power, &bits, sizeof power);
        const float series =
            1 - f * (0.69314718f -
                     f * (0.24022651f - f * (0.055504109f - f * (0.0096181291f - f * (0.0013333558f - f * 0.00015403530f)))));
        const float w = weight * series * power;
        sum[i] += w * d;
        weights[i] += w;
    }
}

static lm_status bilateral_slice(void *ctx, size_t k, int worker, lm_err *err)
{
    const bilateral_job *job = ctx;
    const long n[3] = {(long)job->n[0], (long)job->n[1], (long)job->n[2]};
    (void)worker, (void)err;
    for (long j = 0; j < n[1]; j++)
        for (long at = 0; at < n[0]; at += BILATERAL_WIDE) {
            const long to = n[0] - at < BILATERAL_WIDE ? n[0] : at + BILATERAL_WIDE;
            const float *x = job->x + ((long)k * n[1] + j) * n[0];
            float sum[BILATERAL_WIDE] = {0}, weights[BILATERAL_WIDE] = {0};
            for (size_t p = 0; p < job->places; p++) {
                const bilateral_place *q = &job->place[p];
                const long b = j + q->by[1], c = (long)k + q->by[2], i = at + q->by[0] < 0 ? -q->by[0] : at,
                           end = to + q->by[0] > n[0] ? n[0] - q->by[0] : to;
                if (b < 0 || b >= n[1] || c < 0 || c >= n[2] || i >= end) continue;
                bilateral_add(x + i, job->x + (c * n[1] + b) * n[0] + i + q->by[0], (size_t)(end - i), q->weight, job->bend,
                              sum + (i - at), weights + (i - at));
            }
            float *y = job->y + ((long)k * n[1] + j) * n[0];
            for (long i = at; i < to; i++) y[i] = x[i] + sum[i - at] / weights[i - at];
        }
    return LM_OK;
}

/* All places of the ball, its centre among them. */
static lm_status bilateral_ball(bilateral_job *job, const double h[3], double sigma, lm_err *err)
{
    int reach[3];
    size_t most = 1;
    for (int a = 0; a < 3; a++) {
        reach[a] = (int)floor(bilateral_reach * sigma / h[a] * (1 + 1e-9));
        most *= 2 * (size_t)reach[a] + 1;
    }
    if (!(job->place = lm_mem_alloc(most, sizeof *job->place, err))) return LM_ENOMEM;
    for (int c = -reach[2]; c <= reach[2]; c++)
        for (int b = -reach[1]; b <= reach[1]; b++)
            for (int a = -reach[0]; a <= reach[0]; a++) {
                const double r = (a * h[0]) * (a * h[0]) + (b * h[1]) * (b * h[1]) + (c * h[2]) * (c * h[2]), s = sigma * sigma;
                if (r > bilateral_reach * bilateral_reach * s * (1 + 2e-9)) continue;
                job->place[job->places++] = (bilateral_place){{a, b, c}, (float)lm_arith_exp(-0.5 * r / s)};
            }
    return LM_OK;
}

lm_status lm_bilateral(lm_vol *v, double sigma_mm, double sigma_value, int threads, lm_err *err)
{
    double h[3];
    float *x = NULL;
    bilateral_job job = {.n = {v->n[0], v->n[1], v->n[2]}};
    lm_status rc = lm_grid_steps(v, h, err);
    for (int a = 0; a < 3 && !rc; a++)
        if (!(sigma_mm > 0) || !(sigma_value > 0) || !(bilateral_reach * sigma_mm / h[a] <= LM_BILATERAL_MOST))
            rc = lm_err_set(err, LM_EUSAGE, NULL, "sigmas of %g mm and %g on steps of %g mm: above 0, and at most %g samples",
                            sigma_mm, sigma_value, h[a], LM_BILATERAL_MOST / bilateral_reach);
    if (!rc) rc = bilateral_ball(&job, h, sigma_mm, err);
    if (!rc) rc = lm_floats(v, threads, &x, err);
    if (!rc && !(job.y = lm_mem_alloc(lm_vol_count(v), sizeof *job.y, err))) rc = LM_ENOMEM;
    job.x = x;
    job.bend = (float)fmin(0.72134752044448170 / sigma_value / sigma_value, FLT_MAX); /* 1 / (2 ln 2); finite: 0 times it is 0 */
    if (!rc) rc = lm_pool_run(lm_pool_threads(threads), v->n[2], bilateral_slice, &job, err);
    free(job.place);
    free(x);
    if (rc) free(job.y);
    else lm_vol_replace(v, LM_F32, job.y);
    return rc;
}
