/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Contents: 1 clamp, 2 classification into bit rows, 3 counting, 4 vertices, 5 triangles, 6 the passes
 *
 * One bit per sample says inside. Everything that is counted follows from these bits: an edge is crossed where two
 * neighbouring bits differ, a cell is active where its eight bits do, so that the counting passes touch one bit per sample
 * instead of the samples themselves. Rows are those of the grid padded by one outside sample on every side (closed). */
#include "surface/mcubes.h"
#include "surface/mctable.h"
#include "surface/trilinear.h"
#include "base/mem.h"
#include "base/pool.h"
#include "volume/mask.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

typedef struct {
    uint64_t x, y, z, c, t; /* first vertex on the row's x-, y-, z-edges, inside its cells; first triangle of its cells */
} mcubes_row;

typedef struct {
    const lm_vol *vol;
    double iso, clamp;
    int pad;         /* 1: one virtual outside sample around the volume */
    bool flip;       /* the grid is left-handed: swap two vertices of every triangle */
    size_t m[3];     /* samples of the padded grid */
    size_t words;    /* 64-bit words per bit row; at least one spare bit, spare bits are 0 */
    uint64_t *bits;  /* m[2] * m[1] rows */
    mcubes_row *row; /* m[2] * m[1]: counts, then offsets */
    const lm_mctable *table;
    lm_mesh *out;
} mcubes_job;

/* ---- 1 clamp ---- */

lm_status lm_mcubes_clamp(const lm_vol *vol, double *clamp, lm_err *err)
{
    double largest = 0;
    for (int corner = 0; corner < 8; corner++) {
        double ijk[3], p[3];
        for (int a = 0; a < 3; a++) ijk[a] = corner >> a & 1 ? (double)vol->n[a] - 0.5 : -0.5;
        lm_vol_to_world(vol, ijk, p);
        for (int a = 0; a < 3; a++)
            if (fabs(p[a]) > largest) largest = fabs(p[a]);
    }
    int exponent;
    frexp(largest, &exponent); /* largest < 2^exponent: the unit in the last place of float32 there is 2^(exponent-24) */
    double need = 8 * ldexp(1, exponent - 24) / lm_vol_min_spacing(vol);
    *clamp = need < 1e-3 ? 1e-3 : need;
    if (*clamp <= 1e-2) return LM_OK;
    return lm_err_set(err, LM_ERANGE, NULL,
                      "float32 cannot tell vertices apart here: coordinates up to %.6g mm at a grid spacing of %.3g mm; shift the "
                      "origin nearer to 0",
                      largest, lm_vol_min_spacing(vol));
}

/* ---- 2 classification ---- */

static uint64_t *mcubes_bits(const mcubes_job *job, size_t j, size_t k)
{
    return job->bits + (k * job->m[1] + j) * job->words;
}

static lm_status mcubes_pass_bits(void *ctx, size_t k, int worker, lm_err *err)
{
    (void)worker;
    const mcubes_job *job = ctx;
    const size_t pad = (size_t)job->pad, *n = job->vol->n;
    memset(mcubes_bits(job, 0, k), 0, job->m[1] * job->words * sizeof(uint64_t));
    if (k < pad || k - pad >= n[2]) return LM_OK;
    for (size_t j = 0; j < n[1]; j++) {
        uint64_t *row = mcubes_bits(job, j + pad, k);
        if (lm_mask_row(job->vol, job->iso, ((k - pad) * n[1] + j) * n[0], row))
            return lm_err_set(err, LM_ERULE, NULL, "a sample in row (%zu, %zu) is NaN: the field must have a value everywhere", j,
                              k - pad);
        for (size_t w = pad ? job->words - 1 : 0; w; w--) row[w] = row[w] << 1 | row[w - 1] >> 63;
        row[0] <<= pad;
    }
    return LM_OK;
}

/* ---- 3 counting ---- */

/* Bits i of the result: bit i and i+1 of the row, combined by or / and / xor with the row itself by the caller. */
static uint64_t mcubes_next(const uint64_t *row, size_t w, size_t words)
{
    return row[w] >> 1 | (w + 1 < words ? row[w + 1] << 63 : 0);
}

/* Bits of word w that are cells (or x-edges): one fewer than samples. */
static uint64_t mcubes_cells(const mcubes_job *job, size_t w)
{
    size_t cells = job->m[0] - 1, at = w * 64;
    return cells <= at ? 0 : cells - at >= 64 ? ~0ull : (1ull << (cells - at)) - 1;
}

/* The four bit rows of a row of cells. */
typedef struct {
    const uint64_t *r[4]; /* (j,k) (j+1,k) (j,k+1) (j+1,k+1) */
} mcubes_four;

static mcubes_four mcubes_rows(const mcubes_job *job, size_t j, size_t k)
{
    return (mcubes_four){
        {mcubes_bits(job, j, k), mcubes_bits(job, j + 1, k), mcubes_bits(job, j, k + 1), mcubes_bits(job, j + 1, k + 1)}};
}

static uint64_t mcubes_active(const mcubes_job *job, const mcubes_four *f, size_t w)
{
    uint64_t any = 0, all = ~0ull;
    for (int q = 0; q < 4; q++) {
        uint64_t a = f->r[q][w], b = mcubes_next(f->r[q], w, job->words);
        any |= a | b;
        all &= a & b;
    }
    return any & ~all & mcubes_cells(job, w);
}

/* Case number of the cell whose lower corner is bit b of word w. */
static unsigned mcubes_case(const mcubes_job *job, const mcubes_four *f, size_t w, int b)
{
    unsigned c = 0;
    for (int q = 0; q < 4; q++) {
        uint64_t two = f->r[q][w] >> b;
        if (b == 63 && w + 1 < job->words) two |= f->r[q][w + 1] << 1;
        c |= (unsigned)(two & 3) << (2 * q);
    }
    return c;
}

/* Sample of the volume at a place of the padded grid that lies inside it. */
static double mcubes_sample(const mcubes_job *job, size_t i, size_t j, size_t k)
{
    const size_t pad = (size_t)job->pad, *n = job->vol->n;
    return lm_vol_at(job->vol, ((k - pad) * n[1] + j - pad) * n[0] + i - pad);
}

/* Both cells at an ambiguous face ask the same of the same numbers. A face that reaches into the padding has two
 * neighbouring outside corners there, so it is never ambiguous. */
static bool mcubes_joined(const mcubes_job *job, size_t i, size_t j, size_t k, unsigned inside, int face)
{
    const uint8_t *c = lm_mctable_face(face);
    const int turn = inside >> c[0] & 1 ? 0 : 1;
    double v[4];
    for (int q = 0; q < 4; q++) {
        int at = c[(q + turn) & 3];
        v[q] = mcubes_sample(job, i + (at & 1), j + (at >> 1 & 1), k + (size_t)(at >> 2));
    }
    return lm_trilinear_joined(v, job->iso);
}

/* The entry with the tunnel, where the field has one. A cell that reaches into the padding has no such entry: both loops of
 * a tunnel together touch all six faces. */
static const lm_mctable_entry *mcubes_tunnel(const mcubes_job *job, size_t i, size_t j, size_t k, const lm_mctable_entry *e)
{
    double v[8];
    for (size_t c = 0; c < 8; c++) v[c] = mcubes_sample(job, i + (c & 1), j + (c >> 1 & 1), k + (c >> 2));
    for (int sign = 0; sign < 2; sign++)
        if (e->tunnel[sign] && lm_trilinear_tunnel(v, job->iso, sign)) return &job->table->entry[e->tunnel[sign]];
    return e;
}

static const lm_mctable_entry *mcubes_entry(const mcubes_job *job, size_t i, size_t j, size_t k, unsigned inside)
{
    unsigned at = job->table->first[inside], faces = job->table->faces[inside];
    for (unsigned bit = 1; faces; faces &= faces - 1, bit <<= 1)
        if (mcubes_joined(job, i, j, k, inside, __builtin_ctz(faces))) at += bit;
    const lm_mctable_entry *e = &job->table->entry[at];
    return e->tunnel[0] | e->tunnel[1] ? mcubes_tunnel(job, i, j, k, e) : e;
}

static lm_status mcubes_pass_count(void *ctx, size_t k, int worker, lm_err *err)
{
    (void)worker;
    (void)err;
    const mcubes_job *job = ctx;
    for (size_t j = 0; j < job->m[1]; j++) {
        mcubes_row n = {0};
        const uint64_t *r = mcubes_bits(job, j, k);
        const uint64_t *ry = j + 1 < job->m[1] ? mcubes_bits(job, j + 1, k) : r,
                       *rz = k + 1 < job->m[2] ? mcubes_bits(job, j, k + 1) : r;
        for (size_t w = 0; w < job->words; w++) {
            n.x += (uint64_t)__builtin_popcountll((r[w] ^ mcubes_next(r, w, job->words)) & mcubes_cells(job, w));
            n.y += (uint64_t)__builtin_popcountll(r[w] ^ ry[w]);
            n.z += (uint64_t)__builtin_popcountll(r[w] ^ rz[w]);
        }
        if (j + 1 < job->m[1] && k + 1 < job->m[2]) {
            mcubes_four f = mcubes_rows(job, j, k);
            for (size_t w = 0; w < job->words; w++)
                for (uint64_t act = mcubes_active(job, &f, w); act; act &= act - 1) {
                    int b = __builtin_ctzll(act);
                    const lm_mctable_entry *e = mcubes_entry(job, w * 64 + (size_t)b, j, k, mcubes_case(job, &f, w, b));
                    n.t += e->n;
                    n.c += e->extra;
                }
        }
        job->row[k * job->m[1] + j] = n;
    }
    return LM_OK;
}

/* ---- 4 vertices ---- */

/* Where the field crosses between sample a (at 0) and b (at 1), exactly one of which is inside. Samples at the level count
 * as inside, infinities as far away; the clamp keeps the crossing off the samples. */
static double mcubes_cross(double a, double b, double iso, double clamp)
{
    double d = b - a, t = (iso - a) / d;
    if (!(fabs(d) <= 1.7976931348623157e308)) { /* the difference overflows, or one end is infinite */
        if (isinf(a) && isinf(b)) t = 0.5;
        else if (isinf(a)) t = 1;
        else if (isinf(b)) t = 0;
        else t = (0.5 * iso - 0.5 * a) / (0.5 * b - 0.5 * a);
    }
    return t < clamp ? clamp : t > 1 - clamp ? 1 - clamp : t;
}

static void mcubes_point(const mcubes_job *job, const double g[3], uint64_t vertex)
{
    double p[3];
    lm_vol_to_world(job->vol, g, p);
    for (int c = 0; c < 3; c++) job->out->pos[3 * vertex + (uint64_t)c] = (float)p[c];
}

/* Grid coordinates (of the volume, not the padded grid) of the crossing on the edge along `axis` from sample at[]. */
static void mcubes_crossing(const mcubes_job *job, const size_t at[3], int axis, double g[3])
{
    const size_t pad = (size_t)job->pad, *n = job->vol->n;
    double t = 0.5; /* an edge that leaves the volume is crossed half a voxel outside */
    if (!pad || (at[axis] >= pad && at[axis] - pad + 1 < n[axis])) {
        size_t to[3] = {at[0], at[1], at[2]};
        to[axis]++;
        t = mcubes_cross(mcubes_sample(job, at[0], at[1], at[2]), mcubes_sample(job, to[0], to[1], to[2]), job->iso, job->clamp);
    }
    for (int c = 0; c < 3; c++) g[c] = (double)at[c] - (double)pad + (c == axis ? t : 0);
}

/* All vertices on the edges along `axis` that start at the samples of one row. */
static void mcubes_edge_row(const mcubes_job *job, size_t j, size_t k, int axis, uint64_t vertex)
{
    const uint64_t *r = mcubes_bits(job, j, k), *o = axis == 1   ? mcubes_bits(job, j + 1, k)
                                                     : axis == 2 ? mcubes_bits(job, j, k + 1)
                                                                 : r;
    for (size_t w = 0; w < job->words; w++) {
        uint64_t cross = axis ? r[w] ^ o[w] : (r[w] ^ mcubes_next(r, w, job->words)) & mcubes_cells(job, w);
        for (; cross; cross &= cross - 1) {
            size_t at[3] = {w * 64 + (size_t)__builtin_ctzll(cross), j, k};
            double g[3];
            mcubes_crossing(job, at, axis, g);
            mcubes_point(job, g, vertex++);
        }
    }
}

/* The cell's own vertices. One vertex in a ring of crossings lies at their mean. */
static void mcubes_own(const mcubes_job *job, size_t i, size_t j, size_t k, const lm_mctable_entry *e, uint64_t vertex)
{
    double mean[3] = {0, 0, 0};
    for (int v = 0; !e->ring && v < e->extra; v++) {
        const size_t at[3] = {i, j, k};
        for (int c = 0; c < 3; c++) mean[c] = (double)at[c] - (double)job->pad + (double)e->own[v][c] / LM_MCTABLE_UNIT;
        mcubes_point(job, mean, vertex + (uint64_t)v);
    }
    if (!e->ring) return;
    for (unsigned rest = e->ring; rest; rest &= rest - 1) {
        int edge = __builtin_ctz(rest), axis = edge >> 2, u = edge & 1, v = edge >> 1 & 1;
        size_t at[3] = {i, j, k};
        double g[3];
        at[axis == 0 ? 1 : 0] += (size_t)u;
        at[axis == 2 ? 1 : 2] += (size_t)v;
        mcubes_crossing(job, at, axis, g);
        for (int c = 0; c < 3; c++) mean[c] += g[c];
    }
    for (int c = 0; c < 3; c++) mean[c] /= __builtin_popcount(e->ring);
    mcubes_point(job, mean, vertex);
}

/* ---- 5 triangles ---- */

static void mcubes_cell_row(const mcubes_job *job, size_t j, size_t k)
{
    const mcubes_four f = mcubes_rows(job, j, k);
    const size_t row = k * job->m[1] + j, up = row + job->m[1];
    const mcubes_row *at = job->row;
    /* Next vertex on the x-edges of the four rows, the y-edges of two, the z-edges of two. Every crossed edge belongs to an
     * active cell, so the counters step along with the cells and never miss one. */
    uint64_t vx[4] = {at[row].x, at[row + 1].x, at[up].x, at[up + 1].x};
    uint64_t vy[2] = {at[row].y, at[up].y}, vz[2] = {at[row].z, at[row + 1].z};
    uint64_t own = at[row].c;
    uint32_t *tri = job->out->tri + 3 * at[row].t;
    for (size_t w = 0; w < job->words; w++)
        for (uint64_t act = mcubes_active(job, &f, w); act; act &= act - 1) {
            int b = __builtin_ctzll(act);
            const lm_mctable_entry *c = mcubes_entry(job, w * 64 + (size_t)b, j, k, mcubes_case(job, &f, w, b));
            uint32_t e[12 + LM_MCTABLE_OWN];
            for (int q = 0; q < 4; q++) {
                e[q] = (uint32_t)vx[q];
                vx[q] += c->edges >> q & 1;
            }
            for (int q = 0; q < 2; q++) { /* edge 4 + x + 2z; the one at x = 1 is the next cell's at x = 0 */
                e[4 + 2 * q] = (uint32_t)vy[q];
                vy[q] += c->edges >> (4 + 2 * q) & 1;
                e[5 + 2 * q] = (uint32_t)vy[q];
                e[8 + 2 * q] = (uint32_t)vz[q]; /* edge 8 + x + 2y */
                vz[q] += c->edges >> (8 + 2 * q) & 1;
                e[9 + 2 * q] = (uint32_t)vz[q];
            }
            for (uint32_t q = 0; q < LM_MCTABLE_OWN; q++) e[12 + q] = (uint32_t)own + q;
            if (c->extra) mcubes_own(job, w * 64 + (size_t)b, j, k, c, own);
            own += c->extra;
            for (int t = 0; t < c->n; t++, tri += 3) {
                tri[0] = e[c->tri[3 * t]];
                tri[1 + job->flip] = e[c->tri[3 * t + 1]];
                tri[2 - job->flip] = e[c->tri[3 * t + 2]];
            }
        }
}

static lm_status mcubes_pass_write(void *ctx, size_t k, int worker, lm_err *err)
{
    (void)worker;
    (void)err;
    const mcubes_job *job = ctx;
    for (size_t j = 0; j < job->m[1]; j++) {
        const mcubes_row *at = &job->row[k * job->m[1] + j];
        mcubes_edge_row(job, j, k, 0, at->x);
        if (j + 1 < job->m[1]) mcubes_edge_row(job, j, k, 1, at->y);
        if (k + 1 < job->m[2]) mcubes_edge_row(job, j, k, 2, at->z);
        if (j + 1 < job->m[1] && k + 1 < job->m[2]) mcubes_cell_row(job, j, k);
    }
    return LM_OK;
}

/* ---- 6 the passes ---- */

/* Counts to offsets, in row order. Returns the totals. */
static void mcubes_scan(const mcubes_job *job, uint64_t *vertices, uint64_t *triangles)
{
    uint64_t v = 0, t = 0;
    for (size_t r = 0; r < job->m[1] * job->m[2]; r++) {
        mcubes_row n = job->row[r], *o = &job->row[r];
        o->x = v;
        o->y = v + n.x;
        o->z = v + n.x + n.y;
        o->c = v + n.x + n.y + n.z;
        o->t = t;
        v += n.x + n.y + n.z + n.c;
        t += n.t;
    }
    *vertices = v;
    *triangles = t;
}

static lm_status mcubes_nothing(const lm_vol *vol, double iso, lm_err *err)
{
    double lo, hi;
    lm_status rc = lm_vol_range(vol, &lo, &hi, err);
    if (rc) return rc;
    return lm_err_set(err, LM_ENO, NULL, "nothing crosses the level %g: the samples run from %g to %g", iso, lo, hi);
}

lm_status lm_mcubes(const lm_vol *vol, const lm_mcubes_opt *opt, lm_mesh *out, lm_err *err)
{
    mcubes_job job = {.vol = vol, .iso = opt->iso, .pad = !opt->open, .flip = lm_vol_det(vol) < 0, .out = out};
    const int threads = lm_pool_threads(opt->threads);
    size_t rows, words;
    uint64_t nv, nt;
    lm_status rc;
    lm_mesh_release(out);
    if (!isfinite(opt->iso)) return lm_err_set(err, LM_EUSAGE, NULL, "the iso level is not stated");
    if ((rc = lm_vol_check(vol, err)) || (rc = lm_mcubes_clamp(vol, &job.clamp, err))) return rc;
    for (int a = 0; a < 3; a++) job.m[a] = vol->n[a] + 2 * (size_t)job.pad;
    job.words = job.m[0] / 64 + 1;
    job.table = lm_mctable_get();
    if (!lm_mem_mul(job.m[1], job.m[2], &rows) || !lm_mem_mul(rows, job.words, &words))
        return lm_err_set(err, LM_ERANGE, NULL, "the grid has too many rows: %zu x %zu", job.m[1], job.m[2]);
    job.bits = lm_mem_alloc(words, sizeof *job.bits, err);
    job.row = job.bits ? lm_mem_alloc(rows, sizeof *job.row, err) : NULL;
    if (!job.row) {
        rc = LM_ENOMEM;
        goto done;
    }
    if ((rc = lm_pool_run(threads, job.m[2], mcubes_pass_bits, &job, err)) ||
        (rc = lm_pool_run(threads, job.m[2], mcubes_pass_count, &job, err)))
        goto done;
    mcubes_scan(&job, &nv, &nt);
    if (nt == 0) rc = mcubes_nothing(vol, opt->iso, err);
    else if ((rc = lm_mesh_alloc(out, nv, nt, err)) == LM_OK) {
        out->space = LM_SPACE_LPS;
        rc = lm_pool_run(threads, job.m[2], mcubes_pass_write, &job, err);
    }
done:
    free(job.bits);
    free(job.row);
    if (rc) lm_mesh_release(out);
    return rc;
}
