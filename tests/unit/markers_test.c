/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Segmentation from markers: random walks against the formula on a row and against the equations solved by elimination; GrowCut
 * against the automaton, run until it rests. */
#include "segment/growcut.h"
#include "segment/walker.h"
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

enum { X = 7, Y = 6, Z = 5, ALL = X * Y * Z };

static uint64_t seed = 11;
static uint64_t rnd(uint64_t below)
{
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    return (seed >> 33) % below;
}

/* Random values and markers, and a few samples that no way leads through. */
static lm_vol scene(lm_markers *m, uint8_t of[ALL])
{
    lm_vol v = LM_VOL_INIT;
    assert_int_equal(lm_vol_alloc(&v, (size_t[3]){X, Y, Z}, LM_F32, NULL), LM_OK);
    v.dir[2][2] = 2.5;
    *m = (lm_markers){.n = {X, Y, Z}, .of = of};
    for (size_t i = 0; i < ALL; i++) {
        ((float *)v.data)[i] = (float)rnd(100000) / 1000;
        of[i] = rnd(12) ? LM_MARKERS_OPEN : LM_MARKERS_NONE;
    }
    of[3] = of[40] = LM_MARKERS_IN;
    of[ALL - 5] = of[100] = of[101] = LM_MARKERS_OUT;
    for (size_t i = 0; i < ALL; i++) m->open += of[i] == LM_MARKERS_OPEN;
    return v;
}

static size_t beside(const uint8_t of[ALL], size_t at, size_t to[6])
{
    size_t n = 0;
    if (at % X) to[n++] = at - 1;
    if (at % X + 1 < X) to[n++] = at + 1;
    if (at / X % Y) to[n++] = at - X;
    if (at / X % Y + 1 < Y) to[n++] = at + X;
    if (at >= X * Y) to[n++] = at - X * Y;
    if (at + X * Y < ALL) to[n++] = at + X * Y;
    size_t kept = 0;
    for (size_t i = 0; i < n; i++)
        if (of[to[i]] != LM_MARKERS_NONE) to[kept++] = to[i];
    return kept;
}

/* x of a x = b, by elimination with the largest pivot; rows of zeros give 0. */
static void eliminate(double a[ALL][ALL + 1], double x[ALL])
{
    for (size_t c = 0; c < ALL; c++) {
        size_t best = c;
        for (size_t r = c; r < ALL; r++) best = fabs(a[r][c]) > fabs(a[best][c]) ? r : best;
        for (size_t k = 0; k <= ALL; k++) {
            const double t = a[c][k];
            a[c][k] = a[best][k];
            a[best][k] = t;
        }
        for (size_t r = 0; r < ALL; r++) {
            if (r == c || a[r][c] == 0) continue;
            const double f = a[r][c] / a[c][c];
            for (size_t k = c; k <= ALL; k++) a[r][k] -= f * a[c][k];
        }
    }
    for (size_t c = 0; c < ALL; c++) x[c] = a[c][ALL] / a[c][c];
}

static void walks_solve_the_equations(void **state)
{
    (void)state;
    static double a[ALL][ALL + 1], x[ALL];
    uint8_t of[ALL];
    lm_markers m;
    lm_walker found;
    float p[ALL], again[ALL];
    lm_vol v = scene(&m, of);
    assert_int_equal(lm_walker_solve(&v, &m, &(lm_walker_opt){.beta = 2, .threads = 1}, p, &found, NULL), LM_OK);
    assert_true(found.residual <= 1e-7 && found.defect < 1e-6 && found.apart == 0);
    double sum = 0, square = 0;
    for (size_t i = 0; i < ALL; i++) sum += of[i] == LM_MARKERS_OPEN ? (double)((float *)v.data)[i] : 0;
    for (size_t i = 0; i < ALL; i++)
        if (of[i] == LM_MARKERS_OPEN) square += pow((double)((float *)v.data)[i] - sum / (double)m.open, 2);
    assert_true(fabs(found.sigma - sqrt(square / (double)m.open)) < 1e-9);
    for (size_t i = 0; i < ALL; i++) {
        size_t to[6];
        a[i][i] = 1;
        a[i][ALL] = of[i] == LM_MARKERS_IN;
        if (of[i] != LM_MARKERS_OPEN) continue;
        a[i][i] = 0;
        for (size_t n = beside(of, i, to); n--;) {
            const double far = to[n] / (X * Y) == i / (X * Y) ? 1 : 2.5,
                         g = ((double)((float *)v.data)[i] - (double)((float *)v.data)[to[n]]) / far / found.sigma,
                         weight = exp(-2 * g * g) + 1e-5;
            a[i][i] += weight;
            a[i][to[n]] -= weight;
        }
    }
    eliminate(a, x);
    for (size_t i = 0; i < ALL; i++) assert_true(fabs((double)p[i] - x[i]) < 1e-5);
    for (int j = 2; j < 9; j += 3) {
        assert_int_equal(lm_walker_solve(&v, &m, &(lm_walker_opt){.beta = 2, .threads = j}, again, &found, NULL), LM_OK);
        assert_memory_equal(p, again, sizeof p);
    }
    lm_vol_release(&v);
}

/* A row of equal values, longer than two blocks: the probability falls evenly. */
static void walks_on_a_row(void **state)
{
    (void)state;
    enum { LONG = 140003 };
    lm_vol v = LM_VOL_INIT;
    assert_int_equal(lm_vol_alloc(&v, (size_t[3]){LONG, 1, 1}, LM_U8, NULL), LM_OK);
    memset(v.data, 7, LONG);
    uint8_t *of = malloc(LONG);
    float *p = malloc(LONG * sizeof *p);
    lm_walker found;
    lm_markers m = {.n = {LONG, 1, 1}, .of = of, .open = 201};
    memset(of, LM_MARKERS_NONE, LONG);
    memset(of + 65400, LM_MARKERS_OPEN, 201); /* ids stay below a block; the rest is apart */
    of[65399] = LM_MARKERS_IN;
    of[65601] = LM_MARKERS_OUT;
    of[9] = LM_MARKERS_OPEN;
    m.open++;
    assert_int_equal(lm_walker_solve(&v, &m, &(lm_walker_opt){.beta = 5, .threads = 2}, p, &found, NULL), LM_OK);
    assert_true(found.apart == 1 && p[9] == 0 && p[65399] == 1 && p[65601] == 0);
    for (size_t i = 65400; i < 65601; i++) assert_true(fabs((double)p[i] - (double)(65601 - i) / 202) < 1e-5);
    free(of);
    free(p);
    lm_vol_release(&v);
}

static void growcut_rests_where_the_automaton_does(void **state)
{
    (void)state;
    for (int round = 0; round < 20; round++) {
        uint8_t of[ALL], inside[ALL], label[ALL];
        float strength[ALL], theta[ALL], next[ALL];
        lm_markers m;
        lm_growcut found;
        lm_vol v = scene(&m, of);
        const float *x = v.data;
        assert_int_equal(lm_growcut_run(&v, &m, inside, strength, &found, NULL), LM_OK);
        bool moved = true;
        for (size_t i = 0; i < ALL; i++) theta[i] = of[i] == LM_MARKERS_IN || of[i] == LM_MARKERS_OUT;
        for (size_t i = 0; i < ALL; i++) label[i] = of[i] == LM_MARKERS_IN;
        while (moved) {
            uint8_t now[ALL];
            moved = false;
            memcpy(next, theta, sizeof next);
            memcpy(now, label, sizeof now);
            for (size_t i = 0; i < ALL; i++) {
                size_t to[6];
                if (of[i] == LM_MARKERS_NONE) continue;
                for (size_t n = beside(of, i, to); n--;) {
                    const float force = (1 - fabsf(x[i] - x[to[n]]) / (float)found.range) * theta[to[n]];
                    if (!(force > next[i])) continue;
                    next[i] = force;
                    now[i] = label[to[n]];
                    moved = true;
                }
            }
            memcpy(theta, next, sizeof next);
            memcpy(label, now, sizeof now);
        }
        assert_memory_equal(theta, strength, sizeof theta);
        assert_memory_equal(label, inside, sizeof label);
        lm_vol_release(&v);
    }
}

/* A ball of radius 6 mm, samples 1 x 1 x 2 mm: what is deep inside, in the band, and beyond. */
static void markers_by_distance(void **state)
{
    (void)state;
    lm_vol v = {.n = {21, 21, 11}, .type = LM_U8, .dir = {{1, 0, 0}, {0, 1, 0}, {0, 0, 2}}, .origin = {-10, -10, -10}};
    lm_bits b = LM_BITS_INIT;
    lm_markers m;
    lm_err err = LM_ERR_INIT;
    assert_int_equal(lm_bits_alloc(&b, v.n, NULL), LM_OK);
    for (size_t k = 0; k < 11; k++)
        for (size_t j = 0; j < 21; j++)
            for (size_t i = 0; i < 21; i++) {
                const double x = (double)i - 10, y = (double)j - 10, z = 2 * ((double)k - 5);
                if (x * x + y * y + z * z <= 36) lm_bits_set(lm_bits_row(&b, j, k), i, i + 1, true);
            }
    lm_markers_opt opt = {.band_mm = 2};
    assert_int_equal(lm_markers_make(&b, &v, &opt, 2, &m, NULL), LM_OK);
    for (size_t at = 0; at < m.n[0] * m.n[1] * m.n[2]; at++) {
        const double x = (double)(m.lo[0] + at % m.n[0]) - 10, y = (double)(m.lo[1] + at / m.n[0] % m.n[1]) - 10,
                     z = 2 * ((double)(m.lo[2] + at / m.n[0] / m.n[1]) - 5), r = sqrt(x * x + y * y + z * z);
        if (r < 4 - 2) assert_int_equal(m.of[at], LM_MARKERS_IN);
        if (r > 8) assert_int_equal(m.of[at], LM_MARKERS_OUT);
        if (r > 5.2 && r <= 6) assert_int_equal(m.of[at], LM_MARKERS_OPEN);
    }
    lm_markers_release(&m);
    opt =
        (lm_markers_opt){.band_mm = INFINITY, .n = 2, .ball = {{.at = {0.2, 0, 0}, .in = true}, {.at = {5, 0, 0}, .radius_mm = 1}}};
    assert_int_equal(lm_markers_make(&b, &v, &opt, 2, &m, NULL), LM_OK);
    assert_true(m.in == 1 && m.out == 5 && m.open + 6 == lm_bits_count(&b)); /* 4, 5, 6 along x, and both beside 5 along y */
    lm_markers_release(&m);
    opt.n = 1;
    assert_int_equal(lm_markers_make(&b, &v, &opt, 2, &m, &err), LM_EUSAGE);
    opt.ball[0].at[0] = 9;
    assert_int_equal(lm_markers_make(&b, &v, &opt, 2, &m, &err), LM_EUSAGE);
    opt = (lm_markers_opt){.band_mm = 9};
    assert_int_equal(lm_markers_make(&b, &v, &opt, 2, &m, &err), LM_EUSAGE);
    lm_bits_release(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(walks_solve_the_equations), cmocka_unit_test(walks_on_a_row),
                                       cmocka_unit_test(growcut_rests_where_the_automaton_does),
                                       cmocka_unit_test(markers_by_distance)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
