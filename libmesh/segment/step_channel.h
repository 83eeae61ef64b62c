/* SPDX-License-Identifier: GPL-3.0-or-later */
/* step_channel.h: steps that work on several channels at once: an object by a condition, grey values by an expression, materials.
 */
#ifndef LM_SEGMENT_STEP_CHANNEL_H
#define LM_SEGMENT_STEP_CHANNEL_H

#include "segment/step.h"

extern const lm_step_kind lm_step_channel[]; /* ends with a NULL name */

#endif
