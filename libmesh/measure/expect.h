/* SPDX-License-Identifier: GPL-3.0-or-later */
/* expect.h: expectations by name: "volume=1731ml", "width=80mm,tol=0.2mm".
 *
 * The reference is known to half of its last digit as written: 1731ml to 0.5 ml, 1731.0ml to 0.05 ml. A count is exact.
 * Tolerance: that of the expectation itself (",tol="), else the fitting one of --tol, else 1 % (counts: 0). A percentage
 * is of the reference; positions (centroid-x, -y, -z) need a length, because 1 % of a coordinate means nothing. */
#ifndef LM_MEASURE_EXPECT_H
#define LM_MEASURE_EXPECT_H

#include "measure/shape.h"
#include "measure/verdict.h"

typedef struct {
    size_t what; /* row of the table of known names */
    size_t fit;  /* of a fit: which one, from 1 on; else 0 */
    lm_quantity reference;
    bool has_tol;
    bool of_spec;    /* it is that of a specification (spec.h) */
    lm_quantity tol; /* percent or the quantity's unit */
} lm_expect;

/* LM_EUSAGE: unknown name (the known ones are listed), no value, unit that does not fit. */
LM_CHECKED lm_status lm_expect_parse(const char *text, lm_expect *out, lm_err *err);
/* Judge. A centroid or axis of a solid that has none (its volume is 0) is undecided, with the reason in the note. LM_EUSAGE when
 * the tolerance does not fit the quantity. */
LM_CHECKED lm_status lm_expect_judge(const lm_expect *e, const lm_mass *mass, const lm_shape *shape, const lm_tol *tol,
                                     lm_measurement *out, lm_err *err);
/* Is it measured along the centreline of a vessel (vessel.h)? */
bool lm_expect_of_vessel(const lm_expect *e);
/* Does it need a density (print.h)? */
bool lm_expect_of_print(const lm_expect *e);
/* Two names of one quantity: "width" and "extent-x". */
bool lm_expect_same(const lm_expect *a, const lm_expect *b);
const char *lm_expect_name(const lm_expect *e);
/* A mesh without volume (open, flipped) does not have it. */
bool lm_expect_of_solid(const lm_expect *e);
/* The name as it was given: of the second fit "fit2-diameter", of which lm_expect_name has the common "fit-diameter". */
void lm_expect_full_name(const lm_expect *e, char buf[LM_VERDICT_NAME]);
/* "fit2-diameter" becomes "fit-diameter" and 2; any other name stays, and 0. */
size_t lm_expect_common(char name[LM_VERDICT_NAME]);
/* The unit of a name; false: it is not known. */
bool lm_expect_unit(const char *name, lm_unit *unit);
/* All names in one line. */
const char *lm_expect_names(void);

#endif
