/* SPDX-License-Identifier: GPL-3.0-or-later */
/* places_json.h: places of faults as JSON (man/meshfix.1), and as a PLY file with the faulty triangles in colour. */
#ifndef LM_STREAM_PLACES_JSON_H
#define LM_STREAM_PLACES_JSON_H

#include "base/io.h"
#include "surface/places.h"
#include <jansson.h>

/* Places of one kind that are written out; all are counted. */
enum { LM_PLACES_JSON = 1000 };
/* {"open_edges": [{"triangle": t, "at": [x, y, z]}, ...], "selfintersecting_pairs": [{..., "other": u, "kind": "crossing"}, ...]};
 * NULL: LM_ENOMEM. */
LM_CHECKED json_t *lm_places_json(const lm_places *p, lm_err *err);
/* Binary PLY: the mesh, each face with uchar red, green, blue and uchar fault: 0 grey and sound, else 1 + the lowest lm_fault it
 * has. */
LM_CHECKED lm_status lm_places_mark(lm_out *out, const lm_mesh *m, const lm_places *p, lm_err *err);

#endif
