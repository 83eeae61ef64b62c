/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The tree walk against all pairs by brute force in integers, on small random soups where everything touches. */
#include "surface/intersect.h"
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

typedef struct {
    long x[3];
} pt;

static int sg(long v)
{
    return (v > 0) - (v < 0);
}

static void cross(pt a, pt b, pt c, long n[3])
{
    long u[3], v[3];
    for (int k = 0; k < 3; k++) u[k] = b.x[k] - a.x[k], v[k] = c.x[k] - a.x[k];
    for (int k = 0; k < 3; k++) n[k] = u[(k + 1) % 3] * v[(k + 2) % 3] - u[(k + 2) % 3] * v[(k + 1) % 3];
}

static int side(pt a, pt b, pt c, pt d)
{
    long n[3];
    cross(a, b, c, n);
    return sg(n[0] * (d.x[0] - a.x[0]) + n[1] * (d.x[1] - a.x[1]) + n[2] * (d.x[2] - a.x[2]));
}

static int turn(int k, pt a, pt b, pt c)
{
    long n[3];
    cross(a, b, c, n);
    return sg(n[k]);
}

static bool between(pt a, pt b, pt p) /* p collinear with ab */
{
    for (int k = 0; k < 3; k++)
        if (p.x[k] < (a.x[k] < b.x[k] ? a.x[k] : b.x[k]) || p.x[k] > (a.x[k] > b.x[k] ? a.x[k] : b.x[k])) return false;
    return true;
}

static bool segments_meet(int k, pt a, pt b, pt c, pt d) /* in one plane with a normal along k */
{
    int o1 = turn(k, a, b, c), o2 = turn(k, a, b, d), o3 = turn(k, c, d, a), o4 = turn(k, c, d, b);
    if (o1 * o2 < 0 && o3 * o4 < 0) return true;
    return (!o1 && between(a, b, c)) || (!o2 && between(a, b, d)) || (!o3 && between(c, d, a)) || (!o4 && between(c, d, b));
}

static bool in_triangle(int k, const pt t[3], pt p)
{
    int a = turn(k, t[0], t[1], p), b = turn(k, t[1], t[2], p), c = turn(k, t[2], t[0], p);
    return (a >= 0 && b >= 0 && c >= 0) || (a <= 0 && b <= 0 && c <= 0);
}

static bool segment_meets(pt a, pt b, const pt t[3])
{
    int s = side(t[0], t[1], t[2], a), e = side(t[0], t[1], t[2], b);
    if (s * e > 0) return false;
    if (s || e) {
        int x = side(a, b, t[0], t[1]), y = side(a, b, t[1], t[2]), z = side(a, b, t[2], t[0]);
        return (x >= 0 && y >= 0 && z >= 0) || (x <= 0 && y <= 0 && z <= 0);
    }
    int k = 0;
    while (!turn(k, t[0], t[1], t[2])) k++;
    for (int i = 0; i < 3; i++)
        if (segments_meet(k, a, b, t[i], t[(i + 1) % 3])) return true;
    return in_triangle(k, t, a);
}

static bool brute(const pt *v, const uint32_t *a, const uint32_t *b)
{
    pt A[3] = {v[a[0]], v[a[1]], v[a[2]]}, B[3] = {v[b[0]], v[b[1]], v[b[2]]};
    int ia[3], ib[3], n = 0;
    for (int i = 0; i < 3; i++)
        for (int j = 0; j < 3; j++)
            if (a[i] == b[j]) ia[n] = i, ib[n++] = j;
    if (n == 3) return false;
    if (n == 2) {
        pt p = A[ia[0]], q = A[ia[1]], r = A[3 - ia[0] - ia[1]], s = B[3 - ib[0] - ib[1]];
        long m[3], o[3];
        cross(p, q, r, m);
        cross(p, q, s, o);
        return !side(p, q, r, s) && m[0] * o[0] + m[1] * o[1] + m[2] * o[2] > 0;
    }
    if (n == 1)
        return segment_meets(A[(ia[0] + 1) % 3], A[(ia[0] + 2) % 3], B) || segment_meets(B[(ib[0] + 1) % 3], B[(ib[0] + 2) % 3], A);
    for (int i = 0; i < 3; i++)
        if (segment_meets(A[i], A[(i + 1) % 3], B) || segment_meets(B[i], B[(i + 1) % 3], A)) return true;
    return false; /* closed triangles that meet do so on an edge of one of them */
}

static uint64_t rng;
static uint32_t draw(uint32_t n)
{
    rng = rng * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(rng >> 33) % n;
}

enum { SIDE = 4, POINTS = SIDE * SIDE * SIDE, TRIS = 60 };

static void soups_agree_with_brute_force(void **state)
{
    (void)state;
    size_t hits = 0, misses = 0;
    for (uint64_t seed = 1; seed <= 120; seed++) {
        pt v[POINTS];
        lm_mesh m = LM_MESH_INIT;
        lm_bvh b = LM_BVH_INIT;
        lm_intersect x = LM_INTERSECT_INIT;
        lm_err err = LM_ERR_INIT;
        size_t n = 0;
        rng = seed;
        /* odd seeds: a grid, where everything is coplanar or touches; even seeds: coordinates up to 10^4 */
        assert_int_equal(lm_mesh_alloc(&m, POINTS, TRIS, &err), LM_OK);
        for (int i = 0; i < POINTS; i++)
            for (int k = 0; k < 3; k++) {
                long grid = k == 0 ? i % SIDE : k == 1 ? i / SIDE % SIDE : i / SIDE / SIDE;
                v[i].x[k] = seed % 2 ? grid : (long)draw(10000);
                m.pos[3 * i + k] = (float)v[i].x[k];
            }
        for (int t = 0; t < TRIS; t++) {
            uint32_t *f = m.tri + 3 * t;
            long w[3];
            do {
                for (int k = 0; k < 3; k++) f[k] = draw(POINTS);
                cross(v[f[0]], v[f[1]], v[f[2]], w);
            } while (!w[0] && !w[1] && !w[2]);
        }
        assert_int_equal(lm_bvh_build(&m, NULL, 1 + (int)(seed % 3), &b, &err), LM_OK);
        assert_int_equal(lm_intersect_run(&m, &b, NULL, true, 1 + (int)(seed % 3), &x, &err), LM_OK);
        for (uint32_t i = 0; i < TRIS; i++)
            for (uint32_t j = i + 1; j < TRIS; j++) {
                bool want = brute(v, m.tri + 3 * i, m.tri + 3 * j), got = n < x.pairs && x.list[n][0] == i && x.list[n][1] == j;
                if (want != got)
                    fail_msg("triangles %u and %u: %s expected (seed %llu)", i, j, want ? "meeting" : "nothing",
                             (unsigned long long)seed);
                n += want;
                hits += want;
                misses += !want;
            }
        assert_int_equal(n, x.pairs);
        if (n) assert_true(x.first[0] == x.list[0][0] && x.first[1] == x.list[0][1]);
        lm_intersect_release(&x);
        lm_bvh_release(&b);
        lm_mesh_release(&m);
    }
    assert_true(hits > 5000 && misses > 5000);
}

/* Outliers, coincident centres and any number of triangles: every triangle is in one leaf, boxes hold what is below, the
 * bytes do not depend on threads. */
static void tree_is_sound(void **state)
{
    (void)state;
    static const size_t size[] = {1, 3, 4, 5, 64, 1000, 20011};
    rng = 7;
    for (size_t s = 0; s < sizeof size / sizeof *size; s++) {
        lm_mesh m = LM_MESH_INIT;
        lm_bvh b = LM_BVH_INIT, c = LM_BVH_INIT;
        lm_err err = LM_ERR_INIT;
        size_t n = size[s], seen = 0;
        assert_int_equal(lm_mesh_alloc(&m, 3 * n, n, &err), LM_OK);
        for (size_t i = 0; i < 3 * n; i++) {
            m.tri[i] = (uint32_t)i;
            for (size_t k = 0; k < 3; k++) m.pos[3 * i + k] = i % 7 == 0 ? 1.5f : i == 22 ? 3e38f : (float)draw(1000);
        }
        assert_int_equal(lm_bvh_build(&m, NULL, 1, &b, &err), LM_OK);
        assert_int_equal(lm_bvh_build(&m, NULL, 5, &c, &err), LM_OK);
        assert_int_equal(b.items, n);
        assert_int_equal(b.nodes, c.nodes);
        assert_memory_equal(b.node, c.node, b.nodes * sizeof *b.node);
        assert_memory_equal(b.item, c.item, n * sizeof *b.item);
        unsigned char *mark = calloc(n, 1);
        for (size_t i = 0; i < b.nodes; i++) {
            const lm_bvh_node *p = &b.node[i];
            if (!p->n) {
                assert_true(p->at > i + 1 && p->at < b.nodes);
                for (int k = 0; k < 3; k++) {
                    assert_true(p->lo[k] == fminf(p[1].lo[k], b.node[p->at].lo[k]));
                    assert_true(p->hi[k] == fmaxf(p[1].hi[k], b.node[p->at].hi[k]));
                }
            }
            for (uint32_t j = 0; j < p->n; j++) {
                float lo[3], hi[3];
                uint32_t t = b.item[p->at + j];
                assert_false(mark[t]);
                mark[t] = 1;
                seen++;
                lm_bvh_tri_box(&m, t, lo, hi);
                for (int k = 0; k < 3; k++) assert_true(lo[k] >= p->lo[k] && hi[k] <= p->hi[k]);
            }
        }
        assert_int_equal(seen, n);
        free(mark);
        lm_bvh_release(&b);
        lm_bvh_release(&c);
        lm_mesh_release(&m);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(soups_agree_with_brute_force),
        cmocka_unit_test(tree_is_sound),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
