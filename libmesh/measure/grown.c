/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "measure/grown.h"
#include "base/mem.h"
#include "base/pool.h"
#include "surface/join.h"
#include "surface/nearest.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { GROWN_BLOCK = 512 };

typedef struct {
    const lm_mesh *now, *was;
    uint32_t *old_place, *place; /* per vertex of was, of now: the same number, the same bits; those of was are below was->nv */
    uint8_t *kept;               /* per place of was: now has it */
    lm_nearest old, thin;        /* over was; over its thin facets */
    lm_mesh places;              /* the thin facets; vertices of was */
    double reach, slack_mm;      /* slack: rounding of float32 */
    double *far;                 /* per vertex of now: distance from was, */
    uint8_t *stray;              /* and whether it is off its place where nothing was thin */
    int threads;
} grown_job;

static lm_status grown_silent(lm_err *err)
{
    return lm_err_set(err, LM_ERULE, NULL, "a record of meshshell does not say what wall was asked for");
}

/* ---- the change ---- */

static bool grown_near(const grown_job *job, const float *at)
{
    const double p[3] = {at[0], at[1], at[2]};
    lm_nearest_hit hit;
    if (!job->places.nt) return false;
    lm_nearest_find(&job->thin, p, job->reach * job->reach, LM_NEAREST_NONE, &hit);
    return hit.tri != LM_NEAREST_NONE;
}

static lm_status grown_task(void *ctx, size_t task, int worker, lm_err *err)
{
    grown_job *job = ctx;
    (void)worker;
    (void)err;
    for (size_t v = task * GROWN_BLOCK; v < job->now->nv && v < (task + 1) * GROWN_BLOCK; v++) {
        const float *at = job->now->pos + 3 * v;
        const double p[3] = {at[0], at[1], at[2]};
        lm_nearest_hit hit;
        job->far[v] = 0;
        job->stray[v] = 0;
        if (job->place[v] < job->was->nv) continue;
        lm_nearest_find(&job->old, p, INFINITY, LM_NEAREST_NONE, &hit);
        job->far[v] = sqrt(hit.d2);
        /* a new vertex on the surface has not moved it */
        job->stray[v] = job->far[v] > job->slack_mm && !grown_near(job, at);
    }
    return LM_OK;
}

/* Which vertex is which. */
static lm_status grown_places_of(grown_job *job, lm_err *err)
{
    lm_join join = LM_JOIN_INIT;
    lm_status rc = LM_ENOMEM;
    if ((job->old_place = lm_mem_alloc(job->was->nv, sizeof *job->old_place, err)) &&
        (job->place = lm_mem_alloc(job->now->nv, sizeof *job->place, err)) && (job->kept = lm_mem_calloc(job->was->nv, 1, err)) &&
        !(rc = lm_join_add(&join, job->was->pos, job->was->nv, job->old_place, err)))
        rc = lm_join_add(&join, job->now->pos, job->now->nv, job->place, err);
    for (size_t v = 0; v < job->now->nv && !rc; v++)
        if (job->place[v] < job->was->nv) job->kept[job->place[v]] = 1;
    lm_join_release(&join);
    return rc;
}

/* Vertices that are gone from where nothing was thin. */
static size_t grown_gone(const grown_job *job)
{
    size_t gone = 0;
    for (size_t v = 0; v < job->was->nv; v++) gone += !job->kept[job->old_place[v]] && !grown_near(job, job->was->pos + 3 * v);
    return gone;
}

/* Facets with all corners on the surface before lie on it as a whole, unless they are near a thin place. Counts those of which that
 * is not true. */
static size_t grown_facets(const grown_job *job)
{
    const lm_mesh *now = job->now;
    size_t odd = 0;
    for (size_t i = 0; i < now->nt; i++) {
        const uint32_t *v = now->tri + 3 * i;
        double middle[3] = {0, 0, 0};
        bool moved = false;
        lm_nearest_hit hit;
        for (size_t k = 0; k < 3; k++) {
            moved = moved || job->far[v[k]] > job->slack_mm;
            for (size_t c = 0; c < 3; c++) middle[c] += (double)now->pos[3 * (size_t)v[k] + c] / 3;
        }
        if (moved) continue;
        lm_nearest_find(&job->old, middle, job->slack_mm * job->slack_mm, LM_NEAREST_NONE, &hit);
        const float at[3] = {(float)middle[0], (float)middle[1], (float)middle[2]};
        odd += hit.tri == LM_NEAREST_NONE && !grown_near(job, at);
    }
    return odd;
}

/* The facets of the solid before that are thin. */
static lm_status grown_places(grown_job *job, double wall_mm, const lm_grown_opt *opt, lm_err *err)
{
    lm_mesh was = *job->was; /* borrowed: only its facets are asked for */
    lm_wall_opt wopt = {.wall_mm = wall_mm, .threads = opt->threads, .thin = lm_mem_alloc(was.nt, 1, err)};
    lm_wall_facts facts;
    if (!wopt.thin) return LM_ENOMEM;
    job->places = (lm_mesh){.nv = was.nv, .pos = was.pos, .tri = lm_mem_alloc(was.nt, 3 * sizeof *was.tri, err)};
    lm_status rc = job->places.tri ? lm_wall_check(&was, &wopt, false, &facts, err) : LM_ENOMEM;
    for (size_t t = 0; t < was.nt && !rc; t++)
        if (wopt.thin[t]) memcpy(job->places.tri + 3 * job->places.nt++, was.tri + 3 * t, 3 * sizeof *was.tri);
    free(wopt.thin);
    return !rc && job->places.nt ? lm_nearest_build(&job->places, opt->threads, &job->thin, err) : rc;
}

/* Four units in the last place of the largest coordinate: middles of edges are rounded, and their middles again. */
static double grown_slack(const lm_mesh *m)
{
    double lo[3], hi[3], far = 0;
    lm_mesh_box(m, lo, hi);
    for (int c = 0; c < 3; c++) far = fmax(far, fmax(fabs(lo[c]), fabs(hi[c])));
    return far * 0x1p-21;
}

static lm_status grown_add(lm_measurement m, bool good, const char *note, lm_verdict_list *list, lm_err *err)
{
    m.absolute = true;
    lm_verdict_measurement(&m);
    m.verdict = good ? LM_VERDICT_PASS : LM_VERDICT_FAIL;
    if (note) snprintf(m.note, sizeof m.note, "%s", note);
    return lm_verdict_add(list, &m, err);
}

static lm_status grown_change(grown_job *job, double gained, double bound, double rounding_mm3, lm_verdict_list *list, lm_err *err)
{
    double change = lm_mesh_volume(job->now) - lm_mesh_volume(job->was), most = 0;
    double tol = 1e-9 * (1 + fabs(lm_mesh_volume(job->now))) + rounding_mm3;
    size_t stray = 0;
    for (size_t v = 0; v < job->now->nv; v++) {
        most = job->far[v] > most ? job->far[v] : most;
        stray += job->stray[v];
    }
    const size_t facets = grown_facets(job), gone = grown_gone(job);
    char note[LM_VERDICT_TEXT];
    const lm_measurement volume = {.name = "added-volume",
                                   .unit = LM_UNIT_MM3,
                                   .value = change,
                                   .reference = gained,
                                   .reference_is = "intended change in the books",
                                   .tol = tol,
                                   .tol_is = "rounding"},
                         move = {.name = "wall-move",
                                 .unit = LM_UNIT_MM,
                                 .value = most,
                                 .reference_is = "surface before",
                                 .tol = bound + job->slack_mm,
                                 .tol_is = "largest move in the books"},
                         odd = {.name = "moved-elsewhere",
                                .unit = LM_UNIT_NONE,
                                .value = (double)(stray + gone + facets),
                                .reference_is = "every bit as it was where nothing was thin",
                                .tol_is = "none"};
    lm_status rc = grown_add(volume, fabs(change - gained) <= tol, NULL, list, err);
    if (!rc) rc = grown_add(move, most <= bound + job->slack_mm, NULL, list, err);
    snprintf(note, sizeof note, "%zu vertices and %zu facets changed more than %.4g mm from every thin place", stray + gone, facets,
             job->reach);
    return rc ? rc : grown_add(odd, !stray && !gone && !facets, note, list, err);
}

/* ---- the wall ---- */

static lm_status grown_wall(const json_t *last, const lm_mesh *mesh, const lm_grown_opt *opt, lm_verdict_list *list, lm_grown *out,
                            lm_err *err)
{
    const json_t *said = json_object_get(last, "wall"), *allow = json_object_get(json_object_get(last, "options"), "allow");
    const lm_wall_opt wopt = {.wall_mm = json_number_value(json_object_get(said, "wall_mm")),
                              .threads = opt->threads,
                              .progress = opt->progress,
                              .progress_ctx = opt->progress_ctx};
    lm_mesh now = *mesh; /* borrowed: no quality is asked for */
    char note[LM_VERDICT_TEXT];
    if (!(wopt.wall_mm > 0)) return grown_silent(err);
    lm_status rc = lm_wall_check(&now, &wopt, false, &out->wall, err);
    const lm_wall_facts *w = &out->wall;
    if (rc) return rc;
    out->checked = true;
    out->allowed = allow != NULL;
    const json_int_t left = json_integer_value(json_object_get(said, "thin_samples"));
    const bool good = !w->thin_samples || (allow && w->thin_samples <= (size_t)left);
    if (w->thin_samples)
        snprintf(note, sizeof note, "thinner on %.4g of %.4g mm2, least at (%.6g, %.6g, %.6g)%s", w->thin_mm2, w->area_mm2,
                 w->ball_at[0], w->ball_at[1], w->ball_at[2], good ? ": let pass by name (--allow thin)" : "");
    else snprintf(note, sizeof note, "nowhere thinner, by the largest balls inside");
    const lm_measurement m = {.name = "least-wall",
                              .unit = LM_UNIT_MM,
                              .value = w->min_ball_mm < w->wall_mm ? w->min_ball_mm : w->wall_mm,
                              .reference = w->wall_mm,
                              .reference_is = good && w->thin_samples ? "least wall asked for; thinner places let pass by name"
                                                                      : "least wall asked for; thicker counts as this",
                              .tol = w->tol_mm,
                              .tol_is = "a thousandth, and rounding"};
    return grown_add(m, good, note, list, err);
}

/* What all stages that added material say that they added, and the most they moved. */
static void grown_books(const lm_records *rec, const json_t *first, double *gained, double *bound, double *passes)
{
    bool on = false;
    *gained = *bound = *passes = 0;
    for (size_t i = 0; i < rec->n; i++) {
        const json_t *list = json_object_get(rec->item[i], "ledger"), *grow = json_object_get(rec->item[i], "min_wall");
        on = on || rec->item[i] == first;
        if (!on || !grow) continue;
        const json_t *entry = json_array_get(list, json_array_size(list) - 1);
        *gained += json_number_value(json_object_get(entry, "change_mm3"));
        *bound += json_number_value(json_object_get(entry, "moved_mm"));
        *passes += json_number_value(json_object_get(grow, "passes"));
    }
}

/* What was added, against the solid before. */
static lm_status grown_added(const lm_records *rec, const lm_original *o, const lm_grown_opt *opt, lm_verdict_list *list,
                             lm_err *err)
{
    double gained, bound, passes;
    const double wall = json_number_value(json_object_get(json_object_get(o->grow, "min_wall"), "wall_mm"));
    if (!(wall > 0)) return grown_silent(err);
    grown_books(rec, o->grow, &gained, &bound, &passes);
    grown_job job = {.now = &o->grown,
                     .was = &o->before,
                     .reach = LM_GROWN_REACH * wall * passes,
                     .slack_mm = grown_slack(&o->grown),
                     .threads = opt->threads};
    lm_status rc = LM_ENOMEM;
    if ((job.far = lm_mem_alloc(job.now->nv, sizeof *job.far, err)) && (job.stray = lm_mem_alloc(job.now->nv, 1, err)) &&
        !(rc = grown_places_of(&job, err)) && !(rc = lm_nearest_build(job.was, opt->threads, &job.old, err)) &&
        !(rc = grown_places(&job, wall, opt, err)) &&
        !(rc = lm_pool_run(lm_pool_threads(opt->threads), (job.now->nv + GROWN_BLOCK - 1) / GROWN_BLOCK, grown_task, &job, err)))
        rc = grown_change(&job, gained, bound, o->rounding_mm3, list, err);
    lm_nearest_release(&job.old);
    lm_nearest_release(&job.thin);
    free(job.places.tri);
    free(job.far);
    free(job.stray);
    free(job.old_place);
    free(job.place);
    free(job.kept);
    return rc;
}

lm_status lm_grown_judge(const lm_records *rec, const lm_original *o, const lm_grown_opt *opt, lm_verdict_list *list, lm_grown *out,
                         lm_err *err)
{
    static const char *const made[] = {"min_wall", "hollow", "tube", "scale"};
    const json_t *last = NULL;
    *out = (lm_grown){.checked = false};
    for (size_t i = 0; i < rec->n; i++)
        for (size_t k = 0; k < sizeof made / sizeof *made; k++)
            if (json_object_get(rec->item[i], "wall") && json_object_get(rec->item[i], made[k])) last = rec->item[i];
    lm_status rc = o->grow ? grown_added(rec, o, opt, list, err) : LM_OK;
    return rc || !last ? rc : grown_wall(last, &o->print, opt, list, out, err);
}
