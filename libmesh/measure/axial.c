/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "measure/axial.h"
#include "base/mem.h"

#include <math.h>
#include <stdlib.h>

/* A quarter of the fall from plane b to the farther of its neighbours. */
static double axial_u(const lm_section *s, size_t n, size_t b, bool across)
{
    double at = across ? s[b].across_mm : s[b].max_mm, fall = 0;
    for (int side = 0; side < 2; side++) {
        bool there = side ? b + 1 < n : b > 0;
        const lm_section *o = there ? &s[side ? b + 1 : b - 1] : NULL;
        fall = fmax(fall, fabs(at - (o ? across ? o->across_mm : o->max_mm : 0)));
    }
    return fall / 4;
}

lm_status lm_axial_of(const lm_mesh *m, double step_mm, lm_axial *out, lm_err *err)
{
    double lo[3], hi[3], step = step_mm > 0 ? step_mm : LM_AXIAL_STEP;
    *out = (lm_axial){.long_mm = NAN, .short_mm = NAN};
    lm_mesh_box(m, lo, hi);
    if (!(hi[2] > lo[2])) return LM_OK;
    if (hi[2] - lo[2] > LM_AXIAL_PLANES * step) step = (hi[2] - lo[2]) / LM_AXIAL_PLANES;
    size_t n = (size_t)((hi[2] - lo[2]) / step + 0.5), best = 0;
    if (!n) n = 1;
    bool thin = n == 1; /* one slice: through its middle */
    lm_section *s = lm_mem_calloc(n, sizeof *s, err);
    lm_status rc = s ? LM_OK : LM_ENOMEM;
    for (size_t i = 0; i < n && !rc; i++) {
        const lm_trim_plane plane = {.normal = {0, 0, 1},
                                     .offset_mm = thin ? 0.5 * (lo[2] + hi[2]) : lo[2] + ((double)i + 0.5) * step};
        rc = lm_section_of(m, &plane, false, &s[i], err);
        if (s[i].max_mm > s[best].max_mm) best = i;
    }
    if (!rc && s[best].max_mm > 0)
        *out = (lm_axial){.long_mm = s[best].max_mm,
                          .short_mm = s[best].across_mm,
                          .u_long_mm = axial_u(s, n, best, false),
                          .u_short_mm = axial_u(s, n, best, true),
                          .z_mm = s[best].plane.offset_mm,
                          .step_mm = step};
    free(s);
    return rc;
}
