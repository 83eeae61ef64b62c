/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "measure/section.h"
#include "base/mem.h"
#include "measure/planehull.h"
#include "surface/topo.h"

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
    double e[3] = {0, 0, 0};
    int least = 0;
    for (int c = 0; c < 3; c++) {
        j->n[c] = plane->normal[c];
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

/* The segment of one triangle: from where its boundary goes up through the plane to where it comes down, by half-edge *leave. */
static bool section_segment(const section_job *j, size_t t, lm_planehull_point *up, lm_planehull_point *down, size_t *leave)
{
    double p[3][3], s[3];
    int above = 0;
    for (size_t k = 0; k < 3; k++) {
        for (size_t c = 0; c < 3; c++) p[k][c] = (double)j->m->pos[3 * (size_t)j->m->tri[3 * t + k] + c] - j->mid[c];
        s[k] = section_dot(j->n, p[k]) - j->d;
        above += s[k] >= 0;
    }
    if (above == 0 || above == 3) return false;
    for (size_t k = 0; k < 3; k++) {
        size_t l = (k + 1) % 3;
        if (s[k] < 0 && s[l] >= 0) *up = section_meet(j, p[k], s[k], p[l], s[l]);
        if (s[k] >= 0 && s[l] < 0) *down = section_meet(j, p[l], s[l], p[k], s[k]), *leave = 3 * t + k;
    }
    return true;
}

static lm_status section_add(section_job *j, lm_planehull_point up, lm_planehull_point down, lm_section *out, lm_err *err)
{
    lm_status rc = lm_mem_grow(&j->point, &j->cap, j->count + 2, sizeof *j->point, err);
    if (rc) return rc;
    j->point[j->count++] = up;
    j->point[j->count++] = down;
    out->segments++;
    out->area_mm2 += 0.5 * (up.x * down.y - up.y * down.x);
    out->perimeter_mm += sqrt((down.x - up.x) * (down.x - up.x) + (down.y - up.y) * (down.y - up.y));
    return LM_OK;
}

static lm_status section_diameters(section_job *j, lm_section *out, lm_err *err)
{
    lm_planehull_point *hull = lm_mem_alloc(2 * j->count + 1, sizeof *hull, err);
    if (!hull) return LM_ENOMEM;
    size_t n = lm_planehull_make(j->point, j->count, hull);
    lm_planehull_widths(hull, n, &out->max_mm, &out->min_mm);
    out->across_mm = lm_planehull_across(hull, n);
    free(hull);
    return LM_OK;
}

lm_status lm_section_of(const lm_mesh *m, const lm_trim_plane *plane, bool closed, lm_section *out, lm_err *err)
{
    section_job j = {.m = m};
    double lo[3], hi[3];
    lm_status rc = LM_OK;
    *out = (lm_section){.plane = *plane};
    lm_mesh_box(m, lo, hi);
    for (int c = 0; c < 3; c++) j.mid[c] = 0.5 * (lo[c] + hi[c]);
    section_basis(plane, &j);
    for (size_t t = 0; t < m->nt && !rc; t++) {
        lm_planehull_point up = {0, 0}, down = {0, 0};
        size_t leave;
        if (section_segment(&j, t, &up, &down, &leave)) rc = section_add(&j, up, down, out, err);
    }
    if (!rc) rc = section_diameters(&j, out, err);
    out->area_mm2 = closed ? fabs(out->area_mm2) : NAN;
    free(j.point);
    return rc;
}

/* ---- one loop ---- */

/* Can a triangle in the box cross the plane on the half line from p along u? */
static bool section_near(const section_job *j, const lm_bvh_node *b)
{
    double mid[3], half[3];
    for (int c = 0; c < 3; c++) {
        mid[c] = 0.5 * ((double)b->lo[c] + b->hi[c]) - j->mid[c];
        half[c] = (0.5 + 1e-9) * ((double)b->hi[c] - b->lo[c]) + 1e-12 * fabs(mid[c]);
    }
    const double *dir[3] = {j->n, j->v, j->u};
    for (int k = 0; k < 3; k++) {
        double at = section_dot(dir[k], mid), reach = 0;
        for (int c = 0; c < 3; c++) reach += fabs(dir[k][c]) * half[c];
        if (at + reach < 0 || (k < 2 && at - reach > 0)) return false;
    }
    return true;
}

/* The triangle that the half line from p along u crosses first beyond `past`; past gets where. False: none. */
static bool section_first(const section_job *j, const lm_bvh *tree, double *past, size_t *tri)
{
    uint32_t stack[LM_BVH_DEPTH];
    int n = 1;
    double best = INFINITY;
    stack[0] = 0;
    while (n) {
        uint32_t i = stack[--n];
        const lm_bvh_node *b = &tree->node[i];
        if (!section_near(j, b)) continue;
        if (!b->n) {
            stack[n++] = b->at;
            stack[n++] = i + 1;
            continue;
        }
        for (uint32_t k = b->at; k < b->at + b->n; k++) {
            lm_planehull_point p, q;
            size_t leave;
            if (!section_segment(j, tree->item[k], &p, &q, &leave) || (p.y < 0) == (q.y < 0)) continue;
            double x = p.x + p.y / (p.y - q.y) * (q.x - p.x);
            if (!(x > *past) || x > best || (x == best && tree->item[k] > *tri)) continue;
            best = x;
            *tri = tree->item[k];
        }
    }
    *past = best;
    return best < INFINITY;
}

/* The loop through triangle `first`; turns: how often it goes around p. */
static lm_status section_walk(section_job *j, const uint32_t *mate, size_t first, lm_section *out, int *turns, lm_err *err)
{
    lm_status rc = LM_OK;
    size_t t = first, leave = 0;
    *turns = 0;
    do {
        lm_planehull_point up, down;
        if (!section_segment(j, t, &up, &down, &leave) || mate[leave] >= LM_TOPO_MANY || out->segments > j->m->nt) {
            out->segments = 0;
            return LM_OK;
        }
        rc = section_add(j, up, down, out, err);
        if ((up.y < 0) != (down.y < 0) && up.x + up.y / (up.y - down.y) * (down.x - up.x) > 0) *turns += up.y < 0 ? 1 : -1;
        t = mate[leave] / 3;
    } while (t != first && !rc);
    return rc;
}

lm_status lm_section_around(const lm_mesh *m, const lm_bvh *tree, const uint32_t *mate, const double p[3], const double normal[3],
                            lm_section *out, lm_err *err)
{
    section_job j = {.m = m};
    lm_trim_plane plane;
    lm_status rc = LM_OK;
    double past = 0;
    size_t first = SIZE_MAX;
    int turns = 0;
    for (int c = 0; c < 3; c++) {
        plane.normal[c] = normal[c];
        j.mid[c] = p[c];
    }
    plane.offset_mm = section_dot(p, normal);
    section_basis(&plane, &j);
    j.d = 0; /* through p, whatever rounding says of the offset */
    *out = (lm_section){.plane = plane};
    while (!rc && !turns && section_first(&j, tree, &past, &first)) {
        *out = (lm_section){.plane = plane};
        j.count = 0;
        rc = section_walk(&j, mate, first, out, &turns, err);
    }
    if (!turns || !out->segments) *out = (lm_section){.plane = plane, .area_mm2 = NAN};
    else if (!rc) rc = section_diameters(&j, out, err);
    out->area_mm2 = fabs(out->area_mm2);
    free(j.point);
    return rc;
}
