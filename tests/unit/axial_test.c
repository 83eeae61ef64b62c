/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Long and short axis of bars, by formula. */
#include "measure/axial.h"
#include "measure_shapes.h"
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

static lm_axial axes(const lm_mesh *m, double step)
{
    lm_axial a;
    lm_err err = LM_ERR_INIT;
    if (lm_axial_of(m, step, &a, &err)) fail_msg("%s", err.text[0]);
    return a;
}

static void of_the_widest_of_three_blocks(void **state)
{
    (void)state;
    lm_mesh m = LM_MESH_INIT;
    shape_box(&m, (double[]){0, 0, 0}, (double[]){4, 3, 10}, false);
    shape_box(&m, (double[]){50, 0, 10}, (double[]){50 + 32, 16, 20}, false); /* the others lie in other planes */
    shape_box(&m, (double[]){0, 0, 20}, (double[]){4, 3, 200}, false);
    lm_axial a = axes(&m, 1);
    assert_true(fabs(a.long_mm - sqrt(32 * 32 + 16 * 16)) < 1e-9 && a.z_mm > 10 && a.z_mm < 20 && a.step_mm == 1);
    assert_true(fabs(a.short_mm - 16 * sqrt(32 * 32 + 16 * 16) / 32) < 1e-9);
    lm_mesh_release(&m);
}

/* A double cone: widest between two planes, and known to what it falls. */
static void between_planes(void **state)
{
    (void)state;
    lm_mesh m = LM_MESH_INIT;
    const double p[] = {0, 0, -10, 0, 0, 10, 20, 0, 0, 0, 6, 0, -20, 0, 0, 0, -6, 0};
    const uint32_t t[] = {2, 3, 1, 3, 4, 1, 4, 5, 1, 5, 2, 1, 3, 2, 0, 4, 3, 0, 5, 4, 0, 2, 5, 0};
    shape_append(&m, p, 6, t, 8);
    for (double step = 0.5; step < 5; step += 0.5) {
        lm_axial a = axes(&m, step);
        assert_true(a.long_mm <= 40 && a.long_mm >= 40 * (1 - 0.5 * step / 10) - 1e-9);
        assert_true(fabs(a.short_mm / a.long_mm - 12.0 / 40) < 1e-9 && a.u_long_mm > 0);
    }
    assert_true(axes(&m, NAN).step_mm == LM_AXIAL_STEP);
    lm_axial flat = axes(&m, 100); /* one slice: through the middle */
    assert_true(flat.long_mm == 40 && flat.z_mm == 0);
    lm_mesh_release(&m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(of_the_widest_of_three_blocks),
        cmocka_unit_test(between_planes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
