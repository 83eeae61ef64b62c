/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "shell/refine.h"
#include "base/mem.h"
#include "base/pool.h"
#include "shell/balls.h"
#include "surface/topo.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { REFINE_BLOCK = 512, REFINE_ROUNDS = 40 };

typedef struct {
    lm_mesh *m;
    float **before;
    double edge;
    lm_refine_fn fn;
    void *ctx;
    uint8_t *ask;   /* per triangle: 1 to be looked at, 2 to be cut */
    uint32_t *mid;  /* per half-edge: the vertex in its middle, LM_TOPO_NONE */
    uint32_t *mate; /* per half-edge */
    size_t added, pieces;
} refine_job;

static double refine_length2(const lm_mesh *m, size_t h)
{
    const float *a = m->pos + 3 * (size_t)m->tri[h], *b = m->pos + 3 * (size_t)m->tri[h / 3 * 3 + (h + 1) % 3];
    double d2 = 0;
    for (int c = 0; c < 3; c++) d2 += ((double)a[c] - b[c]) * ((double)a[c] - b[c]);
    return d2;
}

static lm_status refine_ask_task(void *ctx, size_t task, int worker, lm_err *err)
{
    refine_job *job = ctx;
    const double limit = job->edge * job->edge;
    (void)worker;
    (void)err;
    for (size_t t = task * REFINE_BLOCK; t < job->m->nt && t < (task + 1) * REFINE_BLOCK; t++) {
        double p[3][3];
        if (!job->ask[t]) continue;
        bool cut = refine_length2(job->m, 3 * t) > limit || refine_length2(job->m, 3 * t + 1) > limit ||
                   refine_length2(job->m, 3 * t + 2) > limit;
        if (cut) {
            lm_balls_corners(job->m, t, p);
            cut = job->fn(job->ctx, p);
        } else continue;
        job->ask[t] = cut ? 2 : 0;
    }
    return LM_OK;
}

/* The middle as a float; false when it is one of the ends. */
static bool refine_middle(const float *a, const float *b, float out[3])
{
    for (int c = 0; c < 3; c++) out[c] = (float)(0.5 * ((double)a[c] + b[c]));
    return memcmp(out, a, 3 * sizeof *out) && memcmp(out, b, 3 * sizeof *out);
}

static void refine_mark(refine_job *job)
{
    const lm_mesh *m = job->m;
    const double limit = job->edge * job->edge;
    float middle[3];
    job->added = 0;
    job->pieces = m->nt;
    for (size_t h = 0; h < 3 * m->nt; h++) job->mid[h] = LM_TOPO_NONE;
    for (size_t h = 0; h < 3 * m->nt; h++) {
        uint32_t o = job->mate[h];
        if (job->ask[h / 3] != 2 || job->mid[h] != LM_TOPO_NONE || o >= LM_TOPO_MANY || refine_length2(m, h) <= limit) continue;
        if (!refine_middle(m->pos + 3 * (size_t)m->tri[h], m->pos + 3 * (size_t)m->tri[o], middle)) continue;
        job->mid[h] = job->mid[o] = (uint32_t)(m->nv + job->added++);
        job->pieces += 2;
    }
}

static void refine_vertices(const refine_job *job, const lm_mesh *m, float *pos, const float *from)
{
    memcpy(pos, from, 3 * m->nv * sizeof *pos);
    for (size_t h = 0; h < 3 * m->nt; h++) {
        if (job->mid[h] == LM_TOPO_NONE || job->mate[h] < h) continue;
        refine_middle(from + 3 * (size_t)m->tri[h], from + 3 * (size_t)m->tri[job->mate[h]], pos + 3 * (size_t)job->mid[h]);
    }
}

static void refine_emit(lm_mesh *to, uint8_t *ask, uint8_t asked, uint32_t a, uint32_t b, uint32_t c)
{
    uint32_t *v = to->tri + 3 * to->nt;
    v[0] = a;
    v[1] = b;
    v[2] = c;
    ask[to->nt++] = asked;
}

/* Triangle t with the middles of its edges, by how many there are. */
static void refine_cut(const refine_job *job, size_t t, lm_mesh *to, uint8_t *ask)
{
    const lm_mesh *m = job->m;
    const uint32_t *mid = job->mid + 3 * t, *v = m->tri + 3 * t;
    const uint8_t asked = job->ask[t] != 0;
    size_t n = 0, k = 0;
    for (size_t i = 0; i < 3; i++) n += mid[i] != LM_TOPO_NONE;
    if (n == 1)
        while (mid[k] == LM_TOPO_NONE) k++; /* the edge that is cut */
    if (n == 2)
        while (mid[k] != LM_TOPO_NONE) k++; /* the edge that is not */
    uint32_t a = v[k], b = v[(k + 1) % 3], c = v[(k + 2) % 3];
    if (n == 0) refine_emit(to, ask, asked, a, b, c);
    if (n == 1) {
        refine_emit(to, ask, asked, a, mid[k], c);
        refine_emit(to, ask, asked, mid[k], b, c);
    }
    if (n == 2) {
        uint32_t x = mid[(k + 1) % 3], y = mid[(k + 2) % 3]; /* of bc and ca */
        double xa = 0, yb = 0;
        for (size_t i = 0; i < 3; i++) {
            double d = (double)to->pos[3 * (size_t)x + i] - to->pos[3 * (size_t)a + i],
                   e = (double)to->pos[3 * (size_t)y + i] - to->pos[3 * (size_t)b + i];
            xa += d * d;
            yb += e * e;
        }
        refine_emit(to, ask, asked, x, c, y);
        if (xa < yb) {
            refine_emit(to, ask, asked, a, b, x);
            refine_emit(to, ask, asked, a, x, y);
        } else {
            refine_emit(to, ask, asked, a, b, y);
            refine_emit(to, ask, asked, y, b, x);
        }
    }
    if (n == 3) {
        refine_emit(to, ask, asked, a, mid[0], mid[2]);
        refine_emit(to, ask, asked, mid[0], b, mid[1]);
        refine_emit(to, ask, asked, mid[2], mid[1], c);
        refine_emit(to, ask, asked, mid[0], mid[1], mid[2]);
    }
}

static lm_status refine_rebuild(refine_job *job, lm_err *err)
{
    lm_mesh to = LM_MESH_INIT;
    lm_mesh *m = job->m;
    float *before = NULL;
    uint8_t *ask = NULL;
    lm_status rc = lm_mesh_alloc(&to, m->nv + job->added, job->pieces, err);
    if (rc) return rc;
    if (!(ask = lm_mem_alloc(job->pieces, 1, err)) ||
        (job->before && !(before = lm_mem_alloc(m->nv + job->added, 3 * sizeof *before, err)))) {
        free(ask);
        lm_mesh_release(&to);
        return LM_ENOMEM;
    }
    refine_vertices(job, m, to.pos, m->pos);
    if (before) {
        refine_vertices(job, m, before, *job->before);
        free(*job->before);
        *job->before = before;
    }
    to.nt = 0;
    for (size_t t = 0; t < m->nt; t++) refine_cut(job, t, &to, ask);
    to.space = m->space;
    to.parts = m->parts;
    m->parts = (lm_parts){.n = 0};
    lm_mesh_release(m);
    *m = to;
    free(job->ask);
    job->ask = ask;
    return LM_OK;
}

static lm_status refine_round(refine_job *job, lm_err *err)
{
    lm_topo_corners corners = LM_TOPO_CORNERS_INIT;
    lm_status rc = LM_ENOMEM;
    job->added = 0;
    if ((job->mate = lm_mem_alloc(job->m->nt, 3 * sizeof *job->mate, err)) &&
        (job->mid = lm_mem_alloc(job->m->nt, 3 * sizeof *job->mid, err)) &&
        !(rc = lm_topo_corners_make(job->m, NULL, &corners, err)))
        rc = lm_topo_mates(job->m, &corners, job->mate, err);
    lm_topo_corners_release(&corners);
    if (!rc) refine_mark(job);
    if (!rc && job->added) rc = refine_rebuild(job, err);
    free(job->mate);
    free(job->mid);
    job->mate = job->mid = NULL;
    return rc;
}

lm_status lm_refine_run(lm_mesh *m, uint8_t **ask, float **before, double edge_mm, lm_refine_fn fn, void *ctx, int threads,
                        lm_err *err)
{
    refine_job job = {.m = m, .ask = *ask, .before = before, .edge = edge_mm, .fn = fn, .ctx = ctx};
    lm_status rc = LM_OK;
    *ask = NULL;
    if (!job.ask) {
        if (!(job.ask = lm_mem_alloc(m->nt, 1, err))) return LM_ENOMEM;
        memset(job.ask, 1, m->nt);
    }
    for (int round = 0; round < REFINE_ROUNDS && !rc; round++) {
        rc = lm_pool_run(lm_pool_threads(threads), (m->nt + REFINE_BLOCK - 1) / REFINE_BLOCK, refine_ask_task, &job, err);
        if (rc || (rc = refine_round(&job, err)) || !job.added) break;
    }
    for (size_t t = 0; t < m->nt; t++) job.ask[t] = job.ask[t] != 0;
    *ask = job.ask;
    return rc;
}
