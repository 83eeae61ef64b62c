/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Contents: 1 clamp, 2 classification into bit rows, 3 counting, 4 vertices, 5 triangles, 6 the passes, 7 the sweep
 *
 * One bit per sample says inside. Everything that is counted follows from these bits: an edge is crossed where two
 * neighbouring bits differ, a cell is active where its eight bits do, so that the counting passes touch one bit per sample
 * instead of the samples themselves. Rows are those of the grid padded by one outside sample on every side (closed).
 *
 * The passes run over a slab of slices at a time, and everything they need is kept for a slab and the two slices behind it: a
 * triangle names vertices of the slice above its cells, whose numbers need the crossings up to the slice above that. Offsets go on
 * from slab to slab, so that slabs cannot be told from the mesh. */
#include "surface/mcubes.h"
#include "surface/mctable.h"
#include "surface/trilinear.h"
#include "base/mem.h"
#include "base/pool.h"
#include "volume/histogram.h"
#include "volume/mask.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct {
    uint32_t x, y, z, c, t; /* first vertex on the row's x-, y-, z-edges, inside its cells; first triangle of its cells */
    uint32_t first, last;   /* words with set bits or crossed x-edges: first .. last - 1 */
} mcubes_row;

typedef struct {
    const lm_vol *vol; /* the grid */
    lm_slices *in;     /* its samples */
    double iso, clamp;
    int pad;                 /* 1: one virtual outside sample around the volume */
    bool flip;               /* the grid is left-handed: swap two vertices of every triangle */
    size_t m[3];             /* samples of the padded grid */
    size_t words;            /* 64-bit words per bit row; at least one spare bit, spare bits are 0 */
    size_t base;             /* slice of the padded grid that bits and row begin with */
    size_t task;             /* slice of task 0 */
    uint64_t *bits;          /* rows of the slab and of two slices more */
    mcubes_row *row;         /* counts, then offsets */
    lm_histogram *histogram; /* of the slices of the slab, while nothing crosses the level */
    const lm_mctable *table;
    lm_mesh *out;
} mcubes_job;

/* Which of the rows that are kept is row (j, k). */
static inline size_t mcubes_at_row(const mcubes_job *job, size_t j, size_t k)
{
    return (k - job->base) * job->m[1] + j;
}

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
    return job->bits + mcubes_at_row(job, j, k) * job->words;
}

/* Where a row has bits. The word before the first one counts when the edge across is crossed. */
static void mcubes_range(const uint64_t *row, size_t words, mcubes_row *r)
{
    size_t first = 0, last = words;
    while (last && !row[last - 1]) last--;
    if (!last) return;
    while (!row[first]) first++;
    if (first && row[first] & 1) first--;
    r->first = (uint32_t)first;
    r->last = (uint32_t)last;
}

static lm_status mcubes_pass_bits(void *ctx, size_t task, int worker, lm_err *err)
{
    (void)worker;
    const mcubes_job *job = ctx;
    const size_t pad = (size_t)job->pad, *n = job->vol->n, k = job->task + task;
    memset(mcubes_bits(job, 0, k), 0, job->m[1] * job->words * sizeof(uint64_t));
    for (size_t j = 0; j < job->m[1]; j++) job->row[mcubes_at_row(job, j, k)] = (mcubes_row){.first = UINT32_MAX};
    if (k < pad || k - pad >= n[2]) return LM_OK;
    for (size_t j = 0; j < n[1]; j++) {
        uint64_t *row = mcubes_bits(job, j + pad, k);
        if (lm_mask_row(&job->in->win, job->iso, ((k - pad - job->in->first) * n[1] + j) * n[0], row))
            return lm_err_set(err, LM_ERULE, NULL, "a sample in row (%zu, %zu) is NaN: the field must have a value everywhere", j,
                              k - pad);
        for (size_t w = pad ? job->words - 1 : 0; w; w--) row[w] = row[w] << 1 | row[w - 1] >> 63;
        row[0] <<= pad;
        mcubes_range(row, job->words, &job->row[mcubes_at_row(job, j + pad, k)]);
    }
    return LM_OK;
}

static lm_status mcubes_pass_histogram(void *ctx, size_t task, int worker, lm_err *err)
{
    (void)worker;
    (void)err;
    const mcubes_job *job = ctx;
    const size_t pad = (size_t)job->pad, *n = job->vol->n, k = job->task + task;
    job->histogram[task] = (lm_histogram)LM_HISTOGRAM_INIT;
    if (k >= pad && k - pad < n[2])
        lm_histogram_add(&job->histogram[task], &job->in->win, (k - pad - job->in->first) * n[1] * n[0], n[1] * n[0]);
    return LM_OK;
}

/* ---- 3 counting ---- */

/* Bit i of the result: bit i + 1 of the row. There is a spare zero word behind the last row. */
static inline uint64_t mcubes_next(const uint64_t *row, size_t w)
{
    return row[w] >> 1 | row[w + 1] << 63;
}

/* Bits of word w that are cells (or x-edges): one fewer than samples. */
static inline uint64_t mcubes_cells(const mcubes_job *job, size_t w)
{
    size_t cells = job->m[0] - 1, at = w * 64;
    return cells <= at ? 0 : cells - at >= 64 ? ~0ull : (1ull << (cells - at)) - 1;
}

/* A row of cells: its four rows of samples (j,k) (j+1,k) (j,k+1) (j+1,k+1), and the words in which one of them has bits. */
typedef struct {
    const uint64_t *r[4];
    size_t first, last;
} mcubes_four;

static mcubes_four mcubes_rows(const mcubes_job *job, size_t j, size_t k)
{
    const size_t at = mcubes_at_row(job, j, k), row[4] = {at, at + 1, at + job->m[1], at + job->m[1] + 1};
    mcubes_four f = {.first = SIZE_MAX};
    for (int q = 0; q < 4; q++) {
        f.r[q] = job->bits + row[q] * job->words;
        if (job->row[row[q]].first < f.first) f.first = job->row[row[q]].first;
        if (job->row[row[q]].last > f.last) f.last = job->row[row[q]].last;
    }
    return f;
}

/* The cells of a row that the surface passes, 64 at a time; their corners' bits from either end of the x-edges. */
typedef struct {
    uint64_t active, bit[4][2];
} mcubes_word;

/* False where no cell is active, then nothing else is filled in. */
static inline bool mcubes_active(const mcubes_job *job, const mcubes_four *f, size_t w, mcubes_word *word)
{
    const uint64_t *a = f->r[0] + w, *b = f->r[1] + w, *c = f->r[2] + w, *d = f->r[3] + w;
    const uint64_t any = a[0] | b[0] | c[0] | d[0], all = a[0] & b[0] & c[0] & d[0];
    const uint64_t any1 = a[1] | b[1] | c[1] | d[1], all1 = a[1] & b[1] & c[1] & d[1];
    word->active = (any | any >> 1 | any1 << 63) & ~(all & (all >> 1 | all1 << 63));
    if (!word->active || !(word->active &= mcubes_cells(job, w))) return false;
    for (int q = 0; q < 4; q++) {
        word->bit[q][0] = f->r[q][w];
        word->bit[q][1] = mcubes_next(f->r[q], w);
    }
    return true;
}

/* Case number of the cell whose lower corner is bit b. */
static inline unsigned mcubes_case(const mcubes_word *word, int b)
{
    unsigned c = 0;
    for (int q = 0; q < 4; q++)
        c |= (unsigned)(word->bit[q][0] >> b & 1) << (2 * q) | (unsigned)(word->bit[q][1] >> b & 1) << (2 * q + 1);
    return c;
}

/* Sample of the volume at a place of the padded grid that lies inside it. */
static double mcubes_sample(const mcubes_job *job, size_t i, size_t j, size_t k)
{
    const size_t pad = (size_t)job->pad, *n = job->vol->n;
    return lm_vol_at(&job->in->win, ((k - pad - job->in->first) * n[1] + j - pad) * n[0] + i - pad);
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

static const lm_mctable_entry *mcubes_resolve(const mcubes_job *job, size_t i, size_t j, size_t k, unsigned inside)
{
    unsigned at = job->table->first[inside], faces = job->table->faces[inside];
    for (unsigned bit = 1; faces; faces &= faces - 1, bit <<= 1)
        if (mcubes_joined(job, i, j, k, inside, __builtin_ctz(faces))) at += bit;
    const lm_mctable_entry *e = &job->table->entry[at];
    return e->tunnel[0] | e->tunnel[1] ? mcubes_tunnel(job, i, j, k, e) : e;
}

static inline const lm_mctable_entry *mcubes_entry(const mcubes_job *job, size_t i, size_t j, size_t k, unsigned inside)
{
    const lm_mctable_entry *e = &job->table->entry[job->table->first[inside]];
    return job->table->faces[inside] || e->tunnel[0] | e->tunnel[1] ? mcubes_resolve(job, i, j, k, inside) : e;
}

/* Most words are empty. */
static inline uint32_t mcubes_ones(uint64_t w)
{
    return w ? (uint32_t)__builtin_popcountll(w) : 0;
}

static void mcubes_count_edges(const mcubes_job *job, size_t j, size_t k, mcubes_row *n)
{
    const size_t at = mcubes_at_row(job, j, k), up = at + job->m[1];
    const bool has_y = j + 1 < job->m[1], has_z = k + 1 < job->m[2];
    const uint64_t *r = mcubes_bits(job, j, k), *ry = has_y ? r + job->words : r, *rz = has_z ? mcubes_bits(job, j, k + 1) : r;
    size_t first = n->first, last = n->last;
    if (has_y && job->row[at + 1].first < first) first = job->row[at + 1].first;
    if (has_y && job->row[at + 1].last > last) last = job->row[at + 1].last;
    if (has_z && job->row[up].first < first) first = job->row[up].first;
    if (has_z && job->row[up].last > last) last = job->row[up].last;
    for (size_t w = first; w < last; w++) {
        n->x += mcubes_ones((r[w] ^ mcubes_next(r, w)) & mcubes_cells(job, w));
        n->y += mcubes_ones(r[w] ^ ry[w]);
        n->z += mcubes_ones(r[w] ^ rz[w]);
    }
}

static void mcubes_count_cells(const mcubes_job *job, size_t j, size_t k, mcubes_row *n)
{
    const mcubes_four f = mcubes_rows(job, j, k);
    mcubes_word word;
    for (size_t w = f.first; w < f.last; w++) {
        if (!mcubes_active(job, &f, w, &word)) continue;
        for (uint64_t act = word.active; act; act &= act - 1) {
            const int b = __builtin_ctzll(act);
            const lm_mctable_entry *e = mcubes_entry(job, w * 64 + (size_t)b, j, k, mcubes_case(&word, b));
            n->t += e->n;
            n->c += e->extra;
        }
    }
}

static lm_status mcubes_pass_count(void *ctx, size_t task, int worker, lm_err *err)
{
    (void)worker;
    (void)err;
    const mcubes_job *job = ctx;
    const size_t k = job->task + task;
    for (size_t j = 0; j < job->m[1]; j++) {
        mcubes_row *n = &job->row[mcubes_at_row(job, j, k)];
        mcubes_count_edges(job, j, k, n);
        if (j + 1 < job->m[1] && k + 1 < job->m[2]) mcubes_count_cells(job, j, k, n);
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

static inline double mcubes_value(const lm_vol *vol, ptrdiff_t index)
{
    switch (vol->type) {
    case LM_I8: return ((const int8_t *)vol->data)[index];
    case LM_U8: return ((const uint8_t *)vol->data)[index];
    case LM_I16: return ((const int16_t *)vol->data)[index];
    case LM_U16: return ((const uint16_t *)vol->data)[index];
    case LM_I32: return ((const int32_t *)vol->data)[index];
    case LM_U32: return ((const uint32_t *)vol->data)[index];
    case LM_F32: return (double)((const float *)vol->data)[index];
    case LM_F64: break;
    }
    return ((const double *)vol->data)[index];
}

/* The edges along an axis that start at the samples of a row. */
typedef struct {
    ptrdiff_t base, stride; /* sample at place 0 of the padded row (it need not be there), step to the other end */
    size_t lo, hi;          /* edges from place lo to hi - 1 lie in the volume; those beyond are crossed half a voxel outside */
    double g[3];            /* grid coordinates (of the volume, not the padded grid) of place 0 */
} mcubes_line;

static mcubes_line mcubes_line_of(const mcubes_job *job, size_t j, size_t k, int axis)
{
    const size_t pad = (size_t)job->pad, *n = job->vol->n;
    const ptrdiff_t y = (ptrdiff_t)(j - pad), z = (ptrdiff_t)(k - pad), nx = (ptrdiff_t)n[0], ny = (ptrdiff_t)n[1];
    const ptrdiff_t at = axis == 1 ? y : axis == 2 ? z : 0;
    const ptrdiff_t in = z - (ptrdiff_t)job->in->first;
    mcubes_line l = {.base = (in * ny + y) * nx - (ptrdiff_t)pad, .stride = axis == 0 ? 1 : axis == 1 ? nx : nx * ny};
    l.lo = pad;
    l.hi = at < 0 || at + 1 >= (ptrdiff_t)n[axis] ? 0 : axis == 0 ? pad + n[0] - 1 : pad + n[0];
    l.g[0] = -(double)pad;
    l.g[1] = (double)y;
    l.g[2] = (double)z;
    return l;
}

/* The crossing on the edge from place i. */
static inline double mcubes_at(const mcubes_job *job, const mcubes_line *l, size_t i)
{
    const ptrdiff_t at = l->base + (ptrdiff_t)i;
    if (i < l->lo || i >= l->hi) return 0.5;
    return mcubes_cross(mcubes_value(&job->in->win, at), mcubes_value(&job->in->win, at + l->stride), job->iso, job->clamp);
}

static void mcubes_point(const mcubes_job *job, const double g[3], uint64_t vertex)
{
    double p[3];
    lm_vol_to_world(job->vol, g, p);
    for (int c = 0; c < 3; c++) job->out->pos[3 * vertex + (uint64_t)c] = (float)p[c];
}

/* All vertices on the edges along `axis` that start at the samples of one row. Sums in the order of lm_vol_to_world. */
static inline void mcubes_edge_row(const mcubes_job *job, size_t j, size_t k, int axis)
{
    const size_t row = mcubes_at_row(job, j, k), other = axis == 1 ? row + 1 : axis == 2 ? row + job->m[1] : row;
    const mcubes_row *a = &job->row[row], *b = &job->row[other];
    const uint64_t *r = job->bits + row * job->words, *o = job->bits + other * job->words;
    const size_t last = a->last > b->last ? a->last : b->last;
    const mcubes_line l = mcubes_line_of(job, j, k, axis);
    const double(*dir)[3] = job->vol->dir, *origin = job->vol->origin;
    float *pos = job->out->pos + 3 * (size_t)(axis == 0 ? a->x : axis == 1 ? a->y : a->z);
    for (size_t w = a->first < b->first ? a->first : b->first; w < last; w++) {
        uint64_t cross = axis ? r[w] ^ o[w] : (r[w] ^ mcubes_next(r, w)) & mcubes_cells(job, w);
        for (; cross; cross &= cross - 1, pos += 3) {
            const size_t i = w * 64 + (size_t)__builtin_ctzll(cross);
            double g[3] = {(double)(ptrdiff_t)i + l.g[0], l.g[1], l.g[2]};
            g[axis] += mcubes_at(job, &l, i);
            for (int c = 0; c < 3; c++) pos[c] = (float)(origin[c] + g[0] * dir[0][c] + g[1] * dir[1][c] + g[2] * dir[2][c]);
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
        at[axis == 0 ? 1 : 0] += (size_t)u;
        at[axis == 2 ? 1 : 2] += (size_t)v;
        const mcubes_line l = mcubes_line_of(job, at[1], at[2], axis);
        for (int c = 0; c < 3; c++) mean[c] += l.g[c] + (c == 0 ? (double)at[0] : 0) + (c == axis ? mcubes_at(job, &l, at[0]) : 0);
    }
    for (int c = 0; c < 3; c++) mean[c] /= __builtin_popcount(e->ring);
    mcubes_point(job, mean, vertex);
}

/* ---- 5 triangles ---- */

static void mcubes_cell_row(const mcubes_job *job, size_t j, size_t k)
{
    const mcubes_four f = mcubes_rows(job, j, k);
    const size_t row = mcubes_at_row(job, j, k), up = row + job->m[1];
    const mcubes_row *at = job->row;
    /* Next vertex on the x-edges of the four rows, the y-edges of two, the z-edges of two. Every crossed edge belongs to an
     * active cell, so the counters step along with the cells and never miss one. */
    uint32_t vx[4] = {at[row].x, at[row + 1].x, at[up].x, at[up + 1].x};
    uint32_t vy[2] = {at[row].y, at[up].y}, vz[2] = {at[row].z, at[row + 1].z};
    uint32_t own = at[row].c, *tri = job->out->tri + 3 * (size_t)at[row].t;
    mcubes_word word;
    for (size_t w = f.first; w < f.last; w++) {
        if (!mcubes_active(job, &f, w, &word)) continue;
        for (uint64_t act = word.active; act; act &= act - 1) {
            const int b = __builtin_ctzll(act);
            const lm_mctable_entry *c = mcubes_entry(job, w * 64 + (size_t)b, j, k, mcubes_case(&word, b));
            uint32_t e[12 + LM_MCTABLE_OWN];
            for (int q = 0; q < 4; q++) {
                e[q] = vx[q];
                vx[q] += c->edges >> q & 1;
            }
            for (int q = 0; q < 2; q++) { /* edge 4 + x + 2z; the one at x = 1 is the next cell's at x = 0 */
                e[4 + 2 * q] = vy[q];
                vy[q] += c->edges >> (4 + 2 * q) & 1;
                e[5 + 2 * q] = vy[q];
                e[8 + 2 * q] = vz[q]; /* edge 8 + x + 2y */
                vz[q] += c->edges >> (8 + 2 * q) & 1;
                e[9 + 2 * q] = vz[q];
            }
            if (c->extra) {
                for (uint32_t q = 0; q < LM_MCTABLE_OWN; q++) e[12 + q] = own + q;
                mcubes_own(job, w * 64 + (size_t)b, j, k, c, own);
                own += c->extra;
            }
            for (int t = 0; t < c->n; t++, tri += 3) {
                tri[0] = e[c->tri[3 * t]];
                tri[1 + job->flip] = e[c->tri[3 * t + 1]];
                tri[2 - job->flip] = e[c->tri[3 * t + 2]];
            }
        }
    }
}

static lm_status mcubes_pass_write(void *ctx, size_t task, int worker, lm_err *err)
{
    (void)worker;
    (void)err;
    const mcubes_job *job = ctx;
    const size_t k = job->task + task;
    for (size_t j = 0; j < job->m[1]; j++) {
        mcubes_edge_row(job, j, k, 0);
        if (j + 1 < job->m[1]) mcubes_edge_row(job, j, k, 1);
        if (k + 1 < job->m[2]) mcubes_edge_row(job, j, k, 2);
        if (j + 1 < job->m[1] && k + 1 < job->m[2]) mcubes_cell_row(job, j, k);
    }
    return LM_OK;
}

/* ---- 6 the passes ---- */

/* Counts of `slices` slices from k on to offsets, in row order, beginning at *vertices and *triangles, which become their ends.
 * Offsets that do not fit are never used: such a mesh is refused. */
static void mcubes_scan(const mcubes_job *job, size_t k, size_t slices, uint64_t *vertices, uint64_t *triangles)
{
    uint64_t v = *vertices, t = *triangles;
    mcubes_row *row = job->row + mcubes_at_row(job, 0, k);
    for (size_t r = 0; r < job->m[1] * slices; r++) {
        mcubes_row n = row[r], *o = &row[r];
        o->x = (uint32_t)v;
        o->y = o->x + n.x;
        o->z = o->y + n.y;
        o->c = o->z + n.z;
        o->t = (uint32_t)t;
        v += (uint64_t)n.x + n.y + n.z + n.c;
        t += n.t;
    }
    *vertices = v;
    *triangles = t;
}

/* ---- 7 the sweep ---- */

typedef struct {
    mcubes_job job;
    int threads;
    size_t slab, max;     /* slices at a time; triangles */
    size_t bits, counted; /* slices from the first on whose bits, and whose counts and offsets there are */
    size_t cap[2];        /* of the mesh's arrays */
    uint64_t nv, nt;      /* in the counted slices */
    lm_histogram all;     /* of the slices so far, while nothing crosses the level */
    lm_moments_sum *moments;
} mcubes_sweep;

static lm_status mcubes_run(mcubes_sweep *s, lm_pool_fn pass, size_t from, size_t to, lm_err *err)
{
    s->job.task = from;
    return from < to ? lm_pool_run(s->threads, to - from, pass, &s->job, err) : LM_OK;
}

/* Room for what was counted: exactly that when it is all there will be, else so much that arrays need not grow often. */
static lm_status mcubes_grow(mcubes_sweep *s, lm_err *err)
{
    lm_mesh *out = s->job.out;
    if (s->nv > LM_MESH_MAX_VERTICES || s->nt > s->max)
        return lm_err_set(
            err, LM_ERANGE, NULL,
            "the surface has more than %zu triangles, which is as many as a mesh may have: take a part of the volume, "
            "or a coarser one",
            s->max);
    if (!out->pos && s->counted == s->job.m[2]) return lm_mesh_alloc(out, s->nv, s->nt, err);
    lm_status rc = lm_mem_grow(&out->pos, &s->cap[0], s->nv, 3 * sizeof *out->pos, err);
    return rc ? rc : lm_mem_grow(&out->tri, &s->cap[1], s->nt, 3 * sizeof *out->tri, err);
}

/* Make bits up to slice b + 1 and offsets up to slice b, so that slices a .. b - 1 can be written. */
static lm_status mcubes_prepare(mcubes_sweep *s, size_t a, size_t b, lm_err *err)
{
    mcubes_job *job = &s->job;
    const size_t pad = (size_t)job->pad, *m = job->m, bits = b + 2 < m[2] ? b + 2 : m[2], counted = b + 1 < m[2] ? b + 1 : m[2];
    const size_t n = job->vol->n[2], from = a < pad ? 0 : a - pad, to = bits - pad < n ? bits - pad : n, fresh = s->bits;
    lm_status rc = lm_slices_move(job->in, from < n ? from : n - 1, to, err);
    if (rc || (rc = mcubes_run(s, mcubes_pass_bits, s->bits, bits, err))) return rc;
    s->bits = bits;
    if (s->moments && (rc = lm_moments_add(s->moments, job->in, err))) return rc;
    if ((rc = mcubes_run(s, mcubes_pass_count, s->counted, counted, err))) return rc;
    mcubes_scan(job, s->counted, counted - s->counted, &s->nv, &s->nt);
    s->counted = counted;
    if (s->nt) return mcubes_grow(s, err);
    if ((rc = mcubes_run(s, mcubes_pass_histogram, fresh, bits, err))) return rc;
    for (size_t k = fresh; k < bits; k++) lm_histogram_join(&s->all, &job->histogram[k - fresh]);
    return LM_OK;
}

/* From slab to slab: the slices behind the slab are the first of the next. */
static lm_status mcubes_slabs(mcubes_sweep *s, lm_err *err)
{
    mcubes_job *job = &s->job;
    lm_status rc = LM_OK;
    for (size_t a = 0, b; a < job->m[2] && !rc; a = b) {
        b = job->m[2] - a > s->slab ? a + s->slab : job->m[2];
        if ((rc = mcubes_prepare(s, a, b, err))) return rc;
        if (s->nt) rc = mcubes_run(s, mcubes_pass_write, a, b, err);
        const size_t keep = s->bits > b ? (s->bits - b) * job->m[1] : 0;
        memmove(job->bits, job->bits + (b - a) * job->m[1] * job->words, keep * job->words * sizeof *job->bits);
        memmove(job->row, job->row + (b - a) * job->m[1], keep * sizeof *job->row);
        job->base = b;
    }
    return rc;
}

static lm_status mcubes_memory(mcubes_job *job, size_t slab, lm_err *err)
{
    size_t slices = job->m[2] - 1 <= slab ? job->m[2] : slab + 2, rows, words;
    job->words = job->m[0] / 64 + 1;
    if (!lm_mem_mul(job->m[1], slices, &rows) || !lm_mem_mul(rows, job->words, &words))
        return lm_err_set(err, LM_ERANGE, NULL, "the grid has too many rows: %zu", job->m[1]);
    job->bits = lm_mem_alloc(words + 1, sizeof *job->bits, err); /* a spare word: mcubes_next */
    job->row = job->bits ? lm_mem_alloc(rows, sizeof *job->row, err) : NULL;
    job->histogram = job->row ? lm_mem_alloc(slices, sizeof *job->histogram, err) : NULL;
    if (!job->histogram) return LM_ENOMEM;
    job->bits[words] = 0;
    return LM_OK;
}

static lm_status mcubes_end(mcubes_sweep *s, const lm_mcubes_opt *opt, lm_err *err)
{
    lm_mesh *out = s->job.out;
    char text[300];
    if (!s->nt) {
        lm_histogram_text(&s->all, text, sizeof text);
        return lm_err_set(err, LM_ENO, NULL, "nothing crosses the level %g: the samples run %s", opt->iso, text);
    }
    float *pos = realloc(out->pos, s->nv * 3 * sizeof *pos); /* less: what does not work leaves it as it is */
    uint32_t *tri = realloc(out->tri, s->nt * 3 * sizeof *tri);
    if (pos) out->pos = pos;
    if (tri) out->tri = tri;
    out->nv = s->nv;
    out->nt = s->nt;
    out->space = LM_SPACE_LPS;
    if (s->moments) lm_moments_end(s->moments, opt->moments);
    return LM_OK;
}

/* Slices at a time: all of a volume in memory; of a stream enough to share among the threads, in little memory. */
static size_t mcubes_slab(const lm_slices *in, size_t asked, int threads)
{
    const size_t bytes = in->vol->n[0] * in->vol->n[1] * lm_vol_type_size(in->vol->type), some = (64u << 20) / bytes;
    if (asked || !in->read) return asked ? asked : SIZE_MAX;
    const size_t least = threads < LM_MCUBES_SLAB ? (size_t)threads : LM_MCUBES_SLAB;
    return some < least ? least : some < LM_MCUBES_SLAB ? some : LM_MCUBES_SLAB;
}

lm_status lm_mcubes_slices(lm_slices *in, const lm_mcubes_opt *opt, lm_mesh *out, lm_err *err)
{
    const lm_vol *vol = in->vol;
    mcubes_sweep s = {.job = {.vol = vol, .in = in, .iso = opt->iso, .pad = !opt->open, .flip = lm_vol_det(vol) < 0, .out = out},
                      .threads = lm_pool_threads(opt->threads),
                      .slab = mcubes_slab(in, opt->slab, lm_pool_threads(opt->threads)),
                      .max = opt->max_triangles ? opt->max_triangles : LM_MESH_MAX_TRIANGLES,
                      .all = LM_HISTOGRAM_INIT};
    lm_status rc;
    lm_mesh_release(out);
    if (!isfinite(opt->iso)) return lm_err_set(err, LM_EUSAGE, NULL, "the iso level is not stated");
    if ((rc = lm_vol_check(vol, err)) || (rc = lm_mcubes_clamp(vol, &s.job.clamp, err))) return rc;
    for (int a = 0; a < 3; a++) s.job.m[a] = vol->n[a] + 2 * (size_t)s.job.pad;
    s.job.table = lm_mctable_get();
    if (!(rc = mcubes_memory(&s.job, s.slab, err)) &&
        (!opt->moments || !(rc = lm_moments_begin(vol, opt->iso, s.threads, &s.moments, err))) && !(rc = mcubes_slabs(&s, err)))
        rc = mcubes_end(&s, opt, err);
    lm_moments_free(s.moments);
    free(s.job.bits);
    free(s.job.row);
    free(s.job.histogram);
    if (rc) lm_mesh_release(out);
    return rc;
}

lm_status lm_mcubes(const lm_vol *vol, const lm_mcubes_opt *opt, lm_mesh *out, lm_err *err)
{
    lm_slices in = lm_slices_of(vol, NULL, NULL);
    return lm_mcubes_slices(&in, opt, out, err);
}
