/* SPDX-License-Identifier: GPL-3.0-or-later */
/* tube on swept lumens: what is kept, how far the outer surface is, by brute force, and where the ends are. */
#include "shell/tube.h"
#include "measure_shapes.h"
#include "shell/wall.h"
#include "surface/audit.h"
#include "surface/nearest.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <cmocka.h>

enum { ROUND = 24, RINGS = 9 };

/* Rings of radius r0 to r1 about a line of length 24, or about an arc of radius 20; turned inside out on request. */
static void lumen(lm_mesh *m, double r0, double r1, double arc, bool inward)
{
    double p[3 * ROUND * RINGS];
    uint32_t t[6 * ROUND * (RINGS - 1)], *at = t;
    for (uint32_t i = 0; i < RINGS; i++)
        for (uint32_t j = 0; j < ROUND; j++) {
            double s = (double)i / (RINGS - 1), r = r0 + (r1 - r0) * s, a = 2 * M_PI * j / ROUND, x = r * cos(a),
                   *o = p + 3 * (i * ROUND + j);
            o[1] = r * sin(a) - 7;
            o[0] = arc > 0 ? (20 + x) * cos(arc * s) : x;
            o[2] = arc > 0 ? (20 + x) * sin(arc * s) : 24 * s;
        }
    for (uint32_t i = 0; i + 1 < RINGS; i++)
        for (uint32_t j = 0; j < ROUND; j++) {
            uint32_t a = i * ROUND + j, b = i * ROUND + (j + 1) % ROUND, c = b + ROUND, d = a + ROUND;
            uint32_t f[6] = {a, b, c, a, c, d}, g[6] = {a, c, b, a, d, c};
            memcpy(at, (arc > 0) != inward ? g : f, sizeof f); /* along the arc, the other way round */
            at += 6;
        }
    shape_append(m, p, ROUND * RINGS, t, 2 * ROUND * (RINGS - 1));
}

static double distance(const lm_mesh *m, size_t triangles, const float *v)
{
    double d2 = INFINITY, p[3] = {v[0], v[1], v[2]};
    for (size_t t = 0; t < triangles; t++) {
        const uint32_t *c = m->tri + 3 * t;
        double d = lm_nearest_triangle(m->pos + 3 * (size_t)c[0], m->pos + 3 * (size_t)c[1], m->pos + 3 * (size_t)c[2], p, NULL);
        d2 = d < d2 ? d : d2;
    }
    return sqrt(d2);
}

static void must_be_valid(const lm_mesh *m)
{
    lm_audit x;
    char line[300];
    assert_int_equal(lm_audit_run(m, &(lm_audit_opt)LM_AUDIT_OPT_INIT, &x, NULL), LM_OK);
    lm_audit_line(&x, line, sizeof line);
    if (!x.valid) fail_msg("%s", line);
    assert_int_equal(x.genus, 1);
}

static void tube(const lm_mesh *m, double wall, lm_mesh *out, lm_tube_facts *f)
{
    const lm_tube_opt opt = {.hollow = {.wall_mm = wall, .threads = 2}};
    lm_err err = LM_ERR_INIT;
    if (lm_tube(m, &opt, out, f, &err)) fail_msg("%s", err.text[0]);
    must_be_valid(out);
    assert_int_equal(f->ends, 2);
    assert_int_equal(f->lumen_triangles, m->nt);
    assert_memory_equal(out->pos, m->pos, 3 * m->nv * sizeof *m->pos); /* every bit */
}

static void test_walls(void **state)
{
    (void)state;
    const struct {
        double r0, r1, arc;
        bool inward;
    } t[] = {{4, 4, 0, true}, {5, 2.5, 0, false}, {3, 3, 1.9, false}};
    for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
        lm_mesh m = LM_MESH_INIT, out = LM_MESH_INIT;
        lm_tube_facts f;
        lm_wall_facts w;
        lm_err err = LM_ERR_INIT;
        size_t ends = 0;
        double most = 0;
        lumen(&m, t[i].r0, t[i].r1, t[i].arc, t[i].inward);
        tube(&m, 2, &out, &f);
        for (size_t v = m.nv; v < out.nv; v += 3) {
            const float *p = out.pos + 3 * v;
            double d = distance(&m, m.nt, p);
            assert_true(d >= 2 - f.hollow.tol_mm); /* also at the ends: the distance to the open surface */
            most = d > most ? d : most;
            /* within the planes of both ends, in them at the rim */
            double a = p[2], b = t[i].arc > 0 ? p[2] * cos(t[i].arc) - p[0] * sin(t[i].arc) : p[2] - 24;
            assert_true(a >= -1e-5 && b <= 1e-5);
            ends += a < 1e-5 || b > -1e-5;
        }
        assert_true(most < 2 * 1.06 && ends > 15);
        if (i < 1) { /* around a prism: what its sides and round corners sweep */
            double around = 2 * 4 * ROUND * sin(M_PI / ROUND), truth = 24 * (around * 2 + M_PI * 2 * 2);
            assert_true(fabs(lm_mesh_volume(&out) / truth - 1) < 0.01);
        }
        if (i == 1) { /* the slowest */
            assert_int_equal(lm_wall_check(&out, &(lm_wall_opt){.wall_mm = 2, .threads = 2}, false, &w, &err), LM_OK);
            assert_int_equal(w.thin_samples, 0);
        }
        lm_mesh_release(&m);
        lm_mesh_release(&out);
    }
}

/* A closed one, cut at both ends. */
static void test_cuts(void **state)
{
    (void)state;
    lm_mesh m = LM_MESH_INIT, out = LM_MESH_INIT;
    lm_tube_facts f;
    lm_trim_plane cut[2];
    lm_err err = LM_ERR_INIT;
    size_t low = 0, high = 0;
    shape_sphere(&m, (double[]){0, 0, 0}, 10, 30, 20);
    assert_int_equal(lm_trim_parse("z=4", &cut[0], &err), LM_OK);
    assert_int_equal(lm_trim_parse("z=-5,above", &cut[1], &err), LM_OK);
    const lm_tube_opt opt = {.hollow = {.wall_mm = 3, .threads = 2}, .cuts = 2, .cut = cut};
    if (lm_tube(&m, &opt, &out, &f, &err)) fail_msg("%s", err.text[0]);
    must_be_valid(&out);
    assert_int_equal(f.ends, 2);
    assert_true(fabs(f.before_mm3 - lm_mesh_volume(&m)) < 1e-9);
    for (size_t v = 0; v < out.nv; v++) {
        float z = out.pos[3 * v + 2];
        assert_true(z <= 4 + 1e-6f && z >= -5 - 1e-6f);
        low += z < -5 + 1e-6f;
        high += z > 4 - 1e-6f;
    }
    assert_true(low > 60 && high > 60);
    lm_mesh_release(&m);
    lm_mesh_release(&out);
}

static void refused(const lm_mesh *m, double wall, lm_status rc, const char *says)
{
    lm_mesh out = LM_MESH_INIT;
    lm_tube_facts f;
    lm_err err = LM_ERR_INIT;
    const lm_tube_opt opt = {.hollow = {.wall_mm = wall, .threads = 2, .max_memory = 1 << 26}};
    if (lm_tube(m, &opt, &out, &f, &err) != rc || !strstr(err.text[0], says)) fail_msg("%s", err.text[0]);
    assert_int_equal(out.nt, 0);
}

static void test_refusals(void **state)
{
    (void)state;
    lm_mesh m = LM_MESH_INIT;
    shape_sphere(&m, (double[]){0, 0, 0}, 10, 40, 30);
    refused(&m, 1, LM_ENO, "closed");
    lm_mesh_release(&m);
    lumen(&m, 4, 4, 0, false);
    refused(&m, 0, LM_EUSAGE, "above 0");
    refused(&m, -1, LM_EUSAGE, "above 0");
    refused(&m, NAN, LM_EUSAGE, "above 0");
    refused(&m, 0.05, LM_ENOMEM, "would fit");
    m.pos[2] -= 0.1f; /* one vertex of the rim */
    refused(&m, 1, LM_ENO, "not flat");
    m.tri[0] = m.tri[1];
    refused(&m, 1, LM_ENO, "more faults");
    lm_mesh_release(&m);
    lumen(&m, 4, 4, 0, false);
    shape_sphere(&m, (double[]){6, -7, 28}, 1, 12, 8); /* something just behind an end */
    refused(&m, 1.8, LM_ENO, "another branch");
    lm_mesh_release(&m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_walls), cmocka_unit_test(test_cuts), cmocka_unit_test(test_refusals)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
