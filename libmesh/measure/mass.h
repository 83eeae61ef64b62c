/* SPDX-License-Identifier: GPL-3.0-or-later */
/* mass.h: volume, area, box, centroid and components of a mesh, each with a bound on what float32 rounding can have done.
 *
 * Volume and centroid are sums over the tetrahedra that the triangles span with the centre of the box (divergence
 * theorem; Mirtich: Fast and accurate computation of polyhedral mass properties, JGT 1996), in double precision, in fixed
 * blocks of each component's triangles, added in order: the result does not depend on threads, and an offset of 1e6 mm
 * costs no digits. They have a meaning only when the triangles' directed edges cancel; a mesh where they do not has no
 * volume here, and the number of edges that are to blame is told. */
#ifndef LM_MEASURE_MASS_H
#define LM_MEASURE_MASS_H

#include "surface/mesh.h"

typedef struct {             /* one component: triangles joined by shared edges */
    size_t triangles, first; /* index of its first triangle */
    double volume_mm3;       /* negative: a cavity (or inside out) */
    double area_mm2;
} lm_mass_part;

/* The bounds (u_...) hold for the coordinates before they were rounded to float32, each by at most half a unit in the
 * last place, and for our own sums. They say nothing of how well the mesh follows the anatomy. */
typedef struct {
    size_t open_edges; /* edges with one triangle */
    size_t unbalanced; /* edges whose triangles do not cancel: the open ones, flipped ones, odd fans */
    double gap_mm[3];  /* middle of the first open edge, or else of the first unbalanced one */
    bool has_volume;   /* unbalanced == 0 and there are triangles; else volume and centroid are NAN */
    double volume_mm3, u_volume_mm3;
    double area_mm2, u_area_mm2;
    double lo_mm[3], hi_mm[3];            /* box of the vertices that triangles name */
    double u_box_mm[3];                   /* for one face of the box */
    double centroid_mm[3], u_centroid_mm; /* of the solid; u for each coordinate and for the distance to a point */
    size_t parts, cavities;               /* components; those with negative volume */
    lm_mass_part *part;                   /* largest |volume| first (area where there is no volume), ties: first triangle; owned */
} lm_mass;
#define LM_MASS_INIT \
    { \
        .part = NULL \
    }

/* m as lm_mesh_validate accepts it. LM_ERULE when it has no triangles. Memory about 40 bytes per triangle. */
LM_CHECKED lm_status lm_mass_measure(const lm_mesh *m, lm_mass *out, lm_err *err);
void lm_mass_release(lm_mass *m);
/* LM_OK, or LM_ERULE with the reason why the mesh has no volume, and where. */
LM_CHECKED lm_status lm_mass_solid(const lm_mass *m, lm_err *err);

#endif
