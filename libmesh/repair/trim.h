/* SPDX-License-Identifier: GPL-3.0-or-later */
/* trim.h: a solid cut by a plane, each half closed by a flat cap.
 *
 * A vertex lies on one side, on the other, or on the plane, by the sign of one number per vertex; what lies on the plane belongs to
 * neither half's inside, so that no corner is cut off there. Triangles across are cut along edges, every edge once and the same for
 * both halves and for both parts at a wall. The cap is the inside of the outlines on the plane (triangulate.h): cavities and shells
 * within shells stay what they are. Where a half is not valid then (outlines that touch, points that rounding makes one) the plane
 * is moved by 16, 64, 256 units in the last place of the largest coordinate, either way, and this is said.
 *
 * How flat: for a plane across an axis the position is rounded to float32 and all corners of the cap have that coordinate, bit by
 * bit. For any other plane they are the nearest float32 points: each off by at most 0.87 units in the last place of its largest
 * coordinate (1e-6 mm within 16 mm of the origin, 7e-6 mm within 128 mm); nothing flatter can be written in such numbers. */
#ifndef LM_REPAIR_TRIM_H
#define LM_REPAIR_TRIM_H

#include "surface/mesh.h"

typedef struct {
    double normal[3]; /* of length 1; the half it points away from stays */
    double offset_mm; /* normal * point on the plane */
} lm_trim_plane;

typedef struct {
    double shift_mm; /* the plane was moved by, along its normal */
    double kept_mm3, off_mm3, cap_area_mm2;
    size_t cap_triangles; /* of one half */
    size_t parts_gone;    /* parts of which nothing stays */
} lm_trim;

/* "z=12.5mm": what is below stays (x, y or z); "z=12.5mm,above": what is above; "nx,ny,nz,d": points with n * p < d, the length d
 * divided by that of n. LM_EUSAGE. */
LM_CHECKED lm_status lm_trim_parse(const char *text, lm_trim_plane *out, lm_err *err);
/* m must be valid (audit.h), each part of it. It becomes the half that stays; off, when not NULL, takes the other one, empty when
 * there is none. LM_ENO, and m as it was: nothing would stay, or no such plane leaves valid halves. */
LM_CHECKED lm_status lm_trim_run(lm_mesh *m, const lm_trim_plane *plane, int threads, lm_mesh *off, lm_trim *out, lm_err *err);

#endif
