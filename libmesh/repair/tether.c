/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "repair/tether.h"
#include "base/mem.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { TETHER_END = 0xffffffff };

lm_status lm_tether_make(const lm_collapse *c, const lm_nearest *was, double limit_mm, const float *own, lm_tether *t, lm_err *err)
{
    *t = (lm_tether){.was = was, .limit2 = limit_mm * limit_mm, .own = own};
    if (!(t->head = lm_mem_alloc(c->m.nt, sizeof *t->head, err)) ||
        !(t->next = lm_mem_alloc(c->m.nv + c->m.nt, sizeof *t->next, err)) ||
        !(t->near = lm_mem_alloc(c->m.nv, sizeof *t->near, err))) {
        lm_tether_release(t);
        return LM_ENOMEM;
    }
    memset(t->head, 0xff, c->m.nt * sizeof *t->head);
    for (size_t v = c->m.nv + c->m.nt; v-- > 0;) {
        bool corner = v < c->m.nv;
        if (corner && c->f.head[v] == TETHER_END) continue;
        uint32_t at = corner ? c->f.head[v] / 3 : (uint32_t)(v - c->m.nv);
        if (corner) t->near[v] = at;
        t->next[v] = t->head[at];
        t->head[at] = (uint32_t)v;
    }
    return LM_OK;
}

void lm_tether_release(lm_tether *t)
{
    free(t->head);
    free(t->next);
    free(t->near);
    *t = (lm_tether)LM_TETHER_INIT;
}

/* Vertex v as it was; from nv on the middles of triangles. */
static void tether_point(const lm_tether *t, uint32_t v, double p[3])
{
    const lm_mesh *m = t->was->mesh;
    const float *a = m->pos + 3 * (size_t)v;
    if (v < m->nv) {
        for (int k = 0; k < 3; k++) p[k] = a[k];
        return;
    }
    const uint32_t *c = m->tri + 3 * (size_t)(v - m->nv);
    for (size_t k = 0; k < 3; k++)
        p[k] = ((double)m->pos[3 * (size_t)c[0] + k] + m->pos[3 * (size_t)c[1] + k] + m->pos[3 * (size_t)c[2] + k]) / 3;
}

static double tether_far(const lm_collapse *c, const lm_collapse_edge *e, uint32_t i, const double p[3])
{
    return lm_nearest_triangle(e->x, c->m.pos + 3 * (size_t)lm_collapse_after(c, e->corner[i]),
                               c->m.pos + 3 * (size_t)lm_collapse_before(c, e->corner[i]), p, NULL);
}

/* Do all that hang on triangle `from` find one near enough? first: the one to be asked first. */
static bool tether_holds(const lm_tether *t, const lm_collapse *c, const lm_collapse_edge *e, uint32_t from, uint32_t first)
{
    for (uint32_t v = t->head[from]; v != TETHER_END; v = t->next[v]) {
        double p[3];
        uint32_t i = 0;
        const double limit2 = t->own ? t->own[v] * t->limit2 : t->limit2;
        tether_point(t, v, p);
        while (i < e->n && tether_far(c, e, (first + i) % e->n, p) > limit2) i++;
        if (i == e->n) return false;
        first = (first + i) % e->n;
    }
    return true;
}

/* Is p near enough to what was? */
static bool tether_near(const lm_tether *t, const double p[3], uint32_t *hint)
{
    lm_nearest_hit hit;
    lm_nearest_find(t->was, p, t->limit2, *hint, &hit);
    if (hit.tri == LM_NEAREST_NONE) return false;
    *hint = hit.tri;
    return !t->own || hit.d2 <= t->own[t->was->mesh->nv + hit.tri] * t->limit2;
}

bool lm_tether_may(const lm_tether *t, const lm_collapse *c, const lm_collapse_edge *e, uint32_t *near)
{
    const double x[3] = {e->x[0], e->x[1], e->x[2]};
    *near = t->near[e->u];
    if (!tether_near(t, x, near)) return false;
    for (uint32_t i = 0; i < e->n; i++)
        if (!tether_holds(t, c, e, e->corner[i] / 3, i)) return false;
    for (uint32_t i = 0; i < e->n_gone; i++)
        if (!tether_holds(t, c, e, e->lost[i], 0)) return false;
    for (uint32_t i = 0; i < e->n; i++) {
        const float *a = c->m.pos + 3 * (size_t)lm_collapse_after(c, e->corner[i]),
                    *b = c->m.pos + 3 * (size_t)lm_collapse_before(c, e->corner[i]);
        uint32_t hint = *near;
        double p[3], q[3];
        for (int k = 0; k < 3; k++) {
            p[k] = 0.5 * (x[k] + a[k]);
            q[k] = (x[k] + a[k] + b[k]) / 3;
        }
        if (!tether_near(t, p, &hint) || !tether_near(t, q, &hint)) return false;
    }
    return true;
}

void lm_tether_do(lm_tether *t, const lm_collapse *c, const lm_collapse_edge *e, uint32_t near)
{
    uint32_t all = TETHER_END;
    for (uint32_t i = 0; i < e->n + e->n_gone; i++) {
        uint32_t from = i < e->n ? e->corner[i] / 3 : e->lost[i - e->n];
        for (uint32_t v = t->head[from], after; v != TETHER_END; v = after) {
            after = t->next[v];
            t->next[v] = all;
            all = v;
        }
        t->head[from] = TETHER_END;
    }
    for (uint32_t v = all, after; v != TETHER_END; v = after) {
        double p[3], best = INFINITY;
        uint32_t to = 0;
        after = t->next[v];
        tether_point(t, v, p);
        for (uint32_t i = 0; i < e->n; i++) {
            double d2 = tether_far(c, e, i, p);
            if (d2 < best) best = d2, to = e->corner[i] / 3;
        }
        t->next[v] = t->head[to];
        t->head[to] = v;
    }
    t->near[e->u] = near;
}
