/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Uneven steps between slices. A field that is linear along the stack comes back exactly from linear interpolation. */
#include "dicom/gaps.h"
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static lm_err err;

static lm_status plan(const double *place, size_t n, lm_gaps_choice choice, lm_gaps *g)
{
    err = (lm_err)LM_ERR_INIT;
    return lm_gaps_plan(place, n, choice, g, &err);
}

static void has(const char *text, const char *words)
{
    if (!strstr(text, words)) fail_msg("'%s' lacks '%s'", text, words);
}

static void even_steps_need_nothing(void **state)
{
    (void)state;
    const double p[] = {-3, -1.5, 0.004, 1.5, 3};
    for (int c = LM_GAPS_FAIL; c <= LM_GAPS_RESAMPLE; c++) {
        lm_gaps g;
        assert_int_equal(plan(p, 5, (lm_gaps_choice)c, &g), LM_OK);
        assert_int_equal(g.kind, LM_GAPS_EVEN);
        assert_int_equal(g.slices, 5);
        assert_int_equal(g.made, 0);
        assert_null(g.at);
    }
}

static void kinds_are_told_apart(void **state)
{
    (void)state;
    const double missing[] = {0, 5, 15, 20, 40}, variable[] = {0, 4, 8, 9, 16};
    lm_gaps g;
    assert_int_equal(plan(missing, 5, LM_GAPS_FAIL, &g), LM_ERULE);
    assert_int_equal(g.kind, LM_GAPS_MISSING);
    assert_string_equal(err.rule, "G-4");
    has(err.text[0],
        "10 mm between slices 2 and 3, 20 mm between slices 4 and 5, where the other steps are 5 mm (4 slices missing)");
    has(err.text[0], "--gaps interpolate");
    assert_int_equal(plan(variable, 5, LM_GAPS_FAIL, &g), LM_ERULE);
    assert_int_equal(g.kind, LM_GAPS_VARIABLE);
    has(err.text[0], "1 mm from slice 3 to 4");
    has(err.text[0], "--gaps resample");
    assert_int_equal(plan(variable, 5, LM_GAPS_INTERPOLATE, &g), LM_ERULE); /* never a guess */
    has(err.text[0], "--gaps resample");
}

static void bounds_on_what_is_made(void **state)
{
    (void)state;
    const double far[] = {0, 1, 2, 202}, fine[] = {0, 5, 10, 10.02, 15, 20};
    lm_gaps g;
    assert_int_equal(plan(far, 4, LM_GAPS_INTERPOLATE, &g), LM_ERULE);
    has(err.text[0], "more slices would be made");
    assert_int_equal(plan(fine, 6, LM_GAPS_RESAMPLE, &g), LM_ERULE);
    has(err.text[0], "16 times");
}

/* v(k) = value of slice k at sample s: a + b*place */
static void put(lm_vol *v, size_t k, double place)
{
    size_t n = v->n[0] * v->n[1];
    for (size_t s = 0; s < n; s++) {
        double x = 10.0 * (double)s + 2 * place;
        if (v->type == LM_I16) ((int16_t *)v->data)[k * n + s] = (int16_t)x;
        else ((float *)v->data)[k * n + s] = (float)x;
    }
}

static void is_linear(const double *place, size_t n, lm_gaps_choice choice, lm_type type, size_t slices, size_t made, double tol)
{
    lm_gaps g;
    lm_vol v = LM_VOL_INIT;
    assert_int_equal(plan(place, n, choice, &g), LM_OK);
    assert_int_equal(g.slices, slices);
    assert_int_equal(g.made, made);
    assert_int_equal(lm_vol_alloc(&v, (size_t[]){3, 2, slices}, type, &err), LM_OK);
    memset(v.data, 0x55, lm_vol_count(&v) * lm_vol_type_size(type));
    for (size_t k = 0; k < n; k++) put(&v, k, place[k]);
    lm_gaps_fill(&g, &v);
    for (size_t k = 0; k < slices; k++) {
        double at = place[0] + (place[n - 1] - place[0]) * (double)k / (double)(slices - 1);
        for (size_t s = 0; s < 6; s++) {
            double got = lm_vol_at(&v, k * 6 + s), want = 10.0 * (double)s + 2 * at;
            if (!(fabs(got - want) <= tol)) fail_msg("slice %zu sample %zu: %g, expected %g", k, s, got, want);
        }
    }
    lm_gaps_release(&g);
    lm_vol_release(&v);
}

static void linear_fields_come_back(void **state)
{
    (void)state;
    const double missing[] = {0, 5, 15, 20, 40}, variable[] = {-7, -3, 1, 2, 9, 16};
    is_linear(missing, 5, LM_GAPS_INTERPOLATE, LM_I16, 9, 4, 0);
    is_linear(missing, 5, LM_GAPS_RESAMPLE, LM_F32, 9, 4, 1e-5);
    is_linear(variable, 6, LM_GAPS_RESAMPLE, LM_I16, 24, 18, 0);
    const double odd[] = {0, 4.002, 8.004, 9.085, 16.084, 23.083};
    is_linear(odd, 6, LM_GAPS_RESAMPLE, LM_F32, 23, 21, 1e-4);
}

static void made_slices_are_listed(void **state)
{
    (void)state;
    const double missing[] = {0, 5, 15, 20, 40};
    lm_gaps g;
    assert_int_equal(plan(missing, 5, LM_GAPS_INTERPOLATE, &g), LM_OK);
    size_t k = 0, a, b;
    assert_true(lm_gaps_next(&g, &k, &a, &b));
    assert_true(a == 2 && b == 2);
    assert_true(lm_gaps_next(&g, &k, &a, &b));
    assert_true(a == 5 && b == 7);
    assert_false(lm_gaps_next(&g, &k, &a, &b));
    lm_gaps_release(&g);
}

static void words_are_parsed(void **state)
{
    (void)state;
    lm_gaps_choice c;
    assert_int_equal(lm_gaps_parse("resample", &c, &err), LM_OK);
    assert_int_equal(c, LM_GAPS_RESAMPLE);
    assert_string_equal(lm_gaps_name(c), "resample");
    assert_int_equal(lm_gaps_parse("fill", &c, &err), LM_EUSAGE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(even_steps_need_nothing), cmocka_unit_test(kinds_are_told_apart),
        cmocka_unit_test(bounds_on_what_is_made),  cmocka_unit_test(linear_fields_come_back),
        cmocka_unit_test(made_slices_are_listed),  cmocka_unit_test(words_are_parsed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
