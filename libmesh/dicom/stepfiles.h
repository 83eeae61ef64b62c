/* SPDX-License-Identifier: GPL-3.0-or-later */
/* stepfiles.h: the files that steps of a segmentation name (segment/step.h): read, picked from, and named by their checksum from
 * then on, so that a record holds no path and a replay finds them among what it is given. */
#ifndef LM_DICOM_STEPFILES_H
#define LM_DICOM_STEPFILES_H

#include "dicom/masks.h"
#include "segment/steps.h"

typedef struct {
    lm_masks mask[LM_STEPS_MAX]; /* of the step with that number, as edits are */
    lm_edits edits[LM_STEPS_MAX];
} lm_stepfiles;

/* Read the files of all steps; steps point into out then, which is not moved. opt as for a mask that is laid on opt->grid.
 * Release out in any case. Errors of lm_masks_read, lm_masks_pick, lm_edits_read; LM_ERULE G-3: another frame of reference. */
LM_CHECKED lm_status lm_stepfiles_read(lm_steps *s, const lm_masks_opt *opt, lm_stepfiles *out, lm_err *err);
/* For a replay: step i gets m, which becomes out's; what its args pick is picked. */
LM_CHECKED lm_status lm_stepfiles_put(lm_steps *s, size_t i, lm_masks *m, const lm_masks_opt *opt, lm_stepfiles *out, lm_err *err);
/* Likewise its edits. Their checksum is that of their text (lm_edits_sum): comments do not count. */
LM_CHECKED lm_status lm_stepfiles_put_edits(lm_steps *s, size_t i, lm_edits *e, lm_stepfiles *out, lm_err *err);
void lm_stepfiles_release(lm_stepfiles *f);

/* The checksum that the args of a step name, or false: a file's name stands there. */
bool lm_stepfiles_sum(const lm_step *s, char hex[LM_SHA256_HEX]);

#endif
