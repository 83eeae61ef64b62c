/* SPDX-License-Identifier: GPL-3.0-or-later */
/* label.h: connected components of {v >= level} (6-connected) or of bits, as runs along the rows (i) joined by union-find (He,
 * Chao, Suzuki: A run-based two-scan labeling algorithm, IEEE TIP 17, 2008). 12 bytes per run and 8 per row; the result is the same
 * for any number of threads: a component's number is the order of its first sample. */
#ifndef LM_VOLUME_LABEL_H
#define LM_VOLUME_LABEL_H

#include "volume/volume.h"

typedef struct {
    size_t *row;           /* n[1]*n[2]+1: runs of row r are row[r] .. row[r+1]-1; owned, as all below */
    uint32_t *start, *end; /* samples start .. end-1 of the row */
    uint32_t *comp;        /* component of the run */
    size_t comps;
    uint64_t *size; /* samples of each component */
} lm_label;
#define LM_LABEL_INIT \
    { \
        .row = NULL \
    }

/* out is replaced. LM_ERANGE above 2^32-1 runs or samples in a row; on error out is empty. */
LM_CHECKED lm_status lm_label_components(const lm_vol *v, double level, int threads, lm_label *out, lm_err *err);
/* The same of rows of lm_mask_words(n[0]) bits. Which samples touch: those that share a face, also an edge, also a corner. */
typedef enum { LM_LABEL_FACES = 6, LM_LABEL_EDGES = 18, LM_LABEL_CORNERS = 26 } lm_label_touch;
LM_CHECKED lm_status lm_label_bits(const uint64_t *bits, const size_t n[3], lm_label_touch touch, int threads, lm_label *out,
                                   lm_err *err);
void lm_label_release(lm_label *l);
/* Components that share a cell of the grid (26 neighbours) form a group, numbered by the order of their first sample: group[comps].
 * n: samples along each axis of the volume that was labelled. Returns how many. */
size_t lm_label_groups(const lm_label *l, const size_t n[3], uint32_t *group);
/* The component of sample i of a row, UINT32_MAX: outside. */
uint32_t lm_label_at(const lm_label *l, size_t row, size_t i);
/* order[comps]: the components from the largest on (ties: the lower number). */
LM_CHECKED lm_status lm_label_order(const lm_label *l, size_t *order, lm_err *err);
/* Mark in kept[comps] the `keep` largest components (ties: the lower number; 0: all); returns how many. */
LM_CHECKED lm_status lm_label_largest(const lm_label *l, size_t keep, bool *kept, size_t *n, lm_err *err);

#endif
