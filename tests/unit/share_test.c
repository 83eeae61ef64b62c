/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "surface/share.h"
#include "surface/audit_parts.h"
#include "surface/split.h"
#include "tests/unit/cells.h"
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

static lm_mesh mesh, apart;
static lm_err err;
static size_t walls;

/* Each part of `mesh` with its own vertices, as files have it that know no walls. */
static void take_apart(void)
{
    lm_split s = LM_SPLIT_INIT;
    assert_int_equal(lm_split_make(&mesh, &s, &err), LM_OK);
    assert_int_equal(lm_split_expand(&mesh, &apart, &err), LM_OK);
    apart.label = malloc(apart.nt * sizeof *apart.label);
    for (size_t i = 0; i < s.n; i++)
        for (size_t k = s.at[i]; k < s.at[i + 1]; k++) apart.label[k] = s.label[i];
    lm_split_release(&s);
}

static void walls_are_found_again(void **state)
{
    (void)state;
    lm_audit_parts was = LM_AUDIT_PARTS_INIT, is = LM_AUDIT_PARTS_INIT;
    const lm_audit_opt opt = LM_AUDIT_OPT_INIT;
    uint8_t cell[27];
    for (size_t which = 0; which < 3; which++) {
        memset(cell, 3, sizeof cell);
        if (which) cell[13] = 7;                                    /* nested: all walls */
        for (size_t i = 18; which == 2 && i < 27; i++) cell[i] = 5; /* a third on top of both */
        cells_mesh(&mesh, (int[]){3, 3, 3}, cell);
        size_t want = 0;
        for (size_t t = 0; t < mesh.nt; t++) want += mesh.label_back[t] != 0;
        take_apart();
        assert_int_equal(apart.nt, mesh.nt + want);
        assert_int_equal(lm_share_run(&apart, &walls, &err), LM_OK);
        assert_int_equal(walls, want);
        assert_true(apart.nt == mesh.nt && apart.nv == mesh.nv && !apart.label_back == !want);
        assert_int_equal(lm_mesh_validate(&apart, &err), LM_OK);
        assert_int_equal(lm_audit_parts_run(&mesh, &opt, &was, &err), LM_OK);
        assert_int_equal(lm_audit_parts_run(&apart, &opt, &is, &err), LM_OK);
        assert_true(is.all.valid && is.n == was.n);
        for (size_t i = 0; i < is.n; i++) assert_true(fabs(is.part[i].volume_mm3 - was.part[i].volume_mm3) < 1e-12);
        assert_int_equal(lm_share_run(&apart, &walls, &err), LM_OK); /* nothing more to find */
        assert_int_equal(walls, 0);
    }
    lm_audit_parts_release(&was);
    lm_audit_parts_release(&is);
}

/* Two cells side by side, each with its own vertices: triangles 0..11 and 12..23, vertices 0..7 and 8..15. */
static void two(void)
{
    cells_mesh(&mesh, (int[]){2, 1, 1}, (uint8_t[]){1, 2});
    take_apart();
    assert_int_equal(apart.nt, 24);
}

static void what_is_left_alone(void **state)
{
    (void)state;
    two();
    lm_mesh before = LM_MESH_INIT;
    for (size_t t = 12; t < 24; t++) apart.label[t] = 1; /* both sides of one part: no wall between parts */
    assert_int_equal(lm_mesh_copy(&apart, &before, &err), LM_OK);
    assert_int_equal(lm_share_run(&apart, &walls, &err), LM_OK);
    assert_true(walls == 0 && apart.nv == 16 && !apart.label_back);
    assert_memory_equal(apart.tri, before.tri, 12 * apart.nt);
    two();
    for (size_t v = 8; v < 16; v++)
        if (apart.pos[3 * v] == 1) apart.pos[3 * v] = nextafterf(1, 2); /* a gap of one unit in the last place */
    assert_int_equal(lm_share_run(&apart, &walls, &err), LM_OK);
    assert_true(walls == 0 && apart.nv == 16);
    two();
    for (size_t t = 12; t < 24; t++) { /* turned: it faces the same way */
        uint32_t x = apart.tri[3 * t];
        apart.tri[3 * t] = apart.tri[3 * t + 1];
        apart.tri[3 * t + 1] = x;
    }
    assert_int_equal(lm_share_run(&apart, &walls, &err), LM_OK);
    assert_int_equal(walls, 0);
    two(); /* a third part at the same place: nobody can say which two belong together */
    apart.tri = realloc(apart.tri, 36 * 12);
    apart.label = realloc(apart.label, 36 * 4);
    memcpy(apart.tri + 72, apart.tri + 36, 12 * 12);
    for (size_t t = 24; t < 36; t++) apart.label[t] = 3;
    apart.nt = 36;
    assert_int_equal(lm_share_run(&apart, &walls, &err), LM_OK);
    assert_int_equal(walls, 0);
    lm_mesh_release(&before);
}

/* A part with two vertices at one position keeps both: joining them would change the part. */
static void doubled_vertices_stay(void **state)
{
    (void)state;
    two();
    size_t corner = 8;
    while (apart.pos[3 * corner] != 1) corner++;
    apart.pos = realloc(apart.pos, 12 * 17);
    memcpy(apart.pos + 48, apart.pos + 3 * corner, 12);
    apart.nv = 17;
    for (size_t i = 36;; i++)
        if (apart.tri[i] == corner) {
            apart.tri[i] = 16;
            break;
        }
    assert_int_equal(lm_share_run(&apart, &walls, &err), LM_OK);
    assert_true(walls < 2); /* of two, those that have that corner stay apart */
    lm_split s = LM_SPLIT_INIT;
    lm_mesh part = LM_MESH_INIT;
    assert_int_equal(lm_split_make(&apart, &s, &err), LM_OK);
    assert_int_equal(lm_split_part(&apart, &s, 1, NULL, &part, NULL, &err), LM_OK);
    assert_true(part.nv == 9 && part.nt == 12);
    lm_mesh_release(&part);
    lm_split_release(&s);
}

static void patches_are_no_bodies(void **state)
{
    (void)state;
    bool yes;
    two();
    assert_int_equal(lm_share_patches(&apart, &yes, &err), LM_OK);
    assert_false(yes);
    for (size_t t = 0; t < 12; t++) apart.label[t] = t < 5 ? 1 : 4; /* the first box in two patches */
    assert_int_equal(lm_share_patches(&apart, &yes, &err), LM_OK);
    assert_true(yes);
    two();
    apart.nt--; /* one box with a hole: a body that needs repair */
    assert_int_equal(lm_share_patches(&apart, &yes, &err), LM_OK);
    assert_false(yes);
    cells_mesh(&mesh, (int[]){2, 1, 1}, (uint8_t[]){1, 2});
    assert_int_equal(lm_share_patches(&mesh, &yes, &err), LM_OK); /* with label_back it is said */
    assert_false(yes);
}

static int done(void **state)
{
    (void)state;
    lm_mesh_release(&mesh);
    lm_mesh_release(&apart);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(walls_are_found_again),
        cmocka_unit_test(what_is_left_alone),
        cmocka_unit_test(doubled_vertices_stay),
        cmocka_unit_test(patches_are_no_bodies),
    };
    return cmocka_run_group_tests(tests, NULL, done);
}
