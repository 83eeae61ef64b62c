/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Contents: 1 the grid, 2 signs, 3 the walk, 4 memory, 5 what is asked, 6 slices */
#include "shell/field.h"
#include "base/mem.h"
#include "base/pool.h"
#include "surface/voxelize.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    FIELD_CUBE = 2 * LM_FIELD_BRICK,
    FIELD_SAMPLES = LM_FIELD_BRICK * LM_FIELD_BRICK * LM_FIELD_BRICK, /* of a brick */
    FIELD_TOP = 65535,
    FIELD_WINDOW = 20 /* slices that the reader has in memory */
};

/* The samples of a grid row at which inside and outside take turns, beginning outside: n of its slab's, from start on. */
typedef struct {
    size_t start;
    uint32_t slab, n;
} field_line;

typedef struct {
    uint32_t *turn;
    size_t n, cap;
} field_slab;

typedef struct {
    const lm_nearest *near;
    double level, step, band, lo[3];
    size_t n[3], cubes[3], words; /* samples; cubes; 64-bit words per row of signs */
    field_slab *slab;
    size_t slabs;
    field_line *line;
    lm_field *out; /* NULL: only the deepest is looked for */
    double best;   /* the deepest so far */
} field_job;

/* ---- 1 the grid ---- */

/* Samples over the part of the box that is deep enough below its faces. False when there is none. */
static bool field_grid(field_job *job, const lm_mesh *m)
{
    double lo[3], hi[3], inset = job->out && job->level > 2 * job->step ? job->level - 2 * job->step : 0;
    lm_mesh_box(m, lo, hi);
    for (int c = 0; c < 3; c++) {
        double room = hi[c] - lo[c] - 2 * inset, n = room > 0 ? ceil(room / job->step) + 1 : 0;
        if (!(n >= 1 && n < 1e9)) return false;
        job->n[c] = (size_t)n;
        job->cubes[c] = (job->n[c] - 1) / FIELD_CUBE + 1;
        job->lo[c] = lo[c] + inset;
    }
    job->words = (job->n[0] - 1) / 64 + 1;
    return true;
}

static lm_vol field_vol(const field_job *job)
{
    lm_vol grid = LM_VOL_INIT;
    grid.type = LM_U16;
    for (int c = 0; c < 3; c++) {
        grid.n[c] = job->n[c];
        grid.dir[c][c] = job->step;
        grid.origin[c] = job->lo[c];
    }
    grid.has_iso = true;
    grid.iso = LM_FIELD_ISO;
    return grid;
}

/* Bytes that are taken, or will be: as far as they are known. */
static double field_bytes(const field_job *job)
{
    double n = (double)job->n[1] * (double)job->n[2] * sizeof *job->line;
    for (size_t s = 0; s < job->slabs; s++) n += (double)job->slab[s].n * sizeof *job->slab->turn;
    if (!job->out) return n;
    n += (double)job->cubes[0] * (double)job->cubes[1] * (double)job->cubes[2] * sizeof(lm_field_cube);
    return n + (double)job->out->bricks * FIELD_SAMPLES * sizeof *job->out->brick;
}

/* With the slices of the reader. */
static double field_need(const field_job *job)
{
    double slice = (double)job->n[0] * (double)job->n[1] * sizeof(uint16_t);
    return field_bytes(job) + (job->out ? FIELD_WINDOW * slice : 0);
}

/* ---- 2 signs ---- */

static lm_status field_sign_row(void *ctx, size_t slab, size_t j, size_t k, const int32_t *turns, lm_err *err)
{
    const field_job *job = ctx;
    field_slab *s = &job->slab[slab];
    field_line *line = &job->line[k * job->n[1] + j];
    bool inside = false;
    *line = (field_line){.start = s->n, .slab = (uint32_t)slab};
    for (size_t i = 0; i < job->n[0]; i++) {
        if ((turns[i] > 0) == inside) continue;
        if (s->n == s->cap && lm_mem_grow(&s->turn, &s->cap, s->n + 1, sizeof *s->turn, err)) return LM_ENOMEM;
        s->turn[s->n++] = (uint32_t)i;
        line->n++;
        inside = !inside;
    }
    return LM_OK;
}

static lm_status field_signs(field_job *job, const lm_mesh *m, int threads, lm_err *err)
{
    const lm_vol grid = field_vol(job);
    if (!(job->line = lm_mem_alloc(job->n[1] * job->n[2], sizeof *job->line, err)) ||
        !(job->slab = lm_mem_calloc(lm_voxelize_slabs(&grid), sizeof *job->slab, err)))
        return LM_ENOMEM;
    job->slabs = lm_voxelize_slabs(&grid);
    return lm_voxelize(m, &grid, threads, field_sign_row, job, err);
}

static void field_signs_free(field_job *job)
{
    for (size_t s = 0; s < job->slabs; s++) free(job->slab[s].turn);
    free(job->slab);
    free(job->line);
    job->slab = NULL;
    job->line = NULL;
    job->slabs = 0;
}

/* The samples of a row of cubes, one bit each: FIELD_CUBE x FIELD_CUBE rows; beyond the grid is outside. */
typedef struct {
    const field_job *job;
    size_t j, k; /* of its first row */
    uint64_t *inside;
} field_bits;

static void field_bits_line(const field_job *job, const field_line *line, uint64_t *row)
{
    const uint32_t *turn = job->slab[line->slab].turn + line->start;
    for (uint32_t t = 0; t < line->n; t += 2) {
        size_t a = turn[t], b = t + 1 < line->n ? turn[t + 1] : job->n[0];
        for (size_t w = a / 64; w * 64 < b; w++) {
            uint64_t from = w * 64 < a ? ~0ull << (a - w * 64) : ~0ull;
            row[w] |= b - w * 64 < 64 ? from & ~(~0ull << (b - w * 64)) : from;
        }
    }
}

static lm_status field_bits_make(const field_job *job, size_t row, field_bits *b, lm_err *err)
{
    *b = (field_bits){.job = job, .j = row % job->cubes[1] * FIELD_CUBE, .k = row / job->cubes[1] * FIELD_CUBE};
    if (!(b->inside = lm_mem_calloc((size_t)FIELD_CUBE * FIELD_CUBE * job->words, sizeof *b->inside, err))) return LM_ENOMEM;
    for (size_t r = 0; r < (size_t)FIELD_CUBE * FIELD_CUBE; r++) {
        size_t j = b->j + r % FIELD_CUBE, k = b->k + r / FIELD_CUBE;
        if (j < job->n[1] && k < job->n[2]) field_bits_line(job, &job->line[k * job->n[1] + j], b->inside + r * job->words);
    }
    return LM_OK;
}

static const uint64_t *field_bits_row(const field_bits *b, size_t j, size_t k)
{
    return b->inside + ((k - b->k) * FIELD_CUBE + (j - b->j)) * b->job->words;
}

/* ---- 3 the walk ---- */

typedef struct {
    size_t at[3], size; /* size^3 samples, a power of 2 of at most FIELD_CUBE, at multiples of it */
} field_box;

static field_box field_child(const field_box *b, unsigned q)
{
    field_box child = {.size = b->size / 2};
    for (unsigned c = 0; c < 3; c++) child.at[c] = b->at[c] + (q >> c & 1) * child.size;
    return child;
}

/* Is any sample of the box inside? */
static bool field_any(const field_bits *bits, const field_box *b)
{
    uint64_t mask = ((1ull << b->size) - 1) << (b->at[0] % 64);
    for (size_t k = b->at[2]; k < b->at[2] + b->size; k++)
        for (size_t j = b->at[1]; j < b->at[1] + b->size; j++)
            if (field_bits_row(bits, j, k)[b->at[0] / 64] & mask) return true;
    return false;
}

/* Depth of the middle sample, and the way from it to the farthest one; its distance is looked for up to reach + way, beyond that it
 * counts as so much. The hint goes on to the next. */
static double field_middle(const field_bits *bits, const field_box *b, double reach, uint32_t *hint, double *way)
{
    const field_job *job = bits->job;
    const size_t half = b->size / 2, i = b->at[0] + half;
    double p[3], h = (double)half * job->step;
    lm_nearest_hit hit;
    *way = sqrt(h * h + h * h + h * h);
    reach += *way;
    for (int c = 0; c < 3; c++) p[c] = job->lo[c] + (double)(b->at[c] + half) * job->step;
    lm_nearest_find(job->near, p, reach * reach, *hint, &hit);
    if (hit.tri != LM_NEAREST_NONE) *hint = hit.tri;
    double d = hit.tri != LM_NEAREST_NONE ? sqrt(hit.d2) : reach;
    return field_bits_row(bits, b->at[1] + half, b->at[2] + half)[i / 64] >> (i % 64) & 1 ? d : -d;
}

typedef enum { FIELD_SHALLOW, FIELD_DEEP, FIELD_IN_BAND } field_side;

/* Where all samples of the box lie, if one step can say. *depth is that of the middle one in the last case. */
static field_side field_settle(const field_bits *bits, const field_box *b, uint32_t *hint, double *depth)
{
    const field_job *job = bits->job;
    double way;
    if (!field_any(bits, b)) return FIELD_SHALLOW;
    *depth = field_middle(bits, b, job->level + job->band, hint, &way);
    if (*depth + way <= job->level - job->band) return FIELD_SHALLOW;
    return *depth - way >= job->level + job->band ? FIELD_DEEP : FIELD_IN_BAND;
}

/* The same, tried on the eighths of the box too. */
static field_side field_settle_parts(const field_bits *bits, const field_box *b, uint32_t *hint)
{
    double depth;
    field_side side = field_settle(bits, b, hint, &depth), first = FIELD_IN_BAND;
    for (unsigned q = 0; q < 8 && side == FIELD_IN_BAND; q++) {
        field_box child = field_child(b, q);
        field_side s = field_settle(bits, &child, hint, &depth);
        if (s == FIELD_IN_BAND || (q && s != first)) return FIELD_IN_BAND;
        first = s;
    }
    return side == FIELD_IN_BAND ? first : side;
}

/* Which bricks there are. */
static lm_status field_sort_task(void *ctx, size_t row, int worker, lm_err *err)
{
    const field_job *job = ctx;
    uint32_t hint = LM_NEAREST_NONE;
    field_bits bits;
    double depth;
    (void)worker;
    if (field_bits_make(job, row, &bits, err)) return LM_ENOMEM;
    for (size_t i = 0; i < job->cubes[0]; i++) {
        lm_field_cube *cube = &job->out->cube[row * job->cubes[0] + i];
        field_box b = {.at = {i * FIELD_CUBE, bits.j, bits.k}, .size = FIELD_CUBE};
        field_side side = field_settle(&bits, &b, &hint, &depth);
        *cube = (lm_field_cube){.deep = side == FIELD_DEEP ? 0xff : 0};
        for (unsigned q = 0; q < 8 && side == FIELD_IN_BAND; q++) {
            field_box child = field_child(&b, q);
            field_side s = field_settle_parts(&bits, &child, &hint);
            cube->band |= (uint8_t)((s == FIELD_IN_BAND) << q);
            cube->deep |= (uint8_t)((s == FIELD_DEEP) << q);
        }
    }
    free(bits.inside);
    return LM_OK;
}

static void field_walk(const field_bits *bits, const field_box *b, uint32_t *hint, uint16_t *brick)
{
    enum { N = LM_FIELD_BRICK };
    const field_job *job = bits->job;
    double depth;
    field_side side = field_settle(bits, b, hint, &depth);
    if (side == FIELD_SHALLOW) return; /* as it stands */
    if (b->size > 1 && side == FIELD_IN_BAND) {
        for (unsigned q = 0; q < 8; q++) {
            field_box child = field_child(b, q);
            field_walk(bits, &child, hint, brick);
        }
        return;
    }
    double v = FIELD_TOP;
    if (side == FIELD_IN_BAND) v = floor(LM_FIELD_ISO + (depth - job->level) / job->band * (FIELD_TOP - LM_FIELD_ISO));
    const uint16_t value = v < 0 ? 0 : v > FIELD_TOP ? FIELD_TOP : (uint16_t)v;
    for (size_t k = 0; k < b->size; k++)
        for (size_t j = 0; j < b->size; j++)
            for (size_t i = 0; i < b->size; i++)
                brick[(((b->at[2] + k) % N * N) + (b->at[1] + j) % N) * N + (b->at[0] + i) % N] = value;
}

static lm_status field_fill_task(void *ctx, size_t row, int worker, lm_err *err)
{
    const field_job *job = ctx;
    uint32_t hint = LM_NEAREST_NONE;
    field_bits bits;
    (void)worker;
    if (field_bits_make(job, row, &bits, err)) return LM_ENOMEM;
    for (size_t i = 0; i < job->cubes[0]; i++) {
        const lm_field_cube *cube = &job->out->cube[row * job->cubes[0] + i];
        const field_box b = {.at = {i * FIELD_CUBE, bits.j, bits.k}, .size = FIELD_CUBE};
        uint16_t *brick = job->out->brick + (size_t)cube->first * FIELD_SAMPLES;
        for (unsigned q = 0; q < 8; q++) {
            if (!(cube->band >> q & 1)) continue;
            field_box child = field_child(&b, q);
            field_walk(&bits, &child, &hint, brick);
            brick += FIELD_SAMPLES;
        }
    }
    free(bits.inside);
    return LM_OK;
}

/* The deepest only: what cannot be deeper by a step than the best so far is passed over. */
static void field_deep(const field_bits *bits, const field_box *b, uint32_t *hint, double *best)
{
    double way, depth;
    if (!field_any(bits, b)) return;
    depth = field_middle(bits, b, INFINITY, hint, &way);
    if (depth > *best) *best = depth;
    if (b->size == 1 || depth + way <= *best + bits->job->step) return;
    for (unsigned q = 0; q < 8; q++) {
        field_box child = field_child(b, q);
        field_deep(bits, &child, hint, best);
    }
}

/* ---- 4 memory ---- */

/* All but the samples: signs, and for a field the bricks counted. *need: bytes; when over the limit, so far as they were counted:
 * then nothing more is done. */
static lm_status field_plan(field_job *job, const lm_mesh *m, int threads, double limit, double *need, lm_err *err)
{
    lm_status rc;
    if (!field_grid(job, m)) return lm_err_set(err, LM_ENO, NULL, "nothing lies %.6g mm deep", job->level);
    if ((*need = field_need(job)) > limit) return LM_OK;
    if ((rc = field_signs(job, m, threads, err))) return rc;
    if ((*need = field_need(job)) > limit || !job->out) return LM_OK;
    lm_field *f = job->out;
    const size_t rows = job->cubes[1] * job->cubes[2];
    f->grid = field_vol(job);
    memcpy(f->cubes, job->cubes, sizeof f->cubes);
    if (!(f->cube = lm_mem_alloc(job->cubes[0] * rows, sizeof *f->cube, err))) return LM_ENOMEM;
    if ((rc = lm_pool_run(lm_pool_threads(threads), rows, field_sort_task, job, err))) return rc;
    for (size_t i = 0; i < job->cubes[0] * rows; i++) {
        f->cube[i].first = (uint32_t)f->bricks; /* not used where it is so many that they do not fit */
        f->bricks += (size_t)__builtin_popcount(f->cube[i].band);
    }
    *need = field_need(job);
    return LM_OK;
}

/* To two digits, upwards. */
static double field_round(double step)
{
    double unit = 1;
    while (unit > step / 10) unit /= 10;
    while (unit <= step / 100) unit *= 10;
    return ceil(step / unit - 1e-9) * unit;
}

/* Name a step that fits: bytes grow with the surface, so that the next one to try is clear. */
static lm_status field_advise(const field_job *job, const lm_mesh *m, int threads, double limit, double need, lm_err *err)
{
    double step = job->step, now = need;
    while (now > limit) {
        lm_field field = LM_FIELD_INIT;
        field_job next = {.near = job->near, .level = job->level, .out = job->out ? &field : NULL};
        double more = sqrt(now / limit);
        step = field_round(step * (more > 1.05 ? more : 1.05));
        next.step = step;
        next.band = LM_FIELD_BAND * step;
        lm_status rc = field_plan(&next, m, threads, limit, &now, NULL);
        field_signs_free(&next);
        lm_field_release(&field);
        if (rc) step = 0;
        if (rc) break;
    }
    if (!step)
        return lm_err_set(err, LM_ENOMEM, NULL, "a grid of %.4g mm takes at least %.4g MiB, allowed are %.4g: no step fits",
                          job->step, need / 0x1p20, limit / 0x1p20);
    return lm_err_set(err, LM_ENOMEM, NULL,
                      "a grid of %.4g mm takes at least %.4g MiB, allowed are %.4g: a step of %.2g mm would fit", job->step,
                      need / 0x1p20, limit / 0x1p20, step);
}

/* field_plan, within the limit. */
static lm_status field_begin(field_job *job, const lm_mesh *m, const lm_field_opt *opt, lm_err *err)
{
    const double limit = opt->max_memory ? (double)opt->max_memory : 0x1p42; /* bricks are numbered in 32 bits */
    double need;
    lm_status rc = field_plan(job, m, opt->threads, limit, &need, err);
    if (rc || need <= limit) return rc;
    field_signs_free(job);
    return field_advise(job, m, opt->threads, limit, need, err);
}

/* ---- 5 what is asked ---- */

lm_status lm_field_make(const lm_mesh *m, const lm_nearest *near, const lm_field_opt *opt, lm_field *field, lm_err *err)
{
    field_job job = {
        .near = near, .level = opt->depth_mm, .step = opt->step_mm, .band = LM_FIELD_BAND * opt->step_mm, .out = field};
    lm_field_release(field);
    lm_status rc = field_begin(&job, m, opt, err);
    if (!rc && !(field->brick = lm_mem_calloc(field->bricks, FIELD_SAMPLES * sizeof *field->brick, err))) rc = LM_ENOMEM;
    if (!rc) rc = lm_pool_run(lm_pool_threads(opt->threads), job.cubes[1] * job.cubes[2], field_fill_task, &job, err);
    if (!rc) field->bytes = (size_t)field_bytes(&job);
    field_signs_free(&job);
    if (rc) lm_field_release(field);
    return rc;
}

lm_status lm_field_deepest(const lm_mesh *m, const lm_nearest *near, const lm_field_opt *opt, double *depth_mm, lm_err *err)
{
    field_job job = {.near = near, .level = opt->depth_mm, .step = opt->step_mm};
    double best = 0;
    lm_status rc = field_begin(&job, m, opt, err);
    for (size_t r = 0; !rc && r < job.cubes[1] * job.cubes[2]; r++) { /* in order: each finds less to look at */
        uint32_t hint = LM_NEAREST_NONE;
        field_bits bits;
        if ((rc = field_bits_make(&job, r, &bits, err))) break;
        for (size_t i = 0; i < job.cubes[0]; i++)
            field_deep(&bits, &(field_box){.at = {i * FIELD_CUBE, bits.j, bits.k}, .size = FIELD_CUBE}, &hint, &best);
        free(bits.inside);
    }
    field_signs_free(&job);
    *depth_mm = rc ? 0 : best;
    return rc;
}

void lm_field_release(lm_field *field)
{
    free(field->cube);
    free(field->brick);
    *field = (lm_field)LM_FIELD_INIT;
}

/* ---- 6 slices ---- */

/* Row (j, k) of the grid. */
static void field_row(const lm_field *f, size_t j, size_t k, uint16_t *to)
{
    enum { N = LM_FIELD_BRICK };
    const lm_field_cube *cube = f->cube + (k / FIELD_CUBE * f->cubes[1] + j / FIELD_CUBE) * f->cubes[0];
    const unsigned yz = (unsigned)(j / N % 2) * 2 + (unsigned)(k / N % 2) * 4;
    const size_t at = (k % N * N + j % N) * N, n = f->grid.n[0];
    for (size_t i = 0; i < n; i += N) {
        const lm_field_cube *c = &cube[i / FIELD_CUBE];
        const unsigned q = yz + (unsigned)(i / N % 2);
        const size_t some = (n - i < N ? n - i : N) * sizeof *to;
        if (c->band >> q & 1) {
            size_t b = c->first + (size_t)__builtin_popcount(c->band & ((1u << q) - 1));
            memcpy(to + i, f->brick + b * FIELD_SAMPLES + at, some);
        } else memset(to + i, c->deep >> q & 1 ? 0xff : 0, some); /* FIELD_TOP or 0 */
    }
}

static lm_status field_read(void *ctx, void *to, size_t slices, lm_err *err)
{
    lm_field *f = ctx;
    uint16_t *row = to;
    (void)err;
    for (size_t k = f->next; k < f->next + slices; k++)
        for (size_t j = 0; j < f->grid.n[1]; j++, row += f->grid.n[0]) field_row(f, j, k, row);
    f->next += slices;
    return LM_OK;
}

lm_slices lm_field_slices(lm_field *field)
{
    field->next = 0;
    return lm_slices_of(&field->grid, field_read, field);
}
