/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "surface/split.h"
#include "surface/audit_parts.h"
#include "tests/unit/cells.h"
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

static lm_mesh mesh, part;
static lm_split split;
static lm_err err;
static const lm_audit_opt opt = LM_AUDIT_OPT_INIT;

/* Box 1 of 2 mm^3 beside box 2 of 1 mm^3. */
static void boxes(void)
{
    cells_mesh(&mesh, (int[]){3, 1, 1}, (uint8_t[]){1, 1, 2});
}

/* Part 7 is the cell in the middle of part 3: all its triangles are walls. */
static void nested(void)
{
    uint8_t cell[27];
    memset(cell, 3, sizeof cell);
    cell[13] = 7;
    cells_mesh(&mesh, (int[]){3, 3, 3}, cell);
}

static void each_part_is_closed(void **state)
{
    (void)state;
    lm_audit a;
    for (int which = 0; which < 2; which++) {
        which ? nested() : boxes();
        assert_int_equal(lm_mesh_validate(&mesh, &err), LM_OK);
        assert_int_equal(lm_split_make(&mesh, &split, &err), LM_OK);
        assert_int_equal(split.n, 2);
        for (size_t i = 0; i < 2; i++) {
            uint32_t *vertex = NULL;
            assert_int_equal(lm_split_part(&mesh, &split, i, NULL, &part, &vertex, &err), LM_OK);
            for (size_t v = 0; v < part.nv; v++) assert_memory_equal(part.pos + 3 * v, mesh.pos + 3 * vertex[v], 12);
            for (size_t v = 1; v < part.nv; v++) assert_true(vertex[v - 1] < vertex[v]);
            free(vertex);
            assert_null(part.label);
            assert_int_equal(lm_audit_run(&part, &opt, &a, &err), LM_OK);
            assert_true(a.valid);
            double mm3 = which ? i ? 1 : 26 : i ? 1 : 2, mm2 = which ? i ? 6 : 60 : i ? 6 : 10;
            assert_true(fabs(a.volume_mm3 - mm3) < 1e-12 && fabs(a.area_mm2 - mm2) < 1e-12);
            assert_int_equal(a.cavities, which && !i);
        }
        assert_int_equal(split.label[0], which ? 3 : 1);
        assert_int_equal(split.label[1], which ? 7 : 2);
        lm_split_release(&split);
    }
}

static void a_mesh_without_labels_is_one_part(void **state)
{
    (void)state;
    boxes();
    size_t walls;
    assert_int_equal(lm_split_join(&mesh, &walls, &err), LM_OK);
    assert_int_equal(walls, 2);
    assert_true(!mesh.label && !mesh.label_back);
    assert_int_equal(mesh.nt, 28);
    assert_true(fabs(lm_mesh_volume(&mesh) - 3) < 1e-12 && fabs(lm_mesh_area(&mesh) - 14) < 1e-12);
    assert_int_equal(lm_split_make(&mesh, &split, &err), LM_OK);
    assert_true(split.n == 1 && split.label[0] == 1);
    assert_int_equal(lm_split_part(&mesh, &split, 0, NULL, &part, NULL, &err), LM_OK);
    assert_true(part.nt == mesh.nt && part.nv == mesh.nv);
    assert_memory_equal(part.tri, mesh.tri, 12 * mesh.nt);
    lm_split_release(&split);
    nested();
    size_t nv = mesh.nv;
    assert_int_equal(lm_split_join(&mesh, &walls, &err), LM_OK);
    assert_true(walls == 12 && mesh.nv == nv - 8 && fabs(lm_mesh_volume(&mesh) - 27) < 1e-12);
}

static void walls_stand_twice_when_expanded(void **state)
{
    (void)state;
    boxes();
    assert_int_equal(lm_split_expand(&mesh, &part, &err), LM_OK);
    assert_true(part.nt == mesh.nt + 2 && part.nv == mesh.nv + 4 && !part.label);
    assert_true(fabs(lm_mesh_volume(&part) - 3) < 1e-12 && fabs(lm_mesh_area(&part) - 16) < 1e-12);
}

static void labels_must_make_sense(void **state)
{
    (void)state;
    boxes();
    mesh.label[5] = 0;
    assert_int_equal(lm_mesh_validate(&mesh, &err), LM_ERULE);
    assert_non_null(strstr(err.text[0], "triangle 5 has label 0"));
    boxes();
    mesh.label_back[0] = mesh.label[0];
    assert_int_equal(lm_mesh_validate(&mesh, &err), LM_ERULE);
    free(mesh.label);
    mesh.label = NULL;
    assert_int_equal(lm_mesh_validate(&mesh, &err), LM_ERULE);
}

static void judged_part_by_part(void **state)
{
    (void)state;
    lm_audit_parts a = LM_AUDIT_PARTS_INIT;
    lm_audit whole;
    char line[400];
    nested();
    mesh.quality = calloc(mesh.nv, sizeof *mesh.quality);
    assert_int_equal(lm_audit_parts_run(&mesh, &opt, &a, &err), LM_OK);
    assert_true(a.n == 2 && a.all.valid && a.part[0].valid && a.part[1].valid);
    assert_true(a.all.triangles == mesh.nt && a.all.vertices == mesh.nv && fabs(a.all.volume_mm3 - 27) < 1e-12);
    assert_true(a.all.components == 3 && a.all.cavities == 1 && a.all.lo[0] == 0 && a.all.hi[2] == 3 && a.all.unreferenced == 0);
    boxes();
    assert_int_equal(lm_audit_run(&mesh, &opt, &whole, &err), LM_OK);
    assert_false(whole.valid); /* as one mesh the wall is a fault */
    size_t last = mesh.nt - 1;
    uint32_t t[3];
    memcpy(t, mesh.tri + 3 * last, sizeof t);
    memset(mesh.tri + 3 * last, 0, sizeof t); /* names vertex 0 three times */
    lm_part two = {.label = 2, .name = "graft"};
    assert_int_equal(lm_parts_add(&mesh.parts, &two, &err), LM_OK);
    assert_int_equal(lm_audit_parts_run(&mesh, &opt, &a, &err), LM_OK);
    assert_true(!a.all.valid && a.part[0].valid && !a.part[1].valid);
    assert_int_equal(a.all.first[LM_FAULT_DEGENERATE], last); /* in the numbers of the whole */
    lm_audit_parts_line(&a, &mesh.parts, line, sizeof line);
    assert_non_null(strstr(line, "part 2 (graft): "));
    memcpy(mesh.tri + 3 * last, t, sizeof t);
    size_t wall = 0;
    while (!mesh.label_back[wall]) wall++;
    memmove(mesh.tri + 3 * wall, mesh.tri + 3 * wall + 3, 12 * (mesh.nt - wall - 1)); /* a hole in the wall is one in both */
    memmove(mesh.label + wall, mesh.label + wall + 1, 4 * (mesh.nt - wall - 1));
    memmove(mesh.label_back + wall, mesh.label_back + wall + 1, 4 * (mesh.nt - wall - 1));
    mesh.nt--;
    assert_int_equal(lm_audit_parts_run(&mesh, &opt, &a, &err), LM_OK);
    assert_int_equal(a.all.count[LM_FAULT_OPEN_EDGE], 6);
    lm_audit_parts_line(&a, &mesh.parts, line, sizeof line);
    assert_non_null(strstr(line, "part 1 (part-1): 3 open edges; and 1 more"));
    lm_audit_parts_release(&a);
}

/* Many parts cost what one costs: cells of a checkerboard, a part each. */
static void many_parts(void **state)
{
    (void)state;
    enum { N = 100 };
    lm_audit_parts a = LM_AUDIT_PARTS_INIT;
    lm_mesh all = LM_MESH_INIT;
    uint8_t one = 1;
    cells_mesh(&part, (int[]){1, 1, 1}, &one);
    assert_int_equal(lm_mesh_alloc(&all, 8 * N * N, 12 * N * N, &err), LM_OK);
    all.label = malloc(12 * N * N * sizeof *all.label);
    for (uint32_t i = 0; i < N * N; i++) {
        for (uint32_t v = 0; v < 24; v++) all.pos[24 * i + v] = part.pos[v] + (v % 3 == 0 ? 2.0f * (float)i : 0);
        for (uint32_t k = 0; k < 36; k++) all.tri[36 * i + k] = 8 * i + part.tri[k];
        for (uint32_t k = 0; k < 12; k++) all.label[12 * i + k] = N * N - i;
    }
    assert_int_equal(lm_audit_parts_run(&all, &opt, &a, &err), LM_OK);
    assert_true(a.n == N * N && a.all.valid && fabs(a.all.volume_mm3 - N * N) < 1e-9);
    lm_audit_parts_release(&a);
    lm_mesh_release(&all);
}

static int done(void **state)
{
    (void)state;
    lm_mesh_release(&mesh);
    lm_mesh_release(&part);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_part_is_closed),
        cmocka_unit_test(a_mesh_without_labels_is_one_part),
        cmocka_unit_test(walls_stand_twice_when_expanded),
        cmocka_unit_test(labels_must_make_sense),
        cmocka_unit_test(judged_part_by_part),
        cmocka_unit_test(many_parts),
    };
    return cmocka_run_group_tests(tests, NULL, done);
}
