/* SPDX-License-Identifier: GPL-3.0-or-later */
/* balls.h: inscribed balls of a solid, and how thick it is at a point by them.
 *
 * The thickness of p by T is the diameter of the largest ball inside the solid that comes within T/2 of p (wall.h). Balls are
 * grown at points spread over all facets, in pieces no wider than T/2, by shrinking (Ma, Bae, Choi: 3D medial axis point
 * approximation using nearest neighbors and the normal field, The Visual Computer 28, 2012) to the nearest triangles. Where no
 * such ball is thick enough, the largest near p is pushed away from what it touches until it is thick enough or stuck. Each
 * ball has the exact distance of its centre from the surface as its radius, and none leaves the solid: what is said to be thick
 * is thick. A ball that would just fit can be missed. Where a ball found before is thick enough for a point, none is grown there,
 * unless a point near by would be thin without it: what is thin does not hang on that. */
#ifndef LM_SHELL_BALLS_H
#define LM_SHELL_BALLS_H

#include "surface/nearest.h"

/* A wall passes that falls short by this part of T, and by the rounding of float32. */
#define LM_BALLS_TOL 1e-3

typedef struct {
    double c[3], r; /* r: distance of c from the surface; 0: none */
} lm_ball;

typedef struct lm_balls {
    const lm_mesh *mesh; /* borrowed: must stay as it is */
    lm_nearest near;
    double wall, tol;
    double cap;    /* balls are not grown beyond this radius, a little more than T/2: those reach into edges; */
    double widest; /* nor beyond this: half of the box's least side, which no ball inside can exceed */
    size_t *first; /* per triangle its first point; nt+1 */
    size_t balls;
    lm_ball *ball;   /* per point, then further ones; r 0 also where another stands for it and nobody asked for its own */
    uint32_t *stand; /* per point: itself, or one whose ball is thick enough and within T/2 of it */
    double lo[3], cell;
    size_t n[3], *start; /* balls of cell i: item[start[i]] .. item[start[i+1]] */
    uint32_t *item;
} lm_balls;
#define LM_BALLS_INIT \
    { \
        .wall = 0 \
    }

/* m valid; wall_mm > 0. LM_ERANGE when so many points are needed that they cannot be counted. On error out is empty. */
LM_CHECKED lm_status lm_balls_build(const lm_mesh *m, double wall_mm, int threads, lm_balls *out, lm_err *err);
void lm_balls_release(lm_balls *b);

void lm_balls_corners(const lm_mesh *m, size_t t, double p[3][3]);
/* Outward, of length 1; its length is twice the area, returned. */
double lm_balls_normal(double p[3][3], double n[3]);
/* Into how many k a triangle is cut along each side, so that no piece has an edge above `width`; at least 1. */
double lm_balls_cuts(double p[3][3], double width);
/* Centre of piece i of k*k. */
void lm_balls_point(double p[3][3], size_t k, size_t i, double x[3]);
/* Move x to the nearest point of the surface; n takes the normal there. The triangle. */
uint32_t lm_balls_onto(const lm_nearest *near, double x[3], double n[3]);
/* The largest ball up to radius `most` that touches p from inside and no other triangle; n outward, of length 1; t: a triangle
 * near by. q, where not NULL, gets the point that stopped it; p itself when none did. */
lm_ball lm_balls_grow(const lm_nearest *near, const double p[3], const double n[3], uint32_t t, double most, double q[3]);
bool lm_balls_enough(const lm_balls *b, double diameter);
/* As lm_balls_thickness, of the balls that there are alone: quick, and may miss one. */
double lm_balls_found(const lm_balls *b, const double p[3]);
/* Diameter of the largest ball within T/2 of p; of the first one found that is thick enough. which, where not NULL, gets it. */
double lm_balls_thickness(const lm_balls *b, const double p[3], lm_ball *which);

#endif
