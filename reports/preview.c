/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "reports/preview.h"
#include "base/mem.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

typedef struct {
    const lm_mesh *mesh;
    double lo[3], size;       /* of a cell, mm */
    uint32_t *slot, *cluster; /* open addressing: first vertex of the cluster + 1; cluster of each vertex, by number */
    uint64_t *key;            /* of each slot */
    uint32_t *number;         /* of the cluster in each slot */
    size_t mask, n;           /* slots - 1; clusters */
} preview;

static size_t preview_hash(uint64_t k)
{
    k ^= k >> 31;
    k *= 0x9e3779b97f4a7c15u;
    return (size_t)(k ^ k >> 29);
}

/* Number the clusters in the order in which the vertices come. */
static void preview_clusters(preview *p)
{
    memset(p->slot, 0, (p->mask + 1) * sizeof *p->slot);
    p->n = 0;
    for (size_t v = 0; v < p->mesh->nv; v++) {
        uint64_t k = 0;
        for (int c = 0; c < 3; c++) k = k << 21 | (uint64_t)((p->mesh->pos[3 * v + (size_t)c] - p->lo[c]) / p->size);
        size_t s = preview_hash(k) & p->mask;
        while (p->slot[s] && p->key[s] != k) s = (s + 1) & p->mask;
        if (!p->slot[s]) {
            p->slot[s] = (uint32_t)v + 1;
            p->key[s] = k;
            p->number[s] = (uint32_t)p->n++;
        }
        p->cluster[v] = p->number[s];
    }
}

static bool preview_stays(const preview *p, size_t t)
{
    const uint32_t *v = p->mesh->tri + 3 * t;
    uint32_t a = p->cluster[v[0]], b = p->cluster[v[1]], c = p->cluster[v[2]];
    return a != b && b != c && c != a;
}

static size_t preview_count(const preview *p)
{
    size_t n = 0;
    for (size_t t = 0; t < p->mesh->nt; t++) n += preview_stays(p, t);
    return n;
}

/* The vertex nearest to the mean of each cluster (of equals the first) becomes a vertex of out. */
static lm_status preview_vertices(const preview *p, lm_mesh *out, double *moved_mm, lm_err *err)
{
    const float *pos = p->mesh->pos;
    double *mean = lm_mem_calloc(p->n, 4 * sizeof *mean, err), *best = lm_mem_alloc(p->n, sizeof *best, err);
    uint32_t *chosen = lm_mem_alloc(p->n, sizeof *chosen, err);
    lm_status st = mean && best && chosen ? LM_OK : LM_ENOMEM;
    double far2 = 0;
    for (size_t v = 0; v < p->mesh->nv && !st; v++) {
        double *m = mean + 4 * (size_t)p->cluster[v];
        for (int c = 0; c < 3; c++) m[c] += pos[3 * v + (size_t)c];
        m[3]++;
    }
    for (size_t k = 0; k < p->n && !st; k++) best[k] = INFINITY;
    for (size_t v = 0; v < p->mesh->nv && !st; v++) {
        size_t k = p->cluster[v];
        double d2 = 0;
        for (int c = 0; c < 3; c++) {
            double d = pos[3 * v + (size_t)c] - mean[4 * k + (size_t)c] / mean[4 * k + 3];
            d2 += d * d;
        }
        if (d2 < best[k]) best[k] = d2, chosen[k] = (uint32_t)v;
    }
    for (size_t v = 0; v < p->mesh->nv && !st; v++) {
        double d2 = 0;
        for (size_t c = 0; c < 3; c++) {
            double d = (double)pos[3 * v + c] - (double)pos[3 * (size_t)chosen[p->cluster[v]] + c];
            d2 += d * d;
        }
        if (d2 > far2) far2 = d2;
    }
    for (size_t k = 0; k < p->n && !st; k++) {
        memcpy(out->pos + 3 * k, pos + 3 * (size_t)chosen[k], 3 * sizeof *pos);
        if (out->quality) out->quality[k] = p->mesh->quality[chosen[k]];
    }
    *moved_mm = sqrt(far2);
    free(mean);
    free(best);
    free(chosen);
    return st;
}

static lm_status preview_build(const preview *p, size_t nt, lm_mesh *out, double *moved_mm, lm_err *err)
{
    const lm_mesh *m = p->mesh;
    lm_status st = lm_mesh_alloc(out, p->n, nt, err);
    if (!st && m->quality && !(out->quality = lm_mem_alloc(p->n, sizeof *out->quality, err))) st = LM_ENOMEM;
    if (!st && m->label && !(out->label = lm_mem_alloc(nt, sizeof *out->label, err))) st = LM_ENOMEM;
    if (!st && m->label_back && !(out->label_back = lm_mem_alloc(nt, sizeof *out->label_back, err))) st = LM_ENOMEM;
    if (!st) st = lm_parts_copy(&m->parts, &out->parts, err);
    if (!st) st = preview_vertices(p, out, moved_mm, err);
    for (size_t t = 0, k = 0; t < m->nt && !st; t++) {
        if (!preview_stays(p, t)) continue;
        for (size_t c = 0; c < 3; c++) out->tri[3 * k + c] = p->cluster[m->tri[3 * t + c]];
        if (out->label) out->label[k] = m->label[t];
        if (out->label_back) out->label_back[k] = m->label_back[t];
        k++;
    }
    out->space = m->space;
    out->quality_range = m->quality_range;
    return st;
}

lm_status lm_preview_make(const lm_mesh *mesh, size_t budget, lm_mesh *out, double *moved_mm, lm_err *err)
{
    enum { GRID = 2000000 }; /* cells along the longest side at most: a key has 21 bits for each */
    preview p = {.mesh = mesh, .mask = 1};
    double hi[3], longest = 0;
    *out = (lm_mesh)LM_MESH_INIT;
    lm_mesh_box(mesh, p.lo, hi);
    for (int c = 0; c < 3; c++)
        if (hi[c] - p.lo[c] > longest) longest = hi[c] - p.lo[c];
    while (p.mask < 2 * mesh->nv) p.mask = 2 * p.mask + 1;
    p.slot = lm_mem_alloc(p.mask + 1, sizeof *p.slot, err);
    p.key = lm_mem_alloc(p.mask + 1, sizeof *p.key, err);
    p.number = lm_mem_alloc(p.mask + 1, sizeof *p.number, err);
    p.cluster = lm_mem_alloc(mesh->nv, sizeof *p.cluster, err);
    lm_status st = p.slot && p.key && p.number && p.cluster ? LM_OK : LM_ENOMEM;
    /* A surface of that area has some two triangles in each cell that it crosses; begin finer than that. */
    p.size = sqrt(lm_mesh_area(mesh) / (double)budget) / 2;
    if (!(p.size > longest / GRID)) p.size = longest / GRID;
    if (!(p.size > 0)) p.size = 1;
    for (size_t nt = SIZE_MAX; !st && nt > budget; p.size *= 1.2) {
        preview_clusters(&p);
        if ((nt = preview_count(&p)) <= budget) st = preview_build(&p, nt, out, moved_mm, err);
    }
    if (st) lm_mesh_release(out);
    free(p.slot);
    free(p.key);
    free(p.number);
    free(p.cluster);
    return st;
}
