/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "measure/mass.h"
#include "measure_shapes.h"
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

static lm_mass measured(const lm_mesh *m)
{
    lm_mass out = LM_MASS_INIT;
    lm_err err = LM_ERR_INIT;
    if (lm_mass_measure(m, &out, &err)) fail_msg("%s", err.text[0]);
    return out;
}

#define NEAR(a, b, tol) \
    do { \
        double a_ = (a), b_ = (b), t_ = (tol); \
        if (!(fabs(a_ - b_) <= t_)) fail_msg("%s = %.17g, want %.17g within %g", #a, a_, b_, t_); \
    } while (0)

static void cube_far_away_is_exact(void **state)
{
    static const double off[] = {0, 1e3, 1e6, -1e6};
    (void)state;
    for (size_t i = 0; i < sizeof off / sizeof *off; i++) {
        double lo[3] = {off[i], off[i] + 1, off[i] + 2}, hi[3] = {off[i] + 10, off[i] + 21, off[i] + 32};
        lm_mesh m = LM_MESH_INIT;
        shape_box(&m, lo, hi, false);
        lm_mass s = measured(&m);
        assert_true(s.has_volume);
        assert_true(s.volume_mm3 == 10.0 * 20 * 30);
        assert_true(s.area_mm2 == 2 * (10.0 * 20 + 20 * 30 + 10 * 30));
        for (int c = 0; c < 3; c++) {
            assert_true(s.centroid_mm[c] == 0.5 * (lo[c] + hi[c]));
            assert_true(s.lo_mm[c] == lo[c] && s.hi_mm[c] == hi[c]);
        }
        assert_int_equal(s.parts, 1);
        assert_true(s.u_volume_mm3 > 0 && s.u_volume_mm3 < 6000 * 0.04);
        lm_mass_release(&s);
        lm_mesh_release(&m);
    }
}

static void random_tetrahedra_have_the_determinants_volume(void **state)
{
    (void)state;
    uint32_t seed = 20240811;
    static const uint32_t faces[12] = {0, 2, 1, 0, 1, 3, 1, 2, 3, 0, 3, 2};
    for (int run = 0; run < 500; run++) {
        double p[12], d[3][3], c[3] = {0, 0, 0};
        for (int i = 0; i < 12; i++) p[i] = (double)(float)(200 * shape_uniform(&seed) - 50);
        for (int k = 0; k < 3; k++)
            for (int x = 0; x < 3; x++) d[k][x] = p[3 * (k + 1) + x] - p[x];
        for (int x = 0; x < 3; x++) c[x] = (p[x] + p[3 + x] + p[6 + x] + p[9 + x]) / 4;
        double det = d[0][0] * (d[1][1] * d[2][2] - d[1][2] * d[2][1]) - d[0][1] * (d[1][0] * d[2][2] - d[1][2] * d[2][0]) +
                     d[0][2] * (d[1][0] * d[2][1] - d[1][1] * d[2][0]);
        lm_mesh m = LM_MESH_INIT;
        shape_append(&m, p, 4, faces, 4);
        lm_mass s = measured(&m);
        NEAR(s.volume_mm3, det / 6, 1e-9 * 1e6);
        if (fabs(det) > 1000)
            for (int x = 0; x < 3; x++) NEAR(s.centroid_mm[x], c[x], 1e-7);
        assert_int_equal(s.cavities, det < 0);
        lm_mass_release(&s);
        lm_mesh_release(&m);
    }
}

/* The bound must hold: what rounding to float32 does to the volume of a polyhedron known by formula stays below u. */
static void sphere_differs_from_the_formula_by_less_than_u(void **state)
{
    (void)state;
    static const double centre[][3] = {{0, 0, 0}, {-137.25, 211.3, 900.7}, {1e4, -1e4, 5e3}, {1e6, 1e6, -1e6}};
    static const struct {
        uint32_t n, k;
        double r;
    } size[] = {{8, 3, 1.5}, {64, 31, 20.1}, {200, 99, 74.33}};
    for (size_t i = 0; i < 4; i++)
        for (size_t j = 0; j < 3; j++) {
            lm_mesh m = LM_MESH_INIT;
            shape_sphere(&m, centre[i], size[j].r, size[j].n, size[j].k);
            lm_mass s = measured(&m);
            double want = shape_sphere_volume(size[j].r, size[j].n, size[j].k);
            NEAR(s.volume_mm3, want, s.u_volume_mm3);
            assert_true(i > 1 || s.u_volume_mm3 < 1e-4 * want);
            for (int c = 0; c < 3; c++) {
                NEAR(s.centroid_mm[c], centre[i][c], s.u_centroid_mm);
                assert_true(s.hi_mm[c] - s.lo_mm[c] <= 2 * size[j].r + 2 * s.u_box_mm[c]);
            }
            lm_mass_release(&s);
            lm_mesh_release(&m);
        }
}

static void parts_and_cavities_are_told_apart(void **state)
{
    (void)state;
    lm_mesh m = LM_MESH_INIT;
    shape_box(&m, (double[]){50, 0, 0}, (double[]){51, 2, 3}, false);
    shape_box(&m, (double[]){0, 0, 0}, (double[]){10, 10, 10}, false);
    shape_box(&m, (double[]){4, 4, 4}, (double[]){6, 6, 6}, true);
    lm_mass s = measured(&m);
    assert_int_equal(s.parts, 3);
    assert_int_equal(s.cavities, 1);
    NEAR(s.volume_mm3, 1000 - 8 + 6, 1e-9);
    NEAR(s.part[0].volume_mm3, 1000, 1e-9);
    NEAR(s.part[1].volume_mm3, -8, 1e-9);
    NEAR(s.part[2].volume_mm3, 6, 1e-9);
    assert_int_equal(s.part[0].first, 12);
    assert_int_equal(s.part[2].triangles, 12);
    lm_mass_release(&s);
    lm_mesh_release(&m);
}

static void open_and_flipped_meshes_have_no_volume(void **state)
{
    (void)state;
    lm_mesh m = LM_MESH_INIT;
    lm_err err = LM_ERR_INIT;
    shape_box(&m, (double[]){0, 0, 0}, (double[]){1, 1, 1}, false);
    m.nt--;
    lm_mass s = measured(&m);
    assert_false(s.has_volume);
    assert_true(isnan(s.volume_mm3) && isnan(s.centroid_mm[0]));
    assert_int_equal(s.open_edges, 3);
    NEAR(s.area_mm2, 5.5, 1e-12);
    assert_int_equal(lm_mass_solid(&s, &err), LM_ERULE);
    assert_non_null(strstr(err.text[0], "3 open edges"));
    lm_mass_release(&s);
    m.nt++;
    uint32_t x = m.tri[0];
    m.tri[0] = m.tri[1];
    m.tri[1] = x;
    s = measured(&m);
    assert_false(s.has_volume);
    assert_int_equal(s.open_edges, 0);
    assert_int_equal(s.unbalanced, 3);
    assert_int_equal(lm_mass_solid(&s, &err), LM_ERULE);
    lm_mass_release(&s);
    m.nt = 0;
    assert_int_equal(lm_mass_measure(&m, &s, &err), LM_ERULE);
    lm_mesh_release(&m);
}

/* Two boxes sharing an edge (four triangles there, all cancelling) do have a volume; folded triangles add none. */
static void four_triangles_at_an_edge_and_folded_ones(void **state)
{
    (void)state;
    lm_mesh m = LM_MESH_INIT;
    shape_box(&m, (double[]){0, 0, 0}, (double[]){1, 1, 1}, false);
    shape_box(&m, (double[]){1, 1, 0}, (double[]){2, 2, 1}, false);
    for (size_t i = 36; i < 72; i++) { /* vertices 8 (1,1,0) and 12 (1,1,1) of the second are 3 and 7 of the first */
        if (m.tri[i] == 8) m.tri[i] = 3;
        if (m.tri[i] == 12) m.tri[i] = 7;
    }
    shape_append(&m, (double[]){5, 5, 5, 6, 5, 5}, 2, (uint32_t[]){0, 1, 1}, 1);
    lm_mass s = measured(&m);
    assert_true(s.has_volume);
    NEAR(s.volume_mm3, 2, 1e-12);
    assert_int_equal(s.parts, 2);
    lm_mass_release(&s);
    lm_mesh_release(&m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cube_far_away_is_exact),
        cmocka_unit_test(random_tetrahedra_have_the_determinants_volume),
        cmocka_unit_test(sphere_differs_from_the_formula_by_less_than_u),
        cmocka_unit_test(parts_and_cavities_are_told_apart),
        cmocka_unit_test(open_and_flipped_meshes_have_no_volume),
        cmocka_unit_test(four_triangles_at_an_edge_and_folded_ones),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
