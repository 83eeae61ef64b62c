/* SPDX-License-Identifier: GPL-3.0-or-later */
/* ways.h: samples inside a solid, how far each is from the surface, and the least ways between them.
 *
 * Minimal paths as of Deschamps and Cohen (Fast extraction of minimal paths in 3D images and applications to virtual endoscopy,
 * Medical Image Analysis 5, 2001) and Antiga and Steinman (Robust and objective decomposition and mapping of bifurcating vessels,
 * IEEE TMI 23, 2004): the distance of a sample from the triangles is its radius R, a step costs its length over R^4, and the ways
 * from a root are a tree of least sums (Dijkstra, 26 neighbours). */
#ifndef LM_MEASURE_WAYS_H
#define LM_MEASURE_WAYS_H

#include "surface/nearest.h"

enum { LM_WAYS_SAMPLES = 400000 };
#define LM_WAYS_NONE UINT32_MAX
#define LM_WAYS_SNAP 5.0 /* mm */

typedef struct {
    const lm_mesh *m; /* borrowed, as near is */
    const lm_nearest *near;
    double lo[3], step; /* of the grid, mm */
    size_t dim[3], n;   /* n: samples inside */
    size_t *row;        /* first sample of row j + k dim[1] */
    uint32_t (*ijk)[3]; /* per sample, rows in order */
    double *r;          /* distance from the surface */
    double *cost, *way; /* from the root, and the length of that way; INFINITY: not reached */
    uint32_t *from;     /* towards the root; LM_WAYS_NONE: it is one */
} lm_ways;
#define LM_WAYS_INIT \
    { \
        .n = 0 \
    }

/* m valid (audit.h), near built over it. The grid's step is 1/8 of the radius 2 V / A, or more where that takes more than
 * LM_WAYS_SAMPLES. LM_ERULE: no sample is inside. Memory: 44 bytes per sample, 8 per row of the grid. The same for any number of
 * threads. On error release it. */
LM_CHECKED lm_status lm_ways_make(lm_ways *w, const lm_mesh *m, const lm_nearest *near, double volume_mm3, double area_mm2,
                                  int threads, lm_err *err);
void lm_ways_release(lm_ways *w); /* accepts a zeroed struct; leaves LM_WAYS_INIT */
void lm_ways_point(const lm_ways *w, uint32_t v, double p[3]);
double lm_ways_apart(const lm_ways *w, uint32_t a, uint32_t b);
/* Samples around v; returns how many. */
size_t lm_ways_beside(const lm_ways *w, uint32_t v, uint32_t out[26]);
/* The sample nearest to p. LM_ERULE with `what` when it is farther than LM_WAYS_SNAP. */
LM_CHECKED lm_status lm_ways_snap(const lm_ways *w, const double p[3], const char *what, uint32_t *out, lm_err *err);
/* The trees: from the sample that is asked for, else (LM_WAYS_NONE) in each piece from one end of its longest way. */
LM_CHECKED lm_status lm_ways_roots(lm_ways *w, uint32_t asked, lm_err *err);
/* Length of the way from a to b along the tree; INFINITY: in two pieces. */
double lm_ways_along(const lm_ways *w, uint32_t a, uint32_t b);
/* The sample that lies so many mm nearer to the root on the way from v. */
uint32_t lm_ways_back(const lm_ways *w, uint32_t v, double by);

#endif
