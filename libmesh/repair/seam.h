/* SPDX-License-Identifier: GPL-3.0-or-later */
/* seam.h: cracks along an edge that one side knows whole and the other in parts.
 *
 * Where a vertex of an open edge lies on another open edge, that one's triangle is split there, so that both sides have
 * the same edges (T-junctions; Barequet and Kumar, Repairing CAD models, IEEE Visualization 1997). No vertex moves; the
 * edge bends to meet it. */
#ifndef LM_REPAIR_SEAM_H
#define LM_REPAIR_SEAM_H

#include "repair/spots.h"

/* A vertex lies on an edge when it is no farther from it than tol_mm or 16 units in the last place of the largest
 * coordinate, whichever is more, and farther from both its ends. Nothing is drawn that is there already. *put: vertices put
 * into edges; *max_move_mm: the farthest of them from its edge; where: NULL, or the first of them are added to it. No triangle
 * repeats a vertex, no two vertices coincide. */
LM_CHECKED lm_status lm_seam_run(lm_mesh *m, double tol_mm, int threads, size_t *put, double *max_move_mm, lm_spots *where,
                                 lm_err *err);

#endif
