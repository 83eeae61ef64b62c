/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "dicom/geometry.h"
#include "base/mem.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static double geometry_dot(const double a[3], const double b[3])
{
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}

static double geometry_length(const double a[3])
{
    return sqrt(geometry_dot(a, a));
}

static void geometry_cross(const double a[3], const double b[3], double out[3])
{
    for (int i = 0; i < 3; i++) out[i] = a[(i + 1) % 3] * b[(i + 2) % 3] - a[(i + 2) % 3] * b[(i + 1) % 3];
}

/* atan for x >= 0 in degrees from + - * / sqrt only, so that it is the same everywhere: the angle is halved four times
 * (tan(a/2) = t / (1 + sqrt(1 + t^2))), then the series converges to the last digit in a dozen terms. */
double lm_geometry_atan_deg(double x)
{
    double t = x, sum = 0;
    for (int i = 0; i < 4; i++) t = t / (1 + sqrt(1 + t * t));
    double power = t;
    for (int k = 1; k < 27; k += 2, power = -power * t * t) sum += power / k;
    return 16 * sum * (180 / 3.14159265358979323846);
}

/* Unit axes of the first member: X along the row, Y down the column, N across. False: the orientation is unusable (G-2). */
static bool geometry_axes(const lm_dicom_file *f, double x[3], double y[3], double n[3], double *deviation)
{
    memcpy(x, f->orientation, 3 * sizeof *x);
    memcpy(y, f->orientation + 3, 3 * sizeof *y);
    double lx = geometry_length(x), ly = geometry_length(y), d = fabs(geometry_dot(x, y));
    *deviation = fmax(fmax(fabs(lx - 1), fabs(ly - 1)), d);
    if (!(*deviation <= 1e-2)) return false;
    for (int i = 0; i < 3; i++) x[i] /= lx;
    d = geometry_dot(x, y);
    for (int i = 0; i < 3; i++) y[i] -= d * x[i];
    ly = geometry_length(y);
    for (int i = 0; i < 3; i++) y[i] /= ly;
    geometry_cross(x, y, n);
    return true;
}

static size_t geometry_lacking(const lm_dicom_file *f, const lm_series *s, size_t offset)
{
    size_t lacking = 0;
    for (size_t i = 0; i < s->n; i++) lacking += !*(const bool *)((const char *)&f[s->member[i]] + offset);
    return lacking;
}

lm_status lm_geometry_grey(const lm_dicom_file *f, lm_err *err)
{
    bool grey = !strcmp(f->photometric, "MONOCHROME1") || !strcmp(f->photometric, "MONOCHROME2");
    if (!grey || f->samples != 1)
        return lm_err_set(err, LM_ERULE, NULL,
                          "not supported: %s images with %u samples a pixel; grey values are needed (MONOCHROME2)",
                          f->photometric[0] ? f->photometric : "unnamed colour", f->samples);
    if ((f->bits_allocated != 8 && f->bits_allocated != 16 && f->bits_allocated != 32) || !f->bits_stored ||
        f->bits_stored > f->bits_allocated || f->high_bit >= f->bits_allocated || f->high_bit + 1 < f->bits_stored)
        return lm_err_set(err, LM_ERULE, NULL, "not supported: pixels of %u bits, %u stored, highest %u", f->bits_allocated,
                          f->bits_stored, f->high_bit);
    return f->slope != 0 ? LM_OK : lm_err_set(err, LM_ERULE, NULL, "Rescale Slope is 0: the values are lost");
}

/* What can be said before any position is looked at. */
static void geometry_refuse_kind(const lm_dicom_file *f, lm_series *s)
{
    const lm_dicom_file *a = &f[s->member[0]];
    if (s->kind == LM_DICOM_PROJECTION) {
        lm_err_set(&s->refusal, LM_ERULE, "G-7", "%s images are projections, not slices: no volume can be made of them",
                   a->modality);
        return;
    }
    if (s->kind == LM_DICOM_OTHER) {
        lm_err_set(&s->refusal, LM_ERULE, NULL, "no images in it (modality %s)", a->modality[0] ? a->modality : "not stated");
        return;
    }
    if (s->kind != LM_DICOM_SLICE) {
        lm_err_set(&s->refusal, LM_ERULE, NULL,
                   s->kind == LM_DICOM_MULTIFRAME ? "not supported yet: multi-frame images of this SOP class"
                   : s->kind == LM_DICOM_SEG      ? "a segmentation, no image: it is a mask"
                                                  : "contours, no image: they are a mask");
        return;
    }
    for (size_t i = 0; i < s->n; i++)
        if (lm_geometry_grey(&f[s->member[i]], &s->refusal)) return;
    static const struct {
        size_t offset;
        const char *name;
    } needed[] = {{offsetof(lm_dicom_file, has_position), "Image Position (Patient)"},
                  {offsetof(lm_dicom_file, has_orientation), "Image Orientation (Patient)"},
                  {offsetof(lm_dicom_file, has_spacing), "Pixel Spacing"}};
    for (size_t k = 0; k < 3; k++) {
        size_t lacking = geometry_lacking(f, s, needed[k].offset);
        if (!lacking) continue;
        lm_err_set(&s->refusal, LM_ERULE, "G-1", "%s is missing or unreadable in %zu of %zu images: sizes would be guesses",
                   needed[k].name, lacking, s->n);
        return;
    }
    if (!(a->spacing[0] > 0) || !(a->spacing[1] > 0))
        lm_err_set(&s->refusal, LM_ERULE, "G-1", "Pixel Spacing %g\\%g mm is not usable", a->spacing[0], a->spacing[1]);
    else if (s->n == 1) lm_err_set(&s->refusal, LM_ERULE, "G-2", "one slice is no volume: the step to the next one is unknown");
}

static int geometry_cmp_place(const void *a, const void *b)
{
    const lm_geometry_place *p = a, *q = b;
    if (p->at != q->at) return p->at < q->at ? -1 : 1;
    return p->member < q->member ? -1 : p->member > q->member;
}

/* Sorted places become slices; duplicates share one. The first place of each slice comes to the front of p. */
static void geometry_slices(lm_series *s, lm_geometry_place *p, double normal_tol)
{
    size_t slices = 0;
    for (size_t i = 0; i < s->n; i++) {
        const double *a = p[i].f->position, *b = i ? p[slices - 1].f->position : NULL;
        s->member[i] = p[i].file;
        if (b && p[i].at - p[slices - 1].at < normal_tol) {
            double e[3] = {a[0] - b[0], a[1] - b[1], a[2] - b[2]};
            if (geometry_length(e) > 10 * normal_tol && !s->refusal.code)
                lm_err_set(&s->refusal, LM_ERULE, "G-4", "slice %zu is there twice, at places %.4g mm apart within one plane",
                           slices, geometry_length(e));
            s->duplicates++;
            s->slice[i] = slices - 1;
        } else {
            s->slice[i] = slices;
            p[slices++] = p[i];
        }
    }
    s->slices = slices;
}

static void geometry_quality(const lm_dicom_file *f, lm_series *s, double deviation)
{
    const lm_dicom_file *a = &f[s->member[0]];
    size_t bare = 0, thick = 0;
    for (size_t i = 0; i < s->n; i++) {
        const lm_dicom_file *b = &f[s->member[i]];
        s->lossy += b->lossy;
        bare += !b->has_rescale;
        if (b->thickness > s->thickness_mm) s->thickness_mm = b->thickness;
        thick += b->thickness != a->thickness;
    }
    if (deviation > 1e-3)
        lm_series_warn(s, "G-2", "row and column directions are off unit length or right angle by %.2g; they were made exact",
                       deviation);
    if (s->thickness_mm > 2 * fmin(a->spacing[0], a->spacing[1]))
        lm_series_warn(s, "G-8", "slices are %.3g mm thick, %.3g times the pixel: expect steps on surfaces", s->thickness_mm,
                       s->thickness_mm / fmin(a->spacing[0], a->spacing[1]));
    if (thick) lm_series_warn(s, "G-8", "Slice Thickness differs within the series");
    if (s->lossy)
        lm_series_warn(s, "G-8", "%zu of %zu images went through lossy compression%s%s", s->lossy, s->n,
                       a->lossy_ratio[0] ? ", ratio " : "", a->lossy_ratio);
    if (bare && !strcmp(a->modality, "CT"))
        lm_series_warn(s, "G-8", "%zu CT images have no Rescale Slope and Intercept: stored values are taken as they are", bare);
}

/* The even stack from the first slice to the last: dir, origin, step. Slices off that line are refused (G-4). */
static void geometry_line(const lm_dicom_file *a, lm_series *s, const lm_geometry_place *p, const double axes[3][3])
{
    size_t m = s->gaps.read, where = 0;
    const double *first = p[0].f->position, *last = p[m - 1].f->position;
    for (int c = 0; c < 3; c++) {
        s->origin[c] = first[c];
        s->dir[0][c] = axes[0][c] * a->spacing[1];
        s->dir[1][c] = axes[1][c] * a->spacing[0];
        s->dir[2][c] = (last[c] - first[c]) / (double)(s->slices - 1);
    }
    s->step_mm = geometry_dot(s->dir[2], axes[2]);
    double tol = fmax(0.01, 0.01 * s->step_mm), worst = 0;
    for (size_t i = 0; i < m; i++) {
        double e[3], k = s->gaps.at ? s->gaps.at[i] : (double)i;
        for (int c = 0; c < 3; c++) e[c] = p[i].f->position[c] - (first[c] + k * s->dir[2][c]);
        double off = geometry_length(e);
        if (off > worst) worst = off, where = i;
    }
    if (worst > tol)
        lm_err_set(&s->refusal, LM_ERULE, "G-4",
                   "slice %zu of %zu lies %.3g mm off the even line from first to last (limit %.3g mm)", where + 1, m, worst, tol);
    double shear[3];
    for (int c = 0; c < 3; c++) shear[c] = s->dir[2][c] - s->step_mm * axes[2][c];
    double ratio = geometry_length(shear) / s->step_mm;
    if (ratio > 1e-3) s->tilt_deg = lm_geometry_atan_deg(ratio);
}

static void geometry_warn_made(lm_series *s)
{
    const lm_gaps *g = &s->gaps;
    if (!g->at) return;
    if (g->kind == LM_GAPS_MISSING)
        lm_series_warn(s, "G-4", "%zu of %zu slices were made by linear interpolation: %s", g->made, g->slices, g->text);
    else
        lm_series_warn(s, "G-4", "%zu slices were resampled to %zu at even steps of %.4g mm: %s", g->read, g->slices, s->step_mm,
                       g->text);
}

size_t lm_geometry_crowd(const lm_dicom_file *f, const size_t *member, size_t n, lm_geometry_place *p)
{
    double axes[3][3], deviation;
    const lm_dicom_file *a = &f[member[0]];
    if (a->kind != LM_DICOM_SLICE || !a->has_orientation || !geometry_axes(a, axes[0], axes[1], axes[2], &deviation)) return 1;
    for (size_t i = 0; i < n; i++) {
        if (!f[member[i]].has_position) return 1;
        p[i] = (lm_geometry_place){geometry_dot(f[member[i]].position, axes[2]), member[i], i, &f[member[i]]};
    }
    qsort(p, n, sizeof *p, geometry_cmp_place);
    size_t most = 1;
    for (size_t i = 0, j; i < n; i = j) {
        for (j = i + 1; j < n && p[j].at - p[i].at < LM_GEOMETRY_SAME_PLACE;) j++;
        if (j - i > most) most = j - i;
    }
    return most;
}

lm_status lm_geometry_find(const lm_dicom_file *f, lm_series *s, lm_err *err)
{
    s->refusal = (lm_err)LM_ERR_INIT;
    s->slices = s->n;
    s->duplicates = s->lossy = 0;
    if (!s->slice && !(s->slice = lm_mem_alloc(s->n, sizeof *s->slice, err))) return LM_ENOMEM;
    for (size_t i = 0; i < s->n; i++) s->slice[i] = i;
    geometry_refuse_kind(f, s);
    if (s->refusal.code) return LM_OK;

    double axes[3][3], deviation;
    const lm_dicom_file *a = &f[s->member[0]];
    if (!geometry_axes(a, axes[0], axes[1], axes[2], &deviation)) {
        lm_err_set(&s->refusal, LM_ERULE, "G-2",
                   "row and column directions are off unit length or right angle by %.2g (limit 0.01)", deviation);
        return LM_OK;
    }
    lm_geometry_place *p = lm_mem_alloc(s->n, sizeof *p, err);
    double *at = p ? lm_mem_alloc(s->n, sizeof *at, err) : NULL;
    lm_status rc = at ? LM_OK : LM_ENOMEM;
    if (rc) goto done;
    for (size_t i = 0; i < s->n; i++)
        p[i] = (lm_geometry_place){geometry_dot(f[s->member[i]].position, axes[2]), s->member[i], i, &f[s->member[i]]};
    qsort(p, s->n, sizeof *p, geometry_cmp_place);
    geometry_slices(s, p, LM_GEOMETRY_SAME_PLACE);
    if (s->slices == 1 && !s->refusal.code)
        lm_err_set(&s->refusal, LM_ERULE, "G-4", "all %zu slices lie in one place: no volume", s->n);
    if (s->refusal.code) goto done;
    for (size_t i = 0; i < s->slices; i++) at[i] = p[i].at;
    rc = lm_gaps_plan(at, s->slices, s->gaps.choice, &s->gaps, &s->refusal);
    if (rc == LM_ENOMEM && err) *err = s->refusal;
    if (rc) {
        rc = rc == LM_ENOMEM ? rc : LM_OK;
        goto done;
    }
    s->slices = s->gaps.slices;
    geometry_line(a, s, p, axes);
    if (s->refusal.code) goto done;
    geometry_quality(f, s, deviation);
    geometry_warn_made(s);
done:
    free(p);
    free(at);
    return rc;
}
