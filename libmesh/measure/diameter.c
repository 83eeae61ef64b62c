/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "measure/diameter.h"
#include "base/mem.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { DIAMETER_LEAF = 8, DIAMETER_SWEEPS = 4 };

typedef struct {
    float lo[3], hi[3];
    uint32_t first, n;    /* of the points in order */
    uint32_t left, right; /* 0: a leaf */
} diameter_node;

typedef struct {
    const lm_mesh *m;
    uint32_t *order;
    diameter_node *node;
    size_t nodes, cap;
    double best2;
    lm_diameter *out;
} diameter_job;

static const float *diameter_at(const diameter_job *j, size_t i)
{
    return j->m->pos + 3 * (size_t)j->order[i];
}

static double diameter_between2(const float *p, const float *q)
{
    double s = 0;
    for (int c = 0; c < 3; c++) s += ((double)p[c] - (double)q[c]) * ((double)p[c] - (double)q[c]);
    return s;
}

static void diameter_try(diameter_job *j, uint32_t a, uint32_t b)
{
    double d2 = diameter_between2(j->m->pos + 3 * (size_t)a, j->m->pos + 3 * (size_t)b);
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
            double d2 = diameter_between2(j->m->pos + 3 * (size_t)from, diameter_at(j, i));
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

/* Split in the middle of the longest side. */
static lm_status diameter_tree(diameter_job *j, uint32_t first, uint32_t n, uint32_t *ret, lm_err *err)
{
    lm_status rc = lm_mem_grow(&j->node, &j->cap, j->nodes + 1, sizeof *j->node, err);
    if (rc) return rc;
    uint32_t at = (uint32_t)j->nodes++;
    diameter_node d = {.first = first, .n = n};
    for (int c = 0; c < 3; c++) {
        d.lo[c] = INFINITY;
        d.hi[c] = -INFINITY;
    }
    for (uint32_t i = 0; i < n; i++)
        for (int c = 0; c < 3; c++) {
            float x = diameter_at(j, first + i)[c];
            d.lo[c] = x < d.lo[c] ? x : d.lo[c];
            d.hi[c] = x > d.hi[c] ? x : d.hi[c];
        }
    int axis = 0;
    for (int c = 1; c < 3; c++)
        if (d.hi[c] - d.lo[c] > d.hi[axis] - d.lo[axis]) axis = c;
    double middle = 0.5 * ((double)d.lo[axis] + (double)d.hi[axis]);
    uint32_t left = 0;
    for (uint32_t i = 0; i < n && n > DIAMETER_LEAF; i++) {
        uint32_t v = j->order[first + i];
        if ((double)j->m->pos[3 * (size_t)v + (size_t)axis] > middle) continue;
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

static double diameter_most2(const diameter_node *a, const diameter_node *b)
{
    double s = 0;
    for (int c = 0; c < 3; c++) {
        double x = (double)a->hi[c] - (double)b->lo[c], y = (double)b->hi[c] - (double)a->lo[c], d = x > y ? x : y;
        s += d * d;
    }
    return s;
}

static double diameter_size(const diameter_node *a)
{
    double s = 0;
    for (int c = 0; c < 3; c++) s = (double)a->hi[c] - (double)a->lo[c] > s ? (double)a->hi[c] - (double)a->lo[c] : s;
    return s;
}

/* All pairs of points of two nodes. The tree is as deep as the floats have bits at most (128 + 149 a side), and so is this. */
static void diameter_pair(diameter_job *j, uint32_t a, uint32_t b)
{
    const diameter_node *x = &j->node[a], *y = &j->node[b];
    if (diameter_most2(x, y) <= j->best2) return;
    if (!x->left && !y->left) {
        for (uint32_t i = 0; i < x->n; i++)
            for (uint32_t k = 0; k < y->n; k++) diameter_try(j, j->order[x->first + i], j->order[y->first + k]);
        return;
    }
    bool split = x->left && (!y->left || diameter_size(x) >= diameter_size(y)); /* the larger one, the farther half first */
    uint32_t p = split ? x->left : y->left, q = split ? x->right : y->right, other = split ? b : a;
    if (diameter_most2(&j->node[p], &j->node[other]) < diameter_most2(&j->node[q], &j->node[other])) {
        uint32_t t = p;
        p = q;
        q = t;
    }
    diameter_pair(j, p, other);
    diameter_pair(j, q, other);
}

lm_status lm_diameter_of(const lm_mesh *m, lm_diameter *out, lm_err *err)
{
    diameter_job j = {.m = m, .best2 = 0, .out = out};
    uint32_t root = 0;
    size_t n = 0;
    *out = (lm_diameter){0};
    uint8_t *used = lm_mem_calloc(m->nv, 1, err);
    lm_status rc = used && (j.order = lm_mem_alloc(m->nv, sizeof *j.order, err)) ? LM_OK : LM_ENOMEM;
    for (size_t i = 0; i < 3 * m->nt && !rc; i++) used[m->tri[i]] = 1;
    for (size_t v = 0; v < m->nv && !rc; v++)
        if (used[v]) j.order[n++] = (uint32_t)v;
    if (!rc && n > 1) {
        diameter_sweep(&j, n);
        n = diameter_filter(&j, n);
        if (!(rc = diameter_tree(&j, 0, (uint32_t)n, &root, err))) diameter_pair(&j, root, root);
    }
    out->mm = sqrt(j.best2);
    free(j.node);
    free(j.order);
    free(used);
    return rc;
}
