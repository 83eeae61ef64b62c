/* SPDX-License-Identifier: GPL-3.0-or-later */
/* weld.h: vertices at one place made one.
 *
 * Exact: bit-equal coordinates, -0 taken as +0. Near: open edges that fail to meet by less than a tolerance; only vertices
 * on open edges take part, so that detail finer than the tolerance stays where the surface is whole. */
#ifndef LM_REPAIR_WELD_H
#define LM_REPAIR_WELD_H

#include "repair/spots.h"

/* The first vertex of each position stays; order kept. *merged: vertices dropped; 0 leaves the mesh as it is. where, here and
 * below: NULL, or the first places where something was done are added to it. */
LM_CHECKED lm_status lm_weld_exact(lm_mesh *m, size_t *merged, lm_spots *where, lm_err *err);
/* Pairs are taken from the nearest on, ties by position (never by number, so that the order of vertices does not matter),
 * and joined when every vertex of the group so far lies within tol_mm of the group's lowest one (by x, y, z), which stays
 * where it is. Nothing moves by more than tol_mm; *max_move_mm says by how much. Triangles may lose their area or repeat a
 * vertex afterwards. No two vertices may coincide (lm_weld_exact). LM_ERANGE when tol_mm makes more than about a
 * hundred neighbours per vertex. */
LM_CHECKED lm_status lm_weld_near(lm_mesh *m, double tol_mm, size_t *merged, double *max_move_mm, lm_spots *where, lm_err *err);

#endif
