/* SPDX-License-Identifier: GPL-3.0-or-later */
/* obj.h: meshes as Wavefront OBJ (STANDARDS 10; B1 Object Files, Advanced Visualizer manual, appendix B1).
 *
 * Read: v (x y z; weights and colours behind them are left), f with any of a, a/b, a//c, a/b/c, positive numbers from 1,
 * negative ones from the end; polygons are cut by lm_polygon_cut. A line that ends in a backslash goes on. "o" begins a part:
 * where faces stand under more than one, they are labelled 1, 2, ... in order, and its name goes to mesh->parts. Groups, materials,
 * normals, lines and points are left; no file is opened. Free-form surfaces, call and csh are refused by name, other words as junk.
 * "UNITS=" and "SPACE=" in a comment are heeded. Vertices keep their numbers.
 * Written: v with 9 significant digits (-0 as 0), f by number, one "o NAME" per label; walls that parts share stand in both. */
#ifndef LM_FORMAT_OBJ_H
#define LM_FORMAT_OBJ_H

#include "base/io.h"
#include "stream/record.h"
#include "surface/mesh.h"

typedef struct {
    const char *name;    /* of the part, or NULL */
    const char *case_id; /* or NULL */
} lm_obj_opt;
#define LM_OBJ_OPT_INIT \
    { \
        .name = NULL \
    }

LM_CHECKED lm_status lm_obj_read(lm_in *in, lm_mesh *mesh, lm_records *rec, lm_err *err);
/* The mesh must be valid in the sense of lm_mesh_validate. */
LM_CHECKED lm_status lm_obj_write(lm_out *out, const lm_obj_opt *opt, const lm_mesh *mesh, lm_err *err);

#endif
