/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "measure/ledger.h"
#include "base/mem.h"
#include "repair/boolean.h"
#include "shell/drain.h"
#include "shell/refbody.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

json_t *lm_ledger_collect(const lm_records *rec, lm_err *err)
{
    json_t *all = json_array();
    for (size_t i = 0; all && i < rec->n; i++) {
        const json_t *list = json_object_get(rec->item[i], "ledger"), *stage = json_object_get(rec->item[i], "tool");
        for (size_t k = 0; k < json_array_size(list); k++) {
            json_t *e = json_pack("{s:O}", "stage", stage);
            if (!e || json_object_update_missing(e, json_array_get(list, k)) || json_array_append(all, e)) {
                json_decref(e);
                json_decref(all);
                lm_err_nomem(err, sizeof(json_t));
                return NULL;
            }
            json_decref(e);
        }
    }
    if (!all) lm_err_nomem(err, sizeof(json_t));
    return all;
}

static const char *ledger_text(const json_t *e, const char *key)
{
    const char *s = json_string_value(json_object_get(e, key));
    return s ? s : "?";
}

static double ledger_number(const json_t *e, const char *key)
{
    const json_t *v = json_object_get(e, key);
    return json_is_number(v) ? json_number_value(v) : NAN;
}

/* The next entry from i on that is of the part itself; NULL: no more. */
static const json_t *ledger_next(const json_t *entries, size_t *i)
{
    while (*i < json_array_size(entries) && json_is_true(json_object_get(json_array_get(entries, *i), "beside"))) ++*i;
    return json_array_get(entries, *i);
}

/* A volume of entry i without the bodies that an earlier stage put beside the part: later stages see them as parts. */
static double ledger_own(const json_t *entries, size_t i, const char *key)
{
    const json_t *e = json_array_get(entries, i);
    double v = ledger_number(e, key);
    for (size_t k = 0; k < i; k++) {
        const json_t *b = json_array_get(entries, k);
        if (json_is_true(json_object_get(b, "beside")) && strcmp(ledger_text(b, "stage"), ledger_text(e, "stage")))
            v -= ledger_number(b, "after_mm3");
    }
    return v;
}

void lm_ledger_check(const json_t *entries, double final_mm3, lm_measurement *out)
{
    size_t n = json_array_size(entries), i = 0;
    *out = (lm_measurement){.name = "ledger",
                            .unit = LM_UNIT_MM3,
                            .absolute = true,
                            .reference_is = "no gap between stages",
                            .value = n ? 0 : NAN,
                            .tol = 1e-9 * (1 + fabs(final_mm3))};
    char where[160] = "the books close from stage to stage";
    if (!n) snprintf(where, sizeof where, "no stage has written down a volume");
    for (const json_t *e = ledger_next(entries, &i), *next; e; e = next) {
        size_t own = i++;
        next = ledger_next(entries, &i);
        double after = ledger_own(entries, own, "after_mm3"), begins = next ? ledger_own(entries, i, "before_mm3") : final_mm3;
        const char *to = ledger_text(e, "to"), *from = next ? ledger_text(next, "from") : "mesh";
        double gap = strcmp(to, from) ? INFINITY : fabs(begins - after);
        if (isnan(ledger_number(e, "before_mm3")) || isnan(gap)) {
            out->value = NAN;
            snprintf(where, sizeof where, "%.30s: an entry has no numbers", ledger_text(e, "stage"));
            break;
        }
        if (gap <= out->tol || gap <= out->value) continue;
        out->value = gap;
        snprintf(where, sizeof where, "%.30s ends with %.30s, %.30s begins with %.30s", ledger_text(e, "stage"), to,
                 next ? ledger_text(next, "stage") : "the mesh", from);
        if (isfinite(gap)) snprintf(where, sizeof where, "%.30s leaves a gap of %g mm3", ledger_text(e, "stage"), gap);
    }
    out->verdict = lm_verdict_judge(out->value, 0, 0, out->tol);
    snprintf(out->note, sizeof out->note, "%s", where);
}

static size_t ledger_size(const json_t *o, const char *key)
{
    const json_t *v = json_object_get(o, key);
    return json_is_integer(v) && json_integer_value(v) > 0 ? (size_t)json_integer_value(v) : 0;
}

/* The first intended entry of a record that is not of a body beside the part. */
static const json_t *ledger_intended(const json_t *record)
{
    const json_t *list = json_object_get(record, "ledger");
    for (size_t k = 0; k < json_array_size(list); k++)
        if (!strcmp(ledger_text(json_array_get(list, k), "kind"), "intended") &&
            !json_is_true(json_object_get(json_array_get(list, k), "beside")))
            return json_array_get(list, k);
    return NULL;
}

lm_status lm_ledger_outer(const json_t *record, const lm_mesh *mesh, double rounding_mm3, lm_mesh *solid, bool *owned, lm_err *err)
{
    const json_t *shell = json_object_get(record, "hollow"), *drain = json_object_get(record, "drain");
    size_t nv = ledger_size(shell, "outer_vertices"), nt = ledger_size(shell, "outer_triangles");
    *solid = *mesh;
    *owned = false;
    if (drain) {
        lm_mesh filled = LM_MESH_INIT;
        lm_status rc = lm_drain_filled(mesh, ledger_size(drain, "outer_triangles"), 0, &filled, err);
        if (rc) return rc;
        filled.space = mesh->space;
        *solid = filled;
        *owned = true;
        nt = filled.nt;
    } else {
        if (nv > mesh->nv || nt > mesh->nt) nt = 0;
        for (size_t i = 0; i < 3 * nt; i++)
            if (mesh->tri[i] >= nv) nt = 0;
        solid->nv = nt ? nv : 0;
        solid->nt = nt;
    }
    double volume = nt ? lm_mesh_volume(solid) : NAN,
           was = drain ? ledger_number(drain, "filled_mm3") : ledger_number(ledger_intended(record), "before_mm3");
    if (fabs(volume - was) <= 1e-9 * (1 + fabs(was)) + rounding_mm3) return LM_OK;
    if (*owned) lm_mesh_release(solid);
    *owned = false;
    return lm_err_set(
        err, LM_ERULE, NULL,
        "the outer surface of the hollow part holds %.12g mm3, in the books are %.12g: it is not the one that was hollowed", volume,
        was);
}

lm_status lm_ledger_anatomy(const lm_mesh *mesh, lm_mesh *part, size_t *n, lm_err *err)
{
    uint32_t *label = NULL, first = 0;
    size_t labels = 0, nt = 0;
    bool several = false;
    lm_status rc = lm_mesh_labels(mesh, &label, &labels, err);
    *n = 0;
    for (size_t i = 0; i < labels && !rc; i++) {
        const lm_part *p = lm_parts_find(&mesh->parts, label[i]);
        if (p && lm_refbody_name(p->name)) ++*n;
        else if (!first) first = label[i];
    }
    if (*n == labels) *n = 0;
    free(label);
    if (rc || !*n || (rc = lm_mesh_copy(mesh, part, err))) return rc;
    for (size_t t = 0; t < mesh->nt; t++) {
        const lm_part *p = lm_parts_find(&mesh->parts, mesh->label[t]);
        if (p && lm_refbody_name(p->name)) continue;
        several |= mesh->label[t] != first;
        memcpy(part->tri + 3 * nt, mesh->tri + 3 * t, 3 * sizeof *part->tri);
        if (part->label_back) part->label_back[nt] = mesh->label_back[t];
        part->label[nt++] = mesh->label[t];
    }
    part->nt = nt;
    if (!several) {
        free(part->label);
        part->label = NULL;
    }
    return lm_boolean_compact(part, NULL, err);
}
