/* SPDX-License-Identifier: GPL-3.0-or-later */
/* keep.h: the shells that are asked for, with their cavities; the others go.
 *
 * A shell is a component (joined by edges) and the cavities it is nearest around (nest.h). Its size is the absolute volume
 * of the component without its cavities; of one with holes, the volume of the cones from the middle of its box. */
#ifndef LM_REPAIR_KEEP_H
#define LM_REPAIR_KEEP_H

#include "repair/spots.h"

typedef struct {
    size_t most;    /* the so many largest shells (ties: the one with the lower triangle); 0: all */
    double min_mm3; /* and no smaller ones; 0: all */
} lm_keep_opt;

typedef struct {
    size_t shells, dropped; /* there were; of these gone */
} lm_keep;

/* m must pass lm_mesh_validate. Order of what stays is kept; vertices left over stay. When no shell is large enough all go:
 * nt is 0. */
LM_CHECKED lm_status lm_keep_run(lm_mesh *m, const lm_keep_opt *opt, int threads, lm_keep *out, lm_spots *where, lm_err *err);

#endif
