/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Tubes with known centrelines: length, diameters, sections, narrowings, rings; what is no tube. */
#include "measure/vessel.h"
#include "measure_shapes.h"
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

/* A tube of polygons with n corners around k centres; frame: two unit vectors across per centre. Closed on itself, or by fans. */
static void tube(lm_mesh *m, size_t k, size_t n, bool ring, double (*at)[3], double (*u)[3], double (*v)[3], const double *r,
                 double off)
{
    size_t nv = k * n + 2, nt = 2 * n * k, o = 0;
    double *p = malloc(3 * nv * sizeof *p);
    uint32_t *t = malloc(3 * nt * sizeof *t);
    for (size_t i = 0; i < k; i++)
        for (size_t j = 0; j < n; j++)
            for (size_t c = 0; c < 3; c++) {
                double a = 2 * M_PI * (double)j / (double)n;
                p[3 * (i * n + j) + c] = off + at[i][c] + r[i] * (cos(a) * u[i][c] + sin(a) * v[i][c]);
            }
    for (size_t c = 0; c < 3; c++) {
        p[3 * (nv - 2) + c] = off + at[0][c];
        p[3 * (nv - 1) + c] = off + at[k - 1][c];
    }
    for (size_t i = 0; i < (ring ? k : k - 1); i++)
        for (size_t j = 0; j < n; j++) {
            size_t a = i * n + j, b = i * n + (j + 1) % n, c = (i + 1) % k * n + j, d = (i + 1) % k * n + (j + 1) % n;
            const uint32_t q[6] = {(uint32_t)a, (uint32_t)b, (uint32_t)d, (uint32_t)a, (uint32_t)d, (uint32_t)c};
            memcpy(t + o, q, sizeof q);
            o += 6;
        }
    for (size_t j = 0; j < n && !ring; j++) {
        size_t e = (k - 1) * n;
        const uint32_t q[6] = {(uint32_t)(nv - 2), (uint32_t)((j + 1) % n), (uint32_t)j,
                               (uint32_t)(nv - 1), (uint32_t)(e + j),       (uint32_t)(e + (j + 1) % n)};
        memcpy(t + o, q, sizeof q);
        o += 6;
    }
    shape_append(m, p, ring ? nv - 2 : nv, t, o / 3);
    free(p);
    free(t);
}

enum { K = 61 };
static double at[K][3], u[K][3], v[K][3], r[K];

/* 60 mm along z. */
static void straight(void)
{
    for (size_t i = 0; i < K; i++) {
        memcpy(at[i], (double[3]){0, 0, (double)i}, sizeof at[i]);
        memcpy(u[i], (double[3]){1, 0, 0}, sizeof u[i]);
        memcpy(v[i], (double[3]){0, 1, 0}, sizeof v[i]);
        r[i] = 4;
    }
}

/* An arc of a circle of 25 mm about z, by so many turns. */
static void arc(double turns, size_t k)
{
    for (size_t i = 0; i < K; i++) {
        double a = 2 * M_PI * turns * (double)i / (double)k;
        memcpy(at[i], (double[3]){25 * cos(a), 25 * sin(a), 0}, sizeof at[i]);
        memcpy(u[i], (double[3]){cos(a), sin(a), 0}, sizeof u[i]);
        memcpy(v[i], (double[3]){0, 0, -1}, sizeof v[i]);
        r[i] = 4;
    }
}

static lm_status measure(const lm_mesh *m, const lm_vessel_ask *ask, int threads, lm_vessel *out, lm_err *err)
{
    static const lm_vessel_ask none;
    lm_mass mass = LM_MASS_INIT;
    if (lm_mass_measure(m, &mass, err)) fail_msg("%s", err->text[0]);
    lm_status rc = lm_vessel_measure(m, &mass, ask ? ask : &none, threads, out, err);
    lm_mass_release(&mass);
    return rc;
}

static lm_vessel of(lm_mesh *m)
{
    lm_vessel out;
    lm_err err = LM_ERR_INIT;
    if (measure(m, NULL, 2, &out, &err)) fail_msg("%s", err.text[0]);
    lm_mesh_release(m);
    return out;
}

/* What a polygon of n corners on a circle of radius x leaves: its inscribed circle, its area. */
static double inside(double x, double n)
{
    return x * cos(M_PI / n);
}

static void straight_tubes_also_far_off_and_coarse(void **state)
{
    (void)state;
    static const struct {
        size_t n;
        double off, slack;
    } each[] = {{32, 0, 3e-3}, {32, 131072, 0.04}, {8, 0, 3e-3}};
    for (size_t i = 0; i < 3; i++) {
        lm_mesh m = LM_MESH_INIT;
        straight();
        tube(&m, K, each[i].n, false, at, u, v, r, each[i].off);
        lm_vessel x = of(&m);
        const double n = (double)each[i].n, d = 2 * inside(4, n), area = 0.5 * n * 16 * sin(2 * M_PI / n);
        assert_int_equal(x.line.n, 1);
        assert_int_equal(x.ends, 2);
        assert_true(x.forks == 0 && x.loops == 0);
        assert_true(fabs(x.length_mm - 60) < 0.01);
        assert_true(fabs(x.branch[0].least_mm - d) < each[i].slack && fabs(x.branch[0].most_mm - d) < each[i].slack);
        assert_true(fabs(x.branch[0].mean_area_mm2 - area) < 0.01 * area && x.branch[0].degree < 0.01);
        for (size_t k = 0; k < x.line.branch[0].n; k++) {
            const lm_section *s = &x.section[0][k];
            if (s->segments) assert_true(fabs(s->max_mm - 8) < 0.05 && fabs(s->min_mm - d) < 0.05);
        }
        lm_vessel_release(&x);
    }
}

/* The ball that fits at s along a cone of slope k touches it nearer to the narrow end: its radius is that of the cone by
 * sqrt(1 + k^2). */
static void taper_is_no_narrowing(void **state)
{
    (void)state;
    lm_mesh m = LM_MESH_INIT;
    straight();
    for (size_t i = 0; i < K; i++) r[i] = 5 - 0.05 * (double)i;
    tube(&m, K, 48, false, at, u, v, r, 0);
    lm_vessel x = of(&m);
    const lm_centreline_branch *b = &x.line.branch[0];
    assert_true(fabs(x.length_mm - 60) < 0.01 && x.branch[0].degree < 0.005);
    for (size_t i = 0; i < b->n; i++) {
        const lm_centreline_point *p = &b->point[i];
        double want = inside(5 - 0.05 * p->at[2], 48) / sqrt(1 + 0.05 * 0.05);
        if (!isnan(p->radius_mm)) assert_true(fabs(p->radius_mm - want) < 0.01);
    }
    lm_vessel_release(&x);
}

static void narrowings_are_found_where_they_are(void **state)
{
    (void)state;
    lm_mesh m = LM_MESH_INIT;
    straight();
    for (size_t i = 0; i < K; i++) r[i] = 4 - 2 * exp(-((double)i - 25) * ((double)i - 25) / 16);
    tube(&m, K, 48, false, at, u, v, r, 0);
    lm_vessel x = of(&m);
    const lm_vessel_branch *b = &x.branch[0];
    assert_true(fabs(b->least_mm - 2 * inside(2, 48)) < 0.02 && fabs(x.line.branch[0].point[b->least_at].at[2] - 25) < 0.3);
    assert_true(fabs(b->degree - 0.5) < 0.01 && fabs(b->reference_mm - 2 * inside(4, 48)) < 0.01);
    assert_int_equal(b->narrow_at, b->least_at);
    lm_vessel_release(&x);
}

static void arcs_and_rings(void **state)
{
    (void)state;
    lm_mesh m = LM_MESH_INIT;
    arc(0.6, K - 1);
    tube(&m, K, 24, false, at, u, v, r, 0);
    lm_vessel x = of(&m);
    assert_true(fabs(x.length_mm - 50 * M_PI * 0.6) < 0.01 * 50 * M_PI * 0.6);
    assert_true(x.loops == 0 && fabs(x.branch[0].mean_mm - 2 * inside(4, 24)) < 0.04);
    lm_vessel_release(&x);
    arc(1, K);
    tube(&m, K, 24, true, at, u, v, r, 0);
    x = of(&m);
    assert_true(x.line.n == 1 && x.line.branch[0].closed && x.loops == 1 && x.ends == 0);
    assert_true(fabs(x.length_mm - 50 * M_PI) < 0.005 * 50 * M_PI);
    assert_true(fabs(x.branch[0].least_mm - 2 * inside(4, 24)) < 0.04);
    lm_vessel_release(&x);
}

static void from_and_to_and_the_same_for_any_threads(void **state)
{
    (void)state;
    lm_mesh m = LM_MESH_INIT;
    lm_err err = LM_ERR_INIT;
    lm_vessel x, y;
    lm_vessel_ask ask;
    straight();
    tube(&m, K, 16, false, at, u, v, r, 0);
    assert_int_equal(lm_vessel_parse("1,0,10", "0,-1,45.5", &ask, &err), LM_OK);
    assert_int_equal(measure(&m, &ask, 1, &x, &err), LM_OK);
    assert_int_equal(measure(&m, &ask, 3, &y, &err), LM_OK);
    assert_true(fabs(x.length_mm - 35.5) < 0.2 && x.ends == 2);
    assert_int_equal(x.line.branch[0].n, y.line.branch[0].n);
    for (size_t i = 0; i < x.line.branch[0].n; i++)
        assert_memory_equal(x.line.branch[0].point[i].at, y.line.branch[0].point[i].at, sizeof x.line.branch[0].point[i].at);
    lm_vessel_release(&x);
    lm_vessel_release(&y);
    assert_int_equal(lm_vessel_parse("0,0,80", NULL, &ask, &err), LM_OK);
    assert_int_equal(measure(&m, &ask, 1, &x, &err), LM_ERULE);
    assert_non_null(strstr(err.text[0], "--from is"));
    assert_int_equal(lm_vessel_parse("0,0", NULL, &ask, &err), LM_EUSAGE);
    assert_int_equal(lm_vessel_parse(NULL, "0,0,1mm", &ask, &err), LM_EUSAGE);
    lm_mesh_release(&m);
}

static void balls_and_plates_are_no_tubes(void **state)
{
    (void)state;
    lm_mesh m = LM_MESH_INIT;
    lm_err err = LM_ERR_INIT;
    lm_vessel x;
    shape_sphere(&m, (double[]){0, 0, 0}, 10, 24, 23);
    assert_int_equal(measure(&m, NULL, 1, &x, &err), LM_ERULE);
    assert_non_null(strstr(err.text[0], "no tube"));
    lm_mesh_release(&m);
    shape_box(&m, (double[]){0, 0, 0}, (double[]){40, 30, 3}, false);
    assert_int_equal(measure(&m, NULL, 1, &x, &err), LM_ERULE);
    assert_non_null(strstr(err.text[0], "no tube"));
    lm_mesh_release(&m);
}

/* Three voxels across or more; flat ends are cuts, and within a diameter of them nothing counts; a neck is found between. */
static void what_is_too_thin_and_what_is_cut(void **state)
{
    (void)state;
    lm_mesh m = LM_MESH_INIT;
    lm_err err = LM_ERR_INIT;
    lm_vessel x;
    straight();
    for (size_t i = 0; i < K; i++) { /* half as wide in the middle, and narrower at the very end */
        const double z = (double)i - 30, y = (double)i - 58;
        r[i] = 4 - 2 * exp(-z * z / 16) - exp(-y * y / 8);
    }
    tube(&m, K, 32, false, at, u, v, r, 0);
    for (int k = 0; k < 3; k++) {
        static const double voxel[] = {0.5, 1.5, 3};
        const lm_vessel_ask ask = {.voxel_mm = voxel[k]};
        if (measure(&m, &ask, 1, &x, &err)) fail_msg("%s", err.text[0]);
        assert_true(x.limits.of_records && x.limits.voxel_mm == voxel[k]);
        assert_int_equal(x.limits.cut_ends, 2);
        assert_true(x.limits.cut[0] && x.limits.cut[1]);
        assert_true(x.near_cut_mm > 4 && x.near_cut_mm < 16);
        assert_true(fabs(x.branch[0].least_mm - 4) < 0.1); /* not the one at the end */
        assert_true(!(x.limits.flag[0][x.branch[0].least_at] & LM_VESSEL_THIN) == (k == 0));
        if (k == 0) assert_true(x.thin_mm == 0 && fabs(x.branch[0].degree - 0.5) < 0.02);
        if (k == 1) assert_true(x.thin_mm > 3 && x.thin_mm < 12 && fabs(x.branch[0].degree - 0.5) < 0.02);
        if (k == 2) assert_true(x.sound_mm == 0 && x.narrow == SIZE_MAX); /* 8 mm are less than 3 voxels: nothing to be told */
        lm_vessel_release(&x);
    }
    lm_mesh_release(&m);
    straight(); /* nobody says how wide voxels are: as the triangles */
    tube(&m, K, 32, false, at, u, v, r, 0);
    x = of(&m);
    assert_true(!x.limits.of_records && fabs(x.limits.voxel_mm - 8 * sin(M_PI / 32)) < 1e-3 && x.thin_mm == 0);
    lm_vessel_release(&x);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_too_thin_and_what_is_cut),
        cmocka_unit_test(straight_tubes_also_far_off_and_coarse),
        cmocka_unit_test(taper_is_no_narrowing),
        cmocka_unit_test(narrowings_are_found_where_they_are),
        cmocka_unit_test(arcs_and_rings),
        cmocka_unit_test(from_and_to_and_the_same_for_any_threads),
        cmocka_unit_test(balls_and_plates_are_no_tubes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
