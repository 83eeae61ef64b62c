/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "repair/close.h"
#include "base/mem.h"
#include "repair/holes.h"
#include "repair/lids.h"
#include "repair/vec.h"
#include "surface/topo.h"

#include <stdlib.h>
#include <string.h>

static double close_area(const lm_mesh *m, size_t t)
{
    double n[3];
    const uint32_t *v = m->tri + 3 * t;
    return lm_vec_normal(lm_vec_at(m, v[0]), lm_vec_at(m, v[1]), lm_vec_at(m, v[2]), n);
}

/* Are the triangles from `first` on a small part of the component that each of them closes? */
static lm_status close_small(const lm_mesh *m, size_t first, int threads, bool *small, lm_err *err)
{
    const lm_mesh was = {.nv = m->nv, .pos = m->pos, .nt = first, .tri = m->tri};
    lm_topo topo = LM_TOPO_INIT;
    double *area = NULL, *patch = NULL, all = 0;
    uint32_t *comp = NULL; /* of each vertex */
    lm_status rc = lm_topo_make(&was, NULL, threads, &topo, err);
    if (rc) return rc;
    rc = LM_ENOMEM;
    if (!(area = lm_mem_calloc(topo.components, sizeof *area, err)) ||
        !(patch = lm_mem_calloc(topo.components, sizeof *patch, err)) || !(comp = lm_mem_calloc(m->nv, sizeof *comp, err)))
        goto done;
    rc = LM_OK;
    for (size_t t = 0; t < first; t++) {
        area[topo.comp[t]] += close_area(m, t);
        for (size_t k = 0; k < 3; k++) comp[m->tri[3 * t + k]] = topo.comp[t];
    }
    for (size_t t = first; t < m->nt; t++) patch[comp[m->tri[3 * t]]] += close_area(m, t);
    for (size_t c = 0; c < topo.components; c++) all += area[c];
    *small = true;
    for (size_t c = 0; c < topo.components; c++)
        *small = *small && (patch[c] <= LM_CLOSE_SHARE * area[c] || area[c] <= LM_CLOSE_CRUMB * all);
done:
    free(area);
    free(patch);
    free(comp);
    lm_topo_release(&topo);
    return rc;
}

/* Fans for patches; *h as lm_holes_any has it. */
static lm_status close_fans(lm_mesh *m, lm_holes *h, lm_spots *where, lm_err *err)
{
    lm_mesh lids = {.nv = m->nv, .pos = m->pos};
    size_t cap = 3 * m->nt;
    lm_status rc = lm_lids_make(m, &lids, err);
    if (!rc && lids.nt && !(rc = lm_mem_grow(&m->tri, &cap, 3 * (m->nt + lids.nt), sizeof *m->tri, err))) {
        memcpy(m->tri + 3 * m->nt, lids.tri, 3 * lids.nt * sizeof *m->tri);
        for (size_t i = 0; i < lids.nt; i++, m->nt++) {
            h->area_mm2 += close_area(m, m->nt);
            if (i && lids.tri[3 * i] == lids.tri[3 * i - 3]) continue; /* of the same loop */
            h->filled++;
            lm_spots_add(where, lm_vec_at(m, lids.tri[3 * i]));
        }
        h->triangles = lids.nt;
    }
    free(lids.tri);
    return rc;
}

lm_status lm_close_run(lm_mesh *m, bool fans, int threads, lm_close *out, lm_spots *where, lm_err *err)
{
    const size_t first = m->nt;
    lm_holes h = LM_HOLES_INIT;
    lm_spots spots = {.n = 0};
    bool small = false;
    *out = (lm_close){.closed = 0};
    lm_status rc = fans ? close_fans(m, &h, &spots, err) : lm_holes_any(m, threads, &h, &spots, err);
    if (!rc && h.filled && !h.left) rc = close_small(m, first, threads, &small, err);
    if (rc || !small) m->nt = first;
    else {
        *out = (lm_close){.closed = h.filled, .triangles = h.triangles, .area_mm2 = h.area_mm2};
        lm_spots_merge(where, &spots);
    }
    lm_holes_release(&h);
    return rc;
}
