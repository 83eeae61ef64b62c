/* SPDX-License-Identifier: GPL-3.0-or-later */
/* perpart.h: mass and shape of each part of a mesh of several, a wall that two of them share counted in both. */
#ifndef LM_MEASURE_PERPART_H
#define LM_MEASURE_PERPART_H

#include "measure/shape.h"

typedef struct {
    uint32_t label;
    lm_mass mass;
    lm_shape shape;
} lm_perpart_one;

typedef struct {
    size_t n;
    lm_perpart_one *item; /* ascending by label; owned */
} lm_perpart;
#define LM_PERPART_INIT \
    { \
        .n = 0 \
    }

/* Time and memory of the mesh, however many parts there are. out is initialised by the caller; empty on error. */
LM_CHECKED lm_status lm_perpart_run(const lm_mesh *m, lm_perpart *out, lm_err *err);
void lm_perpart_release(lm_perpart *p); /* accepts a zeroed struct; leaves LM_PERPART_INIT */

#endif
