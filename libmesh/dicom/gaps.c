/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "dicom/gaps.h"
#include "base/mem.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define GAPS_SAME 1e-6 /* of a step: an even place that is a slice that was read */

static const char *const gaps_names[] = {"fail", "interpolate", "resample"};

lm_status lm_gaps_parse(const char *text, lm_gaps_choice *out, lm_err *err)
{
    for (int i = 0; i < 3; i++) {
        *out = (lm_gaps_choice)i;
        if (!strcmp(text, gaps_names[i])) return LM_OK;
    }
    *out = LM_GAPS_FAIL;
    return lm_err_set(err, LM_EUSAGE, NULL, "--gaps '%s': fail, interpolate or resample", text);
}

const char *lm_gaps_name(lm_gaps_choice c)
{
    return gaps_names[c];
}

void lm_gaps_release(lm_gaps *g)
{
    free(g->at);
    g->at = NULL;
}

static int gaps_cmp(const void *a, const void *b)
{
    double p = *(const double *)a, q = *(const double *)b;
    return p < q ? -1 : p > q;
}

/* The steps as text: runs of equal ones, "4.002 mm from slice 1 to 14, ...". */
static void gaps_runs(const double *d, size_t n, double tol, char *buf, size_t cap)
{
    size_t at = 0, runs = 0;
    for (size_t i = 0, j; i < n; i = j) {
        for (j = i + 1; j < n && fabs(d[j] - d[i]) <= tol;) j++;
        if (runs++ == 6) {
            snprintf(buf + at, cap - at, ", and more");
            return;
        }
        int k = snprintf(buf + at, cap - at, "%s%.4g mm from slice %zu to %zu", at ? ", " : "", d[i], i + 1, j + 1);
        if (k < 0 || (size_t)k >= cap - at) return;
        at += (size_t)k;
    }
}

/* How many medians each of the n steps is, or 0 as soon as one is no whole multiple. Returns the slices that are missing. */
static size_t gaps_missing(const double *d, size_t n, double median, double tol, bool *whole)
{
    size_t missing = 0;
    *whole = true;
    for (size_t i = 0; i < n; i++) {
        double k = (double)(long long)(d[i] / median + 0.5);
        if (k < 1 || k > 1e6 || fabs(d[i] - k * median) > tol * k) {
            *whole = false;
            return 0;
        }
        missing += (size_t)k - 1;
    }
    return missing;
}

static void gaps_say_missing(lm_gaps *g, const double *d, size_t n, size_t missing)
{
    size_t at = 0, gaps = 0;
    for (size_t i = 0; i < n; i++) {
        if (d[i] < 1.5 * g->median_mm) continue;
        if (gaps++ < 5 && at < 200)
            at += (size_t)snprintf(g->text + at, sizeof g->text - at, "%s%.4g mm between slices %zu and %zu", gaps > 1 ? ", " : "",
                                   d[i], i + 1, i + 2);
    }
    snprintf(g->text + at, sizeof g->text - at, "%s, where the other steps are %.4g mm (%zu slice%s missing)",
             gaps > 5 ? " and more" : "", g->median_mm, missing, missing == 1 ? "" : "s");
}

/* Where the slices that were read lie in an even stack; d: their steps. */
static lm_status gaps_place(lm_gaps *g, const double *d, double step, lm_err *err)
{
    double sum = 0;
    if (!(g->at = lm_mem_alloc(g->read, sizeof *g->at, err))) return LM_ENOMEM;
    g->at[0] = 0;
    for (size_t i = 1; i < g->read; i++) {
        if (g->kind == LM_GAPS_MISSING) sum += (double)(long long)(d[i - 1] / step + 0.5);
        else sum += d[i - 1] / step;
        g->at[i] = sum;
    }
    g->at[g->read - 1] = (double)(g->slices - 1); /* not a rounding beyond it */
    size_t kept = 0;
    for (size_t i = 0; i < g->read; i++) {
        double near = (double)(long long)(g->at[i] + 0.5);
        if (fabs(g->at[i] - near) > GAPS_SAME) continue;
        g->at[i] = near;
        kept++;
    }
    g->made = g->slices - kept;
    return LM_OK;
}

static lm_status gaps_even(lm_gaps *g, const double *d, double least, double length, size_t missing, lm_err *err)
{
    double step = g->median_mm;
    if (g->kind == LM_GAPS_MISSING) {
        if (missing > g->read)
            return lm_err_set(err, LM_ERULE, "G-4", "gap: %s: more slices would be made than were read", g->text);
        g->slices = g->read + missing;
    } else {
        double steps = ceil(length / least - 1e-6);
        if (steps > 16.0 * (double)g->read)
            return lm_err_set(err, LM_ERULE, "G-4",
                              "the steps between slices vary: %s: even steps of %.3g mm would be more than 16 times the slices",
                              g->text, least);
        step = length / steps;
        g->slices = (size_t)steps + 1;
    }
    return gaps_place(g, d, step, err);
}

lm_status lm_gaps_plan(const double *place, size_t n, lm_gaps_choice choice, lm_gaps *g, lm_err *err)
{
    *g = (lm_gaps){.choice = choice, .read = n, .slices = n};
    size_t steps = n - 1;
    double *d = lm_mem_alloc(2 * steps, sizeof *d, err), *sorted = d ? d + steps : NULL;
    if (!d) return LM_ENOMEM;
    for (size_t i = 0; i < steps; i++) sorted[i] = d[i] = place[i + 1] - place[i];
    qsort(sorted, steps, sizeof *sorted, gaps_cmp);
    double least = sorted[0], most = sorted[steps - 1], tol;
    g->median_mm = sorted[(steps - 1) / 2];
    tol = fmax(0.01, 0.01 * g->median_mm);
    lm_status rc = LM_OK;
    if (most - g->median_mm > tol || g->median_mm - least > tol) {
        bool whole;
        size_t missing = gaps_missing(d, steps, g->median_mm, tol, &whole);
        g->kind = whole ? LM_GAPS_MISSING : LM_GAPS_VARIABLE;
        if (whole) gaps_say_missing(g, d, steps, missing);
        else gaps_runs(d, steps, tol, g->text, sizeof g->text);
        if (choice == LM_GAPS_RESAMPLE || (whole && choice == LM_GAPS_INTERPOLATE))
            rc = gaps_even(g, d, least, place[n - 1] - place[0], missing, err);
        else if (whole) rc = lm_err_set(err, LM_ERULE, "G-4", "gap: %s; --gaps interpolate fills it", g->text);
        else rc = lm_err_set(err, LM_ERULE, "G-4", "the steps between slices vary: %s; --gaps resample makes them even", g->text);
    }
    free(d);
    return rc;
}

/* to[i] = a[i] + w*(b[i] - a[i]); to may be a or b. */
static void gaps_mix(const lm_vol *v, size_t to, size_t a, size_t b, double w)
{
    size_t n = v->n[0] * v->n[1];
    if (v->type == LM_I16) {
        int16_t *s = v->data, *o = s + to * n;
        const int16_t *p = s + a * n, *q = s + b * n;
        for (size_t i = 0; i < n; i++) {
            double x = p[i] + w * (double)(q[i] - p[i]);
            o[i] = (int16_t)(x < 0 ? x - 0.5 : x + 0.5);
        }
    } else {
        float *s = v->data, *o = s + to * n;
        const float *p = s + a * n, *q = s + b * n;
        for (size_t i = 0; i < n; i++) o[i] = (float)(p[i] + w * ((double)q[i] - p[i]));
    }
}

/* From the last slice down: an even place is never below the number of the slices it is made of, since no step is shorter
 * than an even one, so that nothing is overwritten before it was used. */
void lm_gaps_fill(const lm_gaps *g, lm_vol *v)
{
    size_t plane = v->n[0] * v->n[1] * lm_vol_type_size(v->type), i = g->read - 1;
    char *data = v->data;
    if (!g->at) return;
    for (size_t k = g->slices; k-- > 0;) {
        while (g->at[i] > (double)k) i--;
        if (g->at[i] < (double)k) gaps_mix(v, k, i, i + 1, ((double)k - g->at[i]) / (g->at[i + 1] - g->at[i]));
        else if (i != k) memcpy(data + k * plane, data + i * plane, plane);
    }
}

bool lm_gaps_next(const lm_gaps *g, size_t *slice, size_t *first, size_t *last)
{
    size_t i = 0, k = *slice;
    bool in = false;
    for (; g->at && k < g->slices; k++) {
        while (i + 1 < g->read && g->at[i] < (double)k) i++;
        bool made = g->at[i] != (double)k;
        if (in && !made) break;
        if (!made) continue;
        if (!in) *first = k;
        *last = k;
        in = true;
    }
    *slice = k;
    return in;
}
