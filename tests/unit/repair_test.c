/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Each repair on a mesh with its fault, known answers; and that what is right stays as it is. */
#include "repair/repair.h"
#include "repair/clean.h"
#include "repair/orient.h"
#include "repair/weld.h"
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
    lm_audit_opt opt = LM_AUDIT_OPT_INIT;
    assert_int_equal(lm_audit_run(m, &opt, &a, &err), LM_OK);
    return a;
}

static lm_repair fix(double weld_mm)
{
    lm_repair r;
    lm_repair_opt opt = LM_REPAIR_OPT_INIT;
    opt.weld_mm = weld_mm;
    opt.threads = 2;
    assert_int_equal(lm_repair_run(&mesh, false, &opt, &r, &err), LM_OK);
    free(r.hole); /* the counts stay */
    r.hole = NULL;
    return r;
}

static const lm_repair_step *step(const lm_repair *r, const char *name)
{
    for (int i = 0; i < LM_REPAIR_STEPS; i++)
        if (!strcmp(lm_repair_name((lm_repair_kind)i), name)) return &r->step[i];
    fail_msg("no step %s", name);
    return NULL;
}

/* The mesh is valid with that volume, and a second repair does nothing. */
static void now_valid(double volume)
{
    lm_audit a = look(&mesh);
    char line[400];
    lm_audit_line(&a, line, sizeof line);
    if (!a.valid) fail_msg("not valid: %s", line);
    assert_true(fabs(a.volume_mm3 - volume) <= 1e-9 * volume);
    lm_mesh was = LM_MESH_INIT;
    assert_int_equal(lm_mesh_copy(&mesh, &was, &err), LM_OK);
    lm_repair r = fix(0);
    for (int i = 0; i < LM_REPAIR_STEPS; i++) assert_int_equal(r.step[i].count, 0);
    assert_int_equal(was.nv, mesh.nv);
    assert_int_equal(was.nt, mesh.nt);
    assert_memory_equal(was.pos, mesh.pos, 12 * was.nv);
    assert_memory_equal(was.tri, mesh.tri, 12 * was.nt);
    lm_mesh_release(&was);
    lm_mesh_release(&mesh);
}

static void soup_of_cube(float shift) /* every triangle with its own corners, those of triangle t moved by shift * (t%3-1) */
{
    box(0, 0, 0, 10, false);
    lm_mesh c = mesh;
    memset(&mesh, 0, sizeof mesh);
    for (size_t t = 0; t < c.nt; t++)
        for (size_t k = 0; k < 3; k++) {
            const float *p = c.pos + 3 * c.tri[3 * t + k];
            float d = shift * (float)((int)(t % 3) - 1);
            vert(p[0] == 0 ? -0.0f + d : p[0] + d, p[1], p[2]);
        }
    for (uint32_t t = 0; t < c.nt; t++) tri(3 * t, 3 * t + 1, 3 * t + 2);
    lm_mesh_release(&c);
}

static void weld_exact_and_near(void **state)
{
    (void)state;
    soup_of_cube(0);
    lm_repair r = fix(0);
    assert_int_equal(step(&r, "weld")->count, 28);
    assert_int_equal(mesh.nv, 8);
    now_valid(1000);

    soup_of_cube(0.001f); /* too far for exact: closed and cut along itself; near enough for 0.01 mm */
    r = fix(0);
    lm_audit a = look(&mesh);
    assert_true(a.valid && fabs(a.volume_mm3 - 1000) < 0.2);
    lm_mesh_release(&mesh);
    soup_of_cube(0.001f);
    r = fix(0.01);
    const lm_repair_step *s = step(&r, "weld_near");
    assert_true(s->count > 0 && s->max_move_mm > 0.0009 && s->max_move_mm <= 0.0021);
    assert_int_equal(mesh.nv, 8);
    a = look(&mesh);
    assert_true(a.valid && fabs(a.volume_mm3 - 1000) < 1);
    lm_mesh_release(&mesh);
}

/* Any order of vertices and triangles gives the same surface. */
static void weld_near_does_not_depend_on_order(void **state)
{
    (void)state;
    float first[8][3] = {{0}};
    for (uint32_t turn = 0; turn < 5; turn++) {
        soup_of_cube(0.001f);
        lm_mesh c = mesh;
        memset(&mesh, 0, sizeof mesh);
        for (uint32_t i = 0; i < c.nv; i++) {
            const float *p = c.pos + 3 * ((i * 7 + turn * 5) % c.nv);
            vert(p[0], p[1], p[2]);
        }
        for (uint32_t t = 0; t < c.nt; t++) {
            uint32_t v[3], at = (t * 5 + turn) % (uint32_t)c.nt;
            for (uint32_t k = 0; k < 3; k++)
                for (v[k] = 0; (v[k] * 7 + turn * 5) % c.nv != c.tri[3 * at + k]; v[k]++) continue;
            tri(v[0], v[1], v[2]);
        }
        lm_mesh_release(&c);
        size_t n;
        double moved;
        assert_int_equal(lm_weld_exact(&mesh, &n, NULL, &err), LM_OK);
        assert_int_equal(lm_weld_near(&mesh, 0.01, &n, &moved, NULL, &err), LM_OK);
        assert_int_equal(mesh.nv, 8);
        for (int corner = 0; corner < 8; corner++) {
            const float *p = NULL;
            for (size_t v = 0; v < 8; v++) {
                const float *q = mesh.pos + 3 * v;
                if ((q[0] > 5) == (corner & 1) && (q[1] > 5) == (corner >> 1 & 1) && (q[2] > 5) == corner >> 2) p = q;
            }
            assert_non_null(p);
            if (turn == 0) memcpy(first[corner], p, sizeof first[corner]);
            else assert_memory_equal(first[corner], p, sizeof first[corner]);
        }
        lm_mesh_release(&mesh);
    }
}

/* A chain of vertices, each near the next: nobody moves farther than the tolerance. What is inside stays fine. */
static void weld_near_keeps_to_its_tolerance(void **state)
{
    (void)state;
    enum { N = 40 };
    for (int i = 0; i < N; i++) {
        uint32_t at = vert((float)i, 0, 0);
        vert((float)i + 0.5f, 5, 0);
        vert((float)i, 5, 5);
        tri(at, at + 1, at + 2);
    }
    lm_mesh was = LM_MESH_INIT;
    assert_int_equal(lm_mesh_copy(&mesh, &was, &err), LM_OK);
    size_t n;
    double moved;
    assert_int_equal(lm_weld_near(&mesh, 1.5, &n, &moved, NULL, &err), LM_OK);
    assert_true(n > 0 && moved <= 1.5 && moved > 0);
    for (size_t t = 0; t < was.nt; t++)
        for (size_t k = 0; k < 3; k++) {
            const float *p = was.pos + 3 * was.tri[3 * t + k], *q = mesh.pos + 3 * mesh.tri[3 * t + k];
            double d2 = 0;
            for (int c = 0; c < 3; c++) d2 += ((double)p[c] - q[c]) * ((double)p[c] - q[c]);
            assert_true(d2 <= 1.5 * 1.5);
        }
    lm_mesh_release(&was);
    lm_mesh_release(&mesh);
    tube(16, 8, false, true); /* closed: edges far shorter than the tolerance, no open edge, nothing happens */
    assert_int_equal(lm_weld_near(&mesh, 2, &n, &moved, NULL, &err), LM_OK);
    assert_int_equal(n, 0);
    lm_mesh_release(&mesh);
}

static void triangles_without_area(void **state)
{
    (void)state;
    /* two points on an edge of a tetrahedron, known to one side only: two flat triangles close the gap */
    corners((float[6][3]){{0, 0, 0}, {3, 0, 0}, {0, 3, 0}, {0, 0, 3}, {1, 0, 0}, {2, 0, 0}}, 6);
    tri(0, 2, 4);
    tri(4, 2, 5);
    tri(5, 2, 1);
    tri(1, 2, 3);
    tri(2, 0, 3);
    tri(0, 1, 3);
    tri(0, 4, 1);
    tri(4, 5, 1);
    tri(4, 4, 5); /* and one that is no triangle */
    assert_int_equal(look(&mesh).count[LM_FAULT_DEGENERATE], 3);
    lm_repair r = fix(0);
    assert_int_equal(step(&r, "degenerate")->count, 3);
    assert_int_equal(mesh.nt, 8); /* the front is split in three */
    now_valid(4.5);

    /* at an open edge it just goes */
    corners((float[4][3]){{0, 0, 0}, {2, 0, 0}, {1, 0, 0}, {1, 1, 0}}, 4);
    tri(0, 2, 3);
    tri(2, 1, 3);
    tri(0, 1, 2);
    size_t n;
    assert_int_equal(lm_clean_degenerate(&mesh, &n, NULL, &err), LM_OK);
    assert_int_equal(n, 1);
    assert_int_equal(mesh.nt, 2);
    lm_mesh_release(&mesh);
}

static void duplicates(void **state)
{
    (void)state;
    box(0, 0, 0, 1, false); /* the same way round: one stays */
    tri(mesh.tri[1], mesh.tri[2], mesh.tri[0]);
    lm_repair r = fix(0);
    assert_int_equal(step(&r, "duplicate")->count, 1);
    now_valid(1);

    box(0, 0, 0, 1, false); /* the other way round: the box needs one of them; the first is kept */
    tri(mesh.tri[1], mesh.tri[0], mesh.tri[2]);
    r = fix(0);
    assert_int_equal(step(&r, "duplicate")->count, 1);
    now_valid(1);

    box(0, 0, 0, 1, false); /* a flap of two triangles, both sides, on an edge of the box: encloses nothing, goes */
    uint32_t p = vert(-1, -1, 0), q = vert(-1, -1, 1);
    quad(0, 4, q, p);
    quad(p, q, 4, 0);
    mesh.tri[3 * mesh.nt - 6] = p, mesh.tri[3 * mesh.nt - 5] = q, mesh.tri[3 * mesh.nt - 4] = 0; /* same diagonal as its */
    mesh.tri[3 * mesh.nt - 3] = 0, mesh.tri[3 * mesh.nt - 2] = q, mesh.tri[3 * mesh.nt - 1] = 4; /* other side          */
    assert_int_equal(look(&mesh).count[LM_FAULT_DUPLICATE], 2);
    r = fix(0);
    assert_int_equal(step(&r, "duplicate")->count, 4);
    assert_int_equal(step(&r, "unreferenced")->count, 2);
    now_valid(1);

    box(0, 0, 0, 1, false); /* two boxes back to back: the wall between them goes */
    uint32_t v[8];
    for (int i = 0; i < 8; i++) v[i] = i & 1 ? vert(2, i & 2 ? 1 : 0, i & 4 ? 1 : 0) : (uint32_t)i + 1;
    box_on(v, false);
    mesh.tri[3 * 20] = 1, mesh.tri[3 * 20 + 1] = 5, mesh.tri[3 * 20 + 2] = 7; /* its -x face on the diagonal of the other's +x */
    mesh.tri[3 * 21] = 1, mesh.tri[3 * 21 + 1] = 7, mesh.tri[3 * 21 + 2] = 3;
    r = fix(0);
    assert_int_equal(step(&r, "duplicate")->count, 4);
    now_valid(2);

    box(0, 0, 0, 1, false); /* every facet with both its sides: a closed surface, one side stays */
    for (size_t t = 0; t < 12; t++) tri(mesh.tri[3 * t], mesh.tri[3 * t + 2], mesh.tri[3 * t + 1]);
    r = fix(0);
    assert_int_equal(step(&r, "duplicate")->count, 12);
    now_valid(1);
}

static void orientation(void **state)
{
    (void)state;
    box(0, 0, 0, 10, false);
    box(2, 2, 2, 6, true);                    /* a cavity */
    box(4, 4, 4, 2, false);                   /* a part in it */
    box(20, 0, 0, 1, true);                   /* beside it, inside out */
    for (size_t t = 0; t < mesh.nt; t += 5) { /* and a few triangles turned, in all of them */
        uint32_t x = mesh.tri[3 * t];
        mesh.tri[3 * t] = mesh.tri[3 * t + 1];
        mesh.tri[3 * t + 1] = x;
    }
    assert_true(look(&mesh).count[LM_FAULT_FLIPPED] > 0);
    lm_repair r = fix(0);
    assert_int_equal(step(&r, "orient")->count, 10);
    assert_int_equal(step(&r, "outward")->count, 1);
    now_valid(1000 - 216 + 8 + 1);

    box(0, 0, 0, 10, false); /* material in material is not guessed away */
    box(2, 2, 2, 6, false);
    r = fix(0);
    assert_int_equal(step(&r, "outward")->count, 0);
    assert_int_equal(look(&mesh).count[LM_FAULT_INVERTED], 1);
    lm_mesh_release(&mesh);

    box(0, 0, 0, 10, false); /* but where triangles had to be turned it is a cavity */
    box(2, 2, 2, 6, false);
    uint32_t turned = mesh.tri[0];
    mesh.tri[0] = mesh.tri[1];
    mesh.tri[1] = turned;
    r = fix(0);
    assert_int_equal(step(&r, "orient")->count, 1);
    assert_int_equal(step(&r, "outward")->count, 1);
    now_valid(1000 - 216);

    box(0, 0, 0, 1, false); /* two boxes on one edge, one inside out: each is a piece */
    uint32_t v[8];
    for (int i = 0; i < 8; i++) v[i] = i == 0 ? 3 : i == 4 ? 7 : vert(i & 1 ? 2 : 1, i & 2 ? 2 : 1, i & 4 ? 1 : 0);
    box_on(v, true);
    r = fix(0);
    assert_int_equal(step(&r, "outward")->count, 1);
    assert_true(fabs(lm_mesh_volume(&mesh) - 2) < 1e-5 && look(&mesh).valid); /* and they were cut apart */
    lm_mesh_release(&mesh);
}

static void one_sided_is_named(void **state)
{
    (void)state;
    box(50, 0, 0, 1, true);
    tube(15, 4, true, false);
    lm_mesh was = LM_MESH_INIT;
    assert_int_equal(lm_mesh_copy(&mesh, &was, &err), LM_OK);
    lm_repair r = fix(0);
    assert_int_equal(r.nonorientable, 1);
    assert_int_equal(r.nonorientable_first, 12);
    assert_int_equal(step(&r, "outward")->count, 0);                      /* where a piece is open nobody can tell a cavity */
    assert_memory_equal(was.tri + 36, mesh.tri + 36, 12 * (was.nt - 12)); /* the strip is as it was */
    lm_mesh_release(&was);
    lm_mesh_release(&mesh);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(weld_exact_and_near),
        cmocka_unit_test(weld_near_does_not_depend_on_order),
        cmocka_unit_test(weld_near_keeps_to_its_tolerance),
        cmocka_unit_test(triangles_without_area),
        cmocka_unit_test(duplicates),
        cmocka_unit_test(orientation),
        cmocka_unit_test(one_sided_is_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
