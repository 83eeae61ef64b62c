/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "repair/repair_parts.h"
#include "repair/walls.h"
#include "surface/split.h"
#include "tests/unit/cells.h"
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

static lm_mesh mesh, copy;
static lm_err err;
static lm_audit_parts before, after;
static lm_repair_parts repair;
static const lm_audit_opt aopt = LM_AUDIT_OPT_INIT;

static void drop(size_t t)
{
    size_t more = --mesh.nt - t;
    memmove(mesh.tri + 3 * t, mesh.tri + 3 * t + 3, 12 * more);
    memmove(mesh.label + t, mesh.label + t + 1, 4 * more);
    memmove(mesh.label_back + t, mesh.label_back + t + 1, 4 * more);
}

static size_t walls(const lm_mesh *m)
{
    size_t n = 0;
    for (size_t t = 0; m->label_back && t < m->nt; t++) n += m->label_back[t] != 0;
    return n;
}

static size_t some(bool wall, uint32_t label)
{
    size_t t = 0;
    while ((mesh.label_back[t] != 0) != wall || mesh.label[t] != label) t++;
    return t;
}

static void run(lm_repair_opt opt)
{
    lm_repair_parts_release(&repair);
    assert_int_equal(lm_mesh_copy(&mesh, &copy, &err), LM_OK);
    assert_int_equal(lm_audit_parts_run(&mesh, &aopt, &before, &err), LM_OK);
    if (lm_repair_parts_run(&mesh, &before, &opt, &repair, &err)) fail_msg("%s", err.text[0]);
    assert_int_equal(lm_mesh_validate(&mesh, &err), LM_OK);
    assert_int_equal(lm_audit_parts_run(&mesh, &aopt, &after, &err), LM_OK);
}

static const lm_repair_opt plain = LM_REPAIR_OPT_INIT;

static void valid_parts_keep_their_bytes(void **state)
{
    (void)state;
    cells_mesh(&mesh, (int[]){3, 2, 2}, (uint8_t[]){1, 1, 2, 1, 1, 2, 3, 3, 3, 0, 3, 3});
    run(plain);
    assert_false(repair.touched);
    assert_true(after.all.valid && mesh.nt == copy.nt && repair.walls.lost == 0);
    assert_memory_equal(mesh.tri, copy.tri, 12 * mesh.nt);
    assert_memory_equal(mesh.label_back, copy.label_back, 4 * mesh.nt);
}

/* A facet is missing anywhere, outside or in a wall: it comes back, in both parts where it was a wall; names stay. */
static void holes_are_filled_and_walls_stay_shared(void **state)
{
    (void)state;
    for (size_t t = 0;; t++) {
        cells_mesh(&mesh, (int[]){3, 1, 1}, (uint8_t[]){1, 1, 2});
        if (t == mesh.nt) break;
        lm_part p = {.label = 2, .name = "graft"};
        assert_int_equal(lm_parts_add(&mesh.parts, &p, &err), LM_OK);
        bool wall = mesh.label_back[t] != 0;
        drop(t);
        run(plain);
        assert_true(repair.touched && after.all.valid && !repair.walls.lost);
        assert_int_equal(walls(&mesh), 2);
        assert_int_equal(repair.step[LM_REPAIR_HOLES].count, wall ? 2 : 1);
        assert_true(fabs(after.part[0].volume_mm3 - 2) < 1e-9 && fabs(after.part[1].volume_mm3 - 1) < 1e-9);
        assert_string_equal(mesh.parts.item[0].name, "graft");
        run(plain); /* twice is as once */
        assert_false(repair.touched);
    }
}

/* The wall is missing altogether: both parts are closed with the same facets, or it is said that they are not. */
static void a_missing_wall(void **state)
{
    (void)state;
    cells_mesh(&mesh, (int[]){2, 1, 1}, (uint8_t[]){1, 2});
    while (walls(&mesh)) drop(some(true, 1));
    run(plain);
    assert_true(after.all.valid && (repair.walls.lost > 0) != (walls(&mesh) == 2));
}

/* Copies of the vertices of an edge where part 1 and part 2 each touch themselves are moved into either: a gap between. */
static void walls_that_cannot_be_kept_are_named(void **state)
{
    (void)state;
    cells_mesh(&mesh, (int[]){2, 2, 1}, (uint8_t[]){1, 2, 2, 1});
    run(plain);
    assert_int_equal(before.all.count[LM_FAULT_NONMANIFOLD_EDGE], 2);
    assert_true(after.all.valid && repair.touched);
    assert_true(repair.walls.walls == 8 && repair.walls.lost > 0);
    assert_true(repair.walls.between[0] == 1 && repair.walls.between[1] == 2);
}

static void shells_go_on_request_with_their_walls(void **state)
{
    (void)state;
    cells_mesh(&mesh, (int[]){5, 1, 1}, (uint8_t[]){1, 1, 2, 2, 1});
    run((lm_repair_opt){.keep = {.most = 1}}); /* the largest shell of each part */
    assert_true(repair.touched && after.all.valid && after.n == 2 && !repair.walls.lost);
    assert_true(fabs(after.part[0].volume_mm3 - 2) < 1e-9 && walls(&mesh) == 2);
    cells_mesh(&mesh, (int[]){3, 1, 1}, (uint8_t[]){1, 1, 2});
    run((lm_repair_opt){.keep = {.min_mm3 = 1.5}}); /* part 2 is too small: its wall becomes a side of part 1 */
    assert_true(after.n == 1 && after.all.valid && walls(&mesh) == 0 && fabs(after.all.volume_mm3 - 2) < 1e-9);
}

/* What the check of walls sees, one change at a time. */
static void the_check_of_walls(void **state)
{
    (void)state;
    lm_walls w;
    for (int how = 0; how < 6; how++) {
        cells_mesh(&mesh, (int[]){2, 1, 1}, (uint8_t[]){1, 2});
        size_t a = some(true, 1);
        if (how == 1) drop(some(true, 1)); /* a hole before: nothing is lost with it when it comes back as a wall */
        assert_int_equal(lm_mesh_copy(&mesh, &copy, &err), LM_OK);
        if (how == 1) cells_mesh(&mesh, (int[]){2, 1, 1}, (uint8_t[]){1, 2});
        if (how == 2) mesh.label_back[a] = 0;                                                       /* no longer of part 2 */
        if (how == 3) mesh.pos[3 * mesh.tri[3 * a]] = nextafterf(mesh.pos[3 * mesh.tri[3 * a]], 9); /* moved */
        if (how == 4) drop(a);
        for (size_t t = mesh.nt; how == 5 && t-- > 0;) { /* part 2 is gone, and part 1 has the wall for itself */
            if (mesh.label[t] == 2) drop(t);
            else mesh.label_back[t] = 0;
        }
        assert_int_equal(lm_walls_check(&copy, &mesh, &w, &err), LM_OK);
        assert_int_equal(w.walls, how == 1 ? 1 : 2);
        assert_int_equal(w.lost > 0, how >= 2 && how <= 4);
    }
    /* a hole in the wall that each part fills its own way: vertices 0, 1, 2, 3 around it */
    cells_mesh(&mesh, (int[]){2, 1, 1}, (uint8_t[]){1, 2});
    size_t a = some(true, 1), b = a + 1;
    while (!mesh.label_back[b]) b++;
    uint32_t quad[4] = {mesh.tri[3 * a], mesh.tri[3 * a + 1], mesh.tri[3 * a + 2], mesh.tri[3 * b + 2]};
    for (int k = 0; k < 3; k++)
        if (quad[3] == quad[0] || quad[3] == quad[2]) quad[3] = mesh.tri[3 * b + (size_t)k];
    drop(b);
    drop(a);
    assert_int_equal(lm_mesh_copy(&mesh, &copy, &err), LM_OK);
    mesh.tri = realloc(mesh.tri, 12 * (mesh.nt + 4));
    mesh.label = realloc(mesh.label, 4 * (mesh.nt + 4));
    mesh.label_back = realloc(mesh.label_back, 4 * (mesh.nt + 4));
    const int v[4][3] = {{0, 1, 2}, {0, 2, 3}, {1, 0, 3}, {1, 3, 2}};
    for (size_t i = 0; i < 4; i++, mesh.nt++) {
        for (size_t k = 0; k < 3; k++) mesh.tri[3 * mesh.nt + k] = quad[v[i][k]];
        mesh.label[mesh.nt] = i < 2 ? 1 : 2;
        mesh.label_back[mesh.nt] = 0;
    }
    assert_int_equal(lm_walls_check(&copy, &mesh, &w, &err), LM_OK);
    assert_true(w.lost == 4 && w.between[0] == 1 && w.between[1] == 2);
}

static int done(void **state)
{
    (void)state;
    lm_mesh_release(&mesh);
    lm_mesh_release(&copy);
    lm_audit_parts_release(&before);
    lm_audit_parts_release(&after);
    lm_repair_parts_release(&repair);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(valid_parts_keep_their_bytes),
        cmocka_unit_test(holes_are_filled_and_walls_stay_shared),
        cmocka_unit_test(a_missing_wall),
        cmocka_unit_test(walls_that_cannot_be_kept_are_named),
        cmocka_unit_test(shells_go_on_request_with_their_walls),
        cmocka_unit_test(the_check_of_walls),
    };
    return cmocka_run_group_tests(tests, NULL, done);
}
