/* SPDX-License-Identifier: GPL-3.0-or-later */
/* contours.h: closed planar contours of one structure as samples of a grid, and the volume they enclose (STANDARDS R-1 .. R-4).
 *
 * Contours lie in planes across the grid's normal. Those within 0.05 mm of each other form one plane; in a plane a point is
 * inside when a line from it crosses the contours an odd number of times, so that holes by a second contour and holes by
 * keyholes both come out. A plane stands for a slab, half the way to its neighbours; the outermost ones reach half
 * the median step beyond. Planes more than 2.5 median steps apart are not neighbours: nothing is filled in between.
 * A sample belongs to the structure when its centre lies in a slab, lower bound included (within 0.01 mm), and inside that plane's
 * contours, moved along the normal; of a contour that runs through a centre the side of lower index is in. Corners are taken at
 * 2^-20 of a voxel, so that ties are ties. */
#ifndef LM_VOLUME_CONTOURS_H
#define LM_VOLUME_CONTOURS_H

#include "volume/regions.h"

typedef struct {
    size_t n;    /* corners */
    double *xyz; /* 3*n: mm, LPS */
} lm_contour;

typedef struct {
    size_t contours, planes;
    size_t twins;       /* contours that are there twice, corner by corner: counted once, as XOR would cancel them */
    size_t empty;       /* contours in which no sample lies */
    size_t between;     /* planes more than 0.05 mm away from every slice of the grid */
    double between_mm;  /* the largest of these distances */
    size_t beyond;      /* planes outside the grid */
    size_t filled;      /* neighbours from 1.5 to 2.5 median steps apart: a plane seems to be missing, and is filled */
    size_t broken;      /* further apart: not filled */
    bool cut;           /* a contour reaches beyond the rows or columns of the grid */
    double step_mm;     /* (lower) median distance of planes; of a single plane the grid's step */
    double contour_mm3; /* sum of area times slab: exact for the polygons, whatever the grid */
} lm_contours_facts;

/* Append the samples inside to region g of r, which has none. LM_ERULE R-2: a contour that lies across the slices; LM_EFORMAT:
 * fewer than 3 corners, or corners that are no use; LM_ERANGE: too much. */
LM_CHECKED lm_status lm_contours_raster(const lm_contour *c, size_t n, const lm_regions *r, lm_region *g, lm_contours_facts *facts,
                                        lm_err *err);
/* Area (mm2) inside n closed polygons in a plane by the odd-even rule; corners x, y of polygon i are xy[i][0 .. 2*count[i]-1].
 * Exact but for rounding. */
LM_CHECKED lm_status lm_contours_area(const double *const *xy, const size_t *count, size_t n, double *area, lm_err *err);

#endif
