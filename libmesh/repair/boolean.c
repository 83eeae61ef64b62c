/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "repair/boolean.h"
#include "base/mem.h"
#include "repair/arrange.h"

#include <stdlib.h>
#include <string.h>

lm_status lm_boolean_append(const lm_mesh *a, const lm_mesh *b, bool inward, lm_mesh *out, lm_err *err)
{
    lm_mesh all = LM_MESH_INIT;
    lm_status rc = lm_mesh_alloc(&all, a->nv + b->nv, a->nt + b->nt, err);
    if (rc) return rc;
    all.space = a->space;
    if (a->nv) memcpy(all.pos, a->pos, 3 * a->nv * sizeof *all.pos);
    if (b->nv) memcpy(all.pos + 3 * a->nv, b->pos, 3 * b->nv * sizeof *all.pos);
    if (a->nt) memcpy(all.tri, a->tri, 3 * a->nt * sizeof *all.tri);
    for (size_t t = 0; t < b->nt; t++)
        for (size_t k = 0; k < 3; k++) all.tri[3 * (a->nt + t) + k] = b->tri[3 * t + (inward ? (3 - k) % 3 : k)] + (uint32_t)a->nv;
    lm_mesh_release(out);
    *out = all;
    return LM_OK;
}

lm_status lm_boolean_box(const double lo[3], const double hi[3], lm_mesh *out, lm_err *err)
{
    static const uint32_t face[12][3] = {{0, 2, 3}, {0, 3, 1}, {4, 5, 7}, {4, 7, 6}, {0, 1, 5}, {0, 5, 4},
                                         {2, 6, 7}, {2, 7, 3}, {0, 4, 6}, {0, 6, 2}, {1, 3, 7}, {1, 7, 5}};
    lm_mesh_release(out);
    lm_status rc = lm_mesh_alloc(out, 8, 12, err);
    if (rc) return rc;
    for (size_t v = 0; v < 8; v++)
        for (size_t c = 0; c < 3; c++) out->pos[3 * v + c] = (float)(v >> c & 1 ? hi[c] : lo[c]);
    memcpy(out->tri, face, sizeof face);
    return LM_OK;
}

lm_status lm_boolean_compact(lm_mesh *m, uint32_t **name, lm_err *err)
{
    uint32_t *at = lm_mem_alloc(m->nv, sizeof *at, err);
    size_t nv = 0;
    if (!at) return LM_ENOMEM;
    memset(at, 0xff, m->nv * sizeof *at);
    for (size_t i = 0; i < 3 * m->nt; i++) at[m->tri[i]] = 0;
    for (size_t v = 0; v < m->nv; v++) {
        if (at[v]) continue;
        memmove(m->pos + 3 * nv, m->pos + 3 * v, 3 * sizeof *m->pos);
        at[v] = (uint32_t)nv++;
    }
    for (size_t i = 0; i < 3 * m->nt; i++) m->tri[i] = at[m->tri[i]];
    m->nv = nv;
    if (name) *name = at;
    else free(at);
    return LM_OK;
}

static lm_status boolean_run(lm_mesh *all, int threads, lm_mesh *out, uint32_t **from, lm_err *err)
{
    lm_arrange a;
    uint32_t *traced = NULL;
    lm_status rc = lm_arrange_trace(all, threads, &a, from ? &traced : NULL, err);
    if (!rc && !a.done)
        rc = lm_err_set(err, LM_ENO, NULL, a.pairs ? "the cut could not be worked out exactly" : "the cut meets no surface");
    if (!rc) rc = lm_boolean_compact(all, NULL, err);
    if (!rc) {
        lm_mesh_release(out);
        *out = *all;
        *all = (lm_mesh)LM_MESH_INIT;
        if (from) *from = traced, traced = NULL;
    }
    free(traced);
    lm_mesh_release(all);
    return rc;
}

lm_status lm_boolean_minus(const lm_mesh *part, const lm_mesh *tool, int threads, lm_mesh *out, uint32_t **from, lm_err *err)
{
    lm_mesh all = LM_MESH_INIT;
    lm_status rc = lm_boolean_append(part, tool, true, &all, err);
    return rc ? rc : boolean_run(&all, threads, out, from, err);
}

lm_status lm_boolean_common(const lm_mesh *part, const lm_mesh *tool, int threads, lm_mesh *out, uint32_t **from, lm_err *err)
{
    lm_mesh all = LM_MESH_INIT, box = LM_MESH_INIT;
    double lo[3], hi[3];
    lm_status rc = lm_boolean_append(part, tool, false, &all, err);
    if (rc) return rc;
    lm_mesh_box(&all, lo, hi);
    for (int c = 0; c < 3; c++) {
        double room = hi[c] - lo[c] + 1;
        lo[c] -= room;
        hi[c] += room;
    }
    if (!(rc = lm_boolean_box(lo, hi, &box, err))) rc = lm_boolean_append(&all, &box, true, &all, err);
    lm_mesh_release(&box);
    if (!rc) return boolean_run(&all, threads, out, from, err);
    lm_mesh_release(&all);
    return rc;
}
