/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "fixtures/gen/bodies.h"
#include "fixtures/gen/skull.h"
#include "fixtures/gen/vessels.h"
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>

typedef struct {
    double volume, centroid[3];
} sums;

/* Add up the shares of all voxels: volume and centroid as a reader of the voxels would find them. */
static sums add_up(const phantom *p, const phantom_grid *g)
{
    sums s = {0};
    double *share = malloc(g->n[0] * g->n[1] * sizeof *share), total = 0;
    double nz = g->x[0] * g->y[1] - g->x[1] * g->y[0], nx = g->x[1] * g->y[2] - g->x[2] * g->y[1],
           ny = g->x[2] * g->y[0] - g->x[0] * g->y[2];
    double voxel = g->spacing[0] * g->spacing[1] * (nx * g->advance[0] + ny * g->advance[1] + nz * g->advance[2]);
    assert_non_null(share);
    for (size_t k = 0; k < g->n[2]; k++) {
        phantom_slice(p, g, k, share);
        for (size_t j = 0; j < g->n[1]; j++)
            for (size_t i = 0; i < g->n[0]; i++) {
                double w = share[j * g->n[0] + i];
                assert_true(w >= 0 && w <= 1);
                total += w;
                for (int c = 0; c < 3; c++)
                    s.centroid[c] += w * (g->origin[c] + (double)i * g->spacing[0] * g->x[c] + (double)j * g->spacing[1] * g->y[c] +
                                          (double)k * g->advance[c]);
            }
    }
    free(share);
    s.volume = total * voxel;
    for (int c = 0; c < 3; c++) s.centroid[c] /= total;
    return s;
}

/* A grid of cubes of side h (slabs of height hz as the table moves), tilted, round the origin. */
static phantom_grid grid(size_t nx, size_t ny, size_t nz, double h, double hz, double tilt_deg)
{
    double co = cos(tilt_deg * M_PI / 180), si = sin(tilt_deg * M_PI / 180);
    phantom_grid g = {.n = {nx, ny, nz}, .x = {1, 0, 0}, .y = {0, co, si}, .spacing = {h, h}, .advance = {0, 0, hz}};
    for (int c = 0; c < 3; c++)
        g.origin[c] =
            -((double)nx / 2 + 0.13) * h * g.x[c] - ((double)ny / 2 - 0.21) * h * g.y[c] - ((double)nz / 2 + 0.37) * g.advance[c];
    return g;
}

static void expect(const phantom *p, const phantom_grid *g, double percent, double centroid_mm)
{
    sums s = add_up(p, g);
    double off = 100 * (s.volume / p->truth.volume_mm3 - 1);
    if (!(fabs(off) <= percent)) fail_msg("volume %.3f mm3, truth %.3f: %.5f %%", s.volume, p->truth.volume_mm3, off);
    for (int c = 0; c < 3; c++)
        if (!(fabs(s.centroid[c] - p->truth.centroid_mm[c]) <= centroid_mm))
            fail_msg("centroid[%d] %.4f mm, truth %.4f", c, s.centroid[c], p->truth.centroid_mm[c]);
}

static void voxel_shares_add_up_to_the_sphere(void **state)
{
    static const double o[3] = {0}, aside[3] = {0.31, -0.17, 0.44};
    phantom p;
    (void)state;
    bodies_sphere(&p, o, 20);
    phantom_grid g = grid(48, 48, 48, 1, 1, 0);
    expect(&p, &g, 0.005, 5e-4);
    bodies_sphere(&p, aside, 5); /* few voxels */
    expect(&p, &g, 0.02, 1e-3);
}

static void a_tilted_grid_sees_the_same_sphere(void **state)
{
    static const double o[3] = {0};
    static const double tilt[] = {-25, -3, 18.5, 30};
    phantom p;
    (void)state;
    bodies_sphere(&p, o, 20);
    for (size_t i = 0; i < sizeof tilt / sizeof *tilt; i++) {
        phantom_grid g = grid(48, 80, 56, 1, 1, tilt[i]);
        expect(&p, &g, 0.005, 5e-4);
    }
}

/* The formula of the liver's scale, checked by adding up: volume, centroid (formula) and extents. */
static void the_liver_has_1731_ml(void **state)
{
    static const double o[3] = {10, -20, 30};
    phantom p;
    (void)state;
    bodies_liver(&p, o);
    assert_true(p.truth.volume_mm3 == 1731000);
    phantom_grid g = grid(112, 84, 80, 2, 2, 0);
    for (int c = 0; c < 3; c++) g.origin[c] += o[c];
    expect(&p, &g, 0.005, 2e-3);
    double box[3] = {205.4, 145.4, 133.6};
    for (int c = 0; c < 3; c++) assert_true(fabs(p.truth.hi_mm[c] - p.truth.lo_mm[c] - box[c]) < 0.1);
}

static void the_skull_is_what_it_says(void **state)
{
    static const double o[3] = {0};
    phantom p;
    (void)state;
    skull_body(&p, o);
    assert_true(p.truth.volume_error_mm3 < 3e-4 * p.truth.volume_mm3);
    phantom_grid g = grid(80, 110, 112, 2, 2, 0);
    expect(&p, &g, 0.02, 0.02);
    /* The hole above the left eye is all that differs from side to side: what it lacks, about pi 9^2 6.5 / 1000 ml about 34 mm
     * to the left, moves the centroid to the right. */
    double lacks = M_PI * 81 * 6.5, moment = -p.truth.centroid_mm[0] * p.truth.volume_mm3;
    if (fabs(moment - 34 * lacks) > 0.2 * 34 * lacks) fail_msg("moment %.0f mm4, expected about %.0f", moment, 34 * lacks);
}

static void torus_balls_and_plates_have_the_volume_of_their_formulas(void **state)
{
    static const double o[3] = {0.3, -0.2, 0.1};
    phantom p;
    (void)state;
    phantom_grid g = grid(60, 60, 60, 1, 1, 0);
    bodies_torus(&p, o, 20);
    expect(&p, &g, 0.005, 1e-3);
    bodies_nested(&p, o, 20);
    expect(&p, &g, 0.005, 1e-3);
    bodies_plates(&p, o); /* flat faces fall between sub-rows: coarser sums */
    expect(&p, &g, 0.05, 2e-3);
    for (int c = 0; c < 3; c++) assert_true(p.truth.lo_mm[c] > -25 && p.truth.hi_mm[c] < 25);
}

/* Is q in the ball that rolls from one end of the cone to the other? The nearest middle by ternary search. */
static bool in_cone(const primitive *f, const double q[3])
{
    double lo = 0, hi = 1, best = 1;
    for (int i = 0; i < 40; i++) {
        double t[2] = {lo + (hi - lo) / 3, hi - (hi - lo) / 3}, gap[2];
        for (int k = 0; k < 2; k++) {
            double d2 = 0;
            for (int c = 0; c < 3; c++) d2 += (q[c] - f->c[c] - t[k] * f->e[c]) * (q[c] - f->c[c] - t[k] * f->e[c]);
            gap[k] = sqrt(d2) - f->r - t[k] * (f->r2 - f->r);
        }
        best = fmin(gap[0], gap[1]);
        if (gap[0] < gap[1]) hi = t[1];
        else lo = t[0];
    }
    return best <= 0;
}

/* Volume and centroid of the tree, counted by points of a lattice: no lines, no intervals. */
static void the_vessels_are_what_they_say(void **state)
{
    static const double o[3] = {0}, step = 0.8;
    phantom p;
    double n = 0, sum[3] = {0};
    (void)state;
    vessels_body(&p, o);
    assert_int_equal(p.n, 31);
    assert_true(p.truth.volume_error_mm3 < 3e-4 * p.truth.volume_mm3);
    for (double z = p.truth.lo_mm[2] + 0.31; z < p.truth.hi_mm[2]; z += step)
        for (double y = p.truth.lo_mm[1] + 0.17; y < p.truth.hi_mm[1]; y += step)
            for (double x = p.truth.lo_mm[0] + 0.23; x < p.truth.hi_mm[0]; x += step) {
                const double q[3] = {x, y, z};
                bool in = false;
                for (int i = 0; i < p.n && !in; i++) {
                    const phantom_term *t = &p.term[i];
                    bool near = true;
                    for (int c = 0; c < 3; c++) near &= q[c] > t->lo[c] && q[c] < t->hi[c];
                    in = near && in_cone(&t->f[0], q);
                }
                n += in;
                for (int c = 0; c < 3; c++) sum[c] += in * q[c];
            }
    double off = 100 * (n * step * step * step / p.truth.volume_mm3 - 1);
    if (!(fabs(off) < 0.5)) fail_msg("%.3f %% off", off); /* 11000 points, 15 % of them near the surface: 0.4 % */
    for (int c = 0; c < 3; c++) assert_true(fabs(sum[c] / n - p.truth.centroid_mm[c]) < 0.15);
    phantom_grid g = grid(100, 70, 90, 1, 1, 0);
    expect(&p, &g, 0.02, 5e-3);
}

static void noise_is_centred_and_has_its_sigma(void **state)
{
    double sum = 0, square = 0;
    enum { N = 200000 };
    (void)state;
    for (uint64_t i = 0; i < N; i++) {
        double v = phantom_normal(42, i);
        sum += v;
        square += v * v;
    }
    assert_true(fabs(sum / N) < 5 / sqrt(N));
    assert_true(fabs(square / N - 1) < 5 * sqrt(2.0 / N));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(voxel_shares_add_up_to_the_sphere),
        cmocka_unit_test(a_tilted_grid_sees_the_same_sphere),
        cmocka_unit_test(the_liver_has_1731_ml),
        cmocka_unit_test(the_skull_is_what_it_says),
        cmocka_unit_test(torus_balls_and_plates_have_the_volume_of_their_formulas),
        cmocka_unit_test(the_vessels_are_what_they_say),
        cmocka_unit_test(noise_is_centred_and_has_its_sigma),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
