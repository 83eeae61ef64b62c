/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Contents: 1 bits in a box, 2 classes, 3 mixed samples, 4 regions */
#include "volume/partial.h"
#include "base/mem.h"
#include "base/pool.h"
#include "volume/mask.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { PARTIAL_NEAR = 2, PARTIAL_FAR = 4, PARTIAL_SHELL = 3, PARTIAL_SLAB = 4 };
/* A large box is worked through in windows of slices, whose sets take about so many bytes; around a window so many slices more are
 * looked at: what the sets of bits, the shell and the windows of the classes reach. */
enum { PARTIAL_BYTES = 1 << 24, PARTIAL_HALO = 8, PARTIAL_SETS = 6 };

#define PARTIAL_WIDER 0.25 /* of the contrast: more is no noise but other tissue */

typedef double (*partial_get)(const void *data, size_t i);

#define PARTIAL_GET(NAME, T) \
    static double partial_get_##NAME(const void *data, size_t i) \
    { \
        return (double)((const T *)data)[i]; \
    }
PARTIAL_GET(i8, int8_t)
PARTIAL_GET(u8, uint8_t)
PARTIAL_GET(i16, int16_t)
PARTIAL_GET(u16, uint16_t)
PARTIAL_GET(i32, int32_t)
PARTIAL_GET(u32, uint32_t)
PARTIAL_GET(f32, float)
PARTIAL_GET(f64, double)
static const partial_get partial_getters[] = {
    [LM_I8] = partial_get_i8,   [LM_U8] = partial_get_u8,   [LM_I16] = partial_get_i16, [LM_U16] = partial_get_u16,
    [LM_I32] = partial_get_i32, [LM_U32] = partial_get_u32, [LM_F32] = partial_get_f32, [LM_F64] = partial_get_f64};

/* Samples of one class near a mixed one, or everywhere. */
typedef struct {
    uint64_t n;
    double sum, squares; /* of value - shift */
} partial_class;

/* What the mixed samples of a task come to. */
typedef struct {
    double share, noise, mean, value[2];
    uint64_t mixed, undecided, remote;
} partial_sum;

/* The classes round a block of 2 x 2 x 2 samples. */
typedef struct {
    size_t stamp; /* 1 + the block's slice; 0: not looked at */
    double mean[2], spread[2], error[2];
    bool remote;
} partial_near;

typedef struct {
    const lm_vol *v;
    partial_get get;
    double shift;          /* first value of the region: sums of squares lose nothing to a large mean */
    size_t lo[3], n[3];    /* the region's box; along k the window, halo and all */
    size_t box[2];         /* the box along k: first slice, slices */
    size_t from, to;       /* slices of the window that count */
    size_t step;           /* slices of a window without its halo */
    size_t words;          /* of a row of the box */
    size_t first;          /* task of the window's first slab */
    uint64_t *plane;       /* four slices of scratch */
    uint64_t *spare;       /* one more set */
    uint64_t *mask, *wide; /* the region; the region and its neighbours */
    uint64_t *in, *out;    /* pure samples */
    uint64_t *changed;     /* or NULL */
    double given[2];       /* inside, outside; NAN: not given */
    partial_class all[2];  /* inside, outside */
    partial_sum *sum;      /* per task */
} partial_job;

/* ---- 1 bits in a box ---- */

static bool partial_bit(const uint64_t *bits, size_t words, size_t row, size_t i)
{
    return bits[row * words + i / 64] >> i % 64 & 1;
}

/* One row and its neighbours to both sides; what is beyond the row counts as not set. */
static void partial_smear(const uint64_t *from, uint64_t *to, size_t words, size_t n)
{
    for (size_t w = 0; w < words; w++) {
        uint64_t m = from[w], before = w ? from[w - 1] >> 63 : 0, behind = w + 1 < words ? from[w + 1] << 63 : 0;
        to[w] = m | m << 1 | before | m >> 1 | behind;
    }
    to[n / 64] &= ((uint64_t)1 << n % 64) - 1; /* no bit behind the last sample */
}

/* A slice grown along i and j; s: a slice of scratch. */
static void partial_slice(const partial_job *job, const uint64_t *from, uint64_t *to, uint64_t *s)
{
    const size_t w = job->words, rows = job->n[1];
    for (size_t r = 0; r < rows; r++) partial_smear(from + r * w, s + r * w, w, job->n[0]);
    for (size_t r = 0; r < rows; r++)
        for (size_t x = r * w; x < (r + 1) * w; x++) to[x] = s[x] | (r ? s[x - w] : 0) | (r + 1 < rows ? s[x + w] : 0);
}

/* Grow the set by its 26 neighbours, slice by slice; to may be from. */
static void partial_grow(const partial_job *job, const uint64_t *from, uint64_t *to)
{
    const size_t size = job->n[1] * job->words;
    uint64_t *s = job->plane, *p[3] = {s + size, s + 2 * size, s + 3 * size};
    memset(p[2], 0, size * sizeof *s); /* before the first slice */
    partial_slice(job, from, p[0], s);
    for (size_t k = 0; k < job->n[2]; k++) {
        uint64_t *before = p[(k + 2) % 3], *here = p[k % 3], *behind = p[(k + 1) % 3], *o = to + k * size;
        if (k + 1 < job->n[2]) partial_slice(job, from + (k + 1) * size, behind, s);
        else memset(behind, 0, size * sizeof *s);
        for (size_t x = 0; x < size; x++) o[x] = before[x] | here[x] | behind[x];
    }
}

static void partial_not(const partial_job *job, uint64_t *bits)
{
    size_t rows = job->n[1] * job->n[2];
    for (size_t r = 0; r < rows; r++) {
        uint64_t *b = bits + r * job->words;
        for (size_t w = 0; w < job->words; w++) b[w] = ~b[w];
        b[job->n[0] / 64] &= ((uint64_t)1 << job->n[0] % 64) - 1;
    }
}

/* The region's box with room for the windows, within the volume. */
static void partial_box(const lm_regions *r, const lm_region *g, size_t bytes, partial_job *job)
{
    enum { ROOM = PARTIAL_FAR + 2 };
    size_t hi[3] = {0};
    for (int a = 0; a < 3; a++) job->lo[a] = SIZE_MAX;
    for (size_t k = 0; k < g->n_runs; k++) {
        uint64_t s = g->run[k].start;
        size_t p[3] = {s % r->n[0], s / r->n[0] % r->n[1], s / r->n[0] / r->n[1]};
        for (int a = 0; a < 3; a++) {
            size_t end = p[a] + (a ? 1 : g->run[k].n);
            if (p[a] < job->lo[a]) job->lo[a] = p[a];
            if (end > hi[a]) hi[a] = end;
        }
    }
    for (int a = 0; a < 3; a++) {
        job->lo[a] = job->lo[a] > ROOM ? job->lo[a] - ROOM : 0;
        hi[a] = hi[a] + ROOM < r->n[a] ? hi[a] + ROOM : r->n[a];
        job->n[a] = hi[a] - job->lo[a];
    }
    job->words = lm_mask_words(job->n[0]);
    job->box[0] = job->lo[2];
    job->box[1] = job->n[2];
    job->step = (bytes ? bytes : PARTIAL_BYTES) / (PARTIAL_SETS * sizeof(uint64_t)) / (job->n[1] * job->words) / PARTIAL_SLAB *
                PARTIAL_SLAB;
    if (job->step < PARTIAL_HALO) job->step = PARTIAL_HALO;
}

/* The window that begins at slice k of the box. */
static void partial_at(partial_job *job, size_t k)
{
    size_t from = k > PARTIAL_HALO ? k - PARTIAL_HALO : 0, end = k + job->step < job->box[1] ? k + job->step : job->box[1];
    size_t to = end + PARTIAL_HALO < job->box[1] ? end + PARTIAL_HALO : job->box[1];
    job->lo[2] = job->box[0] + from;
    job->n[2] = to - from;
    job->from = k - from;
    job->to = end - from;
    job->first = k / PARTIAL_SLAB;
}

static size_t partial_index(const partial_job *job, size_t row, size_t i)
{
    const lm_vol *v = job->v;
    return job->lo[0] + i + v->n[0] * (job->lo[1] + row % job->n[1] + v->n[1] * (job->lo[2] + row / job->n[1]));
}

/* ---- 2 classes ---- */

static void partial_add(const partial_job *job, partial_class *c, size_t index)
{
    double x = job->get(job->v->data, index) - job->shift;
    c->n++;
    c->sum += x;
    c->squares += x * x;
}

static void partial_class_all(partial_job *job, const uint64_t *bits, partial_class *c)
{
    for (size_t r = job->from * job->n[1]; r < job->to * job->n[1]; r++)
        for (size_t w = 0; w < job->words; w++)
            for (uint64_t b = bits[r * job->words + w]; b; b &= b - 1)
                partial_add(job, c, partial_index(job, r, w * 64 + (size_t)__builtin_ctzll(b)));
}

/* Memory for the sets of the largest window; job->mask is all of it. */
static lm_status partial_memory(partial_job *job, bool was, lm_err *err)
{
    size_t slices = job->step + 2 * PARTIAL_HALO < job->box[1] ? job->step + 2 * PARTIAL_HALO : job->box[1];
    size_t slice = job->n[1] * job->words, all = slices * slice;
    uint64_t *bits = lm_mem_alloc((was ? 6 : 5) * all + 4 * slice, sizeof *bits, err);
    if (!bits) return LM_ENOMEM;
    job->mask = bits;
    job->wide = bits + all;
    job->in = bits + 2 * all;
    job->out = bits + 3 * all;
    job->spare = bits + 4 * all;
    job->changed = was ? bits + 5 * all : NULL;
    job->plane = bits + (was ? 6 : 5) * all;
    return LM_OK;
}

/* The window's bits of the region, from its runs. */
static void partial_mask(const lm_regions *r, const lm_region *g, partial_job *job)
{
    const uint64_t slice = (uint64_t)r->n[0] * r->n[1], from = slice * job->lo[2], to = slice * (job->lo[2] + job->n[2]);
    size_t lo = 0, hi = g->n_runs;
    memset(job->mask, 0, job->n[1] * job->n[2] * job->words * sizeof *job->mask);
    while (lo < hi) { /* the first run that does not begin before the window */
        size_t mid = lo + (hi - lo) / 2;
        if (g->run[mid].start < from) lo = mid + 1;
        else hi = mid;
    }
    for (size_t k = lo; k < g->n_runs && g->run[k].start < to; k++) {
        uint64_t s = g->run[k].start, row = s / r->n[0];
        uint64_t *b = job->mask + job->words * (row % r->n[1] - job->lo[1] + job->n[1] * (row / r->n[1] - job->lo[2]));
        for (size_t i = s % r->n[0] - job->lo[0], end = i + g->run[k].n; i < end; i++) b[i / 64] |= (uint64_t)1 << i % 64;
    }
}

/* Fill all sets of bits of the window. */
static void partial_sets(const lm_regions *r, const lm_region *g, const uint64_t *was, partial_job *job)
{
    size_t rows = job->n[1] * job->n[2], all = rows * job->words, from = lm_mask_words(r->n[0]);
    partial_mask(r, g, job);
    for (size_t row = 0; row < rows && was; row++) {
        const uint64_t *b = was + from * (row % job->n[1] + job->lo[1] + r->n[1] * (row / job->n[1] + job->lo[2]));
        for (size_t w = 0; w < job->words; w++) {
            size_t at = job->lo[0] + 64 * w, word = at / 64, s = at % 64;
            uint64_t x = word < from ? b[word] >> s : 0;
            if (s && word + 1 < from) x |= b[word + 1] << (64 - s);
            if (w == job->n[0] / 64) x &= ((uint64_t)1 << job->n[0] % 64) - 1;
            job->changed[row * job->words + w] = x ^ job->mask[row * job->words + w];
        }
    }
    partial_grow(job, job->mask, job->wide);
    memcpy(job->in, job->mask, all * sizeof *job->in);
    partial_not(job, job->in);
    partial_grow(job, job->in, job->in); /* what is beyond the volume counts as more of the same */
    partial_not(job, job->in);
    if (!was) {
        memcpy(job->out, job->wide, all * sizeof *job->out);
        partial_not(job, job->out);
        return;
    }
    for (size_t x = 0; x < all; x++) {
        job->in[x] &= ~job->changed[x];
        job->out[x] = job->changed[x] & ~job->mask[x]; /* other objects, whose rims are mixed, too */
    }
    partial_grow(job, job->out, job->out);
    for (size_t x = 0; x < all; x++) job->out[x] |= job->wide[x];
    partial_not(job, job->out);
}

/* The classes as a whole: all pure samples inside, and those outside that are near the rim. */
static void partial_classes(partial_job *job)
{
    size_t all = job->n[1] * job->n[2] * job->words;
    partial_class_all(job, job->in, &job->all[0]);
    partial_grow(job, job->wide, job->spare);
    for (int i = 2; i < PARTIAL_SHELL; i++) partial_grow(job, job->spare, job->spare);
    for (size_t x = 0; x < all; x++) job->spare[x] &= job->out[x];
    partial_class_all(job, job->spare, &job->all[1]);
}

static double partial_spread(const partial_class *c)
{
    double mean = c->sum / (double)c->n, var = c->n > 1 ? (c->squares - mean * c->sum) / (double)(c->n - 1) : 0;
    return var > 0 ? sqrt(var) : 0;
}

/* ---- 3 mixed samples ---- */

/* Pure samples of both classes `half` samples round the block of 2 x 2 x 2 that begins at `at` (in the volume): are there any (n),
 * or how many, and their sums. */
static void partial_window(const partial_job *job, const size_t at[3], size_t half, bool sums, partial_class c[2])
{
    size_t lo[3], hi[3];
    for (int a = 0; a < 3; a++) {
        lo[a] = at[a] > half + job->lo[a] ? at[a] - half - job->lo[a] : 0;
        hi[a] = at[a] + 1 + half - job->lo[a];
        if (hi[a] >= job->n[a]) hi[a] = job->n[a] - 1;
    }
    c[0] = c[1] = (partial_class){0};
    for (size_t z = lo[2]; z <= hi[2]; z++)
        for (size_t y = lo[1]; y <= hi[1]; y++) {
            size_t r = y + job->n[1] * z, w = r * job->words + lo[0] / 64, s = lo[0] % 64;
            size_t first = job->lo[0] + lo[0] + job->v->n[0] * (job->lo[1] + y + job->v->n[1] * (job->lo[2] + z));
            for (int k = 0; k < 2; k++) {
                const uint64_t *b = k ? job->out : job->in;
                uint64_t near = b[w] >> s | (s && lo[0] / 64 + 1 < job->words ? b[w + 1] << (64 - s) : 0);
                near &= ((uint64_t)1 << (hi[0] - lo[0] + 1)) - 1;
                if (!sums) c[k].n |= near, near = 0;
                for (; near; near &= near - 1) partial_add(job, &c[k], first + (size_t)__builtin_ctzll(near));
            }
        }
}

/* What is known of the classes round a block. */
static void partial_look(const partial_job *job, const size_t at[3], partial_near *out)
{
    partial_class c[2] = {{0}};
    bool known = !isnan(job->given[0]) && !isnan(job->given[1]);
    size_t half = PARTIAL_NEAR;
    for (; half <= PARTIAL_FAR && !known; half++) {
        partial_window(job, at, half, false, c);
        if ((c[0].n || !isnan(job->given[0])) && (c[1].n || !isnan(job->given[1]))) break;
    }
    if (!known) partial_window(job, at, half < PARTIAL_FAR ? half : PARTIAL_FAR, true, c);
    out->remote = false;
    for (int k = 0; k < 2; k++) {
        const partial_class *use = c[k].n ? &c[k] : &job->all[k];
        bool given = !isnan(job->given[k]);
        out->remote |= !given && !c[k].n;
        out->mean[k] = given ? job->given[k] : job->shift + use->sum / (double)use->n;
        out->spread[k] = given ? 0 : partial_spread(use->n < 4 ? &job->all[k] : use);
        out->error[k] = given ? 0 : c[k].n ? out->spread[k] / sqrt((double)c[k].n) : out->spread[k];
    }
}

static void partial_sample(const partial_job *job, size_t row, size_t i, const partial_near *n, partial_sum *sum)
{
    bool mask = partial_bit(job->mask, job->words, row, i);
    double contrast = fabs(n->mean[0] - n->mean[1]), most = n->spread[0] > n->spread[1] ? n->spread[0] : n->spread[1];
    sum->mixed++;
    sum->remote += n->remote;
    sum->value[0] += n->mean[0];
    sum->value[1] += n->mean[1];
    if (!(contrast > 2 * most) || contrast == 0) {
        sum->undecided++;
        sum->share += mask;
        sum->mean += 0.28867513459481287; /* 1 / sqrt(12) */
        return;
    }
    double x = (job->get(job->v->data, partial_index(job, row, i)) - n->mean[1]) / (n->mean[0] - n->mean[1]);
    double f = x < 0 ? 0 : x > 1 ? 1 : x;
    double under = 3 * n->spread[1] / contrast,
           over = 3 * n->spread[0] / contrast; /* cutting noise on one side only would add up */
    double least = under < PARTIAL_WIDER ? -under : -PARTIAL_WIDER, top = 1 + (over < PARTIAL_WIDER ? over : PARTIAL_WIDER);
    sum->share += x < least ? least : x > top ? top : x;
    sum->noise += (f * n->spread[0] * n->spread[0] + (1 - f) * n->spread[1] * n->spread[1]) / (contrast * contrast);
    sum->mean += (f * n->error[0] + (1 - f) * n->error[1]) / contrast;
}

static void partial_row(const partial_job *job, size_t r, partial_near *cache, partial_sum *sum)
{
    size_t at[3] = {0, (job->lo[1] + r % job->n[1]) & ~(size_t)1, (job->lo[2] + r / job->n[1]) & ~(size_t)1};
    partial_near *blocks = cache + (at[1] - (job->lo[1] & ~(size_t)1)) / 2 * (job->n[0] / 2 + 2);
    for (size_t w = 0; w < job->words; w++) {
        size_t x = r * job->words + w;
        uint64_t pure = job->in[x]; /* and what was filled, deep inside or not; what was cut away has no share */
        if (job->changed) pure |= job->changed[x];
        for (uint64_t b = job->wide[x] & ~pure; b; b &= b - 1) {
            size_t i = w * 64 + (size_t)__builtin_ctzll(b);
            at[0] = (job->lo[0] + i) & ~(size_t)1;
            partial_near *n = &blocks[(at[0] - (job->lo[0] & ~(size_t)1)) / 2];
            if (n->stamp != at[2] + 1) partial_look(job, at, n);
            n->stamp = at[2] + 1;
            partial_sample(job, r, i, n, sum);
        }
    }
}

static lm_status partial_slab(void *ctx, size_t task, int worker, lm_err *err)
{
    const partial_job *job = ctx;
    partial_sum sum = {0};
    size_t from = job->from + task * PARTIAL_SLAB, to = from + PARTIAL_SLAB < job->to ? from + PARTIAL_SLAB : job->to;
    (void)worker;
    partial_near *cache = lm_mem_calloc((job->n[0] / 2 + 2) * (job->n[1] / 2 + 2), sizeof *cache, err);
    if (!cache) return LM_ENOMEM;
    for (size_t r = from * job->n[1]; r < to * job->n[1]; r++) partial_row(job, r, cache, &sum);
    free(cache);
    job->sum[job->first + task] = sum;
    return LM_OK;
}

/* ---- 4 regions ---- */

/* Without the processor's own instruction, which not every one has (Warren, Hacker's Delight, 5-1). */
static uint64_t partial_count(uint64_t x)
{
    x -= x >> 1 & 0x5555555555555555;
    x = (x & 0x3333333333333333) + (x >> 2 & 0x3333333333333333);
    return ((x + (x >> 4)) & 0x0f0f0f0f0f0f0f0f) * 0x0101010101010101 >> 56;
}

/* The window's mixed samples, and how many are pure. */
static lm_status partial_mix(partial_job *job, int threads, lm_partial *out, lm_err *err)
{
    const size_t slice = job->n[1] * job->words;
    for (size_t x = job->from * slice; x < job->to * slice; x++) {
        uint64_t pure = job->in[x] | (job->changed ? job->mask[x] & job->changed[x] : 0);
        if (pure) out->pure += partial_count(pure);
    }
    return lm_pool_run(threads, (job->to - job->from + PARTIAL_SLAB - 1) / PARTIAL_SLAB, partial_slab, job, err);
}

static void partial_state(const partial_job *job, lm_partial *out)
{
    partial_sum t = {0};
    for (size_t i = 0; i < (job->box[1] + PARTIAL_SLAB - 1) / PARTIAL_SLAB; i++) {
        const partial_sum *s = &job->sum[i];
        t.share += s->share, t.noise += s->noise, t.mean += s->mean;
        t.value[0] += s->value[0], t.value[1] += s->value[1];
        t.mixed += s->mixed, t.undecided += s->undecided, t.remote += s->remote;
    }
    double mm3 = fabs(lm_vol_det(job->v));
    out->stated = true;
    out->mixed = t.mixed;
    out->undecided = t.undecided;
    out->remote = t.remote;
    out->volume_mm3 = mm3 * ((double)out->pure + t.share);
    out->u_mm3 = mm3 * sqrt(t.noise + t.mean * t.mean);
    out->inside = t.mixed ? t.value[0] / (double)t.mixed : job->given[0];
    out->outside = t.mixed ? t.value[1] / (double)t.mixed : job->given[1];
}

/* Twice through the windows: for the classes as a whole, then for the mixed samples. */
static lm_status partial_windows(partial_job *job, const lm_regions *r, const lm_region *g, const uint64_t *was, int threads,
                                 lm_partial *out, lm_err *err)
{
    const bool one = job->step >= job->box[1];
    lm_status rc = LM_OK;
    bool stated = true;
    for (size_t k = 0; k < job->box[1]; k += job->step) {
        partial_at(job, k);
        partial_sets(r, g, was, job);
        partial_classes(job);
    }
    for (int k = 0; k < 2; k++) stated &= job->all[k].n || !isnan(job->given[k]);
    for (size_t k = 0; k < job->box[1] && stated && !rc; k += job->step) {
        partial_at(job, k);
        if (!one) partial_sets(r, g, was, job);
        rc = partial_mix(job, threads, out, err);
    }
    if (!rc && stated) partial_state(job, out);
    return rc;
}

static lm_status partial_region(const lm_vol *v, const lm_regions *r, const lm_region *g, const uint64_t *was,
                                const lm_partial_opt *opt, lm_partial *out, lm_err *err)
{
    partial_job job = {.v = v, .get = partial_getters[v->type], .given = {opt->inside, opt->outside}};
    *out = (lm_partial){.volume_mm3 = NAN, .u_mm3 = NAN, .inside = NAN, .outside = NAN};
    if (!g->n_runs) return LM_OK;
    partial_box(r, g, opt->bytes, &job);
    job.shift = job.get(v->data, g->run[0].start);
    lm_status rc = partial_memory(&job, was != NULL, err);
    if (!rc && !(job.sum = lm_mem_calloc((job.box[1] + PARTIAL_SLAB - 1) / PARTIAL_SLAB, sizeof *job.sum, err))) rc = LM_ENOMEM;
    if (!rc) rc = partial_windows(&job, r, g, was, lm_pool_threads(opt->threads), out, err);
    free(job.sum);
    free(job.mask);
    return rc;
}

lm_status lm_partial_of(const lm_vol *v, const lm_regions *r, const uint64_t *was, const lm_partial_opt *opt, lm_partial *out,
                        lm_err *err)
{
    lm_status rc = LM_OK;
    for (size_t i = 0; i < r->count && !rc; i++) rc = partial_region(v, r, &r->item[i], was, opt, &out[i], err);
    return rc;
}
