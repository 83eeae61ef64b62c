/* SPDX-License-Identifier: GPL-3.0-or-later */
/* nest.h: which closed component lies inside how many others.
 *
 * From the rightmost vertex of a component a ray runs in +x; every other closed component that it crosses an odd number of
 * times contains that vertex. The ray is moved by less than any number (lm_predicates_ray_x), so that edges and corners
 * it meets need no other try. A component at an even depth (0: free-standing) bounds material from outside and should face
 * outward, one at an odd depth bounds a cavity and should face inward. */
#ifndef LM_SURFACE_NEST_H
#define LM_SURFACE_NEST_H

#include "surface/bvh.h"
#include "surface/topo.h"

typedef struct {         /* one value per component, owned */
    uint32_t *depth;     /* number of other closed components around it; 0 for those that are not closed */
    signed char *facing; /* +1 outward, -1 inward; 0: not closed, or its volume is nothing but rounding */
    uint32_t *low;       /* its lowest triangle */
    uint32_t *around;    /* the deepest of those around it, LM_TOPO_NONE at depth 0 */
} lm_nest;
#define LM_NEST_INIT \
    { \
        .depth = NULL \
    }

/*   b     over all triangles that have a component and area (one tree serves for all); not looked at when fewer than two
 *         components are closed
 *   topo  comp, closed and their counts are used: any partition of the triangles will do
 * Of components that cut each other the depth tells where the rightmost vertex is. On error out is empty. */
LM_CHECKED lm_status lm_nest_make(const lm_mesh *m, const lm_bvh *b, const lm_topo *topo, int threads, lm_nest *out, lm_err *err);
void lm_nest_release(lm_nest *n);

#endif
