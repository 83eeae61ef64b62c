/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "segment/basis.h"
#include "base/mem.h"
#include "base/num.h"
#include "base/pool.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BASIS_BLOCK = 512 };
static const double basis_alike = 1e-6; /* a pivot below it, of columns whose greatest is 1: nothing can be told apart */

/* NAME=V:V..., the whole of n bytes; *count values. */
static lm_status basis_material(const char *text, size_t n, lm_basis *b, size_t *count, lm_err *err)
{
    const char *end = text + n, *eq = memchr(text, '=', n), *p = eq;
    if (!eq || !lm_expr_is_name(text, (size_t)(eq - text)))
        return lm_err_set(err, LM_EUSAGE, NULL, "'%.*s': a material is NAME=VALUE:VALUE, with a value for each channel", (int)n,
                          text);
    for (size_t i = 0; i < b->n; i++)
        if (strlen(b->name[i]) == (size_t)(eq - text) && !memcmp(b->name[i], text, (size_t)(eq - text)))
            return lm_err_set(err, LM_EUSAGE, NULL, "there are two materials '%s'", b->name[i]);
    memcpy(b->name[b->n], text, (size_t)(eq - text));
    for (*count = 0; p < end;) {
        if (*count == LM_CHANNELS_MAX) return lm_err_set(err, LM_EUSAGE, NULL, "more than %d values", (int)LM_CHANNELS_MAX);
        p = lm_num_parse(p + 1, end, &b->value[b->n][*count]);
        if (!p || (p < end && *p != ':') || !(fabs(b->value[b->n][*count]) <= 1e9))
            return lm_err_set(err, LM_EUSAGE, NULL, "'%.*s': the values of a material are numbers apart by ':'", (int)n, text);
        ++*count;
    }
    return LM_OK;
}

lm_status lm_basis_parse(const char *text, lm_basis *out, lm_err *err)
{
    *out = (lm_basis){.n = 0};
    for (const char *at = text;; at++) {
        const size_t n = strcspn(at, ",");
        size_t count = 0;
        if (out->n == LM_BASIS_MAX) return lm_err_set(err, LM_EUSAGE, NULL, "more than %d materials", (int)LM_BASIS_MAX);
        lm_status rc = basis_material(at, n, out, &count, err);
        if (rc) return rc;
        if (out->n && count != out->channels)
            return lm_err_set(err, LM_EUSAGE, NULL, "'%s' has %zu values, '%s' has %zu", out->name[out->n], count, out->name[0],
                              out->channels);
        out->channels = count;
        out->n++;
        at += n;
        if (!*at) break;
    }
    if (out->n == out->channels + 1) return LM_OK;
    return lm_err_set(err, LM_EUSAGE, NULL,
                      "%zu materials of %zu values: with their volumes summing to 1, %zu values tell %zu apart", out->n,
                      out->channels, out->channels, out->channels + 1);
}

/* Gauss and Jordan with row pivots: a, n rows of n and the unit matrix behind them, becomes the unit matrix and the inverse. */
static bool basis_invert(double a[LM_CHANNELS_MAX][2 * LM_CHANNELS_MAX], size_t n)
{
    for (size_t c = 0; c < n; c++) {
        size_t p = c;
        for (size_t r = c + 1; r < n; r++)
            if (fabs(a[r][c]) > fabs(a[p][c])) p = r;
        const double pivot = a[p][c];
        if (!(fabs(pivot) > basis_alike)) return false;
        for (size_t k = 0; k < 2 * n; k++) {
            const double t = a[c][k];
            a[c][k] = a[p][k] / pivot;
            if (p != c) a[p][k] = t;
        }
        for (size_t r = 0; r < n; r++) {
            const double f = a[r][c];
            for (size_t k = 0; k < 2 * n && r != c; k++) a[r][k] -= f * a[c][k];
        }
    }
    return true;
}

/* Seen from the last material the others are directions: fractions are how far x lies along each. */
lm_status lm_basis_solve(const lm_basis *b, double w[LM_BASIS_MAX][LM_BASIS_MAX], lm_err *err)
{
    const size_t n = b->channels;
    const double *last = b->value[n];
    double a[LM_CHANNELS_MAX][2 * LM_CHANNELS_MAX] = {{0}}, most[LM_CHANNELS_MAX];
    bool apart = true;
    for (size_t m = 0; m < n; m++) {
        most[m] = 0;
        for (size_t r = 0; r < n; r++)
            if (fabs(b->value[m][r] - last[r]) > most[m]) most[m] = fabs(b->value[m][r] - last[r]);
        apart = apart && most[m] > 0;
        for (size_t r = 0; r < n && apart; r++) a[r][m] = (b->value[m][r] - last[r]) / most[m];
        a[m][n + m] = 1;
    }
    if (!apart || !basis_invert(a, n))
        return lm_err_set(err, LM_EUSAGE, NULL, "the channels cannot tell these materials apart: one is a mixture of the others");
    for (size_t k = 0; k <= n; k++) w[n][k] = k == n;
    for (size_t m = 0; m < n; m++) {
        w[m][n] = 0;
        for (size_t r = 0; r < n; r++) {
            w[m][r] = a[m][n + r] / most[m];
            w[m][n] -= w[m][r] * last[r];
            w[n][r] -= w[m][r];
        }
        w[n][n] -= w[m][n];
    }
    return LM_OK;
}

typedef struct {
    const lm_basis *b;
    double w[LM_BASIS_MAX][LM_BASIS_MAX];
    const lm_vol *in[LM_CHANNELS_MAX];
    float *to[LM_BASIS_MAX];
} basis_job;

static lm_status basis_slice(void *ctx, size_t k, int worker, lm_err *err)
{
    const basis_job *job = ctx;
    const size_t slice = job->in[0]->n[0] * job->in[0]->n[1], channels = job->b->channels;
    double x[LM_CHANNELS_MAX][BASIS_BLOCK];
    (void)worker, (void)err;
    for (size_t at = 0; at < slice; at += BASIS_BLOCK) {
        const size_t n = slice - at < BASIS_BLOCK ? slice - at : BASIS_BLOCK, first = k * slice + at;
        for (size_t c = 0; c < channels; c++) lm_vol_row_f64(job->in[c], first, n, x[c]);
        for (size_t m = 0; m < job->b->n; m++)
            for (size_t i = 0; i < n; i++) {
                double f = job->w[m][channels];
                for (size_t c = 0; c < channels; c++) f += job->w[m][c] * x[c][i];
                job->to[m][first + i] = (float)f;
            }
    }
    return LM_OK;
}

/* The fractions in the place of the channels; each is on the grid of v. */
static void basis_replace(const lm_basis *b, basis_job *job, lm_channels *c, lm_vol *v)
{
    lm_channels_release(c);
    memcpy(c->first, b->name[0], sizeof c->first);
    lm_vol_replace(v, LM_F32, job->to[0]);
    for (size_t m = 1; m < b->n; m++) {
        lm_vol one = {.n = {v->n[0], v->n[1], v->n[2]}, .type = LM_F32, .data = job->to[m]};
        memcpy(one.dir, v->dir, sizeof one.dir);
        memcpy(one.origin, v->origin, sizeof one.origin);
        memcpy(c->item[m - 1].name, b->name[m], sizeof c->item[0].name);
        c->item[m - 1].vol = one;
    }
    c->n = b->n - 1;
}

lm_status lm_basis_apply(const lm_basis *b, lm_channels *c, lm_vol *v, int threads, lm_err *err)
{
    basis_job job = {.b = b, .in = {v}};
    double lo, hi;
    if (c->n + 1 != b->channels)
        return lm_err_set(err, LM_EUSAGE, NULL, "the basis has values for %zu channels, and there %s %zu (--channel NAME=SERIES)",
                          b->channels, c->n ? "are" : "is", c->n + 1);
    lm_status rc = lm_basis_solve(b, job.w, err);
    for (size_t i = 0; i < c->n; i++) job.in[i + 1] = &c->item[i].vol;
    for (size_t i = 0; i < b->channels && !rc; i++)
        if (job.in[i]->type >= LM_F32) rc = lm_vol_range(job.in[i], &lo, &hi, err);
    for (size_t m = 0; m < b->n && !rc; m++)
        if (!(job.to[m] = lm_mem_alloc(lm_vol_count(v), sizeof *job.to[m], err))) rc = LM_ENOMEM;
    if (!rc) rc = lm_pool_run(threads, v->n[2], basis_slice, &job, err);
    if (!rc) basis_replace(b, &job, c, v);
    for (size_t m = 0; m < b->n && rc; m++) free(job.to[m]);
    return rc;
}
