/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "dicom/segrecord.h"
#include "dicom/gdcm_shim.h"
#include "dicom/select.h"
#include "stream/record.h"

#include <math.h>
#include <stdio.h>
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
static lm_status segrecord_identity(const lm_segrecord *r, json_t *rec, lm_err *err)
{
    json_t *o = json_object_get(rec, "options");
    if ((r->case_id && json_object_set_new(o, "case", json_string(r->case_id))) ||
        (r->show_identity && json_object_set_new(o, "show-identity", json_true())) ||
        (r->keep_names && json_object_set_new(o, "keep-names", json_true())))
        return lm_err_nomem(err, 0);
    lm_status rc = LM_OK;
    if (r->show_identity)
        rc = lm_record_finding(rec, "warning", NULL, "UIDs of the source are shown as they are: they lead to the patient", err);
    if (!rc && r->keep_names)
        rc = lm_record_finding(rec, "warning", NULL, "names of labels are shown as they are: they may hold a person's name", err);
    return rc;
}

/* What was chosen among the slices, where it mattered. */
static lm_status segrecord_choices(json_t *rec, const json_t *source, lm_err *err)
{
    json_t *o = json_object_get(rec, "options"), *gaps = json_object_get(json_object_get(source, "gaps"), "choice"),
           *phase = json_object_get(json_object_get(source, "phase"), "number");
    bool ok = (!gaps || !json_object_set(o, "gaps", gaps)) && (!phase || !json_object_set(o, "phase", phase));
    return ok ? LM_OK : lm_err_nomem(err, 0);
}

lm_status lm_segrecord_new(const lm_segrecord *r, json_t **ret, lm_err *err)
{
    char pcre[32];
    lm_select_version(pcre);
    if (!(*ret = lm_record_new(NULL, "dcmseg", err))) return LM_ENOMEM;
    if (json_object_update_new(json_object_get(*ret, "libraries"), json_pack("{s:s, s:s, s:s}", "gdcm", lm_gdcm_version(), "pcre2",
                                                                             pcre, "jansson", jansson_version_str())))
        lm_err_nomem(err, 0);
    else if (!segrecord_identity(r, *ret, err)) return LM_OK;
    json_decref(*ret);
    return err->code;
}

/* What of a mask was taken, and which kind of stream it became. */
static lm_status segrecord_mask(json_t *rec, const lm_segrecord *r, const lm_regions *labels, lm_err *err)
{
    json_t *o = json_object_get(rec, "options"), *list = json_array();
    bool ok = list && (r->alone || !r->mask->facts ||
                       (!json_object_set_new(o, "mask", json_true()) && !json_object_set(rec, "mask", r->mask->facts)));
    bool picked = r->picked || r->alone; /* alone: the replay names the file as PATH, and --label says that it is a mask */
    for (size_t i = 0; i < r->mask->regions.count && picked && ok; i++)
        ok = !json_array_append_new(list, json_integer((json_int_t)r->mask->regions.item[i].part.label));
    ok = ok && (!picked || !json_object_set(o, "label", list));
    json_decref(list);
    json_t *level = json_object_get(r->mask->facts, "level");
    if (ok && level) ok = !json_object_set(o, "probability", level);
    if (ok && (r->mask->facts || labels)) ok = !json_object_set_new(o, "output", json_string(labels ? "labels" : "grey"));
    if (!ok) return lm_err_nomem(err, 0);
    const lm_regions *g = labels ? labels : &r->mask->regions;
    json_t *all = g->count ? lm_masks_labels(g, err) : NULL;
    if (g->count && (!all || json_object_set_new(rec, "labels", all))) return lm_err_nomem(err, 0);
    return r->alone ? LM_OK : lm_segrecord_warnings(rec, r->mask->facts, err);
}

/* The options of a threshold; a mask's occupancy has none. */
static lm_status segrecord_threshold(json_t *rec, const lm_segrecord *r, lm_err *err)
{
    bool counted = r->seg->keep > 1 || (r->seg->keep == 1 && strcmp(r->keep, "largest"));
    json_t *keep = counted ? json_integer((json_int_t)r->seg->keep) : json_string(r->keep);
    json_t *hi = isfinite(r->seg->hi) ? json_real(r->seg->hi) : json_null();
    json_t *o = json_object_get(rec, "options");
    bool ok = r->occupancy ? (json_decref(hi), true)
                           : !json_object_update_new(
                                 o, json_pack("{s:{s:f, s:o}, s:s}", "threshold", "lo", r->seg->lo, "hi", hi, "unit", r->unit));
    ok = !json_object_update_new(
             o, json_pack("{s:o, s:s?, s:o}", "keep", keep, "preset", r->preset, "roi", segrecord_roi(&r->seg->roi))) &&
         ok;
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

/* f: NULL where labels go out as they are. */
lm_status lm_segrecord_make(const lm_segrecord *r, const lm_segment_facts *f, const lm_regions *labels, json_t **ret, lm_err *err)
{
    json_t *rec;
    lm_status rc = lm_segrecord_new(r, &rec, err);
    if (rc) return rc;
    if (json_object_set(rec, "source", r->source)) rc = lm_err_nomem(err, 0);
    if (!rc && f) rc = segrecord_threshold(rec, r, err);
    if (!rc && f) rc = segrecord_segment(rec, f, err);
    if (!rc) rc = segrecord_choices(rec, r->source, err);
    if (!rc) rc = lm_segrecord_warnings(rec, r->source, err);
    if (!rc) rc = segrecord_mask(rec, r, labels, err);
    if (rc) json_decref(rec);
    else *ret = rec;
    return rc;
}
