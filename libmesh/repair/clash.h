/* SPDX-License-Identifier: GPL-3.0-or-later */
/* clash.h: do triangles that a repair drew or moved meet the others? Exact (predicates.h); touching is meeting. */
#ifndef LM_REPAIR_CLASH_H
#define LM_REPAIR_CLASH_H

#include "surface/bvh.h"

/* Called for every triangle of the tree in a leaf whose box meets the one asked for; true ends the walk. */
typedef bool (*lm_clash_fn)(void *ctx, uint32_t t);
/* True when fn ended it. */
bool lm_clash_walk(const lm_bvh *b, const float lo[3], const float hi[3], lm_clash_fn fn, void *ctx);

/* Do triangles a and b (three vertices of m each) share more than what they share by name? Both must have area. id, when
 * not NULL, is each vertex's name: vertices of one name are at one position. */
bool lm_clash_pair(const lm_mesh *m, const uint32_t a[3], const uint32_t b[3], const uint32_t *id);
/* The triangle has no area. */
bool lm_clash_flat(const lm_mesh *m, const uint32_t v[3]);
/* Does triangle v meet one of the tree's triangles (a tree over m's)? v must have area. */
bool lm_clash_any(const lm_mesh *m, const lm_bvh *b, const uint32_t v[3]);

#endif
