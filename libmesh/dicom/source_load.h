/* SPDX-License-Identifier: GPL-3.0-or-later */
/* source_load.h: a series as a volume, with its facts and the digests of its images. */
#ifndef LM_DICOM_SOURCE_LOAD_H
#define LM_DICOM_SOURCE_LOAD_H

#include "dicom/digest.h"
#include "dicom/source.h"
#include "volume/volume.h"
#include <jansson.h>

/* Decode. facts (new reference) is the "source" object of the dcmseg record: kind, modality, series and frame (hashes),
 * instances, sha256_pixels (SHA-256 over the SHA-256 digests of each slice's stored pixel data, uncompressed, little-endian,
 * in slice order: it can be made in parallel, and lossless recompression does not change it), size, spacing_mm, slice_step_mm,
 * sha256_files and digests (digest.h), thickness_mm, tilt_deg, kernel, kvp, lossy, rescale_type, warnings [{rule,text}], gaps (what
 * opt->gaps made), phase {number,of,what}, motion [{slice,rest,px,mm}] (shift.h; moved_back: opt->unshift); never names, dates,
 * paths or free text. UIDs by identity.h; uid_key says under which key, or "shown". Samples are rescaled values: int16 where slope
 * and intercept are whole numbers and all fits, else float32. Padding samples (0028,0120) get the least value of the others. */
LM_CHECKED lm_status lm_source_load(const lm_source *s, size_t series, const lm_source_opt *opt, lm_vol *vol, json_t **facts,
                                    lm_err *err);
/* Digests of the images of a series, in the order of its members, all but the pixels': *d is owned. */
LM_CHECKED lm_status lm_source_digests(const lm_source *s, size_t series, const lm_source_opt *opt, lm_digest **d, lm_err *err);

#endif
