/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "volume/segment.h"
#include "base/mem.h"
#include "base/num.h"
#include "base/pool.h"
#include "volume/label.h"
#include "volume/mask.h"
#include "volume/moments.h"
#include "volume/stencil.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { SEGMENT_SLAB = 8, SEGMENT_BLOCK = 1024 }; /* slices per task, samples per step */

typedef struct {
    lm_vol *v;
    double lo, hi;
    float *field;     /* two-sided field, may be v->data */
    double *ranges;   /* least and greatest value per task */
    uint64_t *counts; /* samples inside per task */
    const lm_label *l;
    const bool *kept;
    double least; /* what dropped samples become */
} segment_job;

static size_t segment_tasks(const lm_vol *v)
{
    return (v->n[2] + SEGMENT_SLAB - 1) / SEGMENT_SLAB;
}

/* Samples first .. last-1 of a task. */
static void segment_span(const lm_vol *v, size_t task, size_t *first, size_t *last)
{
    size_t slab = v->n[0] * v->n[1] * SEGMENT_SLAB, count = lm_vol_count(v);
    *first = task * slab;
    *last = count - *first < slab ? count : *first + slab;
}

/* ---- range ---- */

static lm_status segment_range_slab(void *ctx, size_t task, int worker, lm_err *err)
{
    segment_job *job = ctx;
    size_t first, last;
    (void)worker;
    segment_span(job->v, task, &first, &last);
    lm_vol part = *job->v;
    part.data = (char *)part.data + first * lm_vol_type_size(part.type);
    part.n[2] = (last - first) / (part.n[0] * part.n[1]);
    return lm_vol_range(&part, &job->ranges[2 * task], &job->ranges[2 * task + 1], err);
}

static lm_status segment_range(lm_vol *v, int threads, double *lo, double *hi, lm_err *err)
{
    size_t n = segment_tasks(v);
    segment_job job = {.v = v, .ranges = lm_mem_alloc(n, 2 * sizeof(double), err)};
    if (!job.ranges) return LM_ENOMEM;
    lm_status rc = lm_pool_run(threads, n, segment_range_slab, &job, err);
    *lo = INFINITY;
    *hi = -INFINITY;
    for (size_t t = 0; t < n && !rc; t++) {
        if (job.ranges[2 * t] < *lo) *lo = job.ranges[2 * t];
        if (job.ranges[2 * t + 1] > *hi) *hi = job.ranges[2 * t + 1];
    }
    free(job.ranges);
    return rc ? lm_vol_range(v, lo, hi, err) : LM_OK; /* once more for the sample's true place */
}

/* ---- two-sided field ---- */

/* min(v - lo, hi - v) as float, with the sign kept: x - y is zero or negative only if x = y or x < y, and what is below
 * zero must not round to it. */
static float segment_two_sided(double v, double lo, double hi)
{
    double below = v - lo, above = hi - v, d = below < above ? below : above;
    if (d < 0 && d > -(double)FLT_TRUE_MIN) return -FLT_TRUE_MIN;
    return d > FLT_MAX ? FLT_MAX : d < -FLT_MAX ? -FLT_MAX : (float)d;
}

static lm_status segment_field_slab(void *ctx, size_t task, int worker, lm_err *err)
{
    segment_job *job = ctx;
    double x[SEGMENT_BLOCK];
    size_t first, last;
    (void)worker, (void)err;
    segment_span(job->v, task, &first, &last);
    for (size_t at = first; at < last; at += SEGMENT_BLOCK) {
        size_t n = last - at < SEGMENT_BLOCK ? last - at : SEGMENT_BLOCK;
        lm_vol_row_f64(job->v, at, n, x);
        for (size_t i = 0; i < n; i++) job->field[at + i] = segment_two_sided(x[i], job->lo, job->hi);
    }
    return LM_OK;
}

static lm_status segment_field(lm_vol *v, double lo, double hi, int threads, lm_err *err)
{
    bool in_place = lm_vol_type_size(v->type) == sizeof(float);
    segment_job job = {.v = v, .lo = lo, .hi = hi, .field = in_place ? v->data : lm_mem_alloc(lm_vol_count(v), sizeof(float), err)};
    if (!job.field) return LM_ENOMEM;
    lm_status rc = lm_pool_run(threads, segment_tasks(v), segment_field_slab, &job, err);
    if (in_place || rc) {
        if (!in_place) free(job.field);
        v->type = rc ? v->type : LM_F32;
        return rc;
    }
    lm_vol_replace(v, LM_F32, job.field);
    return LM_OK;
}

/* ---- components ---- */

#define SEGMENT_FILL(T) \
    for (size_t i = a; i < b; i++) ((T *)v->data)[i] = (T)least; \
    break;

static void segment_fill(lm_vol *v, size_t a, size_t b, double least)
{
    switch (v->type) {
    case LM_I8: SEGMENT_FILL(int8_t)
    case LM_U8: SEGMENT_FILL(uint8_t)
    case LM_I16: SEGMENT_FILL(int16_t)
    case LM_U16: SEGMENT_FILL(uint16_t)
    case LM_I32: SEGMENT_FILL(int32_t)
    case LM_U32: SEGMENT_FILL(uint32_t)
    case LM_F32: SEGMENT_FILL(float)
    case LM_F64: SEGMENT_FILL(double)
    }
}

static lm_status segment_drop_slab(void *ctx, size_t task, int worker, lm_err *err)
{
    segment_job *job = ctx;
    const lm_label *l = job->l;
    size_t first, last;
    (void)worker, (void)err;
    segment_span(job->v, task, &first, &last);
    for (size_t r = first / job->v->n[0]; r < last / job->v->n[0]; r++)
        for (size_t i = l->row[r]; i < l->row[r + 1]; i++)
            if (!job->kept[l->comp[i]])
                segment_fill(job->v, r * job->v->n[0] + l->start[i], r * job->v->n[0] + l->end[i], job->least);
    return LM_OK;
}

static lm_status segment_keep(lm_vol *v, double level, size_t keep, double least, int threads, lm_segment_facts *out, lm_err *err)
{
    lm_label l = LM_LABEL_INIT;
    bool *kept = NULL;
    lm_status rc = lm_label_components(v, level, threads, &l, err);
    if (rc) return rc;
    if (!(kept = lm_mem_alloc(l.comps, sizeof *kept, err))) rc = LM_ENOMEM;
    if (!rc) rc = lm_label_largest(&l, keep, kept, &out->components_kept, err);
    if (!rc) {
        out->components_found = l.comps;
        for (size_t c = 0; c < l.comps; c++)
            if (!kept[c]) out->dropped_voxels += l.size[c];
        segment_job job = {.v = v, .l = &l, .kept = kept, .least = least};
        if (out->dropped_voxels) rc = lm_pool_run(threads, segment_tasks(v), segment_drop_slab, &job, err);
    }
    free(kept);
    lm_label_release(&l);
    return rc;
}

/* ---- facts ---- */

static lm_status segment_facts(const lm_vol *v, int threads, lm_segment_facts *out, lm_err *err)
{
    lm_moments m;
    lm_status rc = lm_moments_of(v, v->iso, threads, &m, err);
    if (rc) return rc;
    out->iso = v->iso;
    out->voxel_count = m.inside;
    out->voxel_mm3 = fabs(lm_vol_det(v));
    out->at_level_mm3 = m.volume_mm3;
    memcpy(out->centroid_mm, m.centroid_mm, sizeof m.centroid_mm);
    memcpy(out->lo_mm, m.lo_mm, sizeof m.lo_mm);
    memcpy(out->hi_mm, m.hi_mm, sizeof m.hi_mm);
    out->touches_border = m.border;
    return LM_OK;
}

static lm_status segment_count_slab(void *ctx, size_t task, int worker, lm_err *err)
{
    segment_job *job = ctx;
    const lm_vol *v = job->v;
    size_t first, last, words = lm_mask_words(v->n[0]);
    (void)worker;
    segment_span(v, task, &first, &last);
    uint64_t *bits = lm_mem_alloc(words, sizeof *bits, err);
    if (!bits) return LM_ENOMEM;
    job->counts[task] = 0;
    for (size_t at = first; at < last; at += v->n[0]) {
        lm_mask_row(v, job->lo, at, bits);
        for (size_t w = 0; w < words; w++) job->counts[task] += (uint64_t)__builtin_popcountll(bits[w]);
    }
    free(bits);
    return LM_OK;
}

/* Share of the samples that are >= lo, in percent. */
static lm_status segment_share(lm_vol *v, double lo, int threads, double *percent, lm_err *err)
{
    size_t n = segment_tasks(v);
    segment_job job = {.v = v, .lo = lo, .counts = lm_mem_alloc(n, sizeof(uint64_t), err)};
    if (!job.counts) return LM_ENOMEM;
    lm_status rc = lm_pool_run(threads, n, segment_count_slab, &job, err);
    uint64_t sum = 0;
    for (size_t t = 0; t < n && !rc; t++) sum += job.counts[t];
    *percent = 100 * (double)sum / (double)lm_vol_count(v);
    free(job.counts);
    return rc;
}

lm_status lm_segment(lm_vol *v, const lm_segment_opt *opt, lm_segment_facts *out, lm_err *err)
{
    double lo = opt->lo, hi = opt->hi, least, most, share = 0;
    bool two = isfinite(hi);
    int threads = lm_pool_threads(opt->threads);
    lm_status rc;
    *out = (lm_segment_facts){0};
    if (!isfinite(lo) || isnan(hi)) return lm_err_set(err, LM_EUSAGE, NULL, "a threshold must be a number");
    if (hi < lo) return lm_err_set(err, LM_EUSAGE, NULL, "the upper threshold %g is below the lower one, %g", hi, lo);
    if ((rc = segment_range(v, threads, &least, &most, err))) return rc;
    if (most < lo && !opt->mask)
        return lm_err_set(err, LM_ENO, NULL, "nothing is inside: no sample reaches %g, the data go from %g to %g", lo, least, most);
    if (two) {
        if ((rc = segment_share(v, lo, threads, &share, err)) || (rc = segment_field(v, lo, hi, threads, err))) return rc;
        float a = segment_two_sided(least, lo, hi), b = segment_two_sided(most, lo, hi); /* the ends fall to both sides */
        least = (double)(a < b ? a : b);
    }
    v->has_iso = true;
    v->iso = two ? 0 : lo;
    if (opt->mask && (rc = lm_stencil(v, opt->mask, v->iso, least, threads, &out->mask_pushed, &out->mask_filled, err))) return rc;
    if ((rc = lm_roi_cut(&opt->roi, v, v->iso, least, threads, &out->roi_cut_voxels, err))) return rc;
    if ((rc = segment_keep(v, v->iso, opt->keep, least, threads, out, err))) return rc;
    if (!out->components_found && out->roi_cut_voxels)
        return lm_err_set(err, LM_ENO, NULL,
                          "nothing is inside: all %zu samples within the threshold lie outside the region of interest",
                          out->roi_cut_voxels);
    if (!out->components_found && opt->mask) return lm_err_set(err, LM_ENO, NULL, "nothing is inside: the mask is empty");
    if (!out->components_found)
        return lm_err_set(err, LM_ENO, NULL,
                          "nothing is inside: no sample lies in %g .. %g, the data go up to %g and %.3g %% of the samples reach %g",
                          lo, hi, most, share, lo);
    return segment_facts(v, threads, out, err);
}

lm_status lm_segment_step(const lm_vol *v, int threads, lm_segment_facts *facts, lm_err *err)
{
    double lo = 0, hi = 4096;
    lm_moments m;
    lm_status rc = v->type >= LM_F32 ? lm_vol_range(v, &lo, &hi, err) : LM_OK;
    if (!rc) rc = lm_moments_of(v, v->iso + (hi - lo) / 4096, threads, &m, err);
    if (rc) return rc;
    facts->step = (hi - lo) / 4096;
    facts->step_mm3 = m.volume_mm3 - facts->at_level_mm3;
    return LM_OK;
}

lm_status lm_segment_measure(const lm_vol *v, int threads, lm_segment_facts *out, lm_err *err)
{
    lm_status rc;
    double lo, hi;
    *out = (lm_segment_facts){0};
    threads = lm_pool_threads(threads);
    if (!v->has_iso) return lm_err_set(err, LM_EUSAGE, NULL, "the volume carries no level that separates inside from outside");
    lm_vol view = *v; /* only read */
    if ((rc = segment_range(&view, threads, &lo, &hi, err)) || (rc = segment_facts(v, threads, out, err))) return rc;
    if (out->voxel_count) return LM_OK;
    return lm_err_set(err, LM_ENO, NULL, "nothing is inside: no sample reaches %g, the data go from %g to %g", v->iso, lo, hi);
}
