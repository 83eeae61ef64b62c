/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "stream/places_json.h"
#include "base/bytes.h"
#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

json_t *lm_places_json(const lm_places *p, lm_err *err)
{
    json_t *o = json_object();
    bool bad = !o;
    for (size_t i = 0, n; i < p->n && !bad; i += n) {
        json_t *list = json_array();
        for (n = 0; i + n < p->n && p->list[i + n].fault == p->list[i].fault; n++) {
            const lm_place *x = &p->list[i + n];
            if (n >= LM_PLACES_JSON) continue;
            json_t *t = x->triangle == LM_PLACE_NONE ? json_null() : json_integer((json_int_t)x->triangle);
            json_t *e = json_pack("{s:o, s:[f, f, f]}", "triangle", t, "at", (double)x->at[0], (double)x->at[1], (double)x->at[2]);
            if (x->kind != LM_PLACE_PLAIN) {
                bad |= json_object_set_new(e, "other", json_integer((json_int_t)x->other)) != 0;
                bad |= json_object_set_new(e, "kind", json_string(lm_place_kind_name(x->kind))) != 0;
            }
            bad |= json_array_append_new(list, e) != 0;
        }
        bad |= json_object_set_new(o, lm_audit_fault_name(p->list[i].fault), list) != 0;
    }
    if (!bad) return o;
    json_decref(o);
    lm_err_nomem(err, sizeof(json_t));
    return NULL;
}

lm_status lm_places_mark(lm_out *out, const lm_mesh *m, const lm_places *p, lm_err *err)
{
    static const unsigned char rgb[LM_FAULTS + 1][3] = {{200, 200, 200}, {0, 0, 0},      {0, 0, 0},      {240, 228, 66},
                                                        {204, 121, 167}, {86, 180, 233}, {213, 94, 0},   {0, 114, 178},
                                                        {0, 158, 115},   {230, 159, 0},  {120, 60, 160}, {220, 20, 20}};
    unsigned char *fault = lm_mem_calloc(m->nt, 1, err), b[17] = {3};
    if (!fault) return LM_ENOMEM;
    for (size_t i = p->n; i--;) {
        if (p->list[i].triangle == LM_PLACE_NONE) continue;
        fault[p->list[i].triangle] = (unsigned char)(1 + p->list[i].fault);
        fault[p->list[i].other] = (unsigned char)(1 + p->list[i].fault);
    }
    lm_io_printf(
        out,
        "ply\nformat binary_little_endian 1.0\nobj_info units mm\n%selement vertex %zu\nproperty float x\nproperty float y\n"
        "property float z\nelement face %zu\nproperty list uchar int vertex_indices\nproperty uchar red\nproperty uchar "
        "green\nproperty uchar blue\nproperty uchar fault\nend_header\n",
        m->space == LM_SPACE_LPS ? "comment SPACE=LPS\n" : "", m->nv, m->nt);
    for (size_t i = 0; i < 3 * m->nv; i++) {
        lm_putf32(b + 1, m->pos[i]);
        lm_io_write(out, b + 1, 4);
    }
    for (size_t t = 0; t < m->nt; t++) {
        for (size_t k = 0; k < 3; k++) lm_put32(b + 1 + 4 * k, m->tri[3 * t + k]);
        memcpy(b + 13, rgb[fault[t]], 3);
        b[16] = fault[t];
        lm_io_write(out, b, sizeof b);
    }
    free(fault);
    return LM_OK;
}
