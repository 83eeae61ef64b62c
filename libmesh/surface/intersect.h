/* SPDX-License-Identifier: GPL-3.0-or-later */
/* intersect.h: pairs of triangles of one mesh that share more than a common vertex or edge, by exact predicates
 * (predicates.h), found by walking the tree of boxes against itself. */
#ifndef LM_SURFACE_INTERSECT_H
#define LM_SURFACE_INTERSECT_H

#include "surface/bvh.h"

typedef struct {
    size_t pairs;
    uint32_t first[2];   /* the lowest pair (a < b, ordered by a, then b); unset when there is none */
    uint32_t (*list)[2]; /* all pairs in that order when asked for, else NULL; owned */
} lm_intersect;
#define LM_INTERSECT_INIT \
    { \
        .pairs = 0 \
    }

/*   b      over the triangles to be tested; each must have area
 *   point  NULL, or for every vertex the number of its position (lm_join_add): corners at one position are then one
 *          corner. Without it vertices at one position must be one vertex.
 *   list   keep the pairs, 8 bytes each
 * Time grows with the number of pairs whose boxes overlap: n*n at worst, for a mesh that lies on itself. On error out is
 * empty. */
LM_CHECKED lm_status lm_intersect_run(const lm_mesh *m, const lm_bvh *b, const uint32_t *point, bool list, int threads,
                                      lm_intersect *out, lm_err *err);
void lm_intersect_release(lm_intersect *x);

#endif
