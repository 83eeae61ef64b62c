/* SPDX-License-Identifier: GPL-3.0-or-later */
/* step_grey.h: steps that change grey values, before there is an object. */
#ifndef LM_SEGMENT_STEP_GREY_H
#define LM_SEGMENT_STEP_GREY_H

#include "segment/step.h"

extern const lm_step_kind lm_step_grey[]; /* ends with a NULL name */

#endif
