/* SPDX-License-Identifier: GPL-3.0-or-later */
/* segrecord.h: the record of dcmseg (man/meshqa-stream.5): what was read, chosen and kept, never as typed but as resolved. */
#ifndef LM_DICOM_SEGRECORD_H
#define LM_DICOM_SEGRECORD_H

#include "dicom/masks.h"
#include "volume/segment.h"

typedef struct {
    const char *case_id; /* of the laboratory, or NULL */
    bool show_identity, keep_names;
    json_t *source;            /* facts of what was read (source.h, volfile.h, masks.h) */
    const char *unit;          /* of the samples: "HU" or "1" */
    const lm_segment_opt *seg; /* with occupancy the threshold counts for nothing */
    const char *keep, *preset; /* preset: or NULL */
    bool occupancy;
    const lm_masks *mask; /* its facts are NULL where there is none */
    bool alone, picked;   /* nothing but the mask was read; labels were named */
} lm_segrecord;

/* The record with its libraries, case and identity; what else is in it comes from the caller (new reference). */
LM_CHECKED lm_status lm_segrecord_new(const lm_segrecord *r, json_t **ret, lm_err *err);
/* The whole record. f: NULL where labels go out as they are; labels: NULL where a field goes out. */
LM_CHECKED lm_status lm_segrecord_make(const lm_segrecord *r, const lm_segment_facts *f, const lm_regions *labels, json_t **ret,
                                       lm_err *err);
/* The warnings of facts as findings of the record. */
LM_CHECKED lm_status lm_segrecord_warnings(json_t *rec, const json_t *facts, lm_err *err);

#endif
