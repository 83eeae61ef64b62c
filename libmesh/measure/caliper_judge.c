/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Contents: 1 circles, 2 measuring, 3 judging */
#include "measure/caliper_judge.h"
#include "dicom/geometry.h"
#include "volume/terms.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { JUDGE_STEPS = 12 };
#define JUDGE_DEG 57.29577951308232 /* degrees in a radian */

static double judge_dot(const double a[3], const double b[3])
{
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}

/* d = b - a of length 1; the length. */
static double judge_line(const double a[3], const double b[3], double d[3])
{
    for (int c = 0; c < 3; c++) d[c] = b[c] - a[c];
    double l = sqrt(judge_dot(d, d));
    for (int c = 0; c < 3 && l > 0; c++) d[c] /= l;
    return l;
}

/* ---- 1 circles ---- */

/* Normal of the plane of the points about their mean m: the sum of the cross products of all pairs, turned to one side. */
static bool judge_plane(const double (*p)[3], size_t n, const double m[3], double normal[3])
{
    double first[3] = {0, 0, 0}, most = 0, size = 0;
    for (int pass = 0; pass < 2; pass++)
        for (size_t i = 0; i < n; i++)
            for (size_t j = i + 1; j < n; j++) {
                double x[3], a[3], b[3];
                for (int c = 0; c < 3; c++) a[c] = p[i][c] - m[c], b[c] = p[j][c] - m[c], size = fmax(size, fabs(a[c]));
                for (int c = 0; c < 3; c++) x[c] = a[(c + 1) % 3] * b[(c + 2) % 3] - a[(c + 2) % 3] * b[(c + 1) % 3];
                double l = judge_dot(x, x), side = judge_dot(x, first) < 0 ? -1 : 1;
                if (!pass && l > most) most = l, memcpy(first, x, sizeof first), memset(normal, 0, 3 * sizeof *normal);
                for (int c = 0; c < 3 && pass; c++) normal[c] += side * x[c];
            }
    double l = sqrt(judge_dot(normal, normal));
    if (!(l > 1e-9 * size * size)) return false;
    for (int c = 0; c < 3; c++) normal[c] /= l;
    return true;
}

static double judge_det(const double a[3], const double b[3], const double c[3])
{
    return a[0] * (b[1] * c[2] - b[2] * c[1]) - b[0] * (a[1] * c[2] - a[2] * c[1]) + c[0] * (a[1] * b[2] - a[2] * b[1]);
}

/* Centre and radius o of the circle near points of mean 0 in a plane. */
static bool judge_circle(const double (*q)[2], size_t n, double o[3])
{
    double xx = 0, xy = 0, yy = 0, xz = 0, yz = 0, z = 0;
    for (size_t i = 0; i < n; i++) {
        double s = q[i][0] * q[i][0] + q[i][1] * q[i][1];
        xx += q[i][0] * q[i][0], xy += q[i][0] * q[i][1], yy += q[i][1] * q[i][1];
        xz += q[i][0] * s, yz += q[i][1] * s, z += s;
    }
    double det = xx * yy - xy * xy;
    if (!(det > 1e-18 * (xx + yy) * (xx + yy))) return false;
    o[0] = 0.5 * (xz * yy - yz * xy) / det;
    o[1] = 0.5 * (yz * xx - xz * xy) / det;
    o[2] = sqrt(o[0] * o[0] + o[1] * o[1] + z / (double)n);
    for (int step = 0; step < JUDGE_STEPS && n > 3; step++) {
        double a[3][3] = {{0}}, r[3] = {0, 0, 0};
        for (size_t i = 0; i < n; i++) {
            double dx = o[0] - q[i][0], dy = o[1] - q[i][1], d = sqrt(dx * dx + dy * dy);
            if (!(d > 0)) return false;
            const double row[3] = {dx / d, dy / d, -1};
            for (int c = 0; c < 3; c++) {
                r[c] += row[c] * (o[2] - d);
                for (int k = 0; k < 3; k++) a[c][k] += row[c] * row[k];
            }
        }
        double whole = judge_det(a[0], a[1], a[2]); /* symmetric: rows are columns */
        if (!(fabs(whole) > 1e-12)) return false;
        const double by[3] = {judge_det(r, a[1], a[2]), judge_det(a[0], r, a[2]), judge_det(a[0], a[1], r)};
        for (int c = 0; c < 3; c++) o[c] += by[c] / whole;
    }
    return true;
}

bool lm_caliper_circle(const double (*p)[3], size_t n, double *diameter, double centre[3], double u[3], double v[3])
{
    double m[3] = {0, 0, 0}, normal[3], q[LM_CALIPER_ENDS][2], o[3];
    int least = 0;
    for (size_t i = 0; i < n; i++)
        for (int c = 0; c < 3; c++) m[c] += p[i][c] / (double)n;
    if (n > LM_CALIPER_ENDS || !judge_plane(p, n, m, normal)) return false;
    for (int c = 1; c < 3; c++) least = fabs(normal[c]) < fabs(normal[least]) ? c : least;
    for (int c = 0; c < 3; c++) u[c] = (c == least) - normal[least] * normal[c];
    double l = sqrt(judge_dot(u, u));
    for (int c = 0; c < 3; c++) u[c] /= l;
    for (int c = 0; c < 3; c++) v[c] = normal[(c + 1) % 3] * u[(c + 2) % 3] - normal[(c + 2) % 3] * u[(c + 1) % 3];
    for (size_t i = 0; i < n; i++) {
        const double d[3] = {p[i][0] - m[0], p[i][1] - m[1], p[i][2] - m[2]};
        q[i][0] = judge_dot(d, u);
        q[i][1] = judge_dot(d, v);
    }
    if (!judge_circle((const double(*)[2])q, n, o)) return false;
    for (int c = 0; c < 3; c++) centre[c] = m[c] + o[0] * u[c] + o[1] * v[c];
    *diameter = 2 * o[2];
    return true;
}

/* ---- 2 measuring ---- */

typedef struct {
    double value, u; /* value NAN: no surface near a landmark */
    double shorter;  /* arm of an angle */
} judge_result;

static judge_result judge_distance(const double (*p)[3], const lm_edge *e)
{
    double d[3], t[2] = {0, 0}, u[2] = {0, 0}, length = judge_line(p[0], p[1], d);
    judge_result r = {.value = length};
    if (!e) return r;
    bool on = lm_edge_along(e, p[0], d, LM_CALIPER_SNAP, &t[0], &u[0]) && lm_edge_along(e, p[1], d, LM_CALIPER_SNAP, &t[1], &u[1]);
    r.value = on && length + t[1] - t[0] > 0 ? length + t[1] - t[0] : NAN;
    r.u = 2 * e->u_mm + 2 * sqrt(u[0] * u[0] + u[1] * u[1]);
    return r;
}

/* At the second point, from the half angle (Kahan): tan = |a - b| / |a + b| of the unit vectors. */
static lm_status judge_angle(const double (*landmark)[3], const lm_edge *e, judge_result *r, lm_err *err)
{
    double p[3][3], u[3] = {0, 0, 0}, a[3], b[3], less[3], more[3];
    bool found = true;
    lm_status rc = LM_OK;
    *r = (judge_result){.value = NAN};
    for (size_t i = 0; i < 3 && !rc && found; i++) {
        memcpy(p[i], landmark[i], sizeof p[i]);
        if (e) rc = lm_edge_nearest(e, landmark[i], LM_CALIPER_SNAP, &found, p[i], &u[i], err);
    }
    if (rc || !found) return rc;
    double la = judge_line(p[1], p[0], a), lb = judge_line(p[1], p[2], b);
    r->shorter = fmin(la, lb);
    if (!(r->shorter > 0)) return LM_OK;
    for (int c = 0; c < 3; c++) less[c] = a[c] - b[c], more[c] = a[c] + b[c];
    double x = sqrt(judge_dot(less, less)), y = sqrt(judge_dot(more, more));
    r->value = y > 0 ? 2 * lm_geometry_atan_deg(x / y) : 180;
    if (!e) return LM_OK;
    double across = u[1] * (1 / la + 1 / lb), bound = e->u_mm * 2 * (1 / la + 1 / lb);
    r->u = JUDGE_DEG * (bound + 2 * sqrt(u[0] * u[0] / (la * la) + u[2] * u[2] / (lb * lb) + across * across));
    return LM_OK;
}

static judge_result judge_diameter(const double (*p)[3], size_t n, const lm_edge *e)
{
    double q[LM_CALIPER_ENDS][3], centre[3], u[3], v[3], d[3], sum = 0, one, t, diameter;
    judge_result r = {.value = NAN};
    if (!lm_caliper_circle(p, n, &diameter, centre, u, v)) return r;
    r.value = diameter;
    if (!e) return r;
    r.value = NAN;
    for (size_t i = 0; i < n; i++) {
        const double from[3] = {p[i][0] - centre[0], p[i][1] - centre[1], p[i][2] - centre[2]};
        double x = judge_dot(from, u), y = judge_dot(from, v), l = sqrt(x * x + y * y);
        if (!(l > 0)) return r;
        for (int c = 0; c < 3; c++) d[c] = (x * u[c] + y * v[c]) / l, q[i][c] = centre[c] + l * d[c];
        if (!lm_edge_along(e, q[i], d, LM_CALIPER_SNAP, &t, &one) || !(l + t > 0)) return r;
        for (int c = 0; c < 3; c++) q[i][c] += t * d[c];
        sum += one * one;
    }
    if (!lm_caliper_circle((const double(*)[3])q, n, &r.value, centre, u, v)) r.value = NAN;
    r.u = 2 * e->u_mm + 4 * sqrt(sum) / (double)n;
    return r;
}

/* On a body, or (e NULL) of the landmarks themselves. */
static lm_status judge_measure(const lm_calipers *c, const lm_caliper *k, const lm_edge *e, judge_result *r, lm_err *err)
{
    double p[LM_CALIPER_ENDS][3];
    for (size_t i = 0; i < k->ends; i++) memcpy(p[i], c->point[k->end[i]].mm, sizeof p[i]);
    if (k->kind == LM_CALIPER_ANGLE) return judge_angle((const double(*)[3])p, e, r, err);
    *r = k->kind == LM_CALIPER_DISTANCE ? judge_distance((const double(*)[3])p, e)
                                        : judge_diameter((const double(*)[3])p, k->ends, e);
    return LM_OK;
}

/* ---- 3 judging ---- */

static double judge_tol(const lm_caliper *k, const lm_tol *given, double reference, double shorter, const char **is)
{
    lm_unit unit = k->kind == LM_CALIPER_ANGLE ? LM_UNIT_DEG : LM_UNIT_MM;
    *is = k->has_tol                                        ? LM_VERDICT_OWN
          : given->has[unit] || given->has[LM_UNIT_PERCENT] ? "--tol"
          : unit == LM_UNIT_DEG                             ? "default: 1 mm at the end of the shorter arm"
                                                            : "default: 1 mm end to end";
    if (k->has_tol) return k->tol.unit == LM_UNIT_PERCENT ? k->tol.value / 100 * reference : k->tol.value;
    if (given->has[unit]) return given->value[unit];
    if (given->has[LM_UNIT_PERCENT]) return given->value[LM_UNIT_PERCENT] / 100 * reference;
    return unit == LM_UNIT_DEG ? lm_geometry_atan_deg(LM_CALIPER_TOL / shorter) : LM_CALIPER_TOL;
}

static lm_status judge_add(const lm_caliper *k, const char *what, const char *on, size_t number, bool keep_names, lm_measurement *m,
                           lm_verdict_list *out, lm_err *err)
{
    char name[LM_CALIPER_NAME];
    if (keep_names || lm_terms_known(k->name)) snprintf(name, sizeof name, "%s", k->name);
    else snprintf(name, sizeof name, "%zu", number);
    snprintf(m->name, sizeof m->name, "%s %.30s%s%.18s", what, name, on[0] ? ", " : "", on);
    m->unit = k->kind == LM_CALIPER_ANGLE ? LM_UNIT_DEG : LM_UNIT_MM;
    lm_verdict_measurement(m);
    if (isnan(m->value) || isnan(m->reference))
        snprintf(m->note, sizeof m->note, "no surface within %g mm of a landmark%s", LM_CALIPER_SNAP,
                 k->kind == LM_CALIPER_DISTANCE   ? ", along the line through both"
                 : k->kind == LM_CALIPER_DIAMETER ? ", along the ray from the centre"
                                                  : "");
    return lm_verdict_add(out, m, err);
}

static lm_status judge_one(const lm_calipers *c, size_t i, const lm_caliper_on *on, size_t n, const lm_tol *tol, bool keep_names,
                           lm_verdict_list *out, lm_err *err)
{
    static const char *const own[] = {"distance of the landmarks", "angle of the landmarks", "circle through the landmarks"};
    const lm_caliper *k = &c->item[i];
    judge_result bare, r, mesh = {.value = NAN};
    lm_status rc = judge_measure(c, k, NULL, &bare, err);
    for (size_t b = 0; b < n && !rc; b++) {
        if ((rc = judge_measure(c, k, on[b].edge, &r, err))) break;
        if (!b) mesh = r;
        lm_measurement one = {.value = r.value,
                              .u_value = r.u,
                              .as = k->has_reading ? k->reading.as : NULL,
                              .factor = k->has_reading ? k->reading.factor : 1,
                              .reference = k->has_reading ? k->reading.value : bare.value,
                              .reference_is = k->has_reading ? "reading" : own[k->kind],
                              .u_reference = k->has_reading ? k->reading.ulp : 0};
        one.tol = judge_tol(k, tol, one.reference, bare.shorter, &one.tol_is);
        rc = judge_add(k, lm_caliper_word(k->kind), on[b].name, i + 1, keep_names, &one, out, err);
    }
    if (rc || !k->has_print) return rc;
    lm_measurement print = {.as = k->print.as,
                            .factor = k->print.factor,
                            .value = k->print.value,
                            .u_value = k->print.ulp + mesh.u, /* u_reference is for rounding as written */
                            .reference = mesh.value,
                            .reference_is = "on the mesh"};
    print.tol = judge_tol(k, tol, mesh.value, bare.shorter, &print.tol_is);
    return judge_add(k, "print", "", i + 1, keep_names, &print, out, err);
}

lm_status lm_caliper_judge(const lm_calipers *c, const lm_caliper_on *on, size_t n, const lm_tol *tol, bool keep_names,
                           lm_verdict_list *out, lm_err *err)
{
    lm_status rc = LM_OK;
    for (size_t b = 0; b < n; b++)
        if (!on[b].edge->vol && on[b].edge->near.mesh->space == LM_SPACE_RAS)
            return lm_err_set(err, LM_ERULE, NULL, "landmarks are in LPS, and the mesh is in RAS: turn it with meshconv first");
    for (size_t i = 0; i < c->n && !rc; i++) rc = judge_one(c, i, on, n, tol, keep_names, out, err);
    return rc;
}

json_t *lm_caliper_json(const lm_calipers *c, bool keep_names)
{
    json_t *list = json_array();
    for (size_t i = 0; list && i < c->n_points; i++) {
        const lm_caliper_point *p = &c->point[i];
        char name[LM_CALIPER_NAME];
        if (keep_names || lm_terms_known(p->name)) snprintf(name, sizeof name, "%s", p->name);
        else snprintf(name, sizeof name, "point %zu", i + 1);
        if (json_array_append_new(list, json_pack("{s:s,s:[f,f,f]}", "name", name, "at", p->mm[0], p->mm[1], p->mm[2])))
            json_decref(list), list = NULL;
    }
    return list;
}
