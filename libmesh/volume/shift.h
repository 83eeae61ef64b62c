/* SPDX-License-Identifier: GPL-3.0-or-later */
/* shift.h: slices that lie off their neighbours within their plane: the patient moved between them.
 *
 * Each slice is reduced to at most 256 samples a side and to the magnitude of its gradient (cut at four times the mean, so that
 * metal and table do not rule). Neighbours are laid over each other where the normalised sum of squared differences is
 * least: over whole samples from coarse to fine, downhill, then by a parabola. Anatomy moves such offsets smoothly from pair to
 * pair, and a change of anatomy does not go away by shifting. So a slice has moved when
 *  - the offsets to its two neighbours differ from the median of the ten pairs around by at least 0.9 pixels and by four times
 *    the median of such differences, each; or that holds along the axis of most motion alone, and the neighbours lie as usual to
 *    each other, within half of the shift;
 *  - they are opposite: their sum is at most 0.35 of the sum of their lengths;
 *  - shifting helps: of the two least differences one is at most 0.9 of that at the median offset, the other not above it; and
 *  - it helps that way alone: as far from the median offset the other way, or across, it helps at most half as much (what grows or
 *    shrinks, such as the end of a sphere, fits better wherever its rim is laid on the rim of before).
 * All slices from one on have moved when one pair differs by eight times that median, the least difference is at most 0.85, it
 * helps that way alone, and the pairs one slice further apart, across the same place, have the same offset within 0.4 of it.
 * The shift of a single slice is then made exact by least squares against the mean of its neighbours (Lucas and Kanade, An
 * iterative image registration technique, IJCAI 1981). Only + - * / sqrt; the same for any number of threads. */
#ifndef LM_VOLUME_SHIFT_H
#define LM_VOLUME_SHIFT_H

#include "volume/volume.h"

enum { LM_SHIFT_MAX = 16, LM_SHIFT_SLICES = 6 /* fewer are not judged */ };
typedef struct {
    size_t slice; /* from 0 */
    bool rest;    /* and all slices behind it */
    double px[2]; /* along i, along j: so far what the slice shows lies off */
    double mm;    /* length of that in the plane */
} lm_shift_item;
typedef struct {
    size_t n; /* found; the first LM_SHIFT_MAX are in item, by slice */
    lm_shift_item item[LM_SHIFT_MAX];
} lm_shift;

/* Judge the first `slices` slices along k. Takes about 2 MB for each thread. */
LM_CHECKED lm_status lm_shift_find(const lm_vol *v, size_t slices, int threads, lm_shift *out, lm_err *err);

#endif
