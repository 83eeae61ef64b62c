/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "measure/spec.h"

#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Quantities beside those of lm_expect: of against.h and reported.h. */
static const struct {
    const char *name;
    lm_unit unit;
} spec_known[] = {
    {"centroid-shift", LM_UNIT_MM},
    {"box", LM_UNIT_MM},
    {"dice", LM_UNIT_NONE},
    {"misplaced", LM_UNIT_NONE},
    {"mask-volume", LM_UNIT_MM3},
    {"mask-centroid-shift", LM_UNIT_MM},
    {"mask-dice", LM_UNIT_NONE},
    {"mask-misplaced", LM_UNIT_NONE},
    {"mask-hd95", LM_UNIT_MM},
    {"mask-assd", LM_UNIT_MM},
    {"reported-volume", LM_UNIT_MM3},
    {"reported-area", LM_UNIT_MM2},
    {"reported-diameter", LM_UNIT_MM},
    {"reported-axis", LM_UNIT_MM},
    {"landmark-distance", LM_UNIT_MM},
    {"landmark-angle", LM_UNIT_DEG},
    {"landmark-diameter", LM_UNIT_MM},
    {"reported-long-axis", LM_UNIT_MM},
    {"reported-short-axis", LM_UNIT_MM},
};

static bool spec_unit(const char *name, lm_unit *unit)
{
    for (size_t i = 0; i < sizeof spec_known / sizeof *spec_known; i++)
        if (!strcmp(name, spec_known[i].name)) {
            *unit = spec_known[i].unit;
            return true;
        }
    return lm_expect_unit(name, unit);
}

static const char *spec_names(char *list, size_t cap)
{
    size_t at = 0;
    for (size_t i = 0; i < sizeof spec_known / sizeof *spec_known && at < cap; i++)
        at += (size_t)snprintf(list + at, cap - at, "%s%s", i ? ", " : "", spec_known[i].name);
    return list;
}

static lm_status spec_keys(const json_t *o, const char *const *known, size_t n, const char *where, lm_err *err)
{
    const char *key;
    json_t *v;
    json_object_foreach((json_t *)o, key, v) {
        size_t i = 0;
        while (i < n && strcmp(key, known[i])) i++;
        if (i == n) return lm_err_set(err, LM_EUSAGE, NULL, "%s: there is no key '%.40s'", where, key);
    }
    return LM_OK;
}

static lm_status spec_tolerances(const json_t *all, lm_spec *out, lm_err *err)
{
    const char *name;
    json_t *v;
    if (!all) return LM_OK;
    if (!json_is_object(all)) return lm_err_set(err, LM_EUSAGE, NULL, "'tolerances' is no object");
    json_object_foreach((json_t *)all, name, v) {
        lm_unit unit;
        lm_quantity q;
        char list[LM_ERR_TEXT];
        if (!spec_unit(name, &unit))
            return lm_err_set(err, LM_EUSAGE, NULL, "tolerances: '%.40s' is no known quantity: %s, %s", name,
                              spec_names(list, sizeof list), lm_expect_names());
        if (out->n == LM_SPEC_MAX) return lm_err_set(err, LM_ERANGE, NULL, "more than %d tolerances", (int)LM_SPEC_MAX);
        if (!json_is_string(v))
            return lm_err_set(err, LM_EUSAGE, NULL, "tolerances: '%s' is no text with a unit, such as \"1%%\"", name);
        lm_status rc = lm_num_quantity(json_string_value(v), unit, &q, err);
        if (rc) return lm_err_frame(err, "tolerances: %s", name);
        if (q.value < 0 || (q.unit != unit && q.unit != LM_UNIT_PERCENT))
            return lm_err_set(err, LM_EUSAGE, NULL, "tolerances: '%.40s' does not fit '%s'", json_string_value(v), name);
        snprintf(out->tol[out->n].name, sizeof out->tol->name, "%s", name);
        out->tol[out->n++].tol = q;
    }
    return LM_OK;
}

static lm_status spec_expectation(const json_t *one, lm_spec *out, lm_err *err)
{
    static const char *const keys[] = {"name", "value", "tol"};
    const char *name = json_string_value(json_object_get(one, "name")), *value = json_string_value(json_object_get(one, "value"));
    const json_t *tol = json_object_get(one, "tol");
    char text[128];
    lm_status rc = spec_keys(one, keys, 3, "expect", err);
    if (rc) return rc;
    if (!name || !value || (tol && !json_is_string(tol)))
        return lm_err_set(err, LM_EUSAGE, NULL, "expect: an entry needs 'name' and 'value', and may have 'tol', all of them texts");
    if (out->n_expect == LM_SPEC_MAX) return lm_err_set(err, LM_ERANGE, NULL, "more than %d expectations", (int)LM_SPEC_MAX);
    int n = snprintf(text, sizeof text, "%s=%s%s%s", name, value, tol ? ",tol=" : "", tol ? json_string_value(tol) : "");
    if (n < 0 || (size_t)n >= sizeof text) return lm_err_set(err, LM_EUSAGE, NULL, "expect: '%.40s' is too long", name);
    if ((rc = lm_expect_parse(text, &out->expect[out->n_expect], err))) return lm_err_frame(err, "expect");
    for (size_t i = 0; i < out->n_expect; i++)
        if (lm_expect_same(&out->expect[i], &out->expect[out->n_expect]))
            return lm_err_set(err, LM_EUSAGE, NULL, "expect: '%.40s' stands twice", name);
    out->n_expect++;
    return LM_OK;
}

static lm_status spec_all(const json_t *o, lm_spec *out, lm_err *err)
{
    static const char *const keys[] = {"schema", "name", "tolerances", "expect"};
    const json_t *schema = json_object_get(o, "schema"), *name = json_object_get(o, "name"), *list = json_object_get(o, "expect"),
                 *one;
    size_t i;
    if (!json_is_object(o)) return lm_err_set(err, LM_EUSAGE, NULL, "it is no object");
    lm_status rc = spec_keys(o, keys, 4, "file", err);
    if (rc) return rc;
    if (json_integer_value(schema) != 1) return lm_err_set(err, LM_EUSAGE, NULL, "'schema' must be there, and 1");
    if ((name && !json_is_string(name)) || (list && !json_is_array(list)))
        return lm_err_set(err, LM_EUSAGE, NULL, "'name' is a text and 'expect' a list");
    rc = spec_tolerances(json_object_get(o, "tolerances"), out, err);
    json_array_foreach(list, i, one)
        if (!rc) rc = spec_expectation(one, out, err);
    return rc;
}

lm_status lm_spec_read(lm_in *in, lm_spec *out, lm_err *err)
{
    char *text = NULL;
    size_t n;
    json_error_t e;
    *out = (lm_spec){.n = 0};
    lm_status rc = lm_io_slurp(in, LM_SPEC_BYTES, &text, &n, err);
    if (!rc) {
        json_t *o = json_loadb(text, n, JSON_REJECT_DUPLICATES, &e);
        rc = o ? spec_all(o, out, err) : lm_err_set(err, LM_EFORMAT, NULL, "line %d, column %d: %.120s", e.line, e.column, e.text);
        json_decref(o);
    }
    free(text);
    return rc ? lm_err_frame(err, "specification '%s'", lm_io_name(in)) : LM_OK;
}

static const lm_quantity *spec_find(const lm_spec *s, const char *name)
{
    for (size_t i = 0; i < s->n; i++)
        if (!strcmp(s->tol[i].name, name)) return &s->tol[i].tol;
    return NULL;
}

void lm_spec_expect(const lm_spec *s, lm_expect *e)
{
    const lm_quantity *q = e->has_tol ? NULL : spec_find(s, lm_expect_name(e));
    if (!q) return;
    e->tol = *q;
    e->has_tol = e->of_spec = true;
}

/* "distance liver, mask" is a landmark-distance. */
static bool spec_landmark(const lm_measurement *m, char out[LM_VERDICT_NAME])
{
    static const char *const from[] = {"distance ", "angle ", "diameter "};
    for (size_t i = 0; i < sizeof from / sizeof *from; i++)
        if (!strncmp(m->name, from[i], strlen(from[i]))) {
            snprintf(out, LM_VERDICT_NAME, "landmark-%.*s", (int)strlen(from[i]) - 1, from[i]);
            return true;
        }
    return false;
}

/* "min-x of part 3" is of the box, "reported volume 2" a reported-volume, "mask dice" a mask-dice. */
static void spec_common(const char *name, char out[LM_VERDICT_NAME])
{
    static const char *const from[] = {"reported ", "mask "};
    const char *part = strstr(name, " of part "), *end = part ? part : name + strlen(name);
    snprintf(out, LM_VERDICT_NAME, "%.*s", (int)(end - name), name);
    lm_expect_common(out);
    if (!strncmp(out, "min-", 4) || !strncmp(out, "max-", 4)) memcpy(out, "box", 4);
    for (size_t i = 0; i < sizeof from / sizeof *from; i++) {
        if (strncmp(out, from[i], strlen(from[i]))) continue;
        out[strlen(from[i]) - 1] = '-';
        char *space = strchr(out, ' ');
        if (space) *space = 0;
    }
}

lm_status lm_spec_apply(const lm_spec *s, lm_measurement *m, lm_err *err)
{
    char name[LM_VERDICT_NAME];
    if (!spec_landmark(m, name)) spec_common(m->name, name);
    else if (m->tol_is && !strcmp(m->tol_is, LM_VERDICT_OWN)) return LM_OK; /* beside the value: that comes first */
    const lm_quantity *q = spec_find(s, name);
    if (!q) return LM_OK;
    if (q->unit == LM_UNIT_PERCENT && m->absolute)
        return lm_err_set(err, LM_EUSAGE, NULL, "tolerances: a percentage of '%s' means nothing", name);
    m->tol = q->unit == LM_UNIT_PERCENT ? q->value / 100 * fabs(m->reference) : q->value;
    m->tol_is = "specification";
    if (!strncmp(m->note, "differs by", 10)) lm_verdict_measurement(m);
    else m->verdict = lm_verdict_judge(m->value, m->reference, m->u_value + m->u_reference, m->tol);
    return LM_OK;
}
