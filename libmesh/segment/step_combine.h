/* SPDX-License-Identifier: GPL-3.0-or-later */
/* step_combine.h: steps that lay a mask of a file on the object: what both cover, either, or the object without the mask. */
#ifndef LM_SEGMENT_STEP_COMBINE_H
#define LM_SEGMENT_STEP_COMBINE_H

#include "segment/step.h"

extern const lm_step_kind lm_step_combine[]; /* ends with a NULL name */

#endif
