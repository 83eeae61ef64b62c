/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "repair/keep.h"
#include "base/mem.h"
#include "repair/clash.h"
#include "surface/nest.h"
#include "surface/topo.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

typedef struct {
    double volume;
    uint32_t comp;
} keep_shell;

static int keep_larger(const void *p, const void *q)
{
    const keep_shell *a = p, *b = q;
    if (a->volume != b->volume) return a->volume > b->volume ? -1 : 1;
    return (a->comp > b->comp) - (a->comp < b->comp);
}

/* Absolute volumes of the components, each about the middle of its box. */
static lm_status keep_volumes(const lm_mesh *m, const lm_topo *topo, double *volume, lm_err *err)
{
    double(*box)[6] = lm_mem_alloc(topo->components, sizeof *box, err);
    if (!box) return LM_ENOMEM;
    for (size_t c = 0; c < topo->components; c++)
        for (int k = 0; k < 3; k++) box[c][k] = INFINITY, box[c][k + 3] = -INFINITY;
    memset(volume, 0, topo->components * sizeof *volume);
    for (size_t i = 0; i < 3 * m->nt; i++) {
        uint32_t c = topo->comp[i / 3];
        if (c == LM_TOPO_NONE) continue;
        for (size_t k = 0; k < 3; k++) {
            double x = m->pos[3 * (size_t)m->tri[i] + k];
            if (x < box[c][k]) box[c][k] = x;
            if (x > box[c][k + 3]) box[c][k + 3] = x;
        }
    }
    for (size_t t = 0; t < m->nt; t++) {
        uint32_t c = topo->comp[t];
        double p[3][3];
        if (c == LM_TOPO_NONE) continue;
        for (size_t i = 0; i < 3; i++)
            for (size_t k = 0; k < 3; k++) p[i][k] = m->pos[3 * (size_t)m->tri[3 * t + i] + k] - 0.5 * (box[c][k] + box[c][k + 3]);
        for (int k = 0; k < 3; k++)
            volume[c] += p[0][k] * (p[1][(k + 1) % 3] * p[2][(k + 2) % 3] - p[1][(k + 2) % 3] * p[2][(k + 1) % 3]);
    }
    for (size_t c = 0; c < topo->components; c++) volume[c] = fabs(volume[c]) / 6;
    free(box);
    return LM_OK;
}

lm_status lm_keep_run(lm_mesh *m, const lm_keep_opt *opt, int threads, lm_keep *out, lm_spots *where, lm_err *err)
{
    lm_topo topo = LM_TOPO_INIT;
    lm_nest nest = LM_NEST_INIT;
    lm_bvh tree = LM_BVH_INIT;
    unsigned char *skip = lm_mem_calloc(m->nt, 1, err), *stays = NULL;
    double *volume = NULL;
    keep_shell *shell = NULL;
    size_t n = 0;
    lm_status rc = LM_ENOMEM;
    *out = (lm_keep){.shells = 0};
    if (!skip) return rc;
    for (size_t t = 0; t < m->nt; t++) {
        const uint32_t *v = m->tri + 3 * t;
        skip[t] = v[0] == v[1] || v[1] == v[2] || v[2] == v[0];
    }
    if ((rc = lm_topo_make(m, skip, threads, &topo, err))) goto done;
    for (size_t t = 0; t < m->nt; t++) skip[t] = lm_clash_flat(m, m->tri + 3 * t);
    if ((rc = lm_bvh_build(m, skip, threads, &tree, err)) || (rc = lm_nest_make(m, &tree, &topo, threads, &nest, err))) goto done;
    if (!(volume = lm_mem_alloc(topo.components, sizeof *volume, err)) ||
        !(shell = lm_mem_alloc(topo.components, sizeof *shell, err)) || !(stays = lm_mem_calloc(topo.components, 1, err))) {
        rc = LM_ENOMEM;
        goto done;
    }
    if ((rc = keep_volumes(m, &topo, volume, err))) goto done;
    for (uint32_t c = 0; c < topo.components; c++)
        if (!(nest.depth[c] & 1)) shell[n++] = (keep_shell){volume[c], c};
    qsort(shell, n, sizeof *shell, keep_larger);
    out->shells = n;
    for (size_t i = 0; i < n; i++) {
        stays[shell[i].comp] = (!opt->most || i < opt->most) && shell[i].volume >= opt->min_mm3;
        out->dropped += !stays[shell[i].comp];
    }
    for (uint32_t c = 0; c < topo.components; c++)
        if (nest.depth[c] & 1)
            stays[c] = stays[nest.around[c]] || (nest.depth[nest.around[c]] & 1); /* the latter where shells cut each other */
    n = 0;
    for (size_t t = 0; t < m->nt && out->dropped; t++) {
        const uint32_t c = topo.comp[t];
        if (c == LM_TOPO_NONE || !stays[c]) {
            if (c == LM_TOPO_NONE || (nest.depth[c] & 1) || volume[c] < 0) continue;
            lm_spots_triangle(where, m, t); /* the first of its shell */
            volume[c] = -1;
            continue;
        }
        memmove(m->tri + 3 * n++, m->tri + 3 * t, 3 * sizeof *m->tri);
    }
    if (out->dropped) m->nt = n;
done:
    lm_topo_release(&topo);
    lm_nest_release(&nest);
    lm_bvh_release(&tree);
    free(skip);
    free(stays);
    free(volume);
    free(shell);
    return rc;
}
