/* SPDX-License-Identifier: GPL-3.0-or-later */
/* moments.h: the region {f >= level} of the trilinear interpolant: its volume, centroid, and the box of its surface.
 *
 * The region is closed at the border of the volume as marching cubes closes it (surface/mcubes.h), half a voxel
 * outside: around the samples lies one more layer of virtual ones. With g = f - level at the nearest sample of the
 * border and d = along how many axes the virtual sample lies outside (1 beyond a face, 2 beyond an edge, 3 beyond a
 * corner), its value is level + g - 2d |g|. So next to samples inside, the closure is the plane at half a voxel, edges
 * and corners of the volume are cut off by planes as marching cubes does, and at the rim of the object it runs out to
 * the border within one cell (rounder than the straight slope of marching cubes: a few hundredths of a voxel per cell of
 * rim). A solid block of n samples along each axis has (n-1)^3 + 3 (n-1)^2 + 3/2 (n-1) + 1/6 voxels: faces 1/2, edges
 * 1/8, corners 1/48. A sample equal to the level is inside by the least amount, as if the level were a little lower.
 *
 * Cells with all corners inside count whole. In the others the length along i is exact (the field is linear there);
 * along j and k the integrand is cut where an edge of the cell crosses the level and at the saddles of its slices, and
 * each smooth piece is integrated by three Gauss points. Exact for planes at any tilt (to rounding). For cells with
 * random corners the error is 1e-4 of a cell on average with a mean of 1e-6, and 5e-3 at most of those tried; for a
 * sphere of two voxels' radius 1e-5 of its volume. */
#ifndef LM_VOLUME_MOMENTS_H
#define LM_VOLUME_MOMENTS_H

#include "volume/slices.h"

typedef struct {
    size_t inside; /* samples >= level */
    double volume_mm3;
    double centroid_mm[3];     /* LPS; of the box where the region has no volume */
    double lo_mm[3], hi_mm[3]; /* box of the crossings of grid edges, border closure included; LPS */
    bool border;               /* a sample inside lies on the border of the volume */
} lm_moments;

/* No NaN in v. With nothing inside all of out is zero. The result is the same for any number of threads. */
LM_CHECKED lm_status lm_moments_of(const lm_vol *v, double level, int threads, lm_moments *out, lm_err *err);
/* The part of that volume that belongs to some of the samples inside: rows of bits (mask.h). A cell in which samples of several
 * parts are inside counts for each by its share of them, so that the volumes of parts that share no sample add up to the whole. */
LM_CHECKED lm_status lm_moments_part(const lm_vol *v, double level, const uint64_t *part, int threads, double *mm3, lm_err *err);
/* The same of a volume that comes slice by slice in windows: begin, add until the window has reached the end, end. */
typedef struct lm_moments_sum lm_moments_sum;
LM_CHECKED lm_status lm_moments_begin(const lm_vol *grid, double level, int threads, lm_moments_sum **ret, lm_err *err);
/* Take in what the window shows: its first slice must be one that was in the window before, or the first of all. */
LM_CHECKED lm_status lm_moments_add(lm_moments_sum *s, const lm_slices *in, lm_err *err);
void lm_moments_end(const lm_moments_sum *s, lm_moments *out);
void lm_moments_free(lm_moments_sum *s); /* NULL is fine */
/* Unit cell with values f[x + 2y + 4z] at its corners: out = volume of {f >= 0} and its first moments in x, y, z. */
void lm_moments_cell(const double f[8], double out[4]);

#endif
