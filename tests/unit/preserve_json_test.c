/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which volumes a record of dcmseg offers, and what the record of mcubes says. */
#include "stream/preserve_json.h"
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static lm_err err = LM_ERR_INIT;

typedef struct {
    const char *record;
    double inside, outside;
    lm_status rc;
    lm_preserve_from from;
    double used[2]; /* inside, outside; 0: not given */
} choice;

#define SEG(DROPPED, ROI) \
    "\"segment\":{\"iso\":300,\"dropped_voxels\":" #DROPPED ",\"roi_cut_voxels\":" #ROI \
    ",\"partial\":{\"mm3\":50,\"u_mm3\":2},\"pieces\":[{\"partial\":{\"mm3\":40,\"u_mm3\":1}},{\"partial\":{\"refused\":\"x\"}}]}"
#define ONE "\"threshold\":{\"lo\":300,\"hi\":null}"

static void where_volumes_come_from(void **state)
{
    (void)state;
    static const choice c[] = {
        {NULL, NAN, NAN, LM_OK, LM_PRESERVE_MEASURE, {0, 0}},
        {NULL, 900, NAN, LM_OK, LM_PRESERVE_MEASURE, {900, 0}},
        {"{\"options\":{" ONE "}," SEG(0, 0) "}", NAN, NAN, LM_OK, LM_PRESERVE_MEASURE, {0, 0}},
        {"{\"options\":{" ONE ",\"inside\":800,\"outside\":20}," SEG(0, 0) "}", NAN, 10, LM_OK, LM_PRESERVE_MEASURE, {800, 10}},
        {"{\"options\":{" ONE "}," SEG(7, 0) "}", NAN, NAN, LM_OK, LM_PRESERVE_STATED, {0, 0}},
        {"{\"options\":{" ONE "}," SEG(0, 7) "}", NAN, NAN, LM_OK, LM_PRESERVE_STATED, {0, 0}},
        {"{\"options\":{" ONE ",\"mask\":true}," SEG(0, 0) "}", NAN, NAN, LM_OK, LM_PRESERVE_STATED, {0, 0}},
        {"{\"options\":{\"mask\":true}," SEG(0, 0) "}", NAN, NAN, LM_OK, LM_PRESERVE_MEASURE, {0, 0}},
        {"{\"options\":{" ONE "}," SEG(7, 0) "}", 900, 10, LM_OK, LM_PRESERVE_MEASURE, {900, 10}},
        {"{\"options\":{" ONE "}," SEG(7, 0) "}", 900, NAN, LM_EUSAGE, LM_PRESERVE_NOTHING, {0, 0}},
        {"{\"options\":{\"threshold\":{\"lo\":300,\"hi\":900}}," SEG(0, 0) "}", 900, 10, LM_OK, LM_PRESERVE_NOTHING, {900, 10}},
        {"{\"options\":{" ONE "},\"segment\":{\"iso\":300,\"dropped_voxels\":3}}", NAN, NAN, LM_OK, LM_PRESERVE_NOTHING, {0, 0}},
    };
    for (size_t i = 0; i < sizeof c / sizeof *c; i++) {
        lm_preserve_opt opt = LM_PRESERVE_OPT_INIT;
        lm_partial *list = NULL;
        json_t *r = c[i].record ? json_loads(c[i].record, 0, NULL) : NULL;
        assert_true(!c[i].record == !r);
        opt.partial.inside = c[i].inside;
        opt.partial.outside = c[i].outside;
        assert_int_equal(lm_preserve_source(r, 300, &opt, &list, &err), c[i].rc);
        if (!c[i].rc) {
            assert_int_equal(opt.from, c[i].from);
            const double used[2] = {opt.partial.inside, opt.partial.outside};
            for (int k = 0; k < 2; k++) assert_true(c[i].used[k] == 0 ? isnan(used[k]) : used[k] == c[i].used[k]);
        }
        if (opt.from == LM_PRESERVE_STATED) {
            assert_true(opt.whole.stated && opt.whole.volume_mm3 == 50 && opt.whole.u_mm3 == 2 && opt.n == 2);
            assert_true(opt.of_piece[0].stated && opt.of_piece[0].volume_mm3 == 40 && !opt.of_piece[1].stated);
        }
        free(list);
        if (opt.from == LM_PRESERVE_STATED) { /* another level: what was measured was another object */
            assert_int_equal(lm_preserve_source(r, 250, &opt, &list, &err), LM_OK);
            assert_int_equal(opt.from, LM_PRESERVE_NOTHING);
            free(list);
        }
        json_decref(r);
    }
}

static void what_is_recorded_and_said(void **state)
{
    (void)state;
    lm_preserve_piece p[3] = {
        {.voxels = 90, .plain_mm3 = 80, .partial_mm3 = 88, .u_mm3 = 1, .mesh_mm3 = 88, .shift = -3, .u_shift = 0.5, .held = 0.1},
        {.voxels = 20, .plain_mm3 = 15, .partial_mm3 = 16, .u_mm3 = 4, .mesh_mm3 = 15, .why = LM_PRESERVE_UNCERTAIN},
        {.voxels = 6, .plain_mm3 = 5, .partial_mm3 = NAN, .u_mm3 = NAN, .mesh_mm3 = 5, .why = LM_PRESERVE_SMALL}};
    lm_preserve_facts f = {.n = 3, .piece = p, .moved_mm = 0.25};
    for (int i = 0; i < 3; i++) f.count[p[i].why]++;
    double u;
    assert_true(fabs(lm_preserve_reference(&f, 101, &u) - (88 + 101 * 0.2)) < 1e-12 && u == 1);
    json_t *j = lm_preserve_json(&f, &err);
    char *text = json_dumps(j, JSON_COMPACT | JSON_REAL_PRECISION(6));
    assert_string_equal(
        text, "{\"found\":3,\"moved\":1,\"left\":{\"no-pure-samples\":1,\"not-measured\":0,\"uncertain\":1,\"beyond\":0},"
              "\"partial_mm3\":88.0,\"u_mm3\":1.0,\"moved_mm\":0.25,\"pieces\":["
              "{\"voxel_count\":90,\"plain_mm3\":80.0,\"partial_mm3\":88.0,\"u_mm3\":1.0,\"mesh_mm3\":88.0,\"shift\":-3.0,\"u_"
              "shift\":0.5,\"held\":0.1},"
              "{\"voxel_count\":20,\"plain_mm3\":15.0,\"partial_mm3\":16.0,\"u_mm3\":4.0,\"mesh_mm3\":15.0,\"shift\":0.0,\"u_"
              "shift\":0.0,\"held\":0.0,\"left\":\"uncertain\"},"
              "{\"voxel_count\":6,\"plain_mm3\":5.0,\"partial_mm3\":null,\"u_mm3\":null,\"mesh_mm3\":5.0,\"shift\":0.0,\"u_"
              "shift\":0.0,\"held\":0.0,\"left\":\"no-pure-samples\"}]}");
    free(text);
    json_decref(j);
    char said[LM_PRESERVE_TEXT];
    assert_true(lm_preserve_text(&f, LM_PRESERVE_MOVED, said));
    assert_non_null(strstr(said, "1 of 3 pieces (80 % of the volume) were moved"));
    assert_false(lm_preserve_text(&f, LM_PRESERVE_BEYOND, said));
    assert_true(lm_preserve_text(&f, LM_PRESERVE_UNCERTAIN, said));
    assert_non_null(strstr(said, "1 of 3 pieces (15 % of the volume) stay at the level"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(where_volumes_come_from),
        cmocka_unit_test(what_is_recorded_and_said),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
