/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "surface/share.h"
#include "base/mem.h"
#include "surface/join.h"
#include "surface/split.h"

#include <stdlib.h>
#include <string.h>

typedef struct {
    uint32_t *point; /* per vertex: its position's number */
    size_t points;
    unsigned char *doubled; /* per position: one part has two vertices there */
    uint32_t *mate;         /* per triangle: the one it is a wall with, or UINT32_MAX */
    uint32_t *slot;         /* hash table of triangles, by their positions */
    size_t slots;
} share_work;

/* Positions of a triangle's corners, ascending; +1 or -1: the way round, 0: none or doubled. */
static int share_key(const share_work *w, const lm_mesh *m, size_t t, uint32_t key[3])
{
    int turn = 1;
    for (size_t k = 0; k < 3; k++) {
        key[k] = w->point[m->tri[3 * t + k]];
        if (w->doubled[key[k]]) return 0;
    }
    for (int k = 0; k < 3; k++) { /* three exchanges sort three */
        int i = k == 1;
        if (key[i] > key[i + 1]) {
            uint32_t x = key[i];
            key[i] = key[i + 1];
            key[i + 1] = x;
            turn = -turn;
        }
    }
    return key[0] == key[1] || key[1] == key[2] ? 0 : turn;
}

static lm_status share_doubled(share_work *w, const lm_mesh *m, lm_err *err)
{
    lm_split s = LM_SPLIT_INIT;
    uint32_t *at = lm_mem_alloc(w->points, sizeof *at, err), *of = lm_mem_alloc(w->points, sizeof *of, err);
    lm_status rc = at && of ? lm_split_make(m, &s, err) : LM_ENOMEM;
    if (!rc) memset(of, 0xff, w->points * sizeof *of);
    for (size_t i = 0; i < s.n && !rc; i++)
        for (size_t k = 3 * s.at[i]; k < 3 * s.at[i + 1]; k++) {
            uint32_t v = m->tri[3 * (size_t)s.tri[k / 3] + k % 3], p = w->point[v];
            if (of[p] == i && at[p] != v) w->doubled[p] = 1;
            of[p] = (uint32_t)i;
            at[p] = v;
        }
    free(at);
    free(of);
    lm_split_release(&s);
    return rc;
}

/* Pair the triangles; those that come as third or more to one place undo the pair. */
static void share_pair(share_work *w, const lm_mesh *m)
{
    memset(w->mate, 0xff, m->nt * sizeof *w->mate);
    memset(w->slot, 0xff, w->slots * sizeof *w->slot);
    for (size_t t = 0; t < m->nt; t++) {
        uint32_t key[3], other[3];
        int turn = share_key(w, m, t, key);
        if (!turn || (m->label_back && m->label_back[t])) continue;
        uint64_t h = ((key[0] * 0x9e3779b97f4a7c15u) ^ key[1]) * 0xbf58476d1ce4e5b9u;
        h = (h ^ h >> 29 ^ key[2]) * 0x94d049bb133111ebu;
        size_t i = (size_t)(h ^ h >> 32) & (w->slots - 1);
        for (; w->slot[i] != UINT32_MAX; i = (i + 1) & (w->slots - 1)) {
            uint32_t u = w->slot[i];
            int there = share_key(w, m, u, other);
            if (memcmp(key, other, sizeof key)) continue;
            if (w->mate[u] == UINT32_MAX && there == -turn && m->label[u] != m->label[t]) w->mate[u] = (uint32_t)t;
            else w->mate[u] = u; /* crowded: paired with itself */
            break;
        }
        if (w->slot[i] == UINT32_MAX) w->slot[i] = (uint32_t)t;
    }
    for (size_t t = 0; t < m->nt; t++)
        if (w->mate[t] == t) w->mate[t] = UINT32_MAX;
}

/* Corners of walls take the first vertex at their position, second triangles and vertices left over go. */
static lm_status share_merge(share_work *w, lm_mesh *m, lm_err *err)
{
    uint32_t *first = lm_mem_alloc(w->points, sizeof *first, err), *now = first ? lm_mem_alloc(m->nv, sizeof *now, err) : NULL;
    unsigned char *drop = now ? lm_mem_calloc(m->nt, 1, err) : NULL, *wall = drop ? lm_mem_calloc(w->points, 1, err) : NULL;
    size_t nv = 0, nt = 0;
    if (!wall) {
        free(first);
        free(now);
        free(drop);
        return LM_ENOMEM;
    }
    for (size_t t = 0; t < m->nt; t++) {
        if (w->mate[t] == UINT32_MAX) continue;
        drop[w->mate[t]] = 1;
        m->label_back[t] = m->label[w->mate[t]];
        for (size_t k = 0; k < 3; k++) wall[w->point[m->tri[3 * t + k]]] = 1;
    }
    memset(first, 0xff, w->points * sizeof *first);
    for (size_t v = 0; v < m->nv; v++) {
        uint32_t p = w->point[v];
        now[v] = (uint32_t)nv;
        if (wall[p] && first[p] != UINT32_MAX) {
            now[v] = first[p];
            continue;
        }
        first[p] = (uint32_t)nv;
        memmove(m->pos + 3 * nv, m->pos + 3 * v, 3 * sizeof *m->pos);
        if (m->quality) m->quality[nv] = m->quality[v];
        nv++;
    }
    for (size_t t = 0; t < m->nt; t++) {
        if (drop[t]) continue;
        for (size_t k = 0; k < 3; k++) m->tri[3 * nt + k] = now[m->tri[3 * t + k]];
        m->label[nt] = m->label[t];
        m->label_back[nt++] = m->label_back[t];
    }
    m->nv = nv;
    m->nt = nt;
    free(first);
    free(now);
    free(drop);
    free(wall);
    return LM_OK;
}

lm_status lm_share_run(lm_mesh *m, size_t *walls, lm_err *err)
{
    share_work w = {.slots = 16};
    lm_join join = LM_JOIN_INIT;
    lm_status rc = LM_OK;
    *walls = 0;
    if (!m->label || !m->nt) return LM_OK;
    while (w.slots < 2 * m->nt) w.slots *= 2;
    if (!(w.point = lm_mem_alloc(m->nv, sizeof *w.point, err)) || !(w.mate = lm_mem_alloc(m->nt, sizeof *w.mate, err)) ||
        !(w.slot = lm_mem_alloc(w.slots, sizeof *w.slot, err)))
        rc = LM_ENOMEM;
    if (!rc) rc = lm_join_add(&join, m->pos, m->nv, w.point, err);
    w.points = join.n;
    lm_join_release(&join);
    if (!rc && !(w.doubled = lm_mem_calloc(w.points, 1, err))) rc = LM_ENOMEM;
    if (!rc) rc = share_doubled(&w, m, err);
    if (!rc) {
        share_pair(&w, m);
        for (size_t t = 0; t < m->nt; t++) *walls += w.mate[t] != UINT32_MAX;
    }
    if (!rc && *walls && !m->label_back && !(m->label_back = lm_mem_calloc(m->nt, sizeof *m->label_back, err))) rc = LM_ENOMEM;
    if (!rc && *walls) rc = share_merge(&w, m, err);
    free(w.point);
    free(w.doubled);
    free(w.mate);
    free(w.slot);
    return rc;
}

/* ---- patches ---- */

typedef struct {
    uint32_t v[2], label;
} share_edge;

static int share_edge_order(const void *x, const void *y)
{
    const share_edge *a = x, *b = y;
    for (int k = 0; k < 2; k++)
        if (a->v[k] != b->v[k]) return a->v[k] < b->v[k] ? -1 : 1;
    return (a->label > b->label) - (a->label < b->label);
}

/* Of edges e[0..n) at one place: two or more parts have an odd number of triangles there, all together an even one. */
static bool share_closed_by_another(const share_edge *e, size_t n)
{
    size_t odd = 0;
    for (size_t i = 0, end; i < n; i = end) {
        for (end = i + 1; end < n && e[end].label == e[i].label; end++) {
        }
        odd += (end - i) & 1;
    }
    return odd >= 2 && n % 2 == 0;
}

lm_status lm_share_patches(const lm_mesh *m, bool *yes, lm_err *err)
{
    lm_join join = LM_JOIN_INIT;
    uint32_t *point = NULL;
    share_edge *e = NULL;
    size_t n = 0;
    lm_status rc = LM_OK;
    *yes = false;
    if (!m->label || m->label_back) return LM_OK;
    if (!(point = lm_mem_alloc(m->nv, sizeof *point, err)) || !(e = lm_mem_alloc(m->nt, 3 * sizeof *e, err))) rc = LM_ENOMEM;
    if (!rc) rc = lm_join_add(&join, m->pos, m->nv, point, err);
    lm_join_release(&join);
    for (size_t i = 0; i < 3 * m->nt && !rc; i++) {
        uint32_t a = point[m->tri[i]], b = point[m->tri[i - i % 3 + (i + 1) % 3]];
        if (a != b) e[n++] = (share_edge){{a < b ? a : b, a < b ? b : a}, m->label[i / 3]};
    }
    if (!rc) qsort(e, n, sizeof *e, share_edge_order);
    for (size_t i = 0, end; i < n && !rc && !*yes; i = end) {
        for (end = i + 1; end < n && !memcmp(e[end].v, e[i].v, sizeof e->v); end++) {
        }
        *yes = share_closed_by_another(e + i, end - i);
    }
    free(point);
    free(e);
    return rc;
}
