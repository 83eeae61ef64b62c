/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "diff/reduce.h"
#include "base/mem.h"
#include "base/num.h"
#include "diff/deviation.h"
#include "repair/decimate.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { REDUCE_TRIES = 6 };
/* The tie is tighter than the error: between vertices the surfaces are farther apart. */
#define REDUCE_TIE 0.85
#define REDUCE_TIGHTER 0.9
/* Bounds of the distance, as part of the error or of the mean edge. */
#define REDUCE_PRECISION 0.01

lm_status lm_reduce_parse(const char *text, lm_reduce_target *out, lm_err *err)
{
    static const struct {
        const char *name;
        double bytes;
    } unit[] = {{"B", 1}, {"kB", 1e3}, {"MB", 1e6}, {"GB", 1e9}};
    lm_quantity q;
    double v;
    *out = (lm_reduce_target)LM_REDUCE_TARGET_INIT;
    const char *end = lm_num_parse(text, text + strlen(text), &v);
    for (size_t i = 0; end && i < sizeof unit / sizeof *unit; i++)
        if (!strcmp(end, unit[i].name)) out->bytes = v * unit[i].bytes;
    if (lm_num_size(text, UINT32_MAX, &out->triangles) && out->triangles) return LM_OK;
    if (out->bytes > 0) return LM_OK;
    if (end && *end && !lm_num_quantity(text, LM_UNIT_NONE, &q, NULL)) {
        if (q.unit == LM_UNIT_MM) out->error_mm = q.value;
        if (q.unit == LM_UNIT_PERCENT && q.value <= 100) out->percent = q.value;
    }
    if (out->error_mm > 0 || out->percent > 0) return LM_OK;
    return lm_err_set(err, LM_EUSAGE, NULL,
                      "'%.40s': a number of triangles (200000), a part of them (10%%), a file size (20MB) or an error (0.1mm)",
                      text);
}

/* ---- volume of each part ---- */

static size_t reduce_part(const uint32_t *label, size_t n, uint32_t l)
{
    size_t lo = 0;
    while (n > 1) {
        size_t half = n / 2;
        if (label[lo + half] <= l) lo += half, n -= half;
        else n = half;
    }
    return lo;
}

/* volume[i] of part label[i]; n 0: volume[0] of the whole. About the point o. */
static void reduce_volumes(const lm_mesh *m, const uint32_t *label, size_t n, const double o[3], double *volume)
{
    for (size_t i = 0; i < n || i < 1; i++) volume[i] = 0;
    for (size_t t = 0; t < m->nt; t++) {
        double p[3][3];
        for (size_t i = 0; i < 3; i++)
            for (size_t k = 0; k < 3; k++) p[i][k] = m->pos[3 * (size_t)m->tri[3 * t + i] + k] - o[k];
        double v = (p[0][0] * (p[1][1] * p[2][2] - p[1][2] * p[2][1]) + p[0][1] * (p[1][2] * p[2][0] - p[1][0] * p[2][2]) +
                    p[0][2] * (p[1][0] * p[2][1] - p[1][1] * p[2][0])) /
                   6;
        volume[n ? reduce_part(label, n, m->label[t]) : 0] += v;
        if (m->label_back && m->label_back[t]) volume[reduce_part(label, n, m->label_back[t])] -= v;
    }
}

static lm_status reduce_volume(const lm_mesh *old, const lm_mesh *now, lm_reduce *out, lm_err *err)
{
    uint32_t *label = NULL;
    size_t n;
    double lo[3], hi[3], o[3], *v = NULL;
    lm_status rc = lm_mesh_labels(old, &label, &n, err);
    if (!rc && !(v = lm_mem_alloc(2 * (n + 1), sizeof *v, err))) rc = LM_ENOMEM;
    if (!rc) {
        lm_mesh_box(old, lo, hi);
        for (int k = 0; k < 3; k++) o[k] = 0.5 * (lo[k] + hi[k]);
        reduce_volumes(old, label, n, o, v);
        reduce_volumes(now, label, n, o, v + n + 1);
        out->volume_mm3 = out->volume_percent = 0;
        for (size_t i = 0; i < n || i < 1; i++) {
            double change = v[n + 1 + i] - v[i], percent = v[i] != 0 ? 100 * change / fabs(v[i]) : 0;
            out->volume_mm3 += change;
            if (!(fabs(percent) > fabs(out->volume_percent))) continue;
            out->volume_percent = percent;
            out->volume_label = n ? label[i] : 0;
        }
    }
    free(label);
    free(v);
    return rc;
}

/* ---- decimation and proof ---- */

static lm_status reduce_try(const lm_mesh *old, lm_mesh *m, const lm_decimate_opt *opt, double precision, lm_reduce *out,
                            lm_err *err)
{
    lm_decimate d;
    lm_deviation dev;
    lm_deviation_opt dopt = {.precision_mm = precision, .maximum = true, .within_mm = -1, .threads = opt->threads};
    lm_status rc = lm_decimate_run(m, opt, &d, err);
    if (rc || (rc = lm_deviation_run(old, m, &dopt, NULL, &dev, err)) || (rc = reduce_volume(old, m, out, err))) return rc;
    out->after = d.after;
    out->collapses = d.collapses;
    out->lower_mm = dev.lower;
    out->upper_mm = dev.upper;
    for (int k = 0; k < 3; k++) out->far_at[k] = (float)dev.side[dev.side[1].lower > dev.side[0].lower].at[k];
    out->tries++;
    return LM_OK;
}

/* Until the error is proven and the volume is kept. */
static lm_status reduce_by_error(const lm_mesh *old, lm_mesh *m, double error, int threads, lm_reduce *out, lm_err *err)
{
    lm_nearest was = LM_NEAREST_INIT;
    double tie = REDUCE_TIE * error;
    lm_status rc = lm_nearest_build(old, threads, &was, err);
    while (!rc) {
        lm_decimate_opt opt = {.was = &was, .limit_mm = tie, .threads = threads};
        if ((rc = reduce_try(old, m, &opt, REDUCE_PRECISION * error, out, err))) break;
        bool far = out->upper_mm > error, lost = fabs(out->volume_percent) > LM_REDUCE_VOLUME;
        out->why = far ? LM_REDUCE_FAR : lost ? LM_REDUCE_VOLUME_LOST : LM_REDUCE_DONE;
        if (out->why == LM_REDUCE_DONE || out->tries == REDUCE_TRIES) break;
        tie *= lost ? 0.5 : fmin(REDUCE_TIGHTER, REDUCE_TIGHTER * error / out->upper_mm);
        lm_mesh_release(m);
        rc = lm_mesh_copy(old, m, err);
    }
    lm_nearest_release(&was);
    return rc;
}

lm_status lm_reduce_run(lm_mesh *m, const lm_reduce_target *target, int threads, lm_reduce *out, lm_err *err)
{
    lm_mesh old = LM_MESH_INIT;
    *out = (lm_reduce){.want = target->percent > 0 ? (size_t)((double)m->nt * (target->percent / 100)) : target->triangles,
                       .before = m->nt,
                       .after = m->nt};
    if (!(target->error_mm > 0) && out->want >= m->nt) return LM_OK;
    lm_status rc = lm_mesh_copy(m, &old, err);
    if (!rc && target->error_mm > 0) rc = reduce_by_error(&old, m, target->error_mm, threads, out, err);
    else if (!rc) {
        lm_decimate_opt opt = {.triangles = out->want > 4 ? out->want : 4, .threads = threads};
        double edge = sqrt(2 * lm_mesh_area(m) / (double)m->nt);
        rc = reduce_try(&old, m, &opt, REDUCE_PRECISION * edge, out, err);
        out->why = out->after > out->want                         ? LM_REDUCE_STUCK
                   : fabs(out->volume_percent) > LM_REDUCE_VOLUME ? LM_REDUCE_VOLUME_LOST
                                                                  : LM_REDUCE_DONE;
    }
    lm_mesh_release(&old);
    if (rc) lm_mesh_release(m);
    return rc;
}

void lm_reduce_text(const lm_reduce *r, char *buf, size_t cap)
{
    switch (r->why) {
    case LM_REDUCE_STUCK:
        snprintf(
            buf, cap,
            "%zu triangles are left, not %zu: fewer would change the topology, turn triangles over or let the surface meet itself",
            r->after, r->want);
        break;
    case LM_REDUCE_VOLUME_LOST:
        snprintf(buf, cap, "with %zu triangles the volume%s changes by %.3g %%, more than %.1f %%", r->after,
                 r->volume_label ? " of a part" : "", r->volume_percent, LM_REDUCE_VOLUME);
        break;
    case LM_REDUCE_FAR:
        snprintf(buf, cap, "in %zu tries with %zu triangles at last the surface is up to %.4g mm from what it was", r->tries,
                 r->after, r->upper_mm);
        break;
    default: snprintf(buf, cap, "done");
    }
}
