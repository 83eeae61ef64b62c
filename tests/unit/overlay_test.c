/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "reports/overlay.h"
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "tests/unit/shapes.h"

enum { N = 20 };

/* The same field of N x N x N mm in any of the 48 ways that axes can lie: its value says where a sample is. */
static void field(lm_vol *v, int way, double shear)
{
    static const int order[6][3] = {{0, 1, 2}, {0, 2, 1}, {1, 0, 2}, {1, 2, 0}, {2, 0, 1}, {2, 1, 0}};
    assert_int_equal(lm_vol_alloc(v, (size_t[]){N, N, N}, LM_F32, NULL), LM_OK);
    memset(v->dir, 0, sizeof v->dir);
    for (int a = 0; a < 3; a++) {
        int p = order[way % 6][a], sign = way / 6 >> a & 1 ? -1 : 1;
        v->dir[a][p] = sign;
        v->origin[p] = sign < 0 ? N - 1 : 0;
    }
    if (shear != 0) v->dir[2][1] += shear;
    for (size_t i = 0; i < N * N * N; i++) {
        double ijk[3] = {(double)(i % N), (double)(i / N % N), (double)(i / N / N)}, p[3];
        lm_vol_to_world(v, ijk, p);
        ((float *)v->data)[i] = (float)(p[0] + 100 * p[1] + 10000 * p[2]);
    }
}

/* A step across the picture, and one down. */
static void grows(const lm_overlay_slice *s, double across, double down)
{
    assert_true(s->value[1] - s->value[0] == across);
    assert_true(s->value[s->wide] - s->value[0] == down);
}

/* The place that the picture has at a point of the contour, by the values of its samples. */
static double value_at(const lm_overlay_slice *s, const float p[2])
{
    return s->value[0] + (p[0] - 0.5) * (s->value[1] - s->value[0]) + (p[1] - 0.5) * (s->value[s->wide] - s->value[0]);
}

static void however_the_axes_lie_the_picture_is_the_same(void **state)
{
    (void)state;
    lm_overlay o = LM_OVERLAY_INIT;
    mesh.space = LM_SPACE_LPS;
    box(5.25f, 7.125f, 9.375f, 4, false);
    for (int way = 0; way < 48; way++) {
        lm_vol v = LM_VOL_INIT;
        field(&v, way, 0);
        assert_int_equal(lm_overlay_cut(&v, &mesh, &o, NULL), LM_OK);
        assert_true(o.drawn);
        static const char *const letters[3][4] = {{"R", "L", "A", "P"}, {"R", "L", "S", "I"}, {"A", "P", "S", "I"}};
        static const double step[3][2] = {{1, 100}, {1, -10000}, {100, -10000}};
        for (int s = 0; s < 3; s++) {
            const lm_overlay_slice *p = &o.slice[s];
            const char *is[4] = {p->left, p->right, p->top, p->bottom};
            for (int k = 0; k < 4; k++) assert_string_equal(is[k], letters[s][k]);
            grows(p, step[s][0], step[s][1]);
            assert_int_equal(p->of, N);
            assert_int_equal(p->n_loop, 1);
            assert_memory_equal(p->point[0], p->point[p->n_point - 1], sizeof *p->point); /* it closes */
            /* the contour goes from the least corner of the box to the greatest, in the plane of the slice */
            double lo = INFINITY, hi = -INFINITY, corner[3] = {5.25, 7.125, 9.375}, from = 0, to = 0, unit[3] = {1, 100, 10000};
            for (size_t i = 0; i < p->n_point; i++) {
                double x = value_at(p, p->point[i]);
                lo = x < lo ? x : lo, hi = x > hi ? x : hi;
            }
            for (int a = 0; a < 3; a++) {
                bool normal = a == 2 - s;
                from += unit[a] * (normal ? floor(corner[a] + 2.5) : corner[a]);
                to += unit[a] * (normal ? floor(corner[a] + 2.5) : corner[a] + 4);
            }
            assert_true(fabs(lo - from) < 0.05 && fabs(hi - to) < 0.05);
        }
        lm_vol_release(&v);
    }
    lm_overlay_release(&o);
    lm_mesh_release(&mesh);
}

/* Where the grid is sheared the contour still lies on the samples that it crosses. */
static void a_tilted_gantry(void **state)
{
    (void)state;
    lm_overlay o = LM_OVERLAY_INIT;
    lm_vol v = LM_VOL_INIT;
    mesh.space = LM_SPACE_LPS;
    box(5, 10, 9, 4, false);
    field(&v, 0, 0.25);
    assert_int_equal(lm_overlay_cut(&v, &mesh, &o, NULL), LM_OK);
    const lm_overlay_slice *p = &o.slice[2]; /* sagittal, x = 7: the box is y from 10 to 14, z from 9 to 13 */
    assert_string_equal(p->name, "Sagittal");
    for (size_t i = 0; i < p->n_point; i++) {
        double x = value_at(p, p->point[i]) - 7, z = floor(x / 10000 + 0.01), y = (x - 10000 * z) / 100;
        bool side = (fabs(y - 10) < 0.01 || fabs(y - 14) < 0.01), end = fabs(x / 10000 - 9) < 0.2 || fabs(x / 10000 - 13) < 0.2;
        assert_true(side || end);
    }
    lm_overlay_release(&o);
    lm_vol_release(&v);
    lm_mesh_release(&mesh);
}

static void beside_the_grid_and_half_out(void **state)
{
    (void)state;
    lm_overlay o = LM_OVERLAY_INIT;
    lm_vol v = LM_VOL_INIT;
    field(&v, 0, 0);
    box(100, 100, 100, 4, false);
    assert_int_equal(lm_overlay_cut(&v, &mesh, &o, NULL), LM_OK);
    assert_false(o.drawn);
    lm_mesh_release(&mesh);
    box(-15, -15, -15, 20, false); /* its middle lies outside: the slices at the border */
    assert_int_equal(lm_overlay_cut(&v, &mesh, &o, NULL), LM_OK);
    assert_true(o.drawn);
    for (int s = 0; s < 3; s++) assert_int_equal(o.slice[s].at, 1);
    lm_overlay_release(&o);
    lm_vol_release(&v);
    lm_mesh_release(&mesh);
}

/* An open surface gives lines that end. */
static void an_open_mesh(void **state)
{
    (void)state;
    lm_overlay o = LM_OVERLAY_INIT;
    lm_vol v = LM_VOL_INIT;
    field(&v, 0, 0);
    uint32_t a = vert(2, 2, 2), b = vert(12, 2, 2), c = vert(2, 2, 12);
    tri(a, b, c);
    assert_int_equal(lm_overlay_cut(&v, &mesh, &o, NULL), LM_OK);
    assert_int_equal(o.slice[0].n_loop, 1);
    assert_int_equal(o.slice[0].n_point, 2);
    lm_overlay_release(&o);
    lm_vol_release(&v);
    lm_mesh_release(&mesh);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(however_the_axes_lie_the_picture_is_the_same),
        cmocka_unit_test(a_tilted_gantry),
        cmocka_unit_test(beside_the_grid_and_half_out),
        cmocka_unit_test(an_open_mesh),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
