/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Contents: 1 one cell, 2 one layer of cells, 3 the volume */
#include "volume/moments.h"
#include "base/mem.h"
#include "base/pool.h"
#include "volume/mask.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- 1 one cell ---- */

/* Gauss-Legendre on [0,1]: exact up to degree 5. */
static const double moments_at[3] = {0.1127016653792583114820734600217600, 0.5, 0.8872983346207416885179265399782400};
static const double moments_weight[3] = {5.0 / 18, 8.0 / 18, 5.0 / 18};

/* Insert t into the n sorted breakpoints. */
static int moments_break(double *at, int n, double t)
{
    int i = n;
    for (; i > 0 && at[i - 1] > t; i--) at[i] = at[i - 1];
    at[i] = t;
    return n + 1;
}

/* Unit square with bilinear f, by its values a at (0,0), b at (1,0), c at (0,1), d at (1,1). At height y the sides x =
 * 0 and x = 1 have the values A and B, and the region ends at x = A / (A - B) where they differ in sign. Here between
 * y0 and y0+h, inside to the left of that curve or to the right; adds w times area and first moments. */
static void moments_gauss(const double f[4], bool left, double y0, double h, double w, double out[4])
{
    double area = 0, mx = 0, my = 0;
    for (int g = 0; g < 3; g++) {
        double y = y0 + h * moments_at[g], l = f[0] + (f[2] - f[0]) * y, r = f[1] + (f[3] - f[1]) * y, x = l / (l - r);
        x = x >= 0 ? x <= 1 ? x : 1 : 0; /* rounding near a breakpoint */
        area += moments_weight[g] * x;
        mx += moments_weight[g] * x * x;
        my += moments_weight[g] * x * y;
    }
    w *= h;
    out[0] += w * (left ? area : 1 - area);
    out[1] += w * 0.5 * (left ? mx : 1 - mx);
    out[2] += w * (left ? my : y0 + 0.5 * h - my);
}

/* Near a saddle A - B goes to zero just outside the interval and the curve bends sharply: cut so that A - B changes at
 * most fourfold within a piece. */
static void moments_curve(const double f[4], bool left, double y0, double h, double w, double out[4])
{
    double slope = f[2] - f[0] - f[3] + f[1], d0 = fabs(f[0] - f[1] + slope * y0), d1 = fabs(f[0] - f[1] + slope * (y0 + h));
    bool falls = d1 < d0;
    double large = falls ? d0 : d1, small = falls ? d1 : d0, done = 0; /* part of the interval, from where A - B is large */
    for (double q = 0.25; q > 1e-6 && large * q > small; q *= 0.25) {
        double to = large * (1 - q) / (large - small);
        moments_gauss(f, left, y0 + h * (falls ? done : 1 - to), h * (to - done), w, out);
        done = to;
    }
    moments_gauss(f, left, y0 + h * (falls ? done : 0), h * (1 - done), w, out);
}

/* The square between y0 and y1, where neither side crosses the level. */
static void moments_strip(const double f[4], bool left, bool right, double y0, double y1, double w, double out[4])
{
    double h = y1 - y0;
    if (!(h > 0) || (!left && !right)) return;
    if (left != right) {
        moments_curve(f, left, y0, h, w, out);
        return;
    }
    out[0] += w * h;
    out[1] += w * h * 0.5;
    out[2] += w * h * (y0 + 0.5 * h);
}

static void moments_square(const double f[4], double w, double out[4])
{
    bool a = f[0] >= 0, b = f[1] >= 0, c = f[2] >= 0, d = f[3] >= 0;
    double l = a != c ? f[0] / (f[0] - f[2]) : 1, r = b != d ? f[1] / (f[1] - f[3]) : 1; /* where the sides cross */
    if (l < r) {
        moments_strip(f, a, b, 0, l, w, out);
        moments_strip(f, c, b, l, r, w, out);
        moments_strip(f, c, d, r, 1, w, out);
    } else {
        moments_strip(f, a, b, 0, r, w, out);
        moments_strip(f, a, d, r, l, w, out);
        moments_strip(f, c, d, l, 1, w, out);
    }
}

/* The cell between z0 and z1, where no edge along z crosses the level. */
static void moments_between(const double f[8], double z0, double z1, double out[4])
{
    double h = z1 - z0;
    if (!(h > 0)) return;
    for (int g = 0; g < 3; g++) {
        double z = z0 + h * moments_at[g], s[4], area = out[0];
        for (int e = 0; e < 4; e++) s[e] = f[e] + (f[e + 4] - f[e]) * z;
        moments_square(s, h * moments_weight[g], out);
        out[3] += (out[0] - area) * z;
    }
}

/* The same where a and d lie on one side of the level and b and c on the other. Cut at the heights where the slice is a
 * pair of crossing lines, ad = bc: there its area has a kink. */
static void moments_saddles(const double f[8], double z0, double z1, double out[4])
{
    const double s0 = f[4] - f[0], s1 = f[5] - f[1], s2 = f[6] - f[2], s3 = f[7] - f[3];
    double q0 = f[0] * f[3] - f[1] * f[2], q1 = f[0] * s3 + f[3] * s0 - f[1] * s2 - f[2] * s1, q2 = s0 * s3 - s1 * s2;
    double root = sqrt(q1 * q1 - 4 * q0 * q2), m = -0.5 * (q1 + (q1 < 0 ? -root : root)), u = m / q2, v = q0 / m;
    bool u_in = u > z0 && u<z1, v_in = v> z0 && v < z1; /* false of NaN */
    double lo = u_in && !(v_in && v < u) ? u : v_in ? v : z1, hi = u_in && v_in ? u < v ? v : u : z1;
    moments_between(f, z0, lo, out);
    moments_between(f, lo, hi, out);
    moments_between(f, hi, z1, out);
}

void lm_moments_cell(const double f[8], double out[4])
{
    double at[6] = {0};
    int n = 1;
    for (int e = 0; e < 4; e++) /* edges along z */
        if ((f[e] >= 0) != (f[e + 4] >= 0)) n = moments_break(at, n, f[e] / (f[e] - f[e + 4]));
    at[n] = 1;
    memset(out, 0, 4 * sizeof *out);
    for (int i = 0; i < n; i++) {
        double h = at[i + 1] - at[i], z = at[i] + 0.5 * h;
        int in = 0;
        for (int e = 0; e < 4; e++) in |= (f[e] + (f[e + 4] - f[e]) * z >= 0) << e;
        if (in == 15) {
            out[0] += h;
            out[1] += 0.5 * h;
            out[2] += 0.5 * h;
            out[3] += h * z;
        } else if (in == 6 || in == 9) moments_saddles(f, at[i], at[i + 1], out);
        else if (in) moments_between(f, at[i], at[i + 1], out);
    }
}

/* ---- 2 one layer of cells ---- */

enum { MOMENTS_SLAB = 8 }; /* layers per task */

/* A layer's sums, in cells of the padded grid: cell (c,J,K) lies between samples c-1 and c, J-1 and J, K-1 and K. */
typedef struct {
    uint64_t inside, full;   /* samples of slice K; cells wholly inside */
    uint64_t full_i, full_j; /* sum of c and of J over full */
    double part[4];          /* volume and moments of the other cells */
    double lo[3], hi[3];     /* world box, without the origin */
    bool border;
} moments_layer;

struct lm_moments_sum {
    const lm_vol *v;     /* the grid */
    const lm_slices *in; /* the samples, while adding */
    double level;
    int threads;
    const uint64_t *part; /* rows of bits: of these samples only; NULL: of all that are inside */
    size_t words;         /* per row of bits */
    size_t next;          /* layer to be done */
    moments_layer *layer; /* n[2]+1 of them */
};
typedef struct lm_moments_sum moments_job;

/* "A little inside": far from underflow when multiplied, far below any difference that matters. */
#define MOMENTS_TIE 0x1p-900
#define MOMENTS_HUGE 1e300 /* stands for infinite samples */

/* The field minus the level at samples c0-1 .. c1 of row (J-1, K-1), for the cells c0 .. c1; any of them may be
 * virtual. */
static void moments_row(const moments_job *job, size_t J, size_t K, size_t c0, size_t c1, double *f)
{
    const lm_vol *v = job->v;
    size_t j = J ? J - 1 : 0, k = K ? K - 1 : 0, first = c0 ? c0 - 1 : 0, last = c1 < v->n[0] ? c1 : v->n[0] - 1;
    int out = !J + !K; /* axes along which the row lies outside */
    if (j == v->n[1]) j--, out++;
    if (k == v->n[2]) k--, out++;
    double *real = f + !c0, *end = real + (last - first + 1);
    lm_vol_row_f64(&job->in->win, ((k - job->in->first) * v->n[1] + j) * v->n[0] + first, last - first + 1, real);
    for (double *p = real; p < end; p++) {
        double g = *p - job->level;
        *p = g > MOMENTS_HUGE ? MOMENTS_HUGE : g < -MOMENTS_HUGE ? -MOMENTS_HUGE : g == 0 ? MOMENTS_TIE : g;
    }
    if (!c0) f[0] = real[0] - 2 * (out + 1) * fabs(real[0]);
    if (c1 == v->n[0]) *end = end[-1] - 2 * (out + 1) * fabs(end[-1]);
    for (double *p = real; out && p < end; p++) *p -= 2 * out * fabs(*p);
}

/* Where the edges from the cell's first corner cross the level; every grid edge starts at one cell's first corner. */
static void moments_crossings(const moments_job *job, const double f[8], const double ijk[3], moments_layer *s)
{
    for (int a = 0; a < 3; a++) {
        double g = f[1 << a];
        if ((f[0] >= 0) == (g >= 0)) continue;
        double t = f[0] / (f[0] - g);
        for (int c = 0; c < 3; c++) {
            double x = t * job->v->dir[a][c];
            for (int b = 0; b < 3; b++) x += ijk[b] * job->v->dir[b][c];
            if (x < s->lo[c]) s->lo[c] = x;
            if (x > s->hi[c]) s->hi[c] = x;
        }
    }
}

/* A cell of the closure below or above the volume, turned so that the exact direction is the one that closes: seen from
 * the side its edges all cross the level at one height, where the sections of the region shrink too fast for Gauss
 * points. */
static void moments_lid(const double f[8], double m[4])
{
    const double turned[8] = {f[0], f[4], f[2], f[6], f[1], f[5], f[3], f[7]};
    lm_moments_cell(turned, m);
    double x = m[3];
    m[3] = m[1];
    m[1] = x;
}

/* Of the corners of cell c that are inside, those that have their bit set. */
static double moments_share(const uint64_t *const bits[4], size_t c, const double f[8])
{
    int mine = 0, all = 0;
    for (size_t r = 0; r < 4; r++)
        for (size_t x = 0; x < 2; x++) {
            all += f[2 * r + x] >= 0;
            if (c + x) mine += (int)(bits[r][(c + x - 1) / 64] >> (c + x - 1) % 64 & 1);
        }
    return (double)mine / all;
}

/* The cells of `mixed`, a word of bits for cells from c0 on in cell row (J,K). */
static void moments_mixed(const moments_job *job, const uint64_t *const bits[4], uint64_t mixed, size_t c0, size_t J, size_t K,
                          moments_layer *s)
{
    double row[4][66];
    bool lid = !K || K == job->v->n[2];
    size_t from = c0 + (size_t)__builtin_ctzll(mixed), to = c0 + 63 - (size_t)__builtin_clzll(mixed);
    for (size_t r = 0; r < 4; r++) moments_row(job, J + (r & 1), K + (r >> 1), from, to, row[r]);
    for (; mixed; mixed &= mixed - 1) {
        size_t c = c0 + (size_t)__builtin_ctzll(mixed), at = c - from;
        double f[8], m[4], ijk[3] = {(double)c - 1, (double)J - 1, (double)K - 1};
        for (size_t r = 0; r < 4; r++) {
            f[2 * r] = row[r][at];
            f[2 * r + 1] = row[r][at + 1];
        }
        if (lid) moments_lid(f, m);
        else lm_moments_cell(f, m);
        if (job->part) m[0] *= moments_share(bits, c, f);
        s->part[0] += m[0];
        for (int a = 0; a < 3; a++) s->part[1 + a] += ijk[a] * m[0] + m[1 + a];
        moments_crossings(job, f, ijk, s);
    }
}

/* Sum of the positions of the bits that are set. */
static uint64_t moments_positions(uint64_t w)
{
    static const uint64_t plane[6] = {0xaaaaaaaaaaaaaaaa, 0xcccccccccccccccc, 0xf0f0f0f0f0f0f0f0,
                                      0xff00ff00ff00ff00, 0xffff0000ffff0000, 0xffffffff00000000};
    uint64_t sum = 0;
    if (w == UINT64_MAX) return 63 * 64 / 2;
    for (int b = 0; w && b < 6; b++) sum += (uint64_t)__builtin_popcountll(w & plane[b]) << b;
    return sum;
}

/* Cell row (J,K) from the bits of its four rows of samples. */
static void moments_cells(const moments_job *job, const uint64_t *const bits[4], size_t J, size_t K, moments_layer *s)
{
    uint64_t all_before = 0, any_before = 0;
    for (size_t w = 0; w < job->words; w++) {
        uint64_t all = bits[0][w] & bits[1][w] & bits[2][w] & bits[3][w], any = bits[0][w] | bits[1][w] | bits[2][w] | bits[3][w];
        uint64_t full = (all << 1 | all_before) & all, mixed = (any << 1 | any_before | any) & ~full;
        all_before = all >> 63;
        any_before = any >> 63;
        if (full) {
            uint64_t n = (uint64_t)__builtin_popcountll(full);
            s->full += n;
            s->full_i += n * w * 64 + moments_positions(full);
            s->full_j += n * J;
        }
        if (mixed) moments_mixed(job, bits, mixed, w * 64, J, K, s);
    }
}

static bool moments_any(const uint64_t *bits, size_t words)
{
    uint64_t any = 0;
    for (size_t i = 0; i < words; i++) any |= bits[i];
    return any;
}

/* Bits of slice k (zero when it is virtual), rows -1 .. n[1]. */
static void moments_slice(const moments_job *job, size_t K, uint64_t *bits)
{
    const lm_vol *v = job->v;
    memset(bits, 0, (v->n[1] + 2) * job->words * sizeof *bits);
    if (!K || K > v->n[2]) return;
    if (job->part) {
        memcpy(bits + job->words, job->part + (K - 1) * v->n[1] * job->words, v->n[1] * job->words * sizeof *bits);
        return;
    }
    const size_t row = (K - 1 - job->in->first) * v->n[1];
    for (size_t j = 0; j < v->n[1]; j++) lm_mask_row(&job->in->win, job->level, (row + j) * v->n[0], bits + (j + 1) * job->words);
}

static void moments_samples(const moments_job *job, size_t k, const uint64_t *bits, moments_layer *s)
{
    const lm_vol *v = job->v;
    size_t last = v->n[0] - 1;
    for (size_t j = 0; j < v->n[1]; j++) {
        const uint64_t *b = bits + (j + 1) * job->words;
        uint64_t n = 0;
        for (size_t w = 0; w < job->words; w++) n += (uint64_t)__builtin_popcountll(b[w]);
        bool rim = !k || k == v->n[2] - 1 || !j || j == v->n[1] - 1;
        s->inside += n;
        s->border = s->border || (n && (rim || (b[0] & 1) || (b[last / 64] >> last % 64 & 1)));
    }
}

/* Layers below this one have their slices in the window: K lies between slices K - 1 and K. */
static size_t moments_ready(const moments_job *job)
{
    const size_t end = job->in->first + job->in->win.n[2];
    return end < job->v->n[2] ? end : end + 1;
}

static lm_status moments_slab(void *ctx, size_t task, int worker, lm_err *err)
{
    moments_job *job = ctx;
    const lm_vol *v = job->v;
    (void)worker;
    size_t slice = (v->n[1] + 2) * job->words, first = job->next + task * MOMENTS_SLAB, end = first + MOMENTS_SLAB;
    const size_t ready = moments_ready(job);
    if (end > ready) end = ready;
    uint64_t *mem = lm_mem_alloc(2 * slice, sizeof *mem, err);
    if (!mem) return LM_ENOMEM;
    uint64_t *below = mem, *above = mem + slice;
    moments_slice(job, first, below);
    for (size_t K = first; K < end; K++) {
        moments_layer *s = &job->layer[K];
        *s = (moments_layer){.lo = {INFINITY, INFINITY, INFINITY}, .hi = {-INFINITY, -INFINITY, -INFINITY}};
        moments_slice(job, K + 1, above);
        if (K < v->n[2]) moments_samples(job, K, above, s);
        bool some = moments_any(below, slice) || moments_any(above, slice);
        for (size_t J = 0; some && J <= v->n[1]; J++) {
            const uint64_t *b = below + J * job->words, *a = above + J * job->words;
            moments_cells(job, (const uint64_t *const[4]){b, b + job->words, a, a + job->words}, J, K, s);
        }
        uint64_t *swap = below;
        below = above;
        above = swap;
    }
    free(mem);
    return LM_OK;
}

/* ---- 3 the volume ---- */

static void moments_sum(const lm_vol *v, const moments_layer *layer, lm_moments *out)
{
    double cells = 0, m[3] = {0}, ijk[3];
    uint64_t full = 0;
    for (int c = 0; c < 3; c++) {
        out->lo_mm[c] = INFINITY;
        out->hi_mm[c] = -INFINITY;
    }
    for (size_t K = 0; K <= v->n[2]; K++) {
        const moments_layer *s = &layer[K];
        double n = (double)s->full;
        full += s->full;
        cells += s->part[0];
        m[0] += (double)s->full_i - 0.5 * n + s->part[1];
        m[1] += (double)s->full_j - 0.5 * n + s->part[2];
        m[2] += n * ((double)K - 0.5) + s->part[3];
        out->inside += s->inside;
        out->border = out->border || s->border;
        for (int c = 0; c < 3; c++) {
            if (s->lo[c] < out->lo_mm[c]) out->lo_mm[c] = s->lo[c];
            if (s->hi[c] > out->hi_mm[c]) out->hi_mm[c] = s->hi[c];
        }
    }
    cells += (double)full;
    out->volume_mm3 = cells * fabs(lm_vol_det(v));
    for (int c = 0; c < 3; c++) {
        out->lo_mm[c] += v->origin[c];
        out->hi_mm[c] += v->origin[c];
        out->centroid_mm[c] = 0.5 * (out->lo_mm[c] + out->hi_mm[c]);
        ijk[c] = m[c] / cells;
    }
    if (cells > 0) lm_vol_to_world(v, ijk, out->centroid_mm);
}

lm_status lm_moments_begin(const lm_vol *grid, double level, int threads, lm_moments_sum **ret, lm_err *err)
{
    moments_job *job = lm_mem_calloc(1, sizeof *job, err);
    if (!job) return LM_ENOMEM;
    *job = (moments_job){.v = grid, .level = level, .threads = lm_pool_threads(threads), .words = lm_mask_words(grid->n[0])};
    if (!(job->layer = lm_mem_alloc(grid->n[2] + 1, sizeof *job->layer, err))) {
        free(job);
        return LM_ENOMEM;
    }
    *ret = job;
    return LM_OK;
}

lm_status lm_moments_add(lm_moments_sum *job, const lm_slices *in, lm_err *err)
{
    job->in = in;
    const size_t ready = moments_ready(job);
    if (ready <= job->next) return LM_OK;
    lm_status rc = lm_pool_run(job->threads, (ready - job->next + MOMENTS_SLAB - 1) / MOMENTS_SLAB, moments_slab, job, err);
    job->next = ready;
    return rc;
}

void lm_moments_end(const lm_moments_sum *job, lm_moments *out)
{
    *out = (lm_moments){0};
    moments_sum(job->v, job->layer, out);
    if (!out->inside) *out = (lm_moments){0};
}

void lm_moments_free(lm_moments_sum *job)
{
    if (job) free(job->layer);
    free(job);
}

static lm_status moments_run(const lm_vol *v, double level, const uint64_t *part, int threads, lm_moments *out, lm_err *err)
{
    const lm_slices in = lm_slices_of(v, NULL, NULL);
    moments_job *job = NULL;
    lm_status rc = lm_moments_begin(v, level, threads, &job, err);
    *out = (lm_moments){0};
    if (!rc) {
        job->part = part;
        rc = lm_moments_add(job, &in, err);
    }
    if (!rc) lm_moments_end(job, out);
    lm_moments_free(job);
    return rc;
}

lm_status lm_moments_of(const lm_vol *v, double level, int threads, lm_moments *out, lm_err *err)
{
    return moments_run(v, level, NULL, threads, out, err);
}

lm_status lm_moments_part(const lm_vol *v, double level, const uint64_t *part, int threads, double *mm3, lm_err *err)
{
    lm_moments m;
    lm_status rc = moments_run(v, level, part, threads, &m, err);
    *mm3 = m.volume_mm3;
    return rc;
}
