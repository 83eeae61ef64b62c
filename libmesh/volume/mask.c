/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "volume/mask.h"
#include "base/mem.h"
#include "base/pool.h"

#include <stdlib.h>
#include <float.h>
#include <math.h>
#include <string.h>

/* 64 bytes of 0 or 1 to 64 bits, first byte lowest. */
static uint64_t mask_pack(const uint8_t *b)
{
    uint64_t r = 0;
    for (int k = 0; k < 8; k++) {
        uint64_t x;
        memcpy(&x, b + 8 * k, 8);
        r |= (x * 0x0102040810204080u) >> 56 << (8 * k);
    }
    return r;
}

#define MASK_FULL(T) \
    { \
        const T *s = samples; \
        const T l = *(const T *)limit; \
        for (; words; words--, s += 64) { \
            for (int b = 0; b < 64; b++) inside[b] = s[b] >= l; \
            *bits++ = mask_pack(inside); \
        } \
        return false; \
    }
#define MASK_FULL_FLOAT(T) \
    { \
        const T *s = samples; \
        const T l = *(const T *)limit; \
        bool nan = false; \
        for (; words; words--, s += 64) { \
            for (int b = 0; b < 64; b++) { \
                inside[b] = s[b] >= l; \
                nan |= s[b] != s[b]; \
            } \
            *bits++ = mask_pack(inside); \
        } \
        return nan; \
    }

bool lm_mask_full_scalar(lm_type type, const void *samples, const void *limit, size_t words, uint64_t *bits)
{
    uint8_t inside[64];
    switch (type) {
    case LM_I8: MASK_FULL(int8_t)
    case LM_U8: MASK_FULL(uint8_t)
    case LM_I16: MASK_FULL(int16_t)
    case LM_U16: MASK_FULL(uint16_t)
    case LM_I32: MASK_FULL(int32_t)
    case LM_U32: MASK_FULL(uint32_t)
    case LM_F32: MASK_FULL_FLOAT(float)
    case LM_F64: MASK_FULL_FLOAT(double)
    }
    return false;
}

bool lm_mask_has_avx2(void)
{
#if defined(__x86_64__)
    return __builtin_cpu_supports("avx2");
#else
    return false;
#endif
}

/* The least float that is >= level, so that floats are compared as floats: v >= level and v >= it say the same. */
static float mask_float(double level)
{
    if (level > FLT_MAX) return INFINITY;
    if (level < -FLT_MAX) return -FLT_MAX;
    float f = (float)level;
    return (double)f < level ? nextafterf(f, INFINITY) : f;
}

typedef union {
    int8_t i8;
    uint8_t u8;
    int16_t i16;
    uint16_t u16;
    int32_t i32;
    uint32_t u32;
    float f32;
    double f64;
} mask_limit;

/* The limit in the samples' own type: v >= level and v >= ceil(level) say the same of integers. False: none is inside. */
static bool mask_limit_of(lm_type type, double level, mask_limit *l)
{
    static const double range[][2] = {
        [LM_I8] = {INT8_MIN, INT8_MAX}, [LM_U8] = {0, UINT8_MAX},          [LM_I16] = {INT16_MIN, INT16_MAX},
        [LM_U16] = {0, UINT16_MAX},     [LM_I32] = {INT32_MIN, INT32_MAX}, [LM_U32] = {0, UINT32_MAX}};
    double up = ceil(level);
    if (type == LM_F32) return l->f32 = mask_float(level), true;
    if (type == LM_F64) return l->f64 = level, true;
    if (up > range[type][1]) return false;
    if (up < range[type][0]) up = range[type][0];
    switch (type) {
    case LM_I8: l->i8 = (int8_t)up; break;
    case LM_U8: l->u8 = (uint8_t)up; break;
    case LM_I16: l->i16 = (int16_t)up; break;
    case LM_U16: l->u16 = (uint16_t)up; break;
    case LM_I32: l->i32 = (int32_t)up; break;
    default: l->u32 = (uint32_t)up; break;
    }
    return true;
}

bool lm_mask_row(const lm_vol *v, double level, size_t index, uint64_t *bits)
{
    const size_t n = v->n[0], full = n / 64, rest = n % 64, size = lm_vol_type_size(v->type);
    const char *s = (const char *)v->data + index * size;
    mask_limit limit;
    bits[full] = 0;
    if (!mask_limit_of(v->type, level, &limit)) {
        memset(bits, 0, (full + 1) * sizeof *bits);
        return false;
    }
    bool nan = lm_mask_has_avx2() ? lm_mask_full_avx2(v->type, s, &limit, full, bits)
                                  : lm_mask_full_scalar(v->type, s, &limit, full, bits);
    if (rest) {
        double last[64] = {0}; /* room for 64 of any type */
        memcpy(last, s + full * 64 * size, rest * size);
        nan |= lm_mask_full_scalar(v->type, last, &limit, 1, bits + full);
        bits[full] &= (1ull << rest) - 1;
    }
    return nan;
}

enum { MASK_SLAB = 8 }; /* slices per task */

typedef struct {
    const lm_vol *v;
    double level;
    uint64_t *bits;
} mask_job;

static lm_status mask_slab(void *ctx, size_t task, int worker, lm_err *err)
{
    const mask_job *job = ctx;
    const lm_vol *v = job->v;
    size_t rows = v->n[1] * v->n[2], slab = MASK_SLAB * v->n[1], words = lm_mask_words(v->n[0]);
    (void)worker, (void)err;
    for (size_t r = task * slab; r < rows && r < (task + 1) * slab; r++)
        lm_mask_row(v, job->level, r * v->n[0], job->bits + r * words);
    return LM_OK;
}

lm_status lm_mask_all(const lm_vol *v, double level, int threads, uint64_t **bits, lm_err *err)
{
    mask_job job = {v, level, lm_mem_alloc(lm_mask_words(v->n[0]) * v->n[1], v->n[2] * sizeof(uint64_t), err)};
    if (!job.bits) return LM_ENOMEM;
    lm_status rc = lm_pool_run(lm_pool_threads(threads), (v->n[2] + MASK_SLAB - 1) / MASK_SLAB, mask_slab, &job, err);
    if (rc) free(job.bits);
    else *bits = job.bits;
    return rc;
}
