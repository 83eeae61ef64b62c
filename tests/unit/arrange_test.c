/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Arrangements: exact points, triangulated planes, and bodies whose union is known by counting cells. */
#include "repair/arrange.h"
#include "repair/planar.h"
#include "repair/repair.h"
#include "surface/audit.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <cmocka.h>
#include "tests/unit/chance.h"
#include "tests/unit/shapes.h"

static void exact_points(void **state)
{
    (void)state;
    lm_implicit s = LM_IMPLICIT_INIT;
    const int64_t o[3] = {0, 0, 0}, x[3] = {3, 0, 0}, y[3] = {0, 3, 0}, z[3] = {0, 0, 3}, a[3] = {1, 1, -5}, b[3] = {1, 1, 7};
    lm_implicit_plane p[3] = {lm_implicit_through(x, y, z), lm_implicit_through(o, x, y), lm_implicit_through(o, y, z)};
    uint32_t q[6];
    assert_int_equal(lm_implicit_line(&s, a, b, &p[0], &q[0], &err), LM_OK); /* (1, 1, 1) on x + y + z = 3: an integer point */
    assert_int_equal(lm_implicit_vertex(&s, (const int64_t[3]){1, 1, 1}, &q[1], &err), LM_OK);
    assert_int_equal(q[0], q[1]);
    assert_int_equal(lm_implicit_planes(&s, p, &q[2], &err), LM_OK); /* (0, 3, 0) */
    assert_int_equal(lm_implicit_vertex(&s, y, &q[3], &err), LM_OK);
    assert_int_equal(q[2], q[3]);
    const int64_t c[3] = {0, 0, 1}, d[3] = {3, 3, 2};
    assert_int_equal(lm_implicit_line(&s, c, d, &p[0], &q[4], &err), LM_OK); /* (6/7, 6/7, 9/7) */
    const int weight[3] = {2, 2, 2};
    assert_int_equal(lm_implicit_mean(&s, (const uint32_t[3]){q[4], q[4], q[4]}, weight, &q[5], &err), LM_OK);
    assert_int_equal(q[4], q[5]);
    assert_int_equal(s.point[q[4]].key[0], 1024 * 6 / 7);
    assert_int_equal(lm_implicit_compare(&s, q[4], q[1], 0), -1);
    assert_int_equal(lm_implicit_compare(&s, q[4], q[1], 2), 1);
    for (int k = 0; k < 3; k++) assert_int_equal(lm_implicit_side(&s, q[4], &p[0]), 0);
    assert_int_equal(lm_implicit_side(&s, q[4], &p[1]), 1);
    lm_implicit_planes(&s, (const lm_implicit_plane[3]){p[0], p[0], p[1]}, &q[5], &err) ? fail() : (void)0;
    assert_int_equal(q[5], LM_IMPLICIT_NONE);
    lm_implicit_release(&s);
}

/* A plane that was triangulated from a triangle of that area: consistent, nothing lost. Frees. */
static void sound(lm_planar *p, const lm_implicit *s, double whole)
{
    double area = 0;
    for (size_t t = 0; t < p->n; t++) {
        assert_true(lm_implicit_turn(s, p->tri[t].v[0], p->tri[t].v[1], p->tri[t].v[2], 2) > 0);
        const int64_t *a = s->point[p->tri[t].v[0]].key, *b = s->point[p->tri[t].v[1]].key, *d = s->point[p->tri[t].v[2]].key;
        area += 0.5 * (double)((b[0] - a[0]) * (d[1] - a[1]) - (b[1] - a[1]) * (d[0] - a[0])) / 0x1p20;
        for (int k = 0; k < 3; k++) { /* neighbours know each other */
            int32_t u = p->tri[t].next[k];
            bool back = u < 0;
            for (int e = 0; u >= 0 && e < 3; e++)
                back |= p->tri[u].next[e] == (int32_t)t && p->tri[u].v[e] == p->tri[t].v[(k + 1) % 3] &&
                        p->tri[u].v[(e + 1) % 3] == p->tri[t].v[k] && p->tri[u].fixed[e] == p->tri[t].fixed[k];
            assert_true(back);
        }
    }
    assert_true(area == whole);
    lm_planar_release(p);
}

static bool has_fixed(const lm_planar *p, uint32_t a, uint32_t b)
{
    for (size_t t = 0; t < p->n; t++)
        for (int k = 0; k < 3; k++)
            if (p->tri[t].v[k] == a && p->tri[t].v[(k + 1) % 3] == b) return p->tri[t].fixed[k];
    return false;
}

/* Long segments side by side through a crowd of points: each crosses hundreds of triangles. */
static void planes_with_long_segments(void **state)
{
    (void)state;
    enum { LINES = 29, POINTS = 400 };
    for (seed = 1; seed < 7; seed++) {
        lm_implicit s = LM_IMPLICIT_INIT;
        lm_planar p = {.s = &s, .axis = 2};
        uint32_t v[3], q, end[LINES][2];
        const int64_t c[3][3] = {{-500, -500, 0}, {2000, -500, 0}, {-500, 2000, 0}};
        for (int i = 0; i < 3; i++) assert_int_equal(lm_implicit_vertex(&s, c[i], &v[i], &err), LM_OK);
        assert_int_equal(lm_planar_begin(&p, v, &err), LM_OK);
        for (int i = 0; i < POINTS; i++) {
            size_t had = s.n;
            assert_int_equal(lm_implicit_vertex(&s, (const int64_t[3]){dice(30) * 10, dice(300), 0}, &q, &err), LM_OK);
            if (s.n > had) assert_int_equal(lm_planar_point(&p, q, &err), LM_OK);
        }
        for (int i = 0; i < LINES; i++)
            for (int k = 0; k < 2; k++) {
                assert_int_equal(lm_implicit_vertex(&s, (const int64_t[3]){5 + 10 * i, k ? 320 : -20, 0}, &end[i][k], &err), LM_OK);
                assert_int_equal(lm_planar_point(&p, end[i][k], &err), LM_OK);
            }
        for (int i = 0; i < LINES; i++) assert_int_equal(lm_planar_segment(&p, end[i][i % 2], end[i][1 - i % 2], &err), LM_OK);
        for (int i = 0; i < LINES; i++) assert_true(has_fixed(&p, end[i][0], end[i][1]) || has_fixed(&p, end[i][1], end[i][0]));
        lm_planar_round(&p);
        sound(&p, &s, 0.5 * 2500 * 2500);
        lm_implicit_release(&s);
    }
}

static void planes_with_segments(void **state)
{
    (void)state;
    for (seed = 1; seed < 40; seed++) {
        lm_implicit s = LM_IMPLICIT_INIT;
        lm_planar p = {.s = &s, .axis = 2};
        uint32_t v[3], q[40];
        const int64_t c[3][3] = {{-500, -500, 0}, {2000, -500, 0}, {-500, 2000, 0}};
        for (int i = 0; i < 3; i++) assert_int_equal(lm_implicit_vertex(&s, c[i], &v[i], &err), LM_OK);
        assert_int_equal(lm_planar_begin(&p, v, &err), LM_OK);
        for (int i = 0; i < 40; i++) { /* a small grid: many on lines of others, some twice */
            assert_int_equal(lm_implicit_vertex(&s, (const int64_t[3]){dice(30) * 10, dice(30) * 10, 0}, &q[i], &err), LM_OK);
            bool had = false;
            for (int k = 0; k < i; k++) had |= q[k] == q[i];
            if (!had) assert_int_equal(lm_planar_point(&p, q[i], &err), LM_OK);
        }
        for (int i = 1; i < 40; i++) { /* a star cannot cross itself */
            if (q[i] != q[0]) assert_int_equal(lm_planar_segment(&p, q[0], q[i], &err), LM_OK);
        }
        lm_planar_round(&p);
        sound(&p, &s, 0.5 * 2500 * 2500);
        lm_implicit_release(&s);
    }
}

static lm_repair fix(int threads)
{
    lm_repair r;
    lm_repair_opt opt = {.threads = threads};
    if (lm_repair_run(&mesh, false, &opt, &r, &err)) fail_msg("%s", err.text[0]);
    return r;
}

/* Repair: valid with that volume, by arrangement; once more changes nothing; one thread as three. Frees the mesh. */
static size_t becomes(double volume, double tolerance)
{
    lm_mesh was = LM_MESH_INIT, once;
    char line[400];
    assert_int_equal(lm_mesh_copy(&mesh, &was, &err), LM_OK);
    lm_repair r = fix(3);
    lm_audit a = look(&mesh);
    lm_audit_line(&a, line, sizeof line);
    if (!a.valid) fail_msg("not valid: %s", line);
    if (fabs(a.volume_mm3 - volume) > tolerance) fail_msg("volume %.10g, not %.10g", a.volume_mm3, volume);
    size_t n = r.step[LM_REPAIR_INTERSECT].count;
    once = mesh;
    mesh = was;
    lm_repair_release(&r);
    for (int turn = 0; turn < 2; turn++) {
        r = fix(1);
        assert_int_equal(once.nv, mesh.nv);
        assert_int_equal(once.nt, mesh.nt);
        assert_memory_equal(once.pos, mesh.pos, 12 * once.nv);
        assert_memory_equal(once.tri, mesh.tri, 12 * once.nt);
        lm_repair_release(&r);
    }
    lm_mesh_release(&once);
    lm_mesh_release(&mesh);
    return n;
}

static void two_boxes(void **state)
{
    (void)state;
    box(0, 0, 0, 2, false);
    box(1, 1, 1, 2, false);
    box(10, 0, 0, 0.3f, false); /* keeps its bits */
    lm_repair r = fix(2);
    size_t same = 0;
    for (size_t v = 0; v < mesh.nv; v++) same += mesh.pos[3 * v] >= 10;
    assert_int_equal(same, 8);
    assert_true(r.step[LM_REPAIR_INTERSECT].count >= 6);
    assert_true(r.step[LM_REPAIR_INTERSECT].max_move_mm == 0); /* all points are floats */
    assert_true(r.step[LM_REPAIR_INTERSECT].volume_change_mm3 == -1);
    lm_audit a = look(&mesh);
    assert_true(a.valid && a.components == 2);
    lm_repair_release(&r);
    lm_mesh_release(&mesh);

    box(0, 0, 0, 2, false); /* faces in one plane, overlapping */
    box(1, 1, 0, 2, false);
    assert_true(becomes(8 + 8 - 2, 0) > 0);
    box(0, 0, 0, 2, false); /* a quarter of a face on a face */
    box(2, 1, 1, 2, false);
    assert_true(becomes(16, 1e-4) > 0);
    box(0, 0, 0, 9, false); /* through a cavity, which stays */
    box(3, 3, 3, 3, true);
    box(4, 4, 5, 10, false);
    assert_true(becomes(729 - 27 + 1000 - 5 * 5 * 4 + 2 * 2 * 1, 1e-4) > 0);
}

/* Two bodies on one floor, facing alike: it is there twice, and without one of both they are open. */
static void bodies_that_share_a_face(void **state)
{
    (void)state;
    uint32_t v[8];
    box(0, 0, 0, 2, false);
    for (uint32_t i = 0; i < 8; i++) v[i] = i < 4 ? i : vert(i & 1 ? 2 : 0, i & 2 ? 2 : 0, 1);
    box_on(v, false);
    (void)becomes(8, 1e-5); /* copies moved apart by some units in the last place */
}

/* Numbers that only rounding of another program tells from 0: one plane on the grid. */
static void bits_near_zero(void **state)
{
    (void)state;
    box(0, 0, 0, 2, false);
    box(0.5F, 0.5F, 0, 1, false);
    for (size_t v = 8; v < mesh.nv; v++)
        if (mesh.pos[3 * v + 2] == 0) mesh.pos[3 * v + 2] = v % 2 ? -2.7e-16F : 1.3e-17F;
    assert_true(becomes(8, 1e-12) > 0);
    box(0, 0, 0, 2, false); /* one on the other, the same triangles between them but for those bits */
    box(0, 0, 2, 2, false);
    for (size_t v = 0; v < 16; v++) mesh.pos[3 * v + 2] -= 2;
    for (size_t v = 8; v < 12; v++) mesh.pos[3 * v + 2] = -2.7e-16F;
    for (size_t t = 12; t < 14; t++) { /* facing it the same way cut */
        uint32_t *c = mesh.tri + 3 * t;
        for (size_t k = 0; k < 3; k++) c[k] = 8 + (mesh.tri[3 * (t - 10) + 2 - k] - 4);
    }
    (void)becomes(16, 1e-12);
}

enum { CELLS = 12 };
static bool cells[CELLS][CELLS][CELLS];

/* Boxes on a grid: their union is counted. Turned, no coordinate stays what it was; apart, no two faces are in one plane then: else
 * those that were are nearly so, by rounding. */
static void many_boxes(bool turned, bool apart, int boxes)
{
    static const double m[3][3] = {{0.36, 0.48, -0.8}, {-0.8, 0.6, 0}, {0.48, 0.64, 0.6}};
    size_t all = 0;
    bool used[3][CELLS + 1] = {{false}};
    memset(cells, 0, sizeof cells);
    for (int i = 0; i < boxes; i++) {
        uint32_t lo[3], hi[3], v[8];
        for (int k = 0; k < 3; k++) {
            do lo[k] = dice(CELLS - 2), hi[k] = lo[k] + 1 + dice(CELLS - lo[k]);
            while (apart && (used[k][lo[k]] || used[k][hi[k]]));
            used[k][lo[k]] = used[k][hi[k]] = true;
        }
        for (int c = 0; c < 8; c++) {
            double p[3] = {c & 1 ? hi[0] : lo[0], c & 2 ? hi[1] : lo[1], c & 4 ? hi[2] : lo[2]}, q[3];
            for (int k = 0; k < 3; k++) q[k] = m[k][0] * p[0] + m[k][1] * p[1] + m[k][2] * p[2];
            v[c] = turned ? vert((float)q[0], (float)q[1], (float)q[2]) : vert((float)p[0], (float)p[1], (float)p[2]);
        }
        box_on(v, false);
        for (uint32_t x = lo[0]; x < hi[0]; x++)
            for (uint32_t y = lo[1]; y < hi[1]; y++)
                for (uint32_t z = lo[2]; z < hi[2]; z++) {
                    all += !cells[x][y][z];
                    cells[x][y][z] = true;
                }
    }
    becomes((double)all, 2e-3);
}

static void boxes_that_are_counted(void **state)
{
    (void)state;
    for (seed = 1; seed <= 24; seed += 1) {
        uint32_t keep = seed;
        many_boxes(false, false, 2 + (int)(keep % 5));
        seed = keep;
    }
}

static void boxes_that_are_turned(void **state)
{
    (void)state;
    for (seed = 1; seed <= 12; seed++) {
        uint32_t keep = seed;
        many_boxes(true, true, 2 + (int)(keep % 3));
        seed = keep;
    }
}

/* Faces that coincide but for the last bit: without joining what is nearer than rounding (snap.h) cutting finds no end. */
static void boxes_in_nearly_one_plane(void **state)
{
    (void)state;
    for (seed = 1; seed <= 48; seed++) {
        uint32_t keep = seed;
        many_boxes(true, false, 2 + (int)(keep % 2));
        seed = keep;
    }
}

/* A hole that a spike of another body goes through: every patch meets it. A sheet is not closed onto itself. */
static void holes_in_the_way(void **state)
{
    (void)state;
    for (int sheet = 0; sheet < 2; sheet++) {
        tube(60, 24, false, true); /* around (3, 0, 0) +- 1 */
        mesh.nt--;                 /* one triangle of it */
        const uint32_t *v = mesh.tri + 3 * mesh.nt;
        float mid[3];
        for (int k = 0; k < 3; k++)
            mid[k] = (mesh.pos[3 * v[0] + (uint32_t)k] + mesh.pos[3 * v[1] + (uint32_t)k] + mesh.pos[3 * v[2] + (uint32_t)k]) / 3;
        box(mid[0] - 0.002F, mid[1] - 0.002F, mid[2] - 0.002F, 0.004F, false);
        if (sheet) tri(vert(9, 9, 9), vert(9, 10, 9), vert(10, 9, 9));
        lm_repair r = fix(2);
        lm_audit a = look(&mesh);
        assert_int_equal(a.valid, !sheet);
        assert_int_equal(r.holes_left, sheet ? 2 : 0);
        assert_true(sheet || (r.step[LM_REPAIR_INTERSECT].count > 0 && r.step[LM_REPAIR_HOLES].count == 1 && a.components == 1));
        lm_repair_release(&r);
        lm_mesh_release(&mesh);
    }
}

/* Far from the origin float32 has no room for the cut: the surface stays as it was, or what comes is valid. */
static void no_room(void **state)
{
    (void)state;
    float far[3] = {4e6F, -3e6F, 5e6F};
    tube(40, 12, false, true);
    size_t first = mesh.nv;
    tube(40, 12, false, true);
    for (size_t v = first; v < mesh.nv; v++) mesh.pos[3 * v] += 0.13F, mesh.pos[3 * v + 1] += 0.07F, mesh.pos[3 * v + 2] += 0.21F;
    for (size_t v = 0; v < mesh.nv; v++)
        for (size_t k = 0; k < 3; k++) mesh.pos[3 * v + k] = mesh.pos[3 * v + k] * 20 + far[k];
    double before = lm_mesh_volume(&mesh) / 2;
    lm_repair r = fix(2);
    double after = lm_mesh_volume(&mesh);
    if (r.step[LM_REPAIR_INTERSECT].count) assert_true(after > before && after < 2 * before);
    lm_repair_release(&r);
    lm_mesh_release(&mesh);
}

static void not_for_open_ones(void **state)
{
    (void)state;
    lm_arrange a;
    box(0, 0, 0, 2, false);
    box(1, 1, 1, 2, false);
    mesh.nt--;
    size_t nt = mesh.nt, nv = mesh.nv;
    assert_int_equal(lm_arrange_run(&mesh, 1, &a, &err), LM_OK);
    assert_false(a.done);
    assert_int_equal(mesh.nt, nt);
    assert_int_equal(mesh.nv, nv);
    lm_mesh_release(&mesh);
    box(0, 0, 0, 2, false); /* nothing meets */
    assert_int_equal(lm_arrange_run(&mesh, 1, &a, &err), LM_OK);
    assert_false(a.done);
    lm_mesh_release(&mesh);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(exact_points),
        cmocka_unit_test(planes_with_segments),
        cmocka_unit_test(planes_with_long_segments),
        cmocka_unit_test(two_boxes),
        cmocka_unit_test(bits_near_zero),
        cmocka_unit_test(bodies_that_share_a_face),
        cmocka_unit_test(boxes_that_are_counted),
        cmocka_unit_test(boxes_that_are_turned),
        cmocka_unit_test(boxes_in_nearly_one_plane),
        cmocka_unit_test(holes_in_the_way),
        cmocka_unit_test(no_room),
        cmocka_unit_test(not_for_open_ones),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
