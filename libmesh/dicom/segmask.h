/* SPDX-License-Identifier: GPL-3.0-or-later */
/* segmask.h: the segments of a DICOM object that is a mask, a segmentation (seg.h) or a structure set (rtstruct.h), found among
 * series, with its facts. */
#ifndef LM_DICOM_SEGMASK_H
#define LM_DICOM_SEGMASK_H

#include "dicom/identity.h"
#include "dicom/seg.h"
#include "dicom/source.h"
#include <jansson.h>

typedef struct {
    double level;                /* of fractional segmentations; 0: 0.5 (seg.h) */
    int threads;                 /* child processes; 0: as lm_pool_threads */
    const lm_identity *identity; /* how UIDs go out; NULL: hashed under the built-in key */
    const lm_vol *grid;          /* of the image, for contours; NULL: there is none */
    const char *grid_frame;      /* its Frame of Reference UID, or "" */
} lm_segmask_opt;

typedef struct {
    lm_regions regions; /* of a segmentation on its own grid, of contours on that of the image; names as in the file */
    json_t *facts; /* kind dicom-seg or dicom-rtstruct, modality, series and frame (identity.h), sha256_pixels or sha256_contours,
                      sha256_files (digest.h), size, spacing_mm; type, transfer_syntax, level, maximum, occupancy [{label,mm3}];
                      tracking [{label,uid}]; contours [{label, planes, contours, step_mm, contour_mm3, stated_mm3}]; warnings
                      [{rule,text}]; owned */
    char frame[LM_UID]; /* Frame of Reference UID, or "" */
    lm_tree *fractions; /* of a fractional segmentation, for lm_seg_grey; else NULL; owned */
} lm_segmask;
#define LM_SEGMASK_INIT \
    { \
        .facts = NULL \
    }

/* Is the series a mask? */
bool lm_segmask_is(const lm_source *s, size_t series);
/* Has it a grid of its own (a segmentation)? */
bool lm_segmask_stands(const lm_source *s, size_t series);
/* The one mask among the series. LM_ERULE G-3: there is none, or several. */
LM_CHECKED lm_status lm_segmask_find(const lm_source *s, size_t *series, lm_err *err);
/* The series in `among` (s or another source) that a mask was drawn on: by the series that it names, else the only one in its frame
 * of reference. LM_ERULE G-3: it is not there, or several are. */
LM_CHECKED lm_status lm_segmask_images(const lm_source *s, size_t series, const lm_source *among, const lm_segmask_opt *opt,
                                       size_t *images, lm_err *err);
/* Read. LM_EUSAGE: contours, and no grid. Other errors are those of seg.h and rtstruct.h. out is replaced. */
LM_CHECKED lm_status lm_segmask_read(const lm_source *s, size_t series, const lm_segmask_opt *opt, lm_segmask *out, lm_err *err);
/* What names the mask in its facts, without reading all of it where that is not needed: sha256_files; and its content, which is
 * sha256_pixels or sha256_contours. */
LM_CHECKED lm_status lm_segmask_files(const lm_source *s, size_t series, const lm_segmask_opt *opt, char hex[LM_SHA256_HEX],
                                      lm_err *err);
LM_CHECKED lm_status lm_segmask_content(const lm_source *s, size_t series, const lm_segmask_opt *opt, char hex[LM_SHA256_HEX],
                                        lm_err *err);
void lm_segmask_release(lm_segmask *m);

#endif
