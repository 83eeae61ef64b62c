/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "surface/voxelize.h"
#include "surface/mcubes.h"
#include "measure_shapes.h"
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

static const size_t near[3] = {1, 1, 1};

typedef struct {
    const lm_vol *grid;
    uint8_t *at;
} sink;

static lm_status take(void *ctx, size_t slab, size_t j, size_t k, const int32_t *turns, lm_err *err)
{
    sink *s = ctx;
    (void)err;
    assert_true(slab < lm_voxelize_slabs(s->grid));
    for (size_t i = 0; i < s->grid->n[0]; i++) s->at[(k * s->grid->n[1] + j) * s->grid->n[0] + i] = turns[i] > 0;
    return LM_OK;
}

static uint8_t *voxels(const lm_mesh *m, const lm_vol *g, int threads)
{
    sink s = {g, malloc(lm_vol_count(g))};
    lm_err err = LM_ERR_INIT;
    memset(s.at, 9, lm_vol_count(g));
    if (lm_voxelize(m, g, threads, take, &s, &err)) fail_msg("%s", err.text[0]);
    return s.at;
}

static lm_vol grid(size_t nx, size_t ny, size_t nz)
{
    lm_vol g = LM_VOL_INIT;
    if (lm_vol_alloc(&g, (size_t[]){nx, ny, nz}, LM_I16, NULL)) fail();
    memset(g.data, 0, lm_vol_count(&g) * 2);
    return g;
}

/* Winding number by solid angles (Van Oosterom, Strackee 1983): shares nothing with row crossings. */
static double winding(const lm_mesh *m, const double q[3])
{
    double sum = 0;
    for (size_t t = 0; t < m->nt; t++) {
        double p[3][3], len[3];
        for (size_t k = 0; k < 3; k++) {
            for (size_t c = 0; c < 3; c++) p[k][c] = m->pos[3 * (size_t)m->tri[3 * t + k] + c] - q[c];
            len[k] = sqrt(p[k][0] * p[k][0] + p[k][1] * p[k][1] + p[k][2] * p[k][2]);
        }
#define DOT(a, b) (p[a][0] * p[b][0] + p[a][1] * p[b][1] + p[a][2] * p[b][2])
        double det = p[0][0] * (p[1][1] * p[2][2] - p[1][2] * p[2][1]) - p[0][1] * (p[1][0] * p[2][2] - p[1][2] * p[2][0]) +
                     p[0][2] * (p[1][0] * p[2][1] - p[1][1] * p[2][0]);
        double den = len[0] * len[1] * len[2] + DOT(0, 1) * len[2] + DOT(1, 2) * len[0] + DOT(2, 0) * len[1];
        if (fabs(det) < 1e-9 && den < 1e-9) return NAN; /* on the triangle */
        sum += 2 * atan2(det, den);
    }
    return sum / (4 * M_PI);
}

/* Compare with the oracle at every sample that is not on the surface; returns how many were inside. */
static size_t compare(const lm_mesh *m, const lm_vol *g, uint32_t seed)
{
    uint8_t *got = voxels(m, g, 1), *again = voxels(m, g, 8);
    size_t inside = 0;
    assert_memory_equal(got, again, lm_vol_count(g));
    for (size_t i = 0; i < lm_vol_count(g); i++) {
        double q[3], ijk[3] = {(double)(i % g->n[0]), (double)(i / g->n[0] % g->n[1]), (double)(i / g->n[0] / g->n[1])};
        lm_vol_to_world(g, ijk, q);
        double w = winding(m, q);
        if (isnan(w) || fabs(w - round(w)) > 1e-6) continue;
        if ((round(w) > 0) != (got[i] == 1))
            fail_msg("sample %g %g %g: winding %g, got %d (seed %u)", ijk[0], ijk[1], ijk[2], w, got[i], seed);
        inside += got[i];
    }
    free(got);
    free(again);
    return inside;
}

/* Faces in the planes of samples, edges and vertices on rows: a sample on a low face is in, on a high face out. */
static void boxes_on_grid_planes_are_half_open(void **state)
{
    (void)state;
    uint32_t seed = 7;
    lm_vol g = grid(12, 11, 37);
    for (int run = 0; run < 60; run++) {
        double lo[3], hi[3];
        for (int c = 0; c < 3; c++) {
            lo[c] = (double)(shape_random(&seed) % 10) - 1;
            hi[c] = lo[c] + 1 + (double)(shape_random(&seed) % (c == 2 ? 35 : 9));
            if (run % 3 == 0) lo[c] += 0.5;
            if (run % 3 == 1) hi[c] -= 0.25;
        }
        lm_mesh m = LM_MESH_INIT;
        shape_box(&m, lo, hi, false);
        uint8_t *got = voxels(&m, &g, 1 + run % 3);
        for (size_t i = 0; i < lm_vol_count(&g); i++) {
            double p[3] = {(double)(i % 12), (double)(i / 12 % 11), (double)(i / 132)};
            bool want = true;
            for (int c = 0; c < 3; c++) want = want && lo[c] <= p[c] && p[c] < hi[c];
            if (want != (got[i] == 1)) fail_msg("run %d: sample %g %g %g: got %d", run, p[0], p[1], p[2], got[i]);
        }
        free(got);
        lm_mesh_release(&m);
    }
    lm_vol_release(&g);
}

static void random_solids_agree_with_solid_angles(void **state)
{
    (void)state;
    uint32_t seed = 991;
    size_t inside = 0;
    for (int run = 0; run < 24; run++) {
        lm_vol g = grid(14, 13, 19);
        bool whole = run % 2; /* corners on whole numbers: vertices on rows, edges along rows, faces in planes */
        if (!whole)
            for (int a = 0; a < 3; a++) {
                for (int c = 0; c < 3; c++) g.dir[a][c] = (a == c ? 0.7 : 0) + 0.3 * (shape_uniform(&seed) - 0.5);
                g.origin[a] = 100 * shape_uniform(&seed);
            }
        if (run % 4 >= 2) /* mirrored index space */
            for (int c = 0; c < 3; c++) g.dir[1][c] = -g.dir[1][c];
        double mid[3];
        lm_vol_to_world(&g, (double[]){6.5, 6, 9}, mid);
        lm_mesh m = LM_MESH_INIT;
        shape_sphere(&m, mid, whole ? 5.5 : 4, 7 + (uint32_t)run, 3 + (uint32_t)run / 3);
        for (size_t i = 0; i < 3 * m.nv; i++) {
            if (whole) m.pos[i] = roundf(m.pos[i]);
            else m.pos[i] += (float)(0.8 * (shape_uniform(&seed) - 0.5));
        }
        inside += compare(&m, &g, seed);
        lm_mesh_release(&m);
        lm_vol_release(&g);
    }
    assert_true(inside > 24 * 100);
}

static void inside_out_is_empty_and_cavities_are_out(void **state)
{
    (void)state;
    lm_vol g = grid(10, 10, 10);
    lm_mesh m = LM_MESH_INIT;
    shape_box(&m, (double[]){0.5, 0.5, 0.5}, (double[]){8.5, 8.5, 8.5}, true);
    uint8_t *got = voxels(&m, &g, 1);
    for (size_t i = 0; i < 1000; i++) assert_int_equal(got[i], 0);
    free(got);
    m.nv = m.nt = 0;
    shape_box(&m, (double[]){0.5, 0.5, 0.5}, (double[]){8.5, 8.5, 8.5}, false);
    shape_box(&m, (double[]){2.5, 2.5, 2.5}, (double[]){4.5, 4.5, 4.5}, true);
    assert_int_equal(compare(&m, &g, 0), 512 - 8);
    lm_mesh_release(&m);
    lm_vol_release(&g);
}

static void overlap_counts_by_hand(void **state)
{
    (void)state;
    lm_vol g = grid(10, 10, 40);
    int16_t *d = g.data;
    lm_overlap o;
    lm_err err = LM_ERR_INIT;
    for (size_t i = 0; i < lm_vol_count(&g); i++) d[i] = i % 10 < 4 ? 300 : 0; /* 4 x 10 x 40 */
    g.iso = 300;
    g.has_iso = true;
    lm_mesh m = LM_MESH_INIT;
    shape_box(&m, (double[]){1.5, -0.5, -0.5}, (double[]){7.5, 9.5, 39.5}, false); /* 6 x 10 x 40, 2 of them common */
    assert_int_equal(lm_voxelize_overlap(&m, &g, near, 3, &o, &err), LM_OK);
    assert_int_equal(o.mask, 1600);
    assert_int_equal(o.mesh, 2400);
    assert_int_equal(o.both, 800);
    assert_true(fabs(o.dice - 0.4) < 1e-15 && fabs(o.jaccard - 0.25) < 1e-15);
    lm_mesh_release(&m);
    lm_vol_release(&g);
}

/* The mesh of a field, turned back into voxels, is the mask to the last sample: noise with values at the level, sheared and
 * mirrored grids, far offsets, one sample. */
static void mesh_of_a_field_gives_back_its_mask(void **state)
{
    (void)state;
    uint32_t seed = 4711;
    for (int run = 0; run < 60; run++) {
        lm_vol g = grid(1 + shape_random(&seed) % 20, 1 + shape_random(&seed) % 20, 1 + shape_random(&seed) % 40);
        int16_t *d = g.data;
        lm_mesh m = LM_MESH_INIT;
        lm_overlap o;
        lm_err err = LM_ERR_INIT;
        double far = run % 5 == 4 ? 1000 : 50;
        for (int a = 0; a < 3; a++) {
            for (int c = 0; c < 3; c++)
                g.dir[a][c] = (a == c ? 0.4 + shape_uniform(&seed) : 0) + (run % 2 ? 0.3 * (shape_uniform(&seed) - 0.5) : 0);
            g.origin[a] = far * (shape_uniform(&seed) - 0.5);
        }
        if (run % 3 == 1)
            for (int c = 0; c < 3; c++) g.dir[2][c] = -g.dir[2][c];
        for (size_t i = 0; i < lm_vol_count(&g); i++) d[i] = (int16_t)(shape_random(&seed) % (run % 4 ? 7 : 4000));
        d[0] = 4000;
        g.iso = run % 4 ? 5 : 2000;
        g.has_iso = true;
        lm_mcubes_opt opt = LM_MCUBES_OPT_INIT;
        opt.iso = g.iso;
        if (lm_mcubes(&g, &opt, &m, &err) || lm_voxelize_overlap(&m, &g, near, 2, &o, &err))
            fail_msg("run %d: %s", run, err.text[0]);
        if (o.mesh != o.mask || o.both != o.mask || o.dice != 1)
            fail_msg("run %d (seed 4711): mesh %zu, mask %zu, both %zu", run, o.mesh, o.mask, o.both);
        lm_mesh_release(&m);
        lm_vol_release(&g);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(boxes_on_grid_planes_are_half_open),       cmocka_unit_test(random_solids_agree_with_solid_angles),
        cmocka_unit_test(inside_out_is_empty_and_cavities_are_out), cmocka_unit_test(overlap_counts_by_hand),
        cmocka_unit_test(mesh_of_a_field_gives_back_its_mask),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
