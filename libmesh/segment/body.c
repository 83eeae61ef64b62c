/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "segment/body.h"
#include "base/mem.h"
#include "base/pool.h"
#include "segment/islands.h"
#include "segment/morph.h"
#include "volume/level.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

typedef struct {
    lm_vol *v;
    lm_bits *b;
    double level, least;
    uint64_t *removed; /* of each slice */
} body_job;

/* Holes of one slice: 6-connected pieces (there, 4-connected) of what is outside that do not reach its edge. */
static lm_status body_fill_slice(void *ctx, size_t k, int worker, lm_err *err)
{
    const body_job *job = ctx;
    const lm_bits *b = job->b;
    const size_t n[3] = {b->n[0], b->n[1], 1};
    lm_label l = LM_LABEL_INIT;
    lm_bits out = LM_BITS_INIT;
    (void)worker;
    lm_status rc = lm_bits_alloc(&out, n, err);
    if (rc) return rc;
    memcpy(out.row, lm_bits_row(b, 0, k), b->words * b->n[1] * sizeof *out.row);
    lm_bits_invert(&out);
    rc = lm_label_bits(out.row, n, LM_LABEL_FACES, 1, &l, err);
    bool *edge = rc ? NULL : lm_mem_calloc(l.comps + 1, sizeof *edge, err);
    if (!rc && !edge) rc = LM_ENOMEM;
    for (size_t j = 0; j < n[1] && !rc; j++)
        for (size_t r = l.row[j]; r < l.row[j + 1]; r++)
            if (!j || j + 1 == n[1] || !l.start[r] || l.end[r] == n[0]) edge[l.comp[r]] = true;
    for (size_t j = 0; j < n[1] && !rc; j++)
        for (size_t r = l.row[j]; r < l.row[j + 1]; r++)
            if (!edge[l.comp[r]]) lm_bits_set(lm_bits_row(b, j, k), l.start[r], l.end[r], true);
    free(edge);
    lm_label_release(&l);
    lm_bits_release(&out);
    return rc;
}

static lm_status body_clear_slice(void *ctx, size_t k, int worker, lm_err *err)
{
    const body_job *job = ctx;
    const size_t *n = job->v->n;
    (void)worker, (void)err;
    job->removed[k] = 0;
    for (size_t j = 0; j < n[1]; j++)
        for (size_t i = 0; i < n[0]; i++) {
            const size_t p = (k * n[1] + j) * n[0] + i;
            if (lm_bits_get(job->b, i, j, k)) continue;
            job->removed[k] += lm_vol_at(job->v, p) >= job->level;
            lm_level_set(job->v, p, job->least);
        }
    return LM_OK;
}

/* all: what reaches the level; becomes the body. */
static lm_status body_find(lm_bits *all, const lm_vol *v, int threads, lm_err *err)
{
    lm_bits body = LM_BITS_INIT, around = LM_BITS_INIT, rest = LM_BITS_INIT, large = LM_BITS_INIT;
    lm_islands i;
    lm_status rc = lm_bits_copy(all, &body, err);
    if (!rc) rc = lm_morph(&body, v, LM_MORPH_OPEN, LM_BODY_OPEN_MM, threads, err);
    if (!rc && !lm_bits_count(&body))
        rc = lm_err_set(err, LM_ENO, NULL, "there is no body: no ball of %g mm fits into what reaches the level", LM_BODY_OPEN_MM);
    if (!rc) rc = lm_islands_largest(&body, 1, LM_LABEL_FACES, threads, &i, err);
    if (!rc) rc = lm_morph(&body, v, LM_MORPH_DILATE, LM_BODY_MARGIN_MM, threads, err);
    if (!rc) rc = lm_bits_copy(&body, &around, err);
    if (!rc) rc = lm_morph(&around, v, LM_MORPH_DILATE, LM_BODY_MARGIN_MM, threads, err);
    if (!rc) rc = lm_bits_copy(all, &rest, err);
    if (!rc) lm_bits_combine(&rest, &body, LM_BITS_WITHOUT);
    if (!rc) rc = lm_bits_copy(&rest, &large, err);
    const double small = floor(LM_BODY_SMALL_MM3 / fabs(lm_vol_det(v)));
    if (!rc) rc = lm_islands_least(&large, (uint64_t)small + 1, LM_LABEL_FACES, threads, &i, err);
    if (!rc) lm_bits_combine(&rest, &large, LM_BITS_WITHOUT);
    if (!rc) rc = lm_islands_meeting(&rest, &around, false, LM_LABEL_FACES, threads, &i, err);
    if (!rc && lm_bits_count(&rest)) rc = lm_morph(&rest, v, LM_MORPH_DILATE, LM_BODY_MARGIN_MM, threads, err);
    if (!rc) lm_bits_combine(&body, &rest, LM_BITS_OR);
    if (!rc) lm_bits_combine(&body, &large, LM_BITS_WITHOUT);
    lm_bits_release(all);
    *all = body;
    lm_bits_release(&around);
    lm_bits_release(&rest);
    lm_bits_release(&large);
    return rc;
}

lm_status lm_body_alone(lm_vol *v, double level, int threads, lm_body *out, lm_err *err)
{
    double greatest;
    lm_bits b = {.n = {v->n[0], v->n[1], v->n[2]}, .words = lm_mask_words(v->n[0])};
    body_job job = {.v = v, .b = &b, .level = level};
    *out = (lm_body){.inside = 0};
    threads = lm_pool_threads(threads);
    lm_status rc = lm_vol_range(v, &job.least, &greatest, err);
    if (!rc) rc = lm_mask_all(v, level, threads, &b.row, err);
    if (!rc && !lm_bits_count(&b)) rc = lm_err_set(err, LM_ENO, NULL, "there is no body: nothing reaches %.6g", level);
    if (!rc) rc = body_find(&b, v, threads, err);
    if (!rc) rc = lm_pool_run(threads, v->n[2], body_fill_slice, &job, err);
    if (!rc && !(job.removed = lm_mem_calloc(v->n[2], sizeof *job.removed, err))) rc = LM_ENOMEM;
    if (!rc) rc = lm_pool_run(threads, v->n[2], body_clear_slice, &job, err);
    out->inside = rc ? 0 : lm_bits_count(&b);
    for (size_t k = 0; k < v->n[2] && !rc; k++) out->removed += job.removed[k];
    free(job.removed);
    lm_bits_release(&b);
    return rc;
}
