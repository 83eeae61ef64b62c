/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Oriented boxes of what has a known one, what each must hold and keep, and the calipers in the plane. */
#include "measure/obb.h"
#include "measure/planehull.h"
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static uint32_t seed;
static double chance(void)
{
    seed = seed * 1664525u + 1013904223u;
    return (double)(seed >> 8) / (1 << 24);
}

static lm_obb boxed(const float *p, size_t n, const double axes[3][3])
{
    lm_err err = LM_ERR_INIT;
    lm_hull h = LM_HULL_INIT;
    lm_obb b;
    if (lm_hull_make(p, NULL, n, &h, &err) || lm_obb_of(p, &h, axes, &b, &err)) fail_msg("%s", err.text[0]);
    lm_hull_release(&h);
    for (size_t i = 0; i < n; i++) /* holds all */
        for (int a = 0; a < 3; a++) {
            double x = 0;
            for (size_t c = 0; c < 3; c++) x += b.axis[a][c] * ((double)p[3 * i + c] - b.centre_mm[c]);
            assert_true(fabs(x) <= 0.5 * b.size_mm[a] + 1e-9 * (1 + fabs(b.centre_mm[0]) + b.size_mm[0]));
        }
    assert_true(b.size_mm[0] >= b.size_mm[1] && b.size_mm[1] >= b.size_mm[2]);
    for (int a = 0; a < 3; a++)
        for (int k = 0; k < 3; k++) {
            double x = 0;
            for (int c = 0; c < 3; c++) x += b.axis[a][c] * b.axis[k][c];
            assert_true(fabs(x - (a == k)) < 1e-12);
        }
    return b;
}

/* Turned by the quaternion 1 2 3 4, in float32. */
static void turn(const double q[3], double offset, float p[3])
{
    static const double r[3][3] = {{-20, 4, 22}, {20, -10, 20}, {10, 28, 4}};
    for (int a = 0; a < 3; a++) p[a] = (float)((r[a][0] * q[0] + r[a][1] * q[1] + r[a][2] * q[2]) / 30 + offset);
}

static void a_turned_box_and_a_tetrahedron_have_theirs(void **state)
{
    (void)state;
    seed = 17;
    float p[3 * 200];
    for (int far = 0; far < 2; far++) {
        double offset = far ? 4096 : 0, tol = far ? 4e-3 : 1e-5;
        for (uint32_t i = 0; i < 200; i++) {
            double q[3];
            for (int c = 0; c < 3; c++) q[c] = (i < 8 ? (double)(i >> c & 1) : chance()) * (30 - 10 * c);
            turn(q, offset, p + 3 * i);
        }
        lm_obb b = boxed(p, 200, NULL);
        for (int a = 0; a < 3; a++) assert_true(fabs(b.size_mm[a] - (30 - 10 * a)) < tol);
    }
    static const double corner[4][3] = {{1, 1, 1}, {1, -1, -1}, {-1, 1, -1}, {-1, -1, 1}}; /* every other corner of a cube */
    for (int i = 0; i < 4; i++) turn(corner[i], 0, p + 3 * i);
    lm_obb b = boxed(p, 4, NULL);
    assert_true(fabs(b.volume_mm3 - 8) < 1e-5);
}

/* Exactly representable offset: not a bit changes but in the centre. */
static void an_offset_of_a_kilometre_changes_nothing(void **state)
{
    (void)state;
    seed = 5;
    float near[3 * 100], far[3 * 100];
    for (int i = 0; i < 300; i++) {
        near[i] = (float)floor(chance() * 64) / 8;
        far[i] = near[i] + 1048576;
    }
    lm_obb a = boxed(near, 100, NULL), b = boxed(far, 100, NULL);
    for (int k = 0; k < 3; k++) {
        assert_true(a.size_mm[k] == b.size_mm[k] && fabs(b.centre_mm[k] - 1048576 - a.centre_mm[k]) < 1e-9);
        for (int c = 0; c < 3; c++) assert_true(a.axis[k][c] == b.axis[k][c]);
    }
}

static void never_larger_than_the_upright_one_or_the_given_one(void **state)
{
    (void)state;
    seed = 23;
    static const double axes[3][3] = {{0.6, 0.8, 0}, {-0.8, 0.6, 0}, {0, 0, 1}};
    for (int round = 0; round < 25; round++) {
        float p[3 * 60];
        size_t n = 4 + (size_t)(chance() * 56);
        double size[2] = {1, 1};
        for (size_t i = 0; i < 3 * n; i++) p[i] = (float)(chance() * (i % 3 == 0 ? 9 : 4));
        for (int a = 0; a < 3; a++) {
            double lo[2] = {INFINITY, INFINITY}, hi[2] = {-INFINITY, -INFINITY};
            for (size_t i = 0; i < n; i++) {
                double x[2] = {(double)p[3 * i + (size_t)a], 0};
                for (size_t c = 0; c < 3; c++) x[1] += axes[a][c] * (double)p[3 * i + c];
                for (int k = 0; k < 2; k++) {
                    lo[k] = fmin(lo[k], x[k]);
                    hi[k] = fmax(hi[k], x[k]);
                }
            }
            for (int k = 0; k < 2; k++) size[k] *= hi[k] - lo[k];
        }
        lm_obb b = boxed(p, n, axes);
        assert_true(b.volume_mm3 <= size[0] * (1 + 1e-12) && b.volume_mm3 <= size[1] * (1 + 1e-9));
    }
}

static void planes_lines_and_points_have_boxes_too(void **state)
{
    (void)state;
    float p[3 * 24];
    for (uint32_t i = 0; i < 24; i++) turn((double[]){i % 6, i / 6, 0}, 0, p + 3 * i); /* 5 x 3, turned: flat up to float32 */
    lm_obb b = boxed(p, 24, NULL);
    assert_true(fabs(b.size_mm[0] - 5) < 1e-5 && fabs(b.size_mm[1] - 3) < 1e-5 && b.size_mm[2] < 1e-5);
    for (uint32_t i = 0; i < 24; i++) /* exactly flat: sides along 3,4,0 and -4,3,0 */
        for (uint32_t c = 0; c < 3; c++)
            p[3 * i + c] = c == 0   ? (float)(3 * (i % 6)) - (float)(4 * (i / 6))
                           : c == 1 ? (float)(4 * (i % 6)) + (float)(3 * (i / 6))
                                    : 7;
    b = boxed(p, 24, NULL);
    assert_true(fabs(b.size_mm[0] - 25) < 1e-9 && fabs(b.size_mm[1] - 15) < 1e-9 && b.size_mm[2] == 0 && b.volume_mm3 == 0);
    for (uint32_t i = 0; i < 24; i++)
        for (uint32_t c = 0; c < 3; c++) p[3 * i + c] = (float)(i * (c + 1));
    b = boxed(p, 24, NULL);
    assert_true(fabs(b.size_mm[0] - 23 * sqrt(14)) < 1e-9 && b.size_mm[1] < 1e-9);
    b = boxed(p, 1, NULL);
    assert_true(b.size_mm[0] == 0 && b.volume_mm3 == 0);
}

static void calipers_in_the_plane(void **state)
{
    (void)state;
    lm_planehull_point p[49], ring[99], along;
    double most, least, area;
    size_t at = 0;
    for (int x = 0; x < 7; x++)
        for (int y = 0; y < 7; y++) p[at++] = (lm_planehull_point){3 * x - 4 * y, 4 * x + 3 * y}; /* a square of 30, turned */
    size_t n = lm_planehull_make(p, 49, ring);
    assert_int_equal(n, 4);
    lm_planehull_widths(ring, n, &most, &least);
    lm_planehull_rectangle(ring, n, &along, &area);
    assert_true(fabs(most - 30 * sqrt(2)) < 1e-12 && fabs(least - 30) < 1e-12 && fabs(area - 900) < 1e-9);
    assert_true(fabs(along.x * along.y) - 0.48 < 1e-12);
    for (size_t i = 0; i < 49; i++) p[i] = (lm_planehull_point){2, 5};
    assert_int_equal(lm_planehull_make(p, 49, ring), 1);
    for (size_t i = 0; i < 49; i++) p[i] = (lm_planehull_point){(double)(i % 5), 2 * (double)(i % 5)};
    n = lm_planehull_make(p, 49, ring);
    lm_planehull_widths(ring, n, &most, &least);
    lm_planehull_rectangle(ring, n, &along, &area);
    assert_true(n == 2 && fabs(most - 4 * sqrt(5)) < 1e-12 && least == 0 && area == 0 && fabs(along.y - 2 * along.x) < 1e-12);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_turned_box_and_a_tetrahedron_have_theirs),
        cmocka_unit_test(an_offset_of_a_kilometre_changes_nothing),
        cmocka_unit_test(never_larger_than_the_upright_one_or_the_given_one),
        cmocka_unit_test(planes_lines_and_points_have_boxes_too),
        cmocka_unit_test(calipers_in_the_plane),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
