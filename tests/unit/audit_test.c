/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Known answers: a good mesh and the same with one fault, for every fault of the audit. */
#include "surface/audit.h"
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "tests/unit/shapes.h"

static lm_audit look(void)
{
    lm_audit a[3];
    lm_err err = LM_ERR_INIT;
    for (int j = 0; j < 3; j++) {
        lm_audit_opt opt = LM_AUDIT_OPT_INIT;
        opt.threads = 1 + 2 * j;
        memset(&a[j], 0, sizeof a[j]);
        assert_int_equal(lm_audit_run(&mesh, &opt, &a[j], &err), LM_OK);
    }
    assert_memory_equal(&a[0], &a[1], sizeof a[0]); /* threads change nothing */
    assert_memory_equal(&a[0], &a[2], sizeof a[0]);
    lm_mesh_release(&mesh);
    return a[0];
}

/* Nothing but the stated faults. */
static void only(const lm_audit *a, lm_fault f, size_t n, lm_fault g, size_t k)
{
    char line[400];
    lm_audit_line(a, line, sizeof line);
    for (int i = 0; i < LM_FAULTS; i++) {
        size_t want = (lm_fault)i == f ? n : (lm_fault)i == g ? k : 0;
        if (a->count[i] != want) fail_msg("%s: %zu, expected %zu (%s)", lm_audit_fault_name((lm_fault)i), a->count[i], want, line);
        assert_true((a->first[i] == SIZE_MAX) == (want == 0));
    }
    assert_false(a->valid && (n || k));
}

static void good(const lm_audit *a)
{
    only(a, LM_FAULTS, 0, LM_FAULTS, 0);
    assert_true(a->valid && a->closed && a->manifold && a->oriented && a->has_genus);
}

static void cube_and_its_faults(void **state)
{
    (void)state;
    char line[100];
    box(1, 2, 3, 2, false);
    lm_audit a = look();
    good(&a);
    assert_true(a.volume_mm3 == 8 && a.area_mm2 == 24 && a.min_edge_mm == 2 && a.max_edge_mm == sqrt(8));
    assert_true(a.lo[0] == 1 && a.lo[1] == 2 && a.lo[2] == 3 && a.hi[0] == 3 && a.hi[2] == 5);
    assert_int_equal(a.edges, 18);
    assert_int_equal(a.euler, 2);
    assert_int_equal(a.genus, 0);
    assert_int_equal(a.components, 1);

    box(0, 0, 0, 1, false); /* a triangle is missing */
    mesh.nt--;
    a = look();
    only(&a, LM_FAULT_OPEN_EDGE, 3, LM_FAULTS, 0);
    assert_int_equal(a.holes, 1);
    assert_true(!a.closed && a.manifold && a.oriented && !a.has_genus);

    box(0, 0, 0, 1, false); /* a triangle is there twice */
    tri(mesh.tri[2], mesh.tri[0], mesh.tri[1]);
    a = look();
    only(&a, LM_FAULT_DUPLICATE, 1, LM_FAULT_NONMANIFOLD_EDGE, 3);
    assert_int_equal(a.first[LM_FAULT_DUPLICATE], 12);

    box(0, 0, 0, 1, false); /* a triangle is turned over */
    uint32_t x = mesh.tri[0];
    mesh.tri[0] = mesh.tri[1];
    mesh.tri[1] = x;
    a = look();
    only(&a, LM_FAULT_FLIPPED, 3, LM_FAULTS, 0);
    assert_true(!a.oriented && !a.closed && a.manifold);

    box(0, 0, 0, 1, true); /* inside out */
    a = look();
    only(&a, LM_FAULT_INVERTED, 1, LM_FAULTS, 0);
    assert_true(a.volume_mm3 == -1 && a.closed);

    box(0, 0, 0, 1, false); /* a vertex no triangle names: no fault */
    vert(9, 9, 9);
    a = look();
    good(&a);
    assert_int_equal(a.unreferenced, 1);
    assert_true(a.hi[0] == 1);

    box(0, 0, 0, 1, false); /* repeated index: counted, else left out */
    tri(0, 1, 1);
    a = look();
    only(&a, LM_FAULT_DEGENERATE, 1, LM_FAULTS, 0);
    assert_int_equal(a.euler, 2);

    box(0, 0, 0, 1, false); /* index out of range, twice */
    tri(0, 1, 8);
    tri(4000000000u, 1, 2);
    a = look();
    only(&a, LM_FAULT_BAD_INDEX, 2, LM_FAULTS, 0);
    assert_int_equal(a.first[LM_FAULT_BAD_INDEX], 12);

    box(0, 0, 0, 1, false); /* a NaN takes its triangles with it */
    mesh.pos[3 * 7 + 1] = NAN;
    a = look();
    assert_int_equal(a.count[LM_FAULT_NONFINITE], 1);
    assert_int_equal(a.first[LM_FAULT_NONFINITE], 7);
    assert_true(a.count[LM_FAULT_OPEN_EDGE] > 0 && !a.valid && isfinite(a.volume_mm3) && isfinite(a.area_mm2));

    box(0, 0, 0, 1, false); /* one corner is two vertices at one place, +0 and -0 */
    vert(-0.0f, 0, -0.0f);
    mesh.tri[0] = 8;
    a = look();
    assert_int_equal(a.count[LM_FAULT_COINCIDENT], 1);
    assert_int_equal(a.first[LM_FAULT_COINCIDENT], 8);
    assert_int_equal(a.count[LM_FAULT_OPEN_EDGE], 4);
    assert_int_equal(a.count[LM_FAULT_SELF_INTERSECT], 0);
    lm_audit_line(&a, line, sizeof line);
    assert_string_equal(line, "1 vertex at the place of another, 4 open edges");
}

static void nothing_at_all(void **state)
{
    (void)state;
    char line[100];
    lm_audit a = look();
    only(&a, LM_FAULTS, 0, LM_FAULTS, 0);
    assert_true(!a.valid && !a.closed && a.lo[0] > a.hi[0] && a.area_mm2 == 0);
    lm_audit_line(&a, line, sizeof line);
    assert_string_equal(line, "no triangles");
    vert(1, 2, 3);
    a = look();
    assert_true(!a.valid && a.vertices == 1 && a.unreferenced == 1);
    tri(0, 1, 2); /* all indices bad, no vertices */
    a = look();
    only(&a, LM_FAULT_BAD_INDEX, 1, LM_FAULTS, 0);
    assert_false(a.closed);
}

/* A vertex on a long edge: closed only by a triangle of no area between the three collinear points. */
static void zero_area_without_repeated_index(void **state)
{
    (void)state;
    uint32_t a = vert(0, 0, 0), b = vert(2, 0, 0), c = vert(0, 2, 0), d = vert(0, 0, 2), m = vert(1, 0, 0);
    tri(a, c, m); /* bottom, split at m */
    tri(m, c, b);
    tri(b, c, d);
    tri(c, a, d);
    tri(a, b, d); /* front, not split */
    tri(a, m, b);
    lm_audit r = look();
    /* the edges a-m and m-b lie on the edge a-b of the front, which shares only a corner with either side of m */
    only(&r, LM_FAULT_DEGENERATE, 1, LM_FAULT_SELF_INTERSECT, 2);
    assert_int_equal(r.first[LM_FAULT_DEGENERATE], 5);
    assert_true(r.closed && r.manifold);
}

static void touching_and_crossing(void **state)
{
    (void)state;
    /* two cubes apart, then touching in a face, an edge, a corner: with own vertices, and sharing them */
    box(0, 0, 0, 1, false);
    box(2, 0, 0, 1, false);
    lm_audit a = look();
    good(&a);
    assert_int_equal(a.components, 2);
    assert_true(a.volume_mm3 == 2);

    box(0, 0, 0, 1, false);
    box(1.5f, 0.25f, 0.25f, 0.5f, false);
    a = look();
    good(&a);
    box(0, 0, 0, 1, false); /* a small cube sits on the large one's face: touching is a fault */
    box(1, 0.25f, 0.25f, 0.5f, false);
    a = look();
    assert_true(a.count[LM_FAULT_SELF_INTERSECT] > 0 && !a.valid);
    assert_int_equal(a.count[LM_FAULT_COINCIDENT], 0);
    assert_true(a.first[LM_FAULT_SELF_INTERSECT] < 12 && a.second >= 12);

    box(0, 0, 0, 1, false); /* corner to corner, coincident vertices */
    box(1, 1, 1, 1, false);
    a = look();
    only(&a, LM_FAULT_COINCIDENT, 1, LM_FAULTS, 0);

    box(0, 0, 0, 1, false); /* ... and sharing the corner */
    uint32_t v[8];
    v[0] = 7;
    for (int i = 1; i < 8; i++) v[i] = vert(i & 1 ? 2 : 1, i & 2 ? 2 : 1, i & 4 ? 2 : 1);
    box_on(v, false);
    a = look();
    only(&a, LM_FAULT_NONMANIFOLD_VERTEX, 1, LM_FAULTS, 0);
    assert_int_equal(a.first[LM_FAULT_NONMANIFOLD_VERTEX], 7);
    assert_int_equal(a.components, 2);

    box(0, 0, 0, 1, false); /* sharing an edge */
    v[0] = 3;
    v[4] = 7;
    for (int i = 1; i < 8; i++)
        if (i != 4) v[i] = vert(i & 1 ? 2 : 1, i & 2 ? 2 : 1, i & 4 ? 1 : 0);
    box_on(v, false);
    a = look();
    only(&a, LM_FAULT_NONMANIFOLD_EDGE, 1, LM_FAULTS, 0);
    assert_int_equal(a.components, 1);
    assert_true(a.closed && !a.manifold);

    /* tetrahedra: apart, and one poking a corner through a face of the other: its three sides cross the face */
    for (int poke = 0; poke < 2; poke++) {
        float z = poke ? -0.25f : 0.25f;
        corners(
            (float[8][3]){{0, 0, -1}, {4, 0, -1}, {0, 4, -1}, {1, 1, -3}, {2, 1, 2}, {1, 2, 2}, {0.5f, 0.5f, 2}, {1, 1, -1 + z}},
            8);
        tetra(0, 2, 1, 3);
        tetra(4, 6, 5, 7);
        a = look();
        if (poke) only(&a, LM_FAULT_SELF_INTERSECT, 3, LM_FAULTS, 0);
        else good(&a);
    }
}

/* Open sheets: what shares an edge or a corner may still lie on itself. */
static void folds_and_overlaps(void **state)
{
    (void)state;
    for (int fold = 0; fold < 2; fold++) { /* two triangles over a common edge, flat on the far side or folded back */
        uint32_t p = vert(0, 0, 0), q = vert(4, 0, 0), r = vert(1, 3, 0), s = vert(2, fold ? 2 : -2, 0);
        tri(p, q, r);
        tri(q, p, s);
        lm_audit a = look();
        only(&a, LM_FAULT_OPEN_EDGE, 4, LM_FAULT_SELF_INTERSECT, (size_t)fold);
        assert_int_equal(a.holes, 1);
    }
    for (int over = 0; over < 2; over++) { /* two coplanar triangles over a common corner */
        uint32_t p = vert(0, 0, 0), q = vert(4, 0, 0), r = vert(4, 4, 0);
        float side = over ? 1 : -1;
        corners((float[2][3]){{4 * side, 1, 0}, {3 * side, 8, 0}}, 2);
        tri(p, q, r);
        tri(p, 3, 4);
        lm_audit a = look();
        assert_int_equal(a.count[LM_FAULT_SELF_INTERSECT], over);
        assert_int_equal(a.count[LM_FAULT_NONMANIFOLD_VERTEX], 1);
    }
    for (int over = 0; over < 2; over++) { /* coplanar, nothing in common: one inside the other, or beside it */
        float x = over ? 1 : 6;
        corners((float[6][3]){{0, 0, 5}, {9, 0, 5}, {0, 9, 5}, {x, x, 5}, {x + 1, x, 5}, {x, x + 1, 5}}, 6);
        tri(0, 1, 2);
        tri(3, 4, 5);
        lm_audit a = look();
        only(&a, LM_FAULT_OPEN_EDGE, 6, LM_FAULT_SELF_INTERSECT, (size_t)over);
    }
}

static void nesting(void **state)
{
    (void)state;
    box(0, 0, 0, 10, false); /* a cavity, and in it a free part */
    box(2, 2, 2, 6, true);
    box(4, 4, 4, 2, false);
    lm_audit a = look();
    good(&a);
    assert_int_equal(a.cavities, 1);
    assert_int_equal(a.components, 3);
    assert_true(a.volume_mm3 == 1000 - 216 + 8);

    box(0, 0, 0, 10, false); /* the cavity faces outward: material in material */
    box(2, 2, 2, 6, false);
    a = look();
    only(&a, LM_FAULT_INVERTED, 1, LM_FAULTS, 0);
    assert_int_equal(a.first[LM_FAULT_INVERTED], 12);

    box(0, 0, 0, 10, true); /* the outer one is inside out, its cavity is not to blame */
    box(2, 2, 2, 6, true);
    a = look();
    only(&a, LM_FAULT_INVERTED, 1, LM_FAULTS, 0);
    assert_int_equal(a.first[LM_FAULT_INVERTED], 0);

    box(0, 0, 0, 10, false); /* beside it, level with its edges and corners: no cavity, so inside out */
    box(-7, 0, 0, 4, true);
    box(-7, 5, 5, 5, true);
    a = look();
    only(&a, LM_FAULT_INVERTED, 2, LM_FAULTS, 0);

    box(0, 0, 0, 4, false); /* overlapping parts are no inversion, but they intersect */
    box(1, 1, 1, 4, false);
    a = look();
    assert_int_equal(a.count[LM_FAULT_INVERTED], 0);
    assert_true(a.count[LM_FAULT_SELF_INTERSECT] > 0);
}

static void genus_and_one_sided_surfaces(void **state)
{
    (void)state;
    tube(16, 8, false, true); /* torus */
    lm_audit a = look();
    good(&a);
    assert_int_equal(a.genus, 1);
    assert_int_equal(a.euler, 0);

    tube(15, 4, true, false); /* Moebius strip: one boundary loop, and it cannot be oriented */
    a = look();
    assert_int_equal(a.holes, 1);
    assert_int_equal(a.count[LM_FAULT_FLIPPED], 4);
    assert_int_equal(a.count[LM_FAULT_OPEN_EDGE], 30);
    assert_int_equal(a.count[LM_FAULT_SELF_INTERSECT], 0);
    assert_true(a.manifold && !a.oriented && !a.closed && a.euler == 0);

    tube(16, 8, true, true); /* Klein bottle by its topology; in space it cuts through itself */
    a = look();
    assert_int_equal(a.count[LM_FAULT_OPEN_EDGE], 0);
    assert_int_equal(a.count[LM_FAULT_FLIPPED], 8);
    assert_true(a.manifold && !a.oriented && !a.has_genus && a.euler == 0 && !a.valid);
    assert_true(a.count[LM_FAULT_SELF_INTERSECT] > 0);
}

static void doubled_facet_is_named(void **state)
{
    (void)state;
    corners((float[3][3]){{0, 0, 0}, {1, 0, 0}, {0, 1, 0}}, 3); /* both sides of one triangle: closed, without volume */
    tri(0, 1, 2);
    tri(0, 2, 1);
    lm_audit a = look();
    only(&a, LM_FAULT_DUPLICATE, 1, LM_FAULTS, 0);
    assert_true(a.closed && a.volume_mm3 == 0 && !a.valid);
}

/* Many triangles at one vertex (more than are sorted by insertion). */
static void a_vertex_with_many_triangles(void **state)
{
    (void)state;
    enum { N = 500 };
    uint32_t top = vert(0, 0, 1), low = vert(0, 0, -1), ring[N];
    for (int i = 0; i < N; i++) ring[i] = vert((float)cos(2 * M_PI * i / N), (float)sin(2 * M_PI * i / N), 0);
    for (int i = 0; i < N; i++) {
        tri(top, ring[i], ring[(i + 1) % N]);
        tri(low, ring[(i + 1) % N], ring[i]);
    }
    lm_audit a = look();
    good(&a);
    assert_int_equal(a.edges, 3 * N);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cube_and_its_faults),
        cmocka_unit_test(nothing_at_all),
        cmocka_unit_test(zero_area_without_repeated_index),
        cmocka_unit_test(touching_and_crossing),
        cmocka_unit_test(folds_and_overlaps),
        cmocka_unit_test(nesting),
        cmocka_unit_test(genus_and_one_sided_surfaces),
        cmocka_unit_test(doubled_facet_is_named),
        cmocka_unit_test(a_vertex_with_many_triangles),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
