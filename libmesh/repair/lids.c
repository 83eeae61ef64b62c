/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "repair/lids.h"
#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

typedef struct {
    uint32_t a, b; /* a < b */
    int32_t way;   /* +1: a triangle runs from a to b */
} lids_edge;

static int lids_by_edge(const void *p, const void *q)
{
    const lids_edge *x = p, *y = q;
    if (x->a != y->a) return x->a < y->a ? -1 : 1;
    return (x->b > y->b) - (x->b < y->b);
}

static uint32_t lids_root(uint32_t *up, uint32_t v)
{
    while (up[v] != v) v = up[v] = up[up[v]];
    return v;
}

/* Edges with more triangles one way than the other, in place; their number. */
static size_t lids_open(lids_edge *e, size_t n)
{
    size_t open = 0;
    qsort(e, n, sizeof *e, lids_by_edge);
    for (size_t i = 0, k; i < n; i = k) {
        lids_edge sum = e[i];
        for (k = i + 1; k < n && e[k].a == e[i].a && e[k].b == e[i].b; k++) sum.way += e[k].way;
        if (sum.way) e[open++] = sum;
    }
    return open;
}

lm_status lm_lids_make(const lm_mesh *m, lm_mesh *lids, lm_err *err)
{
    lids_edge *e = lm_mem_alloc(3 * m->nt, sizeof *e, err);
    uint32_t *up = NULL;
    size_t n = 0, cap = 0;
    lm_status rc = LM_ENOMEM;
    if (!e || !(up = lm_mem_alloc(m->nv, sizeof *up, err))) goto done;
    for (size_t h = 0; h < 3 * m->nt; h++) {
        uint32_t a = m->tri[h], b = m->tri[h - h % 3 + (h + 1) % 3];
        if (a != b) e[n++] = (lids_edge){a < b ? a : b, a < b ? b : a, a < b ? 1 : -1};
    }
    n = lids_open(e, n);
    for (size_t v = 0; v < m->nv; v++) up[v] = (uint32_t)v;
    for (size_t i = 0; i < n; i++) {
        uint32_t a = lids_root(up, e[i].a), b = lids_root(up, e[i].b);
        if (a < b) up[b] = a;
        else up[a] = b;
    }
    rc = LM_OK;
    for (size_t i = 0; i < n && !rc; i++) {
        uint32_t top = lids_root(up, e[i].a), a = e[i].way > 0 ? e[i].b : e[i].a, b = e[i].way > 0 ? e[i].a : e[i].b;
        for (int32_t k = abs(e[i].way); k > 0 && a != top && b != top; k--) {
            if ((rc = lm_mem_grow(&lids->tri, &cap, 3 * (lids->nt + 1), sizeof *lids->tri, err))) break;
            memcpy(lids->tri + 3 * lids->nt++, (uint32_t[3]){top, a, b}, 3 * sizeof *lids->tri);
        }
    }
done:
    free(e);
    free(up);
    return rc;
}
