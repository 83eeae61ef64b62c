/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Contents: 1 geometry, 2 grouping */
#include "dicom/series.h"
#include "base/mem.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SERIES_PARTS = 64 };
#define SERIES_SAME_PLACE 1e-3 /* mm, G-4 */

void lm_series_warn(lm_series *s, const char *rule, const char *fmt, ...)
{
    if (s->n_warnings == LM_SERIES_WARNINGS) return;
    lm_series_warning *w = &s->warning[s->n_warnings++];
    snprintf(w->rule, sizeof w->rule, "%s", rule);
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(w->text, sizeof w->text, fmt, ap);
    va_end(ap);
}

/* ---- 1 geometry ---- */

static double series_dot(const double a[3], const double b[3])
{
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}

static double series_length(const double a[3])
{
    return sqrt(series_dot(a, a));
}

static void series_cross(const double a[3], const double b[3], double out[3])
{
    for (int i = 0; i < 3; i++) out[i] = a[(i + 1) % 3] * b[(i + 2) % 3] - a[(i + 2) % 3] * b[(i + 1) % 3];
}

/* atan for x >= 0 in degrees from + - * / sqrt only, so that it is the same everywhere: the angle is halved four times
 * (tan(a/2) = t / (1 + sqrt(1 + t^2))), then the series converges to the last digit in a dozen terms. */
static double series_atan_deg(double x)
{
    double t = x, sum = 0;
    for (int i = 0; i < 4; i++) t = t / (1 + sqrt(1 + t * t));
    double power = t;
    for (int k = 1; k < 27; k += 2, power = -power * t * t) sum += power / k;
    return 16 * sum * (180 / 3.14159265358979323846);
}

/* Unit axes of the first member: X along the row, Y down the column, N across. False: the orientation is unusable (G-2). */
static bool series_axes(const lm_dicom_file *f, double x[3], double y[3], double n[3], double *deviation)
{
    memcpy(x, f->orientation, 3 * sizeof *x);
    memcpy(y, f->orientation + 3, 3 * sizeof *y);
    double lx = series_length(x), ly = series_length(y), d = fabs(series_dot(x, y));
    *deviation = fmax(fmax(fabs(lx - 1), fabs(ly - 1)), d);
    if (!(*deviation <= 1e-2)) return false;
    for (int i = 0; i < 3; i++) x[i] /= lx;
    d = series_dot(x, y);
    for (int i = 0; i < 3; i++) y[i] -= d * x[i];
    ly = series_length(y);
    for (int i = 0; i < 3; i++) y[i] /= ly;
    series_cross(x, y, n);
    return true;
}

static size_t series_lacking(const lm_dicom_file *f, const lm_series *s, size_t offset)
{
    size_t lacking = 0;
    for (size_t i = 0; i < s->n; i++) lacking += !*(const bool *)((const char *)&f[s->member[i]] + offset);
    return lacking;
}

lm_status lm_series_grey(const lm_dicom_file *f, lm_err *err)
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
static void series_refuse_kind(const lm_dicom_file *f, lm_series *s)
{
    static const char *const later[] = {[LM_DICOM_MULTIFRAME] = "enhanced or multi-frame images",
                                        [LM_DICOM_SEG] = "DICOM SEG",
                                        [LM_DICOM_RTSTRUCT] = "RTSTRUCT contours"};
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
        lm_err_set(&s->refusal, LM_ERULE, NULL, "not supported yet: %s", later[s->kind]);
        return;
    }
    for (size_t i = 0; i < s->n; i++)
        if (lm_series_grey(&f[s->member[i]], &s->refusal)) return;
    static const struct {
        size_t offset;
        const char *name;
    } needed[] = {{offsetof(lm_dicom_file, has_position), "Image Position (Patient)"},
                  {offsetof(lm_dicom_file, has_orientation), "Image Orientation (Patient)"},
                  {offsetof(lm_dicom_file, has_spacing), "Pixel Spacing"}};
    for (size_t k = 0; k < 3; k++) {
        size_t lacking = series_lacking(f, s, needed[k].offset);
        if (!lacking) continue;
        lm_err_set(&s->refusal, LM_ERULE, "G-1", "%s is missing or unreadable in %zu of %zu files: sizes would be guesses",
                   needed[k].name, lacking, s->n);
        return;
    }
    if (!(a->spacing[0] > 0) || !(a->spacing[1] > 0))
        lm_err_set(&s->refusal, LM_ERULE, "G-1", "Pixel Spacing %g\\%g mm is not usable", a->spacing[0], a->spacing[1]);
    else if (s->n == 1) lm_err_set(&s->refusal, LM_ERULE, "G-2", "one slice is no volume: the step to the next one is unknown");
}

typedef struct {
    double at; /* along the normal */
    size_t file, member;
    const lm_dicom_file *f;
} series_place;

static int series_cmp_place(const void *a, const void *b)
{
    const series_place *p = a, *q = b;
    if (p->at != q->at) return p->at < q->at ? -1 : 1;
    return p->member < q->member ? -1 : p->member > q->member;
}

static int series_cmp_double(const void *a, const void *b)
{
    double p = *(const double *)a, q = *(const double *)b;
    return p < q ? -1 : p > q;
}

/* The steps as text: runs of equal ones, "4.002 mm from slice 1 to 14, ...". */
static void series_runs(const double *d, size_t n, double tol, char *buf, size_t cap)
{
    size_t at = 0, runs = 0;
    buf[0] = 0;
    for (size_t i = 0, j; i < n; i = j) {
        for (j = i + 1; j < n && fabs(d[j] - d[i]) <= tol;) j++;
        if (runs++ == 6) {
            snprintf(buf + at, cap - at, ", and more");
            return;
        }
        int k = snprintf(buf + at, cap - at, "%s%.4g mm from slice %zu to %zu", at ? ", " : "", d[i], i + 1, j + 1);
        if (k < 0 || (size_t)k >= cap - at) return;
        at += (size_t)k;
    }
}

/* G-4: the n steps are even, or say which are not. */
static void series_check_steps(lm_series *s, const double *d, size_t n, double *sorted)
{
    memcpy(sorted, d, n * sizeof *d);
    qsort(sorted, n, sizeof *sorted, series_cmp_double);
    double median = sorted[(n - 1) / 2], tol = fmax(0.01, 0.01 * median);
    if (sorted[n - 1] - median <= tol && median - sorted[0] <= tol) return;
    size_t missing = 0, gaps = 0, at = 0;
    char text[300] = "";
    for (size_t i = 0; i < n; i++) {
        double k = (double)(long long)(d[i] / median + 0.5);
        if (k < 1 || fabs(d[i] - k * median) > tol * k) {
            series_runs(d, n, tol, text, sizeof text);
            lm_err_set(&s->refusal, LM_ERULE, "G-4", "the steps between slices vary: %s", text);
            return;
        }
        if (k < 2) continue;
        missing += (size_t)k - 1;
        if (gaps++ < 5 && at < sizeof text)
            at += (size_t)snprintf(text + at, sizeof text - at, "%s%.4g mm between slices %zu and %zu", gaps > 1 ? ", " : "", d[i],
                                   i + 1, i + 2);
    }
    lm_err_set(&s->refusal, LM_ERULE, "G-4", "gap: %s%s, where the other steps are %.4g mm (%zu slice%s missing)", text,
               gaps > 5 ? " and more" : "", median, missing, missing == 1 ? "" : "s");
}

/* Sorted places become slices; duplicates share one. The first place of each slice comes to the front of p. */
static void series_slices(lm_series *s, series_place *p, double normal_tol)
{
    size_t slices = 0;
    for (size_t i = 0; i < s->n; i++) {
        const double *a = p[i].f->position, *b = i ? p[slices - 1].f->position : NULL;
        s->member[i] = p[i].file;
        if (b && p[i].at - p[slices - 1].at < normal_tol) {
            double e[3] = {a[0] - b[0], a[1] - b[1], a[2] - b[2]};
            if (series_length(e) > 10 * normal_tol && !s->refusal.code)
                lm_err_set(&s->refusal, LM_ERULE, "G-4", "slice %zu is there twice, at places %.4g mm apart within one plane",
                           slices, series_length(e));
            s->duplicates++;
            s->slice[i] = slices - 1;
        } else {
            s->slice[i] = slices;
            p[slices++] = p[i];
        }
    }
    s->slices = slices;
}

static void series_quality(const lm_dicom_file *f, lm_series *s, double deviation)
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

lm_status lm_series_geometry(const lm_dicom_file *f, lm_series *s, lm_err *err)
{
    s->refusal = (lm_err)LM_ERR_INIT;
    s->slices = s->n;
    s->duplicates = s->lossy = 0;
    if (!s->slice && !(s->slice = lm_mem_alloc(s->n, sizeof *s->slice, err))) return LM_ENOMEM;
    for (size_t i = 0; i < s->n; i++) s->slice[i] = i;
    series_refuse_kind(f, s);
    if (s->refusal.code) return LM_OK;

    double x[3], y[3], n[3], deviation;
    const lm_dicom_file *a = &f[s->member[0]];
    if (!series_axes(a, x, y, n, &deviation)) {
        lm_err_set(&s->refusal, LM_ERULE, "G-2",
                   "row and column directions are off unit length or right angle by %.2g (limit 0.01)", deviation);
        return LM_OK;
    }
    series_place *p = lm_mem_alloc(s->n, sizeof *p, err);
    double *d = lm_mem_alloc(2 * s->n, sizeof *d, err);
    if (!p || !d) {
        free(p);
        free(d);
        return LM_ENOMEM;
    }
    for (size_t i = 0; i < s->n; i++)
        p[i] = (series_place){series_dot(f[s->member[i]].position, n), s->member[i], i, &f[s->member[i]]};
    qsort(p, s->n, sizeof *p, series_cmp_place);
    series_slices(s, p, SERIES_SAME_PLACE);
    size_t m = s->slices;
    if (m == 1 && !s->refusal.code) lm_err_set(&s->refusal, LM_ERULE, "G-4", "all %zu slices lie in one place: no volume", s->n);
    if (s->refusal.code) goto done;

    for (size_t i = 0; i + 1 < m; i++) d[i] = p[i + 1].at - p[i].at;
    series_check_steps(s, d, m - 1, d + s->n);
    if (s->refusal.code) goto done;

    const double *first = p[0].f->position, *last = p[m - 1].f->position;
    for (int c = 0; c < 3; c++) {
        s->origin[c] = first[c];
        s->dir[0][c] = x[c] * a->spacing[1];
        s->dir[1][c] = y[c] * a->spacing[0];
        s->dir[2][c] = (last[c] - first[c]) / (double)(m - 1);
    }
    s->step_mm = series_dot(s->dir[2], n);
    double tol = fmax(0.01, 0.01 * s->step_mm), worst = 0;
    size_t where = 0;
    for (size_t i = 0; i < m; i++) {
        double e[3];
        for (int c = 0; c < 3; c++) e[c] = p[i].f->position[c] - (first[c] + (double)i * s->dir[2][c]);
        double off = series_length(e);
        if (off > worst) worst = off, where = i;
    }
    if (worst > tol) {
        lm_err_set(&s->refusal, LM_ERULE, "G-4",
                   "slice %zu of %zu lies %.3g mm off the even line from first to last (limit %.3g mm)", where + 1, m, worst, tol);
        goto done;
    }
    double shear[3];
    for (int c = 0; c < 3; c++) shear[c] = s->dir[2][c] - s->step_mm * n[c];
    double ratio = series_length(shear) / s->step_mm;
    if (ratio > 1e-3) s->tilt_deg = series_atan_deg(ratio);
    series_quality(f, s, deviation);
done:
    free(p);
    free(d);
    return LM_OK;
}

/* ---- 2 grouping ---- */

static int series_cmp_long(bool has_a, long a, bool has_b, long b)
{
    if (has_a != has_b) return has_a ? -1 : 1;
    return a < b ? -1 : a > b;
}

/* The canonical order, from what stands in the files and not from their names. */
static int series_cmp_file(const void *pa, const void *pb, void *files)
{
    size_t ia = *(const size_t *)pa, ib = *(const size_t *)pb;
    const lm_dicom_file *a = (const lm_dicom_file *)files + ia, *b = (const lm_dicom_file *)files + ib;
    int c;
    if ((c = series_cmp_long(a->has_number, a->number, b->has_number, b->number))) return c;
    if ((c = strcmp(a->study, b->study))) return c;
    if ((c = strcmp(a->series, b->series))) return c;
    if ((c = strcmp(a->modality, b->modality))) return c;
    if (a->kind != b->kind) return a->kind < b->kind ? -1 : 1;
    if ((c = series_cmp_long(a->has_instance, a->instance, b->has_instance, b->instance))) return c;
    for (int i = 0; i < 3; i++)
        if (a->position[i] != b->position[i]) return a->position[i] < b->position[i] ? -1 : 1;
    if ((c = strcmp(a->sop, b->sop))) return c;
    return ia < ib ? -1 : ia > ib;
}

static bool series_same_series(const lm_dicom_file *a, const lm_dicom_file *b)
{
    return a->has_number == b->has_number && a->number == b->number && !strcmp(a->study, b->study) &&
           !strcmp(a->series, b->series) && !strcmp(a->modality, b->modality) && a->kind == b->kind;
}

static bool series_is_localizer(const lm_dicom_file *f)
{
    return !strcmp(f->image_type3, "LOCALIZER") || !strcmp(f->image_type3, "SCOUT");
}

/* Angle below 0.01 degrees: the difference of unit vectors is the angle in radians. */
static bool series_same_direction(const double *a, const double *b)
{
    double e[3] = {a[0] - b[0], a[1] - b[1], a[2] - b[2]};
    return series_length(e) < 0.01 * (3.14159265358979323846 / 180);
}

/* For print: nothing as "-0.000". */
static double series_plus(double x)
{
    return fabs(x) < 5e-4 ? 0 : x;
}

/* What forbids a and b in one volume (G-3), in words for b; NULL when nothing does. */
static const char *series_differs(const lm_dicom_file *a, const lm_dicom_file *b, char *buf, size_t cap)
{
    buf[0] = 0;
    if (series_is_localizer(a) != series_is_localizer(b))
        snprintf(buf, cap, "%s", series_is_localizer(b) ? "localizer" : "not the localizer");
    else if (a->rows != b->rows || a->columns != b->columns) snprintf(buf, cap, "%u x %u pixels", b->columns, b->rows);
    else if (a->has_spacing != b->has_spacing) snprintf(buf, cap, "%s", b->has_spacing ? "with Pixel Spacing" : "no Pixel Spacing");
    else if (a->has_spacing && (fabs(a->spacing[0] - b->spacing[0]) > 1e-4 * fabs(a->spacing[0]) ||
                                fabs(a->spacing[1] - b->spacing[1]) > 1e-4 * fabs(a->spacing[1])))
        snprintf(buf, cap, "spacing %.5g x %.5g mm", b->spacing[1], b->spacing[0]);
    else if (a->has_orientation != b->has_orientation)
        snprintf(buf, cap, "%s", b->has_orientation ? "with orientation" : "no orientation");
    else if (a->has_orientation && (!series_same_direction(a->orientation, b->orientation) ||
                                    !series_same_direction(a->orientation + 3, b->orientation + 3)))
        snprintf(buf, cap, "rows along %.3f\\%.3f\\%.3f, columns along %.3f\\%.3f\\%.3f", series_plus(b->orientation[0]),
                 series_plus(b->orientation[1]), series_plus(b->orientation[2]), series_plus(b->orientation[3]),
                 series_plus(b->orientation[4]), series_plus(b->orientation[5]));
    else if (strcmp(a->frame, b->frame)) snprintf(buf, cap, "another frame of reference");
    else if (strcmp(a->photometric, b->photometric))
        snprintf(buf, cap, "%s", b->photometric[0] ? b->photometric : "no photometric");
    else if (strcmp(a->rescale_type, b->rescale_type))
        snprintf(buf, cap, "rescale type %s", b->rescale_type[0] ? b->rescale_type : "none");
    return buf[0] ? buf : NULL;
}

/* Largest number of members in one place. */
static size_t series_crowd(const lm_dicom_file *f, const size_t *member, size_t n, series_place *p)
{
    double x[3], y[3], normal[3], deviation;
    const lm_dicom_file *a = &f[member[0]];
    if (a->kind != LM_DICOM_SLICE || !a->has_orientation || !series_axes(a, x, y, normal, &deviation)) return 1;
    for (size_t i = 0; i < n; i++) {
        if (!f[member[i]].has_position) return 1;
        p[i] = (series_place){series_dot(f[member[i]].position, normal), member[i], i, &f[member[i]]};
    }
    qsort(p, n, sizeof *p, series_cmp_place);
    size_t most = 1;
    for (size_t i = 0, j; i < n; i = j) {
        for (j = i + 1; j < n && p[j].at - p[i].at < SERIES_SAME_PLACE;) j++;
        if (j - i > most) most = j - i;
    }
    return most;
}

/* What may tell apart volumes in one place, most telling first. Text keys come as a rank among the members. */
static const struct {
    const char *name;
    size_t offset;
    bool text;
} series_keys[] = {
    {"temporal position", offsetof(lm_dicom_file, temporal), false}, {"echo", offsetof(lm_dicom_file, echo), false},
    {"cardiac phase", offsetof(lm_dicom_file, phase), false},        {"b-value", offsetof(lm_dicom_file, b_value), false},
    {"image type", offsetof(lm_dicom_file, image_type3), true},      {"image type", offsetof(lm_dicom_file, image_type4), true},
    {"acquisition", offsetof(lm_dicom_file, acquisition), false},    {"kernel", offsetof(lm_dicom_file, kernel), true},
    {"trigger time", offsetof(lm_dicom_file, trigger), false},
};
enum { SERIES_KEYS = sizeof series_keys / sizeof *series_keys };

static int series_cmp_key(const lm_dicom_file *a, const lm_dicom_file *b, int key)
{
    const char *p = (const char *)a + series_keys[key].offset, *q = (const char *)b + series_keys[key].offset;
    if (series_keys[key].text) return strcmp(p, q);
    double x, y;
    memcpy(&x, p, sizeof x);
    memcpy(&y, q, sizeof y);
    if (isnan(x) || isnan(y)) return isnan(x) - isnan(y);
    return x < y ? -1 : x > y;
}

static void series_key_text(const lm_dicom_file *f, int key, char *buf, size_t cap)
{
    const char *p = (const char *)f + series_keys[key].offset;
    double x = 0;
    if (!series_keys[key].text) memcpy(&x, p, sizeof x);
    if (series_keys[key].text ? !*p : isnan(x)) snprintf(buf, cap, "no %s", series_keys[key].name);
    else if (series_keys[key].text) snprintf(buf, cap, "%s %s", series_keys[key].name, p);
    else snprintf(buf, cap, "%s %.6g", series_keys[key].name, x);
}

typedef struct {
    const lm_dicom_file *f;
    size_t *member;      /* all files of the series; parts are ranges of it */
    series_place *place; /* scratch */
    size_t *scratch;
    struct {
        size_t from, n;
        char differs[96];
    } part[SERIES_PARTS];
    int parts;
    bool overflow;
} series_split;

static void series_add_part(series_split *sp, size_t from, size_t n, const char *differs)
{
    if (sp->parts == SERIES_PARTS) {
        sp->overflow = true;
        return;
    }
    sp->part[sp->parts].from = from;
    sp->part[sp->parts].n = n;
    snprintf(sp->part[sp->parts++].differs, sizeof sp->part[0].differs, "%s", differs);
}

/* Stable order of the range by a key: an insertion of equal runs, kept simple by merging. */
static void series_order_by(const lm_dicom_file *f, size_t *m, size_t n, int key, size_t *scratch)
{
    if (n < 2) return;
    size_t h = n / 2, i = 0, j = h, k = 0;
    series_order_by(f, m, h, key, scratch);
    series_order_by(f, m + h, n - h, key, scratch);
    while (i < h || j < n) scratch[k++] = j == n || (i < h && series_cmp_key(&f[m[i]], &f[m[j]], key) <= 0) ? m[i++] : m[j++];
    memcpy(m, scratch, n * sizeof *m);
}

/* Split a range whose slices share places by the first key that thins the crowd; then its parts by the keys after it. */
static void series_split_soft(series_split *sp, size_t from, size_t n, int key, const char *differs)
{
    const lm_dicom_file *f = sp->f;
    size_t *m = sp->member + from, crowd = series_crowd(f, m, n, sp->place);
    for (; crowd > 1 && key < SERIES_KEYS; key++) {
        size_t values = 1, worst = 0;
        memcpy(sp->scratch + n, m, n * sizeof *m); /* to restore the canonical order */
        series_order_by(f, m, n, key, sp->scratch);
        for (size_t i = 1; i < n; i++) values += series_cmp_key(&f[m[i - 1]], &f[m[i]], key) != 0;
        for (size_t i = 0, j; i < n && values > 1 && values <= n / 2; i = j) {
            for (j = i + 1; j < n && !series_cmp_key(&f[m[i]], &f[m[j]], key);) j++;
            size_t c = series_crowd(f, m + i, j - i, sp->place);
            if (c > worst) worst = c;
        }
        if (!worst || worst >= crowd) {
            memcpy(m, sp->scratch + n, n * sizeof *m);
            continue;
        }
        for (size_t i = 0, j; i < n; i = j) {
            char text[96], value[40];
            for (j = i + 1; j < n && !series_cmp_key(&f[m[i]], &f[m[j]], key);) j++;
            series_key_text(&f[m[i]], key, value, sizeof value);
            snprintf(text, sizeof text, "%s%s%s", differs, differs[0] ? ", " : "", value);
            series_split_soft(sp, from + i, j - i, key + 1, text);
        }
        return;
    }
    series_add_part(sp, from, n, differs);
}

/* Bring members that cannot be one volume apart, keeping the canonical order within each part. */
static void series_split_hard(series_split *sp, size_t n)
{
    const lm_dicom_file *f = sp->f;
    size_t from = 0;
    char text[96], other[96] = "";
    if (f[sp->member[0]].kind != LM_DICOM_SLICE) {
        series_add_part(sp, 0, n, "");
        return;
    }
    while (from < n) {
        size_t *m = sp->member + from, same = 0, rest = 0, left = n - from;
        const lm_dicom_file *a = &f[m[0]];
        for (size_t i = 0; i < left; i++) {
            if (!series_differs(a, &f[m[i]], text, sizeof text)) m[same++] = m[i];
            else sp->scratch[rest++] = m[i];
        }
        memcpy(m + same, sp->scratch, rest * sizeof *m);
        if (from || rest) {
            const lm_dicom_file *b = from ? &f[sp->member[0]] : &f[m[same]];
            series_differs(b, a, other, sizeof other);
        }
        if (sp->parts >= SERIES_PARTS - 1) { /* hostile or useless: everything that is left is one refused part */
            sp->overflow = true;
            series_add_part(sp, from, left, "");
            return;
        }
        series_split_soft(sp, from, same, 0, other);
        from += same;
    }
}

/* Slices of one volume that differ in a soft key are used together; say so where the key has few values. */
static void series_warn_mixed(const lm_dicom_file *f, lm_series *s)
{
    for (int key = 0; key < SERIES_KEYS; key++) {
        size_t changes = 0;
        for (size_t i = 1; i < s->n; i++) changes += series_cmp_key(&f[s->member[i - 1]], &f[s->member[i]], key) != 0;
        if (changes && changes < s->n / 2)
            lm_series_warn(s, "G-3", "slices differ in %s but share no place: taken as one volume", series_keys[key].name);
    }
}

static lm_status series_add(lm_series_list *out, size_t *cap, series_split *sp, int part, lm_err *err)
{
    lm_status rc = lm_mem_grow(&out->item, cap, out->n + 1, sizeof *out->item, err);
    if (rc) return rc;
    lm_series *s = &out->item[out->n];
    *s = (lm_series){.n = sp->part[part].n, .part = part + 1, .parts = sp->parts};
    if (!(s->member = lm_mem_alloc(s->n, sizeof *s->member, err))) return LM_ENOMEM;
    out->n++;
    memcpy(s->member, sp->member + sp->part[part].from, s->n * sizeof *s->member);
    snprintf(s->differs, sizeof s->differs, "%s", sp->parts > 1 ? sp->part[part].differs : "");
    s->kind = sp->f[s->member[0]].kind;
    s->localizer = series_is_localizer(&sp->f[s->member[0]]);
    if ((rc = lm_series_geometry(sp->f, s, err))) return rc;
    if (!s->refusal.code) series_warn_mixed(sp->f, s);
    if (sp->overflow)
        lm_err_set(&s->refusal, LM_ERULE, "G-3", "the series falls into more than %d kinds of slices", (int)SERIES_PARTS);
    return LM_OK;
}

lm_status lm_series_group(const lm_dicom_file *f, size_t n, lm_series_list *out, lm_err *err)
{
    lm_status rc = LM_OK;
    size_t k = 0, cap = 0;
    *out = (lm_series_list)LM_SERIES_LIST_INIT;
    series_split sp = {.f = f};
    size_t *all = lm_mem_alloc(n, sizeof *all, err);
    sp.place = lm_mem_alloc(n, sizeof *sp.place, err);
    sp.scratch = lm_mem_alloc(n, 2 * sizeof *sp.scratch, err);
    if (!all || !sp.place || !sp.scratch) {
        rc = LM_ENOMEM;
        goto done;
    }
    for (size_t i = 0; i < n; i++)
        if (f[i].state == LM_SCAN_DICOM) all[k++] = i;
    qsort_r(all, k, sizeof *all, series_cmp_file, (void *)(uintptr_t)f);
    for (size_t i = 0, j; i < k && !rc; i = j) {
        for (j = i + 1; j < k && series_same_series(&f[all[i]], &f[all[j]]);) j++;
        sp.member = all + i;
        sp.parts = 0;
        sp.overflow = false;
        series_split_hard(&sp, j - i);
        for (int part = 0; part < sp.parts && !rc; part++) rc = series_add(out, &cap, &sp, part, err);
    }
done:
    free(all);
    free(sp.place);
    free(sp.scratch);
    if (rc) lm_series_release(out);
    return rc;
}

void lm_series_release(lm_series_list *l)
{
    for (size_t i = 0; i < l->n; i++) {
        free(l->item[i].member);
        free(l->item[i].slice);
    }
    free(l->item);
    *l = (lm_series_list)LM_SERIES_LIST_INIT;
}
