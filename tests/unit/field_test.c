/* SPDX-License-Identifier: GPL-3.0-or-later */
/* field: the same bytes for any number of threads, and those of a dense grid measured sample by sample; bytes that grow with the
 * surface; a step that fits. */
#include "shell/field.h"
#include "surface/mcubes.h"
#include "surface/voxelize.h"
#include "measure_shapes.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

/* A ball, in it a cavity, in that a body. */
static void nested(lm_mesh *m)
{
    shape_sphere(m, (double[]){3, -40, 7}, 12, 40, 20);
    shape_box(m, (double[]){-2, -45, 2}, (double[]){8, -35, 12}, true);
    shape_box(m, (double[]){0, -43, 4}, (double[]){6, -37, 10}, false);
}

/* Bodies apart, one of them a plate that is nowhere deep enough, and one that touches the grid's end. */
static void apart(lm_mesh *m)
{
    shape_box(m, (double[]){0, 0, 0}, (double[]){21, 9.3, 7.7}, false);
    shape_box(m, (double[]){0, 20, 0}, (double[]){21, 21.2, 20}, false);
    shape_sphere(m, (double[]){15, 28.1, 14}, 5, 16, 8);
}

/* In a large box a small cavity: bricks that are deep. */
static void deep(lm_mesh *m)
{
    shape_box(m, (double[]){-9, -10, -10}, (double[]){11, 10.5, 9.7}, false);
    shape_sphere(m, (double[]){1, 2, 3}, 1.5, 12, 6);
    for (size_t t = 12; t < m->nt; t++) {
        uint32_t v = m->tri[3 * t];
        m->tri[3 * t] = m->tri[3 * t + 1];
        m->tri[3 * t + 1] = v;
    }
}

static void (*const bodies[])(lm_mesh *) = {nested, apart, deep};
enum { BODIES = sizeof bodies / sizeof *bodies };

typedef struct {
    const lm_nearest *near;
    const lm_vol *grid;
    double level, band;
    uint16_t *to;
} dense_job;

static lm_status dense_row(void *ctx, size_t slab, size_t j, size_t k, const int32_t *turns, lm_err *err)
{
    const dense_job *d = ctx;
    (void)slab;
    (void)err;
    for (size_t i = 0; i < d->grid->n[0]; i++) {
        const size_t at[3] = {i, j, k};
        double p[3], depth, v;
        lm_nearest_hit hit;
        for (int c = 0; c < 3; c++) p[c] = d->grid->origin[c] + (double)at[c] * d->grid->dir[c][c];
        lm_nearest_find(d->near, p, INFINITY, LM_NEAREST_NONE, &hit);
        depth = turns[i] > 0 ? sqrt(hit.d2) : -sqrt(hit.d2);
        v = floor(LM_FIELD_ISO + (depth - d->level) / d->band * (65535 - LM_FIELD_ISO));
        d->to[(k * d->grid->n[1] + j) * d->grid->n[0] + i] = v < 0 ? 0 : v > 65535 ? 65535 : (uint16_t)v;
    }
    return LM_OK;
}

/* All samples measured, against the slices, and the surface of both. */
static void compare_dense(const lm_mesh *m, const lm_nearest *near, const lm_field_opt *opt, lm_field *field)
{
    lm_vol all = field->grid;
    lm_mesh a = LM_MESH_INIT, b = LM_MESH_INIT;
    const lm_mcubes_opt mopt = {.iso = LM_FIELD_ISO, .threads = 2};
    const size_t count = lm_vol_count(&all);
    uint16_t *to = malloc(count * sizeof *to);
    dense_job d = {.near = near, .grid = &field->grid, .level = opt->depth_mm, .band = LM_FIELD_BAND * opt->step_mm, .to = to};
    assert_non_null(to);
    all.data = to;
    assert_int_equal(lm_voxelize(m, &field->grid, 2, dense_row, &d, NULL), LM_OK);
    lm_slices in = lm_field_slices(field);
    assert_int_equal(lm_slices_move(&in, 0, all.n[2], NULL), LM_OK);
    assert_memory_equal(in.win.data, to, count * sizeof *to);
    lm_slices_release(&in);
    in = lm_field_slices(field);
    assert_int_equal(lm_mcubes_slices(&in, &mopt, &a, NULL), LM_OK);
    lm_slices_release(&in);
    assert_int_equal(lm_mcubes(&all, &mopt, &b, NULL), LM_OK);
    assert_int_equal(a.nv, b.nv);
    assert_int_equal(a.nt, b.nt);
    assert_memory_equal(a.pos, b.pos, a.nv * 3 * sizeof *a.pos);
    assert_memory_equal(a.tri, b.tri, a.nt * 3 * sizeof *a.tri);
    lm_mesh_release(&a);
    lm_mesh_release(&b);
    free(to);
}

static void test_dense(void **state)
{
    (void)state;
    for (size_t i = 0; i < BODIES; i++) {
        lm_mesh m = LM_MESH_INIT;
        lm_nearest near = LM_NEAREST_INIT;
        lm_field f = LM_FIELD_INIT;
        const lm_field_opt opt = {.depth_mm = 1, .step_mm = 0.56, .threads = 2};
        bodies[i](&m);
        assert_int_equal(lm_nearest_build(&m, 1, &near, NULL), LM_OK);
        assert_int_equal(lm_field_make(&m, &near, &opt, &f, NULL), LM_OK);
        compare_dense(&m, &near, &opt, &f);
        lm_field_release(&f);
        lm_nearest_release(&near);
        lm_mesh_release(&m);
    }
}

static void test_threads(void **state)
{
    (void)state;
    const int threads[] = {1, 2, 3, 8};
    for (size_t b = 0; b < BODIES; b++) {
        lm_mesh m = LM_MESH_INIT;
        lm_nearest near = LM_NEAREST_INIT;
        lm_field f[4] = {LM_FIELD_INIT, LM_FIELD_INIT, LM_FIELD_INIT, LM_FIELD_INIT};
        bodies[b](&m);
        assert_int_equal(lm_nearest_build(&m, 1, &near, NULL), LM_OK);
        for (size_t i = 0; i < 4; i++) {
            const lm_field_opt opt = {.depth_mm = 1, .step_mm = 0.56, .threads = threads[i]};
            assert_int_equal(lm_field_make(&m, &near, &opt, &f[i], NULL), LM_OK);
            assert_memory_equal(f[i].grid.n, f[0].grid.n, sizeof f->grid.n);
            assert_int_equal(f[i].bricks, f[0].bricks);
            assert_int_equal(f[i].bytes, f[0].bytes);
            assert_memory_equal(f[i].cube, f[0].cube, f->cubes[0] * f->cubes[1] * f->cubes[2] * sizeof *f->cube);
            assert_memory_equal(f[i].brick, f[0].brick, f->bricks * 1024);
        }
        for (size_t i = 0; i < 4; i++) lm_field_release(&f[i]);
        lm_nearest_release(&near);
        lm_mesh_release(&m);
    }
}

static void test_volume(void **state)
{
    (void)state;
    lm_mesh m = LM_MESH_INIT;
    lm_nearest near = LM_NEAREST_INIT;
    lm_field f = LM_FIELD_INIT;
    size_t inside = 0;
    nested(&m);
    assert_int_equal(lm_nearest_build(&m, 1, &near, NULL), LM_OK);
    assert_int_equal(lm_field_make(&m, &near, &(lm_field_opt){.depth_mm = 1, .step_mm = 0.4}, &f, NULL), LM_OK);
    lm_slices in = lm_field_slices(&f);
    for (size_t k = 0; k < f.grid.n[2]; k++) { /* slice by slice */
        assert_int_equal(lm_slices_move(&in, k, k + 1, NULL), LM_OK);
        for (size_t i = 0; i < lm_vol_count(&in.win); i++) inside += lm_vol_at(&in.win, i) >= f.grid.iso;
    }
    /* a ball of 11 less a cube of 12 with round edges, and a cube of 4 */
    double cube = 1000 + 600 + 10 * 3 * M_PI + 4.0 / 3 * M_PI, truth = 4.0 / 3 * M_PI * 1331 - cube + 64;
    assert_true(fabs((double)inside * 0.064 / truth - 1) < 0.02);
    lm_slices_release(&in);
    lm_field_release(&f);
    lm_nearest_release(&near);
    lm_mesh_release(&m);
}

static void test_memory(void **state)
{
    (void)state;
    for (size_t b = 1; b < BODIES; b++) { /* the nested ones take long */
        lm_mesh m = LM_MESH_INIT;
        lm_nearest near = LM_NEAREST_INIT;
        lm_field f = LM_FIELD_INIT;
        double bytes[2], samples[2];
        bodies[b](&m);
        assert_int_equal(lm_nearest_build(&m, 1, &near, NULL), LM_OK);
        for (int i = 0; i < 2; i++) {
            const lm_field_opt opt = {.depth_mm = 1, .step_mm = i ? 0.15 : 0.3, .threads = 2};
            assert_int_equal(lm_field_make(&m, &near, &opt, &f, NULL), LM_OK);
            bytes[i] = (double)f.bytes;
            samples[i] = (double)lm_vol_count(&f.grid);
            assert_true(f.bytes >= f.bricks * 1024);
        }
        assert_true(samples[1] / samples[0] > 7);
        assert_true(bytes[1] / bytes[0] <= 5);
        assert_true(bytes[1] < 1.2 * samples[1]); /* a dense grid: 2.25 */
        lm_field_release(&f);
        lm_nearest_release(&near);
        lm_mesh_release(&m);
    }
}

/* A step that is named fits, whether the grid's rows are too many already, or the bricks. */
static void test_limit(void **state)
{
    (void)state;
    const size_t limit[] = {60000, 300000};
    const double step[] = {0.01, 0.05, 0.1};
    lm_mesh m = LM_MESH_INIT;
    lm_nearest near = LM_NEAREST_INIT;
    lm_field f = LM_FIELD_INIT;
    apart(&m);
    assert_int_equal(lm_nearest_build(&m, 1, &near, NULL), LM_OK);
    for (size_t i = 0; i < 6; i++) {
        lm_err err = LM_ERR_INIT;
        lm_field_opt opt = {.depth_mm = 1, .step_mm = step[i % 3], .max_memory = limit[i / 3], .threads = 2};
        double fits = 0;
        assert_int_equal(lm_field_make(&m, &near, &opt, &f, &err), LM_ENOMEM);
        assert_null(f.brick);
        assert_non_null(strstr(err.text[0], "a step of "));
        assert_int_equal(sscanf(strstr(err.text[0], "a step of ") + 10, "%lf", &fits), 1);
        opt.step_mm = fits;
        assert_int_equal(lm_field_make(&m, &near, &opt, &f, &err), LM_OK);
        assert_true(f.bytes <= opt.max_memory && f.bytes > opt.max_memory / 4); /* not far too coarse either */
    }
    lm_field_release(&f);
    lm_nearest_release(&near);
    lm_mesh_release(&m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_dense), cmocka_unit_test(test_threads), cmocka_unit_test(test_volume),
                                       cmocka_unit_test(test_memory), cmocka_unit_test(test_limit)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
