/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Thresholds from histograms: Otsu against all ways to split, models against the mixtures they were drawn from. */
#include "segment/levels.h"
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static uint64_t seed;
static uint64_t rnd(uint64_t below)
{
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    return (seed >> 33) % below;
}

static double spread(const lm_levels *h, const double *level, size_t classes)
{
    double sum = 0;
    for (size_t k = 0; k < classes; k++) {
        double w = 0, s = 0, q = 0;
        for (size_t i = 0; i < h->n; i++) {
            const double x = h->lo + h->wide * (double)i, c = (double)h->count[i];
            if ((k && x < level[k - 1]) || (k + 1 < classes && x >= level[k])) continue;
            w += c;
            s += c * x;
            q += c * x * x;
        }
        if (w > 0) sum += q - s * s / w;
    }
    return sum;
}

static void otsu_all_splits(void **state)
{
    (void)state;
    seed = 20261127;
    print_message("# seed %llu\n", (unsigned long long)seed);
    for (int round = 0; round < 60; round++) {
        uint64_t count[24];
        const lm_levels h = {.n = 24, .lo = -7, .wide = 0.5, .count = count};
        for (size_t i = 0; i < h.n; i++) count[i] = rnd(4) ? rnd(round % 3 ? 50 : 100000) : 0;
        count[0] = count[23] = count[11] = count[5] = 1; /* enough for four classes */
        for (size_t classes = 2; classes <= 4; classes++) {
            double level[3] = {0}, best = INFINITY;
            assert_int_equal(lm_levels_find(&h, LM_LEVELS_OTSU, classes, level, NULL), LM_OK);
            for (size_t a = 1; a < h.n; a++)
                for (size_t b = classes > 2 ? a + 1 : a; b < (classes > 2 ? h.n : a + 1); b++)
                    for (size_t c = classes > 3 ? b + 1 : b; c < (classes > 3 ? h.n : b + 1); c++) {
                        const double at[3] = {h.lo + h.wide * ((double)a - 0.5), h.lo + h.wide * ((double)b - 0.5),
                                              h.lo + h.wide * ((double)c - 0.5)};
                        best = fmin(best, spread(&h, at, classes));
                    }
            const double got = spread(&h, level, classes);
            assert_true(fabs(got - best) <= 1e-9 * (1 + best));
        }
    }
}

/* A mixture of Gaussians as exact shares of bins. */
static lm_levels mixture(const double (*g)[3], size_t n)
{
    lm_levels h = {.n = 2000, .lo = -500, .wide = 1, .count = calloc(2000, sizeof *h.count)};
    for (size_t i = 0; i < h.n; i++) {
        double p = 0;
        for (size_t k = 0; k < n; k++) {
            const double d = (h.lo + (double)i - g[k][1]) / g[k][2];
            p += g[k][0] / g[k][2] * exp(-0.5 * d * d);
        }
        h.count[i] = (uint64_t)(p * 1e9 + 0.5);
    }
    return h;
}

static void models(void **state)
{
    (void)state;
    static const double two[][3] = {{0.7, 0, 40}, {0.3, 300, 60}}, three[][3] = {{0.3, -100, 30}, {0.4, 150, 40}, {0.3, 700, 90}};
    double level[2];
    lm_levels h = mixture(two, 2);
    /* where 0.7/40 exp(-x^2/3200) = 0.3/60 exp(-(x-300)^2/7200) */
    double lo = 0, hi = 300;
    for (int i = 0; i < 100; i++) {
        const double x = (lo + hi) / 2;
        if (0.7 / 40 * exp(-x * x / 3200) > 0.3 / 60 * exp(-(x - 300) * (x - 300) / 7200)) lo = x;
        else hi = x;
    }
    assert_int_equal(lm_levels_find(&h, LM_LEVELS_EM, 2, level, NULL), LM_OK);
    assert_true(fabs(level[0] - lo) < 0.05);
    assert_int_equal(lm_levels_find(&h, LM_LEVELS_MINERR, 2, level, NULL), LM_OK);
    assert_true(fabs(level[0] - lo) < 3); /* its Gaussians are cut at the level */
    lm_levels_release(&h);
    h = mixture(three, 3);
    assert_int_equal(lm_levels_find(&h, LM_LEVELS_EM, 3, level, NULL), LM_OK);
    assert_true(level[0] > -20 && level[0] < 50 && level[1] > 250 && level[1] < 480);
    lm_levels_release(&h);
}

/* Lloyd's iteration bin by bin, until no bin changes its class. */
static void lloyd(void **state)
{
    (void)state;
    static const double three[][3] = {{0.3, -100, 30}, {0.4, 150, 40}, {0.3, 700, 90}};
    lm_levels h = mixture(three, 3);
    size_t first = 0, last = h.n - 1;
    while (!h.count[first]) first++;
    while (!h.count[last]) last--;
    for (size_t classes = 2; classes <= 5; classes++) {
        double mean[5], level[4], edge[4] = {0}, was[4] = {1};
        for (size_t k = 0; k < classes; k++)
            mean[k] = h.lo + (double)first + (double)(last - first) * ((double)k + 0.5) / (double)classes;
        while (memcmp(edge, was, sizeof edge)) {
            double w[5] = {0}, s[5] = {0};
            memcpy(was, edge, sizeof edge);
            for (size_t i = first; i <= last; i++) {
                const double x = h.lo + (double)i;
                size_t k = 0;
                while (k + 1 < classes && x > (mean[k] + mean[k + 1]) / 2) k++;
                w[k] += (double)h.count[i];
                s[k] += (double)h.count[i] * x;
                if (k + 1 < classes && h.count[i]) edge[k] = x; /* the last one of its class */
            }
            for (size_t k = 0; k < classes; k++) mean[k] = s[k] / w[k];
        }
        assert_int_equal(lm_levels_find(&h, LM_LEVELS_KMEANS, classes, level, NULL), LM_OK);
        for (size_t k = 0; k + 1 < classes; k++) assert_true(level[k] > edge[k] && level[k] < edge[k] + 3);
    }
    lm_levels_release(&h);
}

static void volumes(void **state)
{
    (void)state;
    lm_vol v = LM_VOL_INIT;
    lm_levels h = LM_LEVELS_INIT;
    lm_err err = LM_ERR_INIT;
    double level[7];
    assert_int_equal(lm_vol_alloc(&v, (const size_t[3]){50, 40, 33}, LM_I16, NULL), LM_OK);
    int16_t *x = v.data;
    seed = 20261128;
    for (size_t i = 0; i < lm_vol_count(&v); i++) x[i] = (int16_t)(rnd(100) + (i % 3 ? 0 : 1000)) - 300;
    for (int threads = 1; threads < 4; threads++) {
        assert_int_equal(lm_levels_of(&v, threads, &h, &err), LM_OK);
        assert_int_equal(h.n, 1100);
        assert_true(h.lo == -300 && h.wide == 1);
        assert_int_equal(lm_levels_find(&h, LM_LEVELS_OTSU, 2, level, &err), LM_OK);
        assert_true(level[0] == 249.5); /* between -201 and 700 */
    }
    float *f = malloc(lm_vol_count(&v) * sizeof *f);
    for (size_t i = 0; i < lm_vol_count(&v); i++) f[i] = i % 3 ? -1e-3f : 2e-3f;
    lm_vol_replace(&v, LM_F32, f);
    assert_int_equal(lm_levels_of(&v, 2, &h, &err), LM_OK);
    assert_int_equal(h.n, LM_LEVELS_BINS);
    assert_int_equal(lm_levels_find(&h, LM_LEVELS_OTSU, 2, level, &err), LM_OK);
    assert_true(fabs(level[0] - 5e-4) < 1e-6);
    assert_int_equal(lm_levels_find(&h, LM_LEVELS_OTSU, 3, level, &err), LM_ENO);
    f[7] = NAN;
    assert_int_equal(lm_levels_of(&v, 2, &h, &err), LM_ERULE);
    for (size_t i = 0; i < lm_vol_count(&v); i++) f[i] = 3;
    assert_int_equal(lm_levels_of(&v, 2, &h, &err), LM_OK);
    assert_int_equal(lm_levels_find(&h, LM_LEVELS_OTSU, 2, level, &err), LM_ENO);
    lm_levels_release(&h);
    lm_vol_release(&v);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(otsu_all_splits), cmocka_unit_test(models), cmocka_unit_test(lloyd),
                                       cmocka_unit_test(volumes)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
