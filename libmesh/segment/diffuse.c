/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "segment/diffuse.h"
#include "base/mem.h"
#include "base/pool.h"
#include "segment/floats.h"
#include "segment/grid.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

typedef struct {
    size_t n[3];
    const float *x;
    float *y;
    float rate[3], bend[3]; /* of a difference d along an axis rate d / (1 + bend d^2) flows */
} diffuse_job;

/* y[i] += what flows from b[i] to a[i]; the same with the other sign for the other way round, exactly. */
static void diffuse_flow(const float *a, const float *b, size_t n, float rate, float bend, float *restrict y)
{
    for (size_t i = 0; i < n; i++) {
        const float d = b[i] - a[i];
        y[i] += rate * d / (1 + bend * d * d);
    }
}

static lm_status diffuse_slice(void *ctx, size_t k, int worker, lm_err *err)
{
    const diffuse_job *job = ctx;
    const size_t *n = job->n, slice = n[0] * n[1];
    (void)worker, (void)err;
    for (size_t j = 0; j < n[1]; j++) {
        const float *x = job->x + k * slice + j * n[0];
        float *y = job->y + k * slice + j * n[0];
        memcpy(y, x, n[0] * sizeof *y);
        diffuse_flow(x, x + 1, n[0] - 1, job->rate[0], job->bend[0], y);
        diffuse_flow(x + 1, x, n[0] - 1, job->rate[0], job->bend[0], y + 1);
        if (j) diffuse_flow(x, x - n[0], n[0], job->rate[1], job->bend[1], y);
        if (j + 1 < n[1]) diffuse_flow(x, x + n[0], n[0], job->rate[1], job->bend[1], y);
        if (k) diffuse_flow(x, x - slice, n[0], job->rate[2], job->bend[2], y);
        if (k + 1 < n[2]) diffuse_flow(x, x + slice, n[0], job->rate[2], job->bend[2], y);
    }
    return LM_OK;
}

static lm_status diffuse_step(const lm_vol *v, const double h[3], const lm_diffuse_opt *opt, double *step, lm_err *err)
{
    double sum = 0;
    if (!opt->rounds || opt->rounds > LM_DIFFUSE_MOST || !(opt->k_per_mm > 0))
        return lm_err_set(err, LM_EUSAGE, NULL, "%zu rounds with K = %g: 1 to %d, and K above 0", opt->rounds, opt->k_per_mm,
                          (int)LM_DIFFUSE_MOST);
    for (int a = 0; a < 3; a++) sum += v->n[a] > 1 ? 1 / (h[a] * h[a]) : 0;
    const double longest = sum > 0 ? 1 / (2 * sum) : 1;
    *step = opt->step_mm2 > 0 ? opt->step_mm2 : longest / 2;
    if (*step <= longest) return LM_OK;
    return lm_err_set(err, LM_EUSAGE, NULL, "a step of %g mm2: the longest stable one on this grid is %g", *step, longest);
}

lm_status lm_diffuse(lm_vol *v, const lm_diffuse_opt *opt, int threads, double *step_mm2, lm_err *err)
{
    double h[3];
    diffuse_job job = {.n = {v->n[0], v->n[1], v->n[2]}};
    float *x = NULL, *y = NULL;
    lm_status rc = lm_grid_steps(v, h, err);
    if (!rc) rc = diffuse_step(v, h, opt, step_mm2, err);
    if (!rc) rc = lm_floats(v, threads, &x, err);
    if (!rc && !(y = lm_mem_alloc(lm_vol_count(v), sizeof *y, err))) rc = LM_ENOMEM;
    for (int a = 0; a < 3 && !rc; a++) {
        job.rate[a] = (float)(*step_mm2 / (h[a] * h[a]));
        job.bend[a] = (float)fmin(1 / (h[a] * h[a]) / opt->k_per_mm / opt->k_per_mm, FLT_MAX); /* finite: 0 times it is 0 */
    }
    for (size_t i = 0; i < opt->rounds && !rc; i++) {
        float *swap = y;
        job.x = x;
        job.y = y;
        rc = lm_pool_run(lm_pool_threads(threads), v->n[2], diffuse_slice, &job, err);
        y = x;
        x = swap;
    }
    free(y);
    if (rc) free(x);
    else lm_vol_replace(v, LM_F32, x);
    return rc;
}
