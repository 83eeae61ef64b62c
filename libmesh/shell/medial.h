/* SPDX-License-Identifier: GPL-3.0-or-later */
/* medial.h: the thin part of a solid's medial surface, as balls that the solid shall have room for.
 *
 * At samples of the thin facets the inscribed ball is grown (balls.h). Its centre is on the medial surface; where the two points
 * it touches are seen at less than about 130 degrees it sits in an edge, and climbs along the surface until it is between two
 * sides (DESIGN 6: separation angle). A ball of radius T/2 is asked for there, about the same centre; where one side must not
 * move so far, because a gap would close or by request, the centre moves to the other side, and where neither may, the ball is
 * as large as both allow (`held`). The union of these balls with the solid is what is nowhere thin. */
#ifndef LM_SHELL_MEDIAL_H
#define LM_SHELL_MEDIAL_H

#include "shell/balls.h"

typedef enum { LM_MEDIAL_BOTH, LM_MEDIAL_OUTSIDE, LM_MEDIAL_INSIDE } lm_medial_side; /* which sides may move */

typedef struct {
    size_t n;
    lm_ball *ball; /* owned; r: what shall fit */
    bool *held;    /* smaller than T/2; owned */
    double cell, lo[3];
    size_t grid[3], *start;
    uint32_t *item;
} lm_medial;
#define LM_MEDIAL_INIT \
    { \
        .n = 0 \
    }

typedef struct {
    double wall_mm, min_gap_mm;
    lm_medial_side side;
    const uint8_t *cavity; /* per triangle of the solid: 1 where it bounds a cavity */
    const uint8_t *ask;    /* per piece: 1 where it can be thin */
    const float *thick;    /* thickness of the first `known` vertices (wall.h) */
    size_t known;
    bool rough; /* samples in bumps and creases give way to the largest ball near them: for what is nearly done */
    int threads;
} lm_medial_opt;

/*   m      the solid in pieces no wider than T/4 where it is thin
 *   balls  over the solid as it is: tells what is thin, and where the surface is */
LM_CHECKED lm_status lm_medial_build(const lm_mesh *m, const lm_balls *balls, const lm_medial_opt *opt, lm_medial *out,
                                     lm_err *err);
void lm_medial_release(lm_medial *x);
/* The same cells over balls from elsewhere: copied. */
LM_CHECKED lm_status lm_medial_of(const lm_ball *ball, size_t n, lm_medial *out, lm_err *err);
/* Least distance of p from the surface of a ball it is not in, or <= 0 when it is in one; at most `far`, T/2 at most. */
double lm_medial_distance(const lm_medial *x, const double p[3], double far);
/* How deep p lies in the ball that it is deepest in; -INFINITY: in none of those near. */
double lm_medial_depth(const lm_medial *x, const double p[3]);
/* Move p, by at most `most` in all, out of balls that it is deeper in than `less`, away from the centre of the deepest each time.
 */
void lm_medial_leave(const lm_medial *x, double less, double most, double p[3]);

#endif
