/* SPDX-License-Identifier: GPL-3.0-or-later */
/* solids.h: what two solids have in common, by volume: no samples, no cells, and bounds that hold.
 *
 * Along a ray x the solid A is the sum over its triangles of s H(x - x_a): s is 1 where the ray enters, -1 where it leaves, H the
 * unit step. The product of two steps is one at the farther place, so that
 *     V(A and B) = sum over all pairs (a, b) of s_a s_b times the integral of X - max(x_a, x_b)
 * over what their projections along the ray have in common, a convex polygon. Nothing is decided about how the triangles meet:
 * coplanar faces, equal meshes, common edges need no care, and rounding changes the sum as little as it changes the polygons (after
 * the sums over vertices and edges of Franklin, Efficient polyhedron intersection and union, Graphics Interface 1982).
 * Pairs that are far apart need not be looked at: where a gap without triangles of A lies below b all that is under the gap counts
 * as one number, how often A winds around it. The ray is (1, 5/16, 3/16): along no axis, with exact products.
 * The bounds are those of the rounding of every polygon: about 1e-13 times its extents, the other triangle's, and the way to X.
 * Sums by blocks of triangles, compensated (Neumaier, ZAMM 54, 1974), in order: the same bits for any number of threads. */
#ifndef LM_DIFF_SOLIDS_H
#define LM_DIFF_SOLIDS_H

#include "base/io.h"
#include "diff/samples.h"
#include "surface/audit.h"
#include <jansson.h>

typedef struct {
    lm_samples_value volume[2];     /* of a, of b; mm3 */
    lm_samples_value both, either;  /* intersection, union */
    lm_samples_value only[2];       /* in a and not in b, in b and not in a */
    lm_samples_value dice, jaccard; /* 2 both / (a + b), both / either */
} lm_solids;

/* Both must be valid in the sense of audit.h, in one frame. Memory: 12 bytes per vertex, 28 per triangle. Time grows with the
 * number of pairs of triangles that lie one over the other within the walls they belong to. */
LM_CHECKED lm_status lm_solids_run(const lm_mesh *a, const lm_mesh *b, int threads, lm_solids *out, lm_err *err);
/* LM_ERULE where m, audited, is no valid mesh: what is wrong, how often, and where the first of it is. name: of the mesh. */
LM_CHECKED lm_status lm_solids_need(const lm_mesh *m, const lm_audit *audit, const char *name, int threads, lm_err *err);
LM_CHECKED json_t *lm_solids_json(const lm_solids *s, lm_err *err); /* new reference */
void lm_solids_table(const lm_solids *s, lm_out *out);

#endif
