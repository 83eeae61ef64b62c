/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Contents: 1 pieces, 2 their volumes by the grey values, 3 samples at the surface, 4 volumes of the mesh, 5 levels */
#include "surface/preserve.h"
#include "base/mem.h"
#include "base/pool.h"
#include "surface/mcubes.h"
#include "volume/label.h"
#include "volume/mask.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { PRESERVE_SLAB = 4, PRESERVE_CHUNK = 65536, PRESERVE_STEPS = 60, PRESERVE_LEAST = 8 };
#define PRESERVE_FINE 1e-6
#define PRESERVE_NONE UINT32_MAX
#define PRESERVE_HELD 0.25 /* where more of the samples do not follow, the surface has stairs: its area is 3 % too large */

/* A sample with a neighbour on the other side. */
typedef struct {
    uint64_t at;
    float f;
    uint32_t piece;
} preserve_rim;

/* The search for one piece's level. Volume falls as the level rises. */
typedef struct {
    double end;                /* shift at which all samples of one side are held */
    double lo, hi, e_lo, e_hi; /* bracket, and mesh - target there (weighed down by Illinois) */
    double shift, error;       /* where it is now */
    int side;                  /* which end of the bracket moved last */
    bool bracketed, active, done;
    size_t rim, held; /* samples at its surface, and those of them that do not follow the level */
} preserve_search;

typedef struct {
    const lm_vol *v;
    double iso;
    int threads;
    lm_label label;
    uint32_t *piece_of; /* per component */
    size_t pieces;
    uint64_t *bits;    /* inside */
    size_t words;      /* of a row of bits */
    lm_vol field;      /* value - iso, float32 */
    preserve_rim *rim; /* by slab */
    size_t *first;     /* per slab: first of its rim; one more at the end */
    lm_preserve_piece *piece;
    preserve_search *search;
    const lm_mesh *m;   /* the surface now */
    uint32_t *tri, *of; /* its triangles, and the piece of each */
    size_t nt;
    double *volume; /* per piece */
    double inv[3][3], mid[3];
} preserve_job;

void lm_preserve_release(lm_preserve_facts *f)
{
    free(f->piece);
    *f = (lm_preserve_facts)LM_PRESERVE_FACTS_INIT;
}

double lm_preserve_reference(const lm_preserve_facts *f, double at_level_mm3, double *u)
{
    double plain = 0, left = 0, partial = 0;
    *u = 0;
    for (size_t i = 0; i < f->n; i++) {
        const lm_preserve_piece *p = &f->piece[i];
        plain += p->plain_mm3;
        if (p->why != LM_PRESERVE_MOVED) left += p->plain_mm3;
        else partial += p->partial_mm3, *u += p->u_mm3;
    }
    return partial + (plain > 0 ? at_level_mm3 * (left / plain) : 0);
}

/* ---- 1 pieces ---- */

static lm_status preserve_pieces(preserve_job *job, lm_err *err)
{
    const lm_label *l = &job->label;
    lm_status rc = lm_mask_all(job->v, job->iso, job->threads, &job->bits, err);
    if (!rc) rc = lm_label_components(job->v, job->iso, job->threads, &job->label, err);
    if (rc) return rc;
    if (!(job->piece_of = lm_mem_alloc(l->comps, sizeof *job->piece_of, err))) return LM_ENOMEM;
    job->pieces = lm_label_groups(l, job->v->n, job->piece_of);
    job->piece = lm_mem_calloc(job->pieces, sizeof *job->piece, err);
    job->search = job->piece ? lm_mem_calloc(job->pieces, sizeof *job->search, err) : NULL;
    job->volume = job->search ? lm_mem_calloc(job->pieces, sizeof *job->volume, err) : NULL;
    if (!job->volume) return LM_ENOMEM;
    for (size_t c = 0; c < l->comps; c++) job->piece[job->piece_of[c]].voxels += l->size[c];
    for (size_t p = 0; p < job->pieces; p++) job->piece[p].partial_mm3 = job->piece[p].u_mm3 = NAN;
    return LM_OK;
}

/* ---- 2 their volumes by the grey values ---- */

static void preserve_state(lm_preserve_piece *p, const lm_partial *v)
{
    p->why = v->stated ? LM_PRESERVE_MOVED : LM_PRESERVE_SMALL;
    p->partial_mm3 = v->volume_mm3;
    p->u_mm3 = v->u_mm3;
}

/* Each piece as a region: runs by piece, in order (counting sort), then one piece after the other. */
static lm_status preserve_measure(preserve_job *job, const lm_preserve_opt *opt, lm_err *err)
{
    const lm_label *l = &job->label;
    size_t rows = job->v->n[1] * job->v->n[2], runs = l->row[rows];
    lm_partial_opt how = opt->partial;
    size_t *at = lm_mem_calloc(job->pieces + 2, sizeof *at, err);
    lm_run *run = at ? lm_mem_alloc(runs, sizeof *run, err) : NULL;
    lm_status rc = run ? LM_OK : LM_ENOMEM;
    how.threads = job->threads;
    bool thin = job->v->n[0] < 3 || job->v->n[1] < 3 || job->v->n[2] < 3; /* there, beyond the volume counts as more of the same */
    for (size_t i = 0; i < runs && !rc; i++) at[job->piece_of[l->comp[i]] + 2]++;
    for (size_t p = 2; p < job->pieces + 2 && !rc; p++) at[p] += at[p - 1];
    for (size_t r = 0; r < rows && !rc; r++)
        for (size_t i = l->row[r]; i < l->row[r + 1]; i++)
            run[at[job->piece_of[l->comp[i]] + 1]++] =
                (lm_run){.start = r * job->v->n[0] + l->start[i], .n = l->end[i] - l->start[i]};
    for (size_t p = 0; p < job->pieces && !rc; p++) {
        lm_region one = {.n_runs = at[p + 1] - at[p], .run = run + at[p], .voxels = job->piece[p].voxels};
        lm_regions r = LM_REGIONS_INIT;
        lm_partial out;
        job->piece[p].why = LM_PRESERVE_SMALL;
        if (isnan(how.inside) && !thin && one.voxels < PRESERVE_LEAST) continue; /* none of them can be pure */
        lm_regions_on(&r, job->v);
        r.count = r.cap = 1;
        r.item = &one;
        if (!(rc = lm_partial_of(job->v, &r, job->bits, &how, &out, err))) preserve_state(&job->piece[p], &out);
    }
    free(run);
    free(at);
    return rc;
}

static lm_status preserve_stated(preserve_job *job, const lm_preserve_opt *opt, lm_err *err)
{
    const lm_label *l = &job->label;
    for (size_t p = 0; p < job->pieces; p++) job->piece[p].why = LM_PRESERVE_UNKNOWN;
    if (opt->from == LM_PRESERVE_NOTHING) return LM_OK;
    if (job->pieces == 1) {
        preserve_state(&job->piece[0], &opt->whole);
        return LM_OK;
    }
    size_t *rank = lm_mem_alloc(l->comps, sizeof *rank, err);
    lm_status rc = rank ? lm_label_order(l, rank, err) : LM_ENOMEM;
    for (size_t i = 0; i < opt->n && i < l->comps && !rc; i++) {
        lm_preserve_piece *p = &job->piece[job->piece_of[rank[i]]];
        if (p->voxels == l->size[rank[i]]) preserve_state(p, &opt->of_piece[i]); /* it is all of the piece */
    }
    free(rank);
    return rc;
}

/* ---- 3 samples at the surface ---- */

static float preserve_value(double x, double iso)
{
    double d = x - iso;
    if (d < 0 && d > -(double)FLT_MIN) return -FLT_MIN;
    return d > FLT_MAX ? FLT_MAX : d < -FLT_MAX ? -FLT_MAX : (float)d;
}

static lm_status preserve_field_slice(void *ctx, size_t k, int worker, lm_err *err)
{
    enum { BLOCK = 1024 };
    preserve_job *job = ctx;
    const size_t slice = job->v->n[0] * job->v->n[1];
    double x[BLOCK];
    float *f = job->field.data;
    (void)worker, (void)err;
    for (size_t at = k * slice; at < (k + 1) * slice; at += BLOCK) {
        size_t n = (k + 1) * slice - at < BLOCK ? (k + 1) * slice - at : BLOCK;
        lm_vol_row_f64(job->v, at, n, x);
        for (size_t i = 0; i < n; i++) f[at + i] = preserve_value(x[i], job->iso);
    }
    return LM_OK;
}

/* Samples of word w of row r that have a neighbour along an axis on the other side; beyond the volume is no neighbour. */
static uint64_t preserve_edge(const preserve_job *job, size_t j, size_t k, size_t w)
{
    const size_t *n = job->v->n, words = job->words, plane = n[1] * words;
    const uint64_t *b = job->bits + (k * n[1] + j) * words;
    uint64_t m = b[w], valid = (w + 1) * 64 <= n[0] ? ~(uint64_t)0 : ((uint64_t)1 << n[0] % 64) - 1;
    uint64_t first = w == 0 ? 1 : 0, last = n[0] / 64 == w && n[0] % 64 ? (uint64_t)1 << (n[0] - 1) % 64 : 0;
    if (n[0] % 64 == 0 && w + 1 == n[0] / 64) last = (uint64_t)1 << 63;
    uint64_t below = m << 1 | (w ? b[w - 1] >> 63 : 0), above = m >> 1 | (w + 1 < words ? b[w + 1] << 63 : 0);
    uint64_t e = ((m ^ below) & ~first) | ((m ^ above) & ~last);
    if (j) e |= m ^ b[w - words];
    if (j + 1 < n[1]) e |= m ^ b[w + words];
    if (k) e |= m ^ *(b + w - plane);
    if (k + 1 < n[2]) e |= m ^ b[w + plane];
    return e & valid;
}

/* The piece that the inside neighbours of an outside sample belong to; none when there are several. */
static uint32_t preserve_beside(const preserve_job *job, size_t i, size_t j, size_t k)
{
    const size_t *n = job->v->n, at[3] = {i, j, k};
    uint32_t found = PRESERVE_NONE;
    for (int a = 0; a < 3; a++)
        for (int s = 0; s < 2; s++) {
            size_t q[3] = {i, j, k};
            if (s ? at[a] + 1 >= n[a] : at[a] == 0) continue;
            q[a] = s ? at[a] + 1 : at[a] - 1;
            uint32_t c = lm_label_at(&job->label, q[2] * n[1] + q[1], q[0]);
            if (c == UINT32_MAX) continue;
            if (found != PRESERVE_NONE && found != job->piece_of[c]) return PRESERVE_NONE;
            found = job->piece_of[c];
        }
    return found;
}

/* Count the rim of a slab, or write it to its place. */
static lm_status preserve_rim_slab(void *ctx, size_t task, int worker, lm_err *err)
{
    preserve_job *job = ctx;
    const size_t *n = job->v->n;
    const float *f = job->field.data;
    size_t count = 0, end = (task + 1) * PRESERVE_SLAB < n[2] ? (task + 1) * PRESERVE_SLAB : n[2];
    preserve_rim *out = job->rim ? job->rim + job->first[task] : NULL;
    (void)worker, (void)err;
    for (size_t k = task * PRESERVE_SLAB; k < end; k++)
        for (size_t j = 0; j < n[1]; j++)
            for (size_t w = 0; w < job->words; w++)
                for (uint64_t e = preserve_edge(job, j, k, w); e; e &= e - 1, count++) {
                    if (!out) continue;
                    size_t i = w * 64 + (size_t)__builtin_ctzll(e), row = k * n[1] + j;
                    uint32_t c = lm_label_at(&job->label, row, i);
                    out[count] = (preserve_rim){.at = row * n[0] + i,
                                                .f = f[row * n[0] + i],
                                                .piece = c != UINT32_MAX ? job->piece_of[c] : preserve_beside(job, i, j, k)};
                }
    if (!out) job->first[task + 1] = count;
    return LM_OK;
}

static lm_status preserve_rims(preserve_job *job, lm_err *err)
{
    size_t slabs = (job->v->n[2] + PRESERVE_SLAB - 1) / PRESERVE_SLAB;
    lm_status rc = lm_vol_alloc(&job->field, job->v->n, LM_F32, err);
    if (rc) return rc;
    memcpy(job->field.dir, job->v->dir, sizeof job->v->dir);
    memcpy(job->field.origin, job->v->origin, sizeof job->v->origin);
    if (!(job->first = lm_mem_calloc(slabs + 1, sizeof *job->first, err))) return LM_ENOMEM;
    if ((rc = lm_pool_run(job->threads, job->v->n[2], preserve_field_slice, job, err)) ||
        (rc = lm_pool_run(job->threads, slabs, preserve_rim_slab, job, err)))
        return rc;
    for (size_t s = 0; s < slabs; s++) job->first[s + 1] += job->first[s];
    if (!(job->rim = lm_mem_alloc(job->first[slabs], sizeof *job->rim, err))) return LM_ENOMEM;
    return lm_pool_run(job->threads, slabs, preserve_rim_slab, job, err);
}

/* The field with every piece's level where the search has it, samples on their sides. */
static lm_status preserve_shift_slab(void *ctx, size_t task, int worker, lm_err *err)
{
    preserve_job *job = ctx;
    float *f = job->field.data;
    (void)worker, (void)err;
    for (size_t i = job->first[task]; i < job->first[task + 1]; i++) {
        const preserve_rim *r = &job->rim[i];
        double d = r->piece == PRESERVE_NONE ? 0 : job->search[r->piece].shift, x = (double)r->f - d, least = (double)FLT_MIN;
        f[r->at] = d == 0 ? r->f : (float)(r->f >= 0 ? (x > least ? x : least) : (x < -least ? x : -least));
    }
    return LM_OK;
}

/* ---- 4 volumes of the mesh ---- */

/* The piece a triangle belongs to: that of any inside corner of its cell, since those of one cell are all of one piece. */
static uint32_t preserve_of(const preserve_job *job, const lm_mesh *m, size_t t)
{
    const lm_vol *v = job->v;
    double c[3] = {0, 0, 0};
    ptrdiff_t cell[3];
    for (int k = 0; k < 3; k++)
        for (int a = 0; a < 3; a++) c[a] += (double)m->pos[3 * (size_t)m->tri[3 * t + (size_t)k] + (size_t)a];
    for (int a = 0; a < 3; a++) c[a] = c[a] / 3 - v->origin[a];
    for (int a = 0; a < 3; a++) cell[a] = (ptrdiff_t)floor(job->inv[a][0] * c[0] + job->inv[a][1] * c[1] + job->inv[a][2] * c[2]);
    for (int corner = 0; corner < 8; corner++) {
        ptrdiff_t q[3];
        bool in = true;
        for (int a = 0; a < 3; a++) {
            q[a] = cell[a] + (corner >> a & 1);
            in &= q[a] >= 0 && (size_t)q[a] < v->n[a];
        }
        uint32_t comp = in ? lm_label_at(&job->label, (size_t)q[2] * v->n[1] + (size_t)q[1], (size_t)q[0]) : UINT32_MAX;
        if (comp != UINT32_MAX) return job->piece_of[comp];
    }
    return PRESERVE_NONE;
}

static lm_status preserve_of_chunk(void *ctx, size_t task, int worker, lm_err *err)
{
    preserve_job *job = ctx;
    (void)worker, (void)err;
    for (size_t t = task * PRESERVE_CHUNK; t < job->nt && t < (task + 1) * PRESERVE_CHUNK; t++)
        job->of[t] = preserve_of(job, job->m, t);
    return LM_OK;
}

/* Volume of every piece of job->m. Its triangles are looked up anew only where they are others than last time. */
static lm_status preserve_volumes(preserve_job *job, lm_err *err)
{
    const lm_mesh *m = job->m;
    if (!job->tri || job->nt != m->nt || memcmp(job->tri, m->tri, 3 * m->nt * sizeof *m->tri) != 0) {
        free(job->of);
        free(job->tri);
        job->nt = m->nt;
        job->tri = lm_mem_alloc(m->nt, 3 * sizeof *job->tri, err);
        job->of = job->tri ? lm_mem_alloc(m->nt, sizeof *job->of, err) : NULL;
        if (!job->of) return LM_ENOMEM;
        memcpy(job->tri, m->tri, 3 * m->nt * sizeof *m->tri);
        lm_status rc = lm_pool_run(job->threads, (m->nt + PRESERVE_CHUNK - 1) / PRESERVE_CHUNK, preserve_of_chunk, job, err);
        if (rc) return rc;
    }
    memset(job->volume, 0, job->pieces * sizeof *job->volume);
    for (size_t t = 0; t < m->nt; t++) {
        double p[3][3];
        for (int k = 0; k < 3; k++)
            for (int c = 0; c < 3; c++) p[k][c] = m->pos[3 * (size_t)m->tri[3 * t + (size_t)k] + (size_t)c] - job->mid[c];
        double six = p[0][0] * (p[1][1] * p[2][2] - p[1][2] * p[2][1]) + p[0][1] * (p[1][2] * p[2][0] - p[1][0] * p[2][2]) +
                     p[0][2] * (p[1][0] * p[2][1] - p[1][1] * p[2][0]);
        if (job->of[t] != PRESERVE_NONE) job->volume[job->of[t]] += six / 6;
    }
    return LM_OK;
}

/* ---- 5 levels ---- */

/* Which pieces have a level to be found, and how far it can go. Returns how many. */
static size_t preserve_begin(preserve_job *job)
{
    size_t active = 0;
    for (size_t p = 0; p < job->pieces; p++) {
        lm_preserve_piece *piece = &job->piece[p];
        preserve_search *s = &job->search[p];
        piece->plain_mm3 = piece->mesh_mm3 = job->volume[p];
        if (piece->why != LM_PRESERVE_MOVED) continue;
        s->error = piece->plain_mm3 - piece->partial_mm3;
        if (!(2 * piece->u_mm3 <= fabs(s->error))) piece->why = LM_PRESERVE_UNCERTAIN;
        else if (!(piece->partial_mm3 > 0)) piece->why = LM_PRESERVE_BEYOND;
        else s->active = true, active++;
    }
    return active;
}

/* The first step of each search: an eighth of the way to where all samples are held. */
static void preserve_ends(preserve_job *job)
{
    size_t rims = job->first[(job->v->n[2] + PRESERVE_SLAB - 1) / PRESERVE_SLAB];
    for (size_t i = 0; i < rims; i++) {
        const preserve_rim *r = &job->rim[i];
        preserve_search *s = r->piece == PRESERVE_NONE ? NULL : &job->search[r->piece];
        if (!s || !s->active) continue;
        double f = (double)r->f;
        if (s->error > 0 ? f > s->end : f < s->end) s->end = f;
    }
    for (size_t p = 0; p < job->pieces; p++) {
        preserve_search *s = &job->search[p];
        s->lo = s->hi = 0;
        s->e_lo = s->e_hi = s->error;
        s->shift = s->active ? s->end / 8 : 0;
    }
}

/* Not enclosed yet: farther out, by what the last two points promise and a quarter more. False: there is no farther. */
static bool preserve_farther(preserve_search *s)
{
    double was = s->lo, e_was = s->e_lo, step = s->shift - was;
    if (s->shift == s->end) return false;
    double want = e_was == s->error ? 4 * step : 1.25 * s->error * step / (e_was - s->error);
    if (!(want / step < 4)) want = 4 * step;
    if (want / step < 0.5) want = 0.5 * step;
    s->lo = s->hi = s->shift;
    s->e_lo = s->e_hi = s->error;
    s->shift += want;
    if (fabs(s->shift) > fabs(s->end)) s->shift = s->end;
    return true;
}

/* The next shift to try, from the error at this one. False: there is none that gives the volume. */
static bool preserve_next(preserve_search *s, double target)
{
    s->done = fabs(s->error) <= PRESERVE_FINE * target;
    if (s->done) return true;
    bool over = s->error > 0;
    if (!s->bracketed && over == (s->e_lo > 0)) return preserve_farther(s);
    if (s->bracketed && over == (s->side > 0)) *(over ? &s->e_hi : &s->e_lo) *= 0.5; /* Illinois */
    s->side = over ? 1 : -1;
    s->bracketed = true;
    if (over) s->lo = s->shift, s->e_lo = s->error;
    else s->hi = s->shift, s->e_hi = s->error;
    if (fabs(s->hi - s->lo) <= 1e-9 * fabs(s->end)) return s->done = fabs(s->error) <= LM_PRESERVE_TOLERANCE * target;
    double x = s->lo + (s->hi - s->lo) * (s->e_lo / (s->e_lo - s->e_hi));
    s->shift = x > s->lo && x < s->hi ? x : s->lo + (s->hi - s->lo) / 2;
    return true;
}

static bool preserve_give_up(preserve_job *job, size_t p)
{
    job->search[p].active = false;
    job->search[p].shift = 0;
    job->piece[p].why = LM_PRESERVE_BEYOND;
    return true;
}

/* After a surface was made: what each search makes of it. True: another surface is wanted. */
static bool preserve_judge(preserve_job *job, bool last)
{
    bool more = false;
    for (size_t p = 0; p < job->pieces; p++) {
        preserve_search *s = &job->search[p];
        double target = job->piece[p].partial_mm3;
        if (!s->active) continue;
        s->error = job->volume[p] - target;
        bool good = last ? fabs(s->error) <= LM_PRESERVE_TOLERANCE * target : preserve_next(s, target);
        more |= good ? !last && !s->done : preserve_give_up(job, p);
    }
    return more;
}

/* Give up pieces of which too many samples are held where they are. True: there were such. */
static bool preserve_hold(preserve_job *job, size_t rims)
{
    bool more = false;
    for (size_t p = 0; p < job->pieces; p++) job->search[p].rim = job->search[p].held = 0;
    for (size_t i = 0; i < rims; i++) {
        const preserve_rim *r = &job->rim[i];
        if (r->piece == PRESERVE_NONE) continue;
        preserve_search *s = &job->search[r->piece];
        s->rim++;
        s->held += (r->f >= 0) != ((double)r->f - s->shift >= 0);
    }
    for (size_t p = 0; p < job->pieces; p++)
        if (job->search[p].active && (double)job->search[p].held > PRESERVE_HELD * (double)job->search[p].rim)
            more = preserve_give_up(job, p);
    return more;
}

static lm_status preserve_levels(preserve_job *job, const lm_preserve_opt *opt, lm_mesh *out, size_t *steps, lm_err *err)
{
    size_t slabs = (job->v->n[2] + PRESERVE_SLAB - 1) / PRESERVE_SLAB;
    lm_mcubes_opt how = {.iso = 0, .threads = job->threads};
    lm_status rc = LM_OK;
    for (bool more = true; more;) {
        if (opt->progress) opt->progress(opt->progress_ctx, (double)*steps / (double)(*steps + 8));
        if ((rc = lm_pool_run(job->threads, slabs, preserve_shift_slab, job, err)) ||
            (rc = lm_mcubes(&job->field, &how, out, err)) || (rc = preserve_volumes(job, err)))
            return rc;
        more = preserve_judge(job, ++*steps >= PRESERVE_STEPS) || preserve_hold(job, job->first[slabs]);
    }
    return LM_OK;
}

/* How far vertices went; where the surface hangs together otherwise than before, no more is known than that they stay in their
 * cells. */
static double preserve_moved(const lm_vol *v, const lm_mesh *plain, const lm_mesh *out)
{
    double most = 0;
    if (plain->nv != out->nv || plain->nt != out->nt || memcmp(plain->tri, out->tri, 3 * out->nt * sizeof *out->tri) != 0)
        return lm_vol_diagonal(v);
    for (size_t i = 0; i < out->nv; i++) {
        double d2 = 0;
        for (size_t c = 0; c < 3; c++) {
            double d = (double)out->pos[3 * i + c] - (double)plain->pos[3 * i + c];
            d2 += d * d;
        }
        if (d2 > most) most = d2;
    }
    return sqrt(most);
}

/* What became of each piece. */
static void preserve_state_moves(preserve_job *job)
{
    for (size_t p = 0; p < job->pieces; p++) {
        lm_preserve_piece *piece = &job->piece[p];
        const preserve_search *s = &job->search[p];
        piece->mesh_mm3 = job->volume[p];
        if (piece->why != LM_PRESERVE_MOVED) continue;
        double move = fabs(piece->mesh_mm3 - piece->plain_mm3);
        piece->shift = s->shift;
        piece->u_shift = move > 0 ? fabs(s->shift) * (piece->u_mm3 / move) : 0;
        piece->held = s->rim ? (double)s->held / (double)s->rim : 0;
    }
}

/* The largest first; of equal ones that whose first sample comes first. */
static lm_status preserve_sort(preserve_job *job, lm_preserve_facts *facts, lm_err *err)
{
    size_t *order = lm_mem_alloc(job->pieces, sizeof *order, err);
    uint64_t *size = order ? lm_mem_alloc(job->pieces, sizeof *size, err) : NULL;
    facts->piece = size ? lm_mem_alloc(job->pieces, sizeof *facts->piece, err) : NULL;
    if (facts->piece) {
        for (size_t p = 0; p < job->pieces; p++) size[p] = job->piece[p].voxels;
        lm_label by_size = {.comps = job->pieces, .size = size};
        lm_status rc = lm_label_order(&by_size, order, err);
        for (size_t p = 0; p < job->pieces && !rc; p++) {
            facts->piece[p] = job->piece[order[p]];
            facts->count[facts->piece[p].why]++;
        }
        facts->n = rc ? 0 : job->pieces;
    }
    free(size);
    free(order);
    return facts->n ? LM_OK : err->code;
}

static lm_status preserve_move(preserve_job *job, const lm_preserve_opt *opt, lm_mesh *out, lm_preserve_facts *facts, lm_err *err)
{
    lm_mesh plain = LM_MESH_INIT;
    lm_status rc = preserve_rims(job, err);
    if (rc) return rc;
    preserve_ends(job);
    plain = *out; /* kept to see how far vertices go */
    *out = (lm_mesh)LM_MESH_INIT;
    rc = preserve_levels(job, opt, out, &facts->steps, err);
    if (!rc) {
        preserve_state_moves(job);
        facts->moved_mm = preserve_moved(job->v, &plain, out);
    }
    lm_mesh_release(&plain);
    return rc;
}

lm_status lm_preserve(const lm_vol *v, double iso, const lm_preserve_opt *opt, lm_mesh *out, lm_preserve_facts *facts, lm_err *err)
{
    preserve_job job = {.v = v,
                        .iso = iso,
                        .threads = lm_pool_threads(opt->threads),
                        .label = LM_LABEL_INIT,
                        .words = lm_mask_words(v->n[0]),
                        .field = LM_VOL_INIT,
                        .m = out};
    lm_mcubes_opt how = {.iso = iso, .threads = opt->threads};
    lm_preserve_release(facts);
    lm_status rc = lm_mcubes(v, &how, out, err);
    if (rc) return rc;
    lm_vol_inverse(v, job.inv);
    lm_vol_to_world(v, (double[]){(double)v->n[0] / 2, (double)v->n[1] / 2, (double)v->n[2] / 2}, job.mid);
    if (!(rc = preserve_pieces(&job, err)))
        rc = opt->from == LM_PRESERVE_MEASURE ? preserve_measure(&job, opt, err) : preserve_stated(&job, opt, err);
    if (!rc) rc = preserve_volumes(&job, err);
    if (!rc && preserve_begin(&job)) rc = preserve_move(&job, opt, out, facts, err);
    if (!rc) rc = preserve_sort(&job, facts, err);
    lm_label_release(&job.label);
    lm_vol_release(&job.field);
    free(job.piece_of);
    free(job.bits);
    free(job.rim);
    free(job.first);
    free(job.piece);
    free(job.search);
    free(job.tri);
    free(job.of);
    free(job.volume);
    if (rc) lm_mesh_release(out);
    if (rc) lm_preserve_release(facts);
    return rc;
}
