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
    int tries; /* candidate it stands at; CUT_TRIES: taken back */
    bool bad;
    double dir[2][3];
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
    uint32_t *from;      /* per vertex of now: the vertex (or first point of the edge) it is a copy of */
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
    bool ahead; /* runs a -> b */
    const float *a, *b, *apex, *zero; /* zero: apex of the one the angles are counted from */
} cut_leaf;

/* Quarter of the turn from zero's half-plane to the leaf's: 0 in it, 1 before it is straight, 2 straight, 3 after. */
static int cut_half(const cut_leaf *l)
{
    int s = lm_predicates_orient3d(l->a, l->b, l->zero, l->apex);
    if (s) return s > 0 ? 1 : 3;
    for (int k = 0; k < 3; k++) {
        int u = (k + 1) % 3, v = (k + 2) % 3;
        float a[2] = {l->a[u], l->a[v]}, b[2] = {l->b[u], l->b[v]}, z[2] = {l->zero[u], l->zero[v]}, x[2] = {l->apex[u], l->apex[v]};
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

/* ---- copies ---- */

static lm_status cut_vertex(cut_work *w, const float p[3], float quality, uint32_t from, uint32_t *v, lm_err *err)
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
    if (from != LM_TOPO_NONE) w->copy[w->copies++] = (cut_copy){.v = *v};
    return LM_OK;
}

/* Vertex v: the fans with open edges (else the first fan) keep it, each other one gets a copy. */
static lm_status cut_copies(cut_work *w, uint32_t v, const unsigned char *loose, uint32_t *now, lm_err *err)
{
    uint32_t at = w->c.start[v], end = w->c.start[v + 1], keep = LM_TOPO_NONE;
    bool several = false;
    for (uint32_t i = at; i < end; i++) several |= cut_root(w->up, w->c.corner[i]) != cut_root(w->up, w->c.corner[at]);
    if (!several) return LM_OK;
    for (uint32_t i = at; i < end; i++)
        if (loose[cut_root(w->up, w->c.corner[i])]) keep = v;
    if (keep == v && !(w->rim[v] & CUT_MANY)) return LM_OK; /* to be filled, or debris */
    for (uint32_t i = at; i < end; i++) {
        uint32_t r = cut_root(w->up, w->c.corner[i]);
        if (now[r] != LM_TOPO_NONE || loose[r]) continue;
        if (keep == LM_TOPO_NONE) {
            now[r] = keep = v;
            continue;
        }
        float p[3]; /* growing moves the array */
        memcpy(p, cut_at(&w->now, v), sizeof p);
        lm_status rc = cut_vertex(w, p, w->now.quality ? w->now.quality[v] : 0, v, &now[r], err);
        if (rc) return rc;
    }
    for (uint32_t i = at; i < end; i++) {
        uint32_t h = w->c.corner[i], r = cut_root(w->up, h);
        if (now[r] != LM_TOPO_NONE) w->now.tri[h] = now[r];
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
    if (w->m->nt + 2 * n > UINT32_MAX / 3) return lm_err_set(err, LM_ERANGE, NULL, "cutting makes more triangles than can be numbered");
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
        if ((rc = cut_vertex(w, p, quality, s->edge == edge ? first : LM_TOPO_NONE, &v, err))) break;
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

enum { CUT_STEPS = 3, CUT_TRIES = 2 * CUT_STEPS }; /* 8, 64, 512 ulp; each into the solid, then out of it */

static double cut_dot(const double a[3], const double b[3])
{
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}

static bool cut_normal(const lm_mesh *m, uint32_t t, double n[3])
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
    for (int k = 0; k < 3 && len > 0; k++) n[k] /= len;
    return len > 0;
}

/* Unit direction into the solid at copy c: against the point of the hull of the fan's normals that is nearest to 0. */
static void cut_direction(const lm_mesh *m, const lm_topo_corners *c, cut_copy *x)
{
    enum { ROUNDS = 64 };
    const double close = 1e-3; /* the hull contains 0, as good as */
    uint32_t at = c->start[x->v], end = c->start[x->v + 1];
    double z[3] = {0, 0, 0}, n[3], sum[3] = {0, 0, 0};
    for (uint32_t i = at; i < end; i++)
        if (cut_normal(m, c->corner[i] / 3, n))
            for (int k = 0; k < 3; k++) sum[k] += n[k];
    double count = end - at, len;
    for (int k = 0; k < 3; k++) z[k] = sum[k] / count;
    for (int round = 0; round < ROUNDS; round++) {
        double least = INFINITY, low[3] = {0}, d[3];
        for (uint32_t i = at; i < end; i++)
            if (cut_normal(m, c->corner[i] / 3, n) && cut_dot(n, z) < least) {
                least = cut_dot(n, z);
                memcpy(low, n, sizeof low);
            }
        for (int k = 0; k < 3; k++) d[k] = low[k] - z[k];
        double dd = cut_dot(d, d), step = dd > 0 ? -cut_dot(z, d) / dd : 0;
        if (step <= 1e-6) break;
        if (step > 1) step = 1;
        for (int k = 0; k < 3; k++) z[k] += step * d[k];
    }
    if (cut_dot(z, z) < close * close) memcpy(z, sum, sizeof z);
    len = sqrt(cut_dot(z, z));
    for (int k = 0; k < 3; k++) {
        x->dir[0][k] = len > 0 ? -z[k] / len : k == 0;
        x->dir[1][k] = -x->dir[0][k];
    }
}

static double cut_step(const cut_work *w, int tries)
{
    double s = 8 * w->ulp;
    for (int i = 0; i < tries / 2; i++) s *= 8;
    return s;
}

static void cut_place(cut_work *w, const cut_copy *x)
{
    double s = cut_step(w, x->tries);
    const float *p = cut_at(&w->now, w->from[x->v]);
    for (int k = 0; k < 3; k++) w->now.pos[3 * (size_t)x->v + (size_t)k] = (float)(p[k] + s * x->dir[x->tries & 1][k]);
}

typedef struct {
    const cut_work *w;
    uint32_t t;
} cut_meet;

/* The triangles meet now, and did not before they were cut. */
static bool cut_meets(void *ctx, uint32_t u)
{
    const cut_meet *x = ctx;
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
    return lm_clash_flat(&was, va) || lm_clash_flat(&was, vb) || !lm_clash_pair(&was, va, vb, id);
}

/* Move the copies until nothing that did not meet before does; those for which that fails stand at CUT_TRIES. */
static lm_status cut_move(cut_work *w, int threads, lm_err *err)
{
    lm_topo_corners c = LM_TOPO_CORNERS_INIT;
    lm_bvh tree = LM_BVH_INIT;
    unsigned char *flat = lm_mem_alloc(w->now.nt, 1, err);
    float reach = (float)(2 * cut_step(w, CUT_TRIES - 1)); /* boxes of the tree are those from before the move */
    lm_status rc = LM_ENOMEM;
    if (!flat) return rc;
    for (size_t t = 0; t < w->now.nt; t++) flat[t] = lm_clash_flat(&w->now, w->now.tri + 3 * t);
    if ((rc = lm_topo_corners_make(&w->now, NULL, &c, err)) || (rc = lm_bvh_build(&w->now, flat, threads, &tree, err))) goto done;
    for (size_t i = 0; i < w->copies; i++) cut_direction(&w->now, &c, &w->copy[i]);
    for (size_t i = 0; i < w->copies; i++) cut_place(w, &w->copy[i]);
    for (bool any = true; any;) {
        any = false;
        for (size_t i = 0; i < w->copies; i++) {
            cut_copy *x = &w->copy[i];
            x->bad = false;
            if (x->tries == CUT_TRIES) continue;
            for (uint32_t q = c.start[x->v]; q < c.start[x->v + 1] && !x->bad; q++) {
                cut_meet meet = {w, c.corner[q] / 3};
                float lo[3], hi[3];
                lm_bvh_tri_box(&w->now, meet.t, lo, hi);
                for (int k = 0; k < 3; k++) lo[k] -= reach, hi[k] += reach;
                x->bad = lm_clash_flat(&w->now, w->now.tri + 3 * (size_t)meet.t) || lm_clash_walk(&tree, lo, hi, cut_meets, &meet);
            }
        }
        for (size_t i = 0; i < w->copies; i++) {
            cut_copy *x = &w->copy[i];
            if (!x->bad) continue;
            any = true;
            if (++x->tries < CUT_TRIES) {
                cut_place(w, x);
                continue;
            }
            for (uint32_t q = c.start[x->v]; q < c.start[x->v + 1]; q++) w->now.tri[c.corner[q]] = w->from[x->v];
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
    unsigned char *loose = NULL; /* per root: its fan has an open edge */
    size_t n = 3 * m->nt;
    lm_status rc = lm_mesh_copy(m, &w->now, err);
    if (rc) return rc;
    w->pos_cap = 3 * m->nv;
    w->tri_cap = n;
    w->quality_cap = m->nv;
    rc = LM_ENOMEM;
    if (!(now = lm_mem_alloc(n, sizeof *now, err)) || !(loose = lm_mem_calloc(n, 1, err)) || !(w->from = lm_mem_alloc(m->nv, sizeof *w->from, err))) goto done;
    w->from_cap = m->nv;
    memset(now, 0xff, n * sizeof *now);
    for (uint32_t v = 0; v < m->nv; v++) w->from[v] = v;
    for (uint32_t h = 0; h < n; h++)
        if (w->mate[h] == LM_TOPO_NONE) loose[cut_root(w->up, h)] = loose[cut_root(w->up, cut_next(h))] = 1;
    rc = LM_OK;
    for (uint32_t v = 0; v < m->nv && !rc; v++) rc = cut_copies(w, v, loose, now, err);
    if (!rc) rc = cut_middles(w, err);
done:
    free(now);
    free(loose);
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

lm_status lm_cut_run(lm_mesh *m, int threads, lm_cut *out, lm_err *err)
{
    cut_work w = {.m = m, .now = LM_MESH_INIT, .c = LM_TOPO_CORNERS_INIT};
    size_t n = 3 * m->nt;
    lm_status rc = lm_topo_corners_make(m, NULL, &w.c, err);
    *out = (lm_cut){.edges = 0};
    if (rc) return rc;
    rc = LM_ENOMEM;
    if (!(w.mate = lm_mem_alloc(n, sizeof *w.mate, err)) || !(w.up = lm_mem_alloc(n, sizeof *w.up, err)) || !(w.rim = lm_mem_calloc(m->nv, 1, err)) ||
        (rc = lm_topo_mates(m, &w.c, w.mate, err)))
        goto done;
    for (uint32_t h = 0; h < n; h++) w.up[h] = h;
    cut_ulp(&w);
    if ((rc = cut_fans(&w, out, err)) || (rc = cut_build(&w, err)) || !w.copies || (rc = cut_move(&w, threads, err))) goto done;
    for (size_t i = 0; i < w.copies; i++) {
        const float *p = cut_at(&w.now, w.copy[i].v), *q = cut_at(&w.now, w.from[w.copy[i].v]);
        double d[3] = {(double)p[0] - q[0], (double)p[1] - q[1], (double)p[2] - q[2]}, far = sqrt(cut_dot(d, d));
        if (w.copy[i].tries == CUT_TRIES) continue;
        out->copies++;
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
