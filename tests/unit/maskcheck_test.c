/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A block against blocks: every number by hand. */
#include "diff/maskcheck.h"
#include "measure_shapes.h"
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

static const lm_tol no_tol = LM_TOL_INIT;
enum { SIDE = 10 };

/* 10 x 10 x 10 voxels of 1 x 1 x 2 mm from index 5 on, on a lattice of 24 that begins at (-100, 50, 700); shear: x goes with z. */
static lm_regions block(double shear)
{
    lm_regions r = {.n = {24, 24, 24}, .dir = {{1, 0, 0}, {0, 1, 0}, {shear, 0, 2}}, .origin = {-100, 50, 700}};
    const lm_part part = {.label = 7};
    lm_region *g;
    if (lm_regions_add(&r, &part, &g, NULL)) fail();
    for (uint64_t k = 5; k < 5 + SIDE; k++)
        for (uint64_t j = 5; j < 5 + SIDE; j++)
            if (lm_regions_run(&r, g, (k * 24 + j) * 24 + 5, SIDE, NULL)) fail();
    return r;
}

/* The box of the same voxels, moved by so many mm. */
static lm_mesh body(double x, double y, double z)
{
    lm_mesh m = LM_MESH_INIT;
    const double lo[3] = {-100 + 4.5 + x, 50 + 4.5 + y, 700 + 2 * 4.5 + z}, hi[3] = {lo[0] + SIDE, lo[1] + SIDE, lo[2] + 2 * SIDE};
    shape_box(&m, lo, hi, false);
    return m;
}

static const lm_measurement *named(const lm_verdict_list *l, const char *name)
{
    for (size_t i = 0; i < l->n; i++)
        if (!strcmp(l->item[i].name, name)) return &l->item[i];
    return NULL;
}

typedef struct {
    lm_maskcheck check;
    lm_verdict_list list;
} judged;

static judged judge(const lm_regions *mask, double x, double y, double z, const lm_partial *partial)
{
    lm_err err = LM_ERR_INIT;
    lm_mesh m = body(x, y, z);
    lm_mass mass = LM_MASS_INIT;
    judged j = {.list = LM_VERDICT_LIST_INIT};
    const lm_maskcheck_opt opt = {.tol = &no_tol, .partial = partial, .suffix = "", .note = "no frame", .threads = 2};
    if (lm_mass_measure(&m, &mass, &err) || lm_maskcheck_run(mask, &m, &mass, &opt, &j.check, &j.list, &err))
        fail_msg("%s", err.text[0]);
    lm_mass_release(&mass);
    lm_mesh_release(&m);
    return j;
}

static void the_same_voxels(void **state)
{
    (void)state;
    lm_regions r = block(0);
    judged j = judge(&r, 0, 0, 0, NULL);
    assert_int_equal(j.list.n, 6);
    for (size_t i = 1; i < 6; i++) assert_int_equal(j.list.item[i].verdict, LM_VERDICT_PASS);
    assert_true(j.check.volume_mm3 == 2000 && j.check.overlap.dice == 1 && j.check.pair.assd == 0);
    /* area 2 * (100 + 200 + 200) = 1000 mm2, a side of a voxel 5/3 mm2: 600 voxels, sqrt(600 / 12) of 2 mm3 */
    assert_true(fabs(j.check.u_mm3 - 2 * sqrt(50)) < 1e-9);
    /* the tolerance: 0.05 * 1 mm * 1000 mm2 */
    const lm_measurement *v = named(&j.list, "mask volume");
    assert_true(v->verdict == LM_VERDICT_PASS && v->tol == 50 && fabs(v->u_value - 4 * sqrt(50)) < 0.1);
    assert_non_null(strstr(named(&j.list, "mask centroid-shift")->note, "no frame"));
    lm_verdict_list_release(&j.list);
    lm_regions_release(&r);
}

static void displaced_by_whole_voxels(void **state)
{
    (void)state;
    lm_regions r = block(0);
    for (int steps = 1; steps < 4; steps++) {
        judged j = judge(&r, 0, 0, 2 * steps, NULL);
        assert_true(fabs(j.check.overlap.dice - (SIDE - steps) / 10.0) < 1e-12);
        assert_true(fabs(named(&j.list, "mask centroid-shift")->value - 2 * steps) < 1e-4);
        assert_true(fmax(j.check.pair.hausdorff[0], j.check.pair.hausdorff[1]) == 2 * steps);
        assert_true(named(&j.list, "mask hd95")->value == 2 * steps);
        assert_int_equal(named(&j.list, "mask dice")->verdict, LM_VERDICT_FAIL);
        assert_int_equal(named(&j.list, "mask centroid-shift")->verdict, LM_VERDICT_FAIL);
        assert_int_equal(named(&j.list, "mask hd95")->verdict, steps > 1 ? LM_VERDICT_FAIL : LM_VERDICT_PASS);
        assert_int_equal(named(&j.list, "mask misplaced")->verdict, steps > 1 ? LM_VERDICT_FAIL : LM_VERDICT_PASS);
        lm_verdict_list_release(&j.list);
    }
    lm_regions_release(&r);
}

/* Out of the grid of the mask, which is not larger than it has to be. */
static void beyond_the_grid_and_beside(void **state)
{
    (void)state;
    lm_regions r = block(0);
    judged j = judge(&r, -9, 0, 0, NULL); /* one layer in common, the rest beyond the first column */
    assert_true(fabs(j.check.overlap.dice - 0.1) < 1e-12 && !j.check.beside && j.check.overlap.mesh == 1000);
    lm_verdict_list_release(&j.list);
    j = judge(&r, 1e5, 0, 0, NULL);
    assert_true(j.check.beside && j.list.n == 3 && named(&j.list, "mask dice")->value == 0);
    assert_true(fabs(named(&j.list, "mask centroid-shift")->value - 1e5) < 0.1);
    lm_verdict_list_release(&j.list);
    lm_regions_release(&r);
}

static void a_mesh_in_another_unit_is_no_large_grid(void **state)
{
    (void)state;
    lm_err err = LM_ERR_INIT;
    lm_regions r = block(0);
    lm_mesh m = LM_MESH_INIT;
    lm_mass mass = LM_MASS_INIT;
    lm_maskcheck c;
    lm_verdict_list list = LM_VERDICT_LIST_INIT;
    const lm_maskcheck_opt opt = {.tol = &no_tol, .suffix = "", .note = ""};
    shape_box(&m, (double[3]){-1e6, -1e6, -1e6}, (double[3]){1e6, 1e6, 1e6}, false);
    assert_int_equal(lm_mass_measure(&m, &mass, &err), LM_OK);
    assert_int_equal(lm_maskcheck_run(&r, &m, &mass, &opt, &c, &list, &err), LM_ERANGE);
    assert_int_equal(list.n, 0);
    lm_mass_release(&mass);
    lm_mesh_release(&m);
    lm_regions_release(&r);
}

static void sheared_grids_have_no_distances(void **state)
{
    (void)state;
    lm_regions r = block(0.2);
    judged j = judge(&r, 0, 0, 0, NULL);
    assert_true(j.check.sheared && j.list.n == 4 && !j.check.pair.apart);
    assert_non_null(strstr(named(&j.list, "mask dice")->note, "not perpendicular"));
    lm_verdict_list_release(&j.list);
    lm_regions_release(&r);
}

static void the_partial_volume_where_it_tells_more(void **state)
{
    (void)state;
    lm_regions r = block(0);
    lm_partial p = {.stated = true, .volume_mm3 = 1990, .u_mm3 = 3};
    judged j = judge(&r, 0, 0, 0, &p);
    assert_true(j.check.volume_mm3 == 1990 && j.check.u_mm3 == 3);
    assert_string_equal(named(&j.list, "mask volume")->reference_is, "two-class partial volume of the mask");
    lm_verdict_list_release(&j.list);
    p.u_mm3 = 300;
    j = judge(&r, 0, 0, 0, &p);
    assert_true(j.check.volume_mm3 == 2000);
    lm_verdict_list_release(&j.list);
    lm_regions_release(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_same_voxels),
        cmocka_unit_test(displaced_by_whole_voxels),
        cmocka_unit_test(beyond_the_grid_and_beside),
        cmocka_unit_test(a_mesh_in_another_unit_is_no_large_grid),
        cmocka_unit_test(sheared_grids_have_no_distances),
        cmocka_unit_test(the_partial_volume_where_it_tells_more),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
