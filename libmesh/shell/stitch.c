/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "shell/stitch.h"
#include "base/mem.h"
#include "repair/arrange.h"
#include "repair/boolean.h"
#include "repair/repair.h"
#include "surface/audit.h"
#include "surface/nest.h"

#include <stdlib.h>
#include <string.h>

typedef struct {
    const lm_mesh *solid, *body;
    const lm_stitch_opt *opt;
    uint8_t *apart; /* per triangle of the solid: it stays as it is */
    lm_mesh *m;     /* vertices of the solid, the body, the box; triangles that take part */
} stitch_job;

static lm_status stitch_nest(const lm_mesh *m, int threads, lm_topo *topo, lm_nest *nest, lm_err *err)
{
    lm_bvh tree = LM_BVH_INIT;
    lm_status rc = lm_topo_make(m, NULL, threads, topo, err);
    if (!rc && !(rc = lm_bvh_build(m, NULL, threads, &tree, err))) rc = lm_nest_make(m, &tree, topo, threads, nest, err);
    lm_bvh_release(&tree);
    return rc;
}

static lm_status stitch_apart(stitch_job *job, lm_err *err)
{
    lm_topo topo = LM_TOPO_INIT;
    lm_nest nest = LM_NEST_INIT;
    if (!(job->apart = lm_mem_calloc(job->solid->nt, 1, err))) return LM_ENOMEM;
    if (job->opt->side == LM_MEDIAL_BOTH) return LM_OK;
    lm_status rc = stitch_nest(job->solid, job->opt->threads, &topo, &nest, err);
    for (size_t t = 0; t < job->solid->nt && !rc; t++)
        job->apart[t] = (nest.depth[topo.comp[t]] > 0) == (job->opt->side == LM_MEDIAL_OUTSIDE);
    lm_nest_release(&nest);
    lm_topo_release(&topo);
    return rc;
}

static void stitch_put(lm_mesh *m, const lm_mesh *from, const uint8_t *apart, bool which)
{
    for (size_t t = 0; t < from->nt; t++)
        if (!apart || (apart[t] != 0) == which) memcpy(m->tri + 3 * m->nt++, from->tri + 3 * t, 3 * sizeof *m->tri);
}

/* With walls of cavities alone, the space around them is solid: that of a box about all. */
static lm_status stitch_gather(stitch_job *job, lm_err *err)
{
    const lm_mesh *s = job->solid, *b = job->body;
    const bool inside = job->opt->side == LM_MEDIAL_INSIDE;
    lm_mesh box = LM_MESH_INIT;
    double lo[3], hi[3], blo[3], bhi[3];
    lm_mesh_box(s, lo, hi);
    lm_mesh_box(b, blo, bhi);
    for (int c = 0; c < 3; c++) {
        lo[c] = (lo[c] < blo[c] ? lo[c] : blo[c]) - 1;
        hi[c] = (hi[c] > bhi[c] ? hi[c] : bhi[c]) + 1;
    }
    lm_status rc = lm_boolean_box(lo, hi, &box, err);
    if (!rc && !(rc = lm_mesh_alloc(job->m, s->nv + b->nv + box.nv, s->nt + b->nt + box.nt, err))) {
        memcpy(job->m->pos, s->pos, 3 * s->nv * sizeof *s->pos);
        memcpy(job->m->pos + 3 * s->nv, b->pos, 3 * b->nv * sizeof *b->pos);
        memcpy(job->m->pos + 3 * (s->nv + b->nv), box.pos, 3 * box.nv * sizeof *b->pos);
        job->m->nt = 0;
        stitch_put(job->m, s, job->apart, false);
        for (size_t h = 3 * job->m->nt, k = 0; k < 3 * b->nt; k++) job->m->tri[h + k] = b->tri[k] + (uint32_t)s->nv;
        job->m->nt += b->nt;
        for (size_t h = 3 * job->m->nt, k = 0; inside && k < 3 * box.nt; k++)
            job->m->tri[h + k] = box.tri[k] + (uint32_t)(s->nv + b->nv);
        job->m->nt += inside ? box.nt : 0;
        job->m->space = s->space;
    }
    lm_mesh_release(&box);
    return rc;
}

/* Away with the box; what stayed apart comes back. */
static lm_status stitch_return(stitch_job *job, lm_err *err)
{
    const size_t box = job->solid->nv + job->body->nv;
    lm_mesh all = LM_MESH_INIT;
    lm_status rc = lm_mesh_alloc(&all, job->m->nv, job->m->nt + job->solid->nt, err);
    if (rc) return rc;
    memcpy(all.pos, job->m->pos, 3 * job->m->nv * sizeof *all.pos);
    all.nt = 0;
    for (size_t t = 0; t < job->m->nt; t++)
        if (job->m->tri[3 * t] < box || job->m->tri[3 * t] >= box + 8)
            memcpy(all.tri + 3 * all.nt++, job->m->tri + 3 * t, 3 * sizeof *all.tri);
    stitch_put(&all, job->solid, job->apart, true);
    all.space = job->m->space;
    lm_mesh_release(job->m);
    *job->m = all;
    return LM_OK;
}

/* Volume of each component about its first corner; and whether it has a vertex that is not the solid's. */
static void stitch_volumes(const stitch_job *job, const lm_topo *topo, const lm_nest *nest, double *volume, uint8_t *fresh)
{
    const lm_mesh *m = job->m;
    for (size_t t = 0; t < m->nt; t++) {
        const uint32_t c = topo->comp[t];
        const float *o = m->pos + 3 * (size_t)m->tri[3 * (size_t)nest->low[c]];
        double p[3][3];
        for (size_t k = 0; k < 3; k++) {
            const uint32_t v = m->tri[3 * t + k];
            fresh[c] |= v >= job->solid->nv;
            for (size_t i = 0; i < 3; i++) p[k][i] = (double)m->pos[3 * (size_t)v + i] - o[i];
        }
        for (int i = 0; i < 3; i++)
            volume[c] += p[0][i] * (p[1][(i + 1) % 3] * p[2][(i + 2) % 3] - p[1][(i + 2) % 3] * p[2][(i + 1) % 3]) / 6;
    }
}

static lm_status stitch_fill(stitch_job *job, lm_err *err)
{
    lm_topo topo = LM_TOPO_INIT;
    lm_nest nest = LM_NEST_INIT;
    lm_status rc = stitch_nest(job->m, job->opt->threads, &topo, &nest, err);
    double *volume = rc ? NULL : lm_mem_calloc(topo.components, sizeof *volume, err);
    uint8_t *fresh = volume ? lm_mem_calloc(topo.components, 1, err) : NULL;
    if (fresh) {
        size_t n = 0;
        stitch_volumes(job, &topo, &nest, volume, fresh);
        for (size_t t = 0; t < job->m->nt; t++) {
            const uint32_t c = topo.comp[t];
            if (fresh[c] && volume[c] <= 0 && -volume[c] < job->opt->fill_mm3) continue;
            memmove(job->m->tri + 3 * n++, job->m->tri + 3 * t, 3 * sizeof *job->m->tri);
        }
        job->m->nt = n;
    } else if (!rc) rc = LM_ENOMEM;
    free(volume);
    free(fresh);
    lm_nest_release(&nest);
    lm_topo_release(&topo);
    return rc;
}

/* Nothing is cut: one lies in the other. What is between a winding number of 1 or more and one of 0 or less stays; *changed: any of
 * the solid does not. */
static lm_status stitch_nested(stitch_job *job, bool *changed, lm_err *err)
{
    lm_topo topo = LM_TOPO_INIT;
    lm_nest nest = LM_NEST_INIT;
    lm_status rc = stitch_nest(job->m, job->opt->threads, &topo, &nest, err);
    size_t n = 0;
    for (size_t t = 0; t < job->m->nt && !rc; t++) {
        const uint32_t c = topo.comp[t];
        int front = 0;
        for (uint32_t a = nest.around[c]; a != LM_TOPO_NONE; a = nest.around[a]) front += nest.facing[a];
        const bool stays = (front >= 1) != (front + nest.facing[c] >= 1);
        *changed = *changed || (!stays && job->m->tri[3 * t] < job->solid->nv);
        if (stays) memmove(job->m->tri + 3 * n++, job->m->tri + 3 * t, 3 * sizeof *job->m->tri);
    }
    if (!rc) job->m->nt = n;
    lm_nest_release(&nest);
    lm_topo_release(&topo);
    return rc;
}

static lm_status stitch_union(stitch_job *job, bool *changed, lm_err *err)
{
    lm_arrange did;
    lm_status rc = lm_arrange_run(job->m, job->opt->threads, &did, err);
    *changed = !rc && did.done;
    return rc || did.done || did.pairs ? rc : stitch_nested(job, changed, err);
}

static lm_status stitch_valid(lm_mesh *m, int threads, bool *valid, lm_err *err)
{
    const lm_audit_opt aopt = {.threads = threads};
    const lm_repair_opt ropt = {.skip = 1u << LM_REPAIR_REBUILD, .threads = threads};
    lm_repair did = LM_REPAIR_INIT;
    lm_audit x;
    lm_status rc = lm_audit_run(m, &aopt, &x, err);
    if (!rc && !x.valid && !(rc = lm_repair_run(m, false, &ropt, &did, err))) rc = lm_audit_run(m, &aopt, &x, err);
    lm_repair_release(&did);
    *valid = !rc && x.valid;
    return rc;
}

lm_status lm_stitch(const lm_mesh *solid, const lm_mesh *body, const lm_stitch_opt *opt, lm_mesh *out, bool *done, lm_err *err)
{
    stitch_job job = {.solid = solid, .body = body, .opt = opt, .m = out};
    bool changed = false;
    *done = false;
    if (!body->nt) return LM_OK;
    lm_status rc = stitch_apart(&job, err);
    if (!rc && !(rc = stitch_gather(&job, err)) && !(rc = stitch_union(&job, &changed, err)) && changed &&
        !(rc = stitch_return(&job, err)) && !(rc = stitch_fill(&job, err)) && !(rc = lm_boolean_compact(out, NULL, err)))
        rc = stitch_valid(out, opt->threads, done, err);
    free(job.apart);
    if (!*done) lm_mesh_release(out);
    return rc;
}
