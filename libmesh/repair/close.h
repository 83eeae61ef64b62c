/* SPDX-License-Identifier: GPL-3.0-or-later */
/* close.h: the last holes, where every patch would meet something, closed all the same: what meets is to be cut next (arrange.h).
 *
 * Each by the patch of least area (holes.h, lm_holes_any), or by a fan from its lowest vertex (lids.h): where rims lie in the
 * plane of other faces, as in models of many primitives, only that was seen to come out well. All of them or none; none also where
 * patches are more than LM_CLOSE_SHARE of a component's area: a sheet must not be closed onto itself. Only of crumbs, of
 * LM_CLOSE_CRUMB of all area at most, patches may be as large as they need: of a small piece a hole takes what it takes. */
#ifndef LM_REPAIR_CLOSE_H
#define LM_REPAIR_CLOSE_H

#include "repair/spots.h"

#define LM_CLOSE_SHARE 0.1
#define LM_CLOSE_CRUMB 0.001

typedef struct {
    size_t closed, triangles; /* loops; 0: the mesh is as it was */
    double area_mm2;
} lm_close;

/* m as for lm_holes_fill. fans: these, else least area. Triangles and vertices that are there stay as they are, new triangles come
 * after them. */
LM_CHECKED lm_status lm_close_run(lm_mesh *m, bool fans, int threads, lm_close *out, lm_spots *where, lm_err *err);

#endif
