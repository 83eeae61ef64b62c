/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "measure/planehull.h"

#include <math.h>
#include <stdlib.h>

static int planehull_order(const void *a, const void *b)
{
    const lm_planehull_point *p = a, *q = b;
    if (p->x != q->x) return p->x < q->x ? -1 : 1;
    return p->y < q->y ? -1 : p->y > q->y;
}

static double planehull_turn(lm_planehull_point o, lm_planehull_point a, lm_planehull_point b)
{
    return (a.x - o.x) * (b.y - o.y) - (a.y - o.y) * (b.x - o.x);
}

size_t lm_planehull_make(lm_planehull_point *p, size_t n, lm_planehull_point *h)
{
    size_t k = 0;
    if (!n) return 0;
    qsort(p, n, sizeof *p, planehull_order);
    for (size_t i = 0; i < n; i++) { /* lower */
        while (k >= 2 && planehull_turn(h[k - 2], h[k - 1], p[i]) <= 0) k--;
        h[k++] = p[i];
    }
    for (size_t i = n - 1, lower = k + 1; i-- > 0;) { /* upper */
        while (k >= lower && planehull_turn(h[k - 2], h[k - 1], p[i]) <= 0) k--;
        h[k++] = p[i];
    }
    if (k > 1) k--; /* the first stands at the end again */
    return k == 2 && h[0].x == h[1].x && h[0].y == h[1].y ? 1 : k;
}

static double planehull_between2(lm_planehull_point a, lm_planehull_point b)
{
    return (a.x - b.x) * (a.x - b.x) + (a.y - b.y) * (a.y - b.y);
}

/* Antipodal pairs: for each side of the hull the corner farthest from it. end: the pair that is farthest apart. */
static void planehull_calipers(const lm_planehull_point *h, size_t n, double *most, double *least, lm_planehull_point end[2])
{
    double most2 = 0;
    *least = n > 2 ? INFINITY : 0;
    if (n == 2) most2 = planehull_between2(h[0], h[1]);
    for (size_t i = 0, f = 1; i < n && n > 2; i++) {
        lm_planehull_point a = h[i], b = h[(i + 1) % n];
        double side = sqrt(planehull_between2(a, b));
        for (size_t guard = 0; guard < n && planehull_turn(a, b, h[(f + 1) % n]) > planehull_turn(a, b, h[f]); guard++)
            f = (f + 1) % n;
        for (size_t k = 0; k < 2; k++) { /* a side that is parallel has two */
            double x = planehull_between2(a, h[(f + k) % n]), y = planehull_between2(b, h[(f + k) % n]);
            if (x > most2) most2 = x, end[0] = a, end[1] = h[(f + k) % n];
            if (y > most2) most2 = y, end[0] = b, end[1] = h[(f + k) % n];
        }
        double width = planehull_turn(a, b, h[f]) / side;
        *least = width < *least ? width : *least;
    }
    *most = sqrt(most2);
}

void lm_planehull_widths(const lm_planehull_point *h, size_t n, double *most, double *least)
{
    lm_planehull_point end[2];
    planehull_calipers(h, n, most, least, end);
}

/* Its length is concave along the line from end to end: it is at a corner. */
double lm_planehull_across(const lm_planehull_point *h, size_t n)
{
    lm_planehull_point end[2];
    double length, least, best = 0;
    if (n < 3) return 0;
    planehull_calipers(h, n, &length, &least, end);
    double dx = (end[1].x - end[0].x) / length, dy = (end[1].y - end[0].y) / length;
    for (size_t i = 0; i < n; i++) {
        double at = dx * h[i].x + dy * h[i].y, lo = INFINITY, hi = -INFINITY;
        for (size_t k = 0; k < n; k++) { /* sides that reach over it */
            lm_planehull_point p = h[k], q = h[(k + 1) % n];
            double s = dx * p.x + dy * p.y - at, t = dx * q.x + dy * q.y - at, y = dx * p.y - dy * p.x, z = dx * q.y - dy * q.x;
            if ((s < 0 && t < 0) || (s > 0 && t > 0)) continue;
            double w = s == t ? y : y + (z - y) * (s / (s - t));
            lo = fmin(lo, s == t ? fmin(y, z) : w);
            hi = fmax(hi, s == t ? fmax(y, z) : w);
        }
        best = hi - lo > best ? hi - lo : best;
    }
    return best;
}

/* How far h[i] lies along u (and, with side, to the left of it). */
static double planehull_along(const lm_planehull_point *h, size_t i, lm_planehull_point u, int side)
{
    return side ? u.x * h[i].y - u.y * h[i].x : u.x * h[i].x + u.y * h[i].y;
}

/* From corner i on while it goes up along sign * u. */
static size_t planehull_climb(const lm_planehull_point *h, size_t n, size_t i, lm_planehull_point u, int side, double sign)
{
    for (size_t guard = 0; guard < n; guard++) {
        size_t next = i + 1 == n ? 0 : i + 1;
        if (!(sign * planehull_along(h, next, u, side) > sign * planehull_along(h, i, u, side))) break;
        i = next;
    }
    return i;
}

void lm_planehull_rectangle(const lm_planehull_point *h, size_t n, lm_planehull_point *along, double *area)
{
    size_t right = 1, top = 1, left = 1;
    *along = (lm_planehull_point){1, 0};
    *area = n > 2 ? INFINITY : 0;
    if (n == 2) {
        double d = sqrt(planehull_between2(h[0], h[1]));
        *along = (lm_planehull_point){(h[1].x - h[0].x) / d, (h[1].y - h[0].y) / d};
    }
    for (size_t i = 0; i < n && n > 2; i++) {
        lm_planehull_point a = h[i], b = h[i + 1 == n ? 0 : i + 1];
        double side = sqrt(planehull_between2(a, b));
        lm_planehull_point u = {(b.x - a.x) / side, (b.y - a.y) / side};
        if (i == 0) right = top = left = 1;
        right = planehull_climb(h, n, right, u, 0, 1);
        top = planehull_climb(h, n, i == 0 ? right : top, u, 1, 1);
        left = planehull_climb(h, n, i == 0 ? top : left, u, 0, -1);
        double w = planehull_along(h, right, u, 0) - planehull_along(h, left, u, 0),
               d = planehull_along(h, top, u, 1) - planehull_along(h, i, u, 1);
        if (w * d < *area) {
            *area = w * d;
            *along = u;
        }
    }
}
