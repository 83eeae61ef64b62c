/* SPDX-License-Identifier: GPL-3.0-or-later */
/* overlay.h: the contour of a mesh on the slices of its source, as a reader of images would check it (STANDARDS 14, point 10).
 *
 * Three slices of the source's own grid, one across each of its axes, those nearest to a point; cropped to the mesh and a margin.
 * Samples are shown as they are, one by one, in a window between two percentiles of what the three show. The contour is
 * the exact section of the triangles with the plane through the samples' centres, in the grid's own coordinates: it lies right on
 * the samples also where the grid is sheared. Each axis is named after the patient's axis it is closest to, and shown as
 * radiologists look at it: the patient's right is on the left of axial and coronal slices. */
#ifndef REPORTS_OVERLAY_H
#define REPORTS_OVERLAY_H

#include "reports/cell.h"
#include "surface/mesh.h"
#include "volume/volume.h"

typedef struct {
    const char *name; /* "Axial", "Coronal", "Sagittal" */
    const char *left, *right, *top, *bottom;
    size_t at, of;       /* slice, counted from 1, of so many */
    size_t wide, high;   /* samples */
    double mm[2];        /* of a sample, across and down */
    double *value;       /* wide * high, top row first; owned */
    size_t n_point, cap; /* of the contour, in samples from the upper left corner of the picture; owned */
    float (*point)[2];
    size_t n_loop, cap_loop;
    size_t *loop; /* first point behind each polyline; owned */
} lm_overlay_slice;

typedef struct {
    lm_overlay_slice slice[3];
    double lo, hi; /* window, in the unit of the samples */
    bool drawn;
} lm_overlay;
#define LM_OVERLAY_INIT \
    { \
        .drawn = false \
    }

/* Slices of vol next to the centre of the mesh's box. mesh: lm_mesh_validate, LPS. A mesh beside the grid gives nothing (drawn is
 * false). out is initialised by the caller. LM_ENOMEM. */
LM_CHECKED lm_status lm_overlay_cut(const lm_vol *vol, const lm_mesh *mesh, lm_overlay *out, lm_err *err);
void lm_overlay_release(lm_overlay *o);
/* The section of the page; nothing where nothing is drawn. */
LM_CHECKED lm_status lm_overlay_section(lm_html *h, const lm_overlay *o, const char *unit, lm_err *err);

#endif
