/* SPDX-License-Identifier: GPL-3.0-or-later */
/* contain.h: does one solid lie inside another, and by how much?
 *
 * b lies inside a when the surfaces have no point in common (exact, predicates.h: touching is meeting), all corners of b lie inside
 * a and none of a inside b (side.h; a cavity of a in b would be). Then the margin is the least distance of the surfaces: that of
 * two triangles is one between a corner and a triangle or between two sides (Ericson, Real-Time Collision Detection, 2005, 5.1.9).
 */
#ifndef LM_DIFF_CONTAIN_H
#define LM_DIFF_CONTAIN_H

#include "base/io.h"
#include "measure/verdict.h"
#include "surface/mesh.h"
#include <jansson.h>

typedef struct {
    bool meet, inside;   /* the surfaces have a point in common; b lies inside a */
    double lower, upper; /* mm, of the least distance of the surfaces; 0 where they meet. As close as rounding lets them be */
    double at[3], to[3]; /* the points of b and a that are so near; the same middle of a triangle where they meet */
    double out;          /* mm: the greatest distance of a corner of b from a, outside of it; 0: none is outside */
    double out_at[3];    /* that corner */
} lm_contain;

/* Both valid (audit.h), in one frame. Memory: 90 bytes per triangle of both. The same for any number of threads. */
LM_CHECKED lm_status lm_contain_run(const lm_mesh *a, const lm_mesh *b, int threads, lm_contain *out, lm_err *err);
/* pass: b lies inside a and upper >= margin_mm: the rounding of doubles, 1e-13 of the coordinates, is in favour of what is asked,
 * as coordinates are float32 and 1.5 mm between two boxes are 1.5 mm. Else fail. */
lm_verdict lm_contain_judge(const lm_contain *c, double margin_mm);
LM_CHECKED json_t *lm_contain_json(const lm_contain *c, double margin_mm, lm_err *err); /* new reference */
/* The answer in one line. */
void lm_contain_line(const lm_contain *c, double margin_mm, char *buf, size_t cap);

#endif
