/* SPDX-License-Identifier: GPL-3.0-or-later */
/* basins.h: bodies that touch, or are joined by a neck, cut apart where the object is narrowest: watershed of the distance from
 * outside (watershed.h, volume/edt.h), with what a ball leaves as markers. */
#ifndef LM_SEGMENT_BASINS_H
#define LM_SEGMENT_BASINS_H

#include "segment/bits.h"

typedef struct {
    size_t found; /* markers: pieces of the object eroded by the radius */
    uint64_t cut; /* samples taken off */
} lm_basins;

/* b on the grid of v, whose samples are not looked at. The pieces (6-connected) of b eroded by radius_mm > 0 as lm_morph does it
 * are the markers; b is flooded from them, deepest first. Of two samples of different basins in one cell of the grid (26
 * neighbours) that of the later marker (by first sample) is taken off, so that the bodies share no cell afterwards. Pieces of b
 * without a marker stay. LM_ERULE G-5: sheared grid. Memory: 9 bytes per sample of the box of the object and 16 per sample of the
 * flood's front. */
LM_CHECKED lm_status lm_basins_split(lm_bits *b, const lm_vol *v, double radius_mm, int threads, lm_basins *out, lm_err *err);

#endif
