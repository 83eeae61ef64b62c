/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Alignment finds motions that are known, also with parts that fit nothing; says what it cannot know; mirror images are told. */
#include "diff/align.h"
#include "measure_shapes.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <cmocka.h>

/* A body without any symmetry (hand: 1) or its mirror image (-1); r(direction) has terms in x, y z and x y z. */
static void body(lm_mesh *m, double hand)
{
    const double one[3] = {1, 1, 1}, none[3] = {0, 0, 0}, flip[3] = {hand, 1, 1};
    shape_sphere(m, none, 1, 32, 16);
    for (size_t v = 0; v < m->nv; v++) {
        float *p = m->pos + 3 * v;
        const double x = p[0], y = p[1], z = p[2], r = 20 * (1 + 0.15 * x + 0.2 * y * z + 0.8 * x * y * z + 0.3 * z * z + 0.1 * y);
        for (int k = 0; k < 3; k++) p[k] = (float)(r * p[k]);
    }
    shape_affine(m, hand < 0 ? flip : one, none, true);
}

static lm_rigid motion(double w, double x, double y, double z, double a, double b, double c)
{
    lm_rigid m = {.t = {a, b, c}};
    lm_rigid_rotation((const double[4]){w, x, y, z}, m.r);
    return m;
}

static void move(lm_mesh *m, const lm_rigid *by)
{
    lm_align_apply(&(lm_align){.move = *by}, m);
}

static lm_align run(const lm_mesh *a, const lm_mesh *b)
{
    lm_align x;
    lm_err err = LM_ERR_INIT;
    if (lm_align_run(a, b, false, 2, &x, &err)) fail_msg("%s", err.text[0]);
    for (int i = 0; i < 3; i++) /* a rotation */
        for (int j = 0; j < 3; j++) {
            double dot = 0;
            for (int k = 0; k < 3; k++) dot += x.move.r[i][k] * x.move.r[j][k];
            assert_true(fabs(dot - (i == j)) < 1e-12);
        }
    const double(*r)[3] = x.move.r;
    const double det = r[0][0] * (r[1][1] * r[2][2] - r[1][2] * r[2][1]) - r[0][1] * (r[1][0] * r[2][2] - r[1][2] * r[2][0]) +
                       r[0][2] * (r[1][0] * r[2][1] - r[1][1] * r[2][0]);
    assert_true(fabs(det - 1) < 1e-12);
    return x;
}

/* Where the vertices of a must come to lie: farthest off. */
static double off(const lm_mesh *a, const lm_rigid *got, const lm_rigid *truth)
{
    double worst = 0;
    for (size_t v = 0; v < a->nv; v++) {
        double p[3] = {a->pos[3 * v], a->pos[3 * v + 1], a->pos[3 * v + 2]}, x[3], y[3], d = 0;
        lm_rigid_apply(got, p, x);
        lm_rigid_apply(truth, p, y);
        for (int k = 0; k < 3; k++) d += (x[k] - y[k]) * (x[k] - y[k]);
        worst = fmax(worst, sqrt(d));
    }
    return worst;
}

static void known_motions(void **state)
{
    (void)state;
    const lm_rigid truth[] = {motion(1, 0, 0, 0, 0, 0, 0), motion(1, 0.1, -0.05, 0.02, 3, -2, 1),
                              motion(0.2, 1, 0.4, -0.3, 500, -1000, 250), motion(0, 0, 0, 1, 0, 0, 0),
                              motion(0.5, -0.5, 0.5, 0.5, -80, 0, 7)};
    for (size_t i = 0; i < sizeof truth / sizeof *truth; i++) {
        lm_mesh a = LM_MESH_INIT, b = LM_MESH_INIT;
        body(&a, 1);
        body(&b, 1);
        move(&b, &truth[i]);
        const lm_align al = run(&a, &b);
        const double d = off(&a, &al.move, &truth[i]);
        if (!(d < 1e-3 && al.after_mm < 1e-3 && al.kept == 1 && al.undetermined == 0 && al.others == 0))
            fail_msg("%zu: off by %g, rms %g, kept %g, %zu undetermined", i, d, al.after_mm, al.kept, al.undetermined);
        if (i == 0) assert_true(al.before_mm == al.after_mm || al.before_mm < 1e-6);
        if (i == 3) assert_true(fabs(al.angle_deg - 180) < 1e-3 && fabs(fabs(al.axis[2]) - 1) < 1e-6);
        lm_mesh_release(&a);
        lm_mesh_release(&b);
    }
}

static void threads(void **state)
{
    (void)state;
    lm_mesh a = LM_MESH_INIT, b = LM_MESH_INIT;
    lm_align x, y;
    lm_err err = LM_ERR_INIT;
    body(&a, 1);
    shape_sphere(&b, (const double[3]){0, 0, 0}, 20, 20, 9);
    if (lm_align_run(&a, &b, true, 3, &x, &err) || lm_align_run(&a, &b, true, 1, &y, &err)) fail_msg("%s", err.text[0]);
    assert_memory_equal(&x.move, &y.move, sizeof x.move);
    assert_true(x.after_mm == y.after_mm && x.kept == y.kept && x.start == y.start);
    lm_mesh_release(&b);
    shape_append(&b, (const double[9]){0, 0, 0, 1, 0, 0, 2, 0, 0}, 3, (const uint32_t[3]){0, 1, 2}, 1); /* no area */
    assert_int_equal(lm_align_run(&a, &b, false, 1, &x, &err), LM_ERULE);
    lm_mesh_release(&a);
    lm_mesh_release(&b);
}

/* A scan with something stuck on it that is a fifth of its area, and without a part of the body. */
static void trimmed(void **state)
{
    (void)state;
    const lm_rigid truth = motion(1, 0.2, 0.3, -0.1, 10, 20, -30);
    lm_mesh a = LM_MESH_INIT, b = LM_MESH_INIT;
    body(&a, 1);
    body(&b, 1);
    move(&b, &truth);
    size_t n = 0;
    for (size_t t = 0; t < a.nt; t++) { /* below z = -8 nothing was scanned */
        if (a.pos[3 * a.tri[3 * t] + 2] < -8) continue;
        memmove(a.tri + 3 * n++, a.tri + 3 * t, 3 * sizeof *a.tri);
    }
    a.nt = n;
    shape_sphere(&a, (const double[3]){60, 0, 10}, 9, 24, 12);
    const lm_align al = run(&a, &b);
    const double d = off(&a, &al.move, &truth);
    if (!(d < 0.01 && al.kept > 0.7 && al.kept < 0.9 && al.kept_mm < 0.001 && al.after_mm > 1))
        fail_msg("off by %g, kept %g", d, al.kept);
    lm_mesh_release(&a);
    lm_mesh_release(&b);
}

static void undetermined(void **state)
{
    (void)state;
    lm_mesh a = LM_MESH_INIT, b = LM_MESH_INIT;
    shape_box(&a, (const double[3]){0, 0, 0}, (const double[3]){10, 20, 30}, false);
    assert_int_equal(run(&a, &a).others, 3); /* half turns about each axis */
    lm_mesh_release(&a);
    shape_sphere(&a, (const double[3]){5, 0, 0}, 10, 96, 47);
    shape_sphere(&b, (const double[3]){0, 0, 0}, 10, 64, 31);
    lm_align al = run(&a, &b);
    assert_int_equal(al.undetermined, 3);
    for (size_t i = 0; i < 3; i++) assert_false(al.direction[i].shift);
    if (!(fabs(al.shift_mm[0] + 5) < 0.05 && al.after_mm < 0.05))
        fail_msg("%g %g, start %d", al.shift_mm[0], al.after_mm, al.start);
    lm_mesh_release(&a);
    lm_mesh_release(&b);
    const double p[12] = {0, 0, 0, 40, 0, 0, 40, 30, 0, 0, 30, 0}, q[12] = {-9, -9, 2, 50, -9, 2, 50, 50, 2, -9, 50, 2};
    const uint32_t t[6] = {0, 1, 2, 0, 2, 3};
    shape_append(&a, p, 4, t, 2);
    shape_append(&b, q, 4, t, 2);
    al = run(&a, &b);
    size_t shifts = 0;
    for (size_t i = 0; i < al.undetermined; i++) {
        shifts += al.direction[i].shift;
        assert_true(fabs(al.direction[i].axis[2]) < 1e-6 || !al.direction[i].shift);
    }
    assert_true(al.undetermined == 3 && shifts == 2 && al.after_mm < 1e-6);
    lm_mesh_release(&a);
    lm_mesh_release(&b);
}

static void mirror(void **state)
{
    (void)state;
    static const lm_verdict want[] = {LM_VERDICT_PASS, LM_VERDICT_FAIL, LM_VERDICT_UNDECIDED, LM_VERDICT_UNDECIDED};
    for (int i = 0; i < 4; i++) {
        const lm_rigid by = motion(0.3, 1, -0.4, 0.3, 50, 10, -25);
        lm_mesh a = LM_MESH_INIT, b = LM_MESH_INIT;
        lm_align_mirror m;
        lm_err err = LM_ERR_INIT;
        if (i < 2) body(&a, 1), body(&b, i ? -1 : 1);
        else if (i == 2) shape_box(&a, (const double[3]){0, 0, 0}, (const double[3]){10, 20, 30}, false);
        else body(&a, 1), shape_box(&b, (const double[3]){0, 0, 0}, (const double[3]){40, 12, 25}, false); /* fits neither way */
        if (i == 2) shape_box(&b, (const double[3]){0, 0, 0}, (const double[3]){10, 20, 30.01}, false);
        move(&b, &by);
        if (lm_align_side(&a, &b, 2, &m, &err)) fail_msg("%s", err.text[0]);
        if (m.verdict != want[i])
            fail_msg("%d: %s, %g and %g", i, lm_verdict_name(m.verdict), m.same.measure_mm, m.mirrored.measure_mm);
        lm_mesh_release(&a);
        lm_mesh_release(&b);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(known_motions), cmocka_unit_test(threads), cmocka_unit_test(trimmed),
                                       cmocka_unit_test(undetermined), cmocka_unit_test(mirror)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
