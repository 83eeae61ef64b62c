/* SPDX-License-Identifier: GPL-3.0-or-later */
/* decimate.h: a valid mesh with fewer triangles, by drawing edges together (collapse.h), the cheapest first.
 *
 * Edges wait in queues by cost, eight queues to each doubling of it, in each the first come first; a cost is looked at again when
 * the triangles around have changed. So many of the cheapest as make up 1/256 of the vertices are judged at a time, by all threads,
 * and drawn together in order, where none before has changed what they rest on: the threads change nothing. An edge that may not be
 * drawn together is looked at again when all others are done. */
#ifndef LM_REPAIR_DECIMATE_H
#define LM_REPAIR_DECIMATE_H

#include "surface/nearest.h"

typedef struct {
    size_t triangles;      /* stop at no more than these; 0: go as far as limit_mm lets */
    const lm_nearest *was; /* of a copy of the mesh, for limit_mm; else NULL */
    double limit_mm;       /* 0, or how far the surfaces may be apart at their vertices and middles (tether.h) */
    const float *own;      /* NULL, or what part of limit_mm squared each vertex, then each triangle, of `was` has (tether.h) */
    int threads;
} lm_decimate_opt;
#define LM_DECIMATE_OPT_INIT \
    { \
        .triangles = 0 \
    }

typedef struct {
    size_t before, after; /* triangles */
    size_t collapses;
} lm_decimate;

/* m must be valid, each part of it (audit_parts.h), and is so afterwards, with as many components; vertices no triangle names go.
 * after is above the triangles asked for where topology, shape or neighbours allow no more. On error m is empty. */
LM_CHECKED lm_status lm_decimate_run(lm_mesh *m, const lm_decimate_opt *opt, lm_decimate *out, lm_err *err);

#endif
