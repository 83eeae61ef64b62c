/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "diff/reduce.h"
#include "base/mem.h"
#include "base/num.h"
#include "diff/beyond.h"
#include "diff/deviation.h"
#include "repair/clash.h"
#include "repair/decimate.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { REDUCE_TRIES = 8 };
/* The tie is tighter than the error: between vertices the surfaces are farther apart. On a rough surface, where that leaves more
 * than a share of the triangles beyond, one for all is better than tightening place by place: of a real bone 36 % stay, proven in
 * the second try after; with ties of 0.75 it would be 32 %, in five. */
#define REDUCE_TIE 0.85
#define REDUCE_TIE_ROUGH 0.6
#define REDUCE_ROUGH 0.005
/* Where the error was not kept, its square; below the last part nothing is left of it. */
#define REDUCE_TIGHTER 0.16
#define REDUCE_LEAST 0.02
/* Bounds of the distance, as part of the error or of the mean edge. */
#define REDUCE_PRECISION 0.01
#define REDUCE_PRECISION_ERROR 0.1

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

static lm_status reduce_measure(const lm_mesh *old, const lm_mesh *m, double precision, int threads, lm_reduce *out, lm_err *err)
{
    lm_deviation dev;
    lm_deviation_opt dopt = {.precision_mm = precision, .maximum = true, .within_mm = -1, .threads = threads};
    lm_status rc = lm_deviation_run(old, m, &dopt, NULL, &dev, err);
    if (rc) return rc;
    out->lower_mm = dev.lower;
    out->upper_mm = dev.upper;
    for (int k = 0; k < 3; k++) out->far_at[k] = (float)dev.side[dev.side[1].lower > dev.side[0].lower].at[k];
    return LM_OK;
}

static lm_status reduce_try(const lm_mesh *old, lm_mesh *m, const lm_decimate_opt *opt, lm_reduce *out, lm_err *err)
{
    lm_decimate d;
    lm_status rc = lm_decimate_run(m, opt, &d, err);
    if (rc || (rc = reduce_volume(old, m, out, err))) return rc;
    out->after = d.after;
    out->collapses = d.collapses;
    out->tries++;
    return LM_OK;
}

typedef struct {
    const lm_mesh *old;
    const float *p[3]; /* of a triangle of the new surface that is beyond somewhere */
    double reach2;
    unsigned char *hit; /* per triangle of old: its tie is to become tighter */
} reduce_around;

static bool reduce_hit(void *ctx, uint32_t t)
{
    const reduce_around *x = ctx;
    double mid[3] = {0};
    for (size_t k = 0; k < 9; k++) mid[k % 3] += x->old->pos[3 * (size_t)x->old->tri[3 * (size_t)t + k / 3] + k % 3] / 3.0;
    if (lm_nearest_triangle(x->p[0], x->p[1], x->p[2], mid, NULL) <= x->reach2) x->hit[t] = 1;
    return false;
}

/* All triangles of old about as near as the error to those that are marked in m. */
static void reduce_near(const lm_nearest *was, const lm_mesh *m, const unsigned char *mark, double error, unsigned char *hit)
{
    for (uint32_t t = 0; t < m->nt; t++) {
        reduce_around x = {.old = was->mesh, .reach2 = error * error, .hit = hit};
        float lo[3], hi[3];
        if (!mark[t]) continue;
        lm_bvh_tri_box(m, t, lo, hi);
        for (size_t k = 0; k < 3; k++) {
            lo[k] -= (float)error, hi[k] += (float)error;
            x.p[k] = m->pos + 3 * (size_t)m->tri[3 * (size_t)t + k];
        }
        (void)lm_clash_walk(&was->bvh, lo, hi, reduce_hit, &x);
    }
}

/* Is every triangle of both within the error of the other surface? Else ties become tighter where one is not; but where that would
 * be in many places, and rough is not set yet, it is, and all ties stay. */
static lm_status reduce_proof(const lm_nearest *was, const lm_mesh *m, double error, int threads, float *own, bool *far,
                              bool *rough, lm_err *err)
{
    const lm_mesh *old = was->mesh;
    lm_nearest now = LM_NEAREST_INIT;
    size_t a = 0, b = 0;
    unsigned char *hit = lm_mem_calloc(old->nt, 1, err), *mark = lm_mem_calloc(m->nt, 1, err);
    lm_status rc = hit && mark ? lm_nearest_build(m, threads, &now, err) : LM_ENOMEM;
    if (!rc && !(rc = lm_beyond_run(old, &now, error, threads, hit, &a, err)))
        rc = lm_beyond_run(m, was, error, threads, mark, &b, err);
    *far = a + b > 0;
    const bool many = !*rough && (double)(a + b) > REDUCE_ROUGH * (double)(old->nt + m->nt);
    if (!rc && many) *rough = true;
    else if (!rc && *far) {
        reduce_near(was, m, mark, error, hit);
        for (size_t t = 0; t < old->nt; t++) {
            float *tie = own + old->nv + t;
            if (!hit[t]) continue;
            *tie = *tie * REDUCE_TIGHTER < REDUCE_LEAST ? 0 : *tie * (float)REDUCE_TIGHTER;
            for (size_t k = 0; k < 3; k++) {
                float *corner = own + old->tri[3 * t + k];
                if (*tie < *corner) *corner = *tie;
            }
        }
    }
    free(hit);
    free(mark);
    lm_nearest_release(&now);
    return rc;
}

/* Until the error is proven and the volume is kept. */
static lm_status reduce_by_error(const lm_mesh *old, lm_mesh *m, double error, int threads, lm_reduce *out, lm_err *err)
{
    lm_nearest was = LM_NEAREST_INIT;
    float *own = lm_mem_alloc(old->nv + old->nt, sizeof *own, err);
    lm_decimate_opt opt = {.was = &was, .limit_mm = REDUCE_TIE * error, .own = own, .threads = threads};
    lm_status rc = own ? lm_nearest_build(old, threads, &was, err) : LM_ENOMEM;
    for (size_t i = 0; i < old->nv + old->nt && !rc; i++) own[i] = 1;
    bool rough = false;
    while (!rc) {
        const bool was_rough = rough;
        bool far = false;
        if ((rc = reduce_try(old, m, &opt, out, err)) || (rc = reduce_proof(&was, m, error, threads, own, &far, &rough, err)))
            break;
        bool lost = fabs(out->volume_percent) > LM_REDUCE_VOLUME;
        out->why = far ? LM_REDUCE_FAR : lost ? LM_REDUCE_VOLUME_LOST : LM_REDUCE_DONE;
        if (out->why == LM_REDUCE_DONE || out->tries == REDUCE_TRIES) break;
        if (lost) opt.limit_mm *= 0.5;
        else if (rough && !was_rough) opt.limit_mm = REDUCE_TIE_ROUGH * error;
        lm_mesh_release(m);
        rc = lm_mesh_copy(old, m, err);
    }
    lm_nearest_release(&was);
    free(own);
    if (!rc) rc = reduce_measure(old, m, REDUCE_PRECISION_ERROR * error, threads, out, err);
    if (!rc && out->why != LM_REDUCE_FAR && out->upper_mm > error) out->upper_mm = error; /* that is proven */
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
        if (!(rc = reduce_try(&old, m, &opt, out, err))) rc = reduce_measure(&old, m, REDUCE_PRECISION * edge, threads, out, err);
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
