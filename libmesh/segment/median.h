/* SPDX-License-Identifier: GPL-3.0-or-later */
/* median.h: the median of the samples in a box around each, exact, of any sample type, which stays. Beyond the edge of the volume
 * the sample at the edge counts again.
 *
 * Radius 1: columns of nine are sorted by a network, which neighbours share; sorted across in threes they make a tableau in which
 * 13 of 27 can be the median, and these are merged (Kopp and Purgathofer's idea for 3x3, one dimension up); nothing but minima and
 * maxima of rows. Other radii: a histogram of two levels that moves along the row (Huang, Yang, Tang, IEEE TASSP 27, 1979) for 8
 * and 16 bits, selection for wider samples. */
#ifndef LM_SEGMENT_MEDIAN_H
#define LM_SEGMENT_MEDIAN_H

#include "volume/volume.h"

enum { LM_MEDIAN_MOST = 15 };

/* Replace v's samples, none of which is NaN. radius: in samples along i, j, k, at most LM_MEDIAN_MOST; 0: not along that axis.
 * Memory: the volume once more. */
LM_CHECKED lm_status lm_median(lm_vol *v, const size_t radius[3], int threads, lm_err *err);

#endif
