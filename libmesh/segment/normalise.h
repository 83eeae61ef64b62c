/* SPDX-License-Identifier: GPL-3.0-or-later */
/* normalise.h: slices along k brought to the same brightness: those of MR may differ by the coil or by the series they come from.
 */
#ifndef LM_SEGMENT_NORMALISE_H
#define LM_SEGMENT_NORMALISE_H

#include "volume/volume.h"

typedef enum {
    LM_NORMALISE_Z,         /* a: mean, b: a plus the standard deviation (of all samples, not an estimate) */
    LM_NORMALISE_PERCENTILE /* a: 1st percentile, b: 99th, linear between samples in order: Hyndman and Fan, Am. Stat. 50, 1996, 7
                             */
} lm_normalise_what;

typedef struct {
    double a, b;     /* of the whole volume */
    size_t constant; /* slices in which a is b: they stay */
} lm_normalised;

/* Each slice is stretched and moved, linearly, so that its a and b become those of the whole volume. Samples below `above` are
 * moved with the others, but do not count (air around the body; Nyul, Udupa, Zhang, IEEE TMI 19, 2000, leave the background out as
 * well); -INFINITY: all count. LM_EUSAGE: none does. v becomes float32. Sums are taken row by row, centred on the mean of the
 * slice; percentiles are exact. LM_ERULE: the volume has NaN, or a result that float32 cannot hold. Memory: 4 bytes per sample
 * beside v, and 2 MiB per thread. */
LM_CHECKED lm_status lm_normalise(lm_vol *v, lm_normalise_what what, double above, int threads, lm_normalised *out, lm_err *err);

#endif
