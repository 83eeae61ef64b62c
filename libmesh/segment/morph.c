/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "segment/morph.h"
#include "base/mem.h"
#include "base/pool.h"
#include "segment/grid.h"
#include "volume/edt.h"

#include <math.h>
#include <stdlib.h>

static const double morph_slack = 1e-6;

typedef struct {
    lm_bits *b;
    size_t lo[3], n[3]; /* window */
    uint8_t *feature;   /* of the window: 1 where the distance is 0 */
    float *d2;
    float limit;
    bool value; /* feature: inside (dilate) or outside (erode) */
} morph_job;

/* The object's box, grown by so many samples along each axis; false: there is nothing. */
static bool morph_window(morph_job *job, const double step[3], double grow_mm)
{
    size_t hi[3];
    if (!lm_bits_box(job->b, job->lo, hi)) return false;
    for (int a = 0; a < 3; a++) {
        const double most = (double)job->b->n[a], want = floor(grow_mm / step[a]) + 1;
        const size_t g = want < most ? (size_t)want : job->b->n[a];
        job->lo[a] = job->lo[a] > g ? job->lo[a] - g : 0;
        hi[a] = job->b->n[a] - 1 - hi[a] > g ? hi[a] + g : job->b->n[a] - 1;
        job->n[a] = hi[a] - job->lo[a] + 1;
    }
    return true;
}

static lm_status morph_feature(void *ctx, size_t k, int worker, lm_err *err)
{
    const morph_job *job = ctx;
    (void)worker, (void)err;
    for (size_t j = 0; j < job->n[1]; j++) {
        const uint64_t *r = lm_bits_row(job->b, job->lo[1] + j, job->lo[2] + k);
        uint8_t *f = job->feature + (k * job->n[1] + j) * job->n[0];
        for (size_t i = 0; i < job->n[0]; i++) {
            const size_t at = job->lo[0] + i;
            f[i] = (r[at / 64] >> at % 64 & 1) == job->value;
        }
    }
    return LM_OK;
}

static lm_status morph_apply(void *ctx, size_t k, int worker, lm_err *err)
{
    const morph_job *job = ctx;
    (void)worker, (void)err;
    for (size_t j = 0; j < job->n[1]; j++) {
        uint64_t *r = lm_bits_row(job->b, job->lo[1] + j, job->lo[2] + k);
        const float *d = job->d2 + (k * job->n[1] + j) * job->n[0];
        for (size_t i = 0; i < job->n[0]; i++) {
            const size_t at = job->lo[0] + i;
            if (d[i] <= job->limit)
                r[at / 64] = job->value ? r[at / 64] | (uint64_t)1 << at % 64 : r[at / 64] & ~((uint64_t)1 << at % 64);
        }
    }
    return LM_OK;
}

/* All within the radius of what is inside becomes inside; or of what is outside, outside. An eroded object needs no more than one
 * sample around its box: the nearest sample outside of it lies there, or nearer. */
static lm_status morph_spread(lm_bits *b, const double step[3], double radius, bool inside, int threads, lm_err *err)
{
    morph_job job = {.b = b, .value = inside, .limit = (float)(radius * radius * (1 + 2 * morph_slack))};
    size_t samples;
    if (!morph_window(&job, step, inside ? radius : 0)) return LM_OK;
    if (!lm_mem_mul(job.n[0], job.n[1] * job.n[2], &samples)) return lm_err_set(err, LM_ERANGE, NULL, "the grid is too large");
    job.feature = lm_mem_alloc(samples, 1, err);
    job.d2 = job.feature ? lm_mem_alloc(samples, sizeof *job.d2, err) : NULL;
    lm_status rc = job.d2 ? lm_pool_run(threads, job.n[2], morph_feature, &job, err) : LM_ENOMEM;
    if (!rc) rc = lm_edt_squared(job.feature, job.n, step, threads, job.d2, err);
    if (!rc) rc = lm_pool_run(threads, job.n[2], morph_apply, &job, err);
    free(job.d2);
    free(job.feature);
    return rc;
}

lm_status lm_morph(lm_bits *b, const lm_vol *v, lm_morph_kind kind, double radius_mm, int threads, lm_err *err)
{
    double step[3];
    lm_bits was = LM_BITS_INIT;
    lm_status rc = lm_grid_steps(v, step, err);
    if (!rc && (!(radius_mm > 0) || !isfinite(radius_mm))) rc = lm_err_set(err, LM_EUSAGE, NULL, "a radius must be more than 0");
    threads = lm_pool_threads(threads);
    if (!rc && kind == LM_MORPH_HOLLOW) rc = lm_bits_copy(b, &was, err);
    const bool first = kind == LM_MORPH_DILATE || kind == LM_MORPH_CLOSE; /* does it grow first? */
    if (!rc) rc = morph_spread(b, step, radius_mm, first, threads, err);
    if (!rc && (kind == LM_MORPH_OPEN || kind == LM_MORPH_CLOSE)) rc = morph_spread(b, step, radius_mm, !first, threads, err);
    if (!rc && kind == LM_MORPH_HOLLOW) {
        lm_bits_combine(&was, b, LM_BITS_WITHOUT);
        const lm_bits wall = was;
        was = *b;
        *b = wall;
    }
    lm_bits_release(&was);
    return rc;
}
