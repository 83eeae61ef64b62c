/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Contents: 1 histogram, 2 sums, 3 Otsu, 4 k-means, 5 models of Gaussians */
#include "segment/levels.h"
#include "base/arith.h"
#include "base/mem.h"
#include "base/pool.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { LEVELS_SLAB = 16 };                /* slices per task */
static const double levels_still = 1e-12; /* of the range: means that moved less have come to rest */

/* ---- 1 histogram ---- */

typedef struct {
    const lm_vol *v;
    lm_levels *h;
    uint64_t **of_worker; /* counts of each worker; whole numbers, so that their sum does not depend on who counted */
} levels_job;

static lm_status levels_slab(void *ctx, size_t task, int worker, lm_err *err)
{
    enum { BLOCK = 1024 };
    const levels_job *job = ctx;
    const lm_vol *v = job->v;
    const size_t slab = v->n[0] * v->n[1] * LEVELS_SLAB, all = lm_vol_count(v),
                 last = all - task * slab < slab ? all : (task + 1) * slab;
    double x[BLOCK];
    uint64_t **mine = &job->of_worker[worker];
    if (!*mine && !(*mine = lm_mem_calloc(job->h->n, sizeof **mine, err))) return LM_ENOMEM;
    for (size_t at = task * slab; at < last; at += BLOCK) {
        const size_t n = last - at < BLOCK ? last - at : BLOCK;
        lm_vol_row_f64(v, at, n, x);
        for (size_t i = 0; i < n; i++) {
            const double b = (x[i] - job->h->lo) / job->h->wide + 0.5;
            const size_t bin = b > 0 ? (size_t)b : 0;
            (*mine)[bin < job->h->n ? bin : job->h->n - 1]++;
        }
    }
    return LM_OK;
}

lm_status lm_levels_of(const lm_vol *v, int threads, lm_levels *out, lm_err *err)
{
    double lo, hi;
    lm_levels_release(out);
    lm_status rc = lm_vol_range(v, &lo, &hi, err);
    if (rc) return rc;
    if (!isfinite(hi - lo)) return lm_err_set(err, LM_ERULE, NULL, "values go from %g to %g: they have no histogram", lo, hi);
    const bool whole = v->type < LM_F32 && hi - lo < LM_LEVELS_BINS;
    lm_levels h = {.n = lo == hi ? 1 : whole ? (size_t)(hi - lo) + 1 : LM_LEVELS_BINS, .lo = lo, .wide = 1};
    if (!whole && h.n > 1) {
        h.wide = (hi - lo) / LM_LEVELS_BINS;
        h.lo = lo + h.wide / 2;
    }
    threads = lm_pool_threads(threads);
    levels_job job = {.v = v, .h = &h, .of_worker = lm_mem_calloc((size_t)threads, sizeof *job.of_worker, err)};
    h.count = job.of_worker ? lm_mem_calloc(h.n, sizeof *h.count, err) : NULL;
    rc = h.count ? lm_pool_run(threads, (v->n[2] + LEVELS_SLAB - 1) / LEVELS_SLAB, levels_slab, &job, err) : LM_ENOMEM;
    for (int t = 0; t < threads && job.of_worker; t++) {
        for (size_t i = 0; i < h.n && job.of_worker[t] && !rc; i++) h.count[i] += job.of_worker[t][i];
        free(job.of_worker[t]);
    }
    free(job.of_worker);
    if (rc) free(h.count);
    else *out = h;
    return rc;
}

void lm_levels_release(lm_levels *h)
{
    free(h->count);
    *h = (lm_levels)LM_LEVELS_INIT;
}

/* ---- 2 sums: over bins 0 .. i-1 of those that hold something, in units of bins ---- */

typedef struct {
    size_t n;          /* bins that are not empty */
    double *pos;       /* their place, in bins; owned, as all below */
    double *w, *s, *q; /* n + 1 sums of counts, counts times place, times its square; places count from `mean` on */
    double mean;
} levels_sums;

static void levels_sums_release(levels_sums *c)
{
    free(c->pos);
    free(c->w);
    free(c->s);
    free(c->q);
}

static lm_status levels_sum(const lm_levels *h, levels_sums *c, lm_err *err)
{
    *c = (levels_sums){.n = 0};
    for (size_t i = 0; i < h->n; i++) c->n += h->count[i] > 0;
    double **all[] = {&c->pos, &c->w, &c->s, &c->q};
    for (size_t i = 0; i < 4; i++)
        if (!(*all[i] = lm_mem_calloc(c->n + 1, sizeof(double), err))) return LM_ENOMEM;
    double mean = 0, total = 0;
    for (size_t i = 0; i < h->n; i++) {
        total += (double)h->count[i];
        mean += (double)h->count[i] * (double)i;
    }
    c->mean = mean = floor(mean / total); /* near the middle, so that squares lose nothing */
    for (size_t i = 0, k = 0; i < h->n; i++) {
        if (!h->count[i]) continue;
        const double x = (double)i - mean, n = (double)h->count[i];
        c->pos[k] = (double)i;
        c->w[k + 1] = c->w[k] + n;
        c->s[k + 1] = c->s[k] + n * x;
        c->q[k + 1] = c->q[k] + n * x * x;
        k++;
    }
    return LM_OK;
}

/* Sum of squared differences from the mean, of the bins a .. b-1. */
static double levels_cost(const levels_sums *c, size_t a, size_t b)
{
    const double w = c->w[b] - c->w[a], s = c->s[b] - c->s[a], q = c->q[b] - c->q[a];
    return w > 0 ? q - s * s / w : 0;
}

/* The level before bin i of those that hold something. */
static double levels_between(const lm_levels *h, const levels_sums *c, size_t i)
{
    return h->lo + h->wide * (c->pos[i - 1] + c->pos[i]) / 2;
}

/* ---- 3 Otsu ---- */

typedef struct {
    const levels_sums *c;
    const double *was; /* least cost of bins 0 .. i-1 in one class less */
    double *now;
    uint32_t *split; /* where the last class begins */
    size_t classes;
} levels_dp;

/* The best split of i moves on with i (the cost has the quadrangle inequality): halve the range of i, bound the split. */
static void levels_halve(const levels_dp *d, size_t lo, size_t hi, size_t from, size_t to)
{
    if (lo > hi) return;
    const size_t i = lo + (hi - lo) / 2, least = d->classes - 1;
    double best = INFINITY;
    size_t at = from;
    for (size_t s = from > least ? from : least; s <= to && s < i; s++) {
        const double x = d->was[s] + levels_cost(d->c, s, i);
        if (x < best) {
            best = x;
            at = s;
        }
    }
    d->now[i] = best;
    d->split[i] = (uint32_t)at;
    if (i > lo) levels_halve(d, lo, i - 1, from, at);
    levels_halve(d, i + 1, hi, at, to);
}

/* begin[k]: the first bin of class k + 1, for k = 1 .. classes - 1. */
static lm_status levels_otsu(const levels_sums *c, size_t classes, size_t *begin, lm_err *err)
{
    const size_t n = c->n;
    double *cost = lm_mem_alloc(2 * (n + 1), sizeof *cost, err);
    uint32_t *split = cost ? lm_mem_calloc(classes * (n + 1), sizeof *split, err) : NULL;
    if (split) {
        for (size_t i = 0; i <= n; i++) cost[i] = i ? levels_cost(c, 0, i) : INFINITY;
        for (size_t k = 2; k <= classes; k++) {
            double *was = cost + (k % 2) * (n + 1), *now = cost + (1 - k % 2) * (n + 1);
            levels_dp d = {.c = c, .was = was, .now = now, .split = split + (k - 1) * (n + 1), .classes = k};
            for (size_t i = 0; i <= n; i++) now[i] = INFINITY;
            levels_halve(&d, k, n, k - 1, n - 1);
        }
        for (size_t k = classes, i = n; k > 1; k--) begin[k - 1] = i = split[(k - 1) * (n + 1) + i];
    }
    free(split);
    free(cost);
    return split ? LM_OK : LM_ENOMEM;
}

/* ---- 4 k-means ---- */

static lm_status levels_empty(lm_err *err)
{
    return lm_err_set(err, LM_ENO, NULL, "a class became empty: the values do not fall into so many classes; ask for fewer");
}

static lm_status levels_kmeans(const levels_sums *c, size_t classes, size_t *begin, lm_err *err)
{
    const double lo = c->pos[0], hi = c->pos[c->n - 1];
    double mean[LM_LEVELS_CLASSES];
    for (size_t k = 0; k < classes; k++) mean[k] = lo + (hi - lo) * ((double)k + 0.5) / (double)classes;
    for (int round = 0; round < LM_LEVELS_ROUNDS; round++) {
        double moved = 0;
        size_t i = 0;
        for (size_t k = 0; k < classes; k++) {
            const size_t first = i;
            begin[k] = first;
            while (i < c->n && (k + 1 == classes || c->pos[i] <= (mean[k] + mean[k + 1]) / 2)) i++;
            if (i == first) return levels_empty(err);
            const double m = (c->s[i] - c->s[first]) / (c->w[i] - c->w[first]) + c->mean;
            if (fabs(m - mean[k]) > moved) moved = fabs(m - mean[k]);
            mean[k] = m;
        }
        if (moved <= levels_still * (hi - lo)) break;
    }
    return LM_OK;
}

/* ---- 5 models of Gaussians, over places in bins ---- */

typedef struct {
    double share, mean, var;
} levels_gauss;

static levels_gauss levels_part(const levels_sums *c, size_t a, size_t b)
{
    const double w = c->w[b] - c->w[a], s = c->s[b] - c->s[a];
    return (levels_gauss){w / c->w[c->n], s / w + c->mean, levels_cost(c, a, b) / w};
}

/* Where two weighted Gaussians are equal, between their means; their middle where they are nowhere. */
static double levels_equal(const levels_gauss *a, const levels_gauss *b)
{
    double lo = a->mean, hi = b->mean;
    for (int i = 0; i < 100; i++) { /* of log share - log var / 2 - (x - mean)^2 / 2 var the difference falls from a to b */
        const double x = lo + (hi - lo) / 2;
        const double f = lm_arith_log(a->share) - 0.5 * lm_arith_log(a->var) - 0.5 * (x - a->mean) * (x - a->mean) / a->var,
                     g = lm_arith_log(b->share) - 0.5 * lm_arith_log(b->var) - 0.5 * (x - b->mean) * (x - b->mean) / b->var;
        if (f > g) lo = x;
        else hi = x;
    }
    return lo;
}

/* Values are rounded to bins: no class is narrower than what that makes of one value. */
static double levels_wider(double var)
{
    return var > 1.0 / 12 ? var : 1.0 / 12;
}

/* The split whose two Gaussians make the least error: J of Kittler and Illingworth. */
static lm_status levels_minerr(const levels_sums *c, double *place, lm_err *err)
{
    double best = INFINITY;
    for (size_t i = 1; i < c->n; i++) {
        const levels_gauss a = levels_part(c, 0, i), b = levels_part(c, i, c->n);
        const double j = a.share * (0.5 * lm_arith_log(levels_wider(a.var)) - lm_arith_log(a.share)) +
                         b.share * (0.5 * lm_arith_log(levels_wider(b.var)) - lm_arith_log(b.share));
        if (j < best) {
            best = j;
            *place = (c->pos[i - 1] + c->pos[i]) / 2;
        }
    }
    return isfinite(best) ? LM_OK : levels_empty(err);
}

static lm_status levels_em(const levels_sums *c, size_t classes, const size_t *begin, double *place, lm_err *err)
{
    levels_gauss g[LM_LEVELS_CLASSES];
    const double total = c->w[c->n], range = c->pos[c->n - 1] - c->pos[0];
    for (size_t k = 0; k < classes; k++) {
        g[k] = levels_part(c, k ? begin[k] : 0, k + 1 < classes ? begin[k + 1] : c->n);
        g[k].var = levels_wider(g[k].var);
    }
    for (int round = 0; round < LM_LEVELS_ROUNDS; round++) {
        double w[LM_LEVELS_CLASSES] = {0}, s[LM_LEVELS_CLASSES] = {0}, q[LM_LEVELS_CLASSES] = {0}, front[LM_LEVELS_CLASSES],
               moved = 0;
        for (size_t k = 0; k < classes; k++) front[k] = lm_arith_log(g[k].share) - 0.5 * lm_arith_log(g[k].var);
        for (size_t i = 0; i < c->n; i++) {
            double p[LM_LEVELS_CLASSES], most = -INFINITY, sum = 0;
            const double n = c->w[i + 1] - c->w[i];
            for (size_t k = 0; k < classes; k++) {
                const double d = c->pos[i] - g[k].mean;
                p[k] = front[k] - 0.5 * d * d / g[k].var;
                if (p[k] > most) most = p[k];
            }
            for (size_t k = 0; k < classes; k++) sum += p[k] = lm_arith_exp(p[k] - most);
            for (size_t k = 0; k < classes; k++) {
                const double r = n * p[k] / sum, d = c->pos[i] - g[k].mean;
                w[k] += r;
                s[k] += r * d;
                q[k] += r * d * d;
            }
        }
        for (size_t k = 0; k < classes; k++) {
            if (!(w[k] > 0)) return levels_empty(err);
            const double shift = s[k] / w[k];
            g[k].share = w[k] / total;
            g[k].mean += shift;
            g[k].var = levels_wider(q[k] / w[k] - shift * shift);
            if (fabs(shift) > moved) moved = fabs(shift);
        }
        if (moved <= levels_still * range) break;
    }
    for (size_t k = 0; k + 1 < classes; k++) {
        if (!(g[k].mean < g[k + 1].mean)) return levels_empty(err);
        place[k] = levels_equal(&g[k], &g[k + 1]);
    }
    return LM_OK;
}

lm_status lm_levels_find(const lm_levels *h, lm_levels_method method, size_t classes, double *level, lm_err *err)
{
    levels_sums c;
    size_t begin[LM_LEVELS_CLASSES] = {0};
    double place[LM_LEVELS_CLASSES];
    lm_status rc = levels_sum(h, &c, err);
    if (!rc && c.n < classes)
        rc = lm_err_set(err, LM_ENO, NULL, "there are %zu different values, and %zu classes are asked for", c.n, classes);
    if (!rc && method == LM_LEVELS_KMEANS) rc = levels_kmeans(&c, classes, begin, err);
    else if (!rc && method != LM_LEVELS_MINERR) rc = levels_otsu(&c, classes, begin, err);
    if (!rc && method == LM_LEVELS_MINERR) rc = levels_minerr(&c, place, err);
    if (!rc && method == LM_LEVELS_EM) rc = levels_em(&c, classes, begin, place, err);
    for (size_t k = 1; k < classes && !rc; k++)
        level[k - 1] = method == LM_LEVELS_OTSU || method == LM_LEVELS_KMEANS ? levels_between(h, &c, begin[k])
                                                                              : h->lo + h->wide * place[k - 1];
    levels_sums_release(&c);
    return rc;
}
