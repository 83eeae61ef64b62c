/* SPDX-License-Identifier: GPL-3.0-or-later */
/* expr.h: expressions over the samples of several volumes, in float64: a > 150 && b / a < 0.6.
 *
 *   || && !    conditions; a condition and a number are never taken for each other
 *   < <= > >= == !=    of two numbers, not in a row
 *   + - * /    min(x,y) max(x,y) abs(x)    numbers, names, brackets
 *
 * Binding as in C. What is divided by zero is undefined, and so is all that is made of it; a comparison with something undefined
 * does not hold, whichever it is. Names begin with a letter or '_'. */
#ifndef LM_SEGMENT_EXPR_H
#define LM_SEGMENT_EXPR_H

#include "base/err.h"
#include <stdbool.h>
#include <stddef.h>

enum { LM_EXPR_NAMES = 8, LM_EXPR_NAME = 16, LM_EXPR_OPS = 256, LM_EXPR_DEPTH = 32 };

typedef struct {
    unsigned char op;   /* expr.c has them */
    unsigned char name; /* place in name[] */
    double number;
} lm_expr_op;
typedef struct {
    size_t n, stack; /* operations, operands before operators; rows that they need */
    lm_expr_op item[LM_EXPR_OPS];
    size_t names;
    char name[LM_EXPR_NAMES][LM_EXPR_NAME]; /* in the order in which they occur */
    bool condition;                         /* else a number */
} lm_expr;

/* LM_EUSAGE: the text shows the place by ^ and says what is expected there. At most LM_EXPR_DEPTH brackets, calls and signs within
 * each other. */
LM_CHECKED lm_status lm_expr_parse(const char *text, lm_expr *out, lm_err *err);
/* Is n bytes of text a name? */
bool lm_expr_is_name(const char *text, size_t n);
/* n samples of each name in in[]; out[n]: numbers, NAN what is undefined; of a condition 1 or 0. stack: e->stack * n. */
void lm_expr_row(const lm_expr *e, const double *const *in, size_t n, double *stack, double *out);

#endif
