/* SPDX-License-Identifier: GPL-3.0-or-later */
/* caliper_judge.h: distances, angles and diameters between landmarks, measured on a mesh, on the volume and mask it was made from,
 * on meshes of other stages and on a scan of the print, each against the reading.
 *
 * Landmarks lie near the surface, not on it. Of a distance each end is where the line through both landmarks crosses the surface
 * nearest to that landmark; of an angle each landmark is moved to the nearest point of the surface; of a diameter each is moved on
 * the ray from the centre of the circle through the landmarks, in its plane, to the crossing nearest to it, and the circle is laid
 * again. Circles are those of least squares (Gauss and Newton from Kasa's, IEEE Trans. Instrum. Meas. 25, 1976), exact for three
 * points. No farther than LM_CALIPER_SNAP; without a crossing there the quantity is not decided.
 * The reference is the reading, known to half of its last digit, or, without one, what the landmarks themselves have. What was
 * measured on the print is compared with the mesh. u is the bound on the mesh's coordinates, and twice the standard deviation of
 * the ends (edge.h), as far as it goes along. */
#ifndef LM_MEASURE_CALIPER_JUDGE_H
#define LM_MEASURE_CALIPER_JUDGE_H

#include "measure/caliper.h"
#include "measure/edge.h"
#include "measure/verdict.h"
#include <jansson.h>

#define LM_CALIPER_SNAP 5.0 /* mm */
#define LM_CALIPER_TOL 1.0  /* mm, end to end (STANDARDS 13); of an angle so much at the end of the shorter arm */

typedef struct {
    const char *name; /* "": the mesh in hand; else behind the name of the row: "volume", "mask", "stage 1", "scan-back" */
    const lm_edge *edge;
} lm_caliper_on;

/* "distance NAME", "angle NAME, mask", "print NAME" and so on (names that are no anatomical terms become numbers, unless
 * keep_names). Prints are compared with the first of on. Adds to out. */
LM_CHECKED lm_status lm_caliper_judge(const lm_calipers *c, const lm_caliper_on *on, size_t n, const lm_tol *tol, bool keep_names,
                                      lm_verdict_list *out, lm_err *err);
/* Diameter of the circle of least squares through n >= 3 points (x y z each), its centre and two unit vectors in its plane; false
 * where they lie on a line. */
bool lm_caliper_circle(const double (*p)[3], size_t n, double *diameter, double centre[3], double u[3], double v[3]);

/* The points, as [{"name", "at": [x, y, z]}]; a name that is no anatomical term becomes "point N" unless keep_names. New reference;
 * NULL: out of memory, or a name is no UTF-8. */
json_t *lm_caliper_json(const lm_calipers *c, bool keep_names);

#endif
