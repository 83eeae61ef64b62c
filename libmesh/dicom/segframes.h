/* SPDX-License-Identifier: GPL-3.0-or-later */
/* segframes.h: where the frames of a segmentation object lie: one grid for all of them (STANDARDS 4; G-1 .. G-5).
 *
 * Frames may come in any order and frames without a set pixel may be missing, so the step between slices is not the distance
 * of neighbours: it is Spacing Between Slices where that fits all positions, else the smallest distance, of which all others
 * must be whole multiples. A tilt is kept as shear. In a straight stack frames may be shifted in their plane by whole
 * pixels. Anything else is refused. */
#ifndef LM_DICOM_SEGFRAMES_H
#define LM_DICOM_SEGFRAMES_H

#include "dicom/scan.h"
#include "dicom/tree.h"
#include <stdint.h>

typedef struct {
    uint32_t segment; /* Referenced Segment Number; 0: none (label map) */
    size_t at[3];     /* grid index of its first pixel */
} lm_segframe;

typedef struct {
    size_t rows, columns, frames;
    lm_segframe *frame; /* in the file's order; owned */
    size_t *order;      /* indices of frames by segment, then slice; owned */
    size_t n[3];        /* the grid that holds them all, as in lm_vol */
    double dir[3][3], origin[3];
    double thickness_mm; /* 0: not stated */
    bool step_stated;    /* step from Spacing Between Slices or, for one slice, Slice Thickness */
    bool no_neighbours;  /* no two slices are one step apart: the step is only stated */
    char frame_uid[LM_UID];
} lm_segframes;
#define LM_SEGFRAMES_INIT \
    { \
        .frames = 0 \
    }

enum { LM_SEGFRAMES_MAX = 1 << 20, LM_SEGFRAMES_SLICES = 1 << 16 };

/* Read the functional groups of root. labelmap: frames reference no segment. LM_ERULE with the rule and the frame's number (from
 * 1); LM_EFORMAT: counts that contradict each other. On error out is empty. */
LM_CHECKED lm_status lm_segframes_read(const lm_tree_item *root, bool labelmap, lm_segframes *out, lm_err *err);
void lm_segframes_release(lm_segframes *s);

#endif
