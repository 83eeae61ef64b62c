/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "segment/floats.h"
#include "base/mem.h"
#include "base/pool.h"

#include <float.h>
#include <stdlib.h>

typedef struct {
    const lm_vol *v;
    float *x;
} floats_job;

static lm_status floats_slice(void *ctx, size_t k, int worker, lm_err *err)
{
    enum { BLOCK = 1024 };
    const floats_job *job = ctx;
    const size_t slice = job->v->n[0] * job->v->n[1];
    double x[BLOCK];
    (void)worker, (void)err;
    for (size_t at = 0; at < slice; at += BLOCK) {
        const size_t n = slice - at < BLOCK ? slice - at : BLOCK;
        lm_vol_row_f64(job->v, k * slice + at, n, x);
        for (size_t i = 0; i < n; i++) job->x[k * slice + at + i] = (float)x[i];
    }
    return LM_OK;
}

lm_status lm_floats(const lm_vol *v, int threads, float **out, lm_err *err)
{
    floats_job job = {.v = v};
    double lo, hi;
    lm_status rc = v->type >= LM_F32 ? lm_vol_range(v, &lo, &hi, err) : LM_OK;
    if (rc) return rc;
    if (v->type >= LM_F32 && !(hi <= FLT_MAX / 2 && lo >= -FLT_MAX / 2))
        return lm_err_set(err, LM_ERULE, NULL, "values go from %g to %g: float32 cannot hold their differences", lo, hi);
    if (!(job.x = lm_mem_alloc(lm_vol_count(v), sizeof *job.x, err))) return LM_ENOMEM;
    rc = lm_pool_run(lm_pool_threads(threads), v->n[2], floats_slice, &job, err);
    if (rc) free(job.x);
    else *out = job.x;
    return rc;
}
