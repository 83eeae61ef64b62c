/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "format/threemf_model.h"
#include "base/mem.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

size_t lm_threemf_model_find(const lm_threemf_model *m, uint32_t part, uint32_t id)
{
    for (size_t i = m->objects; i-- > 0;)
        if (m->object[i].id == id && m->object[i].part == part) return i;
    return SIZE_MAX;
}

/* How much an object comes to with its components. Those of the root may name objects of other parts, which were read after
 * them; else all names point back. depth ends what a path back to the root part could close to a ring. */
static lm_status threemf_model_count(lm_threemf_model *m, size_t i, int depth, lm_err *err)
{
    lm_threemf_object *o = &m->object[i];
    if (o->height) return LM_OK;
    if (depth == LM_THREEMF_DEPTH)
        return lm_err_set(err, LM_ERULE, "3MF-07", "components are nested over %d deep, or in a ring", (int)LM_THREEMF_DEPTH);
    double v = (double)o->nv, t = (double)o->nt + 1; /* an instance costs something, too */
    int height = 0;
    for (size_t k = o->c; k < o->c + o->nc; k++) {
        const lm_threemf_object *c = &m->object[m->comp[k].object];
        if (c->type == LM_THREEMF_TYPE_OTHER && o->type != LM_THREEMF_TYPE_OTHER)
            return lm_err_set(err, LM_ERULE, "3MF-09", "object %u uses object %u of type other", o->id, c->id);
        lm_status rc = threemf_model_count(m, m->comp[k].object, depth + 1, err);
        if (rc) return rc;
        v += c->all_v;
        t += c->all_t;
        if (c->height > height) height = c->height;
    }
    o->height = height + 1;
    if (o->height > LM_THREEMF_DEPTH)
        return lm_err_set(err, LM_ERULE, "3MF-07", "components are nested over %d deep", (int)LM_THREEMF_DEPTH);
    o->all_v = v;
    o->all_t = t;
    return LM_OK;
}

/* p' = [p 1] * a, then * b. */
static void threemf_model_compose(const double a[12], const double b[12], double out[12])
{
    for (int i = 0; i < 4; i++)
        for (int j = 0; j < 3; j++)
            out[3 * i + j] = a[3 * i] * b[j] + a[3 * i + 1] * b[3 + j] + a[3 * i + 2] * b[6 + j] + (i == 3 ? b[9 + j] : 0);
}

static double threemf_model_det(const double m[12])
{
    return m[0] * (m[4] * m[8] - m[5] * m[7]) - m[1] * (m[3] * m[8] - m[5] * m[6]) + m[2] * (m[3] * m[7] - m[4] * m[6]);
}

static lm_status threemf_model_emit(lm_threemf_model *m, size_t i, const lm_threemf_use *use, uint32_t label, lm_mesh *out,
                                    lm_err *err)
{
    const lm_threemf_object *o = &m->object[i];
    for (size_t k = o->c; k < o->c + o->nc; k++) {
        lm_threemf_use u = {.moved = use->moved || m->comp[k].moved};
        threemf_model_compose(m->comp[k].m, use->m, u.m);
        lm_status rc = threemf_model_emit(m, m->comp[k].object, &u, label, out, err);
        if (rc) return rc;
    }
    double det = threemf_model_det(use->m);
    if (!isfinite(det) || det == 0) return lm_err_set(err, LM_ERULE, "3MF-17", "a transform of object %u is singular", o->id);
    for (size_t v = 0; v < o->nv; v++) {
        const float *p = m->pos + 3 * (o->v + v);
        float *q = out->pos + 3 * (out->nv + v);
        if (!use->moved) {
            memcpy(q, p, 3 * sizeof *q);
            continue;
        }
        for (int c = 0; c < 3; c++) {
            q[c] = (float)(p[0] * use->m[c] + p[1] * use->m[3 + c] + p[2] * use->m[6 + c] + use->m[9 + c]);
            if (!isfinite(q[c]))
                return lm_err_set(err, LM_ERULE, "3MF-17", "a transform takes vertex %zu of object %u out of the range of float32",
                                  v, o->id);
        }
    }
    for (size_t t = 0; t < o->nt; t++) {
        const uint32_t *v = m->tri + 3 * (o->t + t);
        uint32_t *w = out->tri + 3 * (out->nt + t), base = (uint32_t)out->nv;
        w[0] = base + v[0];
        w[1] = base + v[det < 0 ? 2 : 1];
        w[2] = base + v[det < 0 ? 1 : 2];
        if (out->label) out->label[out->nt + t] = label;
    }
    out->nv += o->nv;
    out->nt += o->nt;
    return LM_OK;
}

static bool threemf_model_translates(const lm_threemf_use *u)
{
    static const double turn[9] = {1, 0, 0, 0, 1, 0, 0, 0, 1};
    return !memcmp(u->m, turn, sizeof turn);
}

/* Ours, untouched: patient space, the items only placed. */
static lm_status threemf_model_unplace(lm_threemf_model *m, lm_records *rec, lm_err *err)
{
    bool placed = false;
    if (!m->ours) return LM_OK;
    for (size_t i = 0; i < m->items; i++) {
        if (!threemf_model_translates(&m->item[i])) {
            m->space = LM_SPACE_UNKNOWN;
            return lm_record_note(
                rec, "warning", "3MF-17",
                "written by meshqa, but its build items were turned or scaled since: its place in the patient is not known", err);
        }
        placed |= m->item[i].moved;
    }
    for (size_t i = 0; i < m->items; i++) {
        m->item[i].moved = false;
        memset(m->item[i].m + 9, 0, 3 * sizeof(double));
    }
    return placed ? lm_record_note(rec, "note", NULL,
                                   "coordinates as meshqa wrote them; the placement on the print bed was left out", err)
                  : LM_OK;
}

static bool threemf_model_is_support(const lm_threemf_model *m, size_t item)
{
    lm_threemf_type t = m->object[m->item[item].object].type;
    return t == LM_THREEMF_TYPE_SUPPORT || t == LM_THREEMF_TYPE_SOLIDSUPPORT;
}

/* Labels as our own files state them; a file of others, or one that was edited, is numbered in the order of its items. */
static lm_status threemf_model_labels(const lm_threemf_model *m, size_t parts, uint32_t *label, lm_err *err)
{
    lm_parts seen = LM_PARTS_INIT;
    lm_status rc = parts > LM_PARTS_MAX ? LM_ERULE : LM_OK;
    for (size_t i = 0, k = 0; i < m->items && !rc; i++) {
        if (threemf_model_is_support(m, i)) continue;
        lm_part p = {.label = label[k++] = m->object[m->item[i].object].shown.label};
        rc = lm_parts_add(&seen, &p, err);
    }
    lm_parts_release(&seen);
    for (size_t k = 0; rc == LM_ERULE && k < parts; k++) label[k] = (uint32_t)k + 1;
    return rc == LM_ERULE ? LM_OK : rc;
}

/* What the part is called, unless that is what we call one without a name. */
static lm_status threemf_model_name(const lm_threemf_object *o, uint32_t label, lm_mesh *out, lm_err *err)
{
    char none[LM_PART_NAME];
    lm_part p = o->shown;
    p.label = label;
    snprintf(none, sizeof none, "part-%u", label);
    if (!strcmp(p.name, none) || !strcmp(p.name, "part")) memset(p.name, 0, sizeof p.name);
    if ((!p.name[0] && !p.has_rgb) || out->parts.n == LM_PARTS_MAX) return LM_OK;
    return lm_parts_add(&out->parts, &p, err);
}

lm_status lm_threemf_model_mesh(lm_threemf_model *m, lm_records *rec, lm_mesh *out, lm_err *err)
{
    double v = 0, t = 0;
    size_t parts = 0;
    lm_status rc;
    for (size_t i = 0; i < m->items; i++) {
        const lm_threemf_object *o = &m->object[m->item[i].object];
        if (o->type == LM_THREEMF_TYPE_OTHER)
            return lm_err_set(err, LM_ERULE, "3MF-09", "a build item is object %u of type other", o->id);
        if (threemf_model_is_support(m, i)) continue;
        if ((rc = threemf_model_count(m, m->item[i].object, 0, err))) return rc;
        v += o->all_v;
        t += o->all_t;
        parts++;
    }
    double most = 1e3 * ((double)m->nt + (double)m->nv) + 1e6;
    if (v > most || t > most || v > UINT32_MAX || t > UINT32_MAX)
        return lm_err_set(err, LM_ERANGE, NULL, "components and items multiply %zu triangles to %.0f: taken for a bomb", m->nt, t);
    if ((rc = threemf_model_unplace(m, rec, err)) || (rc = lm_mesh_alloc(out, (size_t)v, (size_t)t, err))) return rc;
    if (parts > 1 && !(out->label = lm_mem_alloc((size_t)t, sizeof *out->label, err))) return LM_ENOMEM;
    out->nv = out->nt = 0;
    out->space = m->space;
    uint32_t *label = lm_mem_alloc(parts, sizeof *label, err);
    if (!label || (rc = threemf_model_labels(m, parts, label, err))) goto done;
    for (size_t i = 0, k = 0; i < m->items && !rc; i++) {
        if (threemf_model_is_support(m, i)) continue;
        if (parts == 1) label[k] = 1;
        rc = threemf_model_emit(m, m->item[i].object, &m->item[i], label[k], out, err);
        if (!rc) rc = threemf_model_name(&m->object[m->item[i].object], label[k++], out, err);
    }
    if (!rc && parts < m->items) rc = lm_record_note(rec, "note", "3MF-10", "support objects were left out", err);
done:
    free(label);
    return label ? rc : LM_ENOMEM;
}

void lm_threemf_model_release(lm_threemf_model *m)
{
    free(m->pos);
    free(m->tri);
    free(m->object);
    free(m->comp);
    free(m->item);
    free(m->color);
    *m = (lm_threemf_model){.nv = 0};
}
