/* SPDX-License-Identifier: GPL-3.0-or-later */
/* scale: what is a scale, what it does to coordinates, names, space and books, and the way back. */
#include "shell/scale.h"
#include "measure/original.h"
#include "measure_shapes.h"
#include "stream/ply.h"
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

static void what_is_a_scale(void **state)
{
    (void)state;
    static const char *const bad[] = {"",    "0",    "-1",   "nan",   "inf", "1e-9", "1001", "abc", "0.5mm", "1:0",
                                      "0:1", "-1:2", "1:2:", "1:nan", ":",   "1:",   "%",    "0%",  "5e9%"};
    lm_err err = LM_ERR_INIT;
    double s, p[3];
    char text[LM_SCALE_TEXT];
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) assert_int_equal(lm_scale_parse(bad[i], &s, &err), LM_EUSAGE);
    assert_true(!lm_scale_parse("0.5", &s, &err) && s == 0.5);
    assert_true(!lm_scale_parse("50%", &s, &err) && s == 0.5);
    assert_true(!lm_scale_parse("1:2", &s, &err) && s == 0.5);
    assert_true(!lm_scale_parse("3:2", &s, &err) && s == 1.5);
    assert_string_equal(lm_scale_ratio(0.5, text), "1:2");
    assert_string_equal(lm_scale_ratio(2, text), "2:1");
    assert_string_equal(lm_scale_ratio(1, text), "1:1");
    static const char *const none[] = {"",    "0.4",  "1.004", "0.4%,0.4%", "0.4%,0.4%,0.4%,", "0.4%,,0.4%", "0.4%,0.4%,0.4%,0.4%",
                                       "21%", "nan%", "0.4mm", ",",         "0.4%,0.4%,x"};
    for (size_t i = 0; i < sizeof none / sizeof *none; i++) assert_int_equal(lm_scale_shrinkage(none[i], p, &err), LM_EUSAGE);
    assert_true(!lm_scale_shrinkage("0.4%", p, &err) && p[0] == 0.4 && p[1] == 0.4 && p[2] == 0.4);
    assert_true(!lm_scale_shrinkage("0.4%,-1%,0%", p, &err) && p[0] == 0.4 && p[1] == -1 && p[2] == 0);
}

/* A box off the origin with a record that fits it. */
static void begin(lm_mesh *m, lm_records *rec)
{
    lm_err err = LM_ERR_INIT;
    uint32_t crc;
    uint64_t bytes;
    *m = (lm_mesh)LM_MESH_INIT;
    *rec = (lm_records)LM_RECORDS_INIT;
    shape_box(m, (double[]){100, -3, 7}, (double[]){110, 4, 8.1}, false);
    m->space = LM_SPACE_LPS;
    json_t *r = lm_record_new(rec, "meshfix", &err);
    assert_int_equal(lm_record_append(rec, r, &err), LM_OK);
    assert_int_equal(lm_ply_checksum(m, &crc, &bytes, &err), LM_OK);
    assert_int_equal(lm_record_seal(rec, crc, bytes, &err), LM_OK);
    lm_record_check(rec, crc, bytes);
    assert_true(rec->belong);
}

static lm_status step(lm_mesh *m, lm_records *rec, double print, double percent)
{
    lm_err err = LM_ERR_INIT;
    json_t *r = NULL;
    lm_status rc = lm_scale_run(m, rec, "meshshell", print, (double[]){percent, percent, 2 * percent}, &r, &err);
    return rc ? rc : lm_scale_append(rec, r, m, &err);
}

static void volumes_areas_and_lengths(void **state)
{
    (void)state;
    const double factor[] = {0.5, 0.25, 2, 1.0 / 3, 0.7, 3.1};
    for (size_t i = 0; i < sizeof factor / sizeof *factor; i++) {
        lm_mesh m;
        lm_records rec;
        const double s = factor[i];
        begin(&m, &rec);
        const double v = lm_mesh_volume(&m), a = lm_mesh_area(&m);
        double lo[3], hi[3], l2[3], h2[3];
        lm_mesh_box(&m, lo, hi);
        assert_int_equal(step(&m, &rec, s, 0), LM_OK);
        lm_mesh_box(&m, l2, h2);
        const double tol = i < 3 ? 0 : 1e-6; /* powers of two: every bit */
        assert_true(fabs(lm_mesh_volume(&m) - s * s * s * v) <= tol * v * s * s * s);
        assert_true(fabs(lm_mesh_area(&m) - s * s * a) <= tol * a * s * s);
        for (int c = 0; c < 3; c++)
            assert_true(fabs(h2[c] - s * hi[c]) <= tol * fabs(hi[c]) && fabs(l2[c] - s * lo[c]) <= tol * fabs(lo[c]));
        assert_int_equal(m.space, LM_SPACE_UNKNOWN);
        assert_true(fabs(lm_scale_of(&rec) - s) < 1e-15 && rec.belong && rec.n == 2);
        lm_mesh_release(&m);
        lm_record_release(&rec);
    }
}

/* Back through both steps: the box as it was, with its space; in bits where both factors are powers of two. */
static void there_and_back(void **state)
{
    (void)state;
    for (int k = 0; k < 3; k++) {
        lm_mesh m;
        lm_records rec;
        lm_original o;
        lm_err err = LM_ERR_INIT;
        const double s = k == 0 ? 0.5 : 0.3;
        float was[24], half[24];
        begin(&m, &rec);
        memcpy(was, m.pos, sizeof was);
        const double volume = lm_mesh_volume(&m);
        assert_int_equal(step(&m, &rec, s, 0), LM_OK);
        memcpy(half, m.pos, sizeof half);
        if (k == 2) assert_int_equal(step(&m, &rec, 0, 0.5), LM_OK);
        assert_int_equal(lm_original_find(&rec, &m, &o, &err), LM_OK);
        assert_true(o.changed && !o.stage && o.rounding_mm3 > 0);
        assert_int_equal(o.solid.space, LM_SPACE_LPS);
        assert_int_equal(m.space, LM_SPACE_UNKNOWN);
        for (int i = 0; i < 24; i++) {
            assert_true(fabs((double)o.solid.pos[i] - (double)was[i]) <= (k == 0 ? 0 : 2e-5));
            assert_true(fabs((double)o.print.pos[i] - (double)half[i]) <= (k < 2 ? 0 : 1e-5)); /* only shrinkage is left out */
            if (k == 2) assert_true(fabs((double)m.pos[i] - (double)half[i] / (1 - (i % 3 == 2 ? 0.01 : 0.005))) < 1e-5);
        }
        assert_true(fabs(lm_mesh_volume(&o.solid) - volume) <= (k == 0 ? 0 : o.rounding_mm3) && o.rounding_mm3 < 0.02);
        lm_original_release(&o);
        lm_mesh_release(&m);
        lm_record_release(&rec);
    }
}

static void names_and_books(void **state)
{
    (void)state;
    lm_mesh m;
    lm_records rec;
    lm_err err = LM_ERR_INIT;
    char text[LM_SCALE_TEXT];
    begin(&m, &rec);
    assert_int_equal(step(&m, &rec, 0.5, 0), LM_OK);
    assert_string_equal(lm_parts_find(&m.parts, 1)->name, "part 1:2");
    const json_t *e = json_array_get(json_object_get(rec.item[1], "ledger"), 0);
    assert_string_equal(json_string_value(json_object_get(e, "kind")), "intended");
    assert_true(json_number_value(json_object_get(e, "after_mm3")) == json_number_value(json_object_get(e, "before_mm3")) / 8);
    assert_null(lm_scale_shrunk(&rec, text));
    assert_int_equal(step(&m, &rec, 0.5, 0), LM_EUSAGE); /* twice */
    assert_int_equal(step(&m, &rec, 0, 0.4), LM_OK);
    assert_string_equal(lm_scale_shrunk(&rec, text), "0.4 %, 0.4 %, 0.8 %");
    assert_int_equal(step(&m, &rec, 0, 0.4), LM_EUSAGE);
    assert_string_equal(lm_parts_find(&m.parts, 1)->name, "part 1:2");
    lm_mesh_release(&m);
    lm_record_release(&rec);

    begin(&m, &rec);
    const lm_part liver = {.label = 1, .name = "Leber of about as many bytes as a name may have, at 59 \xc3\xa4\xc3\xa4\xc3\xa4."},
                  cube = {.label = 2, .name = "qa-cube"};
    assert_int_equal(lm_parts_add(&m.parts, &liver, &err), LM_OK);
    assert_int_equal(step(&m, &rec, 0.5, 0), LM_OK);
    const char *name = lm_parts_find(&m.parts, 1)->name;
    assert_string_equal(name + strlen(name) - 4, " 1:2");
    assert_true(strlen(name) < LM_PART_NAME);
    assert_int_equal(lm_parts_add(&m.parts, &cube, &err), LM_OK);
    lm_record_release(&rec);
    assert_int_equal(step(&m, &rec, 0.5, 0), LM_EUSAGE); /* a body of known size */
    m.pos[0] = 3e38f;
    m.parts.n = 1;
    assert_int_equal(step(&m, &rec, 2, 0), LM_ERULE);
    lm_mesh_release(&m);
    lm_record_release(&rec);
}

/* A record that says what is no factor is refused before anything is divided. */
static void records_of_others(void **state)
{
    (void)state;
    const double bad[] = {0, -0.5, 1e-300, 1e300};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        lm_mesh m;
        lm_records rec;
        lm_original o;
        lm_err err = LM_ERR_INIT;
        begin(&m, &rec);
        assert_int_equal(step(&m, &rec, 0.5, 0), LM_OK);
        json_array_set_new(json_object_get(json_object_get(rec.item[1], "scale"), "factor"), 1, json_real(bad[i]));
        assert_int_equal(lm_original_find(&rec, &m, &o, &err), LM_ERULE);
        lm_original_release(&o);
        json_array_set_new(json_object_get(json_object_get(rec.item[1], "scale"), "factor"), 1, json_real(0.5));
        for (int k = 0; k < 5; k++) assert_int_equal(lm_record_append(&rec, json_deep_copy(rec.item[1]), &err), LM_OK);
        assert_int_equal(lm_original_find(&rec, &m, &o, &err), LM_ERULE); /* six scales */
        lm_original_release(&o);
        lm_mesh_release(&m);
        lm_record_release(&rec);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_a_scale), cmocka_unit_test(volumes_areas_and_lengths), cmocka_unit_test(there_and_back),
        cmocka_unit_test(names_and_books), cmocka_unit_test(records_of_others),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
