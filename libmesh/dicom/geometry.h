/* SPDX-License-Identifier: GPL-3.0-or-later */
/* geometry.h: where the slices of one part of a series lie (STANDARDS 1, G-1 .. G-8): order by position on the normal, spacing
 * from positions, tilt as shear. Pure functions over plain numbers. */
#ifndef LM_DICOM_GEOMETRY_H
#define LM_DICOM_GEOMETRY_H

#include "dicom/series.h"

#define LM_GEOMETRY_SAME_PLACE 1e-3 /* mm, G-4 */

/* Geometry of the part whose n, member, kind and gaps.choice are set: fills the rest, and s->refusal. Fails on no memory only. */
LM_CHECKED lm_status lm_geometry_find(const lm_dicom_file *f, lm_series *s, lm_err *err);
/* Are the pixels single grey values that decode.h reads, with a slope? LM_ERULE names what is not so. */
LM_CHECKED lm_status lm_geometry_grey(const lm_dicom_file *f, lm_err *err);
typedef struct {
    double at; /* along the normal */
    size_t file, member;
    const lm_dicom_file *f;
} lm_geometry_place;
/* Largest number of the n members in one place; 1 when that cannot be said. scratch: n elements, left sorted by place when
 * more than 1 is returned. */
size_t lm_geometry_crowd(const lm_dicom_file *f, const size_t *member, size_t n, lm_geometry_place *scratch);

/* atan of x >= 0 in degrees, the same on every machine. */
double lm_geometry_atan_deg(double x);

#endif
