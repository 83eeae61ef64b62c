/* SPDX-License-Identifier: GPL-3.0-or-later */
/* priority.h: segments that overlap made disjoint by a stated order: a sample goes to the first segment in it that has the sample.
 * Segments that the order does not name come behind all that it does; what they share with each other they keep sharing, and a
 * label map of them is refused (lm_regions_to_vol). */
#ifndef LM_VOLUME_PRIORITY_H
#define LM_VOLUME_PRIORITY_H

#include "volume/regions.h"

/* label[n]: the order; what is no region of r counts for nothing. lost[r->count]: samples that each region gave up. */
LM_CHECKED lm_status lm_priority_apply(lm_regions *r, const uint32_t *label, size_t n, uint64_t *lost, lm_err *err);

#endif
