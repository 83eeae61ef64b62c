/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Lists of steps: their text, their order, and that an object cut by a threshold as a step is that of a threshold alone. */
#include "segment/object.h"
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static void texts(void **state)
{
    (void)state;
    static const struct {
        const char *name, *args, *canonical;
    } good[] = {{"threshold", "200HU:1500", "200HU:1500HU"},
                {"threshold", "-5e1", "-50"},
                {"keep", "largest", "largest"},
                {"keep", "3", "3"},
                {"fill", "all", "all"},
                {"fill", "1.5ml", "1500mm3"},
                {"open", "0.1cm", "1mm"},
                {"border", "drop", "drop"}};
    lm_steps s = {.n = 0}, again = {.n = 0};
    lm_err err = LM_ERR_INIT;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        assert_int_equal(lm_steps_add(&s, good[i].name, good[i].args, &err), LM_OK);
        assert_string_equal(s.step[i].args, good[i].canonical);
        assert_int_equal(lm_steps_add(&again, good[i].name, s.step[i].args, &err), LM_OK);
        assert_string_equal(again.step[i].args, good[i].canonical);
        assert_memory_equal(again.step[i].num, s.step[i].num, sizeof s.step[i].num);
    }
    assert_int_equal(lm_steps_add(&s, "open", "-1", &err), LM_EUSAGE);
    assert_int_equal(lm_steps_add(&s, "nothing", "1", &err), LM_EUSAGE);
    assert_int_equal(s.n, sizeof good / sizeof *good);
    while (s.n < LM_STEPS_MAX) assert_int_equal(lm_steps_add(&s, "keep", "all", &err), LM_OK);
    assert_int_equal(lm_steps_add(&s, "keep", "all", &err), LM_EUSAGE);
}

static void order(void **state)
{
    (void)state;
    lm_err err = LM_ERR_INIT;
    lm_steps s = {.n = 0};
    assert_int_equal(lm_steps_add(&s, "keep", "2", &err), LM_OK);
    assert_int_equal(lm_steps_check(&s, false, &err), LM_EUSAGE);
    assert_int_equal(lm_steps_check(&s, true, &err), LM_OK);
    assert_false(lm_steps_beyond(&s));
    assert_int_equal(lm_steps_add(&s, "threshold", "2", &err), LM_OK);
    assert_true(lm_steps_beyond(&s));
    assert_string_equal(lm_steps_find(&s, "keep")->args, "2");
    assert_null(lm_steps_find(&s, "open"));
}

static lm_vol noise(void)
{
    lm_vol v = LM_VOL_INIT;
    assert_int_equal(lm_vol_alloc(&v, (const size_t[3]){70, 9, 11}, LM_I16, NULL), LM_OK);
    uint32_t seed = 20261124;
    for (size_t i = 0; i < lm_vol_count(&v); i++) {
        seed = seed * 1664525 + 1013904223;
        ((int16_t *)v.data)[i] = (int16_t)(seed >> 24);
    }
    return v;
}

static void as_without(void **state)
{
    (void)state;
    static const char *const threshold[] = {"100", "77.5", "60:200", "0", "-5:300"};
    for (size_t t = 0; t < sizeof threshold / sizeof *threshold; t++)
        for (int keep = 0; keep < 2; keep++) {
            lm_err err = LM_ERR_INIT;
            lm_vol a = noise(), b = noise();
            lm_object one, two;
            lm_steps s = {.n = 0};
            assert_int_equal(lm_steps_add(&s, "threshold", threshold[t], &err), LM_OK);
            assert_int_equal(lm_steps_add(&s, "keep", keep ? "largest" : "all", &err), LM_OK);
            lm_object_opt with = {.seg = LM_SEGMENT_OPT_INIT, .steps = &s}, without = {.seg = LM_SEGMENT_OPT_INIT};
            without.seg.lo = s.step[0].num[0];
            without.seg.hi = s.step[0].num[1];
            without.seg.keep = (size_t)keep;
            assert_int_equal(lm_object_cut(&a, &with, &one, &err), LM_OK);
            assert_int_equal(lm_object_cut(&b, &without, &two, &err), LM_OK);
            assert_int_equal(a.type, b.type);
            assert_memory_equal(a.data, b.data, lm_vol_count(&a) * lm_vol_type_size(a.type));
            assert_int_equal(one.facts.voxel_count, two.facts.voxel_count);
            assert_true(one.facts.at_level_mm3 == two.facts.at_level_mm3);
            assert_int_equal(one.step[0].after, two.facts.voxel_count + two.facts.dropped_voxels);
            lm_vol_release(&a);
            lm_vol_release(&b);
        }
}

static void empty(void **state)
{
    (void)state;
    lm_err err = LM_ERR_INIT;
    lm_vol v = noise();
    lm_steps s = {.n = 0};
    lm_object o;
    assert_int_equal(lm_steps_add(&s, "threshold", "1000", &err), LM_OK);
    lm_object_opt opt = {.seg = LM_SEGMENT_OPT_INIT, .steps = &s};
    assert_int_equal(lm_object_cut(&v, &opt, &o, &err), LM_ENO);
    lm_vol_release(&v);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(texts), cmocka_unit_test(order), cmocka_unit_test(as_without),
                                       cmocka_unit_test(empty)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
