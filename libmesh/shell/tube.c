/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Contents: 1 the lumen, 2 its ends, 3 the outer surface, 4 ends cut flat, 5 rings, 6 all */
#include "shell/tube.h"
#include "base/mem.h"
#include "repair/boolean.h"
#include "shell/prism.h"
#include "surface/audit.h"
#include "surface/topo.h"
#include "surface/triangulate.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* An end is flat when no vertex is farther off its plane than this part of the wall, or 4 units in the last place. */
#define TUBE_FLAT 1e-3
/* How far what is cut off reaches beyond an end and beside it, in walls. */
#define TUBE_REACH 1.5

typedef struct {
    double at[3], normal[3]; /* outward along the vessel */
    size_t first, n;         /* its vertices in `loop` */
} tube_end;

typedef struct {
    const lm_tube_opt *opt;
    lm_tube_facts *facts;
    double wall, tol;
    lm_mesh lumen; /* facing away from the lumen */
    tube_end end[LM_TUBE_ENDS];
    uint32_t *loop;
    lm_mesh outer; /* closed at first; then without what is beyond the ends; then without the ends */
    uint32_t *of;  /* per triangle of outer: where it is from */
    uint8_t *gone; /* per triangle of outer: it was the end number gone - 1 */
} tube_job;

/* ---- 1 the lumen ---- */

static double tube_dot(const double a[3], const double b[3])
{
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}

static void tube_turn(lm_mesh *m)
{
    for (size_t t = 0; t < m->nt; t++) {
        uint32_t x = m->tri[3 * t + 1];
        m->tri[3 * t + 1] = m->tri[3 * t + 2];
        m->tri[3 * t + 2] = x;
    }
}

/* Is triangle t a piece of the cap of a cut? */
static bool tube_capped(const tube_job *job, size_t t)
{
    for (size_t i = 0; i < job->opt->cuts; i++) {
        const lm_trim_plane *c = &job->opt->cut[i];
        bool on = true;
        for (size_t k = 0; k < 3 && on; k++) {
            const float *p = job->lumen.pos + 3 * (size_t)job->lumen.tri[3 * t + k];
            double d = c->normal[0] * p[0] + c->normal[1] * p[1] + c->normal[2] * p[2] - c->offset_mm;
            on = fabs(d) <= job->tol;
        }
        if (on) return true;
    }
    return false;
}

static lm_status tube_cut(tube_job *job, lm_err *err)
{
    lm_trim sum;
    size_t nt = 0;
    lm_mesh *m = &job->lumen;
    lm_status rc = LM_OK;
    for (size_t i = 0; i < job->opt->cuts && !rc; i++) {
        rc = lm_trim_run(m, &job->opt->cut[i], job->opt->hollow.threads, NULL, &sum, err);
        if (!rc && (!sum.cap_triangles || sum.shift_mm != 0))
            rc = lm_err_set(err, LM_ENO, NULL, "cut %zu does not go through the surface, or only beside its plane: move it", i + 1);
    }
    if (rc || !job->opt->cuts) return rc;
    for (size_t t = 0; t < m->nt; t++) {
        if (tube_capped(job, t)) continue;
        memmove(m->tri + 3 * nt++, m->tri + 3 * t, 3 * sizeof *m->tri);
    }
    m->nt = nt;
    return lm_boolean_compact(m, NULL, err);
}

/* Only the open edges may be wrong. */
static lm_status tube_sound(const tube_job *job, lm_err *err)
{
    char line[300];
    lm_audit x;
    lm_status rc = lm_audit_run(&job->lumen, &(lm_audit_opt){.threads = job->opt->hollow.threads}, &x, err);
    if (rc) return rc;
    if (!x.count[LM_FAULT_OPEN_EDGE])
        return lm_err_set(err, LM_ENO, NULL,
                          "the surface is closed: cut its ends open (--cut z=12.5mm, or another plane, for each)");
    x.count[LM_FAULT_OPEN_EDGE] = 0;
    for (int f = 0; f < LM_FAULTS; f++)
        if (x.count[f]) {
            lm_audit_line(&x, line, sizeof line);
            return lm_err_set(err, LM_ENO, NULL,
                              "the surface has more faults than open ends, repair it first (meshfix --skip holes): %s", line);
        }
    return LM_OK;
}

/* ---- 2 its ends ---- */

/* next[v]: the vertex before v at the border, so that lids run along; LM_TOPO_NONE inside. */
static lm_status tube_border(const lm_mesh *m, uint32_t **next, lm_err *err)
{
    lm_topo_corners corners = LM_TOPO_CORNERS_INIT;
    uint32_t *mate = lm_mem_alloc(m->nt, 3 * sizeof *mate, err);
    *next = lm_mem_alloc(m->nv, sizeof **next, err);
    lm_status rc = mate && *next ? lm_topo_corners_make(m, NULL, &corners, err) : LM_ENOMEM;
    if (!rc) rc = lm_topo_mates(m, &corners, mate, err);
    if (!rc) memset(*next, 0xff, m->nv * sizeof **next);
    for (size_t h = 0; h < 3 * m->nt && !rc; h++)
        if (mate[h] == LM_TOPO_NONE) (*next)[m->tri[h - h % 3 + (h + 1) % 3]] = m->tri[h];
    lm_topo_corners_release(&corners);
    free(mate);
    return rc;
}

/* Mean, normal (Newell) and flatness of a loop. */
static lm_status tube_plane(tube_job *job, tube_end *e, lm_err *err)
{
    const uint32_t *v = job->loop + e->first;
    double len, worst = 0;
    for (size_t i = 0; i < e->n; i++)
        for (size_t c = 0; c < 3; c++) e->at[c] += job->lumen.pos[3 * (size_t)v[i] + c] / (double)e->n;
    for (size_t i = 0; i < e->n; i++) {
        const float *p = job->lumen.pos + 3 * (size_t)v[i], *q = job->lumen.pos + 3 * (size_t)v[(i + 1) % e->n];
        for (int c = 0; c < 3; c++) {
            int a = (c + 1) % 3, b = (c + 2) % 3;
            e->normal[c] += (p[a] - e->at[a]) * (q[b] - e->at[b]) - (p[b] - e->at[b]) * (q[a] - e->at[a]);
        }
    }
    len = sqrt(tube_dot(e->normal, e->normal));
    for (int c = 0; c < 3; c++) e->normal[c] /= len;
    for (size_t i = 0; i < e->n; i++) {
        double d = 0;
        for (size_t c = 0; c < 3; c++) d += e->normal[c] * (job->lumen.pos[3 * (size_t)v[i] + c] - e->at[c]);
        worst = fabs(d) > worst ? fabs(d) : worst;
    }
    if (worst > job->facts->flat_mm) job->facts->flat_mm = worst;
    if (worst <= TUBE_FLAT * job->wall + job->tol) return LM_OK;
    return lm_err_set(
        err, LM_ENO, NULL,
        "the open end at (%.6g, %.6g, %.6g) is not flat: %.4g mm off its plane; close it (meshfix) and cut it flat (--cut)",
        e->at[0], e->at[1], e->at[2], worst);
}

static lm_status tube_ends(tube_job *job, lm_err *err)
{
    uint32_t *next = NULL;
    size_t n = 0;
    lm_status rc = tube_border(&job->lumen, &next, err);
    if (!rc && !(job->loop = lm_mem_alloc(job->lumen.nv, sizeof *job->loop, err))) rc = LM_ENOMEM;
    for (size_t v = 0; v < job->lumen.nv && !rc; v++) {
        if (next[v] == LM_TOPO_NONE) continue;
        tube_end *e = &job->end[job->facts->ends];
        if (job->facts->ends == LM_TUBE_ENDS) {
            rc = lm_err_set(err, LM_ENO, NULL, "the surface has more than %d open ends: fill its holes first (meshfix)",
                            (int)LM_TUBE_ENDS);
            break;
        }
        *e = (tube_end){.first = n};
        for (uint32_t w = (uint32_t)v; next[w] != LM_TOPO_NONE;) {
            uint32_t to = next[w];
            job->loop[n++] = w;
            next[w] = LM_TOPO_NONE;
            w = to;
        }
        e->n = n - e->first;
        job->facts->ends++;
        rc = tube_plane(job, e, err);
    }
    free(next);
    return rc;
}

static double tube_wedge(const double o[3], const double a[3], const double b[3], const double c[3])
{
    double u[3], v[3], w[3];
    for (int k = 0; k < 3; k++) u[k] = a[k] - o[k], v[k] = b[k] - o[k], w[k] = c[k] - o[k];
    return (u[0] * (v[1] * w[2] - v[2] * w[1]) + u[1] * (v[2] * w[0] - v[0] * w[2]) + u[2] * (v[0] * w[1] - v[1] * w[0])) / 6;
}

/* Within the surface and fans from the middles of its ends: below 0 when it faces into the lumen. */
static double tube_volume(const tube_job *job)
{
    const lm_mesh *m = &job->lumen;
    const double *o = job->end[0].at;
    double sum = 0, p[3][3];
    for (size_t t = 0; t < m->nt; t++) {
        for (size_t k = 0; k < 9; k++) p[k / 3][k % 3] = m->pos[3 * (size_t)m->tri[3 * t + k / 3] + k % 3];
        sum += tube_wedge(o, p[0], p[1], p[2]);
    }
    for (size_t i = 0; i < job->facts->ends; i++) {
        const tube_end *e = &job->end[i];
        for (size_t j = 0; j < e->n; j++) {
            for (size_t k = 0; k < 6; k++) p[k / 3][k % 3] = m->pos[3 * (size_t)job->loop[e->first + (j + k / 3) % e->n] + k % 3];
            sum += tube_wedge(o, e->at, p[0], p[1]);
        }
    }
    return sum;
}

/* The inside of outlines in the plane of an end, facing along its normal: vertices v of m, from[i] to to[i]. */
static lm_status tube_flat(lm_mesh *m, const tube_end *e, const uint32_t *v, size_t n, const uint32_t (*seg)[2], lm_err *err)
{
    int axis = 0;
    uint32_t *tri = NULL;
    size_t nt = 0;
    bool simple = false;
    float(*xy)[2] = lm_mem_alloc(n, sizeof *xy, err);
    if (!xy) return LM_ENOMEM;
    for (int c = 1; c < 3; c++)
        if (fabs(e->normal[c]) > fabs(e->normal[axis])) axis = c;
    int x = (axis + (e->normal[axis] > 0 ? 1 : 2)) % 3, y = 3 - axis - x;
    for (size_t i = 0; i < n; i++) {
        xy[i][0] = m->pos[3 * (size_t)v[i] + (size_t)x];
        xy[i][1] = m->pos[3 * (size_t)v[i] + (size_t)y];
    }
    lm_status rc = lm_triangulate_outlines((const float(*)[2])xy, n, seg, n, &tri, &nt, &simple, err);
    if (!rc && !simple)
        rc = lm_err_set(err, LM_ENO, NULL, "the open end at (%.6g, %.6g, %.6g) crosses itself or another: cut it elsewhere",
                        e->at[0], e->at[1], e->at[2]);
    size_t cap = 3 * m->nt;
    if (!rc && !(rc = lm_mem_grow(&m->tri, &cap, 3 * (m->nt + nt), sizeof *m->tri, err))) {
        for (size_t i = 0; i < 3 * nt; i++) m->tri[3 * m->nt + i] = v[tri[i]];
        m->nt += nt;
    }
    free(tri);
    free(xy);
    return rc;
}

/* ---- 3 the outer surface ---- */

/* The lumen with lids. */
static lm_status tube_close(tube_job *job, lm_mesh *closed, lm_err *err)
{
    lm_audit x;
    lm_status rc = lm_mesh_copy(&job->lumen, closed, err);
    for (size_t i = 0; i < job->facts->ends && !rc; i++) {
        const tube_end *e = &job->end[i];
        uint32_t(*seg)[2] = lm_mem_alloc(e->n, sizeof *seg, err);
        if (!seg) return LM_ENOMEM;
        for (size_t k = 0; k < e->n; k++) {
            seg[k][0] = (uint32_t)k;
            seg[k][1] = (uint32_t)((k + 1) % e->n);
        }
        rc = tube_flat(closed, e, job->loop + e->first, e->n, (const uint32_t(*)[2])seg, err);
        free(seg);
    }
    if (rc || (rc = lm_audit_run(closed, &(lm_audit_opt){.threads = job->opt->hollow.threads}, &x, err))) return rc;
    job->facts->lumen_mm3 = fabs(x.volume_mm3);
    if (x.valid) return LM_OK;
    char line[300];
    lm_audit_line(&x, line, sizeof line);
    return lm_err_set(err, LM_ENO, NULL, "the surface with its open ends closed is no solid: %s", line);
}

/* All of the wall of the box's hollow but what belongs to the box itself. */
static lm_status tube_pick(tube_job *job, const lm_mesh *all, lm_err *err)
{
    lm_topo topo = LM_TOPO_INIT;
    size_t first = job->facts->hollow.outer_triangles, nt = 0;
    lm_mesh in = {.nv = all->nv, .nt = all->nt - first, .pos = all->pos, .tri = all->tri + 3 * first};
    lm_status rc = lm_topo_make(&in, NULL, job->opt->hollow.threads, &topo, err);
    if (rc) return rc;
    uint32_t box = 0;
    float least = INFINITY;
    for (size_t h = 0; h < 3 * in.nt; h++) {
        float x = in.pos[3 * (size_t)in.tri[h]];
        if (x >= least) continue;
        least = x;
        box = topo.comp[h / 3];
    }
    rc = lm_mesh_copy(&in, &job->outer, err);
    for (size_t t = 0; t < in.nt && !rc; t++)
        if (topo.comp[t] != box) memcpy(job->outer.tri + 3 * nt++, in.tri + 3 * t, 3 * sizeof *in.tri);
    if (!rc) job->outer.nt = nt;
    lm_topo_release(&topo);
    return rc ? rc : lm_boolean_compact(&job->outer, NULL, err);
}

static lm_status tube_outer(tube_job *job, lm_err *err)
{
    lm_mesh closed = LM_MESH_INIT, box = LM_MESH_INIT, both = LM_MESH_INIT, wall = LM_MESH_INIT;
    double lo[3], hi[3];
    lm_status rc = tube_close(job, &closed, err);
    if (rc) goto done;
    lm_mesh_box(&closed, lo, hi);
    for (int c = 0; c < 3; c++) { /* between the wall around the lumen and that of the box there is room for a third */
        lo[c] -= 3 * job->wall;
        hi[c] += 3 * job->wall;
    }
    if ((rc = lm_boolean_box(lo, hi, &box, err)) || (rc = lm_boolean_append(&box, &closed, true, &both, err)) ||
        (rc = lm_hollow(&both, &job->opt->hollow, &wall, &job->facts->hollow, err)))
        goto done;
    rc = tube_pick(job, &wall, err);
done:
    lm_mesh_release(&closed);
    lm_mesh_release(&box);
    lm_mesh_release(&both);
    lm_mesh_release(&wall);
    return rc;
}

/* ---- 4 ends cut flat ---- */

/* What lies beyond the plane of each end, as far as the wall can reach: a box whose first two triangles are in the plane. */
static lm_status tube_tools(const tube_job *job, lm_mesh *out, lm_err *err)
{
    lm_status rc = LM_OK;
    for (size_t i = 0; i < job->facts->ends && !rc; i++) {
        const tube_end *e = &job->end[i];
        const double reach = TUBE_REACH * job->wall;
        double u[3], w[3], lo[3] = {INFINITY, INFINITY, 0}, hi[3] = {-INFINITY, -INFINITY, reach};
        lm_mesh box = LM_MESH_INIT;
        lm_prism_frame(e->normal, u, w);
        for (size_t k = 0; k < e->n; k++) {
            const float *p = job->lumen.pos + 3 * (size_t)job->loop[e->first + k];
            double d[3] = {p[0] - e->at[0], p[1] - e->at[1], p[2] - e->at[2]}, x[2] = {tube_dot(d, u), tube_dot(d, w)};
            for (int c = 0; c < 2; c++) {
                lo[c] = x[c] - reach < lo[c] ? x[c] - reach : lo[c];
                hi[c] = x[c] + reach > hi[c] ? x[c] + reach : hi[c];
            }
        }
        if (!(rc = lm_boolean_box(lo, hi, &box, err))) {
            for (size_t v = 0; v < 8; v++)
                for (size_t c = 0; c < 3; c++)
                    box.pos[3 * v + c] = (float)(e->at[c] + (v & 1 ? hi : lo)[0] * u[c] + (v & 2 ? hi : lo)[1] * w[c] +
                                                 (v & 4 ? hi : lo)[2] * e->normal[c]);
            rc = lm_boolean_append(out, &box, false, out, err);
        }
        lm_mesh_release(&box);
    }
    return rc;
}

static lm_status tube_flatten(tube_job *job, lm_err *err)
{
    lm_mesh tools = LM_MESH_INIT, cut = LM_MESH_INIT;
    size_t was = job->outer.nt, nt = 0;
    lm_status rc = tube_tools(job, &tools, err);
    if (!rc) rc = lm_boolean_minus(&job->outer, &tools, job->opt->hollow.threads, &cut, &job->of, err);
    lm_mesh_release(&tools);
    lm_mesh_release(&job->outer);
    job->outer = cut;
    if (!rc && !(job->gone = lm_mem_calloc(cut.nv, 1, err))) rc = LM_ENOMEM;
    for (size_t t = 0; t < cut.nt && !rc; t++) { /* the flat ends go: they mark their corners */
        size_t from = job->of[t], end = from < was ? 0 : (from - was) / 12 + 1;
        if (end && (from - was) % 12 > 1) {
            const double *at = job->end[end - 1].at;
            rc = lm_err_set(err, LM_ENO, NULL,
                            "another branch is within %.4g mm of the open end at (%.6g, %.6g, %.6g): cut it elsewhere",
                            TUBE_REACH * job->wall, at[0], at[1], at[2]);
        }
        for (size_t k = 0; k < 3 && end; k++) job->gone[cut.tri[3 * t + k]] = (uint8_t)end;
        if (!end) memmove(job->outer.tri + 3 * nt++, cut.tri + 3 * t, 3 * sizeof *cut.tri);
    }
    job->outer.nt = nt;
    return rc;
}

/* ---- 5 rings ---- */

static lm_status tube_rings(const tube_job *job, lm_mesh *m, lm_err *err)
{
    uint32_t *next = NULL, *v = NULL, *at = NULL;
    uint32_t(*seg)[2] = NULL;
    lm_status rc = tube_border(m, &next, err);
    if (!rc && (!(v = lm_mem_alloc(m->nv, sizeof *v, err)) || !(at = lm_mem_alloc(m->nv, sizeof *at, err)) ||
                !(seg = lm_mem_alloc(m->nv, sizeof *seg, err))))
        rc = LM_ENOMEM;
    for (size_t i = 0; i < job->facts->ends && !rc; i++) {
        const tube_end *e = &job->end[i];
        size_t n = 0;
        for (size_t k = 0; k < e->n; k++) v[n++] = job->loop[e->first + k];
        for (size_t k = 0; k < job->outer.nv; k++)
            if (job->gone[k] == i + 1 && next[job->lumen.nv + k] != LM_TOPO_NONE) v[n++] = (uint32_t)(job->lumen.nv + k);
        for (size_t k = 0; k < n; k++) at[v[k]] = (uint32_t)k;
        for (size_t k = 0; k < n; k++) {
            seg[k][0] = (uint32_t)k;
            seg[k][1] = at[next[v[k]]];
        }
        rc = tube_flat(m, e, v, n, (const uint32_t(*)[2])seg, err);
    }
    free(next);
    free(v);
    free(at);
    free(seg);
    return rc;
}

/* ---- 6 all ---- */

static lm_status tube_prepare(tube_job *job, const lm_mesh *m, lm_err *err)
{
    double lo[3], hi[3], far = 0;
    lm_mesh_box(m, lo, hi);
    for (int c = 0; c < 3; c++) far = fmax(far, fmax(fabs(lo[c]), fabs(hi[c])));
    job->tol = far * 0x1p-21; /* 4 units in the last place */
    lm_status rc = lm_mesh_copy(m, &job->lumen, err);
    if (rc || (rc = tube_cut(job, err)) || (rc = tube_sound(job, err))) return rc;
    if ((rc = tube_ends(job, err))) return rc;
    if (tube_volume(job) < 0) {
        tube_turn(&job->lumen);
        free(job->loop);
        job->loop = NULL;
        job->facts->ends = 0;
        if ((rc = tube_ends(job, err))) return rc;
    }
    job->facts->lumen_vertices = job->lumen.nv;
    job->facts->lumen_triangles = job->lumen.nt;
    return LM_OK;
}

lm_status lm_tube(const lm_mesh *m, const lm_tube_opt *opt, lm_mesh *out, lm_tube_facts *facts, lm_err *err)
{
    tube_job job = {.opt = opt, .facts = facts, .wall = opt->hollow.wall_mm};
    *facts = (lm_tube_facts){.before_mm3 = lm_mesh_volume(m)};
    lm_mesh_release(out);
    if (!(job.wall > 0) || !isfinite(job.wall))
        return lm_err_set(err, LM_EUSAGE, NULL, "a wall of %g mm: a length above 0 is needed", job.wall);
    lm_status rc = tube_prepare(&job, m, err);
    if (rc || (rc = tube_outer(&job, err)) || (rc = tube_flatten(&job, err))) goto done;
    if ((rc = lm_boolean_append(&job.lumen, &job.outer, false, out, err))) goto done;
    tube_turn(&(lm_mesh){.nt = job.lumen.nt, .tri = out->tri});
    out->space = m->space;
    if (!(rc = tube_rings(&job, out, err))) rc = lm_boolean_compact(out, NULL, err);
done:
    lm_mesh_release(&job.lumen);
    lm_mesh_release(&job.outer);
    free(job.loop);
    free(job.of);
    free(job.gone);
    if (rc) lm_mesh_release(out);
    return rc;
}
