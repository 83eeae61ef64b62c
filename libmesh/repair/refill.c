/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "repair/refill.h"
#include "base/mem.h"
#include "repair/clash.h"
#include "repair/fair.h"
#include "repair/holes.h"
#include "repair/vec.h"
#include "surface/intersect.h"
#include "surface/nearest.h"
#include "surface/topo.h"

#include <stdlib.h>
#include <string.h>

static const unsigned refill_rings[] = {0, 1, 1, 2, 2, 3, 4, 6};
enum { REFILL_CRUMB = 64, REFILL_OUTLINE = 16 };
#define REFILL_CRUMB_SHARE 0.01 /* of a component's area: pieces between patches that go with them */

typedef struct {
    lm_mesh *m;
    lm_topo_corners c;
    lm_topo topo;
    uint32_t *mate;
    double *area; /* per component */
    unsigned char *mark, *vertex;
} refill_work;

typedef struct {
    double (*at)[3];
    size_t n, cap;
} refill_points;

/* All triangles at vertices whose triangles are not one fan: going around from one of them, by neighbours, not all are met. */
static void refill_fans(const lm_mesh *m, const lm_topo_corners *c, const uint32_t *mate, unsigned char *mark)
{
    for (uint32_t v = 0; v < m->nv; v++) {
        uint32_t n = c->start[v + 1] - c->start[v], met = 0, open = 0;
        if (!n) continue;
        uint32_t first = c->corner[c->start[v]], h = first;
        do { /* the edge that ends at v, to the next corner counter-clockwise */
            uint32_t g = mate[h % 3 ? h - 1 : h + 2];
            met++;
            if (g >= LM_TOPO_MANY || m->tri[g] != v) break;
            h = g;
        } while (h != first && met <= n);
        for (uint32_t i = c->start[v]; i < c->start[v + 1]; i++) {
            uint32_t k = c->corner[i];
            open += (mate[k] >= LM_TOPO_MANY) + (mate[k % 3 ? k - 1 : k + 2] >= LM_TOPO_MANY);
        }
        if (open > 2 || (!open && met < n))
            for (uint32_t i = c->start[v]; i < c->start[v + 1]; i++) mark[c->corner[i] / 3] = 1;
    }
}

/* Marks of the triangles with faults, and how many faults there are; INVERTED is left to orient.h. */
typedef struct {
    unsigned char *mark; /* owned */
    size_t faults;
} refill_look;

static lm_status refill_meets(const lm_mesh *m, int threads, refill_look *l, lm_err *err)
{
    lm_bvh tree = LM_BVH_INIT;
    lm_intersect x = LM_INTERSECT_INIT;
    unsigned char *flat = lm_mem_alloc(m->nt, 1, err);
    if (!flat) return LM_ENOMEM;
    for (size_t t = 0; t < m->nt; t++) {
        flat[t] = lm_clash_flat(m, m->tri + 3 * t);
        l->mark[t] |= flat[t];
        l->faults += flat[t];
    }
    lm_status rc = lm_bvh_build(m, flat, threads, &tree, err);
    if (!rc) rc = lm_intersect_run(m, &tree, NULL, true, threads, &x, err);
    for (size_t i = 0; i < x.pairs && !rc; i++) l->mark[x.list[i][0]] = l->mark[x.list[i][1]] = 1;
    l->faults += x.pairs;
    lm_intersect_release(&x);
    lm_bvh_release(&tree);
    free(flat);
    return rc;
}

static lm_status refill_see(const lm_mesh *m, int threads, refill_look *l, lm_err *err)
{
    lm_topo_corners c = LM_TOPO_CORNERS_INIT;
    lm_topo topo = LM_TOPO_INIT;
    uint32_t *mate = NULL;
    *l = (refill_look){.mark = lm_mem_calloc(m->nt, 1, err)};
    if (!l->mark) return LM_ENOMEM;
    lm_status rc = lm_topo_corners_make(m, NULL, &c, err);
    if (rc || (rc = lm_topo_make(m, NULL, threads, &topo, err))) goto done;
    l->faults = topo.open + topo.nonmanifold + topo.flipped + topo.nonmanifold_vertices;
    if (l->faults) {
        if (!(mate = lm_mem_alloc(3 * m->nt, sizeof *mate, err))) rc = LM_ENOMEM;
        if (rc || (rc = lm_topo_mates(m, &c, mate, err))) goto done;
        for (uint32_t h = 0; h < 3 * m->nt; h++)
            if (mate[h] >= LM_TOPO_MANY || m->tri[h] == m->tri[mate[h]]) l->mark[h / 3] = 1;
        refill_fans(m, &c, mate, l->mark);
    }
    rc = refill_meets(m, threads, l, err);
done:
    lm_topo_corners_release(&c);
    lm_topo_release(&topo);
    free(mate);
    if (rc) {
        free(l->mark);
        l->mark = NULL;
    }
    return rc;
}

static double refill_area(const lm_mesh *m, size_t t)
{
    double n[3];
    const uint32_t *v = m->tri + 3 * t;
    return lm_vec_normal(lm_vec_at(m, v[0]), lm_vec_at(m, v[1]), lm_vec_at(m, v[2]), n);
}

static lm_status refill_begin(refill_work *w, int threads, lm_err *err)
{
    const lm_mesh *m = w->m;
    lm_status rc = lm_topo_make(m, NULL, threads, &w->topo, err);
    if (rc || (rc = lm_topo_corners_make(m, NULL, &w->c, err))) return rc;
    if (!(w->mate = lm_mem_alloc(3 * m->nt, sizeof *w->mate, err)) || !(w->vertex = lm_mem_alloc(m->nv, 1, err)) ||
        !(w->area = lm_mem_calloc(w->topo.components, sizeof *w->area, err)))
        return LM_ENOMEM;
    if ((rc = lm_topo_mates(m, &w->c, w->mate, err))) return rc;
    for (size_t t = 0; t < m->nt; t++) w->area[w->topo.comp[t]] += refill_area(m, t);
    return LM_OK;
}

static void refill_end(refill_work *w)
{
    lm_topo_corners_release(&w->c);
    lm_topo_release(&w->topo);
    free(w->mate);
    free(w->area);
    free(w->vertex);
}

static void refill_grow(refill_work *w, unsigned rings)
{
    const lm_mesh *m = w->m;
    for (unsigned r = 0; r < rings; r++) {
        memset(w->vertex, 0, m->nv);
        for (size_t h = 0; h < 3 * m->nt; h++)
            if (w->mark[h / 3]) w->vertex[m->tri[h]] = 1;
        for (size_t h = 0; h < 3 * m->nt; h++)
            if (w->vertex[m->tri[h]]) w->mark[h / 3] = 1;
    }
}

/* More than two open edges at a vertex of what stays: its triangles go, too, so that the outlines are simple there. */
static size_t refill_outline(refill_work *w)
{
    const lm_mesh *m = w->m;
    size_t more = 0;
    memset(w->vertex, 0, m->nv);
    for (size_t h = 0; h < 3 * m->nt; h++)
        if (w->mark[h / 3]) w->vertex[m->tri[h]] = 1;
    for (uint32_t v = 0; v < m->nv; v++) {
        unsigned open = 0;
        if (!w->vertex[v]) continue;
        for (uint32_t i = w->c.start[v]; i < w->c.start[v + 1]; i++) {
            uint32_t h = w->c.corner[i], t = h / 3, before = h % 3 ? h - 1 : h + 2;
            if (w->mark[t]) continue;
            open += w->mate[h] >= LM_TOPO_MANY || w->mark[w->mate[h] / 3];
            open += w->mate[before] >= LM_TOPO_MANY || w->mark[w->mate[before] / 3];
        }
        for (uint32_t i = w->c.start[v]; i < w->c.start[v + 1] && open > 2; i++) {
            more += !w->mark[w->c.corner[i] / 3];
            w->mark[w->c.corner[i] / 3] = 1;
        }
    }
    return more;
}

/* Small pieces that hang between patches go with them; but never the largest piece of a component. */
static lm_status refill_crumbs(refill_work *w, int threads, lm_err *err)
{
    const lm_mesh *m = w->m;
    lm_topo piece = LM_TOPO_INIT;
    double *area = NULL;
    uint32_t *of = NULL, *size = NULL, *best = NULL; /* per piece: its component, triangles; per component: its largest piece */
    lm_status rc = lm_topo_make(m, w->mark, threads, &piece, err);
    if (rc) return rc;
    rc = LM_ENOMEM;
    if (!(area = lm_mem_calloc(piece.components, sizeof *area, err)) || !(of = lm_mem_calloc(piece.components, sizeof *of, err)) ||
        !(size = lm_mem_calloc(piece.components, sizeof *size, err)) ||
        !(best = lm_mem_alloc(w->topo.components, sizeof *best, err)))
        goto done;
    rc = LM_OK;
    memset(best, 0xff, w->topo.components * sizeof *best);
    for (size_t t = 0; t < m->nt; t++) {
        uint32_t p = piece.comp[t];
        if (w->mark[t]) continue;
        area[p] += refill_area(m, t);
        of[p] = w->topo.comp[t];
        size[p]++;
    }
    for (uint32_t p = 0; p < piece.components; p++)
        if (best[of[p]] == UINT32_MAX || area[p] > area[best[of[p]]]) best[of[p]] = p;
    for (size_t t = 0; t < m->nt; t++) {
        uint32_t p = piece.comp[t];
        if (!w->mark[t] && best[of[p]] != p && size[p] <= REFILL_CRUMB && area[p] < REFILL_CRUMB_SHARE * w->area[of[p]])
            w->mark[t] = 1;
    }
done:
    lm_topo_release(&piece);
    free(area);
    free(of);
    free(size);
    free(best);
    return rc;
}

/* Components that would lose too much stay as they are. */
static lm_status refill_spare(refill_work *w, lm_err *err)
{
    const lm_mesh *m = w->m;
    double *gone = lm_mem_calloc(w->topo.components, sizeof *gone, err);
    if (!gone) return LM_ENOMEM;
    for (size_t t = 0; t < m->nt; t++)
        if (w->mark[t]) gone[w->topo.comp[t]] += refill_area(m, t);
    for (size_t t = 0; t < m->nt; t++)
        if (gone[w->topo.comp[t]] > LM_REFILL_SHARE * w->area[w->topo.comp[t]]) w->mark[t] = 0;
    free(gone);
    return LM_OK;
}

static lm_status refill_note(const lm_mesh *m, size_t t, refill_points *p, lm_err *err)
{
    const uint32_t *v = m->tri + 3 * t;
    lm_status rc = lm_mem_grow(&p->at, &p->cap, p->n + 4, sizeof *p->at, err);
    if (rc) return rc;
    double *mid = p->at[p->n + 3];
    memset(mid, 0, 3 * sizeof *mid);
    for (int i = 0; i < 3; i++)
        for (int k = 0; k < 3; k++) {
            p->at[p->n + (size_t)i][k] = lm_vec_at(m, v[i])[k];
            mid[k] += lm_vec_at(m, v[i])[k] / 3.0;
        }
    p->n += 4;
    return LM_OK;
}

/* Patches, joined by vertices. */
static lm_status refill_regions(const refill_work *w, size_t *n, lm_spots *where, lm_err *err)
{
    const lm_mesh *m = w->m;
    uint32_t *queue = lm_mem_alloc(m->nt, sizeof *queue, err);
    unsigned char *left = lm_mem_alloc(m->nt, 1, err);
    *n = 0;
    if (queue && left) {
        memcpy(left, w->mark, m->nt);
        for (uint32_t t = 0; t < m->nt; t++) {
            size_t end = 0;
            if (!left[t]) continue;
            ++*n;
            lm_spots_triangle(where, m, t);
            left[t] = 0;
            queue[end++] = t;
            for (size_t i = 0; i < end; i++)
                for (size_t k = 0; k < 3; k++) {
                    uint32_t v = m->tri[3 * (size_t)queue[i] + k];
                    for (uint32_t j = w->c.start[v]; j < w->c.start[v + 1]; j++) {
                        uint32_t u = w->c.corner[j] / 3;
                        if (!left[u]) continue;
                        left[u] = 0;
                        queue[end++] = u;
                    }
                }
        }
    }
    lm_status rc = queue && left ? LM_OK : LM_ENOMEM;
    free(queue);
    free(left);
    return rc;
}

/* Take out what is marked and `rings` around it. *n: patches. */
static lm_status refill_take(lm_mesh *m, const unsigned char *mark, unsigned rings, int threads, size_t *n, lm_refill *out,
                             refill_points *points, lm_err *err)
{
    refill_work w = {.m = m, .c = LM_TOPO_CORNERS_INIT, .topo = LM_TOPO_INIT};
    size_t nt = 0;
    lm_status rc = refill_begin(&w, threads, err);
    if (rc) goto done;
    if (!(w.mark = lm_mem_alloc(m->nt, 1, err))) {
        rc = LM_ENOMEM;
        goto done;
    }
    memcpy(w.mark, mark, m->nt);
    refill_grow(&w, rings);
    for (int i = 0; i < REFILL_OUTLINE && refill_outline(&w); i++) {
    }
    if ((rc = refill_crumbs(&w, threads, err)) || (rc = refill_spare(&w, err)) || (rc = refill_regions(&w, n, &out->where, err)))
        goto done;
    for (size_t t = 0; t < m->nt; t++)
        if (w.mark[t]) out->area_mm2 += refill_area(m, t);
    for (size_t t = 0; t < m->nt && !rc; t++) {
        if (w.mark[t]) rc = refill_note(m, t, points, err);
        else memmove(m->tri + 3 * nt++, m->tri + 3 * t, 3 * sizeof *m->tri);
        out->removed += w.mark[t];
    }
    if (!rc) m->nt = nt;
done:
    free(w.mark);
    refill_end(&w);
    return rc;
}

static lm_status refill_fill(lm_mesh *m, int threads, lm_err *err)
{
    lm_holes h = LM_HOLES_INIT;
    lm_fair fair;
    size_t first = m->nt;
    lm_status rc = lm_holes_fill(m, threads, &h, NULL, err);
    if (!rc && h.filled) rc = lm_fair_run(m, first, threads, &fair, NULL, err);
    lm_holes_release(&h);
    return rc;
}

static lm_status refill_moved(const lm_mesh *m, const refill_points *p, int threads, double *most, lm_err *err)
{
    lm_nearest near = LM_NEAREST_INIT;
    lm_nearest_hit *hit = lm_mem_alloc(p->n, sizeof *hit, err);
    lm_status rc = LM_ENOMEM;
    if (hit && !(rc = lm_nearest_build(m, threads, &near, err)) &&
        !(rc = lm_nearest_batch(&near, &p->at[0][0], p->n, INFINITY, threads, hit, err)))
        for (size_t i = 0; i < p->n; i++)
            if (hit[i].d2 > *most * *most) *most = sqrt(hit[i].d2);
    lm_nearest_release(&near);
    free(hit);
    return rc;
}

/* One round on a copy; taken over when it leaves fewer faults and did not take out more than `most`, mm2, in all. *now: of m. */
static lm_status refill_round(lm_mesh *m, refill_look *now, unsigned rings, int threads, lm_refill *out, refill_points *points,
                              double most, lm_err *err)
{
    lm_mesh next = LM_MESH_INIT;
    refill_look then = {.mark = NULL};
    lm_refill did = *out;
    size_t n = 0, had = points->n;
    lm_status rc = lm_mesh_copy(m, &next, err);
    if (rc || (rc = refill_take(&next, now->mark, rings, threads, &n, &did, points, err)) || !n || did.area_mm2 > most ||
        (rc = refill_fill(&next, threads, err)) || (rc = refill_see(&next, threads, &then, err)) || then.faults >= now->faults) {
        points->n = had;
        free(then.mark);
        lm_mesh_release(&next);
        return rc;
    }
    lm_mesh_release(m);
    free(now->mark);
    *m = next;
    *now = then;
    *out = did;
    out->regions += n;
    return LM_OK;
}

lm_status lm_refill_run(lm_mesh *m, int threads, lm_refill *out, lm_err *err)
{
    refill_points points = {.n = 0};
    lm_mesh work = LM_MESH_INIT;
    refill_look now;
    const double most = LM_REFILL_ALL * lm_mesh_area(m);
    *out = (lm_refill){.regions = 0};
    lm_status rc = refill_see(m, threads, &now, err);
    if (rc) return rc;
    if (now.faults) rc = lm_mesh_copy(m, &work, err);
    for (size_t i = 0; i < sizeof refill_rings / sizeof *refill_rings && now.faults && !rc; i++)
        rc = refill_round(&work, &now, refill_rings[i], threads, out, &points, most, err);
    if (!rc && out->regions) rc = refill_moved(&work, &points, threads, &out->max_move_mm, err);
    if (!rc && out->regions) {
        lm_mesh_release(m);
        *m = work;
        work = (lm_mesh)LM_MESH_INIT;
    }
    if (rc) *out = (lm_refill){.regions = 0};
    lm_mesh_release(&work);
    free(now.mark);
    free(points.at);
    return rc;
}
