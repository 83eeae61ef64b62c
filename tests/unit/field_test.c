/* SPDX-License-Identifier: GPL-3.0-or-later */
/* field: the same bytes for any number of threads, on shells in shells. */
#include "shell/field.h"
#include "measure_shapes.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <cmocka.h>

static void test_threads(void **state)
{
    (void)state;
    const int threads[] = {1, 2, 3, 8};
    lm_mesh m = LM_MESH_INIT;
    lm_nearest near = LM_NEAREST_INIT;
    lm_vol v[4] = {LM_VOL_INIT, LM_VOL_INIT, LM_VOL_INIT, LM_VOL_INIT};
    size_t inside = 0;
    shape_sphere(&m, (double[]){3, -40, 7}, 12, 40, 20);
    shape_box(&m, (double[]){-2, -45, 2}, (double[]){8, -35, 12}, true); /* a cavity, and a body within it */
    shape_box(&m, (double[]){0, -43, 4}, (double[]){6, -37, 10}, false);
    assert_int_equal(lm_nearest_build(&m, 1, &near, NULL), LM_OK);
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(
            lm_field_make(&m, &near, &(lm_field_opt){.depth_mm = 1, .step_mm = 0.4, .threads = threads[i]}, &v[i], NULL), LM_OK);
        assert_memory_equal(v[i].n, v[0].n, sizeof v->n);
        assert_memory_equal(v[i].data, v[0].data, lm_vol_count(&v[0]) * 2);
    }
    for (size_t k = 0; k < lm_vol_count(&v[0]); k++) inside += lm_vol_at(&v[0], k) >= v[0].iso;
    /* a ball of 11 less a cube of 12 with round edges, and a cube of 4 */
    double cube = 1000 + 600 + 10 * 3 * M_PI + 4.0 / 3 * M_PI, truth = 4.0 / 3 * M_PI * 1331 - cube + 64;
    assert_true(fabs((double)inside * 0.064 / truth - 1) < 0.02);
    for (size_t i = 0; i < 4; i++) lm_vol_release(&v[i]);
    lm_nearest_release(&near);
    lm_mesh_release(&m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_threads)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
