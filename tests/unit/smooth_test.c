/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Smoothing: stairs of voxels go, volumes and validity stay, and nothing moves farther than it may. */
#include "diff/finish.h"
#include "surface/audit_parts.h"
#include "surface/mcubes.h"
#include "surface/relax.h"
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "tests/unit/parts_ball.h"

static lm_err err;
static lm_mesh mesh, was;

static lm_audit_parts look(const lm_mesh *m)
{
    lm_audit_parts a = LM_AUDIT_PARTS_INIT;
    char line[300];
    assert_int_equal(lm_audit_parts_run(m, &(lm_audit_opt){.threads = 2}, &a, &err), LM_OK);
    lm_audit_parts_line(&a, &m->parts, line, sizeof line);
    if (!a.all.valid) fail_msg("%s", line);
    return a;
}

/* The voxels of a ball, or noise, as a mask: stairs. */
static void voxels(size_t n, double r, bool noise)
{
    lm_vol v = LM_VOL_INIT;
    uint32_t seed = 7;
    assert_int_equal(lm_vol_alloc(&v, (size_t[]){n, n, n}, LM_U8, NULL), LM_OK);
    uint8_t *l = v.data;
    for (size_t i = 0; i < n * n * n; i++) {
        double mid = (double)n / 2, x = (double)(i % n) - mid + 0.3, y = (double)(i / n % n) - mid + 0.6,
               z = (double)(i / n / n) - mid + 0.4;
        seed = seed * 1664525 + 1013904223;
        l[i] = noise ? (seed >> 24) % 3 == 0 : x * x + y * y + z * z <= r * r;
    }
    assert_int_equal(lm_mcubes(&v, &(lm_mcubes_opt){.iso = 0.5, .threads = 2}, &mesh, &err), LM_OK);
    lm_vol_release(&v);
}

/* Smooth `mesh`, which is kept in `was`: valid, with its components; the same for one thread and three; no vertex moved by more
 * than is said. */
static lm_smooth smooth(unsigned passes, double bound)
{
    lm_smooth s, again;
    lm_mesh once = LM_MESH_INIT;
    lm_audit_parts before = look(&mesh), after;
    double far = 0;
    assert_int_equal(lm_mesh_copy(&mesh, &was, &err), LM_OK);
    assert_int_equal(lm_mesh_copy(&mesh, &once, &err), LM_OK);
    assert_int_equal(lm_smooth_run(&mesh, &(lm_smooth_opt){.passes = passes, .max_move_mm = bound, .threads = 3}, &s, &err), LM_OK);
    assert_int_equal(lm_smooth_run(&once, &(lm_smooth_opt){.passes = passes, .max_move_mm = bound, .threads = 1}, &again, &err),
                     LM_OK);
    assert_memory_equal(once.pos, mesh.pos, 12 * mesh.nv);
    assert_memory_equal(once.tri, mesh.tri, 12 * mesh.nt);
    lm_mesh_release(&once);
    after = look(&mesh);
    for (size_t v = 0; v < mesh.nv; v++) {
        double d2 = 0;
        for (size_t k = 0; k < 3; k++) d2 += pow((double)mesh.pos[3 * v + k] - was.pos[3 * v + k], 2);
        far = fmax(far, sqrt(d2));
    }
    assert_true(far == s.max_move_mm && (bound < 0 || far <= bound) && !s.conflict);
    for (size_t i = 0; i < after.n; i++) {
        double change = 100 * (after.part[i].volume_mm3 / before.part[i].volume_mm3 - 1);
        print_message("part %zu: volume %+.2e %%, area %.2f to %.2f mm2, moved %.3f mm, %zu held, %zu in place\n", i, change,
                      before.part[i].area_mm2, after.part[i].area_mm2, far, s.held, s.in_place);
        assert_true(fabs(change) < LM_SMOOTH_VOLUME);
        assert_int_equal(after.part[i].components, before.part[i].components);
        assert_int_equal(after.part[i].genus, before.part[i].genus);
    }
    lm_audit_parts_release(&before);
    lm_audit_parts_release(&after);
    return s;
}

static void done(void)
{
    lm_mesh_release(&mesh);
    lm_mesh_release(&was);
}

static void stairs_become_a_ball(void **state)
{
    (void)state;
    voxels(30, 12, false);
    lm_smooth s = smooth(10, -1);
    double volume = lm_mesh_volume(&mesh), r = cbrt(volume * 3 / (4 * M_PI)), ball = 4 * M_PI * r * r;
    assert_true(lm_mesh_area(&was) / ball > 1.06); /* the stairs */
    assert_true(lm_mesh_area(&mesh) / ball < 1.02);
    assert_true(fabs(volume / lm_mesh_volume(&was) - 1) < 1e-6);
    assert_true(s.moved > mesh.nv * 9 / 10 && s.max_move_mm < 0.6);
    done();
}

static void the_bound_is_kept(void **state)
{
    (void)state;
    static const double bound[] = {0.1, 1e-3, 0};
    for (int i = 0; i < 3; i++) {
        voxels(20, 8, false);
        lm_smooth s = smooth(10, bound[i]);
        assert_true(s.bound > mesh.nv / 2);
        if (bound[i] > 0) assert_true(s.max_move_mm > 0.9 * bound[i]);
        else assert_memory_equal(mesh.pos, was.pos, 12 * mesh.nv);
        done();
    }
}

/* Necks, handles, specks of all kinds: what would meet is held back. */
static void noise_stays_valid(void **state)
{
    (void)state;
    voxels(9, 0, true);
    lm_smooth s = smooth(15, -1);
    assert_true(s.held > 0 && s.moved > mesh.nv / 4);
    done();
}

/* A tetrahedron about a point, facing outward or inward. */
static void speck(lm_mesh *m, const double at[3], bool inward)
{
    static const float corner[4][3] = {{1, 1, 1}, {1, -1, -1}, {-1, 1, -1}, {-1, -1, 1}};
    static const uint32_t side[4][3] = {{0, 1, 2}, {0, 2, 3}, {0, 3, 1}, {1, 3, 2}};
    for (size_t i = 0; i < 4; i++)
        for (size_t k = 0; k < 3; k++) m->pos[3 * (m->nv + i) + k] = (float)(at[k] + 0.01 * corner[i][k]);
    for (size_t i = 0; i < 4; i++)
        for (size_t k = 0; k < 3; k++) m->tri[3 * (m->nt + i) + k] = (uint32_t)m->nv + side[i][inward ? 2 - k : k];
    m->nv += 4;
    m->nt += 4;
}

/* Specks close before the stairs of a ball, and small cavities close behind: none changes sides, though the stairs go by. */
static void specks_stay_on_their_side(void **state)
{
    (void)state;
    enum { EACH = 25 };
    lm_mesh all = LM_MESH_INIT;
    voxels(20, 8, false);
    size_t nv = mesh.nv, more = 2 * (nv / EACH + 1);
    assert_int_equal(lm_mesh_alloc(&all, nv + 4 * more, mesh.nt + 4 * more, &err), LM_OK);
    memcpy(all.pos, mesh.pos, 3 * nv * sizeof *all.pos);
    memcpy(all.tri, mesh.tri, 3 * mesh.nt * sizeof *all.tri);
    all.nv = nv;
    all.nt = mesh.nt;
    for (size_t v = 0; v < nv; v += EACH)
        for (int inward = 0; inward < 2; inward++) {
            double at[3], mid = 9.5, r = 0;
            for (size_t k = 0; k < 3; k++) r += (mesh.pos[3 * v + k] - mid) * (mesh.pos[3 * v + k] - mid);
            for (size_t k = 0; k < 3; k++)
                at[k] = mesh.pos[3 * v + k] + (inward ? -0.1 : 0.1) * (mesh.pos[3 * v + k] - mid) / sqrt(r);
            speck(&all, at, inward);
        }
    all.space = mesh.space;
    lm_mesh_release(&mesh);
    mesh = all;
    lm_smooth s = smooth(10, -1);
    assert_true(s.held > 0 && s.moved > nv / 2);
    done();
}

/* Four parts of a ball: each keeps its volume, the walls between them are one. */
static void parts_keep_their_volumes(void **state)
{
    (void)state;
    parts_ball(&mesh, 0);
    lm_smooth s = smooth(10, 0.7);
    assert_true(lm_mesh_area(&mesh) < 0.85 * lm_mesh_area(&was)); /* of walls as well */
    assert_true(fabs(s.volume_percent) < 1e-3);
    assert_int_equal(mesh.nt, was.nt);
    done();
}

/* Of --max-move the error of decimation is left, else the half. */
static void smoothing_and_decimation_share_the_bound(void **state)
{
    (void)state;
    static const double bound[] = {0.25, 0.1};
    for (int i = 0; i < 2; i++) {
        lm_finish_opt opt = {.passes = 5, .decimate = true, .max_move_mm = 0.3, .threads = 2};
        lm_finish f;
        char text[300];
        if (i) opt.max_move_mm = 0.2, opt.target.percent = 50;
        else opt.target.error_mm = 0.05;
        voxels(16, 6, false);
        assert_int_equal(lm_finish_run(&mesh, &opt, &f, &err), LM_OK);
        assert_true(f.done && f.touched && f.smooth.max_move_mm <= bound[i] && f.smooth.max_move_mm > 0.9 * bound[i]);
        assert_true(f.reduce.after < f.reduce.before && f.reduce.upper_mm > 0 && (i || f.reduce.upper_mm <= 0.05));
        assert_true(lm_finish_say(&f, LM_FINISH_SMOOTH, text, sizeof text) && !strncmp(text, "smooth: ", 8));
        assert_true(lm_finish_say(&f, LM_FINISH_DECIMATE, text, sizeof text) && !strncmp(text, "decimate: ", 10));
        lm_audit_parts a = look(&mesh);
        lm_audit_parts_release(&a);
        f.smooth.conflict = true;
        lm_finish_text(&f, text, sizeof text);
        assert_true(strstr(text, "allow a longer move"));
        done();
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(stairs_become_a_ball),     cmocka_unit_test(the_bound_is_kept),
        cmocka_unit_test(noise_stays_valid),        cmocka_unit_test(specks_stay_on_their_side),
        cmocka_unit_test(parts_keep_their_volumes), cmocka_unit_test(smoothing_and_decimation_share_the_bound),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
