/* SPDX-License-Identifier: GPL-3.0-or-later */
/* side.h: on which side of a closed surface a point lies, by the normal at its nearest point.
 *
 * At an edge the normals of both facets are added, at a vertex those of all facets by their angles there: with the one facet that
 * happened to be found the sign would be wrong beside sharp edges (Baerentzen and Aanaes, Signed distance computation using the
 * angle weighted pseudonormal, IEEE TVCG 11, 2005). Right for a valid mesh (audit.h); of others it says something. */
#ifndef LM_SURFACE_SIDE_H
#define LM_SURFACE_SIDE_H

#include "surface/nearest.h"
#include "surface/topo.h"

typedef struct {
    const lm_mesh *mesh; /* borrowed: must stay as it is */
    lm_topo_corners corners;
} lm_side;
#define LM_SIDE_INIT \
    { \
        .mesh = NULL \
    }

/* Memory: 4 bytes per vertex, 12 per triangle. */
LM_CHECKED lm_status lm_side_make(const lm_mesh *m, lm_side *out, lm_err *err);
void lm_side_release(lm_side *s);
/* -1: p lies inside, 1: outside, 0: on the surface. hit: what lm_nearest_find says of p on the same mesh, with a triangle. */
int lm_side_of(const lm_side *s, const double p[3], const lm_nearest_hit *hit);

#endif
