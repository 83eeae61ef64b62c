/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Contents: 1 radius 1, 2 moving histogram, 3 selection, 4 all */
#include "segment/median.h"
#include "base/mem.h"
#include "base/pool.h"

#include <stdlib.h>
#include <string.h>

enum { MEDIAN_WIDE = 64, MEDIAN_OUT = MEDIAN_WIDE - 2, MEDIAN_BINS = 65536, MEDIAN_COARSE = 256 };

typedef struct {
    const lm_vol *v;
    void *out;
    size_t r[3];
} median_job;

static size_t median_clamp(size_t at, size_t up, size_t down, size_t n)
{
    const size_t x = at + up < down ? 0 : at + up - down;
    return x < n ? x : n - 1;
}

/* ---- 1 radius 1 ---- */

/* sort: pairs of the network that sorts nine; merge: of that which merges two sorted fours. All loops run over columns. */
#define MEDIAN_ROW(T) \
    static void median_swap_##T(T *restrict low, T *restrict high) \
    { \
        for (int c = 0; c < MEDIAN_WIDE; c++) { \
            const T a = low[c], b = high[c]; \
            low[c] = a < b ? a : b; \
            high[c] = a < b ? b : a; \
        } \
    } \
    static void median_row_##T(const T *const row[9], size_t n, T *out) \
    { \
        static const unsigned char sort[25][2] = {{0, 3}, {1, 7}, {2, 5}, {4, 8}, {0, 7}, {2, 4}, {3, 8}, {5, 6}, {0, 2}, \
                                                  {1, 3}, {4, 5}, {7, 8}, {1, 4}, {3, 6}, {5, 7}, {0, 1}, {2, 4}, {3, 5}, \
                                                  {6, 8}, {2, 3}, {4, 5}, {6, 7}, {1, 2}, {3, 4}, {5, 6}}; \
        static const unsigned char merge[9][2] = {{0, 4}, {1, 5}, {2, 6}, {3, 7}, {2, 4}, {3, 5}, {1, 2}, {3, 4}, {5, 6}}; \
        T s[9][MEDIAN_WIDE + 2], x[8][MEDIAN_WIDE], mid[5][MEDIAN_WIDE], best[MEDIAN_WIDE]; \
        memset(s, 0, sizeof s); \
        for (size_t at = 0; at < n; at += MEDIAN_OUT) { \
            const size_t wide = n - at < MEDIAN_OUT ? n - at : MEDIAN_OUT, from = at ? at - 1 : 0, \
                         to = at + wide < n ? at + wide : n - 1; \
            for (int r = 0; r < 9; r++) { \
                memcpy(&s[r][at ? 0 : 1], row[r] + from, (to - from + 1) * sizeof(T)); \
                if (!at) s[r][0] = row[r][0]; \
                if (at + wide == n) s[r][wide + 1] = row[r][n - 1]; \
            } \
            for (int p = 0; p < 25; p++) median_swap_##T(s[sort[p][0]], s[sort[p][1]]); \
            for (int r = 0; r < 9; r++) \
                for (int c = 0; c < MEDIAN_WIDE; c++) { \
                    const T a = s[r][c], b = s[r][c + 1], d = s[r][c + 2]; \
                    const T lo = a < b ? a : b, hi = a < b ? b : a, most = hi < d ? d : hi, least = lo < d ? lo : d; \
                    const T up = hi < d ? hi : d; \
                    if (r >= 5) x[r - 5][c] = least; \
                    if (r <= 3) x[4 + r][c] = most; \
                    if (r >= 2 && r <= 6) mid[r - 2][c] = lo < up ? up : lo; \
                } \
            for (int p = 0; p < 9; p++) median_swap_##T(x[merge[p][0]], x[merge[p][1]]); \
            memcpy(best, x[6], sizeof best); /* the seventh of the eight and the five */ \
            for (int i = 2; i < 7; i++) \
                for (int c = 0; c < MEDIAN_WIDE; c++) { \
                    const T a = x[i - 1][c], b = mid[6 - i][c], d = a < b ? b : a; \
                    best[c] = d < best[c] ? d : best[c]; \
                } \
            memcpy(out + at, best, wide * sizeof(T)); \
        } \
    }

MEDIAN_ROW(int8_t)
MEDIAN_ROW(uint8_t)
MEDIAN_ROW(int16_t)
MEDIAN_ROW(uint16_t)
MEDIAN_ROW(int32_t)
MEDIAN_ROW(uint32_t)
MEDIAN_ROW(int64_t)

/* Where row i of the nine around (j, k) begins. */
static size_t median_at(const lm_vol *v, size_t j, size_t k, size_t i)
{
    return (median_clamp(k, i / 3, 1, v->n[2]) * v->n[1] + median_clamp(j, i % 3, 1, v->n[1])) * v->n[0];
}

#define MEDIAN_ROWS(T) \
    { \
        const T *row[9]; \
        for (size_t i = 0; i < 9; i++) row[i] = (const T *)v->data + median_at(v, j, k, i); \
        median_row_##T(row, v->n[0], (T *)job->out + (k * v->n[1] + j) * v->n[0]); \
        break; \
    }

/* Floats as integers of the same order and back (the change is its own inverse): integers have minima that compilers know without
 * being told to forget NaN. */
#define MEDIAN_KEYS(T, F, bits) \
    static void median_keys_##T(const F *from, size_t n, T *to) \
    { \
        memcpy(to, from, n * sizeof *to); \
        for (size_t i = 0; i < n; i++) to[i] ^= (T)((u##T)(0 - ((u##T)to[i] >> (bits - 1))) >> 1); \
    } \
    static void median_floats_##T(T *key, size_t n, F *to) \
    { \
        for (size_t i = 0; i < n; i++) key[i] ^= (T)((u##T)(0 - ((u##T)key[i] >> (bits - 1))) >> 1); \
        memcpy(to, key, n * sizeof *key); \
    }
MEDIAN_KEYS(int32_t, float, 32)
MEDIAN_KEYS(int64_t, double, 64)

#define MEDIAN_FLOATS(T, F) \
    { \
        T *key = scratch; \
        const T *row[9]; \
        for (size_t i = 0; i < 9; i++) { \
            median_keys_##T((const F *)v->data + median_at(v, j, k, i), v->n[0], key + i * v->n[0]); \
            row[i] = key + i * v->n[0]; \
        } \
        median_row_##T(row, v->n[0], key + 9 * v->n[0]); \
        median_floats_##T(key + 9 * v->n[0], v->n[0], (F *)job->out + (k * v->n[1] + j) * v->n[0]); \
        break; \
    }

static lm_status median_network(void *ctx, size_t k, int worker, lm_err *err)
{
    const median_job *job = ctx;
    const lm_vol *v = job->v;
    (void)worker;
    void *scratch = lm_mem_alloc(v->n[0], 10 * sizeof(int64_t), err);
    if (!scratch) return LM_ENOMEM;
    for (size_t j = 0; j < v->n[1]; j++) switch (v->type) {
        case LM_I8: MEDIAN_ROWS(int8_t)
        case LM_U8: MEDIAN_ROWS(uint8_t)
        case LM_I16: MEDIAN_ROWS(int16_t)
        case LM_U16: MEDIAN_ROWS(uint16_t)
        case LM_I32: MEDIAN_ROWS(int32_t)
        case LM_U32: MEDIAN_ROWS(uint32_t)
        case LM_F32: MEDIAN_FLOATS(int32_t, float)
        case LM_F64: MEDIAN_FLOATS(int64_t, double)
        }
    free(scratch);
    return LM_OK;
}

/* ---- 2 moving histogram ---- */

typedef struct {
    uint16_t fine[MEDIAN_BINS];
    uint32_t coarse[MEDIAN_COARSE];
} median_counts;

/* 8 and 16 bits as a bin, in the order of the values. */
static size_t median_bin(const lm_vol *v, size_t index)
{
    switch (v->type) {
    case LM_I8: return (size_t)(((const int8_t *)v->data)[index] + 128);
    case LM_U8: return ((const uint8_t *)v->data)[index];
    case LM_I16: return (size_t)(((const int16_t *)v->data)[index] + 32768);
    default: return ((const uint16_t *)v->data)[index];
    }
}

static void median_put_bin(const lm_vol *v, void *out, size_t index, size_t bin)
{
    switch (v->type) {
    case LM_I8: ((int8_t *)out)[index] = (int8_t)((int)bin - 128); break;
    case LM_U8: ((uint8_t *)out)[index] = (uint8_t)bin; break;
    case LM_I16: ((int16_t *)out)[index] = (int16_t)((int)bin - 32768); break;
    default: ((uint16_t *)out)[index] = (uint16_t)bin;
    }
}

/* Add (1) or take away (-1) the samples of the box's face at column i. */
static void median_face(const median_job *job, median_counts *h, size_t i, size_t j, size_t k, int by)
{
    const lm_vol *v = job->v;
    for (size_t c = 0; c <= 2 * job->r[2]; c++)
        for (size_t b = 0; b <= 2 * job->r[1]; b++) {
            const size_t row = median_clamp(k, c, job->r[2], v->n[2]) * v->n[1] + median_clamp(j, b, job->r[1], v->n[1]),
                         bin = median_bin(v, row * v->n[0] + i);
            h->fine[bin] = (uint16_t)(h->fine[bin] + by);
            h->coarse[bin / (MEDIAN_BINS / MEDIAN_COARSE)] += (uint32_t)by;
        }
}

static size_t median_find(const median_counts *h, size_t rank)
{
    size_t c = 0, bin;
    for (; rank >= h->coarse[c]; c++) rank -= h->coarse[c];
    for (bin = c * (MEDIAN_BINS / MEDIAN_COARSE); rank >= h->fine[bin]; bin++) rank -= h->fine[bin];
    return bin;
}

static lm_status median_moving(void *ctx, size_t k, int worker, lm_err *err)
{
    const median_job *job = ctx;
    const lm_vol *v = job->v;
    const size_t n = v->n[0], r = job->r[0], rank = (2 * r + 1) * (2 * job->r[1] + 1) * (2 * job->r[2] + 1) / 2;
    (void)worker;
    median_counts *h = lm_mem_alloc(1, sizeof *h, err);
    if (!h) return LM_ENOMEM;
    for (size_t j = 0; j < v->n[1]; j++) {
        memset(h, 0, sizeof *h);
        for (size_t i = 0; i <= 2 * r; i++) median_face(job, h, median_clamp(0, i, r, n), j, k, 1);
        for (size_t i = 0; i < n; i++) {
            median_put_bin(v, job->out, (k * v->n[1] + j) * n + i, median_find(h, rank));
            if (i + 1 == n) break;
            median_face(job, h, median_clamp(i, 0, r, n), j, k, -1);
            median_face(job, h, median_clamp(i + 1, r, 0, n), j, k, 1);
        }
    }
    free(h);
    return LM_OK;
}

/* ---- 3 selection ---- */

/* The value of the rank in x[n], by quickselect around the middle one; x changes its order. */
static double median_select(double *x, size_t n, size_t rank)
{
    size_t lo = 0, hi = n - 1;
    while (lo < hi) {
        const double pivot = x[lo + (hi - lo) / 2];
        size_t i = lo, j = hi;
        while (i <= j) {
            while (x[i] < pivot) i++;
            while (x[j] > pivot) j--;
            if (i > j) break;
            const double t = x[i];
            x[i++] = x[j];
            x[j] = t;
            if (!j) break;
            j--;
        }
        if (rank <= j) hi = j;
        else if (rank >= i) lo = i;
        else break;
    }
    return x[rank];
}

static void median_put(const lm_vol *v, void *out, size_t index, double value)
{
    switch (v->type) {
    case LM_I32: ((int32_t *)out)[index] = (int32_t)value; break;
    case LM_U32: ((uint32_t *)out)[index] = (uint32_t)value; break;
    case LM_F32: ((float *)out)[index] = (float)value; break;
    default: ((double *)out)[index] = value;
    }
}

static lm_status median_wide(void *ctx, size_t k, int worker, lm_err *err)
{
    const median_job *job = ctx;
    const lm_vol *v = job->v;
    const size_t all = (2 * job->r[0] + 1) * (2 * job->r[1] + 1) * (2 * job->r[2] + 1);
    (void)worker;
    double *x = lm_mem_alloc(all, sizeof *x, err);
    if (!x) return LM_ENOMEM;
    for (size_t j = 0; j < v->n[1]; j++)
        for (size_t i = 0; i < v->n[0]; i++) {
            size_t n = 0;
            for (size_t c = 0; c <= 2 * job->r[2]; c++)
                for (size_t b = 0; b <= 2 * job->r[1]; b++)
                    for (size_t a = 0; a <= 2 * job->r[0]; a++)
                        x[n++] = lm_vol_at(
                            v,
                            (median_clamp(k, c, job->r[2], v->n[2]) * v->n[1] + median_clamp(j, b, job->r[1], v->n[1])) * v->n[0] +
                                median_clamp(i, a, job->r[0], v->n[0]));
            median_put(v, job->out, (k * v->n[1] + j) * v->n[0] + i, median_select(x, n, n / 2));
        }
    free(x);
    return LM_OK;
}

/* ---- 4 all ---- */

lm_status lm_median(lm_vol *v, const size_t radius[3], int threads, lm_err *err)
{
    median_job job = {.v = v, .r = {radius[0], radius[1], radius[2]}};
    for (int a = 0; a < 3; a++)
        if (radius[a] > LM_MEDIAN_MOST)
            return lm_err_set(err, LM_EUSAGE, NULL, "a radius of %zu samples: at most %d", radius[a], (int)LM_MEDIAN_MOST);
    const bool one = radius[0] == 1 && radius[1] == 1 && radius[2] == 1, narrow = lm_vol_type_size(v->type) <= 2;
    if (!(job.out = lm_mem_alloc(lm_vol_count(v), lm_vol_type_size(v->type), err))) return LM_ENOMEM;
    lm_status rc = lm_pool_run(lm_pool_threads(threads), v->n[2],
                               one      ? median_network
                               : narrow ? median_moving
                                        : median_wide,
                               &job, err);
    if (rc) free(job.out);
    else lm_vol_replace(v, v->type, job.out);
    return rc;
}
