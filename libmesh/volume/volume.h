/* SPDX-License-Identifier: GPL-3.0-or-later */
/* volume.h: a sampled field on an affine grid in patient space (LPS+, millimetres; STANDARDS 0.4 and G-1).
 *
 * Sample (i,j,k) sits at origin + i*dir[0] + j*dir[1] + k*dir[2]; the position is the centre of the voxel. dir may be
 * sheared (gantry tilt, G-5) and may have either sign of determinant (G-6); it is never singular. i runs fastest. */
#ifndef LM_VOLUME_VOLUME_H
#define LM_VOLUME_VOLUME_H

#include "volume/parts.h"
#include <stdbool.h>
#include <stdint.h>

typedef enum { LM_I8, LM_U8, LM_I16, LM_U16, LM_I32, LM_U32, LM_F32, LM_F64 } lm_type;

typedef struct {
    size_t n[3]; /* samples along i, j, k; each >= 1 */
    lm_type type;
    void *data;       /* n[0]*n[1]*n[2] samples, owned */
    size_t mapped;    /* 0: data is from malloc; else data is a mapping of so many bytes (munmap) */
    double dir[3][3]; /* dir[a]: step in mm from one sample to the next along axis a */
    double origin[3]; /* centre of sample (0,0,0), mm */
    bool has_iso;
    double iso; /* the surface is that of {value >= iso}, in the unit of the samples */
    bool image; /* no volume but a picture: n[2] is 1, dir[0] and dir[1] hold its spacing along x and y, the rest means nothing */
    bool unscaled;  /* with image: the spacing is not known, dir says 1 */
    lm_parts parts; /* of a label volume: names and colours of its values, as far as they are known */
} lm_vol;
#define LM_VOL_INIT \
    { \
        .data = NULL \
    }

size_t lm_vol_type_size(lm_type t);
const char *lm_vol_type_name(lm_type t); /* NRRD names: "short", "float", ... */
/* Take memory (not zeroed) for n and type; dir becomes the identity, origin 0. LM_ERANGE when n is 0 or too large. */
LM_CHECKED lm_status lm_vol_alloc(lm_vol *v, const size_t n[3], lm_type type, lm_err *err);
/* Give v other samples, from malloc, of any type; the old ones are released. */
void lm_vol_replace(lm_vol *v, lm_type type, void *samples);
void lm_vol_release(lm_vol *v); /* accepts a zeroed or half-built struct; leaves LM_VOL_INIT */
static inline size_t lm_vol_count(const lm_vol *v)
{
    return v->n[0] * v->n[1] * v->n[2];
}
double lm_vol_at(const lm_vol *v, size_t index); /* one sample as double; not for inner loops */
/* Convert n samples from `index` on to double. */
void lm_vol_row_f64(const lm_vol *v, size_t index, size_t n, double *out);
/* Least and greatest value; LM_ERULE when a sample is NaN (where is in the text). */
LM_CHECKED lm_status lm_vol_range(const lm_vol *v, double *lo, double *hi, lm_err *err);
/* Geometry is finite, |det| > 0 and within what float32 millimetres can carry. LM_ERULE otherwise. */
LM_CHECKED lm_status lm_vol_check(const lm_vol *v, lm_err *err);

double lm_vol_det(const lm_vol *v);               /* signed volume of one voxel, mm3 */
double lm_vol_spacing(const lm_vol *v, int axis); /* length of dir[axis], mm */
double lm_vol_min_spacing(const lm_vol *v);       /* smallest distance of parallel grid planes: a sheared cell counts its height */
double lm_vol_diagonal(const lm_vol *v);          /* longest diagonal of a cell, mm */
void lm_vol_to_world(const lm_vol *v, const double ijk[3], double xyz[3]);
/* Inverse of dir as rows: ijk = inv * (xyz - origin). */
void lm_vol_inverse(const lm_vol *v, double inv[3][3]);

#endif
