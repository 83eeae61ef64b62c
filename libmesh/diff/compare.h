/* SPDX-License-Identifier: GPL-3.0-or-later */
/* compare.h: all that meshdiff is asked about two meshes, in order: alignment, audit, containment or distances, overlap; its
 * verdict, its part of the record, and the table for people. */
#ifndef LM_DIFF_COMPARE_H
#define LM_DIFF_COMPARE_H

#include "diff/align.h"
#include "diff/contain.h"
#include "diff/deviation.h"
#include "diff/solids.h"
#include "surface/audit.h"

typedef struct {
    bool mirror, contains;        /* that instead of distances */
    bool align, maximum, overlap; /* first; alone; too */
    double margin_mm;             /* of contains */
    double precision_mm, tol_mm;  /* > 0; negative: none */
    double range_mm;              /* 0: as far as the maximum */
    int threads;
} lm_compare_opt;

typedef struct {
    lm_compare_opt opt;
    bool audited; /* else audit says nothing */
    lm_audit audit[2];
    lm_deviation dev;
    lm_solids solids;
    lm_contain contain;
    lm_align align;
    lm_align_mirror mirror;
    lm_verdict verdict;
    char why[LM_ERR_TEXT]; /* why it is not pass; empty: it is, or nothing was judged */
} lm_compare;

/* mesh: lm_mesh_validate. With align mesh[0] is moved to mesh[1]. quality: NULL, or room for the distances of mesh[0]'s vertices.
 * LM_ERULE: no solid where one is needed, with the place of a gap; no triangles. */
LM_CHECKED lm_status lm_compare_run(lm_mesh mesh[2], const lm_compare_opt *opt, float *quality, lm_compare *out, lm_err *err);
/* Options and results into a record (stream/record.h), keys as in man/meshdiff.1. */
LM_CHECKED lm_status lm_compare_record(const lm_compare *c, json_t *record, lm_err *err);
void lm_compare_table(const lm_compare *c, lm_out *out);

#endif
