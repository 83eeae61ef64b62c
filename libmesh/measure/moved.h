/* SPDX-License-Identifier: GPL-3.0-or-later */
/* moved.h: where a surface has to be that mcubes --preserve-volume moved: made again from the replayed field, with the partial
 * volumes measured again, nothing taken from the mesh or from numbers in its records but the options. */
#ifndef LM_MEASURE_MOVED_H
#define LM_MEASURE_MOVED_H

#include "stream/record.h"
#include "volume/pieces.h"

typedef struct {
    double volume_mm3, u_volume_mm3; /* lm_preserve_reference; u: twice the standard deviation of the partial volumes */
    double centroid_mm[3], lo_mm[3], hi_mm[3];
    size_t pieces, moved;
} lm_moved;

/* The record of mcubes, if it moved the surface; borrowed, or NULL. */
const json_t *lm_moved_record(const lm_records *rec);
/* vol: the field as it was segmented. before: partial volumes measured with what was inside before it was cut. LM_ERULE when the
 * record does not say how the surface was made. */
LM_CHECKED lm_status lm_moved_make(const lm_vol *vol, const lm_pieces *before, double at_level_mm3, const json_t *dcmseg,
                                   const json_t *mcubes, int threads, lm_moved *out, lm_err *err);

#endif
