/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "shell/field.h"
#include "base/mem.h"
#include "base/pool.h"
#include "surface/voxelize.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { FIELD_CUBE = 16, FIELD_TOP = 65535 };

typedef struct {
    const lm_nearest *near;
    double level, step, band, lo[3];
    size_t n[3], words; /* samples; 64-bit words per row of signs */
    uint64_t *inside;   /* one bit per sample */
    uint16_t *value;    /* NULL: only the deepest is looked for */
    double best;        /* the deepest so far */
} field_job;

/* ---- 1 the grid ---- */

static double field_bytes(const field_job *job)
{
    double n = (double)job->n[0] * (double)job->n[1] * (double)job->n[2];
    return n * (2 + 2.0 / 8); /* samples, signs here and in mcubes */
}

/* Samples over the part of the box that is at least `inset` below its faces. False when there is none. */
static bool field_grid(field_job *job, const lm_mesh *m, double inset)
{
    double lo[3], hi[3];
    lm_mesh_box(m, lo, hi);
    for (int c = 0; c < 3; c++) {
        double room = hi[c] - lo[c] - 2 * inset, n = room > 0 ? ceil(room / job->step) + 1 : 0;
        if (!(n >= 1 && n < 1e9)) return false;
        job->n[c] = (size_t)n;
        job->lo[c] = lo[c] + inset;
    }
    job->words = (job->n[0] - 1) / 64 + 1;
    return true;
}

static lm_status field_limit(field_job *job, const lm_mesh *m, double inset, size_t max_memory, lm_err *err)
{
    double need = field_bytes(job), limit = max_memory ? (double)max_memory : 0x1p46, was = job->step;
    if (need <= limit) return LM_OK;
    while (field_bytes(job) > limit && job->step < 1e6) {
        job->step *= 1.05;
        if (!field_grid(job, m, inset)) break;
    }
    return lm_err_set(err, LM_ENOMEM, NULL, "a grid of %.4g mm takes %.0f MiB, allowed are %.0f: a step of %.2g mm would fit", was,
                      need / 0x1p20, limit / 0x1p20, job->step);
}

static lm_status field_sign_row(void *ctx, size_t slab, size_t j, size_t k, const int32_t *turns, lm_err *err)
{
    field_job *job = ctx;
    uint64_t *row = job->inside + (k * job->n[1] + j) * job->words;
    (void)slab;
    (void)err;
    memset(row, 0, job->words * sizeof *row);
    for (size_t i = 0; i < job->n[0]; i++) row[i / 64] |= (uint64_t)(turns[i] > 0) << (i % 64);
    return LM_OK;
}

static lm_status field_signs(field_job *job, const lm_mesh *m, int threads, lm_err *err)
{
    lm_vol grid = LM_VOL_INIT; /* geometry only */
    for (int c = 0; c < 3; c++) {
        grid.n[c] = job->n[c];
        grid.dir[c][c] = job->step;
        grid.origin[c] = job->lo[c];
    }
    if (!(job->inside = lm_mem_alloc(job->n[1] * job->n[2], job->words * sizeof *job->inside, err))) return LM_ENOMEM;
    return lm_voxelize(m, &grid, threads, field_sign_row, job, err);
}

/* ---- 2 the walk ---- */

typedef struct {
    size_t at[3], to[3]; /* samples at <= i < to */
} field_box;

/* Is any sample of the box inside? The box is at most 64 wide and does not straddle a word. */
static bool field_any(const field_job *job, const field_box *b)
{
    size_t w = b->at[0] / 64, len = b->to[0] - b->at[0];
    uint64_t mask = (len == 64 ? ~0ull : (1ull << len) - 1) << (b->at[0] % 64);
    for (size_t k = b->at[2]; k < b->to[2]; k++)
        for (size_t j = b->at[1]; j < b->to[1]; j++)
            if (job->inside[(k * job->n[1] + j) * job->words + w] & mask) return true;
    return false;
}

static void field_fill(const field_job *job, const field_box *b)
{
    for (size_t k = b->at[2]; k < b->to[2]; k++)
        for (size_t j = b->at[1]; j < b->to[1]; j++)
            for (size_t i = b->at[0]; i < b->to[0]; i++) job->value[(k * job->n[1] + j) * job->n[0] + i] = FIELD_TOP;
}

/* Depth of sample i; its distance is looked for up to `reach`, beyond that it counts as reach. The hint goes on to the next. */
static double field_depth(const field_job *job, const size_t i[3], double reach, uint32_t *hint)
{
    double p[3];
    for (int c = 0; c < 3; c++) p[c] = job->lo[c] + (double)i[c] * job->step;
    lm_nearest_hit hit;
    lm_nearest_find(job->near, p, reach * reach, *hint, &hit);
    if (hit.tri != LM_NEAREST_NONE) *hint = hit.tri;
    double d = hit.tri != LM_NEAREST_NONE ? sqrt(hit.d2) : reach;
    return job->inside[(i[2] * job->n[1] + i[1]) * job->words + i[0] / 64] >> (i[0] % 64) & 1 ? d : -d;
}

static void field_walk(field_job *job, const field_box *b, uint32_t hint)
{
    size_t mid[3], at;
    double r2 = 0, way;
    if (!field_any(job, b)) return; /* depth 0 or less: as it stands */
    for (int c = 0; c < 3; c++) {
        mid[c] = b->at[c] + (b->to[c] - b->at[c]) / 2;
        way = (double)(mid[c] - b->at[c]) * job->step;
        r2 += way * way;
    }
    way = sqrt(r2); /* to the farthest sample */
    double depth = field_depth(job, mid, job->value ? job->level + job->band + way : INFINITY, &hint);
    if (depth > job->best) job->best = depth;
    if (!job->value) {
        if (depth + way <= job->best + job->step) return;
    } else {
        if (depth + way <= job->level - job->band) return;
        if (depth - way >= job->level + job->band) {
            field_fill(job, b);
            return;
        }
    }
    if (way == 0) {
        if (!job->value) return;
        double v = floor(LM_FIELD_ISO + (depth - job->level) / job->band * (FIELD_TOP - LM_FIELD_ISO));
        at = (mid[2] * job->n[1] + mid[1]) * job->n[0] + mid[0];
        job->value[at] = v < 0 ? 0 : v > FIELD_TOP ? FIELD_TOP : (uint16_t)v;
        return;
    }
    for (unsigned q = 0; q < 8; q++) { /* sizes differ by one at the border of the grid only */
        field_box child;
        bool some = true;
        for (unsigned c = 0; c < 3; c++) {
            child.at[c] = q >> c & 1 ? mid[c] : b->at[c];
            child.to[c] = q >> c & 1 ? b->to[c] : mid[c];
            some = some && child.at[c] < child.to[c];
        }
        if (some) field_walk(job, &child, hint);
    }
}

/* All cubes of one row of cubes. */
static void field_row(field_job *job, size_t row)
{
    size_t rows = (job->n[1] - 1) / FIELD_CUBE + 1, j = row % rows * FIELD_CUBE, k = row / rows * FIELD_CUBE;
    for (size_t i = 0; i < job->n[0]; i += FIELD_CUBE) {
        field_box b = {.at = {i, j, k}};
        for (int c = 0; c < 3; c++) b.to[c] = b.at[c] + FIELD_CUBE < job->n[c] ? b.at[c] + FIELD_CUBE : job->n[c];
        field_walk(job, &b, LM_NEAREST_NONE);
    }
}

static lm_status field_task(void *ctx, size_t task, int worker, lm_err *err)
{
    (void)worker;
    (void)err;
    field_job own = *(const field_job *)ctx; /* with its own `best` */
    field_row(&own, task);
    return LM_OK;
}

/* ---- 3 what is asked ---- */

static lm_status field_empty(const field_job *job, lm_err *err)
{
    return lm_err_set(err, LM_ENO, NULL, "nothing lies %.6g mm deep", job->level);
}

static size_t field_rows(const field_job *job)
{
    return ((job->n[1] - 1) / FIELD_CUBE + 1) * ((job->n[2] - 1) / FIELD_CUBE + 1);
}

lm_status lm_field_make(const lm_mesh *m, const lm_nearest *near, const lm_field_opt *opt, lm_vol *vol, lm_err *err)
{
    field_job job = {.near = near, .level = opt->depth_mm, .step = opt->step_mm, .band = LM_FIELD_BAND * opt->step_mm};
    double inset = job.level - 2 * job.step;
    size_t count;
    lm_status rc;
    lm_vol_release(vol);
    if (inset < 0) inset = 0;
    if (!field_grid(&job, m, inset)) return field_empty(&job, err);
    if ((rc = field_limit(&job, m, inset, opt->max_memory, err))) return rc;
    count = job.n[0] * job.n[1] * job.n[2];
    if ((rc = field_signs(&job, m, opt->threads, err))) goto done;
    if (!(job.value = lm_mem_calloc(count, sizeof *job.value, err))) {
        rc = LM_ENOMEM;
        goto done;
    }
    vol->data = job.value;
    vol->type = LM_U16;
    for (int c = 0; c < 3; c++) {
        vol->n[c] = job.n[c];
        vol->dir[c][c] = job.step;
        vol->origin[c] = job.lo[c];
    }
    vol->has_iso = true;
    vol->iso = LM_FIELD_ISO;
    rc = lm_pool_run(lm_pool_threads(opt->threads), field_rows(&job), field_task, &job, err);
done:
    free(job.inside);
    if (rc) lm_vol_release(vol);
    return rc;
}

lm_status lm_field_deepest(const lm_mesh *m, const lm_nearest *near, const lm_field_opt *opt, double *depth_mm, lm_err *err)
{
    field_job job = {.near = near, .level = opt->depth_mm, .step = opt->step_mm};
    lm_status rc;
    *depth_mm = 0;
    if (!field_grid(&job, m, 0)) return field_empty(&job, err);
    if ((rc = field_limit(&job, m, 0, opt->max_memory, err)) || (rc = field_signs(&job, m, opt->threads, err))) goto done;
    for (size_t r = 0; r < field_rows(&job); r++) field_row(&job, r); /* in order: each finds less to look at */
    *depth_mm = job.best;
done:
    free(job.inside);
    return rc;
}
