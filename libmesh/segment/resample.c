/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "segment/resample.h"
#include "base/mem.h"
#include "base/pool.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { RESAMPLE_MOST = 4096, RESAMPLE_BLOCK = 1024 };
#define RESAMPLE_SAMPLES 4294967296.0
static const double resample_same = 1e-9; /* steps that differ by less are the same */

typedef struct {
    size_t taps; /* samples that a new one is made of */
    size_t *first;
    float *w; /* taps of each new sample */
} resample_weights;

typedef struct {
    const lm_vol *v; /* the grid before this axis is done */
    const float *from;
    float *to;
    const resample_weights *w;
    size_t n;    /* new samples along the axis */
    size_t unit; /* samples between neighbours along the axis */
    size_t old;  /* samples along the axis before */
} resample_job;

/* pi by its digits; sine by its series after taking whole turns off: |x| <= 3 pi is all that is asked. */
static double resample_sine(double x) /* of pi x */
{
    const double turn = floor(x / 2 + 0.5), r = (x - 2 * turn) * 3.141592653589793, r2 = r * r;
    double sum = 1;
    for (int i = 13; i; i--) sum = 1 - r2 * sum / (double)(2 * i * (2 * i + 1));
    return r * sum;
}

static double resample_value(lm_resample_kernel k, double x)
{
    x = fabs(x);
    if (k == LM_RESAMPLE_LINEAR) return x < 1 ? 1 - x : 0;
    if (k == LM_RESAMPLE_CUBIC) return x < 1 ? (1.5 * x - 2.5) * x * x + 1 : x < 2 ? ((-0.5 * x + 2.5) * x - 4) * x + 2 : 0;
    if (x >= 3) return 0;
    const double a = 3.141592653589793 * x;
    return x < 1e-9 ? 1 : resample_sine(x) / a * (resample_sine(x / 3) / (a / 3));
}

/* Weights of new samples at places i * ratio of the old ones. */
static lm_status resample_plan(lm_resample_kernel k, size_t old, size_t n, double ratio, resample_weights *w, lm_err *err)
{
    const double wide = ratio > 1 ? ratio : 1, reach = wide * (k == LM_RESAMPLE_LINEAR ? 1 : k == LM_RESAMPLE_CUBIC ? 2 : 3);
    if (!(reach <= RESAMPLE_MOST / 2))
        return lm_err_set(err, LM_EUSAGE, NULL, "steps that grow %.6g times are too coarse for this kernel", ratio);
    w->taps = 2 * (size_t)ceil(reach) + 1;
    size_t all;
    if (!lm_mem_mul(w->taps, n, &all)) return lm_err_set(err, LM_ERANGE, NULL, "too many samples");
    if (!(w->first = lm_mem_alloc(n, sizeof *w->first, err)) || !(w->w = lm_mem_calloc(all, sizeof *w->w, err))) return LM_ENOMEM;
    for (size_t i = 0; i < n; i++) {
        const double at = (double)i * ratio, low = ceil(at - reach);
        double x[RESAMPLE_MOST + 3], sum = 0;
        const double begin = low < 0 ? 0 : low; /* what lies before the edge falls to the sample at the edge */
        w->first[i] = (size_t)begin < old ? (size_t)begin : old - 1;
        for (size_t t = 0; t < w->taps; t++) x[t] = 0;
        for (size_t t = 0; t < w->taps; t++) {
            const double q = low + (double)t, value = resample_value(k, (q - at) / wide);
            double p = q < 0 ? 0 : q;
            if (p > (double)(old - 1)) p = (double)(old - 1);
            x[(size_t)(p - (double)w->first[i])] += value;
            sum += value;
        }
        for (size_t t = 0; t < w->taps; t++) w->w[i * w->taps + t] = (float)(x[t] / sum);
    }
    return LM_OK;
}

/* One line of samples: from[p * unit] to to[i * unit]; lines lie side by side, `wide` of them. */
static void resample_line(const resample_job *job, const float *from, float *to, size_t wide)
{
    const size_t taps = job->w->taps;
    for (size_t i = 0; i < job->n; i++) {
        const float *w = job->w->w + i * taps;
        float *y = to + i * job->unit;
        const size_t left = job->old - job->w->first[i], n = left < taps ? left : taps;
        for (size_t c = 0; c < wide; c++) y[c] = 0;
        for (size_t t = 0; t < n; t++) {
            const float *x = from + (job->w->first[i] + t) * job->unit;
            if (w[t] != 0)
                for (size_t c = 0; c < wide; c++) y[c] += w[t] * x[c];
        }
    }
}

/* Along i a task is a slice; along j too; along k a row of each slice. */
static lm_status resample_task(void *ctx, size_t task, int worker, lm_err *err)
{
    const resample_job *job = ctx;
    const lm_vol *v = job->v;
    (void)worker, (void)err;
    if (job->unit == 1)
        for (size_t j = 0; j < v->n[1]; j++)
            resample_line(job, job->from + (task * v->n[1] + j) * job->old, job->to + (task * v->n[1] + j) * job->n, 1);
    else if (job->unit == v->n[0])
        resample_line(job, job->from + task * job->old * v->n[0], job->to + task * job->n * v->n[0], v->n[0]);
    else resample_line(job, job->from + task * v->n[0], job->to + task * v->n[0], v->n[0]);
    return LM_OK;
}

/* Samples along the axis with that step, as far as the last one reaches. */
static double resample_count(const lm_vol *v, int axis, double step)
{
    return floor((double)(v->n[axis] - 1) * lm_vol_spacing(v, axis) / step + 1e-6) + 1;
}

static lm_status resample_axis(lm_vol *v, int axis, double step, lm_resample_kernel k, int threads, lm_err *err)
{
    const double ratio = step / lm_vol_spacing(v, axis);
    size_t all, n[3] = {v->n[0], v->n[1], v->n[2]};
    if (v->n[axis] == 1 || fabs(ratio - 1) < resample_same) return LM_OK;
    n[axis] = (size_t)resample_count(v, axis, step);
    resample_weights w = {.taps = 0};
    resample_job job = {.v = v,
                        .from = v->data,
                        .w = &w,
                        .n = n[axis],
                        .old = v->n[axis],
                        .unit = axis == 0   ? 1
                                : axis == 1 ? n[0]
                                            : n[0] * n[1]};
    all = n[0] * n[1] * n[2];
    lm_status rc = resample_plan(k, v->n[axis], n[axis], ratio, &w, err);
    if (!rc && !(job.to = lm_mem_alloc(all, sizeof *job.to, err))) rc = LM_ENOMEM;
    if (!rc) rc = lm_pool_run(threads, axis == 2 ? n[1] : n[2], resample_task, &job, err);
    free(w.first);
    free(w.w);
    if (rc) {
        free(job.to);
        return rc;
    }
    lm_vol_replace(v, LM_F32, job.to);
    memcpy(v->n, n, sizeof n);
    for (int c = 0; c < 3; c++) v->dir[axis][c] *= ratio;
    return LM_OK;
}

lm_status lm_resample(lm_vol *v, const double step_mm[3], lm_resample_kernel kernel, int threads, lm_err *err)
{
    double x[RESAMPLE_BLOCK], all = 1;
    for (int a = 0; a < 3; a++) {
        if (!(step_mm[a] > 0) || !isfinite(step_mm[a])) return lm_err_set(err, LM_EUSAGE, NULL, "a step must be more than 0");
        all *= resample_count(v, a, step_mm[a]);
    }
    if (!(all <= RESAMPLE_SAMPLES))
        return lm_err_set(err, LM_EUSAGE, NULL, "steps of %g, %g, %g mm make %.3g samples; at most 4294967296 can be", step_mm[0],
                          step_mm[1], step_mm[2], all);
    float *f = lm_mem_alloc(lm_vol_count(v), sizeof *f, err);
    if (!f) return LM_ENOMEM;
    for (size_t at = 0; at < lm_vol_count(v); at += RESAMPLE_BLOCK) {
        const size_t n = lm_vol_count(v) - at < RESAMPLE_BLOCK ? lm_vol_count(v) - at : RESAMPLE_BLOCK;
        lm_vol_row_f64(v, at, n, x);
        for (size_t i = 0; i < n; i++) f[at + i] = (float)x[i];
    }
    lm_vol_replace(v, LM_F32, f);
    lm_status rc = LM_OK;
    threads = lm_pool_threads(threads);
    for (int pass = 0; pass < 2; pass++) /* coarser steps first: less to do, less memory */
        for (int a = 2; a >= 0 && !rc; a--)
            if ((step_mm[a] >= lm_vol_spacing(v, a)) == (pass == 0)) rc = resample_axis(v, a, step_mm[a], kernel, threads, err);
    return rc;
}
