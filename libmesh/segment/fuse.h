/* SPDX-License-Identifier: GPL-3.0-or-later */
/* fuse.h: several opinions about the same samples made one: masks, or probability maps, of one grid.
 *
 * Majority: inside is what more than half of them have inside (a tie is outside, and counted). STAPLE (Warfield, Zou, Wells,
 * Simultaneous Truth and Performance Level Estimation, IEEE TMI 23, 2004): the probability of being inside and each opinion's
 * sensitivity and specificity, by expectation maximization; it begins with the mean of the votes and a prior of the share of all
 * votes that are inside, over the whole grid, and ends when no sensitivity or specificity changes by more than 1e-10. What is
 * estimated depends on nothing but how many samples got which votes: that is counted, exactly, and then summed in the order of the
 * votes as a number. Mean: of the probabilities, exact to 2^-52. */
#ifndef LM_SEGMENT_FUSE_H
#define LM_SEGMENT_FUSE_H

#include "volume/volume.h"

enum { LM_FUSE_INPUTS = 12 };
typedef enum { LM_FUSE_MAJORITY, LM_FUSE_STAPLE, LM_FUSE_MEAN } lm_fuse_how;

typedef struct {
    lm_fuse_how how;
    size_t inputs, samples;
    uint16_t *votes;        /* majority, STAPLE: bit n of input n */
    uint64_t *sum, *square; /* mean: of the values and, where disagreement is wanted, their squares, as multiples of 2^-52 */
} lm_fuse;

typedef struct {
    uint64_t ties; /* majority, and STAPLE where it cannot tell */
    size_t rounds; /* STAPLE */
    double prior, change;
    struct {
        double dice;                     /* with the result, at 0.5; NAN of a mean */
        double sensitivity, specificity; /* STAPLE; else NAN */
    } of[LM_FUSE_INPUTS];
} lm_fused;

/* Begin, for so many samples. Memory: 2 bytes per sample for votes; 8 for a mean, 16 with disagreement. */
LM_CHECKED lm_status lm_fuse_begin(lm_fuse *f, lm_fuse_how how, size_t samples, bool disagreement, lm_err *err);
/* An opinion: all its samples are from 0 to 1; votes are cast from level on. LM_ERANGE: too many. */
LM_CHECKED lm_status lm_fuse_add(lm_fuse *f, const lm_vol *v, double level, lm_err *err);
/* result, and disagreement unless NULL: float32 for each sample. Disagreement is the standard deviation of votes or probabilities,
 * 0 to 0.5. LM_EUSAGE: fewer than two; LM_ENO: STAPLE has nothing to go by, all or no votes are inside. LM_ERULE: it did not come
 * to rest in 100000 rounds. */
LM_CHECKED lm_status lm_fuse_end(const lm_fuse *f, float *result, float *disagreement, lm_fused *out, lm_err *err);
void lm_fuse_release(lm_fuse *f);

#endif
