/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "measure/diameter.h"
#include "base/mem.h"
#include "measure/jacobi.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { DIAMETER_LEAF = 16, DIAMETER_SWEEPS = 4, DIAMETER_FITTED = 4096 };

/* A box round points, turned into their own axes where there are few of them. */
typedef struct {
    double centre[3], axis[3][3], half[3], radius; /* centre: from the first point of all */
    uint32_t first, n;                             /* of the points in order */
    uint32_t left, right;                          /* 0: a leaf */
} diameter_node;

typedef struct {
    const float *pos;
    uint32_t *order;
    diameter_node *node;
    size_t nodes, cap;
    const float *origin;
    double best2;
    lm_diameter *out;
} diameter_job;

static const float *diameter_at(const diameter_job *j, size_t i)
{
    return j->pos + 3 * (size_t)j->order[i];
}

static double diameter_between2(const float *p, const float *q)
{
    double s = 0;
    for (int c = 0; c < 3; c++) s += ((double)p[c] - (double)q[c]) * ((double)p[c] - (double)q[c]);
    return s;
}

static void diameter_try(diameter_job *j, uint32_t a, uint32_t b)
{
    double d2 = diameter_between2(j->pos + 3 * (size_t)a, j->pos + 3 * (size_t)b);
    if (d2 <= j->best2) return;
    j->best2 = d2;
    j->out->point[0] = a;
    j->out->point[1] = b;
}

/* A large distance to begin with: from point to farthest point, a few times. */
static void diameter_sweep(diameter_job *j, size_t n)
{
    uint32_t from = j->order[0];
    for (int s = 0; s < DIAMETER_SWEEPS; s++) {
        uint32_t far = from;
        double most = -1;
        for (size_t i = 0; i < n; i++) {
            double d2 = diameter_between2(j->pos + 3 * (size_t)from, diameter_at(j, i));
            if (d2 > most) most = d2, far = j->order[i];
        }
        diameter_try(j, from, far);
        from = far;
    }
}

/* Points that have no point at best distance within the box stay out. Returns how many are left. */
static size_t diameter_filter(diameter_job *j, size_t n)
{
    double lo[3] = {INFINITY, INFINITY, INFINITY}, hi[3] = {-INFINITY, -INFINITY, -INFINITY};
    size_t kept = 0;
    for (size_t i = 0; i < n; i++)
        for (int c = 0; c < 3; c++) {
            double x = (double)diameter_at(j, i)[c];
            lo[c] = x < lo[c] ? x : lo[c];
            hi[c] = x > hi[c] ? x : hi[c];
        }
    for (size_t i = 0; i < n; i++) {
        double far2 = 0;
        for (int c = 0; c < 3; c++) {
            double x = (double)diameter_at(j, i)[c], d = x - lo[c] > hi[c] - x ? x - lo[c] : hi[c] - x;
            far2 += d * d;
        }
        if (far2 >= j->best2) j->order[kept++] = j->order[i];
    }
    return kept;
}

static void diameter_from(const diameter_job *j, size_t i, double p[3])
{
    for (int c = 0; c < 3; c++) p[c] = (double)diameter_at(j, i)[c] - (double)j->origin[c];
}

/* Axes of the points; of many of them x, y, z. */
static void diameter_axes(const diameter_job *j, diameter_node *d)
{
    double cov[3][3] = {{0}}, mean[3] = {0, 0, 0}, p[3];
    for (int a = 0; a < 3; a++)
        for (int c = 0; c < 3; c++) d->axis[a][c] = a == c;
    if (d->n > DIAMETER_FITTED || d->n < 4) return;
    for (uint32_t i = 0; i < d->n; i++) {
        diameter_from(j, d->first + i, p);
        for (int c = 0; c < 3; c++) mean[c] += p[c] / d->n;
    }
    for (uint32_t i = 0; i < d->n; i++) {
        diameter_from(j, d->first + i, p);
        for (int a = 0; a < 3; a++)
            for (int c = 0; c < 3; c++) cov[a][c] += (p[a] - mean[a]) * (p[c] - mean[c]);
    }
    lm_jacobi_run(cov, d->axis);
}

static void diameter_box(const diameter_job *j, diameter_node *d)
{
    double lo[3] = {INFINITY, INFINITY, INFINITY}, hi[3] = {-INFINITY, -INFINITY, -INFINITY}, p[3], s = 0;
    diameter_axes(j, d);
    for (uint32_t i = 0; i < d->n; i++) {
        diameter_from(j, d->first + i, p);
        for (int a = 0; a < 3; a++) {
            double x = d->axis[a][0] * p[0] + d->axis[a][1] * p[1] + d->axis[a][2] * p[2];
            lo[a] = x < lo[a] ? x : lo[a];
            hi[a] = x > hi[a] ? x : hi[a];
        }
    }
    for (int a = 0; a < 3; a++) {
        d->half[a] = 0.5 * (hi[a] - lo[a]);
        s += d->half[a] * d->half[a];
        for (int c = 0; c < 3; c++) d->centre[c] += 0.5 * (lo[a] + hi[a]) * d->axis[a][c];
    }
    d->radius = sqrt(s);
    if (d->radius == 0) d->n = 1; /* all in one place */
}

/* Split in the middle of the longest side. Points that are one place by one place make the tree deep, but no deeper than the
 * doubles have bits. */
static lm_status diameter_tree(diameter_job *j, uint32_t first, uint32_t n, uint32_t *ret, lm_err *err)
{
    lm_status rc = lm_mem_grow(&j->node, &j->cap, j->nodes + 1, sizeof *j->node, err);
    if (rc) return rc;
    uint32_t at = (uint32_t)j->nodes++, left = 0;
    diameter_node d = {.first = first, .n = n};
    diameter_box(j, &d);
    int axis = 0;
    for (int a = 1; a < 3; a++)
        if (d.half[a] > d.half[axis]) axis = a;
    const double *u = d.axis[axis];
    double middle = u[0] * d.centre[0] + u[1] * d.centre[1] + u[2] * d.centre[2], p[3];
    for (uint32_t i = 0; i < n && d.n > DIAMETER_LEAF; i++) {
        diameter_from(j, first + i, p);
        if (u[0] * p[0] + u[1] * p[1] + u[2] * p[2] > middle) continue;
        uint32_t v = j->order[first + i];
        j->order[first + i] = j->order[first + left];
        j->order[first + left++] = v;
    }
    if (left && left < n) { /* else all in one place, or few: a leaf */
        if ((rc = diameter_tree(j, first, left, &d.left, err)) || (rc = diameter_tree(j, first + left, n - left, &d.right, err)))
            return rc;
    }
    j->node[at] = d;
    *ret = at;
    return LM_OK;
}

/* No two points of the boxes are farther apart, rounding included. Along the line of the centres the boxes reach as far as their
 * sides say, across it no farther than their corners: near the two ends of a diameter, where the boxes lie flat across it, what is
 * left over goes with the square of their size. */
static double diameter_most2(const diameter_node *a, const diameter_node *b)
{
    double d[3], length = 0, across = a->radius + b->radius, along;
    for (int c = 0; c < 3; c++) {
        d[c] = b->centre[c] - a->centre[c];
        length += d[c] * d[c];
    }
    length = along = sqrt(length);
    if (!(length > 0)) return across * across * (1 + 1e-12);
    for (int k = 0; k < 3; k++) {
        along += a->half[k] * fabs(a->axis[k][0] * d[0] + a->axis[k][1] * d[1] + a->axis[k][2] * d[2]) / length;
        along += b->half[k] * fabs(b->axis[k][0] * d[0] + b->axis[k][1] * d[1] + b->axis[k][2] * d[2]) / length;
    }
    double most2 = along * along + across * across, ball = length + across;
    return (most2 < ball * ball ? most2 : ball * ball) * (1 + 1e-12);
}

/* All pairs of points of two nodes, or of one with itself. */
static void diameter_pair(diameter_job *j, uint32_t a, uint32_t b)
{
    const diameter_node *x = &j->node[a], *y = &j->node[b];
    if (diameter_most2(x, y) <= j->best2) return;
    if (!x->left && !y->left) {
        for (uint32_t i = 0; i < x->n; i++)
            for (uint32_t k = a == b ? i + 1 : 0; k < y->n; k++) diameter_try(j, j->order[x->first + i], j->order[y->first + k]);
        return;
    }
    if (a == b) {
        diameter_pair(j, x->left, x->right);
        diameter_pair(j, x->left, x->left);
        diameter_pair(j, x->right, x->right);
        return;
    }
    bool split = x->left && (!y->left || x->radius >= y->radius); /* the larger one, the farther half first */
    uint32_t p = split ? x->left : y->left, q = split ? x->right : y->right, other = split ? b : a;
    if (diameter_most2(&j->node[p], &j->node[other]) < diameter_most2(&j->node[q], &j->node[other])) {
        uint32_t t = p;
        p = q;
        q = t;
    }
    diameter_pair(j, p, other);
    diameter_pair(j, q, other);
}

lm_status lm_diameter_of(const float *pos, const uint32_t *which, size_t n, lm_diameter *out, lm_err *err)
{
    diameter_job j = {.pos = pos, .out = out};
    uint32_t root = 0;
    lm_status rc = LM_OK;
    *out = (lm_diameter){0};
    if (n < 2) return LM_OK;
    if (!(j.order = lm_mem_alloc(n, sizeof *j.order, err))) return LM_ENOMEM;
    memcpy(j.order, which, n * sizeof *which);
    diameter_sweep(&j, n);
    n = diameter_filter(&j, n);
    j.origin = diameter_at(&j, 0);
    if (!(rc = diameter_tree(&j, 0, (uint32_t)n, &root, err))) diameter_pair(&j, root, root);
    out->mm = sqrt(j.best2);
    free(j.node);
    free(j.order);
    return rc;
}
