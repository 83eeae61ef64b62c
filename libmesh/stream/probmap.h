/* SPDX-License-Identifier: GPL-3.0-or-later */
/* probmap.h: a probability map from a file: NRRD or NIfTI, every sample from 0 to 1. */
#ifndef LM_STREAM_PROBMAP_H
#define LM_STREAM_PROBMAP_H

#include "base/hash.h"
#include "volume/volume.h"

/* Every sample is from 0 to 1: LM_ERULE names the first that is not, NaN too, and its place. */
LM_CHECKED lm_status lm_probmap_check(const lm_vol *v, lm_err *err);
/* Put v on the grid of `to`: same samples in the same places, within 1e-3 of a voxel, whatever the order and direction of the axes.
 * LM_ERULE: another grid; both are told. */
LM_CHECKED lm_status lm_probmap_place(lm_vol *v, const lm_vol *to, lm_err *err);
/* Read, check, place. axes: as lm_volfile_read. sha256: of the file. Frames name the file. out is replaced. */
LM_CHECKED lm_status lm_probmap_read(const char *path, const char *axes, const lm_vol *to, lm_vol *out, char sha256[LM_SHA256_HEX],
                                     lm_err *err);

#endif
