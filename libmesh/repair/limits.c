/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "repair/limits.h"

#include <math.h>

static bool limits_counts(int kind)
{
    return kind != LM_REPAIR_ORIENT && kind != LM_REPAIR_OUTWARD && kind != LM_REPAIR_KEEP;
}

bool lm_limits_check(const lm_limits *l, const lm_repair_step *step, const lm_repair_step *then, size_t n, double base_mm3,
                     lm_limits_result *out)
{
    *out = (lm_limits_result){.move_mm = 0};
    for (int k = 0; k < LM_REPAIR_STEPS; k++) {
        if (step[k].max_move_mm > out->move_mm) out->move_mm = step[k].max_move_mm;
        if (limits_counts(k)) out->volume_mm3 += fabs(step[k].volume_change_mm3);
    }
    for (size_t k = 0; k < n; k++) {
        out->move_mm += then[k].max_move_mm;
        out->volume_mm3 += fabs(then[k].volume_change_mm3);
    }
    if (out->volume_mm3 > 0) out->volume_percent = base_mm3 != 0 ? 100 * out->volume_mm3 / fabs(base_mm3) : 100;
    out->move_beyond = l->max_move_mm >= 0 && out->move_mm > l->max_move_mm;
    out->volume_beyond = (l->max_volume_mm3 >= 0 && out->volume_mm3 > l->max_volume_mm3) ||
                         (l->max_volume_percent >= 0 && out->volume_percent > l->max_volume_percent);
    return !out->move_beyond && !out->volume_beyond;
}
