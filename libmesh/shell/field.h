/* SPDX-License-Identifier: GPL-3.0-or-later */
/* field.h: how deep a point lies below the surface of a closed mesh, sampled on a grid in a narrow band around one depth.
 *
 * Distances are exact, to the triangles (nearest.h); depth is positive inside. The sign of a sample is the winding number
 * that the row crossings give (voxelize.h), which edges, corners and nested shells do not disturb. Only samples whose
 * depth is within `band` of the level are measured: a cube of samples whose middle one is so deep, or so shallow, that
 * none of the others can reach the band is settled in one step, since depth changes by no more than the way (an octree
 * walk; compare Frisken et al., Adaptively Sampled Distance Fields, SIGGRAPH 2000). The samples are 16-bit: the grid decides
 * topology only. Memory 2 bytes and 1 bit per sample of the box that is deep enough; pages with nothing inside the level
 * are never touched. */
#ifndef LM_SHELL_FIELD_H
#define LM_SHELL_FIELD_H

#include "surface/nearest.h"
#include "volume/volume.h"

/* Part of a grid step that the band reaches to both sides of the level: all corners of a cell that the level cuts. */
#define LM_FIELD_BAND 1.75
/* vol->iso of the result: samples at least so large are at least at the level. */
#define LM_FIELD_ISO 32768.0

typedef struct {
    double depth_mm;   /* the level, > 0 */
    double step_mm;    /* of the grid, > 0 */
    size_t max_memory; /* bytes; 0: no limit */
    int threads;
} lm_field_opt;

/*   m    valid (audit.h); near: built over m
 *   vol  initialised by the caller: LM_U16, with iso; 0 and 65535 say "beyond the band"
 * LM_ENO when no sample is deep enough; LM_ENOMEM over max_memory, with the step that would fit; LM_ERANGE. */
LM_CHECKED lm_status lm_field_make(const lm_mesh *m, const lm_nearest *near, const lm_field_opt *opt, lm_vol *vol, lm_err *err);
/* Greatest depth of any point, found to about one step (never more than the true one). The same limits. */
LM_CHECKED lm_status lm_field_deepest(const lm_mesh *m, const lm_nearest *near, const lm_field_opt *opt, double *depth_mm,
                                      lm_err *err);

#endif
