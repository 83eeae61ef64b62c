/* SPDX-License-Identifier: GPL-3.0-or-later */
/* trilinear.h: how {f >= iso} hangs together on the faces and inside a cell, f the trilinear interpolant of its corners.
 *
 * All answers are exact for any doubles, and belong to one level for samples, faces and interiors: iso - e for e > 0 below
 * any other number, so that a sample equal to iso is inside and no cell is degenerate. Infinite samples count as +-2^1025,
 * beyond all finite ones.
 *
 * Faces: asymptotic decider (Nielson, Hamann, Visualization 1991).
 *
 * Interior. Let A and C be f - iso on the faces z = 0 and z = 1, bilinear in (x,y). Over (x,y) the surface has one point where
 * A and C differ in sign, none where they agree, and a whole segment where both are 0. So it is the regions of the unit square
 * in which AC < 0, each a disk (the zero lines of A and C all end at the border), joined by a band at each common zero, of
 * which there are two at most. A band joins a region with A > 0 to one with A < 0; hence two bands close a ring only if they
 * join the same two regions, and going through the ways in which two arcs can cross shows: that is when one arc of A and one
 * of C meet twice and AC > 0 between them. The surface is disks, one per loop on the faces, but for at most one annulus,
 * which joins the loop with that arc of A to the loop with that arc of C.
 * In the section x = const let P, R, T, S be the values of the x-edges (y,z) = 00, 10, 01, 11. Common zeros of A and C lie where
 * Q(x) = PS - RT is 0 (A/C-crossing, the section's own asymptotic decider), inside the square where P, R differ in sign; AC > 0
 * between the arcs where P, S have one sign and R, T the other. An arc of A and one of C face each other over one range of x
 * with these signs. Thus: there is a tunnel just when Q has two roots inside such a range.
 * The same is found in other words by Chernyaev (Marching Cubes 33, CERN CN/95-17), whose interior test is Q at one place, and
 * put right by Custodio, Etiene, Pesco, Silva (Practical considerations on Marching Cubes 33 topological correctness, Computers
 * & Graphics 37, 2013). */
#ifndef LM_SURFACE_TRILINEAR_H
#define LM_SURFACE_TRILINEAR_H

#include <stdbool.h>

/* Ambiguous face with values v in order round it, v[0] and v[2] inside: are these two joined across it? No NaN. */
bool lm_trilinear_joined(const double v[4], double iso);
/* Corner values v (bit c: x = c & 1, y = c >> 1 & 1, z = c >> 2; no NaN): is there a tunnel through the sections with P and S
 * inside (sign 0) or outside (1), R and T not? False when there are no such sections. */
bool lm_trilinear_tunnel(const double v[8], double iso, int sign);

#endif
