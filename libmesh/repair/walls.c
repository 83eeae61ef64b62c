/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "repair/walls.h"
#include "base/mem.h"
#include "surface/join.h"
#include "surface/predicates.h"
#include "surface/split.h"

#include <stdlib.h>
#include <string.h>

/* Triangles by the positions of their corners. */
typedef struct {
    const lm_mesh *m;
    uint32_t *point; /* per vertex, numbered over both meshes */
    uint32_t *head, *next;
    size_t mask;
} walls_table;

static void walls_sort(uint32_t *a, uint32_t *b)
{
    if (*a <= *b) return;
    uint32_t x = *a;
    *a = *b;
    *b = x;
}

static void walls_key(const walls_table *w, size_t t, uint32_t key[3])
{
    for (size_t k = 0; k < 3; k++) key[k] = w->point[w->m->tri[3 * t + k]];
    walls_sort(&key[0], &key[1]);
    walls_sort(&key[1], &key[2]);
    walls_sort(&key[0], &key[1]);
}

static size_t walls_slot(const walls_table *w, const uint32_t key[3])
{
    uint64_t h = ((key[0] * 0x9e3779b97f4a7c15u) ^ key[1]) * 0xbf58476d1ce4e5b9u;
    h = (h ^ h >> 29 ^ key[2]) * 0x94d049bb133111ebu;
    return (size_t)(h ^ h >> 32) & w->mask;
}

static lm_status walls_table_make(const lm_mesh *m, lm_join *join, walls_table *w, lm_err *err)
{
    size_t slots = 16;
    *w = (walls_table){.m = m};
    while (slots < m->nt) slots *= 2;
    w->mask = slots - 1;
    if (!(w->point = lm_mem_alloc(m->nv, sizeof *w->point, err)) || !(w->head = lm_mem_alloc(slots, sizeof *w->head, err)) ||
        !(w->next = lm_mem_alloc(m->nt, sizeof *w->next, err)))
        return LM_ENOMEM;
    lm_status rc = lm_join_add(join, m->pos, m->nv, w->point, err);
    if (rc) return rc;
    memset(w->head, 0xff, slots * sizeof *w->head);
    for (size_t t = 0; t < m->nt; t++) {
        uint32_t key[3];
        walls_key(w, t, key);
        size_t i = walls_slot(w, key);
        w->next[t] = w->head[i];
        w->head[i] = (uint32_t)t;
    }
    return LM_OK;
}

static void walls_table_free(walls_table *w)
{
    free(w->point);
    free(w->head);
    free(w->next);
}

static uint32_t walls_back(const lm_mesh *m, size_t t)
{
    return m->label_back ? m->label_back[t] : 0;
}

/* Is there a triangle at these positions that bounds a and, unless it is 0, b? */
static bool walls_has(const walls_table *w, const uint32_t key[3], uint32_t a, uint32_t b)
{
    for (uint32_t t = w->head[walls_slot(w, key)]; t != UINT32_MAX; t = w->next[t]) {
        uint32_t there[3], side[2] = {w->m->label[t], walls_back(w->m, t)};
        walls_key(w, t, there);
        if (memcmp(key, there, sizeof there)) continue;
        if ((side[0] == a && (!b || side[1] == b)) || (side[1] == a && (!b || side[0] == b))) return true;
    }
    return false;
}

static void walls_lose(lm_walls *out, const lm_mesh *m, size_t t, uint32_t a, uint32_t b)
{
    if (out->lost++) return;
    out->between[0] = a < b ? a : b;
    out->between[1] = a < b ? b : a;
    memcpy(out->at, m->pos + 3 * (size_t)m->tri[3 * t], sizeof out->at);
}

static int walls_label_order(const void *a, const void *b)
{
    uint32_t x, y;
    memcpy(&x, a, sizeof x);
    memcpy(&y, b, sizeof y);
    return (x > y) - (x < y);
}

/* Every wall triangle with area must still be one. */
static lm_status walls_kept(const walls_table *old, const walls_table *now, lm_walls *out, lm_err *err)
{
    const lm_mesh *m = old->m;
    uint32_t *label, key[3];
    size_t n;
    lm_status rc = lm_mesh_labels(now->m, &label, &n, err);
    if (rc) return rc;
    for (size_t t = 0; t < m->nt; t++) {
        uint32_t a = m->label[t], b = walls_back(m, t);
        const float *p[3];
        if (!b) continue;
        out->walls++;
        for (size_t k = 0; k < 3; k++) p[k] = m->pos + 3 * (size_t)m->tri[3 * t + k];
        walls_key(old, t, key);
        if (walls_has(now, key, a, b) || lm_predicates_collinear(p[0], p[1], p[2])) continue;
        if (n && bsearch(&a, label, n, sizeof *label, walls_label_order) && bsearch(&b, label, n, sizeof *label, walls_label_order))
            walls_lose(out, m, t, a, b);
    }
    free(label);
    return LM_OK;
}

typedef struct {
    uint32_t v[2], part;
} walls_edge;

static int walls_edge_order(const void *x, const void *y)
{
    const walls_edge *a = x, *b = y;
    for (int k = 0; k < 2; k++)
        if (a->v[k] != b->v[k]) return a->v[k] < b->v[k] ? -1 : 1;
    return (a->part > b->part) - (a->part < b->part);
}

static bool walls_same_edge(const walls_edge *a, const walls_edge *b)
{
    return a->v[0] == b->v[0] && a->v[1] == b->v[1];
}

/* Edges that two parts at least have open, ascending; one entry for each of these parts. */
static lm_status walls_open(const walls_table *w, walls_edge **ret, size_t *n, lm_err *err)
{
    lm_split s = LM_SPLIT_INIT;
    *n = 0;
    lm_status rc = lm_split_make(w->m, &s, err);
    walls_edge *e = rc ? NULL : lm_mem_alloc(s.at[s.n], 3 * sizeof *e, err);
    if (!rc && !e) rc = LM_ENOMEM;
    if (rc) {
        lm_split_release(&s);
        return rc;
    }
    size_t all = 0, open = 0;
    for (size_t i = 0; i < s.n; i++)
        for (size_t k = 3 * s.at[i]; k < 3 * s.at[i + 1]; k++) {
            const uint32_t *v = w->m->tri + 3 * (size_t)s.tri[k / 3];
            walls_edge x = {{w->point[v[k % 3]], w->point[v[(k + 1) % 3]]}, s.label[i]};
            walls_sort(&x.v[0], &x.v[1]);
            if (x.v[0] != x.v[1]) e[all++] = x;
        }
    lm_split_release(&s);
    qsort(e, all, sizeof *e, walls_edge_order);
    for (size_t i = 0, end; i < all; i = end) { /* those that stand once are open */
        for (end = i + 1; end < all && walls_same_edge(&e[end], &e[i]) && e[end].part == e[i].part; end++) {
        }
        if (end == i + 1) e[open++] = e[i];
    }
    for (size_t i = 0, end; i < open; i = end) {
        for (end = i + 1; end < open && walls_same_edge(&e[end], &e[i]); end++) {
        }
        for (size_t k = i; k < end && end > i + 1; k++) e[(*n)++] = e[k];
    }
    *ret = e;
    return LM_OK;
}

/* What is new at edges that two parts had open must be a wall. */
static lm_status walls_filled(const walls_table *old, const walls_table *now, lm_walls *out, lm_err *err)
{
    walls_edge *open;
    size_t n;
    lm_status rc = walls_open(old, &open, &n, err);
    if (rc) return rc;
    for (size_t t = 0; n && t < now->m->nt; t++) {
        uint32_t key[3], part = now->m->label[t];
        if (walls_back(now->m, t)) continue;
        for (size_t k = 0; k < 3; k++) {
            const uint32_t *v = now->m->tri + 3 * t;
            walls_edge x = {{now->point[v[k]], now->point[v[(k + 1) % 3]]}, part}, *hit;
            walls_sort(&x.v[0], &x.v[1]);
            if (!(hit = bsearch(&x, open, n, sizeof x, walls_edge_order))) continue;
            walls_key(now, t, key);
            if (walls_has(old, key, part, 0)) continue;
            bool before = hit > open && walls_same_edge(hit - 1, hit);
            walls_lose(out, now->m, t, part, before ? hit[-1].part : hit[1].part);
            break;
        }
    }
    free(open);
    return LM_OK;
}

lm_status lm_walls_check(const lm_mesh *old, const lm_mesh *now, lm_walls *out, lm_err *err)
{
    walls_table a = {.m = NULL}, b = {.m = NULL};
    lm_join join = LM_JOIN_INIT;
    *out = (lm_walls){.walls = 0};
    lm_status rc = walls_table_make(old, &join, &a, err);
    if (!rc) rc = walls_table_make(now, &join, &b, err);
    lm_join_release(&join);
    if (!rc) rc = walls_kept(&a, &b, out, err);
    if (!rc) rc = walls_filled(&a, &b, out, err);
    walls_table_free(&a);
    walls_table_free(&b);
    return rc;
}
