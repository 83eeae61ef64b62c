/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The loop of mask.c in AVX2; the Makefile compiles *_avx2.c for it. */
#include "volume/mask.h"

#if defined(__AVX2__)
#include <immintrin.h>

static inline uint64_t mask_bytes(__m256i a, __m256i b)
{
    return (uint32_t)_mm256_movemask_epi8(a) | (uint64_t)(uint32_t)_mm256_movemask_epi8(b) << 32;
}

/* 16-bit masks to bytes, in order. */
static inline __m256i mask_narrow(__m256i a, __m256i b)
{
    return _mm256_permute4x64_epi64(_mm256_packs_epi16(a, b), 0xd8);
}

/* x >= l is max(x, l) == x. */
#define MASK_GE(x, max, eq) eq(max(x, l), x)
#define MASK_8(T, set, max) \
    { \
        const __m256i l = set((char)*(const T *)limit), *s = samples; \
        for (; words; words--, s += 2) { \
            __m256i x = _mm256_loadu_si256(s), y = _mm256_loadu_si256(s + 1); \
            *bits++ = mask_bytes(MASK_GE(x, max, _mm256_cmpeq_epi8), MASK_GE(y, max, _mm256_cmpeq_epi8)); \
        } \
        return false; \
    }
#define MASK_16(T, max) \
    { \
        const __m256i l = _mm256_set1_epi16((short)*(const T *)limit), *s = samples; \
        for (; words; words--, s += 4) { \
            __m256i x[4]; \
            for (int k = 0; k < 4; k++) { \
                __m256i v = _mm256_loadu_si256(s + k); \
                x[k] = MASK_GE(v, max, _mm256_cmpeq_epi16); \
            } \
            *bits++ = mask_bytes(mask_narrow(x[0], x[1]), mask_narrow(x[2], x[3])); \
        } \
        return false; \
    }
#define MASK_32(T, max) \
    { \
        const __m256i l = _mm256_set1_epi32((int)*(const T *)limit), *s = samples; \
        for (; words; words--, s += 8) { \
            uint64_t w = 0; \
            for (int k = 0; k < 8; k++) { \
                __m256i v = _mm256_loadu_si256(s + k); \
                w |= (uint64_t)(uint32_t)_mm256_movemask_ps(_mm256_castsi256_ps(MASK_GE(v, max, _mm256_cmpeq_epi32))) << (8 * k); \
            } \
            *bits++ = w; \
        } \
        return false; \
    }

static bool mask_f32(const float *s, float limit, size_t words, uint64_t *bits)
{
    const __m256 l = _mm256_set1_ps(limit);
    __m256 nan = _mm256_setzero_ps();
    for (; words; words--, s += 64) {
        uint64_t w = 0;
        for (int k = 0; k < 8; k++) {
            __m256 v = _mm256_loadu_ps(s + 8 * k);
            w |= (uint64_t)(uint32_t)_mm256_movemask_ps(_mm256_cmp_ps(v, l, _CMP_GE_OQ)) << (8 * k);
            nan = _mm256_or_ps(nan, _mm256_cmp_ps(v, v, _CMP_UNORD_Q));
        }
        *bits++ = w;
    }
    return _mm256_movemask_ps(nan) != 0;
}

static bool mask_f64(const double *s, double limit, size_t words, uint64_t *bits)
{
    const __m256d l = _mm256_set1_pd(limit);
    __m256d nan = _mm256_setzero_pd();
    for (; words; words--, s += 64) {
        uint64_t w = 0;
        for (int k = 0; k < 16; k++) {
            __m256d v = _mm256_loadu_pd(s + 4 * k);
            w |= (uint64_t)(uint32_t)_mm256_movemask_pd(_mm256_cmp_pd(v, l, _CMP_GE_OQ)) << (4 * k);
            nan = _mm256_or_pd(nan, _mm256_cmp_pd(v, v, _CMP_UNORD_Q));
        }
        *bits++ = w;
    }
    return _mm256_movemask_pd(nan) != 0;
}

bool lm_mask_full_avx2(lm_type type, const void *samples, const void *limit, size_t words, uint64_t *bits)
{
    switch (type) {
    case LM_I8: MASK_8(int8_t, _mm256_set1_epi8, _mm256_max_epi8)
    case LM_U8: MASK_8(uint8_t, _mm256_set1_epi8, _mm256_max_epu8)
    case LM_I16: MASK_16(int16_t, _mm256_max_epi16)
    case LM_U16: MASK_16(uint16_t, _mm256_max_epu16)
    case LM_I32: MASK_32(int32_t, _mm256_max_epi32)
    case LM_U32: MASK_32(uint32_t, _mm256_max_epu32)
    case LM_F32: return mask_f32(samples, *(const float *)limit, words, bits);
    case LM_F64: return mask_f64(samples, *(const double *)limit, words, bits);
    }
    return false;
}

#else

bool lm_mask_full_avx2(lm_type type, const void *samples, const void *limit, size_t words, uint64_t *bits)
{
    return lm_mask_full_scalar(type, samples, limit, words, bits);
}
#endif
