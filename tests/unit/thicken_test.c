/* SPDX-License-Identifier: GPL-3.0-or-later */
/* thicken, medial and refine on solids whose thin parts have formulas. */
#include "shell/refine.h"
#include "shell/thicken.h"
#include "surface/audit.h"
#include "measure_shapes.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <cmocka.h>

typedef struct {
    lm_mesh m, out;
    lm_thicken_facts f;
    lm_wall_facts w;
} solid;

static void box(solid *s, double x, double y, double z, double lx, double ly, double lz)
{
    shape_box(&s->m, (double[]){x, y, z}, (double[]){x + lx, y + ly, z + lz}, false);
}

static void turn(lm_mesh *m, size_t from)
{
    for (size_t t = from; t < m->nt; t++) {
        uint32_t v = m->tri[3 * t];
        m->tri[3 * t] = m->tri[3 * t + 1];
        m->tri[3 * t + 1] = v;
    }
}

static void release(solid *s)
{
    lm_mesh_release(&s->m);
    lm_mesh_release(&s->out);
}

/* Valid; its own vertices first, with their bits and in their order; carries the solid that it was. */
static void thicken(solid *s, double wall, double gap, lm_medial_side side)
{
    lm_err err = LM_ERR_INIT;
    lm_audit x;
    char line[300];
    const lm_thicken_opt opt = {.wall_mm = wall, .min_gap_mm = gap, .side = side, .threads = 2};
    if (lm_thicken(&s->m, &opt, &s->out, &s->f, &s->w, &err)) fail_msg("%s", err.text[0]);
    assert_int_equal(lm_audit_run(&s->out, &(lm_audit_opt)LM_AUDIT_OPT_INIT, &x, &err), LM_OK);
    lm_audit_line(&x, line, sizeof line);
    if (!x.valid) fail_msg("%s", line);
    assert_int_equal(s->f.own_vertices + s->f.covered, s->m.nv);
    assert_int_equal(s->f.own_vertices + s->f.added, s->out.nv);
    for (size_t v = 0, i = 0; v < s->f.own_vertices; v++) {
        while (i < s->m.nv && memcmp(s->m.pos + 3 * i, s->out.pos + 3 * v, 12)) i++;
        assert_true(i++ < s->m.nv);
    }
    assert_true(!s->f.passes == !s->out.before);
    if (!s->f.passes) return;
    assert_int_equal(s->out.before->nv, s->m.nv);
    assert_memory_equal(s->out.before->pos, s->m.pos, 12 * s->m.nv);
    assert_true(s->f.after_mm3 > s->f.before_mm3 && s->f.touched_mm2 > 0 && s->f.max_move_mm > 0);
}

/* Is every vertex of m for which fn holds in out, bit by bit? And no other vertex where it holds? */
static bool same_where(const solid *s, bool (*fn)(const float *p))
{
    size_t a = 0, b = 0;
    for (size_t v = 0; v < s->m.nv; v++) {
        if (!fn(s->m.pos + 3 * v)) continue;
        size_t i = 0;
        while (i < s->out.nv && memcmp(s->m.pos + 3 * v, s->out.pos + 3 * i, 12)) i++;
        if (i == s->out.nv) return false;
        a++;
    }
    for (size_t v = 0; v < s->out.nv; v++) b += fn(s->out.pos + 3 * v);
    return a && a == b;
}

/* Distance of p from all triangles, by looking at all. */
static double distance(const lm_mesh *m, double x, double y, double z)
{
    double p[3] = {x, y, z}, d2 = INFINITY;
    for (size_t t = 0; t < m->nt; t++) {
        const uint32_t *v = m->tri + 3 * t;
        double d = lm_nearest_triangle(m->pos + 3 * (size_t)v[0], m->pos + 3 * (size_t)v[1], m->pos + 3 * (size_t)v[2], p, NULL);
        d2 = d < d2 ? d : d2;
    }
    return sqrt(d2);
}

/* The middle sheet of a plate, dilated by a ball: what has to be there, and how much that is. */
static void test_plate(void **state)
{
    (void)state;
    const double thick[] = {0.3, 0.8, 1.4}, wall = 1.5, half = 0.75;
    for (size_t i = 0; i < 3; i++) {
        solid s = {.m = LM_MESH_INIT, .out = LM_MESH_INIT};
        double t = thick[i], side = 6 - t; /* of the sheet */
        box(&s, 0, 0, 0, 6, 6, t);
        thicken(&s, wall, 0.5, LM_MEDIAL_BOTH);
        assert_int_equal(s.w.thin_samples, 0);
        assert_int_equal(s.f.passes, 1);
        double least = side * side * wall + 2 * side * M_PI * half * half + 4.0 / 3 * M_PI * half * half * half;
        /* the sheet's ball reaches beyond the plate's rim, or not; the edges of the plate stay in any case */
        double most = least > 36 * t ? least : 36 * t;
        assert_true(s.f.after_mm3 > 0.98 * most && s.f.after_mm3 < 1.1 * most);
        for (double x = 1; x <= 5; x += 0.5)
            for (double y = 1; y <= 5; y += 0.5) assert_true(distance(&s.out, x, y, t / 2) > half * (1 - 1e-3));
        release(&s);
    }
}

static bool beyond_ten(const float *p)
{
    return p[0] > 10;
}

/* Beside the plate a block that is thick enough: not a bit of it changes. */
static void test_untouched(void **state)
{
    (void)state;
    solid s = {.m = LM_MESH_INIT, .out = LM_MESH_INIT};
    box(&s, 20, 0, 0, 5, 5, 5);
    box(&s, 0, 0, 0, 4, 4, 0.5);
    thicken(&s, 2, 0.5, LM_MEDIAL_BOTH);
    assert_true(same_where(&s, beyond_ten));
    assert_memory_equal(s.out.pos, s.m.pos, 8 * 3 * sizeof *s.m.pos);
    assert_int_equal(s.w.thin_samples, 0);
    assert_true(s.f.touched_mm2 > 32 && s.f.touched_mm2 < 32 + 8 + 1e-3);
    assert_true(s.f.max_move_mm > 0.74 && s.f.max_move_mm < 1.5);
    release(&s);
}

static bool below_three(const float *p)
{
    return p[1] < 3;
}

/* A plate on a block, in one piece: the far side of the block stays, the plate's foot is held by the block. */
static void test_comb(void **state)
{
    (void)state;
    static const double xy[8][2] = {{0, 0}, {10, 0}, {10, 4}, {5.4, 4}, {5.4, 8}, {4.6, 8}, {4.6, 4}, {0, 4}};
    static const uint32_t cap[6][3] = {{0, 1, 2}, {0, 2, 3}, {0, 3, 6}, {0, 6, 7}, {3, 4, 5}, {3, 5, 6}};
    solid s = {.m = LM_MESH_INIT, .out = LM_MESH_INIT};
    double p[48];
    uint32_t t[84], n = 0;
    for (uint32_t i = 0; i < 16; i++) {
        p[3 * i] = xy[i % 8][0];
        p[3 * i + 1] = xy[i % 8][1];
        p[3 * i + 2] = i < 8 ? 0 : 6;
    }
    for (uint32_t i = 0; i < 6; i++, n += 6)
        memcpy(t + n, (uint32_t[]){cap[i][0], cap[i][2], cap[i][1], cap[i][0] + 8, cap[i][1] + 8, cap[i][2] + 8}, 24);
    for (uint32_t i = 0; i < 8; i++, n += 6)
        memcpy(t + n, (uint32_t[]){i, (i + 1) % 8, (i + 1) % 8 + 8, i, (i + 1) % 8 + 8, i + 8}, 24);
    shape_append(&s.m, p, 16, t, 28);
    thicken(&s, 1.5, 0.5, LM_MEDIAL_BOTH);
    assert_int_equal(s.w.thin_samples, 0);
    assert_true(same_where(&s, below_three));
    assert_true(distance(&s.out, 5, 6, 3) > 0.74);
    release(&s);
}

/* The height at which the line through (1.5, 1.5) along z meets out just below, or above, z. */
static double sheet(const lm_mesh *m, double z, bool above)
{
    double best = above ? INFINITY : -INFINITY;
    for (size_t t = 0; t < m->nt; t++) {
        double p[3][3], w[3], sum = 0;
        for (size_t k = 0; k < 9; k++) p[k / 3][k % 3] = m->pos[3 * (size_t)m->tri[3 * t + k / 3] + k % 3];
        for (int k = 0; k < 3; k++) {
            const double *a = p[(k + 1) % 3], *b = p[(k + 2) % 3];
            sum += w[k] = (a[0] - 1.5) * (b[1] - 1.5) - (a[1] - 1.5) * (b[0] - 1.5);
        }
        if (sum == 0 || w[0] / sum < 0 || w[1] / sum < 0 || w[2] / sum < 0) continue;
        const double h = (w[0] * p[0][2] + w[1] * p[1][2] + w[2] * p[2][2]) / sum;
        if (above && h > z && h < best) best = h;
        if (!above && h < z && h > best) best = h;
    }
    return best;
}

/* Two plates: a gap above min_gap is not closed further than that, one below it stays; the plates grow on their other sides. */
static void test_gap(void **state)
{
    (void)state;
    const double gap[] = {0.2, 0.7, 1.0, 2.5}, least = 0.6;
    for (size_t i = 0; i < 4; i++) {
        solid s = {.m = LM_MESH_INIT, .out = LM_MESH_INIT};
        lm_audit x;
        box(&s, 0, 0, 0, 3, 3, 0.8);
        box(&s, 0, 0, 0.8 + gap[i], 3, 3, 0.8);
        thicken(&s, 1.6, least, LM_MEDIAL_BOTH);
        assert_int_equal(lm_audit_run(&s.out, &(lm_audit_opt)LM_AUDIT_OPT_INIT, &x, NULL), LM_OK);
        assert_int_equal(x.components, 2);
        double middle = 0.8 + gap[i] / 2, now = sheet(&s.out, middle, true) - sheet(&s.out, middle, false);
        assert_true(now >= fmin(gap[i], least) * (1 - 2e-3) - 1e-6);
        assert_int_equal(s.w.thin_samples, 0);
        release(&s);
    }
}

/* The wall of a hollow ball: by request outside or inside only; the other side keeps its bits, and hollow stays hollow. */
static void test_sides(void **state)
{
    (void)state;
    for (int side = LM_MEDIAL_BOTH; side <= LM_MEDIAL_INSIDE; side++) {
        solid s = {.m = LM_MESH_INIT, .out = LM_MESH_INIT};
        lm_audit x;
        shape_sphere(&s.m, (double[]){7, -3, 2}, 4, 48, 24);
        size_t nv = s.m.nv, nt = s.m.nt;
        shape_sphere(&s.m, (double[]){7, -3, 2}, 3.2, 48, 24);
        turn(&s.m, nt);
        thicken(&s, 1.5, 0.5, (lm_medial_side)side);
        assert_int_equal(s.w.thin_samples, 0);
        assert_int_equal(lm_audit_run(&s.out, &(lm_audit_opt)LM_AUDIT_OPT_INIT, &x, NULL), LM_OK);
        assert_int_equal(x.cavities, 1);
        if (side == LM_MEDIAL_OUTSIDE) assert_memory_equal(s.out.pos, s.m.pos + 3 * nv, 12 * nv);
        if (side == LM_MEDIAL_INSIDE) assert_memory_equal(s.out.pos, s.m.pos, 12 * nv);
        double r0 = side == LM_MEDIAL_OUTSIDE  ? 3.2
                    : side == LM_MEDIAL_INSIDE ? 2.5
                                               : 2.85,
               r1 = r0 + 1.5, want = 4.0 / 3 * M_PI * (r1 * r1 * r1 - r0 * r0 * r0);
        assert_true(fabs(s.f.after_mm3 - want) < 0.01 * want);
        release(&s);
    }
}

/* No side may move: the plate stays as it is but for new vertices, and that is said. */
static void test_no_room(void **state)
{
    (void)state;
    solid s = {.m = LM_MESH_INIT, .out = LM_MESH_INIT};
    box(&s, 0, 0, 3, 3, 3, 0.5);
    thicken(&s, 1.5, 0.4, LM_MEDIAL_INSIDE);
    assert_true(s.w.thin_mm2 > 0.99 * s.w.area_mm2 && s.w.spots > 0 && fabs(s.w.min_ball_mm - 0.5) < 1e-3);
    assert_true(s.f.covered == 0 && s.f.added == 0 && s.f.max_move_mm == 0);
    release(&s);
}

static void test_thick(void **state)
{
    (void)state;
    solid s = {.m = LM_MESH_INIT, .out = LM_MESH_INIT};
    box(&s, 0, 0, 0, 4, 4, 4);
    thicken(&s, 1.5, 0.5, LM_MEDIAL_BOTH);
    assert_int_equal(s.f.passes, 0);
    assert_int_equal(s.out.nv, s.m.nv);
    assert_memory_equal(s.out.pos, s.m.pos, 12 * s.m.nv);
    assert_memory_equal(s.out.tri, s.m.tri, 12 * s.m.nt);
    assert_true(s.f.added == 0 && s.f.covered == 0 && s.f.max_move_mm == 0);
    release(&s);
}

static void test_threads(void **state)
{
    (void)state;
    lm_mesh m = LM_MESH_INIT, out[2] = {LM_MESH_INIT, LM_MESH_INIT};
    shape_box(&m, (double[]){0, 0, 0}, (double[]){5, 4, 0.7}, false);
    shape_sphere(&m, (double[]){2, 2, 4}, 0.6, 12, 6);
    for (int i = 0; i < 2; i++) {
        const lm_thicken_opt opt = {.wall_mm = 1.5, .min_gap_mm = 0.5, .threads = i ? 5 : 1};
        lm_thicken_facts f;
        lm_wall_facts w;
        assert_int_equal(lm_thicken(&m, &opt, &out[i], &f, &w, NULL), LM_OK);
    }
    assert_int_equal(out[0].nv, out[1].nv);
    assert_int_equal(out[0].nt, out[1].nt);
    assert_memory_equal(out[0].pos, out[1].pos, 12 * out[0].nv);
    assert_memory_equal(out[0].tri, out[1].tri, 12 * out[0].nt);
    lm_mesh_release(&m);
    lm_mesh_release(&out[0]);
    lm_mesh_release(&out[1]);
}

static void test_refuses(void **state)
{
    (void)state;
    lm_mesh m = LM_MESH_INIT, out = LM_MESH_INIT;
    lm_thicken_facts f;
    lm_wall_facts w;
    const double bad[][2] = {{0, 0.1}, {-1, 0.1}, {NAN, 0.1}, {INFINITY, 0.1}, {1, -0.1}, {1, NAN}};
    shape_box(&m, (double[]){0, 0, 0}, (double[]){1, 1, 1}, false);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        const lm_thicken_opt opt = {.wall_mm = bad[i][0], .min_gap_mm = bad[i][1]};
        assert_int_equal(lm_thicken(&m, &opt, &out, &f, &w, NULL), LM_EUSAGE);
        assert_int_equal(out.nv, 0);
    }
    lm_mesh_release(&m);
}

static bool left_half(void *ctx, double p[3][3])
{
    (void)ctx;
    return p[0][0] < 4 || p[1][0] < 4 || p[2][0] < 4;
}

/* Smaller where asked, nothing else; no crack, no volume lost. */
static void test_refine(void **state)
{
    (void)state;
    lm_mesh m = LM_MESH_INIT, was = LM_MESH_INIT;
    lm_audit x;
    uint8_t *ask = NULL;
    shape_box(&m, (double[]){0, 0, 0}, (double[]){8, 8, 8}, false);
    assert_int_equal(lm_mesh_copy(&m, &was, NULL), LM_OK);
    assert_int_equal(lm_refine_run(&m, &ask, NULL, 1.0, left_half, NULL, 2, NULL), LM_OK);
    assert_memory_equal(m.pos, was.pos, 12 * was.nv);
    assert_int_equal(lm_audit_run(&m, &(lm_audit_opt)LM_AUDIT_OPT_INIT, &x, NULL), LM_OK);
    assert_true(x.valid && fabs(x.volume_mm3 - 512) < 1e-9 && x.triangles > 400);
    for (size_t t = 0; t < m.nt; t++) {
        double p[3][3], most = 0;
        for (size_t k = 0; k < 9; k++) p[k / 3][k % 3] = m.pos[3 * (size_t)m.tri[3 * t + k / 3] + k % 3];
        for (int k = 0; k < 3; k++)
            most = fmax(most, hypot(hypot(p[k][0] - p[(k + 1) % 3][0], p[k][1] - p[(k + 1) % 3][1]), p[k][2] - p[(k + 1) % 3][2]));
        if (left_half(NULL, p)) assert_true(most <= 1.0 && ask[t]);
    }
    free(ask);
    lm_mesh_release(&m);
    lm_mesh_release(&was);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_plate),  cmocka_unit_test(test_untouched), cmocka_unit_test(test_comb),
        cmocka_unit_test(test_gap),    cmocka_unit_test(test_sides),     cmocka_unit_test(test_no_room),
        cmocka_unit_test(test_thick),  cmocka_unit_test(test_threads),   cmocka_unit_test(test_refuses),
        cmocka_unit_test(test_refine),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
