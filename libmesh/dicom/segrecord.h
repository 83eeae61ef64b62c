/* SPDX-License-Identifier: GPL-3.0-or-later */
/* segrecord.h: the record of dcmseg: options as resolved, source, mask, named volumes of object, pieces and labels (DESIGN 4;
 * man/meshqa-stream.5).
 *
 * Its entry in the ledger has the volumes of the components: of the pieces of a field, of the labels of a label map; by size, at
 * most LM_SEGRECORD_PARTS, and what is left as one sum, so that they add up to the entry. */
#ifndef LM_DICOM_SEGRECORD_H
#define LM_DICOM_SEGRECORD_H

#include "dicom/masks.h"
#include "segment/steps.h"
#include "stream/record.h"
#include "volume/pieces.h"
#include "volume/segment.h"

enum { LM_SEGRECORD_PARTS = 256 };

typedef struct {
    /* what the user chose */
    const char *case_id; /* or NULL */
    const lm_identity *identity;
    bool unshift;              /* moved slices were moved back */
    const char *keep, *preset; /* words; preset may be NULL */
    const char *space;         /* where the axes of a NIfTI file lead that does not state it, or NULL */
    const lm_segment_opt *seg;
    const lm_steps *steps;           /* where keep and a threshold do not say it all; else NULL */
    const lm_step_facts *step_facts; /* of each */
    bool occupancy;                  /* no threshold: a mask is all there is */
    bool by_label;                   /* labels were asked for by name, or the mask is the source itself */
    bool alone;                      /* nothing but the mask was read */
    const lm_partial_opt *partial;
    /* what came of it */
    json_t *source;
    json_t *channels;                 /* {name, source} of each channel, of the first {name}; NULL: there are none */
    const char *unit;                 /* "HU" or "1" */
    const lm_masks *mask;             /* or NULL */
    const lm_segment_facts *facts;    /* NULL: labels went out as they are */
    const lm_pieces *pieces;          /* of a field; NULL: there is none */
    const lm_regions *labels;         /* what went out as a label map, or NULL */
    const lm_label_volumes *of_label; /* of the mask's regions, or NULL */
    bool grey;                        /* with partial volumes */
    json_t *review;                   /* what is to be looked at (stream/reviewlist.h), or NULL */
} lm_segrecord;

/* A record with libraries and what every one has: case, what of the identity goes out. New reference. */
LM_CHECKED lm_status lm_segrecord_start(const lm_segrecord *s, json_t **ret, lm_err *err);
/* All of it. New reference. */
LM_CHECKED lm_status lm_segrecord_new(const lm_segrecord *s, json_t **ret, lm_err *err);
/* Add the source's warnings to the findings. */
LM_CHECKED lm_status lm_segrecord_warnings(json_t *rec, const json_t *source, lm_err *err);

#endif
