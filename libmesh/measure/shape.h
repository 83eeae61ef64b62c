/* SPDX-License-Identifier: GPL-3.0-or-later */
/* shape.h: axes, oriented box, and the shape family of IBSI of a closed mesh.
 *
 * Second moments of the solid by the divergence theorem (Tonon: Explicit exact formulas for the 3-D tetrahedron inertia tensor,
 * J. Math. Stat. 1, 2005) about the middle of its box, in fixed blocks: an offset of 1e6 mm costs no digits. Diameter,
 * oriented box and convex hull need no closed mesh; all three are of the vertices that triangles name (hull.h, diameter.h, obb.h).
 * Names and codes are those of the Image Biomarker Standardisation Initiative (IBSI reference manual, 3.1; arXiv 1612.07003). IBSI
 * takes the axes of the voxels' centres; here they are those of the solid, which differ by what a voxel is large.
 */
#ifndef LM_MEASURE_SHAPE_H
#define LM_MEASURE_SHAPE_H

#include "measure/diameter.h"
#include "measure/fit.h"
#include "measure/mass.h"
#include "measure/obb.h"

typedef struct {
    bool has_axes; /* the mesh has a volume; else axes and ratios are NAN */
    lm_diameter diameter;
    double covariance[3];          /* of the solid along its axes, mm2, descending */
    double axis[3][3];             /* unit vectors, right-handed; the largest component of the first two is positive */
    double length_mm[3];           /* 4 sqrt(covariance): IBSI TDIC, P9VJ, 7J51 */
    lm_obb box;                    /* a small oriented box */
    double convex_mm3, convex_mm2; /* of the convex hull */
    double sphericity, asphericity, compactness1, compactness2, disproportion; /* QCFX, 25C7, SKGS, BQWJ, KRCK */
    double surface_to_volume, elongation, flatness;                            /* 2PR5 (1/mm), Q3CK, N17B */
    double density_box, density_obb, density_convex; /* volume over that of the upright box, oriented box, hull: PBX1, ZH1A, R3ER */
    size_t n_fits;                                   /* what was fitted to regions, borrowed; set by the caller */
    const lm_fit *fit;
    double cavity_mm3;              /* trapped, all together */
    const struct lm_vessel *vessel; /* along its centreline (vessel.h); NULL: not measured. Borrowed */
    const struct lm_print *print;   /* of the mesh as it is written (print.h); NULL: not made. Borrowed */
} lm_shape;

/* m without labels, mass its measures. */
LM_CHECKED lm_status lm_shape_of(const lm_mesh *m, const lm_mass *mass, lm_shape *out, lm_err *err);

#endif
