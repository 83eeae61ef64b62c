/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "repair/arrange_cut.h"
#include "base/mem.h"
#include "repair/planar.h"
#include "surface/intersect.h"
#include "surface/topo.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

typedef struct {
    uint32_t group, a, b; /* points; a == b: one point only */
    uint32_t with;        /* the triangle whose plane it lies in, or LM_IMPLICIT_NONE: it is an edge between */
    uint32_t end[2];      /* these vertices */
} cut_seg;

typedef struct {
    uint32_t group, id; /* a triangle, or a point */
} cut_item;

typedef struct {
    uint32_t lo, hi, point;
} cut_on_edge;

typedef struct {
    lm_arrange_faces *f;
    const lm_mesh *m;
    uint32_t *up;        /* groups: triangles that overlap in a plane */
    unsigned char *hit;  /* triangles to be cut */
    unsigned char *flat; /* triangles without area on the grid: left out */
    cut_seg *seg;
    cut_item *member, *point;
    cut_on_edge *edge;
    size_t segs, members, points, edges, seg_cap, member_cap, point_cap, edge_cap;
} cut_work;

/* ---- the grid ---- */

static uint32_t cut_root(uint32_t *up, uint32_t i)
{
    while (up[i] != i) i = up[i] = up[up[i]];
    return i;
}

typedef struct {
    int64_t at[3];
    uint32_t v;
} cut_spot;

static int cut_by_spot(const void *p, const void *q)
{
    const cut_spot *a = p, *b = q;
    for (int k = 0; k < 3; k++)
        if (a->at[k] != b->at[k]) return a->at[k] < b->at[k] ? -1 : 1;
    return (a->v > b->v) - (a->v < b->v);
}

/* f->place: for now the lowest vertex at the same place of the grid. */
static lm_status cut_same(lm_arrange_faces *f, lm_err *err)
{
    cut_spot *s = lm_mem_alloc(f->m->nv, sizeof *s, err);
    if (!s) return LM_ENOMEM;
    for (uint32_t v = 0; v < f->m->nv; v++) {
        memcpy(s[v].at, f->grid[v], sizeof s[v].at);
        s[v].v = v;
    }
    qsort(s, f->m->nv, sizeof *s, cut_by_spot);
    for (size_t i = 0, k; i < f->m->nv; i = k)
        for (k = i; k < f->m->nv && !memcmp(s[k].at, s[i].at, sizeof s[i].at); k++) f->place[s[k].v] = s[i].v;
    free(s);
    return LM_OK;
}

lm_status lm_arrange_grid(lm_arrange_faces *f, lm_err *err)
{
    double lo[3], hi[3], half = 0;
    int exponent;
    lm_status rc;
    lm_mesh_box(f->m, lo, hi);
    for (int k = 0; k < 3; k++) {
        f->mid[k] = (float)(0.5 * (lo[k] + hi[k]));
        half = fmax(half, fmax(hi[k] - f->mid[k], f->mid[k] - lo[k]));
    }
    (void)frexp(half + half * 0x1p-30, &exponent); /* the middle is rounded, too */
    f->unit = ldexp(1, exponent - LM_IMPLICIT_BITS);
    for (int k = 0; k < 3; k++) f->mid[k] = floor(f->mid[k] / f->unit + 0.5) * f->unit;
    if (!(f->grid = lm_mem_alloc(f->m->nv, sizeof *f->grid, err)) || !(f->place = lm_mem_alloc(f->m->nv, sizeof *f->place, err)))
        return LM_ENOMEM;
    for (size_t v = 0; v < f->m->nv; v++)
        for (int k = 0; k < 3; k++) {
            float *x = &f->m->pos[3 * v + (size_t)k];
            f->grid[v][k] = (int64_t)floor((*x - f->mid[k]) / f->unit + 0.5);
            *x = (float)(f->mid[k] + (double)f->grid[v][k] * f->unit); /* exact: what has finer bits is near 0 */
        }
    if ((rc = cut_same(f, err))) return rc;
    size_t nt = 0;
    for (size_t t = 0; t < f->m->nt; t++) {
        uint32_t v[3];
        for (size_t k = 0; k < 3; k++) v[k] = f->place[f->m->tri[3 * t + k]];
        if (v[0] == v[1] || v[1] == v[2] || v[2] == v[0]) continue;
        memcpy(f->m->tri + 3 * nt++, v, sizeof v);
    }
    f->m->nt = nt;
    memset(f->place, 0xff, f->m->nv * sizeof *f->place);
    return LM_OK;
}

lm_status lm_arrange_vertex(lm_arrange_faces *f, uint32_t v, uint32_t *point, lm_err *err)
{
    *point = f->place[v];
    if (*point != LM_IMPLICIT_NONE) return LM_OK;
    lm_status rc = lm_implicit_vertex(&f->points, f->grid[v], point, err);
    size_t had = f->owner_cap;
    if (rc || (rc = lm_mem_grow(&f->owner, &f->owner_cap, f->points.n, sizeof *f->owner, err))) return rc;
    if (f->owner_cap > had) memset(f->owner + had, 0xff, (f->owner_cap - had) * sizeof *f->owner);
    f->place[v] = *point;
    if (v < f->owner[*point]) f->owner[*point] = v;
    return LM_OK;
}

lm_status lm_arrange_point(lm_arrange_faces *f, uint32_t v, uint32_t *point, lm_err *err)
{
    if (v < f->m->nv) return lm_arrange_vertex(f, v, point, err);
    *point = v - (uint32_t)f->m->nv;
    return LM_OK;
}

lm_implicit_plane lm_arrange_plane(const lm_arrange_faces *f, uint32_t t)
{
    const uint32_t *v = f->m->tri + 3 * (size_t)t;
    return lm_implicit_through(f->grid[v[0]], f->grid[v[1]], f->grid[v[2]]);
}

int lm_arrange_axis(const lm_implicit_plane *p)
{
    int best = 0;
    for (int k = 1; k < 3; k++) {
        lm_wide x = p->n[k] < 0 ? -p->n[k] : p->n[k], y = p->n[best] < 0 ? -p->n[best] : p->n[best];
        if (x > y) best = k;
    }
    return best;
}

double lm_arrange_mm(const lm_arrange_faces *f, uint32_t point, int c)
{
    return f->mid[c] + ldexp((double)f->points.point[point].key[c], -LM_IMPLICIT_FRACTION) * f->unit;
}

double lm_arrange_area(const lm_arrange_faces *f, uint32_t face)
{
    double p[3][3], u[3], w[3], sum = 0;
    for (int i = 0; i < 3; i++)
        for (int k = 0; k < 3; k++) {
            uint32_t v = f->face[face].v[i];
            p[i][k] = v < f->m->nv ? f->m->pos[3 * (size_t)v + (size_t)k] : lm_arrange_mm(f, v - (uint32_t)f->m->nv, k);
        }
    for (int k = 0; k < 3; k++) u[k] = p[1][k] - p[0][k], w[k] = p[2][k] - p[0][k];
    for (int k = 0; k < 3; k++) {
        double x = u[(k + 1) % 3] * w[(k + 2) % 3] - u[(k + 2) % 3] * w[(k + 1) % 3];
        sum += x * x;
    }
    return sqrt(sum);
}

/* ---- where two triangles meet ---- */

static lm_status cut_add(cut_work *w, const cut_seg *s, lm_err *err)
{
    lm_status rc = lm_mem_grow(&w->seg, &w->seg_cap, w->segs + 1, sizeof *w->seg, err);
    if (!rc) w->seg[w->segs++] = *s;
    return rc;
}

/* What triangle t has of a plane that its corners lie on the sides s of: p[0], p[1]; *n 0: nothing. */
static lm_status cut_trace(cut_work *w, uint32_t t, const int s[3], const lm_implicit_plane *plane, uint32_t p[2], int *n,
                           lm_err *err)
{
    const uint32_t *v = w->m->tri + 3 * (size_t)t;
    lm_status rc = LM_OK;
    *n = 0;
    for (int k = 0; k < 3 && !rc; k++) {
        int j = (k + 1) % 3;
        if (s[k] == 0) rc = lm_arrange_vertex(w->f, v[k], &p[(*n)++], err);
        else if (s[k] * s[j] < 0) rc = lm_implicit_line(&w->f->points, w->f->grid[v[k]], w->f->grid[v[j]], plane, &p[(*n)++], err);
    }
    if (*n == 1) p[1] = p[0];
    return rc;
}

/* What two stretches of one line have in common; false: nothing. */
static bool cut_overlap(const lm_implicit *s, uint32_t p[2], uint32_t q[2], uint32_t both[2])
{
    int axis = -1;
    for (int k = 0; k < 3 && axis < 0; k++)
        if (lm_implicit_compare(s, p[0], p[1], k) || lm_implicit_compare(s, q[0], q[1], k)) axis = k;
    if (axis < 0) {
        both[0] = both[1] = p[0];
        return p[0] == q[0];
    }
    uint32_t *r[2] = {p, q};
    for (int i = 0; i < 2; i++)
        if (lm_implicit_compare(s, r[i][0], r[i][1], axis) > 0) {
            uint32_t x = r[i][0];
            r[i][0] = r[i][1];
            r[i][1] = x;
        }
    both[0] = lm_implicit_compare(s, p[0], q[0], axis) < 0 ? q[0] : p[0];
    both[1] = lm_implicit_compare(s, p[1], q[1], axis) < 0 ? p[1] : q[1];
    return lm_implicit_compare(s, both[0], both[1], axis) <= 0;
}

static lm_status cut_pair(cut_work *w, uint32_t t, uint32_t u, lm_err *err)
{
    const uint32_t id[2] = {t, u};
    lm_implicit_plane plane[2] = {lm_arrange_plane(w->f, t), lm_arrange_plane(w->f, u)};
    int side[2][3], n[2];
    uint32_t p[2][2], both[2];
    lm_status rc;
    for (int i = 0; i < 2; i++)
        for (int k = 0; k < 3; k++)
            side[i][k] = lm_implicit_vertex_side(&plane[!i], w->f->grid[w->m->tri[3 * (size_t)id[i] + (size_t)k]]);
    w->hit[t] = w->hit[u] = 1;
    for (int i = 0; i < 2; i++)
        if (!side[i][0] && !side[i][1] && !side[i][2]) {
            uint32_t a = cut_root(w->up, t), b = cut_root(w->up, u);
            if (a < b) w->up[b] = a;
            else w->up[a] = b;
            return LM_OK;
        }
    for (int i = 0; i < 2; i++) {
        if ((rc = cut_trace(w, id[i], side[i], &plane[!i], p[i], &n[i], err))) return rc;
        if (!n[i]) return LM_OK;
    }
    if (!cut_overlap(&w->f->points, p[0], p[1], both)) return LM_OK;
    for (int i = 0; i < 2; i++) {
        cut_seg s = {.group = id[i], .a = both[0], .b = both[1], .with = id[!i]};
        if ((rc = cut_add(w, &s, err))) return rc;
    }
    return LM_OK;
}

/* ---- groups ---- */

static int cut_by_seg(const void *p, const void *q)
{
    const cut_seg *x = p, *y = q;
    if (x->group != y->group) return x->group < y->group ? -1 : 1;
    if (x->a != y->a) return x->a < y->a ? -1 : 1;
    if (x->b != y->b) return x->b < y->b ? -1 : 1;
    return (x->with > y->with) - (x->with < y->with);
}

static int cut_by_item(const void *p, const void *q)
{
    const cut_item *x = p, *y = q;
    if (x->group != y->group) return x->group < y->group ? -1 : 1;
    return (x->id > y->id) - (x->id < y->id);
}

static int cut_by_edge(const void *p, const void *q)
{
    const cut_on_edge *x = p, *y = q;
    if (x->lo != y->lo) return x->lo < y->lo ? -1 : 1;
    if (x->hi != y->hi) return x->hi < y->hi ? -1 : 1;
    return (x->point > y->point) - (x->point < y->point);
}

static size_t cut_unique(cut_item *x, size_t n)
{
    size_t k = 0;
    if (n) qsort(x, n, sizeof *x, cut_by_item);
    for (size_t i = 0; i < n; i++)
        if (!k || cut_by_item(&x[k - 1], &x[i])) x[k++] = x[i];
    return k;
}

static lm_status cut_put(cut_item **list, size_t *n, size_t *cap, uint32_t group, uint32_t id, lm_err *err)
{
    lm_status rc = lm_mem_grow(list, cap, *n + 1, sizeof **list, err);
    if (!rc) (*list)[(*n)++] = (cut_item){group, id};
    return rc;
}

/* The triangles to be cut, by group. */
static lm_status cut_members(cut_work *w, lm_err *err)
{
    lm_status rc = LM_OK;
    w->members = 0;
    for (uint32_t t = 0; t < w->m->nt && !rc; t++)
        if (w->hit[t]) rc = cut_put(&w->member, &w->members, &w->member_cap, cut_root(w->up, t), t, err);
    if (!rc) w->members = cut_unique(w->member, w->members);
    return rc;
}

/* Segments by group; the edges of triangles that overlap in a plane are segments, too. */
static lm_status cut_segments(cut_work *w, lm_err *err)
{
    lm_status rc = LM_OK;
    for (size_t i = 0; i < w->segs; i++) w->seg[i].group = cut_root(w->up, w->seg[i].group);
    for (size_t i = 0; i < w->members && !rc; i++) {
        bool alone = (i == 0 || w->member[i - 1].group != w->member[i].group) &&
                     (i + 1 == w->members || w->member[i + 1].group != w->member[i].group);
        const uint32_t *v = w->m->tri + 3 * (size_t)w->member[i].id;
        for (int k = 0; k < 3 && !alone && !rc; k++) {
            cut_seg s = {.group = w->member[i].group, .with = LM_IMPLICIT_NONE, .end = {v[k], v[(k + 1) % 3]}};
            if ((rc = lm_arrange_vertex(w->f, s.end[0], &s.a, err)) || (rc = lm_arrange_vertex(w->f, s.end[1], &s.b, err))) break;
            rc = cut_add(w, &s, err);
        }
    }
    if (rc) return rc;
    for (size_t i = 0; i < w->segs; i++)
        if (w->seg[i].b < w->seg[i].a) {
            uint32_t x = w->seg[i].a;
            w->seg[i].a = w->seg[i].b;
            w->seg[i].b = x;
        }
    size_t n = 0;
    if (w->segs) qsort(w->seg, w->segs, sizeof *w->seg, cut_by_seg);
    for (size_t i = 0; i < w->segs; i++) {
        const cut_seg *s = &w->seg[i], *was = n ? &w->seg[n - 1] : NULL;
        if (!was || was->group != s->group || was->a != s->a || was->b != s->b) w->seg[n++] = *s;
    }
    w->segs = n;
    return LM_OK;
}

/* Boxes apart, beyond rounding. */
static bool cut_apart(const lm_implicit *s, const cut_seg *x, const cut_seg *y)
{
    const int64_t *a = s->point[x->a].key, *b = s->point[x->b].key, *c = s->point[y->a].key, *d = s->point[y->b].key;
    for (int k = 0; k < 3; k++) {
        int64_t xl = a[k] < b[k] ? a[k] : b[k], xh = a[k] < b[k] ? b[k] : a[k];
        int64_t yl = c[k] < d[k] ? c[k] : d[k], yh = c[k] < d[k] ? d[k] : c[k];
        if (xl > yh + 1 || yl > xh + 1) return true;
    }
    return false;
}

/* The point where two segments of a plane cross. */
static lm_status cut_crossing(cut_work *w, const cut_seg *x, const cut_seg *y, int axis, uint32_t *id, lm_err *err)
{
    lm_arrange_faces *f = w->f;
    if (x->with == LM_IMPLICIT_NONE) {
        const cut_seg *z = x;
        x = y;
        y = z;
    }
    if (x->with == LM_IMPLICIT_NONE) { /* two edges: the plane through one of them, along the axis */
        int64_t c[3];
        memcpy(c, f->grid[x->end[0]], sizeof c);
        c[axis] += c[axis] > 0 ? -(1LL << 30) : 1LL << 30;
        lm_implicit_plane p = lm_implicit_through(f->grid[x->end[0]], f->grid[x->end[1]], c);
        return lm_implicit_line(&f->points, f->grid[y->end[0]], f->grid[y->end[1]], &p, id, err);
    }
    lm_implicit_plane p[3] = {lm_arrange_plane(f, x->with)};
    if (y->with == LM_IMPLICIT_NONE) return lm_implicit_line(&f->points, f->grid[y->end[0]], f->grid[y->end[1]], &p[0], id, err);
    p[1] = lm_arrange_plane(f, y->with);
    p[2] = lm_arrange_plane(f, x->group);
    return lm_implicit_planes(&f->points, p, id, err);
}

static lm_status cut_cross_group(cut_work *w, size_t from, size_t to, lm_err *err)
{
    const lm_implicit *s = &w->f->points;
    lm_implicit_plane plane = lm_arrange_plane(w->f, w->seg[from].group);
    int axis = lm_arrange_axis(&plane);
    lm_status rc = LM_OK;
    for (size_t i = from; i < to && !rc; i++)
        for (size_t j = i + 1; j < to && !rc; j++) {
            const cut_seg *x = &w->seg[i], *y = &w->seg[j];
            uint32_t id;
            if (x->a == x->b || y->a == y->b || cut_apart(s, x, y)) continue;
            int l = lm_implicit_turn(s, x->a, x->b, y->a, axis), r = lm_implicit_turn(s, x->a, x->b, y->b, axis);
            if (l * r >= 0) continue;
            l = lm_implicit_turn(s, y->a, y->b, x->a, axis), r = lm_implicit_turn(s, y->a, y->b, x->b, axis);
            if (l * r >= 0) continue;
            if ((rc = cut_crossing(w, x, y, axis, &id, err)) || id == LM_IMPLICIT_NONE) continue;
            rc = cut_put(&w->point, &w->points, &w->point_cap, x->group, id, err);
        }
    return rc;
}

/* All points of each group. */
static lm_status cut_points(cut_work *w, lm_err *err)
{
    lm_status rc = LM_OK;
    for (size_t i = 0, k; i < w->segs && !rc; i = k) {
        for (k = i; k < w->segs && w->seg[k].group == w->seg[i].group && !rc; k++)
            if (!(rc = cut_put(&w->point, &w->points, &w->point_cap, w->seg[k].group, w->seg[k].a, err)))
                rc = cut_put(&w->point, &w->points, &w->point_cap, w->seg[k].group, w->seg[k].b, err);
        if (!rc) rc = cut_cross_group(w, i, k, err);
    }
    if (!rc) w->points = cut_unique(w->point, w->points);
    return rc;
}

/* First item of a group. */
static size_t cut_first(const cut_item *x, size_t n, uint32_t group)
{
    size_t lo = 0;
    while (lo < n) {
        size_t mid = lo + (n - lo) / 2;
        if (x[mid].group < group) lo = mid + 1;
        else n = mid;
    }
    return lo;
}

/* ---- points on edges: both neighbours must know of them ---- */

static bool cut_between(const lm_implicit *s, uint32_t a, uint32_t b, uint32_t p, int axis)
{
    if (p == a || p == b || lm_implicit_turn(s, a, b, p, axis)) return false;
    for (int k = 0; k < 3; k++) {
        int way = lm_implicit_compare(s, a, b, k);
        if (way) return lm_implicit_compare(s, a, p, k) == way && lm_implicit_compare(s, p, b, k) == way;
    }
    return false;
}

static lm_status cut_edges(cut_work *w, lm_err *err)
{
    lm_status rc = LM_OK;
    for (size_t i = 0; i < w->members && !rc; i++) {
        uint32_t t = w->member[i].id, p[3];
        const uint32_t *v = w->m->tri + 3 * (size_t)t;
        lm_implicit_plane plane = lm_arrange_plane(w->f, t);
        int axis = lm_arrange_axis(&plane);
        for (int k = 0; k < 3 && !rc; k++) rc = lm_arrange_vertex(w->f, v[k], &p[k], err);
        for (size_t q = cut_first(w->point, w->points, w->member[i].group);
             q < w->points && w->point[q].group == w->member[i].group && !rc; q++)
            for (int k = 0; k < 3 && !rc; k++) {
                uint32_t a = v[k], b = v[(k + 1) % 3];
                if (!cut_between(&w->f->points, p[k], p[(k + 1) % 3], w->point[q].id, axis)) continue;
                if ((rc = lm_mem_grow(&w->edge, &w->edge_cap, w->edges + 1, sizeof *w->edge, err))) break;
                w->edge[w->edges++] = (cut_on_edge){a < b ? a : b, a < b ? b : a, w->point[q].id};
            }
    }
    if (!rc && w->edges) qsort(w->edge, w->edges, sizeof *w->edge, cut_by_edge);
    return rc;
}

static lm_status cut_spread(cut_work *w, lm_err *err)
{
    lm_topo_corners c = LM_TOPO_CORNERS_INIT;
    lm_status rc = cut_edges(w, err);
    if (rc || !w->edges || (rc = lm_topo_corners_make(w->m, NULL, &c, err))) return rc;
    for (size_t i = 0; i < w->edges && !rc; i++) {
        const cut_on_edge *e = &w->edge[i];
        if (i && !cut_by_edge(&w->edge[i - 1], e)) continue;
        for (uint32_t q = c.start[e->lo]; q < c.start[e->lo + 1] && !rc; q++) {
            uint32_t t = c.corner[q] / 3;
            const uint32_t *v = w->m->tri + 3 * (size_t)t;
            if (w->flat[t] || (v[0] != e->hi && v[1] != e->hi && v[2] != e->hi)) continue;
            w->hit[t] = 1;
            rc = cut_put(&w->point, &w->points, &w->point_cap, cut_root(w->up, t), e->point, err);
        }
    }
    lm_topo_corners_release(&c);
    if (!rc) w->points = cut_unique(w->point, w->points);
    return rc;
}

/* ---- faces ---- */

static lm_status cut_face(lm_arrange_faces *f, const lm_arrange_face *x, lm_err *err)
{
    lm_status rc = lm_mem_grow(&f->face, &f->face_cap, f->faces + 1, sizeof *f->face, err);
    if (!rc) f->face[f->faces++] = *x;
    return rc;
}

/* A point as a face names it. */
static uint32_t cut_name(const lm_arrange_faces *f, uint32_t p)
{
    return p < f->owner_cap && f->owner[p] != LM_IMPLICIT_NONE ? f->owner[p] : (uint32_t)f->m->nv + p;
}

/* Members from .. to: how often they hold face v, and one that does. */
static lm_status cut_times(cut_work *w, size_t from, size_t to, const uint32_t v[3], int axis, lm_arrange_face *x, lm_err *err)
{
    lm_status rc;
    for (size_t i = from; i < to; i++) {
        uint32_t t = w->member[i].id, p[3];
        for (int k = 0; k < 3; k++)
            if ((rc = lm_arrange_vertex(w->f, w->m->tri[3 * (size_t)t + (size_t)k], &p[k], err))) return rc;
        int way = lm_implicit_turn(&w->f->points, p[0], p[1], p[2], axis);
        bool in = true;
        for (int k = 0; k < 9 && in; k++) in = way * lm_implicit_turn(&w->f->points, p[k % 3], p[(k + 1) % 3], v[k / 3], axis) >= 0;
        if (!in) continue;
        if (!x->times) x->from = t;
        x->times += way;
    }
    return LM_OK;
}

/* A triangle around all of the grid, in the plane across the axis. */
static lm_status cut_around(lm_arrange_faces *f, int axis, uint32_t p[3], lm_err *err)
{
    const int64_t far = 1LL << (LM_IMPLICIT_BITS + 2);
    lm_status rc = LM_OK;
    for (int i = 0; i < 3 && !rc; i++) {
        int64_t v[3] = {0};
        v[(axis + 1) % 3] = i == 1 ? 3 * far : -far;
        v[(axis + 2) % 3] = i == 2 ? 3 * far : -far;
        rc = lm_implicit_vertex(&f->points, v, &p[i], err);
    }
    return rc;
}

/* Triangulate a group; what its members hold becomes faces. */
static lm_status cut_group(cut_work *w, size_t from, size_t to, size_t seg, lm_err *err)
{
    lm_arrange_faces *f = w->f;
    const uint32_t group = w->member[from].group;
    const bool alone = to - from == 1;
    lm_implicit_plane plane = lm_arrange_plane(f, w->member[from].id);
    lm_planar p = {.s = &f->points, .axis = lm_arrange_axis(&plane)};
    uint32_t v[3];
    lm_status rc = LM_OK;
    if (alone)
        for (int k = 0; k < 3 && !rc; k++)
            rc = lm_arrange_vertex(f, w->m->tri[3 * (size_t)w->member[from].id + (size_t)k], &v[k], err);
    else rc = cut_around(f, p.axis, v, err);
    if (!rc) rc = lm_planar_begin(&p, v, err);
    for (size_t i = cut_first(w->point, w->points, group); i < w->points && w->point[i].group == group && !rc; i++)
        if (w->point[i].id != v[0] && w->point[i].id != v[1] && w->point[i].id != v[2])
            rc = lm_planar_point(&p, w->point[i].id, err);
    for (; seg < w->segs && w->seg[seg].group == group && !rc; seg++)
        if (w->seg[seg].a != w->seg[seg].b) rc = lm_planar_segment(&p, w->seg[seg].a, w->seg[seg].b, err);
    if (!rc) lm_planar_round(&p);
    for (size_t i = 0; i < p.n && !rc; i++) {
        lm_arrange_face x = {.from = w->member[from].id, .times = alone};
        if (!alone && (rc = cut_times(w, from, to, p.tri[i].v, p.axis, &x, err))) break;
        for (int k = 0; k < 3; k++) x.v[k] = cut_name(f, p.tri[i].v[k]);
        if (x.times) rc = cut_face(f, &x, err);
    }
    lm_planar_release(&p);
    return rc;
}

static void cut_sorted(const uint32_t v[3], uint32_t s[3])
{
    memcpy(s, v, 3 * sizeof *v);
    for (int i = 0; i < 3; i++)
        for (int k = 0; k < 2; k++)
            if (s[k] > s[k + 1]) {
                uint32_t x = s[k];
                s[k] = s[k + 1];
                s[k + 1] = x;
            }
}

static int cut_by_face(const void *p, const void *q)
{
    const lm_arrange_face *a = p, *b = q;
    uint32_t x[3], y[3];
    cut_sorted(a->v, x);
    cut_sorted(b->v, y);
    for (int k = 0; k < 3; k++)
        if (x[k] != y[k]) return x[k] < y[k] ? -1 : 1;
    return (a->from > b->from) - (a->from < b->from);
}

/* Do two faces with the same corners run the same way round? */
static bool cut_alike(const uint32_t a[3], const uint32_t b[3])
{
    int k = a[0] == b[0] ? 0 : a[0] == b[1] ? 1 : 2;
    return a[1] == b[(k + 1) % 3];
}

/* Faces that are there twice become one. */
static void cut_merge(lm_arrange_faces *f)
{
    size_t n = 0;
    if (f->faces) qsort(f->face, f->faces, sizeof *f->face, cut_by_face);
    for (size_t i = 0, k; i < f->faces; i = k) {
        lm_arrange_face x = f->face[i];
        for (k = i + 1; k < f->faces; k++) {
            uint32_t a[3], b[3];
            cut_sorted(x.v, a);
            cut_sorted(f->face[k].v, b);
            if (memcmp(a, b, sizeof a)) break;
            x.times += cut_alike(x.v, f->face[k].v) ? f->face[k].times : -f->face[k].times;
        }
        if (x.times) f->face[n++] = x;
    }
    f->faces = n;
}

static lm_status cut_all(cut_work *w, lm_err *err)
{
    lm_arrange_faces *f = w->f;
    lm_status rc = cut_members(w, err);
    size_t seg = 0;
    for (size_t i = 0, k; i < w->members && !rc; i = k) {
        for (k = i; k < w->members && w->member[k].group == w->member[i].group;) k++;
        while (seg < w->segs && w->seg[seg].group < w->member[i].group) seg++;
        rc = cut_group(w, i, k, seg, err);
    }
    f->cut = w->members;
    for (uint32_t t = 0; t < w->m->nt && !rc; t++) {
        lm_arrange_face x = {.from = t, .times = 1};
        if (w->hit[t] || w->flat[t]) continue;
        for (int k = 0; k < 3; k++) {
            uint32_t v = w->m->tri[3 * (size_t)t + (size_t)k];
            x.v[k] = f->place[v] != LM_IMPLICIT_NONE ? f->owner[f->place[v]] : v;
        }
        rc = cut_face(f, &x, err);
    }
    if (!rc) cut_merge(f);
    return rc;
}

/* Triangles without area, also on the grid: what they join is joined by a point on their long edge. */
static lm_status cut_needles(cut_work *w, lm_err *err)
{
    const lm_mesh *m = w->m;
    for (uint32_t t = 0; t < m->nt; t++) {
        const uint32_t *v = m->tri + 3 * (size_t)t;
        lm_implicit_plane p = lm_arrange_plane(w->f, t);
        if (p.n[0] || p.n[1] || p.n[2]) continue;
        w->flat[t] = 1;
        for (int k = 0; k < 3; k++) {
            uint32_t a = v[k], b = v[(k + 1) % 3], c = v[(k + 2) % 3], point;
            int way = 0;
            for (int i = 0; i < 3 && !way; i++) {
                const int64_t x = w->f->grid[a][i], y = w->f->grid[b][i], z = w->f->grid[c][i];
                if (x != y) way = (x < z && z < y) || (y < z && z < x) ? 1 : -1;
            }
            if (way <= 0) continue;
            lm_status rc = lm_arrange_vertex(w->f, c, &point, err);
            if (rc || (rc = lm_mem_grow(&w->edge, &w->edge_cap, w->edges + 1, sizeof *w->edge, err))) return rc;
            w->edge[w->edges++] = (cut_on_edge){a < b ? a : b, a < b ? b : a, point};
        }
    }
    return LM_OK;
}

lm_status lm_arrange_faces_make(lm_arrange_faces *f, const lm_bvh *tree, bool always, int threads, bool *good, lm_err *err)
{
    cut_work w = {.f = f, .m = f->m};
    lm_intersect x = LM_INTERSECT_INIT;
    lm_err why = LM_ERR_INIT;
    *good = false;
    lm_status rc = lm_intersect_run(f->m, tree, NULL, true, threads, &x, err);
    if (rc || (!x.pairs && !always)) goto done;
    f->pairs = x.pairs;
    for (size_t i = 0; i < x.pairs && i < LM_SPOTS; i++) lm_spots_triangle(&f->where, f->m, x.list[i][0]);
    rc = LM_ENOMEM;
    if (!(w.up = lm_mem_alloc(f->m->nt, sizeof *w.up, err)) || !(w.hit = lm_mem_calloc(f->m->nt, 1, err)) ||
        !(w.flat = lm_mem_calloc(f->m->nt, 1, err)))
        goto done;
    for (uint32_t t = 0; t < f->m->nt; t++) w.up[t] = t;
    rc = cut_needles(&w, err);
    for (size_t i = 0; i < x.pairs && !rc; i++)
        if (!w.flat[x.list[i][0]] && !w.flat[x.list[i][1]]) rc = cut_pair(&w, x.list[i][0], x.list[i][1], err);
    if (rc || (rc = cut_members(&w, err)) || (rc = cut_segments(&w, err)) || (rc = cut_points(&w, err)) ||
        (rc = cut_spread(&w, err)))
        goto done;
    rc = cut_all(&w, &why);
    *good = !rc;
    if (rc == LM_ERANGE) rc = LM_OK; /* the grid was too coarse */
    else if (rc) *err = why;
done:
    lm_intersect_release(&x);
    free(w.up);
    free(w.hit);
    free(w.flat);
    free(w.seg);
    free(w.member);
    free(w.point);
    free(w.edge);
    return rc;
}

void lm_arrange_faces_release(lm_arrange_faces *f)
{
    lm_implicit_release(&f->points);
    free(f->grid);
    free(f->place);
    free(f->owner);
    free(f->face);
}
