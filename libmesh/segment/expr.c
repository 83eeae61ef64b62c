/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Contents: 1 parsing, 2 rows */
#include "segment/expr.h"
#include "base/num.h"

#include <math.h>
#include <string.h>

enum {
    EXPR_NUMBER,
    EXPR_NAME,
    EXPR_NEGATE,
    EXPR_NOT,
    EXPR_ABS,
    EXPR_MIN,
    EXPR_MAX,
    EXPR_ADD,
    EXPR_SUB,
    EXPR_MUL,
    EXPR_DIV,
    EXPR_LT,
    EXPR_LE,
    EXPR_GT,
    EXPR_GE,
    EXPR_EQ,
    EXPR_NE,
    EXPR_AND,
    EXPR_OR,
    EXPR_SHOWN = 30
};

/* ---- 1 parsing ---- */

typedef struct {
    const char *from, *p, *end;
    lm_expr *e;
    size_t depth, held; /* brackets; rows on the stack now */
    lm_err *err;
} expr_in;

static lm_status expr_bad(const expr_in *in, const char *at, const char *what)
{
    const size_t before = (size_t)(at - in->from), after = (size_t)(in->end - at);
    const size_t b = before < EXPR_SHOWN ? before : EXPR_SHOWN, a = after < EXPR_SHOWN ? after : EXPR_SHOWN;
    return lm_err_set(in->err, LM_EUSAGE, NULL, "at character %zu, marked by ^ in '%s%.*s ^ %.*s%s': %s", before + 1,
                      b < before ? "..." : "", (int)b, at - b, (int)a, at, a < after ? "..." : "", what);
}

static void expr_blanks(expr_in *in)
{
    while (in->p < in->end && (*in->p == ' ' || *in->p == '\t' || *in->p == '\n')) in->p++;
}

static bool expr_take(expr_in *in, const char *token)
{
    const size_t n = strlen(token);
    expr_blanks(in);
    if ((size_t)(in->end - in->p) < n || memcmp(in->p, token, n) != 0) return false;
    in->p += n;
    return true;
}

/* An operation that takes so many rows from the stack and leaves one. */
static lm_status expr_put(expr_in *in, int op, size_t takes, size_t name, double number)
{
    lm_expr *e = in->e;
    if (e->n == LM_EXPR_OPS) return expr_bad(in, in->p, "the expression is too long");
    e->item[e->n++] = (lm_expr_op){.op = (unsigned char)op, .name = (unsigned char)name, .number = number};
    in->held = in->held - takes + 1;
    if (in->held > e->stack) e->stack = in->held;
    return LM_OK;
}

static bool expr_letter(char c, bool first)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || (!first && c >= '0' && c <= '9');
}

bool lm_expr_is_name(const char *text, size_t n)
{
    bool is = n > 0 && n < LM_EXPR_NAME;
    for (size_t i = 0; i < n && is; i++) is = expr_letter(text[i], !i);
    return is && !(n == 3 && (!memcmp(text, "min", 3) || !memcmp(text, "max", 3) || !memcmp(text, "abs", 3)));
}

static lm_status expr_or(expr_in *in, bool *condition);

/* What stands from `at` on is of the kind that is needed. */
static lm_status expr_kind(const expr_in *in, const char *at, bool is, bool needed)
{
    if (is == needed) return LM_OK;
    return expr_bad(
        in, at, needed ? "a condition is needed here, and this is a number" : "a number is needed here, and this is a condition");
}

static lm_status expr_inner(expr_in *in, bool *condition)
{
    if (in->depth == LM_EXPR_DEPTH) return expr_bad(in, in->p, "too much within each other");
    in->depth++;
    lm_status rc = expr_or(in, condition);
    in->depth--;
    return rc;
}

static lm_status expr_argument(expr_in *in)
{
    bool condition;
    expr_blanks(in);
    const char *at = in->p;
    lm_status rc = expr_inner(in, &condition);
    return rc ? rc : expr_kind(in, at, condition, false);
}

/* min, max, abs: behind the word. */
static lm_status expr_call(expr_in *in, int op)
{
    if (!expr_take(in, "(")) return expr_bad(in, in->p, "'(' is expected");
    lm_status rc = expr_argument(in);
    if (!rc && op != EXPR_ABS)
        rc = expr_take(in, ",") ? expr_argument(in) : expr_bad(in, in->p, "',' and a second number are expected");
    if (!rc && !expr_take(in, ")")) rc = expr_bad(in, in->p, "')' is expected");
    return rc ? rc : expr_put(in, op, op == EXPR_ABS ? 1 : 2, 0, 0);
}

static lm_status expr_word(expr_in *in)
{
    static const char *const calls[] = {"abs", "min", "max"};
    lm_expr *e = in->e;
    const char *word = in->p;
    size_t n = 0, i = 0;
    while (word + n < in->end && expr_letter(word[n], !n)) n++;
    for (size_t k = 0; k < 3; k++)
        if (n == 3 && !memcmp(word, calls[k], 3)) {
            in->p += n;
            return expr_call(in, EXPR_ABS + (int)k);
        }
    if (n >= LM_EXPR_NAME) return expr_bad(in, word, "a name has at most 15 letters");
    while (i < e->names && (strlen(e->name[i]) != n || memcmp(e->name[i], word, n) != 0)) i++;
    if (i == LM_EXPR_NAMES) return expr_bad(in, word, "too many names");
    if (i == e->names) memcpy(e->name[e->names++], word, n);
    in->p += n;
    return expr_put(in, EXPR_NAME, 0, i, 0);
}

static lm_status expr_primary(expr_in *in, bool *condition)
{
    double number;
    *condition = false;
    expr_blanks(in);
    if (expr_take(in, "(")) {
        lm_status rc = expr_inner(in, condition);
        return rc || expr_take(in, ")") ? rc : expr_bad(in, in->p, "')' is expected");
    }
    if (in->p < in->end && expr_letter(*in->p, true)) return expr_word(in);
    const bool digit = in->p < in->end && ((*in->p >= '0' && *in->p <= '9') || *in->p == '.');
    const char *next = digit ? lm_num_parse(in->p, in->end, &number) : NULL;
    if (!next) return expr_bad(in, in->p, "a number, a name or '(' is expected");
    in->p = next;
    return expr_put(in, EXPR_NUMBER, 0, 0, number);
}

static lm_status expr_unary(expr_in *in, bool *condition)
{
    expr_blanks(in);
    const bool not = in->p < in->end && *in->p == '!';
    if (!not &&!(in->p < in->end && *in->p == '-')) return expr_primary(in, condition);
    if (in->depth == LM_EXPR_DEPTH) return expr_bad(in, in->p, "too much within each other");
    in->p++;
    expr_blanks(in);
    const char *at = in->p;
    in->depth++;
    lm_status rc = expr_unary(in, condition);
    in->depth--;
    if (!rc) rc = expr_kind(in, at, *condition, not );
    return rc ? rc : expr_put(in, not ? EXPR_NOT : EXPR_NEGATE, 1, 0, 0);
}

/* Operands of a level, and the operators between them: longer tokens before those that they begin with. */
typedef struct {
    lm_status (*operand)(expr_in *in, bool *condition);
    const char *const *token;
    const unsigned char *op; /* of each token */
    size_t tokens;
    bool of_conditions, gives_condition, once;
} expr_level;

static lm_status expr_climb(expr_in *in, const expr_level *l, bool *condition)
{
    expr_blanks(in);
    const char *at = in->p;
    lm_status rc = l->operand(in, condition);
    for (size_t done = 0; !rc; done++) {
        size_t k = 0;
        expr_blanks(in);
        const char *here = in->p;
        while (k < l->tokens && !expr_take(in, l->token[k])) k++;
        if (k == l->tokens) return LM_OK;
        if (l->once && done) return expr_bad(in, here, "comparisons do not stand in a row: join them by &&");
        if ((rc = expr_kind(in, at, *condition, l->of_conditions))) return rc;
        bool right;
        expr_blanks(in);
        at = in->p;
        if (!(rc = l->operand(in, &right)) && !(rc = expr_kind(in, at, right, l->of_conditions)))
            rc = expr_put(in, l->op[k], 2, 0, 0);
        *condition = l->gives_condition;
    }
    return rc;
}

static lm_status expr_product(expr_in *in, bool *condition)
{
    static const char *const token[] = {"*", "/"};
    static const unsigned char op[] = {EXPR_MUL, EXPR_DIV};
    return expr_climb(in, &(expr_level){expr_unary, token, op, 2, false, false, false}, condition);
}

static lm_status expr_sum(expr_in *in, bool *condition)
{
    static const char *const token[] = {"+", "-"};
    static const unsigned char op[] = {EXPR_ADD, EXPR_SUB};
    return expr_climb(in, &(expr_level){expr_product, token, op, 2, false, false, false}, condition);
}

static lm_status expr_compare(expr_in *in, bool *condition)
{
    static const char *const token[] = {"<=", "<", ">=", ">", "==", "!="};
    static const unsigned char op[] = {EXPR_LE, EXPR_LT, EXPR_GE, EXPR_GT, EXPR_EQ, EXPR_NE};
    return expr_climb(in, &(expr_level){expr_sum, token, op, 6, false, true, true}, condition);
}

static lm_status expr_and(expr_in *in, bool *condition)
{
    static const char *const token[] = {"&&"};
    static const unsigned char op[] = {EXPR_AND};
    return expr_climb(in, &(expr_level){expr_compare, token, op, 1, true, true, false}, condition);
}

static lm_status expr_or(expr_in *in, bool *condition)
{
    static const char *const token[] = {"||"};
    static const unsigned char op[] = {EXPR_OR};
    return expr_climb(in, &(expr_level){expr_and, token, op, 1, true, true, false}, condition);
}

lm_status lm_expr_parse(const char *text, lm_expr *out, lm_err *err)
{
    expr_in in = {.from = text, .p = text, .end = text + strlen(text), .e = out, .err = err};
    *out = (lm_expr){.n = 0};
    lm_status rc = expr_or(&in, &out->condition);
    if (!rc) expr_blanks(&in);
    return rc || in.p == in.end ? rc : expr_bad(&in, in.p, "an operator or the end is expected");
}

/* ---- 2 rows ---- */

#define EXPR_EACH(value) \
    for (size_t i = 0; i < n; i++) x[i] = (value); \
    break

/* x becomes op of x, or of x and y. */
static void expr_apply(int op, double *restrict x, const double *restrict y, size_t n)
{
    switch (op) {
    case EXPR_NEGATE: EXPR_EACH(-x[i]);
    case EXPR_NOT: EXPR_EACH(x[i] == 0);
    case EXPR_ABS: EXPR_EACH(fabs(x[i]));
    case EXPR_MIN: EXPR_EACH(isnan(x[i]) || x[i] <= y[i] ? x[i] : y[i]);
    case EXPR_MAX: EXPR_EACH(isnan(x[i]) || x[i] >= y[i] ? x[i] : y[i]);
    case EXPR_ADD: EXPR_EACH(x[i] + y[i]);
    case EXPR_SUB: EXPR_EACH(x[i] - y[i]);
    case EXPR_MUL: EXPR_EACH(x[i] * y[i]);
    case EXPR_DIV: EXPR_EACH(y[i] != 0 ? x[i] / y[i] : (double)NAN);
    case EXPR_LT: EXPR_EACH(x[i] < y[i]);
    case EXPR_LE: EXPR_EACH(x[i] <= y[i]);
    case EXPR_GT: EXPR_EACH(x[i] > y[i]);
    case EXPR_GE: EXPR_EACH(x[i] >= y[i]);
    case EXPR_EQ: EXPR_EACH(x[i] == y[i]);
    case EXPR_NE: EXPR_EACH(x[i] < y[i] || x[i] > y[i]);
    case EXPR_AND: EXPR_EACH(x[i] != 0 && y[i] != 0);
    default: EXPR_EACH(x[i] != 0 || y[i] != 0);
    }
}

void lm_expr_row(const lm_expr *e, const double *const *in, size_t n, double *stack, double *out)
{
    size_t top = 0;
    for (size_t k = 0; k < e->n; k++) {
        const lm_expr_op *o = &e->item[k];
        double *next = stack + top * n;
        if (o->op == EXPR_NUMBER) {
            for (size_t i = 0; i < n; i++) next[i] = o->number;
            top++;
        } else if (o->op == EXPR_NAME) {
            memcpy(next, in[o->name], n * sizeof *next);
            top++;
        } else if (o->op <= EXPR_ABS) expr_apply(o->op, next - n, NULL, n);
        else expr_apply(o->op, next - 2 * n, next - n, n), top--;
    }
    memcpy(out, stack, n * sizeof *out);
}
