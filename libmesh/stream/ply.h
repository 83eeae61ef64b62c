/* SPDX-License-Identifier: GPL-3.0-or-later */
/* ply.h: meshes as PLY (DESIGN 3, STANDARDS 10).
 *
 * Written: binary_little_endian, float x y z [quality [uchar red green blue]], list uchar int vertex_indices; `comment SPACE=LPS`,
 * `obj_info units mm`, `obj_info meshqa_payload BYTES CRC32`, records as `obj_info meshqa_record N k/m ...` in lines of at
 * most 200 bytes (MeshLab 2020.09 refuses about 500, VTK some thousands).
 * A mesh of several parts carries `property uint label` and, where walls are shared, `label_back` behind the corners of each face;
 * A mesh that material was added to carries the solid as it was (mesh.h) behind the faces, as elements `before_vertex` and
 * `before_face`, laid out as a plain mesh is: other programs pass over them. Names and colours as ply_parts.h says. Labels that
 * number no parts (0 among them, none of our keys) are left out with a note. Read: ASCII, little and big endian, any property order
 * and extra properties, polygons cut by lm_polygon_cut; counts are checked against what is left of the input before memory is
 * taken. A stream with our keys must have exactly the stated bytes and checksum. A unit named in a comment goes to rec->unit_mm. */
#ifndef LM_STREAM_PLY_H
#define LM_STREAM_PLY_H

#include "base/io.h"
#include "stream/record.h"
#include "surface/mesh.h"

LM_CHECKED lm_status lm_ply_read(lm_in *in, lm_mesh *mesh, lm_records *rec, lm_err *err);
LM_CHECKED lm_status lm_ply_write(lm_out *out, const lm_mesh *mesh, lm_records *rec, lm_err *err);

/* CRC-32 and bytes of the payload that the mesh would be written as. */
LM_CHECKED lm_status lm_ply_checksum(const lm_mesh *mesh, uint32_t *crc, uint64_t *bytes, lm_err *err);

#endif
