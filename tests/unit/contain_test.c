/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One solid inside another: margins of boxes and crossed bars by formula, what is outside, cavities, and what touches. */
#include "diff/contain.h"
#include "measure_shapes.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <cmocka.h>

static lm_contain run(const lm_mesh *a, const lm_mesh *b)
{
    lm_contain c, one;
    lm_err err = LM_ERR_INIT;
    if (lm_contain_run(a, b, 3, &c, &err) || lm_contain_run(a, b, 1, &one, &err)) fail_msg("%s", err.text[0]);
    assert_true(c.lower == one.lower && c.upper == one.upper && c.meet == one.meet && c.inside == one.inside);
    assert_memory_equal(c.at, one.at, sizeof c.at);
    double d = 0;
    for (int k = 0; k < 3; k++) d += (c.at[k] - c.to[k]) * (c.at[k] - c.to[k]);
    assert_true(sqrt(d) >= c.lower && sqrt(d) <= c.upper);
    return c;
}

static bool is(const lm_contain *c, double d)
{
    return c->lower <= d && d <= c->upper && c->upper - c->lower < 1e-9;
}

static void margins(void **state)
{
    (void)state;
    lm_mesh a = LM_MESH_INIT, b = LM_MESH_INIT;
    shape_box(&a, (const double[3]){0, 0, 0}, (const double[3]){12, 12, 12}, false);
    shape_box(&b, (const double[3]){2, 3, 1.5}, (const double[3]){8, 8, 8}, false);
    lm_contain c = run(&a, &b);
    assert_true(c.inside && !c.meet && is(&c, 1.5) && c.out == 0);
    assert_int_equal(lm_contain_judge(&c, 1.5), LM_VERDICT_PASS);
    assert_int_equal(lm_contain_judge(&c, 1.5001), LM_VERDICT_FAIL);
    assert_int_equal(lm_contain_judge(&c, 0), LM_VERDICT_PASS);
    c = run(&b, &a); /* the other way round */
    assert_true(!c.inside && !c.meet && fabs(c.out - sqrt(16 + 16 + 16)) < 1e-12);
    assert_int_equal(lm_contain_judge(&c, 0), LM_VERDICT_FAIL);
    shape_box(&a, (const double[3]){9, 9, 9}, (const double[3]){10, 10, 10}, true); /* a cavity beside it: sqrt 3 away */
    c = run(&a, &b);
    assert_true(c.inside && is(&c, 1.5));
    shape_box(&a, (const double[3]){4, 4, 4}, (const double[3]){5, 5, 5}, true); /* and one in it */
    c = run(&a, &b);
    assert_true(!c.inside && !c.meet && c.out == 0);
    lm_mesh_release(&a);
    lm_mesh_release(&b);
}

/* Touching is meeting; so is a bar whose corners are all outside on either side. */
static void meets(void **state)
{
    (void)state;
    static const double lo[][3] = {{0, 2, 2}, {0, 0, 0}, {2, 2, -5}, {-4, 4, 4}},
                        hi[][3] = {{4, 4, 4}, {12, 12, 12}, {3, 3, 15}, {0, 8, 8}};
    for (size_t i = 0; i < 4; i++) {
        lm_mesh a = LM_MESH_INIT, b = LM_MESH_INIT;
        shape_box(&a, (const double[3]){0, 0, 0}, (const double[3]){12, 12, 12}, false);
        shape_box(&b, lo[i], hi[i], false);
        const lm_contain c = run(&a, &b);
        assert_true(c.meet && !c.inside && c.upper == 0);
        assert_int_equal(lm_contain_judge(&c, 0), LM_VERDICT_FAIL);
        lm_mesh_release(&a);
        lm_mesh_release(&b);
    }
}

/* The nearest points lie on sides of both, on no corner: a ridge across another, 0.75 mm under it. */
static void sides(void **state)
{
    (void)state;
    static const uint32_t t[24] = {0, 2, 1, 0, 3, 2, 0, 1, 5, 0, 5, 4, 2, 3, 4, 2, 4, 5, 0, 4, 3, 1, 2, 5};
    const double roof[18] = {-4, -4, 0, 4, -4, 0, 4, 4, 0, -4, 4, 0, -4, 0, 4, 4, 0, 4}; /* its ridge along x at z 4 */
    double cut[18]; /* the same along y, hanging down to 4.75 */
    lm_mesh a = LM_MESH_INIT, b = LM_MESH_INIT;
    for (int v = 0; v < 6; v++) cut[3 * v] = roof[3 * v + 1], cut[3 * v + 1] = roof[3 * v], cut[3 * v + 2] = 8.75 - roof[3 * v + 2];
    shape_box(&a, (const double[3]){-16, -16, -16}, (const double[3]){16, 16, 16}, false);
    uint32_t in[24];
    for (int i = 0; i < 8; i++) in[3 * i] = t[3 * i], in[3 * i + 1] = t[3 * i + 2], in[3 * i + 2] = t[3 * i + 1];
    shape_append(&a, cut, 6, in, 8); /* turned about, not mirrored, it would face outward */
    shape_append(&b, roof, 6, t, 8);
    const lm_contain c = run(&a, &b);
    assert_true(c.inside && is(&c, 0.75) && fabs(c.at[0]) < 1e-12 && fabs(c.at[1]) < 1e-12);
    lm_mesh_release(&a);
    lm_mesh_release(&b);
}

static void spheres(void **state)
{
    (void)state;
    lm_mesh a = LM_MESH_INIT, b = LM_MESH_INIT;
    shape_sphere(&a, (const double[3]){0, 0, 0}, 10, 64, 31);
    shape_sphere(&b, (const double[3]){3, 0, 0}, 5, 40, 19);
    const lm_contain c = run(&a, &b); /* 2, less what the facets of a take */
    assert_true(c.inside && c.upper <= 2 + 1e-6 && c.lower >= 2 - 10 * (1 - cos(M_PI / 64) * cos(M_PI / 64)) && c.out == 0);
    lm_mesh_release(&a);
    lm_mesh_release(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(margins), cmocka_unit_test(meets), cmocka_unit_test(sides),
                                       cmocka_unit_test(spheres)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
