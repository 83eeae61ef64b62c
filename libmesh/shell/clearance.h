/* SPDX-License-Identifier: GPL-3.0-or-later */
/* clearance.h: what has to be left free so that gaps stay open.
 *
 * From points of the surface balls are grown outward until they touch it a second time (balls.h). Where the two points are seen at
 * 130 degrees or more from the centre, that is in the middle of a gap: a ball of half the gap to be kept about it stays free. So of
 * a gap that is wider both sides may take half of what is over, and one that is narrower stays as it is. */
#ifndef LM_SHELL_CLEARANCE_H
#define LM_SHELL_CLEARANCE_H

#include "shell/medial.h"

/*   m        the solid in pieces; near: over it as it is; added: what shall be added; only gaps within its reach are looked at
 *   out      the balls to be left free, n of them (free() it) */
LM_CHECKED lm_status lm_clearance_find(const lm_mesh *m, const lm_nearest *near, const lm_medial *added, double wall_mm,
                                       double min_gap_mm, int threads, lm_ball **out, size_t *n, lm_err *err);
/* Move balls of `added` out of the way of what is left free, where the solid lets them: to the other side of the sheet that they
 * are in. The rest is cut. */
LM_CHECKED lm_status lm_clearance_yield(lm_medial *added, const lm_ball *clear, size_t n, double wall_mm, int threads, lm_err *err);

#endif
