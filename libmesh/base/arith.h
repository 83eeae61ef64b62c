/* SPDX-License-Identifier: GPL-3.0-or-later */
/* arith.h: exponential and logarithm from + - * / alone, so that a result does not depend on whose libm is there. */
#ifndef LM_BASE_ARITH_H
#define LM_BASE_ARITH_H

/* e^x for finite x, right to 2e-15 of itself; 0 below -745, INFINITY above 709. */
double lm_arith_exp(double x);
/* Natural logarithm of x > 0 and finite, right to 2e-15 (of itself, or absolutely near 1). */
double lm_arith_log(double x);

#endif
