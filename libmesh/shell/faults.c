/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "shell/faults.h"
#include "base/mem.h"
#include "surface/intersect.h"
#include "surface/join.h"
#include "surface/predicates.h"

#include <stdlib.h>
#include <string.h>

#define FAULTS_CELLS 1e9

typedef struct {
    const lm_mesh *m;
    double lo[3], cell;
    size_t n[3];
    uint64_t *bits; /* one per cell */
} faults_cells;

/* Cells of space that a facet's box touches: set them, or ask whether one is set. */
static bool faults_touch(const faults_cells *g, size_t t, bool set)
{
    float box[2][3];
    size_t at[2][3];
    lm_bvh_tri_box(g->m, (uint32_t)t, box[0], box[1]);
    for (int e = 0; e < 2; e++)
        for (int c = 0; c < 3; c++) {
            double i = ((double)box[e][c] - g->lo[c]) / g->cell;
            at[e][c] = i < 0 ? 0 : i > (double)(g->n[c] - 1) ? g->n[c] - 1 : (size_t)i;
        }
    for (size_t k = at[0][2]; k <= at[1][2]; k++)
        for (size_t j = at[0][1]; j <= at[1][1]; j++)
            for (size_t i = at[0][0]; i <= at[1][0]; i++) {
                size_t bit = (k * g->n[1] + j) * g->n[0] + i;
                if (set) g->bits[bit / 64] |= 1ull << bit % 64;
                else if (g->bits[bit / 64] >> bit % 64 & 1) return true;
            }
    return false;
}

/* skip[t]: neither has facet t moved since it was last tried, nor lies it by one that has. */
static lm_status faults_untouched(const lm_mesh *m, uint8_t *untried, double cell, uint8_t *skip, lm_err *err)
{
    faults_cells g = {.m = m, .cell = cell};
    double hi[3], cells;
    lm_mesh_box(m, g.lo, hi);
    do {
        cells = 1;
        for (int c = 0; c < 3; c++) cells *= (double)(g.n[c] = (size_t)((hi[c] - g.lo[c]) / g.cell) + 1);
        if (cells > FAULTS_CELLS) g.cell *= 2;
    } while (cells > FAULTS_CELLS);
    if (!(g.bits = lm_mem_calloc((size_t)cells / 64 + 1, sizeof *g.bits, err))) return LM_ENOMEM;
    for (size_t t = 0; t < m->nt; t++) {
        const uint32_t *v = m->tri + 3 * t;
        if (untried[v[0]] | untried[v[1]] | untried[v[2]]) faults_touch(&g, t, true);
    }
    for (size_t t = 0; t < m->nt; t++) skip[t] = !faults_touch(&g, t, false);
    memset(untried, 0, m->nv);
    free(g.bits);
    return LM_OK;
}

/* Vertices at one place, and facets without area. */
static void faults_flat(const lm_mesh *m, const uint32_t *place, uint32_t *first, uint8_t *skip, uint8_t *mark, size_t *faults)
{
    uint32_t next = 0;
    for (uint32_t v = 0; v < m->nv; v++) {
        if (place[v] == next) {
            first[next++] = v;
            continue;
        }
        mark[v] = mark[first[place[v]]] = 1;
        ++*faults;
    }
    for (size_t t = 0; t < m->nt; t++) {
        const uint32_t *v = m->tri + 3 * t;
        if (skip[t] || !lm_predicates_collinear(m->pos + 3 * (size_t)v[0], m->pos + 3 * (size_t)v[1], m->pos + 3 * (size_t)v[2]))
            continue;
        skip[t] = 1;
        mark[v[0]] = mark[v[1]] = mark[v[2]] = 1;
        ++*faults;
    }
}

lm_status lm_faults_mark(const lm_mesh *m, uint8_t *untried, double cell_mm, int threads, uint8_t *mark, size_t *faults,
                         lm_err *err)
{
    lm_join join = LM_JOIN_INIT;
    lm_bvh b = LM_BVH_INIT;
    lm_intersect x = LM_INTERSECT_INIT;
    uint32_t *place = NULL, *first = NULL;
    uint8_t *skip = NULL;
    lm_status rc = LM_ENOMEM;
    *faults = 0;
    memset(mark, 0, m->nv);
    if (!(place = lm_mem_alloc(m->nv, sizeof *place, err)) || !(first = lm_mem_alloc(m->nv, sizeof *first, err)) ||
        !(skip = lm_mem_alloc(m->nt, 1, err)) || (rc = faults_untouched(m, untried, cell_mm, skip, err)) ||
        (rc = lm_join_add(&join, m->pos, m->nv, place, err)))
        goto done;
    faults_flat(m, place, first, skip, mark, faults);
    if ((rc = lm_bvh_build(m, skip, threads, &b, err)) || (rc = lm_intersect_run(m, &b, place, true, threads, &x, err))) goto done;
    for (size_t i = 0; i < x.pairs; i++)
        for (size_t k = 0; k < 6; k++) mark[m->tri[3 * (size_t)x.list[i][k / 3] + k % 3]] = 1;
    *faults += x.pairs;
done:
    lm_intersect_release(&x);
    lm_bvh_release(&b);
    lm_join_release(&join);
    free(place);
    free(first);
    free(skip);
    return rc;
}

void lm_faults_spread(const lm_mesh *m, uint8_t *mark, int rings)
{
    for (; rings > 0; rings--) {
        for (size_t t = 0; t < m->nt; t++) {
            const uint32_t *v = m->tri + 3 * t;
            if ((mark[v[0]] | mark[v[1]] | mark[v[2]]) & 1)
                for (size_t k = 0; k < 3; k++) mark[v[k]] |= 2;
        }
        for (size_t v = 0; v < m->nv; v++) mark[v] = mark[v] != 0;
    }
}
