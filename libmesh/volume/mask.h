/* SPDX-License-Identifier: GPL-3.0-or-later */
/* mask.h: which samples of a grid row are inside, as bits. Inside is v >= level, compared exactly for every type. */
#ifndef LM_VOLUME_MASK_H
#define LM_VOLUME_MASK_H

#include "volume/volume.h"

/* Words that a row's bits need; there is always at least one zero bit behind the last sample. */
static inline size_t lm_mask_words(size_t n)
{
    return n / 64 + 1;
}
/* Bit i % 64 of word i / 64: is sample i of the row that starts at sample `index` inside? */
void lm_mask_row(const lm_vol *v, double level, size_t index, uint64_t *bits);

#endif
