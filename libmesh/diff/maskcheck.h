/* SPDX-License-Identifier: GPL-3.0-or-later */
/* maskcheck.h: a mesh against a mask by itself: as large, in the same place, on the same side?
 *
 * The mesh is turned into voxels on the mask's own lattice, as far as both reach (voxelize.h). Volume against the count of voxels,
 * or against the two-class partial volume where grey values tell it at least as well; the centroid against that of the mask's
 * surface at half way between voxels; Dice; voxels of one only with no surface of the mask near; 95th percentile (the larger of
 * the two directed ones) and mean of the distances of the borders' voxels (voxels.h).
 * What the voxels do not tell of the reference's volume is that each at the surface may be cut anywhere, sqrt(n / 12) of them, n
 * the area over that of a voxel's side (budget.h): twice that is in u. */
#ifndef LM_DIFF_MASKCHECK_H
#define LM_DIFF_MASKCHECK_H

#include "diff/voxels.h"
#include "measure/against.h"
#include "volume/partial.h"

#define LM_MASKCHECK_SAMPLES 4294967296.0 /* the lattice over mesh and mask has at most so many */

typedef struct {
    const lm_tol *tol;         /* as in against.h */
    const lm_partial *partial; /* two-class partial volume of the mask, or NULL */
    const char *volume_is;     /* what the count of voxels is called; static text; NULL: as it is */
    double occupied_mm3;       /* of a mask of occupancies: their sum, which is the reference where it is no count; 0: none */
    const char *suffix;        /* behind the names: "" or " 2" */
    const char *note;          /* behind that of the place, or "" */
    int threads;
} lm_maskcheck_opt;

typedef struct {
    const char *volume_is;    /* which named volume is the reference */
    double volume_mm3, u_mm3; /* u: one standard deviation */
    double voxel_mm3;
    bool sheared; /* the axes of the grid are not perpendicular: no distances */
    bool beside;  /* the boxes of mesh and mask have nothing in common: no distances */
    lm_overlap overlap;
    lm_voxels_pair pair; /* apart: there are distances */
} lm_maskcheck;

/* mask: its one region, with samples, is the reference. Adds "mask volume", "mask centroid-shift", "mask dice", "mask misplaced",
 * "mask hd95", "mask assd" to list (of a sheared grid without the last two, of bodies that are beside each other the first three).
 * LM_ERANGE: mesh and mask together need a larger lattice than LM_MASKCHECK_SAMPLES. Memory: 9 bytes per sample of it at most. */
LM_CHECKED lm_status lm_maskcheck_run(const lm_regions *mask, const lm_mesh *mesh, const lm_mass *mass, const lm_maskcheck_opt *opt,
                                      lm_maskcheck *out, lm_verdict_list *list, lm_err *err);
/* {volume_is, volume_mm3, u_mm3, mesh_voxels, .. as voxels.h has them} (new reference). */
LM_CHECKED json_t *lm_maskcheck_json(const lm_maskcheck *m, lm_err *err);

#endif
