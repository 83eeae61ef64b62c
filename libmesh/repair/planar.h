/* SPDX-License-Identifier: GPL-3.0-or-later */
/* planar.h: points and segments of one plane triangulated, exactly.
 *
 * Points go in one by one, splitting the triangle or the edge they lie on; for a segment
 * the triangles it crosses are made anew on both its sides (Anglada, An improved incremental algorithm for constructing restricted
 * Delaunay triangulations, Computers & Graphics 21, 1997), which always ends; at last
 * free edges are flipped where that makes the triangles rounder. All decisions that matter are exact (implicit.h). */
#ifndef LM_REPAIR_PLANAR_H
#define LM_REPAIR_PLANAR_H

#include "repair/implicit.h"

typedef struct {
    uint32_t v[3];   /* turning left, seen along the axis (or against it: flip) */
    int32_t next[3]; /* across the edge v[i], v[i+1]; -1: the border */
    bool fixed[3];   /* that edge is part of a segment */
} lm_planar_tri;

typedef struct {
    const lm_implicit *s;
    int axis;           /* the plane is not parallel to it */
    bool flip;          /* seen against the axis */
    lm_planar_tri *tri; /* owned */
    size_t n, cap;
} lm_planar;

/* One triangle to begin with, its corners not on a line; p->s, axis are set, the rest is 0. Turns it so that it is seen from the
 * side where it turns left. */
LM_CHECKED lm_status lm_planar_begin(lm_planar *p, const uint32_t v[3], lm_err *err);
/* q must lie in the first triangle, border included. LM_ERANGE when it does not. */
LM_CHECKED lm_status lm_planar_point(lm_planar *p, uint32_t q, lm_err *err);
/* Both ends are there; no segment crosses another but at points that are there. LM_ERANGE when one does. */
LM_CHECKED lm_status lm_planar_segment(lm_planar *p, uint32_t a, uint32_t b, lm_err *err);
void lm_planar_round(lm_planar *p);
void lm_planar_release(lm_planar *p);

#endif
