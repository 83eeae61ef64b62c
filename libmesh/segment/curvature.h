/* SPDX-License-Identifier: GPL-3.0-or-later */
/* curvature.h: operators of binary mathematical morphology on 3 x 3 x 3 samples, 64 samples at a time: the curvature operator of
 * morphological snakes (snake.h has the paper), and the cube. What lies beyond the volume is neither inside nor outside. */
#ifndef LM_SEGMENT_CURVATURE_H
#define LM_SEGMENT_CURVATURE_H

#include "segment/bits.h"

typedef enum {
    LM_CURVATURE_INF_SUP, /* IS: inside where each of the nine planes through the sample meets the object */
    LM_CURVATURE_SUP_INF, /* SI: inside where one of them lies in the object */
    LM_CURVATURE_DILATE,  /* by the cube */
    LM_CURVATURE_ERODE
} lm_curvature_op;

/* to, on the same grid, becomes what the operator makes of from. */
LM_CHECKED lm_status lm_curvature(const lm_bits *from, lm_bits *to, lm_curvature_op op, int threads, lm_err *err);

#endif
