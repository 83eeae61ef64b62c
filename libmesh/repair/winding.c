/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "repair/winding.h"
#include "base/mem.h"

#include <math.h>
#include <stdlib.h>

#define WINDING_FAR 2.5 /* radii of a group from which on it is one dipole */
#define WINDING_PI 3.14159265358979323846

struct lm_winding_group {
    double area[3]; /* sum of the area vectors */
    double at[3];   /* centre, weighted by area */
    double sum;     /* of the areas */
    double far2;    /* squared distance from which on the dipole serves */
};

/* atan of x >= 0, by halving the angle three times and its series; error below 1e-12. */
static double winding_atan(double x)
{
    if (x > 1) return WINDING_PI / 2 - winding_atan(1 / x);
    double sum = 0;
    for (int i = 0; i < 3; i++) x = x / (1 + sqrt(1 + x * x));
    for (int k = 15; k >= 1; k -= 2) sum = 1.0 / k - x * x * sum;
    return 8 * x * sum;
}

/* Solid angle of a triangle seen from p, signed, over 4 pi. */
static double winding_near(const lm_mesh *m, uint32_t t, const double p[3])
{
    double v[3][3], len[3], x[3], y;
    for (int i = 0; i < 3; i++) {
        const float *q = m->pos + 3 * (size_t)m->tri[3 * (size_t)t + (size_t)i];
        for (int k = 0; k < 3; k++) v[i][k] = q[k] - p[k];
        len[i] = sqrt(v[i][0] * v[i][0] + v[i][1] * v[i][1] + v[i][2] * v[i][2]);
    }
    for (int k = 0; k < 3; k++) x[k] = v[1][(k + 1) % 3] * v[2][(k + 2) % 3] - v[1][(k + 2) % 3] * v[2][(k + 1) % 3];
    double det = v[0][0] * x[0] + v[0][1] * x[1] + v[0][2] * x[2];
    y = len[0] * len[1] * len[2];
    for (int i = 0; i < 3; i++) {
        const double *a = v[i], *b = v[(i + 1) % 3];
        y += (a[0] * b[0] + a[1] * b[1] + a[2] * b[2]) * len[(i + 2) % 3];
    }
    if (det == 0) return 0;
    double half = y == 0 ? WINDING_PI / 2 : winding_atan(fabs(det / y));
    if (y < 0) half = WINDING_PI - half;
    return (det > 0 ? half : -half) / (2 * WINDING_PI);
}

double lm_winding_at(const lm_winding *w, const double p[3])
{
    uint32_t stack[LM_BVH_DEPTH];
    double sum = 0;
    int n = w->bvh.nodes > 0;
    stack[0] = 0;
    while (n) {
        uint32_t i = stack[--n];
        const lm_bvh_node *node = &w->bvh.node[i];
        const lm_winding_group *g = &w->group[i];
        double d[3], d2 = 0;
        for (int k = 0; k < 3; k++) {
            d[k] = g->at[k] - p[k];
            d2 += d[k] * d[k];
        }
        if (d2 > g->far2) {
            sum += (g->area[0] * d[0] + g->area[1] * d[1] + g->area[2] * d[2]) / (4 * WINDING_PI * d2 * sqrt(d2));
        } else if (!node->n) {
            stack[n++] = node->at;
            stack[n++] = i + 1;
        } else {
            for (uint32_t k = 0; k < node->n; k++) sum += winding_near(w->mesh, w->bvh.item[node->at + k], p);
        }
    }
    return sum;
}

static void winding_leaf(const lm_mesh *m, uint32_t t, lm_winding_group *g)
{
    double e[2][3], area[3], mid[3];
    const float *p[3];
    for (int i = 0; i < 3; i++) p[i] = m->pos + 3 * (size_t)m->tri[3 * (size_t)t + (size_t)i];
    for (int k = 0; k < 3; k++) {
        e[0][k] = (double)p[1][k] - p[0][k];
        e[1][k] = (double)p[2][k] - p[0][k];
        mid[k] = ((double)p[0][k] + p[1][k] + p[2][k]) / 3;
    }
    for (int k = 0; k < 3; k++) area[k] = (e[0][(k + 1) % 3] * e[1][(k + 2) % 3] - e[0][(k + 2) % 3] * e[1][(k + 1) % 3]) / 2;
    double size = sqrt(area[0] * area[0] + area[1] * area[1] + area[2] * area[2]);
    g->sum += size;
    for (int k = 0; k < 3; k++) {
        g->area[k] += area[k];
        g->at[k] += size * mid[k];
    }
}

/* Children come after their parent: from the last node on all is there when it is needed. */
static void winding_sum(lm_winding *w)
{
    for (size_t i = w->bvh.nodes; i-- > 0;) {
        const lm_bvh_node *node = &w->bvh.node[i];
        lm_winding_group *g = &w->group[i];
        for (uint32_t k = 0; k < node->n; k++) winding_leaf(w->mesh, w->bvh.item[node->at + k], g);
        for (int c = 0; !node->n && c < 2; c++) {
            const lm_winding_group *h = &w->group[c ? node->at : i + 1];
            g->sum += h->sum;
            for (int k = 0; k < 3; k++) {
                g->area[k] += h->area[k];
                g->at[k] += h->sum * h->at[k];
            }
        }
        double reach2 = 0;
        for (int k = 0; k < 3; k++) {
            g->at[k] = g->sum > 0 ? g->at[k] / g->sum : 0.5 * ((double)node->lo[k] + node->hi[k]);
            double l = g->at[k] - node->lo[k], h = node->hi[k] - g->at[k];
            l = l > h ? l : h;
            reach2 += l * l;
        }
        g->far2 = WINDING_FAR * WINDING_FAR * reach2;
    }
}

lm_status lm_winding_build(const lm_mesh *m, int threads, lm_winding *out, lm_err *err)
{
    lm_winding_release(out);
    lm_status rc = lm_bvh_build(m, NULL, threads, &out->bvh, err);
    if (rc) return rc;
    out->mesh = m;
    if (!(out->group = lm_mem_calloc(out->bvh.nodes, sizeof *out->group, err))) {
        lm_winding_release(out);
        return LM_ENOMEM;
    }
    winding_sum(out);
    return LM_OK;
}

void lm_winding_release(lm_winding *w)
{
    lm_bvh_release(&w->bvh);
    free(w->group);
    *w = (lm_winding)LM_WINDING_INIT;
}
