/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Two-class partial volume against spheres of known volume. */
#include "volume/pieces.h"
#include "volume/label.h"
#include "volume/moments.h"
#include "volume/mask.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static const double pi = 3.14159265358979323846;
static uint64_t seed = 11;
static double rnd(void) /* [0,1) */
{
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    return (double)(seed >> 11) * 0x1p-53;
}

/* Share of the voxel (side 1) at distance vector d from the centre that lies in the ball: counted at sub^3 points where the surface
 * can pass through it. */
static double share(const double d[3], double r, int sub)
{
    double m = sqrt(d[0] * d[0] + d[1] * d[1] + d[2] * d[2]);
    if (m > r + 0.87) return 0;
    if (m < r - 0.87) return 1;
    int n = 0;
    for (int k = 0; k < sub; k++)
        for (int j = 0; j < sub; j++)
            for (int i = 0; i < sub; i++) {
                double x = d[0] + (i + 0.5) / sub - 0.5, y = d[1] + (j + 0.5) / sub - 0.5, z = d[2] + (k + 0.5) / sub - 0.5;
                n += x * x + y * y + z * z < r * r;
            }
    return n / (double)sub / sub / sub;
}

/* A ball of radius r voxels of value `in` in a ground of `out`, its centre off the grid; noise: half width of uniform noise. */
static lm_vol ball(double r, lm_type type, double in, double out, double noise, int sub)
{
    lm_vol v = LM_VOL_INIT;
    lm_err err = LM_ERR_INIT;
    size_t n = (size_t)(2 * r) + 9;
    assert_int_equal(lm_vol_alloc(&v, (size_t[3]){n, n, n}, type, &err), LM_OK);
    for (int a = 0; a < 3; a++) v.dir[a][a] = 0.5 + 0.25 * a;
    double c[3];
    for (int a = 0; a < 3; a++) c[a] = (double)n / 2 - 0.5 + rnd() - 0.5;
    for (size_t k = 0, at = 0; k < n; k++)
        for (size_t j = 0; j < n; j++)
            for (size_t i = 0; i < n; i++, at++) {
                const double d[3] = {(double)i - c[0], (double)j - c[1], (double)k - c[2]};
                double x = out + (in - out) * share(d, r, sub) + noise * (2 * rnd() - 1);
                if (type == LM_F32) ((float *)v.data)[at] = (float)x;
                else ((int16_t *)v.data)[at] = (int16_t)floor(x + 0.5);
            }
    return v;
}

static lm_partial measure(const lm_vol *v, double level, double in, double out)
{
    lm_err err = LM_ERR_INIT;
    lm_regions r = LM_REGIONS_INIT;
    lm_partial p;
    lm_partial_opt opt = {.inside = in, .outside = out, .threads = 2};
    assert_int_equal(lm_regions_from_level(v, level, &(lm_part){.label = 1}, &r, &err), LM_OK);
    assert_int_equal(lm_partial_of(v, &r, NULL, &opt, &p, &err), LM_OK);
    lm_regions_release(&r);
    return p;
}

/* Whatever the level of the mask, as long as the surface's samples are next to it. */
static void spheres_of_known_volume(void **state)
{
    static const double radius[] = {2.5, 3.5, 5, 7.3, 10, 20, 40};
    static const double level[] = {500, 250, 800};
    (void)state;
    for (size_t i = 0; i < sizeof radius / sizeof *radius; i++) {
        double r = radius[i], truth = 4.0 / 3 * pi * r * r * r * 0.5 * 0.75, worst = 0;
        lm_vol v = ball(r, i % 2 ? LM_F32 : LM_I16, 1000, 0, 0, r > 15 ? 6 : 20);
        for (size_t l = 0; l < sizeof level / sizeof *level; l++) {
            lm_partial p = measure(&v, level[l], NAN, NAN);
            assert_true(p.stated);
            assert_int_equal(p.undecided, 0);
            double e = fabs(p.volume_mm3 / truth - 1);
            if (e > worst) worst = e;
            assert_true(p.u_mm3 < 1e-9 * truth && fabs(p.inside - 1000) < 1e-9 && fabs(p.outside) < 1e-9);
        }
        printf("radius %4.1f: %.4f %%\n", r, 100 * worst);
        assert_true(worst < (r < 5 ? 0.0015 : 0.0005));
        lm_vol_release(&v);
    }
}

/* The error stays within three times the stated uncertainty, which is no more than a few per mille here; dark objects in a bright
 * ground are the same. */
static void noise_and_its_uncertainty(void **state)
{
    (void)state;
    double sum = 0;
    for (int k = 0; k < 8; k++) {
        double r = 8, truth = 4.0 / 3 * pi * r * r * r * 0.5 * 0.75, sign = k & 1 ? -1 : 1;
        lm_vol v = ball(r, LM_I16, sign * 1000, 0, 80, 8);
        lm_err err = LM_ERR_INIT;
        lm_regions m = LM_REGIONS_INIT;
        lm_partial p;
        lm_partial_opt opt = LM_PARTIAL_OPT_INIT;
        if (k & 1)
            for (size_t i = 0; i < lm_vol_count(&v); i++) ((int16_t *)v.data)[i] = (int16_t) - ((int16_t *)v.data)[i];
        assert_int_equal(lm_regions_from_level(&v, 500, &(lm_part){.label = 1}, &m, &err), LM_OK);
        if (k & 1) /* now the mask fits the negative again */
            for (size_t i = 0; i < lm_vol_count(&v); i++) ((int16_t *)v.data)[i] = (int16_t) - ((int16_t *)v.data)[i];
        assert_int_equal(lm_partial_of(&v, &m, NULL, &opt, &p, &err), LM_OK);
        assert_true(p.stated && p.u_mm3 > 0 && p.u_mm3 < 0.02 * truth);
        assert_true(fabs(p.volume_mm3 - truth) < 3 * p.u_mm3);
        sum += p.volume_mm3 / truth - 1;
        lm_regions_release(&m);
        lm_vol_release(&v);
    }
    assert_true(fabs(sum / 8) < 0.002); /* no bias */
}

/* The least windows, of eight slices, and one for all; with samples that were cut off, too. */
static void windows_of_slices_change_no_bit(void **state)
{
    (void)state;
    lm_err err = LM_ERR_INIT;
    lm_vol v = ball(20, LM_I16, 1000, 0, 300, 4);
    lm_regions r = LM_REGIONS_INIT;
    lm_partial whole, part;
    assert_int_equal(lm_regions_from_level(&v, 500, &(lm_part){.label = 1}, &r, &err), LM_OK);
    size_t words = lm_mask_words(v.n[0]) * v.n[1] * v.n[2];
    uint64_t *was;
    assert_int_equal(lm_mask_all(&v, 500, 1, &was, &err), LM_OK);
    for (size_t i = 0; i < words; i += 97) was[i] ^= 0xf0;
    for (int k = 0; k < 2; k++) {
        lm_partial_opt opt = {.inside = NAN, .outside = NAN, .threads = 2};
        assert_int_equal(lm_partial_of(&v, &r, k ? was : NULL, &opt, &whole, &err), LM_OK);
        opt.bytes = 1;
        assert_int_equal(lm_partial_of(&v, &r, k ? was : NULL, &opt, &part, &err), LM_OK);
        assert_true(whole.stated && part.stated && whole.mixed > 1000);
        assert_memory_equal(&whole.volume_mm3, &part.volume_mm3, sizeof(double));
        assert_memory_equal(&whole.u_mm3, &part.u_mm3, sizeof(double));
        assert_memory_equal(&whole.inside, &part.inside, sizeof(double));
        assert_memory_equal(&whole.outside, &part.outside, sizeof(double));
        assert_true(whole.pure == part.pure && whole.mixed == part.mixed && whole.undecided == part.undecided &&
                    whole.remote == part.remote);
    }
    free(was);
    lm_regions_release(&r);
    lm_vol_release(&v);
}

static void refused_without_pure_samples_unless_told(void **state)
{
    (void)state;
    double r = 1.1, truth = 4.0 / 3 * pi * r * r * r * 0.5 * 0.75;
    lm_vol v = ball(r, LM_F32, 900, 100, 0, 40);
    lm_partial p = measure(&v, 450, NAN, NAN);
    assert_true(!p.stated && isnan(p.volume_mm3));
    p = measure(&v, 450, NAN, 100);
    assert_false(p.stated);
    p = measure(&v, 450, 900, NAN);
    assert_true(p.stated && fabs(p.volume_mm3 / truth - 1) < 0.01);
    p = measure(&v, 450, 900, 100);
    assert_true(p.stated && fabs(p.volume_mm3 / truth - 1) < 0.01);
    lm_vol_release(&v);
}

/* No contrast: the mask decides, and the uncertainty says so. */
static void no_contrast_leaves_it_to_the_mask(void **state)
{
    (void)state;
    lm_err err = LM_ERR_INIT;
    lm_vol v = ball(6, LM_I16, 1000, 0, 0, 4);
    lm_regions m = LM_REGIONS_INIT;
    lm_partial p;
    lm_partial_opt opt = LM_PARTIAL_OPT_INIT;
    assert_int_equal(lm_regions_from_level(&v, 500, &(lm_part){.label = 1}, &m, &err), LM_OK);
    for (size_t i = 0; i < lm_vol_count(&v); i++) ((int16_t *)v.data)[i] = (int16_t)(50 * rnd());
    assert_int_equal(lm_partial_of(&v, &m, NULL, &opt, &p, &err), LM_OK);
    double voxels = (double)m.item[0].voxels * 0.375;
    assert_true(p.undecided == p.mixed && fabs(p.volume_mm3 - voxels) < 1e-9 && p.u_mm3 > 0.1 * voxels);
    lm_regions_release(&m);
    lm_vol_release(&v);
}

/* A neighbour of the same value was dropped: its samples hold other values now and belong to no class. */
static void changed_samples_count_as_the_mask_says(void **state)
{
    (void)state;
    lm_err err = LM_ERR_INIT;
    double r = 9, truth = 4.0 / 3 * pi * r * r * r * 0.5 * 0.75;
    lm_vol v = ball(r, LM_F32, 1000, 0, 0, 12);
    size_t n = v.n[0], words = lm_mask_words(n);
    uint64_t *was = calloc(words * n * n, sizeof *was);
    for (size_t row = 0; row < n * n; row++) /* a bright plate along the border was pushed to -5000 */
        for (size_t i = 0; i < 3; i++) ((float *)v.data)[row * n + i] = 1000;
    for (size_t row = 0; row < n * n; row++) lm_mask_row(&v, 500, row * n, was + row * words);
    for (size_t row = 0; row < n * n; row++)
        for (size_t i = 0; i < 3; i++) ((float *)v.data)[row * n + i] = -5000;
    lm_regions m = LM_REGIONS_INIT;
    lm_partial p[2];
    lm_partial_opt opt = LM_PARTIAL_OPT_INIT;
    assert_int_equal(lm_regions_from_level(&v, 500, &(lm_part){.label = 1}, &m, &err), LM_OK);
    assert_int_equal(lm_partial_of(&v, &m, was, &opt, &p[0], &err), LM_OK);
    assert_int_equal(lm_partial_of(&v, &m, NULL, &opt, &p[1], &err), LM_OK);
    assert_true(fabs(p[0].volume_mm3 / truth - 1) < 0.0005);
    assert_true(p[0].undecided == 0 && p[1].undecided > 0); /* without `was` they spoil the class outside */
    free(was);
    lm_regions_release(&m);
    lm_vol_release(&v);
}

/* Three balls: the pieces come by size, each with its own volume, and the whole is their sum. */
static void pieces_by_size(void **state)
{
    (void)state;
    static const double radius[3] = {5, 9, 7}, at[3] = {8, 26, 46};
    lm_err err = LM_ERR_INIT;
    lm_vol v = LM_VOL_INIT;
    lm_pieces p = LM_PIECES_INIT;
    lm_partial_opt opt = LM_PARTIAL_OPT_INIT;
    assert_int_equal(lm_vol_alloc(&v, (size_t[3]){58, 24, 24}, LM_F32, &err), LM_OK);
    for (size_t k = 0, n = 0; k < 24; k++)
        for (size_t j = 0; j < 24; j++)
            for (size_t i = 0; i < 58; i++, n++) {
                double x = 0;
                for (int b = 0; b < 3; b++)
                    x += share((double[3]){(double)i - at[b], (double)j - 11.6, (double)k - 12.2}, radius[b], 12);
                ((float *)v.data)[n] = (float)(100 * x);
            }
    assert_int_equal(lm_pieces_of(&v, 50, 2, &p, &err), LM_OK);
    assert_int_equal(lm_pieces_partial(&p, &v, 50, NULL, &opt, &err), LM_OK);
    assert_int_equal(p.found, 3);
    assert_int_equal(p.piece.count, 3);
    double sum = 0, level = 0;
    lm_moments m;
    for (int b = 0; b < 3; b++) {
        double r = radius[b == 0 ? 1 : b == 1 ? 2 : 0], truth = 4.0 / 3 * pi * r * r * r;
        assert_true(p.of_piece[b].stated && fabs(p.of_piece[b].volume_mm3 / truth - 1) < 0.0005);
        sum += p.of_piece[b].volume_mm3;
        level += p.level_mm3[b];
    }
    assert_true(fabs(p.whole.volume_mm3 / sum - 1) < 1e-6);
    assert_int_equal(lm_moments_of(&v, 50, 1, &m, &err), LM_OK);
    assert_true(fabs(level / m.volume_mm3 - 1) < 1e-12);
    lm_pieces_release(&p);
    lm_vol_release(&v);
}

/* Noise: hundreds of pieces that touch at edges and corners, and at the border. All volumes add up to the whole. */
static void volumes_at_level_add_up(void **state)
{
    (void)state;
    lm_err err = LM_ERR_INIT;
    lm_vol v = LM_VOL_INIT;
    lm_moments m;
    lm_label l = LM_LABEL_INIT;
    assert_int_equal(lm_vol_alloc(&v, (size_t[3]){70, 9, 8}, LM_F32, &err), LM_OK);
    v.dir[0][0] = 0.5;
    for (size_t i = 0; i < lm_vol_count(&v); i++) ((float *)v.data)[i] = (float)(rnd() - 0.6);
    assert_int_equal(lm_moments_of(&v, 0, 1, &m, &err), LM_OK);
    assert_int_equal(lm_label_components(&v, 0, 1, &l, &err), LM_OK);
    assert_true(l.comps > 100);
    size_t words = lm_mask_words(70), n = words * 9 * 8;
    uint64_t *bits = calloc(n, sizeof *bits);
    double sum = 0, part;
    for (size_t c = 0; c < l.comps; c++) {
        memset(bits, 0, n * sizeof *bits);
        for (size_t r = 0; r < 9 * 8; r++)
            for (size_t k = l.row[r]; k < l.row[r + 1]; k++)
                for (uint32_t i = l.start[k]; i < l.end[k] && l.comp[k] == c; i++)
                    bits[r * words + i / 64] |= (uint64_t)1 << i % 64;
        assert_int_equal(lm_moments_part(&v, 0, bits, 2, &part, &err), LM_OK);
        assert_true(part > 0);
        sum += part;
    }
    assert_true(fabs(sum / m.volume_mm3 - 1) < 1e-12);
    lm_pieces p = LM_PIECES_INIT;
    assert_int_equal(lm_pieces_of(&v, 0, 1, &p, &err), LM_OK);
    assert_int_equal(p.found, l.comps);
    assert_int_equal(p.piece.count, LM_PIECES_MAX);
    for (size_t i = 1; i < LM_PIECES_MAX; i++) assert_true(p.piece.item[i - 1].voxels >= p.piece.item[i].voxels);
    lm_pieces_release(&p);
    free(bits);
    lm_label_release(&l);
    lm_vol_release(&v);
}

/* Two labels side by side, at the border and away from it: each as if it were alone, its window or not. */
static void volumes_of_labels(void **state)
{
    (void)state;
    lm_err err = LM_ERR_INIT;
    lm_vol v = LM_VOL_INIT, alone = LM_VOL_INIT;
    lm_regions r = LM_REGIONS_INIT;
    lm_label_volumes out[2];
    lm_moments m;
    const lm_partial_opt opt = LM_PARTIAL_OPT_INIT;
    assert_int_equal(lm_vol_alloc(&v, (size_t[3]){12, 6, 6}, LM_U8, &err), LM_OK);
    v.dir[2][2] = 2;
    memset(v.data, 0, lm_vol_count(&v));
    for (size_t k = 0; k < 3; k++)
        for (size_t j = 0; j < 3; j++)
            for (size_t i = 0; i < 7; i++) ((uint8_t *)v.data)[(k * 6 + j) * 12 + i] = i < 3 ? 2 : 5;
    assert_int_equal(lm_regions_from_vol(&v, &r, &err), LM_OK);
    assert_int_equal(r.count, 2);
    assert_int_equal(lm_pieces_labels(&r, NULL, &opt, 9, out, &err), LM_OK);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(lm_regions_mask(&r, (bool[]){i == 0, i == 1}, &alone, &err), LM_OK);
        assert_int_equal(lm_moments_of(&alone, 0.5, 1, &m, &err), LM_OK);
        assert_true(m.volume_mm3 > 0 && fabs(out[i].level_mm3 / m.volume_mm3 - 1) < 1e-12 && !out[i].partial.stated);
    }
    assert_int_equal(lm_pieces_labels(&r, NULL, &opt, 1, out, &err), LM_OK);
    assert_true(isnan(out[0].level_mm3) && fabs(out[1].level_mm3 / m.volume_mm3 - 1) < 1e-12); /* the larger one only */
    lm_regions_release(&r);
    lm_vol_release(&alone);
    lm_vol_release(&v);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(spheres_of_known_volume),
        cmocka_unit_test(noise_and_its_uncertainty),
        cmocka_unit_test(windows_of_slices_change_no_bit),
        cmocka_unit_test(refused_without_pure_samples_unless_told),
        cmocka_unit_test(no_contrast_leaves_it_to_the_mask),
        cmocka_unit_test(changed_samples_count_as_the_mask_says),
        cmocka_unit_test(pieces_by_size),
        cmocka_unit_test(volumes_at_level_add_up),
        cmocka_unit_test(volumes_of_labels),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
