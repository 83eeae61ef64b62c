/* SPDX-License-Identifier: GPL-3.0-or-later */
/* clean.h: triangles and vertices that add nothing to the surface.
 *
 * No point of the surface moves: what goes has no area, is there twice, or encloses nothing. Vertices at one position must
 * be one vertex (lm_weld_exact). where: NULL, or the first places where something was done are added to it. */
#ifndef LM_REPAIR_CLEAN_H
#define LM_REPAIR_CLEAN_H

#include "repair/spots.h"

/* Triangles that name a vertex twice go. One whose three vertices lie on a line is there to join a long edge to the two
 * short ones that lie on it: the triangle across the long edge is split at the vertex between (an edge flip), which
 * leaves the surface as it is and closed; at an open edge it just goes. Left alone, for the audit to name: those at a
 * non-manifold edge, and those whose flip would draw an edge that is there already. *removed: how many are gone. */
LM_CHECKED lm_status lm_clean_degenerate(lm_mesh *m, size_t *removed, lm_spots *where, lm_err *err);
/* Of triangles with the same three vertices at most one stays: the first of those that face as most of them do. Where as
 * many face either way they are a patch with both its sides (a flap, or the wall between two parts that were put
 * together): it encloses nothing and goes altogether, if without it every edge of the patch has an even number of
 * triangles. Else the surface around needs it, and its first side stays; so does a patch that is a closed surface by
 * itself. *removed: triangles gone. */
LM_CHECKED lm_status lm_clean_duplicates(lm_mesh *m, size_t *removed, lm_spots *where, lm_err *err);
/* Pieces (joined by edges) that have no vertex inside, only on their open edges, and hang by vertices on to a larger piece
 * that has no hole there: what is left between the holes of a torn surface when those are filled. *removed: triangles gone. */
LM_CHECKED lm_status lm_clean_flaps(lm_mesh *m, int threads, size_t *removed, lm_spots *where, lm_err *err);
/* Scraps: open pieces without an inner vertex that hang on to nothing; no patch closes them and they bound no volume. They go when
 * all of them together are less than LM_CLEAN_SCRAPS of the surface, and something closed is there. *removed: triangles gone. */
#define LM_CLEAN_SCRAPS 1e-3
LM_CHECKED lm_status lm_clean_scraps(lm_mesh *m, int threads, size_t *removed, lm_spots *where, lm_err *err);
/* Vertices no triangle names go. */
LM_CHECKED lm_status lm_clean_unreferenced(lm_mesh *m, size_t *removed, lm_spots *where, lm_err *err);

#endif
