/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Convex hulls: no point lies beyond a facet (exactly), the facets close, whatever is degenerate. */
#include "surface/hull.h"
#include "surface/predicates.h"
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

/* Every directed edge has its reverse once, and Euler's number is 2. */
static void closes(const lm_hull *h, size_t n)
{
    size_t corners = 0;
    uint8_t *used = calloc(n, 1);
    for (size_t e = 0; e < 3 * h->nt; e++) {
        uint32_t a = h->tri[e], b = h->tri[e % 3 == 2 ? e - 2 : e + 1];
        int back = 0, same = 0;
        for (size_t f = 0; f < 3 * h->nt; f++) {
            uint32_t c = h->tri[f], d = h->tri[f % 3 == 2 ? f - 2 : f + 1];
            back += c == b && d == a;
            same += c == a && d == b;
        }
        assert_true(back == 1 && same == 1);
        corners += !used[a];
        used[a] = 1;
    }
    assert_int_equal(corners, h->nv);
    for (size_t i = 0; i < h->nv; i++) assert_true(used[h->vertex[i]] && (!i || h->vertex[i] > h->vertex[i - 1]));
    assert_int_equal(h->nv + h->nt, 3 * h->nt / 2 + 2);
    free(used);
}

static void encloses(const float *p, const lm_hull *h, size_t n)
{
    for (size_t t = 0; t < h->nt; t++) {
        const float *a = p + 3 * (size_t)h->tri[3 * t], *b = p + 3 * (size_t)h->tri[3 * t + 1],
                    *c = p + 3 * (size_t)h->tri[3 * t + 2];
        assert_false(lm_predicates_collinear(a, b, c));
        for (size_t i = 0; i < n; i++) assert_true(lm_predicates_orient3d(a, b, c, p + 3 * i) <= 0);
    }
}

static void hulls_of_chance_and_of_grids(void **state)
{
    (void)state;
    lm_err err = LM_ERR_INIT;
    seed = 4711;
    static const double scale[] = {1, 1e-40, 1e30, 1}, shift[] = {0, 0, 0, 1048576};
    for (int round = 0; round < 200; round++) {
        size_t n = 4 + (size_t)(chance() * 120);
        float *p = malloc(3 * n * sizeof *p);
        lm_hull h = LM_HULL_INIT;
        for (size_t i = 0; i < n; i++) {
            double q[3], len = 0;
            for (int c = 0; c < 3; c++) {
                q[c] = 2 * chance() - 1;
                if (round % 5 == 1) q[c] = floor(3 * q[c]) / 3; /* many in a plane, on a line, in one place */
                len += q[c] * q[c];
            }
            for (int c = 0; c < 3; c++) {
                if (round % 5 == 2 && len > 0) q[c] /= sqrt(len);            /* a ball */
                if (round % 5 == 3 && c == 2) q[c] = floor(2 * q[c]) * 1e-6; /* nearly flat */
                p[3 * i + (size_t)c] = (float)(q[c] * scale[round % 4] + shift[round % 4]);
            }
        }
        assert_int_equal(lm_hull_make(p, NULL, n, &h, &err), LM_OK);
        if (h.dimension == 3) {
            closes(&h, n);
            encloses(p, &h, n);
        } else assert_true(h.nt == 0 && (round % 5 == 1 || round % 5 == 3));
        lm_hull_release(&h);
        free(p);
    }
}

static void what_is_flat_is_told(void **state)
{
    (void)state;
    lm_err err = LM_ERR_INIT;
    lm_hull h = LM_HULL_INIT;
    float p[3 * 64];
    for (int dimension = 0; dimension < 3; dimension++)
        for (int far = 0; far < 2; far++) {
            for (int i = 0; i < 64; i++) {
                double u = dimension > 0 ? i % 8 : 0, v = dimension > 1 ? i / 8 : 0, o = far ? 1048576 : 0;
                double q[3] = {o + u + v, o - 2 * u + v, o + 3 * u - 5 * v};
                for (int c = 0; c < 3; c++) p[3 * i + c] = (float)q[c];
            }
            assert_int_equal(lm_hull_make(p, NULL, 64, &h, &err), LM_OK);
            assert_int_equal(h.dimension, dimension);
            assert_true(h.nt == 0 && h.nv == (dimension == 2 ? 64u : dimension + 1u));
            if (dimension == 1) assert_true(h.vertex[0] % 8 == 0 && h.vertex[1] % 8 == 7);
        }
    p[1] += 0.125f; /* one beside the plane: a solid at once */
    assert_int_equal(lm_hull_make(p, NULL, 64, &h, &err), LM_OK);
    assert_int_equal(h.dimension, 3);
    closes(&h, 64);
    encloses(p, &h, 64);
    assert_int_equal(lm_hull_make(p, NULL, 0, &h, &err), LM_OK);
    assert_true(h.dimension == -1 && h.nv == 0);
    lm_hull_release(&h);
}

/* Of some points only: their numbers are those of all. */
static void some_of_the_points(void **state)
{
    (void)state;
    lm_err err = LM_ERR_INIT;
    lm_hull h = LM_HULL_INIT;
    float p[3 * 16] = {0};
    uint32_t which[8];
    for (uint32_t i = 0; i < 16; i++)
        for (uint32_t c = 0; c < 3; c++) p[3 * i + c] = i % 2 ? (float)(i / 2 >> c & 1) : 99;
    for (uint32_t i = 0; i < 8; i++) which[i] = 2 * i + 1;
    assert_int_equal(lm_hull_make(p, which, 8, &h, &err), LM_OK);
    assert_true(h.dimension == 3 && h.nv == 8 && h.nt == 12);
    for (size_t i = 0; i < 8; i++) assert_int_equal(h.vertex[i], which[i]);
    lm_hull_release(&h);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hulls_of_chance_and_of_grids),
        cmocka_unit_test(what_is_flat_is_told),
        cmocka_unit_test(some_of_the_points),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
