/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "segment/basins.h"
#include "base/mem.h"
#include "base/pool.h"
#include "segment/grid.h"
#include "segment/morph.h"
#include "segment/watershed.h"
#include "volume/edt.h"
#include "volume/label.h"

#include <math.h>
#include <stdlib.h>

typedef struct {
    const lm_bits *b;
    size_t lo[3], n[3]; /* the object's box and one sample around it, as far as the volume goes */
    uint8_t *outside;
    float *depth;    /* squared distance from outside; then its negative */
    uint32_t *label; /* of the body, 0: none */
} basins_job;

static void basins_release(basins_job *job)
{
    free(job->outside);
    free(job->depth);
    free(job->label);
}

static lm_status basins_alloc(basins_job *job, const size_t hi[3], lm_err *err)
{
    size_t samples;
    for (int a = 0; a < 3; a++) {
        const size_t last = hi[a] + 1 < job->b->n[a] ? hi[a] + 1 : hi[a];
        job->lo[a] -= job->lo[a] > 0;
        job->n[a] = last - job->lo[a] + 1;
    }
    if (!lm_mem_mul(job->n[0], job->n[1] * job->n[2], &samples)) return lm_err_set(err, LM_ERANGE, NULL, "the grid is too large");
    job->outside = lm_mem_alloc(samples, 1, err);
    job->depth = job->outside ? lm_mem_alloc(samples, sizeof *job->depth, err) : NULL;
    job->label = job->depth ? lm_mem_calloc(samples, sizeof *job->label, err) : NULL;
    return job->label ? LM_OK : LM_ENOMEM;
}

static lm_status basins_outside(void *ctx, size_t k, int worker, lm_err *err)
{
    const basins_job *job = ctx;
    (void)worker, (void)err;
    for (size_t j = 0; j < job->n[1]; j++)
        for (size_t i = 0; i < job->n[0]; i++)
            job->outside[(k * job->n[1] + j) * job->n[0] + i] =
                !lm_bits_get(job->b, job->lo[0] + i, job->lo[1] + j, job->lo[2] + k);
    return LM_OK;
}

/* What the erosion leaves, numbered from 1 by piece. */
static lm_status basins_markers(basins_job *job, const lm_bits *eroded, int threads, size_t *bodies, lm_err *err)
{
    lm_label l = LM_LABEL_INIT;
    lm_status rc = lm_label_bits(eroded->row, eroded->n, LM_LABEL_FACES, threads, &l, err);
    for (size_t k = 0; k < job->n[2] && !rc; k++)
        for (size_t j = 0; j < job->n[1]; j++) {
            const size_t row = (job->lo[2] + k) * eroded->n[1] + job->lo[1] + j;
            uint32_t *label = job->label + (k * job->n[1] + j) * job->n[0];
            for (size_t r = l.row[row]; r < l.row[row + 1]; r++)
                for (size_t i = l.start[r]; i < l.end[r]; i++) label[i - job->lo[0]] = l.comp[r] + 1;
        }
    *bodies = l.comps;
    lm_label_release(&l);
    return rc;
}

/* Does a sample share a cell with one of an earlier body? */
static bool basins_meets(const basins_job *job, size_t i, size_t j, size_t k)
{
    const size_t *n = job->n;
    const uint32_t own = job->label[(k * n[1] + j) * n[0] + i];
    for (size_t z = k ? k - 1 : 0; z <= k + 1 && z < n[2]; z++)
        for (size_t y = j ? j - 1 : 0; y <= j + 1 && y < n[1]; y++)
            for (size_t x = i ? i - 1 : 0; x <= i + 1 && x < n[0]; x++) {
                const uint32_t other = job->label[(z * n[1] + y) * n[0] + x];
                if (other && other < own) return true;
            }
    return false;
}

static lm_status basins_cut(void *ctx, size_t k, int worker, lm_err *err)
{
    const basins_job *job = ctx;
    (void)worker, (void)err;
    for (size_t j = 0; j < job->n[1]; j++) {
        uint64_t *row = lm_bits_row(job->b, job->lo[1] + j, job->lo[2] + k);
        for (size_t i = 0; i < job->n[0]; i++)
            if (job->label[(k * job->n[1] + j) * job->n[0] + i] > 1 && basins_meets(job, i, j, k))
                lm_bits_set(row, job->lo[0] + i, job->lo[0] + i + 1, false);
    }
    return LM_OK;
}

static lm_status basins_flood(basins_job *job, const lm_bits *eroded, const double step[3], int threads, size_t *bodies,
                              lm_err *err)
{
    lm_status rc = basins_markers(job, eroded, threads, bodies, err);
    if (rc || *bodies < 2) return rc;
    rc = lm_pool_run(threads, job->n[2], basins_outside, job, err);
    if (!rc) rc = lm_edt_squared(job->outside, job->n, step, threads, job->depth, err);
    for (size_t i = 0; i < job->n[0] * job->n[1] * job->n[2] && !rc; i++) job->depth[i] = -job->depth[i];
    return rc ? rc : lm_watershed(job->depth, job->outside, job->n, job->label, err);
}

lm_status lm_basins_split(lm_bits *b, const lm_vol *v, double radius_mm, int threads, lm_basins *out, lm_err *err)
{
    basins_job job = {.b = b};
    lm_bits eroded = LM_BITS_INIT;
    double step[3];
    size_t hi[3];
    *out = (lm_basins){.found = 0};
    lm_status rc = lm_grid_steps(v, step, err);
    if (rc || !lm_bits_box(b, job.lo, hi)) return rc;
    threads = lm_pool_threads(threads);
    const uint64_t before = lm_bits_count(b);
    rc = lm_bits_copy(b, &eroded, err);
    if (!rc) rc = lm_morph(&eroded, v, LM_MORPH_ERODE, radius_mm, threads, err);
    if (!rc) rc = basins_alloc(&job, hi, err);
    if (!rc) rc = basins_flood(&job, &eroded, step, threads, &out->found, err);
    if (!rc && out->found > 1) rc = lm_pool_run(threads, job.n[2], basins_cut, &job, err);
    out->cut = before - lm_bits_count(b);
    lm_bits_release(&eroded);
    basins_release(&job);
    return rc;
}
