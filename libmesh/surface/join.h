/* SPDX-License-Identifier: GPL-3.0-or-later */
/* join.h: points numbered by position. Two points are one when their float32 coordinates are bit-equal, -0 taken as +0
 * (STANDARDS 10); a tolerance is a repair and has no place here. Numbers follow the order of first appearance, so the
 * result depends on nothing but the input.
 *
 * Open-addressing hash with linear probing (Knuth, TAOCP 3, 6.4 algorithm L), slots prefetched in small batches. */
#ifndef LM_SURFACE_JOIN_H
#define LM_SURFACE_JOIN_H

#include "base/err.h"
#include <stdint.h>

typedef struct {
    size_t n;   /* distinct positions so far */
    float *pos; /* 3*n: they themselves, owned; no -0 among them */
    size_t cap;
    struct lm_join_slot *slot; /* private from here */
    size_t slots;
} lm_join;
#define LM_JOIN_INIT \
    { \
        .n = 0 \
    }

/* Number the next n points (3*n floats, NaN compares by its bits): index[i] is the position's number; a number equal to
 * the count of distinct positions before it marks a first appearance. LM_ERANGE above 2^32-2 positions. */
LM_CHECKED lm_status lm_join_add(lm_join *j, const float *pos, size_t n, uint32_t *index, lm_err *err);
void lm_join_release(lm_join *j); /* leaves LM_JOIN_INIT; set pos to NULL before to keep the positions */

#endif
