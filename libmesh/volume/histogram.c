/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "volume/histogram.h"

#include <stdio.h>

/* The least exponent whose steps cover lo .. hi, and where the first of them begins. All divisions are by powers of two: exact. */
static void histogram_steps(double lo, double hi, int *exponent, double *start)
{
    int e;
    frexp(lo < hi ? hi - lo : lo, &e);
    e -= lo < hi ? 8 : 60;
    if (e < -1074 || (lo == 0 && hi == 0)) e = -1074;
    while (floor(ldexp(hi, -e)) - floor(ldexp(lo, -e)) >= LM_HISTOGRAM_STEPS) e++;
    *exponent = e;
    *start = floor(ldexp(lo, -e));
}

/* Take in another range: steps grow, counts move. */
static void histogram_widen(lm_histogram *h, double lo, double hi)
{
    const lm_histogram old = *h;
    if (lo >= h->lo && hi <= h->hi) return;
    if (lo < h->lo) h->lo = lo;
    if (hi > h->hi) h->hi = hi;
    if (!isfinite(h->hi - h->lo)) return;
    histogram_steps(h->lo, h->hi, &h->exponent, &h->start);
    for (int s = 0; s < LM_HISTOGRAM_STEPS; s++) h->n[s] = 0;
    for (int s = 0; s < LM_HISTOGRAM_STEPS; s++)
        if (old.n[s]) h->n[(int)(floor(ldexp(old.start + s, old.exponent - h->exponent)) - h->start)] += old.n[s];
}

void lm_histogram_add(lm_histogram *h, const lm_vol *v, size_t index, size_t n)
{
    enum { BLOCK = 1024 };
    double x[BLOCK];
    for (size_t at = 0; at < n; at += BLOCK) {
        const size_t len = n - at < BLOCK ? n - at : BLOCK;
        double lo = INFINITY, hi = -INFINITY;
        lm_vol_row_f64(v, index + at, len, x);
        for (size_t i = 0; i < len; i++) {
            lo = x[i] < lo ? x[i] : lo;
            hi = x[i] > hi ? x[i] : hi;
        }
        histogram_widen(h, lo, hi);
        if (!isfinite(h->hi - h->lo)) continue;
        double step[LM_HISTOGRAM_STEPS]; /* where each begins: compared with, so that no rounding puts a sample beside its own */
        for (int s = 0; s < LM_HISTOGRAM_STEPS; s++) step[s] = ldexp(h->start + s, h->exponent);
        size_t above = 0; /* samples beyond step s */
        for (int s = LM_HISTOGRAM_STEPS - 1; s >= 0 && above < len; s--) {
            size_t reach = 0;
            for (size_t i = 0; i < len; i++) reach += x[i] >= step[s];
            h->n[s] += reach - above;
            above = reach;
        }
    }
}

void lm_histogram_join(lm_histogram *h, const lm_histogram *more)
{
    lm_histogram add = *more;
    if (more->lo > more->hi) return;
    histogram_widen(h, more->lo, more->hi);
    if (!isfinite(h->hi - h->lo)) return;
    histogram_widen(&add, h->lo, h->hi); /* to the same steps */
    for (int s = 0; s < LM_HISTOGRAM_STEPS; s++) h->n[s] += add.n[s];
}

void lm_histogram_text(const lm_histogram *h, char *buf, size_t cap)
{
    int n = snprintf(buf, cap, "from %g to %g", h->lo, h->hi);
    size_t used = (size_t)n;
    if (!(h->hi > h->lo) || !isfinite(h->hi - h->lo) || used >= cap) return;
    used +=
        (size_t)snprintf(buf + used, cap - used, ", in steps of %g from %g:", ldexp(1, h->exponent), ldexp(h->start, h->exponent));
    const int last = (int)(floor(ldexp(h->hi, -h->exponent)) - h->start);
    for (int s = 0; s <= last && used < cap; s++) used += (size_t)snprintf(buf + used, cap - used, " %zu", (size_t)h->n[s]);
}
