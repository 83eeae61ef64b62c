/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "segment/curvature.h"
#include "base/pool.h"

/* A plane is all neighbours d with normal . d = 0. */
static const int curvature_normal[9][3] = {{1, 0, 0},  {0, 1, 0}, {0, 0, 1},  {1, -1, 0}, {1, 1, 0},
                                           {1, 0, -1}, {1, 0, 1}, {0, 1, -1}, {0, 1, 1}};

typedef struct {
    const lm_bits *from;
    lm_bits *to;
    bool cube, turned;   /* turned: inside and outside change places, before and after */
    uint8_t plane[9][9]; /* neighbours, numbered (dk + 1) 9 + (dj + 1) 3 + di + 1 */
} curvature_job;

static void curvature_planes(curvature_job *job)
{
    for (int p = 0; p < 9; p++) {
        const int *n = curvature_normal[p];
        int found = 0;
        for (int d = 0; d < 27 && found < 9; d++)
            if (n[0] * (d % 3 - 1) + n[1] * (d / 3 % 3 - 1) + n[2] * (d / 9 - 1) == 0) job->plane[p][found++] = (uint8_t)d;
    }
}

/* Word w of a row, none beyond its ends; the bits behind the last sample are 0. */
static uint64_t curvature_word(const curvature_job *job, const uint64_t *row, size_t w)
{
    if (w >= job->from->words) return 0; /* -1 too */
    if (!job->turned) return row[w];
    const size_t left = job->from->n[0] - w * 64;
    return ~row[w] & (left < 64 ? ((uint64_t)1 << left) - 1 : ~(uint64_t)0);
}

/* The 27 neighbours of each of 64 samples. */
static void curvature_gather(const curvature_job *job, size_t w, size_t j, size_t k, uint64_t x[27])
{
    for (size_t r = 0; r < 9; r++) {
        const size_t jj = j + r % 3 - 1, kk = k + r / 3 - 1;
        uint64_t *to = x + 3 * r;
        to[0] = to[1] = to[2] = 0;
        if (jj >= job->from->n[1] || kk >= job->from->n[2]) continue;
        const uint64_t *row = lm_bits_row(job->from, jj, kk);
        to[1] = curvature_word(job, row, w);
        to[0] = to[1] << 1 | curvature_word(job, row, w - 1) >> 63;
        to[2] = to[1] >> 1 | curvature_word(job, row, w + 1) << 63;
    }
}

static lm_status curvature_slice(void *ctx, size_t k, int worker, lm_err *err)
{
    const curvature_job *job = ctx;
    uint64_t x[27];
    (void)worker, (void)err;
    for (size_t j = 0; j < job->from->n[1]; j++) {
        uint64_t *to = lm_bits_row(job->to, j, k);
        for (size_t w = 0; w < job->from->words; w++) {
            const size_t left = job->from->n[0] - w * 64;
            const uint64_t valid = left < 64 ? ((uint64_t)1 << left) - 1 : ~(uint64_t)0;
            uint64_t all = job->cube ? 0 : ~(uint64_t)0;
            curvature_gather(job, w, j, k, x);
            for (int d = 0; d < 27 && job->cube; d++) all |= x[d];
            for (int p = 0; p < 9 && !job->cube; p++) {
                uint64_t any = 0;
                for (int d = 0; d < 9; d++) any |= x[job->plane[p][d]];
                all &= any;
            }
            to[w] = (job->turned ? ~all : all) & valid;
        }
    }
    return LM_OK;
}

lm_status lm_curvature(const lm_bits *from, lm_bits *to, lm_curvature_op op, int threads, lm_err *err)
{
    curvature_job job = {.from = from,
                         .to = to,
                         .cube = op == LM_CURVATURE_DILATE || op == LM_CURVATURE_ERODE,
                         .turned = op == LM_CURVATURE_SUP_INF || op == LM_CURVATURE_ERODE};
    curvature_planes(&job);
    return lm_pool_run(threads, from->n[2], curvature_slice, &job, err);
}
