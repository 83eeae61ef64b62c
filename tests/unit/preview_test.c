/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "reports/preview.h"
#include "surface/nearest.h"
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "tests/unit/parts_ball.h"

/* Points all over the preview's triangles, none farther from the mesh than it says. */
static void no_point_is_farther_than_it_says(void **state)
{
    (void)state;
    lm_mesh m = LM_MESH_INIT, small;
    double moved, farthest = 0;
    parts_ball(&m, 3);
    lm_nearest near = LM_NEAREST_INIT;
    assert_int_equal(lm_nearest_build(&m, 1, &near, NULL), LM_OK);
    size_t before = SIZE_MAX;
    for (size_t budget = 2000; budget >= 100; budget /= 2) {
        assert_int_equal(lm_preview_make(&m, budget, &small, &moved, NULL), LM_OK);
        assert_true(small.nt <= budget && small.nt > budget / 5 && small.nt < before);
        assert_int_equal(lm_mesh_validate(&small, NULL), LM_OK);
        assert_true(small.label && small.label_back);
        for (size_t t = 0; t < small.nt; t++)
            for (int i = 0; i <= 8; i++)
                for (int j = 0; i + j <= 8; j++) {
                    double w[3] = {i / 8., j / 8., (8 - i - j) / 8.}, p[3] = {0};
                    for (size_t c = 0; c < 3; c++)
                        for (size_t a = 0; a < 3; a++) p[a] += w[c] * small.pos[3 * (size_t)small.tri[3 * t + c] + a];
                    lm_nearest_hit hit;
                    lm_nearest_find(&near, p, INFINITY, LM_NEAREST_NONE, &hit);
                    if (hit.d2 > farthest) farthest = hit.d2;
                }
        assert_true(sqrt(farthest) <= moved * (1 + 1e-9));
        assert_true(moved < 20);
        before = small.nt;
        lm_mesh_release(&small);
    }
    lm_nearest_release(&near);
    lm_mesh_release(&m);
}

/* What has room stays as it is; what has no size at all does not hang. */
static void hard_ones(void **state)
{
    (void)state;
    float pos[9] = {5, 5, 5, 5, 5, 5, 5, 5, 5}, wide[9] = {-3e38f, 0, 0, 3e38f, 0, 0, 0, 1, 0};
    uint32_t tri[3] = {0, 1, 2};
    lm_mesh m = {.nv = 3, .nt = 1, .pos = pos, .tri = tri}, small;
    double moved;
    assert_int_equal(lm_preview_make(&m, 100, &small, &moved, NULL), LM_OK);
    assert_int_equal(small.nt, 0); /* all in one place */
    assert_true(moved == 0);
    lm_mesh_release(&small);
    m.pos = wide;
    assert_int_equal(lm_preview_make(&m, 100, &small, &moved, NULL), LM_OK);
    assert_true(small.nt <= 1);
    lm_mesh_release(&small);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_point_is_farther_than_it_says),
        cmocka_unit_test(hard_ones),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
