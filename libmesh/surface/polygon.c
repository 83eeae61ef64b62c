/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "surface/polygon.h"
#include "base/mem.h"
#include "surface/predicates.h"

#include <stdlib.h>
#include <string.h>

enum { POLYGON_SMALL = 32 }; /* corners that need no memory */

typedef struct {
    const uint32_t *v;
    size_t n;
    float (*at)[2];          /* corners in the plane, turning left about the normal */
    uint32_t *next, *before; /* ring of the corners that are left */
    bool *ear;
} polygon_ring;

/* Corners in the plane of the normal's largest component; false when there is no normal. */
static bool polygon_flatten(const float *pos, const uint32_t *v, size_t n, float (*at)[2])
{
    double normal[3] = {0, 0, 0};
    const float *o = pos + 3 * (size_t)v[0];
    for (size_t i = 0; i < n; i++) {
        const float *p = pos + 3 * (size_t)v[i], *q = pos + 3 * (size_t)v[i + 1 < n ? i + 1 : 0];
        for (size_t c = 0; c < 3; c++) {
            size_t d = (c + 1) % 3, e = (c + 2) % 3;
            normal[c] += ((double)p[d] - o[d]) * ((double)q[e] - o[e]) - ((double)p[e] - o[e]) * ((double)q[d] - o[d]);
        }
    }
    size_t c = 0;
    for (size_t k = 1; k < 3; k++)
        if (normal[k] * normal[k] > normal[c] * normal[c]) c = k;
    if (normal[c] == 0) return false;
    size_t x = (c + (normal[c] > 0 ? 1 : 2)) % 3, y = (c + (normal[c] > 0 ? 2 : 1)) % 3;
    for (size_t i = 0; i < n; i++) {
        at[i][0] = pos[3 * (size_t)v[i] + x];
        at[i][1] = pos[3 * (size_t)v[i] + y];
    }
    return true;
}

static void polygon_fan(const uint32_t *v, size_t n, uint32_t *tri)
{
    for (size_t i = 1; i + 1 < n; i++, tri += 3) tri[0] = v[0], tri[1] = v[i], tri[2] = v[i + 1];
}

static bool polygon_fans(float (*at)[2], size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (lm_predicates_orient2d(at[i], at[(i + 1) % n], at[(i + 2) % n]) < 0) return false;
    for (size_t i = 1; i + 1 < n; i++)
        if (lm_predicates_orient2d(at[0], at[i], at[i + 1]) <= 0) return false;
    return true;
}

static bool polygon_same(const float *p, const float *q)
{
    return p[0] == q[0] && p[1] == q[1];
}

/* A corner that turns left and whose triangle holds no other corner. Only corners that turn right can be in the way. */
static bool polygon_is_ear(const polygon_ring *r, uint32_t i)
{
    const float *a = r->at[r->before[i]], *b = r->at[i], *c = r->at[r->next[i]];
    if (lm_predicates_orient2d(a, b, c) <= 0) return false;
    for (uint32_t k = r->next[r->next[i]]; k != r->before[i]; k = r->next[k]) {
        const float *p = r->at[k];
        if (lm_predicates_orient2d(a, b, p) < 0 || lm_predicates_orient2d(b, c, p) < 0 || lm_predicates_orient2d(c, a, p) < 0)
            continue;
        if (polygon_same(p, a) || polygon_same(p, b) || polygon_same(p, c)) continue; /* the two banks of a cut */
        if (lm_predicates_orient2d(r->at[r->before[k]], p, r->at[r->next[k]]) <= 0) return false;
    }
    return true;
}

static void polygon_clip(polygon_ring *r, uint32_t *tri, bool *simple)
{
    uint32_t i = 1;
    size_t left = r->n, idle = 0;
    for (uint32_t k = 0; k < r->n; k++) {
        r->next[k] = k + 1 < r->n ? k + 1 : 0;
        r->before[k] = k ? k - 1 : (uint32_t)r->n - 1;
    }
    for (uint32_t k = 0; k < r->n; k++) r->ear[k] = polygon_is_ear(r, k);
    while (left > 3 && idle < left) {
        uint32_t a = r->before[i], c = r->next[i];
        if (!r->ear[i]) {
            i = c;
            idle++;
            continue;
        }
        *tri++ = r->v[a];
        *tri++ = r->v[i];
        *tri++ = r->v[c];
        r->next[a] = c;
        r->before[c] = a;
        r->ear[a] = polygon_is_ear(r, a);
        r->ear[c] = polygon_is_ear(r, c);
        left--;
        idle = 0;
        i = r->next[c]; /* not one long fan: rounder triangles */
    }
    uint32_t a = r->before[i], c = r->next[i];
    *simple = left == 3 && lm_predicates_orient2d(r->at[a], r->at[i], r->at[c]) > 0;
    if (!*simple) return;
    tri[0] = r->v[a];
    tri[1] = r->v[i];
    tri[2] = r->v[c];
}

lm_status lm_polygon_cut(const float *pos, const uint32_t *v, size_t n, uint32_t *tri, bool *simple, lm_err *err)
{
    float flat[POLYGON_SMALL][2];
    uint32_t link[2 * POLYGON_SMALL];
    bool ear[POLYGON_SMALL];
    polygon_ring r = {v, n, flat, link, link + POLYGON_SMALL, ear};
    void *memory = NULL;
    *simple = true;
    if (n == 3) {
        memcpy(tri, v, 3 * sizeof *tri);
        return LM_OK;
    }
    if (n > LM_POLYGON_MAX)
        return lm_err_set(err, LM_ERANGE, NULL, "a polygon of %zu corners: the limit is %d", n, (int)LM_POLYGON_MAX);
    if (n > POLYGON_SMALL) {
        if (!(memory = lm_mem_alloc(n, sizeof *r.at + 2 * sizeof *r.next + sizeof *r.ear, err))) return LM_ENOMEM;
        r.at = memory;
        /* cppcheck-suppress invalidPointerCast; one block, each part aligned */
        r.next = (uint32_t *)(r.at + n);
        r.before = r.next + n;
        r.ear = (bool *)(r.before + n);
    }
    *simple = polygon_flatten(pos, v, n, r.at);
    bool fan = !*simple || polygon_fans(r.at, n);
    if (!fan) polygon_clip(&r, tri, simple);
    if (fan || !*simple) polygon_fan(v, n, tri);
    free(memory);
    return LM_OK;
}

lm_status lm_polygon_recut(const float *pos, uint32_t *tri, const uint32_t *poly, size_t pairs, size_t *crossed, lm_err *err)
{
    uint32_t *v = NULL;
    size_t cap = 0;
    lm_status rc = LM_OK;
    *crossed = 0;
    for (size_t i = 0; i < pairs && !rc; i++) {
        uint32_t *t = tri + 3 * (size_t)poly[2 * i];
        size_t n = poly[2 * i + 1];
        bool simple = true;
        if (n > cap && (rc = lm_mem_grow(&v, &cap, n, sizeof *v, err))) break;
        v[0] = t[0];
        for (size_t k = 1; k + 1 < n; k++) v[k] = t[3 * k - 2];
        v[n - 1] = t[3 * (n - 2) - 1];
        rc = lm_polygon_cut(pos, v, n, t, &simple, err);
        *crossed += !simple;
    }
    free(v);
    return rc;
}
