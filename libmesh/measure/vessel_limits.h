/* SPDX-License-Identifier: GPL-3.0-or-later */
/* vessel_limits.h: where the mesh of a vessel does not tell its lumen: where it is too thin for the sampling, and where it was cut.
 *
 * A lumen is resolved from LM_VESSEL_RESOLVED voxels on, of the widest edge: thinner ones are measured wrong by more than 10 %
 * (Hoogeveen, Bakker, Viergever: Limits to the accuracy of vessel diameter measurement in MR angiography, J. Magn. Reson. Imaging
 * 8, 1998). Where nobody says how wide voxels are, they are taken to be as wide as the shortest edge of a triangle is long, median
 * by area: about that of marching cubes; and a tube of fewer than some 10 sides is not resolved either. A cut is a flat piece of
 * surface of at least half the section of the nearest ball: one across an end, or one that the whole mesh lies on one side of, as
 * at the border of an image, also where that cuts the side of a vessel. What was cut slantwise, or along, has balls that the cut
 * makes small. */
#ifndef LM_MEASURE_VESSEL_LIMITS_H
#define LM_MEASURE_VESSEL_LIMITS_H

#include "measure/centreline.h"

#define LM_VESSEL_RESOLVED 3.0 /* voxels */
#define LM_VESSEL_NEAR_CUT 1.0 /* diameters of the ball from a cut */

enum { LM_VESSEL_THIN = 1, LM_VESSEL_CUT = 2 }; /* flags of a point */

typedef struct {
    double voxel_mm;       /* widest edge */
    bool of_records;       /* else taken from the mesh */
    uint8_t **flag;        /* per branch and point; owned */
    bool *cut;             /* per node; owned */
    size_t cut_ends, cuts; /* ends; flat pieces at the border of the mesh, those of ends among them */
} lm_vessel_limits;

/* voxel_mm: of the records; 0: not known. line was made of m. On error out is empty. */
LM_CHECKED lm_status lm_vessel_limits_find(const lm_mesh *m, const lm_centreline *line, double voxel_mm, lm_vessel_limits *out,
                                           lm_err *err);
void lm_vessel_limits_release(lm_vessel_limits *l, const lm_centreline *line); /* accepts a zeroed struct */
/* "not resolved", "near a cut end", or NULL. */
const char *lm_vessel_limits_text(int flag);

#endif
