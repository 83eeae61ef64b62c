/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "surface/audit.h"
#include "surface/mctable.h"
#include "surface/mcubes.h"
#include <math.h>
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

static lm_vol volume(size_t nx, size_t ny, size_t nz, lm_type type)
{
    lm_vol v = LM_VOL_INIT;
    size_t n[3] = {nx, ny, nz};
    assert_int_equal(lm_vol_alloc(&v, n, type, NULL), LM_OK);
    return v;
}

static lm_status run(const lm_vol *v, double iso, bool open, int threads, lm_mesh *m)
{
    lm_mcubes_opt opt = LM_MCUBES_OPT_INIT;
    lm_err err = LM_ERR_INIT;
    opt.iso = iso;
    opt.open = open;
    opt.threads = threads;
    return lm_mcubes(v, &opt, m, &err);
}

static void assert_valid(const lm_mesh *m, uint32_t seed)
{
    lm_audit a;
    lm_audit_opt opt = LM_AUDIT_OPT_INIT;
    char line[400];
    assert_int_equal(lm_audit_run(m, &opt, &a, NULL), LM_OK);
    lm_audit_line(&a, line, sizeof line);
    if (!a.valid) fail_msg("seed %u: %s", seed, line);
}

/* Directed edges of an entry's triangles that have no partner within the cell: its boundary on the six faces. */
static int boundary(const lm_mctable_entry *c, uint8_t from[48], uint8_t to[48])
{
    int n = 0;
    for (int t = 0; t < c->n; t++)
        for (int k = 0; k < 3; k++) {
            uint8_t a = c->tri[3 * t + k], b = c->tri[3 * t + (k + 1) % 3];
            int twin = 0, same = 0;
            for (int s = 0; s < 3 * c->n; s++) {
                uint8_t p = c->tri[s], q = c->tri[s % 3 == 2 ? s - 2 : s + 1];
                twin += p == b && q == a;
                same += p == a && q == b;
            }
            assert_int_equal(same, 1);
            assert_true(twin <= 1);
            if (twin) continue;
            from[n] = a;
            to[n++] = b;
        }
    return n;
}

/* Which of the four edges of face (axis, side) has number e, as seen by the neighbour across it too; -1 when not on it. */
static int on_face(int e, int axis, int side)
{
    int a = e >> 2, bit[2] = {e & 1, e >> 1 & 1}, first = a == 0 ? 1 : 0, second = a == 2 ? 1 : 2;
    if (e >= 12 || a == axis || (axis == first ? bit[0] : bit[1]) != side) return -1;
    int other = axis == first ? second : first;
    return a * 8 + other * 2 + (axis == first ? bit[1] : bit[0]); /* does not depend on the side */
}

/* Is face f joined in the entry that stands `bits` behind the first of the case? */
static int joined(unsigned faces, unsigned bits, int f)
{
    return (faces >> f & 1) && (bits >> __builtin_popcount(faces & ((1u << f) - 1)) & 1);
}

/* An entry and those with tunnels in its place. */
static int variants(unsigned entry, int out[3])
{
    const lm_mctable_entry *e = &lm_mctable_get()->entry[entry];
    int n = 0;
    out[n++] = (int)entry;
    for (int sign = 0; sign < 2; sign++)
        if (e->tunnel[sign]) out[n++] = e->tunnel[sign];
    return n;
}

/* All pairs of entries that can meet at a face: what one draws there, the other draws the other way round. */
static void every_pair_of_entries_fits_across_its_face(void **state)
{
    const lm_mctable *table = lm_mctable_get();
    static int seg[LM_MCTABLE_ENTRIES][6][4][2], count[LM_MCTABLE_ENTRIES][6];
    long pairs = 0;
    (void)state;
    for (int e = 0; e < LM_MCTABLE_ENTRIES; e++) {
        uint8_t f[48], t[48];
        int n = boundary(&table->entry[e], f, t);
        for (int face = 0; face < 6; face++)
            for (int i = 0; i < n; i++) {
                int u = on_face(f[i], face / 2, face % 2), w = on_face(t[i], face / 2, face % 2);
                if (u < 0 || w < 0) continue;
                int *s = seg[e][face][count[e][face]++];
                s[0] = u;
                s[1] = w;
            }
    }
    for (int axis = 0; axis < 3; axis++)
        for (unsigned a = 0; a < 256; a++)
            for (unsigned b = 0; b < 256; b++) {
                bool meets = true;
                for (unsigned c = 0; c < 8; c++)
                    if ((c >> axis & 1) && (a >> c & 1) != (b >> (c ^ 1u << axis) & 1)) meets = false;
                unsigned fa = table->faces[a], fb = table->faces[b];
                for (unsigned p = 0; meets && p < 1u << __builtin_popcount(fa); p++)
                    for (unsigned q = 0; q < 1u << __builtin_popcount(fb); q++) {
                        if (joined(fa, p, 2 * axis + 1) != joined(fb, q, 2 * axis)) continue;
                        int ea[3], eb[3], ways_a = variants(table->first[a] + p, ea), ways_b = variants(table->first[b] + q, eb);
                        for (int x = 0; x < ways_a; x++)
                            for (int y = 0; y < ways_b; y++, pairs++) {
                                int na = count[ea[x]][2 * axis + 1], nb = count[eb[y]][2 * axis], hits = 0;
                                assert_int_equal(na, nb);
                                for (int i = 0; i < na; i++)
                                    for (int j = 0; j < nb; j++)
                                        hits += seg[ea[x]][2 * axis + 1][i][0] == seg[eb[y]][2 * axis][j][1] &&
                                                seg[ea[x]][2 * axis + 1][i][1] == seg[eb[y]][2 * axis][j][0];
                                assert_int_equal(hits, na);
                            }
                    }
            }
    print_message("# %ld pairs\n", pairs);
    assert_true(pairs > 3 * 16 * 16 * 16);
}

/* No triangle side other than a boundary segment joins two crossings of one face (DESIGN 6, MC33 across cells). */
static void no_diagonal_lies_in_a_face(void **state)
{
    const lm_mctable *table = lm_mctable_get();
    (void)state;
    for (int e = 0; e < LM_MCTABLE_ENTRIES; e++) {
        const lm_mctable_entry *c = &table->entry[e];
        uint8_t f[48], t[48];
        int n = boundary(c, f, t);
        for (int s = 0; s < 3 * c->n; s++) {
            uint8_t p = c->tri[s], q = c->tri[s % 3 == 2 ? s - 2 : s + 1];
            bool shared = false, segment = false;
            for (int axis = 0; axis < 3; axis++)
                for (int side = 0; side < 2; side++) shared |= on_face(p, axis, side) >= 0 && on_face(q, axis, side) >= 0;
            for (int i = 0; i < n; i++) segment |= (f[i] == p && t[i] == q) || (f[i] == q && t[i] == p);
            assert_int_equal(shared, segment);
        }
    }
}

/* Tunnels need crossings on all six faces; their waists are inside the cell. */
static void tunnels_keep_off_the_border(void **state)
{
    const lm_mctable *table = lm_mctable_get();
    (void)state;
    for (int e = 0; e < LM_MCTABLE_ENTRIES; e++) {
        const lm_mctable_entry *c = &table->entry[e];
        if (e < LM_MCTABLE_FACES) {
            assert_true(c->extra == (c->ring != 0));
            continue;
        }
        assert_true(c->extra >= 3 && c->ring == 0);
        for (int v = 0; v < c->extra; v++)
            for (int a = 0; a < 3; a++) assert_in_range(c->own[v][a], 1, LM_MCTABLE_UNIT - 1);
        for (int face = 0; face < 6; face++) {
            int crossed = 0;
            for (int edge = 0; edge < 12; edge++) crossed += (c->edges >> edge & 1) && on_face(edge, face / 2, face % 2) >= 0;
            assert_true(crossed > 0);
        }
    }
}

/* The same whole numbers in every type make the same mesh; infinities make that of numbers beyond all others. */
static void types_agree(void **state)
{
    (void)state;
    for (uint32_t seed = 1; seed <= 20; seed++) {
        lm_mesh first = LM_MESH_INIT, m = LM_MESH_INIT;
        for (int type = LM_I8; type <= LM_F64 + 2; type++) { /* then: +-1e300 and infinities for the outermost values */
            lm_vol v = volume(9, 7, 6, type > LM_F64 ? LM_F64 : (lm_type)type);
            rng = seed;
            for (size_t i = 0; i < lm_vol_count(&v); i++) {
                int x = 50 + (int)(rnd() % 7);
                double far = x == 50 || x == 56 ? (x == 50 ? -1 : 1) * (type == LM_F64 + 1 ? 1e300 : (double)INFINITY) : x;
                switch (v.type) {
                case LM_I8: ((int8_t *)v.data)[i] = (int8_t)x; break;
                case LM_U8: ((uint8_t *)v.data)[i] = (uint8_t)x; break;
                case LM_I16: ((int16_t *)v.data)[i] = (int16_t)x; break;
                case LM_U16: ((uint16_t *)v.data)[i] = (uint16_t)x; break;
                case LM_I32: ((int32_t *)v.data)[i] = x; break;
                case LM_U32: ((uint32_t *)v.data)[i] = (uint32_t)x; break;
                case LM_F32: ((float *)v.data)[i] = (float)x; break;
                case LM_F64: ((double *)v.data)[i] = type > LM_F64 ? far : x; break;
                }
            }
            assert_int_equal(run(&v, 53, false, 1, type == LM_I8 || type == LM_F64 + 1 ? &first : &m), LM_OK);
            if (type != LM_I8 && type != LM_F64 + 1) {
                assert_true(m.nv == first.nv && m.nt == first.nt);
                assert_memory_equal(m.tri, first.tri, m.nt * 12);
                if (type <= LM_F64) assert_memory_equal(m.pos, first.pos, m.nv * 12);
                assert_valid(&m, seed);
            }
            lm_vol_release(&v);
        }
        lm_mesh_release(&first);
        lm_mesh_release(&m);
    }
}

/* Each case alone as a 2x2x2 volume, with crossings anywhere: closed, and free of self-intersections. */
static void every_case_is_valid_for_any_crossings(void **state)
{
    (void)state;
    lm_vol v = volume(2, 2, 2, LM_F32);
    lm_mesh m = LM_MESH_INIT;
    float *f = v.data;
    static const float mag[] = {1e-6f, 1e-3f, 0.1f, 1, 10, 1e3f, 1e6f};
    for (unsigned in = 1; in < 256; in++)
        for (uint32_t k = 0; k < 40; k++) {
            rng = in * 1000 + k;
            for (unsigned c = 0; c < 8; c++) f[c] = (in >> c & 1 ? 1.0f : -1.0f) * mag[rnd() % 7] * (float)(1 + rnd() % 100);
            assert_int_equal(run(&v, 0, false, 1, &m), LM_OK);
            assert_valid(&m, in * 1000 + k);
        }
    lm_mesh_release(&m);
    lm_vol_release(&v);
}

/* Random fields of the kinds that break others: many samples equal to the level, binary, integer noise, infinities. */
static void random_fields_give_valid_meshes(void **state)
{
    (void)state;
    for (uint32_t seed = 1; seed <= 60; seed++) {
        rng = seed;
        lm_vol v = volume(1 + rnd() % 14, 1 + rnd() % 14, 1 + rnd() % 14, seed % 3 ? LM_F32 : LM_I16);
        lm_mesh m = LM_MESH_INIT;
        for (size_t i = 0; i < lm_vol_count(&v); i++) {
            static const float three[] = {0, 0.5f, 1};
            float x;
            switch (seed % 5) {
            case 0: x = three[rnd() % 3]; break;
            case 1: x = (float)(rnd() % 2); break;
            case 2: x = (float)(rnd() % 1000) / 1000; break;
            case 3: x = (float)(rnd() % 5) / 4; break;
            default: x = rnd() % 9 ? (float)(rnd() % 3) - 0.5f : rnd() % 2 ? INFINITY : -INFINITY; break;
            }
            if (v.type == LM_F32) ((float *)v.data)[i] = x;
            else ((int16_t *)v.data)[i] = (int16_t)(x > 30 ? 30000 : x < -30 ? -30000 : 1000 * x);
        }
        v.dir[0][0] = 0.7;
        v.dir[1][1] = seed % 2 ? 0.7 : -0.7;
        v.dir[2][2] = 2.5;
        v.dir[2][1] = seed % 4 * 0.3; /* tilt */
        for (int a = 0; a < 3; a++) v.origin[a] = seed % 7 ? -200.123 : 700.7;
        double iso = v.type == LM_F32 ? 0.5 : 500;
        lm_status rc = run(&v, iso, false, 1, &m);
        if (rc == LM_OK) assert_valid(&m, seed);
        else assert_int_equal(rc, LM_ENO);
        for (int threads = 2; threads < 5 && rc == LM_OK; threads++) {
            lm_mesh m2 = LM_MESH_INIT;
            assert_int_equal(run(&v, iso, false, threads, &m2), LM_OK);
            assert_true(m2.nv == m.nv && m2.nt == m.nt);
            assert_memory_equal(m.pos, m2.pos, m.nv * 12);
            assert_memory_equal(m.tri, m2.tri, m.nt * 12);
            lm_mesh_release(&m2);
        }
        lm_mesh_release(&m);
        lm_vol_release(&v);
    }
}

static void a_full_box_closes_half_a_voxel_outside(void **state)
{
    (void)state;
    for (size_t n = 1; n < 70; n += 4) { /* over the word boundary of the bit rows */
        lm_vol v = volume(n, 3, 2, LM_U8);
        lm_mesh m = LM_MESH_INIT;
        memset(v.data, 1, lm_vol_count(&v));
        assert_int_equal(run(&v, 0.5, false, 2, &m), LM_OK);
        assert_valid(&m, (uint32_t)n);
        double a = (double)n - 1, b = 2, c = 1; /* between outer samples; edges and corners are cut flat */
        double want = a * b * c + (a * b + b * c + a * c) + 4 * (a + b + c) / 8 + 8.0 / 48;
        assert_true(fabs(lm_mesh_volume(&m) - want) < 1e-5 * want);
        assert_int_equal(run(&v, 0.5, true, 2, &m), LM_ENO); /* open: nothing to be seen */
        lm_mesh_release(&m);
        lm_vol_release(&v);
    }
}

/* A sphere as distance field, off the grid's centre: VTK, scikit-image and nii2mesh agree on -0.148 % for radius 20 at
 * 1 mm, -0.037 % at 0.5 mm; other diagonals in the polygons change the third digit. */
static void a_sphere_has_the_volume_others_find(void **state)
{
    (void)state;
    static const struct {
        double step, percent;
    } t[] = {{1, -0.148}, {0.5, -0.037}};
    for (int i = 0; i < 2; i++) {
        static const double off[3] = {0.13, -0.21, 0.37};
        size_t n = (size_t)(48 / t[i].step) + 1;
        lm_vol v = volume(n, n, n, LM_F32);
        lm_mesh m = LM_MESH_INIT;
        for (int a = 0; a < 3; a++) {
            v.dir[a][a] = t[i].step;
            v.origin[a] = -24 - off[a];
        }
        for (size_t s = 0; s < lm_vol_count(&v); s++) {
            double g[3] = {(double)(s % n), (double)(s / n % n), (double)(s / n / n)}, p[3];
            lm_vol_to_world(&v, g, p);
            ((float *)v.data)[s] = (float)(20 - sqrt(p[0] * p[0] + p[1] * p[1] + p[2] * p[2]));
        }
        assert_int_equal(run(&v, 0, false, 0, &m), LM_OK);
        assert_valid(&m, 0);
        double truth = 4.0 / 3 * 3.14159265358979324 * 8000, got = 100 * (lm_mesh_volume(&m) / truth - 1);
        assert_true(fabs(got - t[i].percent) < 0.003);
        lm_mesh_release(&m);
        lm_vol_release(&v);
    }
}

static void bad_input_is_refused(void **state)
{
    (void)state;
    lm_vol v = volume(4, 4, 4, LM_F32);
    lm_mesh m = LM_MESH_INIT;
    float *f = v.data;
    memset(f, 0, 64 * sizeof *f);
    assert_int_equal(run(&v, 0.5, false, 1, &m), LM_ENO);
    assert_int_equal(run(&v, NAN, false, 1, &m), LM_EUSAGE);
    f[21] = NAN;
    assert_int_equal(run(&v, 0.5, false, 2, &m), LM_ERULE);
    f[21] = 1;
    v.origin[1] = 1e6; /* float32 resolves 1/16 mm there */
    assert_int_equal(run(&v, 0.5, false, 1, &m), LM_ERANGE);
    v.origin[1] = 0;
    v.dir[2][2] = 0;
    assert_int_equal(run(&v, 0.5, false, 1, &m), LM_ERULE);
    assert_true(m.pos == NULL && m.nt == 0);
    lm_vol_release(&v);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_pair_of_entries_fits_across_its_face),
        cmocka_unit_test(no_diagonal_lies_in_a_face),
        cmocka_unit_test(tunnels_keep_off_the_border),
        cmocka_unit_test(types_agree),
        cmocka_unit_test(every_case_is_valid_for_any_crossings),
        cmocka_unit_test(random_fields_give_valid_meshes),
        cmocka_unit_test(a_full_box_closes_half_a_voxel_outside),
        cmocka_unit_test(a_sphere_has_the_volume_others_find),
        cmocka_unit_test(bad_input_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
