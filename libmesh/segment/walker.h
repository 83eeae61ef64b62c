/* SPDX-License-Identifier: GPL-3.0-or-later */
/* walker.h: segmentation by random walks (Grady, Random Walks for Image Segmentation, IEEE TPAMI 28, 2006): the probability that a
 * walker who starts at a sample meets a marker inside before one outside, where steps across edges of the image are rare.
 *
 * Steps go across the faces of the samples, with weight exp(-beta (g / sigma)^2) + 1e-5: g the difference of the values, for axes
 * along which samples lie farther apart than along the closest one divided by that ratio; sigma the standard deviation of the
 * values of the open samples. The equations are solved by conjugate gradients, preconditioned by modified incomplete Cholesky
 * factors (Gustafsson 1978) of blocks of 65536 open samples in their order; all sums are taken block by block. */
#ifndef LM_SEGMENT_WALKER_H
#define LM_SEGMENT_WALKER_H

#include "segment/markers.h"

enum { LM_WALKER_OPEN = 1 << 26 }; /* open samples at most: 7 GiB */

typedef struct {
    double beta; /* above 0 */
    int threads;
} lm_walker_opt;

typedef struct {
    double sigma;
    size_t rounds;
    double residual; /* of the equations, each divided by the root of its diagonal, as a part of the right side: at most 1e-7 */
    double defect;   /* largest difference of a probability from the weighted mean of its neighbours */
    size_t apart;    /* open samples from which no way leads to a marker: outside */
} lm_walker;

/* p: of each sample of m's box: 1 IN, 0 OUT and NONE, else the probability. LM_ERULE: a value is NaN, or 1e4 rounds were not
 * enough; LM_ERANGE: too many open samples. Memory: 8 bytes per sample of the box, 108 per open sample. The same for any number of
 * threads. */
LM_CHECKED lm_status lm_walker_solve(const lm_vol *v, const lm_markers *m, const lm_walker_opt *opt, float *p, lm_walker *out,
                                     lm_err *err);

#endif
