/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Contours whose areas, slabs and samples can be counted by hand. */
#include "volume/contours.h"
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static double area_of(const double *const *xy, const size_t *count, size_t n)
{
    double a = -1;
    lm_err err = LM_ERR_INIT;
    assert_int_equal(lm_contours_area(xy, count, n, &a, &err), LM_OK);
    return a;
}

static void areas_are_by_the_odd_even_rule(void **state)
{
    (void)state;
    static const double square[] = {0, 0, 10, 0, 10, 10, 0, 10}, hole[] = {2, 2, 2, 5, 6, 5, 6, 2},
                        apart[] = {20, 0, 20, 3, 23, 3, 23, 0}, overlap[] = {5, 5, 15, 5, 15, 15, 5, 15},
                        bow[] = {0, 0, 4, 4, 4, 0, 0, 4},
                        keyhole[] = {0, 0, 10, 0, 10, 10, 0, 10, 0, 4, 2, 4, 2, 5, 6, 5, 6, 2, 2, 2, 2, 4, 0, 4};
    const size_t four[] = {4, 4, 4};
    assert_true(fabs(area_of((const double *[]){square}, four, 1) - 100) < 1e-9);
    assert_true(fabs(area_of((const double *[]){square, hole}, four, 2) - 88) < 1e-9); /* either way round */
    assert_true(fabs(area_of((const double *[]){hole, square, apart}, four, 3) - 97) < 1e-9);
    assert_true(fabs(area_of((const double *[]){square, overlap}, four, 2) - 150) < 1e-9);
    assert_true(fabs(area_of((const double *[]){bow}, four, 1) - 8) < 1e-6);
    assert_true(fabs(area_of((const double *[]){keyhole}, (const size_t[]){12}, 1) - 88) < 1e-9);
    double star[10]; /* five points, {5/2}: the pentagon in the middle is outside; five tips of a golden triangle each */
    for (int i = 0; i < 5; i++) {
        star[2 * i] = cos(0.3 + i * 2 * 6.283185307179586 / 5);
        star[2 * i + 1] = sin(0.3 + i * 2 * 6.283185307179586 / 5);
    }
    double inner = cos(6.283185307179586 / 5) / cos(6.283185307179586 / 10),
           pentagon = 2.5 * inner * inner * sin(6.283185307179586 / 5), full = 5 * inner * sin(6.283185307179586 / 10);
    assert_true(fabs(area_of((const double *[]){star}, (const size_t[]){5}, 1) - (full - pentagon)) < 1e-6);
}

/* 12 x 10 x 8 samples of 1 x 2 x 3 mm, first at (100, 200, 300); tilted by `shear` mm along y per slice. */
static void grid(lm_regions *r, lm_region **g, double shear)
{
    lm_vol v = {.n = {12, 10, 8}, .dir = {{1, 0, 0}, {0, 2, 0}, {0, shear, 3}}, .origin = {100, 200, 300}};
    lm_err err = LM_ERR_INIT;
    lm_part part = {.label = 1};
    lm_regions_on(r, &v);
    assert_int_equal(lm_regions_add(r, &part, g, &err), LM_OK);
}

/* A rectangle in plane z. */
static lm_contour box(double x0, double y0, double x1, double y1, double z, double *mem)
{
    double p[] = {x0, y0, z, x1, y0, z, x1, y1, z, x0, y1, z};
    memcpy(mem, p, sizeof p);
    return (lm_contour){4, mem};
}

static bool in(const lm_regions *r, const lm_region *g, size_t i, size_t j, size_t k)
{
    uint64_t at = (k * r->n[1] + j) * r->n[0] + i;
    for (size_t n = 0; n < g->n_runs; n++)
        if (at >= g->run[n].start && at - g->run[n].start < g->run[n].n) return true;
    return false;
}

static void samples_are_by_centre_and_ties_by_rule(void **state)
{
    (void)state;
    lm_regions r = LM_REGIONS_INIT;
    lm_region *g;
    lm_contours_facts f;
    lm_err err = LM_ERR_INIT;
    double m[3][12];
    for (int how = 0; how < 2; how++) { /* straight, and tilted by half a row per slice */
        grid(&r, &g, how);
        lm_contour c[] = {box(102, 204, 106, 210, 303, m[0]), box(103, 205, 105, 207, 303, m[1]),
                          box(102.5, 203.9, 103.5, 204.1, 306, m[2])};
        assert_int_equal(lm_contours_raster(c, 3, &r, g, &f, &err), LM_OK);
        size_t voxels = 0;
        for (size_t k = 0; k < 8; k++)
            for (size_t j = 0; j < 10; j++)
                for (size_t i = 0; i < 12; i++) {
                    double x = 100 + (double)i, y = 200 + 2 * (double)j + how * (double)k, z = 300 + 3 * (double)k;
                    bool one = x >= 102 && x < 106 && y >= 204 && y < 210 && !(x >= 103 && x < 105 && y >= 205 && y < 207);
                    bool want = (z == 303 && one) || (z == 306 && x >= 102.5 && x < 103.5 && y >= 203.9 && y < 204.1);
                    voxels += want;
                    assert_int_equal(in(&r, g, i, j, k), want);
                }
        assert_int_equal(g->voxels, voxels);
        assert_true(f.planes == 2 && f.step_mm == 3 && !f.between && !f.beyond && !f.cut && !f.empty);
        assert_true(fabs(f.contour_mm3 - (24 - 4 + 0.2) * 3) < 1e-9);
        lm_regions_release(&r);
    }
}

static void a_plane_stands_for_a_slab(void **state)
{
    (void)state;
    lm_regions r = LM_REGIONS_INIT;
    lm_region *g;
    lm_contours_facts f;
    lm_err err = LM_ERR_INIT;
    double m[6][12];
    grid(&r, &g, 0);
    /* every second slice, one of these missing, then far away and out of the grid */
    lm_contour c[] = {box(101.5, 201, 103.5, 203, 300, m[0]),      box(101.5, 201, 104.5, 203, 306.03, m[1]),
                      box(101.5, 205, 103.5, 207, 305.99, m[2]),   box(101.5, 201, 103.5, 203, 318, m[3]),
                      box(101.5, 201, 103.5, 203, 318 + 60, m[4]), box(101.5, 201, 103.5, 203, 318 + 66, m[5])};
    assert_int_equal(lm_contours_raster(c, 6, &r, g, &f, &err), LM_OK);
    assert_true(f.planes == 5 && fabs(f.step_mm - 6) < 0.02 && f.filled == 1 && f.broken == 1 && f.beyond == 2 && f.between == 0);
    const size_t want[] = {2, 3 + 2, 3 + 2, 3 + 2,
                           2, 2,     2,     0}; /* slices 1 and 4 lie midway: the upper plane has them; 7 is an upper end */
    for (size_t k = 0; k < 8; k++) {
        size_t n = 0;
        for (size_t i = 0; i < 120; i++) n += in(&r, g, i % 12, i / 12, k);
        assert_int_equal(n, want[k]);
    }
    lm_regions_release(&r);
    grid(&r, &g, 0); /* one plane: a slab of the grid's step; between two slices, found in the nearer one */
    c[0] = box(101.5, 201, 103.5, 203, 301, m[0]);
    c[1] = box(101.5, 201, 103.5, 203, 301, m[1]); /* again: counted once, not crossed out */
    c[2] = box(104.1, 201.1, 104.2, 201.2, 301, m[2]);
    assert_int_equal(lm_contours_raster(c, 3, &r, g, &f, &err), LM_OK);
    assert_true(f.step_mm == 3 && f.between == 1 && fabs(f.between_mm - 1) < 1e-9 && f.twins == 1 && f.empty == 1 &&
                g->voxels == 2);
    assert_true(in(&r, g, 2, 1, 0) && fabs(f.contour_mm3 - 3 * 4.01) < 1e-9);
    lm_regions_release(&r);
}

static void what_does_not_lie_along_the_slices_is_refused(void **state)
{
    (void)state;
    lm_regions r = LM_REGIONS_INIT;
    lm_region *g;
    lm_contours_facts f;
    lm_err err = LM_ERR_INIT;
    double m[12] = {102, 204, 303, 106, 204, 303, 106, 204, 309, 102, 204, 309};
    grid(&r, &g, 0);
    assert_int_equal(lm_contours_raster(&(lm_contour){4, m}, 1, &r, g, &f, &err), LM_ERULE);
    assert_string_equal(err.rule, "R-2");
    assert_int_equal(lm_contours_raster(&(lm_contour){2, m}, 1, &r, g, &f, &err), LM_EFORMAT);
    m[2] = 1e300;
    assert_int_equal(lm_contours_raster(&(lm_contour){4, m}, 1, &r, g, &f, &err), LM_EFORMAT);
    lm_contour c = box(-1e6, -1e6, 1e6, 1e6, 303, m); /* all of the slice, and cut */
    assert_int_equal(lm_contours_raster(&c, 1, &r, g, &f, &err), LM_OK);
    assert_true(g->voxels == 120 && f.cut);
    lm_regions_release(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(areas_are_by_the_odd_even_rule),
        cmocka_unit_test(samples_are_by_centre_and_ties_by_rule),
        cmocka_unit_test(a_plane_stands_for_a_slab),
        cmocka_unit_test(what_does_not_lie_along_the_slices_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
