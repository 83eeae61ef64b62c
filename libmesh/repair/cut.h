/* SPDX-License-Identifier: GPL-3.0-or-later */
/* cut.h: non-manifold edges and vertices taken apart into sheets, the way that keeps solids.
 *
 * The triangles around an edge are sorted by angle (exactly), and those are paired that have the solid between them, as
 * brackets are; each pair is a sheet. What is still joined at a vertex is a fan; each fan but the one that can move
 * least gets its own copy of the vertex (cutting and stitching after Gueziec, Taubin, Lazarus and Horn, IEEE TVCG 7, 2001).
 * Where two sheets of an edge keep both ends in common each gets its own point in the middle.
 * Copies are moved by 8, 64 or 512 units in the last place of the largest coordinate, so that nothing touches: into the
 * solid, along the direction that goes deepest below all planes of the fan (the point of the hull of their normals that
 * is nearest to 0; Gilbert, SIAM J. Control 4, 1966), else where it meets least, until nothing meets what it did not meet
 * before. A copy for which that fails is taken back. */
#ifndef LM_REPAIR_CUT_H
#define LM_REPAIR_CUT_H

#include "repair/spots.h"

typedef struct {
    size_t edges;       /* non-manifold edges with all triangles paired */
    size_t copies;      /* vertices added: copies, and points on edges */
    double max_move_mm; /* of a copy from its place */
} lm_cut;

/* The mesh should be oriented (lm_orient_run): at an edge with more triangles one way than the other nobody can say where
 * the solid is. Such an edge is left as it is; but where one triangle is over and the hole it belongs to goes on at both
 * ends of the edge, that triangle is left open. Fans with open edges stay together until the holes are filled, and where no edge is
 * cut all fans stay with them. No triangle repeats a vertex, no two vertices coincide. Copies come after the vertices there are. */
LM_CHECKED lm_status lm_cut_run(lm_mesh *m, int threads, lm_cut *out, lm_spots *where, lm_err *err);

#endif
