/* SPDX-License-Identifier: GPL-3.0-or-later */
/* diameter.h: the two points of many that are farthest apart (largest diameter; IBSI L0JK), exactly.
 *
 * Har-Peled: A practical approach for computing the diameter of a point set, SoCG 2001: pairs of boxes of a tree, those that cannot
 * hold a larger distance than is known already are dropped; points that are too near the middle are dropped before. The boxes are
 * turned into the axes of their points (Gottschalk, Lin, Manocha: OBBTree, SIGGRAPH 1996): so a ball, where nearly all pairs of
 * opposite points are nearly farthest, costs no more than n log n. The farthest points of a solid are always vertices. */
#ifndef LM_MEASURE_DIAMETER_H
#define LM_MEASURE_DIAMETER_H

#include "base/err.h"
#include <stdint.h>

typedef struct {
    double mm;         /* 0: fewer than two points, or all in one place */
    uint32_t point[2]; /* their numbers */
} lm_diameter;

/* Of n points, whose numbers in pos (x y z each) which has. Of equal distances the first in the order of the search, which the
 * order of the points fixes. Memory: about 40 bytes per point. */
LM_CHECKED lm_status lm_diameter_of(const float *pos, const uint32_t *which, size_t n, lm_diameter *out, lm_err *err);

#endif
