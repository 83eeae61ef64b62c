/* SPDX-License-Identifier: GPL-3.0-or-later */
/* verdict.h: when a number agrees with its reference, and when that cannot be said (DESIGN 4).
 *
 * u is the sum of all uncertainties of the value and of the reference; they are bounds, so they are added, not combined
 * by squares. pass: |m - r| + u <= tol. fail: |m - r| - u > tol. Else undecided: the truth may lie on either side. */
#ifndef LM_MEASURE_VERDICT_H
#define LM_MEASURE_VERDICT_H

#include "base/num.h"
#include "measure/units.h"
#include <jansson.h>

typedef enum { LM_VERDICT_NONE, LM_VERDICT_PASS, LM_VERDICT_UNDECIDED, LM_VERDICT_FAIL } lm_verdict; /* worse is greater */

#define LM_VERDICT_RULE "|m - r| + u <= tol"
#define LM_VERDICT_OWN "given with it" /* tol_is of a tolerance beside the value */

const char *lm_verdict_name(lm_verdict v); /* "none", "pass", "undecided", "fail" */
static inline lm_verdict lm_verdict_worst(lm_verdict a, lm_verdict b)
{
    return a > b ? a : b;
}
/* All finite, u and tol >= 0. A value that is NAN is undecided. */
lm_verdict lm_verdict_judge(double m, double r, double u, double tol);

enum { LM_VERDICT_NAME = 64, LM_VERDICT_TEXT = 320, LM_VERDICT_AGREES = 88 };
typedef struct {
    char name[LM_VERDICT_NAME]; /* "volume", "centroid-x", "dice" */
    lm_unit unit;               /* of all numbers here: mm, mm2, mm3, deg or none */
    const char *as;             /* static text: show it in this unit, as the reference was given; NULL: as lm_units_as does */
    double factor;              /* of that unit, to mm, mm2 or mm3 */
    bool absolute;              /* a percentage of the reference means nothing: positions, ratios */
    double value;               /* NAN: could not be measured */
    double reference;
    const char *reference_is; /* static text: "expected", "volume at level", ... */
    double u_value, u_reference;
    double tol;
    const char *tol_is; /* static text: where the tolerance is from; NULL: by itself */
    lm_verdict verdict;
    char note[LM_VERDICT_TEXT]; /* what the verdict rests on, one sentence */
} lm_measurement;

/* Fill in the verdict and the note (which says so where the difference is within the rounding of the reference) from value,
 * reference, both u and tol. */
void lm_verdict_measurement(lm_measurement *m);
/* As many as there are. */
typedef struct {
    size_t n, cap;
    lm_measurement *item; /* owned */
} lm_verdict_list;
#define LM_VERDICT_LIST_INIT \
    { \
        .n = 0 \
    }
/* Append a copy. */
LM_CHECKED lm_status lm_verdict_add(lm_verdict_list *l, const lm_measurement *m, lm_err *err);
void lm_verdict_list_release(lm_verdict_list *l); /* accepts a zeroed struct; leaves LM_VERDICT_LIST_INIT */
/* The worst verdict; none when n is 0. */
lm_verdict lm_verdict_overall(const lm_measurement *m, size_t n);
/* Show it, and its note, in the unit asked for, where one was. */
void lm_verdict_show_in(lm_measurement *m, const lm_units *units);
/* A number of m for people, in the unit that its reference was given in: "1.7306 l". */
void lm_verdict_shown(const lm_measurement *m, double value, char *buf, size_t cap);
/* "agrees within the rounding of the reference (+-0.5 ml)" where the difference is within that, else "". Returns buf. */
const char *lm_verdict_agrees(const lm_measurement *m, char *buf, size_t cap);
/* {name, unit, value, reference, reference_is, difference, difference_percent, uncertainty, tolerance, tolerance_is, verdict,
 * within_rounding, rule, note}; numbers that do not exist are null. New reference. */
LM_CHECKED json_t *lm_verdict_json(const lm_measurement *m, lm_err *err);

/* Tolerances as given on the command line: at most one per unit; "1%" holds for every quantity that is no position and
 * no count, "0.5mm" for lengths and positions, "2ml" for volumes. What names a unit wins over the percentage. */
typedef struct {
    bool has[LM_UNIT_NONE + 1];
    double value[LM_UNIT_NONE + 1]; /* by unit; percent as percent */
} lm_tol;
#define LM_TOL_INIT \
    { \
        .has = { false } \
    }
/* LM_EUSAGE: no unit, negative, or given twice for a unit. */
LM_CHECKED lm_status lm_verdict_tol(const char *text, lm_tol *tol, lm_err *err);

#endif
