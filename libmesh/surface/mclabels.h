/* SPDX-License-Identifier: GPL-3.0-or-later */
/* mclabels.h: plain marching cubes around each segment of a segmentation by itself, at 0.5 between inside (1) and outside (0),
 * closed half a voxel outside: the mesh that IBSI and pyradiomics mean by volume and area of a mask. Nothing is smoothed. */
#ifndef LM_SURFACE_MCLABELS_H
#define LM_SURFACE_MCLABELS_H

#include "surface/mesh.h"
#include "volume/regions.h"

/* r: regions that may overlap; those without samples make no part. out is replaced: label is the region's number, its name
 * and colour too; walls that two parts have in common are stored once (surface/share.h). Scratch: the box around the
 * largest region, a byte per sample. LM_ENO when no region has samples; else as lm_mcubes. On error out is empty. */
LM_CHECKED lm_status lm_mclabels(const lm_regions *r, int threads, lm_mesh *out, lm_err *err);

#endif
