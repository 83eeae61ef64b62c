/* SPDX-License-Identifier: GPL-3.0-or-later */
/* stitch.h: a body joined with a solid along exact cuts.
 *
 * The union is a mesh arrangement (repair/arrange.h); what rounding to float32 then breaks is repaired where it is
 * (repair/repair.h). Facets that the body does not meet keep their vertices, and these their bits and their order. Cavities that
 * were closed off on the way and have no room for a ball of `fill_mm3` are filled. */
#ifndef LM_SHELL_STITCH_H
#define LM_SHELL_STITCH_H

#include "shell/medial.h"

typedef struct {
    lm_medial_side side; /* LM_MEDIAL_OUTSIDE: cavities and what is in them stay; LM_MEDIAL_INSIDE: the rest does */
    double fill_mm3;
    int threads;
} lm_stitch_opt;

/*   solid  valid, one part; body: valid
 *   out    initialised by the caller: valid; the solid's vertices that are left first
 *   *done  false: out is empty, for the body adds nothing, or no valid mesh came of it */
LM_CHECKED lm_status lm_stitch(const lm_mesh *solid, const lm_mesh *body, const lm_stitch_opt *opt, lm_mesh *out, bool *done,
                               lm_err *err);

#endif
