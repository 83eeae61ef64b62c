/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Whatever the NIfTI reader takes is a volume: as many samples as its sizes say, on a usable grid. */
#include "stream/nifti.h"
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static lm_records r;
    lm_vol v = LM_VOL_INIT;
    lm_err err = LM_ERR_INIT;
    lm_in *in = NULL;
    (void)lm_nifti_sniff(data, size);
    if (lm_io_open_mem(data, size, &in, &err)) return 0;
    if (lm_nifti_read(in, size & 1 ? "RAS" : NULL, &v, &r, &err) == LM_OK) {
        size_t n = lm_vol_count(&v);
        if (lm_vol_check(&v, &err)) abort();
        volatile double x = lm_vol_at(&v, 0) + lm_vol_at(&v, n - 1);
        (void)x;
    }
    lm_io_close(in);
    lm_vol_release(&v);
    lm_record_release(&r);
    return 0;
}
