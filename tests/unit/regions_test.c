/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Regions: runs, overlap against counting bit by bit, label maps in and out, other grids against a map made point by point. */
#include "volume/regions.h"
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static uint64_t seed = 5;
static double rnd(void) /* [0,1) */
{
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    return (double)(seed >> 11) * 0x1p-53;
}

static lm_vol grid(size_t x, size_t y, size_t z, lm_type type)
{
    lm_vol v = LM_VOL_INIT;
    lm_err err = LM_ERR_INIT;
    assert_int_equal(lm_vol_alloc(&v, (size_t[3]){x, y, z}, type, &err), LM_OK);
    memset(v.data, 0, lm_vol_count(&v) * lm_vol_type_size(type));
    return v;
}

static lm_region *add(lm_regions *r, uint32_t label, const char *name)
{
    lm_part p = {.label = label};
    lm_region *g = NULL;
    lm_err err = LM_ERR_INIT;
    snprintf(p.name, sizeof p.name, "%s", name);
    assert_int_equal(lm_regions_add(r, &p, &g, &err), LM_OK);
    return g;
}

static void runs_stay_in_order_and_in_rows(void **state)
{
    (void)state;
    lm_err err = LM_ERR_INIT;
    lm_vol v = grid(10, 3, 2, LM_U8);
    lm_regions r = LM_REGIONS_INIT;
    lm_regions_on(&r, &v);
    lm_region *g = add(&r, 7, "liver");
    assert_int_equal(lm_regions_run(&r, g, 2, 3, &err), LM_OK);
    assert_int_equal(lm_regions_run(&r, g, 5, 2, &err), LM_OK); /* touches: joined */
    assert_int_equal(g->n_runs, 1);
    assert_int_equal(lm_regions_run(&r, g, 8, 2, &err), LM_OK);
    assert_int_equal(lm_regions_run(&r, g, 10, 1, &err), LM_OK); /* the next row: not joined */
    assert_int_equal(g->n_runs, 3);
    assert_int_equal(g->voxels, 8);
    static const uint64_t bad[][2] = {{10, 1}, {3, 1}, {18, 3}, {59, 2}, {60, 1}, {20, 0}, {20, 11}, {UINT64_MAX, 2}};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_int_equal(lm_regions_run(&r, g, bad[i][0], bad[i][1], &err), LM_ERULE);
    assert_int_equal(g->voxels, 8);
    assert_int_equal(lm_regions_run(&r, g, 59, 1, &err), LM_OK);
    lm_part zero = {.label = 0}, again = {.label = 7};
    assert_int_equal(lm_regions_add(&r, &zero, &g, &err), LM_ERULE);
    assert_int_equal(lm_regions_add(&r, &again, &g, &err), LM_ERULE);
    add(&r, 9, "c");
    add(&r, 3, "a");
    assert_int_equal(r.item[0].part.label, 3);
    assert_int_equal(r.item[1].part.label, 7);
    assert_int_equal(r.item[1].n_runs, 4);
    assert_int_equal(r.item[2].part.label, 9);
    lm_regions_release(&r);
    lm_vol_release(&v);
}

/* Random bits per region, so that any two may overlap; the count is taken voxel by voxel. */
static void overlap_is_found_and_counted(void **state)
{
    (void)state;
    enum { N = 9 * 8 * 7, R = 5 };
    lm_err err = LM_ERR_INIT;
    lm_vol v = grid(9, 8, 7, LM_U8), out = LM_VOL_INIT;
    size_t with = 0;
    for (int round = 0; round < 300; round++) {
        bool bit[R][N];
        uint64_t voxels, want = 0;
        size_t a, b;
        lm_regions r = LM_REGIONS_INIT;
        lm_regions_on(&r, &v);
        double p = rnd() * 0.02;
        for (int g = 0; g < R; g++) {
            lm_region *now = add(&r, (uint32_t)g + 1, "x");
            for (size_t i = 0; i < N; i++)
                if ((bit[g][i] = rnd() < p)) assert_int_equal(lm_regions_run(&r, now, i, 1, &err), LM_OK);
        }
        int first[2] = {0, 0};
        for (size_t i = 0; i < N && !first[1]; i++)
            for (int g = 0; g < R && !first[1]; g++)
                for (int h = g + 1; h < R && !first[1]; h++)
                    if (bit[g][i] && bit[h][i]) first[0] = g, first[1] = h;
        for (size_t i = 0; first[1] && i < N; i++) want += bit[first[0]][i] && bit[first[1]][i];
        assert_int_equal(lm_regions_overlap(&r, &a, &b, &voxels, &err), LM_OK);
        assert_int_equal(a, first[0]);
        assert_int_equal(b, first[1]);
        assert_int_equal(voxels, want);
        assert_int_equal(lm_regions_to_vol(&r, &out, &err), want ? LM_ERULE : LM_OK);
        with += want > 0;
        lm_regions_release(&r);
    }
    assert_in_range(with, 50, 250); /* both cases were met */
    lm_vol_release(&v);
    lm_vol_release(&out);
}

static void overlap_names_both(void **state)
{
    (void)state;
    lm_err err = LM_ERR_INIT;
    char line[1000];
    lm_vol v = grid(9, 8, 7, LM_U8), out = LM_VOL_INIT;
    lm_regions r = LM_REGIONS_INIT;
    lm_regions_on(&r, &v);
    assert_int_equal(lm_regions_run(&r, add(&r, 4, "liver"), 9, 5, &err), LM_OK);
    assert_int_equal(lm_regions_run(&r, add(&r, 6, "tumour"), 12, 6, &err), LM_OK);
    assert_int_equal(lm_regions_to_vol(&r, &out, &err), LM_ERULE);
    lm_err_line(&err, line, sizeof line);
    assert_non_null(strstr(line, "4 (liver)"));
    assert_non_null(strstr(line, "6 (tumour)"));
    assert_non_null(strstr(line, "2 voxels"));
    assert_int_equal(lm_regions_mask(&r, (bool[]){false, true}, &out, &err), LM_OK);
    for (size_t i = 0; i < lm_vol_count(&out); i++) assert_int_equal(((uint8_t *)out.data)[i], i >= 12 && i < 18);
    assert_int_equal(lm_regions_mask(&r, NULL, &out, &err), LM_OK);
    for (size_t i = 0; i < lm_vol_count(&out); i++) assert_int_equal(((uint8_t *)out.data)[i], i >= 9 && i < 18);
    lm_regions_release(&r);
    lm_vol_release(&v);
    lm_vol_release(&out);
}

/* Every sample type, and label widths: out of the map and back is the same map. */
static void label_maps_go_in_and_out(void **state)
{
    (void)state;
    static const lm_type want[] = {LM_U8, LM_U16, LM_U32};
    static const double scale[] = {1, 256, 65537};
    lm_err err = LM_ERR_INIT;
    for (int w = 0; w < 3; w++)
        for (lm_type t = LM_I8; t <= LM_F64; t++) {
            if ((t <= LM_U8 && w > 0) || (t <= LM_U16 && w > 1)) continue;
            lm_vol v = grid(31, 12, 5, t), out = LM_VOL_INIT;
            lm_regions r = LM_REGIONS_INIT;
            uint64_t voxels = 0, filled = 0;
            v.dir[1][0] = 0.25;
            v.origin[2] = -7;
            for (size_t i = 0; i < lm_vol_count(&v); i++) {
                double x = floor(rnd() * 4) * scale[w];
                filled += x > 0;
                size_t s = lm_vol_type_size(t);
                float f = (float)x;
                int64_t n = (int64_t)x;
                memcpy((char *)v.data + i * s, t == LM_F64 ? (void *)&x : t == LM_F32 ? (void *)&f : (void *)&n, s);
            }
            lm_part part = {.label = (uint32_t)scale[w] * 2, .name = "spleen", .has_rgb = true, .rgb = {1, 2, 3}};
            assert_int_equal(lm_parts_add(&v.parts, &part, &err), LM_OK);
            assert_int_equal(lm_regions_from_vol(&v, &r, &err), LM_OK);
            assert_int_equal(r.count, 3);
            for (size_t g = 0; g < 3; g++) voxels += r.item[g].voxels;
            assert_int_equal(voxels, filled);
            assert_string_equal(r.item[1].part.name, "spleen");
            assert_int_equal(r.item[1].part.rgb[2], 3);
            assert_string_equal(r.item[0].part.name, "");
            assert_int_equal(lm_regions_to_vol(&r, &out, &err), LM_OK);
            assert_int_equal(out.type, want[w]);
            assert_memory_equal(out.dir, v.dir, sizeof v.dir);
            assert_memory_equal(out.origin, v.origin, sizeof v.origin);
            for (size_t i = 0; i < lm_vol_count(&v); i++) assert_true(lm_vol_at(&v, i) == lm_vol_at(&out, i));
            assert_string_equal(lm_parts_find(&out.parts, part.label)->name, "spleen");
            lm_regions_release(&r);
            lm_vol_release(&v);
            lm_vol_release(&out);
        }
}

static void grey_volumes_are_no_label_maps(void **state)
{
    (void)state;
    static const double bad[] = {-1, 0.5, NAN, INFINITY, 4294967296.0, -0.25};
    lm_err err = LM_ERR_INIT;
    char line[1000];
    lm_regions r = LM_REGIONS_INIT;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        for (int single = 0; single < 2; single++) {
            lm_vol v = grid(5, 4, 3, single ? LM_F32 : LM_F64);
            if (single) ((float *)v.data)[2 + 5 * (3 + 4 * 1)] = (float)bad[i];
            else ((double *)v.data)[2 + 5 * (3 + 4 * 1)] = bad[i];
            assert_int_equal(lm_regions_from_vol(&v, &r, &err), LM_ERULE);
            lm_err_line(&err, line, sizeof line);
            assert_non_null(strstr(line, "(2, 3, 1)"));
            lm_vol_release(&v);
        }
    lm_vol v = grid(300, 300, 2, LM_U32);
    for (uint32_t i = 0; i < 180000; i++) ((uint32_t *)v.data)[i] = i;
    assert_int_equal(lm_regions_from_vol(&v, &r, &err), LM_ERANGE);
    for (uint32_t i = 0; i < 180000; i++) ((uint32_t *)v.data)[i] = i % 65536; /* 65535 labels: the most there can be */
    assert_int_equal(lm_regions_from_vol(&v, &r, &err), LM_OK);
    assert_int_equal(r.count, LM_REGIONS_MAX);
    lm_regions_release(&r);
    lm_vol_release(&v);
}

/* What the nearest sample says, found point by point. */
static bool nearest(const lm_vol *from, const double inv[3][3], const double xyz[3])
{
    size_t p[3];
    for (int b = 0; b < 3; b++) {
        double x = 0;
        for (int c = 0; c < 3; c++) x += inv[b][c] * (xyz[c] - from->origin[c]);
        x = floor(x + 0.5);
        if (x < 0 || x >= (double)from->n[b]) return false;
        p[b] = (size_t)x;
    }
    return ((const uint8_t *)from->data)[p[0] + from->n[0] * (p[1] + from->n[1] * p[2])];
}

static void other_grids_take_the_nearest_sample(void **state)
{
    (void)state;
    lm_err err = LM_ERR_INIT;
    for (int round = 0; round < 60; round++) {
        lm_vol v = grid(17, 14, 9, LM_U8), to = grid(13, 19, 8, LM_U8), out = LM_VOL_INIT;
        lm_regions r = LM_REGIONS_INIT, moved = LM_REGIONS_INIT;
        bool same;
        double gap, inv[3][3];
        for (size_t i = 0; i < lm_vol_count(&v); i++) ((uint8_t *)v.data)[i] = rnd() < 0.4;
        for (int a = 0; a < 3; a++)
            for (int c = 0; c < 3; c++) {
                v.dir[a][c] = (a == c ? 1.1 : 0) + 0.3 * (rnd() - 0.5);
                to.dir[a][c] = (a == c ? (round & 1 ? -0.9 : 1.3) : 0) + 0.5 * (rnd() - 0.5);
                to.origin[c] = (round & 1 ? 10 : 0) + 4 * (rnd() - 0.5);
            }
        assert_int_equal(lm_regions_from_vol(&v, &r, &err), LM_OK);
        lm_regions_fit(&r, &to, &same, &gap);
        assert_false(same);
        assert_int_equal(lm_regions_regrid(&r, &to, &moved, &err), LM_OK);
        assert_int_equal(lm_regions_mask(&moved, NULL, &out, &err), LM_OK);
        assert_memory_equal(out.dir, to.dir, sizeof to.dir);
        lm_vol_inverse(&v, inv);
        size_t inside = 0, i = 0;
        for (size_t z = 0; z < 8; z++)
            for (size_t y = 0; y < 19; y++)
                for (size_t x = 0; x < 13; x++, i++) {
                    double xyz[3];
                    lm_vol_to_world(&to, (double[3]){(double)x, (double)y, (double)z}, xyz);
                    bool want = nearest(&v, inv, xyz);
                    inside += want;
                    assert_int_equal(((uint8_t *)out.data)[i], want);
                }
        assert_int_equal(moved.item[0].voxels, inside);
        assert_true(inside > 20);
        lm_regions_release(&r);
        lm_regions_release(&moved);
        lm_vol_release(&v);
        lm_vol_release(&to);
        lm_vol_release(&out);
    }
}

/* The same lattice with its axes swapped and turned, and cut: one sample for one, forth and back. */
static void lattices_that_fit_copy(void **state)
{
    (void)state;
    lm_err err = LM_ERR_INIT;
    lm_vol v = grid(11, 8, 6, LM_U8), to = grid(6, 11, 8, LM_U8), out = LM_VOL_INIT;
    lm_regions r = LM_REGIONS_INIT, moved = LM_REGIONS_INIT, back = LM_REGIONS_INIT;
    bool same;
    double gap;
    for (size_t i = 0; i < lm_vol_count(&v); i++) ((uint8_t *)v.data)[i] = (uint8_t)(rnd() * 4);
    for (int c = 0; c < 3; c++) v.dir[c][c] = 0.7 + 0.1 * c, v.origin[c] = 100.0 / 3 * c;
    v.dir[2][1] = 0.3; /* tilted */
    static const int axis[3] = {2, 0, 1}, sign[3] = {-1, 1, -1};
    memcpy(to.origin, v.origin, sizeof to.origin);
    for (int a = 0; a < 3; a++)
        for (int c = 0; c < 3; c++) {
            to.dir[a][c] = sign[a] * v.dir[axis[a]][c];
            if (sign[a] < 0) to.origin[c] += (double)(v.n[axis[a]] - 1) * v.dir[axis[a]][c];
        }
    assert_int_equal(lm_regions_from_vol(&v, &r, &err), LM_OK);
    lm_regions_fit(&r, &to, &same, &gap);
    assert_true(same && gap < 1e-9);
    assert_int_equal(lm_regions_regrid(&r, &to, &moved, &err), LM_OK);
    for (size_t g = 0; g < 3; g++) assert_int_equal(moved.item[g].voxels, r.item[g].voxels);
    assert_int_equal(lm_regions_regrid(&moved, &v, &back, &err), LM_OK);
    assert_int_equal(lm_regions_to_vol(&back, &out, &err), LM_OK);
    assert_memory_equal(out.data, v.data, lm_vol_count(&v));

    to.origin[0] += 0.002 * 0.7; /* two thousandths of a voxel are too much, half a thousandth is not */
    lm_regions_fit(&r, &to, &same, &gap);
    assert_true(!same && fabs(gap - 0.002) < 1e-5);
    to.origin[0] -= 0.0015 * 0.7;
    lm_regions_fit(&r, &to, &same, &gap);
    assert_true(same && fabs(gap - 0.0005) < 1e-5);

    lm_vol cut = v; /* fewer rows, from sample (2,1,3) on */
    cut.n[0] = 5, cut.n[1] = 4, cut.n[2] = 2;
    lm_vol_to_world(&v, (double[3]){2, 1, 3}, cut.origin);
    lm_regions_fit(&r, &cut, &same, &gap);
    assert_true(same);
    assert_int_equal(lm_regions_regrid(&r, &cut, &moved, &err), LM_OK);
    assert_int_equal(lm_regions_to_vol(&moved, &out, &err), LM_OK);
    for (size_t z = 0, i = 0; z < 2; z++)
        for (size_t y = 0; y < 4; y++)
            for (size_t x = 0; x < 5; x++, i++)
                assert_int_equal(((uint8_t *)out.data)[i], ((uint8_t *)v.data)[x + 2 + 11 * (y + 1 + 8 * (z + 3))]);
    lm_regions_release(&r);
    lm_regions_release(&moved);
    lm_regions_release(&back);
    lm_vol_release(&v);
    lm_vol_release(&to);
    lm_vol_release(&out);
}

/* Every window of a map is that part of the map, by comparing samples one by one. */
static void window_is_a_part_of_the_mask(void **state)
{
    (void)state;
    lm_err err = LM_ERR_INIT;
    lm_regions r = LM_REGIONS_INIT;
    lm_vol whole = LM_VOL_INIT, part = LM_VOL_INIT;
    const lm_vol grid = {.n = {7, 5, 4}, .dir = {{1, 0, 0}, {0.5, 2, 0}, {0, 0.25, 3}}, .origin = {10, 20, 30}};
    size_t lo[3], hi[3];
    lm_regions_on(&r, &grid);
    assert_false(lm_regions_box(&r, NULL, lo, hi));
    lm_region *g = add(&r, 1, "a");
    assert_int_equal(lm_regions_run(&r, g, 7 * 6 + 2, 4, &err), LM_OK);  /* j 1, k 1 */
    assert_int_equal(lm_regions_run(&r, g, 7 * 13 + 1, 2, &err), LM_OK); /* j 3, k 2 */
    assert_int_equal(lm_regions_run(&r, add(&r, 2, "b"), 0, 1, &err), LM_OK);
    assert_true(lm_regions_box(&r, (bool[]){true, false}, lo, hi));
    assert_true(lo[0] == 1 && lo[1] == 1 && lo[2] == 1 && hi[0] == 5 && hi[1] == 3 && hi[2] == 2);
    assert_int_equal(lm_regions_mask(&r, (bool[]){true, false}, &whole, &err), LM_OK);
    for (size_t w = 0; w < 7; w++) {
        const size_t from[3] = {w % 3, w % 2, w % 4}, to[3] = {w % 3 + 4, 3, 3};
        assert_int_equal(lm_regions_window(&r, (bool[]){true, false}, from, to, &part, &err), LM_OK);
        for (size_t i = 0; i < lm_vol_count(&part); i++) {
            size_t x = i % part.n[0] + from[0], y = i / part.n[0] % part.n[1] + from[1], z = i / part.n[0] / part.n[1] + from[2];
            assert_true(lm_vol_at(&part, i) == lm_vol_at(&whole, (z * 5 + y) * 7 + x));
        }
        double at[3], want[3];
        lm_vol_to_world(&part, (double[]){1, 1, 0}, at);
        lm_vol_to_world(&whole, (double[]){(double)from[0] + 1, (double)from[1] + 1, (double)from[2]}, want);
        for (int c = 0; c < 3; c++) assert_true(at[c] == want[c]);
        lm_vol_release(&part);
    }
    lm_vol_release(&whole);
    lm_regions_release(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(runs_stay_in_order_and_in_rows),
        cmocka_unit_test(overlap_is_found_and_counted),
        cmocka_unit_test(overlap_names_both),
        cmocka_unit_test(label_maps_go_in_and_out),
        cmocka_unit_test(grey_volumes_are_no_label_maps),
        cmocka_unit_test(other_grids_take_the_nearest_sample),
        cmocka_unit_test(lattices_that_fit_copy),
        cmocka_unit_test(window_is_a_part_of_the_mask),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
