/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Planar sections of boxes and balls, by formula. */
#include "measure/section.h"
#include "measure_shapes.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <cmocka.h>

static lm_section cut(const lm_mesh *m, const char *plane)
{
    lm_trim_plane p;
    lm_section s;
    lm_err err = LM_ERR_INIT;
    if (lm_trim_parse(plane, &p, &err) || lm_section_of(m, &p, true, &s, &err)) fail_msg("%s", err.text[0]);
    return s;
}

static void boxes_have_rectangles(void **state)
{
    (void)state;
    for (int far = 0; far < 2; far++) {
        double o = far ? 1e6 : 0;
        char plane[60];
        lm_mesh m = LM_MESH_INIT;
        shape_box(&m, (double[]){o, 0, 0}, (double[]){o + 32, 16, 8}, false);
        shape_box(&m, (double[]){o + 4, 4, 2}, (double[]){o + 8, 8, 4}, true); /* a hollow: off the area, on the perimeter */
        lm_section s = cut(&m, "z=3mm");
        assert_true(s.area_mm2 == 32 * 16 - 16 && s.perimeter_mm == 96 + 16 && s.min_mm == 16);
        assert_true(fabs(s.max_mm - sqrt(32 * 32 + 16 * 16)) < 1e-12);
        s = cut(&m, "z=0mm"); /* on the plane is above it: the lower face has no section, a touch inside has */
        assert_int_equal(s.segments, 0);
        assert_true(s.area_mm2 == 0 && s.max_mm == 0 && s.min_mm == 0);
        assert_true(cut(&m, "z=8mm").area_mm2 == 512); /* the upper one has */
        /* across the diagonal, from a corner to the long side opposite: 16 / cos(atan(16 / 32)) */
        assert_true(fabs(cut(&m, "z=3mm").across_mm - 16 * sqrt(32 * 32 + 16 * 16) / 32) < 1e-12);
        snprintf(plane, sizeof plane, "x=%.1fmm", o + 20);
        assert_true(cut(&m, plane).area_mm2 == 128);
        snprintf(plane, sizeof plane, "1,1,0,%.3f", o + 40); /* across the corner: 8 high, 8 sqrt(2) long */
        s = cut(&m, plane);
        assert_true(fabs(s.area_mm2 - 64 * sqrt(2)) < 1e-6 && fabs(s.min_mm - 8) < 1e-6);
        lm_mesh_release(&m);
    }
}

static void ball_has_polygons_of_its_meridians(void **state)
{
    (void)state;
    lm_mesh m = LM_MESH_INIT;
    lm_err err = LM_ERR_INIT;
    lm_section s;
    shape_sphere(&m, (double[]){10, -20, 30}, 12, 64, 63); /* a ring on the equator */
    s = cut(&m, "z=30mm");
    double area = 0.5 * 64 * 144 * sin(2 * M_PI / 64);
    assert_true(fabs(s.area_mm2 - area) < 1e-3 && fabs(s.perimeter_mm - 2 * 64 * 12 * sin(M_PI / 64)) < 1e-4);
    assert_true(fabs(s.max_mm - 24) < 1e-5 && fabs(s.min_mm - 24 * cos(M_PI / 64)) < 1e-4);
    s = cut(&m, "3,4,0,-50"); /* through the centre, 1.2 mm beside nothing: n * c = (30 - 80) / 5 = -10 = d / 5 */
    assert_true(s.area_mm2 > 0.99 * M_PI * 144 && s.area_mm2 < M_PI * 144);
    lm_trim_plane p = s.plane;
    assert_int_equal(lm_section_of(&m, &p, false, &s, &err), LM_OK);
    assert_true(isnan(s.area_mm2) && s.perimeter_mm > 70);
    lm_mesh_release(&m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(boxes_have_rectangles),
        cmocka_unit_test(ball_has_polygons_of_its_meridians),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
