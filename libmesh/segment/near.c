/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "segment/near.h"
#include "base/arith.h"
#include "base/mem.h"

#include <math.h>
#include <stdlib.h>

static int near_compare(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

/* Values within the radius, in the order of the samples; NULL: err is set. */
static double *near_values(const lm_vol *v, const double centre[3], double radius, size_t *n, lm_err *err)
{
    double inv[3][3], *x = NULL;
    size_t lo[3], hi[3], cap = 0;
    lm_vol_inverse(v, inv);
    for (int a = 0; a < 3; a++) { /* a ball of radius r reaches r |row a of inv| samples along axis a */
        const double reach = radius * sqrt(inv[a][0] * inv[a][0] + inv[a][1] * inv[a][1] + inv[a][2] * inv[a][2]);
        double at = 0;
        for (int c = 0; c < 3; c++) at += inv[a][c] * (centre[c] - v->origin[c]);
        const double first = floor(at - reach), last = ceil(at + reach), most = (double)(v->n[a] - 1);
        lo[a] = first > 0 ? (size_t)first : 0;
        hi[a] = last < most ? (size_t)last : v->n[a] - 1;
    }
    *n = 0;
    for (size_t k = lo[2]; k <= hi[2]; k++)
        for (size_t j = lo[1]; j <= hi[1]; j++)
            for (size_t i = lo[0]; i <= hi[0]; i++) {
                double p[3], d = 0;
                lm_vol_to_world(v, (const double[3]){(double)i, (double)j, (double)k}, p);
                for (int c = 0; c < 3; c++) d += (p[c] - centre[c]) * (p[c] - centre[c]);
                if (d > radius * radius) continue;
                if (lm_mem_grow(&x, &cap, *n + 1, sizeof *x, err)) goto bad;
                x[*n] = lm_vol_at(v, (k * v->n[1] + j) * v->n[0] + i);
                if (!isfinite(x[*n])) {
                    (void)lm_err_set(err, LM_ERULE, NULL, "sample (%zu, %zu, %zu) is not finite", i, j, k);
                    goto bad;
                }
                ++*n;
            }
    if (*n >= LM_NEAR_LEAST) return x;
    (void)lm_err_set(err, LM_EUSAGE, NULL, "only %zu samples lie within %.6g mm of the place: at least %d are needed", *n, radius,
                     (int)LM_NEAR_LEAST);
bad:
    free(x);
    return NULL;
}

static void near_start(double *x, double *d, size_t n, lm_near *out, double *range)
{
    qsort(x, n, sizeof *x, near_compare);
    out->mean = x[n / 2];
    *range = x[n - 1] - x[0];
    for (size_t i = 0; i < n; i++) d[i] = fabs(x[i] - out->mean);
    qsort(d, n, sizeof *d, near_compare);
    out->deviation = 1.4826 * d[n / 2]; /* of a Gaussian, the median deviation times this */
    out->share = 0.9;
}

static void near_round(const double *x, size_t n, double even, lm_near *m)
{
    double weight = 0, sum = 0, square = 0;
    const double height = m->share / (m->deviation * sqrt(2 * 3.14159265358979323846)), rest = (1 - m->share) * even;
    for (size_t i = 0; i < n; i++) {
        const double z = (x[i] - m->mean) / m->deviation, own = height * lm_arith_exp(-0.5 * z * z), p = own / (own + rest);
        weight += p;
        sum += p * (x[i] - m->mean);
        square += p * (x[i] - m->mean) * (x[i] - m->mean);
    }
    if (!(weight > 0)) return;
    const double move = sum / weight, var = square / weight - move * move;
    m->mean += move;
    m->deviation = sqrt(var > 0 ? var : 0);
    m->share = weight / (double)n;
}

lm_status lm_near_fit(const lm_vol *v, const lm_grow_opt *seed, double radius_mm, lm_near *out, lm_err *err)
{
    double centre[3], range;
    size_t at[3];
    lm_status rc = lm_grow_sample(v, seed, 0, at, err);
    if (rc) return rc;
    lm_vol_to_world(v, (const double[3]){(double)at[0], (double)at[1], (double)at[2]}, centre);
    *out = (lm_near){.samples = 0};
    double *x = near_values(v, centre, radius_mm, &out->samples, err);
    if (!x) return err->code;
    double *d = lm_mem_alloc(out->samples, sizeof *d, err);
    if (d) {
        near_start(x, d, out->samples, out, &range);
        if (!(range > 0))
            rc = lm_err_set(err, LM_ENO, NULL, "all samples within %.6g mm of the place are %.6g", radius_mm, out->mean);
        const double least = range / 1000; /* a median deviation can be 0 */
        for (int round = 0; round < LM_NEAR_ROUNDS && !rc; round++) {
            if (out->deviation < least) out->deviation = least;
            near_round(x, out->samples, 1 / range, out);
        }
    } else rc = LM_ENOMEM;
    free(d);
    free(x);
    return rc;
}
