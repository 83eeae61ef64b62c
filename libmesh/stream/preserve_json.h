/* SPDX-License-Identifier: GPL-3.0-or-later */
/* preserve_json.h: what the record of dcmseg says of partial volumes, for surface/preserve.h, and what became of it, for the record
 * of mcubes (man/meshqa-stream.5). */
#ifndef LM_STREAM_PRESERVE_JSON_H
#define LM_STREAM_PRESERVE_JSON_H

#include "stream/record.h"
#include "surface/preserve.h"

/* Where the volumes come from: opt->from, and what goes with it. opt->partial holds what the user gave (NAN: nothing).
 *
 * A field that no stage has cut (dcmseg NULL, or nothing dropped, masked or cut by a region of interest) is measured, by the values
 * that the user gave here or at dcmseg; and so is a cut one when both values are given, since what was cut away then counts as
 * outside. Else a cut field has the volumes that dcmseg measured before it cut, when the level is the same. Of a field between two
 * thresholds nobody knows them. dcmseg: its record, when it belongs to the volume. *list: of opt->of_piece, free() it.
 * LM_EUSAGE when one value alone is given for a cut field. */
LM_CHECKED lm_status lm_preserve_source(const json_t *dcmseg, double iso, lm_preserve_opt *opt, lm_partial **list, lm_err *err);
/* {found, moved, left {no-pure-samples, not-measured, uncertain, beyond}, partial_mm3, u_mm3, moved_mm, pieces [{voxel_count,
 * plain_mm3, partial_mm3, u_mm3, mesh_mm3, shift, u_shift, held, left}]}: partial_mm3 and u_mm3 of all that were moved; the largest
 * LM_PRESERVE_LISTED pieces; left is a word where the piece was. New reference. */
enum { LM_PRESERVE_LISTED = 20 };
LM_CHECKED json_t *lm_preserve_json(const lm_preserve_facts *f, lm_err *err);
/* How many pieces were moved, or left for this reason, as a sentence; false: none. */
enum { LM_PRESERVE_TEXT = 240 };
bool lm_preserve_text(const lm_preserve_facts *f, lm_preserve_why why, char text[LM_PRESERVE_TEXT]);

#endif
