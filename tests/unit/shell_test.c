/* SPDX-License-Identifier: GPL-3.0-or-later */
/* field, hollow and wall on solids whose depths and walls have formulas. */
#include "shell/field.h"
#include "shell/hollow.h"
#include "shell/wall.h"
#include "surface/audit.h"
#include "measure_shapes.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <cmocka.h>

static void torus(lm_mesh *m, double ring, double tube, uint32_t n, uint32_t k)
{
    double *p = malloc(3 * (size_t)n * k * sizeof *p);
    uint32_t *t = malloc(6 * (size_t)n * k * sizeof *t), *at = t;
    for (uint32_t i = 0; i < n; i++)
        for (uint32_t j = 0; j < k; j++) {
            double u = 2 * M_PI * i / n, v = 2 * M_PI * j / k, *o = p + 3 * (i * (size_t)k + j);
            uint32_t a = i * k + j, b = (i + 1) % n * k + j, c = (i + 1) % n * k + (j + 1) % k, d = i * k + (j + 1) % k;
            o[0] = (ring + tube * cos(v)) * cos(u);
            o[1] = (ring + tube * cos(v)) * sin(u);
            o[2] = tube * sin(v);
            memcpy(at, (uint32_t[]){a, b, c, a, c, d}, 6 * sizeof *at);
            at += 6;
        }
    shape_append(m, p, (size_t)n * k, t, 2 * (size_t)n * k);
    free(p);
    free(t);
}

static void cube(lm_mesh *m, double at, double side, bool inward)
{
    shape_box(m, (double[]){at, at, at}, (double[]){at + side, at + side, at + side}, inward);
}

/* An L of two boxes, 20 long, 10 thick: its inner edge points into the solid. */
static void corner(lm_mesh *m)
{
    static const double xy[6][2] = {{0, 0}, {20, 0}, {20, 10}, {10, 10}, {10, 20}, {0, 20}};
    static const uint32_t cap[4][3] = {{0, 1, 2}, {0, 2, 3}, {0, 3, 4}, {0, 4, 5}};
    double p[36];
    uint32_t t[60], n = 0;
    for (uint32_t i = 0; i < 12; i++) {
        p[3 * i] = xy[i % 6][0];
        p[3 * i + 1] = xy[i % 6][1];
        p[3 * i + 2] = i < 6 ? 0 : 20;
    }
    for (uint32_t i = 0; i < 4; i++, n += 6)
        memcpy(t + n, (uint32_t[]){cap[i][0], cap[i][2], cap[i][1], cap[i][0] + 6, cap[i][1] + 6, cap[i][2] + 6}, 24);
    for (uint32_t i = 0; i < 6; i++, n += 6)
        memcpy(t + n, (uint32_t[]){i, (i + 1) % 6, (i + 1) % 6 + 6, i, (i + 1) % 6 + 6, i + 6}, 24);
    shape_append(m, p, 12, t, 20);
}

static void must_be_valid(const lm_mesh *m)
{
    lm_audit x;
    lm_err err = LM_ERR_INIT;
    char line[300];
    assert_int_equal(lm_audit_run(m, &(lm_audit_opt)LM_AUDIT_OPT_INIT, &x, &err), LM_OK);
    lm_audit_line(&x, line, sizeof line);
    if (!x.valid) fail_msg("%s", line);
}

/* Hollowed, valid, outside untouched, wall kept: by the facts, and by all corners and facet centres against all triangles. */
static void hollow(const lm_mesh *m, double wall, double step, lm_mesh *out, lm_hollow_facts *f)
{
    lm_err err = LM_ERR_INIT;
    if (lm_hollow(m, &(lm_hollow_opt){.wall_mm = wall, .step_mm = step, .threads = 2}, out, f, &err)) fail_msg("%s", err.text[0]);
    must_be_valid(m);
    must_be_valid(out);
    assert_memory_equal(out->pos, m->pos, m->nv * 3 * sizeof *m->pos);
    assert_memory_equal(out->tri, m->tri, m->nt * 3 * sizeof *m->tri);
    assert_int_equal(f->outer_triangles, m->nt);
    assert_true(f->min_mm >= wall - f->tol_mm);
    double least = INFINITY, most = 0;
    for (size_t t = m->nt; t < out->nt && m->nt < 1000; t++)
        for (size_t k = 0; k < 4; k++) {
            double p[3], d2 = INFINITY;
            const float *x[3];
            for (size_t i = 0; i < 3; i++) x[i] = out->pos + 3 * (size_t)out->tri[3 * t + i];
            for (size_t c = 0; c < 3; c++) p[c] = k < 3 ? (double)x[k][c] : ((double)x[0][c] + x[1][c] + x[2][c]) / 3;
            for (size_t q = 0; q < m->nt; q++) {
                const uint32_t *v = m->tri + 3 * q;
                double d =
                    lm_nearest_triangle(m->pos + 3 * (size_t)v[0], m->pos + 3 * (size_t)v[1], m->pos + 3 * (size_t)v[2], p, NULL);
                d2 = d < d2 ? d : d2;
            }
            least = sqrt(d2) < least ? sqrt(d2) : least;
            if (k < 3) most = sqrt(d2) > most ? sqrt(d2) : most;
        }
    if (m->nt >= 1000) return;
    assert_true(least >= wall - f->tol_mm);
    assert_true(least >= f->min_mm - 1e-6);
    assert_true(fabs(most - f->max_mm) < 1e-5);
}

static void test_hollow_sphere(void **state)
{
    (void)state;
    lm_mesh m = LM_MESH_INIT, out = LM_MESH_INIT;
    lm_hollow_facts f;
    shape_sphere(&m, (double[]){3, -200, 40}, 20, 96, 48);
    hollow(&m, 1.5, 0.5, &out, &f);
    assert_int_equal(f.pockets, 1);
    /* facets lie up to 20 (1 - cos(pi/96)) below the sphere; the pocket lies within the sphere of 18.5 and close to it */
    double inner = 4.0 / 3 * M_PI * 18.5 * 18.5 * 18.5;
    assert_true(f.cavity_mm3 < inner && f.cavity_mm3 > inner * (1 - 0.006));
    assert_true(fabs(lm_mesh_volume(&out) - (f.outer_mm3 - f.cavity_mm3)) < 1e-3);
    for (size_t v = m.nv; v < out.nv; v++) {
        double r2 = 0, c[3] = {3, -200, 40};
        for (size_t k = 0; k < 3; k++) r2 += (out.pos[3 * v + k] - c[k]) * (out.pos[3 * v + k] - c[k]);
        assert_true(sqrt(r2) < 18.5 + 1e-4 && sqrt(r2) > 18.5 - 0.03);
    }
    assert_int_equal(f.held, 0);
    lm_mesh_release(&m);
    lm_mesh_release(&out);
}

static void test_hollow_box(void **state)
{
    (void)state;
    lm_mesh m = LM_MESH_INIT, out = LM_MESH_INIT;
    lm_hollow_facts f;
    double lo[3], hi[3];
    cube(&m, -7, 30, false);
    hollow(&m, 2, 0.5, &out, &f);
    /* a cube of 26, its edges and corners cut off by no more than a grid step */
    assert_true(f.cavity_mm3 < 26 * 26 * 26 + 0.1 && f.cavity_mm3 > 26 * 26 * 26 - 12 * 26 * 0.5 * 0.5);
    lm_mesh inner = {.nv = out.nv - m.nv, .pos = out.pos + 3 * m.nv};
    lm_mesh_box(&inner, lo, hi);
    for (int c = 0; c < 3; c++) assert_true(fabs(lo[c] + 5) < 1e-5 && fabs(hi[c] - 21) < 1e-5);
    lm_mesh_release(&m);
    lm_mesh_release(&out);
}

static void test_hollow_ridge(void **state)
{
    (void)state;
    lm_mesh m = LM_MESH_INIT, out = LM_MESH_INIT;
    lm_hollow_facts f;
    corner(&m);
    hollow(&m, 3, 1, &out, &f);
    assert_true(f.deeper > 0); /* chords around the edge would cut into the wall */
    /* section: two arms of 4 and the square between, less the quarter round the inner edge; 14 high */
    double section = 14 * 4 + 10 * 4 + (9 - M_PI * 9 / 4);
    assert_true(f.cavity_mm3 < section * 14 + 1 && f.cavity_mm3 > section * 14 * 0.9);
    lm_mesh_release(&m);
    lm_mesh_release(&out);
}

static void test_hollow_torus(void **state)
{
    (void)state;
    lm_mesh m = LM_MESH_INIT, out = LM_MESH_INIT;
    lm_hollow_facts f;
    lm_audit x;
    torus(&m, 20, 8, 160, 64);
    hollow(&m, 2, 0, &out, &f);
    double inner = 2 * M_PI * M_PI * 20 * 6 * 6;
    assert_true(f.cavity_mm3 < inner && f.cavity_mm3 > inner * 0.985);
    assert_int_equal(lm_audit_run(&out, &(lm_audit_opt)LM_AUDIT_OPT_INIT, &x, NULL), LM_OK);
    assert_int_equal(x.genus, 2);
    lm_mesh_release(&m);
    lm_mesh_release(&out);
}

/* A cube with a cubic cavity: the room between is hollowed, and the wall round the cavity hangs loose. Beside it a cube
 * with too little room. */
static void test_hollow_nested(void **state)
{
    (void)state;
    lm_mesh m = LM_MESH_INIT, out = LM_MESH_INIT;
    lm_hollow_facts f;
    lm_audit x;
    cube(&m, 0, 30, false);
    cube(&m, 12, 6, true);
    shape_box(&m, (double[]){40, 0, 0}, (double[]){45, 5, 5}, false);
    hollow(&m, 2, 0.5, &out, &f);
    assert_int_equal(f.pockets, 1);
    assert_int_equal(f.loose, 1);
    assert_int_equal(f.too_small, 1);
    /* 26 cubed, less the cavity of 6 grown by a ball of 2 */
    double grown = 216 + 6 * 36 * 2 + 3 * 6 * M_PI * 4 + 4.0 / 3 * M_PI * 8;
    assert_true(fabs(f.cavity_mm3 - (26 * 26 * 26 - grown)) < 100);
    assert_int_equal(lm_audit_run(&out, &(lm_audit_opt)LM_AUDIT_OPT_INIT, &x, NULL), LM_OK);
    assert_int_equal(x.components, 5);
    assert_int_equal(x.cavities, 2);
    lm_mesh_release(&m);
    lm_mesh_release(&out);
}

static void test_hollow_refuses(void **state)
{
    (void)state;
    lm_mesh m = LM_MESH_INIT, out = LM_MESH_INIT;
    lm_hollow_facts f;
    lm_err err = LM_ERR_INIT;
    shape_box(&m, (double[]){0, 0, 0}, (double[]){40, 40, 3}, false);
    assert_int_equal(lm_hollow(&m, &(lm_hollow_opt){.wall_mm = 2}, &out, &f, &err), LM_ENO);
    double found = 0;
    assert_non_null(strstr(err.text[0], "radius of "));
    assert_int_equal(sscanf(strstr(err.text[0], "radius of ") + 10, "%lf", &found), 1);
    assert_true(found <= 1.5 && found > 0.8); /* a grid step of 0.67 mm */
    assert_int_equal(out.nt, 0);
    const double bad[][2] = {{0, 0}, {-1, 0}, {NAN, 0}, {INFINITY, 0}, {3, 1.01}, {3, -1}};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_int_equal(lm_hollow(&m, &(lm_hollow_opt){.wall_mm = bad[i][0], .step_mm = bad[i][1]}, &out, &f, &err), LM_EUSAGE);
    assert_int_equal(lm_hollow(&m, &(lm_hollow_opt){.wall_mm = 50}, &out, &f, &err), LM_ENO);
    assert_int_equal(lm_hollow(&m, &(lm_hollow_opt){.wall_mm = 1, .step_mm = 0.02, .max_memory = 1 << 20}, &out, &f, &err),
                     LM_ENOMEM);
    assert_non_null(strstr(err.text[0], "would fit"));
    lm_mesh_release(&m);
}

static void test_hollow_threads(void **state)
{
    (void)state;
    lm_mesh m = LM_MESH_INIT, a = LM_MESH_INIT, b = LM_MESH_INIT;
    lm_hollow_facts f, g;
    corner(&m);
    shape_sphere(&m, (double[]){40, 0, 0}, 12, 40, 20);
    assert_int_equal(lm_hollow(&m, &(lm_hollow_opt){.wall_mm = 1.7, .threads = 1}, &a, &f, NULL), LM_OK);
    assert_int_equal(lm_hollow(&m, &(lm_hollow_opt){.wall_mm = 1.7, .threads = 5}, &b, &g, NULL), LM_OK);
    assert_int_equal(a.nv, b.nv);
    assert_int_equal(a.nt, b.nt);
    assert_memory_equal(a.pos, b.pos, a.nv * 3 * sizeof *a.pos);
    assert_memory_equal(a.tri, b.tri, a.nt * 3 * sizeof *a.tri);
    assert_true(f.mean_mm == g.mean_mm && f.min_mm == g.min_mm);
    lm_mesh_release(&m);
    lm_mesh_release(&a);
    lm_mesh_release(&b);
}

/* Depth in a cube with a cubic cavity, also at samples whose nearest point is an edge or a corner, by formula. */
static void test_field_signs(void **state)
{
    (void)state;
    lm_mesh m = LM_MESH_INIT;
    lm_nearest near = LM_NEAREST_INIT;
    lm_field field = LM_FIELD_INIT;
    lm_err err = LM_ERR_INIT;
    size_t inside = 0;
    cube(&m, 0, 16, false);
    cube(&m, 6, 4, true);
    assert_int_equal(lm_nearest_build(&m, 2, &near, &err), LM_OK);
    if (lm_field_make(&m, &near, &(lm_field_opt){.depth_mm = 2, .step_mm = 0.5, .threads = 2}, &field, &err))
        fail_msg("%s", err.text[0]);
    lm_slices in = lm_field_slices(&field);
    assert_int_equal(lm_slices_move(&in, 0, field.grid.n[2], &err), LM_OK);
    const lm_vol v = in.win;
    for (size_t at = 0; at < lm_vol_count(&v); at++) {
        size_t i[3] = {at % v.n[0], at / v.n[0] % v.n[1], at / v.n[0] / v.n[1]};
        double box = INFINITY, hole = 0, all = -INFINITY;
        for (int c = 0; c < 3; c++) {
            double x = v.origin[c] + (double)i[c] * 0.5, d = fabs(x - 8) - 2;
            box = fmin(box, fmin(x, 16 - x));
            hole += d > 0 ? d * d : 0;
            all = fmax(all, d);
        }
        double depth = fmin(box, all > 0 ? sqrt(hole) : all), want = LM_FIELD_ISO + (depth - 2) / (LM_FIELD_BAND * 0.5) * 32767;
        want = want < 0 ? 0 : want > 65535 ? 65535 : want;
        assert_true(fabs(lm_vol_at(&v, at) - want) <= 1.01);
        inside += lm_vol_at(&v, at) >= v.iso;
    }
    assert_true(inside > 1000);
    lm_slices_release(&in);
    lm_field_release(&field);
    double deepest;
    assert_int_equal(lm_field_deepest(&m, &near, &(lm_field_opt){.depth_mm = 2, .step_mm = 0.25}, &deepest, &err), LM_OK);
    /* the corner ball: touches three sides and the cavity's corner: r = (6 - r) sqrt 3 */
    double truth = 6 * sqrt(3) / (1 + sqrt(3));
    assert_true(deepest <= truth && deepest > truth - 0.5);
    lm_nearest_release(&near);
    lm_mesh_release(&m);
}

static void check(const lm_mesh *m, double wall, lm_wall_facts *f)
{
    lm_err err = LM_ERR_INIT;
    lm_mesh copy = *m;
    if (lm_wall_check(&copy, &(lm_wall_opt){.wall_mm = wall, .threads = 2}, false, f, &err)) fail_msg("%s", err.text[0]);
}

static void test_wall_plate(void **state)
{
    (void)state;
    lm_mesh m = LM_MESH_INIT;
    lm_wall_facts f;
    shape_box(&m, (double[]){100, 0, 0}, (double[]){110, 8, 1.5}, false);
    check(&m, 1.5, &f); /* exactly as thick, edges of 90 degrees and all */
    assert_int_equal(f.thin_samples, 0);
    check(&m, 1.52, &f);
    assert_int_equal(f.thin_samples, f.samples);
    assert_true(fabs(f.thin_mm2 - f.area_mm2) < 1e-9 && fabs(f.area_mm2 - 2 * (80 + 15 + 12)) < 1e-6);
    assert_true(fabs(f.min_ball_mm - 1.5) < 2e-3 && fabs(f.min_ray_mm - 1.5) < 1e-4);
    double sum = 0;
    for (int i = 0; i < LM_WALL_BINS; i++) sum += f.ball_mm2[i];
    assert_true(fabs(sum - f.area_mm2) < 1e-6);
    lm_mesh_release(&m);
}

/* A thick block and a thin plate side by side: the plate's area is thin and nothing of the block. */
static void test_wall_area(void **state)
{
    (void)state;
    lm_mesh m = LM_MESH_INIT;
    lm_wall_facts f;
    lm_err err = LM_ERR_INIT;
    shape_box(&m, (double[]){0, 0, 0}, (double[]){10, 10, 10}, false);
    shape_box(&m, (double[]){20, 0, 0}, (double[]){30, 10, 0.5}, false);
    if (lm_wall_check(&m, &(lm_wall_opt){.wall_mm = 2, .threads = 2}, true, &f, &err)) fail_msg("%s", err.text[0]);
    assert_true(fabs(f.thin_mm2 - (200 + 20)) < 1e-6 && fabs(f.min_ball_mm - 0.5) < 1e-3 && fabs(f.min_ray_mm - 0.5) < 1e-4);
    assert_true(f.ball_at[0] >= 20);
    for (size_t v = 0; v < 16; v++) assert_true(v < 8 ? m.quality[v] >= 2 - 2e-3f : m.quality[v] < 0.51f);
    lm_mesh_release(&m);
}

/* Far thinner than any tolerance of the search: alone, and beside a block. */
static void test_wall_of_nothing(void **state)
{
    (void)state;
    const double p[12] = {0, 0, 0, 1e-6, 0, 0, 0, 1e-6, 0, 0, 0, 1e-6};
    const uint32_t t[12] = {0, 2, 1, 0, 1, 3, 0, 3, 2, 1, 2, 3};
    lm_mesh m = LM_MESH_INIT;
    lm_wall_facts f;
    shape_append(&m, p, 4, t, 4);
    check(&m, 1, &f);
    assert_true(f.thin_samples == f.samples && f.min_ball_mm < 1e-6);
    shape_box(&m, (double[]){20, 0, 0}, (double[]){30, 10, 10}, false);
    check(&m, 1, &f);
    assert_true(f.thin_samples == 4 + 4 && f.min_ball_mm < 1e-6); /* four facets, four vertices */
    lm_mesh_release(&m);
}

/* Edges from 60 degrees pass, sharper ones do not: prisms with an isosceles section. */
static void test_wall_edges(void **state)
{
    (void)state;
    for (int i = 0; i < 2; i++) {
        double half = (i ? 50 : 66) / 2.0 * M_PI / 180, depth = 30, w = depth * tan(half);
        const double p[18] = {0, 0, 0, depth, w, 0, depth, -w, 0, 0, 0, 20, depth, w, 20, depth, -w, 20};
        const uint32_t t[24] = {0, 1, 2, 3, 5, 4, 0, 5, 3, 0, 2, 5, 2, 4, 5, 2, 1, 4, 1, 3, 4, 1, 0, 3};
        lm_mesh m = LM_MESH_INIT;
        lm_wall_facts f;
        shape_append(&m, p, 6, t, 8);
        must_be_valid(&m);
        check(&m, 3, &f);
        if (i) assert_true(f.thin_mm2 > 10); /* along the edge */
        else assert_true(f.thin_mm2 < 4);    /* at its ends at most, where three sides meet */
        lm_mesh_release(&m);
    }
}

/* What hollow made passes the check, which shares neither field nor offsets with it. */
static void test_wall_of_hollow(void **state)
{
    (void)state;
    lm_mesh m = LM_MESH_INIT, out = LM_MESH_INIT;
    lm_hollow_facts f;
    lm_wall_facts w;
    torus(&m, 9, 5, 40, 24);
    hollow(&m, 2, 0, &out, &f);
    check(&out, 2, &w);
    assert_int_equal(w.thin_samples, 0);
    check(&out, 2.2, &w);
    assert_true(w.thin_mm2 > 0.5 * w.area_mm2);
    assert_true(w.min_ray_mm >= 2 - 1e-2 && w.min_ball_mm < 2.1);
    lm_mesh_release(&m);
    lm_mesh_release(&out);
}

static void test_wall_refuses(void **state)
{
    (void)state;
    lm_mesh m = LM_MESH_INIT;
    lm_wall_facts f;
    cube(&m, 0, 1000, false);
    assert_int_equal(lm_wall_check(&m, &(lm_wall_opt){.wall_mm = 0}, false, &f, NULL), LM_EUSAGE);
    assert_int_equal(lm_wall_check(&m, &(lm_wall_opt){.wall_mm = -2}, false, &f, NULL), LM_EUSAGE);
    assert_int_equal(lm_wall_check(&m, &(lm_wall_opt){.wall_mm = NAN}, false, &f, NULL), LM_EUSAGE);
    assert_int_equal(lm_wall_check(&m, &(lm_wall_opt){.wall_mm = 1e-3}, false, &f, NULL), LM_ERANGE);
    lm_mesh_release(&m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_hollow_sphere),  cmocka_unit_test(test_hollow_box),      cmocka_unit_test(test_hollow_ridge),
        cmocka_unit_test(test_hollow_torus),   cmocka_unit_test(test_hollow_nested),   cmocka_unit_test(test_hollow_refuses),
        cmocka_unit_test(test_hollow_threads), cmocka_unit_test(test_field_signs),     cmocka_unit_test(test_wall_plate),
        cmocka_unit_test(test_wall_area),      cmocka_unit_test(test_wall_edges),      cmocka_unit_test(test_wall_of_hollow),
        cmocka_unit_test(test_wall_refuses),   cmocka_unit_test(test_wall_of_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
