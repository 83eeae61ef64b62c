/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "measure/perpart.h"
#include "base/mem.h"
#include "surface/split.h"

#include <stdlib.h>

lm_status lm_perpart_run(const lm_mesh *m, lm_perpart *out, lm_err *err)
{
    lm_split s = LM_SPLIT_INIT;
    lm_mesh part = LM_MESH_INIT;
    lm_perpart_release(out);
    lm_status rc = lm_split_make(m, &s, err);
    if (rc) return rc;
    uint32_t *scratch = lm_split_scratch(m, err);
    if (!scratch || !(out->item = lm_mem_calloc(s.n, sizeof *out->item, err))) rc = LM_ENOMEM;
    for (size_t i = 0; i < s.n && !rc; i++) {
        lm_perpart_one *one = &out->item[out->n++];
        one->label = s.label[i];
        if (!(rc = lm_split_part(m, &s, i, scratch, &part, NULL, err)) && !(rc = lm_mass_measure(&part, &one->mass, err)))
            rc = lm_shape_of(&part, &one->mass, &one->shape, err);
        lm_mesh_release(&part);
    }
    free(scratch);
    lm_split_release(&s);
    if (rc) lm_perpart_release(out);
    return rc;
}

void lm_perpart_release(lm_perpart *p)
{
    for (size_t i = 0; i < p->n; i++) lm_mass_release(&p->item[i].mass);
    free(p->item);
    *p = (lm_perpart)LM_PERPART_INIT;
}
