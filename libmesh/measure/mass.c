/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "measure/mass.h"
#include "base/mem.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- 1 edges and components ---- */

static int mass_by_value(const void *a, const void *b)
{
    uint64_t x, y;
    memcpy(&x, a, sizeof x);
    memcpy(&y, b, sizeof y);
    return x < y ? -1 : x > y;
}

static uint32_t mass_root(uint32_t *up, uint32_t t)
{
    while (up[t] != t) t = up[t] = up[up[t]];
    return t;
}

static void mass_join(uint32_t *up, uint32_t a, uint32_t b)
{
    a = mass_root(up, a);
    b = mass_root(up, b);
    if (a < b) up[b] = a; /* the root is the first triangle of its component */
    else up[a] = b;
}

/* +1 when triangle t runs along the edge from a to b, -1 from b to a; a triangle with a repeated corner may do both. */
static int mass_direction(const lm_mesh *m, uint32_t t, uint32_t a, uint32_t b)
{
    int sum = 0;
    for (size_t k = 0; k < 3; k++) {
        uint32_t p = m->tri[3 * (size_t)t + k], q = m->tri[3 * (size_t)t + (k + 1) % 3];
        sum += (p == a && q == b) - (p == b && q == a);
    }
    return sum;
}

/* The half-edges of one vertex, sorted by (other end, triangle): join triangles, count what does not cancel. */
static void mass_fan(const lm_mesh *m, uint32_t v, const uint64_t *half, size_t n, uint32_t *up, lm_mass *out)
{
    for (size_t at = 0, end; at < n; at = end) {
        uint32_t other = (uint32_t)(half[at] >> 32), first = (uint32_t)half[at];
        int balance = 0;
        for (end = at; end < n && half[end] >> 32 == other; end++) {
            if (end > at && half[end] == half[end - 1]) continue; /* both directions of a folded triangle, counted once */
            balance += mass_direction(m, (uint32_t)half[end], v, other);
            if (end > at) mass_join(up, first, (uint32_t)half[end]);
        }
        bool open = end - at == 1;
        if (open ? !out->open_edges : balance && !out->unbalanced)
            for (size_t c = 0; c < 3; c++)
                out->gap_mm[c] = 0.5 * ((double)m->pos[3 * (size_t)v + c] + (double)m->pos[3 * (size_t)other + c]);
        out->open_edges += open;
        out->unbalanced += balance != 0;
    }
}

static lm_status mass_edges(const lm_mesh *m, uint32_t *up, lm_mass *out, lm_err *err)
{
    lm_arena scratch = LM_ARENA_INIT;
    lm_status rc = LM_ENOMEM;
    size_t *start = lm_arena_alloc(&scratch, m->nv + 2, sizeof *start, err);
    uint64_t *half = start ? lm_arena_alloc(&scratch, 3 * m->nt, sizeof *half, err) : NULL;
    if (!half) goto done;
    memset(start, 0, (m->nv + 2) * sizeof *start);
    for (int fill = 0; fill < 2; fill++) { /* count under the lower end (two places on), then put in place (one place on) */
        for (size_t e = 0; e < 3 * m->nt; e++) {
            uint32_t a = m->tri[e], b = m->tri[e % 3 == 2 ? e - 2 : e + 1], lo = a < b ? a : b, hi = a < b ? b : a;
            if (a == b) continue;
            if (fill) half[start[lo + 1]++] = (uint64_t)hi << 32 | (uint32_t)(e / 3);
            else start[lo + 2]++;
        }
        if (!fill)
            for (size_t v = 2; v < m->nv + 2; v++) start[v] += start[v - 1];
    }
    for (size_t t = 0; t < m->nt; t++) up[t] = (uint32_t)t;
    for (size_t v = 0; v < m->nv; v++) {
        size_t n = start[v + 1] - start[v];
        qsort(half + start[v], n, sizeof *half, mass_by_value);
        mass_fan(m, (uint32_t)v, half + start[v], n, up, out);
    }
    rc = LM_OK;
done:
    lm_arena_release(&scratch);
    return rc;
}

/* ---- 2 sums ---- */

enum { MASS_BLOCK = 4096 };

typedef struct {
    double six_v, abs_six_v, moment[3], area, u_v, u_area;
} mass_sum;

typedef struct {
    mass_sum block, total;
    size_t in_block, blocks;
} mass_acc;

static void mass_add(mass_sum *a, const mass_sum *b)
{
    a->six_v += b->six_v;
    a->abs_six_v += b->abs_six_v;
    for (int c = 0; c < 3; c++) a->moment[c] += b->moment[c];
    a->area += b->area;
    a->u_v += b->u_v;
    a->u_area += b->u_area;
}

static void mass_flush(mass_acc *a)
{
    mass_add(&a->total, &a->block);
    a->block = (mass_sum){0};
    a->in_block = 0;
    a->blocks++;
}

/* Half a unit in the last place of a float: the most that rounding to it can have moved a coordinate. */
static double mass_half_ulp(float x)
{
    uint32_t bits;
    memcpy(&bits, &x, sizeof bits);
    uint32_t e = bits >> 23 & 255;
    uint64_t d = (uint64_t)((e ? e : 1) + 1023 - 127 - 24) << 52;
    double h;
    memcpy(&h, &d, sizeof h);
    return h;
}

static mass_sum mass_triangle(const lm_mesh *m, size_t t, const double mid[3])
{
    double p[3][3], h[3] = {0, 0, 0}, u[3], v[3], w[3], e[3];
    for (size_t k = 0; k < 3; k++)
        for (size_t c = 0; c < 3; c++) {
            float x = m->pos[3 * (size_t)m->tri[3 * t + k] + c];
            double hx = mass_half_ulp(x);
            p[k][c] = x - mid[c];
            h[c] = hx > h[c] ? hx : h[c];
        }
    for (int c = 0; c < 3; c++) {
        u[c] = p[1][c] - p[0][c];
        v[c] = p[2][c] - p[0][c];
    }
    mass_sum s = {0};
    for (int c = 0; c < 3; c++) {
        int a = (c + 1) % 3, b = (c + 2) % 3;
        w[c] = u[a] * v[b] - u[b] * v[a]; /* twice the area seen along c */
        s.six_v += p[0][c] * (p[1][a] * p[2][b] - p[1][b] * p[2][a]);
        s.u_v += 0x1p-52 * fabs(p[0][c]) * (fabs(p[1][a] * p[2][b]) + fabs(p[1][b] * p[2][a])); /* our own rounding */
        /* how much that area can change when every corner moves by h: the differences move by 2h */
        e[c] = h[a] * (fabs(v[b]) + fabs(u[b])) + h[b] * (fabs(u[a]) + fabs(v[a])) + 4 * h[a] * h[b];
        s.u_v += h[c] * (0.5 * fabs(w[c]) + e[c]); /* the volume the triangle can have swept */
    }
    s.abs_six_v = fabs(s.six_v);
    for (int c = 0; c < 3; c++) s.moment[c] = s.six_v * (p[0][c] + p[1][c] + p[2][c]);
    s.area = 0.5 * sqrt(w[0] * w[0] + w[1] * w[1] + w[2] * w[2]);
    s.u_area = sqrt(e[0] * e[0] + e[1] * e[1] + e[2] * e[2]);
    return s;
}

static void mass_box(const lm_mesh *m, lm_mass *out)
{
    for (int c = 0; c < 3; c++) {
        out->lo_mm[c] = INFINITY;
        out->hi_mm[c] = -INFINITY;
    }
    for (size_t i = 0; i < 3 * m->nt; i++)
        for (size_t c = 0; c < 3; c++) {
            float x = m->pos[3 * (size_t)m->tri[i] + c];
            out->lo_mm[c] = x < out->lo_mm[c] ? x : out->lo_mm[c];
            out->hi_mm[c] = x > out->hi_mm[c] ? x : out->hi_mm[c];
            double h = mass_half_ulp(x);
            out->u_box_mm[c] = h > out->u_box_mm[c] ? h : out->u_box_mm[c];
        }
}

static int mass_larger(const void *pa, const void *pb)
{
    const lm_mass_part *a = pa, *b = pb;
    double x = isnan(a->volume_mm3) ? a->area_mm2 : fabs(a->volume_mm3),
           y = isnan(b->volume_mm3) ? b->area_mm2 : fabs(b->volume_mm3);
    if (x != y) return x > y ? -1 : 1;
    return a->first < b->first ? -1 : a->first > b->first;
}

static void mass_finish(lm_mass *out, const mass_sum *all, double rounding, const double mid[3])
{
    double half[3];
    for (int c = 0; c < 3; c++) half[c] = 0.5 * (out->hi_mm[c] - out->lo_mm[c]);
    double reach = sqrt(half[0] * half[0] + half[1] * half[1] + half[2] * half[2]);
    out->area_mm2 = all->area;
    out->u_area_mm2 = all->u_area + rounding * all->area;
    out->has_volume = out->unbalanced == 0;
    out->volume_mm3 = out->has_volume ? all->six_v / 6 : NAN;
    out->u_volume_mm3 = out->has_volume ? all->u_v + rounding * all->abs_six_v / 6 : NAN;
    bool centre = out->has_volume && fabs(out->volume_mm3) > out->u_volume_mm3;
    for (int c = 0; c < 3; c++) out->centroid_mm[c] = centre ? mid[c] + all->moment[c] / (4 * all->six_v) : NAN;
    /* the moment changes by at most reach * u, the quotient by that and by |centroid| <= reach times u */
    out->u_centroid_mm = centre ? 2 * reach * out->u_volume_mm3 / (fabs(out->volume_mm3) - out->u_volume_mm3) : NAN;
    for (size_t i = 0; i < out->parts; i++) {
        if (!out->has_volume) out->part[i].volume_mm3 = NAN;
        out->cavities += out->part[i].volume_mm3 < 0;
    }
    qsort(out->part, out->parts, sizeof *out->part, mass_larger);
}

lm_status lm_mass_measure(const lm_mesh *m, lm_mass *out, lm_err *err)
{
    lm_status rc = LM_ENOMEM;
    mass_acc *acc = NULL;
    lm_mass_release(out);
    if (m->nt == 0) return lm_err_set(err, LM_ERULE, NULL, "the mesh has no triangles: there is nothing to measure");
    uint32_t *part_of = lm_mem_alloc(m->nt, sizeof *part_of, err); /* first the union-find forest, then the part's number */
    if (!part_of || (rc = mass_edges(m, part_of, out, err))) goto done;
    mass_box(m, out);
    for (size_t t = 0; t < m->nt; t++) { /* a root comes before its triangles: number the parts by first triangle */
        uint32_t r = mass_root(part_of, (uint32_t)t);
        out->parts += r == t;
    }
    rc = LM_ENOMEM;
    if (!(out->part = lm_mem_calloc(out->parts, sizeof *out->part, err)) || !(acc = lm_mem_calloc(out->parts, sizeof *acc, err)))
        goto done;
    double mid[3];
    for (int c = 0; c < 3; c++) mid[c] = 0.5 * (out->lo_mm[c] + out->hi_mm[c]);
    for (size_t t = 0, n = 0; t < m->nt; t++) {
        /* all triangles before t already hold part numbers, and up[t] < t unless t is a root */
        uint32_t p = part_of[t] == t ? (uint32_t)n++ : part_of[part_of[t]];
        part_of[t] = p;
        if (!out->part[p].triangles++) out->part[p].first = t;
        mass_sum s = mass_triangle(m, t, mid);
        mass_add(&acc[p].block, &s);
        if (++acc[p].in_block == MASS_BLOCK) mass_flush(&acc[p]);
    }
    mass_sum all = {0};
    size_t blocks = 0;
    for (size_t p = 0; p < out->parts; p++) {
        if (acc[p].in_block) mass_flush(&acc[p]);
        out->part[p].volume_mm3 = acc[p].total.six_v / 6;
        out->part[p].area_mm2 = acc[p].total.area;
        blocks = acc[p].blocks > blocks ? acc[p].blocks : blocks;
        mass_add(&all, &acc[p].total);
    }
    /* an ordered sum of n terms is off by at most n roundings of the sum of their sizes */
    mass_finish(out, &all, 0x1p-53 * (double)(MASS_BLOCK + blocks + out->parts), mid);
    rc = LM_OK;
done:
    free(part_of);
    free(acc);
    if (rc) lm_mass_release(out);
    return rc;
}

void lm_mass_release(lm_mass *m)
{
    free(m->part);
    *m = (lm_mass)LM_MASS_INIT;
}

lm_status lm_mass_solid(const lm_mass *m, lm_err *err)
{
    if (m->unbalanced == 0) return LM_OK;
    if (m->open_edges)
        return lm_err_set(err, LM_ERULE, NULL,
                          "the mesh is open (%zu open edges, one at %.3f %.3f %.3f mm): it has no volume; close it with meshfix",
                          m->open_edges, m->gap_mm[0], m->gap_mm[1], m->gap_mm[2]);
    return lm_err_set(err, LM_ERULE, NULL,
                      "%zu edges have triangles that do not cancel (flipped or not manifold; one at %.3f %.3f %.3f mm): no volume; "
                      "see meshfix --check",
                      m->unbalanced, m->gap_mm[0], m->gap_mm[1], m->gap_mm[2]);
}
