/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "diff/samples.h"
#include "base/mem.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

const double lm_samples_percent[LM_SAMPLES_PERCENTILES] = {50, 90, 95, 99};

static float samples_down(double v)
{
    float f = (float)v;
    return f > v ? nextafterf(f, 0) : f;
}

static float samples_up(double v)
{
    float f = (float)v;
    return f < v ? nextafterf(f, INFINITY) : f;
}

lm_status lm_samples_add(lm_samples *s, double area_mm2, double d, int side, double lo, double hi, double move2, lm_err *err)
{
    s->area += area_mm2;
    s->sum += area_mm2 * d;
    s->sum2 += area_mm2 * (d * d);
    s->signed_sum += area_mm2 * (side * d);
    s->move += area_mm2 * sqrt(move2);
    s->move2 += area_mm2 * move2;
    lm_status rc = lm_mem_grow(&s->item, &s->cap, s->n + 1, sizeof *s->item, err);
    if (!rc) s->item[s->n++] = (lm_sample){(float)d, samples_down(lo), samples_up(hi), (float)area_mm2, side};
    return rc;
}

void lm_samples_release(lm_samples *s)
{
    free(s->item);
    *s = (lm_samples){.n = 0};
}

void lm_samples_integrals(const lm_samples_all *s, size_t n, lm_samples_value *mean, lm_samples_value *rms, lm_samples_value *bias)
{
    lm_samples t = {.n = 0};
    for (size_t k = 0; k < n; k++)
        for (size_t i = 0; i < s[k].blocks; i++) {
            const lm_samples *b = &s[k].block[i];
            t.area += b->area, t.sum += b->sum, t.sum2 += b->sum2, t.signed_sum += b->signed_sum;
            t.move += b->move, t.move2 += b->move2;
        }
    double m = t.sum / t.area, r = sqrt(t.sum2 / t.area), u = sqrt(t.move2 / t.area), w = t.move / t.area,
           x = t.signed_sum / t.area; /* NAN without area */
    *mean = (lm_samples_value){m, fmax(0, m - w), m + w};
    *rms = (lm_samples_value){r, fmax(0, r - u), r + u};
    *bias = (lm_samples_value){x, x - w, x + w};
    if (!(t.area > 0)) *mean = *rms = *bias = (lm_samples_value){NAN, NAN, NAN};
}

/* ---- percentiles ---- */

typedef struct {
    uint32_t key; /* bits of a float >= 0: in its order */
    float area;
} samples_key;

/* Stable radix sort; the result stands in a. */
static void samples_sort(samples_key *a, samples_key *tmp, size_t n)
{
    for (int pass = 0; pass < 4; pass++) {
        size_t at[257] = {0};
        for (size_t i = 0; i < n; i++) at[(a[i].key >> (8 * pass) & 255) + 1]++;
        for (int k = 0; k < 256; k++) at[k + 1] += at[k];
        for (size_t i = 0; i < n; i++) tmp[at[a[i].key >> (8 * pass) & 255]++] = a[i];
        samples_key *x = a;
        a = tmp;
        tmp = x;
    }
}

static float samples_pick(const lm_sample *s, int which)
{
    return which == 0 ? s->value : which == 1 ? s->lo : s->hi;
}

/* The distances at the percentiles, keys being sorted. */
static void samples_read(const samples_key *key, size_t n, double out[LM_SAMPLES_PERCENTILES])
{
    double all = 0, sum = 0;
    int p = 0;
    for (size_t i = 0; i < n; i++) all += (double)key[i].area;
    for (size_t i = 0; i < n && p < LM_SAMPLES_PERCENTILES; i++) {
        float f;
        sum += (double)key[i].area;
        memcpy(&f, &key[i].key, sizeof f);
        while (p < LM_SAMPLES_PERCENTILES && sum >= lm_samples_percent[p] / 100 * all) out[p++] = all > 0 ? (double)f : NAN;
    }
}

lm_status lm_samples_percentiles(const lm_samples_all *s, size_t n, lm_samples_value out[LM_SAMPLES_PERCENTILES], lm_err *err)
{
    size_t count = 0;
    for (size_t k = 0; k < n; k++)
        for (size_t i = 0; i < s[k].blocks; i++) count += s[k].block[i].n;
    samples_key *key = lm_mem_alloc(count, 2 * sizeof *key, err);
    if (!key) return LM_ENOMEM;
    for (int which = 0; which < 3; which++) {
        double v[LM_SAMPLES_PERCENTILES] = {NAN, NAN, NAN, NAN};
        size_t at = 0;
        for (size_t k = 0; k < n; k++)
            for (size_t i = 0; i < s[k].blocks; i++)
                for (size_t j = 0; j < s[k].block[i].n; j++, at++) {
                    const lm_sample *x = &s[k].block[i].item[j];
                    float f = samples_pick(x, which);
                    memcpy(&key[at].key, &f, sizeof f);
                    key[at].area = x->area;
                }
        samples_sort(key, key + count, count);
        samples_read(key, count, v);
        for (int p = 0; p < LM_SAMPLES_PERCENTILES; p++)
            *(which == 0 ? &out[p].value : which == 1 ? &out[p].lower : &out[p].upper) = v[p];
    }
    free(key);
    return LM_OK;
}

/* ---- shares ---- */

lm_samples_value lm_samples_within(const lm_samples_all *s, size_t n, double limit_mm)
{
    double area = 0, in[3] = {0, 0, 0};
    for (size_t k = 0; k < n; k++)
        for (size_t i = 0; i < s[k].blocks; i++)
            for (size_t j = 0; j < s[k].block[i].n; j++) {
                const lm_sample *x = &s[k].block[i].item[j];
                area += (double)x->area;
                for (int w = 0; w < 3; w++)
                    if ((double)samples_pick(x, w) <= limit_mm) in[w] += (double)x->area;
            }
    if (!(area > 0)) return (lm_samples_value){NAN, NAN, NAN};
    return (lm_samples_value){in[0] / area, in[2] / area, in[1] / area}; /* within at most: where the lower bound is */
}

void lm_samples_histogram(const lm_samples_all *s, size_t n, double range_mm, double share[LM_SAMPLES_BINS])
{
    double area = 0;
    memset(share, 0, LM_SAMPLES_BINS * sizeof *share);
    for (size_t k = 0; k < n; k++)
        for (size_t i = 0; i < s[k].blocks; i++)
            for (size_t j = 0; j < s[k].block[i].n; j++) {
                const lm_sample *x = &s[k].block[i].item[j];
                double d = x->side < 0 ? -(double)x->value : (double)x->value,
                       at = range_mm > 0 ? floor((d / range_mm + 1) * (LM_SAMPLES_BINS / 2)) : LM_SAMPLES_BINS / 2;
                share[at < 0 ? 0 : at < LM_SAMPLES_BINS ? (size_t)at : LM_SAMPLES_BINS - 1] += (double)x->area;
                area += (double)x->area;
            }
    for (size_t b = 0; b < LM_SAMPLES_BINS; b++) share[b] = area > 0 ? share[b] / area : NAN;
}
