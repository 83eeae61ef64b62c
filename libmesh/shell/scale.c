/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "shell/scale.h"
#include "base/mem.h"
#include "base/num.h"
#include "shell/refbody.h"
#include "stream/ply.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const scale_space[] = {[LM_SPACE_UNKNOWN] = "none", [LM_SPACE_LPS] = "LPS", [LM_SPACE_RAS] = "RAS"};

/* ---- as text ---- */

lm_status lm_scale_parse(const char *text, double *out, lm_err *err)
{
    const char *colon = strchr(text, ':');
    lm_quantity q;
    double to;
    *out = 0;
    if (colon) {
        const char *end = lm_num_parse(text, colon, out);
        if (end != colon || !lm_num_all(colon + 1, &to) || !(to > 0)) *out = 0;
        else *out /= to;
    } else if (!lm_num_quantity(text, LM_UNIT_NONE, &q, NULL) && (q.unit == LM_UNIT_NONE || q.unit == LM_UNIT_PERCENT))
        *out = q.unit == LM_UNIT_PERCENT ? q.value / 100 : q.value;
    if (*out >= LM_SCALE_LEAST && *out <= LM_SCALE_MOST) return LM_OK;
    return lm_err_set(err, LM_EUSAGE, NULL, "--scale '%.40s': write 0.5, 50%% or 1:2, from %g to %g", text, LM_SCALE_LEAST,
                      LM_SCALE_MOST);
}

lm_status lm_scale_shrinkage(const char *text, double percent[3], lm_err *err)
{
    const char *p = text;
    int n = 0;
    bool good = true;
    for (; good && n < 3; n++) {
        char one[LM_NUM_TEXT];
        size_t len = strcspn(p, ",");
        lm_quantity q = {.value = NAN};
        good = len < sizeof one;
        if (good) {
            memcpy(one, p, len);
            one[len] = 0;
            good =
                !lm_num_quantity(one, LM_UNIT_NONE, &q, NULL) && q.unit == LM_UNIT_PERCENT && fabs(q.value) <= LM_SCALE_SHRINKAGE;
        }
        percent[n] = q.value;
        p += len;
        if (!*p) break;
        p++;
    }
    if (good && n == 0) percent[1] = percent[2] = percent[0];
    if (good && (n == 0 || n == 2) && !*p) return LM_OK;
    return lm_err_set(
        err, LM_EUSAGE, NULL,
        "--shrinkage '%.60s': write what the print loses in percent, 0.4%% or 0.4%%,0.4%%,0.6%% along x, y, z, %g%% at most", text,
        LM_SCALE_SHRINKAGE);
}

const char *lm_scale_ratio(double scale, char buf[LM_SCALE_TEXT])
{
    if (scale >= 1) snprintf(buf, LM_SCALE_TEXT, "%.6g:1", scale);
    else snprintf(buf, LM_SCALE_TEXT, "1:%.6g", 1 / scale);
    if (scale == 1) snprintf(buf, LM_SCALE_TEXT, "1:1");
    return buf;
}

/* ---- of records ---- */

lm_scale_kind lm_scale_step(const json_t *record)
{
    const json_t *s = json_object_get(record, "scale");
    if (!s) return LM_SCALE_NONE;
    return json_object_get(s, "print") ? LM_SCALE_PRINT : LM_SCALE_SHRINKAGE_STEP;
}

static double scale_number(const json_t *record, const char *key, size_t axis)
{
    const json_t *v = json_object_get(json_object_get(record, "scale"), key);
    return json_number_value(json_is_array(v) ? json_array_get(v, axis) : v);
}

double lm_scale_of(const lm_records *rec)
{
    double s = 1;
    for (size_t i = 0; i < rec->n; i++)
        if (lm_scale_step(rec->item[i]) == LM_SCALE_PRINT) s *= scale_number(rec->item[i], "print", 0);
    return s > 0 ? s : NAN;
}

const char *lm_scale_shrunk(const lm_records *rec, char buf[LM_SCALE_TEXT])
{
    for (size_t i = 0; rec && i < rec->n; i++) {
        if (lm_scale_step(rec->item[i]) != LM_SCALE_SHRINKAGE_STEP) continue;
        snprintf(buf, LM_SCALE_TEXT, "%.6g %%, %.6g %%, %.6g %%", scale_number(rec->item[i], "shrinkage_percent", 0),
                 scale_number(rec->item[i], "shrinkage_percent", 1), scale_number(rec->item[i], "shrinkage_percent", 2));
        return buf;
    }
    return NULL;
}

double lm_scale_wall(const lm_records *rec)
{
    static const char *const key[] = {"wall", "min_wall", "hollow", "tube"};
    for (size_t i = rec->n; i-- > 0;)
        for (size_t k = 0; k < sizeof key / sizeof *key; k++) {
            double t = json_number_value(json_object_get(json_object_get(rec->item[i], key[k]), "wall_mm"));
            if (t > 0) return t;
        }
    return 0;
}

/* ---- forth ---- */

static lm_status scale_may(const lm_mesh *m, const lm_records *rec, double print, lm_err *err)
{
    bool scaled = false, larger = false;
    char text[LM_SCALE_TEXT];
    for (size_t i = 0; i < rec->n; i++) {
        scaled = scaled || lm_scale_step(rec->item[i]) == LM_SCALE_PRINT;
        larger = larger || lm_scale_step(rec->item[i]) == LM_SCALE_SHRINKAGE_STEP;
    }
    if (print > 0 && scaled)
        return lm_err_set(err, LM_EUSAGE, NULL, "--scale: the part is at %s already: scale the one it was made from",
                          lm_scale_ratio(lm_scale_of(rec), text));
    if (larger)
        return lm_err_set(err, LM_EUSAGE, NULL, "--%s: the part was made larger for shrinkage already (%s), which is the last step",
                          print > 0 ? "scale" : "shrinkage", lm_scale_shrunk(rec, text));
    for (size_t i = 0; i < m->parts.n && print > 0; i++)
        if (lm_refbody_name(m->parts.item[i].name))
            return lm_err_set(err, LM_EUSAGE, NULL,
                              "--scale: '%s' stands beside the part with its own size: scale first, then add it",
                              m->parts.item[i].name);
    return LM_OK;
}

static lm_status scale_coordinates(lm_mesh *m, const double f[3], lm_err *err)
{
    for (size_t i = 0; i < 3 * m->nv; i++) {
        float v = (float)((double)m->pos[i] * f[i % 3]);
        if (!isfinite(v) || (v != 0) != (m->pos[i] != 0))
            return lm_err_set(err, LM_ERULE, NULL, "scaled by %g, coordinate %g of vertex %zu leaves the range of float32",
                              f[i % 3], (double)m->pos[i], i / 3);
        m->pos[i] = v;
    }
    m->space = LM_SPACE_UNKNOWN;
    return LM_OK;
}

/* "liver" becomes "liver 1:2". */
static lm_status scale_names(lm_mesh *m, double print, lm_err *err)
{
    char ratio[LM_SCALE_TEXT];
    const lm_part only = {.label = 1, .name = "part"};
    lm_status rc = !m->label && !m->parts.n ? lm_parts_add(&m->parts, &only, err) : LM_OK;
    size_t n = strlen(lm_scale_ratio(print, ratio)) + 1;
    for (size_t i = 0; i < m->parts.n && !rc; i++) {
        lm_part *p = &m->parts.item[i];
        char name[LM_PART_NAME + LM_SCALE_TEXT];
        if (!p->name[0]) snprintf(p->name, sizeof p->name, "part-%u", p->label);
        (void)lm_parts_clean(p->name, strnlen(p->name, LM_PART_NAME - 1 - n), name); /* cut between characters */
        memcpy(name + strlen(name), " ", 2);
        memcpy(name + strlen(name), ratio, n);
        (void)lm_parts_clean(name, strlen(name), p->name);
    }
    return rc;
}

static json_t *scale_sum(const lm_mesh *m, lm_err *err)
{
    uint32_t crc;
    uint64_t bytes;
    return lm_ply_checksum(m, &crc, &bytes, err) ? NULL : lm_record_sum(crc, bytes);
}

/* Volume without and of the bodies beside the part: these are no part of its books (measure/ledger.h). */
static lm_status scale_volumes(const lm_mesh *m, double mm3[2], lm_err *err)
{
    lm_mesh own = *m, beside = *m; /* vertices borrowed */
    bool any = false;
    for (size_t i = 0; i < m->parts.n; i++) any = any || lm_refbody_name(m->parts.item[i].name);
    mm3[0] = lm_mesh_volume(m);
    mm3[1] = 0;
    if (!m->label || !any) return LM_OK;
    lm_status rc = LM_ENOMEM;
    own.nt = beside.nt = 0;
    beside.tri = NULL;
    if ((own.tri = lm_mem_alloc(m->nt, 3 * sizeof *m->tri, err)) && (beside.tri = lm_mem_alloc(m->nt, 3 * sizeof *m->tri, err))) {
        for (size_t t = 0; t < m->nt; t++) {
            const lm_part *p = lm_parts_find(&m->parts, m->label[t]);
            lm_mesh *to = p && lm_refbody_name(p->name) ? &beside : &own;
            memcpy(to->tri + 3 * to->nt++, m->tri + 3 * t, 3 * sizeof *m->tri);
        }
        mm3[0] = lm_mesh_volume(&own);
        mm3[1] = lm_mesh_volume(&beside);
        rc = LM_OK;
    }
    free(own.tri);
    free(beside.tri);
    return rc;
}

/* Bodies beside the part have an entry of their own: by how much they grew. */
static lm_status scale_entry(json_t *r, const lm_mesh *m, const double before[2], double print, lm_err *err)
{
    double after[2];
    lm_status rc = scale_volumes(m, after, err);
    char ratio[LM_SCALE_TEXT], region[LM_SCALE_TEXT + 16];
    if (!rc) rc = lm_record_ledger(r, "intended", "mesh", before[0], "mesh", after[0], -1, err);
    if (!rc && before[1] > 0) rc = lm_record_ledger(r, "intended", "nothing", 0, "bodies", after[1] - before[1], -1, err);
    if (rc) return rc;
    snprintf(region, sizeof region, "%s%s", print > 0 ? "all of it, scale " : "all of it, for shrinkage",
             print > 0 ? lm_scale_ratio(print, ratio) : "");
    json_t *list = json_object_get(r, "ledger"), *entry = json_array_get(list, 0), *beside = json_array_get(list, 1);
    bool bad = json_object_set_new(entry, "region", json_string(region)) != 0;
    if (beside) bad |= json_object_set_new(beside, "beside", json_true()) != 0;
    return bad ? lm_err_nomem(err, sizeof(json_t)) : LM_OK;
}

lm_status lm_scale_run(lm_mesh *m, const lm_records *rec, const char *tool, double print, const double percent[3], json_t **ret,
                       lm_err *err)
{
    double f[3], before[2];
    const char *space = scale_space[m->space];
    json_t *r = NULL, *was = NULL, *is = NULL;
    lm_status rc = scale_may(m, rec, print, err);
    if (rc || (rc = scale_volumes(m, before, err))) return rc;
    if (!(r = lm_record_new(rec, tool, err)) || (m->before && !(was = scale_sum(m->before, err)))) goto nomem;
    for (int c = 0; c < 3; c++) f[c] = print > 0 ? print : 1 / (1 - percent[c] / 100);
    if ((rc = scale_coordinates(m, f, err)) || (m->before && (rc = scale_coordinates(m->before, f, err))) ||
        (print > 0 && (rc = scale_names(m, print, err))) || (rc = scale_entry(r, m, before, print, err)))
        goto bad;
    json_t *o = json_object_get(r, "options"), *s = json_pack("{s:[f, f, f]}", "factor", f[0], f[1], f[2]);
    if (print > 0) {
        json_object_set_new(s, "print", json_real(print));
        json_object_set_new(o, "scale", json_real(print));
    } else {
        char text[4 * LM_NUM_TEXT];
        json_object_set_new(s, "shrinkage_percent", json_pack("[f, f, f]", percent[0], percent[1], percent[2]));
        snprintf(text, sizeof text, "%.15g%%,%.15g%%,%.15g%%", percent[0], percent[1], percent[2]);
        json_object_set_new(o, "shrinkage", json_string(text));
    }
    json_object_set_new(s, "about", json_pack("[i, i, i]", 0, 0, 0));
    json_object_set_new(s, "space", json_string(space));
    if (json_object_set_new(r, "scale", s)) goto nomem;
    if (was && (!(is = scale_sum(m->before, err)) || json_object_set_new(s, "before", is) || json_object_set(s, "before_was", was)))
        goto nomem;
    json_decref(was);
    *ret = r;
    return LM_OK;
nomem:
    rc = lm_err_nomem(err, sizeof(json_t));
bad:
    json_decref(was);
    json_decref(r);
    return rc;
}

lm_status lm_scale_append(lm_records *rec, json_t *r, const lm_mesh *m, lm_err *err)
{
    uint32_t crc;
    uint64_t bytes;
    lm_status rc = lm_ply_checksum(m, &crc, &bytes, err);
    if (rc) return json_decref(r), rc;
    if ((rc = lm_record_append(rec, r, err)) || (rc = lm_record_seal(rec, crc, bytes, err))) return rc;
    json_decref(rec->findings); /* the record has them */
    rec->findings = NULL;
    lm_record_check(rec, crc, bytes);
    return LM_OK;
}

/* ---- and back ---- */

lm_status lm_scale_back(const json_t *record, lm_mesh *m, float **pos, lm_err *err)
{
    const char *space = json_string_value(json_object_get(json_object_get(record, "scale"), "space"));
    double f[3];
    for (size_t c = 0; c < 3; c++) {
        f[c] = scale_number(record, "factor", c);
        if (!(f[c] >= LM_SCALE_LEAST * LM_SCALE_LEAST && f[c] <= LM_SCALE_MOST * LM_SCALE_MOST))
            return lm_err_set(err, LM_ERULE, NULL, "a record of a scale has no factors to divide by");
    }
    if (!(*pos = lm_mem_alloc(m->nv, 3 * sizeof **pos, err))) return LM_ENOMEM;
    for (size_t i = 0; i < 3 * m->nv; i++) {
        (*pos)[i] = (float)((double)m->pos[i] / f[i % 3]);
        if (!isfinite((*pos)[i])) return lm_err_set(err, LM_ERULE, NULL, "a coordinate divided by the scale %g is none", f[i % 3]);
    }
    m->pos = *pos;
    m->space = LM_SPACE_UNKNOWN;
    for (int k = LM_SPACE_LPS; k <= LM_SPACE_RAS && space; k++)
        if (!strcmp(space, scale_space[k])) m->space = (lm_space)k;
    return LM_OK;
}
