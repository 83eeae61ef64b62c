/* SPDX-License-Identifier: GPL-3.0-or-later */
/* levels.h: thresholds that the values themselves suggest, from their histogram.
 *
 * Classes are numbered from the darkest, 1. A level between two classes lies half way between the last value of the one and the
 * first value of the other (Otsu, k-means), or where both are equally likely (the models). Levels depend on the histogram only. */
#ifndef LM_SEGMENT_LEVELS_H
#define LM_SEGMENT_LEVELS_H

#include "volume/volume.h"

enum { LM_LEVELS_BINS = 65536, LM_LEVELS_CLASSES = 8, LM_LEVELS_ROUNDS = 500 };

typedef struct {
    size_t n;        /* bins, at most LM_LEVELS_BINS */
    double lo, wide; /* value of the first bin (its middle), and step from bin to bin */
    uint64_t *count; /* owned */
} lm_levels;
#define LM_LEVELS_INIT \
    { \
        .count = NULL \
    }

/* Histogram of v: a bin for each whole number where the type is an integer and the range at most LM_LEVELS_BINS; else so many equal
 * bins over the range. out is replaced. LM_ERULE for NaN. */
LM_CHECKED lm_status lm_levels_of(const lm_vol *v, int threads, lm_levels *out, lm_err *err);
void lm_levels_release(lm_levels *h);

typedef enum {
    LM_LEVELS_OTSU,   /* least variance within the classes, exact for any number of them: Otsu, IEEE TSMC 9, 1979; Liao, Chen, Chung
                         2001;   by dynamic programming, divide and conquer over the split points */
    LM_LEVELS_MINERR, /* two Gaussians, least error of classification: Kittler and Illingworth, Pattern Recognition 19, 1986 */
    LM_LEVELS_EM,     /* a mixture of Gaussians by expectation and maximisation (Dempster et al. 1977) from the classes of Otsu */
    LM_LEVELS_KMEANS  /* Lloyd's iteration from the middles of equal shares of the range */
} lm_levels_method;

/* level[classes - 1], ascending. 2 <= classes <= LM_LEVELS_CLASSES; LM_LEVELS_MINERR has two. LM_ENO: there are fewer different
 * values than classes, or a class became empty. */
LM_CHECKED lm_status lm_levels_find(const lm_levels *h, lm_levels_method method, size_t classes, double *level, lm_err *err);

#endif
