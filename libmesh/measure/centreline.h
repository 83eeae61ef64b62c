/* SPDX-License-Identifier: GPL-3.0-or-later */
/* centreline.h: the centreline of a tube or a tree of tubes, as centres of maximal inscribed balls.
 *
 * Definition of Antiga and Steinman (IEEE TMI 23, 2004). The paths of lumen.h are taken off the grid: across the path, in the plane
 * perpendicular to it, each point goes to where the distance from the exact triangles is greatest (by a search that halves its step
 * down to 1/5000 of the radius), then the axis is made smooth by local parabolas (Savitzky and Golay, 1964; over one radius to each
 * side, which leaves arcs as they are), three times over, a quarter of a radius from point to point. At a free end the line goes on
 * in its direction, first as long as balls touch the sides and not the end, then to the surface. A branch begins on the line that
 * it leaves: where its axis, drawn on straight into that one's balls, comes nearest to it. */
#ifndef LM_MEASURE_CENTRELINE_H
#define LM_MEASURE_CENTRELINE_H

#include "measure/lumen.h"

#define LM_CENTRELINE_FORK 1.25 /* radii around a fork where branches have no diameter of their own */

typedef struct {
    double at[3];     /* on the smoothed axis */
    double along[3];  /* its direction, of length 1, from node[0] to node[1] */
    double s_mm;      /* arc length from node[0] */
    double ball[3];   /* centre of the maximal ball here ... */
    double radius_mm; /* ... and its radius; NAN beyond the last ball of an end, and at a fork's own point */
    bool fork;        /* within LM_CENTRELINE_FORK radii of a fork */
} lm_centreline_point;

typedef struct {
    size_t n;
    lm_centreline_point *point; /* owned */
    bool closed;                /* a ring: the last point is the first again; no nodes */
    size_t node[2];
    double beyond_mm[2]; /* of a free end: from the last maximal ball's centre to the end of the line */
} lm_centreline_branch;

typedef struct {
    double at[3], radius_mm; /* radius at a fork; of an end that of its last ball */
    size_t degree;           /* 1: an end */
} lm_centreline_node;

typedef struct {
    size_t n, n_nodes, cap, nodes_cap;
    lm_centreline_branch *branch; /* owned */
    lm_centreline_node *node;     /* owned */
    double off_mm;                /* greatest distance of a ball's centre from the axis */
} lm_centreline;
#define LM_CENTRELINE_INIT \
    { \
        .n = 0 \
    }

/* The same mesh and options as for lm_lumen_find. LM_ERULE: no centreline. The same for any number of threads. On error out is
 * empty. */
LM_CHECKED lm_status lm_centreline_find(const lm_mesh *m, const lm_nearest *near, const lm_lumen_opt *opt, lm_centreline *out,
                                        lm_err *err);
void lm_centreline_release(lm_centreline *c); /* accepts a zeroed struct; leaves LM_CENTRELINE_INIT */

#endif
