/* SPDX-License-Identifier: GPL-3.0-or-later */
/* grow.h: region growing: what of an object hangs together with seeds, face to face of the samples, without passing steep places or
 * narrow necks. */
#ifndef LM_SEGMENT_GROW_H
#define LM_SEGMENT_GROW_H

#include "segment/bits.h"

enum { LM_GROW_SEEDS = 32 };

typedef struct {
    size_t n; /* seeds, at least 1 */
    struct {
        double at[3]; /* mm, LPS; or, with voxel, indices i, j, k from 0 */
        bool voxel;
    } seed[LM_GROW_SEEDS];
    double gradient; /* samples whose values change faster, per mm (central differences), are no way; INFINITY: all are */
    double neck_mm;  /* the region is grown in the object eroded by this radius, and given back its margin: what hangs on by a neck
                        that  no ball of this radius passes is left out; 0: no limit */
} lm_grow_opt;

/* b, the object on the grid of v, becomes the region. LM_EUSAGE: a seed lies outside the volume, in no sample of the object, on
 * steep ground, or in a neck; the text says which. LM_ERULE G-5 with a neck: the grid is sheared. */
LM_CHECKED lm_status lm_grow(lm_bits *b, const lm_vol *v, const lm_grow_opt *opt, int threads, lm_err *err);
/* The sample that seed s lies in. LM_EUSAGE: outside the volume; the text counts seeds from 1. */
LM_CHECKED lm_status lm_grow_sample(const lm_vol *v, const lm_grow_opt *opt, size_t s, size_t at[3], lm_err *err);

#endif
