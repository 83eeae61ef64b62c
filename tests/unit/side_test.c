/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The side of a surface on which random points lie, against the formula of the solid. */
#include "surface/side.h"
#include "measure_shapes.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <cmocka.h>

static uint64_t seed = 20261121;
static double rnd(double from, double to)
{
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    return from + (to - from) * (double)(seed >> 40) / 16777216.0;
}

static int side_at(const lm_nearest *near, const lm_side *s, const double p[3])
{
    lm_nearest_hit h;
    lm_nearest_find(near, p, INFINITY, LM_NEAREST_NONE, &h);
    return lm_side_of(s, p, &h);
}

static void open_mesh(const lm_mesh *m, lm_nearest *near, lm_side *s)
{
    lm_err err = LM_ERR_INIT;
    if (lm_nearest_build(m, 1, near, &err) || lm_side_make(m, s, &err)) fail_msg("%s", err.text[0]);
}

static void close_mesh(lm_mesh *m, lm_nearest *near, lm_side *s)
{
    lm_side_release(s);
    lm_nearest_release(near);
    lm_mesh_release(m);
}

/* A box with a box-shaped cavity: most points far off are nearest to an edge or a corner. */
static void box_with_cavity(void **state)
{
    (void)state;
    lm_mesh m = LM_MESH_INIT;
    lm_nearest near = LM_NEAREST_INIT;
    lm_side s = LM_SIDE_INIT;
    int count[2] = {0, 0};
    shape_box(&m, (const double[3]){-4, -3, -2}, (const double[3]){4, 3, 2}, false);
    shape_box(&m, (const double[3]){-2, -1, -1}, (const double[3]){1, 2, 1}, true);
    open_mesh(&m, &near, &s);
    print_message("# seed %llu\n", (unsigned long long)seed);
    for (int i = 0; i < 20000; i++) {
        const double p[3] = {rnd(-7, 7), rnd(-7, 7), rnd(-7, 7)};
        bool outer = fabs(p[0]) < 4 && fabs(p[1]) < 3 && fabs(p[2]) < 2;
        bool inner = p[0] > -2 && p[0] < 1 && p[1] > -1 && p[1] < 2 && fabs(p[2]) < 1;
        int want = outer && !inner ? -1 : 1;
        count[want > 0]++;
        assert_int_equal(side_at(&near, &s, p), want);
    }
    assert_true(count[0] > 500 && count[1] > 5000);
    assert_int_equal(side_at(&near, &s, (const double[3]){4, 3, 2}), 0);
    assert_int_equal(side_at(&near, &s, (const double[3]){4, 0.25, 0.5}), 0);
    close_mesh(&m, &near, &s);
}

/* A tall thin pyramid: at its tip a plain sum of the facets' normals, or that of one facet, can point the wrong way. The fan around
 * the tip is uneven: one face is cut into 40 triangles. */
static void uneven_tip(void **state)
{
    (void)state;
    enum { CUTS = 40 };
    const double tip[3] = {0, 0, 5}, corner[3][3] = {{1, 0, 0}, {-1, 1, 0}, {-1, -1, 0}};
    lm_mesh m = LM_MESH_INIT;
    lm_nearest near = LM_NEAREST_INIT;
    lm_side s = LM_SIDE_INIT;
    double p[3 * (CUTS + 4)];
    uint32_t t[3 * (2 * CUTS + 4)];
    size_t n = 0;
    memcpy(p, tip, sizeof tip);
    for (size_t i = 0; i <= CUTS; i++) /* from corner 0 to corner 1, then corner 2 */
        for (size_t c = 0; c < 3; c++) p[3 * (i + 1) + c] = corner[0][c] + (corner[1][c] - corner[0][c]) * (double)i / CUTS;
    memcpy(p + 3 * (CUTS + 2), corner[2], sizeof corner[2]);
    const uint32_t last = CUTS + 2;
    for (uint32_t i = 1; i <= CUTS; i++) {
        const uint32_t two[6] = {0, i, i + 1, last, i + 1, i};
        memcpy(t + 3 * n, two, sizeof two);
        n += 2;
    }
    const uint32_t rest[6] = {0, CUTS + 1, last, 0, last, 1};
    memcpy(t + 3 * n, rest, sizeof rest);
    shape_append(&m, p, CUTS + 3, t, n + 2);
    assert_true(lm_mesh_volume(&m) > 0);
    open_mesh(&m, &near, &s);
    for (int i = 0; i < 20000; i++) {
        const double r = rnd(0, 0.5), q[3] = {rnd(-r, r), rnd(-r, r), 5 + rnd(-r, r)}, z = 1 - q[2] / 5; /* of the base triangle */
        double d[3];
        for (int k = 0; k < 3; k++) { /* inside each of the sides of the triangle scaled by z */
            const double *a = corner[k], *b = corner[(k + 1) % 3];
            d[k] = (b[0] - a[0]) * (q[1] - z * a[1]) - (b[1] - a[1]) * (q[0] - z * a[0]);
        }
        double least = fmin(d[0], fmin(d[1], d[2]));
        if (fabs(least) < 1e-6) continue; /* the corners of the cut face are rounded to float32 */
        assert_int_equal(side_at(&near, &s, q), z > 0 && least > 0 ? -1 : 1);
    }
    close_mesh(&m, &near, &s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(box_with_cavity), cmocka_unit_test(uneven_tip)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
