/* SPDX-License-Identifier: GPL-3.0-or-later */
/* boolean.h: a solid less other solids, and what two solids have in common, cut exactly.
 *
 * Both are winding numbers (arrange.h keeps what lies between 1 or more and 0 or less): tools that face inward count -1, so that a
 * part less its tools is the arrangement of both; with a box around everything that faces inward, a point in part and tool counts
 * 1, and one in a single of them 0. New points are rounded to float32 last: the caller audits. */
#ifndef LM_REPAIR_BOOLEAN_H
#define LM_REPAIR_BOOLEAN_H

#include "surface/mesh.h"

/*   part, tool  valid (audit.h), without labels; tools may overlap each other
 *   out         initialised by the caller: part's vertices that are left, bit for bit and in their order, then new ones
 *   from        NULL, or takes per triangle of out the triangle that it is a piece of: of part, or part->nt + that of tool; free()
 * LM_ENO when the two do not meet, or when the arrangement found no way. */
LM_CHECKED lm_status lm_boolean_minus(const lm_mesh *part, const lm_mesh *tool, int threads, lm_mesh *out, uint32_t **from,
                                      lm_err *err);
LM_CHECKED lm_status lm_boolean_common(const lm_mesh *part, const lm_mesh *tool, int threads, lm_mesh *out, uint32_t **from,
                                       lm_err *err);
/* b behind a; out initialised by the caller. inward: b turned round. */
LM_CHECKED lm_status lm_boolean_append(const lm_mesh *a, const lm_mesh *b, bool inward, lm_mesh *out, lm_err *err);
/* A box outward; corner k at lo (bit c of k 0) or hi along axis c. */
LM_CHECKED lm_status lm_boolean_box(const double lo[3], const double hi[3], lm_mesh *out, lm_err *err);
/* Take out the vertices that no triangle names; the rest keeps its order. name, when not NULL, takes the new number of each, or
 * UINT32_MAX (free() it). */
LM_CHECKED lm_status lm_boolean_compact(lm_mesh *m, uint32_t **name, lm_err *err);

#endif
