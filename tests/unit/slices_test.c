/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Volumes that come slice by slice: the surface of them, their moments, the histogram of those without one. */
#include "surface/mcubes.h"
#include "volume/histogram.h"
#include "volume/level.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static uint32_t rng;
static uint32_t rnd(void)
{
    rng = rng * 1664525u + 1013904223u;
    return rng >> 8;
}

/* A stream over a volume in memory. */
typedef struct {
    const lm_vol *v;
    size_t next, widest, fails; /* fails: slice whose reading fails */
} stream;

static lm_status give(void *ctx, void *to, size_t slices, lm_err *err)
{
    stream *s = ctx;
    const size_t bytes = s->v->n[0] * s->v->n[1] * lm_vol_type_size(s->v->type);
    assert_true(slices > 0 && s->next + slices <= s->v->n[2]);
    if (s->fails < s->next + slices) return lm_err_set(err, LM_EFORMAT, NULL, "input cut off");
    memcpy(to, (const char *)s->v->data + s->next * bytes, slices * bytes);
    s->next += slices;
    if (slices > s->widest) s->widest = slices;
    return LM_OK;
}

static lm_status sliced(const lm_vol *v, const lm_mcubes_opt *opt, size_t fails, lm_mesh *m, stream *s, lm_err *err)
{
    lm_vol grid = *v;
    grid.data = NULL;
    *s = (stream){.v = v, .fails = fails};
    lm_slices in = lm_slices_of(&grid, give, s);
    lm_status rc = lm_mcubes_slices(&in, opt, m, err);
    lm_slices_release(&in);
    return rc;
}

static void assert_same(const lm_mesh *a, const lm_mesh *b)
{
    assert_true(a->nv == b->nv && a->nt == b->nt && a->space == b->space);
    assert_memory_equal(a->pos, b->pos, a->nv * 12);
    assert_memory_equal(a->tri, b->tri, a->nt * 12);
}

/* Kinds of fields: every ambiguous cell there is, plateaus at the level, smooth ones with long empty stretches. */
static void fill(lm_vol *v, uint32_t seed)
{
    rng = seed;
    for (size_t i = 0; i < lm_vol_count(v); i++) {
        const size_t k = i / v->n[0] / v->n[1];
        double x = 0;
        switch (seed % 5) {
        case 0: x = (double)(rnd() % 3) * 25; break;
        case 1: x = (double)(rnd() % 2) * 50; break;
        case 2: x = (double)(rnd() % 100); break;
        case 3: x = (double)(i + k) / 3 - 10 * floor((double)(i + k) / 30) + 20; break;
        default: x = k < v->n[2] / 2 ? (double)(rnd() % 10) : (double)(rnd() % 40); break; /* nothing in the first half */
        }
        if (v->type >= LM_F32 && rnd() % 50 == 0) x = rnd() % 2 ? INFINITY : -INFINITY;
        lm_level_set(v, i, x);
    }
}

static void slices_make_the_mesh_of_the_whole(void **state)
{
    (void)state;
    static const size_t depth[] = {1, 2, 3, 14, 15, 16, 17, 18, 30, 31, 32, 33, 47};
    static const struct {
        int threads;
        size_t slab;
    } way[] = {{1, 0}, {2, 1}, {3, 4}, {8, 9}};
    size_t compared = 0, widest = 0;
    for (uint32_t seed = 1; seed <= 52; seed++) {
        const size_t n[3] = {1 + seed % 9 * 8, 1 + seed % 5, depth[seed % 13]};
        lm_vol v = LM_VOL_INIT;
        lm_mesh whole = LM_MESH_INIT, m = LM_MESH_INIT;
        lm_err err = LM_ERR_INIT;
        stream s;
        assert_int_equal(lm_vol_alloc(&v, n, (lm_type)(seed % 8), NULL), LM_OK);
        fill(&v, seed);
        v.dir[2][2] = seed % 3 ? 2.5 : -2.5;
        v.dir[2][1] = 0.3;
        v.origin[0] = -123.4;
        lm_mcubes_opt opt = {.iso = 25, .open = seed % 4 == 0, .threads = 1, .slab = 1000}; /* in one piece */
        const lm_status want = lm_mcubes(&v, &opt, &whole, &err);
        assert_true(want == LM_OK || want == LM_ENO);
        for (size_t t = 0; t < 4; t++) {
            lm_err other = LM_ERR_INIT;
            opt.threads = way[t].threads;
            opt.slab = way[t].slab;
            assert_int_equal(sliced(&v, &opt, SIZE_MAX, &m, &s, &other), want);
            assert_int_equal(s.next, n[2]);
            if (!opt.slab && s.widest > widest) widest = s.widest;
            if (want) assert_string_equal(other.text[0], err.text[0]);
            else {
                assert_same(&m, &whole);
                assert_int_equal(lm_mcubes(&v, &opt, &m, &other), LM_OK);
                assert_same(&m, &whole);
                compared++;
            }
        }
        lm_mesh_release(&whole);
        lm_mesh_release(&m);
        lm_vol_release(&v);
    }
    assert_true(compared > 100);
    assert_int_equal(widest, LM_MCUBES_SLAB + 2); /* of 47 slices */
}

static void moments_of_slices_are_those_of_the_whole(void **state)
{
    (void)state;
    const size_t n[3] = {11, 7, 40};
    lm_vol v = LM_VOL_INIT;
    lm_mesh m = LM_MESH_INIT;
    lm_moments whole, part;
    stream s;
    assert_int_equal(lm_vol_alloc(&v, n, LM_I16, NULL), LM_OK);
    fill(&v, 2);
    assert_int_equal(lm_moments_of(&v, 25, 2, &whole, NULL), LM_OK);
    const lm_mcubes_opt opt = {.iso = 25, .threads = 2, .moments = &part};
    assert_int_equal(sliced(&v, &opt, SIZE_MAX, &m, &s, NULL), LM_OK);
    assert_true(whole.volume_mm3 > 0);
    assert_memory_equal(&part, &whole, sizeof whole);
    lm_mesh_release(&m);
    lm_vol_release(&v);
}

static void what_goes_wrong_late_leaves_nothing(void **state)
{
    (void)state;
    const size_t n[3] = {9, 9, 40};
    lm_vol v = LM_VOL_INIT;
    lm_mesh m = LM_MESH_INIT;
    lm_err err = LM_ERR_INIT;
    stream s;
    assert_int_equal(lm_vol_alloc(&v, n, LM_F32, NULL), LM_OK);
    fill(&v, 2);
    lm_mcubes_opt opt = {.iso = 25, .threads = 2};
    assert_int_equal(sliced(&v, &opt, 39, &m, &s, &err), LM_EFORMAT);
    assert_null(m.pos);
    ((float *)v.data)[lm_vol_count(&v) - 1] = NAN;
    assert_int_equal(sliced(&v, &opt, SIZE_MAX, &m, &s, &err), LM_ERULE);
    assert_non_null(strstr(err.text[0], "row (8, 39)"));
    assert_null(m.pos);
    lm_vol_release(&v);
}

/* More triangles than a mesh can have, by a limit that is lower: met exactly it is none. */
static void a_mesh_too_large_is_refused(void **state)
{
    (void)state;
    const size_t n[3] = {20, 20, 60};
    lm_vol v = LM_VOL_INIT;
    lm_mesh m = LM_MESH_INIT;
    lm_err err = LM_ERR_INIT;
    stream s;
    assert_int_equal(lm_vol_alloc(&v, n, LM_U8, NULL), LM_OK);
    for (size_t i = 0; i < lm_vol_count(&v); i++) ((uint8_t *)v.data)[i] = (i ^ i / 20 ^ i / 400) & 1; /* a checkerboard */
    lm_mcubes_opt opt = {.iso = 0.5, .threads = 2};
    assert_int_equal(lm_mcubes(&v, &opt, &m, &err), LM_OK);
    opt.max_triangles = m.nt;
    assert_int_equal(lm_mcubes(&v, &opt, &m, &err), LM_OK);
    opt.max_triangles = m.nt - 1;
    assert_int_equal(sliced(&v, &opt, SIZE_MAX, &m, &s, &err), LM_ERANGE);
    assert_non_null(strstr(err.text[0], "as many as a mesh may have"));
    assert_null(m.tri);
    opt.max_triangles = 5000; /* found before all is read */
    assert_int_equal(sliced(&v, &opt, SIZE_MAX, &m, &s, &err), LM_ERANGE);
    assert_true(s.next < 60);
    assert_int_equal(lm_mesh_alloc(&m, 3, LM_MESH_MAX_TRIANGLES + 1, &err), LM_ERANGE);
    lm_vol_release(&v);
}

static const char *text(const lm_vol *v, size_t cut, char buf[300])
{
    lm_histogram a = LM_HISTOGRAM_INIT, b = LM_HISTOGRAM_INIT;
    lm_histogram_add(&b, v, cut, v->n[0] - cut);
    lm_histogram_add(&a, v, 0, cut);
    lm_histogram_join(&a, &b);
    lm_histogram_text(&a, buf, 300);
    return buf;
}

static void a_histogram_does_not_depend_on_the_order(void **state)
{
    (void)state;
    const size_t n[3] = {9, 1, 1};
    lm_vol v = LM_VOL_INIT;
    char buf[300];
    static const double samples[][9] = {{1, 2, 3, 4, 5, 6, 7, 8, 9},          {-1024, 3, 3, 3, 3, 3, 3, 3, 1023},
                                        {7, 7, 7, 7, 7, 7, 7, 7, 7},          {0, 0, 0, 0, 0, 0, 0, 0, 1e-320},
                                        {-0x1p-60, 0, 0, 0, 0, 0, 0, 0, 6.5}, {1, 1, 1, 1, 1, 1, 1, 1, INFINITY},
                                        {-1e308, 1, 1, 1, 1, 1, 1, 1, 1e308}};
    static const char *const want[] = {"from 1 to 9, in steps of 2 from 0: 1 2 2 2 2",
                                       "from -1024 to 1023, in steps of 256 from -1024: 1 0 0 0 7 0 0 1",
                                       "from 7 to 7",
                                       "from 0 to 9.99989e-321, in steps of 1.26481e-321 from 0: 8 0 0 0 0 0 0 1",
                                       "from -8.67362e-19 to 6.5, in steps of 1 from -1: 1 7 0 0 0 0 0 1",
                                       "from 1 to inf",
                                       "from -1e+308 to 1e+308"};
    assert_int_equal(lm_vol_alloc(&v, n, LM_F64, NULL), LM_OK);
    for (size_t i = 0; i < sizeof want / sizeof *want; i++)
        for (size_t cut = 0; cut <= 9; cut++)
            for (int turn = 0; turn < 2; turn++) {
                for (size_t k = 0; k < 9; k++) ((double *)v.data)[k] = samples[i][turn ? 8 - k : k];
                assert_string_equal(text(&v, cut, buf), want[i]);
            }
    lm_vol_release(&v);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(slices_make_the_mesh_of_the_whole),        cmocka_unit_test(moments_of_slices_are_those_of_the_whole),
        cmocka_unit_test(what_goes_wrong_late_leaves_nothing),      cmocka_unit_test(a_mesh_too_large_is_refused),
        cmocka_unit_test(a_histogram_does_not_depend_on_the_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
