/* SPDX-License-Identifier: GPL-3.0-or-later */
/* markers.h: what a segmentation from markers begins with: samples that are known to be inside or outside, and those that are open,
 * in a box of the grid. */
#ifndef LM_SEGMENT_MARKERS_H
#define LM_SEGMENT_MARKERS_H

#include "segment/bits.h"

enum { LM_MARKERS_BALLS = 16 };
typedef enum {
    LM_MARKERS_NONE,
    LM_MARKERS_OPEN,
    LM_MARKERS_IN,
    LM_MARKERS_OUT
} lm_marker; /* NONE: not asked, no way leads there */

typedef struct {
    double at[3], radius_mm; /* patient mm; what lies in it, or the sample nearest to its centre */
    bool in;
} lm_markers_ball;

typedef struct {
    double band_mm; /* open is what lies within it of the object's surface; what lies deeper is IN, what lies beyond OUT. INFINITY:
                       the whole object is open, the rest is NONE */
    size_t n;
    lm_markers_ball ball[LM_MARKERS_BALLS]; /* painted over it, one after the other */
} lm_markers_opt;

typedef struct {
    size_t lo[3], n[3]; /* the box in the grid */
    uint8_t *of;        /* an lm_marker of each sample, i fastest; owned */
    size_t open, in, out;
} lm_markers;

/* b: the object on the grid of v. LM_ERULE G-5: sheared grid; LM_EUSAGE: a ball lies outside, or one of open, IN and OUT is empty
 * (the text says what to do). LM_ERANGE: a box of 2^32 - 1 samples or more. out is replaced, empty on error. Memory: a byte per
 * sample of the box, and that of lm_morph. */
LM_CHECKED lm_status lm_markers_make(const lm_bits *b, const lm_vol *v, const lm_markers_opt *opt, int threads, lm_markers *out,
                                     lm_err *err);
void lm_markers_release(lm_markers *m);
/* Samples of the object that lie in the box become those with inside[] set; the box's samples, i fastest. */
void lm_markers_apply(const lm_markers *m, const uint8_t *inside, lm_bits *b);

#endif
