/* SPDX-License-Identifier: GPL-3.0-or-later */
/* info.h: what there is to know of a series before it is used, also of one that is refused (G-8). The keys stand in dcmseg(1). */
#ifndef LM_DICOM_INFO_H
#define LM_DICOM_INFO_H

#include "base/io.h"
#include "dicom/source.h"
#include "volume/volume.h"
#include <jansson.h>

enum { LM_INFO_BINS = 32 };
/* Facts of a series (new reference): those of lm_source_json, and orientation, aspect, coding, padding, values and their histogram
 * (all samples are decoded, of images only), or the segments or regions of interest. What is not known is not there. An image that
 * cannot be decoded is the error of key "unreadable". opt->identity: how names of segments go out. */
LM_CHECKED json_t *lm_info_series(const lm_source *s, size_t series, const lm_source_opt *opt, lm_err *err);
/* Facts of a volume of another program (lm_volfile_load), which are completed by orientation, values and histogram. */
LM_CHECKED lm_status lm_info_volume(const lm_vol *v, json_t *facts, lm_err *err);
/* The same for people; description is text that JSON never has, or "". Every bar of the histogram is as long as its count has
 * binary digits. ASCII but for the description. */
void lm_info_table(const json_t *info, const char *description, lm_out *out);

#endif
