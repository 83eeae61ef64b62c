/* SPDX-License-Identifier: GPL-3.0-or-later */
/* islands.h: pieces of an object, and cavities in it: which stay. Pieces are 6-, 18- or 26-connected (lm_label_touch); of two of
 * the same size that counts as larger whose first sample comes first. */
#ifndef LM_SEGMENT_ISLANDS_H
#define LM_SEGMENT_ISLANDS_H

#include "segment/bits.h"
#include "volume/label.h"

typedef struct {
    size_t found, kept; /* pieces or cavities there were, and that are left */
    uint64_t changed;   /* samples */
} lm_islands;

/* Keep the n largest (n >= 1). */
LM_CHECKED lm_status lm_islands_largest(lm_bits *b, size_t n, lm_label_touch touch, int threads, lm_islands *out, lm_err *err);
/* Keep those of at least so many samples. */
LM_CHECKED lm_status lm_islands_least(lm_bits *b, uint64_t samples, lm_label_touch touch, int threads, lm_islands *out,
                                      lm_err *err);
/* Keep those that share a sample with `with`, on the same grid; or, with without, those that do not. */
LM_CHECKED lm_status lm_islands_meeting(lm_bits *b, const lm_bits *with, bool without, lm_label_touch touch, int threads,
                                        lm_islands *out, lm_err *err);
/* Drop those that reach the edge of the volume. */
LM_CHECKED lm_status lm_islands_inner(lm_bits *b, lm_label_touch touch, int threads, lm_islands *out, lm_err *err);
/* Fill cavities of at most so many samples (UINT64_MAX: all): 6-connected pieces of what is outside that do not reach the edge of
 * the volume. */
LM_CHECKED lm_status lm_islands_fill(lm_bits *b, uint64_t samples, int threads, lm_islands *out, lm_err *err);

#endif
