/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Outlines in the plane: areas known by the shoelace formula, counts by Euler, and that nothing overlaps by exact turns. */
#include "surface/triangulate.h"
#include "surface/predicates.h"
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <cmocka.h>

enum { MOST = 200000 };
static float xy[MOST][2];
static uint32_t seg[MOST][2];
static size_t n, ns, loops;
static lm_err err;
static uint32_t seed = 12345;

static uint32_t dice(uint32_t sides)
{
    seed = seed * 1664525 + 1013904223;
    return (seed >> 8) % sides;
}

static void clear(void)
{
    n = ns = loops = 0;
}

/* A loop of the points from `first` on; turned round when asked. */
static void close_loop(size_t first, bool turned)
{
    for (size_t i = first; i < n; i++) {
        uint32_t a = (uint32_t)i, b = (uint32_t)(i + 1 < n ? i + 1 : first);
        seg[ns][0] = turned ? b : a;
        seg[ns++][1] = turned ? a : b;
    }
    loops++;
}

static void point(double x, double y)
{
    xy[n][0] = (float)x;
    xy[n++][1] = (float)y;
}

static double area(void)
{
    double a = 0;
    for (size_t i = 0; i < ns; i++) a += (double)xy[seg[i][0]][0] * xy[seg[i][1]][1] - (double)xy[seg[i][0]][1] * xy[seg[i][1]][0];
    return a / 2;
}

/* holes: how many of the loops are holes in another; touching: points that are in two loops. */
static void good_touching(size_t holes, size_t touching)
{
    uint32_t *tri;
    size_t nt;
    bool simple;
    double sum = 0;
    assert_int_equal(lm_triangulate_outlines((const float(*)[2])xy, n, (const uint32_t(*)[2])seg, ns, &tri, &nt, &simple, &err),
                     LM_OK);
    if (!simple) fail_msg("not simple: %zu points, seed %u", n, seed);
    assert_int_equal(nt, n + 2 * holes - 2 * (loops - holes) - touching);
    for (size_t t = 0; t < nt; t++) {
        const float *a = xy[tri[3 * t]], *b = xy[tri[3 * t + 1]], *c = xy[tri[3 * t + 2]];
        assert_int_equal(lm_predicates_orient2d(a, b, c), 1);
        sum += (((double)b[0] - a[0]) * ((double)c[1] - a[1]) - ((double)b[1] - a[1]) * ((double)c[0] - a[0])) / 2;
    }
    if (fabs(sum - area()) > 1e-6 * fabs(sum)) fail_msg("area %.9g, not %.9g, seed %u", sum, area(), seed);
    free(tri);
}

static void good(size_t holes)
{
    good_touching(holes, 0);
}

static void bad(void)
{
    uint32_t *tri;
    size_t nt;
    bool simple;
    assert_int_equal(lm_triangulate_outlines((const float(*)[2])xy, n, (const uint32_t(*)[2])seg, ns, &tri, &nt, &simple, &err),
                     LM_OK);
    assert_false(simple);
    assert_int_equal(nt, 0);
    free(tri);
}

static void ring(double x, double y, double r, size_t k, bool turned)
{
    size_t first = n;
    for (size_t i = 0; i < k; i++)
        point(x + r * cos(2 * M_PI * (double)i / (double)k), y + r * sin(2 * M_PI * (double)i / (double)k));
    close_loop(first, turned);
}

static void by_hand(void **state)
{
    (void)state;
    clear();
    point(0, 0), point(1, 0), point(0, 1), close_loop(0, false);
    good(0);
    clear(); /* many points on straight sides */
    for (int i = 0; i < 10; i++) point(i, 0);
    for (int i = 0; i < 10; i++) point(10, i);
    for (int i = 10; i > 0; i--) point(i, 10);
    for (int i = 10; i > 0; i--) point(0, i);
    close_loop(0, false);
    good(0);
    size_t first = n; /* and a hole, and an island in it */
    point(2, 2), point(8, 2), point(8, 8), point(2, 8), close_loop(first, true);
    good(1);
    first = n;
    point(4, 4), point(5, 4), point(6, 4), point(5, 6), close_loop(first, false);
    good(1);
    clear(); /* a hole that touches the outline at a point of both */
    point(0, 0), point(4, 0), point(4, 4), point(0, 4), close_loop(0, false);
    point(2, 1), point(1, 2);
    const uint32_t hole[3][2] = {{0, 5}, {5, 4}, {4, 0}};
    memcpy(seg[ns], hole, sizeof hole);
    ns += 3, loops++;
    good_touching(1, 1);
}

static void refused(void **state)
{
    (void)state;
    clear();
    bad();
    point(0, 0), point(1, 0), point(2, 0), close_loop(0, false); /* no area */
    bad();
    clear(), point(0, 0), point(1, 0), point(0, 1), close_loop(0, true); /* turned */
    bad();
    clear(), point(0, 0), point(2, 2), point(2, 0), point(0, 2), close_loop(0, false); /* crosses itself */
    bad();
    clear(), point(0, 0), point(4, 0), point(4, 4), point(2, 0), close_loop(0, false); /* a point on a side */
    bad();
    clear(), point(0, 0), point(4, 0), point(0, 4), point(0, 0), close_loop(0, false); /* a point twice */
    bad();
    clear(), point(0, 0), point(4, 0), point(0, 4), close_loop(0, false), ns--; /* not closed */
    bad();
    clear(), ring(0, 0, 4, 20, false), ring(3, 0, 4, 20, true); /* two that cross */
    bad();
    clear(), ring(0, 0, 4, 20, false), ring(0, 0, 2, 20, false); /* a hole the wrong way round */
    bad();
}

static void large(void **state)
{
    (void)state;
    clear(), ring(1000, -500, 50, 60000, false), ring(1010, -500, 20, 60000, true), ring(1010, -500, 10, 3, false);
    good(1);
    clear(); /* a comb, and a spiral */
    for (int i = 0; i < 2000; i++) point(i, i % 2 ? 1000 : 0.25 * (i % 3));
    point(2000, -1), point(-1, -1), close_loop(0, true);
    good(0);
    clear();
    for (int i = 0; i < 4000; i++) point((10 + i * 0.01) * cos(i * 0.01), (10 + i * 0.01) * sin(i * 0.01));
    for (int i = 3999; i >= 0; i--) point((8 + i * 0.01) * cos(i * 0.01), (8 + i * 0.01) * sin(i * 0.01));
    close_loop(0, false);
    good(0);
}

/* Stars with points on a coarse grid (many on one line), with a hole of the same kind. */
static void random_stars(void **state)
{
    (void)state;
    for (int run = 0; run < 300; run++) {
        clear();
        for (int hole = 0; hole < 2; hole++) {
            size_t first = n, k = 3 + dice(40);
            for (size_t i = 0; i < k; i++) {
                double r = (hole ? 10 : 100) + dice(hole ? 30 : 100), t = 2 * M_PI * ((double)i + 0.4) / (double)k;
                point(floor(r * cos(t)), floor(r * sin(t)));
                if (n > first + 1 && !memcmp(xy[n - 1], xy[n - 2], sizeof *xy)) n--;
            }
            close_loop(first, hole);
        }
        uint32_t *tri;
        size_t nt;
        bool simple;
        assert_int_equal(lm_triangulate_outlines((const float(*)[2])xy, n, (const uint32_t(*)[2])seg, ns, &tri, &nt, &simple, &err),
                         LM_OK);
        free(tri);
        bool cross = false; /* by brute force */
        for (size_t i = 0; i < ns && !cross; i++)
            for (size_t j = 0; j < n && !cross; j++) {
                const float *a = xy[seg[i][0]], *b = xy[seg[i][1]], *p = xy[j];
                if (j == seg[i][0] || j == seg[i][1]) continue;
                cross = lm_predicates_orient2d(a, b, p) == 0 && fmin(a[0], b[0]) <= p[0] && p[0] <= fmax(a[0], b[0]) &&
                        fmin(a[1], b[1]) <= p[1] && p[1] <= fmax(a[1], b[1]);
            }
        for (size_t i = 0; i < ns && !cross; i++)
            for (size_t j = 0; j < i && !cross; j++) {
                const float *a = xy[seg[i][0]], *b = xy[seg[i][1]], *c = xy[seg[j][0]], *d = xy[seg[j][1]];
                cross = lm_predicates_orient2d(a, b, c) * lm_predicates_orient2d(a, b, d) < 0 &&
                        lm_predicates_orient2d(c, d, a) * lm_predicates_orient2d(c, d, b) < 0;
            }
        if (cross) assert_false(simple);
        else good(1);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(by_hand), cmocka_unit_test(refused), cmocka_unit_test(large),
                                       cmocka_unit_test(random_stars)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
