/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "surface/mesh.h"
#include "base/mem.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

lm_status lm_mesh_alloc(lm_mesh *m, size_t nv, size_t nt, lm_err *err)
{
    if (nv > LM_MESH_MAX_VERTICES || nt > LM_MESH_MAX_TRIANGLES)
        return lm_err_set(err, LM_ERANGE, NULL, "%zu vertices and %zu triangles: a mesh has at most %zu and %zu", nv, nt,
                          LM_MESH_MAX_VERTICES, LM_MESH_MAX_TRIANGLES);
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
    free(m->label_back);
    lm_mesh_forget(m);
    lm_parts_release(&m->parts);
    *m = (lm_mesh)LM_MESH_INIT;
}

void lm_mesh_forget(lm_mesh *m)
{
    if (m->before) lm_mesh_release(m->before);
    free(m->before);
    m->before = NULL;
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
        (from->label && !(to->label = lm_mem_alloc(from->nt, sizeof *to->label, err))) ||
        (from->label_back && !(to->label_back = lm_mem_alloc(from->nt, sizeof *to->label_back, err)))) {
        lm_mesh_release(to);
        return LM_ENOMEM;
    }
    if (from->quality) memcpy(to->quality, from->quality, from->nv * sizeof *to->quality);
    if (from->label) memcpy(to->label, from->label, from->nt * sizeof *to->label);
    if (from->label_back) memcpy(to->label_back, from->label_back, from->nt * sizeof *to->label_back);
    return LM_OK;
}

static int mesh_label_order(const void *a, const void *b)
{
    uint32_t x, y;
    memcpy(&x, a, sizeof x);
    memcpy(&y, b, sizeof y);
    return (x > y) - (x < y);
}

typedef struct {
    uint32_t *item;
    size_t n, cap;
} mesh_labels;

static lm_status mesh_label(mesh_labels *l, uint32_t label, lm_err *err)
{
    if (l->n && bsearch(&label, l->item, l->n, sizeof *l->item, mesh_label_order)) return LM_OK;
    if (l->n == LM_MESH_PARTS) return lm_err_set(err, LM_ERANGE, NULL, "more than %d parts", (int)LM_MESH_PARTS);
    lm_status rc = lm_mem_grow(&l->item, &l->cap, l->n + 1, sizeof *l->item, err);
    if (rc) return rc;
    size_t at = l->n++;
    for (; at && l->item[at - 1] > label; at--) l->item[at] = l->item[at - 1];
    l->item[at] = label;
    return LM_OK;
}

lm_status lm_mesh_labels(const lm_mesh *m, uint32_t **ret, size_t *n, lm_err *err)
{
    mesh_labels l = {.n = 0};
    lm_status rc = LM_OK;
    *n = 0;
    *ret = NULL;
    for (size_t t = 0; m->label && t < m->nt && !rc; t++) {
        if (!t || m->label[t] != m->label[t - 1]) rc = mesh_label(&l, m->label[t], err);
        if (!rc && m->label_back && m->label_back[t] && (!t || m->label_back[t] != m->label_back[t - 1]))
            rc = mesh_label(&l, m->label_back[t], err);
    }
    if (rc) {
        free(l.item);
        return rc;
    }
    *ret = l.item;
    *n = l.n;
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
    if (m->label_back && !m->label) return lm_err_set(err, LM_ERULE, NULL, "triangles have a label_back and no label");
    for (size_t t = 0; m->label && t < m->nt; t++) {
        if (!m->label[t]) return lm_err_set(err, LM_ERULE, NULL, "triangle %zu has label 0, the outside: parts count from 1", t);
        if (m->label_back && m->label_back[t] == m->label[t])
            return lm_err_set(err, LM_ERULE, NULL, "triangle %zu has part %u on both sides", t, m->label[t]);
    }
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
