/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "repair/clean.h"
#include "base/mem.h"
#include "repair/vec.h"
#include "surface/predicates.h"
#include "surface/topo.h"

#include <stdlib.h>
#include <string.h>

/* Drop the triangles marked in gone; returns how many. */
static size_t clean_drop(lm_mesh *m, const unsigned char *gone, lm_spots *where)
{
    size_t n = 0, before = m->nt;
    for (size_t t = 0; t < m->nt; t++)
        if (gone[t]) lm_spots_triangle(where, m, t);
        else memmove(m->tri + 3 * n++, m->tri + 3 * t, 3 * sizeof *m->tri);
    m->nt = n;
    return before - n;
}

/* ---- no area ---- */

static bool clean_repeats(const uint32_t *v)
{
    return v[0] == v[1] || v[1] == v[2] || v[2] == v[0];
}

static const float *clean_at(const lm_mesh *m, uint32_t v)
{
    return m->pos + 3 * (size_t)v;
}

static bool clean_flat(const lm_mesh *m, size_t t)
{
    const uint32_t *v = m->tri + 3 * t;
    return lm_predicates_collinear(clean_at(m, v[0]), clean_at(m, v[1]), clean_at(m, v[2]));
}

/* The corner of a flat triangle that lies between the other two. */
static uint32_t clean_middle(const lm_mesh *m, size_t t)
{
    const uint32_t *v = m->tri + 3 * t;
    for (uint32_t k = 0; k < 2; k++) {
        const float *p = clean_at(m, v[k]), *a = clean_at(m, v[(k + 1) % 3]), *b = clean_at(m, v[(k + 2) % 3]);
        int c = 0;
        while (c < 3 && ((a[c] <= p[c] && p[c] <= b[c]) || (b[c] <= p[c] && p[c] <= a[c]))) c++;
        if (c == 3) return k;
    }
    return 2;
}

static bool clean_has_edge(const lm_mesh *m, const lm_topo_corners *c, uint32_t a, uint32_t b)
{
    for (uint32_t i = c->start[a]; i < c->start[a + 1]; i++) {
        const uint32_t *v = m->tri + 3 * (size_t)(c->corner[i] / 3);
        if (v[0] == b || v[1] == b || v[2] == b) return true;
    }
    return false;
}

/* One pass over the flat triangles; each change locks its vertices, so that what is looked up stays true. */
static lm_status clean_flips(lm_mesh *m, const uint32_t *flat, size_t flats, unsigned char *gone, size_t *changed, lm_err *err)
{
    lm_topo_corners c = LM_TOPO_CORNERS_INIT;
    uint32_t *mate = NULL;
    unsigned char *lock = NULL;
    lm_status rc = lm_topo_corners_make(m, gone, &c, err);
    *changed = 0;
    if (rc) return rc;
    rc = LM_ENOMEM;
    if (!(mate = lm_mem_alloc(3 * m->nt, sizeof *mate, err)) || !(lock = lm_mem_calloc(m->nv, 1, err)) ||
        (rc = lm_topo_mates(m, &c, mate, err)))
        goto done;
    for (size_t i = 0; i < flats; i++) {
        uint32_t *v = m->tri + 3 * (size_t)flat[i], k = clean_middle(m, flat[i]), mid = v[k], h = mate[3 * flat[i] + (k + 1) % 3];
        if (lock[v[0]] || lock[v[1]] || lock[v[2]] || h == LM_TOPO_MANY) continue;
        if (h == LM_TOPO_NONE) gone[flat[i]] = 1;
        else {
            uint32_t u = h / 3, e = h % 3, *w = m->tri + 3 * (size_t)u;
            uint32_t x = w[e], y = w[(e + 1) % 3], d = w[(e + 2) % 3];
            if (lock[d] || d == mid || clean_flat(m, u) || clean_has_edge(m, &c, mid, d)) continue;
            memcpy(v, (uint32_t[3]){x, mid, d}, 3 * sizeof *v);
            memcpy(w, (uint32_t[3]){mid, y, d}, 3 * sizeof *w);
            lock[d] = 1;
            lock[x] = lock[y] = 1;
        }
        lock[mid] = lock[v[0]] = lock[v[1]] = lock[v[2]] = 1;
        ++*changed;
    }
done:
    lm_topo_corners_release(&c);
    free(mate);
    free(lock);
    return rc;
}

lm_status lm_clean_degenerate(lm_mesh *m, size_t *removed, lm_spots *where, lm_err *err)
{
    unsigned char *gone = lm_mem_calloc(m->nt, 1, err);
    uint32_t *flat = NULL;
    size_t flats = 0, cap = 0, changed = 1;
    lm_status rc = LM_OK;
    *removed = 0;
    if (!gone) return LM_ENOMEM;
    for (size_t t = 0; t < m->nt && !rc; t++) {
        if ((gone[t] = clean_repeats(m->tri + 3 * t))) ++*removed;
        else if (clean_flat(m, t) && !(rc = lm_mem_grow(&flat, &cap, flats + 1, sizeof *flat, err))) flat[flats++] = (uint32_t)t;
    }
    while (!rc && flats && changed) { /* each change takes one away */
        size_t n = 0;
        rc = clean_flips(m, flat, flats, gone, &changed, err);
        for (size_t i = 0; i < flats; i++)
            if (!gone[flat[i]] && clean_flat(m, flat[i])) flat[n++] = flat[i];
            else if (!gone[flat[i]]) lm_spots_triangle(where, m, flat[i]);
        *removed += flats - n;
        flats = n;
    }
    if (!rc) clean_drop(m, gone, where);
    free(gone);
    free(flat);
    return rc;
}

/* ---- there twice ---- */

typedef struct {
    uint32_t a, b, t; /* the two higher vertices, sorted; the triangle */
    int turn;         /* +1: it runs lowest, a, b */
} clean_copy;

static int clean_copy_cmp(const void *p, const void *q)
{
    const clean_copy *x = p, *y = q;
    if (x->a != y->a) return x->a < y->a ? -1 : 1;
    if (x->b != y->b) return x->b < y->b ? -1 : 1;
    return (x->t > y->t) - (x->t < y->t);
}

enum { CLEAN_GONE = 1, CLEAN_SPARE = 2 }; /* dropped; kept for now, but as many faced either way */

/* Mark what is there more than once, lowest vertex by lowest vertex. *spare: triangles marked so. */
static lm_status clean_copies(const lm_mesh *m, const lm_topo_corners *c, unsigned char *mark, size_t *spare, lm_err *err)
{
    clean_copy *x = NULL;
    size_t cap = 0;
    *spare = 0;
    for (uint32_t v = 0; v < m->nv; v++) {
        size_t n = 0;
        lm_status rc = lm_mem_grow(&x, &cap, c->start[v + 1] - c->start[v], sizeof *x, err);
        if (rc) {
            free(x);
            return rc;
        }
        for (uint32_t i = c->start[v]; i < c->start[v + 1]; i++) {
            uint32_t t = c->corner[i] / 3, k = c->corner[i] % 3, a = m->tri[3 * (size_t)t + (k + 1) % 3],
                     b = m->tri[3 * (size_t)t + (k + 2) % 3];
            if (v < a && v < b) x[n++] = a < b ? (clean_copy){a, b, t, 1} : (clean_copy){b, a, t, -1};
        }
        if (n < 2) continue;
        qsort(x, n, sizeof *x, clean_copy_cmp);
        for (size_t i = 0, j; i < n; i = j) {
            int net = 0;
            for (j = i; j < n && x[j].a == x[i].a && x[j].b == x[i].b; j++) net += x[j].turn;
            if (j - i == 1) continue;
            size_t keep = i;
            while (net && (x[keep].turn > 0) != (net > 0)) keep++;
            for (size_t k = i; k < j; k++) mark[x[k].t] = k != keep ? CLEAN_GONE : net ? 0 : CLEAN_SPARE;
            *spare += !net;
        }
    }
    free(x);
    return LM_OK;
}

static uint32_t clean_root(uint32_t *up, uint32_t t)
{
    while (up[t] != t) t = up[t] = up[up[t]];
    return t;
}

enum { CLEAN_ODD = 1, CLEAN_BOUND = 2 }; /* the rest of the surface needs the patch; the patch does not close by itself */

/* Decide on the patches of spare triangles (joined by edges). */
static lm_status clean_patches(const lm_mesh *m, unsigned char *mark, lm_err *err)
{
    lm_topo_corners c = LM_TOPO_CORNERS_INIT;
    uint32_t *up = NULL;
    unsigned char *what = NULL, *gone = lm_mem_alloc(m->nt, 1, err);
    lm_status rc = LM_ENOMEM;
    if (!gone) return rc;
    for (size_t t = 0; t < m->nt; t++) gone[t] = mark[t] == CLEAN_GONE;
    if ((rc = lm_topo_corners_make(m, gone, &c, err))) goto done;
    if (!(up = lm_mem_alloc(m->nt, sizeof *up, err)) || !(what = lm_mem_calloc(m->nt, 1, err))) {
        rc = LM_ENOMEM;
        goto done;
    }
    for (uint32_t t = 0; t < m->nt; t++) up[t] = t;
    for (uint32_t t = 0; t < m->nt; t++)
        for (uint32_t k = 0; k < 3 && mark[t] == CLEAN_SPARE; k++) {
            uint32_t a = m->tri[3 * (size_t)t + k], b = m->tri[3 * (size_t)t + (k + 1) % 3];
            size_t firm = 0, spare = 0;
            if (c.start[a + 1] - c.start[a] > c.start[b + 1] - c.start[b]) { /* the end with fewer triangles */
                uint32_t x = a;
                a = b;
                b = x;
            }
            for (uint32_t i = c.start[a]; i < c.start[a + 1]; i++) {
                uint32_t u = c.corner[i] / 3;
                const uint32_t *v = m->tri + 3 * (size_t)u;
                if (v[0] != b && v[1] != b && v[2] != b) continue;
                if (mark[u] != CLEAN_SPARE) {
                    firm++;
                    continue;
                }
                spare++;
                uint32_t p = clean_root(up, t), q = clean_root(up, u);
                up[p > q ? p : q] = p > q ? q : p;
            }
            if (firm & 1) what[t] |= CLEAN_ODD;
            if (firm || spare == 1) what[t] |= CLEAN_BOUND;
        }
    for (uint32_t t = 0; t < m->nt; t++) what[clean_root(up, t)] |= what[t];
    for (uint32_t t = 0; t < m->nt; t++)
        if (mark[t] == CLEAN_SPARE && what[clean_root(up, t)] == CLEAN_BOUND) mark[t] = CLEAN_GONE;
done:
    lm_topo_corners_release(&c);
    free(gone);
    free(up);
    free(what);
    return rc;
}

lm_status lm_clean_duplicates(lm_mesh *m, size_t *removed, lm_spots *where, lm_err *err)
{
    lm_topo_corners c = LM_TOPO_CORNERS_INIT;
    unsigned char *mark = lm_mem_calloc(m->nt, 1, err);
    size_t spare = 0;
    lm_status rc = LM_ENOMEM;
    *removed = 0;
    if (!mark) return rc;
    if (!(rc = lm_topo_corners_make(m, NULL, &c, err))) rc = clean_copies(m, &c, mark, &spare, err);
    lm_topo_corners_release(&c);
    if (!rc && spare) rc = clean_patches(m, mark, err);
    if (!rc) {
        for (size_t t = 0; t < m->nt; t++) mark[t] &= CLEAN_GONE;
        *removed = clean_drop(m, mark, where);
    }
    free(mark);
    return rc;
}

/* Has a vertex that is inside it, or where another piece is open too; shares a vertex with a larger piece. */
enum { CLEAN_INNER = 1, CLEAN_HANGS = 2 };

lm_status lm_clean_flaps(lm_mesh *m, int threads, size_t *removed, lm_spots *where, lm_err *err)
{
    lm_topo topo = LM_TOPO_INIT;
    lm_topo_corners c = LM_TOPO_CORNERS_INIT;
    uint32_t *mate = NULL, *size = NULL, *rim = NULL; /* rim: per vertex the piece that is open there, or LM_TOPO_MANY */
    unsigned char *what = NULL, *gone = NULL;
    lm_status rc = lm_topo_make(m, NULL, threads, &topo, err);
    *removed = 0;
    if (rc || !topo.open || topo.components < 2 || (rc = lm_topo_corners_make(m, NULL, &c, err))) goto done;
    if (!(mate = lm_mem_alloc(3 * m->nt, sizeof *mate, err)) || !(size = lm_mem_calloc(topo.components, sizeof *size, err)) ||
        !(rim = lm_mem_alloc(m->nv, sizeof *rim, err)) || !(what = lm_mem_calloc(topo.components, 1, err)) ||
        !(gone = lm_mem_alloc(m->nt, 1, err))) {
        rc = LM_ENOMEM;
        goto done;
    }
    if ((rc = lm_topo_mates(m, &c, mate, err))) goto done;
    memset(rim, 0xff, m->nv * sizeof *rim);
    for (size_t t = 0; t < m->nt; t++) {
        size[topo.comp[t]]++;
        for (size_t k = 0; k < 3; k++)
            for (size_t e = 0; e < 2 && mate[3 * t + k] == LM_TOPO_NONE; e++) {
                uint32_t *r = &rim[m->tri[3 * t + (k + e) % 3]];
                *r = *r == LM_TOPO_NONE || *r == topo.comp[t] ? topo.comp[t] : LM_TOPO_MANY;
            }
    }
    for (size_t v = 0; v < m->nv; v++) {
        uint32_t most = 0;
        for (uint32_t i = c.start[v]; i < c.start[v + 1]; i++)
            if (size[topo.comp[c.corner[i] / 3]] > most) most = size[topo.comp[c.corner[i] / 3]];
        for (uint32_t i = c.start[v]; i < c.start[v + 1]; i++) {
            uint32_t p = topo.comp[c.corner[i] / 3];
            what[p] |= (rim[v] == p ? 0 : CLEAN_INNER) | (size[p] < most ? CLEAN_HANGS : 0);
        }
    }
    for (size_t t = 0; t < m->nt; t++) gone[t] = what[topo.comp[t]] == CLEAN_HANGS;
    *removed = clean_drop(m, gone, where);
done:
    lm_topo_release(&topo);
    lm_topo_corners_release(&c);
    free(mate);
    free(size);
    free(rim);
    free(what);
    free(gone);
    return rc;
}

lm_status lm_clean_scraps(lm_mesh *m, int threads, size_t *removed, lm_spots *where, lm_err *err)
{
    lm_topo topo = LM_TOPO_INIT;
    lm_topo_corners c = LM_TOPO_CORNERS_INIT;
    uint32_t *mate = NULL;
    unsigned char *rim = NULL, *whole = NULL, *gone = NULL; /* per vertex; per piece: it has an inner vertex; per triangle */
    double area = 0, normal[3];
    lm_status rc = lm_topo_make(m, NULL, threads, &topo, err);
    *removed = 0;
    if (rc || !topo.open || !topo.closed_components || (rc = lm_topo_corners_make(m, NULL, &c, err))) goto done;
    rc = LM_ENOMEM;
    if (!(mate = lm_mem_alloc(3 * m->nt, sizeof *mate, err)) || !(rim = lm_mem_calloc(m->nv, 1, err)) ||
        !(whole = lm_mem_calloc(topo.components, 1, err)) || !(gone = lm_mem_alloc(m->nt, 1, err)) ||
        (rc = lm_topo_mates(m, &c, mate, err)))
        goto done;
    for (size_t h = 0; h < 3 * m->nt; h++)
        if (mate[h] == LM_TOPO_NONE) rim[m->tri[h]] = rim[m->tri[h - h % 3 + (h + 1) % 3]] = 1;
    for (size_t h = 0; h < 3 * m->nt; h++) whole[topo.comp[h / 3]] |= !rim[m->tri[h]] || mate[h] == LM_TOPO_MANY;
    for (size_t t = 0; t < m->nt; t++) {
        const uint32_t *v = m->tri + 3 * t;
        gone[t] = !whole[topo.comp[t]];
        if (gone[t]) area += lm_vec_normal(lm_vec_at(m, v[0]), lm_vec_at(m, v[1]), lm_vec_at(m, v[2]), normal);
    }
    if (area < LM_CLEAN_SCRAPS * lm_mesh_area(m)) *removed = clean_drop(m, gone, where);
done:
    lm_topo_release(&topo);
    lm_topo_corners_release(&c);
    free(mate);
    free(rim);
    free(whole);
    free(gone);
    return rc;
}

lm_status lm_clean_unreferenced(lm_mesh *m, size_t *removed, lm_spots *where, lm_err *err)
{
    uint32_t *now = lm_mem_alloc(m->nv, sizeof *now, err);
    size_t n = 0;
    *removed = 0;
    if (!now) return LM_ENOMEM;
    memset(now, 0xff, m->nv * sizeof *now);
    for (size_t i = 0; i < 3 * m->nt; i++) now[m->tri[i]] = 0;
    for (size_t v = 0; v < m->nv; v++) {
        if (now[v]) {
            lm_spots_add(where, m->pos + 3 * v);
            continue;
        }
        memmove(m->pos + 3 * n, m->pos + 3 * v, 3 * sizeof *m->pos);
        if (m->quality) m->quality[n] = m->quality[v];
        now[v] = (uint32_t)n++;
    }
    for (size_t i = 0; i < 3 * m->nt; i++) m->tri[i] = now[m->tri[i]];
    *removed = m->nv - n;
    m->nv = n;
    free(now);
    return LM_OK;
}
