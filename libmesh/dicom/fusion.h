/* SPDX-License-Identifier: GPL-3.0-or-later */
/* fusion.h: masks and probability maps from files, made one (segment/fuse.h). */
#ifndef LM_DICOM_FUSION_H
#define LM_DICOM_FUSION_H

#include "dicom/masks.h"
#include "segment/fuse.h"

/* "majority", "staple", "mean". LM_EUSAGE. */
LM_CHECKED lm_status lm_fusion_word(const char *text, lm_fuse_how *out, lm_err *err);

typedef struct {
    lm_fuse_how how;
    lm_masks_opt masks;       /* level: from where on a probability is a vote */
    const char *const *label; /* of label maps: as lm_masks_pick; one must be left */
    size_t labels;
} lm_fusion_opt;

/* Files: volumes of floating point numbers are probabilities from 0 to 1; all else is read as masks.h has it. All must be on the
 * grid of the first, sample for sample (probmap.h). out: float32 with its level (--probability; of a majority 0.5); disagreement:
 * likewise without a level, or NULL. facts (new reference): kind "fusion", method, level, size, spacing_mm, sha256_pixels of out,
 * ties; STAPLE: rounds, change, prior; inputs: of each kind, sha256 (of the file, or of what proves it), dice, sensitivity,
 * specificity. Frames name the file. Errors of lm_fuse_end. out and disagreement are replaced. */
LM_CHECKED lm_status lm_fusion_read(const char *const *path, size_t n, const lm_fusion_opt *opt, lm_vol *out, lm_vol *disagreement,
                                    json_t **facts, lm_err *err);

#endif
