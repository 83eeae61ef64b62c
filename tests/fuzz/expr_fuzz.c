/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Any text as an expression, run on a row of awkward numbers; and as a basis. */
#include "segment/basis.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    enum { N = 5 };
    static const double row[N] = {0, -1.5, 1e308, 5e-324, -3e307};
    const double *in[LM_EXPR_NAMES];
    double *stack, out[N], w[LM_BASIS_MAX][LM_BASIS_MAX];
    lm_expr e;
    lm_basis b;
    char *text = malloc(size + 1);
    if (!text) return 0;
    if (size) memcpy(text, data, size);
    text[size] = 0;
    if (!lm_expr_parse(text, &e, NULL)) {
        if (!e.n || !e.stack || e.names > LM_EXPR_NAMES || !(stack = malloc(e.stack * N * sizeof *stack))) abort();
        for (size_t i = 0; i < e.names; i++) in[i] = row;
        lm_expr_row(&e, in, N, stack, out);
        for (size_t i = 0; i < N && e.condition; i++)
            if (out[i] != 0 && out[i] != 1) abort();
        free(stack);
    }
    if (!lm_basis_parse(text, &b, NULL) && !lm_basis_solve(&b, w, NULL) && b.n != b.channels + 1) abort();
    free(text);
    return 0;
}
