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
/* Bit i % 64 of word i / 64: is sample i of the row that starts at sample `index` inside? True: a sample is NaN (outside). */
bool lm_mask_row(const lm_vol *v, double level, size_t index, uint64_t *bits);

/* The loop in it, for `words` full words: bit set where sample >= *limit, *limit of the samples' type. lm_mask_row takes the
 * one for AVX2 where the processor has it. Both give the same. */
bool lm_mask_full_scalar(lm_type type, const void *samples, const void *limit, size_t words, uint64_t *bits);
bool lm_mask_full_avx2(lm_type type, const void *samples, const void *limit, size_t words, uint64_t *bits);
bool lm_mask_has_avx2(void);
/* All rows, lm_mask_words(n[0]) words each, in *bits, from malloc. */
LM_CHECKED lm_status lm_mask_all(const lm_vol *v, double level, int threads, uint64_t **bits, lm_err *err);

#endif
