/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Triangles that are somewhere farther than a limit: parallel faces, a roof over a floor, and a tube beside a lattice of points. */
#include "diff/beyond.h"
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include "tests/unit/shapes.h"

static lm_err err;

/* How many of a's triangles are marked. */
static size_t beyond(const lm_mesh *a, const lm_mesh *b, double limit, unsigned char *mark)
{
    lm_nearest to = LM_NEAREST_INIT;
    size_t n[2];
    unsigned char *again = calloc(a->nt, 1);
    memset(mark, 0, a->nt);
    assert_int_equal(lm_nearest_build(b, 2, &to, &err), LM_OK);
    assert_int_equal(lm_beyond_run(a, &to, limit, 3, mark, &n[0], &err), LM_OK);
    assert_int_equal(lm_beyond_run(a, &to, limit, 1, again, &n[1], &err), LM_OK); /* threads do not matter */
    assert_int_equal(n[0], n[1]);
    assert_memory_equal(mark, again, a->nt);
    lm_nearest_release(&to);
    free(again);
    return n[0];
}

static lm_mesh take(void)
{
    lm_mesh m = mesh;
    mesh = (lm_mesh)LM_MESH_INIT;
    return m;
}

/* One large triangle over a floor of many small ones: beyond only when its highest point is, which is no corner. */
static void between_the_corners(void **state)
{
    (void)state;
    unsigned char mark[2 * 20 * 20];
    enum { N = 20 };
    for (int i = 0; i <= N; i++) /* a valley: depth 1 in the middle of x */
        for (int j = 0; j <= N; j++) vert((float)i, (float)j, -1 + fabsf((float)i - 10) / 10);
    for (uint32_t i = 0; i < N; i++)
        for (uint32_t j = 0; j < N; j++)
            quad(i * (N + 1) + j, (i + 1) * (N + 1) + j, (i + 1) * (N + 1) + j + 1, i * (N + 1) + j + 1);
    lm_mesh floor = take();
    vert(0, 5, 0), vert(20, 5, 0), vert(0, 15, 0), vert(20, 15, 0); /* corners lie on it */
    quad(0, 1, 3, 2);
    lm_mesh lid = take();
    const double most = 10 / sqrt(101); /* from its middle to either side of the valley */
    assert_int_equal(beyond(&lid, &floor, most + 0.02, mark), 0);
    assert_int_equal(beyond(&lid, &floor, most - 0.02, mark), 2);
    assert_int_equal(beyond(&floor, &lid, 30, mark), 0);
    lm_mesh_release(&floor);
    lm_mesh_release(&lid);
}

/* What a lattice of points finds to be beyond is marked; what is marked is so by nearly the limit at least. */
static void as_points_say(void **state)
{
    (void)state;
    lm_nearest to = LM_NEAREST_INIT;
    size_t marked = 0;
    tube(40, 20, false, true);
    lm_mesh a = take();
    tube(11, 7, false, true);
    lm_mesh b = take();
    unsigned char *mark = calloc(a.nt, 1);
    const double limit = 0.15;
    const size_t n = beyond(&a, &b, limit, mark);
    assert_int_equal(lm_nearest_build(&b, 2, &to, &err), LM_OK);
    for (size_t t = 0; t < a.nt; t++) {
        double far = 0;
        for (int i = 0; i <= 10; i++)
            for (int j = 0; i + j <= 10; j++) {
                lm_nearest_hit h;
                double p[3];
                const float *c[3];
                for (size_t k = 0; k < 3; k++) c[k] = a.pos + 3 * (size_t)a.tri[3 * t + k];
                for (int k = 0; k < 3; k++)
                    p[k] = (i * (double)c[0][k] + j * (double)c[1][k] + (10 - i - j) * (double)c[2][k]) / 10;
                lm_nearest_find(&to, p, INFINITY, LM_NEAREST_NONE, &h);
                far = fmax(far, sqrt(h.d2));
            }
        if (far > limit) assert_int_equal(mark[t], 1);
        if (far < limit - 0.05) assert_int_equal(mark[t], 0);
        marked += mark[t];
    }
    assert_int_equal(marked, n);

    assert_true(n > a.nt / 20 && n < a.nt / 2);
    lm_nearest_release(&to);
    free(mark);
    lm_mesh_release(&a);
    lm_mesh_release(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(between_the_corners), cmocka_unit_test(as_points_say)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
