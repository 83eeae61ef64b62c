/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "volume/unshift.h"
#include "base/mem.h"
#include "base/pool.h"

#include <math.h>
#include <stdlib.h>

typedef struct {
    lm_vol *v;
    const lm_shift *s;
} unshift_job;

/* How far slice k lies off, by all that moved before it and by itself. */
static void unshift_of(const lm_shift *s, size_t k, double px[2])
{
    px[0] = px[1] = 0;
    for (size_t i = 0; i < s->n; i++)
        if (s->item[i].slice == k || (s->item[i].rest && s->item[i].slice < k))
            for (int a = 0; a < 2; a++) px[a] += s->item[i].px[a];
}

/* n samples, `unit` apart, from places moved by `by`; line has room for n. */
static void unshift_line(double *x, size_t n, size_t unit, double by, double *line)
{
    const double whole = floor(by), t = by - whole;
    const double w[4] = {((-0.5 * t + 1) * t - 0.5) * t, (1.5 * t - 2.5) * t * t + 1, ((-1.5 * t + 2) * t + 0.5) * t,
                         (0.5 * t - 0.5) * t * t};
    for (size_t i = 0; i < n; i++) {
        line[i] = 0;
        for (int c = 0; c < 4; c++) {
            double at = (double)i + whole + c - 1;
            at = at < 0 ? 0 : at > (double)(n - 1) ? (double)(n - 1) : at;
            line[i] += w[c] * x[(size_t)at * unit];
        }
    }
    for (size_t i = 0; i < n; i++) x[i * unit] = line[i];
}

static void unshift_store(lm_vol *v, size_t first, size_t n, const double *x)
{
    if (v->type == LM_F32) {
        for (size_t i = 0; i < n; i++) ((float *)v->data)[first + i] = (float)x[i];
        return;
    }
    for (size_t i = 0; i < n; i++) {
        const double r = floor(x[i] + 0.5);
        ((int16_t *)v->data)[first + i] = (int16_t)(r < INT16_MIN ? INT16_MIN : r > INT16_MAX ? INT16_MAX : r);
    }
}

static lm_status unshift_slice(void *ctx, size_t k, int worker, lm_err *err)
{
    const unshift_job *job = ctx;
    const size_t w = job->v->n[0], h = job->v->n[1], first = k * w * h;
    double px[2];
    (void)worker;
    unshift_of(job->s, k, px);
    if (px[0] == 0 && px[1] == 0) return LM_OK;
    double *x = lm_mem_alloc(w * h + (w > h ? w : h), sizeof *x, err);
    if (!x) return LM_ENOMEM;
    lm_vol_row_f64(job->v, first, w * h, x);
    for (size_t j = 0; j < h; j++) unshift_line(x + j * w, w, 1, px[0], x + w * h);
    for (size_t i = 0; i < w; i++) unshift_line(x + i, h, w, px[1], x + w * h);
    unshift_store(job->v, first, w * h, x);
    free(x);
    return LM_OK;
}

lm_status lm_unshift(lm_vol *v, size_t slices, const lm_shift *s, int threads, lm_err *err)
{
    unshift_job job = {v, s};
    if (s->n > LM_SHIFT_MAX)
        return lm_err_set(err, LM_ERULE, NULL, "slices have moved at %zu places: that is more than can be undone, %d", s->n,
                          (int)LM_SHIFT_MAX);
    if (v->type != LM_I16 && v->type != LM_F32)
        return lm_err_set(err, LM_ERULE, NULL, "slices of %s samples are not moved", lm_vol_type_name(v->type));
    return lm_pool_run(lm_pool_threads(threads), slices, unshift_slice, &job, err);
}
