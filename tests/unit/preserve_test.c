/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Surfaces moved to the two-class partial volume, against balls and tubes of known volume. */
#include "surface/preserve.h"
#include "fixtures/gen/grey.h"
#include "surface/audit.h"
#include "surface/mcubes.h"
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static lm_err err = LM_ERR_INIT;
static uint64_t seed = 20;
static double rnd(void) /* [0,1) */
{
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    return (double)(seed >> 11) * 0x1p-53;
}

static void valid(const lm_mesh *m)
{
    lm_audit audit;
    lm_audit_opt opt = {.threads = 2};
    assert_int_equal(lm_audit_run(m, &opt, &audit, &err), LM_OK);
    assert_true(audit.valid);
}

/* Error of the moved surface in percent; NAN when it was left for want of pure samples. */
static double moved(const grey_shape *g, bool given)
{
    lm_vol v = LM_VOL_INIT;
    lm_mesh m = LM_MESH_INIT;
    lm_preserve_facts f = LM_PRESERVE_FACTS_INIT;
    lm_preserve_opt opt = LM_PRESERVE_OPT_INIT;
    double truth, area, e = NAN;
    assert_int_equal(grey_make(g, &v, &truth, &area, &err), LM_OK);
    if (given) opt.partial.inside = g->inside, opt.partial.outside = g->outside;
    assert_int_equal(lm_preserve(&v, (g->inside + g->outside) / 2, &opt, &m, &f, &err), LM_OK);
    assert_int_equal(f.n, 1);
    assert_true(f.moved_mm <= lm_vol_diagonal(&v));
    assert_true(fabs(f.piece[0].mesh_mm3 - lm_mesh_volume(&m)) < 1e-9 * truth);
    if (f.piece[0].why == LM_PRESERVE_MOVED) e = 100 * (lm_mesh_volume(&m) / truth - 1);
    else assert_int_equal(f.piece[0].why, LM_PRESERVE_SMALL);
    assert_true(fabs(f.piece[0].plain_mm3 / truth - 1) > 0.0003); /* there is something to mend */
    valid(&m);
    lm_preserve_release(&f);
    lm_mesh_release(&m);
    lm_vol_release(&v);
    return e;
}

/* Centre and direction at random; two contrasts; the values given where no sample is pure. The full range with MESHQA_LONG. */
static void sweep(bool tube, const double *radius, size_t n, int runs, int from)
{
    for (int a = 0; a < 2; a++)
        for (size_t i = 0; i < n; i++) {
            double worst = 0, limit = radius[i] < 5 ? 0.3 : 0.05;
            int told = 0;
            for (int k = 0; k < runs; k++) {
                grey_shape g = {.radius = radius[i],
                                .length = tube ? 12 + 2 * radius[i] : 0,
                                .aspect = a ? 2.5 : 1,
                                .inside = k % 2 ? -600 : 1000,
                                .outside = k % 2 ? -1000 : 40,
                                .seed = (uint64_t)(from + k),
                                .type = k % 3 ? LM_F32 : LM_I16};
                double e = moved(&g, false);
                if (isnan(e)) e = moved(&g, true), told++;
                assert_true(fabs(e) <= limit);
                if (fabs(e) > worst) worst = fabs(e);
            }
            printf("%s of radius %4.1f, steps 1:%g: %.4f %% (limit %g); seeds from %d, values given in %d of %d\n",
                   tube ? "tube" : "ball", radius[i], a ? 2.5 : 1, worst, limit, from, told, runs);
            assert_true(radius[i] < 5 || told == 0);
        }
}

static void balls(void **state)
{
    (void)state;
    if (getenv("MESHQA_LONG")) sweep(false, (const double[]){2.5, 3.5, 5, 7.3, 10, 20, 40}, 7, 4, 100);
    else sweep(false, (const double[]){2.5, 5, 11}, 3, 2, 100);
}

static void tubes(void **state)
{
    (void)state;
    if (getenv("MESHQA_LONG")) sweep(true, (const double[]){1.5, 2, 3, 5, 10}, 5, 4, 200);
    else sweep(true, (const double[]){1.5, 2, 5}, 3, 2, 200);
}

/* ---- several pieces ---- */

/* A field of balls of value 1000 on 0, by how deep a sample lies (a slope of one voxel). */
typedef struct {
    double c[3], r;
} ball;

static lm_vol field(size_t n, const ball *b, size_t balls_n)
{
    lm_vol v = LM_VOL_INIT;
    assert_int_equal(lm_vol_alloc(&v, (size_t[3]){n, n, n}, LM_F32, &err), LM_OK);
    for (size_t i = 0; i < n * n * n; i++) {
        double best = 0, p[3] = {(double)(i % n), (double)(i / n % n), (double)(i / n / n)};
        for (size_t k = 0; k < balls_n; k++) {
            double d2 = 0;
            for (int c = 0; c < 3; c++) d2 += (p[c] - b[k].c[c]) * (p[c] - b[k].c[c]);
            double share = b[k].r - sqrt(d2) + 0.5;
            best = fmax(best, share > 1 ? 1 : share);
        }
        ((float *)v.data)[i] = (float)(1000 * best);
    }
    return v;
}

/* Each piece by itself: moved, or left for a reason that is told; and what is left is where it was. */
static void pieces_that_cannot_be_moved_stay(void **state)
{
    (void)state;
    const ball b[] = {{{10.2, 10.4, 10.1}, 7}, {{26.3, 11, 10}, 5.2}, {{10, 28, 30}, 1.2}, {{30, 30, 28}, 5}};
    lm_vol v = field(40, b, 4);
    for (size_t i = 0; i < 40 * 40 * 40; i++) /* noise where the last one is */
        if (i % 40 > 20 && i / 40 % 40 > 20) ((float *)v.data)[i] += (float)(800 * (rnd() - 0.5));
    lm_mesh m = LM_MESH_INIT, plain = LM_MESH_INIT;
    lm_preserve_facts f = LM_PRESERVE_FACTS_INIT;
    lm_preserve_opt opt = LM_PRESERVE_OPT_INIT;
    lm_mcubes_opt mc = {.iso = 520};
    assert_int_equal(lm_preserve(&v, 520, &opt, &m, &f, &err), LM_OK);
    assert_int_equal(lm_mcubes(&v, &mc, &plain, &err), LM_OK);
    valid(&m);
    assert_int_equal(f.n, 4);
    assert_int_equal(f.count[LM_PRESERVE_MOVED], 2);
    assert_int_equal(f.count[LM_PRESERVE_SMALL], 1);
    assert_int_equal(f.count[LM_PRESERVE_UNCERTAIN], 1);
    assert_int_equal(f.piece[3].why, LM_PRESERVE_SMALL);
    assert_true(isnan(f.piece[3].partial_mm3));
    for (size_t i = 0; i < 4; i++) {
        const lm_preserve_piece *p = &f.piece[i];
        assert_true(i == 0 || p->voxels <= p[-1].voxels);
        if (p->why == LM_PRESERVE_MOVED) assert_true(fabs(p->mesh_mm3 / p->partial_mm3 - 1) < 1e-5 && p->shift < 0);
        else assert_true(p->shift == 0 && fabs(p->mesh_mm3 - p->plain_mm3) < 1e-6);
        if (p->why == LM_PRESERVE_UNCERTAIN) assert_true(2 * p->u_mm3 > fabs(p->partial_mm3 - p->plain_mm3));
    }
    assert_int_equal(m.nv, plain.nv);
    for (size_t i = 0; i < m.nv; i++) { /* vertices of the two that were left: the same */
        const float *p = m.pos + 3 * i, *q = plain.pos + 3 * i;
        if (p[1] > 20) assert_true(fabsf(p[0] - q[0]) + fabsf(p[1] - q[1]) + fabsf(p[2] - q[2]) < 1e-5F);
        else assert_true(fabsf(p[0] - q[0]) + fabsf(p[1] - q[1]) + fabsf(p[2] - q[2]) > 0);
    }
    double u, reference = lm_preserve_reference(&f, 5000, &u), plain_all = lm_mesh_volume(&plain);
    double moved_mm3 = 0, left = 0;
    for (size_t i = 0; i < 4; i++)
        *(f.piece[i].why ? &left : &moved_mm3) += f.piece[i].why ? f.piece[i].plain_mm3 : f.piece[i].partial_mm3;
    assert_true(fabs(reference - (moved_mm3 + 5000 * left / plain_all)) < 1e-6 && u == 0);
    lm_preserve_release(&f);
    lm_mesh_release(&m);
    lm_mesh_release(&plain);
    lm_vol_release(&v);
}

/* A level that is far from half way cannot be mended without stairs. */
static void a_level_far_from_the_edge_is_left(void **state)
{
    (void)state;
    lm_vol v = field(24, &(const ball){{11.3, 11.6, 11.4}, 7}, 1);
    lm_mesh m = LM_MESH_INIT;
    lm_preserve_facts f = LM_PRESERVE_FACTS_INIT;
    lm_preserve_opt opt = LM_PRESERVE_OPT_INIT;
    static const double level[] = {60, 300, 700, 960};
    for (int i = 0; i < 4; i++) {
        assert_int_equal(lm_preserve(&v, level[i], &opt, &m, &f, &err), LM_OK);
        assert_int_equal(f.piece[0].why, i % 3 ? LM_PRESERVE_MOVED : LM_PRESERVE_BEYOND);
        if (i % 3) assert_true(f.piece[0].held > 0.02 && f.piece[0].held <= 0.25 && fabs(f.piece[0].shift) > 100);
        else assert_true(fabs(f.piece[0].mesh_mm3 - f.piece[0].plain_mm3) < 1e-6);
        valid(&m);
    }
    lm_preserve_release(&f);
    lm_mesh_release(&m);
    lm_vol_release(&v);
}

/* Volumes measured by the stage before, which cut the field: by rank where there are several, of the whole where there is one. */
static void volumes_from_the_stage_before(void **state)
{
    (void)state;
    const ball b[] = {{{10, 10, 10}, 7}, {{24.3, 11, 10}, 5.2}};
    lm_mesh m = LM_MESH_INIT;
    lm_preserve_facts f = LM_PRESERVE_FACTS_INIT;
    lm_preserve_opt opt = LM_PRESERVE_OPT_INIT;
    const lm_partial of[1] = {{.stated = true, .volume_mm3 = 1500, .u_mm3 = 2}};
    lm_vol v = field(32, b, 2);
    opt.from = LM_PRESERVE_STATED;
    opt.whole = (lm_partial){.stated = true, .volume_mm3 = 600, .u_mm3 = 1};
    opt.of_piece = of;
    opt.n = 1;
    assert_int_equal(lm_preserve(&v, 500, &opt, &m, &f, &err), LM_OK);
    assert_int_equal(f.n, 2);
    assert_int_equal(f.piece[0].why, LM_PRESERVE_MOVED);
    assert_true(fabs(f.piece[0].mesh_mm3 / 1500 - 1) < 1e-5 && f.piece[0].u_shift > 0);
    assert_int_equal(f.piece[1].why, LM_PRESERVE_UNKNOWN);
    opt.from = LM_PRESERVE_NOTHING;
    assert_int_equal(lm_preserve(&v, 500, &opt, &m, &f, &err), LM_OK);
    assert_int_equal(f.count[LM_PRESERVE_UNKNOWN], 2);
    lm_vol_release(&v);
    v = field(32, b + 1, 1);
    opt.from = LM_PRESERVE_STATED;
    assert_int_equal(lm_preserve(&v, 500, &opt, &m, &f, &err), LM_OK);
    assert_true(f.n == 1 && f.piece[0].why == LM_PRESERVE_MOVED && fabs(f.piece[0].mesh_mm3 / 600 - 1) < 1e-5);
    lm_preserve_release(&f);
    lm_mesh_release(&m);
    lm_vol_release(&v);
}

/* Pieces that touch by corners, tunnels, cavities, values at the level: whatever is moved, the mesh is valid, and the same for any
 * number of threads. */
static void anything_stays_valid_and_the_same(void **state)
{
    (void)state;
    size_t some = 0, left = 0;
    printf("seed %llu\n", (unsigned long long)seed);
    for (int k = 0; k < 60; k++) {
        lm_vol v = LM_VOL_INIT;
        lm_mesh m[2] = {LM_MESH_INIT, LM_MESH_INIT};
        lm_preserve_facts f = LM_PRESERVE_FACTS_INIT;
        lm_preserve_opt opt = {.partial = {.inside = 1000, .outside = 0}};
        assert_int_equal(lm_vol_alloc(&v, (size_t[3]){3 + (size_t)(9 * rnd()), 9, 8}, k % 2 ? LM_I16 : LM_F32, &err), LM_OK);
        double solid = 0.2 + 0.5 * rnd();
        for (size_t i = 0; i < lm_vol_count(&v); i++) {
            double x = rnd() < 0.2 ? 500 : rnd() < solid ? 1000 - 600 * rnd() : 600 * rnd();
            if (k % 2) ((int16_t *)v.data)[i] = (int16_t)x;
            else ((float *)v.data)[i] = (float)x;
        }
        if (k % 4 == 0) v.dir[0][0] = -1;  /* left-handed */
        if (k % 5 == 0) v.dir[2][1] = 0.4; /* sheared */
        for (int t = 0; t < 2; t++) {
            opt.threads = t ? 3 : 1;
            assert_int_equal(lm_preserve(&v, 500, &opt, &m[t], &f, &err), LM_OK);
        }
        some += f.count[LM_PRESERVE_MOVED], left += f.n - f.count[LM_PRESERVE_MOVED];
        valid(&m[0]);
        assert_int_equal(m[0].nv, m[1].nv);
        assert_memory_equal(m[0].pos, m[1].pos, 3 * m[0].nv * sizeof(float));
        assert_memory_equal(m[0].tri, m[1].tri, 3 * m[0].nt * sizeof(uint32_t));
        double sum = 0;
        for (size_t i = 0; i < f.n; i++) sum += f.piece[i].mesh_mm3;
        assert_true(fabs(sum - lm_mesh_volume(&m[0])) < 1e-9 * sum); /* no triangle without a piece */
        lm_preserve_release(&f);
        lm_mesh_release(&m[0]);
        lm_mesh_release(&m[1]);
        lm_vol_release(&v);
    }
    printf("%zu pieces moved, %zu left\n", some, left);
    assert_true(some > 20 && left > 10);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(balls),
        cmocka_unit_test(tubes),
        cmocka_unit_test(pieces_that_cannot_be_moved_stay),
        cmocka_unit_test(a_level_far_from_the_edge_is_left),
        cmocka_unit_test(volumes_from_the_stage_before),
        cmocka_unit_test(anything_stays_valid_and_the_same),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
