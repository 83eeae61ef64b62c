/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "measure/section.h"
#include "base/mem.h"
#include "measure/planehull.h"

#include <math.h>
#include <stdlib.h>

typedef struct {
    const lm_mesh *m;
    double mid[3], n[3], d, u[3], v[3]; /* plane n * (p - mid) = d, spanned by u and v */
    lm_planehull_point *point;
    size_t count, cap;
} section_job;

static double section_dot(const double a[3], const double b[3])
{
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}

static void section_cross(const double a[3], const double b[3], double out[3])
{
    for (int c = 0; c < 3; c++) out[c] = a[(c + 1) % 3] * b[(c + 2) % 3] - a[(c + 2) % 3] * b[(c + 1) % 3];
}

static void section_basis(const lm_trim_plane *plane, section_job *j)
{
    double lo[3], hi[3], e[3] = {0, 0, 0};
    int least = 0;
    lm_mesh_box(j->m, lo, hi);
    for (int c = 0; c < 3; c++) {
        j->n[c] = plane->normal[c];
        j->mid[c] = 0.5 * (lo[c] + hi[c]);
        if (fabs(j->n[c]) < fabs(j->n[least])) least = c;
    }
    j->d = plane->offset_mm - section_dot(j->n, j->mid);
    e[least] = 1;
    section_cross(j->n, e, j->u);
    double length = sqrt(section_dot(j->u, j->u));
    for (int c = 0; c < 3; c++) j->u[c] /= length;
    section_cross(j->n, j->u, j->v);
}

/* Where the edge from p (below) to q (above) meets the plane; the same bits for both triangles of the edge. */
static lm_planehull_point section_meet(const section_job *j, const double p[3], double below, const double q[3], double above)
{
    double t = below / (below - above), at[3];
    for (int c = 0; c < 3; c++) at[c] = p[c] + t * (q[c] - p[c]);
    return (lm_planehull_point){section_dot(j->u, at), section_dot(j->v, at)};
}

/* The segment of one triangle: from where its boundary goes up through the plane to where it comes down. */
static lm_status section_triangle(section_job *j, size_t t, lm_section *out, lm_err *err)
{
    double p[3][3], s[3];
    lm_planehull_point up = {0, 0}, down = {0, 0};
    int above = 0;
    for (size_t k = 0; k < 3; k++) {
        for (size_t c = 0; c < 3; c++) p[k][c] = (double)j->m->pos[3 * (size_t)j->m->tri[3 * t + k] + c] - j->mid[c];
        s[k] = section_dot(j->n, p[k]) - j->d;
        above += s[k] >= 0;
    }
    if (above == 0 || above == 3) return LM_OK;
    for (int k = 0; k < 3; k++) {
        int l = (k + 1) % 3;
        if (s[k] < 0 && s[l] >= 0) up = section_meet(j, p[k], s[k], p[l], s[l]);
        if (s[k] >= 0 && s[l] < 0) down = section_meet(j, p[l], s[l], p[k], s[k]);
    }
    lm_status rc = lm_mem_grow(&j->point, &j->cap, j->count + 2, sizeof *j->point, err);
    if (rc) return rc;
    j->point[j->count++] = up;
    j->point[j->count++] = down;
    out->segments++;
    out->area_mm2 += 0.5 * (up.x * down.y - up.y * down.x);
    out->perimeter_mm += sqrt((down.x - up.x) * (down.x - up.x) + (down.y - up.y) * (down.y - up.y));
    return LM_OK;
}

lm_status lm_section_of(const lm_mesh *m, const lm_trim_plane *plane, bool closed, lm_section *out, lm_err *err)
{
    section_job j = {.m = m};
    lm_planehull_point *hull = NULL;
    lm_status rc = LM_OK;
    *out = (lm_section){.plane = *plane};
    section_basis(plane, &j);
    for (size_t t = 0; t < m->nt && !rc; t++) rc = section_triangle(&j, t, out, err);
    if (!rc && !(hull = lm_mem_alloc(2 * j.count + 1, sizeof *hull, err))) rc = LM_ENOMEM;
    if (!rc) {
        size_t n = lm_planehull_make(j.point, j.count, hull);
        lm_planehull_widths(hull, n, &out->max_mm, &out->min_mm);
        out->across_mm = lm_planehull_across(hull, n);
    }
    out->area_mm2 = closed ? fabs(out->area_mm2) : NAN;
    free(hull);
    free(j.point);
    return rc;
}
