/* SPDX-License-Identifier: GPL-3.0-or-later */
/* step_markers.h: steps that decide from markers: walker, growcut. */
#ifndef LM_SEGMENT_STEP_MARKERS_H
#define LM_SEGMENT_STEP_MARKERS_H

#include "segment/step.h"

extern const lm_step_kind lm_step_markers[]; /* ends with a NULL name */

#endif
