/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Contents: what is asked - region - equations - sphere and cylinder - plane - run */
#include "measure/fit.h"
#include "base/mem.h"
#include "base/num.h"
#include "measure/jacobi.h"
#include "repair/vec.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FIT_PARAMETERS = 5, FIT_STEPS = 200 };
#define FIT_CONDITION 1e6 /* beyond it rounding to float32 alone decides */
#define FIT_REACH 100     /* a radius so many times the size of the region shows no curve */
#define FIT_DEGREE (180 / 3.14159265358979323846)

/* ---- what is asked ---- */

const char *lm_fit_name(lm_fit_kind kind)
{
    static const char *const name[] = {"plane", "sphere", "cylinder"};
    return name[kind];
}

static bool fit_numbers(const char *text, double *out, int n)
{
    for (int k = 0; k < n; k++) {
        char number[64];
        lm_quantity q;
        size_t len = strcspn(text, ",");
        if (len >= sizeof number || (text[len] == 0) != (k == n - 1)) return false;
        memcpy(number, text, len);
        number[len] = 0;
        if (lm_num_quantity(number, LM_UNIT_MM, &q, NULL) || q.unit != LM_UNIT_MM) return false;
        out[k] = q.value;
        text += len + 1;
    }
    return true;
}

lm_status lm_fit_parse(const char *text, lm_fit_ask *out, lm_err *err)
{
    size_t n = strcspn(text, ":"), part = 0;
    const char *region = text + n;
    bool ok = false;
    *out = (lm_fit_ask){.region = LM_FIT_ALL};
    for (int k = 0; k < 3; k++)
        if (strlen(lm_fit_name((lm_fit_kind)k)) == n && !strncmp(text, lm_fit_name((lm_fit_kind)k), n))
            out->kind = (lm_fit_kind)k, ok = true;
    if (!strncmp(region, ":ball=", 6)) {
        out->region = LM_FIT_BALL;
        ok = ok && fit_numbers(region + 6, out->at, 4) && out->at[3] > 0;
    } else if (!strncmp(region, ":box=", 5)) {
        out->region = LM_FIT_BOX;
        ok = ok && fit_numbers(region + 5, out->at, 6);
        for (int c = 0; c < 3; c++) ok = ok && out->at[c] < out->at[c + 3];
    } else if (!strncmp(region, ":part=", 6)) {
        out->region = LM_FIT_PART;
        ok = ok && lm_num_size(region + 6, UINT32_MAX, &part) && part > 0;
        out->part = (uint32_t)part;
    } else ok = ok && !*region;
    if (ok) return LM_OK;
    return lm_err_set(err, LM_EUSAGE, NULL,
                      "'%.80s' is no fit: write sphere, cylinder or plane, and where: :ball=x,y,z,r :box=x0,y0,z0,x1,y1,z1 :part=N",
                      text);
}

/* ---- region ---- */

typedef struct {
    double p[3], w; /* from the origin; share of the area */
} fit_point;

typedef struct {
    fit_point *point;
    size_t n;
    double origin[3], mean[3], size, area; /* mean and size: weighted, from the origin; size: root mean square distance from it */
    double spread[3], axis[3][3];          /* variances along the axes of the points, descending */
    double normal[3];                      /* the direction that the normals of the triangles avoid */
    double rounding;                       /* how far float32 may have moved a point */
} fit_job;

static bool fit_inside(const lm_fit_ask *ask, const float *p)
{
    double s = 0;
    if (ask->region == LM_FIT_BOX)
        for (int c = 0; c < 3; c++)
            if ((double)p[c] < ask->at[c] || (double)p[c] > ask->at[c + 3]) return false;
    if (ask->region != LM_FIT_BALL) return true;
    for (int c = 0; c < 3; c++) s += ((double)p[c] - ask->at[c]) * ((double)p[c] - ask->at[c]);
    return s <= ask->at[3] * ask->at[3];
}

static bool fit_takes(const lm_mesh *m, const lm_fit_ask *ask, size_t t)
{
    if (ask->region == LM_FIT_PART)
        return m->label ? m->label[t] == ask->part || (m->label_back && m->label_back[t] == ask->part) : ask->part == 1;
    for (size_t k = 0; k < 3; k++)
        if (!fit_inside(ask, lm_vec_at(m, m->tri[3 * t + k]))) return false;
    return true;
}

/* The axes of a symmetric matrix, the largest first. */
static void fit_axes(double a[3][3], double value[3], double axis[3][3])
{
    double v[3][3];
    int order[3] = {0, 1, 2};
    lm_jacobi_run(a, v);
    for (int pass = 0; pass < 2; pass++)
        for (int i = 0; i < 2; i++)
            if (a[order[i]][order[i]] < a[order[i + 1]][order[i + 1]]) {
                int t = order[i];
                order[i] = order[i + 1];
                order[i + 1] = t;
            }
    for (int i = 0; i < 3; i++) {
        value[i] = a[order[i]][order[i]] > 0 ? a[order[i]][order[i]] : 0;
        memcpy(axis[i], v[order[i]], sizeof v[0]);
    }
}

static void fit_moments(fit_job *j)
{
    double cov[3][3] = {{0}};
    for (size_t i = 0; i < j->n; i++)
        for (int c = 0; c < 3; c++) j->mean[c] += j->point[i].w * j->point[i].p[c];
    for (size_t i = 0; i < j->n; i++)
        for (int a = 0; a < 3; a++)
            for (int c = 0; c < 3; c++)
                cov[a][c] += j->point[i].w * (j->point[i].p[a] - j->mean[a]) * (j->point[i].p[c] - j->mean[c]);
    fit_axes(cov, j->spread, j->axis);
    j->size = sqrt(j->spread[0] + j->spread[1] + j->spread[2]);
}

/* Points with weights, from the triangles of the region. */
static lm_status fit_gather(const lm_mesh *m, const lm_fit_ask *ask, fit_job *j, lm_err *err)
{
    double normals[3][3] = {{0}}, value[3], axis[3][3];
    double *share = lm_mem_calloc(m->nv, sizeof *share, err);
    bool first = true;
    if (!share || !(j->point = lm_mem_alloc(m->nv, sizeof *j->point, err))) {
        free(share);
        return LM_ENOMEM;
    }
    for (size_t t = 0; t < m->nt; t++) {
        const uint32_t *v = m->tri + 3 * t;
        double n[3];
        if (!fit_takes(m, ask, t)) continue;
        double area = lm_vec_normal(lm_vec_at(m, v[0]), lm_vec_at(m, v[1]), lm_vec_at(m, v[2]), n);
        j->area += area;
        for (int k = 0; k < 3; k++) share[v[k]] += area / 3;
        for (int a = 0; a < 3; a++)
            for (int c = 0; c < 3; c++) normals[a][c] += area * n[a] * n[c];
    }
    for (size_t v = 0; v < m->nv; v++) {
        const float *p = lm_vec_at(m, (uint32_t)v);
        if (!(share[v] > 0)) continue;
        for (int c = 0; c < 3; c++) {
            if (first) j->origin[c] = p[c];
            j->point[j->n].p[c] = (double)p[c] - j->origin[c];
            j->rounding = fabs((double)p[c]) > j->rounding ? fabs((double)p[c]) : j->rounding;
        }
        j->point[j->n++].w = share[v] / j->area;
        first = false;
    }
    free(share);
    j->rounding *= 0x1p-24 * 1.8; /* half a unit in the last place, along three axes */
    if (!j->n)
        return lm_err_set(err, LM_ERULE, NULL, "no triangle of the mesh lies in the region of the %s", lm_fit_name(ask->kind));
    fit_axes(normals, value, axis);
    memcpy(j->normal, axis[2], sizeof j->normal);
    fit_moments(j);
    return LM_OK;
}

/* ---- equations ---- */

typedef struct {
    int n;
    double a[FIT_PARAMETERS][FIT_PARAMETERS], g[FIT_PARAMETERS], cost;
} fit_normal;

/* Cholesky, in place; false: not positive definite. */
static bool fit_factor(double a[FIT_PARAMETERS][FIT_PARAMETERS], int n)
{
    for (int i = 0; i < n; i++)
        for (int k = 0; k <= i; k++) {
            double s = a[i][k];
            for (int l = 0; l < k; l++) s -= a[i][l] * a[k][l];
            if (i == k && !(s > 0)) return false;
            a[i][k] = i == k ? sqrt(s) : s / a[k][k];
        }
    return true;
}

static void fit_solve(const double a[FIT_PARAMETERS][FIT_PARAMETERS], int n, double b[FIT_PARAMETERS])
{
    for (int i = 0; i < n; i++) {
        for (int k = 0; k < i; k++) b[i] -= a[i][k] * b[k];
        b[i] /= a[i][i];
    }
    for (int i = n; i-- > 0;) {
        for (int k = i + 1; k < n; k++) b[i] -= a[k][i] * b[k];
        b[i] /= a[i][i];
    }
}

/* ---- sphere and cylinder ---- */

/* The cylinder's d is its axis, c a point on it, u and v span what is square to it. Parameters: c (of the cylinder along u and v),
 * d along u and v times the size of the region, radius. */
typedef struct {
    bool axis;
    double c[3], d[3], u[3], v[3], radius;
} fit_model;

static void fit_frame(fit_model *f)
{
    int least = 0;
    double e[3] = {0, 0, 0};
    for (int c = 1; c < 3; c++)
        if (fabs(f->d[c]) < fabs(f->d[least])) least = c;
    e[least] = 1;
    lm_vec_cross(f->d, e, f->u);
    lm_vec_unit(f->u);
    lm_vec_cross(f->d, f->u, f->v);
}

/* Residual of a point and how it goes with the parameters. */
static double fit_residual(const fit_model *f, const double p[3], double size, double row[FIT_PARAMETERS])
{
    double q[3], along = 0;
    for (int c = 0; c < 3; c++) q[c] = p[c] - f->c[c];
    if (f->axis) along = lm_vec_dot(q, f->d);
    for (int c = 0; c < 3 && f->axis; c++) q[c] -= along * f->d[c];
    double length = lm_vec_unit(q);
    if (f->axis) {
        row[0] = -lm_vec_dot(q, f->u);
        row[1] = -lm_vec_dot(q, f->v);
        row[2] = along * row[0] / size;
        row[3] = along * row[1] / size;
        row[4] = -1;
    } else {
        for (int c = 0; c < 3; c++) row[c] = -q[c];
        row[3] = -1;
    }
    return length - f->radius;
}

static void fit_equations(const fit_job *j, const fit_model *f, fit_normal *out)
{
    double row[FIT_PARAMETERS];
    *out = (fit_normal){.n = f->axis ? 5 : 4};
    for (size_t i = 0; i < j->n; i++) {
        double w = j->point[i].w, r = fit_residual(f, j->point[i].p, j->size, row);
        out->cost += w * r * r;
        for (int a = 0; a < out->n; a++) {
            out->g[a] += w * row[a] * r;
            for (int b = 0; b <= a; b++) out->a[a][b] += w * row[a] * row[b];
        }
    }
}

static fit_model fit_step(const fit_job *j, const fit_model *f, const double s[FIT_PARAMETERS])
{
    fit_model g = *f;
    for (int c = 0; c < 3; c++) {
        if (!f->axis) g.c[c] -= s[c];
        else {
            g.c[c] -= s[0] * f->u[c] + s[1] * f->v[c];
            g.d[c] -= (s[2] * f->u[c] + s[3] * f->v[c]) / j->size;
        }
    }
    g.radius -= s[f->axis ? 4 : 3];
    if (!f->axis) return g;
    lm_vec_unit(g.d);
    fit_frame(&g);
    double away[3]; /* the point on the axis nearest to the middle of the region */
    for (int c = 0; c < 3; c++) away[c] = j->mean[c] - g.c[c];
    double along = lm_vec_dot(away, g.d);
    for (int c = 0; c < 3; c++) g.c[c] += along * g.d[c];
    return g;
}

/* Levenberg and Marquardt. Returns the weighted mean of squares. */
static double fit_descend(const fit_job *j, fit_model *f)
{
    fit_normal now, next;
    double lambda = 1e-3;
    fit_equations(j, f, &now);
    for (int step = 0; step < FIT_STEPS && lambda < 1e12; step++) {
        double a[FIT_PARAMETERS][FIT_PARAMETERS], s[FIT_PARAMETERS], moved = 0;
        memcpy(a, now.a, sizeof a);
        memcpy(s, now.g, sizeof s);
        for (int k = 0; k < now.n; k++) a[k][k] = a[k][k] * (1 + lambda) + 1e-300;
        bool good = fit_factor(a, now.n);
        if (good) {
            fit_solve((const double(*)[FIT_PARAMETERS])a, now.n, s);
            for (int k = 0; k < now.n; k++) moved += s[k] * s[k];
            fit_model g = fit_step(j, f, s);
            fit_equations(j, &g, &next);
            good = next.cost <= now.cost;
            if (good) {
                bool done = moved <= 1e-28 * j->size * j->size || now.cost == next.cost;
                *f = g;
                now = next;
                if (done && lambda < 1e-3) break;
            }
        }
        lambda = good ? lambda * 0.1 : lambda * 10;
    }
    return now.cost;
}

/* Algebraic circle or sphere about the mean: |q|^2 = 2 c q + k. Of the cylinder in the plane square to d. */
static bool fit_begin(const fit_job *j, fit_model *f)
{
    double a[FIT_PARAMETERS][FIT_PARAMETERS] = {{0}}, b[FIT_PARAMETERS] = {0}, out[3];
    int n = f->axis ? 2 : 3;
    for (size_t i = 0; i < j->n; i++) {
        double q[3], x[4], square = 0, w = j->point[i].w;
        for (int c = 0; c < 3; c++) q[c] = (j->point[i].p[c] - j->mean[c]) / j->size;
        memcpy(x, q, sizeof q);
        if (f->axis) x[0] = lm_vec_dot(q, f->u), x[1] = lm_vec_dot(q, f->v);
        x[n] = 1;
        for (int k = 0; k < n; k++) square += x[k] * x[k];
        for (int k = 0; k <= n; k++) {
            b[k] += w * x[k] * square;
            for (int l = 0; l <= k; l++) a[k][l] += w * x[k] * x[l];
        }
    }
    if (!fit_factor(a, n + 1)) return false;
    fit_solve((const double(*)[FIT_PARAMETERS])a, n + 1, b);
    double r2 = b[n];
    for (int k = 0; k < n; k++) {
        b[k] /= 2;
        r2 += b[k] * b[k];
    }
    for (int c = 0; c < 3; c++) {
        out[c] = f->axis ? b[0] * f->u[c] + b[1] * f->v[c] : b[c];
        f->c[c] = j->mean[c] + j->size * out[c];
    }
    f->radius = j->size * sqrt(r2 > 0 ? r2 : 0);
    return f->radius < 1e6 * j->size;
}

/* The best fit of several beginnings; false: there is none. several: two that are as good have other axes. */
static bool fit_round(const fit_job *j, bool axis, fit_model *best, bool *several)
{
    double least = INFINITY;
    *several = false;
    for (int way = 0; way < (axis ? 4 : 1); way++) {
        fit_model f = {.axis = axis};
        if (axis) {
            memcpy(f.d, way ? j->axis[way - 1] : j->normal, sizeof f.d);
            fit_frame(&f);
        }
        if (!fit_begin(j, &f)) continue;
        double cost = fit_descend(j, &f), slack = 1e-3 * least + j->rounding * j->rounding;
        bool other = least < INFINITY && fabs(lm_vec_dot(f.d, best->d)) < 0.98;
        if (fabs(cost - least) <= slack) *several = *several || other;
        else if (cost < least) *several = false;
        if (!(cost < least)) continue;
        least = cost;
        *best = f;
    }
    return least < INFINITY;
}

/* Condition, and the covariance of the parameters by the residuals; false: singular. */
static bool fit_covariance(const fit_job *j, const fit_model *f, double *condition, double cov[FIT_PARAMETERS][FIT_PARAMETERS])
{
    fit_normal e;
    double row[FIT_PARAMETERS], inverse[FIT_PARAMETERS][FIT_PARAMETERS], norm[2] = {0, 0};
    fit_equations(j, f, &e);
    for (int a = 0; a < e.n; a++)
        for (int b = 0; b < e.n; b++) norm[0] += (b <= a ? e.a[a][b] * e.a[a][b] : e.a[b][a] * e.a[b][a]);
    if (!fit_factor(e.a, e.n) || j->n <= (size_t)e.n) return false;
    for (int a = 0; a < e.n; a++) {
        memset(inverse[a], 0, sizeof inverse[a]);
        inverse[a][a] = 1;
        fit_solve((const double(*)[FIT_PARAMETERS])e.a, e.n, inverse[a]);
        for (int b = 0; b < e.n; b++) norm[1] += inverse[a][b] * inverse[a][b];
    }
    *condition = sqrt(sqrt(norm[0]) * sqrt(norm[1]) / e.n);
    memset(cov, 0, FIT_PARAMETERS * sizeof *cov);
    for (size_t i = 0; i < j->n; i++) {
        double s[FIT_PARAMETERS], r = fit_residual(f, j->point[i].p, j->size, row) * j->point[i].w;
        for (int a = 0; a < e.n; a++) {
            s[a] = 0;
            for (int b = 0; b < e.n; b++) s[a] += inverse[a][b] * row[b] * r;
        }
        for (int a = 0; a < e.n; a++)
            for (int b = 0; b < e.n; b++) cov[a][b] += s[a] * s[b] * ((double)j->n / (double)(j->n - (size_t)e.n));
    }
    return true;
}

static void fit_undetermined(lm_fit *out, const char *why)
{
    out->determined = false;
    snprintf(out->note, sizeof out->note, "%s", why);
}

static void fit_curved(const fit_job *j, lm_fit *out)
{
    bool axis = out->ask.kind == LM_FIT_CYLINDER;
    double cov[FIT_PARAMETERS][FIT_PARAMETERS], row[FIT_PARAMETERS], lo = INFINITY, hi = -INFINITY;
    fit_model f;
    if (sqrt(j->spread[2]) <= 4 * j->rounding) {
        fit_undetermined(out, axis ? "the region is flat: it has no cylinder" : "the region is flat: it has no sphere");
        return;
    }
    bool several;
    if (!fit_round(j, axis, &f, &several) || !(f.radius < FIT_REACH * j->size)) {
        fit_undetermined(out, "the region shows no curve that would tell a radius");
        return;
    }
    if (several || !fit_covariance(j, &f, &out->condition, cov) || !(out->condition < FIT_CONDITION)) {
        fit_undetermined(out, axis ? "the region does not tell an axis (as on a ball, or a narrow ring)"
                                   : "the region does not tell a sphere");
        return;
    }
    int last = axis ? 4 : 3;
    double sum = 0;
    out->determined = true;
    out->diameter_mm = 2 * f.radius;
    out->u_diameter_mm = 4 * sqrt(cov[last][last]) + 2 * j->rounding;
    for (int k = 0; k < (axis ? 2 : 3); k++) sum += cov[k][k];
    out->u_centre_mm = 2 * sqrt(sum) + j->rounding;
    out->u_degree = axis ? 2 * sqrt(cov[2][2] + cov[3][3]) / j->size * FIT_DEGREE : 0;
    for (int c = 0; c < 3; c++) {
        out->centre_mm[c] = j->origin[c] + f.c[c];
        out->direction[c] = axis ? f.d[c] : 0;
    }
    for (size_t i = 0; i < j->n; i++) {
        double r = fit_residual(&f, j->point[i].p, j->size, row), q[3];
        out->rms_mm += j->point[i].w * r * r;
        out->max_mm = fabs(r) > out->max_mm ? fabs(r) : out->max_mm;
        for (int c = 0; c < 3; c++) q[c] = j->point[i].p[c] - f.c[c];
        double along = lm_vec_dot(q, f.d);
        lo = along < lo ? along : lo;
        hi = along > hi ? along : hi;
    }
    out->rms_mm = sqrt(out->rms_mm);
    out->length_mm = axis ? hi - lo : 0;
    if (out->u_diameter_mm > out->diameter_mm) fit_undetermined(out, "the diameter is less than what is unknown of it");
    if (axis && out->u_degree > 45) fit_undetermined(out, "the region does not tell an axis (as on a ball, or a narrow ring)");
}

/* ---- plane ---- */

static void fit_flat(const fit_job *j, lm_fit *out)
{
    const double *n = j->axis[2];
    double across = 0, tilt = 0;
    if (sqrt(j->spread[1]) <= 4 * j->rounding || j->spread[2] > 0.5 * j->spread[1]) {
        fit_undetermined(out, "the region tells no plane: it is a line, or as thick as it is wide");
        return;
    }
    out->determined = true;
    out->condition = sqrt((j->spread[0] + j->spread[1]) / (2 * j->spread[1]));
    for (size_t i = 0; i < j->n; i++) {
        double q[3], w = j->point[i].w;
        for (int c = 0; c < 3; c++) q[c] = j->point[i].p[c] - j->mean[c];
        double r = lm_vec_dot(n, q), s = w * r;
        out->rms_mm += w * r * r;
        out->max_mm = fabs(r) > out->max_mm ? fabs(r) : out->max_mm;
        across += s * s;
        for (int a = 0; a < 2; a++) {
            double lever = lm_vec_dot(j->axis[a], q) / j->spread[a];
            tilt += s * s * lever * lever;
        }
    }
    double few = j->n > 3 ? (double)j->n / (double)(j->n - 3) : 1;
    out->rms_mm = sqrt(out->rms_mm);
    out->u_centre_mm = 2 * sqrt(across * few) + j->rounding;
    out->u_degree = (2 * sqrt(tilt * few) + j->rounding / sqrt(j->spread[1])) * FIT_DEGREE;
    for (int c = 0; c < 3; c++) {
        out->centre_mm[c] = j->origin[c] + j->mean[c];
        out->direction[c] = n[c];
    }
}

/* ---- run ---- */

lm_status lm_fit_run(const lm_mesh *m, const lm_fit_ask *ask, lm_fit *out, lm_err *err)
{
    fit_job j = {.n = 0};
    *out = (lm_fit){.ask = *ask};
    lm_status rc = LM_OK;
    if (ask->region == LM_FIT_PART && !m->label && ask->part != 1)
        rc = lm_err_set(err, LM_ERULE, NULL, "the mesh has one part: there is no part %u", ask->part);
    if (!rc) rc = fit_gather(m, ask, &j, err);
    if (!rc) {
        out->vertices = j.n;
        out->area_mm2 = j.area;
        if (ask->kind == LM_FIT_PLANE) fit_flat(&j, out);
        else fit_curved(&j, out);
        int big = 0;
        for (int c = 1; c < 3; c++)
            if (fabs(out->direction[c]) > fabs(out->direction[big])) big = c;
        bool turn = out->direction[big] < 0;
        for (int c = 0; c < 3 && turn; c++) out->direction[c] = -out->direction[c];
    }
    free(j.point);
    return rc;
}
