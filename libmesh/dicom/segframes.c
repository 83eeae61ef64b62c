/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "dicom/segframes.h"
#include "base/mem.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    T_FRAMES = 0x00280008,
    T_ROWS = 0x00280010,
    T_COLUMNS = 0x00280011,
    T_SPACING = 0x00280030,
    T_MEASURES = 0x00289110,
    T_THICKNESS = 0x00180050,
    T_BETWEEN = 0x00180088,
    T_POSITION = 0x00200032,
    T_ORIENTATION = 0x00200037,
    T_FRAME_UID = 0x00200052,
    T_PLANE = 0x00209113,
    T_PLANE_ORIENTATION = 0x00209116,
    T_SHARED = 0x52009229,
    T_PER_FRAME = 0x52009230,
    T_IDENTIFICATION = 0x0062000a,
    T_REFERENCED = 0x0062000b
};
#define SAME_PLANE 1e-3   /* mm: nearer planes are one (G-4) */
#define SAME_ANGLE 1.6e-8 /* 1 - cosine of 0.01 degree (G-3) */

/* What one frame says. */
typedef struct {
    double position[3], orientation[6], spacing[2];
    double at;   /* along the normal */
    double u, v; /* along rows and columns, from the first frame */
    size_t k;
} seg_place;

void lm_segframes_release(lm_segframes *s)
{
    free(s->frame);
    free(s->order);
    *s = (lm_segframes)LM_SEGFRAMES_INIT;
}

/* A functional group macro of one frame: its own, else the shared one. */
static const lm_tree_item *seg_macro(const lm_tree_item *root, size_t frame, uint32_t macro)
{
    const lm_tree_item *own = lm_tree_at(lm_tree_at(root, T_PER_FRAME, frame), macro, 0);
    return own ? own : lm_tree_at(lm_tree_at(root, T_SHARED, 0), macro, 0);
}

static double seg_dot(const double *a, const double *b)
{
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}

/* G-2: unit length and right angle, within 1e-3 made exact, beyond 1e-2 refused. */
static lm_status seg_axes(double o[6], size_t frame, lm_err *err)
{
    double a = sqrt(seg_dot(o, o)), b = sqrt(seg_dot(o + 3, o + 3)), c = seg_dot(o, o + 3);
    if (!(fabs(a - 1) < 1e-2 && fabs(b - 1) < 1e-2 && fabs(c) < 1e-2))
        return lm_err_set(err, LM_ERULE, "G-2", "frame %zu: Image Orientation is not two unit vectors at right angles", frame + 1);
    for (int i = 0; i < 3; i++) o[i] /= a;
    c = seg_dot(o, o + 3);
    for (int i = 0; i < 3; i++) o[3 + i] -= c * o[i];
    b = sqrt(seg_dot(o + 3, o + 3));
    for (int i = 0; i < 3; i++) o[3 + i] /= b;
    return LM_OK;
}

static lm_status seg_read_place(const lm_tree_item *root, size_t f, seg_place *p, lm_err *err)
{
    static const struct {
        uint32_t macro, tag;
        size_t n;
        const char *name;
    } need[] = {{T_PLANE, T_POSITION, 3, "Image Position"},
                {T_PLANE_ORIENTATION, T_ORIENTATION, 6, "Image Orientation"},
                {T_MEASURES, T_SPACING, 2, "Pixel Spacing"}};
    double *to[] = {p->position, p->orientation, p->spacing};
    for (size_t i = 0; i < 3; i++)
        if (lm_tree_numbers(seg_macro(root, f, need[i].macro), need[i].tag, to[i], need[i].n) != need[i].n)
            return lm_err_set(err, LM_ERULE, "G-1", "frame %zu has no %s: its place is not known", f + 1, need[i].name);
    for (int i = 0; i < 3; i++)
        if (!(fabs(p->position[i]) < 1e5))
            return lm_err_set(err, LM_ERULE, "G-1", "frame %zu lies at %g mm", f + 1, p->position[i]);
    for (int i = 0; i < 2; i++)
        if (!(p->spacing[i] > 1e-4 && p->spacing[i] < 1e3))
            return lm_err_set(err, LM_ERULE, "G-1", "frame %zu: pixel spacing %g mm is not usable", f + 1, p->spacing[i]);
    return seg_axes(p->orientation, f, err);
}

/* G-3: one orientation and one spacing. */
static lm_status seg_alike(const seg_place *p, const seg_place *first, size_t f, lm_err *err)
{
    for (int i = 0; i < 2; i++) {
        if (1 - seg_dot(p->orientation + 3 * i, first->orientation + 3 * i) > SAME_ANGLE)
            return lm_err_set(err, LM_ERULE, "G-3", "frame %zu is oriented unlike frame 1: no one volume", f + 1);
        if (fabs(p->spacing[i] - first->spacing[i]) > 1e-4 * first->spacing[i])
            return lm_err_set(err, LM_ERULE, "G-3", "frame %zu has a pixel spacing of %g mm and frame 1 of %g mm: no one volume",
                              f + 1, p->spacing[i], first->spacing[i]);
    }
    return LM_OK;
}

static int seg_cmp_double(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Are all distances of neighbours whole multiples of step? If not, *bad is the second of the pair; *count: steps in all. */
static bool seg_multiples(const double *at, size_t n, double step, double *count, size_t *bad)
{
    *count = 0;
    for (size_t i = 1; i < n; i++) {
        double d = at[i] - at[i - 1], whole = round(d / step);
        *count += whole;
        *bad = i;
        if (!(whole >= 1) || fabs(d - whole * step) > fmax(0.01, 0.01 * step)) return false;
    }
    return *count < LM_SEGFRAMES_SLICES;
}

/* The step along the normal between slices; at: n distinct places, ascending. A stated step is good for counting only, places
 * are better for measuring. */
static lm_status seg_step(lm_segframes *s, const double *at, size_t n, double between, double *step, lm_err *err)
{
    double least = INFINITY, count = 0;
    size_t bad = 0;
    for (size_t i = 1; i < n; i++) least = fmin(least, at[i] - at[i - 1]);
    s->step_stated = n == 1 || (between > SAME_PLANE && seg_multiples(at, n, between, &count, &bad));
    if (n == 1) {
        *step = between > SAME_PLANE ? between : s->thickness_mm;
        if (*step > SAME_PLANE) return LM_OK;
        return lm_err_set(err, LM_ERULE, "G-4", "one slice, and neither Spacing Between Slices nor Slice Thickness is stated");
    }
    s->no_neighbours = s->step_stated && least > 1.5 * between;
    if (!s->step_stated && !seg_multiples(at, n, least, &count, &bad))
        return lm_err_set(
            err, LM_ERULE, "G-4",
            "slices %zu and %zu (by place) are %.6g mm apart, no whole multiple of the smallest distance of %.6g mm, or too "
            "many: variable spacing is not one grid",
            bad, bad + 1, at[bad] - at[bad - 1], least);
    *step = (at[n - 1] - at[0]) / count;
    return LM_OK;
}

/* In-plane places: a tilt (shear), or whole pixels, or refused (G-4, G-5). */
static lm_status seg_in_plane(lm_segframes *s, seg_place *p, double step, lm_err *err)
{
    size_t lo = 0, hi = 0;
    const double *o = p[0].orientation, dc = p[0].spacing[1], dr = p[0].spacing[0];
    double n[3] = {o[1] * o[5] - o[2] * o[4], o[2] * o[3] - o[0] * o[5], o[0] * o[4] - o[1] * o[3]};
    double tol_c = fmax(0.01, 0.01 * dc), tol_r = fmax(0.01, 0.01 * dr), u0 = INFINITY, v0 = INFINITY;
    bool sheared = true;
    for (size_t f = 0; f < s->frames; f++) {
        if (p[f].k < p[lo].k) lo = f;
        if (p[f].k > p[hi].k) hi = f;
    }
    double span = (double)(p[hi].k - p[lo].k), su = span > 0 ? (p[hi].u - p[lo].u) / span : 0,
           sv = span > 0 ? (p[hi].v - p[lo].v) / span : 0;
    for (size_t f = 0; f < s->frames; f++) {
        double k = (double)(p[f].k - p[lo].k);
        sheared &= fabs(p[f].u - p[lo].u - k * su) <= tol_c && fabs(p[f].v - p[lo].v - k * sv) <= tol_r;
        u0 = fmin(u0, p[f].u);
        v0 = fmin(v0, p[f].v);
    }
    s->n[0] = s->columns;
    s->n[1] = s->rows;
    for (int i = 0; i < 3; i++) {
        s->dir[0][i] = o[i] * dc;
        s->dir[1][i] = o[3 + i] * dr;
        s->dir[2][i] = sheared && span > 0 ? (p[hi].position[i] - p[lo].position[i]) / span : n[i] * step;
        s->origin[i] = p[lo].position[i];
    }
    if (sheared) return LM_OK;
    for (size_t f = 0; f < s->frames; f++) {
        double du = p[f].u - u0, dv = p[f].v - v0, i = round(du / dc), j = round(dv / dr);
        if (fabs(du - i * dc) > tol_c || fabs(dv - j * dr) > tol_r)
            return lm_err_set(err, LM_ERULE, "G-4",
                              "frame %zu is shifted in its plane by %.4g, %.4g mm, neither a tilt nor whole pixels: not one grid",
                              f + 1, du, dv);
        if (i > 65535 || j > 65535)
            return lm_err_set(err, LM_ERULE, "G-4", "frame %zu is shifted in its plane by %.4g, %.4g mm: too far", f + 1, du, dv);
        s->frame[f].at[0] = (size_t)i;
        s->frame[f].at[1] = (size_t)j;
        if (s->n[0] < (size_t)i + s->columns) s->n[0] = (size_t)i + s->columns;
        if (s->n[1] < (size_t)j + s->rows) s->n[1] = (size_t)j + s->rows;
    }
    for (int i = 0; i < 3; i++) s->origin[i] += (u0 - p[lo].u) * o[i] + (v0 - p[lo].v) * o[3 + i];
    return LM_OK;
}

static lm_status seg_grid(lm_segframes *s, seg_place *p, double between, lm_err *err)
{
    const double *o = p[0].orientation;
    double n[3] = {o[1] * o[5] - o[2] * o[4], o[2] * o[3] - o[0] * o[5], o[0] * o[4] - o[1] * o[3]}, step = 0;
    size_t planes = 0;
    double *at = lm_mem_alloc(s->frames, sizeof *at, err);
    if (!at) return LM_ENOMEM;
    for (size_t f = 0; f < s->frames; f++) {
        double d[3];
        for (int i = 0; i < 3; i++) d[i] = p[f].position[i] - p[0].position[i];
        at[f] = p[f].at = seg_dot(p[f].position, n);
        p[f].u = seg_dot(d, o);
        p[f].v = seg_dot(d, o + 3);
    }
    qsort(at, s->frames, sizeof *at, seg_cmp_double);
    for (size_t f = 0; f < s->frames; f++)
        if (!planes || at[f] - at[planes - 1] > SAME_PLANE) at[planes++] = at[f];
    lm_status rc = seg_step(s, at, planes, between, &step, err);
    for (size_t f = 0; f < s->frames && !rc; f++) {
        double k = round((p[f].at - at[0]) / step);
        s->frame[f].at[2] = p[f].k = (size_t)k;
        if (s->n[2] <= p[f].k) s->n[2] = p[f].k + 1;
    }
    free(at);
    return rc ? rc : seg_in_plane(s, p, step, err);
}

static lm_status seg_segments(const lm_tree_item *root, lm_segframes *s, lm_err *err)
{
    for (size_t f = 0; f < s->frames; f++) {
        int64_t number;
        if (!lm_tree_whole(seg_macro(root, f, T_IDENTIFICATION), T_REFERENCED, &number) || number < 1 || number > 65535)
            return lm_err_set(err, LM_ERULE, NULL, "frame %zu says not which segment it belongs to (0062,000B)", f + 1);
        s->frame[f].segment = (uint32_t)number;
    }
    return LM_OK;
}

static lm_status seg_sizes(const lm_tree_item *root, lm_segframes *s, lm_err *err)
{
    int64_t rows = 0, columns = 0, frames = 1;
    if (!lm_tree_whole(root, T_ROWS, &rows) || !lm_tree_whole(root, T_COLUMNS, &columns) || rows < 1 || columns < 1)
        return lm_err_set(err, LM_EFORMAT, NULL, "Rows and Columns are not stated");
    if (lm_tree_has(root, T_FRAMES) && (!lm_tree_whole(root, T_FRAMES, &frames) || frames < 1 || frames > LM_SEGFRAMES_MAX))
        return lm_err_set(err, LM_EFORMAT, NULL, "Number of Frames is not 1 to %d", (int)LM_SEGFRAMES_MAX);
    size_t items = lm_tree_items(root, T_PER_FRAME);
    if (items != (size_t)frames && !(frames == 1 && !items))
        return lm_err_set(err, LM_EFORMAT, NULL, "%lld frames and functional groups (5200,9230) for %zu", (long long)frames, items);
    s->rows = (size_t)rows;
    s->columns = (size_t)columns;
    s->frames = (size_t)frames;
    return LM_OK;
}

static int seg_cmp_frame(const void *a, const void *b, void *ctx)
{
    const lm_segframe *f = ctx, *x = &f[*(const size_t *)a], *y = &f[*(const size_t *)b];
    if (x->segment != y->segment) return x->segment < y->segment ? -1 : 1;
    for (int i = 2; i >= 0; i--)
        if (x->at[i] != y->at[i]) return x->at[i] < y->at[i] ? -1 : 1;
    return *(const size_t *)a < *(const size_t *)b ? -1 : 1;
}

/* Frames in the order in which runs of a region are written; two for one place are a contradiction or a mosaic. */
static lm_status seg_order(lm_segframes *s, lm_err *err)
{
    for (size_t f = 0; f < s->frames; f++) s->order[f] = f;
    qsort_r(s->order, s->frames, sizeof *s->order, seg_cmp_frame, s->frame);
    for (size_t i = 1; i < s->frames; i++) {
        const lm_segframe *a = &s->frame[s->order[i - 1]], *b = &s->frame[s->order[i]];
        if (a->segment == b->segment && a->at[2] == b->at[2])
            return lm_err_set(err, LM_ERULE, "G-4", "frames %zu and %zu are the same slice of the same segment",
                              s->order[i - 1] + 1, s->order[i] + 1);
    }
    return LM_OK;
}

lm_status lm_segframes_read(const lm_tree_item *root, bool labelmap, lm_segframes *out, lm_err *err)
{
    *out = (lm_segframes)LM_SEGFRAMES_INIT;
    double between = 0;
    seg_place *p = NULL;
    lm_status rc = seg_sizes(root, out, err);
    if (!rc &&
        (!(out->frame = lm_mem_calloc(out->frames, sizeof *out->frame, err)) ||
         !(out->order = lm_mem_calloc(out->frames, sizeof *out->order, err)) || !(p = lm_mem_calloc(out->frames, sizeof *p, err))))
        rc = LM_ENOMEM;
    for (size_t f = 0; f < out->frames && !rc; f++)
        if (!(rc = seg_read_place(root, f, &p[f], err)) && f) rc = seg_alike(&p[f], p, f, err);
    if (!rc) {
        const lm_tree_item *measures = seg_macro(root, 0, T_MEASURES);
        if (lm_tree_numbers(measures, T_BETWEEN, &between, 1) != 1) between = 0;
        if (lm_tree_numbers(measures, T_THICKNESS, &out->thickness_mm, 1) != 1) out->thickness_mm = 0;
        lm_tree_code(root, T_FRAME_UID, 0, out->frame_uid, sizeof out->frame_uid);
        rc = seg_grid(out, p, fabs(between), err);
    }
    if (!rc && !labelmap) rc = seg_segments(root, out, err);
    if (!rc) rc = seg_order(out, err);
    free(p);
    if (rc) lm_segframes_release(out);
    return rc;
}
