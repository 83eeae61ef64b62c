/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "surface/audit_parts.h"
#include "base/mem.h"
#include "surface/split.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

static bool audit_parts_by_vertex(int fault)
{
    return fault == LM_FAULT_NONFINITE || fault == LM_FAULT_COINCIDENT || fault == LM_FAULT_NONMANIFOLD_VERTEX;
}

/* The part's numbers become those of the whole. */
static void audit_parts_number(lm_audit *a, const uint32_t *tri, const uint32_t *vertex)
{
    for (int f = 0; f < LM_FAULTS; f++)
        if (a->first[f] != SIZE_MAX) a->first[f] = audit_parts_by_vertex(f) ? vertex[a->first[f]] : tri[a->first[f]];
    if (a->second != SIZE_MAX) a->second = tri[a->second];
}

static void audit_parts_sum(lm_audit *all, const lm_audit *a)
{
    all->edges += a->edges;
    all->holes += a->holes;
    all->components += a->components;
    all->cavities += a->cavities;
    all->euler += a->euler;
    all->genus += a->genus;
    all->volume_mm3 += a->volume_mm3;
    all->area_mm2 += a->area_mm2;
    all->min_edge_mm = fmin(all->min_edge_mm, a->min_edge_mm);
    all->max_edge_mm = fmax(all->max_edge_mm, a->max_edge_mm);
    for (int c = 0; c < 3; c++) {
        all->lo[c] = fmin(all->lo[c], a->lo[c]);
        all->hi[c] = fmax(all->hi[c], a->hi[c]);
    }
    for (int f = 0; f < LM_FAULTS; f++) {
        all->count[f] += a->count[f];
        if (a->first[f] >= all->first[f]) continue;
        all->first[f] = a->first[f];
        if (f == LM_FAULT_SELF_INTERSECT) all->second = a->second;
    }
    all->has_genus &= a->has_genus;
    all->intersect_tested &= a->intersect_tested;
    all->closed &= a->closed;
    all->manifold &= a->manifold;
    all->oriented &= a->oriented;
    all->valid &= a->valid;
}

static size_t audit_parts_idle(const lm_mesh *m, lm_err *err)
{
    unsigned char *seen = lm_mem_calloc(m->nv, 1, err);
    size_t n = 0;
    if (!seen) return SIZE_MAX;
    for (size_t i = 0; i < 3 * m->nt; i++) seen[m->tri[i]] = 1;
    for (size_t v = 0; v < m->nv; v++) n += !seen[v];
    free(seen);
    return n;
}

static lm_status audit_parts_each(const lm_mesh *m, const lm_split *s, const lm_audit_opt *opt, lm_audit_parts *out, lm_err *err)
{
    lm_mesh part = LM_MESH_INIT;
    uint32_t *now = lm_split_scratch(m, err);
    lm_status rc = now ? LM_OK : LM_ENOMEM;
    for (size_t i = 0; i < s->n && !rc; i++) {
        uint32_t *vertex = NULL;
        if (!(rc = lm_split_part(m, s, i, now, &part, &vertex, err)) && !(rc = lm_audit_run(&part, opt, &out->part[i], err))) {
            audit_parts_number(&out->part[i], s->tri + s->at[i], vertex);
            audit_parts_sum(&out->all, &out->part[i]);
        }
        free(vertex);
    }
    lm_mesh_release(&part);
    free(now);
    return rc;
}

lm_status lm_audit_parts_run(const lm_mesh *m, const lm_audit_opt *opt, lm_audit_parts *out, lm_err *err)
{
    lm_split s = LM_SPLIT_INIT;
    lm_audit_parts a = LM_AUDIT_PARTS_INIT;
    lm_status rc = lm_split_make(m, &s, err);
    if (rc) return rc;
    a.n = s.n;
    a.label = s.label;
    s.label = NULL;
    if (!(a.part = lm_mem_calloc(s.n, sizeof *a.part, err))) rc = LM_ENOMEM;
    else if (!m->label) {
        if (!(rc = lm_audit_run(m, opt, &a.part[0], err))) a.all = a.part[0];
    } else {
        a.all = (lm_audit){.triangles = m->nt,
                           .vertices = m->nv,
                           .second = SIZE_MAX,
                           .min_edge_mm = INFINITY,
                           .lo = {INFINITY, INFINITY, INFINITY},
                           .hi = {-INFINITY, -INFINITY, -INFINITY}};
        bool some = s.n > 0;
        a.all.has_genus = a.all.intersect_tested = a.all.closed = a.all.manifold = a.all.oriented = a.all.valid = some;
        for (int f = 0; f < LM_FAULTS; f++) a.all.first[f] = SIZE_MAX;
        s.label = a.label; /* lent */
        if ((a.all.unreferenced = audit_parts_idle(m, err)) == SIZE_MAX) rc = LM_ENOMEM;
        else rc = audit_parts_each(m, &s, opt, &a, err);
        s.label = NULL;
        if (!a.all.has_genus) a.all.genus = 0;
    }
    lm_split_release(&s);
    if (rc) lm_audit_parts_release(&a);
    else {
        lm_audit_parts_release(out);
        *out = a;
    }
    return rc;
}

void lm_audit_parts_release(lm_audit_parts *a)
{
    free(a->label);
    free(a->part);
    *a = (lm_audit_parts)LM_AUDIT_PARTS_INIT;
}

void lm_audit_parts_line(const lm_audit_parts *a, const lm_parts *names, char *buf, size_t cap)
{
    char line[LM_ERR_TEXT], name[LM_PART_NAME];
    size_t bad = 0, first = 0;
    for (size_t i = a->n; i-- > 0;)
        if (!a->part[i].valid) bad++, first = i;
    if (a->n == 1 || !bad) {
        lm_audit_line(&a->all, buf, cap);
        return;
    }
    lm_audit_line(&a->part[first], line, sizeof line);
    int n = snprintf(buf, cap, "part %u (%s): %s", a->label[first], lm_parts_name(names, a->label[first], name), line);
    if (bad > 1 && n > 0 && (size_t)n < cap) snprintf(buf + n, cap - (size_t)n, "; and %zu more parts", bad - 1);
}
