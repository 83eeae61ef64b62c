/* SPDX-License-Identifier: GPL-3.0-or-later */
/* hollow.h: a solid hollowed to a wall of given thickness. The outer surface keeps every bit.
 *
 * The inner wall is contoured half a grid step deeper than wanted, so that all its vertices have wall enough; then each
 * vertex moves straight to its nearest point on the solid's surface until the distance is exactly the wall. On that way
 * the nearest point stays the nearest (two would need to be equally near at a place between), so that one query puts the
 * vertex on the exact offset of the triangles, and no step crosses the medial axis. The grid decides topology only.
 * Facets are chords: around an edge that points into the solid (and wherever the wall curves so) they would cut into the
 * wall. Where an edge or a facet is too near, its vertices stay that much deeper. Where facets come to
 * intersect, their vertices go back to where marching cubes had them, round after round. */
#ifndef LM_SHELL_HOLLOW_H
#define LM_SHELL_HOLLOW_H

#include "surface/mesh.h"

/* Grid steps per wall, at least: coarser ones miss pockets and parts of the wall's shape. */
#define LM_HOLLOW_STEPS 3.0
/* The least wall may fall short by this part of the wall, and by the rounding of float32. */
#define LM_HOLLOW_TOL 1e-3

typedef struct {
    double wall_mm;
    double step_mm;    /* 0: wall / LM_HOLLOW_STEPS, which is the greatest */
    size_t max_memory; /* bytes, of the grid; 0: no limit */
    int threads;
    void (*progress)(void *ctx, const char *what, double fraction); /* may be NULL */
    void *progress_ctx;
} lm_hollow_opt;
#define LM_HOLLOW_OPT_INIT \
    { \
        .wall_mm = 0 \
    }

typedef struct {
    size_t outer_vertices, outer_triangles; /* the first so many of the result are the solid's own */
    double wall_mm, step_mm, tol_mm;
    size_t pockets;   /* hollows made */
    size_t too_small; /* pockets with less room than a ball as wide as the wall: left solid */
    size_t loose;     /* pieces of wall inside a pocket that touch nothing (around a cavity that was there) */
    size_t deeper;    /* vertices left deeper than the wall, because facets are chords */
    size_t held;      /* vertices kept where marching cubes put them, because facets would have intersected */
    double outer_mm3, cavity_mm3;
    double min_mm, mean_mm, max_mm; /* wall, measured: min is the distance of the two surfaces, between all corners, faces and
                                       edges; mean and max over the vertices of the inner wall */
    double min_at[3];               /* where the least was found, on the inner wall or the outer surface */
} lm_hollow_facts;
#define LM_HOLLOW_FACTS_INIT \
    { \
        .pockets = 0 \
    }

/*   solid  valid (audit.h; the caller has checked)
 *   out    initialised by the caller: the solid's vertices and triangles, then those of the inner wall
 * LM_EUSAGE for a wall that is not above 0 or a step too large; LM_ENO when nothing is left to hollow, with the radius of
 * the largest ball inside; LM_ENOMEM, with the step that would fit; LM_ERANGE. The caller judges the facts and audits. */
LM_CHECKED lm_status lm_hollow(const lm_mesh *solid, const lm_hollow_opt *opt, lm_mesh *out, lm_hollow_facts *facts, lm_err *err);

#endif
