/* SPDX-License-Identifier: GPL-3.0-or-later */
/* num.h: numbers as text, and quantities with units. Independent of the locale; never NaN or infinity.
 *
 * Quantities: a number directly followed by a unit. Lengths um mm cm m; volumes mm3 cm3 ml l; areas mm2 cm2; masses g kg; HU; %;
 * deg. A bare number is mm, mm2 or mm3 (STANDARDS 12). */
#ifndef LM_BASE_NUM_H
#define LM_BASE_NUM_H

#include "base/err.h"
#include <stdbool.h>
#include <stdint.h>

enum { LM_NUM_TEXT = 32 };

/* Parse a decimal number (sign, digits, point, exponent) at s, at most up to end. Returns the first character not used,
 * or NULL when there is no finite number. No leading white space, no hex, no inf or nan. */
const char *lm_num_parse(const char *s, const char *end, double *out);
/* The whole of s must be a number. */
bool lm_num_all(const char *s, double *out);
/* Whole of s as an unsigned decimal integer of at most max. */
bool lm_num_size(const char *s, size_t max, size_t *out);

/* Shortest text that reads back as the same double (at most 17 digits). Returns the length. v must be finite. */
size_t lm_num_f64(double v, char buf[LM_NUM_TEXT]);
/* At most 9 significant digits, no trailing zeros: reads back as the same float. v must be finite. -0 prints as 0. */
size_t lm_num_f32(float v, char buf[LM_NUM_TEXT]);

/* v to so many places behind the point; what rounds to zero has no sign. v must be finite. */
void lm_num_fixed(double v, int places, char *buf, size_t cap);

/* Length in mm of the unit whose name are the n bytes at s: um, mm, cm, m, inch, ft and their long forms, in any case.
 * 0: not known. */
double lm_num_unit_mm(const char *s, size_t n);

typedef enum { LM_UNIT_MM, LM_UNIT_MM2, LM_UNIT_MM3, LM_UNIT_PERCENT, LM_UNIT_HU, LM_UNIT_DEG, LM_UNIT_G, LM_UNIT_NONE } lm_unit;
typedef struct {
    double value; /* in the base unit: mm, mm2, mm3, percent, HU, degrees, g */
    lm_unit unit;
    double ulp;     /* half of the last digit written, in the base unit: "1731ml" is known to 500 mm3 */
    const char *as; /* static text: the unit as written; NULL: none was */
    double factor;  /* of that unit, to the base unit; 1 where none was written */
} lm_quantity;

/* Parse "1.5mm", "1731ml", "2%", "300HU"; a bare number gets `bare`. LM_EUSAGE names what is wrong. */
LM_CHECKED lm_status lm_num_quantity(const char *s, lm_unit bare, lm_quantity *out, lm_err *err);

/* The unit of a quantity by its name: what it is of, the name as static text, its factor to the base unit. False: not known. */
bool lm_num_unit(const char *name, lm_unit *unit, const char **as, double *factor);

#endif
