/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Any bytes as a landmark file: what is taken has as many points as it needs, and coordinates that are numbers. */
#include "measure/caliper.h"
#include <math.h>
#include <stdlib.h>
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    lm_calipers c = LM_CALIPERS_INIT;
    lm_in *in = NULL;
    lm_err err = LM_ERR_INIT;
    if (lm_io_open_mem(data, size, &in, &err)) return 0;
    if (!lm_caliper_read(in, &c, &err)) {
        for (size_t i = 0; i < c.n; i++)
            for (size_t k = 0; k < c.item[i].ends; k++)
                if (c.item[i].ends > LM_CALIPER_ENDS || c.item[i].end[k] >= c.n_points) abort();
        for (size_t i = 0; i < 3 * c.n_points; i++)
            if (!isfinite(c.point[i / 3].mm[i % 3])) abort();
        lm_caliper_release(&c);
    }
    lm_io_close(in);
    return 0;
}
