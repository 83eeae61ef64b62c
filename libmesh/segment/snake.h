/* SPDX-License-Identifier: GPL-3.0-or-later */
/* snake.h: morphological active contours (Marquez-Neila, Baumela, Alvarez, A Morphological Approach to Curvature-based Evolution of
 * Curves and Surfaces, IEEE TPAMI 36, 2014), in 3D, started from an object.
 *
 * Each iteration moves the object to the image and then smooths it by the curvature operator: SI o IS and IS o SI in turn, with the
 * nine planes through a sample and its 26 neighbours as segments. The flow goes by samples: on a grid of uneven steps it is faster
 * along the longer ones. What lies beyond the volume is neither inside nor outside. */
#ifndef LM_SEGMENT_SNAKE_H
#define LM_SEGMENT_SNAKE_H

#include "segment/bits.h"

typedef struct {
    size_t iterations; /* at least 1 */
    size_t smoothing;  /* curvature operators in each */
    /* Chan-Vese: weights of the squared difference from the mean inside and outside */
    double lambda1, lambda2;
    /* geodesic */
    double balloon;   /* > 0 grows, < 0 shrinks where the edge image is above threshold / |balloon|; 0: neither */
    double threshold; /* of the edge image; NAN: its 40th percentile */
    double sigma_mm;  /* edge image: 1 / sqrt(1 + alpha |gradient|), of values smoothed by this, gradient in units per mm */
    double alpha;
} lm_snake_opt;

typedef struct {
    uint64_t moved;         /* samples that the last iteration changed */
    double inside, outside; /* Chan-Vese: means that the last iteration went by */
    double threshold;       /* geodesic with a balloon: of the edge image */
} lm_snake;

/* Active contours without edges: samples at the object's border join the side whose mean they are nearer to. b: the object on the
 * grid of v, whose samples are not NaN; the means are of the whole volume. Stops where one side is empty. Memory: two bits per
 * sample. */
LM_CHECKED lm_status lm_snake_regions(lm_bits *b, const lm_vol *v, const lm_snake_opt *opt, int threads, lm_snake *out,
                                      lm_err *err);
/* Geodesic active contours: the border runs downhill on the edge image. LM_ERULE G-5: sheared grid; LM_EUSAGE: sigma as lm_gauss
 * has it. Memory: 8 bytes per sample while the edge image is made, then 4. */
LM_CHECKED lm_status lm_snake_edges(lm_bits *b, const lm_vol *v, const lm_snake_opt *opt, int threads, lm_snake *out, lm_err *err);

#endif
