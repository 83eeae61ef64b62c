/* SPDX-License-Identifier: GPL-3.0-or-later */
/* bigint.h: exact integers of bounded size, for the rare decision that doubles cannot make.
 *
 * Signed magnitudes; results that do not fit are a programming error (assert): the caller knows the degree of its polynomial
 * and the range of its numbers. Room for products of four numbers of 10 000 bits each. */
#ifndef LM_BASE_BIGINT_H
#define LM_BASE_BIGINT_H

#include <stdint.h>

enum { LM_BIGINT_LIMBS = 672 };

typedef struct {
    int sign; /* -1, 0, +1 */
    int n;    /* limbs in use; the highest is not 0 */
    uint64_t limb[LM_BIGINT_LIMBS];
} lm_bigint;

void lm_bigint_set(lm_bigint *r, double x, int shift);                    /* x * 2^shift, which must be an integer */
void lm_bigint_shift(lm_bigint *r, const lm_bigint *a, int left);         /* a * 2^left */
void lm_bigint_add(lm_bigint *r, const lm_bigint *a, const lm_bigint *b); /* r may be a or b here and below */
void lm_bigint_sub(lm_bigint *r, const lm_bigint *a, const lm_bigint *b);
void lm_bigint_mul(lm_bigint *r, const lm_bigint *a, const lm_bigint *b);

#endif
