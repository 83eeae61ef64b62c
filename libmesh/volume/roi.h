/* SPDX-License-Identifier: GPL-3.0-or-later */
/* roi.h: regions of interest in patient space: boxes, spheres, cylinders; what lies in any of them counts.
 *
 * Cutting keeps the field's grey values where they are natural background, and pushes only samples at or above the level
 * that lie outside below it (DESIGN 6): such a sample v' beside a kept neighbour v becomes 2 level - v, so that the surface
 * crosses the edge between them at exactly half a voxel; with several kept neighbours, 2 level - their mean; with none, the
 * least value of the volume. Integer samples take the nearest value that is below the level and that the type holds. */
#ifndef LM_VOLUME_ROI_H
#define LM_VOLUME_ROI_H

#include "volume/volume.h"

enum { LM_ROI_MAX = 16, LM_ROI_NUMBERS = 7, LM_ROI_TEXT = 288 };
typedef enum { LM_ROI_BOX, LM_ROI_SPHERE, LM_ROI_CYLINDER } lm_roi_kind;

typedef struct {
    lm_roi_kind kind;
    /* mm, LPS. Box: two corners, the lesser first. Sphere: centre, radius. Cylinder: centres of its flat ends, radius. */
    double v[LM_ROI_NUMBERS];
} lm_roi_shape;

typedef struct {
    size_t n; /* 0: no region, everything counts */
    lm_roi_shape shape[LM_ROI_MAX];
} lm_roi;
#define LM_ROI_INIT \
    { \
        .n = 0 \
    }

/* Add "box:X0,Y0,Z0,X1,Y1,Z1", "sphere:X,Y,Z,R" or "cylinder:X0,Y0,Z0,X1,Y1,Z1,R". LM_EUSAGE says what is wrong: a box
 * without extent, a radius that is not positive, ends that coincide. */
LM_CHECKED lm_status lm_roi_add(lm_roi *roi, const char *text, lm_err *err);
/* The same text again, with numbers that read back as the same doubles. */
void lm_roi_text(const lm_roi_shape *s, char buf[LM_ROI_TEXT]);
/* Is the point in one of the shapes (their boundary included)? */
bool lm_roi_inside(const lm_roi *roi, const double xyz[3]);
/* Cut as said above. least: of all samples. *cut: samples pushed. LM_EUSAGE when the region meets no sample at all; LM_ERULE
 * when the type holds no value below the level. On error the samples are undefined. Work per sample at or above the level, times
 * shapes; no memory beyond a few rows. */
LM_CHECKED lm_status lm_roi_cut(const lm_roi *roi, lm_vol *v, double level, double least, int threads, size_t *cut, lm_err *err);

#endif
