/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "diff/tricell.h"

#include <math.h>

double lm_tricell_from(const lm_nearest *to, uint32_t t, const double p[3])
{
    const float *pos = to->mesh->pos;
    const uint32_t *v = to->mesh->tri + 3 * (size_t)t;
    return lm_nearest_triangle(pos + 3 * (size_t)v[0], pos + 3 * (size_t)v[1], pos + 3 * (size_t)v[2], p, NULL);
}

/* The greatest squared distance of the corners from triangle t; stops above limit. */
static double tricell_corners(const lm_nearest *to, const lm_tricell *x, uint32_t t, double limit)
{
    double worst = 0;
    for (int i = 0; i < 3 && worst <= limit; i++) {
        double d2 = x->c[i].t == t ? x->c[i].d * x->c[i].d : lm_tricell_from(to, t, x->c[i].p);
        if (d2 > worst) worst = d2;
    }
    return worst;
}

/* The least of that over all triangles of the tree, or limit; the first that is found of at most enough. *tri: its triangle, if
 * any. */
static double tricell_convex(const lm_nearest *to, const lm_tricell *x, double limit, double enough, uint32_t *tri)
{
    struct {
        double d2;
        uint32_t node;
    } stack[LM_BVH_DEPTH];
    int top = 0;
    const lm_bvh_node *node = to->bvh.node;
    for (uint32_t at = 0;;) {
        const lm_bvh_node *b = node + at;
        if (b->n) {
            for (uint32_t i = b->at; i < b->at + b->n; i++) {
                double d2 = tricell_corners(to, x, to->bvh.item[i], limit);
                if (d2 < limit) limit = d2, *tri = to->bvh.item[i];
                if (limit <= enough) return limit;
            }
        } else {
            uint32_t child[2] = {at + 1, b->at};
            double far[2] = {0, 0};
            for (int i = 0; i < 2; i++)
                for (int k = 0; k < 3 && far[i] < limit; k++) {
                    const double d2 = lm_nearest_box(node[child[i]].lo, node[child[i]].hi, x->c[k].p);
                    if (d2 > far[i]) far[i] = d2;
                }
            int near = far[1] < far[0];
            if (far[!near] < limit) stack[top].d2 = far[!near], stack[top++].node = child[!near];
            if (far[near] < limit) {
                at = child[near];
                continue;
            }
        }
        /* cppcheck-suppress uninitvar; set below top */
        while (top && stack[top - 1].d2 >= limit) top--;
        if (!top) return limit;
        at = stack[--top].node;
    }
}

void lm_tricell_bound(const lm_nearest *to, lm_tricell *x, double enough)
{
    uint32_t any;
    double hi = x->hi, hi2, top = fmax(x->c[0].d, fmax(x->c[1].d, x->c[2].d));
    for (int i = 0; i < 3; i++) {
        double far = sqrt(fmax(lm_tricell_dist2(x->c[i].p, x->c[(i + 1) % 3].p), lm_tricell_dist2(x->c[i].p, x->c[(i + 2) % 3].p)));
        hi = fmin(hi, x->c[i].d + far);
    }
    hi2 = hi * hi;
    for (int i = 0; i < 3; i++) {
        if ((i && x->c[i].t == x->c[0].t) || (i == 2 && x->c[2].t == x->c[1].t)) continue;
        double d2 = tricell_corners(to, x, x->c[i].t, hi2);
        if (d2 < hi2) hi2 = d2, hi = sqrt(d2);
    }
    if (hi > enough && hi > top) hi = fmin(hi, sqrt(tricell_convex(to, x, hi2, -1, &any)));
    x->hi = fmax(hi, top); /* what a corner has is no less by rounding */
}

bool lm_tricell_within(const lm_nearest *to, lm_tricell *x, double most, uint32_t *near)
{
    double far2 = *near == LM_NEAREST_NONE ? INFINITY : 0;
    for (int i = 0; i < 3; i++) x->c[i].t = LM_NEAREST_NONE;
    if (*near != LM_NEAREST_NONE) far2 = tricell_corners(to, x, *near, most * most);
    if (far2 > most * most) {
        uint32_t tri = LM_NEAREST_NONE;
        far2 = tricell_convex(to, x, nextafter(most * most, INFINITY), most * most, &tri);
        if (tri == LM_NEAREST_NONE) return false;
        *near = tri;
    }
    x->hi = fmin(x->hi, sqrt(far2));
    return true;
}
