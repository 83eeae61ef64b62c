/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "repair/trim.h"
#include "base/mem.h"
#include "base/num.h"
#include "repair/clean.h"
#include "repair/outline.h"
#include "repair/repair_parts.h"
#include "repair/vec.h"
#include "repair/weld.h"
#include "surface/split.h"
#include "surface/share.h"
#include "surface/topo.h"

#include <stdlib.h>
#include <string.h>

/* ---- the plane ---- */

static lm_status trim_bad(const char *text, lm_err *err)
{
    return lm_err_set(err, LM_EUSAGE, NULL, "'%.60s' is no plane: z=12.5mm (what is below stays), z=12.5mm,above, or nx,ny,nz,d",
                      text);
}

static lm_status trim_parse_axis(const char *text, lm_trim_plane *out, lm_err *err)
{
    char number[64];
    lm_quantity q;
    size_t n = strcspn(text + 2, ",");
    bool above = text[2 + n] == ',';
    if (n >= sizeof number || (above && strcmp(text + 2 + n, ",above") && strcmp(text + 2 + n, ",below")))
        return trim_bad(text, err);
    above = above && !strcmp(text + 2 + n, ",above");
    memcpy(number, text + 2, n);
    number[n] = 0;
    if (lm_num_quantity(number, LM_UNIT_MM, &q, err) || q.unit != LM_UNIT_MM) return trim_bad(text, err);
    out->normal[text[0] - 'x'] = above ? -1 : 1;
    out->offset_mm = above ? -q.value : q.value;
    return LM_OK;
}

lm_status lm_trim_parse(const char *text, lm_trim_plane *out, lm_err *err)
{
    lm_quantity q;
    *out = (lm_trim_plane){.offset_mm = 0};
    if (text[0] >= 'x' && text[0] <= 'z' && text[1] == '=') return trim_parse_axis(text, out, err);
    const char *p = text, *end = text + strlen(text);
    for (int k = 0; k < 3; k++) {
        p = lm_num_parse(p, end, &out->normal[k]);
        if (!p || *p++ != ',') return trim_bad(text, err);
    }
    if (lm_num_quantity(p, LM_UNIT_MM, &q, err) || q.unit != LM_UNIT_MM) return trim_bad(text, err);
    double length = lm_vec_unit(out->normal);
    if (!(length > 0) || !isfinite(length)) return trim_bad(text, err);
    out->offset_mm = q.value / length;
    return LM_OK;
}

/* ---- one half of one part ---- */

typedef struct {
    uint32_t lo, hi;
} trim_edge;

typedef struct {
    const lm_mesh *m;
    const lm_trim_plane *plane;
    int axis;        /* -1: none */
    double *s;       /* of each vertex: how far beyond the plane */
    trim_edge *edge; /* that cross, ascending */
    size_t edges;
} trim_work;

static int trim_by_ends(const void *p, const void *q)
{
    const trim_edge *a = p, *b = q;
    if (a->lo != b->lo) return a->lo < b->lo ? -1 : 1;
    return (a->hi > b->hi) - (a->hi < b->hi);
}

static lm_status trim_begin(trim_work *w, lm_err *err)
{
    const lm_mesh *m = w->m;
    size_t n = 0, cap = 0;
    lm_status rc = LM_OK;
    if (!(w->s = lm_mem_alloc(m->nv, sizeof *w->s, err))) return LM_ENOMEM;
    for (size_t v = 0; v < m->nv; v++) {
        const float *p = m->pos + 3 * v;
        const double *k = w->plane->normal;
        w->s[v] = w->axis >= 0 ? k[w->axis] * p[w->axis] - w->plane->offset_mm
                               : k[0] * p[0] + k[1] * p[1] + k[2] * p[2] - w->plane->offset_mm;
    }
    for (size_t h = 0; h < 3 * m->nt && !rc; h++) {
        uint32_t a = m->tri[h], b = m->tri[h - h % 3 + (h + 1) % 3];
        if (!((w->s[a] < 0 && w->s[b] > 0) || (w->s[a] > 0 && w->s[b] < 0))) continue;
        if (!(rc = lm_mem_grow(&w->edge, &cap, n + 1, sizeof *w->edge, err)))
            w->edge[n++] = a < b ? (trim_edge){a, b} : (trim_edge){b, a};
    }
    if (rc) return rc;
    if (n) qsort(w->edge, n, sizeof *w->edge, trim_by_ends);
    for (size_t i = 0; i < n; i++)
        if (!i || trim_by_ends(&w->edge[i], &w->edge[w->edges - 1])) w->edge[w->edges++] = w->edge[i];
    return LM_OK;
}

/* Does p come before q, by position? */
static bool trim_before(const float *p, const float *q)
{
    for (int k = 0; k < 3; k++)
        if (p[k] != q[k]) return p[k] < q[k];
    return false;
}

/* Where an edge crosses: the same whichever way it runs. */
static void trim_cross(const trim_work *w, const trim_edge *e, float at[3])
{
    uint32_t a = e->lo, b = e->hi;
    if (trim_before(lm_vec_at(w->m, b), lm_vec_at(w->m, a))) a = e->hi, b = e->lo;
    double t = w->s[a] / (w->s[a] - w->s[b]);
    for (int k = 0; k < 3; k++) {
        double p = lm_vec_at(w->m, a)[k], q = lm_vec_at(w->m, b)[k];
        at[k] = (float)(p + t * (q - p));
    }
    if (w->axis >= 0) at[w->axis] = (float)(w->plane->offset_mm * w->plane->normal[w->axis]);
}

/* The vertex at which the edge from a, inside, to b ends in the half. */
static uint32_t trim_end(const trim_work *w, uint32_t a, uint32_t b)
{
    trim_edge e = a < b ? (trim_edge){a, b} : (trim_edge){b, a};
    if (w->s[b] == 0) return b;
    const trim_edge *at = bsearch(&e, w->edge, w->edges, sizeof e, trim_by_ends);
    return (uint32_t)(w->m->nv + (size_t)(at - w->edge));
}

static double trim_apart(const float *p, const float *q)
{
    double d[3];
    lm_vec_sub(p, q, d);
    return lm_vec_dot(d, d);
}

/* What lies on the side where s * side < 0, open along the plane; nothing of it is repaired yet. */
static lm_status trim_clip(const trim_work *w, int side, lm_mesh *out, lm_err *err)
{
    const lm_mesh *m = w->m;
    lm_status rc = lm_mesh_alloc(out, m->nv + w->edges, 2 * m->nt, err);
    if (rc) return rc;
    memcpy(out->pos, m->pos, 3 * m->nv * sizeof *out->pos);
    for (size_t i = 0; i < w->edges; i++) trim_cross(w, &w->edge[i], out->pos + 3 * (m->nv + i));
    out->nt = 0;
    for (size_t t = 0; t < m->nt; t++) {
        const uint32_t *v = m->tri + 3 * t;
        uint32_t *put = out->tri + 3 * out->nt;
        int in = 0, first = 0;
        for (int k = 0; k < 3; k++) in += w->s[v[k]] * side < 0;
        if (in == 0) continue;
        if (in == 3) {
            memcpy(put, v, 3 * sizeof *v);
            out->nt++;
            continue;
        }
        while ((w->s[v[first]] * side < 0) != (in == 1)) first++; /* the one that is alone */
        uint32_t a = v[first], b = v[(first + 1) % 3], c = v[(first + 2) % 3];
        if (in == 1) { /* a inside */
            put[0] = a, put[1] = trim_end(w, a, b), put[2] = trim_end(w, a, c);
            out->nt++;
        } else if (w->s[a] == 0) {
            memcpy(put, v, 3 * sizeof *v);
            out->nt++;
        } else { /* a outside: b, c, r, q */
            uint32_t q = trim_end(w, b, a), r = trim_end(w, c, a);
            const float *pb = out->pos + 3 * (size_t)b, *pc = out->pos + 3 * (size_t)c, *pq = out->pos + 3 * (size_t)q,
                        *pr = out->pos + 3 * (size_t)r;
            double br = trim_apart(pb, pr), cq = trim_apart(pc, pq);
            bool from_b = br < cq || (br == cq && trim_before(pb, pc));
            const uint32_t two[6] = {b, c, from_b ? r : q, from_b ? b : c, r, q};
            memcpy(put, two, sizeof two);
            out->nt += 2;
        }
    }
    return LM_OK;
}

/* The open edges turned round, in closed walks. */
static lm_status trim_walks(const lm_mesh *m, const uint32_t *mate, uint32_t **v, size_t **start, size_t *walks, bool *good,
                            lm_err *err)
{
    size_t n = 0, at = 0, cap = 0;
    uint32_t *next = lm_mem_alloc(m->nv, sizeof *next, err),
             *more = NULL; /* first edge from a vertex, the next one from the same */
    trim_edge *e = NULL;
    lm_status rc = LM_ENOMEM;
    *walks = 0;
    for (size_t h = 0; h < 3 * m->nt; h++) {
        n += mate[h] == LM_TOPO_NONE;
        *good = *good && mate[h] != LM_TOPO_MANY;
    }
    if (!next || !(e = lm_mem_alloc(n, sizeof *e, err)) || !(more = lm_mem_alloc(n, sizeof *more, err)) ||
        !(*v = lm_mem_alloc(n, sizeof **v, err)))
        goto done;
    memset(next, 0xff, m->nv * sizeof *next);
    n = 0;
    for (size_t h = 0; h < 3 * m->nt; h++) {
        if (mate[h] != LM_TOPO_NONE) continue;
        uint32_t from = m->tri[h - h % 3 + (h + 1) % 3];
        e[n] = (trim_edge){from, m->tri[h]};
        more[n] = next[from];
        next[from] = (uint32_t)n++;
    }
    rc = LM_OK;
    for (size_t s = 0; s < n && !rc && *good; s++) {
        uint32_t from = e[s].lo, now = from;
        if (next[from] == UINT32_MAX) continue;
        if ((rc = lm_mem_grow(start, &cap, *walks + 2, sizeof **start, err))) break;
        (*start)[(*walks)++] = at;
        do {
            uint32_t i = next[now];
            if (i == UINT32_MAX) {
                *good = false;
                break;
            }
            next[now] = more[i];
            (*v)[at++] = now;
            now = e[i].hi;
        } while (now != from);
        (*start)[*walks] = at;
        if (next[from] != UINT32_MAX) s--; /* more walks begin there */
    }
done:
    free(next);
    free(more);
    free(e);
    return rc;
}

/* Close the half by its cap; *good false when that cannot be done. */
static lm_status trim_cap(lm_mesh *m, const double normal[3], lm_trim *sum, bool *good, lm_err *err)
{
    lm_topo_corners c = LM_TOPO_CORNERS_INIT;
    uint32_t *mate = NULL, *v = NULL, *tri = NULL;
    size_t *start = NULL, walks = 0, nt = 0;
    lm_status rc = lm_topo_corners_make(m, NULL, &c, err);
    *good = true;
    if (!rc && !(mate = lm_mem_alloc(3 * m->nt, sizeof *mate, err))) rc = LM_ENOMEM;
    if (rc || (rc = lm_topo_mates(m, &c, mate, err)) || (rc = trim_walks(m, mate, &v, &start, &walks, good, err)) || !*good ||
        !walks)
        goto done;
    if ((rc = lm_outline_fill(m->pos, v, start, walks, normal, &tri, &nt, good, err)) || !*good) goto done;
    size_t cap = 3 * m->nt;
    if ((rc = lm_mem_grow(&m->tri, &cap, 3 * (m->nt + nt), sizeof *m->tri, err))) goto done;
    memcpy(m->tri + 3 * m->nt, tri, 3 * nt * sizeof *tri);
    m->nt += nt;
    sum->cap_triangles += nt;
    for (size_t t = 0; t < nt; t++) {
        double n[3];
        sum->cap_area_mm2 += lm_vec_normal(lm_vec_at(m, tri[3 * t]), lm_vec_at(m, tri[3 * t + 1]), lm_vec_at(m, tri[3 * t + 2]), n);
    }
done:
    lm_topo_corners_release(&c);
    free(mate);
    free(v);
    free(start);
    free(tri);
    return rc;
}

static lm_status trim_half(const trim_work *w, int side, int threads, lm_mesh *out, lm_trim *sum, bool *good, lm_err *err)
{
    double normal[3];
    size_t n;
    lm_audit a;
    lm_audit_opt opt = {.threads = threads};
    lm_status rc = trim_clip(w, side, out, err);
    *good = true;
    for (int k = 0; k < 3; k++) normal[k] = w->plane->normal[k] * side;
    if (rc || (rc = lm_clean_unreferenced(out, &n, NULL, err)) || !out->nt) return rc;
    if ((rc = lm_weld_exact(out, &n, NULL, err)) || (rc = lm_clean_degenerate(out, &n, NULL, err)) ||
        (rc = trim_cap(out, normal, sum, good, err)) || !*good || (rc = lm_clean_unreferenced(out, &n, NULL, err)) ||
        (rc = lm_audit_run(out, &opt, &a, err)))
        return rc;
    *good = a.valid;
    return LM_OK;
}

/* ---- all parts ---- */

typedef struct {
    size_t n;
    lm_mesh *part;
    uint32_t *label;
} trim_parts;

static void trim_parts_release(trim_parts *p)
{
    for (size_t i = 0; p->part && i < p->n; i++) lm_mesh_release(&p->part[i]);
    free(p->part);
    free(p->label);
    *p = (trim_parts){.n = 0};
}

static lm_status trim_parts_new(trim_parts *p, size_t n, lm_err *err)
{
    *p = (trim_parts){.n = 0};
    if (!(p->part = lm_mem_calloc(n, sizeof *p->part, err)) || !(p->label = lm_mem_alloc(n, sizeof *p->label, err)))
        return LM_ENOMEM;
    return LM_OK;
}

static lm_status trim_one(const lm_mesh *part, uint32_t label, const lm_trim_plane *plane, int threads, trim_parts *kept,
                          trim_parts *off, lm_trim *sum, bool *good, lm_err *err)
{
    trim_work w = {.m = part, .plane = plane, .axis = -1};
    lm_trim other = {.shift_mm = 0};
    size_t had = kept->n;
    for (int k = 0; k < 3; k++)
        if (plane->normal[(k + 1) % 3] == 0 && plane->normal[(k + 2) % 3] == 0) w.axis = k;
    lm_status rc = trim_begin(&w, err);
    trim_parts *half[2] = {kept, off};
    for (int i = 0; i < 2 && half[i] && !rc && *good; i++) {
        lm_mesh *to = &half[i]->part[half[i]->n];
        rc = trim_half(&w, i ? -1 : 1, threads, to, i ? &other : sum, good, err);
        half[i]->label[half[i]->n] = label;
        if (to->nt) half[i]->n++;
        else lm_mesh_release(to);
    }
    sum->parts_gone += kept->n == had;
    free(w.s);
    free(w.edge);
    return rc;
}

static lm_status trim_try(const lm_mesh *m, const lm_split *s, const lm_trim_plane *plane, int threads, trim_parts *kept,
                          trim_parts *off, lm_trim *sum, bool *good, lm_err *err)
{
    lm_status rc = trim_parts_new(kept, s->n, err);
    *sum = (lm_trim){.shift_mm = 0};
    *good = true;
    if (!rc && off) rc = trim_parts_new(off, s->n, err);
    for (size_t i = 0; i < s->n && !rc && *good; i++) {
        lm_mesh part = LM_MESH_INIT;
        if (!(rc = lm_split_part(m, s, i, NULL, &part, NULL, err)))
            rc = trim_one(&part, s->label[i], plane, threads, kept, off, sum, good, err);
        lm_mesh_release(&part);
    }
    return rc;
}

/* The pieces as one mesh with the labels, names and space of m. */
static lm_status trim_assemble(trim_parts *p, const lm_mesh *m, lm_mesh *out, lm_err *err)
{
    size_t walls;
    lm_mesh to = LM_MESH_INIT;
    lm_status rc = LM_OK;
    if (p->n && !m->label) {
        to = p->part[0];
        p->part[0] = (lm_mesh)LM_MESH_INIT;
    } else if (!(rc = lm_repair_parts_assemble(p->part, p->label, p->n, &to, err))) rc = lm_share_run(&to, &walls, err);
    to.space = m->space;
    if (!rc) rc = lm_parts_copy(&m->parts, &to.parts, err);
    if (rc) lm_mesh_release(&to);
    *out = to;
    return rc;
}

/* Largest coordinate's unit in the last place. */
static double trim_ulp(const lm_mesh *m)
{
    float most = 0;
    for (size_t i = 0; i < 3 * m->nv; i++) most = fabsf(m->pos[i]) > most ? fabsf(m->pos[i]) : most;
    return nextafterf(most, INFINITY) - most;
}

static double trim_volume(const trim_parts *p)
{
    double sum = 0;
    for (size_t i = 0; i < p->n; i++) sum += lm_mesh_volume(&p->part[i]);
    return sum;
}

lm_status lm_trim_run(lm_mesh *m, const lm_trim_plane *plane, int threads, lm_mesh *off, lm_trim *out, lm_err *err)
{
    static const double shift[] = {0, -16, 16, -64, 64, -256, 256};
    lm_split s = LM_SPLIT_INIT;
    trim_parts kept = {.n = 0}, rest = {.n = 0};
    lm_mesh now = LM_MESH_INIT, other = LM_MESH_INIT;
    bool good = false, across = false;
    double ulp = trim_ulp(m);
    lm_status rc = lm_split_make(m, &s, err);
    for (int k = 0; k < 3; k++) across |= fabs(plane->normal[k]) == 1;
    for (size_t i = 0; i < sizeof shift / sizeof *shift && !rc && !good; i++) {
        lm_trim_plane p = *plane;
        p.offset_mm += shift[i] * ulp;
        if (across) p.offset_mm = (float)p.offset_mm;
        trim_parts_release(&kept);
        trim_parts_release(&rest);
        rc = trim_try(m, &s, &p, threads, &kept, off ? &rest : NULL, out, &good, err);
        out->shift_mm = p.offset_mm - plane->offset_mm;
    }
    if (!rc && good && !kept.n) rc = lm_err_set(err, LM_ENO, NULL, "the plane leaves nothing of the mesh");
    if (!rc && !good)
        rc = lm_err_set(err, LM_ENO, NULL,
                        "no valid halves at this plane, nor 256 units in the last place beside it: try another one");
    if (rc) {
        *out = (lm_trim){.shift_mm = 0};
        goto done;
    }
    out->kept_mm3 = trim_volume(&kept);
    out->off_mm3 = trim_volume(&rest);
    if ((rc = trim_assemble(&kept, m, &now, err)) || (off && rest.n && (rc = trim_assemble(&rest, m, &other, err)))) {
        lm_mesh_release(&now);
        goto done;
    }
    lm_mesh_release(m);
    *m = now;
    if (off) *off = other;
done:
    trim_parts_release(&kept);
    trim_parts_release(&rest);
    lm_split_release(&s);
    return rc;
}
