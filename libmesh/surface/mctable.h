/* SPDX-License-Identifier: GPL-3.0-or-later */
/* mctable.h: how a cell with eight classified corners is triangulated.
 *
 * Not a typed-in table: it is derived from two rules and therefore closed across cells by construction.
 * 1. On every face, each maximal run of inside corners (counter-clockwise round the face) gets one contour segment, so
 *    two diagonal inside corners stay apart. Both cells at a face draw the same segments (Duerst's holes cannot occur),
 *    and the inside is 6-connected, as lm_segment's components are.
 * 2. The segments of six faces chain into loops. A loop is triangulated without any diagonal between two crossings of
 *    one face: such a diagonal would lie in the face and could be drawn by the neighbour too (four triangles on an edge).
 *    Among the triangulations that remain the one with the least sum of squared diagonals (crossings at the middle of
 *    their edges) is taken.
 * Corners: bit c with x = c & 1, y = c >> 1 & 1, z = c >> 2. Edges: 0-3 along x (number y + 2z), 4-7 along y (x + 2z),
 * 8-11 along z (x + 2y). */
#ifndef LM_SURFACE_MCTABLE_H
#define LM_SURFACE_MCTABLE_H

#include <stdint.h>

enum { LM_MCTABLE_TRIS = 5 }; /* no case needs more; checked when the table is made */

typedef struct {
    uint8_t n;                          /* triangles */
    uint16_t edges;                     /* bit e: edge e is crossed */
    uint8_t tri[3 * LM_MCTABLE_TRIS];   /* edges, counter-clockwise seen from outside the object */
} lm_mctable_case;

/* The 256 cases; made once, safe to call from any thread. */
const lm_mctable_case *lm_mctable(void);
/* Crossings of one loop of a case in order, for tests: returns the number of loops, fills edges and lengths. */
int lm_mctable_loops(unsigned inside, uint8_t edges[12], uint8_t length[4]);

#endif
