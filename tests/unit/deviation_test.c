/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Distances of surfaces against formulas, against dense sampling, and the same bits for any number of threads. */
#include "diff/deviation.h"
#include "surface/nearest.h"
#include "measure_shapes.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <cmocka.h>

static size_t cells = 1 << 12;

static lm_deviation run(const lm_mesh *a, const lm_mesh *b, double precision)
{
    lm_deviation d;
    lm_err err = LM_ERR_INIT;
    if (lm_deviation_run(a, b, &(lm_deviation_opt){.precision_mm = precision, .cells = cells, .threads = 2}, NULL, &d, &err))
        fail_msg("%s", err.text[0]);
    for (int i = 0; i < 2; i++) { /* the pair of points is as far apart as it is said to be */
        double s = 0;
        for (int k = 0; k < 3; k++) s += (d.side[i].at[k] - d.side[i].to[k]) * (d.side[i].at[k] - d.side[i].to[k]);
        assert_true(fabs(sqrt(s) - d.side[i].lower) < 1e-9);
        assert_true(d.side[i].upper >= d.side[i].lower && (d.side[i].wide || d.side[i].upper - d.side[i].lower <= precision));
    }
    return d;
}

static void is(lm_samples_value v, double truth, double near)
{
    if (!(v.lower <= truth + 1e-9 && truth - 1e-9 <= v.upper && fabs(v.value - truth) <= near))
        fail_msg("%.9g in [%.9g, %.9g], not %.9g", v.value, v.lower, v.upper, truth);
}

/* n x n squares over [x, x+w] x [0, h] at z; flip: the other diagonal. */
static void plate(lm_mesh *m, double x, double w, double h, double z, uint32_t n, bool flip)
{
    for (uint32_t i = 0; i < n * n; i++) {
        double a = x + w * (i % n) / n, b = x + w * (i % n + 1) / n, c = h * (i / n) / n, d = h * (i / n + 1) / n;
        const double p[12] = {a, c, z, b, c, z, b, d, z, a, d, z};
        const uint32_t t[2][6] = {{0, 1, 2, 0, 2, 3}, {0, 1, 3, 1, 2, 3}};
        shape_append(m, p, 4, t[flip], 2);
    }
}

static void planes(void **state)
{
    (void)state;
    lm_mesh a = LM_MESH_INIT, b = LM_MESH_INIT;
    plate(&a, 0, 10, 10, 0, 1, false);
    plate(&b, 0, 10, 10, 0.5, 3, true);
    lm_deviation d = run(&a, &b, 1e-6);
    assert_true(fabs(d.lower - 0.5) < 1e-12 && fabs(d.upper - 0.5) < 1e-6);
    is(d.mean, 0.5, 1e-9);
    is(d.rms, 0.5, 1e-9);
    for (int p = 0; p < LM_SAMPLES_PERCENTILES; p++) {
        is(d.larger[p], 0.5, 1e-6);
        is(d.pooled[p], 0.5, 1e-6);
    }
    assert_true(fabs(d.side[0].area_mm2 - 100) < 1e-9 && fabs(d.side[1].area_mm2 - 100) < 1e-4);
    lm_mesh_release(&a);
    lm_mesh_release(&b);
}

/* One plane, cut up in two ways: cells follow the other surface's edges instead of shrinking to the precision along them. */
static void one_plane(void **state)
{
    (void)state;
    lm_mesh a = LM_MESH_INIT, b = LM_MESH_INIT;
    plate(&a, 0, 64, 64, 1, 1, false);
    plate(&b, 0, 64, 64, 1, 4, true);
    lm_deviation d = run(&a, &b, 1e-6);
    assert_true(d.lower < 1e-12 && d.upper <= 1e-6 && !d.side[0].wide && !d.side[1].wide);
    assert_true(d.side[0].samples < 2000000);
    lm_mesh_release(&a);
    lm_mesh_release(&b);
}

static void boxes(void **state)
{
    (void)state;
    lm_mesh a = LM_MESH_INIT, b = LM_MESH_INIT;
    shape_box(&a, (const double[3]){1, 1, 1}, (const double[3]){11, 11, 11}, false);
    shape_box(&b, (const double[3]){0, 0, 0}, (const double[3]){12, 12, 12}, false);
    lm_deviation d = run(&a, &b, 1e-6);
    assert_true(fabs(d.side[0].lower - 1) < 1e-12 && fabs(d.side[0].upper - 1) < 2e-6);
    assert_true(fabs(d.lower - sqrt(3)) < 1e-12 && fabs(d.upper - sqrt(3)) < 2e-6 && d.lower == d.side[1].lower);
    lm_mesh_release(&a);
    shape_box(&a, (const double[3]){0, 0, 0}, (const double[3]){12, 12, 12.25}, false); /* one side moved */
    d = run(&a, &b, 1e-6);
    assert_true(fabs(d.lower - 0.25) < 1e-12 && fabs(d.upper - 0.25) < 2e-6);
    lm_mesh_release(&a);
    lm_mesh_release(&b);
}

/* A is B with its lid 0.25 mm higher: A lies outside B there, B inside A; shares and integrals have formulas. */
static void sides(void **state)
{
    (void)state;
    lm_mesh a = LM_MESH_INIT, b = LM_MESH_INIT;
    lm_deviation d;
    lm_err err = LM_ERR_INIT;
    float quality[8];
    shape_box(&a, (const double[3]){0, 0, 0}, (const double[3]){10, 10, 10.25}, false);
    shape_box(&b, (const double[3]){0, 0, 0}, (const double[3]){10, 10, 10}, false);
    const lm_deviation_opt opt = {
        .precision_mm = 1e-6, .within_mm = 0.1, .cells = 1 << 16, .signed_by = {true, true}, .threads = 2};
    if (lm_deviation_run(&a, &b, &opt, quality, &d, &err)) fail_msg("%s", err.text[0]);
    const lm_deviation_side *x = &d.side[0], *y = &d.side[1];
    assert_true(x->has_sign && y->has_sign && x->outside_mm == 0.25 && x->inside_mm < 1e-12 && y->outside_mm < 1e-12);
    assert_true(fabs(y->inside_mm - 0.25) < 1e-12);
    is(x->bias, 26.25 / 610, 1e-4);                         /* the lid, and the strips below its edges */
    is(y->bias, -(1000 - 9.5 * 9.5 * 9.5) / 6 / 600, 1e-4); /* the nearest point may be on a side */
    is(x->within, 504.0 / 610, 2e-3);
    is(y->within, (600 - 9.8 * 9.8) / 600, 2e-3);
    is(d.within, (504 + 600 - 9.8 * 9.8) / 1210, 2e-3);
    assert_true(d.range_mm == 0.5);
    double sum = 0; /* bins of 0.05: on the surface at 10, the lid at 15 */
    for (int k = 0; k < LM_SAMPLES_BINS; k++) sum += x->share[k];
    assert_true(fabs(sum - 1) < 1e-6 && fabs(x->share[15] - 100.0 / 610) < 1e-6 && fabs(x->share[10] - 502.0 / 610) < 2e-3);
    for (int v = 0; v < 8; v++) assert_true(quality[v] == (a.pos[3 * v + 2] > 10 ? 0.25f : 0));
    if (lm_deviation_run(&b, &a, &opt, quality, &d, &err)) fail_msg("%s", err.text[0]);
    assert_true(d.side[0].share[10] < 1 && fabs(d.side[0].share[5] - 9.6 * 9.6 / 600) < 2e-3);
    lm_mesh_release(&b);
    shape_box(&b, (const double[3]){4, 4, 4}, (const double[3]){6, 6, 6}, false); /* deep inside */
    if (lm_deviation_run(&b, &a, &opt, quality, &d, &err)) fail_msg("%s", err.text[0]);
    for (int v = 0; v < 8; v++) assert_true(quality[v] == -4);
    shape_box(&a, (const double[3]){2, 2, 2}, (const double[3]){8, 8, 8}, true); /* a cavity: outside now */
    if (lm_deviation_run(&b, &a, &opt, NULL, &d, &err)) fail_msg("%s", err.text[0]);
    assert_true(d.side[0].outside_mm == 2 && d.side[0].inside_mm < 1e-12);
    lm_mesh_release(&a);
    lm_mesh_release(&b);
}

/* A strip over a gap: zero at every corner, greatest in between; everything has a formula. */
static void gap(void **state)
{
    (void)state;
    lm_mesh a = LM_MESH_INIT, b = LM_MESH_INIT;
    const double percentile[LM_SAMPLES_PERCENTILES] = {1.5, 3.5, 3.75, 3.95};
    plate(&a, 0, 10, 2, 0, 1, false);
    plate(&b, 0, 1, 2, 0, 1, false);
    plate(&b, 9, 1, 2, 0, 1, true);
    cells = 1 << 15;
    lm_deviation d = run(&a, &b, 1e-4);
    cells = 1 << 12;
    const lm_deviation_side *s = &d.side[0];
    assert_true(s->lower <= 4 + 1e-12 && s->upper >= 4 - 1e-12 && fabs(s->at[0] - 5) < 1e-3);
    is(s->mean, 1.6, 1e-4);
    is(s->rms, sqrt(2 * 64 / 30.0), 1e-4);
    for (int p = 0; p < LM_SAMPLES_PERCENTILES; p++) is(s->percentile[p], percentile[p], 0.02);
    assert_true(s->mean.upper - s->mean.lower < 0.04 && d.side[1].upper < 1e-4);
    is(d.mean, 16.0 * 2 / 24, 1e-4); /* pooled: 20 mm2 and 4 mm2 */
    is(d.larger[0], 1.5, 0.02);
    is(d.pooled[0], 1, 0.02); /* 12 of 24 mm2: 4 and 4 + 4 v */
    lm_mesh_release(&a);
    lm_mesh_release(&b);
}

static void sphere(lm_mesh *m, double r, int n)
{
    for (int i = 0; i < n; i++)
        for (int j = 0; j < 2 * n; j++) {
            double p[12];
            for (int k = 0; k < 4; k++) {
                double u = M_PI * (i + (k == 1 || k == 2)) / n, v = M_PI * (j + (k >= 2)) / n;
                p[3 * k] = r * sin(u) * cos(v), p[3 * k + 1] = r * sin(u) * sin(v), p[3 * k + 2] = r * cos(u);
            }
            shape_append(m, p, 4, (const uint32_t[6]){0, 1, 2, 0, 2, 3}, 2); /* degenerate at the poles */
        }
}

static void spheres(void **state)
{
    (void)state;
    lm_mesh a = LM_MESH_INIT, b = LM_MESH_INIT;
    sphere(&a, 10, 20);
    sphere(&b, 11, 14);
    lm_deviation d = run(&a, &b, 0.01);
    /* each lies between its sphere and the one that its cells touch inside */
    double sag_a = 10 * (1 - cos(M_PI / 40) * cos(M_PI / 40)), sag_b = 11 * (1 - cos(M_PI / 28) * cos(M_PI / 28));
    assert_true(d.lower >= 1 - sag_b && d.upper <= 1 + sag_a + 0.011);
    assert_true(d.mean.value >= 1 - sag_b && d.mean.value <= 1 + sag_a && d.mean.lower <= d.mean.value &&
                d.mean.upper >= d.mean.value);
    lm_mesh_release(&a);
    lm_mesh_release(&b);
}

static uint64_t seed;
static double rnd(void)
{
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    return (double)(seed >> 40) / 16777216.0;
}

static void soup(lm_mesh *m, int n)
{
    const uint32_t t[3] = {0, 1, 2};
    for (int i = 0; i < n; i++) {
        double p[9], at[3] = {3 * rnd(), 3 * rnd(), 3 * rnd()};
        for (int k = 0; k < 9; k++) p[k] = at[k % 3] + rnd();
        if (i % 5 == 4) memcpy(p + 6, p, 3 * sizeof *p); /* no area */
        shape_append(m, p, 3, t, 1);
    }
}

static void zero(const lm_deviation *d)
{
    const lm_samples_value *v[] = {&d->mean, &d->rms, &d->side[0].mean, &d->side[1].rms, &d->larger[3], &d->pooled[0]};
    assert_true(d->lower == 0 && d->upper == 0);
    for (size_t i = 0; i < sizeof v / sizeof *v; i++) assert_true(v[i]->value == 0 && v[i]->lower == 0 && v[i]->upper == 0);
}

static void itself(void **state)
{
    (void)state;
    lm_mesh a = LM_MESH_INIT, b = LM_MESH_INIT;
    lm_deviation d;
    seed = 31;
    soup(&a, 300);
    sphere(&a, 100.1, 12);
    d = run(&a, &a, 1e-3);
    zero(&d);
    shape_append(&b, (const double[3]){-0.0, 0, 0}, 1, NULL, 0); /* other numbering, other order, other winding */
    for (size_t t = a.nt; t-- > 0;) {
        double p[9];
        for (size_t i = 0; i < 9; i++) p[i] = a.pos[3 * a.tri[3 * t + i / 3] + i % 3];
        shape_append(&b, p, 3, (const uint32_t[3]){1, 0, 2}, 1);
    }
    d = run(&a, &b, 1e-3);
    zero(&d);
    lm_mesh_release(&a);
    lm_mesh_release(&b);
}

/* Bounds against a lattice of points on each triangle, by brute force. */
static void sampled(void **state)
{
    (void)state;
    seed = 20260322;
    print_message("# seed %llu\n", (unsigned long long)seed);
    for (int round = 0; round < 4; round++) {
        lm_mesh a = LM_MESH_INIT, b = LM_MESH_INIT;
        enum { N = 24 };
        double most = 0, sum = 0, area = 0;
        soup(&a, 25);
        soup(&b, 25);
        lm_deviation d = run(&a, &b, 1e-3);
        for (size_t t = 0; t < a.nt; t++) {
            double p[3][3], part = 0, u[3], v[3];
            for (size_t i = 0; i < 9; i++) p[i / 3][i % 3] = a.pos[3 * a.tri[3 * t + i / 3] + i % 3];
            for (int k = 0; k < 3; k++) u[k] = p[1][k] - p[0][k], v[k] = p[2][k] - p[0][k];
            double s =
                sqrt(pow(u[1] * v[2] - u[2] * v[1], 2) + pow(u[2] * v[0] - u[0] * v[2], 2) + pow(u[0] * v[1] - u[1] * v[0], 2)) / 2;
            int n = 0;
            for (int i = 0; i <= N; i++)
                for (int j = 0; i + j <= N; j++, n++) {
                    double x[3], best = INFINITY;
                    for (int k = 0; k < 3; k++) x[k] = p[0][k] + u[k] * i / N + v[k] * j / N;
                    for (size_t q = 0; q < b.nt; q++) {
                        const float *c = b.pos + 9 * q;
                        best = fmin(best, lm_nearest_triangle(c, c + 3, c + 6, x, NULL));
                    }
                    part += sqrt(best);
                    most = fmax(most, sqrt(best));
                }
            sum += s * part / n;
            area += s;
        }
        assert_true(d.side[0].upper >= most && d.side[0].lower <= most + 1.5 / N);
        assert_true(fabs(d.side[0].mean.value - sum / area) < 0.01 && d.side[0].mean.lower <= sum / area + 0.01 &&
                    d.side[0].mean.upper >= sum / area - 0.01);
        lm_mesh_release(&a);
        lm_mesh_release(&b);
    }
}

static void threads(void **state)
{
    (void)state;
    lm_mesh a = LM_MESH_INIT, b = LM_MESH_INIT;
    lm_deviation d[4];
    seed = 5;
    soup(&a, 900);
    sphere(&b, 3, 25);
    a.space = LM_SPACE_UNKNOWN;
    float *q[4];
    for (int i = 0; i < 4; i++) {
        const int n[] = {1, 2, 3, 8};
        q[i] = calloc(a.nv, sizeof(float));
        memset(&d[i], 0, sizeof d[i]);
        assert_int_equal(
            lm_deviation_run(&a, &b, &(lm_deviation_opt){.precision_mm = 1e-3, .cells = cells, .threads = n[i]}, q[i], &d[i], NULL),
            LM_OK);
        assert_memory_equal(q[i], q[0], a.nv * sizeof(float));
        for (int s = 0; s < 2; s++) {
            assert_memory_equal(&d[i].side[s], &d[0].side[s], offsetof(lm_deviation_side, samples));
            assert_int_equal(d[i].side[s].samples, d[0].side[s].samples);
        }
        assert_memory_equal(&d[i].lower, &d[0].lower, sizeof(lm_deviation) - offsetof(lm_deviation, lower));
    }
    for (int i = 0; i < 4; i++) free(q[i]);
    lm_mesh_release(&a);
    lm_mesh_release(&b);
}

static void refused(void **state)
{
    (void)state;
    lm_mesh a = LM_MESH_INIT, b = LM_MESH_INIT;
    lm_deviation d;
    lm_err err = LM_ERR_INIT;
    const lm_deviation_opt opt = LM_DEVIATION_OPT_INIT;
    soup(&a, 3);
    assert_int_equal(lm_deviation_run(&a, &b, &opt, NULL, &d, &err), LM_ERULE);
    assert_non_null(strstr(err.text[0], "second mesh has no triangles"));
    soup(&b, 3);
    b.space = LM_SPACE_RAS;
    assert_int_equal(lm_deviation_run(&a, &b, &opt, NULL, &d, &err), LM_ERULE);
    assert_non_null(strstr(err.text[0], "RAS"));
    lm_mesh_release(&a);
    lm_mesh_release(&b);
}

/* No area: points and lines have a distance, but no mean. */
static void no_area(void **state)
{
    (void)state;
    lm_mesh a = LM_MESH_INIT, b = LM_MESH_INIT;
    shape_append(&a, (const double[9]){0, 0, 0, 4, 0, 0, 2, 0, 0}, 3, (const uint32_t[3]){0, 1, 2}, 1);
    shape_append(&b, (const double[3]){0, 3, 0}, 1, (const uint32_t[3]){0, 0, 0}, 1);
    lm_deviation d = run(&a, &b, 1e-3);
    assert_true(fabs(d.lower - 5) < 1e-12 && d.upper - 5 < 1e-3 && d.side[1].lower == 3);
    assert_true(isnan(d.mean.value) && isnan(d.pooled[3].upper) && isnan(d.side[0].rms.lower));
    lm_mesh_release(&a);
    lm_mesh_release(&b);
}

static void judge(void **state)
{
    (void)state;
    const lm_deviation d = {.lower = 0.5, .upper = 0.6};
    assert_int_equal(lm_deviation_judge(&d, 0.6), LM_VERDICT_PASS);
    assert_int_equal(lm_deviation_judge(&d, 0.5), LM_VERDICT_UNDECIDED);
    assert_int_equal(lm_deviation_judge(&d, 0.49), LM_VERDICT_FAIL);
}

/* The maximum alone: the same truth between bounds as close, and the same bits for any number of threads. */
static void maximum(void **state)
{
    (void)state;
    for (int i = 0; i < 5; i++) {
        lm_mesh a = LM_MESH_INIT, b = LM_MESH_INIT;
        lm_err err = LM_ERR_INIT;
        lm_deviation one, all;
        const double o[3] = {0, 0, 0};
        if (i < 2) shape_sphere(&a, o, 10, 40, 19), shape_sphere(&b, (const double[3]){0, 0.5 * i, 0}, 10, 24, 11);
        else if (i == 2) plate(&a, 0, 64, 64, 1, 1, false), plate(&b, 0, 64, 64, 1, 4, true);
        else if (i == 3) plate(&a, 0, 10, 2, 0, 1, false), plate(&b, 0, 1, 2, 0, 1, false), plate(&b, 9, 1, 2, 0, 1, true);
        else shape_sphere(&a, o, 10, 40, 19), shape_sphere(&b, o, 10, 40, 19);
        const lm_deviation d = run(&a, &b, 1e-4);
        for (int threads = 1; threads <= 3; threads += 2) {
            const lm_deviation_opt opt = {.precision_mm = 1e-4, .within_mm = -1, .maximum = true, .threads = threads};
            if (lm_deviation_run(&a, &b, &opt, NULL, &one, &err)) fail_msg("%s", err.text[0]);
            if (threads > 1) assert_true(!memcmp(one.side[0].at, all.side[0].at, sizeof one.side[0].at) && one.upper == all.upper);
            all = one;
        }
        assert_true(one.maximum && !d.maximum);
        for (int k = 0; k < 2; k++) {
            const lm_deviation_side *x = &one.side[k], *y = &d.side[k];
            double s = 0;
            for (int c = 0; c < 3; c++) s += (x->at[c] - x->to[c]) * (x->at[c] - x->to[c]);
            assert_true(fabs(sqrt(s) - x->lower) < 1e-9 && x->upper - x->lower <= 1e-4 && x->upper >= x->lower);
            assert_true(x->upper >= y->lower - 1e-12 && y->upper >= x->lower - 1e-12);
        }
        lm_mesh_release(&a);
        lm_mesh_release(&b);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(planes),  cmocka_unit_test(one_plane), cmocka_unit_test(boxes),   cmocka_unit_test(sides),
        cmocka_unit_test(gap),     cmocka_unit_test(spheres),   cmocka_unit_test(itself),  cmocka_unit_test(sampled),
        cmocka_unit_test(threads), cmocka_unit_test(refused),   cmocka_unit_test(no_area), cmocka_unit_test(judge),
        cmocka_unit_test(maximum),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
