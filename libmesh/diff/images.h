/* SPDX-License-Identifier: GPL-3.0-or-later */
/* images.h: two grey volumes compared sample by sample: how many differ, where, by how much; both ways, nothing resampled.
 *
 * Differences are b - a. NaN equals NaN; NaN against a number is a difference without a size. Sums by slice, added in order. */
#ifndef LM_DIFF_IMAGES_H
#define LM_DIFF_IMAGES_H

#include "base/io.h"
#include "volume/volume.h"
#include <jansson.h>

typedef struct {
    size_t border;  /* samples at each face that are not looked at */
    double allowed; /* differences of at most so much do not count, >= 0 */
    int threads;    /* 0: as lm_pool_threads */
} lm_images_opt;

typedef struct {
    size_t ijk[3];
    double mm[3], value[2]; /* patient space; in a and in b */
} lm_images_place;

typedef struct {
    bool same_grid;
    char grid[160];                         /* what is different about it, for people */
    uint64_t compared, differ, nan;         /* samples; those that differ by more than allowed; of these with NaN in one only */
    lm_images_place first, least, greatest; /* of those that differ the first, and those with the least and greatest b - a */
    size_t lo[3], hi[3];                    /* box of the samples that differ */
    double mean, rms;                       /* of b - a over all that were compared and are numbers */
} lm_images;

/* Read a volume: NRRD, NIfTI, or the only DICOM series of a file, folder or archive. vol is initialised by the caller. */
LM_CHECKED lm_status lm_images_read(const char *path, int threads, lm_vol *vol, lm_err *err);
/* Grids are the same when the sizes are, and no sample lies more than 1e-3 of a voxel beside the other's; else nothing is compared.
 * LM_EUSAGE: a border that leaves nothing. */
LM_CHECKED lm_status lm_images_compare(const lm_vol *a, const lm_vol *b, const lm_images_opt *opt, lm_images *out, lm_err *err);
LM_CHECKED json_t *lm_images_json(const lm_images *d, lm_err *err); /* new reference */
void lm_images_table(const lm_images *d, lm_out *out);

#endif
