/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "repair/admesh.h"
#include "base/child.h"
#include "base/mem.h"
#include "surface/join.h"
#include "surface/split.h"

#include <admesh/stl.h>
#include <fcntl.h>
#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* Of a child: generous, so that it ends what is hopeless and nothing else. A facet takes about 300 bytes. */
enum { ADMESH_MEMORY = 1 << 30, ADMESH_PER_FACET = 1024, ADMESH_FACETS_PER_SECOND = 10000 };

/* stl_open is never called: on some valid files it does not return, and it prints. stl_verify_neighbors and the nearby
 * matching print on standard output and are not called either. */
static lm_status admesh_feed(const lm_mesh *m, stl_file *stl, lm_err *err)
{
    stl_initialize(stl);
    stl->stats.type = inmemory;
    stl->stats.number_of_facets = (int)m->nt;
    stl->stats.original_num_facets = (int)m->nt;
    /* As stl_allocate, which would print on a failure and go on with NULL. */
    if (!(stl->facet_start = lm_mem_calloc(m->nt, sizeof *stl->facet_start, err)) ||
        !(stl->neighbors_start = lm_mem_calloc(m->nt, sizeof *stl->neighbors_start, err)))
        return LM_ENOMEM;
    stl->stats.facets_malloced = (int)m->nt;
    for (size_t t = 0; t < m->nt; t++) {
        stl_facet *f = &stl->facet_start[t];
        for (size_t k = 0; k < 3; k++) {
            const float *p = m->pos + 3 * (size_t)m->tri[3 * t + k];
            f->vertex[k] = (stl_vertex){p[0], p[1], p[2]};
        }
        float n[3];
        stl_calculate_normal(n, f); /* its volume needs them */
        stl_normalize_vector(n);
        f->normal = (stl_normal){n[0], n[1], n[2]};
        stl_facet_stats(stl, *f, t == 0);
    }
    stl_get_size(stl);
    return LM_OK;
}

typedef struct {
    const lm_mesh *mesh;
    lm_admesh_result out;
    lm_err err;
} admesh_job;

static lm_status admesh_verdict(const lm_mesh *m, lm_admesh_result *out, lm_err *err)
{
    stl_file stl;
    *out = (lm_admesh_result){.facets = m->nt};
    lm_status rc = admesh_feed(m, &stl, err);
    if (!rc) {
        stl_check_facets_exact(&stl);
        const stl_stats *s = &stl.stats;
        size_t n = (size_t)s->number_of_facets;
        out->degenerate = (size_t)s->degenerate_facets;
        out->open_edges = 3 * n - (size_t)s->connected_edges;
        out->open_1 = (size_t)(s->connected_facets_2_edge - s->connected_facets_3_edge);
        out->open_2 = (size_t)(s->connected_facets_1_edge - s->connected_facets_2_edge);
        out->open_3 = n - (size_t)s->connected_facets_1_edge;
        if (n > 0) {
            stl_calculate_volume(&stl);
            out->volume_mm3 = s->volume;
            stl_fix_normal_directions(&stl); /* counts parts and facets it turns; the facets are thrown away */
            out->reversed = (size_t)s->facets_reversed;
            out->parts = (size_t)s->number_of_parts;
        }
        out->good = !out->degenerate && !out->open_edges && !out->reversed && out->volume_mm3 > 0;
        if (stl_get_error(&stl)) rc = lm_err_nomem(err, 0);
    }
    stl_clear_error(&stl);
    stl_close(&stl);
    return rc;
}

static int admesh_in_child(void *ctx, size_t item)
{
    admesh_job *j = ctx;
    (void)item;
    return (int)admesh_verdict(j->mesh, &j->out, &j->err);
}

/* ---- facets that nearly meet ---- */

typedef struct {
    const lm_mesh *mesh;
    double tol, move;
    size_t facets, moved;
    lm_spots where;
    float *pos; /* of nine numbers each, shared */
    lm_err err;
} admesh_near;

static lm_status admesh_match(admesh_near *j, lm_err *err)
{
    stl_file stl;
    int null = open("/dev/null", O_WRONLY);
    if (null < 0 || dup2(null, STDOUT_FILENO) < 0) return lm_err_set(err, LM_EIO, NULL, "cannot open /dev/null"); /* it prints */
    lm_status rc = admesh_feed(j->mesh, &stl, err);
    if (rc) return rc;
    stl_check_facets_exact(&stl); /* drops facets with two equal corners */
    j->facets = (size_t)stl.stats.number_of_facets;
    for (size_t t = 0; t < j->facets; t++) memcpy(j->pos + 9 * t, stl.facet_start[t].vertex, 9 * sizeof(float));
    if (stl.stats.connected_facets_3_edge < stl.stats.number_of_facets) stl_check_facets_nearby(&stl, (float)j->tol);
    for (size_t t = 0; t < j->facets; t++)
        for (size_t k = 0; k < 3; k++) {
            const stl_vertex *v = &stl.facet_start[t].vertex[k];
            float *was = j->pos + 9 * t + 3 * k, now[3] = {v->x, v->y, v->z};
            double d[3] = {(double)now[0] - was[0], (double)now[1] - was[1], (double)now[2] - was[2]};
            double far = sqrt(d[0] * d[0] + d[1] * d[1] + d[2] * d[2]);
            if (far > 0) lm_spots_add(&j->where, was);
            j->moved += far > 0;
            if (far > j->move) j->move = far;
            memcpy(was, now, sizeof now);
        }
    if (stl_get_error(&stl)) rc = lm_err_nomem(err, 0);
    stl_clear_error(&stl);
    stl_close(&stl);
    return rc;
}

static int admesh_match_in_child(void *ctx, size_t item)
{
    admesh_near *j = ctx;
    (void)item;
    return (int)admesh_match(j, &j->err);
}

/* The facets as a mesh, corners at one position joined. */
static lm_status admesh_take(const admesh_near *j, lm_mesh *m, lm_err *err)
{
    lm_join join = LM_JOIN_INIT;
    uint32_t *index = lm_mem_alloc(j->facets, 3 * sizeof *index, err);
    lm_mesh out = LM_MESH_INIT;
    lm_status rc = index ? lm_join_add(&join, j->pos, 3 * j->facets, index, err) : LM_ENOMEM;
    if (!rc && !(rc = lm_mesh_alloc(&out, join.n, j->facets, err))) {
        memcpy(out.pos, join.pos, 3 * join.n * sizeof *out.pos);
        memcpy(out.tri, index, 3 * j->facets * sizeof *out.tri);
        out.space = m->space;
        out.parts = m->parts;
        m->parts = (lm_parts)LM_PARTS_INIT;
        lm_mesh_release(m);
        *m = out;
    }
    lm_join_release(&join);
    free(index);
    return rc;
}

lm_status lm_admesh_nearby(lm_mesh *m, double tol_mm, size_t *moved, double *max_move_mm, lm_spots *where, lm_err *err)
{
    size_t bytes, pos_bytes;
    lm_child_end end;
    *moved = 0;
    *max_move_mm = 0;
    if (m->nt == 0) return LM_OK;
    if (m->nt > INT_MAX / 3) return lm_err_set(err, LM_ERANGE, NULL, "%zu triangles: admesh counts edges up to %d", m->nt, INT_MAX);
    admesh_near *j = lm_child_map(1, sizeof *j, &bytes, err);
    if (!j) return LM_ENOMEM;
    *j = (admesh_near){.mesh = m, .tol = tol_mm, .pos = lm_child_map(m->nt, 9 * sizeof(float), &pos_bytes, err)};
    lm_child_job job = {.n = 1,
                        .children = 1,
                        .max_memory = ADMESH_MEMORY + m->nt * ADMESH_PER_FACET,
                        .seconds = 60 + (unsigned)(m->nt / ADMESH_FACETS_PER_SECOND),
                        .fn = admesh_match_in_child,
                        .ctx = j};
    lm_status rc = j->pos ? lm_child_run(&job, &end, err) : LM_ENOMEM;
    if (!rc && end.why == LM_CHILD_FAILED) {
        rc = (lm_status)end.code;
        if (err) *err = j->err;
    } else if (!rc && end.why != LM_CHILD_DONE)
        rc = lm_err_set(err, LM_ENOMEM, NULL, "libadmesh %s while it matched %zu triangles: leave --nearby out",
                        end.why == LM_CHILD_TIME ? "came to no end" : "broke off", m->nt);
    if (!rc && j->moved && !(rc = admesh_take(j, m, err))) {
        *moved = j->moved;
        *max_move_mm = j->move;
        lm_spots_merge(where, &j->where);
    }
    if (j->pos) munmap(j->pos, pos_bytes);
    munmap(j, bytes);
    return rc;
}

/* ---- the verdict ---- */

static lm_status admesh_body(const lm_mesh *m, lm_admesh_result *out, lm_err *err)
{
    size_t bytes;
    lm_child_end end;
    if (m->nt == 0) return lm_err_set(err, LM_ERANGE, NULL, "the mesh has no triangle: there is nothing for admesh to check");
    if (m->nt > INT_MAX / 3) return lm_err_set(err, LM_ERANGE, NULL, "%zu triangles: admesh counts edges up to %d", m->nt, INT_MAX);
    admesh_job *j = lm_child_map(1, sizeof *j, &bytes, err);
    if (!j) return LM_ENOMEM;
    j->mesh = m;
    lm_child_job job = {.n = 1,
                        .children = 1,
                        .max_memory = ADMESH_MEMORY + m->nt * ADMESH_PER_FACET,
                        .seconds = 60 + (unsigned)(m->nt / ADMESH_FACETS_PER_SECOND),
                        .fn = admesh_in_child,
                        .ctx = j};
    lm_status rc = lm_child_run(&job, &end, err);
    if (!rc && end.why == LM_CHILD_FAILED) {
        rc = (lm_status)end.code;
        if (err) *err = j->err;
    } else if (!rc && end.why != LM_CHILD_DONE)
        rc = lm_err_set(err, LM_ENOMEM, NULL, "libadmesh %s on %zu triangles: out of memory?",
                        end.why == LM_CHILD_TIME ? "came to no end" : "broke off", m->nt);
    *out = j->out;
    munmap(j, bytes);
    return rc;
}

static void admesh_add(lm_admesh_result *to, const lm_admesh_result *from)
{
    to->facets += from->facets;
    to->degenerate += from->degenerate;
    to->open_edges += from->open_edges;
    to->open_1 += from->open_1;
    to->open_2 += from->open_2;
    to->open_3 += from->open_3;
    to->reversed += from->reversed;
    to->parts += from->parts;
    to->volume_mm3 += from->volume_mm3;
    to->good &= from->good;
}

lm_status lm_admesh_check(const lm_mesh *m, lm_admesh_result *out, lm_err *err)
{
    lm_split s = LM_SPLIT_INIT;
    lm_mesh part = LM_MESH_INIT;
    if (!m->label) return admesh_body(m, out, err);
    lm_status rc = lm_split_make(m, &s, err);
    *out = (lm_admesh_result){.good = s.n > 0};
    uint32_t *now = rc ? NULL : lm_split_scratch(m, err);
    if (!rc && !now) rc = LM_ENOMEM;
    for (size_t i = 0; i < s.n && !rc; i++) {
        lm_admesh_result one;
        if (!(rc = lm_split_part(m, &s, i, now, &part, NULL, err)) && !(rc = admesh_body(&part, &one, err))) admesh_add(out, &one);
    }
    free(now);
    lm_mesh_release(&part);
    lm_split_release(&s);
    return rc;
}
