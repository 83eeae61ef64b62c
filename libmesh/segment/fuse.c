/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "segment/fuse.h"
#include "base/mem.h"

#include <math.h>
#include <stdlib.h>

enum { FUSE_ROW = 4096, FUSE_ROUNDS = 100000, FUSE_PATTERNS = 1 << LM_FUSE_INPUTS };
#define FUSE_TOLERANCE 1e-10

void lm_fuse_release(lm_fuse *f)
{
    free(f->votes);
    free(f->sum);
    free(f->square);
    *f = (lm_fuse){.votes = NULL};
}

lm_status lm_fuse_begin(lm_fuse *f, lm_fuse_how how, size_t samples, bool disagreement, lm_err *err)
{
    *f = (lm_fuse){.how = how, .samples = samples};
    if (how != LM_FUSE_MEAN) f->votes = lm_mem_calloc(samples, sizeof *f->votes, err);
    else f->sum = lm_mem_calloc(samples, sizeof *f->sum, err);
    if (!f->votes && !f->sum) return LM_ENOMEM;
    if (f->sum && disagreement && !(f->square = lm_mem_calloc(samples, sizeof *f->square, err))) return LM_ENOMEM;
    return LM_OK;
}

lm_status lm_fuse_add(lm_fuse *f, const lm_vol *v, double level, lm_err *err)
{
    double x[FUSE_ROW];
    if (f->inputs == LM_FUSE_INPUTS) return lm_err_set(err, LM_ERANGE, NULL, "more than %d opinions", (int)LM_FUSE_INPUTS);
    for (size_t at = 0; at < f->samples; at += FUSE_ROW) {
        const size_t n = f->samples - at < FUSE_ROW ? f->samples - at : FUSE_ROW;
        lm_vol_row_f64(v, at, n, x);
        for (size_t i = 0; i < n; i++) {
            if (f->votes) f->votes[at + i] |= (uint16_t)((x[i] >= level) << f->inputs);
            if (f->sum) f->sum[at + i] += (uint64_t)(x[i] * 0x1p52);
            if (f->square) f->square[at + i] += (uint64_t)(x[i] * x[i] * 0x1p52);
        }
    }
    f->inputs++;
    return LM_OK;
}

/* ---- votes ---- */

typedef struct {
    size_t inputs, patterns;
    uint64_t *count; /* samples with these votes */
    double *inside;  /* what becomes of them */
} fuse_table;

static double fuse_share(const fuse_table *t, size_t pattern)
{
    return (double)__builtin_popcountll(pattern) / (double)t->inputs;
}

static void fuse_majority(fuse_table *t, lm_fused *out)
{
    for (size_t p = 0; p < t->patterns; p++) {
        const size_t twice = 2 * (size_t)__builtin_popcountll(p);
        t->inside[p] = twice > t->inputs;
        if (twice == t->inputs) out->ties += t->count[p];
    }
}

/* Sensitivities and specificities from what is inside; returns the largest change. */
static double fuse_maximize(const fuse_table *t, lm_fused *out)
{
    double change = 0;
    for (size_t n = 0; n < t->inputs; n++) {
        double in = 0, in_all = 0, off = 0, off_all = 0;
        for (size_t p = 0; p < t->patterns; p++) {
            const double w = t->inside[p] * (double)t->count[p], rest = (1 - t->inside[p]) * (double)t->count[p];
            in_all += w;
            off_all += rest;
            if (p >> n & 1) in += w;
            else off += rest;
        }
        const double sensitivity = in / in_all, specificity = off / off_all;
        change = fmax(change, fmax(fabs(sensitivity - out->of[n].sensitivity), fabs(specificity - out->of[n].specificity)));
        out->of[n].sensitivity = sensitivity;
        out->of[n].specificity = specificity;
    }
    return change;
}

static void fuse_expect(fuse_table *t, const lm_fused *out)
{
    for (size_t p = 0; p < t->patterns; p++) {
        double a = out->prior, b = 1 - out->prior;
        for (size_t n = 0; n < t->inputs; n++) {
            a *= p >> n & 1 ? out->of[n].sensitivity : 1 - out->of[n].sensitivity;
            b *= p >> n & 1 ? 1 - out->of[n].specificity : out->of[n].specificity;
        }
        if (t->count[p] && a + b > 0) t->inside[p] = a / (a + b); /* what is impossible by now stays */
    }
}

static lm_status fuse_staple(fuse_table *t, size_t samples, lm_fused *out, lm_err *err)
{
    double votes = 0;
    for (size_t p = 0; p < t->patterns; p++) {
        votes += fuse_share(t, p) * (double)t->count[p];
        t->inside[p] = fuse_share(t, p);
    }
    out->prior = votes / (double)samples;
    if (!t->count[0] && t->count[t->patterns - 1] == samples)
        return lm_err_set(err, LM_ENO, NULL, "every input has every sample inside: there is nothing to estimate");
    if (t->count[0] == samples) return lm_err_set(err, LM_ENO, NULL, "nothing is inside in any input");
    do {
        if (++out->rounds > FUSE_ROUNDS)
            return lm_err_set(err, LM_ERULE, NULL,
                              "STAPLE did not come to rest in %d rounds; the last change is %.3g, %.3g is needed", (int)FUSE_ROUNDS,
                              out->change, FUSE_TOLERANCE);
        out->change = fuse_maximize(t, out);
        fuse_expect(t, out);
    } while (out->change > FUSE_TOLERANCE);
    for (size_t p = 0; p < t->patterns; p++)
        if (t->inside[p] == 0.5) out->ties += t->count[p];
    return LM_OK;
}

static void fuse_dice(const fuse_table *t, lm_fused *out)
{
    for (size_t n = 0; n < t->inputs; n++) {
        uint64_t own = 0, result = 0, both = 0;
        for (size_t p = 0; p < t->patterns; p++) {
            const bool a = p >> n & 1, b = t->inside[p] >= 0.5;
            own += a ? t->count[p] : 0;
            result += b ? t->count[p] : 0;
            both += a && b ? t->count[p] : 0;
        }
        out->of[n].dice = own + result ? 2 * (double)both / (double)(own + result) : 1;
    }
}

static lm_status fuse_votes(const lm_fuse *f, float *result, float *disagreement, lm_fused *out, lm_err *err)
{
    fuse_table t = {.inputs = f->inputs, .patterns = (size_t)1 << f->inputs};
    lm_status rc = LM_OK;
    t.count = lm_mem_calloc(t.patterns, sizeof *t.count, err);
    t.inside = t.count ? lm_mem_calloc(t.patterns, sizeof *t.inside, err) : NULL;
    if (!t.inside) rc = LM_ENOMEM;
    for (size_t i = 0; i < f->samples && !rc; i++) t.count[f->votes[i]]++;
    if (!rc && f->how == LM_FUSE_MAJORITY) fuse_majority(&t, out);
    else if (!rc) rc = fuse_staple(&t, f->samples, out, err);
    if (!rc) fuse_dice(&t, out);
    for (size_t i = 0; i < f->samples && !rc; i++) {
        const double share = fuse_share(&t, f->votes[i]);
        result[i] = (float)t.inside[f->votes[i]];
        if (disagreement) disagreement[i] = (float)sqrt(share * (1 - share));
    }
    free(t.count);
    free(t.inside);
    return rc;
}

lm_status lm_fuse_end(const lm_fuse *f, float *result, float *disagreement, lm_fused *out, lm_err *err)
{
    *out = (lm_fused){.ties = 0};
    for (size_t n = 0; n < LM_FUSE_INPUTS; n++) {
        out->of[n].dice = NAN;
        out->of[n].sensitivity = out->of[n].specificity = f->how == LM_FUSE_STAPLE ? 0 : NAN;
    }
    if (f->inputs < 2) return lm_err_set(err, LM_EUSAGE, NULL, "two opinions at least are needed");
    if (f->votes) return fuse_votes(f, result, disagreement, out, err);
    for (size_t i = 0; i < f->samples; i++) {
        const double mean = (double)f->sum[i] / (double)f->inputs * 0x1p-52;
        result[i] = (float)mean;
        if (!disagreement) continue;
        const double variance = (double)f->square[i] / (double)f->inputs * 0x1p-52 - mean * mean;
        disagreement[i] = variance > 1e-14 ? (float)sqrt(variance) : 0; /* below it is rounding */
    }
    return LM_OK;
}
