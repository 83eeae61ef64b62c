/* SPDX-License-Identifier: GPL-3.0-or-later */
/* regions.h: named segments on one grid, which may overlap, as runs of samples: what every source of masks is read into
 * (STANDARDS 4, 5, 10), and what segments are picked from. 16 bytes per run; a grid of any size costs nothing by itself. */
#ifndef LM_VOLUME_REGIONS_H
#define LM_VOLUME_REGIONS_H

#include "volume/parts.h"
#include "volume/volume.h"

enum { LM_REGIONS_MAX = 65535, LM_REGION_SCHEME = 17, LM_REGION_CODE = 65 };

typedef struct {
    uint64_t start, n; /* samples start .. start+n-1, index into the grid, all in one row */
} lm_run;

typedef struct {
    lm_part part;                                                                 /* its number, name and colour */
    char scheme[LM_REGION_SCHEME], code[LM_REGION_CODE], meaning[LM_REGION_CODE]; /* property type (SCT 10200004 Liver), or "" */
    size_t n_runs, cap;
    lm_run *run; /* ascending; two runs of a row do not touch; owned */
    uint64_t voxels;
} lm_region;

typedef struct {
    size_t n[3]; /* grid, as in lm_vol */
    double dir[3][3], origin[3];
    size_t count, cap;
    lm_region *item; /* ascending by part.label, at most LM_REGIONS_MAX; owned */
} lm_regions;
#define LM_REGIONS_INIT \
    { \
        .count = 0 \
    }

void lm_regions_release(lm_regions *r); /* accepts a zeroed or half-built struct; leaves LM_REGIONS_INIT */
/* No regions, on the grid of v (its samples are not looked at). */
void lm_regions_on(lm_regions *r, const lm_vol *v);
/* The grid as a volume without samples, for lm_vol_det and its kin. */
lm_vol lm_regions_grid(const lm_regions *r);

/* A new region without samples, in its place by part->label; *ret lives until the next call. LM_ERULE: label 0 or there
 * already; LM_ERANGE: too many. */
LM_CHECKED lm_status lm_regions_add(lm_regions *r, const lm_part *part, lm_region **ret, lm_err *err);
/* The region with this number, or NULL; valid until the next call of lm_regions_add. */
lm_region *lm_regions_find(const lm_regions *r, uint32_t label);
/* Append samples start .. start+n-1 to region g of r (n >= 1). LM_ERULE: before the end of its last run, beyond the grid, or
 * in more than one row. */
LM_CHECKED lm_status lm_regions_run(const lm_regions *r, lm_region *g, uint64_t start, uint64_t n, lm_err *err);
/* Two regions that share samples: *a < *b are indices, *voxels how many. *a = *b = 0 and *voxels = 0: none do. Of several
 * pairs that whose shared sample comes first. */
LM_CHECKED lm_status lm_regions_overlap(const lm_regions *r, size_t *a, size_t *b, uint64_t *voxels, lm_err *err);

/* Label map with its parts: the smallest of u8, u16, u32 that holds the labels; 0 elsewhere. out is replaced. LM_ERULE when
 * regions overlap: both are named. */
LM_CHECKED lm_status lm_regions_to_vol(const lm_regions *r, lm_vol *out, lm_err *err);
/* One region per label that occurs; names and colours from v->parts. Samples of any type whose values are whole numbers 0
 * .. 2^32-1 (LM_ERULE names the first that is not). out is replaced. */
LM_CHECKED lm_status lm_regions_from_vol(const lm_vol *v, lm_regions *out, lm_err *err);
/* The one region {v >= level}. out is replaced. */
LM_CHECKED lm_status lm_regions_from_level(const lm_vol *v, double level, const lm_part *part, lm_regions *out, lm_err *err);
/* u8 volume: 1 in the regions with pick[index] (NULL: in any), 0 elsewhere. out is replaced. */
LM_CHECKED lm_status lm_regions_mask(const lm_regions *r, const bool *pick, lm_vol *out, lm_err *err);
/* Least and greatest index of the samples of the regions that are picked; false when there are none. */
bool lm_regions_box(const lm_regions *r, const bool *pick, size_t lo[3], size_t hi[3]);
/* lm_regions_mask of samples lo .. hi of the grid only; what lies outside is lost. */
LM_CHECKED lm_status lm_regions_window(const lm_regions *r, const bool *pick, const size_t lo[3], const size_t hi[3], lm_vol *out,
                                       lm_err *err);
/* lm_regions_mask as bits: rows of lm_mask_words(n[0]) words each (mask.h), in *bits, from malloc. */
LM_CHECKED lm_status lm_regions_bits(const lm_regions *r, const bool *pick, uint64_t **bits, lm_err *err);

/* How far apart two grids' samples lie, in voxels of the first: *gap is the largest distance along an axis from a sample of
 * `to` to the nearest lattice point of r, *same: within 1e-3, one sample for one (the axes may run in another order or
 * direction, and the grids may cover different extents). */
void lm_regions_fit(const lm_regions *r, const lm_vol *to, bool *same, double *gap);
/* The regions on the grid of `to`: each sample belongs to what its nearest sample of r belongs to (halves go up), so that
 * grids that fit copy exactly. What lies beyond `to` is lost: compare the voxels. out is replaced. */
LM_CHECKED lm_status lm_regions_regrid(const lm_regions *r, const lm_vol *to, lm_regions *out, lm_err *err);

#endif
