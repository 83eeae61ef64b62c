/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "segment/channels.h"
#include "base/mem.h"
#include "base/pool.h"
#include "volume/regions.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CHANNELS_BLOCK = 512 };

void lm_channels_release(lm_channels *c)
{
    for (size_t i = 0; i < c->n; i++) lm_vol_release(&c->item[i].vol);
    *c = (lm_channels)LM_CHANNELS_INIT;
}

static const char *channels_first(const lm_channels *c)
{
    return c && c->first[0] ? c->first : "v";
}

static lm_status channels_same(const lm_vol *first, const lm_vol *v, const char *name, lm_err *err)
{
    lm_regions r = LM_REGIONS_INIT;
    bool same = !memcmp(first->n, v->n, sizeof v->n), fits;
    double gap;
    lm_regions_on(&r, first);
    lm_regions_fit(&r, v, &fits, &gap);
    for (int a = 0; a < 3; a++) /* not one for one on turned axes */
        for (int c = 0; c < 3; c++) same = same && fabs(first->dir[a][c] - v->dir[a][c]) <= 1e-3 * lm_vol_min_spacing(first);
    if (same && fits) return LM_OK;
    return lm_err_set(
        err, LM_ERULE, "G-1",
        "channel '%s' has another grid: %zu x %zu x %zu samples of %.6g x %.6g x %.6g mm from %.6g, %.6g, %.6g; the first "
        "has %zu x %zu x %zu of %.6g x %.6g x %.6g mm from %.6g, %.6g, %.6g",
        name, v->n[0], v->n[1], v->n[2], lm_vol_spacing(v, 0), lm_vol_spacing(v, 1), lm_vol_spacing(v, 2), v->origin[0],
        v->origin[1], v->origin[2], first->n[0], first->n[1], first->n[2], lm_vol_spacing(first, 0), lm_vol_spacing(first, 1),
        lm_vol_spacing(first, 2), first->origin[0], first->origin[1], first->origin[2]);
}

lm_status lm_channels_add(lm_channels *c, const char *name, size_t length, const lm_vol *first, lm_vol *v, lm_err *err)
{
    char word[LM_EXPR_NAME] = "";
    if (!lm_expr_is_name(name, length))
        return lm_err_set(err, LM_EUSAGE, NULL, "'%.20s' is no name for a channel: at most 15 letters, digits or '_'", name);
    memcpy(word, name, length);
    bool known = !strcmp(word, channels_first(c));
    for (size_t i = 0; i < c->n; i++) known = known || !strcmp(word, c->item[i].name);
    if (known) return lm_err_set(err, LM_EUSAGE, NULL, "there are two channels '%s'", word);
    if (c->n == LM_CHANNELS_MAX - 1) return lm_err_set(err, LM_EUSAGE, NULL, "more than %d channels", (int)LM_CHANNELS_MAX);
    lm_status rc = channels_same(first, v, word, err);
    if (rc) return rc;
    memcpy(c->item[c->n].name, word, sizeof word);
    c->item[c->n++].vol = *v;
    *v = (lm_vol)LM_VOL_INIT;
    return LM_OK;
}

/* ---- expressions ---- */

typedef struct {
    const lm_expr *e;
    const lm_vol *in[LM_EXPR_NAMES]; /* by the expression's names */
    lm_bits *b;                      /* or */
    bool lay;
    float *to;
    uint64_t *undefined; /* of each slice */
} channels_job;

static lm_status channels_names(const lm_channels *c, const lm_vol *v, channels_job *job, lm_err *err)
{
    for (size_t k = 0; k < job->e->names; k++) {
        const char *name = job->e->name[k];
        job->in[k] = strcmp(name, channels_first(c)) ? NULL : v;
        for (size_t i = 0; c && i < c->n; i++)
            if (!strcmp(name, c->item[i].name)) job->in[k] = &c->item[i].vol;
        if (job->in[k]) continue;
        char list[(LM_CHANNELS_MAX + 1) * (LM_EXPR_NAME + 2)];
        size_t n = (size_t)snprintf(list, sizeof list, "%s", channels_first(c));
        for (size_t i = 0; c && i < c->n; i++) n += (size_t)snprintf(list + n, sizeof list - n, ", %s", c->item[i].name);
        return lm_err_set(err, LM_EUSAGE, NULL, "there is no channel '%s'; there are: %s", name, list);
    }
    return LM_OK;
}

static void channels_store(const channels_job *job, size_t j, size_t k, size_t first, size_t at, size_t n, const double *x)
{
    if (job->to) {
        uint64_t *undefined = &job->undefined[k];
        for (size_t i = 0; i < n; i++) {
            const bool good = fabs(x[i]) <= FLT_MAX; /* NaN is not */
            job->to[first + at + i] = good ? (float)x[i] : 0;
            *undefined += !good;
        }
        return;
    }
    uint64_t *row = lm_bits_row(job->b, j, k);
    for (size_t i = 0; i < n; i++)
        if (!job->lay || lm_bits_get(job->b, at + i, j, k)) lm_bits_set(row, at + i, at + i + 1, x[i] != 0);
}

static lm_status channels_slice(void *ctx, size_t k, int worker, lm_err *err)
{
    const channels_job *job = ctx;
    const lm_expr *e = job->e;
    const size_t *size = job->b ? job->b->n : job->in[0]->n, rows = e->names + e->stack + 1;
    double *x = lm_mem_alloc(rows * CHANNELS_BLOCK, sizeof *x, err), *in[LM_EXPR_NAMES];
    (void)worker;
    if (!x) return LM_ENOMEM;
    for (size_t s = 0; s < e->names; s++) in[s] = x + s * CHANNELS_BLOCK;
    double *out = x + e->names * CHANNELS_BLOCK, *stack = out + CHANNELS_BLOCK;
    for (size_t j = 0; j < size[1]; j++) {
        const size_t first = (k * size[1] + j) * size[0];
        for (size_t at = 0; at < size[0]; at += CHANNELS_BLOCK) {
            const size_t n = size[0] - at < CHANNELS_BLOCK ? size[0] - at : CHANNELS_BLOCK;
            for (size_t s = 0; s < e->names; s++) lm_vol_row_f64(job->in[s], first + at, n, in[s]);
            lm_expr_row(e, (const double *const *)in, n, stack, out);
            channels_store(job, j, k, first, at, n, out);
        }
    }
    free(x);
    return LM_OK;
}

lm_status lm_channels_where(const lm_channels *c, const lm_vol *v, const lm_expr *e, bool lay, int threads, lm_bits *b, lm_err *err)
{
    channels_job job = {.e = e, .b = b, .lay = lay};
    lm_status rc = channels_names(c, v, &job, err);
    return rc ? rc : lm_pool_run(threads, v->n[2], channels_slice, &job, err);
}

lm_status lm_channels_values(lm_channels *c, lm_vol *v, const lm_expr *e, int threads, uint64_t *undefined, lm_err *err)
{
    channels_job job = {.e = e};
    lm_status rc = channels_names(c, v, &job, err);
    if (rc) return rc;
    if (!e->names) return lm_err_set(err, LM_EUSAGE, NULL, "the values are the same everywhere: there is no channel in them");
    if (!(job.to = lm_mem_alloc(lm_vol_count(v), sizeof *job.to, err)) ||
        !(job.undefined = lm_mem_calloc(v->n[2], sizeof *job.undefined, err)))
        rc = LM_ENOMEM;
    if (!rc) rc = lm_pool_run(threads, v->n[2], channels_slice, &job, err);
    *undefined = 0;
    for (size_t k = 0; k < v->n[2] && !rc; k++) *undefined += job.undefined[k];
    free(job.undefined);
    if (rc) free(job.to);
    else lm_vol_replace(v, LM_F32, job.to);
    if (!rc && c) c->first[0] = 0;
    return rc;
}
