/* SPDX-License-Identifier: GPL-3.0-or-later */
/* betti.h: the Betti numbers of {f > 0} for the trilinear interpolant f of integers, none of them 0. An oracle: it shares
 * nothing with the library, neither cases nor deciders, and computes in integers only.
 *
 * Each cell is bisected into boxes until f is simple in every box: of one sign at the corners (hence in the box), or strictly
 * monotone along an axis with no alternating signs round either face across that axis. Then {f > 0} and {f < 0} within the
 * box, its faces and its edges are each empty or contractible (push them along the axis onto a face, there f has one contour
 * at most). So the boxes are a good cover: components are those of the graph of boxes whose common face has a corner of that
 * sign, and the Euler number is the sum over half-open boxes of +1 / -1 per face with a corner inside. Box corners are
 * exact: a bisection multiplies the values by 8. */
#ifndef BETTI_H
#define BETTI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

typedef struct {
    long b[3]; /* components, handles, cavities */
} betti;

typedef struct {
    uint8_t inside; /* corners with f > 0 */
    uint32_t child; /* first of eight, 0: none */
    uint32_t up[2]; /* union-find: outside, inside */
} betti_box;

enum { BETTI_DEPTH = 28 };

typedef struct {
    betti_box *box;
    size_t n, cap;
} betti_tree;

static void betti_split(const __int128 v[8], int child, __int128 w[8])
{
    for (int c = 0; c < 8; c++) { /* corner c of the child: mean of the corners it lies between, times 8 */
        w[c] = 0;
        for (int p = 0; p < 8; p++) {
            int weight = 1;
            for (int a = 0; a < 3; a++) {
                int at = (child >> a & 1) + (c >> a & 1);
                weight *= p >> a & 1 ? at : 2 - at;
            }
            w[c] += weight * v[p];
        }
    }
}

static bool betti_simple(const __int128 v[8], unsigned inside)
{
    if (inside == 0 || inside == 255) return true;
    for (int a = 0; a < 3; a++) {
        const int s = 1 << a, p = 1 << (a + 1) % 3, q = 1 << (a + 2) % 3, base[4] = {0, p, q, p | q};
        int up = 0, down = 0;
        for (int k = 0; k < 4; k++) {
            up += v[base[k] | s] > v[base[k]];
            down += v[base[k] | s] < v[base[k]];
        }
        bool good = up == 4 || down == 4;
        for (int side = 0; side <= s && good; side += s) {
            bool i[4];
            for (int k = 0; k < 4; k++) i[k] = inside >> (base[k] | side) & 1;
            good = !(i[0] == i[3] && i[1] == i[2] && i[0] != i[1]);
        }
        if (good) return true;
    }
    return false;
}

static bool betti_grow(betti_tree *t, size_t more)
{
    if (t->n + more <= t->cap) return true;
    t->cap = 2 * t->cap + 1024 + more;
    t->box = realloc(t->box, t->cap * sizeof *t->box);
    return t->box != NULL;
}

/* False where the level is singular, or as good as. */
static bool betti_refine(betti_tree *t, uint32_t at, const __int128 v[8], int depth)
{
    unsigned inside = 0;
    for (int c = 0; c < 8; c++) inside |= (unsigned)(v[c] > 0) << c;
    t->box[at] = (betti_box){.inside = (uint8_t)inside, .up = {at, at}};
    if (betti_simple(v, inside)) return true;
    if (depth == BETTI_DEPTH || !betti_grow(t, 8)) return false;
    const uint32_t first = (uint32_t)t->n;
    t->n += 8;
    t->box[at].child = first;
    for (int k = 0; k < 8; k++) {
        __int128 w[8];
        betti_split(v, k, w);
        if (!betti_refine(t, first + (uint32_t)k, w, depth + 1)) return false;
    }
    return true;
}

static uint32_t betti_find(betti_tree *t, int sign, uint32_t a)
{
    while (t->box[a].up[sign] != a) a = t->box[a].up[sign] = t->box[t->box[a].up[sign]].up[sign];
    return a;
}

/* Boxes a and b meet at a face across the axis, b behind a; that of the smaller one is common. */
static void betti_face(betti_tree *t, uint32_t a, uint32_t b, int axis, int da, int db)
{
    const betti_box *p = &t->box[a], *q = &t->box[b];
    if (p->child || q->child) {
        for (int k = 0; k < 8; k++)
            if (!(k >> axis & 1))
                betti_face(t, p->child ? p->child + (uint32_t)(k | 1 << axis) : a, q->child ? q->child + (uint32_t)k : b, axis,
                           da + !!p->child, db + !!q->child);
        return;
    }
    int n[2] = {0, 0};
    for (int k = 0; k < 8; k++)
        if (!(k >> axis & 1)) n[da >= db ? p->inside >> (k | 1 << axis) & 1 : q->inside >> k & 1]++;
    for (int sign = 0; sign < 2; sign++)
        if (n[sign]) t->box[betti_find(t, sign, a)].up[sign] = betti_find(t, sign, b);
}

static void betti_within(betti_tree *t, uint32_t at)
{
    const uint32_t c = t->box[at].child;
    if (!c) return;
    for (uint32_t k = 0; k < 8; k++) betti_within(t, c + k);
    for (int a = 0; a < 3; a++)
        for (uint32_t k = 0; k < 8; k++)
            if (!(k >> a & 1)) betti_face(t, c + k, c + (k | 1u << a), a, 0, 0);
}

/* n[0] x n[1] x n[2] values, x fastest, all those at the border negative; values below 2^40. False: the level is singular. */
static bool betti_of(const size_t n[3], const int64_t *f, betti *out)
{
    betti_tree t = {NULL, 0, 0};
    const size_t m[3] = {n[0] - 1, n[1] - 1, n[2] - 1}, cells = m[0] * m[1] * m[2], step[3] = {1, m[0], m[0] * m[1]};
    bool good = betti_grow(&t, cells);
    long euler = 0, part[2] = {0, 0};
    t.n = cells;
    for (size_t c = 0; c < cells && good; c++) {
        const size_t i = c % m[0], j = c / m[0] % m[1], k = c / step[2];
        __int128 v[8];
        for (size_t q = 0; q < 8; q++) v[q] = f[((k + (q >> 2)) * n[1] + j + (q >> 1 & 1)) * n[0] + i + (q & 1)];
        good = betti_refine(&t, (uint32_t)c, v, 0);
    }
    for (size_t c = 0; c < cells && good; c++) {
        const size_t at[3] = {c % m[0], c / m[0] % m[1], c / step[2]};
        betti_within(&t, (uint32_t)c);
        for (int a = 0; a < 3; a++)
            if (at[a] + 1 < m[a]) betti_face(&t, (uint32_t)c, (uint32_t)(c + step[a]), a, 0, 0);
    }
    for (uint32_t b = 0; b < t.n && good; b++) {
        if (t.box[b].child) continue;
        const unsigned in = t.box[b].inside;
        part[1] += in != 0 && betti_find(&t, 1, b) == b;
        part[0] += in != 255 && betti_find(&t, 0, b) == b;
        for (unsigned upper = 0; upper < 8; upper++) { /* the face of the box on the upper side of these axes */
            bool any = false;
            for (unsigned c = 0; c < 8; c++) any |= (c & upper) == upper && (in >> c & 1);
            if (any) euler += __builtin_popcount(upper) & 1 ? -1 : 1;
        }
    }
    free(t.box);
    out->b[0] = part[1];
    out->b[2] = part[0] - 1;
    out->b[1] = out->b[0] + out->b[2] - euler;
    return good;
}

#endif
