/* SPDX-License-Identifier: GPL-3.0-or-later */
/* threemf_read.h: the mesh of a 3MF package (3MF Core 1.4; rules in STANDARDS 11).
 *
 * All build items in model space, millimetres: vertices are rounded to float32 once after the unit and once more after the
 * transforms (of nested components and items together), where there are any; a transform of negative determinant turns the
 * triangles. Each item is a part: with two or more the triangles are labelled 1, 2, ... in the order of the items, or as our own
 * files say (mq:label). Names of objects and the colour of the base material that is theirs as a whole go to mesh->parts. Items of
 * type support or solidsupport are left, with a note. A file that carries our own metadata mq:Space (LPS, RAS, none) keeps
 * its mesh where it was and only places it on the bed: a translation of the items is then left out, with a note, and
 * mesh->space is set.
 *
 * Refused by rule: 3MF-01 references out of the package, doubled parts; 3MF-02 not one start part; 3MF-03 DOCTYPE, another
 * encoding than UTF-8, xml:space, unknown elements of the core namespace (unknown attributes, which a slicer writes, are a
 * note); 3MF-04 numbers; 3MF-05 unit, resources, build; 3MF-06 required extensions that change what the mesh means (known:
 * materials, production with p:path, slice, triangle sets); 3MF-07 ids doubled or not defined before; 3MF-08 metadata
 * twice; 3MF-09, 3MF-10 types; 3MF-14 vertex numbers; 3MF-17 transforms; 3MF-20, -22 paths and lattices in the wrong place.
 * Bounds: package.h for bytes, threemf_model.h for objects, depth, and how far components may multiply the triangles. */
#ifndef LM_FORMAT_THREEMF_READ_H
#define LM_FORMAT_THREEMF_READ_H

#include "base/io.h"
#include "stream/record.h"
#include "surface/mesh.h"

LM_CHECKED lm_status lm_threemf_read(lm_in *in, lm_mesh *mesh, lm_records *rec, lm_err *err);

#endif
