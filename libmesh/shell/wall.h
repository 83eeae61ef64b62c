/* SPDX-License-Identifier: GPL-3.0-or-later */
/* wall.h: is a solid nowhere thinner than T? By inscribed balls, which decide, and by rays, which are reported.
 *
 * The ball that touches the surface at a point from inside has no size at a convex edge, so the question is put so: O is
 * the solid opened by a ball of diameter T (all that such balls inside it can reach); a point of the surface is thin when
 * its distance to O exceeds T/2. Edges from 60 degrees pass. Said with balls: a point p is not thin when some ball inside
 * the solid has a diameter of at least T and comes within T/2 of p.
 *
 * Balls are those of balls.h: what is said to be thick is thick; where the answer hangs on a hair, thin may be said of what is
 * just thick enough. What decides does not hang on `wide`. The ray runs from the same points
 * against the normal to the next surface. Nothing is shared with the field and the offsets of hollow.h but the tree of boxes, and
 * for the balls nearest.h; the rays use neither field nor nearest points. */
#ifndef LM_SHELL_WALL_H
#define LM_SHELL_WALL_H

#include "surface/mesh.h"

/* Bins of the histogram, from 0 to 2 T; the last takes all that is thicker. Thin spots that are listed. */
enum { LM_WALL_BINS = 16, LM_WALL_SPOTS = 64 };

typedef struct {
    double wall_mm; /* T > 0 */
    int threads;
    bool wide;     /* the thickness of what is thick enough, too, up to 2 T: else T is said of it; takes several times as long */
    uint8_t *thin; /* NULL, or per triangle: takes 1 where a sample or corner of it is thin, else 0 */
    struct lm_balls *balls; /* NULL, or takes the balls (balls.h; release them): they refer to m */
    void (*progress)(void *ctx, const char *what, double fraction); /* may be NULL */
    void *progress_ctx;
} lm_wall_opt;

typedef struct { /* thin samples within 2 T of a first one */
    double at[3], least_mm, area_mm2;
} lm_wall_spot;

typedef struct {
    double wall_mm, tol_mm;       /* what falls short of the wall by no more than tol_mm passes (balls.h) */
    size_t samples, thin_samples; /* points on facets, and vertices */
    double area_mm2, thin_mm2;
    /* thickness of a point: diameter of the largest ball that comes within T/2 of it, at most 2 T; and along the ray */
    double min_ball_mm, ball_at[3];
    double min_ray_mm, ray_at[3];
    double ball_mm2[LM_WALL_BINS], ray_mm2[LM_WALL_BINS]; /* area by thickness */
    size_t spots, spots_over;                             /* listed; and thin samples in none of them */
    lm_wall_spot spot[LM_WALL_SPOTS];
} lm_wall_facts;

/*   m        valid (audit.h; the caller has checked)
 *   quality  put each vertex's thickness by ball into m->quality
 * LM_EUSAGE for a wall not above 0; LM_ERANGE when so many points are needed that they cannot be counted. */
LM_CHECKED lm_status lm_wall_check(lm_mesh *m, const lm_wall_opt *opt, bool quality, lm_wall_facts *facts, lm_err *err);

#endif
