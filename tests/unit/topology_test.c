/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Meshes of grey fields have the Betti numbers of the trilinear interpolant, cell by cell and as a whole; betti.h counts
 * those exactly. Ties: where samples equal the level, the field is that of level iso - e, here K (f - iso) + 1 at level 0.
 * MESHQA_LONG=1: all 10 000 volumes and all cells (make check-long); else a part. */
#include "betti.h"
#include "surface/audit.h"
#include "surface/mctable.h"
#include "surface/mcubes.h"
#include "surface/trilinear.h"
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

/* Odd, so that no corner of a box (a number over a power of two) has the value 0. */
enum { K = 531441, RANGE = 1 << 20 };

static uint64_t rng;
static uint32_t rnd(void)
{
    rng = rng * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(rng >> 33);
}

static bool is_long(void)
{
    const char *s = getenv("MESHQA_LONG");
    return s && *s == '1';
}

static lm_vol volume(size_t nx, size_t ny, size_t nz)
{
    lm_vol v = LM_VOL_INIT;
    const size_t n[3] = {nx, ny, nz};
    assert_int_equal(lm_vol_alloc(&v, n, LM_F32, NULL), LM_OK);
    return v;
}

/* What the field has, closed off outside the volume. */
static void expected(const lm_vol *v, betti *out)
{
    const size_t *n = v->n, m[3] = {n[0] + 2, n[1] + 2, n[2] + 2};
    int64_t *f = malloc(m[0] * m[1] * m[2] * sizeof *f);
    assert_non_null(f);
    float most = 1; /* the border as steep as the field: a flat one takes many boxes */
    for (size_t s = 0; s < lm_vol_count(v); s++) most = fmaxf(most, fabsf(((float *)v->data)[s]));
    for (size_t s = 0; s < m[0] * m[1] * m[2]; s++) f[s] = -K * (int64_t)most;
    for (size_t s = 0; s < lm_vol_count(v); s++) {
        const size_t i = s % n[0] + 1, j = s / n[0] % n[1] + 1, k = s / n[0] / n[1] + 1;
        f[(k * m[1] + j) * m[0] + i] = (int64_t)((float *)v->data)[s] * K + 1;
    }
    assert_true(betti_of(m, f, out)); /* no field here is singular at level 0 - 1/K */
    free(f);
}

/* A valid mesh with outward and inward components as the object has components and cavities, and its Euler number. */
static void assert_same_topology(const lm_vol *v, unsigned seed)
{
    betti want;
    lm_mesh m = LM_MESH_INIT;
    lm_err err = LM_ERR_INIT;
    const lm_mcubes_opt opt = {.iso = 0, .threads = 1};
    const lm_audit_opt audit = {.threads = 1};
    lm_audit a = {.valid = true};
    expected(v, &want);
    lm_status rc = lm_mcubes(v, &opt, &m, &err);
    if (rc == LM_OK) assert_int_equal(lm_audit_run(&m, &audit, &a, NULL), LM_OK);
    else assert_int_equal(rc, LM_ENO);
    if (!a.valid) {
        char line[400];
        lm_audit_line(&a, line, sizeof line);
        fail_msg("seed %u: %s", seed, line);
    }
    const long b2 = (long)a.cavities, b0 = (long)a.components - b2, b1 = b0 + b2 - a.euler / 2;
    if (b0 != want.b[0] || b1 != want.b[1] || b2 != want.b[2])
        fail_msg("seed %u: %ld components, %ld handles, %ld cavities; the field has %ld, %ld, %ld", seed, b0, b1, b2, want.b[0],
                 want.b[1], want.b[2]);
    lm_mesh_release(&m);
}

/* The entry that a cell's corner values lead to. */
static int entry_of(const double v[8])
{
    const lm_mctable *table = lm_mctable_get();
    unsigned inside = 0, bit = 1;
    for (int c = 0; c < 8; c++) inside |= (unsigned)(v[c] >= 0) << c;
    int at = table->first[inside];
    for (int f = 0; f < 6; f++) {
        const uint8_t *c = lm_mctable_face(f);
        const int turn = inside >> c[0] & 1 ? 0 : 1;
        double w[4];
        if (!(table->faces[inside] >> f & 1)) continue;
        for (int q = 0; q < 4; q++) w[q] = v[c[(q + turn) & 3]];
        if (lm_trilinear_joined(w, 0)) at += (int)bit;
        bit <<= 1;
    }
    const lm_mctable_entry *e = &table->entry[at];
    for (int sign = 0; sign < 2; sign++)
        if (e->tunnel[sign] && lm_trilinear_tunnel(v, 0, sign)) return e->tunnel[sign];
    return at;
}

/* With corners alternating on all six faces, the logarithms of the products that decide two opposite faces add up to the
 * same for each axis: no field joins both faces of one axis and neither of another. */
static bool impossible(int entry)
{
    const lm_mctable *table = lm_mctable_get();
    bool both = false, neither = false;
    for (unsigned in = 0; in < 256; in++) {
        const int joined = entry - table->first[in];
        if (table->faces[in] != 63 || joined < 0 || joined > 63) continue;
        for (int axis = 0; axis < 3; axis++) {
            both |= (joined >> (2 * axis) & 3) == 3;
            neither |= (joined >> (2 * axis) & 3) == 0;
        }
    }
    return both && neither;
}

/* Every case with every choice of faces that can be, with and without each tunnel, is met, and right. */
static void every_entry_occurs_and_is_right(void **state)
{
    (void)state;
    static int met[LM_MCTABLE_ENTRIES];
    const lm_mctable *table = lm_mctable_get();
    const int enough = is_long() ? 60 : 2;
    lm_vol v = volume(2, 2, 2);
    rng = 5;
    for (unsigned in = 1; in < 255; in++) {
        int left = 0;
        bool *wanted = calloc(LM_MCTABLE_ENTRIES, sizeof *wanted);
        assert_non_null(wanted);
        for (int q = 0; q < 1 << __builtin_popcount(table->faces[in]); q++) {
            const int e = table->first[in] + q, own[3] = {e, table->entry[e].tunnel[0], table->entry[e].tunnel[1]};
            for (int k = 0; k < 3; k++)
                if (own[k] && !impossible(e)) wanted[own[k]] = true;
        }
        for (int e = 0; e < LM_MCTABLE_ENTRIES; e++) left += wanted[e];
        for (long k = 0; left && k < 4000000; k++) {
            double f[8];
            for (int c = 0; c < 8; c++) f[c] = (in >> c & 1 ? 1 : -1) * (double)(1 + rnd() % (1u << (2 + rnd() % 14)));
            const int e = entry_of(f);
            assert_true(wanted[e]);
            if (met[e] == enough) continue;
            left -= ++met[e] == enough;
            for (int c = 0; c < 8; c++) ((float *)v.data)[c] = (float)f[c];
            assert_same_topology(&v, (unsigned)k);
        }
        free(wanted);
    }
    int faces = 0, tunnels = 0;
    for (int e = 0; e < LM_MCTABLE_ENTRIES; e++) {
        faces += e < LM_MCTABLE_FACES && met[e];
        tunnels += e >= LM_MCTABLE_FACES && met[e];
    }
    print_message("# met: %d entries by faces, %d with tunnels\n", faces, tunnels);
    assert_int_equal(faces, LM_MCTABLE_FACES - 36 - 2); /* 36: as above; 2: no corner or all */
    assert_int_equal(tunnels, LM_MCTABLE_ENTRIES - LM_MCTABLE_FACES);
    lm_vol_release(&v);
}

/* All 6561 cells whose corners are below, at and above the level. */
static void cells_of_three_values_are_right(void **state)
{
    (void)state;
    lm_vol v = volume(2, 2, 2);
    for (int k = 0; k < 6561; k += is_long() ? 1 : 11) {
        for (int c = 0, q = k; c < 8; c++, q /= 3) ((float *)v.data)[c] = (float)(q % 3 - 1);
        assert_same_topology(&v, (unsigned)k);
    }
    lm_vol_release(&v);
}

/* Kinds of fields: 0 noise, 1 few values, many at the level, 2 below, at and above only, 3 a checkerboard with noise,
 * 4 smooth noise, 5 noise of many magnitudes. */
static void fill(lm_vol *v, int kind)
{
    float *f = v->data;
    const size_t *n = v->n;
    int64_t low[4][4][4];
    for (int q = 0; q < 64; q++) low[q >> 4][q >> 2 & 3][q & 3] = (int64_t)(rnd() % 4001) - 2000;
    for (size_t s = 0; s < lm_vol_count(v); s++) {
        const size_t p[3] = {s % n[0], s / n[0] % n[1], s / n[0] / n[1]};
        int64_t x = 0;
        switch (kind) {
        case 0: x = (int64_t)(rnd() % (2 * RANGE)) - RANGE; break;
        case 1: x = (int64_t)(rnd() % 7) - 3; break;
        case 2: x = (int64_t)(rnd() % 3) - 1; break;
        case 3: x = ((p[0] ^ p[1] ^ p[2]) & 1 ? 1 : -1) * (int64_t)(100 + rnd() % 200) + (rnd() % 9 ? 0 : 300); break;
        case 4: /* a coarse random grid, interpolated: 3 samples to a step */
            for (int c = 0; c < 8; c++) {
                int64_t w = 1;
                for (int a = 0; a < 3; a++) w *= c >> a & 1 ? (int64_t)(p[a] % 3) : 3 - (int64_t)(p[a] % 3);
                x += w * low[p[2] / 3 + (c >> 2)][p[1] / 3 + (c >> 1 & 1)][p[0] / 3 + (c & 1)];
            }
            break;
        default: x = (int64_t)(rnd() % (1u << (1 + rnd() % 18))) * (rnd() & 32 ? 1 : -1); break;
        }
        f[s] = (float)x;
    }
}

static void random_volumes_have_the_topology_of_the_interpolant(void **state)
{
    (void)state;
    const unsigned seeds = is_long() ? 10000 : 300;
    for (unsigned seed = 1; seed <= seeds; seed++) {
        rng = seed;
        const int kind = (int)(seed % 6);
        const size_t most = kind == 2 || kind == 1 ? 3 : 6; /* ties on whole lines cost the oracle many boxes */
        lm_vol v = volume(2 + rnd() % most, 2 + rnd() % most, 2 + rnd() % most);
        fill(&v, kind);
        assert_same_topology(&v, seed);
        lm_vol_release(&v);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_entry_occurs_and_is_right),
        cmocka_unit_test(cells_of_three_values_are_right),
        cmocka_unit_test(random_volumes_have_the_topology_of_the_interpolant),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
