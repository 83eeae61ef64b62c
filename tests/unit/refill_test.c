/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Faulty places taken out and filled, on a ring whose volume is known; and holes that other bodies reach into. */
#include "repair/refill.h"
#include "repair/repair.h"
#include "surface/audit.h"
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include "tests/unit/shapes.h"

static lm_err err;

static lm_audit look(const lm_mesh *m)
{
    lm_audit a;
    lm_audit_opt opt = {.threads = 2};
    assert_int_equal(lm_audit_run(m, &opt, &a, &err), LM_OK);
    return a;
}

/* A ring with a vertex pushed right through it. */
static uint32_t spike(void)
{
    uint32_t far = 0;
    tube(60, 24, false, true);
    for (uint32_t v = 0; v < mesh.nv; v++)
        if (mesh.pos[3 * v] > mesh.pos[3 * far]) far = v;
    mesh.pos[3 * far] -= 3;
    return far;
}

static void a_spike_is_taken_out(void **state)
{
    (void)state;
    lm_mesh was = LM_MESH_INIT, one = LM_MESH_INIT;
    lm_refill r;
    tube(60, 24, false, true);
    double volume = lm_mesh_volume(&mesh);
    lm_mesh_release(&mesh);
    uint32_t tip = spike();
    assert_int_equal(lm_mesh_copy(&mesh, &was, &err), LM_OK);
    assert_int_equal(lm_mesh_copy(&mesh, &one, &err), LM_OK);
    assert_true(look(&mesh).count[LM_FAULT_SELF_INTERSECT] > 0);
    assert_int_equal(lm_refill_run(&mesh, 3, &r, &err), LM_OK);
    assert_true(r.regions >= 1 && r.removed > 6 && r.where.n >= 1);
    assert_true(r.area_mm2 > 0 && r.area_mm2 <= LM_REFILL_ALL * lm_mesh_area(&was));
    assert_true(fabs(r.max_move_mm - 1) < 0.1); /* the tip is 1 below the other side of the ring */
    lm_audit a = look(&mesh);
    assert_true(a.valid && a.genus == 1);
    assert_true(fabs(a.volume_mm3 - volume) < 0.005 * volume);
    for (uint32_t v = 0; v < was.nv; v++) /* nothing moves */
        assert_memory_equal(mesh.pos + 3 * v, was.pos + 3 * v, 12);
    for (size_t i = 0; i < 3 * mesh.nt; i++) assert_int_not_equal(mesh.tri[i], tip);
    assert_int_equal(lm_refill_run(&one, 1, &r, &err), LM_OK); /* threads do not matter */
    assert_int_equal(one.nt, mesh.nt);
    assert_int_equal(one.nv, mesh.nv);
    assert_memory_equal(one.tri, mesh.tri, 12 * mesh.nt);
    assert_memory_equal(one.pos, mesh.pos, 12 * mesh.nv);
    assert_int_equal(lm_refill_run(&one, 1, &r, &err), LM_OK); /* valid: nothing to do */
    assert_int_equal(r.regions, 0);
    lm_mesh_release(&was);
    lm_mesh_release(&one);
    lm_mesh_release(&mesh);
}

/* Too much would go: nothing does. */
static void no_body_is_lost(void **state)
{
    (void)state;
    lm_refill r;
    lm_mesh was = LM_MESH_INIT;
    tube(60, 24, false, true);
    tetra(vert(9, 0, 0), vert(11, 0, 0), vert(10, 2, 0), vert(10, 1, 2)); /* a small body pierced by a needle: coarse */
    tetra(vert(10, 0.9F, -1), vert(10.1F, 0.9F, -1), vert(10, 1, -1), vert(10, 1, 5));
    assert_int_equal(lm_mesh_copy(&mesh, &was, &err), LM_OK);
    assert_true(look(&mesh).count[LM_FAULT_SELF_INTERSECT] > 0);
    assert_int_equal(lm_refill_run(&mesh, 2, &r, &err), LM_OK);
    assert_int_equal(r.regions, 0);
    assert_int_equal(mesh.nt, was.nt);
    assert_memory_equal(mesh.tri, was.tri, 12 * was.nt);
    lm_mesh_release(&was);
    lm_mesh_release(&mesh);
    vert(0, 0, 0), vert(1, 0, 0), vert(1, 1, 0), vert(0, 1, 0);
    quad(0, 1, 2, 3);
    assert_int_equal(lm_refill_run(&mesh, 2, &r, &err), LM_OK); /* a sheet */
    assert_int_equal(r.regions, 0);
    assert_int_equal(mesh.nt, 2);
    lm_mesh_release(&mesh);
}

/* All repairs: a hole with a spike of the same surface in it, which nothing else can close. */
static void a_hole_with_something_in_it(void **state)
{
    (void)state;
    lm_repair r;
    lm_repair_opt opt = {.threads = 2};
    uint32_t tip = spike();
    size_t n = 0;
    for (size_t t = 0; t < mesh.nt; t++) { /* the other side is open where the spike comes out */
        double d = 0;
        bool of_tip = false;
        for (size_t k = 0; k < 3; k++) {
            const float *p = mesh.pos + 3 * (size_t)mesh.tri[3 * t + k];
            of_tip |= mesh.tri[3 * t + k] == tip;
            d = fmax(d, fabs(p[0] - 2) + fabs(p[1]) + fabs(p[2]));
        }
        if (!of_tip && d < 0.5) continue;
        for (size_t k = 0; k < 3; k++) mesh.tri[3 * n + k] = mesh.tri[3 * t + k];
        n++;
    }
    assert_true(n < mesh.nt);
    mesh.nt = n;
    assert_int_equal(lm_repair_run(&mesh, false, &opt, &r, &err), LM_OK);
    lm_audit a = look(&mesh);
    assert_true(a.valid && a.components == 1);
    assert_true(fabs(a.volume_mm3 - 59) < 1.5); /* 2 pi^2 * 3 for a smooth one */
    lm_repair_release(&r);
    lm_mesh_release(&mesh);
}

/* A box without its floor pushed into another one: no floor fits that does not meet that one. */
static void open_bodies_in_each_other(void **state)
{
    (void)state;
    lm_repair r;
    lm_repair_opt opt = {.threads = 2};
    box(0, 0, 0, 2, false);
    size_t first = mesh.nt, n;
    box(1, 0.5F, 1, 2, false);
    n = first;
    for (size_t t = first; t < mesh.nt; t++) {
        bool floor = true;
        for (size_t k = 0; k < 3; k++) floor &= mesh.pos[3 * (size_t)mesh.tri[3 * t + k] + 2] == 1;
        if (floor) continue;
        for (size_t k = 0; k < 3; k++) mesh.tri[3 * n + k] = mesh.tri[3 * t + k];
        n++;
    }
    mesh.nt = n;
    assert_int_equal(lm_repair_run(&mesh, false, &opt, &r, &err), LM_OK);
    lm_audit a = look(&mesh);
    assert_true(a.valid && a.components == 1);
    assert_true(fabs(a.volume_mm3 - 14.5) < 1e-5);
    assert_int_equal(r.step[LM_REPAIR_HOLES].count, 1);
    assert_true(fabs(r.hole_area_mm2 - 4) < 1e-6);
    lm_repair_release(&r);
    lm_mesh_release(&mesh);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_spike_is_taken_out),
        cmocka_unit_test(no_body_is_lost),
        cmocka_unit_test(a_hole_with_something_in_it),
        cmocka_unit_test(open_bodies_in_each_other),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
