/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "surface/mesh.h"
#include "base/mem.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

lm_status lm_mesh_alloc(lm_mesh *m, size_t nv, size_t nt, lm_err *err)
{
    if (nv > UINT32_MAX || nt > UINT32_MAX)
        return lm_err_set(err, LM_ERANGE, NULL, "%zu vertices and %zu triangles: the limit is 4294967295 of each", nv, nt);
    lm_mesh_release(m);
    if (!(m->pos = lm_mem_alloc(nv, 3 * sizeof *m->pos, err)) || !(m->tri = lm_mem_alloc(nt, 3 * sizeof *m->tri, err))) {
        lm_mesh_release(m);
        return LM_ENOMEM;
    }
    m->nv = nv;
    m->nt = nt;
    return LM_OK;
}

void lm_mesh_release(lm_mesh *m)
{
    free(m->pos);
    free(m->tri);
    free(m->quality);
    free(m->label);
    lm_parts_release(&m->parts);
    *m = (lm_mesh)LM_MESH_INIT;
}

lm_status lm_mesh_copy(const lm_mesh *from, lm_mesh *to, lm_err *err)
{
    lm_status rc = lm_mesh_alloc(to, from->nv, from->nt, err);
    if (rc) return rc;
    memcpy(to->pos, from->pos, from->nv * 3 * sizeof *to->pos);
    memcpy(to->tri, from->tri, from->nt * 3 * sizeof *to->tri);
    to->space = from->space;
    if ((rc = lm_parts_copy(&from->parts, &to->parts, err))) {
        lm_mesh_release(to);
        return rc;
    }
    if ((from->quality && !(to->quality = lm_mem_alloc(from->nv, sizeof *to->quality, err))) ||
        (from->label && !(to->label = lm_mem_alloc(from->nt, sizeof *to->label, err)))) {
        lm_mesh_release(to);
        return LM_ENOMEM;
    }
    if (from->quality) memcpy(to->quality, from->quality, from->nv * sizeof *to->quality);
    if (from->label) memcpy(to->label, from->label, from->nt * sizeof *to->label);
    return LM_OK;
}

static int mesh_label_order(const void *a, const void *b)
{
    uint32_t x, y;
    memcpy(&x, a, sizeof x);
    memcpy(&y, b, sizeof y);
    return (x > y) - (x < y);
}

lm_status lm_mesh_labels(const lm_mesh *m, uint32_t **ret, size_t *n, lm_err *err)
{
    uint32_t *have = NULL, last = 0;
    size_t cap = 0;
    *n = 0;
    *ret = NULL;
    for (size_t t = 0; m->label && t < m->nt; t++) {
        if (*n && m->label[t] == last) continue;
        last = m->label[t];
        if (*n && bsearch(&last, have, *n, sizeof *have, mesh_label_order)) continue;
        if (*n == LM_MESH_PARTS) {
            free(have);
            return lm_err_set(err, LM_ERANGE, NULL, "more than %d parts", (int)LM_MESH_PARTS);
        }
        lm_status rc = lm_mem_grow(&have, &cap, *n + 1, sizeof *have, err);
        if (rc) {
            free(have);
            return rc;
        }
        size_t at = *n;
        for (; at && have[at - 1] > last; at--) have[at] = have[at - 1];
        have[at] = last;
        ++*n;
    }
    *ret = have;
    return LM_OK;
}

lm_status lm_mesh_part(const lm_mesh *m, uint32_t label, lm_mesh *out, lm_err *err)
{
    uint32_t *now = lm_mem_alloc(m->nv, sizeof *now, err);
    size_t nv = 0, nt = 0;
    if (!now) return LM_ENOMEM;
    memset(now, 0xff, m->nv * sizeof *now);
    for (size_t t = 0; t < m->nt; t++) {
        if (m->label[t] != label) continue;
        nt++;
        for (size_t k = 0; k < 3; k++) now[m->tri[3 * t + k]] = 0;
    }
    for (size_t v = 0; v < m->nv; v++)
        if (!now[v]) now[v] = (uint32_t)nv++;
    lm_status rc = lm_mesh_alloc(out, nv, nt, err);
    if (!rc && m->quality && !(out->quality = lm_mem_alloc(nv, sizeof *out->quality, err))) rc = LM_ENOMEM;
    if (rc) {
        lm_mesh_release(out);
        free(now);
        return rc;
    }
    out->space = m->space;
    for (size_t v = 0; v < m->nv; v++) {
        if (now[v] == UINT32_MAX) continue;
        memcpy(out->pos + 3 * (size_t)now[v], m->pos + 3 * v, 3 * sizeof *m->pos);
        if (m->quality) out->quality[now[v]] = m->quality[v];
    }
    uint32_t *o = out->tri;
    for (size_t t = 0; t < m->nt; t++)
        if (m->label[t] == label)
            for (size_t k = 0; k < 3; k++) *o++ = now[m->tri[3 * t + k]];
    free(now);
    return LM_OK;
}

lm_status lm_mesh_validate(const lm_mesh *m, lm_err *err)
{
    for (size_t i = 0; i < 3 * m->nv; i++)
        if (!isfinite(m->pos[i]))
            return lm_err_set(err, LM_ERULE, NULL, "vertex %zu has a coordinate that is no finite number", i / 3);
    for (size_t i = 0; i < 3 * m->nt; i++)
        if (m->tri[i] >= m->nv)
            return lm_err_set(err, LM_ERULE, NULL, "triangle %zu names vertex %u of %zu", i / 3, m->tri[i], m->nv);
    return LM_OK;
}

void lm_mesh_box(const lm_mesh *m, double lo[3], double hi[3])
{
    for (int c = 0; c < 3; c++) {
        lo[c] = INFINITY;
        hi[c] = -INFINITY;
    }
    for (size_t i = 0; i < m->nv; i++)
        for (int c = 0; c < 3; c++) {
            double x = m->pos[3 * i + (size_t)c];
            if (x < lo[c]) lo[c] = x;
            if (x > hi[c]) hi[c] = x;
        }
}

enum { MESH_BLOCK = 4096 }; /* triangles per partial sum: the error grows with sqrt(n), and the order is fixed */

static void mesh_cross(const double u[3], const double v[3], double w[3])
{
    w[0] = u[1] * v[2] - u[2] * v[1];
    w[1] = u[2] * v[0] - u[0] * v[2];
    w[2] = u[0] * v[1] - u[1] * v[0];
}

double lm_mesh_volume(const lm_mesh *m)
{
    double lo[3], hi[3], mid[3], sum = 0;
    lm_mesh_box(m, lo, hi);
    for (int c = 0; c < 3; c++) mid[c] = 0.5 * (lo[c] + hi[c]); /* keeps digits at large offsets */
    for (size_t at = 0; at < m->nt; at += MESH_BLOCK) {
        double part = 0;
        for (size_t t = at; t < m->nt && t < at + MESH_BLOCK; t++) {
            double p[3][3], w[3];
            for (int k = 0; k < 3; k++)
                for (int c = 0; c < 3; c++) p[k][c] = m->pos[3 * (size_t)m->tri[3 * t + (size_t)k] + (size_t)c] - mid[c];
            mesh_cross(p[1], p[2], w);
            part += p[0][0] * w[0] + p[0][1] * w[1] + p[0][2] * w[2];
        }
        sum += part;
    }
    return sum / 6;
}

double lm_mesh_area(const lm_mesh *m)
{
    double sum = 0;
    for (size_t at = 0; at < m->nt; at += MESH_BLOCK) {
        double part = 0;
        for (size_t t = at; t < m->nt && t < at + MESH_BLOCK; t++) {
            double u[3], v[3], w[3];
            const float *a = m->pos + 3 * (size_t)m->tri[3 * t], *b = m->pos + 3 * (size_t)m->tri[3 * t + 1],
                        *c = m->pos + 3 * (size_t)m->tri[3 * t + 2];
            for (int k = 0; k < 3; k++) {
                u[k] = (double)b[k] - a[k];
                v[k] = (double)c[k] - a[k];
            }
            mesh_cross(u, v, w);
            part += sqrt(w[0] * w[0] + w[1] * w[1] + w[2] * w[2]);
        }
        sum += part;
    }
    return sum / 2;
}
