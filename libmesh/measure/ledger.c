/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "measure/ledger.h"

#include <math.h>
#include <stdio.h>
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

void lm_ledger_check(const json_t *entries, double final_mm3, lm_measurement *out)
{
    size_t n = json_array_size(entries);
    *out = (lm_measurement){.name = "ledger",
                            .unit = LM_UNIT_MM3,
                            .absolute = true,
                            .reference_is = "no gap between stages",
                            .value = n ? 0 : NAN,
                            .tol = 1e-9 * (1 + fabs(final_mm3))};
    char where[160] = "the books close from stage to stage";
    if (!n) snprintf(where, sizeof where, "no stage has written down a volume");
    for (size_t i = 0; i < n; i++) {
        const json_t *e = json_array_get(entries, i), *next = json_array_get(entries, i + 1);
        double after = ledger_number(e, "after_mm3"), begins = next ? ledger_number(next, "before_mm3") : final_mm3;
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

size_t lm_ledger_intended(const json_t *entries)
{
    size_t i = 0, n = json_array_size(entries);
    while (i < n && strcmp(ledger_text(json_array_get(entries, i), "kind"), "intended")) i++;
    return i;
}

static size_t ledger_size(const json_t *o, const char *key)
{
    const json_t *v = json_object_get(o, key);
    return json_is_integer(v) && json_integer_value(v) > 0 ? (size_t)json_integer_value(v) : 0;
}

lm_status lm_ledger_solid(const lm_records *rec, const lm_mesh *mesh, lm_mesh *solid, bool *hollow, lm_err *err)
{
    const json_t *by = NULL, *entry = NULL;
    size_t found = 0;
    *solid = *mesh;
    *hollow = false;
    for (size_t i = 0; i < rec->n; i++) {
        const json_t *list = json_object_get(rec->item[i], "ledger");
        for (size_t k = 0; k < json_array_size(list); k++) {
            if (strcmp(ledger_text(json_array_get(list, k), "kind"), "intended")) continue;
            if (!found++) by = rec->item[i], entry = json_array_get(list, k);
        }
    }
    if (!found) return LM_OK;
    const json_t *shell = json_object_get(by, "hollow"), *sent = json_object_get(by, "out"),
                 *now = json_object_get(rec->item[rec->n - 1], "out");
    size_t nv = ledger_size(shell, "outer_vertices"), nt = ledger_size(shell, "outer_triangles");
    if (found > 1 || !shell || !rec->belong || !json_is_object(sent) || !json_equal(sent, now)) return LM_OK;
    if (nv > mesh->nv || nt > mesh->nt) nt = 0;
    for (size_t i = 0; i < 3 * nt; i++)
        if (mesh->tri[i] >= nv) nt = 0;
    solid->nv = nt ? nv : 0;
    solid->nt = nt;
    double volume = nt ? lm_mesh_volume(solid) : NAN, was = ledger_number(entry, "before_mm3");
    if (!(fabs(volume - was) <= 1e-9 * (1 + fabs(was))))
        return lm_err_set(
            err, LM_ERULE, NULL,
            "the outer surface of the hollow part holds %.12g mm3, in the books are %.12g: it is not the one that was hollowed",
            volume, was);
    *hollow = true;
    return LM_OK;
}
