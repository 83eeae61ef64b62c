/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "measure/original.h"
#include "measure/ledger.h"
#include "stream/ply.h"

#include <math.h>
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

static size_t original_size(const json_t *v)
{
    return json_is_integer(v) && json_integer_value(v) > 0 ? (size_t)json_integer_value(v) : 0;
}

/* The outer surface of a hollow part. */
static lm_status original_outer(const json_t *rec, const json_t *entry, lm_mesh *solid, lm_err *err)
{
    size_t nv = original_size(original_key(rec, "hollow", "outer_vertices")),
           nt = original_size(original_key(rec, "hollow", "outer_triangles"));
    if (nv > solid->nv || nt > solid->nt) nt = 0;
    for (size_t i = 0; i < 3 * nt; i++)
        if (solid->tri[i] >= nv) nt = 0;
    solid->nv = nt ? nv : 0;
    solid->nt = nt;
    double volume = nt ? lm_mesh_volume(solid) : NAN, was = json_number_value(json_object_get(entry, "before_mm3"));
    if (fabs(volume - was) <= 1e-9 * (1 + fabs(was))) return LM_OK;
    return lm_err_set(
        err, LM_ERULE, NULL,
        "the outer surface of the hollow part holds %.12g mm3, in the books are %.12g: it is not the one that was hollowed", volume,
        was);
}

/* The record, among the first n, of the stage that read the mesh that is carried as the one before. */
static lm_status original_read(const lm_records *rec, size_t n, const lm_mesh *before, size_t *at, lm_err *err)
{
    uint32_t crc;
    uint64_t bytes;
    lm_status rc = lm_ply_checksum(before, &crc, &bytes, err);
    if (rc) return rc;
    json_t *sum = lm_record_sum(crc, bytes);
    for (*at = n; sum && (*at)-- > 0;) {
        const json_t *was = original_key(rec->item[*at], "min_wall", "before");
        if (!was && json_object_get(rec->item[*at], "min_wall")) was = json_object_get(rec->item[*at], "in");
        if (was && json_equal(was, sum)) break;
    }
    json_decref(sum);
    if (*at < n) return LM_OK;
    return lm_err_set(err, LM_ERULE, NULL,
                      "the mesh that the stream carries as the one before the wall is not what meshshell read");
}

/* One record back: *sent is what the solid was sent as, and becomes what the stage read. False in *known: it cannot be gone back.
 */
static lm_status original_step(const lm_records *rec, size_t *i, const json_t **sent, const lm_mesh *mesh, lm_original *o,
                               bool *known, lm_err *err)
{
    size_t entries;
    const json_t *r = rec->item[*i], *entry = original_entry(r, &entries);
    lm_status rc = LM_OK;
    *known = entries == 1 && json_is_object(*sent) && json_equal(json_object_get(r, "out"), *sent);
    if (*known && json_object_get(r, "hollow")) {
        rc = original_outer(r, entry, &o->solid, err);
        o->note = "of the outer surface, filled: the part was hollowed";
    } else if (*known && !mesh->before && json_integer_value(original_key(r, "min_wall", "passes")) == 0 &&
               json_object_get(r, "min_wall")) {
        *sent = json_object_get(r, "in"); /* nothing was thin, or nothing could be done: the mesh is what was read */
        return LM_OK;
    } else if (*known && json_object_get(r, "min_wall") && mesh->before) {
        if ((rc = original_read(rec, *i + 1, mesh->before, i, err))) return rc;
        if (!o->grow) o->grown = o->solid;
        o->grow = r = rec->item[*i];
        o->solid = *mesh->before;
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
    bool hollow = false;
    *out = (lm_original){.solid = *mesh};
    if (!mesh->before && ((rc = lm_ledger_solid(rec, mesh, &out->solid, &hollow, err)) || hollow)) {
        out->changed = hollow;
        out->owned = out->solid.tri != mesh->tri;
        out->note = "of the outer surface, filled: the part was hollowed";
        return rc;
    }
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

void lm_original_release(lm_original *o)
{
    if (o->owned) lm_mesh_release(&o->solid);
    *o = (lm_original){.changed = false};
}
