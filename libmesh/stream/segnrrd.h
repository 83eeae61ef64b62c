/* SPDX-License-Identifier: GPL-3.0-or-later */
/* segnrrd.h: the keys by which an NRRD file is a segmentation of 3D Slicer (.seg.nrrd): SegmentN_ID, _Name, _LabelValue, _Layer,
 * _Color, _Extent, _Tags with a TerminologyEntry, Segmentation_... (Slicer's developer guide, "Segmentation labelmap file
 * format"). Older files without _LabelValue and _Layer have one layer per segment with label 1. */
#ifndef LM_STREAM_SEGNRRD_H
#define LM_STREAM_SEGNRRD_H

#include "stream/nrrd_head.h"
#include "volume/regions.h"

typedef struct {
    lm_region region; /* number, name, colour, terms; no runs */
    size_t layer;
    uint32_t value; /* of its samples in that layer */
} lm_segnrrd_item;
typedef struct {
    size_t n;
    lm_segnrrd_item *item; /* ascending by layer and value; owned */
} lm_segnrrd;
#define LM_SEGNRRD_INIT \
    { \
        .n = 0 \
    }

/* What the keys of h say; none: no segments. A segment's number is its value where no value occurs twice, else its place in
 * the file, from 1. Names go through lm_parts_clean. LM_EFORMAT: a value, layer or colour that is none, two segments that
 * share a value in one layer. On error out is empty. */
LM_CHECKED lm_status lm_segnrrd_parse(const lm_nrrd_head *h, lm_segnrrd *out, lm_err *err);
void lm_segnrrd_release(lm_segnrrd *s);
/* Header lines for the parts of a label map of n samples. Where `terms` (or NULL) has a region of the number, its terms go with
 * it. A part without colour gets one of its own, by its number, and has
 * none again when it is read. */
void lm_segnrrd_put(lm_out *out, const size_t n[3], const lm_parts *parts, const lm_regions *terms);

#endif
