/* SPDX-License-Identifier: GPL-3.0-or-later */
/* thicken.h: a solid made nowhere thinner than T by adding material where it is thin, and nowhere else.
 *
 * What is added is the thin part of the medial surface dilated by a ball of radius T/2 (DESIGN 6; medial.h). The surface is cut
 * into pieces of T/4 where it is thin or where these balls come out of it (refine.h), and its vertices there move out along their
 * normals until they are in no ball; facets that still cut into a ball are lifted by what they lack. So topology stays, what is
 * hollow stays hollow, and a vertex that no ball reaches keeps its bits. Facing surfaces share what their gap has more than
 * min_gap; where facets would intersect, or a gap falls below min_gap, vertices go back. After that the solid is checked as
 * wall.h does it, and what is still thin is worked on again, a few times. What stays thin in the end is in the check's facts: the
 * caller decides.
 * Not done: openings and new handles. Two sheets nearer than min_gap keep their gap and may stay thin. */
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
    size_t moved, added; /* of those that moved; new ones */
    size_t held;         /* vertices that went back at least in part */
    size_t tight;        /* balls that had no room between two gaps, or on the side allowed */
    int passes;          /* 0: nothing was thin, the mesh is as it was */
    double before_mm3, after_mm3;
    double touched_mm2, max_move_mm; /* area of the solid's surface that moved */
} lm_thicken_facts;
#define LM_THICKEN_FACTS_INIT \
    { \
        .passes = 0 \
    }

/*   solid   valid (audit.h; the caller has checked), one part
 *   out     initialised by the caller
 *   before  3 per vertex of out: where the vertex was; with out's triangles the solid as it was, but for rounding of new vertices
 *           (free() it)
 *   check   what wall.h says of out
 * out->before (mesh.h) is the solid, unless nothing changed, or it carries one itself: that one then is for the caller to hand on.
 * LM_EUSAGE for a wall not above 0 or a gap below 0; LM_ERANGE. The caller audits. */
LM_CHECKED lm_status lm_thicken(const lm_mesh *solid, const lm_thicken_opt *opt, lm_mesh *out, float **before,
                                lm_thicken_facts *facts, lm_wall_facts *check, lm_err *err);

#endif
