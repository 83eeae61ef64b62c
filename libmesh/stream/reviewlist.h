/* SPDX-License-Identifier: GPL-3.0-or-later */
/* reviewlist.h: the list of regions to be looked at (segment/review.h), as dcmseg's record has it, and as landmarks.
 *
 * {"id", "limit", "map_sha256", "object_voxels", "voxels", "mm3", "found", "regions": [{"region": 1, "voxels", "mm3", "centre_mm",
 * "slices": [first, last] counted from 1, "least", "mean"}], "rest": {"count", "voxels", "mm3"}}. id: 16 hexadecimal digits that
 * tell one list from any other; rest: of the regions that are not listed, absent when all are. */
#ifndef LM_STREAM_REVIEWLIST_H
#define LM_STREAM_REVIEWLIST_H

#include "base/io.h"
#include "segment/review.h"
#include "volume/regions.h"
#include <jansson.h>

typedef struct {
    const char *path; /* probability map */
    const char *axes; /* of a NIfTI file without orientation, or NULL */
    double limit;
    int threads;
} lm_reviewlist_ask;

/* Of the object that is v from its level on, or of all the regions where v is NULL. New reference. Errors of lm_probmap_read. */
LM_CHECKED lm_status lm_reviewlist_of(const lm_vol *v, const lm_regions *regions, const lm_reviewlist_ask *ask, json_t **ret,
                                      lm_err *err);
/* The centres: as 3D Slicer's point list where markups is set (.mrk.json), else as text, "point region-1 X Y Z" (caliper.h). */
LM_CHECKED lm_status lm_reviewlist_points(const json_t *list, bool markups, lm_out *out, lm_err *err);

#endif
