/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Contents: 1 points and what is between them, 2 text, 3 .mrk.json */
#include "measure/caliper.h"
#include "base/mem.h"

#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void lm_caliper_release(lm_calipers *c)
{
    free(c->point);
    free(c->item);
    *c = (lm_calipers)LM_CALIPERS_INIT;
}

const char *lm_caliper_word(lm_caliper_kind k)
{
    static const char *const word[] = {"distance", "angle", "diameter"};
    return word[k];
}

/* ---- 1 points and what is between them ---- */

static bool caliper_find(const lm_calipers *c, const char *name, size_t *at)
{
    for (*at = 0; *at < c->n_points; ++*at)
        if (!strcmp(c->point[*at].name, name)) return true;
    return false;
}

static lm_status caliper_point(lm_calipers *c, const char *name, const double mm[3], lm_err *err)
{
    lm_caliper_point p = {.mm = {mm[0], mm[1], mm[2]}};
    if (strlen(name) >= sizeof p.name)
        return lm_err_set(err, LM_EUSAGE, NULL, "a name has more than %d bytes", LM_CALIPER_NAME - 1);
    if (c->n_points == LM_CALIPER_MAX) return lm_err_set(err, LM_ERANGE, NULL, "more than %d landmarks", (int)LM_CALIPER_MAX);
    for (int k = 0; k < 3; k++)
        if (!(fabs(mm[k]) <= 1e7)) return lm_err_set(err, LM_EUSAGE, NULL, "a coordinate is beyond 10 km or no number");
    snprintf(p.name, sizeof p.name, "%s", name);
    lm_status rc = lm_mem_grow(&c->point, &c->points_cap, c->n_points + 1, sizeof p, err);
    if (!rc) c->point[c->n_points++] = p;
    return rc;
}

static lm_status caliper_item(lm_calipers *c, const lm_caliper *d, lm_err *err)
{
    for (size_t i = 0; i < d->ends; i++)
        for (size_t k = 0; k < i; k++)
            if (!memcmp(c->point[d->end[i]].mm, c->point[d->end[k]].mm, sizeof c->point->mm))
                return lm_err_set(err, LM_EUSAGE, NULL, "two landmarks are in one place: there is no %s", lm_caliper_word(d->kind));
    if (c->n == LM_CALIPER_MAX)
        return lm_err_set(err, LM_ERANGE, NULL, "more than %d distances, angles and diameters", (int)LM_CALIPER_MAX);
    for (size_t i = 0; i < c->n; i++)
        if (c->item[i].kind == d->kind && !strcmp(c->item[i].name, d->name))
            return lm_err_set(err, LM_EUSAGE, NULL, "a %s of this name is there already", lm_caliper_word(d->kind));
    lm_status rc = lm_mem_grow(&c->item, &c->cap, c->n + 1, sizeof *d, err);
    if (!rc) c->item[c->n++] = *d;
    return rc;
}

/* ---- 2 text ---- */

static lm_status caliper_value(const char *text, lm_caliper_kind kind, bool percent, lm_quantity *q, bool *has, lm_err *err)
{
    lm_unit unit = kind == LM_CALIPER_ANGLE ? LM_UNIT_DEG : LM_UNIT_MM;
    if (*has) return lm_err_set(err, LM_EUSAGE, NULL, "'%.30s': there is one already", text);
    lm_status rc = lm_num_quantity(text, unit, q, err);
    if (!rc && ((q->unit != unit && !(percent && q->unit == LM_UNIT_PERCENT)) || q->value < 0))
        rc = lm_err_set(err, LM_EUSAGE, NULL, "'%.30s' is no %s", text, unit == LM_UNIT_DEG ? "angle" : "length");
    *has = !rc;
    return rc;
}

/* NAME, points, then what was read: of a diameter all words that are points. */
static lm_status caliper_text_item(lm_calipers *c, lm_caliper_kind kind, char **word, size_t n, lm_err *err)
{
    static const char *const how[] = {"distance NAME POINT POINT", "angle NAME POINT POINT POINT",
                                      "diameter NAME POINT POINT POINT ..."},
                             *const which[] = {"first", "second", "third"};
    lm_caliper d = {.kind = kind};
    const size_t least = kind == LM_CALIPER_DISTANCE ? 2 : 3;
    lm_status rc = LM_OK;
    size_t i = 2;
    if (n < 2 + least || strlen(word[1]) >= sizeof d.name)
        return lm_err_set(err, LM_EUSAGE, NULL, "write: %s [READING] [tol=T] [print=VALUE]", how[kind]);
    snprintf(d.name, sizeof d.name, "%s", word[1]);
    for (; i < n && (d.ends < least || kind == LM_CALIPER_DIAMETER); i++, d.ends++) {
        size_t at;
        bool known = caliper_find(c, word[i], &at);
        if (!known && d.ends >= least) break;
        if (!known) return lm_err_set(err, LM_EUSAGE, NULL, "there is no point of the %s name", which[d.ends]);
        if (d.ends == LM_CALIPER_ENDS)
            return lm_err_set(err, LM_EUSAGE, NULL, "a diameter has at most %d points", (int)LM_CALIPER_ENDS);
        d.end[d.ends] = at;
    }
    for (; i < n && !rc; i++) {
        if (!strncmp(word[i], "tol=", 4)) rc = caliper_value(word[i] + 4, kind, true, &d.tol, &d.has_tol, err);
        else if (!strncmp(word[i], "print=", 6)) rc = caliper_value(word[i] + 6, kind, false, &d.print, &d.has_print, err);
        else rc = caliper_value(word[i], kind, false, &d.reading, &d.has_reading, err);
    }
    return rc ? rc : caliper_item(c, &d, err);
}

static lm_status caliper_line(lm_calipers *c, char *line, lm_err *err)
{
    enum { WORDS = 5 + LM_CALIPER_ENDS };
    char *word[WORDS], *at = line, *save = NULL;
    size_t n = 0, known;
    double mm[3];
    for (char *w = strtok_r(at, " \t", &save); w && w[0] != '#'; w = strtok_r(NULL, " \t", &save)) {
        if (n == WORDS) return lm_err_set(err, LM_EUSAGE, NULL, "too many words");
        word[n++] = w;
    }
    if (!n) return LM_OK;
    for (lm_caliper_kind k = LM_CALIPER_DISTANCE; k <= LM_CALIPER_DIAMETER; k++)
        if (!strcmp(word[0], lm_caliper_word(k))) return caliper_text_item(c, k, word, n, err);
    if (strcmp(word[0], "point"))
        return lm_err_set(err, LM_EUSAGE, NULL, "it begins neither with 'point' nor with 'distance', 'angle' or 'diameter'");
    if (n != 5 || !lm_num_all(word[2], &mm[0]) || !lm_num_all(word[3], &mm[1]) || !lm_num_all(word[4], &mm[2]))
        return lm_err_set(err, LM_EUSAGE, NULL, "write: point NAME X Y Z");
    if (caliper_find(c, word[1], &known)) return lm_err_set(err, LM_EUSAGE, NULL, "a point of this name is there already");
    return caliper_point(c, word[1], mm, err);
}

static lm_status caliper_text(char *text, size_t n, lm_calipers *out, lm_err *err)
{
    size_t number = 0;
    if (memchr(text, 0, n)) return lm_err_set(err, LM_EFORMAT, NULL, "it is no text");
    for (char *line = text, *end; line < text + n; line = end + 1) {
        number++;
        end = strchr(line, '\n');
        if (!end) end = text + n;
        *end = 0;
        if (end > line && end[-1] == '\r') end[-1] = 0;
        lm_status rc = caliper_line(out, line, err);
        if (rc) return lm_err_frame(err, "line %zu", number);
    }
    return LM_OK;
}

/* ---- 3 .mrk.json ---- */

static lm_status caliper_control(const json_t *p, double sign, size_t number, lm_calipers *out, lm_err *err)
{
    char name[LM_CALIPER_NAME];
    double mm[3];
    const json_t *at = json_object_get(p, "position");
    for (size_t c = 0; c < 3; c++) {
        const json_t *v = json_array_get(at, c);
        if (!json_is_number(v)) return lm_err_set(err, LM_EUSAGE, NULL, "a control point has no position of three numbers");
        mm[c] = json_number_value(v) * (c < 2 ? sign : 1);
    }
    snprintf(name, sizeof name, "%zu", number);
    return caliper_point(out, name, mm, err);
}

/* A closed curve stands for the circle that its control points lie on. */
static lm_status caliper_shape(const char *type, size_t points, lm_caliper *d, lm_err *err)
{
    static const char *const known[] = {"Line", "Angle", "ClosedCurve"};
    while (d->kind < LM_CALIPER_DIAMETER && strcmp(type, known[d->kind])) d->kind++;
    bool fits = d->kind == LM_CALIPER_DIAMETER ? points >= 3 && points <= LM_CALIPER_ENDS
                                               : points == (d->kind == LM_CALIPER_ANGLE ? 3u : 2u);
    if (fits) return LM_OK;
    return lm_err_set(err, LM_EUSAGE, NULL, "a %s has %zu points, not %s", lm_caliper_word(d->kind), points,
                      d->kind == LM_CALIPER_DISTANCE ? "2"
                      : d->kind == LM_CALIPER_ANGLE  ? "3"
                                                     : "3 to 32");
}

static lm_status caliper_markup(const json_t *m, size_t number, lm_calipers *out, lm_err *err)
{
    const char *type = json_string_value(json_object_get(m, "type")),
               *system = json_string_value(json_object_get(m, "coordinateSystem")),
               *unit = json_string_value(json_object_get(m, "coordinateUnits"));
    const json_t *list = json_object_get(m, "controlPoints"), *p;
    lm_caliper d = {.kind = LM_CALIPER_DISTANCE};
    size_t i, first = out->n_points;
    lm_status rc = LM_OK;
    if (!type || (strcmp(type, "Line") && strcmp(type, "Angle") && strcmp(type, "ClosedCurve") && strcmp(type, "Fiducial")))
        return lm_err_set(err, LM_EUSAGE, NULL, "lines, angles, closed curves and points are measured, and this is of type '%.30s'",
                          type ? type : "none");
    if (!system || (strcmp(system, "LPS") && strcmp(system, "RAS")))
        return lm_err_set(err, LM_EUSAGE, NULL, "coordinateSystem is neither LPS nor RAS");
    if (unit && strcmp(unit, "mm")) return lm_err_set(err, LM_EUSAGE, NULL, "coordinateUnits is not mm");
    json_array_foreach(list, i, p)
        if (!rc) rc = caliper_control(p, strcmp(system, "RAS") ? 1 : -1, out->n_points + 1, out, err);
    if (rc || !strcmp(type, "Fiducial")) return rc;
    if ((rc = caliper_shape(type, json_array_size(list), &d, err))) return rc;
    for (; d.ends < json_array_size(list); d.ends++) d.end[d.ends] = first + d.ends;
    snprintf(d.name, sizeof d.name, "%zu", number);
    return caliper_item(out, &d, err);
}

static lm_status caliper_json(const char *text, size_t n, lm_calipers *out, lm_err *err)
{
    json_error_t e;
    json_t *o = json_loadb(text, n, 0, &e);
    const json_t *list = json_object_get(o, "markups"), *m;
    size_t i;
    if (!o) return lm_err_set(err, LM_EFORMAT, NULL, "line %d, column %d: no JSON", e.line, e.column);
    lm_status rc = json_is_array(list) ? LM_OK : lm_err_set(err, LM_EFORMAT, NULL, "it has no list 'markups': it is no .mrk.json");
    json_array_foreach(list, i, m)
        if (!rc && (rc = caliper_markup(m, i + 1, out, err))) lm_err_frame(err, "markup %zu", i + 1);
    json_decref(o);
    return rc;
}

lm_status lm_caliper_read(lm_in *in, lm_calipers *out, lm_err *err)
{
    char *text = NULL;
    size_t n;
    lm_caliper_release(out);
    lm_status rc = lm_io_slurp(in, LM_CALIPER_BYTES, &text, &n, err);
    if (!rc) rc = text[strspn(text, " \t\r\n")] == '{' ? caliper_json(text, n, out, err) : caliper_text(text, n, out, err);
    free(text);
    if (!rc && !out->n) rc = lm_err_set(err, LM_EUSAGE, NULL, "there is no distance in it, no angle and no diameter");
    if (!rc) return LM_OK;
    lm_caliper_release(out);
    return lm_err_frame(err, "landmarks '%s'", lm_io_name(in));
}
