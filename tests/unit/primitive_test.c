/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "fixtures/gen/phantom.h"
#include "fixtures/gen/primitive.h"
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>

/* How far q is from the surface, negative inside: by the definition of each solid, without any line. */
static double level(const primitive *f, const double q[3])
{
    double d[3], e[3], s = 0, t = 0;
    for (int c = 0; c < 3; c++) d[c] = q[c] - f->c[c];
    switch (f->kind) {
    case PRIMITIVE_HALFSPACE: return primitive_dot(f->c, q) - f->r;
    case PRIMITIVE_ELLIPSOID:
        for (int c = 0; c < 3; c++) e[c] = primitive_dot(f->m[c], d);
        return sqrt(primitive_dot(e, e)) - 1;
    case PRIMITIVE_TORUS:
        t = primitive_dot(d, f->e);
        s = sqrt(fmax(primitive_dot(d, d) - t * t, 0)) - f->r;
        return sqrt(s * s + t * t) - f->r2;
    default: break;
    }
    double best = INFINITY; /* cone: the nearest of many balls on the way */
    for (int i = 0; i <= 2000; i++) {
        t = i / 2000.0;
        for (int c = 0; c < 3; c++) e[c] = d[c] - t * f->e[c];
        best = fmin(best, sqrt(primitive_dot(e, e)) - f->r - t * (f->r2 - f->r));
    }
    return best;
}

static double uniform(uint64_t n)
{
    return (double)(phantom_hash(7, n) >> 11) / 9007199254740992.0 * 2 - 1;
}

/* Ends of intervals lie on the surface, their middles inside, the gaps between and beyond them outside. */
static void check_line(const primitive *f, const double p[3], const double d[3], size_t *hits, size_t *twice)
{
    double a[PRIMITIVE_HITS + 2], b[PRIMITIVE_HITS + 2], q[3];
    int n = primitive_hit(f, p, d, a, b);
    double last = -8;
    for (int i = 0; i <= n; i++) {
        double to = i < n ? fmax(a[i], -8) : 8;
        for (int k = 1; k < 8 && to > last; k++) {
            for (int c = 0; c < 3; c++) q[c] = p[c] + (last + (to - last) * k / 8) * d[c];
            if (!(level(f, q) > -1e-6)) fail_msg("a point that is inside was left out");
        }
        if (i == n) break;
        assert_true(a[i] < b[i]);
        double lo = fmax(a[i], -8), hi = fmin(b[i], 8);
        for (int k = 1; k < 8 && hi > lo; k++) {
            for (int c = 0; c < 3; c++) q[c] = p[c] + (lo + (hi - lo) * k / 8) * d[c];
            if (!(level(f, q) < 1e-5)) fail_msg("a point that is outside was taken: %g", level(f, q));
        }
        for (int k = 0; k < 2; k++) {
            double t = k ? b[i] : a[i];
            if (isinf(t)) continue;
            for (int c = 0; c < 3; c++) q[c] = p[c] + t * d[c];
            if (!(fabs(level(f, q)) < 2e-5)) fail_msg("an end is %g off the surface", level(f, q));
        }
        last = fmax(b[i], -8);
    }
    *hits += n > 0;
    *twice += n > 1;
}

static void random_lines_are_cut_where_they_enter_and_leave(void **state)
{
    static const double o[3] = {0.2, -0.1, 0.3}, axis[3] = {0.36, 0.48, 0.8}, p0[3] = {-1.1, 0.3, -0.8}, p1[3] = {1.2, 0.5, 0.9};
    (void)state;
    const primitive f[] = {
        primitive_ellipsoid(o, 0, 0, 0, 1, 2, 0.5), primitive_cone(o, p0, p1, 0.7, 0.7), primitive_cone(o, p0, p1, 1.1, 0.2),
        primitive_cone(o, p0, p1, 0.1, 1.9),        primitive_torus(o, axis, 1.5, 0.5),  primitive_torus(o, axis, 1.5, 1.4),
        primitive_halfspace(o, p0, 1, 2, -1),
    };
    for (size_t s = 0; s < sizeof f / sizeof *f; s++) {
        size_t hits = 0, twice = 0;
        for (uint64_t i = 0; i < 1000; i++) {
            double p[3], d[3];
            for (uint64_t c = 0; c < 3; c++) {
                p[c] = 2 * uniform(6 * i + c);
                d[c] = uniform(6 * i + 3 + c);
            }
            if (i % 4 == 0 && f[s].kind != PRIMITIVE_ELLIPSOID && f[s].kind != PRIMITIVE_HALFSPACE) /* along the axis, and nearly */
                for (int c = 0; c < 3; c++) d[c] = f[s].e[c] + (i % 8 ? 1e-4 * d[c] : 0);
            check_line(&f[s], p, d, &hits, &twice);
        }
        assert_true(hits > 200);
        if (f[s].kind != PRIMITIVE_TORUS) assert_int_equal(twice, 0);
        else if (f[s].r2 < 1) assert_true(twice > 20); /* the other one has hardly a hole */
        for (int c = 0; c < 3 && f[s].kind != PRIMITIVE_HALFSPACE;
             c++) { /* the box touches it: lines just inside hit, just outside miss */
            double a[2], b[2], in = 0;
            for (int i = -60; i <= 60; i++)
                for (int k = 0; k < 2; k++) {
                    double p[3] = {0}, d[3] = {0};
                    p[c] = f[s].hi[c] - (k ? -1e-3 : 1e-2);
                    d[(c + 1) % 3] = 1;
                    p[(c + 2) % 3] = o[(c + 2) % 3] + i / 20.0;
                    int n = primitive_hit(&f[s], p, d, a, b);
                    if (k) assert_int_equal(n, 0);
                    else in += n;
                }
            assert_true(in > 0);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_lines_are_cut_where_they_enter_and_leave),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
