/* SPDX-License-Identifier: GPL-3.0-or-later */
/* digits.h: numbers for people. As many digits as the uncertainty allows; digits in groups of three with narrow no-break
 * spaces; a true minus sign; never "-0". Text is UTF-8. */
#ifndef REPORTS_DIGITS_H
#define REPORTS_DIGITS_H

#include <stdint.h>

enum { LM_DIGITS_TEXT = 96 };

/* Decimal places at which a value known to u is shown: those of the second significant digit of u, at most 6 and never
 * fewer than 0. u <= 0: unknown; then so many that size has 6 significant digits. */
int lm_digits_places(double u, double size);
/* Rounded to so many places; from 1e15 on in scientific notation. v is finite. */
void lm_digits_fixed(double v, int places, char text[LM_DIGITS_TEXT]);
/* The same rounded up, for bounds: 0.0004 to 2 places is 0.01. v >= 0. */
void lm_digits_up(double v, int places, char text[LM_DIGITS_TEXT]);
/* As lm_digits_fixed with "+" before positive values, for differences. */
void lm_digits_signed(double v, int places, char text[LM_DIGITS_TEXT]);
/* At most 9 significant digits, no trailing zeros: for numbers whose uncertainty nobody states. */
void lm_digits_plain(double v, char text[LM_DIGITS_TEXT]);
void lm_digits_count(long long n, char text[LM_DIGITS_TEXT]);

#endif
