/* SPDX-License-Identifier: GPL-3.0-or-later */
/* bits.h: the object that a segmentation works on, one bit per sample of a grid: rows of lm_mask_words(n[0]) words, as mask.h has
 * them, so that the bits behind the last sample of a row are always zero. */
#ifndef LM_SEGMENT_BITS_H
#define LM_SEGMENT_BITS_H

#include "volume/mask.h"

typedef struct {
    size_t n[3], words; /* samples along i, j, k; words of a row */
    uint64_t *row;      /* owned */
} lm_bits;
#define LM_BITS_INIT \
    { \
        .row = NULL \
    }

/* Nothing inside. out is replaced. LM_ERANGE where the grid cannot be addressed. */
LM_CHECKED lm_status lm_bits_alloc(lm_bits *out, const size_t n[3], lm_err *err);
LM_CHECKED lm_status lm_bits_copy(const lm_bits *b, lm_bits *out, lm_err *err);
void lm_bits_release(lm_bits *b);

static inline uint64_t *lm_bits_row(const lm_bits *b, size_t j, size_t k)
{
    return b->row + (k * b->n[1] + j) * b->words;
}
static inline bool lm_bits_get(const lm_bits *b, size_t i, size_t j, size_t k)
{
    return lm_bits_row(b, j, k)[i / 64] >> i % 64 & 1;
}
/* Samples first .. last-1 of a row (first <= last <= n[0]) become value. */
void lm_bits_set(uint64_t *row, size_t first, size_t last, bool value);

uint64_t lm_bits_count(const lm_bits *b);
/* Least and greatest index of what is inside along each axis; false: nothing is. */
bool lm_bits_box(const lm_bits *b, size_t lo[3], size_t hi[3]);

/* a becomes a and b, a or b, a without b; the grids have the same size. */
typedef enum { LM_BITS_AND, LM_BITS_OR, LM_BITS_WITHOUT } lm_bits_op;
void lm_bits_combine(lm_bits *a, const lm_bits *b, lm_bits_op op);
/* Inside becomes outside, and the other way. */
void lm_bits_invert(lm_bits *b);

#endif
