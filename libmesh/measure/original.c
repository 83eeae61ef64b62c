/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "measure/original.h"
#include "measure/ledger.h"
#include "shell/scale.h"
#include "stream/ply.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const json_t *original_key(const json_t *rec, const char *a, const char *b)
{
    return json_object_get(json_object_get(rec, a), b);
}

/* The first intended entry of a record, and how many there are. */
static const json_t *original_entry(const json_t *rec, size_t *n)
{
    const json_t *list = json_object_get(rec, "ledger"), *first = NULL;
    *n = 0;
    for (size_t k = 0; k < json_array_size(list); k++) {
        const char *kind = json_string_value(json_object_get(json_array_get(list, k), "kind"));
        if (!kind || strcmp(kind, "intended") || json_is_true(json_object_get(json_array_get(list, k), "beside"))) continue;
        if (!(*n)++) first = json_array_get(list, k);
    }
    return first;
}

/* The checksum of the mesh before as the stage that read it had it: a scale later on says what it made of it. */
static lm_status original_sum(const lm_records *rec, const lm_mesh *before, json_t **ret, lm_err *err)
{
    uint32_t crc;
    uint64_t bytes;
    lm_status rc = lm_ply_checksum(before, &crc, &bytes, err);
    json_t *sum = rc ? NULL : lm_record_sum(crc, bytes);
    for (size_t i = rec->n; i-- > 0 && sum;) {
        const json_t *was = original_key(rec->item[i], "scale", "before_was");
        if (!was || !json_equal(original_key(rec->item[i], "scale", "before"), sum)) continue;
        json_decref(sum);
        sum = json_deep_copy(was);
    }
    *ret = sum;
    return rc || sum ? rc : lm_err_nomem(err, sizeof(json_t));
}

/* The record, among the first n, of the stage that read the mesh that is carried as the one before. */
static lm_status original_read(const lm_records *rec, size_t n, const lm_mesh *before, size_t *at, lm_err *err)
{
    json_t *sum;
    lm_status rc = original_sum(rec, before, &sum, err);
    if (rc) return rc;
    for (*at = n; (*at)-- > 0;) {
        const json_t *was = original_key(rec->item[*at], "min_wall", "before");
        if (!was && json_object_get(rec->item[*at], "min_wall")) was = json_object_get(rec->item[*at], "in");
        if (was && json_equal(was, sum)) break;
    }
    json_decref(sum);
    if (*at < n) return LM_OK;
    return lm_err_set(err, LM_ERULE, NULL,
                      "the mesh that the stream carries as the one before the wall is not what meshshell read");
}

/* One mesh divided; its coordinates are o's. */
static lm_status original_divide(const json_t *r, lm_mesh *m, lm_original *o, lm_err *err)
{
    if (!m->nv) return LM_OK;
    lm_status rc = lm_scale_back(r, m, &o->array[o->arrays], err);
    o->arrays += o->array[o->arrays] != NULL;
    return rc;
}

/* A scale back; print: it is none yet, but only for shrinkage. */
static lm_status original_scale(const json_t *r, bool carries, lm_original *o, lm_err *err)
{
    const char *note = "of the part at the size of the patient: the scale is divided out";
    double lo[3], hi[3], far = 0;
    if (o->scales++ == LM_ORIGINAL_SCALES)
        return lm_err_set(err, LM_ERULE, NULL, "the records scale the part more than %d times", (int)LM_ORIGINAL_SCALES);
    const bool print = o->print.pos == o->solid.pos && lm_scale_step(r) == LM_SCALE_SHRINKAGE_STEP;
    lm_status rc = original_divide(r, &o->solid, o, err);
    if (!rc && carries) rc = original_divide(r, &o->before, o, err);
    if (rc) return rc;
    if (print) o->print = o->solid;
    lm_mesh_box(&o->solid, lo, hi);
    for (int c = 0; c < 3; c++) far = fmax(far, fmax(fabs(lo[c]), fabs(hi[c])));
    o->rounding_mm3 += lm_mesh_area(&o->solid) * far * 0x1p-22; /* two roundings a coordinate */
    o->changed = true;
    o->note = o->note ? o->note : note;
    return LM_OK;
}

/* One record back: *sent is what the solid was sent as, and becomes what the stage read. False in *known: it cannot be gone back.
 */
static lm_status original_step(const lm_records *rec, size_t *i, const json_t **sent, const lm_mesh *mesh, lm_original *o,
                               bool *known, lm_err *err)
{
    size_t entries;
    bool owned = false;
    const json_t *r = rec->item[*i];
    lm_status rc = LM_OK;
    const bool exact = json_is_object(*sent) && json_equal(json_object_get(r, "out"), *sent);
    (void)original_entry(r, &entries);
    *known = true;
    if (lm_scale_step(r) && entries == 1) { /* of any mesh that came later too */
        rc = original_scale(r, mesh->before && !o->grow, o, err);
        *sent = exact ? json_object_get(r, "in") : NULL;
        return rc;
    }
    if (exact && json_object_get(r, "hollow")) {
        const lm_mesh part = o->solid;
        rc = lm_ledger_outer(r, &part, o->rounding_mm3, &o->solid, &owned, err);
        if (!rc && owned) o->filled = o->solid;
        o->note = "of the outer surface, filled: the part was hollowed";
    } else if (exact && !mesh->before && json_integer_value(original_key(r, "min_wall", "passes")) == 0 &&
               json_object_get(r, "min_wall")) {
        *sent = json_object_get(r, "in"); /* nothing was thin, or nothing could be done: the mesh is what was read */
        return LM_OK;
    } else if (exact && entries == 1 && json_object_get(r, "min_wall") && mesh->before) {
        if ((rc = original_read(rec, *i + 1, mesh->before, i, err))) return rc;
        if (!o->grow) o->grown = o->solid;
        o->grow = r = rec->item[*i];
        o->solid = o->before;
        o->note = "of the mesh before material was added";
    } else *known = false;
    o->changed = o->changed || *known;
    *sent = json_object_get(r, "in");
    return rc;
}

lm_status lm_original_find(const lm_records *rec, const lm_mesh *mesh, lm_original *out, lm_err *err)
{
    const json_t *sent = rec->n && rec->belong ? json_object_get(rec->item[rec->n - 1], "out") : NULL;
    lm_status rc = LM_OK;
    *out = (lm_original){.solid = *mesh, .print = *mesh};
    if (mesh->before) out->before = *mesh->before;
    for (size_t i = rec->n; i-- > 0 && !rc;) {
        bool known = true;
        size_t entries;
        if (!original_entry(rec->item[i], &entries)) {
            if (!json_equal(json_object_get(rec->item[i], "in"), json_object_get(rec->item[i], "out"))) sent = NULL;
            continue;
        }
        rc = original_step(rec, &i, &sent, mesh, out, &known, err);
        if (known) continue;
        out->stage = json_string_value(json_object_get(rec->item[i], "tool"));
        if (!out->stage) out->stage = "a stage";
        break;
    }
    return rc;
}

lm_status lm_original_part(const lm_records *rec, const lm_mesh *part, lm_original *out, lm_err *err)
{
    lm_status rc = LM_OK;
    *out = (lm_original){.solid = *part, .print = *part};
    for (size_t i = rec->n; i-- > 0 && !rc;)
        if (lm_scale_step(rec->item[i])) rc = original_scale(rec->item[i], false, out, err);
    return rc;
}

void lm_original_release(lm_original *o)
{
    lm_mesh_release(&o->filled);
    for (size_t i = 0; i < o->arrays; i++) free(o->array[i]);
    *o = (lm_original){.changed = false};
}
