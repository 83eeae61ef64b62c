/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The uncertainty of a volume, by hand. */
#include "measure/budget.h"
#include "volume/segment.h"
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static const lm_mass mass = {.has_volume = true, .volume_mm3 = 1e6, .u_volume_mm3 = 2, .area_mm2 = 60000};

static const lm_budget_item *named(const lm_budget *b, const char *name)
{
    for (size_t i = 0; i < b->n; i++)
        if (!strcmp(b->item[i].name, name)) return &b->item[i];
    return NULL;
}

static void bounds_are_added_estimates_squared(void **state)
{
    (void)state;
    lm_err err = LM_ERR_INIT;
    lm_records rec = LM_RECORDS_INIT;
    lm_budget b;
    json_t *seg = json_loads("{\"tool\":\"dcmseg\",\"source\":{\"spacing_mm\":[0.5,0.5,2]},\"segment\":{\"partial\":{\"u_mm3\":40},"
                             "\"sensitivity\":{\"delta\":1,\"change_mm3\":-120}},\"ledger\":[{\"from\":\"voxel_count\",\"to\":"
                             "\"volume_at_level\",\"change_mm3\":-7.5,\"moved_mm\":0.25}]}",
                             0, NULL);
    assert_int_equal(lm_record_append(&rec, seg, &err), LM_OK);
    lm_budget_volume(&rec, &mass, &b);
    assert_true(named(&b, "float32")->mm3 == 2 && named(&b, "sampling")->mm3 == 40);
    assert_true(fabs(named(&b, "threshold")->mm3 - 34.641016151) < 1e-6); /* 120 / sqrt(12) */
    assert_true(fabs(b.u_mm3 - (2 + 2 * 52.915026221)) < 1e-6);           /* sqrt(1600 + 1200) */
    assert_true(named(&b, "dcmseg")->mm3 == -7.5 && named(&b, "dcmseg")->kind == LM_BUDGET_CHANGE);
    assert_non_null(strstr(named(&b, "dcmseg")->text, "at most 0.25 mm"));
    json_t *j = lm_budget_json(&b, &err);
    assert_int_equal(json_array_size(j), b.n);
    json_decref(j);
    /* contrast that tells less than voxels do is told, and not counted */
    json_object_set_new(json_object_get(json_object_get(seg, "segment"), "partial"), "u_mm3", json_real(4000));
    lm_budget_volume(&rec, &mass, &b);
    assert_true(fabs(named(&b, "sampling")->mm3 - 0.5 * sqrt(80000. / 12)) < 1e-9);
    assert_non_null(strstr(named(&b, "sampling")->text, "4000 mm3 only, not counted"));
    /* a mask: a share of the voxels at the surface. Sides of 0.25, 1 and 1 mm2, 0.75 on average: 80000 of them */
    json_object_del(json_object_get(seg, "segment"), "partial");
    json_object_del(json_object_get(seg, "segment"), "sensitivity");
    lm_budget_volume(&rec, &mass, &b);
    assert_null(named(&b, "threshold"));
    assert_true(fabs(named(&b, "sampling")->mm3 - 0.5 * sqrt(80000. / 12)) < 1e-9);
    lm_record_release(&rec);
    /* nothing is known: rounding alone */
    lm_budget_volume(NULL, &mass, &b);
    assert_true(b.n == 1 && b.u_mm3 == 2);
    const lm_mass open = {.has_volume = false, .u_volume_mm3 = NAN};
    lm_budget_volume(NULL, &open, &b);
    assert_true(b.n == 0 && isnan(b.u_mm3));
}

/* A ball of 11.4 mm whose values fall by 50 a millimetre: a level higher by 1 takes 1/50 mm off its surface. */
static void level_moves_the_surface_by_its_slope(void **state)
{
    (void)state;
    lm_err err = LM_ERR_INIT;
    for (int t = 0; t < 2; t++) {
        lm_vol v = LM_VOL_INIT;
        lm_segment_facts f;
        assert_int_equal(lm_vol_alloc(&v, (size_t[]){30, 30, 30}, t ? LM_F32 : LM_I16, &err), LM_OK);
        for (size_t i = 0; i < lm_vol_count(&v); i++) {
            double x = (double)(i % 30) - 14.5, y = (double)(i / 30 % 30) - 14.5, z = (double)(i / 900) - 14.5;
            double value = 1000 - 50 * sqrt(x * x + y * y + z * z);
            if (t) ((float *)v.data)[i] = (float)value;
            else ((int16_t *)v.data)[i] = (int16_t)floor(value + 0.5);
        }
        v.iso = 430;
        v.has_iso = true;
        assert_int_equal(lm_segment_measure(&v, 1, &f, &err), LM_OK);
        assert_int_equal(lm_segment_step(&v, 1, &f, &err), LM_OK);
        if (!t) assert_true(f.step == 1);
        double want = -4 * 3.14159265358979 * 11.4 * 11.4 * f.step / 50;
        assert_true(fabs(f.step_mm3 / want - 1) < 0.01);
        lm_vol_release(&v);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bounds_are_added_estimates_squared),
        cmocka_unit_test(level_moves_the_surface_by_its_slope),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
