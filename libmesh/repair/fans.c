/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "repair/fans.h"
#include "base/mem.h"
#include "base/pool.h"

#include <stdlib.h>
#include <string.h>

enum { FANS_BLOCK = 4096 };

static bool fans_same_wall(const lm_mesh *m, uint32_t s, uint32_t t)
{
    return m->label[s] == m->label[t] && (!m->label_back || m->label_back[s] == m->label_back[t]);
}

bool lm_fans_seam(const lm_fans *f, uint32_t u, uint32_t v)
{
    uint32_t after = LM_FANS_NONE, before = LM_FANS_NONE;
    int n = 0;
    for (uint32_t k = f->head[u]; k != LM_FANS_NONE; k = f->next[k]) {
        if (lm_fans_after(f->m, k) == v) after = k / 3, n++;
        if (lm_fans_before(f->m, k) == v) before = k / 3, n++;
    }
    return n != 2 || after == LM_FANS_NONE || before == LM_FANS_NONE || !fans_same_wall(f->m, after, before);
}

/* From seam vertex s at v: follow one wall round v to the next seam. Returns its vertex, counting triangles. */
static uint32_t fans_page(const lm_fans *f, uint32_t v, uint32_t corner, uint32_t s, uint32_t *count)
{
    for (;;) {
        uint32_t far = lm_fans_after(f->m, corner) == s ? lm_fans_before(f->m, corner) : lm_fans_after(f->m, corner);
        ++*count;
        if (lm_fans_seam(f, v, far)) return far;
        for (uint32_t k = f->head[v];; k = f->next[k]) { /* no seam: there is just one other */
            if (k == corner || (lm_fans_after(f->m, k) != far && lm_fans_before(f->m, k) != far)) continue;
            corner = k;
            break;
        }
        s = far;
    }
}

static lm_fans_kind fans_kind(const lm_fans *f, uint32_t v)
{
    uint32_t seam[3], ns = 0, n = 0, seen = 0;
    for (uint32_t k = f->head[v]; k != LM_FANS_NONE; k = f->next[k], n++) {
        const uint32_t w[2] = {lm_fans_after(f->m, k), lm_fans_before(f->m, k)};
        for (int i = 0; i < 2; i++) {
            bool have = false;
            for (uint32_t j = 0; j < ns; j++) have |= seam[j] == w[i];
            if (have || !lm_fans_seam(f, v, w[i])) continue;
            if (ns == 2) return LM_FANS_STAYS;
            seam[ns++] = w[i];
        }
    }
    if (!n) return LM_FANS_STAYS;
    if (ns == 1) return LM_FANS_STAYS;
    if (!ns) { /* once round: fans of other walls that touch here stay */
        uint32_t corner = f->head[v], first = lm_fans_after(f->m, corner), at;
        do {
            at = lm_fans_before(f->m, corner);
            seen++;
            for (corner = f->head[v]; lm_fans_after(f->m, corner) != at; corner = f->next[corner]) {
            }
        } while (at != first);
        return seen == n ? LM_FANS_WALL : LM_FANS_STAYS;
    }
    for (uint32_t k = f->head[v]; k != LM_FANS_NONE; k = f->next[k])
        if ((lm_fans_after(f->m, k) == seam[0] || lm_fans_before(f->m, k) == seam[0]) &&
            fans_page(f, v, k, seam[0], &seen) != seam[1])
            return LM_FANS_STAYS;
    return seen == n ? LM_FANS_SEAM : LM_FANS_STAYS;
}

/* ---- tables ---- */

/* Of walls the lower label is behind, so that neighbours in a wall run as neighbours in a surface do. */
static void fans_walls(lm_mesh *m)
{
    for (size_t t = 0; m->label_back && t < m->nt; t++) {
        uint32_t l = m->label[t], b = m->label_back[t], *v = m->tri + 3 * t;
        if (!b || l < b) continue;
        m->label[t] = b;
        m->label_back[t] = l;
        b = v[1];
        v[1] = v[2];
        v[2] = b;
    }
}

static uint32_t fans_root(uint32_t *of, uint32_t v)
{
    while (of[v] != v) v = of[v] = of[of[v]];
    return v;
}

static void fans_components(lm_fans *f)
{
    for (size_t v = 0; v < f->m->nv; v++) f->component[v] = (uint32_t)v;
    for (size_t k = 0; k < 3 * f->m->nt; k++) {
        uint32_t a = fans_root(f->component, f->m->tri[k]), b = fans_root(f->component, f->m->tri[k / 3 * 3]);
        if (a < b) f->component[b] = a;
        else f->component[a] = b;
    }
    for (size_t v = 0; v < f->m->nv; v++) f->component[v] = fans_root(f->component, (uint32_t)v);
}

static lm_status fans_kind_task(void *ctx, size_t task, int worker, lm_err *err)
{
    (void)worker;
    (void)err;
    lm_fans *f = ctx;
    for (size_t v = task * FANS_BLOCK; v < f->m->nv && v < (task + 1) * FANS_BLOCK; v++)
        f->kind[v] = (unsigned char)(f->m->label ? fans_kind(f, (uint32_t)v) : LM_FANS_WALL);
    return LM_OK;
}

lm_status lm_fans_make(lm_mesh *m, int threads, lm_fans *f, lm_err *err)
{
    *f = (lm_fans){.m = m};
    lm_status rc = LM_OK;
    if (m->nt > UINT32_MAX / 3) return lm_err_set(err, LM_ERANGE, NULL, "%zu triangles: more than can be worked on", m->nt);
    if (!(f->head = lm_mem_alloc(m->nv, sizeof *f->head, err)) || !(f->next = lm_mem_alloc(3 * m->nt, sizeof *f->next, err)) ||
        !(f->component = lm_mem_alloc(m->nv, sizeof *f->component, err)) || !(f->kind = lm_mem_calloc(m->nv, 1, err)))
        rc = LM_ENOMEM;
    if (!rc) {
        fans_walls(m);
        memset(f->head, 0xff, m->nv * sizeof *f->head);
        for (size_t k = 3 * m->nt; k-- > 0;) {
            f->next[k] = f->head[m->tri[k]];
            f->head[m->tri[k]] = (uint32_t)k;
        }
        fans_components(f);
        rc = lm_pool_run(lm_pool_threads(threads), m->nv / FANS_BLOCK + 1, fans_kind_task, f, err);
    }
    if (rc) lm_fans_release(f);
    return rc;
}

void lm_fans_release(lm_fans *f)
{
    free(f->head);
    free(f->next);
    free(f->component);
    free(f->kind);
    *f = (lm_fans)LM_FANS_INIT;
}
