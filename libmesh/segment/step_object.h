/* SPDX-License-Identifier: GPL-3.0-or-later */
/* step_object.h: steps that make an object by its values, choose among its pieces, and change it by balls. */
#ifndef LM_SEGMENT_STEP_OBJECT_H
#define LM_SEGMENT_STEP_OBJECT_H

#include "segment/step.h"

extern const lm_step_kind lm_step_object[]; /* ends with a NULL name */

#endif
