/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "surface/polygon.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

enum { MOST = 400 };
static float pos[3 * MOST];
static uint32_t ring[MOST], out[3 * MOST];

/* Corner i at whole numbers (x, y) of the plane that is `axis`: 0 xy, 1 yz, 2 zx, with a third coordinate of `depth`. */
static void corner(size_t i, int axis, long x, long y, long depth)
{
    pos[3 * i + (size_t)axis] = (float)x;
    pos[3 * i + (size_t)(axis + 1) % 3] = (float)y;
    pos[3 * i + (size_t)(axis + 2) % 3] = (float)depth;
}

static long twice(int axis, uint32_t a, uint32_t b, uint32_t c)
{
    size_t x = (size_t)axis, y = (size_t)(axis + 1) % 3;
    long ax = (long)pos[3 * a + x], ay = (long)pos[3 * a + y];
    return ((long)pos[3 * b + x] - ax) * ((long)pos[3 * c + y] - ay) - ((long)pos[3 * b + y] - ay) * ((long)pos[3 * c + x] - ax);
}

/* n - 2 triangles that all turn as the polygon does, add up to its area, and show each of its edges once: then they cover it
 * without overlap. */
static void covers(int axis, size_t n, long sense, long area)
{
    long sum = 0;
    for (size_t t = 0; t < n - 2; t++) {
        long a = sense * twice(axis, out[3 * t], out[3 * t + 1], out[3 * t + 2]);
        assert_true(a > 0);
        sum += a;
    }
    assert_int_equal(sum, area);
    for (size_t i = 0; i < n; i++) {
        int seen = 0;
        for (size_t t = 0; t < n - 2; t++)
            for (size_t k = 0; k < 3; k++) seen += out[3 * t + k] == ring[i] && out[3 * t + (k + 1) % 3] == ring[(i + 1) % n];
        assert_int_equal(seen, 1);
    }
}

static void combs_and_stars_are_covered(void **state)
{
    lm_err err = LM_ERR_INIT;
    bool simple;
    (void)state;
    for (int axis = 0; axis < 3; axis++)
        for (long sense = -1; sense <= 1; sense += 2)
            for (size_t teeth = 1; teeth <= 60; teeth += 7) {
                /* comb: a base line, and teeth that reach down to it */
                size_t n = 0;
                corner(n++, axis, 0, 0, 5);
                corner(n++, axis, 4 * (long)teeth, 0, 5);
                for (size_t k = teeth; k-- > 0;) {
                    corner(n++, axis, 4 * (long)k + 3, 10, 5);
                    corner(n++, axis, 4 * (long)k + 1, 10, 5);
                    corner(n++, axis, 4 * (long)k, 1, 5);
                }
                for (size_t i = 0; i < n; i++) ring[i] = (uint32_t)(sense > 0 ? i : n - 1 - i);
                long area = 0;
                for (size_t i = 1; i + 1 < n; i++) area += sense * twice(axis, ring[0], ring[i], ring[i + 1]);
                assert_true(area > 0);
                assert_int_equal(lm_polygon_cut(pos, ring, n, out, &simple, &err), LM_OK);
                assert_true(simple);
                covers(axis, n, sense, area);
            }
}

static void random_stars_are_covered(void **state)
{
    uint32_t s = 20261121;
    lm_err err = LM_ERR_INIT;
    bool simple;
    (void)state;
    print_message("# seed %u\n", s);
    for (int round = 0; round < 300; round++) {
        /* directions that turn left about the origin, each at a random distance: simple, seldom convex */
        static const long dir[16][2] = {{8, 0},  {7, 3},   {6, 6},   {3, 7},   {0, 8},  {-3, 7}, {-6, 6}, {-7, 3},
                                        {-8, 0}, {-7, -3}, {-6, -6}, {-3, -7}, {0, -8}, {3, -7}, {6, -6}, {7, -3}};
        long area = 0;
        for (size_t i = 0; i < 16; i++) {
            long r = 1 + (long)((s = s * 1664525u + 1013904223u) >> 24);
            corner(i, 0, dir[i][0] * r, dir[i][1] * r, 0);
            ring[i] = (uint32_t)i;
        }
        for (size_t i = 1; i + 1 < 16; i++) area += twice(0, 0, (uint32_t)i, (uint32_t)i + 1);
        assert_int_equal(lm_polygon_cut(pos, ring, 16, out, &simple, &err), LM_OK);
        assert_true(simple);
        covers(0, 16, 1, area);
    }
}

/* A square with a square hole, reached by a cut that is walked both ways: two corners stand twice. */
static void keyholes_are_covered(void **state)
{
    static const long at[8][2] = {{0, 0}, {9, 0}, {9, 9}, {0, 9}, {3, 3}, {3, 6}, {6, 6}, {6, 3}};
    static const uint32_t way[10] = {0, 1, 2, 3, 0, 4, 5, 6, 7, 4};
    lm_err err = LM_ERR_INIT;
    bool simple;
    (void)state;
    for (size_t i = 0; i < 8; i++) corner(i, 0, at[i][0], at[i][1], 0);
    assert_int_equal(lm_polygon_cut(pos, way, 10, out, &simple, &err), LM_OK);
    assert_true(simple);
    memcpy(ring, way, sizeof way);
    covers(0, 10, 1, 2 * (81 - 9));
}

static void what_cannot_be_cut_is_a_fan_and_said(void **state)
{
    lm_err err = LM_ERR_INIT;
    bool simple = true;
    (void)state;
    static const uint32_t way[4] = {0, 1, 2, 3}, fan[6] = {0, 1, 2, 0, 2, 3};
    static const long bow[4][2] = {{0, 0}, {4, 4}, {4, 0}, {0, 3}};
    for (size_t i = 0; i < 4; i++) corner(i, 0, bow[i][0], bow[i][1], 0);
    assert_int_equal(lm_polygon_cut(pos, way, 4, out, &simple, &err), LM_OK);
    assert_false(simple);
    assert_memory_equal(out, fan, sizeof fan);
    for (size_t i = 0; i < 4; i++) corner(i, 0, (long)i, (long)i, 0);
    assert_int_equal(lm_polygon_cut(pos, way, 4, out, &simple, &err), LM_OK);
    assert_false(simple);
    assert_memory_equal(out, fan, sizeof fan);
    for (size_t i = 0; i < 4; i++) corner(i, 0, (long)(i % 3), (long)(i / 2), 0); /* (0,0) (1,0) (2,1) (0,1): convex */
    assert_int_equal(lm_polygon_cut(pos, way, 4, out, &simple, &err), LM_OK);
    assert_true(simple);
    assert_memory_equal(out, fan, sizeof fan);
    assert_int_equal(lm_polygon_cut(pos, way, (size_t)LM_POLYGON_MAX + 1, out, &simple, &err), LM_ERANGE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(combs_and_stars_are_covered),
        cmocka_unit_test(random_stars_are_covered),
        cmocka_unit_test(keyholes_are_covered),
        cmocka_unit_test(what_cannot_be_cut_is_a_fan_and_said),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
