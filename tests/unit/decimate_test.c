/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Decimation: what must stay (validity, components, genus, volume, walls) on shapes where that is known. */
#include "repair/decimate.h"
#include "surface/audit_parts.h"
#include "surface/relax.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include "tests/unit/cells.h"
#include "tests/unit/parts_ball.h"
#include "tests/unit/shapes.h"

static lm_err err;

static lm_audit_parts look(const lm_mesh *m)
{
    lm_audit_parts a = LM_AUDIT_PARTS_INIT;
    assert_int_equal(lm_audit_parts_run(m, &(lm_audit_opt){.threads = 2}, &a, &err), LM_OK);
    return a;
}

/* Decimate `mesh`: valid, with the components, genus and volume it had, to a part of 1e-6; the same for one thread and for three.
 */
static lm_decimate thin(size_t triangles)
{
    lm_mesh was = LM_MESH_INIT, once;
    lm_decimate d, again;
    char line[300];
    lm_audit_parts before = look(&mesh), after;
    assert_true(before.all.valid);
    assert_int_equal(lm_mesh_copy(&mesh, &was, &err), LM_OK);
    assert_int_equal(lm_decimate_run(&mesh, &(lm_decimate_opt){.triangles = triangles, .threads = 3}, &d, &err), LM_OK);
    once = mesh;
    mesh = was;
    assert_int_equal(lm_decimate_run(&mesh, &(lm_decimate_opt){.triangles = triangles, .threads = 1}, &again, &err), LM_OK);
    assert_int_equal(once.nt, mesh.nt);
    assert_int_equal(once.nv, mesh.nv);
    assert_memory_equal(once.tri, mesh.tri, 12 * mesh.nt);
    assert_memory_equal(once.pos, mesh.pos, 12 * mesh.nv);
    lm_mesh_release(&once);
    after = look(&mesh);
    lm_audit_parts_line(&after, &mesh.parts, line, sizeof line);
    print_message("%zu of %zu triangles for %zu: %s, volume %+.2e\n", d.after, d.before, triangles, line,
                  after.all.volume_mm3 / before.all.volume_mm3 - 1);
    assert_true(after.all.valid);
    assert_int_equal(after.n, before.n);
    for (size_t i = 0; i < after.n; i++) {
        assert_int_equal(after.part[i].components, before.part[i].components);
        assert_int_equal(after.part[i].genus, before.part[i].genus);
        assert_int_equal(after.part[i].cavities, before.part[i].cavities);
        if (!mesh.label) assert_true(fabs(after.part[i].volume_mm3 / before.part[i].volume_mm3 - 1) < 1e-6);
    }
    assert_int_equal(after.all.unreferenced, 0);
    assert_int_equal(d.after, mesh.nt);
    lm_audit_parts_release(&before);
    lm_audit_parts_release(&after);
    return d;
}

static void a_torus_keeps_genus_and_volume(void **state)
{
    (void)state;
    tube(60, 30, false, true);
    lm_decimate d = thin(720);
    assert_true(d.after <= 720 && d.after >= 718);
    d = thin(100);
    assert_true(d.after <= 100);
    d = thin(4); /* the smallest torus has 14 */
    assert_true(d.after >= 14 && d.after < 60);
    lm_mesh_release(&mesh);
}

/* Boxes of all sizes, inside each other and alone: none may go, none may change sides. */
static void no_component_goes(void **state)
{
    (void)state;
    for (int i = 0; i < 40; i++) box((float)(10 * i), 0, 0, (float)(1 + i % 5), false);
    tube(45, 20, false, true);
    for (int i = 0; i < 12; i++) { /* specks right on the inside and the outside of the torus */
        float a = (float)(2 * M_PI * i / 12), r = i % 2 ? 4.01F : 3.9F;
        box(r * cosf(a), r * sinf(a), 0, 0.005F, i % 2 == 0);
    }
    lm_decimate d = thin(0);
    assert_true(d.after >= 4 * 52 + 14 && d.after <= 4 * 52 + 60);
    lm_mesh_release(&mesh);
}

/* What is flat needs no more than its corners. */
static void a_box_of_squares_becomes_a_box(void **state)
{
    (void)state;
    static uint8_t cell[20 * 10 * 8];
    memset(cell, 1, sizeof cell);
    cells_mesh(&mesh, (int[]){20, 10, 8}, cell);
    free(mesh.label);
    free(mesh.label_back);
    mesh.label = mesh.label_back = NULL;
    lm_decimate d = thin(12);
    assert_int_equal(d.after, 12);
    assert_true(fabs(lm_mesh_volume(&mesh) - 1600) < 1e-3);
    assert_true(fabs(lm_mesh_area(&mesh) - 880) < 1e-3);
    lm_mesh_release(&mesh);
}

/* Two bent sheets a hair apart: whatever is drawn together may not go through the other. */
static void sheets_close_together_stay_apart(void **state)
{
    (void)state;
    const int n = 30;
    for (int s = 0; s < 2; s++) {
        uint32_t at = (uint32_t)mesh.nv;
        for (int f = 0; f < 2; f++)
            for (int i = 0; i < n; i++)
                for (int j = 0; j < n; j++) {
                    double x = 0.1 * i, y = 0.1 * j;
                    vert((float)x, (float)y, (float)(sin(3 * x) * cos(2 * y) + 0.08 * s + 0.04 * f));
                }
        for (int i = 0; i + 1 < n; i++)
            for (int j = 0; j + 1 < n; j++) {
                uint32_t v = at + (uint32_t)(i * n + j), w = v + (uint32_t)(n * n), m = (uint32_t)n;
                quad(w, w + m, w + m + 1, w + 1);
                quad(v, v + 1, v + m + 1, v + m);
            }
        for (int i = 0; i + 1 < n; i++) {
            uint32_t m = (uint32_t)n, top = m * m,
                     e[4][2] = {{at + (uint32_t)i * m, at + (uint32_t)(i + 1) * m},
                                {at + m * (m - 1) + (uint32_t)i, at + m * (m - 1) + (uint32_t)i + 1},
                                {at + (uint32_t)(i + 1) * m + m - 1, at + (uint32_t)i * m + m - 1},
                                {at + (uint32_t)i + 1, at + (uint32_t)i}};
            for (int k = 0; k < 4; k++) quad(e[k][0], e[k][1], e[k][1] + top, e[k][0] + top);
        }
    }
    lm_decimate d = thin(3000);
    assert_true(d.after <= 3000);
    lm_mesh_release(&mesh);
}

static double wall_area(const lm_mesh *m, uint32_t a, uint32_t b)
{
    double sum = 0;
    for (size_t t = 0; t < m->nt; t++) {
        const float *p[3];
        double n[3], u[3], v[3];
        if (m->label[t] != a || m->label_back[t] != b) continue;
        for (size_t i = 0; i < 3; i++) p[i] = m->pos + 3 * (size_t)m->tri[3 * t + i];
        for (int k = 0; k < 3; k++) u[k] = p[1][k] - p[0][k], v[k] = p[2][k] - p[0][k];
        for (int k = 0; k < 3; k++) n[k] = u[(k + 1) % 3] * v[(k + 2) % 3] - u[(k + 2) % 3] * v[(k + 1) % 3];
        sum += 0.5 * sqrt(n[0] * n[0] + n[1] * n[1] + n[2] * n[2]);
    }
    return sum;
}

/* Four boxes of squares, grown together: walls stay where they are, and stand there once. */
static void walls_between_boxes_stay(void **state)
{
    (void)state;
    static uint8_t cell[12 * 10 * 8];
    for (int i = 0; i < 12 * 10 * 8; i++) cell[i] = (uint8_t)(1 + (i % 12 >= 5) + 2 * (i / 12 % 10 >= 6));
    cells_mesh(&mesh, (int[]){12, 10, 8}, cell);
    size_t before = mesh.nt;
    lm_decimate d = thin(48);
    assert_true(before > 900 && d.after <= 48); /* 40 would do */
    assert_true(fabs(wall_area(&mesh, 1, 2) - 48) < 1e-3 && fabs(wall_area(&mesh, 3, 4) - 32) < 1e-3);
    assert_true(fabs(wall_area(&mesh, 1, 3) - 40) < 1e-3 && fabs(wall_area(&mesh, 2, 4) - 56) < 1e-3);
    lm_audit_parts a = look(&mesh);
    static const double volume[] = {240, 336, 160, 224};
    for (int i = 0; i < 4; i++) assert_true(fabs(a.part[i].volume_mm3 - volume[i]) < 1e-3);
    lm_audit_parts_release(&a);
    lm_mesh_release(&mesh);
}

/* Cells of random labels: edges and corners of all kinds. Nothing may break, as little as can be drawn together. */
static void random_labels_stay_valid(void **state)
{
    (void)state;
    static uint8_t cell[9 * 9 * 9];
    uint32_t seed = 5;
    lm_vol v = LM_VOL_INIT;
    lm_nets net = LM_NETS_INIT;
    lm_relax_facts facts;
    for (int i = 0; i < 9 * 9 * 9; i++) {
        seed = seed * 1664525 + 1013904223;
        cell[i] = (uint8_t)((seed >> 24) % 5 > 1 ? 1 + (uint32_t)(i % 9) / 3 : (seed >> 16) % 4); /* slabs with specks in them */
    }
    assert_int_equal(lm_vol_alloc(&v, (size_t[]){9, 9, 9}, LM_U8, NULL), LM_OK);
    memcpy(v.data, cell, sizeof cell);
    assert_int_equal(lm_nets_make(&v, 2, &net, &err), LM_OK);
    assert_int_equal(lm_relax(&net, &v, &(lm_relax_opt){.steps = 10, .threads = 2}, &mesh, &facts, &err), LM_OK);
    lm_relax_release(&facts);
    lm_vol_release(&v);
    lm_decimate d = thin(mesh.nt / 2);
    assert_true(d.after < d.before);
    lm_mesh_release(&mesh);
}

/* A ball of four parts: to a tenth, with walls where they were and volumes within 1 %. */
static void a_ball_of_parts_keeps_its_walls(void **state)
{
    (void)state;
    parts_ball(&mesh, LM_RELAX_STEPS);
    lm_audit_parts was = look(&mesh);
    double area[2] = {wall_area(&mesh, 1, 2) + wall_area(&mesh, 2, 1), 0};
    lm_decimate d = thin(mesh.nt / 10);
    assert_true(d.after <= d.before / 10);
    area[1] = wall_area(&mesh, 1, 2) + wall_area(&mesh, 2, 1);
    lm_audit_parts a = look(&mesh);
    for (size_t i = 0; i < 4; i++) {
        print_message("part %zu: volume %+.4f %%\n", i + 1, 100 * (a.part[i].volume_mm3 / was.part[i].volume_mm3 - 1));
        assert_true(fabs(a.part[i].volume_mm3 / was.part[i].volume_mm3 - 1) < 0.01);
    }
    print_message("wall: area %+.3f %%\n", 100 * (area[1] / area[0] - 1));
    assert_true(fabs(area[1] / area[0] - 1) < 0.02);
    lm_audit_parts_release(&a);
    lm_audit_parts_release(&was);
    lm_mesh_release(&mesh);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_torus_keeps_genus_and_volume),  cmocka_unit_test(no_component_goes),
        cmocka_unit_test(a_box_of_squares_becomes_a_box),  cmocka_unit_test(sheets_close_together_stay_apart),
        cmocka_unit_test(walls_between_boxes_stay),        cmocka_unit_test(random_labels_stay_valid),
        cmocka_unit_test(a_ball_of_parts_keeps_its_walls),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
