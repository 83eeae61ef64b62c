/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "volume/volume.h"
#include "base/mem.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

static const struct {
    size_t size;
    const char *name;
} vol_types[] = {
    [LM_I8] = {1, "signed char"}, [LM_U8] = {1, "unsigned char"}, [LM_I16] = {2, "short"}, [LM_U16] = {2, "unsigned short"},
    [LM_I32] = {4, "int"},        [LM_U32] = {4, "unsigned int"}, [LM_F32] = {4, "float"}, [LM_F64] = {8, "double"},
};

size_t lm_vol_type_size(lm_type t)
{
    return vol_types[t].size;
}

const char *lm_vol_type_name(lm_type t)
{
    return vol_types[t].name;
}

lm_status lm_vol_alloc(lm_vol *v, const size_t n[3], lm_type type, lm_err *err)
{
    size_t count;
    if (!n[0] || !n[1] || !n[2] || !lm_mem_mul(n[0], n[1], &count) || !lm_mem_mul(count, n[2], &count))
        return lm_err_set(err, LM_ERANGE, NULL, "no volume has %zu x %zu x %zu samples", n[0], n[1], n[2]);
    lm_vol_release(v);
    if (!(v->data = lm_mem_alloc(count, lm_vol_type_size(type), err))) return err ? err->code : LM_ENOMEM;
    memcpy(v->n, n, sizeof v->n);
    v->type = type;
    for (int a = 0; a < 3; a++) v->dir[a][a] = 1;
    return LM_OK;
}

static void vol_drop(lm_vol *v)
{
    if (v->mapped) munmap(v->data, v->mapped);
    else free(v->data);
}

void lm_vol_replace(lm_vol *v, lm_type type, void *samples)
{
    vol_drop(v);
    v->data = samples;
    v->mapped = 0;
    v->type = type;
}

void lm_vol_release(lm_vol *v)
{
    vol_drop(v);
    lm_parts_release(&v->parts);
    *v = (lm_vol)LM_VOL_INIT;
}

double lm_vol_at(const lm_vol *v, size_t i)
{
    double x;
    lm_vol_row_f64(v, i, 1, &x);
    return x;
}

#define VOL_ROW(T) \
    { \
        const T *s = (const T *)v->data + index; \
        for (size_t i = 0; i < n; i++) out[i] = (double)s[i]; \
        break; \
    }

void lm_vol_row_f64(const lm_vol *v, size_t index, size_t n, double *out)
{
    switch (v->type) {
    case LM_I8: VOL_ROW(int8_t)
    case LM_U8: VOL_ROW(uint8_t)
    case LM_I16: VOL_ROW(int16_t)
    case LM_U16: VOL_ROW(uint16_t)
    case LM_I32: VOL_ROW(int32_t)
    case LM_U32: VOL_ROW(uint32_t)
    case LM_F32: VOL_ROW(float)
    case LM_F64: VOL_ROW(double)
    }
}

lm_status lm_vol_range(const lm_vol *v, double *lo, double *hi, lm_err *err)
{
    enum { BLOCK = 1024 };
    double x[BLOCK], a = INFINITY, b = -INFINITY;
    size_t count = lm_vol_count(v);
    for (size_t at = 0; at < count; at += BLOCK) {
        size_t n = count - at < BLOCK ? count - at : BLOCK;
        lm_vol_row_f64(v, at, n, x);
        for (size_t i = 0; i < n; i++) {
            if (isnan(x[i])) {
                size_t s = at + i;
                return lm_err_set(err, LM_ERULE, NULL, "sample (%zu, %zu, %zu) is NaN: a field must have a value everywhere",
                                  s % v->n[0], s / v->n[0] % v->n[1], s / v->n[0] / v->n[1]);
            }
            a = x[i] < a ? x[i] : a;
            b = x[i] > b ? x[i] : b;
        }
    }
    *lo = a;
    *hi = b;
    return LM_OK;
}

double lm_vol_det(const lm_vol *v)
{
    const double(*d)[3] = v->dir;
    return d[0][0] * (d[1][1] * d[2][2] - d[1][2] * d[2][1]) - d[0][1] * (d[1][0] * d[2][2] - d[1][2] * d[2][0]) +
           d[0][2] * (d[1][0] * d[2][1] - d[1][1] * d[2][0]);
}

double lm_vol_spacing(const lm_vol *v, int a)
{
    return sqrt(v->dir[a][0] * v->dir[a][0] + v->dir[a][1] * v->dir[a][1] + v->dir[a][2] * v->dir[a][2]);
}

double lm_vol_min_spacing(const lm_vol *v)
{
    double inv[3][3], best = INFINITY;
    lm_vol_inverse(v, inv);
    for (int a = 0; a < 3; a++) {
        double len = sqrt(inv[a][0] * inv[a][0] + inv[a][1] * inv[a][1] + inv[a][2] * inv[a][2]);
        if (1 / len < best) best = 1 / len;
    }
    return best;
}

double lm_vol_diagonal(const lm_vol *v)
{
    double longest = 0;
    for (int i = 0; i < 4; i++) {
        double d2 = 0;
        for (int c = 0; c < 3; c++) {
            double x = v->dir[0][c] + (i & 1 ? -1 : 1) * v->dir[1][c] + (i & 2 ? -1 : 1) * v->dir[2][c];
            d2 += x * x;
        }
        if (d2 > longest) longest = d2;
    }
    return sqrt(longest);
}

lm_status lm_vol_check(const lm_vol *v, lm_err *err)
{
    for (int a = 0; a < 3; a++) {
        double s = lm_vol_spacing(v, a);
        if (!isfinite(s) || !isfinite(v->origin[a]) || s < 1e-6 || s > 1e6 || fabs(v->origin[a]) > 1e7)
            return lm_err_set(err, LM_ERULE, "G-1", "axis %d: step %g mm, origin %g mm: not a usable geometry", a, s, v->origin[a]);
    }
    double cell = lm_vol_spacing(v, 0) * lm_vol_spacing(v, 1) * lm_vol_spacing(v, 2);
    if (fabs(lm_vol_det(v)) < 1e-3 * cell)
        return lm_err_set(err, LM_ERULE, "G-1", "the grid's axes lie (nearly) in one plane: voxel volume %g mm3", lm_vol_det(v));
    return LM_OK;
}

void lm_vol_to_world(const lm_vol *v, const double ijk[3], double xyz[3])
{
    for (int c = 0; c < 3; c++) xyz[c] = v->origin[c] + ijk[0] * v->dir[0][c] + ijk[1] * v->dir[1][c] + ijk[2] * v->dir[2][c];
}

void lm_vol_inverse(const lm_vol *v, double inv[3][3])
{
    double det = lm_vol_det(v);
    const double(*d)[3] = v->dir;
    for (int a = 0; a < 3; a++) {
        const double *p = d[(a + 1) % 3], *q = d[(a + 2) % 3]; /* row a of the inverse is the cross product of the others */
        inv[a][0] = (p[1] * q[2] - p[2] * q[1]) / det;
        inv[a][1] = (p[2] * q[0] - p[0] * q[2]) / det;
        inv[a][2] = (p[0] * q[1] - p[1] * q[0]) / det;
    }
}
