/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "surface/mctable.h"

#include <assert.h>
#include <pthread.h>
#include <stdbool.h>
#include <string.h>

/* Corners of each face, counter-clockwise seen from outside the cell. */
static const uint8_t mctable_face[6][4] = {
    {0, 4, 6, 2}, {1, 3, 7, 5}, /* x = 0, x = 1 */
    {0, 1, 5, 4}, {2, 6, 7, 3}, /* y */
    {0, 2, 3, 1}, {4, 5, 7, 6}, /* z */
};

/* The edge between two neighbouring corners. */
static int mctable_edge(int a, int b)
{
    int lo = a & b, d = a ^ b; /* lo: the end with the smaller coordinate; d: 1, 2 or 4, the axis */
    int x = lo & 1, y = lo >> 1 & 1, z = lo >> 2;
    return d == 1 ? y + 2 * z : d == 2 ? 4 + x + 2 * z : 8 + x + 2 * y;
}

/* Twice the coordinates of an edge's middle. */
static void mctable_middle(int e, int p[3])
{
    int axis = e >> 2, u = e & 1, v = e >> 1 & 1;
    p[axis] = 1;
    p[axis == 0 ? 1 : 0] = 2 * u;
    p[axis == 2 ? 1 : 2] = 2 * v;
}

static int mctable_share_face(int e, int f)
{
    int p[3], q[3];
    mctable_middle(e, p);
    mctable_middle(f, q);
    for (int c = 0; c < 3; c++)
        if (p[c] == q[c] && p[c] != 1) return 1;
    return 0;
}

static int mctable_length2(int e, int f)
{
    int p[3], q[3], s = 0;
    mctable_middle(e, p);
    mctable_middle(f, q);
    for (int c = 0; c < 3; c++) s += (p[c] - q[c]) * (p[c] - q[c]);
    return s;
}

const uint8_t *lm_mctable_face(int face)
{
    return mctable_face[face];
}

/* Two inside corners on a diagonal, two outside corners on the other. */
static bool mctable_ambiguous(unsigned inside, int face)
{
    const uint8_t *c = mctable_face[face];
    unsigned a = inside >> c[0] & 1, b = inside >> c[1] & 1;
    return a != b && (inside >> c[2] & 1) == a && (inside >> c[3] & 1) == b;
}

int lm_mctable_loops(unsigned inside, unsigned joined, uint8_t edges[12], uint8_t length[LM_MCTABLE_LOOPS])
{
    int next[12], used[12] = {0}, loops = 0, at = 0;
    memset(next, -1, sizeof next);
    for (int f = 0; f < 6; f++) {
        const uint8_t *c = mctable_face[f];
        for (int k = 0; k < 4; k++) {
            if (inside >> c[k] & 1 || !(inside >> c[(k + 1) & 3] & 1)) continue;
            int end = k + 1; /* a run of inside corners begins after corner k: follow it to its last */
            while (inside >> c[(end + 1) & 3] & 1) end++;
            /* from where the run begins to where it ends: so the loop is counter-clockwise seen from outside the object.
             * Joined: to where the other run, one outside corner before, ends */
            if (joined >> f & 1 && mctable_ambiguous(inside, f)) end = k + 3;
            next[mctable_edge(c[k], c[(k + 1) & 3])] = mctable_edge(c[end & 3], c[(end + 1) & 3]);
        }
    }
    for (int e = 0; e < 12; e++) {
        if (next[e] < 0 || used[e]) continue;
        int n = 0;
        for (int s = e; !used[s]; s = next[s]) {
            used[s] = 1;
            edges[at++] = (uint8_t)s;
            n++;
        }
        length[loops++] = (uint8_t)n;
    }
    return loops;
}

enum { MCTABLE_NONE = 1 << 20 };

/* Best triangulation of the loop's vertices i..j with the chord i-j given: classic dynamic programming over polygons. */
static int mctable_best(const uint8_t *loop, int i, int j, uint8_t split[12][12])
{
    if (j - i < 2) return 0;
    int best = MCTABLE_NONE;
    for (int k = i + 1; k < j; k++) {
        int cost = 0;
        if (k > i + 1) cost += mctable_share_face(loop[i], loop[k]) ? MCTABLE_NONE : mctable_length2(loop[i], loop[k]);
        if (k < j - 1) cost += mctable_share_face(loop[k], loop[j]) ? MCTABLE_NONE : mctable_length2(loop[k], loop[j]);
        if (cost >= best) continue;
        uint8_t mine[12][12];
        memcpy(mine, split, sizeof mine);
        cost += mctable_best(loop, i, k, mine) + mctable_best(loop, k, j, mine);
        if (cost >= best) continue;
        best = cost;
        mine[i][j] = (uint8_t)k;
        memcpy(split, mine, sizeof mine);
    }
    return best;
}

static void mctable_triangle(lm_mctable_entry *e, int a, int b, int c)
{
    assert(e->n < LM_MCTABLE_TRIS);
    uint8_t *t = e->tri + 3 * e->n++;
    t[0] = (uint8_t)a;
    t[1] = (uint8_t)b;
    t[2] = (uint8_t)c;
}

static void mctable_emit(lm_mctable_entry *e, const uint8_t *loop, int i, int j, uint8_t split[12][12])
{
    if (j - i < 2) return;
    int k = split[i][j];
    mctable_triangle(e, loop[i], loop[k], loop[j]);
    mctable_emit(e, loop, i, k, split);
    mctable_emit(e, loop, k, j, split);
}

static void mctable_entry(lm_mctable_entry *e, unsigned inside, unsigned joined)
{
    uint8_t edges[12], length[LM_MCTABLE_LOOPS];
    int loops = lm_mctable_loops(inside, joined, edges, length), at = 0;
    for (int l = 0; l < loops; at += length[l++]) {
        uint8_t split[12][12] = {{0}}, *loop = edges + at;
        int n = length[l];
        for (int i = 0; i < n; i++) e->edges |= (uint16_t)(1u << loop[i]);
        if (mctable_best(loop, 0, n - 1, split) < MCTABLE_NONE) {
            mctable_emit(e, loop, 0, n - 1, split);
            continue;
        }
        assert(!e->extra);
        e->extra = 1;
        for (int i = 0; i < n; i++) {
            e->ring |= (uint16_t)(1u << loop[i]);
            mctable_triangle(e, loop[i], loop[(i + 1) % n], 12);
        }
    }
}

static lm_mctable mctable_all;

static void mctable_make(void)
{
    int at = 0;
    for (unsigned in = 0; in < 256; in++) {
        unsigned faces = 0, ambiguous[6] = {0}, n = 0;
        for (int f = 0; f < 6; f++)
            if (mctable_ambiguous(in, f)) {
                faces |= 1u << f;
                ambiguous[n++] = (unsigned)f;
            }
        mctable_all.faces[in] = (uint8_t)faces;
        mctable_all.first[in] = (uint16_t)at;
        for (unsigned bits = 0; bits < 1u << n; bits++) {
            unsigned joined = 0;
            for (unsigned q = 0; q < n; q++) joined |= (bits >> q & 1) << ambiguous[q];
            assert(at < LM_MCTABLE_ENTRIES);
            mctable_entry(&mctable_all.entry[at++], in, joined);
        }
    }
    assert(at == LM_MCTABLE_ENTRIES);
}

const lm_mctable *lm_mctable_get(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, mctable_make);
    return &mctable_all;
}
