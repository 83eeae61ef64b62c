/* SPDX-License-Identifier: GPL-3.0-or-later */
/* rings.h: which loops of open edges bound one hole together, as the two ends of a wall or the shore of an island do. */
#ifndef LM_REPAIR_RINGS_H
#define LM_REPAIR_RINGS_H

#include "surface/mesh.h"

#define LM_RINGS_NONE UINT32_MAX

/* Loop i are the vertices v[start[i] .. start[i + 1]). A loop belongs to another when, seen against the other's mean normal, it
 * runs the other way round and within it, and lies off the other's mean plane by less than the gap between them is wide (measured
 * at some 400 of their vertices). outer[i]: the smallest such loop, LM_RINGS_NONE when there is none; one that belongs to another
 * has none of its own. */
LM_CHECKED lm_status lm_rings_nest(const lm_mesh *m, const uint32_t *v, const size_t *start, size_t loops, uint32_t *outer,
                                   lm_err *err);

#endif
