/* SPDX-License-Identifier: GPL-3.0-or-later */
/* ballbody.h: the union of many balls, less a union of others, as a mesh.
 *
 * Contoured by marching cubes on the distance from the balls, a grid that is never in memory as a whole: each slice is made as it
 * is read, from the balls that reach it. The grid sets topology; then vertices are moved out along their normals until neither they
 * nor the middles of facets and edges lie in a ball any more, for facets are chords. */
#ifndef LM_SHELL_BALLBODY_H
#define LM_SHELL_BALLBODY_H

#include "shell/medial.h"

typedef struct {
    const lm_ball *ball, *clear; /* to be filled; to be left free */
    size_t n, clears;
    double step_mm;  /* of the grid */
    double shift_mm; /* of the grid, along all axes: 0 to step_mm */
    int threads;
} lm_ballbody_opt;

/* out initialised by the caller; empty when nothing is filled. Moved vertices may make facets meet: no promise that it is valid.
 * LM_ERANGE, LM_ENOMEM. */
LM_CHECKED lm_status lm_ballbody_make(const lm_ballbody_opt *opt, lm_mesh *out, lm_err *err);

#endif
