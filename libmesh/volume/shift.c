/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Contents: 1 slices as gradients, 2 the offset of two slices, 3 judging, 4 all of it */
#include "volume/shift.h"
#include "base/mem.h"
#include "base/pool.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    SHIFT_SIDE = 256,
    SHIFT_LEVELS = 4,
    SHIFT_LEAST = 48,
    SHIFT_REACH = 4,
    SHIFT_BLOCK = 16,
    SHIFT_WINDOW = 5,
    SHIFT_LANES = 16
};

/* ---- 1 slices as gradients ---- */

typedef struct {
    size_t w, h;
    float *p;
} shift_level;
typedef struct {
    int levels;
    shift_level level[SHIFT_LEVELS]; /* the first is the finest */
} shift_image;

typedef struct {
    const lm_vol *v;
    size_t slices, factor, w, h;
    struct shift_pair {
        double s[2];  /* the second shows at x+s what the first shows at x; in samples of the finest level */
        double least; /* how different they are there, */
        double still; /* at the usual offset, */
        double other; /* and at best as far from that in the three other directions */
    } * pair;
} shift_job;

static void shift_add_row(const lm_vol *v, size_t at, size_t n, double *scratch, float *sum)
{
    if (v->type == LM_I16) {
        const int16_t *p = (const int16_t *)v->data + at;
        for (size_t i = 0; i < n; i++) sum[i] += p[i];
    } else if (v->type == LM_F32) {
        const float *p = (const float *)v->data + at;
        for (size_t i = 0; i < n; i++) sum[i] += p[i];
    } else {
        lm_vol_row_f64(v, at, n, scratch);
        for (size_t i = 0; i < n; i++) sum[i] += (float)scratch[i];
    }
}

/* Slice k as means of factor x factor samples. */
static void shift_reduce(const shift_job *j, size_t k, double *scratch, float *sum, float *out)
{
    size_t f = j->factor, nx = j->v->n[0], base = k * nx * j->v->n[1];
    float scale = 1 / (float)(f * f);
    for (size_t y = 0; y < j->h; y++) {
        memset(sum, 0, nx * sizeof *sum);
        for (size_t r = 0; r < f; r++) shift_add_row(j->v, base + (y * f + r) * nx, nx, scratch, sum);
        for (size_t x = 0; x < j->w; x++) {
            float s = 0;
            for (size_t c = 0; c < f; c++) s += sum[x * f + c];
            out[y * j->w + x] = s * scale;
        }
    }
}

/* Magnitude of central differences, cut at four times its mean. */
static void shift_gradient(const float *a, size_t w, size_t h, float *out)
{
    double total = 0;
    memset(out, 0, w * h * sizeof *out);
    for (size_t y = 1; y + 1 < h; y++) {
        double row = 0;
        for (size_t x = 1; x + 1 < w; x++) {
            const float *p = a + y * w + x;
            float gx = p[1] - p[-1], gy = p[w] - *(p - w);
            out[y * w + x] = sqrtf(gx * gx + gy * gy);
        }
        float lane[8] = {0};
        for (size_t x = 0; x + 8 <= w; x += 8)
            for (size_t l = 0; l < 8; l++) lane[l] += out[y * w + x + l];
        for (int l = 0; l < 8; l++) row += lane[l];
        total += row;
    }
    float most = (float)(4 * total / (double)(w * h));
    for (size_t i = 0; i < w * h; i++) out[i] = out[i] < most ? out[i] : most;
}

static void shift_halve(const shift_level *a, shift_level *b)
{
    for (size_t y = 0; y < b->h; y++)
        for (size_t x = 0; x < b->w; x++) {
            const float *p = a->p + 2 * y * a->w + 2 * x;
            b->p[y * b->w + x] = (p[0] + p[1] + p[a->w] + p[a->w + 1]) * 0.25f;
        }
}

/* Levels of a w x h image in one block of memory. */
static void shift_lay_out(shift_image *m, size_t w, size_t h, float *p)
{
    for (m->levels = 0; m->levels < SHIFT_LEVELS; w /= 2, h /= 2) {
        if (m->levels && (w < SHIFT_LEAST / 2 || h < SHIFT_LEAST / 2)) break;
        m->level[m->levels++] = (shift_level){w, h, p};
        p += w * h;
    }
}

/* ---- 2 the offset of two slices ---- */

typedef float shift_four __attribute__((vector_size(16)));

/* Sum of (a-b)^2 and of a^2+b^2 over a row, in eight lanes: the same sums on every machine. */
static void shift_row(const float *a, const float *b, size_t n, double *apart, double *size)
{
    shift_four d[2] = {{0}}, e[2] = {{0}};
    float rest[2] = {0, 0};
    size_t i = 0;
    for (; i + 8 <= n; i += 8) {
        shift_four p[2], q[2];
        memcpy(p, a + i, sizeof p);
        memcpy(q, b + i, sizeof q);
        d[0] += (p[0] - q[0]) * (p[0] - q[0]);
        d[1] += (p[1] - q[1]) * (p[1] - q[1]);
        e[0] += p[0] * p[0] + q[0] * q[0];
        e[1] += p[1] * p[1] + q[1] * q[1];
    }
    for (; i < n; i++) {
        rest[0] += (a[i] - b[i]) * (a[i] - b[i]);
        rest[1] += a[i] * a[i] + b[i] * b[i];
    }
    for (int l = 0; l < 4; l++) *apart += (double)d[0][l] + d[1][l], *size += (double)e[0][l] + e[1][l];
    *apart += rest[0];
    *size += rest[1];
}

/* How different a at x and b at x+s are, 0 to 1 and a little more; 1 where they do not overlap enough. */
static double shift_differ(const shift_level *a, const shift_level *b, long sx, long sy)
{
    long w = (long)a->w, h = (long)a->h, x0 = sx < 0 ? -sx : 0, y0 = sy < 0 ? -sy : 0, nx = w - labs(sx), ny = h - labs(sy);
    double apart = 0, size = 0;
    if (2 * nx < w || 2 * ny < h) return 1;
    for (long y = y0; y < y0 + ny; y++) shift_row(a->p + y * w + x0, b->p + (y + sy) * w + x0 + sx, (size_t)nx, &apart, &size);
    return size > 0 ? apart / size : 1;
}

static double shift_vertex(double before, double at, double behind)
{
    double q = before + behind - 2 * at, x = q > 0 ? 0.5 * (before - behind) / q : 0;
    return x < -0.5 ? -0.5 : x > 0.5 ? 0.5 : x;
}

/* The least of all whole shifts within reach; of equal ones the smaller. */
static void shift_search(const shift_level *a, const shift_level *b, long s[2])
{
    double least = 2;
    long best = 0;
    for (long dy = -SHIFT_REACH; dy <= SHIFT_REACH; dy++)
        for (long dx = -SHIFT_REACH; dx <= SHIFT_REACH; dx++) {
            double d = shift_differ(a, b, dx, dy);
            long far = labs(dx) + labs(dy);
            if (d > least || (d == least && far >= best)) continue;
            least = d;
            best = far;
            s[0] = dx;
            s[1] = dy;
        }
}

/* Downhill from s by single steps; cross: the differences at s and left, right, above and below it. */
static void shift_descend(const shift_level *a, const shift_level *b, long s[2], double cross[5])
{
    static const long step[5][2] = {{0, 0}, {-1, 0}, {1, 0}, {0, -1}, {0, 1}};
    for (int moves = 0; moves <= 2 * SHIFT_REACH; moves++) {
        int least = 0;
        for (int i = 0; i < 5; i++) {
            cross[i] = shift_differ(a, b, s[0] + step[i][0], s[1] + step[i][1]);
            if (cross[i] < cross[least]) least = i;
        }
        if (!least) return;
        s[0] += step[least][0];
        s[1] += step[least][1];
    }
}

/* From coarse to fine. */
static void shift_offset(const shift_image *a, const shift_image *b, struct shift_pair *out)
{
    long s[2] = {0, 0};
    int l = a->levels - 1;
    double cross[5];
    shift_search(&a->level[l], &b->level[l], s);
    for (; l >= 0; l--) {
        shift_descend(&a->level[l], &b->level[l], s, cross);
        if (l) s[0] *= 2, s[1] *= 2;
    }
    out->s[0] = (double)s[0] + shift_vertex(cross[1], cross[0], cross[2]);
    out->s[1] = (double)s[1] + shift_vertex(cross[3], cross[0], cross[4]);
    out->least = cross[0];
    out->still = 0;
}

typedef struct {
    shift_image image[3];
    float *block, *sum, *plane;
    double *row;
} shift_scratch;

static void shift_scratch_free(shift_scratch *t)
{
    free(t->block);
    free(t->sum);
    free(t->row);
}

static lm_status shift_scratch_new(const shift_job *j, shift_scratch *t, lm_err *err)
{
    size_t plane = j->w * j->h, image = 2 * plane;
    *t = (shift_scratch){.block = lm_mem_alloc(3 * image + plane, sizeof *t->block, err)};
    if (t->block) t->sum = lm_mem_alloc(j->v->n[0], sizeof *t->sum, err);
    if (t->sum) t->row = lm_mem_alloc(j->v->n[0], sizeof *t->row, err);
    if (!t->row) {
        shift_scratch_free(t);
        return LM_ENOMEM;
    }
    for (size_t i = 0; i < 3; i++) shift_lay_out(&t->image[i], j->w, j->h, t->block + i * image);
    t->plane = t->block + 3 * image;
    return LM_OK;
}

static void shift_take(const shift_job *j, size_t k, shift_scratch *t, shift_image *m)
{
    shift_reduce(j, k, t->row, t->sum, t->plane);
    shift_gradient(t->plane, j->w, j->h, m->level[0].p);
    for (int l = 1; l < m->levels; l++) shift_halve(&m->level[l - 1], &m->level[l]);
}

static lm_status shift_block(void *ctx, size_t block, int worker, lm_err *err)
{
    const shift_job *j = ctx;
    size_t first = block * SHIFT_BLOCK, last = first + SHIFT_BLOCK < j->slices - 1 ? first + SHIFT_BLOCK : j->slices - 1;
    shift_scratch t;
    (void)worker;
    if (shift_scratch_new(j, &t, err)) return LM_ENOMEM;
    shift_take(j, first, &t, &t.image[0]);
    for (size_t k = first; k < last; k++) {
        shift_take(j, k + 1, &t, &t.image[(k + 1 - first) & 1]);
        shift_offset(&t.image[(k - first) & 1], &t.image[(k + 1 - first) & 1], &j->pair[k]);
    }
    shift_scratch_free(&t);
    return LM_OK;
}

/* ---- 3 judging ---- */

typedef struct {
    double usual[2], off[2], length, spread, along[2]; /* in samples of the finest level; spread: of the length, of each axis */
} shift_view;

static int shift_cmp(const void *a, const void *b)
{
    double p = *(const double *)a, q = *(const double *)b;
    return p < q ? -1 : p > q;
}

static double shift_median(double *x, int n)
{
    /* cppcheck-suppress uninitvar ; n >= 4 */
    qsort(x, (size_t)n, sizeof *x, shift_cmp);
    return n & 1 ? x[n / 2] : (x[n / 2 - 1] + x[n / 2]) / 2;
}

/* Pair k against those around it. */
static shift_view shift_look(const shift_job *j, size_t k)
{
    double x[2][2 * SHIFT_WINDOW], d[2 * SHIFT_WINDOW], least = 0.1 / (double)j->factor;
    size_t pairs = j->slices - 1, from = k < SHIFT_WINDOW ? 0 : k - SHIFT_WINDOW,
           to = k + SHIFT_WINDOW < pairs ? k + SHIFT_WINDOW + 1 : pairs;
    shift_view v;
    int n = 0;
    for (int c = 0; c < 2; c++) {
        n = 0;
        for (size_t i = from; i < to; i++)
            if (i != k) x[c][n++] = j->pair[i].s[c];
        v.usual[c] = shift_median(x[c], n);
        v.off[c] = j->pair[k].s[c] - v.usual[c];
        for (int i = 0; i < n; i++) x[c][i] = fabs(x[c][i] - v.usual[c]);
        v.along[c] = fmax(shift_median(x[c], n), least);
    }
    n = 0;
    for (size_t i = from; i < to; i++) {
        double a = j->pair[i].s[0] - v.usual[0], b = j->pair[i].s[1] - v.usual[1];
        if (i != k) d[n++] = sqrt(a * a + b * b);
    }
    /* cppcheck-suppress uninitvar ; a pair has at least four others around it: LM_SHIFT_SLICES */
    v.spread = fmax(shift_median(d, n), least);
    v.length = sqrt(v.off[0] * v.off[0] + v.off[1] * v.off[1]);
    return v;
}

static long shift_round(double x)
{
    return (long)(x < 0 ? x - 0.5 : x + 0.5);
}

/* Of the pairs that stand out: how different they are elsewhere than at their offset. */
static void shift_still(const shift_job *j, size_t k, const shift_view *v, shift_scratch *t)
{
    static const double turn[3][2] = {{-1, 0}, {0, 1}, {0, -1}}; /* as complex numbers */
    const shift_level *a = &t->image[0].level[0], *b = &t->image[1].level[0];
    shift_take(j, k, t, &t->image[0]);
    shift_take(j, k + 1, t, &t->image[1]);
    j->pair[k].still = shift_differ(a, b, shift_round(v->usual[0]), shift_round(v->usual[1]));
    j->pair[k].other = INFINITY;
    for (int i = 0; i < 3; i++) {
        double x = v->usual[0] + turn[i][0] * v->off[0] - turn[i][1] * v->off[1],
               y = v->usual[1] + turn[i][0] * v->off[1] + turn[i][1] * v->off[0];
        j->pair[k].other = fmin(j->pair[k].other, shift_differ(a, b, shift_round(x), shift_round(y)));
    }
}

/* Does the offset help, and it alone? What grows or shrinks fits better wherever its rim is laid on the rim of before. */
static bool shift_helps(const struct shift_pair *p, double part)
{
    return p->least <= part * p->still && p->still - p->other <= 0.5 * (p->still - p->least);
}

/* What slices k and k+2 are off each other, less what is usual and `off`. */
static double shift_across(const shift_job *j, const shift_view *view, size_t k, const double off[2], shift_scratch *t)
{
    struct shift_pair far;
    shift_take(j, k, t, &t->image[0]);
    shift_take(j, k + 2, t, &t->image[1]);
    shift_offset(&t->image[0], &t->image[1], &far);
    double x = far.s[0] - view[k].usual[0] - view[k + 1].usual[0] - off[0],
           y = far.s[1] - view[k].usual[1] - view[k + 1].usual[1] - off[1];
    return sqrt(x * x + y * y);
}

/* Do both pairs stand out along the axis on which they move most? */
static bool shift_along(const shift_view *a, const shift_view *b)
{
    double x = fmin(fabs(a->off[0]), fabs(b->off[0])), y = fmin(fabs(a->off[1]), fabs(b->off[1]));
    int c = y > x;
    return fabs(a->off[c]) >= 4 * a->along[c] && fabs(b->off[c]) >= 4 * b->along[c];
}

/* Slice k+1 between the pairs k and k+1. */
static bool shift_single(const shift_job *j, const shift_view *view, size_t k, shift_scratch *t)
{
    static const double none[2] = {0, 0};
    const shift_view *a = &view[k], *b = &view[k + 1];
    double x = a->off[0] + b->off[0], y = a->off[1] + b->off[1], both = a->length + b->length;
    const struct shift_pair *p = &j->pair[k], *q = &j->pair[k + 1];
    if (sqrt(x * x + y * y) > 0.35 * both || !shift_helps(p, 1) || !shift_helps(q, 1) ||
        (p->least > 0.9 * p->still && q->least > 0.9 * q->still))
        return false;
    if (a->length >= 4 * a->spread && b->length >= 4 * b->spread) return true;
    return shift_along(a, b) && shift_across(j, view, k, none, t) <= 0.25 * both;
}

/* All slices behind pair k, which has two pairs on either side. */
static bool shift_rest(const shift_job *j, const shift_view *view, size_t k, shift_scratch *t)
{
    const struct shift_pair *p = &j->pair[k];
    return k >= 2 && k + 3 < j->slices && view[k].length >= 8 * view[k].spread && shift_helps(p, 0.85) &&
           shift_across(j, view, k - 1, view[k].off, t) <= 0.4 * view[k].length &&
           shift_across(j, view, k, view[k].off, t) <= 0.4 * view[k].length;
}

/* out += weight * slice k */
static void shift_plane(const lm_vol *v, size_t k, double weight, double *row, double *out)
{
    size_t n = v->n[0];
    for (size_t y = 0; y < v->n[1]; y++) {
        lm_vol_row_f64(v, (k * v->n[1] + y) * n, n, row);
        for (size_t x = 0; x < n; x++) out[y * n + x] += weight * row[x];
    }
}

/* Bilinear; inside. */
static double shift_sample(const double *p, size_t w, double x, double y)
{
    size_t i = (size_t)x, j = (size_t)y;
    double a = x - (double)i, b = y - (double)j;
    const double *q = p + j * w + i;
    return (1 - b) * ((1 - a) * q[0] + a * q[1]) + b * ((1 - a) * q[w] + a * q[w + 1]);
}

/* Gauss-Newton steps on s (pixels): moved(x+s) = mean(x). Left as it is where that leads away. */
static void shift_exact(const double *mean, const double *moved, size_t w, size_t h, double s[2])
{
    const double begin[2] = {s[0], s[1]};
    for (int step = 0; step < 8; step++) {
        double xx = 0, xy = 0, yy = 0, xd = 0, yd = 0;
        size_t edge = 2 + (size_t)(fabs(s[0]) + fabs(s[1]) + 1);
        if (2 * edge + 4 > w || 2 * edge + 4 > h) break;
        for (size_t y = edge; y < h - edge; y++)
            for (size_t x = edge; x < w - edge; x++) {
                double px = (double)x + s[0], py = (double)y + s[1], d = shift_sample(moved, w, px, py) - mean[y * w + x];
                double gx = (mean[y * w + x + 1] - mean[y * w + x - 1]) / 2,
                       gy = (mean[(y + 1) * w + x] - mean[(y - 1) * w + x]) / 2;
                xx += gx * gx, xy += gx * gy, yy += gy * gy, xd += gx * d, yd += gy * d;
            }
        double det = xx * yy - xy * xy;
        if (!(det > 1e-9 * xx * yy)) break;
        double a = (yy * xd - xy * yd) / det, b = (xx * yd - xy * xd) / det;
        s[0] -= a;
        s[1] -= b;
        if (fabs(s[0] - begin[0]) + fabs(s[1] - begin[1]) > 1.5 || !isfinite(s[0] + s[1])) {
            s[0] = begin[0];
            s[1] = begin[1];
            return;
        }
        if (fabs(a) + fabs(b) < 1e-3) break;
    }
}

static lm_status shift_measure(const shift_job *j, size_t k, double s[2], lm_err *err)
{
    size_t n = j->v->n[0] * j->v->n[1];
    double *p = lm_mem_calloc(2 * n + j->v->n[0], sizeof *p, err);
    if (!p) return LM_ENOMEM;
    shift_plane(j->v, k - 1, 0.5, p + 2 * n, p);
    shift_plane(j->v, k + 1, 0.5, p + 2 * n, p);
    shift_plane(j->v, k, 1, p + 2 * n, p + n);
    shift_exact(p, p + n, j->v->n[0], j->v->n[1], s);
    free(p);
    return LM_OK;
}

/* ---- 4 all of it ---- */

static void shift_note(const shift_job *j, lm_shift *out, size_t slice, bool rest, const double px[2])
{
    double mm[3];
    if (out->n++ >= LM_SHIFT_MAX) return;
    for (int c = 0; c < 3; c++) mm[c] = px[0] * j->v->dir[0][c] + px[1] * j->v->dir[1][c];
    out->item[out->n - 1] = (lm_shift_item){slice, rest, {px[0], px[1]}, sqrt(mm[0] * mm[0] + mm[1] * mm[1] + mm[2] * mm[2])};
}

static lm_status shift_judge(const shift_job *j, shift_view *view, shift_scratch *t, lm_shift *out, lm_err *err)
{
    size_t pairs = j->slices - 1;
    double f = (double)j->factor, least = 0.9 / f;
    for (size_t k = 0; k < pairs; k++) {
        view[k] = shift_look(j, k);
        if (view[k].length >= least) shift_still(j, k, &view[k], t);
    }
    for (size_t k = 0; k < pairs; k++) {
        if (view[k].length < least) continue;
        if (k + 1 < pairs && view[k + 1].length >= least && shift_single(j, view, k, t)) {
            double px[2];
            for (int c = 0; c < 2; c++) px[c] = f * (view[k].off[c] - view[k + 1].off[c]) / 2;
            if (shift_measure(j, k + 1, px, err)) return LM_ENOMEM;
            shift_note(j, out, k + 1, false, px);
            k++; /* this pair is told */
        } else if (shift_rest(j, view, k, t)) {
            const double px[2] = {f * view[k].off[0], f * view[k].off[1]};
            shift_note(j, out, k + 1, true, px);
        }
    }
    return LM_OK;
}

lm_status lm_shift_find(const lm_vol *v, size_t slices, int threads, lm_shift *out, lm_err *err)
{
    size_t most = v->n[0] > v->n[1] ? v->n[0] : v->n[1], blocks = (slices + SHIFT_BLOCK - 2) / SHIFT_BLOCK;
    shift_job j = {.v = v, .slices = slices, .factor = (most + SHIFT_SIDE - 1) / SHIFT_SIDE};
    out->n = 0;
    j.w = v->n[0] / j.factor;
    j.h = v->n[1] / j.factor;
    if (slices < LM_SHIFT_SLICES || j.w < 8 || j.h < 8) return LM_OK;
    shift_view *view = lm_mem_alloc(slices, sizeof *view, err);
    shift_scratch t = {.block = NULL};
    lm_status rc = view && (j.pair = lm_mem_calloc(slices, sizeof *j.pair, err)) ? LM_OK : LM_ENOMEM;
    if (!rc) rc = lm_pool_run(lm_pool_threads(threads), blocks, shift_block, &j, err);
    if (!rc && !(rc = shift_scratch_new(&j, &t, err))) {
        rc = shift_judge(&j, view, &t, out, err);
        shift_scratch_free(&t);
    }
    free(j.pair);
    free(view);
    return rc;
}
