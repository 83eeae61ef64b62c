/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Holes that every patch would meet something in: a jar whose mouth a thorn of its own floor rises through. */
#include "repair/close.h"
#include "repair/repair.h"
#include "surface/audit.h"
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include "tests/unit/shapes.h"

static lm_err err;

/* Of n sides, radius 1, from z -8 to its mouth at 0, with a thorn from its floor (0.5 wide) through it (0.1 wide) to z = 2: facing
 * away from what lies between wall and thorn. Rings of n vertices, the outermost first. */
static void jar(uint32_t n)
{
    static const float ring[][2] = {{1, 0}, {1, -4}, {1, -8}, {0.5F, -8}, {0.1F, 0}, {0.05F, 1}};
    const uint32_t rings = sizeof ring / sizeof *ring, at = (uint32_t)mesh.nv;
    for (uint32_t r = 0; r < rings; r++)
        for (uint32_t i = 0; i < n; i++) {
            double a = 2 * M_PI * i / n;
            vert(ring[r][0] * (float)cos(a), ring[r][0] * (float)sin(a), ring[r][1]);
        }
    const uint32_t tip = vert(0, 0, 2);
    for (uint32_t i = 0; i < n; i++) {
        const uint32_t j = (i + 1) % n;
        for (uint32_t r = 0; r + 1 < rings; r++) quad(at + r * n + i, at + (r + 1) * n + i, at + (r + 1) * n + j, at + r * n + j);
        tri(at + (rings - 1) * n + i, tip, at + (rings - 1) * n + j);
    }
}

static double disc(uint32_t n)
{
    return 0.5 * n * sin(2 * M_PI / n);
}

static void a_thorn_in_the_mouth(void **state)
{
    (void)state;
    static const uint32_t sides[] = {24, 120, 500}; /* the last too many for the table of fill.h */
    for (size_t i = 0; i < sizeof sides / sizeof *sides; i++) {
        const uint32_t n = sides[i];
        lm_close did;
        lm_spots where = LM_SPOTS_INIT;
        lm_repair r;
        lm_repair_opt opt = {.threads = 2};
        jar(n);
        const size_t nt = mesh.nt, nv = mesh.nv;
        assert_int_equal(lm_close_run(&mesh, false, 2, &did, &where, &err), LM_OK);
        assert_int_equal(did.closed, 1);
        assert_int_equal(did.triangles, n - 2);
        assert_int_equal(mesh.nt, nt + n - 2);
        assert_int_equal(mesh.nv, nv);
        assert_int_equal(where.n, 1);
        assert_true(fabs(did.area_mm2 - disc(n)) < 1e-5);
        mesh.nt = nt; /* fans: as many triangles, flat as the mouth is */
        assert_int_equal(lm_close_run(&mesh, true, 2, &did, NULL, &err), LM_OK);
        assert_true(did.closed == 1 && did.triangles == n - 2 && fabs(did.area_mm2 - disc(n)) < 1e-5);
        mesh.nt = nt; /* all repairs */
        assert_int_equal(lm_repair_run(&mesh, false, &opt, &r, &err), LM_OK);
        lm_audit a;
        lm_audit_opt look = {.threads = 2};
        assert_int_equal(lm_audit_run(&mesh, &look, &a, &err), LM_OK);
        assert_true(a.valid && a.components == 1 && a.genus == 1); /* the thorn's end above the mouth is gone, a tunnel stays */
        assert_true(fabs(a.volume_mm3 - 8 * disc(n) * (1 - (0.25 + 0.05 + 0.01) / 3)) < 1e-4);
        lm_repair_release(&r);
        lm_mesh_release(&mesh);
    }
}

/* A sheet is not closed onto itself, and then nothing else is closed either; but a crumb of one is. */
static void sheets_and_crumbs(void **state)
{
    (void)state;
    lm_close did;
    for (int crumb = 0; crumb < 2; crumb++) {
        const float side = crumb ? 0.05F : 5;
        jar(40);
        const uint32_t v = vert(9, 0, 0);
        vert(9 + side, 0, 0), vert(9 + side, side, 0), vert(9, side, 0), vert(9 + side / 2, side / 2, side / 2);
        tri(v, v + 1, v + 4), tri(v + 1, v + 2, v + 4), tri(v + 2, v + 3, v + 4), tri(v + 3, v, v + 4);
        const size_t nt = mesh.nt;
        assert_int_equal(lm_close_run(&mesh, false, 2, &did, NULL, &err), LM_OK);
        assert_int_equal(did.closed, crumb ? 2 : 0);
        assert_int_equal(mesh.nt, nt + (crumb ? 38 + 2 : 0));
        lm_mesh_release(&mesh);
    }
    box(0, 0, 0, 1, false); /* nothing to close */
    assert_int_equal(lm_close_run(&mesh, false, 2, &did, NULL, &err), LM_OK);
    assert_int_equal(did.closed, 0);
    assert_int_equal(mesh.nt, 12);
    lm_mesh_release(&mesh);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(a_thorn_in_the_mouth), cmocka_unit_test(sheets_and_crumbs)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
