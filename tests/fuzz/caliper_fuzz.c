/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Any bytes as a landmark file: what is taken has two points for each distance, and coordinates that are numbers. */
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
            if (c.item[i].end[0] >= c.n_points || c.item[i].end[1] >= c.n_points) abort();
        for (size_t i = 0; i < 3 * c.n_points; i++)
            if (!isfinite(c.point[i / 3].mm[i % 3])) abort();
        lm_caliper_release(&c);
    }
    lm_io_close(in);
    return 0;
}
