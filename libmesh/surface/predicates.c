/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "surface/predicates.h"

#include <float.h>
#include <math.h>
#include <string.h>

#if FLT_EVAL_METHOD != 0
#error "predicates need doubles that are rounded to double (SSE2, not x87)"
#endif

static const double EPS = DBL_EPSILON / 2; /* Shewchuk's epsilon: 2^-53 */

/* ---- expansions: sums of doubles that do not overlap, smallest first, no zeros (but for the value 0: length 0) ---- */

static inline void two_sum(double a, double b, double *hi, double *lo)
{
    double x = a + b, bv = x - a, av = x - bv;
    *hi = x;
    *lo = (a - av) + (b - bv);
}

static inline void two_diff(double a, double b, double *hi, double *lo)
{
    two_sum(a, -b, hi, lo);
}

static inline void two_product(double a, double b, double *hi, double *lo)
{
    const double splitter = 134217729; /* 2^27 + 1 */
    double x = a * b, c = splitter * a, d = splitter * b;
    double ah = c - (c - a), al = a - ah, bh = d - (d - b), bl = b - bh;
    *hi = x;
    *lo = al * bl - (((x - ah * bh) - al * bh) - ah * bl);
}

/* h = e + f; h has room for ne + nf and is neither of them. */
static int expansion_sum(int ne, const double *e, int nf, const double *f, double *h)
{
    int i = 0, j = 0, n = 0;
    double q = 0, lo;
    while (i < ne || j < nf) {
        double next = j == nf || (i < ne && fabs(e[i]) < fabs(f[j])) ? e[i++] : f[j++];
        two_sum(q, next, &q, &lo);
        if (lo != 0) h[n++] = lo;
    }
    if (q != 0) h[n++] = q;
    return n;
}

/* h = b*e; room for 2*ne. */
static int expansion_scale(int ne, const double *e, double b, double *h)
{
    int n = 0;
    double q = 0, lo, p, t;
    for (int i = 0; i < ne; i++) {
        two_product(e[i], b, &p, &t);
        two_sum(q, t, &q, &lo);
        if (lo != 0) h[n++] = lo;
        two_sum(p, q, &q, &lo);
        if (lo != 0) h[n++] = lo;
    }
    if (q != 0) h[n++] = q;
    return n;
}

typedef struct {
    int n;
    double x[2];
} pair2; /* a difference of two floats, exactly */

static pair2 exact_diff(float a, float b)
{
    double hi, lo;
    pair2 d = {.n = 0};
    two_diff(a, b, &hi, &lo);
    if (lo != 0) d.x[d.n++] = lo;
    if (hi != 0) d.x[d.n++] = hi;
    return d;
}

/* h = e*d; room for 4*ne (ne <= 16). */
static int expansion_times(int ne, const double *e, const pair2 *d, double *h)
{
    double s[2][32];
    int n[2] = {0, 0};
    for (int i = 0; i < d->n; i++) n[i] = expansion_scale(ne, e, d->x[i], s[i]);
    return expansion_sum(n[0], s[0], n[1], s[1], h);
}

/* h = a*d - b*c; room for 16. */
static int exact_minor(const pair2 *a, const pair2 *b, const pair2 *c, const pair2 *d, double *h)
{
    double s[8], t[8];
    int ns = expansion_times(a->n, a->x, d, s), nt = expansion_times(b->n, b->x, c, t);
    for (int i = 0; i < nt; i++) t[i] = -t[i];
    return expansion_sum(ns, s, nt, t, h);
}

static int exact_sign(int n, const double *e)
{
    return n == 0 ? 0 : e[n - 1] > 0 ? 1 : -1;
}

/* ---- orientation ---- */

static int predicates_o2(float ax, float ay, float bx, float by, float cx, float cy)
{
    double l = ((double)bx - ax) * ((double)cy - ay), r = ((double)by - ay) * ((double)cx - ax);
    double det = l - r, sum = fabs(l) + fabs(r), bound = (3 + 16 * EPS) * EPS * sum;
    if (det > bound) return 1;
    if (det < -bound) return -1;
    if (sum == 0) return 0;
    pair2 m[4] = {exact_diff(bx, ax), exact_diff(by, ay), exact_diff(cx, ax), exact_diff(cy, ay)};
    double h[16];
    return exact_sign(exact_minor(&m[0], &m[1], &m[2], &m[3], h), h);
}

int lm_predicates_orient2d(const float a[2], const float b[2], const float c[2])
{
    return predicates_o2(a[0], a[1], b[0], b[1], c[0], c[1]);
}

static int exact_det3(const pair2 m[3][3])
{
    double sum[2][192], minor[16], term[64];
    int n = 0, at = 0;
    for (int i = 0; i < 3; i++) {
        const pair2 *p = m[(i + 1) % 3], *q = m[(i + 2) % 3];
        int k = exact_minor(&p[1], &p[2], &q[1], &q[2], minor);
        k = expansion_times(k, minor, &m[i][0], term);
        n = expansion_sum(n, sum[at], k, term, sum[1 - at]);
        at = 1 - at;
    }
    return exact_sign(n, sum[at]);
}

/* The determinant in integers, when along each axis the four coordinates are whole multiples of 2^-40 of the largest: exact
 * flat pieces of meshes come here in numbers. A scale per axis does not change the sign. */
static bool integer_det3(const float *const p[4], int *sign)
{
    int64_t v[3][3];
    for (int k = 0; k < 3; k++) {
        float most = 0;
        for (int i = 0; i < 4; i++)
            if (fabsf(p[i][k]) > most) most = fabsf(p[i][k]);
        double top = most, scale;
        uint64_t bits;
        memcpy(&bits, &top, 8);
        /* most * scale lies in [2^39, 2^40); the exponent of 0 gives some power of two as well */
        bits = (uint64_t)(1023 + 39 - ((int)(bits >> 52) - 1023)) << 52;
        memcpy(&scale, &bits, 8);
        int64_t x[4];
        for (int i = 0; i < 4; i++) {
            double y = p[i][k] * scale;
            x[i] = (int64_t)y;
            if ((double)x[i] != y) return false;
        }
        for (int i = 0; i < 3; i++) v[i][k] = x[i + 1] - x[0];
    }
    /* differences below 2^41: products of three below 2^123, their sum below 2^126 */
    __int128 det = 0;
    for (int i = 0; i < 3; i++) {
        const int64_t *q = v[(i + 1) % 3], *r = v[(i + 2) % 3];
        det += ((__int128)q[1] * r[2] - (__int128)q[2] * r[1]) * v[i][0];
    }
    *sign = det > 0 ? 1 : det < 0 ? -1 : 0;
    return true;
}

static __attribute__((noinline)) int exact_o3(const float *a, const float *b, const float *c, const float *d)
{
    const float *p[4] = {a, b, c, d};
    pair2 m[3][3];
    int s;
    if (integer_det3(p, &s)) return s;
    for (int i = 0; i < 3; i++)
        for (int k = 0; k < 3; k++) m[i][k] = exact_diff(p[i + 1][k], a[k]);
    return exact_det3(m);
}

static inline int predicates_o3(const float *a, const float *b, const float *c, const float *d)
{
    double ux = (double)b[0] - a[0], uy = (double)b[1] - a[1], uz = (double)b[2] - a[2];
    double vx = (double)c[0] - a[0], vy = (double)c[1] - a[1], vz = (double)c[2] - a[2];
    double wx = (double)d[0] - a[0], wy = (double)d[1] - a[1], wz = (double)d[2] - a[2];
    double p1 = vy * wz, p2 = vz * wy, p3 = wy * uz, p4 = wz * uy, p5 = uy * vz, p6 = uz * vy;
    double det = ux * (p1 - p2) + vx * (p3 - p4) + wx * (p5 - p6);
    double sum = fabs(ux) * (fabs(p1) + fabs(p2)) + fabs(vx) * (fabs(p3) + fabs(p4)) + fabs(wx) * (fabs(p5) + fabs(p6));
    double bound = (7 + 56 * EPS) * EPS * sum;
    if (det > bound) return 1;
    if (det < -bound) return -1;
    return sum == 0 ? 0 : exact_o3(a, b, c, d);
}

int lm_predicates_orient3d(const float a[3], const float b[3], const float c[3], const float d[3])
{
    return predicates_o3(a, b, c, d);
}

/* Orientation in the projection along axis k. */
static int predicates_along(int k, const float *a, const float *b, const float *c)
{
    static const int U[3] = {1, 2, 0}, V[3] = {2, 0, 1};
    int u = U[k], v = V[k];
    return predicates_o2(a[u], a[v], b[u], b[v], c[u], c[v]);
}

bool lm_predicates_collinear(const float a[3], const float b[3], const float c[3])
{
    for (int k = 0; k < 3; k++)
        if (predicates_along(k, a, b, c)) return false;
    return true;
}

/* ---- triangles ---- */

void lm_predicates_tri_of(const float *const p[3], const uint32_t id[3], lm_predicates_tri *out)
{
    double u[3], v[3];
    for (int k = 0; k < 3; k++) {
        out->p[k] = p[k];
        out->id[k] = id[k];
        u[k] = (double)p[1][k] - p[0][k];
        v[k] = (double)p[2][k] - p[0][k];
    }
    for (int k = 0; k < 3; k++) {
        const int i = k == 2 ? 0 : k + 1, j = k == 0 ? 2 : k - 1;
        double l = u[i] * v[j], r = u[j] * v[i];
        out->normal[k] = l - r;
        out->size[k] = fabs(l) + fabs(r);
    }
}

/* On which side of the plane of t is d: predicates_o3(t0, t1, t2, d), the determinant expanded by the row that changes. The
 * bound is the same, since it names no row. */
static inline int tri_side(const lm_predicates_tri *t, const float *d)
{
    double x = (double)d[0] - t->p[0][0], y = (double)d[1] - t->p[0][1], z = (double)d[2] - t->p[0][2];
    double det = x * t->normal[0] + y * t->normal[1] + z * t->normal[2];
    double bound = (7 + 56 * EPS) * EPS * (fabs(x) * t->size[0] + fabs(y) * t->size[1] + fabs(z) * t->size[2]);
    return det > bound ? 1 : det < -bound ? -1 : predicates_o3(t->p[0], t->p[1], t->p[2], d);
}

/* An axis along which triangle t keeps area, and its orientation there. */
static int tri_axis(const float *const t[3], int *turn)
{
    for (int k = 0; k < 3; k++)
        if ((*turn = predicates_along(k, t[0], t[1], t[2]))) return k;
    *turn = 1; /* no area: against the contract */
    return 0;
}

/* Are all n points of q strictly right of one edge of t? t turns `turn` along axis k. */
static bool flat_apart(int k, const float *const t[3], int turn, const float *const *q, int n)
{
    for (int e = 0; e < 3; e++) {
        int i = 0;
        while (i < n && predicates_along(k, t[e], t[(e + 1) % 3], q[i]) == -turn) i++;
        if (i == n) return true;
    }
    return false;
}

/* Coplanar triangles: disjoint convex sets are parted by the line of an edge. */
static bool flat_tri_tri(const float *const a[3], const float *const b[3])
{
    int ta, k = tri_axis(a, &ta), tb = predicates_along(k, b[0], b[1], b[2]);
    return !flat_apart(k, a, ta, b, 3) && !flat_apart(k, b, tb, a, 3);
}

static bool flat_seg_tri(const float *const s[2], const float *const t[3])
{
    int turn, k = tri_axis(t, &turn);
    if (flat_apart(k, t, turn, s, 2)) return false;
    int o0 = predicates_along(k, s[0], s[1], t[0]), o1 = predicates_along(k, s[0], s[1], t[1]),
        o2 = predicates_along(k, s[0], s[1], t[2]);
    return !(o0 && o0 == o1 && o0 == o2);
}

/* The segment s, whose ends lie on sides s0 and s1 of the plane of t, against t. */
static bool seg_tri(const float *const s[2], int s0, int s1, const float *const t[3])
{
    if (s0 && s0 == s1) return false;
    if (!s0 && !s1) return flat_seg_tri(s, t);
    int o[3];
    for (int e = 0; e < 3; e++) o[e] = predicates_o3(s[0], s[1], t[e], t[(e + 1) % 3]);
    return !((o[0] > 0 || o[1] > 0 || o[2] > 0) && (o[0] < 0 || o[1] < 0 || o[2] < 0));
}

/* Which corner is alone on its side, given the sides s; *up: it is on the positive side (or on the plane with the others
 * below it). Not all three sides are equal. */
static int tri_alone(const int s[3], bool *up)
{
    int np = (s[0] > 0) + (s[1] > 0) + (s[2] > 0), nn = (s[0] < 0) + (s[1] < 0) + (s[2] < 0);
    int want = np == 1 ? 1 : nn == 1 ? -1 : 0, k = 0;
    while (s[k] != want) k++;
    *up = want > 0 || (want == 0 && nn == 2);
    return k;
}

static bool tri_tri(const lm_predicates_tri *ta, const lm_predicates_tri *tb)
{
    const float *const *a = ta->p, *const *b = tb->p;
    int sa[3], sb[3], ka, kb;
    bool up_a, up_b;
    for (int i = 0; i < 3; i++) sb[i] = tri_side(ta, b[i]);
    if (sb[0] == sb[1] && sb[0] == sb[2]) return sb[0] == 0 && flat_tri_tri(a, b);
    for (int i = 0; i < 3; i++) sa[i] = tri_side(tb, a[i]);
    if (sa[0] == sa[1] && sa[0] == sa[2]) return false;
    ka = tri_alone(sa, &up_a);
    kb = tri_alone(sb, &up_b);
    const float *p1 = a[ka], *q1 = a[(ka + 1) % 3], *r1 = a[(ka + 2) % 3], *x;
    const float *p2 = b[kb], *q2 = b[(kb + 1) % 3], *r2 = b[(kb + 2) % 3];
    /* turn each triangle so that the other's lone corner is above it */
    if (!up_a) x = q2, q2 = r2, r2 = x;
    if (!up_b) x = q1, q1 = r1, r1 = x;
    return predicates_o3(p1, q1, p2, q2) <= 0 && predicates_o3(p1, r1, r2, p2) <= 0;
}

bool lm_predicates_meet(const lm_predicates_tri *ta, const lm_predicates_tri *tb)
{
    const float *const *a = ta->p, *const *b = tb->p;
    const uint32_t *ia = ta->id, *ib = tb->id;
    /* bit 3i + j: corner i of a is corner j of b. All nine at once: nothing here can be guessed */
    const unsigned same = (unsigned)(ia[0] == ib[0]) | (unsigned)(ia[0] == ib[1]) << 1 | (unsigned)(ia[0] == ib[2]) << 2 |
                          (unsigned)(ia[1] == ib[0]) << 3 | (unsigned)(ia[1] == ib[1]) << 4 | (unsigned)(ia[1] == ib[2]) << 5 |
                          (unsigned)(ia[2] == ib[0]) << 6 | (unsigned)(ia[2] == ib[1]) << 7 | (unsigned)(ia[2] == ib[2]) << 8;
    static const uint8_t of_a[9] = {0, 0, 0, 1, 1, 1, 2, 2, 2}, of_b[9] = {0, 1, 2, 0, 1, 2, 0, 1, 2};
    const unsigned rest = same & (same - 1);
    if (!same) return tri_tri(ta, tb);
    const int sa = of_a[__builtin_ctz(same)], sb = of_b[__builtin_ctz(same)];
    if (rest) {
        if (rest & (rest - 1)) return false;
        const int qa = of_a[__builtin_ctz(rest)], qb = of_b[__builtin_ctz(rest)];
        const float *p = a[sa], *q = a[qa], *r = a[3 - sa - qa], *s = b[3 - sb - qb];
        if (tri_side(ta, s)) return false;
        int turn, k = tri_axis(a, &turn);
        return predicates_along(k, p, q, r) == predicates_along(k, p, q, s);
    }
    const float *ea[2] = {a[(sa + 1) % 3], a[(sa + 2) % 3]}, *eb[2] = {b[(sb + 1) % 3], b[(sb + 2) % 3]};
    int a0 = tri_side(tb, ea[0]), a1 = tri_side(tb, ea[1]);
    if (a0 && a0 == a1) return false; /* a meets b's plane in the common corner alone */
    int b0 = tri_side(ta, eb[0]), b1 = tri_side(ta, eb[1]);
    if (b0 && b0 == b1) return false;
    return seg_tri(ea, a0, a1, b) || seg_tri(eb, b0, b1, a);
}

bool lm_predicates_pair(const float *const a[3], const uint32_t ia[3], const float *const b[3], const uint32_t ib[3])
{
    lm_predicates_tri ta, tb;
    lm_predicates_tri_of(a, ia, &ta);
    lm_predicates_tri_of(b, ib, &tb);
    return lm_predicates_meet(&ta, &tb);
}

static int sgn(float a, float b)
{
    return a > b ? 1 : a < b ? -1 : 0;
}

bool lm_predicates_ray_x(const float p[3], const float *const t[3])
{
    int turn = 0;
    for (int e = 0; e < 3; e++) {
        const float *u = t[e], *v = t[(e + 1) % 3];
        int o = predicates_along(0, u, v, p);
        if (!o) o = sgn(v[1], u[1]);  /* p moves up in z */
        if (!o) o = -sgn(v[2], u[2]); /* then, much less, in y */
        if (!o || (turn && o != turn)) return false;
        turn = o;
    }
    /* turning left in (y, z) the normal points to +x: the triangle is ahead when p lies below it */
    return predicates_o3(t[0], t[1], t[2], p) == -turn;
}
