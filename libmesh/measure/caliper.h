/* SPDX-License-Identifier: GPL-3.0-or-later */
/* caliper.h: distances between landmarks, as they were read on the images, and on the mesh.
 *
 * A landmark file is text, patient coordinates in mm (LPS):
 *     point A -12.5 30 100
 *     point B 40 30 100
 *     distance width A B 52.5mm tol=0.5mm print=52.4mm
 * or 3D Slicer's .mrk.json, whose lines are distances (LPS or RAS, as it says). On the mesh a distance is that between the two
 * crossings of the line through both landmarks with the surface that are nearest to them, no farther than LM_CALIPER_SNAP away. The
 * reference is the reading, known to half of its last digit, or, without one, the distance of the landmarks themselves. A length
 * that was taken on the print is compared with the mesh in its turn. */
#ifndef LM_MEASURE_CALIPER_H
#define LM_MEASURE_CALIPER_H

#include "base/io.h"
#include "measure/verdict.h"
#include "surface/mesh.h"

#define LM_CALIPER_SNAP 5.0 /* mm */
#define LM_CALIPER_TOL 1.0  /* mm, end to end (STANDARDS 13) */
enum { LM_CALIPER_MAX = 10000, LM_CALIPER_NAME = 48, LM_CALIPER_BYTES = 1 << 24 };

typedef struct {
    char name[LM_CALIPER_NAME];
    double mm[3];
} lm_caliper_point;

typedef struct {
    char name[LM_CALIPER_NAME];
    size_t end[2]; /* points */
    bool has_reading, has_tol, has_print;
    lm_quantity reading, tol, print; /* tol: mm or percent */
} lm_caliper;

typedef struct {
    size_t n_points, points_cap, n, cap;
    lm_caliper_point *point; /* owned */
    lm_caliper *item;        /* owned */
} lm_calipers;
#define LM_CALIPERS_INIT \
    { \
        .n = 0 \
    }

/* LM_EFORMAT: neither text nor .mrk.json, too long; LM_EUSAGE with line or number: a name that stands twice or is not there, no
 * number, a unit that does not fit, landmarks in one place. out is replaced, empty on error. */
LM_CHECKED lm_status lm_caliper_read(lm_in *in, lm_calipers *out, lm_err *err);
/* "distance NAME" and "print NAME" of each (names that are no anatomical terms become numbers, unless keep_names). A landmark
 * without surface near is undecided. LM_ERULE: the mesh's file says RAS. Adds to out. */
LM_CHECKED lm_status lm_caliper_judge(const lm_calipers *c, const lm_mesh *m, const lm_tol *tol, bool keep_names,
                                      lm_verdict_list *out, lm_err *err);
void lm_caliper_release(lm_calipers *c); /* accepts a zeroed struct; leaves LM_CALIPERS_INIT */

#endif
