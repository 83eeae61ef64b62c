/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Diameter, axes, oriented box and shape family: formulas, and all pairs for the diameter. */
#include "measure/shape.h"
#include "measure_shapes.h"
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

static uint32_t seed = 20261121;
static double chance(void)
{
    seed = seed * 1664525u + 1013904223u;
    return (double)(seed >> 8) / (1 << 24);
}

static lm_shape formed(const lm_mesh *m)
{
    lm_err err = LM_ERR_INIT;
    lm_mass mass = LM_MASS_INIT;
    lm_shape s;
    if (lm_mass_measure(m, &mass, &err) || lm_shape_of(m, &mass, &s, &err)) fail_msg("%s", err.text[0]);
    lm_mass_release(&mass);
    return s;
}

static void diameter_is_that_of_all_pairs(void **state)
{
    (void)state;
    lm_err err = LM_ERR_INIT;
    for (int round = 0; round < 80; round++) {
        size_t n = 2 + (size_t)(chance() * 400);
        float *pos = malloc(3 * n * sizeof *pos);
        uint32_t *which = malloc(n * sizeof *which);
        for (size_t i = 0; i < n; i++) {
            double q[3], length = 0;
            for (size_t c = 0; c < 3; c++) {
                q[c] = round % 4 == 3 ? floor(chance() * 3) : chance() * (c == 2 ? 100 : 7); /* many equal ones, too */
                length += (q[c] - 2) * (q[c] - 2);
            }
            for (size_t c = 0; c < 3; c++) { /* and balls, where all are nearly farthest */
                if (round % 5 == 4) q[c] = 40 * (q[c] - 2) / sqrt(length > 0 ? length : 1);
                pos[3 * i + c] = (float)(q[c] + (round % 3 ? 0 : 1e5));
            }
            which[i] = (uint32_t)i;
        }
        double most = 0;
        for (size_t a = 0; a < n; a++)
            for (size_t b = 0; b < a; b++) {
                double d2 = 0;
                for (size_t c = 0; c < 3; c++) {
                    const double t = (double)pos[3 * a + c] - (double)pos[3 * b + c]; /* pow may round another way */
                    d2 += t * t;
                }
                most = d2 > most ? d2 : most;
            }
        lm_diameter d;
        assert_int_equal(lm_diameter_of(pos, which, n, &d, &err), LM_OK);
        assert_true(d.mm == sqrt(most));
        free(which);
        free(pos);
    }
}

/* A box of 30 x 20 x 10, turned, near and a kilometre away: its axes are L / sqrt(12), its box is itself. */
static void box_has_its_axes_wherever_it_is(void **state)
{
    (void)state;
    for (int far = 0; far < 2; far++) {
        lm_mesh m = LM_MESH_INIT;
        shape_box(&m, (double[]){-15, -10, -5}, (double[]){15, 10, 5}, false);
        for (size_t v = 0; v < m.nv; v++) { /* 3-4-5 about z, then about x: exact up to float32 */
            double x = (double)m.pos[3 * v], y = (double)m.pos[3 * v + 1], z = (double)m.pos[3 * v + 2];
            double u = 0.6 * x - 0.8 * y, w = 0.8 * x + 0.6 * y;
            m.pos[3 * v] = (float)(u + (far ? 1e6 : 0));
            m.pos[3 * v + 1] = (float)(0.6 * w - 0.8 * z + (far ? 1e6 : 0));
            m.pos[3 * v + 2] = (float)(0.8 * w + 0.6 * z - (far ? 1e6 : 0));
        }
        lm_shape s = formed(&m);
        double tol = far ? 0.13 : 1e-5; /* float32 there has steps of 1/16 mm: what is lost was lost before */
        assert_true(s.has_axes);
        for (int a = 0; a < 3; a++) {
            double l = 30 - 10 * a;
            assert_true(fabs(s.box.size_mm[a] - l) < tol);
            assert_true(fabs(s.length_mm[a] - 4 * l / sqrt(12)) < tol);
            assert_true(fabs(s.box.centre_mm[a] - (far ? a == 2 ? -1e6 : 1e6 : 0)) < tol);
        }
        assert_true(fabs(fabs(s.axis[0][0]) - 0.6) < 0.01 && fabs(fabs(s.axis[0][1]) - 0.48) < 0.01);
        assert_true(fabs(s.diameter.mm - sqrt(1400)) < tol);
        assert_true(fabs(s.elongation - 2. / 3) < 0.01 && fabs(s.flatness - 1. / 3) < 0.01);
        lm_mesh_release(&m);
    }
}

/* An exact grid position far away costs nothing at all. */
static void offset_of_a_kilometre_loses_no_digit(void **state)
{
    (void)state;
    lm_mesh near = LM_MESH_INIT, far = LM_MESH_INIT;
    shape_box(&near, (double[]){0, 0, 0}, (double[]){32, 16, 8}, false);
    shape_box(&far, (double[]){1e6, -1e6, 1e6}, (double[]){1e6 + 32, -1e6 + 16, 1e6 + 8}, false);
    lm_shape a = formed(&near), b = formed(&far);
    assert_true(a.sphericity == b.sphericity && a.diameter.mm == b.diameter.mm);
    for (int c = 0; c < 3; c++) assert_true(a.length_mm[c] == b.length_mm[c] && a.box.size_mm[c] == b.box.size_mm[c]);
    lm_mesh_release(&near);
    lm_mesh_release(&far);
}

static void cube_and_ball_have_the_ratios_of_the_formulas(void **state)
{
    (void)state;
    lm_mesh m = LM_MESH_INIT, ball = LM_MESH_INIT, open = LM_MESH_INIT;
    shape_box(&m, (double[]){0, 0, 0}, (double[]){2, 2, 2}, false);
    shape_box(&m, (double[]){0.5, 0.5, 0.5}, (double[]){1, 1, 1}, true); /* a hollow of 1/8 */
    lm_shape s = formed(&m);
    assert_true(fabs(s.cavity_mm3 - 0.125) < 1e-12);
    lm_mesh_release(&m);
    shape_box(&m, (double[]){0, 0, 0}, (double[]){2, 2, 2}, false);
    s = formed(&m);
    assert_true(fabs(s.sphericity - 0.80599597700823) < 1e-13); /* cbrt(pi / 6) */
    assert_true(fabs(s.disproportion * s.sphericity - 1) < 1e-14 && fabs(s.asphericity - (1 / s.sphericity - 1)) < 1e-14);
    assert_true(fabs(s.compactness2 - 0.52359877559830) < 1e-13);
    assert_true(fabs(s.compactness1 - 8 / (sqrt(M_PI) * pow(24, 1.5))) < 1e-13);
    assert_true(fabs(s.convex_mm3 - 8) < 1e-14 && fabs(s.convex_mm2 - 24) < 1e-13 && fabs(s.density_convex - 1) < 1e-14 &&
                fabs(s.density_box - 1) < 1e-14);
    assert_true(s.surface_to_volume == 3 && s.elongation == 1 && s.flatness == 1);
    shape_sphere(&ball, (double[]){5, 6, 7}, 10, 60, 40);
    s = formed(&ball);
    assert_true(s.sphericity > 0.998 && s.sphericity < 1 && fabs(s.diameter.mm - 20) < 1e-5);
    assert_true(fabs(s.length_mm[0] - 4 * 10 / sqrt(5)) < 0.05); /* r^2 / 5 */
    shape_box(&open, (double[]){0, 0, 0}, (double[]){3, 4, 12}, false);
    open.nt--;
    s = formed(&open);
    assert_true(!s.has_axes && s.diameter.mm == 13);
    lm_mesh_release(&open);
    lm_mesh_release(&ball);
    lm_mesh_release(&m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(diameter_is_that_of_all_pairs),
        cmocka_unit_test(box_has_its_axes_wherever_it_is),
        cmocka_unit_test(offset_of_a_kilometre_loses_no_digit),
        cmocka_unit_test(cube_and_ball_have_the_ratios_of_the_formulas),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
