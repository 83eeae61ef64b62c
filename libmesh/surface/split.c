/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "surface/split.h"
#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

static size_t split_index(const lm_split *s, uint32_t label)
{
    size_t lo = 0, hi = s->n;
    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;
        if (s->label[mid] < label) lo = mid + 1;
        else hi = mid;
    }
    return lo;
}

/* Call with out NULL to count into at[i + 1], then to fill. */
static void split_walk(const lm_mesh *m, const lm_split *s, size_t *at, uint32_t *out)
{
    uint32_t last[2] = {0, 0};
    size_t index[2] = {0, 0};
    for (size_t t = 0; t < m->nt; t++)
        for (int side = 0; side < 2; side++) {
            uint32_t label = side ? m->label_back ? m->label_back[t] : 0 : m->label[t];
            if (!label) continue;
            if (label != last[side]) {
                last[side] = label;
                index[side] = split_index(s, label);
            }
            if (out) out[at[index[side]]++] = (uint32_t)t;
            else at[index[side] + 1]++;
        }
}

static lm_status split_one(const lm_mesh *m, lm_split *s, lm_err *err)
{
    if (!(s->label = lm_mem_alloc(1, sizeof *s->label, err)) || !(s->at = lm_mem_calloc(2, sizeof *s->at, err)) ||
        !(s->tri = lm_mem_alloc(m->nt, sizeof *s->tri, err)))
        return LM_ENOMEM;
    s->n = s->label[0] = 1;
    s->at[1] = m->nt;
    for (size_t t = 0; t < m->nt; t++) s->tri[t] = (uint32_t)t;
    return LM_OK;
}

lm_status lm_split_make(const lm_mesh *m, lm_split *s, lm_err *err)
{
    *s = (lm_split)LM_SPLIT_INIT;
    lm_status rc = m->label ? lm_mesh_labels(m, &s->label, &s->n, err) : split_one(m, s, err);
    if (rc || !m->label) goto done;
    if (!(s->at = lm_mem_calloc(s->n + 2, sizeof *s->at, err))) {
        rc = LM_ENOMEM;
        goto done;
    }
    split_walk(m, s, s->at + 1, NULL); /* shifted by one while filling */
    for (size_t i = 1; i <= s->n; i++) s->at[i + 1] += s->at[i];
    if (!(s->tri = lm_mem_alloc(s->at[s->n + 1], sizeof *s->tri, err))) rc = LM_ENOMEM;
    else split_walk(m, s, s->at + 1, s->tri);
done:
    if (rc) lm_split_release(s);
    return rc;
}

void lm_split_release(lm_split *s)
{
    free(s->label);
    free(s->at);
    free(s->tri);
    *s = (lm_split)LM_SPLIT_INIT;
}

uint32_t *lm_split_scratch(const lm_mesh *m, lm_err *err)
{
    uint32_t *now = lm_mem_alloc(m->nv, sizeof *now, err);
    if (now) memset(now, 0xff, m->nv * sizeof *now);
    return now;
}

static int split_order(const void *a, const void *b)
{
    uint32_t x, y;
    memcpy(&x, a, sizeof x);
    memcpy(&y, b, sizeof y);
    return (x > y) - (x < y);
}

/* The vertices that triangles tri[0..n) name, ascending; now[v] becomes their place. */
static lm_status split_vertices(const lm_mesh *m, const uint32_t *tri, size_t n, uint32_t *now, uint32_t **ret, size_t *nv,
                                lm_err *err)
{
    uint32_t *list = lm_mem_alloc(3 * n < m->nv ? 3 * n : m->nv, sizeof *list, err);
    size_t k = 0;
    if (!list) return LM_ENOMEM;
    for (size_t i = 0; i < 3 * n; i++) {
        uint32_t v = m->tri[3 * (size_t)tri[i / 3] + i % 3];
        if (now[v] != UINT32_MAX) continue;
        now[v] = 0;
        list[k++] = v;
    }
    if (k > m->nv / 16) {
        k = 0;
        for (size_t v = 0; v < m->nv; v++)
            if (!now[v]) list[k++] = (uint32_t)v;
    } else qsort(list, k, sizeof *list, split_order);
    for (size_t i = 0; i < k; i++) now[list[i]] = (uint32_t)i;
    *ret = list;
    *nv = k;
    return LM_OK;
}

static void split_take(const lm_mesh *m, uint32_t label, const uint32_t *tri, const uint32_t *list, const uint32_t *now,
                       lm_mesh *out)
{
    for (size_t v = 0; v < out->nv; v++) {
        memcpy(out->pos + 3 * v, m->pos + 3 * (size_t)list[v], 3 * sizeof *m->pos);
        if (m->quality) out->quality[v] = m->quality[list[v]];
    }
    uint32_t *o = out->tri;
    for (size_t i = 0; i < out->nt; i++, o += 3) {
        const uint32_t *v = m->tri + 3 * (size_t)tri[i];
        bool turned = m->label && m->label[tri[i]] != label;
        o[0] = now[v[0]];
        o[1] = now[v[turned ? 2 : 1]];
        o[2] = now[v[turned ? 1 : 2]];
    }
}

lm_status lm_split_part(const lm_mesh *m, const lm_split *s, size_t i, uint32_t *scratch, lm_mesh *out, uint32_t **vertex,
                        lm_err *err)
{
    uint32_t *own = scratch ? NULL : lm_split_scratch(m, err), *now = scratch ? scratch : own, *list = NULL;
    const uint32_t *tri = s->tri + s->at[i];
    size_t nt = s->at[i + 1] - s->at[i], nv;
    if (!now) return LM_ENOMEM;
    lm_status rc = split_vertices(m, tri, nt, now, &list, &nv, err);
    if (rc) goto done;
    rc = lm_mesh_alloc(out, nv, nt, err);
    if (!rc && m->quality && !(out->quality = lm_mem_alloc(nv, sizeof *out->quality, err))) rc = LM_ENOMEM;
    if (rc) lm_mesh_release(out);
    else {
        out->space = m->space;
        split_take(m, s->label[i], tri, list, now, out);
    }
    for (size_t v = 0; v < nv; v++) now[list[v]] = UINT32_MAX;
    if (vertex && !rc) {
        *vertex = list;
        list = NULL;
    }
done:
    free(list);
    free(own);
    return rc;
}

lm_status lm_split_expand(const lm_mesh *m, lm_mesh *out, lm_err *err)
{
    lm_split s = LM_SPLIT_INIT;
    lm_mesh part = LM_MESH_INIT;
    uint32_t *now = NULL;
    size_t nv = 0, nt = 0, pcap = 0, tcap = 0;
    lm_status rc = lm_split_make(m, &s, err);
    lm_mesh_release(out);
    if (!rc && !(now = lm_split_scratch(m, err))) rc = LM_ENOMEM;
    for (size_t i = 0; i < s.n && !rc; i++) {
        if ((rc = lm_split_part(m, &s, i, now, &part, NULL, err))) break;
        if (part.nv > UINT32_MAX - nv || part.nt > UINT32_MAX - nt)
            rc = lm_err_set(err, LM_ERANGE, NULL, "the parts have more than 4294967295 vertices or triangles together");
        else if (!(rc = lm_mem_grow(&out->pos, &pcap, nv + part.nv, 3 * sizeof *out->pos, err)))
            rc = lm_mem_grow(&out->tri, &tcap, nt + part.nt, 3 * sizeof *out->tri, err);
        if (rc) break;
        memcpy(out->pos + 3 * nv, part.pos, 3 * part.nv * sizeof *out->pos);
        for (size_t k = 0; k < 3 * part.nt; k++) out->tri[3 * nt + k] = (uint32_t)nv + part.tri[k];
        nv += part.nv;
        nt += part.nt;
    }
    out->nv = nv;
    out->nt = nt;
    out->space = m->space;
    if (rc) lm_mesh_release(out);
    free(now);
    lm_mesh_release(&part);
    lm_split_release(&s);
    return rc;
}

/* Leave out the vertices that only walls named. */
static lm_status split_drop(lm_mesh *m, const unsigned char *wall, lm_err *err)
{
    enum { IDLE = 1, USED = 2 };
    unsigned char *seen = lm_mem_calloc(m->nv, 1, err);
    uint32_t *now = seen ? lm_mem_alloc(m->nv, sizeof *now, err) : NULL;
    size_t nv = 0, nt = 0;
    if (!now) {
        free(seen);
        return LM_ENOMEM;
    }
    for (size_t i = 0; i < 3 * m->nt; i++) seen[m->tri[i]] |= wall[i / 3] ? IDLE : USED;
    for (size_t v = 0; v < m->nv; v++) {
        if (seen[v] == IDLE) continue; /* those that no triangle ever named stay */
        now[v] = (uint32_t)nv;
        memmove(m->pos + 3 * nv, m->pos + 3 * v, 3 * sizeof *m->pos);
        if (m->quality) m->quality[nv] = m->quality[v];
        nv++;
    }
    for (size_t t = 0; t < m->nt; t++) {
        if (wall[t]) continue;
        for (size_t k = 0; k < 3; k++) m->tri[3 * nt + k] = now[m->tri[3 * t + k]];
        nt++;
    }
    m->nv = nv;
    m->nt = nt;
    free(seen);
    free(now);
    return LM_OK;
}

lm_status lm_split_join(lm_mesh *m, size_t *walls, lm_err *err)
{
    lm_status rc = LM_OK;
    *walls = 0;
    for (size_t t = 0; m->label_back && t < m->nt; t++) *walls += m->label_back[t] != 0;
    if (*walls) {
        unsigned char *wall = lm_mem_alloc(m->nt, 1, err);
        if (!wall) return LM_ENOMEM;
        for (size_t t = 0; t < m->nt; t++) wall[t] = m->label_back[t] != 0;
        rc = split_drop(m, wall, err);
        free(wall);
    }
    if (rc) return rc;
    free(m->label);
    free(m->label_back);
    m->label = m->label_back = NULL;
    lm_parts_release(&m->parts);
    return LM_OK;
}
