/* SPDX-License-Identifier: GPL-3.0-or-later */
/* reported.h: a mesh against measurements in DICOM structured reports (dicom/sr.h): the number that the radiologist signed.
 *
 * The report must belong to the mesh: it cites the series, or the segmentation, that the records name, and states no other frame of
 * reference. Its number is known to half of its last digit as written. Which volume it is of is said by its codes: voxels summed,
 * of a mesh, or not stated. A diameter is the largest distance of two points in space; long and short axis are taken in axial
 * planes (axial.h), one slice step of the records apart. What needs points (a distance, a length) a mesh by itself has not: that is
 * for landmarks (caliper.h). */
#ifndef LM_MEASURE_REPORTED_H
#define LM_MEASURE_REPORTED_H

#include "dicom/identity.h"
#include "dicom/sr.h"
#include "measure/shape.h"
#include "measure/verdict.h"
#include "stream/record.h"

typedef struct {
    size_t n;          /* reports */
    lm_sr *report;     /* owned */
    size_t n_rest;     /* paths that are no reports: for against.h */
    const char **rest; /* owned; the texts are the caller's */
} lm_reported;
#define LM_REPORTED_INIT \
    { \
        .n = 0 \
    }

typedef struct {
    int threads;
    const lm_tol *tol;       /* percent, or by unit; else 1 %, and of long and short axis 1 mm (STANDARDS 13, end to end) */
    const lm_mesh *body;     /* without labels: the solid that is judged; NULL: only what mass and shape have */
    size_t n_pick;           /* measurements that are asked for; 0: the one volume */
    const char *const *pick; /* each: a number in the list of all, a tracking identifier or UID, or a PCRE2 that occurs in
                                "tracking / finding / site / quantity / derivation" */
} lm_reported_opt;

/* Find reports: files among the paths that are one; with opt->n_pick also those within folders and archives. n 0: there are none.
 */
LM_CHECKED lm_status lm_reported_open(const char *const *paths, size_t n, const lm_reported_opt *opt, lm_reported *out,
                                      lm_err *err);
/* Judge the mesh by them, and add to out. u_anatomy_mm3: how well its volume is known as that of the anatomy (budget.h); it counts
 * where the report is not on the segmentation that the mesh was made from, since then the voxels are the same on both sides.
 * LM_ERULE: the report does not belong to the mesh, holds no volume, holds several that are meant (all are listed), or one without
 * a usable unit; LM_EUSAGE: no measurement answers to a text. */
LM_CHECKED lm_status lm_reported_judge(const lm_reported *r, const lm_records *rec, const lm_mass *mass, const lm_shape *shape,
                                       double u_anatomy_mm3, const lm_reported_opt *opt, lm_verdict_list *out, lm_err *err);
void lm_reported_release(lm_reported *r); /* accepts a zeroed struct; leaves LM_REPORTED_INIT */

#endif
