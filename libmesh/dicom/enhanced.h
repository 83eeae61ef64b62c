/* SPDX-License-Identifier: GPL-3.0-or-later */
/* enhanced.h: the frames of Enhanced and Legacy Converted CT, MR and PET objects as if each were a file of its own (STANDARDS 3;
 * PS3.3 C.7.6.16). What is equal stands in the shared functional groups, what differs in those of each frame; any group may be in
 * either. Frames are ordered by their positions later, like files (G-2); stack ids and time indices only tell volumes apart. */
#ifndef LM_DICOM_ENHANCED_H
#define LM_DICOM_ENHANCED_H

#include "dicom/scan.h"
#include "dicom/tree.h"

enum { LM_ENHANCED_FRAMES = 65536 };

/* Is it of a SOP class whose frames lm_enhanced_frames takes apart? */
bool lm_enhanced_is(const lm_dicom_file *f);
/* Fill out[f->frames], f being what the root says: kind LM_DICOM_SLICE, frame_at, and all that the groups say; what no group says
 * is not stated. LM_EFORMAT: groups for another number of frames (none at all is well: nothing is stated then). */
LM_CHECKED lm_status lm_enhanced_frames(const lm_tree *t, const lm_dicom_file *f, lm_dicom_file *out, lm_err *err);

#endif
