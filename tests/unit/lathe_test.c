/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "fixtures/gen/lathe.h"
#include "surface/audit.h"
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>

static void expect(const lm_mesh *m, double volume, long genus, size_t components, size_t cavities)
{
    lm_audit a;
    lm_audit_opt opt = LM_AUDIT_OPT_INIT;
    assert_int_equal(lm_audit_run(m, &opt, &a, NULL), LM_OK);
    assert_true(a.valid);
    assert_int_equal(a.genus, genus);
    assert_int_equal(a.components, components);
    assert_int_equal(a.cavities, cavities);
    assert_true(fabs(a.volume_mm3 - volume) < 1e-6 * volume);
}

static void a_square_turned_four_times_is_a_box(void **state)
{
    static const double rod[4][2] = {{0, -1}, {2, -1}, {2, 3}, {0, 3}};
    lathe_profile p = {.at = rod, .n = 4};
    lm_mesh m = LM_MESH_INIT;
    double volume = 0;
    (void)state;
    assert_int_equal(lathe_add(&m, &p, 4, &volume, NULL), LM_OK);
    assert_true(fabs(volume - 8 * 4) < 1e-12); /* a square with diagonals of 4, 4 high */
    expect(&m, 32, 0, 1, 0);
    lm_mesh_release(&m);
}

static void rings_and_cavities(void **state)
{
    static const double frame[4][2] = {{3, 0}, {5, 0}, {5, 1}, {3, 1}}, hole[3][2] = {{3.5, 0.2}, {4.5, 0.3}, {4, 0.8}};
    lathe_profile ring = {.at = frame, .n = 4, .ring = true, .shift = {7, -8, 9}}, inner = ring;
    lm_mesh m = LM_MESH_INIT;
    double volume = 0, step = 100 * sin(2 * M_PI / 200);
    (void)state;
    assert_int_equal(lathe_add(&m, &ring, 200, &volume, NULL), LM_OK);
    assert_true(fabs(volume - step * (25 - 9)) < 1e-9); /* a tube between two prisms */
    expect(&m, volume, 1, 1, 0);
    inner.at = hole;
    inner.n = 3;
    inner.inward = true;
    double outer = volume;
    assert_int_equal(lathe_add(&m, &inner, 200, &volume, NULL), LM_OK);
    assert_true(fabs(outer - volume - 2 * step * 4 * 0.275) < 1e-9); /* Pappus: triangle of 0.275 mm2 with its centroid at 4 */
    expect(&m, volume, 2, 2, 1);
    lm_mesh_release(&m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_square_turned_four_times_is_a_box),
        cmocka_unit_test(rings_and_cavities),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
