/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Majority and mean sample by sample; STAPLE against expectation maximization over all samples, as the paper has it. */
#include "segment/fuse.h"
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

enum { N = 5000, INPUTS = 4 };
static float input[INPUTS][N], result[N], disagreement[N];

static uint64_t seed = 3;
static double rnd(void)
{
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    return (double)(seed >> 33) / 2147483648.0;
}

static void fuse(lm_fuse_how how, size_t inputs, lm_fused *out)
{
    lm_fuse f;
    assert_int_equal(lm_fuse_begin(&f, how, N, true, NULL), LM_OK);
    for (size_t n = 0; n < inputs; n++) {
        const lm_vol v = {.n = {N, 1, 1}, .type = LM_F32, .data = input[n]};
        assert_int_equal(lm_fuse_add(&f, &v, 0.5, NULL), LM_OK);
    }
    assert_int_equal(lm_fuse_end(&f, result, disagreement, out, NULL), LM_OK);
    lm_fuse_release(&f);
}

/* A truth of every fifth sample, and who sees it how well. */
static void votes(void)
{
    static const double sensitivity[] = {0.95, 0.8, 0.6, 0.9}, specificity[] = {0.99, 0.9, 0.95, 0.7};
    for (size_t i = 0; i < N; i++)
        for (size_t n = 0; n < INPUTS; n++) input[n][i] = rnd() < (i % 5 ? 1 - specificity[n] : sensitivity[n]);
}

static void majority_counts(void **state)
{
    (void)state;
    lm_fused out;
    votes();
    for (size_t inputs = 3; inputs <= 4; inputs++) {
        uint64_t ties = 0, both = 0, own = 0, all = 0;
        fuse(LM_FUSE_MAJORITY, inputs, &out);
        for (size_t i = 0; i < N; i++) {
            size_t n = 0;
            for (size_t k = 0; k < inputs; k++) n += input[k][i] > 0;
            assert_true(result[i] == (2 * n > inputs));
            const double share = (double)n / (double)inputs;
            assert_true(fabs((double)disagreement[i] - sqrt(share * (1 - share))) < 1e-7);
            ties += 2 * n == inputs;
            own += input[1][i] > 0;
            all += result[i] > 0;
            both += input[1][i] > 0 && result[i] > 0;
        }
        assert_true(out.ties == ties && isnan(out.of[0].sensitivity));
        assert_true(fabs(out.of[1].dice - 2 * (double)both / (double)(own + all)) < 1e-12);
    }
}

static void staple_by_the_paper(void **state)
{
    (void)state;
    static double w[N];
    double p[INPUTS], q[INPUTS], prior = 0;
    lm_fused out;
    votes();
    fuse(LM_FUSE_STAPLE, INPUTS, &out);
    for (size_t i = 0; i < N; i++) {
        w[i] = 0;
        for (size_t n = 0; n < INPUTS; n++) w[i] += (double)input[n][i] / INPUTS;
        prior += w[i] / N;
    }
    for (int round = 0; round < 3000; round++) {
        for (size_t n = 0; n < INPUTS; n++) {
            double in = 0, in_all = 0, off = 0, off_all = 0;
            for (size_t i = 0; i < N; i++) {
                in += input[n][i] > 0 ? w[i] : 0, in_all += w[i];
                off += input[n][i] > 0 ? 0 : 1 - w[i], off_all += 1 - w[i];
            }
            p[n] = in / in_all, q[n] = off / off_all;
        }
        for (size_t i = 0; i < N; i++) {
            double a = prior, b = 1 - prior;
            for (size_t n = 0; n < INPUTS; n++) {
                a *= input[n][i] > 0 ? p[n] : 1 - p[n];
                b *= input[n][i] > 0 ? 1 - q[n] : q[n];
            }
            w[i] = a / (a + b);
        }
    }
    assert_true(out.change <= 1e-10 && out.rounds > 3 && fabs(out.prior - prior) < 1e-12);
    for (size_t n = 0; n < INPUTS; n++)
        assert_true(fabs(out.of[n].sensitivity - p[n]) < 1e-7 && fabs(out.of[n].specificity - q[n]) < 1e-7);
    for (size_t i = 0; i < N; i++) assert_true(fabs((double)result[i] - w[i]) < 1e-6);
    assert_true(out.of[0].sensitivity > 0.9 && out.of[2].sensitivity < 0.7 && out.of[3].specificity < 0.8); /* who is who */
}

static void mean_and_its_spread(void **state)
{
    (void)state;
    lm_fused out;
    float was[N];
    for (size_t i = 0; i < N; i++)
        for (size_t n = 0; n < 3; n++) input[n][i] = i < 10 ? 0.7F : (float)rnd();
    fuse(LM_FUSE_MEAN, 3, &out);
    for (size_t i = 0; i < N; i++) {
        double mean = 0, square = 0;
        for (size_t n = 0; n < 3; n++) mean += (double)input[n][i] / 3;
        for (size_t n = 0; n < 3; n++) square += ((double)input[n][i] - mean) * ((double)input[n][i] - mean) / 3;
        assert_true(fabs((double)result[i] - mean) < 1e-7 && fabs((double)disagreement[i] - sqrt(square)) < 1e-6);
    }
    assert_true(disagreement[5] == 0 && isnan(out.of[0].dice));
    memcpy(was, result, sizeof was);
    for (size_t i = 0; i < N; i++) { /* another order, the same bits */
        const float t = input[0][i];
        input[0][i] = input[2][i];
        input[2][i] = t;
    }
    fuse(LM_FUSE_MEAN, 3, &out);
    assert_memory_equal(was, result, sizeof was);
}

static void nothing_to_go_by(void **state)
{
    (void)state;
    lm_fuse f;
    lm_fused out;
    lm_err err = LM_ERR_INIT;
    const lm_vol v = {.n = {N, 1, 1}, .type = LM_F32, .data = input[0]};
    for (int value = 0; value < 2; value++) {
        for (size_t i = 0; i < N; i++) input[0][i] = (float)value;
        assert_int_equal(lm_fuse_begin(&f, LM_FUSE_STAPLE, N, false, NULL), LM_OK);
        assert_int_equal(lm_fuse_add(&f, &v, 0.5, NULL), LM_OK);
        assert_int_equal(lm_fuse_end(&f, result, NULL, &out, &err), LM_EUSAGE);
        assert_int_equal(lm_fuse_add(&f, &v, 0.5, NULL), LM_OK);
        assert_int_equal(lm_fuse_end(&f, result, NULL, &out, &err), LM_ENO);
        lm_fuse_release(&f);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(majority_counts), cmocka_unit_test(staple_by_the_paper),
                                       cmocka_unit_test(mean_and_its_spread), cmocka_unit_test(nothing_to_go_by)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
