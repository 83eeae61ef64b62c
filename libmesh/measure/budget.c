/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "measure/budget.h"
#include "shell/scale.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static double budget_number(const json_t *o, const char *key)
{
    const json_t *v = json_object_get(o, key);
    return json_is_number(v) ? json_number_value(v) : NAN;
}

static lm_budget_item *budget_add(lm_budget *b, const char *name, lm_budget_kind kind, double mm3)
{
    lm_budget_item *i = &b->item[b->n++];
    *i = (lm_budget_item){.kind = kind, .mm3 = mm3};
    snprintf(i->name, sizeof i->name, "%s", name);
    return i;
}

/* Volume of a voxel, and the mean area of its sides seen from all directions' axes: NAN when the records do not say. */
static double budget_voxel(const json_t *dcmseg, double *side)
{
    const json_t *s = json_object_get(json_object_get(dcmseg, "source"), "spacing_mm");
    double d[3];
    for (size_t a = 0; a < 3; a++) {
        const json_t *v = json_array_get(s, a);
        d[a] = json_is_number(v) ? json_number_value(v) : NAN;
    }
    *side = (d[0] * d[1] + d[1] * d[2] + d[2] * d[0]) / 3;
    return d[0] * d[1] * d[2];
}

static void budget_sampling(const json_t *dcmseg, const lm_mass *mass, lm_budget *b)
{
    const json_t *partial = json_object_get(json_object_get(dcmseg, "segment"), "partial");
    double classes = budget_number(partial, "u_mm3"), side, voxel = budget_voxel(dcmseg, &side),
           cut = sqrt(mass->area_mm2 / side / 12) * voxel; /* of any surface, grey values or not */
    if (!isfinite(classes) && !isfinite(cut)) return;
    lm_budget_item *i = budget_add(b, "sampling", LM_BUDGET_ESTIMATE, fmin(cut, classes)); /* NAN loses */
    if (classes <= cut || !isfinite(cut))
        snprintf(i->text, sizeof i->text, "two-class partial volume of voxels of %.4g mm3", voxel);
    else if (!isfinite(classes)) snprintf(i->text, sizeof i->text, "voxels of %.4g mm3, cut anywhere", voxel);
    else
        snprintf(i->text, sizeof i->text,
                 "voxels of %.4g mm3, cut anywhere; contrast tells inside from outside to %.4g mm3 only, not counted", voxel,
                 classes);
}

static void budget_threshold(const json_t *dcmseg, lm_budget *b)
{
    const json_t *s = json_object_get(json_object_get(dcmseg, "segment"), "sensitivity");
    double step = budget_number(s, "delta"), change = budget_number(s, "change_mm3");
    if (!isfinite(step) || !isfinite(change) || !(step > 0)) return;
    lm_budget_item *i = budget_add(b, "threshold", LM_BUDGET_ESTIMATE, fabs(change) / sqrt(12));
    snprintf(i->text, sizeof i->text, "values are rounded to %.4g; a level higher by that has %.4g mm3 more", step, change);
}

static void budget_changes(const lm_records *rec, lm_budget *b)
{
    for (size_t i = 0; i < rec->n; i++) {
        const json_t *list = json_object_get(rec->item[i], "ledger");
        const char *tool = json_string_value(json_object_get(rec->item[i], "tool"));
        for (size_t k = 0; k < json_array_size(list) && b->n < LM_BUDGET_ITEMS; k++) {
            const json_t *e = json_array_get(list, k);
            double change = budget_number(e, "change_mm3"), moved = budget_number(e, "moved_mm");
            const char *from = json_string_value(json_object_get(e, "from")), *to = json_string_value(json_object_get(e, "to"));
            if (!isfinite(change)) continue;
            lm_budget_item *c = budget_add(b, tool ? tool : "?", LM_BUDGET_CHANGE, change);
            int at = snprintf(c->text, sizeof c->text, "%.30s to %.30s", from ? from : "?", to ? to : "?");
            if (isfinite(moved))
                snprintf(c->text + at, sizeof c->text - (size_t)at, "; the surface moved by at most %.4g mm", moved);
        }
    }
}

void lm_budget_volume(const lm_records *rec, const lm_mass *mass, lm_budget *out)
{
    const json_t *dcmseg = rec ? lm_record_last(rec, "dcmseg") : NULL;
    double bounds = 0, squares = 0;
    *out = (lm_budget){.u_mm3 = NAN};
    if (!mass->has_volume) return;
    lm_budget_item *i = budget_add(out, "float32", LM_BUDGET_BOUND, mass->u_volume_mm3);
    snprintf(i->text, sizeof i->text, "rounding of the coordinates and of the sum");
    if (dcmseg) {
        budget_sampling(dcmseg, mass, out);
        budget_threshold(dcmseg, out);
        budget_changes(rec, out);
    }
    for (size_t k = 0; k < out->n; k++) {
        if (out->item[k].kind == LM_BUDGET_BOUND) bounds += out->item[k].mm3;
        else if (out->item[k].kind == LM_BUDGET_ESTIMATE) squares += out->item[k].mm3 * out->item[k].mm3;
    }
    out->u_mm3 = bounds + 2 * sqrt(squares);
}

void lm_budget_reference(lm_budget *b, const char *what, const char *suffix, double voxel_mm3, double mm3)
{
    char name[LM_BUDGET_NAME];
    if (b->n == LM_BUDGET_ITEMS) return;
    snprintf(name, sizeof name, "reference%.8s", suffix);
    lm_budget_item *i = budget_add(b, name, LM_BUDGET_REFERENCE, mm3);
    snprintf(i->text, sizeof i->text, "%.60s, voxels of %.4g mm3: counts where it is compared, twice", what, voxel_mm3);
}

json_t *lm_budget_json(const lm_budget *b, lm_err *err)
{
    static const char *const kind[] = {"bound", "estimate", "change", "reference"};
    json_t *list = json_array();
    bool ok = list;
    for (size_t i = 0; i < b->n && ok; i++)
        ok = !json_array_append_new(list, json_pack("{s:s, s:s, s:f, s:s}", "name", b->item[i].name, "kind", kind[b->item[i].kind],
                                                    "mm3", b->item[i].mm3, "text", b->item[i].text));
    if (ok) return list;
    json_decref(list);
    lm_err_nomem(err, 0);
    return NULL;
}

double lm_budget_edge(const lm_records *rec)
{
    const json_t *spacing = rec ? json_object_get(json_object_get(lm_record_last(rec, "dcmseg"), "source"), "spacing_mm") : NULL;
    double most = 0;
    for (size_t a = 0; a < json_array_size(spacing); a++) most = fmax(most, json_number_value(json_array_get(spacing, a)));
    return rec ? most * lm_scale_of(rec) : most;
}
