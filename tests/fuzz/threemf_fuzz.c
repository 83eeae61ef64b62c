/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Any bytes as a 3MF package; bytes that begin with '<' as the model of a sound package, so that mutations reach the XML.
 * Either an error, or a valid mesh. What can be written as 3MF comes back the same. */
#include "format/package.h"
#include "format/threemf.h"
#include "format/threemf_read.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int threemf_from(const void *p, size_t n, lm_mesh *m)
{
    lm_in *in;
    lm_records rec = LM_RECORDS_INIT;
    lm_err err = LM_ERR_INIT;
    if (lm_io_open_mem(p, n, &in, NULL)) abort();
    lm_status rc = lm_threemf_read(in, m, &rec, &err);
    if (rc && (m->nv || m->nt || m->pos || m->tri || m->label || err.code != rc || !err.n)) abort();
    lm_record_release(&rec);
    lm_io_close(in);
    return rc;
}

static unsigned char *threemf_wrap(const uint8_t *data, size_t size, size_t *n)
{
    static const char rels[] =
        "<Relationships xmlns=\"http://schemas.openxmlformats.org/package/2006/relationships\"><Relationship "
        "Target=\"/3D/3dmodel.model\" Id=\"r\" "
        "Type=\"http://schemas.microsoft.com/3dmanufacturing/2013/01/3dmodel\"/></Relationships>";
    static const char *const name[] = {"_rels/.rels", "3D/3dmodel.model"};
    lm_deflated part[2];
    unsigned char *p;
    lm_out *out;
    if (lm_deflate_all(rels, sizeof rels - 1, &part[0], NULL) || lm_deflate_all(data, size, &part[1], NULL)) abort();
    if (lm_io_create_mem(&out, NULL) || lm_package_write(out, name, part, 2, NULL) || lm_io_take(out, &p, n, NULL)) abort();
    free(part[0].p);
    free(part[1].p);
    return p;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    lm_mesh m = LM_MESH_INIT, back = LM_MESH_INIT;
    unsigned char *wrapped = NULL, *p;
    size_t n = size;
    lm_out *out;
    if (size && *data == '<') wrapped = threemf_wrap(data, size, &n);
    int rc = threemf_from(wrapped ? wrapped : data, n, &m);
    free(wrapped);
    if (rc) return 0;
    if (lm_mesh_validate(&m, NULL)) abort();
    for (size_t i = 0; i < 3 * m.nv; i++) m.pos[i] += 0.0f; /* -0 is written as 0 */
    if (lm_io_create_mem(&out, NULL)) abort();
    if (lm_threemf_write(out, &(lm_threemf_opt){.threads = 1}, &m, NULL)) lm_io_abort(out); /* not a body: refused by rule */
    else {
        if (lm_io_take(out, &p, &n, NULL) || threemf_from(p, n, &back)) abort();
        if (back.nt != m.nt || back.space != m.space || !back.label != !m.label) abort();
        if (!m.label && (back.nv != m.nv || memcmp(back.pos, m.pos, 12 * m.nv) || memcmp(back.tri, m.tri, 12 * m.nt))) abort();
        free(p);
    }
    lm_mesh_release(&m);
    lm_mesh_release(&back);
    return 0;
}
