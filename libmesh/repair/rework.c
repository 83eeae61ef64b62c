/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "repair/rework.h"
#include "base/mem.h"
#include "base/pool.h"
#include "repair/arrange.h"
#include "repair/boolean.h"
#include "repair/clash.h"
#include "repair/lids.h"
#include "repair/vec.h"
#include "repair/weld.h"
#include "repair/winding.h"
#include "surface/intersect.h"
#include "surface/mcubes.h"
#include "surface/nearest.h"
#include "surface/topo.h"

#include <float.h>
#include <stdlib.h>
#include <string.h>

enum {
    REWORK_MOST = 4096, /* faults; where there are more the whole is wrong */
    REWORK_FINE = 24,   /* grid steps along the longest side of what is faulty */
    REWORK_ULPS = 256,  /* a grid step is no smaller */
    REWORK_TIMES = 4    /* a box is taken away so often: what is left in it may be enclosed more than once */
};
#define REWORK_ROOM 3.0   /* grid steps around the faults */
#define REWORK_BAND 2.0   /* grid steps: the field is cut off there */
#define REWORK_VAGUE 0.25 /* from a whole number */
#define REWORK_REACH 1.5  /* grid steps: farther from each other old and new surface must not be */

typedef struct {
    double lo[3], hi[3], step;
} rework_box;

typedef struct {
    const lm_mesh *m;
    int threads;
    double ulp;
    rework_box *box;
    size_t boxes, cap;
    lm_nearest near;
    lm_winding winding;
} rework_job;

/* ---- where the faults are ---- */

static lm_status rework_add(rework_job *j, const double lo[3], const double hi[3], double edge, lm_err *err)
{
    lm_status rc = lm_mem_grow(&j->box, &j->cap, j->boxes + 1, sizeof *j->box, err);
    if (rc) return rc;
    rework_box *b = &j->box[j->boxes++];
    for (int k = 0; k < 3; k++) b->lo[k] = lo[k], b->hi[k] = hi[k];
    b->step = edge / 4; /* for now; rework_settle sees to the rest */
    return LM_OK;
}

static double rework_edge(const lm_mesh *m, uint32_t t)
{
    const uint32_t *v = m->tri + 3 * (size_t)t;
    double best = INFINITY, e[3];
    for (int k = 0; k < 3; k++) {
        lm_vec_sub(lm_vec_at(m, v[k]), lm_vec_at(m, v[(k + 1) % 3]), e);
        best = fmin(best, lm_vec_dot(e, e));
    }
    return sqrt(best);
}

static void rework_bound(const lm_mesh *m, const uint32_t *v, int n, double lo[3], double hi[3])
{
    for (int k = 0; k < 3; k++) {
        lo[k] = hi[k] = lm_vec_at(m, v[0])[k];
        for (int i = 1; i < n; i++) lo[k] = fmin(lo[k], lm_vec_at(m, v[i])[k]), hi[k] = fmax(hi[k], lm_vec_at(m, v[i])[k]);
    }
}

/* Triangles without area; pairs that meet: what their boxes have in common. */
static lm_status rework_meets(rework_job *j, lm_err *err)
{
    const lm_mesh *m = j->m;
    lm_bvh tree = LM_BVH_INIT;
    lm_intersect x = LM_INTERSECT_INIT;
    double lo[2][3], hi[2][3];
    unsigned char *flat = lm_mem_alloc(m->nt, 1, err);
    lm_status rc = flat ? LM_OK : LM_ENOMEM;
    for (uint32_t t = 0; t < m->nt && !rc; t++) {
        flat[t] = lm_clash_flat(m, m->tri + 3 * (size_t)t);
        if (!flat[t] || j->boxes > REWORK_MOST) continue;
        rework_bound(m, m->tri + 3 * (size_t)t, 3, lo[0], hi[0]);
        rc = rework_add(j, lo[0], hi[0], rework_edge(m, t), err);
    }
    if (!rc && !(rc = lm_bvh_build(m, flat, j->threads, &tree, err)))
        rc = lm_intersect_run(m, &tree, NULL, true, j->threads, &x, err);
    for (size_t i = 0; i < x.pairs && j->boxes <= REWORK_MOST && !rc; i++) {
        for (int s = 0; s < 2; s++) rework_bound(m, m->tri + 3 * (size_t)x.list[i][s], 3, lo[s], hi[s]);
        for (int k = 0; k < 3; k++) lo[0][k] = fmax(lo[0][k], lo[1][k]), hi[0][k] = fmin(hi[0][k], hi[1][k]);
        rc = rework_add(j, lo[0], hi[0], fmin(rework_edge(m, x.list[i][0]), rework_edge(m, x.list[i][1])), err);
    }
    lm_intersect_release(&x);
    lm_bvh_release(&tree);
    free(flat);
    return rc;
}

/* Edges that do not have two triangles, one each way. Vertices of several fans come with these, or are cut apart by cut.h. */
static lm_status rework_edges(rework_job *j, lm_rework *out, lm_err *err)
{
    const lm_mesh *m = j->m;
    lm_topo_corners c = LM_TOPO_CORNERS_INIT;
    uint32_t *mate = lm_mem_alloc(m->nt, 3 * sizeof *mate, err);
    double lo[3], hi[3];
    lm_status rc = mate ? lm_topo_corners_make(m, NULL, &c, err) : LM_ENOMEM;
    if (!rc) rc = lm_topo_mates(m, &c, mate, err);
    for (uint32_t h = 0; h < 3 * m->nt && j->boxes <= REWORK_MOST && !rc; h++) {
        uint32_t v[2] = {m->tri[h], m->tri[h - h % 3 + (h + 1) % 3]};
        if (mate[h] < LM_TOPO_MANY && m->tri[mate[h]] != v[0]) continue;
        if (mate[h] < LM_TOPO_MANY && out->why == LM_REWORK_DONE) { /* neighbours that face opposite ways */
            out->why = LM_REWORK_AMBIGUOUS;
            memcpy(out->at, lm_vec_at(m, v[0]), sizeof out->at);
        }
        rework_bound(m, v, 2, lo, hi);
        rc = rework_add(j, lo, hi, rework_edge(m, h / 3), err);
    }
    lm_topo_corners_release(&c);
    free(mate);
    return rc;
}

static bool rework_apart(const rework_box *a, const rework_box *b)
{
    double room = REWORK_ROOM * (a->step + b->step);
    for (int k = 0; k < 3; k++)
        if (a->lo[k] - room > b->hi[k] || b->lo[k] - room > a->hi[k]) return true;
    return false;
}

static void rework_grain(const rework_job *j, rework_box *b)
{
    double size = 0;
    for (int k = 0; k < 3; k++) size = fmax(size, b->hi[k] - b->lo[k]);
    b->step = fmax(fmax(b->step, size / REWORK_FINE), REWORK_ULPS * j->ulp);
}

/* Boxes whose surroundings overlap become one, until none do. */
static void rework_gather(rework_job *j)
{
    bool some = true;
    for (size_t i = 0; i < j->boxes; i++) rework_grain(j, &j->box[i]);
    while (some) {
        some = false;
        for (size_t i = 0; i < j->boxes; i++)
            for (size_t k = i + 1; k < j->boxes;) {
                rework_box *a = &j->box[i], *b = &j->box[k];
                if (rework_apart(a, b)) {
                    k++;
                    continue;
                }
                for (int c = 0; c < 3; c++) a->lo[c] = fmin(a->lo[c], b->lo[c]), a->hi[c] = fmax(a->hi[c], b->hi[c]);
                a->step = fmin(a->step, b->step);
                rework_grain(j, a);
                *b = j->box[--j->boxes];
                some = true;
            }
    }
    for (size_t i = 0; i < j->boxes; i++)
        for (int k = 0; k < 3; k++) {
            rework_box *b = &j->box[i];
            b->lo[k] = (float)(b->lo[k] - REWORK_ROOM * b->step); /* as the box's corners will be written */
            b->hi[k] = (float)(b->hi[k] + REWORK_ROOM * b->step);
        }
}

static bool rework_within(const rework_job *j, uint32_t t)
{
    const uint32_t *v = j->m->tri + 3 * (size_t)t;
    double lo[3], hi[3];
    rework_bound(j->m, v, 3, lo, hi);
    for (size_t i = 0; i < j->boxes; i++) {
        const rework_box *b = &j->box[i];
        int in = 0;
        for (int k = 0; k < 3; k++) in += b->lo[k] < lo[k] && hi[k] < b->hi[k];
        if (in == 3) return true;
    }
    return false;
}

/* ---- the solid in a box ---- */

typedef struct {
    const rework_job *j;
    const rework_box *b;
    lm_vol vol;
    unsigned char *vague; /* per slice: there is a sample on the box's faces that is neither in nor out */
    float (*at)[3];       /* it */
} rework_field;

static lm_status rework_slice(void *ctx, size_t k, int worker, lm_err *err)
{
    const rework_field *f = ctx;
    const lm_vol *v = &f->vol;
    const double step = f->b->step, band = REWORK_BAND * step;
    uint32_t hint = LM_NEAREST_NONE;
    (void)worker;
    (void)err;
    for (size_t i = 0; i < v->n[0] * v->n[1]; i++) {
        const size_t at[3] = {i % v->n[0], i / v->n[0], k};
        double p[3];
        bool rim = false;
        lm_nearest_hit hit;
        for (int c = 0; c < 3; c++) {
            p[c] = v->origin[c] + (double)at[c] * step;
            rim |= at[c] < 3 || at[c] + 3 >= v->n[c];
        }
        lm_nearest_find(&f->j->near, p, band * band, hint, &hit);
        if (hit.tri != LM_NEAREST_NONE) hint = hit.tri;
        double turns = lm_winding_at(&f->j->winding, p), above = turns - 0.5, far = fabs(above) * 2 * band;
        double d = fmin(hit.tri == LM_NEAREST_NONE ? band : sqrt(hit.d2), far);
        if (rim && hit.tri == LM_NEAREST_NONE && fabs(turns - floor(turns + 0.5)) > REWORK_VAGUE && !f->vague[k]) {
            f->vague[k] = 1;
            for (int c = 0; c < 3; c++) f->at[k][c] = (float)p[c];
        }
        ((float *)v->data)[k * v->n[0] * v->n[1] + i] = (float)(above >= 0 ? d : -d);
    }
    return LM_OK;
}

/* What is inside of the box as a closed mesh; no triangles: nothing. */
static lm_status rework_solid(const rework_job *j, const rework_box *b, lm_mesh *solid, lm_rework *out, lm_err *err)
{
    rework_field f = {.j = j, .b = b, .vol = LM_VOL_INIT};
    lm_mcubes_opt cubes = {.iso = 0, .threads = j->threads};
    lm_mesh box = LM_MESH_INIT, hull = LM_MESH_INIT;
    double lo[3], hi[3];
    lm_arrange did;
    size_t n[3];
    bool some = false;
    lm_err none = LM_ERR_INIT;
    lm_status rc = LM_OK;
    lm_mesh_release(solid);
    for (int k = 0; k < 3; k++) n[k] = (size_t)ceil((b->hi[k] - b->lo[k]) / b->step) + 6;
    if ((rc = lm_vol_alloc(&f.vol, n, LM_F32, err))) return rc;
    for (int k = 0; k < 3; k++) {
        f.vol.dir[k][k] = b->step;
        f.vol.origin[k] = 0.5 * (b->lo[k] + b->hi[k]) - 0.5 * (double)(n[k] - 1) * b->step;
        lo[k] = f.vol.origin[k] - 4 * b->step;
        hi[k] = f.vol.origin[k] + (double)(n[k] + 3) * b->step;
    }
    rc = LM_ENOMEM;
    if (!(f.vague = lm_mem_calloc(n[2], 1, err)) || !(f.at = lm_mem_alloc(n[2], sizeof *f.at, err))) goto done;
    if ((rc = lm_pool_run(j->threads, n[2], rework_slice, &f, err))) goto done;
    for (size_t k = 0; k < n[2] && out->why == LM_REWORK_DONE; k++)
        if (f.vague[k]) {
            out->why = LM_REWORK_AMBIGUOUS;
            memcpy(out->at, f.at[k], sizeof out->at);
        }
    for (size_t i = 0; i < n[0] * n[1] * n[2] && !some; i++) some = ((const float *)f.vol.data)[i] >= 0;
    if (out->why || !some) goto done;
    rc = lm_mcubes(&f.vol, &cubes, solid, &none);
    if (rc == LM_ERANGE) { /* so far from the origin float32 has no room for the grid */
        rc = LM_OK;
        out->why = LM_REWORK_UNCUT;
    } else if (rc) *err = none;
    if (rc || out->why) goto done;
    /* what solid and box have in common: what both enclose, less one everywhere */
    if (!(rc = lm_boolean_box(b->lo, b->hi, &box, err)) && !(rc = lm_boolean_box(lo, hi, &hull, err)) &&
        !(rc = lm_boolean_append(solid, &box, false, solid, err)) && !(rc = lm_boolean_append(solid, &hull, true, solid, err)) &&
        !(rc = lm_arrange_sort(solid, j->threads, &did, err)) && !did.done)
        out->why = LM_REWORK_UNCUT;
done:
    lm_vol_release(&f.vol);
    lm_mesh_release(&box);
    lm_mesh_release(&hull);
    free(f.vague);
    free(f.at);
    return rc;
}

/* ---- the rest ---- */

/* The mesh without what lies in the boxes, capped on their faces. */
static lm_status rework_outside(const rework_job *j, lm_mesh *rest, lm_rework *out, lm_err *err)
{
    lm_mesh lids = LM_MESH_INIT, box = LM_MESH_INIT;
    lm_arrange did;
    size_t nt = 0, cap, same;
    lm_status rc = lm_mesh_copy(j->m, rest, err);
    if (rc) return rc;
    for (uint32_t t = 0; t < j->m->nt; t++)
        if (!rework_within(j, t)) memmove(rest->tri + 3 * nt++, j->m->tri + 3 * (size_t)t, 3 * sizeof *rest->tri);
    rest->nt = nt;
    cap = 3 * j->m->nt;
    lids.nv = rest->nv;
    lids.pos = rest->pos;
    rc = lm_lids_make(rest, &lids, err);
    lids.pos = NULL;
    if (!rc && lids.nt && !(rc = lm_mem_grow(&rest->tri, &cap, 3 * (nt + lids.nt), sizeof *rest->tri, err))) {
        memcpy(rest->tri + 3 * nt, lids.tri, 3 * lids.nt * sizeof *rest->tri);
        rest->nt += lids.nt;
    }
    for (size_t i = 0; i < j->boxes && !rc; i++) {
        rc = lm_boolean_box(j->box[i].lo, j->box[i].hi, &box, err);
        for (int k = 0; k < REWORK_TIMES && !rc; k++) rc = lm_boolean_append(rest, &box, true, rest, err);
    }
    if (!rc && !(rc = lm_weld_exact(rest, &same, NULL, err)) && !(rc = lm_arrange_sort(rest, j->threads, &did, err)) && !did.done)
        out->why = LM_REWORK_UNCUT;
    lm_mesh_release(&lids);
    lm_mesh_release(&box);
    return rc;
}

/* ---- what became of the surface in the boxes ---- */

static bool rework_in_box(const rework_box *b, const double p[3])
{
    for (int k = 0; k < 3; k++)
        if (!(b->lo[k] <= p[k] && p[k] <= b->hi[k])) return false;
    return true;
}

/* Is there something inside on either side of the triangle at p, or nobody knows? Where there is not it is a fold turned inside
 * out, which bounds nothing. */
static bool rework_bounds(const rework_job *j, uint32_t t, const double p[3], double way)
{
    const uint32_t *v = j->m->tri + 3 * (size_t)t;
    double n[3], q[3], turns = -1;
    lm_vec_normal(lm_vec_at(j->m, v[0]), lm_vec_at(j->m, v[1]), lm_vec_at(j->m, v[2]), n);
    for (int s = -1; s <= 1; s += 2) {
        for (int k = 0; k < 3; k++) q[k] = p[k] + s * way * n[k];
        turns = fmax(turns, lm_winding_at(&j->winding, q));
    }
    return turns > REWORK_VAGUE;
}

typedef struct {
    const rework_job *j;
    lm_nearest near; /* of the new surface */
    lm_winding body;
    uint32_t hint;
} rework_look;

/* Point p of triangle t in box b: far from the new surface, and not within the new body, it is lost. */
static void rework_point(rework_look *l, uint32_t t, const rework_box *b, const double p[3], lm_rework *out)
{
    lm_nearest_hit hit;
    lm_nearest_find(&l->near, p, INFINITY, l->hint, &hit);
    l->hint = hit.tri;
    const double d = sqrt(hit.d2);
    if (d > 0.25 * b->step && lm_winding_at(&l->body, p) > 0.5) return; /* an inner sheet */
    if (d > out->max_move_mm) out->max_move_mm = d;
    if (d <= REWORK_REACH * b->step || out->why || !rework_bounds(l->j, t, p, 0.25 * b->step)) return;
    out->why = LM_REWORK_LOST;
    for (int k = 0; k < 3; k++) out->at[k] = (float)p[k];
}

/* Corners and middles of all old triangles. */
static lm_status rework_judge(const rework_job *j, const lm_mesh *now, lm_rework *out, lm_err *err)
{
    rework_look l = {.j = j, .near = LM_NEAREST_INIT, .body = LM_WINDING_INIT, .hint = LM_NEAREST_NONE};
    const lm_mesh *m = j->m;
    lm_status rc = lm_nearest_build(now, j->threads, &l.near, err);
    if (!rc) rc = lm_winding_build(now, j->threads, &l.body, err);
    for (uint32_t t = 0; t < m->nt && !rc; t++)
        for (int i = 0; i < 4; i++) {
            const uint32_t *v = m->tri + 3 * (size_t)t;
            double p[3];
            for (int k = 0; k < 3; k++)
                p[k] = i < 3 ? (double)lm_vec_at(m, v[i])[k]
                             : ((double)lm_vec_at(m, v[0])[k] + lm_vec_at(m, v[1])[k] + lm_vec_at(m, v[2])[k]) / 3;
            size_t q = 0;
            while (q + 1 < j->boxes && !rework_in_box(&j->box[q], p)) q++; /* in none: measured as in the last */
            rework_point(&l, t, &j->box[q], p, out);
        }
    lm_nearest_release(&l.near);
    lm_winding_release(&l.body);
    return rc;
}

static lm_status rework_join(const rework_job *j, lm_mesh *now, lm_rework *out, lm_err *err)
{
    lm_mesh solid = LM_MESH_INIT;
    lm_arrange did;
    size_t same;
    lm_status rc = rework_outside(j, now, out, err);
    for (size_t i = 0; i < j->boxes && !rc && !out->why; i++) {
        if ((rc = rework_solid(j, &j->box[i], &solid, out, err)) || out->why || !solid.nt) continue;
        rc = lm_boolean_append(now, &solid, false, now, err);
    }
    lm_mesh_release(&solid);
    if (rc || out->why || (rc = lm_weld_exact(now, &same, NULL, err)) || (rc = lm_arrange_sort(now, j->threads, &did, err)))
        return rc;
    if (!did.done) out->why = LM_REWORK_UNCUT;
    return out->why ? LM_OK : rework_judge(j, now, out, err);
}

static double rework_share(const rework_job *j)
{
    lm_mesh one = {.nv = j->m->nv, .nt = 1, .pos = j->m->pos};
    double part = 0, all = lm_mesh_area(j->m);
    for (uint32_t t = 0; t < j->m->nt; t++) {
        one.tri = j->m->tri + 3 * (size_t)t;
        if (rework_within(j, t)) part += lm_mesh_area(&one);
    }
    return all > 0 ? part / all : 1;
}

lm_status lm_rework_run(lm_mesh *m, int threads, lm_rework *out, lm_err *err)
{
    rework_job j = {.m = m, .threads = lm_pool_threads(threads), .near = LM_NEAREST_INIT, .winding = LM_WINDING_INIT};
    lm_mesh now = LM_MESH_INIT;
    double lo[3], hi[3], most = FLT_MIN;
    *out = (lm_rework){.why = LM_REWORK_DONE};
    lm_mesh_box(m, lo, hi);
    for (int k = 0; k < 3; k++) most = fmax(most, fmax(fabs(lo[k]), fabs(hi[k])));
    j.ulp = ldexp(1, ilogb(most) - FLT_MANT_DIG + 1);
    lm_status rc = rework_meets(&j, err);
    if (rc || (rc = rework_edges(&j, out, err))) goto done;
    if (!out->why && (!j.boxes || j.boxes > REWORK_MOST)) out->why = LM_REWORK_NONE;
    if (out->why) goto done;
    rework_gather(&j);
    if (rework_share(&j) > LM_REWORK_SHARE) out->why = LM_REWORK_LARGE;
    for (int k = 0; k < 3; k++) out->at[k] = (float)(0.5 * (j.box[0].lo[k] + j.box[0].hi[k]));
    if (out->why || (rc = lm_nearest_build(m, j.threads, &j.near, err)) || (rc = lm_winding_build(m, j.threads, &j.winding, err)) ||
        (rc = rework_join(&j, &now, out, err)) || out->why)
        goto done;
    out->regions = j.boxes;
    for (size_t i = 0; i < j.boxes; i++) {
        float mid[3];
        for (int k = 0; k < 3; k++) mid[k] = (float)(0.5 * (j.box[i].lo[k] + j.box[i].hi[k]));
        lm_spots_add(&out->where, mid);
    }
    now.parts = m->parts;
    m->parts = (lm_parts)LM_PARTS_INIT;
    lm_mesh_release(m);
    *m = now;
    now = (lm_mesh)LM_MESH_INIT;
done:
    lm_nearest_release(&j.near);
    lm_winding_release(&j.winding);
    lm_mesh_release(&now);
    free(j.box);
    return rc;
}
