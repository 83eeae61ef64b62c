/* SPDX-License-Identifier: GPL-3.0-or-later */
/* passed.h: has a surface that was moved passed through another one, though they do not meet in the end? Then a component lies in
 * other components than before (nest.h): a speck beside a body is in it, or a small cavity out of it. */
#ifndef LM_REPAIR_PASSED_H
#define LM_REPAIR_PASSED_H

#include "surface/bvh.h"
#include "surface/topo.h"

typedef struct {
    lm_topo topo;
    uint32_t *around; /* per component as in lm_nest; NULL: there are not two, and nothing can pass */
} lm_passed;
#define LM_PASSED_INIT \
    { \
        .around = NULL \
    }

/* m valid, of one part. On error out is empty. */
LM_CHECKED lm_status lm_passed_make(const lm_mesh *m, int threads, lm_passed *out, lm_err *err);
void lm_passed_release(lm_passed *p);
/* m moved, every triangle with area, none meeting another; tree is over all of it; was: where its vertices were. Triangles are
 * marked in hit whose way overlaps (by boxes) that of a component which lies elsewhere now. *any: there is one. */
LM_CHECKED lm_status lm_passed_find(const lm_passed *p, const lm_mesh *m, const lm_bvh *tree, const double (*was)[3], int threads,
                                    unsigned char *hit, bool *any, lm_err *err);

#endif
