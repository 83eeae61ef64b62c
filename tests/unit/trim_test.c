/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Solids cut by planes: volumes and caps from formulas, both halves valid and together the whole, wherever the vertices lie. */
#include "repair/trim.h"
#include "surface/audit_parts.h"
#include "surface/mcubes.h"
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <cmocka.h>
#include "tests/unit/shapes.h"

static lm_err err;
static uint32_t seed = 4711;

static double dice(void)
{
    seed = seed * 1664525 + 1013904223;
    return (double)(seed >> 8) / (1 << 24);
}

static double valid(const lm_mesh *m)
{
    lm_audit_parts a = LM_AUDIT_PARTS_INIT;
    lm_audit_opt opt = {.threads = 2};
    char line[400];
    assert_int_equal(lm_audit_parts_run(m, &opt, &a, &err), LM_OK);
    lm_audit_parts_line(&a, &m->parts, line, sizeof line);
    if (!a.all.valid) fail_msg("%s", line);
    double v = a.all.volume_mm3;
    lm_audit_parts_release(&a);
    return v;
}

/* Cut what is in `mesh`; both halves are valid and make the whole; every corner of the cap lies on the plane. */
static lm_trim cut(const char *plane, double kept, double tol)
{
    lm_trim_plane p;
    lm_trim t;
    lm_mesh off;
    double whole = valid(&mesh);
    assert_int_equal(lm_trim_parse(plane, &p, &err), LM_OK);
    lm_status rc = lm_trim_run(&mesh, &p, 2, &off, &t, &err);
    if (rc) fail_msg("%s: %s", plane, err.text[0]);
    double v = valid(&mesh), o = off.nt ? valid(&off) : 0;
    if (kept >= 0 && fabs(v - kept) > tol) fail_msg("%s: %.12g, not %.12g", plane, v, kept);
    if (fabs(v + o - whole) > 1e-6 * whole) fail_msg("%s: %.12g and %.12g of %.12g", plane, v, o, whole);
    assert_true(fabs(t.kept_mm3 - v) <= 1e-9 * whole && fabs(t.off_mm3 - o) <= 1e-9 * whole);
    double most = 0;
    for (size_t i = 0; i < mesh.nv; i++) {
        double d = -p.offset_mm - t.shift_mm;
        for (int k = 0; k < 3; k++) d += p.normal[k] * mesh.pos[3 * i + (size_t)k];
        if (d > most) most = d;
    }
    if (most > 2e-6) fail_msg("%s: %.3g mm beyond the plane", plane, most);
    lm_mesh_release(&off);
    lm_mesh_release(&mesh);
    return t;
}

static void box_across(void **state)
{
    (void)state;
    static const char *const axis = "xyz";
    for (int k = 0; k < 3; k++)
        for (int above = 0; above < 2; above++) {
            char plane[40];
            snprintf(plane, sizeof plane, "%c=2.5mm%s", axis[k], above ? ",above" : "");
            box(0, 0, 0, 10, false);
            lm_trim t = cut(plane, above ? 750 : 250, 0);
            assert_true(t.cap_area_mm2 == 100 && t.shift_mm == 0);
        }
    box(0, 0, 0, 10, false);
    cut("z=0.25cm,below", 250, 0);
    box(0, 0, 0, 10, false);
    cut("z=10", 1000, 0); /* all of it, the face on the plane too */
    box(0, 0, 0, 10, false);
    cut("z=11", 1000, 0);
    box(0, 0, 0, 10, false);
    cut("1,1,0,10", 500, 1e-4); /* through four corners */
    box(0, 0, 0, 10, false);
    cut("1,1,1,15", 500, 1e-4); /* a hexagon */
    box(0, 0, 0, 10, false);
    cut("-2,-2,-2,-30mm", 500, 1e-4);
    box(0, 0, 0, 10, false);
    cut("1,2,3,1e1", 10.0 * 10 * 10 / (6 * 1 * 2 * 3.0), 1e-4); /* a corner: d^3 / (6 a b c), within */
}

static void nothing_left(void **state)
{
    (void)state;
    lm_trim_plane p;
    lm_trim t;
    box(0, 0, 0, 10, false);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(lm_trim_parse(i ? "z=-1" : "z=0", &p, &err), LM_OK);
        assert_int_equal(lm_trim_run(&mesh, &p, 1, NULL, &t, &err), LM_ENO);
        assert_int_equal(mesh.nt, 12);
    }
    lm_mesh_release(&mesh);
    static const char *const bad[] = {"",      "z",       "z=",        "w=1",     "z=1%",  "z=1mm,", "z=1mm,under",
                                      "1,2,3", "0,0,0,1", "1,2,3,4,5", "1,2,x,4", "z=1mm3"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        if (lm_trim_parse(bad[i], &p, &err) != LM_EUSAGE) fail_msg("'%s' was taken", bad[i]);
    }
}

static void shells(void **state)
{
    (void)state;
    for (int z = 1; z < 10; z++) { /* a cavity, and a box within it; planes on their faces too */
        char plane[20];
        double in = fmin(fmax(z - 1, 0), 8), core = fmin(fmax(z - 4, 0), 2);
        box(0, 0, 0, 10, false), box(1, 1, 1, 8, true), box(4, 4, 4, 2, false);
        snprintf(plane, sizeof plane, "z=%d", z);
        cut(plane, 100 * z - 64 * in + 4 * core, 1e-9);
    }
}

/* Noise on a grid: vertices everywhere, also on the planes. */
static void noise(void **state)
{
    (void)state;
    enum { N = 14 };
    for (int run = 0; run < 8; run++) {
        lm_mesh whole = LM_MESH_INIT;
        lm_vol v = LM_VOL_INIT;
        lm_mcubes_opt opt = LM_MCUBES_OPT_INIT;
        assert_int_equal(lm_vol_alloc(&v, (size_t[3]){N, N, N}, LM_F32, &err), LM_OK);
        float *f = v.data;
        for (size_t i = 0; i < N * N * N; i++) f[i] = run % 2 ? (float)(dice() < 0.4) : (float)dice();
        opt.iso = 0.5;
        assert_int_equal(lm_mcubes(&v, &opt, &whole, &err), LM_OK);
        lm_vol_release(&v);
        static const char *const plane[] = {"z=6", "x=6.5", "y=7.25,above", "1,1,1,20", "3,-1,2,17.3"};
        for (size_t i = 0; i < sizeof plane / sizeof *plane; i++) {
            assert_int_equal(lm_mesh_copy(&whole, &mesh, &err), LM_OK);
            uint32_t was = seed;
            lm_trim t = cut(plane[i], -1, 0);
            if (t.shift_mm != 0) print_message("# run %d of seed %u: %s moved by %.3g mm\n", run, was, plane[i], t.shift_mm);
        }
        lm_mesh_release(&whole);
    }
}

/* Two boxes that share a wall, cut across it and beside it: walls stay shared, and a part of which nothing stays is gone. */
static void two_parts(void **state)
{
    (void)state;
    for (int i = 0; i < 4; i++) {
        uint32_t v[12];
        for (int k = 0; k < 12; k++) v[k] = vert((float)(k % 3), (float)(k / 3 % 2), (float)(k / 6));
        const uint32_t a[8] = {v[0], v[1], v[3], v[4], v[6], v[7], v[9], v[10]},
                       b[8] = {v[1], v[2], v[4], v[5], v[7], v[8], v[10], v[11]};
        box_on(a, false);
        box_on(b, false);
        /* +x of the first is -x of the second: once, with both labels */
        mesh.nt = 22;
        memmove(mesh.tri + 3 * 20, mesh.tri + 3 * 22, 3 * 2 * sizeof *mesh.tri);
        mesh.label = calloc(22, sizeof *mesh.label);
        mesh.label_back = calloc(22, sizeof *mesh.label_back);
        for (int t = 0; t < 22; t++) mesh.label[t] = t < 12 ? 1 : 2;
        mesh.label_back[10] = mesh.label_back[11] = 2;
        static const char *const plane[] = {"z=0.5", "x=0.5", "x=1", "1,1,1,1.4"};
        static const double kept[] = {1, 0.5, 1, -1};
        lm_trim_plane p;
        lm_trim t;
        lm_mesh off;
        double whole = valid(&mesh);
        assert_int_equal(lm_trim_parse(plane[i], &p, &err), LM_OK);
        assert_int_equal(lm_trim_run(&mesh, &p, 2, &off, &t, &err), LM_OK);
        double x = valid(&mesh), y = valid(&off);
        assert_true(fabs(x + y - whole) < 1e-6);
        if (kept[i] > 0) assert_true(fabs(x - kept[i]) < 1e-6);
        assert_int_equal(t.parts_gone, i == 1 || i == 2);
        size_t walls = 0;
        for (size_t k = 0; mesh.label_back && k < mesh.nt; k++) walls += mesh.label_back[k] != 0;
        assert_true((walls > 0) == (i == 0 || i == 3));
        lm_mesh_release(&mesh);
        lm_mesh_release(&off);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(box_across), cmocka_unit_test(nothing_left), cmocka_unit_test(shells),
                                       cmocka_unit_test(noise), cmocka_unit_test(two_parts)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
