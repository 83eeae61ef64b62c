/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Any bytes as a review file: what is taken names a list, and each region once, with a word. */
#include "measure/reviewed.h"
#include <stdlib.h>
#include <string.h>
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static lm_reviewed r;
    lm_in *in = NULL;
    lm_err err = LM_ERR_INIT;
    if (lm_io_open_mem(data, size, &in, &err)) return 0;
    if (!lm_reviewed_read(in, &r, &err)) {
        if (strlen(r.id) != LM_REVIEWED_ID) abort();
        for (size_t i = 0; i < r.n; i++) {
            if (!r.item[i].by[0] || r.item[i].region > LM_REVIEWED_MAX) abort();
            for (size_t k = 0; k < i; k++)
                if (r.item[k].region == r.item[i].region) abort();
        }
    }
    lm_io_close(in);
    return 0;
}
