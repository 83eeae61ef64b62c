/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Any bytes as OBJ: an error, or a valid mesh that survives writing and reading with the same numbers. */
#include "format/obj.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int obj_from(const void *p, size_t n, lm_mesh *m)
{
    lm_in *in;
    lm_records rec = LM_RECORDS_INIT;
    lm_err err = LM_ERR_INIT;
    if (lm_io_open_mem(p, n, &in, NULL)) abort();
    lm_status rc = lm_obj_read(in, m, &rec, &err);
    if (rc && (m->nv || m->nt || m->pos || m->tri || m->label || err.code != rc || !err.n)) abort();
    lm_record_release(&rec);
    lm_io_close(in);
    return rc;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    lm_mesh m = LM_MESH_INIT, back = LM_MESH_INIT;
    lm_out *out;
    unsigned char *p;
    size_t n;
    if (obj_from(data, size, &m)) return 0;
    if (lm_mesh_validate(&m, NULL)) abort();
    for (size_t i = 0; i < 3 * m.nv; i++) m.pos[i] += 0.0f; /* -0 is written as 0 */
    if (lm_io_create_mem(&out, NULL) || lm_obj_write(out, &(lm_obj_opt)LM_OBJ_OPT_INIT, &m, NULL) || lm_io_take(out, &p, &n, NULL))
        abort();
    if (obj_from(p, n, &back) || back.nt != m.nt || back.nv != m.nv || back.space != m.space || !back.label != !m.label) abort();
    if (memcmp(back.pos, m.pos, 12 * m.nv)) abort();
    if (!m.label && memcmp(back.tri, m.tri, 12 * m.nt)) abort(); /* parts may have been mixed: they come in order */
    free(p);
    lm_mesh_release(&m);
    lm_mesh_release(&back);
    return 0;
}
