/* SPDX-License-Identifier: GPL-3.0-or-later */
/* voxels.h: two segmentations of one grid compared voxel by voxel: overlap, and the distances of their borders.
 *
 * The border of a region: its voxels with at least one of the six neighbours outside of it; what lies beyond the grid is outside.
 * The distance of a border voxel is that of its centre from the nearest centre of a border voxel of the other region (edt.h), so
 * that two regions that differ by one layer are a voxel apart. Percentiles: the least distance that p % of the voxels or more do
 * not exceed. Border voxels all weigh the same. */
#ifndef LM_DIFF_VOXELS_H
#define LM_DIFF_VOXELS_H

#include "base/io.h"
#include "measure/verdict.h"
#include "volume/regions.h"

typedef struct {
    uint32_t label[2]; /* in a, in b; 0: it has no such region */
    char name[LM_PART_NAME];
    uint64_t voxels[2], both, border[2];
    double dice, jaccard;      /* NAN: both are empty */
    double mm3[2];             /* by voxel count */
    bool apart;                /* there are distances: both have voxels, and the axes of the grid are perpendicular */
    double hausdorff[2];       /* mm; directed, from a and from b */
    double p95[2], p95_pooled; /* directed, and of both borders pooled */
    double mean[2], assd;      /* directed, and pooled: average symmetric surface distance */
    double within;             /* surface Dice: share of both borders within the tolerance; NAN: none was given */
} lm_voxels_pair;

typedef struct {
    size_t n;
    lm_voxels_pair *pair; /* ascending by label; owned */
    bool sheared;         /* axes not perpendicular: no distances */
    double step_mm[3];
} lm_voxels;
#define LM_VOXELS_INIT \
    { \
        .n = 0 \
    }

/* Regions of the same number are compared; where both have one only, these two whatever their numbers are. tol_mm: for the surface
 * Dice; negative: none. LM_ERULE: the grids are others (b must lie on the samples of a, in its extent), or there is nothing at all.
 * Memory: 7 bytes per voxel of the box of both regions. */
LM_CHECKED lm_status lm_voxels_compare(const lm_regions *a, const lm_regions *b, double tol_mm, int threads, lm_voxels *out,
                                       lm_err *err);
void lm_voxels_release(lm_voxels *v);
/* pass: every region is there twice, and no border voxel is farther from the other than tol. Undecided: no distances. */
lm_verdict lm_voxels_judge(const lm_voxels *v, double tol_mm);
LM_CHECKED json_t *lm_voxels_json(const lm_voxels *v, lm_err *err); /* new reference */
void lm_voxels_table(const lm_voxels *v, lm_out *out);

#endif
