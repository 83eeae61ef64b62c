/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "repair/outline.h"
#include "base/mem.h"
#include "repair/vec.h"
#include "surface/triangulate.h"

#include <stdlib.h>
#include <string.h>

void lm_outline_normal(const float *pos, const uint32_t *v, size_t n, double normal[3])
{
    double a[3], b[3], c[3];
    normal[0] = normal[1] = normal[2] = 0;
    for (size_t i = 1; i + 1 < n; i++) {
        lm_vec_sub(pos + 3 * (size_t)v[i], pos + 3 * (size_t)v[0], a);
        lm_vec_sub(pos + 3 * (size_t)v[i + 1], pos + 3 * (size_t)v[0], b);
        lm_vec_cross(a, b, c);
        for (int k = 0; k < 3; k++) normal[k] += c[k];
    }
}

void lm_outline_project(const double normal[3], const double at[3], const float p[3], float xy[2])
{
    double u[3] = {0}, w[3], d[3];
    int most = 0;
    for (int k = 1; k < 3; k++)
        if (fabs(normal[k]) > fabs(normal[most])) most = k;
    int next = (most + 1) % 3, last = (most + 2) % 3;
    if (normal[next] == 0 && normal[last] == 0) {
        bool up = normal[most] > 0;
        xy[0] = up ? p[next] : p[last];
        xy[1] = up ? p[last] : p[next];
        return;
    }
    u[next] = normal[most];
    u[most] = -normal[next];
    lm_vec_unit(u);
    lm_vec_cross(normal, u, w);
    for (int k = 0; k < 3; k++) d[k] = p[k] - at[k];
    xy[0] = (float)lm_vec_dot(d, u);
    xy[1] = (float)lm_vec_dot(d, w);
}

typedef struct {
    uint32_t v, at; /* vertex, place in the list */
} outline_at;

static int outline_by_vertex(const void *p, const void *q)
{
    const outline_at *a = p, *b = q;
    if (a->v != b->v) return a->v < b->v ? -1 : 1;
    return (a->at > b->at) - (a->at < b->at);
}

/* point[i]: the number of the i-th vertex of the list, each vertex once, in the order they come. */
static lm_status outline_number(const uint32_t *v, size_t n, uint32_t *point, size_t *points, lm_err *err)
{
    outline_at *by = lm_mem_alloc(n, sizeof *by, err);
    if (!by) return LM_ENOMEM;
    for (size_t i = 0; i < n; i++) by[i] = (outline_at){v[i], (uint32_t)i};
    qsort(by, n, sizeof *by, outline_by_vertex);
    for (size_t i = 0; i < n; i++) point[by[i].at] = i && by[i].v == by[i - 1].v ? point[by[i - 1].at] : by[i].at;
    free(by);
    *points = 0;
    for (size_t i = 0; i < n; i++) point[i] = point[i] == i ? (uint32_t)(*points)++ : point[point[i]];
    return LM_OK;
}

lm_status lm_outline_fill(const float *pos, const uint32_t *v, const size_t *start, size_t loops, const double normal[3],
                          uint32_t **tri, size_t *nt, bool *flat, lm_err *err)
{
    size_t n = start[loops], points, ns = 0;
    uint32_t *point = NULL, *vertex = NULL, (*segment)[2] = NULL;
    float(*xy)[2] = NULL;
    lm_status rc = LM_ENOMEM;
    *tri = NULL;
    *nt = 0;
    *flat = false;
    if (n == 0) return LM_OK;
    double at[3] = {pos[3 * (size_t)v[0]], pos[3 * (size_t)v[0] + 1], pos[3 * (size_t)v[0] + 2]};
    if (!(point = lm_mem_alloc(n, sizeof *point, err)) || !(vertex = lm_mem_alloc(n, sizeof *vertex, err)) ||
        !(segment = lm_mem_alloc(n, sizeof *segment, err)) || !(xy = lm_mem_alloc(n, sizeof *xy, err)) ||
        (rc = outline_number(v, n, point, &points, err)))
        goto done;
    for (size_t i = 0; i < n; i++) {
        vertex[point[i]] = v[i];
        lm_outline_project(normal, at, pos + 3 * (size_t)v[i], xy[point[i]]);
    }
    for (size_t l = 0; l < loops; l++)
        for (size_t i = start[l]; i < start[l + 1]; i++, ns++) {
            segment[ns][0] = point[i];
            segment[ns][1] = point[i + 1 < start[l + 1] ? i + 1 : start[l]];
        }
    rc = lm_triangulate_outlines((const float(*)[2])xy, points, (const uint32_t(*)[2])segment, ns, tri, nt, flat, err);
    for (size_t i = 0; i < 3 * *nt; i++) (*tri)[i] = vertex[(*tri)[i]];
done:
    free(point);
    free(vertex);
    free(segment);
    free(xy);
    return rc;
}
