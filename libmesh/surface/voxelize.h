/* SPDX-License-Identifier: GPL-3.0-or-later */
/* voxelize.h: which samples of a grid lie inside a mesh.
 *
 * Every grid row is a line along i; its crossings with the triangles change the winding number, and a sample is inside
 * where that is positive. Rows meet vertices and edges all the time (mcubes puts every vertex on a grid line), so a row is
 * taken as moved by an infinitesimal step in +j and +k, and a sample in +i (Edelsbrunner, Muecke: Simulation of
 * simplicity, TOG 1990), and the side of an edge is computed once, from the same operands in the same order, for both
 * triangles that share it: on a closed mesh no crossing is lost or counted twice, whatever the rounding. The counts are
 * integers: the result does not depend on threads. */
#ifndef LM_SURFACE_VOXELIZE_H
#define LM_SURFACE_VOXELIZE_H

#include "surface/mesh.h"
#include "volume/volume.h"

/* One row: turns[i] is the winding number at sample (i,j,k), which is inside where that is positive. Rows of one slab come in order
 * from one thread; different slabs may come at the same time. */
typedef lm_status (*lm_voxelize_fn)(void *ctx, size_t slab, size_t j, size_t k, const int32_t *turns, lm_err *err);

/* Number of slabs the grid is worked in (for per-slab results). */
size_t lm_voxelize_slabs(const lm_vol *grid);
/* Of grid only the geometry is used; of m, closed or not, all triangles. Scratch: about 16 MiB per thread and 4 bytes per
 * triangle and slab it reaches into. */
LM_CHECKED lm_status lm_voxelize(const lm_mesh *m, const lm_vol *grid, int threads, lm_voxelize_fn fn, void *ctx, lm_err *err);

typedef struct {
    size_t mesh, mask, both; /* samples inside the mesh, inside {f >= iso}, inside both */
    size_t misplaced;        /* inside one only, and so deep that no sample of the other kind is near it in the mask */
    double dice, jaccard;    /* 0 when both are empty */
} lm_overlap;

/* Compare the mesh with {f >= vol->iso}. near[a]: samples along axis a that count as near. A surface that is off by less
 * misplaces none; a piece that is missing or is on the wrong side misplaces some, however small a share it is of the whole. */
LM_CHECKED lm_status lm_voxelize_overlap(const lm_mesh *m, const lm_vol *vol, const size_t near[3], int threads, lm_overlap *out,
                                         lm_err *err);

#endif
