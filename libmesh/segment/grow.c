/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "segment/grow.h"
#include "base/pool.h"
#include "segment/islands.h"
#include "segment/morph.h"

#include <math.h>

typedef struct {
    lm_bits *b;
    const lm_vol *v;
    double inv[3][3], limit;
} grow_job;

/* Steep samples of a slice are taken from the object. Beyond the edge the sample at the edge counts again. */
static lm_status grow_steep(void *ctx, size_t k, int worker, lm_err *err)
{
    const grow_job *job = ctx;
    const lm_vol *v = job->v;
    (void)worker, (void)err;
    for (size_t j = 0; j < v->n[1]; j++) {
        uint64_t *row = lm_bits_row(job->b, j, k);
        for (size_t w = 0; w < job->b->words; w++)
            for (uint64_t left = row[w]; left; left &= left - 1) {
                const int bit = __builtin_ctzll(left);
                const size_t at[3] = {w * 64 + (size_t)bit, j, k};
                const size_t stride[3] = {1, v->n[0], v->n[0] * v->n[1]}, p = (k * v->n[1] + j) * v->n[0] + at[0];
                double g[3] = {0, 0, 0}, square = 0;
                for (int a = 0; a < 3; a++) {
                    const size_t down = at[a] ? 1 : 0, up = at[a] + 1 < v->n[a] ? 1 : 0;
                    if (!(down + up)) continue;
                    const double d = (lm_vol_at(v, p + up * stride[a]) - lm_vol_at(v, p - down * stride[a])) / (double)(down + up);
                    for (int c = 0; c < 3; c++) g[c] += d * job->inv[a][c];
                }
                for (int c = 0; c < 3; c++) square += g[c] * g[c];
                if (square > job->limit * job->limit) row[w] &= ~((uint64_t)1 << bit);
            }
    }
    return LM_OK;
}

lm_status lm_grow_sample(const lm_vol *v, const lm_grow_opt *opt, size_t s, size_t at[3], lm_err *err)
{
    double inv[3][3], ijk[3];
    bool in = true;
    lm_vol_inverse(v, inv);
    for (int a = 0; a < 3; a++) {
        ijk[a] = opt->seed[s].at[a];
        if (!opt->seed[s].voxel) {
            ijk[a] = 0;
            for (int c = 0; c < 3; c++) ijk[a] += inv[a][c] * (opt->seed[s].at[c] - v->origin[c]);
        }
        ijk[a] = floor(ijk[a] + 0.5);
        in = in && ijk[a] >= 0 && ijk[a] < (double)v->n[a];
        if (in) at[a] = (size_t)ijk[a];
    }
    if (!in)
        return lm_err_set(err, LM_EUSAGE, NULL, "seed %zu lies outside the volume: sample %.6g, %.6g, %.6g of %zu x %zu x %zu",
                          s + 1, ijk[0], ijk[1], ijk[2], v->n[0], v->n[1], v->n[2]);
    return LM_OK;
}

/* All seeds are inside; else the text says why not. */
static lm_status grow_inside(const lm_bits *b, const lm_vol *v, const size_t (*at)[3], size_t n, const char *why, lm_err *err)
{
    for (size_t s = 0; s < n; s++)
        if (!lm_bits_get(b, at[s][0], at[s][1], at[s][2]))
            return lm_err_set(err, LM_EUSAGE, NULL, "seed %zu lies %s; the value there is %.6g", s + 1, why,
                              lm_vol_at(v, (at[s][2] * v->n[1] + at[s][1]) * v->n[0] + at[s][0]));
    return LM_OK;
}

lm_status lm_grow(lm_bits *b, const lm_vol *v, const lm_grow_opt *opt, int threads, lm_err *err)
{
    size_t at[LM_GROW_SEEDS][3];
    lm_bits whole = LM_BITS_INIT, seeds = LM_BITS_INIT;
    lm_islands i;
    lm_status rc = LM_OK;
    for (size_t s = 0; s < opt->n && !rc; s++) rc = lm_grow_sample(v, opt, s, at[s], err);
    if (!rc) rc = grow_inside(b, v, at, opt->n, "in no sample of the object", err);
    if (!rc && isfinite(opt->gradient)) {
        grow_job job = {.b = b, .v = v, .limit = opt->gradient};
        lm_vol_inverse(v, job.inv);
        rc = lm_pool_run(lm_pool_threads(threads), v->n[2], grow_steep, &job, err);
        if (!rc) rc = grow_inside(b, v, at, opt->n, "where values change faster than the gradient allows", err);
    }
    if (!rc && opt->neck_mm > 0) {
        rc = lm_bits_copy(b, &whole, err);
        if (!rc) rc = lm_morph(b, v, LM_MORPH_ERODE, opt->neck_mm, threads, err);
        if (!rc) rc = grow_inside(b, v, at, opt->n, "within a neck's radius of the surface: put it deeper", err);
    }
    if (!rc) rc = lm_bits_alloc(&seeds, v->n, err);
    for (size_t s = 0; s < opt->n && !rc; s++) lm_bits_set(lm_bits_row(&seeds, at[s][1], at[s][2]), at[s][0], at[s][0] + 1, true);
    if (!rc) rc = lm_islands_meeting(b, &seeds, false, LM_LABEL_FACES, threads, &i, err);
    if (!rc && opt->neck_mm > 0 && !(rc = lm_morph(b, v, LM_MORPH_DILATE, opt->neck_mm, threads, err)))
        lm_bits_combine(b, &whole, LM_BITS_AND);
    lm_bits_release(&whole);
    lm_bits_release(&seeds);
    return rc;
}
