/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "repair/orient.h"
#include "base/mem.h"
#include "surface/nest.h"
#include "surface/topo.h"

#include <stdlib.h>
#include <string.h>

typedef struct {
    lm_mesh *m;
    uint32_t *mate;
    unsigned char *turn; /* the triangle is to be turned */
    lm_topo piece;       /* comp, closed, components, closed_components */
} orient_work;

static void orient_turn(uint32_t *v)
{
    uint32_t x = v[1];
    v[1] = v[2];
    v[2] = x;
}

/* Walk piece c from triangle t (the queue is as long as the mesh); afterwards turn[] makes it agree, unless it has one side
 * only. */
static void orient_walk(orient_work *w, uint32_t *queue, uint32_t t, uint32_t c, lm_orient *out)
{
    size_t n = 1, turned = 0;
    bool two_sided = true;
    queue[0] = t;
    w->piece.comp[t] = c;
    w->turn[t] = 0;
    for (size_t i = 0; i < n; i++) {
        uint32_t u = queue[i];
        turned += w->turn[u];
        for (uint32_t k = 0; k < 3; k++) {
            uint32_t h = w->mate[3 * (size_t)u + k], s = h / 3;
            if (h == LM_TOPO_NONE || h == LM_TOPO_MANY) continue;
            /* both run from the same vertex: they disagree as they stand */
            bool differ = w->m->tri[3 * (size_t)u + k] == w->m->tri[h];
            if (w->piece.comp[s] == LM_TOPO_NONE) {
                w->piece.comp[s] = c;
                w->turn[s] = w->turn[u] ^ differ;
                queue[n++] = s;
            } else if (w->turn[s] != (w->turn[u] ^ differ)) two_sided = false;
        }
    }
    if (!two_sided) {
        if (!out->nonorientable++) out->nonorientable_first = t;
        for (size_t i = 0; i < n; i++) w->turn[queue[i]] = 0;
        return;
    }
    bool most = 2 * turned > n; /* the side of t is the rarer one */
    for (size_t i = 0; i < n; i++) w->turn[queue[i]] ^= most;
    out->turned += most ? n - turned : turned;
}

/* A piece is closed when at every edge as many of its triangles run either way. Only edges that are open, or shared by
 * three or more, or of one-sided pieces can fail. */
static lm_status orient_closed(orient_work *w, const lm_topo_corners *c, lm_err *err)
{
    lm_topo *p = &w->piece;
    if (!(p->closed = lm_mem_alloc(p->components, sizeof *p->closed, err))) return LM_ENOMEM;
    memset(p->closed, 1, p->components * sizeof *p->closed);
    for (uint32_t h = 0; h < 3 * w->m->nt; h++) {
        uint32_t t = h / 3, a = w->m->tri[h], b = w->m->tri[3 * (size_t)t + (h + 1) % 3];
        bool *closed = &p->closed[p->comp[t]];
        if (w->mate[h] == LM_TOPO_NONE) *closed = false;
        else if (w->mate[h] != LM_TOPO_MANY) *closed &= w->m->tri[w->mate[h]] == b;
        else if (*closed) {
            long net = 0;
            for (uint32_t i = c->start[a]; i < c->start[a + 1]; i++) {
                uint32_t u = c->corner[i] / 3, k = c->corner[i] % 3;
                if (p->comp[u] != p->comp[t]) continue;
                net += w->m->tri[3 * (size_t)u + (k + 1) % 3] == b;
                net -= w->m->tri[3 * (size_t)u + (k + 2) % 3] == b;
            }
            *closed = net == 0;
        }
    }
    for (size_t i = 0; i < p->components; i++) p->closed_components += p->closed[i];
    return LM_OK;
}

static bool orient_wrong(const lm_nest *nest, size_t c, lm_orient_how how)
{
    if (nest->depth[c] & 1) return how == LM_ORIENT_CAVITIES && nest->facing[c] > 0;
    return nest->facing[c] < 0;
}

static lm_status orient_outward(orient_work *w, lm_orient_how how, int threads, lm_orient *out, lm_spots *where, lm_err *err)
{
    lm_bvh tree = LM_BVH_INIT;
    lm_nest nest = LM_NEST_INIT;
    uint32_t next = 0;
    lm_status rc = w->piece.closed_components > 1 ? lm_bvh_build(w->m, NULL, threads, &tree, err) : LM_OK;
    if (!rc && !(rc = lm_nest_make(w->m, &tree, &w->piece, threads, &nest, err))) {
        for (size_t c = 0; c < w->piece.components; c++) out->outward += orient_wrong(&nest, c, how);
        for (size_t t = 0; t < w->m->nt; t++) {
            uint32_t c = w->piece.comp[t];
            if (!orient_wrong(&nest, c, how)) continue;
            if (c >= next) lm_spots_triangle(where, w->m, t); /* pieces are numbered by their first triangle */
            next = c + 1 > next ? c + 1 : next;
            orient_turn(w->m->tri + 3 * t);
        }
    }
    lm_bvh_release(&tree);
    lm_nest_release(&nest);
    return rc;
}

lm_status lm_orient_run(lm_mesh *m, lm_orient_how how, int threads, lm_orient *out, lm_spots *where, lm_err *err)
{
    orient_work w = {.m = m, .piece = LM_TOPO_INIT};
    lm_topo_corners c = LM_TOPO_CORNERS_INIT;
    uint32_t *queue = NULL;
    lm_status rc = lm_topo_corners_make(m, NULL, &c, err);
    *out = (lm_orient){.turned = 0};
    if (rc) return rc;
    rc = LM_ENOMEM;
    if (!(w.mate = lm_mem_alloc(3 * m->nt, sizeof *w.mate, err)) || !(w.turn = lm_mem_alloc(m->nt, 1, err)) ||
        !(w.piece.comp = lm_mem_alloc(m->nt, sizeof *w.piece.comp, err)) || !(queue = lm_mem_alloc(m->nt, sizeof *queue, err)) ||
        (rc = lm_topo_mates(m, &c, w.mate, err)))
        goto done;
    memset(w.piece.comp, 0xff, m->nt * sizeof *w.piece.comp);
    for (uint32_t t = 0; t < m->nt; t++)
        if (w.piece.comp[t] == LM_TOPO_NONE) orient_walk(&w, queue, t, (uint32_t)w.piece.components++, out);
    for (size_t t = 0; t < m->nt; t++)
        if (w.turn[t]) {
            if (how == LM_ORIENT_AGREE) lm_spots_triangle(where, m, t);
            orient_turn(m->tri + 3 * t);
        }
    if (how == LM_ORIENT_AGREE) goto done;
    /* turning renumbers the corners and half-edges of what was turned */
    lm_topo_corners_release(&c);
    if (!(rc = lm_topo_corners_make(m, NULL, &c, err)) && !(rc = lm_topo_mates(m, &c, w.mate, err)) &&
        !(rc = orient_closed(&w, &c, err)))
        rc = orient_outward(&w, how, threads, out, where, err);
done:
    lm_topo_corners_release(&c);
    lm_topo_release(&w.piece);
    free(w.mate);
    free(w.turn);
    free(queue);
    return rc;
}
