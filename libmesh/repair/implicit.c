/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "repair/implicit.h"
#include "base/bigint.h"
#include "base/mem.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { IMPLICIT_SLOTS = 1024 };

void lm_implicit_release(lm_implicit *s)
{
    free(s->point);
    free(s->limb);
    free(s->slot);
    *s = (lm_implicit)LM_IMPLICIT_INIT;
}

static lm_wide implicit_dot(const lm_implicit_plane *p, const int64_t v[3])
{
    return p->n[0] * v[0] + p->n[1] * v[1] + p->n[2] * v[2];
}

lm_implicit_plane lm_implicit_through(const int64_t a[3], const int64_t b[3], const int64_t c[3])
{
    lm_implicit_plane p;
    for (int k = 0; k < 3; k++) {
        int i = (k + 1) % 3, j = (k + 2) % 3;
        p.n[k] = (lm_wide)(b[i] - a[i]) * (c[j] - a[j]) - (lm_wide)(b[j] - a[j]) * (c[i] - a[i]);
    }
    p.d = implicit_dot(&p, a);
    return p;
}

int lm_implicit_vertex_side(const lm_implicit_plane *p, const int64_t v[3])
{
    lm_wide x = implicit_dot(p, v);
    return (x > p->d) - (x < p->d);
}

/* ---- big integers ---- */

static void implicit_big(lm_bigint *r, lm_wide x)
{
    unsigned __int128 u = x < 0 ? -(unsigned __int128)x : (unsigned __int128)x;
    r->sign = x > 0 ? 1 : x < 0 ? -1 : 0;
    r->limb[0] = (uint64_t)u;
    r->limb[1] = (uint64_t)(u >> 64);
    r->n = r->limb[1] ? 2 : r->limb[0] ? 1 : 0;
}

/* Rounded, as fraction and exponent. */
static double implicit_top(const lm_bigint *a, int *exponent)
{
    double x = 0;
    *exponent = 64 * (a->n - 3);
    for (int i = a->n - 1; i >= a->n - 3; i--) x = x * 0x1p64 + (i >= 0 ? (double)a->limb[i] : 0);
    return a->sign < 0 ? -x : x;
}

/* Rounded; 0 for what is small. */
static double implicit_ratio(const lm_bigint *a, const lm_bigint *b)
{
    int ea, eb;
    double x = implicit_top(a, &ea), y = implicit_top(b, &eb);
    return a->sign ? ldexp(x / y, ea - eb) : 0;
}

/* floor(a * 2^FRACTION / b) for b > 0 */
static int64_t implicit_floor(const lm_bigint *a, const lm_bigint *b)
{
    lm_bigint rest, part, g;
    int64_t q = 0;
    lm_bigint_shift(&rest, a, LM_IMPLICIT_FRACTION);
    for (;;) {
        int64_t step = (int64_t)floor(implicit_ratio(&rest, b));
        if (rest.sign < 0 && step == 0) step = -1;
        if (!step && rest.sign >= 0) {
            lm_bigint_sub(&part, &rest, b);
            if (part.sign < 0) return q;
            step = 1;
        }
        q += step;
        implicit_big(&g, step);
        lm_bigint_mul(&part, &g, b);
        lm_bigint_sub(&rest, &rest, &part);
    }
}

/* Numerator c, or (3) the denominator of p. */
static void implicit_load(const lm_implicit *s, uint32_t p, int c, lm_bigint *r)
{
    const lm_implicit_point *q = &s->point[p];
    size_t at = q->limb;
    if (!q->size[3]) {
        implicit_big(r, c == 3 ? 1 : q->key[c] >> LM_IMPLICIT_FRACTION);
        return;
    }
    for (int k = 0; k < c; k++) at += q->size[k];
    r->sign = q->sign[c];
    r->n = q->size[c];
    memcpy(r->limb, s->limb + at, q->size[c] * sizeof *r->limb);
}

/* ---- the table ---- */

static size_t implicit_hash(const int64_t key[3])
{
    uint64_t h = 0;
    for (int k = 0; k < 3; k++) h = (h ^ (uint64_t)key[k]) * 0x9E3779B97F4A7C15u, h ^= h >> 29;
    return (size_t)h;
}

/* Is stored point p at h/h[3]? The keys agree. */
static bool implicit_same(const lm_implicit *s, uint32_t p, const lm_bigint h[4])
{
    lm_bigint w, x, y;
    implicit_load(s, p, 3, &w);
    for (int k = 0; k < 3; k++) {
        implicit_load(s, p, k, &x);
        lm_bigint_mul(&x, &x, &h[3]);
        lm_bigint_mul(&y, &h[k], &w);
        lm_bigint_sub(&x, &x, &y);
        if (x.sign) return false;
    }
    return true;
}

static lm_status implicit_room(lm_implicit *s, lm_err *err)
{
    lm_status rc = lm_mem_grow(&s->point, &s->cap, s->n + 1, sizeof *s->point, err);
    if (rc || 2 * (s->n + 1) <= s->slots) return rc;
    size_t slots = s->slots ? 2 * s->slots : IMPLICIT_SLOTS;
    uint32_t *slot = lm_mem_alloc(slots, sizeof *slot, err);
    if (!slot) return LM_ENOMEM;
    memset(slot, 0xff, slots * sizeof *slot);
    for (uint32_t i = 0; i < s->n; i++) {
        size_t at = implicit_hash(s->point[i].key) & (slots - 1);
        while (slot[at] != LM_IMPLICIT_NONE) at = (at + 1) & (slots - 1);
        slot[at] = i;
    }
    free(s->slot);
    s->slot = slot;
    s->slots = slots;
    return LM_OK;
}

/* Find h/h[3], or add it; h[3] > 0. */
static lm_status implicit_put(lm_implicit *s, const lm_bigint h[4], uint32_t *id, lm_err *err)
{
    lm_implicit_point p = {.limb = s->limbs};
    lm_status rc = implicit_room(s, err);
    if (rc) return rc;
    for (int k = 0; k < 3; k++) p.key[k] = implicit_floor(&h[k], &h[3]);
    size_t at = implicit_hash(p.key) & (s->slots - 1);
    for (; (*id = s->slot[at]) != LM_IMPLICIT_NONE; at = (at + 1) & (s->slots - 1))
        if (!memcmp(s->point[*id].key, p.key, sizeof p.key) && implicit_same(s, *id, h)) return LM_OK;
    if (h[3].n != 1 || h[3].limb[0] != 1) {
        size_t all = 0, to = s->limbs;
        for (int k = 0; k < 4; k++) all += (size_t)h[k].n;
        if ((rc = lm_mem_grow(&s->limb, &s->limb_cap, s->limbs + all, sizeof *s->limb, err))) return rc;
        for (int k = 0; k < 4; k++) {
            p.size[k] = (uint8_t)h[k].n;
            p.sign[k] = (int8_t)h[k].sign;
            memcpy(s->limb + to, h[k].limb, (size_t)h[k].n * sizeof *s->limb);
            to += (size_t)h[k].n;
        }
        s->limbs = to;
    }
    *id = (uint32_t)s->n;
    s->point[s->n++] = p;
    s->slot[at] = *id;
    return LM_OK;
}

static lm_status implicit_put_turned(lm_implicit *s, lm_bigint h[4], uint32_t *id, lm_err *err)
{
    if (h[3].sign < 0)
        for (int k = 0; k < 4; k++) h[k].sign = -h[k].sign;
    return implicit_put(s, h, id, err);
}

/* ---- points ---- */

lm_status lm_implicit_vertex(lm_implicit *s, const int64_t v[3], uint32_t *id, lm_err *err)
{
    lm_bigint h[4];
    for (int k = 0; k < 3; k++) implicit_big(&h[k], v[k]);
    implicit_big(&h[3], 1);
    return implicit_put(s, h, id, err);
}

lm_status lm_implicit_line(lm_implicit *s, const int64_t a[3], const int64_t b[3], const lm_implicit_plane *p, uint32_t *id,
                           lm_err *err)
{
    lm_bigint h[4], way, x;
    int64_t d[3] = {b[0] - a[0], b[1] - a[1], b[2] - a[2]};
    implicit_big(&way, p->d - implicit_dot(p, a));
    implicit_big(&h[3], implicit_dot(p, d));
    for (int k = 0; k < 3; k++) {
        implicit_big(&h[k], a[k]);
        lm_bigint_mul(&h[k], &h[k], &h[3]);
        implicit_big(&x, d[k]);
        lm_bigint_mul(&x, &x, &way);
        lm_bigint_add(&h[k], &h[k], &x);
    }
    return implicit_put_turned(s, h, id, err);
}

/* Determinant of three columns. */
static void implicit_det(const lm_wide c[3][3], lm_bigint *r)
{
    lm_bigint x, y, z;
    implicit_big(r, 0);
    for (int k = 0; k < 3; k++) {
        int i = (k + 1) % 3, j = (k + 2) % 3;
        implicit_big(&x, c[1][i]), implicit_big(&y, c[2][j]);
        lm_bigint_mul(&z, &x, &y);
        implicit_big(&x, c[1][j]), implicit_big(&y, c[2][i]);
        lm_bigint_mul(&x, &x, &y);
        lm_bigint_sub(&z, &z, &x);
        implicit_big(&x, c[0][k]);
        lm_bigint_mul(&z, &z, &x);
        lm_bigint_add(r, r, &z);
    }
}

lm_status lm_implicit_planes(lm_implicit *s, const lm_implicit_plane p[3], uint32_t *id, lm_err *err)
{
    lm_bigint h[4];
    lm_wide c[4][3];
    for (int i = 0; i < 3; i++) {
        for (int k = 0; k < 3; k++) c[k][i] = p[i].n[k];
        c[3][i] = p[i].d;
    }
    *id = LM_IMPLICIT_NONE;
    for (int k = 3; k >= 0; k--) {
        lm_wide m[3][3];
        for (int i = 0; i < 3; i++) memcpy(m[i], c[i == k ? 3 : i], sizeof m[i]);
        implicit_det((const lm_wide(*)[3])m, &h[k]);
        if (k == 3 && !h[3].sign) return LM_OK;
    }
    return implicit_put_turned(s, h, id, err);
}

lm_status lm_implicit_mean(lm_implicit *s, const uint32_t p[3], const int weight[3], uint32_t *id, lm_err *err)
{
    lm_bigint h[4], w[3], x, y;
    for (int i = 0; i < 3; i++) implicit_load(s, p[i], 3, &w[i]);
    for (int k = 0; k < 3; k++) {
        implicit_big(&h[k], 0);
        for (int i = 0; i < 3; i++) {
            implicit_load(s, p[i], k, &x);
            lm_bigint_mul(&x, &x, &w[(i + 1) % 3]);
            lm_bigint_mul(&x, &x, &w[(i + 2) % 3]);
            implicit_big(&y, weight[i]);
            lm_bigint_mul(&x, &x, &y);
            lm_bigint_add(&h[k], &h[k], &x);
        }
    }
    implicit_big(&h[3], weight[0] + weight[1] + weight[2]);
    for (int i = 0; i < 3; i++) lm_bigint_mul(&h[3], &h[3], &w[i]);
    return implicit_put(s, h, id, err);
}

/* ---- questions ---- */

int lm_implicit_compare(const lm_implicit *s, uint32_t p, uint32_t q, int c)
{
    const int64_t x = s->point[p].key[c], y = s->point[q].key[c];
    if (p == q) return 0;
    if (x != y) return x < y ? -1 : 1;
    lm_bigint a, b, w;
    implicit_load(s, p, c, &a);
    implicit_load(s, q, 3, &w);
    lm_bigint_mul(&a, &a, &w);
    implicit_load(s, q, c, &b);
    implicit_load(s, p, 3, &w);
    lm_bigint_mul(&b, &b, &w);
    lm_bigint_sub(&a, &a, &b);
    return a.sign;
}

static int implicit_turn_exact(const lm_implicit *s, const uint32_t p[3], int i, int j)
{
    lm_bigint m[3][3], sum, x, y;
    for (int r = 0; r < 3; r++) {
        implicit_load(s, p[r], i, &m[r][0]);
        implicit_load(s, p[r], j, &m[r][1]);
        implicit_load(s, p[r], 3, &m[r][2]);
    }
    implicit_big(&sum, 0);
    for (int r = 0; r < 3; r++) {
        const lm_bigint *a = m[(r + 1) % 3], *b = m[(r + 2) % 3];
        lm_bigint_mul(&x, &a[0], &b[1]);
        lm_bigint_mul(&y, &a[1], &b[0]);
        lm_bigint_sub(&x, &x, &y);
        lm_bigint_mul(&x, &x, &m[r][2]);
        lm_bigint_add(&sum, &sum, &x);
    }
    return sum.sign;
}

static lm_wide implicit_abs(lm_wide x)
{
    return x < 0 ? -x : x;
}

int lm_implicit_turn(const lm_implicit *s, uint32_t p, uint32_t q, uint32_t r, int c)
{
    const int i = (c + 1) % 3, j = (c + 2) % 3;
    const int64_t *a = s->point[p].key, *b = s->point[q].key, *d = s->point[r].key;
    lm_wide x1 = b[i] - a[i], y1 = b[j] - a[j], x2 = d[i] - a[i], y2 = d[j] - a[j], det = x1 * y2 - x2 * y1;
    if (p == q || q == r || r == p) return 0;
    /* each difference is off by less than 1 */
    lm_wide slack = implicit_abs(x1) + implicit_abs(y1) + implicit_abs(x2) + implicit_abs(y2) + 2;
    if (det > slack) return 1;
    if (det < -slack) return -1;
    return implicit_turn_exact(s, (uint32_t[3]){p, q, r}, i, j);
}

int lm_implicit_side(const lm_implicit *s, uint32_t p, const lm_implicit_plane *plane)
{
    const int64_t *key = s->point[p].key;
    double sum = -0x1p10 * (double)plane->d, slack = 0;
    slack = fabs(sum) * 0x1p-50;
    for (int k = 0; k < 3; k++) {
        double n = (double)plane->n[k], x = n * (double)key[k];
        sum += x;
        slack += fabs(n) * 1.001 + fabs(x) * 0x1p-50;
    }
    if (sum > slack) return 1;
    if (sum < -slack) return -1;
    lm_bigint all, x, y;
    implicit_load(s, p, 3, &all);
    implicit_big(&x, -plane->d);
    lm_bigint_mul(&all, &all, &x);
    for (int k = 0; k < 3; k++) {
        implicit_load(s, p, k, &x);
        implicit_big(&y, plane->n[k]);
        lm_bigint_mul(&x, &x, &y);
        lm_bigint_add(&all, &all, &x);
    }
    return all.sign;
}
