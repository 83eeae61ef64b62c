/* SPDX-License-Identifier: GPL-3.0-or-later */
/* gaps.h: uneven steps between slices (G-4): how they are uneven, and even steps made of them where the user says so.
 *
 * A program cannot know whether a missing slice was lost or never made; so nothing is made up unless asked for, and what was
 * made is counted and placed. Places are numbers along the normal in mm, ascending, the first slice at any value. */
#ifndef LM_DICOM_GAPS_H
#define LM_DICOM_GAPS_H

#include "volume/volume.h"

typedef enum {
    LM_GAPS_FAIL,        /* refuse */
    LM_GAPS_INTERPOLATE, /* fill missing slices: steps must be whole multiples of the median step */
    LM_GAPS_RESAMPLE     /* even steps, not wider than the narrowest, from the first slice to the last */
} lm_gaps_choice;
typedef enum { LM_GAPS_EVEN, LM_GAPS_MISSING, LM_GAPS_VARIABLE } lm_gaps_kind;

enum { LM_GAPS_TEXT = 300 };
typedef struct {
    lm_gaps_kind kind;
    lm_gaps_choice choice;
    size_t read, slices; /* slices that were read; slices of the even stack */
    size_t made;         /* of these, not read but made */
    double *at;          /* place of each slice that was read, in steps of the even stack: 0 .. slices-1, ascending; owned */
    double median_mm;
    char text[LM_GAPS_TEXT]; /* "10 mm between slices 3 and 4, where the other steps are 5 mm (1 slice missing)" */
} lm_gaps;

/* "fail", "interpolate", "resample"; LM_EUSAGE. */
LM_CHECKED lm_status lm_gaps_parse(const char *text, lm_gaps_choice *out, lm_err *err);
const char *lm_gaps_name(lm_gaps_choice c);
/* Judge n >= 2 places (steps below 1e-3 mm do not occur: G-4 duplicates) and plan for the choice: fills *g. Steps are even when
 * none is off the median by more than 0.01 mm or 1 %. LM_ERULE G-4: uneven, and the choice does not allow to make that even: the
 * message says what would; or more slices would be made than were read (interpolate), or 16 times as many (resample). */
LM_CHECKED lm_status lm_gaps_plan(const double *place, size_t n, lm_gaps_choice choice, lm_gaps *g, lm_err *err);
/* Linear between the neighbours, sample by sample, in place: v is int16 or float with g->slices slices, of which the first
 * g->read hold what was read. */
void lm_gaps_fill(const lm_gaps *g, lm_vol *v);
/* The next run of made slices at or after *slice (from 0): first and last in it, *slice moves behind it. False: no more. */
bool lm_gaps_next(const lm_gaps *g, size_t *slice, size_t *first, size_t *last);
void lm_gaps_release(lm_gaps *g); /* accepts a zeroed struct */

#endif
