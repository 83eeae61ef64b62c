/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Winding numbers and the surface rebuilt from them: boxes with known answers. */
#include "repair/rebuild.h"
#include "repair/repair.h"
#include "repair/winding.h"
#include "surface/audit.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
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

static double winding(double x, double y, double z)
{
    lm_winding w = LM_WINDING_INIT;
    assert_int_equal(lm_winding_build(&mesh, 2, &w, &err), LM_OK);
    double v = lm_winding_at(&w, (double[3]){x, y, z});
    lm_winding_release(&w);
    return v;
}

static void winding_numbers(void **state)
{
    (void)state;
    box(0, 0, 0, 2, false);
    assert_true(fabs(winding(1, 1, 1) - 1) < 1e-11);
    assert_true(fabs(winding(0.001, 1.999, 1) - 1) < 1e-11);
    assert_true(fabs(winding(-1, 1, 1)) < 1e-11);
    assert_true(fabs(winding(50, 1, 1)) < 1e-3); /* a dipole of nothing */
    box(1, 1, 1, 2, false);                      /* twice, and a cavity in the middle of both */
    assert_true(fabs(winding(1.5, 1.5, 1.5) - 2) < 1e-11);
    assert_true(fabs(winding(2.5, 2.5, 2.5) - 1) < 1e-11);
    box(1.25f, 1.25f, 1.25f, 0.5f, true);
    assert_true(fabs(winding(1.5, 1.5, 1.5) - 1) < 1e-11);
    lm_mesh_release(&mesh);
    box(0, 0, 0, 2, false); /* one face gone: a sixth at the middle, a half in the middle of the gap */
    mesh.nt -= 2;
    assert_true(fabs(winding(1, 1, 1) - 5.0 / 6) < 1e-11);
    assert_true(fabs(winding(2, 1, 1) - 0.5) < 1e-11);
    lm_mesh_release(&mesh);
}

/* Rebuild mesh with that step: valid, the same for one thread, the volume as far as edges allow. Leaves mesh as it is. */
static lm_rebuild rebuilt(double step, double volume, double tolerance, size_t components)
{
    lm_mesh a = LM_MESH_INIT, b = LM_MESH_INIT;
    lm_rebuild f, g;
    lm_rebuild_opt one = {.step_mm = step, .threads = 1}, three = {.step_mm = step, .threads = 3};
    if (lm_rebuild_run(&mesh, &one, &a, &f, &err)) fail_msg("%s", err.text[0]);
    assert_int_equal(lm_rebuild_run(&mesh, &three, &b, &g, &err), LM_OK);
    assert_int_equal(a.nv, b.nv);
    assert_int_equal(a.nt, b.nt);
    assert_memory_equal(a.pos, b.pos, 12 * a.nv);
    assert_memory_equal(a.tri, b.tri, 12 * a.nt);
    assert_memory_equal(&f, &g, sizeof f);
    lm_audit x = look(&a);
    assert_true(x.valid);
    assert_int_equal(x.components, components);
    if (fabs(f.volume_mm3 - volume) > tolerance) fail_msg("volume %.10g, not %.10g", f.volume_mm3, volume);
    lm_mesh_release(&a);
    lm_mesh_release(&b);
    return f;
}

static void bodies_that_cross(void **state)
{
    (void)state;
    box(0, 0, 0, 4, false);
    box(2, 2, 2, 4, false);
    box(20, 0, 0, 4, false); /* apart, with a cavity */
    box(21, 1, 1, 2, true);
    lm_rebuild f = rebuilt(0.4, 64 + 64 - 8 + 64 - 8, 8, 3);
    assert_int_equal(f.lost, 0);
    assert_true(f.max_move_mm <= 0.4 && f.max_bridge_mm <= 0.4);
    lm_mesh_release(&mesh);
}

static void holes_are_bridged(void **state)
{
    (void)state;
    for (int face = 0; face < 6; face += 5) {
        box(1000, 0, 0, 10, false); /* the level surface of one half bulges into the box by less than a sixth */
        memmove(mesh.tri + 6 * face, mesh.tri + 6 * face + 6, sizeof *mesh.tri * (size_t)(30 - 6 * face));
        mesh.nt -= 2;
        lm_rebuild f = rebuilt(0.5, 1000, 40, 1);
        assert_int_equal(f.lost, 0);
        assert_true(f.max_bridge_mm > 1 && f.max_bridge_mm <= 5.5);
        lm_mesh_release(&mesh);
    }
}

static void thin_is_not_lost_in_silence(void **state)
{
    (void)state;
    lm_repair r;
    lm_repair_opt opt = LM_REPAIR_OPT_INIT;
    float slab[8][3];
    uint32_t v[8];
    box(0, 0, 0, 10, false);
    box(5, 5, 5, 10, false);
    for (int i = 0; i < 8; i++) { /* 0.01 mm thick, away from all grid points but by chance */
        slab[i][0] = i & 1 ? 30.F : 20.F, slab[i][1] = i & 2 ? 10.F : 0.F, slab[i][2] = i & 4 ? 5.013F : 5.003F;
        v[i] = vert(slab[i][0], slab[i][1], slab[i][2]);
    }
    box_on(v, false);
    lm_rebuild_opt how = {.step_mm = 0.5};
    lm_rebuild f;
    lm_mesh out = LM_MESH_INIT;
    assert_int_equal(lm_rebuild_run(&mesh, &how, &out, &f, &err), LM_OK);
    assert_true(f.lost > 0 && f.max_move_mm > 4);
    assert_true(f.lost_at[0] >= 20);
    lm_mesh_release(&out);
    opt.rebuild_mm = 0.5; /* and then the repair leaves the surface as it is */
    opt.skip = 1U << LM_REPAIR_INTERSECT;
    size_t nt = mesh.nt;
    assert_int_equal(lm_repair_run(&mesh, false, &opt, &r, &err), LM_OK);
    assert_int_equal(r.step[LM_REPAIR_REBUILD].count, 0);
    assert_int_equal(mesh.nt, nt);
    lm_repair_release(&r);
    lm_mesh_release(&mesh);
}

static void no_body(void **state)
{
    (void)state;
    lm_rebuild f;
    lm_mesh out = LM_MESH_INIT;
    lm_rebuild_opt how = {.step_mm = 0.01};
    vert(0, 0, 0), vert(1, 0, 0), vert(0, 1, 0);
    tri(0, 1, 2);
    assert_int_equal(lm_rebuild_run(&mesh, &how, &out, &f, &err), LM_ENO);
    how.step_mm = 1e-9;
    assert_int_equal(lm_rebuild_run(&mesh, &how, &out, &f, &err), LM_ERANGE);
    how.step_mm = 0;
    assert_int_equal(lm_rebuild_run(&mesh, &how, &out, &f, &err), LM_EUSAGE);
    lm_mesh_release(&mesh);
    tube(24, 4, true, false); /* a Moebius strip is not rebuilt in silence */
    lm_repair r;
    lm_repair_opt opt = {.rebuild_mm = 0.1};
    assert_int_equal(lm_repair_run(&mesh, false, &opt, &r, &err), LM_OK);
    assert_int_equal(r.nonorientable, 1);
    assert_int_equal(r.step[LM_REPAIR_REBUILD].count, 0);
    lm_repair_release(&r);
    lm_mesh_release(&mesh);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(winding_numbers),   cmocka_unit_test(bodies_that_cross),
        cmocka_unit_test(holes_are_bridged), cmocka_unit_test(thin_is_not_lost_in_silence),
        cmocka_unit_test(no_body),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
