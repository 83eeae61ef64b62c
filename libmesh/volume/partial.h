/* SPDX-License-Identifier: GPL-3.0-or-later */
/* partial.h: two-class partial volume: how much of each sample at the rim belongs to the object, from the grey values.
 *
 * A sample is mixed when one of its 26 neighbours is on the other side of the mask (a flat surface that passes through a sample
 * leaves no other one mixed); all others are pure. With F and B the means of the pure samples inside and outside near a mixed
 * sample of value v, (v - B) / (F - B), cut to 0 .. 1 widened by three times the noise on either side (a cut of noise on one side
 * only would add up), is its share of the object (the model of Santago and Gage: Quantification of MR brain images by mixture
 * density and partial volume modeling, IEEE TMI 12, 1993, with local instead of global classes). Near are the samples 2, 3
 * or 4 round the block of 2 x 2 x 2 that the sample lies in, the first that hold pure ones of both classes; where even 4 is too
 * small, the means over all pure samples inside, and over those outside within 3 samples of the rim, are taken. Where the classes
 * differ by less than twice the spread of their samples the share cannot be told: the mask decides.
 *
 * Uncertainty (one standard deviation): noise of the mixed samples, independent from sample to sample, and the error of the means,
 * taken as the same everywhere, which is too much for large objects and holds for such that are not even. Where the mask decides
 * 1/sqrt(12) of a sample, the same everywhere. Blur beyond one sample is not in it. */
#ifndef LM_VOLUME_PARTIAL_H
#define LM_VOLUME_PARTIAL_H

#include "volume/regions.h"
#include <math.h>

typedef struct {
    double inside, outside; /* values of the pure classes where they are known; NAN: from the samples */
    size_t bytes;           /* for the sets of a window; 0: 16 MiB. It changes nothing else */
    int threads;
} lm_partial_opt;
#define LM_PARTIAL_OPT_INIT \
    { \
        .inside = NAN, .outside = NAN \
    }

typedef struct {
    bool stated; /* false: refused, since a class has no pure sample and no value was given; the volume is NAN then */
    double volume_mm3, u_mm3;
    double inside, outside; /* means of F and B over the mixed samples */
    uint64_t pure, mixed;   /* samples inside that are pure; mixed ones on both sides */
    uint64_t undecided;     /* mixed ones where the mask decides, for want of contrast */
    uint64_t remote;        /* mixed ones without pure samples of both classes near */
} lm_partial;

/* The partial volume of each region of r by the values of v, which is on the same grid; out[r->count]. What is not in the region is
 * outside. was: NULL, or rows of bits (lm_mask_words) of the samples that were inside before v was changed (by a cut, a mask or
 * dropped pieces): a sample that was changed counts as the mask says and belongs to no class, nor do the neighbours of those that
 * were cut away. Work: some 1 us per mixed sample; memory: 6 bits per sample of a region's
 * box, but no more than about 16 MiB and 16 slices. */
LM_CHECKED lm_status lm_partial_of(const lm_vol *v, const lm_regions *r, const uint64_t *was, const lm_partial_opt *opt,
                                   lm_partial *out, lm_err *err);

#endif
