/* SPDX-License-Identifier: GPL-3.0-or-later */
/* tube.h: an open surface, the lumen of a vessel, made a wall of given thickness around it, with flat ends.
 *
 * Each border loop must lie in a plane. The lumen is closed there by flat lids and taken as a cavity in a box: the wall that
 * hollow.h leaves around that cavity is all that is within the thickness of the lumen, its outer surface measured against the lumen
 * as there. What of it lies beyond the plane of an end is cut off exactly (repair/boolean.h), and the rings between lumen and outer
 * surface are triangulated in the plane. Behind the plane of an end no point is nearer to the lid than to its rim, so that the
 * distance is that to the open surface. The lumen keeps every bit; it is turned round, to face away from the wall. */
#ifndef LM_SHELL_TUBE_H
#define LM_SHELL_TUBE_H

#include "repair/trim.h"
#include "shell/hollow.h"

typedef struct {
    lm_hollow_opt hollow; /* wall, step, memory, threads, progress */
    size_t cuts;          /* of a closed lumen, which are left open */
    const lm_trim_plane *cut;
} lm_tube_opt;

enum { LM_TUBE_ENDS = 255 };
typedef struct {
    size_t ends, lumen_vertices, lumen_triangles; /* the first so many of the result are the lumen's, turned round */
    double before_mm3;                            /* of the mesh as it came, closed or not */
    double lumen_mm3;                             /* within the lumen and flat lids */
    double flat_mm;                               /* most that a vertex of a border loop is off its plane */
    lm_hollow_facts hollow;
} lm_tube_facts;
#define LM_TUBE_FACTS_INIT \
    { \
        .ends = 0 \
    }

/*   m    a surface without faults but open edges (audit.h), facing away from the lumen or into it; with cuts: valid
 *   out  initialised by the caller; the caller audits
 * LM_ENO: closed and no cut; faults; an end that is not flat (with its deviation), or that has another branch within the wall;
 * errors of lm_hollow and lm_trim_run. */
LM_CHECKED lm_status lm_tube(const lm_mesh *m, const lm_tube_opt *opt, lm_mesh *out, lm_tube_facts *facts, lm_err *err);

#endif
