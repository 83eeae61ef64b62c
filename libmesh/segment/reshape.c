/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "segment/reshape.h"
#include "base/mem.h"
#include "base/pool.h"
#include "segment/grid.h"
#include "segment/resample.h"
#include "volume/edt.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Samples of b that are inside (or, with outside, are not) as bytes. */
static void reshape_bytes(const lm_bits *b, bool outside, uint8_t *to)
{
    for (size_t k = 0; k < b->n[2]; k++)
        for (size_t j = 0; j < b->n[1]; j++)
            for (size_t i = 0; i < b->n[0]; i++) *to++ = lm_bits_get(b, i, j, k) != outside;
}

/* *out: distance to the nearest sample on the other side, negative outside; far: where there is none. From malloc. */
static lm_status reshape_distance(const lm_bits *b, const double step[3], double far, int threads, float **out, lm_err *err)
{
    const size_t n = b->n[0] * b->n[1] * b->n[2];
    uint8_t *feature = lm_mem_alloc(n, 1, err);
    float *in = feature ? lm_mem_alloc(n, sizeof *in, err) : NULL, *s = in ? lm_mem_alloc(n, sizeof *s, err) : NULL;
    lm_status rc = s ? LM_OK : LM_ENOMEM;
    if (!rc) reshape_bytes(b, true, feature);
    if (!rc) rc = lm_edt_squared(feature, b->n, step, threads, in, err);
    if (!rc) reshape_bytes(b, false, feature);
    if (!rc) rc = lm_edt_squared(feature, b->n, step, threads, s, err);
    for (size_t i = 0; i < n && !rc; i++) {
        const double d = sqrt(feature[i] ? in[i] : s[i]), cut = d < far ? d : far;
        s[i] = (float)(feature[i] ? cut : -cut);
    }
    free(feature);
    free(in);
    if (rc) free(s);
    else *out = s;
    return rc;
}

typedef struct {
    const float *s;
    float *to;
    const size_t *n;
    float level;
    uint64_t *count; /* of each slice */
} reshape_job;

/* Each sample and a hundredth of how far the mean of its six neighbours lies from it: of samples at the same distance those come
 * first that lie deeper in the shape around. */
static lm_status reshape_even_slice(void *ctx, size_t k, int worker, lm_err *err)
{
    const reshape_job *job = ctx;
    const size_t *n = job->n, unit[3] = {1, n[0], n[0] * n[1]};
    (void)worker, (void)err;
    for (size_t j = 0; j < n[1]; j++)
        for (size_t i = 0; i < n[0]; i++) {
            const size_t at[3] = {i, j, k}, here = (k * n[1] + j) * n[0] + i;
            double sum = 0;
            for (int a = 0; a < 3; a++) {
                sum += job->s[at[a] ? here - unit[a] : here];
                sum += job->s[at[a] + 1 < n[a] ? here + unit[a] : here];
            }
            job->to[here] = (float)(0.99 * job->s[here] + 0.01 * sum / 6);
        }
    return LM_OK;
}

static lm_status reshape_count_slice(void *ctx, size_t k, int worker, lm_err *err)
{
    const reshape_job *job = ctx;
    const size_t slice = job->n[0] * job->n[1];
    const float *s = job->to + k * slice;
    uint64_t all = 0;
    (void)worker, (void)err;
    for (size_t i = 0; i < slice; i++) all += s[i] >= job->level;
    job->count[k] = all;
    return LM_OK;
}

static lm_status reshape_count(reshape_job *job, float level, int threads, double *out, lm_err *err)
{
    job->level = level;
    lm_status rc = lm_pool_run(threads, job->n[2], reshape_count_slice, job, err);
    *out = 0;
    for (size_t k = 0; k < job->n[2] && !rc; k++) *out += (double)job->count[k];
    return rc;
}

/* Floats in their order as integers, and back. */
static int64_t reshape_rank(float x)
{
    int32_t bits;
    memcpy(&bits, &x, sizeof bits);
    return bits < 0 ? (int64_t)INT32_MIN - bits : bits;
}

static float reshape_float(int64_t rank)
{
    const int32_t bits = (int32_t)(rank < 0 ? (int64_t)INT32_MIN - rank : rank);
    float x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

/* The level at which the number of samples is nearest to `wanted`: samples at one distance are in together or not at all. */
static lm_status reshape_level(reshape_job *job, double wanted, double reach, int threads, float *level, lm_err *err)
{
    int64_t lo = reshape_rank((float)-reach), hi = reshape_rank((float)reach); /* at lo there are enough, at hi there are not */
    double more = 0, less = 0, now;
    lm_status rc = reshape_count(job, reshape_float(lo), threads, &more, err);
    if (!rc) rc = reshape_count(job, reshape_float(hi), threads, &less, err);
    while (hi - lo > 1 && !rc) {
        const int64_t middle = lo + (hi - lo) / 2;
        rc = reshape_count(job, reshape_float(middle), threads, &now, err);
        if (now >= wanted) lo = middle, more = now;
        else hi = middle, less = now;
    }
    const bool low = fabs(more - wanted) <= fabs(wanted - less);
    *level = reshape_float(low ? lo : hi);
    if (!rc) rc = reshape_count(job, 0, threads, &now, err);
    if (!rc && now == (low ? more : less)) *level = 0; /* of all levels that do the same the plain one */
    return rc;
}

/* The object in the field s, of so many samples. */
static lm_status reshape_cut(lm_bits *b, const lm_vol *s, double wanted, double reach, int threads, float *level, lm_err *err)
{
    reshape_job job = {.s = s->data, .n = s->n};
    lm_status rc = LM_OK;
    if (!(job.to = lm_mem_alloc(lm_vol_count(s), sizeof *job.to, err)) ||
        !(job.count = lm_mem_calloc(s->n[2], sizeof *job.count, err)))
        rc = LM_ENOMEM;
    if (!rc) rc = lm_pool_run(threads, s->n[2], reshape_even_slice, &job, err);
    if (!rc) rc = reshape_level(&job, wanted, reach, threads, level, err);
    if (!rc) rc = lm_bits_alloc(b, s->n, err);
    const float *x = job.to;
    for (size_t k = 0; k < s->n[2] && !rc; k++)
        for (size_t j = 0; j < s->n[1]; j++, x += s->n[0])
            for (size_t i = 0; i < s->n[0]; i++)
                if (x[i] >= *level) lm_bits_set(lm_bits_row(b, j, k), i, i + 1, true);
    free(job.to);
    free(job.count);
    return rc;
}

/* The part of each old sample's length along an axis that n new samples, `ratio` old ones long, reach; from malloc. */
static double *reshape_reached(size_t old, size_t n, double ratio, lm_err *err)
{
    double *part = lm_mem_alloc(old, sizeof *part, err);
    const double begin = -ratio / 2, end = ((double)n - 0.5) * ratio;
    for (size_t i = 0; part && i < old; i++) {
        const double lo = (double)i - 0.5 > begin ? (double)i - 0.5 : begin, hi = (double)i + 0.5 < end ? (double)i + 0.5 : end;
        part[i] = hi > lo ? hi - lo : 0;
    }
    return part;
}

/* Samples of b, as far as the new grid reaches: what a border cuts off must not be made up for elsewhere. */
static lm_status reshape_volume(const lm_bits *b, const lm_vol *v, const lm_vol *to, double *out, lm_err *err)
{
    double *part[3] = {NULL, NULL, NULL};
    lm_status rc = LM_OK;
    for (int a = 0; a < 3 && !rc; a++)
        if (!(part[a] = reshape_reached(b->n[a], to->n[a], lm_vol_spacing(to, a) / lm_vol_spacing(v, a), err))) rc = LM_ENOMEM;
    *out = 0;
    for (size_t k = 0; k < b->n[2] && !rc; k++)
        for (size_t j = 0; j < b->n[1]; j++) {
            double row = 0;
            for (size_t i = 0; i < b->n[0]; i++)
                if (lm_bits_get(b, i, j, k)) row += part[0][i];
            *out += row * part[1][j] * part[2][k];
        }
    for (int a = 0; a < 3; a++) free(part[a]);
    return rc;
}

lm_status lm_reshape(lm_bits *b, const lm_vol *v, const double step_mm[3], int threads, lm_reshape_facts *out, lm_err *err)
{
    lm_vol s = {.n = {v->n[0], v->n[1], v->n[2]}, .type = LM_F32};
    double step[3], far = 0, reach = 0;
    float *distance;
    lm_status rc = lm_bits_count(b) ? lm_grid_steps(v, step, err) : lm_err_set(err, LM_ENO, NULL, "nothing is inside");
    if (rc) return rc;
    memcpy(s.dir, v->dir, sizeof s.dir);
    memcpy(s.origin, v->origin, sizeof s.origin);
    for (int a = 0; a < 3; a++) {
        far += step[a] * (double)v->n[a];
        reach += step[a] + step_mm[a];
    }
    if ((rc = reshape_distance(b, step, far, threads, &distance, err))) return rc;
    s.data = distance;
    threads = lm_pool_threads(threads);
    rc = lm_resample(&s, step_mm, LM_RESAMPLE_CUBIC, threads, err);
    const double voxel = fabs(lm_vol_det(&s));
    float level = 0;
    double was = 0;
    if (!rc) rc = reshape_volume(b, v, &s, &was, err);
    was *= fabs(lm_vol_det(v));
    if (!rc) rc = reshape_cut(b, &s, was / voxel, reach, threads, &level, err);
    if (!rc) *out = (lm_reshape_facts){level, !(was > 0) ? 0 : 100 * ((double)lm_bits_count(b) * voxel / was - 1)};
    lm_vol_release(&s);
    return rc;
}
