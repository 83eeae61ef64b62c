/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "volume/mask.h"

#include <float.h>
#include <math.h>
#include <string.h>

/* Full words first, in a loop of known length; then the rest. */
#define MASK_ROW(T, t) \
    { \
        const T *s = (const T *)v->data + index; \
        const T limit = (t); \
        for (; n >= 64; n -= 64, s += 64) { \
            uint64_t w = 0; \
            for (int b = 0; b < 64; b++) w |= (uint64_t)(s[b] >= limit) << b; \
            *bits++ = w; \
        } \
        for (size_t b = 0; b < n; b++) *bits |= (uint64_t)(s[b] >= limit) << b; \
        break; \
    }
/* v >= level and v >= ceil(level) say the same of integers. */
#define MASK_INT(T, lo, hi) \
    { \
        if (up > (hi)) break; \
        MASK_ROW(T, up < (lo) ? (T)(lo) : (T)up) \
    }

/* The least float that is >= level, so that floats are compared as floats: v >= level and v >= it say the same. */
static float mask_float(double level)
{
    if (level > FLT_MAX) return INFINITY;
    if (level < -FLT_MAX) return -FLT_MAX;
    float f = (float)level;
    return (double)f < level ? nextafterf(f, INFINITY) : f;
}

void lm_mask_row(const lm_vol *v, double level, size_t index, uint64_t *bits)
{
    size_t n = v->n[0];
    double up = ceil(level);
    memset(bits, 0, lm_mask_words(n) * sizeof *bits);
    switch (v->type) {
    case LM_I8: MASK_INT(int8_t, INT8_MIN, INT8_MAX)
    case LM_U8: MASK_INT(uint8_t, 0, UINT8_MAX)
    case LM_I16: MASK_INT(int16_t, INT16_MIN, INT16_MAX)
    case LM_U16: MASK_INT(uint16_t, 0, UINT16_MAX)
    case LM_I32: MASK_INT(int32_t, INT32_MIN, INT32_MAX)
    case LM_U32: MASK_INT(uint32_t, 0, UINT32_MAX)
    case LM_F32: MASK_ROW(float, mask_float(level))
    case LM_F64: MASK_ROW(double, level)
    }
}
