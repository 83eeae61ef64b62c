/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Contents: 1 sections, 2 branches, 3 is it a tube */
#include "measure/vessel.h"
#include "base/mem.h"
#include "base/num.h"
#include "base/pool.h"
#include "surface/topo.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define VESSEL_PI 3.14159265358979323846

/* ---- 1 sections ---- */

double lm_vessel_equivalent(const lm_section *s)
{
    return s->segments ? sqrt(4 * s->area_mm2 / VESSEL_PI) : NAN;
}

typedef struct {
    const lm_mesh *m;
    const lm_bvh *tree;
    const uint32_t *mate;
    lm_vessel *v;
} vessel_job;

static bool vessel_own(const lm_centreline_point *p)
{
    return !p->fork && !isnan(p->radius_mm);
}

static lm_status vessel_task(void *ctx, size_t b, int worker, lm_err *err)
{
    vessel_job *job = ctx;
    const lm_centreline_branch *branch = &job->v->line.branch[b];
    lm_status rc = LM_OK;
    (void)worker;
    for (size_t i = 0; i < branch->n && !rc; i++) {
        const lm_centreline_point *p = &branch->point[i];
        if (vessel_own(p)) rc = lm_section_around(job->m, job->tree, job->mate, p->at, p->along, &job->v->section[b][i], err);
    }
    return rc;
}

static lm_status vessel_sections(const lm_mesh *m, const lm_nearest *near, int threads, lm_vessel *v, lm_err *err)
{
    lm_topo_corners corners = LM_TOPO_CORNERS_INIT;
    uint32_t *mate = lm_mem_alloc(3 * m->nt, sizeof *mate, err);
    lm_status rc = mate ? lm_topo_corners_make(m, NULL, &corners, err) : LM_ENOMEM;
    if (!rc) rc = lm_topo_mates(m, &corners, mate, err);
    if (!rc && (!(v->branch = lm_mem_calloc(v->line.n, sizeof *v->branch, err)) ||
                !(v->section = lm_mem_calloc(v->line.n, sizeof *v->section, err))))
        rc = LM_ENOMEM;
    for (size_t b = 0; b < v->line.n && !rc; b++)
        if (!(v->section[b] = lm_mem_calloc(v->line.branch[b].n, sizeof *v->section[b], err))) rc = LM_ENOMEM;
    vessel_job job = {m, &near->bvh, mate, v};
    if (!rc) rc = lm_pool_run(lm_pool_threads(threads), v->line.n, vessel_task, &job, err);
    lm_topo_corners_release(&corners);
    free(mate);
    return rc;
}

/* ---- 2 branches ---- */

static bool vessel_counts(const lm_centreline_branch *b, const uint8_t *flag, size_t i)
{
    return vessel_own(&b->point[i]) && !(flag[i] & LM_VESSEL_CUT);
}

/* The greatest narrowing: where the diameter is most below the lesser of the largest before and behind. */
static void vessel_narrow(const lm_centreline_branch *b, const uint8_t *flag, double resolved_mm, lm_vessel_branch *out)
{
    for (size_t i = 0; i < b->n; i++) {
        double before = 0, behind = 0, d = 2 * b->point[i].radius_mm;
        if (!vessel_counts(b, flag, i)) continue;
        for (size_t k = 0; k < b->n; k++) {
            double *side = k <= i ? &before : &behind, e = 2 * b->point[k].radius_mm;
            if (vessel_counts(b, flag, k) && e > *side) *side = e;
        }
        double reference = before < behind ? before : behind;
        if (b->closed) reference = before < behind ? behind : before;
        if (!(reference >= resolved_mm) || 1 - d / reference <= out->degree) continue;
        out->degree = 1 - d / reference;
        out->reference_mm = reference;
        out->narrow_at = i;
    }
}

static void vessel_branch(const lm_centreline_branch *b, const lm_section *section, const lm_vessel_limits *limits,
                          const uint8_t *flag, lm_vessel_branch *out)
{
    double sum = 0, length = 0, area = 0, area_length = 0;
    const double *a = b->point[0].at, *z = b->point[b->n - 1].at;
    double d[3] = {z[0] - a[0], z[1] - a[1], z[2] - a[2]};
    *out = (lm_vessel_branch){.length_mm = b->point[b->n - 1].s_mm, .least_mm = INFINITY};
    out->chord_mm = sqrt(d[0] * d[0] + d[1] * d[1] + d[2] * d[2]);
    for (size_t i = 0; i < b->n; i++) {
        const lm_centreline_point *p = &b->point[i];
        if (!vessel_own(p)) continue;
        double w = 0.5 * (b->point[i + 1 < b->n ? i + 1 : i].s_mm - b->point[i ? i - 1 : i].s_mm), wide = 2 * p->radius_mm;
        out->n++;
        sum += w * wide, length += w;
        if (flag[i] & LM_VESSEL_THIN) out->thin_mm += w;
        if (!flag[i]) out->sound_mm += w;
        if (flag[i] & LM_VESSEL_CUT) out->near_cut_mm += w;
        else out->told++;
        if (!(flag[i] & LM_VESSEL_CUT) && wide < out->least_mm) out->least_mm = wide, out->least_at = i;
        if (wide > out->most_mm) out->most_mm = wide, out->most_at = i;
        if (section[i].segments) area += w * section[i].area_mm2, area_length += w;
    }
    out->mean_mm = length > 0 ? sum / length : NAN;
    out->mean_area_mm2 = area_length > 0 ? area / area_length : NAN;
    if (!out->n) out->most_mm = NAN;
    if (!out->told) out->least_mm = NAN;
    vessel_narrow(b, flag, LM_VESSEL_RESOLVED * limits->voxel_mm, out);
}

static void vessel_all(lm_vessel *v)
{
    size_t joined = 0;
    v->least = v->narrow = SIZE_MAX;
    for (size_t b = 0; b < v->line.n; b++) {
        lm_vessel_branch *x = &v->branch[b];
        vessel_branch(&v->line.branch[b], v->section[b], &v->limits, v->limits.flag[b], x);
        v->thin_mm += x->thin_mm, v->near_cut_mm += x->near_cut_mm, v->sound_mm += x->sound_mm;
        v->length_mm += x->length_mm;
        v->rings += v->line.branch[b].closed;
        if (x->told && (v->least == SIZE_MAX || x->least_mm < v->branch[v->least].least_mm)) v->least = b;
        if (x->degree > 0 && (v->narrow == SIZE_MAX || x->degree > v->branch[v->narrow].degree)) v->narrow = b;
    }
    for (size_t i = 0; i < v->line.n_nodes; i++) {
        v->ends += v->line.node[i].degree == 1;
        v->forks += v->line.node[i].degree > 1;
    }
    /* pieces of the graph: nodes that the branches join */
    size_t n = v->line.n_nodes, pieces = n, *of = calloc(n + 1, sizeof *of);
    for (size_t i = 0; of && i < n; i++) of[i] = i;
    for (size_t b = 0; of && b < v->line.n; b++) {
        const lm_centreline_branch *x = &v->line.branch[b];
        if (x->closed) continue;
        joined++;
        size_t p = of[x->node[0]], q = of[x->node[1]];
        if (p == q) continue;
        for (size_t i = 0; i < n; i++)
            if (of[i] == q) of[i] = p;
        pieces--;
    }
    v->loops = of ? joined + pieces - n + v->rings : v->rings;
    free(of);
}

/* ---- 3 is it a tube ---- */

/* Volume of the sections along a branch; where there is none, the mean of the branch counts, or its balls. */
static double vessel_volume(const lm_vessel *v, size_t b, double *wide)
{
    const lm_centreline_branch *x = &v->line.branch[b];
    double mean = v->branch[b].mean_area_mm2, volume = 0;
    if (isnan(mean)) {
        double r = x->closed ? 0 : v->line.node[x->node[0]].radius_mm;
        mean = VESSEL_PI * r * r;
    }
    for (size_t i = 0; i + 1 < x->n; i++) {
        const lm_section *p = &v->section[b][i], *q = p + 1;
        double a = p->segments ? p->area_mm2 : q->segments ? q->area_mm2 : mean, z = q->segments ? q->area_mm2 : a;
        volume += 0.5 * (a + z) * (x->point[i + 1].s_mm - x->point[i].s_mm);
    }
    *wide += v->branch[b].length_mm * sqrt(4 * mean / VESSEL_PI);
    return volume;
}

static lm_status vessel_tube(lm_vessel *v, double volume_mm3, lm_err *err)
{
    double volume = 0, wide = 0;
    for (size_t b = 0; b < v->line.n; b++) volume += vessel_volume(v, b, &wide);
    v->fill = volume / volume_mm3;
    v->diameter_mm = wide / v->length_mm;
    if (!(v->length_mm >= LM_VESSEL_SHORT * v->diameter_mm))
        return lm_err_set(
            err, LM_ERULE, NULL,
            "no tube: the longest ways through it are %.4g mm, less than %g times its mean diameter, %.4g mm; with --from "
            "and --to a short one is measured",
            v->length_mm, LM_VESSEL_SHORT, v->diameter_mm);
    if (!(v->fill >= LM_VESSEL_FILL_LO && v->fill <= LM_VESSEL_FILL_HI))
        return lm_err_set(err, LM_ERULE, NULL,
                          "no tube: sections along the ways through it add up to %.0f %% of its volume (a tube: %.0f to %.0f %%)",
                          100 * v->fill, 100 * LM_VESSEL_FILL_LO, 100 * LM_VESSEL_FILL_HI);
    return LM_OK;
}

/* Handles of all shells of a valid mesh together, by Euler's formula. */
static lm_status vessel_genus(const lm_mesh *m, size_t shells, size_t *genus, lm_err *err)
{
    uint8_t *used = lm_mem_calloc(m->nv, 1, err);
    long long n = 0;
    if (!used) return LM_ENOMEM;
    for (size_t i = 0; i < 3 * m->nt; i++) used[m->tri[i]] = 1;
    for (size_t v = 0; v < m->nv; v++) n += used[v];
    free(used);
    long long twice = 2 * (long long)shells - n + (long long)m->nt / 2;
    *genus = twice > 0 ? (size_t)(twice / 2) : 0;
    return LM_OK;
}

lm_status lm_vessel_measure(const lm_mesh *m, const lm_mass *mass, const lm_vessel_ask *ask, int threads, lm_vessel *out,
                            lm_err *err)
{
    lm_nearest near = LM_NEAREST_INIT;
    lm_lumen_opt opt = {.volume_mm3 = mass->volume_mm3,
                        .area_mm2 = mass->area_mm2,
                        .from = ask->has[0] ? ask->mm[0] : NULL,
                        .to = ask->has[1] ? ask->mm[1] : NULL,
                        .threads = threads};
    *out = (lm_vessel)LM_VESSEL_INIT;
    if (!(mass->volume_mm3 > 0)) return lm_err_set(err, LM_ERULE, NULL, "no tube: the mesh has no inside");
    lm_status rc = vessel_genus(m, mass->parts, &opt.loops, err);
    if (!rc) rc = lm_nearest_build(m, lm_pool_threads(threads), &near, err);
    if (!rc) rc = lm_centreline_find(m, &near, &opt, &out->line, err);
    if (!rc) rc = lm_vessel_limits_find(m, &out->line, ask->voxel_mm, &out->limits, err);
    if (!rc) rc = vessel_sections(m, &near, threads, out, err);
    if (!rc) {
        vessel_all(out);
        if (!opt.from || !opt.to) rc = vessel_tube(out, mass->volume_mm3, err);
    }
    lm_nearest_release(&near);
    if (rc) lm_vessel_release(out);
    return rc;
}

void lm_vessel_release(lm_vessel *v)
{
    lm_vessel_limits_release(&v->limits, &v->line);
    for (size_t b = 0; v->section && b < v->line.n; b++) free(v->section[b]);
    free(v->section);
    free(v->branch);
    lm_centreline_release(&v->line);
    *v = (lm_vessel)LM_VESSEL_INIT;
}

static lm_status vessel_place(const char *what, const char *text, double p[3], bool *has, lm_err *err)
{
    *has = text != NULL;
    if (!text) return LM_OK;
    const char *s = text, *end = text + strlen(text);
    for (int c = 0; c < 3; c++) {
        const char *to = lm_num_parse(s, end, &p[c]);
        if (!to || (c < 2 ? *to != ',' : to != end) || fabs(p[c]) > 1e7)
            return lm_err_set(err, LM_EUSAGE, NULL, "%s '%.60s': write x,y,z in patient mm", what, text);
        s = to + 1;
    }
    return LM_OK;
}

lm_status lm_vessel_parse(const char *from, const char *to, lm_vessel_ask *out, lm_err *err)
{
    lm_status rc = vessel_place("--from", from, out->mm[0], &out->has[0], err);
    return rc ? rc : vessel_place("--to", to, out->mm[1], &out->has[1], err);
}
