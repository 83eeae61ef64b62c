/* SPDX-License-Identifier: GPL-3.0-or-later */
/* beyond.h: which triangles of a surface are somewhere farther than a limit from another one.
 *
 * A triangle is cut at its longest edge until each piece is near enough to some one triangle of the other surface (tricell.h), or a
 * corner is found that is not. Only places that are about as far as the limit cost more than a look. */
#ifndef LM_DIFF_BEYOND_H
#define LM_DIFF_BEYOND_H

#include "surface/nearest.h"

#define LM_BEYOND_PRECISION 0.01 /* of the limit: what may be beyond by less than that is marked, too */

/* mark: a->nt bytes, 1: it may be beyond, 0: it is proven that all of it is within limit_mm > 0 (to 1e-12 of the extents). *n:
 * triangles marked; other marks stay. The same for any number of threads. */
LM_CHECKED lm_status lm_beyond_run(const lm_mesh *a, const lm_nearest *b, double limit_mm, int threads, unsigned char *mark,
                                   size_t *n, lm_err *err);

#endif
