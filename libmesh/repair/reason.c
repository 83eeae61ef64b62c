/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "repair/reason.h"
#include "base/mem.h"
#include "base/num.h"
#include "repair/vec.h"
#include "surface/topo.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct {
    double area, volume; /* mm2; mm3 seen from `from` */
    size_t triangles;
    uint32_t from; /* a vertex */
} reason_piece;

static void reason_add(const lm_mesh *m, size_t t, reason_piece *p)
{
    const uint32_t *v = m->tri + 3 * t;
    double e[3][3], w[3], n[3];
    if (!p->triangles++) p->from = v[0];
    for (int i = 0; i < 3; i++) lm_vec_sub(lm_vec_at(m, v[i]), lm_vec_at(m, p->from), e[i]);
    lm_vec_cross(e[1], e[2], w);
    p->volume += lm_vec_dot(e[0], w) / 6;
    p->area += lm_vec_normal(lm_vec_at(m, v[0]), lm_vec_at(m, v[1]), lm_vec_at(m, v[2]), n);
}

/* Of the pieces. */
static void reason_judge(const lm_mesh *m, const lm_topo *topo, const reason_piece *p, lm_reason *out)
{
    size_t open = 0, single = 0, flat = 0, closed = 0;
    for (size_t c = 0; c < topo->components; c++) {
        if (topo->closed[c]) {
            out->bodies += p[c].volume > 0;
            closed++;
            continue;
        }
        open++;
        single += p[c].triangles == 1;
        if (!(fabs(p[c].volume) <= LM_REASON_FLAT * p[c].area * sqrt(p[c].area))) continue;
        if (!flat++) memcpy(out->at, lm_vec_at(m, p[c].from), sizeof out->at);
        out->triangles += p[c].triangles;
    }
    out->pieces = flat;
    if (!out->bodies) out->bodies = closed; /* inside out, all of them: they are turned once nothing is open */
    if (!open || flat < open) return;
    if (out->bodies) out->kind = LM_REASON_STRAY;
    else if (topo->components == open) out->kind = single == open && open > 2 ? LM_REASON_SOUP : LM_REASON_SHEET;
}

lm_status lm_reason_find(const lm_mesh *m, size_t had, int threads, lm_reason *out, lm_err *err)
{
    lm_topo topo = LM_TOPO_INIT;
    *out = (lm_reason){.kind = m->nt ? LM_REASON_FAULTS : had ? LM_REASON_NOTHING : LM_REASON_POINTS};
    if (!m->nt) return LM_OK;
    unsigned char *skip = lm_mem_alloc(m->nt, 1, err); /* those that name a vertex twice */
    reason_piece *p = NULL;
    lm_status rc = skip ? LM_OK : LM_ENOMEM;
    for (size_t t = 0; t < m->nt && !rc; t++) {
        const uint32_t *v = m->tri + 3 * t;
        skip[t] = v[0] == v[1] || v[1] == v[2] || v[2] == v[0];
    }
    if (!rc) rc = lm_topo_make(m, skip, threads, &topo, err);
    if (!rc && !(p = lm_mem_calloc(topo.components, sizeof *p, err))) rc = LM_ENOMEM;
    for (size_t t = 0; t < m->nt && !rc; t++)
        if (!skip[t]) reason_add(m, t, &p[topo.comp[t]]);
    if (!rc) reason_judge(m, &topo, p, out);
    lm_topo_release(&topo);
    free(skip);
    free(p);
    return rc;
}

void lm_reason_text(const lm_reason *r, char *buf, size_t cap)
{
    static const char thick[] = "close it or give it a thickness in the program that made it";
    char at[3][LM_NUM_TEXT];
    for (int k = 0; k < 3; k++) lm_num_f32(r->at[k], at[k]);
    switch (r->kind) {
    case LM_REASON_FAULTS: snprintf(buf, cap, "%s", ""); return;
    case LM_REASON_POINTS:
        snprintf(buf, cap,
                 "there are points only, and no triangles: points must be made a surface in the program that measured them");
        return;
    case LM_REASON_NOTHING:
        snprintf(buf, cap, "all triangles were there twice, facing both ways, or had no area: a sheet bounds no volume: %s", thick);
        return;
    case LM_REASON_SHEET: snprintf(buf, cap, "an open sheet bounds no volume: %s", thick); return;
    case LM_REASON_SOUP:
        snprintf(buf, cap,
                 "%zu triangles that share no edges bound no volume: --weld LENGTH or --nearby LENGTH joins what nearly meets",
                 r->triangles);
        return;
    case LM_REASON_STRAY:
        snprintf(
            buf, cap,
            "%zu open piece%s of %zu triangle%s in all, the first at (%s, %s, %s) mm, bound%s no volume: --keep %zu leaves %s out",
            r->pieces, r->pieces == 1 ? "" : "s", r->triangles, r->triangles == 1 ? "" : "s", at[0], at[1], at[2],
            r->pieces == 1 ? "s" : "", r->bodies, r->pieces == 1 ? "it" : "them");
        return;
    }
}
