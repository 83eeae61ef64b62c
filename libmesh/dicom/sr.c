/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "dicom/sr.h"
#include "base/mem.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    T_CONTENT = 0x0040a730,
    T_RELATION = 0x0040a010,
    T_TYPE = 0x0040a040,
    T_NAME = 0x0040a043,
    T_CODE_VALUE = 0x0040a168,
    T_TEXT_VALUE = 0x0040a160,
    T_UID_VALUE = 0x0040a124,
    T_MEASURED = 0x0040a300,
    T_NUMBER = 0x0040a30a,
    T_UNITS = 0x004008ea,
    T_REFERENCED = 0x00081199
};

bool lm_sr_is(const char *sop_class)
{
    static const char *const last[] = {"11", "22", "33", "34", "35", "50", "65"};
    static const char root[] = "1.2.840.10008.5.1.4.1.1.88.";
    bool is = false;
    for (size_t i = 0; i < sizeof last / sizeof *last; i++)
        is |= !strncmp(sop_class, root, sizeof root - 1) && !strcmp(sop_class + sizeof root - 1, last[i]);
    return is;
}

void lm_sr_release(lm_sr *s)
{
    free(s->item);
    free(s->series);
    free(s->frame);
    *s = (lm_sr)LM_SR_INIT;
}

/* ---- codes ---- */

typedef struct {
    char scheme[17], value[LM_UID], meaning[LM_SR_TEXT];
} sr_code;

static sr_code sr_code_of(const lm_tree_item *item, uint32_t sequence)
{
    sr_code c = {.value = ""};
    const lm_tree_item *o = lm_tree_at(item, sequence, 0);
    if (!lm_tree_text(o, 0x00080100, c.value, sizeof c.value) && !lm_tree_text(o, 0x00080119, c.value, sizeof c.value))
        lm_tree_text(o, 0x00080120, c.value, sizeof c.value);
    lm_tree_text(o, 0x00080102, c.scheme, sizeof c.scheme);
    lm_tree_text(o, 0x00080104, c.meaning, sizeof c.meaning);
    if (!strcmp(c.scheme, "SNM3") || !strcmp(c.scheme, "99SDM")) memcpy(c.scheme, "SRT", 4); /* PS3.16 8.1.1: older names of it */
    return c;
}

static bool sr_is(const sr_code *c, const char *value, const char *scheme)
{
    return !strcmp(c->value, value) && !strcmp(c->scheme, scheme);
}

/* PS3.16 CID 7462, 7470, 4021; IBSI. */
static lm_sr_kind sr_kind(const sr_code *c)
{
    static const struct {
        const char *value, *scheme;
        lm_sr_kind kind;
    } known[] = {
        {"118565006", "SCT", LM_SR_VOLUME},  {"G-D705", "SRT", LM_SR_VOLUME},    {"YEKZ", "IBSI", LM_SR_VOXELS},
        {"RNU0", "IBSI", LM_SR_MESH},        {"C0JK", "IBSI", LM_SR_AREA},       {"L0JK", "IBSI", LM_SR_DIAMETER},
        {"81827009", "SCT", LM_SR_DIAMETER}, {"M-02550", "SRT", LM_SR_DIAMETER}, {"103339001", "SCT", LM_SR_LONG},
        {"G-A185", "SRT", LM_SR_LONG},       {"TDIC", "IBSI", LM_SR_MAJOR},      {"P9VJ", "IBSI", LM_SR_MINOR},
        {"7J51", "IBSI", LM_SR_LEAST},       {"121206", "DCM", LM_SR_DISTANCE},  {"410668003", "SCT", LM_SR_DISTANCE},
        {"G-D7FE", "SRT", LM_SR_DISTANCE},   {"103340004", "SCT", LM_SR_SHORT},  {"G-A186", "SRT", LM_SR_SHORT},
        {"122445", "DCM", LM_SR_DISTANCE},
    };
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (sr_is(c, known[i].value, known[i].scheme)) return known[i].kind;
    return LM_SR_OTHER;
}

static lm_unit sr_dimension(lm_sr_kind k)
{
    return k == LM_SR_OTHER ? LM_UNIT_NONE : k <= LM_SR_MESH ? LM_UNIT_MM3 : k == LM_SR_AREA ? LM_UNIT_MM2 : LM_UNIT_MM;
}

/* ---- the content tree ---- */

static lm_status sr_uid(const char *uid, char (**list)[LM_UID], size_t *n, size_t *cap, lm_err *err)
{
    if (!uid[0]) return LM_OK;
    for (size_t i = 0; i < *n; i++)
        if (!strcmp((*list)[i], uid)) return LM_OK;
    lm_status rc = lm_mem_grow(list, cap, *n + 1, sizeof **list, err);
    if (!rc) snprintf((*list)[(*n)++], LM_UID, "%s", uid);
    return rc;
}

/* What a group says of all its numbers; group is the context that they begin with. */
static void sr_context(const lm_tree_item *container, lm_sr_item *group)
{
    for (size_t i = 0; i < lm_tree_items(container, T_CONTENT); i++) {
        const lm_tree_item *one = lm_tree_at(container, T_CONTENT, i);
        sr_code name = sr_code_of(one, T_NAME), value = sr_code_of(one, T_CODE_VALUE);
        if (sr_is(&name, "112039", "DCM")) lm_tree_text(one, T_TEXT_VALUE, group->tracking, sizeof group->tracking);
        else if (sr_is(&name, "112040", "DCM")) lm_tree_code(one, T_UID_VALUE, 0, group->tracking_uid, sizeof group->tracking_uid);
        else if (sr_is(&name, "121071", "DCM")) memcpy(group->finding, value.meaning, sizeof group->finding);
        else if (sr_is(&name, "363698007", "SCT") || sr_is(&name, "G-C0E3", "SRT"))
            memcpy(group->site, value.meaning, sizeof group->site);
        else if (sr_is(&name, "370129005", "SCT") || sr_is(&name, "G-C036", "SRT"))
            memcpy(group->method, value.meaning, sizeof group->method);
        else if (sr_is(&name, "121191", "DCM")) {
            const lm_tree_item *ref = lm_tree_at(one, T_REFERENCED, 0);
            lm_tree_code(ref, 0x00081155, 0, group->segment_sop, sizeof group->segment_sop);
            lm_tree_whole(ref, 0x0062000b, &group->segment);
        }
    }
}

static lm_status sr_number(const lm_tree_item *num, const lm_sr_item *group, lm_sr *out, lm_err *err)
{
    sr_code name = sr_code_of(num, T_NAME);
    const lm_tree_item *m = lm_tree_at(num, T_MEASURED, 0);
    sr_code unit = sr_code_of(m, T_UNITS);
    char second[4];
    if (out->n == LM_SR_MAX) return lm_err_set(err, LM_ERANGE, NULL, "the report has more than %d measurements", (int)LM_SR_MAX);
    lm_status rc = lm_mem_grow(&out->item, &out->cap, out->n + 1, sizeof *out->item, err);
    if (rc) return rc;
    lm_sr_item *i = &out->item[out->n++];
    *i = *group;
    i->kind = sr_kind(&name);
    memcpy(i->scheme, name.scheme, sizeof i->scheme);
    memcpy(i->code, name.value, sizeof i->code);
    memcpy(i->meaning, name.meaning, sizeof i->meaning);
    /* of several values (or of one that is too long) none is the measurement */
    if (!lm_tree_code(m, T_NUMBER, 0, i->number, sizeof i->number) || lm_tree_code(m, T_NUMBER, 1, second, sizeof second))
        i->number[0] = 0;
    snprintf(i->unit, sizeof i->unit, "%.*s", (int)sizeof i->unit - 1, unit.value);
    memcpy(i->unit_scheme, unit.scheme, sizeof i->unit_scheme);
    for (size_t k = 0; k < lm_tree_items(num, T_CONTENT); k++) {
        const lm_tree_item *one = lm_tree_at(num, T_CONTENT, k);
        sr_code what = sr_code_of(one, T_NAME), value = sr_code_of(one, T_CODE_VALUE);
        if (sr_is(&what, "121401", "DCM")) memcpy(i->derivation, value.meaning, sizeof i->derivation);
        if (!sr_is(&what, "370129005", "SCT") && !sr_is(&what, "G-C036", "SRT")) continue;
        memcpy(i->method, value.meaning, sizeof i->method);
        if (i->kind == LM_SR_VOLUME && sr_is(&value, "126030", "DCM")) i->kind = LM_SR_VOXELS;
    }
    return LM_OK;
}

/* The tree has at most LM_TREE_DEPTH levels. */
static lm_status sr_walk(const lm_tree_item *item, const lm_sr_item *group, lm_sr *out, lm_err *err)
{
    lm_status rc = LM_OK;
    for (size_t i = 0; i < lm_tree_items(item, T_CONTENT) && !rc; i++) {
        const lm_tree_item *one = lm_tree_at(item, T_CONTENT, i);
        char type[20], relation[20], uid[LM_UID];
        sr_code name = sr_code_of(one, T_NAME);
        lm_tree_code(one, T_TYPE, 0, type, sizeof type);
        lm_tree_code(one, T_RELATION, 0, relation, sizeof relation);
        if (!strcmp(type, "UIDREF") && lm_tree_code(one, T_UID_VALUE, 0, uid, sizeof uid)) {
            if (sr_is(&name, "112227", "DCM")) rc = sr_uid(uid, &out->frame, &out->n_frames, &out->frames_cap, err);
            else if (sr_is(&name, "121232", "DCM")) rc = sr_uid(uid, &out->series, &out->n_series, &out->series_cap, err);
        }
        if (strcmp(relation, "CONTAINS")) {
            if (strcmp(type, "NUM") && !rc) rc = sr_walk(one, group, out, err);
        } else if (!strcmp(type, "NUM")) rc = sr_number(one, group, out, err);
        else if (!rc && sr_is(&name, "125007", "DCM")) {
            lm_sr_item inner = {.group = ++out->groups};
            sr_context(one, &inner);
            rc = sr_walk(one, &inner, out, err);
        } else if (!rc) rc = sr_walk(one, group, out, err);
    }
    return rc;
}

/* The series that it rests on, by its own list. */
static lm_status sr_evidence(const lm_tree_item *root, uint32_t sequence, lm_sr *out, lm_err *err)
{
    lm_status rc = LM_OK;
    for (size_t i = 0; i < lm_tree_items(root, sequence); i++) {
        const lm_tree_item *study = lm_tree_at(root, sequence, i);
        for (size_t k = 0; k < lm_tree_items(study, 0x00081115) && !rc; k++) {
            char uid[LM_UID];
            lm_tree_code(lm_tree_at(study, 0x00081115, k), 0x0020000e, 0, uid, sizeof uid);
            rc = sr_uid(uid, &out->series, &out->n_series, &out->series_cap, err);
        }
    }
    return rc;
}

lm_status lm_sr_read(const lm_tree *t, lm_sr *out, lm_err *err)
{
    const lm_tree_item *root = lm_tree_root(t);
    const lm_sr_item none = {.group = 0};
    char flag[20];
    lm_sr_release(out);
    if (!lm_tree_items(root, T_CONTENT)) return lm_err_set(err, LM_EFORMAT, NULL, "the report has no content");
    lm_tree_code(root, 0x0040a491, 0, flag, sizeof flag);
    out->complete = !strcmp(flag, "COMPLETE");
    lm_tree_code(root, 0x0040a493, 0, flag, sizeof flag);
    out->verified = !strcmp(flag, "VERIFIED");
    lm_status rc = sr_evidence(root, 0x0040a375, out, err);
    if (!rc) rc = sr_evidence(root, 0x0040a385, out, err);
    if (!rc) rc = sr_walk(root, &none, out, err);
    if (rc) lm_sr_release(out);
    return rc;
}

/* ---- numbers ---- */

static const char *const sr_word[] = {"number",         "volume",    "volume by voxels", "volume of a mesh",
                                      "area of a mesh", "diameter",  "major axis",       "minor axis",
                                      "least axis",     "long axis", "short axis",       "distance"};

static lm_status sr_unit(const lm_sr_item *i, lm_unit *unit, double *factor, lm_err *err)
{
    static const struct {
        const char *ucum;
        lm_unit unit;
        double factor;
    } known[] = {
        {"mm", LM_UNIT_MM, 1},     {"cm", LM_UNIT_MM, 10},     {"dm", LM_UNIT_MM, 100},    {"m", LM_UNIT_MM, 1000},
        {"um", LM_UNIT_MM, 1e-3},  {"mm2", LM_UNIT_MM2, 1},    {"cm2", LM_UNIT_MM2, 100},  {"dm2", LM_UNIT_MM2, 1e4},
        {"m2", LM_UNIT_MM2, 1e6},  {"um2", LM_UNIT_MM2, 1e-6}, {"mm3", LM_UNIT_MM3, 1},    {"cm3", LM_UNIT_MM3, 1000},
        {"dm3", LM_UNIT_MM3, 1e6}, {"m3", LM_UNIT_MM3, 1e9},   {"um3", LM_UNIT_MM3, 1e-9}, {"ml", LM_UNIT_MM3, 1000},
        {"mL", LM_UNIT_MM3, 1000}, {"l", LM_UNIT_MM3, 1e6},    {"L", LM_UNIT_MM3, 1e6},    {"ul", LM_UNIT_MM3, 1},
        {"uL", LM_UNIT_MM3, 1},    {"dl", LM_UNIT_MM3, 1e5},   {"dL", LM_UNIT_MM3, 1e5},   {"cl", LM_UNIT_MM3, 1e4},
        {"cL", LM_UNIT_MM3, 1e4},
    };
    if (!strcmp(i->unit, "1") || i->unit[0] == '{')
        return lm_err_set(err, LM_ERULE, NULL, "%s (%.16s %s) has the unit '%s': a number with a dimension must not",
                          sr_word[i->kind], i->code, i->scheme, i->unit);
    for (size_t k = 0; k < sizeof known / sizeof *known && !strcmp(i->unit_scheme, "UCUM"); k++)
        if (!strcmp(i->unit, known[k].ucum)) {
            *unit = known[k].unit;
            *factor = known[k].factor;
            return LM_OK;
        }
    return lm_err_set(err, LM_ERULE, NULL,
                      "%s (%.16s %s) has the unit '%s' (%s), which is no UCUM code of a length, area or volume", sr_word[i->kind],
                      i->code, i->scheme, i->unit, i->unit_scheme[0] ? i->unit_scheme : "no scheme");
}

lm_status lm_sr_value(const lm_sr_item *i, lm_quantity *out, lm_err *err)
{
    lm_unit unit = LM_UNIT_NONE;
    double factor = 1;
    const char *text = i->number + (i->number[0] == '+');
    if (!i->number[0]) return lm_err_set(err, LM_ERULE, NULL, "%s (%.16s %s) has no value", sr_word[i->kind], i->code, i->scheme);
    lm_status rc = sr_unit(i, &unit, &factor, err);
    if (rc) return rc;
    if (unit != sr_dimension(i->kind))
        return lm_err_set(err, LM_ERULE, NULL, "%s (%.16s %s) is given in '%s', which does not fit", sr_word[i->kind], i->code,
                          i->scheme, i->unit);
    double v;
    if (!lm_num_all(text, &v) || lm_num_quantity(text, unit, out, err))
        return lm_err_set(err, LM_ERULE, NULL, "%s (%.16s %s): '%s' is no number", sr_word[i->kind], i->code, i->scheme, i->number);
    if (v < 0)
        return lm_err_set(err, LM_ERULE, NULL, "%s (%.16s %s): %s is negative", sr_word[i->kind], i->code, i->scheme, i->number);
    out->value *= factor;
    out->ulp *= factor;
    return LM_OK;
}

void lm_sr_line(const lm_sr_item *i, char *buf, size_t cap)
{
    snprintf(buf, cap, "%s (%.16s %s) %s %s", sr_word[i->kind], i->code, i->scheme, i->number[0] ? i->number : "without value",
             i->unit);
}
