/* SPDX-License-Identifier: GPL-3.0-or-later */
/* audit.h: all faults of a mesh, by name, counted by exact predicates on the float32 coordinates as they stand.
 *
 * Terms as in STANDARDS 15 and in the field: watertight = no open edge; manifold = no edge with three or more triangles
 * and every vertex one fan (an open sheet can be manifold); oriented = neighbours run along their common edge in opposite
 * directions; closed = every edge has as many triangles each way; valid = DESIGN 1.2.
 * Triangles with a bad index or a corner that is no number are counted and left out of everything else; those that name
 * a vertex twice are left out of edges and fans; those of no area are left out of the self-intersection test only;
 * duplicates stay (they show as non-manifold edges too). Corners at one position are one corner for intersections, but
 * not for edges: weld first. */
#ifndef LM_SURFACE_AUDIT_H
#define LM_SURFACE_AUDIT_H

#include "surface/mesh.h"

typedef enum {
    LM_FAULT_NONFINITE,          /* vertices with NaN or infinite coordinates */
    LM_FAULT_BAD_INDEX,          /* triangles that name a vertex that is not there */
    LM_FAULT_DEGENERATE,         /* triangles with a repeated index, or of exactly zero area */
    LM_FAULT_DUPLICATE,          /* triangles with the same three vertices as an earlier one, in any order */
    LM_FAULT_COINCIDENT,         /* vertices at the position of an earlier one */
    LM_FAULT_OPEN_EDGE,          /* edges with one triangle */
    LM_FAULT_NONMANIFOLD_EDGE,   /* edges with three or more triangles */
    LM_FAULT_NONMANIFOLD_VERTEX, /* vertices whose triangles form more than one fan */
    LM_FAULT_FLIPPED,            /* edges whose two triangles run along them in the same direction */
    LM_FAULT_INVERTED,           /* closed components that face the wrong way for where they lie: inward but not
                                    in another (inside out); where nothing intersects also outward directly inside
                                    another (material inside material; a cavity faces inward) */
    LM_FAULT_SELF_INTERSECT,     /* pairs of triangles that share more than a common vertex or edge */
    LM_FAULTS
} lm_fault;

typedef struct {
    int threads;       /* 0: as lm_pool_threads */
    bool no_intersect; /* leave the self-intersection test out; then valid stays false */
} lm_audit_opt;
#define LM_AUDIT_OPT_INIT \
    { \
        .threads = 0 \
    }

typedef struct {
    size_t triangles, vertices, edges;
    size_t count[LM_FAULTS];
    size_t unreferenced;     /* vertices no triangle names: reported, no fault */
    size_t holes;            /* boundary loops (those that touch in a vertex count as one) */
    size_t components;       /* joined by shared edges */
    size_t cavities;         /* closed inward-facing components inside another */
    size_t first[LM_FAULTS]; /* where: index of the first faulty vertex (nonfinite, coincident, non-manifold vertex) or triangle
                                (else); SIZE_MAX when the count is 0 */
    size_t second;           /* partner of first[LM_FAULT_SELF_INTERSECT] */
    long euler;              /* V - E + F over referenced vertices */
    bool has_genus;
    long genus;        /* sum over components, only when closed and manifold */
    double volume_mm3; /* signed; meaningful when closed */
    double area_mm2, min_edge_mm, max_edge_mm;
    double lo[3], hi[3]; /* of the vertices in use; lo > hi when there are none */
    bool intersect_tested, closed, manifold, oriented;
    bool valid; /* closed, manifold, oriented, at least one triangle, positive volume, every count[] zero */
} lm_audit;

const char *lm_audit_fault_name(lm_fault f); /* "open_edges", ...: stable keys for JSON and tables */
const char *lm_audit_fault_text(lm_fault f); /* "open edges", for people */
/* Any arrays are taken; nothing is assumed of m but its sizes. Memory about 50 bytes per triangle.
 * LM_ERANGE over 1431655765 triangles. */
LM_CHECKED lm_status lm_audit_run(const lm_mesh *m, const lm_audit_opt *opt, lm_audit *out, lm_err *err);
/* "valid", or the faults with their counts in one line. */
void lm_audit_line(const lm_audit *a, char *buf, size_t cap);

#endif
