/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Regions of faults rebuilt as solids and joined to the rest, on a ring whose volume is known; and what is refused. */
#include "repair/rework.h"
#include "repair/repair.h"
#include "surface/audit.h"
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include "tests/unit/shapes.h"

static lm_err err;

/* All that is left to do after it: nothing else of the kind may help. */
static lm_audit repaired(int threads)
{
    lm_repair r;
    lm_audit a;
    lm_audit_opt look = {.threads = threads};
    lm_repair_opt opt = {.threads = threads, .skip = 1U << LM_REPAIR_REFILL | 1U << LM_REPAIR_REWORK};
    assert_int_equal(lm_repair_run(&mesh, false, &opt, &r, &err), LM_OK);
    lm_repair_release(&r);
    assert_int_equal(lm_audit_run(&mesh, &look, &a, &err), LM_OK);
    return a;
}

/* A ring with a vertex drawn sideways over its neighbours, and some triangles missing. */
static void damaged(void)
{
    uint32_t far = 0;
    tube(60, 24, false, true);
    for (uint32_t v = 0; v < mesh.nv; v++)
        if (mesh.pos[3 * v] > mesh.pos[3 * far]) far = v;
    mesh.pos[3 * far] -= 0.05F;
    mesh.pos[3 * far + 1] += 0.9F;
    memmove(mesh.tri + 3 * 2000, mesh.tri + 3 * 2003, 3 * (mesh.nt - 2003) * sizeof *mesh.tri);
    mesh.nt -= 3;
}

static void regions_are_rebuilt(void **state)
{
    (void)state;
    lm_mesh was = LM_MESH_INIT, one = LM_MESH_INIT;
    lm_rework r;
    double volume;
    tube(60, 24, false, true);
    volume = lm_mesh_volume(&mesh);
    lm_mesh_release(&mesh);
    damaged();
    assert_int_equal(lm_mesh_copy(&mesh, &was, &err), LM_OK);
    assert_int_equal(lm_mesh_copy(&mesh, &one, &err), LM_OK);
    assert_int_equal(lm_rework_run(&mesh, 3, &r, &err), LM_OK);
    assert_int_equal(r.why, LM_REWORK_DONE);
    assert_true(r.regions >= 2 && r.where.n == r.regions);
    lm_mesh other = one; /* threads do not matter */
    assert_int_equal(lm_rework_run(&other, 1, &r, &err), LM_OK);
    assert_int_equal(other.nv, mesh.nv);
    assert_int_equal(other.nt, mesh.nt);
    assert_memory_equal(other.pos, mesh.pos, 12 * mesh.nv);
    assert_memory_equal(other.tri, mesh.tri, 12 * mesh.nt);
    lm_mesh_release(&other);
    lm_audit a = repaired(2);
    assert_true(a.valid && a.genus == 1 && a.components == 1);
    assert_true(fabs(a.volume_mm3 - volume) < 0.01 * volume);
    size_t same = 0, left = 0; /* what is not in the region of the hole, over here, keeps its bits */
    for (uint32_t v = 0; v < was.nv; v++) {
        bool found = false;
        if (was.pos[3 * v] > 0) continue;
        left++;
        for (uint32_t u = 0; u < mesh.nv && !found; u++) found = !memcmp(was.pos + 3 * v, mesh.pos + 3 * u, 12);
        same += found;
    }
    assert_true(same > 0.9 * (double)left);
    lm_mesh_release(&was);
    lm_mesh_release(&mesh);
}

/* An open end: on the faces of the box around it the winding number is no whole number. The mesh stays as it was. */
static void what_is_inside_is_not_guessed(void **state)
{
    (void)state;
    lm_rework r;
    lm_mesh was = LM_MESH_INIT;
    tube(60, 24, false, true);
    mesh.nt -= 4 * 48;
    assert_int_equal(lm_mesh_copy(&mesh, &was, &err), LM_OK);
    assert_int_equal(lm_rework_run(&mesh, 2, &r, &err), LM_OK);
    assert_int_equal(r.why, LM_REWORK_AMBIGUOUS);
    assert_true(fabs(r.at[0] - 3) < 1.5F && fabs(r.at[2]) < 1.5F); /* at the open end */
    assert_int_equal(mesh.nt, was.nt);
    assert_memory_equal(mesh.tri, was.tri, 12 * was.nt);
    assert_memory_equal(mesh.pos, was.pos, 12 * was.nv);
    lm_mesh_release(&was);
    lm_mesh_release(&mesh);
}

static void neighbours_must_agree(void **state)
{
    (void)state;
    lm_rework r;
    tube(60, 24, false, true);
    uint32_t *v = mesh.tri + 3 * 1000, x = v[1];
    v[1] = v[2];
    v[2] = x;
    assert_int_equal(lm_rework_run(&mesh, 2, &r, &err), LM_OK);
    assert_int_equal(r.why, LM_REWORK_AMBIGUOUS);
    lm_mesh_release(&mesh);
}

static void not_where_all_is_wrong(void **state)
{
    (void)state;
    lm_rework r;
    box(0, 0, 0, 2, false);
    assert_int_equal(lm_rework_run(&mesh, 2, &r, &err), LM_OK); /* nothing to do */
    assert_int_equal(r.why, LM_REWORK_NONE);
    box(1, 1, 1, 2, false);
    assert_int_equal(lm_rework_run(&mesh, 2, &r, &err), LM_OK);
    assert_int_equal(r.why, LM_REWORK_LARGE);
    assert_int_equal(mesh.nt, 24);
    lm_mesh_release(&mesh);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(regions_are_rebuilt),
        cmocka_unit_test(what_is_inside_is_not_guessed),
        cmocka_unit_test(neighbours_must_agree),
        cmocka_unit_test(not_where_all_is_wrong),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
