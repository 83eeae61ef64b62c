/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Patches made fine and smooth: on a ball the truth is known; a cut end stays flat; what is in the way is not met. */
#include "repair/fair.h"
#include "repair/holes.h"
#include "surface/audit.h"
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include "tests/unit/shapes.h"

static lm_err err;

static lm_audit look(void)
{
    lm_audit a;
    lm_audit_opt opt = {.threads = 2};
    assert_int_equal(lm_audit_run(&mesh, &opt, &a, &err), LM_OK);
    return a;
}

/* Rings of n points at the polar angles from..to, in `rings` steps, on a ball of radius r; closed below by a fan when to is pi. */
static void cap(double r, double from, double to, int rings, int n)
{
    uint32_t first = (uint32_t)mesh.nv, k = (uint32_t)n;
    for (int i = 0; i <= rings; i++)
        for (int j = 0; j < n && (i < rings || to < 3.14); j++) {
            double t = from + (to - from) * i / rings, a = 2 * M_PI * (j + 0.5 * (i % 2)) / n;
            vert((float)(r * sin(t) * cos(a)), (float)(r * sin(t) * sin(a)), (float)(r * cos(t)));
        }
    if (to > 3.14) vert(0, 0, (float)-r);
    for (uint32_t i = 0; i + 1 < (uint32_t)rings + (to < 3.14); i++)
        for (uint32_t j = 0; j < k; j++) {
            uint32_t a = first + i * k + j, b = first + i * k + (j + 1) % k, c = a + k, d = b + k;
            if (i % 2) tri(a, c, d), tri(a, d, b);
            else tri(a, c, b), tri(b, c, d);
        }
    if (to > 3.14)
        for (uint32_t j = 0; j < k; j++)
            tri(first + ((uint32_t)rings - 1) * k + j, (uint32_t)mesh.nv - 1, first + ((uint32_t)rings - 1) * k + (j + 1) % k);
}

static lm_fair run(int threads)
{
    lm_holes h;
    lm_fair f;
    size_t first = mesh.nt;
    assert_int_equal(lm_holes_fill(&mesh, threads, &h, NULL, &err), LM_OK);
    assert_true(h.filled > 0 && h.left == 0);
    lm_holes_release(&h);
    assert_int_equal(lm_fair_run(&mesh, first, threads, &f, NULL, &err), LM_OK);
    return f;
}

/* The farthest that a vertex behind `from` lies from a ball. */
static double off_the_ball(size_t from, double r)
{
    double most = 0;
    for (size_t v = from; v < mesh.nv; v++) {
        const float *p = mesh.pos + 3 * v;
        double d = fabs(sqrt((double)p[0] * p[0] + (double)p[1] * p[1] + (double)p[2] * p[2]) - r);
        if (d > most) most = d;
    }
    return most;
}

static void ball(void **state)
{
    (void)state;
    for (int angle = 20; angle <= 45; angle += 5) {
        double a = angle * M_PI / 180, sagitta = 10 * (1 - cos(a));
        cap(10, a, M_PI, 60, 60);
        size_t n = mesh.nv;
        lm_fair f = run(2);
        assert_int_equal(f.patches, 1);
        assert_int_equal(mesh.nv, n + f.vertices);
        assert_true(f.vertices > 20);
        double off = off_the_ball(n, 10);
        print_message("# %d degrees: %zu vertices, %.3f mm off the ball, a flat patch %.3f\n", angle, f.vertices, off, sagitta);
        assert_true(off < 0.2 * sagitta); /* minimal curvature, not constant curvature: near, not equal */
        assert_true(look().valid);
        lm_mesh_release(&mesh);
    }
}

static void plane_stays_plane(void **state)
{
    (void)state;
    enum { N = 20 }; /* a sheet with a hole of 8 x 8 cells, two-sided far apart so that it is closed: a flat box */
    for (int z = 0; z < 2; z++)
        for (int i = 0; i <= N; i++)
            for (int j = 0; j <= N; j++) vert((float)i, (float)j, (float)(5 * z));
    for (uint32_t z = 0; z < 2; z++)
        for (uint32_t i = 0; i < N; i++)
            for (uint32_t j = 0; j < N; j++) {
                uint32_t a = z * (N + 1) * (N + 1) + i * (N + 1) + j, b = a + N + 1;
                if (z && i >= 6 && i < 14 && j >= 6 && j < 14) continue;
                if (z) quad(a, b, b + 1, a + 1);
                else quad(a, a + 1, b + 1, b);
            }
    for (uint32_t i = 0; i < N; i++) { /* four sides */
        uint32_t up = (N + 1) * (N + 1), a = i * (N + 1), b = a + N + 1, c = a + N, d = b + N;
        quad(a, b, b + up, a + up);
        quad(d, c, c + up, d + up);
        quad(i + 1, i, i + up, i + 1 + up);
        a = N * (N + 1) + i;
        quad(a, a + 1, a + 1 + up, a + up);
    }
    size_t n = mesh.nv;
    lm_fair f = run(2);
    assert_true(f.vertices > 4);
    for (size_t v = n; v < mesh.nv; v++) assert_true(fabs((double)mesh.pos[3 * v + 2] - 5) < 1e-5);
    lm_audit a = look();
    assert_true(a.valid && fabs(a.volume_mm3 - 2000) < 1e-2);
    lm_mesh_release(&mesh);
}

/* The end of a tube is cut off, not torn: its patch stays flat, without vertices. */
static void cut_end(void **state)
{
    (void)state;
    enum { N = 60 };
    for (int i = 0; i < N; i++)
        for (int z = 0; z < 2; z++) vert((float)cos(2 * M_PI * i / N), (float)sin(2 * M_PI * i / N), (float)z);
    for (uint32_t i = 0; i < N; i++) quad(2 * i, 2 * ((i + 1) % N), 2 * ((i + 1) % N) + 1, 2 * i + 1);
    lm_fair f = run(1);
    assert_int_equal(f.patches, 0);
    assert_int_equal(mesh.nv, 2 * N);
    assert_true(look().valid);
    lm_mesh_release(&mesh);
}

/* A bar through where the smooth patch would bulge to, but clear of the flat one: fine, in the old shape. */
static void in_the_way(void **state)
{
    (void)state;
    for (int turn = 0; turn < 2; turn++) {
        cap(10, 0.7, M_PI, 60, 60);
        size_t n = mesh.nv;
        float z = 9;
        uint32_t v[8];
        for (int i = 0; turn && i < 8; i++) v[i] = vert(i & 1 ? 1 : -1, i & 2 ? 1 : -1, i & 4 ? z + 2 : z);
        if (turn) box_on(v, false), n += 8;
        lm_fair f = run(2);
        assert_int_equal(f.patches, 1);
        assert_true(turn ? off_the_ball(n, 10) > 1.5 : off_the_ball(n, 10) < 0.5);
        assert_int_equal(look().count[LM_FAULT_SELF_INTERSECT], 0);
        lm_mesh_release(&mesh);
    }
}

static void same_for_any_threads(void **state)
{
    (void)state;
    lm_mesh once = LM_MESH_INIT;
    for (int threads = 1; threads < 6; threads += 2) {
        cap(10, 0.3, 1, 20, 50), cap(10, 1.3, M_PI, 30, 70), cap(2, 0.5, M_PI, 20, 40);
        run(threads);
        if (threads == 1) once = mesh, mesh = (lm_mesh)LM_MESH_INIT;
        else {
            assert_int_equal(once.nv, mesh.nv);
            assert_int_equal(once.nt, mesh.nt);
            assert_memory_equal(once.pos, mesh.pos, 12 * once.nv);
            assert_memory_equal(once.tri, mesh.tri, 12 * once.nt);
            lm_mesh_release(&mesh);
        }
    }
    lm_mesh_release(&once);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(ball), cmocka_unit_test(plane_stays_plane), cmocka_unit_test(cut_end),
                                       cmocka_unit_test(in_the_way), cmocka_unit_test(same_for_any_threads)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
