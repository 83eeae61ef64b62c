/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Any bytes as a specification: what is taken has names that are known, once each, and tolerances that are numbers. */
#include "measure/spec.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static lm_spec s;
    lm_in *in = NULL;
    lm_err err = LM_ERR_INIT;
    if (lm_io_open_mem(data, size, &in, &err)) return 0;
    if (!lm_spec_read(in, &s, &err))
        for (size_t i = 0; i < s.n; i++) {
            if (!(s.tol[i].tol.value >= 0) || !isfinite(s.tol[i].tol.value)) abort();
            for (size_t k = 0; k < i; k++)
                if (!strcmp(s.tol[i].name, s.tol[k].name)) abort();
        }
    lm_io_close(in);
    return 0;
}
