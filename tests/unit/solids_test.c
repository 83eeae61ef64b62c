/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Volumes of what two solids have in common against formulas, also where faces coincide; bounds hold; threads change no bit. */
#include "diff/solids.h"
#include "measure_shapes.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <cmocka.h>

static lm_solids run(const lm_mesh *a, const lm_mesh *b)
{
    lm_solids s, one;
    lm_err err = LM_ERR_INIT;
    if (lm_solids_run(a, b, 3, &s, &err) || lm_solids_run(a, b, 1, &one, &err)) fail_msg("%s", err.text[0]);
    assert_memory_equal(&s, &one, sizeof s);
    lm_solids turned;
    if (lm_solids_run(b, a, 2, &turned, &err)) fail_msg("%s", err.text[0]);
    assert_true(fabs(turned.both.value - s.both.value) <= s.both.upper - s.both.lower + turned.both.upper - turned.both.lower);
    return s;
}

static void is(const lm_samples_value *v, double truth)
{
    if (!(v->lower <= truth && truth <= v->upper && v->upper - v->lower <= 1e-6 * (1 + truth) && v->value >= v->lower &&
          v->value <= v->upper))
        fail_msg("%.17g in [%.17g, %.17g], not %.17g", v->value, v->lower, v->upper, truth);
}

/* a, b, both; all else follows. */
static void are(const lm_solids *s, double a, double b, double both)
{
    is(&s->volume[0], a);
    is(&s->volume[1], b);
    is(&s->both, both);
    is(&s->only[0], a - both);
    is(&s->only[1], b - both);
    is(&s->either, a + b - both);
    is(&s->dice, 2 * both / (a + b));
    is(&s->jaccard, both / (a + b - both));
}

/* Boxes with exact coordinates: b from lo to hi against [0,8]^3 at the offset. */
static void boxes(void **state)
{
    (void)state;
    static const struct {
        double lo[3], hi[3], both;
        const char *what;
    } c[] = {
        {{0, 0, 0}, {8, 8, 8}, 512, "equal"},
        {{4, 0, 0}, {12, 8, 8}, 256, "four faces in common planes"},
        {{8, 0, 0}, {16, 8, 8}, 0, "touching in a face"},
        {{8, 8, 0}, {16, 16, 8}, 0, "touching in an edge"},
        {{8, 8, 8}, {16, 16, 16}, 0, "touching in a corner"},
        {{20, 0, 0}, {28, 8, 8}, 0, "apart along x"},
        {{0, 0, -40}, {8, 8, -32}, 0, "apart along z"},
        {{2, 2, 2}, {4, 4, 4}, 8, "within"},
        {{0, 0, 0}, {4, 4, 4}, 64, "within, three faces touch"},
        {{-4, -4, -4}, {12, 12, 12}, 512, "around"},
        {{-1, 2, 3}, {9, 4, 5}, 32, "a bar through it"},
        {{1.5, 2.25, -3.125}, {20, 9.5, 3.0625}, 6.5 * 5.75 * 3.0625, "a corner"},
    };
    for (size_t i = 0; i < sizeof c / sizeof *c; i++)
        for (int far = 0; far < 2; far++) {
            const double at[3] = {far * 1024, far * -65536, far * 4096};
            double lo[2][3], hi[2][3], v = 1;
            lm_mesh a = LM_MESH_INIT, b = LM_MESH_INIT;
            for (int k = 0; k < 3; k++) {
                lo[0][k] = at[k], hi[0][k] = at[k] + 8;
                lo[1][k] = at[k] + c[i].lo[k], hi[1][k] = at[k] + c[i].hi[k];
                v *= c[i].hi[k] - c[i].lo[k];
            }
            shape_box(&a, lo[0], hi[0], false);
            shape_box(&b, lo[1], hi[1], false);
            const lm_solids s = run(&a, &b);
            are(&s, 512, v, c[i].both);
            lm_mesh_release(&a);
            lm_mesh_release(&b);
        }
}

/* Cavities and several bodies: [0,8]^3 with a cavity [2,6]^3 against two boxes, one in the cavity, one across its wall. */
static void cavities(void **state)
{
    (void)state;
    lm_mesh a = LM_MESH_INIT, b = LM_MESH_INIT;
    shape_box(&a, (const double[3]){0, 0, 0}, (const double[3]){8, 8, 8}, false);
    shape_box(&a, (const double[3]){2, 2, 2}, (const double[3]){6, 6, 6}, true);
    shape_box(&b, (const double[3]){2, 2, 2}, (const double[3]){3, 3, 3}, false); /* faces lie in the cavity's */
    shape_box(&b, (const double[3]){4, 4, 4}, (const double[3]){10, 5, 5}, false);
    lm_solids s = run(&a, &b);
    are(&s, 448, 7, 2);
    s = run(&a, &a);
    are(&s, 448, 448, 448);
    assert_true(s.dice.upper == 1 && s.jaccard.upper == 1 && s.only[0].lower == 0);
    lm_mesh_release(&b);
    shape_box(&b, (const double[3]){2, 2, 2}, (const double[3]){6, 6, 6}, false); /* just the cavity */
    s = run(&a, &b);
    are(&s, 448, 64, 0);
    lm_mesh_release(&a);
    lm_mesh_release(&b);
}

/* A sphere of facets against a half space, its own turned copy, and a smaller one: formulas of the polyhedra. */
static void spheres(void **state)
{
    (void)state;
    const double o[3] = {0, 0, 0};
    lm_mesh a = LM_MESH_INIT, b = LM_MESH_INIT;
    shape_sphere(&a, o, 10, 48, 23);                                   /* a ring lies in z = 0 */
    const double v = shape_sphere_volume(10, 48, 23), near = 1e-5 * v; /* the formula is of points that are not rounded */
    shape_box(&b, (const double[3]){-16, -16, 0}, (const double[3]){16, 16, 16}, false);
    lm_solids s = run(&a, &b);
    if (!(fabs(s.both.value - v / 2) < near && s.both.upper - s.both.lower < 1e-8 * v))
        fail_msg("%.17g in [%.17g, %.17g]", s.both.value, s.both.lower, s.both.upper);
    lm_mesh_release(&b);
    shape_sphere(&b, o, 9, 48, 23);
    s = run(&a, &b);
    assert_true(fabs(s.both.value - shape_sphere_volume(9, 48, 23)) < near && s.only[1].value < 1e-6);
    lm_mesh_release(&b);
    shape_sphere(&b, (const double[3]){6, 0, 0}, 10, 48, 23); /* a lens: pi (2r - d)^2 (d + 4r) / 12, facets take some */
    s = run(&a, &b);
    const double lens = M_PI * 14 * 14 * 46 / 12;
    assert_true(s.both.value < lens && s.both.value > 0.98 * lens);
    lm_mesh_release(&a);
    lm_mesh_release(&b);
}

/* A tetrahedron and its mirror image in the plane that halves it; walls along the very ray that is used. */
static void along_the_ray(void **state)
{
    (void)state;
    const uint32_t t[36] = {0, 2, 3, 0, 3, 1, 4, 5, 7, 4, 7, 6, 0, 1, 5, 0, 5, 4,
                            2, 6, 7, 2, 7, 3, 0, 4, 6, 0, 6, 2, 1, 3, 7, 1, 7, 5};
    lm_mesh m[2] = {LM_MESH_INIT, LM_MESH_INIT};
    for (int i = 0; i < 2; i++) {
        double p[24]; /* sheared boxes: x runs along (1, 5/16, 3/16) */
        for (size_t v = 0; v < 8; v++) {
            const double x = (v & 1 ? 16 : 0) + 4 * i;
            p[3 * v] = x;
            p[3 * v + 1] = (v & 2 ? 8 : 0) + 0.3125 * x;
            p[3 * v + 2] = (v & 4 ? 4 : 0) + 0.1875 * x;
        }
        shape_append(&m[i], p, 8, t, 12);
    }
    const lm_solids s = run(&m[0], &m[1]);
    are(&s, 512, 512, 12 * 8 * 4);
    for (int i = 0; i < 2; i++) lm_mesh_release(&m[i]);
}

/* Against counting: random boxes turned at random, points of a grid tested by the planes of both. */
static void random_boxes(void **state)
{
    (void)state;
    uint32_t seed = 7;
    for (int round = 0; round < 4; round++) {
        lm_mesh m[2] = {LM_MESH_INIT, LM_MESH_INIT};
        double inverse[2][9], at[2][3];
        for (int i = 0; i < 2; i++) {
            double r[9], q[4], n = 0;
            for (int k = 0; k < 4; k++) q[k] = shape_uniform(&seed) - 0.5, n += q[k] * q[k];
            for (int k = 0; k < 4; k++) q[k] /= sqrt(n);
            const double w = q[0], x = q[1], y = q[2], z = q[3],
                         rot[9] = {1 - 2 * (y * y + z * z), 2 * (x * y - w * z),     2 * (x * z + w * y),
                                   2 * (x * y + w * z),     1 - 2 * (x * x + z * z), 2 * (y * z - w * x),
                                   2 * (x * z - w * y),     2 * (y * z + w * x),     1 - 2 * (x * x + y * y)};
            memcpy(r, rot, sizeof r);
            shape_box(&m[i], (const double[3]){-1, -1, -1}, (const double[3]){1, 1, 1}, false);
            for (int k = 0; k < 3; k++) at[i][k] = shape_uniform(&seed) - 0.5;
            for (size_t v = 0; v < 8; v++) {
                const float *p = m[i].pos + 3 * v;
                const double o[3] = {p[0], p[1], p[2]};
                for (int k = 0; k < 3; k++)
                    m[i].pos[3 * v + (size_t)k] = (float)(at[i][k] + r[3 * k] * o[0] + r[3 * k + 1] * o[1] + r[3 * k + 2] * o[2]);
            }
            for (int k = 0; k < 9; k++) inverse[i][k] = r[3 * (k % 3) + k / 3];
        }
        size_t hits = 0;
        enum { N = 120 };
        for (int c = 0; c < N * N * N; c++) {
            const double p[3] = {(c % N + 0.5) * 4.4 / N - 2.2, (c / N % N + 0.5) * 4.4 / N - 2.2,
                                 (c / N / N + 0.5) * 4.4 / N - 2.2};
            bool in = true;
            for (int i = 0; i < 2; i++)
                for (int k = 0; k < 3; k++) {
                    double x = 0;
                    for (int l = 0; l < 3; l++) x += inverse[i][3 * k + l] * (p[l] - at[i][l]);
                    in &= fabs(x) < 1;
                }
            hits += in;
        }
        const lm_solids s = run(&m[0], &m[1]);
        const double truth = (double)hits * pow(4.4 / N, 3);
        if (fabs(s.both.value - truth) > 0.02) fail_msg("%.9g, counted %.9g", s.both.value, truth);
        assert_true(s.both.upper - s.both.lower < 1e-8);
        for (int i = 0; i < 2; i++) lm_mesh_release(&m[i]);
    }
}

static void empty(void **state)
{
    (void)state;
    lm_mesh a = LM_MESH_INIT, b = LM_MESH_INIT;
    lm_solids s;
    lm_err err = LM_ERR_INIT;
    shape_box(&a, (const double[3]){0, 0, 0}, (const double[3]){8, 8, 8}, false);
    assert_int_equal(lm_solids_run(&a, &b, 1, &s, &err), LM_ERULE);
    lm_mesh_release(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(boxes),         cmocka_unit_test(cavities),     cmocka_unit_test(spheres),
                                       cmocka_unit_test(along_the_ray), cmocka_unit_test(random_boxes), cmocka_unit_test(empty)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
