/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Masks: whatever is taken has its runs in order and inside the grid, and writes and reads back when it does not overlap. */
#include "stream/nrrd.h"
#include "stream/volfile.h"
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static lm_status fuzz_read(const void *p, size_t n, lm_regions *r, lm_records *rec)
{
    lm_err err = LM_ERR_INIT;
    lm_in *in = NULL;
    lm_status rc = lm_io_open_mem(p, n, &in, &err);
    if (!rc) rc = lm_volfile_regions(in, NULL, r, rec, &err);
    lm_io_close(in);
    return rc;
}

static void fuzz_check(const lm_regions *r)
{
    for (size_t i = 0; i < r->count; i++) {
        uint64_t end = 0, voxels = 0;
        for (size_t k = 0; k < r->item[i].n_runs; k++) {
            const lm_run *run = &r->item[i].run[k];
            if (run->start < end || !run->n || run->start % r->n[0] + run->n > r->n[0]) abort();
            end = run->start + run->n;
            voxels += run->n;
        }
        if (end > r->n[0] * r->n[1] * r->n[2] || voxels != r->item[i].voxels) abort();
        if (i && r->item[i].part.label <= r->item[i - 1].part.label) abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static lm_records rec, none;
    lm_regions r = LM_REGIONS_INIT, r2 = LM_REGIONS_INIT;
    lm_vol v = LM_VOL_INIT;
    lm_err err = LM_ERR_INIT;
    lm_out *out = NULL;
    unsigned char *p = NULL;
    size_t n = 0;
    if (fuzz_read(data, size, &r, &rec) == LM_OK) {
        fuzz_check(&r);
        if (lm_regions_to_vol(&r, &v, &err) == LM_OK) {
            if (lm_io_create_mem(&out, &err) || lm_nrrd_write_labels(out, &v, &r, &none, &err) || lm_io_take(out, &p, &n, &err))
                abort();
            if (fuzz_read(p, n, &r2, &none) || r2.count != r.count) abort();
            for (size_t i = 0; i < r.count; i++)
                if (r2.item[i].part.label != r.item[i].part.label || r2.item[i].voxels != r.item[i].voxels) abort();
        }
    }
    free(p);
    lm_vol_release(&v);
    lm_regions_release(&r);
    lm_regions_release(&r2);
    lm_record_release(&rec);
    lm_record_release(&none);
    return 0;
}
