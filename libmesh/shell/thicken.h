/* SPDX-License-Identifier: GPL-3.0-or-later */
/* thicken.h: a solid made nowhere thinner than T by adding material where it is thin, and nowhere else.
 *
 * What is added is the thin part of the medial surface dilated by a ball of radius T/2 (DESIGN 6; medial.h), less what keeps gaps
 * open (clearance.h). Only that body is contoured (ballbody.h), and it is stitched to the solid along exact cuts (stitch.h): what
 * it does not meet keeps its bits. After that the solid is checked as wall.h does it, and what is still thin is worked on again, a
 * few times. Where no valid mesh comes of it, the grid of the body is moved and it is tried again. What stays thin in the end is in
 * the check's facts: the caller decides. Two sheets nearer than min_gap keep their gap and may stay thin. */
#ifndef LM_SHELL_THICKEN_H
#define LM_SHELL_THICKEN_H

#include "shell/medial.h"
#include "shell/wall.h"

typedef struct {
    double wall_mm, min_gap_mm;
    lm_medial_side side;
    int threads;
    void (*progress)(void *ctx, const char *what, double fraction); /* may be NULL */
    void *progress_ctx;
} lm_thicken_opt;

typedef struct {
    double wall_mm, min_gap_mm;
    size_t own_vertices; /* the first so many vertices of the result are the solid's own */
    size_t covered;      /* of the solid's vertices: they lie in what was added, and are gone */
    size_t added;        /* vertices */
    size_t tight;        /* balls that had no room between two gaps, or on the side allowed */
    size_t again;        /* bodies made anew, because no valid mesh came of the first */
    int passes;          /* 0: nothing was thin, or nothing could be added: the mesh is as it was */
    double before_mm3, after_mm3;
    double touched_mm2; /* area of the solid's facets that are not there any more */
    double max_move_mm; /* the farthest that a vertex of the result lies from the solid's surface */
} lm_thicken_facts;
#define LM_THICKEN_FACTS_INIT \
    { \
        .passes = 0 \
    }

/*   solid   valid (audit.h; the caller has checked), one part
 *   out     initialised by the caller; valid
 *   check   what wall.h says of out
 * out->before (mesh.h) is the solid, unless nothing changed, or it carries one itself: that one then is for the caller to hand on.
 * LM_EUSAGE for a wall not above 0 or a gap below 0; LM_ERANGE. */
LM_CHECKED lm_status lm_thicken(const lm_mesh *solid, const lm_thicken_opt *opt, lm_mesh *out, lm_thicken_facts *facts,
                                lm_wall_facts *check, lm_err *err);

#endif
