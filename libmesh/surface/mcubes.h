/* SPDX-License-Identifier: GPL-3.0-or-later */
/* mcubes.h: isosurface of a scalar volume, in patient space (LPS), millimetres.
 *
 * Edge-indexed marching cubes in row passes: classify the crossings of every grid row, count, scan, write at fixed
 * offsets (Schroeder, Maynard, Geveci: Flying Edges, LDAV 2015). The surface is that of {f >= iso}: a sample equal to
 * the level is inside. Each crossed grid edge has exactly one vertex, so vertices are shared by construction; crossings
 * are kept a fraction (clamp) away from the samples so that they stay distinct in float32. On faces and inside cells the
 * mesh has the topology of the trilinear interpolant (mctable.h, trilinear.h); infinite samples are allowed. */
#ifndef LM_SURFACE_MCUBES_H
#define LM_SURFACE_MCUBES_H

#include "surface/mesh.h"
#include "volume/moments.h"

typedef struct {
    double iso;  /* in the unit of the samples; no default: NAN is refused */
    bool open;   /* leave the surface open where the object leaves the volume; else it closes half a voxel outside */
    int threads; /* 0: as lm_pool_threads; the result does not depend on it */
    size_t slab; /* slices at a time, 0: at most LM_MCUBES_SLAB of a stream, all of a volume; the result does not depend on it */
    size_t max_triangles; /* LM_ERANGE above so many; 0: LM_MESH_MAX_TRIANGLES */
    lm_moments *moments;  /* NULL, or: takes the moments of {f >= iso}, measured on the way; not on error */
} lm_mcubes_opt;
enum { LM_MCUBES_SLAB = 16 };
#define LM_MCUBES_OPT_INIT \
    { \
        .iso = NAN \
    }

/*   vol  at least 1 sample per axis, no NaN
 *   out  replaced; triangles counter-clockwise seen from outside whatever the sign of the volume's determinant
 * Scratch: one bit per sample and 28 bytes per row of the slices at a time. The mesh of a stream grows as it is found: up to as
 * much address space again is asked for, and given back.
 * LM_ENO when nothing crosses the level (range and histogram of the data in the text), LM_ERULE for NaN or unusable geometry,
 * LM_ERANGE when the mesh would be larger than a mesh can be (mesh.h: over 1.4e9 triangles), or than opt->max_triangles, or when
 * float32 cannot separate the vertices at these coordinates (clamp over 1e-2 needed: shift the origin), LM_ENOMEM. On error out is
 * empty. */
LM_CHECKED lm_status lm_mcubes(const lm_vol *vol, const lm_mcubes_opt *opt, lm_mesh *out, lm_err *err);
/* The same, with the same result to the bit, of a volume that is read slice by slice: memory for the mesh and some 20 slices. All
 * slices are read, unless there is an error. */
LM_CHECKED lm_status lm_mcubes_slices(lm_slices *in, const lm_mcubes_opt *opt, lm_mesh *out, lm_err *err);
/* The clamp fraction used for this volume's geometry: 1e-3, or as much as DESIGN 6 (edge clamp) asks for, at most 1e-2. */
LM_CHECKED lm_status lm_mcubes_clamp(const lm_vol *vol, double *clamp, lm_err *err);

#endif
