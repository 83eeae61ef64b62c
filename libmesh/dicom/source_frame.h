/* SPDX-License-Identifier: GPL-3.0-or-later */
/* source_frame.h: one image of a series as it is, also of what is no volume. */
#ifndef LM_DICOM_SOURCE_FRAME_H
#define LM_DICOM_SOURCE_FRAME_H

#include "dicom/source.h"
#include "volume/volume.h"
#include <jansson.h>

/* One image, number `frame` (from 1): a frame of the multi-frame object that is the series, else one of its images, by place
 * or Instance Number. vol becomes an image (lm_vol.image) of rescaled values with the pixels' spacing along dir: Pixel Spacing,
 * else that on the detector, else none (vol->unscaled); which stands in facts (kind "dicom-image"). Padding as in source_load.h. */
LM_CHECKED lm_status lm_source_frame(const lm_source *s, size_t series, size_t frame, const lm_source_opt *opt, lm_vol *vol,
                                     json_t **facts, lm_err *err);

#endif
