/* SPDX-License-Identifier: GPL-3.0-or-later */
/* drain.h: holes through the wall of a hollow part, so that what was not cured, or powder, comes out; and plugs for them.
 *
 * A hole is a prism of LM_DRAIN_FACETS sides whose inscribed circle has the diameter asked for, along the shortest way from the
 * outer surface to the hollow. It reaches from where its whole width lies in the hollow to where its whole width has left the
 * part, found by rays along its edges and within it, and is cut exactly (repair/boolean.h). Each hollow, a cavity of the part that
 * is in no other, gets one at its lowest point against `up`: of the vertices within an eighth of the diameter above that the one
 * nearest to their middle, then the next where it does not fit. A hollow higher than LM_DRAIN_VENT diameters gets a second one at
 * its highest point, for the air. A hollow with a hole by coordinates gets no other. After the cut each hole must have joined its
 * hollow with the outside, or made one more handle: that is counted. */
#ifndef LM_SHELL_DRAIN_H
#define LM_SHELL_DRAIN_H

#include "shell/prism.h"
#include "surface/audit.h"

enum { LM_DRAIN_FACETS = LM_PRISM_SIDES, LM_DRAIN_MAX = 1000 };
#define LM_DRAIN_VENT 4.0
/* A hollow is behind a place when it is no farther than so many walls. */
#define LM_DRAIN_WALLS 2.0

typedef struct {
    double diameter_mm;
    bool placed; /* at `at`: the nearest point of the outer surface; else automatic */
    double at[3];
} lm_drain_ask;
/* "3mm", "3@10,-20,5". LM_EUSAGE. */
LM_CHECKED lm_status lm_drain_parse(const char *text, lm_drain_ask *out, lm_err *err);
/* "x,y,z": three numbers up to the end. */
bool lm_drain_point(const char *text, double out[3]);

typedef struct {
    size_t n; /* at most one of them not placed */
    const lm_drain_ask *ask;
    double up[3];       /* against the pull of gravity, not 0 */
    double wall_mm;     /* of the part */
    double plug_gap_mm; /* between plug and hole; 0: no plugs */
    int threads;
} lm_drain_opt;

typedef enum { LM_DRAIN_ASKED, LM_DRAIN_LOWEST, LM_DRAIN_HIGHEST } lm_drain_why;

typedef struct {
    lm_drain_why why;
    size_t hollow;               /* of those below */
    double at[3], out[3];        /* on the outer surface; along its axis, outward */
    double diameter_mm, wall_mm; /* wall: along the axis */
    double inner_mm, outer_mm;   /* the prism runs from at - inner * out to at + outer * out */
    double left_mm;              /* height of what cannot run out above the lowest point of its hollow; highest: NAN */
} lm_drain_hole;

typedef struct {
    double lowest[3], volume_mm3, height_mm; /* height: along up */
    size_t holes;
    const char *why; /* no hole was found for it: why; static text */
} lm_drain_hollow;

typedef struct {
    size_t n, hollows, cavities, closed; /* cavities: hollows, and those in loose pieces; closed: without a hole */
    lm_drain_hole *hole;                 /* owned */
    lm_drain_hollow *hollow;             /* one per cavity, hollows first; owned */
    double before_mm3, plugs_mm3;
    lm_audit after;
    size_t outer_triangles; /* the first so many of the result are pieces of the first `outer_triangles` of the part */
    double filled_mm3;      /* volume within these, their holes closed again (lm_drain_filled) */
} lm_drain_facts;
#define LM_DRAIN_FACTS_INIT \
    { \
        .n = 0 \
    }

/*   part             valid (audit.h), without labels
 *   outer_triangles  of part: the first so many are its outer surface as the books have it
 *   out, plugs       initialised by the caller; plugs NULL when none are wanted, else labelled: plug i + 1 is in hole i
 * Vertices that no hole touches keep their bits and their order. LM_EUSAGE: bad numbers. LM_ENO, nothing cut: a place off the part,
 * no hollow behind it, a hole too wide for its hollow or with another wall in its way; no hollow at all; no valid result. */
LM_CHECKED lm_status lm_drain(const lm_mesh *part, size_t outer_triangles, const lm_drain_opt *opt, lm_mesh *out, lm_mesh *plugs,
                              lm_drain_facts *facts, lm_err *err);
void lm_drain_release(lm_drain_facts *f);
/* The first n triangles of m, their open edges closed (repair/holes.h): what the part was before it had holes, but for the patches.
 * LM_ENO when they cannot be closed. out: initialised by the caller. */
LM_CHECKED lm_status lm_drain_filled(const lm_mesh *m, size_t n, int threads, lm_mesh *out, lm_err *err);

#endif
