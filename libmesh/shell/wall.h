/* SPDX-License-Identifier: GPL-3.0-or-later */
/* wall.h: is a solid nowhere thinner than T? By inscribed balls, which decide, and by rays, which are reported.
 *
 * The ball that touches the surface at a point from inside has no size at a convex edge, so the question is put so: O is
 * the solid opened by a ball of diameter T (all that such balls inside it can reach); a point of the surface is thin when
 * its distance to O exceeds T/2. Edges from 60 degrees pass. Said with balls: a point p is not thin when some ball inside
 * the solid has a diameter of at least T and comes within T/2 of p.
 *
 * Balls are grown at points spread over all facets, in pieces no wider than T/2, by shrinking (Ma, Bae, Choi: 3D medial
 * axis point approximation using nearest neighbors and the normal field, The Visual Computer 28, 2012) to the nearest
 * triangles. Where no such ball answers for a point, the largest near it is pushed away from what it touches until it
 * is thick enough or stuck. Each ball is taken with the exact distance of its centre from the surface, and none leaves the
 * solid: what is said to be thick is thick. The other way round a ball that would just fit can be missed, since the search
 * is local: where the answer hangs on a hair, thin may be said of what is just thick enough.
 * The ray runs from the same points against the normal to the next surface. Nothing is shared with the field and the
 * offsets of hollow.h but the tree of boxes, and for the balls nearest.h; the rays use neither field nor nearest.h. */
#ifndef LM_SHELL_WALL_H
#define LM_SHELL_WALL_H

#include "surface/mesh.h"

/* A wall passes that falls short by this part of T, and by the rounding of float32. */
#define LM_WALL_TOL 1e-3
enum { LM_WALL_BINS = 16 }; /* of the histogram, from 0 to 2 T; the last takes all that is thicker */

typedef struct {
    double wall_mm; /* T > 0 */
    int threads;
    void (*progress)(void *ctx, const char *what, double fraction); /* may be NULL */
    void *progress_ctx;
} lm_wall_opt;

typedef struct {
    double wall_mm, tol_mm;
    size_t samples, thin_samples; /* points on facets, and vertices */
    double area_mm2, thin_mm2;
    /* thickness of a point: diameter of the largest ball that comes within T/2 of it, at most 2 T; and along the ray */
    double min_ball_mm, ball_at[3];
    double min_ray_mm, ray_at[3];
    double ball_mm2[LM_WALL_BINS], ray_mm2[LM_WALL_BINS]; /* area by thickness */
} lm_wall_facts;

/*   m        valid (audit.h; the caller has checked)
 *   quality  put each vertex's thickness by ball into m->quality
 * LM_EUSAGE for a wall not above 0; LM_ERANGE when so many points are needed that they cannot be counted. */
LM_CHECKED lm_status lm_wall_check(lm_mesh *m, const lm_wall_opt *opt, bool quality, lm_wall_facts *facts, lm_err *err);

#endif
