/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "repair/rings.h"
#include "base/mem.h"
#include "repair/clash.h"
#include "repair/outline.h"
#include "repair/vec.h"

#include <stdlib.h>
#include <string.h>

enum { RINGS_SAMPLES = 400 }; /* vertices of a loop that distances are measured between */

typedef struct {
    double normal[3], at[3], area; /* unit normal; middle of the vertices */
    float lo[3], hi[3];
    uint32_t loop;
} rings_loop;

typedef struct {
    const lm_mesh *m;
    const uint32_t *v;
    const size_t *start;
    const rings_loop *by; /* large ones first */
    const uint32_t *rank; /* of each loop in there */
    uint32_t *outer;
    const rings_loop *at; /* the one that others are looked for in */
} rings_work;

static void rings_measure(const lm_mesh *m, const uint32_t *v, size_t n, rings_loop *l)
{
    l->at[0] = l->at[1] = l->at[2] = 0;
    for (int k = 0; k < 3; k++) l->lo[k] = INFINITY, l->hi[k] = -INFINITY;
    for (size_t i = 0; i < n; i++)
        for (int k = 0; k < 3; k++) {
            float x = lm_vec_at(m, v[i])[k];
            if (x < l->lo[k]) l->lo[k] = x;
            if (x > l->hi[k]) l->hi[k] = x;
            l->at[k] += x;
        }
    for (int k = 0; k < 3; k++) l->at[k] /= (double)n;
    lm_outline_normal(m->pos, v, n, l->normal);
    l->area = lm_vec_unit(l->normal);
}

static int rings_larger(const void *p, const void *q)
{
    const rings_loop *a = p, *b = q;
    if (a->area != b->area) return a->area > b->area ? -1 : 1;
    return (a->loop > b->loop) - (a->loop < b->loop);
}

/* Seen along the normal of `l`, does p lie within it? */
static bool rings_within(const rings_work *w, const rings_loop *l, const float p[3])
{
    size_t from = w->start[l->loop], n = w->start[l->loop + 1] - from;
    float q[2], a[2], b[2];
    bool in = false;
    lm_outline_project(l->normal, l->at, p, q);
    lm_outline_project(l->normal, l->at, lm_vec_at(w->m, w->v[from + n - 1]), a);
    for (size_t i = 0; i < n; i++, a[0] = b[0], a[1] = b[1]) {
        lm_outline_project(l->normal, l->at, lm_vec_at(w->m, w->v[from + i]), b);
        if ((a[1] > q[1]) == (b[1] > q[1])) continue;
        double x = a[0] + ((double)q[1] - a[1]) * ((double)b[0] - a[0]) / ((double)b[1] - a[1]);
        if (q[0] < x) in = !in;
    }
    return in;
}

/* Square of the distance of p from the edge between two places of the list, seen along the normal of `l`. */
static double rings_apart(const rings_work *w, const rings_loop *l, const float p[3], size_t from, size_t to)
{
    double d[3], e[3];
    lm_vec_sub(p, lm_vec_at(w->m, w->v[from]), d);
    lm_vec_sub(lm_vec_at(w->m, w->v[to]), lm_vec_at(w->m, w->v[from]), e);
    double hd = lm_vec_dot(d, l->normal), he = lm_vec_dot(e, l->normal);
    for (int k = 0; k < 3; k++) d[k] -= hd * l->normal[k], e[k] -= he * l->normal[k];
    double ee = lm_vec_dot(e, e), f = ee > 0 ? lm_vec_dot(d, e) / ee : 0;
    f = f < 0 ? 0 : f > 1 ? 1 : f;
    for (int k = 0; k < 3; k++) d[k] -= f * e[k];
    return lm_vec_dot(d, d);
}

/* Does the inner loop lie off the plane of the outer one by less than the gap between them? */
static bool rings_level(const rings_work *w, const rings_loop *outer, const rings_loop *inner)
{
    size_t fo = w->start[outer->loop], no = w->start[outer->loop + 1] - fo, so = no / RINGS_SAMPLES + 1;
    size_t fi = w->start[inner->loop], ni = w->start[inner->loop + 1] - fi, si = ni / RINGS_SAMPLES + 1;
    double off = 0, gap = INFINITY;
    for (size_t i = 0; i < ni; i += si) {
        const float *p = lm_vec_at(w->m, w->v[fi + i]);
        double h = 0;
        for (int k = 0; k < 3; k++) h += outer->normal[k] * (p[k] - outer->at[k]);
        if (fabs(h) > off) off = fabs(h);
        for (size_t j = 0; j < no; j += so) {
            double flat = rings_apart(w, outer, p, fo + j, fo + (j + so < no ? j + so : 0));
            if (flat < gap) gap = flat;
        }
    }
    return off * off < gap;
}

/* The item of the tree is the box of a loop. */
static bool rings_ask(void *ctx, uint32_t loop)
{
    const rings_work *w = ctx;
    const rings_loop *l = w->at, *o = &w->by[w->rank[loop]];
    if (w->rank[loop] <= w->rank[l->loop] || lm_vec_dot(l->normal, o->normal) > -0.5) return false;
    if (!rings_within(w, l, lm_vec_at(w->m, w->v[w->start[loop]])) || !rings_level(w, l, o)) return false;
    w->outer[loop] = l->loop; /* smaller ones come later */
    return false;
}

lm_status lm_rings_nest(const lm_mesh *m, const uint32_t *v, const size_t *start, size_t loops, uint32_t *outer, lm_err *err)
{
    rings_work w = {.m = m, .v = v, .start = start, .outer = outer};
    rings_loop *by = lm_mem_alloc(loops, sizeof *by, err);
    uint32_t *rank = lm_mem_alloc(loops, sizeof *rank, err);
    lm_mesh boxes = LM_MESH_INIT; /* the loops' boxes as triangles, for the tree */
    lm_bvh tree = LM_BVH_INIT;
    lm_status rc = by && rank ? lm_mesh_alloc(&boxes, 2 * loops, loops, err) : LM_ENOMEM;
    if (rc) goto done;
    for (uint32_t i = 0; i < loops; i++) {
        by[i].loop = i;
        outer[i] = LM_RINGS_NONE;
        rings_measure(m, v + start[i], start[i + 1] - start[i], &by[i]);
        memcpy(boxes.pos + 6 * (size_t)i, by[i].lo, sizeof by[i].lo);
        memcpy(boxes.pos + 6 * (size_t)i + 3, by[i].hi, sizeof by[i].hi);
        for (uint32_t k = 0; k < 3; k++) boxes.tri[3 * (size_t)i + k] = 2 * i + (k > 0);
    }
    if ((rc = lm_bvh_build(&boxes, NULL, 1, &tree, err))) goto done;
    qsort(by, loops, sizeof *by, rings_larger);
    for (uint32_t i = 0; i < loops; i++) rank[by[i].loop] = i;
    w.by = by;
    w.rank = rank;
    for (size_t i = 0; i < loops; i++) {
        w.at = &by[i];
        float lo[3], hi[3], most = 0;
        for (int k = 0; k < 3; k++) most = by[i].hi[k] - by[i].lo[k] > most ? by[i].hi[k] - by[i].lo[k] : most;
        for (int k = 0; k < 3; k++) lo[k] = by[i].lo[k] - 0.5f * most, hi[k] = by[i].hi[k] + 0.5f * most; /* no gap is wider */
        if (outer[by[i].loop] == LM_RINGS_NONE && by[i].area > 0) (void)lm_clash_walk(&tree, lo, hi, rings_ask, &w);
    }
done:
    lm_bvh_release(&tree);
    lm_mesh_release(&boxes);
    free(by);
    free(rank);
    return rc;
}
