/* SPDX-License-Identifier: GPL-3.0-or-later */
/* step_region.h: steps that find a region from places the user gives. */
#ifndef LM_SEGMENT_STEP_REGION_H
#define LM_SEGMENT_STEP_REGION_H

#include "segment/step.h"

extern const lm_step_kind lm_step_region[]; /* ends with a NULL name */

#endif
