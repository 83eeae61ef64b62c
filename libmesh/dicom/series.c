/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "dicom/series.h"
#include "base/mem.h"
#include "dicom/geometry.h"
#include "dicom/phase.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SERIES_PARTS = 1024 };

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
    if (a->frame_at != b->frame_at) return a->frame_at < b->frame_at ? -1 : 1;
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
    return sqrt(e[0] * e[0] + e[1] * e[1] + e[2] * e[2]) < 0.01 * (3.14159265358979323846 / 180);
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

typedef struct {
    const lm_dicom_file *f;
    size_t *member;           /* all files of the series; parts are ranges of it */
    lm_geometry_place *place; /* scratch */
    size_t *scratch;
    struct {
        size_t from, n;
        char differs[LM_PHASE_TEXT];
        int phase, phases;
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
    sp->part[sp->parts].phase = sp->part[sp->parts].phases = 1;
    snprintf(sp->part[sp->parts++].differs, sizeof sp->part[0].differs, "%s", differs);
}

/* Stable order of the range by a key: an insertion of equal runs, kept simple by merging. */
static void series_order_by(const lm_dicom_file *f, size_t *m, size_t n, int key, size_t *scratch)
{
    if (n < 2) return;
    size_t h = n / 2, i = 0, j = h, k = 0;
    series_order_by(f, m, h, key, scratch);
    series_order_by(f, m + h, n - h, key, scratch);
    while (i < h || j < n) scratch[k++] = j == n || (i < h && lm_phase_cmp(&f[m[i]], &f[m[j]], key) <= 0) ? m[i++] : m[j++];
    memcpy(m, scratch, n * sizeof *m);
}

/* Nothing tells them apart but their numbers: when each of several places holds as many images, all of them objects of their
 * own, the first images of all places by Instance Number are the first volume, and so on. lm_geometry_crowd left the places sorted.
 */
static bool series_split_repeated(series_split *sp, size_t from, size_t n, size_t crowd, const char *differs)
{
    const lm_dicom_file *f = sp->f;
    size_t *m = sp->member + from, places = n / crowd;
    if (crowd < 2 || crowd > SERIES_PARTS || places < 2 || n % crowd) return false;
    lm_geometry_crowd(f, m, n, sp->place);
    for (size_t i = 0; i < n; i++) {
        const lm_geometry_place *p = &sp->place[i], *first = &sp->place[i / crowd * crowd];
        bool same_place = p->at - first->at < LM_GEOMETRY_SAME_PLACE, starts = i % crowd == 0 && i > 0;
        if (!same_place || !p->f->has_instance || !p->f->sop[0] || (starts && p->at - p[-1].at < LM_GEOMETRY_SAME_PLACE))
            return false;
    }
    /* the canonical order has instances ascending within a series: the members of a place stand in it by number */
    for (size_t i = 0; i < n; i++) sp->scratch[i] = 0;
    for (size_t i = 0; i < n; i++)
        for (size_t j = i / crowd * crowd; j < i / crowd * crowd + crowd; j++) {
            const lm_geometry_place *p = &sp->place[i], *q = &sp->place[j];
            bool one_object = !strcmp(p->f->sop, q->f->sop); /* then its frames have an order */
            if (i != j && (one_object ? p->f->frame_at == q->f->frame_at : p->f->instance == q->f->instance)) return false;
            sp->scratch[p->member] += one_object ? q->f->frame_at < p->f->frame_at : q->f->instance < p->f->instance;
        }
    size_t *sorted = sp->scratch + n, k = 0;
    for (size_t r = 0; r < crowd; r++)
        for (size_t i = 0; i < n; i++)
            if (sp->scratch[i] == r) sorted[k++] = m[i];
    memcpy(m, sorted, n * sizeof *m);
    for (size_t r = 0; r < crowd; r++) {
        char text[LM_PHASE_TEXT];
        snprintf(text, sizeof text, "%s%srepetition %zu", differs, differs[0] ? ", " : "", r + 1);
        series_add_part(sp, from + r * places, places, text);
    }
    return true;
}

/* Split a range whose slices share places by the first key that thins the crowd; then its parts by the keys after it. */
static void series_split_soft(series_split *sp, size_t from, size_t n, int key, const char *differs)
{
    const lm_dicom_file *f = sp->f;
    size_t *m = sp->member + from, crowd = lm_geometry_crowd(f, m, n, sp->place);
    for (; crowd > 1 && key < LM_PHASE_KEYS; key++) {
        size_t values = 1, worst = 0;
        memcpy(sp->scratch + n, m, n * sizeof *m); /* to restore the canonical order */
        series_order_by(f, m, n, key, sp->scratch);
        for (size_t i = 1; i < n; i++) values += lm_phase_cmp(&f[m[i - 1]], &f[m[i]], key) != 0;
        for (size_t i = 0, j; i < n && values > 1 && values <= n / 2; i = j) {
            for (j = i + 1; j < n && !lm_phase_cmp(&f[m[i]], &f[m[j]], key);) j++;
            size_t c = lm_geometry_crowd(f, m + i, j - i, sp->place);
            if (c > worst) worst = c;
        }
        if (!worst || worst >= crowd) {
            memcpy(m, sp->scratch + n, n * sizeof *m);
            continue;
        }
        for (size_t i = 0, j; i < n; i = j) {
            char text[96], value[40];
            for (j = i + 1; j < n && !lm_phase_cmp(&f[m[i]], &f[m[j]], key);) j++;
            lm_phase_text(&f[m[i]], key, value, sizeof value);
            snprintf(text, sizeof text, "%s%s%s", differs, differs[0] ? ", " : "", value);
            series_split_soft(sp, from + i, j - i, key + 1, text);
        }
        return;
    }
    if (!series_split_repeated(sp, from, n, crowd, differs)) series_add_part(sp, from, n, differs);
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
        int first = sp->parts;
        series_split_soft(sp, from, same, 0, other);
        for (int i = first; i < sp->parts; i++) sp->part[i].phase = i - first + 1, sp->part[i].phases = sp->parts - first;
        from += same;
    }
}

/* Slices of one volume that differ in a soft key are used together; say so where the key has few values. */
static void series_warn_mixed(const lm_dicom_file *f, lm_series *s)
{
    for (int key = 0; key < LM_PHASE_KEYS; key++) {
        size_t changes = 0;
        for (size_t i = 1; i < s->n; i++) changes += lm_phase_cmp(&f[s->member[i - 1]], &f[s->member[i]], key) != 0;
        if (changes && changes < s->n / 2)
            lm_series_warn(s, "G-3", "slices differ in %s but share no place: taken as one volume", lm_phase_name(key));
    }
}

static lm_status series_add(lm_series_list *out, size_t *cap, series_split *sp, int part, lm_gaps_choice gaps, lm_err *err)
{
    lm_status rc = lm_mem_grow(&out->item, cap, out->n + 1, sizeof *out->item, err);
    if (rc) return rc;
    lm_series *s = &out->item[out->n];
    *s = (lm_series){.n = sp->part[part].n, .part = part + 1, .parts = sp->parts, .gaps.choice = gaps};
    s->phase = sp->part[part].phase;
    s->phases = sp->part[part].phases;
    if (!(s->member = lm_mem_alloc(s->n, sizeof *s->member, err))) return LM_ENOMEM;
    out->n++;
    memcpy(s->member, sp->member + sp->part[part].from, s->n * sizeof *s->member);
    snprintf(s->differs, sizeof s->differs, "%s", sp->parts > 1 ? sp->part[part].differs : "");
    s->kind = sp->f[s->member[0]].kind;
    s->localizer = series_is_localizer(&sp->f[s->member[0]]);
    if ((rc = lm_geometry_find(sp->f, s, err))) return rc;
    if (!s->refusal.code) series_warn_mixed(sp->f, s);
    if (sp->overflow)
        lm_err_set(&s->refusal, LM_ERULE, "G-3", "the series falls into more than %d kinds of slices", (int)SERIES_PARTS);
    return LM_OK;
}

lm_status lm_series_group(const lm_dicom_file *f, size_t n, lm_gaps_choice gaps, lm_series_list *out, lm_err *err)
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
        for (int part = 0; part < sp.parts && !rc; part++) rc = series_add(out, &cap, &sp, part, gaps, err);
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
        lm_gaps_release(&l->item[i].gaps);
    }
    free(l->item);
    *l = (lm_series_list)LM_SERIES_LIST_INIT;
}
