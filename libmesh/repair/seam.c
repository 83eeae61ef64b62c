/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "repair/seam.h"
#include "base/mem.h"
#include "repair/clash.h"
#include "surface/topo.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

typedef struct {
    uint32_t half, v;
    double at, far2; /* where on the half-edge, 0 to 1; squared distance from it */
} seam_hit;

typedef struct {
    const lm_mesh *m;
    const uint32_t *half; /* the open half-edges */
    seam_hit *hit;
    size_t hits, cap;
    uint32_t v; /* looked at now */
    double tol2;
    lm_status rc;
    lm_err *err;
} seam_work;

static const float *seam_at(const lm_mesh *m, uint32_t v)
{
    return m->pos + 3 * (size_t)v;
}

static uint32_t seam_next(uint32_t h)
{
    return h - h % 3 + (h + 1) % 3;
}

static double seam_far2(const float *p, const double q[3])
{
    double s = 0;
    for (int k = 0; k < 3; k++) s += (p[k] - q[k]) * (p[k] - q[k]);
    return s;
}

/* Does the vertex lie on open edge i? */
static bool seam_try(void *ctx, uint32_t i)
{
    seam_work *w = ctx;
    const lm_mesh *m = w->m;
    uint32_t h = w->half[i], a = m->tri[h], b = m->tri[seam_next(h)], c = m->tri[seam_next(seam_next(h))];
    const float *p = seam_at(m, a), *q = seam_at(m, b), *x = seam_at(m, w->v);
    double d[3], e[3], foot[3], dd = 0, de = 0;
    if (w->v == a || w->v == b || w->v == c) return false;
    for (int k = 0; k < 3; k++) {
        d[k] = (double)q[k] - p[k];
        e[k] = (double)x[k] - p[k];
        foot[k] = x[k];
        dd += d[k] * d[k];
        de += d[k] * e[k];
    }
    if (!(de > 0 && de < dd) || seam_far2(p, foot) <= w->tol2 || seam_far2(q, foot) <= w->tol2) return false;
    for (int k = 0; k < 3; k++) foot[k] = p[k] + de / dd * d[k];
    double far2 = seam_far2(x, foot);
    if (far2 > w->tol2) return false;
    if ((w->rc = lm_mem_grow(&w->hit, &w->cap, w->hits + 1, sizeof *w->hit, w->err))) return true;
    w->hit[w->hits++] = (seam_hit){h, w->v, de / dd, far2};
    return false;
}

static int seam_along(const void *p, const void *q)
{
    const seam_hit *a = p, *b = q;
    if (a->half != b->half) return a->half < b->half ? -1 : 1;
    if (a->at != b->at) return a->at < b->at ? -1 : 1;
    return (a->v > b->v) - (a->v < b->v);
}

static bool seam_joined(const lm_mesh *m, const lm_topo_corners *c, uint32_t a, uint32_t b)
{
    for (uint32_t i = c->start[a]; i < c->start[a + 1]; i++) {
        const uint32_t *v = m->tri + 3 * (size_t)(c->corner[i] / 3);
        if (v[0] == b || v[1] == b || v[2] == b) return true;
    }
    return false;
}

/* Split the triangles: of each its first edge with hits. Vertices at an end of a new edge are locked, so that what the
 * corners say of their edges stays true. */
static lm_status seam_split(lm_mesh *m, const seam_work *w, const lm_topo_corners *c, size_t *put, double *most2, lm_spots *where,
                            lm_err *err)
{
    size_t cap = 3 * m->nt, before = m->nt;
    unsigned char *lock = lm_mem_calloc(m->nv, 1, err), *split = lm_mem_calloc(before, 1, err);
    lm_status rc = lock && split ? LM_OK : LM_ENOMEM;
    for (size_t i = 0, j; i < w->hits && !rc; i = j) {
        uint32_t h = w->hit[i].half, t = h / 3, k = h % 3, apex = m->tri[seam_next(seam_next(h))];
        for (j = i; j < w->hits && w->hit[j].half == h; j++) continue;
        if (split[t] || lock[apex]) continue;
        for (size_t n = i; n < j && !rc; n++) {
            uint32_t v = w->hit[n].v, at = split[t] ? (uint32_t)m->nt - 1 : t; /* the rest of the edge is in the last one */
            if (lock[v] || seam_joined(m, c, v, apex)) continue;
            if (m->nt >= UINT32_MAX / 3)
                rc = lm_err_set(err, LM_ERANGE, NULL, "%zu triangles: the limit is %u", m->nt + 1, UINT32_MAX / 3);
            else rc = lm_mem_grow(&m->tri, &cap, 3 * (m->nt + 1), sizeof *m->tri, err);
            if (rc) break;
            uint32_t *x = m->tri + 3 * (size_t)at, *y = m->tri + 3 * m->nt++;
            memcpy(y, x, 3 * sizeof *y);
            x[(k + 1) % 3] = v;
            y[k] = v;
            split[t] = lock[v] = 1;
            ++*put;
            lm_spots_add(where, seam_at(m, v));
            if (w->hit[n].far2 > *most2) *most2 = w->hit[n].far2;
        }
        if (split[t]) lock[apex] = 1;
    }
    free(lock);
    free(split);
    return rc;
}

static lm_status seam_round(lm_mesh *m, double tol, int threads, size_t *put, double *most2, lm_spots *where, lm_err *err)
{
    lm_topo_corners c = LM_TOPO_CORNERS_INIT;
    lm_mesh edges = {.nv = m->nv, .pos = m->pos}; /* the open edges as triangles without area */
    lm_bvh tree = LM_BVH_INIT;
    uint32_t *mate = NULL, *half = NULL;
    seam_work w = {.m = m, .tol2 = tol * tol, .err = err};
    lm_status rc = lm_topo_corners_make(m, NULL, &c, err);
    if (rc) return rc;
    if (!(mate = lm_mem_alloc(3 * m->nt, sizeof *mate, err))) rc = LM_ENOMEM;
    if (rc || (rc = lm_topo_mates(m, &c, mate, err))) goto done;
    for (size_t h = 0; h < 3 * m->nt; h++) edges.nt += mate[h] == LM_TOPO_NONE;
    if (!edges.nt) goto done;
    if (!(half = lm_mem_alloc(edges.nt, sizeof *half, err)) || !(edges.tri = lm_mem_alloc(edges.nt, 3 * sizeof *edges.tri, err))) {
        rc = LM_ENOMEM;
        goto done;
    }
    size_t n = 0;
    for (uint32_t h = 0; h < 3 * m->nt; h++) {
        if (mate[h] != LM_TOPO_NONE) continue;
        uint32_t a = m->tri[h], b = m->tri[seam_next(h)];
        memcpy(edges.tri + 3 * n, (uint32_t[3]){a, b, a}, 3 * sizeof *edges.tri);
        half[n++] = h;
    }
    if ((rc = lm_bvh_build(&edges, NULL, threads, &tree, err))) goto done;
    w.half = half;
    for (size_t i = 0; i < n; i++) { /* each vertex at the open edge that leaves it */
        float lo[3], hi[3];
        w.v = edges.tri[3 * i];
        for (int k = 0; k < 3; k++) {
            double x = seam_at(m, w.v)[k];
            lo[k] = nextafterf((float)(x - tol), -INFINITY);
            hi[k] = nextafterf((float)(x + tol), INFINITY);
        }
        if (lm_clash_walk(&tree, lo, hi, seam_try, &w)) {
            rc = w.rc;
            goto done;
        }
    }
    if (!w.hits) goto done;
    qsort(w.hit, w.hits, sizeof *w.hit, seam_along);
    rc = seam_split(m, &w, &c, put, most2, where, err);
done:
    lm_topo_corners_release(&c);
    lm_bvh_release(&tree);
    free(edges.tri);
    free(mate);
    free(half);
    free(w.hit);
    return rc;
}

lm_status lm_seam_run(lm_mesh *m, double tol_mm, int threads, size_t *put, double *max_move_mm, lm_spots *where, lm_err *err)
{
    enum { ROUNDS = 64, ULPS = 16 };
    double lo[3], hi[3], most = 0, most2 = 0;
    size_t before;
    lm_status rc;
    *put = 0;
    lm_mesh_box(m, lo, hi);
    for (int k = 0; k < 3; k++) {
        if (-lo[k] > most) most = -lo[k];
        if (hi[k] > most) most = hi[k];
    }
    double ulp = (double)nextafterf((float)most, INFINITY) - most, tol = tol_mm > ULPS * ulp ? tol_mm : ULPS * ulp;
    int round = 0;
    do {
        before = *put;
        rc = seam_round(m, tol, threads, put, &most2, where, err);
    } while (!rc && *put > before && ++round < ROUNDS);
    *max_move_mm = sqrt(most2);
    return rc;
}
