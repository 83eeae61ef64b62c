/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Decimation with proof: what is asked for, and the error that is kept, measured here by points of our own. */
#include "diff/reduce.h"
#include "surface/audit.h"
#include "surface/nearest.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include "tests/unit/shapes.h"

static lm_err err;

static void targets_are_read(void **state)
{
    (void)state;
    lm_reduce_target t;
    static const char *const bad[] = {"",     "0",  "-5",  "0%",  "101%", "0mm", "-1mm", "5HU",
                                      "5 MB", "MB", "5mb", "nan", "1.5",  "0MB", "3mm3"};
    assert_int_equal(lm_reduce_parse("200000", &t, &err), LM_OK);
    assert_true(t.triangles == 200000 && t.percent == 0 && t.bytes == 0 && t.error_mm == 0);
    assert_int_equal(lm_reduce_parse("12.5%", &t, &err), LM_OK);
    assert_true(t.triangles == 0 && t.percent == 12.5 && t.bytes == 0 && t.error_mm == 0);
    assert_int_equal(lm_reduce_parse("0.1mm", &t, &err), LM_OK);
    assert_true(t.triangles == 0 && t.percent == 0 && t.bytes == 0 && t.error_mm == 0.1);
    assert_int_equal(lm_reduce_parse("50um", &t, &err), LM_OK);
    assert_true(fabs(t.error_mm - 0.05) < 1e-15);
    static const struct {
        const char *text;
        double bytes;
    } size[] = {{"700B", 700}, {"1.5kB", 1500}, {"20MB", 2e7}, {"1GB", 1e9}};
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(lm_reduce_parse(size[i].text, &t, &err), LM_OK);
        assert_true(t.triangles == 0 && t.percent == 0 && t.bytes == size[i].bytes && t.error_mm == 0);
    }
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        if (lm_reduce_parse(bad[i], &t, &err) != LM_EUSAGE) fail_msg("'%s' is taken", bad[i]);
}

/* The greatest distance of a lattice of points on all triangles of a from b. */
static double farthest(const lm_mesh *a, const lm_mesh *b)
{
    lm_nearest to = LM_NEAREST_INIT;
    double far = 0;
    assert_int_equal(lm_nearest_build(b, 2, &to, &err), LM_OK);
    for (size_t t = 0; t < a->nt; t++)
        for (int i = 0; i <= 4; i++)
            for (int j = 0; i + j <= 4; j++) {
                lm_nearest_hit h;
                double p[3];
                const float *c[3];
                for (size_t k = 0; k < 3; k++) c[k] = a->pos + 3 * (size_t)a->tri[3 * t + k];
                for (int k = 0; k < 3; k++) p[k] = (i * (double)c[0][k] + j * (double)c[1][k] + (4 - i - j) * (double)c[2][k]) / 4;
                lm_nearest_find(&to, p, INFINITY, LM_NEAREST_NONE, &h);
                far = fmax(far, sqrt(h.d2));
            }
    lm_nearest_release(&to);
    return far;
}

static lm_reduce reduce(const char *text, lm_mesh *old)
{
    lm_reduce_target t;
    lm_reduce r;
    lm_audit a;
    assert_int_equal(lm_mesh_copy(&mesh, old, &err), LM_OK);
    assert_int_equal(lm_reduce_parse(text, &t, &err), LM_OK);
    assert_int_equal(lm_reduce_run(&mesh, &t, 2, &r, &err), LM_OK);
    assert_int_equal(lm_audit_run(&mesh, &(lm_audit_opt){.threads = 2}, &a, &err), LM_OK);
    assert_true(a.valid);
    assert_int_equal(r.after, mesh.nt);
    return r;
}

/* Few triangles, the fewer the greater the error, which is used for the most part. */
static void the_error_is_kept(void **state)
{
    (void)state;
    static const char *const error[] = {"0.2mm", "60um"};
    size_t before = 0;
    for (int i = 0; i < 2; i++) {
        lm_mesh old = LM_MESH_INIT;
        tube(50, 25, false, true);
        lm_reduce r = reduce(error[i], &old);
        double tol = i ? 0.06 : 0.2, far = fmax(farthest(&mesh, &old), farthest(&old, &mesh));
        print_message("%s: %zu of %zu triangles in %zu tries, %.4f to %.4f mm, found %.4f\n", error[i], r.after, r.before, r.tries,
                      r.lower_mm, r.upper_mm, far);
        assert_int_equal(r.why, LM_REDUCE_DONE);
        assert_true(r.upper_mm <= tol && far <= r.upper_mm && far > 0.7 * tol && r.lower_mm <= r.upper_mm);
        assert_true(r.after > before && r.after < r.before / (i ? 2 : 6));
        assert_true(fabs(r.volume_percent) < 1e-3);
        before = r.after;
        lm_mesh_release(&old);
        lm_mesh_release(&mesh);
    }
}

static void a_number_is_reached_or_refused(void **state)
{
    (void)state;
    lm_mesh old = LM_MESH_INIT;
    char text[300];
    tube(60, 30, false, true);
    lm_reduce r = reduce("25%", &old);
    double far = fmax(farthest(&mesh, &old), farthest(&old, &mesh));
    assert_true(r.why == LM_REDUCE_DONE && r.want == 900 && r.after <= 900 && r.after >= 898 && r.tries == 1);
    assert_true(far <= r.upper_mm && far > 0.8 * r.upper_mm && r.upper_mm - r.lower_mm < 0.01);
    lm_mesh_release(&old);
    r = reduce("901", &old); /* there are no more: nothing is done */
    assert_true(r.why == LM_REDUCE_DONE && r.tries == 0 && r.after == r.before && r.upper_mm == 0);
    assert_memory_equal(old.pos, mesh.pos, 12 * mesh.nv);
    lm_mesh_release(&old);
    r = reduce("5", &old); /* no torus has 5 */
    lm_reduce_text(&r, text, sizeof text);
    assert_true(r.why == LM_REDUCE_STUCK && r.after >= 14 && strstr(text, " triangles are left, not 5: "));
    lm_mesh_release(&old);
    lm_mesh_release(&mesh);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(targets_are_read),
        cmocka_unit_test(the_error_is_kept),
        cmocka_unit_test(a_number_is_reached_or_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
