/* SPDX-License-Identifier: GPL-3.0-or-later */
/* stl.h: meshes as STL, binary and ASCII (STANDARDS 10 and trap 14).
 *
 * Read: binary when the size is 84 + 50*n, whatever the header says; on a pipe, where the size is not known, ASCII when
 * the input begins with "solid" and its first 4096 bytes hold no zero byte. A count that does not fit the bytes is
 * refused, so are zero facets and coordinates that are no finite float32; normals and attribute bytes are not looked at.
 * ASCII: any white space and line ends, any case, several solids (one mesh, its facets labelled 1, 2, ...), a missing
 * endsolid, words after endloop and endfacet. Corners are joined by lm_join; facets keep their order, the degenerate ones
 * too. "SPACE=" and "UNITS=" in the header or solid name are heeded (lm_meshtext_words).
 *
 * Written: header or solid name "UNITS=mm SPACE=LPS CASE=... NAME=...", normals computed in double from the float32
 * vertices and rounded (0 0 0 for a facet without area). admesh and PrusaSlicer take a binary file for text unless one of
 * its bytes 84..211 is above 127. Nearly every unit normal has such a byte (1.0f has); when there is none, the first facet
 * of the mesh that has one is written first; when no facet has one, the first component of the first normal becomes -0
 * if it is 0, else it is off by less than 128 ulp. Vertices are always bit-exact. */
#ifndef LM_FORMAT_STL_H
#define LM_FORMAT_STL_H

#include "base/io.h"
#include "stream/record.h"
#include "surface/mesh.h"

typedef struct {
    bool ascii;
    const char *name;    /* of the part, or NULL; cut to the room there is */
    const char *case_id; /* or NULL; LM_EUSAGE when it does not fit the 80-byte header */
} lm_stl_opt;
#define LM_STL_OPT_INIT \
    { \
        .ascii = false \
    }

LM_CHECKED lm_status lm_stl_read(lm_in *in, lm_mesh *mesh, lm_records *rec, lm_err *err);
/* The mesh must be valid in the sense of lm_mesh_validate, have a triangle and no labels. */
LM_CHECKED lm_status lm_stl_write(lm_out *out, const lm_stl_opt *opt, const lm_mesh *mesh, lm_err *err);
/* Normal of one triangle: unit length, or zero when the area is. */
void lm_stl_normal(const lm_mesh *mesh, size_t t, float n[3]);

#endif
