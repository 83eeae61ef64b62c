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
 *    Among the triangulations that remain the one with the least sum of squared diagonals (crossings at the middle of
 *    their edges) is taken; a loop that has none gets a vertex of its own inside the cell and a fan round it.
 * Corners: bit c with x = c & 1, y = c >> 1 & 1, z = c >> 2. Edges: 0-3 along x (number y + 2z), 4-7 along y (x + 2z),
 * 8-11 along z (x + 2y). Faces: 2*axis + side. */
#ifndef LM_SURFACE_MCTABLE_H
#define LM_SURFACE_MCTABLE_H

#include <stdint.h>

enum { LM_MCTABLE_TRIS = 12, LM_MCTABLE_ENTRIES = 656, LM_MCTABLE_LOOPS = 4 };

typedef struct {
    uint8_t n;                        /* triangles */
    uint8_t extra;                    /* 1: the cell has a vertex of its own, number 12 in tri */
    uint16_t edges;                   /* bit e: edge e is crossed */
    uint16_t ring;                    /* the edges round the cell's own vertex, which lies at the mean of their crossings */
    uint8_t tri[3 * LM_MCTABLE_TRIS]; /* edges, counter-clockwise seen from outside the object */
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
