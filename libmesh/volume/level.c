/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "volume/level.h"

#include <float.h>
#include <math.h>

static const double level_low[] = {
    [LM_I8] = INT8_MIN, [LM_U8] = 0, [LM_I16] = INT16_MIN, [LM_U16] = 0, [LM_I32] = INT32_MIN, [LM_U32] = 0};
static const double level_high[] = {[LM_I8] = INT8_MAX,    [LM_U8] = UINT8_MAX,  [LM_I16] = INT16_MAX,
                                    [LM_U16] = UINT16_MAX, [LM_I32] = INT32_MAX, [LM_U32] = UINT32_MAX};

static float level_float(double x)
{
    return x > FLT_MAX ? FLT_MAX : x < -FLT_MAX ? -FLT_MAX : (float)x;
}

double lm_level_below(lm_type t, double x, double level)
{
    if (t == LM_F64) return x < level ? x : nextafter(level, -INFINITY);
    if (t == LM_F32) {
        float f = level_float(x);
        while (!((double)f < level)) f = nextafterf(f < (float)level ? f : (float)level, -INFINITY);
        return (double)f;
    }
    double r = floor(x + 0.5), most = ceil(level) - 1; /* the greatest whole number below the level */
    if (r > most) r = most;
    return most < level_low[t] ? NAN : r < level_low[t] ? level_low[t] : r;
}

double lm_level_above(lm_type t, double x, double level)
{
    if (t == LM_F64) return x >= level ? x : level;
    if (t == LM_F32) {
        float f = level_float(x);
        if ((double)f < level) f = (float)level;
        return (double)f < level ? (double)nextafterf(f, INFINITY) : (double)f;
    }
    double r = floor(x + 0.5), least = ceil(level);
    if (r < least) r = least;
    return least > level_high[t] ? NAN : r > level_high[t] ? level_high[t] : r;
}

void lm_level_set(lm_vol *v, size_t at, double x)
{
    switch (v->type) {
    case LM_I8: ((int8_t *)v->data)[at] = (int8_t)x; break;
    case LM_U8: ((uint8_t *)v->data)[at] = (uint8_t)x; break;
    case LM_I16: ((int16_t *)v->data)[at] = (int16_t)x; break;
    case LM_U16: ((uint16_t *)v->data)[at] = (uint16_t)x; break;
    case LM_I32: ((int32_t *)v->data)[at] = (int32_t)x; break;
    case LM_U32: ((uint32_t *)v->data)[at] = (uint32_t)x; break;
    case LM_F32: ((float *)v->data)[at] = (float)x; break;
    case LM_F64: ((double *)v->data)[at] = x; break;
    }
}
