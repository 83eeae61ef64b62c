/* SPDX-License-Identifier: GPL-3.0-or-later */
/* pressure.h: walls between parts moved along their normals so that every part has the volume it should have.
 *
 * A part that lacks volume has a higher pressure; the wall between parts L and M moves by u_L - u_M, background having 0.
 * With A_LM the area of that wall, the pressures solve  sum over M of A_LM (u_L - u_M) = what L lacks : a Laplacian on the graph
 * of neighbours, positive definite since everything is enclosed by background; conjugate gradients (Hestenes, Stiefel 1952).
 * All volumes are in voxels; coordinates in steps of the grid. */
#ifndef LM_SURFACE_PRESSURE_H
#define LM_SURFACE_PRESSURE_H

#include "surface/nets.h"
#include "surface/topo.h"

typedef struct {
    const lm_nets *net;  /* borrowed; its mesh may move between the calls below, and quads may take their other diagonal */
    double metric[3][3]; /* square of a covector's length in mm */
    size_t pairs;        /* of labels that share a wall */
    struct lm_pressure_pair *pair;
    uint32_t *of;    /* per triangle: its pair */
    uint32_t *order; /* triangles by pair, ascending */
    size_t segments;
    struct lm_pressure_segment *segment;
    double *volume; /* per label, as measured last */
    double *u;      /* per label, as solved last, mm */
    lm_topo_corners corners;
    int threads;
} lm_pressure;
#define LM_PRESSURE_INIT \
    { \
        .pairs = 0 \
    }

/* 12 bytes per triangle, 4 per vertex. On error p is empty. */
LM_CHECKED lm_status lm_pressure_make(const lm_nets *net, const lm_vol *grid, int threads, lm_pressure *p, lm_err *err);
void lm_pressure_release(lm_pressure *p);
/* Volumes of all parts and areas of all walls as they are now: p->volume. */
LM_CHECKED lm_status lm_pressure_measure(lm_pressure *p, lm_err *err);
/* Pressures that would give every part its voxels: p->u. */
LM_CHECKED lm_status lm_pressure_solve(lm_pressure *p, lm_err *err);
/* How far vertex v has to move by these pressures, in steps. */
void lm_pressure_move(const lm_pressure *p, size_t v, double d[3]);

#endif
