/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "repair/alone.h"
#include "base/mem.h"
#include "repair/fair.h"
#include "repair/holes.h"
#include "surface/topo.h"

#include <stdlib.h>
#include <string.h>

typedef struct {
    lm_mesh *m;
    uint32_t *name, *back; /* per vertex of m its number in the component, and the other way round */
    const uint32_t *item;  /* triangles of the component */
    size_t n;
    int threads;
    lm_spots *where;
} alone_work;

static lm_status alone_take(alone_work *w, lm_mesh *one, lm_err *err)
{
    const lm_mesh *m = w->m;
    size_t nv = 0;
    for (size_t i = 0; i < w->n; i++)
        for (size_t k = 0; k < 3; k++) w->name[m->tri[3 * (size_t)w->item[i] + k]] = UINT32_MAX;
    for (size_t i = 0; i < w->n; i++)
        for (size_t k = 0; k < 3; k++) {
            uint32_t v = m->tri[3 * (size_t)w->item[i] + k];
            if (w->name[v] != UINT32_MAX) continue;
            w->back[nv] = v;
            w->name[v] = (uint32_t)nv++;
        }
    lm_status rc = lm_mesh_alloc(one, nv, w->n, err);
    for (size_t v = 0; v < nv && !rc; v++) memcpy(one->pos + 3 * v, m->pos + 3 * (size_t)w->back[v], 3 * sizeof *m->pos);
    for (size_t i = 0; i < w->n && !rc; i++)
        for (size_t k = 0; k < 3; k++) one->tri[3 * i + k] = w->name[m->tri[3 * (size_t)w->item[i] + k]];
    return rc;
}

/* What was drawn in the component: nv, nt are what it had. */
static lm_status alone_give(alone_work *w, const lm_mesh *one, size_t nv, size_t nt, lm_err *err)
{
    lm_mesh *m = w->m;
    size_t more = one->nv - nv, pos = 3 * m->nv, tri = 3 * m->nt;
    lm_status rc = lm_mem_grow(&m->pos, &pos, 3 * (m->nv + more), sizeof *m->pos, err);
    if (rc || (rc = lm_mem_grow(&m->tri, &tri, 3 * (m->nt + one->nt - nt), sizeof *m->tri, err))) return rc;
    if (more) memcpy(m->pos + 3 * m->nv, one->pos + 3 * nv, 3 * more * sizeof *m->pos);
    for (size_t t = nt; t < one->nt; t++, m->nt++)
        for (size_t k = 0; k < 3; k++) {
            uint32_t v = one->tri[3 * t + k];
            m->tri[3 * m->nt + k] = v < nv ? w->back[v] : (uint32_t)(m->nv + v - nv);
        }
    m->nv += more;
    if (more) { /* nobody measured them */
        free(m->quality);
        m->quality = NULL;
    }
    return LM_OK;
}

static lm_status alone_fill(alone_work *w, lm_alone *out, lm_err *err)
{
    lm_mesh one = LM_MESH_INIT;
    lm_holes h = LM_HOLES_INIT;
    lm_fair fair = {.vertices = 0};
    lm_status rc = alone_take(w, &one, err);
    size_t nv = one.nv, nt = one.nt;
    if (rc || (rc = lm_holes_fill(&one, w->threads, &h, w->where, err)) ||
        (h.filled && (rc = lm_fair_run(&one, nt, w->threads, &fair, NULL, err))))
        goto done;
    out->left += h.left;
    if (!h.filled || (rc = alone_give(w, &one, nv, nt, err))) goto done;
    out->filled += h.filled;
    out->triangles += h.triangles;
    out->area_mm2 += h.area_mm2;
    out->vertices += fair.vertices;
done:
    lm_holes_release(&h);
    lm_mesh_release(&one);
    return rc;
}

lm_status lm_alone_fill(lm_mesh *m, int threads, lm_alone *out, lm_spots *where, lm_err *err)
{
    lm_topo topo = LM_TOPO_INIT;
    alone_work w = {.m = m, .threads = threads, .where = where};
    uint32_t *item = NULL;
    size_t *at = NULL;
    *out = (lm_alone){.filled = 0};
    lm_status rc = lm_topo_make(m, NULL, threads, &topo, err);
    if (rc || !topo.open) goto done;
    const size_t nt = m->nt;
    rc = LM_ENOMEM;
    if (!(item = lm_mem_alloc(nt, sizeof *item, err)) || !(at = lm_mem_calloc(topo.components + 1, sizeof *at, err)) ||
        !(w.name = lm_mem_alloc(m->nv, sizeof *w.name, err)) || !(w.back = lm_mem_alloc(m->nv, sizeof *w.back, err)))
        goto done;
    rc = LM_OK;
    for (size_t t = 0; t < nt; t++) at[topo.comp[t] + 1]++;
    for (size_t c = 0; c < topo.components; c++) at[c + 1] += at[c];
    for (size_t t = nt; t-- > 0;) item[--at[topo.comp[t] + 1]] = (uint32_t)t; /* now at[c + 1] is where c begins */
    for (size_t c = 0; c < topo.components && !rc; c++) {
        if (topo.closed[c]) continue;
        w.item = item + at[c + 1];
        w.n = (c + 1 < topo.components ? at[c + 2] : nt) - at[c + 1];
        rc = alone_fill(&w, out, err);
    }
done:
    lm_topo_release(&topo);
    free(item);
    free(at);
    free(w.name);
    free(w.back);
    return rc;
}
