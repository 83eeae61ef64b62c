/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Holes, cuts and shells: planted faults with known answers, and random damage. */
#include "repair/cut.h"
#include "repair/holes.h"
#include "repair/keep.h"
#include "repair/repair.h"
#include "surface/audit.h"
#include "surface/mcubes.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <cmocka.h>
#include "tests/unit/chance.h"
#include "tests/unit/shapes.h"

static lm_repair fix(int threads)
{
    lm_repair r;
    lm_repair_opt opt = {.threads = threads};
    assert_int_equal(lm_repair_run(&mesh, false, &opt, &r, &err), LM_OK);
    return r;
}

/* Repair: valid with that volume; the same for one thread; a second repair changes nothing. Frees the mesh. */
static lm_repair becomes(double volume, double tolerance)
{
    lm_mesh was = LM_MESH_INIT, once;
    char line[400];
    assert_int_equal(lm_mesh_copy(&mesh, &was, &err), LM_OK);
    assert_false(look(&mesh).valid);
    lm_repair r = fix(3), again;
    lm_audit a = look(&mesh);
    lm_audit_line(&a, line, sizeof line);
    if (!a.valid) fail_msg("not valid: %s", line);
    if (fabs(a.volume_mm3 - volume) > tolerance) fail_msg("volume %.10g, not %.10g", a.volume_mm3, volume);
    assert_int_equal(r.holes_left, 0);
    once = mesh;
    mesh = was;
    again = fix(1);
    for (int turn = 0; turn < 2; turn++) {
        assert_int_equal(once.nv, mesh.nv);
        assert_int_equal(once.nt, mesh.nt);
        assert_memory_equal(once.pos, mesh.pos, 12 * once.nv);
        assert_memory_equal(once.tri, mesh.tri, 12 * once.nt);
        lm_repair_release(&again);
        again = fix(2);
    }
    for (int i = 0; i < LM_REPAIR_STEPS; i++) assert_int_equal(again.step[i].count, 0);
    lm_repair_release(&again);
    lm_mesh_release(&once);
    lm_mesh_release(&mesh);
    free(r.hole);
    r.hole = NULL;
    return r;
}

/* Repair: not valid, with that many holes left for that reason. Frees the mesh. */
static void stays_open(size_t holes, lm_hole_why why, uint32_t edges)
{
    lm_repair r = fix(2);
    assert_false(look(&mesh).valid);
    assert_int_equal(r.holes_left, holes);
    assert_int_equal(r.hole[0].why, why);
    assert_int_equal(r.hole[0].edges, edges);
    lm_repair_release(&r);
    lm_mesh_release(&mesh);
}

static void without(size_t t)
{
    memmove(mesh.tri + 3 * t, mesh.tri + 3 * (t + 1), 12 * (mesh.nt - t - 1));
    mesh.nt--;
}

static void cube_without_a_face(void **state)
{
    (void)state;
    for (size_t face = 0; face < 6; face++) {
        box(3, -2, 5, 1, false);
        without(2 * face);
        without(2 * face);
        lm_repair r = becomes(1, 0);
        assert_int_equal(r.step[LM_REPAIR_HOLES].count, 1);
        assert_int_equal(r.hole_triangles, 2);
        assert_true(r.hole_area_mm2 == 1);
        assert_true(fabs(r.step[LM_REPAIR_HOLES].volume_change_mm3) < 1);
    }
    box(0, 0, 0, 1, false); /* and with only one triangle gone: the diagonal is known */
    without(4);
    becomes(1, 0);
    box(0, 0, 0, 10, false); /* around a cavity: it must not be taken for a part while the box is open */
    box(2, 2, 2, 6, true);
    without(0), without(0);
    becomes(1000 - 216, 0);
    box(0, 0, 0, 1, true); /* an inside-out one too */
    without(0);
    assert_int_equal(becomes(1, 0).step[LM_REPAIR_OUTWARD].count, 1);
    box(0, 0, 0, 1, false); /* two faces that meet: the loop is not planar; least angle: any closes, the volume tells which */
    without(0), without(0), without(2), without(2);
    lm_repair r = fix(2);
    lm_audit a = look(&mesh);
    assert_true(a.valid && a.volume_mm3 >= 0.5 - 1e-6);
    lm_repair_release(&r);
    lm_mesh_release(&mesh);
}

/* Latitude-longitude ball: rings + 1 rows, 2 * rings columns. */
static void ball(int rings, double radius)
{
    int n = 2 * rings;
    vert(0, 0, (float)radius);
    for (int i = 1; i < rings; i++)
        for (int j = 0; j < n; j++) {
            double a = M_PI * i / rings, b = 2 * M_PI * j / n;
            vert((float)(radius * sin(a) * cos(b)), (float)(radius * sin(a) * sin(b)), (float)(radius * cos(a)));
        }
    uint32_t south = vert(0, 0, (float)-radius);
    for (int j = 0; j < n; j++) {
        uint32_t k = (uint32_t)((j + 1) % n), last = (uint32_t)(1 + (rings - 2) * n);
        tri(0, 1 + (uint32_t)j, 1 + k);
        tri(south, last + k, last + (uint32_t)j);
        for (int i = 0; i < rings - 2; i++) {
            uint32_t r = (uint32_t)(1 + i * n);
            quad(r + (uint32_t)j, r + (uint32_t)(n + j), r + (uint32_t)n + k, r + k);
        }
    }
}

/* Drop all triangles at vertex v. */
static void punch(uint32_t v)
{
    for (size_t t = mesh.nt; t--;)
        if (mesh.tri[3 * t] == v || mesh.tri[3 * t + 1] == v || mesh.tri[3 * t + 2] == v) without(t);
}

static void ball_with_twenty_holes(void **state)
{
    (void)state;
    enum { RINGS = 40 };
    ball(RINGS, 10);
    assert_true(look(&mesh).valid);
    double whole = lm_mesh_volume(&mesh);
    for (uint32_t i = 0; i < 20; i++) punch(1 + (4 + 8 * (i / 5)) * 2 * RINGS + 16 * (i % 5));
    assert_int_equal(look(&mesh).holes, 20);
    lm_repair r = becomes(whole, 0.005 * whole);
    assert_int_equal(r.step[LM_REPAIR_HOLES].count, 20);
    assert_int_equal(r.hole_triangles, 80); /* six edges each */
}

/* Holes that meet in a vertex, in two vertices, and one around a whole island that hangs on by a vertex. */
static void holes_with_common_vertices(void **state)
{
    (void)state;
    enum { RINGS = 20, N = 2 * RINGS };
    for (int other = 0; other < 3; other++) {
        ball(RINGS, 10);
        double whole = lm_mesh_volume(&mesh);
        uint32_t v = 1 + 8 * N + 10;
        punch(v);
        if (other == 0) punch(v + 2);                                         /* they meet in v + 1 */
        if (other == 1) punch(v + 2 * N + 2);                                 /* in v + N + 1 */
        if (other == 2) punch(v + 2), punch(v + N + 3), punch(v + 2 * N + 3); /* a chain */
        assert_true(look(&mesh).count[LM_FAULT_NONMANIFOLD_VERTEX] > 0);
        lm_repair r = becomes(whole, 0.02 * whole);
        assert_true(r.step[LM_REPAIR_HOLES].count >= 2);
        assert_int_equal(r.step[LM_REPAIR_CUT].count, 0); /* filled, not cut */
    }
    /* a ring of holes around vertex v: what is left inside hangs on to the rest by single vertices, four of them */
    ball(RINGS, 10);
    double whole = lm_mesh_volume(&mesh);
    uint32_t v = 1 + 8 * N + 10;
    punch(v - 2), punch(v + 2), punch(v - 2 * N), punch(v + 2 * N);
    becomes(whole, 0.02 * whole);
}

static void cylinder(int n, float height, bool caps)
{
    for (int i = 0; i < n; i++) {
        vert((float)(5 * cos(2 * M_PI * i / n)), (float)(5 * sin(2 * M_PI * i / n)), 0);
        vert((float)(5 * cos(2 * M_PI * i / n)), (float)(5 * sin(2 * M_PI * i / n)), height);
    }
    for (uint32_t i = 0; i < (uint32_t)n; i++) {
        uint32_t j = (i + 1) % (uint32_t)n;
        quad(2 * i, 2 * j, 2 * j + 1, 2 * i + 1);
        if (caps && i && j) tri(1, 2 * i + 1, 2 * j + 1);
    }
}

static double prism(int n, double height)
{
    return 0.5 * n * 25 * sin(2 * M_PI / n) * height;
}

static void open_cylinder(void **state)
{
    (void)state;
    for (int n = 3; n <= 300; n = n * 2 + 1) {
        cylinder(n, 8, false);
        lm_repair r = becomes(prism(n, 8), 1e-4);
        assert_int_equal(r.step[LM_REPAIR_HOLES].count, 2);
        assert_true(fabs(r.hole_area_mm2 - 2 * prism(n, 1)) < 1e-4);
    }
    cylinder(300, 8, true);
    becomes(prism(300, 8), 1e-3);
    for (int n = 301; n < 3000; n *= 8) { /* too many for the table: an outline in its plane */
        cylinder(n, 8, false);
        assert_int_equal(becomes(prism(n, 8), 1e-3).hole_triangles, 2 * (n - 2));
    }
}

/* A tube with a wall between radius 3 and 5, open between the two at its top: one hole with two loops. */
static void thick_tube(int n, bool bent)
{
    for (int i = 0; i < n; i++)
        for (int k = 0; k < 4; k++) { /* outside below, above; inside below, above */
            double r = k < 2 ? 5 : 3, t = 2 * M_PI * i / n;
            vert((float)(r * cos(t)), (float)(r * sin(t)), k & 1 ? (float)(8 + (bent ? 0.4 * cos(2 * t) : 0)) : 0);
        }
    for (uint32_t i = 0; i < (uint32_t)n; i++) {
        uint32_t a = 4 * i, b = 4 * ((i + 1) % (uint32_t)n);
        quad(a, b, b + 1, a + 1);
        quad(b + 2, a + 2, a + 3, b + 3);
        quad(a, a + 2, b + 2, b);
    }
}

static void two_loops_of_one_hole(void **state)
{
    (void)state;
    for (int n = 5; n < 1000; n *= 7)
        for (int bent = 0; bent < 2; bent++) {
            thick_tube(n, bent);
            lm_repair r = becomes(0.5 * n * (25 - 9) * sin(2 * M_PI / n) * 8, bent ? 2 : 1e-3);
            assert_int_equal(r.step[LM_REPAIR_HOLES].count, 2);
            assert_int_equal(r.hole_triangles, 2 * n);
        }
    /* a hollow box with a hole through both its walls: two holes, each closed by itself */
    box(0, 0, 0, 10, false);
    box(1, 1, 1, 7, true);
    without(2), without(2), without(12), without(12);
    lm_repair r = becomes(1000 - 343, 1e-9);
    assert_int_equal(r.step[LM_REPAIR_HOLES].count, 2);
}

/* A long loop that is no outline seen from anywhere: the end of a tube that winds up and down a ball three times as the seam of
 * a ball for tennis does. */
static void long_and_bent(void **state)
{
    (void)state;
    enum { N = 1200 };
    for (int i = 0; i < N; i++)
        for (int k = 0; k < 2; k++) {
            double t = 2 * M_PI * i / N, a = 0.75, r = k ? 10 : 11;
            double x = a * cos(t) + (1 - a) * cos(3 * t), y = a * sin(t) - (1 - a) * sin(3 * t),
                   z = 2 * sqrt(a * (1 - a)) * cos(2 * t);
            vert((float)(r * x), (float)(r * y), (float)(r * z)); /* all at r from the middle */
        }
    for (uint32_t i = 0; i < N; i++) quad(2 * i, 2 * ((i + 1) % N), 2 * ((i + 1) % N) + 1, 2 * i + 1);
    lm_holes h;
    assert_int_equal(lm_holes_fill(&mesh, 2, &h, NULL, &err), LM_OK);
    assert_true(h.filled >= 1);
    lm_audit a = look(&mesh);
    assert_int_equal(a.count[LM_FAULT_SELF_INTERSECT], 0);
    assert_int_equal(a.count[LM_FAULT_NONMANIFOLD_EDGE], 0);
    lm_holes_release(&h);
    lm_mesh_release(&mesh);
}

/* A prism on an L, without its top, each edge of which has more points on its line: no flat triangle, nothing outside the L. */
static void planar_and_not_convex(void **state)
{
    (void)state;
    static const float corner[6][2] = {{0, 0}, {6, 0}, {6, 2}, {2, 2}, {2, 6}, {0, 6}};
    enum { PER = 4, N = 6 * PER };
    for (int i = 0; i < N; i++)
        for (int z = 0; z < 2; z++) {
            const float *p = corner[i / PER], *q = corner[(i / PER + 1) % 6];
            float f = (float)(i % PER) / PER;
            vert(p[0] + f * (q[0] - p[0]), p[1] + f * (q[1] - p[1]), 3 * (float)z);
        }
    for (uint32_t i = 0; i < N; i++) {
        uint32_t j = (i + 1) % N;
        quad(2 * i, 2 * j, 2 * j + 1, 2 * i + 1);
    }
    lm_repair r = becomes(60, 1e-9);
    assert_true(fabs(r.hole_area_mm2 - 40) < 1e-9);
}

/* A saddle-shaped rim: heights alternate around a cylinder. */
static void not_planar(void **state)
{
    (void)state;
    enum { N = 32 };
    for (uint32_t i = 0; i < N; i++) {
        double a = 2 * M_PI * i / N;
        vert((float)(5 * cos(a)), (float)(5 * sin(a)), 0);
        vert((float)(5 * cos(a)), (float)(5 * sin(a)), (float)(10 + 3 * cos(2 * a)));
    }
    for (uint32_t i = 0; i < N; i++) {
        uint32_t j = (i + 1) % N;
        quad(2 * i, 2 * j, 2 * j + 1, 2 * i + 1);
        if (i && j) tri(0, 2 * j, 2 * i);
    }
    becomes(prism(N, 10), 0.15 * prism(N, 10));
}

/* A box without its top, and a needle that comes up through where the top should be: no flat patch fits, one around the
 * needle does not exist; it is closed as if the needle were not there, and both are joined. Beside the needle a patch with another
 * diagonal fits. */
static void patches_that_would_meet_the_mesh(void **state)
{
    (void)state;
    box(0, 0, 0, 10, false);
    without(2), without(2);
    corners((float[4][3]){{4.5f, 4.5f, 5}, {6, 4.5f, 5}, {4.5f, 6, 5}, {5, 5, 15}}, 4);
    tetra(8, 9, 10, 11);
    lm_repair r = becomes(1000.46875, 1e-4);
    assert_int_equal(r.step[LM_REPAIR_HOLES].count, 1);
    assert_true(r.step[LM_REPAIR_INTERSECT].count > 0);

    /* the rim is not planar: one diagonal runs over the needle's point, the other through it */
    for (int turn = 0; turn < 2; turn++) {
        box(0, 0, 0, 10, false);
        without(2), without(2);
        mesh.pos[3 * (turn ? 4 : 5) + 2] = mesh.pos[3 * (turn ? 7 : 6) + 2] = 14; /* corners across, raised */
        corners((float[4][3]){{4.5f, 4.5f, 8}, {6, 4.5f, 8}, {4.5f, 6, 8}, {5, 5, 13}}, 4);
        tetra(8, 9, 11, 10);
        for (size_t t = mesh.nt - 4; t < mesh.nt; t++) { /* a cavity, so that it may lie inside */
            uint32_t x = mesh.tri[3 * t];
            mesh.tri[3 * t] = mesh.tri[3 * t + 1];
            mesh.tri[3 * t + 1] = x;
        }
        r = fix(2);
        assert_int_equal(r.step[LM_REPAIR_HOLES].count, 1);
        assert_int_equal(look(&mesh).count[LM_FAULT_SELF_INTERSECT], 0);
        assert_int_equal(look(&mesh).count[LM_FAULT_OPEN_EDGE], 0);
        lm_repair_release(&r);
        lm_mesh_release(&mesh);
    }

    tri(vert(0, 0, 0), vert(1, 0, 0), vert(0, 1, 0)); /* a sheet encloses nothing */
    stays_open(1, LM_HOLE_NO_PATCH, 3);
    tube(15, 4, true, false); /* a Moebius strip has no loop to follow */
    r = fix(2);
    assert_true(r.nonorientable == 1 && r.holes_left > 0 && !look(&mesh).valid);
    assert_int_equal(r.step[LM_REPAIR_HOLES].count, 0);
    lm_repair_release(&r);
    lm_mesh_release(&mesh);
}

/* A crack along a straight line: a long edge on one side, short ones on the other. */
static void cracks(void **state)
{
    (void)state;
    for (int points = 1; points <= 5; points++) {
        box(0, 0, 0, 12, false);
        without(0); /* 0 2 3; its diagonal 0 3 stays with 0 3 1 */
        uint32_t last = 0;
        for (int i = 1; i <= points; i++) {
            float x = 12 * (float)i / (float)(points + 1);
            uint32_t v = vert(x, x, 0);
            tri(last, 2, v);
            last = v;
        }
        tri(last, 2, 3);
        assert_int_equal(look(&mesh).count[LM_FAULT_OPEN_EDGE], (size_t)points + 2);
        assert_int_equal(becomes(1728, 0).step[LM_REPAIR_SEAM].count, points);
    }
}

/* The same on a box turned in space: the points are off the line by rounding, to either side. */
static void cracks_off_the_line(void **state)
{
    (void)state;
    for (int turn = 0; turn < 40; turn++) {
        int points = 1 + turn % 5;
        box(0, 0, 0, 12, false);
        without(0);
        uint32_t last = 0;
        for (int i = 1; i <= points; i++) {
            float x = 12 * (float)i / (float)(points + 1);
            uint32_t v = vert(x, x, 0);
            tri(last, 2, v);
            last = v;
        }
        tri(last, 2, 3);
        double a = 0.1 + 0.13 * turn, b = 0.3 + 0.29 * turn;
        for (size_t v = 0; v < mesh.nv; v++) {
            float *p = mesh.pos + 3 * v;
            double x = cos(a) * p[0] - sin(a) * p[1], y = sin(a) * p[0] + cos(a) * p[1], z = p[2];
            p[0] = (float)x;
            p[1] = (float)(cos(b) * y - sin(b) * z);
            p[2] = (float)(sin(b) * y + cos(b) * z);
        }
        lm_repair r = becomes(1728, 2e-3);
        assert_int_equal(r.step[LM_REPAIR_SEAM].count, (size_t)points);
        assert_true(r.step[LM_REPAIR_SEAM].max_move_mm < 16e-6);
        assert_int_equal(r.step[LM_REPAIR_HOLES].count, 0);
    }
}

/* Both sides have points that the other does not know, also on two edges of one triangle. */
static void seams_of_two_sides(void **state)
{
    (void)state;
    enum { TOP = 7, BOTTOM = 5 };
    for (int turn = 0; turn < 2; turn++) { /* two halves of an open box, divided differently along their common rim */
        uint32_t rim[2][4 * TOP];
        for (int half = 0; half < 2; half++) {
            int per = half ? TOP : BOTTOM, n = 4 * per;
            static const float corner[5][2] = {{0, 0}, {1, 0}, {1, 1}, {0, 1}, {0, 0}};
            for (int i = 0; i < n; i++) {
                const float *p = corner[i / per], *q = corner[i / per + 1];
                double f = (double)(i % per) / per, x = p[0] + f * (q[0] - p[0]), y = p[1] + f * (q[1] - p[1]);
                rim[half][i] = vert((float)(turn ? 0.8 * x - 0.6 * y : x), (float)(turn ? 0.6 * x + 0.8 * y : y), 0.5f);
            }
            uint32_t tip = vert(turn ? 0.1f : 0.5f, turn ? 0.7f : 0.5f, half ? 2 : -1);
            for (int i = 0; i < n; i++) {
                uint32_t a = rim[half][i], b = rim[half][(i + 1) % n];
                if (half) tri(a, b, tip);
                else tri(b, a, tip);
            }
        }
        lm_repair r = becomes(1, 1e-5); /* two pyramids of height 1.5 */
        assert_int_equal(r.step[LM_REPAIR_SEAM].count, 4 * (TOP - 1) + 4 * (BOTTOM - 1));
        assert_int_equal(r.step[LM_REPAIR_HOLES].count, 0);
    }
}

/* A triangle that hangs by a corner in a filled hole goes; one of a torn surface whose holes cannot be filled stays. */
static void flaps(void **state)
{
    (void)state;
    box(0, 0, 0, 1, false);
    tri(7, vert(2, 2, 2), vert(2, 2, 3));
    lm_repair r = becomes(1, 0);
    assert_int_equal(r.step[LM_REPAIR_FLAPS].count, 1);
    assert_int_equal(r.step[LM_REPAIR_CUT].count, 0);
    box(0, 0, 0, 1, false); /* not hanging: a shell of its own, for --keep */
    tri(vert(5, 5, 5), vert(6, 5, 5), vert(5, 6, 5));
    stays_open(1, LM_HOLE_NO_PATCH, 3);
    corners((float[6][3]){{0, 0, 0}, {1, 0, 0}, {0, 1, 0}, {-1, 0, 0}, {-1, -1, 0}, {0, -1, 0}}, 6);
    tri(0, 1, 2); /* two sheets at one corner: neither is the surface */
    quad(0, 3, 4, 5);
    size_t nt = mesh.nt;
    r = fix(1);
    assert_int_equal(mesh.nt, nt);
    assert_int_equal(r.step[LM_REPAIR_FLAPS].count, 0);
    lm_repair_release(&r);
    lm_mesh_release(&mesh);
}

/* Which of two equal triangles is too many only shows when their neighbours agree. */
static void equal_triangles_of_a_mesh_turned_at_random(void **state)
{
    (void)state;
    for (seed = 1; seed < 20; seed++) {
        box(0, 0, 0, 1, false); /* with a flap of both sides on edge 0-4 */
        uint32_t p = vert(-1, -1, 0.5f);
        tri(0, 4, p);
        tri(4, 0, p);
        for (size_t t = 0; t < mesh.nt; t++)
            if ((seed * 2654435761u >> (t % 30)) & 1) {
                uint32_t x = mesh.tri[3 * t];
                mesh.tri[3 * t] = mesh.tri[3 * t + 1];
                mesh.tri[3 * t + 1] = x;
            }
        lm_repair r = becomes(1, 0);
        assert_int_equal(r.step[LM_REPAIR_DUPLICATE].count, 2);
    }
}

/* ---- cuts ---- */

/* A box whose corners are old vertices where old[] says so. */
static void box_with(float x, float y, float z, float side, const int old[8])
{
    uint32_t v[8];
    for (int i = 0; i < 8; i++)
        v[i] = old[i] >= 0 ? (uint32_t)old[i] : vert(x + (i & 1 ? side : 0), y + (i & 2 ? side : 0), z + (i & 4 ? side : 0));
    box_on(v, false);
}

/* All vertices that were there are where they were, or the same point moved by 4 ulp to `most`. */
static void two_boxes(const int old[8], float x, float y, float z, size_t copies)
{
    box(0, 0, 0, 1, false);
    box_with(x, y, z, 1, old);
    lm_repair r = becomes(2, 1e-5);
    assert_int_equal(r.step[LM_REPAIR_CUT].count, copies);
    assert_true(r.step[LM_REPAIR_CUT].max_move_mm >= 4 * 1.2e-7 && r.step[LM_REPAIR_CUT].max_move_mm < 1e-5);
}

static void boxes_that_touch(void **state)
{
    (void)state;
    two_boxes((int[8]){3, -1, -1, -1, 7, -1, -1, -1}, 1, 1, 0, 2);  /* an edge */
    two_boxes((int[8]){7, -1, -1, -1, -1, -1, -1, -1}, 1, 1, 1, 1); /* a corner */
    for (int k = 0; k < 2; k++) {                                   /* coordinates far out: ulps are larger */
        box(k ? 1000 : 0.001f, 0, 0, 1, false);
        box_with(k ? 1001 : 1.001f, 1, 0, 1, (int[8]){3, -1, -1, -1, 7, -1, -1, -1});
        becomes(2, 1e-2);
    }
    /* three boxes on one edge, and four around one corner */
    box(0, 0, 0, 1, false);
    box_with(1, 1, 0, 1, (int[8]){3, -1, -1, -1, 7, -1, -1, -1});
    box_with(1, 0, 1, 1, (int[8]){5, -1, 7, 12, -1, -1, -1, -1});
    box_with(0, 1, 1, 1, (int[8]){6, 7, -1, -1, -1, -1, -1, -1});
    lm_repair r = fix(2);
    lm_audit a = look(&mesh);
    assert_true(a.valid && fabs(a.volume_mm3 - 4) < 1e-4);
    lm_repair_release(&r);
    lm_mesh_release(&mesh);
    /* a roof whose edge lies on the diagonal of a box's top */
    box(0, 0, 0, 1, false);
    corners((float[2][3]){{0.4f, 0.6f, 2}, {0.6f, 0.4f, 2}}, 2);
    tetra(4, 7, 8, 9);
    double volume = lm_mesh_volume(&mesh);
    r = becomes(volume < 1 ? 2 - volume : volume, 1e-5);
    assert_int_equal(r.step[LM_REPAIR_CUT].count, 2);
}

/* Two cavities of a box, on one edge and at one corner; a cavity that touches the wall from inside. */
static void cavities_that_touch(void **state)
{
    (void)state;
    for (int kind = 0; kind < 2; kind++) {
        box(-5, -5, -5, 12, false);
        box(0, 0, 0, 1, true);
        size_t nt = mesh.nt;
        if (kind == 0) box_with(1, 1, 0, 1, (int[8]){11, -1, -1, -1, 15, -1, -1, -1});
        else box_with(1, 1, 1, 1, (int[8]){15, -1, -1, -1, -1, -1, -1, -1});
        for (size_t t = nt; t < mesh.nt; t++) {
            uint32_t x = mesh.tri[3 * t];
            mesh.tri[3 * t] = mesh.tri[3 * t + 1];
            mesh.tri[3 * t + 1] = x;
        }
        becomes(1726, 1e-3);
    }
    box(0, 0, 0, 10, false);
    uint32_t v[4] = {vert(4, 4, 4), vert(5, 4, 4), vert(4, 5, 4), 0}; /* its tip is the box's corner */
    tetra(v[0], v[1], v[2], v[3]);                                    /* faces inward */
    double volume = lm_mesh_volume(&mesh);
    assert_true(volume < 1000);
    becomes(volume, 1e-3);
}

/* The surface of the voxels of an n*n*n block that are not 0, each vertex once. */
static void voxels(int n, const unsigned char *in)
{
    static const int f[6][4] = {{0, 2, 3, 1}, {4, 5, 7, 6}, {0, 1, 5, 4}, {2, 6, 7, 3}, {0, 4, 6, 2}, {1, 3, 7, 5}};
    for (int i = 0; i < (n + 1) * (n + 1) * (n + 1); i++)
        vert((float)(i % (n + 1)), (float)(i / (n + 1) % (n + 1)), (float)(i / (n + 1) / (n + 1)));
    for (int i = 0; i < n * n * n; i++) {
        int p[3] = {i % n, i / n % n, i / n / n};
        uint32_t v[8];
        if (!in[i]) continue;
        for (int k = 0; k < 8; k++)
            v[k] = (uint32_t)(p[0] + (k & 1) + (n + 1) * (p[1] + (k >> 1 & 1) + (n + 1) * (p[2] + (k >> 2))));
        for (int s = 0; s < 6; s++) {
            int q[3] = {p[0], p[1], p[2]}, k = s < 2 ? 2 : s < 4 ? 1 : 0;
            q[k] += s & 1 ? 1 : -1;
            bool outside = q[k] < 0 || q[k] >= n;
            if (outside || !in[q[0] + n * (q[1] + n * q[2])]) quad(v[f[s][0]], v[f[s][1]], v[f[s][2]], v[f[s][3]]);
        }
    }
}

/* Four triangles on an edge whose ends are joined: two lips of one body that meet along one edge. No end can be copied, so
 * the sheets get points of their own. */
static void pinched_edge(void **state)
{
    (void)state;
    unsigned char in[27];
    memset(in, 1, sizeof in);
    in[1 + 3 * (1 + 3 * 2)] = in[2 + 3 * (2 + 3 * 2)] = 0; /* two notches with an edge in common */
    voxels(3, in);
    assert_int_equal(look(&mesh).count[LM_FAULT_NONMANIFOLD_EDGE], 1);
    lm_repair r = becomes(25, 1e-4);
    assert_true(r.step[LM_REPAIR_CUT].count >= 1);
}

/* Voxels at random touch in every way that edges and corners can: all come out valid, with the volume of the voxels. */
static void voxels_at_random(void **state)
{
    (void)state;
    for (uint32_t run = 1; run <= 40; run++) {
        enum { N = 6 };
        unsigned char in[N * N * N];
        size_t count = 0;
        uint32_t share = 2 + run % 9;
        seed = run;
        for (size_t i = 0; i < sizeof in; i++) count += in[i] = dice(12) < share;
        voxels(N, in);
        lm_repair r = fix(2);
        lm_audit a = look(&mesh);
        char line[400];
        lm_audit_line(&a, line, sizeof line);
        if (!a.valid) fail_msg("seed %u: %s", run, line);
        if (fabs(a.volume_mm3 - (double)count) > 1e-3 * (double)count)
            fail_msg("seed %u: volume %g, not %zu", run, a.volume_mm3, count);
        lm_repair_release(&r);
        lm_mesh_release(&mesh);
    }
}

/* Triangles at random between few points, so that all that is degenerate comes up: nothing breaks, the number of threads
 * does not show, and what is called closed is. */
static void triangles_at_random(void **state)
{
    (void)state;
    for (uint32_t run = 1; run <= 300; run++) {
        seed = run;
        for (uint32_t n = 3 + dice(20); n--;) vert((float)dice(3), (float)dice(3), (float)dice(3));
        for (uint32_t n = 1 + dice(40); n--;) {
            uint32_t a = dice((uint32_t)mesh.nv), b = dice((uint32_t)mesh.nv);
            tri(a, b, dice((uint32_t)mesh.nv));
        }
        lm_mesh other = LM_MESH_INIT, once;
        assert_int_equal(lm_mesh_copy(&mesh, &other, &err), LM_OK);
        lm_repair r = fix(3);
        lm_audit a = look(&mesh);
        if (!a.count[LM_FAULT_OPEN_EDGE] != !r.holes_left)
            fail_msg("seed %u: %zu open edges, %zu holes named", run, a.count[LM_FAULT_OPEN_EDGE], r.holes_left);
        lm_repair_release(&r);
        once = mesh;
        mesh = other;
        r = fix(1);
        lm_repair_release(&r);
        assert_true(once.nv == mesh.nv && once.nt == mesh.nt);
        assert_memory_equal(once.pos, mesh.pos, 12 * once.nv);
        assert_memory_equal(once.tri, mesh.tri, 12 * once.nt);
        lm_mesh_release(&once);
        lm_mesh_release(&mesh);
    }
}

static void odd_edges(void **state)
{
    (void)state;
    box(0, 0, 0, 1, false); /* a fin: it is told from the box, and no patch fits it */
    tri(3, 7, vert(2, 2, 0.5f));
    stays_open(1, LM_HOLE_NO_PATCH, 3);
    /* a wall across a box: three triangles at each of its edges */
    box(0, 0, 0, 1, false);
    box_with(1, 0, 0, 1, (int[8]){1, -1, 3, -1, 5, -1, 7, -1});
    without(20), without(20); /* the second's side of the wall */
    lm_repair r = fix(2);
    lm_audit a = look(&mesh);
    assert_true(a.valid); /* no step but the rebuild of the regions can, and it rounds what stood there */
    assert_int_equal(r.step[LM_REPAIR_REWORK].count, 1);
    assert_true(a.volume_mm3 > 1.9 && a.volume_mm3 < 2);
    lm_repair_release(&r);
    lm_mesh_release(&mesh);
    /* two boxes on an edge, one of them without a face at that edge: the hole is found */
    for (int face = 0; face < 6; face++) {
        box(0, 0, 0, 1, false);
        box_with(1, 1, 0, 1, (int[8]){3, -1, -1, -1, 7, -1, -1, -1});
        without(12 + 2 * (size_t)face);
        without(12 + 2 * (size_t)face);
        becomes(2, 1e-5);
    }
}

/* ---- shells ---- */

static lm_keep keep(size_t most, double min_mm3)
{
    lm_keep k;
    lm_keep_opt opt = {most, min_mm3};
    assert_int_equal(lm_keep_run(&mesh, &opt, 2, &k, NULL, &err), LM_OK);
    return k;
}

static void parts(void)
{
    box(0, 0, 0, 10, false); /* 1000, with a cavity of 216 in which is a part of 8 with a cavity of 1 */
    box(2, 2, 2, 6, true);
    box(4, 4, 4, 2, false);
    box(4.5f, 4.5f, 4.5f, 1, true);
    box(20, 0, 0, 3, false); /* 27 */
    box(30, 0, 0, 3, false); /* 27 */
    box(40, 0, 0, 1, false); /* 1 */
}

static void shells(void **state)
{
    (void)state;
    static const struct {
        size_t most;
        double min, volume;
        size_t dropped;
    } want[] = {{0, 0, 1000 - 216 + 7 + 55, 0},
                {1, 0, 784, 4},
                {2, 0, 784 + 27, 3},
                {3, 0, 784 + 54, 2},
                {4, 0, 784 + 54 + 7, 1},
                {9, 0, 784 + 54 + 7 + 1, 0},
                {0, 8, 784 + 54 + 7, 1},
                {0, 8.001, 784 + 54, 2},
                {2, 500, 784, 4},
                {0, 1001, 0, 5}};
    for (size_t i = 0; i < sizeof want / sizeof *want; i++) {
        parts();
        lm_keep k = keep(want[i].most, want[i].min);
        assert_int_equal(k.shells, 5);
        assert_int_equal(k.dropped, want[i].dropped);
        assert_true(fabs(lm_mesh_volume(&mesh) - want[i].volume) < 1e-9);
        assert_true(mesh.nt == 0 || look(&mesh).valid);
        lm_mesh_release(&mesh);
    }
    /* of equal ones the first; stray sheets go, and with them their holes */
    parts();
    tri(vert(50, 0, 0), vert(60, 0, 0), vert(50, 10, 0));
    lm_repair r;
    lm_repair_opt opt = {.keep = {.most = 2}};
    assert_int_equal(lm_repair_run(&mesh, false, &opt, &r, &err), LM_OK);
    lm_audit a = look(&mesh);
    assert_true(a.valid && a.hi[0] == 23 && a.unreferenced == 0);
    assert_int_equal(r.holes_left, 0);
    assert_int_equal(r.step[LM_REPAIR_KEEP].count, 4);
    lm_repair_release(&r);
    lm_mesh_release(&mesh);
    /* a scrap goes without being asked for, and is counted; it alone does not */
    for (int alone = 0; alone < 2; alone++) {
        if (!alone) parts();
        tri(vert(50, 0, 0), vert(51, 0, 0), vert(50, 1, 0));
        opt.keep.most = 0;
        assert_int_equal(lm_repair_run(&mesh, false, &opt, &r, &err), LM_OK);
        a = look(&mesh);
        assert_int_equal(a.valid, !alone);
        assert_int_equal(r.step[LM_REPAIR_FLAPS].count, !alone);
        assert_int_equal(r.step[LM_REPAIR_FLAPS].where.n, !alone);
        lm_repair_release(&r);
        lm_mesh_release(&mesh);
    }
}

/* ---- random damage ---- */

/* The surface of random numbers, smoothed a little, or not at all. */
static void blob(size_t n, int smooth)
{
    lm_vol v = LM_VOL_INIT;
    lm_mcubes_opt opt = LM_MCUBES_OPT_INIT;
    assert_int_equal(lm_vol_alloc(&v, (size_t[3]){n, n, n}, LM_F32, &err), LM_OK);
    float *f = v.data;
    for (size_t i = 0; i < n * n * n; i++) f[i] = (float)dice(1000);
    for (int round = 0; round < smooth; round++)
        for (size_t i = 1; i + 1 < n * n * n; i++)
            f[i] = (f[i - 1] + f[i] + f[i + 1] + f[(i + n) % (n * n * n)] + f[(i + n * n) % (n * n * n)]) / 5;
    opt.iso = 500;
    assert_int_equal(lm_mcubes(&v, &opt, &mesh, &err), LM_OK);
    lm_vol_release(&v);
}

/* Lost triangles, lost neighbourhoods, doubles, turned ones. Valid afterwards, or something is left and said; nothing moves;
 * nothing that was not damaged goes. */
static void random_damage(void **state)
{
    (void)state;
    size_t valid = 0, runs = 0;
    for (uint32_t run = 1; run <= 60; run++) {
        seed = run;
        blob(6 + run % 7, (int)(run % 3));
        lm_mesh whole = LM_MESH_INIT, hurt = LM_MESH_INIT;
        assert_int_equal(lm_mesh_copy(&mesh, &whole, &err), LM_OK);
        double volume = lm_mesh_volume(&mesh);
        for (uint32_t k = dice(20) + 1; k--;) without(dice((uint32_t)mesh.nt));
        for (uint32_t k = dice(6); k--;) punch(mesh.tri[dice((uint32_t)(3 * mesh.nt))]);
        for (uint32_t k = dice(3); k--;) {
            size_t t = dice((uint32_t)mesh.nt);
            tri(mesh.tri[3 * t], mesh.tri[3 * t + 1], mesh.tri[3 * t + 2]);
        }
        for (uint32_t k = dice(3); k--;) {
            size_t t = 3 * (size_t)dice((uint32_t)mesh.nt);
            uint32_t x = mesh.tri[t];
            mesh.tri[t] = mesh.tri[t + 1];
            mesh.tri[t + 1] = x;
        }
        assert_int_equal(lm_mesh_copy(&mesh, &hurt, &err), LM_OK);
        lm_repair r = fix(2);
        lm_audit a = look(&mesh);
        runs++;
        valid += a.valid;
        if (!a.count[LM_FAULT_OPEN_EDGE] != !r.holes_left)
            fail_msg("seed %u: %zu open edges, %zu holes named", run, a.count[LM_FAULT_OPEN_EDGE], r.holes_left);
        if (a.valid && fabs(a.volume_mm3 - volume) > 0.25 * volume)
            fail_msg("seed %u: volume %g was %g", run, a.volume_mm3, volume);
        assert_true(r.step[LM_REPAIR_CUT].max_move_mm < 1e-3);
        lm_mesh once = LM_MESH_INIT;
        assert_int_equal(lm_mesh_copy(&mesh, &once, &err), LM_OK);
        lm_repair_release(&r);
        if (a.valid) { /* twice is as once */
            r = fix(1);
            assert_memory_equal(once.pos, mesh.pos, 12 * once.nv);
            assert_memory_equal(once.tri, mesh.tri, 12 * once.nt);
            assert_true(once.nt == mesh.nt && once.nv == mesh.nv);
            lm_repair_release(&r);
        }
        lm_mesh_release(&once);
        lm_mesh_release(&hurt);
        lm_mesh_release(&whole);
        lm_mesh_release(&mesh);
    }
    print_message("# %zu of %zu valid\n", valid, runs);
    assert_true(10 * valid >= 9 * runs);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cube_without_a_face),
        cmocka_unit_test(ball_with_twenty_holes),
        cmocka_unit_test(holes_with_common_vertices),
        cmocka_unit_test(open_cylinder),
        cmocka_unit_test(two_loops_of_one_hole),
        cmocka_unit_test(long_and_bent),
        cmocka_unit_test(planar_and_not_convex),
        cmocka_unit_test(not_planar),
        cmocka_unit_test(patches_that_would_meet_the_mesh),
        cmocka_unit_test(cracks),
        cmocka_unit_test(cracks_off_the_line),
        cmocka_unit_test(seams_of_two_sides),
        cmocka_unit_test(flaps),
        cmocka_unit_test(equal_triangles_of_a_mesh_turned_at_random),
        cmocka_unit_test(boxes_that_touch),
        cmocka_unit_test(cavities_that_touch),
        cmocka_unit_test(pinched_edge),
        cmocka_unit_test(voxels_at_random),
        cmocka_unit_test(triangles_at_random),
        cmocka_unit_test(odd_edges),
        cmocka_unit_test(shells),
        cmocka_unit_test(random_damage),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
