/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "dicom/segrecord.h"
#include "dicom/gdcm_shim.h"
#include "dicom/select.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static json_t *segrecord_three(const double v[3])
{
    return json_pack("[f, f, f]", v[0], v[1], v[2]);
}

static json_t *segrecord_roi(const lm_roi *roi)
{
    json_t *list = json_array();
    for (size_t i = 0; i < roi->n; i++) {
        char text[LM_ROI_TEXT];
        lm_roi_text(&roi->shape[i], text);
        json_array_append_new(list, json_string(text));
    }
    if (json_array_size(list) == roi->n) return list;
    json_decref(list);
    return NULL;
}

lm_status lm_segrecord_warnings(json_t *rec, const json_t *source, lm_err *err)
{
    size_t i;
    json_t *w;
    lm_status rc = LM_OK;
    json_array_foreach(json_object_get(source, "warnings"), i, w)
        if (!rc)
            rc = lm_record_finding(rec, "warning", json_string_value(json_object_get(w, "rule")),
                                   json_string_value(json_object_get(w, "text")), err);
    return rc;
}

/* What every record has: whose case it is, and what of the identity the user lets out. */
static lm_status segrecord_identity(const lm_segrecord *s, json_t *rec, lm_err *err)
{
    json_t *o = json_object_get(rec, "options");
    bool show = s->identity && s->identity->show, names = s->identity && s->identity->keep_names;
    if ((s->case_id && json_object_set_new(o, "case", json_string(s->case_id))) ||
        (s->space && json_object_set_new(o, "space", json_string(s->space))) ||
        (show && json_object_set_new(o, "show-identity", json_true())) ||
        (names && json_object_set_new(o, "keep-names", json_true())))
        return lm_err_nomem(err, 0);
    lm_status rc = LM_OK;
    if (show)
        rc = lm_record_finding(rec, "warning", NULL, "UIDs of the source are shown as they are: they lead to the patient", err);
    if (!rc && names)
        rc = lm_record_finding(rec, "warning", NULL, "names of labels are shown as they are: they may hold a person's name", err);
    return rc;
}

/* What was chosen among the slices, where it mattered. */
static lm_status segrecord_choices(const lm_segrecord *s, json_t *rec, lm_err *err)
{
    json_t *o = json_object_get(rec, "options"), *gaps = json_object_get(json_object_get(s->source, "gaps"), "choice"),
           *phase = json_object_get(json_object_get(s->source, "phase"), "number");
    bool ok = (!gaps || !json_object_set(o, "gaps", gaps)) && (!phase || !json_object_set(o, "phase", phase)) &&
              (!s->unshift || !json_object_set_new(o, "motion", json_string("correct")));
    return ok ? LM_OK : lm_err_nomem(err, 0);
}

lm_status lm_segrecord_start(const lm_segrecord *s, json_t **ret, lm_err *err)
{
    char pcre[32];
    lm_select_version(pcre);
    if (!(*ret = lm_record_new(NULL, "dcmseg", err))) return LM_ENOMEM;
    if (json_object_update_new(json_object_get(*ret, "libraries"), json_pack("{s:s, s:s, s:s}", "gdcm", lm_gdcm_version(), "pcre2",
                                                                             pcre, "jansson", jansson_version_str())))
        lm_err_nomem(err, 0);
    else if (!segrecord_identity(s, *ret, err)) return LM_OK;
    json_decref(*ret);
    return err->code;
}

/* "3,1,2" */
static json_t *segrecord_priority(const json_t *rank)
{
    const size_t room = json_array_size(rank) * 12 + 1;
    char *text = malloc(room);
    size_t n = 0;
    for (size_t i = 0; text && i < json_array_size(rank); i++)
        n += (size_t)snprintf(text + n, room - n, "%s%" JSON_INTEGER_FORMAT, i ? "," : "",
                              json_integer_value(json_object_get(json_array_get(rank, i), "label")));
    json_t *s = text ? json_stringn(text, n) : NULL;
    free(text);
    return s;
}

/* What of a mask was taken, and which kind of stream it became. */
static lm_status segrecord_mask(const lm_segrecord *s, json_t *rec, lm_err *err)
{
    const lm_masks *m = s->mask;
    json_t *o = json_object_get(rec, "options"), *list = json_array(), *level = m ? json_object_get(m->facts, "level") : NULL;
    bool ok = list && (s->alone || !m || (!json_object_set_new(o, "mask", json_true()) && !json_object_set(rec, "mask", m->facts)));
    for (size_t i = 0; m && i < m->regions.count && s->by_label && ok; i++)
        ok = !json_array_append_new(list, json_integer((json_int_t)m->regions.item[i].part.label));
    ok = ok && (!m || !s->by_label || !json_object_set(o, "label", list));
    json_decref(list);
    if (ok && level) ok = !json_object_set(o, "probability", level);
    const json_t *rank = m ? json_object_get(m->facts, "priority") : NULL;
    if (ok && rank) ok = !json_object_set_new(o, "priority", segrecord_priority(rank));
    if (ok && (m || s->labels)) ok = !json_object_set_new(o, "output", json_string(s->labels ? "labels" : "grey"));
    if (!ok) return lm_err_nomem(err, 0);
    const lm_regions *r = s->labels ? s->labels : m ? &m->regions : NULL;
    json_t *all = r && r->count ? lm_masks_labels(r, s->of_label, s->grey, err) : NULL;
    if (r && r->count && (!all || json_object_set_new(rec, "labels", all))) return lm_err_nomem(err, 0);
    return s->alone || !m ? LM_OK : lm_segrecord_warnings(rec, m->facts, err);
}

/* Channels by name; which series it was stands in the facts. */
static lm_status segrecord_channels(const lm_segrecord *s, json_t *rec, lm_err *err)
{
    json_t *list = json_array(), *one;
    size_t i;
    bool ok = list;
    json_array_foreach(s->channels, i, one)
        ok = ok && !json_array_append_new(list, json_sprintf("%s=SERIES", json_string_value(json_object_get(one, "name"))));
    ok = ok && !json_object_set(json_object_get(rec, "options"), "channel", list) && !json_object_set(rec, "channels", s->channels);
    json_decref(list);
    return ok ? LM_OK : lm_err_nomem(err, 0);
}

/* The volumes of the object and of its largest pieces; and the classes that the user gave. */
static lm_status segrecord_pieces(const lm_segrecord *s, json_t *rec, lm_err *err)
{
    json_t *o = json_object_get(rec, "options"), *seg = json_object_get(rec, "segment"), *list = json_array();
    const lm_pieces *p = s->pieces;
    lm_vol grid = lm_regions_grid(&p->piece);
    bool ok = list && (!p->partial || !json_object_set_new(seg, "partial", lm_masks_partial(&p->whole)));
    for (size_t i = 0; i < p->piece.count && ok; i++) {
        uint64_t n = p->piece.item[i].voxels;
        json_t *one = json_pack("{s:I, s:f, s:f}", "voxel_count", (json_int_t)n, "voxel_count_mm3",
                                (double)n * fabs(lm_vol_det(&grid)), "at_level_mm3", p->level_mm3[i]);
        if (p->partial && json_object_set_new(one, "partial", lm_masks_partial(&p->of_piece[i]))) ok = false;
        ok = !json_array_append_new(list, one) && ok;
    }
    if (ok && p->found > 1) ok = !json_object_set(seg, "pieces", list);
    json_decref(list);
    if (ok && !isnan(s->partial->inside)) ok = !json_object_set_new(o, "inside", json_real(s->partial->inside));
    if (ok && !isnan(s->partial->outside)) ok = !json_object_set_new(o, "outside", json_real(s->partial->outside));
    return ok ? LM_OK : lm_err_nomem(err, 0);
}

/* ---- the components of a ledger entry ---- */

typedef struct {
    json_t *list;
    size_t n;
    double voxels_mm3, level_mm3; /* of those in the list */
    bool ok;
} segrecord_parts;

static void segrecord_part(segrecord_parts *b, const char *what, json_int_t number, double voxels_mm3, double level_mm3,
                           const lm_partial *p)
{
    json_t *one = json_pack("{s:I, s:f, s:f}", what, number, "voxel_count_mm3", voxels_mm3, "at_level_mm3", level_mm3);
    if (p && p->stated &&
        json_object_update_new(one, json_pack("{s:f, s:f}", "partial_mm3", p->volume_mm3, "partial_u_mm3", p->u_mm3)))
        b->ok = false;
    if (json_array_append_new(b->list, one)) b->ok = false;
    b->n++;
    b->voxels_mm3 += voxels_mm3;
    b->level_mm3 += level_mm3;
}

/* Into the newest entry: the list, and what it lacks of all; level_mm3 NAN: no sum is known. */
static lm_status segrecord_put_parts(segrecord_parts *b, json_t *rec, size_t all, double voxels_mm3, double level_mm3, lm_err *err)
{
    json_t *ledger = json_object_get(rec, "ledger"), *entry = json_array_get(ledger, json_array_size(ledger) - 1);
    bool ok = b->ok && entry && !json_object_set(entry, "components", b->list);
    if (ok && all > b->n) {
        json_t *rest = json_pack("{s:I, s:f}", "count", (json_int_t)(all - b->n), "voxel_count_mm3", voxels_mm3 - b->voxels_mm3);
        if (!isnan(level_mm3)) ok = !json_object_set_new(rest, "at_level_mm3", json_real(level_mm3 - b->level_mm3));
        ok = !json_object_set_new(entry, "rest", rest) && ok;
    }
    json_decref(b->list);
    return ok ? LM_OK : lm_err_nomem(err, 0);
}

static lm_status segrecord_ledger_pieces(const lm_pieces *p, const lm_segment_facts *f, json_t *rec, lm_err *err)
{
    segrecord_parts b = {.list = json_array(), .ok = true};
    for (size_t i = 0; b.list && i < p->piece.count; i++)
        segrecord_part(&b, "piece", (json_int_t)i + 1, (double)p->piece.item[i].voxels * f->voxel_mm3, p->level_mm3[i],
                       p->partial ? &p->of_piece[i] : NULL);
    return segrecord_put_parts(&b, rec, p->found, (double)f->voxel_count * f->voxel_mm3, f->at_level_mm3, err);
}

/* Labels as they are: what they were on their own grid, and are on that of the series. */
static lm_status segrecord_ledger_labels(const lm_segrecord *s, json_t *rec, lm_err *err)
{
    const lm_regions *r = s->labels;
    lm_vol grid = lm_regions_grid(r);
    const double voxel = fabs(lm_vol_det(&grid));
    const json_t *placed = json_object_get(s->mask->facts, "placed");
    const bool same = !json_is_true(json_object_get(placed, "resampled"));
    segrecord_parts b = {.list = json_array(), .ok = true};
    double all = 0;
    for (size_t i = 0; i < r->count; i++) all += (double)r->item[i].voxels * voxel;
    lm_status rc =
        lm_record_ledger(rec, "change", "voxel_count", placed ? s->mask->own_mm3 : all, "voxel_count", all, same ? 0 : -1, err);
    for (size_t i = 0; b.list && i < r->count && !rc; i++)
        if (!isnan(s->of_label[i].level_mm3))
            segrecord_part(&b, "label", (json_int_t)r->item[i].part.label, (double)r->item[i].voxels * voxel,
                           s->of_label[i].level_mm3, s->grey ? &s->of_label[i].partial : NULL);
    if (rc) json_decref(b.list);
    else rc = segrecord_put_parts(&b, rec, r->count, all, NAN, err);
    if (rc || r->count <= LM_SEGRECORD_PARTS) return rc;
    char text[160];
    snprintf(text, sizeof text,
             "volumes at level and partial volumes are stated of the %d largest of %zu labels; choose with --label",
             (int)LM_SEGRECORD_PARTS, r->count);
    return lm_record_finding(rec, "note", NULL, text, err);
}

/* The options of a threshold; a mask's occupancy has none. */
static lm_status segrecord_threshold(const lm_segrecord *s, json_t *rec, lm_err *err)
{
    bool counted = s->seg->keep > 1 || (s->seg->keep == 1 && strcmp(s->keep, "largest"));
    json_t *keep = counted ? json_integer((json_int_t)s->seg->keep) : json_string(s->keep);
    json_t *hi = isfinite(s->seg->hi) ? json_real(s->seg->hi) : json_null();
    json_t *o = json_object_get(rec, "options");
    bool ok = s->occupancy ? (json_decref(hi), true)
                           : !json_object_update_new(
                                 o, json_pack("{s:{s:f, s:o}, s:s}", "threshold", "lo", s->seg->lo, "hi", hi, "unit", s->unit));
    ok = !json_object_update_new(
             o, json_pack("{s:o, s:s?, s:o}", "keep", keep, "preset", s->preset, "roi", segrecord_roi(&s->seg->roi))) &&
         ok;
    return ok ? LM_OK : lm_err_nomem(err, 0);
}

/* What was edited by hand: each edit, and how many samples it changed. */
static json_t *segrecord_edits(const lm_edits *e)
{
    json_t *list = json_array();
    char text[LM_EDITS_LINE];
    bool ok = list;
    for (size_t i = 0; i < e->n && ok; i++) {
        lm_edits_text(&e->item[i], text);
        ok = !json_array_append_new(list, json_pack("[s, I]", text, (json_int_t)e->item[i].changed));
    }
    if (ok) return list;
    json_decref(list);
    return NULL;
}

/* options.steps: [name, arguments]; segment.steps: what each found. Into a record that has both objects. */
static lm_status segrecord_steps(const lm_segrecord *s, json_t *rec, lm_err *err)
{
    json_t *list = json_array(), *facts = json_array();
    bool ok = list && facts;
    for (size_t i = 0; i < s->steps->n && ok; i++) {
        const lm_step *step = &s->steps->step[i];
        const lm_step_facts *f = &s->step_facts[i];
        json_t *one = json_pack("{s:s}", "step", step->kind->name);
        if (!step->kind->grey || f->before)
            ok = !json_object_update_new(
                one, json_pack("{s:I, s:I}", "voxels_before", (json_int_t)f->before, "voxels_after", (json_int_t)f->after));
        for (size_t k = 0; k < f->n && ok; k++) ok = !json_object_set_new(one, f->fact[k].name, json_real(f->fact[k].value));
        if (step->edits) ok = !json_object_set_new(one, "edits", segrecord_edits(step->edits)) && ok;
        ok = !json_array_append_new(facts, one) && ok;
        ok = !json_array_append_new(list, json_pack("[s, s]", step->kind->name, step->args)) && ok;
    }
    ok = ok && !json_object_set(json_object_get(rec, "options"), "steps", list) &&
         !json_object_set(json_object_get(rec, "segment"), "steps", facts);
    json_decref(list);
    json_decref(facts);
    return ok ? LM_OK : lm_err_nomem(err, 0);
}

static lm_status segrecord_segment(json_t *rec, const lm_segment_facts *f, lm_err *err)
{
    bool ok = !json_object_set_new(
        rec, "segment",
        json_pack("{s:f, s:I, s:f, s:f, s:f, s:o, s:{s:o, s:o}, s:I, s:I, s:I, s:I, s:b}", "iso", f->iso, "voxel_count",
                  (json_int_t)f->voxel_count, "voxel_mm3", f->voxel_mm3, "voxel_count_mm3", (double)f->voxel_count * f->voxel_mm3,
                  "at_level_mm3", f->at_level_mm3, "centroid_mm", segrecord_three(f->centroid_mm), "extents_mm", "lo",
                  segrecord_three(f->lo_mm), "hi", segrecord_three(f->hi_mm), "components_found", (json_int_t)f->components_found,
                  "components_kept", (json_int_t)f->components_kept, "dropped_voxels", (json_int_t)f->dropped_voxels,
                  "roi_cut_voxels", (json_int_t)f->roi_cut_voxels, "touches_border", f->touches_border));
    if (ok && f->step > 0)
        ok = !json_object_set_new(json_object_get(rec, "segment"), "sensitivity",
                                  json_pack("{s:f, s:f}", "delta", f->step, "change_mm3", f->step_mm3));
    lm_status rc = ok ? LM_OK : lm_err_nomem(err, 0);
    if (!rc)
        rc = lm_record_ledger(rec, "change", "voxel_count", (double)f->voxel_count * f->voxel_mm3, "volume_at_level",
                              f->at_level_mm3, -1, err);
    if (!rc && f->touches_border)
        rc = lm_record_finding(rec, "note", NULL, "the object reaches the edge of the volume and is closed there", err);
    if (!rc && f->roi_cut_voxels) {
        char text[128];
        snprintf(text, sizeof text, "%zu samples within the threshold lie outside the region of interest and were cut away",
                 f->roi_cut_voxels);
        rc = lm_record_finding(rec, "note", NULL, text, err);
    }
    if (!rc && (f->mask_pushed || f->mask_filled)) {
        char text[200];
        snprintf(text, sizeof text,
                 "the mask changes what is inside: %zu samples at level lie outside it, %zu below the level inside; "
                 "there the surface runs at half a voxel",
                 f->mask_pushed, f->mask_filled);
        rc = lm_record_finding(rec, "note", NULL, text, err);
    }
    return rc;
}

/* What was fused, and how. */
static lm_status segrecord_fusion(json_t *rec, const json_t *source, lm_err *err)
{
    json_t *o = json_object_get(rec, "options"), *method = json_object_get(source, "method"),
           *level = json_object_get(source, "level");
    if (!method || !level) return LM_OK;
    return json_object_set(o, "fuse", method) || json_object_set(o, "probability", level) ? lm_err_nomem(err, 0) : LM_OK;
}

/* The list, and what it was asked with. */
static lm_status segrecord_review(const lm_segrecord *s, json_t *rec, lm_err *err)
{
    json_t *o = json_object_get(rec, "options");
    if (!s->review) return LM_OK;
    if (json_object_set(rec, "review", s->review) || json_object_set_new(o, "prob", json_true()) ||
        json_object_set(o, "review", json_object_get(s->review, "limit")))
        return lm_err_nomem(err, 0);
    return LM_OK;
}

lm_status lm_segrecord_new(const lm_segrecord *s, json_t **ret, lm_err *err)
{
    json_t *rec;
    lm_status rc = lm_segrecord_start(s, &rec, err);
    if (rc) return rc;
    if (json_object_set(rec, "source", s->source)) rc = lm_err_nomem(err, 0);
    if (!rc && s->facts) rc = segrecord_threshold(s, rec, err);
    if (!rc && s->facts) rc = segrecord_segment(rec, s->facts, err);
    if (!rc && s->facts && s->steps) rc = segrecord_steps(s, rec, err);
    if (!rc && s->pieces) rc = segrecord_pieces(s, rec, err);
    if (!rc && s->pieces) rc = segrecord_ledger_pieces(s->pieces, s->facts, rec, err);
    if (!rc && s->labels && s->mask) rc = segrecord_ledger_labels(s, rec, err);
    if (!rc) rc = segrecord_choices(s, rec, err);
    if (!rc) rc = lm_segrecord_warnings(rec, s->source, err);
    if (!rc) rc = segrecord_mask(s, rec, err);
    if (!rc) rc = segrecord_fusion(rec, s->source, err);
    if (!rc) rc = segrecord_review(s, rec, err);
    if (!rc && s->channels) rc = segrecord_channels(s, rec, err);
    if (rc) json_decref(rec);
    else *ret = rec;
    return rc;
}
