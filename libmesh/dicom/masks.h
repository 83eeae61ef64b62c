/* SPDX-License-Identifier: GPL-3.0-or-later */
/* masks.h: segments from a file of any kind: picked by number or name, placed on the grid of a volume, named as they may be shown.
 *
 * Kinds: label maps and segmentations as NRRD, 3D Slicer's .seg.nrrd, NIfTI (stream/volfile.h); DICOM segmentations and structure
 * sets (segmask.h). */
#ifndef LM_DICOM_MASKS_H
#define LM_DICOM_MASKS_H

#include "dicom/identity.h"
#include "dicom/segmask.h"
#include "volume/pieces.h"
#include <jansson.h>

typedef struct {
    const char *axes;            /* of a NIfTI file without orientation: "LPS", "RAS", or NULL */
    const lm_identity *identity; /* how names go out; NULL: terms only */
    double level;                /* of fractional segmentations, as in segmask.h */
    int threads;                 /* likewise */
    const lm_vol *grid; /* what the mask will be placed on, with its Frame of Reference UID: contours need it. NULL: nothing */
    const char *grid_frame;
} lm_masks_opt;

typedef struct {
    lm_regions regions;
    json_t *facts; /* of the file: kind, sha256_file, size, spacing_mm (DICOM: as segmask.h); then placed {resampled, gap_voxels},
                      warnings [{rule,text}]; owned */
    char frame[LM_UID]; /* Frame of Reference UID, or "" where the file knows none */
    double own_mm3;     /* placed: voxel volume of all segments on the grid that they came on; else 0 */
    lm_tree *fractions; /* of a fractional DICOM segmentation, else NULL; owned */
} lm_masks;
#define LM_MASKS_INIT \
    { \
        .facts = NULL \
    }

/* Read path ("-": standard input, no DICOM). A folder or archive must hold one DICOM mask. LM_EFORMAT when it is no such file. On
 * error out is empty. */
LM_CHECKED lm_status lm_masks_read(const char *path, const lm_masks_opt *opt, lm_masks *out, lm_err *err);
/* Read the series of a source, which lm_segmask_is. */
LM_CHECKED lm_status lm_masks_series(const lm_source *s, size_t series, const lm_masks_opt *opt, lm_masks *out, lm_err *err);
/* What proves a mask with these facts to be the one that was read: its kind's checksum, or NULL. */
const char *lm_masks_proof(const json_t *facts);
/* The fractions of its only segment as a grey volume with its level, on the mask's own grid (seg.h). m->fractions is there. */
LM_CHECKED lm_status lm_masks_grey(const lm_masks *m, const lm_masks_opt *opt, lm_vol *out, lm_err *err);
void lm_masks_release(lm_masks *m);
/* Keep the segments that any of the n texts names: a number is a segment's number, all else a PCRE2 that occurs in its name or in
 * the meaning of its code; n = 0 keeps all. Then names become what may be shown (identity.h), and numbers beyond what is
 * known stay. LM_EUSAGE when a text names none (it lists what there is), LM_ENO when what is kept has no voxel at all. */
LM_CHECKED lm_status lm_masks_pick(lm_masks *m, const char *const *text, size_t n, const lm_masks_opt *opt, lm_err *err);
/* "a,b,c": the segments in the order of their priority, each text as in lm_masks_pick; of several that one names the lesser number
 * first. To be asked before it, as names change there. label: numbers, from malloc. */
LM_CHECKED lm_status lm_masks_order(const lm_masks *m, const char *text, const lm_masks_opt *opt, uint32_t **label, size_t *n,
                                    lm_err *err);
/* Make the segments disjoint by that order (volume/priority.h); facts get priority [{label, lost_voxels}], warnings say what was
 * lost. */
LM_CHECKED lm_status lm_masks_rank(lm_masks *m, const uint32_t *label, size_t n, lm_err *err);
/* LM_EUSAGE when there are several: they are listed. */
LM_CHECKED lm_status lm_masks_only(const lm_masks *m, const lm_masks_opt *opt, lm_err *err);
/* Move the segments onto the grid of `to`: copied where the samples coincide within 1e-3 of a voxel, else each sample takes what
 * its nearest one has, and that is a warning, as is what lies outside. frame: Frame of Reference UID of `to`, or "". LM_ERULE when
 * both frames are known and differ, or when nothing lies in it. */
LM_CHECKED lm_status lm_masks_place(lm_masks *m, const lm_vol *to, const char *frame, lm_err *err);
/* The segments as an array for the record: label, name, scheme, code, meaning, voxel_count, voxel_count_mm3; and at_level_mm3 and
 * partial, where v (one for each region, or NULL) states them; grey: from grey
 * values (new reference). */
LM_CHECKED json_t *lm_masks_labels(const lm_regions *r, const lm_label_volumes *v, bool grey, lm_err *err);
/* A partial volume for the record: mm3, u_mm3, inside, outside, mixed, undecided; or why it is not stated. NULL: no memory. */
LM_CHECKED json_t *lm_masks_partial(const lm_partial *p);

#endif
