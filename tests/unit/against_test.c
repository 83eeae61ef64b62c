/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "measure/against.h"
#include "measure/ledger.h"
#include "measure_shapes.h"
#include "surface/mclabels.h"
#include "surface/mcubes.h"
#include "surface/split.h"
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

/* A solid S of three bars: turned by half a turn it is itself, so its mirror image has the same volume, box and centroid. */
static lm_vol letter(bool blur)
{
    lm_vol v = LM_VOL_INIT;
    if (lm_vol_alloc(&v, (size_t[]){40, 36, 24}, LM_F32, NULL)) fail();
    float *f = v.data;
    for (size_t i = 0; i < lm_vol_count(&v); i++) {
        double x = (double)(i % 40) - 19.5, y = (double)(i / 40 % 36) - 17.5, z = fabs((double)(i / 1440) - 11.5);
        double in = -100;
        double mid = fmin(4 - fabs(x), 14 - fabs(y)), top = fmin(fmin(x + 4, 14 - x), fmin(y - 8, 14 - y)),
               low = fmin(fmin(4 - x, x + 14), fmin(-8 - y, y + 14));
        in = fmax(mid, fmax(top, low));
        in = fmin(in, 7.3 - z);
        f[i] = (float)(blur ? 100 * in : in > 0 ? 100 : -100);
    }
    v.dir[0][0] = 0.7;
    v.dir[1][1] = 0.7;
    v.dir[2][2] = 1.25;
    v.origin[0] = -140;
    v.origin[1] = 30;
    v.origin[2] = 812.5;
    v.iso = 0;
    v.has_iso = true;
    return v;
}

typedef struct {
    lm_vol vol;
    lm_segment_facts facts;
    lm_mesh mesh;
} fixture;

static fixture made_of(lm_vol vol)
{
    fixture x = {.vol = vol, .mesh = LM_MESH_INIT};
    lm_err err = LM_ERR_INIT;
    lm_mcubes_opt opt = LM_MCUBES_OPT_INIT;
    opt.iso = 0;
    if (lm_segment_measure(&x.vol, 1, &x.facts, &err) || lm_mcubes(&x.vol, &opt, &x.mesh, &err)) fail_msg("%s", err.text[0]);
    return x;
}

static fixture made(bool blur)
{
    return made_of(letter(blur));
}

static void unmade(fixture *x)
{
    lm_vol_release(&x->vol);
    lm_mesh_release(&x->mesh);
}

static lm_against_facts last; /* owns what judged gave out, until it is called again */

static int forget(void **state)
{
    (void)state;
    lm_against_release(&last);
    return 0;
}

static lm_against_facts judged_at(const fixture *x, const lm_moved *place, const lm_mesh *mesh, const char *tol)
{
    lm_mass mass = LM_MASS_INIT;
    lm_against_facts out = LM_AGAINST_FACTS_INIT;
    lm_against_opt opt = LM_AGAINST_OPT_INIT;
    lm_err err = LM_ERR_INIT;
    if (tol && lm_verdict_tol(tol, &opt.tol, &err)) fail_msg("%s", err.text[0]);
    lm_against_release(&last);
    if (lm_mass_measure(mesh, &mass, &err) || lm_against_field(&x->vol, &x->facts, place, mesh, &mass, &opt, &out, &err))
        fail_msg("%s", err.text[0]);
    lm_mass_release(&mass);
    last = out;
    return out;
}

static lm_against_facts judged(const fixture *x, const lm_mesh *mesh, const char *tol)
{
    return judged_at(x, NULL, mesh, tol);
}

static const lm_measurement *named(const lm_against_facts *f, const char *name)
{
    for (size_t i = 0; i < f->list.n; i++)
        if (!strcmp(f->list.item[i].name, name)) return &f->list.item[i];
    fail_msg("no measurement '%s'", name);
    return NULL;
}

static void mesh_of_the_field_passes(void **state)
{
    (void)state;
    for (int blur = 0; blur < 2; blur++) {
        fixture x = made(blur);
        lm_against_facts f = judged(&x, &x.mesh, blur ? NULL : "5%"); /* a step field's surface cuts its corners */
        for (size_t i = 0; i < f.list.n; i++)
            if (f.list.item[i].verdict != LM_VERDICT_PASS) fail_msg("%s: %s", f.list.item[i].name, f.list.item[i].note);
        assert_int_equal(f.list.n, 10);
        assert_int_equal(f.overlap.misplaced, 0);
        assert_true(f.overlap.dice == 1 && f.overlap.mesh == x.facts.voxel_count);
        unmade(&x);
    }
}

/* A surface that was moved is compared with its own volume, which is not known exactly, and its own place. */
static void a_moved_surface_has_its_own_reference(void **state)
{
    (void)state;
    fixture x = made(true);
    lm_mass mass = LM_MASS_INIT;
    if (lm_mass_measure(&x.mesh, &mass, NULL)) fail();
    lm_moved place = {.volume_mm3 = mass.volume_mm3, .u_volume_mm3 = 0, .pieces = 2, .moved = 2};
    for (int a = 0; a < 3; a++) {
        place.centroid_mm[a] = mass.centroid_mm[a];
        place.lo_mm[a] = mass.lo_mm[a];
        place.hi_mm[a] = mass.hi_mm[a];
    }
    lm_against_facts f = judged_at(&x, &place, &x.mesh, "0.001%");
    for (size_t i = 0; i < f.list.n; i++) assert_int_equal(f.list.item[i].verdict, LM_VERDICT_PASS);
    assert_string_equal(named(&f, "volume")->reference_is, "two-class partial volume");
    place.u_volume_mm3 = 0.02 * mass.volume_mm3; /* not known well enough for 1 % */
    f = judged_at(&x, &place, &x.mesh, "1%");
    assert_int_equal(named(&f, "volume")->verdict, LM_VERDICT_UNDECIDED);
    place.u_volume_mm3 = 0.001 * mass.volume_mm3;
    place.volume_mm3 *= 1.02; /* the surface at the level, where it should have been moved */
    place.moved = 1;
    f = judged_at(&x, &place, &x.mesh, "1%");
    assert_int_equal(named(&f, "volume")->verdict, LM_VERDICT_FAIL);
    assert_non_null(strstr(named(&f, "volume")->reference_is, "of the rest"));
    place.lo_mm[1] -= 0.6;
    f = judged_at(&x, &place, &x.mesh, "1%");
    assert_int_equal(named(&f, "min-y")->verdict, LM_VERDICT_FAIL);
    lm_mass_release(&mass);
    unmade(&x);
}

/* a*p + s about the middle of the box. */
static lm_against_facts moved(const fixture *x, const double a[3], const double shift[3])
{
    lm_mesh m = LM_MESH_INIT;
    double lo[3], hi[3], s[3];
    if (lm_mesh_copy(&x->mesh, &m, NULL)) fail();
    lm_mesh_box(&m, lo, hi);
    for (int c = 0; c < 3; c++) s[c] = 0.5 * (lo[c] + hi[c]) * (1 - a[c]) + shift[c];
    shape_affine(&m, a, s, true);
    lm_against_facts f = judged(x, &m, NULL);
    lm_mesh_release(&m);
    return f;
}

static void mirrored_mesh_fails_by_overlap_alone(void **state)
{
    (void)state;
    fixture x = made(true);
    for (int axis = 0; axis < 2; axis++) {
        double a[3] = {1, 1, 1}, none[3] = {0, 0, 0};
        a[axis] = -1;
        lm_against_facts f = moved(&x, a, none);
        for (size_t i = 0; i < f.list.n; i++)
            assert_int_equal(f.list.item[i].verdict, strcmp(f.list.item[i].name, "dice") && strcmp(f.list.item[i].name, "misplaced")
                                                         ? LM_VERDICT_PASS
                                                         : LM_VERDICT_FAIL);
        assert_true(f.overlap.dice < 0.9);
    }
    unmade(&x);
}

/* The letter is the same above and below but for a pit of 3 x 3 x 4 voxels, 0.7 % of it: its mirror image is the same by
 * every sum, and one pit is in the wrong place. */
static void nearly_symmetric_body_fails_when_mirrored(void **state)
{
    (void)state;
    double none[3] = {0, 0, 0};
    lm_vol v = letter(true);
    for (size_t k = 15; k < 24; k++)
        for (size_t j = 16; j < 19; j++)
            for (size_t i = 18; i < 21; i++) ((float *)v.data)[(k * 36 + j) * 40 + i] = -100;
    fixture x = made_of(v);
    lm_against_facts f = judged(&x, &x.mesh, "5%");
    assert_int_equal(lm_verdict_overall(f.list.item, f.list.n), LM_VERDICT_PASS);
    f = moved(&x, (double[]){1, 1, -1}, none);
    for (size_t i = 0; i < f.list.n; i++) {
        lm_verdict want = strcmp(f.list.item[i].name, "misplaced") ? LM_VERDICT_PASS : LM_VERDICT_FAIL;
        if (strcmp(f.list.item[i].name, "volume") && f.list.item[i].verdict != want)
            fail_msg("%s: %s", f.list.item[i].name, f.list.item[i].note);
    }
    assert_true(f.overlap.dice > 0.99 && f.overlap.misplaced > 0);
    unmade(&x);
}

static void shifted_turned_and_scaled_meshes_fail(void **state)
{
    (void)state;
    fixture x = made(true);
    double one[3] = {1, 1, 1}, none[3] = {0, 0, 0};
    lm_against_facts f = moved(&x, one, (double[]){0.7, 0, 0});
    assert_int_equal(named(&f, "volume")->verdict, LM_VERDICT_PASS);
    assert_int_equal(named(&f, "centroid-shift")->verdict, LM_VERDICT_FAIL);
    assert_true(fabs(named(&f, "centroid-shift")->value - 0.7) < 0.01);
    assert_int_equal(named(&f, "min-x")->verdict, LM_VERDICT_FAIL);
    assert_int_equal(named(&f, "max-y")->verdict, LM_VERDICT_PASS);
    f = moved(&x, one, (double[]){0, 0, 0.2}); /* below half the smallest edge: allowed, and said */
    assert_int_equal(lm_verdict_overall(f.list.item, f.list.n), LM_VERDICT_PASS);
    f = moved(&x, (double[]){1.01, 1.01, 1.01}, none);
    assert_int_equal(named(&f, "volume")->verdict, LM_VERDICT_FAIL);

    lm_mesh m = LM_MESH_INIT; /* LPS taken for RAS: half a turn about z */
    if (lm_mesh_copy(&x.mesh, &m, NULL)) fail();
    shape_affine(&m, (double[]){-1, -1, 1}, none, true);
    f = judged(&x, &m, NULL);
    assert_int_equal(named(&f, "volume")->verdict, LM_VERDICT_PASS);
    assert_int_equal(named(&f, "dice")->verdict, LM_VERDICT_FAIL);
    assert_int_equal(named(&f, "min-x")->verdict, LM_VERDICT_FAIL);
    assert_true(f.overlap.both == 0);
    m.nt--; /* and open: undecided where there is no number */
    f = judged(&x, &m, NULL);
    assert_int_equal(named(&f, "volume")->verdict, LM_VERDICT_UNDECIDED);
    lm_mesh_release(&m);
    unmade(&x);
}

/* ---- labels ---- */

/* Two blocks of 8 x 6 x 4 and 5 x 6 x 4 samples, wall by wall, as labels 2 and 5. */
static lm_regions blocks(void)
{
    const lm_vol grid = {.n = {30, 20, 12}, .dir = {{1, 0, 0}, {0, 1, 0}, {0, 0, 1.5}}, .origin = {-5, 3, 70}};
    lm_regions r = LM_REGIONS_INIT;
    lm_regions_on(&r, &grid);
    for (uint32_t l = 0; l < 2; l++) {
        lm_region *g = NULL;
        const lm_part part = {.label = l ? 5 : 2};
        if (lm_regions_add(&r, &part, &g, NULL)) fail();
        for (uint64_t k = 4; k < 8; k++)
            for (uint64_t j = 7; j < 13; j++)
                if (lm_regions_run(&r, g, (k * 20 + j) * 30 + (l ? 14 : 6), l ? 5 : 8, NULL)) fail();
    }
    return r;
}

static void labels_are_judged_whole_and_part_by_part(void **state)
{
    (void)state;
    lm_err err = LM_ERR_INIT;
    lm_regions r = blocks(), less = blocks();
    lm_mesh mesh = LM_MESH_INIT, body = LM_MESH_INIT;
    lm_mass mass = LM_MASS_INIT;
    lm_against_opt opt = LM_AGAINST_OPT_INIT;
    lm_against_facts f = LM_AGAINST_FACTS_INIT;
    size_t walls;
    if (lm_verdict_tol("9%", &opt.tol, &err)) fail(); /* small blocks lose their edges and corners */
    if (lm_mclabels(&r, 1, &mesh, &err) || lm_mesh_copy(&mesh, &body, &err) || lm_split_join(&body, &walls, &err)) fail();
    if (lm_mass_measure(&body, &mass, &err)) fail_msg("%s", err.text[0]);
    if (lm_against_labels(&r, &mesh, &body, &mass, false, &opt, &f, &err)) fail_msg("%s", err.text[0]);
    assert_int_equal(f.list.n, 3 * 10);
    assert_int_equal(f.segment.voxel_count, (8 + 5) * 6 * 4);
    for (size_t i = 10; i < f.list.n; i++)
        if (f.list.item[i].verdict != LM_VERDICT_PASS) fail_msg("%s: %s", f.list.item[i].name, f.list.item[i].note);
    assert_int_equal(named(&f, "dice of part 5")->verdict, LM_VERDICT_PASS);
    lm_against_release(&f);
    /* the count of voxels is a reference of its own */
    if (lm_against_labels(&r, &mesh, &body, &mass, true, &opt, &f, &err)) fail_msg("%s", err.text[0]);
    assert_true(named(&f, "volume of part 2")->reference == 8 * 6 * 4 * 1.5);
    lm_against_release(&f);
    /* a part without a label, a label without a part */
    less.item[1].part.label = 9;
    if (lm_against_labels(&less, &mesh, &body, &mass, true, &opt, &f, &err)) fail_msg("%s", err.text[0]);
    assert_int_equal(named(&f, "volume of part 5")->verdict, LM_VERDICT_FAIL);
    assert_true(named(&f, "volume of part 5")->reference == 0);
    assert_int_equal(named(&f, "volume of part 9")->verdict, LM_VERDICT_FAIL);
    assert_true(named(&f, "volume of part 9")->value == 0);
    lm_against_release(&f);
    opt.label = 4;
    assert_int_equal(lm_against_labels(&r, &mesh, &body, &mass, true, &opt, &f, &err), LM_ERULE);
    lm_mass_release(&mass);
    lm_mesh_release(&body);
    lm_mesh_release(&mesh);
    lm_regions_release(&less);
    lm_regions_release(&r);
}

/* ---- records ---- */

static void put(lm_records *r, const char *text)
{
    json_t *j = json_loads(text, 0, NULL);
    assert_non_null(j);
    r->item[r->n++] = j;
}

#define SEG \
    "{\"tool\":\"dcmseg\",\"out\":{\"crc32\":\"0000000a\",\"bytes\":10},\"ledger\":[{\"kind\":\"change\",\"from\":\"voxel_" \
    "count\",\"to\":\"volume_at_level\",\"before_mm3\":100,\"after_mm3\":90}]}"
#define MC \
    "{\"tool\":\"mcubes\",\"in\":{\"crc32\":\"0000000a\",\"bytes\":10},\"out\":{\"crc32\":\"0000000b\",\"bytes\":20},\"ledger\":[" \
    "{\"kind\":\"change\",\"from\":\"volume_at_level\",\"to\":\"mesh\",\"before_mm3\":90,\"after_mm3\":89}]}"
#define FOREIGN \
    "{\"tool\":\"mcubes\",\"in\":{\"crc32\":\"0000000c\",\"bytes\":10},\"out\":{\"crc32\":\"0000000b\",\"bytes\":20},\"ledger\":[" \
    "]}"
#define GAP \
    "{\"tool\":\"meshfix\",\"in\":{\"crc32\":\"0000000b\",\"bytes\":20},\"ledger\":[{\"kind\":\"change\",\"from\":\"mesh\"," \
    "\"to\":\"mesh\",\"before_mm3\":88,\"after_mm3\":88}]}"
#define WALL \
    "{\"tool\":\"meshshell\",\"in\":{\"crc32\":\"0000000b\",\"bytes\":20},\"ledger\":[{\"kind\":\"intended\",\"from\":\"mesh\"," \
    "\"to\":\"mesh\",\"before_mm3\":89,\"after_mm3\":100}]}"

static lm_records records(bool belong, const char *a, const char *b, const char *c)
{
    lm_records r = LM_RECORDS_INIT;
    if (a) put(&r, a);
    if (b) put(&r, b);
    if (c) put(&r, c);
    r.belong = belong;
    return r;
}

static void missing_and_foreign_records_are_an_error(void **state)
{
    (void)state;
    lm_records t[] = {records(false, NULL, NULL, NULL), records(false, SEG, MC, NULL), records(true, MC, NULL, NULL),
                      records(true, SEG, FOREIGN, NULL), records(true, "{\"tool\":\"dcmseg\"}", MC, NULL)};
    const json_t *seg = NULL;
    lm_err err = LM_ERR_INIT;
    for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
        assert_int_equal(lm_against_record(&t[i], &seg, &err), LM_ERULE);
        assert_non_null(strstr(err.text[0], "records are missing or do not belong to this mesh"));
        lm_record_release(&t[i]);
    }
    lm_records good = records(true, SEG, MC, NULL);
    assert_int_equal(lm_against_record(&good, &seg, &err), LM_OK);
    assert_ptr_equal(seg, good.item[0]);
    /* a record that does not say how it segmented cannot be replayed */
    lm_replay_opt opt = {.threads = 1};
    lm_replay again = LM_REPLAY_INIT;
    assert_int_equal(lm_replay_run(NULL, 0, seg, &opt, &again, &err), LM_ERULE);
    lm_record_release(&good);
}

static void ledger_closes_or_says_where_not(void **state)
{
    (void)state;
    lm_err err = LM_ERR_INIT;
    lm_measurement m;
    lm_records good = records(true, SEG, MC, NULL), gap = records(true, SEG, MC, GAP), wall = records(true, SEG, MC, WALL),
               names = records(true, MC, SEG, NULL);
    json_t *l = lm_ledger_collect(&good, &err);
    assert_int_equal(json_array_size(l), 2);
    assert_string_equal(json_string_value(json_object_get(json_array_get(l, 1), "stage")), "mcubes");
    lm_ledger_check(l, 89, &m);
    assert_int_equal(m.verdict, LM_VERDICT_PASS);
    lm_ledger_check(l, 89.001, &m);
    assert_int_equal(m.verdict, LM_VERDICT_FAIL);
    json_decref(l);
    l = lm_ledger_collect(&gap, &err);
    lm_ledger_check(l, 88, &m);
    assert_int_equal(m.verdict, LM_VERDICT_FAIL);
    assert_non_null(strstr(m.note, "mcubes leaves a gap of 1 mm3"));
    json_decref(l);
    l = lm_ledger_collect(&names, &err);
    lm_ledger_check(l, 90, &m);
    assert_int_equal(m.verdict, LM_VERDICT_FAIL);
    json_decref(l);
    l = json_array();
    lm_ledger_check(l, 5, &m);
    assert_int_equal(m.verdict, LM_VERDICT_UNDECIDED);
    json_decref(l);
    lm_mass mass = LM_MASS_INIT;
    lm_mesh mesh = LM_MESH_INIT;
    lm_against_opt opt = LM_AGAINST_OPT_INIT;
    lm_against_facts out = LM_AGAINST_FACTS_INIT;
    assert_int_equal(lm_against(NULL, 0, &wall, &mesh, &mesh, &mass, &opt, &out, &err), LM_ERULE);
    assert_non_null(strstr(err.text[0], "meshshell changed the mesh on purpose"));
    lm_record_release(&good);
    lm_record_release(&gap);
    lm_record_release(&wall);
    lm_record_release(&names);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(mesh_of_the_field_passes),
        cmocka_unit_test(a_moved_surface_has_its_own_reference),
        cmocka_unit_test(mirrored_mesh_fails_by_overlap_alone),
        cmocka_unit_test(nearly_symmetric_body_fails_when_mirrored),
        cmocka_unit_test(shifted_turned_and_scaled_meshes_fail),
        cmocka_unit_test(labels_are_judged_whole_and_part_by_part),
        cmocka_unit_test(missing_and_foreign_records_are_an_error),
        cmocka_unit_test(ledger_closes_or_says_where_not),
    };
    return cmocka_run_group_tests(tests, NULL, forget);
}
