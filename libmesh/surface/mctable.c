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

enum { MCTABLE_NONE = 1 << 20, MCTABLE_VOLUME = 1 << 8 };

/* Six times the volume, in eighths of the cell, between corner 0 and a triangle of crossings. */
static int mctable_volume(int a, int b, int c)
{
    int p[3], q[3], r[3];
    mctable_middle(a, p);
    mctable_middle(b, q);
    mctable_middle(c, r);
    return p[0] * (q[1] * r[2] - q[2] * r[1]) + p[1] * (q[2] * r[0] - q[0] * r[2]) + p[2] * (q[0] * r[1] - q[1] * r[0]);
}

/* Does the loop cut fewer corners off inside (1) or outside (-1)? 0: as many. */
static int mctable_side(const uint8_t *loop, int n, unsigned inside)
{
    unsigned at = 0;
    for (int i = 0; i < n; i++) {
        int p[3], axis = loop[i] >> 2;
        mctable_middle(loop[i], p);
        p[axis] = 0;
        int low = p[0] / 2 + p[1] + 2 * p[2];
        at |= 1u << low | 1u << (low | 1 << axis);
    }
    int in = __builtin_popcount(at & inside), out = __builtin_popcount(at & ~inside);
    return in == out ? 0 : in < out ? 1 : -1;
}

/* Least cost of a triangulation of the loop of n, and where it splits each part i..j: dynamic programming over polygons. */
static int mctable_best(const uint8_t *loop, int n, int side, uint8_t split[12][12])
{
    int best[12][12], chord[12][12]; /* of the part behind the chord i-j; of the chord by itself */
    for (int i = 0; i < n; i++)
        for (int j = i + 1; j < n; j++) {
            best[i][j] = j - i < 2 ? 0 : MCTABLE_NONE;
            chord[i][j] = j - i < 2 ? 0 : mctable_share_face(loop[i], loop[j]) ? MCTABLE_NONE : mctable_length2(loop[i], loop[j]);
        }
    for (int len = 2; len < n; len++)
        for (int i = 0, j = len; j < n; i++, j++)
            for (int k = i + 1; k < j; k++) {
                int cost = chord[i][k] + chord[k][j] + best[i][k] + best[k][j] -
                           side * MCTABLE_VOLUME * mctable_volume(loop[i], loop[k], loop[j]);
                if (cost >= best[i][j]) continue;
                best[i][j] = cost;
                split[i][j] = (uint8_t)k;
            }
    return best[0][n - 1];
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

typedef struct {
    int n;
    uint8_t *edge[LM_MCTABLE_LOOPS], edges[12], length[LM_MCTABLE_LOOPS];
} mctable_loops;

static void mctable_find_loops(mctable_loops *l, unsigned inside, unsigned joined)
{
    int at = 0;
    l->n = lm_mctable_loops(inside, joined, l->edges, l->length);
    for (int i = 0; i < l->n; at += l->length[i++]) l->edge[i] = l->edges + at;
}

/* A disk in one loop. */
static void mctable_disk(lm_mctable_entry *e, unsigned inside, const uint8_t *loop, int n)
{
    uint8_t split[12][12] = {{0}};
    if (mctable_best(loop, n, mctable_side(loop, n, inside), split) < MCTABLE_NONE / 2) {
        mctable_emit(e, loop, 0, n - 1, split);
        return;
    }
    assert(!e->extra);
    e->extra = 1;
    for (int i = 0; i < n; i++) {
        e->ring |= (uint16_t)(1u << loop[i]);
        mctable_triangle(e, loop[i], loop[(i + 1) % n], 12);
    }
}

/* Disks in all loops but those in the set `without` (bit i: loop i). */
static void mctable_disks(lm_mctable_entry *e, unsigned inside, const mctable_loops *l, unsigned without)
{
    for (int i = 0; i < l->n; i++) {
        for (int k = 0; k < l->length[i]; k++) e->edges |= (uint16_t)(1u << l->edge[i][k]);
        if (!(without >> i & 1)) mctable_disk(e, inside, l->edge[i], l->length[i]);
    }
}

/* ---- tunnels ---- */

/* A way round the cell: the place of each edge on it. Waist vertex k stands at turn first + k * step. */
typedef struct {
    int turns, step, first, waist;
    int8_t at[12]; /* -1: not on the way */
} mctable_way;

/* Round the diagonal from `corner`: all twelve edges in the order in which a half-plane turning about it meets them. Names
 * of corners are those of the cell turned so that `corner` is 0. */
static void mctable_round_corner(lm_mctable_entry *e, mctable_way *way, int corner)
{
    static const uint8_t order[12][2] = {{0, 1}, {1, 3}, {3, 7}, {2, 3}, {0, 2}, {2, 6},
                                         {6, 7}, {4, 6}, {0, 4}, {4, 5}, {5, 7}, {1, 5}};
    static const uint8_t own[3][3] = {{5, 5, 2}, {2, 5, 5}, {5, 2, 5}}; /* at turns 2, 6, 10; sum LM_MCTABLE_UNIT: in the plane */
    *way = (mctable_way){.turns = 12, .step = 4, .first = 2, .waist = 3};
    for (int k = 0; k < 12; k++) way->at[mctable_edge(order[k][0] ^ corner, order[k][1] ^ corner)] = (int8_t)k;
    for (int k = 0; k < 3; k++)
        for (int c = 0; c < 3; c++) e->own[k][c] = (uint8_t)(corner >> c & 1 ? LM_MCTABLE_UNIT - own[k][c] : own[k][c]);
}

/* Between two opposite edges along `axis`, the one with corner `corner` and the other: round the line through their middles.
 * With u along the axis and w across both edges, each quadrant of (u,w) holds one crossing of either loop. */
static void mctable_round_edge(lm_mctable_entry *e, mctable_way *way, int axis, int corner)
{
    static const uint8_t own[4][3] = {{9, 6, 6}, {6, 9, 3}, {3, 6, 6}, {6, 3, 9}}; /* (axis, b, c) at turns 0, 2, 4, 6 */
    const int b = (axis + 1) % 3, c = (axis + 2) % 3;
    *way = (mctable_way){.turns = 8, .step = 2, .first = 0, .waist = 4};
    for (int edge = 0; edge < 12; edge++) {
        int p[3];
        mctable_middle(edge, p);
        way->at[edge] = -1;
        if (edge >> 2 == axis) continue;
        int pb = corner >> b & 1 ? 2 - p[b] : p[b], pc = corner >> c & 1 ? 2 - p[c] : p[c];
        bool u = p[axis] == 2, w = pb > pc;
        way->at[edge] = u ? (w ? 1 : 7) : (w ? 3 : 5);
    }
    for (int k = 0; k < 4; k++) {
        e->own[k][axis] = own[k][0];
        e->own[k][b] = (uint8_t)(corner >> b & 1 ? LM_MCTABLE_UNIT - own[k][1] : own[k][1]);
        e->own[k][c] = (uint8_t)(corner >> c & 1 ? LM_MCTABLE_UNIT - own[k][2] : own[k][2]);
    }
}

static int mctable_turn(const mctable_way *w, int a, int b)
{
    int d = (a - b + w->turns) % w->turns;
    return d < w->turns - d ? d : w->turns - d;
}

/* The strip between a loop and the waist. A waist vertex takes the crossings of its own step; where two crossings belong to
 * two waist vertices the shorter diagonal is drawn. */
static void mctable_strip(lm_mctable_entry *e, const mctable_way *way, const uint8_t *loop, int n)
{
    for (int i = 0; i < n; i++) {
        int p = loop[i], q = loop[(i + 1) % n], a = way->at[p] / way->step, b = way->at[q] / way->step;
        int wa = way->first + a * way->step, wb = way->first + b * way->step;
        if (a == b) mctable_triangle(e, p, q, 12 + a);
        else if (mctable_turn(way, wa, way->at[q]) <= mctable_turn(way, wb, way->at[p])) {
            mctable_triangle(e, p, q, 12 + a);
            mctable_triangle(e, q, 12 + b, 12 + a);
        } else {
            mctable_triangle(e, p, q, 12 + b);
            mctable_triangle(e, p, 12 + b, 12 + a);
        }
    }
}

/* The corner that all edges of a loop of three have in common. */
static int mctable_corner_of(const uint8_t *loop)
{
    for (int corner = 0; corner < 8; corner++) {
        int n = 0;
        for (int k = 0; k < 3; k++)
            for (int axis = 0; axis < 3; axis++) n += mctable_edge(corner, corner ^ 1 << axis) == loop[k];
        if (n == 3) return corner;
    }
    return -1;
}

/* A corner of the cell edge that a loop of four runs round, and the axis of that edge: the one no crossing is on. */
static int mctable_edge_of(const uint8_t *loop, int *axis)
{
    int on[3] = {0}, corner = 0;
    for (int k = 0; k < 4; k++) on[loop[k] >> 2]++;
    *axis = !on[0] ? 0 : !on[1] ? 1 : 2;
    for (int c = 0; c < 3; c++)
        for (int k = 0; k < 4; k++) { /* where an edge that is not along c stands along c */
            int p[3];
            mctable_middle(loop[k], p);
            if (c != *axis && loop[k] >> 2 != c && p[c] == 2) corner |= 1 << c;
        }
    return corner;
}

static void mctable_tunnel(lm_mctable_entry *e, unsigned inside, unsigned joined, int a, int b)
{
    mctable_loops l;
    mctable_way way;
    mctable_find_loops(&l, inside, joined);
    mctable_disks(e, inside, &l, 1u << a | 1u << b);
    assert(!e->extra);
    if (l.length[a] == 3) mctable_round_corner(e, &way, mctable_corner_of(l.edge[a]));
    else if (l.length[b] == 3) mctable_round_corner(e, &way, mctable_corner_of(l.edge[b]));
    else {
        int axis, corner = mctable_edge_of(l.edge[a], &axis);
        assert(l.length[a] == 4 && l.length[b] == 4);
        mctable_round_edge(e, &way, axis, corner);
    }
    e->extra = (uint8_t)way.waist;
    mctable_strip(e, &way, l.edge[a], l.length[a]);
    mctable_strip(e, &way, l.edge[b], l.length[b]);
}

static int mctable_loop_of(const mctable_loops *l, int edge)
{
    for (int i = 0; i < l->n; i++)
        for (int k = 0; k < l->length[i]; k++)
            if (l->edge[i][k] == edge) return i;
    return -1;
}

/* Sections of the cell by planes x = const have the values of the four x-edges (y + 2z) as corners. Where those alternate, as
 * in "edges 0 and 3 inside, 1 and 2 outside" (sign 0) or the other way round (1), the section is ambiguous itself. */
static unsigned mctable_wanted(int sign, int edge)
{
    return (unsigned)(edge == 0 || edge == 3) ^ (unsigned)sign;
}

/* Where the sections alternate, edge p (0 or 3) has one sign and edge q (1 or 2) the other. Does the ratio of q to p fall (-1)
 * or rise (+1) with x there? Ratios of linear functions are monotone, so it does what it does next to a zero of either, and
 * of two zeros at one end the face between the edges tells the nearer. 0: neither has a zero, the corners do not tell. */
static int mctable_ratio(unsigned inside, unsigned joined, int sign, int p, int q)
{
    const int face = p == 0 ? (q == 1 ? 4 : 2) : (q == 1 ? 3 : 5);
    for (int end = 0; end < 2; end++) {
        bool lostp = (inside >> (2 * p + end) & 1) != mctable_wanted(sign, p);
        bool lostq = (inside >> (2 * q + end) & 1) != mctable_wanted(sign, q);
        if (lostp && lostq)
            lostp = !(lostq = (joined >> face & 1) != (unsigned)sign); /* joined: p keeps its sign beyond q's zero */
        if (lostp || lostq) return (lostq ? -1 : 1) * (end ? 1 : -1);
    }
    return 0;
}

/* Are the corners of edges 0 and 3 joined across face x = end, an ambiguous one? */
static bool mctable_joined_face(unsigned inside, unsigned joined, int end)
{
    return (joined >> end & 1) == (inside >> end & 1);
}

/* Are the corners of edges 0 and 3 joined across the section at that end (0 or 1) of the range in which the sections
 * alternate? Where the range ends within the cell they are if it ends with edge 1 or 2. */
static bool mctable_joined_at(unsigned inside, unsigned joined, int sign, int end)
{
    int lost = 0, to = end ? 1 : -1;
    for (int e = 0; e < 4; e++) lost += (inside >> (2 * e + end) & 1) != mctable_wanted(sign, e);
    if (!lost) return mctable_joined_face(inside, joined, end);
    for (int q = 1; q < 3; q++) {
        bool last = (inside >> (2 * q + end) & 1) != mctable_wanted(sign, q);
        for (int p = 0; p < 4; p += 3)
            if ((inside >> (2 * p + end) & 1) != mctable_wanted(sign, p) && mctable_ratio(inside, joined, sign, p, q) == to)
                last = false;
        if (last) return true;
    }
    return false;
}

/* The loop that the alternating sections meet on face z. */
static int mctable_met(const mctable_loops *l, unsigned inside, int sign, int z)
{
    for (int x = 0; x < 2; x++) /* the segment at the end where the corners are as in the sections */
        if ((inside >> (4 * z + x) & 1) == mctable_wanted(sign, 2 * z) &&
            (inside >> (4 * z + 2 + x) & 1) == mctable_wanted(sign, 2 * z + 1))
            return mctable_loop_of(l, mctable_edge(4 * z + x, 4 * z + 2 + x));
    return mctable_loop_of(l, mctable_edge(4 * z, 4 * z + 1)); /* both edges are crossed, the same way, by one segment */
}

/* Can there be a tunnel through alternating sections, and which loops does it join? It needs the same pair of corners joined
 * at both ends of their range, the other pair in the middle: the product of two ratios must pass 1 twice, for which one has
 * to rise and the other to fall. */
static bool mctable_pair(unsigned inside, unsigned joined, int sign, int pair[2])
{
    mctable_loops l;
    for (int e = 0; e < 4; e++)
        if ((inside >> (2 * e) & 1) != mctable_wanted(sign, e) && (inside >> (2 * e + 1) & 1) != mctable_wanted(sign, e))
            return false;
    const bool ends = mctable_joined_at(inside, joined, sign, 0);
    if (ends != mctable_joined_at(inside, joined, sign, 1)) return false;
    for (int x = 0; x < 2; x++) /* a quadratic has no third root beyond the range */
        if (mctable_ambiguous(inside, x) && mctable_joined_face(inside, joined, x) != ends) return false;
    for (int q = 1; q < 3; q++)
        if (mctable_ratio(inside, joined, sign, 0, q) * mctable_ratio(inside, joined, sign, 3, 3 - q) > 0) return false;
    mctable_find_loops(&l, inside, joined);
    pair[0] = mctable_met(&l, inside, sign, 0);
    pair[1] = mctable_met(&l, inside, sign, 1);
    return pair[0] != pair[1];
}

static lm_mctable mctable_all;

static void mctable_case(int at, int *tunnels, unsigned inside, unsigned joined)
{
    lm_mctable_entry *e = &mctable_all.entry[at];
    mctable_loops l;
    mctable_find_loops(&l, inside, joined);
    mctable_disks(e, inside, &l, 0);
    for (int sign = 0; sign < 2; sign++) {
        int pair[2];
        if (!mctable_pair(inside, joined, sign, pair)) continue;
        assert(*tunnels < LM_MCTABLE_ENTRIES);
        mctable_tunnel(&mctable_all.entry[*tunnels], inside, joined, pair[0], pair[1]);
        e->tunnel[sign] = (uint16_t)(*tunnels)++;
    }
}

static void mctable_make(void)
{
    int at = 0, far = LM_MCTABLE_FACES;
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
            assert(at < LM_MCTABLE_FACES);
            mctable_case(at++, &far, in, joined);
        }
    }
    assert(at == LM_MCTABLE_FACES && far == LM_MCTABLE_ENTRIES);
}

const lm_mctable *lm_mctable_get(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, mctable_make);
    return &mctable_all;
}
