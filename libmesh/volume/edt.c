/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "volume/edt.h"
#include "base/mem.h"
#include "base/pool.h"

#include <math.h>
#include <stdlib.h>

enum { EDT_WIDE = 16 }; /* columns gathered at a time: a cache line of floats */

typedef struct {
    const uint8_t *feature;
    const size_t *n;
    float *d2;
    double step;
    size_t stride, columns; /* between samples of a column; how many columns lie side by side in a task */
    size_t length;          /* of a column */
    void *scratch;
    size_t bytes; /* of a worker's scratch */
} edt_work;

/* Along i, one slice: the distance in samples from the left, then from the right. */
static lm_status edt_rows(void *ctx, size_t k, int worker, lm_err *err)
{
    (void)worker;
    (void)err;
    const edt_work *w = ctx;
    const size_t n = w->n[0];
    for (size_t j = 0; j < w->n[1]; j++) {
        const uint8_t *f = w->feature + (k * w->n[1] + j) * n;
        float *d = w->d2 + (k * w->n[1] + j) * n;
        double x = INFINITY;
        for (size_t i = 0; i < n; i++) {
            x = f[i] ? 0 : x + 1;
            d[i] = (float)x; /* whole, and below 2^24 for any grid that fits into memory */
        }
        x = INFINITY;
        for (size_t i = n; i-- > 0;) {
            x = f[i] ? 0 : x + 1;
            double least = x < (double)d[i] ? x : (double)d[i], mm = least * w->step;
            d[i] = (float)(mm * mm);
        }
    }
    return LM_OK;
}

typedef struct {
    double g[EDT_WIDE]; /* one sample of all columns */
} edt_tile;

/* The lower envelope of the parabolas g[v] + (q - v)^2 step^2, read at each q. v and z: the envelope's parabolas, and where each
 * begins. */
static void edt_envelope(const edt_tile *g, size_t c, size_t n, double step, size_t *v, double *z, float *out, size_t stride)
{
    const double s2 = step * step;
    size_t top = 0; /* parabolas */
    for (size_t q = 0; q < n; q++) {
        if (!isfinite(g[q].g[c])) continue;
        double at = -INFINITY;
        for (; top; top--) {
            const size_t p = v[top - 1];
            at = (g[q].g[c] - g[p].g[c]) / s2;
            at = (at + (double)(q - p) * (double)(q + p)) / (2 * (double)(q - p));
            if (at > z[top - 1]) break;
        }
        v[top] = q;
        z[top++] = at;
    }
    for (size_t q = 0, i = 0; q < n; q++) {
        while (i + 1 < top && z[i + 1] < (double)q) i++;
        if (!top) out[q * stride] = INFINITY;
        else {
            double d = ((double)q - (double)v[i]) * step;
            out[q * stride] = (float)(g[v[i]].g[c] + d * d);
        }
    }
}

/* Columns along j or k: a task is a slice or a row, of which EDT_WIDE columns are taken at a time. */
static lm_status edt_columns(void *ctx, size_t task, int worker, lm_err *err)
{
    (void)err;
    const edt_work *w = ctx;
    const size_t n = w->length;
    edt_tile *g = (edt_tile *)((char *)w->scratch + (size_t)worker * w->bytes);
    double *z = (double *)(void *)(g + n);
    size_t *v = (size_t *)(void *)(z + n);
    float *base = w->d2 + task * (w->stride == w->n[0] ? w->n[0] * w->n[1] : w->n[0]);
    for (size_t i = 0; i < w->columns; i += EDT_WIDE) {
        const size_t wide = w->columns - i < EDT_WIDE ? w->columns - i : EDT_WIDE;
        for (size_t q = 0; q < n; q++)
            for (size_t c = 0; c < wide; c++) g[q].g[c] = (double)base[q * w->stride + i + c];
        for (size_t c = 0; c < wide; c++) edt_envelope(g, c, n, w->step, v, z, base + i + c, w->stride);
    }
    return LM_OK;
}

lm_status lm_edt_squared(const uint8_t *feature, const size_t n[3], const double step_mm[3], int threads, float *d2, lm_err *err)
{
    const size_t most = n[1] > n[2] ? n[1] : n[2];
    edt_work w = {.feature = feature, .n = n, .d2 = d2, .step = step_mm[0]};
    lm_status rc;
    threads = lm_pool_threads(threads);
    w.bytes = most * (sizeof(edt_tile) + sizeof(double) + sizeof(size_t));
    if (!(w.scratch = lm_mem_alloc((size_t)threads, w.bytes, err))) return LM_ENOMEM;
    rc = lm_pool_run(threads, n[2], edt_rows, &w, err);
    for (size_t axis = 1; axis < 3 && !rc; axis++) {
        if (n[axis] == 1) continue;
        w.step = step_mm[axis];
        w.stride = axis == 1 ? n[0] : n[0] * n[1];
        w.length = n[axis];
        w.columns = n[0];
        rc = lm_pool_run(threads, n[3 - axis], edt_columns, &w, err);
    }
    free(w.scratch);
    return rc;
}
