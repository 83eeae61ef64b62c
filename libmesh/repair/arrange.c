/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "repair/arrange.h"
#include "base/mem.h"
#include "repair/arrange_cut.h"
#include "repair/clash.h"
#include "surface/topo.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

typedef struct {
    lm_arrange_faces *f;
    const lm_mesh *m;
    const lm_bvh *tree;
    lm_mesh all;       /* the faces as a mesh without positions */
    uint32_t *mate;    /* of its half-edges */
    uint32_t *up;      /* patches, as a forest of faces */
    signed char *keep; /* per patch's first face: +1 as it is, -1 turned round, 0 goes */
} arrange_work;

static uint32_t arrange_root(uint32_t *up, uint32_t i)
{
    while (up[i] != i) i = up[i] = up[up[i]];
    return i;
}

/* ---- one ray ---- */

typedef struct {
    lm_arrange_faces *f;
    uint32_t from; /* the point it starts at */
    int axis;
    int turns;    /* winding number just beyond the start */
    bool touched; /* it met an edge: another start is needed */
    lm_err *err;
    lm_status rc;
} arrange_ray;

static bool arrange_cross(void *ctx, uint32_t t)
{
    arrange_ray *r = ctx;
    lm_arrange_faces *f = r->f;
    const uint32_t *v = f->m->tri + 3 * (size_t)t;
    uint32_t p[3];
    int turn[3], sum = 0;
    for (int k = 0; k < 3; k++)
        if ((r->rc = lm_arrange_vertex(f, v[k], &p[k], r->err))) return true;
    for (int k = 0; k < 3; k++) {
        turn[k] = lm_implicit_turn(&f->points, p[k], p[(k + 1) % 3], r->from, r->axis);
        sum += turn[k];
    }
    if (sum == 3 || sum == -3) {
        lm_implicit_plane plane = lm_arrange_plane(f, t);
        int side = lm_implicit_side(&f->points, r->from, &plane), up = sum > 0 ? 1 : -1;
        if (side * up < 0) r->turns += up; /* above the start; one that the start lies on belongs to the face itself */
        return false;
    }
    bool left = false, right = false;
    for (int k = 0; k < 3; k++) left |= turn[k] > 0, right |= turn[k] < 0;
    r->touched = !(left && right);
    return r->touched;
}

/* A box around all that the ray can meet, in mm. */
static void arrange_column(const lm_arrange_faces *f, uint32_t p, int axis, float lo[3], float hi[3])
{
    for (int k = 0; k < 3; k++) {
        double x = lm_arrange_mm(f, p, k), slack = f->unit + fabs(x) * 0x1p-20;
        lo[k] = (float)(x - slack);
        hi[k] = k == axis ? INFINITY : (float)(x + slack);
    }
}

/* Winding numbers before and behind face i. False when no start was found that misses all edges. */
static lm_status arrange_sides(arrange_work *w, uint32_t i, int *front, int *back, bool *good, lm_err *err)
{
    static const int weight[][3] = {{1, 1, 1}, {5, 3, 7}, {11, 23, 13}, {41, 17, 29}, {3, 101, 47}, {97, 5, 61}};
    lm_arrange_faces *f = w->f;
    const lm_arrange_face *face = &f->face[i];
    lm_implicit_plane plane = lm_arrange_plane(f, face->from);
    int axis = lm_arrange_axis(&plane);
    uint32_t p[3];
    lm_status rc = LM_OK;
    *good = false;
    for (int k = 0; k < 3; k++)
        if ((rc = lm_arrange_point(f, face->v[k], &p[k], err))) return rc;
    for (size_t n = 0; n < sizeof weight / sizeof *weight && !*good; n++) {
        arrange_ray r = {.f = f, .axis = axis, .err = err};
        float lo[3], hi[3];
        if ((rc = lm_implicit_mean(&f->points, p, weight[n], &r.from, err))) return rc;
        arrange_column(f, r.from, axis, lo, hi);
        lm_clash_walk(w->tree, lo, hi, arrange_cross, &r);
        if (r.rc) return r.rc;
        if (r.touched) continue;
        int up = lm_implicit_turn(&f->points, p[0], p[1], p[2], axis) > 0 ? 1 : -1, below = r.turns + up * face->times;
        *front = up > 0 ? r.turns : below;
        *back = up > 0 ? below : r.turns;
        *good = true;
    }
    return LM_OK;
}

/* ---- patches ---- */

/* The faces joined over edges of two that run against each other. */
static lm_status arrange_patches(arrange_work *w, lm_err *err)
{
    const lm_arrange_faces *f = w->f;
    lm_topo_corners c = LM_TOPO_CORNERS_INIT;
    size_t n = f->faces;
    w->all.nv = f->m->nv + f->points.n;
    w->all.nt = n;
    lm_status rc = LM_ENOMEM;
    if (!(w->all.tri = lm_mem_alloc(n, 3 * sizeof *w->all.tri, err)) || !(w->mate = lm_mem_alloc(n, 3 * sizeof *w->mate, err)) ||
        !(w->up = lm_mem_alloc(n, sizeof *w->up, err)))
        return rc;
    for (size_t i = 0; i < n; i++) memcpy(w->all.tri + 3 * i, f->face[i].v, sizeof f->face[i].v);
    if (!(rc = lm_topo_corners_make(&w->all, NULL, &c, err))) rc = lm_topo_mates(&w->all, &c, w->mate, err);
    lm_topo_corners_release(&c);
    if (rc) return rc;
    for (uint32_t i = 0; i < n; i++) w->up[i] = i;
    for (uint32_t h = 0; h < 3 * n; h++) {
        uint32_t g = w->mate[h];
        if (g >= LM_TOPO_MANY || w->all.tri[h] == w->all.tri[g] || f->face[h / 3].times != f->face[g / 3].times) continue;
        uint32_t a = arrange_root(w->up, h / 3), b = arrange_root(w->up, g / 3);
        if (a < b) w->up[b] = a;
        else w->up[a] = b;
    }
    return LM_OK;
}

/* Keep what lies between inside and outside. *good: the sides of all patches are known. */
static lm_status arrange_classify(arrange_work *w, bool *good, lm_err *err)
{
    const size_t n = w->f->faces;
    uint32_t *largest = lm_mem_alloc(n, sizeof *largest, err);
    double *area = lm_mem_calloc(n, sizeof *area, err);
    lm_status rc = LM_ENOMEM;
    *good = true;
    if (!largest || !area || !(w->keep = lm_mem_calloc(n, 1, err))) goto done;
    rc = LM_OK;
    for (uint32_t i = 0; i < n; i++) {
        uint32_t r = arrange_root(w->up, i);
        double a = lm_arrange_area(w->f, i);
        if (r != i && a <= area[r]) continue;
        largest[r] = i;
        area[r] = a;
    }
    for (uint32_t i = 0; i < n && !rc && *good; i++) {
        int front = 0, back = 0;
        if (w->up[i] != i) continue;
        if ((rc = arrange_sides(w, largest[i], &front, &back, good, err)) || !*good) break;
        if (front < 1 && back >= 1) w->keep[i] = 1;
        if (front >= 1 && back < 1) w->keep[i] = -1;
    }
done:
    free(largest);
    free(area);
    return rc;
}

/* ---- the result ---- */

/* Vertices as before, then the points that are in use; faces that stay. */
static lm_status arrange_write(arrange_work *w, lm_mesh *m, lm_arrange *out, uint32_t **from, lm_err *err)
{
    const lm_arrange_faces *f = w->f;
    lm_mesh fresh = LM_MESH_INIT;
    size_t nt = 0, nv = m->nv;
    uint32_t *name = lm_mem_calloc(f->points.n, sizeof *name, err);
    if (!name) return LM_ENOMEM;
    for (uint32_t i = 0; i < f->faces; i++) {
        if (!w->keep[arrange_root(w->up, i)]) continue;
        nt++;
        for (int k = 0; k < 3; k++) {
            uint32_t v = f->face[i].v[k];
            if (v >= m->nv && !name[v - m->nv]) name[v - m->nv] = (uint32_t)nv++;
        }
    }
    lm_status rc = lm_mesh_alloc(&fresh, nv, nt, err);
    if (!rc && from && !(*from = lm_mem_alloc(nt, sizeof **from, err))) rc = LM_ENOMEM;
    if (rc) goto done;
    memcpy(fresh.pos, m->pos, 3 * m->nv * sizeof *m->pos);
    for (size_t v = 0; v < m->nv; v++) /* what others were cut by lies on the grid */
        if (f->place[v] != LM_IMPLICIT_NONE) memcpy(fresh.pos + 3 * v, f->m->pos + 3 * v, 3 * sizeof *m->pos);
    for (uint32_t p = 0; p < f->points.n; p++) {
        double d2 = 0;
        for (int k = 0; k < 3 && name[p]; k++) {
            double x = lm_arrange_mm(f, p, k);
            float r = (float)x;
            fresh.pos[3 * (size_t)name[p] + (size_t)k] = r;
            d2 += (x - r) * (x - r);
        }
        if (d2 > out->max_move_mm * out->max_move_mm) out->max_move_mm = sqrt(d2);
    }
    nt = 0;
    for (uint32_t i = 0; i < f->faces; i++) {
        int keep = w->keep[arrange_root(w->up, i)];
        if (keep && from) (*from)[nt] = f->face[i].from;
        for (int k = 0; k < 3 && keep; k++) {
            uint32_t v = f->face[i].v[keep > 0 ? k : 2 - k];
            fresh.tri[3 * nt + (size_t)k] = v < m->nv ? v : name[v - m->nv];
        }
        nt += keep != 0;
    }
    out->points = nv - m->nv;
    out->removed = f->faces - nt;
    fresh.space = m->space;
    fresh.parts = m->parts;
    m->parts = (lm_parts)LM_PARTS_INIT;
    lm_mesh_release(m);
    *m = fresh;
    fresh = (lm_mesh)LM_MESH_INIT;
    out->done = true;
done:
    lm_mesh_release(&fresh);
    free(name);
    return rc;
}

/* Has every edge as many triangles each way? */
static lm_status arrange_balanced(const lm_mesh *m, int threads, bool *good, lm_err *err)
{
    lm_topo t = LM_TOPO_INIT;
    lm_status rc = lm_topo_make(m, NULL, threads, &t, err);
    *good = !rc && !t.open && !t.unbalanced && m->nt > 0;
    lm_topo_release(&t);
    return rc;
}

static lm_status arrange_tree(const lm_mesh *m, int threads, lm_bvh *tree, lm_err *err)
{
    unsigned char *flat = lm_mem_alloc(m->nt, 1, err);
    if (!flat) return LM_ENOMEM;
    for (size_t t = 0; t < m->nt; t++) flat[t] = lm_clash_flat(m, m->tri + 3 * t);
    lm_status rc = lm_bvh_build(m, flat, threads, tree, err);
    free(flat);
    return rc;
}

static lm_status arrange_all(lm_mesh *m, bool always, int threads, lm_arrange *out, uint32_t **from, lm_err *err)
{
    lm_bvh tree = LM_BVH_INIT;
    lm_mesh sub = {.nv = m->nv, .nt = m->nt}; /* as it is on the grid */
    lm_arrange_faces f = {.m = &sub};
    arrange_work w = {.f = &f, .m = &sub, .tree = &tree};
    bool good = false;
    *out = (lm_arrange){.done = false};
    lm_status rc = arrange_balanced(m, threads, &good, err);
    if (rc || !good) return rc;
    good = false;
    rc = LM_ENOMEM;
    if (!(sub.tri = lm_mem_alloc(m->nt, 3 * sizeof *sub.tri, err)) || !(sub.pos = lm_mem_alloc(m->nv, 3 * sizeof *sub.pos, err)))
        goto done;
    memcpy(sub.tri, m->tri, 3 * m->nt * sizeof *m->tri);
    memcpy(sub.pos, m->pos, 3 * m->nv * sizeof *m->pos);
    if ((rc = lm_arrange_grid(&f, err))) goto done;
    /* vertices that became one may have laid sheets on each other, which then meet nowhere but are there twice */
    always = always || sub.nt != m->nt || memcmp(sub.tri, m->tri, 3 * m->nt * sizeof *m->tri) != 0;
    if (from && sub.nt != m->nt) {
        rc = lm_err_set(err, LM_ERANGE, NULL, "two vertices are nearer to each other than 2^-40 of the mesh");
        goto done;
    }
    if ((rc = arrange_tree(&sub, threads, &tree, err)) || (rc = lm_arrange_faces_make(&f, &tree, always, threads, &good, err)) ||
        !good)
        goto done;
    out->pairs = f.pairs;
    out->cut = f.cut;
    out->where = f.where;
    if ((rc = arrange_patches(&w, err)) || (rc = arrange_classify(&w, &good, err)) || !good) goto done;
    rc = arrange_write(&w, m, out, from, err);
done:
    lm_arrange_faces_release(&f);
    lm_bvh_release(&tree);
    free(sub.tri);
    free(sub.pos);
    free(w.all.tri);
    free(w.mate);
    free(w.up);
    free(w.keep);
    return rc;
}

lm_status lm_arrange_trace(lm_mesh *m, int threads, lm_arrange *out, uint32_t **from, lm_err *err)
{
    return arrange_all(m, false, threads, out, from, err);
}

lm_status lm_arrange_run(lm_mesh *m, int threads, lm_arrange *out, lm_err *err)
{
    return arrange_all(m, false, threads, out, NULL, err);
}

lm_status lm_arrange_sort(lm_mesh *m, int threads, lm_arrange *out, lm_err *err)
{
    return arrange_all(m, true, threads, out, NULL, err);
}
