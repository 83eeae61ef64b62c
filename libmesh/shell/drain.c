/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "shell/drain.h"
#include "base/mem.h"
#include "repair/boolean.h"
#include "repair/holes.h"
#include "shell/drain_plan.h"
#include "surface/topo.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { DRAIN_TURNS = 6 }; /* how often a prism is turned when the cut is not valid in float32 */

typedef struct {
    const lm_mesh *part;
    const lm_drain_opt *opt;
    lm_drain_facts *facts;
} drain_job;

/* All prisms as one mesh, narrower by `gap` on all sides: then they fit into the circle, not around it. */
static lm_status drain_tools(const drain_job *job, double gap, int turn, lm_mesh *out, lm_err *err)
{
    lm_status rc = LM_OK;
    for (size_t i = 0; i < job->facts->n && !rc; i++) {
        const lm_drain_hole *h = &job->facts->hole[i];
        double from[3], to[3];
        lm_prism x;
        for (int c = 0; c < 3; c++) {
            from[c] = h->at[c] - h->inner_mm * h->out[c];
            to[c] = h->at[c] + h->outer_mm * h->out[c];
        }
        lm_prism_make(&x, h->out, h->diameter_mm, turn);
        if (gap > 0) lm_prism_within(&x, h->diameter_mm - 2 * gap);
        rc = lm_prism_append(&x, from, to, out, err);
    }
    return rc;
}

/* Valid, and each hole has done what it is for: the outer surface and each drained hollow are one, more holes are handles. */
static lm_status drain_good(const drain_job *job, const lm_audit *was, const lm_mesh *now, bool *good, lm_err *err)
{
    lm_audit *x = &job->facts->after;
    size_t joined = 0;
    for (size_t i = 0; i < job->facts->hollows; i++) joined += job->facts->hollow[i].holes > 0;
    lm_status rc = lm_audit_run(now, &(lm_audit_opt){.threads = job->opt->threads}, x, err);
    *good = !rc && x->valid && x->components + joined == was->components && x->genus == was->genus + (long)(job->facts->n - joined);
    return rc;
}

/* Pieces of the outer surface to the front, the order kept. */
static lm_status drain_sort(lm_mesh *m, const uint32_t *from, size_t outer, size_t *front, lm_err *err)
{
    uint32_t *tri = lm_mem_alloc(m->nt, 3 * sizeof *tri, err);
    size_t at = 0;
    if (!tri) return LM_ENOMEM;
    for (int rest = 0; rest < 2; rest++) {
        for (size_t t = 0; t < m->nt; t++)
            if ((from[t] >= outer) == rest) memcpy(tri + 3 * at++, m->tri + 3 * t, 3 * sizeof *tri);
        if (!rest) *front = at;
    }
    free(m->tri);
    m->tri = tri;
    return LM_OK;
}

static lm_status drain_cut(drain_job *job, size_t outer, lm_mesh *out, lm_err *err)
{
    lm_audit was;
    bool good = false;
    lm_status rc = lm_audit_run(job->part, &(lm_audit_opt){.threads = job->opt->threads, .no_intersect = true}, &was, err);
    job->facts->before_mm3 = was.volume_mm3;
    for (int turn = 0; turn < DRAIN_TURNS && !rc && !good; turn++) {
        lm_mesh tools = LM_MESH_INIT;
        uint32_t *from = NULL;
        if (!(rc = drain_tools(job, 0, turn, &tools, err)))
            rc = lm_boolean_minus(job->part, &tools, job->opt->threads, out, &from, err);
        if (!rc) rc = drain_good(job, &was, out, &good, err);
        if (!rc && good) rc = drain_sort(out, from, outer, &job->facts->outer_triangles, err);
        free(from);
        lm_mesh_release(&tools);
    }
    if (!rc && !good)
        rc = lm_err_set(err, LM_ENO, NULL, "the holes cannot be cut so that the part stays valid: put them elsewhere");
    return rc;
}

/* Each piece is the plug of the hole whose middle its own is nearest to. */
static lm_status drain_label(const drain_job *job, lm_mesh *plugs, lm_err *err)
{
    const lm_drain_facts *f = job->facts;
    lm_topo topo = LM_TOPO_INIT;
    double(*mid)[4] = NULL;
    lm_status rc = lm_topo_make(plugs, NULL, job->opt->threads, &topo, err);
    if (!rc && (!(mid = lm_mem_calloc(topo.components, sizeof *mid, err)) ||
                !(plugs->label = lm_mem_alloc(plugs->nt, sizeof *plugs->label, err))))
        rc = LM_ENOMEM;
    for (size_t h = 0; h < 3 * plugs->nt && !rc; h++) {
        double *m = mid[topo.comp[h / 3]];
        for (size_t c = 0; c < 3; c++) m[c] += plugs->pos[3 * (size_t)plugs->tri[h] + c];
        m[3]++;
    }
    for (size_t t = 0; t < plugs->nt && !rc; t++) {
        const double *m = mid[topo.comp[t]];
        double least = INFINITY;
        for (size_t i = 0; i < f->n; i++) {
            double d2 = 0;
            for (int c = 0; c < 3; c++) {
                double d = m[c] / m[3] - (f->hole[i].at[c] - 0.5 * f->hole[i].wall_mm * f->hole[i].out[c]);
                d2 += d * d;
            }
            if (d2 >= least) continue;
            least = d2;
            plugs->label[t] = (uint32_t)i + 1;
        }
    }
    free(mid);
    lm_topo_release(&topo);
    return rc;
}

/* What the part has in common with narrower prisms: ends flush with both surfaces. */
static lm_status drain_plugs(drain_job *job, lm_mesh *out, lm_err *err)
{
    lm_mesh tools = LM_MESH_INIT;
    lm_audit x = {.valid = false};
    const double gap = job->opt->plug_gap_mm;
    lm_status rc = LM_OK;
    for (int turn = 0; turn < DRAIN_TURNS && !rc && !x.valid; turn++) {
        lm_mesh_release(&tools);
        if (!(rc = drain_tools(job, gap, turn, &tools, err)))
            rc = lm_boolean_common(job->part, &tools, job->opt->threads, out, NULL, err);
        if (!rc) rc = lm_audit_run(out, &(lm_audit_opt){.threads = job->opt->threads}, &x, err);
        x.valid = x.valid && x.components == job->facts->n && !x.genus;
    }
    lm_mesh_release(&tools);
    if (!rc && !x.valid) rc = lm_err_set(err, LM_ENO, NULL, "no valid plugs can be made for these holes: put the holes elsewhere");
    if (rc) return rc;
    job->facts->plugs_mm3 = x.volume_mm3;
    return drain_label(job, out, err);
}

lm_status lm_drain_filled(const lm_mesh *m, size_t n, int threads, lm_mesh *out, lm_err *err)
{
    lm_mesh open = {.nv = m->nv, .nt = n < m->nt ? n : m->nt, .pos = m->pos, .tri = m->tri, .space = m->space};
    lm_holes holes = LM_HOLES_INIT;
    lm_status rc = lm_mesh_copy(&open, out, err);
    if (!rc && !(rc = lm_boolean_compact(out, NULL, err)) && !(rc = lm_holes_fill(out, threads, &holes, NULL, err)) && holes.left)
        rc = lm_err_set(err, LM_ENO, NULL, "%zu drain holes cannot be closed again", holes.left);
    lm_holes_release(&holes);
    return rc;
}

lm_status lm_drain(const lm_mesh *part, size_t outer_triangles, const lm_drain_opt *opt, lm_mesh *out, lm_mesh *plugs,
                   lm_drain_facts *facts, lm_err *err)
{
    drain_job job = {.part = part, .opt = opt, .facts = facts};
    lm_mesh filled = LM_MESH_INIT;
    *facts = (lm_drain_facts)LM_DRAIN_FACTS_INIT;
    lm_status rc = lm_drain_plan(part, opt, facts, err);
    if (rc || (rc = drain_cut(&job, outer_triangles, out, err))) goto done;
    if ((rc = lm_drain_filled(out, facts->outer_triangles, opt->threads, &filled, err))) goto done;
    facts->filled_mm3 = lm_mesh_volume(&filled);
    if (plugs) rc = drain_plugs(&job, plugs, err);
done:
    lm_mesh_release(&filled);
    if (rc) lm_mesh_release(out);
    return rc;
}

void lm_drain_release(lm_drain_facts *f)
{
    free(f->hole);
    free(f->hollow);
    *f = (lm_drain_facts)LM_DRAIN_FACTS_INIT;
}
