/* SPDX-License-Identifier: GPL-3.0-or-later */
/* prism.h: cylinders as prisms of many sides, and circles without trigonometry: their corners by halving angles. */
#ifndef LM_SHELL_PRISM_H
#define LM_SHELL_PRISM_H

#include "surface/mesh.h"

enum { LM_PRISM_SIDES = 32 };

typedef struct {
    double axis[3], side[2][3]; /* of length 1, at right angles, right-handed with the axis last */
    double unit[LM_PRISM_SIDES][2];
    double radius; /* of its corners */
} lm_prism;

/* n corners of the unit circle from (1, 0) on, turning left; n a power of two from 4 to 1024. */
void lm_prism_circle(size_t n, double (*unit)[2]);
/* Two directions that make a right-handed system with w, of length 1. */
void lm_prism_frame(const double w[3], double u[3], double v[3]);
/* Sides outside a circle of this diameter, by a millionth; turn: 0, 1, ... other corners. */
void lm_prism_make(lm_prism *x, const double axis[3], double diameter, int turn);
/* The corners on a circle instead. */
void lm_prism_within(lm_prism *x, double diameter);
/* From the axis to corner i. */
void lm_prism_spoke(const lm_prism *x, int i, double d[3]);
/* The prism between two points of its axis, outward, behind what is in m. */
LM_CHECKED lm_status lm_prism_append(const lm_prism *x, const double from[3], const double to[3], lm_mesh *m, lm_err *err);

#endif
