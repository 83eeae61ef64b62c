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

/*   b      over all triangles that have a component and area (one tree serves for all)
 *   topo   of the same mesh
 *   depth  topo->components values, set here: number of other closed components around it; 0 for those that are not
 *          closed. Of components that cut each other it tells where the rightmost vertex is. */
LM_CHECKED lm_status lm_nest_depth(const lm_mesh *m, const lm_bvh *b, const lm_topo *topo, int threads, uint32_t *depth, lm_err *err);

#endif
