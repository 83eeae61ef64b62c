/* SPDX-License-Identifier: GPL-3.0-or-later */
/* seg.h: DICOM segmentation objects (STANDARDS 4): BINARY, FRACTIONAL as probability or occupancy, LABELMAP, in every encoding that
 * segpixels.h reads; frames in any order, empty ones missing; segments may overlap. */
#ifndef LM_DICOM_SEG_H
#define LM_DICOM_SEG_H

#include "base/hash.h"
#include "dicom/scan.h"
#include "dicom/series.h"
#include "dicom/tree.h"
#include "volume/regions.h"

typedef enum { LM_SEG_BINARY, LM_SEG_PROBABILITY, LM_SEG_OCCUPANCY, LM_SEG_LABELMAP } lm_seg_type;

typedef struct {
    double level; /* fractional objects: a pixel belongs to the segment from this part of the maximum on, 0 < level <= 1; 0: 0.5 */
    int threads;  /* child processes for compressed frames; 0: as lm_pool_threads */
} lm_seg_opt;

enum { LM_SEG_WARNINGS = 6 };
typedef struct {
    lm_seg_type type;
    double level;        /* 0: not fractional */
    unsigned maximum;    /* Maximum Fractional Value; 0: not fractional */
    uint64_t *sum;       /* stored values of each region, in the order of the regions; owned. Only of an occupancy it is a volume:
                            sum / maximum voxels */
    double thickness_mm; /* 0: not stated */
    size_t frames;
    bool lossy;
    char transfer[LM_UID], frame_uid[LM_UID], reference[LM_UID]; /* frame of reference; Series Instance UID of the images, or "" */
    char sha256[LM_SHA256_HEX]; /* over the SHA-256 of each frame's samples (a byte or two each), by segment, then slice */
    int n_warnings;
    lm_series_warning warning[LM_SEG_WARNINGS];
} lm_seg_facts;
#define LM_SEG_FACTS_INIT \
    { \
        .frames = 0 \
    }

/* All segments on the grid that holds the frames. t was read with pixels. Names are those of the file: what goes out passes
 * lm_identity_name. A segment without frames is a region without samples. LM_ERULE: geometry (G-1 .. G-4), a segment or value that
 * is not described; LM_EFORMAT: damaged. On error out and facts are empty. */
LM_CHECKED lm_status lm_seg_read(const lm_tree *t, const lm_seg_opt *opt, lm_regions *out, lm_seg_facts *facts, lm_err *err);
void lm_seg_facts_release(lm_seg_facts *f);
/* The stored values of one segment of a fractional object, u8 on the same grid, 0 where there is no frame; iso is level times the
 * maximum. LM_EUSAGE: not fractional, or there is no such segment. */
LM_CHECKED lm_status lm_seg_grey(const lm_tree *t, uint32_t segment, const lm_seg_opt *opt, lm_vol *out, lm_err *err);

#endif
