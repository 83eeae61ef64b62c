/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Contents: 1 regions and runs, 2 overlap, 3 volumes out, 4 volumes in, 5 other grids */
#include "volume/regions.h"
#include "base/mem.h"
#include "volume/mask.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- 1 regions and runs ---- */

void lm_regions_release(lm_regions *r)
{
    for (size_t i = 0; i < r->count; i++) free(r->item[i].run);
    free(r->item);
    *r = (lm_regions)LM_REGIONS_INIT;
}

void lm_regions_on(lm_regions *r, const lm_vol *v)
{
    lm_regions_release(r);
    memcpy(r->n, v->n, sizeof r->n);
    memcpy(r->dir, v->dir, sizeof r->dir);
    memcpy(r->origin, v->origin, sizeof r->origin);
}

lm_vol lm_regions_grid(const lm_regions *r)
{
    lm_vol v = LM_VOL_INIT;
    memcpy(v.n, r->n, sizeof v.n);
    memcpy(v.dir, r->dir, sizeof v.dir);
    memcpy(v.origin, r->origin, sizeof v.origin);
    return v;
}

lm_status lm_regions_add(lm_regions *r, const lm_part *part, lm_region **ret, lm_err *err)
{
    size_t at = r->count;
    if (!part->label) return lm_err_set(err, LM_ERULE, NULL, "a segment has number 0, which stands for what is in none");
    while (at && r->item[at - 1].part.label >= part->label) at--;
    if (at < r->count && r->item[at].part.label == part->label)
        return lm_err_set(err, LM_ERULE, NULL, "segment number %" PRIu32 " stands twice", part->label);
    if (r->count == LM_REGIONS_MAX) return lm_err_set(err, LM_ERANGE, NULL, "more than %d segments", (int)LM_REGIONS_MAX);
    lm_status rc = lm_mem_grow(&r->item, &r->cap, r->count + 1, sizeof *r->item, err);
    if (rc) return rc;
    memmove(r->item + at + 1, r->item + at, (r->count - at) * sizeof *r->item);
    r->item[at] = (lm_region){.part = *part};
    r->count++;
    *ret = &r->item[at];
    return LM_OK;
}

lm_region *lm_regions_find(const lm_regions *r, uint32_t label)
{
    size_t lo = 0, hi = r->count;
    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;
        if (r->item[mid].part.label < label) lo = mid + 1;
        else hi = mid;
    }
    return lo < r->count && r->item[lo].part.label == label ? &r->item[lo] : NULL;
}

lm_status lm_regions_run(const lm_regions *r, lm_region *g, uint64_t start, uint64_t n, lm_err *err)
{
    uint64_t count = (uint64_t)r->n[0] * r->n[1] * r->n[2],
             end = g->n_runs ? g->run[g->n_runs - 1].start + g->run[g->n_runs - 1].n : 0;
    if (!n || n > r->n[0] || start >= count || start % r->n[0] + n > r->n[0] || start < end)
        return lm_err_set(err, LM_ERULE, NULL,
                          "segment %" PRIu32 ": samples %" PRIu64 " to %" PRIu64 " leave their row, the grid or the order",
                          g->part.label, start, start + n - 1);
    g->voxels += n;
    if (g->n_runs && start == end && start % r->n[0]) {
        g->run[g->n_runs - 1].n += n;
        return LM_OK;
    }
    lm_status rc = lm_mem_grow(&g->run, &g->cap, g->n_runs + 1, sizeof *g->run, err);
    if (rc) g->voxels -= n;
    else g->run[g->n_runs++] = (lm_run){start, n};
    return rc;
}

/* ---- 2 overlap ---- */

typedef struct {
    uint64_t start; /* of run `at` of a region */
    size_t region, at;
} regions_head;

static bool regions_before(const regions_head *a, const regions_head *b)
{
    return a->start < b->start || (a->start == b->start && a->region < b->region);
}

/* Restore the order of the heap of n from place i on downwards. */
static void regions_sink(regions_head *heap, size_t n, size_t i)
{
    for (size_t c; (c = 2 * i + 1) < n; i = c) {
        if (c + 1 < n && regions_before(&heap[c + 1], &heap[c])) c++;
        if (!regions_before(&heap[c], &heap[i])) return;
        regions_head t = heap[i];
        heap[i] = heap[c];
        heap[c] = t;
    }
}

static uint64_t regions_shared(const lm_region *a, const lm_region *b)
{
    uint64_t n = 0;
    for (size_t i = 0, j = 0; i < a->n_runs && j < b->n_runs;) {
        uint64_t ea = a->run[i].start + a->run[i].n, eb = b->run[j].start + b->run[j].n,
                 lo = a->run[i].start > b->run[j].start ? a->run[i].start : b->run[j].start, hi = ea < eb ? ea : eb;
        if (hi > lo) n += hi - lo;
        if (ea < eb) i++;
        else j++;
    }
    return n;
}

/* All runs in order of their start: one that begins before the farthest end so far overlaps the run that ends there. */
lm_status lm_regions_overlap(const lm_regions *r, size_t *a, size_t *b, uint64_t *voxels, lm_err *err)
{
    uint64_t end = 0;
    size_t owner = 0, n = 0;
    *a = *b = 0;
    *voxels = 0;
    regions_head *heap = lm_mem_alloc(r->count, sizeof *heap, err);
    if (!heap) return LM_ENOMEM;
    for (size_t i = 0; i < r->count; i++)
        if (r->item[i].n_runs) heap[n++] = (regions_head){r->item[i].run[0].start, i, 0};
    for (size_t i = n / 2; i-- > 0;) regions_sink(heap, n, i);
    while (n) {
        size_t g = heap[0].region;
        const lm_region *now = &r->item[g];
        const lm_run *run = &now->run[heap[0].at];
        if (run->start < end) {
            *a = owner < g ? owner : g;
            *b = owner < g ? g : owner;
            *voxels = regions_shared(&r->item[*a], &r->item[*b]);
            break;
        }
        end = run->start + run->n;
        owner = g;
        if (++heap[0].at < now->n_runs) heap[0].start = now->run[heap[0].at].start;
        else heap[0] = heap[--n];
        regions_sink(heap, n, 0);
    }
    free(heap);
    return LM_OK;
}

/* ---- 3 volumes out ---- */

static lm_status regions_alloc(const lm_regions *r, lm_type type, lm_vol *out, lm_err *err)
{
    lm_status rc = lm_vol_alloc(out, r->n, type, err);
    if (rc) return rc;
    memset(out->data, 0, lm_vol_count(out) * lm_vol_type_size(type));
    memcpy(out->dir, r->dir, sizeof out->dir);
    memcpy(out->origin, r->origin, sizeof out->origin);
    return LM_OK;
}

static void regions_paint(lm_vol *v, const lm_run *run, uint32_t label)
{
    if (v->type == LM_U8) memset((uint8_t *)v->data + run->start, (int)label, run->n);
    else if (v->type == LM_U16)
        for (uint64_t i = 0; i < run->n; i++) ((uint16_t *)v->data)[run->start + i] = (uint16_t)label;
    else
        for (uint64_t i = 0; i < run->n; i++) ((uint32_t *)v->data)[run->start + i] = label;
}

static lm_status regions_apart(const lm_regions *r, lm_err *err)
{
    size_t a, b;
    uint64_t shared;
    lm_status rc = lm_regions_overlap(r, &a, &b, &shared, err);
    if (rc || !shared) return rc;
    const lm_part *p = &r->item[a].part, *q = &r->item[b].part;
    return lm_err_set(err, LM_ERULE, NULL,
                      "segments %" PRIu32 " (%s) and %" PRIu32 " (%s) overlap in %" PRIu64
                      " voxels, and a label map has one label per voxel: say which comes first with --priority, or choose segments "
                      "that do not overlap",
                      p->label, p->name, q->label, q->name, shared);
}

lm_status lm_regions_to_vol(const lm_regions *r, lm_vol *out, lm_err *err)
{
    uint32_t last = r->count ? r->item[r->count - 1].part.label : 0;
    lm_status rc = regions_apart(r, err);
    if (!rc) rc = regions_alloc(r, last <= UINT8_MAX ? LM_U8 : last <= UINT16_MAX ? LM_U16 : LM_U32, out, err);
    for (size_t i = 0; i < r->count && !rc; i++) {
        const lm_region *g = &r->item[i];
        for (size_t k = 0; k < g->n_runs; k++) regions_paint(out, &g->run[k], g->part.label);
        rc = lm_parts_add(&out->parts, &g->part, err);
    }
    if (rc) lm_vol_release(out);
    return rc;
}

lm_status lm_regions_mask(const lm_regions *r, const bool *pick, lm_vol *out, lm_err *err)
{
    lm_status rc = regions_alloc(r, LM_U8, out, err);
    for (size_t i = 0; i < r->count && !rc; i++)
        for (size_t k = 0; (!pick || pick[i]) && k < r->item[i].n_runs; k++) regions_paint(out, &r->item[i].run[k], 1);
    return rc;
}

static void regions_at(const lm_regions *r, uint64_t start, size_t at[3])
{
    at[0] = start % r->n[0];
    at[1] = start / r->n[0] % r->n[1];
    at[2] = start / r->n[0] / r->n[1];
}

bool lm_regions_box(const lm_regions *r, const bool *pick, size_t lo[3], size_t hi[3])
{
    bool any = false;
    for (size_t i = 0; i < r->count; i++)
        for (size_t k = 0; (!pick || pick[i]) && k < r->item[i].n_runs; k++) {
            size_t first[3], last[3];
            regions_at(r, r->item[i].run[k].start, first);
            regions_at(r, r->item[i].run[k].start + r->item[i].run[k].n - 1, last);
            for (int a = 0; a < 3; a++) {
                if (!any || first[a] < lo[a]) lo[a] = first[a];
                if (!any || last[a] > hi[a]) hi[a] = last[a];
            }
            any = true;
        }
    return any;
}

lm_status lm_regions_window(const lm_regions *r, const bool *pick, const size_t lo[3], const size_t hi[3], lm_vol *out, lm_err *err)
{
    lm_regions part = {.n = {hi[0] - lo[0] + 1, hi[1] - lo[1] + 1, hi[2] - lo[2] + 1}};
    const lm_vol grid = lm_regions_grid(r);
    memcpy(part.dir, r->dir, sizeof part.dir);
    lm_vol_to_world(&grid, (double[]){(double)lo[0], (double)lo[1], (double)lo[2]}, part.origin);
    lm_status rc = regions_alloc(&part, LM_U8, out, err);
    for (size_t i = 0; i < r->count && !rc; i++)
        for (size_t k = 0; (!pick || pick[i]) && k < r->item[i].n_runs; k++) {
            size_t at[3];
            const lm_run *run = &r->item[i].run[k];
            regions_at(r, run->start, at);
            size_t from = at[0] > lo[0] ? at[0] : lo[0], to = at[0] + run->n < hi[0] + 1 ? at[0] + run->n : hi[0] + 1;
            if (at[1] < lo[1] || at[1] > hi[1] || at[2] < lo[2] || at[2] > hi[2] || from >= to) continue;
            const lm_run in = {.start = ((at[2] - lo[2]) * part.n[1] + at[1] - lo[1]) * part.n[0] + from - lo[0], .n = to - from};
            regions_paint(out, &in, 1);
        }
    return rc;
}

lm_status lm_regions_bits(const lm_regions *r, const bool *pick, uint64_t **bits, lm_err *err)
{
    size_t words = lm_mask_words(r->n[0]), total;
    if (!lm_mem_mul(words, r->n[1], &total) || !lm_mem_mul(total, r->n[2], &total))
        return lm_err_set(err, LM_ERANGE, NULL, "no mask has %zu x %zu x %zu samples", r->n[0], r->n[1], r->n[2]);
    uint64_t *b = lm_mem_calloc(total, sizeof *b, err);
    if (!b) return LM_ENOMEM;
    for (size_t i = 0; i < r->count; i++)
        for (size_t k = 0; (!pick || pick[i]) && k < r->item[i].n_runs; k++) {
            const lm_run *run = &r->item[i].run[k];
            uint64_t *row = b + words * (run->start / r->n[0]);
            for (size_t at = run->start % r->n[0], end = at + run->n; at < end; at++) row[at / 64] |= (uint64_t)1 << at % 64;
        }
    *bits = b;
    return LM_OK;
}

/* ---- 4 volumes in ---- */

#define REGIONS_ROW(T, BAD) \
    { \
        const T *s = (const T *)v->data + at; \
        for (size_t i = 0; i < n; i++) { \
            if (BAD) return i; \
            out[i] = (uint32_t)s[i]; \
        } \
        return n; \
    }

/* n samples from `at` on as labels; returns how many are labels (the next is not). */
static size_t regions_row(const lm_vol *v, size_t at, size_t n, uint32_t *out)
{
    switch (v->type) {
    case LM_I8: REGIONS_ROW(int8_t, s[i] < 0)
    case LM_U8: REGIONS_ROW(uint8_t, false)
    case LM_I16: REGIONS_ROW(int16_t, s[i] < 0)
    case LM_U16: REGIONS_ROW(uint16_t, false)
    case LM_I32: REGIONS_ROW(int32_t, s[i] < 0)
    case LM_U32: REGIONS_ROW(uint32_t, false)
    case LM_F32: REGIONS_ROW(float, !(s[i] >= 0 && s[i] < 0x1p32f) || s[i] != floorf(s[i]))
    case LM_F64: REGIONS_ROW(double, !(s[i] >= 0 && s[i] <= UINT32_MAX) || s[i] != floor(s[i]))
    }
    return 0;
}

static lm_status regions_no_label(const lm_vol *v, size_t at, lm_err *err)
{
    return lm_err_set(err, LM_ERULE, NULL,
                      "sample (%zu, %zu, %zu) is %g: labels are whole numbers from 0; this looks like a grey volume, not a mask",
                      at % v->n[0], at / v->n[0] % v->n[1], at / v->n[0] / v->n[1], lm_vol_at(v, at));
}

static int regions_order(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return x < y ? -1 : x > y;
}

static size_t regions_unique(uint32_t *v, size_t n)
{
    size_t m = 0;
    qsort(v, n, sizeof *v, regions_order);
    for (size_t i = 0; i < n; i++)
        if (!m || v[m - 1] != v[i]) v[m++] = v[i];
    return m;
}

/* The labels that occur, as regions without samples. */
static lm_status regions_labels(const lm_vol *v, uint32_t *row, lm_regions *r, lm_err *err)
{
    enum { SEEN = 2 * LM_REGIONS_MAX };
    size_t n = 0, count = lm_vol_count(v), got;
    uint32_t last = 0, *seen = lm_mem_alloc(SEEN, sizeof *seen, err);
    lm_status rc = seen ? LM_OK : LM_ENOMEM;
    for (size_t at = 0; at < count && !rc; at += v->n[0]) {
        if ((got = regions_row(v, at, v->n[0], row)) < v->n[0]) rc = regions_no_label(v, at + got, err);
        for (size_t i = 0; i < got && !rc; i++) {
            if (!row[i] || row[i] == last) continue;
            if (n == SEEN && (n = regions_unique(seen, n)) > LM_REGIONS_MAX)
                rc = lm_err_set(err, LM_ERANGE, NULL, "more than %d different labels: this looks like a grey volume, not a mask",
                                (int)LM_REGIONS_MAX);
            else last = seen[n++] = row[i];
        }
    }
    if (!rc) n = regions_unique(seen, n);
    for (size_t i = 0; i < n && !rc; i++) {
        lm_region *g;
        const lm_part *part = lm_parts_find(&v->parts, seen[i]);
        rc = lm_regions_add(r, part ? part : &(lm_part){.label = seen[i]}, &g, err);
    }
    free(seen);
    return rc;
}

lm_status lm_regions_from_vol(const lm_vol *v, lm_regions *out, lm_err *err)
{
    size_t count = lm_vol_count(v);
    lm_regions_on(out, v);
    uint32_t *row = lm_mem_alloc(v->n[0], sizeof *row, err);
    lm_status rc = row ? regions_labels(v, row, out, err) : LM_ENOMEM;
    for (size_t at = 0; at < count && !rc; at += v->n[0]) {
        regions_row(v, at, v->n[0], row);
        for (size_t i = 0, e; i < v->n[0] && !rc; i = e) {
            for (e = i + 1; e < v->n[0] && row[e] == row[i];) e++;
            if (row[i]) rc = lm_regions_run(out, lm_regions_find(out, row[i]), at + i, e - i, err);
        }
    }
    free(row);
    if (rc) lm_regions_release(out);
    return rc;
}

lm_status lm_regions_from_level(const lm_vol *v, double level, const lm_part *part, lm_regions *out, lm_err *err)
{
    lm_region *g = NULL;
    size_t count = lm_vol_count(v), words = lm_mask_words(v->n[0]);
    lm_regions_on(out, v);
    uint64_t *bits = lm_mem_alloc(words, sizeof *bits, err);
    lm_status rc = bits ? lm_regions_add(out, part, &g, err) : LM_ENOMEM;
    for (size_t at = 0; at < count && !rc; at += v->n[0]) {
        lm_mask_row(v, level, at, bits);
        for (size_t i = 0, e; i < v->n[0] && !rc; i = e) {
            bool in = bits[i / 64] >> i % 64 & 1;
            for (e = i + 1; e < v->n[0] && (bits[e / 64] >> e % 64 & 1) == in;) e++;
            if (in) rc = lm_regions_run(out, g, at + i, e - i, err);
        }
    }
    free(bits);
    if (rc) lm_regions_release(out);
    return rc;
}

/* ---- 5 other grids ---- */

/* Index in grid `from` = at + step[0] i + step[1] j + step[2] k for sample (i,j,k) of `to`. */
typedef struct {
    double at[3], step[3][3];
} regions_map;

static regions_map regions_between(const lm_vol *from, const lm_vol *to)
{
    regions_map m;
    double inv[3][3];
    lm_vol_inverse(from, inv);
    for (int b = 0; b < 3; b++) {
        m.at[b] = 0;
        for (int c = 0; c < 3; c++) m.at[b] += inv[b][c] * (to->origin[c] - from->origin[c]);
        for (int a = 0; a < 3; a++) {
            m.step[a][b] = 0;
            for (int c = 0; c < 3; c++) m.step[a][b] += inv[b][c] * to->dir[a][c];
        }
    }
    return m;
}

void lm_regions_fit(const lm_regions *r, const lm_vol *to, bool *same, double *gap)
{
    lm_vol from = lm_regions_grid(r);
    regions_map m = regions_between(&from, to);
    int uses[3] = {0}, used[3] = {0};
    *gap = 0;
    for (int b = 0; b < 3; b++) {
        double off = m.at[b] - floor(m.at[b] + 0.5), lo = off, hi = off; /* the deviation is linear: greatest in a corner */
        for (int a = 0; a < 3; a++) {
            double whole = floor(m.step[a][b] + 0.5), d = (m.step[a][b] - whole) * (double)(to->n[a] - 1);
            if (d < 0) lo += d;
            else hi += d;
            if (fabs(whole) == 1) uses[a]++, used[b]++;
            else if (whole != 0) uses[a] = 3;
        }
        if (hi > *gap) *gap = hi;
        if (-lo > *gap) *gap = -lo;
    }
    bool axes = true; /* each axis of one grid is one of the other */
    for (int a = 0; a < 3; a++) axes &= uses[a] == 1 && used[a] == 1;
    if (!axes || *gap > 0.5) *gap = 0.5;
    *same = axes && *gap <= 1e-3;
}

typedef struct {
    size_t lo[3], n[3]; /* box in the grid of the region */
    uint64_t *bits;
} regions_box;

static lm_status regions_fill(const lm_regions *r, const lm_region *g, regions_box *box, lm_err *err)
{
    size_t hi[3] = {0}, count;
    for (int a = 0; a < 3; a++) box->lo[a] = SIZE_MAX;
    for (size_t k = 0; k < g->n_runs; k++) {
        uint64_t s = g->run[k].start;
        size_t p[3] = {s % r->n[0], s / r->n[0] % r->n[1], s / r->n[0] / r->n[1]};
        for (int a = 0; a < 3; a++) {
            size_t end = p[a] + (a ? 1 : g->run[k].n);
            if (p[a] < box->lo[a]) box->lo[a] = p[a];
            if (end > hi[a]) hi[a] = end;
        }
    }
    for (int a = 0; a < 3; a++) box->n[a] = hi[a] - box->lo[a];
    count = box->n[0] * box->n[1] * box->n[2]; /* no more than the grid has */
    if (!(box->bits = lm_mem_calloc(count / 64 + 1, sizeof *box->bits, err))) return LM_ENOMEM;
    for (size_t k = 0; k < g->n_runs; k++) {
        uint64_t s = g->run[k].start, row = s / r->n[0];
        size_t at = s % r->n[0] - box->lo[0] + box->n[0] * (row % r->n[1] - box->lo[1] + box->n[1] * (row / r->n[1] - box->lo[2]));
        for (size_t i = at; i < at + g->run[k].n; i++) box->bits[i / 64] |= (uint64_t)1 << i % 64;
    }
    return LM_OK;
}

static bool regions_has(const regions_box *box, const double x[3])
{
    size_t p[3];
    for (int b = 0; b < 3; b++) {
        double i = floor(x[b] + 0.5) - (double)box->lo[b];
        if (!(i >= 0 && i < (double)box->n[b])) return false;
        p[b] = (size_t)i;
    }
    size_t at = p[0] + box->n[0] * (p[1] + box->n[1] * p[2]);
    return box->bits[at / 64] >> at % 64 & 1;
}

/* The samples of `to` that can lie in the box: first and one behind the last along each axis. */
static void regions_reach(const lm_vol *to, const regions_map *back, const regions_box *box, size_t first[3], size_t last[3])
{
    for (int b = 0; b < 3; b++) {
        double lo = back->at[b], hi = back->at[b];
        for (int a = 0; a < 3; a++) {
            double p = back->step[a][b] * ((double)box->lo[a] - 0.5), q = p + back->step[a][b] * (double)box->n[a];
            lo += p < q ? p : q;
            hi += p < q ? q : p;
        }
        lo = floor(lo) - 1; /* one more: the map back has its own rounding */
        hi = floor(hi) + 3;
        first[b] = lo < 0 ? 0 : lo < (double)to->n[b] ? (size_t)lo : to->n[b];
        last[b] = hi < 0 ? 0 : hi < (double)to->n[b] ? (size_t)hi : to->n[b];
    }
}

static lm_status regions_row_of(const regions_map *m, const regions_box *box, const lm_vol *to, const size_t i[2], size_t j,
                                size_t k, const lm_regions *out, lm_region *g, lm_err *err)
{
    uint64_t row = (uint64_t)to->n[0] * (j + to->n[1] * k);
    lm_status rc = LM_OK;
    for (size_t p = i[0], start = SIZE_MAX; p <= i[1] && !rc; p++) {
        double x[3];
        for (int b = 0; b < 3; b++)
            x[b] = m->at[b] + m->step[0][b] * (double)p + m->step[1][b] * (double)j + m->step[2][b] * (double)k;
        bool in = p < i[1] && regions_has(box, x);
        if (in && start == SIZE_MAX) start = p;
        if (in || start == SIZE_MAX) continue;
        rc = lm_regions_run(out, g, row + start, p - start, err);
        start = SIZE_MAX;
    }
    return rc;
}

static lm_status regions_move(const lm_regions *r, const lm_region *g, const lm_vol *to, lm_regions *out, lm_err *err)
{
    lm_vol from = lm_regions_grid(r);
    regions_map m = regions_between(&from, to), back = regions_between(to, &from);
    regions_box box;
    size_t first[3], last[3];
    lm_region *now;
    lm_status rc = lm_regions_add(out, &g->part, &now, err);
    if (rc) return rc;
    memcpy(now->scheme, g->scheme, sizeof now->scheme);
    memcpy(now->code, g->code, sizeof now->code);
    memcpy(now->meaning, g->meaning, sizeof now->meaning);
    if (!g->n_runs) return LM_OK;
    if ((rc = regions_fill(r, g, &box, err))) return rc;
    regions_reach(to, &back, &box, first, last);
    for (size_t k = first[2]; k < last[2] && !rc; k++)
        for (size_t j = first[1]; j < last[1] && !rc; j++)
            rc = regions_row_of(&m, &box, to, (size_t[2]){first[0], last[0]}, j, k, out, now, err);
    free(box.bits);
    return rc;
}

lm_status lm_regions_regrid(const lm_regions *r, const lm_vol *to, lm_regions *out, lm_err *err)
{
    lm_status rc = LM_OK;
    lm_regions_on(out, to);
    for (size_t i = 0; i < r->count && !rc; i++) rc = regions_move(r, &r->item[i], to, out, err);
    if (rc) lm_regions_release(out);
    return rc;
}
