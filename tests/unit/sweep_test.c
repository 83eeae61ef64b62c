/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Sweeps of levels: counts against labelling each level by itself, tunnels and cavities of known bodies, areas by formula. */
#include "segment/bits.h"
#include "segment/sweep.h"
#include "volume/label.h"
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static uint64_t seed;
static uint64_t rnd(uint64_t below)
{
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    return (seed >> 33) % below;
}

/* Pieces, cavities, largest piece of {v >= level}, and does that one reach the edge: by labelling. */
static void by_labels(const lm_vol *v, double level, lm_sweep_row *out)
{
    lm_bits b = LM_BITS_INIT;
    lm_label l = LM_LABEL_INIT;
    *out = (lm_sweep_row){.level = level};
    assert_int_equal(lm_mask_all(v, level, 1, &b.row, NULL), LM_OK);
    memcpy(b.n, v->n, sizeof b.n);
    b.words = lm_mask_words(v->n[0]);
    out->voxels = lm_bits_count(&b);
    assert_int_equal(lm_label_bits(b.row, v->n, LM_LABEL_FACES, 1, &l, NULL), LM_OK);
    out->pieces = l.comps;
    for (size_t c = 0; c < l.comps; c++) out->largest = l.size[c] > out->largest ? l.size[c] : out->largest;
    lm_label_release(&l);
    lm_bits_invert(&b);
    assert_int_equal(lm_label_bits(b.row, v->n, LM_LABEL_CORNERS, 1, &l, NULL), LM_OK);
    bool *edge = calloc(l.comps + 1, sizeof *edge);
    for (size_t r = 0; r < v->n[1] * v->n[2]; r++)
        for (size_t x = l.row[r]; x < l.row[r + 1]; x++) {
            const size_t j = r % v->n[1], k = r / v->n[1];
            if (!j || !k || j + 1 == v->n[1] || k + 1 == v->n[2] || !l.start[x] || l.end[x] == v->n[0]) edge[l.comp[x]] = true;
        }
    for (size_t c = 0; c < l.comps; c++) out->cavities += !edge[c];
    free(edge);
    lm_label_release(&l);
    lm_bits_release(&b);
}

static void as_each_level_alone(void **state)
{
    (void)state;
    seed = 20261130;
    print_message("# seed %llu\n", (unsigned long long)seed);
    for (int round = 0; round < 40; round++) {
        lm_vol v = LM_VOL_INIT;
        const size_t n[3] = {1 + rnd(40), 1 + rnd(12), 1 + rnd(12)};
        const uint64_t values = round % 2 ? 4 : 30, still = 1 + rnd(30);
        assert_int_equal(lm_vol_alloc(&v, n, round % 3 ? LM_I16 : LM_F32, NULL), LM_OK);
        for (size_t i = 0, x = 0; i < lm_vol_count(&v); i++) {
            if (!rnd(still)) x = rnd(values);
            if (v.type == LM_I16) ((int16_t *)v.data)[i] = (int16_t)x;
            else ((float *)v.data)[i] = (float)x;
        }
        const lm_sweep_range range = {.lo = 1, .hi = (double)values, .step = round % 2 ? 0.5 : 1};
        lm_sweep s[2];
        assert_int_equal(lm_sweep_run(&v, &range, NULL, 1, &s[0], NULL), LM_OK);
        assert_int_equal(lm_sweep_run(&v, &range, NULL, 3, &s[1], NULL), LM_OK);
        assert_int_equal(s[0].n, round % 2 ? 7 : 30);
        assert_memory_equal(s[0].row, s[1].row, s[0].n * sizeof *s[0].row);
        for (size_t i = 0; i < s[0].n; i++) {
            lm_sweep_row one;
            by_labels(&v, s[0].row[i].level, &one);
            assert_int_equal(s[0].row[i].voxels, one.voxels);
            assert_int_equal(s[0].row[i].pieces, one.pieces);
            assert_int_equal(s[0].row[i].largest, one.largest);
            assert_int_equal(s[0].row[i].cavities, one.cavities);
            assert_int_equal(s[0].row[i].euler + s[0].row[i].tunnels, one.pieces + one.cavities);
            assert_true(s[0].row[i].tunnels >= 0);
        }
        lm_sweep_release(&s[0]);
        lm_sweep_release(&s[1]);
        lm_vol_release(&v);
    }
}

/* A field of 64 samples along each axis, the grid sheared and of uneven steps. */
static lm_vol field(double (*f)(const double p[3]))
{
    lm_vol v = LM_VOL_INIT;
    assert_int_equal(lm_vol_alloc(&v, (const size_t[3]){64, 64, 40}, LM_F32, NULL), LM_OK);
    v.dir[1][1] = 0.9;
    v.dir[2][2] = 1.5;
    v.dir[2][1] = 0.1;
    v.origin[0] = -31.7;
    v.origin[1] = -30.4;
    v.origin[2] = -29.3;
    for (size_t i = 0; i < lm_vol_count(&v); i++) {
        double p[3];
        lm_vol_to_world(&v, (const double[3]){(double)(i % 64), (double)(i / 64 % 64), (double)(i / 4096)}, p);
        ((float *)v.data)[i] = (float)f(p);
    }
    return v;
}
static double ball(const double p[3])
{
    return -sqrt(p[0] * p[0] + p[1] * p[1] + p[2] * p[2]);
}
static double torus(const double p[3])
{
    const double r = sqrt(p[0] * p[0] + p[1] * p[1]) - 15;
    return -sqrt(r * r + p[2] * p[2]);
}
static double shell(const double p[3])
{
    return -fabs(ball(p) + 15);
}

static void bodies(void **state)
{
    (void)state;
    const double pi = 3.14159265358979323846;
    static double (*const f[])(const double[3]) = {ball, torus, shell};
    const lm_sweep_range range = {.lo = -8, .hi = -5, .step = 1};
    for (int b = 0; b < 3; b++) {
        lm_vol v = field(f[b]);
        lm_sweep s;
        assert_int_equal(lm_sweep_run(&v, &range, NULL, 2, &s, NULL), LM_OK);
        assert_int_equal(s.n, 4);
        for (size_t i = 0; i < s.n; i++) {
            const double r = -s.row[i].level;
            const double area = b == 0   ? 4 * pi * r * r
                                : b == 1 ? 4 * pi * pi * r * 15
                                         : 4 * pi * ((15 + r) * (15 + r) + (15 - r) * (15 - r));
            assert_int_equal(s.row[i].pieces, 1);
            assert_int_equal(s.row[i].cavities, b == 2);
            assert_int_equal(s.row[i].tunnels, b == 1);
            assert_int_equal(s.row[i].euler, b == 0 ? 1 : b == 1 ? 0 : 2);
            assert_false(s.row[i].border || s.row[i].leak);
            assert_true(fabs(s.row[i].area_mm2 / area - 1) < 0.5 / (r * r)); /* of flat facets about 1.2 mm wide: second order */
        }
        lm_sweep_release(&s);
        lm_vol_release(&v);
    }
}

/* A ball above a floor that reaches the edge, and a rod between them. */
static double leaky(const double p[3])
{
    const double d = -ball(p);
    return p[2] < -20 ? 300 : d < 12 ? 500 : d < 22 && fabs(p[0]) < 2 && fabs(p[1]) < 2 && p[2] < 0 ? 250 : 0;
}

static void leak_and_plateau(void **state)
{
    (void)state;
    lm_vol v = field(leaky);
    lm_sweep s;
    lm_roi roi = LM_ROI_INIT;
    assert_int_equal(lm_sweep_run(&v, &(lm_sweep_range){.lo = 100, .hi = 600, .step = 25}, NULL, 2, &s, NULL), LM_OK);
    assert_int_equal(s.row[20].voxels, 0);
    for (size_t i = 0; i < s.n; i++) {
        assert_int_equal(s.row[i].border, s.row[i].level <= 300);
        const double t = s.row[i].level;
        assert_int_equal(s.row[i].leak, t == 300 || t == 250); /* the floor reaches the edge; the rod joins it with the ball */
        assert_int_equal(s.row[i].pieces, t > 500 ? 0 : t > 300 || t <= 250 ? 1 : 2);
    }
    assert_true(s.plateau && s.change_percent == 0 && s.from == 100 && s.to == 175);
    lm_sweep_release(&s);
    assert_int_equal(lm_roi_add(&roi, "sphere:0,0,0,16", NULL), LM_OK);
    assert_int_equal(lm_sweep_run(&v, &(lm_sweep_range){.lo = 260, .hi = 600, .step = 20}, &roi, 2, &s, NULL), LM_OK);
    assert_true(s.row[0].pieces == 1 && !s.row[0].border && s.row[0].voxels == s.row[12].voxels);
    assert_true(fabs(s.row[0].area_mm2 / s.row[12].area_mm2 - 1) < 0.1); /* the cut of the region is no surface */
    lm_sweep_release(&s);
    lm_vol_release(&v);
}

static void refused(void **state)
{
    (void)state;
    lm_sweep_range r;
    static const char *const bad[] = {"",       "1",       "1:2",   "2:1:1",   "1:1:1",      "1:9:0",  "1:9:-1",
                                      "1:9:10", "0:300:1", "1:9:x", "1mm:9:1", "0:1:1e-300", "1:2:3:4"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) assert_int_equal(lm_sweep_parse(bad[i], &r, NULL), LM_EUSAGE);
    assert_int_equal(lm_sweep_parse("-100HU:154:1", &r, NULL), LM_OK);
    assert_true(r.hounsfield && r.lo == -100 && r.hi == 154 && r.step == 1);
    lm_vol v = field(ball);
    ((float *)v.data)[77] = NAN;
    lm_sweep s;
    assert_int_equal(lm_sweep_run(&v, &r, NULL, 1, &s, NULL), LM_ERULE);
    assert_null(s.row);
    lm_vol_release(&v);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(as_each_level_alone), cmocka_unit_test(bodies),
                                       cmocka_unit_test(leak_and_plateau), cmocka_unit_test(refused)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
