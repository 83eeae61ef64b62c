/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "surface/voxelize.h"
#include "base/mem.h"
#include "base/pool.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { VOXELIZE_SLAB = 16, VOXELIZE_SAMPLES = 1 << 22 }; /* planes per slab, and samples per slab if that is fewer planes */

typedef struct {
    const lm_mesh *m;
    const lm_vol *grid;
    double inv[3][3];
    int sign;            /* -1 where index space is mirrored */
    size_t planes;       /* per slab */
    const size_t *start; /* start[s] .. start[s+1]: the triangles of slab s in list */
    const uint32_t *list;
    int32_t **delta; /* per worker: change of the winding number at each sample of a slab */
    lm_voxelize_fn fn;
    void *ctx;
} voxelize_job;

static size_t voxelize_planes(const lm_vol *g)
{
    size_t plane = g->n[0] * g->n[1], fit = plane < VOXELIZE_SAMPLES ? VOXELIZE_SAMPLES / plane : 1;
    return fit < VOXELIZE_SLAB ? fit : VOXELIZE_SLAB;
}

size_t lm_voxelize_slabs(const lm_vol *g)
{
    size_t s = voxelize_planes(g);
    return (g->n[2] - 1) / s + 1;
}

/* Vertex v in index coordinates: a function of v alone, so that all its triangles see the same point. */
static void voxelize_vertex(const voxelize_job *job, uint32_t v, double p[3])
{
    const float *x = job->m->pos + 3 * (size_t)v;
    double d[3];
    for (int c = 0; c < 3; c++) d[c] = x[c] - job->grid->origin[c];
    for (int a = 0; a < 3; a++) p[a] = job->inv[a][0] * d[0] + job->inv[a][1] * d[1] + job->inv[a][2] * d[2];
}

/* First and last grid number in [lo, hi) moved by an infinitesimal + : those n with lo <= n < hi. False when none. */
static bool voxelize_range(double lo, double hi, size_t n, size_t *first, size_t *last)
{
    double a = ceil(lo), b = ceil(hi) - 1;
    if (a < 0) a = 0;
    if (b > (double)(n - 1)) b = (double)(n - 1);
    if (!(a <= b)) return false;
    *first = (size_t)a;
    *last = (size_t)b;
    return true;
}

static double voxelize_min(double a, double b, double c)
{
    return a < b ? (a < c ? a : c) : b < c ? b : c;
}

static double voxelize_max(double a, double b, double c)
{
    return a > b ? (a > c ? a : c) : b > c ? b : c;
}

/* Slabs that a triangle reaches into; false when none. */
static bool voxelize_reach(const voxelize_job *job, size_t t, size_t *first, size_t *last)
{
    double p[3][3];
    size_t lo, hi;
    for (size_t k = 0; k < 3; k++) voxelize_vertex(job, job->m->tri[3 * t + k], p[k]);
    if (!voxelize_range(voxelize_min(p[0][2], p[1][2], p[2][2]), voxelize_max(p[0][2], p[1][2], p[2][2]), job->grid->n[2], &lo,
                        &hi))
        return false;
    *first = lo / job->planes;
    *last = hi / job->planes;
    return true;
}

/* Where plane k cuts the edge a-b, measured along axis c: computed from the lower end to the upper one, so that both
 * triangles at the edge get the same number. Ends at one height never come here. */
static double voxelize_cut(const double *a, const double *b, double k, int c)
{
    const double *lo = a[2] < b[2] ? a : b, *hi = a[2] < b[2] ? b : a;
    double s = (k - lo[2]) / (hi[2] - lo[2]), x = lo[c] + s * (hi[c] - lo[c]);
    double least = lo[c] < hi[c] ? lo[c] : hi[c], most = lo[c] < hi[c] ? hi[c] : lo[c];
    return x < least ? least : x > most ? most : x;
}

/* Plane k (taken as k + 0) cuts triangle p in a segment from the edge that goes down through the plane to the one that
 * goes up; rows j within the segment's half-open range are crossed once. Both ends of the segment are shared with the
 * neighbours bit by bit, so the segments of a closed mesh form closed polygons in the plane. */
static void voxelize_plane(const voxelize_job *job, double p[3][3], size_t k, int32_t *delta)
{
    double z = (double)k, end[2][2]; /* [down, up][i, j] */
    int found = 0;
    for (int e = 0; e < 3; e++) {
        const double *a = p[e], *b = p[(e + 1) % 3];
        bool below_a = a[2] <= z, below_b = b[2] <= z;
        if (below_a == below_b) continue;
        for (int c = 0; c < 2; c++) end[below_a][c] = voxelize_cut(a, b, z, c);
        found++;
    }
    if (found != 2) return; /* wholly on one side */
    const double *d = end[0], *u = end[1];
    double lo = d[1] < u[1] ? d[1] : u[1], hi = d[1] < u[1] ? u[1] : d[1];
    size_t first, last;
    if (!voxelize_range(lo, hi, job->grid->n[1], &first, &last)) return;
    /* counter-clockwise seen from outside: where the segment runs up in j, the outside is on the side of +i */
    int32_t sign = (u[1] > d[1] ? -1 : 1) * job->sign;
    size_t nx = job->grid->n[0];
    const double *s = d[1] < u[1] ? d : u, *t = d[1] < u[1] ? u : d;
    for (size_t j = first; j <= last; j++) {
        double x = s[0] + ((double)j - s[1]) / (t[1] - s[1]) * (t[0] - s[0]);
        double least = s[0] < t[0] ? s[0] : t[0], most = s[0] < t[0] ? t[0] : s[0];
        x = x < least ? least : x > most ? most : x;
        double i = ceil(x); /* first sample behind the crossing; a sample on it counts as behind */
        if (i < (double)nx) delta[j * nx + (i > 0 ? (size_t)i : 0)] += sign;
    }
}

static lm_status voxelize_slab(void *ctx, size_t slab, int worker, lm_err *err)
{
    voxelize_job *job = ctx;
    const size_t *n = job->grid->n, plane = n[0] * n[1], k0 = slab * job->planes;
    size_t k1 = k0 + job->planes < n[2] ? k0 + job->planes : n[2];
    int32_t *delta = job->delta[worker];
    memset(delta, 0, (k1 - k0) * plane * sizeof *delta);
    for (size_t at = job->start[slab]; at < job->start[slab + 1]; at++) {
        double p[3][3];
        size_t lo, hi;
        for (size_t c = 0; c < 3; c++) voxelize_vertex(job, job->m->tri[3 * (size_t)job->list[at] + c], p[c]);
        if (!voxelize_range(voxelize_min(p[0][2], p[1][2], p[2][2]), voxelize_max(p[0][2], p[1][2], p[2][2]), n[2], &lo, &hi))
            continue;
        for (size_t k = lo > k0 ? lo : k0; k <= hi && k < k1; k++) voxelize_plane(job, p, k, delta + (k - k0) * plane);
    }
    for (size_t k = k0; k < k1; k++)
        for (size_t j = 0; j < n[1]; j++) {
            int32_t *d = delta + (k - k0) * plane + j * n[0];
            for (size_t i = 1; i < n[0]; i++) d[i] += d[i - 1];
            lm_status rc = job->fn(job->ctx, slab, j, k, d, err);
            if (rc) return rc;
        }
    return LM_OK;
}

lm_status lm_voxelize(const lm_mesh *m, const lm_vol *grid, int threads, lm_voxelize_fn fn, void *ctx, lm_err *err)
{
    lm_arena scratch = LM_ARENA_INIT;
    size_t slabs = lm_voxelize_slabs(grid), *start;
    int workers = lm_pool_threads(threads);
    voxelize_job job = {
        .m = m, .grid = grid, .sign = lm_vol_det(grid) < 0 ? -1 : 1, .planes = voxelize_planes(grid), .fn = fn, .ctx = ctx};
    lm_status rc = lm_vol_check(grid, err);
    if (rc) return rc;
    if ((size_t)workers > slabs) workers = (int)slabs;
    lm_vol_inverse(grid, job.inv);
    rc = LM_ENOMEM;
    uint32_t *list = NULL;
    if (!(start = lm_arena_alloc(&scratch, slabs + 2, sizeof *start, err)) ||
        !(job.delta = lm_arena_alloc(&scratch, (size_t)workers, sizeof *job.delta, err)))
        goto done;
    for (int w = 0; w < workers; w++)
        if (!(job.delta[w] = lm_arena_alloc(&scratch, grid->n[0] * grid->n[1] * job.planes, sizeof **job.delta, err))) goto done;
    memset(start, 0, (slabs + 2) * sizeof *start);
    for (int fill = 0; fill < 2; fill++) { /* count two places on, then put in place one place on */
        for (size_t t = 0; t < m->nt; t++) {
            size_t first, last;
            if (!voxelize_reach(&job, t, &first, &last)) continue;
            for (size_t s = first; s <= last; s++) {
                if (fill) list[start[s + 1]++] = (uint32_t)t;
                else start[s + 2]++;
            }
        }
        if (fill) break;
        for (size_t s = 2; s < slabs + 2; s++) start[s] += start[s - 1];
        if (!(list = lm_arena_alloc(&scratch, start[slabs + 1], sizeof *list, err))) goto done;
    }
    job.start = start;
    job.list = list;
    rc = lm_pool_run(workers, slabs, voxelize_slab, &job, err);
done:
    lm_arena_release(&scratch);
    return rc;
}

/* ---- overlap ---- */

typedef struct {
    const lm_vol *vol;
    const size_t *near;
    lm_overlap *slab; /* one per slab, added in order */
} voxelize_both;

/* Is the mask the same at all samples near (i,j,k)? */
static bool voxelize_deep(const voxelize_both *b, size_t i, size_t j, size_t k, bool mask)
{
    const lm_vol *v = b->vol;
    const size_t at[3] = {i, j, k};
    size_t lo[3], hi[3];
    for (int a = 0; a < 3; a++) {
        lo[a] = at[a] > b->near[a] ? at[a] - b->near[a] : 0;
        hi[a] = v->n[a] - at[a] > b->near[a] ? at[a] + b->near[a] : v->n[a] - 1;
    }
    for (size_t z = lo[2]; z <= hi[2]; z++)
        for (size_t y = lo[1]; y <= hi[1]; y++)
            for (size_t x = lo[0]; x <= hi[0]; x++)
                if ((lm_vol_at(v, (z * v->n[1] + y) * v->n[0] + x) >= v->iso) != mask) return false;
    return true;
}

static lm_status voxelize_compare(void *ctx, size_t slab, size_t j, size_t k, const int32_t *turns, lm_err *err)
{
    enum { BLOCK = 512 };
    const voxelize_both *b = ctx;
    const lm_vol *v = b->vol;
    lm_overlap *o = &b->slab[slab];
    double f[BLOCK];
    (void)err;
    for (size_t i = 0; i < v->n[0]; i += BLOCK) {
        size_t n = v->n[0] - i < BLOCK ? v->n[0] - i : BLOCK;
        lm_vol_row_f64(v, (k * v->n[1] + j) * v->n[0] + i, n, f);
        for (size_t c = 0; c < n; c++) {
            bool mask = f[c] >= v->iso;
            o->mesh += turns[i + c] > 0;
            o->mask += mask;
            o->both += mask && turns[i + c] > 0;
            if (mask != (turns[i + c] > 0)) o->misplaced += voxelize_deep(b, i + c, j, k, mask);
        }
    }
    return LM_OK;
}

lm_status lm_voxelize_overlap(const lm_mesh *m, const lm_vol *vol, const size_t near[3], int threads, lm_overlap *out, lm_err *err)
{
    size_t slabs = lm_voxelize_slabs(vol);
    voxelize_both b = {.vol = vol, .near = near, .slab = lm_mem_calloc(slabs, sizeof *b.slab, err)};
    *out = (lm_overlap){0};
    if (!b.slab) return LM_ENOMEM;
    lm_status rc = lm_voxelize(m, vol, threads, voxelize_compare, &b, err);
    for (size_t s = 0; s < slabs && !rc; s++) {
        out->mesh += b.slab[s].mesh;
        out->mask += b.slab[s].mask;
        out->both += b.slab[s].both;
        out->misplaced += b.slab[s].misplaced;
    }
    free(b.slab);
    double sum = (double)out->mesh + (double)out->mask, both = (double)out->both;
    out->dice = sum > 0 ? 2 * both / sum : 0;
    out->jaccard = sum > 0 ? both / (sum - both) : 0;
    return rc;
}
