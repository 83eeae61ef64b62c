/* SPDX-License-Identifier: GPL-3.0-or-later */
/* caliper.h: what was measured between landmarks on the images, from a file; caliper_judge.h takes it again.
 *
 * A landmark file is text, patient coordinates in mm (LPS):
 *     point A -12.5 30 100
 *     point B 40 30 100
 *     point C 0 30 140
 *     distance width A B 52.5mm tol=0.5mm print=52.4mm
 *     angle corner A B C 41.2deg tol=2deg
 *     diameter ring A B C 44.0mm
 * or 3D Slicer's .mrk.json (LPS or RAS, as it says): lines are distances, angles angles, closed curves diameters; each is called by
 * its number. An angle is at its second point; a diameter has three points or more. */
#ifndef LM_MEASURE_CALIPER_H
#define LM_MEASURE_CALIPER_H

#include "base/io.h"
#include "base/num.h"

enum { LM_CALIPER_MAX = 10000, LM_CALIPER_NAME = 48, LM_CALIPER_ENDS = 32, LM_CALIPER_BYTES = 1 << 24 };

typedef struct {
    char name[LM_CALIPER_NAME];
    double mm[3];
} lm_caliper_point;

typedef enum { LM_CALIPER_DISTANCE, LM_CALIPER_ANGLE, LM_CALIPER_DIAMETER } lm_caliper_kind;
typedef struct {
    char name[LM_CALIPER_NAME];
    lm_caliper_kind kind;
    size_t ends, end[LM_CALIPER_ENDS]; /* points: 2, 3, or 3 and more */
    bool has_reading, has_tol, has_print;
    lm_quantity reading, tol, print; /* tol: mm or degrees, or percent */
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

/* "distance", "angle", "diameter". */
const char *lm_caliper_word(lm_caliper_kind k);
/* LM_EFORMAT: neither text nor .mrk.json, too long; LM_EUSAGE with line or number: a name that stands twice or is not there, no
 * number, a unit that does not fit, landmarks in one place. out is replaced, empty on error. */
LM_CHECKED lm_status lm_caliper_read(lm_in *in, lm_calipers *out, lm_err *err);
void lm_caliper_release(lm_calipers *c); /* accepts a zeroed struct; leaves LM_CALIPERS_INIT */

#endif
