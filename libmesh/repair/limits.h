/* SPDX-License-Identifier: GPL-3.0-or-later */
/* limits.h: how much a repair may do before its result is refused: by how far the surface moved, and by how much volume.
 *
 * The move is that of the surface that was there and stayed: what was drawn or removed counts by its volume. The change of volume
 * is the sum over the steps of what each changed, without its sign, so that a loss here does not pay for a gain there; turning
 * triangles (orient, outward) changes no body, and what was asked for (keep) is no repair. */
#ifndef LM_REPAIR_LIMITS_H
#define LM_REPAIR_LIMITS_H

#include "repair/repair.h"

typedef struct {
    double max_move_mm, max_volume_mm3, max_volume_percent; /* each 0: nothing at all; below 0: no limit */
} lm_limits;
#define LM_LIMITS_INIT \
    { \
        .max_move_mm = -1, .max_volume_mm3 = -1, .max_volume_percent = -1 \
    }

typedef struct {
    double move_mm, volume_mm3, volume_percent; /* percent of base_mm3, 100 where that is 0 and something changed */
    bool move_beyond, volume_beyond;
} lm_limits_result;

/* step: LM_REPAIR_STEPS of them. then: what was done to the repaired mesh (smoothing, decimation), whose moves add up. base_mm3:
 * what percents are of; its sign does not matter. True when all is within. */
bool lm_limits_check(const lm_limits *l, const lm_repair_step *step, const lm_repair_step *then, size_t n, double base_mm3,
                     lm_limits_result *out);

#endif
