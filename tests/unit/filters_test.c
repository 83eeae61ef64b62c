/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Median against sorting, for every sample type; Gaussian against the sum that defines it; the other filters against what they
 * promise, and with any number of threads (values beside numpy: oracle/segment.bats). */
#include "segment/bilateral.h"
#include "segment/diffuse.h"
#include "segment/gauss.h"
#include "segment/median.h"
#include "segment/normalise.h"
#include "segment/resample.h"
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static uint64_t seed;
static uint64_t rnd(uint64_t below)
{
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    return (seed >> 33) % below;
}

/* Random samples over the whole range of the type, or few values that are often equal. */
static lm_vol noise(const size_t n[3], lm_type type, bool few)
{
    lm_vol v = LM_VOL_INIT;
    assert_int_equal(lm_vol_alloc(&v, n, type, NULL), LM_OK);
    for (size_t i = 0; i < lm_vol_count(&v); i++) {
        const uint64_t x = few ? rnd(5) : rnd(1u << 31) * 2 + rnd(2);
        switch (type) {
        case LM_I8: ((int8_t *)v.data)[i] = (int8_t)x; break;
        case LM_U8: ((uint8_t *)v.data)[i] = (uint8_t)x; break;
        case LM_I16: ((int16_t *)v.data)[i] = (int16_t)x; break;
        case LM_U16: ((uint16_t *)v.data)[i] = (uint16_t)x; break;
        case LM_I32: ((int32_t *)v.data)[i] = (int32_t)(uint32_t)x; break;
        case LM_U32: ((uint32_t *)v.data)[i] = (uint32_t)x; break;
        case LM_F32: ((float *)v.data)[i] = (float)x / 7 - 3e8f; break;
        case LM_F64: ((double *)v.data)[i] = (double)x / 7 - 3e8; break;
        }
    }
    return v;
}

static size_t at_edge(size_t at, long by, size_t n)
{
    const long x = (long)at + by;
    return x < 0 ? 0 : x >= (long)n ? n - 1 : (size_t)x;
}

static int less(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double sorted(const lm_vol *v, const size_t r[3], size_t i, size_t j, size_t k)
{
    static double x[31 * 31 * 31];
    size_t n = 0;
    for (long c = -(long)r[2]; c <= (long)r[2]; c++)
        for (long b = -(long)r[1]; b <= (long)r[1]; b++)
            for (long a = -(long)r[0]; a <= (long)r[0]; a++)
                x[n++] =
                    lm_vol_at(v, (at_edge(k, c, v->n[2]) * v->n[1] + at_edge(j, b, v->n[1])) * v->n[0] + at_edge(i, a, v->n[0]));
    qsort(x, n, sizeof *x, less);
    return x[n / 2];
}

static void medians(void **state)
{
    (void)state;
    static const size_t size[][3] = {{1, 1, 1}, {2, 3, 1}, {62, 2, 2}, {63, 3, 2}, {64, 2, 3}, {130, 3, 4}},
                        radius[][3] = {{1, 1, 1}, {1, 1, 0}, {2, 2, 2}, {0, 3, 1}};
    seed = 20261125;
    print_message("# seed %llu\n", (unsigned long long)seed);
    for (lm_type type = LM_I8; type <= LM_F64; type++)
        for (size_t s = 0; s < sizeof size / sizeof *size; s++)
            for (size_t r = 0; r < sizeof radius / sizeof *radius; r++) {
                lm_vol v = noise(size[s], type, r % 2), was = noise(size[s], type, false);
                const size_t *n = size[s];
                memcpy(was.data, v.data, lm_vol_count(&v) * lm_vol_type_size(type));
                assert_int_equal(lm_median(&v, radius[r], 1 + (int)s % 3, NULL), LM_OK);
                assert_int_equal(v.type, type);
                for (size_t p = 0; p < lm_vol_count(&v); p++)
                    assert_true(lm_vol_at(&v, p) == sorted(&was, radius[r], p % n[0], p / n[0] % n[1], p / n[0] / n[1]));
                lm_vol_release(&v);
                lm_vol_release(&was);
            }
}

static void gaussians(void **state)
{
    (void)state;
    static const size_t size[][3] = {{1, 1, 1}, {7, 5, 3}, {300, 2, 4}, {5, 9, 40}};
    static const double sigma[] = {0.2, 1, 3.7}, step[3] = {0.5, 0.8, 2};
    seed = 20261126;
    print_message("# seed %llu\n", (unsigned long long)seed);
    for (size_t s = 0; s < sizeof size / sizeof *size; s++)
        for (size_t g = 0; g < sizeof sigma / sizeof *sigma; g++) {
            lm_vol v = noise(size[s], LM_I16, false);
            const size_t *n = size[s], count = lm_vol_count(&v);
            double *x = malloc(count * sizeof *x), *y = malloc(count * sizeof *y);
            for (int a = 0; a < 3; a++) v.dir[a][a] = step[a];
            lm_vol_row_f64(&v, 0, count, x);
            for (int a = 0; a < 3; a++) { /* axis by axis, as it is defined */
                const long reach = (long)ceil(4 * sigma[g] / step[a]);
                for (size_t p = 0; p < count; p++) {
                    const size_t at[3] = {p % n[0], p / n[0] % n[1], p / n[0] / n[1]};
                    double sum = 0, weights = 0;
                    for (long d = -reach; d <= reach; d++) {
                        size_t q[3] = {at[0], at[1], at[2]};
                        q[a] = at_edge(at[a], d, n[a]);
                        const double w = exp(-0.5 * pow((double)d * step[a] / sigma[g], 2));
                        sum += w * x[(q[2] * n[1] + q[1]) * n[0] + q[0]];
                        weights += w;
                    }
                    y[p] = sum / weights;
                }
                memcpy(x, y, count * sizeof *x);
            }
            assert_int_equal(lm_gauss(&v, sigma[g], 1 + (int)g, NULL), LM_OK);
            assert_int_equal(v.type, LM_F32);
            for (size_t p = 0; p < count; p++) assert_true(fabs(lm_vol_at(&v, p) - x[p]) < 0.05); /* of +-32768, in float32 */
            free(x);
            free(y);
            lm_vol_release(&v);
        }
}

/* Where steps shrink, kernels give polynomials back: linear those of degree 1, cubic of degree 2, away from the edge. Lanczos: old
 * samples. */
static void resampled(void **state)
{
    (void)state;
    static const double step[][3] = {{0.5, 0.5, 0.5}, {0.31, 0.9, 2}, {0.7, 0.8, 2.5}, {1.4, 1.7, 5}, {7, 0.8, 1}};
    for (lm_resample_kernel k = LM_RESAMPLE_LINEAR; k <= LM_RESAMPLE_LANCZOS; k++)
        for (size_t s = 0; s < sizeof step / sizeof *step; s++)
            for (int degree = 0; degree <= 2; degree++) {
                lm_vol v = LM_VOL_INIT;
                const double was[3] = {0.7, 0.8, 2.5};
                assert_int_equal(lm_vol_alloc(&v, (const size_t[3]){41, 30, 20}, LM_F32, NULL), LM_OK);
                for (int a = 0; a < 3; a++) v.dir[a][a] = was[a];
                v.dir[2][1] = 0.4; /* sheared */
                const double tall = lm_vol_spacing(&v, 2);
                for (size_t p = 0; p < lm_vol_count(&v); p++) {
                    const double x = (double)(p % 41) * was[0], y = (double)(p / 41 % 30) * was[1],
                                 z = (double)(p / 41 / 30) * tall;
                    ((float *)v.data)[p] = (float)(degree == 0 ? 7 : degree == 1 ? 3 + x - 2 * y + z : x * x / 4 + y * z / 8);
                }
                assert_int_equal(lm_resample(&v, step[s], k, 1 + (int)s % 3, NULL), LM_OK);
                const double now[3] = {lm_vol_spacing(&v, 0), lm_vol_spacing(&v, 1), lm_vol_spacing(&v, 2)};
                for (int a = 0; a < 3; a++) assert_true(fabs(now[a] - step[s][a]) < 1e-9);
                assert_int_equal(v.n[0], (size_t)(40 * 0.7 / step[s][0] + 1e-6) + 1);
                assert_true(fabs(v.dir[2][1] / v.dir[2][2] - 0.16) < 1e-12);
                const double edge[3] = {3 * fmax(now[0], was[0]), 3 * fmax(now[1], was[1]), 3 * fmax(now[2], tall)};
                for (size_t p = 0; p < lm_vol_count(&v); p++) {
                    const double x[3] = {(double)(p % v.n[0]) * now[0], (double)(p / v.n[0] % v.n[1]) * now[1],
                                         (double)(p / v.n[0] / v.n[1]) * now[2]};
                    const double end[3] = {40 * was[0], 29 * was[1], 19 * tall};
                    bool inner = true, old = true;
                    for (int a = 0; a < 3; a++) {
                        inner = inner && x[a] >= edge[a] && x[a] <= end[a] - edge[a];
                        const double q = x[a] / (a == 2 ? tall : was[a]);
                        old = old && fabs(q - floor(q + 0.5)) < 1e-9 && now[a] <= (a == 2 ? tall : was[a]) * (1 + 1e-9);
                    }
                    /* a kernel that is wider and sampled gives no more than constants back: only steps that shrink keep more */
                    const bool finer = now[0] <= was[0] && now[1] <= was[1] && now[2] <= tall;
                    const double want = degree == 0   ? 7
                                        : degree == 1 ? 3 + x[0] - 2 * x[1] + x[2]
                                                      : x[0] * x[0] / 4 + x[1] * x[2] / 8;
                    const double got = lm_vol_at(&v, p), far = fabs(got - want);
                    if (degree == 0) assert_true(far < 1e-5);
                    if (degree == 1 && k != LM_RESAMPLE_LANCZOS && inner && finer) assert_true(far < 1e-4);
                    if (degree == 2 && k == LM_RESAMPLE_CUBIC && inner && finer) assert_true(far < 1e-3);
                    if (old && k != LM_RESAMPLE_LINEAR) assert_true(far < 2e-3);
                }
                lm_vol_release(&v);
            }
}

/* Slices that differ by a factor and an offset become equal; a constant one stays. */
static void normalised(void **state)
{
    (void)state;
    seed = 20261127;
    print_message("# seed %llu\n", (unsigned long long)seed);
    for (int what = LM_NORMALISE_Z; what <= LM_NORMALISE_PERCENTILE; what++)
        for (int type = LM_I16; type <= LM_F64; type += LM_F64 - LM_I16) {
            const size_t n[3] = {31, 23, 7}, slice = n[0] * n[1];
            lm_vol v[4] = {LM_VOL_INIT, LM_VOL_INIT, LM_VOL_INIT, LM_VOL_INIT}, once = noise(n, LM_U8, false);
            for (int t = 0; t < 4; t++) {
                assert_int_equal(lm_vol_alloc(&v[t], n, (lm_type)type, NULL), LM_OK);
                for (size_t p = 0; p < lm_vol_count(&v[t]); p++) {
                    const size_t k = p / slice;
                    const double x = k == 3 ? -77 : (double)(k + 1) * lm_vol_at(&once, p % slice) - 100 * (double)k;
                    if (type == LM_I16) ((int16_t *)v[t].data)[p] = (int16_t)x;
                    else ((double *)v[t].data)[p] = x;
                }
                lm_normalised f;
                assert_int_equal(lm_normalise(&v[t], (lm_normalise_what)what, -INFINITY, (int[]){1, 2, 3, 8}[t], &f, NULL), LM_OK);
                assert_int_equal(f.constant, 1);
                assert_int_equal(v[t].type, LM_F32);
                assert_memory_equal(v[t].data, v[0].data, lm_vol_count(&v[t]) * sizeof(float));
            }
            for (size_t p = 0; p < lm_vol_count(&v[0]); p++)
                if (p / slice == 3) assert_true(lm_vol_at(&v[0], p) == -77);
                else assert_true(fabs(lm_vol_at(&v[0], p) - lm_vol_at(&v[0], p % slice)) < 1e-3);
            for (int t = 0; t < 4; t++) lm_vol_release(&v[t]);
            lm_vol_release(&once);
        }
    lm_vol one = noise((const size_t[3]){1, 1, 1}, LM_F64, false);
    lm_normalised f;
    lm_err err = LM_ERR_INIT;
    *(double *)one.data = 1e300;
    assert_int_equal(lm_normalise(&one, LM_NORMALISE_Z, -INFINITY, 1, &f, &err), LM_ERULE);
    *(double *)one.data = NAN;
    assert_int_equal(lm_normalise(&one, LM_NORMALISE_PERCENTILE, -INFINITY, 1, &f, &err), LM_ERULE);
    lm_vol_release(&one);
}

/* Air stays at 0 while the body of each slice is brighter by a factor: only without the air do bodies become alike. */
static void normalised_body(void **state)
{
    (void)state;
    const size_t n[3] = {20, 20, 4};
    for (int what = 0; what < 2; what++) {
        lm_vol v = LM_VOL_INIT, w = LM_VOL_INIT, all = LM_VOL_INIT;
        lm_normalised f;
        lm_err err = LM_ERR_INIT;
        double far = 0;
        assert_int_equal(lm_vol_alloc(&v, n, LM_I16, NULL), LM_OK);
        assert_int_equal(lm_vol_alloc(&w, n, LM_I16, NULL), LM_OK);
        assert_int_equal(lm_vol_alloc(&all, n, LM_I16, NULL), LM_OK);
        int16_t *x = v.data;
        for (size_t p = 0; p < 400; p++) x[p] = (int16_t)(p < 250 ? 100 + 4 * rnd(40) : 0);
        for (size_t k = 1; k < 4; k++)
            for (size_t p = 0; p < 400; p++)
                x[k * 400 + p] = (int16_t)(k == 3 ? 0 : x[p] * (int)(k + 2) / 2); /* the last one is air */
        memcpy(w.data, v.data, 1600 * sizeof *x);
        memcpy(all.data, v.data, 1600 * sizeof *x);
        assert_int_equal(lm_normalise(&v, (lm_normalise_what)what, 50, 1, &f, NULL), LM_OK);
        assert_int_equal(f.constant, 1);
        assert_int_equal(lm_normalise(&w, (lm_normalise_what)what, 50, 3, &f, NULL), LM_OK);
        assert_memory_equal(v.data, w.data, 1600 * sizeof(float));
        assert_int_equal(lm_normalise(&all, (lm_normalise_what)what, -INFINITY, 1, &f, NULL), LM_OK);
        for (size_t k = 1; k < 3; k++)
            for (size_t p = 0; p < 250; p++) {
                assert_true(fabs(lm_vol_at(&v, k * 400 + p) - lm_vol_at(&v, p)) < 1e-2);
                far = fmax(far, fabs(lm_vol_at(&v, p) - lm_vol_at(&all, p)));
            }
        for (size_t p = 1200; p < 1600; p++) assert_true(lm_vol_at(&v, p) == 0);
        assert_true(far > 10); /* the air did count before */
        assert_int_equal(lm_normalise(&w, (lm_normalise_what)what, 1e6, 1, &f, &err), LM_EUSAGE);
        lm_vol_release(&v);
        lm_vol_release(&w);
        lm_vol_release(&all);
    }
}

/* Two plateaus with noise: the edge stays, noise falls, the mean too stays, and a constant; the same bytes by any threads. */
static void diffused(void **state)
{
    (void)state;
    const size_t n[3] = {40, 21, 12};
    lm_vol v[4] = {LM_VOL_INIT, LM_VOL_INIT, LM_VOL_INIT, LM_VOL_INIT};
    double step, was = 0, mean = 0, low[2] = {0, 0}, spread[2] = {0, 0}, edge = 0;
    for (int t = 0; t < 4; t++) {
        seed = 20261128;
        assert_int_equal(lm_vol_alloc(&v[t], n, LM_I16, NULL), LM_OK);
        for (size_t p = 0; p < lm_vol_count(&v[t]); p++) ((int16_t *)v[t].data)[p] = (int16_t)((p % 40 < 20 ? 0 : 1000) + rnd(41));
        for (int a = 0; a < 3; a++) v[t].dir[a][a] = (double[]){0.7, 0.7, 2}[a];
        for (size_t p = 0; p < lm_vol_count(&v[t]) && !t; p++) was += lm_vol_at(&v[t], p) / (double)lm_vol_count(&v[t]);
        assert_int_equal(lm_diffuse(&v[t], &(lm_diffuse_opt){.rounds = 20, .k_per_mm = 40}, (int[]){1, 2, 3, 8}[t], &step, NULL),
                         LM_OK);
        assert_memory_equal(v[t].data, v[0].data, lm_vol_count(&v[t]) * sizeof(float));
    }
    assert_true(fabs(step - 0.25 / (2 / 0.49 + 0.25)) < 1e-12);
    const double half = (double)lm_vol_count(&v[0]) / 2;
    for (size_t p = 0; p < lm_vol_count(&v[0]); p++) {
        const double x = lm_vol_at(&v[0], p);
        mean += x / (2 * half);
        low[p % 40 >= 20] += x / half;
    }
    for (size_t p = 0; p < lm_vol_count(&v[0]); p++) {
        const double far = lm_vol_at(&v[0], p) - low[p % 40 >= 20];
        spread[p % 40 >= 20] += far * far / half;
        if (p % 40 == 20) edge += (lm_vol_at(&v[0], p) - lm_vol_at(&v[0], p - 1)) / (half / 20);
    }
    assert_true(fabs(mean - was) < 1e-6 * was);
    for (int s = 0; s < 2; s++) assert_true(sqrt(spread[s]) < 4); /* of 11.8 */
    assert_true(edge > 980);
    for (size_t p = 0; p < lm_vol_count(&v[0]); p++) ((float *)v[0].data)[p] = 7.25f;
    assert_int_equal(lm_diffuse(&v[0], &(lm_diffuse_opt){.rounds = 3, .k_per_mm = 1e-30}, 2, &step, NULL), LM_OK);
    for (size_t p = 0; p < lm_vol_count(&v[0]); p++) assert_true(((float *)v[0].data)[p] == 7.25f);
    assert_int_equal(lm_diffuse(&v[0], &(lm_diffuse_opt){.rounds = 3, .k_per_mm = 1, .step_mm2 = 0.12}, 2, &step, NULL), LM_EUSAGE);
    for (int t = 0; t < 4; t++) lm_vol_release(&v[t]);
}

/* Against the sum that defines it, with libm's exponential. */
static void bilaterals(void **state)
{
    (void)state;
    static const size_t size[][3] = {{1, 1, 1}, {9, 7, 4}, {260, 3, 2}};
    static const double sigma[][2] = {{0.9, 20000}, {1.6, 3000}}, step[3] = {0.5, 0.8, 2};
    for (size_t s = 0; s < 3; s++)
        for (size_t g = 0; g < 2; g++) {
            lm_vol v[4], was;
            for (int t = 0; t < 5; t++) {
                seed = 20261129;
                lm_vol *one = t < 4 ? &v[t] : &was;
                *one = noise(size[s], LM_I16, false);
                for (int a = 0; a < 3; a++) one->dir[a][a] = step[a];
                if (t == 4) break;
                assert_int_equal(lm_bilateral(one, sigma[g][0], sigma[g][1], (int[]){1, 2, 3, 8}[t], NULL), LM_OK);
                assert_memory_equal(one->data, v[0].data, lm_vol_count(one) * sizeof(float));
            }
            const size_t *n = size[s];
            for (size_t p = 0; p < lm_vol_count(&was); p++) {
                double sum = 0, weights = 0;
                for (size_t q = 0; q < lm_vol_count(&was); q++) {
                    const double x = ((double)(p % n[0]) - (double)(q % n[0])) * step[0],
                                 y = ((double)(p / n[0] % n[1]) - (double)(q / n[0] % n[1])) * step[1],
                                 z = ((double)(p / n[0] / n[1]) - (double)(q / n[0] / n[1])) * step[2], r = x * x + y * y + z * z,
                                 d = (lm_vol_at(&was, q) - lm_vol_at(&was, p)) / sigma[g][1];
                    if (r > 6.25 * sigma[g][0] * sigma[g][0] * (1 + 1e-9)) continue;
                    const double w = exp(-0.5 * (r / (sigma[g][0] * sigma[g][0]) + d * d));
                    sum += w * lm_vol_at(&was, q);
                    weights += w;
                }
                assert_true(fabs(lm_vol_at(&v[0], p) - sum / weights) < 0.05); /* of +-32768, in float32 */
            }
            for (int t = 0; t < 4; t++) lm_vol_release(&v[t]);
            lm_vol_release(&was);
        }
}

static void refused(void **state)
{
    (void)state;
    lm_vol v = noise((const size_t[3]){3, 3, 3}, LM_U8, true);
    assert_int_equal(lm_bilateral(&v, 1, 1e-30, 1, NULL), LM_OK);
    for (size_t p = 0; p < 27; p++) assert_true(lm_vol_at(&v, p) >= 0 && lm_vol_at(&v, p) < 5); /* not NaN */
    lm_err err = LM_ERR_INIT;
    assert_int_equal(lm_gauss(&v, 0, 1, &err), LM_EUSAGE);
    assert_int_equal(lm_gauss(&v, 200, 1, &err), LM_EUSAGE);
    assert_int_equal(lm_median(&v, (const size_t[3]){1, 16, 1}, 1, &err), LM_EUSAGE);
    assert_int_equal(lm_resample(&v, (const double[3]){1, 0, 1}, LM_RESAMPLE_CUBIC, 1, &err), LM_EUSAGE);
    assert_int_equal(lm_resample(&v, (const double[3]){1, 1e-12, 1}, LM_RESAMPLE_CUBIC, 1, &err), LM_EUSAGE);
    v.dir[2][0] = 0.3;
    assert_int_equal(lm_gauss(&v, 1, 1, &err), LM_ERULE);
    lm_vol_release(&v);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(medians),    cmocka_unit_test(gaussians),       cmocka_unit_test(resampled),
                                       cmocka_unit_test(normalised), cmocka_unit_test(normalised_body), cmocka_unit_test(diffused),
                                       cmocka_unit_test(bilaterals), cmocka_unit_test(refused)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
