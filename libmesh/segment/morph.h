/* SPDX-License-Identifier: GPL-3.0-or-later */
/* morph.h: morphology with balls in millimetres, by the exact Euclidean distance transform (volume/edt.h).
 *
 * The ball is closed and lies on sample centres: a sample is within R of another when their centres are at most R apart (R is taken
 * a millionth greater, so that rounding cannot decide about a distance that is R). What lies beyond the volume is neither inside
 * nor outside: an object that the volume cuts is not worn down at the cut. */
#ifndef LM_SEGMENT_MORPH_H
#define LM_SEGMENT_MORPH_H

#include "segment/bits.h"

typedef enum {
    LM_MORPH_DILATE, /* all within R of the object */
    LM_MORPH_ERODE,  /* what has nothing outside within R */
    LM_MORPH_OPEN,   /* eroded, then dilated: the union of the balls that fit in */
    LM_MORPH_CLOSE,  /* dilated, then eroded: outside is the union of the balls that fit there */
    LM_MORPH_HOLLOW  /* without what is eroded: a wall of R below the surface */
} lm_morph_kind;

/* b on the grid of v, whose samples are not looked at. radius_mm > 0. LM_ERULE G-5: the grid is sheared, distances along its axes
 * are none. Memory: 5 bytes per sample of the box of the object, grown by R where it grows. */
LM_CHECKED lm_status lm_morph(lm_bits *b, const lm_vol *v, lm_morph_kind kind, double radius_mm, int threads, lm_err *err);

#endif
