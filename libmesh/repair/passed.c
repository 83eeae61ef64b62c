/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "repair/passed.h"
#include "base/mem.h"
#include "surface/nest.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

lm_status lm_passed_make(const lm_mesh *m, int threads, lm_passed *out, lm_err *err)
{
    lm_bvh tree = LM_BVH_INIT;
    lm_nest nest = LM_NEST_INIT;
    *out = (lm_passed)LM_PASSED_INIT;
    lm_status rc = lm_topo_make(m, NULL, threads, &out->topo, err);
    if (!rc && out->topo.closed_components > 1 && !(rc = lm_bvh_build(m, NULL, threads, &tree, err)) &&
        !(rc = lm_nest_make(m, &tree, &out->topo, threads, &nest, err))) {
        out->around = nest.around; /* handed over */
        nest.around = NULL;
    }
    lm_bvh_release(&tree);
    lm_nest_release(&nest);
    if (rc) lm_passed_release(out);
    return rc;
}

void lm_passed_release(lm_passed *p)
{
    lm_topo_release(&p->topo);
    free(p->around);
    *p = (lm_passed)LM_PASSED_INIT;
}

/* The box of a triangle's way. */
static void passed_way(const lm_mesh *m, const double (*was)[3], size_t t, double box[6])
{
    for (int k = 0; k < 3; k++) box[k] = INFINITY, box[k + 3] = -INFINITY;
    for (size_t i = 0; i < 3; i++) {
        const uint32_t v = m->tri[3 * t + i];
        for (size_t k = 0; k < 3; k++) {
            const double now = m->pos[3 * (size_t)v + k];
            box[k] = fmin(box[k], fmin(now, was[v][k]));
            box[k + 3] = fmax(box[k + 3], fmax(now, was[v][k]));
        }
    }
}

/* Mark what the way of component c overlaps, and itself. */
static void passed_mark(const lm_passed *p, const lm_mesh *m, const double (*was)[3], uint32_t c, unsigned char *hit)
{
    double all[6], box[6];
    for (int k = 0; k < 3; k++) all[k] = INFINITY, all[k + 3] = -INFINITY;
    for (size_t t = 0; t < m->nt; t++) {
        if (p->topo.comp[t] != c) continue;
        passed_way(m, was, t, box);
        for (int k = 0; k < 3; k++) all[k] = fmin(all[k], box[k]), all[k + 3] = fmax(all[k + 3], box[k + 3]);
    }
    for (size_t t = 0; t < m->nt; t++) {
        bool apart = false;
        passed_way(m, was, t, box);
        for (int k = 0; k < 3; k++) apart = apart || box[k] > all[k + 3] || box[k + 3] < all[k];
        if (!apart) hit[t] = 1;
    }
}

lm_status lm_passed_find(const lm_passed *p, const lm_mesh *m, const lm_bvh *tree, const double (*was)[3], int threads,
                         unsigned char *hit, bool *any, lm_err *err)
{
    lm_nest nest = LM_NEST_INIT;
    *any = false;
    if (!p->around) return LM_OK;
    lm_status rc = lm_nest_make(m, tree, &p->topo, threads, &nest, err);
    for (uint32_t c = 0; c < p->topo.components && !rc; c++) {
        if (nest.around[c] == p->around[c]) continue;
        *any = true;
        passed_mark(p, m, was, c, hit);
    }
    lm_nest_release(&nest);
    return rc;
}
