/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "measure/facts.h"
#include "base/version.h"
#include "measure/facts_form.h"
#include "measure/ledger.h"
#include "measure/vessel.h"
#include "shell/scale.h"
#include "shell/shell_json.h"
#include "stream/audit_json.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { FACTS_PARTS = 50 }; /* components listed one by one */

/* ---- 1 verdict ---- */

static lm_verdict facts_verdict(const lm_facts *f, char *reason, size_t cap)
{
    char line[LM_ERR_TEXT];
    lm_verdict v = lm_verdict_overall(f->item, f->n);
    if (!f->judged) {
        snprintf(reason, cap, "nothing was compared");
        return LM_VERDICT_NONE;
    }
    if (!f->audit->valid) {
        lm_audit_line(f->audit, line, sizeof line);
        snprintf(reason, cap, "the mesh is not valid: %s", line);
        return LM_VERDICT_FAIL;
    }
    if (!f->n) {
        snprintf(reason, cap, "the mesh is valid; nothing was compared");
        return LM_VERDICT_NONE;
    }
    snprintf(reason, cap, "the mesh is valid and all %zu compared values lie within their tolerances", f->n);
    for (size_t i = 0; i < f->n && v != LM_VERDICT_PASS; i++) {
        if (f->item[i].verdict != v) continue;
        snprintf(reason, cap, "%s: %s", f->item[i].name, f->item[i].note);
        break;
    }
    return v;
}

lm_verdict lm_facts_verdict(const lm_facts *f, char *reason, size_t cap)
{
    lm_verdict v = facts_verdict(f, reason, cap);
    const size_t at = strlen(reason);
    if (f->unplaced) snprintf(reason + at, cap - at, "; place and side not checked: no reference mask");
    return v;
}

/* ---- 2 JSON ---- */

static json_t *facts_real(double v)
{
    return isfinite(v) ? json_real(v) : json_null();
}

static json_t *facts_vector(const double v[3])
{
    return json_pack("[o, o, o]", facts_real(v[0]), facts_real(v[1]), facts_real(v[2]));
}

static json_t *facts_quantities(const lm_facts *f)
{
    const lm_mass *m = f->mass;
    double ext[3];
    for (int c = 0; c < 3; c++) ext[c] = m->hi_mm[c] - m->lo_mm[c];
    json_t *parts = json_array();
    for (size_t i = 0; i < m->parts && i < FACTS_PARTS; i++)
        if (json_array_append_new(parts, facts_real(m->part[i].volume_mm3))) return json_decref(parts), NULL;
    return json_pack("{s:o, s:o, s:o, s:o, s:o, s:{s:o, s:o}, s:o, s:o, s:I, s:I, s:o}", "volume_mm3", facts_real(m->volume_mm3),
                     "volume_uncertainty_mm3", facts_real(m->u_volume_mm3), "area_mm2", facts_real(m->area_mm2),
                     "area_uncertainty_mm2", facts_real(m->u_area_mm2), "extents_mm", facts_vector(ext), "box_mm", "lo",
                     facts_vector(m->lo_mm), "hi", facts_vector(m->hi_mm), "centroid_mm", facts_vector(m->centroid_mm),
                     "centroid_uncertainty_mm", facts_real(m->u_centroid_mm), "components", (json_int_t)(m->parts - m->cavities),
                     "cavities", (json_int_t)m->cavities, "component_volumes_mm3", parts);
}

/* Options and result of dcmseg in one object; null without that record. */
static json_t *facts_segmentation(const json_t *dcmseg)
{
    if (!json_object_get(dcmseg, "segment")) return json_null(); /* an image was taken as it is */
    json_t *o = json_object();
    if (o && !json_object_update_missing(o, json_object_get(dcmseg, "options")) &&
        !json_object_update_missing(o, json_object_get(dcmseg, "segment")))
        return o;
    json_decref(o);
    return NULL;
}

/* False when a stage said that it made something else than the patient's shape. */
static json_t *facts_anatomy(const lm_records *rec)
{
    bool anatomy = true;
    for (size_t i = 0; i < rec->n; i++) anatomy = anatomy && !json_is_false(json_object_get(rec->item[i], "anatomy"));
    return json_boolean(anatomy);
}

/* Of the part as it is printed. */
static json_t *facts_scale(const lm_records *rec)
{
    const double s = lm_scale_of(rec);
    return s == 1 ? json_integer(1) : facts_real(s);
}

/* The mesh before repair: what meshfix found, or else how it left mcubes. */
static json_t *facts_before(const lm_records *rec)
{
    const json_t *fix = json_object_get(lm_record_last(rec, "meshfix"), "audit"), *before = json_object_get(fix, "before");
    if (!before) before = fix;
    if (!before) before = json_object_get(lm_record_last(rec, "mcubes"), "audit");
    return before ? json_deep_copy(before) : json_null();
}

static json_t *facts_warning(const char *level, const char *rule, const char *text)
{
    return json_pack("{s:s, s:s, s:s}", "level", level, "rule", rule, "text", text);
}

static bool facts_put(json_t *list, const char *level, const json_t *from)
{
    const char *own = json_string_value(json_object_get(from, "level")), *rule = json_string_value(json_object_get(from, "rule"));
    const char *text = json_string_value(json_object_get(from, "text"));
    return !text || !json_array_append_new(list, facts_warning(own ? own : level, rule ? rule : "", text));
}

static json_t *facts_warnings(const lm_facts *f, const json_t *dcmseg, const json_t *ledger)
{
    const lm_records *rec = f->rec;
    json_t *list = json_array(), *src = json_object_get(json_object_get(dcmseg, "source"), "warnings");
    bool ok = list != NULL;
    if (ok && f->foreign)
        ok = !json_array_append_new(
            list, facts_warning("warning", "", "the records in the stream do not belong to this mesh and are left out"));
    for (size_t i = 0; ok && i < json_array_size(rec->findings); i++)
        ok = facts_put(list, "note", json_array_get(rec->findings, i)); /* of the reader */
    for (size_t i = 0; ok && i < json_array_size(src); i++) ok = facts_put(list, "warning", json_array_get(src, i));
    for (size_t i = 0; ok && i < rec->n; i++) {
        const json_t *found = json_object_get(rec->item[i], "findings");
        for (size_t k = 0; ok && k < json_array_size(found); k++) {
            const json_t *w = json_array_get(found, k);
            bool known = false; /* a finding that the source's warnings hold already */
            for (size_t s = 0; s < json_array_size(src); s++)
                known = known || json_equal(json_object_get(json_array_get(src, s), "text"), json_object_get(w, "text"));
            if (!known) ok = facts_put(list, "note", w);
        }
    }
    for (size_t i = 0; ok && i < json_array_size(f->references); i++) {
        const char *frame = json_string_value(json_object_get(json_array_get(f->references, i), "frame_of_reference"));
        char text[LM_VERDICT_TEXT];
        snprintf(text, sizeof text, "compared with a mask by itself: %s", frame ? frame : "");
        if (frame && strcmp(frame, "the same")) ok = !json_array_append_new(list, facts_warning("note", "G-3", text));
    }
    const lm_vessel *v = f->shape ? f->shape->vessel : NULL;
    if (ok && v && (v->thin_mm > 0 || v->limits.cut_ends || v->limits.cuts)) {
        char text[LM_VERDICT_TEXT];
        snprintf(text, sizeof text,
                 "vessel: %.4g mm of it thinner than %g voxels of %.4g mm, so not resolved; %.4g mm near a cut, "
                 "where nothing counts for least lumen and narrowing",
                 v->thin_mm, LM_VESSEL_RESOLVED, v->limits.voxel_mm, v->near_cut_mm);
        ok = !json_array_append_new(list, facts_warning("warning", "", text));
    }
    if (ok && f->unplaced) ok = !json_array_append_new(list, facts_warning("note", "", LM_FACTS_UNPLACED));
    if (ok && json_array_size(ledger) && !f->against && f->mass->has_volume) {
        lm_measurement m;
        char text[LM_VERDICT_TEXT + 40];
        lm_ledger_check(ledger, f->audit->volume_mm3, &m);
        snprintf(text, sizeof text, "the volume ledger does not close: %s", m.note);
        if (m.verdict != LM_VERDICT_PASS) ok = !json_array_append_new(list, facts_warning("warning", "", text));
    }
    if (ok && f->second && f->second->good != f->audit->valid)
        ok = !json_array_append_new(list, facts_warning("warning", "",
                                                        f->second->good ? "libadmesh finds the mesh good, our audit does not"
                                                                        : "libadmesh finds faults where our audit finds none"));
    if (ok) return list;
    json_decref(list);
    return NULL;
}

static json_t *facts_software(const lm_records *rec)
{
    json_t *lib = json_pack("{s:s}", "jansson", jansson_version_str());
    for (size_t i = 0; lib && i < rec->n; i++)
        if (json_is_object(json_object_get(rec->item[i], "libraries")))
            json_object_update_missing(lib, json_object_get(rec->item[i], "libraries"));
    return json_pack("{s:s, s:o}", "meshqa", LM_VERSION, "libraries", lib);
}

static json_t *facts_measurements(const lm_facts *f, lm_err *err)
{
    json_t *list = json_array();
    for (size_t i = 0; list && i < f->n; i++)
        if (json_array_append_new(list, lm_verdict_json(&f->item[i], err))) return json_decref(list), NULL;
    return list;
}

static json_t *facts_records(const lm_records *rec)
{
    json_t *list = json_array();
    for (size_t i = 0; list && i < rec->n; i++)
        if (json_array_append(list, rec->item[i])) return json_decref(list), NULL;
    return list;
}

static json_t *facts_overlap(const lm_against_facts *a)
{
    if (!a) return json_null();
    return json_pack("{s:I, s:I, s:I, s:I, s:f, s:f}", "mesh_voxels", (json_int_t)a->overlap.mesh, "mask_voxels",
                     (json_int_t)a->overlap.mask, "common_voxels", (json_int_t)a->overlap.both, "misplaced_voxels",
                     (json_int_t)a->overlap.misplaced, "dice", a->overlap.dice, "jaccard", a->overlap.jaccard);
}

json_t *lm_facts_second(const lm_admesh_result *a)
{
    if (!a) return json_null();
    return json_pack("{s:s, s:b, s:I, s:I, s:I, s:I, s:I, s:f}", "tool", "libadmesh", "good", a->good, "facets",
                     (json_int_t)a->facets, "degenerate", (json_int_t)a->degenerate, "open_edges", (json_int_t)a->open_edges,
                     "reversed", (json_int_t)a->reversed, "parts", (json_int_t)a->parts, "volume_mm3", a->volume_mm3);
}

/* "wall" as meshshell has it, and whether thin places were let pass by name. */
static lm_status facts_wall(const lm_grown *g, json_t *facts, lm_err *err)
{
    lm_status rc = lm_shell_json_wall(facts, &g->wall, err);
    if (rc) return rc;
    return json_object_set_new(json_object_get(facts, "wall"), "allowed", json_boolean(g->allowed)) ? lm_err_nomem(err, 0) : LM_OK;
}

json_t *lm_facts_json(const lm_facts *f, lm_err *err)
{
    const lm_records *rec = f->rec;
    const json_t *dcmseg = lm_record_last(rec, "dcmseg"), *source = json_object_get(dcmseg, "source");
    char reason[LM_VERDICT_TEXT + LM_ERR_TEXT];
    lm_verdict v = lm_facts_verdict(f, reason, sizeof reason);
    json_t *ledger = lm_ledger_collect(rec, err), *warnings = facts_warnings(f, dcmseg, ledger);
    json_t *j = json_pack("{s:i, s:s, s:s, s:{s:s, s:s, s:s}, s:o, s:o, s:o, s:s, s:s, s:O, s:o, s:o, s:{s:o, s:o}, s:o, s:o, s:o, "
                          "s:o, s:o, s:[], s:o, "
                          "s:o, s:o}",
                          "schema", LM_SCHEMA, "tool", "meshmeasure", "version", LM_VERSION, "units", "length", "mm", "area", "mm2",
                          "volume", "mm3", "case", f->case_id ? json_string(f->case_id) : json_null(), "scale", facts_scale(rec),
                          "anatomy", facts_anatomy(rec), "verdict", lm_verdict_name(v), "reason", reason, "options", f->options,
                          "source", source ? json_deep_copy(source) : json_null(), "segmentation", facts_segmentation(dcmseg),
                          "integrity", "before", facts_before(rec), "final", lm_audit_json(f->audit, err), "second_opinion",
                          lm_facts_second(f->second), "ledger", ledger, "measurements", facts_measurements(f, err), "overlap",
                          facts_overlap(f->against), "quantities", facts_quantities(f), "files", "warnings", warnings, "records",
                          facts_records(rec), "software", facts_software(rec));
    json_t *mask = json_object_get(dcmseg, "mask");
    if (j && mask && json_object_set_new(j, "mask", json_deep_copy(mask))) {
        json_decref(j);
        j = NULL;
    }
    json_t *shown = lm_units_json(&f->units);
    if (j && shown && json_object_set(j, "shown_in", shown)) json_decref(j), j = NULL;
    json_decref(shown);
    const char *shrunk = lm_scale_shrunk(rec, reason);
    if (j && shrunk && json_object_set_new(j, "shrinkage", json_string(shrunk))) json_decref(j), j = NULL;
    const bool placed = f->against || json_array_size(f->references);
    if (j && json_object_set_new(j, "place_checked", placed || f->unplaced ? json_boolean(placed) : json_null()))
        json_decref(j), j = NULL;
    if (j && lm_facts_form_json(f, j, err)) json_decref(j), j = NULL;
    if (j && f->references && json_object_set_new(j, "references", json_incref(f->references))) json_decref(j), j = NULL;
    if (j && f->review && json_object_set(j, "review", f->review)) json_decref(j), j = NULL;
    if (j && f->landmarks && json_object_set_new(j, "landmarks", lm_caliper_json(f->landmarks, f->keep_names)))
        json_decref(j), j = NULL;
    if (j && f->budget &&
        json_object_set_new(j, "uncertainty",
                            json_pack("{s:o, s:s, s:o}", "volume_mm3", facts_real(f->budget->u_mm3), "rule", LM_BUDGET_RULE,
                                      "items", lm_budget_json(f->budget, err)))) {
        json_decref(j);
        j = NULL;
    }
    if (j && f->grown && f->grown->checked && facts_wall(f->grown, j, err)) json_decref(j), j = NULL;
    if (j && f->parts && lm_facts_form_parts(f, j, err)) json_decref(j), j = NULL;
    if (!j) lm_err_set(err, LM_ENOMEM, NULL, "out of memory for the facts, or a text in them is no UTF-8");
    return j;
}

lm_status lm_facts_file(json_t *facts, const char *format, uint64_t bytes, const char *sha256, lm_err *err)
{
    json_t *e = json_pack("{s:s, s:I, s:s}", "format", format, "bytes", (json_int_t)bytes, "sha256", sha256);
    if (e && !json_array_append_new(json_object_get(facts, "files"), e)) return LM_OK;
    return lm_err_nomem(err, sizeof(json_t));
}

/* ---- 3 table ---- */

static void facts_row(const lm_units *units, lm_out *out, const char *name, double v, double u, lm_unit unit)
{
    char a[LM_NUM_TEXT], b[LM_NUM_TEXT];
    lm_units_text(units, v, unit, a, sizeof a);
    lm_units_text(units, u, unit, b, sizeof b);
    if (unit == LM_UNIT_MM3 && !units->volume.as && fabs(v) >= 1000)
        lm_io_printf(out, "%-14s %16s   known to %s (%.3f mm3)\n", name, a, b, v);
    else lm_io_printf(out, "%-14s %16s   known to %s\n", name, a, b);
}

static void facts_parts(const lm_facts *f, lm_out *out)
{
    const lm_units *units = &f->units;
    char name[LM_PART_NAME], line[LM_ERR_TEXT], a[LM_NUM_TEXT], b[LM_NUM_TEXT];
    for (size_t i = 0; f->parts && i < f->parts->n; i++) {
        const lm_audit *x = &f->parts->part[i];
        lm_units_text(units, x->volume_mm3, LM_UNIT_MM3, a, sizeof a);
        lm_units_text(units, x->area_mm2, LM_UNIT_MM2, b, sizeof b);
        lm_audit_line(x, line, sizeof line);
        lm_io_printf(out, "part %-9u %16s   area %s, %zu triangles, %s: %s\n", f->parts->label[i], a, b, x->triangles,
                     lm_parts_name(f->names, f->parts->label[i], name), line);
    }
}

/* Where the records say more than the mesh does. */
static void facts_budget(const lm_units *units, const lm_budget *b, lm_out *out)
{
    static const char *const kind[] = {"at most", "about", "changed by", "about"};
    char a[LM_NUM_TEXT];
    if (!b || b->n < 2) return;
    lm_units_text(units, b->u_mm3, LM_UNIT_MM3, a, sizeof a);
    lm_io_printf(out, "\nuncertainty of the volume: %s (%s)\n", a, LM_BUDGET_RULE);
    for (size_t i = 0; i < b->n; i++) {
        lm_units_text(units, b->item[i].mm3, LM_UNIT_MM3, a, sizeof a);
        lm_io_printf(out, "  %-12s %-10s %16s   %s\n", b->item[i].name, kind[b->item[i].kind], a, b->item[i].text);
    }
}

static void facts_reference(const lm_facts *f, const json_t *one, lm_out *out)
{
    const json_t *mask = json_object_get(one, "mask");
    const char *level_is = json_string_value(json_object_get(one, "level_is"));
    char a[LM_NUM_TEXT];
    lm_units_text(&f->units, json_number_value(json_object_get(one, "volume_mm3")), LM_UNIT_MM3, a, sizeof a);
    lm_io_printf(out, "%-14s %16s   %s; frame of reference: %s", "mask", a, json_string_value(json_object_get(one, "volume_is")),
                 json_string_value(json_object_get(one, "frame_of_reference")));
    if (level_is)
        lm_io_printf(out, "; place by %s, inside from %.6g on (%s)", json_string_value(json_object_get(mask, "type")),
                     json_number_value(json_object_get(mask, "level")), level_is);
    lm_io_printf(out, "\n");
}

void lm_facts_table(const lm_facts *f, lm_out *out)
{
    static const char *const extent[3] = {"width (x)", "depth (y)", "height (z)"};
    const lm_mass *m = f->mass;
    const lm_units *units = &f->units;
    char line[LM_ERR_TEXT + LM_VERDICT_TEXT], a[LM_NUM_TEXT], b[LM_NUM_TEXT], c[LM_NUM_TEXT], d[LM_NUM_TEXT], e[LM_NUM_TEXT];
    char agrees[LM_VERDICT_AGREES], place[LM_VERDICT_TEXT];
    lm_err why = LM_ERR_INIT;
    if (f->case_id) lm_io_printf(out, "%-14s %16s\n", "case", f->case_id);
    if (lm_scale_of(f->rec) != 1) /* every value below but those judged is of the part in its file */
        lm_io_printf(out, "%-14s %16s   of the part; what is judged against the source is divided by it\n", "scale",
                     lm_scale_ratio(lm_scale_of(f->rec), line));
    if (lm_scale_shrunk(f->rec, line))
        lm_io_printf(out, "%-14s %s is what the print loses; the file is larger by it\n", "shrinkage", line);
    if (m->has_volume) facts_row(units, out, "volume", m->volume_mm3, m->u_volume_mm3, LM_UNIT_MM3);
    else lm_io_printf(out, "%-14s %16s   %s\n", "volume", "-", lm_mass_solid(m, &why) ? why.text[0] : "");
    facts_row(units, out, "area", m->area_mm2, m->u_area_mm2, LM_UNIT_MM2);
    for (int i = 0; i < 3; i++) {
        lm_units_text(units, m->hi_mm[i] - m->lo_mm[i], LM_UNIT_MM, a, sizeof a);
        lm_units_lengths(units, (const double[]){m->lo_mm[i], m->hi_mm[i]}, 2, " to ", place, sizeof place);
        lm_io_printf(out, "%-14s %16s   from %s\n", extent[i], a, place);
    }
    if (isfinite(m->u_centroid_mm)) {
        lm_units_text(units, m->u_centroid_mm, LM_UNIT_MM, a, sizeof a);
        lm_units_lengths(units, m->centroid_mm, 3, " ", place, sizeof place);
        lm_io_printf(out, "%-14s %s   known to %s\n", "centroid", place, a);
    }
    lm_io_printf(out, "%-14s %16zu   and %zu cavit%s\n%-14s %16zu\n", "components", m->parts - m->cavities, m->cavities,
                 m->cavities == 1 ? "y" : "ies", "triangles", f->audit->triangles);
    lm_facts_form_table(f, out);
    lm_audit_line(f->audit, line, sizeof line);
    lm_io_printf(out, "%-14s %16s   %s\n", "valid", f->audit->valid ? "yes" : "no",
                 f->audit->valid ? "closed, manifold, oriented, free of self-intersections" : line);
    facts_parts(f, out);
    if (f->second)
        lm_io_printf(out, "%-14s %16s   %zu facets, %zu open edges, %zu reversed, %zu degenerate\n", "libadmesh",
                     f->second->good ? "good" : "not good", f->second->facets, f->second->open_edges, f->second->reversed,
                     f->second->degenerate);
    if (f->against) {
        const lm_segment_facts *s = &f->against->segment;
        lm_units_text(units, s->voxel_mm3 * (double)s->voxel_count, LM_UNIT_MM3, a, sizeof a);
        lm_io_printf(out, "%-14s %16s   %zu voxels of %.6g mm3\n", "voxel count", a, s->voxel_count, s->voxel_mm3);
    }
    for (size_t i = 0; i < json_array_size(f->references); i++) facts_reference(f, json_array_get(f->references, i), out);
    if (f->unplaced) lm_io_printf(out, "%-14s %16s   %s\n", "place, side", "not judged", LM_FACTS_UNPLACED);
    facts_budget(units, f->budget, out);
    if (f->n)
        lm_io_printf(out, "\n%-14s %16s %16s %14s %12s %14s  verdict, reference\n", "compared", "measured", "reference",
                     "difference", "u", "tolerance");
    for (size_t i = 0; i < f->n; i++) {
        const lm_measurement *x = &f->item[i];
        lm_verdict_shown(x, x->value, a, sizeof a);
        lm_verdict_shown(x, x->reference, b, sizeof b);
        lm_verdict_shown(x, x->value - x->reference, c, sizeof c);
        lm_verdict_shown(x, x->u_value + x->u_reference, d, sizeof d);
        lm_verdict_shown(x, x->tol, e, sizeof e);
        lm_verdict_agrees(x, agrees, sizeof agrees);
        lm_io_printf(out, "%-14s %16s %16s %14s %12s %14s  %s, %s%s%s%s%s\n", x->name, a, b, c, d, e, lm_verdict_name(x->verdict),
                     x->reference_is, x->tol_is ? "; tolerance: " : "", x->tol_is ? x->tol_is : "", *agrees ? "; " : "", agrees);
    }
    lm_verdict v = lm_facts_verdict(f, line, sizeof line);
    if (f->judged) lm_io_printf(out, "\nverdict: %s: %s\n", lm_verdict_name(v), line);
}
