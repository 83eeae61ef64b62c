/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Contents: 1 text, 2 points, 3 samples, 4 cutting */
#include "volume/roi.h"
#include "base/mem.h"
#include "base/num.h"
#include "base/pool.h"
#include "volume/level.h"
#include "volume/mask.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ROI_SLAB = 8 }; /* slices per task */

/* ---- 1 text ---- */

static const struct {
    const char *name, *form;
    int n;
} roi_kinds[] = {
    [LM_ROI_BOX] = {"box", "box:X0,Y0,Z0,X1,Y1,Z1", 6},
    [LM_ROI_SPHERE] = {"sphere", "sphere:X,Y,Z,R", 4},
    [LM_ROI_CYLINDER] = {"cylinder", "cylinder:X0,Y0,Z0,X1,Y1,Z1,R", 7},
};

static lm_status roi_check(lm_roi_shape *s, const char *text, lm_err *err)
{
    double *v = s->v, apart = 0;
    if (s->kind != LM_ROI_BOX && !(v[roi_kinds[s->kind].n - 1] > 0))
        return lm_err_set(err, LM_EUSAGE, NULL, "region '%.80s': the radius must be greater than 0", text);
    if (s->kind == LM_ROI_SPHERE) return LM_OK;
    for (int c = 0; c < 3; c++) {
        double a = v[c], b = v[3 + c];
        if (a != b) apart = 1;
        if (s->kind != LM_ROI_BOX) continue;
        if (a == b) return lm_err_set(err, LM_EUSAGE, NULL, "region '%.80s': the box has no extent along %c", text, 'x' + c);
        v[c] = a < b ? a : b;
        v[3 + c] = a < b ? b : a;
    }
    return apart > 0 ? LM_OK : lm_err_set(err, LM_EUSAGE, NULL, "region '%.80s': the ends of the cylinder are one point", text);
}

lm_status lm_roi_add(lm_roi *roi, const char *text, lm_err *err)
{
    lm_roi_shape s = {.kind = LM_ROI_BOX};
    const char *p = strchr(text, ':'), *end = text + strlen(text);
    if (roi->n == LM_ROI_MAX) return lm_err_set(err, LM_EUSAGE, NULL, "more than %d regions", (int)LM_ROI_MAX);
    for (;; s.kind++) {
        if (!p || s.kind > LM_ROI_CYLINDER)
            return lm_err_set(err, LM_EUSAGE, NULL, "region '%.80s' is none of %s, %s, %s", text, roi_kinds[0].form,
                              roi_kinds[1].form, roi_kinds[2].form);
        if ((size_t)(p - text) == strlen(roi_kinds[s.kind].name) && !strncmp(text, roi_kinds[s.kind].name, (size_t)(p - text)))
            break;
    }
    for (int i = 0, n = roi_kinds[s.kind].n; i < n; i++) {
        p = lm_num_parse(p + 1, end, &s.v[i]);
        if (!p || *p != (i + 1 < n ? ',' : 0))
            return lm_err_set(err, LM_EUSAGE, NULL,
                              "region '%.80s': %d numbers in mm with commas between them are needed, as in %s", text, n,
                              roi_kinds[s.kind].form);
        if (!(fabs(s.v[i]) <= 1e6))
            return lm_err_set(err, LM_EUSAGE, NULL, "region '%.80s': %g mm is beyond any patient", text, s.v[i]);
    }
    lm_status rc = roi_check(&s, text, err);
    if (!rc) roi->shape[roi->n++] = s;
    return rc;
}

void lm_roi_text(const lm_roi_shape *s, char buf[LM_ROI_TEXT])
{
    char num[LM_NUM_TEXT];
    size_t at = (size_t)snprintf(buf, LM_ROI_TEXT, "%s:", roi_kinds[s->kind].name);
    for (int i = 0, n = roi_kinds[s->kind].n; i < n; i++) {
        lm_num_f64(s->v[i], num);
        at += (size_t)snprintf(buf + at, LM_ROI_TEXT - at, "%s%s", num, i + 1 < n ? "," : "");
    }
}

/* ---- 2 points ---- */

static bool roi_in_shape(const lm_roi_shape *s, const double p[3])
{
    const double *v = s->v;
    double q[3] = {p[0] - v[0], p[1] - v[1], p[2] - v[2]};
    if (s->kind == LM_ROI_BOX) return q[0] >= 0 && q[1] >= 0 && q[2] >= 0 && p[0] <= v[3] && p[1] <= v[4] && p[2] <= v[5];
    double qq = q[0] * q[0] + q[1] * q[1] + q[2] * q[2];
    if (s->kind == LM_ROI_SPHERE) return qq <= v[3] * v[3];
    double e[3] = {v[3] - v[0], v[4] - v[1], v[5] - v[2]};
    double ee = e[0] * e[0] + e[1] * e[1] + e[2] * e[2], qe = q[0] * e[0] + q[1] * e[1] + q[2] * e[2];
    if (!(qe >= 0 && qe <= ee)) return false;
    double t = qe / ee, w[3] = {q[0] - t * e[0], q[1] - t * e[1], q[2] - t * e[2]};
    return w[0] * w[0] + w[1] * w[1] + w[2] * w[2] <= v[6] * v[6];
}

bool lm_roi_inside(const lm_roi *roi, const double xyz[3])
{
    for (size_t i = 0; i < roi->n; i++)
        if (roi_in_shape(&roi->shape[i], xyz)) return true;
    return !roi->n;
}

/* ---- 3 samples ---- */

static bool roi_has(const lm_roi *roi, const lm_vol *v, const size_t ijk[3])
{
    double at[3] = {(double)ijk[0], (double)ijk[1], (double)ijk[2]}, p[3];
    lm_vol_to_world(v, at, p);
    return lm_roi_inside(roi, p);
}

/* ---- 4 cutting ---- */

typedef struct {
    const lm_roi *roi;
    lm_vol *v;
    double level, least;
    size_t *cut; /* samples pushed per task */
    bool *met;   /* the region meets a sample of the task */
} roi_job;

/* What the sample ijk outside the region becomes. It looks at samples inside only, and these never change. */
static double roi_pushed(const roi_job *job, const size_t ijk[3], size_t at)
{
    const lm_vol *v = job->v;
    const size_t step[3] = {1, v->n[0], v->n[0] * v->n[1]};
    double sum = 0;
    int kept = 0;
    for (int a = 0; a < 3; a++)
        for (int up = 0; up < 2; up++) {
            size_t q[3] = {ijk[0], ijk[1], ijk[2]};
            if (up ? ++q[a] == v->n[a] : q[a]-- == 0) continue;
            size_t there = up ? at + step[a] : at - step[a];
            if (!roi_has(job->roi, v, q)) continue;
            double x = lm_vol_at(v, there);
            if (!(x >= job->level)) continue;
            sum += x - job->level;
            kept++;
        }
    return kept ? lm_level_below(v->type, job->level - sum / kept, job->level) : job->least;
}

static lm_status roi_slab(void *ctx, size_t task, int worker, lm_err *err)
{
    const roi_job *job = ctx;
    lm_vol *v = job->v;
    uint64_t *bits = lm_mem_alloc(lm_mask_words(v->n[0]), sizeof *bits, err);
    (void)worker;
    if (!bits) return LM_ENOMEM;
    job->cut[task] = 0;
    job->met[task] = false;
    for (size_t k = task * ROI_SLAB; k < v->n[2] && k < (task + 1) * ROI_SLAB; k++)
        for (size_t j = 0; j < v->n[1]; j++) {
            size_t row = (k * v->n[1] + j) * v->n[0];
            lm_mask_row(v, job->level, row, bits);
            for (size_t i = 0; i < v->n[0]; i++) {
                const size_t ijk[3] = {i, j, k};
                bool inside = bits[i / 64] >> i % 64 & 1;
                if (!inside && job->met[task]) continue;
                if (roi_has(job->roi, v, ijk)) job->met[task] = true;
                else if (inside) {
                    lm_level_set(v, row + i, roi_pushed(job, ijk, row + i));
                    job->cut[task]++;
                }
            }
        }
    free(bits);
    return LM_OK;
}

lm_status lm_roi_cut(const lm_roi *roi, lm_vol *v, double level, double least, int threads, size_t *cut, lm_err *err)
{
    size_t n = (v->n[2] + ROI_SLAB - 1) / ROI_SLAB;
    bool met = false;
    *cut = 0;
    if (!roi->n) return LM_OK;
    least = lm_level_below(v->type, least < level ? least : level - 1, level);
    if (isnan(least))
        return lm_err_set(err, LM_ERULE, NULL, "samples of type %s cannot lie below the level %g: nothing can be cut away",
                          lm_vol_type_name(v->type), level);
    roi_job job = {.roi = roi, .v = v, .level = level, .least = least, .cut = lm_mem_alloc(n, sizeof *job.cut, err)};
    if (job.cut) job.met = lm_mem_alloc(n, sizeof *job.met, err);
    lm_status rc = job.met ? lm_pool_run(threads, n, roi_slab, &job, err) : LM_ENOMEM;
    for (size_t t = 0; t < n && !rc; t++) {
        *cut += job.cut[t];
        met |= job.met[t];
    }
    free(job.cut);
    free(job.met);
    if (rc || met) return rc;
    double lo[3] = {INFINITY, INFINITY, INFINITY}, hi[3] = {-INFINITY, -INFINITY, -INFINITY};
    for (int k = 0; k < 8; k++) {
        double at[3], p[3];
        for (int a = 0; a < 3; a++) at[a] = k >> a & 1 ? (double)(v->n[a] - 1) : 0;
        lm_vol_to_world(v, at, p);
        for (int c = 0; c < 3; c++) {
            lo[c] = p[c] < lo[c] ? p[c] : lo[c];
            hi[c] = p[c] > hi[c] ? p[c] : hi[c];
        }
    }
    return lm_err_set(err, LM_EUSAGE, NULL,
                      "the region meets no sample: the volume reaches from %.6g, %.6g, %.6g to %.6g, %.6g, %.6g mm", lo[0], lo[1],
                      lo[2], hi[0], hi[1], hi[2]);
}
