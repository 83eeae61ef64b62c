/* SPDX-License-Identifier: GPL-3.0-or-later */
/* units.h: the units that lengths, areas and volumes are shown in. What is computed, and every number in the facts, stays in mm,
 * mm2 and mm3 (man/meshqa-report.5). */
#ifndef LM_MEASURE_UNITS_H
#define LM_MEASURE_UNITS_H

#include "base/num.h"
#include <jansson.h>

typedef struct {
    const char *as; /* static text; NULL: not asked for */
    double factor;  /* to mm, mm2 or mm3 */
} lm_units_one;
typedef struct {
    lm_units_one length, area, volume;
} lm_units;

/* "cm,ml": at most one word for lengths, one for areas, one for volumes. What has no word of its own goes with the length: cm2,
 * cm3; without a length it is shown as if nothing was asked for. LM_EUSAGE. */
LM_CHECKED lm_status lm_units_parse(const char *text, lm_units *out, lm_err *err);
/* Of a unit mm, mm2, mm3; NULL: it is none of these. */
const lm_units_one *lm_units_of(const lm_units *u, lm_unit unit);
/* "mm", "mm2", "mm3", "deg", "g" or "1". */
const char *lm_units_name(lm_unit unit);
/* A value (mm, mm2, mm3) for people in the unit `as`, to 0.001 mm and 0.001 ml or finer: "1730.590 ml", "1.2345 cm". as NULL: mm
 * and mm2, volumes from 1 ml on in ml. Never "-0.000": what would show as zero and is none has an exponent. NAN: "-". */
void lm_units_as(double value, lm_unit unit, const char *as, double factor, char *buf, size_t cap);
/* The same in the units asked for. */
void lm_units_text(const lm_units *u, double value, lm_unit unit, char *buf, size_t cap);
/* n lengths one after the other, with `between`, the unit behind the last: "1.000 2.000 3.000 mm". Finite. */
void lm_units_lengths(const lm_units *u, const double *mm, size_t n, const char *between, char *buf, size_t cap);
/* {length, area, volume}: names of units; NULL where none was asked for, or out of memory. New reference. */
json_t *lm_units_json(const lm_units *u);

#endif
