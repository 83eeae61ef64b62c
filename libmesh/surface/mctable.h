/* SPDX-License-Identifier: GPL-3.0-or-later */
/* mctable.h: how a cell with eight classified corners is triangulated.
 *
 * Not a typed-in table: it is derived from two rules and therefore closed across cells by construction.
 * 1. On every face, the inside corners are bounded by contour segments. Where two inside corners lie on a face's diagonal
 *    the face is ambiguous: the caller decides whether the two are joined across it, as the bilinear interpolant on the
 *    face has it (Nielson, Hamann: The asymptotic decider, IEEE Visualization 1991). Both cells at a face decide alike and
 *    draw the same segments, so holes cannot occur.
 * 2. The segments of six faces chain into loops. A loop is triangulated without any diagonal between two crossings of
 *    one face: such a diagonal would lie in the face and could be drawn by the neighbour too (four triangles on an edge).
 *    Among the triangulations that remain the one that gives most room to the side of which the loop touches fewer
 *    corners is taken, as in the classic tables (Lorensen, Cline 1987), on which the figures of IBSI rest; of equal ones, and
 *    where both sides have as many, the one with the least sum of squared diagonals (both with crossings at the middle of
 *    their edges). So no side is favoured: a case and its complement have the same triangles, turned. A loop that has no
 *    triangulation gets a vertex of its own inside the cell and a fan round it.
 * 3. Inside the cell the trilinear interpolant spans each loop by a disk, but for at most one pair of loops, which a tunnel
 *    (an annulus) may join: trilinear.h says why, and decides whether. The tunnel has a waist of three or four vertices of
 *    its own in a plane that separates its two loops; on either side of that plane the loop and the waist wind once and the
 *    same way round an axis, and every half-plane from the axis meets the strip between them in one or two segments: it
 *    cannot meet itself, wherever on their edges the crossings are. Three vertices where one loop cuts off a corner (the
 *    plane through its neighbours, the axis the diagonal of the cell), four between two loops round opposite edges.
 * Corners: bit c with x = c & 1, y = c >> 1 & 1, z = c >> 2. Edges: 0-3 along x (number y + 2z), 4-7 along y (x + 2z),
 * 8-11 along z (x + 2y). Faces: 2*axis + side. */
#ifndef LM_SURFACE_MCTABLE_H
#define LM_SURFACE_MCTABLE_H

#include <stdint.h>

enum {
    LM_MCTABLE_TRIS = 16,
    LM_MCTABLE_FACES = 656,   /* entries by corners and faces; those with a tunnel stand behind them */
    LM_MCTABLE_ENTRIES = 812, /* all */
    LM_MCTABLE_LOOPS = 4,
    LM_MCTABLE_OWN = 4,
    LM_MCTABLE_UNIT = 12 /* of a cell's side: the unit of own[] */
};

typedef struct {
    uint8_t n;                        /* triangles */
    uint8_t extra;                    /* vertices of the cell's own, numbers 12 and up in tri */
    uint16_t edges;                   /* bit e: edge e is crossed */
    uint16_t ring;                    /* not 0: one own vertex, at the mean of the crossings on these edges; else: */
    uint16_t tunnel[2];               /* the entry with a tunnel where lm_trilinear_tunnel finds one; 0: there cannot be one.
                                         [0] where corner 0's x-edge is inside in the tunnel's middle, [1] outside */
    uint8_t tri[3 * LM_MCTABLE_TRIS]; /* edges, counter-clockwise seen from outside the object */
    uint8_t own[LM_MCTABLE_OWN][3];   /* where the own vertices are, from corner 0, in cell sides / LM_MCTABLE_UNIT */
} lm_mctable_entry;

typedef struct {
    uint8_t faces[256];  /* bit f: face f is ambiguous in this case */
    uint16_t first[256]; /* entry with no ambiguous face joined; add bit q where the q-th ambiguous face is joined */
    lm_mctable_entry entry[LM_MCTABLE_ENTRIES];
} lm_mctable;

/* Made once; safe to call from any thread. */
const lm_mctable *lm_mctable_get(void);
/* The corners of a face, counter-clockwise seen from outside the cell. */
const uint8_t *lm_mctable_face(int face);
/* The loops of a case with the ambiguous faces in `joined` (bit f: face f) joined: returns how many, fills the crossings in
 * order and the lengths. */
int lm_mctable_loops(unsigned inside, unsigned joined, uint8_t edges[12], uint8_t length[LM_MCTABLE_LOOPS]);

#endif
