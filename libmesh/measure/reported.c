/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Contents: 1 finding reports, 2 do they belong, 3 which measurement, 4 judging */
#include "measure/reported.h"
#include "base/mem.h"
#include "dicom/select.h"
#include "dicom/source.h"
#include "measure/against.h"
#include "measure/axial.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { REPORTED_PARTS = 64, REPORTED_LIST = 260 };
#define REPORTED_TOL 1.0 /* mm */

void lm_reported_release(lm_reported *r)
{
    for (size_t i = 0; i < r->n; i++) lm_sr_release(&r->report[i]);
    free(r->report);
    free(r->rest);
    *r = (lm_reported)LM_REPORTED_INIT;
}

/* ---- 1 finding reports ---- */

static bool reported_is(const lm_source *s, size_t series)
{
    const lm_dicom_file *head;
    lm_source_member(s, series, 0, &head);
    return lm_sr_is(head->sop_class);
}

static lm_status reported_read(lm_tree_file file, int threads, lm_reported *out, lm_err *err)
{
    size_t cap = out->n;
    lm_tree *t = NULL;
    lm_status rc = lm_mem_grow(&out->report, &cap, out->n + 1, sizeof *out->report, err);
    if (rc) return rc;
    out->report[out->n++] = (lm_sr)LM_SR_INIT;
    rc = lm_tree_read(&file, 1, &(lm_tree_opt){.threads = threads, .max_value = SIZE_MAX}, &t, err);
    if (!rc) rc = lm_sr_read(t, &out->report[out->n - 1], err);
    lm_tree_release(t);
    return rc ? lm_err_frame(err, "'%s'", file.name) : LM_OK;
}

/* Reports among the files of these paths; alone: without anything else in them. */
static lm_status reported_scan(const char *const *paths, size_t n, const lm_reported_opt *opt, lm_reported *out, bool *alone,
                               lm_err *err)
{
    lm_source *s = NULL;
    const lm_source_opt so = {.threads = opt->threads};
    lm_status rc = lm_source_scan(paths, n, &so, &s, err);
    *alone = !rc && lm_source_count(s) > 0;
    for (size_t i = 0; !rc && i < lm_source_count(s); i++) {
        if (!reported_is(s, i)) *alone = false;
        else
            for (size_t k = 0; k < lm_source_members(s, i) && !rc; k++)
                rc = reported_read(lm_source_member(s, i, k, NULL), opt->threads, out, err);
    }
    lm_source_release(s);
    return rc;
}

/* What the first bytes say: DICOM files are looked at, all else is for others. */
static bool reported_dicom(const char *path, bool folders)
{
    unsigned char head[132];
    struct stat st;
    if (stat(path, &st)) return false;
    if (!S_ISREG(st.st_mode)) return folders;
    FILE *f = fopen(path, "rb");
    bool is = f && fread(head, 1, sizeof head, f) == sizeof head && !memcmp(head + 128, "DICM", 4);
    if (f) fclose(f);
    return is;
}

lm_status lm_reported_open(const char *const *paths, size_t n, const lm_reported_opt *opt, lm_reported *out, lm_err *err)
{
    lm_status rc = LM_OK;
    lm_reported_release(out);
    if (!(out->rest = lm_mem_alloc(n, sizeof *out->rest, err))) return LM_ENOMEM;
    for (size_t i = 0; i < n && !rc; i++) {
        bool alone = false;
        if (reported_dicom(paths[i], opt->n_pick > 0)) rc = reported_scan(paths + i, 1, opt, out, &alone, err);
        if (!alone) out->rest[out->n_rest++] = paths[i];
    }
    if (!rc && opt->n_pick && !out->n)
        rc = lm_err_set(err, LM_EUSAGE, NULL, "a measurement is asked for, and there is no structured report among the %zu paths",
                        n);
    if (rc) lm_reported_release(out);
    return rc;
}

/* ---- 2 do they belong ---- */

/* Does the report cite the series that a record names? Of a series that is several volumes the record names the part. */
static bool reported_cites(const lm_sr *r, const lm_identity *id, const char *hash)
{
    char text[LM_UID + 16], uid[LM_IDENTITY_TEXT];
    for (size_t i = 0; hash && i < r->n_series; i++)
        for (int part = 0; part < REPORTED_PARTS; part++) {
            if (part) snprintf(text, sizeof text, "%s/%d", r->series[i], part);
            else snprintf(text, sizeof text, "%s", r->series[i]);
            lm_identity_uid(id, text, uid);
            if (!strcmp(uid, hash)) return true;
        }
    return false;
}

static lm_status reported_frame(const lm_sr *r, const lm_identity *id, const char *frame, lm_err *err)
{
    char uid[LM_IDENTITY_TEXT];
    bool same = !r->n_frames || !frame;
    for (size_t i = 0; i < r->n_frames && !same; i++) {
        lm_identity_uid(id, r->frame[i], uid);
        same = !strcmp(uid, frame);
    }
    if (same) return LM_OK;
    return lm_err_set(
        err, LM_ERULE, "G-3",
        "the structured report speaks of images in another frame of reference than the mesh's: they do not belong together");
}

/* *same: it is on the very segmentation that the mesh was made from. */
static lm_status reported_belongs(const lm_sr *r, const json_t *dcmseg, bool *same, lm_err *err)
{
    const json_t *source = json_object_get(dcmseg, "source"), *mask = json_object_get(dcmseg, "mask");
    const char *series = json_string_value(json_object_get(source, "series")),
               *masks = json_string_value(json_object_get(mask, "series")),
               *frame = json_string_value(json_object_get(source, "frame"));
    lm_identity id = {.show = json_is_true(json_object_get(json_object_get(dcmseg, "options"), "show-identity"))};
    lm_status rc = lm_identity_load(&id, err);
    if (!rc) rc = lm_identity_same_key(&id, json_string_value(json_object_get(source, "uid_key")), err);
    if (rc) return rc;
    const char *kind = json_string_value(json_object_get(source, "kind"));
    bool on_source = reported_cites(r, &id, series), on_mask = reported_cites(r, &id, masks);
    *same = on_mask || (on_source && kind && !strcmp(kind, "dicom-seg"));
    if (!on_source && !on_mask)
        return lm_err_set(
            err, LM_ERULE, NULL,
            "the structured report cites %zu series, and none of them is what the mesh was made from: it is the report of "
            "something else, or cannot be shown to belong",
            r->n_series);
    return reported_frame(r, &id, frame, err);
}

/* A measurement of segment 2 says nothing of a mesh of segment 1. */
static lm_status reported_segment(const lm_sr_item *i, const json_t *dcmseg, lm_err *err)
{
    const json_t *mask = json_object_get(dcmseg, "mask"), *list = json_object_get(json_object_get(dcmseg, "options"), "label");
    const char *kind = json_string_value(json_object_get(mask ? mask : json_object_get(dcmseg, "source"), "kind"));
    if (!i->segment || !kind || strcmp(kind, "dicom-seg") || json_array_size(list) != 1) return LM_OK;
    long long made = json_integer_value(json_array_get(list, 0));
    if (made == i->segment) return LM_OK;
    return lm_err_set(err, LM_ERULE, NULL, "the measurement is of segment %lld, and the mesh was made of segment %lld",
                      (long long)i->segment, made);
}

/* ---- 3 which measurement ---- */

typedef struct {
    const lm_sr *report;
    const lm_sr_item *item;
    bool same; /* as in reported_belongs */
} reported_one;

static bool reported_volume(const lm_sr_item *i)
{
    return i->kind == LM_SR_VOLUME || i->kind == LM_SR_VOXELS || i->kind == LM_SR_MESH;
}

/* All that a mesh could have, in order. */
static lm_status reported_list(const lm_reported *r, reported_one **ret, size_t *n, lm_err *err)
{
    size_t cap = 0;
    lm_status rc = LM_OK;
    *ret = NULL;
    *n = 0;
    for (size_t i = 0; i < r->n; i++)
        for (size_t k = 0; k < r->report[i].n && !rc; k++) {
            if (r->report[i].item[k].kind == LM_SR_OTHER) continue;
            if (!(rc = lm_mem_grow(ret, &cap, *n + 1, sizeof **ret, err)))
                (*ret)[(*n)++] = (reported_one){.report = &r->report[i], .item = &r->report[i].item[k]};
        }
    return rc;
}

static lm_status reported_matches(const char *text, const lm_sr_item *i, const lm_select *select, bool *hit, lm_err *err)
{
    char all[5 * LM_SR_TEXT + 20];
    *hit = !strcmp(text, i->tracking) || !strcmp(text, i->tracking_uid);
    if (*hit) return LM_OK;
    snprintf(all, sizeof all, "%s / %s / %s / %s / %s", i->tracking, i->finding, i->site, i->meaning, i->derivation);
    return lm_select_match(select, all, hit, err);
}

static void reported_text(const reported_one *all, size_t n, const bool *hit, char list[REPORTED_LIST])
{
    char line[120];
    size_t at = 0, i = 0;
    list[0] = 0;
    for (; i < n && at + sizeof line + 8 < REPORTED_LIST; i++) {
        if (hit && !hit[i]) continue;
        lm_sr_line(all[i].item, line, sizeof line);
        at += (size_t)snprintf(list + at, REPORTED_LIST - at, "%s%zu: %s", at ? "; " : "", i + 1, line);
    }
    if (i < n) snprintf(list + at, REPORTED_LIST - at, "; ...");
}

/* The one that text names (NULL: the one volume). */
static lm_status reported_pick(const reported_one *all, size_t n, const char *text, size_t *which, lm_err *err)
{
    size_t number = 0, hits = 0;
    char list[REPORTED_LIST];
    lm_select *select = NULL;
    bool numeric = text && lm_num_size(text, SIZE_MAX - 1, &number) && number <= n; /* greater ones are codes */
    bool *hit = lm_mem_calloc(n, sizeof *hit, err);
    lm_status rc = hit ? LM_OK : LM_ENOMEM;
    if (!rc && text && !numeric) rc = lm_select_new(text, &select, err);
    for (size_t i = 0; i < n && !rc; i++) {
        if (!text) hit[i] = reported_volume(all[i].item);
        else if (numeric) hit[i] = i + 1 == number;
        else rc = reported_matches(text, all[i].item, select, &hit[i], err);
        if (hit[i]) *which = i;
        hits += hit[i];
    }
    if (!rc && hits != 1) {
        reported_text(all, n, hits ? hit : NULL, list);
        if (!text && !hits)
            rc = lm_err_set(err, LM_ERULE, NULL, "the structured report has no volume; what a mesh could be compared with: %s",
                            n ? list : "nothing");
        else if (hits)
            rc = lm_err_set(err, LM_ERULE, NULL, "%zu measurements are meant, choose one with --measurement: %s", hits, list);
        else rc = lm_err_set(err, LM_EUSAGE, NULL, "--measurement %.40s: none of %zu: %s", text, n, list);
    }
    lm_select_release(select);
    free(hit);
    return rc;
}

/* ---- 4 judging ---- */

static double reported_tol(const lm_tol *given, const lm_quantity *q)
{
    double percent = given->has[LM_UNIT_PERCENT] ? given->value[LM_UNIT_PERCENT] : 1;
    return given->has[q->unit] ? given->value[q->unit] : percent / 100 * q->value;
}

/* The voxels that the records counted, mm3; NAN: they say nothing. */
static double reported_counted(const json_t *dcmseg)
{
    const json_t *seg = json_object_get(json_object_get(dcmseg, "segment"), "voxel_count_mm3"),
                 *list = json_object_get(dcmseg, "labels");
    double sum = 0;
    if (json_is_number(seg)) return json_number_value(seg);
    for (size_t i = 0; i < json_array_size(list); i++)
        sum += json_number_value(json_object_get(json_array_get(list, i), "voxel_count_mm3"));
    return json_array_size(list) ? sum : NAN;
}

/* Is it read on slices, by hand? */
static bool reported_sliced(const lm_sr_item *i)
{
    return i->kind == LM_SR_LONG || i->kind == LM_SR_SHORT;
}

/* What the mesh has of that kind. */
static lm_status reported_value(const reported_one *o, const json_t *dcmseg, const lm_mass *mass, const lm_shape *shape,
                                double u_mm3, const lm_reported_opt *opt, lm_measurement *m, lm_err *err)
{
    char line[160];
    const lm_sr_item *i = o->item;
    const json_t *step = json_array_get(json_object_get(json_object_get(dcmseg, "source"), "spacing_mm"), 2);
    m->u_value = 4 * mass->u_box_mm[0];
    if (reported_volume(i)) m->value = mass->volume_mm3, m->u_value = o->same ? mass->u_volume_mm3 : u_mm3;
    else if (i->kind == LM_SR_AREA) m->value = mass->area_mm2, m->u_value = mass->u_area_mm2;
    else if (i->kind == LM_SR_DIAMETER) m->value = shape->diameter.mm;
    else if (i->kind >= LM_SR_MAJOR && i->kind <= LM_SR_LEAST)
        m->value = shape->has_axes ? shape->length_mm[i->kind - LM_SR_MAJOR] : NAN;
    else if (reported_sliced(i) && opt->body) {
        lm_axial axial;
        lm_status rc = lm_axial_of(opt->body, json_is_number(step) ? json_number_value(step) : NAN, &axial, err);
        m->value = i->kind == LM_SR_LONG ? axial.long_mm : axial.short_mm;
        m->u_value += i->kind == LM_SR_LONG ? axial.u_long_mm : axial.u_short_mm;
        return rc;
    } else {
        lm_sr_line(i, line, sizeof line);
        return lm_err_set(
            err, LM_ERULE, NULL,
            "%s: a mesh by itself has no such quantity; what was measured between points is compared with --landmarks", line);
    }
    return LM_OK;
}

static lm_status reported_one_judge(const reported_one *o, size_t number, const json_t *dcmseg, const lm_mass *mass,
                                    const lm_shape *shape, double u_mm3, const lm_reported_opt *opt, lm_verdict_list *out,
                                    lm_err *err)
{
    static const char *const is[] = {
        [LM_SR_VOLUME] = "structured report: volume, method not stated",
        [LM_SR_VOXELS] = "structured report: volume by voxel summation",
        [LM_SR_MESH] = "structured report: volume of a mesh",
        [LM_SR_AREA] = "structured report: surface of a mesh",
        [LM_SR_DIAMETER] = "structured report: largest diameter",
        [LM_SR_MAJOR] = "structured report: major axis of the voxels' centres",
        [LM_SR_MINOR] = "structured report: minor axis of the voxels' centres",
        [LM_SR_LEAST] = "structured report: least axis of the voxels' centres",
        [LM_SR_LONG] = "structured report: long axis, largest in an axial plane",
        [LM_SR_SHORT] = "structured report: short axis, across the long one",
    };
    lm_quantity q;
    const lm_sr_item *i = o->item;
    lm_status rc = lm_sr_value(i, &q, err);
    if (rc) return rc;
    lm_measurement m = {.unit = q.unit, .reference = q.value, .u_reference = q.ulp, .tol = reported_tol(opt->tol, &q)};
    m.tol_is = opt->tol->has[LM_UNIT_PERCENT] || opt->tol->has[q.unit] ? "--tol" : "default: 1 %";
    if (reported_sliced(i) && !opt->tol->has[LM_UNIT_PERCENT] && !opt->tol->has[LM_UNIT_MM])
        m.tol = REPORTED_TOL, m.tol_is = "default: 1 mm end to end";
    if ((rc = reported_value(o, dcmseg, mass, shape, u_mm3, opt, &m, err))) return rc;
    m.reference_is = is[i->kind];
    snprintf(m.name, sizeof m.name, "reported %s %zu",
             i->kind == LM_SR_AREA       ? "area"
             : i->kind == LM_SR_DIAMETER ? "diameter"
             : i->kind == LM_SR_LONG     ? "long-axis"
             : i->kind == LM_SR_SHORT    ? "short-axis"
             : i->kind >= LM_SR_MAJOR    ? "axis"
                                         : "volume",
             number);
    lm_verdict_measurement(&m);
    size_t at = strlen(m.note);
    if (i->kind == LM_SR_VOXELS && m.verdict != LM_VERDICT_PASS && fabs(reported_counted(dcmseg) - q.value) <= 2 * q.ulp)
        at += (size_t)snprintf(m.note + at, sizeof m.note - at,
                               "; the voxels of the records do sum up to it: surface nets keep that volume");
    if (!o->report->verified) snprintf(m.note + at, sizeof m.note - at, "; the report is not verified by a person");
    return lm_verdict_add(out, &m, err);
}

lm_status lm_reported_judge(const lm_reported *r, const lm_records *rec, const lm_mass *mass, const lm_shape *shape,
                            double u_anatomy_mm3, const lm_reported_opt *opt, lm_verdict_list *out, lm_err *err)
{
    const json_t *dcmseg = NULL;
    reported_one *all = NULL;
    size_t n = 0, which = 0;
    lm_status rc = lm_against_record(rec, &dcmseg, err);
    if (!rc) rc = reported_list(r, &all, &n, err);
    for (size_t i = 0; i < r->n && !rc; i++) {
        bool same = false;
        rc = reported_belongs(&r->report[i], dcmseg, &same, err);
        for (size_t k = 0; k < n; k++) all[k].same |= same && all[k].report == &r->report[i];
    }
    for (size_t i = 0; i < (opt->n_pick ? opt->n_pick : 1) && !rc; i++) {
        rc = reported_pick(all, n, opt->n_pick ? opt->pick[i] : NULL, &which, err);
        if (!rc) rc = reported_segment(all[which].item, dcmseg, err);
        if (!rc) rc = reported_one_judge(&all[which], which + 1, dcmseg, mass, shape, u_anatomy_mm3, opt, out, err);
    }
    free(all);
    return rc;
}
