/* SPDX-License-Identifier: GPL-3.0-or-later */
/* refine.h: triangles cut into smaller ones where that is asked for. The surface stays where it is.
 *
 * Round by round the middles of all long edges of the triangles that ask are joined, on both sides of the edge, so that no crack
 * opens (red-green refinement without the closure being undone; Bank, Sherman, Weiser, Some refinement algorithms and data
 * structures for regular local mesh refinement, 1983). Middles are rounded to float32: they lie off their edge by up to half a unit
 * in the last place. Vertices keep their numbers and bits, new ones come after them; the pieces of a triangle stand in its place.
 */
#ifndef LM_SHELL_REFINE_H
#define LM_SHELL_REFINE_H

#include "surface/mesh.h"

/* Does this triangle (corners p) need smaller pieces? Called from several threads; the answer depends on p only. */
typedef bool (*lm_refine_fn)(void *ctx, double p[3][3]);

/*   ask     in: per triangle, 1 where fn is to be asked, NULL where always; out: 1 where pieces come from a triangle that asked, or
 *           that nobody had to ask because it was small enough already (replaced; free() it)
 *   before  NULL, or 3*nv numbers per vertex that are halved as the positions are; grown (free() it)
 *   edge_mm edges above it are cut
 * A closed manifold without labels and quality. LM_ERANGE over 2^32-1. On error m is some mesh between. */
LM_CHECKED lm_status lm_refine_run(lm_mesh *m, uint8_t **ask, float **before, double edge_mm, lm_refine_fn fn, void *ctx,
                                   int threads, lm_err *err);

#endif
