/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Whatever the NRRD reader takes must survive being written and read again. */
#include "stream/nrrd.h"
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static lm_status fuzz_read(const void *p, size_t n, lm_vol *v, lm_records *r)
{
    lm_err err = LM_ERR_INIT;
    lm_in *in = NULL;
    lm_status rc = lm_io_open_mem(p, n, &in, &err);
    if (!rc) rc = lm_nrrd_read(in, v, r, &err);
    lm_io_close(in);
    return rc;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static lm_records r, r2;
    lm_vol v = LM_VOL_INIT, v2 = LM_VOL_INIT;
    lm_err err = LM_ERR_INIT;
    lm_out *out = NULL;
    unsigned char *p = NULL;
    size_t n = 0;
    if (fuzz_read(data, size, &v, &r) == LM_OK) {
        if (lm_io_create_mem(&out, &err) || lm_nrrd_write(out, &v, &r, &err) || lm_io_take(out, &p, &n, &err)) abort();
        if (fuzz_read(p, n, &v2, &r2)) abort();
        if (memcmp(v.data, v2.data, lm_vol_count(&v) * lm_vol_type_size(v.type)) || memcmp(v.dir, v2.dir, sizeof v.dir)) abort();
        if (r2.n != r.n || r2.belong != (r.n > 0)) abort();
    }
    free(p);
    lm_vol_release(&v);
    lm_vol_release(&v2);
    lm_record_release(&r);
    lm_record_release(&r2);
    return 0;
}
