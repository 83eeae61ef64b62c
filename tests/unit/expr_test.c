/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Expressions: values as C has them, what is undefined, where errors are shown; channels on grids; fractions of materials. */
#include "segment/basis.h"
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static double value(const char *text, double a, double b)
{
    lm_expr e;
    lm_err err = LM_ERR_INIT;
    double stack[LM_EXPR_OPS], out, in[LM_EXPR_NAMES];
    const double *at[LM_EXPR_NAMES];
    if (lm_expr_parse(text, &e, &err)) fail_msg("'%s': %s", text, err.text[0]);
    for (size_t i = 0; i < e.names; i++) {
        in[i] = e.name[i][0] == 'a' ? a : b;
        at[i] = &in[i];
    }
    lm_expr_row(&e, at, 1, stack, &out);
    return out;
}

static void values(void **state)
{
    (void)state;
    static const double x[] = {-3, -1, 0, 0.5, 2, 150, 151};
    for (size_t i = 0; i < 7; i++)
        for (size_t k = 0; k < 7; k++) {
            const double a = x[i], b = x[k];
#define SAME(e) assert_true(value(#e, a, b) == (double)(e))
            SAME(a + b * 2 - a * -b);
            SAME(-a - -b);
            SAME((a - b) * (a + b) - 1.5e1);
            assert_true(value("a < b || a <= 2 && !(b > 0.5)", a, b) == (a < b || (a <= 2 && !(b > 0.5))));
            assert_true(value("a == b && a != 2 || a >= 150", a, b) == ((a == b && a != 2) || a >= 150));
            SAME(!(a > 1) && !!(b > 1));
            SAME(2 * a - 3 * b - 4 < a);
            assert_true(value("min(a, b) + max(a,b)-abs( a )", a, b) == fmin(a, b) + fmax(a, b) - fabs(a));
            if (b != 0) SAME(a / b / 2);
        }
    assert_true(isnan(value("a / b", 1, 0)) && isnan(value("abs(a / b) + 1", 0, 0)) && isnan(value("max(a, a / b)", 1, 0)));
    static const char *const never[] = {"a / b < 1", "a / b <= 1", "a / b > 1", "a / b >= 1", "a / b == a / b", "a / b != 1"};
    for (size_t i = 0; i < 6; i++) assert_true(value(never[i], 1, 0) == 0);
    assert_true(value("a > 0 && b / a < 0.6", 0, 5) == 0 && value("a>150&&b/a<0.6", 200, 100) == 1);
}

static void refused(void **state)
{
    (void)state;
    static const struct {
        const char *text, *why;
    } bad[] = {{"", "at character 1, marked by ^ in ' ^ ': a number, a name or '(' is expected"},
               {"a>150 && b//a", "at character 12, marked by ^ in 'a>150 && b/ ^ /a': a number, a name or '(' is expected"},
               {"a>150 b", "at character 7, marked by ^ in 'a>150  ^ b': an operator or the end is expected"},
               {"(a>1", "')' is expected"},
               {"a<b<2", "comparisons do not stand in a row"},
               {"a + (b > 2)", "at character 5, marked by ^ in 'a +  ^ (b > 2)': a number is needed here"},
               {"a && b > 1", "at character 1, marked by ^ in ' ^ a && b > 1': a condition is needed here"},
               {"!a", "at character 2, marked by ^ in '! ^ a': a condition is needed"},
               {"-(a>1)", "a number is needed here"},
               {"min(a)", "',' and a second number"},
               {"max a", "'(' is expected"},
               {"abs(a,b)", "')' is expected"},
               {"a = 3", "an operator or the end"},
               {"a & b", "an operator or the end"},
               {"1e999 > a", "a number, a name"},
               {"nan > a && inf < .", "a number, a name"},
               {"averyveryverylongname > 1", "at most 15 letters"},
               {"a+b+c+d+e+f+g+h+i", "too many names"}};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        lm_expr e;
        lm_err err = LM_ERR_INIT;
        char line[1024];
        assert_int_equal(lm_expr_parse(bad[i].text, &e, &err), LM_EUSAGE);
        lm_err_line(&err, line, sizeof line);
        if (!strstr(line, bad[i].why)) fail_msg("'%s': %s", bad[i].text, line);
    }
    char deep[600];
    lm_expr e;
    for (size_t n = 1; n <= 200; n++) {
        snprintf(deep, sizeof deep, "%.*sa%.*s", (int)n, "((((((((((((((((((((((((((((((((((((((((((((((((((", (int)n,
                 "))))))))))))))))))))))))))))))))))))))))))))))))))");
        if (n <= 50) assert_int_equal(lm_expr_parse(deep, &e, NULL), n <= LM_EXPR_DEPTH ? LM_OK : LM_EUSAGE);
        memset(deep, '-', n);
        snprintf(deep + n, sizeof deep - n, "a");
        assert_int_equal(lm_expr_parse(deep, &e, NULL), n <= LM_EXPR_DEPTH ? LM_OK : LM_EUSAGE);
        size_t at = 0;
        for (size_t k = 0; k < n && at + 2 < sizeof deep; k++)
            at += (size_t)snprintf(deep + at, sizeof deep - at, "%sa", k ? "+" : "");
        assert_int_equal(lm_expr_parse(deep, &e, NULL), 2 * n - 1 <= LM_EXPR_OPS ? LM_OK : LM_EUSAGE);
    }
}

/* ---- channels ---- */

static lm_vol volume(size_t n)
{
    lm_vol v = LM_VOL_INIT;
    assert_int_equal(lm_vol_alloc(&v, (const size_t[3]){n, 7, 5}, LM_I16, NULL), LM_OK);
    for (size_t i = 0; i < lm_vol_count(&v); i++) ((int16_t *)v.data)[i] = (int16_t)(i % 211);
    return v;
}

static void grids(void **state)
{
    (void)state;
    lm_vol a = volume(600), b = volume(600), shifted = volume(600), small = volume(599);
    lm_channels c = {.first = "a"};
    lm_err err = LM_ERR_INIT;
    shifted.origin[1] = 0.02;
    assert_int_equal(lm_channels_add(&c, "b=x", 1, &a, &b, &err), LM_OK);
    assert_int_equal(lm_channels_add(&c, "d", 1, &a, &shifted, &err), LM_ERULE);
    assert_string_equal(err.rule, "G-1");
    assert_int_equal(lm_channels_add(&c, "d", 1, &a, &small, &err), LM_ERULE);
    assert_int_equal(lm_channels_add(&c, "b", 1, &a, &small, &err), LM_EUSAGE);
    assert_int_equal(lm_channels_add(&c, "a", 1, &a, &small, &err), LM_EUSAGE);
    assert_int_equal(lm_channels_add(&c, "1d", 2, &a, &small, &err), LM_EUSAGE);
    lm_expr e;
    lm_bits one = LM_BITS_INIT, three = LM_BITS_INIT;
    assert_int_equal(lm_expr_parse("a > 100 && b / (a - 120) < 20", &e, NULL), LM_OK);
    assert_int_equal(lm_bits_alloc(&one, a.n, NULL), LM_OK);
    assert_int_equal(lm_bits_alloc(&three, a.n, NULL), LM_OK);
    assert_int_equal(lm_channels_where(&c, &a, &e, false, 1, &one, &err), LM_OK);
    assert_int_equal(lm_channels_where(&c, &a, &e, false, 3, &three, &err), LM_OK);
    assert_memory_equal(one.row, three.row, one.words * one.n[1] * one.n[2] * sizeof *one.row);
    for (size_t i = 0; i < lm_vol_count(&a); i++) {
        const double x = (double)(i % 211);
        assert_int_equal(lm_bits_get(&one, i % 600, i / 600 % 7, i / 4200), x > 100 && x != 120 && x / (x - 120) < 20);
    }
    uint64_t undefined, expected = 0;
    for (size_t i = 0; i < lm_vol_count(&a); i++) expected += i % 211 == 120;
    assert_int_equal(lm_expr_parse("b / (a - 120)", &e, NULL), LM_OK);
    assert_int_equal(lm_channels_values(&c, &a, &e, 2, &undefined, &err), LM_OK);
    assert_int_equal(undefined, expected);
    assert_true(lm_vol_at(&a, 120) == 0 && lm_vol_at(&a, 130) == 13);
    assert_int_equal(lm_expr_parse("a > 1", &e, NULL), LM_OK); /* it is 'v' now */
    assert_int_equal(lm_channels_where(&c, &a, &e, false, 1, &one, &err), LM_EUSAGE);
    assert_non_null(strstr(err.text[0], "there is no channel 'a'; there are: v, b"));
    lm_bits_release(&one);
    lm_bits_release(&three);
    lm_channels_release(&c);
    lm_vol_release(&a);
    lm_vol_release(&shifted);
    lm_vol_release(&small);
}

/* ---- materials ---- */

static void fractions(void **state)
{
    (void)state;
    lm_basis b;
    lm_err err = LM_ERR_INIT;
    double w[LM_BASIS_MAX][LM_BASIS_MAX];
    assert_int_equal(lm_basis_parse("calcium=1300:850,iodine=900:400,tissue=55:50", &b, &err), LM_OK);
    assert_int_equal(lm_basis_solve(&b, w, &err), LM_OK);
    for (int i = 0; i <= 10; i++)
        for (int k = 0; i + k <= 10; k++) {
            const double f[3] = {i / 10.0, k / 10.0, (10 - i - k) / 10.0};
            double x[2] = {0, 0};
            for (int m = 0; m < 3; m++)
                for (int c = 0; c < 2; c++) x[c] += f[m] * b.value[m][c];
            for (int m = 0; m < 3; m++) assert_true(fabs(w[m][0] * x[0] + w[m][1] * x[1] + w[m][2] - f[m]) < 1e-12);
        }
    static const struct {
        const char *text, *why;
    } bad[] = {{"calcium=1300:850,iodine=900:400", "2 materials of 2 values"},
               {"calcium=1300:850,iodine=900,tissue=55:50", "'iodine' has 1 values, 'calcium' has 2"},
               {"calcium=1300:850,calcium=9:4,tissue=55:50", "two materials 'calcium'"},
               {"calcium=1300:850,=9:4,tissue=55:50", "a material is NAME=VALUE:VALUE"},
               {"calcium=1300:850,iodine=9:x,tissue=55:50", "numbers apart by ':'"},
               {"calcium=1300:850,iodine=9:,tissue=55:50", "numbers apart by ':'"},
               {"calcium=nan:850,iodine=9:1,tissue=55:50", "numbers apart by ':'"},
               {"", "a material is NAME=VALUE:VALUE"},
               {"a=1,b=2,c=3,d=4,e=5,f=6", "more than 5 materials"}};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_int_equal(lm_basis_parse(bad[i].text, &b, &err), LM_EUSAGE);
        if (!strstr(err.text[0], bad[i].why)) fail_msg("'%s': %s", bad[i].text, err.text[0]);
    }
    assert_int_equal(lm_basis_parse("a=100:50,b=200:100,c=0:0", &b, &err), LM_OK);
    assert_int_equal(lm_basis_solve(&b, w, &err), LM_EUSAGE);
    assert_int_equal(lm_basis_parse("a=100:50,b=200:100,c=200:100", &b, &err), LM_OK);
    assert_int_equal(lm_basis_solve(&b, w, &err), LM_EUSAGE);
    assert_int_equal(lm_basis_parse("a=1:0:0:0,b=0:1:0:0,c=0:0:1:0,d=0:0:0:2,e=0:0:0:0", &b, &err), LM_OK);
    assert_int_equal(lm_basis_solve(&b, w, &err), LM_OK);
    assert_true(w[3][3] == 0.5 && w[4][3] == -0.5 && w[4][4] == 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(values), cmocka_unit_test(refused), cmocka_unit_test(grids),
                                       cmocka_unit_test(fractions)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
