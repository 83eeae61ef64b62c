/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Contents: neighbours - a step - volumes - diagonals - crossings - parts put back - out. */
#include "surface/relax.h"
#include "base/mem.h"
#include "base/pool.h"
#include "surface/intersect.h"
#include "surface/pressure.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { RELAX_BLOCK = 4096, RELAX_ROUNDS = 24, RELAX_PUSHES = 4, RELAX_EVERY = 3, RELAX_HALVINGS = 3, RELAX_FIXED = 255 };

typedef struct {
    lm_nets *net;
    const lm_vol *grid;
    const lm_relax_opt *opt;
    lm_relax_facts *facts;
    lm_pressure pressure;
    float *place, *next;    /* 3*nv: where the vertices belong; where they go */
    uint32_t *start, *near; /* neighbours of v: near[start[v]] .. near[start[v] + degree[v] - 1] */
    uint8_t *degree;        /* never more than the 255 that a cell's neighbours allow */
    uint8_t *held;          /* 0: free; else how often its way was halved; RELAX_FIXED: in place for good */
    lm_mesh world;          /* as it will be written: positions own, the rest borrowed from the net */
} relax;

/* ---- neighbours ---- */

typedef void relax_edge(relax *w, uint32_t a, uint32_t b);

static void relax_count(relax *w, uint32_t a, uint32_t b)
{
    w->start[a + 1]++;
    w->start[b + 1]++;
}

static void relax_put(relax *w, uint32_t a, uint32_t b)
{
    w->near[w->start[a]++] = b;
    w->near[w->start[b]++] = a;
}

/* All sides of all quads and single triangles; each is there once for every face at it. */
static void relax_edges(relax *w, relax_edge *edge)
{
    const uint32_t *t = w->net->mesh.tri;
    for (size_t q = 0; q < w->net->quads; q++, t += 6) {
        edge(w, t[0], t[1]);
        edge(w, t[1], t[2]);
        edge(w, t[2], t[5]);
        edge(w, t[5], t[0]);
    }
    for (size_t i = 2 * w->net->quads; i < w->net->mesh.nt; i++, t += 3)
        for (int k = 0; k < 3; k++) edge(w, t[k], t[(k + 1) % 3]);
}

static int relax_order(const void *a, const void *b)
{
    uint32_t x, y;
    memcpy(&x, a, sizeof x);
    memcpy(&y, b, sizeof y);
    return (x > y) - (x < y);
}

/* Of each vertex every neighbour once; on a seam, where three faces and more meet at an edge, those along it only. */
static lm_status relax_tidy_task(void *ctx, size_t task, int worker, lm_err *err)
{
    (void)worker;
    (void)err;
    relax *w = ctx;
    size_t nv = w->net->mesh.nv, end = (task + 1) * RELAX_BLOCK < nv ? (task + 1) * RELAX_BLOCK : nv;
    for (size_t v = task * RELAX_BLOCK; v < end; v++) {
        uint32_t *l = w->near + w->start[v], n = w->start[v + 1] - w->start[v], all = 0, seam = 0, seams[255];
        qsort(l, n, sizeof *l, relax_order);
        for (uint32_t i = 0, e; i < n; i = e) {
            for (e = i + 1; e < n && l[e] == l[i]; e++) {
            }
            if (e - i >= 3 && seam < 255) seams[seam++] = l[i];
            l[all++] = l[i];
        }
        if (seam >= 2) memcpy(l, seams, (all = seam) * sizeof *l);
        w->degree[v] = (uint8_t)(all < 255 ? all : 255);
    }
    return LM_OK;
}

static lm_status relax_neighbours(relax *w, lm_err *err)
{
    size_t nv = w->net->mesh.nv, nt = w->net->mesh.nt, ends = 8 * w->net->quads + 6 * (nt - 2 * w->net->quads);
    if (ends > UINT32_MAX)
        return lm_err_set(err, LM_ERANGE, NULL, "%zu triangles are too many to smooth: smoothing takes up to 1073741823", nt);
    if (!(w->start = lm_mem_calloc(nv + 2, sizeof *w->start, err)) || !(w->near = lm_mem_alloc(ends, sizeof *w->near, err)) ||
        !(w->degree = lm_mem_alloc(nv, 1, err)))
        return LM_ENOMEM;
    relax_edges(w, relax_count);
    for (size_t v = 0; v < nv; v++) w->start[v + 1] += w->start[v];
    relax_edges(w, relax_put);
    memmove(w->start + 1, w->start, nv * sizeof *w->start); /* filling moved each start to the next */
    w->start[0] = 0;
    return lm_pool_run(w->opt->threads, nv / RELAX_BLOCK + 1, relax_tidy_task, w, err);
}

/* ---- a step ---- */

static float relax_within(const relax *w, size_t i, double x)
{
    double middle = w->net->home[i] / 2.0;
    if (x < middle - LM_RELAX_REACH) x = middle - LM_RELAX_REACH;
    if (x > middle + LM_RELAX_REACH) x = middle + LM_RELAX_REACH;
    return (float)x;
}

static lm_status relax_step_task(void *ctx, size_t task, int worker, lm_err *err)
{
    (void)worker;
    (void)err;
    relax *w = ctx;
    const float *pos = w->net->mesh.pos;
    size_t nv = w->net->mesh.nv, end = (task + 1) * RELAX_BLOCK < nv ? (task + 1) * RELAX_BLOCK : nv;
    for (size_t v = task * RELAX_BLOCK; v < end; v++) {
        double sum[3] = {0}, n = w->degree[v];
        const uint32_t *l = w->near + w->start[v];
        for (unsigned i = 0; i < w->degree[v]; i++)
            for (int c = 0; c < 3; c++) sum[c] += pos[3 * (size_t)l[i] + (size_t)c];
        for (size_t i = 3 * v, c = 0; c < 3; i++, c++)
            w->next[i] = w->held[v] ? pos[i] : relax_within(w, i, 0.5 * pos[i] + 0.5 * sum[c] / n);
    }
    return LM_OK;
}

static lm_status relax_push_task(void *ctx, size_t task, int worker, lm_err *err)
{
    (void)worker;
    (void)err;
    relax *w = ctx;
    const float *pos = w->net->mesh.pos;
    size_t nv = w->net->mesh.nv, end = (task + 1) * RELAX_BLOCK < nv ? (task + 1) * RELAX_BLOCK : nv;
    for (size_t v = task * RELAX_BLOCK; v < end; v++) {
        double d[3] = {0};
        if (!w->held[v]) lm_pressure_move(&w->pressure, v, d);
        for (size_t i = 3 * v, c = 0; c < 3; i++, c++) w->next[i] = w->held[v] ? pos[i] : relax_within(w, i, pos[i] + d[c]);
    }
    return LM_OK;
}

static lm_status relax_all(relax *w, lm_pool_fn fn, lm_err *err)
{
    lm_status rc = lm_pool_run(w->opt->threads, w->net->mesh.nv / RELAX_BLOCK + 1, fn, w, err);
    float *swap = w->net->mesh.pos;
    if (rc) return rc;
    w->net->mesh.pos = w->next;
    w->next = swap;
    return LM_OK;
}

static lm_status relax_push(relax *w, lm_err *err)
{
    lm_status rc = lm_pressure_measure(&w->pressure, err);
    if (!rc) rc = lm_pressure_solve(&w->pressure, err);
    return rc ? rc : relax_all(w, relax_push_task, err);
}

/* ---- diagonals ---- */

static double relax_distance2(const relax *w, uint32_t a, uint32_t b)
{
    const float *p = w->net->mesh.pos + 3 * (size_t)a, *q = w->net->mesh.pos + 3 * (size_t)b;
    double s = 0;
    for (int c = 0; c < 3; c++) {
        double d = 0;
        for (int k = 0; k < 3; k++) d += ((double)p[k] - q[k]) * w->grid->dir[k][c];
        s += d * d;
    }
    return s;
}

/* Each quad takes its shorter diagonal. */
static lm_status relax_diagonal_task(void *ctx, size_t task, int worker, lm_err *err)
{
    (void)worker;
    (void)err;
    relax *w = ctx;
    size_t end = (task + 1) * RELAX_BLOCK < w->net->quads ? (task + 1) * RELAX_BLOCK : w->net->quads;
    for (size_t q = task * RELAX_BLOCK; q < end; q++) {
        uint32_t *t = w->net->mesh.tri + 6 * q, v[4] = {t[0], t[1], t[2], t[5]};
        if (!(relax_distance2(w, v[1], v[3]) < relax_distance2(w, v[0], v[2]))) continue;
        uint32_t turned[6] = {v[1], v[2], v[3], v[1], v[3], v[0]};
        memcpy(t, turned, sizeof turned);
    }
    return LM_OK;
}

/* ---- crossings ---- */

static lm_status relax_world_task(void *ctx, size_t task, int worker, lm_err *err)
{
    (void)worker;
    (void)err;
    relax *w = ctx;
    size_t nv = w->net->mesh.nv, end = (task + 1) * RELAX_BLOCK < nv ? (task + 1) * RELAX_BLOCK : nv;
    for (size_t v = task * RELAX_BLOCK; v < end; v++) {
        const float *p = w->net->mesh.pos + 3 * v;
        double x[3];
        lm_vol_to_world(w->grid, (double[]){p[0], p[1], p[2]}, x);
        for (int c = 0; c < 3; c++) w->world.pos[3 * v + (size_t)c] = (float)x[c];
    }
    return LM_OK;
}

/* Back, half the way; the third time all of it. */
static void relax_back(relax *w, size_t v)
{
    if (w->held[v] >= RELAX_HALVINGS) return;
    bool whole = ++w->held[v] == RELAX_HALVINGS;
    for (size_t i = 3 * v; i < 3 * v + 3; i++) w->net->mesh.pos[i] = whole ? w->place[i] : (w->place[i] + w->net->mesh.pos[i]) / 2;
    w->facts->back++;
}

/* *pairs: crossing pairs; their vertices have gone back. */
static lm_status relax_crossings(relax *w, size_t *pairs, lm_err *err)
{
    lm_bvh b = LM_BVH_INIT;
    lm_intersect x = LM_INTERSECT_INIT;
    lm_mesh *m = &w->world;
    lm_status rc = lm_pool_run(w->opt->threads, w->net->mesh.nv / RELAX_BLOCK + 1, relax_world_task, w, err);
    if (rc) return rc;
    m->tri = w->net->mesh.tri;
    if (!(rc = lm_bvh_build(m, NULL, w->opt->threads, &b, err))) rc = lm_intersect_run(m, &b, NULL, true, w->opt->threads, &x, err);
    uint8_t *touched = x.pairs && !rc ? lm_mem_calloc(w->net->mesh.nv, 1, err) : NULL;
    if (x.pairs && !rc && !touched) rc = LM_ENOMEM;
    for (size_t i = 0; touched && i < x.pairs; i++)
        for (int k = 0; k < 6; k++) touched[m->tri[3 * (size_t)x.list[i][k / 3] + (size_t)(k % 3)]] = 1;
    for (size_t v = 0; touched && v < w->net->mesh.nv; v++)
        if (touched[v]) relax_back(w, v);
    *pairs = x.pairs;
    free(touched);
    lm_intersect_release(&x);
    lm_bvh_release(&b);
    return rc;
}

/* ---- parts put back ---- */

static bool relax_good(const relax *w, size_t i)
{
    double n = (double)w->net->voxels[i], off = fabs(w->pressure.volume[i] - n);
    return off <= n * (n >= LM_RELAX_LARGE ? LM_RELAX_TOLERANCE : LM_RELAX_TOLERANCE_SMALL);
}

/* Parts whose volume is off go back in place. Returns how many. */
static size_t relax_give_up(relax *w)
{
    const lm_mesh *m = &w->net->mesh;
    size_t n = 0;
    for (size_t i = 0; i < w->net->n_labels; i++) {
        if (!w->facts->part[i].smooth || relax_good(w, i)) continue;
        w->facts->part[i].smooth = false;
        n++;
    }
    if (!n) return 0;
    for (size_t t = 0; t < m->nt; t++) {
        bool back = false;
        for (int side = 0; side < 2; side++) {
            uint32_t label = side ? m->label_back[t] : m->label[t];
            const uint32_t *at = label ? bsearch(&label, w->net->label, w->net->n_labels, sizeof label, relax_order) : NULL;
            back = back || (at && !w->facts->part[at - w->net->label].smooth);
        }
        for (int k = 0; back && k < 3; k++) {
            size_t v = m->tri[3 * t + (size_t)k];
            w->held[v] = RELAX_FIXED;
            memcpy(m->pos + 3 * v, w->place + 3 * v, 3 * sizeof *m->pos);
        }
    }
    return n;
}

static void relax_progress(const relax *w, double fraction)
{
    if (w->opt->progress) w->opt->progress(w->opt->progress_ctx, fraction);
}

/* Volumes restored, nothing crosses, and whoever cannot have both is put back: until all is true at once. */
static lm_status relax_settle(relax *w, lm_err *err)
{
    size_t crossing = 1;
    lm_status rc = LM_OK;
    for (int round = 0; round < RELAX_ROUNDS && !rc; round++) {
        for (int i = 0; i < RELAX_PUSHES && !rc && round < RELAX_ROUNDS / 2; i++) rc = relax_push(w, err);
        if (!rc) rc = relax_crossings(w, &crossing, err);
        if (rc) break;
        relax_progress(w, 0.5 + 0.5 * (round + 1) / (RELAX_ROUNDS + 1));
        if (crossing) continue;
        if ((rc = lm_pressure_measure(&w->pressure, err)) || !relax_give_up(w)) return rc;
    }
    if (rc) return rc;
    memcpy(w->net->mesh.pos, w->place, w->net->mesh.nv * 3 * sizeof *w->place); /* never met: then nothing is smoothed */
    for (size_t i = 0; i < w->net->n_labels; i++) w->facts->part[i].smooth = false;
    return lm_pressure_measure(&w->pressure, err);
}

/* ---- out ---- */

static double relax_moved(const relax *w)
{
    double most = 0;
    for (size_t v = 0; v < w->net->mesh.nv; v++) {
        double s = 0;
        for (int c = 0; c < 3; c++) {
            double d = 0;
            for (size_t k = 0; k < 3; k++) d += ((double)w->net->mesh.pos[3 * v + k] - w->place[3 * v + k]) * w->grid->dir[k][c];
            s += d * d;
        }
        if (s > most) most = s;
    }
    return sqrt(most);
}

static lm_status relax_out(relax *w, lm_mesh *out, lm_err *err)
{
    lm_mesh *m = &w->net->mesh;
    lm_status rc = lm_pool_run(w->opt->threads, m->nv / RELAX_BLOCK + 1, relax_world_task, w, err);
    if (!rc) rc = lm_parts_copy(&w->grid->parts, &out->parts, err);
    if (rc) return rc;
    bool turn = lm_vol_det(w->grid) < 0;
    for (size_t t = 0; turn && t < m->nt; t++) {
        uint32_t swap = m->tri[3 * t + 1];
        m->tri[3 * t + 1] = m->tri[3 * t + 2];
        m->tri[3 * t + 2] = swap;
    }
    w->facts->moved_mm = relax_moved(w);
    for (size_t i = 0; i < w->net->n_labels; i++) {
        lm_relax_part *p = &w->facts->part[i];
        p->label = w->net->label[i];
        p->voxels = w->net->voxels[i];
        p->volume_voxels = w->pressure.volume[i];
    }
    out->nv = m->nv;
    out->nt = m->nt;
    out->pos = w->world.pos;
    out->tri = m->tri;
    out->label = m->label;
    out->label_back = m->label_back;
    out->space = LM_SPACE_LPS;
    w->world.pos = NULL;
    m->tri = m->label = m->label_back = NULL;
    return LM_OK;
}

static lm_status relax_smooth(relax *w, lm_err *err)
{
    lm_status rc = relax_neighbours(w, err);
    for (unsigned i = 0; i < w->opt->steps && !rc; i++) {
        relax_progress(w, 0.5 * i / w->opt->steps);
        rc = relax_all(w, relax_step_task, err);
        if (!rc && i % RELAX_EVERY == 0) rc = relax_push(w, err);
    }
    if (!rc) rc = lm_pool_run(w->opt->threads, w->net->quads / RELAX_BLOCK + 1, relax_diagonal_task, w, err);
    return rc ? rc : relax_settle(w, err);
}

lm_status lm_relax(lm_nets *net, const lm_vol *grid, const lm_relax_opt *opt, lm_mesh *out, lm_relax_facts *facts, lm_err *err)
{
    relax w = {.net = net, .grid = grid, .opt = opt, .facts = facts};
    size_t nv = net->mesh.nv, size = 3 * sizeof(float);
    lm_status rc = LM_ENOMEM;
    lm_mesh_release(out);
    *facts = (lm_relax_facts)LM_RELAX_FACTS_INIT;
    w.world = (lm_mesh){.nv = nv, .nt = net->mesh.nt};
    if ((w.place = lm_mem_alloc(nv, size, err)) && (w.next = lm_mem_alloc(nv, size, err)) && (w.held = lm_mem_calloc(nv, 1, err)) &&
        (w.world.pos = lm_mem_alloc(nv, size, err)) && (facts->part = lm_mem_calloc(net->n_labels, sizeof *facts->part, err)))
        rc = lm_pressure_make(net, grid, opt->threads, &w.pressure, err);
    if (!rc) {
        facts->n = net->n_labels;
        memcpy(w.place, net->mesh.pos, nv * size);
        for (size_t i = 0; i < facts->n; i++) facts->part[i].smooth = opt->steps > 0;
        rc = opt->steps ? relax_smooth(&w, err) : lm_pressure_measure(&w.pressure, err);
    }
    if (!rc) rc = relax_out(&w, out, err);
    lm_pressure_release(&w.pressure);
    free(w.place);
    free(w.next);
    free(w.start);
    free(w.near);
    free(w.degree);
    free(w.held);
    free(w.world.pos);
    lm_nets_release(net);
    if (rc) {
        lm_mesh_release(out);
        lm_relax_release(facts);
    }
    return rc;
}

void lm_relax_release(lm_relax_facts *f)
{
    free(f->part);
    *f = (lm_relax_facts)LM_RELAX_FACTS_INIT;
}
