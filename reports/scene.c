/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "reports/scene.h"
#include "base/mem.h"
#include "format/deflate.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

typedef struct {
    uint32_t label, back, t;
} scene_place;

static int scene_order(const void *a, const void *b)
{
    const scene_place *x = a, *y = b;
    if (x->label != y->label) return x->label < y->label ? -1 : 1;
    if (x->back != y->back) return x->back < y->back ? -1 : 1;
    return x->t < y->t ? -1 : x->t > y->t;
}

static lm_status scene_runs(const lm_mesh *m, scene_place *place, lm_scene *s, lm_err *err)
{
    size_t cap = 0;
    for (size_t t = 0; t < m->nt; t++)
        place[t] = (scene_place){m->label ? m->label[t] : 0, m->label_back ? m->label_back[t] : 0, (uint32_t)t};
    if (m->label) qsort(place, m->nt, sizeof *place, scene_order);
    for (size_t t = 0; t < m->nt; t++) {
        if (!s->n_run || s->run[s->n_run - 1].label != place[t].label || s->run[s->n_run - 1].back != place[t].back) {
            lm_status st = lm_mem_grow(&s->run, &cap, s->n_run + 1, sizeof *s->run, err);
            if (st) return st;
            s->run[s->n_run++] = (lm_scene_run){place[t].label, place[t].back, 0};
        }
        s->run[s->n_run - 1].nt++;
    }
    return LM_OK;
}

static void scene_box(const lm_mesh *m, double sign, lm_scene *s)
{
    double lo[3], hi[3], largest = 0;
    lm_mesh_box(m, lo, hi);
    for (int c = 0; c < 3; c++) {
        s->lo[c] = c < 2 && sign < 0 ? -hi[c] : lo[c];
        s->hi[c] = c < 2 && sign < 0 ? -lo[c] : hi[c];
        if (s->hi[c] - s->lo[c] > largest) largest = s->hi[c] - s->lo[c];
    }
    s->step = 0x1p-10;
    while (largest / s->step > 0x1p30) s->step *= 2;
    for (int c = 0; c < 3; c++) s->origin[c] = floor(s->lo[c] / s->step) * s->step;
}

static unsigned char *scene_number(unsigned char *p, uint64_t x)
{
    for (; x >= 128; x >>= 7) *p++ = (unsigned char)(x | 128);
    *p++ = (unsigned char)x;
    return p;
}

static unsigned char *scene_vertex(unsigned char *p, const lm_scene *s, const float *pos, double sign, int64_t last[3])
{
    for (int c = 0; c < 3; c++) {
        int64_t x = (int64_t)floor((pos[c] * (c < 2 ? sign : 1) - s->origin[c]) / s->step + 0.5), d = x - last[c];
        last[c] = x;
        p = scene_number(p, d < 0 ? ((uint64_t)-d << 1) - 1 : (uint64_t)d << 1);
    }
    return p;
}

static void scene_range(const lm_mesh *m, lm_scene *s)
{
    if (!m->quality) return;
    s->quality_lo = INFINITY, s->quality_hi = -INFINITY;
    for (size_t v = 0; v < m->nv; v++) {
        if (!isfinite(m->quality[v])) continue;
        if (m->quality[v] < s->quality_lo) s->quality_lo = m->quality[v];
        if (m->quality[v] > s->quality_hi) s->quality_hi = m->quality[v];
    }
    if (m->quality_range > 0) s->quality_lo = -m->quality_range, s->quality_hi = m->quality_range;
    s->has_quality = s->quality_lo <= s->quality_hi;
}

static unsigned char scene_shade(const lm_scene *s, double q)
{
    if (!isfinite(q)) return 0;
    double f = s->quality_hi > s->quality_lo ? (q - s->quality_lo) / (s->quality_hi - s->quality_lo) : 0;
    return (unsigned char)(1.5 + 254 * (f < 0 ? 0 : f > 1 ? 1 : f));
}

/* number: the new index of each vertex + 1. order: the vertices by new index. */
static void scene_number_vertices(const lm_mesh *m, const scene_place *place, uint32_t *number, uint32_t *order, size_t *nv)
{
    *nv = 0;
    for (size_t t = 0; t < m->nt; t++)
        for (size_t c = 0; c < 3; c++) {
            uint32_t v = m->tri[3 * (size_t)place[t].t + c];
            if (number[v]) continue;
            order[(*nv)++] = v;
            number[v] = (uint32_t)*nv;
        }
}

static lm_status scene_pack(const lm_mesh *m, const scene_place *place, const uint32_t *number, const uint32_t *order, lm_scene *s,
                            lm_err *err)
{
    const double sign = m->space == LM_SPACE_RAS ? -1 : 1;
    size_t a, b, most; /* a number has at most five bytes */
    if (!lm_mem_mul(s->nv, 16, &a) || !lm_mem_mul(m->nt, 15, &b) || !lm_mem_add(a, b, &most)) return lm_err_nomem(err, SIZE_MAX);
    unsigned char *text = lm_mem_alloc(most, 1, err), *p = text;
    if (!text) return LM_ENOMEM;
    int64_t last[3] = {0};
    for (size_t k = 0; k < s->nv; k++) p = scene_vertex(p, s, m->pos + 3 * (size_t)order[k], sign, last);
    uint32_t next = 0;
    for (size_t t = 0; t < m->nt; t++)
        for (size_t c = 0; c < 3; c++) {
            uint32_t k = number[m->tri[3 * (size_t)place[t].t + c]] - 1;
            p = scene_number(p, next - k);
            if (k == next) next++;
        }
    if (s->has_quality)
        for (size_t k = 0; k < s->nv; k++) *p++ = scene_shade(s, m->quality[order[k]]);
    lm_deflated packed;
    lm_status st = lm_deflate_all(text, (size_t)(p - text), &packed, err);
    free(text);
    if (st) return st;
    s->p = packed.p;
    s->n = packed.n;
    s->size = packed.size;
    return LM_OK;
}

lm_status lm_scene_make(const lm_mesh *mesh, lm_scene *out, lm_err *err)
{
    *out = (lm_scene){.nt = mesh->nt};
    scene_place *place = lm_mem_alloc(mesh->nt, sizeof *place, err);
    uint32_t *number = lm_mem_calloc(mesh->nv, sizeof *number, err), *order = lm_mem_alloc(mesh->nv, sizeof *order, err);
    lm_status st = place && number && order ? scene_runs(mesh, place, out, err) : LM_ENOMEM;
    if (!st) {
        scene_box(mesh, mesh->space == LM_SPACE_RAS ? -1 : 1, out);
        scene_range(mesh, out);
        scene_number_vertices(mesh, place, number, order, &out->nv);
        st = scene_pack(mesh, place, number, order, out, err);
    }
    free(place);
    free(number);
    free(order);
    if (st) lm_scene_release(out);
    return st;
}

void lm_scene_release(lm_scene *s)
{
    free(s->p);
    free(s->run);
    *s = (lm_scene){0};
}
