/* SPDX-License-Identifier: GPL-3.0-or-later */
/* step_edit.h: the step that runs a script of edits (edits.h). */
#ifndef LM_SEGMENT_STEP_EDIT_H
#define LM_SEGMENT_STEP_EDIT_H

#include "segment/step.h"

extern const lm_step_kind lm_step_edit[]; /* ends with a NULL name */

#endif
