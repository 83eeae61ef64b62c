/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "repair/cut.h"
#include "base/mem.h"
#include "repair/clash.h"
#include "surface/predicates.h"
#include "surface/topo.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

typedef struct {
    uint32_t edge, half[2]; /* half-edges a -> b and b -> a of the two triangles with the solid between them */
    bool split;             /* gets its own point in the middle */
} cut_sheet;

typedef struct { /* a vertex that may move */
    uint32_t v;
    int place;        /* candidate it stands at; CUT_PLACES: taken back */
    double dir[2][3]; /* into the solid; into it at the edges that are cut, out of it at the others */
} cut_copy;

enum { CUT_OPEN = 1, CUT_MANY = 2 }; /* on an open edge; on one of three or more triangles */

typedef struct {
    lm_mesh *m;  /* as it was */
    lm_mesh now; /* cut */
    lm_topo_corners c;
    uint32_t *mate, *up; /* up: union-find over corners; those of one fan are one */
    unsigned char *rim;  /* per vertex: CUT_OPEN, CUT_MANY */
    cut_sheet *sheet;
    size_t sheets, sheet_cap;
    uint32_t *from; /* per vertex of now: the vertex (or first point of the edge) it is a copy of */
    size_t vertex_cap, from_cap, tri_cap, pos_cap, quality_cap;
    cut_copy *copy;
    size_t copies, copy_cap;
    double ulp;
} cut_work;

static const float *cut_at(const lm_mesh *m, uint32_t v)
{
    return m->pos + 3 * (size_t)v;
}

static uint32_t cut_next(uint32_t h)
{
    return h - h % 3 + (h + 1) % 3;
}

static uint32_t cut_root(uint32_t *up, uint32_t i)
{
    while (up[i] != i) i = up[i] = up[up[i]];
    return i;
}

static void cut_join(uint32_t *up, uint32_t a, uint32_t b)
{
    a = cut_root(up, a);
    b = cut_root(up, b);
    if (a < b) up[b] = a;
    else up[a] = b;
}

/* ---- around an edge ---- */

typedef struct {
    uint32_t half;
    bool ahead;                       /* runs a -> b */
    const float *a, *b, *apex, *zero; /* zero: apex of the one the angles are counted from */
} cut_leaf;

/* Quarter of the turn from zero's half-plane to the leaf's: 0 in it, 1 before it is straight, 2 straight, 3 after. */
static int cut_half(const cut_leaf *l)
{
    int s = lm_predicates_orient3d(l->a, l->b, l->zero, l->apex);
    if (s) return s > 0 ? 1 : 3;
    for (int k = 0; k < 3; k++) {
        int u = (k + 1) % 3, v = (k + 2) % 3;
        float a[2] = {l->a[u], l->a[v]}, b[2] = {l->b[u], l->b[v]}, z[2] = {l->zero[u], l->zero[v]},
              x[2] = {l->apex[u], l->apex[v]};
        int t = lm_predicates_orient2d(a, b, z);
        if (t) return lm_predicates_orient2d(a, b, x) == t ? 0 : 2;
    }
    return 0;
}

static int cut_leaf_cmp(const void *p, const void *q)
{
    const cut_leaf *x = p, *y = q;
    int hx = cut_half(x), hy = cut_half(y), s;
    if (hx != hy) return hx - hy;
    if ((hx & 1) && (s = lm_predicates_orient3d(x->a, x->b, x->apex, y->apex))) return -s;
    return (x->half > y->half) - (x->half < y->half);
}

/* Pair the n leaves, sorted counter-clockwise seen against a -> b: b -> a goes into the solid, a -> b out of it. over: at
 * most that many leaves may stay without a partner. */
static lm_status cut_pair(cut_work *w, const cut_leaf *l, uint32_t n, uint32_t edge, uint32_t over, bool *paired, lm_err *err)
{
    uint32_t *stack = lm_mem_alloc(n, sizeof *stack, err), open = 0, pairs = 0;
    unsigned char *done = lm_mem_calloc(n, 1, err);
    lm_status rc = stack && done ? LM_OK : LM_ENOMEM;
    size_t first = w->sheets;
    for (uint32_t i = 0; i < 2 * n && !rc; i++) { /* twice around: a pair may lie across the start */
        uint32_t at = i % n;
        if (done[at]) continue;
        if (!l[at].ahead) {
            if (i < n) stack[open++] = at;
            continue;
        }
        if (!open) continue;
        uint32_t in = stack[--open];
        done[at] = done[in] = 1;
        pairs++;
        if ((rc = lm_mem_grow(&w->sheet, &w->sheet_cap, w->sheets + 1, sizeof *w->sheet, err))) break;
        w->sheet[w->sheets++] = (cut_sheet){edge, {l[at].half, l[in].half}, false};
    }
    *paired = n - 2 * pairs <= over;
    if (!*paired) w->sheets = first;
    free(stack);
    free(done);
    return rc;
}

/* The edge from a to b: all its triangles. */
static lm_status cut_edge(cut_work *w, uint32_t a, uint32_t b, lm_cut *out, lm_err *err)
{
    const lm_mesh *m = w->m;
    uint32_t n = 0, most = w->c.start[a + 1] - w->c.start[a];
    cut_leaf *l = lm_mem_alloc(most, sizeof *l, err);
    size_t first = w->sheets;
    bool paired, flat = false;
    if (!l) return LM_ENOMEM;
    for (uint32_t i = w->c.start[a]; i < w->c.start[a + 1]; i++) {
        uint32_t h = w->c.corner[i], p = cut_next(cut_next(h)); /* p -> a's corner */
        bool ahead = m->tri[cut_next(h)] == b;
        if (!ahead && m->tri[p] != b) continue;
        l[n] = (cut_leaf){ahead ? h : p, ahead, cut_at(m, a), cut_at(m, b), cut_at(m, m->tri[ahead ? p : cut_next(h)]), NULL};
        flat |= lm_clash_flat(m, m->tri + h - h % 3);
        l[n].zero = l[0].apex;
        n++;
    }
    lm_status rc = LM_OK;
    paired = false;
    if (!flat) {
        qsort(l, n, sizeof *l, cut_leaf_cmp);
        rc = cut_pair(w, l, n, (uint32_t)out->edges, w->rim[a] & w->rim[b] & CUT_OPEN, &paired, err);
    }
    for (size_t i = first; i < w->sheets && !rc; i++) {
        uint32_t h = w->sheet[i].half[0], g = w->sheet[i].half[1];
        cut_join(w->up, h, cut_next(g));
        cut_join(w->up, cut_next(h), g);
    }
    for (uint32_t i = 1; i < n && !paired && !rc; i++) /* stays as it is */
        for (int e = 0; e < 2; e++) {
            uint32_t h = e == l[i].ahead ? l[i].half : cut_next(l[i].half), g = e == l[0].ahead ? l[0].half : cut_next(l[0].half);
            cut_join(w->up, h, g);
        }
    out->edges += paired;
    free(l);
    return rc;
}

/* Join the corners of each fan. */
static lm_status cut_fans(cut_work *w, lm_cut *out, lm_err *err)
{
    const lm_mesh *m = w->m;
    size_t n = 3 * m->nt;
    lm_status rc = LM_OK;
    for (uint32_t h = 0; h < n; h++) {
        uint32_t g = w->mate[h];
        unsigned char rim = g == LM_TOPO_NONE ? CUT_OPEN : g == LM_TOPO_MANY ? CUT_MANY : 0;
        w->rim[m->tri[h]] |= rim;
        w->rim[m->tri[cut_next(h)]] |= rim;
        if (g == LM_TOPO_NONE || g == LM_TOPO_MANY || g < h) continue;
        bool same = m->tri[g] == m->tri[h]; /* flipped neighbours */
        cut_join(w->up, h, same ? g : cut_next(g));
        cut_join(w->up, cut_next(h), same ? cut_next(g) : g);
    }
    for (uint32_t h = 0; h < n && !rc; h++) {
        uint32_t a = m->tri[h], b = m->tri[cut_next(h)];
        if (w->mate[h] != LM_TOPO_MANY) continue;
        /* each edge once: from its first half-edge on */
        bool first = true;
        for (uint32_t i = w->c.start[a]; i < w->c.start[a + 1] && first; i++) {
            uint32_t g = w->c.corner[i], p = cut_next(cut_next(g));
            if (m->tri[cut_next(g)] == b) first = g >= h;
            else if (m->tri[p] == b) first = p >= h;
        }
        if (first) rc = cut_edge(w, a, b, out, err);
    }
    return rc;
}

/* ---- where to ---- */

static double cut_dot(const double a[3], const double b[3])
{
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}

static bool cut_normal(const lm_mesh *m, uint32_t t, bool turned, double n[3])
{
    const uint32_t *v = m->tri + 3 * (size_t)t;
    const float *a = cut_at(m, v[0]), *b = cut_at(m, v[1]), *c = cut_at(m, v[2]);
    double p[3], q[3], len;
    for (int k = 0; k < 3; k++) {
        p[k] = (double)b[k] - a[k];
        q[k] = (double)c[k] - a[k];
    }
    n[0] = p[1] * q[2] - p[2] * q[1];
    n[1] = p[2] * q[0] - p[0] * q[2];
    n[2] = p[0] * q[1] - p[1] * q[0];
    len = sqrt(cut_dot(n, n));
    for (int k = 0; k < 3 && len > 0; k++) n[k] /= turned ? -len : len;
    return len > 0;
}

typedef struct {
    uint32_t t;
    bool cut; /* at an edge that is cut */
} cut_side;

/* Unit direction into the solid below the n triangles (out: only of those at cut edges, above the others): against the point of the
 * hull of their normals that is nearest to 0. Returns its distance from 0: how far below all of them one gets; 0 when there is no
 * such direction. */
static double cut_direction(const lm_mesh *m, const cut_side *t, size_t n, bool out, double dir[3])
{
    enum { ROUNDS = 64 };
    const double close = 1e-3; /* the hull contains 0, as good as */
    double z[3] = {0, 0, 0}, sum[3] = {0, 0, 0}, u[3];
    for (size_t i = 0; i < n; i++)
        if (cut_normal(m, t[i].t, out && !t[i].cut, u))
            for (int k = 0; k < 3; k++) sum[k] += u[k];
    for (int k = 0; k < 3; k++) z[k] = sum[k] / (double)n;
    for (int round = 0; round < ROUNDS; round++) {
        double least = INFINITY, low[3] = {0}, d[3];
        for (size_t i = 0; i < n; i++)
            if (cut_normal(m, t[i].t, out && !t[i].cut, u) && cut_dot(u, z) < least) {
                least = cut_dot(u, z);
                memcpy(low, u, sizeof low);
            }
        for (int k = 0; k < 3; k++) d[k] = low[k] - z[k];
        double dd = cut_dot(d, d), step = dd > 0 ? -cut_dot(z, d) / dd : 0;
        if (step <= 1e-6) break;
        if (step > 1) step = 1;
        for (int k = 0; k < 3; k++) z[k] += step * d[k];
    }
    double margin = sqrt(cut_dot(z, z));
    if (margin < close) {
        margin = 0;
        memcpy(z, sum, sizeof z);
    }
    double len = sqrt(cut_dot(z, z));
    for (int k = 0; k < 3; k++) dir[k] = len > 0 ? -z[k] / len : k == 0;
    return margin;
}

/* ---- copies ---- */

static lm_status cut_vertex(cut_work *w, const float p[3], float quality, uint32_t from, const double dir[2][3], uint32_t *v,
                            lm_err *err)
{
    lm_mesh *m = &w->now;
    lm_status rc;
    if (m->nv + 1 >= LM_TOPO_MANY) return lm_err_set(err, LM_ERANGE, NULL, "cutting makes more vertices than can be numbered");
    if ((rc = lm_mem_grow(&m->pos, &w->pos_cap, 3 * (m->nv + 1), sizeof *m->pos, err)) ||
        (rc = lm_mem_grow(&w->from, &w->from_cap, m->nv + 1, sizeof *w->from, err)) ||
        (m->quality && (rc = lm_mem_grow(&m->quality, &w->quality_cap, m->nv + 1, sizeof *m->quality, err))))
        return rc;
    *v = (uint32_t)m->nv++;
    memcpy(m->pos + 3 * (size_t)*v, p, 3 * sizeof *p);
    if (m->quality) m->quality[*v] = quality;
    w->from[*v] = from == LM_TOPO_NONE ? *v : from;
    if ((rc = lm_mem_grow(&w->copy, &w->copy_cap, w->copies + 1, sizeof *w->copy, err))) return rc;
    if (from == LM_TOPO_NONE) return LM_OK;
    w->copy[w->copies] = (cut_copy){.v = *v};
    memcpy(w->copy[w->copies++].dir, dir, sizeof w->copy->dir);
    return LM_OK;
}

typedef struct {
    uint32_t root;
    double margin, dir[2][3];
} cut_fan;

/* Vertex v: the fans with open edges keep it, else the one that can move least; each other one gets a copy. fan, side:
 * scratch for as many as there are corners at v. */
static lm_status cut_copies(cut_work *w, uint32_t v, const unsigned char *loose, uint32_t *now, cut_fan *fan, cut_side *side,
                            lm_err *err)
{
    const uint32_t *c = w->c.corner + w->c.start[v];
    size_t n = w->c.start[v + 1] - w->c.start[v], fans = 0, keep = SIZE_MAX;
    bool open = false;
    for (size_t i = 0; i < n; i++) {
        uint32_t r = cut_root(w->up, c[i]);
        size_t f = 0, k = 0;
        open |= loose[r];
        while (f < fans && fan[f].root != r) f++;
        if (f < fans || loose[r]) continue;
        for (size_t j = i; j < n; j++)
            if (cut_root(w->up, c[j]) == r)
                side[k++] =
                    (cut_side){c[j] / 3, w->mate[c[j]] == LM_TOPO_MANY || w->mate[cut_next(cut_next(c[j]))] == LM_TOPO_MANY};
        fan[f].root = r;
        fan[f].margin = cut_direction(w->m, side, k, false, fan[f].dir[0]);
        cut_direction(w->m, side, k, true, fan[f].dir[1]);
        fans++;
    }
    if (open && !(w->rim[v] & CUT_MANY)) return LM_OK; /* to be filled, or debris */
    for (size_t f = 0; f < fans && !open; f++)
        if (keep == SIZE_MAX || fan[f].margin < fan[keep].margin - 1e-9) keep = f;
    for (size_t f = 0; f < fans; f++) {
        float p[3]; /* growing moves the array */
        memcpy(p, cut_at(&w->now, v), sizeof p);
        if (f == keep) continue;
        lm_status rc = cut_vertex(w, p, w->now.quality ? w->now.quality[v] : 0, v, fan[f].dir, &now[fan[f].root], err);
        if (rc) return rc;
    }
    for (size_t i = 0; i < n; i++) {
        uint32_t r = cut_root(w->up, c[i]);
        if (now[r] != LM_TOPO_NONE) w->now.tri[c[i]] = now[r];
    }
    return LM_OK;
}

/* Halve the half-edge h (of the mesh as it was) at v; owner: in which triangle each such half-edge is now. */
static lm_status cut_halve(cut_work *w, uint32_t h, uint32_t v, uint32_t *owner, lm_err *err)
{
    lm_mesh *m = &w->now;
    lm_status rc = lm_mem_grow(&m->tri, &w->tri_cap, 3 * (m->nt + 1), sizeof *m->tri, err);
    if (rc) return rc;
    uint32_t k = h % 3, t = owner[h], u = (uint32_t)m->nt++, *x = m->tri + 3 * (size_t)t, *y = m->tri + 3 * (size_t)u;
    memcpy(y, x, 3 * sizeof *y);
    x[(k + 1) % 3] = v;
    y[k] = v;
    if (owner[cut_next(h)] == t) owner[cut_next(h)] = u;
    return LM_OK;
}

/* Sheets that still have both ends in common with another of their edge get points of their own. */
static lm_status cut_middles(cut_work *w, lm_err *err)
{
    uint32_t *owner = NULL;
    size_t n = 0;
    lm_status rc = LM_OK;
    for (size_t i = 0, j; i < w->sheets; i = j) {
        for (j = i; j < w->sheets && w->sheet[j].edge == w->sheet[i].edge; j++) continue;
        for (size_t p = i; p < j; p++)
            for (size_t q = i; q < j; q++) {
                const uint32_t *t = w->now.tri, h = w->sheet[p].half[0], g = w->sheet[q].half[0];
                if (p == q || t[h] != t[g] || t[cut_next(h)] != t[cut_next(g)]) continue;
                /* ends that stay together because of open edges: later */
                w->sheet[p].split |= !((w->rim[w->m->tri[h]] | w->rim[w->m->tri[cut_next(h)]]) & CUT_OPEN);
            }
        for (size_t p = i; p < j; p++) n += w->sheet[p].split;
    }
    if (!n) return LM_OK;
    if (w->m->nt + 2 * n > UINT32_MAX / 3)
        return lm_err_set(err, LM_ERANGE, NULL, "cutting makes more triangles than can be numbered");
    if (!(owner = lm_mem_alloc(3 * w->m->nt, sizeof *owner, err))) return LM_ENOMEM;
    for (uint32_t h = 0; h < 3 * w->m->nt; h++) owner[h] = h / 3;
    uint32_t edge = LM_TOPO_NONE, first = 0;
    for (size_t i = 0; i < w->sheets && !rc; i++) {
        const cut_sheet *s = &w->sheet[i];
        uint32_t a = w->m->tri[s->half[0]], b = w->m->tri[cut_next(s->half[0])], v;
        float p[3];
        if (!s->split) continue;
        for (int k = 0; k < 3; k++) p[k] = (float)(0.5 * ((double)cut_at(w->m, a)[k] + cut_at(w->m, b)[k]));
        float quality = w->now.quality ? 0.5f * (w->m->quality[a] + w->m->quality[b]) : 0;
        double dir[2][3];
        cut_direction(w->m, (cut_side[2]){{s->half[0] / 3, true}, {s->half[1] / 3, true}}, 2, false, dir[0]);
        memcpy(dir[1], dir[0], sizeof dir[1]);
        if ((rc = cut_vertex(w, p, quality, s->edge == edge ? first : LM_TOPO_NONE, dir, &v, err))) break;
        if (s->edge != edge) {
            edge = s->edge;
            first = v;
        }
        if (!(rc = cut_halve(w, s->half[0], v, owner, err))) rc = cut_halve(w, s->half[1], v, owner, err);
    }
    free(owner);
    return rc;
}

/* ---- moving ---- */

/* Where a copy may stand: 8, 64, 512 ulp away, first along its own directions, then along the 26 of a cube. */
enum { CUT_STEPS = 3, CUT_OWN = 3, CUT_CUBE = 26, CUT_PLACES = CUT_STEPS * (CUT_OWN + CUT_CUBE), CUT_SWEEPS = 8 };

static double cut_step(const cut_work *w, int i)
{
    double s = 8 * w->ulp;
    while (i--) s *= 8;
    return s;
}

static void cut_place(cut_work *w, cut_copy *x, int place)
{
    const float *p = cut_at(&w->now, w->from[x->v]);
    bool own = place < CUT_STEPS * CUT_OWN;
    int i = own ? place : place - CUT_STEPS * CUT_OWN, n = own ? CUT_OWN : CUT_CUBE, which = i % n;
    double s = cut_step(w, i / n);
    which += !own && which >= CUT_CUBE / 2; /* without the middle */
    int cube[3] = {which % 3 - 1, which / 3 % 3 - 1, which / 9 - 1};
    for (int k = 0; k < 3; k++) {
        double d = !own ? cube[k] : which == 0 ? x->dir[0][k] : which == 1 ? x->dir[1][k] : -x->dir[0][k];
        w->now.pos[3 * (size_t)x->v + (size_t)k] = (float)(p[k] + s * d);
    }
    x->place = place;
}

typedef struct {
    const cut_work *w;
    uint32_t t;
    size_t hits;
} cut_meet;

/* Count what the triangle meets now, and did not before it was cut. */
static bool cut_meets(void *ctx, uint32_t u)
{
    cut_meet *x = ctx;
    const cut_work *w = x->w;
    const uint32_t *a = w->now.tri + 3 * (size_t)x->t, *b = w->now.tri + 3 * (size_t)u;
    if (u == x->t) return false;
    if (lm_clash_flat(&w->now, b) || !lm_clash_pair(&w->now, a, b, NULL)) return false;
    lm_mesh was = w->now;
    float p[6][3];
    uint32_t va[3] = {0, 1, 2}, vb[3] = {3, 4, 5}, id[6];
    for (uint32_t i = 0; i < 6; i++) {
        uint32_t f = w->from[i < 3 ? a[i] : b[i - 3]];
        memcpy(p[i], cut_at(&w->now, f), sizeof p[i]);
        id[i] = f;
    }
    was.pos = p[0];
    x->hits += lm_clash_flat(&was, va) || lm_clash_flat(&was, vb) || !lm_clash_pair(&was, va, vb, id);
    return false;
}

/* How much the triangles at copy x meet, where it stands. */
static size_t cut_clashes(const cut_work *w, const lm_topo_corners *c, const lm_bvh *tree, const cut_copy *x)
{
    float reach = (float)(4 * cut_step(w, CUT_STEPS - 1)); /* boxes of the tree are those from before the move */
    cut_meet meet = {.w = w};
    for (uint32_t q = c->start[x->v]; q < c->start[x->v + 1]; q++) {
        float lo[3], hi[3];
        meet.t = c->corner[q] / 3;
        if (lm_clash_flat(&w->now, w->now.tri + 3 * (size_t)meet.t)) {
            meet.hits++;
            continue;
        }
        lm_bvh_tri_box(&w->now, meet.t, lo, hi);
        for (int k = 0; k < 3; k++) lo[k] -= reach, hi[k] += reach;
        lm_clash_walk(tree, lo, hi, cut_meets, &meet);
    }
    return meet.hits;
}

/* Move copies that meet something to where they meet least, one after the other and several times around (Minton et al.,
 * Minimizing conflicts, Artificial Intelligence 58, 1992). What still meets then goes back to where it was. */
static lm_status cut_move(cut_work *w, int threads, lm_err *err)
{
    lm_topo_corners c = LM_TOPO_CORNERS_INIT;
    lm_bvh tree = LM_BVH_INIT;
    unsigned char *flat = lm_mem_alloc(w->now.nt, 1, err);
    lm_status rc = LM_ENOMEM;
    if (!flat) return rc;
    for (size_t t = 0; t < w->now.nt; t++) flat[t] = lm_clash_flat(&w->now, w->now.tri + 3 * t);
    if ((rc = lm_topo_corners_make(&w->now, NULL, &c, err)) || (rc = lm_bvh_build(&w->now, flat, threads, &tree, err))) goto done;
    for (size_t i = 0; i < w->copies; i++) cut_place(w, &w->copy[i], 0);
    bool any = true;
    for (int sweep = 0; sweep < CUT_SWEEPS && any; sweep++) {
        any = false;
        for (size_t i = 0; i < w->copies; i++) {
            cut_copy *x = &w->copy[i];
            size_t least = cut_clashes(w, &c, &tree, x);
            if (!least) continue;
            any = true;
            int best = x->place, from = x->place;
            for (int k = 1; k < CUT_PLACES && least; k++) { /* from the next on, so that equals take turns */
                int place = (from + k) % CUT_PLACES;
                cut_place(w, x, place);
                size_t n = cut_clashes(w, &c, &tree, x);
                if (n > least || (n == least && best != from)) continue;
                least = n;
                best = place;
            }
            cut_place(w, x, best);
        }
    }
    while (any) {
        any = false;
        for (size_t i = 0; i < w->copies; i++) {
            cut_copy *x = &w->copy[i];
            if (x->place == CUT_PLACES || !cut_clashes(w, &c, &tree, x)) continue;
            for (uint32_t q = c.start[x->v]; q < c.start[x->v + 1]; q++) w->now.tri[c.corner[q]] = w->from[x->v];
            x->place = CUT_PLACES;
            any = true;
        }
    }
done:
    lm_topo_corners_release(&c);
    lm_bvh_release(&tree);
    free(flat);
    return rc;
}

/* The mesh with copies; without the vertices of those that were taken back they are left over. */
static lm_status cut_build(cut_work *w, lm_err *err)
{
    const lm_mesh *m = w->m;
    uint32_t *now = NULL;
    cut_side *side = NULL;
    cut_fan *fan = NULL;
    unsigned char *loose = NULL; /* per root: its fan has an open edge */
    size_t n = 3 * m->nt, most = 0;
    lm_status rc = lm_mesh_copy(m, &w->now, err);
    if (rc) return rc;
    w->pos_cap = 3 * m->nv;
    w->tri_cap = n;
    w->quality_cap = m->nv;
    rc = LM_ENOMEM;
    for (size_t v = 0; v < m->nv; v++)
        if (w->c.start[v + 1] - w->c.start[v] > most) most = w->c.start[v + 1] - w->c.start[v];
    if (!(fan = lm_mem_alloc(most, sizeof *fan, err)) || !(side = lm_mem_alloc(most, sizeof *side, err))) goto done;
    if (!(now = lm_mem_alloc(n, sizeof *now, err)) || !(loose = lm_mem_calloc(n, 1, err)) ||
        !(w->from = lm_mem_alloc(m->nv, sizeof *w->from, err)))
        goto done;
    w->from_cap = m->nv;
    memset(now, 0xff, n * sizeof *now);
    for (uint32_t v = 0; v < m->nv; v++) w->from[v] = v;
    for (uint32_t h = 0; h < n; h++)
        if (w->mate[h] == LM_TOPO_NONE) loose[cut_root(w->up, h)] = loose[cut_root(w->up, cut_next(h))] = 1;
    rc = LM_OK;
    for (uint32_t v = 0; v < m->nv && !rc; v++) {
        bool several = false;
        for (uint32_t i = w->c.start[v]; i < w->c.start[v + 1]; i++)
            several |= cut_root(w->up, w->c.corner[i]) != cut_root(w->up, w->c.corner[w->c.start[v]]);
        if (several) rc = cut_copies(w, v, loose, now, fan, side, err);
    }
    if (!rc) rc = cut_middles(w, err);
done:
    free(now);
    free(loose);
    free(fan);
    free(side);
    return rc;
}

static void cut_ulp(cut_work *w)
{
    double lo[3], hi[3], most = 0;
    lm_mesh_box(w->m, lo, hi);
    for (int k = 0; k < 3; k++) {
        if (-lo[k] > most) most = -lo[k];
        if (hi[k] > most) most = hi[k];
    }
    w->ulp = (double)nextafterf((float)most, INFINITY) - most;
}

lm_status lm_cut_run(lm_mesh *m, int threads, lm_cut *out, lm_spots *where, lm_err *err)
{
    cut_work w = {.m = m, .now = LM_MESH_INIT, .c = LM_TOPO_CORNERS_INIT};
    size_t n = 3 * m->nt;
    lm_status rc = lm_topo_corners_make(m, NULL, &w.c, err);
    *out = (lm_cut){.edges = 0};
    if (rc) return rc;
    rc = LM_ENOMEM;
    if (!(w.mate = lm_mem_alloc(n, sizeof *w.mate, err)) || !(w.up = lm_mem_alloc(n, sizeof *w.up, err)) ||
        !(w.rim = lm_mem_calloc(m->nv, 1, err)) || (rc = lm_topo_mates(m, &w.c, w.mate, err)))
        goto done;
    for (uint32_t h = 0; h < n; h++) w.up[h] = h;
    cut_ulp(&w);
    if ((rc = cut_fans(&w, out, err)) || (rc = cut_build(&w, err)) || !w.copies || (rc = cut_move(&w, threads, err))) goto done;
    for (size_t i = 0; i < w.copies; i++) {
        const float *p = cut_at(&w.now, w.copy[i].v), *q = cut_at(&w.now, w.from[w.copy[i].v]);
        double d[3] = {(double)p[0] - q[0], (double)p[1] - q[1], (double)p[2] - q[2]}, far = sqrt(cut_dot(d, d));
        if (w.copy[i].place == CUT_PLACES) continue;
        out->copies++;
        lm_spots_add(where, q);
        if (far > out->max_move_mm) out->max_move_mm = far;
    }
    if (!out->copies) goto done;
    lm_mesh now = w.now;
    w.now = *m;
    *m = now;
done:
    if (rc || !out->copies) *out = (lm_cut){.edges = 0};
    lm_mesh_release(&w.now);
    lm_topo_corners_release(&w.c);
    free(w.mate);
    free(w.up);
    free(w.rim);
    free(w.sheet);
    free(w.from);
    free(w.copy);
    return rc;
}
