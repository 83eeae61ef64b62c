/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Any bytes as STL: an error, or a mesh that is valid in the reader's sense, and that survives writing and reading as
 * binary and as ASCII with the same corners. */
#include "format/stl.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int stl_from(const void *p, size_t n, lm_mesh *m)
{
    lm_in *in;
    if (lm_io_open_mem(p, n, &in, NULL)) abort();
    lm_err err = LM_ERR_INIT;
    lm_records rec = LM_RECORDS_INIT;
    lm_status rc = lm_stl_read(in, m, &rec, &err);
    if (rc && (m->nv || m->nt || m->pos || m->tri || err.code != rc || !err.n)) abort();
    lm_io_close(in);
    lm_record_release(&rec);
    return rc;
}

/* The corner positions of triangle t of a and of u of b. */
static int stl_differs(const lm_mesh *a, size_t t, const lm_mesh *b, size_t u)
{
    for (size_t k = 0; k < 3; k++)
        if (memcmp(a->pos + 3 * (size_t)a->tri[3 * t + k], b->pos + 3 * (size_t)b->tri[3 * u + k], 12)) return 1;
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    lm_mesh m = LM_MESH_INIT, back = LM_MESH_INIT;
    if (stl_from(data, size, &m)) return 0;
    if (m.nt == 0 || lm_mesh_validate(&m, NULL)) abort();
    free(m.label);
    m.label = NULL; /* STL is written one part at a time */
    for (int ascii = 0; ascii < 2; ascii++) {
        lm_stl_opt opt = {.ascii = ascii, .name = "fuzz"};
        lm_out *out;
        unsigned char *p;
        size_t n;
        if (lm_io_create_mem(&out, NULL) || lm_stl_write(out, &opt, &m, NULL) || lm_io_take(out, &p, &n, NULL)) abort();
        if (stl_from(p, n, &back) || back.nt != m.nt || back.nv != m.nv || back.space != m.space) abort();
        size_t moved = 0; /* at most one triangle may have come to the front */
        while (moved < m.nt && stl_differs(&m, moved, &back, 0)) moved++;
        for (size_t t = 0; t < m.nt; t++)
            if (stl_differs(&m, t, &back, t == moved ? 0 : t < moved ? t + 1 : t)) abort();
        if (!ascii) {
            int high = 0;
            for (size_t i = 84; i < n && i < 212; i++) high |= p[i] > 127;
            if (!high) abort();
        }
        free(p);
    }
    lm_mesh_release(&m);
    lm_mesh_release(&back);
    return 0;
}
