/* SPDX-License-Identifier: GPL-3.0-or-later */
/* reference.h: masks that the records of a mesh do not name, found among the paths that it is judged against, and the mesh judged
 * by them (maskcheck.h): a DICOM segmentation, the contours of a structure set, a label map.
 *
 * A mask is a reference by itself when the mesh has no records, or records that belong to it and name no mask. It has to be named
 * as a file, or, in a folder or archive, its segment by a label. Contours need the images that they were drawn on, for their grid.
 * Images with the mask's own samples give the two-class partial volume. A volume that the records name is no mask. */
#ifndef LM_DIFF_REFERENCE_H
#define LM_DIFF_REFERENCE_H

#include "diff/maskcheck.h"
#include "dicom/identity.h"
#include "measure/budget.h"
#include "stream/record.h"

typedef struct {
    size_t n;
    const char **mask; /* owned; the texts are the caller's */
    size_t n_rest;
    const char **rest; /* what is not a mask, or holds more than one; likewise */
    bool alone;        /* the mesh has no records: the rest is there for the masks only */
} lm_reference;
#define LM_REFERENCE_INIT \
    { \
        .n = 0 \
    }

typedef struct {
    int threads;
    const char *label; /* which segments, as in lm_masks_pick; NULL: the mask has one */
    const char *axes;  /* of a NIfTI file without orientation: "LPS", "RAS", or NULL */
    double level;      /* of fractional segmentations: inside from this part of the maximum on; 0: 0.5, the default */
    bool keep_names;
    const lm_tol *tol;
    lm_vol *keep; /* NULL, or: the first mask is left there, 1 inside and 0 outside at 0.5 */
    void (*progress)(void *ctx, const char *what, double fraction); /* may be NULL */
    void *progress_ctx;
} lm_reference_opt;

/* Sort the paths. out is replaced. Masks: n 0 when there are none, or the records do not belong to the mesh. */
LM_CHECKED lm_status lm_reference_open(const char *const *paths, size_t n, const lm_records *rec, const lm_reference_opt *opt,
                                       lm_reference *out, lm_err *err);
/* Judge body, a mesh without walls, by each mask. Adds to list, to facts (an array) one object each, and to budget a line each.
 * LM_ERULE: G-3, mesh and mask, or mask and images, are in different frames of reference; the mesh is in RAS, or was changed on
 * purpose; LM_EUSAGE: several segments and no label, no such label. */
LM_CHECKED lm_status lm_reference_judge(const lm_reference *r, const lm_records *rec, const lm_mesh *body, const lm_mass *mass,
                                        const lm_reference_opt *opt, lm_verdict_list *list, lm_budget *budget, json_t *facts,
                                        lm_err *err);
void lm_reference_release(lm_reference *r); /* accepts a zeroed struct; leaves LM_REFERENCE_INIT */

#endif
