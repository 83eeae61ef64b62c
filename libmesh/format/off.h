/* SPDX-License-Identifier: GPL-3.0-or-later */
/* off.h: meshes as OFF (Geomview, Object File Format).
 *
 * Read: OFF, COFF, NOFF, CNOFF, STOFF and their mixtures: a vertex per line, of which the first three numbers are the
 * position, a face per line, what stands behind its corners is left. Comments, empty lines; counts on the line of the keyword
 * or the next. Polygons are cut by lm_polygon_cut; faces of one or two corners (points and edges) are left, with a note.
 * "UNITS=" and "SPACE=" in a comment are heeded. OFF BINARY, 4OFF and nOFF are refused by name. Counts are checked
 * against the bytes that are left; short files are cut off, more lines than counted are refused.
 * Written: OFF with a comment, 9 significant digits (-0 as 0). OFF holds one part: labels are LM_ERULE. */
#ifndef LM_FORMAT_OFF_H
#define LM_FORMAT_OFF_H

#include "base/io.h"
#include "stream/record.h"
#include "surface/mesh.h"

typedef struct {
    const char *name;    /* of the part, or NULL */
    const char *case_id; /* or NULL */
} lm_off_opt;
#define LM_OFF_OPT_INIT \
    { \
        .name = NULL \
    }

/* Does text begin as OFF does (blanks, comments, then a keyword ending in OFF)? */
bool lm_off_begins(const char *p, size_t n);
LM_CHECKED lm_status lm_off_read(lm_in *in, lm_mesh *mesh, lm_records *rec, lm_err *err);
/* The mesh must be valid in the sense of lm_mesh_validate. */
LM_CHECKED lm_status lm_off_write(lm_out *out, const lm_off_opt *opt, const lm_mesh *mesh, lm_err *err);

#endif
