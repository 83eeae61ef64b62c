/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Whatever the PLY reader takes must survive being written and read again. */
#include "stream/ply.h"
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static lm_status fuzz_read(const void *p, size_t n, lm_mesh *m, lm_records *r)
{
    lm_err err = LM_ERR_INIT;
    lm_in *in = NULL;
    lm_status rc = lm_io_open_mem(p, n, &in, &err);
    if (!rc) rc = lm_ply_read(in, m, r, &err);
    lm_io_close(in);
    return rc;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static lm_records r, r2;
    lm_mesh m = LM_MESH_INIT, m2 = LM_MESH_INIT;
    lm_err err = LM_ERR_INIT;
    lm_out *out = NULL;
    unsigned char *p = NULL;
    size_t n = 0;
    if (fuzz_read(data, size, &m, &r) == LM_OK) {
        if (lm_io_create_mem(&out, &err) || lm_ply_write(out, &m, &r, &err) || lm_io_take(out, &p, &n, &err)) abort();
        if (fuzz_read(p, n, &m2, &r2)) abort();
        if (m.nv != m2.nv || m.nt != m2.nt || m.space != m2.space || !m.quality != !m2.quality) abort();
        if (memcmp(m.pos, m2.pos, 12 * m.nv) || memcmp(m.tri, m2.tri, 12 * m.nt)) abort();
        if (m.quality && memcmp(m.quality, m2.quality, 4 * m.nv)) abort();
        if (!m.label != !m2.label || !m.label_back != !m2.label_back || m.parts.n != m2.parts.n) abort();
        if (m.label && memcmp(m.label, m2.label, 4 * m.nt)) abort();
        if (m.label_back && memcmp(m.label_back, m2.label_back, 4 * m.nt)) abort();
        for (size_t i = 0; i < m.parts.n; i++)
            if (memcmp(m.parts.item[i].name, m2.parts.item[i].name, LM_PART_NAME)) abort();
        if (r2.n != r.n || r2.belong != (r.n > 0)) abort();
    }
    free(p);
    lm_mesh_release(&m);
    lm_mesh_release(&m2);
    lm_record_release(&r);
    lm_record_release(&r2);
    return 0;
}
