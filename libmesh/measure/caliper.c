/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Contents: 1 points and distances, 2 text, 3 .mrk.json, 4 on the mesh */
#include "measure/caliper.h"
#include "base/mem.h"
#include "volume/terms.h"

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

/* ---- 1 points and distances ---- */

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

static lm_status caliper_distance(lm_calipers *c, const lm_caliper *d, lm_err *err)
{
    const double *a = c->point[d->end[0]].mm, *b = c->point[d->end[1]].mm;
    if (a[0] == b[0] && a[1] == b[1] && a[2] == b[2])
        return lm_err_set(err, LM_EUSAGE, NULL, "both landmarks are in one place: there is no distance");
    if (c->n == LM_CALIPER_MAX) return lm_err_set(err, LM_ERANGE, NULL, "more than %d distances", (int)LM_CALIPER_MAX);
    for (size_t i = 0; i < c->n; i++)
        if (!strcmp(c->item[i].name, d->name)) return lm_err_set(err, LM_EUSAGE, NULL, "a distance of this name is there already");
    lm_status rc = lm_mem_grow(&c->item, &c->cap, c->n + 1, sizeof *d, err);
    if (!rc) c->item[c->n++] = *d;
    return rc;
}

/* ---- 2 text ---- */

static lm_status caliper_length(const char *text, bool percent, lm_quantity *q, bool *has, lm_err *err)
{
    if (*has) return lm_err_set(err, LM_EUSAGE, NULL, "'%.30s': there is one already", text);
    lm_status rc = lm_num_quantity(text, LM_UNIT_MM, q, err);
    if (!rc && ((q->unit != LM_UNIT_MM && !(percent && q->unit == LM_UNIT_PERCENT)) || q->value < 0))
        rc = lm_err_set(err, LM_EUSAGE, NULL, "'%.30s' is no length", text);
    *has = !rc;
    return rc;
}

static lm_status caliper_text_distance(lm_calipers *c, char **word, size_t n, lm_err *err)
{
    lm_caliper d = {.has_reading = false};
    lm_status rc = LM_OK;
    if (n < 4 || strlen(word[1]) >= sizeof d.name)
        return lm_err_set(err, LM_EUSAGE, NULL, "write: distance NAME POINT POINT [READING] [tol=T] [print=LENGTH]");
    snprintf(d.name, sizeof d.name, "%s", word[1]);
    for (size_t e = 0; e < 2; e++)
        if (!caliper_find(c, word[2 + e], &d.end[e]))
            return lm_err_set(err, LM_EUSAGE, NULL, "there is no point of the %s name", e ? "second" : "first");
    for (size_t i = 4; i < n && !rc; i++) {
        if (!strncmp(word[i], "tol=", 4)) rc = caliper_length(word[i] + 4, true, &d.tol, &d.has_tol, err);
        else if (!strncmp(word[i], "print=", 6)) rc = caliper_length(word[i] + 6, false, &d.print, &d.has_print, err);
        else rc = caliper_length(word[i], false, &d.reading, &d.has_reading, err);
    }
    return rc ? rc : caliper_distance(c, &d, err);
}

static lm_status caliper_line(lm_calipers *c, char *line, lm_err *err)
{
    enum { WORDS = 8 };
    char *word[WORDS], *at = line, *save = NULL;
    size_t n = 0, known;
    double mm[3];
    for (char *w = strtok_r(at, " \t", &save); w && w[0] != '#'; w = strtok_r(NULL, " \t", &save)) {
        if (n == WORDS) return lm_err_set(err, LM_EUSAGE, NULL, "too many words");
        word[n++] = w;
    }
    if (!n) return LM_OK;
    if (!strcmp(word[0], "distance")) return caliper_text_distance(c, word, n, err);
    if (strcmp(word[0], "point")) return lm_err_set(err, LM_EUSAGE, NULL, "it begins neither with 'point' nor with 'distance'");
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

static lm_status caliper_markup(const json_t *m, size_t number, lm_calipers *out, lm_err *err)
{
    const char *type = json_string_value(json_object_get(m, "type")),
               *system = json_string_value(json_object_get(m, "coordinateSystem")),
               *unit = json_string_value(json_object_get(m, "coordinateUnits"));
    const json_t *list = json_object_get(m, "controlPoints"), *p;
    lm_caliper d = {.end = {out->n_points, out->n_points + 1}};
    size_t i;
    lm_status rc = LM_OK;
    if (!type || (strcmp(type, "Line") && strcmp(type, "Fiducial")))
        return lm_err_set(err, LM_EUSAGE, NULL, "only lines and points are measured, and this is of type '%.30s'",
                          type ? type : "none");
    if (!system || (strcmp(system, "LPS") && strcmp(system, "RAS")))
        return lm_err_set(err, LM_EUSAGE, NULL, "coordinateSystem is neither LPS nor RAS");
    if (unit && strcmp(unit, "mm")) return lm_err_set(err, LM_EUSAGE, NULL, "coordinateUnits is not mm");
    json_array_foreach(list, i, p)
        if (!rc) rc = caliper_control(p, strcmp(system, "RAS") ? 1 : -1, out->n_points + 1, out, err);
    if (rc || strcmp(type, "Line")) return rc;
    if (json_array_size(list) != 2) return lm_err_set(err, LM_EUSAGE, NULL, "a line has %zu points, not 2", json_array_size(list));
    snprintf(d.name, sizeof d.name, "%zu", number);
    return caliper_distance(out, &d, err);
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
    if (!rc && !out->n) rc = lm_err_set(err, LM_EUSAGE, NULL, "there is no distance in it");
    if (!rc) return LM_OK;
    lm_caliper_release(out);
    return lm_err_frame(err, "landmarks '%s'", lm_io_name(in));
}

/* ---- 4 on the mesh ---- */

/* Where the line a + t d (d of length 1) crosses triangle i; Moeller and Trumbore, JGT 1997. */
static bool caliper_cross(const lm_mesh *m, size_t i, const double a[3], const double d[3], double *t)
{
    double p[3][3], u[3], v[3], h[3], s[3], q[3];
    for (size_t k = 0; k < 3; k++)
        for (size_t c = 0; c < 3; c++) p[k][c] = (double)m->pos[3 * (size_t)m->tri[3 * i + k] + c];
    for (int c = 0; c < 3; c++) {
        u[c] = p[1][c] - p[0][c];
        v[c] = p[2][c] - p[0][c];
        s[c] = a[c] - p[0][c];
    }
    for (int c = 0; c < 3; c++) {
        int e = (c + 1) % 3, f = (c + 2) % 3;
        h[c] = d[e] * v[f] - d[f] * v[e];
        q[c] = s[e] * u[f] - s[f] * u[e];
    }
    double det = u[0] * h[0] + u[1] * h[1] + u[2] * h[2];
    if (det == 0) return false;
    double x = (s[0] * h[0] + s[1] * h[1] + s[2] * h[2]) / det, y = (d[0] * q[0] + d[1] * q[1] + d[2] * q[2]) / det;
    const double edge = -1e-9; /* a line through an edge crosses one of its triangles at least */
    if (x < edge || y < edge || x + y > 1 - edge) return false;
    *t = (v[0] * q[0] + v[1] * q[1] + v[2] * q[2]) / det;
    return true;
}

/* The distance on the mesh, NAN where there is no surface near an end. */
static double caliper_on(const lm_mesh *m, const double a[3], const double b[3], double *length)
{
    double d[3], l2 = 0, first = NAN, last = NAN;
    for (int c = 0; c < 3; c++) l2 += (b[c] - a[c]) * (b[c] - a[c]);
    *length = sqrt(l2);
    for (int c = 0; c < 3; c++) d[c] = (b[c] - a[c]) / *length;
    for (size_t i = 0; i < m->nt; i++) {
        double t;
        if (!caliper_cross(m, i, a, d, &t)) continue;
        if (fabs(t) <= LM_CALIPER_SNAP && !(fabs(t) >= fabs(first))) first = t;
        if (fabs(t - *length) <= LM_CALIPER_SNAP && !(fabs(t - *length) >= fabs(last - *length))) last = t;
    }
    return last > first ? last - first : NAN;
}

static double caliper_tol(const lm_caliper *d, const lm_tol *given, double reference, const char **is)
{
    *is = d->has_tol                                              ? "given with it"
          : given->has[LM_UNIT_MM] || given->has[LM_UNIT_PERCENT] ? "--tol"
                                                                  : "default: 1 mm end to end";
    if (d->has_tol) return d->tol.unit == LM_UNIT_PERCENT ? d->tol.value / 100 * reference : d->tol.value;
    if (given->has[LM_UNIT_MM]) return given->value[LM_UNIT_MM];
    return given->has[LM_UNIT_PERCENT] ? given->value[LM_UNIT_PERCENT] / 100 * reference : LM_CALIPER_TOL;
}

static lm_status caliper_add(const lm_caliper *d, const char *what, size_t number, bool keep_names, lm_measurement *m,
                             lm_verdict_list *out, lm_err *err)
{
    if (keep_names || lm_terms_known(d->name)) snprintf(m->name, sizeof m->name, "%s %s", what, d->name);
    else snprintf(m->name, sizeof m->name, "%s %zu", what, number);
    m->unit = LM_UNIT_MM;
    lm_verdict_measurement(m);
    if (isnan(m->value) || isnan(m->reference))
        snprintf(m->note, sizeof m->note, "no surface within %g mm of a landmark, along the line through both", LM_CALIPER_SNAP);
    return lm_verdict_add(out, m, err);
}

lm_status lm_caliper_judge(const lm_calipers *c, const lm_mesh *m, const lm_tol *tol, bool keep_names, lm_verdict_list *out,
                           lm_err *err)
{
    lm_status rc = LM_OK;
    double most = 0;
    if (m->space == LM_SPACE_RAS)
        return lm_err_set(err, LM_ERULE, NULL, "landmarks are in LPS, and the mesh is in RAS: turn it with meshconv first");
    for (size_t i = 0; i < 3 * m->nv; i++) most = fabs((double)m->pos[i]) > most ? fabs((double)m->pos[i]) : most;
    for (size_t i = 0; i < c->n && !rc; i++) {
        const lm_caliper *d = &c->item[i];
        double length, on = caliper_on(m, c->point[d->end[0]].mm, c->point[d->end[1]].mm, &length), u = 4 * most * 0x1p-24;
        lm_measurement one = {.value = on,
                              .u_value = u,
                              .reference = d->has_reading ? d->reading.value : length,
                              .reference_is = d->has_reading ? "reading" : "distance of the landmarks",
                              .u_reference = d->has_reading ? d->reading.ulp : 0};
        one.tol = caliper_tol(d, tol, one.reference, &one.tol_is);
        rc = caliper_add(d, "distance", i + 1, keep_names, &one, out, err);
        if (rc || !d->has_print) continue;
        lm_measurement print = {
            .value = d->print.value, .u_value = d->print.ulp, .reference = on, .reference_is = "on the mesh", .u_reference = u};
        print.tol = caliper_tol(d, tol, on, &print.tol_is);
        rc = caliper_add(d, "print", i + 1, keep_names, &print, out, err);
    }
    return rc;
}
