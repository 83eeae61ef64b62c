/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "volume/stencil.h"
#include "base/mem.h"
#include "base/pool.h"
#include "volume/level.h"
#include "volume/mask.h"

#include <math.h>
#include <stdlib.h>

enum { STENCIL_SLAB = 8 }; /* slices per task */

typedef struct {
    lm_vol *v;
    const uint64_t *mask; /* what shall be inside */
    uint64_t *was;        /* what was, before any sample changed */
    size_t words;         /* of a row */
    double level, least;
    size_t *count; /* per task: pushed, filled */
} stencil_job;

static bool stencil_bit(const uint64_t *bits, size_t words, size_t row, size_t i)
{
    return bits[row * words + i / 64] >> i % 64 & 1;
}

/* What sample i of a row becomes. It looks at values of samples only that never change. */
static double stencil_value(const stencil_job *job, size_t row, size_t i, bool fill)
{
    const lm_vol *v = job->v;
    const size_t j = row % v->n[1], k = row / v->n[1];
    const size_t at[3] = {i, j, k};
    double sum = 0;
    int kept = 0, changed = 0;
    for (int a = 0; a < 3; a++)
        for (int up = 0; up < 2; up++) {
            if (up ? at[a] + 1 == v->n[a] : at[a] == 0) continue;
            size_t p = a == 0 ? (up ? i + 1 : i - 1) : i,
                   step = a == 1   ? 1
                          : a == 2 ? v->n[1]
                                   : 0,
                   r = up ? row + step : row - step;
            bool in = stencil_bit(job->mask, job->words, r, p);
            if (in == fill) continue; /* the same side */
            if (stencil_bit(job->was, job->words, r, p) != in) {
                changed++;
                continue;
            }
            sum += lm_vol_at(v, r * v->n[0] + p) - job->level;
            kept++;
        }
    double x = kept      ? job->level - sum / kept
               : changed ? job->level + (fill ? 1 : -1)
               : fill    ? 2 * job->level - lm_vol_at(v, row * v->n[0] + i)
                         : job->least;
    return fill ? lm_level_above(v->type, x, job->level) : lm_level_below(v->type, x, job->level);
}

static lm_status stencil_slab(void *ctx, size_t task, int worker, lm_err *err)
{
    const stencil_job *job = ctx;
    lm_vol *v = job->v;
    size_t rows = v->n[1] * v->n[2], slab = STENCIL_SLAB * v->n[1], n[2] = {0};
    (void)worker;
    for (size_t r = task * slab; r < rows && r < (task + 1) * slab; r++)
        for (size_t w = 0; w < job->words; w++) {
            uint64_t mask = job->mask[r * job->words + w], was = job->was[r * job->words + w];
            for (uint64_t d = mask ^ was; d; d &= d - 1) {
                size_t i = w * 64 + (size_t)__builtin_ctzll(d);
                bool fill = mask >> i % 64 & 1;
                double x = stencil_value(job, r, i, fill);
                if (isnan(x))
                    return lm_err_set(err, LM_ERULE, NULL,
                                      "samples of type %s cannot lie %s the level %g: the mask cannot be laid on these values",
                                      lm_vol_type_name(v->type), fill ? "at or above" : "below", job->level);
                lm_level_set(v, r * v->n[0] + i, x);
                n[fill]++;
            }
        }
    job->count[2 * task] = n[0];
    job->count[2 * task + 1] = n[1];
    return LM_OK;
}

lm_status lm_stencil(lm_vol *v, const uint64_t *mask, double level, double least, int threads, size_t *pushed, size_t *filled,
                     lm_err *err)
{
    size_t tasks = (v->n[2] + STENCIL_SLAB - 1) / STENCIL_SLAB, words = lm_mask_words(v->n[0]);
    stencil_job job = {.v = v, .mask = mask, .words = words, .level = level, .least = least < level ? least : level - 1};
    *pushed = *filled = 0;
    lm_status rc = lm_mask_all(v, level, threads, &job.was, err);
    if (!rc && !(job.count = lm_mem_calloc(tasks, 2 * sizeof *job.count, err))) rc = LM_ENOMEM;
    if (!rc) rc = lm_pool_run(threads, tasks, stencil_slab, &job, err);
    for (size_t t = 0; t < tasks && !rc; t++) {
        *pushed += job.count[2 * t];
        *filled += job.count[2 * t + 1];
    }
    free(job.was);
    free(job.count);
    return rc;
}
