/* SPDX-License-Identifier: GPL-3.0-or-later */
/* rtstruct.h: RT structure sets (STANDARDS 5): regions of interest as contours, put on the grid of an image by contours.h. */
#ifndef LM_DICOM_RTSTRUCT_H
#define LM_DICOM_RTSTRUCT_H

#include "dicom/scan.h"
#include "dicom/series.h"
#include "dicom/tree.h"
#include "volume/contours.h"

/* What is known of one region beside its samples. */
typedef struct {
    lm_contours_facts contours;
    size_t open;       /* points and open lines, which enclose nothing: left */
    double stated_mm3; /* ROI Volume (3006,002C), a check value only; NAN: not stated */
    char frame[LM_UID];
} lm_rtstruct_roi;

enum { LM_RTSTRUCT_WARNINGS = 12 };
typedef struct {
    size_t n;
    lm_rtstruct_roi *roi; /* in the order of the regions; owned */
    int n_warnings, warnings_left;
    lm_series_warning warning[LM_RTSTRUCT_WARNINGS]; /* regions are named by number only */
} lm_rtstruct_facts;
#define LM_RTSTRUCT_FACTS_INIT \
    { \
        .n = 0 \
    }

/* Series Instance UID of the images that the contours were drawn on, and their frame of reference; "" when not stated. Returns how
 * many of its images are named. */
size_t lm_rtstruct_reference(const lm_tree *t, char series[LM_UID], char frame[LM_UID]);
/* All regions of interest of t on the grid of `grid` (its samples are not looked at), whose frame of reference is frame_uid ("":
 * not known, a warning). Numbers are those of the file; where these are no labels (0, twice), 1, 2, .. in the file's order, with a
 * warning. Names are those of the file: what goes out passes lm_identity_name. LM_ERULE G-3: another frame of reference; R-2:
 * contours that lie across the slices; LM_EFORMAT: data that contradict each other. On error out and facts are empty. t needs no
 * pixels, but all values (max_value SIZE_MAX). */
LM_CHECKED lm_status lm_rtstruct_read(const lm_tree *t, const lm_vol *grid, const char *frame_uid, lm_regions *out,
                                      lm_rtstruct_facts *facts, lm_err *err);
void lm_rtstruct_facts_release(lm_rtstruct_facts *f);

#endif
