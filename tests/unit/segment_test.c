/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Volumes against formulas, brute force and flood fill; the same bits for any number of threads. */
#include "volume/segment.h"
#include "surface/mcubes.h"
#include "volume/label.h"
#include "volume/moments.h"
#include <float.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static uint64_t seed = 20240607;
static double rnd(void) /* [0,1) */
{
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    return (double)(seed >> 11) * 0x1p-53;
}

static lm_vol volume(size_t a, size_t b, size_t c, lm_type t)
{
    lm_err err = LM_ERR_INIT;
    lm_vol v = LM_VOL_INIT;
    assert_int_equal(lm_vol_alloc(&v, (size_t[3]){a, b, c}, t, &err), LM_OK);
    return v;
}

static void set(lm_vol *v, size_t i, double x)
{
    switch (v->type) {
    case LM_I8: ((int8_t *)v->data)[i] = (int8_t)x; break;
    case LM_U8: ((uint8_t *)v->data)[i] = (uint8_t)x; break;
    case LM_I16: ((int16_t *)v->data)[i] = (int16_t)x; break;
    case LM_U16: ((uint16_t *)v->data)[i] = (uint16_t)x; break;
    case LM_I32: ((int32_t *)v->data)[i] = (int32_t)x; break;
    case LM_U32: ((uint32_t *)v->data)[i] = (uint32_t)x; break;
    case LM_F32: ((float *)v->data)[i] = (float)x; break;
    case LM_F64: ((double *)v->data)[i] = x; break;
    }
}

static lm_segment_facts measure(lm_vol *v, double iso, int threads)
{
    lm_err err = LM_ERR_INIT;
    lm_segment_facts f;
    v->has_iso = true;
    v->iso = iso;
    assert_int_equal(lm_segment_measure(v, threads, &f, &err), LM_OK);
    return f;
}

static void close_to(double is, double want, double tol)
{
    if (!(fabs(is - want) <= tol))
        fail_msg("%.17g instead of %.17g: %g apart, %g allowed (seed 20240607)", is, want, is - want, tol);
}

/* ---- one cell ---- */

/* Part of the unit cube where n.x <= t, n > 0: inclusion and exclusion of corner simplices. */
static double halfspace(const double n[3], double t)
{
    double sum = 0;
    for (int c = 0; c < 8; c++) {
        double s = t, sign = 1;
        for (int a = 0; a < 3; a++)
            if (c >> a & 1) s -= n[a], sign = -sign;
        if (s > 0) sum += sign * s * s * s;
    }
    return sum / (6 * n[0] * n[1] * n[2]);
}

static void planes_are_exact(void **state)
{
    (void)state;
    for (int trial = 0; trial < 3000; trial++) {
        double n[3], t = 0, f[8], out[4];
        for (int a = 0; a < 3; a++) n[a] = 0.05 + rnd();
        t = rnd() * (n[0] + n[1] + n[2]);
        int flip = trial % 8; /* mirrored axes: every octant of directions */
        for (int c = 0; c < 8; c++) {
            double s = t;
            for (int a = 0; a < 3; a++) s -= n[a] * (double)(((c ^ flip) >> a) & 1);
            f[c] = s;
        }
        lm_moments_cell(f, out);
        close_to(out[0], halfspace(n, t), 1e-10);
        /* first moment along x from the volumes of the two halves of a finer split: int x = V - int over x of V(x' < x)
         */
        double inner = 0;
        for (int g = 0; g < 2000; g++) {
            double x = (g + 0.5) / 2000, m[3] = {n[0] * x, n[1], n[2]};
            inner += x * halfspace(m, flip & 1 ? t - n[0] * (1 - x) : t);
        }
        if (trial < 200) close_to(out[1], out[0] - inner / 2000, 2e-6);
    }
}

static void axis_planes_and_whole_cells(void **state)
{
    (void)state;
    for (int a = 0; a < 3; a++)
        for (int side = 0; side < 2; side++) {
            double f[8], out[4];
            for (int c = 0; c < 8; c++) f[c] = side ? (c >> a & 1) - 0.25 : 0.25 - (c >> a & 1);
            lm_moments_cell(f, out);
            close_to(out[0], side ? 0.75 : 0.25, 1e-15);
            for (int b = 0; b < 3; b++) close_to(out[1 + b], b != a ? out[0] / 2 : side ? 0.75 * 0.625 : 0.25 * 0.125, 1e-15);
        }
    double all[8] = {1, 2, 3, 1, 2, 3, 1, 1}, out[4];
    lm_moments_cell(all, out);
    close_to(out[0], 1, 1e-15);
    for (int c = 0; c < 8; c++) all[c] = -all[c];
    lm_moments_cell(all, out);
    assert_true(out[0] == 0 && out[1] == 0);
}

static double trilinear(const double f[8], double x, double y, double z)
{
    double s = 0;
    for (int c = 0; c < 8; c++) s += f[c] * (c & 1 ? x : 1 - x) * (c & 2 ? y : 1 - y) * (c & 4 ? z : 1 - z);
    return s;
}

/* Exact along x, midpoints along y and z: n*n points. */
static void brute_cell(const double f[8], int n, double out[4])
{
    memset(out, 0, 4 * sizeof *out);
    for (int k = 0; k < n; k++)
        for (int j = 0; j < n; j++) {
            double y = (j + 0.5) / n, z = (k + 0.5) / n, a = trilinear(f, 0, y, z), b = trilinear(f, 1, y, z);
            double x = a / (a - b), x0 = a >= 0 ? 0 : x, x1 = b >= 0 ? 1 : x, w = 1.0 / n / n;
            if (a < 0 && b < 0) continue;
            out[0] += w * (x1 - x0);
            out[1] += w * (x1 * x1 - x0 * x0) / 2;
            out[2] += w * (x1 - x0) * y;
            out[3] += w * (x1 - x0) * z;
        }
}

/* Random corners are the worst that can be: saddles, tunnels, isolated corners. */
static void wild_cells_against_brute_force(void **state)
{
    (void)state;
    double worst = 0, worst_moment = 0, sum = 0;
    enum { CELLS = 1000 };
    for (int trial = 0; trial < CELLS; trial++) {
        double f[8], out[4], want[4];
        for (int c = 0; c < 8; c++) f[c] = 2 * rnd() - 1;
        lm_moments_cell(f, out);
        brute_cell(f, 150, want);
        double e = fabs(out[0] - want[0]);
        if (e > worst) worst = e;
        for (int a = 1; a < 4; a++)
            if (fabs(out[a] - want[a]) > worst_moment) worst_moment = fabs(out[a] - want[a]);
        sum += out[0] - want[0];
    }
    print_message("wild cells: worst %.2g, mean %.2g, worst moment %.2g of a cell\n", worst, sum / CELLS, worst_moment);
    assert_true(worst < 5e-3 && worst_moment < 5e-3);
    assert_true(fabs(sum / CELLS) < 2e-5);
}

/* ---- whole volumes ---- */

static double block_voxels(double a, double b, double c) /* of a solid block, as moments.h says */
{
    a--, b--, c--;
    return a * b * c + (a * b + b * c + c * a) + (a + b + c) / 2 + 1.0 / 6;
}

static void blocks_are_closed_at_half_a_voxel(void **state)
{
    static const size_t n[][3] = {{1, 1, 1},  {2, 1, 1},  {1, 3, 1},  {1, 1, 4},    {5, 4, 3},
                                  {63, 2, 2}, {64, 3, 2}, {65, 2, 9}, {127, 1, 17}, {128, 2, 8}};
    (void)state;
    for (size_t i = 0; i < sizeof n / sizeof *n; i++)
        for (lm_type t = LM_I8; t <= LM_F64; t++)
            for (int tie = 0; tie < 2; tie++) {
                lm_vol v = volume(n[i][0], n[i][1], n[i][2], t);
                for (size_t s = 0; s < lm_vol_count(&v); s++) set(&v, s, tie ? 7 : 7 + (int)(rnd() * 90));
                memcpy(v.dir, (double[3][3]){{0.5, 0, 0}, {0, 0, 2}, {0, -3, 0}}, sizeof v.dir);
                memcpy(v.origin, (double[3]){10, -20, 30}, sizeof v.origin);
                lm_segment_facts f = measure(&v, 7, 1);
                double a = (double)n[i][0], b = (double)n[i][1], c = (double)n[i][2], want = 3 * block_voxels(a, b, c);
                assert_int_equal(f.voxel_count, lm_vol_count(&v));
                assert_true(f.touches_border && f.voxel_mm3 == 3);
                close_to(f.at_level_mm3, want, 1e-12 * want);
                close_to(f.centroid_mm[0], 10 + 0.5 * (a - 1) / 2, 1e-12 * 100);
                close_to(f.centroid_mm[1], -20 - 3 * (c - 1) / 2, 1e-12 * 100);
                close_to(f.centroid_mm[2], 30 + 2 * (b - 1) / 2, 1e-12 * 100);
                close_to(f.lo_mm[0], 10 - 0.25, 1e-12);
                close_to(f.hi_mm[0], 10 + 0.5 * (a - 1) + 0.25, 1e-12);
                close_to(f.lo_mm[1], -20 - 3 * (c - 1) - 1.5, 1e-12);
                close_to(f.hi_mm[1], -20 + 1.5, 1e-12);
                lm_vol_release(&v);
            }
}

/* Every padded cell by brute force, with the virtual samples made from the header's definition. */
static void brute_volume(const lm_vol *v, double level, int n, double out[4])
{
    memset(out, 0, 4 * sizeof *out);
    for (int k = -1; k < (int)v->n[2]; k++)
        for (int j = -1; j < (int)v->n[1]; j++)
            for (int i = -1; i < (int)v->n[0]; i++) {
                double f[8], m[4];
                for (int c = 0; c < 8; c++) {
                    int at[3] = {i + (c & 1), j + (c >> 1 & 1), k + (c >> 2)}, d = 0;
                    for (int a = 0; a < 3; a++) {
                        int end = (int)v->n[a] - 1;
                        if (at[a] < 0) at[a] = 0, d++;
                        if (at[a] > end) at[a] = end, d++;
                    }
                    double g = lm_vol_at(v, ((size_t)at[2] * v->n[1] + (size_t)at[1]) * v->n[0] + (size_t)at[0]) - level;
                    f[c] = g - 2 * d * fabs(g);
                }
                /* points lie badly where a whole side crosses at one height: turn the side of the closure to the exact
                 * axis */
                int axis = k < 0 || k + 1 == (int)v->n[2] ? 2 : j < 0 || j + 1 == (int)v->n[1] ? 1 : 0;
                double turned[8];
                for (int c = 0; c < 8; c++) {
                    int low = c & 1, bit = c >> axis & 1;
                    turned[(c & ~(1 | 1 << axis)) | bit | low << axis] = f[c];
                }
                brute_cell(turned, n, m);
                double first = m[1];
                m[1] = m[1 + axis];
                m[1 + axis] = first;
                out[0] += m[0];
                out[1] += i * m[0] + m[1];
                out[2] += j * m[0] + m[2];
                out[3] += k * m[0] + m[3];
            }
}

static void random_volumes_against_brute_force(void **state)
{
    (void)state;
    for (int trial = 0; trial < 8; trial++) {
        lm_type t = (lm_type)(trial % 8);
        lm_vol v = volume(3 + (size_t)(rnd() * 6), 3 + (size_t)(rnd() * 4), 3 + (size_t)(rnd() * 7), t);
        for (size_t s = 0; s < lm_vol_count(&v); s++) set(&v, s, floor(rnd() * 100));
        set(&v, 0, 99);
        memcpy(v.dir, (double[3][3]){{0.5, 0.1, 0}, {-0.1, 0.7, 0.2}, {0, -0.3, 1.25}}, sizeof v.dir);
        memcpy(v.origin, (double[3]){-100, 50, 7}, sizeof v.origin);
        double want[4], c[3], world[3];
        brute_volume(&v, 49.5, 100, want); /* ties of whole numbers make saddles: 64 points are too few */
        lm_segment_facts f = measure(&v, 49.5, 2);
        size_t inside = 0;
        for (size_t s = 0; s < lm_vol_count(&v); s++) inside += lm_vol_at(&v, s) >= 49.5;
        assert_int_equal(f.voxel_count, inside);
        close_to(f.at_level_mm3 / f.voxel_mm3, want[0], 1e-3 * sqrt((double)lm_vol_count(&v)));
        for (int a = 0; a < 3; a++) c[a] = want[1 + a] / want[0];
        lm_vol_to_world(&v, c, world);
        for (int a = 0; a < 3; a++) close_to(f.centroid_mm[a], world[a], 2e-3);
        lm_vol_release(&v);
    }
}

static void fill_sphere(lm_vol *v, double x, double y, double z, double r, double slope, double base)
{
    for (size_t k = 0; k < v->n[2]; k++)
        for (size_t j = 0; j < v->n[1]; j++)
            for (size_t i = 0; i < v->n[0]; i++) {
                double ijk[3] = {(double)i, (double)j, (double)k}, p[3];
                lm_vol_to_world(v, ijk, p);
                double d = sqrt((p[0] - x) * (p[0] - x) + (p[1] - y) * (p[1] - y) + (p[2] - z) * (p[2] - z));
                double g = base + slope * (r - d);
                set(v, (k * v->n[1] + j) * v->n[0] + i, v->type < LM_F32 ? floor(g + 0.5) : g);
            }
}

static void spheres(void **state)
{
    (void)state;
    const double pi = 3.14159265358979323846;
    /* near the formula: the interpolant of the distance is off by curvature only */
    lm_vol v = volume(64, 60, 50, LM_I16);
    memcpy(v.dir, (double[3][3]){{0.8, 0, 0}, {0, 0.8, 0}, {0, 0.3, 1}}, sizeof v.dir);
    memcpy(v.origin, (double[3]){-25, -30, -24}, sizeof v.origin);
    fill_sphere(&v, 0.3, 0.2, 0.1, 20, 100, 300);
    lm_segment_facts f = measure(&v, 300, 2);
    close_to(f.at_level_mm3, 4 / 3.0 * pi * 8000, 0.0025 * 4 / 3.0 * pi * 8000);
    assert_false(f.touches_border);
    const double at[3] = {0.3, 0.2, 0.1};
    for (int a = 0; a < 3; a++) {
        close_to(f.centroid_mm[a], at[a], 5e-3);
        close_to(f.lo_mm[a], at[a] - 20, 0.06);
        close_to(f.hi_mm[a], at[a] + 20, 0.06);
    }
    lm_vol_release(&v);
    /* and of the interpolant itself against 64 x 64 points per cell, each exact along i */
    v = volume(7, 7, 7, LM_F64);
    for (int trial = 0; trial < 5; trial++) {
        double want[4];
        fill_sphere(&v, 3 + rnd() * 0.5, 3 - rnd() * 0.5, 3 + rnd() * 0.3, 2, 1, 0);
        brute_volume(&v, 0, 64, want);
        f = measure(&v, 0, 1);
        print_message("sphere of 2 voxels: %.3g of its volume from brute force\n", f.at_level_mm3 / want[0] - 1);
        close_to(f.at_level_mm3, want[0], 1e-4 * want[0]);
        for (int a = 0; a < 3; a++) close_to(f.centroid_mm[a], want[1 + a] / want[0], 1e-4);
    }
    lm_vol_release(&v);
}

/* A tilted half-space through a large block: cells away from the border sum up to the formula of the block. */
static void tilted_plane_through_the_volume(void **state)
{
    (void)state;
    enum { N = 20 };
    for (int trial = 0; trial < 10; trial++) {
        lm_vol v = volume(N, N, N, LM_F64);
        double n[3] = {0.1 + rnd(), 0.1 + rnd(), 0.1 + rnd()}, t = 0.3 * (n[0] + n[1] + n[2]) * (N - 1), ijk[3], sum = 0;
        for (size_t s = 0; s < lm_vol_count(&v); s++) {
            ijk[0] = (double)(s % N), ijk[1] = (double)(s / N % N), ijk[2] = (double)(s / N / N);
            set(&v, s, t - n[0] * ijk[0] - n[1] * ijk[1] - n[2] * ijk[2]);
        }
        for (int k = 0; k < N - 1; k++)
            for (int j = 0; j < N - 1; j++)
                for (int i = 0; i < N - 1; i++) {
                    double f[8], out[4];
                    for (int c = 0; c < 8; c++)
                        f[c] = lm_vol_at(&v, (size_t)((k + (c >> 2)) * N + j + (c >> 1 & 1)) * N + (size_t)(i + (c & 1)));
                    lm_moments_cell(f, out);
                    sum += out[0];
                }
        double whole = (N - 1) * (N - 1) * (N - 1), scaled[3] = {n[0] * (N - 1), n[1] * (N - 1), n[2] * (N - 1)};
        close_to(sum / whole, halfspace(scaled, t), 1e-12);
        /* the closure adds at most half a voxel over the part of the border that is inside */
        lm_segment_facts f = measure(&v, 0, 2);
        assert_true(f.at_level_mm3 > sum && f.at_level_mm3 < sum + 3 * (N - 1) * (N - 1) * 0.5 + 3 * N);
        lm_vol_release(&v);
    }
}

static void same_bits_for_any_thread_count(void **state)
{
    static const int threads[] = {2, 3, 8};
    (void)state;
    lm_vol v = volume(70, 31, 41, LM_F32);
    for (size_t s = 0; s < lm_vol_count(&v); s++) set(&v, s, rnd());
    memcpy(v.dir, (double[3][3]){{0.5, 0.1, 0}, {-0.1, 0.7, 0.2}, {0, -0.3, 1.25}}, sizeof v.dir);
    lm_segment_facts one = measure(&v, 0.6, 1);
    for (int i = 0; i < 3; i++) {
        lm_segment_facts f = measure(&v, 0.6, threads[i]);
        assert_memory_equal(&f, &one, sizeof f);
    }
    lm_segment_opt opt = LM_SEGMENT_OPT_INIT;
    lm_err err = LM_ERR_INIT;
    opt.lo = 0.6, opt.hi = 0.9, opt.keep = 3;
    lm_vol first = LM_VOL_INIT;
    for (int i = -1; i < 3; i++) {
        lm_vol w = volume(70, 31, 41, LM_F32);
        lm_segment_facts f;
        memcpy(w.data, v.data, 4 * lm_vol_count(&v));
        opt.threads = i < 0 ? 1 : threads[i];
        assert_int_equal(lm_segment(&w, &opt, &f, &err), LM_OK);
        if (i < 0) {
            first = w;
            one = f;
            continue;
        }
        assert_memory_equal(&f, &one, sizeof f);
        assert_memory_equal(w.data, first.data, 4 * lm_vol_count(&w));
        lm_vol_release(&w);
    }
    lm_vol_release(&first);
    lm_vol_release(&v);
}

/* Marching cubes and the measure must speak of the same region, at the border too: balls that the border cuts on no,
 * one, two and all sides, on a left-handed grid. The mesh lies inside by curvature, about (h/r)^2 / 10 of its volume,
 * and at the rim on the border. */
static void agrees_with_marching_cubes(void **state)
{
    static const double ball[][4] = {{12, 12, 12, 9}, {12, 12, 3, 9},   {2, 12, 22, 9},
                                     {0, 0, 0, 12},   {12, 12, 12, 15}, {12, 30, -4, 25}};
    (void)state;
    for (size_t i = 0; i < sizeof ball / sizeof *ball; i++) {
        lm_vol v = volume(25, 24, 26, LM_F32);
        fill_sphere(&v, ball[i][0], ball[i][1], ball[i][2], ball[i][3], 10, 50);
        memcpy(v.dir, (double[3][3]){{0.5, 0, 0}, {0, -0.75, 0}, {0, 0.25, 1.25}}, sizeof v.dir);
        memcpy(v.origin, (double[3]){-3, 40, 7}, sizeof v.origin);
        lm_segment_facts f = measure(&v, 50, 2);
        lm_mcubes_opt opt = LM_MCUBES_OPT_INIT;
        lm_mesh m = LM_MESH_INIT;
        lm_err err = LM_ERR_INIT;
        opt.iso = 50;
        assert_int_equal(lm_mcubes(&v, &opt, &m, &err), LM_OK);
        double lo[3], hi[3], mesh_mm3 = lm_mesh_volume(&m);
        lm_mesh_box(&m, lo, hi);
        print_message("ball %zu: mesh %.6g, at level %.6g mm3: %.3g\n", i, mesh_mm3, f.at_level_mm3, mesh_mm3 / f.at_level_mm3 - 1);
        close_to(mesh_mm3, f.at_level_mm3, 6e-3 * f.at_level_mm3);
        assert_true(mesh_mm3 < f.at_level_mm3);
        for (int c = 0; c < 3; c++) {
            close_to(lo[c], f.lo_mm[c], 2e-3);
            close_to(hi[c], f.hi_mm[c], 2e-3);
        }
        assert_int_equal(f.touches_border, i > 0);
        lm_mesh_release(&m);
        lm_vol_release(&v);
    }
}

/* ---- components ---- */

/* Flood fill, components numbered by their first sample; returns how many. */
static size_t flood(const lm_vol *v, double level, uint32_t *comp)
{
    size_t count = lm_vol_count(v), comps = 0, *stack = malloc(count * sizeof *stack);
    for (size_t s = 0; s < count; s++) comp[s] = 0;
    for (size_t s = 0; s < count; s++) {
        size_t top = 0;
        if (comp[s] || lm_vol_at(v, s) < level) continue;
        comp[s] = (uint32_t)++comps;
        stack[top++] = s;
        while (top) {
            size_t q = stack[--top], step = 1;
            for (int a = 0; a < 3; step *= v->n[a++])
                for (int dir = 0; dir < 2; dir++) {
                    size_t at = q / step % v->n[a];
                    if (dir ? at + 1 == v->n[a] : at == 0) continue;
                    size_t to = dir ? q + step : q - step;
                    if (comp[to] || lm_vol_at(v, to) < level) continue;
                    comp[to] = (uint32_t)comps;
                    stack[top++] = to;
                }
        }
    }
    free(stack);
    return comps;
}

static void components_against_flood_fill(void **state)
{
    (void)state;
    lm_err err = LM_ERR_INIT;
    for (int trial = 0; trial < 60; trial++) {
        lm_vol v = volume(1 + (size_t)(rnd() * (trial % 3 ? 20 : 150)), 1 + (size_t)(rnd() * 14), 1 + (size_t)(rnd() * 30),
                          (lm_type)(trial % 8));
        double level = 20 + 60 * rnd();
        for (size_t s = 0; s < lm_vol_count(&v); s++) set(&v, s, floor(rnd() * 101));
        uint32_t *want = malloc(lm_vol_count(&v) * sizeof *want);
        size_t comps = flood(&v, level, want);
        lm_label l = LM_LABEL_INIT;
        assert_int_equal(lm_label_components(&v, level, 1 + trial % 3, &l, &err), LM_OK);
        assert_int_equal(l.comps, comps);
        for (size_t r = 0, s = 0; r < v.n[1] * v.n[2]; r++) {
            size_t run = l.row[r];
            for (size_t i = 0; i < v.n[0]; i++, s++) {
                if (run < l.row[r + 1] && i == l.end[run]) run++;
                bool in = run < l.row[r + 1] && i >= l.start[run];
                assert_int_equal(in ? l.comp[run] + 1 : 0, want[s]);
            }
        }
        for (size_t c = 0; c < comps; c++) {
            uint64_t n = 0;
            for (size_t s = 0; s < lm_vol_count(&v); s++) n += want[s] == c + 1;
            assert_int_equal(l.size[c], n);
        }
        lm_label_release(&l);
        free(want);
        lm_vol_release(&v);
    }
}

/* Three bars and a dot: sizes 5, 5, 3, 1. The tie goes to the one that comes first. */
static void keeps_the_largest(void **state)
{
    static const int8_t row[] = {-3, 9, -1, 8, 8, 8, 8, 8, -5, 7, 7, 7, 7, 7, -1, 4, 5, 6, -2};
    static const struct {
        size_t keep, kept, dropped, voxels;
        int first_gone; /* index */
    } t[] = {{0, 4, 0, 14, -1}, {9, 4, 0, 14, -1}, {4, 4, 0, 14, -1}, {3, 3, 1, 13, 1}, {2, 2, 4, 10, 15}, {1, 1, 9, 5, 9}};
    (void)state;
    for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
        lm_err err = LM_ERR_INIT;
        lm_vol v = volume(sizeof row, 1, 1, LM_I8);
        lm_segment_facts f;
        lm_segment_opt opt = LM_SEGMENT_OPT_INIT;
        memcpy(v.data, row, sizeof row);
        opt.lo = 3.5;
        opt.keep = t[i].keep;
        assert_int_equal(lm_segment(&v, &opt, &f, &err), LM_OK);
        assert_true(f.components_found == 4 && f.components_kept == t[i].kept && f.dropped_voxels == t[i].dropped &&
                    f.voxel_count == t[i].voxels);
        assert_true(v.has_iso && v.iso == 3.5 && f.iso == 3.5 && v.type == LM_I8);
        for (size_t s = 0; s < sizeof row; s++) {
            int8_t x = ((int8_t *)v.data)[s];
            assert_true(x == row[s] || (x == -5 && row[s] > 3)); /* dropped ones are the least value, others untouched */
        }
        if (t[i].first_gone >= 0) assert_int_equal(((int8_t *)v.data)[t[i].first_gone], -5);
        lm_vol_release(&v);
    }
}

static void two_sided_field_keeps_its_sign(void **state)
{
    (void)state;
    for (int trial = 0; trial < 16; trial++) {
        lm_type t = (lm_type)(trial % 8);
        bool wide = t >= LM_F32;
        lm_err err = LM_ERR_INIT;
        enum { N = 4000 };
        lm_vol v = volume(N, 1, 1, t);
        double lo = wide ? rnd() * 50 : floor(rnd() * 50), hi = lo + (wide ? rnd() * 40 : floor(rnd() * 40)),
               *was = malloc(N * sizeof *was);
        for (size_t s = 0; s < N; s++) set(&v, s, floor(rnd() * 127));
        set(&v, 0, lo); /* at the level, and as near to it as the type can be */
        set(&v, 1, hi);
        if (t == LM_F64) {
            set(&v, 2, nextafter(lo, -1e9)), set(&v, 3, nextafter(lo, 1e9)), set(&v, 4, nextafter(hi, 1e9)),
                set(&v, 5, nextafter(hi, -1e9));
            set(&v, 6, 1e300), set(&v, 7, -1e300), set(&v, 8, INFINITY), set(&v, 9, -INFINITY);
            if (trial >= 8) lo = 0, set(&v, 10, -1e-320), set(&v, 11, 1e-320), set(&v, 12, -0.0);
        }
        size_t inside = 0;
        for (size_t s = 0; s < N; s++) {
            was[s] = lm_vol_at(&v, s);
            inside += was[s] >= lo && was[s] <= hi;
        }
        lm_segment_opt opt = {.lo = lo, .hi = hi, .threads = 2};
        lm_segment_facts f;
        assert_int_equal(lm_segment(&v, &opt, &f, &err), LM_OK);
        assert_true(v.type == LM_F32 && v.iso == 0 && v.n[0] == N);
        assert_int_equal(f.voxel_count, inside);
        for (size_t s = 0; s < N; s++) {
            double x = lm_vol_at(&v, s), d = was[s] - lo < hi - was[s] ? was[s] - lo : hi - was[s];
            assert_int_equal(x >= 0, was[s] >= lo && was[s] <= hi);
            assert_true(isfinite(x));
            if (fabs(d) < 1e30) assert_true(fabs(x - d) <= fabs(d) * 6e-8 + 1.5e-45);
        }
        free(was);
        lm_vol_release(&v);
    }
}

/* The level is compared with the sample as a double, whatever the type. */
static void levels_are_exact(void **state)
{
    static const struct {
        lm_type type;
        double level, below, at;
    } t[] = {
        {LM_I8, -3, -4, -3},
        {LM_I8, -3.5, -4, -3},
        {LM_I16, 200.0000001, 200, 201},
        {LM_U16, 65534.5, 65534, 65535},
        {LM_I32, 2147483646.5, 2147483646, 2147483647},
        {LM_U32, 4294967294.5, 4294967294.0, 4294967295.0},
        {LM_F32, 0.1, 0.0999999940395355224609375, 0.100000001490116119384765625},
        {LM_F32, 0.3, 0.2999999821186065673828125, 0.300000011920928955078125},
        {LM_F64, 0.1, 0.09999999999999999167, 0.1},
        {LM_U8, 0.5, 0, 1},
        {LM_F32, 1e300, 3e38, INFINITY},
    };
    (void)state;
    for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
        lm_vol v = volume(2, 1, 1, t[i].type);
        set(&v, 0, t[i].below);
        set(&v, 1, t[i].at);
        assert_int_equal(measure(&v, t[i].level, 1).voxel_count, 1);
        lm_vol_release(&v);
    }
    lm_vol v = volume(2, 1, 1, LM_U8); /* levels outside the type */
    set(&v, 0, 0);
    set(&v, 1, 255);
    assert_int_equal(measure(&v, -1e9, 1).voxel_count, 2);
    lm_segment_facts f;
    lm_err err = LM_ERR_INIT;
    v.iso = 256;
    assert_int_equal(lm_segment_measure(&v, 1, &f, &err), LM_ENO);
    lm_vol_release(&v);
}

static void refusals(void **state)
{
    (void)state;
    char line[1000];
    lm_err err = LM_ERR_INIT;
    lm_segment_facts f;
    lm_vol v = volume(10, 10, 20, LM_F32);
    for (size_t s = 0; s < 2000; s++) set(&v, s, (double)s);
    lm_segment_opt opt = LM_SEGMENT_OPT_INIT;
    assert_int_equal(lm_segment(&v, &opt, &f, &err), LM_EUSAGE); /* no default */
    opt.lo = 5, opt.hi = 4;
    assert_int_equal(lm_segment(&v, &opt, &f, &err), LM_EUSAGE);
    opt.lo = 2000, opt.hi = INFINITY;
    assert_int_equal(lm_segment(&v, &opt, &f, &err), LM_ENO);
    lm_err_line(&err, line, sizeof line);
    assert_non_null(strstr(line, "from 0 to 1999"));
    opt.lo = 500.25, opt.hi = 500.75;
    assert_int_equal(lm_segment(&v, &opt, &f, &err), LM_ENO);
    lm_err_line(&err, line, sizeof line);
    assert_non_null(strstr(line, "1999 and 75 %"));
    v.has_iso = false;
    assert_int_equal(lm_segment_measure(&v, 1, &f, &err), LM_EUSAGE);
    set(&v, 1234, NAN);
    opt.lo = 5, opt.hi = INFINITY;
    assert_int_equal(lm_segment(&v, &opt, &f, &err), LM_ERULE);
    lm_err_line(&err, line, sizeof line);
    assert_non_null(strstr(line, "(4, 3, 12)"));
    lm_vol_release(&v);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(planes_are_exact),
        cmocka_unit_test(axis_planes_and_whole_cells),
        cmocka_unit_test(wild_cells_against_brute_force),
        cmocka_unit_test(blocks_are_closed_at_half_a_voxel),
        cmocka_unit_test(random_volumes_against_brute_force),
        cmocka_unit_test(spheres),
        cmocka_unit_test(tilted_plane_through_the_volume),
        cmocka_unit_test(agrees_with_marching_cubes),
        cmocka_unit_test(same_bits_for_any_thread_count),
        cmocka_unit_test(components_against_flood_fill),
        cmocka_unit_test(keeps_the_largest),
        cmocka_unit_test(two_sided_field_keeps_its_sign),
        cmocka_unit_test(levels_are_exact),
        cmocka_unit_test(refusals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
