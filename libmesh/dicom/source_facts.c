/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "dicom/source_facts.h"
#include "base/mem.h"
#include "dicom/source_data.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* "3", "3.2" for a part, "-" when not stated. */
void lm_source_number(const lm_source *s, size_t series, char buf[48])
{
    const lm_series *r = &s->list.item[series];
    const lm_dicom_file *h = lm_source_head(s, series);
    int at = h->has_number ? snprintf(buf, 48, "%ld", h->number) : snprintf(buf, 48, "-");
    if (r->parts > 1) snprintf(buf + at, 48 - (size_t)at, ".%d", r->part);
}

static double source_spacing(const lm_series *r, int axis)
{
    return sqrt(r->dir[axis][0] * r->dir[axis][0] + r->dir[axis][1] * r->dir[axis][1] + r->dir[axis][2] * r->dir[axis][2]);
}

void lm_source_describe(const lm_source *s, size_t series, bool text, char *buf, size_t cap)
{
    const lm_series *r = &s->list.item[series];
    const lm_dicom_file *h = lm_source_head(s, series);
    char number[48], size[48] = "-", step[64] = "-", why[LM_ERR_TEXT + 32] = "", twice[64] = "";
    lm_source_number(s, series, number);
    if (h->rows) snprintf(size, sizeof size, "%ux%ux%zu", h->columns, h->rows, r->slices);
    if (!r->refusal.code)
        snprintf(step, sizeof step, "%.4g x %.4g x %.4g mm", source_spacing(r, 0), source_spacing(r, 1), r->step_mm);
    else lm_err_line(&r->refusal, why, sizeof why);
    if (r->duplicates) snprintf(twice, sizeof twice, " (%zu files share a place with another)", r->duplicates);
    snprintf(buf, cap, "%-7s %-9s %5zu  %-14s %-26s %s%s%s%s%s%s%s", number, h->modality[0] ? h->modality : "-", r->n, size, step,
             text ? h->description : "", r->differs[0] ? " (" : "", r->differs, r->differs[0] ? ")" : "", twice,
             why[0] ? "; no volume: " : "", why);
}

/* What names a series here: its UID, or number and modality where a de-identifier took that; and the part of it. */
void lm_source_identity(const lm_source *s, const lm_dicom_file *h, const lm_series *r, char uid[LM_IDENTITY_TEXT])
{
    char text[LM_UID + 80];
    int at =
        h->series[0] ? snprintf(text, sizeof text, "%s", h->series) : snprintf(text, sizeof text, "%ld %s", h->number, h->modality);
    if (r->parts > 1) snprintf(text + at, sizeof text - (size_t)at, "/%d", r->part);
    lm_identity_uid(&s->identity, text, uid);
}

void lm_source_uid(const lm_source *s, size_t series, bool whole, char uid[LM_IDENTITY_TEXT])
{
    lm_series r = s->list.item[series];
    if (whole) r.parts = 1;
    lm_source_identity(s, &s->head[r.member[0]], &r, uid);
}

const char *lm_source_key(const lm_source *s, char name[LM_IDENTITY_HASH])
{
    lm_identity_key_name(&s->identity, name);
    return s->identity.show ? "shown" : name;
}

json_t *lm_source_warnings(const lm_series *r)
{
    json_t *a = json_array();
    for (int i = 0; a && i < r->n_warnings; i++) {
        const lm_series_warning *w = &r->warning[i];
        json_t *o = w->rule[0] ? json_pack("{s:s, s:s}", "rule", w->rule, "text", w->text) : json_pack("{s:s}", "text", w->text);
        if (json_array_append_new(a, o)) {
            json_decref(a);
            return NULL;
        }
    }
    return a;
}

json_t *lm_source_vector(const double *v, int n)
{
    json_t *a = json_array();
    for (int i = 0; a && i < n; i++) {
        if (json_array_append_new(a, json_real(v[i]))) {
            json_decref(a);
            return NULL;
        }
    }
    return a;
}

/* Rescale Type is free text; only the standard's own terms (PS3.3 C.11.1.1.2) go out. */
static const char *source_rescale(const char *type)
{
    static const char *const term[] = {"OD", "HU", "US", "MGML", "Z_EFF", "ED", "EDW", "HU_MOD", "PCT"};
    for (size_t i = 0; i < sizeof term / sizeof *term; i++)
        if (!strcmp(type, term[i])) return term[i];
    return type[0] ? "other" : NULL;
}

static int source_cmp_size(const void *a, const void *b)
{
    size_t p = *(const size_t *)a, q = *(const size_t *)b;
    return p < q ? -1 : p > q;
}

/* Files that hold the images of a series: the frames of one object count once. */
static size_t source_instances(const lm_source *s, const lm_series *r)
{
    size_t n = 0, *file = lm_mem_alloc(r->n, sizeof *file, NULL);
    if (!file) return r->n;
    for (size_t i = 0; i < r->n; i++) file[i] = s->head[r->member[i]].file;
    qsort(file, r->n, sizeof *file, source_cmp_size);
    for (size_t i = 0; i < r->n; i++) n += !i || file[i] != file[i - 1];
    free(file);
    return n;
}

/* Absent facts are null. Allow-listed values only: see the contract of lm_source_load. */
static json_t *source_facts_of(const lm_source *s, const lm_series *r, const char *sha)
{
    const lm_dicom_file *h = &s->head[r->member[0]];
    char uid[LM_IDENTITY_TEXT], frame[LM_IDENTITY_TEXT], key[LM_IDENTITY_HASH];
    double spacing[3] = {0};
    lm_source_identity(s, h, r, uid);
    lm_identity_uid(&s->identity, h->frame, frame);
    for (int a = 0; a < 3; a++) spacing[a] = source_spacing(r, a);
    return json_pack("{s:s, s:s*, s:s, s:s*, s:s, s:I, s:s*, s:[I,I,I], s:o*, s:f, s:o*, s:f, s:s*, s:o*, s:b, s:s*, s:o}", "kind",
                     "dicom", "modality", h->modality[0] ? h->modality : NULL, "series", uid, "frame", h->frame[0] ? frame : NULL,
                     "uid_key", lm_source_key(s, key), "instances", (json_int_t)source_instances(s, r), "sha256_pixels", sha,
                     "size", (json_int_t)h->columns, (json_int_t)h->rows, (json_int_t)r->slices, "spacing_mm",
                     lm_source_vector(spacing, 3), "slice_step_mm", r->step_mm, "thickness_mm",
                     r->thickness_mm > 0 ? json_real(r->thickness_mm) : NULL, "tilt_deg", r->tilt_deg, "kernel",
                     h->kernel[0] ? h->kernel : NULL, "kvp", h->kvp > 0 ? json_real(h->kvp) : NULL, "lossy", r->lossy > 0,
                     "rescale_type", source_rescale(h->rescale_type), "warnings", lm_source_warnings(r));
}

/* What --gaps made, as {choice, kind, steps, read, made, made_slices: [[first, last], ...] from 1}; NULL: nothing. */
static json_t *source_gaps(const lm_gaps *g, bool *ok)
{
    if (!g->at) return NULL;
    json_t *runs = json_array();
    for (size_t k = 0, first, last; runs && lm_gaps_next(g, &k, &first, &last);)
        if (json_array_append_new(runs, json_pack("[I,I]", (json_int_t)first + 1, (json_int_t)last + 1))) *ok = false;
    json_t *o = json_pack("{s:s, s:s, s:s, s:I, s:I, s:o}", "choice", lm_gaps_name(g->choice), "kind",
                          g->kind == LM_GAPS_MISSING ? "missing" : "variable", "steps", g->text, "read", (json_int_t)g->read,
                          "made", (json_int_t)g->made, "made_slices", runs);
    *ok &= o != NULL;
    return o;
}

json_t *lm_source_facts(const lm_source *s, const lm_series *r, const char *sha)
{
    bool ok = true;
    json_t *o = source_facts_of(s, r, sha), *gaps = source_gaps(&r->gaps, &ok);
    ok &= o != NULL;
    if (ok && gaps) ok = !json_object_set(o, "gaps", gaps);
    if (ok && r->phases > 1)
        ok =
            !json_object_set_new(o, "phase", json_pack("{s:i, s:i, s:s}", "number", r->phase, "of", r->phases, "what", r->differs));
    json_decref(gaps);
    if (ok) return o;
    json_decref(o);
    return NULL;
}

json_t *lm_source_json(const lm_source *s, size_t series, lm_err *err)
{
    const lm_series *r = &s->list.item[series];
    const lm_dicom_file *h = lm_source_head(s, series);
    char number[48], uid[LM_IDENTITY_TEXT];
    lm_source_number(s, series, number);
    lm_source_identity(s, h, r, uid);
    json_t *o;
    if (r->refusal.code)
        o = json_pack("{s:s, s:s*, s:s, s:I, s:{s:s*, s:s}}", "number", number, "modality", h->modality[0] ? h->modality : NULL,
                      "series", uid, "instances", (json_int_t)source_instances(s, r), "refused", "rule",
                      r->refusal.rule[0] ? r->refusal.rule : NULL, "text", r->refusal.text[0]);
    else {
        o = json_pack("{s:s}", "number", number);
        json_t *facts = lm_source_facts(s, r, NULL);
        if (!o || !facts || json_object_update_new(o, facts)) {
            json_decref(o);
            o = NULL;
        }
    }
    if (!o) lm_err_nomem(err, 0);
    return o;
}
