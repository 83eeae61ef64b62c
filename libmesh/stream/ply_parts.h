/* SPDX-License-Identifier: GPL-3.0-or-later */
/* ply_parts.h: names and colours of a mesh's parts as header lines of PLY (man/meshqa-stream.5):
 *
 *   obj_info meshqa_part LABEL RRGGBB|- [NAME]     one per part
 *   obj_info meshqa_part LABEL + MORE              the rest of a name that would make the line too long
 *
 * The name is UTF-8, with '%' and all bytes above 126 as %XX, so that the header stays ASCII. */
#ifndef LM_STREAM_PLY_PARTS_H
#define LM_STREAM_PLY_PARTS_H

#include "base/io.h"
#include "volume/parts.h"

enum { LM_PLY_PARTS_LINE = 200 }; /* bytes of the longest line with its end */

/* One line; s is what follows "meshqa_part ". LM_EFORMAT: it is none; LM_ERULE: as lm_parts_add. */
LM_CHECKED lm_status lm_ply_parts_read(const char *s, lm_parts *parts, lm_err *err);
void lm_ply_parts_write(lm_out *out, const lm_parts *parts);

#endif
