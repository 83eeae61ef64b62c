/* SPDX-License-Identifier: GPL-3.0-or-later */
/* lids.h: triangles that close a mesh whatever its open edges are: for what only asks for a winding number.
 *
 * Each group of open edges (those with more triangles one way than the other) is joined to its lowest vertex. The edges of a group
 * are a sum of loops, so that nothing stays open; the lids may meet the mesh and each other. */
#ifndef LM_REPAIR_LIDS_H
#define LM_REPAIR_LIDS_H

#include "surface/mesh.h"

/* lids: initialised by the caller; gets tri and nt only, of m's vertices; the caller frees tri. */
LM_CHECKED lm_status lm_lids_make(const lm_mesh *m, lm_mesh *lids, lm_err *err);

#endif
