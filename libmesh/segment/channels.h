/* SPDX-License-Identifier: GPL-3.0-or-later */
/* channels.h: volumes on one grid under names, such as the two energies of spectral CT: conditions and values from all of
 * them. The first is the volume that is segmented; the others stand beside it. */
#ifndef LM_SEGMENT_CHANNELS_H
#define LM_SEGMENT_CHANNELS_H

#include "segment/bits.h"
#include "segment/expr.h"

enum { LM_CHANNELS_MAX = 4 }; /* with the first; or as many materials and one more (basis.h) */

typedef struct {
    char first[LM_EXPR_NAME]; /* the volume's own name; "": "v" */
    size_t n;                 /* others */
    struct {
        char name[LM_EXPR_NAME];
        lm_vol vol; /* owned, on the grid of the first */
    } item[LM_CHANNELS_MAX];
} lm_channels;
#define LM_CHANNELS_INIT \
    { \
        .n = 0 \
    }
void lm_channels_release(lm_channels *c);

/* Add a volume, which becomes c's. LM_EUSAGE: no name, or there already, or too many; LM_ERULE G-1: its samples are not those of
 * first (to 1e-3 of a voxel), and both grids are named. */
LM_CHECKED lm_status lm_channels_add(lm_channels *c, const char *name, size_t length, const lm_vol *first, lm_vol *v, lm_err *err);

/* b, on the grid of v: where the condition holds; with lay only where b does too. LM_EUSAGE: a name that is no channel. */
LM_CHECKED lm_status lm_channels_where(const lm_channels *c, const lm_vol *v, const lm_expr *e, bool lay, int threads, lm_bits *b,
                                       lm_err *err);
/* v becomes the values, float32, and is called "v" then; what is undefined, or beyond float32, becomes 0: *undefined samples. */
LM_CHECKED lm_status lm_channels_values(lm_channels *c, lm_vol *v, const lm_expr *e, int threads, uint64_t *undefined, lm_err *err);

#endif
