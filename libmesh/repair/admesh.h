/* SPDX-License-Identifier: GPL-3.0-or-later */
/* admesh.h: a second verdict on a mesh by libadmesh, the checker behind many slicers. Its word is printed beside ours and
 * never replaces it: it pairs edges by coordinates as an STL has them, so it sees neither self-intersections nor edges
 * with four triangles, and it sums in float. The one place that knows libadmesh; fed from memory, nothing is repaired.
 * It runs in a child process, because it does not outlive an allocation that fails: call it while no other thread runs. */
#ifndef LM_REPAIR_ADMESH_H
#define LM_REPAIR_ADMESH_H

#include "repair/spots.h"

typedef struct {
    size_t facets;                 /* given to it */
    size_t degenerate;             /* with two equal corners; left out of what follows */
    size_t open_edges;             /* edges of facets without a partner */
    size_t open_1, open_2, open_3; /* facets with one, two, three of them */
    size_t reversed;               /* facets it would turn to agree with the first of their part */
    size_t parts;
    double volume_mm3; /* summed in float by it: for information */
    bool good;         /* no degenerate facet, no open edge, none reversed, volume positive */
} lm_admesh_result;

/* The mesh must be valid in the sense of lm_mesh_validate; of several parts each is asked about by itself, and the counts are
 * added up. Every facet counts, it takes -0 for 0. LM_ERANGE when there
 * are none or more than libadmesh can count; LM_ENOMEM, also when it broke off.
 * Nothing reaches stdout. */
LM_CHECKED lm_status lm_admesh_check(const lm_mesh *mesh, lm_admesh_result *out, lm_err *err);

/* Its matching of facets that nearly meet, for triangle soups: corners of open edges whose ends lie within tol_mm of each other are
 * made one, in the order of the facets. *moved: corners of facets that are elsewhere now; *max_move_mm: the farthest. Facets with
 * two equal corners go; vertices at one position are one afterwards; quality goes. m without labels; otherwise as lm_admesh_check.
 * m stays as it is when nothing is near. */
LM_CHECKED lm_status lm_admesh_nearby(lm_mesh *m, double tol_mm, size_t *moved, double *max_move_mm, lm_spots *where, lm_err *err);

#endif
