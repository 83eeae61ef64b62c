/* SPDX-License-Identifier: GPL-3.0-or-later */
/* step_snake.h: steps that move the surface of the object to the image. */
#ifndef LM_SEGMENT_STEP_SNAKE_H
#define LM_SEGMENT_STEP_SNAKE_H

#include "segment/step.h"

extern const lm_step_kind lm_step_snake[]; /* ends with a NULL name */

#endif
