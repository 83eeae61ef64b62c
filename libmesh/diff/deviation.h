/* SPDX-License-Identifier: GPL-3.0-or-later */
/* deviation.h: how far two surfaces are apart, with bounds that hold (DESIGN 6, STANDARDS 13).
 *
 * d(x) is the exact distance of a point x of one surface from the other. Each triangle is cut at its longest edge into cells of
 * about equal weight; d is taken at the corners and at one point of every cell. What d does in between is bounded:
 *   - it is 1-Lipschitz;
 *   - the distance from one triangle is convex, so that the greatest distance of the corners from any one triangle of the other
 *     surface bounds d over the whole cell (Tang, Lee and Kim, Interactive Hausdorff distance computation for general polygonal
 *     models, ACM Transactions on Graphics 28, 2009);
 *   - d^2 - |x|^2 is concave (the least of linear functions), so that d^2 falls below its least value at the corners by a third
 *     of the squared longest edge at most.
 * The maximum: cells whose upper bound exceeds the greatest d found so far by more than the precision are cut further, greatest
 * bound first, where the nearest triangle changes or in the middle (branch and bound after Guthe, Borodin and Klein, Fast and
 * accurate Hausdorff distance calculation between meshes, Journal of WSCG 13, 2005). lower is attained at a named pair of
 * points, upper is never below the truth (both to 1e-12 of the extents).
 * The maximum alone needs no distance where no corner of a triangle is farther from some one triangle near it than a distance that
 * is reached elsewhere: most triangles are done with by looking at one.
 * Mean and RMS: integrals over the area; the point of each cell stands for its area. It is drawn at random, by a generator that
 * begins anew with each block of triangles: centroids would be biased where d bends within the triangles. lower and upper come
 * from the mean distance between the cell and its point, or from the bounds of d.
 * Percentiles, shares and histogram: samples.h. Where the other mesh is closed each point has a side, inside or outside (side.h).
 * Sums are taken in blocks of triangles, in order: the same bits for any number of threads. */
#ifndef LM_DIFF_DEVIATION_H
#define LM_DIFF_DEVIATION_H

#include "diff/samples.h"
#include "measure/verdict.h"
#include "surface/mesh.h"

enum { LM_DEVIATION_CELLS = 1 << 18 };

typedef struct {
    double precision_mm; /* > 0: width wanted between the bounds of the maximum */
    bool maximum;        /* that alone, in a part of the time: all other values are of no points; quality: NULL */
    size_t cells;        /* a surface of fewer triangles is cut into about so many cells; 0: LM_DEVIATION_CELLS */
    double within_mm;    /* limit of the share; negative: none is wanted */
    double range_mm;     /* of the histogram; 0: the upper bound of the maximum, up to 1, 2 or 5 times a power of ten */
    bool signed_by[2];   /* a, b is valid (audit.h): it has an inside */
    int threads;         /* 0: as lm_pool_threads */
} lm_deviation_opt;
#define LM_DEVIATION_OPT_INIT \
    { \
        .precision_mm = 1e-3, .within_mm = -1 \
    }

typedef struct {
    double lower, upper; /* mm, of the directed Hausdorff distance */
    double at[3], to[3]; /* point of this surface and its nearest one on the other: as far apart as lower says */
    lm_samples_value mean, rms, percentile[LM_SAMPLES_PERCENTILES];
    lm_samples_value within, bias; /* share of the area within the limit; mean of the signed distance, outside positive */
    double outside_mm, inside_mm;  /* greatest distance found on either side of the other solid: a lower bound */
    double share[LM_SAMPLES_BINS]; /* histogram by signed distance */
    bool has_sign;                 /* else bias is NAN, and all counts as outside */
    double area_mm2;
    size_t samples; /* points at which d was taken */
    bool wide;      /* upper - lower is above the precision: the work came to its limit of 4 million cuts */
} lm_deviation_side;

typedef struct {
    lm_deviation_side side[2];                       /* from a to b, from b to a */
    double lower, upper;                             /* the Hausdorff distance: the larger of both */
    bool maximum;                                    /* that alone was measured */
    double range_mm;                                 /* of the histograms */
    lm_samples_value mean, rms, within;              /* of both surfaces pooled, by area */
    lm_samples_value larger[LM_SAMPLES_PERCENTILES]; /* the larger of the two directed percentiles */
    lm_samples_value pooled[LM_SAMPLES_PERCENTILES]; /* the percentile of both surfaces pooled, by area */
} lm_deviation;

/* Both meshes sound in the sense of lm_mesh_validate. quality: NULL, or room for a->nv distances of a's vertices from b.
 * LM_ERULE: a mesh without triangles, or frames that differ (LPS and RAS). Memory about 90 bytes per triangle, more where much
 * of a surface is as far as its farthest point. */
LM_CHECKED lm_status lm_deviation_run(const lm_mesh *a, const lm_mesh *b, const lm_deviation_opt *opt, float *quality,
                                      lm_deviation *out, lm_err *err);
/* Is the Hausdorff distance at most tol? pass: upper <= tol, fail: lower > tol, else undecided. */
lm_verdict lm_deviation_judge(const lm_deviation *d, double tol_mm);

#endif
