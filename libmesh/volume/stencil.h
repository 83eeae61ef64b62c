/* SPDX-License-Identifier: GPL-3.0-or-later */
/* stencil.h: a mask laid on grey values, so that {value >= level} becomes exactly the mask, and the surface stays where the
 * grey values put it wherever they agree with the mask (DESIGN 6, threshold surfaces).
 *
 * Samples that agree (in the mask and at least level, or outside and below it) keep their values: between two of them the
 * surface is that of the grey values. A sample outside that was inside by its value ("pushed") becomes 2 level - the mean of its
 * neighbours in the mask that keep their values, so that the surface crosses at half a voxel; one in the mask that was
 * below ("filled") becomes 2 level - the mean of its neighbours outside that keep theirs. Where the neighbours across are all
 * changed ones, both sides lie 1 from the level. A pushed sample with no neighbour in the mask takes the least value of the
 * volume, a filled one with none outside is mirrored about the level. Integer samples take the nearest value on the right side of
 * the level that their type holds. Neighbours are the six along the axes. */
#ifndef LM_VOLUME_STENCIL_H
#define LM_VOLUME_STENCIL_H

#include "volume/volume.h"

/* mask: rows of bits as lm_regions_bits makes them, for the grid of v; least: of all samples. *pushed and *filled: how many.
 * LM_ERULE when the type holds no value on the side of the level where one is needed. Memory: another bit per sample. */
LM_CHECKED lm_status lm_stencil(lm_vol *v, const uint64_t *mask, double level, double least, int threads, size_t *pushed,
                                size_t *filled, lm_err *err);

#endif
