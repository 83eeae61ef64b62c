/* SPDX-License-Identifier: GPL-3.0-or-later */
/* original.h: the solid before anything was done to it on purpose, which is what is judged against the anatomy (DESIGN 4).
 *
 * The way back goes through the records of a mesh, newest first. Of a hollow part it is the outer surface, filled (ledger.h). Of a
 * part that material was added to it is the mesh that the stream carries beside it (mesh.h, `before`), whose checksum must be that
 * of what the stage read. A scale, and what was added for shrinkage, is divided out again (shell/scale.h), of the mesh before too.
 * A step that cannot be gone back ends the way: `stage` says where. */
#ifndef LM_MEASURE_ORIGINAL_H
#define LM_MEASURE_ORIGINAL_H

#include "measure/mass.h"
#include "stream/record.h"

enum { LM_ORIGINAL_SCALES = 4, LM_ORIGINAL_ARRAYS = 2 * LM_ORIGINAL_SCALES };

typedef struct {
    lm_mesh solid;       /* borrows from the mesh it was found in where it can */
    bool changed;        /* it is another than that mesh */
    const json_t *grow;  /* record of the first stage that added material, borrowed; NULL: none did */
    lm_mesh grown;       /* with grow: the mesh as the last such stage sent it; borrows */
    lm_mesh before;      /* with grow: the mesh before, as large as grown; borrows */
    lm_mesh print;       /* the mesh at the size of its print: what was added for shrinkage left out; borrows where it can */
    double rounding_mm3; /* coordinates were divided: what that can do to a volume; 0: they were not */
    const char *stage;   /* not NULL: this stage changed the mesh on purpose, and the way back ends with what it made; borrowed */
    const char *note;    /* what the solid is, for people; NULL when it is the mesh; static */
    lm_mesh filled;      /* owned; drain holes closed */
    size_t scales, arrays;
    float *array[LM_ORIGINAL_ARRAYS]; /* owned: coordinates that were divided */
} lm_original;

/* rec: the records that belong to mesh. LM_ERULE when the books or checksums say that what was found is not what was there. */
LM_CHECKED lm_status lm_original_find(const lm_records *rec, const lm_mesh *mesh, lm_original *out, lm_err *err);
/* The same for a part that was taken out of the mesh that the records belong to: only scales are gone back. */
LM_CHECKED lm_status lm_original_part(const lm_records *rec, const lm_mesh *part, lm_original *out, lm_err *err);
void lm_original_release(lm_original *o); /* accepts a zeroed struct */

#endif
